//! The result as it is published: totals, turnout and quorum.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::zip;

use serde::{Deserialize, Serialize};

use crate::contest::Outcome;
use crate::credential::RollTotals;
use crate::decryption::ContestTotals;
use crate::election::ElectionContext;
use crate::manifest::{QuorumBase, QuorumOf, QuorumRule};
use crate::tally::{EncryptedTally, Withheld};

/// A result for people and programs. Two verifiers write the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultDocument {
    /// [`Self::FORMAT`]
    pub format: String,
    /// The fingerprint of the election.
    pub fingerprint: String,
    /// Voters on the roll.
    pub eligible_voters: u64,
    /// Their weight.
    pub eligible_weight: u64,
    /// Ballots that count: one for each voter who voted.
    pub counted_ballots: u64,
    /// Their weight.
    pub counted_weight: u64,
    /// The quorum, if the manifest asks for one.
    pub quorum: Option<QuorumResult>,
    /// The contests, in the order of the manifest.
    pub contests: Vec<ContestResult>,
}

/// Whether the quorum is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuorumResult {
    /// What the manifest counts for the quorum: ballots or weight, that took part.
    pub counted: u64,
    /// What it is compared with.
    pub base: u64,
    /// The fraction of the base: numerator and denominator.
    pub fraction: [u32; 2],
    /// `more_than` or `at_least` the fraction.
    pub rule: QuorumRule,
    /// Whether it is reached.
    pub reached: bool,
}

/// The totals of a contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContestResult {
    /// The contest's identifier.
    pub id: String,
    /// Counted ballots that contain the contest.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
    /// Why the totals stay encrypted, if they do. Then there are no options, and no blank.
    pub withheld: Option<WithheldReason>,
    /// The totals of the options, in the order of the manifest.
    pub options: Vec<OptionResult>,
    /// The total of blank ballots, if the contest knows them.
    pub blank: Option<u64>,
}

/// Why the totals of a contest stay encrypted. See [`Withheld`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithheldReason {
    /// Too few ballots count in the contest.
    TooFewBallots,
    /// A weight is too rare among them.
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

/// The total of an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionResult {
    /// The option's identifier.
    pub id: String,
    /// Its total.
    pub total: u64,
}

impl ResultDocument {
    /// The format of a result.
    pub const FORMAT: &str = "ballotta/v1-draft.3/result";
    /// The longest result that is read.
    pub const MAX_BYTES: usize = 16 << 20;

    /// The result with these totals, `None` where they are withheld.
    #[must_use]
    pub fn new(
        context: &ElectionContext,
        roll: &RollTotals,
        tally: &EncryptedTally,
        totals: &[Option<ContestTotals>],
    ) -> Self {
        let manifest = context.manifest();
        let contests = zip(manifest.contests(), zip(tally.contests(), totals))
            .map(|(contest, (sums, totals))| {
                let outcome = totals.as_ref().map(|totals| &totals.outcome);
                ContestResult {
                    id: contest.id.clone(),
                    ballots: sums.ballots,
                    weight: sums.weight,
                    withheld: sums.withheld.map(WithheldReason::from),
                    options: zip(&contest.options, outcome.map_or(&[][..], Outcome::counts))
                        .map(|(option, total)| OptionResult { id: option.id.clone(), total: *total })
                        .collect(),
                    blank: outcome.and_then(Outcome::blank),
                }
            })
            .collect();
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
        Self {
            format: Self::FORMAT.to_string(),
            fingerprint: context.fingerprint().to_string(),
            eligible_voters: roll.voters(),
            eligible_weight: roll.weight(),
            counted_ballots: tally.ballots(),
            counted_weight: tally.weight(),
            quorum,
            contests,
        }
    }

    /// The bytes of the result: JSON with an end of line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and integers always serialise.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
