//! Opening a prepared ballot, so that a second device can check what the first one encrypted (Benaloh, EVT 2006).
//!
//! See `spec/ballot.md#opening`.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::choices::{ChoiceErrors, ChoiceProblem, Choices};
use super::plaintext::PlaintextBallot;
use super::prepare::{BallotSeed, encrypt};
use super::signed::{BallotHeader, UnsignedBallot};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, FORMAT_VERSION, Reader, at_most};
use crate::group::PublicElement;
use crate::hash::Tracker;
use crate::limits::{MAX_CHOICES_BYTES, MAX_ENTRY_BYTES};
use crate::manifest::Manifest;

/// Why an opening does not agree with the ballot that was shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The ballot is not canonical.
    #[error("not a canonical ballot: {0}")]
    Encoding(#[from] DecodeError),
    /// The choices cannot be read, are not written in their one form, or are not allowed.
    #[error("the opening's choices: {0}")]
    Choices(#[from] ChoiceErrors),
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
///
/// # Layout
///
/// Version (2 bytes), seed (32), length of the unsigned ballot (4), the unsigned ballot, the choices as JSON in their
/// one written form.
pub struct BallotOpening {
    pub(super) unsigned: UnsignedBallot,
    pub(super) plaintext: PlaintextBallot,
    pub(super) seed: BallotSeed,
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

    /// The bytes for the second device, which give the choices away.
    #[must_use]
    pub fn expose_bytes(&self, manifest: &Manifest) -> Zeroizing<Vec<u8>> {
        expose_bytes(manifest, &self.unsigned, &self.plaintext, &self.seed)
    }

    /// Reads an opening. Whether the ballot holds these choices is [`Self::check`]'s to say.
    ///
    /// # Errors
    ///
    /// `WrongElection`, or what is not canonical.
    pub fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, OpeningError> {
        let OpeningParts { ballot, choices, seed } = OpeningParts::read(bytes)?;
        if BallotHeader::read(ballot)?.fingerprint != *context.fingerprint() {
            return Err(OpeningError::WrongElection);
        }
        let unsigned = UnsignedBallot::decode(context, ballot)?;
        let read = Choices::from_json(choices).map_err(ChoiceErrors::from)?;
        let plaintext = read.plaintext(context, unsigned.entitlement())?;
        if Choices::of(context.manifest(), &plaintext).to_json().as_bytes() != choices {
            return Err(ChoiceErrors::one(ChoiceProblem::Malformed).into());
        }
        Ok(Self { unsigned, plaintext, seed: BallotSeed::from_bytes(*seed) })
    }

    /// The unsigned ballot in the bytes of an opening of whatever election, not read further.
    ///
    /// # Errors
    ///
    /// What is cut short or too long.
    pub fn ballot_of(bytes: &[u8]) -> Result<&[u8], DecodeError> {
        OpeningParts::read(bytes).map(|parts| parts.ballot)
    }

    /// Checks that the ballot holds exactly these choices, on the second device: see [`OpenedBallot::check`].
    ///
    /// # Errors
    ///
    /// Why the opening does not agree.
    pub fn check(self, context: &ElectionContext, tracker: &Tracker) -> Result<OpenedBallot, OpeningError> {
        OpenedBallot::check(context, tracker, self.unsigned.as_bytes(), self.plaintext, &self.seed)
    }
}

/// The bytes of an opening.
pub(super) fn expose_bytes(
    manifest: &Manifest,
    unsigned: &UnsignedBallot,
    plaintext: &PlaintextBallot,
    seed: &BallotSeed,
) -> Zeroizing<Vec<u8>> {
    const FRAME_BYTES: usize = 2 + 32 + 4;
    let choices = Choices::of(manifest, plaintext).to_json();
    let ballot = unsigned.as_bytes();
    // Never grown: what is moved is not wiped. A ballot is shorter than an entry of the board.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FRAME_BYTES + ballot.len() + choices.len()));
    bytes.extend_from_slice(&FORMAT_VERSION);
    bytes.extend_from_slice(seed.expose_bytes());
    bytes.extend_from_slice(&(ballot.len() as u32).to_le_bytes());
    bytes.extend_from_slice(ballot);
    bytes.extend_from_slice(choices.as_bytes());
    bytes
}

/// The bytes of an opening, taken apart.
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
