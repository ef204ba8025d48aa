//! The last part of a verification, after each ballot was verified alone: the rules that depend on other ballots, the
//! tally, and the checks after it.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::ballots::{Unreadable, ledger_entry, read_ballots, read_info};
use super::board::{ScannedBoard, apply, place_of};
use super::refusals::{Refusal, Refusals, in_order};
use super::report::{Effect, Findings, Place, Role};
use super::select::Selected;
use super::shards::{PartialVerification, ShardError, ShardPlan, waves};
use super::{CheckId, Progress, Stage, Verification, Verifier};
use crate::credential::{ChangeRules, EffectiveChange};
use crate::election::ElectionContext;
use crate::manifest::Closing;
use crate::parallel;
use crate::record::{KnownBundles, RecordSource};
use crate::tally::{EncryptedTally, Ledger, Selection};

/// Completes a verification. `part` is the merged part of all shards; `None` if there is no plan.
///
/// # Errors
///
/// `OtherPlan`, `NoPlan`, `NotAdjacent` or `Incomplete` if the part is not of this plan and of the whole board.
pub fn finish<R: CryptoRng>(
    source: &dyn RecordSource,
    selected: Selected,
    part: Option<PartialVerification>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Result<Verification, ShardError> {
    selected.check_part(part.as_ref())?;
    Ok(finish_with(source, selected, part, progress, rng))
}

impl Selected {
    /// Checks that [`finish`] can complete this verification with the part.
    ///
    /// # Errors
    ///
    /// The same errors as [`finish`].
    pub fn check_part(&self, part: Option<&PartialVerification>) -> Result<(), ShardError> {
        match (&self.plan, part) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(ShardError::NoPlan),
            (Some(plan), None) => Err(ShardError::Incomplete { found: 0, expected: plan.entries() }),
            (Some(plan), Some(part)) if !part.is_of(plan) => Err(ShardError::OtherPlan),
            (Some(plan), Some(part)) => {
                let (entries, expected) = (part.entries(), plan.entries());
                match (entries.start, entries.end) {
                    (0, end) if end == expected => Ok(()),
                    (0, found) => Err(ShardError::Incomplete { found, expected }),
                    (found, _) => Err(ShardError::NotAdjacent { found, expected: 0 }),
                }
            }
        }
    }
}

/// Completes a verification with a part that is of the plan and of the whole board.
pub(super) fn finish_with<R: CryptoRng>(
    source: &dyn RecordSource,
    selected: Selected,
    part: Option<PartialVerification>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Verification {
    let Selected { options, findings, mut outcome, board, plan } = selected;
    let mut verifier = Verifier { source, options: &options, progress, findings, undecoded: false };
    if let (Some(board), Some(plan), Some(part)) = (board, plan, part) {
        (outcome.counted, outcome.tally) = verifier.ballots(&board, &plan, part, &mut outcome.changes, rng);
        outcome.cut_off = board.timeline.cut_off();
        let ShardPlan { context, roll, .. } = plan;
        (outcome.context, outcome.roll) = (Some(context), Some(roll));
        if options.stage >= Stage::Complete {
            if board.timeline.closed_at().is_some() {
                verifier.decryption(&board, &mut outcome, rng);
                verifier.files(&board, &outcome);
            } else if let Some(context) = outcome.context.as_ref().filter(|_| outcome.cancellation.is_some()) {
                verifier.attachments(context.manifest());
            }
        }
    }
    let findings = verifier.findings;
    // Nothing may be decrypted of a record that is wrong, or of which nobody knows whether it is.
    if findings.worst() >= Some(Effect::Invalid) {
        outcome.closed = None;
    }
    outcome.report = report(findings, &options, &outcome);
    outcome
}

fn report(mut findings: Findings, options: &super::VerifyOptions, outcome: &Verification) -> super::Report {
    let fingerprint = outcome.context.as_ref().map(|context| *context.fingerprint());
    if options.fingerprint.is_none() {
        findings.not_checked.push("that the voters were shown this fingerprint: compare it, or pin it".into());
    }
    if options.checkpoints.is_empty() {
        let text = "that the board showed everybody the same: pin a checkpoint that was kept before";
        findings.not_checked.push(text.into());
    }
    findings.cancelled.clone_from(&outcome.cancellation);
    let by_witnesses = |context: &ElectionContext| context.manifest().closing() == Closing::Witnesses;
    findings.report(options.stage, fingerprint, outcome.document(), |check| match check {
        CheckId::PinnedFingerprint => options.fingerprint.is_some(),
        CheckId::PinnedCheckpoint => !options.checkpoints.is_empty(),
        // The only authority signs the roll itself.
        CheckId::Parts => outcome.context.as_ref().is_none_or(|context| context.manifest().has_parts()),
        // Most elections have no changes.
        CheckId::RollChanges => false,
        // If statements are not required, they are checked only if the board has any.
        CheckId::TallySums => !outcome.context.as_ref().is_some_and(by_witnesses),
        _ => true,
    })
}

/// The ballots that count, and the ballots that are refused because of earlier ballots.
type Replayed = (Selection, Refusals);

impl Verifier<'_> {
    /// Reports every invalid ballot. Returns the number of ballots that count and, if the board is closed, the tally.
    fn ballots<R: CryptoRng>(
        &mut self,
        board: &ScannedBoard,
        plan: &ShardPlan,
        part: PartialVerification,
        changes: &mut Vec<EffectiveChange>,
        rng: &mut R,
    ) -> (Option<u64>, Option<EncryptedTally>) {
        for check in CheckId::ALL.iter().filter(|check| check.is_of_ballots()) {
            self.findings.saw(*check, board.ballots);
        }
        let PartialVerification { failures, mut unreadable, tally, .. } = part;
        // In the first reading the ledger assumed that every ballot is valid by itself.
        let replayed = match &unreadable {
            None if !failures.is_empty() => {
                self.replay(board, plan, &failures, rng).map_err(|error| unreadable = Some(error))
            }
            _ => Err(()),
        };
        let (Selection { counted, heads, changes: effective }, refused) = match &replayed {
            Ok((selection, refused)) => (selection, refused),
            Err(()) => (&plan.selection, &board.refused),
        };
        changes.clone_from(effective);
        // Nothing is known about the entries after a bundle that cannot be read.
        let known = unreadable.as_ref().map_or(plan.entries(), |error| plan.bundles.first_entry(error.bundle));
        for Refusal { index, check, problem } in
            in_order(&failures, refused).take_while(|refusal| refusal.index < known)
        {
            self.findings.note(check, place_of(index, plan.entries()), &[Role::Board], problem);
        }
        let corrected = match unreadable {
            None => plan.correct(self.source, tally, &plan.selection.counted, counted, rng),
            Some(error) => Err(error),
        };
        let tally = match corrected {
            Ok(tally) => tally,
            Err(error) => {
                error.report(&mut self.findings);
                return (None, None);
            }
        };
        let closed = board.timeline.closing_head().map(|head| tally.close(&plan.context, head, *heads));
        let closed = closed.and_then(|closed| self.findings.ok_or_fail(CheckId::TallySums, Place::Record, closed));
        (Some(counted.len()), closed)
    }

    /// Admits the ballots to a new ledger, without those that are invalid by themselves.
    fn replay<R: CryptoRng>(
        &self,
        board: &ScannedBoard,
        plan: &ShardPlan,
        failures: &Refusals,
        rng: &mut R,
    ) -> Result<Replayed, Unreadable> {
        let limit = plan.context.manifest().ballots_per_credential();
        let mut ledger =
            Ledger::new(plan.roll.totals().roll_counts(plan.context.manifest()), limit, plan.entries(), rng);
        let rules = ChangeRules::for_manifest(plan.context.manifest());
        let mut changes = board.changes.iter().peekable();
        let mut refused = Refusals::default();
        let mut known = KnownBundles::default();
        let mut recorded = |index| read_info(self.source, &plan.bundles, &mut known, index);
        for wave in waves((0..plan.bundles.len()).collect()) {
            let read = parallel::map(wave, |bundle| {
                let ballots = read_ballots(self.source, &plan.bundles, bundle)?.into_iter();
                let ballots =
                    ballots.filter(|(index, _)| plan.window.admits(*index).is_ok() && !failures.contains(*index));
                let entries = ballots.filter_map(|(index, bytes)| {
                    let entry = ledger_entry(self.source, &plan.roll, &bytes).map_err(Unreadable::roll(bundle));
                    entry.transpose().map(|entry| Ok((index, entry?)))
                });
                entries.collect::<Result<Vec<_>, Unreadable>>()
            });
            for entries in read {
                for (index, entry) in entries? {
                    while let Some((at, change)) = changes.next_if(|(at, _)| *at < index) {
                        apply(&rules, &mut ledger, *at, change, &mut refused);
                    }
                    if let Err(error) = ledger.admit(index, &entry, &mut recorded) {
                        refused.push(index, &error.into_refusal()?);
                    }
                }
            }
        }
        for (at, change) in changes {
            apply(&rules, &mut ledger, *at, change, &mut refused);
        }
        Ok((ledger.into_selection(), refused))
    }
}
