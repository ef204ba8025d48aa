//! The verbs for evidence: verify it, and find it in what a voter or a witness kept.
//!
//! See `spec/command-line.md#evidence`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::board::board_key;
use ballotta::board::note::SignedCheckpoint;
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::TILE_WIDTH;
use ballotta::board::timeline::{Event, Observed};
use ballotta::decryption::ClosingStatement;
use ballotta::evidence::{Convicted, Conviction, ElectionHashes, Evidence, Kept, ReadLog, SeenStatements};
use ballotta::hash::TreeHash;
use ballotta::limits::{MAX_EVIDENCE_BYTES, MAX_RECEIPT_BYTES};
use ballotta::manifest::Manifest;
use ballotta::record::{CHECKPOINT, PublishedBoard, RecordSource, read_checkpoint};
use ballotta::verifier::VerifierState;
use ballotta::voter::Election;
use ballotta::witness::kept_checkpoints;
use ballotta_io::write_new;
use serde_json::json;

use crate::console::{Console, Shown as _};
use crate::failure::{ErrorContext as _, refusal};
use crate::location;
use crate::message_file::{self, FileKind};
use crate::record::{headline, read_at_most, read_manifest};
use crate::secrets::system_rng;
use crate::verify::MAX_STATE_BYTES;

/// Verifies a file with evidence against a board or a trustee. No record is needed.
#[derive(clap::Args, Debug)]
pub(crate) struct VerifyEvidence {
    /// The file with the evidence
    file: PathBuf,
}

impl VerifyEvidence {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let bytes = read_at_most(&self.file, MAX_EVIDENCE_BYTES, "evidence")?;
        if SignedCheckpoint::parse(&bytes).is_ok() || SignedReceipt::parse(&bytes).is_ok() {
            let kept = "is a checkpoint or a receipt, which proves nothing by itself";
            return Err(anyhow!("{} {kept}", self.file.shown())).remedy(
                "`ballotta evidence find` compares it with a record, and makes evidence if both contradict each other",
            );
        }
        let evidence = Evidence::decode(&bytes)
            .with_context(|| format!("{} cannot be read, so it is not evidence", self.file.shown()))?;
        let verified = evidence.verify(&mut system_rng());
        let conviction = verified.context("the evidence convicts nobody").refused()?;
        show(&evidence, &conviction, console)
    }
}

/// Says whom the evidence convicts, and in which election.
fn show(evidence: &Evidence, Conviction { convicted, proved }: &Conviction, console: Console) -> Result<()> {
    let manifest = evidence.manifest();
    console.say(format!("Election: {}", headline(manifest)));
    console.say(format!("Manifest {}: compare it with the one that you know.", manifest.hash()));
    let trustee = match convicted {
        Convicted::Trustee(trustee) => Some(trustee),
        _ => None,
    };
    console.answer(
        &format!("convicts {convicted}: {proved}"),
        &json!({
            "kind": evidence.claim().code(),
            "convicted": if trustee.is_some() { "trustee" } else { "board" },
            "trustee": trustee,
            "proved": proved,
            "manifest": manifest.hash().to_string(),
        }),
    )
}

/// Looks for evidence in a record, and in receipts, checkpoints and statements that somebody kept.
#[derive(clap::Args, Debug)]
pub(crate) struct FindEvidence {
    /// The record
    record: PathBuf,
    /// A receipt that a voter kept
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// A checkpoint that a voter, an auditor or a witness kept, or the state of a verification or of a witness
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// A closing statement that a trustee sent
    #[arg(long, value_name = "FILE")]
    statement: Vec<PathBuf>,
    /// Another copy of the record, whose closing statements are compared
    #[arg(long, value_name = "RECORD")]
    statements_of: Vec<PathBuf>,
    /// The new file for the evidence
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl FindEvidence {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let source = location::open(&self.record)?;
        let manifest = read_manifest(&source)?;
        let mut kept = self.kept(&manifest)?;
        let (rng, mut leaves) = (&mut system_rng(), Vec::new());
        let board = read_board(&source, &manifest, &mut kept.statements, &mut |leaf| leaves.push(leaf))?;
        let window = board.timeline().window();
        let place = |index: Option<u64>| -> Result<Option<(u64, Vec<u8>)>> {
            let Some(index) = index else { return Ok(None) };
            let entries = board.entries(&source, index / u64::from(TILE_WIDTH)).refused()?;
            Ok(entries.into_iter().find(|(at, _)| *at == index))
        };
        let checkpoint = read_checkpoint(&source, CHECKPOINT)?.context("the record has no checkpoint")?;
        let grown = "the board has grown while it was read: call this again";
        ensure!(checkpoint.unverified().size() == leaves.len() as u64, grown);
        let (opening, closing) = (place(window.opened)?, place(window.closed)?);
        // The entries that receipts promise are read before the board is used up.
        let mut promised = Vec::new();
        for receipt in &kept.receipts {
            promised.extend(place(Some(receipt.unverified().index()))?);
        }
        let election = match Election::of_board(&source, manifest.clone(), board, rng) {
            Ok(Election { context, roll, .. }) => {
                Some(ElectionHashes { joint_key: *context.joint_key_hash(), roll: *roll.hash() })
            }
            Err(error) => {
                console
                    .say(format!("Only some kinds of evidence are looked for, because the record is damaged: {error}"));
                None
            }
        };
        let log = ReadLog { checkpoint, leaves, opening, closing, election };
        let entry = |index| promised.iter().find(|(at, _)| *at == index).map(|(_, entry)| entry.clone());
        let Some(evidence) = kept.find(&manifest, &log, entry, rng) else {
            return refusal(
                "no evidence: nothing in this record, and nothing that you kept, contradicts another part of it",
            )
            .remedy("if the board that you read is smaller than what you kept, get the record again after the close");
        };
        let conviction = evidence.verify(rng).refused()?;
        let out = self.out.shown();
        write_new(&self.out, &evidence.to_bytes()).with_context(|| format!("{out} cannot be written"))?;
        console.say(format!(
            "{out} is evidence: anybody verifies it with `ballotta evidence verify {out}`, without the record."
        ));
        show(&evidence, &conviction, console)
    }

    /// What was kept, with the signatures of the board: what is damaged is no evidence, and no sign that all is well.
    fn kept(&self, manifest: &Manifest) -> Result<Kept> {
        let board = board_key(manifest)?;
        let mut kept = Kept::default();
        for path in &self.receipt {
            let receipt = read_receipt(path)?;
            receipt
                .verify(&board)
                .refused()
                .with_context(|| format!("{} is not a receipt of this board", path.shown()))?;
            kept.receipts.push(receipt);
        }
        for path in &self.checkpoint {
            let checkpoint = read_checkpoint_of(path, board.name())?;
            let of_this_board = || format!("{} is not a checkpoint of this board", path.shown());
            checkpoint.verify(&board).refused().with_context(of_this_board)?;
            kept.checkpoints.push(checkpoint);
        }
        for path in &self.statement {
            let statement = ClosingStatement::decode(&message_file::read_kind(path, FileKind::ClosingStatement)?)
                .with_context(|| format!("{} is not a closing statement", path.shown()))?;
            let signed = statement.verify(manifest, &mut system_rng());
            signed.refused().with_context(|| format!("{} is not a statement of a trustee", path.shown()))?;
            kept.statements.add(statement, manifest, &mut system_rng());
        }
        for path in &self.statements_of {
            let source = location::open(path)?;
            read_board(&source, manifest, &mut kept.statements, &mut |_| ())?;
        }
        Ok(kept)
    }
}

/// Reads the board of a record with the leaf hashes of its entries, and keeps the statements of trustees on it.
fn read_board(
    source: &dyn RecordSource,
    manifest: &Manifest,
    statements: &mut SeenStatements,
    leaf: &mut dyn FnMut(TreeHash),
) -> Result<PublishedBoard> {
    let mut signatures = system_rng();
    let mut observe = |observed: &Observed<'_>| {
        leaf(observed.leaf);
        if let Some(Event::ClosingStatement(body)) = &observed.event {
            // A statement that cannot be read accuses nobody.
            if let Ok(statement) = ClosingStatement::decode(body) {
                statements.add(statement, manifest, &mut signatures);
            }
        }
    };
    PublishedBoard::read(source, manifest, &mut observe, &mut system_rng()).refused()
}

/// Reads a checkpoint, or that in the state of a verification, or that of this board in the state of a witness, without
/// verifying it.
fn read_checkpoint_of(path: &Path, origin: &str) -> Result<SignedCheckpoint> {
    let bytes = read_at_most(path, MAX_STATE_BYTES, "a checkpoint")?;
    if let Ok(state) = VerifierState::decode(&bytes) {
        return Ok(state.checkpoint().clone());
    }
    if let Some(kept) = kept_checkpoints(&bytes) {
        let mut of_board = kept.into_iter().filter(|checkpoint| checkpoint.claimed_origin() == origin);
        let checkpoint = of_board.next();
        return checkpoint
            .with_context(|| format!("the witness of {} has cosigned nothing of this board", path.shown()));
    }
    SignedCheckpoint::parse(&bytes).with_context(|| format!("{} is not a checkpoint", path.shown()))
}

/// Reads a receipt, without verifying it.
pub(crate) fn read_receipt(path: &Path) -> Result<SignedReceipt> {
    let bytes = read_at_most(path, MAX_RECEIPT_BYTES, "a receipt")?;
    SignedReceipt::parse(&bytes).with_context(|| format!("{} is not a receipt", path.shown()))
}
