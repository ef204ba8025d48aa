//! Files of a record that were lost or damaged: they are written again from copies, and from what can be computed again.
//!
//! The library says which bytes the record must have. See `spec/command-line.md#board`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::hash::FileHash;
use ballotta::limits::MAX_MESSAGE_BYTES;
use ballotta::manifest::Manifest;
use ballotta::record::{self, BoundFiles, read_file};
use ballotta_io::{FolderRecord, create_folders, write_atomically};

use crate::board::Sent;
use crate::console::Shown as _;
use crate::message_file::{FileKind, MessageFile};
use crate::record::read_at_most;
use crate::secrets::system_rng;

/// What to do if the board of a record cannot be read as a whole.
pub(crate) const LOST: &str =
    "`ballotta status` names the files that are lost or damaged, and the commands that write them again";

/// A file that the record must have with the bytes of a file of this call.
#[derive(Debug)]
pub(crate) struct BoundFile {
    /// Its paths in the record.
    pub(crate) paths: Vec<String>,
    /// Those at which it was lost, and is written now.
    pub(crate) restored: Vec<String>,
}

/// The record whose files are written again, and its board if it was needed. Whoever has one has locked the board.
pub(crate) struct Restorer {
    source: FolderRecord,
    manifest: Manifest,
    bound: Option<Option<BoundFiles>>,
}

impl Restorer {
    pub(crate) fn new(root: &Path, manifest: Manifest) -> Self {
        Self { source: FolderRecord::new(root), manifest, bound: None }
    }

    /// Writes the files of a call again that the record has lost, and says which files of the call the record must have. The
    /// board is read only if the record lacks one of them: a call with new ballots costs nothing here.
    pub(crate) fn restore_all<'f>(&mut self, files: &'f [PathBuf]) -> Result<BTreeMap<&'f Path, BoundFile>> {
        let mut found: BTreeMap<&Path, BoundFile> = BTreeMap::new();
        loop {
            let before = found.len();
            // One that was written may show which other ones belong to the record: the list of files, the key ceremony.
            for file in files.iter().filter(|file| file.as_path() != Path::new("-")) {
                if found.contains_key(file.as_path()) {
                    continue;
                }
                let Some(bytes) = self.candidate(file)? else { continue };
                if let Some(bound) = self.restore(&bytes)? {
                    found.insert(file, bound);
                }
            }
            if found.len() == before {
                return Ok(found);
            }
        }
    }

    /// The bytes of a file that the record may have lost; `None` if it has no such file, or has it.
    fn candidate(&self, file: &Path) -> Result<Option<Vec<u8>>> {
        let (path, bytes) = match Sent::read(file, &self.manifest) {
            Ok(Sent::Message(MessageFile { kind: FileKind::CeremonyMessage, bytes })) => {
                (record::ceremony_path(&FileHash::of(&bytes)), bytes)
            }
            Ok(Sent::Message(MessageFile { kind: FileKind::PartialDecryption, bytes })) => {
                (record::decryption_path(&FileHash::of(&bytes)), bytes)
            }
            Ok(Sent::Message(_)) => return Ok(None),
            Ok(Sent::Roll(bytes)) => (record::ROLL.to_owned(), bytes),
            Ok(Sent::Parts(bytes)) => return Ok(Some(bytes)),
            // A file of a record is no message. One that is too long is none of these.
            Err(_) => return Ok(read_at_most(file, MAX_MESSAGE_BYTES, "a file of a record").ok()),
        };
        let there = read_file(&self.source, &path, bytes.len());
        Ok((there.as_ref() != Ok(&bytes)).then_some(bytes))
    }

    /// Writes a file again at each path at which the record must have these bytes, and has not. `None` if nothing names them.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<Option<BoundFile>> {
        let Self { source, manifest, bound, .. } = self;
        // A board that cannot be read names nothing; whoever opens it says what is wrong.
        let bound = bound.get_or_insert_with(|| BoundFiles::read(source, manifest.clone(), &mut system_rng()).ok());
        let Some(bound) = bound else { return Ok(None) };
        let paths = bound.paths_of(source, bytes, &mut system_rng()).context("the record cannot be read")?;
        if paths.is_empty() {
            return Ok(None);
        }
        let mut restored = Vec::new();
        for path in &paths {
            if read_file(&self.source, path, bytes.len()).as_deref() == Ok(bytes) {
                continue;
            }
            let to = self.source.root().join(path);
            let written = to.parent().map_or(Ok(()), create_folders).and_then(|()| write_atomically(&to, bytes));
            written.with_context(|| format!("{} cannot be written", to.shown()))?;
            restored.push(path.clone());
        }
        if !restored.is_empty() {
            // What was open is another file now.
            self.source = FolderRecord::new(self.source.root());
        }
        Ok(Some(BoundFile { paths, restored }))
    }
}
