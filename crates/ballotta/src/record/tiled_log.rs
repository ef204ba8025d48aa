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
    head: TreeHead,
    tiles: RefCell<BTreeMap<TilePath, Vec<TreeHash>>>,
}

impl<'a> TiledLog<'a> {
    /// The log of the board of a record.
    #[must_use]
    pub fn new(source: &'a dyn RecordSource, head: TreeHead) -> Self {
        Self::in_folder(source, "", head)
    }

    /// A log whose tiles are in a folder of the record. The path of the folder is empty or ends with `/`.
    pub(crate) fn in_folder(source: &'a dyn RecordSource, folder: &'a str, head: TreeHead) -> Self {
        Self { source, folder, head, tiles: RefCell::default() }
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
        self.read_all(|log| inclusion_proof(log, index).map(|_| ()))?;
        let proof = inclusion_proof(self, index)?;
        self.head.verify_inclusion(index, leaf, &proof)?;
        Ok(proof)
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
    fn read_all(&self, prove: impl FnOnce(&NeededTiles) -> Result<(), LogError>) -> Result<(), TiledLogError> {
        let needed = NeededTiles { size: self.head.size, tiles: RefCell::default() };
        prove(&needed)?;
        let mut first_error = None;
        for tile in needed.tiles.into_inner() {
            if let Err(error) = self.tile(tile) {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Reads a tile, unless it was read before.
    fn tile(&self, tile: TilePath) -> Result<(), TiledLogError> {
        if let Entry::Vacant(place) = self.tiles.borrow_mut().entry(tile) {
            place.insert(self.read(tile)?);
        }
        Ok(())
    }

    fn read(&self, tile: TilePath) -> Result<Vec<TreeHash>, TiledLogError> {
        let path = [self.folder, &tile.to_string()].concat();
        let bytes = read_file(self.source, &path, 32 * usize::from(TILE_WIDTH));
        let bytes = bytes.map_err(|error| TiledLogError::File { path: path.clone(), error })?;
        decode_hashes(&bytes, tile.width()).map_err(|error| TiledLogError::Tile { path, error })
    }
}

impl LogNodes for TiledLog<'_> {
    type Error = TiledLogError;

    fn size(&self) -> u64 {
        self.head.size
    }

    fn node(&self, height: u32, index: u64) -> Result<TreeHash, TiledLogError> {
        let (tile, first, count) = place_of(height, index, self.head.size)?;
        self.tile(tile)?;
        let tiles = self.tiles.borrow();
        let place = (first - tile.first()) as usize;
        let hashes = tiles.get(&tile).and_then(|hashes| hashes.get(place..place + count));
        let outside = LogError::OutsideTree { index: first, size: self.head.size };
        Ok(hashes.ok_or(outside)?.iter().copied().collect::<Frontier>().root())
    }
}

/// The tile with the hashes below a node, the first of them, and how many there are.
fn place_of(height: u32, index: u64, size: u64) -> Result<(TilePath, u64, usize), LogError> {
    let (level, height) = (height / 8, height % 8);
    let first = index << height;
    let tile = TilePath::hashes_of(level as u8, first, size).ok_or(LogError::OutsideTree { index: first, size })?;
    Ok((tile, first, 1 << height))
}

/// Notes the tiles that a proof needs. The hashes that it gives are none.
struct NeededTiles {
    size: u64,
    tiles: RefCell<BTreeSet<TilePath>>,
}

impl LogNodes for NeededTiles {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.size
    }

    fn node(&self, height: u32, index: u64) -> Result<TreeHash, LogError> {
        self.tiles.borrow_mut().insert(place_of(height, index, self.size)?.0);
        Ok(TreeHash::from_bytes([0; 32]))
    }
}
