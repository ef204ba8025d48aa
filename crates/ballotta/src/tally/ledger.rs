//! Which ballots of a board count: the rules that depend on the ballots before.
//!
//! See `spec/tally.md#selection`.
//!
//! # Implementation details
//!
//! The ledger keeps 4 bytes for each line of the roll (the position of the voter's last valid ballot) and at most 19
//! for each entry of the board (8 bytes of a keyed digest of `R`, and a place in an open-addressed table). Whatever those
//! cannot decide is read again from the board: only where a voter votes again, or where two ballots have one `R`. The key
//! is random: the verifier takes ballots through the ledger before it knows that they are valid, and whoever fills a board
//! with void ones must not make many of them candidates of each other.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use super::CountedBallot;
use crate::ballot::{AdmissionError, VerifiedBallot};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::hash::Tracker;
use crate::weaken::{self, Check};

/// What a ballot on the board says of itself, read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The tracker.
    pub tracker: Tracker,
    /// The bytes of `R`.
    pub randomness: [u8; 32],
}

/// What the ledger looks at of a ballot. Whether the ballot is valid by itself is not its business.
#[derive(Clone, Debug)]
pub(crate) struct LedgerEntry {
    pub(crate) index: u64,
    pub(crate) voter: u32,
    pub(crate) tracker: Tracker,
    pub(crate) previous: Option<Tracker>,
    pub(crate) randomness: [u8; 32],
}

impl From<&VerifiedBallot> for LedgerEntry {
    fn from(ballot: &VerifiedBallot) -> Self {
        Self {
            index: ballot.index(),
            voter: ballot.voter(),
            tracker: *ballot.tracker(),
            previous: ballot.previous().copied(),
            randomness: *ballot.ciphertext().r().as_bytes(),
        }
    }
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
        recorded: impl FnMut(u64) -> Result<Recorded, E>,
    ) -> Result<Result<(), AdmissionError>, E> {
        self.admit_entry(&ballot.into(), recorded)
    }

    /// The same, of a ballot that somebody else verifies.
    pub(crate) fn admit_entry<E>(
        &mut self,
        ballot: &LedgerEntry,
        mut recorded: impl FnMut(u64) -> Result<Recorded, E>,
    ) -> Result<Result<(), AdmissionError>, E> {
        let randomness = &ballot.randomness;
        for first in self.randomness.candidates(randomness) {
            let earlier = recorded(first)?;
            if earlier.tracker == ballot.tracker {
                return Ok(Err(AdmissionError::DuplicateBallot { first }));
            }
            if earlier.randomness == *randomness && weaken::is_on(Check::RepeatedRandomness) {
                return Ok(Err(AdmissionError::RepeatedRandomness { first }));
            }
        }
        let Some(head) = self.heads.get_mut(ballot.voter as usize) else {
            return Ok(Err(AdmissionError::UnknownCredential));
        };
        let first = head.checked_sub(1).map(u64::from);
        if weaken::is_on(Check::Predecessor) {
            let follows = match (first, ballot.previous) {
                (None, None) => true,
                (Some(first), Some(previous)) => recorded(first)?.tracker == previous,
                _ => false,
            };
            match first {
                Some(first) if !self.revoting => return Ok(Err(AdmissionError::RevoteNotAllowed { first })),
                _ if !follows => return Ok(Err(AdmissionError::RevoteFork { head: first })),
                _ => {}
            }
        }
        // Positions are below MAX_ENTRIES, which fits.
        *head = u32::try_from(ballot.index + 1).unwrap_or(u32::MAX);
        self.randomness.insert(ballot.index, randomness);
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

    /// Whether the ballot at this position counts.
    #[must_use]
    pub fn contains(&self, index: u64) -> bool {
        let (word, bit) = (index / u64::from(u64::BITS), index % u64::from(u64::BITS));
        usize::try_from(word).is_ok_and(|word| self.word(word) >> bit & 1 == 1)
    }

    /// The ballot, if it counts.
    #[must_use]
    pub fn count(&self, ballot: VerifiedBallot) -> Option<CountedBallot> {
        self.contains(ballot.index()).then_some(CountedBallot { ballot })
    }

    /// Writes a bit for each entry of a board of `size` entries, in words of 8 bytes.
    pub(crate) fn encode(&self, size: u64, writer: &mut Writer) {
        for number in 0..size.div_ceil(u64::BITS.into()) {
            writer.u64(usize::try_from(number).map_or(0, |number| self.word(number)));
        }
    }

    pub(crate) fn decode(size: u64, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let field = "selection";
        let count = usize::try_from(size.div_ceil(u64::BITS.into())).unwrap_or(usize::MAX);
        let bytes = reader.take(field, count.saturating_mul(8))?;
        let (chunks, _) = bytes.as_chunks();
        let mut words: Vec<u64> = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect();
        let used = size % u64::from(u64::BITS);
        if let Some(last) = words.last()
            && used > 0
            && last >> used != 0
        {
            return Err(DecodeError::UnknownValue { field, found: *last });
        }
        while words.last() == Some(&0) {
            words.pop();
        }
        Ok(Self { words })
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

/// Finds ballots with one `R`, up to chance.
struct RandomnessTable {
    /// For each entry of the board, a keyed digest of `R`. In chunks: a vector that grows is larger than what it holds.
    digests: Vec<Vec<u64>>,
    /// Open addressing: one more than a position, 0 for free. Its length is a power of two.
    places: Vec<u32>,
    used: usize,
    key: u64,
}

impl RandomnessTable {
    /// Entries of a chunk.
    const CHUNK: usize = 512;
    /// How many entries are believed before they are there: anybody can sign a long board.
    const BELIEVED: u64 = 1 << 20;

    fn new(entries: u64, key: u64) -> Self {
        let entries = usize::try_from(entries.min(Self::BELIEVED)).unwrap_or(0);
        let places = (entries + entries / 3 + 2).next_power_of_two();
        Self { digests: Vec::new(), places: alloc::vec![0; places], used: 0, key }
    }

    fn digest_at(&self, position: usize) -> Option<u64> {
        self.digests.get(position / Self::CHUNK)?.get(position % Self::CHUNK).copied()
    }

    fn digest(&self, randomness: &[u8; 32]) -> u64 {
        let digest = Sha256::new().chain_update(self.key.to_le_bytes()).chain_update(randomness).finalize();
        digest.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
    }

    /// The places to look at, from the first on.
    fn probe(&self, digest: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len() - 1;
        let start = usize::try_from(digest & mask as u64).unwrap_or(0);
        (0..=mask).map(move |step| (start + step) & mask)
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Vec<u64> {
        let digest = self.digest(randomness);
        self.probe(digest)
            .map_while(|place| self.places.get(place)?.checked_sub(1))
            .filter(|position| self.digest_at(*position as usize) == Some(digest))
            .map(u64::from)
            .collect()
    }

    fn insert(&mut self, index: u64, randomness: &[u8; 32]) {
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let (chunk, place) = (position / Self::CHUNK, position % Self::CHUNK);
        if chunk >= self.digests.len() {
            self.digests.resize_with(chunk + 1, || alloc::vec![0; Self::CHUNK]);
        }
        if 4 * (self.used + 1) > 3 * self.places.len() {
            self.grow();
        }
        let digest = self.digest(randomness);
        if let Some(slot) = self.digests.get_mut(chunk).and_then(|chunk| chunk.get_mut(place)) {
            *slot = digest;
        }
        self.place(digest, position);
        self.used += 1;
    }

    fn place(&mut self, digest: u64, position: usize) {
        let free = self.probe(digest).find(|place| self.places.get(*place) == Some(&0));
        if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
            *place = u32::try_from(position + 1).unwrap_or(u32::MAX);
        }
    }

    fn grow(&mut self) {
        let larger = alloc::vec![0; 2 * self.places.len()];
        for position in core::mem::replace(&mut self.places, larger) {
            let Some(position) = position.checked_sub(1) else { continue };
            let digest = self.digest_at(position as usize).unwrap_or(0);
            self.place(digest, position as usize);
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
        let chunks: usize = table.digests.iter().map(|chunk| 8 * chunk.capacity()).sum();
        chunks + size_of::<Vec<u64>>() * table.digests.capacity() + 4 * table.places.capacity()
    }

    fn random(rng: &mut TestRng) -> [u8; 32] {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    }

    #[test]
    fn every_ballot_is_found_again_within_19_bytes() {
        // 98 303 is the worst case: the places of one more entry would not fit into half as many.
        // And from a million on the table grows as it is filled.
        for entries in [1, 1000, 60_000, 98_303, 600_000, 1_572_865] {
            let mut table = RandomnessTable::new(entries, 0x5eed);
            for index in 0..entries {
                table.insert(index, &random(&mut TestRng(index)));
            }
            for index in (0..entries).step_by(97) {
                assert_eq!(table.candidates(&random(&mut TestRng(index))), [index]);
                assert!(table.candidates(&random(&mut TestRng(!index))).is_empty());
            }
            assert!(bytes(&table) <= BYTES_PER_ENTRY * entries as usize + (8 << 10), "{entries}: {}", bytes(&table));
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

    #[test]
    fn a_selection_has_one_encoding() {
        let selection = Selection::of(&[3, 0, 70]);
        let mut writer = Writer::new();
        selection.encode(129, &mut writer);
        let bytes = writer.finish();
        assert_eq!(bytes.len(), 24);
        assert_eq!(Selection::decode(129, &mut Reader::new(&bytes)), Ok(selection));
        let truncated = DecodeError::Truncated { field: "selection" };
        assert_eq!(Selection::decode(193, &mut Reader::new(&bytes)), Err(truncated));
        let beyond = DecodeError::UnknownValue { field: "selection", found: 1 << 5 };
        assert_eq!(Selection::decode(69, &mut Reader::new(&bytes)), Err(beyond));
    }

    /// Whoever chooses many `R` that begin alike makes none a candidate of another; the same `R` is found.
    #[test]
    fn randomness_that_begins_alike() {
        let mut table = RandomnessTable::new(100, 7);
        let alike = |last| core::array::from_fn(|place| if place < 31 { 3 } else { last });
        (0..100_u8).for_each(|index| table.insert(index.into(), &alike(index)));
        (0..100_u8).for_each(|index| assert_eq!(table.candidates(&alike(index)), [u64::from(index)]));
        table.insert(100, &alike(5));
        assert_eq!(table.candidates(&alike(5)), [5, 100]);
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
