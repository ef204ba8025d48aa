//! Prepared ballots: ballots that are encrypted, but neither opened nor cast yet.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::choices::Choices;
use super::encrypt::{BallotSeed, encrypt};
use super::error::ChoiceErrors;
use super::opening::{BallotOpening, OpeningError};
use super::signed::{SignedBallot, UnsignedBallot};
use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::group::PublicElement;
use crate::hash::Tracker;
use crate::proofs::schnorr::KeyPair;

/// An encrypted ballot that is neither opened nor cast yet. Its tracker is final. It contains choices and seed, which
/// are secret and wiped when it is dropped.
pub struct PreparedBallot {
    opening: BallotOpening,
}

impl PreparedBallot {
    /// Checks the choices, encrypts them and proves that the ballot is valid. `entitlement` comes from the roll's line
    /// of `credential`. `previous` is the tracker of the credential's last entry on the board, if there is one. There
    /// is no random number generator, because all randomness derives from the seed.
    ///
    /// The choices are kept for the opening. To show errors next to the choices, call [`Choices::check`] before.
    ///
    /// # Errors
    ///
    /// All rules of the ballot style that the choices break.
    pub fn prepare(
        context: &ElectionContext,
        credential: &PublicElement,
        entitlement: Entitlement,
        choices: Choices,
        previous: Option<Tracker>,
        seed: BallotSeed,
    ) -> Result<Self, ChoiceErrors> {
        let unsigned = encrypt(context, credential, entitlement, &choices, previous, &seed)?;
        Ok(Self { opening: BallotOpening { unsigned, choices, seed } })
    }

    /// Returns the tracker, which the voter writes down before the ballot is opened or cast.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        self.unsigned().tracker()
    }

    /// Returns the encrypted ballot without a signature.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        self.opening.unsigned()
    }

    /// Returns the choices that the ballot contains.
    #[must_use]
    pub fn expose_choices(&self) -> &Choices {
        self.opening.expose_choices()
    }

    /// Returns the bytes that a device stores until the ballot is opened or cast: those of its opening. They reveal the
    /// choices.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.opening.expose_bytes()
    }

    /// Reads a ballot that a device stored, and encrypts it again. The caller must ensure that a ballot is not cast if
    /// it was opened before.
    ///
    /// # Errors
    ///
    /// [`OpeningError`] if the bytes are not those of a prepared ballot of this election.
    pub fn from_bytes(context: &ElectionContext, bytes: &[u8]) -> Result<Self, OpeningError> {
        let opening = BallotOpening::decode(context, bytes)?;
        opening.check_encryption(context)?;
        Ok(Self { opening })
    }

    /// Opens the ballot, so that a second device can check it. It can no longer be cast.
    #[must_use]
    pub fn open(self) -> BallotOpening {
        self.opening
    }

    /// Signs the ballot with the secret of its credential. It can no longer be opened.
    ///
    /// The signature's nonce does not derive from the ballot seed.
    #[must_use]
    pub fn cast<R: CryptoRng>(self, context: &ElectionContext, credential: &KeyPair, rng: &mut R) -> SignedBallot {
        let unsigned = self.opening.unsigned;
        let signature = credential.prove(&mut context.signature_transcript(unsigned.tracker()), rng);
        SignedBallot { unsigned, signature }
    }
}
