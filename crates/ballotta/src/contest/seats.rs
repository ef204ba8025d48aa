//! Seats of lists by their totals, in exact integers.
//!
//! See `spec/contests.md#lists`. Lists with equal claims that are more than the seats left take none of them.

use alloc::vec::Vec;
use core::cmp::Ordering;

use serde::Serialize;

/// How seats are given to lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatMethod {
    /// Highest averages with the divisors 1, 2, 3, ..: D'Hondt, Jefferson.
    Dhondt,
    /// Highest averages with the divisors 1, 3, 5, ..: Sainte-Lague, Webster.
    SainteLague,
    /// Largest remainders with the quota of Hare: Hamilton.
    LargestRemainder,
}

impl SeatMethod {
    pub(super) const WORDS: &'static [(&'static str, Self)] =
        &[("dhondt", Self::Dhondt), ("sainte_lague", Self::SainteLague), ("largest_remainder", Self::LargestRemainder)];
}

/// Who has how many seats.
pub(super) struct Allocation {
    pub(super) seats: Vec<u32>,
    pub(super) tied: Vec<usize>,
    pub(super) open: u32,
}

/// A fraction that is compared exactly. Parts of up to 2^64 have products that fit.
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
    let voted: u128 = totals.iter().map(|total| u128::from(*total)).sum();
    let mut allocation = Allocation { seats: alloc::vec![0; totals.len()], tied: Vec::new(), open: number };
    if voted == 0 {
        return allocation;
    }
    let quota = |total: &u64| u128::from(*total) * u128::from(number);
    if let SeatMethod::LargestRemainder = method {
        for (seats, total) in allocation.seats.iter_mut().zip(totals) {
            // At most `number`.
            *seats = u32::try_from(quota(total) / voted).unwrap_or(number);
            allocation.open -= *seats;
        }
    }
    // Who takes part in one round of largest remainders has the seat and takes part no more.
    let mut done = alloc::vec![false; totals.len()];
    while allocation.open > 0 {
        let claim = |list: usize, seats: u32| {
            let total = totals.get(list).copied().unwrap_or(0);
            match method {
                SeatMethod::Dhondt => Fraction { numerator: total.into(), denominator: u128::from(seats) + 1 },
                SeatMethod::SainteLague => Fraction { numerator: total.into(), denominator: 2 * u128::from(seats) + 1 },
                SeatMethod::LargestRemainder => Fraction { numerator: quota(&total) % voted, denominator: 1 },
            }
        };
        let claims: Vec<(usize, Fraction)> = allocation
            .seats
            .iter()
            .enumerate()
            .filter(|(list, _)| totals.get(*list).is_some_and(|total| *total > 0) && done.get(*list) == Some(&false))
            .map(|(list, seats)| (list, claim(list, *seats)))
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
