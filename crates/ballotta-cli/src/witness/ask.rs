//! The verb `board cosign`: a board asks a witness for a cosignature (C2SP tlog-witness).
//!
//! See `spec/command-line.md#board`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use ballotta::board::board_key;
use ballotta::board::note::{NoteSignature, SignedCheckpoint};
use ballotta::board::witness_keys;
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Manifest;
use ballotta::merkle::{TreeHead, consistency_proof_between};
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, TiledLog, read_checkpoint};
use ballotta::witness::AddCheckpoint;
use ballotta_io::{Answer, FolderRecord, post};
use serde_json::json;

use crate::ballot_box::BallotBox;
use crate::console::{Console, counted, escaped};
use crate::failure::{ErrorContext as _, refusal};
use crate::record::{board_signer, lock_record, read_manifest};

/// A witness that does not answer within this time may be asked again.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A cosignature that a witness gives over HTTP.
#[derive(clap::Args, Debug)]
pub(crate) struct AskWitness {
    /// The record
    record: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The address of the witness, before `/add-checkpoint`
    #[arg(long, value_name = "URL")]
    witness: String,
}

impl AskWitness {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let source = FolderRecord::new(&self.record);
        let manifest = read_manifest(&source)?;
        let newest = read_checkpoint(&source, CHECKPOINT)?.context("the record has no checkpoint")?;
        let closing = read_checkpoint(&source, CLOSING_CHECKPOINT)?;
        let is_closed = closing.is_some();
        let signed = closing.unwrap_or_else(|| newest.clone());
        let line = self.ask(&source, &manifest, &signed, &newest)?;
        let path = if is_closed { CLOSING_CHECKPOINT } else { CHECKPOINT };
        if is_closed {
            let lock = lock_record(&self.record)?;
            let mut board = BallotBox::open(&self.record, lock, |manifest| board_signer(manifest, &self.board_key))?;
            board.add_cosignature(&line).refused()?;
            console.say(format!("The {CLOSING_CHECKPOINT} has one more cosignature."));
        } else {
            console.say("The voting is not closed, so the cosignature is not added: ask again after the close.");
        }
        console.answer(&line, &json!({ "checkpoint": path, "added": is_closed, "cosignature": line }))
    }

    /// Asks the witness. It says which checkpoint it has cosigned last, and is asked again with a proof from there; a third
    /// time if another process has asked it meanwhile.
    fn ask(
        &self,
        source: &FolderRecord,
        manifest: &Manifest,
        signed: &SignedCheckpoint,
        newest: &SignedCheckpoint,
    ) -> Result<String> {
        let board = board_key(manifest)?;
        let alone = signed.without_cosignatures(&board).refused()?;
        let head = *signed.verify(&board)?.head();
        let newest = *newest.verify(&board).refused()?.head();
        let address = format!("{}/add-checkpoint", self.witness.trim_end_matches('/'));
        let shown = escaped(&address);
        let mut old = 0;
        for _ in 0..3 {
            let proof = proof(source, &newest, old, &head)?;
            let request = AddCheckpoint::new(old, proof, alone.clone())?.to_string();
            let Answer { status, content_type, body } =
                post(&address, request.as_bytes(), MAX_CHECKPOINT_BYTES, TIMEOUT)?;
            let body = String::from_utf8_lossy(&body).into_owned();
            match status {
                200 => return cosignature(manifest, &alone, &body).with_context(|| shown.clone()),
                409 if content_type == "text/x.tlog.size" => {
                    let size = body.strip_suffix('\n').and_then(|size| size.parse().ok());
                    let size: u64 = size.with_context(|| format!("{shown} answers a size that is none"))?;
                    if size > head.size {
                        let (size, own) = (counted(size, "entry", "entries"), counted(head.size, "entry", "entries"));
                        return refusal(format!(
                            "the witness has cosigned a checkpoint of {size} already, so it cannot cosign this one of {own}"
                        ))
                        .remedy("ask the other witnesses of the manifest");
                    }
                    if size == old {
                        return refusal("the witness has cosigned another checkpoint of this size")
                            .remedy("compare the checkpoints: the board may have signed two histories");
                    }
                    old = size;
                }
                status => {
                    let said = escaped(body.lines().next().unwrap_or_default());
                    return refusal(format!("{shown} answers {status}: {said}"));
                }
            }
        }
        Err(anyhow!("the witness cosigns other checkpoints at the same time")).remedy("try again")
    }
}

/// The proof from the log of the first `old` entries. The witness verifies it: the board need not know the old root.
fn proof(source: &FolderRecord, newest: &TreeHead, old: u64, head: &TreeHead) -> Result<Vec<ballotta::hash::TreeHash>> {
    let newest = if newest.size < head.size { head } else { newest };
    Ok(consistency_proof_between(&TiledLog::new(source, *newest), old, head.size)?)
}

/// The line of a witness of the manifest in an answer. Lines of other kinds of keys are ignored.
fn cosignature(manifest: &Manifest, signed: &SignedCheckpoint, body: &str) -> Result<String> {
    let witnesses = witness_keys(manifest)?;
    for line in body.lines() {
        let Ok(signature) = line.parse::<NoteSignature>() else { continue };
        let mut cosigned = signed.clone();
        cosigned.add_cosignature(signature);
        if cosigned.cosigned_by(&witnesses).is_ok_and(|witnesses| !witnesses.is_empty()) {
            return Ok(line.to_owned());
        }
    }
    refusal("the answer has no cosignature of this checkpoint by a witness that the manifest names")
}
