//! Ranges of the board that are verified apart: on other cores, other machines, or later.
//!
//! See `spec/verification.md#shards`.
//!
//! # Security
//!
//! A part is believed as it is: whoever verifies with the help of others trusts them with the ballots of their ranges. A
//! plan names the record by fingerprint and hashes, so that a worker that reads another record says so.

mod part;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use rand_core::CryptoRng;

pub(super) use self::part::Finding;
pub use self::part::{PartialVerification, merge_all};
use super::ballots::{Bundles, PlacedBallot, Unreadable, check_of, first_entry, unreadable_roll};
use super::board::Board;
use super::parallel::{self, WeightRng};
use super::{Progress, VerifiedRoll};
use crate::ballot::{AdmissionError, BallotHeader, Candidate, VerifiedBallot, Window, verify_ballots};
use crate::board::tiles::TILE_WIDTH;
use crate::credential::{RollReader, RollRefused, RollRules};
use crate::election::{ElectionContext, ElectionError};
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::hash::{FileHash, Fingerprint, tagged};
use crate::key_ceremony::{CeremonyError, CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_ENTRIES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES, MAX_TRUSTEES};
use crate::manifest::{Manifest, ManifestErrors};
use crate::record::{self, ReadError, RecordSource, read_file, read_parts};
use crate::tally::{PartialTally, Selection};

/// How many bundles are verified in one batch.
const BUNDLES_PER_BATCH: u64 = 2;
/// At most how many messages of a ceremony a plan names: as many as the verifier keeps.
const MAX_CEREMONY_FILES: usize = 64 * MAX_TRUSTEES;

/// Why a shard cannot be verified, or parts cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Bytes are not those of a plan or a part.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// A part was made by another plan.
    #[error("the part is of another plan")]
    OtherPlan,
    /// A part does not begin where the other ends.
    #[error("a part that begins at entry {found} does not continue one up to entry {expected}")]
    NotAdjacent {
        /// The entry at which it begins.
        found: u64,
        /// The entry at which it must begin.
        expected: u64,
    },
    /// The parts do not reach to the end of the board, or there is none.
    #[error("the parts end at entry {found} of {expected}")]
    Incomplete {
        /// The entry at which they end.
        found: u64,
        /// How many entries there are.
        expected: u64,
    },
    /// The board has no such range.
    #[error("the board of {size} entries has no range from {start} to {end}")]
    NoSuchRange {
        /// Where the range begins.
        start: u64,
        /// Where it ends.
        end: u64,
        /// How many entries there are.
        size: u64,
    },
    /// The record broke before its ballots: there is no plan.
    #[error("the record is broken before its ballots: there is nothing to verify in shards")]
    NoPlan,
    /// A file of the record cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: ReadError,
    },
    /// The manifest breaks a rule.
    #[error("the manifest does not hold: {0}")]
    Manifest(ManifestErrors),
    /// The key ceremony does not hold.
    #[error("the key ceremony: {0}")]
    Ceremony(#[from] CeremonyError),
    /// The roll breaks a rule.
    #[error("the roll does not hold: {0}")]
    Roll(#[from] RollRefused),
    /// Manifest, ceremony and roll do not fit.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// The record is not the one that was selected from.
    #[error("the record has the fingerprint {found}, the plan is of {expected}")]
    OtherRecord {
        /// Of the record.
        found: Fingerprint,
        /// Of the plan.
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
            Self::File { error: ReadError::Missing, .. } => "missing-file",
            Self::File { .. } => "unreadable-file",
            Self::Manifest(_) => "bad-manifest",
            Self::Ceremony(_) => "bad-ceremony",
            Self::Roll(_) => "bad-roll",
            Self::Election(_) | Self::OtherRecord { .. } => "other-election",
        }
    }
}

/// What every shard needs besides the record: the hashes of the bundles, and which ballots count if all are valid by
/// themselves.
pub struct ShardPlan {
    pub(super) context: ElectionContext,
    pub(super) roll: VerifiedRoll,
    ceremony: Vec<FileHash>,
    pub(super) size: u64,
    window: Window,
    hashes: Vec<FileHash>,
    pub(super) selection: Selection,
    digest: [u8; 32],
}

impl ShardPlan {
    pub(super) fn new(
        context: ElectionContext,
        roll: VerifiedRoll,
        ceremony: Vec<FileHash>,
        board: &mut Board,
    ) -> Self {
        let mut plan = Self {
            context,
            roll,
            ceremony,
            size: board.head.size,
            window: board.window(),
            hashes: core::mem::take(&mut board.bundles),
            selection: core::mem::take(&mut board.selection),
            digest: [0; 32],
        };
        plan.digest = digest(&plan.to_bytes());
        plan
    }

    /// How many entries the board has: shards are ranges of them.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.size
    }

    /// How many bundles.
    pub(super) fn bundles(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// The election.
    #[must_use]
    pub fn context(&self) -> &ElectionContext {
        &self.context
    }

    /// `count` ranges of nearly the same size that together are the board; fewer, if it has fewer entries. They begin with
    /// a bundle if there are as many bundles.
    #[must_use]
    pub fn ranges(&self, count: u64) -> Vec<Range<u64>> {
        let count = count.clamp(1, self.size.max(1));
        let unit = if count <= self.bundles() { u64::from(TILE_WIDTH) } else { 1 };
        let units = self.size.div_ceil(unit);
        // Below `units`, which fits.
        let bound = |number: u64| (u128::from(units) * u128::from(number) / u128::from(count)) as u64 * unit;
        (0..count).map(|number| bound(number)..bound(number + 1).min(self.size)).collect()
    }

    /// The bytes for workers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        let position = |index: Option<u64>| index.map_or(0, |index| index + 1);
        writer.put(self.context.fingerprint().as_bytes()).u64(self.size);
        writer.u64(position(self.window.opened)).u64(position(self.window.closed));
        writer.u16(u16::try_from(self.ceremony.len()).unwrap_or(u16::MAX));
        for hash in self.ceremony.iter().chain(&self.hashes) {
            writer.put(hash.as_bytes());
        }
        self.selection.encode(self.size, &mut writer);
        writer.finish()
    }

    /// Reads the bytes of a plan, and from the record what they name: manifest, ceremony and roll.
    ///
    /// # Errors
    ///
    /// `Decode`, `OtherRecord`, or what of the record cannot be read or does not hold.
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
        let bundles = usize::try_from(size.div_ceil(u64::from(TILE_WIDTH))).unwrap_or(usize::MAX);
        let hashes = hashes("bundles", bundles, &mut reader)?;
        let selection = Selection::decode(size, &mut reader)?;
        reader.finish()?;

        let file = |path: &str, limit: usize| {
            read_file(source, path, limit).map_err(|error| ShardError::File { path: path.to_string(), error })
        };
        let manifest = Manifest::parse(&file(record::MANIFEST, MAX_MANIFEST_BYTES)?).map_err(ShardError::Manifest)?;
        let messages = ceremony.iter().map(|hash| file(&record::ceremony_path(hash), MAX_MESSAGE_BYTES));
        let messages: Vec<Vec<u8>> = messages.collect::<Result<_, _>>()?;
        let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT)?;
        let joint_key = JointKey::verify(&parameters, &messages, rng)?;
        let mut roll = RollReader::new(RollRules::for_manifest(&manifest));
        read_parts(source, record::ROLL, |part, _, _| roll.feed(part, &mut |_| ()))
            .map_err(|error| ShardError::File { path: record::ROLL.to_string(), error })?;
        let roll = VerifiedRoll { index: roll.finish(&mut |_| ())? };
        let context = ElectionContext::new(manifest, joint_key, roll.hash())?;
        let found = *context.fingerprint();
        if found != expected {
            return Err(ShardError::OtherRecord { found, expected });
        }
        let window = Window { opened, closed };
        Ok(Self { context, roll, ceremony, size, window, hashes, selection, digest: digest(bytes) })
    }

    pub(super) fn board<'a>(&'a self, source: &'a dyn RecordSource) -> Bundles<'a> {
        Bundles { source, hashes: &self.hashes, size: self.size }
    }

    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// Verifies ballots, whatever else stands on the board.
    pub(super) fn verify_ballots(
        &self,
        source: &dyn RecordSource,
        bundle: u64,
        ballots: &[PlacedBallot],
        rng: &mut WeightRng,
    ) -> Result<Vec<Result<VerifiedBallot, AdmissionError>>, Unreadable> {
        Ok(verify_ballots(&self.context, &self.candidates(source, bundle, ballots)?, rng))
    }

    /// Ballots with their lines of the roll.
    fn candidates<'b>(
        &self,
        source: &dyn RecordSource,
        bundle: u64,
        ballots: &'b [PlacedBallot],
    ) -> Result<Vec<Candidate<'b>>, Unreadable> {
        let candidates = ballots.iter().map(|(index, bytes)| {
            let voter = match BallotHeader::read(bytes) {
                Ok(header) => self.roll.find(source, &header.credential),
                Err(_) => Ok(None),
            };
            let voter = voter.map_err(|error| unreadable_roll(bundle, error))?;
            Ok(Candidate { index: *index, bytes, voter })
        });
        candidates.collect()
    }

    /// The entries of a range that stand in some bundles, up to the first bundle that cannot be read.
    fn batch(
        &self,
        source: &dyn RecordSource,
        entries: &Range<u64>,
        bundles: Range<u64>,
        rng: &mut WeightRng,
    ) -> PartialVerification {
        let start = first_entry(bundles.start, self.size).max(entries.start);
        let end = first_entry(bundles.end, self.size).min(entries.end);
        let mut part = PartialVerification::empty(self, start..end);
        let mut outside = Vec::new();
        let mut inside: Vec<(u64, Vec<PlacedBallot>)> = Vec::new();
        for bundle in bundles {
            match self.board(source).ballots(bundle) {
                Ok(ballots) => {
                    let mut kept = Vec::with_capacity(ballots.len());
                    for (index, bytes) in ballots.into_iter().filter(|(index, _)| entries.contains(index)) {
                        match self.window.admits(index) {
                            Ok(()) => kept.push((index, bytes)),
                            Err(error) => outside.push((index, error)),
                        }
                    }
                    inside.push((bundle, kept));
                }
                Err(error) => {
                    part.unreadable = Some(error);
                    break;
                }
            }
        }
        let mut candidates = Vec::new();
        for (bundle, ballots) in &inside {
            match self.candidates(source, *bundle, ballots) {
                Ok(found) => candidates.extend(found),
                Err(error) => {
                    outside.retain(|(index, _)| *index < first_entry(*bundle, self.size));
                    part.unreadable = Some(error);
                    break;
                }
            }
        }
        let mut tally = PartialTally::zero(&self.context, start);
        let verified = verify_ballots(&self.context, &candidates, rng);
        for (candidate, outcome) in candidates.iter().zip(verified) {
            match outcome {
                Ok(ballot) => tally.count(&self.context, &self.selection, &ballot),
                Err(error) => outside.push((candidate.index, error)),
            }
        }
        outside.sort_by_key(|(index, _)| *index);
        let finding = |(index, error): (u64, AdmissionError)| Finding {
            index,
            check: check_of(&error),
            problem: error.to_string(),
        };
        part.failures = outside.into_iter().map(finding).collect();
        part.tally = tally.up_to(end);
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
/// `NoSuchRange`. What is wrong with the record stands in the part.
pub fn verify_shard<R: CryptoRng>(
    source: &dyn RecordSource,
    plan: &ShardPlan,
    entries: Range<u64>,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Result<PartialVerification, ShardError> {
    let Range { start, end } = entries;
    if start > end || end > plan.size {
        return Err(ShardError::NoSuchRange { start, end, size: plan.size });
    }
    Ok(verify_entries(source, plan, entries, progress, rng))
}

/// The same for a range that the board has.
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
    // What cannot be read ends the findings; the part is of the whole range all the same.
    sum.reach(plan, entries.end);
    sum
}
