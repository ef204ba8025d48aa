//! Which tally a trustee states or decrypts.

use core::fmt;

use crate::decision::lot_base;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::PublicElement;
use crate::hash::{Fingerprint, TallyDigest, TreeHash};
use crate::merkle::TreeHead;
use crate::tally::EncryptedTally;
use crate::transcript::ProofTranscript;

/// Names a tally: by the election, the board up to its close, the ballots that count, and the encrypted sums.
///
/// # Layout
///
/// Fingerprint (32 bytes), size of the board up to the close (8), tree head (32), root of the heads of the voters (32),
/// digest of the sums (32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyReference {
    /// The fingerprint of the election.
    pub fingerprint: Fingerprint,
    /// The number of entries up to the close, the closing included, and the root over them.
    pub close: TreeHead,
    /// The root of the tree of [heads](crate::tally::heads) of the voters.
    pub heads: TreeHash,
    /// The digest of the encrypted sums.
    pub sums: TallyDigest,
}

/// The first value in which a [`TallyReference`] differs from a tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TallyDifference {
    /// It is the tally of another election.
    Fingerprint,
    /// The board was closed after another number of entries.
    Size,
    /// The board had other entries up to the close.
    Root,
    /// Another ballot counts for a voter.
    Heads,
    /// The sums are others.
    Sums,
}

impl fmt::Display for TallyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fingerprint => "fingerprint",
            Self::Size => "size",
            Self::Root => "root",
            Self::Heads => "heads",
            Self::Sums => "sums",
        })
    }
}

impl TallyReference {
    /// The base of the lot: it follows from the fingerprint and the closed board.
    pub(super) fn lot_base(&self) -> PublicElement {
        lot_base(&self.fingerprint, self.close.size, &self.close.root)
    }

    /// The reference to this tally.
    #[must_use]
    pub fn of(tally: &EncryptedTally) -> Self {
        Self { fingerprint: *tally.fingerprint(), close: *tally.close(), heads: *tally.heads(), sums: *tally.digest() }
    }

    /// In what it differs from this tally; `None` if it names this tally.
    #[must_use]
    pub fn difference(&self, tally: &EncryptedTally) -> Option<TallyDifference> {
        let other = Self::of(tally);
        let differences = [
            (TallyDifference::Fingerprint, self.fingerprint != other.fingerprint),
            (TallyDifference::Size, self.close.size != other.close.size),
            (TallyDifference::Root, self.close.root != other.close.root),
            (TallyDifference::Heads, self.heads != other.heads),
            (TallyDifference::Sums, self.sums != other.sums),
        ];
        differences.into_iter().find(|(_, differs)| *differs).map(|(difference, _)| difference)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            fingerprint: Fingerprint::from_bytes(reader.array("fingerprint")?),
            close: TreeHead { size: reader.u64("size")?, root: TreeHash::from_bytes(reader.array("root")?) },
            heads: TreeHash::from_bytes(reader.array("heads")?),
            sums: TallyDigest::from_bytes(reader.array("sums")?),
        })
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        let Self { fingerprint, close, heads, sums } = self;
        writer.put(fingerprint.as_bytes()).u64(close.size).put(close.root.as_bytes());
        writer.put(heads.as_bytes()).put(sums.as_bytes());
    }

    /// Absorbs what a transcript, whose context is the fingerprint, has not absorbed yet.
    pub(super) fn absorb(&self, transcript: &mut merlin::Transcript) {
        transcript.absorb_u64(b"size", self.close.size);
        transcript.absorb_bytes(b"root", self.close.root.as_bytes());
        transcript.absorb_bytes(b"heads", self.heads.as_bytes());
        transcript.absorb_bytes(b"sums", self.sums.as_bytes());
    }
}
