//! Files that are never half written, and secrets that are never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Writes a file so that every reader sees either the old bytes or the new ones, also after a crash.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    // A crash may have left this file, or somebody may have created a link to another file.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write(OpenOptions::new().write(true).create_new(true), &part, bytes)?;
    rename(&part, path)
}

/// Reads a whole file of at most `limit` bytes, so that a long file cannot fill the memory.
///
/// # Errors
///
/// If the file is longer, is not a regular file, or cannot be read.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    // This is checked before the file is opened, because reading a pipe would never end.
    if !fs::metadata(path)?.is_file() {
        return Err(invalid("not a file".into()));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(invalid(format!("longer than {limit} bytes"))) } else { Ok(bytes) }
}

/// Renames a file within its folder. After this returns, a crash does not undo it.
///
/// # Errors
///
/// If the file cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(folder_of(to))
}

/// Writes a file that must not exist yet.
///
/// # Errors
///
/// `AlreadyExists` if the file exists; otherwise the reason why it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(OpenOptions::new().write(true).create_new(true), path, bytes)?;
    sync_folder(folder_of(path))
}

/// Writes a file with a secret. The file must not exist yet. On Unix, only its owner may read it.
///
/// # Errors
///
/// `AlreadyExists` if the file exists; otherwise the reason why it cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    write(&options, path, bytes)?;
    sync_folder(folder_of(path))
}

/// Writes a file. Its name can be lost in a crash until its folder is synchronised.
fn write(options: &OpenOptions, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the names of the files in a folder to the disk. Without this, a crash may lose the name of a file that was
/// written.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot open folders. Their file systems keep names in a journal.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If links were followed, a person who can write into a record could make the board overwrite its own key.
    #[cfg(unix)]
    #[test]
    fn links_are_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (key, path) = (folder.path().join("key"), folder.path().join("checkpoint"));
        fs::write(&key, b"secret").unwrap();
        std::os::unix::fs::symlink(&key, folder.path().join("checkpoint.part")).unwrap();
        write_atomically(&path, b"one").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap().as_slice(), fs::read(&key).unwrap().as_slice()),
            (&b"one"[..], &b"secret"[..])
        );
        // A file that a crash has left is replaced.
        fs::write(folder.path().join("checkpoint.part"), b"a half").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(!folder.path().join("checkpoint.part").exists());
    }

    #[test]
    fn a_file_that_is_too_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        fs::write(&path, b"0123").unwrap();
        assert_eq!(read_at_most(&path, 4).unwrap(), b"0123");
        assert_eq!(read_at_most(&path, 3).unwrap_err().to_string(), "longer than 3 bytes");
        assert_eq!(read_at_most(folder.path(), 4).unwrap_err().to_string(), "not a file");
    }

    #[test]
    fn a_secret_is_for_its_owner_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/trustee.age");
        write_secret(&path, b"secret").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(write_secret(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"secret");
        rename(&path, &folder.path().join("keys/used")).unwrap();
        assert_eq!(fs::read(folder.path().join("keys/used")).unwrap(), b"secret");
        assert_eq!(rename(&path, &folder.path().join("again")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
