//! Adding files to the board: each file is checked, and then appended or refused with a reason.
//!
//! See `spec/command-line.md#board`. Entries that would make the record invalid for everybody are refused: a message of
//! the key ceremony that its author did not sign, a trustee's second decryption, a statement about another board.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail, ensure};
use ballotta::admission::EntryRefused;
use ballotta::board::board_key;
use ballotta::board::entry::EntryKind;
use ballotta::board::note::NoteKey;
use ballotta::board::receipt::SignedReceipt;
use ballotta::credential::{ROLL_FORMAT, RollRules, RollSignature, authority_of_parts_file, parts_file_bytes};
use ballotta::election::ElectionContext;
use ballotta::hash::{FileHash, Fingerprint};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyParameters, NextMessageError, check_next_message};
use ballotta::limits::{MAX_RECEIPT_BYTES, MAX_VOTERS};
use ballotta::manifest::Manifest;
use ballotta::record::{self, PublishedRoll, ROLL};
use ballotta::verifier::{Stage, Verification, VerifyOptions};
use ballotta_io::{BoardFolderError, FolderRecord, IndexError, create_folders, remove_part, sync_name, write_new};
use serde::Serialize;

use crate::ballot_box::{BallotBox, WithFile, warn_of_void_ballots};
use crate::clock;
use crate::console::{Console, Shown as _, counted, grouped, print};
use crate::failure::{ErrorContext as _, code_of, error_text, refusal, remedy_of};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{Record, board_signer, exists, lock_record, read_at_most, read_manifest};
use crate::restore::{BoundFile, Restorer};
use crate::secrets::system_rng;
use crate::state_file::begin_log;
use crate::trustee_names::{trustees_named, with_names};

/// Appends files that people sent to the board of a record.
#[derive(clap::Args, Debug)]
pub(crate) struct AddToBoard {
    /// The record
    record: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The folder for receipts: one file `TRACKER.receipt` for each ballot that is added, or was added before
    #[arg(long, value_name = "FOLDER")]
    receipts: Option<PathBuf>,
    /// The index of the ballots, a file that the board keeps for itself. Without this option, `RECORD.index` beside the
    /// record
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// The files that people sent, in the order in which they are added: messages of the key ceremony, the roll and its
    /// signatures with their parts, opening, ballots, changes of the roll, cut-off, closing, cancellation, statements, decryptions, cosignatures
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// The outcome of adding a file.
#[derive(Serialize)]
struct Outcome<'a> {
    file: &'a Path,
    /// The index of the entry; `None` for a cosignature, which is part of the closing checkpoint, and for the roll.
    entry: Option<u64>,
    /// Whether the entry was on the board before this file.
    was_there: bool,
    /// What was put into the record, if the file is the roll.
    roll: Option<RollAdded>,
    /// The credential authority whose parts the file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u16>,
    error: Option<String>,
    /// The library's name of the fault, if it has one.
    code: Option<&'static str>,
    /// The paths of the record at which this file was lost or damaged, and is written again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    restored: Vec<String>,
    /// The paths of the record that have this file, if it is no message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paths: Vec<String>,
    /// Whether the file is a ballot, for whose entry there is a receipt.
    #[serde(skip)]
    is_ballot: bool,
    /// The file with the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<PathBuf>,
}

/// Where a file was added.
enum Added {
    Entry(u64),
    /// The same was on the board before this file.
    Before(u64),
    ClosingCheckpoint {
        was_there: bool,
    },
    Roll(RollAdded),
    /// The parts of this authority go with its signature.
    Parts(u16),
    /// The record must have the file at these paths, and has it.
    InRecord(Vec<String>),
}

/// The roll that was put into the record.
#[derive(Serialize)]
struct RollAdded {
    voters: u64,
    weight: u64,
    fingerprint: String,
    /// The fingerprint in the form that people compare.
    written: String,
    /// Whether the record had this roll before.
    was_there: bool,
}

/// The largest number of ballots that are verified together.
const BATCH: usize = 4096;
/// What to do after a write that failed. A part of the files may be on the board.
const INTERRUPTED: &str =
    "mend the cause, and give the same files again: the command names those that are on the board";

impl AddToBoard {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let lock = lock_record(&self.record)?;
        let index = match &self.index {
            Some(index) => {
                // A file that is no index is replaced, so that a wrong name would cost a key.
                let is_named_so = index.extension().is_some_and(|extension| extension == "index");
                ensure!(is_named_so, "{}: the name of an index ends with .index", index.shown());
                index.clone()
            }
            None => index_beside(&self.record)?,
        };
        let manifest = read_manifest(&FolderRecord::new(&self.record))?;
        let signer = board_signer(&manifest, &self.board_key)?;
        begin_log(&manifest, &self.board_key, true)?;
        // Before the board is opened, which reads the files that were lost.
        let bound = Restorer::new(&self.record, manifest).restore_all(&self.files)?;
        let opened = BallotBox::open_indexed(&self.record, lock, index, |_| Ok(signer));
        if opened.is_err() {
            for (file, BoundFile { restored, .. }) in bound.iter().filter(|(_, bound)| !bound.restored.is_empty()) {
                console.say(format!("{}: {}", file.shown(), written_again(restored)));
            }
        }
        let ballot_box = opened?;
        ballot_box.warnings().iter().for_each(|warning| console.say(format!("warning: {warning}")));
        warn_of_void_ballots(console, ballot_box.void());
        if let Some(folder) = &self.receipts {
            // Before anything is added, because a promise that cannot be given is found out too late after it.
            create_folders(folder).with_context(|| format!("the folder {} cannot be made", folder.shown()))?;
        }
        let mut board = Board { ballot_box, files: &self.files, bound: &bound, ceremony: None, tally: None, console };
        let mut outcomes = Vec::with_capacity(self.files.len());
        let bar = console.bar("appending to the board", self.files.len() as u64);
        for files in self.files.chunks(BATCH) {
            board.add(files, &mut outcomes).remedy(INTERRUPTED)?;
            bar.inc(files.len() as u64);
        }
        board.ballot_box.commit().remedy(INTERRUPTED)?;
        let key = board_key(&board.ballot_box.manifest)?;
        // Only now, when the entries are on the disk and signed.
        for outcome in &mut outcomes {
            if let (Some(folder), Some(index), true) = (&self.receipts, outcome.entry, outcome.is_ballot) {
                outcome.receipt =
                    Some(write_receipt(folder, &board.ballot_box.receipt(index)?, &key).remedy(INTERRUPTED)?);
            }
        }
        if outcomes.len() > 1 {
            bar.finish();
        } else {
            drop(bar);
        }
        report(console, &outcomes)
    }
}

/// The file of the index of a record: `record.index` beside the folder `record`, whatever path leads to it.
fn index_beside(record: &Path) -> Result<PathBuf> {
    let folder = fs::canonicalize(record).with_context(|| format!("{} cannot be read", record.shown()))?;
    let name = folder.file_name().context("the record has no name, so that --index must say where the index is")?;
    let mut name = name.to_owned();
    name.push(".index");
    Ok(folder.with_file_name(name))
}

/// Writes a receipt, unless it is there already.
fn write_receipt(folder: &Path, receipt: &SignedReceipt, key: &NoteKey) -> Result<PathBuf> {
    let path = folder.join(receipt.file_name());
    let text = receipt.to_string();
    if exists(&path)? {
        let there = read_at_most(&path, MAX_RECEIPT_BYTES, "a receipt")?;
        if there != text.as_bytes() {
            return refuse_other_receipt(&path, &there, receipt, key);
        }
        remove_part(&path).with_context(|| format!("what is left beside {} cannot be removed", path.shown()))?;
        // The process that has written it may have ended before the disk had its name.
        sync_name(&path).with_context(|| format!("{} cannot be written", path.shown()))?;
    } else {
        write_new(&path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))?;
    }
    Ok(path)
}

/// Refuses to give a receipt where there is another file.
fn refuse_other_receipt<T>(path: &Path, there: &[u8], receipt: &SignedReceipt, key: &NoteKey) -> Result<T> {
    let other = SignedReceipt::parse(there).ok();
    match other.as_ref().and_then(|other| other.verify(key).ok()) {
        Some(other) => refusal(format!(
            "{} is a receipt of this board that promises the ballot as entry {}, and the board has it as entry {}: the board \
             has two histories, and both receipts together convict it",
            path.shown(),
            other.index(),
            receipt.unverified().index()
        ))
        .remedy("give no receipt to anybody, and find out which copy of the record people have seen"),
        None => bail!("{} has other content, and files are never overwritten", path.shown()),
    }
}

/// Says at which paths of the record a file was lost.
fn written_again(restored: &[String]) -> String {
    format!("was lost or damaged; written again as {}", restored.join(", "))
}

fn report(console: Console, outcomes: &[Outcome<'_>]) -> Result<()> {
    if console.is_json {
        console.json(&outcomes)?;
    } else {
        for Outcome { file, entry, was_there, roll, parts, error, receipt, restored, paths, .. } in outcomes {
            let file = file.shown();
            if !restored.is_empty() {
                print(format_args!("{file}: {}", written_again(restored)))?;
            }
            match (entry, roll, error) {
                (.., Some(error)) => print(format_args!("{file}: refused: {error}"))?,
                (Some(entry), ..) if *was_there => {
                    print(format_args!("{file}: on the board already, as entry {entry}"))?
                }
                (Some(entry), ..) => print(format_args!("{file}: entry {entry}"))?,
                (None, Some(RollAdded { voters, weight, written, was_there, .. }), None) => {
                    let voters = counted(*voters, "voter", "voters");
                    let weight = grouped(*weight);
                    let put =
                        if *was_there { "is the roll of the record already" } else { "is now the roll of the record" };
                    print(format_args!("{file}: {put}: {voters}, total weight {weight}, fingerprint {written}"))?;
                }
                (None, None, None) if let Some(authority) = parts => print(format_args!(
                    "{file}: the parts that the signature of credential authority {authority} names"
                ))?,
                (None, None, None) if !paths.is_empty() => {
                    if restored.is_empty() {
                        print(format_args!("{file}: in the record already, as {}", paths.join(", ")))?;
                    }
                }
                (None, None, None) if *was_there => {
                    print(format_args!("{file}: the closing checkpoint has it already"))?
                }
                (None, None, None) => print(format_args!("{file}: added to the closing checkpoint"))?,
            }
            if let Some(receipt) = receipt {
                print(format_args!("{file}: receipt {}", receipt.shown()))?;
            }
        }
    }
    match (outcomes.iter().filter(|outcome| outcome.error.is_some()).count(), outcomes.len()) {
        (0, _) => Ok(()),
        (_, 1) => {
            let refused = refusal("the file was refused");
            match outcomes.first().and_then(|outcome| outcome.code) {
                Some(code) => refused.coded(code),
                None => refused,
            }
        }
        (refused, files) => {
            refusal(format!("{refused} of {}", counted(files as u64, "file was refused", "files were refused")))
        }
    }
}

/// A board, and values that are computed from its record when they are first needed.
struct Board<'f> {
    ballot_box: BallotBox,
    /// All files of this call.
    files: &'f [PathBuf],
    /// Those that the record must have.
    bound: &'f BTreeMap<&'f Path, BoundFile>,
    ceremony: Option<Ceremony>,
    /// The verification of the record up to the close.
    tally: Option<Verification>,
    console: Console,
}

impl Board<'_> {
    /// Adds files in their order. Consecutive ballots are added together. Other files may be long, so only one of them
    /// is in memory at a time.
    fn add<'a>(&mut self, files: &'a [PathBuf], outcomes: &mut Vec<Outcome<'a>>) -> Result<()> {
        let mut run = Vec::new();
        for file in files {
            match Sent::read(file, &self.ballot_box.manifest) {
                Ok(Sent::Message(MessageFile { kind: FileKind::Ballot, bytes })) => run.push((file.as_path(), bytes)),
                other => {
                    self.add_ballots(&mut run, outcomes)?;
                    let added = match other {
                        // An interrupted call is repeated as it was.
                        Ok(Sent::Message(message)) => match self.repeated(&message)? {
                            Some(index) => Ok(Added::Before(index)),
                            None => self.add_one(&message),
                        },
                        Ok(Sent::Roll(roll)) => self.add_roll(&roll).map(Added::Roll),
                        Ok(Sent::Parts(parts)) => self.add_parts(&parts).map(Added::Parts),
                        Err(error) => Err(error),
                    };
                    let bound = self.bound.get(file.as_path());
                    // After a write that failed, nothing more is added and nothing is signed.
                    match added {
                        Err(error)
                            if error
                                .chain()
                                .any(|cause| cause.is::<BoardFolderError>() || cause.is::<IndexError>()) =>
                        {
                            return Err(error);
                        }
                        added => outcomes.push(match bound {
                            // Perhaps no message, or parts without their signature, and yet a file of the record.
                            Some(BoundFile { paths, restored }) => {
                                let added = added.or_else(|_| Ok(Added::InRecord(paths.clone())));
                                Outcome { restored: restored.clone(), ..outcome(file, added) }
                            }
                            None => outcome(file, added),
                        }),
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
        for ((file, ballot), entry) in files.into_iter().zip(&ballots).zip(admitted) {
            // A voter who got no answer sends the same ballot again, and so does an operator whose call was interrupted.
            let added = match entry {
                Ok(index) => Ok(Added::Entry(index)),
                Err(error) => match self.ballot_box.logged(ballot)? {
                    Some(index) => Ok(Added::Before(index)),
                    None => Err(error.into()),
                },
            };
            outcomes.push(Outcome { is_ballot: true, ..outcome(file, added) });
        }
        Ok(())
    }

    /// The position of the entry of a file that is not a ballot, if the board has it already.
    fn repeated(&self, MessageFile { kind, bytes }: &MessageFile) -> Result<Option<u64>> {
        let kind = match kind {
            FileKind::CeremonyMessage => EntryKind::Ceremony,
            FileKind::RollSignature => EntryKind::RollSignature,
            FileKind::Opening => EntryKind::Open,
            FileKind::Closing => EntryKind::Close,
            FileKind::RollChange => EntryKind::RollChange,
            FileKind::CutOff => EntryKind::CutOff,
            FileKind::Cancellation => EntryKind::Cancellation,
            FileKind::ClosingStatement => EntryKind::ClosingStatement,
            FileKind::PartialDecryption => EntryKind::PartialDecryption,
            FileKind::Ballot | FileKind::BallotOpening | FileKind::Cosignature | FileKind::RollChangeDraft => {
                return Ok(None);
            }
        };
        self.ballot_box.repeated(kind, bytes)
    }

    /// Adds a file that is not a ballot.
    fn add_one(&mut self, MessageFile { kind, bytes }: &MessageFile) -> Result<Added> {
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
            FileKind::RollSignature => {
                let parts = self.parts_of(bytes)?;
                self.ballot_box.add_roll_signature(bytes, parts.as_deref())?
            }
            FileKind::Opening => when(self.ballot_box.add_opening(bytes))?,
            FileKind::Closing => when(self.ballot_box.add_closing(bytes))?,
            FileKind::RollChange => self.ballot_box.add_roll_change(bytes)?,
            FileKind::CutOff => when(self.ballot_box.add_cut_off(bytes))?,
            FileKind::Cancellation => self.ballot_box.add_cancellation(bytes)?,
            FileKind::RollChangeDraft => {
                return refusal("not all credential authorities have signed this change of the roll")
                    .remedy("give it to the next authority, who runs `ballotta credentials approve`");
            }
            FileKind::ClosingStatement => {
                self.verify_closed()?;
                self.ballot_box.add_statement(bytes, self.tally.as_ref().context(NOT_CLOSED)?)?
            }
            FileKind::PartialDecryption => {
                self.verify_closed()?;
                let added = self.ballot_box.add_partial_decryption(bytes, self.tally.as_ref().context(NOT_CLOSED)?);
                added.or_else(|error| name_trustees(&self.ballot_box.manifest, error))?.0
            }
            FileKind::Cosignature => {
                let line = str::from_utf8(bytes).context("the cosignature is not text")?;
                let was_there = self.ballot_box.is_cosigned(line.trim_end())?;
                if !was_there {
                    self.ballot_box.add_cosignature(line.trim_end())?;
                }
                return Ok(Added::ClosingCheckpoint { was_there });
            }
            FileKind::BallotOpening => {
                bail!(
                    "an opened ballot shows a voter's choices, so it is not added to the board: give it only to the voter's second device"
                );
            }
            // `add_ballots` adds ballots.
            FileKind::Ballot => bail!("ballots are admitted together"),
        };
        Ok(Added::Entry(entry))
    }

    /// Puts a roll into the record. A credential authority must have signed it, in a file of the same call: nobody else
    /// can prevent the right roll by sending another one first.
    fn add_roll(&mut self, bytes: &[u8]) -> Result<RollAdded> {
        // The messages that were appended before must be on disk when the board is read again.
        self.ballot_box.commit()?;
        let root = self.ballot_box.source.root().to_path_buf();
        let there = root.join(ROLL);
        let was_there = exists(&there)?;
        if was_there && read_at_most(&there, longest_roll(&self.ballot_box.manifest), "a roll")? != bytes {
            return refusal("the record has another roll already").remedy(format!(
                "if no credential authority has signed that roll, and no code of it was handed out, remove {}",
                there.shown()
            ));
        }
        let record = Record::read(&root)?;
        let manifest = &record.manifest;
        let joint_key = record.joint_key()?;
        let source = WithFile { record: &record.source, path: ROLL, bytes };
        let roll = PublishedRoll::read(&source, manifest).refused()?;
        let context = ElectionContext::new(manifest.clone(), &joint_key, roll.hash()).refused()?;
        let fingerprint = context.fingerprint();
        if !was_there && !self.has_signature(manifest, fingerprint)? {
            return refusal("no credential authority has signed this roll in the files of this call")
                .remedy("add the roll and its signature together: `ballotta board add RECORD .. ROLL SIGNATURE`");
        }
        if !was_there {
            self.ballot_box.put_roll(bytes)?;
        }
        let (voters, weight) = (roll.totals().voters(), roll.totals().weight());
        Ok(RollAdded {
            voters,
            weight,
            fingerprint: fingerprint.to_string(),
            written: fingerprint.written(),
            was_there,
        })
    }

    /// Whether a file of this call is the signature of a credential authority for the roll of this fingerprint.
    fn has_signature(&self, manifest: &Manifest, fingerprint: &Fingerprint) -> Result<bool> {
        for file in self.files.iter().filter(|file| file.as_path() != Path::new("-")) {
            if let Ok(MessageFile { kind: FileKind::RollSignature, bytes }) = message_file::read_any(file)? {
                let signature = RollSignature::decode(&bytes).ok();
                if signature.is_some_and(|one| one.verify(manifest, fingerprint, &mut system_rng()).is_ok()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The file of parts that a signature names: one of this call, or that of the record.
    fn parts_of(&self, body: &[u8]) -> Result<Option<Vec<u8>>> {
        let signature = RollSignature::decode(body).ok();
        let Some((authority, hash)) =
            signature.and_then(|it| AuthorityIndex::new(it.authority()).zip(it.parts().copied()))
        else {
            return Ok(None);
        };
        let manifest = &self.ballot_box.manifest;
        for file in self.files.iter().filter(|file| file.as_path() != Path::new("-")) {
            if let Ok(Sent::Parts(parts)) = Sent::read(file, manifest)
                && FileHash::of(&parts) == hash
            {
                return Ok(Some(parts));
            }
        }
        // An interrupted call may have put them there.
        let there = self.ballot_box.source.root().join(record::parts_path(authority));
        if !exists(&there)? {
            return Ok(None);
        }
        let parts = read_at_most(&there, longest_parts(manifest), "a file of parts")?;
        Ok(Some(parts).filter(|parts| FileHash::of(parts) == hash))
    }

    /// Parts are put into the record with the signature that names them: of this call, or one that is on the board. Returns the
    /// number of their authority.
    fn add_parts(&mut self, bytes: &[u8]) -> Result<u16> {
        let hash = FileHash::of(bytes);
        for file in self.files.iter().filter(|file| file.as_path() != Path::new("-")) {
            if let Ok(MessageFile { kind: FileKind::RollSignature, bytes }) = message_file::read_any(file)?
                && let Ok(signature) = RollSignature::decode(&bytes)
                && signature.parts() == Some(&hash)
            {
                return Ok(signature.authority());
            }
        }
        refusal("no signature of a credential authority in the files of this call names these parts")
            .coded("bad-parts")
            .remedy("add the signature and the file `.parts` that was written beside it in one call")
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
fn name_trustees<T>(manifest: &Manifest, error: Error) -> Result<T> {
    match error.downcast_ref() {
        Some(refused @ EntryRefused::DecryptedAlready { trustee }) => {
            let whose = trustees_named(manifest, &[*trustee]);
            Err(Error::msg(format!("the partial decryption of {whose} is on the board already"))).coded(refused.code())
        }
        _ => Err(error),
    }
}

const NOT_CLOSED: &str = "the voting is not closed yet, or the record is damaged: `ballotta verify` says which";

/// The most bytes of a roll of this election.
fn longest_roll(manifest: &Manifest) -> usize {
    usize::try_from(RollRules::for_manifest(manifest).max_bytes()).unwrap_or(usize::MAX)
}

/// The most bytes of the parts of an authority of this election.
fn longest_parts(manifest: &Manifest) -> usize {
    usize::try_from(parts_file_bytes(manifest.weights().total.min(MAX_VOTERS))).unwrap_or(usize::MAX)
}

/// What a file contains that somebody sent to the board.
pub(crate) enum Sent {
    Message(MessageFile),
    Roll(Vec<u8>),
    /// The parts of one of several credential authorities.
    Parts(Vec<u8>),
}

impl Sent {
    /// Reads a file. What begins as a roll is one.
    pub(crate) fn read(path: &Path, manifest: &Manifest) -> Result<Self> {
        if path != Path::new("-") {
            let header = format!("{ROLL_FORMAT} ");
            let mut first = Vec::new();
            let read = message_file::open(path).and_then(|file| file.take(header.len() as u64).read_to_end(&mut first));
            read.with_context(|| format!("{} cannot be read", path.shown()))?;
            if first == header.as_bytes() {
                return read_at_most(path, longest_roll(manifest), "a roll").map(Self::Roll);
            }
            let length = fs::metadata(path).map(|file| file.len());
            let length = length.with_context(|| format!("{} cannot be read", path.shown()))?;
            if authority_of_parts_file(&first, length).is_some() {
                return read_at_most(path, longest_parts(manifest), "a file of parts").map(Self::Parts);
            }
        }
        message_file::read(path).map(Self::Message)
    }
}

fn outcome(file: &Path, added: Result<Added>) -> Outcome<'_> {
    let error = added.as_ref().err().map(|error| {
        let remedy = remedy_of(error).map(|remedy| format!("; remedy: {remedy}")).unwrap_or_default();
        format!("{}{remedy}", error_text(error))
    });
    let code = added.as_ref().err().and_then(code_of);
    let was_there =
        matches!(added, Ok(Added::Before(_) | Added::ClosingCheckpoint { was_there: true } | Added::InRecord(_)));
    let (entry, roll, parts, paths) = match added {
        Ok(Added::Entry(entry) | Added::Before(entry)) => (Some(entry), None, None, Vec::new()),
        Ok(Added::Roll(roll)) => (None, Some(roll), None, Vec::new()),
        Ok(Added::Parts(authority)) => (None, None, Some(authority), Vec::new()),
        Ok(Added::InRecord(paths)) => (None, None, None, paths),
        Ok(Added::ClosingCheckpoint { .. }) | Err(_) => (None, None, None, Vec::new()),
    };
    let restored = Vec::new();
    Outcome { file, entry, was_there, roll, parts, error, code, restored, paths, is_ballot: false, receipt: None }
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
        let code = checked.as_ref().err().map_or("", NextMessageError::code);
        let checked = checked.map_err(|error| match error {
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
        });
        checked.coded(code)
    }
}

/// Says from when on an entry that was signed in advance can be used.
fn when(added: Result<u64>) -> Result<u64> {
    added.or_else(|error| {
        let Some(EntryRefused::TooEarly { not_before, .. }) = error.downcast_ref() else { return Err(error) };
        let time = clock::written(*not_before);
        Err(error).refused().with_context(|| format!("it cannot be used before {time}")).remedy("add it then")
    })
}
