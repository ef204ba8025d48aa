//! Encryption of a ballot: a function of choices, context and one seed.

use alloc::vec::Vec;

use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::opening::{BallotOpening, OpeningError, expose_bytes};
use super::plaintext::{PlaintextBallot, PlaintextError};
use super::signed::{SignedBallot, UnsignedBallot, sign};
use crate::SUITE;
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::group::{PublicElement, Scalar, SecretScalar};
use crate::hash::{Tracker, tagged};
use crate::manifest::Manifest;
use crate::proofs::ballot::BallotArgument;
use crate::proofs::schnorr::KeyPair;

/// The one seed from which all randomness of a ballot derives: who has it and the choices makes the ballot again, byte
/// for byte.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BallotSeed([u8; 32]);

impl BallotSeed {
    /// Derives a seed from fresh randomness, the credential's secret and a counter of the ballots that this credential
    /// has prepared: even where the random source is dead, two ballots do not share a seed.
    #[must_use]
    pub fn derive<R: CryptoRng>(credential: &KeyPair, counter: u64, rng: &mut R) -> Self {
        let mut material = Zeroizing::new([0; 64]);
        let (randomness, secret) = material.split_at_mut(32);
        rng.fill_bytes(randomness);
        secret.copy_from_slice(&*Zeroizing::new(credential.secret().expose_scalar().to_bytes()));
        let mut seed = Self([0; 32]);
        expand(material.as_ref(), b"ballot-seed", &counter.to_le_bytes(), &mut seed.0);
        seed
    }

    /// The seed with these bytes: on the second device that checks an opening.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, which give the ballot's choices away to whoever guesses them.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The ballot nonce `r`: of the seed and of everything that is encrypted under it.
    fn nonce(
        &self,
        context: &ElectionContext,
        credential: &PublicElement,
        style: &CompiledBallotStyle,
        plaintext: &PlaintextBallot,
    ) -> SecretScalar {
        let choices: Zeroizing<Vec<u8>> =
            Zeroizing::new(plaintext.bits().choices().map(|choice| choice.unwrap_u8()).collect());
        let info = Zeroizing::new(tagged(
            "ballot-nonce",
            &[context.fingerprint().as_bytes(), credential.as_bytes(), style.form().digest().as_bytes(), &choices],
        ));
        let mut wide = Zeroizing::new([0; 64]);
        expand(&self.0, b"ballot-nonce", info.as_ref(), wide.as_mut());
        SecretScalar::new(Scalar::from_wide(&wide))
    }
}

/// HKDF-SHA-512 with the suite as salt.
fn expand(material: &[u8], label: &[u8], info: &[u8], output: &mut [u8]) {
    let hkdf = Hkdf::<Sha512>::new(Some(SUITE.as_bytes()), material);
    // HKDF refuses only outputs above 255 hash lengths.
    let expanded = hkdf.expand_multi_info(&[label, b":", info], output);
    debug_assert!(expanded.is_ok());
}

/// An encrypted ballot of which the tracker is known and which is neither opened nor cast yet.
pub struct PreparedBallot {
    pub(super) unsigned: UnsignedBallot,
    pub(super) plaintext: PlaintextBallot,
    pub(super) seed: BallotSeed,
}

impl PreparedBallot {
    /// Encrypts and proves a ballot of `credential`. `previous` is the tracker of the credential's entry before this
    /// one, if there is one. Takes no random number generator: everything derives from the seed.
    ///
    /// # Errors
    ///
    /// If the choices were checked against the rules of another election.
    pub fn prepare(
        context: &ElectionContext,
        credential: &PublicElement,
        previous: Option<Tracker>,
        plaintext: PlaintextBallot,
        seed: BallotSeed,
    ) -> Result<Self, PlaintextError> {
        let unsigned = encrypt(context, credential, previous, &plaintext, &seed)?;
        Ok(Self { unsigned, plaintext, seed })
    }

    /// The tracker: for the voter to write down before the ballot is opened or cast.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        self.unsigned.tracker()
    }

    /// The encrypted ballot.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        &self.unsigned
    }

    /// The ballot as a device keeps it until it is opened or cast: the bytes of its opening, which give the choices away.
    #[must_use]
    pub fn expose_bytes(&self, manifest: &Manifest) -> Zeroizing<Vec<u8>> {
        expose_bytes(manifest, &self.unsigned, &self.plaintext, &self.seed)
    }

    /// Reads a ballot that a device kept, and encrypts it again. Who reads one that was opened before, does not cast it.
    ///
    /// # Errors
    ///
    /// Why the bytes are no such ballot.
    pub fn from_bytes(context: &ElectionContext, bytes: &[u8]) -> Result<Self, OpeningError> {
        let BallotOpening { unsigned, plaintext, seed } = BallotOpening::decode(context, bytes)?;
        let again = encrypt(context, unsigned.credential(), unsigned.previous().copied(), &plaintext, &seed);
        match again {
            Ok(again) if again == unsigned => Ok(Self { unsigned, plaintext, seed }),
            _ => Err(OpeningError::BallotMismatch),
        }
    }

    /// Opens the ballot, so that a second device can check it. It can no longer be cast.
    #[must_use]
    pub fn open(self) -> BallotOpening {
        BallotOpening::new(self.unsigned, self.plaintext, self.seed)
    }

    /// Signs the ballot with the secret of its credential. It can no longer be opened.
    ///
    /// The signature's nonce does not derive from the ballot seed.
    #[must_use]
    pub fn cast<R: CryptoRng>(self, context: &ElectionContext, credential: &KeyPair, rng: &mut R) -> SignedBallot {
        sign(context, self.unsigned, credential, rng)
    }
}

/// Encrypts a ballot: what the voter's device does, and the second device again.
pub(super) fn encrypt(
    context: &ElectionContext,
    credential: &PublicElement,
    previous: Option<Tracker>,
    plaintext: &PlaintextBallot,
    seed: &BallotSeed,
) -> Result<UnsignedBallot, PlaintextError> {
    let style = context
        .style(plaintext.entitlement().style)
        .filter(|style| style.form().digest() == plaintext.form())
        .ok_or(PlaintextError::UnknownStyle { style: plaintext.entitlement().style })?;
    let nonce = seed.nonce(context, credential, style, plaintext);
    let (ciphertext, argument) = BallotArgument::prove(
        &mut context.argument_transcript(credential),
        context.bases().generators(),
        style.form(),
        plaintext.entitlement().weight,
        style.keys(),
        plaintext.bits(),
        &nonce,
        &seed.0,
    );
    Ok(UnsignedBallot::new(context, plaintext.entitlement(), *credential, previous, ciphertext, argument))
}
