//! Sheets of cast vote records and ranked ballots, as readers collect them. Afterwards, they become contests and ballots.
//!
//! A ranked contest becomes two contests: `<contest>-first` has the first preferences, and `<contest>-pairs` compares the
//! most preferred candidates in pairs, because a contest of pairs has at most 12 options. Candidates that a ballot does
//! not rank tie for the last place. Nothing is left out without a note.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use ballotta::contest::{Method, Pairs, Rule};
use ballotta::limits::MAX_RANKED_OPTIONS;

use crate::ballots::{Ballots, Contest, MAX_BALLOTS, Mark, Names, Published, check_contests, choose, option_number};
use crate::error::{Result, ensure};
use crate::text::{counted, number, shortened};

/// What a sheet has in a contest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    Mark(Mark),
    /// What a ballot has at every rank, the best first.
    Ranks(Vec<Rank>),
}

/// The content of a ballot at a rank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rank {
    None,
    /// Several candidates, which are not known.
    Overvote,
    One(u16),
    /// Several candidates.
    Several(Vec<u16>),
}

impl Rank {
    /// The content of a rank with these candidates.
    pub(crate) fn of(candidates: &[u16]) -> Self {
        match candidates {
            [] => Self::None,
            [one] => Self::One(*one),
            several => Self::Several(several.to_vec()),
        }
    }
}

/// A contest as it is read.
pub(crate) enum RawContest {
    /// Its marks are final when they are read.
    Marks(Contest),
    Ranked(Race),
}

/// A ranked contest as it is read.
pub(crate) struct Race {
    /// The name of the contest in the source.
    pub(crate) name: String,
    pub(crate) title: String,
    /// What the source calls each candidate, and the name that people know.
    pub(crate) candidates: Vec<(String, String)>,
    /// Whether candidates are sorted by what the source calls them: it does not list them.
    pub(crate) is_sorted: bool,
    /// Whether several candidates with one rank tie. Otherwise, that is an over-vote.
    pub(crate) has_ties: bool,
    pub(crate) rules: Rules,
    /// The published numbers of first preferences, with the candidates in the order above.
    pub(crate) published: Published,
}

/// The rules that determine the first preference.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The most ranks that a ballot may skip one after the other. With more, the ballot has no first preference.
    pub(crate) skipped: usize,
    pub(crate) overvotes: Overvotes,
    /// Candidates that do not take part. Their ranks are passed over.
    pub(crate) excluded: BTreeSet<u16>,
}

/// What an over-vote does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overvotes {
    /// The next rank counts.
    Skip,
    /// The ballot has no first preference.
    End,
    /// The ballot has no first preference if several of the candidates take part.
    EndIfSeveral,
}

impl Default for Rules {
    fn default() -> Self {
        Self { skipped: usize::MAX, overvotes: Overvotes::Skip, excluded: BTreeSet::new() }
    }
}

/// The first preference of a ballot.
#[derive(Debug, PartialEq, Eq)]
enum First {
    None,
    One(u16),
    /// Several candidates tie for the first place.
    Tie,
}

impl Rules {
    fn first(&self, ranks: &[Rank], has_ties: bool) -> First {
        let takes_part = |candidate: &&u16| !self.excluded.contains(*candidate);
        let mut skipped = 0;
        for rank in ranks {
            match rank {
                Rank::One(candidate) if takes_part(&candidate) => return First::One(*candidate),
                Rank::One(_) => skipped = 0,
                Rank::None => {
                    skipped += 1;
                    if skipped > self.skipped {
                        return First::None;
                    }
                }
                Rank::Overvote if self.overvotes != Overvotes::Skip => return First::None,
                Rank::Overvote => skipped = 0,
                Rank::Several(candidates) => {
                    let mut left = candidates.iter().filter(takes_part);
                    match (left.next(), left.next()) {
                        (Some(one), None) if has_ties || self.overvotes == Overvotes::EndIfSeveral => {
                            return First::One(*one);
                        }
                        (Some(_), Some(_)) if has_ties => return First::Tie,
                        (Some(_), Some(_)) if self.overvotes != Overvotes::Skip => return First::None,
                        (Some(_), None) if self.overvotes == Overvotes::End => return First::None,
                        _ => skipped = 0,
                    }
                }
            }
        }
        First::None
    }
}

/// Different sheets, and how often each was read.
pub(crate) struct Sheets {
    title: String,
    unit: String,
    pub(crate) notes: Vec<String>,
    contests: Vec<RawContest>,
    /// Each different set of entries. Many sheets are alike, and stored once.
    distinct: Vec<Vec<(usize, Entry)>>,
    numbers: HashMap<Vec<(usize, Entry)>, usize>,
    cast: Vec<(usize, u64)>,
    /// The number of contests on sheets that are over-voted, and the number of their marks.
    overvoted: (u64, u64),
    /// The number of sheets without contests.
    empty: u64,
}

impl Sheets {
    pub(crate) fn new(title: &str, unit: &str) -> Self {
        Self {
            title: title.to_owned(),
            unit: unit.to_owned(),
            notes: Vec::new(),
            contests: Vec::new(),
            distinct: Vec::new(),
            numbers: HashMap::new(),
            cast: Vec::new(),
            overvoted: (0, 0),
            empty: 0,
        }
    }

    pub(crate) fn set_title(&mut self, title: &str) {
        title.clone_into(&mut self.title);
    }

    /// Adds a contest, and returns its position.
    pub(crate) fn add(&mut self, contest: RawContest) -> usize {
        self.contests.push(contest);
        self.contests.len() - 1
    }

    pub(crate) fn contest_mut(&mut self, position: usize) -> Option<&mut RawContest> {
        self.contests.get_mut(position)
    }

    /// The entry of an over-voted contest: it counts as blank. `marks` is the number of its marks.
    pub(crate) fn overvoted(&mut self, marks: usize) -> Entry {
        self.overvoted.0 += 1;
        self.overvoted.1 += marks as u64;
        Entry::Mark(Mark::Blank)
    }

    /// The entry of a contest in which `most` options may be marked.
    pub(crate) fn marked(&mut self, options: Vec<u16>, most: usize) -> Entry {
        if options.len() > most { self.overvoted(options.len()) } else { Entry::Mark(Mark::Options(options)) }
    }

    /// Counts a sheet that has no contests.
    pub(crate) fn without_contests(&mut self) {
        self.empty += 1;
    }

    /// Adds a number of sheets that are all alike. A sheet without contests is counted, and named in a note.
    pub(crate) fn cast(&mut self, mut entries: Vec<(usize, Entry)>, weight: u64, count: u64) -> Result<()> {
        if entries.is_empty() {
            self.empty += count;
            return Ok(());
        }
        let room = (MAX_BALLOTS - self.cast.len()) as u64;
        ensure!(count <= room, "more than {MAX_BALLOTS} ballots");
        entries.sort_by_key(|(contest, _)| *contest);
        let is_once = entries.windows(2).all(|pair| !matches!(pair, [(one, _), (two, _)] if one == two));
        ensure!(is_once, "a contest appears twice on a ballot");
        let number = match self.numbers.get(&entries) {
            Some(number) => *number,
            None => {
                self.distinct.push(entries.clone());
                self.numbers.insert(entries, self.distinct.len() - 1);
                self.distinct.len() - 1
            }
        };
        self.cast.extend((0..count).map(|_| (number, weight)));
        Ok(())
    }

    /// Returns the contests and ballots.
    pub(crate) fn finish(self) -> Result<Ballots> {
        let Self { title, unit, notes, contests, distinct, cast, overvoted, empty, .. } = self;
        ensure!(!cast.is_empty(), "there are no ballots with contests");
        let mut often = vec![0_u64; distinct.len()];
        for (sheet, _) in &cast {
            often[*sheet] += 1;
        }
        let mut ballots = Ballots::new(&title, &unit);
        ballots.notes = notes;
        let mut marks: Vec<Vec<(usize, Mark)>> = vec![Vec::new(); distinct.len()];
        let entries: Vec<HashMap<usize, &Entry>> =
            distinct.iter().map(|sheet| sheet.iter().map(|(contest, entry)| (*contest, entry)).collect()).collect();
        let mut names = Names::default();
        for (position, contest) in contests.into_iter().enumerate() {
            let on_sheets = || entries.iter().map(|sheet| sheet.get(&position).copied());
            match contest {
                RawContest::Marks(contest) if contest.options.is_empty() => {
                    let sheets: u64 =
                        on_sheets().zip(&often).filter(|(entry, _)| entry.is_some()).map(|(_, often)| often).sum();
                    // A contest on no ballot is named later.
                    ballots.notes.push(format!(
                        "contest {} ({}) has no options: it is left out of {}",
                        shortened(&contest.id),
                        shortened(&contest.title),
                        counted(sheets, "ballot", "ballots")
                    ));
                }
                RawContest::Marks(mut contest) => {
                    (contest.id, contest.title) = names.add(&contest.id, &contest.title);
                    for (entry, marks) in on_sheets().zip(&mut marks) {
                        if let Some(Entry::Mark(mark)) = entry {
                            marks.push((ballots.contests.len(), mark.clone()));
                        }
                    }
                    ballots.contests.push(contest);
                }
                RawContest::Ranked(race) => {
                    let ranks: Vec<(usize, &[Rank])> = on_sheets()
                        .enumerate()
                        .filter_map(|(sheet, entry)| match entry? {
                            Entry::Ranks(ranks) => Some((sheet, ranks.as_slice())),
                            Entry::Mark(_) => None,
                        })
                        .collect();
                    race.finish(&mut ballots, &mut names, &ranks, &often, &mut marks);
                }
            }
        }
        check_contests(ballots.contests.len())?;
        if let (contests @ 1.., marks) = overvoted {
            let are = if contests == 1 { "is" } else { "are" };
            let them = if marks == 0 {
                String::new()
            } else {
                let count = if marks == 1 { "counts" } else { "count" };
                format!("; {} {count} for nobody", counted(marks, "mark", "marks"))
            };
            ballots.notes.push(format!(
                "{} {are} over-voted, and {are} blank{them}",
                counted(contests, "contest on a ballot", "contests on ballots")
            ));
        }
        let mut dropped = empty;
        for (sheet, weight) in cast {
            if marks[sheet].is_empty() {
                dropped += 1;
            } else {
                ballots.cast(marks[sheet].clone(), weight)?;
            }
        }
        if dropped > 0 {
            let have = if dropped == 1 { "has" } else { "have" };
            let are = if dropped == 1 { "is" } else { "are" };
            ballots
                .notes
                .push(format!("{} {have} no contest, and {are} not counted", counted(dropped, "ballot", "ballots")));
        }
        ensure!(!ballots.is_empty(), "there are no ballots with contests");
        Ok(ballots)
    }
}

/// What is said about the ranks of a contest, each with its number of ballots or marks.
#[derive(Default)]
struct Ranked {
    overvotes: u64,
    ties: u64,
    repeated: u64,
    excluded: u64,
    unpaired: u64,
}

impl Race {
    /// Adds the two contests of the race, and their marks. `sheets` has the ranks of each different sheet with the race.
    fn finish(
        self,
        ballots: &mut Ballots,
        names: &mut Names,
        sheets: &[(usize, &[Rank])],
        often: &[u64],
        marks: &mut [Vec<(usize, Mark)>],
    ) {
        let Self { name, title, candidates, is_sorted, has_ties, rules, published } = self;
        let mut order: Vec<u16> =
            (0..).take(candidates.len()).filter(|candidate| !rules.excluded.contains(candidate)).collect();
        if order.is_empty() {
            let of: u64 = sheets.iter().map(|(sheet, _)| often[*sheet]).sum();
            let of = counted(of, "ballot", "ballots");
            ballots.notes.push(format!("nobody is ranked for {}: the contest is left out of {of}", shortened(&title)));
            return;
        }
        let code = |candidate: &u16| candidates[usize::from(*candidate)].0.as_str();
        if is_sorted {
            // Names that are numbers are sorted by their value.
            order.sort_by_cached_key(|candidate| (number(code(candidate)).unwrap_or(u64::MAX), code(candidate)));
        }
        let option_of: HashMap<u16, u16> = order.iter().copied().zip(0..).collect();
        let option = |candidate: &u16| option_of.get(candidate).copied();
        let options = Names::of_options(order.iter().map(|candidate| {
            let (code, shown) = &candidates[usize::from(*candidate)];
            (code.as_str(), shown.as_str())
        }));

        let mut found = Ranked::default();
        let contest = ballots.contests.len();
        let mut preferred = vec![0_u64; order.len()];
        for (sheet, ranks) in sheets {
            let first = match rules.first(ranks, has_ties) {
                First::One(candidate) => option(&candidate),
                First::None => None,
                First::Tie => {
                    found.ties += often[*sheet];
                    None
                }
            };
            if let Some(first) = first {
                preferred[usize::from(first)] += often[*sheet];
            }
            marks[*sheet].push((contest, first.map_or(Mark::Blank, |first| Mark::Options(vec![first]))));
        }
        let published = Published {
            options: if published.options.is_empty() {
                Vec::new()
            } else {
                order
                    .iter()
                    .map(|candidate| published.options.get(usize::from(*candidate)).copied().flatten())
                    .collect()
            },
            ..published
        };
        let (id, shown) = names.add(&format!("{name}-first"), &format!("{title}: first preferences"));
        ballots.contests.push(Contest {
            id,
            title: shown,
            options: options.clone(),
            rule: choose(1, 1, true),
            published,
        });

        // The most preferred candidates. Candidates with equal preferences are in the order of the options.
        let mut most: Vec<u16> = (0..).take(options.len()).collect();
        most.sort_by_key(|option| Reverse(preferred[usize::from(*option)]));
        most.truncate(MAX_RANKED_OPTIONS);
        most.sort_unstable();
        let paired: HashMap<u16, u16> = most.iter().copied().zip(0..).collect();
        for (sheet, ranks) in sheets {
            let (ranking, counts) =
                ranking(ranks, has_ties, &rules.excluded, |candidate| paired.get(&option(candidate)?).copied());
            let often = often[*sheet];
            found.overvotes += counts.overvotes * often;
            found.repeated += counts.repeated * often;
            found.excluded += counts.excluded * often;
            found.unpaired += counts.unpaired * often;
            if options.len() > 1 {
                marks[*sheet].push((contest + 1, Mark::Ranking(ranking)));
            }
        }
        if options.len() > 1 {
            let (id, shown) = names.add(&format!("{name}-pairs"), &format!("{title}: pairs"));
            let options = most.iter().map(|option| options[usize::from(*option)].clone()).collect();
            let rule = Rule::Pairs(Pairs { ties: true, method: Method::Schulze, blank: false });
            ballots.contests.push(Contest { id, title: shown, options, rule, published: Published::default() });
        }
        found.notes(&title, order.len(), &mut ballots.notes);
    }
}

/// The places of the candidates on a ballot, of those for whom there is an option, and how many marks do not count.
fn ranking(
    ranks: &[Rank],
    has_ties: bool,
    excluded: &BTreeSet<u16>,
    option: impl Fn(&u16) -> Option<u16>,
) -> (Vec<Vec<u16>>, Ranked) {
    let (mut places, mut seen, mut found) = (Vec::new(), HashSet::new(), Ranked::default());
    for rank in ranks {
        let candidates = match rank {
            Rank::None => continue,
            Rank::One(candidate) => std::slice::from_ref(candidate),
            Rank::Several(candidates) if has_ties => candidates,
            Rank::Overvote | Rank::Several(_) => {
                found.overvotes += 1;
                continue;
            }
        };
        let mut place = Vec::new();
        for candidate in candidates {
            // If a candidate is ranked twice, the better rank counts.
            if !seen.insert(*candidate) {
                found.repeated += 1;
            } else if excluded.contains(candidate) {
                found.excluded += 1;
            } else if let Some(option) = option(candidate) {
                place.push(option);
            } else {
                found.unpaired += 1;
            }
        }
        if !place.is_empty() {
            places.push(place);
        }
    }
    (places, found)
}

impl Ranked {
    fn notes(&self, title: &str, candidates: usize, notes: &mut Vec<String>) {
        let marks = |number: u64| counted(number, "mark", "marks");
        let counts = |number: u64| if number == 1 { "counts" } else { "count" };
        let title = shortened(title);
        let do_not_count = |number: u64| if number == 1 { "does not count" } else { "do not count" };
        let Self { overvotes, ties, repeated, excluded, unpaired } = *self;
        let mut say = |number: u64, text: String| {
            if number > 0 {
                notes.push(format!("{title}: {text}"));
            }
        };
        say(
            overvotes,
            format!("{} {} for nobody", counted(overvotes, "over-voted rank", "over-voted ranks"), counts(overvotes)),
        );
        let are = if ties == 1 { "is" } else { "are" };
        say(
            ties,
            format!(
                "{} without a single first preference {are} blank among the first preferences",
                counted(ties, "ballot", "ballots")
            ),
        );
        say(
            repeated,
            format!("{} for a candidate with a better rank on the ballot {}", marks(repeated), do_not_count(repeated)),
        );
        say(excluded, format!("{} for candidates that are excluded {}", marks(excluded), do_not_count(excluded)));
        say(
            unpaired,
            format!(
                "the pairs have the {MAX_RANKED_OPTIONS} of {candidates} candidates that are first most often; {} for others {} there",
                marks(unpaired),
                do_not_count(unpaired)
            ),
        );
    }
}

/// The options of a contest that are found while ballots are read, by their names.
#[derive(Default)]
pub(crate) struct Found {
    numbers: HashMap<String, u16>,
    pub(crate) names: Vec<String>,
}

impl Found {
    /// The number of the option with this name.
    pub(crate) fn number(&mut self, name: &str) -> Result<u16> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number = option_number(self.names.len())?;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        Ok(number)
    }

    pub(crate) fn get(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{count, schulze};

    fn race(candidates: &[&str]) -> Race {
        let named = |name: &&str| ((*name).to_owned(), (*name).to_owned());
        Race {
            name: "m".to_owned(),
            title: "Mayor".to_owned(),
            candidates: candidates.iter().map(named).collect(),
            is_sorted: false,
            has_ties: false,
            rules: Rules::default(),
            published: Published::default(),
        }
    }

    fn counted_of(race: Race, sheets: &[&[Rank]]) -> (Ballots, Vec<u64>, u64) {
        let mut all = Sheets::new("t", "ballots");
        let contest = all.add(RawContest::Ranked(race));
        for ranks in sheets {
            all.cast(vec![(contest, Entry::Ranks(ranks.to_vec()))], 1, 1).unwrap();
        }
        let ballots = all.finish().unwrap();
        let count = count(&ballots).remove(0);
        (ballots, count.options, count.blank)
    }

    #[test]
    fn a_race_becomes_first_preferences_and_pairs_and_every_mark_that_does_not_count_is_named() {
        let sheets: [&[Rank]; 4] = [
            &[Rank::One(0), Rank::One(0), Rank::One(1)],
            &[Rank::Several(vec![0, 1]), Rank::One(2)],
            &[Rank::Overvote, Rank::One(1)],
            &[Rank::None, Rank::None],
        ];
        let (ballots, first, blank) = counted_of(race(&["A", "B", "C"]), &sheets);
        assert_eq!((first, blank), (vec![1, 1, 1], 1));
        assert_eq!(count(&ballots)[1].pairs, [[0, 1, 1], [1, 0, 2], [1, 1, 0]]);
        let expected = [
            "Mayor: 2 over-voted ranks count for nobody",
            "Mayor: 1 mark for a candidate with a better rank on the ballot does not count",
        ];
        assert_eq!(ballots.notes, expected);

        let ties = Race { has_ties: true, ..race(&["A", "B", "C"]) };
        let (ballots, first, blank) = counted_of(ties, &sheets[..2]);
        assert_eq!((first, blank), (vec![1, 0, 0], 1));
        assert_eq!(count(&ballots)[1].pairs, [[0, 1, 2], [0, 0, 2], [0, 0, 0]]);
        assert_eq!(schulze(&count(&ballots)[1].pairs), [vec![0], vec![1], vec![2]]);
        let tie = "Mayor: 1 ballot without a single first preference is blank among the first preferences";
        assert_eq!(ballots.notes[0], tie);
    }

    /// Fault R13.
    #[test]
    fn excluded_candidates_and_the_rules_of_overvotes() {
        let rules = |overvotes, skipped| Rules { overvotes, skipped, excluded: BTreeSet::from([0]) };
        let cases: [(Overvotes, &[Rank], First); 8] = [
            (Overvotes::Skip, &[Rank::One(0), Rank::One(1)], First::One(1)),
            (Overvotes::Skip, &[Rank::Several(vec![0, 1]), Rank::One(2)], First::One(2)),
            (Overvotes::End, &[Rank::Several(vec![0, 1]), Rank::One(2)], First::None),
            (Overvotes::EndIfSeveral, &[Rank::Several(vec![0, 1]), Rank::One(2)], First::One(1)),
            (Overvotes::EndIfSeveral, &[Rank::Several(vec![2, 1]), Rank::One(2)], First::None),
            (Overvotes::EndIfSeveral, &[Rank::Overvote, Rank::One(2)], First::None),
            (Overvotes::Skip, &[Rank::None, Rank::One(0), Rank::None, Rank::One(2)], First::One(2)),
            (Overvotes::Skip, &[Rank::None, Rank::None, Rank::One(2)], First::None),
        ];
        for (overvotes, ranks, expected) in cases {
            assert_eq!(rules(overvotes, 1).first(ranks, false), expected, "{overvotes:?} {ranks:?}");
        }
        let mut race = race(&["A", "B"]);
        race.rules.excluded = BTreeSet::from([0]);
        let (ballots, first, _) = counted_of(race, &[&[Rank::One(0), Rank::One(1)]]);
        assert_eq!((first, ballots.contests.len()), (vec![1], 1));
        assert_eq!(ballots.notes, ["Mayor: 1 mark for candidates that are excluded does not count"]);
    }

    #[test]
    fn only_the_most_preferred_are_paired() {
        let names: Vec<String> = (1..=20).map(|candidate| candidate.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ranks: Vec<Vec<Rank>> =
            (0..20).map(|one| vec![Rank::One(one)]).chain([vec![Rank::One(19), Rank::One(0)]]).collect();
        let sheets: Vec<&[Rank]> = ranks.iter().map(Vec::as_slice).collect();
        let (ballots, ..) = counted_of(race(&names), &sheets);
        let ids: Vec<&str> = ballots.contests[1].options.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "20"]);
        let note = "Mayor: the pairs have the 12 of 20 candidates that are first most often; 8 marks for others do not count there";
        assert_eq!(ballots.notes, [note]);
    }

    /// Faults R2 and R12.
    #[test]
    fn what_has_no_options_or_contests_is_left_out_with_its_number() {
        let contest = |id: &str, options: &[&str]| {
            RawContest::Marks(Contest {
                id: id.to_owned(),
                title: id.to_uppercase(),
                options: Names::of_options(options.iter().map(|name| (*name, *name))),
                rule: choose(0, 1, true),
                published: Published::default(),
            })
        };
        let mut sheets = Sheets::new("t", "ballots");
        let (empty, two) = (sheets.add(contest("empty", &[])), sheets.add(contest("two", &["A", "B"])));
        let blank = || Entry::Mark(Mark::Options(vec![]));
        sheets.cast(vec![(empty, blank())], 1, 2).unwrap();
        sheets.cast(vec![(empty, blank()), (two, blank())], 1, 3).unwrap();
        let over = sheets.marked(vec![0, 1], 1);
        sheets.cast(vec![(two, over)], 1, 1).unwrap();
        sheets.cast(Vec::new(), 1, 4).unwrap();
        let ballots = sheets.finish().unwrap();
        assert_eq!((ballots.len(), ballots.contests.len()), (4, 1));
        let expected = [
            "contest empty (EMPTY) has no options: it is left out of 5 ballots",
            "1 contest on a ballot is over-voted, and is blank; 2 marks count for nobody",
            "6 ballots have no contest, and are not counted",
        ];
        assert_eq!(ballots.notes, expected);
    }
}
