//! The ballots of one credential, and the status of one ballot.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::{CodeChange, Election, VoterError};
use crate::ballot::{AdmissionError, BallotHeader, BoardBallotInfo, Candidate, SignedBallot, verify_ballots};
use crate::credential::{ChangeRules, RollLine};
use crate::encoding::DecodeError;
use crate::hash::Tracker;
use crate::record::{RecordError, RecordSource};
use crate::tally::heads::VoterHead;
use crate::tally::{Ledger, LedgerIndex as _, RollChangeEntry, change_roll};
use crate::weaken::{self, Check};
use crate::written::{VoterNumber, WrittenTracker};

/// A ballot that names a credential, and whether it is valid at its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBallot {
    /// The position of the ballot on the board.
    pub index: u64,
    /// The tracker of the ballot.
    pub tracker: Tracker,
    /// An error if the ballot is void.
    pub state: Result<(), AdmissionError>,
}

/// The ballots that name one credential, in the order of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    ballots: Vec<OwnBallot>,
    /// Whether the roll, after all changes, has or had the credential.
    is_on_roll: bool,
    /// The position of the change that has revoked the credential.
    revoked: Option<u64>,
}

/// The status of a ballot on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BallotStatus {
    /// The ballot counts, unless a later ballot replaces it.
    Counted {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The ballot is valid, but a later ballot of the same credential replaced it.
    Superseded {
        /// The position of the ballot on the board.
        index: u64,
        /// The tracker of the ballot that counts.
        by: Tracker,
        /// The position of that ballot.
        by_index: u64,
    },
    /// The ballot is on the board but does not count.
    Void {
        /// The position of the ballot on the board.
        index: u64,
        /// The rule that the ballot breaks.
        error: AdmissionError,
    },
    /// A ballot with this tracker is on the board, and it is that of another voter: whoever showed this tracker has not cast
    /// the ballot of this voter.
    OfAnotherVoter {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// A change of the roll explains why the ballot is not one with this voter number: the voter has an older and a newer code. Nobody
    /// is accused.
    OfChangedCode {
        /// The position of the ballot on the board; `None` if the number was revoked and no ballot has the tracker.
        index: Option<u64>,
        /// What explains it.
        change: CodeChange,
    },
    /// The ballot is not on the board.
    Missing,
}

impl History {
    /// Reads and verifies the ballots that name the credential of a line of the roll.
    ///
    /// # Errors
    ///
    /// If the record cannot be read, or has changed since it was read first.
    pub fn read<R: CryptoRng>(
        election: &Election,
        source: &dyn RecordSource,
        line: &RollLine,
        rng: &mut R,
    ) -> Result<Self, VoterError> {
        let ballots = &related_ballots(election, source, line)?;
        let window = &election.window;
        let mut states: Vec<_> = ballots.iter().map(|ballot| window.admits(ballot.index)).collect();
        let inside = zip(ballots, &states).filter(|(_, state)| state.is_ok());
        let added = election.board.timeline().added_lines();
        let candidates: Vec<Candidate<'_>> = inside
            .map(|(BoardBallot { index, bytes, line }, _)| {
                let is_at_opening = line.place().is_some();
                let line = if is_at_opening { Some(*line) } else { added.line(&line.credential, *index) };
                Candidate::with_line(bytes, line)
            })
            .collect();
        let context = &election.context;
        let roll = election.roll.totals().roll_counts(context.manifest());
        let limit = context.manifest().ballots_per_credential();
        let mut ledger = Ledger::new(roll, limit, candidates.len() as u64, rng);
        let rules = ChangeRules::for_manifest(context.manifest());
        let mut changes = Vec::new();
        for (index, change) in election.board.changes() {
            let find = |credential: &[u8; 32]| election.roll.find(source, credential);
            changes.push((*index, RollChangeEntry::new(change, find).map_err(RecordError::from)?));
        }
        let mut changes = changes.iter().peekable();
        // A change without an effect changes nothing.
        let mut change_until = |ledger: &mut Ledger, end: u64| {
            while let Some((index, change)) = changes.next_if(|(index, _)| *index < end) {
                let _ = change_roll(ledger, &rules, *index, change);
            }
        };
        let verified = verify_ballots(context, &candidates, rng);
        let inside = zip(ballots, &mut states).filter(|(_, state)| state.is_ok());
        for ((BoardBallot { index, .. }, state), verified) in zip(inside, verified) {
            change_until(&mut ledger, *index);
            *state = match verified {
                Ok(ballot) => match ledger.admit(*index, &(&ballot).into(), |index| ballot_info(ballots, index)) {
                    Ok(()) => Ok(()),
                    Err(error) => Err(error.into_refusal()?),
                },
                Err(error) => Err(error),
            };
        }
        change_until(&mut ledger, u64::MAX);
        let at_opening = election.roll.find(source, &line.credential).map_err(RecordError::from)?;
        let on_roll = at_opening.or_else(|| match ledger.added(&line.credential) {
            Ok(line) => line,
            Err(never) => match never {},
        });
        let revoked = on_roll.and_then(|line| match ledger.head(line.voter()) {
            Ok(VoterHead::Revoked(index)) => Some(index),
            Ok(VoterHead::None | VoterHead::Counted(_)) => None,
            Err(never) => match never {},
        });
        let mut own = Vec::new();
        for (BoardBallot { index, bytes, line: theirs }, state) in zip(ballots, states) {
            if theirs.credential == line.credential {
                let tracker = SignedBallot::tracker_of(bytes);
                let tracker = tracker.map_err(|error| RecordError::Entry { index: *index, error })?;
                own.push(OwnBallot { index: *index, tracker, state });
            }
        }
        Ok(Self { ballots: own, is_on_roll: on_roll.is_some(), revoked })
    }

    /// The ballots, in the order of the board.
    #[must_use]
    pub fn ballots(&self) -> &[OwnBallot] {
        &self.ballots
    }

    /// The position on the board of the change that has revoked the credential, if one has.
    #[must_use]
    pub fn revoked(&self) -> Option<u64> {
        self.revoked
    }

    /// Whether the credential is on the roll, or was on it: a change that adds it may have no effect.
    #[must_use]
    pub fn is_on_roll(&self) -> bool {
        self.is_on_roll
    }

    /// The last valid ballot, which counts.
    #[must_use]
    pub fn counted(&self) -> Option<&OwnBallot> {
        self.ballots.iter().rfind(|ballot| ballot.state.is_ok())
    }

    /// The number of ballots of the credential that are admitted.
    pub(super) fn admitted(&self) -> usize {
        self.ballots.iter().filter(|ballot| ballot.state.is_ok()).count()
    }

    /// The status of the ballot with this tracker. Anybody can put a void copy on the board: if one ballot with the
    /// tracker is valid, the status is that of the valid one.
    #[must_use]
    pub fn find(&self, tracker: &Tracker) -> BallotStatus {
        let with_tracker = || self.ballots.iter().filter(|ballot| ballot.tracker == *tracker);
        let valid = with_tracker().find(|ballot| ballot.state.is_ok());
        match (valid.or_else(|| with_tracker().next()), self.counted()) {
            (None, _) => BallotStatus::Missing,
            (Some(OwnBallot { index, state: Err(error), .. }), _) => {
                BallotStatus::Void { index: *index, error: error.clone() }
            }
            (Some(own), Some(counted)) if counted.index != own.index => {
                BallotStatus::Superseded { index: own.index, by: counted.tracker, by_index: counted.index }
            }
            (Some(own), _) => BallotStatus::Counted { index: own.index },
        }
    }
}

/// A ballot of the board, and the line of the roll with its credential.
struct BoardBallot {
    index: u64,
    bytes: Vec<u8>,
    line: RollLine,
}

/// All ballots that decide whether the ballots of one credential count, in the order of the board: the ballots that
/// name the credential; earlier ballots with the randomness of one of these, since only the first of them is admitted;
/// and earlier ballots of the credentials of those, since only an admitted ballot excludes another. If the roll was changed, also the
/// ballots of credentials that changes revoke, since a credential that has voted is not revoked.
fn related_ballots(
    election: &Election,
    source: &dyn RecordSource,
    line: &RollLine,
) -> Result<Vec<BoardBallot>, VoterError> {
    // Sorted vectors: maps would make the module that voters load 2 % larger.
    let mut lines = alloc::vec![*line];
    for credential in election.board.changes().iter().filter_map(|(_, change)| change.revoked()) {
        if let Err(place) = lines.binary_search_by_key(credential, |line| line.credential)
            && let Some(line) = election.line(source, credential)?
        {
            lines.insert(place, line);
        }
    }
    let mut randomness: Vec<[u8; 32]> = Vec::new();
    let mut ballots = Vec::new();
    election.board.ballots_backwards::<VoterError>(source, &mut |index, body| {
        let Ok(header) = BallotHeader::read(body) else { return Ok(()) };
        let inside = election.window.admits(index).is_ok();
        let seen = randomness.binary_search(&header.randomness);
        let line = match lines.binary_search_by_key(&header.credential, |line| line.credential) {
            Ok(place) => lines.get(place).copied(),
            Err(place) if inside && seen.is_ok() => {
                let line = election.line(source, &header.credential)?;
                line.inspect(|line| lines.insert(place, *line))
            }
            Err(_) => None,
        };
        if let Some(line) = line {
            if let (Err(place), true) = (seen, inside) {
                randomness.insert(place, header.randomness);
            }
            ballots.push(BoardBallot { index, bytes: body.to_vec(), line });
        }
        Ok(())
    })?;
    ballots.reverse();
    Ok(ballots)
}

/// The parts of the ballot at a position that the ledger compares.
fn ballot_info(ballots: &[BoardBallot], index: u64) -> Result<BoardBallotInfo, RecordError> {
    let place = ballots.binary_search_by_key(&index, |ballot| ballot.index).ok();
    let ballot = place.and_then(|place| ballots.get(place)).ok_or(DecodeError::Truncated { field: "ballot" });
    let info = ballot.and_then(|ballot| BoardBallotInfo::read(&ballot.bytes));
    info.map_err(|error| RecordError::Entry { index, error })
}

impl Election {
    /// The change of the roll that explains why a ballot has this credential, and not that of the voter number; `None` if there is
    /// none, and the ballot is that of another voter. Without a ballot, only whether the credential of the number was revoked.
    ///
    /// # Errors
    ///
    /// `UnknownNumber` if no voter has this number: then it is no other voter's ballot either. If the record cannot be read, or has changed since it was read first.
    pub fn code_change<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        credential: Option<&[u8; 32]>,
        rng: &mut R,
    ) -> Result<Option<CodeChange>, VoterError> {
        let (changes, is_on) = (self.board.changes(), weaken::is_on(Check::ChangeOfCode));
        let revoked = changes.iter().filter_map(|(_, change)| change.revoked()).find(|it| voter.is_of_bytes(it));
        if let Some(revoked) = revoked
            && let Some(line) = self.line(source, revoked)?
        {
            // A change without an effect has revoked nothing.
            let effect = History::read(self, source, &line, rng)?.revoked();
            if let Some(change) = effect.or((!is_on).then_some(0)) {
                return Ok(Some(CodeChange::NumberRevoked { change }));
            }
        }
        let replaces = changes.iter().filter(|(_, change)| {
            let adds = change.added().is_some_and(|line| voter.is_of_bytes(line.credential.as_bytes()));
            adds && ((credential.is_some() && change.revoked() == credential) || !is_on)
        });
        for (change, replaced) in replaces {
            // A change without an effect has replaced nothing.
            let has_effect = match replaced.revoked().map(|revoked| self.line(source, revoked)).transpose()?.flatten() {
                Some(line) => History::read(self, source, &line, rng)?.revoked() == Some(*change),
                None => false,
            };
            if has_effect || !is_on {
                return Ok(Some(CodeChange::CodeReplaced { change: *change }));
            }
        }
        if self.has_number(source, voter, rng)? { Ok(None) } else { Err(VoterError::UnknownNumber) }
    }

    /// Whether a voter has this number, on the roll of the opening or by a change that has an effect.
    fn has_number<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<bool, VoterError> {
        if self.roll.find_number(source, voter).map_err(RecordError::from)?.is_some() {
            return Ok(true);
        }
        let added = self.board.timeline().added_lines();
        for credential in added.credentials().filter(|credential| voter.is_of_bytes(credential)) {
            if let Some(line) = added.line(credential, u64::MAX)
                && History::read(self, source, &line, rng)?.is_on_roll()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The status of a voter's ballot: of the one with this tracker, if it is that of this voter.
    ///
    /// # Errors
    ///
    /// `Cancelled` if no ballot counts because the organiser has cancelled the election; `UnknownNumber` if no voter has this number and
    /// no ballot with this tracker has it either; if the record cannot be read, or has changed since it was read first.
    pub fn find<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<BallotStatus, VoterError> {
        self.is_not_cancelled()?;
        // All entries with one tracker are the same ballot, and name the same credential. The first one of the voter is looked
        // for; before it, one that cannot be read, or that of another voter.
        let (mut own, mut other, mut theirs) = (None, BallotStatus::Missing, None);
        self.board.ballots_backwards::<VoterError>(source, &mut |index, body| {
            let Some(found) = SignedBallot::tracker_of(body).ok().filter(|found| tracker.is_of(found)) else {
                return Ok(());
            };
            match BallotHeader::read(body) {
                Ok(header) if voter.is_of_bytes(&header.credential) || weaken::is_off(Check::VoterNumber) => {
                    own = Some((index, found, header.credential));
                }
                Ok(header) => (other, theirs) = (BallotStatus::OfAnotherVoter { index }, Some(header.credential)),
                Err(error) => (other, theirs) = (BallotStatus::Void { index, error: error.into() }, None),
            }
            Ok(())
        })?;
        let Some((index, tracker, credential)) = own else {
            let index = match other {
                BallotStatus::OfAnotherVoter { index } => Some(index),
                BallotStatus::Missing => None,
                _ => return Ok(other),
            };
            let change = self.code_change(source, voter, theirs.as_ref(), rng)?;
            return Ok(change.map_or(other, |change| BallotStatus::OfChangedCode { index, change }));
        };
        match self.line(source, &credential)? {
            Some(line) => Ok(History::read(self, source, &line, rng)?.find(&tracker)),
            None => Ok(BallotStatus::Void { index, error: AdmissionError::UnknownCredential }),
        }
    }
}
