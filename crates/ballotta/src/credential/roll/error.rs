//! The rules of a roll that a line, or the whole of it, can break.

use super::ROLL_FORMAT;
use crate::hash::{ManifestHash, RollHash};
use crate::limits::{MAX_ROLL_LINE_BYTES, MAX_VOTERS};

/// A line of a roll that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the roll: {problem}")]
pub struct RollError {
    /// The line, counted from 1.
    pub line: u64,
    /// The rule.
    pub problem: RollProblem,
}

/// The rules that a line of a roll can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollProblem {
    /// The first line is not that of a roll of this version.
    #[error("expected `{ROLL_FORMAT}` and a manifest hash")]
    BadHeader,
    /// The roll belongs to another manifest.
    #[error("the roll belongs to the manifest {found}, and manifest.json is another one")]
    WrongManifest {
        /// The manifest that it names.
        found: ManifestHash,
    },
    /// A line is longer than any can be.
    #[error("longer than {MAX_ROLL_LINE_BYTES} bytes")]
    LineTooLong,
    /// A line is not three fields separated by single spaces.
    #[error("expected a credential, a style and a weight, separated by single spaces")]
    Malformed,
    /// A credential has another form, or is no element of the group.
    #[error("the credential is not an element of the group in 64 lower-case hexadecimal digits")]
    BadCredential,
    /// A credential is the identity: anybody could sign in its place.
    #[error("the credential is the identity")]
    IdentityCredential,
    /// A credential is smaller than the one before.
    #[error("the credential is smaller than the one before")]
    NotAscending,
    /// A credential is that of the line before.
    #[error("the credential stands on the roll twice")]
    Duplicate,
    /// A style that the manifest does not have.
    #[error("the manifest has no such ballot style")]
    UnknownStyle,
    /// A weight has another form, or is none that the manifest allows.
    #[error("the weight is not a decimal number from 1 to {max} without leading zeros")]
    WeightOutOfRange {
        /// The largest that is allowed.
        max: u64,
    },
    /// The weights of all voters together are more than the manifest allows.
    #[error("the weights up to here add up to more than the {limit} of the manifest's `weights.total`")]
    TotalTooLarge {
        /// The most that they may be.
        limit: u64,
    },
    /// More voters than an election can have.
    #[error("more than {MAX_VOTERS} voters")]
    TooManyVoters,
    /// The last line has no end.
    #[error("the last line does not end in a line feed")]
    TrailingBytes,
    /// There are no voters.
    #[error("the roll has no voters")]
    Empty,
}

/// A roll that breaks a rule, after all of it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{errors} lines of the roll break a rule; {first}")]
pub struct RollRefused {
    /// How many errors were found.
    pub errors: u64,
    /// The first of them.
    pub first: RollError,
    /// SHA-256 of the bytes all the same.
    pub hash: RollHash,
}
