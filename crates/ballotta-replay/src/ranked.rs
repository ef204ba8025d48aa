//! Ranked ballots as comma-separated values: a line is a ballot, and a column is a rank of a contest, named
//! `<contest>_<rank>`.
//!
//! ```text
//! mayor_1,mayor_2,mayor_3,park_1,park_2
//! 11,13,U,2,U                           the candidate with the rank ; U: none ; O: several
//! ```
//!
//! The folder may also have `candidates.json` with names, and two files of RCTab (Bright Spots): a configuration, whose
//! rules say which rank is the first that counts, and an expected report, whose first round is compared.
//!
//! Every contest becomes two contests: `<contest>-first` has the first preferences, and `<contest>-pairs` compares the
//! most preferred candidates in pairs, because a contest of pairs has at most 12 options. Candidates that a ballot does
//! not rank tie for the last place.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ballotta::contest::{Method, Pairs, Rule};
use ballotta::limits::{MAX_CONTESTS, MAX_RANKED_OPTIONS};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ballots::{Ballots, Contest, MAX_BALLOTS, Mark, Names, Published, check_contests, choose, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::text::{Lines, Record, Records, find, folder_of, json, json_beside, list, number, shortened};

/// The most ranks in a contest.
const MAX_RANKS: usize = 64;

/// Reads a folder with `ballots.csv`, or such a file.
pub(crate) fn read(source: &Path) -> Result<Ballots> {
    let ballots = if source.is_dir() { find(source, "ballots.csv") } else { Some(source.to_path_buf()) };
    let ballots = ballots.ok_or_else(|| problem!("{} has no ballots.csv", source.display()))?;
    let folder = folder_of(source);
    let beside = Beside {
        config: first_json(folder, "_config.json")?,
        names: json_beside(folder, "candidates.json")?.unwrap_or_default(),
        report: first_json(folder, "_expected_detailed_report.json")?,
    };
    interpret(Records::new(Lines::open(&ballots)?, ','), &beside)
}

/// Reads the first JSON document of a folder whose name has this end, if there is one.
fn first_json<T: DeserializeOwned>(folder: &Path, ends: &str) -> Result<Option<T>> {
    list(folder, "", ends)?.first().map(|path| json(path)).transpose()
}

/// Whether this is the first line of a file with ranked ballots.
pub(crate) fn is_header(line: &str) -> bool {
    line.split(',').all(|column| rank_of(column.trim()).is_some())
}

/// The content of the other files of the folder.
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

/// The parts of a configuration of RCTab that determine the first preference.
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

/// The name of the report for write-ins that are not candidates.
const UNDECLARED: &str = "Undeclared Write-ins";

/// The rule that determines the first preference.
struct FirstRank {
    /// The most ranks that a ballot may skip one after the other. With more, the ballot has no first preference.
    skipped: usize,
    /// Whether a ballot has no first preference after an over-vote.
    overvote_ends: bool,
}

impl FirstRank {
    fn new(config: Option<&Config>) -> Result<Self> {
        let Some(Config { rules, .. }) = config else { return Ok(Self { skipped: usize::MAX, overvote_ends: false }) };
        let skipped = match rules.max_skipped_ranks_allowed.as_str() {
            "unlimited" => usize::MAX,
            skipped => usize::try_from(number(skipped).at(|| "maxSkippedRanksAllowed")?).unwrap_or(usize::MAX),
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

/// The content of a ballot at a rank.
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

/// A contest of the file: its columns in the order of their ranks, and its candidates in the order of their numbers.
/// The candidates are complete only after all ballots are read.
struct Race<'a> {
    name: String,
    /// The names of the candidates. If there are names, a person without a name is not a candidate.
    names: Option<&'a ContestNames>,
    columns: Vec<usize>,
    seen: HashMap<String, u16>,
    candidates: Vec<String>,
}

impl Race<'_> {
    /// What a ballot has at every rank of the contest.
    fn ranks(&mut self, record: &Record) -> Result<Vec<Rank>> {
        let mut ranks = Vec::with_capacity(self.columns.len());
        for position in 0..self.columns.len() {
            ranks.push(self.rank(record.values[self.columns[position]].trim())?);
        }
        Ok(ranks)
    }

    /// The name of a candidate in the file, and the one that people know.
    fn named(&self, candidate: u16) -> (&str, &str) {
        let name = &self.candidates[usize::from(candidate)];
        (name, self.names.and_then(|names| names.candidates.get(name)).unwrap_or(name))
    }

    fn rank(&mut self, value: &str) -> Result<Rank> {
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
            rank_of(column.trim()).ok_or_else(|| problem!("{:?} is not <contest>_<rank>", shortened(column)))?;
        let race = match races.iter().position(|(name, _)| name == contest) {
            Some(race) => race,
            None => {
                ensure!(races.len() < MAX_CONTESTS / 2, "more than {} contests", MAX_CONTESTS / 2);
                races.push((contest.to_owned(), BTreeMap::new()));
                races.len() - 1
            }
        };
        let is_new = races[race].1.insert(rank, position).is_none();
        ensure!(is_new, "rank {rank} of {contest} appears twice");
    }
    let race = |(name, columns): (String, BTreeMap<usize, usize>)| {
        ensure!(columns.keys().copied().eq(1..=columns.len()), "the columns of {name} skip a rank");
        let columns = columns.into_values().collect();
        Ok(Race { names: names_of(&name, names), name, columns, seen: HashMap::new(), candidates: Vec::new() })
    };
    races.into_iter().map(race).collect()
}

fn interpret(mut records: Records, beside: &Beside) -> Result<Ballots> {
    let header = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let mut races = races(&header, &beside.names).at(|| records.place(header.line))?;
    check_contests(2 * races.len())?;
    let first_rank = FirstRank::new(beside.config.as_ref())?;
    // The number of each different line, how often it appears, and for each ballot the number of its line.
    let (mut numbers, mut often, mut lines) = (HashMap::new(), Vec::<u64>::new(), Vec::new());
    while let Some(record) = records.read()? {
        let place = || records.place(record.line);
        ensure!(lines.len() < MAX_BALLOTS, "{}: more than {MAX_BALLOTS} ballots", place());
        ensure!(record.values.len() == header.values.len(), "{}: not as many values as columns", place());
        let mut ranks = Vec::with_capacity(record.values.len());
        for race in &mut races {
            ranks.push(race.ranks(&record).at(place)?);
        }
        let number = *numbers.entry(ranks).or_insert(often.len());
        often.resize(numbers.len(), 0);
        often[number] += 1;
        lines.push(number);
    }
    let mut distinct: Vec<(Vec<Vec<Rank>>, usize)> = numbers.into_iter().collect();
    distinct.sort_by_key(|(_, number)| *number);
    let mut marks: Vec<Vec<(usize, Mark)>> = vec![Vec::new(); distinct.len()];

    let title = beside.config.as_ref().map_or("Ranked ballots", |config| &config.output_settings.contest_name);
    let mut ballots = Ballots::new(title, "ballots");
    let mut names = Names::default();
    for (position, race) in races.iter().enumerate() {
        if race.candidates.is_empty() {
            ballots.notes.push(format!("nobody is ranked for {}: the contest is left out", race.name));
            continue;
        }
        let ranks = || distinct.iter().map(|(ranks, _)| &ranks[position]);
        // Candidates are sorted by their names in the file. Names that are numbers are sorted by their value.
        let mut order: Vec<u16> = (0..).take(race.candidates.len()).collect();
        order.sort_by_cached_key(|candidate| {
            let name = &race.candidates[usize::from(*candidate)];
            (number(name).unwrap_or(u64::MAX), name)
        });
        let option_of: HashMap<u16, u16> = order.iter().copied().zip(0..).collect();
        let candidate = |candidate: &u16| race.named(*candidate);
        let options = Names::of_options(order.iter().map(candidate));

        let contest = ballots.contests.len();
        let mut preferred = vec![0_u64; order.len()];
        for ((ranks, marks), often) in ranks().zip(&mut marks).zip(&often) {
            let first = first_rank.of(ranks).map(|candidate| option_of[&candidate]);
            if let Some(first) = first {
                preferred[usize::from(first)] += often;
            }
            marks.push((contest, first.map_or(Mark::Blank, |first| Mark::Options(vec![first]))));
        }
        let (id, title) = names.add(&format!("{}-first", race.name), &format!("{}: first preferences", race.name));
        let shown: Vec<&str> = order.iter().map(candidate).map(|(_, shown)| shown).collect();
        let published = published(beside, &shown)?;
        ballots.contests.push(Contest { id, title, options: options.clone(), rule: choose(1, 1, true), published });

        if options.len() < 2 {
            continue;
        }
        // The most preferred candidates. Candidates with equal preferences are in the order of the file.
        let mut most: Vec<u16> = (0..).take(options.len()).collect();
        most.sort_by_key(|option| Reverse(preferred[usize::from(*option)]));
        most.truncate(MAX_RANKED_OPTIONS);
        most.sort_unstable();
        let paired: HashMap<u16, u16> = most.iter().copied().zip(0..).collect();
        for (ranks, marks) in ranks().zip(&mut marks) {
            let mut ranking = Vec::new();
            for rank in ranks {
                let Rank::Candidate(candidate) = rank else { continue };
                // If a candidate is ranked twice, the better rank counts.
                match paired.get(&option_of[candidate]) {
                    Some(option) if !ranking.contains(option) => ranking.push(*option),
                    _ => {}
                }
            }
            marks.push((contest + 1, Mark::Ranking(ranking)));
        }
        let (id, title) = names.add(&format!("{}-pairs", race.name), &format!("{}: pairs", race.name));
        let options = most.iter().map(|option| options[usize::from(*option)].clone()).collect();
        let rule = Rule::Pairs(Pairs { ties: true, method: Method::Schulze, blank: false });
        ballots.contests.push(Contest { id, title, options, rule, published: Published::default() });
    }
    for line in lines {
        ballots.cast(marks[line].clone(), 1)?;
    }
    Ok(ballots)
}

/// The names of the candidates of this contest. If no contest has this name, the only contest whose name begins with it
/// is used.
fn names_of<'a>(contest: &str, names: &'a Candidates) -> Option<&'a ContestNames> {
    let begins = format!("{contest}_");
    names.get(contest).or_else(|| {
        let mut others = names.iter().filter(|(name, _)| name.starts_with(&begins));
        others.next().filter(|_| others.next().is_none()).map(|(_, names)| names)
    })
}

/// The first round of the report, if it is about this contest. It is if it names these candidates.
fn published(beside: &Beside, shown: &[&str]) -> Result<Published> {
    let first = beside.report.as_ref().and_then(|report| report.results.iter().find(|round| round.round == 1));
    let Some(Round { tally, .. }) = first else { return Ok(Published::default()) };
    let is_label = |name: &str| {
        let mut sources = beside.config.iter().flat_map(|config| &config.cvr_file_sources);
        sources.any(|source| source.undeclared_write_in_label == name)
    };
    let names: Vec<&str> = shown.iter().map(|name| if is_label(name) { UNDECLARED } else { name }).collect();
    // A candidate without any vote may be on no ballot.
    let is_known = |(reported, votes): (&String, &String)| votes == "0" || names.contains(&reported.as_str());
    if !tally.iter().all(is_known) {
        return Ok(Published::default());
    }
    let votes = |name: &&str| tally.get(*name).map(|votes| number(votes).at(|| "the expected report")).transpose();
    Ok(Published { options: names.iter().map(votes).collect::<Result<_>>()?, ..Published::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{count, schulze};
    use crate::error::on_one_line;

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
        let counts = count(&ballots);
        let [first, pairs] = ballots.contests.as_slice() else { panic!("two contests") };
        assert_eq!((first.id.as_str(), pairs.id.as_str()), ("mayor-first", "mayor-pairs"));
        let titles: Vec<&str> = first.options.iter().map(|(_, title)| title.as_str()).collect();
        assert_eq!(titles, ["Ada", "Bob", "UWI"]);
        assert_eq!(first.published.options, [Some(2), Some(1), Some(1)]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([2, 1, 1].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 3, 3], [2, 0, 4], [1, 1, 0]]);
        assert_eq!(schulze(&counts[1].pairs), [vec![0], vec![1], vec![2]]);

        // Without a configuration, the first rank with a candidate counts.
        let ballots = parse(text, &Beside::default()).unwrap();
        assert_eq!(count(&ballots)[0].options, [2, 2, 1]);
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
            ("a_1,a_1\n", "sample, line 1: rank 1 of a appears twice"),
            ("a_1,a_3\n", "sample, line 1: the columns of a skip a rank"),
            ("a_1,a_2\n1,2\n1\n", "sample, line 3: not as many values as columns"),
            ("a_1,a_2\n1,2,3\n", "sample, line 2: not as many values as columns"),
            ("", "there is no line"),
        ] {
            assert_eq!(on_one_line(&parse(text, &Beside::default()).err().unwrap()), expected);
        }
        let named = on_one_line(&parse("mayor_1\n2\n7\n", &beside()).err().unwrap());
        assert_eq!(named, "sample, line 3: \"7\" is not named among the candidates of mayor");
        let mut other = beside();
        other.config.as_mut().unwrap().rules.overvote_rule = "guess".to_owned();
        let problem = parse("a_1\n1\n", &other).err().unwrap().to_string();
        assert_eq!(problem, "the rule \"guess\" for over-votes is not known");
        assert!(is_header("mayor_1,mayor_2"));
        assert!(!is_header("mayor_0") && !is_header("mayor") && !is_header("_1") && !is_header("a_65"));
    }
}
