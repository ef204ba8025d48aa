//! Why a witness does not cosign a checkpoint.

use alloc::boxed::Box;

use crate::board::note::NoteError;
use crate::evidence::Evidence;
use crate::merkle::LogError;
use crate::words::entries;

/// Why a witness does not cosign a checkpoint. `E` is the error of its [`HeadStore`](super::HeadStore).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError<E> {
    /// The key does not belong to a witness of the manifest.
    #[error("the key does not belong to any witness in the manifest")]
    NotAWitness,
    /// The board did not sign the checkpoint, or the time is out of range.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The store cannot be read.
    #[error("the stored checkpoints that the witness has cosigned cannot be read")]
    Load(#[source] E),
    /// The store cannot be written, so the cosignature is not returned.
    #[error("the checkpoint cannot be stored, so the cosignature is not returned")]
    Store(#[source] E),
    /// The stored document is damaged.
    #[error("the store is damaged: without it the witness does not know what it has cosigned")]
    StateDamaged,
    /// The stored document is that of another key.
    #[error("the stored checkpoints are those of another key")]
    StateOfAnotherKey,
    /// The stored checkpoint of this board is not signed by the board of the manifest.
    #[error("the stored checkpoint of this board is not signed by the board of the manifest: {0}")]
    Kept(NoteError),
    /// The head of the checkpoint is not one of the entries that were read.
    #[error("the board has no checkpoint of {} with this root", entries(.size))]
    NotOnBoard {
        /// The size of the checkpoint.
        size: u64,
    },
    /// The witness has cosigned a larger head of this board.
    #[error(
        "the checkpoint has {}, but this witness has already cosigned a later checkpoint, with {}", entries(.size), entries(.cosigned)
    )]
    GoesBack {
        /// The size of the checkpoint.
        size: u64,
        /// The size of the head that was cosigned before.
        cosigned: u64,
    },
    /// The board does not continue the head that the witness has cosigned: it shows two histories.
    #[error("the board does not continue the board of {} that this witness cosigned before", entries(.cosigned))]
    OtherHistory {
        /// The size of the head that was cosigned before.
        cosigned: u64,
        /// What proves it. `None` if the first checkpoint of a board has no entries, and another root than a board without
        /// entries.
        evidence: Option<Box<Evidence>>,
    },
    /// The proof does not lead from the checkpoint that was cosigned last to the new one. The proof may be wrong, or the
    /// board may have changed its history.
    #[error("it is not shown that the board continues the board of {} that this witness cosigned before: {error}", entries(.cosigned))]
    Proof {
        /// The size of the head that was cosigned before.
        cosigned: u64,
        /// Why the proof is refused.
        error: LogError,
    },
    /// The proof of a request begins at another checkpoint than the one that was cosigned last.
    #[error("the proof is from a checkpoint of {}, but this witness has cosigned one of {} last", entries(.old), entries(.cosigned))]
    OtherSize {
        /// The size from which the proof of the request leads.
        old: u64,
        /// The size of the head that was cosigned before; 0 if there is none.
        cosigned: u64,
    },
}
