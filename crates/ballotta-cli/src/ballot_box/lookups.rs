//! Where the ballot box looks up lines of the roll and earlier ballots: in memory, or in an index on disk.

use std::panic;
use std::sync::Once;

use ballotta::admission::{AdmissionIndex, LedgerIndex, MemoryIndex};
use ballotta::credential::{EffectiveChange, RollCounts, RollLine, RollLookupError};
use ballotta::record::SourceError;
use ballotta::tally::heads::VoterHead;
use ballotta_io::{FolderRecord, IndexError, IndexedBallots};

/// Says nothing about panics of the database: a damaged index is one, [`BoardIndex`](ballotta_io::BoardIndex) catches them, and
/// the index is made again.
pub(super) fn silence_damage() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_of_database = info.location().is_some_and(|place| place.file().contains("redb-"));
            if !is_of_database {
                others(info);
            }
        }));
    });
}

/// What admission looks up.
pub(super) enum Lookups {
    /// Of a board that was read as a whole.
    Memory(Box<MemoryIndex<FolderRecord>>),
    /// Of a board that was not read.
    Disk(Box<IndexedBallots<FolderRecord>>),
}

impl Lookups {
    pub(super) fn is_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// The changes of the roll that have an effect.
    pub(super) fn changes(&self) -> &[EffectiveChange] {
        match self {
            Self::Memory(memory) => memory.changes(),
            Self::Disk(disk) => disk.ballots.changes(),
        }
    }

    /// The heads of all voters, as the file `light/heads` has them.
    pub(super) fn voter_heads(&self) -> Result<Vec<u8>, IndexError> {
        match self {
            Self::Memory(memory) => Ok(memory.heads()),
            Self::Disk(disk) => disk.ballots.voter_heads(),
        }
    }
}

impl LedgerIndex for Lookups {
    type Error = SourceError;

    fn head(&self, voter: u32) -> Result<VoterHead, SourceError> {
        match self {
            Self::Memory(memory) => memory.head(voter),
            Self::Disk(disk) => disk.head(voter),
        }
    }

    fn ballots(&self, voter: u32) -> Result<u8, SourceError> {
        match self {
            Self::Memory(memory) => memory.ballots(voter),
            Self::Disk(disk) => LedgerIndex::ballots(&**disk, voter),
        }
    }

    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, SourceError> {
        match self {
            Self::Memory(memory) => memory.added(credential),
            Self::Disk(disk) => disk.added(credential),
        }
    }

    fn roll_counts(&self) -> Result<RollCounts, SourceError> {
        match self {
            Self::Memory(memory) => memory.roll_counts(),
            Self::Disk(disk) => disk.roll_counts(),
        }
    }

    fn change(&mut self, change: &EffectiveChange) -> Result<(), SourceError> {
        match self {
            Self::Memory(memory) => memory.change(change),
            Self::Disk(disk) => disk.change(change),
        }
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, SourceError> {
        match self {
            Self::Memory(memory) => memory.candidates(randomness),
            Self::Disk(disk) => disk.candidates(randomness),
        }
    }

    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), SourceError> {
        match self {
            Self::Memory(memory) => memory.insert(voter, position, randomness),
            Self::Disk(disk) => disk.insert(voter, position, randomness),
        }
    }
}

impl AdmissionIndex for Lookups {
    fn opening_line(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        match self {
            Self::Memory(memory) => memory.opening_line(credential),
            Self::Disk(disk) => disk.opening_line(credential),
        }
    }
}
