//! The first reading of the board: its tree head, its order, and which ballot of each voter is the last.

use alloc::string::ToString;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::ballots::{Unreadable, ledger_entry, read_info};
use super::refusals::Refusals;
use super::report::{Place, Role};
use super::{CheckId, Progress, Verifier};
use crate::board::cancellation::Cancellation;
use crate::board::entry::{Entry, EntryKind, Pointer};
use crate::board::signed_entries::SignedEntries;
use crate::board::tiles::{TILE_WIDTH, TilePath, bundle_paths};
use crate::board::timeline::{EntryFault, Event, Observed, Timeline};
use crate::credential::{ChangeRules, RollChange, RollCounts, RollSignature};
use crate::decryption::ClosingStatement;
use crate::encoding::DecodeError;
use crate::hash::{FileHash, TreeHash};
use crate::limits::{MAX_ENTRIES, MAX_POINTERS};
use crate::manifest::Manifest;
use crate::merkle::{PinnedHead, TreeHead, leaf_hash};
use crate::parallel;
use crate::record::{Bundle, BundleIndex, KnownBundles, PublishedRoll, RecordSource};
use crate::tally::{ChangeFailure, Ledger, LedgerEntry, RollChangeEntry, Selection, change_roll};
use crate::weaken::{self, Check};
use crate::words::entries;

/// A board that the verifier has read once.
pub(super) struct ScannedBoard {
    pub(super) head: TreeHead,
    pub(super) timeline: Timeline,
    pub(super) bundles: BundleIndex,
    known: KnownBundles,
    /// The entries that point to files, with their kinds.
    pub(super) pointers: Vec<(u64, EntryKind, Pointer)>,
    /// The signatures of the roll by credential authorities that appear before the opening.
    pub(super) roll_signatures: SignedEntries<RollSignature>,
    pub(super) statements: SignedEntries<ClosingStatement>,
    /// The number of ballots on the board.
    pub(super) ballots: u64,
    /// The changes of the roll that are valid by themselves, with their positions.
    pub(super) changes: Vec<(u64, RollChangeEntry)>,
    /// The ballots that count if every ballot is valid by itself.
    pub(super) selection: Selection,
    /// The ballots that are refused because of earlier ballots, under the same assumption.
    pub(super) refused: Refusals,
}

impl ScannedBoard {
    /// The place of an entry.
    pub(super) fn place(&self, index: u64) -> Place {
        place_of(index, self.head.size)
    }

    /// Whether the limit of entries of this kind is reached. It is counted only for entries that point to files.
    fn has_most_pointers(&self, kind: EntryKind) -> bool {
        self.pointers.iter().filter(|(_, of, _)| *of == kind).count() >= MAX_POINTERS
    }
}

/// The place of an entry of a board of `size` entries.
pub(super) fn place_of(index: u64, size: u64) -> Place {
    Place::Entry { index, file: TilePath::bundle_with(index, size).to_string() }
}

/// The most bytes that are kept of an entry that is not a ballot, until the timeline reads it. No valid entry has more.
/// Many bundles are scanned at the same time, and a board may fill them with entries of 65,535 bytes.
const MAX_OTHER_BYTES: usize = {
    const { assert!(Cancellation::MAX_BYTES <= RollChange::MAX_BYTES) };
    RollChange::MAX_BYTES + 1
};

/// An entry as the first reading keeps it.
enum Scanned {
    /// The parts that the ledger compares, if there is a roll. Whether the ballot is in time, and whether a change has added its
    /// credential, is not known yet.
    Ballot(Option<LedgerEntry>),
    Other {
        kind: EntryKind,
        body: Vec<u8>,
    },
    Bad(DecodeError),
}

struct ScannedBundle {
    hash: FileHash,
    /// The entries, with their hashes as leaves of the tree.
    entries: Vec<(TreeHash, Scanned)>,
}

fn scan(source: &dyn RecordSource, roll: Option<&PublishedRoll>, path: TilePath) -> Result<ScannedBundle, Unreadable> {
    let unreadable = || Unreadable::first_bundle(path.index());
    let bundle = Bundle::read(source, path).map_err(unreadable())?;
    let mut entries = Vec::new();
    for (_, bytes) in bundle.entries().map_err(unreadable())? {
        let entry = match Entry::decode(bytes) {
            Ok(entry) if entry.kind() == EntryKind::Ballot => {
                let ballot = roll.map(|roll| ledger_entry(source, roll, entry.body())).transpose();
                Scanned::Ballot(ballot.map_err(Unreadable::roll(path.index()))?.flatten())
            }
            Ok(entry) => {
                let body = entry.body();
                Scanned::Other { kind: entry.kind(), body: body.get(..MAX_OTHER_BYTES).unwrap_or(body).to_vec() }
            }
            Err(error) => Scanned::Bad(error),
        };
        entries.push((leaf_hash(bytes), entry));
    }
    Ok(ScannedBundle { hash: bundle.hash(), entries })
}

impl Verifier<'_> {
    /// Reads the board of the signed tree head. Returns `None` if entries are missing, because the positions of the
    /// entries after them would be wrong.
    pub(super) fn board<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        signed: TreeHead,
        roll: Option<&PublishedRoll>,
        rng: &mut R,
    ) -> Option<ScannedBoard> {
        if signed.size > MAX_ENTRIES {
            let problem = alloc::format!("{} entries are more than the limit of {MAX_ENTRIES}", signed.size);
            self.findings.fail(CheckId::Entries, Place::Record, &[], problem);
            return None;
        }
        let mut board = ScannedBoard {
            head: signed,
            timeline: Timeline::new(manifest),
            bundles: BundleIndex { size: signed.size, hashes: Vec::new() },
            known: KnownBundles::default(),
            pointers: Vec::new(),
            roll_signatures: SignedEntries::new(),
            statements: SignedEntries::new(),
            ballots: 0,
            changes: Vec::new(),
            selection: Ledger::new(RollCounts::EMPTY, manifest.ballots_per_credential(), 0, rng).into_selection(),
            refused: Refusals::default(),
        };
        // Without a roll no ballot reaches the ledger.
        let counts = roll.map_or(RollCounts::EMPTY, |roll| roll.totals().roll_counts(manifest));
        let mut ledger = Ledger::new(counts, manifest.ballots_per_credential(), signed.size, rng);
        let mut pinned: Vec<_> = self.options.checkpoints.iter().copied().map(PinnedHead::new).collect();
        let source = self.source;
        let mut paths = bundle_paths(signed.size);
        loop {
            let wave: Vec<TilePath> = paths.by_ref().take(8 * parallel::width()).collect();
            if wave.is_empty() {
                break;
            }
            for scanned in parallel::map(wave, |path| scan(source, roll, path)) {
                let read = scanned.and_then(|bundle| {
                    board.bundles.hashes.push(bundle.hash);
                    self.findings.saw(CheckId::Entries, bundle.entries.len() as u64);
                    for (leaf, entry) in bundle.entries {
                        self.entry(manifest, &mut board, &mut ledger, roll, (leaf, entry), rng)?;
                        pinned.iter_mut().for_each(|pinned| pinned.compare(board.timeline.frontier()));
                    }
                    Ok(())
                });
                if let Err(error) = read {
                    error.report(&mut self.findings);
                    return None;
                }
            }
            (self.progress)(Progress { stage: "board", done: board.timeline.size(), total: signed.size });
        }
        board.known = KnownBundles::default();
        board.selection = ledger.into_selection();
        let found = board.timeline.head();
        self.findings.saw(CheckId::Order, found.size);
        self.findings.saw(CheckId::Root, 1);
        if found.root != signed.root && weaken::is_on(Check::BoardRoot) {
            let problem =
                alloc::format!("the entries have the root {}, but the board signed {}", found.root, signed.root);
            self.findings.fail(CheckId::Root, Place::Record, &[], problem);
        }
        for pinned in pinned {
            self.findings.saw(CheckId::PinnedCheckpoint, 1);
            if !pinned.is_continued() && weaken::is_on(Check::PinnedCheckpoint) {
                let (check, size) = (CheckId::PinnedCheckpoint, pinned.head().size);
                let problem = alloc::format!("the board does not continue the pinned one of {}", entries(size));
                if size > signed.size {
                    // An older copy of a record is not wrong. The board owes the entries that it signed since.
                    let problem = alloc::format!("{problem}: this copy is older, and has {}", signed.size);
                    self.findings.missing(check, Place::Record, &[Role::Board], problem);
                } else {
                    self.findings.fail(check, Place::Record, &[Role::Board], problem);
                }
            }
        }
        Some(board)
    }

    /// Reads an entry. An error says that an earlier bundle cannot be read again.
    fn entry<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        board: &mut ScannedBoard,
        ledger: &mut Ledger,
        roll: Option<&PublishedRoll>,
        (leaf, entry): (TreeHash, Scanned),
        rng: &mut R,
    ) -> Result<(), Unreadable> {
        let entry = match &entry {
            Scanned::Ballot(ballot) => {
                let index = board.timeline.push_leaf(leaf);
                board.ballots += 1;
                // The verification of a ballot by itself finds a credential that neither the roll nor a change has.
                let is_known = |ballot: &LedgerEntry| {
                    ballot.voter.is_some() || board.timeline.added_lines().line(&ballot.credential, index).is_some()
                };
                let ballot = ballot.as_ref().filter(|ballot| is_known(ballot));
                if let (Some(ballot), Ok(())) = (ballot, board.timeline.window().admits(index)) {
                    let recorded = |index| read_info(self.source, &board.bundles, &mut board.known, index);
                    if let Err(error) = ledger.admit(index, ballot, recorded) {
                        board.refused.push(index, &error.into_refusal()?);
                    }
                }
                return Ok(());
            }
            Scanned::Other { kind: kind @ EntryKind::ClosingStatement, body } => {
                ClosingStatement::decode(body).and_then(|_| Entry::new(*kind, body))
            }
            Scanned::Other { kind, body } => Entry::new(*kind, body),
            Scanned::Bad(error) => Err(error.clone()),
        };
        let kind = entry.as_ref().ok().map(Entry::kind);
        let observed = board.timeline.push_hashed(leaf, entry, rng);
        if let (Some(Event::RollChange(change)), Some(roll)) = (&observed.event, roll) {
            let bundle = observed.index / u64::from(TILE_WIDTH);
            let find = |credential: &[u8; 32]| roll.find(self.source, credential);
            let change = RollChangeEntry::new(change, find).map_err(Unreadable::roll(bundle))?;
            apply(&ChangeRules::for_manifest(manifest), ledger, observed.index, &change, &mut board.refused);
            board.changes.push((observed.index, change));
        }
        self.observed(manifest, board, kind, observed, rng);
        Ok(())
    }

    /// Reports what is wrong with an entry that is not a ballot, and keeps the content that later checks need.
    fn observed<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        board: &mut ScannedBoard,
        kind: Option<EntryKind>,
        observed: Observed<'_>,
        rng: &mut R,
    ) {
        let Observed { index, event, fault, .. } = observed;
        let place = board.place(index);
        // The order of an entry that cannot be read is not checked.
        if let Some(EntryFault::Encoding(error)) = fault {
            self.findings.note(CheckId::Entries, place, &[Role::Board], error);
            return;
        }
        if kind == Some(EntryKind::RollChange) {
            self.findings.saw(CheckId::RollChanges, 1);
        }
        if matches!(kind, Some(EntryKind::Open | EntryKind::CutOff | EntryKind::Close | EntryKind::Cancellation)) {
            self.findings.saw(CheckId::Organiser, 1);
        }
        let has_room = match event {
            Some(Event::CeremonyMessage(pointer) | Event::PartialDecryption(pointer) | Event::Publication(pointer)) => {
                let kind = kind.filter(|kind| !board.has_most_pointers(*kind));
                board.pointers.extend(kind.map(|kind| (index, kind, pointer)));
                kind.is_some()
            }
            Some(Event::RollSignature(signature)) => {
                let is_signed = signature.verify(manifest, signature.fingerprint(), rng).is_ok();
                board.roll_signatures.add(index, signature.authority(), *signature, is_signed)
            }
            // A statement that cannot be decoded was refused before the timeline read it.
            Some(Event::ClosingStatement(body)) => ClosingStatement::decode(body).is_ok_and(|statement| {
                let is_signed = statement.verify(manifest, rng).is_ok();
                board.statements.add(index, statement.trustee(), statement, is_signed)
            }),
            Some(
                Event::Ballot(_)
                | Event::Opening
                | Event::RollChange(_)
                | Event::CutOff
                | Event::Closing
                | Event::Cancellation,
            )
            | None => true,
        };
        if !has_room {
            let problem = "more entries of this kind than an election has";
            self.findings.note(CheckId::Order, place, &[Role::Board], problem);
            return;
        }
        match fault {
            Some(EntryFault::NotSigned(error)) => {
                self.findings.note(CheckId::Organiser, place, &[Role::Board], error);
            }
            Some(EntryFault::Order(error)) => self.findings.note(CheckId::Order, place, &[Role::Board], error),
            Some(EntryFault::RollChange(error)) => {
                self.findings.note(CheckId::RollChanges, place, &[Role::Board], error);
            }
            Some(EntryFault::Encoding(_)) | None => {}
        }
    }
}

/// Applies a change to the ledger. A change that breaks a rule is refused, as a ballot is.
pub(super) fn apply(
    rules: &ChangeRules,
    ledger: &mut Ledger,
    index: u64,
    change: &RollChangeEntry,
    refused: &mut Refusals,
) {
    if let Err(ChangeFailure::Refused(error)) = change_roll(ledger, rules, index, change) {
        refused.add(index, CheckId::RollChanges, error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::FORMAT_VERSION;
    use crate::record::MemoryRecord;

    /// A board may fill its bundles with the longest entries, and many bundles are scanned at the same time.
    #[test]
    fn no_more_is_kept_of_a_long_entry_than_shows_it() {
        let path = TilePath::bundle_of(0, 1).unwrap();
        let mut bundle = u16::MAX.to_be_bytes().to_vec();
        bundle.extend([FORMAT_VERSION[0], FORMAT_VERSION[1], 1]);
        bundle.resize(2 + usize::from(u16::MAX), 0);
        let source = MemoryRecord { files: [(path.to_string(), bundle)].into() };
        let scanned = scan(&source, None, path).unwrap();
        let [(_, Scanned::Other { kind: EntryKind::Ceremony, body })] = scanned.entries.as_slice() else {
            panic!("one entry of the ceremony");
        };
        assert_eq!(body.capacity(), MAX_OTHER_BYTES);
        assert_eq!(Pointer::decode(body), Err(DecodeError::Trailing { count: MAX_OTHER_BYTES - 38 }));
    }
}
