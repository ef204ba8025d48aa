//! What an auditor keeps of a verification, so that the next one verifies only ballots that are new.
//!
//! See `spec/verification.md#state`.
//!
//! # Security
//!
//! A state is not checked again: whoever can change it can hide an invalid ballot from the auditor who keeps it. It is for
//! the auditor who made it. The report says how many entries were taken from a state, and a verification without a state
//! verifies everything. A board that changes an entry that was verified before is caught: the state has its checkpoint.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::finish::finish_with;
use super::shards::{PartialVerification, ShardError, ShardPlan, verify_entries};
use super::{Progress, Verification, VerifyOptions, select};
use crate::board::board_key;
use crate::board::note::SignedCheckpoint;
use crate::board::tiles::TILE_WIDTH;
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::hash::{FileHash, Fingerprint};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_ENTRIES};
use crate::manifest::Manifest;
use crate::merkle::TreeHead;
use crate::record::{CHECKPOINT, RecordError, RecordSource, read_checkpoint};
use crate::tally::CountedSet;
use crate::weaken::{self, Check};

/// The ballots that an auditor has verified, and the checkpoint of the board at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierState {
    fingerprint: Fingerprint,
    checkpoint: SignedCheckpoint,
    /// The number of entries whose ballots are verified: all of the full bundles.
    entries: u64,
    bundles: Vec<FileHash>,
    /// The ballots that are in the sums.
    counted: CountedSet,
    /// The findings and the sums, see [`PartialVerification`].
    part: Vec<u8>,
}

impl VerifierState {
    /// Reads a state. Findings and sums are read when a record is verified.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let field = "checkpoint";
        let length = at_most(field, reader.u32(field)?.into(), MAX_CHECKPOINT_BYTES as u64)?;
        let checkpoint = SignedCheckpoint::parse(reader.take(field, length as usize)?)
            .map_err(|_| DecodeError::UnknownValue { field, found: length })?;
        let entries = at_most("entries", reader.u64("entries")?, MAX_ENTRIES.min(checkpoint.claimed().size()))?;
        if entries % u64::from(TILE_WIDTH) != 0 {
            return Err(DecodeError::UnknownValue { field: "entries", found: entries });
        }
        let hashes = reader.take("bundles", (entries / u64::from(TILE_WIDTH)) as usize * 32)?;
        let (chunks, _) = hashes.as_chunks();
        let bundles = chunks.iter().map(|chunk| FileHash::from_bytes(*chunk)).collect();
        let counted = CountedSet::decode(entries, &mut reader)?;
        let part = reader.take("findings", reader.remaining())?.to_vec();
        Ok(Self { fingerprint, checkpoint, entries, bundles, counted, part })
    }

    /// The bytes of the state.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        let checkpoint = self.checkpoint.to_string();
        // A checkpoint is far below 2^32 bytes.
        writer.put(self.fingerprint.as_bytes()).u32(checkpoint.len() as u32).put(checkpoint.as_bytes());
        writer.u64(self.entries);
        self.bundles.iter().for_each(|hash| _ = writer.put(hash.as_bytes()));
        self.counted.encode(self.entries, &mut writer);
        writer.put(&self.part);
        writer.finish()
    }

    /// The checkpoint of the board when the state was made. If a board does not continue it, it is evidence.
    #[must_use]
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// The number of entries whose ballots are verified.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The state after a part that covers the first entries of the board; `None` if they could not all be read.
    fn of(plan: &ShardPlan, part: &PartialVerification, checkpoint: SignedCheckpoint) -> Option<Self> {
        let entries = part.entries().end;
        let mut writer = Writer::new();
        part.encode_findings(&mut writer);
        (part.unreadable.is_none() && part.entries().start == 0).then(|| Self {
            fingerprint: *plan.context.fingerprint(),
            checkpoint,
            entries,
            bundles: plan.bundles.hashes.iter().take((entries / u64::from(TILE_WIDTH)) as usize).copied().collect(),
            counted: plan.selection.counted.below(entries),
            part: writer.finish(),
        })
    }

    /// Whether the board begins with the entries of the state. Then opening, closing and ballots among them are the same.
    fn is_of_board(&self, plan: &ShardPlan) -> bool {
        plan.bundles.hashes.starts_with(&self.bundles) && plan.entries() >= self.entries
    }

    /// The part of the plan for the entries of the state. The ballots that have begun or ceased to count since then are read
    /// again, and added to the sums or removed from them.
    fn resume<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        plan: &ShardPlan,
        rng: &mut R,
    ) -> Result<PartialVerification, ShardError> {
        let mut reader = Reader::new(&self.part);
        let mut part = PartialVerification::decode_findings(plan, 0..self.entries, &mut reader)?;
        reader.finish()?;
        let counted = plan.selection.counted.below(self.entries);
        let (tally, before) = (part.tally.clone(), &self.counted);
        match plan.correct(source, tally, before, &counted, rng) {
            Ok(tally) => part.tally = tally,
            Err(error) => part.unreadable = Some(error),
        }
        Ok(part)
    }
}

/// Verifies a record, without the ballots that were verified for `state`. The board must continue the checkpoint of the
/// state, which is a pinned checkpoint of the report, besides those of the options. Returns the state for the next
/// verification, if the record could be read.
///
/// # Errors
///
/// `OtherRecord` if the state is of another election, `Decode` if it cannot be read or the board did not sign its checkpoint, `Record` if the checkpoint can no longer
/// be read.
pub fn verify_from<R: CryptoRng>(
    source: &dyn RecordSource,
    options: &VerifyOptions,
    state: Option<&VerifierState>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Result<(Verification, Option<VerifierState>), ShardError> {
    let mut options = options.clone();
    options.checkpoints.extend(state.map(|state| *state.checkpoint.claimed().head()));
    let selected = select(source, &options, progress, rng);
    let (mut taken, mut next, mut whole) = (0, None, None);
    if let Some(plan) = selected.plan() {
        if let Some(state) = state.filter(|state| state.fingerprint != *plan.context.fingerprint()) {
            let (found, expected) = (*plan.context.fingerprint(), state.fingerprint);
            return Err(ShardError::OtherRecord { found, expected });
        }
        // Whoever is accused must have signed: a damaged state accuses nobody.
        let board = board_key(plan.context.manifest());
        let is_signed = |state: &VerifierState| board.is_ok_and(|board| state.checkpoint.verify(&board).is_ok());
        if let Some(state) = state.filter(|_| weaken::is_on(Check::StateCheckpoint))
            && !is_signed(state)
        {
            return Err(
                DecodeError::UnknownValue { field: "checkpoint", found: state.checkpoint.claimed().size() }.into()
            );
        }
        let full = plan.entries() - plan.entries() % u64::from(TILE_WIDTH);
        // A board that changed what was verified before is verified from the beginning. The pinned checkpoint convicts it.
        let mut part = match state.filter(|state| state.is_of_board(plan)) {
            Some(state) => {
                taken = state.entries;
                let mut part = state.resume(source, plan, rng)?;
                part.append(verify_entries(source, plan, taken..full, progress, rng));
                part
            }
            None => verify_entries(source, plan, 0..full, progress, rng),
        };
        let checkpoint = checkpoint_of(source, plan.context.manifest(), selected.outcome.head.as_ref())?;
        next = checkpoint.and_then(|checkpoint| VerifierState::of(plan, &part, checkpoint));
        part.append(verify_entries(source, plan, full..plan.entries(), progress, rng));
        whole = Some(part);
    }
    let mut verification = finish_with(source, selected, whole, progress, rng);
    if taken > 0 {
        let text =
            format!("the ballots before entry {taken}: what an earlier verification found was taken from its state");
        verification.report.not_checked.push(text);
    }
    Ok((verification, next))
}

/// The checkpoint of a board, if it still has the head that was verified.
fn checkpoint_of(
    source: &dyn RecordSource,
    manifest: &Manifest,
    head: Option<&TreeHead>,
) -> Result<Option<SignedCheckpoint>, RecordError> {
    let checkpoint = read_checkpoint(source, CHECKPOINT)?;
    let Some(checkpoint) = checkpoint.filter(|checkpoint| Some(checkpoint.claimed().head()) == head) else {
        return Ok(None);
    };
    // A server may answer with another one now: it must be evidence if the board changes what was verified.
    let signed = board_key(manifest).and_then(|board| checkpoint.without_cosignatures(&board));
    signed.map(Some).map_err(|error| RecordError::Checkpoint { path: CHECKPOINT, error })
}
