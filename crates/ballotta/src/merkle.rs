//! Logs: Merkle trees (RFC 6962, RFC 9162), their heads, and proofs of inclusion and consistency.
//!
//! See `spec/board.md#log`. The board is a log of entries. The roll is one of blocks of lines, and the
//! [heads](crate::tally) of the voters are one of blocks of heads.
//!
//! # Construction
//!
//! ```text
//! leaf(entry)       = SHA-256(0x00 || entry)
//! node(left, right) = SHA-256(0x01 || left || right)
//! root([])          = SHA-256("")
//! root([leaf])      = leaf
//! root(leaves)      = node(root(leaves[..k]), root(leaves[k..])), k is the largest power of two below their number
//! ```
//!
//! # Security
//!
//! A head is a size *and* a root. The length of every proof follows from sizes and index, so that an inner node is
//! never accepted as a leaf and a path has only one depth. Nothing here is secret.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::hash::TreeHash;
use crate::weaken::{self, Check};
use crate::words::entries;

/// The reason why a proof or a head does not fit a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The log has no entry with this index.
    #[error("the log of {} has no entry {index}", entries(.size))]
    OutsideTree {
        /// The index that was requested.
        index: u64,
        /// The size of the log, in entries.
        size: u64,
    },
    /// The later log has fewer entries than the earlier one.
    #[error("a log of {} cannot contain an earlier log of {}", entries(.newer), entries(.older))]
    Shrunk {
        /// The size of the earlier log, in entries.
        older: u64,
        /// The size of the later log, in entries.
        newer: u64,
    },
    /// A proof does not have the length that follows from the sizes and the index.
    #[error("the proof has {found} hashes, but must have {expected}")]
    ProofLength {
        /// The number of hashes that the proof must have.
        expected: usize,
        /// The number of hashes that the proof has.
        found: usize,
    },
    /// The proof does not lead from the entry to the root.
    #[error("the proof does not show that the entry is at index {index} of this log of {}", entries(.size))]
    NotIncluded {
        /// The index of the entry.
        index: u64,
        /// The size of the log, in entries.
        size: u64,
    },
    /// Two heads are not heads of one log, or the proof is for other heads.
    #[error("the proof does not show that the log of {} begins with the earlier log of {}", entries(.newer), entries(.older))]
    InconsistentHeads {
        /// The size of the earlier log, in entries.
        older: u64,
        /// The size of the later log, in entries.
        newer: u64,
    },
}

/// Hashes an entry as a leaf of the tree.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> TreeHash {
    let mut hasher = LeafHasher::new();
    hasher.update(entry);
    hasher.finish()
}

/// Hashes the two children of a node.
#[must_use]
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut hash = hash_of(1);
    hash.update(left.as_bytes());
    hash.update(right.as_bytes());
    TreeHash::from_bytes(hash.finalize().into())
}

/// Hashes an entry that comes in pieces as a leaf of the tree.
pub(crate) struct LeafHasher(Sha256);

impl LeafHasher {
    /// Begins a new entry.
    pub(crate) fn new() -> Self {
        Self(hash_of(0))
    }

    /// Adds the next piece of the entry.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The leaf hash of the entry.
    pub(crate) fn finish(self) -> TreeHash {
        TreeHash::from_bytes(self.0.finalize().into())
    }
}

/// Begins a hash with the prefix that tells leaves from nodes.
fn hash_of(prefix: u8) -> Sha256 {
    let mut hash = Sha256::new();
    if weaken::is_on(Check::LeafPrefix) {
        hash.update([prefix]);
    }
    hash
}

/// The state of a log: its number of entries and the root over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// The number of entries of the log.
    pub size: u64,
    /// The root over all entries.
    pub root: TreeHash,
}

impl TreeHead {
    /// Verifies that the log has this `leaf` at `index`.
    ///
    /// # Errors
    ///
    /// `OutsideTree`, `ProofLength` or `NotIncluded`.
    pub fn verify_inclusion(&self, index: u64, leaf: &TreeHash, proof: &[TreeHash]) -> Result<(), LogError> {
        let size = self.size;
        if index >= size {
            return Err(LogError::OutsideTree { index, size });
        }
        let path = Path::of(index, size);
        check_length(path.length(), proof)?;
        if path.climb(*leaf, proof) == self.root { Ok(()) } else { Err(LogError::NotIncluded { index, size }) }
    }

    /// Verifies that the log of this head begins with the log of the `older` head.
    ///
    /// # Errors
    ///
    /// `Shrunk`, `ProofLength` or `InconsistentHeads`.
    pub fn verify_consistency(&self, older: &Self, proof: &[TreeHash]) -> Result<(), LogError> {
        let inconsistent = LogError::InconsistentHeads { older: older.size, newer: self.size };
        let Some(last) = older.size.checked_sub(1) else {
            // Every log begins with the empty log, which has one root.
            check_length(0, proof)?;
            let empty = Frontier::new().head();
            let is_consistent = *older == empty && (self.size > 0 || *self == empty);
            return if is_consistent { Ok(()) } else { Err(inconsistent) };
        };
        if older.size >= self.size {
            if older.size > self.size {
                return Err(LogError::Shrunk { older: older.size, newer: self.size });
            }
            check_length(0, proof)?;
            return if older.root == self.root { Ok(()) } else { Err(inconsistent) };
        }

        // The path starts at the largest full subtree at the end of the older log. The proof begins with the root of
        // that subtree, unless it is the older root.
        let path = Path::of(last, self.size).above(older.size.trailing_zeros());
        let (seed, rest) = match proof.split_first() {
            Some((seed, rest)) if !older.size.is_power_of_two() => (*seed, rest),
            _ => (older.root, proof),
        };
        let seeds = usize::from(!older.size.is_power_of_two());
        check_length(seeds + path.length(), proof)?;
        if path.climb_left(seed, rest) == older.root && path.climb(seed, rest) == self.root {
            Ok(())
        } else {
            Err(inconsistent)
        }
    }
}

fn check_length(expected: usize, proof: &[TreeHash]) -> Result<(), LogError> {
    if proof.len() == expected || weaken::is_off(Check::ProofLength) {
        Ok(())
    } else {
        Err(LogError::ProofLength { expected, found: proof.len() })
    }
}

/// The path from a node to the root. In its inner part there is a sibling at every level, on the left if the bit of the
/// index is 1. Above it, the node is on the right border of the tree, and has siblings only on the left.
struct Path {
    index: u64,
    inner: u32,
    border: u32,
}

impl Path {
    /// The path from the leaf `index` of a tree of `size` leaves. `index` must be below `size`.
    fn of(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ size.saturating_sub(1)).leading_zeros();
        Self { index, inner, border: index.checked_shr(inner).unwrap_or(0).count_ones() }
    }

    /// The path from the node `levels` higher. It must be a full subtree, so that these levels are inner ones.
    fn above(self, levels: u32) -> Self {
        Self { index: self.index.checked_shr(levels).unwrap_or(0), inner: self.inner.saturating_sub(levels), ..self }
    }

    fn length(&self) -> usize {
        (self.inner + self.border) as usize
    }

    /// Computes the root from a node and all siblings.
    fn climb(&self, node: TreeHash, siblings: &[TreeHash]) -> TreeHash {
        (0..).zip(siblings).fold(node, |node, (level, sibling)| {
            if self.is_left(level) { node_hash(&node, sibling) } else { node_hash(sibling, &node) }
        })
    }

    /// Computes the root from a node and the siblings on the left: that of the tree that ends with this node.
    fn climb_left(&self, node: TreeHash, siblings: &[TreeHash]) -> TreeHash {
        (0..)
            .zip(siblings)
            .filter(|(level, _)| !self.is_left(*level))
            .fold(node, |node, (_, left)| node_hash(left, &node))
    }

    fn is_left(&self, level: u32) -> bool {
        level < self.inner && (self.index >> level) & 1 == 0
    }
}

/// The roots of the full subtrees of a log. They suffice to append entries and to compute the head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// One root for every bit of the size that is 1, the largest subtree first.
    subtrees: Vec<TreeHash>,
}

impl Frontier {
    /// Returns the frontier of the empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of a log of `size` entries whose full subtrees are those of `levels`, the largest first.
    pub(crate) fn of_levels(size: u64, levels: impl Iterator<Item = Self>) -> Self {
        Self { size, subtrees: levels.flat_map(|level| level.subtrees).collect() }
    }

    /// Appends the leaf hash of an entry.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// Returns the number of entries of the log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Computes the root over all entries.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        let root = self.subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        root.unwrap_or_else(|| TreeHash::from_bytes(Sha256::digest([]).into()))
    }

    /// Computes the head: size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }
}

/// A head that somebody has kept, compared with a board that is read: the board continues it if its first entries are
/// those of the head. This is the rule `board.pinned` of `spec/verification.md`.
#[derive(Clone, Copy, Debug)]
pub struct PinnedHead {
    head: TreeHead,
    is_continued: bool,
}

impl PinnedHead {
    /// Pins a head. Every board continues the head of a board without entries.
    #[must_use]
    pub fn new(head: TreeHead) -> Self {
        Self { head, is_continued: head.size == 0 }
    }

    /// Compares the head with the entries that were read so far. The caller does this after every entry.
    pub fn compare(&mut self, entries: &Frontier) {
        if self.head.size > 0 && entries.size() == self.head.size {
            self.is_continued = entries.root() == self.head.root;
        }
    }

    /// The head that is pinned.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// Whether the board continues the head, as far as it was read.
    #[must_use]
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }
}

impl FromIterator<TreeHash> for Frontier {
    fn from_iter<I: IntoIterator<Item = TreeHash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        leaves.into_iter().for_each(|leaf| frontier.push(leaf));
        frontier
    }
}

/// Where proofs find the nodes of a log: in its leaf hashes, or in its [tiles](crate::board::tiles).
pub trait LogNodes {
    /// Why a node cannot be found.
    type Error: From<LogError>;

    /// The number of entries of the log.
    fn size(&self) -> u64;

    /// The root over the `2^height` entries from `index * 2^height` on. They are entries of the log.
    ///
    /// # Errors
    ///
    /// If the node cannot be found.
    fn node(&self, height: u32, index: u64) -> Result<TreeHash, Self::Error>;
}

/// All leaf hashes of a log. Every node is computed again.
impl<L: AsRef<[TreeHash]> + ?Sized> LogNodes for L {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn node(&self, height: u32, index: u64) -> Result<TreeHash, LogError> {
        let outside = LogError::OutsideTree { index: index << height, size: self.size() };
        let leaves = usize::try_from(index << height).ok().and_then(|first| {
            let end = first.checked_add(1_usize.checked_shl(height)?)?;
            self.as_ref().get(first..end)
        });
        Ok(leaves.ok_or(outside)?.iter().copied().collect::<Frontier>().root())
    }
}

/// Computes the proof that a log has the entry `index`, from the leaf upwards.
///
/// # Errors
///
/// `OutsideTree` if there is no such entry, or the error of the nodes.
pub fn inclusion_proof<N: LogNodes + ?Sized>(log: &N, index: u64) -> Result<Vec<TreeHash>, N::Error> {
    let size = log.size();
    if index >= size {
        return Err(LogError::OutsideTree { index, size }.into());
    }
    let mut proof = Vec::new();
    let mut tree = Subtree { first: 0, size };
    while let Some((left, right)) = tree.halves() {
        let (half, sibling) = if index < right.first { (left, right) } else { (right, left) };
        proof.push(sibling.root(log)?);
        tree = half;
    }
    proof.reverse();
    Ok(proof)
}

/// Computes the proof that a log begins with the log of its first `older` entries.
///
/// # Errors
///
/// `Shrunk` if there are fewer than `older` entries, or the error of the nodes.
pub fn consistency_proof<N: LogNodes + ?Sized>(log: &N, older: u64) -> Result<Vec<TreeHash>, N::Error> {
    consistency_proof_between(log, older, log.size())
}

/// Computes the proof that the log of the first `newer` entries begins with the log of the first `older` ones.
///
/// # Errors
///
/// `Shrunk` if there are fewer than `newer` entries, or fewer than `older` among them; or the error of the nodes.
pub fn consistency_proof_between<N: LogNodes + ?Sized>(
    log: &N,
    older: u64,
    newer: u64,
) -> Result<Vec<TreeHash>, N::Error> {
    for (older, newer) in [(newer, log.size()), (older, newer)] {
        if older > newer {
            return Err(LogError::Shrunk { older, newer }.into());
        }
    }
    consistency_subtrees(older, newer).into_iter().map(|tree| tree.root(log)).collect()
}

/// The subtrees whose roots are the proof that a log of `size` entries begins with the log of its first `older` ones, from
/// the leaves upwards. `older` is at most `size`.
fn consistency_subtrees(older: u64, size: u64) -> Vec<Subtree> {
    let mut subtrees = Vec::new();
    if older == 0 {
        return subtrees;
    }
    // Descend to the subtree at the end of the older log. The verifier has its root only if it is the older root.
    let mut tree = Subtree { first: 0, size };
    while older < tree.first + tree.size {
        let Some((left, right)) = tree.halves() else { break };
        let (half, sibling) = if older <= right.first { (left, right) } else { (right, left) };
        subtrees.push(sibling);
        tree = half;
    }
    if tree.first > 0 {
        subtrees.push(tree);
    }
    subtrees.reverse();
    subtrees
}

/// A proof of consistency that is computed while the entries of the log are read, in one pass and in little memory.
#[derive(Debug)]
pub(crate) struct ConsistencyReader {
    next: u64,
    subtrees: Vec<(Subtree, Frontier)>,
}

impl ConsistencyReader {
    /// The proof that a log of `newer` entries begins with the log of its first `older` ones; one without hashes if there
    /// are fewer than `older`.
    pub(crate) fn new(older: u64, newer: u64) -> Self {
        let subtrees = if older <= newer { consistency_subtrees(older, newer) } else { Vec::new() };
        Self { next: 0, subtrees: subtrees.into_iter().map(|tree| (tree, Frontier::new())).collect() }
    }

    /// Takes the leaf hash of the next entry. Entries after the newer log change nothing.
    pub(crate) fn push(&mut self, leaf: TreeHash) {
        let next = self.next;
        let has_it =
            |(tree, _): &&mut (Subtree, Frontier)| next.checked_sub(tree.first).is_some_and(|at| at < tree.size);
        if let Some((_, roots)) = self.subtrees.iter_mut().find(has_it) {
            roots.push(leaf);
        }
        self.next += 1;
    }

    /// The proof, if all entries of the newer log were read.
    pub(crate) fn proof(&self) -> Vec<TreeHash> {
        self.subtrees.iter().map(|(_, roots)| roots.root()).collect()
    }
}

/// A subtree of a log: the tree over some of its entries. `first` is a multiple of every power of two up to `size`.
#[derive(Clone, Copy, Debug)]
struct Subtree {
    first: u64,
    size: u64,
}

impl Subtree {
    /// Splits the tree into its children. The left one is the largest full subtree that is not the whole tree. `None` if
    /// there are fewer than two entries.
    fn halves(self) -> Option<(Self, Self)> {
        let left = 1 << self.size.checked_sub(1)?.checked_ilog2()?;
        Some((Self { size: left, ..self }, Self { first: self.first + left, size: self.size - left }))
    }

    /// Computes the root from the full subtrees, the largest of which is first.
    fn root<N: LogNodes + ?Sized>(self, log: &N) -> Result<TreeHash, N::Error> {
        let Self { first, size } = self;
        let mut root = None;
        // The smallest full subtree is the last one.
        for height in (0..u64::BITS).filter(|height| size >> height & 1 == 1) {
            let before = size >> height & !1;
            let node = log.node(height, (first >> height) + before)?;
            root = Some(root.map_or(node, |right| node_hash(&node, &right)));
        }
        Ok(root.unwrap_or_else(|| Frontier::new().root()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(entries: &[&str]) -> Vec<TreeHash> {
        entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect()
    }

    fn head(leaves: &[TreeHash]) -> TreeHead {
        leaves.iter().copied().collect::<Frontier>().head()
    }

    #[test]
    fn no_history_can_be_rewritten() {
        let log = leaves(&["a", "b", "c", "d", "e"]);
        let older = head(&log[..3]);
        for (what, changed) in [
            ("swapped", leaves(&["b", "a", "c", "d", "e"])),
            ("a later entry earlier", leaves(&["a", "b", "d", "c", "e"])),
            ("dropped", leaves(&["a", "c", "d", "e"])),
            ("inserted", leaves(&["a", "x", "b", "c", "d", "e"])),
            ("repeated", leaves(&["a", "a", "b", "c", "d", "e"])),
        ] {
            let newer = head(&changed);
            let proof = consistency_proof(&changed, older.size).unwrap();
            let expected = Err(LogError::InconsistentHeads { older: 3, newer: newer.size });
            assert_eq!(newer.verify_consistency(&older, &proof), expected, "{what}");
        }
        let newer = head(&log);
        assert_eq!(newer.verify_consistency(&older, &consistency_proof(&log, 3).unwrap()), Ok(()));
        assert_eq!(older.verify_consistency(&newer, &[]), Err(LogError::Shrunk { older: 5, newer: 3 }));
        assert_eq!(consistency_proof(&log[..3], 5), Err(LogError::Shrunk { older: 5, newer: 3 }));
    }

    #[test]
    fn two_heads_of_one_size_are_a_fork() {
        let (one, other) = (head(&leaves(&["a", "b"])), head(&leaves(&["a", "c"])));
        assert_eq!(one.verify_consistency(&other, &[]), Err(LogError::InconsistentHeads { older: 2, newer: 2 }));
        assert_eq!(one.verify_consistency(&one, &[]), Ok(()));
        let superfluous = [one.root];
        assert_eq!(one.verify_consistency(&one, &superfluous), Err(LogError::ProofLength { expected: 0, found: 1 }));
    }

    #[test]
    fn a_repeated_last_entry_changes_the_root() {
        assert_ne!(head(&leaves(&["a", "b", "c"])).root, head(&leaves(&["a", "b", "c", "c"])).root);
    }

    #[test]
    fn the_smallest_logs() {
        let (empty, one) = (Frontier::new().head(), head(&leaves(&["a"])));
        let leaf = leaf_hash(b"a");
        assert_eq!(one, TreeHead { size: 1, root: leaf });
        assert_eq!(empty.verify_inclusion(0, &leaf, &[]), Err(LogError::OutsideTree { index: 0, size: 0 }));
        assert_eq!(one.verify_inclusion(0, &leaf, &[]), Ok(()));
        assert_eq!(one.verify_inclusion(0, &empty.root, &[]), Err(LogError::NotIncluded { index: 0, size: 1 }));
        for (index, outside) in [1, u64::MAX].map(|index| (index, LogError::OutsideTree { index, size: 1 })) {
            assert_eq!(one.verify_inclusion(index, &leaf, &[]), Err(outside));
            assert_eq!(inclusion_proof(&[leaf], index), Err(outside));
        }
        assert_eq!(inclusion_proof(&[], 0), Err(LogError::OutsideTree { index: 0, size: 0 }));

        assert_eq!(one.verify_consistency(&empty, &[]), Ok(()));
        assert_eq!(empty.verify_consistency(&empty, &[]), Ok(()));
        assert_eq!(empty.verify_consistency(&one, &[]), Err(LogError::Shrunk { older: 1, newer: 0 }));
        assert_eq!(one.verify_consistency(&empty, &[leaf]), Err(LogError::ProofLength { expected: 0, found: 1 }));
        let false_empty = TreeHead { size: 0, root: leaf };
        let inconsistent = Err(LogError::InconsistentHeads { older: 0, newer: 1 });
        assert_eq!(one.verify_consistency(&false_empty, &[]), inconsistent);
        let inconsistent = Err(LogError::InconsistentHeads { older: 0, newer: 0 });
        assert_eq!(false_empty.verify_consistency(&empty, &[]), inconsistent);
        assert_eq!(empty.verify_consistency(&false_empty, &[]), inconsistent);
        assert_eq!(consistency_proof(&[leaf], 0), Ok(Vec::new()));
    }

    /// Proofs between two sizes of a log, and those that are computed while its entries are read, are those of the log
    /// that ends there.
    #[test]
    fn proofs_between_two_sizes_of_a_log() {
        let log: Vec<TreeHash> = (0..40_u8).map(|entry| leaf_hash(&[entry])).collect();
        for newer in 0..=log.len() {
            for older in 0..=newer {
                let proof = consistency_proof(&log[..newer], older as u64).unwrap();
                assert_eq!(consistency_proof_between(&log, older as u64, newer as u64).as_ref(), Ok(&proof));
                assert_eq!(head(&log[..newer]).verify_consistency(&head(&log[..older]), &proof), Ok(()));
                let mut reader = ConsistencyReader::new(older as u64, newer as u64);
                log.iter().for_each(|leaf| reader.push(*leaf));
                assert_eq!(reader.proof(), proof, "{older} {newer}");
            }
        }
        assert_eq!(consistency_proof_between(&log, 3, 41), Err(LogError::Shrunk { older: 41, newer: 40 }));
        assert_eq!(consistency_proof_between(&log, 4, 3), Err(LogError::Shrunk { older: 4, newer: 3 }));
        assert_eq!(ConsistencyReader::new(4, 3).proof(), []);
        assert_eq!(ConsistencyReader::new(u64::MAX - 1, u64::MAX).proof().len(), 64);
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let head = TreeHead { size: u64::MAX, root: leaf_hash(b"root") };
        let proof = alloc::vec![leaf_hash(b"sibling"); 64];
        for index in [0, 1, 1 << 63, u64::MAX - 1] {
            let found = head.verify_inclusion(index, &head.root, &proof);
            assert!(matches!(found, Err(LogError::NotIncluded { .. } | LogError::ProofLength { .. })), "{found:?}");
        }
        for size in [1, 2, 3, 1 << 63, (1 << 63) + 1, u64::MAX - 1] {
            let found = head.verify_consistency(&TreeHead { size, ..head }, &proof);
            assert!(
                matches!(found, Err(LogError::InconsistentHeads { .. } | LogError::ProofLength { .. })),
                "{found:?}"
            );
        }
    }

    /// The head of a log of four entries, and the head of a log whose two entries are the concatenated leaves of the
    /// first.
    fn nodes_as_entries() -> (TreeHead, TreeHead) {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|entry| leaf_hash(entry.as_bytes()));
        let pair = |left: &TreeHash, right: &TreeHash| leaf_hash(&[*left.as_bytes(), *right.as_bytes()].concat());
        (head(&[a, b, c, d]), head(&[pair(&a, &b), pair(&c, &d)]))
    }

    #[test]
    fn nodes_are_not_accepted_as_entries() {
        let (log, forged) = nodes_as_entries();
        assert_ne!(log.root, forged.root);

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::LeafPrefix);
            let (log, forged) = nodes_as_entries();
            assert_eq!(log.root, forged.root);
        }
    }

    #[test]
    fn nodes_are_not_accepted_as_leaves() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|entry| leaf_hash(entry.as_bytes()));
        let log = head(&[a, b, c, d]);
        let (left, right) = (node_hash(&a, &b), node_hash(&c, &d));
        let refused = Err(LogError::ProofLength { expected: 2, found: 1 });
        assert_eq!(log.verify_inclusion(0, &left, &[right]), refused);

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::ProofLength);
            assert_eq!(log.verify_inclusion(0, &left, &[right]), Ok(()));
        }
    }
}
