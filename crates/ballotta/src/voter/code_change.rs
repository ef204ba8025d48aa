//! Whether a change of the roll explains that a ballot has another credential than that of a voter number.
//!
//! See `spec/ballot.md#voter`.

/// Why a ballot has another credential than that of a voter number, though nobody has cheated: the voter has got two letters, and
/// takes the number from one and has cast the ballot with the code of the other.
///
/// # Security
///
/// A device that shows the tracker of somebody else cannot hide in this. All credential authorities have signed the change; no ballot
/// counts under a number that was revoked; and a ballot that was replaced is that of the same line. Whoever looks again with the number
/// of the other letter gets the status of the ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeChange {
    /// A change of the roll has revoked the credential of the voter number. The number in a newer letter is the right one, if there is
    /// such a letter.
    NumberRevoked {
        /// The position of the change on the board.
        change: u64,
    },
    /// A change of the roll revokes the credential of the ballot, and adds that of the voter number in its place: the ballot was cast
    /// with the older code.
    CodeReplaced {
        /// The position of the change on the board.
        change: u64,
    },
}

impl CodeChange {
    /// The stable name of the status, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NumberRevoked { .. } => "number_revoked",
            Self::CodeReplaced { .. } => "code_replaced",
        }
    }

    /// The position of the change on the board.
    #[must_use]
    pub fn change(self) -> u64 {
        match self {
            Self::NumberRevoked { change } | Self::CodeReplaced { change } => change,
        }
    }
}
