//! The index of a roll, which knows where its voters are. It takes 48 bytes for every 32 lines.
//!
//! See `spec/credential.md#roll`.
//!
//! # Security
//!
//! A lookup reads 32 lines of the roll again and compares their digest. So a server of the roll cannot give a voter a
//! different style or weight than when the roll was hashed.

use alloc::vec;
use alloc::vec::Vec;
use core::mem::replace;
use core::ops::Range;

use super::error::{RollError, RollProblem};
use super::line::{RollLine, first_bytes, voter_on_line};
use super::rules::RollRules;
use super::totals::RollTotals;
use crate::hash::{RollHash, TreeHash};
use crate::merkle::{Frontier, LeafHasher, TreeHead, leaf_hash};
use crate::weaken::{self, Check};

/// The number of lines in a block of a roll, except in the last one.
pub const BLOCK_LINES: u64 = 32;

/// The length of the credential at the beginning of a line.
const CREDENTIAL_DIGITS: usize = 64;

/// A voter cannot be looked up on a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollLookupError<E> {
    /// The source of the roll could not be read.
    #[error("the roll cannot be read again: {0}")]
    Source(E),
    /// The source gives different bytes than when the roll was read for the first time.
    #[error("the roll has changed since it was read for the first time: compare the lines from line {line} on")]
    Changed {
        /// The number of the first line of the block that differs, counted from 1.
        line: u64,
    },
}

/// The index of a roll that was read and breaks no rule: its totals, and the places of its voters. The caller must
/// check with [`RollLine::key`] that credentials are elements of the group.
pub struct RollIndex {
    rules: RollRules,
    hash: RollHash,
    tree: TreeHead,
    totals: RollTotals,
    blocks: Vec<Block>,
    end: u64,
}

impl RollIndex {
    /// Returns the hash of the roll.
    #[must_use]
    pub fn hash(&self) -> &RollHash {
        &self.hash
    }

    /// The rules with which the roll was read.
    pub(crate) fn rules(&self) -> &RollRules {
        &self.rules
    }

    /// Returns the head of the log of the blocks: their number, and their root.
    #[must_use]
    pub fn tree(&self) -> &TreeHead {
        &self.tree
    }

    /// Where each block begins: the first 8 bytes of its first credential, and its offset in the roll; at last `u64::MAX`
    /// and the length of the roll.
    pub fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        self.blocks.iter().map(|block| (block.first, block.offset)).chain([(u64::MAX, self.end)])
    }

    /// The leaf hashes of the blocks.
    pub fn leaves(&self) -> impl Iterator<Item = &TreeHash> {
        self.blocks.iter().map(|block| &block.leaf)
    }

    /// Returns the numbers of voters and their weights.
    #[must_use]
    pub fn totals(&self) -> &RollTotals {
        &self.totals
    }

    /// Looks a voter up; returns `None` if the credential is not on the roll. It reads one block, or a few blocks if
    /// credentials have the same first 8 bytes.
    ///
    /// `read_at` fills the buffer with the bytes of the roll from an offset on.
    ///
    /// # Errors
    ///
    /// `Source` with the error of `read_at`, or `Changed` if the bytes are different from when the roll was read.
    pub fn lookup<E>(
        &self,
        credential: &[u8; 32],
        mut read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<RollLine>, RollLookupError<E>> {
        let mut last = None;
        let Some((number, line)) = self.find(credential, &mut last, &mut read_at)? else { return Ok(None) };
        let line = self.rules.parse(number, line);
        line.map(Some)
            .map_err(|_| RollLookupError::Changed { line: number - u64::from(voter_on_line(number)) % BLOCK_LINES })
    }

    /// Looks a voter up by the first 8 bytes of the credential; returns `None` if no credential that begins with them fits.
    ///
    /// `read_at` fills the buffer with the bytes of the roll from an offset on.
    ///
    /// # Errors
    ///
    /// The same errors as [`Self::lookup`].
    pub(crate) fn lookup_beginning<E>(
        &self,
        first_bytes: u64,
        fits: impl Fn(&[u8; 32]) -> bool,
        mut read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<RollLine>, RollLookupError<E>> {
        for position in self.blocks_with(first_bytes) {
            let block = self.read_block(position, &mut read_at)?;
            for (number, start) in (block.first_line..).zip(&block.starts) {
                let line = block.line(*start).split(|byte| *byte == b'\n').next().unwrap_or_default();
                let line = self.rules.parse(number, line);
                let line = line.map_err(|_| RollLookupError::Changed { line: block.first_line })?;
                if line.first_bytes() == first_bytes && fits(&line.credential) {
                    return Ok(Some(line));
                }
            }
        }
        Ok(None)
    }

    /// The positions of the blocks that may have a credential with these first bytes: each block that begins with them, and the
    /// block before the first of those.
    fn blocks_with(&self, first_bytes: u64) -> Range<usize> {
        let low = self.blocks.partition_point(|block| block.first < first_bytes).saturating_sub(1);
        low..self.blocks.partition_point(|block| block.first <= first_bytes)
    }

    /// Looks many voters up and returns their places on the roll, counted from 0, in the order of `credentials`. Each
    /// block is read only once if the credentials ascend.
    ///
    /// # Errors
    ///
    /// The same errors as [`Self::lookup`].
    pub fn lookup_all<'c, E>(
        &self,
        credentials: impl Iterator<Item = &'c [u8; 32]>,
        mut read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Vec<Option<u32>>, RollLookupError<E>> {
        let mut last = None;
        let voters = credentials.map(|credential| {
            let found = self.find(credential, &mut last, &mut read_at)?;
            Ok(found.map(|(number, _)| voter_on_line(number)))
        });
        voters.collect()
    }

    /// Finds the line of a credential, with its number. `last` is the block that was read last.
    fn find<'b, E>(
        &self,
        credential: &[u8; 32],
        last: &'b mut Option<ReadBlock>,
        read_at: &mut impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<(u64, &'b [u8])>, RollLookupError<E>> {
        let wanted = hex::encode(credential);
        let wanted = wanted.as_bytes();
        let Range { start: mut low, end: mut high } = self.blocks_with(first_bytes(credential));
        let place = loop {
            if low >= high {
                return Ok(None);
            }
            let middle = low.midpoint(high);
            let block = match last.take() {
                Some(block) if block.position == middle => block,
                _ => self.read_block(middle, read_at)?,
            };
            let block = last.insert(block);
            // Lower-case digits are ordered as the bytes that they write, and lines as their credentials.
            let place = block.starts.partition_point(|start| block.line(*start) < wanted);
            if block.starts.get(place).is_some_and(|start| block.line(*start).starts_with(wanted)) {
                break place;
            }
            if place > 0 {
                low = middle + 1;
            } else {
                high = middle;
            }
        };
        let line = last.as_ref().and_then(|block| {
            let line = block.line(*block.starts.get(place)?).split(|byte| *byte == b'\n').next()?;
            Some((block.first_line + place as u64, line))
        });
        Ok(line)
    }

    /// Reads a block again and compares its digest.
    fn read_block<E>(
        &self,
        position: usize,
        read_at: &mut impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<ReadBlock, RollLookupError<E>> {
        let first_line = position as u64 * BLOCK_LINES + 2;
        let changed = RollLookupError::Changed { line: first_line };
        let Some(block) = self.blocks.get(position) else { return Err(changed) };
        let end = self.blocks.get(position + 1).map_or(self.end, |next| next.offset);
        // A block is at most 32 lines of at most `MAX_ROLL_LINE_BYTES`.
        let mut bytes = vec![0; (end - block.offset) as usize];
        read_at(block.offset, &mut bytes).map_err(RollLookupError::Source)?;
        if leaf_hash(&bytes) != block.leaf && weaken::is_on(Check::RollBlock) {
            return Err(changed);
        }
        let mut starts = Vec::with_capacity(BLOCK_LINES as usize);
        let mut start = 0;
        // The end of a line is looked for after its credential: most bytes of a roll are digits of credentials.
        while let Some(rest) = bytes.get(start + CREDENTIAL_DIGITS..) {
            starts.push(start);
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
            start += CREDENTIAL_DIGITS + end + 1;
        }
        Ok(ReadBlock { position, first_line, bytes, starts })
    }
}

/// The lines of a block that was read again.
struct ReadBlock {
    position: usize,
    /// The number of its first line.
    first_line: u64,
    bytes: Vec<u8>,
    /// Where the lines begin.
    starts: Vec<usize>,
}

impl ReadBlock {
    /// The bytes from the beginning of a line on.
    fn line(&self, start: usize) -> &[u8] {
        self.bytes.get(start..).unwrap_or_default()
    }
}

/// The entry of the index for 32 lines.
struct Block {
    /// The first 8 bytes of the first credential.
    first: u64,
    /// Where the block begins.
    offset: u64,
    /// The leaf hash of its lines.
    leaf: TreeHash,
}

/// The blocks of all lines up to now. The last block may still grow.
pub(super) struct Blocks {
    closed: Vec<Block>,
    open: LeafHasher,
    tree: Frontier,
    lines: u64,
    end: u64,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { closed: Vec::new(), open: LeafHasher::new(), tree: Frontier::new(), lines: 0, end: 0 }
    }

    pub(super) fn skip(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64 + 1;
    }

    pub(super) fn push(&mut self, credential: &[u8; 32], bytes: &[u8]) {
        if self.lines.is_multiple_of(BLOCK_LINES) {
            self.seal();
            let leaf = TreeHash::from_bytes([0; 32]);
            self.closed.push(Block { first: first_bytes(credential), offset: self.end, leaf });
        }
        self.open.update(bytes);
        self.open.update(b"\n");
        self.lines += 1;
        self.skip(bytes);
    }

    /// Hashes the last block.
    fn seal(&mut self) {
        if let Some(last) = self.closed.last_mut() {
            last.leaf = replace(&mut self.open, LeafHasher::new()).finish();
            self.tree.push(last.leaf);
        }
    }

    pub(super) fn into_index(mut self, rules: RollRules, totals: RollTotals) -> RollIndex {
        self.seal();
        self.closed.shrink_to_fit();
        let tree = self.tree.head();
        let hash = RollHash::of(self.lines, &tree.root);
        RollIndex { rules, hash, tree, totals, blocks: self.closed, end: self.end }
    }
}

/// Reads the lines of block `position` of a roll. The caller has verified its leaf hash, so that a line that breaks a rule is
/// one of a roll that nobody may sign.
///
/// # Errors
///
/// The first line that breaks a rule for single lines.
pub fn read_roll_block(rules: &RollRules, position: u64, block: &[u8]) -> Result<Vec<RollLine>, RollError> {
    let numbers = position * BLOCK_LINES + 2..;
    let lines = block.split_inclusive(|byte| *byte == b'\n').zip(numbers);
    let read = lines.map(|(line, number)| {
        let line = line.strip_suffix(b"\n").ok_or(RollProblem::TrailingBytes);
        line.and_then(|line| rules.parse(number, line)).map_err(|problem| RollError { line: number, problem })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::convert::Infallible;

    use super::super::RollReader;
    use super::super::tests::{MANIFEST, index, line, read_in, rules, sample, voters, write};
    use super::*;
    use crate::credential::{Credential, VotingCode};
    use crate::hash::{JointKeyHash, ManifestHash};
    use crate::limits::MAX_ROLL_LINE_BYTES;
    use crate::testing::TestRng;

    fn lookup(index: &RollIndex, bytes: &[u8], credential: &[u8; 32]) -> Option<RollLine> {
        let read_at = |offset: u64, buffer: &mut [u8]| {
            buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]);
            Ok::<(), Infallible>(())
        };
        index.lookup(credential, read_at).unwrap()
    }
    #[test]
    fn every_voter_is_found_and_nobody_else() {
        for count in [1, 2, 31, 32, 33, 64, 65, 1000] {
            let bytes = write(voters(count, count));
            let (lines, end) = read_in(&bytes, 4096);
            let index = end.unwrap();
            for line in lines.into_iter().map(Result::unwrap) {
                assert_eq!(lookup(&index, &bytes, &line.credential), Some(line));
                for place in [0, 7, 8, 31] {
                    let mut other = line.credential;
                    other[place] ^= 1;
                    assert_eq!(lookup(&index, &bytes, &other), None);
                }
            }
            assert_eq!(lookup(&index, &bytes, &[0; 32]), None);
            assert_eq!(lookup(&index, &bytes, &[0xff; 32]), None);
        }
    }

    /// Many blocks begin with the same 8 bytes, at the beginning, in the middle and at the end of the roll.
    #[test]
    fn credentials_that_begin_alike_are_found() {
        let mut voters = voters(500, 4);
        for (number, voter) in voters.iter_mut().enumerate() {
            match number {
                0..100 => voter.credential[..8].fill(0),
                100..350 => voter.credential[..8].fill(0x80),
                350..390 => voter.credential[..8].fill(0xff),
                _ => {}
            }
        }
        let bytes = write(voters);
        let index = index(&bytes);
        for line in read_in(&bytes, 4096).0.into_iter().map(Result::unwrap) {
            assert_eq!(lookup(&index, &bytes, &line.credential), Some(line));
            let mut other = line.credential;
            other[31] ^= 1;
            assert_eq!(lookup(&index, &bytes, &other), None);
        }
        // Even then a lookup reads few blocks.
        let mut reads = 0;
        let read_at = |offset: u64, buffer: &mut [u8]| {
            reads += 1;
            buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]);
            Ok::<(), Infallible>(())
        };
        let absent = core::array::from_fn(|i| if i < 8 { 0x80 } else { 0 });
        assert_eq!(index.lookup(&absent, read_at), Ok(None));
        assert!(reads <= 4, "{reads}");
    }

    /// Attacks B2 and E3: a credential that the authority did not put on this roll is not found.
    #[test]
    fn a_client_finds_its_credential_on_the_roll_of_its_election_alone() {
        let joint_key = JointKeyHash::from_bytes([3; 32]);
        let codes: Vec<_> = (0..50).map(|seed| VotingCode::generate(&mut TestRng(seed))).collect();
        let public = |code, manifest, joint_key| *Credential::derive(code, &manifest, &joint_key).unwrap().public();
        let lines =
            codes.iter().zip(1..).map(|(code, number)| line(number, *public(code, MANIFEST, joint_key).as_bytes()));
        let bytes = write(lines.collect());
        let index = index(&bytes);
        for code in &codes {
            let own = public(code, MANIFEST, joint_key);
            let found = lookup(&index, &bytes, own.as_bytes()).unwrap();
            assert_eq!(found.key(), Ok(own));
            let other_manifest = public(code, ManifestHash::from_bytes([9; 32]), joint_key);
            let other_key = public(code, MANIFEST, JointKeyHash::from_bytes([9; 32]));
            for other in [other_manifest, other_key] {
                assert_eq!(lookup(&index, &bytes, other.as_bytes()), None);
            }
        }
        let stranger = public(&VotingCode::generate(&mut TestRng(99)), MANIFEST, joint_key);
        assert_eq!(lookup(&index, &bytes, stranger.as_bytes()), None);
    }

    /// The index of a roll, and the roll of a server that has changed the weight of a voter.
    fn changed() -> (RollIndex, String) {
        (index(sample().as_bytes()), sample().replace(" 20\n", " 99\n"))
    }

    #[test]
    fn a_roll_that_changes_after_it_was_read_is_noticed() {
        let (index, bytes) = changed();
        let read_at = |offset: u64, buffer: &mut [u8]| {
            buffer.copy_from_slice(&bytes.as_bytes()[offset as usize..][..buffer.len()]);
            Ok::<(), Infallible>(())
        };
        assert_eq!(index.lookup(&[0x22; 32], read_at), Err(RollLookupError::Changed { line: 2 }));
        assert_eq!(index.lookup(&[0x22; 32], |_, _| Err("offline")), Err(RollLookupError::Source("offline")));
    }
    #[test]
    fn the_index_keeps_at_most_8_bytes_per_line() {
        let count = 100_000;
        let bytes = write(voters(count, 8));
        let mut reader = RollReader::new(rules());
        let mut peak = 0;
        for piece in bytes.chunks(1 << 16) {
            reader.feed(piece, &mut |line| assert_eq!(line.err(), None));
            peak = peak.max(reader.blocks.closed.capacity());
        }
        assert!(reader.partial.capacity() <= MAX_ROLL_LINE_BYTES);
        let index = reader.finish(&mut |_| {}).unwrap();
        assert_eq!(index.totals().voters(), count);
        for blocks in [peak, index.blocks.capacity()] {
            assert!(blocks * size_of::<Block>() <= 8 * count as usize, "{blocks} blocks");
        }
    }

    #[cfg(feature = "weaken")]
    mod weakened {
        use super::*;
        use crate::weaken::Weaken;

        #[test]
        fn without_the_digest_a_server_changes_a_weight() {
            let (index, bytes) = changed();
            let _weaken = Weaken::without(Check::RollBlock);
            assert_eq!(lookup(&index, bytes.as_bytes(), &[0x22; 32]).map(|line| line.weight), Some(99));
        }
    }
}
