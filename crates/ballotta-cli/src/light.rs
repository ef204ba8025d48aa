//! The verb that writes the files for light clients. What they contain is computed by [`ballotta::admission::light_files`].

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use ballotta::admission::{LightRecord, light_files};
use ballotta_io::{FolderRecord, write_atomically};
use serde_json::json;

use crate::ballot_box::warn_of_void_ballots;
use crate::console::{Console, Shown as _, counted};
use crate::failure::ErrorContext as _;
use crate::record::lock_record;
use crate::secrets::system_rng;

/// Writes the files from which a voter's page reads the election in small parts.
#[derive(clap::Args, Debug)]
pub(crate) struct WriteLight {
    /// The record, whose voting was opened
    record: PathBuf,
}

impl WriteLight {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        // Nobody appends to the board meanwhile.
        let _lock = lock_record(&self.record)?;
        let source = FolderRecord::new(&self.record);
        let LightRecord { files, void } = light_files(&source, &mut system_rng()).refused()?;
        warn_of_void_ballots(console, &void);
        let (count, bytes) = (files.len() as u64, files.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>());
        for (path, bytes) in files {
            let path = self.record.join(path);
            write_atomically(&path, &bytes).with_context(|| format!("{} cannot be written", path.shown()))?;
        }
        let text =
            format!("{} for light clients, {}", counted(count, "file", "files"), counted(bytes, "byte", "bytes"));
        console.answer(&text, &json!({ "files": count, "bytes": bytes }))
    }
}
