//! The totals of a roll: voters and weights, for the whole roll and for each style.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::error::RollProblem;
use super::line::RollLine;
use crate::contest::Multiplier;
use crate::credential::{EffectiveChange, RollCounts};
use crate::limits::MAX_VOTERS;
use crate::manifest::{Contest, Manifest};
use crate::weaken::{self, Check};
use crate::words::counted;

/// The most different styles and weights whose voters are counted separately.
pub(super) const MAX_DISTINCT_WEIGHTS: usize = 1 << 16;

/// The totals of the voters of one style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StyleTotals {
    /// How many voters have the style.
    pub voters: u64,
    /// The sum of the weights of these voters.
    pub weight: u64,
}

/// The totals of a roll, which are counted while it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollTotals {
    pub(super) voters: u64,
    weight: u64,
    styles: Vec<StyleTotals>,
    weights: Option<BTreeMap<(usize, u64), u64>>,
}

impl RollTotals {
    pub(super) fn new(styles: usize) -> Self {
        Self { voters: 0, weight: 0, styles: vec![StyleTotals::default(); styles], weights: Some(BTreeMap::new()) }
    }

    /// Returns how many voters are on the roll.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.voters
    }

    /// Returns the sum of the weights of all voters, at most [`MAX_TOTAL`](crate::limits::MAX_TOTAL).
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Returns the totals of every style, in the order of the styles in the manifest.
    #[must_use]
    pub fn styles(&self) -> &[StyleTotals] {
        &self.styles
    }

    /// Returns the sum of the weights of the voters who have the contest at this position of the manifest on their ballot.
    #[must_use]
    pub fn weight_of_contest(&self, manifest: &Manifest, contest: usize) -> u64 {
        let has_contest = |style: usize| manifest.style_contests(style).contains(&contest);
        let styles = self.styles.iter().enumerate().filter(|(style, _)| has_contest(*style));
        styles.map(|(_, totals)| totals.weight).sum()
    }

    /// Contests that may stay encrypted because of the roll, as texts for people: too few voters have them on their ballot,
    /// or a weight is so rare among these voters that one ballot is enough.
    #[must_use]
    pub fn warnings(&self, manifest: &Manifest) -> Vec<String> {
        let contests = manifest.contests().iter().enumerate();
        contests.filter_map(|(number, contest)| self.warning(manifest, number, contest)).collect()
    }

    fn warning(&self, manifest: &Manifest, number: usize, contest: &Contest) -> Option<String> {
        let (id, privacy) = (&contest.id, manifest.privacy());
        let has_contest = |style: usize| manifest.style_contests(style).contains(&number);
        let styles = self.styles.iter().enumerate().filter(|(style, _)| has_contest(*style));
        let voters: u64 = styles.map(|(_, totals)| totals.voters).sum();
        let minimum = privacy.minimum_counted_ballots;
        if (1..minimum).contains(&voters) {
            return Some(format!(
                "contest {id} is never decrypted: {} it on the ballot, and the manifest asks for \
                 {}",
                counted(voters, "voter has", "voters have"),
                counted(minimum, "ballot", "ballots")
            ));
        }
        let mut of_weight: BTreeMap<u64, u64> = BTreeMap::new();
        for ((style, weight), voters) in self.weights.iter().flatten() {
            if has_contest(*style) && contest.rule.multiplier() == Multiplier::RollWeight {
                *of_weight.entry(*weight).or_default() += voters;
            }
        }
        let minimum = privacy.minimum_ballots_per_weight;
        let (weight, voters) = of_weight.iter().find(|(_, voters)| **voters < minimum)?;
        Some(format!(
            "contest {id} is not decrypted if a voter of the weight {weight} votes: {} this weight, \
             and the manifest asks for {} of every weight",
            counted(voters, "of its voters has", "of its voters have"),
            counted(minimum, "ballot", "ballots")
        ))
    }

    /// Returns how many voters have each style and weight, or `None` if there are more than 65,536 different ones.
    #[must_use]
    pub fn weights(&self) -> Option<&BTreeMap<(usize, u64), u64>> {
        self.weights.as_ref()
    }

    /// The numbers of this roll at the opening of an election with this manifest.
    pub(crate) fn roll_counts(&self, manifest: &Manifest) -> RollCounts {
        RollCounts::at_opening(manifest, self.voters, self.weight)
    }

    /// The totals of the roll after these changes: without the lines that they revoke, and with those that they add.
    #[must_use]
    pub fn after(&self, changes: &[EffectiveChange]) -> Self {
        let mut totals = self.clone();
        for EffectiveChange { revoked, added, .. } in changes {
            if let Some(line) = revoked {
                totals.remove(line);
            }
            // The rules for changes are stricter.
            if let Some(line) = added {
                let _ = totals.add(line, u64::MAX);
            }
        }
        totals
    }

    fn remove(&mut self, line: &RollLine) {
        self.voters = self.voters.saturating_sub(1);
        self.weight = self.weight.saturating_sub(line.weight);
        if let Some(style) = self.styles.get_mut(line.style) {
            style.voters = style.voters.saturating_sub(1);
            style.weight = style.weight.saturating_sub(line.weight);
        }
        let class = (line.style, line.weight);
        if let Some(weights) = &mut self.weights
            && let Some(count) = weights.get_mut(&class)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                weights.remove(&class);
            }
        }
    }

    pub(super) fn add(&mut self, line: &RollLine, limit: u64) -> Result<(), RollProblem> {
        if self.voters >= MAX_VOTERS {
            return Err(RollProblem::TooManyVoters);
        }
        // The weight is added even if the sum is too large, so that every line after this one is refused as well.
        self.weight = self.weight.saturating_add(line.weight);
        if self.weight > limit && weaken::is_on(Check::RollTotal) {
            return Err(RollProblem::TotalTooLarge { limit });
        }
        self.voters += 1;
        if let Some(style) = self.styles.get_mut(line.style) {
            style.voters += 1;
            style.weight += line.weight;
        }
        if let Some(weights) = &mut self.weights {
            *weights.entry((line.style, line.weight)).or_default() += 1;
            if weights.len() > MAX_DISTINCT_WEIGHTS {
                self.weights = None;
            }
        }
        Ok(())
    }
}
