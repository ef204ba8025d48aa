//! The board takes what is handed to it: each file is checked, appended or refused with a reason.
//!
//! See `spec/command-line.md#board`. What would spoil the record for everybody is refused before it stands there: a message
//! of the key ceremony that its author did not sign, a trustee's second decryption, a statement of another board.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail};
use ballotta::board::entry::{EntryKind, Pointer};
use ballotta::board::witness_keys;
use ballotta::decryption::{ClosingStatement, PartialDecryption};
use ballotta::key_ceremony::{CeremonyParameters, NextMessageError, check_next_message};
use ballotta::manifest::Manifest;
use ballotta::record::CLOSING_CHECKPOINT;
use ballotta::verifier::{Stage, Verification, VerifyOptions, verify};
use ballotta_io::FolderRecord;
use serde::Serialize;

use crate::ballot_box::BallotBox;
use crate::console::{Console, VerifierBars, print};
use crate::failure::{ErrorContext as _, error_text, refusal, remedy_of};
use crate::message_file::{FileKind, MessageFile};
use crate::record::{Record, board_signer, lock_record, read_checkpoint};
use crate::secrets::system_rng;
use crate::trustee_names::{trustees_named, with_names};

/// Appends what was handed over to the board of a record.
#[derive(clap::Args, Debug)]
pub(crate) struct AddToBoard {
    /// The record
    record: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The files, in their order: messages of the key ceremony, signatures of the roll, opening, ballots, closing, statements,
    /// decryptions, cosignatures
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What became of a file.
#[derive(Serialize)]
struct Outcome<'a> {
    file: &'a Path,
    /// The position on the board; none for a cosignature, which stands in the closing checkpoint.
    entry: Option<u64>,
    error: Option<String>,
}

/// At most how many ballots are verified together.
const BATCH: usize = 4096;

impl AddToBoard {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let _lock = lock_record(&self.record)?;
        let record = Record::read(&self.record)?;
        let signer = board_signer(record.manifest(), &self.board_key)?;
        let ballot_box = BallotBox::open(&self.record, signer).refused()?;
        let mut board = Board {
            ballot_box,
            ceremony: Ceremony::of(&record)?,
            decrypted: decrypted(&record),
            published: record.is_published(),
            tally: None,
            console,
        };
        let mut outcomes = Vec::with_capacity(self.files.len());
        let bar = console.bar("appending to the board", self.files.len() as u64);
        for files in self.files.chunks(BATCH) {
            board.add(files, &mut outcomes)?;
            bar.inc(files.len() as u64);
        }
        board.ballot_box.commit()?;
        if outcomes.len() > 1 {
            bar.finish();
        } else {
            drop(bar);
        }
        report(console, &outcomes)
    }
}

fn report(console: Console, outcomes: &[Outcome<'_>]) -> Result<()> {
    if console.is_json() {
        console.json(&outcomes)?;
    } else {
        for Outcome { file, entry, error } in outcomes {
            match (entry, error) {
                (_, Some(error)) => print(format_args!("{}: refused: {error}", file.display()))?,
                (Some(entry), None) => print(format_args!("{}: entry {entry}", file.display()))?,
                (None, None) => print(format_args!("{}: added to the closing checkpoint", file.display()))?,
            }
        }
    }
    match (outcomes.iter().filter(|outcome| outcome.error.is_some()).count(), outcomes.len()) {
        (0, _) => Ok(()),
        (_, 1) => refusal("the file was refused"),
        (refused, files) => refusal(format!("{refused} of {files} files were refused")),
    }
}

/// A board with what it needs to know to refuse what would spoil the record.
struct Board {
    ballot_box: BallotBox,
    ceremony: Ceremony,
    /// The trustees whose partial decryption stands on the board.
    decrypted: Vec<u16>,
    /// Whether the result is published.
    published: bool,
    /// The record up to the close, verified when it is first needed.
    tally: Option<Verification>,
    console: Console,
}

impl Board {
    /// Adds files in their order, runs of ballots together. Of other files, which may be long, one is in memory at a time.
    fn add<'a>(&mut self, files: &'a [PathBuf], outcomes: &mut Vec<Outcome<'a>>) -> Result<()> {
        let mut run = Vec::new();
        for file in files {
            match MessageFile::read(file) {
                Ok(MessageFile { kind: FileKind::Ballot, bytes }) => run.push((file.as_path(), bytes)),
                other => {
                    self.add_ballots(&mut run, outcomes)?;
                    let added = match other {
                        Ok(file) => self.add_one(&file),
                        Err(error) => Err(Error::msg(error_text(&error))),
                    };
                    outcomes.push(outcome(file, added.as_ref().copied()));
                }
            }
        }
        self.add_ballots(&mut run, outcomes)
    }

    /// Adds a run of ballots, and empties it.
    fn add_ballots<'a>(&mut self, run: &mut Vec<(&'a Path, Vec<u8>)>, outcomes: &mut Vec<Outcome<'a>>) -> Result<()> {
        let (files, ballots): (Vec<&Path>, Vec<Vec<u8>>) = run.drain(..).unzip();
        if ballots.is_empty() {
            return Ok(());
        }
        let admitted = self.ballot_box.add_ballots(&ballots)?;
        let added = admitted.into_iter().map(|entry| entry.map(Some).map_err(Error::new));
        outcomes.extend(files.into_iter().zip(added).map(|(file, added)| outcome(file, added.as_ref().copied())));
        Ok(())
    }

    /// Adds a file that is not a ballot.
    fn add_one(&mut self, MessageFile { kind, bytes }: &MessageFile) -> Result<Option<u64>> {
        let entry = match kind {
            FileKind::CeremonyMessage => {
                self.ceremony.check(bytes)?;
                let entry = self.ballot_box.add_ceremony_message(bytes)?;
                self.ceremony.messages.push(bytes.clone());
                entry
            }
            FileKind::RollSignature => self.ballot_box.add_roll_signature(bytes)?,
            FileKind::Opening => self.ballot_box.add_opening(bytes)?,
            FileKind::Closing => self.ballot_box.add_closing(bytes)?,
            FileKind::ClosingStatement => {
                let statement = ClosingStatement::decode(bytes)?;
                statement.agrees(self.tally()?.tally.as_ref().context(NOT_CLOSED)?)?;
                self.ballot_box.add_statement(bytes)?
            }
            FileKind::PartialDecryption => self.add_decryption(bytes)?,
            FileKind::Cosignature => {
                let line = str::from_utf8(bytes).context("the cosignature is not text")?;
                self.add_cosignature(line.trim_end())?;
                return Ok(None);
            }
            FileKind::BallotOpening => {
                bail!("the opening of a ballot shows a voter's choices: it is for the voter's second device");
            }
            // Ballots are admitted in runs.
            FileKind::Ballot => bail!("ballots are admitted together"),
        };
        Ok(Some(entry))
    }

    fn add_decryption(&mut self, bytes: &[u8]) -> Result<u64> {
        self.tally()?;
        let verification = self.tally.as_ref().context(NOT_CLOSED)?;
        let (Some(context), Some(tally)) = (&verification.context, &verification.tally) else {
            bail!(NOT_CLOSED);
        };
        let part =
            PartialDecryption::decode(context, tally, bytes).context("not a partial decryption of this tally")?;
        let trustee = part.trustee();
        if self.decrypted.contains(&trustee) {
            let whose = trustees_named(self.ballot_box.manifest(), &[trustee]);
            bail!("the partial decryption of {whose} stands on the board already");
        }
        let entry = self.ballot_box.size();
        self.ballot_box.add_partial_decryption(bytes, verification)?;
        self.decrypted.push(trustee);
        Ok(entry)
    }

    /// Adds the line of a witness that has not cosigned yet; the lines of others would only make the file grow.
    fn add_cosignature(&mut self, line: &str) -> Result<()> {
        if self.published {
            bail!("the result is published, and the closing checkpoint with it");
        }
        let source = FolderRecord::new(self.ballot_box.root());
        let mut checkpoint = read_checkpoint(&source, CLOSING_CHECKPOINT)?.context(NOT_CLOSED)?;
        let witnesses = witness_keys(self.ballot_box.manifest())?;
        let before = checkpoint.cosigned_by(&witnesses)?.len();
        checkpoint.add_cosignature(line.parse()?);
        if checkpoint.cosigned_by(&witnesses)?.len() == before {
            bail!("not a cosignature of a further witness that the manifest names");
        }
        self.ballot_box.add_cosignature(line)
    }

    /// The tally of the record up to the close.
    fn tally(&mut self) -> Result<&Verification> {
        if self.tally.is_none() {
            // What was appended in this run stands on the board before it is read again.
            self.ballot_box.commit()?;
            let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
            let bars = VerifierBars::new(self.console);
            let record = Record::read(self.ballot_box.root())?;
            let verification = verify(record.source(), &options, &|progress| bars.show(progress), &mut system_rng());
            if verification.tally.is_none() {
                bail!(NOT_CLOSED);
            }
            self.tally = Some(verification);
        }
        self.tally.as_ref().context(NOT_CLOSED)
    }
}

const NOT_CLOSED: &str = "the voting is not closed yet, or the record is damaged: `ballotta verify` says which";

fn outcome<'a>(file: &'a Path, added: Result<Option<u64>, &Error>) -> Outcome<'a> {
    let (entry, error) = match added {
        Ok(entry) => (entry, None),
        Err(error) => {
            let remedy = remedy_of(error).map(|remedy| format!("; remedy: {remedy}")).unwrap_or_default();
            (None, Some(format!("{}{remedy}", error_text(error))))
        }
    };
    Outcome { file, entry, error }
}

/// The trustees whose partial decryption a record has.
fn decrypted(record: &Record) -> Vec<u16> {
    let pointers = record.entries(EntryKind::PartialDecryption).filter_map(|(_, body)| Pointer::decode(body).ok());
    pointers.map(|pointer| pointer.author()).collect()
}

/// The messages of the key ceremony so far.
struct Ceremony {
    manifest: Manifest,
    parameters: CeremonyParameters,
    messages: Vec<Vec<u8>>,
}

impl Ceremony {
    fn of(record: &Record) -> Result<Self> {
        let manifest = record.manifest().clone();
        Ok(Self { manifest, parameters: record.parameters()?, messages: record.ceremony()? })
    }

    /// Checks that a message may be published after those that are on the board.
    fn check(&self, message: &[u8]) -> Result<()> {
        let checked = check_next_message(&self.parameters, &self.messages, message, &mut system_rng());
        checked.map_err(|error| match error {
            NextMessageError::TooEarly { trustee, kind, missing, absent } => Error::msg(format!(
                "the {kind} of {} comes too early: no {missing} of {}",
                trustees_named(&self.manifest, &[trustee]),
                trustees_named(&self.manifest, &absent)
            )),
            NextMessageError::AlreadyPublished { trustee, kind } => Error::msg(format!(
                "the {kind} of {} is on the board already",
                trustees_named(&self.manifest, &[trustee])
            )),
            NextMessageError::Ceremony(error) => with_names(&self.manifest, error),
            error => error.into(),
        })
    }
}
