//! The verbs that verify a record and publish the result.
//!
//! See `spec/command-line.md#verify`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ballotta::board::board_key;
use ballotta::board::log::TreeHead;
use ballotta::board::note::SignedCheckpoint;
use ballotta::election::ElectionContext;
use ballotta::hash::Fingerprint;
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::record::{MANIFEST, RESULT};
use ballotta::verifier::{Stage, Verification, VerifyOptions};
use ballotta_io::FolderRecord;

use crate::ballot_box::BallotBox;
use crate::chart;
use crate::console::{Console, print};
use crate::failure::{ErrorContext as _, refusal};
use crate::publish::{check_published, publish};
use crate::record::{Record, board_signer, lock_record, read_at_most, read_election, read_manifest};
use crate::trustee_names::trustees_named;

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
    /// The folder of the record
    record: PathBuf,
    /// The fingerprint that the voters were shown
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<Fingerprint>,
    /// A checkpoint of the board that you kept before
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// How far the election must have come
    #[arg(long, value_enum, default_value = "complete")]
    stage: StageName,
}

impl VerifyRecord {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        ensure!(self.record.is_dir(), "{} is not a folder", self.record.display());
        let source = FolderRecord::new(&self.record);
        let stage = match self.stage {
            StageName::Voting => Stage::Voting,
            StageName::Closed => Stage::Closed,
            StageName::Complete => Stage::Complete,
        };
        let checkpoint = self.checkpoint.as_deref().map(|path| pinned(&source, path)).transpose()?;
        let options = VerifyOptions { stage, fingerprint: self.fingerprint, checkpoint };
        let verification = console.verify(&source, &options);
        let report = &verification.report;
        if console.is_json {
            console.json(report)?;
        } else {
            // A record that is not valid has no result.
            if report.valid {
                print_result(&verification)?;
            }
            print(report)?;
        }
        if report.valid {
            return Ok(());
        }
        let refused = match report.failures.len() {
            0 => refusal("the record is not valid: some checks found nothing to check"),
            1 => refusal("the record is not valid: one failure"),
            failures => refusal(format!("the record is not valid: {failures} failures")),
        };
        match (stage, &verification) {
            _ if !self.record.join(MANIFEST).exists() => {
                refused.remedy("give the folder of the record, which contains manifest.json")
            }
            (Stage::Closed | Stage::Complete, Verification { context: Some(_), tally: None, .. }) => {
                refused.remedy("while voting is open, verify with --stage voting")
            }
            (Stage::Complete, Verification { context: Some(_), totals: None, .. })
                if !self.record.join(RESULT).exists() =>
            {
                refused.remedy("until the result is published, verify with --stage closed")
            }
            _ => refused,
        }
    }
}

/// The head of a checkpoint that the auditor kept, which the board of the record must have signed.
fn pinned(source: &FolderRecord, path: &Path) -> Result<TreeHead> {
    let bytes = read_at_most(path, MAX_CHECKPOINT_BYTES, "a checkpoint")?;
    let manifest = read_manifest(source).refused()?;
    let not_of_this_board = || format!("{} is not a checkpoint of this board", path.display());
    let signed = SignedCheckpoint::parse(&bytes).with_context(not_of_this_board)?;
    Ok(*signed.verify(&board_key(&manifest)?).refused().with_context(not_of_this_board)?.head())
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
        if record.is_published {
            return refusal("the result is published already");
        }
        let verification = console.verify(&record.source, &VerifyOptions::default());
        let Some(result) = &verification.report.result else { return no_result(&record, &verification) };
        if verification.closed.is_none() {
            return refusal("the closing rule is not met yet: too few trustees' statements or witnesses' cosignatures")
                .remedy("`ballotta verify` says what is missing");
        }
        publish(&mut ballot_box, result)?;
        check_published(&console.verify(&record.source, &VerifyOptions::default()))?;
        if !console.is_json {
            print_result(&verification)?;
        }
        let record = self.record.display();
        console.say(format!("The result is published in {record}, and the record is valid."));
        if console.is_json { console.json(result) } else { Ok(()) }
    }
}

/// Why there is no result yet.
fn no_result(record: &Record, verification: &Verification) -> Result<()> {
    if read_election(&record.source)?.window.closed.is_none() {
        return refusal("there is no result yet: the voting is not closed");
    }
    let Verification { context, tally, decryptions, .. } = verification;
    let joint_key = context.as_ref().filter(|_| tally.is_some()).map(ElectionContext::joint_key);
    let Some(joint_key) = joint_key.filter(|key| decryptions.len() < usize::from(key.threshold())) else {
        return refusal("there is no result: the record is not valid").remedy("`ballotta verify` says what is wrong");
    };
    let missing: Vec<u16> = (1..=joint_key.trustees())
        .filter(|index| decryptions.iter().all(|decryption| decryption.trustee() != *index))
        .collect();
    let (found, needed) = (decryptions.len(), joint_key.threshold());
    let whose = trustees_named(&record.manifest, &missing);
    refusal(format!(
        "there is no result yet: {found} of {needed} partial decryptions are on the board, and none of {whose}"
    ))
    .remedy("the trustees must make them with `ballotta trustee decrypt`, and the board must add them")
}
