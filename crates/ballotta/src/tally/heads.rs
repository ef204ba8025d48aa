//! The heads of the voters: for each line of the roll, the ballot that counts.
//!
//! See `spec/tally.md#heads`.
//!
//! # Layout
//!
//! ```text
//! head     state (1), position on the board (7)
//! block    256 heads: those of the lines of the roll in their order, and after them one for each change that the manifest
//!          allows, in the order of their numbers; fewer in the last block
//! ```
//!
//! | state | | position |
//! |---|---|---|
//! | 0 | no ballot counts | 0 |
//! | 1 | the ballot in this entry counts | of the entry |
//! | 2 | the change of the roll in this entry has revoked the credential | of the entry |
//!
//! # Security
//!
//! The root of the tree over the blocks is signed by every closing statement, and every verifier computes it. So one block
//! and a path show a voter which ballot counts, without the other ballots.

use alloc::vec::Vec;

use crate::credential::lines_in_all;
use crate::encoding::{DecodeError, Reader};
use crate::hash::TreeHash;
use crate::manifest::Manifest;
use crate::merkle::{Frontier, leaf_hash};

/// The number of heads in a block, except in the last one.
pub const HEADS_PER_BLOCK: u64 = 256;

/// The number of heads in an election with this manifest and this number of voters at the opening: one for each voter, and one for
/// each change of the roll that the manifest allows. So nobody needs to know how many changes there are to verify a block.
#[must_use]
pub fn number_of_heads(manifest: &Manifest, voters: u64) -> u64 {
    lines_in_all(manifest, voters)
}

/// The length of a head, in bytes.
pub const HEAD_BYTES: usize = 8;

/// What counts for one line of the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VoterHead {
    /// No ballot counts.
    None,
    /// The ballot at this position on the board counts.
    Counted(u64),
    /// The change of the roll at this position on the board has revoked the credential.
    Revoked(u64),
}

impl VoterHead {
    /// Set in the 4 bytes of a head that is revoked. A position is below 2^30.
    const REVOKED: u32 = 1 << 31;

    /// Reads a head in 4 bytes, as ledgers keep it.
    #[must_use]
    pub fn from_packed(packed: u32) -> Self {
        match packed.checked_sub(1) {
            None => Self::None,
            Some(_) if packed & Self::REVOKED != 0 => Self::Revoked((packed & !Self::REVOKED).into()),
            Some(index) => Self::Counted(index.into()),
        }
    }

    /// The head in 4 bytes: one more than the position of the ballot that counts; the position of a change, with the highest bit
    /// set; or 0.
    #[must_use]
    pub fn packed(self) -> u32 {
        // Positions are below 2^30.
        match self {
            Self::None => 0,
            Self::Counted(index) => index as u32 + 1,
            Self::Revoked(index) => index as u32 | Self::REVOKED,
        }
    }

    /// Writes the head.
    #[must_use]
    pub fn encode(self) -> [u8; HEAD_BYTES] {
        // A board has at most 2^30 entries, so that a position has at most 7 bytes.
        let (state, position) = match self {
            Self::None => (0, 0),
            Self::Counted(index) => (1, index),
            Self::Revoked(index) => (2, index),
        };
        (position << 8 | state).to_le_bytes()
    }

    fn decode(bytes: [u8; HEAD_BYTES]) -> Result<Self, DecodeError> {
        let value = u64::from_le_bytes(bytes);
        match (value & 0xff, value >> 8) {
            (0, 0) => Ok(Self::None),
            (1, index) => Ok(Self::Counted(index)),
            (2, index) => Ok(Self::Revoked(index)),
            (0, found) => Err(DecodeError::UnknownValue { field: "position", found }),
            (found, _) => Err(DecodeError::UnknownValue { field: "state", found }),
        }
    }
}

/// The blocks of the heads of all lines of the roll, in their order.
pub(super) fn blocks(heads: &[u32]) -> impl Iterator<Item = Vec<u8>> {
    let blocks = heads.chunks(HEADS_PER_BLOCK as usize);
    blocks.map(|heads| heads.iter().flat_map(|last| VoterHead::from_packed(*last).encode()).collect())
}

/// The root of the tree over the blocks.
pub(super) fn root(heads: &[u32]) -> TreeHash {
    blocks(heads).map(|block| leaf_hash(&block)).collect::<Frontier>().root()
}

/// Reads the head of a line of the roll, counted from 0, out of its block. The caller has verified the block.
///
/// # Errors
///
/// [`DecodeError`] if the block has no such head, or the head is not canonical.
pub fn head_in_block(block: &[u8], voter: u32) -> Result<VoterHead, DecodeError> {
    let mut reader = Reader::new(block);
    reader.take("head", voter as usize % HEADS_PER_BLOCK as usize * HEAD_BYTES)?;
    VoterHead::decode(reader.array("head")?)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_head_has_one_form() {
        let last = (1 << 30) - 1;
        for head in [0, 7, last].into_iter().flat_map(|index| [VoterHead::Counted(index), VoterHead::Revoked(index)]) {
            assert_eq!(VoterHead::decode(head.encode()), Ok(head));
            assert_eq!(VoterHead::from_packed(head.packed()), head);
        }
        assert_eq!(VoterHead::decode(VoterHead::None.encode()), Ok(VoterHead::None));
        assert_eq!(VoterHead::from_packed(0), VoterHead::None);
        assert_eq!(VoterHead::Counted(0x0102).encode(), [1, 2, 1, 0, 0, 0, 0, 0]);
        let unknown = |field, found| Err(DecodeError::UnknownValue { field, found });
        assert_eq!(VoterHead::decode([0, 1, 0, 0, 0, 0, 0, 0]), unknown("position", 1));
        assert_eq!(VoterHead::decode([3, 1, 0, 0, 0, 0, 0, 0]), unknown("state", 3));
    }

    #[test]
    fn the_heads_of_a_roll_are_in_blocks() {
        let mut heads = vec![0; 600];
        heads[0] = 1;
        heads[255] = 4;
        heads[256] = 9;
        heads[599] = 7;
        let found: Vec<Vec<u8>> = blocks(&heads).collect();
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2048, 2048, 704]);
        let head = |voter: u32| head_in_block(&found[voter as usize / 256], voter);
        for (voter, index) in [(0, 0), (255, 3), (256, 8), (599, 6)] {
            assert_eq!(head(voter), Ok(VoterHead::Counted(index)), "{voter}");
        }
        assert_eq!(head(1), Ok(VoterHead::None));
        assert_eq!(head(600), Err(DecodeError::Truncated { field: "head" }));
        // Every change of a head changes the root.
        let before = root(&heads);
        for voter in [0, 1, 255, 256, 599] {
            let mut other = heads.clone();
            other[voter] += 1;
            assert_ne!(root(&other), before, "{voter}");
        }
        assert_ne!(root(&heads[..599]), before);
        assert_eq!(root(&[]), Frontier::new().root());
    }
}
