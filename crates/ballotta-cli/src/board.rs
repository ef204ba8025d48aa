//! Adding files to the board: each file is checked, and then appended or refused with a reason.
//!
//! See `spec/command-line.md#board`. Entries that would make the record invalid for everybody are refused: a message of
//! the key ceremony that its author did not sign, a trustee's second decryption, a statement about another board.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail};
use ballotta::admission::EntryRefused;
use ballotta::key_ceremony::{CeremonyParameters, NextMessageError, check_next_message};
use ballotta::manifest::Manifest;
use ballotta::verifier::{Stage, Verification, VerifyOptions};
use ballotta_io::BoardFolderError;
use serde::Serialize;

use crate::ballot_box::BallotBox;
use crate::console::{Console, Shown as _, print};
use crate::failure::{ErrorContext as _, error_text, refusal, remedy_of};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{Record, board_signer, lock_record};
use crate::secrets::system_rng;
use crate::trustee_names::{trustees_named, with_names};

/// Appends files that people sent to the board of a record.
#[derive(clap::Args, Debug)]
pub(crate) struct AddToBoard {
    /// The record
    record: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The files that people sent, in the order in which they are added: messages of the key ceremony, signatures of
    /// the roll, opening, ballots, closing, statements, decryptions, cosignatures
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// The outcome of adding a file.
#[derive(Serialize)]
struct Outcome<'a> {
    file: &'a Path,
    /// The index of the entry; `None` for a cosignature, which is part of the closing checkpoint.
    entry: Option<u64>,
    error: Option<String>,
}

/// The largest number of ballots that are verified together.
const BATCH: usize = 4096;
/// What to do after a write that failed. A part of the files may be on the board.
const INTERRUPTED: &str =
    "mend the cause, and give the same files again: the command names those that are on the board";

impl AddToBoard {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let lock = lock_record(&self.record)?;
        let ballot_box = BallotBox::open(&self.record, lock, |manifest| board_signer(manifest, &self.board_key))?;
        let mut board = Board { ballot_box, ceremony: None, tally: None, console };
        let mut outcomes = Vec::with_capacity(self.files.len());
        let bar = console.bar("appending to the board", self.files.len() as u64);
        for files in self.files.chunks(BATCH) {
            board.add(files, &mut outcomes).remedy(INTERRUPTED)?;
            bar.inc(files.len() as u64);
        }
        board.ballot_box.commit().remedy(INTERRUPTED)?;
        if outcomes.len() > 1 {
            bar.finish();
        } else {
            drop(bar);
        }
        report(console, &outcomes)
    }
}

fn report(console: Console, outcomes: &[Outcome<'_>]) -> Result<()> {
    if console.is_json {
        console.json(&outcomes)?;
    } else {
        for Outcome { file, entry, error } in outcomes {
            match (entry, error) {
                (_, Some(error)) => print(format_args!("{}: refused: {error}", file.shown()))?,
                (Some(entry), None) => print(format_args!("{}: entry {entry}", file.shown()))?,
                (None, None) => print(format_args!("{}: added to the closing checkpoint", file.shown()))?,
            }
        }
    }
    match (outcomes.iter().filter(|outcome| outcome.error.is_some()).count(), outcomes.len()) {
        (0, _) => Ok(()),
        (_, 1) => refusal("the file was refused"),
        (refused, files) => refusal(format!("{refused} of {files} files were refused")),
    }
}

/// A board, and values that are computed from its record when they are first needed.
struct Board {
    ballot_box: BallotBox,
    ceremony: Option<Ceremony>,
    /// The verification of the record up to the close.
    tally: Option<Verification>,
    console: Console,
}

impl Board {
    /// Adds files in their order. Consecutive ballots are added together. Other files may be long, so only one of them
    /// is in memory at a time.
    fn add<'a>(&mut self, files: &'a [PathBuf], outcomes: &mut Vec<Outcome<'a>>) -> Result<()> {
        let mut run = Vec::new();
        for file in files {
            match message_file::read(file) {
                Ok(MessageFile { kind: FileKind::Ballot, bytes }) => run.push((file.as_path(), bytes)),
                other => {
                    self.add_ballots(&mut run, outcomes)?;
                    let added = match other {
                        Ok(file) => self.add_one(&file),
                        Err(error) => Err(error),
                    };
                    // After a write that failed, nothing more is added and nothing is signed.
                    match added {
                        Err(error) if error.chain().any(|cause| cause.is::<BoardFolderError>()) => return Err(error),
                        added => outcomes.push(outcome(file, added)),
                    }
                }
            }
        }
        self.add_ballots(&mut run, outcomes)
    }

    /// Adds consecutive ballots, and empties `run`.
    fn add_ballots<'a>(&mut self, run: &mut Vec<(&'a Path, Vec<u8>)>, outcomes: &mut Vec<Outcome<'a>>) -> Result<()> {
        let (files, ballots): (Vec<&Path>, Vec<Vec<u8>>) = run.drain(..).unzip();
        if ballots.is_empty() {
            return Ok(());
        }
        let admitted = self.ballot_box.add_ballots(&ballots)?;
        let added = admitted.into_iter().map(|entry| entry.map(Some).map_err(Error::new));
        outcomes.extend(files.into_iter().zip(added).map(|(file, added)| outcome(file, added)));
        Ok(())
    }

    /// Adds a file that is not a ballot.
    fn add_one(&mut self, MessageFile { kind, bytes }: &MessageFile) -> Result<Option<u64>> {
        let entry = match kind {
            FileKind::CeremonyMessage => {
                let ceremony = match &mut self.ceremony {
                    Some(ceremony) => ceremony,
                    None => {
                        let record = Record::read(self.ballot_box.source.root())?;
                        self.ceremony
                            .insert(Ceremony { parameters: record.parameters()?, messages: record.ceremony()? })
                    }
                };
                ceremony.check(&self.ballot_box.manifest, bytes)?;
                let entry = self.ballot_box.add_ceremony_message(bytes)?;
                ceremony.messages.push(bytes.clone());
                entry
            }
            FileKind::RollSignature => self.ballot_box.add_roll_signature(bytes)?,
            FileKind::Opening => self.ballot_box.add_opening(bytes)?,
            FileKind::Closing => self.ballot_box.add_closing(bytes)?,
            FileKind::ClosingStatement => {
                self.verify_closed()?;
                self.ballot_box.add_statement(bytes, self.tally.as_ref().context(NOT_CLOSED)?)?
            }
            FileKind::PartialDecryption => {
                self.verify_closed()?;
                let added = self.ballot_box.add_partial_decryption(bytes, self.tally.as_ref().context(NOT_CLOSED)?);
                added.map_err(|error| name_trustees(&self.ballot_box.manifest, error))?.0
            }
            FileKind::Cosignature => {
                let line = str::from_utf8(bytes).context("the cosignature is not text")?;
                self.ballot_box.add_cosignature(line.trim_end())?;
                return Ok(None);
            }
            FileKind::BallotOpening => {
                bail!(
                    "an opened ballot shows a voter's choices, so it is not added to the board: give it only to the voter's second device"
                );
            }
            // `add_ballots` adds ballots.
            FileKind::Ballot => bail!("ballots are admitted together"),
        };
        Ok(Some(entry))
    }

    /// Verifies the record up to the close, once. Without a tally, it is not closed.
    fn verify_closed(&mut self) -> Result<()> {
        if self.tally.is_none() {
            // The entries that were appended before must be on disk when the board is read again.
            self.ballot_box.commit()?;
            let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
            let verification = self.console.verify(&self.ballot_box.source, &options);
            self.tally = verification.tally.is_some().then_some(verification);
        }
        Ok(())
    }
}

/// Adds the name of the trustee to an error of the library.
fn name_trustees(manifest: &Manifest, error: Error) -> Error {
    match error.downcast_ref() {
        Some(EntryRefused::DecryptedAlready { trustee }) => {
            let whose = trustees_named(manifest, &[*trustee]);
            Error::msg(format!("the partial decryption of {whose} is on the board already"))
        }
        _ => error,
    }
}

const NOT_CLOSED: &str = "the voting is not closed yet, or the record is damaged: `ballotta verify` says which";

fn outcome(file: &Path, added: Result<Option<u64>>) -> Outcome<'_> {
    let error = added.as_ref().err().map(|error| {
        let remedy = remedy_of(error).map(|remedy| format!("; remedy: {remedy}")).unwrap_or_default();
        format!("{}{remedy}", error_text(error))
    });
    Outcome { file, entry: added.ok().flatten(), error }
}

/// The messages of the key ceremony so far.
struct Ceremony {
    parameters: CeremonyParameters,
    messages: Vec<Vec<u8>>,
}

impl Ceremony {
    /// Checks that a message may be published after those that are on the board.
    fn check(&self, manifest: &Manifest, message: &[u8]) -> Result<()> {
        let checked = check_next_message(&self.parameters, &self.messages, message, &mut system_rng());
        checked.map_err(|error| match error {
            NextMessageError::TooEarly { trustee, kind, missing, absent } => Error::msg(format!(
                "the {kind} of {} comes too early: the {missing} of {} is missing",
                trustees_named(manifest, &[trustee]),
                trustees_named(manifest, &absent)
            )),
            NextMessageError::AlreadyPublished { trustee, kind } => {
                Error::msg(format!("the {kind} of {} is on the board already", trustees_named(manifest, &[trustee])))
            }
            NextMessageError::Ceremony(error) => with_names(manifest, error),
            error => error.into(),
        })
    }
}
