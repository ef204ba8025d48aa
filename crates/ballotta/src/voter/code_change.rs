//! Whether a change of the roll explains that a ballot has another credential than that of a voter number.
//!
//! See `spec/ballot.md#voter`.

use rand_core::CryptoRng;

use super::{Election, History, VoterError};
use crate::record::RecordSource;
use crate::weaken::{self, Check};
use crate::written::VoterNumber;

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

impl Election {
    /// The change of the roll that explains why a ballot has this credential, and not that of the voter number; `None` if there is
    /// none. Without a ballot, only whether the credential of the number was revoked.
    ///
    /// # Errors
    ///
    /// If the record cannot be read, or has changed since it was read first.
    pub fn code_change<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        credential: Option<&[u8; 32]>,
        rng: &mut R,
    ) -> Result<Option<CodeChange>, VoterError> {
        let (changes, is_on) = (self.board.changes(), weaken::is_on(Check::ChangeOfCode));
        let revoked = changes.iter().filter_map(|(_, change)| change.revoked()).find(|it| voter.is_of_bytes(it));
        if let Some(revoked) = revoked
            && let Some(line) = self.line(source, revoked)?
        {
            // A change without an effect has revoked nothing.
            let effect = History::read(self, source, &line, rng)?.revoked();
            if let Some(change) = effect.or((!is_on).then_some(0)) {
                return Ok(Some(CodeChange::NumberRevoked { change }));
            }
        }
        let replaces = changes.iter().find(|(_, change)| {
            let adds = change.added().is_some_and(|line| voter.is_of_bytes(line.credential.as_bytes()));
            adds && ((credential.is_some() && change.revoked() == credential) || !is_on)
        });
        Ok(replaces.map(|(change, _)| CodeChange::CodeReplaced { change: *change }))
    }
}
