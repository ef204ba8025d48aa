//! Rankings with a number of voters, as formats of research and of clubs have them: one contest.

use ballotta::limits::{MAX_TOTAL, MAX_WEIGHT};

use crate::ballots::{Ballots, Published};
use crate::error::{Result, ensure, problem};
use crate::sheets::{Entry, Race, Rank, RawContest, Rules, Sheets};
use crate::text::{number, shortened};

/// The number of units in a ballot, where numbers of voters are not whole.
const UNITS: u64 = 10_000;
const DECIMALS: usize = 4;

/// The rankings of a source.
pub(crate) struct Profile {
    pub(crate) title: String,
    /// What the source calls each candidate, and the name that people know.
    pub(crate) candidates: Vec<(String, String)>,
    pub(crate) rules: Rules,
    pub(crate) published: Published,
    pub(crate) notes: Vec<String>,
    /// Rankings, and for each its number of voters in units.
    rankings: Vec<(Vec<Rank>, u64)>,
}

/// A number of voters, in units of `1/10000`.
pub(crate) fn voters(text: &str) -> Result<u64> {
    let unknown = || problem!("{:?} is not a number of voters", shortened(text));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    ensure!(!decimals.is_empty() && decimals.bytes().all(|digit| digit.is_ascii_digit()), "{}", unknown());
    let (kept, cut) = decimals.split_at(decimals.len().min(DECIMALS));
    ensure!(cut.bytes().all(|digit| digit == b'0'), "{:?} has more than {DECIMALS} decimals", shortened(text));
    let whole = number(whole).map_err(|_| unknown())?;
    let units =
        whole.checked_mul(UNITS).and_then(|units| units.checked_add(number(&format!("{kept:0<DECIMALS$}")).ok()?));
    units.ok_or_else(unknown)
}

impl Profile {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            candidates: Vec::new(),
            rules: Rules::default(),
            published: Published::default(),
            notes: Vec::new(),
            rankings: Vec::new(),
        }
    }

    /// Adds a ranking of a number of voters. Several candidates of one place tie.
    pub(crate) fn add(&mut self, places: &[Vec<u16>], voters: u64) {
        self.rankings.push((places.iter().map(|place| Rank::of(place)).collect(), voters));
    }

    /// The number of different rankings.
    pub(crate) fn len(&self) -> usize {
        self.rankings.len()
    }

    /// Returns the ballots. If a number of voters is not whole, each ranking is one ballot with a weight.
    pub(crate) fn finish(self) -> Result<Ballots> {
        let Self { title, candidates, rules, published, notes, rankings } = self;
        let is_whole = rankings.iter().all(|(_, voters)| voters % UNITS == 0);
        let unit = if is_whole { "ballots" } else { "1/10000 of a ballot" };
        let mut sheets = Sheets::new(&title, unit);
        sheets.notes = notes;
        if !is_whole {
            let note = "numbers of voters are not whole: each line is one ballot, with a weight in units of 1/10000";
            sheets.notes.push(note.to_owned());
        }
        let published = if is_whole { published } else { Published { ballots: None, ..published } };
        let contest = sheets.add(RawContest::Ranked(Race {
            name: "ranking".to_owned(),
            title,
            candidates,
            is_sorted: false,
            has_ties: true,
            rules,
            published,
        }));
        let mut sum = 0_u64;
        for (ranks, voters) in rankings {
            let entries = vec![(contest, Entry::Ranks(ranks))];
            if is_whole {
                sheets.cast(entries, 1, voters / UNITS)?;
            } else if voters > 0 {
                ensure!(voters <= MAX_WEIGHT, "a line has more than {} voters", MAX_WEIGHT / UNITS);
                sum += voters;
                ensure!(sum <= MAX_TOTAL, "more than {} voters", MAX_TOTAL / UNITS);
                sheets.cast(entries, voters, 1)?;
            }
        }
        sheets.finish()
    }
}

/// The parts of a list with commas, in which `{..}` is one part with several values: `1, {2,3}, {}`.
pub(crate) fn groups(text: &str) -> Result<Vec<Vec<&str>>> {
    let mut groups = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (group, after) = if let Some(inner) = rest.strip_prefix('{') {
            let (inner, after) = inner.split_once('}').ok_or_else(|| problem!("a brace is never closed"))?;
            (inner.split(',').map(str::trim).filter(|value| !value.is_empty()).collect(), after.trim_start())
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (value, after) = rest.split_at(end);
            (vec![value.trim()], after)
        };
        groups.push(group);
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None => {
                ensure!(after.is_empty(), "{:?} after a brace", shortened(after));
                after
            }
        };
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;

    #[test]
    fn numbers_of_voters_may_have_decimals() {
        assert_eq!((voters("3").unwrap(), voters("1.5").unwrap(), voters("0.33330").unwrap()), (30_000, 15_000, 3_333));
        for (text, expected) in [
            ("1.00001", "\"1.00001\" has more than 4 decimals"),
            ("x", "\"x\" is not a number of voters"),
            ("1.", "\"1.\" is not a number of voters"),
            ("18446744073709551615", "\"18446744073709551615\" is not a number of voters"),
            ("3/2", "\"3/2\" is not a number of voters"),
        ] {
            assert_eq!(voters(text).unwrap_err().to_string(), expected);
        }
        let mut profile = Profile::new("t");
        profile.candidates = ["A", "B"].map(|name| (name.to_owned(), name.to_owned())).to_vec();
        profile.add(&[vec![0], vec![1]], voters("1.5").unwrap());
        profile.add(&[vec![1]], voters("2").unwrap());
        let ballots = profile.finish().unwrap();
        let counts = count(&ballots);
        assert_eq!(
            (counts[0].ballots, counts[0].weight, counts[0].options.as_slice()),
            (2, 35_000, [15_000, 20_000].as_slice())
        );
        assert_eq!(ballots.notes.len(), 1);
    }

    #[test]
    fn lists_have_groups_in_braces() {
        assert_eq!(groups(" 1, {2,3} ,{}, 4 ").unwrap(), [vec!["1"], vec!["2", "3"], vec![], vec!["4"]]);
        assert_eq!(groups("").unwrap(), Vec::<Vec<&str>>::new());
        assert_eq!(groups("{1").unwrap_err().to_string(), "a brace is never closed");
        assert_eq!(groups("{1}2").unwrap_err().to_string(), "\"2\" after a brace");
    }
}
