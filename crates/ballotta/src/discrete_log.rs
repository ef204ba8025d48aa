//! Bounded discrete logarithms: the total `v` of a decrypted slot `[v]G`.
//!
//! See `spec/tally.md#totals`.
//!
//! # Construction
//!
//! Baby steps and giant steps (Shanks): a table of `[i]G` for `i < m`, then `[v]G - [j m]G` is looked up for
//! `j = 0, 1, ..` up to the bound. Steps are encoded in groups, for the price of one inversion a group.
//!
//! # Security
//!
//! Variable time: a total is public once it is decrypted. The work is bounded by the bound, whatever the input.

use alloc::vec::Vec;
use core::iter::successors;

use crate::group::{Element, Scalar};
use crate::limits::MAX_TOTAL;

/// How many steps are encoded together.
const GROUP: usize = 256;
/// At most how many baby steps are kept: 16 bytes each.
const MAX_BABY_STEPS: u64 = 1 << 22;

/// An element that is not `[v]G` for any `v` up to the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no total up to {bound} fits")]
pub struct OutOfRange {
    /// The largest total that was looked for.
    pub bound: u64,
}

/// Baby steps for totals up to a bound.
pub struct DiscreteLog {
    /// The first 8 bytes of the encoding of `[i]G`, with `i`, sorted.
    baby_steps: Vec<(u64, u32)>,
    bound: u64,
}

impl DiscreteLog {
    /// Prepares to find up to `lookups` totals of up to `bound`, which is capped at [`MAX_TOTAL`].
    #[must_use]
    pub fn new(bound: u64, lookups: u64) -> Self {
        let bound = bound.min(MAX_TOTAL);
        // Work is steps + lookups * bound / steps: least at the square root of lookups * bound.
        let steps = bound.saturating_add(1).saturating_mul(lookups.max(1)).isqrt().clamp(1, MAX_BABY_STEPS);
        let half = &Element::generator() * &Scalar::ONE.halve();
        let mut baby_steps: Vec<(u64, u32)> =
            encodings(Element::identity(), half).zip(0..).take(usize::try_from(steps).unwrap_or(1)).collect();
        baby_steps.sort_unstable();
        Self { baby_steps, bound }
    }

    /// The `v` with `[v]G = element`.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] if there is none up to `bound` or the bound that was prepared for.
    pub fn vartime_find(&self, element: &Element, bound: u64) -> Result<u64, OutOfRange> {
        let bound = bound.min(self.bound);
        let steps = self.baby_steps.len() as u64;
        let half = Scalar::ONE.halve();
        let stride = -Element::mul_generator(&(Scalar::from(steps) * half));
        let giant_steps = encodings(element * &half, stride).zip(0..=bound / steps);
        for (key, giant) in giant_steps {
            let first = self.baby_steps.partition_point(|(other, _)| *other < key);
            let candidates = self.baby_steps.iter().skip(first).take_while(|(other, _)| *other == key);
            for (_, baby) in candidates {
                let value = giant * steps + u64::from(*baby);
                // 8 bytes can agree by chance.
                if value <= bound && Element::mul_generator(&Scalar::from(value)) == *element {
                    return Ok(value);
                }
            }
        }
        Err(OutOfRange { bound })
    }
}

/// The first 8 bytes of the encodings of the doubles of `start, start + stride, start + 2 stride, ..`
fn encodings(start: Element, stride: Element) -> impl Iterator<Item = u64> {
    let mut halves = successors(Some(start), move |half| Some(*half + stride));
    core::iter::from_fn(move || Some(Element::double_and_encode(&halves.by_ref().take(GROUP).collect::<Vec<_>>())))
        .flatten()
        .map(|bytes| bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_total_up_to_the_bound_and_none_beyond() {
        for bound in [0, 1, 2, 9, 1000] {
            let table = DiscreteLog::new(bound, 3);
            for value in 0..=bound {
                let element = Element::mul_generator(&Scalar::from(value));
                assert_eq!(table.vartime_find(&element, bound), Ok(value));
            }
            for value in [bound + 1, bound + 17, u64::MAX] {
                let element = Element::mul_generator(&Scalar::from(value));
                assert_eq!(table.vartime_find(&element, bound), Err(OutOfRange { bound }));
            }
            assert_eq!(table.vartime_find(&-Element::generator(), bound), Err(OutOfRange { bound }));
        }
    }

    #[test]
    fn the_bound_of_a_lookup_may_be_smaller() {
        let table = DiscreteLog::new(1000, 1);
        let element = Element::mul_generator(&Scalar::from(500_u64));
        assert_eq!(table.vartime_find(&element, 499), Err(OutOfRange { bound: 499 }));
        assert_eq!(table.vartime_find(&element, 500), Ok(500));
    }

    #[test]
    fn finds_a_total_of_forty_bits() {
        let bound = 1_u64 << 40;
        let table = DiscreteLog::new(bound, 1);
        for value in [bound, bound - 1, 987_654_321_012_u64] {
            let element = Element::mul_generator(&Scalar::from(value));
            assert_eq!(table.vartime_find(&element, bound), Ok(value));
        }
    }
}
