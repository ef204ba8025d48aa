//! Ranges of the board that are verified separately: on other cores, on other machines, or later.
//!
//! See `spec/verification.md#shards`.
//!
//! # Security
//!
//! A part is not checked again: an auditor who uses parts of other people trusts them to have verified their ranges.
//! A plan names the record by its fingerprint and by hashes, so that a worker detects that it reads another record.

mod part;

use alloc::vec::Vec;
use core::ops::Range;

use rand_core::CryptoRng;

pub use self::part::{PartialVerification, merge_all};
use super::Progress;
use super::ballots::{PlacedBallot, Unreadable, read_ballots};
use super::board::ScannedBoard;
use super::weights::WeightRng;
use crate::ballot::{Candidate, VerifiedBallot, Window, verify_ballots};
use crate::board::tiles::TILE_WIDTH;
use crate::credential::AddedLines;
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::hash::{FileHash, Fingerprint, TreeHash, tagged};
use crate::limits::{MAX_CEREMONY_FILES, MAX_ENTRIES, MAX_MESSAGE_BYTES};
use crate::parallel;
use crate::record::{
    self, BundleIndex, PublishedRoll, RecordError, RecordSource, read_context, read_file, read_manifest,
};
use crate::tally::{Correction, CountedSet, PartialTally, Selection};
use crate::words::entries;

/// The number of bundles that are verified in one batch.
const BUNDLES_PER_BATCH: u64 = 2;

/// Why a shard cannot be verified, or parts cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Bytes are not those of a plan or a part.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A part belongs to another plan.
    #[error("the part belongs to another plan")]
    OtherPlan,
    /// A part does not begin where the part before it ends.
    #[error("a part begins at entry {found}, but the part before it ends at entry {expected}")]
    NotAdjacent {
        /// The entry at which the part begins.
        found: u64,
        /// The entry at which the part must begin.
        expected: u64,
    },
    /// The parts do not reach the end of the board, or there are no parts.
    #[error("the parts end at entry {found}, but the board has {}", entries(.expected))]
    Incomplete {
        /// The entry at which the parts end.
        found: u64,
        /// The number of entries of the board.
        expected: u64,
    },
    /// The board has no such range.
    #[error("the board of {} has no range from {start} to {end}", entries(.size))]
    NoSuchRange {
        /// The first entry of the requested range.
        start: u64,
        /// The entry after the last entry of the requested range.
        end: u64,
        /// The number of entries of the board.
        size: u64,
    },
    /// The record has no plan, because a part that is read before the ballots is invalid.
    #[error("there is no plan for shards: a part of the record that is read before the ballots is invalid")]
    NoPlan,
    /// A part of the record cannot be read, or breaks a rule.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record is not the one for which the plan was made.
    #[error("the record has the fingerprint {found}, but the plan is for {expected}")]
    OtherRecord {
        /// The fingerprint of the record.
        found: Fingerprint,
        /// The fingerprint that the plan names.
        expected: Fingerprint,
    },
}

impl ShardError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(_) => "bad-encoding",
            Self::OtherPlan => "other-plan",
            Self::NotAdjacent { .. } => "not-adjacent",
            Self::Incomplete { .. } => "incomplete",
            Self::NoSuchRange { .. } => "no-such-range",
            Self::NoPlan => "no-plan",
            Self::Record(error) => error.code(),
            Self::OtherRecord { .. } => "other-election",
        }
    }
}

/// Everything that a shard needs in addition to the record: the hashes of the bundles, and the ballots that count if
/// every ballot is valid.
pub struct ShardPlan {
    pub(super) context: ElectionContext,
    pub(super) roll: PublishedRoll,
    ceremony: Vec<FileHash>,
    pub(super) window: Window,
    pub(super) bundles: BundleIndex,
    pub(super) selection: Selection,
    /// The lines that changes of the roll add.
    added: AddedLines,
    digest: [u8; 32],
}

impl ShardPlan {
    pub(super) fn new(
        context: ElectionContext,
        roll: PublishedRoll,
        ceremony: Vec<FileHash>,
        board: &mut ScannedBoard,
    ) -> Self {
        let mut plan = Self {
            context,
            roll,
            ceremony,
            window: board.timeline.window(),
            bundles: core::mem::take(&mut board.bundles),
            selection: board.selection.clone(),
            added: board.timeline.added_lines().clone(),
            digest: [0; 32],
        };
        plan.digest = digest(&plan.to_bytes());
        plan
    }

    /// The number of entries of the board. Shards are ranges of them.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.bundles.size
    }

    /// Returns the context of the election.
    #[must_use]
    pub fn context(&self) -> &ElectionContext {
        &self.context
    }

    /// Splits the board into `count` ranges of nearly the same size, or into one range for each entry if there are
    /// fewer entries. Each range begins at the beginning of a bundle, unless there are fewer bundles than ranges.
    #[must_use]
    pub fn ranges(&self, count: u64) -> Vec<Range<u64>> {
        let count = count.clamp(1, self.entries().max(1));
        let unit = if count <= self.bundles.len() { u64::from(TILE_WIDTH) } else { 1 };
        let units = self.entries().div_ceil(unit);
        // The result is at most `units`, so it fits into a `u64`.
        let bound = |number: u64| (u128::from(units) * u128::from(number) / u128::from(count)) as u64 * unit;
        (0..count).map(|number| bound(number)..bound(number + 1).min(self.entries())).collect()
    }

    /// The encoding of the plan, for workers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        let position = |index: Option<u64>| index.map_or(0, |index| index + 1);
        writer.put(self.context.fingerprint().as_bytes()).u64(self.entries());
        writer.u64(position(self.window.opened)).u64(position(self.window.closed));
        writer.u16(self.ceremony.len() as u16);
        for hash in self.ceremony.iter().chain(&self.bundles.hashes) {
            writer.put(hash.as_bytes());
        }
        self.selection.counted.encode(self.entries(), &mut writer);
        writer.put(self.selection.heads.as_bytes());
        self.added.encode(&mut writer);
        writer.finish()
    }

    /// Decodes a plan, and reads from the record the parts that the plan names: manifest, ceremony and roll.
    ///
    /// # Errors
    ///
    /// `Decode` or `OtherRecord`; `Record` if a part of the record cannot be read or is invalid.
    pub fn open<R: CryptoRng>(source: &dyn RecordSource, bytes: &[u8], rng: &mut R) -> Result<Self, ShardError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let expected = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let size = at_most("size", reader.u64("size")?, MAX_ENTRIES)?;
        let opened = at_most("opened", reader.u64("opened")?, size)?.checked_sub(1);
        let closed = at_most("closed", reader.u64("closed")?, size)?.checked_sub(1);
        let files = usize::from(reader.u16("ceremony")?);
        at_most("ceremony", files as u64, MAX_CEREMONY_FILES as u64)?;
        let ceremony = hashes("ceremony", files, &mut reader)?;
        let bundles = size.div_ceil(u64::from(TILE_WIDTH)) as usize;
        let hashes = hashes("bundles", bundles, &mut reader)?;
        let counted = CountedSet::decode(size, &mut reader)?;
        let heads = TreeHash::from_bytes(reader.array("heads")?);
        let added = AddedLines::decode(size, &mut reader)?;
        reader.finish()?;

        let file = |path: &str, limit: usize| read_file(source, path, limit).map_err(RecordError::file(path));
        let manifest = read_manifest(source)?;
        let messages = ceremony.iter().map(|hash| file(&record::ceremony_path(hash), MAX_MESSAGE_BYTES));
        let messages: Vec<Vec<u8>> = messages.collect::<Result<_, _>>()?;
        let (context, roll) = read_context(source, manifest, &messages, rng)?;
        let found = *context.fingerprint();
        if found != expected {
            return Err(ShardError::OtherRecord { found, expected });
        }
        let window = Window { opened, closed };
        let bundles = BundleIndex { size, hashes };
        // Whoever has the plan of the whole board knows the changes.
        let selection = Selection { counted, heads, changes: Vec::new() };
        Ok(Self { context, roll, ceremony, window, bundles, selection, added, digest: digest(bytes) })
    }

    /// Verifies ballots without regard to other ballots, and returns the valid ones with their positions.
    fn verify_ballots(
        &self,
        source: &dyn RecordSource,
        bundle: u64,
        ballots: &[PlacedBallot],
        rng: &mut WeightRng,
    ) -> Result<Vec<(u64, VerifiedBallot)>, Unreadable> {
        let candidates = ballots.iter().map(|(index, bytes)| self.candidate(source, bundle, *index, bytes));
        let verified = verify_ballots(&self.context, &candidates.collect::<Result<Vec<_>, _>>()?, rng);
        let placed = ballots.iter().map(|(index, _)| *index).zip(verified);
        Ok(placed.filter_map(|(index, ballot)| Some((index, ballot.ok()?))).collect())
    }

    /// Corrects the sums of the ballots in `before` to those of the ballots in `after`: adds and removes the valid ballots
    /// in which the two differ.
    pub(super) fn correct<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        mut tally: PartialTally,
        before: &CountedSet,
        after: &CountedSet,
        rng: &mut R,
    ) -> Result<PartialTally, Unreadable> {
        let mut wrong: Vec<u64> = before.differences(after).map(|index| index / u64::from(TILE_WIDTH)).collect();
        wrong.dedup();
        for wave in waves(wrong) {
            let wave: Vec<(u64, WeightRng)> = wave.into_iter().map(|bundle| (bundle, WeightRng::fork(rng))).collect();
            let corrections = parallel::map(wave, |(bundle, mut rng)| {
                let mut ballots = read_ballots(source, &self.bundles, bundle)?;
                ballots.retain(|(index, _)| before.contains(*index) != after.contains(*index));
                self.verify_ballots(source, bundle, &ballots, &mut rng)
            });
            for ballots in corrections {
                for (index, ballot) in ballots? {
                    let counts = after.contains(index);
                    let correction = if counts { Correction::Add } else { Correction::Remove };
                    tally.correct(&self.context, &ballot, correction);
                }
            }
        }
        Ok(tally)
    }

    /// The ballot at a position, with its line of the roll or of a change.
    fn candidate<'b>(
        &self,
        source: &dyn RecordSource,
        bundle: u64,
        index: u64,
        ballot: &'b [u8],
    ) -> Result<Candidate<'b>, Unreadable> {
        let find = |key: &[u8; 32]| Ok(self.roll.find(source, key)?.or_else(|| self.added.line(key, index)));
        Candidate::new(ballot, find).map_err(Unreadable::roll(bundle))
    }

    /// Verifies the ballots that are both in a range of entries and in a range of bundles. Stops at the first bundle
    /// that cannot be read.
    fn batch(
        &self,
        source: &dyn RecordSource,
        entries: &Range<u64>,
        bundles: Range<u64>,
        rng: &mut WeightRng,
    ) -> PartialVerification {
        let start = self.bundles.first_entry(bundles.start).max(entries.start);
        let end = self.bundles.first_entry(bundles.end).min(entries.end);
        let mut part = PartialVerification::empty(self, start..end);
        let mut ballots: Vec<PlacedBallot> = Vec::new();
        for bundle in bundles {
            match read_ballots(source, &self.bundles, bundle) {
                Ok(read) => ballots.extend(read.into_iter().filter(|(index, _)| entries.contains(index))),
                Err(error) => {
                    part.unreadable = Some(error);
                    break;
                }
            }
        }
        let (mut failures, mut positions, mut candidates) = (Vec::new(), Vec::new(), Vec::new());
        for (index, bytes) in &ballots {
            if let Err(error) = self.window.admits(*index) {
                failures.push((*index, error));
                continue;
            }
            match self.candidate(source, index / u64::from(TILE_WIDTH), *index, bytes) {
                Ok(candidate) => {
                    positions.push(*index);
                    candidates.push(candidate);
                }
                Err(error) => {
                    // Nothing is known about the ballots of its bundle either.
                    let known = self.bundles.first_entry(error.bundle);
                    failures.retain(|(index, _)| *index < known);
                    positions.retain(|index| *index < known);
                    candidates.truncate(positions.len());
                    part.unreadable = Some(error);
                    break;
                }
            }
        }
        let verified = verify_ballots(&self.context, &candidates, rng);
        for (index, outcome) in positions.into_iter().zip(verified) {
            match outcome {
                Ok(ballot) if self.selection.counted.contains(index) => {
                    part.tally.correct(&self.context, &ballot, Correction::Add);
                }
                Ok(_) => {}
                Err(error) => failures.push((index, error)),
            }
        }
        failures.sort_by_key(|(index, _)| *index);
        failures.iter().for_each(|(index, error)| part.failures.push(*index, error));
        part
    }
}

fn hashes(field: &'static str, count: usize, reader: &mut Reader<'_>) -> Result<Vec<FileHash>, DecodeError> {
    let bytes = reader.take(field, count.saturating_mul(32))?;
    let (chunks, _) = bytes.as_chunks();
    Ok(chunks.iter().map(|chunk| FileHash::from_bytes(*chunk)).collect())
}

fn digest(plan: &[u8]) -> [u8; 32] {
    tagged("shard-plan", &[plan])
}

/// Verifies the ballots of a range of entries.
///
/// # Errors
///
/// `NoSuchRange` if the board does not have the range. Errors of the record are not returned: the part contains them.
pub fn verify_shard<R: CryptoRng>(
    source: &dyn RecordSource,
    plan: &ShardPlan,
    entries: Range<u64>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Result<PartialVerification, ShardError> {
    let Range { start, end } = entries;
    if start > end || end > plan.entries() {
        return Err(ShardError::NoSuchRange { start, end, size: plan.entries() });
    }
    Ok(verify_entries(source, plan, entries, progress, rng))
}

/// Verifies the ballots of a range that the board has.
pub(super) fn verify_entries<R: CryptoRng>(
    source: &dyn RecordSource,
    plan: &ShardPlan,
    entries: Range<u64>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> PartialVerification {
    let width = u64::from(TILE_WIDTH);
    let mut sum = PartialVerification::empty(plan, entries.start..entries.start);
    let mut next = entries.start / width;
    let bundles = if entries.is_empty() { next } else { entries.end.div_ceil(width) };
    while next < bundles && sum.unreadable.is_none() {
        let wave = (next + BUNDLES_PER_BATCH * parallel::width() as u64).min(bundles);
        let batches: Vec<(Range<u64>, WeightRng)> = (next..wave)
            .step_by(BUNDLES_PER_BATCH as usize)
            .map(|start| (start..(start + BUNDLES_PER_BATCH).min(wave), WeightRng::fork(rng)))
            .collect();
        for part in parallel::map(batches, |(bundles, mut rng)| plan.batch(source, &entries, bundles, &mut rng)) {
            sum.append(part);
        }
        next = wave;
        let (done, total) = (sum.entries().end - entries.start, entries.end - entries.start);
        progress(Progress { stage: "ballots", done, total });
    }
    // The findings end at the first bundle that cannot be read. The part still covers the whole range.
    sum.entries.end = entries.end;
    sum
}

/// Splits the bundles into groups. A group is large enough for all cores, and small enough to need little memory.
pub(super) fn waves(bundles: Vec<u64>) -> impl Iterator<Item = Vec<u64>> {
    let width = 4 * parallel::width();
    let mut bundles = bundles.into_iter();
    core::iter::from_fn(move || {
        let wave: Vec<u64> = bundles.by_ref().take(width).collect();
        (!wave.is_empty()).then_some(wave)
    })
}
