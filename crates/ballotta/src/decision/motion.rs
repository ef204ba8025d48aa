//! Motions: they pass or they fail.
//!
//! See `spec/contests.md#motions`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Circumstances;
use super::share::{QuorumRule, Share};
use crate::contest::Outcome;
use crate::json::{JsonPath, Node};
use crate::problem::ManifestProblem;

/// The most conditions of a motion: one for each base.
const MAX_CONDITIONS: usize = 3;

/// A motion, which passes if the votes for it satisfy all conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Motion {
    /// The identifier of the option that is a vote for the motion.
    #[serde(rename = "for")]
    pub in_favour: String,
    /// The identifier of the option that is a vote against it.
    pub against: String,
    /// The conditions, at least one, each with another base.
    pub conditions: Vec<Condition>,
}

/// A share that the votes for a motion must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// What the votes for the motion are a share of.
    pub of: MotionBase,
    /// Whether they must be at least the fraction, or more than it.
    pub rule: QuorumRule,
    /// The numerator and the denominator of a fraction above 0 and at most 1.
    pub fraction: [u32; 2],
}

/// What the votes for a motion are a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MotionBase {
    /// The votes for it and the votes against it.
    Votes,
    /// The weight of all ballots that count in the contest, with abstentions and blank votes.
    Ballots,
    /// The weight of all voters who have the contest on their ballot.
    Roll,
}

impl MotionBase {
    const WORDS: &'static [(&'static str, Self)] =
        &[("votes", Self::Votes), ("ballots", Self::Ballots), ("roll", Self::Roll)];
}

/// Whether a motion passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionResult {
    /// The votes for the motion.
    #[serde(rename = "for")]
    pub in_favour: u64,
    /// The votes against it.
    pub against: u64,
    /// The conditions, in the order of the manifest.
    pub conditions: Vec<ConditionResult>,
    /// Whether the motion passes.
    pub passed: bool,
    /// Why it does not pass; `None` if it passes.
    pub because: Option<MotionBecause>,
}

/// Whether a condition of a motion is satisfied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionResult {
    /// What the votes for the motion are a share of.
    pub of: MotionBase,
    /// The number of which they are a share.
    pub base: u64,
    /// The fraction of the base: numerator and denominator.
    pub fraction: [u32; 2],
    /// `more_than` or `at_least` the fraction.
    pub rule: QuorumRule,
    /// Whether the condition is satisfied.
    pub reached: bool,
}

/// Why a motion does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MotionBecause {
    /// The quorum is not reached.
    NoQuorum,
    /// Nobody voted for it.
    NoVotes,
    /// A condition is not satisfied.
    Condition,
}

impl Motion {
    /// Reads the field `passes` of a contest. `options` are the identifiers of its options, if they could be read.
    pub(crate) fn read<'a>(node: &Node<'a>, options: Option<&[Option<&'a str>]>) -> Option<Self> {
        let mut object = node.object()?;
        let known = |node: Node<'a>| {
            let id = node.string()?;
            match options {
                Some(options) if !options.contains(&Some(id)) => node.path().fail(ManifestProblem::UnknownOption),
                _ => Some(id),
            }
        };
        let in_favour = object.required("for", known);
        let against = object.required("against", |node| {
            let path: JsonPath<'_> = node.path().clone();
            let id = known(node)?;
            if in_favour == Some(id) { path.fail(ManifestProblem::OptionTwice) } else { Some(id) }
        });
        let mut bases: Vec<MotionBase> = Vec::new();
        let conditions = object.required("conditions", |node| {
            node.list(1..=MAX_CONDITIONS, |node| {
                let mut object = node.object()?;
                let of = object.required("of", |node| {
                    let base = node.word(MotionBase::WORDS)?;
                    if bases.contains(&base) {
                        return node.path().fail(ManifestProblem::BaseTwice);
                    }
                    bases.push(base);
                    Some(base)
                });
                let share = Share::read(&mut object);
                object.finish();
                let Share { rule, fraction } = share?;
                Some(Condition { of: of?, rule, fraction })
            })
        });
        object.finish();
        Some(Self { in_favour: in_favour?.into(), against: against?.into(), conditions: conditions? })
    }

    /// Decides the motion. `option` gives the position of an option.
    pub(crate) fn decide(
        &self,
        outcome: &Outcome,
        option: impl Fn(&str) -> Option<usize>,
        circumstances: &Circumstances<'_>,
    ) -> MotionResult {
        let total = |id: &str| option(id).and_then(|option| outcome.counts()?.get(option).copied()).unwrap_or(0);
        let (in_favour, against) = (total(&self.in_favour), total(&self.against));
        let result = |condition: &Condition| {
            let Condition { of, rule, fraction } = *condition;
            let base = match of {
                MotionBase::Votes => in_favour.saturating_add(against),
                MotionBase::Ballots => circumstances.weight,
                MotionBase::Roll => circumstances.eligible_weight,
            };
            ConditionResult { of, base, fraction, rule, reached: Share { rule, fraction }.reached(in_favour, base) }
        };
        let conditions: Vec<ConditionResult> = self.conditions.iter().map(result).collect();
        let because = if !circumstances.has_quorum {
            Some(MotionBecause::NoQuorum)
        } else if in_favour == 0 {
            Some(MotionBecause::NoVotes)
        } else {
            (!conditions.iter().all(|condition| condition.reached)).then_some(MotionBecause::Condition)
        };
        MotionResult { in_favour, against, conditions, passed: because.is_none(), because }
    }
}
