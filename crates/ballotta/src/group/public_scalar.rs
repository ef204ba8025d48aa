//! Public scalars, and sums of their products that are reduced only once.
//!
//! # Construction
//!
//! A verifier adds products of public scalars, three for every bit of every ballot. If each product were reduced modulo
//! `l`, as constant-time code for secrets does, this would cost more than all multiplications of elements in a batch.
//! Here products are added as integers of several words, least significant word first, and only the sum is reduced.
//!
//! # Security
//!
//! Everything here takes variable time, so no value may be a secret.

use core::iter::zip;

use super::Scalar;

/// The order of the group, `l = 2^252 + 27742317777372353535851937790883648493`.
const ORDER: Integer<4> = Integer([0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000]);

/// A scalar that is not a secret: an integer smaller than `l`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicScalar(Integer<4>);

impl PublicScalar {
    /// Reads 32 little-endian bytes; `None` unless the integer is smaller than `l`.
    #[must_use]
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        let integer = Integer::from_le_bytes(bytes);
        integer.minus(&ORDER).1.then_some(Self(integer))
    }

    /// Returns the canonical encoding of 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.write_le_bytes(&mut bytes);
        bytes
    }

    /// `self - other`.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let (mut difference, is_negative) = self.0.minus(&other.0);
        if is_negative {
            difference.add(&ORDER);
        }
        Self(difference)
    }

    /// Returns `l - self`. For zero this is `l`, which is not reduced but gives the same sum modulo `l`.
    fn negated(&self) -> Integer<4> {
        ORDER.minus(&self.0).0
    }

    /// Adds `coefficient * self` to a sum that will be reduced modulo `l`.
    pub(crate) fn vartime_add_times(&self, coefficient: i64, sum: &mut Integer<5>) {
        let integer = if coefficient < 0 { self.negated() } else { self.0 };
        sum.add_product(&Integer::from(coefficient.unsigned_abs()), &integer);
    }

    /// The scalar as an integer smaller than `l`.
    pub(crate) fn integer(&self) -> &Integer<4> {
        &self.0
    }
}

/// Shows the canonical encoding in hexadecimal.
impl core::fmt::Debug for PublicScalar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PublicScalar({})", hex::encode(self.to_bytes()))
    }
}

/// Treats the scalar as public from here on.
impl From<Scalar> for PublicScalar {
    fn from(scalar: Scalar) -> Self {
        Self(Integer::from_le_bytes(&scalar.to_bytes()))
    }
}

/// An integer of `WORDS` words, least significant word first. It wraps on overflow: callers must choose enough words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integer<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Integer<WORDS> {
    pub(crate) const ZERO: Self = Self([0; WORDS]);

    fn from_le_bytes(bytes: &[u8]) -> Self {
        let mut words = [0; WORDS];
        for (word, bytes) in zip(&mut words, bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self(words)
    }

    fn write_le_bytes(&self, bytes: &mut [u8]) {
        for (word, bytes) in zip(&self.0, bytes.as_chunks_mut().0) {
            *bytes = word.to_le_bytes();
        }
    }

    /// Returns the difference, and whether it is negative.
    fn minus(&self, other: &Self) -> (Self, bool) {
        let (mut words, mut borrow) = (self.0, false);
        for (word, other) in zip(&mut words, &other.0) {
            let (difference, first) = word.overflowing_sub(*other);
            let (difference, second) = difference.overflowing_sub(borrow.into());
            (*word, borrow) = (difference, first | second);
        }
        (Self(words), borrow)
    }

    /// Adds an integer of at most as many words.
    pub(crate) fn add<const OTHER: usize>(&mut self, other: &Integer<OTHER>) {
        const { assert!(OTHER <= WORDS, "the integer has to fit") };
        add_times(&mut self.0, 1, &other.0);
    }

    /// Adds the product of two integers.
    pub(crate) fn add_product<const LEFT: usize, const RIGHT: usize>(
        &mut self,
        left: &Integer<LEFT>,
        right: &Integer<RIGHT>,
    ) {
        const { assert!(LEFT + RIGHT <= WORDS, "the product has to fit") };
        add_product(&mut self.0, &left.0, &right.0);
    }

    /// Reduces the integer modulo `l`.
    pub(crate) fn reduce(&self) -> Scalar {
        reduce(&self.0)
    }
}

/// Computes `sum += left * right`. The sum must have at least as many words as both factors together.
fn add_product(mut sum: &mut [u64], left: &[u64], right: &[u64]) {
    for left in left {
        add_times(sum, *left, right);
        sum = sum.split_first_mut().map_or(&mut [], |(_, rest)| rest);
    }
}

/// Computes `sum += left * right`. The sum must have at least as many words as `right`.
fn add_times(sum: &mut [u64], left: u64, right: &[u64]) {
    let Some((words, above)) = sum.split_at_mut_checked(right.len()) else { return };
    let mut carry = 0;
    for (word, right) in zip(words, right) {
        // At most (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1.
        let sum = u128::from(left) * u128::from(*right) + u128::from(*word) + u128::from(carry);
        (*word, carry) = (sum as u64, (sum >> 64) as u64);
    }
    for word in above {
        let (sum, carries) = word.overflowing_add(carry);
        (*word, carry) = (sum, carries.into());
    }
}

/// `2^512` modulo `l`.
const OF_NINTH_WORD: [u64; 4] =
    [0xa406_11e3_449c_0f01, 0xd00e_1ba7_6885_9347, 0xceec_73d2_17f5_be65, 0x0399_411b_7c30_9a3d];

/// Reduces the integer with these words modulo `l`. Up to 8 words need one reduction.
fn reduce(words: &[u64]) -> Scalar {
    let (low, high) = words.split_at_checked(8).unwrap_or((words, &[]));
    let low = wide(low);
    if high.is_empty() { low } else { low + reduce(high) * wide(&OF_NINTH_WORD) }
}

/// Reduces an integer of up to 8 words modulo `l`.
fn wide(words: &[u64]) -> Scalar {
    let mut bytes = [0; 64];
    for (word, bytes) in zip(words, bytes.as_chunks_mut().0) {
        *bytes = word.to_le_bytes();
    }
    Scalar::from_wide(&bytes)
}

impl From<u128> for Integer<2> {
    fn from(integer: u128) -> Self {
        Self([integer as u64, (integer >> 64) as u64])
    }
}

impl From<u64> for Integer<1> {
    fn from(integer: u64) -> Self {
        Self([integer])
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::testing::TestRng;

    fn scalar(bytes: &[u8; 32]) -> Scalar {
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(bytes);
        Scalar::from_wide(&wide)
    }

    /// Scalars next to the limits of words and next to `l`, and random scalars.
    fn scalars() -> Vec<Scalar> {
        let mut rng = TestRng(7);
        let words = [Scalar::from(u64::MAX), Scalar::from(u128::MAX), Scalar::from(1_u128 << 64)];
        let small = [0_u64, 1, 2].map(Scalar::from);
        let large = small.map(|small| -small - Scalar::ONE);
        let random: [Scalar; 20] = core::array::from_fn(|_| Scalar::random(&mut rng));
        [&words[..], &small, &large, &random].concat()
    }

    #[test]
    fn both_decoders_accept_the_same_bytes() {
        let order = ORDER;
        let mut bytes = [0; 32];
        order.write_le_bytes(&mut bytes);
        assert_eq!(scalar(&bytes), Scalar::ZERO);
        let mut cases: Vec<[u8; 32]> = scalars().iter().map(Scalar::to_bytes).collect();
        // l itself, l + 1, l + 2^64, l + 2^192, l + 2^248, and all bits set.
        cases.push(bytes);
        for place in [0, 8, 24, 31] {
            let mut above = bytes;
            above[place] += 1;
            cases.push(above);
        }
        cases.push([0xFF; 32]);
        for bytes in cases {
            let expected = Scalar::from_canonical(&bytes).map(|scalar| scalar.to_bytes());
            assert_eq!(PublicScalar::from_canonical(&bytes).map(|scalar| scalar.to_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn differences_and_sums_of_products_are_those_of_scalars() {
        let scalars = scalars();
        let mut products = Integer::<9>::ZERO;
        let mut longer = Integer::<11>::ZERO;
        let mut sums = [Scalar::ZERO; 2];
        for a in &scalars {
            for b in &scalars {
                let [left, right] = [*a, *b].map(PublicScalar::from);
                assert_eq!(left.minus(&right).to_bytes(), (*a - *b).to_bytes());
                products.add_product(left.integer(), right.integer());
                products.add(&left.negated());
                sums[0] += *a * *b - *a;
                assert_eq!(products.reduce(), sums[0]);
                let mut product = Integer::<8>::ZERO;
                product.add_product(left.integer(), right.integer());
                let weight = u128::MAX - 5;
                longer.add_product(&Integer::from(weight), &product);
                sums[1] += Scalar::from(weight) * *a * *b;
                assert_eq!(longer.reduce(), sums[1]);
            }
        }
    }

    #[test]
    fn carries_reach_the_last_word() {
        let mut sum = Integer([u64::MAX; 4]);
        sum.add_product(&Integer::from(1_u64), &Integer::from(1_u64));
        assert_eq!(sum, Integer::ZERO);
        let mut sum = Integer([u64::MAX, u64::MAX, 0]);
        sum.add(&Integer::from(1_u64));
        assert_eq!(sum, Integer([0, 0, 1]));
        let mut all = Integer::<4>::ZERO;
        all.add_product(&Integer([u64::MAX; 2]), &Integer([u64::MAX; 2]));
        // (2^128 - 1)^2 = 2^256 - 2^129 + 1
        assert_eq!(all, Integer([1, 0, u64::MAX - 1, u64::MAX]));
    }
}
