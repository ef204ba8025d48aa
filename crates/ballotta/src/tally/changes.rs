//! Which changes of the roll have an effect: the rules that depend on earlier entries.
//!
//! See `spec/credential.md#changes`.

use super::heads::VoterHead;
use super::ledger::LedgerIndex;
use crate::credential::{
    AddedLine, ChangeDraft, ChangeReason, ChangeRules, EffectiveChange, RollChange, RollChangeError, RollCounts,
    RollLine,
};
use crate::limits::{MAX_ENTRIES, MAX_VOTERS};
use crate::weaken::{self, Check};

/// A change that is valid by itself, with the lines that the roll of the opening has for its credentials.
#[derive(Clone, Debug)]
pub(crate) struct RollChangeEntry {
    sequence: u32,
    reason: ChangeReason,
    revoked: Option<([u8; 32], Option<RollLine>)>,
    added: Option<NewLine>,
    /// Whether the added credential is on the roll of the opening.
    is_on_roll: bool,
}

/// A line to be added. A draft whose parts are not all there has no credential yet.
#[derive(Clone, Copy, Debug)]
struct NewLine {
    credential: Option<[u8; 32]>,
    style: u16,
    weight: u64,
}

impl RollChangeEntry {
    /// Looks up the credentials of a change on the roll of the opening.
    pub(crate) fn new<E>(
        change: &RollChange,
        find: impl FnMut(&[u8; 32]) -> Result<Option<RollLine>, E>,
    ) -> Result<Self, E> {
        let added = change.added().map(|AddedLine { credential, style, weight }| NewLine {
            credential: Some(*credential.as_bytes()),
            style: *style,
            weight: *weight,
        });
        Self::look_up(change.sequence(), change.reason(), change.revoked(), added, find)
    }

    /// Looks up the credentials of a draft, as far as they are known.
    pub(crate) fn of_draft<E>(
        draft: &ChangeDraft,
        find: impl FnMut(&[u8; 32]) -> Result<Option<RollLine>, E>,
    ) -> Result<Self, E> {
        let credential = draft.credential().map(|credential| *credential.as_bytes());
        let added = draft.added().map(|entitlement| NewLine {
            credential,
            // No style is above `MAX_STYLES`.
            style: u16::try_from(entitlement.style).unwrap_or(u16::MAX),
            weight: entitlement.weight,
        });
        Self::look_up(draft.sequence(), draft.reason(), draft.revoked(), added, find)
    }

    fn look_up<E>(
        sequence: u32,
        reason: ChangeReason,
        revoked: Option<&[u8; 32]>,
        added: Option<NewLine>,
        mut find: impl FnMut(&[u8; 32]) -> Result<Option<RollLine>, E>,
    ) -> Result<Self, E> {
        let revoked = match revoked {
            Some(credential) => Some((*credential, find(credential)?)),
            None => None,
        };
        let is_on_roll = match added.and_then(|line| line.credential) {
            Some(credential) => find(&credential)?.is_some(),
            None => false,
        };
        Ok(Self { sequence, reason, revoked, added, is_on_roll })
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

/// Applies the change in the entry at `index` to the roll, after the changes and ballots that `ledger` has.
pub(crate) fn change_roll<L: LedgerIndex>(
    ledger: &mut L,
    rules: &ChangeRules,
    index: u64,
    entry: &RollChangeEntry,
) -> Result<EffectiveChange, ChangeFailure<L::Error>> {
    let counts = ledger.roll_counts().map_err(ChangeFailure::Index)?;
    let change = check_change(ledger, rules, counts, index, entry)?;
    debug_assert!(index < MAX_ENTRIES, "no board has more entries");
    ledger.change(&change).map_err(ChangeFailure::Index)?;
    Ok(change)
}

/// Checks the change in the entry at `index`, after the changes and ballots that `ledger` has; `counts` are the numbers of the roll
/// before it. This is the one place with the rules for changes that depend on earlier entries. The added line of a draft whose
/// credential is not known has zeros for it.
pub(crate) fn check_change<L: LedgerIndex>(
    ledger: &L,
    rules: &ChangeRules,
    counts: RollCounts,
    index: u64,
    entry: &RollChangeEntry,
) -> Result<EffectiveChange, ChangeFailure<L::Error>> {
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
    if let Some(NewLine { credential, style, weight }) = entry.added {
        let was_added = match &credential {
            Some(credential) => ledger.added(credential).map_err(ChangeFailure::Index)?.is_some(),
            None => false,
        };
        let credential = credential.unwrap_or_default();
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
    Ok(change)
}
