//! The state that a trustee or a witness must never lose: a file next to its key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ballotta::trustee::StatementStore;
use ballotta::witness::HeadStore;
use ballotta_io::{write_atomically, write_new};

/// The file `<key>.state`. The caller must lock the key.
pub(crate) struct StateFile {
    pub(crate) path: PathBuf,
}

impl StateFile {
    /// The state of the trustee or the witness whose key is in the file `key`.
    pub(crate) fn beside(key: &Path) -> Self {
        let mut path = key.as_os_str().to_owned();
        path.push(".state");
        Self { path: path.into() }
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl StatementStore for StateFile {
    type Error = io::Error;

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        self.read()
    }

    fn store_new(&mut self, document: &[u8]) -> io::Result<()> {
        write_new(&self.path, document)
    }
}

impl HeadStore for StateFile {
    type Error = io::Error;

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        self.read()
    }

    fn replace(&mut self, document: &[u8]) -> io::Result<()> {
        write_atomically(&self.path, document)
    }
}
