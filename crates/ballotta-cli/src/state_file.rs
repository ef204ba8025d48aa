//! The state that a trustee or a witness must never lose: a file next to its key.
//!
//! See `spec/command-line.md#state`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::trustee::StatementStore;
use ballotta::witness::HeadStore;
use ballotta_io::{remove_part, write_atomically, write_new};

use crate::failure::{ErrorContext as _, refusal};

/// The file `<key>.state`. The caller must lock the key.
pub(crate) struct StateFile {
    pub(crate) path: PathBuf,
}

impl StateFile {
    /// The state of the trustee or the witness whose key is in the file `key`. If `key` is a symbolic link, the state is
    /// next to the file to which it leads: whatever path is given, a key has one state.
    ///
    /// # Errors
    ///
    /// If the link leads nowhere, or if there is a state next to the link: an older version may have put it there.
    pub(crate) fn beside(key: &Path) -> Result<Self> {
        let is_link = fs::symlink_metadata(key).is_ok_and(|metadata| metadata.is_symlink());
        if !is_link {
            return Ok(Self { path: state_of(key) });
        }
        let unreadable = || format!("the key {} cannot be read", key.display());
        let path = state_of(&fs::canonicalize(key).with_context(unreadable)?);
        let beside_link = state_of(key);
        if fs::symlink_metadata(&beside_link).is_ok()
            && fs::canonicalize(&beside_link).ok() != fs::canonicalize(&path).ok()
        {
            let (key, link, path) = (key.display(), beside_link.display(), path.display());
            return refusal(format!("{key} is a link, and the state {link} is next to the link, not next to the key"))
                .remedy(format!("if it is the state of this key, and there is no other, move it to {path}"));
        }
        Ok(Self { path })
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                remove_part(&self.path)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn state_of(key: &Path) -> PathBuf {
    let mut path = key.as_os_str().to_owned();
    path.push(".state");
    path.into()
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
