//! The verbs that verify a record and publish the result.
//!
//! See `spec/command-line.md#verify`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use ballotta::board::tiles::TILE_WIDTH;
use ballotta::manifest::ElectionKind;
use ballotta::record::{MANIFEST, RecordSource as _};
use ballotta::verifier::{
    CheckId, Report, ShardError, Stage, Status, Verdict, Verification, VerifierState, VerifyOptions,
};
use ballotta::written::WrittenFingerprint;
use ballotta_io::{AnyRecord, write_atomically};
use serde::Serialize;
use serde_json::json;

use crate::ballot_box::BallotBox;
use crate::chart;
use crate::console::{Console, Shown as _, counted, print};
use crate::failure::{ErrorContext as _, not_complete, refusal};
use crate::location;
use crate::publish::{check_published, publish, publish_again};
use crate::record::{
    REHEARSAL, Record, board_signer, exists, folder_below, lock_record, read_at_most, read_election, read_manifest,
};
use crate::restore::LOST;
use crate::signing::kept_head;
use crate::trustee_names::trustees_named;

/// Longer than any state: a board has at most 2^30 entries.
pub(crate) const MAX_STATE_BYTES: usize = 512 << 20;

/// How far the election must have come.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum StageName {
    /// Voting is open
    Voting,
    /// Voting is closed, and nothing is decrypted yet
    Closed,
    /// The result is published
    Complete,
}

/// Verifies a record.
#[derive(clap::Args, Debug)]
pub(crate) struct VerifyRecord {
    /// The record: a folder, a zip archive, or an address of one of these
    record: PathBuf,
    /// The fingerprint that the voters were shown
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<WrittenFingerprint>,
    /// A checkpoint of the board that you kept before. The option can be given several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// The state of your last verification: only ballots that are new are verified, and the file is written anew. Without
    /// such a file, everything is verified, and the file is made
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// How far the election must have come
    #[arg(long, value_enum, default_value = "complete")]
    stage: StageName,
    /// Accept no findings: void entries and unknown files, which change nothing in the result
    #[arg(long)]
    strict: bool,
}

impl VerifyRecord {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let source = location::open(&self.record)?;
        let stage = match self.stage {
            StageName::Voting => Stage::Voting,
            StageName::Closed => Stage::Closed,
            StageName::Complete => Stage::Complete,
        };
        let checkpoints = self.checkpoint.iter().map(|path| kept_head(&read_manifest(&source)?, path));
        let checkpoints = checkpoints.collect::<Result<_>>()?;
        let options = VerifyOptions { stage, fingerprint: self.fingerprint.clone(), checkpoints };
        let verification = match &self.from {
            Some(path) => continued(&source, &options, path, console)?,
            None => console.verify(&source, &options),
        };
        let report = &verification.report;
        let kind = match &verification.context {
            Some(context) => Some(context.manifest().kind()),
            None => read_manifest(&source).ok().map(|manifest| manifest.kind()),
        };
        let rehearsal = kind == Some(ElectionKind::Rehearsal);
        if console.is_json {
            console.json(&Marked { rehearsal, value: report })?;
        } else {
            // The chart says so, too.
            if rehearsal && !(report.holds() && report.result.is_some()) {
                print(format_args!("{REHEARSAL}\n"))?;
            }
            // The result of a record that does not hold is not shown.
            if report.holds() {
                print_result(&verification)?;
            }
            print(shown(report))?;
        }
        match report.verdict {
            Some(Verdict::Holds) => Ok(()),
            Some(Verdict::HoldsWithFindings) if self.strict => {
                refusal(format!("the record has {}, and --strict accepts none", count(report, "finding")))
            }
            Some(Verdict::HoldsWithFindings) => Ok(()),
            Some(Verdict::NotComplete) => {
                let incomplete = not_complete("the record is not complete");
                if source.length(MANIFEST).refused()?.is_none() {
                    let usual = "give the folder of the record, which contains manifest.json";
                    return incomplete.remedy(folder_below(&source).unwrap_or_else(|| usual.to_owned()));
                }
                incomplete.remedy(
                    "`ballotta status` shows what each role does next; if only your copy lacks files, get the record \
                     again; while an election is not over, verify with --stage voting or --stage closed",
                )
            }
            Some(Verdict::DoesNotHold) => refusal(format!("the record does not hold: {}", count(report, "failure"))),
            None => {
                let problem = "the record could not be read, or changed while it was read";
                Err(anyhow!(problem)).remedy("verify it again")
            }
        }
    }
}

/// Verifies what is new since the state in a file, and writes the new state.
fn continued(source: &AnyRecord, options: &VerifyOptions, path: &Path, console: Console) -> Result<Verification> {
    let no_state = || format!("{} is not the state of a verification", path.shown());
    let state = match exists(path)? {
        true => {
            let bytes = read_at_most(path, MAX_STATE_BYTES, "a state")?;
            Some(VerifierState::decode(&bytes).with_context(no_state)?)
        }
        false => None,
    };
    let (verification, next) = match console.verify_from(source, options, state.as_ref()) {
        Err(error @ ShardError::Decode(_)) => return Err(error).with_context(no_state),
        verified => verified.refused().context("the verification cannot continue the earlier one")?,
    };
    let pinned = verification.report.checks.iter().find(|check| check.check == CheckId::PinnedCheckpoint);
    // The state of another history, or of an older copy, does not take the place of this one.
    let is_continued = state.is_none() || pinned.is_some_and(|check| check.status == Status::Passed);
    match next.filter(|_| is_continued) {
        Some(next) => {
            write_atomically(path, &next.to_bytes()).with_context(|| format!("{} cannot be written", path.shown()))?;
            let before = state.map_or(0, |state| state.entries());
            let entries = counted(next.entries(), "entry", "entries");
            console.say(match next.entries() {
                0 => format!(
                    "{}: a state has whole bundles of {TILE_WIDTH} entries, and the board has none yet: the next call verifies \
                     all entries again",
                    path.shown()
                ),
                _ => format!("{}: {entries} verified, {before} of them by earlier calls", path.shown()),
            });
        }
        None => console.say(format!("{} is left as it was", path.shown())),
    }
    Ok(verification)
}

/// A report or a result, with whether it is that of a rehearsal.
#[derive(Serialize)]
struct Marked<'a, T> {
    rehearsal: bool,
    #[serde(flatten)]
    value: &'a T,
}

/// The number of failures of a report, in words.
fn count(report: &Report, what: &str) -> String {
    // Not every failure is in the list of the report.
    let all: u64 = report.checks.iter().map(|check| check.failures).sum();
    match all.max(report.failures.len() as u64) {
        1 => format!("one {what}"),
        number => counted(number, what, &format!("{what}s")),
    }
}

/// The number of failures of one check that people see.
const SHOWN: u64 = 20;

/// The report as text for people. Of a check with many failures the first are shown, and the others are counted.
pub(crate) fn shown(report: &Report) -> String {
    let mut short = report.clone();
    let mut left_out: BTreeMap<&str, u64> = BTreeMap::new();
    short.failures.retain(|failure| {
        let seen = left_out.entry(failure.check.slug()).or_default();
        *seen += 1;
        *seen <= SHOWN
    });
    left_out.values_mut().for_each(|seen| *seen = seen.saturating_sub(SHOWN));
    left_out.retain(|_, left_out| *left_out > 0);
    let text = short.to_string();
    let mut lines: Vec<&str> = text.lines().collect();
    // A failure is one line. After the last of them, the library counts those that the report does not list.
    let is_failure = |line: &&str| report.checks.iter().any(|of| is_of(of.check.slug(), line));
    let end = lines.iter().rposition(is_failure).map_or(lines.len(), |last| last + 1);
    let folded: Vec<String> =
        left_out.iter().map(|(check, more)| format!("\n{check}: and {more} more, which `--json` lists")).collect();
    lines.splice(end..end, folded.iter().map(String::as_str));
    lines.join("\n")
}

/// Whether a line of the report is about a failure of the check with this name.
fn is_of(check: &str, line: &str) -> bool {
    line.strip_prefix(check).is_some_and(|rest| rest.starts_with(": "))
}

fn print_result(verification: &Verification) -> Result<()> {
    match (&verification.context, &verification.report.result) {
        (Some(context), Some(result)) => print(chart::terminal(context.manifest(), result, 40)),
        _ => Ok(()),
    }
}

/// Publishes the result.
#[derive(clap::Args, Debug)]
pub(crate) struct PublishResult {
    /// The record, with enough partial decryptions
    record: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
}

impl PublishResult {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let lock = lock_record(&self.record)?;
        let mut ballot_box = BallotBox::open(&self.record, lock, |manifest| board_signer(manifest, &self.board_key))?;
        let record = Record::read(&self.record)?;
        let verification = console.verify(&record.source, &VerifyOptions::default());
        if record.is_published {
            return self.publish_again(&ballot_box, &verification, console);
        }
        let Some(result) = &verification.report.result else { return no_result(&record, &verification) };
        if matches!(verification.report.verdict, Some(Verdict::DoesNotHold) | None) {
            return refusal("the record does not hold, so no result is published")
                .remedy("`ballotta verify` says what is wrong");
        }
        if verification.closed.is_none() {
            return refusal("the closing rule is not met yet: too few trustees' statements or witnesses' cosignatures")
                .remedy("`ballotta verify` says what is missing");
        }
        publish(&mut ballot_box, result)?;
        check_published(&console.verify(&record.source, &VerifyOptions::default()))?;
        if !console.is_json {
            print_result(&verification)?;
        }
        let record = self.record.shown();
        console.say(format!("The result is published in {record}, and the record holds."));
        let rehearsal = ballot_box.manifest.kind() == ElectionKind::Rehearsal;
        if console.is_json { console.json(&Marked { rehearsal, value: result }) } else { Ok(()) }
    }

    /// Writes the files of the published result again that are lost or damaged.
    fn publish_again(&self, ballot_box: &BallotBox, verification: &Verification, console: Console) -> Result<()> {
        let restored = match &verification.report.result {
            Some(result) => publish_again(ballot_box, result)?,
            None => Vec::new(),
        };
        if restored.is_empty() {
            let refused = refusal("the result is published already");
            return if verification.report.holds() { refused } else { refused.remedy(LOST) };
        }
        restored.iter().for_each(|path| console.say(format!("{path} was lost or damaged, and is written again.")));
        check_published(&console.verify(&ballot_box.source, &VerifyOptions::default())).remedy(LOST)?;
        let record = self.record.shown();
        console.say(format!("The result was published before in {record}, and the record holds."));
        if console.is_json { console.json(&json!({ "restored": restored })) } else { Ok(()) }
    }
}

/// Why there is no result yet.
fn no_result(record: &Record, verification: &Verification) -> Result<()> {
    read_election(&record.source)?.is_not_cancelled().refused()?;
    if read_election(&record.source)?.window.closed.is_none() {
        return refusal("there is no result yet: the voting is not closed");
    }
    let Verification { joint_key, tally, decryptions, .. } = verification;
    let joint_key = joint_key.as_ref().filter(|_| tally.is_some());
    let Some(joint_key) = joint_key.filter(|key| decryptions.len() < usize::from(key.threshold())) else {
        return refusal("there is no result: the record does not hold").remedy("`ballotta verify` says what is wrong");
    };
    let missing: Vec<u16> = (1..=joint_key.trustees())
        .filter(|index| decryptions.iter().all(|decryption| decryption.trustee() != *index))
        .collect();
    let more = usize::from(joint_key.threshold()) - decryptions.len();
    let needed = counted(more as u64, "more partial decryption is needed", "more partial decryptions are needed");
    let any = if missing.len() > more { format!("any {more} of ") } else { String::new() };
    let whose = trustees_named(&record.manifest, &missing);
    refusal(format!("there is no result yet: {needed}, from {any}{whose}"))
        .remedy("the trustees must make them with `ballotta trustee decrypt`; then add them with `ballotta board add`")
}
