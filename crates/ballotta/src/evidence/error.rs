//! Why evidence convicts nobody, or cannot be read.

use crate::board::note::NoteError;
use crate::board::organiser::OrganiserProblem;
use crate::board::receipt::ReceiptError;
use crate::decryption::DecryptionError;
use crate::encoding::DecodeError;
use crate::hash::Fingerprint;
use crate::manifest::ManifestErrors;
use crate::merkle::LogError;

/// The reason why evidence convicts nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The board of the manifest did not sign a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// The board of the manifest did not sign a receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A proof of inclusion or of consistency is invalid.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Manifest, joint key and roll are not those of the election that was signed for.
    #[error("manifest, joint key and roll have the fingerprint {found}, but {signed} was signed for")]
    OtherElection {
        /// The fingerprint of manifest, joint key and roll.
        found: Fingerprint,
        /// The fingerprint in the receipt or in the statement.
        signed: Fingerprint,
    },
    /// Two checkpoints have different sizes, so that their roots differ on an honest board as well.
    #[error("the checkpoints have {one} and {other} entries: only two of one size can contradict each other")]
    DifferentSizes {
        /// The size of the first checkpoint.
        one: u64,
        /// The size of the second checkpoint.
        other: u64,
    },
    /// Two hashes are the same that must differ.
    #[error("there is no contradiction: the two {what} are the same")]
    Same {
        /// What is the same.
        what: &'static str,
    },
    /// Two receipts do not contradict each other.
    #[error("the two receipts do not contradict each other")]
    NoContradiction,
    /// An opening or closing is on the right side of the promised entry.
    #[error("entry {index} does not make the promised entry {promised} void")]
    InOrder {
        /// The position of the opening or closing.
        index: u64,
        /// The position of the promised entry.
        promised: u64,
    },
    /// An entry is not an opening or a closing.
    #[error("entry {index} is not the organiser's {what}: {error}")]
    NotOfOrganiser {
        /// The position of the entry.
        index: u64,
        /// What the entry must be.
        what: &'static str,
        /// Why it is not that.
        error: OrganiserProblem,
    },
    /// An entry is not the one that the board promised.
    #[error("the entry does not have the hash in the receipt")]
    NotPromised,
    /// The promised entry is a ballot as promised, as far as the evidence shows.
    #[error("the promised entry is the promised ballot, and nothing that the evidence contains makes it void")]
    NotVoid,
    /// The trustee did not sign a statement.
    #[error(transparent)]
    Statement(#[from] DecryptionError),
    /// The roll has no such voter.
    #[error("the roll has {voters} voters, so none with the number {voter}, counted from 0")]
    NoSuchVoter {
        /// The number of the voter, counted from 0.
        voter: u32,
        /// The number of voters on the roll.
        voters: u64,
    },
    /// The head of the voter names no ballot.
    #[error("the head of the voter says that no ballot counts: the evidence does not show that one does")]
    NoneCounts,
    /// The head of the voter names an entry of the board, but the evidence is about a position after its end.
    #[error("the head names entry {index}, which the board of {size} entries has")]
    InsideBoard {
        /// The position in the head.
        index: u64,
        /// The size of the board in the statement.
        size: u64,
    },
    /// The entry that the head names is a ballot of this election.
    #[error("the entry that the head names is a ballot of this election")]
    IsBallot,
    /// Two statements are of different trustees.
    #[error("the statements are of the trustees {one} and {other}: only two of one trustee can contradict each other")]
    TwoTrustees {
        /// The trustee of the first statement, counted from 1.
        one: u16,
        /// The trustee of the second statement, counted from 1.
        other: u16,
    },
    /// Two statements are of different elections.
    #[error(
        "the statements are of the elections {one} and {other}: only two of one election can contradict each other"
    )]
    TwoElections {
        /// The fingerprint in the first statement.
        one: Fingerprint,
        /// The fingerprint in the second statement.
        other: Fingerprint,
    },
}

/// The reason why bytes are not evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceUnreadable {
    /// A field is not canonical.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// The manifest breaks its rules.
    #[error("the manifest in it breaks the rules of manifests")]
    Manifest(ManifestErrors),
    /// A checkpoint is not in canonical form.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// A receipt is not in canonical form.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

crate::from_quoted!(EvidenceUnreadable::Manifest(ManifestErrors));
