//! The board of a record, read once in its order and compared with the head that it signed. The verifier has a reader
//! of its own, which reports failures and goes on.

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::bundle::{Bundle, BundleError, BundleIndex, BundleProblem};
use super::{
    CHECKPOINT, MANIFEST, PublishedRoll, ROLL, ReadError, RecordSource, SignedParts, SourceError, TiledLogError,
    ceremony_path, read_file,
};
use crate::board::board_key;
use crate::board::entry::Pointer;
use crate::board::note::{NoteError, SignedCheckpoint};
use crate::board::signed_entries::SignedEntries;
use crate::board::tiles::bundle_paths;
use crate::board::timeline::{Event, Observed, Timeline};
use crate::credential::{RollChange, RollLookupError, RollRefused, RollSignature};
use crate::election::{ElectionContext, ElectionError};
use crate::encoding::DecodeError;
use crate::from_quoted;
use crate::hash::{Fingerprint, TreeHash};
use crate::index::AuthorityIndex;
use crate::key_ceremony::{CeremonyError, CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_ENTRIES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES, MAX_POINTERS};
use crate::manifest::{Manifest, ManifestErrors};
use crate::merkle::TreeHead;

/// A part of a record cannot be read, or does not fit the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A file is missing, too long, or cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The path of the file.
        path: String,
        /// The reason why the file cannot be read.
        error: ReadError,
    },
    /// A checkpoint cannot be read, or the board did not sign it.
    #[error("{path}: {error}")]
    Checkpoint {
        /// The path of the file.
        path: &'static str,
        /// The reason why the checkpoint is refused.
        error: NoteError,
    },
    /// A bundle of entries cannot be read.
    #[error(transparent)]
    Bundle(BundleError),
    /// An entry of the board cannot be read.
    #[error("entry {index} of the board cannot be read: {error}")]
    Entry {
        /// The position of the entry on the board.
        index: u64,
        /// The reason why the entry cannot be decoded.
        error: DecodeError,
    },
    /// The board has more entries than [`MAX_ENTRIES`].
    #[error("the board has {size} entries, more than a board may have")]
    TooManyEntries {
        /// The number of entries of the board.
        size: u64,
    },
    /// The entries are not those that the board signed.
    #[error("the entries have the root {found}, but the board signed {signed}")]
    RootMismatch {
        /// The root of the entries.
        found: TreeHash,
        /// The root of the checkpoint.
        signed: TreeHash,
    },
    /// The content of a file does not match its entry on the board.
    #[error("{path}: the content of the file does not match its entry on the board")]
    OtherFile {
        /// The path of the file.
        path: String,
    },
    /// A file has changed since it was read first.
    #[error("{path}: the file changed while it was read")]
    Changed {
        /// The path of the file.
        path: String,
    },
    /// The manifest breaks its rules.
    #[error("the manifest is not valid: {0}")]
    Manifest(ManifestErrors),
    /// The roll breaks a rule.
    #[error("the roll is not valid: {0}")]
    Roll(RollRefused),
    /// The key ceremony is not complete, or a message of it is invalid.
    #[error("the key ceremony: {0}")]
    Ceremony(CeremonyError),
    /// Manifest, ceremony and roll do not belong together.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// A file for [light clients](super::light) cannot be read.
    #[error("{path}: {error}")]
    Light {
        /// The path of the file.
        path: &'static str,
        /// The reason why the file cannot be decoded.
        error: DecodeError,
    },
    /// What was read is not shown to be on the log.
    #[error(transparent)]
    Proof(TiledLogError),
}

from_quoted!(RecordError::Ceremony(CeremonyError));
from_quoted!(RecordError::Manifest(ManifestErrors));
from_quoted!(RecordError::Roll(RollRefused));

impl RecordError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { error: ReadError::Missing, .. } => "missing-file",
            Self::File { .. } => "unreadable-file",
            Self::Checkpoint { .. } => "bad-checkpoint",
            Self::Changed { .. } => "record-changed",
            Self::Bundle(_) | Self::Entry { .. } | Self::TooManyEntries { .. } => "bad-entries",
            Self::RootMismatch { .. } => "bad-root",
            Self::OtherFile { .. } => "other-file",
            Self::Manifest(_) => "bad-manifest",
            Self::Roll(_) => "bad-roll",
            Self::Ceremony(_) => "bad-ceremony",
            Self::Election(_) => "other-election",
            Self::Light { .. } => "bad-light-file",
            Self::Proof(_) => "bad-proof",
        }
    }

    /// The file that is at fault, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File { path, .. } | Self::OtherFile { path } | Self::Changed { path } => Some(path),
            Self::Light { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The error of a file that cannot be read.
    pub(crate) fn file(path: &str) -> impl FnOnce(ReadError) -> Self + '_ {
        |error| Self::File { path: path.into(), error }
    }
}

impl From<TiledLogError> for RecordError {
    fn from(error: TiledLogError) -> Self {
        match error {
            // What cannot be read shows nothing.
            TiledLogError::File { path, error } => Self::File { path, error },
            error => Self::Proof(error),
        }
    }
}

impl From<BundleError> for RecordError {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError { path, problem: BundleProblem::Read(error) } => Self::File { path, error },
            BundleError { path, problem: BundleProblem::Changed } => Self::Changed { path },
            error => Self::Bundle(error),
        }
    }
}

impl From<RollLookupError<SourceError>> for RecordError {
    fn from(error: RollLookupError<SourceError>) -> Self {
        match error {
            RollLookupError::Source(error) => Self::File { path: error.path.clone(), error: error.into() },
            RollLookupError::Changed { .. } => Self::Changed { path: ROLL.into() },
        }
    }
}

/// Reads the manifest of a record.
///
/// # Errors
///
/// `File` or `Manifest`.
pub fn read_manifest(source: &dyn RecordSource) -> Result<Manifest, RecordError> {
    let bytes = read_file(source, MANIFEST, MAX_MANIFEST_BYTES).map_err(RecordError::file(MANIFEST))?;
    Ok(Manifest::parse(&bytes)?)
}

/// Verifies the messages of the key ceremony and reads the roll, which give the context of the election.
pub(crate) fn read_context<R: CryptoRng>(
    source: &dyn RecordSource,
    manifest: Manifest,
    messages: &[Vec<u8>],
    rng: &mut R,
) -> Result<(ElectionContext, PublishedRoll), RecordError> {
    let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT)?;
    let joint_key = JointKey::verify(&parameters, messages, rng)?;
    let roll = PublishedRoll::read(source, &manifest)?;
    let context = ElectionContext::new(manifest, &joint_key, roll.hash())?;
    Ok((context, roll))
}

/// Reads the head of the board that an election's checkpoint signs.
///
/// # Errors
///
/// `File`, `Checkpoint` or `TooManyEntries`.
pub fn read_head(source: &dyn RecordSource, manifest: &Manifest) -> Result<TreeHead, RecordError> {
    Ok(read_own_checkpoint(source, manifest)?.1)
}

/// Reads the current checkpoint that the board of an election has signed, which must be there, and its head.
pub(crate) fn read_own_checkpoint(
    source: &dyn RecordSource,
    manifest: &Manifest,
) -> Result<(SignedCheckpoint, TreeHead), RecordError> {
    let missing = || RecordError::file(CHECKPOINT)(ReadError::Missing);
    read_signed_checkpoint(source, CHECKPOINT, manifest)?.ok_or_else(missing)
}

/// Reads a checkpoint that the board of an election has signed, and its head. Cosignatures are not verified. Returns `None`
/// if there is no such file.
///
/// # Errors
///
/// `File`, `Checkpoint` or `TooManyEntries`.
pub fn read_signed_checkpoint(
    source: &dyn RecordSource,
    path: &'static str,
    manifest: &Manifest,
) -> Result<Option<(SignedCheckpoint, TreeHead)>, RecordError> {
    let Some(signed) = read_checkpoint(source, path)? else { return Ok(None) };
    let head = board_key(manifest).and_then(|key| signed.verify(&key).map(|checkpoint| *checkpoint.head()));
    match head.map_err(|error| RecordError::Checkpoint { path, error })? {
        head if head.size > MAX_ENTRIES => Err(RecordError::TooManyEntries { size: head.size }),
        head => Ok(Some((signed, head))),
    }
}

/// Reads the checkpoint in a file, with its signatures, which are not verified yet. Returns `None` if there is no such
/// file.
///
/// # Errors
///
/// `File` if the file cannot be read, `Checkpoint` if it is not a checkpoint in canonical form.
pub fn read_checkpoint(source: &dyn RecordSource, path: &'static str) -> Result<Option<SignedCheckpoint>, RecordError> {
    match read_file(source, path, MAX_CHECKPOINT_BYTES) {
        Ok(bytes) => SignedCheckpoint::parse(&bytes).map(Some).map_err(|error| RecordError::Checkpoint { path, error }),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(RecordError::file(path)(error)),
    }
}

/// A board that was read once, and whose entries have the head that it signed.
pub struct PublishedBoard {
    checkpoint: SignedCheckpoint,
    timeline: Timeline,
    /// The messages of the key ceremony before the opening, each once.
    ceremony: Vec<Pointer>,
    /// The signatures of the roll before the opening that are valid for the fingerprint that they name.
    pub(super) roll_signatures: SignedEntries<RollSignature>,
    /// The changes of the roll that are valid by themselves, with their positions.
    changes: Vec<(u64, RollChange)>,
    bundles: BundleIndex,
}

/// A function that is called with each ballot and its position on the board.
type Visit<'a, E> = dyn FnMut(u64, &[u8]) -> Result<(), E> + 'a;

impl PublishedBoard {
    /// Reads the board of a record, and shows every entry to `visit`.
    ///
    /// # Errors
    ///
    /// [`RecordError`]: checkpoint or entries cannot be read, or do not belong together.
    pub fn read<R: CryptoRng>(
        source: &dyn RecordSource,
        manifest: &Manifest,
        visit: &mut dyn FnMut(&Observed<'_>),
        rng: &mut R,
    ) -> Result<Self, RecordError> {
        let (checkpoint, head) = read_own_checkpoint(source, manifest)?;
        let mut board = Self {
            checkpoint,
            timeline: Timeline::new(manifest),
            ceremony: Vec::new(),
            roll_signatures: SignedEntries::new(),
            changes: Vec::new(),
            bundles: BundleIndex { size: head.size, hashes: Vec::new() },
        };
        let (mut pointers, most_messages) = (0, manifest.trustees().ceremony_messages());
        for path in bundle_paths(head.size) {
            let bundle = Bundle::read(source, path)?;
            for (_, bytes) in bundle.entries()? {
                // An entry that cannot be read has no effect. Clients treat it in the same way.
                let observed = board.timeline.push(bytes, rng);
                match &observed.event {
                    Some(Event::CeremonyMessage(pointer)) => {
                        pointers += 1;
                        if pointers <= MAX_POINTERS
                            && board.ceremony.len() < most_messages
                            && board.ceremony.iter().all(|earlier| earlier.hash() != pointer.hash())
                        {
                            board.ceremony.push(*pointer);
                        }
                    }
                    Some(Event::RollSignature(signature)) => {
                        let is_signed = signature.verify(manifest, signature.fingerprint(), rng).is_ok();
                        let (authority, signature) = (signature.authority(), signature.as_ref().clone());
                        board.roll_signatures.add(observed.index, authority, signature, is_signed);
                    }
                    Some(Event::RollChange(change)) => board.changes.push((observed.index, change.as_ref().clone())),
                    _ => {}
                }
                visit(&observed);
            }
            board.bundles.hashes.push(bundle.hash());
        }
        match board.timeline.head().root {
            root if root == head.root => Ok(board),
            found => Err(RecordError::RootMismatch { found, signed: head.root }),
        }
    }

    /// The checkpoint with which the board has signed its head. Cosignatures are not verified.
    #[must_use]
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// The state of the election.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The changes of the roll that are valid by themselves, with their positions, in the order of the board. Which of them have
    /// an effect depends on the ballots before them.
    #[must_use]
    pub fn changes(&self) -> &[(u64, RollChange)] {
        &self.changes
    }

    /// Reads the messages of the key ceremony, in the order of the board.
    ///
    /// # Errors
    ///
    /// `File`, or `OtherFile` if the content of a file does not match its entry.
    pub fn ceremony_messages(&self, source: &dyn RecordSource) -> Result<Vec<Vec<u8>>, RecordError> {
        let messages = self.ceremony.iter().map(|pointer| {
            let path = ceremony_path(pointer.hash());
            let bytes = read_file(source, &path, MAX_MESSAGE_BYTES).map_err(RecordError::file(&path))?;
            pointer.verify_file(&bytes).map_err(|_| RecordError::OtherFile { path })?;
            Ok(bytes)
        });
        messages.collect()
    }

    /// The first credential authority that did not sign the roll before the opening, counted from 1. `None` if all did,
    /// or if the voting is not opened yet.
    pub fn missing_roll_signature<R: CryptoRng>(&self, context: &ElectionContext, rng: &mut R) -> Option<u16> {
        self.timeline.opening()?;
        let is_valid =
            |signature: &&RollSignature| signature.verify(context.manifest(), context.fingerprint(), rng).is_ok();
        let signed: Vec<u16> = self.roll_signatures.signed().filter(is_valid).map(RollSignature::authority).collect();
        (1..).take(context.manifest().credential_authorities().len()).find(|authority| !signed.contains(authority))
    }

    /// The files of parts that several credential authorities have signed before the opening, each as its authority signed it
    /// first for the election with this fingerprint.
    pub fn signed_parts<R: CryptoRng>(
        &self,
        manifest: &Manifest,
        fingerprint: &Fingerprint,
        rng: &mut R,
    ) -> Vec<SignedParts> {
        let mut files: Vec<SignedParts> = Vec::new();
        for signature in self.roll_signatures.signed() {
            let authority = AuthorityIndex::new(signature.authority());
            let (Some(authority), Some(hash)) = (authority, signature.parts().copied()) else { continue };
            let is_first = files.iter().all(|file| file.authority != authority);
            if is_first && signature.verify(manifest, fingerprint, rng).is_ok() {
                files.push(SignedParts { authority, hash });
            }
        }
        files
    }

    /// Reads the ballots again, the last one first: a ballot depends only on ballots before it.
    pub(crate) fn ballots_backwards<E: From<RecordError>>(
        &self,
        source: &dyn RecordSource,
        visit: &mut Visit<'_, E>,
    ) -> Result<(), E> {
        for bundle in (0..self.bundles.len()).rev() {
            let bundle = self.bundles.read(source, bundle).map_err(RecordError::from)?;
            for (index, ballot) in bundle.ballots().map_err(RecordError::from)?.rev() {
                visit(index, ballot)?;
            }
        }
        Ok(())
    }

    /// Reads the entries of a bundle of 256 again, with their positions on the board; none after the last bundle.
    ///
    /// # Errors
    ///
    /// If the record cannot be read, or has changed since it was read first.
    pub fn entries(&self, source: &dyn RecordSource, bundle: u64) -> Result<Vec<(u64, Vec<u8>)>, RecordError> {
        if bundle >= self.bundles.len() {
            return Ok(Vec::new());
        }
        let bundle = self.bundles.read(source, bundle)?;
        Ok(bundle.entries()?.map(|(index, bytes)| (index, bytes.to_vec())).collect())
    }
}
