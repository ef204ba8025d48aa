//! Proofs out of the tiles of hashes of a log, without its other entries.
//!
//! See `spec/board.md#tiles`.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use super::{ReadError, RecordSource, read_file};
use crate::board::tiles::{TILE_WIDTH, TileError, TilePath, decode_hashes};
use crate::hash::TreeHash;
use crate::merkle::{Frontier, LogError, LogNodes, TreeHead, consistency_proof_between, inclusion_proof};

/// Why a proof cannot be made from tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TiledLogError {
    /// A tile is missing, too long, or cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The path of the tile.
        path: String,
        /// The reason why the tile cannot be read.
        error: ReadError,
    },
    /// A tile does not have the length that follows from its path.
    #[error("{path}: {error}")]
    Tile {
        /// The path of the tile.
        path: String,
        /// What is wrong with the tile.
        error: TileError,
    },
    /// The log has no such entry, or the tiles are not those of its head.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A log of a known head, with its tiles of hashes in a record. A proof that it gives is verified against the head, so
/// that nobody has to trust the tiles.
///
/// Keeps the tiles that it has read: about two for each factor of 256 in the size of the log, for each proof.
pub struct TiledLog<'a> {
    source: &'a dyn RecordSource,
    /// What stands before the paths of the tiles.
    folder: &'a str,
    /// The path of the file with the hashes in the middle of its full tiles, if it is read.
    middle: Option<&'a str>,
    head: TreeHead,
    parts: RefCell<BTreeMap<Part<'a>, Vec<TreeHash>>>,
}

/// The hashes that are read at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A whole tile.
    Tile(TilePath),
    /// Some hashes of a full tile of level 0, from this position of the level on.
    Leaves(TilePath, u64),
    /// Those of the file of hashes in the middle with this path, from this position of the file on.
    Middle(&'a str, u64),
}

/// How many hashes of a full tile have one hash in the file of those in the middle; as many of these belong to a full tile.
pub(crate) const MIDDLE_WIDTH: u64 = 16;
/// The height of the hashes in the middle.
const MIDDLE_HEIGHT: u32 = MIDDLE_WIDTH.ilog2();

impl<'a> TiledLog<'a> {
    /// The log of the board of a record.
    #[must_use]
    pub fn new(source: &'a dyn RecordSource, head: TreeHead) -> Self {
        Self::in_folder(source, "", None, head)
    }

    /// A log whose tiles are in a folder of the record, whose path is empty or ends with `/`. With the path of the file of the
    /// hashes in the middle, a proof needs fewer bytes of a full tile, and one reading more.
    pub(crate) fn in_folder(
        source: &'a dyn RecordSource,
        folder: &'a str,
        middle: Option<&'a str>,
        head: TreeHead,
    ) -> Self {
        Self { source, folder, middle, head, parts: RefCell::default() }
    }

    /// The head of the log.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The proof that the log has this leaf at `index`.
    ///
    /// # Errors
    ///
    /// `File` or `Tile` if a tile cannot be read; `Log` if the log has no such leaf there.
    pub fn inclusion(&self, index: u64, leaf: &TreeHash) -> Result<Vec<TreeHash>, TiledLogError> {
        self.read_for_inclusion(index)?;
        let proof = inclusion_proof(self, index)?;
        self.head.verify_inclusion(index, leaf, &proof)?;
        Ok(proof)
    }

    /// Reads the tiles that a proof of the entry at `index` needs. A source that fetches them can do so before the entry is read.
    pub(crate) fn read_for_inclusion(&self, index: u64) -> Result<(), TiledLogError> {
        self.read_all(|log| inclusion_proof(log, index).map(|_| ()))
    }

    /// The proof that the log begins with the log of an `older` head.
    ///
    /// # Errors
    ///
    /// `File` or `Tile` if a tile cannot be read; `Log` if the log does not begin with that log.
    pub fn consistency(&self, older: &TreeHead) -> Result<Vec<TreeHash>, TiledLogError> {
        self.consistency_between(older, &self.head)
    }

    /// The proof that the log of a `newer` head begins with the log of an `older` one. Both are heads of this log, which
    /// may have more entries: their own tiles may be gone.
    ///
    /// # Errors
    ///
    /// `File` or `Tile` if a tile cannot be read; `Log` if the log does not have both heads.
    pub fn consistency_between(&self, older: &TreeHead, newer: &TreeHead) -> Result<Vec<TreeHash>, TiledLogError> {
        self.read_all(|log| consistency_proof_between(log, older.size, newer.size).map(|_| ()))?;
        let proof = consistency_proof_between(self, older.size, newer.size)?;
        newer.verify_consistency(older, &proof)?;
        Ok(proof)
    }

    /// Reads all tiles that a proof needs before the proof is made, and goes on where one cannot be read: a source that fetches
    /// them learns of all at once.
    fn read_all(&self, prove: impl FnOnce(&NeededTiles<'a>) -> Result<(), LogError>) -> Result<(), TiledLogError> {
        let needed = NeededTiles { size: self.head.size, middle: self.middle, parts: RefCell::default() };
        prove(&needed)?;
        let mut first_error = None;
        for part in needed.parts.into_inner() {
            if let Err(error) = self.part(part) {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Reads a part, unless it was read before.
    fn part(&self, part: Part<'a>) -> Result<(), TiledLogError> {
        if let Entry::Vacant(place) = self.parts.borrow_mut().entry(part) {
            place.insert(self.read(part)?);
        }
        Ok(())
    }

    fn read(&self, part: Part<'_>) -> Result<Vec<TreeHash>, TiledLogError> {
        let in_folder = |tile: TilePath| [self.folder, &tile.to_string()].concat();
        let (path, range) = match part {
            Part::Tile(tile) => (in_folder(tile), None),
            Part::Leaves(tile, first) => (in_folder(tile), Some(first - tile.first())),
            Part::Middle(path, first) => (path.to_string(), Some(first)),
        };
        let width = match part {
            Part::Tile(tile) => tile.width(),
            _ => MIDDLE_WIDTH as u16,
        };
        let read = match range {
            None => read_file(self.source, &path, 32 * usize::from(TILE_WIDTH)),
            Some(first) => {
                let mut bytes = alloc::vec![0; 32 * usize::from(width)];
                let read = self.source.read_exact_at(&path, 32 * first, &mut bytes);
                read.map(|()| bytes).map_err(ReadError::Source)
            }
        };
        let bytes = read.map_err(|error| TiledLogError::File { path: path.clone(), error })?;
        decode_hashes(&bytes, width).map_err(|error| TiledLogError::Tile { path, error })
    }
}

impl LogNodes for TiledLog<'_> {
    type Error = TiledLogError;

    fn size(&self) -> u64 {
        self.head.size
    }

    fn node(&self, height: u32, index: u64) -> Result<TreeHash, TiledLogError> {
        let (part, place, count) = place_of(height, index, self.head.size, self.middle)?;
        self.part(part)?;
        let parts = self.parts.borrow();
        let hashes = parts.get(&part).and_then(|hashes| hashes.get(place as usize..(place + count) as usize));
        let outside = LogError::OutsideTree { index: index << height, size: self.head.size };
        Ok(hashes.ok_or(outside)?.iter().copied().collect::<Frontier>().root())
    }
}

/// The part with the hashes below a node, the place of the first of them in it, and how many there are.
fn place_of(height: u32, index: u64, size: u64, middle: Option<&str>) -> Result<(Part<'_>, u64, u64), LogError> {
    let (level, height) = (height / 8, height % 8);
    let first = index << height;
    let tile = TilePath::hashes_of(level as u8, first, size).ok_or(LogError::OutsideTree { index: first, size })?;
    let Some(path) = middle.filter(|_| level == 0 && tile.width() == TILE_WIDTH) else {
        return Ok((Part::Tile(tile), first - tile.first(), 1 << height));
    };
    let is_below = height < MIDDLE_HEIGHT;
    let first = if is_below { first } else { first / MIDDLE_WIDTH };
    let place = first % MIDDLE_WIDTH;
    let part = if is_below { Part::Leaves(tile, first - place) } else { Part::Middle(path, first - place) };
    Ok((part, place, 1 << (height % MIDDLE_HEIGHT)))
}

/// Notes the parts that a proof needs. The hashes that it gives are none.
struct NeededTiles<'a> {
    size: u64,
    middle: Option<&'a str>,
    parts: RefCell<BTreeSet<Part<'a>>>,
}

impl LogNodes for NeededTiles<'_> {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.size
    }

    fn node(&self, height: u32, index: u64) -> Result<TreeHash, LogError> {
        self.parts.borrow_mut().insert(place_of(height, index, self.size, self.middle)?.0);
        Ok(TreeHash::from_bytes([0; 32]))
    }
}
