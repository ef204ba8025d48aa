//! Packing: several counts in one slot.
//!
//! See `spec/contests.md#packing`. A ballot has a *count* for each option or pair of options, and encrypts *slots*. A
//! slot contains several counts as the digits of a number, so that a ballot has fewer ciphertexts to make, to send and
//! to decode.
//!
//! # Construction
//!
//! No total reaches the radix, because the manifest limits the total weight of the roll. So sums never carry, and the
//! digits of a decrypted sum are the totals. The rows of a form prove each count of a ballot as without packing. The
//! row of a slot is the sum of the rows of its counts, multiplied by powers of the radix.

use super::bits::Term;
use crate::group::Scalar;
use crate::limits::{MAX_LIGHT_BALLOT, MAX_PACKED, MAX_TOTAL, ROW_BOUND};

/// How the counts of a contest share slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    radix: u64,
    per_slot: u32,
}

impl Packing {
    /// The packing that gives every count its own slot. Its radix is larger than any total.
    pub const NONE: Self = Self { radix: 1 << 62, per_slot: 1 };

    /// Computes the packing of counts to which a ballot adds up to `bound` for each unit of its weight. `max` is the
    /// largest weight of a voter and `total` the largest weight of the roll. The product of `bound` and `total` must
    /// be at most [`MAX_TOTAL`].
    ///
    /// A slot contains as many counts as possible while the discrete logarithm takes almost no time. If that is only
    /// one count, but all ballots are light, a slot contains two counts: a large total then comes from many ballots,
    /// and the logarithm takes less time than packing saves when these ballots are verified.
    #[must_use]
    pub fn new(bound: u64, max: u64, total: u64) -> Self {
        let radix = bound.saturating_mul(total).saturating_add(1);
        let fits = |counts: u32, limit: u64| radix.checked_pow(counts).is_some_and(|numbers| numbers <= limit);
        let many = (2..=u32::BITS).take_while(|counts| fits(*counts, MAX_PACKED)).last();
        let are_light = bound.saturating_mul(max) <= MAX_LIGHT_BALLOT && fits(2, MAX_TOTAL);
        Self { radix, per_slot: many.unwrap_or(if are_light { 2 } else { 1 }) }
    }

    /// Returns the largest total that a count can have.
    #[must_use]
    pub fn largest(self) -> u64 {
        MAX_TOTAL.min(self.radix - 1)
    }

    /// Returns the most counts in a slot. The last slot of a contest may have fewer counts.
    #[must_use]
    pub fn per_slot(self) -> usize {
        self.per_slot as usize
    }

    /// Returns how many slots this number of counts needs.
    #[must_use]
    pub fn slots(self, counts: usize) -> usize {
        counts.div_ceil(self.per_slot())
    }

    /// Returns the power of the radix by which a count at this place of its slot is multiplied. The first place is 0.
    #[must_use]
    pub fn unit(self, place: usize) -> u64 {
        // The 64th power of a radix above 1 is out of range, and so is every higher one.
        self.radix.saturating_pow(place.min(64) as u32)
    }

    /// The value of a slot whose counts have these values.
    #[must_use]
    pub(crate) fn number(self, values: &[u64]) -> Scalar {
        let values = values.iter().enumerate();
        values.map(|(place, value)| Scalar::from(*value) * Scalar::from(self.unit(place))).sum()
    }

    /// Multiplies the terms of a count by the unit of its place in the slot.
    pub(crate) fn place(self, terms: &mut [Term], place: usize) {
        // A coefficient of `ROW_BOUND` is too large for a row: the form is refused when it is built.
        let unit = self.unit(place).min(ROW_BOUND) as i64;
        for (_, coefficient) in terms {
            *coefficient = coefficient.saturating_mul(unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::form::{FormBuilder, Terms};

    #[test]
    fn as_many_counts_share_a_slot_as_fit() {
        // The largest weights for 4, 3 and 2 counts: radix^4 and radix^3 must be at most 2^32, radix^2 at most 2^44.
        for (weight, per_slot) in [(255, 4), (256, 3), (1624, 3), (1625, 2), ((1 << 22) - 1, 2), (1 << 22, 1)] {
            assert_eq!(Packing::new(1, 1, weight).per_slot(), per_slot, "{weight}");
        }
        assert_eq!(Packing::new(1, 1, MAX_TOTAL).per_slot(), 1);
        // Only the product of bound and weight matters.
        assert_eq!(Packing::new(5, 1, 51).per_slot(), 4);
        assert_eq!(Packing::new(5, 1, 52).per_slot(), 3);
        assert_eq!(Packing::new(1, 1, 1).per_slot(), 32);
        assert_eq!(Packing::new(u64::MAX, u64::MAX, u64::MAX).per_slot(), 1);
        // A few heavy ballots could make a large total: two counts share a slot only if ballots are light.
        for (bound, max, total, per_slot) in
            [(1, 8, 65_536, 2), (1, 9, 65_536, 1), (1, 9, 65_535, 2), (3, 3, 30_000, 1)]
        {
            assert_eq!(Packing::new(bound, max, total).per_slot(), per_slot, "{bound} {max} {total}");
        }
        let packing = Packing::new(1, 1, 1000);
        assert_eq!([0, 1, 3, 4, 45].map(|counts| packing.slots(counts)), [0, 1, 1, 2, 15]);
        assert_eq!([0, 1, 2].map(|place| packing.unit(place)), [1, 1001, 1001 * 1001]);
        assert_eq!(packing.number(&[7, 0, 2]), Scalar::from(7 + 2 * 1001 * 1001_u64));
    }

    #[test]
    fn the_row_of_a_slot_is_the_sum_of_the_rows_of_its_counts() {
        let mut builder = FormBuilder::new();
        let bits: Vec<_> = builder.line(7).collect();
        builder.pack(Packing::new(2, 1, 500));
        for pair in bits.chunks(2).take(2) {
            let mut terms = Terms::new();
            terms.bit(pair[0], 1);
            terms.bit(pair[1], -2);
            builder.count(terms);
        }
        builder.count_bits([bits[4], bits[5]]);
        // Another contest has its own slots.
        builder.pack(Packing::new(1, 1, 500));
        builder.count_bits([bits[6]]);
        let form = builder.build().unwrap();
        let rows: Vec<Vec<(usize, i64)>> = form
            .slot_rows()
            .map(|row| row.iter().map(|(bit, coefficient)| (bit.index(), *coefficient)).collect())
            .collect();
        assert_eq!(rows, [vec![(0, 1), (1, -2), (2, 1001), (3, -2002), (4, 1001 * 1001)], vec![(5, 1)], vec![(6, 1)]]);
    }
}
