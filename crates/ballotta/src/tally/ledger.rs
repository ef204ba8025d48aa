//! Which ballots of a board count: the rules that depend on earlier ballots.
//!
//! See `spec/tally.md#selection`.
//!
//! # Implementation details
//!
//! The ledger keeps 5 bytes for each line of the roll (the position of the voter's last valid ballot, and how many there are), 150 for each
//! change of the roll, and at most 19 for each entry of the board (8 bytes of a keyed digest of `R`, and a place in an open-addressed table). If these do
//! not decide, an earlier ballot is read again from the board: if a voter votes again, or if two ballots have the same
//! `R`. The key is random because the verifier admits ballots before it knows that they are valid: an attacker who
//! fills a board with void ballots must not be able to make their digests collide.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::heads::{self, VoterHead};
use crate::ballot::{AdmissionError, BallotHeader, BoardBallotInfo, SignedBallot, VerifiedBallot};
use crate::credential::{EffectiveChange, RollCounts, RollLine};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::hash::{Tracker, TreeHash};
use crate::limits::MAX_ENTRIES;
use crate::weaken::{self, Check};

/// The parts of a ballot that the ledger compares. The ledger does not check whether the ballot is valid by itself.
#[derive(Clone, Debug)]
pub(crate) struct LedgerEntry {
    /// The voter's place on the roll of the opening, from 0; `None` if the ledger knows the line, because a change has added it.
    pub(crate) voter: Option<u32>,
    pub(crate) credential: [u8; 32],
    pub(crate) tracker: Tracker,
    pub(crate) previous: Option<Tracker>,
    pub(crate) randomness: [u8; 32],
}

impl LedgerEntry {
    /// The entry of a signed ballot with these bytes; `None` if they are too short for a ballot. `header` is the header
    /// of these bytes.
    pub(crate) fn new(header: &BallotHeader, voter: Option<u32>, ballot: &[u8]) -> Option<Self> {
        let BallotHeader { previous, randomness, credential, .. } = *header;
        Some(Self { voter, credential, tracker: SignedBallot::tracker_of(ballot).ok()?, previous, randomness })
    }
}

impl From<&VerifiedBallot> for LedgerEntry {
    fn from(ballot: &VerifiedBallot) -> Self {
        Self {
            voter: ballot.voter(),
            credential: ballot.credential,
            tracker: *ballot.tracker(),
            previous: ballot.previous().copied(),
            randomness: *ballot.ciphertext().r().as_bytes(),
        }
    }
}

/// Why the ledger does not admit a ballot. The ledger is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError<E> {
    /// The ballot breaks a rule, and does not count.
    #[error(transparent)]
    Refused(AdmissionError),
    /// An earlier ballot could not be read again.
    #[error(transparent)]
    Board(E),
}

impl<E> LedgerError<E> {
    /// The rule that the ballot breaks.
    ///
    /// # Errors
    ///
    /// The error of the board, if the ballot breaks no rule.
    pub(crate) fn into_refusal(self) -> Result<AdmissionError, E> {
        match self {
            Self::Refused(error) => Ok(error),
            Self::Board(error) => Err(error),
        }
    }
}

impl<E> From<AdmissionError> for LedgerError<E> {
    fn from(error: AdmissionError) -> Self {
        Self::Refused(error)
    }
}

/// What the rules for ballots look up of the ballots that were admitted before.
pub trait LedgerIndex {
    /// Why the index cannot be read or written.
    type Error;

    /// The last admitted ballot of a line of the roll, counted from 0, or the change that has revoked it.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    fn head(&self, voter: u32) -> Result<VoterHead, Self::Error>;

    /// The number of admitted ballots of a line of the roll, counted from 0.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    fn ballots(&self, voter: u32) -> Result<u8, Self::Error>;

    /// The line that a change has added for this credential; `None` if none has.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, Self::Error>;

    /// The numbers of the current roll.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    fn roll_counts(&self) -> Result<RollCounts, Self::Error>;

    /// Notes a change of the roll that has an effect.
    ///
    /// # Errors
    ///
    /// If the index cannot be written. It must not have changed then.
    fn change(&mut self, change: &EffectiveChange) -> Result<(), Self::Error>;

    /// The positions of the admitted ballots with this `R`. There may be other ballots among them: each is compared.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, Self::Error>;

    /// Notes an admitted ballot: the line of the roll, which has one ballot more, the position on the board, and `R`.
    ///
    /// # Errors
    ///
    /// If the index cannot be written. It must not have changed then.
    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), Self::Error>;
}

/// Admits the ballot at position `index` of the board after those that `ledger` has. `recorded` reads an earlier ballot of
/// the board again, and `failed` wraps an error of the ledger. `limit` is the number of ballots that one credential may
/// cast. This is the one place with the rules that depend on earlier ballots.
pub(crate) fn admit<L: LedgerIndex, E>(
    ledger: &mut L,
    limit: u8,
    index: u64,
    ballot: &LedgerEntry,
    mut recorded: impl FnMut(u64) -> Result<BoardBallotInfo, E>,
    failed: impl Fn(L::Error) -> E,
) -> Result<(), LedgerError<E>> {
    let failed = |error| LedgerError::Board(failed(error));
    let mut recorded = |first| recorded(first).map_err(LedgerError::Board);
    let position = position(index)?;
    let voter = match ballot.voter {
        Some(voter) => voter,
        None => {
            let line = ledger.added(&ballot.credential).map_err(failed)?;
            line.ok_or(AdmissionError::UnknownCredential)?.voter()
        }
    };
    let head = ledger.head(voter).map_err(failed)?;
    if let VoterHead::Revoked(index) = head
        && weaken::is_on(Check::RevokedVotes)
    {
        return Err(AdmissionError::Revoked { index }.into());
    }
    let randomness = &ballot.randomness;
    for first in ledger.candidates(randomness).map_err(failed)? {
        let earlier = recorded(first)?;
        if earlier.tracker == ballot.tracker && weaken::is_on(Check::DuplicateTracker) {
            return Err(AdmissionError::DuplicateBallot { first }.into());
        }
        if earlier.randomness == *randomness && weaken::is_on(Check::RepeatedRandomness) {
            return Err(AdmissionError::RepeatedRandomness { first }.into());
        }
    }
    let first = match head {
        VoterHead::Counted(first) => Some(first),
        VoterHead::None | VoterHead::Revoked(_) => None,
    };
    if let Some(last) = first
        && weaken::is_on(Check::BallotLimit)
        && ledger.ballots(voter).map_err(failed)? >= limit
    {
        return Err(AdmissionError::BallotLimit { limit, last }.into());
    }
    if weaken::is_on(Check::Predecessor) {
        let follows = match (first, ballot.previous) {
            (None, None) => true,
            (Some(first), Some(previous)) => recorded(first)?.tracker == previous,
            _ => false,
        };
        if !follows {
            return Err(AdmissionError::RevoteFork { head: first }.into());
        }
    }
    ledger.insert(voter, position, randomness).map_err(failed)
}

/// The position of the admitted ballot with this tracker and this `R`. `recorded` reads an earlier ballot of the board
/// again, and `failed` wraps an error of the ledger.
pub(crate) fn find<L: LedgerIndex, E>(
    ledger: &L,
    ballot: &BoardBallotInfo,
    mut recorded: impl FnMut(u64) -> Result<BoardBallotInfo, E>,
    failed: impl Fn(L::Error) -> E,
) -> Result<Option<u64>, E> {
    for index in ledger.candidates(&ballot.randomness).map_err(failed)? {
        if recorded(index)? == *ballot {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// A keyed digest of `R`. The key is secret, so that nobody can choose `R` whose digests collide.
#[must_use]
pub fn randomness_digest(key: u64, randomness: &[u8; 32]) -> u64 {
    let digest = Sha256::new().chain_update(key.to_le_bytes()).chain_update(randomness).finalize();
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = digest.into();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The valid ballots of a board so far, in the order of the board.
pub(crate) struct Ledger {
    /// For each line of the roll its head, [packed](VoterHead::packed). After the lines of the opening, each change that the manifest
    /// allows has one.
    heads: Vec<u32>,
    /// For each head, the number of admitted ballots.
    ballots: Vec<u8>,
    randomness: RandomnessTable,
    /// The number of ballots that one credential may cast.
    limit: u8,
    roll_counts: RollCounts,
    /// The changes that have an effect, and the lines that they add.
    changes: Vec<EffectiveChange>,
    added: BTreeMap<[u8; 32], RollLine>,
}

impl Ledger {
    /// The ledger of a board without ballots, for a roll at the opening and about `entries` entries. One credential may cast
    /// `limit` ballots. `rng` draws a key so that nobody can choose `R` that collide in the table.
    pub(crate) fn new<R: CryptoRng>(roll: RollCounts, limit: u8, entries: u64, rng: &mut R) -> Self {
        let randomness = RandomnessTable::new(entries, rng.next_u64());
        // A roll has at most MAX_VOTERS lines, and MAX_ROLL_CHANGES changes.
        let (heads, ballots) = (alloc::vec![0; roll.heads as usize], alloc::vec![0; roll.heads as usize]);
        Self { heads, ballots, randomness, limit, roll_counts: roll, changes: Vec::new(), added: BTreeMap::new() }
    }

    /// Admits the ballot at position `index` after those admitted so far. `recorded` reads an earlier ballot of the
    /// board again.
    pub(crate) fn admit<E>(
        &mut self,
        index: u64,
        ballot: &LedgerEntry,
        recorded: impl FnMut(u64) -> Result<BoardBallotInfo, E>,
    ) -> Result<(), LedgerError<E>> {
        if ballot.voter.is_some_and(|voter| self.heads.len() <= voter as usize) {
            return Err(AdmissionError::UnknownCredential.into());
        }
        let limit = self.limit;
        admit(self, limit, index, ballot, recorded, |never: Infallible| match never {})
    }

    /// The [heads] of the voters, one after the other.
    pub(crate) fn heads(&self) -> Vec<u8> {
        heads::blocks(&self.heads).flatten().collect()
    }

    /// The changes of the roll that have an effect.
    pub(crate) fn changes(&self) -> &[EffectiveChange] {
        &self.changes
    }

    /// For each line of the roll its head, [packed](VoterHead::packed).
    pub(crate) fn positions(&self) -> &[u32] {
        &self.heads
    }

    /// For each line of the roll, the number of admitted ballots.
    pub(crate) fn ballots_of_lines(&self) -> &[u8] {
        &self.ballots
    }

    /// The key of the digests of `R`.
    pub(crate) fn key(&self) -> u64 {
        self.randomness.key
    }

    /// The digest of `R` and the position of each admitted ballot, in no order.
    pub(crate) fn digests(&self) -> impl Iterator<Item = (u64, u32)> {
        let positions = self.randomness.places.iter().filter_map(|place| place.checked_sub(1));
        positions.filter_map(|position| Some((self.randomness.digest_at(position)?, position)))
    }

    /// The ballots that count.
    pub(crate) fn into_selection(self) -> Selection {
        Selection { counted: CountedSet::of(&self.heads), heads: heads::root(&self.heads), changes: self.changes }
    }
}

impl LedgerIndex for Ledger {
    type Error = Infallible;

    fn head(&self, voter: u32) -> Result<VoterHead, Infallible> {
        Ok(self.heads.get(voter as usize).map_or(VoterHead::None, |head| VoterHead::from_packed(*head)))
    }

    fn ballots(&self, voter: u32) -> Result<u8, Infallible> {
        Ok(self.ballots.get(voter as usize).copied().unwrap_or(0))
    }

    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, Infallible> {
        Ok(self.added.get(credential).copied())
    }

    fn roll_counts(&self) -> Result<RollCounts, Infallible> {
        Ok(self.roll_counts)
    }

    fn change(&mut self, change: &EffectiveChange) -> Result<(), Infallible> {
        if let Some(head) = change.revoked.and_then(|line| self.heads.get_mut(line.voter() as usize)) {
            *head = VoterHead::Revoked(change.index).packed();
        }
        if let Some(line) = change.added {
            self.added.insert(line.credential, line);
        }
        self.roll_counts = self.roll_counts.after(change);
        self.changes.push(*change);
        Ok(())
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, Infallible> {
        Ok(self.randomness.candidates(randomness))
    }

    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), Infallible> {
        let voter = voter as usize;
        if let (Some(head), Some(ballots)) = (self.heads.get_mut(voter), self.ballots.get_mut(voter)) {
            *head = VoterHead::Counted(position.into()).packed();
            *ballots = ballots.saturating_add(1);
            self.randomness.insert(position, randomness);
        }
        Ok(())
    }
}

/// Which ballots of a board count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The positions of the ballots that count.
    pub(crate) counted: CountedSet,
    /// The root of the tree of [heads]: for each voter, the position of the ballot that counts.
    pub(crate) heads: TreeHash,
    /// The changes of the roll that have an effect, in the order of the board.
    pub(crate) changes: Vec<EffectiveChange>,
}

/// The position of an entry, as the ledger keeps it: a board has at most 2^30 entries.
fn position(index: u64) -> Result<u32, AdmissionError> {
    u32::try_from(index).ok().filter(|_| index < MAX_ENTRIES).ok_or(AdmissionError::BoardFull)
}

/// The ballots that count: a bit for each entry of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedSet {
    words: Vec<u64>,
}

impl CountedSet {
    /// The set of the ballots that these [packed](VoterHead::packed) heads name.
    fn of(heads: &[u32]) -> Self {
        let positions = || {
            heads.iter().filter_map(|head| match VoterHead::from_packed(*head) {
                VoterHead::Counted(index) => Some(index),
                VoterHead::None | VoterHead::Revoked(_) => None,
            })
        };
        let end = positions().max().map_or(0, |last| last + 1);
        let mut words = alloc::vec![0; end.div_ceil(u64::BITS.into()) as usize];
        for position in positions() {
            if let Some(word) = words.get_mut((position / u64::from(u64::BITS)) as usize) {
                *word |= 1 << (position % u64::from(u64::BITS));
            }
        }
        Self { words }
    }

    fn word(&self, number: usize) -> u64 {
        self.words.get(number).copied().unwrap_or(0)
    }

    /// The number of ballots that count.
    pub(crate) fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether the ballot at this position counts.
    #[must_use]
    pub fn contains(&self, index: u64) -> bool {
        let (word, bit) = (index / u64::from(u64::BITS), index % u64::from(u64::BITS));
        usize::try_from(word).is_ok_and(|word| self.word(word) >> bit & 1 == 1)
    }

    /// The ballots before this position.
    pub(crate) fn below(&self, end: u64) -> Self {
        let mut words: Vec<u64> =
            (0..end.div_ceil(u64::BITS.into()) as usize).map(|number| self.word(number)).collect();
        if let Some(last) = words.last_mut()
            && !end.is_multiple_of(u64::from(u64::BITS))
        {
            *last &= (1 << (end % u64::from(u64::BITS))) - 1;
        }
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }

    /// Writes a bit for each entry of a board of `size` entries, in words of 8 bytes.
    pub(crate) fn encode(&self, size: u64, writer: &mut Writer) {
        for number in 0..size.div_ceil(u64::BITS.into()) {
            writer.u64(usize::try_from(number).map_or(0, |number| self.word(number)));
        }
    }

    pub(crate) fn decode(size: u64, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let field = "selection";
        let length = usize::try_from(8 * size.div_ceil(u64::BITS.into()));
        let bytes = reader.take(field, length.map_err(|_| DecodeError::Truncated { field })?)?;
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

    /// The positions of the ballots that are in exactly one of the two sets.
    pub(crate) fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u64> + 'a {
        let words =
            (0..self.words.len().max(other.words.len())).map(|number| (number, self.word(number) ^ other.word(number)));
        words.filter(|(_, word)| *word != 0).flat_map(|(number, word)| {
            let bits = (0..u64::BITS).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| number as u64 * u64::from(u64::BITS) + u64::from(bit))
        })
    }
}

/// Finds ballots with the same `R`. It may also return other ballots, with negligible probability.
struct RandomnessTable {
    /// A keyed digest of `R` for each entry of the board. In chunks, because a growing vector reserves more than it
    /// needs.
    digests: Vec<Vec<u64>>,
    /// Open addressing: one more than a position, 0 for free. Its length is a power of two.
    places: Vec<u32>,
    used: usize,
    key: u64,
}

impl RandomnessTable {
    /// The number of entries in a chunk.
    const CHUNK: usize = 512;
    /// The most entries for which memory is reserved before they are read: a board can sign any size.
    const MAX_RESERVED: u64 = 1 << 20;

    fn new(entries: u64, key: u64) -> Self {
        let entries = entries.min(Self::MAX_RESERVED) as usize;
        let places = (entries + entries / 3 + 2).next_power_of_two();
        Self { digests: Vec::new(), places: alloc::vec![0; places], used: 0, key }
    }

    fn digest_at(&self, position: u32) -> Option<u64> {
        let position = position as usize;
        self.digests.get(position / Self::CHUNK)?.get(position % Self::CHUNK).copied()
    }

    fn digest(&self, randomness: &[u8; 32]) -> u64 {
        randomness_digest(self.key, randomness)
    }

    /// The places of the table to look at, in order.
    fn probe(&self, digest: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len() - 1;
        let start = (digest & mask as u64) as usize;
        (0..=mask).map(move |step| (start + step) & mask)
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Vec<u64> {
        let digest = self.digest(randomness);
        self.probe(digest)
            .map_while(|place| self.places.get(place)?.checked_sub(1))
            .filter(|position| self.digest_at(*position) == Some(digest))
            .map(u64::from)
            .collect()
    }

    fn insert(&mut self, position: u32, randomness: &[u8; 32]) {
        let (chunk, place) = (position as usize / Self::CHUNK, position as usize % Self::CHUNK);
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

    fn place(&mut self, digest: u64, position: u32) {
        let free = self.probe(digest).find(|place| self.places.get(*place) == Some(&0));
        if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
            *place = position + 1;
        }
    }

    fn grow(&mut self) {
        let larger = alloc::vec![0; 2 * self.places.len()];
        for position in core::mem::replace(&mut self.places, larger) {
            let Some(position) = position.checked_sub(1) else { continue };
            if let Some(digest) = self.digest_at(position) {
                self.place(digest, position);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng as _;

    use super::*;
    use crate::testing::TestRng;

    /// The memory that the ledger may use for each entry of the board, and for each line of the roll.
    const BYTES_PER_ENTRY: usize = 19;
    const BYTES_PER_LINE: usize = 5;

    fn bytes(table: &RandomnessTable) -> usize {
        let chunks: usize = table.digests.iter().map(|chunk| 8 * chunk.capacity()).sum();
        chunks + size_of::<Vec<u64>>() * table.digests.capacity() + 4 * table.places.capacity()
    }

    fn random(rng: &mut TestRng) -> [u8; 32] {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    }

    fn positions(set: &CountedSet) -> Vec<u64> {
        set.differences(&CountedSet::default()).collect()
    }

    #[test]
    fn every_ballot_is_found_again_within_19_bytes() {
        // 98 303 is the worst case: the places of one more entry would not fit into half as many.
        // With more than a million entries, the table grows while it is filled.
        for entries in [1, 1000, 60_000, 98_303, 600_000, 1_572_865] {
            let mut table = RandomnessTable::new(entries, 0x5eed);
            for index in 0..entries {
                table.insert(index as u32, &random(&mut TestRng(index)));
            }
            for index in (0..entries).step_by(97) {
                assert_eq!(table.candidates(&random(&mut TestRng(index))), [index]);
                assert!(table.candidates(&random(&mut TestRng(!index))).is_empty());
            }
            assert!(bytes(&table) <= BYTES_PER_ENTRY * entries as usize + (8 << 10), "{entries}: {}", bytes(&table));
        }
        let ledger = Ledger::new(RollCounts { heads: 600_000, ..RollCounts::EMPTY }, 16, 0, &mut TestRng(1));
        assert_eq!(4 * ledger.heads.capacity() + ledger.ballots.capacity(), BYTES_PER_LINE * 600_000);
    }

    #[test]
    fn a_board_has_an_end() {
        let mut ledger = Ledger::new(RollCounts { heads: 1, ..RollCounts::EMPTY }, 16, 0, &mut TestRng(1));
        let ballot = LedgerEntry {
            voter: Some(0),
            credential: [3; 32],
            tracker: Tracker::from_bytes([1; 32]),
            previous: None,
            randomness: [2; 32],
        };
        let recorded = |_| -> Result<BoardBallotInfo, ()> { panic!("no ballot before it") };
        let full = Err(LedgerError::Refused(AdmissionError::BoardFull));
        assert_eq!(ledger.admit(MAX_ENTRIES, &ballot, recorded), full);
        assert_eq!(ledger.admit(MAX_ENTRIES - 1, &ballot, recorded), Ok(()));
        assert_eq!(positions(&ledger.into_selection().counted), [MAX_ENTRIES - 1]);
    }

    #[test]
    fn selections_differ_where_another_ballot_counts() {
        let one = CountedSet::of(&[3, 0, 70, 200]);
        let other = CountedSet::of(&[3, 9, 70, 300]);
        assert_eq!((positions(&one), positions(&other)), ([2, 69, 199].into(), [2, 8, 69, 299].into()));
        assert!(positions(&CountedSet::of(&[0, 0])).is_empty());
        assert_eq!(one.differences(&other).collect::<Vec<_>>(), [8, 199, 299]);
        assert_eq!(other.differences(&one).collect::<Vec<_>>(), [8, 199, 299]);
        assert_eq!(one.differences(&one).count(), 0);
    }

    #[test]
    fn a_selection_has_one_encoding() {
        let selection = CountedSet::of(&[3, 0, 70]);
        let mut writer = Writer::new();
        selection.encode(129, &mut writer);
        let bytes = writer.finish();
        assert_eq!(bytes.len(), 24);
        assert_eq!(CountedSet::decode(129, &mut Reader::new(&bytes)), Ok(selection));
        let truncated = DecodeError::Truncated { field: "selection" };
        assert_eq!(CountedSet::decode(193, &mut Reader::new(&bytes)), Err(truncated));
        let beyond = DecodeError::UnknownValue { field: "selection", found: 1 << 5 };
        assert_eq!(CountedSet::decode(69, &mut Reader::new(&bytes)), Err(beyond));
    }

    /// `R` with equal beginnings are not candidates of each other. An equal `R` is found.
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
            table.insert(2 * index as u32, &random(&mut TestRng(index)));
        }
        for index in 0..10_000 {
            assert_eq!(table.candidates(&random(&mut TestRng(index))), [2 * index]);
        }
    }
}
