//! The published result: totals, turnout and quorum.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::zip;

use serde::{Deserialize, Serialize};

use crate::contest::{Detail, Outcome, RankedBy};
use crate::credential::{ChangeCounts, RollTotals};
use crate::decision::{Circumstances, LotSeed, MotionResult, SeatsResult, WinnersResult};
use crate::decryption::TallyResult;
use crate::election::ElectionContext;
use crate::manifest::{Contest, Decisions, QuorumBase, QuorumOf, QuorumRule};
use crate::tally::{EncryptedTally, Withheld};

/// A result cannot be written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result cannot be written as JSON")]
pub struct ResultEncodingError;

/// A result for people and programs. Two verifiers write the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultDocument {
    /// The name of the format: [`Self::FORMAT`].
    pub format: String,
    /// The fingerprint of the election.
    pub fingerprint: String,
    /// The number of voters on the roll.
    pub eligible_voters: u64,
    /// The sum of the weights of these voters.
    pub eligible_weight: u64,
    /// How often the roll was changed during the voting, if the manifest allows changes. `eligible_voters` and `eligible_weight`
    /// are those of the current roll at the close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_changes: Option<ChangeCounts>,
    /// The number of ballots that count: one for each voter who voted.
    pub counted_ballots: u64,
    /// The sum of the weights of these ballots.
    pub counted_weight: u64,
    /// The quorum, if the manifest requires one.
    pub quorum: Option<QuorumResult>,
    /// The seed of the lot that decides ties, hexadecimal; `None` if ties stay open.
    pub lot: Option<String>,
    /// The contests, in the order of the manifest.
    pub contests: Vec<ContestResult>,
}

/// Whether the quorum is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuorumResult {
    /// The ballots or the weight that took part, as the manifest says.
    pub counted: u64,
    /// The number with which `counted` is compared.
    pub base: u64,
    /// The fraction of the base: numerator and denominator.
    pub fraction: [u32; 2],
    /// `more_than` or `at_least` the fraction.
    pub rule: QuorumRule,
    /// Whether the quorum is reached.
    pub reached: bool,
}

/// The totals of a contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContestResult {
    /// The identifier of the contest.
    pub id: String,
    /// The number of counted ballots that contain the contest.
    pub ballots: u64,
    /// The sum of the weights of these ballots.
    pub weight: u64,
    /// Why the totals stay encrypted; `None` if they are published. If it is set, `options` and `blank` are empty.
    pub withheld: Option<WithheldReason>,
    /// The results of the options, in the order of the manifest.
    pub options: Vec<OptionResult>,
    /// The total of the blank ballots, if the contest allows them.
    pub blank: Option<u64>,
    /// What ranks the options.
    pub ranked_by: RankedBy,
    /// The options from the first place to the last. Options that tie are in one group.
    pub ranking: Vec<Vec<String>>,
    /// Who is elected, if the contest elects options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<WinnersResult>,
    /// Whether the motion passes, if the contest is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<MotionResult>,
    /// The comparison of all pairs of options, if the contest counts pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairsResult>,
    /// The seats, in a contest of lists with seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<SeatsResult>,
}

/// The comparison of all pairs of options, and the rankings that follow from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairsResult {
    /// For each option, the weights of the ballots that rank it above each other option. Its own column is 0.
    pub matrix: Vec<Vec<u64>>,
    /// The option that beats all others, if there is one.
    pub condorcet_winner: Option<String>,
    /// The ranking by the method of Schulze.
    pub schulze: Vec<Vec<String>>,
    /// The ranking by ranked pairs.
    pub ranked_pairs: Vec<Vec<String>>,
    /// The ranking by the method of Copeland.
    pub copeland: Vec<Vec<String>>,
}

/// Why the totals of a contest stay encrypted. See [`Withheld`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithheldReason {
    /// Too few ballots count in the contest.
    TooFewBallots,
    /// Too few of the ballots in the contest have the same weight.
    RareWeight,
}

impl From<Withheld> for WithheldReason {
    fn from(withheld: Withheld) -> Self {
        match withheld {
            Withheld::TooFewBallots { .. } => Self::TooFewBallots,
            Withheld::RareWeight { .. } => Self::RareWeight,
        }
    }
}

/// The result of an option.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionResult {
    /// The identifier of the option.
    pub id: String,
    /// The total of the option; absent in contests of grades and of pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The average of the option in contests of scores: numerator and denominator, reduced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<[u64; 2]>,
    /// The totals of the option's grades, the best grade first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grades: Option<Vec<u64>>,
    /// The option's majority grade; `Some(None)` if nobody voted. Absent in contests of other kinds than grades.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub grade: Option<Option<String>>,
}

/// Reads a field that is present, which may be `null`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl ContestResult {
    /// The result of a contest with this number of ballots. Without an outcome, its totals are withheld, and nothing is
    /// decided.
    #[must_use]
    pub fn new(
        contest: &Contest,
        ballots: u64,
        withheld: Option<WithheldReason>,
        outcome: Option<&Outcome>,
        circumstances: &Circumstances<'_>,
    ) -> Self {
        let mut result = Self {
            id: contest.id.clone(),
            ballots,
            weight: circumstances.weight,
            withheld,
            options: Vec::new(),
            blank: None,
            ranked_by: contest.rule.ranked_by(),
            ranking: Vec::new(),
            winners: None,
            passes: None,
            pairs: None,
            seats: None,
        };
        let Some(outcome) = outcome else { return result };
        let id = |option: &usize| contest.options.get(*option).map(|option| option.id.clone());
        let ids = |options: &[usize]| options.iter().filter_map(id).collect::<Vec<_>>();
        let ranking = |ranking: &[Vec<usize>]| ranking.iter().map(|tied| ids(tied)).collect::<Vec<_>>();
        result.options = (0..)
            .zip(&contest.options)
            .map(|(number, option)| option_result(contest, outcome, number, &option.id))
            .collect();
        result.blank = outcome.blank();
        result.ranking = ranking(outcome.ranking());
        if let Detail::Pairs(pairs) = outcome.detail() {
            result.pairs = Some(PairsResult {
                matrix: pairs.matrix.clone(),
                condorcet_winner: pairs.condorcet_winner.as_ref().and_then(id),
                schulze: ranking(&pairs.schulze),
                ranked_pairs: ranking(&pairs.ranked_pairs),
                copeland: ranking(&pairs.copeland),
            });
        }
        let Decisions { winners, motion, seats, .. } = contest.decide(outcome, circumstances);
        (result.winners, result.passes, result.seats) = (winners, motion, seats);
        result
    }
}

/// The result of the option at a position of its contest.
fn option_result(contest: &Contest, outcome: &Outcome, option: usize, id: &str) -> OptionResult {
    let mut result = OptionResult {
        id: id.to_string(),
        total: outcome.counts().and_then(|counts| counts.get(option)).copied(),
        ..OptionResult::default()
    };
    match outcome.detail() {
        Detail::Averages(averages) => result.average = averages.get(option).copied(),
        Detail::Grades { totals, majority } => {
            let known = contest.rule.grades();
            let grade = majority.as_ref().and_then(|grades| grades.get(option)).and_then(|grade| known.get(*grade));
            result.grades = totals.get(option).cloned();
            result.grade = Some(grade.map(|grade| grade.id.clone()));
        }
        _ => {}
    }
    result
}

impl ResultDocument {
    /// The format of a result.
    pub const FORMAT: &str = crate::format_name!("result");
    /// The largest length of a result in bytes.
    pub const MAX_BYTES: usize = 16 << 20;

    /// The result with these totals, and what is decided by it.
    #[must_use]
    pub fn new(context: &ElectionContext, roll: &RollTotals, tally: &EncryptedTally, totals: &TallyResult) -> Self {
        let manifest = context.manifest();
        let quorum = manifest.quorum().map(|quorum| {
            let (counted, eligible) = match quorum.of {
                QuorumOf::Heads => (tally.ballots(), roll.voters()),
                QuorumOf::Weight => (tally.weight(), roll.weight()),
            };
            let base = match quorum.base {
                QuorumBase::Roll => eligible,
                QuorumBase::Cast => counted,
            };
            QuorumResult {
                counted,
                base,
                fraction: quorum.fraction,
                rule: quorum.rule,
                reached: quorum.reached(counted, base),
            }
        });
        let contests = zip(manifest.contests(), zip(tally.contests(), &totals.contests)).enumerate();
        let contests = contests.map(|(number, (contest, (sums, of_contest)))| {
            let circumstances = Circumstances {
                has_quorum: quorum.as_ref().is_none_or(|quorum| quorum.reached),
                weight: sums.weight,
                eligible_weight: roll.weight_of_contest(manifest, number),
                lot: totals.lot.as_ref(),
            };
            let outcome = of_contest.as_ref().map(|totals| &totals.outcome);
            let withheld = sums.withheld.map(WithheldReason::from);
            ContestResult::new(contest, sums.ballots, withheld, outcome, &circumstances)
        });
        Self {
            format: Self::FORMAT.to_string(),
            fingerprint: context.fingerprint().to_string(),
            eligible_voters: roll.voters(),
            eligible_weight: roll.weight(),
            roll_changes: None,
            counted_ballots: tally.ballots(),
            counted_weight: tally.weight(),
            lot: totals.lot.as_ref().map(LotSeed::to_string),
            contests: contests.collect(),
            quorum,
        }
    }

    /// The bytes of the result: JSON with an end of line.
    ///
    /// # Errors
    ///
    /// If the JSON cannot be written, which no document of strings and integers gives.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ResultEncodingError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|_| ResultEncodingError)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
