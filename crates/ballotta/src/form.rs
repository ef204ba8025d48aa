//! Forms: a ballot style is compiled to `m` bits, `n` slots, and rows, which are linear equations over the bits.
//!
//! See `spec/ballot.md#form`. A ballot is valid exactly if there are bits in `{0, 1}^m` that satisfy all rows.
//!
//! # Construction
//!
//! Rows are numbered in one sequence: first the `n` slot rows in slot order, then the constant rows. The target of a
//! slot row is the value of its slot. The target of a constant row is a public integer. Every slot is the target of
//! exactly one row, and every bit appears in some row. The sum of the sizes of the coefficients of a row and of its
//! constant is below `2^62`, so that nothing wraps modulo the order of the group.
//!
//! The constant of a weight row is the weight of the ballot. So voters of all weights use one form, which is compiled
//! once, and the length of a ballot does not depend on the weight.

mod bits;
mod builder;
mod digits;
mod packing;
mod rows;

use alloc::vec::Vec;
use core::iter::zip;

use subtle::Choice;

pub use self::bits::{Bit, BitLine, BitTable, Bits, Term};
pub use self::builder::{FormBuilder, FormError};
pub use self::digits::{RangeDigits, Terms};
pub use self::packing::Packing;
use self::rows::{Target, encode};
use crate::group::{Element, Integer, PublicScalar, Scalar};
use crate::hash::FormDigest;
use crate::weaken::{self, Check};

/// The compiled form of a ballot style: its bits, slots and rows.
#[derive(Clone, Debug)]
pub struct Form {
    bits: usize,
    slot_rows: Vec<Terms>,
    constant_rows: Vec<(Terms, Target)>,
    /// Half of `[coefficient]G` for each term of each slot row. A set bit adds it to the half of `[v_i]G`.
    half_multiples: Vec<Vec<Element>>,
    digest: FormDigest,
}

impl Form {
    /// Returns `m`, the number of bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Returns `n`, the number of slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slot_rows.len()
    }

    /// Returns `K`, the number of slot rows and constant rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.slot_rows.len() + self.constant_rows.len()
    }

    /// Returns the digest of the form, which transcripts absorb.
    #[must_use]
    pub fn digest(&self) -> &FormDigest {
        &self.digest
    }

    /// Returns the encoding of bits, slots and rows. The digest is computed over it. See `spec/ballot.md#form`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self.bits, &self.slot_rows, &self.constant_rows)
    }

    /// Returns the length in bytes of `R, C_1..C_n` and the ballot argument. It does not depend on the choices.
    #[must_use]
    pub fn ciphertext_and_argument_bytes(&self) -> usize {
        32 * (1 + self.slots()) + 192 + 32 * self.bits()
    }

    /// Returns the numbers of the constant rows that the bits do not satisfy for a ballot of this weight. Rows are
    /// counted from 1, slot rows first. The list is empty for a valid assignment.
    #[must_use]
    pub fn violated_rows(&self, bits: &Bits, weight: u64) -> Vec<usize> {
        let first = self.slots() + 1;
        (first..)
            .zip(&self.constant_rows)
            .filter(|(_, (row, target))| i128::from(row.value(bits)) != target.constant(weight))
            .map(|(number, _)| number)
            .collect()
    }

    /// The terms of the slot rows.
    #[cfg(test)]
    pub(crate) fn slot_rows(&self) -> impl Iterator<Item = &[Term]> {
        self.slot_rows.iter().map(|row| row.0.as_slice())
    }

    /// The terms of the constant rows and their targets, for a ballot of this weight.
    #[cfg(test)]
    pub(crate) fn constant_rows(&self, weight: u64) -> impl Iterator<Item = (&[Term], i64)> {
        self.constant_rows.iter().map(move |(row, target)| (row.0.as_slice(), target.constant(weight) as i64))
    }

    /// Returns the values of the slots, in a time that does not depend on the bits.
    #[must_use]
    pub fn values(&self, bits: &Bits) -> Vec<i64> {
        self.slot_rows.iter().map(|row| row.value(bits)).collect()
    }

    /// Half of `[v_i]G` for every slot, in constant time.
    pub(crate) fn half_values(&self, bits: &Bits) -> Vec<Element> {
        zip(&self.slot_rows, &self.half_multiples)
            .map(|(row, halves)| {
                zip(&row.0, halves)
                    .map(|((bit, _), half)| {
                        Element::select(&Element::identity(), half, Choice::from(bits.get(*bit) & 1))
                    })
                    .sum()
            })
            .collect()
    }

    /// The weights of the rows in their random combination: row `k` has the weight `rho^k`.
    pub(crate) fn row_weights(&self, rho: &Scalar) -> RowWeights {
        let mut rest = rho.powers();
        let slots = rest.by_ref().take(self.slot_rows.len()).collect();
        if !weaken::is_on(Check::DistinctRowWeights) {
            rest = rho.powers();
        }
        let constants = rest.take(self.constant_rows.len()).collect();
        RowWeights { slots, constants }
    }

    fn weighed_rows<'a>(&'a self, weights: &'a RowWeights) -> impl Iterator<Item = (&'a Terms, &'a Scalar)> {
        let slots = zip(&self.slot_rows, &weights.slots);
        slots.chain(zip(&self.constant_rows, &weights.constants).map(|((row, _), weight)| (row, weight)))
    }

    /// The coefficient of each bit in `L(.) = sum_k rho^k row_k(.)`.
    pub(crate) fn combine(&self, weights: &RowWeights) -> Vec<Scalar> {
        let mut bits = alloc::vec![Scalar::ZERO; self.bits];
        for (row, weight) in self.weighed_rows(weights) {
            for (bit, coefficient) in &row.0 {
                if let Some(sum) = bits.get_mut(bit.index()) {
                    *sum += times(*weight, (*coefficient).into());
                }
            }
        }
        bits
    }

    /// `L(f) = sum_k rho^k row_k(f)`.
    pub(crate) fn vartime_combination(&self, weights: &RowWeights, f: &[PublicScalar]) -> Scalar {
        // The value of a row is below 2^256 ROW_BOUND < 2^320, and there are fewer than 2^64 rows.
        let mut sum = Integer::<10>::ZERO;
        for (row, weight) in self.weighed_rows(weights) {
            let mut value = Integer::<5>::ZERO;
            for (bit, coefficient) in &row.0 {
                if let Some(f) = f.get(bit.index()) {
                    f.vartime_add_times(*coefficient, &mut value);
                }
            }
            sum.add_product(PublicScalar::from(*weight).integer(), &value);
        }
        sum.reduce()
    }

    /// `c* = sum_k rho^k c_k` over the constant rows, for a ballot of this weight.
    pub(crate) fn constant(&self, weights: &RowWeights, ballot_weight: u64) -> Scalar {
        zip(&self.constant_rows, &weights.constants)
            .map(|((_, target), weight)| times(*weight, target.constant(ballot_weight)))
            .sum()
    }
}

/// The weight of each row of a form in the random combination.
pub(crate) struct RowWeights {
    /// `rho^k` for the slot rows.
    pub(crate) slots: Vec<Scalar>,
    /// `rho^k` for the constant rows.
    constants: Vec<Scalar>,
}

/// A scalar times a public integer, which is usually 1 or -1.
fn times(scalar: Scalar, integer: i128) -> Scalar {
    match integer {
        0 => Scalar::ZERO,
        1 => scalar,
        -1 => -scalar,
        _ => {
            let product = scalar * Scalar::from(integer.unsigned_abs());
            if integer < 0 { -product } else { product }
        }
    }
}
