//! Reading ballots a second time, and the checks of each ballot.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::CheckId;
use super::report::{Effect, Findings, Place, Role};
use crate::ballot::{AdmissionError, BallotHeader, BoardBallotInfo};
use crate::board::tiles::TILE_WIDTH;
use crate::credential::RollLookupError;
use crate::record::{
    BundleError, BundleIndex, BundleProblem, KnownBundles, PublishedRoll, ROLL, ReadError, RecordSource, SourceError,
};
use crate::tally::LedgerEntry;

/// The check that an error fails.
pub(super) fn check_of(error: &AdmissionError) -> CheckId {
    match error {
        AdmissionError::Encoding(_) => CheckId::BallotEncoding,
        AdmissionError::WrongElection => CheckId::BallotElection,
        AdmissionError::UnknownCredential | AdmissionError::Revoked { .. } => CheckId::BallotCredential,
        AdmissionError::WrongStyle { .. } | AdmissionError::WrongWeight { .. } => CheckId::BallotStyle,
        AdmissionError::BadSignature => CheckId::BallotSignature,
        AdmissionError::ArgumentInvalid => CheckId::BallotArgument,
        AdmissionError::DuplicateBallot { .. } => CheckId::BallotDuplicate,
        AdmissionError::RepeatedRandomness { .. } => CheckId::BallotRandomness,
        AdmissionError::NotOpen | AdmissionError::Closed | AdmissionError::BoardFull => CheckId::BallotWindow,
        AdmissionError::BallotLimit { .. } | AdmissionError::RevoteFork { .. } => CheckId::BallotPredecessor,
    }
}

/// A file of the record that cannot be read, or that has changed since the first reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The bundle that was read, or whose ballots were verified.
    pub(super) bundle: u64,
    /// The path of the file.
    pub(super) path: String,
    /// The reason why the file cannot be read.
    pub(super) problem: String,
    /// What that means for the verdict.
    pub(super) effect: Effect,
}

impl Unreadable {
    /// Adds it to the findings. The board is awaited if a file is missing; nobody has signed anything else.
    pub(super) fn report(self, findings: &mut Findings) {
        let who: &[Role] = if self.effect == Effect::Missing { &[Role::Board] } else { &[] };
        findings.add(CheckId::Entries, Place::File(self.path), self.effect, who, self.problem);
    }

    /// The error of a bundle that is read for the first time.
    pub(super) fn first_bundle(bundle: u64) -> impl FnOnce(BundleError) -> Self {
        move |error| {
            let effect = match &error.problem {
                BundleProblem::Read(ReadError::Missing) => Effect::Missing,
                BundleProblem::Read(ReadError::Source(_)) => Effect::Unreadable,
                _ => Effect::Invalid,
            };
            Self { effect, ..Self::bundle(bundle)(error) }
        }
    }

    /// The error of a bundle that was read before.
    pub(super) fn bundle(bundle: u64) -> impl FnOnce(BundleError) -> Self {
        move |BundleError { path, problem }| Self {
            bundle,
            path,
            problem: problem.to_string(),
            effect: Effect::Unreadable,
        }
    }

    /// The error of the roll when the lines of a bundle's ballots were looked up.
    pub(super) fn roll(bundle: u64) -> impl FnOnce(RollLookupError<SourceError>) -> Self {
        move |error| Self { bundle, path: ROLL.to_string(), problem: error.to_string(), effect: Effect::Unreadable }
    }
}

/// A ballot on the board, with its position.
pub(super) type PlacedBallot = (u64, Vec<u8>);

/// Reads the ballots of a bundle again.
pub(super) fn read_ballots(
    source: &dyn RecordSource,
    bundles: &BundleIndex,
    bundle: u64,
) -> Result<Vec<PlacedBallot>, Unreadable> {
    let read = bundles.read(source, bundle).map_err(Unreadable::bundle(bundle))?;
    let ballots = read.ballots().map_err(Unreadable::bundle(bundle))?;
    Ok(ballots.map(|(index, ballot)| (index, ballot.to_vec())).collect())
}

/// Reads the parts of a ballot again that the ledger compares.
pub(super) fn read_info(
    source: &dyn RecordSource,
    bundles: &BundleIndex,
    known: &mut KnownBundles,
    index: u64,
) -> Result<BoardBallotInfo, Unreadable> {
    bundles.ballot_info(source, known, index).map_err(Unreadable::bundle(index / u64::from(TILE_WIDTH)))
}

/// The parts of a ballot that the ledger compares. If its credential is not on the roll of the opening, a change may add it. The
/// verification of the ballot finds everything else that is wrong with it.
pub(super) fn ledger_entry(
    source: &dyn RecordSource,
    roll: &PublishedRoll,
    ballot: &[u8],
) -> Result<Option<LedgerEntry>, RollLookupError<SourceError>> {
    let Ok(header) = BallotHeader::read(ballot) else { return Ok(None) };
    let line = roll.find(source, &header.credential)?;
    Ok(LedgerEntry::new(&header, line.map(|line| line.voter()), ballot))
}
