//! Divide exactly the own weight among the options: delegates who vote 70 yes and 30 no in one ballot.
//!
//! See `spec/contests.md#split`; the rows are those of [points](super::PointsBits), with the weight of the ballot as the
//! target of the last one. The ciphertexts are added up as they are: the weight is already in them.

use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::{Surroundings, at_least, read_winners};
use crate::form::FormBuilder;
use crate::json::Object;
use crate::limits::MAX_WEIGHT;

/// Divide the own weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The most that one voter divides: at least the largest weight.
    pub max: u64,
    /// How many options are elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

impl Split {
    pub(super) fn read(mut object: Object<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let least = known.max_weight.unwrap_or(1).clamp(1, MAX_WEIGHT);
        // Nobody weighs more than the roll.
        let most = known.total_weight.unwrap_or(MAX_WEIGHT).min(MAX_WEIGHT);
        let max = object.integer("max", least..=most);
        let winners = read_winners(&mut object, known);
        let path = object.path().clone();
        object.finish();
        let rule = Self { max: max?, winners: winners? };
        at_least(2, known, &path)?;
        Some(rule)
    }

    fn points(&self) -> Points {
        Points { max: self.max, budget: Budget::Weight, blank: false }
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        self.points().counts(options)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        self.points().bits(options)
    }

    pub(super) fn compile(&self, options: usize, builder: &mut FormBuilder) -> PointsBits {
        self.points().compile(options, builder)
    }

    /// A ballot of weight `w` adds at most `w`.
    pub(super) fn count_bound(&self) -> u64 {
        1
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        self.points().outcome(options, totals, weight).map(|(outcome, _)| outcome)
    }
}
