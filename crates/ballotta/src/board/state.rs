//! The document that a board keeps beside its key: the logs that it has begun.
//!
//! JSON, see `spec/command-line.md#state`.
//!
//! # Security
//!
//! Two manifests with the same election id have the same [origin](super::board_origin). If a board signed a log for each, it
//! would have two histories under one name, and anybody could convict it of a fork. So it notes the manifest of an origin,
//! durably, before it signs the first checkpoint, and begins no other.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::board_origin;
use crate::manifest::Manifest;

/// Why a board may not begin a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoardStateError {
    /// The document is damaged, or of another version. Nobody knows which logs the board has begun.
    #[error("the state of the board is damaged")]
    Damaged,
    /// The document belongs to another key.
    #[error("the state belongs to another key: {key}")]
    OtherKey {
        /// The public key in the document, in hexadecimal.
        key: String,
    },
    /// The board has begun a log of this origin for another manifest.
    #[error("this board has begun the log {origin} already, for the manifest {manifest}: a second one would be a fork")]
    OtherManifest {
        /// The origin of both logs.
        origin: String,
        /// The hash of the manifest of the first.
        manifest: String,
    },
}

/// The logs that a board has begun with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardState {
    key: String,
    /// The hash of the manifest of each log, by its origin.
    logs: BTreeMap<String, String>,
}

impl BoardState {
    const FORMAT: &str = crate::format_name!("board-state");

    /// The state of the board of a manifest, from the document that is stored; `None` if nothing was ever stored.
    ///
    /// # Errors
    ///
    /// `Damaged` or `OtherKey`.
    pub fn read(manifest: &Manifest, document: Option<&[u8]>) -> Result<Self, BoardStateError> {
        let own = hex::encode(manifest.board().key.as_bytes());
        let Some(document) = document else { return Ok(Self { key: own, logs: BTreeMap::new() }) };
        let Document { format, key, logs } = serde_json::from_slice(document).map_err(|_| BoardStateError::Damaged)?;
        let state = Self { key, logs };
        if format != Self::FORMAT || state.encode().as_deref() != Some(document) {
            return Err(BoardStateError::Damaged);
        }
        if state.key == own { Ok(state) } else { Err(BoardStateError::OtherKey { key: state.key }) }
    }

    /// Notes that the board keeps the log of this manifest. Returns whether that is new: then the caller stores the document
    /// before anything is signed.
    ///
    /// # Errors
    ///
    /// `OtherManifest` if the board has begun this log for another manifest.
    pub fn begin(&mut self, manifest: &Manifest) -> Result<bool, BoardStateError> {
        let (origin, hash) = (board_origin(manifest), manifest.hash().to_string());
        match self.logs.get(&origin) {
            None => {
                self.logs.insert(origin, hash);
                Ok(true)
            }
            Some(there) if *there == hash => Ok(false),
            Some(there) => Err(BoardStateError::OtherManifest { origin, manifest: there.clone() }),
        }
    }

    /// Writes the document. `None` if it cannot be written: no other document may take its place.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let Self { key, logs } = self.clone();
        serde_json::to_vec_pretty(&Document { format: Self::FORMAT.to_owned(), key, logs }).ok()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    key: String,
    logs: BTreeMap<String, String>,
}
