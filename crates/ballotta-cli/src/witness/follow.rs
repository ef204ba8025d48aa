//! The verb `witness follow`: a witness looks at a board again and again, and cosigns its checkpoints.
//!
//! See `spec/command-line.md#follow`. Nothing is kept in memory that another call would need: what was cosigned is in the
//! state of the key and in the outbox, so that the verb may be interrupted at any moment and called again.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use ballotta::board::entry::EntryKind;
use ballotta::board::note::{NoteKey, SignedCheckpoint};
use ballotta::board::tiles::bundle_paths;
use ballotta::board::{board_key, board_origin};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Manifest;
use ballotta::merkle::{TreeHead, leaf_hash};
use ballotta::record::{
    Bundle, CHECKPOINT, CLOSING_CHECKPOINT, PublishedBoard, ReadError, RecordError, TiledLog, TiledLogError,
    read_signed_checkpoint,
};
use ballotta::witness::{WitnessError, WitnessSession};
use ballotta_io::{AnyRecord, Location, create_folders, write_atomically};
use serde_json::json;

use super::{explain, explained, session};
use crate::attend::{has_entry, other_content, parse_poll};
use crate::clock::now;
use crate::console::{Console, News, Shown as _, counted};
use crate::failure::{ErrorContext as _, error_text, incompleteness, not_complete};
use crate::location::{first_manifest, located, opened};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{exists, lock, read_at_most};
use crate::secrets::system_rng;
use crate::signing::Summary;
use crate::state_file::StateFile;
use crate::trustee::ManifestPin;

/// A witness that follows a board.
#[derive(clap::Args, Debug)]
pub(crate) struct Follow {
    /// The record: its folder, or its address, which begins with `http://` or `https://`
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// The secret key of the witness
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The folder for the cosignatures, one of which you then send to the board
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// Look once; with --until-closed, the exit code is 3 if the voting is neither closed nor cancelled
    #[arg(long)]
    once: bool,
    /// End after the closing checkpoint is cosigned, or the checkpoint of a cancelled election
    #[arg(long)]
    until_closed: bool,
    /// The seconds between two looks at the board
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = parse_poll)]
    poll: Duration,
    #[command(flatten)]
    manifest: ManifestPin,
}

/// What a look at the board has found.
enum Found {
    /// Everything is cosigned that the board shows.
    Cosigned { end: Option<End> },
    /// Nothing is cosigned now. The record is read again.
    Unsettled(Error),
}

/// What has ended the voting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Closing,
    Cancellation,
}

impl Follow {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        create_folders(&self.out).with_context(|| format!("the folder {} cannot be made", self.out.shown()))?;
        let mut follower = Follower::begin(self, console)?;
        loop {
            match follower.look()? {
                Found::Cosigned { end: Some(end) } if self.until_closed => {
                    console.say(match end {
                        End::Closing => "The closing checkpoint is cosigned: the work of this witness is done.",
                        End::Cancellation => {
                            "The organiser has cancelled the election: the work of this witness is done."
                        }
                    });
                    return Ok(());
                }
                Found::Cosigned { end: None } if self.once && self.until_closed => {
                    return not_complete("the voting is neither closed nor cancelled")
                        .remedy("run the same command again later");
                }
                Found::Cosigned { .. } if self.once => return Ok(()),
                Found::Cosigned { .. } => follower.news.forget(),
                Found::Unsettled(error) if self.once => return Err(error),
                Found::Unsettled(error) => follower.news.say(console, format!("{}. {AGAIN}", error_text(&error))),
            }
            thread::sleep(self.poll);
        }
    }
}

/// What is said after a look that found nothing to cosign.
const AGAIN: &str = "Nothing is cosigned, and the record is read again.";

struct Follower<'a> {
    arguments: &'a Follow,
    console: Console,
    location: Location,
    manifest: Manifest,
    board: NoteKey,
    witness: NoteKey,
    /// The number of the witness in the manifest, counted from 1.
    number: usize,
    /// The checkpoints of the last look that left nothing to do, and what has ended the voting.
    seen: Option<(Checkpoints, Option<End>)>,
    news: News,
}

/// The checkpoint, and the closing checkpoint if there is one.
type Checkpoints = (SignedCheckpoint, Option<SignedCheckpoint>);

impl<'a> Follower<'a> {
    fn begin(arguments: &'a Follow, console: Console) -> Result<Self> {
        let location = located(&arguments.source)?;
        let manifest = first_manifest(&location, arguments.once, arguments.poll, console)?;
        arguments.manifest.check(&manifest)?;
        let witness = session(&manifest, &arguments.key)?.key().clone();
        let number = manifest.witnesses().members.iter().position(|member| member.key.as_bytes() == witness.as_bytes());
        let number = number.context("the manifest does not name this witness")? + 1;
        Summary::new("cosignatures of the checkpoints of a board", &manifest)
            .manifest_hash(manifest.hash())
            .origin(&board_origin(&manifest))
            .show(console);
        let board = board_key(&manifest)?;
        Ok(Self { arguments, console, location, manifest, board, witness, number, seen: None, news: News::default() })
    }

    /// Looks at the board, and cosigns what is new. An error ends the verb: the board shows two histories, or the state or
    /// the outbox cannot be used.
    fn look(&mut self) -> Result<Found> {
        let source = opened(&self.location)?;
        let (signed, closing) = match self.checkpoints(&source) {
            Ok(checkpoints) => checkpoints,
            Err(error) => return Ok(Found::Unsettled(error)),
        };
        if let Some((seen, end)) = &self.seen
            && *seen == (signed.clone(), closing.clone())
        {
            return Ok(Found::Cosigned { end: *end });
        }
        // The closing checkpoint is first: whoever has cosigned a later one cannot cosign it any more.
        if let Some(closing) = &closing
            && !self.has_cosigned_closing(closing)?
            && let Some(error) = self.cosign(&source, closing, &signed, CLOSING_CHECKPOINT)?
        {
            return Ok(Found::Unsettled(error));
        }
        let is_closed = closing.is_some();
        let end = match (is_closed, self.arguments.until_closed) {
            (true, _) => Some(End::Closing),
            (false, true) => match self.is_cancelled(&source, &signed)? {
                Ok(is_cancelled) => is_cancelled.then_some(End::Cancellation),
                Err(error) => return Ok(Found::Unsettled(error)),
            },
            (false, false) => None,
        };
        if !(is_closed && self.arguments.until_closed) {
            if end.is_none()
                && let Some(error) = self.awaits_closing_checkpoint(&source, &signed)?
            {
                return Ok(Found::Unsettled(error));
            }
            if !self.has_cosigned(&signed)?
                && let Some(error) = self.cosign(&source, &signed, &signed, CHECKPOINT)?
            {
                return Ok(Found::Unsettled(error));
            }
        }
        self.seen = Some(((signed, closing), end));
        Ok(Found::Cosigned { end })
    }

    /// Reads the two checkpoints, which the board has signed. The closing checkpoint is read last, so that a checkpoint of a
    /// board that went on after the close is never read without it.
    fn checkpoints(&self, source: &AnyRecord) -> Result<Checkpoints> {
        let missing = || RecordError::File { path: CHECKPOINT.to_owned(), error: ReadError::Missing };
        let (signed, _) = read_signed_checkpoint(source, CHECKPOINT, &self.manifest)?.ok_or_else(missing)?;
        let closing = read_signed_checkpoint(source, CLOSING_CHECKPOINT, &self.manifest)?;
        Ok((signed, closing.map(|(closing, _)| closing)))
    }

    fn head(&self, signed: &SignedCheckpoint) -> Result<TreeHead> {
        Ok(*signed.verify(&self.board)?.head())
    }

    /// The session of this witness, and the head that it has cosigned last. The caller must lock the key.
    fn session(&self) -> Result<(WitnessSession<StateFile>, Option<TreeHead>)> {
        let key = &self.arguments.key;
        let session = session(&self.manifest, key)?;
        let kept = session.kept().or_else(|error| explain(key, error))?;
        let kept = kept.map(|kept| self.head(&kept)).transpose()?;
        Ok((session, kept))
    }

    /// Whether the organiser has cancelled the election: then there is never a closing checkpoint. If an entry says so, the whole
    /// board is read, since not every cancellation has an effect. It is looked for among the new entries and at the last one that
    /// was cosigned: a board appends nothing after it, and this verb may have been interrupted after that cosignature.
    fn is_cancelled(&self, source: &AnyRecord, signed: &SignedCheckpoint) -> Result<Result<bool, Error>> {
        let first = self.cosigned_size()?.saturating_sub(1);
        Ok(match has_entry(source, &[EntryKind::Cancellation], first, self.head(signed)?.size) {
            Ok(true) => PublishedBoard::read(source, &self.manifest, &mut |_| (), &mut system_rng())
                .map(|board| board.timeline().cancellation().is_some())
                .map_err(Error::from),
            found => found,
        })
    }

    /// The number of entries that this witness has cosigned.
    fn cosigned_size(&self) -> Result<u64> {
        let _lock = lock(&self.arguments.key)?;
        Ok(self.session()?.1.map_or(0, |kept| kept.size))
    }

    /// If the new entries have a closing, nothing is cosigned before the closing checkpoint is there: a cosignature of a
    /// later checkpoint would exclude one of the closing checkpoint. A server may still say that there is none.
    fn awaits_closing_checkpoint(&self, source: &AnyRecord, signed: &SignedCheckpoint) -> Result<Option<Error>> {
        let kept = self.cosigned_size()?;
        let size = self.head(signed)?.size;
        Ok(match has_entry(source, &[EntryKind::Close], kept, size) {
            _ if size <= kept => None,
            Ok(false) => None,
            Ok(true) => Some(incompleteness("the voting is closed, and the closing checkpoint is missing")),
            Err(error) => Some(error),
        })
    }

    /// Cosigns a checkpoint, and writes the cosignature to the outbox. `newest` is the checkpoint whose tiles the record
    /// has. Returns what is wrong for the moment, if nothing is cosigned.
    fn cosign(
        &mut self,
        source: &AnyRecord,
        signed: &SignedCheckpoint,
        newest: &SignedCheckpoint,
        path: &'static str,
    ) -> Result<Option<Error>> {
        let key = &self.arguments.key;
        // Another process with this key uses the same state.
        let _lock = lock(key)?;
        if path == CLOSING_CHECKPOINT && self.has_cosigned_closing(signed)? {
            return Ok(None);
        }
        let (mut session, kept) = self.session()?;
        let (head, newest) = (self.head(signed)?, self.head(newest)?);
        let newest = if newest.size < head.size { head } else { newest };
        let proof = match kept {
            Some(kept) if kept.size < head.size => {
                TiledLog::new(source, newest).consistency_between(&kept, &head).map(Some)
            }
            _ => Ok(Some(Vec::new())),
        };
        let proof = match proof {
            Err(TiledLogError::File { path, error: error @ ReadError::Source(_) }) => {
                return Ok(Some(RecordError::File { path, error }.into()));
            }
            Err(error) => {
                self.console.say(format!("The tiles prove nothing ({error}): all entries are read."));
                None
            }
            Ok(proof) => proof,
        };
        let cosigned = match proof {
            Some(proof) => session.cosign(signed, &proof, now()?),
            None => {
                let mut review = session.review(signed).or_else(|error| explain(key, error))?;
                for bundle in bundle_paths(newest.size) {
                    let bundle = match Bundle::read(source, bundle) {
                        Ok(bundle) => bundle,
                        Err(error) => return Ok(Some(RecordError::from(error).into())),
                    };
                    match bundle.entries() {
                        Ok(entries) => entries.for_each(|(_, entry)| review.push(leaf_hash(entry))),
                        Err(error) => return Ok(Some(RecordError::from(error).into())),
                    }
                }
                review.cosign(now()?)
            }
        };
        match cosigned {
            Ok(line) => self.keep(signed, &line.to_string(), path).map(|()| None),
            // A copy of the record may be older, or damaged. The closing checkpoint is never another one.
            Err(error @ WitnessError::GoesBack { .. }) if path == CHECKPOINT => Ok(Some(explained(key, error))),
            Err(error @ (WitnessError::NotOnBoard { .. } | WitnessError::Proof { .. })) => {
                Ok(Some(explained(key, error)))
            }
            Err(error) => explain(key, error),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.arguments.out.join(format!("witness-{}.{name}", self.number))
    }

    /// Writes a cosignature to the outbox, and says to whom it goes.
    fn keep(&self, signed: &SignedCheckpoint, line: &str, path: &'static str) -> Result<()> {
        let size = self.head(signed)?.size;
        let entries = counted(size, "entry", "entries");
        let file = if path == CLOSING_CHECKPOINT {
            let file = self.path("cosignature");
            message_file::write(&MessageFile::new(FileKind::Cosignature, line.as_bytes().to_vec()), &file)?;
            let (record, shown) = (if self.is_web() { "RECORD".to_owned() } else { self.name() }, file.shown());
            self.console.say(format!(
                "Cosigned the {path} over {entries}. Send {shown} to the board, where somebody types: ballotta board add \
                 {record} --board-key KEY {shown}"
            ));
            file
        } else {
            let file = self.path("checkpoint");
            let mut cosigned = signed.without_cosignatures(&self.board)?;
            cosigned.add_cosignature(line.parse()?);
            let written = write_atomically(&file, cosigned.to_string().as_bytes());
            written.with_context(|| format!("{} cannot be written", file.shown()))?;
            self.console.say(format!("Cosigned the {path} over {entries}: {}", file.shown()));
            file
        };
        let origin = signed.claimed_origin();
        let event = json!({
            "event": "cosigned", "checkpoint": path, "origin": origin, "size": size, "cosignature": line, "file": file,
        });
        self.console.event(line, &event)
    }

    fn is_web(&self) -> bool {
        self.location.is_on_a_server()
    }

    fn name(&self) -> String {
        self.arguments.source.shown()
    }

    /// Whether the outbox has the cosignature of the closing checkpoint. A file with this name and another content is
    /// refused.
    fn has_cosigned_closing(&self, closing: &SignedCheckpoint) -> Result<bool> {
        let path = self.path("cosignature");
        if !exists(&path)? {
            return Ok(false);
        }
        let bytes = message_file::read_kind(&path, FileKind::Cosignature)?;
        let line = str::from_utf8(&bytes).ok().and_then(|line| line.trim_end().parse().ok());
        let mut cosigned = closing.without_cosignatures(&self.board)?;
        line.into_iter().for_each(|line| cosigned.add_cosignature(line));
        if self.is_cosigned(&cosigned) { Ok(true) } else { other_content(&path) }
    }

    /// Whether the outbox has the cosignature of this checkpoint. A file with this name that is not a checkpoint of this
    /// board is refused.
    fn has_cosigned(&self, signed: &SignedCheckpoint) -> Result<bool> {
        let path = self.path("checkpoint");
        if !exists(&path)? {
            return Ok(false);
        }
        let there = self.read_cosigned(&path)?;
        Ok(self.head(&there)? == self.head(signed)?)
    }

    fn read_cosigned(&self, path: &Path) -> Result<SignedCheckpoint> {
        let bytes = read_at_most(path, MAX_CHECKPOINT_BYTES, "a checkpoint")?;
        let there = SignedCheckpoint::parse(&bytes).ok();
        match there.filter(|there| there.verify(&self.board).is_ok() && self.is_cosigned(there)) {
            Some(there) => Ok(there),
            None => Err(anyhow!("{} is not a checkpoint of this board with this witness's cosignature", path.shown()))
                .refused()
                .remedy("move it away, or give another folder with --out"),
        }
    }

    fn is_cosigned(&self, signed: &SignedCheckpoint) -> bool {
        signed.cosigned_by(std::slice::from_ref(&self.witness)).is_ok_and(|witnesses| !witnesses.is_empty())
    }
}
