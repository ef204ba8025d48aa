//! Which changes of the roll have an effect: the rules that depend on earlier entries.
//!
//! See `spec/credential.md#changes`.

use super::heads::VoterHead;
use super::ledger::LedgerIndex;
use crate::credential::{AddedLine, ChangeReason, ChangeRules, EffectiveChange, RollChange, RollChangeError, RollLine};
use crate::limits::{MAX_ENTRIES, MAX_VOTERS};
use crate::weaken::{self, Check};

/// A change that is valid by itself, with the lines that the roll of the opening has for its credentials.
#[derive(Clone, Debug)]
pub(crate) struct RollChangeEntry {
    sequence: u32,
    reason: ChangeReason,
    revoked: Option<([u8; 32], Option<RollLine>)>,
    added: Option<AddedLine>,
    /// Whether the added credential is on the roll of the opening.
    is_on_roll: bool,
}

impl RollChangeEntry {
    /// Looks up the credentials of a change on the roll of the opening.
    pub(crate) fn new<E>(
        change: &RollChange,
        mut find: impl FnMut(&[u8; 32]) -> Result<Option<RollLine>, E>,
    ) -> Result<Self, E> {
        let revoked = match change.revoked() {
            Some(credential) => Some((*credential, find(credential)?)),
            None => None,
        };
        let added = change.added().copied();
        let is_on_roll = match &added {
            Some(line) => find(line.credential.as_bytes())?.is_some(),
            None => false,
        };
        Ok(Self { sequence: change.sequence(), reason: change.reason(), revoked, added, is_on_roll })
    }
}

/// Why a change has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeFailure<E> {
    /// The change breaks a rule.
    Refused(RollChangeError),
    /// The index of the ballots and changes before cannot be read.
    Index(E),
}

impl<E> From<RollChangeError> for ChangeFailure<E> {
    fn from(error: RollChangeError) -> Self {
        Self::Refused(error)
    }
}

/// Applies the change in the entry at `index` to the roll, after the changes and ballots that `ledger` has. This is the one place
/// with the rules for changes that depend on earlier entries.
pub(crate) fn change_roll<L: LedgerIndex>(
    ledger: &mut L,
    rules: &ChangeRules,
    index: u64,
    entry: &RollChangeEntry,
) -> Result<EffectiveChange, ChangeFailure<L::Error>> {
    let counts = ledger.roll_counts().map_err(ChangeFailure::Index)?;
    let bounds = rules.bounds.ok_or(RollChangeError::NotAllowed)?;
    let (found, expected) = (entry.sequence, (counts.changes + 1) as u32);
    if found != expected && weaken::is_on(Check::ChangeSequence) {
        return Err(RollChangeError::Sequence { found, expected }.into());
    }
    let is_bounded = weaken::is_on(Check::ChangeBounds);
    if counts.changes >= bounds.number && is_bounded {
        return Err(RollChangeError::TooManyChanges { limit: bounds.number }.into());
    }
    if counts.lines >= MAX_VOTERS {
        return Err(RollChangeError::TooManyVoters.into());
    }
    let mut change = EffectiveChange { index, reason: entry.reason, revoked: None, added: None };
    if let Some((credential, at_opening)) = entry.revoked {
        let line = match at_opening {
            Some(line) => Some(line),
            None => ledger.added(&credential).map_err(ChangeFailure::Index)?,
        };
        let line = line.ok_or(RollChangeError::NotOnRoll)?;
        match ledger.head(line.voter()).map_err(ChangeFailure::Index)? {
            VoterHead::Revoked(index) if weaken::is_on(Check::RevokedOnce) => {
                return Err(RollChangeError::AlreadyRevoked { index }.into());
            }
            VoterHead::Counted(first) if weaken::is_on(Check::ChangeOfVoter) => {
                return Err(RollChangeError::AlreadyVoted { first }.into());
            }
            _ => change.revoked = Some(line),
        }
    }
    if let Some(AddedLine { credential, style, weight }) = entry.added {
        let credential = *credential.as_bytes();
        let was_added = ledger.added(&credential).map_err(ChangeFailure::Index)?.is_some();
        if (entry.is_on_roll || was_added) && weaken::is_on(Check::NeverOnRoll) {
            return Err(RollChangeError::AlreadyOnRoll.into());
        }
        // The first voter is on line 2.
        let line = RollLine { number: counts.lines + 2, credential, style: usize::from(style), weight };
        let is_same = change.revoked.is_none_or(|revoked| revoked.entitlement() == line.entitlement());
        if entry.reason == ChangeReason::LostCode && !is_same {
            return Err(RollChangeError::OtherEntitlement.into());
        }
        change.added = Some(line);
    }
    let after = counts.after(&change);
    if after.changed > bounds.weight && is_bounded {
        return Err(RollChangeError::TooMuchWeight { limit: bounds.weight }.into());
    }
    if after.weight > rules.max_total {
        return Err(RollChangeError::TotalTooLarge { limit: rules.max_total }.into());
    }
    debug_assert!(index < MAX_ENTRIES, "no board has more entries");
    ledger.change(&change).map_err(ChangeFailure::Index)?;
    Ok(change)
}
