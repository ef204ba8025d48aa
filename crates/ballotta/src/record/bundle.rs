//! The entry bundles of a board: read once in their order, and again by their number.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{ReadError, RecordSource, read_file};
use crate::ballot::BoardBallotInfo;
use crate::board::entry::Entry;
use crate::board::tiles::{MAX_BUNDLE_BYTES, TILE_WIDTH, TileError, TilePath, decode_bundle};
use crate::encoding::DecodeError;
use crate::hash::FileHash;

/// A bundle of entries cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct BundleError {
    /// The path of the file of the bundle.
    pub path: String,
    /// Why it cannot be read.
    pub problem: BundleProblem,
}

/// Why a bundle of entries cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleProblem {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The bytes are not those of a bundle.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The file is not the one that was read before.
    #[error("the file changed while it was read")]
    Changed,
    /// The board has no such bundle.
    #[error("there is no such bundle")]
    OutsideBoard,
    /// An entry that must be a ballot is not one.
    #[error("entry {index} is not a ballot")]
    NotABallot {
        /// The position of the entry on the board.
        index: u64,
    },
}

/// The bytes of a bundle of entries.
pub struct Bundle {
    path: TilePath,
    bytes: Vec<u8>,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read(source: &dyn RecordSource, path: TilePath) -> Result<Self, BundleError> {
        let name = path.to_string();
        match read_file(source, &name, MAX_BUNDLE_BYTES) {
            Ok(bytes) => Ok(Self { path, bytes }),
            Err(error) => Err(BundleError { path: name, problem: error.into() }),
        }
    }

    /// The hash of the bytes.
    #[must_use]
    pub fn hash(&self) -> FileHash {
        FileHash::of(&self.bytes)
    }

    /// The entries with their positions on the board. Their bytes are not decoded.
    ///
    /// # Errors
    ///
    /// If the bytes are not those of a bundle of the width that its path says.
    pub fn entries(&self) -> Result<impl DoubleEndedIterator<Item = (u64, &[u8])>, BundleError> {
        let first = self.path.first();
        match decode_bundle(&self.bytes, self.path.width()) {
            Ok(entries) => {
                Ok(entries.into_iter().enumerate().map(move |(position, entry)| (first + position as u64, entry)))
            }
            Err(error) => Err(BundleError { path: self.path.to_string(), problem: error.into() }),
        }
    }
}

/// The bundles of a board that was read once, by the hashes of their bytes: a second reading gives the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BundleIndex {
    /// Entries of the board.
    pub(crate) size: u64,
    pub(crate) hashes: Vec<FileHash>,
}

impl BundleIndex {
    /// The number of bundles that were read.
    pub(crate) fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// The position of the first entry of a bundle; the size of the board, after the last bundle.
    pub(crate) fn first_entry(&self, bundle: u64) -> u64 {
        bundle.saturating_mul(u64::from(TILE_WIDTH)).min(self.size)
    }

    /// Reads a bundle again.
    pub(crate) fn read(&self, source: &dyn RecordSource, bundle: u64) -> Result<Bundle, BundleError> {
        let first = self.first_entry(bundle);
        let path = TilePath::bundle_with(first, self.size);
        let error = |problem| BundleError { path: path.to_string(), problem };
        let hash = usize::try_from(bundle).ok().and_then(|bundle| self.hashes.get(bundle));
        let hash = hash.ok_or_else(|| error(BundleProblem::OutsideBoard))?;
        let bundle = Bundle::read(source, path)?;
        if bundle.hash() == *hash { Ok(bundle) } else { Err(error(BundleProblem::Changed)) }
    }

    /// Reads the parts of a ballot again that the ledger compares.
    pub(crate) fn ballot_info(&self, source: &dyn RecordSource, index: u64) -> Result<BoardBallotInfo, BundleError> {
        let bundle = self.read(source, index / u64::from(TILE_WIDTH))?;
        let entry = bundle.entries()?.find(|(position, _)| *position == index);
        let info = entry.map(|(_, bytes)| Entry::decode(bytes).and_then(|entry| BoardBallotInfo::read(entry.body())));
        let not_a_ballot = |_: Option<DecodeError>| BundleError {
            path: TilePath::bundle_with(index, self.size).to_string(),
            problem: BundleProblem::NotABallot { index },
        };
        info.ok_or(None).and_then(|info| info.map_err(Some)).map_err(not_a_ballot)
    }
}
