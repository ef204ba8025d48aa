//! Distribute points over the options.
//!
//! See `spec/contests.md#cumulative`. `points.rs` has the rows.

use serde::Serialize;

use super::kind::ContestKind;
use super::mark::MarkKind;
use super::option::ContestOption;
use super::outcome::{Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::read::{RuleContext, read_end, require_options};
use crate::form::{Bit, FormBuilder};
use crate::json::Object;
use crate::limits::MAX_POINTS;

/// Distribute points over the options.
///
/// The manifest checks the numbers against the number of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cumulative {
    /// The number of points that a voter has.
    pub points: u64,
    /// The largest number of points for one option.
    pub max: u64,
    /// Whether a voter must give all points.
    pub exact: bool,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

impl Cumulative {
    fn points(&self) -> Points {
        let budget = if self.exact { Budget::Exactly(self.points) } else { Budget::AtMost(self.points) };
        Points { max: self.max, budget, blank: self.blank }
    }
}

impl ContestKind for Cumulative {
    type Bits = PointsBits;

    const MARK: MarkKind = MarkKind::Points;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let options = context.options_or_limit() as u64;
        let max: Option<u64> = object.integer("max", 1..=MAX_POINTS);
        let points = object.integer("points", 1..=max.unwrap_or(MAX_POINTS) * options);
        let exact = object.boolean("exact");
        let (blank, path) = read_end(object);
        let rule = Self { points: points?, max: max?, exact: exact?, blank: blank? };
        require_options(if rule.exact { 2 } else { 1 }, context, &path)?;
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

    fn count_bound(&self) -> u64 {
        self.max
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        self.points().outcome(options.len(), totals, weight).map(|(outcome, _)| outcome)
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}
