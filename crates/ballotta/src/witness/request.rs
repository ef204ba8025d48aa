//! The request `add-checkpoint` of C2SP tlog-witness, with which a log asks a witness for a cosignature.
//!
//! See `spec/board.md#add-checkpoint`.

use alloc::vec::Vec;
use core::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::board::note::{NoteError, SignedCheckpoint};
use crate::hash::TreeHash;
use crate::limits::MAX_CHECKPOINT_BYTES;
use crate::words::entries;

/// The body of a request: the size of the checkpoint that the witness has cosigned last, as the log knows it, the proof
/// that the new checkpoint continues it, and the new checkpoint. `Display` writes the body.
///
/// # Layout
///
/// ```text
/// old <size, decimal>
/// <hash of the proof, base64>          a line for each
///
/// <the checkpoint with its signatures>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    proof: Vec<TreeHash>,
    checkpoint: SignedCheckpoint,
}

/// Why bytes are not the body of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddCheckpointError {
    /// The body is longer than allowed.
    #[error("the request has {found} bytes, above the limit of {}", AddCheckpoint::MAX_BYTES)]
    TooLong {
        /// The length of the body, in bytes.
        found: usize,
    },
    /// The lines before the checkpoint are not text, or no empty line ends them.
    #[error("the request has no lines that end with an empty line before the checkpoint")]
    Lines,
    /// The first line is not `old` and a size.
    #[error("the first line of the request is not `old` and a decimal number without leading zeros")]
    OldSize,
    /// A line of the proof is not a hash.
    #[error("line {line} of the request is not a hash of 32 bytes in base64")]
    ProofLine {
        /// The number of the line, counted from 1.
        line: usize,
    },
    /// The proof has more hashes than any proof.
    #[error("the proof has {found} hashes, above the limit of {}", AddCheckpoint::MAX_HASHES)]
    ProofTooLong {
        /// The number of hashes.
        found: usize,
    },
    /// The checkpoint is not in canonical form.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(NoteError),
    /// The proof is from a larger log than that of the checkpoint.
    #[error("the checkpoint has {}, fewer than the {old} of the old size", entries(.size))]
    OldAboveSize {
        /// The old size.
        old: u64,
        /// The size of the checkpoint.
        size: u64,
    },
}

crate::from_quoted!(AddCheckpointError::Checkpoint(NoteError));

impl AddCheckpoint {
    /// The most hashes in a proof.
    pub const MAX_HASHES: usize = 63;
    /// The most bytes in the body of a request: the line of the old size, the lines of the proof, and the checkpoint.
    pub const MAX_BYTES: usize = 32 + 45 * Self::MAX_HASHES + MAX_CHECKPOINT_BYTES;

    /// A request for the cosignature of a checkpoint.
    ///
    /// # Errors
    ///
    /// `ProofTooLong` or `OldAboveSize`.
    pub fn new(old: u64, proof: Vec<TreeHash>, checkpoint: SignedCheckpoint) -> Result<Self, AddCheckpointError> {
        if proof.len() > Self::MAX_HASHES {
            return Err(AddCheckpointError::ProofTooLong { found: proof.len() });
        }
        match checkpoint.claimed().size() {
            size if old > size => Err(AddCheckpointError::OldAboveSize { old, size }),
            _ => Ok(Self { old, proof, checkpoint }),
        }
    }

    /// Reads the body of a request. Signatures and proof are not verified.
    ///
    /// # Errors
    ///
    /// If a part of the body is not in canonical form.
    pub fn parse(body: &[u8]) -> Result<Self, AddCheckpointError> {
        if body.len() > Self::MAX_BYTES {
            return Err(AddCheckpointError::TooLong { found: body.len() });
        }
        let end = body.windows(2).position(|pair| pair == b"\n\n").ok_or(AddCheckpointError::Lines)?;
        let (lines, checkpoint) = body.split_at_checked(end + 2).ok_or(AddCheckpointError::Lines)?;
        let lines = core::str::from_utf8(lines).map_err(|_| AddCheckpointError::Lines)?;
        let mut lines = (1..).zip(lines.trim_end_matches('\n').split('\n'));
        let old = lines.next().and_then(|(_, line)| size(line.strip_prefix("old ")?));
        let old = old.ok_or(AddCheckpointError::OldSize)?;
        let hash = |(line, text): (usize, &str)| {
            let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.map(TreeHash::from_bytes).ok_or(AddCheckpointError::ProofLine { line })
        };
        let proof = lines.map(hash).collect::<Result<_, _>>()?;
        Self::new(old, proof, SignedCheckpoint::parse(checkpoint)?)
    }

    /// The size of the checkpoint that the witness has cosigned last, as the log knows it.
    #[must_use]
    pub fn old_size(&self) -> u64 {
        self.old
    }

    /// The proof that the new checkpoint continues the old one.
    #[must_use]
    pub fn proof(&self) -> &[TreeHash] {
        &self.proof
    }

    /// The new checkpoint, whose signatures are not verified.
    #[must_use]
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", BASE64_STANDARD.encode(hash.as_bytes())))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Reads a size in its one form.
fn size(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|digit| digit.is_ascii_digit()));
    text.parse().ok().filter(|_| is_canonical)
}
