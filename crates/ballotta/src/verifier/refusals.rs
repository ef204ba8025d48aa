//! The ballots that are refused, with few bytes for each: anybody can put void ballots on a board.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::Peekable;

use super::ballots::check_of;
use super::{CheckId, Report};
use crate::ballot::AdmissionError;

/// A ballot that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal<'a> {
    /// The position of the ballot.
    pub(super) index: u64,
    /// The check that it fails.
    pub(super) check: CheckId,
    /// The reason. It is empty after the failures of this check that a report shows.
    pub(super) problem: &'a str,
}

/// Refused ballots in the order of the board. The reasons are kept only for the failures of each check that a report
/// shows; of any other ballot, only position and check are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusals {
    /// Positions are less than `MAX_ENTRIES`.
    ballots: Vec<(u32, CheckId)>,
    /// The reasons, with the positions of their ballots.
    problems: Vec<(u32, String)>,
    /// The number of refused ballots of each check.
    counts: Vec<(CheckId, u64)>,
}

impl Refusals {
    /// Adds a ballot after those that are here.
    pub(super) fn push(&mut self, index: u64, error: &AdmissionError) {
        self.add(index, check_of(error), error);
    }

    /// Adds a ballot after those that are here. Returns whether the reason is kept.
    pub(super) fn add(&mut self, index: u64, check: CheckId, problem: impl ToString) -> bool {
        let index = index as u32;
        self.ballots.push((index, check));
        let count = match self.counts.iter_mut().find(|(counted, _)| *counted == check) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.counts.push((check, 1));
                1
            }
        };
        let is_shown = count <= Report::FAILURES_SHOWN;
        if is_shown {
            self.problems.push((index, problem.to_string()));
        }
        is_shown
    }

    /// Appends the refused ballots of the next range.
    pub(super) fn append(&mut self, next: &Self) {
        if self.ballots.is_empty() {
            self.clone_from(next);
            return;
        }
        for Refusal { index, check, problem } in next.iter() {
            self.add(index, check, problem);
        }
    }

    /// The number of refused ballots.
    pub(super) fn len(&self) -> usize {
        self.ballots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ballots.is_empty()
    }

    /// Whether the ballot at this position is one of them.
    pub(super) fn contains(&self, index: u64) -> bool {
        self.ballots.binary_search_by_key(&index, |(index, _)| u64::from(*index)).is_ok()
    }

    /// The refused ballots, in the order of the board.
    pub(super) fn iter(&self) -> impl Iterator<Item = Refusal<'_>> {
        let mut problems = self.problems.iter().peekable();
        self.ballots.iter().map(move |(index, check)| {
            let problem = problems.next_if(|(of, _)| of == index).map_or("", |(_, problem)| problem.as_str());
            Refusal { index: u64::from(*index), check: *check, problem }
        })
    }
}

/// The refused ballots of two lists, in the order of the board.
pub(super) fn in_order<'a>(one: &'a Refusals, other: &'a Refusals) -> impl Iterator<Item = Refusal<'a>> {
    fn comes_first<'a>(
        one: &mut Peekable<impl Iterator<Item = Refusal<'a>>>,
        other: &mut Peekable<impl Iterator<Item = Refusal<'a>>>,
    ) -> bool {
        match (one.peek(), other.peek()) {
            (Some(one), Some(other)) => one.index <= other.index,
            (one, _) => one.is_some(),
        }
    }
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    core::iter::from_fn(move || if comes_first(&mut one, &mut other) { one.next() } else { other.next() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: u64 = Report::FAILURES_SHOWN;

    fn bytes(refusals: &Refusals) -> usize {
        let texts: usize = refusals.problems.iter().map(|(_, problem)| problem.capacity()).sum();
        size_of::<(u32, CheckId)>() * refusals.ballots.capacity()
            + size_of::<(u32, String)>() * refusals.problems.capacity()
            + texts
    }

    /// Fault M2: each void ballot cost a text of about 200 bytes.
    #[test]
    fn m2_a_void_ballot_costs_few_bytes() {
        let ballots = 100_000;
        let mut refusals = Refusals::default();
        (0..ballots).for_each(|index| refusals.push(index, &AdmissionError::BadSignature));
        assert_eq!(refusals.len() as u64, ballots);
        // The texts that are shown do not become more with more ballots.
        let shown = SHOWN as usize * 128;
        assert!(bytes(&refusals) <= 16 * ballots as usize + shown, "{}", bytes(&refusals));
        // While a list grows, the old one is still there.
        assert!(3 * size_of::<(u32, CheckId)>() <= 40);
        assert_eq!(refusals.iter().filter(|refusal| !refusal.problem.is_empty()).count() as u64, SHOWN);
    }

    /// Fault M2: parts show the same failures as one piece, wherever the board was cut.
    #[test]
    fn m2_parts_show_the_same_as_one_piece() {
        let error = |index: u64| match index % 3 {
            0 => AdmissionError::BadSignature,
            1 => AdmissionError::WrongElection,
            _ => AdmissionError::RepeatedRandomness { first: index },
        };
        let piece = |range: core::ops::Range<u64>| {
            let mut refusals = Refusals::default();
            range.for_each(|index| refusals.push(index, &error(index)));
            refusals
        };
        let size = 4 * SHOWN;
        let whole = piece(0..size);
        for cut in [0, 1, SHOWN, 3 * SHOWN + 1, size - 1, size] {
            let mut merged = piece(0..cut);
            merged.append(&piece(cut..size));
            assert_eq!(merged, whole, "cut at {cut}");
        }
        let (even, odd) = ([0, 4, 7], [1, 2, 9]);
        let of = |positions: &[u64]| {
            let mut refusals = Refusals::default();
            positions.iter().for_each(|index| refusals.push(*index, &error(*index)));
            refusals
        };
        let (even, odd) = (of(&even), of(&odd));
        let merged: Vec<u64> = in_order(&even, &odd).map(|refusal| refusal.index).collect();
        assert_eq!(merged, [0, 1, 2, 4, 7, 9]);
        assert!(
            in_order(&even, &odd)
                .all(|refusal| !refusal.problem.is_empty()
                    && even.contains(refusal.index) != odd.contains(refusal.index))
        );
    }
}
