//! Ballots that nobody here wrote, as a whole encrypted election, and what comes out beside what was published.
//!
//! See `spec/command-line.md#replay`. A reader for each format makes contests and ballots of a source. They are counted
//! plainly, an election is held on them, and every number that it decrypts is compared with both the plain count and the
//! published one.

mod approval;
mod ballots;
mod compare;
mod count;
mod dominion;
mod pabulib;
mod ranked;
mod shares;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use ballotta::verifier::Verification;
use serde::Serialize;

use self::ballots::Ballots;
use self::compare::{Comparison, compare};
use crate::console::{Console, counted, print, seconds};
use crate::failure::{Advice as _, refusal};
use crate::rehearsal::{Folders, Parties, Rehearsal};

const ORIGIN: &str = "board.example/replay";

/// Options of a replay.
#[derive(clap::Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A file of ballots, or a folder with them; files may be compressed with gzip
    source: PathBuf,
    /// What the source is; without it, what it looks like
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only the first N ballots, compared with a plain count of the same ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Only this contest; repeat it for several
    #[arg(long = "contest", value_name = "ID")]
    contests: Vec<String>,
    /// Count plainly and compare with what was published, without an election
    #[arg(long)]
    plain: bool,
    /// The folder to write to: the public record in `record`, the secrets in `secrets`
    #[arg(long, default_value = "replay-election")]
    out: PathBuf,
}

/// What is read. The variants have no documentation: help lists them in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Format {
    // Cast vote records of Dominion, with their manifests
    Dominion,
    // Participatory budgeting: files .pb
    Pabulib,
    // Ranked ballots as comma-separated values
    Ranked,
    // An approval profile
    Approval,
    // Votes that weigh differently: totals of meetings, weights of tokens
    Shares,
}

impl Format {
    /// What a source looks like.
    fn of(source: &Path) -> Result<Self> {
        if source.is_dir() {
            for (name, format) in [("ContestManifest.json", Self::Dominion), ("ballots.csv", Self::Ranked)] {
                if text::find(source, name).is_some() {
                    return Ok(format);
                }
            }
            bail!("{} has neither ContestManifest.json nor ballots.csv: name a file of it", source.display());
        }
        let beginning = text::beginning(source)?;
        let first_line = beginning.lines().next().unwrap_or_default().trim();
        let has = |field: &str| beginning.contains(&format!("\"{field}\""));
        Ok(match first_line {
            "META" => Self::Pabulib,
            dominion::HEADER => Self::Dominion,
            line if ranked::is_header(line) => Self::Ranked,
            line if line.starts_with('{') && has("Sessions") => Self::Dominion,
            line if line.starts_with('{') && (has("meetings") || has("weights")) => Self::Shares,
            line if line.starts_with('{') && has("candidates") => Self::Approval,
            _ => {
                let problem = anyhow::anyhow!("{} looks like no format that is read", source.display());
                return Err(problem).remedy("say with --format what it is");
            }
        })
    }

    fn read(self, source: &Path) -> Result<Ballots> {
        match self {
            Self::Dominion => dominion::read(source),
            Self::Pabulib => pabulib::read(source),
            Self::Ranked => ranked::read(source),
            Self::Approval => approval::read(source),
            Self::Shares => shares::read(source),
        }
    }
}

/// What a replay says to programs.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    format: Format,
    ballots: usize,
    /// Whether there are more ballots, and what was published is not of these.
    #[serde(skip)]
    is_part: bool,
    notes: &'a [String],
    contests: &'a [Comparison],
    /// Whether every number agrees.
    agrees: bool,
    #[serde(flatten)]
    held: Option<Held<'a>>,
    seconds: BTreeMap<&'static str, f64>,
}

/// The election, if one was held.
#[derive(Serialize)]
struct Held<'a> {
    record: &'a Path,
    fingerprint: String,
    valid: bool,
}

impl ReplayArgs {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let started = Instant::now();
        let mut times = BTreeMap::new();
        let format = self.format.map_or_else(|| Format::of(&self.source), Ok)?;
        // A contest may be on none of the first ballots.
        let all = format.read(&self.source)?.of_contests(&self.contests)?;
        let number_of_all = all.len();
        let ballots = all.limited(self.limit).of_contests(&[])?;
        let counts = count::count(&ballots)?;
        times.insert("reading", started.elapsed().as_secs_f64());
        console.say(format!("{}: {}", ballots.title, counted(ballots.len() as u64, "ballot", "ballots")));
        for note in &ballots.notes {
            console.say(format!("   note: {note}"));
        }
        if self.plain {
            let contests = compare(&ballots, &counts, None);
            return self.finish(
                console,
                &Summary {
                    title: &ballots.title,
                    format,
                    ballots: ballots.len(),
                    is_part: ballots.len() < number_of_all,
                    notes: &ballots.notes,
                    agrees: contests.iter().all(Comparison::agrees),
                    contests: &contests,
                    held: None,
                    seconds: times,
                },
            );
        }

        let folders = Folders::new(&self.out)?;
        let (question, voters) = ballots.election()?;
        let parties = Parties::generate(ORIGIN, &folders.secrets)?;
        let mut lap = Instant::now();
        let mut timed = |name: &'static str| {
            times.insert(name, lap.elapsed().as_secs_f64());
            lap = Instant::now();
        };
        let mut rehearsal = Rehearsal::begin(folders, parties, question, console)?;
        timed("key_ceremony");
        let codes = rehearsal.issue_credentials(&voters)?;
        timed("credentials");
        rehearsal.vote(&codes, |number| (voters[number], ballots.choices(number)))?;
        timed("voting");
        rehearsal.decrypt()?;
        timed("decryption");
        let Verification { report, .. } = rehearsal.verify();
        timed("verification");
        let result = report.result.as_ref().context("the record has no result")?;
        let contests = compare(&ballots, &counts, Some(result));
        let held = Held { record: rehearsal.record(), fingerprint: result.fingerprint.clone(), valid: report.valid };
        self.finish(
            console,
            &Summary {
                title: &ballots.title,
                format,
                ballots: ballots.len(),
                is_part: ballots.len() < number_of_all,
                notes: &ballots.notes,
                agrees: report.valid && contests.iter().all(Comparison::agrees),
                contests: &contests,
                held: Some(held),
                seconds: times,
            },
        )
    }

    /// Prints what was found, and refuses if anything differs.
    fn finish(&self, console: Console, summary: &Summary<'_>) -> Result<()> {
        if console.is_json() {
            console.json(summary)?;
        } else {
            for contest in summary.contests {
                print(contest)?;
            }
            let part = summary.is_part.then_some(summary.ballots);
            print(compare::total(summary.contests, part))?;
            if let Some(Held { record, fingerprint, valid }) = &summary.held {
                let valid = if *valid { "valid" } else { "NOT VALID" };
                print(format_args!("record       {}: {valid}\nfingerprint  {fingerprint}", record.display()))?;
            }
            let time: f64 = summary.seconds.values().sum();
            print(format_args!("time         {}", seconds(std::time::Duration::from_secs_f64(time))))?;
        }
        if summary.agrees {
            Ok(())
        } else {
            refusal("the outcome differs from the plain count or from what was published")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn formats_are_told_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let looks = |content: &str| {
            let path = folder.path().join("ballots");
            fs::write(&path, content).unwrap();
            Format::of(&path)
        };
        for (content, format) in [
            ("META\nkey;value\n", Format::Pabulib),
            ("\u{feff}META\r\n", Format::Pabulib),
            ("counting_group,ballot_type,contests\n", Format::Dominion),
            ("{\"Version\":\"5.10\",\"Sessions\":[]}", Format::Dominion),
            ("mayor_1,mayor_2\n1,2\n", Format::Ranked),
            ("{\n \"meetings\": []}", Format::Shares),
            ("{\"election\":\"x\",\"candidates\":{}}", Format::Approval),
        ] {
            assert_eq!(looks(content).unwrap(), format, "{content}");
        }
        for content in ["", "a,b\n", "{}", "\u{0}"] {
            let problem = format!("{} looks like no format that is read", folder.path().join("ballots").display());
            assert_eq!(looks(content).unwrap_err().to_string(), problem);
        }
        let problem = Format::of(folder.path()).unwrap_err().to_string();
        assert!(problem.ends_with("has neither ContestManifest.json nor ballots.csv: name a file of it"), "{problem}");
    }

    /// Every source with one byte gone or changed, cut or doubled: it is read, counted and made an election of, or refused;
    /// never does anything else happen.
    #[test]
    fn damaged_sources_are_read_or_refused() {
        let sources: [(&str, Format, &str); 7] = [
            (
                "cards.csv",
                Format::Dominion,
                "counting_group,ballot_type,contests\n1,1,7:21;9:40|40\n1,1,9:31;7:!\n1,2,7:\n",
            ),
            (
                "CvrExport_1.json",
                Format::Dominion,
                r#"{"Sessions":[{"Original":{"IsCurrent":true,"Cards":[{"Contests":[{"Id":9,"Undervotes":1,"Overvotes":0,
                    "Marks":[{"CandidateId":40,"IsVote":true}]}]}]}}]}"#,
            ),
            (
                "budget.pb",
                Format::Pabulib,
                "META\nkey;value\nvote_type;cumulative\nmax_sum_points;5\nPROJECTS\nproject_id;votes;score;name\nA;2;5;\"T;\"\nB;1;1;B\n\
                 VOTES\nvoter_id;vote;points\n1;A,B;3,1\n2;A;2\n",
            ),
            (
                "order.pb",
                Format::Pabulib,
                "META\nkey;value\nvote_type;ordinal\nmax_length;2\nPROJECTS\nproject_id;score\nA;4\nB;1\nVOTES\nvoter_id;vote\n1;A,B\n2;A\n",
            ),
            ("ballots.csv", Format::Ranked, "mayor_1,mayor_2,park_1\n1,2,U\n2,3,1\nO,3,1\n"),
            (
                "profile.json",
                Format::Approval,
                r#"{"election":"M","candidates":{"1":"A","2":"B"},"totals":{"1":3},"nonblank_ballots":3,"contest_records":4,
                    "ballots":[{"approve":[1],"count":2},{"approve":[2,1],"count":1}]}"#,
            ),
            (
                "meetings.json",
                Format::Shares,
                r#"{"meetings":[{"company":"C","date":"2","items":[{"item":"p","votes_for":7,"against":2,"broker_non_votes":1}]}]}"#,
            ),
        ];
        let folder = tempfile::tempdir().unwrap();
        let contests = r#"{"List":[{"Description":"M","Id":7,"VoteFor":1},{"Description":"C","Id":9,"VoteFor":2}]}"#;
        let candidates = r#"{"List":[{"Description":"A","Id":21,"ContestId":7},{"Description":"E","Id":31,"ContestId":9},
            {"Description":"W","Id":40,"ContestId":9,"Type":"WriteIn"}]}"#;
        fs::write(folder.path().join("ContestManifest.json"), contests).unwrap();
        fs::write(folder.path().join("CandidateManifest.json"), candidates).unwrap();
        for (name, format, source) in sources {
            let path = folder.path().join(name);
            let read = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let ballots = format.read(&path)?.of_contests(&[])?;
                count::count(&ballots)?;
                ballots.election().map(|(_, voters)| voters.len())
            };
            assert!(read(source.as_bytes()).unwrap() > 0, "{name}");
            for position in 0..source.len() {
                let (before, after) = source.as_bytes().split_at(position);
                let _ = read(before);
                let _ = read(&[before, &after[1..]].concat());
                let _ = read(&[before, &after[..1], after].concat());
                for byte in [b'0', b'9', b';', b',', b'"', b'\n', b'|', b'-', 0xff] {
                    let _ = read(&[before, &[byte], &after[1..]].concat());
                }
            }
        }
    }
}
