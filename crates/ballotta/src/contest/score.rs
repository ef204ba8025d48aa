//! Give each option 0 to `max` points, with or without a limit on the sum.
//!
//! See `spec/contests.md#score`. `points.rs` has the rows.

use serde::Serialize;

use super::kind::ContestKind;
use super::mark::MarkKind;
use super::option::ContestOption;
use super::outcome::{Detail, Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::read::{RuleContext, read_end, require_options};
use crate::form::{Bit, FormBuilder};
use crate::json::Object;
use crate::limits::MAX_POINTS;
use crate::problem::ManifestProblem;

/// Give each option a number of points.
///
/// The manifest checks the numbers against the number of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The largest number of points for one option.
    pub max: u64,
    /// The limit on the sum of a voter's points, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

/// The limit on the sum of a voter's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// The sum is at most this number.
    AtMost(u64),
    /// The sum is exactly this number.
    Exactly(u64),
}

impl Score {
    fn points(&self, options: usize) -> Points {
        let budget = match self.total {
            Some(Total::AtMost(total)) => Budget::AtMost(total),
            Some(Total::Exactly(total)) => Budget::Exactly(total),
            // Without a limit, this row makes a blank vote exclude everything else.
            None if self.blank => Budget::AtMost(self.max * options as u64),
            None => Budget::Free,
        };
        Points { max: self.max, budget, blank: self.blank }
    }
}

impl ContestKind for Score {
    type Bits = PointsBits;

    const MARK: MarkKind = MarkKind::Points;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let options = context.options_or_limit() as u64;
        let max: Option<u64> = object.integer("max", 1..=MAX_POINTS);
        let most = max.unwrap_or(MAX_POINTS) * options;
        let total = object.optional("total", |node| {
            let mut object = node.object()?;
            let at_most = object.optional("at_most", |node| node.integer(1..=most));
            let exactly = object.optional("exactly", |node| node.integer(1..=most));
            let path = object.path().clone();
            object.finish();
            match (at_most?, exactly?) {
                (Some(total), None) => Some(Total::AtMost(total)),
                (None, Some(total)) => Some(Total::Exactly(total)),
                (None, None) => path.field("at_most").fail(ManifestProblem::MissingField),
                (Some(_), Some(_)) => path.field("exactly").fail(ManifestProblem::UnknownField),
            }
        });
        let (blank, path) = read_end(object);
        let rule = Self { max: max?, total: total?, blank: blank? };
        // With one option and an exact sum there is nothing to choose.
        require_options(if let Some(Total::Exactly(_)) = rule.total { 2 } else { 1 }, context, &path)?;
        Some(rule)
    }

    fn counts(&self, options: usize) -> usize {
        self.points(options).counts(options)
    }

    fn bits(&self, options: usize) -> usize {
        self.points(options).bits(options)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (PointsBits, Option<Bit>) {
        let options = options.len();
        self.points(options).compile(options, builder)
    }

    fn count_bound(&self) -> u64 {
        self.max
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let options = options.len();
        let (mut outcome, voted) = self.points(options).outcome(options, totals, weight)?;
        outcome.detail =
            Detail::Averages(outcome.counts.iter().flatten().map(|total| reduced(*total, voted)).collect());
        Ok(outcome)
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}

/// Reduces a fraction. Returns 0 if the denominator is 0.
fn reduced(numerator: u64, denominator: u64) -> [u64; 2] {
    let (mut divisor, mut remainder) = (numerator, denominator);
    while remainder != 0 {
        (divisor, remainder) = (remainder, divisor % remainder);
    }
    match denominator {
        0 => [0, 1],
        _ => [numerator / divisor, denominator / divisor],
    }
}
