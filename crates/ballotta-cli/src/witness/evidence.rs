//! The file with the evidence that a board has signed two histories, next to the state of the witness.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::evidence::Evidence;
use ballotta_io::write_new;
use sha2::{Digest as _, Sha256};

use crate::console::Shown as _;

/// A board that signs new histories again and again does not fill the disk: one file is enough to convict it.
const MOST: usize = 16;

/// Writes the evidence to a new file whose name is made from its content, so that the same evidence is written once.
/// Returns its path.
pub(super) fn keep_evidence(state: &Path, evidence: &Evidence) -> Result<PathBuf> {
    let bytes = evidence.to_bytes();
    let digest = hex::encode(Sha256::digest(&bytes));
    let path = with_suffix(state, digest.get(..16).unwrap_or_default());
    let cannot_write = || format!("the board shows two histories, and {} cannot be written", path.shown());
    if let Some(other) = another(state, &path).with_context(cannot_write)? {
        return Ok(other);
    }
    match write_new(&path, &bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        written => written.with_context(cannot_write)?,
    }
    Ok(path)
}

fn with_suffix(state: &Path, suffix: &str) -> PathBuf {
    let mut path = state.as_os_str().to_owned();
    path.push(".two-histories-");
    path.push(suffix);
    path.into()
}

/// One of the files with evidence that are there, if there are [`MOST`] of them.
fn another(state: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let folder = state.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = with_suffix(state, "").file_name().map(OsString::from).unwrap_or_default();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_part = name.as_encoded_bytes().ends_with(b".part");
        if name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) && !is_part {
            found.push(folder.join(name));
        }
    }
    found.sort();
    let is_full = found.len() >= MOST && !found.iter().any(|other| other.file_name() == path.file_name());
    Ok(found.into_iter().next().filter(|_| is_full))
}
