//! Buy votes for options with credits: `v` votes for one option cost `v^2` credits.
//!
//! See `spec/contests.md#quadratic`.
//!
//! # Construction
//!
//! ```text
//! bits    t_i1..t_iV for each option, V^2 <= Q < (V+1)^2 ; beta if there is a blank vote ; slack, the digits of 0..Q
//! rows    count_i = sum_k t_ik ; the last count = beta
//!         sum (2k-1)*t_ik + Q*beta + slack = Q
//! ```
//!
//! Unit `k` of an option costs `2k-1` credits. The first `v` units cost `1 + 3 + .. + (2v-1) = v^2`, and any other `v`
//! units cost more.

use serde::Serialize;
use subtle::ConstantTimeGreater;

use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::ContestOption;
use super::outcome::{Counts, Outcome, OutcomeError, require_possible};
use super::read::{RuleContext, read_end};
use super::selection::{SelectionError, check_options, value_of};
use crate::form::{Bit, BitTable, Bits, FormBuilder, RangeDigits, Terms};
use crate::json::Object;
use crate::limits::MAX_CREDITS;

/// Buy votes for options with credits. `v` votes for one option cost `v^2` credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quadratic {
    /// The number of credits that a voter has.
    pub credits: u64,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

impl Quadratic {
    /// The largest number of votes for one option.
    fn most(&self) -> u64 {
        self.credits.isqrt()
    }
}

impl ContestKind for Quadratic {
    type Bits = QuadraticBits;

    const MARK: MarkKind = MarkKind::Points;

    fn read<'a>(mut object: Object<'a>, _: &RuleContext<'a>) -> Option<Self> {
        let credits = object.integer("credits", 1..=MAX_CREDITS);
        let (blank, _) = read_end(object);
        Some(Self { credits: credits?, blank: blank? })
    }

    fn counts(&self, options: usize) -> usize {
        options + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        options * self.most() as usize + usize::from(self.blank) + RangeDigits::count(self.credits)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (QuadraticBits, Option<Bit>) {
        let options = options.len();
        let units = builder.table(options, self.most() as usize);
        let blank = self.blank.then(|| builder.bit());
        let slack = builder.range(self.credits);
        for option in 0..options {
            let mut votes = Terms::new();
            votes.bits(units.row(option), 1);
            builder.count(votes);
        }
        builder.count_bits(blank);
        // The number is at most `MAX_CREDITS`.
        let credits = self.credits as i64;
        let mut terms = Terms::new();
        for option in 0..options {
            terms.steps(units.row(option), 1, 2);
        }
        terms.optional(blank, credits);
        terms.digits(&slack);
        builder.constant(terms, credits);
        (QuadraticBits { credits: self.credits, units, slack }, blank)
    }

    fn count_bound(&self) -> u64 {
        self.most()
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options.len()), self.blank, weight)?;
        require_possible(totals.iter().all(|total| u128::from(*total) <= u128::from(self.most()) * u128::from(voted)))?;
        Ok(Outcome::of_totals(totals.to_vec(), blank))
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct QuadraticBits {
    credits: u64,
    units: BitTable,
    slack: RangeDigits,
}

impl EncodeSelection for QuadraticBits {
    /// The time depends on how many options have votes, not on which or how many votes.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (votes, is_blank) = match selection {
            Selection::Points(votes) => (votes.as_slice(), 0_u8),
            Selection::Blank => (&[][..], 1),
            _ => return Err(SelectionError::WrongKind),
        };
        let cost = self.check(votes)?;
        for option in 0..self.units.rows() {
            let votes = value_of(option, votes.iter().copied());
            for (number, unit) in (0_u64..).zip(self.units.row(option)) {
                bits.set(unit, u64::from(votes.ct_gt(&number).unwrap_u8()));
            }
        }
        self.slack.assign((self.credits - cost) & u64::from(is_blank).wrapping_sub(1), bits);
        Ok(())
    }
}

impl QuadraticBits {
    /// Checks the votes and returns their cost.
    fn check(&self, votes: &[(usize, u64)]) -> Result<u64, SelectionError> {
        check_options(votes.iter().map(|(option, _)| *option), self.units.rows())?;
        let max = self.units.columns() as u64;
        if votes.iter().any(|(_, votes)| *votes > max) {
            return Err(SelectionError::TooManyForOption { max });
        }
        let cost = votes.iter().map(|(_, votes)| votes * votes).sum();
        if cost > self.credits {
            return Err(SelectionError::TooManyCredits { cost, credits: self.credits });
        }
        Ok(cost)
    }
}
