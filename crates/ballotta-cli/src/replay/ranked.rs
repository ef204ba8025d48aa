//! Ranked ballots as values with commas: a line is a ballot, a column a rank of a contest, named `<contest>_<rank>`.
//!
//! ```text
//! mayor_1,mayor_2,mayor_3,park_1,park_2
//! 11,13,U,2,U                           the candidate with the rank ; U: none ; O: several
//! ```
//!
//! Beside it may stand `candidates.json` with names, and of RCTab (Bright Spots) a configuration, whose rules say which
//! rank is the first that counts, and an expected report, whose first round is compared.
//!
//! Every contest becomes two: `<contest>-first`, the first preferences, and `<contest>-pairs`, who stands above whom among
//! the most preferred, of which a contest of pairs has at most 12. Whoever is not ranked ties for the last place.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::contest::{Choose, Method, Pairs, Rule};
use ballotta::limits::{MAX_CONTESTS, MAX_RANKED_OPTIONS};
use serde::Deserialize;

use super::ballots::{Ballots, Contest, MAX_BALLOTS, Mark, Names, Published, check_contests, option_number};
use super::text::{Lines, Record, Records, find, json, list, number, shortened};

/// Ranks of a contest.
const MAX_RANKS: usize = 64;

/// Reads a folder with `ballots.csv`, or such a file.
pub(super) fn read(source: &Path) -> Result<Ballots> {
    let folder = if source.is_dir() { source } else { source.parent().unwrap_or(Path::new(".")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let ballots = if source.is_dir() {
        find(source, "ballots.csv").with_context(|| format!("{} has no ballots.csv", source.display()))?
    } else {
        source.to_path_buf()
    };
    let config = list(folder, "", "_config.json")?.first().map(|path| json::<Config>(path)).transpose()?;
    let names = find(folder, "candidates.json").map(|path| json::<Candidates>(&path)).transpose()?;
    let report =
        list(folder, "", "_expected_detailed_report.json")?.first().map(|path| json::<Report>(path)).transpose()?;
    let beside = Beside { config, names: names.unwrap_or_default(), report };
    interpret(Records::new(Lines::open(&ballots)?, ','), &beside)
}

/// Whether this is the first line of such a file.
pub(super) fn is_header(line: &str) -> bool {
    line.split(',').all(|column| rank_of(column.trim()).is_some())
}

/// What stands beside the ballots.
#[derive(Default)]
struct Beside {
    config: Option<Config>,
    names: Candidates,
    report: Option<Report>,
}

/// Names of candidates, by the contest and the number in the ballots.
type Candidates = BTreeMap<String, ContestNames>;

#[derive(Deserialize)]
struct ContestNames {
    candidates: BTreeMap<String, String>,
}

/// A configuration of RCTab, as far as it says what the first preference is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    output_settings: OutputSettings,
    #[serde(default)]
    cvr_file_sources: Vec<CvrSource>,
    rules: Rules,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputSettings {
    contest_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CvrSource {
    #[serde(default)]
    undeclared_write_in_label: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    overvote_rule: String,
    max_skipped_ranks_allowed: String,
}

/// A detailed report of RCTab.
#[derive(Deserialize)]
struct Report {
    results: Vec<Round>,
}

#[derive(Deserialize)]
struct Round {
    round: u32,
    tally: BTreeMap<String, String>,
}

/// What the report calls write-ins that are not candidates.
const UNDECLARED: &str = "Undeclared Write-ins";

/// Which rank counts first.
struct FirstRank {
    /// More skipped ranks than this, one behind the other, end the ballot.
    skipped: usize,
    /// Whether an over-vote ends it.
    overvote_ends: bool,
}

impl FirstRank {
    fn new(config: Option<&Config>) -> Result<Self> {
        let Some(Config { rules, .. }) = config else { return Ok(Self { skipped: usize::MAX, overvote_ends: false }) };
        let skipped = match rules.max_skipped_ranks_allowed.as_str() {
            "unlimited" => usize::MAX,
            skipped => usize::try_from(number(skipped).context("maxSkippedRanksAllowed")?)?,
        };
        let overvote_ends = match rules.overvote_rule.as_str() {
            "alwaysSkipToNextRank" => false,
            "exhaustImmediately" => true,
            other => bail!("the rule {:?} for over-votes is not known", shortened(other)),
        };
        Ok(Self { skipped, overvote_ends })
    }

    fn of(&self, ranks: &[Rank]) -> Option<u16> {
        let mut skipped = 0;
        for rank in ranks {
            match rank {
                Rank::Candidate(candidate) => return Some(*candidate),
                Rank::Overvote if self.overvote_ends => return None,
                Rank::Overvote => skipped = 0,
                Rank::None => skipped += 1,
            }
            if skipped > self.skipped {
                return None;
            }
        }
        None
    }
}

/// What a ballot has at a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rank {
    None,
    Overvote,
    Candidate(u16),
}

/// The contest and the rank of a column.
fn rank_of(column: &str) -> Option<(&str, usize)> {
    let (contest, rank) = column.rsplit_once('_')?;
    let rank = number(rank).ok().and_then(|rank| usize::try_from(rank).ok())?;
    (!contest.is_empty() && (1..=MAX_RANKS).contains(&rank)).then_some((contest, rank))
}

/// A contest of the file: its columns in the order of their ranks, and its candidates in the order of their numbers, which
/// is not known before all ballots are read.
struct Race<'a> {
    name: String,
    /// What people call the candidates: whoever has no name here is none.
    names: Option<&'a ContestNames>,
    columns: Vec<usize>,
    seen: HashMap<String, u16>,
    candidates: Vec<String>,
}

impl Race<'_> {
    fn rank(&mut self, record: &Record, column: usize) -> Result<Rank> {
        let value = record.values.get(column).context("too few values")?.trim();
        match value.to_ascii_lowercase().as_str() {
            "u" | "" | "undervote" | "skipped" => return Ok(Rank::None),
            "o" | "overvote" => return Ok(Rank::Overvote),
            _ => {}
        }
        if let Some(candidate) = self.seen.get(value) {
            return Ok(Rank::Candidate(*candidate));
        }
        let is_known = self.names.is_none_or(|names| names.candidates.contains_key(value));
        ensure!(is_known, "{:?} is not named among the candidates of {}", shortened(value), self.name);
        let candidate = option_number(self.candidates.len())?;
        self.seen.insert(value.to_owned(), candidate);
        self.candidates.push(value.to_owned());
        Ok(Rank::Candidate(candidate))
    }
}

fn races<'a>(header: &Record, names: &'a Candidates) -> Result<Vec<Race<'a>>> {
    let mut races: Vec<(String, BTreeMap<usize, usize>)> = Vec::new();
    for (position, column) in header.values.iter().enumerate() {
        let (contest, rank) =
            rank_of(column.trim()).with_context(|| format!("{:?} is not <contest>_<rank>", shortened(column)))?;
        let race = match races.iter().position(|(name, _)| name == contest) {
            Some(race) => race,
            None => {
                ensure!(races.len() < MAX_CONTESTS / 2, "more than {} contests", MAX_CONTESTS / 2);
                races.push((contest.to_owned(), BTreeMap::new()));
                races.len() - 1
            }
        };
        let is_new = races[race].1.insert(rank, position).is_none();
        ensure!(is_new, "rank {rank} of {contest} stands twice");
    }
    let race = |(name, columns): (String, BTreeMap<usize, usize>)| {
        ensure!(columns.keys().copied().eq(1..=columns.len()), "the ranks of {name} have a hole");
        let columns = columns.into_values().collect();
        Ok(Race { names: names_of(&name, names), name, columns, seen: HashMap::new(), candidates: Vec::new() })
    };
    races.into_iter().map(race).collect()
}

fn interpret(mut records: Records, beside: &Beside) -> Result<Ballots> {
    let header = records.read()?.context("there is no line")?;
    let mut races = races(&header, &beside.names).with_context(|| records.place(header.line))?;
    check_contests(2 * races.len())?;
    let first_rank = FirstRank::new(beside.config.as_ref())?;
    // Every different line, and the lines by its number.
    let (mut distinct, mut lines) = (HashMap::new(), Vec::new());
    while let Some(record) = records.read()? {
        let place = || records.place(record.line);
        ensure!(lines.len() < MAX_BALLOTS, "{}: more than {MAX_BALLOTS} ballots", place());
        ensure!(record.values.len() == header.values.len(), "{}: not as many values as columns", place());
        let mut ranks = Vec::new();
        for race in &mut races {
            for column in race.columns.clone() {
                ranks.push(race.rank(&record, column).with_context(place)?);
            }
        }
        let next = distinct.len();
        lines.push(*distinct.entry(ranks).or_insert(next));
    }
    let mut by_number: Vec<(Vec<Rank>, usize)> = distinct.into_iter().collect();
    by_number.sort_by_key(|(_, number)| *number);
    let mut made: Vec<Vec<(usize, Mark)>> = vec![Vec::new(); by_number.len()];
    let mut often = vec![0_u64; by_number.len()];
    for line in &lines {
        often[*line] += 1;
    }

    let title = beside.config.as_ref().map_or("Ranked ballots", |config| &config.output_settings.contest_name);
    let mut ballots = Ballots::new(Names::default().add("", title).1, "ballots");
    let (mut names, mut start) = (Names::default(), 0);
    for race in &races {
        let (from, width) = (start, race.columns.len());
        let of_race = |ranks: &[Rank]| -> Vec<Rank> { ranks.iter().skip(from).take(width).copied().collect() };
        start += width;
        if race.candidates.is_empty() {
            ballots.notes.push(format!("nobody is ranked for {}: the contest is left out", race.name));
            continue;
        }
        let named = |candidate: &String| race.names.and_then(|names| names.candidates.get(candidate)).cloned();
        let name = |candidate: &String| named(candidate).unwrap_or_else(|| candidate.clone());
        let shown: Vec<String> = race.candidates.iter().map(name).collect();
        // Candidates in the order of their names in the file, numbers by size.
        let mut order: Vec<u16> = (0..).take(race.candidates.len()).collect();
        order.sort_by_key(|candidate| {
            let name = &race.candidates[usize::from(*candidate)];
            (number(name).unwrap_or(u64::MAX), name.clone())
        });
        let place: HashMap<u16, u16> = order.iter().copied().zip(0..).collect();
        let mut taken = Names::default();
        let options: Vec<(String, String)> = order
            .iter()
            .map(|candidate| taken.add(&race.candidates[usize::from(*candidate)], &shown[usize::from(*candidate)]))
            .collect();

        let contest = ballots.contests.len();
        let mut preferred = vec![0_u64; order.len()];
        for (((ranks, _), marks), often) in by_number.iter().zip(&mut made).zip(&often) {
            let first = first_rank.of(&of_race(ranks)).map(|candidate| place[&candidate]);
            if let Some(first) = first {
                preferred[usize::from(first)] += often;
            }
            marks.push((contest, first.map_or(Mark::Blank, |first| Mark::Options(vec![first]))));
        }
        let (id, title) = names.add(&format!("{}-first", race.name), &format!("{}: first preferences", race.name));
        let published = published(beside, &order, &shown)?;
        let rule = Rule::Choose(Choose { min: 1, max: 1, blank: true, winners: None });
        ballots.contests.push(Contest { id, title, options: options.clone(), rule, published });

        if options.len() < 2 {
            continue;
        }
        // The most preferred; who is equal, in the order of the file.
        let mut most: Vec<u16> = (0..).take(options.len()).collect();
        most.sort_by_key(|option| std::cmp::Reverse(preferred[usize::from(*option)]));
        most.truncate(MAX_RANKED_OPTIONS);
        most.sort_unstable();
        let paired: HashMap<u16, u16> = most.iter().copied().zip(0..).collect();
        for ((ranks, _), marks) in by_number.iter().zip(&mut made) {
            let mut ranking = Vec::new();
            for rank in of_race(ranks) {
                let Rank::Candidate(candidate) = rank else { continue };
                // A candidate that is ranked twice has the better rank.
                match paired.get(&place[&candidate]) {
                    Some(option) if !ranking.contains(option) => ranking.push(*option),
                    _ => {}
                }
            }
            marks.push((contest + 1, Mark::Ranking(ranking)));
        }
        let (id, title) = names.add(&format!("{}-pairs", race.name), &format!("{}: pairs", race.name));
        let options = most.iter().map(|option| options[usize::from(*option)].clone()).collect();
        let rule = Rule::Pairs(Pairs { ties: true, method: Method::Schulze, blank: false, winners: None });
        ballots.contests.push(Contest { id, title, options, rule, published: Published::default() });
    }
    for line in lines {
        ballots.cast(made[line].clone(), 1)?;
    }
    Ok(ballots)
}

/// The names whose contest is this one, or begins with it.
fn names_of<'a>(contest: &str, names: &'a Candidates) -> Option<&'a ContestNames> {
    let begins = format!("{contest}_");
    names.get(contest).or_else(|| {
        let mut others = names.iter().filter(|(name, _)| name.starts_with(&begins));
        others.next().filter(|_| others.next().is_none()).map(|(_, names)| names)
    })
}

/// The first round of the report, if it is of this contest: if it names these candidates.
fn published(beside: &Beside, order: &[u16], shown: &[String]) -> Result<Published> {
    let first = beside.report.as_ref().and_then(|report| report.results.iter().find(|round| round.round == 1));
    let Some(Round { tally, .. }) = first else { return Ok(Published::default()) };
    let sources = beside.config.iter().flat_map(|config| &config.cvr_file_sources);
    let labels: Vec<&str> = sources.map(|source| source.undeclared_write_in_label.as_str()).collect();
    let name = |candidate: &u16| {
        let name = shown[usize::from(*candidate)].as_str();
        if labels.contains(&name) { UNDECLARED } else { name }
    };
    let names: Vec<&str> = order.iter().map(name).collect();
    // Who has no vote at all stands on no ballot, perhaps.
    let is_known = |(reported, votes): (&String, &String)| votes == "0" || names.contains(&reported.as_str());
    if !tally.iter().all(is_known) {
        return Ok(Published::default());
    }
    let votes = |name: &&str| tally.get(*name).map(|votes| number(votes).context("the expected report")).transpose();
    Ok(Published { options: names.iter().map(votes).collect::<Result<_>>()?, ..Published::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::count::{count, schulze};

    fn parse(text: &str, beside: &Beside) -> Result<Ballots> {
        interpret(Records::new(Lines::of_text(text), ','), beside)
    }

    fn beside() -> Beside {
        let config = r#"{"outputSettings":{"contestName":"Mayor"},"cvrFileSources":[{"undeclaredWriteInLabel":"UWI"}],
            "rules":{"overvoteRule":"alwaysSkipToNextRank","maxSkippedRanksAllowed":"1"}}"#;
        let names = r#"{"mayor_2017":{"seats":1,"candidates":{"2":"Ada","10":"Bob","11":"UWI"}}}"#;
        let report = r#"{"results":[{"round":1,"tally":{"Ada":"2","Bob":"1","Undeclared Write-ins":"1","Eve":"0"}}]}"#;
        Beside {
            config: Some(serde_json::from_str(config).unwrap()),
            names: serde_json::from_str(names).unwrap(),
            report: Some(serde_json::from_str(report).unwrap()),
        }
    }

    #[test]
    fn a_contest_becomes_first_preferences_and_pairs() {
        let text = "mayor_1,mayor_2,mayor_3\n2,10,U\nU,2,10\nO,10,2\nU,U,10\n11,11,2\n";
        let ballots = parse(text, &beside()).unwrap();
        let counts = count(&ballots).unwrap();
        let [first, pairs] = ballots.contests.as_slice() else { panic!("two contests") };
        assert_eq!((first.id.as_str(), pairs.id.as_str()), ("mayor-first", "mayor-pairs"));
        let titles: Vec<&str> = first.options.iter().map(|(_, title)| title.as_str()).collect();
        assert_eq!(titles, ["Ada", "Bob", "UWI"]);
        assert_eq!(first.published.options, [Some(2), Some(1), Some(1)]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([2, 1, 1].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 3, 3], [2, 0, 4], [1, 1, 0]]);
        assert_eq!(schulze(&counts[1].pairs), [vec![0], vec![1], vec![2]]);

        // Without a configuration, whatever rank is the first counts.
        let ballots = parse(text, &Beside::default()).unwrap();
        assert_eq!(count(&ballots).unwrap()[0].options, [2, 2, 1]);
        assert_eq!(ballots.contests[0].published, Published::default());
    }

    #[test]
    fn only_the_most_preferred_are_paired() {
        let columns: Vec<String> = (1..=20).map(|candidate| format!("{candidate},U")).collect();
        let text = format!("a_1,a_2\n{}\n20,1\n", columns.join("\n"));
        let ballots = parse(&text, &Beside::default()).unwrap();
        let ids: Vec<&str> = ballots.contests[1].options.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "20"]);
    }

    #[test]
    fn broken_lines_are_named() {
        for (text, expected) in [
            ("a_1,b\n", "sample, line 1: \"b\" is not <contest>_<rank>"),
            ("a_1,a_1\n", "sample, line 1: rank 1 of a stands twice"),
            ("a_1,a_3\n", "sample, line 1: the ranks of a have a hole"),
            ("a_1,a_2\n1,2\n1\n", "sample, line 3: not as many values as columns"),
            ("a_1,a_2\n1,2,3\n", "sample, line 2: not as many values as columns"),
            ("", "there is no line"),
        ] {
            assert_eq!(format!("{:#}", parse(text, &Beside::default()).err().unwrap()), expected);
        }
        let named = format!("{:#}", parse("mayor_1\n2\n7\n", &beside()).err().unwrap());
        assert_eq!(named, "sample, line 3: \"7\" is not named among the candidates of mayor");
        let mut other = beside();
        other.config.as_mut().unwrap().rules.overvote_rule = "guess".to_owned();
        let problem = parse("a_1\n1\n", &other).err().unwrap().to_string();
        assert_eq!(problem, "the rule \"guess\" for over-votes is not known");
        assert!(is_header("mayor_1,mayor_2"));
        assert!(!is_header("mayor_0") && !is_header("mayor") && !is_header("_1") && !is_header("a_65"));
    }
}
