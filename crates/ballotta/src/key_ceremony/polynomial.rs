//! Secret polynomials over the scalars, and public commitments to their coefficients.
//!
//! See `spec/ceremony.md#polynomials`.

#![allow(non_snake_case)]

use alloc::vec::Vec;
use core::iter::zip;

use merlin::Transcript;

use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::RosterHash;
use crate::index::TrusteeIndex;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, Nonces, ProofTranscript};

/// The secret polynomial of one slot: the coefficients, the constant term first.
pub(crate) struct Polynomial {
    coefficients: Vec<SecretScalar>,
}

impl Polynomial {
    /// Draws a polynomial with `threshold` coefficients.
    pub(crate) fn draw(nonces: &mut Nonces, threshold: u16) -> Self {
        Self { coefficients: (0..threshold).map(|_| nonces.draw(b"coefficient")).collect() }
    }

    #[cfg(test)]
    pub(crate) fn of(coefficients: Vec<SecretScalar>) -> Self {
        Self { coefficients }
    }

    /// Computes `f(index)`, in constant time.
    pub(crate) fn evaluate(&self, index: TrusteeIndex) -> SecretScalar {
        let x = Scalar::from(u64::from(index.get()));
        let sum = self.coefficients.iter().rev().fold(Scalar::ZERO, |sum, a| sum * x + *a.expose_scalar());
        SecretScalar::new(sum)
    }

    /// The commitments `A_0, A_1, ..` to the coefficients.
    pub(crate) fn commitments(&self) -> Vec<PublicElement> {
        self.coefficients.iter().map(SecretScalar::public).collect()
    }
}

/// The commitments to the coefficients of the polynomials of a dealer: a list for each slot, the constant term first.
pub(crate) type Commitments = Vec<Vec<PublicElement>>;

/// Proves that a dealer knows the constant terms of all slots. It is a Schnorr proof for their weighted sum, with
/// weights that are drawn after all commitments are fixed.
///
/// ```text
/// absorb dealer, t, A_{1,0}, A_{1,1}, .. ; challenge w
///         P = sum_s w^s A_{s,0}       p = sum_s w^s a_{s,0}
/// ```
pub(crate) fn prove_possession(
    roster: &RosterHash,
    dealer: TrusteeIndex,
    polynomials: &[Polynomial],
    commitments: &Commitments,
    seed: &[u8; 32],
) -> SchnorrProof {
    let (mut transcript, w) = possession_transcript(roster, dealer, commitments);
    let terms = polynomials.iter().filter_map(|polynomial| polynomial.coefficients.first());
    let p = zip(w.powers(), terms).map(|(power, a)| power * *a.expose_scalar()).sum();
    KeyPair::new(SecretScalar::new(p)).prove_deterministically(&mut transcript, seed)
}

/// The claim that a dealer knows its constant terms.
pub(crate) fn possession_claim(
    roster: &RosterHash,
    dealer: TrusteeIndex,
    commitments: &Commitments,
    proof: &SchnorrProof,
) -> SchnorrClaim {
    let (mut transcript, w) = possession_transcript(roster, dealer, commitments);
    let terms: Vec<&Element> = commitments.iter().filter_map(|slot| slot.first()).map(PublicElement::element).collect();
    let weights: Vec<Scalar> = w.powers().take(terms.len()).collect();
    let P = Element::vartime_multiscalar(&weights, terms);
    proof.claim(&mut transcript, &P.into())
}

fn possession_transcript(roster: &RosterHash, dealer: TrusteeIndex, commitments: &Commitments) -> (Transcript, Scalar) {
    let mut transcript = Domain::DealPossession.for_roster(roster);
    transcript.absorb_u64(b"trustee", dealer.get().into());
    transcript.absorb_u64(b"t", commitments.first().map_or(0, Vec::len) as u64);
    for A in commitments.iter().flatten() {
        transcript.absorb_element(b"A", A);
    }
    let w = transcript.challenge_scalar(b"w");
    (transcript, w)
}

/// Computes `sum_c [index^c]A_c` by Horner's rule. Variable time, because everything here is public.
pub(crate) fn vartime_evaluate<'a>(
    coefficients: impl IntoIterator<Item = &'a Element, IntoIter: DoubleEndedIterator>,
    index: TrusteeIndex,
) -> Element {
    coefficients.into_iter().rev().fold(Element::identity(), |sum, A| sum.vartime_times(index.get().into()) + *A)
}

/// An index appears twice among those that are to be combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index {} appears twice", .index.get())]
pub struct DuplicateIndex {
    /// The index that appears twice.
    pub index: TrusteeIndex,
}

/// The Lagrange coefficients that interpolate at zero from the values at `indices`, in their order:
/// `prod_{j != i} j / (j - i)`.
///
/// # Errors
///
/// `DuplicateIndex` if an index appears twice.
pub fn lagrange_at_zero(indices: &[TrusteeIndex]) -> Result<Vec<Scalar>, DuplicateIndex> {
    let coefficient = |(position, i): (usize, &TrusteeIndex)| {
        if indices.iter().take(position).any(|before| before == i) {
            return Err(DuplicateIndex { index: *i });
        }
        let (mut numerator, mut denominator) = (Scalar::ONE, Scalar::ONE);
        for j in indices.iter().filter(|j| *j != i) {
            numerator *= Scalar::from(u64::from(j.get()));
            denominator *= Scalar::from_i64(i64::from(j.get()) - i64::from(i.get()));
        }
        Ok(numerator * denominator.invert())
    };
    indices.iter().enumerate().map(coefficient).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(number: u16) -> TrusteeIndex {
        TrusteeIndex::new(number).unwrap()
    }

    #[test]
    fn evaluations_with_secrets_and_with_commitments_agree() {
        let mut nonces = Domain::TrusteeSecrets.transcript().deterministic_nonces(&[1; 32]);
        let polynomial = Polynomial::draw(&mut nonces, 5);
        let commitments = polynomial.commitments();
        for index in [1, 2, 3, 64, u16::MAX].map(index) {
            let exponent = vartime_evaluate(commitments.iter().map(PublicElement::element), index);
            assert_eq!(polynomial.evaluate(index).public(), exponent.into());
        }
    }

    #[test]
    fn repeated_indices_are_refused() {
        let repeated = [3, 1, 3].map(index);
        assert_eq!(lagrange_at_zero(&repeated).err(), Some(DuplicateIndex { index: index(3) }));
        assert_eq!(lagrange_at_zero(&[index(7)]), Ok(alloc::vec![Scalar::ONE]));
        assert_eq!(lagrange_at_zero(&[]), Ok(Vec::new()));
    }
}
