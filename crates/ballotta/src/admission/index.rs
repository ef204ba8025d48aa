//! What admission looks up: lines of the roll, and the ballots that were admitted before.
//!
//! # Security
//!
//! An index has no rule of its own: the rules are in [`Admission`](super::Admission), which compares what it finds with the
//! ballots on the board. But a rule is only applied to what the index finds. An index that does not have a ballot of the
//! board admits another one of its voter, which every verifier refuses.

use alloc::vec::Vec;
use core::convert::Infallible;

use crate::credential::{EffectiveChange, RollCounts, RollLine, RollLookupError};
use crate::record::{PublishedRoll, RecordSource, SourceError};
use crate::tally::heads::VoterHead;
use crate::tally::{Ledger, LedgerIndex};

/// Where admission looks up lines of the roll and admitted ballots.
pub trait AdmissionIndex: LedgerIndex<Error = SourceError> {
    /// The line of a credential on the roll of the opening; `None` if the roll has none.
    ///
    /// # Errors
    ///
    /// If the roll cannot be read, or is not the one of the election.
    fn opening_line(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, RollLookupError<SourceError>>;

    /// The line of a credential on the roll with the lines that changes have added; `None` if it has none. A line that was revoked
    /// is still there.
    ///
    /// # Errors
    ///
    /// If roll or index cannot be read.
    fn line(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        match self.added(credential).map_err(RollLookupError::Source)? {
            Some(line) => Ok(Some(line)),
            None => self.opening_line(credential),
        }
    }
}

/// The admitted ballots in memory, and the index of a roll whose lines are read again from a record.
pub struct MemoryIndex<S> {
    pub(super) roll: PublishedRoll,
    pub(super) source: S,
    pub(super) ledger: Ledger,
}

impl<S> MemoryIndex<S> {
    /// The changes of the roll that have an effect.
    #[must_use]
    pub fn changes(&self) -> &[EffectiveChange] {
        self.ledger.changes()
    }

    /// For each line of the roll its head, [packed](crate::tally::heads::VoterHead::packed).
    #[must_use]
    pub fn positions(&self) -> &[u32] {
        self.ledger.positions()
    }

    /// For each line of the roll, the number of admitted ballots.
    #[must_use]
    pub fn ballots_of_lines(&self) -> &[u8] {
        self.ledger.ballots_of_lines()
    }

    /// The key of [`Self::digests`].
    #[must_use]
    pub fn key(&self) -> u64 {
        self.ledger.key()
    }

    /// The [digest](super::randomness_digest) of `R` and the position of each admitted ballot, in no order.
    pub fn digests(&self) -> impl Iterator<Item = (u64, u32)> {
        self.ledger.digests()
    }

    /// The [heads](crate::tally::heads) of the voters so far, as the file `light/heads` has them.
    #[must_use]
    pub fn heads(&self) -> Vec<u8> {
        self.ledger.heads()
    }

    /// The roll.
    #[must_use]
    pub fn roll(&self) -> &PublishedRoll {
        &self.roll
    }
}

impl<S> LedgerIndex for MemoryIndex<S> {
    type Error = SourceError;

    fn head(&self, voter: u32) -> Result<VoterHead, SourceError> {
        self.ledger.head(voter).map_err(never)
    }

    fn ballots(&self, voter: u32) -> Result<u8, SourceError> {
        self.ledger.ballots(voter).map_err(never)
    }

    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, SourceError> {
        self.ledger.added(credential).map_err(never)
    }

    fn roll_counts(&self) -> Result<RollCounts, SourceError> {
        self.ledger.roll_counts().map_err(never)
    }

    fn change(&mut self, change: &EffectiveChange) -> Result<(), SourceError> {
        self.ledger.change(change).map_err(never)
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, SourceError> {
        self.ledger.candidates(randomness).map_err(never)
    }

    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), SourceError> {
        self.ledger.insert(voter, position, randomness).map_err(never)
    }
}

fn never(never: Infallible) -> SourceError {
    match never {}
}

impl<S: RecordSource> AdmissionIndex for MemoryIndex<S> {
    fn opening_line(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        self.roll.find(&self.source, credential)
    }
}
