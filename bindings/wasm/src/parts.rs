//! A record of which parts are fetched when they are needed.
//!
//! A reading fails at the first part that is not there, and notes what it needs. JavaScript fetches that and calls again, so
//! that the library, which waits for nothing, reads from a server.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use ballotta::limits::MAX_MANIFEST_BYTES;
use ballotta::record::light::{CLOSE, HEADS};
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, RecordSource, SourceError};
use ballotta::voter::light::FIRST_PARTS;
use serde::Serialize;
use spin::Mutex;

/// A part of a file that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    path: String,
    offset: u64,
    /// The number of bytes; the whole file, if there is none.
    length: Option<u64>,
    /// A file with more bytes than this is not read.
    limit: u64,
}

/// What is known of a file.
enum Known {
    Absent,
    Whole(Vec<u8>),
    Parts(Vec<(u64, Vec<u8>)>),
}

/// The parts that were fetched, and those that are needed.
#[derive(Default)]
pub(crate) struct Parts {
    files: BTreeMap<String, Known>,
    wanted: Mutex<Vec<Part>>,
}

impl Parts {
    /// A record of which nothing was fetched yet.
    pub(crate) fn new() -> Self {
        let parts = Self::default();
        for (path, length) in FIRST_PARTS {
            parts.want(path, 0, length);
        }
        parts
    }

    /// Forgets what changes as a board grows; or everything, after something could not be read. What a path of a tile names
    /// never changes, and the lengths of entries are only appended.
    pub(crate) fn forget(&mut self, everything: bool) {
        let changes = |path: &str| [CHECKPOINT, CLOSING_CHECKPOINT, CLOSE, HEADS].contains(&path);
        self.files.retain(|path, file| !everything && !changes(path) && !matches!(file, Known::Absent));
        let mut first = Self::new().take_wanted();
        first.retain(|part| !self.files.contains_key(&part.path));
        *self.wanted.lock() = first;
    }

    /// The parts that are needed, which are then forgotten here.
    pub(crate) fn take_wanted(&self) -> Vec<Part> {
        core::mem::take(&mut self.wanted.lock())
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.wanted.lock().is_empty()
    }

    pub(crate) fn add_whole(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_owned(), Known::Whole(bytes));
    }

    pub(crate) fn add(&mut self, path: &str, offset: u64, bytes: Vec<u8>) {
        match self.files.get_mut(path) {
            Some(Known::Parts(parts)) => parts.push((offset, bytes)),
            Some(Known::Whole(_)) => {}
            _ => _ = self.files.insert(path.to_owned(), Known::Parts(alloc::vec![(offset, bytes)])),
        }
    }

    pub(crate) fn absent(&mut self, path: &str) {
        self.files.insert(path.to_owned(), Known::Absent);
    }

    fn want(&self, path: &str, offset: u64, length: Option<u64>) {
        let part = Part { path: path.to_owned(), offset, length, limit: MAX_MANIFEST_BYTES as u64 };
        let mut wanted = self.wanted.lock();
        if !wanted.contains(&part) {
            wanted.push(part);
        }
    }
}

fn source_error(path: &str, reason: &str) -> SourceError {
    SourceError { path: path.to_owned(), reason: reason.to_owned() }
}

/// The bytes from `offset` on of a part that begins at `start`.
fn within(part: &[u8], start: u64, offset: u64, length: usize) -> Option<&[u8]> {
    let skipped = usize::try_from(offset.checked_sub(start)?).ok()?;
    part.get(skipped..skipped.checked_add(length)?)
}

impl RecordSource for Parts {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        match self.files.get(path) {
            Some(Known::Whole(bytes)) => Ok(Some(bytes.len() as u64)),
            Some(Known::Absent) => Ok(None),
            _ => {
                self.want(path, 0, None);
                Err(source_error(path, "not fetched yet"))
            }
        }
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let length = buffer.len();
        let found = match self.files.get(path) {
            Some(Known::Absent) => return Err(source_error(path, "there is no such file")),
            Some(Known::Whole(bytes)) => {
                let end = || source_error(path, "the file ends too early");
                Some(within(bytes, 0, offset, length).ok_or_else(end)?)
            }
            Some(Known::Parts(parts)) => parts.iter().find_map(|(start, part)| within(part, *start, offset, length)),
            None => None,
        };
        match found {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                Ok(())
            }
            None => {
                self.want(path, offset, Some(length as u64));
                Err(source_error(path, "not fetched yet"))
            }
        }
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}
