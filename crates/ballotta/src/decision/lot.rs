//! The lot that decides ties. Nobody can foresee or bend it: it is a value that only `t` trustees together can compute, of
//! a base that follows from the closed board.
//!
//! See `spec/tally.md#lot`.

use alloc::vec::Vec;
use core::fmt;

use crate::group::{PublicElement, hash_to_group};
use crate::hash::{Fingerprint, TreeHash, tagged};

/// The base of the lot: nobody knows a relation between it and any other element.
pub(crate) fn lot_base(fingerprint: &Fingerprint, size: u64, root: &TreeHash) -> PublicElement {
    hash_to_group("lot", &[fingerprint.as_bytes(), &size.to_le_bytes(), root.as_bytes()]).into()
}

/// The seed of all lots of an election. It may serve other public draws after the election.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LotSeed([u8; 32]);

impl LotSeed {
    /// The seed that follows from `[x_lot] R_lot`.
    pub(crate) fn of(fingerprint: &Fingerprint, value: &PublicElement) -> Self {
        Self(tagged("lot-seed", &[fingerprint.as_bytes(), value.as_bytes()]))
    }

    /// Returns the 32 bytes of the seed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seed with these bytes, for tests and for the replay of a draw that was published.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the lot of an option of a contest. Of options that tie, the one with the smallest lot is first.
    #[must_use]
    pub fn lot(&self, contest: &str, option: &str) -> [u8; 32] {
        tagged("lot", &[&self.0, contest.as_bytes(), option.as_bytes()])
    }
}

impl fmt::Display for LotSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for LotSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LotSeed({self})")
    }
}

/// The order of the options of a contest that tie, where ties are decided by lot.
pub(crate) struct Order(Option<Vec<[u8; 32]>>);

impl Order {
    /// The order of options with these identifiers. Without a seed ties stay open.
    pub(crate) fn new<'a>(seed: Option<&LotSeed>, contest: &str, options: impl Iterator<Item = &'a str>) -> Self {
        Self(seed.map(|seed| options.map(|option| seed.lot(contest, option)).collect()))
    }

    /// The options in the order of their lots; `None` if ties stay open.
    pub(crate) fn sorted(&self, options: &[usize]) -> Option<Vec<usize>> {
        let lots = self.0.as_ref()?;
        let mut sorted = options.to_vec();
        // No two options have the same lot: that would be a collision of the digest.
        sorted.sort_by_key(|option| lots.get(*option));
        Some(sorted)
    }
}
