//! Appending to a board in a folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ballotta::admission::BoardEntries;
use ballotta::board::entry::{Entry, EntryKind, Pointer};
use ballotta::board::note::{NoteError, NoteKey, NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{
    HashTile, LastTiles, TILE_WIDTH, TilePath, bundle_paths, decode_hashes, encode_bundle, partial_tiles,
};
use ballotta::board::timeline::{EntryFault, Event, Observed, OrderError};
use ballotta::hash::{FileHash, TreeHash};
use ballotta::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES};
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::record::light::is_light_path;
use ballotta::record::{
    Bundle, BundleError, CHECKPOINT, CLOSING_CHECKPOINT, FILE_LIST, MANIFEST, README, ROLL, ReadError, TiledLog,
    TiledLogError, ceremony_path, decryption_path, read_file,
};

use crate::files::{PART, part_of, read_at_most, rename, write_announced, write_atomically, write_new};
use crate::{FolderRecord, disk};

/// Why a board cannot be opened or appended to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardFolderError {
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written")]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// The checkpoint cannot be read, or the board did not sign it.
    #[error("the checkpoint cannot be read, or is not signed by this board: {0}")]
    Checkpoint(NoteError),
    /// A bundle of entries cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// An entry is not shown to be on the board.
    #[error(transparent)]
    Proof(#[from] TiledLogError),
    /// The entries are not those that the checkpoint covers. Nothing is appended to such a board, because somebody may
    /// have changed its entries.
    #[error("the entries on disk do not have the tree head of the checkpoint")]
    RootMismatch,
    /// The checkpoint is not the one that this board wrote or read last: another program has written to the folder.
    /// Nothing is signed, because the board would then have two histories.
    #[error("another program has replaced the checkpoint of the board: nothing is signed")]
    CheckpointReplaced,
    /// An earlier call has failed, so it is not known what the disk has. The board must be opened again.
    #[error("an earlier write to the board has failed: the board must be opened again")]
    EarlierFailure,
    /// There is no entry at this position.
    #[error("the board has no entry {0}")]
    NoSuchEntry(u64),
    /// The folder already contains a board.
    #[error("{0} already contains a board")]
    Exists(PathBuf),
}

/// A board in a folder, with its last bundle in memory. It holds the lock of the folder until it is dropped.
///
/// Entries become part of the board with [`Self::commit`]. It writes the bundles first, and then the signed checkpoint.
/// Each file is written completely or not at all. If a crash leaves entries that the checkpoint does not cover, they
/// are not part of the board. They are removed when the board is opened again.
///
/// After an error of a function that writes, the board must be opened again: every later write fails with
/// `EarlierFailure`.
pub struct BoardFolder {
    lock: BoardLock,
    /// The tree over all entries, and the tiles of hashes that are not full.
    tiles: LastTiles,
    /// The entries of the last bundle, which is not full.
    last: Vec<Vec<u8>>,
    committed: TreeHead,
    /// The file of the checkpoint as this board has read or written it last; `None` if there is none yet.
    checkpoint: Option<Vec<u8>>,
    /// The tiles of the checkpoint before this one that were not full. They stay for readers who have read that
    /// checkpoint.
    outgrown: Vec<TilePath>,
    /// Whether a write has failed.
    has_failed: bool,
    /// Whether earlier entries were not all read when the board was opened, so that one that is read is proved first.
    proves_entries: bool,
}

/// A lock of the board of a folder. Until it is dropped, nobody else can lock the board, not even this process. See
/// [`BoardFolder::lock`].
#[derive(Debug)]
pub struct BoardLock {
    root: PathBuf,
    _file: File,
}

/// The files of a record to which entries of its board point. When a board is opened, other files of the key ceremony
/// and of decryptions are removed: a crash left them, and a record with them would not be valid.
#[derive(Debug, Default)]
pub struct NamedFiles {
    paths: BTreeSet<String>,
    /// Whether an entry without effect points to a file that is not in `paths`. Nothing is removed then.
    is_incomplete: bool,
}

impl NamedFiles {
    /// Takes note of the file to which an entry points. Call this for every entry of the board, in any order.
    pub fn observe(&mut self, observed: &Observed<'_>) {
        match &observed.event {
            Some(Event::CeremonyMessage(pointer)) => drop(self.paths.insert(ceremony_path(pointer.hash()))),
            Some(Event::PartialDecryption(pointer)) => drop(self.paths.insert(decryption_path(pointer.hash()))),
            _ => {}
        }
        let late = EntryFault::Order(OrderError::CeremonyAfterOpening);
        self.is_incomplete |= observed.fault.as_ref() == Some(&late);
    }

    /// As [`Self::observe`], for the bytes of an entry.
    fn push(&mut self, entry: &[u8]) {
        let Ok(entry) = Entry::decode(entry) else { return };
        let path: fn(&FileHash) -> String = match entry.kind() {
            EntryKind::Ceremony => ceremony_path,
            EntryKind::PartialDecryption => decryption_path,
            _ => return,
        };
        if let Ok(pointer) = Pointer::decode(entry.body()) {
            self.paths.insert(path(pointer.hash()));
        }
    }

    /// Whether this is the path of a file to which only entries point, and none does.
    fn is_unnamed(&self, path: &str) -> bool {
        let hash = path.strip_prefix("ceremony/").or_else(|| path.strip_prefix("decryption/"));
        let is_hash = hash.is_some_and(|hash| hash.parse::<FileHash>().is_ok());
        is_hash && !self.is_incomplete && !self.paths.contains(path)
    }
}

impl BoardFolder {
    /// Waits until nobody else has locked the board of this folder, and locks it. Take the lock before you read the
    /// board; the board then keeps it. If two processes appended at the same time, the board would have two histories.
    /// The command `ballotta` takes the same lock.
    ///
    /// # Errors
    ///
    /// `Io` if the folder has no manifest, or if it cannot be locked.
    pub fn lock(root: &Path) -> Result<BoardLock, BoardFolderError> {
        let path = root.join(MANIFEST);
        let locked = File::open(&path).and_then(|file| file.lock().map(|()| file));
        match locked {
            Ok(file) => Ok(BoardLock { root: root.to_path_buf(), _file: file }),
            Err(error) => Err(BoardFolderError::Io { path, error }),
        }
    }

    /// Creates a record with this manifest and an empty board. The first [`Self::commit`] makes it a board. If a crash
    /// came before, the same call continues with the folder that the crash left. The manifest is not parsed.
    ///
    /// # Errors
    ///
    /// `Exists` if the folder already contains a board; `Io` if the manifest cannot be written, or if the folder has
    /// another one.
    pub fn create(root: &Path, manifest: &[u8]) -> Result<Self, BoardFolderError> {
        let is_new = || {
            for path in [root.join(CHECKPOINT), root.join("tile")] {
                match path.try_exists() {
                    Ok(false) => {}
                    Ok(true) => return Err(BoardFolderError::Exists(root.to_path_buf())),
                    // A board that cannot be read is not a new one.
                    Err(error) => return Err(BoardFolderError::Io { path, error }),
                }
            }
            Ok(())
        };
        is_new()?;
        let path = root.join(MANIFEST);
        let written = match write_new(&path, manifest) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match read_at_most(&path, MAX_MANIFEST_BYTES) {
                    Ok(there) if there == manifest => Ok(()),
                    Ok(_) => Err(error),
                    Err(unreadable) => Err(unreadable),
                }
            }
            written => written,
        };
        written.map_err(|error| BoardFolderError::Io { path, error })?;
        let lock = Self::lock(root)?;
        // Another process may have been faster.
        is_new()?;
        let board = Self::new(lock, LastTiles::new(), Vec::new(), None);
        board.remove(None)?;
        Ok(board)
    }

    /// Completes a commit that was interrupted after its checkpoint was signed: readers may have seen that checkpoint, so that
    /// the board must not sign another one in its place. Call this after locking the board, before it is read. Returns whether
    /// there was something to complete.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written.
    pub fn finish_commit(lock: &BoardLock, key: &NoteKey) -> Result<bool, BoardFolderError> {
        let (path, part) = (lock.root.join(CHECKPOINT), part_of(&lock.root.join(CHECKPOINT)));
        let bytes = match read_at_most(&part, MAX_CHECKPOINT_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            // Something that this package has not written.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(false),
            Err(error) => return Err(BoardFolderError::Io { path: part, error }),
        };
        let Ok(signed) = SignedCheckpoint::parse(&bytes) else { return Ok(false) };
        let Ok(next) = signed.verify(key).map(|checkpoint| *checkpoint.head()) else { return Ok(false) };
        if next.size == 0 {
            return Ok(false);
        }
        let (_, committed) = read_checkpoint(&lock.root, key)?;
        let source = FolderRecord::new(&lock.root);
        // Its tiles were written before it.
        match LastTiles::read(next.size, |tile| read_hashes(&source, tile)) {
            Ok(tiles) if tiles.head() == next && next.size > committed.size => {}
            Ok(_) | Err(None) => return Ok(false),
            Err(Some(error)) => return Err(error),
        }
        rename(&part, &path).map_err(|error| BoardFolderError::Io { path, error })?;
        Ok(true)
    }

    /// Opens a board whose entries were read while it was locked. `frontier` is the tree of these entries, and `named`
    /// has observed them. `key` must have signed the checkpoint in the folder. What a crash left is removed: bundles
    /// beyond the checkpoint, unfinished files, and files to which no entry points.
    ///
    /// # Errors
    ///
    /// `RootMismatch` unless the checkpoint covers these entries; otherwise if a file cannot be read or removed.
    pub fn resume(
        lock: BoardLock,
        key: &NoteKey,
        frontier: Frontier,
        named: &NamedFiles,
    ) -> Result<Self, BoardFolderError> {
        let (checkpoint, committed) = read_checkpoint(&lock.root, key)?;
        if frontier.head() != committed {
            return Err(BoardFolderError::RootMismatch);
        }
        let source = FolderRecord::new(&lock.root);
        let last = read_last(&source, committed.size)?;
        // Tiles of hashes follow from the entries. If they are not there, or others, they are made again.
        let tiles = match LastTiles::read(committed.size, |tile| read_hashes(&source, tile)) {
            Ok(tiles) if tiles.head() == committed => tiles,
            Ok(_) | Err(None) => write_hash_tiles(&source, &committed)?,
            Err(Some(error)) => return Err(error),
        };
        let board = Self::new(lock, tiles, last, Some(checkpoint));
        board.remove(Some(named))?;
        Ok(board)
    }

    /// Opens a board without reading its entries: their tree is that of the tiles of hashes. Each entry that is
    /// [read](BoardEntries::entry) later is proved to be on the board. What a crash left is still there: before the first entry
    /// is appended, call [`Self::remove_leftovers`].
    ///
    /// # Errors
    ///
    /// If a file cannot be read; `RootMismatch` if the tiles or the last entries are not those of the checkpoint. The lock is
    /// given back, so that the board can be read as a whole.
    pub fn resume_by_tiles(lock: BoardLock, key: &NoteKey) -> Result<Self, (BoardLock, BoardFolderError)> {
        let read = || {
            let (checkpoint, committed) = read_checkpoint(&lock.root, key)?;
            let source = FolderRecord::new(&lock.root);
            let tiles = match LastTiles::read(committed.size, |tile| read_hashes(&source, tile)) {
                Ok(tiles) if tiles.head() == committed => tiles,
                Ok(_) | Err(None) => return Err(BoardFolderError::RootMismatch),
                Err(Some(error)) => return Err(error),
            };
            let last = read_last(&source, committed.size)?;
            // The last bundle is written again with the next entry, so that its entries must be right.
            if !last.iter().map(|entry| leaf_hash(entry)).eq(tiles.leaves().iter().copied()) {
                return Err(BoardFolderError::RootMismatch);
            }
            Ok((tiles, last, checkpoint))
        };
        match read() {
            Ok((tiles, last, checkpoint)) => {
                Ok(Self { proves_entries: true, ..Self::new(lock, tiles, last, Some(checkpoint)) })
            }
            Err(error) => Err((lock, error)),
        }
    }

    /// Removes what a crash left, as [`Self::resume`] does. `named` has observed every entry that points to a file: those up
    /// to the opening are enough if it is known that there are only ballots after it.
    ///
    /// # Errors
    ///
    /// If a file cannot be removed.
    pub fn remove_leftovers(&self, named: &NamedFiles) -> Result<(), BoardFolderError> {
        self.remove(Some(named))
    }

    /// Gives the lock back. Entries that are not committed are lost.
    #[must_use]
    pub fn into_lock(self) -> BoardLock {
        self.lock
    }

    /// The head of the checkpoint.
    #[must_use]
    pub fn committed(&self) -> &TreeHead {
        &self.committed
    }

    /// A board all of whose entries are committed.
    fn new(lock: BoardLock, tiles: LastTiles, last: Vec<Vec<u8>>, checkpoint: Option<Vec<u8>>) -> Self {
        let committed = tiles.head();
        let outgrown = Vec::new();
        Self { lock, tiles, last, committed, checkpoint, outgrown, has_failed: false, proves_entries: false }
    }

    /// Opens the board in a folder. `key` must have signed the checkpoint in the folder. See [`Self::resume`].
    ///
    /// # Errors
    ///
    /// If the checkpoint or entries are missing, or if the checkpoint does not cover the entries.
    pub fn open(lock: BoardLock, key: &NoteKey) -> Result<Self, BoardFolderError> {
        Self::finish_commit(&lock, key)?;
        let (_, committed) = read_checkpoint(&lock.root, key)?;
        let (mut frontier, mut named) = (Frontier::new(), NamedFiles::default());
        for tile in bundle_paths(committed.size) {
            for (_, entry) in Bundle::read(&FolderRecord::new(&lock.root), tile)?.entries()? {
                frontier.push(leaf_hash(entry));
                named.push(entry);
            }
        }
        Self::resume(lock, key, frontier, &named)
    }

    /// Appends an entry and returns its position.
    ///
    /// # Errors
    ///
    /// `Bundle` if the entry is empty or too long; nothing has changed then. If a full bundle cannot be written, the
    /// entry is not appended, and the board must be opened again.
    pub fn append(&mut self, entry: Vec<u8>) -> Result<u64, BoardFolderError> {
        self.usable()?;
        let index = self.tiles.size();
        let leaf = leaf_hash(&entry);
        let checked = encode_bundle(std::slice::from_ref(&entry));
        checked.map_err(|error| BundleError { path: "a new entry".into(), problem: error.into() })?;
        self.last.push(entry);
        if self.last.len() < usize::from(TILE_WIDTH) {
            self.tiles.push(leaf);
            return Ok(index);
        }
        let mut tiles = self.tiles.clone();
        let written = self.write_last(index + 1).and_then(|()| write_tiles(&self.lock.root, tiles.push(leaf)));
        if let Err(error) = written {
            self.last.pop();
            self.has_failed = true;
            return Err(error);
        }
        self.last.clear();
        self.tiles = tiles;
        Ok(index)
    }

    /// Makes all appended entries part of the board: writes them, and signs a checkpoint that covers them.
    ///
    /// # Errors
    ///
    /// `CheckpointReplaced` if another program has written to the folder; otherwise if a file cannot be written. The
    /// entries may then be part of the board or not: the board must be opened again.
    ///
    /// The tiles of the checkpoint before this one that were not full stay until the next commit, for readers who have read
    /// that checkpoint: see [`Self::remove_outgrown`].
    pub fn commit(&mut self, signer: &NoteSigner) -> Result<SignedCheckpoint, BoardFolderError> {
        self.usable()?;
        // Whatever fails from here on, the disk may have more than this board knows.
        self.has_failed = true;
        let head = self.tiles.head();
        let path = self.lock.root.join(CHECKPOINT);
        let there = match read_at_most(&path, MAX_CHECKPOINT_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(BoardFolderError::Io { path, error }),
        };
        if there != self.checkpoint {
            return Err(BoardFolderError::CheckpointReplaced);
        }
        self.write_last(head.size)?;
        // Those that the checkpoint before has as well were written with it, and are the same.
        let before = self.committed.size;
        write_tiles(&self.lock.root, self.tiles.partial().filter(|(tile, _)| !tile.is_of(before)))?;
        let signed = signer.sign_checkpoint(&head);
        let bytes = signed.to_string().into_bytes();
        // Readers may see the checkpoint before the disk has its name. After a loss of power, it must not be another one.
        write_announced(&path, &bytes).map_err(|error| BoardFolderError::Io { path, error })?;
        // Readers may have the checkpoint before this one. The one before that is too old.
        if self.committed.size != head.size {
            self.remove_outgrown();
            self.outgrown = partial_tiles(self.committed.size).filter(|tile| !tile.is_of(head.size)).collect();
        }
        self.committed = head;
        self.checkpoint = Some(bytes);
        self.has_failed = false;
        Ok(signed)
    }

    /// Writes a file of the record that is no bundle and not the checkpoint, such as one to which the next entry points.
    /// A file that exists is replaced.
    ///
    /// # Errors
    ///
    /// `Io` if it cannot be written. The board must then be opened again.
    pub fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), BoardFolderError> {
        self.usable()?;
        let path = self.lock.root.join(path);
        write_atomically(&path, bytes).map_err(|error| {
            self.has_failed = true;
            BoardFolderError::Io { path, error }
        })
    }

    fn usable(&self) -> Result<(), BoardFolderError> {
        if self.has_failed { Err(BoardFolderError::EarlierFailure) } else { Ok(()) }
    }

    /// Writes the last bundle of a log of `size` entries. It may be full.
    fn write_last(&self, size: u64) -> Result<(), BoardFolderError> {
        let Some(tile) = last_bundle(size).filter(|_| !self.last.is_empty()) else { return Ok(()) };
        let path = self.lock.root.join(tile.to_string());
        let bytes =
            encode_bundle(&self.last).map_err(|error| BundleError { path: tile.to_string(), problem: error.into() })?;
        write_atomically(&path, &bytes).map_err(|error| BoardFolderError::Io { path, error })
    }

    /// Removes the tiles that [`Self::commit`] has left for readers of the checkpoint before. A published record does not
    /// have them. The entries are safe already, so this cannot fail: what remains is removed when the board is opened again.
    pub fn remove_outgrown(&mut self) {
        for tile in self.outgrown.drain(..) {
            let path = self.lock.root.join(tile.to_string());
            let _ = disk::remove(&path);
            remove_empty_folder(&path);
        }
    }

    /// Removes what a crash left: tiles that are not those of the checkpoint, unfinished files, and files to which no
    /// entry points. Without `named`, the board is new, and only unfinished files are removed.
    fn remove(&self, named: Option<&NamedFiles>) -> Result<(), BoardFolderError> {
        let root = &self.lock.root;
        let unreadable = |error: ballotta::record::SourceError| BoardFolderError::Io {
            path: root.clone(),
            error: io::Error::other(error),
        };
        for path in FolderRecord::new(root).files().map_err(unreadable)? {
            let is_outside = path.parse().is_ok_and(|tile: TilePath| !tile.is_of(self.committed.size));
            let is_left = named.is_some_and(|named| is_outside || named.is_unnamed(&path));
            if !is_left && !is_unfinished(&path) {
                continue;
            }
            let path = root.join(path);
            disk::remove(&path).map_err(|error| BoardFolderError::Io { path: path.clone(), error })?;
            remove_empty_folder(&path);
        }
        Ok(())
    }
}

/// Reads the checkpoint in a folder, and returns its bytes and its head. `key` must have signed it.
fn read_checkpoint(root: &Path, key: &NoteKey) -> Result<(Vec<u8>, TreeHead), BoardFolderError> {
    let path = root.join(CHECKPOINT);
    let bytes = read_at_most(&path, MAX_CHECKPOINT_BYTES).map_err(|error| BoardFolderError::Io { path, error })?;
    let signed = SignedCheckpoint::parse(&bytes).map_err(BoardFolderError::Checkpoint)?;
    let head = *signed.verify(key).map_err(BoardFolderError::Checkpoint)?.head();
    Ok((bytes, head))
}

/// Reads the entries of the last bundle of a board of this size, if it is not full.
fn read_last(source: &FolderRecord, size: u64) -> Result<Vec<Vec<u8>>, BoardFolderError> {
    match last_bundle(size).filter(|tile| tile.width() < TILE_WIDTH) {
        Some(tile) => Ok(Bundle::read(source, tile)?.entries()?.map(|(_, entry)| entry.to_vec()).collect()),
        None => Ok(Vec::new()),
    }
}

/// Reads a tile of hashes. The error is `None` if there is no such tile.
fn read_hashes(source: &FolderRecord, tile: TilePath) -> Result<Vec<TreeHash>, Option<BoardFolderError>> {
    let path = tile.to_string();
    match read_file(source, &path, 32 * usize::from(TILE_WIDTH)) {
        Ok(bytes) => decode_hashes(&bytes, tile.width()).map_err(|_| None),
        Err(ReadError::Missing | ReadError::TooLong { .. }) => Err(None),
        Err(error) => {
            Err(Some(BoardFolderError::Io { path: source.root().join(path), error: io::Error::other(error) }))
        }
    }
}

/// Writes tiles of hashes.
fn write_tiles(root: &Path, tiles: impl IntoIterator<Item = HashTile>) -> Result<(), BoardFolderError> {
    for (tile, bytes) in tiles {
        let path = root.join(tile.to_string());
        write_atomically(&path, &bytes).map_err(|error| BoardFolderError::Io { path, error })?;
    }
    Ok(())
}

/// Writes all tiles of hashes of the board of this head again, and returns the last ones.
fn write_hash_tiles(source: &FolderRecord, head: &TreeHead) -> Result<LastTiles, BoardFolderError> {
    let mut tiles = LastTiles::new();
    for path in bundle_paths(head.size) {
        for (_, entry) in Bundle::read(source, path)?.entries()? {
            write_tiles(source.root(), tiles.push(leaf_hash(entry)))?;
        }
    }
    if tiles.head() != *head {
        return Err(BoardFolderError::RootMismatch);
    }
    write_tiles(source.root(), tiles.partial())?;
    Ok(tiles)
}

/// Whether this file of a record is one that this package writes and has not finished.
fn is_unfinished(path: &str) -> bool {
    const FILES: [&str; 6] = [MANIFEST, ROLL, CHECKPOINT, CLOSING_CHECKPOINT, README, FILE_LIST];
    const FOLDERS: [&str; 5] = ["attachments/", "ceremony/", "parts/", "decryption/", "result/"];
    path.strip_suffix(PART).is_some_and(|file| {
        FILES.contains(&file)
            || FOLDERS.iter().any(|folder| file.starts_with(folder))
            || file.parse::<TilePath>().is_ok()
            || is_light_path(file)
    })
}

/// Removes the folder of a file that was removed, if it is empty now. An empty folder is not part of a record.
fn remove_empty_folder(removed: &Path) {
    let Some(folder) = removed.parent() else { return };
    if fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none()) {
        let _ = disk::remove_folder(folder);
    }
}

impl BoardEntries for BoardFolder {
    type Error = BoardFolderError;

    fn size(&self) -> u64 {
        self.tiles.size()
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, BoardFolderError> {
        let missing = BoardFolderError::NoSuchEntry(index);
        let size = self.tiles.size();
        let first = size - self.last.len() as u64;
        if index >= first {
            return self.last.get((index - first) as usize).cloned().ok_or(missing);
        }
        let tile = TilePath::bundle_of(index, size).ok_or(missing)?;
        let source = FolderRecord::new(&self.lock.root);
        let bundle = Bundle::read(&source, tile)?;
        let entry = bundle.entries()?.find(|(position, _)| *position == index).map(|(_, entry)| entry.to_vec());
        let entry = entry.ok_or(BoardFolderError::NoSuchEntry(index))?;
        // What this board has appended itself and not committed yet has no tiles to prove it.
        if self.proves_entries && index < self.committed.size {
            TiledLog::new(&source, self.committed).inclusion(index, &leaf_hash(&entry))?;
        }
        Ok(entry)
    }
}

/// The bundle with the last entry of a log of `size` entries.
fn last_bundle(size: u64) -> Option<TilePath> {
    TilePath::bundle_of(size.checked_sub(1)?, size)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use ballotta::board::tiles::hash_tile_paths;

    use super::*;

    /// K4: a reader that has read a checkpoint finds its entries after the board has grown once, also over the end of a bundle.
    #[test]
    fn k4_readers_of_the_checkpoint_before_find_its_entries() {
        let folder = tempfile::tempdir().unwrap();
        let (root, signer) = (folder.path(), signer());
        let mut board = BoardFolder::create(root, b"{}").unwrap();
        board.commit(&signer).unwrap();
        let source = FolderRecord::new(root);
        let tiles = || source.files().unwrap().into_iter().filter(|path| path.starts_with("tile/")).count();
        for size in 1..=520 {
            let read = board.committed.size;
            board.append(vec![1]).unwrap();
            board.commit(&signer).unwrap();
            for tile in bundle_paths(read) {
                assert!(Bundle::read(&source, tile).is_ok(), "{tile} of {read} entries, beside {size}");
            }
            for tile in hash_tile_paths(read) {
                assert!(read_hashes(&source, tile).is_ok(), "{tile} of {read} entries, beside {size}");
            }
            // Nothing but that is kept.
            let own = bundle_paths(size).count() + hash_tile_paths(size).count();
            assert!(tiles() <= own + partial_tiles(read).count(), "{size} entries");
            if size % 100 == 0 {
                board.remove_outgrown();
                assert_eq!(tiles(), own, "{size} entries");
            }
        }
    }

    #[test]
    fn a_board_grows_over_bundles_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let signer = signer();
        let open = || BoardFolder::open(BoardFolder::lock(root).unwrap(), signer.key());
        let mut board = BoardFolder::create(root, b"{}").unwrap();
        let entry = |index: u64| format!("entry {index}").into_bytes();
        for size in [1, 2, 255, 256, 257, 600] {
            while board.size() < size {
                assert_eq!(board.append(entry(board.size())).unwrap() + 1, board.size());
            }
            board.commit(&signer).unwrap();
            drop(board);
            board = open().unwrap();
            assert_eq!(board.size(), size);
            assert!((0..size).all(|index| board.entry(index).unwrap() == entry(index)));
            assert!(matches!(board.entry(size), Err(BoardFolderError::NoSuchEntry(missing)) if missing == size));
            let mut files: Vec<String> =
                bundle_paths(size).chain(hash_tile_paths(size)).map(|tile| tile.to_string()).collect();
            files.sort_unstable();
            let record = FolderRecord::new(root);
            let mut listed = ballotta::record::RecordSource::list(&record).unwrap().unwrap();
            listed.retain(|path| path != CHECKPOINT && path != MANIFEST);
            assert_eq!(listed, files);
            // Proofs out of the tiles fit the head.
            let log = TiledLog::new(&record, board.committed);
            for index in [0, size / 2, size - 1] {
                assert!(log.inclusion(index, &leaf_hash(&entry(index))).is_ok(), "{index} of {size}");
            }
            let older = (0..size / 3).map(|index| leaf_hash(&entry(index))).collect::<Frontier>().head();
            assert!(log.consistency(&older).is_ok(), "{size}");
        }
        // After a crash, entries that the checkpoint does not cover are not part of the board.
        board.append(b"lost".to_vec()).unwrap();
        drop(board);
        assert_eq!(open().unwrap().size(), 600);

        let path = root.join("tile/entries/000");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(open(), Err(BoardFolderError::RootMismatch)));
        assert!(matches!(BoardFolder::create(root, b"{}"), Err(BoardFolderError::Exists(_))));
        // A file may be too long for the memory.
        for (name, problem) in [("tile/entries/000", "bytes, more than "), (CHECKPOINT, "longer than ")] {
            fs::OpenOptions::new().write(true).open(root.join(name)).unwrap().set_len(1 << 40).unwrap();
            let error = open().err().unwrap();
            let error = format!("{error}: {}", error.source().map_or(String::new(), ToString::to_string));
            assert!(error.contains(name) && error.contains(problem), "{error}");
        }
    }

    /// Tiles of hashes follow from the entries: a board whose tiles are lost or damaged makes them again.
    #[test]
    fn tiles_of_hashes_are_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(board(root, 600));
        let source = FolderRecord::new(root);
        let tiles = || {
            let all = hash_tile_paths(600).map(|tile| fs::read(root.join(tile.to_string())).ok());
            all.collect::<Option<Vec<_>>>()
        };
        let whole = tiles().unwrap();
        let open = || drop(BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key()).unwrap());
        fs::write(root.join("tile/0/002.p/88"), [0; 32 * 88]).unwrap();
        open();
        assert_eq!(tiles().unwrap(), whole);
        fs::write(root.join("tile/1/000.p/2"), [0; 3]).unwrap();
        open();
        assert_eq!(tiles().unwrap(), whole);
        fs::remove_dir_all(root.join("tile/0")).unwrap();
        assert_eq!(tiles(), None);
        assert!(matches!(
            TiledLog::new(&source, read_checkpoint(root, signer().key()).unwrap().1)
                .inclusion(1, &leaf_hash(b"entry 1")),
            Err(TiledLogError::File { error: ReadError::Missing, .. })
        ));
        open();
        assert_eq!(tiles().unwrap(), whole);
        // What cannot be read is not made again.
        fs::remove_file(root.join("tile/0/002.p/88")).unwrap();
        fs::create_dir(root.join("tile/0/002.p/88")).unwrap();
        let refused = BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key());
        assert!(matches!(refused, Err(BoardFolderError::Io { path, .. }) if path == root.join("tile/0/002.p/88")));
    }

    fn signer() -> NoteSigner {
        NoteSigner::from_seed("board.example/test", &[7; 32]).unwrap()
    }

    /// A new board with these entries, which are committed.
    fn board(root: &Path, entries: u64) -> BoardFolder {
        let mut board = BoardFolder::create(root, b"{}").unwrap();
        for index in 0..entries {
            board.append(format!("entry {index}").into_bytes()).unwrap();
        }
        board.commit(&signer()).unwrap();
        board
    }

    /// L2: a checkpoint that readers may have seen is not replaced by another one.
    #[test]
    fn l2_a_signed_checkpoint_is_completed_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(board(root, 3));
        let older = fs::read(root.join(CHECKPOINT)).unwrap();
        let mut grown = BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key()).unwrap();
        grown.append(b"seen".to_vec()).unwrap();
        grown.commit(&signer()).unwrap();
        drop(grown);
        let newer = fs::read(root.join(CHECKPOINT)).unwrap();
        let part = root.join("checkpoint.part");
        let finish = |bytes: &[u8]| {
            fs::write(root.join(CHECKPOINT), &older).unwrap();
            fs::write(&part, bytes).unwrap();
            BoardFolder::finish_commit(&BoardFolder::lock(root).unwrap(), signer().key()).unwrap()
        };
        let other = NoteSigner::from_seed("board.example/test", &[8; 32]).unwrap();
        let head = TreeHead { size: 4, root: leaf_hash(b"other") };
        for bytes in [
            b"torn".to_vec(),
            older.clone(),
            other.sign_checkpoint(&head).to_string().into_bytes(),
            signer().sign_checkpoint(&head).to_string().into_bytes(),
        ] {
            assert!(!finish(&bytes));
            assert_eq!(fs::read(root.join(CHECKPOINT)).unwrap(), older);
        }
        assert!(finish(&newer));
        assert!(!part.exists());
        assert_eq!(fs::read(root.join(CHECKPOINT)).unwrap(), newer);
        // Opening does it as well.
        fs::write(root.join(CHECKPOINT), &older).unwrap();
        fs::write(&part, &newer).unwrap();
        let opened = BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key()).unwrap();
        assert_eq!(opened.entry(3).unwrap(), b"seen");
        drop(opened);
        // Without its tiles, it is not known whether the entries are there.
        fs::remove_file(root.join("tile/0/000.p/4")).unwrap();
        assert!(!finish(&newer));
    }

    /// A board that is opened by its tiles proves each entry that it reads.
    #[test]
    fn l2_entries_that_were_not_read_are_proved() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(board(root, 600));
        let open = || {
            let lock = BoardFolder::lock(root).unwrap();
            BoardFolder::resume_by_tiles(lock, signer().key()).map_err(|(_, error)| error)
        };
        let mut opened = open().unwrap();
        for index in [0, 255, 256, 599] {
            assert_eq!(opened.entry(index).unwrap(), format!("entry {index}").into_bytes());
        }
        for index in 600..800 {
            opened.append(format!("entry {index}").into_bytes()).unwrap();
        }
        // One of this process, in a bundle that is full and in no checkpoint yet.
        assert_eq!(opened.entry(700).unwrap(), b"entry 700");
        opened.commit(&signer()).unwrap();
        assert_eq!(opened.entry(700).unwrap(), b"entry 700");
        drop(opened);
        let change = |path: &str| {
            let mut bytes = fs::read(root.join(path)).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(root.join(path), bytes).unwrap();
        };
        change("tile/entries/000");
        let not_included = |index| TiledLogError::Log(ballotta::merkle::LogError::NotIncluded { index, size: 800 });
        match open().unwrap().entry(255) {
            Err(BoardFolderError::Proof(error)) => assert_eq!(error, not_included(255)),
            other => panic!("{other:?}"),
        }
        change("tile/entries/000");
        change("tile/entries/003.p/32");
        assert!(matches!(open(), Err(BoardFolderError::RootMismatch)));
        change("tile/entries/003.p/32");
        change("tile/0/003.p/32");
        assert!(matches!(open(), Err(BoardFolderError::RootMismatch)));
        change("tile/0/003.p/32");
        assert!(open().is_ok());
    }

    #[test]
    fn k1_a_board_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut first = board(root, 1);
        // Nobody else can lock the board while it is open.
        let file = File::open(root.join(MANIFEST)).unwrap();
        assert!(matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)));
        // A lock binds only those who ask for it. Whoever writes without it is noticed.
        first.append(b"one".to_vec()).unwrap();
        let other = signer().sign_checkpoint(&TreeHead { size: 2, root: leaf_hash(b"other") }).to_string();
        let own = fs::read(root.join(CHECKPOINT)).unwrap();
        fs::write(root.join(CHECKPOINT), &other).unwrap();
        assert!(matches!(first.commit(&signer()), Err(BoardFolderError::CheckpointReplaced)));
        assert_eq!(fs::read_to_string(root.join(CHECKPOINT)).unwrap(), other);
        // The board has seen a failure, so it signs nothing more, even if the file is as before.
        fs::write(root.join(CHECKPOINT), &own).unwrap();
        assert!(matches!(first.commit(&signer()), Err(BoardFolderError::EarlierFailure)));
        drop(first);
        file.try_lock().unwrap();
        file.unlock().unwrap();
        // Entries that were read before somebody else wrote are not continued.
        let stale = Frontier::new();
        let lock = BoardFolder::lock(root).unwrap();
        let resumed = BoardFolder::resume(lock, signer().key(), stale, &NamedFiles::default());
        assert!(matches!(resumed, Err(BoardFolderError::RootMismatch)));
    }

    #[test]
    fn k5_opening_removes_what_a_crash_left() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let pointer = Pointer::to_file(1, b"message").unwrap();
        let mut board = board(root, 3);
        board.append(Entry::new(EntryKind::Ceremony, &pointer.encode()).unwrap().encode()).unwrap();
        let named = ceremony_path(pointer.hash());
        board.write_file(&named, b"message").unwrap();
        board.commit(&signer()).unwrap();
        board.remove_outgrown();
        drop(board);
        let list = || FolderRecord::new(root).files().unwrap();
        let whole = list();
        let other = "0".repeat(64);
        let left = [
            "tile/entries/000".to_owned(),
            "tile/entries/000.p/5".to_owned(),
            "tile/entries/000.p/5.part".to_owned(),
            "tile/entries/001.p/1".to_owned(),
            "tile/0/000.p/3".to_owned(),
            "tile/0/000".to_owned(),
            "tile/1/000.p/1".to_owned(),
            "tile/0/000.p/4.part".to_owned(),
            "checkpoint.part".to_owned(),
            "roll.part".to_owned(),
            format!("{named}.part"),
            format!("ceremony/{other}"),
            format!("decryption/{other}"),
        ];
        for path in &left {
            write_atomically(&root.join(path), b"left").unwrap();
        }
        // What is not the board's own is never removed.
        for path in ["notes.part", "ceremony/notes", "tile/entries/notes"] {
            fs::write(root.join(path), b"a person's").unwrap();
        }
        drop(BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key()).unwrap());
        let mut listed = list();
        listed.retain(|path| !path.contains("notes"));
        assert_eq!((listed.len() + 3, listed), (list().len(), whole));
        assert!(!root.join("tile/entries/001.p").exists() && !root.join("decryption").exists());
        // After an entry that no reader follows, files are not removed: it may point to one of them.
        let mut named = NamedFiles { is_incomplete: true, ..NamedFiles::default() };
        assert!(!named.is_unnamed(&format!("ceremony/{other}")));
        named.is_incomplete = false;
        assert!(named.is_unnamed(&format!("ceremony/{other}")) && !named.is_unnamed("ceremony/notes"));
    }

    #[test]
    fn k9_a_failed_append_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut board = board(root, 255);
        // An entry that no bundle can have is refused, and the board goes on.
        for entry in [vec![], vec![0; 65_536]] {
            assert!(matches!(board.append(entry), Err(BoardFolderError::Bundle(_))));
        }
        assert_eq!(board.size(), 255);
        // The bundle cannot be written, because there is a folder with its name.
        fs::create_dir(root.join("tile/entries/000")).unwrap();
        assert!(matches!(board.append(b"refused".to_vec()), Err(BoardFolderError::Io { .. })));
        assert_eq!(board.size(), 255);
        assert!(matches!(board.entry(255), Err(BoardFolderError::NoSuchEntry(255))));
        fs::remove_dir(root.join("tile/entries/000")).unwrap();
        assert!(matches!(board.commit(&signer()), Err(BoardFolderError::EarlierFailure)));
        assert!(matches!(board.append(b"more".to_vec()), Err(BoardFolderError::EarlierFailure)));
        assert!(matches!(board.write_file("roll", b""), Err(BoardFolderError::EarlierFailure)));
        drop(board);
        let mut board = BoardFolder::open(BoardFolder::lock(root).unwrap(), signer().key()).unwrap();
        assert_eq!(board.append(b"accepted".to_vec()).unwrap(), 255);
        board.commit(&signer()).unwrap();
        assert_eq!(board.entry(255).unwrap(), b"accepted");
    }

    #[test]
    fn k5_a_folder_that_was_not_finished_is_continued_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("record");
        drop(BoardFolder::create(&root, b"{}").unwrap());
        fs::write(root.join("checkpoint.part"), b"ballot").unwrap();
        assert!(matches!(BoardFolder::create(&root, b"{ }"), Err(BoardFolderError::Io { .. })));
        drop(board(&root, 1));
        assert!(!root.join("checkpoint.part").exists());
        // Entries without a checkpoint are never replaced by an empty board.
        fs::remove_file(root.join(CHECKPOINT)).unwrap();
        assert!(matches!(BoardFolder::create(&root, b"{}"), Err(BoardFolderError::Exists(_))));
        assert!(root.join("tile/entries/000.p/1").exists());
    }
}
