//! The verification of proofs in batches: all equations of all proofs in one multiscalar multiplication.
//!
//! See `spec/suite.md#batch`.
//!
//! # Construction
//!
//! Every equation of every claim has the form `sum [s_i]P_i = 0`. Each equation has its own random weight of 128 bits,
//! which is not zero. The weighted sum of all equations is computed once, and each base that claims share appears in it
//! once (Bellare, Garay, Rabin, EUROCRYPT 1998). If one equation is not satisfied, the sum is the identity with
//! probability at most `2^-127`.
//!
//! The weights come from a transcript that has absorbed every claim, responses included, *and* fresh randomness. So
//! nobody can prepare proofs whose errors cancel, and no forgery passes if the random source fails.
//!
//! A batch that fails is split in halves until the invalid claims are known.
//!
//! # Implementation details
//!
//! Variable time, because all inputs are public.

use alloc::boxed::Box;
use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;

use super::ballot::BallotClaim;
use super::equality::{EqualityClaim, EqualityProof, EqualityStatement};
use super::equations::ProofError;
pub use super::equations::SharedBases;
use super::equations::{MAX_EQUATIONS, WeightedSum};
use super::schnorr::{SchnorrClaim, SchnorrProof};
use crate::SUITE;
use crate::group::PublicElement;
use crate::transcript::ProofTranscript;
use crate::weaken::{self, Check};

/// The claim that one proof is valid, which means that its equations are satisfied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Claim<'a> {
    /// The claim that a ballot argument is valid.
    Ballot(BallotClaim<'a>),
    /// The claim that a Schnorr proof or signature is valid.
    Schnorr(Box<SchnorrClaim>),
    /// The claim that a proof of equal logarithms is valid.
    Equality(Box<EqualityClaim>),
}

impl Claim<'_> {
    fn absorb(&self, transcript: &mut Transcript) {
        match self {
            Self::Ballot(claim) => claim.absorb(transcript),
            Self::Schnorr(claim) => claim.absorb(transcript),
            Self::Equality(claim) => claim.absorb(transcript),
        }
    }

    fn accumulate(&self, weights: [u128; MAX_EQUATIONS], sum: &mut WeightedSum<'_>) {
        match self {
            Self::Ballot(claim) => claim.accumulate(weights, sum),
            Self::Schnorr(claim) => claim.accumulate(weights, sum),
            Self::Equality(claim) => claim.accumulate(weights, sum),
        }
    }
}

impl<'a> From<BallotClaim<'a>> for Claim<'a> {
    fn from(claim: BallotClaim<'a>) -> Self {
        Self::Ballot(claim)
    }
}

impl From<SchnorrClaim> for Claim<'_> {
    fn from(claim: SchnorrClaim) -> Self {
        Self::Schnorr(Box::new(claim))
    }
}

impl From<EqualityClaim> for Claim<'_> {
    fn from(claim: EqualityClaim) -> Self {
        Self::Equality(Box::new(claim))
    }
}

/// At least one claim of a batch is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} proofs or signatures are invalid", claims.len())]
pub struct BatchError {
    /// The numbers of the invalid claims, as [`Batch::push`] returned them, in ascending order.
    pub claims: Vec<usize>,
}

/// A batch of claims that are verified together.
pub struct Batch<'a> {
    bases: &'a SharedBases,
    claims: Vec<Claim<'a>>,
    transcript: Transcript,
}

impl<'a> Batch<'a> {
    /// Creates a batch without any claims.
    #[must_use]
    pub fn new(bases: &'a SharedBases) -> Self {
        let mut transcript = Transcript::new(SUITE.as_bytes());
        transcript.append_message(b"dom-sep", b"batch");
        Self { bases, claims: Vec::new(), transcript }
    }

    /// Adds a claim and returns its number, counted from 0.
    pub fn push(&mut self, claim: impl Into<Claim<'a>>) -> usize {
        let claim = claim.into();
        claim.absorb(&mut self.transcript);
        self.claims.push(claim);
        self.claims.len() - 1
    }

    /// Verifies all claims of the batch. `rng` makes the weights unpredictable.
    ///
    /// # Errors
    ///
    /// [`BatchError`] with the numbers of all invalid claims.
    pub fn verify<R: CryptoRng>(mut self, rng: &mut R) -> Result<(), BatchError> {
        let mut randomness = [0; 32];
        rng.fill_bytes(&mut randomness);
        self.transcript.append_message(b"randomness", &randomness);
        let mut failing = Vec::new();
        let mut parts = alloc::vec![(0, self.claims.as_slice())];
        while let Some((start, claims)) = parts.pop() {
            if self.equations_hold(start, claims) {
                continue;
            }
            let (first, second) = claims.split_at(claims.len() / 2);
            if first.is_empty() {
                failing.push(start);
            } else {
                // The second half is pushed first, so that invalid claims are found in ascending order.
                parts.push((start + first.len(), second));
                parts.push((start, first));
            }
        }
        if failing.is_empty() { Ok(()) } else { Err(BatchError { claims: failing }) }
    }

    /// Returns whether all equations of `claims` are satisfied. `start` is the number of the first of these claims.
    fn equations_hold(&self, start: usize, claims: &[Claim<'a>]) -> bool {
        let mut transcript = self.transcript.clone();
        transcript.absorb_u64(b"start", start as u64);
        transcript.absorb_u64(b"count", claims.len() as u64);
        let mut sum = WeightedSum::new(self.bases);
        let mut bytes = alloc::vec![0; 16 * MAX_EQUATIONS * claims.len()];
        transcript.challenge_bytes(b"weights", &mut bytes);
        let (weights, _) = bytes.as_chunks::<16>();
        let (weights, _) = weights.as_chunks::<MAX_EQUATIONS>();
        for (claim, weights) in claims.iter().zip(weights) {
            claim.accumulate(weights.map(weight), &mut sum);
        }
        sum.is_zero()
    }
}

/// A weight of 128 bits that is not zero.
fn weight(bytes: [u8; 16]) -> u128 {
    if weaken::is_on(Check::RandomBatchWeights) { u128::from_le_bytes(bytes).max(1) } else { 1 }
}

/// Verifies claims that share only the base `G`, in one batch.
pub(crate) fn verify_claims<R: CryptoRng>(claims: Vec<Claim<'_>>, rng: &mut R) -> Result<(), BatchError> {
    let bases = SharedBases::none();
    let mut batch = Batch::new(&bases);
    for claim in claims {
        batch.push(claim);
    }
    batch.verify(rng)
}

impl SchnorrProof {
    /// Verifies the proof as a batch of one claim.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if the proof is malformed, or was made for another context.
    pub fn verify<R: CryptoRng>(
        &self,
        transcript: &mut Transcript,
        public: &PublicElement,
        rng: &mut R,
    ) -> Result<(), ProofError> {
        verify_claims(alloc::vec![self.claim(transcript, public).into()], rng).map_err(|_| ProofError)
    }
}

impl EqualityProof {
    /// Verifies the proof as a batch of one claim.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if the proof is malformed, or was made for another context.
    pub fn verify<R: CryptoRng>(
        &self,
        transcript: &mut Transcript,
        statement: &EqualityStatement<'_>,
        rng: &mut R,
    ) -> Result<(), ProofError> {
        verify_claims(alloc::vec![self.claim(transcript, statement)?.into()], rng).map_err(|_| ProofError)
    }
}
