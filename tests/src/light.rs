//! Records with the files for light clients, and a source that counts what is read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use ballotta::admission::{Admission, AdmittedBallots};
use ballotta::board::tiles::{HashTile, LastTiles};
use ballotta::merkle::leaf_hash;
use ballotta::record::light::{self, entry_length, files_of_close, files_of_roll};
use ballotta::record::{self, MemoryRecord, PublishedBoard, RecordSource, SourceError};
use ballotta::voter;

use crate::election::Board;
use crate::rng::TestRng;

/// The record of a board that was opened, with the files for light clients and the tiles of hashes.
///
/// # Panics
///
/// If the board breaks a rule.
#[must_use]
pub fn light_record(board: &Board<'_>) -> MemoryRecord {
    let (mut record, rng) = (board.record(), &mut TestRng(1));
    let manifest = record::read_manifest(&record).expect("a manifest");
    let mut ballots = AdmittedBallots::default();
    let read = PublishedBoard::read(&record, &manifest, &mut |observed| ballots.observe(observed), rng);
    let election = voter::Election::of_board(&record, manifest, read.expect("a board"), rng).expect("an election");
    let window = election.window;
    record.files.extend(files_of_roll(&board.election.joint_key, &election.roll));
    let source = record.clone();
    let admission = Admission::resume(election.context, election.roll, source, window, ballots, rng);
    let heads = admission.expect("a board whose ballots are admitted").heads();
    if let Some(close) = window.closed {
        record.files.extend(files_of_close(close + 1, &heads));
    }
    record.files.insert(light::HEADS.into(), heads);
    record.files.insert(light::LENGTHS.into(), board.entries.iter().flat_map(|entry| entry_length(entry)).collect());
    record.files.extend(hash_tiles(&board.entries).into_iter().map(|(path, tile)| (path.to_string(), tile)));
    record
}

/// The tiles of hashes of a log of these entries.
#[must_use]
pub fn hash_tiles(entries: &[Vec<u8>]) -> Vec<HashTile> {
    let mut last = LastTiles::new();
    let mut tiles: Vec<HashTile> = entries.iter().flat_map(|entry| last.push(leaf_hash(entry))).collect();
    tiles.extend(last.partial());
    tiles
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
        self.record.length(path)
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
