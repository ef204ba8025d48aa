//! The state that a trustee, a witness or a board must never lose: a file next to its key.
//!
//! See `spec/command-line.md#state`.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ballotta::board::state::{BoardState, BoardStateError};
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::manifest::Manifest;
use ballotta::trustee::{StatementStore, new_state};
use ballotta::witness::HeadStore;
use ballotta_io::{remove_part, sync_name, write_atomically, write_new};

use crate::console::Shown as _;
use crate::failure::{ErrorContext as _, refusal};
use crate::record::{exists, lock, open_regular};

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
    /// If the link cannot be read, or if there is a state next to the link: an older version may have put it there.
    pub(crate) fn beside(key: &Path) -> Result<Self> {
        let target = follow_links(key)?;
        let (path, beside_link) = (state_of(&target), state_of(key));
        if target == key {
            return Ok(Self { path });
        }
        // If one of them cannot be followed, nobody knows whether they are one file.
        let is_one_file = matches!((fs::canonicalize(&beside_link), fs::canonicalize(&path)), (Ok(a), Ok(b)) if a == b);
        if exists(&beside_link)? && !is_one_file {
            let (key, link, path) = (key.shown(), beside_link.shown(), path.shown());
            return refusal(format!("{key} is a link, and the state {link} is next to the link, not next to the key"))
                .remedy(format!("if it is the state of this key, and there is no other, move it to {path}"));
        }
        Ok(Self { path })
    }

    /// Stores the right of a new trustee to make one closing statement, before its seed is written to the file `key`.
    pub(crate) fn create(key: &Path, seed: &TrusteeSeed) -> Result<Self> {
        let state = Self::beside(key)?;
        match write_new(&state.path, &new_state(seed.signing_key().public())) {
            Ok(()) => Ok(state),
            Err(error) => Err(error).with_context(|| format!("{} cannot be written", state.path.display())).remedy(
                "if it exists already, it belongs to an older key: choose another name for the new key; if no key with this name was ever used, remove it",
            ),
        }
    }

    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        /// Longer than any state: a witness has a line for each board.
        const MAX_BYTES: u64 = 16 << 20;
        let mut bytes = Vec::new();
        match open_regular(&self.path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
            Ok(_) => {
                remove_part(&self.path)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Notes next to the key of a board, durably, that the board keeps the log of this manifest. Refused if it has begun a log of
/// the same origin for another manifest: it would have two histories.
///
/// `is_begun` says that the log has a checkpoint.
pub(crate) fn begin_log(manifest: &Manifest, key: &Path, is_begun: bool) -> Result<()> {
    let _lock = lock(key)?;
    let (file, mut state) = board_state(manifest, key)?;
    if begin(&mut state, manifest)? {
        let document = state.encode().context("the state of the board cannot be written")?;
        write_atomically(&file.path, &document)
    } else {
        // The process that has written it may have ended before the disk had it. Then nothing is signed yet.
        if is_begun { Ok(()) } else { sync_name(&file.path) }
    }
    .with_context(|| format!("the state {} cannot be written", file.path.shown()))
}

/// Whether the state next to the key of a board says that it has begun the log of this manifest. Refused as [`begin_log`] is.
pub(crate) fn has_begun_log(manifest: &Manifest, key: &Path) -> Result<bool> {
    let _lock = lock(key)?;
    let (_, mut state) = board_state(manifest, key)?;
    Ok(!begin(&mut state, manifest)?)
}

fn board_state(manifest: &Manifest, key: &Path) -> Result<(StateFile, BoardState)> {
    let file = StateFile::beside(key)?;
    let document = file.read().with_context(|| format!("the state {} cannot be read", file.path.shown()))?;
    let state = BoardState::read(manifest, document.as_deref());
    let code =
        if matches!(state, Err(BoardStateError::OtherKey { .. })) { "state-of-another-key" } else { "state-damaged" };
    let state = state.refused().coded(code).with_context(|| file.path.shown())?;
    Ok((file, state))
}

/// Notes the log of a manifest in a state that is not stored yet, and says whether it is new.
fn begin(state: &mut BoardState, manifest: &Manifest) -> Result<bool> {
    let begun = state.begin(manifest).refused();
    begun.remedy("make a new manifest, which has another election id, or continue the record of the first one")
}

/// The path of the file to which a symbolic link leads; any other path as it is. The file need not exist. What belongs to
/// a file and is named after it must be found under every name of the file.
pub(crate) fn follow_links(path: &Path) -> Result<PathBuf> {
    /// More links than this, one after the other, are a circle.
    const MOST: usize = 40;
    let mut target = path.to_path_buf();
    for _ in 0..MOST {
        match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_symlink() => {}
            Ok(_) => return Ok(target),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(target);
            }
            // If this is taken for a file, its state would be sought next to the link.
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", target.shown())),
        }
        let next = fs::read_link(&target).with_context(|| format!("the link {} cannot be read", target.shown()))?;
        target = target.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
    }
    bail!("{} is a link that leads to itself", path.shown())
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

    fn replace(&mut self, document: &[u8]) -> io::Result<()> {
        write_atomically(&self.path, document)
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// K6: if a file beside a link cannot be followed, it is not known to be the state of the key.
    #[test]
    fn k6_a_state_that_cannot_be_followed_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("keys")).unwrap();
        fs::write(at("keys/seed.age"), b"seed").unwrap();
        symlink(at("keys/seed.age"), at("link.age")).unwrap();
        assert_eq!(StateFile::beside(&at("link.age")).unwrap().path, at("keys/seed.age.state"));
        // Neither this link nor the state of the key leads to a file.
        symlink(at("nowhere"), at("link.age.state")).unwrap();
        let error = StateFile::beside(&at("link.age")).err().unwrap().to_string();
        assert!(error.contains("is next to the link, not next to the key"), "{error}");
        fs::remove_file(at("link.age.state")).unwrap();
        symlink(at("keys/seed.age.state"), at("link.age.state")).unwrap();
        fs::write(at("keys/seed.age.state"), b"{}").unwrap();
        assert_eq!(StateFile::beside(&at("link.age")).unwrap().path, at("keys/seed.age.state"));
    }
}
