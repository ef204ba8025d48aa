//! The opening of a prepared ballot, with which a second device checks the encryption of the first (Benaloh, EVT 2006).
//!
//! See `spec/ballot.md#opening`.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::choices::Choices;
use super::encrypt::{BallotSeed, encrypt};
use super::error::{ChoiceErrors, ChoiceProblem};
use super::signed::{BallotHeader, UnsignedBallot};
use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, FORMAT_VERSION, Reader, at_most};
use crate::from_quoted;
use crate::group::PublicElement;
use crate::hash::Tracker;
use crate::limits::{MAX_CHOICES_BYTES, MAX_ENTRY_BYTES};
use crate::weaken::{self, Check};
use crate::written::{VoterNumber, WrittenTracker};

/// The reason why an opening does not agree with the ballot that was shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The bytes of the ballot are not canonical.
    #[error("not a canonical ballot: {0}")]
    Encoding(DecodeError),
    /// The choices cannot be read, are not in canonical form, or are not allowed.
    #[error("the opening's choices: {0}")]
    Choices(ChoiceErrors),
    /// The ballot was made for another election.
    #[error("the ballot was made for another election")]
    WrongElection,
    /// The ballot was made with the credential of another voter: nothing that it shows is about the vote of this voter.
    #[error("the ballot is not that of this voter: its voter number is {found}")]
    OtherVoter {
        /// The voter number of the ballot.
        found: VoterNumber,
    },
    /// The bytes of the ballot do not have the tracker that the voter wrote down.
    #[error("the ballot has the tracker {}, not the one that was shown", found.written())]
    TrackerMismatch {
        /// The tracker of the ballot.
        found: Tracker,
    },
    /// Encrypting the choices with the seed does not give the ballot: the first device cheated.
    #[error("the ballot does not contain these choices: the device that made it did not encrypt what it showed")]
    BallotMismatch,
}

from_quoted!(OpeningError::Encoding(DecodeError));
from_quoted!(OpeningError::Choices(ChoiceErrors));

impl OpeningError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding(_) | Self::Choices(_) => "bad-opening",
            Self::WrongElection => "other-election",
            Self::TrackerMismatch { .. } => "other-tracker",
            Self::OtherVoter { .. } => "other-voter",
            Self::BallotMismatch => "ballot-mismatch",
        }
    }
}

/// A ballot with its choices and its seed. Only the voter's devices may see it, because it reveals the choices. An
/// opened ballot is never cast.
///
/// # Layout
///
/// Version (2 bytes), seed (32), length of the unsigned ballot (4), the unsigned ballot, the choices as JSON in
/// canonical form.
pub struct BallotOpening {
    pub(super) unsigned: UnsignedBallot,
    pub(super) choices: Choices,
    pub(super) seed: BallotSeed,
}

impl BallotOpening {
    /// Returns the encrypted ballot without a signature.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        &self.unsigned
    }

    /// Returns the choices that the ballot is said to contain.
    #[must_use]
    pub fn expose_choices(&self) -> &Choices {
        &self.choices
    }

    /// Returns the seed from which the ballot's randomness derives.
    #[must_use]
    pub fn seed(&self) -> &BallotSeed {
        &self.seed
    }

    /// Returns the bytes for the second device. They reveal the choices.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        const FRAME_BYTES: usize = 2 + 32 + 4;
        let choices = self.choices.to_json();
        let ballot = self.unsigned.as_bytes();
        // The final capacity is reserved, because memory that a vector leaves when it grows is not wiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(FRAME_BYTES + ballot.len() + choices.len()));
        bytes.extend_from_slice(&FORMAT_VERSION);
        bytes.extend_from_slice(self.seed.expose_bytes());
        // A ballot is shorter than an entry of the board.
        bytes.extend_from_slice(&(ballot.len() as u32).to_le_bytes());
        bytes.extend_from_slice(ballot);
        bytes.extend_from_slice(choices.as_bytes());
        bytes
    }

    /// Reads an opening. Only [`Self::check`] verifies that the ballot contains these choices.
    ///
    /// # Errors
    ///
    /// `Encoding`, `Choices` or `WrongElection`.
    pub fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, OpeningError> {
        let OpeningParts { ballot, choices: written, seed } = OpeningParts::read(bytes)?;
        check_election(context, ballot)?;
        let unsigned = UnsignedBallot::decode(context, ballot)?;
        let choices = Choices::from_json(written).map_err(ChoiceErrors::from)?;
        choices.check(context, unsigned.entitlement())?;
        if choices.to_json().as_bytes() != written {
            return Err(ChoiceErrors::whole(ChoiceProblem::Malformed).into());
        }
        Ok(Self { unsigned, choices, seed: BallotSeed::from_bytes(*seed) })
    }

    /// Returns the bytes of the unsigned ballot in an opening of any election. They are not checked.
    ///
    /// # Errors
    ///
    /// If a field is cut short or too long.
    pub fn ballot_of(bytes: &[u8]) -> Result<&[u8], DecodeError> {
        OpeningParts::read(bytes).map(|parts| parts.ballot)
    }

    /// Encrypts the choices again and compares every byte of the ballot. The second device calls this with a context
    /// that it obtained independently of the first device. `tracker` is the one that the voter wrote down, and `voter` the
    /// number that the credential authority has printed beside the voting code: a device that could choose the number could
    /// show this voter the ballot of another.
    ///
    /// # Errors
    ///
    /// [`OpeningError`] if the opening does not agree with the ballot, the tracker or the voter number.
    pub fn check(
        self,
        context: &ElectionContext,
        tracker: &WrittenTracker,
        voter: &VoterNumber,
    ) -> Result<OpenedBallot, OpeningError> {
        check_election(context, self.unsigned.as_bytes())?;
        if !tracker.is_of(self.unsigned.tracker()) {
            return Err(OpeningError::TrackerMismatch { found: *self.unsigned.tracker() });
        }
        if !voter.is_of(self.unsigned.credential()) && weaken::is_on(Check::VoterNumber) {
            return Err(OpeningError::OtherVoter { found: VoterNumber::of(self.unsigned.credential()) });
        }
        self.check_encryption(context)?;
        let Self { unsigned, choices, .. } = self;
        Ok(OpenedBallot { credential: *unsigned.credential(), entitlement: unsigned.entitlement(), choices })
    }

    /// Refuses the ballot if encrypting the choices with the seed does not give it.
    pub(super) fn check_encryption(&self, context: &ElectionContext) -> Result<(), OpeningError> {
        let Self { unsigned, choices, seed } = self;
        let (credential, previous) = (unsigned.credential(), unsigned.previous().copied());
        let again = encrypt(context, credential, unsigned.entitlement(), choices, previous, seed)?;
        if again.as_bytes() == unsigned.as_bytes() { Ok(()) } else { Err(OpeningError::BallotMismatch) }
    }
}

fn check_election(context: &ElectionContext, ballot: &[u8]) -> Result<(), OpeningError> {
    let found = BallotHeader::read(ballot)?.fingerprint;
    if found == *context.fingerprint() { Ok(()) } else { Err(OpeningError::WrongElection) }
}

/// The fields of an opening, as bytes.
struct OpeningParts<'a> {
    seed: Zeroizing<[u8; 32]>,
    ballot: &'a [u8],
    choices: &'a [u8],
}

impl<'a> OpeningParts<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let seed = Zeroizing::new(reader.array("seed")?);
        let length = reader.u32("ballot")?;
        at_most("ballot", length.into(), MAX_ENTRY_BYTES as u64)?;
        let ballot = reader.take("ballot", length as usize)?;
        at_most("choices", reader.remaining() as u64, MAX_CHOICES_BYTES as u64)?;
        let choices = reader.take("choices", reader.remaining())?;
        Ok(Self { seed, ballot, choices })
    }
}

/// An opened ballot that contains exactly the choices of its opening. Only [`BallotOpening::check`] makes it.
pub struct OpenedBallot {
    credential: PublicElement,
    entitlement: Entitlement,
    choices: Choices,
}

impl OpenedBallot {
    /// Returns the public credential of the ballot, which is shown as a [voter number](VoterNumber).
    #[must_use]
    pub fn credential(&self) -> &PublicElement {
        &self.credential
    }

    /// Returns the ballot style and the weight of the ballot.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        self.entitlement
    }

    /// Returns the choices that the ballot contains.
    #[must_use]
    pub fn expose_choices(&self) -> &Choices {
        &self.choices
    }
}
