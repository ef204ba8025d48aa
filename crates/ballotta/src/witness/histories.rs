//! The evidence that a board has signed two histories.
//!
//! See `spec/board.md#two-histories`.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::board::note::{NoteError, NoteKey, SignedCheckpoint};
use crate::hash::TreeHash;
use crate::merkle::{LogError, TreeHead};
use crate::words::entries;

/// Two checkpoints that a board signed, and that cannot both be heads of one log. Anybody who knows the key of the board
/// can [verify](Self::verify) that.
///
/// # Construction
///
/// The later board has another root over its first entries, as many as the earlier board has. A proof of consistency leads
/// from that root to the root of the later checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoHistories {
    kept: SignedCheckpoint,
    shown: SignedCheckpoint,
    root: TreeHash,
    proof: Vec<TreeHash>,
}

/// Why a document does not show that a board has signed two histories.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwoHistoriesError {
    /// The document is not in its canonical form.
    #[error("this is not a document about two histories of a board, in canonical form")]
    Format,
    /// A checkpoint cannot be read, or the board did not sign it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The later checkpoint has fewer entries than the earlier one.
    #[error("the later checkpoint has {}, and the earlier one {}", entries(.shown), entries(.kept))]
    Order {
        /// The size of the earlier checkpoint.
        kept: u64,
        /// The size of the later checkpoint.
        shown: u64,
    },
    /// The first entries of the later board have the root of the earlier one, so there is one history.
    #[error("the later board has the root of the earlier one over its first entries: this is one history")]
    OneHistory,
    /// The proof does not lead to the later checkpoint.
    #[error(transparent)]
    Proof(#[from] LogError),
}

impl TwoHistories {
    const FORMAT: &str = crate::format_name!("two-histories");

    /// The evidence that `shown` does not continue `kept`: its first entries, as many as `kept` has, have this root.
    #[must_use]
    pub fn new(kept: SignedCheckpoint, shown: SignedCheckpoint, root: TreeHash, proof: Vec<TreeHash>) -> Self {
        Self { kept, shown, root, proof }
    }

    /// Reads a document. Nothing in it is verified.
    ///
    /// # Errors
    ///
    /// `Format` or `Note`.
    pub fn parse(document: &[u8]) -> Result<Self, TwoHistoriesError> {
        let Document { format, kept, shown, root, proof } =
            serde_json::from_slice(document).map_err(|_| TwoHistoriesError::Format)?;
        let hash = |text: &String| text.parse().map_err(|_| TwoHistoriesError::Format);
        let read = Self {
            kept: SignedCheckpoint::parse(kept.as_bytes())?,
            shown: SignedCheckpoint::parse(shown.as_bytes())?,
            root: hash(&root)?,
            proof: proof.iter().map(hash).collect::<Result<_, _>>()?,
        };
        let is_canonical = format == Self::FORMAT && read.to_json()?.as_bytes() == document;
        if is_canonical { Ok(read) } else { Err(TwoHistoriesError::Format) }
    }

    /// Verifies that the board with this key has signed two histories.
    ///
    /// # Errors
    ///
    /// `Note`, `Order`, `OneHistory` or `Proof`.
    pub fn verify(&self, board: &NoteKey) -> Result<(), TwoHistoriesError> {
        let (kept, shown) = (self.kept.verify(board)?.head(), self.shown.verify(board)?.head());
        if shown.size < kept.size {
            return Err(TwoHistoriesError::Order { kept: kept.size, shown: shown.size });
        }
        if self.root == kept.root {
            return Err(TwoHistoriesError::OneHistory);
        }
        Ok(shown.verify_consistency(&TreeHead { root: self.root, ..*kept }, &self.proof)?)
    }

    /// The checkpoint that the witness has kept. Its signature may not be verified.
    #[must_use]
    pub fn kept(&self) -> &SignedCheckpoint {
        &self.kept
    }

    /// The checkpoint that does not continue it. Its signature may not be verified.
    #[must_use]
    pub fn shown(&self) -> &SignedCheckpoint {
        &self.shown
    }

    /// The document, as JSON with a last line feed.
    ///
    /// # Errors
    ///
    /// `Format` if it cannot be written.
    pub fn to_json(&self) -> Result<String, TwoHistoriesError> {
        let document = Document {
            format: Self::FORMAT.to_owned(),
            kept: self.kept.to_string(),
            shown: self.shown.to_string(),
            root: self.root.to_string(),
            proof: self.proof.iter().map(TreeHash::to_string).collect(),
        };
        let mut json = serde_json::to_string_pretty(&document).map_err(|_| TwoHistoriesError::Format)?;
        json.push('\n');
        Ok(json)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    kept: String,
    shown: String,
    /// The root of the first entries of the later board, in hexadecimal.
    root: String,
    /// The hashes of the proof, in hexadecimal.
    proof: Vec<String>,
}
