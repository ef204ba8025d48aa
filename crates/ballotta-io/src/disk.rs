//! The operations that change files. Everything that this package writes goes through them, and so does everything that
//! the command writes.
//!
//! Tests let the operation with a given number fail, or end the process there: feature `faults`, in builds with debug
//! assertions only. In every other build, [`fault::pass`] does nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Creates a file that must not exist. On Unix, only its owner may read a file with a secret.
pub(crate) fn create_new(path: &Path, is_secret: bool) -> io::Result<File> {
    fault::pass(|| ())?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    let file = options.open(path)?;
    fault::will_name(fault::Change::New(path))?;
    Ok(file)
}

/// Writes all bytes into a new file. If this fails, a part of them may be in the file.
pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    fault::pass(|| {
        let _ = file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default());
    })?;
    fault::will_write(file)?;
    file.write_all(bytes)
}

/// Writes bytes into a file, from this place on. If this fails, a part of them may be in the file.
pub(crate) fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut write = |bytes: &[u8]| file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(bytes));
    fault::pass(|| {
        let _ = write(bytes.get(..bytes.len() / 2).unwrap_or_default());
    })?;
    fault::will_write(file)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// Waits until the disk has the bytes of a file.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    fault::pass(|| ())?;
    file.sync_data()?;
    fault::synced(file)
}

/// Renames a file. A file with the new name is replaced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fault::will_name(fault::Change::Rename(from, to))?;
    fs::rename(from, to)
}

/// Gives a file a second name, which must not exist.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::hard_link(from, to)?;
    fault::will_name(fault::Change::New(to))
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fault::will_name(fault::Change::Remove(path))?;
    fs::remove_file(path)
}

/// Removes an empty folder.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::remove_dir(path)?;
    fault::will_name(fault::Change::RemoveFolder(path))
}

/// Creates a folder in a folder that exists.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    #[cfg(test)]
    trace::add("create", path);
    fs::create_dir(path)?;
    fault::will_name(fault::Change::NewFolder(path))
}

/// A write of another library, which has its own order of writing.
#[cfg(feature = "index")]
pub(crate) fn outside() -> io::Result<()> {
    fault::pass(|| ())
}

/// Waits until the disk has the names of the files in a folder. Without this, a crash may lose the name of a file that
/// was written.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    #[cfg(test)]
    trace::add("sync", folder);
    File::open(folder)?.sync_all()?;
    fault::synced_folder(folder);
    Ok(())
}

/// Other systems cannot open folders. Their file systems keep names in a journal.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    fault::pass(|| ())
}

/// What happened to folders on this thread. A test cannot see whether the disk has a name, only who asked for it.
#[cfg(test)]
pub(crate) mod trace {
    use std::cell::RefCell;
    use std::path::{Path, PathBuf};

    type Trace = Vec<(&'static str, PathBuf)>;

    thread_local! {
        static TRACE: RefCell<Trace> = const { RefCell::new(Vec::new()) };
    }

    #[cfg_attr(not(unix), allow(dead_code, reason = "other systems do not synchronise folders"))]
    pub(super) fn add(what: &'static str, folder: &Path) {
        TRACE.with_borrow_mut(|trace| trace.push((what, folder.to_path_buf())));
    }

    pub(crate) fn take() -> Trace {
        TRACE.take()
    }
}

#[cfg(not(all(feature = "faults", debug_assertions, unix)))]
mod fault {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    /// A change of names.
    #[allow(dead_code, reason = "only tests look at it")]
    pub(super) enum Change<'a> {
        New(&'a Path),
        NewFolder(&'a Path),
        Rename(&'a Path, &'a Path),
        Remove(&'a Path),
        RemoveFolder(&'a Path),
    }

    /// Does nothing: nothing fails by order of a test.
    #[inline(always)]
    pub(super) fn pass(_: impl FnOnce()) -> io::Result<()> {
        Ok(())
    }

    #[inline(always)]
    pub(super) fn will_name(_: Change<'_>) -> io::Result<()> {
        Ok(())
    }

    #[inline(always)]
    pub(super) fn will_write(_: &File) -> io::Result<()> {
        Ok(())
    }

    #[inline(always)]
    pub(super) fn synced(_: &File) -> io::Result<()> {
        Ok(())
    }

    #[cfg(unix)]
    #[inline(always)]
    pub(super) fn synced_folder(_: &Path) {}
}

#[cfg(all(feature = "faults", debug_assertions, unix))]
mod fault;
