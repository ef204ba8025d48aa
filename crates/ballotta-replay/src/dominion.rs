//! Cast vote records of Dominion's Democracy Suite, version 5: `CvrExport*.json` in one folder with
//! `ContestManifest.json` and `CandidateManifest.json`. Alternatively, the file `cards.csv` has the records as lines,
//! one for each sheet.
//!
//! ```text
//! counting_group,ballot_type,contests
//! 1,82,13:66;16:78;22:;7:!             a contest with the candidates that count ; nothing: none ; !: an over-vote
//! ```
//!
//! A sheet is a ballot, because records do not say which sheets are from one voter. An over-voted contest counts as
//! blank. Blank votes are proved and counted separately. A contest without marks is not blank. If a voter may choose
//! several candidates, a candidate of the type `WriteIn` has one line for each vote, and may be marked once on each
//! line. Every line is an option.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_contests, choose, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::text::{Lines, Records, beginning, find, folder_of, json, json_beside, list, number, shortened};

/// The type of candidates that are empty lines, on which voters write a name.
const WRITE_IN: &str = "WriteIn";

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
struct Export {
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Session {
    original: Version,
    #[serde(default)]
    modified: Option<Version>,
}

/// The marks as they were scanned, or as people corrected them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    is_current: bool,
    #[serde(default)]
    cards: Vec<Card>,
    /// The contests in older exports, which have no cards.
    #[serde(default)]
    contests: Vec<CardContest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Card {
    contests: Vec<CardContest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CardContest {
    id: u64,
    undervotes: u32,
    overvotes: u32,
    marks: Vec<CardMark>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CardMark {
    candidate_id: u64,
    is_vote: bool,
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

/// A reader with the meaning of the numbers of contests and candidates in the records.
struct Reader {
    ballots: Ballots,
    contests: HashMap<u64, usize>,
    /// The first option and the number of lines of each candidate, by the numbers of contest and candidate.
    candidates: HashMap<(u64, u64), (u16, u16)>,
    /// For each contest, the number of candidates that a voter may choose. It may be larger than the number of options.
    votes: Vec<u32>,
}

/// Reads a folder of records with its manifests, or one file of such a folder.
pub(crate) fn read(source: &Path) -> Result<Ballots> {
    let folder = folder_of(source);
    let contests: ManifestList<ContestEntry> = manifest(folder, "ContestManifest.json")?;
    let candidates: ManifestList<CandidateEntry> = manifest(folder, "CandidateManifest.json")?;
    let event: Option<ManifestList<Event>> = json_beside(folder, "ElectionEventManifest.json")?;
    let event = event.and_then(|event| event.list.into_iter().next());
    let title = event.map_or("Cast vote records".to_owned(), |event| event.description);
    let mut reader = Reader::new(&title, contests.list, &candidates.list)?;
    let cards = if source.is_dir() { find(source, "cards.csv") } else { Some(source.to_path_buf()) };
    match cards {
        Some(path) if beginning(&path)?.starts_with(HEADER) => {
            reader.cards(Records::new(Lines::open(&path)?, ','))?;
            reader.published(folder)?;
        }
        Some(path) => reader.export(&path)?,
        None => {
            let exports: Vec<PathBuf> = list(folder, "CvrExport", ".json")?;
            ensure!(!exports.is_empty(), "{} has neither cards.csv nor CvrExport*.json", folder.display());
            for path in exports {
                reader.export(&path)?;
            }
            reader.published(folder)?;
        }
    }
    Ok(reader.ballots)
}

fn manifest<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T> {
    let manifest = json_beside(folder, name)?;
    manifest.ok_or_else(|| problem!("{} has no {name}, which says what the records mean", folder.display()))
}

impl Reader {
    fn new(title: &str, contests: Vec<ContestEntry>, candidates: &[CandidateEntry]) -> Result<Self> {
        let mut reader = Self {
            ballots: Ballots::new(title, "ballots"),
            contests: HashMap::new(),
            candidates: HashMap::new(),
            votes: Vec::new(),
        };
        check_contests(contests.len())?;
        let mut names = Names::default();
        for ContestEntry { id, description, vote_for, num_of_ranks } in contests {
            let position = reader.ballots.contests.len();
            ensure!(num_of_ranks == 0, "contest {id} is ranked: this format is read for marks only");
            ensure!(vote_for > 0, "contest {id} allows no votes");
            ensure!(reader.contests.insert(id, position).is_none(), "contest {id} appears twice in the manifest");
            let options = reader.options(id, vote_for, candidates)?;
            reader.votes.push(vote_for);
            let rule = choose(0, vote_for.min(options.len() as u32).max(1), true);
            let (contest, title) = names.add(&format!("contest-{id}"), &description);
            let published = Published::default();
            reader.ballots.contests.push(Contest { id: contest, title, options, rule, published });
        }
        Ok(reader)
    }

    /// The options of contest `id`: its candidates, with several lines for write-ins.
    fn options(&mut self, id: u64, vote_for: u32, candidates: &[CandidateEntry]) -> Result<Vec<(String, String)>> {
        let contest = || format!("contest {id}");
        let (mut options, mut names) = (Vec::new(), Names::default());
        for candidate in candidates.iter().filter(|candidate| candidate.contest_id == id) {
            let first = option_number(options.len()).at(contest)?;
            let lines = if candidate.kind == WRITE_IN { vote_for.min(u32::from(u16::MAX)) as u16 } else { 1 };
            option_number(usize::from(first) + usize::from(lines - 1)).at(contest)?;
            let is_new = self.candidates.insert((id, candidate.id), (first, lines)).is_none();
            ensure!(is_new, "candidate {} of contest {id} appears twice in the manifest", candidate.id);
            options.extend((0..lines).map(|_| names.add(&candidate.id.to_string(), &candidate.description)));
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

    /// The number of options that a ballot may mark, which is at most the number of options.
    fn most(&self, contest: usize) -> usize {
        (self.votes[contest] as usize).min(self.ballots.contests[contest].options.len()).max(1)
    }

    /// The options that a ballot marks in a contest that is not over-voted.
    fn marked(&self, id: u64, candidates: impl Iterator<Item = Result<u64>>) -> Result<Vec<u16>> {
        let most = self.most(self.contest(id)?);
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
            let cast = marks.and_then(|marks| self.ballots.cast(marks, 1));
            cast.at(|| records.place(record.line))?;
        }
        Ok(())
    }

    /// A contest of a card, with its marks.
    fn card(&self, text: &str) -> Result<(usize, Mark)> {
        let parts = text.split_once(':');
        let (id, marks) = parts.ok_or_else(|| problem!("{:?} is not a contest with its marks", shortened(text)))?;
        let id = number(id)?;
        let mark = match marks {
            "!" => Mark::Blank,
            "" => Mark::Options(Vec::new()),
            marks => Mark::Options(self.marked(id, marks.split('|').map(number))?),
        };
        Ok((self.contest(id)?, mark))
    }

    /// Reads one `CvrExport*.json`.
    fn export(&mut self, path: &Path) -> Result<()> {
        let export: Export = json(path)?;
        for (number, session) in export.sessions.into_iter().enumerate() {
            let place = || format!("{}, session {}", path.display(), number + 1);
            let version = match session.modified {
                Some(modified) if modified.is_current => modified,
                _ if session.original.is_current => session.original,
                _ => bail!("{}: no version of the session is the current one", place()),
            };
            let (cards, old) = (version.cards.into_iter().map(|card| card.contests), version.contests);
            for contests in cards.chain(Some(old)).filter(|contests| !contests.is_empty()) {
                let marks = contests.iter().map(|contest| self.card_contest(contest)).collect::<Result<Vec<_>>>();
                marks.and_then(|marks| self.ballots.cast(marks, 1)).at(place)?;
            }
        }
        Ok(())
    }

    fn card_contest(&self, contest: &CardContest) -> Result<(usize, Mark)> {
        let CardContest { id, undervotes, overvotes, marks } = contest;
        let position = self.contest(*id)?;
        if *overvotes > 0 {
            return Ok((position, Mark::Blank));
        }
        let votes = marks.iter().filter(|mark| mark.is_vote).map(|mark| Ok(mark.candidate_id));
        let options = self.marked(*id, votes)?;
        let (found, most) = (options.len() + *undervotes as usize, self.votes[position] as usize);
        ensure!(found == most, "contest {id}: the sum of marks and undervotes is {found}, not {most}");
        Ok((position, Mark::Options(options)))
    }

    /// Takes over what `tally.json` says, if it is there.
    fn published(&mut self, folder: &Path) -> Result<()> {
        let Some(path) = find(folder, "tally.json") else { return Ok(()) };
        let tally: Tally = json(&path)?;
        for contest in tally.contests {
            let id = contest.contest_id;
            let position = self.contest(id).at(|| path.display())?;
            let mut published = Published {
                ballots: Some(contest.cards),
                options: vec![None; self.ballots.contests[position].options.len()],
                blank: Some(contest.overvoted_ballots),
                // If a voter may choose more candidates than there are, the published undervotes cannot be compared.
                undervotes: (self.votes[position] as usize == self.most(position)).then_some(contest.undervotes),
                ..Published::default()
            };
            for TallyVotes { candidate_id, votes } in contest.votes {
                let (first, lines) = self.candidate(id, candidate_id).at(|| path.display())?;
                let first = usize::from(first);
                if lines == 1 {
                    published.options[first] = Some(votes);
                } else {
                    let what = format!("(all lines of {candidate_id})");
                    published.sums.push((what, first..first + usize::from(lines), votes));
                }
            }
            self.ballots.contests[position].published = published;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

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
        let ballots = read(folder.path()).unwrap();
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
        let counts = count(&read(good.path()).unwrap());
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
            let problem = on_one_line(&read(folder.path()).err().unwrap());
            assert_eq!(problem, format!("{}, {expected}", folder.path().join("CvrExport_1.json").display()));
        }
        let none = folder(&[("CvrExport_1.json", r#"{"Sessions":[{"Original":{"IsCurrent":false}}]}"#)]);
        let problem = read(none.path()).err().unwrap().to_string();
        assert!(problem.ends_with("session 1: no version of the session is the current one"), "{problem}");
        let cut = folder(&[("CvrExport_1.json", "{\"Sessions\":[\n{")]);
        let problem = on_one_line(&read(cut.path()).err().unwrap());
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
            let problem = on_one_line(&read(folder.path()).err().unwrap());
            assert_eq!(problem, format!("{}, line 3: {expected}", folder.path().join("cards.csv").display()));
        }
        let folder = folder(&[]);
        let problem = read(folder.path()).err().unwrap().to_string();
        assert_eq!(problem, format!("{} has neither cards.csv nor CvrExport*.json", folder.path().display()));
    }
}
