//! A record in one zip archive.
//!
//! See `spec/record.md#archive`.
//!
//! # Security
//!
//! An archive is read strictly: its directory is at its end, without a comment; every name appears once and is a path
//! below the record, and no two files share bytes. No file is inflated beyond its stated length, and a stated length
//! that deflate cannot reach is refused.

mod directory;
mod pack;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ballotta::record::{RecordSource, SourceError, long_file_limit};
use flate2::read::DeflateDecoder;

use self::directory::{Member, Method, read_directory};
pub use self::pack::pack;
use crate::folder::read_exact_at;

/// Why an archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The archive cannot be read or written.
    #[error("the archive cannot be read or written: {0}")]
    Io(io::Error),
    /// The archive does not end with the record of its directory.
    #[error("not a zip archive, or bytes follow its end")]
    NoDirectory,
    /// The directory ends too early, or does not agree with the rest of the archive.
    #[error("the directory of the archive cannot be read: {0}")]
    Directory(&'static str),
    /// The header in front of a file does not agree with the directory.
    #[error("the header of {0} does not agree with the directory of the archive")]
    Header(String),
    /// A name is not a path below the record.
    #[error("the archive names {0:?}, which is not a path of a record")]
    Name(String),
    /// Two files have the same name.
    #[error("the archive names {0} twice")]
    Duplicate(String),
    /// A file is encrypted, or compressed in another way than by deflate.
    #[error("{0}: only files that are stored or deflated can be read")]
    Method(String),
    /// The stated length of a file is above the limit for this file, or its packed bytes cannot contain so many bytes.
    #[error("{name}: {packed} packed bytes cannot contain a file of {length} bytes")]
    TooLong {
        /// The path of the file.
        name: String,
        /// The length that the directory states.
        length: u64,
        /// The number of packed bytes of the file.
        packed: u64,
    },
}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A record in a zip archive.
#[derive(Debug)]
pub struct ZipRecord {
    file: File,
    members: BTreeMap<String, Member>,
    /// The inflated roll and parts, by path, if they are deflated. They are kept, because the verifier reads them in many
    /// pieces.
    long: Mutex<BTreeMap<String, Arc<File>>>,
}

impl ZipRecord {
    /// Opens an archive and reads its directory.
    ///
    /// # Errors
    ///
    /// If the file breaks a rule for archives of records.
    pub fn open(path: &Path) -> Result<Self, ZipError> {
        Self::new(File::open(path)?)
    }

    /// Reads the directory of an archive that is already open.
    ///
    /// # Errors
    ///
    /// If the file breaks a rule for archives of records.
    pub fn new(file: File) -> Result<Self, ZipError> {
        let members = read_directory(&file)?;
        Ok(Self { file, members, long: Mutex::default() })
    }

    /// Inflates a file into `sink`.
    fn inflate(&self, member: &Member, sink: &mut dyn io::Write) -> io::Result<()> {
        let packed = Packed { file: &self.file, next: member.start, left: member.packed };
        let mut inflated = DeflateDecoder::new(packed).take(member.length + 1);
        let length = io::copy(&mut inflated, sink)?;
        if length == member.length { Ok(()) } else { Err(io::Error::other("the file does not have the stated length")) }
    }

    fn inflated(&self, path: &str, member: &Member) -> io::Result<Arc<File>> {
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = long.get(path) {
            return Ok(Arc::clone(file));
        }
        let mut file = tempfile::tempfile()?;
        self.inflate(member, &mut file)?;
        Ok(Arc::clone(long.entry(path.to_owned()).or_insert(Arc::new(file))))
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let member = self.members.get(path).ok_or(io::ErrorKind::NotFound)?;
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= member.length);
        end.ok_or(io::ErrorKind::UnexpectedEof)?;
        match member.method {
            Method::Stored => read_exact_at(&self.file, buffer, member.start + offset),
            Method::Deflated if long_file_limit(path).is_some() => {
                read_exact_at(&*self.inflated(path, member)?, buffer, offset)
            }
            Method::Deflated => {
                // Bounded by the directory: see `Member::longest`.
                let mut bytes = Vec::with_capacity(usize::try_from(member.length).unwrap_or(0));
                self.inflate(member, &mut bytes)?;
                let mut bytes = io::Cursor::new(bytes);
                bytes.set_position(offset);
                bytes.read_exact(buffer)
            }
        }
    }
}

/// The packed bytes of a file.
struct Packed<'a> {
    file: &'a File,
    next: u64,
    left: u64,
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(part) = buffer.get_mut(..length) else { return Ok(0) };
        read_exact_at(self.file, part, self.next)?;
        self.next += length as u64;
        self.left -= length as u64;
        Ok(length)
    }
}

impl RecordSource for ZipRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        Ok(self.members.get(path).map(|member| member.length))
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.read(path, offset, buffer).map_err(|error| crate::folder::source_error(path, error))
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(Some(self.members.keys().cloned().collect()))
    }
}

#[cfg(test)]
mod tests;
