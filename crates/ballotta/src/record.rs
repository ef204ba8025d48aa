//! The election record: everything that is published, as files.
//!
//! See `spec/record.md`.
//!
//! # Layout
//!
//! ```text
//! README.md            explains every file, and how to verify
//! manifest.json        the manifest
//! attachments/HASH     the attachments of the manifest, named by their SHA-256
//! ceremony/HASH        the messages of the key ceremony, named by their SHA-256
//! roll                 one line of text for each voter
//! parts/NUMBER         the parts of the credentials that one of several credential authorities made
//! tile/entries/..      the entries of the board (C2SP tlog-tiles)
//! checkpoint           the tree head, signed by the board (C2SP tlog-checkpoint)
//! closing-checkpoint   the tree head at the close, cosigned by witnesses, if the manifest requires it
//! decryption/HASH      the partial decryptions, named by their SHA-256
//! result/              result.json and pictures
//! SHA256SUMS           the hashes of the files that no other entry of the board names
//! ```
//!
//! # Examples
//!
//! A [`RecordSource`] is where the files of a record are. [`MemoryRecord`] is one in memory; the package `ballotta-io`
//! has sources for folders, archives and web servers.
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let files = test.open_board().record().files;
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::record::{MemoryRecord, PublishedBoard, read_manifest};
//! use getrandom::SysRng;
//!
//! // `files` is a map from paths to bytes.
//! let record = MemoryRecord { files };
//! let manifest = read_manifest(&record)?;
//! let board = PublishedBoard::read(&record, &manifest, &mut |_| (), &mut UnwrapErr(SysRng))?;
//! println!("{}: {} entries", manifest.title().get("en").unwrap_or_default(), board.timeline().head().size);
//! assert!(board.timeline().opening().is_some());
//! # Ok::<(), ballotta::record::RecordError>(())
//! ```

mod bound;
mod bundle;
mod files;
mod growth;
pub mod light;
mod parts;
mod published;
mod result;
mod roll;
mod tiled_log;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use bound::BoundFiles;
pub use bundle::{Bundle, BundleError, BundleProblem};
pub(crate) use bundle::{BundleIndex, KnownBundles};
pub use files::{FileList, FileListError, is_path};
pub use growth::{Added, Growth, Relation, Snapshot};
pub use parts::{PartsError, PartsFailure, SignedParts, VerifiedParts, verify_parts};
pub(crate) use published::read_context;
pub(crate) use published::read_own_checkpoint;
pub use published::{PublishedBoard, RecordError, read_checkpoint, read_head, read_manifest, read_signed_checkpoint};
pub use result::{
    ContestResult, OptionResult, PairsResult, QuorumResult, ResultDocument, ResultEncodingError, WithheldReason,
};
pub use roll::PublishedRoll;
pub use tiled_log::{TiledLog, TiledLogError};

use crate::board::entry::EntryKind;
use crate::contest::{Attachment, AttachmentError};
use crate::credential::{MAX_ROLL_BYTES, parts_file_bytes};
use crate::from_quoted;
use crate::hash::FileHash;
use crate::index::AuthorityIndex;
use crate::limits::{MAX_ATTACHMENT_BYTES, MAX_AUTHORITIES, MAX_MESSAGE_BYTES, MAX_VOTERS};

/// The path of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// The path of the roll.
pub const ROLL: &str = "roll";
/// The path of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The path of the checkpoint at the close, with the cosignatures of the witnesses.
pub const CLOSING_CHECKPOINT: &str = "closing-checkpoint";
/// The path of the hashes of the files that no other entry names.
pub const FILE_LIST: &str = "SHA256SUMS";
/// The path of the result.
pub const RESULT: &str = "result/result.json";
/// The path of the text that explains every file.
pub const README: &str = "README.md";

/// The path of the parts of the credentials that an authority made.
#[must_use]
pub fn parts_path(authority: AuthorityIndex) -> String {
    alloc::format!("parts/{}", authority.get())
}

/// The largest length of a file that is read in pieces and may be longer than any other: the roll, or the parts of an
/// authority. `None` for other files, which a source may read as a whole.
#[must_use]
pub fn long_file_limit(path: &str) -> Option<u64> {
    let of_authority = || (1..=MAX_AUTHORITIES as u16).filter_map(AuthorityIndex::new).any(|it| parts_path(it) == path);
    match path {
        ROLL => Some(MAX_ROLL_BYTES),
        _ if of_authority() => Some(parts_file_bytes(MAX_VOTERS)),
        _ => None,
    }
}

/// The path of the message of the key ceremony with this hash.
#[must_use]
pub fn ceremony_path(hash: &FileHash) -> String {
    alloc::format!("ceremony/{hash}")
}

/// The path of the partial decryption with this hash.
#[must_use]
pub fn decryption_path(hash: &FileHash) -> String {
    alloc::format!("decryption/{hash}")
}

/// The path of the file to which an entry of this kind points, and the largest length of the file in bytes; `None` if
/// entries of this kind point to no file.
pub(crate) fn pointed_file(kind: EntryKind, hash: &FileHash) -> Option<(String, usize)> {
    match kind {
        EntryKind::Ceremony => Some((ceremony_path(hash), MAX_MESSAGE_BYTES)),
        EntryKind::PartialDecryption => Some((decryption_path(hash), MAX_MESSAGE_BYTES)),
        EntryKind::Publication => Some((FILE_LIST.into(), FileList::MAX_BYTES)),
        _ => None,
    }
}

/// The error of a source that cannot be read, for example because the disk or the network fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SourceError {
    /// The path of the file.
    pub path: String,
    /// The reason, as a text for people.
    pub reason: String,
}

/// A place from which a record is read: a folder, an archive, a server, memory.
pub trait RecordSource: Sync {
    /// The length of a file in bytes; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError>;

    /// Fills `buffer` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or the file ends too early.
    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError>;

    /// The paths of all files; `None` if the source cannot list its files.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    fn list(&self) -> Result<Option<Vec<String>>, SourceError>;
}

impl<S: RecordSource + ?Sized> RecordSource for &S {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        (**self).length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        (**self).read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        (**self).list()
    }
}

/// Why a whole file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such file.
    #[error("the file is missing")]
    Missing,
    /// The file is longer than a file of its kind may be.
    #[error("the file has {length} bytes, more than {limit}")]
    TooLong {
        /// The length of the file in bytes.
        length: u64,
        /// The largest length that is allowed.
        limit: u64,
    },
    /// The source cannot be read.
    #[error("the file cannot be read: {0}")]
    Source(SourceError),
}

from_quoted!(ReadError::Source(SourceError));

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
///
/// If it is missing, too long, or cannot be read.
pub fn read_file(source: &dyn RecordSource, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
    let length = source.length(path)?.ok_or(ReadError::Missing)?;
    let size = usize::try_from(length).ok().filter(|size| *size <= limit);
    let size = size.ok_or(ReadError::TooLong { length, limit: limit as u64 })?;
    let mut bytes = alloc::vec![0; size];
    source.read_exact_at(path, 0, &mut bytes)?;
    Ok(bytes)
}

/// Reads an attachment of the manifest, and verifies it. `None` if the record does not have it.
///
/// # Errors
///
/// If the file cannot be read, or is not the one that the manifest names.
pub fn read_attachment(
    source: &dyn RecordSource,
    attachment: &Attachment,
) -> Result<Option<Vec<u8>>, ReadAttachmentError> {
    let bytes = match read_file(source, &attachment.path(), MAX_ATTACHMENT_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return Ok(None),
        Err(ReadError::TooLong { length, .. }) => {
            return Err(AttachmentError::Length { found: length, expected: attachment.length }.into());
        }
        Err(ReadError::Source(error)) => return Err(ReadAttachmentError::Source(error)),
    };
    attachment.verify(&bytes)?;
    Ok(Some(bytes))
}

/// Why an attachment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadAttachmentError {
    /// The file cannot be read.
    #[error("{0}")]
    Source(SourceError),
    /// The file is not the one that the manifest names.
    #[error(transparent)]
    Other(#[from] AttachmentError),
}

from_quoted!(ReadAttachmentError::Source(SourceError));

/// Reads a file of at most `limit` bytes in parts of at most a megabyte; `visit` gets each part, the number of bytes read
/// so far, and the length of the file.
pub(crate) fn read_parts(
    source: &dyn RecordSource,
    path: &str,
    limit: u64,
    mut visit: impl FnMut(&[u8], u64, u64),
) -> Result<(), ReadError> {
    const PART: usize = 1 << 20;
    let length = source.length(path)?.ok_or(ReadError::Missing)?;
    if length > limit {
        return Err(ReadError::TooLong { length, limit });
    }
    let mut part = Vec::new();
    let mut done = 0;
    while done < length {
        part.resize((length - done).min(PART as u64) as usize, 0);
        source.read_exact_at(path, done, &mut part)?;
        done += part.len() as u64;
        visit(&part, done, length);
    }
    Ok(())
}

/// A record whose files are in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryRecord {
    /// The bytes of each file, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl RecordSource for MemoryRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        Ok(self.files.get(path).map(|bytes| bytes.len() as u64))
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let part = usize::try_from(offset).ok().and_then(|start| {
            let end = start.checked_add(buffer.len())?;
            self.files.get(path)?.get(start..end)
        });
        match part {
            Some(part) => buffer.copy_from_slice(part),
            None => return Err(SourceError { path: path.to_string(), reason: "the file ends too early".to_string() }),
        }
        Ok(())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(Some(self.files.keys().cloned().collect()))
    }
}
