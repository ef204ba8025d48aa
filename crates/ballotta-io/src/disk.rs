//! The operations that change files. Everything that this package writes goes through them, and so does everything that
//! the command writes.
//!
//! Tests let the operation with a given number fail, or end the process there: feature `faults`, in builds with debug
//! assertions only. In every other build, [`fault::pass`] does nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
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
    options.open(path)
}

/// Writes all bytes. If this fails, a part of them may be in the file.
pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    fault::pass(|| {
        let _ = file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default());
    })?;
    file.write_all(bytes)
}

/// Waits until the disk has the bytes of a file.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    fault::pass(|| ())?;
    file.sync_data()
}

/// Renames a file. A file with the new name is replaced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::rename(from, to)
}

/// Gives a file a second name, which must not exist.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::hard_link(from, to)
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::remove_file(path)
}

/// Removes an empty folder.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    fs::remove_dir(path)
}

/// Creates a folder in a folder that exists.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    #[cfg(test)]
    trace::add("create", path);
    fs::create_dir(path)
}

/// Waits until the disk has the names of the files in a folder. Without this, a crash may lose the name of a file that
/// was written.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fault::pass(|| ())?;
    #[cfg(test)]
    trace::add("sync", folder);
    File::open(folder)?.sync_all()
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

#[cfg(not(all(feature = "faults", debug_assertions)))]
mod fault {
    use std::io;

    /// Does nothing: nothing fails by order of a test.
    #[inline(always)]
    pub(super) fn pass(_: impl FnOnce()) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(feature = "faults", debug_assertions))]
mod fault {
    use std::io::{self, Write as _};
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The number of operations so far.
    static OPERATIONS: AtomicU64 = AtomicU64::new(0);

    /// Counts an operation. The variable `BALLOTTA_FAULT` is `<kind>:<n>`. The kind `abort` ends the process before
    /// operation `n`, `fail` lets it fail as on a full disk, and `full` this one and all later ones. `torn` is called
    /// before, and leaves what a write leaves that is interrupted.
    pub(super) fn pass(torn: impl FnOnce()) -> io::Result<()> {
        let Ok(order) = std::env::var("BALLOTTA_FAULT") else { return Ok(()) };
        let number = OPERATIONS.fetch_add(1, Ordering::SeqCst) + 1;
        let Some((kind, at)) = order.split_once(':') else { return Ok(()) };
        let Ok(at) = at.parse::<u64>() else { return Ok(()) };
        if number != at && !(kind == "full" && number > at) {
            return Ok(());
        }
        torn();
        // The test reads this. If it cannot be written, the test fails.
        let _ = writeln!(io::stderr(), "injected: {order}");
        if kind == "abort" {
            std::process::abort();
        }
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }
}
