//! The second reading of the board: every ballot is verified, and the counted ones are added up.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::Range;

use rand_core::CryptoRng;

use super::board::{Board, read_bundle};
use super::parallel::{self, WeightRng};
use super::report::Place;
use super::{CheckId, Progress, VerifiedRoll, Verifier};
use crate::ballot::{AdmissionError, BallotHeader, Candidate, SignedBallot, VerifiedBallot, verify_ballots};
use crate::board::entry::{Entry, EntryKind};
use crate::board::tiles::{TILE_WIDTH, TilePath, decode_bundle};
use crate::election::ElectionContext;
use crate::hash::FileHash;
use crate::manifest::Revoting;
use crate::record::RecordSource;
use crate::tally::{ClosePoint, EncryptedTally, Ledger, PartialTally, Recorded, Selection, TallyError};

/// How many bundles are verified in one batch.
const BUNDLES_PER_BATCH: usize = 2;
/// In how many ranges the board is added up at most: what is read again where the first guess of who counts was wrong.
const RANGES: usize = 64;

/// The outcome of each ballot of some bundles, with its position.
type Outcomes = Vec<(u64, Result<VerifiedBallot, AdmissionError>)>;

/// What the second reading reads from.
struct Ballots<'a> {
    source: &'a dyn RecordSource,
    context: &'a ElectionContext,
    roll: &'a VerifiedRoll,
    board: &'a Board,
}

/// A board that cannot be read a second time as it was the first.
struct Unreadable {
    place: Place,
    problem: alloc::string::String,
}

impl Ballots<'_> {
    /// The bytes of a bundle, the same as in the first reading.
    fn bundle(&self, path: &TilePath, hash: &FileHash) -> Result<Vec<u8>, Unreadable> {
        let unreadable = |problem| Unreadable { place: Place::File(path.to_string()), problem };
        let bytes = read_bundle(self.source, path).map_err(|error| unreadable(error.to_string()))?;
        if FileHash::of(&bytes) != *hash {
            return Err(unreadable("the file changed while it was read".to_string()));
        }
        Ok(bytes)
    }

    /// Verifies the ballots of some bundles.
    fn verify(&self, bundles: Range<usize>, rng: &mut WeightRng) -> Result<Outcomes, Unreadable> {
        let mut outcomes = Vec::new();
        let mut ballots: Vec<(u64, Vec<u8>)> = Vec::new();
        for (path, hash) in self.board.bundles.get(bundles).unwrap_or_default() {
            let bytes = self.bundle(path, hash)?;
            let unreadable = |problem| Unreadable { place: Place::File(path.to_string()), problem };
            let entries = decode_bundle(&bytes, path.width()).map_err(|error| unreadable(error.to_string()))?;
            for (index, entry) in (path.first()..).zip(entries) {
                let Ok(entry) = Entry::decode(entry) else { continue };
                if entry.kind() != EntryKind::Ballot {
                    continue;
                }
                match self.board.in_window(index) {
                    Ok(()) => ballots.push((index, entry.body().to_vec())),
                    Err(error) => outcomes.push((index, Err(error))),
                }
            }
        }
        let candidates = ballots
            .iter()
            .map(|(index, bytes)| {
                let credential = BallotHeader::read(bytes).map(|header| header.credential);
                let voter = match credential {
                    Ok(credential) => self.roll.find(self.source, &credential).map_err(|error| Unreadable {
                        place: Place::File(crate::record::ROLL.into()),
                        problem: error.to_string(),
                    })?,
                    Err(_) => None,
                };
                Ok(Candidate { index: *index, bytes, voter })
            })
            .collect::<Result<Vec<_>, Unreadable>>()?;
        let verified = verify_ballots(self.context, &candidates, rng);
        outcomes.extend(candidates.iter().map(|candidate| candidate.index).zip(verified));
        outcomes.sort_by_key(|(index, _)| *index);
        Ok(outcomes)
    }

    /// What a ballot on the board says of itself.
    fn recorded(&self, index: u64) -> Result<Recorded, Unreadable> {
        let place = self.board.place(index);
        let unreadable = |problem: &str| Unreadable { place: place.clone(), problem: problem.to_string() };
        let (path, hash) = self.board.bundle_of(index).ok_or_else(|| unreadable("there is no such entry"))?;
        let bytes = self.bundle(path, hash)?;
        let entries = decode_bundle(&bytes, path.width()).map_err(|error| unreadable(&error.to_string()))?;
        let position = usize::try_from(index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let ballot = entries.get(position).and_then(|entry| Entry::decode(entry).ok());
        let ballot = ballot.ok_or_else(|| unreadable("the entry is not a ballot"))?.body();
        let header = BallotHeader::read(ballot).map_err(|error| unreadable(&error.to_string()))?;
        let tracker = SignedBallot::tracker_of(ballot).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Recorded { tracker, randomness: header.randomness })
    }
}

/// The check that an error fails.
fn check_of(error: &AdmissionError) -> CheckId {
    match error {
        AdmissionError::Encoding(_) => CheckId::BallotEncoding,
        AdmissionError::WrongElection => CheckId::BallotElection,
        AdmissionError::UnknownCredential => CheckId::BallotCredential,
        AdmissionError::WrongStyle { .. } => CheckId::BallotStyle,
        AdmissionError::BadSignature => CheckId::BallotSignature,
        AdmissionError::ArgumentInvalid => CheckId::BallotArgument,
        AdmissionError::DuplicateBallot { .. } => CheckId::BallotDuplicate,
        AdmissionError::RepeatedRandomness { .. } => CheckId::BallotRandomness,
        AdmissionError::NotOpen | AdmissionError::Closed => CheckId::BallotWindow,
        AdmissionError::RevoteNotAllowed { .. } | AdmissionError::RevoteFork { .. } => CheckId::BallotPredecessor,
    }
}

/// The checks that every ballot goes through.
const BALLOT_CHECKS: [CheckId; 10] = [
    CheckId::BallotEncoding,
    CheckId::BallotElection,
    CheckId::BallotCredential,
    CheckId::BallotStyle,
    CheckId::BallotSignature,
    CheckId::BallotArgument,
    CheckId::BallotDuplicate,
    CheckId::BallotRandomness,
    CheckId::BallotWindow,
    CheckId::BallotPredecessor,
];

impl Verifier<'_> {
    /// Verifies all ballots, and adds the counted ones up if the board is closed.
    pub(super) fn ballots<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        roll: &VerifiedRoll,
        board: &Board,
        rng: &mut R,
    ) -> Option<EncryptedTally> {
        let ballots = Ballots { source: self.source, context, roll, board };
        match self.add_up(&ballots, rng) {
            Ok(tally) => tally,
            Err(Unreadable { place, problem }) => {
                self.findings.fail(CheckId::Entries, place, problem);
                None
            }
        }
    }

    fn add_up<R: CryptoRng>(
        &mut self,
        ballots: &Ballots<'_>,
        rng: &mut R,
    ) -> Result<Option<EncryptedTally>, Unreadable> {
        let Ballots { context, roll, board, .. } = *ballots;
        for check in BALLOT_CHECKS {
            self.findings.saw(check, board.ballots);
        }
        let revoting = context.manifest().revoting() == Revoting::LastCounts;
        let voters = u32::try_from(roll.totals().voters()).unwrap_or(u32::MAX);
        let mut ledger = Ledger::new(voters, board.head.size, revoting, rng.next_u64());

        let bundles = board.bundles.len();
        let range = bundles.div_ceil(RANGES).next_multiple_of(BUNDLES_PER_BATCH);
        let first_entry = |bundle: usize| (bundle as u64 * u64::from(TILE_WIDTH)).min(board.head.size);
        let mut partials: Vec<PartialTally> = Vec::new();
        let mut next = 0;
        while next < bundles {
            let end = (next + BUNDLES_PER_BATCH * parallel::width()).min(bundles);
            let batches: Vec<(Range<usize>, WeightRng)> = (next..end)
                .step_by(BUNDLES_PER_BATCH)
                .map(|start| (start..(start + BUNDLES_PER_BATCH).min(end), WeightRng::fork(rng)))
                .collect();
            let verified =
                parallel::map(batches, |(bundles, mut rng)| (bundles.clone(), ballots.verify(bundles, &mut rng)));
            for (batch, outcomes) in verified {
                if batch.start % range == 0 {
                    partials.push(PartialTally::zero(context, first_entry(batch.start)));
                }
                for (index, outcome) in outcomes? {
                    let admitted = match outcome {
                        Ok(ballot) => ledger.admit(&ballot, |index| ballots.recorded(index))?.map(|()| ballot),
                        Err(error) => Err(error),
                    };
                    match admitted {
                        Ok(ballot) => self.count(context, &board.guess, ballot, partials.last_mut()),
                        Err(error) => self.findings.fail(check_of(&error), board.place(index), &error),
                    }
                }
            }
            next = end;
            (self.progress)(Progress { stage: "ballots", done: first_entry(next), total: board.head.size });
        }

        let Some(close) = board.close_head else { return Ok(None) };
        let selection = ledger.into_selection();
        let mut wrong: Vec<usize> = board
            .guess
            .differences(&selection)
            .filter_map(|index| Some(usize::try_from(index).ok()? / usize::from(TILE_WIDTH) / range))
            .collect();
        wrong.sort_unstable();
        wrong.dedup();
        for range_number in wrong {
            let start = range_number * range;
            let mut partial = PartialTally::zero(context, first_entry(start));
            let end = (start + range).min(bundles);
            for batch in (start..end).step_by(BUNDLES_PER_BATCH) {
                let batch = batch..(batch + BUNDLES_PER_BATCH).min(end);
                for (_, outcome) in ballots.verify(batch, &mut WeightRng::fork(rng))? {
                    if let Ok(ballot) = outcome {
                        self.count(context, &selection, ballot, Some(&mut partial));
                    }
                }
            }
            if let Some(place) = partials.get_mut(range_number) {
                *place = partial;
            }
        }

        let mut sum = PartialTally::zero(context, 0);
        for (number, partial) in partials.into_iter().enumerate() {
            let end = first_entry(((number + 1) * range).min(bundles));
            sum = match sum.merge(&partial.up_to(end)) {
                Ok(sum) => sum,
                Err(error) => return Ok(self.not_added(&error)),
            };
        }
        match sum.close(context, ClosePoint { size: close.size, root: close.root }) {
            Ok(tally) => Ok(Some(tally)),
            Err(error) => Ok(self.not_added(&error)),
        }
    }

    /// Adds a ballot to a partial tally if the selection counts it.
    fn count(
        &mut self,
        context: &ElectionContext,
        selection: &Selection,
        ballot: VerifiedBallot,
        partial: Option<&mut PartialTally>,
    ) {
        let (Some(counted), Some(partial)) = (selection.count(ballot), partial) else { return };
        if let Err(error) = partial.add(context, &counted) {
            self.not_added(&error);
        }
    }

    fn not_added(&mut self, error: &TallyError) -> Option<EncryptedTally> {
        self.findings.fail(CheckId::TallySums, Place::Record, error);
        None
    }
}
