//! The weighted sum of the equations of all proofs, over bases that proofs share and bases of single proofs.
//!
//! See `spec/suite.md#batch`.
//!
//! # Implementation details
//!
//! Variable time, because everything here is public.

use alloc::vec::Vec;
use core::iter::zip;

use crate::group::{Element, Generators, Integer, PublicElement, PublicScalar, Scalar};

/// A proof or signature is invalid: it is malformed, or was made for another context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof or signature is invalid: it is malformed, or was made for another context")]
pub struct ProofError;

/// The most equations of a claim of any kind.
pub(super) const MAX_EQUATIONS: usize = 3;

/// The bases that claims share, so that they appear once in a batch: `U`, `V`, `H`, and the keys of all slots.
#[derive(Clone)]
pub struct SharedBases {
    generators: Generators,
    keys: Vec<PublicElement>,
}

impl SharedBases {
    /// Creates the bases of an election: generators for its largest form, and the keys `Y_1..Y_N` of all its slots.
    #[must_use]
    pub fn new(generators: Generators, keys: Vec<PublicElement>) -> Self {
        Self { generators, keys }
    }

    /// Creates bases that contain only `G`, for batches without ballot arguments.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Generators::new(0), Vec::new())
    }

    /// Returns the generators `U`, `V` and `H`.
    #[must_use]
    pub fn generators(&self) -> &Generators {
        &self.generators
    }

    /// Returns the keys of all slots of the election.
    #[must_use]
    pub fn keys(&self) -> &[PublicElement] {
        &self.keys
    }

    /// `G`, `H`, the keys, then `U` and `V`. This is also the order of the coefficients in [`WeightedSum::is_zero`].
    fn elements(&self) -> impl Iterator<Item = Element> {
        let keys = self.keys.iter().map(|key| *key.element());
        [Element::generator(), *self.generators.blinding()]
            .into_iter()
            .chain(keys)
            .chain(self.generators.pairs().iter().copied())
    }
}

/// A sum of products `w f`, each below `2^(128 + 253)`. It has room for `2^64` products.
type BitSum = Integer<7>;
/// A sum of products `w f (x-f)`, each below `2^(128 + 2 * 253)`. It has room for `2^64` products.
type BitProductSum = Integer<11>;

/// The weighted sum of equations, each of the form `sum [s_i]P_i = 0`.
pub(crate) struct WeightedSum<'a> {
    bases: &'a SharedBases,
    /// The coefficient of `G`.
    pub(crate) g: Scalar,
    /// The coefficient of `H`.
    pub(crate) h: Scalar,
    /// The coefficients of `U_j` and `V_j` on the other side of the equation, as integers.
    pairs: Vec<(BitSum, BitProductSum)>,
    /// The coefficients of the keys of all slots.
    pub(crate) keys: Vec<Scalar>,
    scalars: Vec<Scalar>,
    elements: Vec<Element>,
}

impl<'a> WeightedSum<'a> {
    pub(super) fn new(bases: &'a SharedBases) -> Self {
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

    /// Adds `[w f_j]U_j + [w f_j(x-f_j)]V_j` to the other side of the equation, for `j = 1, 2, ..`.
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

    pub(super) fn is_zero(&self) -> bool {
        // Without this check, a form with more bits than there are generators would lose terms.
        if 2 * self.pairs.len() > self.bases.generators.pairs().len() {
            return false;
        }
        let pairs = self.pairs.iter().flat_map(|(u, v)| [-u.reduce(), -v.reduce()]);
        let shared = [self.g, self.h].into_iter().chain(self.keys.iter().copied()).chain(pairs);
        let shared = shared.zip(self.bases.elements()).filter(|(scalar, _)| *scalar != Scalar::ZERO);
        let own = zip(self.scalars.iter().copied(), self.elements.iter().copied());
        let (scalars, elements): (Vec<Scalar>, Vec<Element>) = shared.chain(own).unzip();
        Element::vartime_multiscalar(&scalars, &elements).is_identity()
    }
}
