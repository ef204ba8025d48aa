//! The tally: which ballots count, and their sum under encryption.
//!
//! See `spec/tally.md`. The tally contains the ballots before the first closing on the board. Of each
//! credential, the last valid ballot counts.

mod changes;
pub mod heads;
mod ledger;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::iter::zip;

pub(crate) use changes::{ChangeFailure, RollChangeEntry, change_roll, check_change};
pub use ledger::{CountedSet, LedgerError, LedgerIndex, randomness_digest};
pub(crate) use ledger::{Ledger, LedgerEntry, Selection, admit, find};

use crate::ballot::VerifiedBallot;
use crate::contest::{Multiplier, Rule};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement};
use crate::hash::{Fingerprint, TallyDigest, TreeHash, tagged};
use crate::manifest::Privacy;
use crate::merkle::TreeHead;
use crate::weaken::{self, Check};

/// The sum of the weights exceeds the largest total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum of the weights is too large")]
pub(crate) struct WeightOverflow;

/// The sum of one contest's slots over some ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ContestSum {
    r: Element,
    c: Vec<Element>,
}

/// A set of counted ballots: their number, the sum of their weights, and the number of ballots with the rarest weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    ballots: u64,
    weight: u64,
    rarest: u64,
}

impl Counted {
    /// The set of ballots with these weights and their numbers of ballots. A weight may appear more than once.
    fn of(classes: impl IntoIterator<Item = (u64, u64)>) -> Result<Self, WeightOverflow> {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for (weight, count) in classes {
            *counts.entry(weight).or_default() += count;
        }
        let mut counted = Self { rarest: counts.values().copied().min().unwrap_or(0), ..Self::default() };
        for (weight, count) in counts {
            counted.ballots += count;
            let of_class = weight.checked_mul(count).ok_or(WeightOverflow)?;
            counted.weight = counted.weight.checked_add(of_class).ok_or(WeightOverflow)?;
        }
        Ok(counted)
    }
}

/// Why the totals of a contest stay encrypted: by the limits of the manifest, they would reveal single votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer ballots count in the contest than the manifest requires.
    TooFewBallots {
        /// The number of ballots that count in the contest.
        found: u64,
        /// The number of ballots that the manifest requires.
        minimum: u64,
    },
    /// A weight is so rare among the ballots of the contest that the totals would reveal the votes of single voters.
    RareWeight {
        /// The number of ballots with the rarest weight.
        found: u64,
        /// The number of ballots of each weight that the manifest requires.
        minimum: u64,
    },
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, minimum, which) = match *self {
            Self::TooFewBallots { found, minimum } => (found, minimum, ""),
            Self::RareWeight { found, minimum } => (found, minimum, " of one weight"),
        };
        let ballots = if found == 1 { "ballot" } else { "ballots" };
        write!(f, "{found} {ballots}{which} in it, fewer than the {minimum} that the manifest requires")
    }
}

impl Withheld {
    /// Whether the totals of a contest with these ballots are withheld. If no ballot counts, there is nothing to
    /// protect.
    fn of(limits: &Privacy, rule: &Rule, counted: &Counted) -> Option<Self> {
        if counted.ballots == 0 || !weaken::is_on(Check::PrivacyLimits) {
            return None;
        }
        let (found, minimum) = (counted.ballots, limits.minimum_counted_ballots);
        if found < minimum {
            return Some(Self::TooFewBallots { found, minimum });
        }
        let (found, minimum) = (counted.rarest, limits.minimum_ballots_per_weight);
        let rare = matches!(rule.multiplier(), Multiplier::RollWeight) && found < minimum;
        rare.then_some(Self::RareWeight { found, minimum })
    }
}

/// How the sum is corrected for one ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Correction {
    /// The ballot counts, and was not added yet.
    Add,
    /// The ballot was added, and does not count.
    Remove,
}

/// The sum of the counted ballots in a range of the board. It can be merged with the sum of another range.
#[derive(Clone, Debug)]
pub struct PartialTally {
    contests: Vec<ContestSum>,
    /// The number of ballots of each style and weight, which decides whether the totals of a contest are withheld.
    classes: BTreeMap<(usize, u64), u64>,
}

impl PartialTally {
    /// The sum of no ballots.
    #[must_use]
    pub fn zero(context: &ElectionContext) -> Self {
        let manifest = context.manifest();
        let slots = (0..manifest.contests().len()).map(|contest| manifest.contest_slots(contest).len());
        let zero = |slots| ContestSum { r: Element::identity(), c: alloc::vec![Element::identity(); slots] };
        let contests = slots.map(zero).collect();
        Self { contests, classes: BTreeMap::new() }
    }

    /// Adds a ballot, or removes a ballot that was added. Each contest is multiplied by the weight if its rule says so.
    pub(crate) fn correct(&mut self, context: &ElectionContext, ballot: &VerifiedBallot, correction: Correction) {
        let VerifiedBallot { weight, style: number, ciphertext, .. } = ballot;
        let signed = |element: Element| match correction {
            Correction::Add => element,
            Correction::Remove => -element,
        };
        let Some(style) = context.style(*number) else { return };
        let mut slots = ciphertext.c().iter();
        for (contest, _) in &style.compiled().contests {
            let rule = context.manifest().contests().get(*contest).map(|contest| &contest.rule);
            let (Some(sum), Some(rule)) = (self.contests.get_mut(*contest), rule) else { continue };
            let times = match rule.multiplier() {
                Multiplier::RollWeight => *weight,
                Multiplier::One => 1,
            };
            sum.r += signed(ciphertext.r().element().vartime_times(times));
            for (c, slot) in zip(&mut sum.c, &mut slots) {
                *c += signed(slot.element().vartime_times(times));
            }
        }
        let count = self.classes.entry((*number, *weight)).or_default();
        match correction {
            Correction::Add => *count += 1,
            Correction::Remove => *count = count.saturating_sub(1),
        }
        if *count == 0 {
            self.classes.remove(&(*number, *weight));
        }
    }

    /// Adds a ballot, which the caller has not added before. For benches.
    #[cfg(feature = "hazmat")]
    pub fn add(&mut self, context: &ElectionContext, ballot: &VerifiedBallot) {
        self.correct(context, ballot, Correction::Add);
    }

    /// Adds the tally of another range. The caller checks that the ranges have no entry in common.
    pub(crate) fn append(&mut self, other: &Self) {
        for (sum, more) in zip(&mut self.contests, &other.contests) {
            sum.r += more.r;
            for (c, more) in zip(&mut sum.c, &more.c) {
                *c += *more;
            }
        }
        for (class, count) in &other.classes {
            *self.classes.entry(*class).or_default() += count;
        }
    }

    /// Writes the sums.
    pub(crate) fn encode(&self, writer: &mut Writer) {
        for sum in &self.contests {
            for element in core::iter::once(&sum.r).chain(&sum.c) {
                writer.element(&PublicElement::from(*element));
            }
        }
        // There are no more classes than ballots, and no style above `MAX_STYLES`.
        writer.u32(self.classes.len() as u32);
        for ((style, weight), count) in &self.classes {
            writer.u16(*style as u16).u64(*weight).u64(*count);
        }
    }

    /// Reads the sums of a range of `entries` entries.
    pub(crate) fn decode(
        context: &ElectionContext,
        entries: u64,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let mut tally = Self::zero(context);
        for sum in &mut tally.contests {
            sum.r = *reader.element_or_identity("R")?.element();
            for c in &mut sum.c {
                *c = *reader.element_or_identity("C")?.element();
            }
        }
        let mut left = entries;
        for _ in 0..reader.u32("classes")? {
            let style = reader.u16("style")?;
            if usize::from(style) >= context.manifest().styles().len() {
                return Err(DecodeError::UnknownValue { field: "style", found: style.into() });
            }
            let class = (usize::from(style), reader.u64("weight")?);
            if tally.classes.last_key_value().is_some_and(|(last, _)| *last >= class) {
                return Err(DecodeError::UnknownValue { field: "weight", found: class.1 });
            }
            let count = reader.u64("count")?;
            left = match left.checked_sub(count) {
                Some(left) if count > 0 => left,
                _ => return Err(DecodeError::LimitExceeded { field: "count", found: count, limit: left }),
            };
            tally.classes.insert(class, count);
        }
        Ok(tally)
    }

    /// The encrypted tally of a board that was closed at `close`, and whose heads of voters have the root `heads`.
    pub(crate) fn close(
        self,
        context: &ElectionContext,
        close: TreeHead,
        heads: TreeHash,
    ) -> Result<EncryptedTally, WeightOverflow> {
        let manifest = context.manifest();
        let counted_in = |holds: &dyn Fn(usize) -> bool| {
            let classes = self.classes.iter().filter(|((style, _), _)| holds(*style));
            Counted::of(classes.map(|((_, weight), count)| (*weight, *count)))
        };
        let contests = zip(self.contests, manifest.contests()).enumerate().map(|(number, (sum, contest))| {
            let counted = counted_in(&|style| manifest.style_contests(style).contains(&number))?;
            let ContestSum { r, c } = sum;
            Ok(EncryptedContest {
                r: r.into(),
                c: c.into_iter().map(PublicElement::from).collect(),
                ballots: counted.ballots,
                weight: counted.weight,
                withheld: Withheld::of(manifest.privacy(), &contest.rule, &counted),
            })
        });
        let contests = contests.collect::<Result<Vec<_>, WeightOverflow>>()?;
        let Counted { ballots, weight, .. } = counted_in(&|_| true)?;
        let digest = digest(&contests);
        Ok(EncryptedTally { fingerprint: *context.fingerprint(), close, heads, contests, ballots, weight, digest })
    }
}

fn digest(contests: &[EncryptedContest]) -> TallyDigest {
    let mut writer = Writer::new();
    for contest in contests {
        writer.u64(contest.ballots).u64(contest.weight).element(&contest.r);
        for c in &contest.c {
            writer.element(c);
        }
    }
    TallyDigest::from_bytes(tagged("tally", &[&writer.finish()]))
}

/// The encrypted sums of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedContest {
    /// The sum of `R` over the ballots of the contest; the identity if there are none.
    pub r: PublicElement,
    /// The sums of the slots.
    pub c: Vec<PublicElement>,
    /// The number of ballots that count in the contest.
    pub ballots: u64,
    /// The sum of the weights of these ballots.
    pub weight: u64,
    /// Why the sums stay encrypted; `None` if they are decrypted.
    pub withheld: Option<Withheld>,
}

impl EncryptedContest {
    /// Whether trustees decrypt the sums. They do not if the totals are withheld, or if `R` is the identity, so that
    /// the sums are not hidden: no ballot counts, or all voters of the contest chose randomness that cancels. Such
    /// voters reveal only their own votes, and must not block the other contests.
    #[must_use]
    pub fn needs_decryption(&self) -> bool {
        self.withheld.is_none() && !self.r.is_identity()
    }
}

/// The encrypted sums of all contests of a closed board. Trustees decrypt nothing else. Only the verification of a
/// closed record creates it.
#[derive(Clone, Debug)]
pub struct EncryptedTally {
    fingerprint: Fingerprint,
    close: TreeHead,
    heads: TreeHash,
    contests: Vec<EncryptedContest>,
    ballots: u64,
    weight: u64,
    digest: TallyDigest,
}

impl EncryptedTally {
    /// The fingerprint of the election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The head of the board up to the closing, with the closing as its last entry.
    #[must_use]
    pub fn close(&self) -> &TreeHead {
        &self.close
    }

    /// The root of the tree of [heads]: for each voter, the ballot that counts.
    #[must_use]
    pub fn heads(&self) -> &TreeHash {
        &self.heads
    }

    /// The sums, in the order of the manifest's contests.
    #[must_use]
    pub fn contests(&self) -> &[EncryptedContest] {
        &self.contests
    }

    /// The number of ballots that count.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        self.ballots
    }

    /// The sum of the weights of the ballots that count.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The digest of the encrypted sums.
    #[must_use]
    pub fn digest(&self) -> &TallyDigest {
        &self.digest
    }
}
