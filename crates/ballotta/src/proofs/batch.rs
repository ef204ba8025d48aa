//! The one verification path: many equations of many proofs in one multiscalar multiplication.
//!
//! See `spec/suite.md#batch`.
//!
//! # Construction
//!
//! Every equation of every claim has the form `sum [s_i]P_i = 0`. Each gets a weight of its own of 128 bits, not zero,
//! and the weighted sum of all equations is computed once, with the bases that the claims share taken together
//! (Bellare, Garay, Rabin, EUROCRYPT 1998). If one equation does not hold, the sum is the identity with probability at
//! most `2^-127`.
//!
//! The weights come from a transcript that has absorbed every claim, responses included, *and* fresh randomness: a dead
//! random source is not a forgery, and nobody can prepare proofs whose errors cancel.
//!
//! A batch that fails is split until the claims that do not hold are known.
//!
//! # Implementation details
//!
//! Variable time: everything here is public.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter::zip;

use merlin::Transcript;
use rand_core::CryptoRng;

use super::ballot::BallotClaim;
use super::equality::EqualityClaim;
use super::schnorr::SchnorrClaim;
use crate::SUITE;
use crate::group::{Element, Generators, Integer, PublicElement, PublicScalar, Scalar, Tables};
use crate::transcript::ProofTranscript;
use crate::weaken::{self, Check};

/// That the equations of one proof hold.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Claim<'a> {
    /// A ballot argument.
    Ballot(BallotClaim<'a>),
    /// A Schnorr proof or signature.
    Schnorr(Box<SchnorrClaim>),
    /// Equality of logarithms.
    Equality(Box<EqualityClaim>),
}

/// At most how many equations a claim has, over all kinds.
const MAX_EQUATIONS: usize = 3;

impl Claim<'_> {
    fn absorb(&self, transcript: &mut Transcript) {
        match self {
            Self::Ballot(claim) => claim.absorb(transcript),
            Self::Schnorr(claim) => claim.absorb(transcript),
            Self::Equality(claim) => claim.absorb(transcript),
        }
    }

    fn accumulate(&self, weights: [u128; MAX_EQUATIONS], sum: &mut Accumulator<'_>) {
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

/// The bases that claims share and that therefore stand once in a batch: `U`, `V`, `H`, and the keys of all slots.
#[derive(Clone)]
pub struct SharedBases {
    generators: Generators,
    keys: Vec<PublicElement>,
    tables: Option<Tables>,
}

impl SharedBases {
    /// The bases of an election: generators for its largest form, and the keys `Y_1..Y_N` of all its slots.
    #[must_use]
    pub fn new(generators: Generators, keys: Vec<PublicElement>) -> Self {
        Self { generators, keys, tables: None }
    }

    /// No bases but `G`: for batches without ballot arguments.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Generators::new(0), Vec::new())
    }

    /// Adds tables: for whoever verifies ballots one by one, as they come. They cost about as much time as one ballot,
    /// save a quarter of every other, and 10 KB for every base: two for each bit of the largest form, one for each key.
    /// Long batches do without them.
    #[must_use]
    pub fn with_tables(self) -> Self {
        let tables = Tables::new(self.elements());
        Self { tables: Some(tables), ..self }
    }

    /// `U`, `V` and `H`.
    #[must_use]
    pub fn generators(&self) -> &Generators {
        &self.generators
    }

    /// The keys of all slots of the election.
    #[must_use]
    pub fn keys(&self) -> &[PublicElement] {
        &self.keys
    }

    /// `G`, `H`, the keys, then `U` and `V`: the order of the coefficients in [`Accumulator::is_zero`].
    fn elements(&self) -> impl Iterator<Item = Element> {
        let keys = self.keys.iter().map(|key| *key.element());
        [Element::generator(), *self.generators.blinding()]
            .into_iter()
            .chain(keys)
            .chain(self.generators.pairs().iter().copied())
    }
}

/// Claims of a batch that do not hold: at least one, in the order in which they were pushed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} claims do not hold", claims.len())]
pub struct BatchError {
    /// The numbers of the claims, as [`Batch::push`] gave them.
    pub claims: Vec<usize>,
}

/// Claims that are verified together.
pub struct Batch<'a> {
    bases: &'a SharedBases,
    claims: Vec<Claim<'a>>,
    transcript: Transcript,
}

impl<'a> Batch<'a> {
    /// An empty batch.
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

    /// How many claims were pushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// Whether no claim was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Verifies all claims.
    ///
    /// # Errors
    ///
    /// The claims that do not hold.
    pub fn verify<R: CryptoRng>(mut self, rng: &mut R) -> Result<(), BatchError> {
        let mut randomness = [0; 32];
        rng.fill_bytes(&mut randomness);
        self.transcript.append_message(b"randomness", &randomness);
        let mut failing = Vec::new();
        let mut parts = alloc::vec![0..self.claims.len()];
        while let Some(part) = parts.pop() {
            let claims = self.claims.get(part.clone()).unwrap_or_default();
            if self.hold(part.start, claims) {
                continue;
            }
            if claims.len() == 1 {
                failing.push(part.start);
            } else {
                let middle = part.start + claims.len() / 2;
                // The second half is pushed first: claims are found in their order.
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
        }
        if failing.is_empty() { Ok(()) } else { Err(BatchError { claims: failing }) }
    }

    /// Whether all of `claims`, the first of which has the number `start`, hold.
    fn hold(&self, start: usize, claims: &[Claim<'a>]) -> bool {
        let mut transcript = self.transcript.clone();
        transcript.absorb_u64(b"start", start as u64);
        transcript.absorb_u64(b"count", claims.len() as u64);
        let mut sum = Accumulator::new(self.bases);
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

/// A sum of `w f`, each below `2^(128 + 253)`: fewer than `2^64` of them fit.
type BitSum = Integer<7>;
/// A sum of `w f (x-f)`, each below `2^(128 + 2 * 253)`.
type BitProductSum = Integer<11>;

/// The weighted sum of equations.
pub(crate) struct Accumulator<'a> {
    bases: &'a SharedBases,
    /// The coefficient of `G`.
    pub(crate) g: Scalar,
    /// The coefficient of `H`.
    pub(crate) h: Scalar,
    /// What `U_j` and `V_j` have on the other side, as integers.
    pairs: Vec<(BitSum, BitProductSum)>,
    /// The coefficients of the keys of all slots.
    pub(crate) keys: Vec<Scalar>,
    scalars: Vec<Scalar>,
    elements: Vec<Element>,
}

impl<'a> Accumulator<'a> {
    fn new(bases: &'a SharedBases) -> Self {
        Self {
            bases,
            g: Scalar::ZERO,
            h: Scalar::ZERO,
            pairs: Vec::new(),
            keys: alloc::vec![Scalar::ZERO; bases.keys.len()],
            scalars: Vec::new(),
            elements: Vec::new(),
        }
    }

    /// Adds `[scalar]element`.
    pub(crate) fn add(&mut self, scalar: Scalar, element: &PublicElement) {
        self.scalars.push(scalar);
        self.elements.push(*element.element());
    }

    /// Adds `[w f_j]U_j + [w f_j(x-f_j)]V_j` to the other side, `j = 1, 2, ..`
    pub(crate) fn add_bits(&mut self, w: u128, f: &[PublicScalar], x: &PublicScalar) {
        if self.pairs.len() < f.len() {
            self.pairs.resize(f.len(), (Integer::ZERO, Integer::ZERO));
        }
        let w = Integer::from(w);
        for ((u, v), f) in zip(&mut self.pairs, f) {
            let mut weighed = Integer::<6>::ZERO;
            weighed.add_product(&w, f.integer());
            u.add(&weighed);
            v.add_product(&weighed, x.minus(f).integer());
        }
    }

    fn is_zero(&self) -> bool {
        // A form larger than the generators of the election would lose terms here.
        if 2 * self.pairs.len() > self.bases.generators.pairs().len() {
            return false;
        }
        let pairs: Vec<Scalar> = self.pairs.iter().flat_map(|(u, v)| [-u.reduce(), -v.reduce()]).collect();
        let shared = || [&self.g, &self.h].into_iter().chain(&self.keys).chain(&pairs);
        let sum = match &self.bases.tables {
            Some(tables) if shared().count() + self.scalars.len() < Tables::LONG_SUM => {
                tables.vartime_multiscalar(shared(), &self.scalars, &self.elements)
            }
            _ => {
                let shared = shared().copied().zip(self.bases.elements()).filter(|(scalar, _)| *scalar != Scalar::ZERO);
                let own = self.scalars.iter().copied().zip(self.elements.iter().copied());
                let (scalars, elements): (Vec<Scalar>, Vec<Element>) = shared.chain(own).unzip();
                Element::vartime_multiscalar(&scalars, &elements)
            }
        };
        sum.is_identity()
    }
}
