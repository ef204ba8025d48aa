//! Which ballots of a board count: the rules that depend on the ballots before.
//!
//! See `spec/tally.md#selection`.
//!
//! # Implementation details
//!
//! The ledger keeps 4 bytes for each line of the roll (the position of the voter's last valid ballot) and at most 19
//! for each entry of the board (8 bytes of `R`, and a place in an open-addressed table). Whatever those cannot decide is
//! read again from the board: only where a voter votes again, or where two ballots agree in 8 bytes of `R`.

use alloc::vec::Vec;

use super::CountedBallot;
use crate::ballot::{AdmissionError, VerifiedBallot};
use crate::hash::Tracker;
use crate::limits::MAX_ENTRIES;
use crate::weaken::{self, Check};

/// What a ballot on the board says of itself, read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The tracker.
    pub tracker: Tracker,
    /// The bytes of `R`.
    pub randomness: [u8; 32],
}

/// The valid ballots of a board so far, in the order of the board.
pub struct Ledger {
    /// For each line of the roll, one more than the position of the last valid ballot; 0 for none.
    heads: Vec<u32>,
    randomness: RandomnessTable,
    revoting: bool,
}

impl Ledger {
    /// The ledger of a board without ballots. `revoting`: whether the last ballot of a credential counts, or only one is
    /// allowed. `key` is random and keeps others from choosing which `R` fall together in the table.
    #[must_use]
    pub fn new(voters: u32, entries: u64, revoting: bool, key: u64) -> Self {
        Self { heads: alloc::vec![0; voters as usize], randomness: RandomnessTable::new(entries, key), revoting }
    }

    /// Admits a verified ballot behind those admitted so far. `recorded` reads an entry of the board again.
    ///
    /// # Errors
    ///
    /// The rule that the ballot breaks: it does not count, and the ledger is as before. An error of `recorded` is passed
    /// on as the outer error.
    pub fn admit<E>(
        &mut self,
        ballot: &VerifiedBallot,
        mut recorded: impl FnMut(u64) -> Result<Recorded, E>,
    ) -> Result<Result<(), AdmissionError>, E> {
        let randomness = ballot.ciphertext().r().as_bytes();
        for first in self.randomness.candidates(randomness) {
            let earlier = recorded(first)?;
            if earlier.tracker == *ballot.tracker() {
                return Ok(Err(AdmissionError::DuplicateBallot { first }));
            }
            if earlier.randomness == *randomness && weaken::is_on(Check::RepeatedRandomness) {
                return Ok(Err(AdmissionError::RepeatedRandomness { first }));
            }
        }
        let Some(head) = self.heads.get_mut(ballot.voter() as usize) else {
            return Ok(Err(AdmissionError::UnknownCredential));
        };
        let first = head.checked_sub(1).map(u64::from);
        if weaken::is_on(Check::Predecessor) {
            let follows = match (first, ballot.previous()) {
                (None, None) => true,
                (Some(first), Some(previous)) => recorded(first)?.tracker == *previous,
                _ => false,
            };
            match first {
                Some(first) if !self.revoting => return Ok(Err(AdmissionError::RevoteNotAllowed { first })),
                _ if !follows => return Ok(Err(AdmissionError::RevoteFork { head: first })),
                _ => {}
            }
        }
        // Positions are below MAX_ENTRIES, which fits.
        *head = u32::try_from(ballot.index() + 1).unwrap_or(u32::MAX);
        self.randomness.insert(ballot.index(), randomness);
        Ok(Ok(()))
    }

    /// The position of the ballot that counts for a voter so far.
    #[must_use]
    pub fn head(&self, voter: u32) -> Option<u64> {
        self.heads.get(voter as usize)?.checked_sub(1).map(u64::from)
    }

    /// The ballots that count.
    #[must_use]
    pub fn into_selection(self) -> Selection {
        Selection::of(&self.heads)
    }
}

/// The last ballot of each voter, valid or not: a first guess of which ballots count. It mostly is right, and saves
/// reading the board a third time. Where it is wrong, the ledger's selection shows.
pub(crate) struct LastBallots {
    /// As in [`Ledger`].
    heads: Vec<u32>,
}

impl LastBallots {
    pub(crate) fn new(voters: u32) -> Self {
        Self { heads: alloc::vec![0; voters as usize] }
    }

    pub(crate) fn see(&mut self, voter: u32, index: u64) {
        if let Some(head) = self.heads.get_mut(voter as usize) {
            *head = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
    }

    pub(crate) fn into_selection(self) -> Selection {
        Selection::of(&self.heads)
    }
}

/// Which ballots count: a bit for each entry of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    words: Vec<u64>,
}

impl Selection {
    /// The selection of the ballots at these positions, each one more than it is, 0 for none.
    fn of(heads: &[u32]) -> Self {
        let end = heads.iter().max().copied().unwrap_or(0);
        let mut words = alloc::vec![0; end.div_ceil(u64::BITS) as usize];
        for position in heads.iter().filter_map(|head| head.checked_sub(1)) {
            if let Some(word) = words.get_mut((position / u64::BITS) as usize) {
                *word |= 1 << (position % u64::BITS);
            }
        }
        Self { words }
    }

    fn word(&self, number: usize) -> u64 {
        self.words.get(number).copied().unwrap_or(0)
    }

    /// The ballot, if it counts.
    #[must_use]
    pub fn count(&self, ballot: VerifiedBallot) -> Option<CountedBallot> {
        let (word, bit) = (ballot.index() / u64::from(u64::BITS), ballot.index() % u64::from(u64::BITS));
        let word = self.word(usize::try_from(word).ok()?);
        (word >> bit & 1 == 1).then_some(CountedBallot { ballot })
    }

    /// The positions of ballots that count in one of the two selections and not in the other.
    pub(crate) fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u64> + 'a {
        let words =
            (0..self.words.len().max(other.words.len())).map(|number| (number, self.word(number) ^ other.word(number)));
        words.filter(|(_, word)| *word != 0).flat_map(|(number, word)| {
            let bits = (0..u64::BITS).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| number as u64 * u64::from(u64::BITS) + u64::from(bit))
        })
    }

    /// How many ballots count.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether no ballot counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Finds ballots that agree in the first 8 bytes of `R`.
struct RandomnessTable {
    /// For each entry of the board, the first 8 bytes of `R`.
    prefixes: Vec<u64>,
    /// Open addressing: one more than a position, 0 for free. Its length is a power of two.
    places: Vec<u32>,
    used: usize,
    key: u64,
}

impl RandomnessTable {
    fn new(entries: u64, key: u64) -> Self {
        let entries = usize::try_from(entries.min(MAX_ENTRIES)).unwrap_or(0);
        let places = (entries + entries / 3 + 2).next_power_of_two();
        Self { prefixes: alloc::vec![0; entries], places: alloc::vec![0; places], used: 0, key }
    }

    fn prefix(randomness: &[u8; 32]) -> u64 {
        randomness.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
    }

    /// The places to look at, from the first on.
    fn probe(&self, prefix: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len() - 1;
        let mixed = (prefix ^ self.key).wrapping_mul(self.key | 1);
        let start = usize::try_from((mixed ^ (mixed >> 32)) & mask as u64).unwrap_or(0);
        (0..=mask).map(move |step| (start + step) & mask)
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Vec<u64> {
        let prefix = Self::prefix(randomness);
        self.probe(prefix)
            .map_while(|place| self.places.get(place)?.checked_sub(1))
            .filter(|position| self.prefixes.get(*position as usize) == Some(&prefix))
            .map(u64::from)
            .collect()
    }

    fn insert(&mut self, index: u64, randomness: &[u8; 32]) {
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        if position >= self.prefixes.len() {
            self.prefixes.resize(position.saturating_add(1), 0);
        }
        if 4 * (self.used + 1) > 3 * self.places.len() {
            self.grow();
        }
        let prefix = Self::prefix(randomness);
        if let Some(slot) = self.prefixes.get_mut(position) {
            *slot = prefix;
        }
        self.place(prefix, position);
        self.used += 1;
    }

    fn place(&mut self, prefix: u64, position: usize) {
        let free = self.probe(prefix).find(|place| self.places.get(*place) == Some(&0));
        if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
            *place = u32::try_from(position + 1).unwrap_or(u32::MAX);
        }
    }

    fn grow(&mut self) {
        let larger = alloc::vec![0; 2 * self.places.len()];
        for position in core::mem::replace(&mut self.places, larger) {
            let Some(position) = position.checked_sub(1) else { continue };
            let prefix = self.prefixes.get(position as usize).copied().unwrap_or(0);
            self.place(prefix, position as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng as _;

    use super::*;
    use crate::testing::TestRng;

    /// What the ledger promises to keep for each entry of the board, and for each line of the roll.
    const BYTES_PER_ENTRY: usize = 19;
    const BYTES_PER_LINE: usize = 4;

    fn bytes(table: &RandomnessTable) -> usize {
        8 * table.prefixes.capacity() + 4 * table.places.capacity()
    }

    fn random(rng: &mut TestRng) -> [u8; 32] {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    }

    #[test]
    fn every_ballot_is_found_again_within_19_bytes() {
        // 98 303 is the worst case: the places of one more entry would not fit into half as many.
        for entries in [1, 1000, 60_000, 98_303, 600_000] {
            let mut table = RandomnessTable::new(entries, 0x5eed);
            for index in 0..entries {
                table.insert(index, &random(&mut TestRng(index)));
            }
            for index in (0..entries).step_by(97) {
                assert_eq!(table.candidates(&random(&mut TestRng(index))), [index]);
                assert!(table.candidates(&random(&mut TestRng(!index))).is_empty());
            }
            assert!(bytes(&table) <= BYTES_PER_ENTRY * entries as usize + 16, "{entries}: {}", bytes(&table));
        }
        let ledger = Ledger::new(600_000, 0, true, 1);
        assert_eq!(4 * ledger.heads.capacity(), BYTES_PER_LINE * 600_000);
    }

    #[test]
    fn selections_differ_where_another_ballot_counts() {
        let one = Selection::of(&[3, 0, 70, 200]);
        let other = Selection::of(&[3, 9, 70, 300]);
        assert_eq!((one.len(), other.len(), Selection::of(&[0, 0]).is_empty()), (3, 4, true));
        assert_eq!(one.differences(&other).collect::<Vec<_>>(), [8, 199, 299]);
        assert_eq!(other.differences(&one).collect::<Vec<_>>(), [8, 199, 299]);
        assert_eq!(one.differences(&one).count(), 0);
    }

    /// Whoever chooses many `R` that begin alike makes them all candidates, and none is lost.
    #[test]
    fn randomness_that_begins_alike() {
        let mut table = RandomnessTable::new(100, 7);
        let alike = |last| core::array::from_fn(|place| if place < 8 { 3 } else { last });
        (0..100_u8).for_each(|index| table.insert(index.into(), &alike(index)));
        assert_eq!(table.candidates(&alike(0)), (0..100).collect::<Vec<u64>>());
    }

    /// A ballot box does not know how long its board will become.
    #[test]
    fn the_table_grows() {
        let mut table = RandomnessTable::new(0, 9);
        for index in 0..10_000 {
            table.insert(2 * index, &random(&mut TestRng(index)));
        }
        for index in 0..10_000 {
            assert_eq!(table.candidates(&random(&mut TestRng(index))), [2 * index]);
        }
    }
}
