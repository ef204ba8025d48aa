//! Divide exactly the voter's weight among the options. For example, a delegate votes 70 yes and 30 no in one ballot.
//!
//! See `spec/contests.md#split`. `points.rs` has the rows. The target of the last row is the weight of the ballot. The
//! ciphertexts are added without a factor, because they already contain the weight.

use serde::Serialize;

use super::Multiplier;
use super::kind::ContestKind;
use super::mark::MarkKind;
use super::option::ContestOption;
use super::outcome::{Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::read::{RuleContext, require_options};
use crate::form::{Bit, FormBuilder};
use crate::json::Object;
use crate::limits::MAX_WEIGHT;

/// Divide the voter's weight among the options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split {
    /// The largest weight that a voter can divide. It is at least the largest weight of the manifest.
    pub max: u64,
}

impl Split {
    fn points(&self) -> Points {
        Points { max: self.max, budget: Budget::Weight, blank: false }
    }
}

impl ContestKind for Split {
    type Bits = PointsBits;

    const MARK: MarkKind = MarkKind::Points;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let least = context.max_weight.unwrap_or(1).clamp(1, MAX_WEIGHT);
        // No voter has more weight than the whole roll.
        let most = context.total_weight.unwrap_or(MAX_WEIGHT).min(MAX_WEIGHT);
        let max = object.integer("max", least..=most);
        let path = object.path().clone();
        object.finish();
        let rule = Self { max: max? };
        require_options(2, context, &path)?;
        Some(rule)
    }

    fn counts(&self, options: usize) -> usize {
        self.points().counts(options)
    }

    fn bits(&self, options: usize) -> usize {
        self.points().bits(options)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (PointsBits, Option<Bit>) {
        self.points().compile(options.len(), builder)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        self.points().outcome(options.len(), totals, weight).map(|(outcome, _)| outcome)
    }

    fn has_blank(&self) -> bool {
        false
    }

    /// The slots already contain the weight.
    fn multiplier(&self) -> Multiplier {
        Multiplier::One
    }
}
