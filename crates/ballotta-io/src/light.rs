//! The files for light clients of a board that grows.
//!
//! See `spec/light.md`. The files follow from the record, and prove nothing by themselves. While a board is open they are
//! kept up to date in place: whole files would have to be written again for each ballot.
//!
//! # Security
//!
//! A loss of power may leave a part of a change. So the same places are written again until somebody who knows has noted that
//! they were written: `BoardIndex` is committed after them.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use ballotta::board::tiles::{TILE_WIDTH, TilePath, decode_hashes, hash_tile_paths};
use ballotta::credential::BLOCK_LINES;
use ballotta::record::light::{
    CLOSE, ELECTION, HEADS, LENGTHS, MIDDLE, MIDDLE_BYTES, NamedFile, PLACES, ROLL_TILES, middle_of,
};
use ballotta::record::{RecordSource as _, read_file};
use ballotta::tally::heads::{HEAD_BYTES, VoterHead};

use crate::files::read_at_most;
use crate::{BoardFolderError, FolderRecord, disk, write_atomically};

/// The files for light clients in the folder of a record.
#[derive(Debug)]
pub struct LightFiles {
    source: FolderRecord,
}

impl LightFiles {
    /// The files of the record in this folder, which need not be there.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { source: FolderRecord::new(root) }
    }

    /// Whether all files of an open board of `size` entries and `voters` voters are there, and as long as they must be at least.
    /// `size` is a number of entries for which they were written before. What they contain is not checked.
    ///
    /// # Errors
    ///
    /// If nobody knows, because the folder cannot be read.
    pub fn reach(&self, size: u64, voters: u64, heads: u64) -> Result<bool, BoardFolderError> {
        let blocks = voters.div_ceil(BLOCK_LINES);
        for tile in hash_tile_paths(blocks) {
            if self.length(&format!("{ROLL_TILES}{tile}"))? != Some(32 * u64::from(tile.width())) {
                return Ok(false);
            }
        }
        Ok(self.is_plain(LENGTHS)?
            && self.is_plain(HEADS)?
            && self.is_plain(MIDDLE)?
            && self.length(MIDDLE)? >= Some(MIDDLE_BYTES * (size / u64::from(TILE_WIDTH)))
            && self.length(ELECTION)?.is_some()
            && self.length(PLACES)? == Some(16 * (blocks + 1))
            && self.length(LENGTHS)? >= Some(2 * size)
            && self.length(HEADS)? == Some(HEAD_BYTES as u64 * heads))
    }

    /// Whether the files of the close of a board are there, and `light/lengths` has at least this number of entries.
    /// What is after them is the rest of an interrupted write, and is written again.
    ///
    /// # Errors
    ///
    /// If nobody knows, because the folder cannot be read.
    pub fn are_closed_with(&self, size: u64) -> Result<bool, BoardFolderError> {
        let length = |path| self.length(path);
        let middle = MIDDLE_BYTES * (size / u64::from(TILE_WIDTH));
        Ok(length(CLOSE)?.is_some() && length(LENGTHS)? >= Some(2 * size) && length(MIDDLE)? >= Some(middle))
    }

    /// Writes whole files. One that has these bytes already is left as it is. `light/close` comes last: it says that the
    /// others are there.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write(&self, files: impl IntoIterator<Item = NamedFile>) -> Result<(), BoardFolderError> {
        let (close, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| path == CLOSE);
        for (path, bytes) in others.into_iter().chain(close) {
            let is_plain = self.is_plain(&path)?;
            let path = self.path(&path);
            let is_there = match read_at_most(&path, bytes.len()) {
                Ok(there) => there == bytes,
                // A file that is longer is another one.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => false,
                Err(error) => return Err(BoardFolderError::Io { path, error }),
            };
            if !is_there || !is_plain {
                write_atomically(&path, &bytes).map_err(|error| BoardFolderError::Io { path, error })?;
            }
        }
        Ok(())
    }

    /// Writes the lengths of the entries from `first` on, which are those at the end of the board. A part of them may have
    /// been written before.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write_lengths(&self, first: u64, lengths: &[[u8; 2]]) -> Result<(), BoardFolderError> {
        if lengths.is_empty() {
            return Ok(());
        }
        self.change(LENGTHS, &[(2 * first, lengths.as_flattened().to_vec())])
    }

    /// Writes the hashes in the middle of the tiles that were not full when the board had `first` entries, and are now, with `size`
    /// entries. These tiles must be written.
    ///
    /// # Errors
    ///
    /// If a tile cannot be read, or the file cannot be written.
    pub fn write_middle(&self, first: u64, size: u64) -> Result<(), BoardFolderError> {
        let width = u64::from(TILE_WIDTH);
        let mut places = Vec::new();
        for tile in first / width..size / width {
            let path = TilePath::hashes_of(0, tile * width, size).ok_or(BoardFolderError::NoSuchEntry(tile * width))?;
            let hashes = read_file(&self.source, &path.to_string(), 32 * usize::from(TILE_WIDTH));
            let hashes = hashes.map_err(io::Error::other).and_then(|bytes| {
                decode_hashes(&bytes, TILE_WIDTH).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
            });
            let hashes = hashes.map_err(|error| BoardFolderError::Io { path: self.path(&path.to_string()), error })?;
            places.push((MIDDLE_BYTES * tile, middle_of(&hashes)));
        }
        if places.is_empty() { Ok(()) } else { self.change(MIDDLE, &places) }
    }

    /// Writes the heads of these voters: each is counted from 0, and has the position of the ballot that counts.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write_heads(&self, heads: impl IntoIterator<Item = (u32, VoterHead)>) -> Result<(), BoardFolderError> {
        let places =
            heads.into_iter().map(|(voter, head)| (HEAD_BYTES as u64 * u64::from(voter), head.encode().to_vec()));
        let places: Vec<_> = places.collect();
        if places.is_empty() { Ok(()) } else { self.change(HEADS, &places) }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.source.root().join(path)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, BoardFolderError> {
        let length = self.source.length(path);
        length.map_err(|error| BoardFolderError::Io { path: self.path(path), error: io::Error::other(error) })
    }

    /// Whether this is a file, and no link to one, which may be a file of another record: it is changed in place.
    fn is_plain(&self, path: &str) -> Result<bool, BoardFolderError> {
        let path = self.path(path);
        match fs::symlink_metadata(&path) {
            Ok(there) => Ok(there.is_file()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(BoardFolderError::Io { path, error }),
        }
    }

    /// Writes bytes at places of a file that exists, and waits until the disk has them.
    fn change(&self, path: &str, places: &[(u64, Vec<u8>)]) -> Result<(), BoardFolderError> {
        let is_plain = self.is_plain(path)?;
        let path = self.path(path);
        let change = || {
            if !is_plain {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
            }
            let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
            for (offset, bytes) in places {
                disk::write_at(&mut file, *offset, bytes)?;
            }
            disk::sync(&file)
        };
        change().map_err(|error| BoardFolderError::Io { path, error })
    }
}

#[cfg(test)]
mod tests {
    use ballotta::hash::TreeHash;
    use ballotta::merkle::leaf_hash;

    use super::*;

    #[test]
    fn files_are_changed_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let light = LightFiles::new(folder.path());
        assert!(!light.reach(0, 0, 0).unwrap() && !light.are_closed_with(0).unwrap());
        let file = |path: &str, bytes: &[u8]| (path.to_owned(), bytes.to_vec());
        light
            .write([file(ELECTION, b"election"), file(HEADS, &[0; 24]), file(LENGTHS, &[1, 0]), file(MIDDLE, &[])])
            .unwrap();
        assert!(!light.reach(1, 3, 3).unwrap());
        light.write([file(PLACES, &[0; 32]), file("light/roll/tile/0/000.p/1", &[0; 32])]).unwrap();
        assert!(light.reach(1, 3, 3).unwrap());
        assert!(!light.reach(2, 3, 3).unwrap() && !light.reach(1, 2, 2).unwrap() && !light.reach(1, 33, 33).unwrap());
        light.write_lengths(1, &[[2, 0], [3, 0]]).unwrap();
        light.write_lengths(2, &[[4, 0]]).unwrap();
        light.write_lengths(9, &[]).unwrap();
        assert_eq!(fs::read(folder.path().join(LENGTHS)).unwrap(), [1, 0, 2, 0, 4, 0]);
        light.write_heads([(2, VoterHead::Counted(0x0102)), (0, VoterHead::Counted(0))]).unwrap();
        let heads = [[1, 0, 0, 0, 0, 0, 0, 0], [0; 8], [1, 2, 1, 0, 0, 0, 0, 0]];
        assert_eq!(fs::read(folder.path().join(HEADS)).unwrap(), heads.as_flattened());
        assert!(!light.are_closed_with(3).unwrap());
        light.write([file(CLOSE, &[0; 8])]).unwrap();
        assert!(light.are_closed_with(3).unwrap() && !light.are_closed_with(4).unwrap());
        // Hashes in the middle of the tiles that became full.
        let leaves: Vec<TreeHash> = (0..600_u16).map(|leaf| leaf_hash(&leaf.to_le_bytes())).collect();
        for (tile, leaves) in ["tile/0/000", "tile/0/001"].into_iter().zip(leaves.chunks(256)) {
            light.write([file(tile, &leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect::<Vec<u8>>())]).unwrap();
        }
        light.write_middle(3, 300).unwrap();
        light.write_middle(300, 511).unwrap();
        light.write_middle(511, 600).unwrap();
        let middle = fs::read(folder.path().join(MIDDLE)).unwrap();
        assert!(middle == middle_of(&leaves) && middle.len() as u64 == 2 * MIDDLE_BYTES);
        fs::write(folder.path().join("tile/0/001"), b"short").unwrap();
        match light.write_middle(511, 600) {
            Err(BoardFolderError::Io { path, error }) => {
                assert!(path.ends_with("tile/0/001") && error.kind() == io::ErrorKind::InvalidData, "{error}");
            }
            other => panic!("{other:?}"),
        }
    }

    /// The file behind a link may belong to another record.
    #[test]
    #[cfg(unix)]
    fn nothing_is_written_through_a_link() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let light = LightFiles::new(folder.path());
        let file = |path: &str, bytes: &[u8]| (path.to_owned(), bytes.to_vec());
        light.write([file(ELECTION, b""), file(HEADS, &[0; 8]), file(LENGTHS, &[]), file(PLACES, &[0; 32])]).unwrap();
        light.write([file("light/roll/tile/0/000.p/1", &[0; 32]), file(MIDDLE, &[])]).unwrap();
        assert!(light.reach(0, 1, 1).unwrap());
        let outside = other.path().join("heads");
        fs::rename(folder.path().join(HEADS), &outside).unwrap();
        std::os::unix::fs::symlink(&outside, folder.path().join(HEADS)).unwrap();
        assert!(!light.reach(0, 1, 1).unwrap());
        let refused = light.write_heads([(0, VoterHead::Counted(7))]).unwrap_err();
        assert!(matches!(refused, BoardFolderError::Io { error, .. } if error.kind() == io::ErrorKind::InvalidInput));
        assert_eq!(fs::read(&outside).unwrap(), [0; 8]);
        // A whole file takes the place of the link, also of one to the same bytes.
        light.write([file(HEADS, &[0; 8])]).unwrap();
        assert!(fs::symlink_metadata(folder.path().join(HEADS)).unwrap().is_file());
        light.write_heads([(0, VoterHead::Counted(7))]).unwrap();
        assert_eq!(fs::read(&outside).unwrap(), [0; 8]);
        assert!(light.reach(0, 1, 1).unwrap());
    }
}
