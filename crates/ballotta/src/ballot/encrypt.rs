//! The encryption of a ballot, which depends only on context, credential, choices and one seed.

use alloc::vec::Vec;

use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::choices::Choices;
use super::error::ChoiceErrors;
use super::signed::UnsignedBallot;
use crate::SUITE;
use crate::credential::Entitlement;
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::form::Bits;
use crate::group::{PublicElement, Scalar, SecretScalar};
use crate::hash::{Tracker, tagged};
use crate::proofs::ballot::BallotArgument;
use crate::proofs::schnorr::KeyPair;

/// The seed from which all randomness of a ballot derives. The same seed and choices give the same ballot, byte for
/// byte.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BallotSeed([u8; 32]);

impl BallotSeed {
    /// Derives a seed from fresh randomness, the credential's secret and `counter`.
    ///
    /// # Security
    ///
    /// `counter` must be different for every ballot that is ever prepared with this credential, on any device. The
    /// counter protects from a random number generator that repeats itself, as after the restart of a virtual machine.
    /// If both generator and counter repeat, a second ballot with the same choices has the same `R`: everybody sees
    /// that the choices are the same, and the ballot box refuses the ballot.
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

    /// Makes a seed from its bytes, for the second device that checks an opening.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the seed. Anyone who has them can test guesses of the ballot's choices.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Derives the ballot nonce `r` from the seed and from everything that is encrypted with it.
    fn nonce(
        &self,
        context: &ElectionContext,
        credential: &PublicElement,
        style: &CompiledBallotStyle,
        bits: &Bits,
    ) -> SecretScalar {
        let choices: Zeroizing<Vec<u8>> = Zeroizing::new(bits.choices().map(|choice| choice.unwrap_u8()).collect());
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

/// Checks choices and encrypts them. The voter's device and the second device both call this.
///
/// # Errors
///
/// All rules of the ballot style that the choices break.
pub(super) fn encrypt(
    context: &ElectionContext,
    credential: &PublicElement,
    entitlement: Entitlement,
    choices: &Choices,
    previous: Option<Tracker>,
    seed: &BallotSeed,
) -> Result<UnsignedBallot, ChoiceErrors> {
    let (style, bits) = choices.encode(context, entitlement)?;
    let nonce = seed.nonce(context, credential, style, &bits);
    let (ciphertext, argument) = BallotArgument::prove(
        &mut context.argument_transcript(credential),
        context.bases().generators(),
        style.form(),
        entitlement.weight,
        style.keys(),
        &bits,
        &nonce,
        &seed.0,
    );
    Ok(UnsignedBallot::new(context, entitlement, *credential, previous, ciphertext, argument))
}
