//! Published ballots become a whole encrypted election, and its numbers are compared with the published ones.
//!
//! See `spec/command-line.md#replay`. `ballotta-replay` reads the ballots, counts them plainly and compares. This verb
//! runs an election with them, and prints every decrypted number next to the plain count and the published number.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ballotta::hash::Fingerprint;
use ballotta::manifest::Ties;
use ballotta::record::ResultDocument;
use ballotta::verifier::Verification;
use ballotta_replay::{Ballots, Comparison, Format, Questions, ReplayError, Source, compare, count};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

use crate::console::{Console, Shown as _, StageTimes, counted, escaped, print, seconds};
use crate::failure::{ErrorContext as _, refusal};
use crate::rehearsal::{Folders, ONE_AUTHORITY, Question, Rehearsal};

const ORIGIN: &str = "board.example/replay";

/// Options of a replay.
#[derive(clap::Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A file, a folder or an archive (zip, tar) with published ballots; files may be compressed with gzip
    source: PathBuf,
    /// The format of the source [default: detected from its files]
    #[arg(long, value_parser = formats())]
    format: Option<Format>,
    /// Use only the first N ballots, and compare with a plain count of these
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Use only this contest; repeat this for more contests
    #[arg(long = "contest", value_name = "ID")]
    contests: Vec<String>,
    /// Compare a plain count with the published numbers, without an election
    #[arg(long)]
    plain: bool,
    /// The folder to write to, with the public record in `record` and the secrets in `secrets`
    #[arg(long, default_value = "replay-election")]
    out: PathBuf,
}

/// The output of a replay as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    format: Format,
    ballots: usize,
    /// Whether only a part of the ballots was counted. The published numbers are then not compared.
    #[serde(skip)]
    is_part: bool,
    notes: &'a [String],
    contests: &'a [Comparison],
    /// Whether every number agrees.
    agrees: bool,
    #[serde(flatten)]
    held: Option<Held>,
    seconds: BTreeMap<&'static str, f64>,
}

/// The election, if one was run.
#[derive(Serialize)]
struct Held {
    /// The folder of its record.
    record: PathBuf,
    fingerprint: String,
    holds: bool,
    #[serde(skip)]
    result: ResultDocument,
}

impl ReplayArgs {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let mut stages = StageTimes::start();
        let source = Source::open(&self.source)?;
        let format = self.format.map_or_else(|| detect(&source), Ok)?;
        let ballots = format.read(&source)?.part(&self.contests, self.limit)?;
        let counts = count(&ballots);
        stages.end("reading");
        console.say(format!("{}: {}", escaped(ballots.title()), counted(ballots.len() as u64, "ballot", "ballots")));
        for note in ballots.notes() {
            console.say(format!("   note: {}", escaped(note)));
        }
        let held = (!self.plain).then(|| self.hold(&ballots, console, &mut stages)).transpose()?;
        let contests = compare(&ballots, &counts, held.as_ref().map(|held| &held.result));
        finish(
            console,
            &Summary {
                title: ballots.title(),
                format,
                ballots: ballots.len(),
                is_part: ballots.is_part(),
                notes: ballots.notes(),
                agrees: held.as_ref().is_none_or(|held| held.holds) && contests.iter().all(Comparison::agrees),
                contests: &contests,
                held,
                seconds: stages.times,
            },
        )
    }

    /// Runs an election with the ballots, from the key ceremony to the verification of the record.
    fn hold(&self, ballots: &Ballots, console: Console, stages: &mut StageTimes) -> Result<Held> {
        let folders = Folders::new(&self.out)?;
        let Questions { languages, title, contests, styles, weights, privacy, voters } = ballots.questions();
        let ties = Ties::Open;
        let question = Question {
            languages,
            title,
            schedule: None,
            contests,
            styles,
            weights,
            ties,
            quorum: None,
            privacy,
            roll_changes: None,
            authorities: ONE_AUTHORITY,
        };
        let mut rehearsal = Rehearsal::begin(folders, ORIGIN, question, console)?;
        stages.end("key_ceremony");
        let codes = rehearsal.issue_credentials(&voters)?;
        stages.end("credentials");
        let mut voting = rehearsal.open(codes.len() as u64)?;
        voting.cast(&codes, &|number| (voters[number], ballots.choices(number)))?;
        voting.close()?;
        stages.end("voting");
        rehearsal.decrypt()?;
        stages.end("decryption");
        let Verification { report, .. } = rehearsal.verify();
        stages.end("verification");
        let holds = report.holds();
        let result = report.result.context("the record has no result")?;
        let (record, fingerprint) = (rehearsal.folders.record, result.fingerprint.clone());
        Ok(Held { record, fingerprint, holds, result })
    }
}

/// The formats by their names.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse())
}

/// The format that a source seems to have.
fn detect(source: &Source) -> Result<Format> {
    let format = Format::detect(source);
    let is_unknown = matches!(format, Err(ReplayError::UnknownFormat { .. } | ReplayError::SeveralFormats { .. }));
    if !is_unknown {
        return Ok(format?);
    }
    let known = Format::ALL.map(Format::name).join(", ");
    format.remedy(format!("give the format with --format: {known}"))
}

/// Prints the comparison, and fails if anything differs.
fn finish(console: Console, summary: &Summary<'_>) -> Result<()> {
    if console.is_json {
        console.json(summary)?;
    } else {
        for contest in summary.contests {
            print(table::contest(contest))?;
        }
        let part = summary.is_part.then_some(summary.ballots);
        print(table::totals(summary.contests, part))?;
        if let Some(Held { record, fingerprint, holds, .. }) = &summary.held {
            let verdict = if *holds { "it holds" } else { "IT DOES NOT HOLD" };
            let written = fingerprint.parse::<Fingerprint>().context("the fingerprint of the result")?.written();
            print(format_args!("record       {}: {verdict}", record.shown()))?;
            print(format_args!("fingerprint  {written}\n             {fingerprint}"))?;
        }
        let time = Duration::from_secs_f64(summary.seconds.values().sum());
        print(format_args!("time         {}", seconds(time)))?;
    }
    if summary.agrees {
        Ok(())
    } else {
        refusal("the result differs from the plain count or from the published numbers, or the record does not hold")
    }
}
