//! The files of a log: their paths, and the bundles that contain its entries (C2SP tlog-tiles).
//!
//! See `spec/board.md#tiles`.
//!
//! # Layout
//!
//! ```text
//! tile/entries/<N>[.p/<W>]   entries from 256 N on, each after its length (2, big-endian)
//! tile/<L>/<N>[.p/<W>]       hashes from 256 N on of level L, each over 256^L entries
//! ```
//!
//! `N` is written in groups of three digits, each except the last with an `x` before it: 1234067 is `x001/x234/067`. If
//! a tile is not full, `W` is its width, from 1 to 255. Every path and every bundle has only one form.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::hash::TreeHash;
use crate::limits::MAX_ENTRY_BYTES;
use crate::merkle::{Frontier, TreeHead};
use crate::words::counted;

/// The number of entries in a full bundle, and of hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// The length of the longest bundle in bytes: 256 entries of the largest length, each after its length.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// The reason why a path or a bundle is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// A text is not the path of a tile in canonical form.
    #[error("this is not the path of a tile, such as tile/entries/000")]
    Path,
    /// A bundle has no entries or more than 256.
    #[error("a bundle must have from 1 to 256 entries, but this one has {found}")]
    Width {
        /// The number of entries of the bundle.
        found: usize,
    },
    /// A bundle ends before the end of an entry.
    #[error("entry {entry} of the bundle: the bytes end too early")]
    Truncated {
        /// The number of the entry in the bundle, counted from 0.
        entry: usize,
    },
    /// An entry of the bundle is empty.
    #[error("entry {entry} of the bundle is empty")]
    EmptyEntry {
        /// The number of the entry in the bundle, counted from 0.
        entry: usize,
    },
    /// An entry is longer than 65,535 bytes.
    #[error("entry {entry} of the bundle has {found} bytes, above the limit of {MAX_ENTRY_BYTES}")]
    EntryTooLong {
        /// The number of the entry in the bundle, counted from 0.
        entry: usize,
        /// The length of the entry, in bytes.
        found: usize,
    },
    /// A tile of hashes does not have 32 bytes for each hash.
    #[error("a tile of {} must have {}, but has {}", counted(.hashes, "hash", "hashes"), counted(32 * .hashes, "byte", "bytes"), .found)]
    HashBytes {
        /// The number of hashes that the tile must have.
        hashes: u64,
        /// The length of the tile, in bytes.
        found: usize,
    },
    /// Bytes follow the last entry.
    #[error("{} the last entry of the bundle", counted(.count, "byte follows", "bytes follow"))]
    Trailing {
        /// The number of bytes after the last entry.
        count: usize,
    },
}

/// The content of a tile: entries, or hashes of one level of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The tile is a bundle of entries.
    Entries,
    /// The tile contains hashes of this level `L`, each over `256^L` entries.
    Hashes(u8),
}

/// The path of a tile of a log. `Display` and `FromStr` use its text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TilePath {
    level: Level,
    index: u64,
    width: u16,
}

impl TilePath {
    /// Returns the path of the bundle that contains an entry of a log of `size` entries, or `None` if the log has no
    /// such entry.
    #[must_use]
    pub fn bundle_of(entry: u64, size: u64) -> Option<Self> {
        (entry < size).then(|| Self::bundle_with(entry, size))
    }

    /// The bundle that contains an entry of a log of `size` entries. Past the end of the log, returns the bundle of the
    /// shortest log that has the entry.
    #[must_use]
    pub(crate) fn bundle_with(entry: u64, size: u64) -> Self {
        let width = u64::from(TILE_WIDTH);
        let first = entry - entry % width;
        let entries = size.saturating_sub(first).clamp(entry % width + 1, width);
        Self { level: Level::Entries, index: entry / width, width: entries as u16 }
    }

    /// Returns the tile of hashes of level `level` that has the node at `position` of this level, in the tiles of a log of
    /// `size` entries. `None` if the log has no such node.
    #[must_use]
    pub fn hashes_of(level: u8, position: u64, size: u64) -> Option<Self> {
        let count = size.checked_shr(u32::from(level) * 8)?;
        (position < count).then(|| Self { level: Level::Hashes(level), ..Self::bundle_with(position, count) })
    }

    /// Whether the tile is one of a log of `size` entries, with this width.
    #[must_use]
    pub fn is_of(&self, size: u64) -> bool {
        let of_log = match self.level {
            Level::Entries => Self::bundle_of(self.first(), size),
            Level::Hashes(level) => Self::hashes_of(level, self.first(), size),
        };
        of_log == Some(*self)
    }

    /// Returns the content of the tile.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the number of the tile within its level, counted from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the number of entries or hashes in the tile, from 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Returns the position, within the level, of the first entry or hash of the tile. Positions begin at 0.
    #[must_use]
    pub fn first(&self) -> u64 {
        // This does not overflow, because an index is below 2^56.
        self.index * u64::from(TILE_WIDTH)
    }
}

/// Returns the paths of the bundles of a log of `size` entries, in order.
pub fn bundle_paths(size: u64) -> impl Iterator<Item = TilePath> {
    level_paths(Level::Entries, size)
}

/// Returns the paths of the tiles of hashes of a log of `size` entries, level by level.
pub fn hash_tile_paths(size: u64) -> impl Iterator<Item = TilePath> {
    (0..u64::BITS / 8).flat_map(move |level| level_paths(Level::Hashes(level as u8), size >> (8 * level)))
}

/// Returns the paths of the tiles of a log of `size` entries that are not full: at most one bundle, and one tile of hashes
/// of each level.
pub fn partial_tiles(size: u64) -> impl Iterator<Item = TilePath> {
    let last = move |level| {
        let count: u64 = size >> (8 * level);
        TilePath::hashes_of(level as u8, count.checked_sub(1)?, size)
    };
    let bundle = size.checked_sub(1).and_then(|last| TilePath::bundle_of(last, size));
    bundle.into_iter().chain((0..u64::BITS / 8).filter_map(last)).filter(|tile| tile.width < TILE_WIDTH)
}

fn level_paths(level: Level, count: u64) -> impl Iterator<Item = TilePath> {
    let width = u64::from(TILE_WIDTH);
    (0..count.div_ceil(width)).map(move |index| {
        let width = (count - index * width).min(width);
        TilePath { level, index, width: width as u16 }
    })
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries/")?,
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let groups = self.index.checked_ilog(1000).unwrap_or(0);
        for group in (1..=groups).rev() {
            write!(f, "x{:03}/", self.index / 1000_u64.pow(group) % 1000)?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = TileError;
    fn from_str(text: &str) -> Result<Self, TileError> {
        // The text is read with few checks, and then compared with the canonical form.
        let read = || {
            let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
            let level = if level == "entries" { Level::Entries } else { Level::Hashes(level.parse().ok()?) };
            let (index, width) = match rest.split_once(".p/") {
                Some((index, width)) => (index, width.parse().ok()?),
                None => (rest, TILE_WIDTH),
            };
            let index = index.split('/').try_fold(0_u64, |index, group| {
                let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
                index.checked_mul(1000)?.checked_add(group)
            })?;
            Some(Self { level, index, width })
        };
        let in_range = |path: &Self| {
            (1..=TILE_WIDTH).contains(&path.width)
                && path.index < 1 << 56
                && !matches!(path.level, Level::Hashes(level) if level > 63)
        };
        read().filter(in_range).filter(|path| path.to_string() == text).ok_or(TileError::Path)
    }
}

/// Writes a bundle of these entries.
///
/// # Errors
///
/// `Width`, `EmptyEntry` or `EntryTooLong`.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    check_width(entries.len())?;
    let mut bundle = Vec::new();
    for (entry, bytes) in entries.iter().map(AsRef::as_ref).enumerate() {
        let too_long = TileError::EntryTooLong { entry, found: bytes.len() };
        match u16::try_from(bytes.len()).map_err(|_| too_long)? {
            0 => return Err(TileError::EmptyEntry { entry }),
            length => bundle.extend_from_slice(&length.to_be_bytes()),
        }
        bundle.extend_from_slice(bytes);
    }
    Ok(bundle)
}

/// Reads a bundle of `width` entries.
///
/// # Errors
///
/// `Width`, `Truncated`, `EmptyEntry` or `Trailing`.
pub fn decode_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    check_width(width.into())?;
    let mut rest = bundle;
    let mut next = |entry| {
        let (length, after) = rest.split_first_chunk().ok_or(TileError::Truncated { entry })?;
        let length = u16::from_be_bytes(*length);
        if length == 0 {
            return Err(TileError::EmptyEntry { entry });
        }
        let (bytes, after) = after.split_at_checked(length.into()).ok_or(TileError::Truncated { entry })?;
        rest = after;
        Ok(bytes)
    };
    let entries = (0..width.into()).map(&mut next).collect::<Result<_, _>>()?;
    if rest.is_empty() { Ok(entries) } else { Err(TileError::Trailing { count: rest.len() }) }
}

/// Reads a tile of `width` hashes.
///
/// # Errors
///
/// `HashBytes` if the tile does not have 32 bytes for each hash.
pub fn decode_hashes(tile: &[u8], width: u16) -> Result<Vec<TreeHash>, TileError> {
    match tile.as_chunks() {
        (hashes, []) if hashes.len() == usize::from(width) => {
            Ok(hashes.iter().map(|hash| TreeHash::from_bytes(*hash)).collect())
        }
        _ => Err(TileError::HashBytes { hashes: width.into(), found: tile.len() }),
    }
}

fn encode_hashes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// A tile of hashes, and its bytes.
pub type HashTile = (TilePath, Vec<u8>);

/// The tiles of hashes at the end of a log: for each level, the hashes of its last tile, which is not full. They suffice
/// to append entries, and to compute the head and the next tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTiles {
    size: u64,
    /// From level 0 upwards. A level has no hashes if its last tile is full.
    levels: Vec<Vec<TreeHash>>,
}

impl LastTiles {
    /// The tiles of an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the tiles of a log of `size` entries. The caller compares [`Self::head`] with the head of the log.
    ///
    /// # Errors
    ///
    /// The error of `read`, which reads one tile.
    pub fn read<E>(size: u64, mut read: impl FnMut(TilePath) -> Result<Vec<TreeHash>, E>) -> Result<Self, E> {
        let mut levels = Vec::new();
        for tile in partial_tiles(size) {
            let Level::Hashes(level) = tile.level else { continue };
            levels.resize(usize::from(level), Vec::new());
            levels.push(read(tile)?);
        }
        Ok(Self { size, levels })
    }

    /// Appends the leaf hash of an entry, and returns the tiles that are full with it.
    pub fn push(&mut self, leaf: TreeHash) -> Vec<HashTile> {
        self.size += 1;
        let mut full = Vec::new();
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(level) else { break };
            hashes.push(node);
            if hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let index = (self.size >> (8 * (level + 1))) - 1;
            let path = TilePath { level: Level::Hashes(level as u8), index, width: TILE_WIDTH };
            full.push((path, encode_hashes(hashes)));
            node = hashes.drain(..).collect::<Frontier>().root();
        }
        full
    }

    /// The tiles that are not full.
    pub fn partial(&self) -> impl Iterator<Item = HashTile> {
        self.levels.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| {
            let index = self.size >> (8 * (level + 1));
            let path = TilePath { level: Level::Hashes(level as u8), index, width: hashes.len() as u16 };
            (path, encode_hashes(hashes))
        })
    }

    /// The number of entries of the log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The leaf hashes of the last entries: those of the bundle that is not full.
    #[must_use]
    pub fn leaves(&self) -> &[TreeHash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The roots of the full subtrees of the log.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        // The hashes of a level are roots, of full subtrees before those of the level below.
        let levels = self.levels.iter().rev().map(|hashes| hashes.iter().copied().collect());
        Frontier::of_levels(self.size, levels)
    }

    /// The head of the log.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.frontier().head()
    }
}

fn check_width(found: usize) -> Result<(), TileError> {
    if (1..=TILE_WIDTH.into()).contains(&found) { Ok(()) } else { Err(TileError::Width { found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(paths: impl Iterator<Item = TilePath>) -> Vec<std::string::String> {
        paths.map(|path| path.to_string()).collect()
    }

    #[test]
    fn the_bundles_of_a_log() {
        assert_eq!(bundle_paths(0).count(), 0);
        assert_eq!(written(bundle_paths(1)), ["tile/entries/000.p/1"]);
        assert_eq!(written(bundle_paths(256)), ["tile/entries/000"]);
        assert_eq!(written(bundle_paths(513)), ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"]);
        assert_eq!(bundle_paths(256_001).last().map(|path| path.to_string()), Some("tile/entries/x001/000.p/1".into()));
        assert_eq!(bundle_paths(u64::MAX).next().map(|path| path.width()), Some(256));
        assert_eq!(bundle_paths(70_000).map(|path| u64::from(path.width())).sum::<u64>(), 70_000);
        assert_eq!(bundle_paths(513).map(|path| path.first()).collect::<Vec<_>>(), [0, 256, 512]);
    }

    #[test]
    fn a_path_has_one_form() {
        for path in [
            "tile/entries/000",
            "tile/entries/000.p/1",
            "tile/entries/999.p/255",
            "tile/entries/x001/000",
            "tile/entries/x001/x234/067",
            "tile/0/x001/x234/067.p/17",
            "tile/63/000",
            // 2^56 - 1
            "tile/entries/x072/x057/x594/x037/x927/935",
        ] {
            assert_eq!(path.parse::<TilePath>().map(|path| path.to_string()), Ok(path.into()));
        }
        for path in [
            "",
            "tile/",
            "/tile/0/000",
            "tile/entries",
            "tile/entries/",
            "tile/entries/0",
            "tile/entries/0000",
            "tile/entries/x000",
            "tile/entries/x000/001",
            "tile/entries/001/001",
            "tile/entries/x001/x001",
            "tile/entries/1000",
            "tile/entries/+01",
            "tile/entries/-01",
            "tile/entries/000.p/0",
            "tile/entries/000.p/01",
            "tile/entries/000.p/256",
            "tile/entries/000.p/+1",
            "tile/entries/000.p/",
            "tile/entries/000.p/1.p/1",
            "tile/entries/000/",
            "tile/entries/../000",
            "tile/64/000",
            "tile/00/000",
            "tile/256/000",
            "tile/ENTRIES/000",
            // 2^56, and a number that does not fit into 64 bits
            "tile/entries/x072/x057/x594/x037/x927/936",
            "tile/entries/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(path.parse::<TilePath>(), Err(TileError::Path), "{path}");
        }
    }

    #[test]
    fn a_bundle_has_one_encoding() {
        let entries: [&[u8]; 3] = [b"a", &[7; 65_535], b"cc"];
        let bundle = encode_bundle(&entries).unwrap();
        assert_eq!(decode_bundle(&bundle, 3), Ok(entries.into()));
        assert_eq!(encode_bundle(&[b"ab", b"cd"]).unwrap(), b"\0\x02ab\0\x02cd");

        assert_eq!(decode_bundle(&bundle, 2), Err(TileError::Trailing { count: 4 }));
        assert_eq!(decode_bundle(&bundle, 4), Err(TileError::Truncated { entry: 3 }));
        assert_eq!(decode_bundle(&bundle[..bundle.len() - 1], 3), Err(TileError::Truncated { entry: 2 }));
        assert_eq!(decode_bundle(b"\0\x01a\0\0", 2), Err(TileError::EmptyEntry { entry: 1 }));
        assert_eq!(decode_bundle(b"", 0), Err(TileError::Width { found: 0 }));
        assert_eq!(decode_bundle(b"", 257), Err(TileError::Width { found: 257 }));
        assert_eq!(decode_bundle(b"", 256), Err(TileError::Truncated { entry: 0 }));
    }

    #[test]
    fn entries_that_do_not_fit_into_a_bundle_are_refused() {
        assert_eq!(encode_bundle::<&[u8]>(&[]), Err(TileError::Width { found: 0 }));
        assert_eq!(encode_bundle(&[b"a"; 257]), Err(TileError::Width { found: 257 }));
        assert_eq!(encode_bundle::<&[u8]>(&[b"a", b""]), Err(TileError::EmptyEntry { entry: 1 }));
        assert_eq!(encode_bundle(&[[0; 65_536]]), Err(TileError::EntryTooLong { entry: 0, found: 65_536 }));
    }
}
