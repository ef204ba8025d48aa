//! The board as a voter reads it: its tree head, its key ceremony, and when ballots count.

use alloc::string::ToString;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::VoterError;
use crate::ballot::Window;
use crate::board::board_key;
use crate::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use crate::board::log::{Frontier, TreeHead, leaf_hash};
use crate::board::note::SignedCheckpoint;
use crate::board::tiles::{MAX_BUNDLE_BYTES, TilePath, bundle_paths, decode_bundle};
use crate::credential::RollSignature;
use crate::election::ElectionContext;
use crate::hash::{FileHash, Fingerprint};
use crate::limits::{MAX_AUTHORITIES, MAX_CHECKPOINT_BYTES, MAX_ENTRIES, MAX_MESSAGE_BYTES};
use crate::manifest::Manifest;
use crate::record::{self, RecordSource, read_file};

/// At most how many signatures of the roll are looked at: a board of nothing else ends somewhere.
const MAX_ROLL_SIGNATURES: usize = 64 * MAX_AUTHORITIES;

/// A board whose entries have the head that it signed.
pub(super) struct Board {
    pub(super) head: TreeHead,
    /// The opening that has effect, and what it opens.
    pub(super) opened: Option<(u64, Fingerprint)>,
    closed: Option<u64>,
    /// The authorities' signatures of the roll, before the opening.
    roll_signatures: Vec<RollSignature>,
    /// The head up to the close, that included.
    pub(super) close_head: Option<TreeHead>,
    /// The messages of the key ceremony, each once.
    ceremony: Vec<Pointer>,
    /// The bundles and the hashes of their bytes: they are read again.
    bundles: Vec<(TilePath, FileHash)>,
}

impl Board {
    pub(super) fn read<R: CryptoRng>(
        source: &dyn RecordSource,
        manifest: &Manifest,
        rng: &mut R,
    ) -> Result<Self, VoterError> {
        let path = record::CHECKPOINT;
        let checkpoint_error = |error| VoterError::Checkpoint { path, error };
        let signed = read_file(source, path, MAX_CHECKPOINT_BYTES).map_err(VoterError::file(path))?;
        let signed = SignedCheckpoint::parse(&signed).map_err(checkpoint_error)?;
        let key = board_key(manifest).map_err(checkpoint_error)?;
        let head = *signed.verify(&key).map_err(checkpoint_error)?.head();
        if head.size > MAX_ENTRIES {
            return Err(VoterError::TooManyEntries { size: head.size });
        }
        let mut board = Self {
            head,
            opened: None,
            closed: None,
            roll_signatures: Vec::new(),
            close_head: None,
            ceremony: Vec::new(),
            bundles: Vec::new(),
        };
        let mut frontier = Frontier::new();
        for path in bundle_paths(head.size) {
            let bytes = read_bundle(source, &path)?;
            let hash = FileHash::of(&bytes);
            for entry in entries_of(&path, &bytes)? {
                let (index, bytes, entry) = entry?;
                frontier.push(leaf_hash(bytes));
                board.entry(manifest, index, entry, rng)?;
                if board.closed == Some(index) {
                    board.close_head = Some(frontier.head());
                }
            }
            board.bundles.push((path, hash));
        }
        match frontier.root() {
            root if root == head.root => Ok(board),
            found => Err(VoterError::RootMismatch { found, signed: head.root }),
        }
    }

    fn entry<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        index: u64,
        entry: Entry<'_>,
        rng: &mut R,
    ) -> Result<(), VoterError> {
        match entry.kind() {
            // The opening fixes the ceremony: what comes later changes no key, and breaks none.
            EntryKind::Ceremony if self.opened.is_none() => {
                let pointer = Pointer::decode(entry.body()).map_err(|error| VoterError::Entry { index, error })?;
                if !self.ceremony.iter().any(|earlier| earlier.hash() == pointer.hash()) {
                    self.ceremony.push(pointer);
                }
            }
            EntryKind::RollSignature if self.opened.is_none() && self.roll_signatures.len() < MAX_ROLL_SIGNATURES => {
                self.roll_signatures.extend(RollSignature::decode(entry.body()));
            }
            EntryKind::Open if self.opened.is_none() => {
                if let Some(entry) = signed(manifest, Action::Open, entry, None, rng) {
                    self.opened = Some((index, *entry.fingerprint()));
                }
            }
            EntryKind::Close if self.closed.is_none() => {
                if let Some((_, opened)) = &self.opened
                    && signed(manifest, Action::Close, entry, Some(opened), rng).is_some()
                {
                    self.closed = Some(index);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn window(&self) -> Window {
        Window { opened: self.opened.map(|(index, _)| index), closed: self.closed }
    }

    /// The first credential authority that did not sign the roll, if there is one: before the opening nobody has to.
    pub(super) fn roll_not_signed_by<R: CryptoRng>(&self, context: &ElectionContext, rng: &mut R) -> Option<u16> {
        self.opened?;
        let holds =
            |signature: &&RollSignature| signature.verify(context.manifest(), context.fingerprint(), rng).is_ok();
        let signed: Vec<u16> = self.roll_signatures.iter().filter(holds).map(RollSignature::authority).collect();
        (1..).take(context.manifest().credential_authorities().len()).find(|authority| !signed.contains(authority))
    }

    /// The messages of the key ceremony, in the order of the board.
    pub(super) fn ceremony(&self, source: &dyn RecordSource) -> Result<Vec<Vec<u8>>, VoterError> {
        let messages = self.ceremony.iter().map(|pointer| {
            let path = record::ceremony_path(pointer.hash());
            let bytes = read_file(source, &path, MAX_MESSAGE_BYTES).map_err(VoterError::file(&path))?;
            pointer.verify_file(&bytes).map_err(|_| VoterError::OtherFile { path })?;
            Ok(bytes)
        });
        messages.collect()
    }

    /// The ballots, the last one first, read again: what a ballot depends on stands before it.
    pub(super) fn ballots_backwards(
        &self,
        source: &dyn RecordSource,
        mut visit: impl FnMut(u64, &[u8]) -> Result<(), VoterError>,
    ) -> Result<(), VoterError> {
        for bundle in self.bundles.iter().rev() {
            let (path, bytes) = read_again(source, bundle)?;
            for entry in entries_of(path, &bytes)?.rev() {
                let (index, _, entry) = entry?;
                if entry.kind() == EntryKind::Ballot {
                    visit(index, entry.body())?;
                }
            }
        }
        Ok(())
    }

    /// The entries of a bundle, read again; none behind the last bundle.
    pub(super) fn entries(&self, source: &dyn RecordSource, bundle: usize) -> Result<Vec<(u64, Vec<u8>)>, VoterError> {
        let Some(bundle) = self.bundles.get(bundle) else { return Ok(Vec::new()) };
        let (path, bytes) = read_again(source, bundle)?;
        let entries = entries_of(path, &bytes)?;
        entries.map(|entry| entry.map(|(index, bytes, _)| (index, bytes.to_vec()))).collect()
    }
}

/// The bytes of a bundle, the same as before.
fn read_again<'a>(
    source: &dyn RecordSource,
    (path, hash): &'a (TilePath, FileHash),
) -> Result<(&'a TilePath, Vec<u8>), VoterError> {
    let bytes = read_bundle(source, path)?;
    if FileHash::of(&bytes) != *hash {
        return Err(VoterError::Changed { path: path.to_string() });
    }
    Ok((path, bytes))
}

/// The organiser's entry, if the organiser signed it: any other has no effect, else a board could end the voting by itself.
/// The same rule as the verifier's.
fn signed<R: CryptoRng>(
    manifest: &Manifest,
    action: Action,
    entry: Entry<'_>,
    of: Option<&Fingerprint>,
    rng: &mut R,
) -> Option<OrganiserEntry> {
    let entry = OrganiserEntry::decode(action, entry.body()).ok()?;
    let of = *of.unwrap_or(entry.fingerprint());
    entry.verify(&of, manifest.organiser(), rng).ok().map(|()| entry)
}

fn read_bundle(source: &dyn RecordSource, path: &TilePath) -> Result<Vec<u8>, VoterError> {
    let path = path.to_string();
    read_file(source, &path, MAX_BUNDLE_BYTES).map_err(VoterError::file(&path))
}

/// An entry with its position and its bytes.
type Placed<'a> = (u64, &'a [u8], Entry<'a>);

/// The entries of a bundle.
fn entries_of<'a>(
    path: &TilePath,
    bundle: &'a [u8],
) -> Result<impl DoubleEndedIterator<Item = Result<Placed<'a>, VoterError>>, VoterError> {
    let entries = decode_bundle(bundle, path.width());
    let entries = entries.map_err(|error| VoterError::Bundle { path: path.to_string(), error })?;
    let first = path.first();
    Ok(entries.into_iter().enumerate().map(move |(place, bytes)| {
        let index = first + place as u64;
        Entry::decode(bytes).map(|entry| (index, bytes, entry)).map_err(|error| VoterError::Entry { index, error })
    }))
}
