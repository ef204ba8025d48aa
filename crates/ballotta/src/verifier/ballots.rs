//! Reading ballots a second time, and what is asked of each.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::board::read_bundle;
use super::report::Place;
use super::{CheckId, VerifiedRoll};
use crate::ballot::{AdmissionError, BallotHeader, SignedBallot};
use crate::board::entry::{Entry, EntryKind};
use crate::board::tiles::{TILE_WIDTH, TilePath, decode_bundle};
use crate::hash::FileHash;
use crate::record::{ROLL, RecordSource};
use crate::tally::{LedgerEntry, Recorded};

/// The checks that every ballot goes through.
pub(super) const BALLOT_CHECKS: [CheckId; 10] = [
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

/// The check that an error fails.
pub(super) fn check_of(error: &AdmissionError) -> CheckId {
    match error {
        AdmissionError::Encoding(_) => CheckId::BallotEncoding,
        AdmissionError::WrongElection => CheckId::BallotElection,
        AdmissionError::UnknownCredential => CheckId::BallotCredential,
        AdmissionError::WrongStyle { .. } | AdmissionError::WrongWeight { .. } => CheckId::BallotStyle,
        AdmissionError::BadSignature => CheckId::BallotSignature,
        AdmissionError::ArgumentInvalid => CheckId::BallotArgument,
        AdmissionError::DuplicateBallot { .. } => CheckId::BallotDuplicate,
        AdmissionError::RepeatedRandomness { .. } => CheckId::BallotRandomness,
        AdmissionError::NotOpen | AdmissionError::Closed => CheckId::BallotWindow,
        AdmissionError::RevoteNotAllowed { .. } | AdmissionError::RevoteFork { .. } => CheckId::BallotPredecessor,
    }
}

/// A board that cannot be read a second time as it was the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The bundle that was being read.
    pub(super) bundle: u64,
    /// The file.
    pub(super) path: String,
    /// Why.
    pub(super) problem: String,
}

impl Unreadable {
    pub(super) fn place(&self) -> Place {
        Place::File(self.path.clone())
    }
}

/// A ballot on the board, with its position.
pub(super) type PlacedBallot = (u64, Vec<u8>);

/// The bundles of a board whose hashes are known.
#[derive(Clone, Copy)]
pub(super) struct Bundles<'a> {
    pub(super) source: &'a dyn RecordSource,
    pub(super) hashes: &'a [FileHash],
    /// Entries of the board.
    pub(super) size: u64,
}

impl Bundles<'_> {
    /// The entries of a bundle, the same as in the first reading.
    fn entries<T>(&self, bundle: u64, read: impl FnOnce(u64, &[&[u8]]) -> T) -> Result<T, Unreadable> {
        let first = first_entry(bundle, self.size);
        let path = TilePath::bundle_of(first, self.size);
        let text = path.map(|path| path.to_string()).unwrap_or_default();
        let unreadable = |problem: String| Unreadable { bundle, path: text.clone(), problem };
        let missing = || unreadable("there is no such bundle".to_string());
        let path = path.ok_or_else(missing)?;
        let hash = usize::try_from(bundle).ok().and_then(|bundle| self.hashes.get(bundle)).ok_or_else(missing)?;
        let bytes = read_bundle(self.source, &path).map_err(|error| unreadable(error.to_string()))?;
        if FileHash::of(&bytes) != *hash {
            return Err(unreadable("the file changed while it was read".to_string()));
        }
        let entries = decode_bundle(&bytes, path.width()).map_err(|error| unreadable(error.to_string()))?;
        Ok(read(first, &entries))
    }

    /// The ballots of a bundle.
    pub(super) fn ballots(&self, bundle: u64) -> Result<Vec<PlacedBallot>, Unreadable> {
        self.entries(bundle, |first, entries| {
            let decoded = (first..).zip(entries).filter_map(|(index, bytes)| Some((index, Entry::decode(bytes).ok()?)));
            let ballots = decoded.filter(|(_, entry)| entry.kind() == EntryKind::Ballot);
            ballots.map(|(index, entry)| (index, entry.body().to_vec())).collect()
        })
    }

    /// What a ballot on the board says of itself.
    pub(super) fn recorded(&self, index: u64) -> Result<Recorded, Unreadable> {
        let bundle = index / u64::from(TILE_WIDTH);
        let recorded = self.entries(bundle, |_, entries| {
            let position = usize::try_from(index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
            let entry = Entry::decode(entries.get(position)?).ok()?;
            let header = BallotHeader::read(entry.body()).ok()?;
            let tracker = SignedBallot::tracker_of(entry.body()).ok()?;
            Some(Recorded { tracker, randomness: header.randomness })
        })?;
        recorded.ok_or_else(|| {
            let path = TilePath::bundle_of(index, self.size).map(|path| path.to_string()).unwrap_or_default();
            Unreadable { bundle, path, problem: alloc::format!("entry {index} is not a ballot") }
        })
    }
}

/// The first entry of a bundle, or the end of the board.
pub(super) fn first_entry(bundle: u64, size: u64) -> u64 {
    bundle.saturating_mul(u64::from(TILE_WIDTH)).min(size)
}

/// What the ledger looks at of a ballot, if its credential stands on the roll. What else is wrong with the ballot is for
/// whoever verifies it to say.
pub(super) fn ledger_entry(
    source: &dyn RecordSource,
    roll: &VerifiedRoll,
    index: u64,
    ballot: &[u8],
) -> Option<LedgerEntry> {
    let header = BallotHeader::read(ballot).ok()?;
    let line = roll.find(source, &header.credential).ok()??;
    let tracker = SignedBallot::tracker_of(ballot).ok()?;
    let BallotHeader { previous, randomness, .. } = header;
    Some(LedgerEntry { index, voter: line.voter(), tracker, previous, randomness })
}

/// The roll cannot be read again.
pub(super) fn unreadable_roll(bundle: u64, error: impl ToString) -> Unreadable {
    Unreadable { bundle, path: ROLL.to_string(), problem: error.to_string() }
}
