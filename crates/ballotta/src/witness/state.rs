//! The document that a store keeps: of each board, the checkpoint that was cosigned last.
//!
//! JSON, see `spec/command-line.md#witness`.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::board::note::SignedCheckpoint;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WitnessDocument {
    format: String,
    /// The public key of the witness, in hexadecimal.
    key: String,
    /// The text of each checkpoint with the signature of its board, by the origin of the board.
    boards: BTreeMap<String, String>,
}

impl WitnessDocument {
    const FORMAT: &str = crate::format_name!("witness-state");

    pub(super) fn new(key: &str) -> Self {
        Self { format: Self::FORMAT.to_owned(), key: key.to_owned(), boards: BTreeMap::new() }
    }

    /// Reads a document. `None` if a byte is not as it was written.
    pub(super) fn decode(document: &[u8]) -> Option<Self> {
        let state: Self = serde_json::from_slice(document).ok()?;
        let is_of_board = |(origin, text): (&String, &String)| {
            SignedCheckpoint::parse(text.as_bytes()).is_ok_and(|checkpoint| checkpoint.claimed_origin() == origin)
        };
        let is_whole = state.format == Self::FORMAT && state.boards.iter().all(is_of_board);
        (is_whole && state.encode() == document).then_some(state)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        // A value of texts can always be written.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The checkpoint of the board with this origin. Its signature is not verified.
    pub(super) fn checkpoint(&self, origin: &str) -> Option<SignedCheckpoint> {
        self.boards.get(origin).and_then(|text| SignedCheckpoint::parse(text.as_bytes()).ok())
    }

    /// Replaces the checkpoint of its board.
    pub(super) fn keep(&mut self, checkpoint: &SignedCheckpoint) {
        self.boards.insert(checkpoint.claimed_origin().to_owned(), checkpoint.to_string());
    }
}
