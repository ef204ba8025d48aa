//! The files that a record must have with certain bytes: who has a copy of one that is lost can give it back.
//!
//! See `spec/record.md#lost-files`.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    CHECKPOINT, FILE_LIST, FileList, MANIFEST, PublishedBoard, PublishedRoll, ROLL, ReadAttachmentError, ReadError,
    RecordError, RecordSource, SignedParts, SourceError, long_file_limit, parts_path, pointed_file, read_attachment,
    read_file,
};
use crate::board::entry::{EntryKind, Pointer};
use crate::board::tiles::TilePath;
use crate::board::timeline::Event;
use crate::credential::{ROLL_FORMAT, RollReader, RollRules};
use crate::election::ElectionContext;
use crate::hash::{FileHash, Fingerprint, RollHash};
use crate::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_MESSAGE_BYTES, MAX_POINTERS};
use crate::manifest::Manifest;

/// The files of a record whose bytes its manifest or its board names: messages of the key ceremony, roll, parts, partial
/// decryptions, the list of files and what it lists, attachments.
///
/// The manifest, the checkpoint and the entries are not among them: nothing names the bytes that they must have.
pub struct BoundFiles {
    manifest: Manifest,
    board: PublishedBoard,
    /// The files to which entries point, each once.
    pointers: Vec<(EntryKind, Pointer)>,
}

impl BoundFiles {
    /// Reads the board of a record. Other files may be lost.
    ///
    /// # Errors
    ///
    /// [`RecordError`]: checkpoint or entries cannot be read, or do not belong together.
    pub fn read<R: CryptoRng>(source: &dyn RecordSource, manifest: Manifest, rng: &mut R) -> Result<Self, RecordError> {
        let mut pointers: Vec<(EntryKind, Pointer)> = Vec::new();
        let mut visit = |observed: &crate::board::timeline::Observed<'_>| {
            let named = match &observed.event {
                Some(Event::CeremonyMessage(pointer)) => (EntryKind::Ceremony, *pointer),
                Some(Event::PartialDecryption(pointer)) => (EntryKind::PartialDecryption, *pointer),
                Some(Event::Publication(pointer)) => (EntryKind::Publication, *pointer),
                _ => return,
            };
            let is_new = |(kind, pointer): &(EntryKind, Pointer)| *kind != named.0 || pointer.hash() != named.1.hash();
            if pointers.len() < MAX_POINTERS && pointers.iter().all(is_new) {
                pointers.push(named);
            }
        };
        let board = PublishedBoard::read(source, &manifest, &mut visit, rng)?;
        Ok(Self { manifest, board, pointers })
    }

    /// The paths at which the record must have a file with these bytes; none if nothing names them. `source` is the record,
    /// from which files are read that name others.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    pub fn paths_of<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        bytes: &[u8],
        rng: &mut R,
    ) -> Result<Vec<String>, SourceError> {
        let mut paths = BTreeSet::new();
        let pointed = self.pointers.iter().filter(|(_, pointer)| pointer.verify_file(bytes).is_ok());
        paths.extend(pointed.filter_map(|(kind, pointer)| pointed_file(*kind, pointer.hash())).map(|(path, _)| path));
        let attachments = self.manifest.all_attachments().filter(|attachment| attachment.verify(bytes).is_ok());
        paths.extend(attachments.map(|attachment| attachment.path()));
        let hash = FileHash::of(bytes);
        paths.extend(self.listed(source)?.into_iter().filter(|(_, listed)| *listed == hash).map(|(path, _)| path));
        let parts = self.parts(source, rng)?.into_iter().filter(|parts| parts.hash == hash);
        paths.extend(parts.map(|parts| parts_path(parts.authority)));
        if bytes.starts_with(ROLL_FORMAT.as_bytes()) {
            let mut reader = RollReader::new(RollRules::for_manifest(&self.manifest));
            reader.feed(bytes, &mut |_| ());
            // A roll that breaks a rule is no roll that anybody has signed.
            if let Ok(roll) = reader.finish(&mut |_| ())
                && self.is_signed(source, roll.hash(), rng)?
            {
                paths.insert(ROLL.into());
            }
        }
        Ok(paths.into_iter().collect())
    }

    /// The paths of the files that are missing, or have other bytes than those that are named, in ascending order. An
    /// attachment may be missing. The list of files must be there to find what it lists, and the messages of the key
    /// ceremony to find the parts and a roll with other lines.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    pub fn lost<R: CryptoRng>(&self, source: &dyn RecordSource, rng: &mut R) -> Result<Vec<String>, SourceError> {
        let mut lost = BTreeSet::new();
        for (path, limit) in self.pointers.iter().filter_map(|(kind, file)| pointed_file(*kind, file.hash())) {
            // Several entries may name one list of files.
            let bytes = read(source, &path, limit)?;
            let of_path = |(kind, file): &&(EntryKind, Pointer)| {
                pointed_file(*kind, file.hash()).is_some_and(|(other, _)| other == path)
            };
            let is_named = |bytes: Vec<u8>| {
                self.pointers.iter().filter(of_path).any(|(_, pointer)| pointer.verify_file(&bytes).is_ok())
            };
            if !bytes.is_some_and(is_named) {
                lost.insert(path);
            }
        }
        for attachment in self.manifest.all_attachments() {
            match read_attachment(source, attachment) {
                Ok(_) => {}
                Err(ReadAttachmentError::Source(error)) => return Err(error),
                Err(ReadAttachmentError::Other(_)) => drop(lost.insert(attachment.path())),
            }
        }
        let parts = self.parts(source, rng)?.into_iter().map(|parts| (parts_path(parts.authority), parts.hash));
        for (path, hash) in self.listed(source)?.into_iter().chain(parts) {
            let limit = long_file_limit(&path).and_then(|limit| usize::try_from(limit).ok());
            let bytes = read(source, &path, limit.unwrap_or(MAX_MESSAGE_BYTES))?;
            if bytes.is_none_or(|bytes| FileHash::of(&bytes) != hash) {
                lost.insert(path);
            }
        }
        if self.board.roll_signatures.signed().next().is_some() {
            let is_there = match there(PublishedRoll::read(source, &self.manifest))? {
                // Without the messages of the key ceremony, nothing shows that it is another one.
                Some(roll) => self.joint_key(source, rng)?.is_none() || self.is_signed(source, roll.hash(), rng)?,
                None => false,
            };
            if !is_there {
                lost.insert(ROLL.into());
            }
        }
        Ok(lost.into_iter().collect())
    }

    /// The files that the list of files names, as far as nothing else says what they are; none if an entry names no such
    /// list.
    fn listed(&self, source: &dyn RecordSource) -> Result<Vec<(String, FileHash)>, SourceError> {
        let bytes = read(source, FILE_LIST, FileList::MAX_BYTES)?;
        let of_list = self.pointers.iter().filter(|(kind, _)| *kind == EntryKind::Publication);
        let is_named = |bytes: &Vec<u8>| of_list.clone().any(|(_, pointer)| pointer.verify_file(bytes).is_ok());
        let list = bytes.filter(is_named).and_then(|bytes| FileList::parse(&bytes).ok());
        let listed = list.iter().flat_map(FileList::iter);
        // A list that names these is wrong, and nobody may replace them by an older copy.
        let is_other =
            |path: &str| ![MANIFEST, ROLL, CHECKPOINT, FILE_LIST].contains(&path) && path.parse::<TilePath>().is_err();
        Ok(listed.filter(|(path, _)| is_other(path)).map(|(path, hash)| (path.into(), *hash)).collect())
    }

    /// The joint key; `None` if messages of the key ceremony are lost, or it is not complete.
    fn joint_key<R: CryptoRng>(&self, source: &dyn RecordSource, rng: &mut R) -> Result<Option<JointKey>, SourceError> {
        let messages = there(self.board.ceremony_messages(source))?;
        Ok(messages.and_then(|messages| {
            let parameters = CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT).ok()?;
            JointKey::verify(&parameters, &messages, rng).ok()
        }))
    }

    fn fingerprint<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        roll: &RollHash,
        rng: &mut R,
    ) -> Result<Option<Fingerprint>, SourceError> {
        let joint_key = self.joint_key(source, rng)?;
        let context = joint_key.and_then(|key| ElectionContext::new(self.manifest.clone(), &key, roll).ok());
        Ok(context.map(|context| *context.fingerprint()))
    }

    /// Whether the opening, or before it a credential authority, has signed this roll.
    fn is_signed<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        roll: &RollHash,
        rng: &mut R,
    ) -> Result<bool, SourceError> {
        let Some(fingerprint) = self.fingerprint(source, roll, rng)? else { return Ok(false) };
        Ok(match self.board.timeline().opening() {
            Some((_, opening)) => *opening.fingerprint() == fingerprint,
            None => self.board.roll_signatures.signed().any(|signature| *signature.fingerprint() == fingerprint),
        })
    }

    /// The files of parts that the authorities have signed; none if it is not known for which election.
    fn parts<R: CryptoRng>(&self, source: &dyn RecordSource, rng: &mut R) -> Result<Vec<SignedParts>, SourceError> {
        if !self.manifest.has_parts() {
            return Ok(Vec::new());
        }
        let fingerprint = match self.board.timeline().opening() {
            Some((_, opening)) => Some(*opening.fingerprint()),
            None => match there(PublishedRoll::read(source, &self.manifest))? {
                Some(roll) => self.fingerprint(source, roll.hash(), rng)?,
                None => None,
            },
        };
        let signed = |fingerprint| self.board.signed_parts(&self.manifest, &fingerprint, rng);
        Ok(fingerprint.map_or_else(Vec::new, signed))
    }
}

/// What was read; `None` if a file is missing or is not what it must be.
fn there<T>(read: Result<T, RecordError>) -> Result<Option<T>, SourceError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(RecordError::File { error: ReadError::Source(error), .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The bytes of a file; `None` if it is missing or too long.
fn read(source: &dyn RecordSource, path: &str, limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
    match read_file(source, path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Source(error)) => Err(error),
        Err(ReadError::Missing | ReadError::TooLong { .. }) => Ok(None),
    }
}
