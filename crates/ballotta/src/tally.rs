//! The tally: which ballots count, and their sum under encryption.
//!
//! See `spec/tally.md`. The tally is of the ballots before the first close entry of the board. The last valid one of a
//! credential counts.

mod ledger;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter::zip;

pub(crate) use ledger::LastBallots;
pub use ledger::{Ledger, Recorded, Selection};

use crate::ballot::VerifiedBallot;
use crate::contest::Multiplier;
use crate::election::ElectionContext;
use crate::encoding::Writer;
use crate::group::{Element, PublicElement};
use crate::hash::{Fingerprint, TallyDigest, TreeHash, tagged};

/// A ballot that is verified and selected: the only thing that enters a tally.
#[derive(Clone, Debug)]
pub struct CountedBallot {
    ballot: VerifiedBallot,
}

/// Tallies that cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TallyError {
    /// A partial tally does not begin where the other ends.
    #[error("a partial tally from entry {found} does not continue one up to entry {expected}")]
    NotAdjacent {
        /// The entry at which it begins.
        found: u64,
        /// The entry at which it must begin.
        expected: u64,
    },
    /// A ballot does not lie behind the ballots that were added before it.
    #[error("entry {found} is added after entry {last}")]
    OutOfOrder {
        /// The position of the ballot.
        found: u64,
        /// The position up to which the tally reaches.
        last: u64,
    },
    /// The weights add up to more than a total may be.
    #[error("the weights add up to too much")]
    WeightOverflow,
}

/// The sum of one contest's slots over some ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ContestSum {
    r: Element,
    c: Vec<Element>,
    ballots: u64,
    weight: u64,
}

impl ContestSum {
    fn zero(slots: usize) -> Self {
        Self { r: Element::identity(), c: alloc::vec![Element::identity(); slots], ballots: 0, weight: 0 }
    }

    fn add(&mut self, other: &Self) -> Result<(), TallyError> {
        self.r += other.r;
        for (sum, c) in zip(&mut self.c, &other.c) {
            *sum += *c;
        }
        self.ballots += other.ballots;
        self.weight = self.weight.checked_add(other.weight).ok_or(TallyError::WeightOverflow)?;
        Ok(())
    }
}

/// The sum of the counted ballots of a range of the board. It merges with that of the range that follows.
#[derive(Clone, Debug)]
pub struct PartialTally {
    first: u64,
    end: u64,
    contests: Vec<ContestSum>,
    /// How many ballots of each weight: what tells whether a weight singles somebody out.
    weights: BTreeMap<u64, u64>,
}

impl PartialTally {
    /// The sum of no ballots, from entry `first` on.
    #[must_use]
    pub fn zero(context: &ElectionContext, first: u64) -> Self {
        let contests = 0..context.manifest().contests().len();
        let contests = contests.map(|contest| ContestSum::zero(context.contest_keys(contest).len())).collect();
        Self { first, end: first, contests, weights: BTreeMap::new() }
    }

    /// Adds a ballot, with every contest multiplied as its rule says.
    ///
    /// # Errors
    ///
    /// If it does not lie behind the ballots added so far.
    pub fn add(&mut self, context: &ElectionContext, counted: &CountedBallot) -> Result<(), TallyError> {
        let VerifiedBallot { index, weight, style, ciphertext, .. } = &counted.ballot;
        if *index < self.end {
            return Err(TallyError::OutOfOrder { found: *index, last: self.end });
        }
        let Some(style) = context.style(*style) else { return Ok(()) };
        let mut slots = ciphertext.c().iter();
        for (contest, _) in &style.compiled().contests {
            let rule = context.manifest().contests().get(*contest).map(|contest| &contest.rule);
            let (Some(sum), Some(rule)) = (self.contests.get_mut(*contest), rule) else { continue };
            let times = match rule.multiplier() {
                Multiplier::RollWeight => *weight,
                Multiplier::One => 1,
            };
            sum.r += ciphertext.r().element().vartime_times(times);
            for (c, slot) in zip(&mut sum.c, &mut slots) {
                *c += slot.element().vartime_times(times);
            }
            sum.ballots += 1;
            sum.weight = sum.weight.checked_add(*weight).ok_or(TallyError::WeightOverflow)?;
        }
        *self.weights.entry(*weight).or_default() += 1;
        self.end = index + 1;
        Ok(())
    }

    /// Says that the tally reaches up to entry `end`, which is not part of it: entries without a counted ballot.
    #[must_use]
    pub fn up_to(mut self, end: u64) -> Self {
        self.end = self.end.max(end);
        self
    }

    /// Puts this tally together with that of the range that follows.
    ///
    /// # Errors
    ///
    /// If the other does not begin where this one ends.
    pub fn merge(mut self, next: &Self) -> Result<Self, TallyError> {
        if next.first != self.end {
            return Err(TallyError::NotAdjacent { found: next.first, expected: self.end });
        }
        for (sum, other) in zip(&mut self.contests, &next.contests) {
            sum.add(other)?;
        }
        for (weight, count) in &next.weights {
            *self.weights.entry(*weight).or_default() += count;
        }
        self.end = next.end;
        Ok(self)
    }

    /// The encrypted tally of a board that was closed at `close`.
    pub(crate) fn close(self, context: &ElectionContext, close: ClosePoint) -> Result<EncryptedTally, TallyError> {
        let mut weight: u64 = 0;
        let mut ballots = 0;
        for (each, count) in &self.weights {
            ballots += count;
            let of_class = each.checked_mul(*count).ok_or(TallyError::WeightOverflow)?;
            weight = weight.checked_add(of_class).ok_or(TallyError::WeightOverflow)?;
        }
        let fewest_alike = self.weights.values().copied().min().unwrap_or(0);
        let contests = self.contests.into_iter().map(EncryptedContest::from).collect();
        Ok(EncryptedTally::new(*context.fingerprint(), close, contests, ballots, weight, fewest_alike))
    }
}

/// Where the board was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosePoint {
    /// How many entries the board has up to the close entry, that included.
    pub size: u64,
    /// The tree head over these entries.
    pub root: TreeHash,
}

/// The encrypted sums of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedContest {
    /// The sum of `R` over the ballots of the contest; the identity if there are none.
    pub r: PublicElement,
    /// The sums of the slots.
    pub c: Vec<PublicElement>,
    /// How many ballots.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
}

impl EncryptedContest {
    /// Whether nothing hides the sums: no ballot counts, or all voters of the contest together chose randomness that
    /// cancels. They give away nobody but themselves, and must not hold up the other contests.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.r.is_identity()
    }
}

impl From<ContestSum> for EncryptedContest {
    fn from(sum: ContestSum) -> Self {
        let ContestSum { r, c, ballots, weight } = sum;
        Self { r: r.into(), c: c.into_iter().map(PublicElement::from).collect(), ballots, weight }
    }
}

/// The sums of all contests over a closed board: what trustees decrypt, and nothing else. Only the verification of a
/// closed record makes it.
#[derive(Clone, Debug)]
pub struct EncryptedTally {
    fingerprint: Fingerprint,
    close: ClosePoint,
    contests: Vec<EncryptedContest>,
    ballots: u64,
    weight: u64,
    fewest_alike: u64,
    digest: TallyDigest,
}

impl EncryptedTally {
    fn new(
        fingerprint: Fingerprint,
        close: ClosePoint,
        contests: Vec<EncryptedContest>,
        ballots: u64,
        weight: u64,
        fewest_alike: u64,
    ) -> Self {
        let mut writer = Writer::new();
        for contest in &contests {
            writer.u64(contest.ballots).u64(contest.weight).element(&contest.r);
            for c in &contest.c {
                writer.element(c);
            }
        }
        let digest = TallyDigest::from_bytes(tagged("tally", &[&writer.finish()]));
        Self { fingerprint, close, contests, ballots, weight, fewest_alike, digest }
    }

    /// The election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Where the board was closed.
    #[must_use]
    pub fn close(&self) -> &ClosePoint {
        &self.close
    }

    /// The sums, in the order of the manifest's contests.
    #[must_use]
    pub fn contests(&self) -> &[EncryptedContest] {
        &self.contests
    }

    /// How many ballots count.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        self.ballots
    }

    /// Their weight.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Of the weights of counted ballots, how often the rarest occurs; 0 without ballots.
    #[must_use]
    pub fn fewest_alike(&self) -> u64 {
        self.fewest_alike
    }

    /// The digest of the sums.
    #[must_use]
    pub fn digest(&self) -> &TallyDigest {
        &self.digest
    }
}
