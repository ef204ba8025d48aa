//! Buy votes for options: `v` votes for one option cost `v^2` credits.
//!
//! See `spec/contests.md#quadratic`.
//!
//! # Construction
//!
//! ```text
//! bits    t_i1..t_iV for each option, V^2 <= Q < (V+1)^2 ; beta if there is a blank vote ; slack, the digits of 0..Q
//! rows    count_i = sum_k t_ik ; count = beta behind them
//!         sum (2k-1)*t_ik + Q*beta + slack = Q
//! ```
//!
//! Any `v` units cost at least `1 + 3 + .. + (2v-1) = v^2`, and the first `v` cost that: who takes others pays more.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeGreater;

use super::outcome::{Counts, Outcome, OutcomeError, possible};
use super::selection::{check_options, value_of};
use super::{Selection, SelectionError, Surroundings, read_end};
use crate::form::{Bit, BitTable, Bits, FormBuilder, RangeDigits, Terms};
use crate::json::Object;
use crate::limits::MAX_CREDITS;

/// Buy votes for options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quadratic {
    /// How many credits a voter has.
    pub credits: u64,
    /// Whether there is a blank vote.
    pub blank: bool,
    /// How many options are elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

impl Quadratic {
    pub(super) fn read(mut object: Object<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let credits = object.integer("credits", 1..=MAX_CREDITS);
        let (blank, winners, _) = read_end(object, known);
        Some(Self { credits: credits?, blank: blank?, winners: winners? })
    }

    /// The most votes for one option.
    fn most(&self) -> u64 {
        self.credits.isqrt()
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        options + usize::from(self.blank)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        options * self.most() as usize + usize::from(self.blank) + RangeDigits::count(self.credits)
    }

    pub(super) fn compile(&self, options: usize, builder: &mut FormBuilder) -> QuadraticBits {
        let units = builder.table(options, self.most() as usize);
        let blank = self.blank.then(|| builder.bit());
        let slack = builder.range(self.credits);
        for option in 0..options {
            let mut votes = Terms::new();
            votes.bits(units.row(option), 1);
            builder.count(votes);
        }
        builder.count_bits(blank);
        // At most `MAX_CREDITS`.
        let credits = self.credits as i64;
        let mut terms = Terms::new();
        for option in 0..options {
            terms.steps(units.row(option), 1, 2);
        }
        terms.optional(blank, credits);
        terms.digits(&slack);
        builder.constant(terms, credits);
        QuadraticBits { credits: self.credits, most: self.most(), units, blank, slack }
    }

    pub(super) fn count_bound(&self) -> u64 {
        self.most()
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options), self.blank, weight)?;
        possible(totals.iter().all(|total| u128::from(*total) <= u128::from(self.most()) * u128::from(voted)))?;
        Ok(Outcome::of_totals(totals.to_vec(), blank))
    }
}

/// Where the bits of such a contest stand in its form.
#[derive(Clone, Debug)]
pub struct QuadraticBits {
    credits: u64,
    most: u64,
    units: BitTable,
    blank: Option<Bit>,
    slack: RangeDigits,
}

impl QuadraticBits {
    /// The time depends on how many options have votes, not on which or how many votes.
    pub(super) fn assign(&self, selection: &Selection, bits: &mut Bits) -> Result<(), SelectionError> {
        let (votes, is_blank) = match selection {
            Selection::Points(votes) => (votes.as_slice(), 0_u8),
            Selection::Blank if self.blank.is_some() => (&[][..], 1),
            Selection::Blank => return Err(SelectionError::BlankNotAllowed),
            _ => return Err(SelectionError::WrongKind),
        };
        let cost = self.check(votes)?;
        for option in 0..self.units.len() {
            let votes = value_of(option, votes.iter().copied());
            for (number, unit) in (0_u64..).zip(self.units.row(option)) {
                bits.set(unit, u64::from(votes.ct_gt(&number).unwrap_u8()));
            }
        }
        if let Some(blank) = self.blank {
            bits.set(blank, u64::from(is_blank));
        }
        self.slack.assign((self.credits - cost) & u64::from(is_blank).wrapping_sub(1), bits);
        Ok(())
    }

    /// What the votes cost.
    fn check(&self, votes: &[(usize, u64)]) -> Result<u64, SelectionError> {
        let named: zeroize::Zeroizing<Vec<usize>> =
            zeroize::Zeroizing::new(votes.iter().map(|(option, _)| *option).collect());
        check_options(&named, self.units.len())?;
        if votes.iter().any(|(_, votes)| *votes > self.most) {
            return Err(SelectionError::TooManyForOption { max: self.most });
        }
        let cost = votes.iter().map(|(_, votes)| votes * votes).sum();
        if cost > self.credits {
            return Err(SelectionError::TooManyCredits { cost, credits: self.credits });
        }
        Ok(cost)
    }
}
