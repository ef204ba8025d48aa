//! The document that a store keeps: of each board, the checkpoint that was cosigned last.
//!
//! JSON, see `spec/command-line.md#witness`.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::board::note::SignedCheckpoint;

/// What a witness has cosigned with one key.
pub(super) struct WitnessState {
    /// The public key of the witness, in hexadecimal.
    key: String,
    /// Of each board, by its origin: the checkpoint with the signature of the board, which is not verified here.
    boards: BTreeMap<String, SignedCheckpoint>,
}

impl WitnessState {
    const FORMAT: &str = crate::format_name!("witness-state");

    pub(super) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), boards: BTreeMap::new() }
    }

    /// Reads a document. `None` if a byte is not as it was written.
    pub(super) fn decode(document: &[u8]) -> Option<Self> {
        let Document { format, key, boards } = serde_json::from_slice(document).ok()?;
        let mut read = Self { key, boards: BTreeMap::new() };
        for (origin, text) in boards {
            let checkpoint = SignedCheckpoint::parse(text.as_bytes()).ok()?;
            if checkpoint.claimed_origin() != origin {
                return None;
            }
            read.boards.insert(origin, checkpoint);
        }
        (format == Self::FORMAT && read.encode()? == document).then_some(read)
    }

    /// Writes the document. `None` if it cannot be written: no other document may take its place.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let boards = self.boards.iter().map(|(origin, checkpoint)| (origin.clone(), checkpoint.to_string()));
        let document = Document { format: Self::FORMAT.to_owned(), key: self.key.clone(), boards: boards.collect() };
        serde_json::to_vec_pretty(&document).ok()
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The checkpoint of the board with this origin.
    pub(super) fn checkpoint(&self, origin: &str) -> Option<&SignedCheckpoint> {
        self.boards.get(origin)
    }

    /// The checkpoints of all boards.
    pub(super) fn into_checkpoints(self) -> Vec<SignedCheckpoint> {
        self.boards.into_values().collect()
    }

    /// Replaces the checkpoint of its board.
    pub(super) fn keep(&mut self, checkpoint: &SignedCheckpoint) {
        self.boards.insert(checkpoint.claimed_origin().to_owned(), checkpoint.clone());
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    key: String,
    boards: BTreeMap<String, String>,
}
