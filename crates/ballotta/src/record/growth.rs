//! What has changed between two copies of a record.
//!
//! See `spec/command-line.md#compare`. Nothing is verified but the checkpoints and the hashes of the entries: what was added
//! may be invalid.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::cmp::Ordering;

use rand_core::CryptoRng;

use super::light::{is_hash_tile, is_light_path};
use super::{CHECKPOINT, CLOSING_CHECKPOINT, PublishedBoard, RecordError, RecordSource, SourceError, read_manifest};
use crate::ballot::BallotHeader;
use crate::board::entry::EntryKind;
use crate::board::tiles::TilePath;
use crate::board::timeline::{Event, Observed};
use crate::hash::ManifestHash;
use crate::manifest::Manifest;
use crate::merkle::{Frontier, PinnedHead, TreeHead, leaf_hash};

/// The bytes of two files that are compared at a time.
const PART: usize = 1 << 20;

/// How the boards of two copies relate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relation {
    /// The copies are of different elections.
    OtherElection {
        /// The hash of the manifest of the first copy.
        one: ManifestHash,
        /// The hash of the manifest of the second copy.
        other: ManifestHash,
    },
    /// The boards have the same entries.
    Same,
    /// The second board begins with all entries of the first one.
    Grown,
    /// The first board begins with all entries of the second one, which is the older copy.
    Older,
    /// The boards differ at an entry that both have. The board signed both: they are evidence.
    TwoHistories {
        /// The position of the first entry that is not the same.
        first: u64,
    },
}

/// What the larger board has and the smaller one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Ballots of credentials that have no ballot on the smaller board, one for each.
    pub first_ballots: u64,
    /// Ballots of credentials that have another one before it.
    pub later_ballots: u64,
    /// Other entries that have an effect, by their kind.
    pub others: BTreeMap<EntryKind, u64>,
    /// Entries without effect.
    pub void: u64,
}

/// The difference between two copies of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The head of the board of the first copy.
    pub one: TreeHead,
    /// The head of the board of the second copy.
    pub other: TreeHead,
    /// How the boards relate.
    pub relation: Relation,
    /// What was added, if one of the boards continues the other.
    pub added: Added,
    /// The files that only the first copy has, if both sources can list their files. Tiles and files for light clients
    /// follow from others and are not compared.
    pub only_one: Vec<String>,
    /// The files that only the second copy has.
    pub only_other: Vec<String>,
    /// The files that both have, with different contents. The checkpoints, which change as a board grows, are not compared.
    pub different: Vec<String>,
}

/// A copy of a record, whose entries match its checkpoint.
pub struct Snapshot<'a> {
    source: &'a dyn RecordSource,
    manifest: Manifest,
    board: PublishedBoard,
}

impl<'a> Snapshot<'a> {
    /// Reads a copy.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or its entries do not match its checkpoint.
    pub fn read<R: CryptoRng>(source: &'a dyn RecordSource, rng: &mut R) -> Result<Self, RecordError> {
        let manifest = read_manifest(source)?;
        let board = PublishedBoard::read(source, &manifest, &mut |_| (), rng)?;
        Ok(Self { source, manifest, board })
    }

    /// Compares this copy with another one.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or has changed since it was read first.
    pub fn compare<R: CryptoRng>(&self, other: &Self, rng: &mut R) -> Result<Growth, RecordError> {
        let (only_one, only_other, different) = compare_files(self.source, other.source)?;
        let (relation, mut added) = (self.relation(other)?, Added::default());
        match relation {
            Relation::Grown => added = other.added_after(self.head().size, rng)?,
            Relation::Older => added = self.added_after(other.head().size, rng)?,
            _ => {}
        }
        Ok(Growth { one: self.head(), other: other.head(), relation, added, only_one, only_other, different })
    }

    fn relation(&self, other: &Self) -> Result<Relation, RecordError> {
        let (one, other_hash) = (*self.manifest.hash(), *other.manifest.hash());
        if one != other_hash {
            return Ok(Relation::OtherElection { one, other: other_hash });
        }
        let order = self.head().size.cmp(&other.head().size);
        let (smaller, larger) = if order.is_le() { (self, other) } else { (other, self) };
        Ok(match order {
            _ if !larger.begins_with(&smaller.head())? => {
                Relation::TwoHistories { first: first_difference(smaller, larger)? }
            }
            Ordering::Less => Relation::Grown,
            Ordering::Equal => Relation::Same,
            Ordering::Greater => Relation::Older,
        })
    }

    fn head(&self) -> TreeHead {
        self.board.timeline().head()
    }

    /// Whether the first entries of this board have this head.
    fn begins_with(&self, head: &TreeHead) -> Result<bool, RecordError> {
        let (mut pinned, mut entries) = (PinnedHead::new(*head), Frontier::new());
        for bundle in 0.. {
            let read = self.board.entries(self.source, bundle)?;
            if read.is_empty() || entries.size() >= head.size {
                break;
            }
            for (_, entry) in read {
                entries.push(leaf_hash(&entry));
                pinned.compare(&entries);
            }
        }
        Ok(pinned.is_continued())
    }

    /// What the board has after its first `size` entries.
    fn added_after<R: CryptoRng>(&self, size: u64, rng: &mut R) -> Result<Added, RecordError> {
        let (mut added, mut voters) = (Added::default(), BTreeSet::new());
        let mut visit = |observed: &Observed<'_>| {
            let is_new = observed.index >= size;
            let kind = match &observed.event {
                Some(Event::Ballot(ballot)) => {
                    let is_first = BallotHeader::read(ballot).map(|header| voters.insert(header.credential));
                    match is_first {
                        _ if !is_new => {}
                        Ok(true) => added.first_ballots += 1,
                        Ok(false) => added.later_ballots += 1,
                        // What cannot be read is no ballot.
                        Err(_) => added.void += 1,
                    }
                    return;
                }
                Some(Event::CeremonyMessage(_)) => EntryKind::Ceremony,
                Some(Event::RollSignature(_)) => EntryKind::RollSignature,
                Some(Event::Opening) => EntryKind::Open,
                Some(Event::RollChange(_)) => EntryKind::RollChange,
                Some(Event::CutOff) => EntryKind::CutOff,
                Some(Event::Closing) => EntryKind::Close,
                Some(Event::Cancellation) => EntryKind::Cancellation,
                Some(Event::ClosingStatement(_)) => EntryKind::ClosingStatement,
                Some(Event::PartialDecryption(_)) => EntryKind::PartialDecryption,
                Some(Event::Publication(_)) => EntryKind::Publication,
                None => {
                    added.void += u64::from(is_new);
                    return;
                }
            };
            if is_new {
                *added.others.entry(kind).or_default() += 1;
            }
        };
        let again = PublishedBoard::read(self.source, &self.manifest, &mut visit, rng)?;
        if again.timeline().head() != self.head() {
            return Err(RecordError::Changed { path: CHECKPOINT.to_string() });
        }
        Ok(added)
    }
}

/// The position of the first entry that two boards do not have in common, if it is before the end of the smaller one.
fn first_difference(smaller: &Snapshot<'_>, larger: &Snapshot<'_>) -> Result<u64, RecordError> {
    for bundle in 0.. {
        let (one, other) =
            (smaller.board.entries(smaller.source, bundle)?, larger.board.entries(larger.source, bundle)?);
        if let Some((differs, _)) = one.iter().zip(&other).find(|(one, other)| one != other) {
            return Ok(differs.0);
        }
        if one.is_empty() {
            break;
        }
    }
    Ok(smaller.head().size)
}

/// Only in the first, only in the second, in both with different contents.
type Files = (Vec<String>, Vec<String>, Vec<String>);

fn compare_files(one: &dyn RecordSource, other: &dyn RecordSource) -> Result<Files, RecordError> {
    let (Some(in_one), Some(in_other)) = (list(one)?, list(other)?) else { return Ok(Files::default()) };
    let mut different = Vec::new();
    for path in in_one.intersection(&in_other) {
        if !are_equal(one, other, path)? {
            different.push(path.clone());
        }
    }
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    Ok((only(&in_one, &in_other), only(&in_other, &in_one), different))
}

/// The files that are compared; `None` if the source cannot list its files.
fn list(source: &dyn RecordSource) -> Result<Option<BTreeSet<String>>, RecordError> {
    let is_compared = |path: &String| {
        let grows = path == CHECKPOINT || path == CLOSING_CHECKPOINT || path.parse::<TilePath>().is_ok();
        !grows && !is_light_path(path) && !is_hash_tile(path)
    };
    let listed = source.list().map_err(unread)?;
    Ok(listed.map(|paths| paths.into_iter().filter(is_compared).collect()))
}

fn are_equal(one: &dyn RecordSource, other: &dyn RecordSource, path: &str) -> Result<bool, RecordError> {
    let length = |source: &dyn RecordSource| source.length(path).map_err(unread);
    let (Some(of_one), Some(of_other)) = (length(one)?, length(other)?) else { return Ok(false) };
    let mut read = 0;
    while of_one == of_other && read < of_one {
        let part = (of_one - read).min(PART as u64) as usize;
        let mut parts = (alloc::vec![0; part], alloc::vec![0; part]);
        one.read_exact_at(path, read, &mut parts.0).map_err(unread)?;
        other.read_exact_at(path, read, &mut parts.1).map_err(unread)?;
        if parts.0 != parts.1 {
            return Ok(false);
        }
        read += part as u64;
    }
    Ok(of_one == of_other)
}

fn unread(error: SourceError) -> RecordError {
    RecordError::file(&error.path.clone())(error.into())
}
