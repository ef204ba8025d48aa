//! Rank options; each place has a score: Borda's count and others.
//!
//! See `spec/contests.md#positional`.
//!
//! # Construction
//!
//! There are `K` places. The bits `u` exist if an option can be without a place, and `n` if places can stay empty.
//!
//! ```text
//! bits    b_i1..b_iK for each option ; u_1..u_q ; n_0..n_K ; beta if there is a blank vote
//! rows    count_i = sum_k score_k*b_ik ; the last count = beta
//!         sum_k b_ik + u_i = 1                          for each option; without u: + beta
//!         sum_k n_k + beta = 1                          if truncated
//!         sum_i b_ik - sum_{j>=k} n_j = 0               for each place; if not truncated: sum_i b_ik + beta = 1
//! ```
//!
//! Without the rows of the lengths `n`, a ranking could leave a place empty before a place that it fills.

use alloc::vec::Vec;
use core::iter::zip;

use serde::Serialize;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::ContestOption;
use super::outcome::{Counts, Outcome, OutcomeError, require_possible, sum};
use super::read::{RuleContext, read_end, require_options};
use super::selection::{SelectionError, check_options};
use crate::form::{Bit, BitLine, BitTable, Bits, FormBuilder, Terms};
use crate::json::Object;
use crate::limits::MAX_POINTS;
use crate::problem::ManifestProblem;

/// Rank options. Each place has a score.
///
/// The manifest checks the numbers against the number of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Positional {
    /// The scores of the places, from the first place.
    pub scores: Vec<u64>,
    /// Whether a voter may fill only the first places.
    pub truncated: bool,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

impl Positional {
    fn places(&self) -> usize {
        self.scores.len()
    }

    /// Whether an option can be without a place.
    fn has_unplaced(&self, options: usize) -> bool {
        self.truncated || self.places() < options
    }
}

impl ContestKind for Positional {
    type Bits = PositionalBits;

    const MARK: MarkKind = MarkKind::Ranking;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let options = context.options_or_limit();
        let scores = object.required("scores", |node| {
            let scores: Vec<u64> = node.list(1..=options, |node| node.integer(0..=MAX_POINTS))?;
            let counts = scores.iter().any(|score| *score > 0);
            if counts { Some(scores) } else { node.path().fail(ManifestProblem::NothingCounts) }
        });
        let truncated = object.boolean("truncated");
        let (blank, path) = read_end(object);
        let rule = Self { scores: scores?, truncated: truncated?, blank: blank? };
        require_options(2, context, &path)?;
        Some(rule)
    }

    fn counts(&self, options: usize) -> usize {
        options + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        let unplaced = if self.has_unplaced(options) { options } else { 0 };
        let lengths = if self.truncated { self.places() + 1 } else { 0 };
        options * self.places() + unplaced + lengths + usize::from(self.blank)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (PositionalBits, Option<Bit>) {
        let options = options.len();
        let places = builder.table(options, self.places());
        let unplaced = builder.line(if self.has_unplaced(options) { options } else { 0 });
        let lengths = builder.line(if self.truncated { self.places() + 1 } else { 0 });
        let blank = self.blank.then(|| builder.bit());

        for option in 0..options {
            let mut scored = Terms::new();
            for (bit, score) in zip(places.row(option), &self.scores) {
                // A score is at most `MAX_POINTS`.
                scored.bit(bit, *score as i64);
            }
            builder.count(scored);
        }
        builder.count_bits(blank);
        for option in 0..options {
            let otherwise = if unplaced.len() == 0 { blank } else { Some(unplaced.at(option)) };
            builder.exactly_one(places.row(option), otherwise);
        }
        if self.truncated {
            builder.exactly_one(lengths, blank);
        }
        for place in 0..self.places() {
            if self.truncated {
                let mut terms = Terms::new();
                terms.bits(places.column(place), 1);
                for length in place + 1..lengths.len() {
                    terms.bit(lengths.at(length), -1);
                }
                builder.constant(terms, 0);
            } else {
                builder.exactly_one(places.column(place), blank);
            }
        }
        (PositionalBits { places, unplaced, lengths }, blank)
    }

    fn count_bound(&self) -> u64 {
        self.scores.iter().copied().max().unwrap_or(0)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options.len()), self.blank, weight)?;
        let voted = u128::from(voted);
        require_possible(totals.iter().all(|total| u128::from(*total) <= u128::from(self.count_bound()) * voted))?;
        let (all, most) = (sum(totals), sum(&self.scores) * voted);
        require_possible(if self.truncated { all <= most } else { all == most })?;
        Ok(Outcome::of_totals(totals.to_vec(), blank))
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct PositionalBits {
    places: BitTable,
    unplaced: BitLine,
    lengths: BitLine,
}

impl EncodeSelection for PositionalBits {
    /// The time depends on how many options are ranked, not on which and where.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (ranking, is_blank) = match selection {
            Selection::Ranking(ranking) => (ranking.as_slice(), false),
            Selection::Blank => (&[][..], true),
            _ => return Err(SelectionError::WrongKind),
        };
        let order = self.check(ranking, is_blank)?;
        for option in 0..self.places.rows() {
            let mut placed = subtle::Choice::from(0);
            for (place, bit) in self.places.row(option).enumerate() {
                let here = order.get(place).copied().unwrap_or(usize::MAX).ct_eq(&option);
                bits.set(bit, u64::from(here.unwrap_u8()));
                placed |= here;
            }
            // Without such a bit, there is nothing to set.
            bits.set(self.unplaced.at(option), u64::from((!placed).unwrap_u8()));
        }
        for (length, bit) in self.lengths.enumerate() {
            bits.set(bit, u64::from(length == order.len() && !is_blank));
        }
        Ok(())
    }
}

impl PositionalBits {
    /// Checks the ranking and returns the options in their order.
    fn check(&self, ranking: &[Vec<usize>], is_blank: bool) -> Result<Zeroizing<Vec<usize>>, SelectionError> {
        let mut order = Zeroizing::new(Vec::with_capacity(ranking.len()));
        for place in ranking {
            match place.as_slice() {
                [option] => order.push(*option),
                [] => return Err(SelectionError::EmptyPlace),
                _ => return Err(SelectionError::TieNotAllowed),
            }
        }
        check_options(order.iter().copied(), self.places.rows())?;
        // The number is at most `MAX_OPTIONS`.
        let (selected, places) = (order.len(), self.places.columns());
        let count = places as u32;
        if selected > places {
            return Err(SelectionError::Overvote { selected, max: count });
        }
        if selected < places && self.lengths.len() == 0 && !is_blank {
            return Err(SelectionError::Undervote { selected, min: count });
        }
        Ok(order)
    }
}
