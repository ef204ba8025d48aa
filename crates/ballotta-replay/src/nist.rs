//! Cast vote records in the common data format of NIST, Special Publication 1500-103, as JSON. A report has the election,
//! with its contests and their selections, and the records. Reports about one election may be in several files.
//!
//! ```text
//! {"@type":"CVR.CastVoteRecordReport","Election":[{"Candidate":[..],"Contest":[{"@id":"mayor","VotesAllowed":1,
//!    "ContestSelection":[{"@id":"ada","CandidateIds":[..]}]}]}],
//!  "CVR":[{"UniqueId":"1","CurrentSnapshotId":"s","CVRSnapshot":[{"@id":"s","CVRContest":[{"ContestId":"mayor",
//!    "CVRContestSelection":[{"ContestSelectionId":"ada","SelectionPosition":[{"HasIndication":"yes","NumberVotes":1}]}]}]}]}]}
//! ```
//!
//! The current snapshot of a record counts. A position counts if it has an indication and may be allocated. If positions
//! have ranks, the contest is ranked. A contest is blank if it is over-voted: by its number of over-votes, its status, or
//! its votes.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::ballots::{Ballots, Contest, Names, Published, check_contests, choose, option_number};
use crate::dominion::MAX_RANKS;
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::sheets::{Entry, Race, Rank, RawContest, Rules, Sheets};
use crate::source::Source;
use crate::text::{counted, json, shortened};

/// Statuses of a contest on a sheet, with which it is off the ballot.
const INVALID: &str = "invalidated-rules";
const OVERVOTED: &str = "overvoted";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    #[serde(rename = "CVR", default)]
    records: Vec<CastVoteRecord>,
    election: Vec<Election>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Election {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    candidate: Vec<Candidate>,
    contest: Vec<ContestEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Candidate {
    #[serde(rename = "@id")]
    id: String,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
struct ContestEntry {
    #[serde(rename = "@id")]
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    votes_allowed: Option<u32>,
    #[serde(default)]
    contest_selection: Vec<Selection>,
}

#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
struct Selection {
    #[serde(rename = "@id")]
    id: String,
    #[serde(default)]
    candidate_ids: Vec<String>,
    /// The text of a selection of a ballot measure, such as `Yes`.
    #[serde(default)]
    selection: Option<String>,
    #[serde(default)]
    is_write_in: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CastVoteRecord {
    #[serde(default)]
    unique_id: Option<String>,
    current_snapshot_id: String,
    #[serde(rename = "CVRSnapshot")]
    snapshots: Vec<Snapshot>,
}

#[derive(Deserialize)]
struct Snapshot {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "CVRContest", default)]
    contests: Vec<SheetContest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SheetContest {
    contest_id: String,
    #[serde(default)]
    overvotes: Option<u32>,
    #[serde(default)]
    undervotes: Option<u32>,
    #[serde(default)]
    status: Vec<String>,
    #[serde(rename = "CVRContestSelection", default)]
    selections: Vec<SheetSelection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SheetSelection {
    contest_selection_id: Option<String>,
    #[serde(default)]
    rank: Option<u32>,
    selection_position: Vec<Position>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    has_indication: String,
    #[serde(default)]
    is_allocable: Option<String>,
    #[serde(default)]
    number_votes: Option<u32>,
    #[serde(default)]
    rank: Option<u32>,
    #[serde(default)]
    fractional_votes: Option<serde_json::Value>,
}

impl Position {
    fn counts(&self) -> bool {
        self.has_indication == "yes" && self.is_allocable.as_deref() != Some("no")
    }
}

/// The name of a candidate or a selection in the election.
type Titles = HashMap<String, String>;

/// A contest, and its entry of the election.
struct Known {
    entry: ContestEntry,
    /// The first option and the number of lines of each selection.
    lines: HashMap<String, (u16, u16)>,
    is_ranked: bool,
}

struct Reader {
    sheets: Sheets,
    known: Vec<Known>,
    by_id: HashMap<String, usize>,
    seen: HashSet<String>,
    invalid: u64,
    not_allocable: u64,
}

/// Whether this is the beginning of a report.
pub(crate) fn is_report(beginning: &str) -> bool {
    beginning.starts_with('{') && beginning.contains("\"CVR.")
}

/// Reads a report, or all reports of a folder.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let mut reports = Vec::new();
    if let Some(file) = source.main() {
        reports.push(file);
    } else {
        for file in source.files().iter().filter(|file| file.name().ends_with(".json")) {
            if is_report(crate::format::beginning(file)?.trim_start()) {
                source.find(file.name())?;
                reports.push(file);
            }
        }
    }
    ensure!(!reports.is_empty(), "{} has no report of cast vote records", source.shown());
    // A contest is ranked if one of its positions has a rank, which may be in any report. So all reports are read twice,
    // and never all at once.
    let mut ranked = HashSet::new();
    for file in &reports {
        ranked.extend(ranked_contests(&json(file)?));
    }
    let mut reader = Reader {
        sheets: Sheets::new("Cast vote records", "ballots"),
        known: Vec::new(),
        by_id: HashMap::new(),
        seen: HashSet::new(),
        invalid: 0,
        not_allocable: 0,
    };
    for file in reports {
        reader.report(json(file)?, &ranked).at(|| file.shown())?;
    }
    reader.finish()
}

/// The contests of a report in which positions have ranks.
fn ranked_contests(report: &Report) -> impl Iterator<Item = String> {
    let contests = report.records.iter().flat_map(|record| &record.snapshots).flat_map(|snapshot| &snapshot.contests);
    let has_rank = |selection: &SheetSelection| {
        selection.rank.is_some() || selection.selection_position.iter().any(|position| position.rank.is_some())
    };
    contests.filter(move |contest| contest.selections.iter().any(has_rank)).map(|contest| contest.contest_id.clone())
}

impl Reader {
    fn report(&mut self, report: Report, ranked: &HashSet<String>) -> Result<()> {
        for Election { name, candidate, contest } in report.election {
            if let Some(name) = name.filter(|_| self.known.is_empty()) {
                self.sheets.set_title(&name);
            }
            let titles: Titles = candidate.into_iter().filter_map(|Candidate { id, name }| Some((id, name?))).collect();
            for entry in contest {
                let is_ranked = ranked.contains(&entry.id);
                self.contest(entry, &titles, is_ranked)?;
            }
        }
        for (number, record) in report.records.into_iter().enumerate() {
            self.record(record).at(|| format!("record {}", number + 1))?;
        }
        Ok(())
    }

    fn contest(&mut self, entry: ContestEntry, titles: &Titles, is_ranked: bool) -> Result<()> {
        if let Some(known) = self.by_id.get(&entry.id).and_then(|known| self.known.get(*known)) {
            ensure!(known.entry == entry, "contest {:?} is not the same as in another report", shortened(&entry.id));
            return Ok(());
        }
        check_contests(self.known.len() + 1)?;
        let votes = entry.votes_allowed.unwrap_or(1);
        ensure!(votes > 0, "contest {:?} allows no votes", shortened(&entry.id));
        let (mut options, mut lines) = (Vec::new(), HashMap::new());
        for selection in &entry.contest_selection {
            let names: Vec<&str> =
                selection.candidate_ids.iter().filter_map(|id| titles.get(id)).map(String::as_str).collect();
            let title = match (&selection.selection, names.as_slice()) {
                (Some(text), _) => text.clone(),
                (None, []) if selection.is_write_in => "Write-in".to_owned(),
                (None, []) => selection.id.clone(),
                (None, names) => names.join(" / "),
            };
            let first = option_number(options.len())?;
            // A selection for names that voters write may have several votes, each on a line of its own.
            let count = if selection.is_write_in && !is_ranked { votes.min(1024) } else { 1 };
            option_number(usize::from(first) + count as usize - 1)?;
            let is_new = lines.insert(selection.id.clone(), (first, count as u16)).is_none();
            ensure!(is_new, "selection {:?} appears twice", shortened(&selection.id));
            options.extend((0..count).map(|_| (selection.id.clone(), title.clone())));
        }
        let (name, title) = (entry.id.clone(), entry.name.clone().unwrap_or_else(|| entry.id.clone()));
        let contest = if is_ranked {
            RawContest::Ranked(Race {
                name,
                title,
                candidates: options,
                is_sorted: false,
                has_ties: false,
                rules: Rules::default(),
                published: Published::default(),
            })
        } else {
            if entry.votes_allowed.is_none() {
                self.sheets.notes.push(format!("contest {name} does not state how many votes a voter has: it is 1"));
            }
            let options = Names::of_options(options.iter().map(|(id, title)| (id.as_str(), title.as_str())));
            let rule = choose(0, votes.min(options.len() as u32).max(1), true);
            RawContest::Marks(Contest { id: name, title, options, rule, published: Published::default() })
        };
        let position = self.sheets.add(contest);
        self.by_id.insert(entry.id.clone(), position);
        self.known.push(Known { entry, lines, is_ranked });
        Ok(())
    }

    fn record(&mut self, record: CastVoteRecord) -> Result<()> {
        let CastVoteRecord { unique_id, current_snapshot_id, snapshots } = record;
        if let Some(id) = unique_id {
            ensure!(self.seen.insert(id.clone()), "record {:?} was read before", shortened(&id));
        }
        let mut current = snapshots.into_iter().filter(|snapshot| snapshot.id == current_snapshot_id);
        let id = || shortened(&current_snapshot_id);
        let snapshot = current.next().ok_or_else(|| problem!("there is no snapshot {:?}", id()))?;
        ensure!(current.next().is_none(), "there are two snapshots {:?}", id());
        let mut entries = Vec::with_capacity(snapshot.contests.len());
        for contest in &snapshot.contests {
            if contest.status.iter().any(|status| status == INVALID) {
                self.invalid += 1;
            } else {
                let entry = self.sheet_contest(contest).at(|| format!("contest {}", shortened(&contest.contest_id)))?;
                entries.push(entry);
            }
        }
        self.sheets.cast(entries, 1, 1)
    }

    fn sheet_contest(&mut self, contest: &SheetContest) -> Result<(usize, Entry)> {
        let position = self.by_id.get(&contest.contest_id).copied();
        let position = position.ok_or_else(|| problem!("it is not in the election"))?;
        let known = &self.known[position];
        let votes = known.entry.votes_allowed.unwrap_or(1) as usize;
        let (mut options, mut ranks) = (Vec::new(), Vec::new());
        let mut ignored = 0;
        for selection in &contest.selections {
            let counting = selection.selection_position.iter().filter(|position| position.counts());
            let marked =
                selection.selection_position.iter().filter(|position| position.has_indication == "yes").count();
            ignored += (marked - counting.clone().count()) as u64;
            for at in counting {
                ensure!(at.fractional_votes.is_none(), "fractions of votes are not read");
                let id = selection.contest_selection_id.as_deref().ok_or_else(|| problem!("a vote for nobody"))?;
                let lines = known.lines.get(id).copied();
                let (first, lines) = lines.ok_or_else(|| problem!("there is no selection {:?}", shortened(id)))?;
                let number = at.number_votes.unwrap_or(1);
                if known.is_ranked {
                    let rank = at.rank.or(selection.rank);
                    let rank = rank.ok_or_else(|| problem!("the contest is ranked, and a position has no rank"))?;
                    ensure!((1..=MAX_RANKS).contains(&(rank as usize)), "there is no rank {rank}");
                    ranks.push((rank as usize, first));
                } else {
                    for _ in 0..number {
                        let free = (first..first + lines).find(|line| !options.contains(line));
                        let Some(option) = free else { bail!("selection {:?} has several votes", shortened(id)) };
                        options.push(option);
                    }
                }
            }
        }
        self.not_allocable += ignored;
        let is_overvoted = contest.overvotes.is_some_and(|number| number > 0)
            || contest.status.iter().any(|status| status == OVERVOTED);
        if known.is_ranked {
            let last = ranks.iter().map(|(rank, _)| *rank).max().unwrap_or(0);
            let at = |rank: usize| {
                let mut candidates: Vec<u16> =
                    ranks.iter().filter(|(at, _)| *at == rank).map(|(_, candidate)| *candidate).collect();
                candidates.sort_unstable();
                candidates.dedup();
                Rank::of(&candidates)
            };
            return Ok((position, Entry::Ranks((1..=last).map(at).collect())));
        }
        if is_overvoted {
            return Ok((position, self.sheets.overvoted(options.len())));
        }
        if let Some(undervotes) = contest.undervotes.filter(|_| options.len() <= votes) {
            let found = options.len() + undervotes as usize;
            ensure!(found == votes, "the sum of votes and undervotes is {found}, not {votes}");
        }
        Ok((position, self.sheets.marked(options, votes)))
    }

    fn finish(mut self) -> Result<Ballots> {
        let are = |number: u64| if number == 1 { "is" } else { "are" };
        let notes = &mut self.sheets.notes;
        if self.invalid > 0 {
            let contests = counted(self.invalid, "contest on a ballot", "contests on ballots");
            notes.push(format!("{contests} {} not valid by the rules, and left out", are(self.invalid)));
        }
        if self.not_allocable > 0 {
            let marks = counted(self.not_allocable, "mark", "marks");
            notes.push(format!("{marks} {} not allocable by the records", are(self.not_allocable)));
        }
        self.sheets.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    const ELECTION: &str = r#""@type":"CVR.CastVoteRecordReport","Version":"1.0.0","Election":[{"@id":"e","Name":"Town",
        "Candidate":[{"@id":"c1","Name":"Ada"},{"@id":"c2","Name":"Bob"}],
        "Contest":[{"@id":"mayor","@type":"CVR.CandidateContest","Name":"Mayor","VotesAllowed":1,
            "ContestSelection":[{"@id":"s1","CandidateIds":["c1"]},{"@id":"s2","CandidateIds":["c2"]}]},
          {"@id":"board","Name":"Board","VotesAllowed":2,
            "ContestSelection":[{"@id":"b1","CandidateIds":["c1"]},{"@id":"bw","IsWriteIn":true}]},
          {"@id":"m","@type":"CVR.BallotMeasureContest","Name":"Measure","VotesAllowed":1,
            "ContestSelection":[{"@id":"y","Selection":"Yes"},{"@id":"n","Selection":"No"}]},
          {"@id":"irv","Name":"Ranked","VotesAllowed":1,
            "ContestSelection":[{"@id":"r1","CandidateIds":["c1"]},{"@id":"r2","CandidateIds":["c2"]}]}]}]"#;

    fn position(more: &str) -> String {
        format!(r#"{{"HasIndication":"yes","NumberVotes":1{more}}}"#)
    }

    /// A contest of a sheet, with selections and their positions.
    fn contest(id: &str, selections: &[(&str, String)], more: &str) -> String {
        let selection = |(id, positions): &(&str, String)| {
            format!(r#"{{"ContestSelectionId":"{id}","SelectionPosition":[{positions}]}}"#)
        };
        let selections: Vec<String> = selections.iter().map(selection).collect();
        format!(r#"{{"ContestId":"{id}","CVRContestSelection":[{}]{more}}}"#, selections.join(","))
    }

    fn record(id: u64, contests: &[String]) -> String {
        let old = r#"{"@id":"old","Type":"original","CVRContest":[]}"#;
        format!(
            r#"{{"UniqueId":"{id}","CurrentSnapshotId":"new","CVRSnapshot":[{old},{{"@id":"new","CVRContest":[{}]}}]}}"#,
            contests.join(",")
        )
    }

    fn reports(reports: &[Vec<String>]) -> Result<Ballots> {
        let folder = tempfile::tempdir().unwrap();
        for (number, records) in reports.iter().enumerate() {
            let text = format!(r#"{{{ELECTION},"CVR":[{}]}}"#, records.join(","));
            fs::write(folder.path().join(format!("report-{number}.json")), text).unwrap();
        }
        read(&Source::open(folder.path())?)
    }

    #[test]
    fn reports_are_read_with_their_current_snapshots() {
        let no = r#"{"HasIndication":"no","NumberVotes":1}"#.to_owned();
        let one = record(
            1,
            &[
                contest("mayor", &[("s1", position("")), ("s2", no)], r#","Undervotes":0,"Overvotes":0"#),
                contest("board", &[("bw", format!("{},{}", position(""), position("")))], ""),
                contest("m", &[("y", position(""))], r#","Status":["invalidated-rules"]"#),
            ],
        );
        let two = record(
            2,
            &[
                contest("mayor", &[("s1", position("")), ("s2", position(""))], ""),
                contest("board", &[("b1", position(r#","IsAllocable":"no""#))], ""),
                contest("m", &[], r#","Overvotes":1"#),
                contest("irv", &[("r2", position(r#","Rank":1"#)), ("r1", position(r#","Rank":2"#))], ""),
            ],
        );
        let three =
            record(3, &[contest("irv", &[("r1", position(r#","Rank":1"#)), ("r2", position(r#","Rank":1"#))], "")]);
        let ballots = reports(&[vec![one, record(4, &[])], vec![two, three]]).unwrap();
        assert_eq!((ballots.title(), ballots.len()), ("Town", 3));
        let counts = count(&ballots);
        assert_eq!((counts[0].ballots, counts[0].blank, counts[0].options.as_slice()), (2, 1, [1, 0].as_slice()));
        assert_eq!((counts[1].ballots, counts[1].options.as_slice()), (2, [0, 1, 1].as_slice()));
        assert_eq!((counts[2].ballots, counts[2].blank), (1, 1));
        assert_eq!((counts[3].options.as_slice(), counts[3].blank), ([0, 1].as_slice(), 1));
        assert_eq!(counts[4].pairs, [[0, 0], [1, 0]]);
        let titles: Vec<&str> = ballots.contests[1].options.iter().map(|(_, title)| title.as_str()).collect();
        assert_eq!(titles, ["Ada", "Write-in", "Write-in (2)"]);
        let expected = [
            "1 contest on a ballot is not valid by the rules, and left out",
            "1 mark is not allocable by the records",
            "Ranked: 1 over-voted rank counts for nobody",
            "2 contests on ballots are over-voted, and are blank; 2 marks count for nobody",
            "1 ballot has no contest, and is not counted",
        ];
        assert_eq!(ballots.notes, expected);
    }

    #[test]
    fn broken_records_are_named() {
        let vote = |id: &str, selection: &str, position: String| contest(id, &[(selection, position)], "");
        for (contests, expected) in [
            (vote("x", "s1", position("")), "contest x: it is not in the election"),
            (vote("mayor", "x", position("")), "contest mayor: there is no selection \"x\""),
            (
                vote("mayor", "s1", r#"{"HasIndication":"yes","NumberVotes":2}"#.to_owned()),
                "contest mayor: selection \"s1\" has several votes",
            ),
            (
                vote("mayor", "s1", position(r#","FractionalVotes":"1/2""#)),
                "contest mayor: fractions of votes are not read",
            ),
            (
                contest("mayor", &[("s1", position(""))], r#","Undervotes":1"#),
                "contest mayor: the sum of votes and undervotes is 2, not 1",
            ),
            (
                format!("{},{}", vote("irv", "r1", position("")), vote("irv", "r1", position(r#","Rank":1"#))),
                "contest irv: the contest is ranked, and a position has no rank",
            ),
            (vote("irv", "r1", position(r#","Rank":0"#)), "contest irv: there is no rank 0"),
        ] {
            let problem = on_one_line(&reports(&[vec![record(1, &[contests])]]).err().unwrap());
            assert!(problem.ends_with(&format!("report-0.json: record 1: {expected}")), "{problem}");
        }
        let twice = on_one_line(&reports(&[vec![record(1, &[])], vec![record(1, &[])]]).err().unwrap());
        assert!(twice.ends_with("report-1.json: record 1: record \"1\" was read before"), "{twice}");
        let snapshot = record(1, &[]).replace(r#""CurrentSnapshotId":"new""#, r#""CurrentSnapshotId":"x""#);
        let problem = on_one_line(&reports(&[vec![snapshot]]).err().unwrap());
        assert!(problem.ends_with("record 1: there is no snapshot \"x\""), "{problem}");
    }
}
