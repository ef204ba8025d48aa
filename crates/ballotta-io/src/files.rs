//! Files that are never half written, and new files that never replace another.
//!
//! Every file is first written under another name in the same folder, `<name>.part`. After the disk has its bytes, it
//! gets its name; then the folder is synchronised. A crash leaves no file with a part of the bytes, at most a file
//! `.part`, which the next write of the same file removes.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::disk;

/// Writes a file so that every reader sees either the old bytes or the new ones, also after a crash.
///
/// # Errors
///
/// If the file cannot be written. Readers may then see the old bytes or the new ones.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = write_part(path, bytes, false)?;
    let renamed = rename(&part, path);
    if renamed.is_err() {
        discard(&part);
    }
    renamed
}

/// As [`write_atomically`], but the new bytes are first made durable beside the file, with their name `<name>.part`. So who
/// has read the new file before a loss of power finds its bytes after it, there if not here.
///
/// # Errors
///
/// If the file cannot be written. The new bytes may then be in either file.
pub(crate) fn write_announced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = write_part(path, bytes, false)?;
    disk::sync_folder(folder_of(path))?;
    rename(&part, path)
}

/// Writes a file that must not exist yet. A crash leaves the whole file or none.
///
/// # Errors
///
/// `AlreadyExists` if the file exists; otherwise the reason why it cannot be written. The file may then be there, and is
/// whole.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    give_name(&write_part(path, bytes, false)?, path)
}

/// Writes a file with a secret. The file must not exist yet. On Unix, only its owner may read it. A crash leaves the
/// whole file or none.
///
/// # Errors
///
/// As [`write_new`].
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    give_name(&write_part(path, bytes, true)?, path)
}

/// Renames a file within its folder. After this returns, a crash does not undo it. No second name of the file remains: an
/// interrupted write may have left one.
///
/// # Errors
///
/// If the file cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    remove_part(from)?;
    disk::rename(from, to)?;
    disk::sync_folder(folder_of(to))
}

/// Removes what an interrupted write of this file has left beside it. No other process may write the file meanwhile.
///
/// # Errors
///
/// If it cannot be removed.
pub fn remove_part(path: &Path) -> io::Result<()> {
    let part = part_of(path);
    if exists(&part)? { disk::remove(&part) } else { Ok(()) }
}

/// A new file with a secret that is on the disk as `<name>.part`, and has not got its name yet. If the process ends
/// before, the next process finds it with [`Self::find`].
#[derive(Debug)]
pub struct StagedSecret {
    part: PathBuf,
    path: PathBuf,
}

impl StagedSecret {
    /// Writes the bytes of the file `path` to the disk, under another name. An older file that was staged for the same
    /// path is removed.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        Ok(Self { part: write_part(path, bytes, true)?, path: path.to_path_buf() })
    }

    /// The file that was staged for this path, perhaps by a process that has ended; `None` if there is none. It may be
    /// torn: the caller must check its content.
    ///
    /// # Errors
    ///
    /// If nobody knows whether there is one, because its folder cannot be read.
    pub fn find(path: &Path) -> io::Result<Option<Self>> {
        let part = part_of(path);
        Ok(exists(&part)?.then(|| Self { part, path: path.to_path_buf() }))
    }

    /// Where the file is until it is published.
    #[must_use]
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Gives the file its name. If a file with this name and the same bytes exists, it is kept.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is another file with this name; otherwise the reason why it cannot get the name. The file
    /// is then still staged.
    pub fn publish(&self) -> io::Result<()> {
        match link_new(&self.part, &self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&self.part)? != fs::read(&self.path)? {
                    return Err(error);
                }
            }
            linked => linked?,
        }
        disk::sync_folder(folder_of(&self.path))?;
        discard(&self.part);
        Ok(())
    }
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

/// The ending of the names of files that have not got their names yet.
pub(crate) const PART: &str = ".part";

/// The name under which a file is written.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(PART);
    path.with_file_name(name)
}

/// Writes the bytes of a file to the disk, under another name in its folder.
fn write_part(path: &Path, bytes: &[u8], is_secret: bool) -> io::Result<PathBuf> {
    create_folders(folder_of(path))?;
    let part = part_of(path);
    // A crash may have left this file, or somebody may have created a link to another file.
    remove_part(path)?;
    let mut file = disk::create_new(&part, is_secret)?;
    let written = disk::write_all(&mut file, bytes).and_then(|()| disk::sync(&file));
    match written {
        Ok(()) => Ok(part),
        Err(error) => {
            discard(&part);
            Err(error)
        }
    }
}

/// Gives a file that was written under another name its own name, which must be new.
fn give_name(part: &Path, path: &Path) -> io::Result<()> {
    let linked = link_new(part, path).and_then(|()| disk::sync_folder(folder_of(path)));
    discard(part);
    linked
}

/// Gives a file a second name, which must be new.
fn link_new(part: &Path, path: &Path) -> io::Result<()> {
    match disk::link(part, path) {
        // Some file systems, such as those of memory sticks, have no links. The other name is then the only one, and a
        // file that appears between these two lines would be replaced.
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            if exists(path)? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            disk::rename(part, path)
        }
        linked => linked,
    }
}

/// Whether there is a file or a link of this name. An error says that nobody knows.
fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a file of no more use. If that fails, the next write of the same file removes it.
fn discard(part: &Path) {
    if fs::symlink_metadata(part).is_ok() {
        let _ = disk::remove(part);
    }
}

/// Creates a folder and the folders above it. After this returns, a crash does not lose those that were not there.
///
/// # Errors
///
/// If a folder cannot be created.
pub fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    create_folders(above)?;
    match disk::create_folder(folder) {
        // Another process has just created it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        created => created?,
    }
    disk::sync_folder(above)
}

/// Waits until a loss of power does not lose a file that is there: neither its bytes nor its name. A process that has ended
/// may have written it without waiting.
///
/// # Errors
///
/// If the file cannot be opened, or the disk fails.
pub fn sync_name(path: &Path) -> io::Result<()> {
    disk::sync(&File::open(path)?)?;
    disk::sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

    /// A folder whose name is lost takes its files with it.
    #[cfg(unix)]
    #[test]
    fn k10_the_folder_above_a_new_folder_is_synchronised() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| if path.is_empty() { folder.path().to_path_buf() } else { folder.path().join(path) };
        disk::trace::take();
        for write in [write_atomically, write_new, write_secret] {
            write(&at("tile/entries/000"), b"bundle").unwrap();
            let expected = [
                ("create", "tile"),
                ("sync", ""),
                ("create", "tile/entries"),
                ("sync", "tile"),
                ("sync", "tile/entries"),
            ];
            assert_eq!(disk::trace::take(), expected.map(|(what, path)| (what, at(path))));
            fs::remove_dir_all(at("tile")).unwrap();
        }
    }

    /// A process that ended early may have left a part of a file. Nothing else may be left, and nothing is replaced.
    #[test]
    fn k3_a_new_file_is_whole_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/state");
        write_new(&path, b"first").unwrap();
        assert_eq!(write_new(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(folder.path().join("keys")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!((fs::read(&path).unwrap().as_slice(), names()), (&b"first"[..], vec!["state".into()]));

        // A staged file has no name until it is published; afterwards it has one name.
        let staged = StagedSecret::write(&folder.path().join("keys/codes"), b"codes").unwrap();
        assert_eq!(names(), ["codes.part", "state"]);
        drop(staged);
        let staged = StagedSecret::find(&folder.path().join("keys/codes")).unwrap().unwrap();
        // If a file is renamed, a second name that an interrupted write has left would be a copy of its secret.
        fs::hard_link(&path, folder.path().join("keys/state.part")).unwrap();
        rename(&path, &folder.path().join("keys/used")).unwrap();
        assert_eq!(names(), ["codes.part", "used"]);
        rename(&folder.path().join("keys/used"), &path).unwrap();
        // A process ended after the file got its name.
        fs::hard_link(staged.part(), folder.path().join("keys/codes")).unwrap();
        staged.publish().unwrap();
        assert_eq!(names(), ["codes", "state"]);
        let staged = StagedSecret::write(&folder.path().join("keys/codes"), b"others").unwrap();
        assert_eq!(staged.publish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join("keys/codes")).unwrap(), b"codes");
        assert_eq!(fs::read(staged.part()).unwrap(), b"others");
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
