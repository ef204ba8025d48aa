//! A record in a folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ballotta::record::{ROLL, RecordSource, SourceError};

/// A record in a folder of the file system.
#[derive(Debug)]
pub struct FolderRecord {
    root: PathBuf,
    /// The roll stays open, because the verifier looks up a line for each ballot. A published roll is never replaced.
    roll: Mutex<Option<Arc<File>>>,
}

impl FolderRecord {
    /// Opens the record in this folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), roll: Mutex::default() }
    }

    /// The path of the folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The paths of all files, in ascending order.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn files(&self) -> Result<Vec<String>, SourceError> {
        let mut paths = Vec::new();
        self.walk(&self.root, &mut paths).map_err(|error| source_error("", error))?;
        paths.sort_unstable();
        Ok(paths)
    }

    fn file(&self, path: &str) -> io::Result<Arc<File>> {
        let open = || File::open(self.root.join(path)).map(Arc::new);
        if path != ROLL {
            return open();
        }
        let mut roll = self.roll.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match roll.as_ref() {
            Some(file) => Ok(Arc::clone(file)),
            None => Ok(Arc::clone(roll.insert(open()?))),
        }
    }

    fn walk(&self, folder: &Path, paths: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.walk(&path, paths)?;
            } else if let Ok(relative) = path.strip_prefix(&self.root) {
                let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                paths.push(parts.join("/"));
            }
        }
        Ok(())
    }
}

pub(crate) fn source_error(path: &str, reason: impl ToString) -> SourceError {
    SourceError { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

impl RecordSource for FolderRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        match fs::metadata(self.root.join(path)) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(source_error(path, error)),
        }
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.file(path).and_then(|file| read_exact_at(&file, buffer, offset)).map_err(|error| source_error(path, error))
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.files().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_parts_of_files_and_lists_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("tile/entries")).unwrap();
        fs::write(folder.path().join("roll"), b"0123456789").unwrap();
        fs::write(folder.path().join("tile/entries/000"), b"abc").unwrap();
        let record = FolderRecord::new(folder.path());
        assert_eq!(record.length("roll"), Ok(Some(10)));
        assert_eq!(record.length("tile"), Ok(None));
        assert_eq!(record.length("nothing"), Ok(None));
        let mut part = [0; 3];
        record.read_exact_at("roll", 4, &mut part).unwrap();
        assert_eq!(&part, b"456");
        assert_eq!(record.read_exact_at("roll", 8, &mut part).unwrap_err().path, "roll");
        assert_eq!(record.list(), Ok(Some(vec!["roll".to_owned(), "tile/entries/000".to_owned()])));
    }
}
