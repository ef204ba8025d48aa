//! Points of options: the bits and rows of `score`, `cumulative` and `split`.
//!
//! # Construction
//!
//! ```text
//! bits    for each option the digits of a range 0..S ; beta if there is a blank vote ; slack, the digits of 0..D
//! rows    count_i = digits of option i                i = 1..q, or 1..q-1 if the points of all options are fixed
//!         count = beta                                the last
//!         sum of all digits + D*beta + slack = D     or, without beta and slack, = the weight of the voter
//! ```

use alloc::vec::Vec;

use super::kind::EncodeSelection;
use super::mark::Selection;
use super::outcome::{Counts, Outcome, OutcomeError, remainder, require_possible, sum};
use super::selection::{SelectionError, check_options, value_of};
use crate::form::{Bit, Bits, FormBuilder, RangeDigits, Terms};

/// The condition on the sum of the points of all options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// There is no condition on the sum.
    Free,
    /// The sum is at most this number.
    AtMost(u64),
    /// The sum is exactly this number.
    Exactly(u64),
    /// The sum is exactly the voter's weight.
    Weight,
}

/// The parameters of a contest with points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    pub(super) max: u64,
    pub(super) budget: Budget,
    pub(super) blank: bool,
}

impl Points {
    /// Whether the last option needs no count, because its total follows from the others.
    fn is_exact(&self) -> bool {
        matches!(self.budget, Budget::Exactly(_) | Budget::Weight)
    }

    /// The largest number of points that a voter may leave. 0 if there is no such choice.
    fn slack(&self) -> u64 {
        if let Budget::AtMost(total) = self.budget { total } else { 0 }
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        options - usize::from(self.is_exact()) + usize::from(self.blank)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        options * RangeDigits::count(self.max) + usize::from(self.blank) + RangeDigits::count(self.slack())
    }

    pub(super) fn compile(&self, options: usize, builder: &mut FormBuilder) -> (PointsBits, Option<Bit>) {
        let digits: Vec<RangeDigits> = (0..options).map(|_| builder.range(self.max)).collect();
        let blank = self.blank.then(|| builder.bit());
        let slack = builder.range(self.slack());
        for option in digits.iter().take(options - usize::from(self.is_exact())) {
            let mut terms = Terms::new();
            terms.digits(option);
            builder.count(terms);
        }
        builder.count_bits(blank);
        let mut terms = Terms::new();
        digits.iter().for_each(|option| terms.digits(option));
        match self.budget {
            Budget::Free => {}
            Budget::Weight => builder.weight_row(terms),
            Budget::AtMost(total) | Budget::Exactly(total) => {
                // The total is at most the sum of the points of all options, which is far below 2^63.
                let total = total.cast_signed();
                terms.optional(blank, total);
                terms.digits(&slack);
                builder.constant(terms, total);
            }
        }
        (PointsBits { rule: *self, digits, slack }, blank)
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<(Outcome, u64), OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options), self.blank, weight)?;
        let mut counts = totals.to_vec();
        let voted_wide = u128::from(voted);
        match self.budget {
            Budget::Free => {}
            Budget::AtMost(total) => require_possible(sum(totals) <= u128::from(total) * voted_wide)?,
            Budget::Exactly(total) => counts.push(remainder(u128::from(total) * voted_wide, totals)?),
            Budget::Weight => counts.push(remainder(voted_wide, totals)?),
        }
        let max = if matches!(self.budget, Budget::Weight) { 1 } else { self.max };
        require_possible(counts.iter().all(|count| u128::from(*count) <= u128::from(max) * voted_wide))?;
        Ok((Outcome::of_totals(counts, blank), voted))
    }
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct PointsBits {
    rule: Points,
    digits: Vec<RangeDigits>,
    slack: RangeDigits,
}

impl EncodeSelection for PointsBits {
    /// The time depends on how many options have points, not on which or how many points.
    fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (points, is_blank) = match selection {
            Selection::Points(points) => (points.as_slice(), 0_u8),
            Selection::Blank => (&[][..], 1),
            _ => return Err(SelectionError::WrongKind),
        };
        let given = self.check(points, weight, is_blank == 1)?;
        for (option, digits) in self.digits.iter().enumerate() {
            digits.assign(value_of(option, points.iter().copied()), bits);
        }
        // Without slack there are no digits to set, and the difference does not matter.
        let left = self.rule.slack().wrapping_sub(given) & u64::from(is_blank).wrapping_sub(1);
        self.slack.assign(left, bits);
        Ok(())
    }
}

impl PointsBits {
    /// Checks the points and returns their sum.
    fn check(&self, points: &[(usize, u64)], weight: u64, is_blank: bool) -> Result<u64, SelectionError> {
        check_options(points.iter().map(|(option, _)| *option), self.digits.len())?;
        if points.iter().any(|(_, points)| *points > self.rule.max) {
            return Err(SelectionError::TooManyForOption { max: self.rule.max });
        }
        // At most 1,024 options of at most 2^40 points each.
        let given = points.iter().map(|(_, points)| *points).sum();
        let (least, most) = match self.rule.budget {
            Budget::Free => (0, u64::MAX),
            Budget::AtMost(total) => (0, total),
            Budget::Exactly(total) => (total, total),
            Budget::Weight => (weight, weight),
        };
        if given > most {
            return Err(SelectionError::TooManyPoints { given, total: most });
        }
        if given < least && !is_blank {
            return Err(SelectionError::TooFewPoints { given, total: least });
        }
        Ok(given)
    }
}
