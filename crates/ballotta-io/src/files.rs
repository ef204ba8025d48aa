//! Files that are never half written, and secrets that are never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that whoever reads it sees the old bytes or the new ones, also after a crash.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = folder.join(name);
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&part, path)?;
    sync_folder(folder)
}

/// Renames a file within its folder; when it is done, no crash undoes it.
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
/// `AlreadyExists` if it does, or why it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create(OpenOptions::new().write(true).create_new(true), path, bytes)
}

/// Writes a file with a secret: nobody else may read it, and it must not exist yet.
///
/// # Errors
///
/// `AlreadyExists` if it does, or why it cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    create(&options, path, bytes)
}

fn create(options: &OpenOptions, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    sync_folder(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes names in a folder last: a file that is synchronised may still be lost with its name.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems do not open folders; their file systems keep names in a journal.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
