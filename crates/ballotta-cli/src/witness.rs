//! The verbs with which a witness cosigns checkpoints. The rules are those of [`ballotta::witness`].
//!
//! See `spec/command-line.md#witness`. `cosign` reads a whole record, `follow` looks at one again and again, and `serve`
//! answers boards that ask for a cosignature (C2SP tlog-witness).

mod ask;
mod evidence;
mod follow;
mod http;
mod serve;

use std::convert::Infallible;
use std::io;
use std::iter::zip;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, anyhow};
use ballotta::board::timeline::Observed;
use ballotta::manifest::Manifest;
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, PublishedBoard, RecordSource, read_checkpoint};
use ballotta::witness::{CheckpointReview, WitnessError, WitnessSession};
use serde_json::json;

pub(crate) use self::ask::AskWitness;
use self::evidence::keep_evidence;
pub(crate) use self::follow::Follow;
pub(crate) use self::serve::Serve;
use crate::clock::now;
use crate::console::{Console, Shown as _, counted};
use crate::failure::{ErrorContext as _, is_unread, refusal};
use crate::location;
use crate::message_file::{self, FileKind, MessageFile};
use crate::recognise::other_key;
use crate::record::{Record, lock, read_manifest};
use crate::secrets::{KeyFile, note_key, system_rng};
use crate::signing::{Pins, Summary};
use crate::state_file::StateFile;

/// A witness's cosignature of the closing checkpoint; before the close, of the checkpoint.
#[derive(clap::Args, Debug)]
pub(crate) struct Cosign {
    /// The record
    record: PathBuf,
    /// The secret key of the witness
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The new file, which you then send to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    pins: Pins,
}

impl Cosign {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let _lock = lock(&self.key)?;
        let source = location::open(&self.record)?;
        let manifest = read_manifest(&source)?;
        let mut session = session(&manifest, &self.key)?;
        let closing = read_checkpoint(&source, CLOSING_CHECKPOINT)?;
        let is_closed = closing.is_some();
        let path = if is_closed { CLOSING_CHECKPOINT } else { CHECKPOINT };
        let signed = match closing {
            Some(closing) => closing,
            None => read_checkpoint(&source, CHECKPOINT)?.context("the record has no checkpoint")?,
        };
        let mut review = session.review(&signed).or_else(|error| explain(&self.key, error).context(path))?;
        let (origin, head) = (review.checkpoint().origin().to_owned(), *review.checkpoint().head());
        let summary = Summary::new(format_args!("a cosignature of the {path}"), &manifest);
        let manifest_hash = *manifest.hash();
        let push = &mut |observed: &Observed<'_>| review.push(observed.leaf);
        let election = Record::visit(source, manifest, &self.pins.board, push)?.into_election();
        let summary = match election {
            Ok((_, election)) => {
                let fingerprint = election.context.fingerprint();
                self.pins.check_fingerprint(fingerprint)?;
                summary.fingerprint(fingerprint)
            }
            Err(error) if is_unread(&error) => return Err(error).context("what would be cosigned cannot be shown"),
            Err(error) if self.pins.fingerprint.is_some() => {
                return Err(error).refused().context("the fingerprint cannot be compared");
            }
            // A witness cosigns the history of a board, whatever is on it, also before there is a roll.
            Err(_) => summary.manifest_hash(&manifest_hash),
        };
        summary.origin(&origin).board(&head).show(console);
        let line = review.cosign(now()?).or_else(|error| explain(&self.key, error))?.to_string();
        message_file::write(&MessageFile::new(FileKind::Cosignature, line.clone().into_bytes()), &self.out)?;
        let (size, out) = (head.size, self.out.shown());
        let entries = counted(size, "entry", "entries");
        console.say(if is_closed {
            format!("Cosigned the {path} over {entries}. Send {out} to the board.")
        } else {
            format!(
                "Cosigned the {path} over {entries}. The voting is not closed: keep {out}, and cosign again after \
                 the close. The board takes only cosignatures of the {CLOSING_CHECKPOINT}."
            )
        });
        console.answer(&line, &json!({ "checkpoint": path, "size": size, "cosignature": line }))
    }
}

/// The cosignatures of the closing checkpoint by the witnesses whose keys are in these files. The board is read once.
pub(crate) fn cosign_closing(source: &impl RecordSource, manifest: &Manifest, keys: &[PathBuf]) -> Result<Vec<String>> {
    let closing = read_checkpoint(source, CLOSING_CHECKPOINT)?.context("the voting is not closed yet")?;
    let mut sessions = keys.iter().map(|key| session(manifest, key)).collect::<Result<Vec<_>>>()?;
    let reviews =
        zip(&mut sessions, keys).map(|(session, key)| session.review(&closing).or_else(|error| explain(key, error)));
    let mut reviews = reviews.collect::<Result<Vec<_>>>()?;
    push_entries(source, manifest, &mut reviews)?;
    let time = now()?;
    let line = |(review, key): (CheckpointReview<'_, _>, &PathBuf)| {
        Ok(review.cosign(time).or_else(|error| explain(key, error))?.to_string())
    };
    zip(reviews, keys).map(line).collect()
}

/// The session of the witness whose key is in a file.
fn session(manifest: &Manifest, key: &Path) -> Result<WitnessSession<StateFile>> {
    let seed = KeyFile::Note.read(key)?;
    match WitnessSession::new(manifest, &seed, StateFile::beside(key)?) {
        Err(WitnessError::NotAWitness) => {
            let problem = format!("{} is not the key of a witness that the manifest names", key.shown());
            refusal(problem).remedy(other_key(manifest, &note_key(key)?, "a witness"))
        }
        session => session.or_else(|error| explain(key, error)),
    }
}

/// Gives every entry of the board to the reviews of its checkpoints.
fn push_entries(
    source: &impl RecordSource,
    manifest: &Manifest,
    reviews: &mut [CheckpointReview<'_, StateFile>],
) -> Result<()> {
    let mut visit = |observed: &Observed<'_>| reviews.iter_mut().for_each(|review| review.push(observed.leaf));
    PublishedBoard::read(source, manifest, &mut visit, &mut system_rng()).refused().map(|_| ())
}

/// Fails with the error of a session, and names the files of the key and of its state.
fn explain<T>(key: &Path, error: WitnessError<io::Error>) -> Result<T> {
    Err(explained(key, error))
}

fn explained(key: &Path, error: WitnessError<io::Error>) -> Error {
    match in_words(key, error) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn in_words(key: &Path, error: WitnessError<io::Error>) -> Result<Infallible> {
    let file = StateFile::beside(key)?;
    let state = file.path.shown();
    match error {
        WitnessError::Load(error) => Err(error).with_context(|| format!("{state} cannot be read")),
        WitnessError::Store(error) => Err(error).with_context(|| format!("{state} cannot be written")),
        WitnessError::StateDamaged => {
            Err(anyhow!("{state} is damaged: restore it, because it records what the witness has cosigned"))
        }
        WitnessError::StateOfAnotherKey => {
            refusal(format!("{state} is the state of another key")).remedy("restore the file that belongs to this key")
        }
        error @ WitnessError::Kept(_) => Err(error).refused().remedy(
            "compare the hash of the manifest with the organiser: this is not the manifest with which the witness began",
        ),
        error @ WitnessError::GoesBack { .. } => {
            Err(error).refused().remedy("nothing to do: a witness never cosigns an older checkpoint")
        }
        WitnessError::OtherHistory { cosigned, evidence } => {
            let path = evidence.as_ref().map(|evidence| keep_evidence(&file.path, evidence)).transpose().refused()?;
            let remedy = match path {
                Some(path) => format!(
                    "make {} public: it has both checkpoints, with the signatures of the board, and anybody can verify it \
                     with `ballotta evidence verify`",
                    path.shown()
                ),
                None => "keep this record as evidence, and make it public".to_owned(),
            };
            Err(WitnessError::<Infallible>::OtherHistory { cosigned, evidence })
                .context("THE BOARD SHOWS TWO HISTORIES")
                .refused()
                .coded("two-histories")
                .remedy(remedy)
        }
        error => Err(error).refused(),
    }
}
