//! How lately witnesses have cosigned a copy of the board.
//!
//! See `spec/board.md#age-of-a-copy`.

use crate::board::note::SignedCheckpoint;
use crate::board::witness_keys;
use crate::manifest::Manifest;

/// Whether as many witnesses as the manifest asks for have cosigned the checkpoint of an open voting lately. See
/// `spec/board.md#age-of-a-copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// The manifest has no limit (`witnesses.max_age`).
    NoLimit,
    /// The voting is not open, so that the age says nothing.
    NotOpen,
    /// Enough witnesses have cosigned the checkpoint, not longer ago than the limit.
    Fresh {
        /// The number of witnesses that have cosigned it, not longer ago than the limit.
        cosigned: usize,
        /// The number of witnesses that the manifest asks for.
        quorum: usize,
    },
    /// Fewer have: this copy of the board may be old. This accuses nobody.
    Old {
        /// The number of witnesses that have cosigned it, not longer ago than the limit.
        cosigned: usize,
        /// The number of witnesses that the manifest asks for.
        quorum: usize,
        /// The age of the youngest cosignature, in seconds. `None` if no witness has cosigned the checkpoint.
        youngest: Option<u64>,
        /// The limit of the manifest, in seconds.
        limit: u64,
    },
}

impl Freshness {
    /// The freshness of a checkpoint at the time `now`, in seconds since 1970.
    pub(super) fn of(manifest: &Manifest, signed: &SignedCheckpoint, is_open: bool, now: u64) -> Self {
        let witnesses = manifest.witnesses();
        let Some(limit) = witnesses.max_age else { return Self::NoLimit };
        if !is_open {
            return Self::NotOpen;
        }
        // If a cosignature is not valid, nobody has cosigned: then the copy may be old, and nobody takes it for a fresh one.
        let times = witness_keys(manifest).and_then(|keys| signed.cosigned_at(&keys)).unwrap_or_default();
        // A time in the future has the age 0: the clock of this device may be slow.
        let ages = times.into_iter().map(|(_, time)| now.saturating_sub(time));
        let cosigned = ages.clone().filter(|age| *age <= limit).count();
        let quorum = witnesses.quorum;
        if cosigned >= quorum {
            return Self::Fresh { cosigned, quorum };
        }
        Self::Old { cosigned, quorum, youngest: ages.min(), limit }
    }

    /// Whether this copy of the board may be old.
    #[must_use]
    pub fn is_old(&self) -> bool {
        matches!(self, Self::Old { .. })
    }

    /// The stable name of the status, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLimit => "no_limit",
            Self::NotOpen => "not_open",
            Self::Fresh { .. } => "fresh",
            Self::Old { .. } => "old",
        }
    }
}
