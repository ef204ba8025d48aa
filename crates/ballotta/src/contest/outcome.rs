//! What totals mean: the result of a contest, in exact integers.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Totals that no ballots of the contest give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeError {
    /// There are not as many totals as counts.
    #[error("{totals} totals for {counts} counts")]
    WrongNumber {
        /// How many totals.
        totals: usize,
        /// How many counts.
        counts: usize,
    },
    /// The totals are not what so many ballots can give.
    #[error("the totals are not what so many ballots can give")]
    Impossible,
}

/// The result of a contest. Options are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub(super) counts: Option<Vec<u64>>,
    pub(super) blank: Option<u64>,
    pub(super) ranking: Vec<Vec<usize>>,
    pub(super) detail: Detail,
    pub(super) winners: Option<Winners>,
}

/// What a kind has to say beyond totals and ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// Nothing.
    None,
    /// Of `score`: the averages of the options, reduced: numerators and denominators.
    Averages(Vec<[u64; 2]>),
    /// Of `grades`.
    Grades {
        /// The totals of the grades of each option, the best first.
        totals: Vec<Vec<u64>>,
        /// The majority grade of each option, counted from 0, the best; none if nobody voted.
        majority: Option<Vec<usize>>,
    },
    /// Of `pairs`.
    Pairs(PairsOutcome),
    /// Of `lists` with seats.
    Seats(SeatsOutcome),
}

/// Who stands above whom, and what the methods make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairsOutcome {
    /// For each option the weight of the ballots that rank it above each other one; 0 for itself.
    pub matrix: Vec<Vec<u64>>,
    /// The option that beats all others, if there is one.
    pub condorcet_winner: Option<usize>,
    /// Schulze's ranking.
    pub schulze: Vec<Vec<usize>>,
    /// The ranking by ranked pairs.
    pub ranked_pairs: Vec<Vec<usize>>,
    /// Copeland's ranking.
    pub copeland: Vec<Vec<usize>>,
}

/// The seats of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatsOutcome {
    /// The lists, by their options, in the order of the rule, each with its seats.
    pub lists: Vec<(usize, u32)>,
    /// The lists with equal claims to the seats that stay open, in the order of the rule.
    pub tied: Vec<usize>,
    /// How many seats stay open.
    pub open: u32,
}

/// Who is elected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winners {
    /// How many are to be elected.
    pub number: u32,
    /// Who is, in the order of the ranking.
    pub elected: Vec<usize>,
    /// Who ties for the seats that are left.
    pub tied: Vec<usize>,
}

impl Outcome {
    /// The outcome with these totals, which rank the options.
    pub(super) fn of_totals(counts: Vec<u64>, blank: Option<u64>) -> Self {
        let ranking = rank_by(counts.len(), |option| counts.get(option).copied());
        Self { counts: Some(counts), blank, ranking, detail: Detail::None, winners: None }
    }

    /// The same with the first `number` of the ranking elected.
    pub(super) fn elect(mut self, number: u32) -> Self {
        let mut winners = Winners { number, elected: Vec::new(), tied: Vec::new() };
        for place in &self.ranking {
            let left = (number as usize).saturating_sub(winners.elected.len());
            if left == 0 {
                break;
            }
            if place.len() > left {
                winners.tied.clone_from(place);
                break;
            }
            winners.elected.extend(place);
        }
        self.winners = Some(winners);
        self
    }

    /// What each option counts, in option order; `None` of kinds in which options have no totals of their own.
    #[must_use]
    pub fn counts(&self) -> Option<&[u64]> {
        self.counts.as_deref()
    }

    /// The blank votes, where the rule has them.
    #[must_use]
    pub fn blank(&self) -> Option<u64> {
        self.blank
    }

    /// Whether the result tells how everybody voted: an option has `most`, all that can be, or a blank vote, a grade or one
    /// order of two options the whole `weight`.
    pub(crate) fn is_unanimous(&self, most: u64, weight: u64) -> bool {
        let whole = |total: &u64| *total == weight;
        let in_detail = match &self.detail {
            Detail::Grades { totals, .. } => totals.iter().flatten().any(whole),
            Detail::Pairs(pairs) => pairs.matrix.iter().flatten().any(whole),
            _ => false,
        };
        in_detail || self.blank == Some(weight) || self.counts.iter().flatten().any(|total| *total == most)
    }

    /// The options from the first to the last; options that tie stand together, in option order.
    #[must_use]
    pub fn ranking(&self) -> &[Vec<usize>] {
        &self.ranking
    }

    /// What the kind has to say beyond that.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        &self.detail
    }

    /// Who is elected, where the rule says how many are.
    #[must_use]
    pub fn winners(&self) -> Option<&Winners> {
        self.winners.as_ref()
    }
}

/// The numbers `0..count` by their keys, the largest first; those of equal keys together.
pub(super) fn rank_by<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    rank(count, &|one, other| key(other).cmp(&key(one)))
}

/// The numbers `0..count` in an order; those that are equal together. One function for all orders: sorting is long.
pub(super) fn rank(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..count).collect();
    // Stable: options that tie stay in their own order.
    order.sort_by(|one, other| compare(*one, *other));
    order.chunk_by(|one, next| compare(*one, *next).is_eq()).map(<[usize]>::to_vec).collect()
}

/// The totals of a contest: the blank votes apart, and the weight that is not blank.
pub(super) struct Counts<'a> {
    pub(super) totals: &'a [u64],
    pub(super) blank: Option<u64>,
    pub(super) voted: u64,
}

impl<'a> Counts<'a> {
    /// The totals of a contest with this many counts, of which the last is the blank vote if there is one.
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

/// What `parts` leave of `whole`.
pub(super) fn remainder(whole: u128, parts: &[u64]) -> Result<u64, OutcomeError> {
    whole.checked_sub(sum(parts)).and_then(|rest| u64::try_from(rest).ok()).ok_or(OutcomeError::Impossible)
}

/// Refuses totals for which a condition of possible totals is false.
pub(super) fn require_possible(is_possible: bool) -> Result<(), OutcomeError> {
    if is_possible { Ok(()) } else { Err(OutcomeError::Impossible) }
}

/// The sum, which cannot overflow.
pub(super) fn sum(parts: &[u64]) -> u128 {
    parts.iter().map(|part| u128::from(*part)).sum()
}
