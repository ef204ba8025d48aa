//! Appending to a board in a folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ballotta::admission::BoardEntries;
use ballotta::board::log::{Frontier, TreeHead, leaf_hash};
use ballotta::board::note::{NoteError, NoteKey, NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{TILE_WIDTH, TilePath, bundle_paths, encode_bundle};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::record::{Bundle, BundleError, CHECKPOINT, MANIFEST};

use crate::FolderRecord;
use crate::files::{read_at_most, write_atomically};

/// Why a board cannot be opened or appended to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardFolderError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The checkpoint cannot be read, or the board did not sign it.
    #[error("the checkpoint cannot be read, or is not signed by this board: {0}")]
    Checkpoint(NoteError),
    /// A bundle of entries cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The entries are not those that the checkpoint covers. Nothing is appended to such a board, because somebody may
    /// have changed its entries.
    #[error("the entries on disk do not have the tree head of the checkpoint")]
    RootMismatch,
    /// There is no entry at this position.
    #[error("the board has no entry {0}")]
    NoSuchEntry(u64),
    /// The folder already contains a board.
    #[error("{0} already contains a board")]
    Exists(PathBuf),
}

/// A board in a folder, with its last bundle in memory.
///
/// Entries become part of the board with [`Self::commit`]. It writes the bundles first, and then the signed checkpoint.
/// Each file is written completely or not at all. If a crash leaves entries that the checkpoint does not cover, they
/// are not part of the board.
pub struct BoardFolder {
    root: PathBuf,
    frontier: Frontier,
    /// The entries of the last bundle, which is not full.
    last: Vec<Vec<u8>>,
    committed: TreeHead,
}

/// A lock of the board of a folder. Until it is dropped, no other process can lock the board. See
/// [`BoardFolder::lock`].
#[derive(Debug)]
pub struct BoardLock {
    _file: File,
}

impl BoardFolder {
    /// Waits until no other process has locked the board of this folder, and locks it. Take the lock before you read
    /// the board, and keep it until the last entry is committed: if two processes append at the same time, the board
    /// gets two histories. The command `ballotta` takes the same lock.
    ///
    /// # Errors
    ///
    /// `Io` if the folder has no manifest, or if it cannot be locked.
    pub fn lock(root: &Path) -> Result<BoardLock, BoardFolderError> {
        let path = root.join(MANIFEST);
        let locked = File::open(&path).and_then(|file| file.lock().map(|()| BoardLock { _file: file }));
        locked.map_err(|error| BoardFolderError::Io { path, error })
    }

    /// Creates an empty board.
    ///
    /// # Errors
    ///
    /// If the folder already contains a board.
    pub fn create(root: &Path) -> Result<Self, BoardFolderError> {
        if root.join(CHECKPOINT).exists() {
            return Err(BoardFolderError::Exists(root.to_path_buf()));
        }
        let frontier = Frontier::new();
        let committed = frontier.head();
        Ok(Self { root: root.to_path_buf(), frontier, last: Vec::new(), committed })
    }

    /// Opens a board whose entries were read before. `frontier` is the tree of these entries.
    ///
    /// # Errors
    ///
    /// If the last bundle cannot be read.
    pub fn resume(root: &Path, frontier: Frontier) -> Result<Self, BoardFolderError> {
        let committed = frontier.head();
        let partial = last_bundle(committed.size).filter(|tile| tile.width() < TILE_WIDTH);
        let mut last = Vec::new();
        if let Some(tile) = partial {
            let bundle = Bundle::read(&FolderRecord::new(root), tile)?;
            last.extend(bundle.entries()?.map(|(_, entry)| entry.to_vec()));
        }
        Ok(Self { root: root.to_path_buf(), frontier, last, committed })
    }

    /// Opens the board in a folder. `key` must have signed the checkpoint in the folder.
    ///
    /// # Errors
    ///
    /// If the checkpoint or entries are missing, or if the checkpoint does not cover the entries.
    pub fn open(root: &Path, key: &NoteKey) -> Result<Self, BoardFolderError> {
        let path = root.join(CHECKPOINT);
        let checkpoint =
            read_at_most(&path, MAX_CHECKPOINT_BYTES).map_err(|error| BoardFolderError::Io { path, error })?;
        let checkpoint = SignedCheckpoint::parse(&checkpoint).map_err(BoardFolderError::Checkpoint)?;
        let committed = *checkpoint.verify(key).map_err(BoardFolderError::Checkpoint)?.head();
        let mut frontier = Frontier::new();
        for tile in bundle_paths(committed.size) {
            for (_, entry) in Bundle::read(&FolderRecord::new(root), tile)?.entries()? {
                frontier.push(leaf_hash(entry));
            }
        }
        if frontier.head() != committed {
            return Err(BoardFolderError::RootMismatch);
        }
        Self::resume(root, frontier)
    }

    /// Appends an entry and returns its position.
    ///
    /// # Errors
    ///
    /// If a full bundle cannot be written.
    pub fn append(&mut self, entry: Vec<u8>) -> Result<u64, BoardFolderError> {
        let index = self.frontier.size();
        self.frontier.push(leaf_hash(&entry));
        self.last.push(entry);
        if self.last.len() == usize::from(TILE_WIDTH) {
            self.write_last()?;
            self.last.clear();
        }
        Ok(index)
    }

    /// Makes all appended entries part of the board: writes them, and signs a checkpoint that covers them.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn commit(&mut self, signer: &NoteSigner) -> Result<SignedCheckpoint, BoardFolderError> {
        self.write_last()?;
        let head = self.frontier.head();
        let signed = signer.sign_checkpoint(&head);
        let path = self.root.join(CHECKPOINT);
        write_atomically(&path, signed.to_string().as_bytes()).map_err(|error| BoardFolderError::Io { path, error })?;
        self.remove_outgrown(head.size)?;
        self.committed = head;
        Ok(signed)
    }

    /// Writes the last bundle, which may be full.
    fn write_last(&self) -> Result<(), BoardFolderError> {
        let Some(tile) = last_bundle(self.frontier.size()).filter(|_| !self.last.is_empty()) else { return Ok(()) };
        let path = self.root.join(tile.to_string());
        let bytes =
            encode_bundle(&self.last).map_err(|error| BundleError { path: tile.to_string(), problem: error.into() })?;
        write_atomically(&path, &bytes).map_err(|error| BoardFolderError::Io { path, error })
    }

    /// Removes the partial bundle of the previous checkpoint, if the board has grown since.
    fn remove_outgrown(&self, size: u64) -> Result<(), BoardFolderError> {
        let partial = last_bundle(self.committed.size).filter(|tile| tile.width() < TILE_WIDTH);
        let Some(tile) = partial.filter(|_| self.committed.size != size) else { return Ok(()) };
        let path = self.root.join(tile.to_string());
        fs::remove_file(&path).map_err(|error| BoardFolderError::Io { path: path.clone(), error })?;
        // If the folder of partial bundles is empty now, it is removed too.
        if let Some(folder) = path.parent() {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

impl BoardEntries for BoardFolder {
    type Error = BoardFolderError;

    fn size(&self) -> u64 {
        self.frontier.size()
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, BoardFolderError> {
        let missing = BoardFolderError::NoSuchEntry(index);
        let size = self.frontier.size();
        let first = size - self.last.len() as u64;
        if index >= first {
            return self.last.get((index - first) as usize).cloned().ok_or(missing);
        }
        let tile = TilePath::bundle_of(index, size).ok_or(missing)?;
        let bundle = Bundle::read(&FolderRecord::new(&self.root), tile)?;
        let entry = bundle.entries()?.find(|(position, _)| *position == index).map(|(_, entry)| entry.to_vec());
        entry.ok_or(BoardFolderError::NoSuchEntry(index))
    }
}

/// The bundle with the last entry of a log of `size` entries.
fn last_bundle(size: u64) -> Option<TilePath> {
    TilePath::bundle_of(size.checked_sub(1)?, size)
}

#[cfg(test)]
mod tests {
    use ballotta::board::note::NoteSigner;

    use super::*;

    #[test]
    fn a_board_grows_over_bundles_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let signer = NoteSigner::from_seed("board.example/test", &[7; 32]).unwrap();
        let mut board = BoardFolder::create(root).unwrap();
        let entry = |index: u64| format!("entry {index}").into_bytes();
        for size in [1, 2, 255, 256, 257, 600] {
            while board.size() < size {
                assert_eq!(board.append(entry(board.size())).unwrap() + 1, board.size());
            }
            board.commit(&signer).unwrap();
            board = BoardFolder::open(root, signer.key()).unwrap();
            assert_eq!(board.size(), size);
            assert!((0..size).all(|index| board.entry(index).unwrap() == entry(index)));
            assert!(matches!(board.entry(size), Err(BoardFolderError::NoSuchEntry(missing)) if missing == size));
            let files: Vec<String> = bundle_paths(size).map(|tile| tile.to_string()).collect();
            let record = FolderRecord::new(root);
            let mut listed = ballotta::record::RecordSource::list(&record).unwrap().unwrap();
            listed.retain(|path| path != CHECKPOINT);
            assert_eq!(listed, files);
        }
        // After a crash, entries that the checkpoint does not cover are not part of the board.
        board.append(b"lost".to_vec()).unwrap();
        drop(board);
        assert_eq!(BoardFolder::open(root, signer.key()).unwrap().size(), 600);

        let path = root.join("tile/entries/000");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(BoardFolder::open(root, signer.key()), Err(BoardFolderError::RootMismatch)));
        assert!(matches!(BoardFolder::create(root), Err(BoardFolderError::Exists(_))));
        // A file may be too long for the memory.
        for (name, problem) in [("tile/entries/000", "bytes, more than "), (CHECKPOINT, "longer than ")] {
            fs::OpenOptions::new().write(true).open(root.join(name)).unwrap().set_len(1 << 40).unwrap();
            let error = BoardFolder::open(root, signer.key()).err().unwrap().to_string();
            assert!(error.contains(name) && error.contains(problem), "{error}");
        }
    }
}
