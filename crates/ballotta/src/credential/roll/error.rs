//! The rules that a roll, or one line of it, can break.

use super::ROLL_FORMAT;
use crate::hash::ManifestHash;
use crate::limits::{MAX_ROLL_LINE_BYTES, MAX_VOTERS};
use crate::words::counted;

/// A line of a roll that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the roll: {problem}")]
pub struct RollError {
    /// The number of the line, counted from 1.
    pub line: u64,
    /// The rule that the line breaks.
    pub problem: RollProblem,
}

/// A rule that a line of a roll breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollProblem {
    /// The first line is not the first line of a roll of this version.
    #[error("expected `{ROLL_FORMAT}`, a space and a manifest hash")]
    BadHeader,
    /// The roll belongs to another manifest.
    #[error("the roll belongs to the manifest {found}, but manifest.json is another manifest")]
    WrongManifest {
        /// The hash of the manifest that the roll names.
        found: ManifestHash,
    },
    /// The line is longer than any valid line.
    #[error("the line is longer than {MAX_ROLL_LINE_BYTES} bytes")]
    LineTooLong,
    /// The line does not consist of three fields separated by single spaces.
    #[error("expected a credential, a style and a weight, separated by single spaces")]
    Malformed,
    /// The credential is not 64 lower-case hexadecimal digits, or not an element of the group.
    #[error("the credential is not an element of the group, written as 64 lower-case hexadecimal digits")]
    BadCredential,
    /// The credential is the identity, so that anybody could sign for it.
    #[error("the credential is the identity")]
    IdentityCredential,
    /// The credential is smaller than the credential of the line before.
    #[error("the credential is smaller than the credential of the line before: sort the lines")]
    NotAscending,
    /// The credential is equal to the credential of the line before.
    #[error("the credential is on the roll twice")]
    Duplicate,
    /// The manifest does not have the ballot style.
    #[error("the manifest has no ballot style with this identifier")]
    UnknownStyle,
    /// The weight is not written as it must be, or is not between 1 and the maximum of the manifest.
    #[error("the weight is not a decimal number from 1 to {max} without leading zeros")]
    WeightOutOfRange {
        /// The largest weight that is allowed.
        max: u64,
    },
    /// The sum of all weights up to this line is larger than the manifest allows.
    #[error("the sum of the weights up to this line is above {limit}, the `weights.total` of the manifest")]
    TotalTooLarge {
        /// The largest sum that is allowed.
        limit: u64,
    },
    /// The roll has more voters than an election can have.
    #[error("the roll has more than {MAX_VOTERS} voters")]
    TooManyVoters,
    /// The last line does not end with a line feed.
    #[error("the last line does not end with a line feed")]
    TrailingBytes,
    /// The roll has no voters at all.
    #[error("the roll has no voters")]
    Empty,
}

/// The error of a roll that was read to its end and breaks at least one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} a rule; {first}", counted(.errors, "line of the roll breaks", "lines of the roll break"))]
pub struct RollRefused {
    /// How many errors were found in the roll.
    pub errors: u64,
    /// The first of the errors that were found.
    pub first: RollError,
}
