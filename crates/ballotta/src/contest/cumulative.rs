//! Distribute points over the options.
//!
//! See `spec/contests.md#cumulative`; the rows are those of [points](super::PointsBits).

use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::{Surroundings, at_least, read_end};
use crate::form::FormBuilder;
use crate::json::Object;
use crate::limits::{MAX_OPTIONS, MAX_POINTS};

/// Distribute points. A manifest checks the numbers against the options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cumulative {
    /// How many points a voter has.
    pub points: u64,
    /// At most so many of them for one option.
    pub max: u64,
    /// Whether all of them have to be given.
    pub exact: bool,
    /// Whether there is a blank vote.
    pub blank: bool,
    /// How many options are elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

impl Cumulative {
    pub(super) fn read(mut object: Object<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let options = known.count().unwrap_or(MAX_OPTIONS).clamp(1, MAX_OPTIONS) as u64;
        let max: Option<u64> = object.integer("max", 1..=MAX_POINTS);
        let points = object.integer("points", 1..=max.unwrap_or(MAX_POINTS) * options);
        let exact = object.boolean("exact");
        let (blank, winners, path) = read_end(object, known);
        let rule = Self { points: points?, max: max?, exact: exact?, blank: blank?, winners: winners? };
        at_least(if rule.exact { 2 } else { 1 }, known, &path)?;
        Some(rule)
    }

    fn points(&self) -> Points {
        let budget = if self.exact { Budget::Exactly(self.points) } else { Budget::AtMost(self.points) };
        Points { max: self.max, budget, blank: self.blank }
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

    pub(super) fn count_bound(&self) -> u64 {
        self.max
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        self.points().outcome(options, totals, weight).map(|(outcome, _)| outcome)
    }
}
