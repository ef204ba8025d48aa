//! The terms of rows, and the digits of ranges, which are terms too.

use alloc::vec::Vec;

use super::bits::{Bit, BitLine, Bits, Term};
use crate::limits::ROW_BOUND;
use crate::weaken::{self, Check};

/// The terms of a row. Terms with the coefficient 0 are left out.
#[derive(Clone, Debug, Default)]
pub struct Terms(pub(super) Vec<Term>);

impl Terms {
    /// Creates a list without any terms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a bit with its coefficient.
    pub fn bit(&mut self, bit: Bit, coefficient: i64) {
        if coefficient != 0 {
            self.0.push((bit, coefficient));
        }
    }

    /// Adds bits that have the same coefficient.
    pub fn bits(&mut self, bits: BitLine, coefficient: i64) {
        self.steps(bits, coefficient, 0);
    }

    /// Adds bits with the coefficients `coefficient`, `coefficient + step`, `coefficient + 2 step`, and so on.
    pub fn steps(&mut self, bits: BitLine, mut coefficient: i64, step: i64) {
        for bit in bits {
            self.bit(bit, coefficient);
            coefficient = coefficient.saturating_add(step);
        }
    }

    /// Adds the digits of a range with their weights.
    pub fn digits(&mut self, digits: &RangeDigits) {
        self.0.extend_from_slice(digits.terms());
    }

    /// The value of the row for these bits.
    pub(super) fn value(&self, bits: &Bits) -> i64 {
        self.0.iter().map(|(bit, coefficient)| coefficient * i64::from(bits.get(*bit))).sum()
    }

    /// Adds a bit with its coefficient, if there is a bit.
    pub fn optional(&mut self, bit: Option<Bit>, coefficient: i64) {
        if let Some(bit) = bit {
            self.bit(bit, coefficient);
        }
    }
}

/// The range `0..=max` as a sum of bits: digits with the weights 1, 2, 4, .., and a last digit whose weight makes the
/// total exactly `max`. With plain binary digits, `max = 5` would allow 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeDigits {
    terms: Vec<Term>,
}

impl RangeDigits {
    /// The weights of the digits, for a `max` below `2^62`.
    fn weights(max: u64) -> impl Iterator<Item = i64> {
        // The builder of the form refuses a row with larger coefficients.
        let mut rest = max.min(ROW_BOUND) as i64;
        let mut weight = 1;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let digit = if weaken::is_on(Check::ExactRange) { weight.min(rest) } else { weight };
            rest = (rest - digit).max(0);
            weight *= 2;
            Some(digit)
        })
    }

    /// Creates the digits of `0..=max`, from bits that `bit` creates.
    pub(super) fn new(max: u64, mut bit: impl FnMut() -> Bit) -> Self {
        Self { terms: Self::weights(max).map(|weight| (bit(), weight)).collect() }
    }

    /// Returns how many digits the range `0..=max` has.
    #[must_use]
    pub fn count(max: u64) -> usize {
        (u64::BITS - max.leading_zeros()) as usize
    }

    /// Returns the digits as terms of a row.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Sets the digits to `value`, in constant time. `value` must be at most the maximum of the range.
    pub fn assign(&self, value: u64, bits: &mut Bits) {
        // Only the last digit has an irregular weight. It is set if the value is at least its weight. The other digits
        // are the binary digits of the rest.
        let Some(((last, last_weight), others)) = self.terms.split_last() else { return };
        let last_weight = last_weight.unsigned_abs();
        let has_last = 1 ^ (value.wrapping_sub(last_weight) >> 63);
        bits.set(*last, has_last);
        let rest = value.wrapping_sub(has_last.wrapping_mul(last_weight));
        for (position, (bit, _)) in others.iter().enumerate() {
            bits.set(*bit, (rest >> position) & 1);
        }
    }
}
