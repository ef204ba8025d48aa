//! The kinds of the messages of a ceremony.

use core::fmt;

use crate::encoding::DecodeError;

/// The kind of a message of the ceremony, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MessageKind {
    /// The first message: a trustee registers its encryption key.
    Registration,
    /// The second message: a trustee commits to its deal by a hash.
    DealCommitment,
    /// The third message: commitments to coefficients, and encrypted shares.
    Deal,
    /// The last message: a proof that the trustee can decrypt with its shares.
    Confirmation,
}

impl MessageKind {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Registration => 1,
            Self::DealCommitment => 2,
            Self::Deal => 3,
            Self::Confirmation => 5,
        }
    }

    pub(super) fn from_code(code: u8) -> Result<Self, DecodeError> {
        [Self::Registration, Self::DealCommitment, Self::Deal, Self::Confirmation]
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or(DecodeError::UnknownValue { field: "kind", found: code.into() })
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registration => "registration",
            Self::DealCommitment => "commitment to a deal",
            Self::Deal => "deal",
            Self::Confirmation => "confirmation",
        })
    }
}
