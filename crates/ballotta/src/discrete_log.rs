//! Bounded discrete logarithms: the totals in a decrypted slot `[v]G`.
//!
//! See `spec/tally.md#totals`.
//!
//! # Construction
//!
//! Baby steps and giant steps (Shanks), over the numbers whose digits are possible totals. If a slot contains several
//! counts, there are far fewer such numbers than numbers below the largest. The table of baby steps contains all values
//! of the low digits and some values of the next digit. Giant steps go through the other values of that digit and all
//! values of the high digits. Steps are encoded in groups, and each group costs one inversion.
//!
//! # Security
//!
//! Variable time, because a decrypted total is public. The bounds limit the work for every input: [`giant_steps`] says
//! how much it is for a slot, and a manifest limits the sum over all slots.

use alloc::vec::Vec;

use crate::form::Packing;
use crate::group::{Element, Scalar};
use crate::limits::MAX_BABY_STEPS;

/// How many steps are encoded together.
const GROUP: usize = 256;

/// The element is not `[v]G` for any possible `v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the decrypted slot contains no total from 0 to {bound}")]
pub struct OutOfRange {
    /// The largest total that was searched for.
    pub bound: u64,
}

/// A table of baby steps for slots of one packing.
pub struct DiscreteLog {
    packing: Packing,
    /// The first 8 bytes of the encoding of `[v]G`, and the number of turns after which the wheels show `v`. Sorted.
    baby_steps: Vec<(u64, u32)>,
    /// For each value of the highest bits of the 8 bytes, the place of the first step that has it or a larger one; at the
    /// end the number of steps.
    places: Vec<u32>,
    /// By how many places 8 bytes are shifted, so that those bits remain.
    shift: u32,
    baby: Vec<Wheel>,
    giant: Vec<Wheel>,
}

impl DiscreteLog {
    /// Computes a table to find the totals of about `lookups` slots, where each total is at most `bound`.
    #[must_use]
    pub fn new(packing: Packing, bound: u64, lookups: u64) -> Self {
        let (baby, giant) = wheels(packing, bound, lookups);
        let steps = walk(packing, Element::identity(), &baby, Scalar::ONE.halve());
        let mut baby_steps: Vec<(u64, u32)> = steps.zip(0..).collect();
        baby_steps.sort_unstable();
        // A few steps have the same bits: the first one is found without a search through all of them.
        let bits = baby_steps.len().ilog2().saturating_sub(2).max(1);
        let shift = u64::BITS - bits;
        let mut places = Vec::with_capacity((1 << bits) + 1);
        for (place, (key, _)) in (0..).zip(&baby_steps) {
            places.resize(places.len().max((key >> shift) as usize + 1), place);
        }
        places.resize((1 << bits) + 1, baby_steps.len() as u32);
        Self { packing, baby_steps, places, shift, baby, giant }
    }

    /// The baby steps with these first 8 bytes.
    fn candidates(&self, key: u64) -> impl Iterator<Item = u64> {
        let bits = (key >> self.shift) as usize;
        let range = self.places.get(bits..bits + 2).and_then(|places| match *places {
            [first, end] => self.baby_steps.get(first as usize..end as usize),
            _ => None,
        });
        let alike = range.unwrap_or_default().iter();
        alike.filter(move |(other, _)| *other == key).map(|(_, number)| u64::from(*number))
    }

    /// Finds the totals of a slot with `counts` counts. They are the digits of `v`, where `element` is `[v]G`.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] if there is no such `v` whose digits are all at most `bound` and at most the bound of the table.
    pub fn vartime_find(&self, element: &Element, counts: usize, bound: u64) -> Result<Vec<u64>, OutOfRange> {
        let half = Scalar::ONE.halve();
        for (key, number) in walk(self.packing, element * &half, &self.giant, -half).zip(0..) {
            for other in self.candidates(key) {
                let mut totals = alloc::vec![0; self.packing.per_slot()];
                turn(&self.giant, number, &mut totals);
                turn(&self.baby, other, &mut totals);
                let number = self.packing.number(&totals);
                let beyond = totals.split_off(counts.min(totals.len()));
                let fits = totals.iter().all(|total| *total <= bound) && beyond.iter().all(|total| *total == 0);
                // Two encodings can begin with the same 8 bytes by chance.
                if fits && Element::mul_generator(&number) == *element {
                    return Ok(totals);
                }
            }
        }
        Err(OutOfRange { bound })
    }
}

/// The most giant steps that a slot with a single count takes, if the count is at most `bound`. For a slot with several
/// counts they are bounded by [`Packing`], or by the number of ballots.
#[must_use]
pub fn giant_steps(bound: u64) -> u64 {
    bound / MAX_BABY_STEPS + 1
}

/// The wheels of the baby steps and of the giant steps, a pair for each digit.
fn wheels(packing: Packing, bound: u64, lookups: u64) -> (Vec<Wheel>, Vec<Wheel>) {
    let totals = bound.min(packing.largest()) + 1;
    // The work is steps + lookups * numbers / steps. It is smallest if steps is the square root of lookups * numbers.
    let numbers = (0..packing.per_slot()).fold(1_u64, |numbers, _| numbers.saturating_mul(totals));
    let mut left = numbers.saturating_mul(lookups.max(1)).isqrt().clamp(1, MAX_BABY_STEPS);
    let (mut baby, mut giant) = (Vec::new(), Vec::new());
    for place in 0..packing.per_slot() {
        // How many values of this digit are baby steps. The other values are giant steps.
        let kept = left.min(totals);
        left /= kept;
        baby.push(Wheel { place, stride: 1, count: kept });
        giant.push(Wheel { place, stride: kept, count: totals.div_ceil(kept) });
    }
    (baby, giant)
}

/// A digit that takes `count` values: `0, stride, 2 stride, ..`.
#[derive(Clone, Copy, Debug)]
struct Wheel {
    place: usize,
    stride: u64,
    count: u64,
}

/// Adds to each digit the value that its wheel shows after `steps` steps.
fn turn(wheels: &[Wheel], mut steps: u64, digits: &mut [u64]) {
    for (wheel, digit) in wheels.iter().zip(digits) {
        *digit += steps % wheel.count * wheel.stride;
        steps /= wheel.count;
    }
}

/// The first 8 bytes of the encoding of the double of `start + [v * unit]G`, for each number `v` that the wheels show,
/// in their order.
fn walk(packing: Packing, start: Element, wheels: &[Wheel], unit: Scalar) -> impl Iterator<Item = u64> {
    struct Turning {
        stride: Element,
        count: u64,
        steps: u64,
        /// The element for the value of this wheel while all wheels before it show 0.
        element: Element,
    }
    let mut wheels: Vec<Turning> = wheels
        .iter()
        .filter(|wheel| wheel.count > 1)
        .map(|wheel| {
            let stride = Scalar::from(wheel.stride) * Scalar::from(packing.unit(wheel.place)) * unit;
            Turning { stride: Element::mul_generator(&stride), count: wheel.count, steps: 0, element: start }
        })
        .collect();
    let mut next = Some(start);
    let mut halves = core::iter::from_fn(move || {
        let current = next?;
        let turned = wheels.iter_mut().position(|wheel| {
            wheel.steps = (wheel.steps + 1) % wheel.count;
            wheel.steps != 0
        });
        next = turned.and_then(|turned| {
            let (before, from) = wheels.split_at_mut(turned);
            let wheel = from.first_mut()?;
            wheel.element += wheel.stride;
            for other in before {
                other.element = wheel.element;
            }
            Some(wheel.element)
        });
        Some(current)
    });
    core::iter::from_fn(move || Some(Element::double_and_encode(&halves.by_ref().take(GROUP).collect::<Vec<_>>())))
        .take_while(|group| !group.is_empty())
        .flatten()
        .map(|bytes| bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_SLOTS, MAX_TOTAL};

    fn element(value: impl Into<Scalar>) -> Element {
        Element::mul_generator(&value.into())
    }

    #[test]
    fn finds_every_total_up_to_the_bound_and_none_above_it() {
        for bound in [0, 1, 2, 9, 1000] {
            let table = DiscreteLog::new(Packing::NONE, bound, 3);
            for value in 0..=bound {
                assert_eq!(table.vartime_find(&element(value), 1, bound), Ok(alloc::vec![value]));
            }
            for value in [bound + 1, bound + 17, u64::MAX] {
                assert_eq!(table.vartime_find(&element(value), 1, bound), Err(OutOfRange { bound }));
            }
            assert_eq!(table.vartime_find(&-Element::generator(), 1, bound), Err(OutOfRange { bound }));
        }
    }

    #[test]
    fn the_bound_of_a_lookup_may_be_smaller() {
        let table = DiscreteLog::new(Packing::NONE, 1000, 1);
        assert_eq!(table.vartime_find(&element(500_u64), 1, 499), Err(OutOfRange { bound: 499 }));
        assert_eq!(table.vartime_find(&element(500_u64), 1, 500), Ok(alloc::vec![500]));
    }

    #[test]
    fn finds_all_totals_of_a_slot() {
        for (weight, per_slot, bounds) in [(6, 11, [0, 1, 2]), (1000, 3, [0, 1, 12]), (70_000, 2, [1, 9, 60])] {
            let packing = Packing::new(1, 1, weight);
            assert_eq!(packing.per_slot(), per_slot);
            for (bound, lookups) in bounds.into_iter().flat_map(|bound| [(bound, 1), (bound, 50)]) {
                let table = DiscreteLog::new(packing, bound, lookups);
                let mut totals = alloc::vec![0; per_slot];
                for number in 0..400_u64 {
                    for (place, total) in totals.iter_mut().enumerate() {
                        *total = (number * 7 + number * number * place as u64) % (bound + 1);
                    }
                    let slot = element(packing.number(&totals));
                    assert_eq!(table.vartime_find(&slot, per_slot, bound), Ok(totals.clone()));
                }
                totals.fill(bound);
                let full = element(packing.number(&totals));
                assert_eq!(table.vartime_find(&full, per_slot, bound), Ok(totals.clone()));
                // One total is too large, or a digit without a count is not 0.
                let refused = Err(OutOfRange { bound });
                totals[per_slot - 1] = bound + 1;
                assert_eq!(table.vartime_find(&element(packing.number(&totals)), per_slot, bound), refused);
                totals.fill(0);
                totals[per_slot - 1] = bound;
                let last = table.vartime_find(&element(packing.number(&totals)), per_slot - 1, bound);
                assert_eq!(last, if bound == 0 { Ok(alloc::vec![0; per_slot - 1]) } else { refused });
            }
        }
    }

    /// Attack T3: for every content of a slot, the table and the search are small.
    #[test]
    fn the_work_is_bounded_by_the_rules() {
        let steps = |wheels: &[Wheel]| wheels.iter().map(|wheel| u128::from(wheel.count)).product::<u128>();
        // The largest totals with 32, 4, 3 and 2 counts in a slot, with 2 counts of light ballots, and with 1 count.
        for (bound, total) in
            [(1, 1), (1, 255), (1, 1624), (1, 65_535), (8, (1 << 19) - 1), (1, (1 << 22) - 1), (1, MAX_TOTAL)]
        {
            let packing = Packing::new(bound, 1, total);
            for lookups in [0, 1, 45, MAX_SLOTS as u64] {
                let (baby, giant) = wheels(packing, u64::MAX, lookups);
                assert!(steps(&baby) <= u128::from(MAX_BABY_STEPS), "{bound} {total} {lookups}");
                assert!(steps(&giant) <= 1 << 23, "{bound} {total} {lookups}: {}", steps(&giant));
                if packing.per_slot() == 1 {
                    // The table of a few lookups has fewer steps, and then all giant steps together are as many.
                    let all = steps(&giant) * u128::from(lookups);
                    let most = u128::from(giant_steps(bound * total)) * u128::from(lookups);
                    assert!(all <= most.max(u128::from(2 * MAX_BABY_STEPS)), "{lookups}: {all}, {most}");
                }
                let numbers = u128::from(bound * total + 1).pow(packing.per_slot() as u32);
                assert!(steps(&baby) * steps(&giant) >= numbers, "{bound} {total} {lookups}");
            }
        }
    }

    #[test]
    fn finds_a_total_of_forty_bits() {
        let bound = 1_u64 << 40;
        let table = DiscreteLog::new(Packing::NONE, bound, 1);
        for value in [bound, bound - 1, 987_654_321_012_u64] {
            assert_eq!(table.vartime_find(&element(value), 1, bound), Ok(alloc::vec![value]));
        }
    }
}
