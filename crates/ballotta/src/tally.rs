//! The tally: which ballots count, and their sum under encryption.
//!
//! See `spec/tally.md`. The tally is of the ballots before the first close entry of the board. The last valid one of a
//! credential counts.

mod ledger;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::iter::zip;

pub use ledger::{CountedSet, LedgerError};
pub(crate) use ledger::{Ledger, LedgerEntry};

use crate::ballot::VerifiedBallot;
use crate::contest::{Multiplier, Rule};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement};
use crate::hash::{Fingerprint, TallyDigest, TreeHash, tagged};
use crate::manifest::Privacy;
use crate::weaken::{self, Check};

/// A ballot that is verified and selected: the only thing that enters a tally.
#[derive(Clone, Debug)]
pub struct CountedBallot {
    index: u64,
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
}

impl ContestSum {
    fn zero(slots: usize) -> Self {
        Self { r: Element::identity(), c: alloc::vec![Element::identity(); slots] }
    }

    fn add(&mut self, other: &Self) {
        self.r += other.r;
        for (sum, c) in zip(&mut self.c, &other.c) {
            *sum += *c;
        }
    }
}

/// Some of the counted ballots: how many, of which weight together, and how often the rarest weight occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    ballots: u64,
    weight: u64,
    rarest: u64,
}

impl Counted {
    /// Of ballots of these weights, each with how many there are; a weight may come more than once.
    fn of(classes: impl IntoIterator<Item = (u64, u64)>) -> Result<Self, TallyError> {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for (weight, count) in classes {
            *counts.entry(weight).or_default() += count;
        }
        let mut counted = Self { rarest: counts.values().copied().min().unwrap_or(0), ..Self::default() };
        for (weight, count) in counts {
            counted.ballots += count;
            let of_class = weight.checked_mul(count).ok_or(TallyError::WeightOverflow)?;
            counted.weight = counted.weight.checked_add(of_class).ok_or(TallyError::WeightOverflow)?;
        }
        Ok(counted)
    }
}

/// Why the totals of a contest stay encrypted: they would give single votes away, by the limits of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer ballots count in the contest than the manifest asks for.
    TooFewBallots {
        /// Ballots that count in the contest.
        found: u64,
        /// Ballots that the manifest asks for.
        minimum: u64,
    },
    /// A weight is so rare among the ballots of the contest that the totals would single somebody out.
    RareWeight {
        /// Ballots of the rarest weight.
        found: u64,
        /// Ballots of one weight that the manifest asks for.
        minimum: u64,
    },
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ballots = |count: u64| if count == 1 { "ballot" } else { "ballots" };
        match *self {
            Self::TooFewBallots { found, minimum } => {
                write!(f, "{found} {} in it, fewer than the {minimum} that the manifest asks for", ballots(found))
            }
            Self::RareWeight { found, minimum } => {
                let ballots = ballots(found);
                write!(f, "{found} {ballots} of one weight in it, fewer than the {minimum} that the manifest asks for")
            }
        }
    }
}

impl Withheld {
    /// Of a contest with these ballots. Where none counts there is nothing to protect.
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

/// What becomes of a ballot that was added, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Correction {
    Add,
    Remove,
}

/// The sum of the counted ballots of a range of the board. It merges with that of the range that follows.
#[derive(Clone, Debug)]
pub struct PartialTally {
    first: u64,
    end: u64,
    contests: Vec<ContestSum>,
    /// How many ballots of each style and weight: what tells, contest by contest, whether totals single somebody out.
    classes: BTreeMap<(usize, u64), u64>,
}

impl PartialTally {
    /// The sum of no ballots, from entry `first` on.
    #[must_use]
    pub fn zero(context: &ElectionContext, first: u64) -> Self {
        let contests = 0..context.manifest().contests().len();
        let contests =
            contests.map(|contest| ContestSum::zero(context.manifest().contest_slots(contest).len())).collect();
        Self { first, end: first, contests, classes: BTreeMap::new() }
    }

    /// Adds a ballot, with every contest multiplied as its rule says.
    ///
    /// # Errors
    ///
    /// If it does not lie behind the ballots added so far.
    pub fn add(&mut self, context: &ElectionContext, counted: &CountedBallot) -> Result<(), TallyError> {
        let index = counted.index;
        if index < self.end {
            return Err(TallyError::OutOfOrder { found: index, last: self.end });
        }
        self.correct(context, &counted.ballot, Correction::Add);
        self.end = index + 1;
        Ok(())
    }

    /// Adds a ballot wherever it stands, or takes one away that was added.
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
        self.append(next);
        Ok(self)
    }

    /// The same, for the range that follows.
    pub(crate) fn append(&mut self, next: &Self) {
        for (sum, other) in zip(&mut self.contests, &next.contests) {
            sum.add(other);
        }
        for (class, count) in &next.classes {
            *self.classes.entry(*class).or_default() += count;
        }
        self.end = next.end;
    }

    /// Adds the ballot at position `index`, after those added so far.
    pub(crate) fn count(&mut self, context: &ElectionContext, index: u64, ballot: &VerifiedBallot) {
        self.correct(context, ballot, Correction::Add);
        self.end = index + 1;
    }

    /// Writes the sums, without the range.
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

    /// Reads the sums of the range from entry `first` up to `end`.
    pub(crate) fn decode(
        context: &ElectionContext,
        range: core::ops::Range<u64>,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let mut tally = Self::zero(context, range.start).up_to(range.end);
        for sum in &mut tally.contests {
            sum.r = *reader.element_or_identity("R")?.element();
            for c in &mut sum.c {
                *c = *reader.element_or_identity("C")?.element();
            }
        }
        let mut left = range.end.saturating_sub(range.start);
        for _ in 0..reader.u32("classes")? {
            let style = reader.u16("style")?;
            if usize::from(style) >= context.styles().len() {
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

    /// The encrypted tally of a board that was closed at `close`.
    pub(crate) fn close(self, context: &ElectionContext, close: ClosePoint) -> Result<EncryptedTally, TallyError> {
        let manifest = context.manifest();
        let counted_in = |holds: &dyn Fn(usize) -> bool| {
            Counted::of(
                self.classes
                    .iter()
                    .filter(|((style, _), _)| holds(*style))
                    .map(|((_, weight), count)| (*weight, *count)),
            )
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
        let contests = contests.collect::<Result<Vec<_>, TallyError>>()?;
        let Counted { ballots, weight, .. } = counted_in(&|_| true)?;
        Ok(EncryptedTally::new(*context.fingerprint(), close, contests, ballots, weight))
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
    /// Why the sums stay encrypted, if they do.
    pub withheld: Option<Withheld>,
}

impl EncryptedContest {
    /// Whether trustees decrypt the sums. They do not if the totals are withheld. They need not if nothing hides the sums:
    /// no ballot counts, or all voters of the contest together chose randomness that cancels. The latter give away nobody
    /// but themselves, and must not hold up the other contests.
    #[must_use]
    pub fn needs_decryption(&self) -> bool {
        self.withheld.is_none() && !self.r.is_identity()
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
    digest: TallyDigest,
}

impl EncryptedTally {
    fn new(
        fingerprint: Fingerprint,
        close: ClosePoint,
        contests: Vec<EncryptedContest>,
        ballots: u64,
        weight: u64,
    ) -> Self {
        let mut writer = Writer::new();
        for contest in &contests {
            writer.u64(contest.ballots).u64(contest.weight).element(&contest.r);
            for c in &contest.c {
                writer.element(c);
            }
        }
        let digest = TallyDigest::from_bytes(tagged("tally", &[&writer.finish()]));
        Self { fingerprint, close, contests, ballots, weight, digest }
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

    /// The digest of the sums.
    #[must_use]
    pub fn digest(&self) -> &TallyDigest {
        &self.digest
    }
}
