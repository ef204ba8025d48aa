//! Give each option 0 to `max` points, with or without a limit on all together.
//!
//! See `spec/contests.md#score`; the rows are those of [points](super::PointsBits).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::outcome::{Detail, Outcome, OutcomeError};
use super::points::{Budget, Points, PointsBits};
use super::{Surroundings, at_least, read_end};
use crate::form::FormBuilder;
use crate::json::Object;
use crate::limits::{MAX_OPTIONS, MAX_POINTS};
use crate::problem::ManifestProblem;

/// Give each option points. A manifest checks the numbers against the options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// At most so many points for one option.
    pub max: u64,
    /// How many for all together, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// Whether there is a blank vote.
    pub blank: bool,
    /// How many options are elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

/// How many points all options have together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// At most so many.
    AtMost(u64),
    /// Exactly so many.
    Exactly(u64),
}

impl Score {
    pub(super) fn read(mut object: Object<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let options = known.count().unwrap_or(MAX_OPTIONS).clamp(1, MAX_OPTIONS) as u64;
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
        let (blank, winners, path) = read_end(object, known);
        let rule = Self { max: max?, total: total?, blank: blank?, winners: winners? };
        // With one option there would be nothing to choose.
        at_least(if let Some(Total::Exactly(_)) = rule.total { 2 } else { 1 }, known, &path)?;
        Some(rule)
    }

    fn points(&self, options: usize) -> Points {
        let budget = match self.total {
            Some(Total::AtMost(total)) => Budget::AtMost(total),
            Some(Total::Exactly(total)) => Budget::Exactly(total),
            // The row that lets a blank vote exclude everything else.
            None if self.blank => Budget::AtMost(self.max * options as u64),
            None => Budget::Free,
        };
        Points { max: self.max, budget, blank: self.blank }
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        self.points(options).counts(options)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        self.points(options).bits(options)
    }

    pub(super) fn compile(&self, options: usize, builder: &mut FormBuilder) -> PointsBits {
        self.points(options).compile(options, builder)
    }

    pub(super) fn count_bound(&self) -> u64 {
        self.max
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let (mut outcome, voted) = self.points(options).outcome(options, totals, weight)?;
        let averages =
            outcome.counts().unwrap_or_default().iter().map(|total| reduced(*total, voted)).collect::<Vec<_>>();
        outcome.detail = Detail::Averages(averages);
        Ok(outcome)
    }
}

/// A fraction, reduced; 0 if it has no denominator.
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
