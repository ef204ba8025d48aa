//! The terms of rows, and the digits of ranges among them.

use alloc::vec::Vec;

use super::bits::{Bit, BitLine, Bits, Term};
use crate::limits::ROW_BOUND;
use crate::weaken::{self, Check};

/// The terms of a row as they are written down. Those with coefficient 0 are left out.
#[derive(Clone, Debug, Default)]
pub struct Terms(pub(super) Vec<Term>);

impl Terms {
    /// No terms yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A bit with its coefficient.
    pub fn bit(&mut self, bit: Bit, coefficient: i64) {
        if coefficient != 0 {
            self.0.push((bit, coefficient));
        }
    }

    /// Bits with the same coefficient.
    pub fn bits(&mut self, bits: BitLine, coefficient: i64) {
        self.steps(bits, coefficient, 0);
    }

    /// Bits with coefficients at equal distances.
    pub fn steps(&mut self, bits: BitLine, mut coefficient: i64, step: i64) {
        for bit in bits {
            self.bit(bit, coefficient);
            coefficient = coefficient.saturating_add(step);
        }
    }

    /// The digits of a range.
    pub fn digits(&mut self, digits: &RangeDigits) {
        self.0.extend_from_slice(digits.terms());
    }

    /// A bit with its coefficient, if there is one.
    pub fn optional(&mut self, bit: Option<Bit>, coefficient: i64) {
        if let Some(bit) = bit {
            self.bit(bit, coefficient);
        }
    }
}

/// The range `0..=max` as a sum of bits: digits of weight 1, 2, 4, .. and a last one that makes the total exactly `max`.
/// Plain binary digits would let `max = 5` admit 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeDigits {
    terms: Vec<Term>,
}

impl RangeDigits {
    /// The weights of the digits, for a `max` below `2^62`.
    fn weights(max: u64) -> impl Iterator<Item = i64> {
        // A row with larger coefficients is refused when the form is built.
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

    /// New digits for `0..=max`, of bits that `bit` makes.
    pub(super) fn new(max: u64, mut bit: impl FnMut() -> Bit) -> Self {
        Self { terms: Self::weights(max).map(|weight| (bit(), weight)).collect() }
    }

    /// How many digits the range `0..=max` has.
    #[must_use]
    pub fn count(max: u64) -> usize {
        (u64::BITS - max.leading_zeros()) as usize
    }

    /// The digits as terms of a row.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Sets the digits to `value`, in constant time; `value` is at most the maximum of the range.
    pub fn assign(&self, value: u64, bits: &mut Bits) {
        // The last digit is the irregular one: it is set when the value reaches it. The others make up the rest.
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
