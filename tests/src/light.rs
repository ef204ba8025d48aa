//! Records with the files for light clients, and a source that counts what is read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use ballotta::admission::light_files;
use ballotta::board::note::SignedCheckpoint;
use ballotta::board::tiles::{HashTile, LastTiles};
use ballotta::hash::TreeHash;
use ballotta::record::{CHECKPOINT, MemoryRecord, RecordSource, SourceError};

use crate::election::Board;
use crate::rng::TestRng;

/// The record of a board that was opened, with the files for light clients and the tiles of hashes.
///
/// # Panics
///
/// If the board breaks a rule.
#[must_use]
pub fn light_record(board: &Board<'_>) -> MemoryRecord {
    let mut record = board.record();
    let light = light_files(&record, &mut TestRng(1)).expect("an open board");
    record.files.extend(light.files);
    record
}

/// The record whose current checkpoint these witnesses have cosigned at these times.
///
/// # Panics
///
/// If there is no such witness.
#[must_use]
pub fn cosigned(board: &Board<'_>, times: &[(usize, u64)]) -> MemoryRecord {
    let mut record = light_record(board);
    let mut signed = SignedCheckpoint::parse(&record.files[CHECKPOINT]).unwrap();
    let checkpoint = signed.verify(board.election.signer.key()).unwrap().clone();
    for (witness, time) in times {
        signed.add_cosignature(board.election.witnesses[*witness].cosign(&checkpoint, *time).unwrap());
    }
    record.files.insert(CHECKPOINT.into(), signed.to_string().into_bytes());
    record
}

/// The tiles of hashes of a log that grew from nothing to these leaves, and what is left to append more.
#[must_use]
pub fn hash_tiles(leaves: impl IntoIterator<Item = TreeHash>) -> (Vec<HashTile>, LastTiles) {
    let mut last = LastTiles::new();
    let mut tiles: Vec<HashTile> = leaves.into_iter().flat_map(|leaf| last.push(leaf)).collect();
    tiles.extend(last.partial());
    (tiles, last)
}

/// A source that notes what is read.
pub struct Counted<'a> {
    record: &'a MemoryRecord,
    read: Mutex<Vec<(String, Range<u64>)>>,
}

impl<'a> Counted<'a> {
    /// Nothing of the record was read yet.
    #[must_use]
    pub fn new(record: &'a MemoryRecord) -> Self {
        Self { record, read: Mutex::default() }
    }

    /// The parts that were read, in their order.
    ///
    /// # Panics
    ///
    /// If a reader has panicked.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, Range<u64>)> {
        self.read.lock().expect("no reader panics").clone()
    }

    /// How many requests these are, and for how many bytes, if a part that was read is kept.
    #[must_use]
    pub fn traffic(&self) -> (usize, u64) {
        let parts: BTreeMap<(String, u64), u64> =
            self.parts().into_iter().map(|(path, part)| ((path, part.start), part.end - part.start)).collect();
        (parts.len(), parts.values().sum())
    }
}

impl RecordSource for Counted<'_> {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        let length = self.record.length(path)?;
        if length.is_none() {
            // A server is asked for it, and has nothing.
            self.read.lock().expect("no reader panics").push((path.to_owned(), 0..0));
        }
        Ok(length)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let part = offset..offset + buffer.len() as u64;
        self.read.lock().expect("no reader panics").push((path.to_owned(), part));
        self.record.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}
