//! Faults by order of a test: an operation fails, ends the process, or is the last one before a loss of power.
//!
//! The variable `BALLOTTA_FAULT` is `<kind>:<n>`. Before operation `n`,
//!
//! - `abort` ends the process;
//! - `fail` lets the operation fail as on a full disk, and `full` this one and all later ones;
//! - `power` ends the process, and undoes everything for whose arrival on the disk nobody has waited: the bytes of files
//!   until the file is synchronised; new, changed and removed names until their folder is. `power-bytes` undoes only the bytes
//!   and `power-names` only the names, since a disk writes in any order. Before, the file of `BALLOTTA_SEEN`, which is
//!   `<file>:<copy>`, is copied: it is what readers may have seen.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of operations so far.
static OPERATIONS: AtomicU64 = AtomicU64::new(0);
/// What a loss of power would undo, in the order in which it was done.
static PENDING: Mutex<Vec<Pending>> = Mutex::new(Vec::new());

/// A change of names.
pub(super) enum Change<'a> {
    /// A file that is there now.
    New(&'a Path),
    /// A folder that is there now.
    NewFolder(&'a Path),
    /// A file that will get another name, and may replace one.
    Rename(&'a Path, &'a Path),
    /// A file that will be removed.
    Remove(&'a Path),
    /// A folder that was removed.
    RemoveFolder(&'a Path),
}

/// A change that the disk need not have.
enum Pending {
    /// The bytes of a file before the change.
    Bytes { file: File, before: Vec<u8> },
    /// Names in a folder.
    Names { folder: PathBuf, undo: Undo },
}

enum Undo {
    Remove(PathBuf),
    RemoveFolder(PathBuf),
    /// The file that was replaced, if there was one.
    Rename(PathBuf, PathBuf, Option<Vec<u8>>),
    Write(PathBuf, Vec<u8>),
    CreateFolder(PathBuf),
}

fn order() -> Option<(String, u64)> {
    let order = std::env::var("BALLOTTA_FAULT").ok()?;
    let (kind, at) = order.split_once(':')?;
    Some((kind.to_owned(), at.parse().ok()?))
}

fn is_power() -> bool {
    order().is_some_and(|(kind, _)| kind.starts_with("power"))
}

/// Counts an operation. `torn` is called before a fault, and leaves what a write leaves that is interrupted.
pub(super) fn pass(torn: impl FnOnce()) -> io::Result<()> {
    let Some((kind, at)) = order() else { return Ok(()) };
    let number = OPERATIONS.fetch_add(1, Ordering::SeqCst) + 1;
    if number != at && !(kind == "full" && number > at) {
        return Ok(());
    }
    // The test reads this. If it cannot be written, the test fails.
    let _ = writeln!(io::stderr(), "injected: {kind}:{at}");
    if kind.starts_with("power") {
        // What readers may have seen before.
        if let Ok(seen) = std::env::var("BALLOTTA_SEEN")
            && let Some((from, to)) = seen.split_once(':')
        {
            let _ = fs::copy(from, to);
        }
        let undone = lose(kind != "power-names", kind != "power-bytes");
        if let Err(error) = undone {
            let _ = writeln!(io::stderr(), "the loss of power panicked: {error}");
        }
        std::process::abort();
    }
    torn();
    if kind == "abort" {
        std::process::abort();
    }
    Err(io::Error::from(io::ErrorKind::StorageFull))
}

/// Undoes what the disk need not have, the last change first.
fn lose(bytes: bool, names: bool) -> io::Result<()> {
    let mut pending = PENDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for pending in pending.drain(..).rev() {
        match pending {
            Pending::Bytes { file, before } if bytes => {
                file.set_len(0)?;
                file.write_all_at(&before, 0)?;
            }
            Pending::Names { undo, .. } if names => match undo {
                Undo::Remove(path) => gone(fs::remove_file(path))?,
                Undo::RemoveFolder(path) => gone(fs::remove_dir_all(path))?,
                Undo::Rename(from, to, replaced) => {
                    gone(fs::rename(&to, from))?;
                    if let Some(bytes) = replaced {
                        gone(fs::write(to, bytes))?;
                    }
                }
                Undo::Write(path, bytes) => gone(fs::write(path, bytes))?,
                Undo::CreateFolder(path) => gone(fs::create_dir(path))?,
            },
            Pending::Bytes { .. } | Pending::Names { .. } => {}
        }
    }
    Ok(())
}

/// What is not there need not be undone: a change above it was undone, or the change has failed.
fn gone(undone: io::Result<()>) -> io::Result<()> {
    match undone {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => Ok(()),
        undone => undone,
    }
}

fn note(pending: Pending) {
    PENDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(pending);
}

/// Notes a change of names. What will be replaced or removed must still be there.
pub(super) fn will_name(change: Change<'_>) -> io::Result<()> {
    if !is_power() {
        return Ok(());
    }
    let (path, undo) = match change {
        Change::New(path) => (path, Undo::Remove(path.to_path_buf())),
        Change::NewFolder(path) => (path, Undo::RemoveFolder(path.to_path_buf())),
        Change::Rename(from, to) => {
            let replaced = match fs::read(to) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            (to, Undo::Rename(from.to_path_buf(), to.to_path_buf(), replaced))
        }
        Change::Remove(path) => (path, Undo::Write(path.to_path_buf(), fs::read(path)?)),
        Change::RemoveFolder(path) => (path, Undo::CreateFolder(path.to_path_buf())),
    };
    note(Pending::Names { folder: real(path.parent().unwrap_or(Path::new("")))?, undo });
    Ok(())
}

fn real(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

/// Notes the bytes of a file that will be changed.
pub(super) fn will_write(file: &File) -> io::Result<()> {
    if !is_power() {
        return Ok(());
    }
    let mut before = Vec::new();
    if file.metadata()?.len() > 0 {
        // The place at which the caller writes must not move.
        let mut own = file.try_clone()?;
        let place = own.stream_position()?;
        own.seek(SeekFrom::Start(0))?;
        own.read_to_end(&mut before)?;
        own.seek(SeekFrom::Start(place))?;
    }
    note(Pending::Bytes { file: file.try_clone()?, before });
    Ok(())
}

/// The disk has the bytes of a file.
pub(super) fn synced(file: &File) -> io::Result<()> {
    if !is_power() {
        return Ok(());
    }
    let same = file.metadata()?;
    let mut pending = PENDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut error = None;
    pending.retain(|pending| match pending {
        Pending::Bytes { file, .. } => match file.metadata() {
            Ok(other) => (other.dev(), other.ino()) != (same.dev(), same.ino()),
            Err(unreadable) => {
                error = Some(unreadable);
                true
            }
        },
        Pending::Names { .. } => true,
    });
    error.map_or(Ok(()), Err)
}

/// The disk has the names in a folder.
pub(super) fn synced_folder(path: &Path) {
    if !is_power() {
        return;
    }
    let Ok(path) = real(path) else { return };
    let mut pending = PENDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    pending.retain(|pending| !matches!(pending, Pending::Names { folder, .. } if *folder == path));
}
