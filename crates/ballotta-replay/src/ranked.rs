//! Ballots as comma-separated values with names in the cells: a line is a ballot, and a column is a rank of a contest.
//!
//! ```text
//! mayor_1,mayor_2,mayor_3,park_1,park_2
//! 11,13,U,2,U                           the candidate with the rank ; U: none ; O: several
//!
//! CVR ID,Precinct,Rank 1,Rank 2         other columns are not read
//! 17,P-3,Ada,overvote
//!
//! Cast Vote Record,Precinct,Ballot Style,Mayor,Council,Council,Governor 1st Choice,Governor 2nd Choice
//! 17,P-3,S-1,Ada,Eve,undervote,,        an export of ES&S: two columns of one name are two votes
//! ```
//!
//! Columns of ranks are `<contest>_<rank>`, or have `rank`, `choice` or `preference` with a number in their name. The
//! folder may also have `candidates.json` with names, and the files of [RCTab](crate::rctab).

use std::collections::{BTreeMap, HashMap, HashSet};

use ballotta::limits::MAX_CONTESTS;
use serde::Deserialize;

use crate::ballots::{Ballots, Contest, MAX_BALLOTS, Mark, Names, Published, check_contests, choose, option_number};
use crate::dominion::MAX_RANKS;
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::rctab::{Cell, Config, Rctab};
use crate::sheets::{Entry, Found, Race, Rank, RawContest, Rules, Sheets};
use crate::source::{Source, SourceFile, listed};
use crate::text::{Lines, Record, Records, counted, json, number, separator, shortened, unique_keys};

/// The first column of an export of ES&S, and its columns that are no contests.
const ESS_FIRST: &str = "cast vote record";
const ESS_OTHERS: [&str; 10] = [
    ESS_FIRST,
    "precinct",
    "ballot style",
    "tabulator",
    "tabulator cvr",
    "batch",
    "counting group",
    "ballot status",
    "poll place",
    "remade",
];

/// Whether the ballots are an export of ES&S, in which a contest whose cells are empty is not on the ballot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ranked,
    Ess,
}

/// Reads a folder with `ballots.csv` or another file of this kind, or such a file.
pub(crate) fn read(source: &Source, kind: Kind) -> Result<Ballots> {
    let mut rctab = Rctab::read(source)?;
    if let Some((file, config, first)) = columns_of_candidates(source, &rctab)? {
        return candidates_in_columns(Records::new(Lines::open(file)?, ','), first - 1, &mut rctab, config);
    }
    let ballots = match source.find("ballots.csv")?.filter(|_| source.main().is_none() && kind == Kind::Ranked) {
        Some(file) => file,
        None => source.only(|file| {
            let beginning = crate::format::beginning(file)?;
            let line = beginning.lines().next().unwrap_or_default();
            Ok(if kind == Kind::Ess { is_ess(line) } else { !is_ess(line) && is_header(line) })
        })?,
    };
    let separator = separator(crate::format::beginning(ballots)?.lines().next().unwrap_or_default());
    let names = source.find("candidates.json")?.map(json).transpose()?.unwrap_or_default();
    interpret(Records::new(Lines::open(ballots)?, separator), names, rctab, kind)
}

/// The file of a source whose columns are candidates by a configuration beside it, with the number of the configuration and
/// the first column, counted from 1.
fn columns_of_candidates<'a>(source: &'a Source, rctab: &Rctab) -> Result<Option<(&'a SourceFile, usize, usize)>> {
    for (number, (name, config)) in rctab.configs.iter().enumerate() {
        if let Some((file, first)) = config.columns_of_candidates().at(|| name)?
            && let Some(file) = source.find(file.strip_suffix(".gz").unwrap_or(file))?
            && source.main().is_none_or(|main| main.name() == file.name())
        {
            return Ok(Some((file, number, first)));
        }
    }
    Ok(None)
}

/// Whether a configuration beside the ballots says that their columns are candidates.
pub(crate) fn has_columns_of_candidates(source: &Source) -> Result<bool> {
    Ok(columns_of_candidates(source, &Rctab::read(source)?)?.is_some())
}

/// Whether this is the first line of a file with ranked ballots.
pub(crate) fn is_header(line: &str) -> bool {
    // A line of JSON has commas and ranks as well.
    if line.starts_with(['{', '[', '<']) {
        return false;
    }
    let columns: Vec<String> =
        line.split(separator(line)).map(|column| column.trim().trim_matches('"').to_owned()).collect();
    !ranks_of(&columns).is_empty()
}

/// Whether this is the first line of an export of ES&S.
pub(crate) fn is_ess(line: &str) -> bool {
    let first = line.split(separator(line)).next().unwrap_or_default();
    first.trim().trim_matches('"').eq_ignore_ascii_case(ESS_FIRST)
}

/// Names of candidates, by the contest and the number in the ballots.
#[derive(Default, Deserialize)]
struct Candidates(#[serde(deserialize_with = "unique_keys")] BTreeMap<String, ContestNames>);

#[derive(Deserialize)]
struct ContestNames {
    #[serde(deserialize_with = "unique_keys")]
    candidates: BTreeMap<String, String>,
}

impl Candidates {
    /// The names of the candidates of this contest. If no contest has this name, the only contest whose name begins with
    /// it is used.
    fn of(&self, contest: &str) -> Option<&ContestNames> {
        let begins = format!("{contest}_");
        self.0.get(contest).or_else(|| {
            let mut others = self.0.iter().filter(|(name, _)| name.starts_with(&begins));
            others.next().filter(|_| others.next().is_none()).map(|(_, names)| names)
        })
    }
}

/// The contest and the rank of a column `<contest>_<rank>`.
fn short_rank(column: &str) -> Option<(String, usize)> {
    let (contest, rank) = column.rsplit_once('_')?;
    Some((contest.to_owned(), rank_number(rank)?)).filter(|(contest, _)| !contest.is_empty())
}

fn rank_number(text: &str) -> Option<usize> {
    let rank = number(text).ok().and_then(|rank| usize::try_from(rank).ok())?;
    (1..=MAX_RANKS).contains(&rank).then_some(rank)
}

/// The words that say that a column is a rank.
const WORDS: [&str; 5] = ["ranking", "rank", "choice", "preference", "pref"];

/// The contest and the rank of a column whose name has a word for ranks: `Rank 1`, `Mayor Choice 2 of 5 (017)`,
/// `Governor 1st Choice`.
fn long_rank(column: &str) -> Option<(String, usize)> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut from = None;
    for (at, character) in column.char_indices().chain([(column.len(), ' ')]) {
        match (character.is_alphanumeric(), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                words.push((start, column.get(start..at)?));
                from = None;
            }
            _ => {}
        }
    }
    let end_of = |(start, word): &(usize, &str)| start + word.len();
    for (at, (start, word)) in words.iter().enumerate() {
        let lower = word.to_lowercase();
        // A number in brackets is that of the column.
        let is_near =
            |next: &usize| column.get(start + word.len()..*next).is_some_and(|between| !between.contains('('));
        let next = words.get(at + 1).filter(|(next, _)| is_near(next)).and_then(|(_, next)| rank_number(next));
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let ordinal = before.and_then(|(start, word)| {
            let digits = ["st", "nd", "rd", "th"]
                .iter()
                .find_map(|end| word.to_lowercase().strip_suffix(end).map(str::to_owned));
            Some((*start, rank_number(&digits?)?))
        });
        let (start, end, rank) = if WORDS.contains(&lower.as_str()) {
            match (next, ordinal) {
                (_, Some((start, rank))) => (start, end_of(words.get(at)?), rank),
                (Some(rank), None) => {
                    let is_of = words.get(at + 2).is_some_and(|(_, of)| of.eq_ignore_ascii_case("of"));
                    let of = words.get(at + 3).filter(|(_, last)| is_of && rank_number(last).is_some());
                    (*start, end_of(of.or(words.get(at + 1))?), rank)
                }
                (None, None) => continue,
            }
        } else if let Some(rank) = WORDS.iter().find_map(|key| rank_number(lower.strip_prefix(key)?)) {
            (*start, end_of(words.get(at)?), rank)
        } else {
            continue;
        };
        let separators = |character: char| character.is_whitespace() || ['-', '_', ':', ',', '.'].contains(&character);
        let rest = without_number(column.get(end..)?);
        let parts = [column.get(..start)?, rest].map(|part| part.trim_matches(separators));
        let contest = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
        return Some((if contest.is_empty() { "ranked".to_owned() } else { contest }, rank));
    }
    None
}

/// A text without a number in brackets at its end: exports number their columns and candidates.
fn without_number(text: &str) -> &str {
    let brackets = text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('('));
    brackets.filter(|(_, digits)| number(digits.trim()).is_ok()).map_or(text, |(before, _)| before).trim()
}

/// The contest and the rank of every column that has a rank, with its position.
fn ranks_of(columns: &[String]) -> Vec<(usize, String, usize)> {
    let short: Vec<Option<(String, usize)>> = columns.iter().map(|column| short_rank(column)).collect();
    let are_all = short.iter().all(Option::is_some);
    // Among other columns, `<name>_<number>` is a rank only if it has a first and a second one.
    let has_second = |contest: &str| {
        [1, 2].iter().all(|rank| short.iter().flatten().any(|(other, at)| other == contest && at == rank))
    };
    let mut found = Vec::new();
    for (position, (column, short)) in columns.iter().zip(&short).enumerate() {
        let short = short.clone().filter(|(contest, _)| are_all || has_second(contest));
        let rank = if are_all { short } else { long_rank(column).or(short) };
        if let Some((contest, rank)) = rank {
            found.push((position, contest, rank));
        }
    }
    found
}

/// A ranked contest of the file: its columns in the order of their ranks.
struct Columns {
    name: String,
    columns: Vec<usize>,
}

/// A contest of an export of ES&S that is not ranked: a column for each vote.
struct Group {
    name: String,
    columns: Vec<usize>,
    options: Found,
}

/// The texts of the cells of a contest, and the line in which each appears first.
#[derive(Default)]
struct Cells {
    numbers: HashMap<String, u32>,
    texts: Vec<(String, u64)>,
}

impl Cells {
    fn number(&mut self, text: &str, line: u64) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.texts.push((text.to_owned(), line));
        number
    }
}

/// A ballot as its line has it: the cells of every ranked contest, and the entry of every other one.
type Line = (Vec<Option<Vec<u32>>>, Vec<Option<Entry>>);

fn columns_of(header: &Record, kind: Kind) -> Result<(Vec<Columns>, Vec<Group>, Vec<String>)> {
    let columns: Vec<String> = header.values.iter().map(|column| column.trim().to_owned()).collect();
    let ranks = ranks_of(&columns);
    let mut races: Vec<(String, BTreeMap<usize, usize>)> = Vec::new();
    for (position, contest, rank) in &ranks {
        let race = match races.iter().position(|(name, _)| name == contest) {
            Some(race) => race,
            None => {
                ensure!(races.len() < MAX_CONTESTS / 2, "more than {} ranked contests", MAX_CONTESTS / 2);
                races.push((contest.clone(), BTreeMap::new()));
                races.len() - 1
            }
        };
        let is_new = races[race].1.insert(*rank, *position).is_none();
        ensure!(is_new, "rank {rank} of {contest} appears twice");
    }
    let mut all = Vec::with_capacity(races.len());
    for (name, columns) in races {
        ensure!(columns.keys().copied().eq(1..=columns.len()), "the columns of {name} skip a rank");
        all.push(Columns { name, columns: columns.into_values().collect() });
    }
    let (mut groups, mut others) = (Vec::<Group>::new(), Vec::new());
    for (position, column) in columns.iter().enumerate() {
        if ranks.iter().any(|(of, ..)| *of == position) {
            continue;
        }
        let is_contest =
            kind == Kind::Ess && !column.is_empty() && !ESS_OTHERS.contains(&column.to_lowercase().as_str());
        if !is_contest {
            others.push(column.clone());
        } else if let Some(group) = groups.iter_mut().find(|group| group.name == *column) {
            group.columns.push(position);
        } else {
            groups.push(Group { name: column.clone(), columns: vec![position], options: Found::default() });
        }
    }
    check_contests(groups.len())?;
    if all.is_empty() && groups.is_empty() {
        let first = columns.first().map_or("", String::as_str);
        bail!("no column is <contest>_<rank> or has a rank in its name, such as {:?}", shortened(first));
    }
    Ok((all, groups, others))
}

fn interpret(mut records: Records, names: Candidates, mut rctab: Rctab, kind: Kind) -> Result<Ballots> {
    let header = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let (races, mut groups, others) = columns_of(&header, kind).at(|| records.place(header.line))?;
    // In a file with one column, an empty line is a ballot without a mark.
    if header.values.len() == 1 {
        records.keep_empty_lines();
    }
    let mut sheets = Sheets::new("Ranked ballots", "ballots");
    let mut cells: Vec<Cells> = races.iter().map(|_| Cells::default()).collect();
    // The number of each different line, and for each ballot the number of its line.
    let (mut numbers, mut lines): (HashMap<Line, usize>, Vec<usize>) = (HashMap::new(), Vec::new());
    let (mut seen, mut empty) = (HashSet::new(), 0);
    while let Some(record) = records.read()? {
        let place = || records.place(record.line);
        ensure!(lines.len() < MAX_BALLOTS, "{}: more than {MAX_BALLOTS} ballots", place());
        ensure!(record.values.len() == header.values.len(), "{}: not as many values as columns", place());
        empty += u64::from(record.values.iter().all(|value| value.trim().is_empty()));
        if kind == Kind::Ess
            && let Some(id) = record.values.first().map(|id| id.trim()).filter(|id| !id.is_empty())
        {
            ensure!(seen.insert(id.to_owned()), "{}: record {:?} was read before", place(), shortened(id));
        }
        let mut line: Line = (Vec::with_capacity(races.len()), Vec::with_capacity(groups.len()));
        for (race, cells) in races.iter().zip(&mut cells) {
            let texts: Vec<&str> = race.columns.iter().map(|column| record.values[*column].trim()).collect();
            let is_on_ballot = kind == Kind::Ranked || texts.iter().any(|text| !text.is_empty());
            line.0.push(is_on_ballot.then(|| texts.iter().map(|text| cells.number(text, record.line)).collect()));
        }
        for group in &mut groups {
            line.1.push(group.entry(&record, &mut sheets).at(place)?);
        }
        let number = numbers.len();
        lines.push(*numbers.entry(line).or_insert(number));
    }
    let place = |line: u64| records.place(line);
    let mut known = Vec::with_capacity(races.len());
    let read: Vec<Vec<&str>> =
        cells.iter().map(|cells| cells.texts.iter().map(|(text, _)| text.as_str()).collect()).collect();
    // The candidates of a contest by the names that people know, to find the files that are about it.
    let mut shown: Vec<Vec<&str>> = Vec::with_capacity(races.len());
    for (race, texts) in races.iter().zip(&read) {
        let names = names.of(&race.name);
        let is_candidate = |text: &&str| {
            names.is_some_and(|names| names.candidates.contains_key(*text))
                || matches!(plain_cell(text), Cell::Candidates(candidates) if candidates.len() == 1)
        };
        let named = |text: &str| -> Option<&str> { names?.candidates.get(text).map(String::as_str) };
        shown.push(texts.iter().filter(|text| is_candidate(text)).map(|text| named(text).unwrap_or(text)).collect());
    }
    let configs = rctab.configs_of(&shown)?;
    for ((race, cells), config) in races.iter().zip(&cells).zip(&configs) {
        let config = config.and_then(|number| rctab.configs.get(number));
        known.push(Known::new(race, cells, names.of(&race.name), config, &place)?);
    }
    let contests: Vec<(Vec<&str>, Option<usize>)> =
        known.iter().zip(&configs).map(|(known, config)| (known.shown(), *config)).collect();
    let published = rctab.published(&contests)?;
    if let [Some(config)] = configs.as_slice()
        && groups.is_empty()
        && let Some((_, config)) = rctab.configs.get(*config)
    {
        sheets.set_title(config.title());
    }
    sheets.notes.extend(rctab.notes);
    sheets.notes.extend(records.skipped());
    if !others.is_empty() {
        sheets.notes.push(format!("columns that are not read: {}", listed(others.iter().map(|name| unnamed(name)))));
    }
    if empty > 0 {
        let are = if empty == 1 { "is" } else { "are" };
        let lines = counted(empty, "line without a value", "lines without a value");
        let ballots = if empty == 1 { "a ballot" } else { "ballots" };
        sheets.notes.push(format!("{lines} {are} counted as {ballots} without a mark"));
    }
    let mut distinct: Vec<(Line, usize)> = numbers.into_iter().collect();
    distinct.sort_by_key(|(_, number)| *number);
    let mut often = vec![0_u64; distinct.len()];
    lines.iter().for_each(|line| often[*line] += 1);
    let mut entries: Vec<Vec<(usize, Entry)>> = vec![Vec::new(); distinct.len()];
    for (position, ((race, known), published)) in races.iter().zip(known).zip(published).enumerate() {
        let mut cut = 0;
        let contest = sheets.add(RawContest::Ranked(Race {
            name: race.name.clone(),
            title: race.name.clone(),
            candidates: known.candidates,
            is_sorted: true,
            has_ties: false,
            rules: known.rules,
            published,
        }));
        for (((line, _), entries), often) in distinct.iter().zip(&mut entries).zip(&often) {
            let Some(Some(cells)) = line.0.get(position) else { continue };
            let mut ranks: Vec<Rank> = cells.iter().map(|cell| known.ranks[*cell as usize].clone()).collect();
            for rank in ranks.drain(known.most.min(ranks.len())..) {
                cut += if rank == Rank::None { 0 } else { *often };
            }
            entries.push((contest, Entry::Ranks(ranks)));
        }
        if cut > 0 {
            let (ranks, do_not) = (counted(cut, "rank", "ranks"), if cut == 1 { "does" } else { "do" });
            sheets.notes.push(format!("{}: {ranks} beyond maxRankingsAllowed {do_not} not count", race.name));
        }
    }
    for (position, group) in groups.into_iter().enumerate() {
        let options = Names::of_options(group.options.names.iter().map(|name| (name.as_str(), without_number(name))));
        let rule = choose(0, group.columns.len().min(options.len()).max(1) as u32, true);
        let (id, title, published) = (group.name.clone(), group.name, Published::default());
        let contest = sheets.add(RawContest::Marks(Contest { id, title, options, rule, published }));
        for ((line, _), entries) in distinct.iter().zip(&mut entries) {
            if let Some(Some(entry)) = line.1.get(position) {
                entries.push((contest, entry.clone()));
            }
        }
    }
    for line in lines {
        sheets.cast(entries[line].clone(), 1, 1)?;
    }
    sheets.finish()
}

/// Reads a file with a column for each candidate, from column `first` on, and the rank of the candidate in its cells.
fn candidates_in_columns(mut records: Records, first: usize, rctab: &mut Rctab, number: usize) -> Result<Ballots> {
    let header = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let names: Vec<&str> = header.values.iter().skip(first).map(|name| name.trim()).collect();
    let place = || records.place(header.line);
    let is_named = names.iter().all(|name| !name.is_empty()) && !names.is_empty();
    is_named.then_some(()).ok_or_else(|| problem!("a column from {} on names no candidate", first + 1)).at(place)?;
    option_number(names.len() - 1).at(place)?;
    let published = rctab.published(&[(names.clone(), Some(number))])?.into_iter().next().unwrap_or_default();
    let (file, config) = rctab.configs.get(number).ok_or_else(|| problem!("there is no configuration"))?;
    let mut sheets = Sheets::new(config.title(), "ballots");
    let others: Vec<&str> = header.values.iter().take(first).map(|name| name.trim()).collect();
    if !others.is_empty() {
        sheets.notes.push(format!("columns that are not read: {}", listed(others.into_iter().map(unnamed))));
    }
    let contest = sheets.add(RawContest::Ranked(Race {
        name: "ranked".to_owned(),
        title: config.title().to_owned(),
        candidates: names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect(),
        is_sorted: false,
        has_ties: false,
        rules: config.rules(&names).at(|| file)?,
        published,
    }));
    let (most, mut cut) = (config.most_ranks().at(|| file)?, 0);
    while let Some(record) = records.read()? {
        let mut read = || {
            ensure!(record.values.len() == header.values.len(), "not as many values as columns");
            let mut ranks: Vec<Vec<u16>> = Vec::new();
            for (candidate, cell) in (0..).zip(record.values.iter().skip(first).map(|cell| cell.trim())) {
                if cell.is_empty() {
                    continue;
                }
                let rank = rank_number(cell).ok_or_else(|| problem!("{:?} is not a rank", shortened(cell)))?;
                if rank > most {
                    cut += 1;
                    continue;
                }
                ranks.resize(ranks.len().max(rank), Vec::new());
                ranks[rank - 1].push(candidate);
            }
            let ranks = ranks.iter().map(|candidates| Rank::of(candidates)).collect();
            sheets.cast(vec![(contest, Entry::Ranks(ranks))], 1, 1)
        };
        read().at(|| records.place(record.line))?;
    }
    if cut > 0 {
        let (ranks, do_not) = (counted(cut, "rank", "ranks"), if cut == 1 { "does" } else { "do" });
        sheets.notes.push(format!("{ranks} beyond maxRankingsAllowed {do_not} not count"));
    }
    sheets.notes.extend(records.skipped());
    sheets.notes.append(&mut rctab.notes);
    sheets.finish()
}

impl Group {
    /// What a ballot has in the contest, or `None` if the contest is not on the ballot.
    fn entry(&mut self, record: &Record, sheets: &mut Sheets) -> Result<Option<Entry>> {
        let cells: Vec<&str> =
            self.columns.iter().map(|column| record.values[*column].trim()).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() {
            return Ok(None);
        }
        let mut options = Vec::new();
        let mut is_overvoted = false;
        for cell in cells {
            match cell.to_lowercase().as_str() {
                "overvote" => is_overvoted = true,
                "undervote" => {}
                lower => {
                    // Names that voters write have no name of their own in the export, so there may be several.
                    let is_write_in = lower.replace(['-', ' '], "").contains("writein");
                    let mut option = self.options.number(cell)?;
                    let mut line = 2;
                    while is_write_in && options.contains(&option) {
                        option = self.options.number(&format!("{cell} ({line})"))?;
                        line += 1;
                    }
                    ensure!(!options.contains(&option), "{:?} is marked twice in {}", shortened(cell), self.name);
                    options.push(option);
                }
            }
        }
        Ok(Some(if is_overvoted { sheets.overvoted(options.len()) } else { Entry::Mark(Mark::Options(options)) }))
    }
}

/// The name of a column, as notes have it.
fn unnamed(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}

/// What a cell says if no other file explains it.
fn plain_cell(text: &str) -> Cell {
    // The exports of RCTab have the candidates of an over-vote on lines of their own.
    if text.contains('\n') {
        return Cell::Candidates(text.lines().map(|name| name.trim().to_owned()).collect());
    }
    match text.to_ascii_lowercase().as_str() {
        "u" | "" | "undervote" | "skipped" => Cell::None,
        "o" | "overvote" => Cell::Overvote,
        _ => Cell::Candidates(vec![text.to_owned()]),
    }
}

/// A ranked contest, after its cells are explained.
struct Known {
    /// What the ballots call each candidate, and the name that people know.
    candidates: Vec<(String, String)>,
    /// The content of each cell.
    ranks: Vec<Rank>,
    rules: Rules,
    /// The most ranks that count.
    most: usize,
}

impl Known {
    fn new(
        race: &Columns,
        cells: &Cells,
        names: Option<&ContestNames>,
        config: Option<&(String, Config)>,
        place: &dyn Fn(u64) -> String,
    ) -> Result<Self> {
        let mut found = Found::default();
        let (mut ranks, mut letters) = (Vec::with_capacity(cells.texts.len()), (None, false));
        for (text, line) in &cells.texts {
            let is_named = |text: &str| names.is_some_and(|names| names.candidates.contains_key(text));
            let cell = if is_named(text) {
                Cell::Candidates(vec![text.clone()])
            } else if let Some(cell) = config.and_then(|(_, config)| config.cell(text)) {
                cell
            } else {
                let cell = plain_cell(text);
                if text.len() == 1 && text.bytes().all(|letter| letter.is_ascii_alphabetic()) && names.is_none() {
                    match cell {
                        Cell::Candidates(_) => letters.1 = true,
                        Cell::None | Cell::Overvote => letters.0 = Some((text, *line)),
                    }
                }
                cell
            };
            ranks.push(match cell {
                Cell::None => Rank::None,
                Cell::Overvote => Rank::Overvote,
                Cell::Candidates(candidates) => {
                    let mut numbers = Vec::with_capacity(candidates.len());
                    for name in &candidates {
                        // A configuration may name people whom the file of names does not name by their numbers.
                        let is_known = names
                            .is_none_or(|names| is_named(name) || names.candidates.values().any(|known| known == name));
                        if !is_known {
                            let problem =
                                format!("{:?} is not named among the candidates of {}", shortened(name), race.name);
                            return Err(problem!("{problem}")).at(|| place(*line));
                        }
                        let number = found.number(name).at(|| race.name.clone())?;
                        if !numbers.contains(&number) {
                            numbers.push(number);
                        }
                    }
                    Rank::of(&numbers)
                }
            });
        }
        if let (Some((letter, line)), true) = letters {
            let problem = format!(
                "{letter:?} may be a candidate, since others are letters: name the candidates of {} in candidates.json",
                race.name
            );
            return Err(problem!("{problem}")).at(|| place(line));
        }
        let shown = |name: String| {
            let shown =
                names.and_then(|names| names.candidates.get(&name)).map_or(without_number(&name), String::as_str);
            let shown = shown.to_owned();
            (name, shown)
        };
        let candidates: Vec<(String, String)> = found.names.into_iter().map(shown).collect();
        let names: Vec<&str> = candidates.iter().map(|(_, shown)| shown.as_str()).collect();
        let (mut rules, mut most) = (Rules::default(), usize::MAX);
        if let Some((file, config)) = config {
            rules = config.rules(&names).at(|| file)?;
            most = config.most_ranks().at(|| file)?;
        }
        Ok(Self { candidates, ranks, rules, most })
    }

    /// The names of the candidates that people know.
    fn shown(&self) -> Vec<&str> {
        self.candidates.iter().map(|(_, shown)| shown.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{count, schulze};
    use crate::error::on_one_line;

    const CONFIG: &str = r#"{"outputSettings":{"contestName":"Mayor"},"cvrFileSources":[{"undeclaredWriteInLabel":"UWI"}],
        "candidates":[{"name":"Ada"},{"name":"Bob"},{"name":"Eve"}],
        "rules":{"overvoteRule":"alwaysSkipToNextRank","maxSkippedRanksAllowed":"1"}}"#;
    const NAMES: &str = r#"{"mayor_2017":{"seats":1,"candidates":{"2":"Ada","10":"Bob","11":"UWI"}}}"#;
    const REPORT: &str =
        r#"{"results":[{"round":1,"tally":{"Ada":"2","Bob":"1","Undeclared Write-ins":"1.0000","Eve":"0"}}]}"#;

    fn parse(
        text: &str,
        names: &str,
        configs: &[(&str, &str)],
        reports: &[(&str, &str)],
        kind: Kind,
    ) -> Result<Ballots> {
        fn all<T: serde::de::DeserializeOwned>(files: &[(&str, &str)]) -> Vec<(String, T)> {
            files.iter().map(|(name, text)| ((*name).to_owned(), serde_json::from_str(text).unwrap())).collect()
        }
        let rctab = Rctab { configs: all(configs), reports: all(reports), ..Rctab::default() };
        let names = if names.is_empty() { Candidates::default() } else { serde_json::from_str(names).unwrap() };
        interpret(Records::new(Lines::of_text(text), ','), names, rctab, kind)
    }

    fn plain(text: &str) -> Result<Ballots> {
        parse(text, "", &[], &[], Kind::Ranked)
    }

    fn titles(contest: &Contest) -> Vec<&str> {
        contest.options.iter().map(|(_, title)| title.as_str()).collect()
    }

    #[test]
    fn a_contest_becomes_first_preferences_and_pairs() {
        let text = "mayor_1,mayor_2,mayor_3\n2,10,U\nU,2,10\nO,10,2\nU,U,10\n11,11,2\n";
        let ballots = parse(text, NAMES, &[("config", CONFIG)], &[("report", REPORT)], Kind::Ranked).unwrap();
        let counts = count(&ballots);
        let [first, pairs] = ballots.contests.as_slice() else { panic!("two contests") };
        assert_eq!((first.id.as_str(), pairs.id.as_str(), ballots.title()), ("mayor-first", "mayor-pairs", "Mayor"));
        assert_eq!(titles(first), ["Ada", "Bob", "UWI"]);
        assert_eq!(first.published.options, [Some(2), Some(1), Some(1)]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([2, 1, 1].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 3, 3], [2, 0, 4], [1, 1, 0]]);
        assert_eq!(schulze(&counts[1].pairs), [vec![0], vec![1], vec![2]]);

        // Without a configuration, the first rank with a candidate counts.
        let ballots = plain(text).unwrap();
        assert_eq!(count(&ballots)[0].options, [2, 2, 1]);
        assert_eq!(ballots.contests[0].published, Published::default());
    }

    /// Fault R1.
    #[test]
    fn codes_of_candidates_are_no_words() {
        let text = "m_1,m_2\nA,B\nN,O\nO,A\nU,B\nskipped,A\n";
        let names = r#"{"m":{"candidates":{"A":"Ada","B":"Bob","N":"Noa","O":"Ole","U":"Uma","skipped":"Skip"}}}"#;
        let ballots = parse(text, names, &[], &[], Kind::Ranked).unwrap();
        let counts = count(&ballots);
        assert_eq!(titles(&ballots.contests[0]), ["Ada", "Bob", "Noa", "Ole", "Uma", "Skip"]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([1, 0, 1, 1, 1, 1].as_slice(), 0));
        let problem = on_one_line(&plain(text).err().unwrap());
        let expected = "sample, line 3: \"O\" may be a candidate, since others are letters: name the candidates of m in candidates.json";
        // Either letter may be named first.
        assert_eq!(problem.replace("5: \"U\"", "3: \"O\""), expected);
    }

    /// Fault R5.
    #[test]
    fn an_empty_line_is_a_ballot_where_there_is_one_column() {
        let ballots = plain("m_1\nA\n\nB\n").unwrap();
        let count = count(&ballots).remove(0);
        assert_eq!((count.ballots, count.blank, count.options.as_slice()), (3, 1, [1, 1].as_slice()));
        assert_eq!(ballots.notes, ["1 line without a value is counted as a ballot without a mark"]);
        // Where there are several columns, an empty line is no ballot.
        let ballots = plain("m_1,m_2\nA,B\n\n,\n").unwrap();
        let expected = ["1 empty line is not read", "1 line without a value is counted as a ballot without a mark"];
        assert_eq!((ballots.len(), ballots.notes.as_slice()), (2, &expected.map(str::to_owned)[..]));
    }

    /// Fault R7.
    #[test]
    fn a_configuration_is_applied_to_its_contest_only() {
        let text = "mayor_1,mayor_2,park_1,park_2\nAda,Bob,Flo,Gus\nundervote,undervote,undervote,Gus\n";
        let strict = CONFIG.replace(r#""maxSkippedRanksAllowed":"1""#, r#""maxSkippedRanksAllowed":"0""#);
        let ballots = parse(text, "", &[("a_config.json", &strict)], &[], Kind::Ranked).unwrap();
        let counts = count(&ballots);
        assert_eq!((counts[0].blank, counts[2].blank, counts[2].options.as_slice()), (1, 0, [1, 1].as_slice()));
        let park = strict.replace("Ada", "Flo").replace("Bob", "Gus");
        let ballots = parse(text, "", &[("a", &strict), ("b", &park)], &[], Kind::Ranked).unwrap();
        assert_eq!(count(&ballots)[2].blank, 1);
        let both = on_one_line(&parse(text, "", &[("a", &park), ("b", &park)], &[], Kind::Ranked).err().unwrap());
        assert_eq!(both, "a and b are both about one contest");
        let other = strict.replace("Ada", "Zoe");
        let ballots = parse(text, "", &[("a", &other)], &[], Kind::Ranked).unwrap();
        assert_eq!(count(&ballots)[0].blank, 1);
        assert_eq!(ballots.notes, ["a is about other candidates, and not applied"]);
    }

    /// Fault R8.
    #[test]
    fn a_report_that_differs_is_not_the_same() {
        use crate::compare::{Comparison, compare};
        let text = "mayor_1,mayor_2\nAda,Bob\nBob,Ada\n,\n";
        let summary = r#","summary":{"totalNumBallots":"3","undervotes":1}"#;
        let report = |tally: &str, summary: &str| {
            format!(
                r#"{{"results":[{{"round":1,"tally":{{{tally}}},"inactiveBallots":{{"overvotes":"0"}}}}]{summary}}}"#
            )
        };
        for (report, is_same) in [
            (report(r#""Ada":"1","Bob":"1""#, summary), true),
            (report(r#""Ada":"1","Bob":1,"Eve":"0""#, ""), true),
            (report(r#""Ada":"1""#, ""), false),
            (report(r#""Ada":"1","Bobby":"1""#, ""), false),
            (report(r#""Ada":"1","Bob":"1","Eve":"1""#, ""), false),
            (report(r#""Ada":"1","Bob":"2""#, ""), false),
            (report(r#""Ada":"1","Bob":"1""#, &summary.replace('3', "4")), false),
            (report(r#""Ada":"1","Bob":"1""#, &summary.replace(":1", ":0")), false),
        ] {
            let ballots = parse(text, "", &[], &[("r", &report)], Kind::Ranked).unwrap();
            let agrees = compare(&ballots, &count(&ballots), None).iter().all(Comparison::agrees);
            assert_eq!(agrees, is_same, "{report}");
        }
        let ballots = parse(text, "", &[], &[("r", &report(r#""Zoe":"1""#, ""))], Kind::Ranked).unwrap();
        let expected = "r has the candidates of no contest, and is not compared";
        assert_eq!(ballots.notes[0], expected);
    }

    /// Fault R13.
    #[test]
    fn a_configuration_excludes_candidates_and_names_cells() {
        let config = r#"{"outputSettings":{"contestName":"M"},
            "cvrFileSources":[{"overvoteLabel":"OV","skippedRankLabel":"-","overvoteDelimiter":"|","undeclaredWriteInLabel":"UWI"}],
            "candidates":[{"name":"Ada","excluded":true},{"name":"Bob","aliases":["Robert"]},{"name":"Eve","code":"e1"}],
            "rules":{"overvoteRule":"exhaustIfMultipleContinuing","maxSkippedRanksAllowed":"unlimited","maxRankingsAllowed":"2"}}"#;
        let text = "Rank 1,Rank 2,Rank 3\nAda,Robert,Eve\nAda|Bob,Eve,-\nBob|e1,Eve,-\nOV,Eve,-\n-,UWI,e1\n";
        let ballots = parse(text, "", &[("c", config)], &[], Kind::Ranked).unwrap();
        assert_eq!(titles(&ballots.contests[0]), ["Bob", "Eve", "UWI"]);
        let count = count(&ballots).remove(0);
        assert_eq!((count.options.as_slice(), count.blank), ([2, 0, 1].as_slice(), 2));
        let expected = [
            "ranked: 2 ranks beyond maxRankingsAllowed do not count",
            "ranked: 3 over-voted ranks count for nobody",
            "ranked: 1 mark for candidates that are excluded does not count",
        ];
        assert_eq!(ballots.notes, expected);
        let unknown = config.replace("exhaustIfMultipleContinuing", "guess");
        let problem = parse(text, "", &[("c", &unknown)], &[], Kind::Ranked).err().unwrap().to_string();
        assert_eq!(problem, "c: the rule \"guess\" for over-votes is not known");
    }

    #[test]
    fn a_configuration_may_say_that_columns_are_candidates() {
        let folder = tempfile::tempdir().unwrap();
        let config = CONFIG.replace(
            r#"{"undeclaredWriteInLabel":"UWI"}"#,
            r#"{"provider":"genericCsv","filePath":"x/mayor.csv","firstVoteColumnIndex":"2","firstVoteRowIndex":"2"}"#,
        );
        std::fs::write(folder.path().join("mayor_config.json"), config).unwrap();
        let report = r#"{"config":{"contest":"Mayor"},"results":[{"round":1,"tally":{"Bob":"1","Eve":"1"}}]}"#;
        std::fs::write(folder.path().join("mayor_expected_detailed_report.json"), report).unwrap();
        let of = |text: &str| {
            let path = folder.path().join("mayor.csv");
            std::fs::write(&path, text).unwrap();
            // The configuration says what the file is, also where the folder is the source.
            assert_eq!(crate::Format::detect(&Source::open(folder.path())?)?, crate::Format::Ranked);
            let source = Source::open(&path)?;
            crate::Format::detect(&source)?.read(&source)
        };
        let ballots = of("id,Ada,Bob,Eve\n7,2,1,\n8,1,1,2\n9,,,\n").unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.title(), titles(&ballots.contests[0])), ("Mayor", vec!["Ada", "Bob", "Eve"]));
        assert_eq!(ballots.contests[0].published.options, [Some(0), Some(1), Some(1)]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([0, 1, 1].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 0, 1], [1, 0, 1], [1, 1, 0]]);
        let expected = ["columns that are not read: id", "Mayor: 1 over-voted rank counts for nobody"];
        assert_eq!(ballots.notes, expected);
        let problem = of("id,Ada,Bob\n7,x,1\n").err().unwrap().to_string();
        assert!(problem.ends_with("mayor.csv, line 2: \"x\" is not a rank"), "{problem}");
    }

    #[test]
    fn an_over_vote_may_have_its_candidates_on_lines() {
        let text = "CVR Id,,Rank 1,Rank 2\n1,,\"Ada\nBob\",Eve\n2,,Ada,Bob\n";
        for configs in [&[][..], &[("c", CONFIG)]] {
            let ballots = parse(text, "", configs, &[], Kind::Ranked).unwrap();
            assert_eq!(titles(&ballots.contests[0]), ["Ada", "Bob", "Eve"]);
            assert_eq!(count(&ballots)[0].options, [1, 0, 1]);
            let expected =
                ["columns that are not read: CVR Id, (no name)", "ranked: 1 over-voted rank counts for nobody"];
            assert_eq!(ballots.notes, expected);
        }
    }

    #[test]
    fn columns_of_ranks_are_found_among_others() {
        for (column, expected) in [
            ("Rank 1", Some(("ranked", 1))),
            ("rank_2", Some(("ranked", 2))),
            ("Ranking3", Some(("ranked", 3))),
            ("DEM Mayor Choice 2 of 5 Citywide (026916)", Some(("DEM Mayor Citywide", 2))),
            ("DEM Governor 1st Choice (5715)", Some(("DEM Governor", 1))),
            ("Rep. to Congress District 2 3rd Choice", Some(("Rep. to Congress District 2", 3))),
            ("Mayor - 2nd preference", Some(("Mayor", 2))),
            ("Bridge 1st Choice (17)", Some(("Bridge", 1))),
            ("Choice (17)", None),
            ("Precinct 12", None),
            ("Choice", None),
            ("Rank 65", None),
        ] {
            let found = long_rank(column);
            assert_eq!(found.as_ref().map(|(contest, rank)| (contest.as_str(), *rank)), expected, "{column}");
        }
        let text = "CVR ID,precinct_3,mayor_1,mayor_2\n17,P,Ada,overvote\n18,P,undervote,\"Bob, Jr. (17)\"\n";
        let ballots = plain(text).unwrap();
        assert_eq!(titles(&ballots.contests[0]), ["Ada", "Bob, Jr."]);
        assert_eq!(count(&ballots)[0].options, [1, 1]);
        let expected = ["columns that are not read: CVR ID, precinct_3", "mayor: 1 over-voted rank counts for nobody"];
        assert_eq!(ballots.notes, expected);
        assert!(is_header("mayor_1;mayor_2") && is_ess("\"Cast Vote Record\";Precinct"));
        assert!(is_header("mayor_1,mayor_2") && is_header("CVR ID,\"Rank 1\""));
        assert!(!is_header("mayor_0") && !is_header("mayor") && !is_header("_1") && !is_header("a_65"));
        assert!(!is_header("name,precinct_3") && !is_header("{\"a\":1,\"Rank\":1}"));
    }

    #[test]
    fn an_export_of_es_and_s_is_read() {
        let text = "Cast Vote Record,Precinct,Ballot Style,Mayor,Council,Council,Governor 1st Choice,Governor 2nd Choice\n\
            1,P,S,Ada (12),Eve (3),write-in:,,\n2,P,S,overvote,write-in:,write-in:,,\n3,P,S,undervote,,,undervote,Flo (7)\n\
            4,P,S,,overvote,overvote,Flo (7),Gus (8)\n5,P,S,,,,,\n";
        assert!(is_ess(text) && !is_ess("CVR ID,Rank 1"));
        let ballots = parse(text, "", &[], &[], Kind::Ess).unwrap();
        let counts = count(&ballots);
        let ids: Vec<&str> = ballots.contests.iter().map(|contest| contest.id.as_str()).collect();
        assert_eq!(ids, ["governor-first", "governor-pairs", "mayor", "council"]);
        assert_eq!(titles(&ballots.contests[0]), ["Flo", "Gus"]);
        assert_eq!((counts[0].ballots, counts[0].options.as_slice()), (2, [2, 0].as_slice()));
        assert_eq!((counts[2].ballots, counts[2].blank, counts[2].options.as_slice()), (3, 1, [1].as_slice()));
        assert_eq!(titles(&ballots.contests[3]), ["Eve", "write-in:", "write-in: (2)"]);
        assert_eq!((counts[3].blank, counts[3].options.as_slice()), (1, [1, 2, 1].as_slice()));
        let expected = [
            "columns that are not read: Cast Vote Record, Precinct, Ballot Style",
            "2 contests on ballots are over-voted, and are blank",
            "1 ballot has no contest, and is not counted",
        ];
        assert_eq!(ballots.notes, expected);
        let twice = on_one_line(&parse(&text.replace("\n2,P", "\n1,P"), "", &[], &[], Kind::Ess).err().unwrap());
        assert_eq!(twice, "sample, line 3: record \"1\" was read before");
        let twice = text.replace("Eve (3),write-in:", "Eve (3),Eve (3)");
        let problem = on_one_line(&parse(&twice, "", &[], &[], Kind::Ess).err().unwrap());
        assert_eq!(problem, "sample, line 2: \"Eve (3)\" is marked twice in Council");
    }

    #[test]
    fn broken_lines_are_named() {
        for (text, expected) in [
            ("a,b\n", "sample, line 1: no column is <contest>_<rank> or has a rank in its name, such as \"a\""),
            ("a_1,a_1\n", "sample, line 1: rank 1 of a appears twice"),
            ("a_1,a_3\n", "sample, line 1: the columns of a skip a rank"),
            ("a_1,a_2\n1,2\n1\n", "sample, line 3: not as many values as columns"),
            ("a_1,a_2\n1,2,3\n", "sample, line 2: not as many values as columns"),
            ("", "there is no line"),
        ] {
            assert_eq!(on_one_line(&plain(text).err().unwrap()), expected);
        }
        let named = on_one_line(&parse("mayor_1\n2\n7\n", NAMES, &[], &[], Kind::Ranked).err().unwrap());
        assert_eq!(named, "sample, line 3: \"7\" is not named among the candidates of mayor");
    }
}
