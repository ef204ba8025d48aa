//! Opening a prepared ballot, so that a second device can check what the first one encrypted (Benaloh, EVT 2006).

use super::plaintext::PlaintextBallot;
use super::prepare::{BallotSeed, encrypt};
use super::signed::{BallotHeader, UnsignedBallot};
use crate::election::ElectionContext;
use crate::encoding::DecodeError;
use crate::group::PublicElement;
use crate::hash::Tracker;

/// Why an opening does not agree with the ballot that was shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The ballot is not canonical.
    #[error("not a canonical ballot: {0}")]
    Encoding(#[from] DecodeError),
    /// The ballot was made for another election.
    #[error("the ballot was made for another election")]
    WrongElection,
    /// The bytes of the ballot do not have the tracker that the voter wrote down.
    #[error("the ballot has the tracker {found}, not the one that was shown")]
    TrackerMismatch {
        /// The tracker of the ballot.
        found: Tracker,
    },
    /// Encrypting the choices under the seed does not give the ballot: the first device cheated.
    #[error("the ballot does not hold these choices: the device that made it did not encrypt what it showed")]
    BallotMismatch,
}

/// A ballot together with its choices and its seed. It stays between the voter's devices: whoever has it knows the
/// choices, and an opened ballot is never cast.
pub struct BallotOpening {
    unsigned: UnsignedBallot,
    plaintext: PlaintextBallot,
    seed: BallotSeed,
}

impl BallotOpening {
    pub(super) fn new(unsigned: UnsignedBallot, plaintext: PlaintextBallot, seed: BallotSeed) -> Self {
        Self { unsigned, plaintext, seed }
    }

    /// The encrypted ballot.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        &self.unsigned
    }

    /// The choices.
    #[must_use]
    pub fn plaintext(&self) -> &PlaintextBallot {
        &self.plaintext
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> &BallotSeed {
        &self.seed
    }
}

/// A ballot that was opened and holds exactly the choices that it was said to hold.
pub struct OpenedBallot {
    credential: PublicElement,
    plaintext: PlaintextBallot,
}

impl OpenedBallot {
    /// Encrypts the choices again and compares every byte: what the second device does, which obtains manifest and
    /// fingerprint by itself. `tracker` is the one that the voter wrote down.
    ///
    /// # Errors
    ///
    /// Why the opening does not agree.
    pub fn check(
        context: &ElectionContext,
        tracker: &Tracker,
        ballot: &[u8],
        plaintext: PlaintextBallot,
        seed: &BallotSeed,
    ) -> Result<Self, OpeningError> {
        if BallotHeader::read(ballot)?.fingerprint != *context.fingerprint() {
            return Err(OpeningError::WrongElection);
        }
        let shown = UnsignedBallot::decode(context, ballot)?;
        if shown.tracker() != tracker {
            return Err(OpeningError::TrackerMismatch { found: *shown.tracker() });
        }
        let again = encrypt(context, shown.credential(), shown.previous().copied(), &plaintext, seed)
            .map_err(|_| OpeningError::BallotMismatch)?;
        if again.as_bytes() != ballot {
            return Err(OpeningError::BallotMismatch);
        }
        Ok(Self { credential: *shown.credential(), plaintext })
    }

    /// The public credential, to be shown in its short form.
    #[must_use]
    pub fn credential(&self) -> &PublicElement {
        &self.credential
    }

    /// The choices that the ballot holds.
    #[must_use]
    pub fn plaintext(&self) -> &PlaintextBallot {
        &self.plaintext
    }
}
