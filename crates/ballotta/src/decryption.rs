//! Decryption: the trustees' closing statements, their partial decryptions, and the totals.
//!
//! See `spec/tally.md#decryption`.
//!
//! # Construction
//!
//! By the limits of the manifest, totals that would reveal single votes are [withheld]: nobody decrypts them. The other
//! contests have a result.
//!
//! First every trustee verifies the record up to the close and signs *a single statement* about what it is going to
//! decrypt ([`ClosingStatement`]). It computes its [`PartialDecryption`] only after the manifest's closing rule is
//! satisfied ([`ClosedTally`]): for each contest, `D_s = [x_s]R` for all slots, with one proof of equal logarithms. Any
//! `t` valid ones give `[v_s]G = C_s - sum lambda_j D_{j,s}`; bounded discrete logarithms give the totals
//! ([`combine()`]). An invalid partial decryption is reported with its trustee and ignored. It does not block the others.
//!
//! Without the closing rule a server could show two trustees two prefixes of the board and learn single votes from the
//! difference of two honest tallies. [`trustee`](crate::trustee) is the session that keeps a trustee to these rules.
//!
//! # Security
//!
//! There is no function that decrypts a ciphertext from outside a closed record.
//!
//! [withheld]: EncryptedContest::withheld

mod closing;
mod combine;
mod partial;
mod reference;
mod statement;

pub use closing::ClosedTally;
pub use combine::{ContestTotals, TallyResult, combine};
pub use partial::{PartialDecryption, VerifiedDecryption};
pub use reference::{TallyDifference, TallyReference};
pub use statement::ClosingStatement;

use alloc::vec::Vec;

use crate::contest::OutcomeError;
use crate::encoding::DecodeError;
#[cfg(doc)]
use crate::tally::EncryptedContest;
use crate::words::counted;

/// Why a tally is not decrypted, or why a statement or a partial decryption is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// There is no tally: the board is not closed, or could not be read.
    #[error("there is no tally: the board is not closed, or could not be read")]
    NoTally,
    /// There is no trustee with this index.
    #[error("there is no trustee {trustee}")]
    UnknownTrustee {
        /// The index that no trustee has.
        trustee: u16,
    },
    /// A statement is not signed by its trustee.
    #[error("the statement of trustee {trustee} has no valid signature of this trustee")]
    BadStatementSignature {
        /// The trustee whom the statement names.
        trustee: u16,
    },
    /// A statement is not about the closed board.
    #[error("the statement of trustee {trustee} differs from the board in: {what}")]
    StatementMismatch {
        /// The trustee who made the statement.
        trustee: u16,
        /// The first value that differs.
        what: TallyDifference,
    },
    /// A trustee made two different statements.
    #[error("trustee {trustee} made two different statements")]
    TwoStatements {
        /// The trustee who made both statements.
        trustee: u16,
    },
    /// The closing rule requires more equal statements.
    #[error("{} what is decrypted, but the closing rule requires {needed}", counted(.found, "trustee stated", "trustees stated"))]
    TooFewStatements {
        /// The number of trustees with a valid statement.
        found: usize,
        /// The number of trustees that are needed.
        needed: usize,
        /// The trustees without a valid statement, in ascending order.
        absent: Vec<u16>,
    },
    /// The closing rule requires more witnesses.
    #[error("{} cosigned the closing checkpoint, but the closing rule requires {needed}", counted(.found, "witness", "witnesses"))]
    TooFewWitnesses {
        /// The number of witnesses with a valid cosignature.
        found: usize,
        /// The number of witnesses that are needed.
        needed: usize,
        /// The witnesses without a valid cosignature, counted from 1, in ascending order.
        absent: Vec<u16>,
    },
    /// The closing checkpoint is not the checkpoint of the board at the close.
    #[error("the closing checkpoint is not that of the board at the close")]
    ClosingCheckpointMismatch,
    /// The shares are not those of a trustee of this election.
    #[error("the shares do not belong to this election")]
    WrongShares,
    /// A partial decryption is not signed by its trustee.
    #[error("the partial decryption of trustee {trustee} has no valid signature of this trustee")]
    BadDecryptionSignature {
        /// The trustee whom the partial decryption names.
        trustee: u16,
    },
    /// A partial decryption is of another tally.
    #[error("the partial decryption of trustee {trustee} differs from the tally in: {what}")]
    DecryptionMismatch {
        /// The trustee who signed the partial decryption.
        trustee: u16,
        /// The first value that differs.
        what: TallyDifference,
    },
    /// The factors or proofs of a partial decryption cannot be read.
    #[error("the partial decryption of trustee {trustee}: {error}")]
    MalformedDecryption {
        /// The trustee who signed the partial decryption.
        trustee: u16,
        /// What cannot be read.
        error: DecodeError,
    },
    /// The proof of a partial decryption is invalid.
    #[error("the partial decryption of trustee {trustee} is not proved in contest {contest}")]
    PartialDecryptionInvalid {
        /// The trustee whom the partial decryption names.
        trustee: u16,
        /// The contest, counted from 0.
        contest: usize,
    },
    /// The proof of a trustee's part of the lot is invalid.
    #[error("the partial decryption of trustee {trustee} does not prove its part of the lot")]
    LotInvalid {
        /// The trustee whom the partial decryption names.
        trustee: u16,
    },
    /// There are two partial decryptions of one trustee.
    #[error("there are two partial decryptions of trustee {trustee}")]
    DuplicateDecryption {
        /// The trustee whom both decryptions name.
        trustee: u16,
    },
    /// There are fewer valid partial decryptions than the threshold.
    #[error("the board has {}, but {need} are needed", counted(.have, "valid partial decryption", "valid partial decryptions"))]
    InsufficientShares {
        /// The number of valid partial decryptions.
        have: usize,
        /// The number of partial decryptions that are needed.
        need: usize,
    },
    /// No valid ballots give the totals of a contest.
    #[error("contest {contest}: {error}")]
    ImpossibleTotals {
        /// The contest, counted from 0.
        contest: usize,
        /// The reason why no ballots give the totals.
        error: OutcomeError,
    },
    /// A total is larger than rules and roll allow.
    #[error("contest {contest}, slot {slot}: no total up to {bound} fits")]
    TotalOutOfRange {
        /// The contest, counted from 0.
        contest: usize,
        /// The slot of the contest, counted from 0.
        slot: usize,
        /// The largest total that rules and roll allow.
        bound: u64,
    },
}

impl DecryptionError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTally => "no-tally",
            Self::UnknownTrustee { .. } => "unknown-trustee",
            Self::BadStatementSignature { .. } => "bad-statement-signature",
            Self::StatementMismatch { .. } => "statement-of-other-tally",
            Self::TwoStatements { .. } => "two-statements",
            Self::TooFewStatements { .. } => "too-few-statements",
            Self::TooFewWitnesses { .. } => "too-few-witnesses",
            Self::ClosingCheckpointMismatch => "other-closing-checkpoint",
            Self::WrongShares => "wrong-shares",
            Self::BadDecryptionSignature { .. } => "bad-decryption-signature",
            Self::DecryptionMismatch { .. } => "decryption-of-other-tally",
            Self::MalformedDecryption { .. } => "bad-decryption",
            Self::PartialDecryptionInvalid { .. } => "bad-decryption-proof",
            Self::LotInvalid { .. } => "bad-lot-proof",
            Self::DuplicateDecryption { .. } => "two-decryptions",
            Self::InsufficientShares { .. } => "too-few-decryptions",
            Self::ImpossibleTotals { .. } => "impossible-totals",
            Self::TotalOutOfRange { .. } => "total-out-of-range",
        }
    }
}
