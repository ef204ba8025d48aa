//! The entry bundles of a board: read once in their order, and again by their number.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{ReadError, RecordSource, read_file};
use crate::ballot::BoardBallotInfo;
use crate::board::entry::{Entry, EntryKind};
use crate::board::tiles::{MAX_BUNDLE_BYTES, TILE_WIDTH, TileError, TilePath, decode_bundle};
use crate::hash::FileHash;
use crate::weaken::{self, Check};

/// A bundle of entries cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct BundleError {
    /// The path of the file of the bundle.
    pub path: String,
    /// Why it cannot be read.
    pub problem: BundleProblem,
}

impl BundleError {
    fn new(path: TilePath, problem: impl Into<BundleProblem>) -> Self {
        Self { path: path.to_string(), problem: problem.into() }
    }
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
        let bytes = read_file(source, &path.to_string(), MAX_BUNDLE_BYTES);
        Ok(Self { path, bytes: bytes.map_err(|error| BundleError::new(path, error))? })
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
        let entries = decode_bundle(&self.bytes, self.path.width());
        let entries = entries.map_err(|error| BundleError::new(self.path, error))?;
        Ok(entries.into_iter().enumerate().map(move |(position, entry)| (first + position as u64, entry)))
    }

    /// The bodies of the ballots, with their positions on the board.
    pub(crate) fn ballots(&self) -> Result<impl DoubleEndedIterator<Item = (u64, &[u8])>, BundleError> {
        let ballot = |(index, bytes)| {
            let entry = Entry::decode(bytes).ok()?;
            (entry.kind() == EntryKind::Ballot).then_some((index, entry.body()))
        };
        Ok(self.entries()?.filter_map(ballot))
    }
}

/// The bundles of a board that was read once, by the hashes of their bytes: a second reading gives the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BundleIndex {
    /// The number of entries of the board.
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
        let hash = usize::try_from(bundle).ok().and_then(|bundle| self.hashes.get(bundle));
        let hash = hash.ok_or_else(|| BundleError::new(path, BundleProblem::OutsideBoard))?;
        let bundle = Bundle::read(source, path)?;
        if bundle.hash() != *hash && weaken::is_on(Check::RereadBundle) {
            return Err(BundleError::new(path, BundleProblem::Changed));
        }
        Ok(bundle)
    }

    /// Reads the parts of a ballot again that the ledger compares.
    pub(crate) fn ballot_info(
        &self,
        source: &dyn RecordSource,
        known: &mut KnownBundles,
        index: u64,
    ) -> Result<BoardBallotInfo, BundleError> {
        let number = index / u64::from(TILE_WIDTH);
        let not_a_ballot = || {
            let path = TilePath::bundle_with(self.first_entry(number), self.size);
            BundleError::new(path, BundleProblem::NotABallot { index })
        };
        if let Some(bundle) = known.bundles.iter().find(|bundle| bundle.number == number) {
            return bundle.info(index).ok_or_else(not_a_ballot);
        }
        let bundle = self.read(source, number)?;
        let ballots =
            bundle.ballots()?.filter_map(|(index, ballot)| Some((index, BoardBallotInfo::read(ballot).ok()?)));
        let bundle = KnownBundle { number, bytes: bundle.bytes.len(), ballots: ballots.collect() };
        let info = bundle.info(index);
        known.keep(bundle);
        info.ok_or_else(not_a_ballot)
    }
}

/// Bundles that were read again for the ledger. Of each ballot only what the ledger compares is kept, so that these are
/// at most 5 MB.
///
/// Anybody can make void ballots that the ledger must compare with the same earlier ballot. Without this, each of them
/// would cost a bundle of up to 16 MB.
#[derive(Debug, Default)]
pub(crate) struct KnownBundles {
    bundles: Vec<KnownBundle>,
}

#[derive(Debug)]
struct KnownBundle {
    number: u64,
    /// The length of its file.
    bytes: usize,
    ballots: Vec<(u64, BoardBallotInfo)>,
}

impl KnownBundle {
    fn info(&self, index: u64) -> Option<BoardBallotInfo> {
        self.ballots.iter().find(|(position, _)| *position == index).map(|(_, info)| *info)
    }
}

impl KnownBundles {
    /// The most bundles that are kept.
    const MOST: usize = 256;

    /// Keeps a bundle in the place of the shortest one: the long ones cost most if they are read again.
    fn keep(&mut self, bundle: KnownBundle) {
        if self.bundles.len() < Self::MOST {
            self.bundles.push(bundle);
        } else if let Some(shortest) = self.bundles.iter_mut().min_by_key(|known| known.bytes) {
            *shortest = bundle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault M1: the memory of the bundles that were read again is limited, and long bundles stay.
    #[test]
    fn m1_long_bundles_are_not_read_again() {
        let info = BoardBallotInfo { tracker: crate::hash::Tracker::from_bytes([1; 32]), randomness: [2; 32] };
        let mut known = KnownBundles::default();
        for number in 0..1000 {
            let bytes = if number % 10 == 0 { 1000 } else { 1 };
            known.keep(KnownBundle { number, bytes, ballots: alloc::vec![(0, info); 256] });
            assert_eq!(known.bundles.iter().filter(|bundle| bundle.number == number).count(), 1);
        }
        assert_eq!(known.bundles.iter().filter(|bundle| bundle.bytes == 1000).count(), 100);
        assert_eq!(known.bundles.len(), KnownBundles::MOST);
        assert!(KnownBundles::MOST * 256 * size_of::<(u64, BoardBallotInfo)>() < 5_000_000);
    }
}
