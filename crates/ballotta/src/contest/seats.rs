//! The seats of lists, computed from their totals in exact integers.
//!
//! See `spec/contests.md#lists`. If more lists than the remaining seats have equal claims, these seats stay open.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::zip;

use serde::Serialize;

use super::outcome::sum;

/// The method that gives seats to lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatMethod {
    /// Highest averages with the divisors 1, 2, 3, .. (D'Hondt, Jefferson).
    Dhondt,
    /// Highest averages with the divisors 1, 3, 5, .. (Sainte-Lague, Webster).
    SainteLague,
    /// Largest remainders with the quota of Hare (Hamilton).
    LargestRemainder,
}

impl SeatMethod {
    pub(super) const WORDS: &'static [(&'static str, Self)] =
        &[("dhondt", Self::Dhondt), ("sainte_lague", Self::SainteLague), ("largest_remainder", Self::LargestRemainder)];
}

/// The seats of each list, the lists that tie, and the seats that stay open.
pub(super) struct Allocation {
    pub(super) seats: Vec<u32>,
    pub(super) tied: Vec<usize>,
    pub(super) open: u32,
}

/// A fraction that is compared exactly. Its parts are at most 2^64, so that products fit into 128 bits.
#[derive(Clone, Copy)]
struct Fraction {
    numerator: u128,
    denominator: u128,
}

impl Fraction {
    fn compare(&self, other: &Self) -> Ordering {
        (self.numerator * other.denominator).cmp(&(other.numerator * self.denominator))
    }
}

/// Gives `number` seats to lists with these totals.
pub(super) fn allocate(totals: &[u64], number: u32, method: SeatMethod) -> Allocation {
    let voted = sum(totals);
    let mut allocation = Allocation { seats: alloc::vec![0; totals.len()], tied: Vec::new(), open: number };
    if voted == 0 {
        return allocation;
    }
    let quota = |total: &u64| u128::from(*total) * u128::from(number);
    if let SeatMethod::LargestRemainder = method {
        for (seats, total) in zip(&mut allocation.seats, totals) {
            *seats = (quota(total) / voted).min(number.into()) as u32;
            allocation.open -= *seats;
        }
    }
    // A list that gets a seat in the round of largest remainders takes no part in the rest of the round.
    let mut done = alloc::vec![false; totals.len()];
    while allocation.open > 0 {
        let claim = |total: u64, seats: u32| match method {
            SeatMethod::Dhondt => Fraction { numerator: total.into(), denominator: u128::from(seats) + 1 },
            SeatMethod::SainteLague => Fraction { numerator: total.into(), denominator: 2 * u128::from(seats) + 1 },
            SeatMethod::LargestRemainder => Fraction { numerator: quota(&total) % voted, denominator: 1 },
        };
        let claims: Vec<(usize, Fraction)> = zip(totals, zip(&allocation.seats, &done))
            .enumerate()
            .filter(|(_, (total, (_, done)))| **total > 0 && !**done)
            .map(|(list, (total, (seats, _)))| (list, claim(*total, *seats)))
            .collect();
        let Some(largest) = claims.iter().map(|(_, claim)| *claim).max_by(Fraction::compare) else { break };
        let first: Vec<usize> =
            claims.iter().filter(|(_, claim)| claim.compare(&largest).is_eq()).map(|(list, _)| *list).collect();
        if first.len() > allocation.open as usize {
            allocation.tied = first;
            break;
        }
        for list in first {
            if let (Some(seats), Some(done)) = (allocation.seats.get_mut(list), done.get_mut(list)) {
                *seats += 1;
                allocation.open -= 1;
                *done = matches!(method, SeatMethod::LargestRemainder);
            }
        }
    }
    allocation
}
