//! Cast vote records of Dominion's Democracy Suite, version 5: `CvrExport*.json` in one folder with
//! `ContestManifest.json` and `CandidateManifest.json`. Alternatively, the file `cards.csv` has the records as lines,
//! one for each sheet. The export as comma-separated values is read by [`columns`].
//!
//! ```text
//! counting_group,ballot_type,contests
//! 1,82,13:66;16:78;22:;7:!             a contest with the candidates that count ; nothing: none ; !: an over-vote
//! ```
//!
//! A sheet is a ballot, because records do not say which sheets are from one voter. An over-voted contest counts as
//! blank. Blank votes are proved and counted separately. A contest without marks is not blank. If a voter may choose
//! several candidates, a candidate of the type `WriteIn` has one line for each vote, and may be marked once on each
//! line. Every line is an option. In a ranked contest, the marks that are not ambiguous are its ranks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_contests, choose, option_number};
use crate::columns;
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::sheets::{Entry, Race, Rank, RawContest, Rules, Sheets};
use crate::source::{Source, SourceFile, listed};
use crate::text::{Lines, Records, counted, json, number, shortened};

/// The type of candidates that are empty lines, on which voters write a name.
const WRITE_IN: &str = "WriteIn";
/// The number of the condition that a contest on a sheet is not valid, and its name in `OutstackConditionManifest.json`.
const INVALID: (u64, &str) = (7, "InvalidContest");
/// The most ranks in a contest.
pub(crate) const MAX_RANKS: usize = 64;

/// The first line of `cards.csv`.
pub(crate) const HEADER: &str = "counting_group,ballot_type,contests";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ManifestList<T> {
    list: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContestEntry {
    id: u64,
    description: String,
    vote_for: u32,
    #[serde(default)]
    num_of_ranks: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CandidateEntry {
    id: u64,
    description: String,
    contest_id: u64,
    #[serde(default, rename = "Type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    id: u64,
    description: String,
}

#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct Export {
    sessions: Vec<Session>,
}

/// A number, or a text such as `X` where the number is not published.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct Session {
    #[serde(default)]
    tabulator_id: Option<Number>,
    #[serde(default)]
    batch_id: Option<Number>,
    #[serde(default)]
    record_id: Option<Number>,
    original: Version,
    #[serde(default)]
    modified: Option<Version>,
}

/// The marks as they were scanned, or as people corrected them.
#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    is_current: bool,
    #[serde(default)]
    cards: Option<Vec<Card>>,
    /// The contests in older exports, which have no cards.
    #[serde(default)]
    contests: Option<Vec<CardContest>>,
}

#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct Card {
    contests: Vec<CardContest>,
}

#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct CardContest {
    id: u64,
    /// Some exports do not state them. They follow from the marks.
    #[serde(default)]
    undervotes: Option<u32>,
    #[serde(default)]
    overvotes: Option<u32>,
    marks: Vec<CardMark>,
    #[serde(default)]
    outstack_condition_ids: Vec<u64>,
}

#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
struct CardMark {
    candidate_id: u64,
    is_vote: bool,
    #[serde(default)]
    is_ambiguous: bool,
    #[serde(default = "first_rank")]
    rank: u32,
}

const fn first_rank() -> u32 {
    1
}

/// The published counts of all cards, from the file `tally.json`.
#[derive(Deserialize)]
struct Tally {
    contests: Vec<TallyContest>,
}

#[derive(Deserialize)]
struct TallyContest {
    contest_id: u64,
    cards: u64,
    undervotes: u64,
    overvoted_ballots: u64,
    votes: Vec<TallyVotes>,
}

#[derive(Deserialize)]
struct TallyVotes {
    candidate_id: u64,
    votes: u64,
}

/// What the manifests say about a contest.
struct Known {
    /// The number of candidates that a voter may choose. It may be larger than the number of options.
    votes: u32,
    options: usize,
    /// The number of ranks. 0 if the contest is not ranked.
    ranks: usize,
}

impl Known {
    /// The number of options that a ballot may mark, which is at most the number of options.
    fn most(&self) -> usize {
        (self.votes as usize).min(self.options).max(1)
    }
}

/// A reader with the meaning of the numbers of contests and candidates in the records.
struct Reader {
    sheets: Sheets,
    contests: HashMap<u64, usize>,
    /// The first option and the number of lines of each candidate, by the numbers of contest and candidate.
    candidates: HashMap<(u64, u64), (u16, u16)>,
    known: Vec<Known>,
    /// The numbers of the condition that a contest is not valid.
    invalid: BTreeSet<u64>,
    /// The sessions that were read, by their numbers, and the files whose sessions have none.
    sessions: HashSet<[Number; 3]>,
    files: HashSet<u64>,
    found: Counts,
}

/// What is said about an export.
#[derive(Default)]
struct Counts {
    /// The number of contests that are not valid, that do not state their undervotes or over-votes, and of marks that are
    /// not votes.
    invalid: u64,
    derived: u64,
    not_votes: u64,
}

/// Reads a folder of records with its manifests, or one file of such a folder.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = match source.main() {
        Some(file) => Some(file),
        None => {
            let cards = source.find("cards.csv")?;
            let exports = source.list("CvrExport", ".json").next();
            let mut kinds: Vec<&SourceFile> = cards.into_iter().chain(exports).collect();
            for file in source.list("", ".csv") {
                if columns::is_dominion(file)? {
                    kinds.push(file);
                }
            }
            if let [one, two, ..] = kinds.as_slice() {
                bail!("{} has both {} and {}: name one of them", source.shown(), one.name(), two.name());
            }
            let none = || {
                let known = "cards.csv nor CvrExport*.json nor an export as CSV";
                problem!("{} has neither {known}", source.shown())
            };
            let file = kinds.first().copied().ok_or_else(none)?;
            if file.name().ends_with(".json") { None } else { Some(file) }
        }
    };
    if let Some(file) = file
        && columns::is_dominion(file)?
    {
        return columns::dominion(file);
    }
    let contests: ManifestList<ContestEntry> = manifest(source, "ContestManifest.json")?;
    let candidates: ManifestList<CandidateEntry> = manifest(source, "CandidateManifest.json")?;
    let event = source.find("ElectionEventManifest.json")?.map(json::<ManifestList<Event>>).transpose()?;
    let event = event.and_then(|event| event.list.into_iter().next());
    let title = event.map_or("Cast vote records".to_owned(), |event| event.description);
    let mut reader = Reader::new(&title, contests.list, &candidates.list)?;
    if let Some(file) = source.find("OutstackConditionManifest.json")? {
        let conditions: ManifestList<Condition> = json(file)?;
        let invalid = conditions.list.into_iter().filter(|condition| condition.description == INVALID.1);
        reader.invalid = invalid.map(|condition| condition.id).collect();
    }
    match file {
        Some(file)
            if file.beginning(HEADER.len() as u64 + 3)?.windows(HEADER.len()).any(|at| at == HEADER.as_bytes()) =>
        {
            reader.cards(Records::new(Lines::open(file)?, ','))?;
            reader.published(source)?;
        }
        Some(file) => {
            reader.export(file)?;
            let others: Vec<&str> = source
                .list("CvrExport", ".json")
                .map(SourceFile::name)
                .filter(|name| *name != file.name() && file.name().starts_with("CvrExport"))
                .collect();
            if !others.is_empty() {
                let others = listed(others.into_iter());
                reader.sheets.notes.push(format!("other files of the export are not read: {others}"));
            }
        }
        None => {
            for file in source.list("CvrExport", ".json") {
                // Refuses a file that is there plain and compressed.
                source.find(file.name())?;
                reader.export(file)?;
            }
            reader.published(source)?;
        }
    }
    reader.finish()
}

fn manifest<T: DeserializeOwned>(source: &Source, name: &str) -> Result<T> {
    let file = source.find(name)?;
    let none = || problem!("{} has no {name}, which says what the records mean", source.shown());
    json(file.ok_or_else(none)?)
}

impl Reader {
    fn new(title: &str, contests: Vec<ContestEntry>, candidates: &[CandidateEntry]) -> Result<Self> {
        let mut reader = Self {
            sheets: Sheets::new(title, "ballots"),
            contests: HashMap::new(),
            candidates: HashMap::new(),
            known: Vec::new(),
            invalid: BTreeSet::from([INVALID.0]),
            sessions: HashSet::new(),
            files: HashSet::new(),
            found: Counts::default(),
        };
        check_contests(contests.len())?;
        for ContestEntry { id, description, vote_for, num_of_ranks } in contests {
            let is_ranked = num_of_ranks > 0;
            ensure!(is_ranked || vote_for > 0, "contest {id} allows no votes");
            ensure!(num_of_ranks as usize <= MAX_RANKS, "contest {id} has more than {MAX_RANKS} ranks");
            let position = reader.known.len();
            ensure!(reader.contests.insert(id, position).is_none(), "contest {id} appears twice in the manifest");
            let options = reader.options(id, if is_ranked { 1 } else { vote_for }, candidates)?;
            reader.known.push(Known { votes: vote_for, options: options.len(), ranks: num_of_ranks as usize });
            let name = format!("contest-{id}");
            reader.sheets.add(if is_ranked {
                RawContest::Ranked(Race {
                    name,
                    title: description,
                    candidates: options,
                    is_sorted: false,
                    has_ties: false,
                    rules: Rules::default(),
                    published: Published::default(),
                })
            } else {
                let options = Names::of_options(options.iter().map(|(id, title)| (id.as_str(), title.as_str())));
                let rule = choose(0, vote_for.min(options.len() as u32).max(1), true);
                RawContest::Marks(Contest {
                    id: name,
                    title: description,
                    options,
                    rule,
                    published: Published::default(),
                })
            });
        }
        Ok(reader)
    }

    /// The options of contest `id`: its candidates, with several lines for write-ins.
    fn options(&mut self, id: u64, lines: u32, candidates: &[CandidateEntry]) -> Result<Vec<(String, String)>> {
        let contest = || format!("contest {id}");
        let mut options = Vec::new();
        for candidate in candidates.iter().filter(|candidate| candidate.contest_id == id) {
            let first = option_number(options.len()).at(contest)?;
            let lines = if candidate.kind == WRITE_IN { lines.min(u32::from(u16::MAX)) as u16 } else { 1 };
            option_number(usize::from(first) + usize::from(lines - 1)).at(contest)?;
            let is_new = self.candidates.insert((id, candidate.id), (first, lines)).is_none();
            ensure!(is_new, "candidate {} of contest {id} appears twice in the manifest", candidate.id);
            options.extend((0..lines).map(|_| (candidate.id.to_string(), candidate.description.clone())));
        }
        Ok(options)
    }

    fn contest(&self, id: u64) -> Result<usize> {
        self.contests.get(&id).copied().ok_or_else(|| problem!("contest {id} is not in the manifest"))
    }

    fn candidate(&self, contest: u64, id: u64) -> Result<(u16, u16)> {
        let known = self.candidates.get(&(contest, id)).copied();
        known.ok_or_else(|| problem!("contest {contest} has no candidate {id}"))
    }

    /// The options that a ballot marks in a contest that is not over-voted.
    fn marked(&self, id: u64, candidates: impl Iterator<Item = Result<u64>>) -> Result<Vec<u16>> {
        let known = &self.known[self.contest(id)?];
        ensure!(known.ranks == 0, "contest {id} is ranked, and its ranks are not stated");
        let most = known.most();
        let mut options = Vec::new();
        for candidate in candidates {
            let candidate = candidate?;
            let (first, lines) = self.candidate(id, candidate)?;
            let option = (first..first + lines).find(|line| !options.contains(line));
            let too_often = || problem!("contest {id}: candidate {candidate} is marked too often");
            options.push(option.ok_or_else(too_often)?);
            ensure!(options.len() <= most, "contest {id} has more marks that count than allowed, which is {most}");
        }
        Ok(options)
    }

    /// Reads `cards.csv`.
    fn cards(&mut self, mut records: Records) -> Result<()> {
        let header = records.read()?.ok_or_else(|| problem!("there is no line"))?;
        ensure!(header.values.join(",") == HEADER, "{}: expected {HEADER}", records.place(header.line));
        while let Some(record) = records.read()? {
            let marks = match record.values.as_slice() {
                [_, _, contests] => contests.split(';').map(|contest| self.card(contest)).collect(),
                values => Err(problem!("{} values, expected 3", values.len())),
            };
            let cast = marks.and_then(|marks| self.sheets.cast(marks, 1, 1));
            cast.at(|| records.place(record.line))?;
        }
        self.sheets.notes.extend(records.skipped());
        Ok(())
    }

    /// A contest of a card, with its marks.
    fn card(&mut self, text: &str) -> Result<(usize, Entry)> {
        let parts = text.split_once(':');
        let (id, marks) = parts.ok_or_else(|| problem!("{:?} is not a contest with its marks", shortened(text)))?;
        let id = number(id)?;
        let entry = match marks {
            // The marks of an over-vote are not in the file.
            "!" => Entry::Mark(Mark::Blank),
            "" => Entry::Mark(Mark::Options(self.marked(id, std::iter::empty())?)),
            marks => Entry::Mark(Mark::Options(self.marked(id, marks.split('|').map(number))?)),
        };
        Ok((self.contest(id)?, entry))
    }

    /// Reads one `CvrExport*.json`.
    fn export(&mut self, file: &SourceFile) -> Result<()> {
        let export: Export = json(file)?;
        let mut hasher = DefaultHasher::new();
        export.hash(&mut hasher);
        let is_new = self.files.insert(hasher.finish()) || export.sessions.is_empty();
        ensure!(is_new, "{} has the same sessions as another file", file.shown());
        for (number, session) in export.sessions.into_iter().enumerate() {
            self.session(session).at(|| format!("{}, session {}", file.shown(), number + 1))?;
        }
        Ok(())
    }

    fn session(&mut self, session: Session) -> Result<()> {
        let Session { tabulator_id, batch_id, record_id, original, modified } = session;
        // Where the number of a record is not published, there is a text instead.
        if let (Some(tabulator), Some(batch), Some(Number::Number(record))) = (tabulator_id, batch_id, record_id) {
            let place = format!("{}, {}, {record}", tabulator.text(), batch.text());
            let is_new = self.sessions.insert([tabulator, batch, Number::Number(record)]);
            ensure!(is_new, "tabulator, batch and record {place} were read before");
        }
        let version = match modified {
            Some(modified) if modified.is_current => modified,
            _ if original.is_current => original,
            _ => bail!("no version of the session is the current one"),
        };
        let sheets = match (version.cards, version.contests) {
            (None, None) => bail!("the session has neither Cards nor Contests"),
            (Some(cards), None) => cards.into_iter().map(|card| card.contests).collect(),
            (None, Some(contests)) => vec![contests],
            // Both fields are there in exports that use one of them.
            (Some(cards), Some(contests)) => {
                let contests = Some(contests).filter(|contests| !contests.is_empty());
                cards.into_iter().map(|card| card.contests).chain(contests).collect()
            }
        };
        if sheets.is_empty() {
            self.sheets.without_contests();
        }
        for contests in sheets {
            let mut entries = Vec::with_capacity(contests.len());
            for contest in &contests {
                if contest.outstack_condition_ids.iter().any(|id| self.invalid.contains(id)) {
                    self.found.invalid += 1;
                } else {
                    entries.push(self.card_contest(contest)?);
                }
            }
            self.sheets.cast(entries, 1, 1)?;
        }
        Ok(())
    }

    fn card_contest(&mut self, contest: &CardContest) -> Result<(usize, Entry)> {
        let CardContest { id, undervotes, overvotes, marks, .. } = contest;
        let position = self.contest(*id)?;
        let (most, ranks) = (self.known[position].votes as usize, self.known[position].ranks);
        if ranks > 0 {
            return Ok((position, self.ranks(*id, ranks, marks)?));
        }
        self.found.derived += u64::from(undervotes.is_none() || overvotes.is_none());
        let votes = marks.iter().filter(|mark| mark.is_vote).count();
        // If no over-votes are stated, there are more marks than votes. Such marks may not be votes either.
        let is_overvoted = overvotes.map_or_else(
            || votes > most || (votes == 0 && marks.iter().filter(|mark| !mark.is_ambiguous).count() > most),
            |overvotes| overvotes > 0,
        );
        if is_overvoted {
            return Ok((position, self.sheets.overvoted(marks.len())));
        }
        self.found.not_votes += (marks.len() - votes) as u64;
        let options = self.marked(*id, marks.iter().filter(|mark| mark.is_vote).map(|mark| Ok(mark.candidate_id)))?;
        if let Some(undervotes) = undervotes {
            let found = options.len() + *undervotes as usize;
            ensure!(found == most, "contest {id}: the sum of marks and undervotes is {found}, not {most}");
        }
        Ok((position, Entry::Mark(Mark::Options(options))))
    }

    /// The ranks of a ballot in a ranked contest.
    fn ranks(&mut self, id: u64, ranks: usize, marks: &[CardMark]) -> Result<Entry> {
        let mut candidates: Vec<Vec<u16>> = vec![Vec::new(); ranks];
        for mark in marks {
            if mark.is_ambiguous {
                self.found.not_votes += 1;
                continue;
            }
            let (candidate, _) = self.candidate(id, mark.candidate_id)?;
            let rank = (mark.rank as usize).checked_sub(1).and_then(|rank| candidates.get_mut(rank));
            let rank = rank.ok_or_else(|| problem!("contest {id} has no rank {}", mark.rank))?;
            if !rank.contains(&candidate) {
                rank.push(candidate);
            }
        }
        Ok(Entry::Ranks(candidates.iter().map(|rank| Rank::of(rank)).collect()))
    }

    /// Takes over what `tally.json` says, if it is there.
    fn published(&mut self, source: &Source) -> Result<()> {
        let Some(file) = source.find("tally.json")? else { return Ok(()) };
        let tally: Tally = json(file)?;
        for contest in tally.contests {
            let id = contest.contest_id;
            let position = self.contest(id).at(|| file.shown())?;
            let known = &self.known[position];
            let mut published = Published {
                ballots: Some(contest.cards),
                options: vec![None; known.options],
                blank: Some(contest.overvoted_ballots),
                // If a voter may choose more candidates than there are, the published undervotes cannot be compared.
                undervotes: (known.votes as usize == known.most()).then_some(contest.undervotes),
                ..Published::default()
            };
            for TallyVotes { candidate_id, votes } in contest.votes {
                let (first, lines) = self.candidate(id, candidate_id).at(|| file.shown())?;
                let first = usize::from(first);
                if lines == 1 {
                    published.options[first] = Some(votes);
                } else {
                    let what = format!("(all lines of {candidate_id})");
                    published.sums.push((what, first..first + usize::from(lines), votes));
                }
            }
            match self.sheets.contest_mut(position) {
                Some(RawContest::Marks(contest)) => contest.published = published,
                _ => self.sheets.notes.push(format!("contest {id} of {} is ranked, and not compared", file.name())),
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Ballots> {
        let Counts { invalid, derived, not_votes } = self.found;
        let are = |number: u64| if number == 1 { "is" } else { "are" };
        let contests = |number: u64| counted(number, "contest on a ballot", "contests on ballots");
        let notes = &mut self.sheets.notes;
        if invalid > 0 {
            notes.push(format!("{} {} marked as not valid, and left out", contests(invalid), are(invalid)));
        }
        if derived > 0 {
            let state = if derived == 1 { "does" } else { "do" };
            notes.push(format!(
                "{} {state} not state over-votes or undervotes, which were taken from the marks",
                contests(derived)
            ));
        }
        if not_votes > 0 {
            notes.push(format!(
                "{} {} by the records",
                counted(not_votes, "mark", "marks"),
                if not_votes == 1 { "is no vote" } else { "are no votes" }
            ));
        }
        self.sheets.finish()
    }
}

impl Number {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => shortened(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn open(path: &std::path::Path) -> Result<Ballots> {
        read(&Source::open(path)?)
    }

    const CONTESTS: &str = r#"{"Version":"5","List":[{"Description":"Mayor","Id":7,"VoteFor":1,"NumOfRanks":0},
        {"Description":"Council","Id":9,"VoteFor":2,"NumOfRanks":0}]}"#;
    const CANDIDATES: &str = r#"{"List":[{"Description":"Ada","Id":21,"ContestId":7},{"Description":"Bob","Id":22,"ContestId":7},
        {"Description":"Eve","Id":31,"ContestId":9},{"Description":"Eve","Id":32,"ContestId":9},{"Description":"Flo","Id":33,"ContestId":9},
        {"Description":"Write-in","Id":40,"ContestId":9,"Type":"WriteIn"}]}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("ContestManifest.json", CONTESTS), ("CandidateManifest.json", CANDIDATES)].iter().chain(files)
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn cards_are_read_with_undervotes_and_overvotes() {
        let tally = r#"{"contests":[{"contest_id":9,"cards":2,"undervotes":1,"overvoted_ballots":0,
            "votes":[{"candidate_id":33,"votes":2},{"candidate_id":40,"votes":2}]}]}"#;
        let cards = format!("{HEADER}\n1,2,7:21;9:33|31\n1,2,7:!\n1,2,9:33;7:\n1,2,9:40|40\n");
        let folder = folder(&[("cards.csv", &cards), ("tally.json", tally)]);
        let ballots = open(folder.path()).unwrap();
        assert_eq!(ballots.contests[1].options[1], ("32".to_owned(), "Eve (2)".to_owned()));
        let published = &ballots.contests[1].published;
        assert_eq!((published.ballots, published.undervotes), (Some(2), Some(1)));
        assert_eq!(published.options, [None, None, Some(2), None, None]);
        assert_eq!(published.sums, [("(all lines of 40)".to_owned(), 3..5, 2)]);
        let counts = count(&ballots);
        assert_eq!((counts[0].ballots, counts[0].blank), (3, 1));
        assert_eq!(counts[0].options, [1, 0]);
        assert_eq!(counts[1].options, [1, 0, 2, 1, 1]);
    }

    #[test]
    fn an_export_counts_its_current_versions() {
        let vote = |id: u64, candidates: &[u64], under: u32, over: u32| {
            let marks: Vec<String> =
                candidates.iter().map(|id| format!(r#"{{"CandidateId":{id},"IsVote":true,"Rank":1}}"#)).collect();
            format!(r#"{{"Id":{id},"Undervotes":{under},"Overvotes":{over},"Marks":[{}]}}"#, marks.join(","))
        };
        let export = |sessions: &[String]| format!(r#"{{"Sessions":[{}]}}"#, sessions.join(",\n"));
        let one = format!(
            r#"{{"Original":{{"IsCurrent":false,"Cards":[]}},"Modified":{{"IsCurrent":true,"Cards":[{{"Contests":[{},{}]}}]}}}}"#,
            vote(7, &[22], 0, 0),
            vote(9, &[31, 33], 0, 0)
        );
        let two = format!(r#"{{"Original":{{"IsCurrent":true,"Contests":[{}]}}}}"#, vote(7, &[], 0, 1));
        let good = folder(&[("CvrExport_1.json", &export(&[one.clone(), two]))]);
        let counts = count(&open(good.path()).unwrap());
        assert_eq!((counts[0].ballots, counts[0].blank), (2, 1));
        assert_eq!(
            (counts[0].options.as_slice(), counts[1].options.as_slice()),
            ([0, 1].as_slice(), [1, 0, 1, 0, 0].as_slice())
        );

        for (contests, expected) in [
            (vote(8, &[], 0, 0), "session 2: contest 8 is not in the manifest"),
            (vote(7, &[21], 1, 0), "session 2: contest 7: the sum of marks and undervotes is 2, not 1"),
            (vote(7, &[21, 22], 0, 0), "session 2: contest 7 has more marks that count than allowed, which is 1"),
            (vote(9, &[31, 31], 0, 0), "session 2: contest 9: candidate 31 is marked too often"),
            (vote(9, &[21], 1, 0), "session 2: contest 9 has no candidate 21"),
        ] {
            let broken = format!(r#"{{"Original":{{"IsCurrent":true,"Contests":[{contests}]}}}}"#);
            let folder = folder(&[("CvrExport_1.json", &export(&[one.clone(), broken]))]);
            let problem = on_one_line(&open(folder.path()).err().unwrap());
            assert_eq!(problem, format!("{}, {expected}", folder.path().join("CvrExport_1.json").display()));
        }
        let none = folder(&[("CvrExport_1.json", r#"{"Sessions":[{"Original":{"IsCurrent":false}}]}"#)]);
        let problem = open(none.path()).err().unwrap().to_string();
        assert!(problem.ends_with("session 1: no version of the session is the current one"), "{problem}");
        let cut = folder(&[("CvrExport_1.json", "{\"Sessions\":[\n{")]);
        let problem = on_one_line(&open(cut.path()).err().unwrap());
        assert!(
            problem.ends_with("is not of this format: EOF while parsing an object at line 2 column 1"),
            "{problem}"
        );
    }

    #[test]
    fn broken_cards_are_named_by_their_line() {
        for (card, expected) in [
            ("1,2", "2 values, expected 3"),
            ("1,2,", "\"\" is not a contest with its marks"),
            ("1,2,7", "\"7\" is not a contest with its marks"),
            ("1,2,x:", "\"x\" is not a whole number"),
            ("1,2,8:", "contest 8 is not in the manifest"),
            ("1,2,7:21|22", "contest 7 has more marks that count than allowed, which is 1"),
            ("1,2,9:31|31", "contest 9: candidate 31 is marked too often"),
            ("1,2,9:40|40|40", "contest 9: candidate 40 is marked too often"),
            ("1,2,7:31", "contest 7 has no candidate 31"),
            ("1,2,7:;7:", "a contest appears twice on a ballot"),
        ] {
            let folder = folder(&[("cards.csv", &format!("{HEADER}\n1,2,7:21\n{card}\n"))]);
            let problem = on_one_line(&open(folder.path()).err().unwrap());
            assert_eq!(problem, format!("{}, line 3: {expected}", folder.path().join("cards.csv").display()));
        }
        let folder = folder(&[]);
        let problem = open(folder.path()).err().unwrap().to_string();
        assert_eq!(
            problem,
            format!("{} has neither cards.csv nor CvrExport*.json nor an export as CSV", folder.path().display())
        );
    }

    /// An export with these sessions, each with the numbers of its tabulator, batch and record.
    fn export(sessions: &[(u64, &str)]) -> String {
        let session = |(record, original): &(u64, &str)| {
            format!(r#"{{"TabulatorId":1,"BatchId":2,"RecordId":{record},"Original":{{"IsCurrent":true,{original}}}}}"#)
        };
        format!(r#"{{"Sessions":[{}]}}"#, sessions.iter().map(session).collect::<Vec<_>>().join(","))
    }

    const VOTE: &str =
        r#""Cards":[{"Contests":[{"Id":7,"Undervotes":0,"Overvotes":0,"Marks":[{"CandidateId":21,"IsVote":true}]}]}]"#;

    /// Fault R2.
    #[test]
    fn sessions_without_contests_are_named_or_refused() {
        let sessions =
            export(&[(1, VOTE), (2, r#""Cards":[]"#), (3, r#""Contests":[]"#), (4, r#""Cards":[{"Contests":[]}]"#)]);
        let ballots = open(folder(&[("CvrExport.json", &sessions)]).path()).unwrap();
        assert_eq!(
            (ballots.len(), ballots.notes()),
            (1, &["3 ballots have no contest, and are not counted".to_owned()][..])
        );
        for lost in [r#""PaperIndex":0"#, r#""cards":[]"#] {
            let folder = folder(&[("CvrExport.json", &export(&[(1, lost)]))]);
            let problem = open(folder.path()).err().unwrap().to_string();
            assert!(
                problem.ends_with("CvrExport.json, session 1: the session has neither Cards nor Contests"),
                "{problem}"
            );
        }
    }

    /// Faults R3 and R4.
    #[test]
    fn what_would_count_twice_is_refused() {
        let one = export(&[(1, VOTE)]);
        let problem = |files: &[(&str, &str)]| open(folder(files).path()).err().unwrap().to_string();
        let copied =
            problem(&[("CvrExport_1.json", &one), ("CvrExport_1 (copy).json", &export(&[(2, VOTE), (1, VOTE)]))]);
        assert!(copied.ends_with("session 1: tabulator, batch and record 1, 2, 1 were read before"), "{copied}");
        let unnumbered = one.replace(r#""RecordId":1"#, r#""RecordId":"X""#);
        let both = problem(&[("CvrExport_1.json", &unnumbered), ("CvrExport_2.json", &unnumbered)]);
        assert!(both.ends_with("CvrExport_2.json has the same sessions as another file"), "{both}");
        let other = unnumbered.replace("21", "22");
        let files = folder(&[("CvrExport_1.json", &unnumbered), ("CvrExport_2.json", &other)]);
        assert_eq!(open(files.path()).unwrap().len(), 2);
        let both = problem(&[("CvrExport_1.json", &one), ("CvrExport_1.json.gz", &one)]);
        assert!(both.ends_with("CvrExport_1.json.gz are CvrExport_1.json"), "{both}");
        let both = problem(&[("CvrExport_1.json", &one), ("cards.csv", HEADER)]);
        assert!(both.ends_with(" has both cards.csv and CvrExport_1.json: name one of them"), "{both}");
    }

    /// Faults R9 and R10.
    #[test]
    fn contests_that_are_not_valid_are_off_the_ballot_and_missing_numbers_are_taken_from_the_marks() {
        let contest = |id: u64, marks: &[(u64, bool)], more: &str| {
            let mark = |(id, is_vote): &(u64, bool)| format!(r#"{{"CandidateId":{id},"IsVote":{is_vote}}}"#);
            let marks: Vec<String> = marks.iter().map(mark).collect();
            format!(r#"{{"Id":{id},"Marks":[{}]{more}}}"#, marks.join(","))
        };
        let sheet = |contests: &[String]| format!(r#""Cards":[{{"Contests":[{}]}}]"#, contests.join(","));
        let invalid = contest(7, &[(21, true)], r#","OutstackConditionIds":[4,7]"#);
        let sheets = [
            sheet(&[invalid.clone(), contest(9, &[(31, true)], "")]),
            sheet(&[contest(7, &[(21, true), (22, true)], "")]),
            sheet(&[contest(7, &[(21, false), (22, false)], "")]),
            sheet(&[contest(7, &[(21, true), (22, false)], "")]),
            sheet(&[invalid]),
        ];
        let sessions: Vec<(u64, &str)> = (1..).zip(sheets.iter().map(String::as_str)).collect();
        let text = export(&sessions);
        let ballots = open(folder(&[("CvrExport.json", &text)]).path()).unwrap();
        let counts = count(&ballots);
        assert_eq!((counts[0].ballots, counts[0].blank, counts[0].options.as_slice()), (3, 2, [1, 0].as_slice()));
        assert_eq!((counts[1].ballots, counts[1].options[0]), (1, 1));
        let expected = [
            "2 contests on ballots are marked as not valid, and left out",
            "4 contests on ballots do not state over-votes or undervotes, which were taken from the marks",
            "1 mark is no vote by the records",
            "2 contests on ballots are over-voted, and are blank; 4 marks count for nobody",
            "1 ballot has no contest, and is not counted",
        ];
        assert_eq!(ballots.notes, expected);
        // The numbers of conditions are those of their manifest, if it is there.
        let conditions = r#"{"List":[{"Description":"InvalidContest","Id":8}]}"#;
        let folder = folder(&[("CvrExport.json", &text), ("OutstackConditionManifest.json", conditions)]);
        assert_eq!(count(&open(folder.path()).unwrap())[0].ballots, 5);
    }

    /// Fault R11.
    #[test]
    fn a_ranked_contest_is_read_by_its_ranks() {
        let contests = r#"{"List":[{"Description":"Mayor","Id":7,"VoteFor":1,"NumOfRanks":3}]}"#;
        let mark = |(id, rank): &(u64, u64)| format!(r#"{{"CandidateId":{id},"IsVote":true,"Rank":{rank}}}"#);
        let sheet = |marks: &[(u64, u64)]| {
            let marks: Vec<String> = marks.iter().map(mark).collect();
            format!(r#""Contests":[{{"Id":7,"Undervotes":0,"Overvotes":0,"Marks":[{}]}}]"#, marks.join(","))
        };
        let sheets = [sheet(&[(21, 1), (22, 2)]), sheet(&[(21, 1), (22, 1), (22, 2)]), sheet(&[(22, 3)]), sheet(&[])];
        let sessions: Vec<(u64, &str)> = (1..).zip(sheets.iter().map(String::as_str)).collect();
        let one = folder(&[("CvrExport.json", &export(&sessions)), ("ContestManifest.json", contests)]);
        let ballots = open(one.path()).unwrap();
        let counts = count(&ballots);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([1, 2].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 1], [2, 0]]);
        assert_eq!(ballots.notes, ["Mayor: 1 over-voted rank counts for nobody"]);
        let beyond = export(&[(1, &sheet(&[(21, 4)]))]);
        let folder = folder(&[("CvrExport.json", &beyond), ("ContestManifest.json", contests)]);
        let problem = open(folder.path()).err().unwrap().to_string();
        assert!(problem.ends_with("session 1: contest 7 has no rank 4"), "{problem}");
    }

    #[test]
    fn a_file_of_an_export_names_the_others() {
        let folder =
            folder(&[("CvrExport_1.json", &export(&[(1, VOTE)])), ("CvrExport_2.json", &export(&[(2, VOTE)]))]);
        let ballots = open(&folder.path().join("CvrExport_1.json")).unwrap();
        let expected = "other files of the export are not read: CvrExport_2.json".to_owned();
        assert_eq!((ballots.len(), ballots.notes()), (1, &[expected][..]));
    }

    /// Fault R16.
    #[test]
    fn a_mark_of_the_byte_order_is_no_part_of_a_document() {
        let text = format!("\u{feff}{}", export(&[(1, VOTE)]));
        let folder = folder(&[("CvrExport.json", &text), ("ContestManifest.json", &format!("\u{feff}{CONTESTS}"))]);
        assert_eq!(open(folder.path()).unwrap().len(), 1);
    }
}
