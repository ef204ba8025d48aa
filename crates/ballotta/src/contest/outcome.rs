//! The result of a contest, computed from its totals in exact integers.

use alloc::vec::Vec;
use core::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Totals that no ballots of the contest can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeError {
    /// The number of totals is not the number of counts.
    #[error("the contest has {counts} counts, but there are {totals} totals")]
    WrongNumber {
        /// The number of totals that were given.
        totals: usize,
        /// The number of counts of the contest.
        counts: usize,
    },
    /// No ballots of this weight can give the totals.
    #[error("the counted ballots cannot give these totals")]
    Impossible,
}

/// The result of a contest. Options are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub(super) counts: Option<Vec<u64>>,
    pub(super) blank: Option<u64>,
    pub(super) ranking: Vec<Vec<usize>>,
    pub(super) detail: Detail,
}

/// What ranks the options of a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankedBy {
    /// Their totals.
    Totals,
    /// Their majority grades and gauges (Balinski and Laraki).
    MajorityJudgment,
    /// The strongest paths between them.
    Schulze,
    /// The largest defeats, which are locked first.
    RankedPairs,
    /// The number of options that each beats.
    Copeland,
}

/// The part of a result that only some kinds have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// The kind has only totals and a ranking.
    None,
    /// For `score`: the average of each option as a reduced fraction, numerator and denominator.
    Averages(Vec<[u64; 2]>),
    /// For `grades`: the grades of each option.
    Grades {
        /// For each option, the totals of its grades, the best first.
        totals: Vec<Vec<u64>>,
        /// The majority grade of each option, counted from 0, which is the best. `None` if nobody voted.
        majority: Option<Vec<usize>>,
    },
    /// For `pairs`: the comparison of every pair of options.
    Pairs(PairsOutcome),
}

/// The comparison of every pair of options, and the rankings that follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairsOutcome {
    /// For each option, the weight of the ballots that rank it above each other option. The entry for the option itself
    /// is 0.
    pub matrix: Vec<Vec<u64>>,
    /// The option that beats all others, if there is one.
    pub condorcet_winner: Option<usize>,
    /// The ranking by the method of Schulze.
    pub schulze: Vec<Vec<usize>>,
    /// The ranking by the method of ranked pairs.
    pub ranked_pairs: Vec<Vec<usize>>,
    /// The ranking by the method of Copeland.
    pub copeland: Vec<Vec<usize>>,
}

impl Outcome {
    /// The outcome with these totals. Larger totals rank first.
    pub(super) fn of_totals(counts: Vec<u64>, blank: Option<u64>) -> Self {
        let ranking = rank_by(counts.len(), |option| counts.get(option).copied());
        Self { counts: Some(counts), blank, ranking, detail: Detail::None }
    }

    /// Returns the total of each option, in option order. `None` for kinds in which options have no totals.
    #[must_use]
    pub fn counts(&self) -> Option<&[u64]> {
        self.counts.as_deref()
    }

    /// Returns the weight of the blank votes, if the rule allows them.
    #[must_use]
    pub fn blank(&self) -> Option<u64> {
        self.blank
    }

    /// Returns whether the result reveals how everybody voted: an option has `most`, the largest possible total, or the
    /// blank vote, a grade, or the order of two options has the whole `weight`.
    pub(crate) fn is_unanimous(&self, most: u64, weight: u64) -> bool {
        let whole = |total: &u64| *total == weight;
        let in_detail = match &self.detail {
            Detail::Grades { totals, .. } => totals.iter().flatten().any(whole),
            Detail::Pairs(pairs) => pairs.matrix.iter().flatten().any(whole),
            _ => false,
        };
        in_detail || self.blank == Some(weight) || self.counts.iter().flatten().any(|total| *total == most)
    }

    /// Returns the options from the first to the last. Options that tie share a place, in option order.
    #[must_use]
    pub fn ranking(&self) -> &[Vec<usize>] {
        &self.ranking
    }

    /// Returns the part of the result that only this kind has.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        &self.detail
    }

    /// Returns whether an option has a vote: a total above 0; in `pairs`, a ballot that ranks it above another option; in
    /// `grades`, anybody who voted.
    #[must_use]
    pub fn has_vote(&self, option: usize) -> bool {
        match (&self.counts, &self.detail) {
            (_, Detail::Pairs(pairs)) => pairs.matrix.get(option).is_some_and(|row| row.iter().any(|above| *above > 0)),
            (_, Detail::Grades { majority, .. }) => majority.is_some(),
            (counts, _) => counts.iter().flatten().nth(option).is_some_and(|total| *total > 0),
        }
    }
}

/// Sorts the numbers `0..count` by their keys, the largest first. Numbers with equal keys share a place.
pub(super) fn rank_by<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    rank(count, &|one, other| key(other).cmp(&key(one)))
}

/// Sorts the numbers `0..count` by an order. Equal numbers share a place. The order is a trait object, so that the code
/// of sorting is compiled once.
pub(super) fn rank(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..count).collect();
    // The sort is stable, so that options that tie stay in option order.
    order.sort_by(|one, other| compare(*one, *other));
    order.chunk_by(|one, next| compare(*one, *next).is_eq()).map(<[usize]>::to_vec).collect()
}

/// The totals of a contest: those of options, the blank votes, and the weight of the ballots that are not blank.
pub(super) struct Counts<'a> {
    pub(super) totals: &'a [u64],
    pub(super) blank: Option<u64>,
    pub(super) voted: u64,
}

impl<'a> Counts<'a> {
    /// Splits the totals of a contest with this many counts. The last is that of the blank votes if there are any.
    pub(super) fn of(totals: &'a [u64], counts: usize, has_blank: bool, weight: u64) -> Result<Self, OutcomeError> {
        if totals.len() != counts {
            return Err(OutcomeError::WrongNumber { totals: totals.len(), counts });
        }
        let (blank, totals) = match totals.split_last() {
            Some((blank, rest)) if has_blank => (Some(*blank), rest),
            _ => (None, totals),
        };
        let voted = weight.checked_sub(blank.unwrap_or(0)).ok_or(OutcomeError::Impossible)?;
        Ok(Self { totals, blank, voted })
    }
}

/// Returns `whole` minus the sum of `parts`.
pub(super) fn remainder(whole: u128, parts: &[u64]) -> Result<u64, OutcomeError> {
    whole.checked_sub(sum(parts)).and_then(|rest| u64::try_from(rest).ok()).ok_or(OutcomeError::Impossible)
}

/// Refuses totals that do not satisfy a condition.
pub(super) fn require_possible(is_possible: bool) -> Result<(), OutcomeError> {
    if is_possible { Ok(()) } else { Err(OutcomeError::Impossible) }
}

/// Returns the sum, which cannot overflow.
pub(super) fn sum(parts: &[u64]) -> u128 {
    parts.iter().map(|part| u128::from(*part)).sum()
}
