//! The verb `trustee attend`: a trustee follows the board, and makes each of its messages when it is due.
//!
//! See `spec/command-line.md#attend`. What is made, shown, pinned and confirmed is that of the single verbs, in
//! [`crate::trustee`]. Nothing is kept in memory that another call would need: what was made is in the outbox, in the
//! state of the key, or on the board, so that the verb may be interrupted at any moment and called again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use ballotta::board::entry::{Entry, EntryKind};
use ballotta::board::tiles::TilePath;
use ballotta::board::timeline::Event;
use ballotta::decryption::{DecryptionError, PartialDecryption};
use ballotta::index::TrusteeIndex;
use ballotta::key_ceremony::{CeremonyError, CeremonyStep, TrusteeSeed};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Manifest;
use ballotta::merkle::{Frontier, PinnedHead, TreeHead};
use ballotta::record::{Bundle, CHECKPOINT, CLOSING_CHECKPOINT, ReadError, RecordError, read_file, read_head};
use ballotta::trustee::TrusteeError;
use ballotta::verifier::{Verdict, VerifyOptions};
use ballotta_io::{AnyRecord, Location, create_folders};
use serde_json::json;

use crate::console::{Console, News, Shown as _, counted, isolated};
use crate::failure::{ErrorContext as _, error_text, incompleteness, is_unread, not_complete, record_fault, refusal};
use crate::location::{first_manifest, located, opened};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{Record, Source as _, exists, read_manifest};
use crate::secrets::system_rng;
use crate::signing::{Confirmation, Pins, Summary};
use crate::trustee::{ClosedRecord, DECRYPTION, ManifestPin, TrusteeKey, ceremony_summary};
use crate::trustee_names::trustees_named;
use crate::verify::shown;

/// A sitting of a trustee.
#[derive(clap::Args, Debug)]
pub(crate) struct Attend {
    /// The record: its folder, or its address, which begins with `http://` or `https://`
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    #[command(flatten)]
    key: TrusteeKey,
    /// The folder for the files that you then send to the board
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// The end of the sitting [default: the ceremony until it is complete, then the decryption]
    #[arg(long, value_enum)]
    until: Option<Until>,
    /// Make what is due now, and wait for nobody: if somebody is awaited, the exit code is 3
    #[arg(long)]
    once: bool,
    /// The seconds between two looks at the board
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = parse_poll)]
    poll: Duration,
    #[command(flatten)]
    manifest: ManifestPin,
    #[command(flatten)]
    pins: Pins,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// The end of a sitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Until {
    /// All trustees have sent all messages of the key ceremony
    Ceremony,
    /// Enough trustees have decrypted
    Decryption,
}

impl Until {
    fn name(self) -> &'static str {
        match self {
            Self::Ceremony => "ceremony",
            Self::Decryption => "decryption",
        }
    }
}

/// Reads the seconds between two looks at a board.
pub(crate) fn parse_poll(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "expected a number of seconds from 0.1 to 3600".to_owned())
}

/// What a look at the board has found.
enum Found {
    /// Somebody is awaited, in words that continue "waiting for".
    Waiting(String),
    /// The work of this sitting is complete.
    Complete,
    /// The record cannot be read completely at the moment, or changes: this is no verdict.
    Unsettled(Error),
    /// Something in the record is wrong. A record that is being copied may be wrong for a moment.
    Damaged(Error),
}

impl Attend {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        create_folders(&self.out).with_context(|| format!("the folder {} cannot be made", self.out.shown()))?;
        let mut sitting = Sitting::begin(self, console)?;
        let mut damaged = false;
        loop {
            let found = sitting.look()?;
            // Nothing is signed either way, but what is still wrong at the next look is the verdict.
            let found = match found {
                Found::Damaged(error) if self.once || damaged => return Err(error),
                found => found,
            };
            damaged = matches!(found, Found::Damaged(_));
            match found {
                Found::Complete => return sitting.complete(),
                Found::Waiting(whom) if self.once => return sitting.incomplete(&whom),
                Found::Waiting(whom) => sitting.news.say(console, format!("Waiting for {whom}.")),
                Found::Unsettled(error) if self.once => {
                    return Err(error).remedy("call the command again: nothing was signed");
                }
                Found::Unsettled(error) => {
                    let error = error_text(&error);
                    sitting
                        .news
                        .say(console, format!("The record cannot be read completely at the moment: {error}\n{AGAIN}"));
                }
                Found::Damaged(error) => {
                    let error = error_text(&error);
                    sitting.news.say(console, format!("Something in the record is wrong: {error}\n{AGAIN}"));
                }
            }
            thread::sleep(self.poll);
        }
    }
}

/// The bytes of the two checkpoints of a record, if they are there. If they are the same, the board has not changed.
type Checkpoints = [Option<Vec<u8>>; 2];

struct Sitting<'a> {
    arguments: &'a Attend,
    console: Console,
    location: Location,
    manifest: Manifest,
    seed: TrusteeSeed,
    /// The trustee, counted from 1.
    index: u16,
    /// What was on the board when it was last read, and what was found.
    seen: Option<(Checkpoints, String)>,
    /// The head of the board as it was last read: a board that does not continue it shows two histories.
    head: Option<TreeHead>,
    /// The number of entries that were searched for the closing, once the key ceremony is complete.
    searched: Option<u64>,
    until: Option<Until>,
    /// The root of the key ceremony, after it is complete.
    root: Option<String>,
    made: Vec<PathBuf>,
    /// Lines about waiting, and all others that are said once.
    news: News,
    said: BTreeSet<String>,
}

impl<'a> Sitting<'a> {
    fn begin(arguments: &'a Attend, console: Console) -> Result<Self> {
        let location = located(&arguments.source)?;
        let manifest = first_manifest(&location, arguments.once, arguments.poll, console)?;
        arguments.manifest.check(&manifest)?;
        let key = &arguments.key;
        let seed = key.open()?;
        let index = seat(&manifest, &seed);
        let index =
            index.ok_or(TrusteeError::Ceremony(CeremonyError::NotATrustee)).or_else(|e| key.explain(&manifest, e))?;
        Summary::sitting(&trustees_named(&manifest, &[index]), &manifest)
            .manifest_hash(manifest.hash())
            .ceremony(&manifest)
            .show(console);
        console.say("All trustees must have the same hash of the manifest: compare it with another trustee, by voice.");
        key.warn_without_state(console)?;
        Ok(Self {
            arguments,
            console,
            location,
            manifest,
            seed,
            index,
            seen: None,
            head: None,
            searched: None,
            until: arguments.until,
            root: None,
            made: Vec::new(),
            news: News::default(),
            said: BTreeSet::new(),
        })
    }

    /// Says a line once in this sitting.
    fn say_once(&mut self, line: String) {
        if self.said.insert(line.clone()) {
            self.console.say(line);
        }
    }

    /// Looks at the board, and does what is due. If nothing has changed, only the two checkpoints are read.
    fn look(&mut self) -> Result<Found> {
        let found = match self.look_at(opened(&self.location)?) {
            Err(error) if is_unread(&error) => Found::Unsettled(error),
            // A file that is missing may be there when the record is copied completely.
            Err(error) if is_missing(&error) => Found::Unsettled(incompleteness(error_text(&error))),
            Err(error) if record_fault(&error).is_some() => Found::Damaged(error),
            found => found?,
        };
        if !matches!(found, Found::Waiting(_)) {
            self.seen = None;
        }
        Ok(found)
    }

    fn look_at(&mut self, source: AnyRecord) -> Result<Found> {
        let checkpoints = read_checkpoints(&source)?;
        if let Some((_, whom)) = self.seen.as_ref().filter(|(seen, _)| *seen == checkpoints) {
            return Ok(Found::Waiting(whom.clone()));
        }
        if let Some(searched) = self.searched {
            let size = read_head(&source, &self.manifest)?.size;
            if size >= searched && !has_entry(&source, &EntryKind::ENDS_OF_VOTING, searched, size)? {
                self.searched = Some(size);
                return Ok(self.waiting(checkpoints, CLOSE.to_owned()));
            }
        }
        let (record, decryptions) = self.read(source)?;
        let found = if self.root.is_none() { self.ceremony(&record)? } else { None };
        if let Some((index, cancellation)) = record.cancellation() {
            let reason = cancellation.reason();
            return refusal(format!("the organiser has cancelled the election (entry {index}): {}", isolated(reason)))
                .remedy("nothing to do: there is nothing to decrypt");
        }
        let found = match (found, record.window().closed) {
            (Some(found), _) => found,
            (None, Some(_)) => self.closing(record, decryptions)?,
            (None, None) => {
                self.searched = Some(record.head().size);
                self.say_once(
                    "Nothing is due before the close. You may interrupt this command, and run it again after the close."
                        .to_owned(),
                );
                Found::Waiting(CLOSE.to_owned())
            }
        };
        Ok(match found {
            Found::Waiting(whom) => self.waiting(checkpoints, whom),
            found => found,
        })
    }

    fn waiting(&mut self, checkpoints: Checkpoints, whom: String) -> Found {
        self.seen = Some((checkpoints, whom.clone()));
        Found::Waiting(whom)
    }

    /// Reads the whole board, which must continue the one of the pin and the one that was read before, and be that of
    /// the same manifest. Returns whether there are partial decryptions on it.
    fn read(&mut self, source: AnyRecord) -> Result<(Record<AnyRecord>, bool)> {
        let manifest = read_manifest(&source)?;
        if manifest.hash() != self.manifest.hash() {
            let (found, first) = (manifest.hash(), self.manifest.hash());
            return refusal(format!("the manifest has the hash {found} now, and had {first} before"))
                .remedy("do not sign: the record was changed, or replaced by that of another election");
        }
        let mut before = self.head.map(PinnedHead::new);
        let (mut entries, mut decryptions) = (Frontier::new(), false);
        let record = Record::visit(source, manifest, &self.arguments.pins.board, &mut |observed| {
            decryptions |= matches!(observed.event, Some(Event::PartialDecryption(_)));
            if let Some(before) = &mut before {
                entries.push(observed.leaf);
                before.compare(&entries);
            }
        })?;
        if let Some(before) = before.filter(|before| !before.is_continued()) {
            let (had, has) = (before.head().size, record.head().size);
            let problem = format!(
                "the board does not continue the one that was read before: it has {} now, and had {}",
                counted(has, "entry", "entries"),
                counted(had, "entry", "entries")
            );
            // An older copy is not another history.
            if has < had {
                return Err(RecordError::Changed { path: CHECKPOINT.to_owned() }).context(problem);
            }
            return refusal(problem).remedy(
                "sign nothing, keep this record as evidence, and ask everybody to stop: the board shows two histories",
            );
        }
        self.head = Some(record.head());
        Ok((record, decryptions))
    }

    /// Takes part in the key ceremony. Returns `None` if this sitting goes on after it.
    fn ceremony(&mut self, record: &Record<AnyRecord>) -> Result<Option<Found>> {
        let step = if record.window().opened.is_some() {
            // The opening fixes the keys: later messages have no effect.
            CeremonyStep::Complete
        } else {
            self.arguments.key.ceremony_step(TrusteeSeed::from_bytes(self.seed.expose_bytes()), record)?
        };
        match step {
            CeremonyStep::Due { kind, message } => {
                self.until.get_or_insert(Until::Ceremony);
                let name = kind.to_string();
                let name = name.split_once(' ').map_or(name.as_str(), |(first, _)| first);
                let path = self.path(name);
                let message = MessageFile::new(FileKind::CeremonyMessage, message);
                // Another sitting with this key writes the same file.
                let _lock = self.arguments.key.lock()?;
                if !self.is_there(&path, &message)? {
                    ceremony_summary(kind, &self.manifest).show(self.console);
                    message_file::write(&message, &path)?;
                }
                self.send(&path, &record.source);
                Ok(Some(Found::Waiting(format!("the board to add {}", path.shown()))))
            }
            CeremonyStep::Waiting { kind, absent } => {
                self.until.get_or_insert(Until::Ceremony);
                Ok(Some(Found::Waiting(format!("the {kind} of {}", trustees_named(&self.manifest, &absent)))))
            }
            _ => {
                let key = record.joint_key()?;
                self.root = Some(key.root().to_string());
                match self.until.get_or_insert(Until::Decryption) {
                    Until::Ceremony => Ok(Some(Found::Complete)),
                    Until::Decryption => Ok(None),
                }
            }
        }
    }

    /// Signs the statement and decrypts, as soon as each of them is allowed.
    fn closing(&mut self, record: Record<AnyRecord>, decryptions: bool) -> Result<Found> {
        if decryptions && let Some(found) = self.decrypted(&record)? {
            return Ok(found);
        }
        let (key, head) = (&self.arguments.key, record.head());
        let name = record.source.name();
        let seed = TrusteeSeed::from_bytes(self.seed.expose_bytes());
        let closed = key.verify_closed(key.lock()?, seed, record, &self.arguments.pins, self.console)?;
        let mut closed = match closed {
            Ok(closed) => closed,
            // Files that are missing, or cannot be read, may be there at the next look.
            Err(TrusteeError::InvalidRecord(report)) if report.verdict == Some(Verdict::NotComplete) => {
                return Ok(Found::Unsettled(incompleteness(shown(&report))));
            }
            Err(TrusteeError::InvalidRecord(report)) if report.verdict.is_none() => {
                return Ok(Found::Unsettled(anyhow!("{}", shown(&report))));
            }
            Err(error @ TrusteeError::InvalidRecord(_)) => {
                return key.explain(&self.manifest, error).map_or_else(|error| Ok(Found::Damaged(error)), Ok);
            }
            Err(error) => return key.explain(&self.manifest, error),
        };
        if closed.session().verification().head != Some(head) {
            return Ok(Found::Unsettled(Error::new(RecordError::Changed { path: CHECKPOINT.to_owned() })));
        }
        closed.without_effect().collect::<Vec<_>>().into_iter().for_each(|line| self.say_once(line));
        self.state(&mut closed, &name)?;
        self.decrypt(&closed, &name)
    }

    /// Makes the one statement, if this trustee has the right to make it and has not made it yet.
    fn state(&mut self, closed: &mut ClosedRecord<AnyRecord>, record: &str) -> Result<()> {
        let Attend { key, confirmation, .. } = self.arguments;
        let own = closed.session().own_statement(&mut system_rng());
        let statement = match own {
            Err(TrusteeError::NoRightToState) => {
                let state = key.state()?.path;
                let state = state.shown();
                self.say_once(format!(
                    "{state} is missing, so this trustee makes no statement. It decrypts after the statements of the \
                     others, or the witnesses, have closed the board."
                ));
                return Ok(());
            }
            Err(error) => return key.explain(&self.manifest, error),
            // It is made already. It may be on the board only, or in the state only.
            Ok(Some(_)) => closed.store_statement(key)?,
            Ok(None) => {
                let statement = closed.sign_closing(key, confirmation, self.console)?;
                let state = key.state()?.path;
                self.say_once(format!("It is stored in {}: keep this file next to the key.", state.shown()));
                statement
            }
        };
        let on_board = &closed.session().verification().statements;
        if on_board.iter().all(|other| other.trustee() != self.index) {
            let path = self.path("statement");
            let message = MessageFile::new(FileKind::ClosingStatement, statement.to_bytes());
            if !self.is_there(&path, &message)? {
                message_file::write(&message, &path)?;
            }
            self.send_to(&path, record);
        }
        Ok(())
    }

    /// Decrypts, if the closing rule is satisfied.
    fn decrypt(&mut self, closed: &ClosedRecord<AnyRecord>, record: &str) -> Result<Found> {
        let Attend { key, confirmation, .. } = self.arguments;
        let part = match closed.decrypt() {
            Ok(part) => part,
            Err(TrusteeError::Decryption(DecryptionError::TooFewStatements { found, needed, absent })) => {
                let more = counted((needed - found) as u64, "statement", "statements");
                let whom = trustees_named(&self.manifest, &absent);
                return Ok(Found::Waiting(format!("{more} of {whom} on the board")));
            }
            Err(TrusteeError::Decryption(DecryptionError::TooFewWitnesses { found, needed, absent })) => {
                let more = counted((needed - found) as u64, "cosignature", "cosignatures");
                return Ok(Found::Waiting(format!("{more} of {} on the board", witnesses(&self.manifest, &absent))));
            }
            Err(error) => return key.explain(&self.manifest, error),
        };
        let path = self.path("decryption");
        // Proofs are random, so a decryption that was made before is verified, and not made again.
        if exists(&path)? {
            let (context, tally) = closed.tally()?;
            let joint_key = closed.joint_key()?;
            let bytes = message_file::read_kind(&path, FileKind::PartialDecryption)?;
            let there = PartialDecryption::decode(&bytes);
            let there = there.ok().and_then(|there| there.verify(context, joint_key, tally, &mut system_rng()).ok());
            if there.is_none_or(|there| there.trustee() != self.index) {
                return other_content(&path);
            }
        } else {
            closed.confirm(DECRYPTION, confirmation, self.console)?;
            message_file::write(&MessageFile::new(FileKind::PartialDecryption, part.to_bytes()), &path)?;
        }
        self.send_to(&path, record);
        Ok(Found::Waiting(format!("the board to add {}", path.shown())))
    }

    /// Verifies the decryptions on the board. Returns `None` if this trustee still has to decrypt.
    fn decrypted(&mut self, record: &Record<AnyRecord>) -> Result<Option<Found>> {
        let verification = self.console.verify(&record.source, &VerifyOptions::default());
        let report = &verification.report;
        match report.verdict {
            Some(Verdict::DoesNotHold) => {
                let wrong = refusal(format!("{}\n\nNothing is signed or decrypted", shown(report)));
                return wrong.map_or_else(|error| Ok(Some(Found::Damaged(error))), Ok);
            }
            None => return Ok(Some(Found::Unsettled(anyhow!("{}", shown(report))))),
            Some(_) if verification.head != Some(record.head()) => {
                return Ok(Some(Found::Unsettled(Error::new(RecordError::Changed { path: CHECKPOINT.to_owned() }))));
            }
            Some(_) => {}
        }
        let Some(context) = verification.context.as_ref().filter(|_| verification.tally.is_some()) else {
            return Ok(Some(Found::Unsettled(incompleteness(shown(report)))));
        };
        self.arguments.pins.check_fingerprint(context.fingerprint())?;
        let has_decrypted = |trustee: u16| verification.decryptions.iter().any(|part| part.trustee() == trustee);
        let threshold = usize::from(self.manifest.trustees().threshold);
        if verification.totals.is_some() {
            return Ok(Some(Found::Complete));
        }
        if !has_decrypted(self.index) {
            return Ok(None);
        }
        let members = self.manifest.trustees().members.len();
        let missing: Vec<u16> = (1..).take(members).filter(|trustee| !has_decrypted(*trustee)).collect();
        let more = counted((threshold - verification.decryptions.len()) as u64, "decryption", "decryptions");
        Ok(Some(Found::Waiting(format!("{more} of {} on the board", trustees_named(&self.manifest, &missing)))))
    }

    /// The file in the outbox for a message with this name.
    fn path(&self, name: &str) -> PathBuf {
        self.arguments.out.join(format!("trustee-{}.{name}", self.index))
    }

    /// Whether the outbox has this message already. A file with this name and another content is refused.
    fn is_there(&self, path: &Path, message: &MessageFile) -> Result<bool> {
        if !exists(path)? {
            return Ok(false);
        }
        let there = message_file::read(path)?;
        if there.kind == message.kind && there.bytes == message.bytes { Ok(true) } else { other_content(path) }
    }

    fn send(&mut self, path: &Path, source: &AnyRecord) {
        self.send_to(path, &source.name());
    }

    /// Says to whom a file goes, and what that person types.
    fn send_to(&mut self, path: &Path, record: &str) {
        if !self.made.iter().any(|made| made == path) {
            self.made.push(path.to_path_buf());
        }
        let record = match self.location {
            Location::Folder(_) => record,
            _ => "RECORD",
        };
        let path = path.shown();
        self.say_once(format!(
            "Send {path} to the board, where somebody types: ballotta board add {record} --board-key KEY {path}"
        ));
    }

    /// The work is complete: says what comes next.
    fn complete(&self) -> Result<()> {
        let (console, manifest_hash) = (self.console, self.manifest.hash().to_string());
        let until = self.until.unwrap_or(Until::Decryption);
        let answer = json!({
            "sitting": until.name(), "complete": true, "waiting_for": null, "files": self.made,
            "manifest": manifest_hash, "ceremony_root": self.root,
        });
        match until {
            Until::Ceremony => {
                console.say(
                    "The key ceremony is complete. Keep a copy of the file `checkpoint` of the record during the voting. The \
                     next sitting is after the close: run this command with --fingerprint FINGERPRINT, as voters were \
                     given it, and --checkpoint FILE, the copy.\nAll trustees must have the same root of the key ceremony:",
                );
                console.answer(self.root.as_deref().context("the key ceremony has no root")?, &answer)
            }
            Until::Decryption => {
                console.say("Your work as a trustee is done. Keep the key until the result is accepted.");
                console.answer("enough trustees have decrypted: the board can publish the result", &answer)
            }
        }
    }

    /// Somebody is awaited, and this call waits for nobody.
    fn incomplete(&self, whom: &str) -> Result<()> {
        if self.console.is_json {
            let until = self.until.unwrap_or(Until::Decryption);
            self.console.json(&json!({
                "sitting": until.name(), "complete": false, "waiting_for": whom, "files": self.made,
                "manifest": self.manifest.hash().to_string(), "ceremony_root": self.root,
            }))?;
        }
        not_complete(format!("the sitting is not complete: waiting for {whom}"))
            .remedy("run the same command again later")
    }
}

/// What is said after a reading that failed.
const AGAIN: &str = "Nothing is signed, and the record is read again.";

const CLOSE: &str = "the organiser to close the voting";

/// The trustee of a manifest with this seed, counted from 1.
fn seat(manifest: &Manifest, seed: &TrusteeSeed) -> Option<u16> {
    let key = seed.signing_key();
    let mut members = TrusteeIndex::enumerate(&manifest.trustees().members);
    members.find(|(_, member)| member.key == *key.public()).map(|(index, _)| index.get())
}

fn read_checkpoints(source: &AnyRecord) -> Result<Checkpoints> {
    let bytes = |path: &str| match read_file(source, path, MAX_CHECKPOINT_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(RecordError::File { path: path.to_owned(), error }),
    };
    Ok([bytes(CHECKPOINT)?, bytes(CLOSING_CHECKPOINT)?])
}

/// Whether an entry of one of these kinds may be among the entries of a board from `first` on. Its signature is not checked here: only a board
/// that is read completely is believed.
pub(crate) fn has_entry(source: &AnyRecord, kinds: &[EntryKind], first: u64, size: u64) -> Result<bool> {
    let mut next = first;
    while let Some(path) = TilePath::bundle_of(next, size) {
        let begun = next;
        let bundle = Bundle::read(source, path).map_err(RecordError::from)?;
        for (index, bytes) in bundle.entries().map_err(RecordError::from)? {
            next = next.max(index + 1);
            if index >= first && Entry::decode(bytes).is_ok_and(|entry| kinds.contains(&entry.kind())) {
                return Ok(true);
            }
        }
        if next == begun {
            break;
        }
    }
    Ok(false)
}

fn is_missing(error: &Error) -> bool {
    matches!(record_fault(error), Some(RecordError::File { error: ReadError::Missing, .. }))
}

pub(crate) fn other_content<T>(path: &Path) -> Result<T> {
    refusal(format!("{} has another content than what is due", path.shown())).remedy(
        "if it is a file of another election, move it away or give another folder with --out; otherwise the board has \
         changed what it shows: sign nothing, and ask the others who watch it",
    )
}

/// Witnesses with their index and their name.
fn witnesses(manifest: &Manifest, indices: &[u16]) -> String {
    let members = &manifest.witnesses().members;
    let named = indices.iter().map(|&index| {
        let member = usize::from(index).checked_sub(1).and_then(|seat| members.get(seat));
        member.map_or(index.to_string(), |member| format!("{index} ({})", isolated(&member.name)))
    });
    let named: Vec<String> = named.collect();
    format!("{} {}", if named.len() == 1 { "witness" } else { "witnesses" }, named.join(", "))
}
