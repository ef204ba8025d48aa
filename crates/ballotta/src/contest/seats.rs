//! The seats of lists, computed from their totals in exact integers.
//!
//! See `spec/contests.md#lists`. If more lists than the remaining seats have equal claims, these seats stay open.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::zip;

use serde::{Deserialize, Serialize};

use super::outcome::sum;

/// The method that gives seats to lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    pub(crate) seats: Vec<u32>,
    /// How many of its seats each list has by lot.
    pub(crate) by_lot: Vec<u32>,
    pub(crate) tied: Vec<usize>,
    pub(crate) open: u32,
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

/// Gives `number` seats to lists with these totals. `lots` sorts lists by lot; if it gives nothing, ties stay open.
pub(crate) fn allocate(
    totals: &[u64],
    number: u32,
    method: SeatMethod,
    lots: &dyn Fn(&[usize]) -> Option<Vec<usize>>,
) -> Allocation {
    let voted = sum(totals);
    let none = alloc::vec![0; totals.len()];
    let mut allocation = Allocation { seats: none.clone(), by_lot: none, tied: Vec::new(), open: number };
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
        let is_tie = first.len() > allocation.open as usize;
        let Some(first) = (if is_tie { lots(&first) } else { Some(first.clone()) }) else {
            allocation.tied = first;
            break;
        };
        for list in first.into_iter().take(allocation.open as usize) {
            if let (Some(seats), Some(by_lot), Some(done)) =
                (allocation.seats.get_mut(list), allocation.by_lot.get_mut(list), done.get_mut(list))
            {
                *seats += 1;
                *by_lot += u32::from(is_tie);
                allocation.open -= 1;
                *done = matches!(method, SeatMethod::LargestRemainder);
            }
        }
    }
    allocation
}

/// Who takes the seats of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// The candidates with the most preferences.
    Preferences,
    /// The candidates with the most preferences; equal ones in the order of the list.
    PreferencesThenOrder,
    /// The candidates in the order of the list.
    Order,
}

impl People {
    pub(super) const WORDS: &'static [(&'static str, Self)] = &[
        ("preferences", Self::Preferences),
        ("preferences_then_order", Self::PreferencesThenOrder),
        ("order", Self::Order),
    ];
}
