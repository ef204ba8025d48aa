//! The proof that logarithms are equal (Chaum, Pedersen, CRYPTO 1992), for many pairs with one base in one proof.
//!
//! See `spec/tally.md#equality`.
//!
//! # Construction
//!
//! ```text
//! statement   base R ; Y_s = [x_s]G and D_s = [x_s]R for s = 1..n
//! absorb R, Y_1, D_1, Y_2, D_2, .. ; challenge w
//!             Y* = sum_s w^s Y_s     D* = sum_s w^s D_s     x* = sum_s w^s x_s
//! prover      A = [a]G     B = [a]R
//! absorb A, B ; challenge c
//!             z = a + c x*
//! verify      [z]G = A + [c]Y*     [z]R = B + [c]D*
//! ```
//!
//! The slots are combined with weights that are drawn after all factors are fixed, so that a wrong factor in one slot
//! cannot be balanced by another slot.
//!
//! # Layout
//!
//! `A`, `B`, `z`: 96 bytes, for any number of slots.
//!
//! # Security
//!
//! Proving takes constant time. Verification takes variable time, because its inputs are public.

#![allow(non_snake_case)]

use alloc::vec::Vec;
use core::iter::zip;

use merlin::Transcript;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::equations::{ProofError, WeightedSum};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::transcript::{Guarded, Nonces, ProofTranscript};

/// A proof that `log_G Y_s = log_R D_s` for all slots `s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EqualityProof {
    A: PublicElement,
    B: PublicElement,
    z: Scalar,
}

/// The statement of an equality proof: for every slot `s`, `log_G Y_s` is equal to `log_R D_s`.
#[derive(Clone, Debug)]
pub struct EqualityStatement<'a> {
    /// The base `R`, not the identity.
    pub base: &'a PublicElement,
    /// The public keys `Y_s = [x_s]G`.
    pub keys: &'a [PublicElement],
    /// The factors `D_s = [x_s]R`, one for each key.
    pub factors: &'a [PublicElement],
}

impl EqualityStatement<'_> {
    /// Absorbs the statement and draws the weight of the slots.
    fn absorb(&self, transcript: &mut Transcript) -> Scalar {
        Guarded::EQUALITY_BASE.absorb_element(transcript, self.base);
        transcript.absorb_u64(b"n", self.keys.len() as u64);
        for (Y, D) in zip(self.keys, self.factors) {
            Guarded::EQUALITY_KEY.absorb_element(transcript, Y);
            Guarded::EQUALITY_FACTOR.absorb_element(transcript, D);
        }
        transcript.challenge_scalar(b"w")
    }
}

fn absorb_announcements(transcript: &mut Transcript, A: &PublicElement, B: &PublicElement) {
    Guarded::EQUALITY_A.absorb_element(transcript, A);
    Guarded::EQUALITY_B.absorb_element(transcript, B);
}

impl EqualityProof {
    /// The length of the encoding in bytes.
    pub const BYTES: usize = 96;

    /// Proves a statement. The transcript must have absorbed the context. `secrets[s]` is the logarithm of `Y_s`.
    pub fn prove<R: CryptoRng>(
        transcript: &mut Transcript,
        statement: &EqualityStatement<'_>,
        secrets: &[SecretScalar],
        rng: &mut R,
    ) -> Self {
        Self::prove_with(transcript, statement, secrets, |transcript, x| transcript.nonces(x, rng))
    }

    /// Proves a statement without randomness, for steps that must give the same bytes when they are repeated.
    pub(crate) fn prove_deterministically(
        transcript: &mut Transcript,
        statement: &EqualityStatement<'_>,
        secrets: &[SecretScalar],
        seed: &[u8; 32],
    ) -> Self {
        Self::prove_with(transcript, statement, secrets, |transcript, _| transcript.deterministic_nonces(seed))
    }

    fn prove_with(
        transcript: &mut Transcript,
        statement: &EqualityStatement<'_>,
        secrets: &[SecretScalar],
        nonces: impl FnOnce(&Transcript, &SecretScalar) -> Nonces,
    ) -> Self {
        debug_assert_eq!(statement.keys.len(), secrets.len());
        debug_assert_eq!(statement.factors.len(), secrets.len());
        let w = statement.absorb(transcript);
        let x = SecretScalar::new(zip(w.powers(), secrets).map(|(power, x)| power * *x.expose_scalar()).sum());
        let a = nonces(transcript, &x).draw(b"a");
        let A = a.public();
        let B = PublicElement::from(statement.base.element() * a.expose_scalar());
        absorb_announcements(transcript, &A, &B);
        let c = transcript.challenge_scalar(b"c");
        let product = Zeroizing::new(c * *x.expose_scalar());
        let z = *a.expose_scalar() + *product;
        Self { A, B, z }
    }

    /// Reads the encoding of a proof.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { A: reader.element("A")?, B: reader.element("B")?, z: reader.scalar("z")? })
    }

    /// Writes the canonical encoding of the proof.
    pub fn encode(&self, writer: &mut Writer) {
        writer.element(&self.A).element(&self.B).scalar(&self.z);
    }

    /// Returns the claim that the proof is valid. The transcript must have absorbed the context.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if there are no keys, or not as many factors as keys, or if the base is the identity.
    pub fn claim(
        &self,
        transcript: &mut Transcript,
        statement: &EqualityStatement<'_>,
    ) -> Result<EqualityClaim, ProofError> {
        let EqualityStatement { base, keys, factors } = statement;
        if keys.len() != factors.len() || keys.is_empty() || base.is_identity() {
            return Err(ProofError);
        }
        let w = statement.absorb(transcript);
        absorb_announcements(transcript, &self.A, &self.B);
        let c = transcript.challenge_scalar(b"c");
        let weights: Vec<Scalar> = w.powers().take(keys.len()).collect();
        let sum = |elements: &[PublicElement]| {
            PublicElement::from(Element::vartime_multiscalar(&weights, elements.iter().map(PublicElement::element)))
        };
        Ok(EqualityClaim { R: **base, Y: sum(keys), D: sum(factors), proof: self.clone(), c })
    }
}

/// The claim that an equality proof is valid.
#[derive(Clone, Debug)]
pub struct EqualityClaim {
    R: PublicElement,
    Y: PublicElement,
    D: PublicElement,
    proof: EqualityProof,
    c: Scalar,
}

impl EqualityClaim {
    /// Absorbs the last challenge, which depends on the statement and all earlier messages, and the response.
    pub(crate) fn absorb(&self, transcript: &mut Transcript) {
        transcript.absorb_scalars(b"equality", &[self.c, self.proof.z]);
    }

    /// Adds the equations `A + [c]Y* - [z]G = 0` and `B + [c]D* - [z]R = 0`.
    pub(crate) fn accumulate(&self, [w1, w2, ..]: [u128; 3], sum: &mut WeightedSum<'_>) {
        let [w1, w2] = [w1, w2].map(Scalar::from);
        let EqualityProof { A, B, z } = &self.proof;
        sum.add(w1, A);
        sum.add(w1 * self.c, &self.Y);
        sum.g -= w1 * *z;
        sum.add(w2, B);
        sum.add(w2 * self.c, &self.D);
        sum.add(-(w2 * *z), &self.R);
    }
}
