//! The changes of a roll that have an effect, and the roll after them.

use super::ChangeReason;
use crate::credential::RollLine;
use crate::manifest::Manifest;

/// A change of the roll that has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveChange {
    /// The position of the change on the board.
    pub index: u64,
    /// Why the roll is changed.
    pub reason: ChangeReason,
    /// The line that is revoked, if there is one.
    pub revoked: Option<RollLine>,
    /// The line that is added, if there is one. Its place on the roll is the number of lines at the opening and of the changes
    /// before it, so that the number of a change says where its line is.
    pub added: Option<RollLine>,
}

impl EffectiveChange {
    /// The weight of the change: the larger one of the weight that it revokes and the weight that it adds.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let [revoked, added] = [self.revoked, self.added].map(|line| line.map_or(0, |line| line.weight));
        revoked.max(added)
    }
}

/// The numbers of a roll after some changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollCounts {
    /// The number of [heads](crate::tally::heads): one for each line of the opening, and for each change that the manifest allows.
    pub heads: u64,
    /// The number of lines: those of the opening, and one for each change. A line that is revoked stays.
    pub lines: u64,
    /// The sum of the weights of the lines that are not revoked.
    pub weight: u64,
    /// The number of changes that have an effect.
    pub changes: u64,
    /// The sum of the weights of these changes.
    pub changed: u64,
}

impl RollCounts {
    /// The roll of an election with this manifest at the opening.
    #[must_use]
    pub fn at_opening(manifest: &Manifest, voters: u64, weight: u64) -> Self {
        Self { heads: lines_in_all(manifest, voters), lines: voters, weight, changes: 0, changed: 0 }
    }

    /// The numbers of no roll.
    pub(crate) const EMPTY: Self = Self { heads: 0, lines: 0, weight: 0, changes: 0, changed: 0 };

    /// The roll after one more change.
    #[must_use]
    pub fn after(self, change: &EffectiveChange) -> Self {
        let weight = |line: Option<RollLine>| line.map_or(0, |line| line.weight);
        Self {
            heads: self.heads,
            lines: self.lines + 1,
            weight: self.weight.saturating_sub(weight(change.revoked)).saturating_add(weight(change.added)),
            changes: self.changes + 1,
            changed: self.changed.saturating_add(change.weight()),
        }
    }
}

/// The number of lines that a roll with this number of voters at the opening can ever have: one for each voter, and one for each change
/// that the manifest allows.
pub(crate) fn lines_in_all(manifest: &Manifest, voters: u64) -> u64 {
    voters.saturating_add(manifest.roll_changes().map_or(0, |changes| changes.number))
}
