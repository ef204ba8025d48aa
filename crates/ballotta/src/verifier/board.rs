//! The first reading of the board: its tree head, its order, and which ballot of each voter is the last.

use alloc::string::ToString;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::ballots::{Bundles, Unreadable, ledger_entry};
use super::report::Place;
use super::{CheckId, Progress, VerifiedRoll, Verifier, parallel};
use crate::ballot::{AdmissionError, Window};
use crate::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use crate::board::log::{Frontier, TreeHead, leaf_hash};
use crate::board::tiles::{MAX_BUNDLE_BYTES, TilePath, bundle_paths, decode_bundle};
use crate::credential::RollSignature;
use crate::decryption::ClosingStatement;
use crate::encoding::DecodeError;
use crate::hash::{FileHash, TreeHash};
use crate::limits::{MAX_ENTRIES, MAX_TRUSTEES};
use crate::manifest::{Manifest, Revoting};
use crate::record::{ReadError, RecordSource, read_file};
use crate::tally::{Ledger, LedgerEntry, Selection};
use crate::weaken::{self, Check};

/// At most how many entries that are not ballots are kept: several attempts at a ceremony, with room.
const MAX_KEPT: usize = 64 * MAX_TRUSTEES;

/// Which files an entry points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointerKind {
    Ceremony,
    Decryption,
    Publication,
}

/// A board that was read once.
pub(super) struct Board {
    pub(super) head: TreeHead,
    /// The hashes of the bundles.
    pub(super) bundles: Vec<FileHash>,
    /// The first opening and the first closing.
    pub(super) open: Option<(u64, OrganiserEntry)>,
    pub(super) close: Option<(u64, OrganiserEntry)>,
    /// The tree head up to the first closing, that included.
    pub(super) close_head: Option<TreeHead>,
    pub(super) pointers: Vec<(u64, PointerKind, Pointer)>,
    /// The authorities' signatures of the roll, before the opening.
    pub(super) roll_signatures: Vec<(u64, RollSignature)>,
    pub(super) statements: Vec<(u64, ClosingStatement)>,
    /// How many ballots stand on the board.
    pub(super) ballots: u64,
    /// The ballots that count if every ballot is valid by itself.
    pub(super) selection: Selection,
    /// Then these are refused for the ballots before them.
    pub(super) refused: Vec<(u64, AdmissionError)>,
}

impl Board {
    /// When ballots count.
    pub(super) fn window(&self) -> Window {
        let index = |entry: &Option<(u64, OrganiserEntry)>| entry.as_ref().map(|(index, _)| *index);
        Window { opened: index(&self.open), closed: index(&self.close) }
    }

    /// Where an entry stands.
    pub(super) fn place(&self, index: u64) -> Place {
        place_of(index, self.head.size)
    }
}

/// Where an entry of a board of `size` entries stands.
pub(super) fn place_of(index: u64, size: u64) -> Place {
    let file = TilePath::bundle_of(index, size).map(|path| path.to_string()).unwrap_or_default();
    Place::Entry { index, file }
}

/// So much is kept of an entry that is no ballot, until it is its turn: more than any that can be read has. Bundles are
/// scanned many at a time, and a board may fill them with entries of 65,535 bytes.
const MAX_OTHER_BYTES: usize = 512;

/// An entry as the first reading keeps it.
enum Scanned {
    /// With what the ledger looks at, if the credential stands on the roll. Where the window is, is not known yet.
    Ballot(Option<LedgerEntry>),
    Other {
        kind: EntryKind,
        body: Vec<u8>,
    },
    Bad(DecodeError),
}

/// An entry of any kind but ballots, openings and closings.
enum Other {
    Pointer(PointerKind, Pointer),
    RollSignature(RollSignature),
    Statement(ClosingStatement),
}

struct ScannedBundle {
    hash: FileHash,
    leaves: Vec<TreeHash>,
    entries: Vec<Scanned>,
}

/// Reads a bundle of the size that its path says.
pub(super) fn read_bundle(source: &dyn RecordSource, path: &TilePath) -> Result<Vec<u8>, ReadError> {
    read_file(source, &path.to_string(), MAX_BUNDLE_BYTES)
}

fn scan(
    source: &dyn RecordSource,
    roll: Option<&VerifiedRoll>,
    path: &TilePath,
) -> Result<ScannedBundle, alloc::string::String> {
    let bytes = read_bundle(source, path).map_err(|error| error.to_string())?;
    let bundle = decode_bundle(&bytes, path.width()).map_err(|error| error.to_string())?;
    let entries = (path.first()..)
        .zip(&bundle)
        .map(|(index, entry)| match Entry::decode(entry) {
            Ok(entry) if entry.kind() == EntryKind::Ballot => {
                Scanned::Ballot(roll.and_then(|roll| ledger_entry(source, roll, index, entry.body())))
            }
            Ok(entry) => {
                let body = entry.body();
                Scanned::Other { kind: entry.kind(), body: body.get(..MAX_OTHER_BYTES).unwrap_or(body).to_vec() }
            }
            Err(error) => Scanned::Bad(error),
        })
        .collect();
    let leaves = bundle.iter().map(|entry| leaf_hash(entry)).collect();
    Ok(ScannedBundle { hash: FileHash::of(&bytes), leaves, entries })
}

impl Verifier<'_> {
    /// Reads the board of the signed tree head. `None` if entries are missing: positions would not be what they say.
    pub(super) fn board<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        signed: TreeHead,
        roll: Option<&VerifiedRoll>,
        rng: &mut R,
    ) -> Option<Board> {
        if signed.size > MAX_ENTRIES {
            let problem = alloc::format!("{} entries are more than {MAX_ENTRIES}", signed.size);
            self.findings.fail(CheckId::Entries, Place::Record, problem);
            return None;
        }
        let voters = roll.map_or(0, |roll| u32::try_from(roll.totals().voters()).unwrap_or(u32::MAX));
        let mut board = Board {
            head: signed,
            bundles: Vec::new(),
            open: None,
            close: None,
            close_head: None,
            pointers: Vec::new(),
            roll_signatures: Vec::new(),
            statements: Vec::new(),
            ballots: 0,
            selection: Selection::default(),
            refused: Vec::new(),
        };
        let revoting = manifest.revoting() == Revoting::LastCounts;
        let mut ledger = Ledger::new(voters, signed.size, revoting, rng.next_u64());
        let mut frontier = Frontier::new();
        let mut pinned_root = None;
        let source = self.source;
        let mut paths = bundle_paths(signed.size);
        loop {
            let wave: Vec<TilePath> = paths.by_ref().take(8 * parallel::width()).collect();
            if wave.is_empty() {
                break;
            }
            let scanned = parallel::map(wave, |path| (path, scan(source, roll, &path)));
            for (path, scanned) in scanned {
                let bundle = match scanned {
                    Ok(bundle) => bundle,
                    Err(problem) => {
                        self.findings.fail(CheckId::Entries, Place::File(path.to_string()), problem);
                        return None;
                    }
                };
                board.bundles.push(bundle.hash);
                self.findings.saw(CheckId::Entries, bundle.entries.len() as u64);
                for (leaf, entry) in bundle.leaves.into_iter().zip(bundle.entries) {
                    let index = frontier.size();
                    frontier.push(leaf);
                    if let Err(error) = self.entry(&mut board, &mut ledger, manifest, index, entry, rng) {
                        self.findings.fail(CheckId::Entries, error.place(), error.problem);
                        return None;
                    }
                    if board.close.as_ref().is_some_and(|(close, _)| *close == index) {
                        board.close_head = Some(frontier.head());
                    }
                    if self.options.checkpoint.is_some_and(|pinned| pinned.size == frontier.size()) {
                        pinned_root = Some(frontier.root());
                    }
                }
            }
            (self.progress)(Progress { stage: "board", done: frontier.size(), total: signed.size });
        }
        board.selection = ledger.into_selection();
        self.findings.saw(CheckId::Order, frontier.size());
        self.findings.saw(CheckId::Root, 1);
        if frontier.root() != signed.root {
            let problem =
                alloc::format!("the entries have the root {}, the board signed {}", frontier.root(), signed.root);
            self.findings.fail(CheckId::Root, Place::Record, problem);
        }
        if let Some(pinned) = self.options.checkpoint {
            self.findings.saw(CheckId::PinnedCheckpoint, 1);
            if pinned.size != 0 && pinned_root != Some(pinned.root) {
                let problem = alloc::format!("the board does not continue the pinned one of {} entries", pinned.size);
                self.findings.fail(CheckId::PinnedCheckpoint, Place::Record, problem);
            }
        }
        Some(board)
    }

    /// Takes an entry. An error is of an earlier bundle that cannot be read again.
    fn entry<R: CryptoRng>(
        &mut self,
        board: &mut Board,
        ledger: &mut Ledger,
        manifest: &Manifest,
        index: u64,
        entry: Scanned,
        rng: &mut R,
    ) -> Result<(), Unreadable> {
        match entry {
            Scanned::Ballot(ballot) => {
                board.ballots += 1;
                if let (Some(ballot), Ok(())) = (ballot, board.window().admits(index)) {
                    let bundles = Bundles { source: self.source, hashes: &board.bundles, size: board.head.size };
                    if let Err(error) = ledger.admit_entry(&ballot, |index| bundles.recorded(index))? {
                        board.refused.push((index, error));
                    }
                }
            }
            Scanned::Other { kind, body } => {
                let read = match kind {
                    EntryKind::Open => self.organiser_entry(board, manifest, index, Action::Open, &body, rng),
                    EntryKind::Close => self.organiser_entry(board, manifest, index, Action::Close, &body, rng),
                    _ => self.other_entry(board, index, kind, &body),
                };
                if let Err(error) = read {
                    let place = board.place(index);
                    self.findings.fail(CheckId::Entries, place, error);
                }
            }
            Scanned::Bad(error) => {
                let place = board.place(index);
                self.findings.fail(CheckId::Entries, place, error);
            }
        }
        Ok(())
    }

    /// The first opening that the organiser signed, and the first closing of the same election behind it, have effect.
    /// One that the organiser did not sign is named and has none: else a board could end the voting by itself.
    fn organiser_entry<R: CryptoRng>(
        &mut self,
        board: &mut Board,
        manifest: &Manifest,
        index: u64,
        action: Action,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(), DecodeError> {
        let entry = OrganiserEntry::decode(action, body)?;
        self.findings.saw(CheckId::Organiser, 1);
        let opened = board.open.as_ref().map(|(_, open)| *open.fingerprint());
        let expected = opened.unwrap_or(*entry.fingerprint());
        if let Err(error) = entry.verify(&expected, manifest.organiser(), rng) {
            self.findings.fail(CheckId::Organiser, board.place(index), error);
            if weaken::is_on(Check::OrganiserSignature) {
                return Ok(());
            }
        }
        let problem = match (action, opened.is_some(), board.close.is_some()) {
            (Action::Open, false, _) => {
                board.open = Some((index, entry));
                return Ok(());
            }
            (Action::Close, true, false) => {
                board.close = Some((index, entry));
                return Ok(());
            }
            (Action::Open, true, _) => "the voting is opened a second time",
            (Action::Close, _, true) => "the voting is closed a second time",
            (Action::Close, false, _) => "the voting is closed before it is opened",
        };
        self.findings.fail(CheckId::Order, board.place(index), problem);
        Ok(())
    }

    fn other_entry(&mut self, board: &mut Board, index: u64, kind: EntryKind, body: &[u8]) -> Result<(), DecodeError> {
        let (opened, closed) = (board.open.is_some(), board.close.is_some());
        // What cannot be read is no entry, wherever it stands.
        let other = match kind {
            EntryKind::Ceremony => Other::Pointer(PointerKind::Ceremony, Pointer::decode(body)?),
            EntryKind::RollSignature => Other::RollSignature(RollSignature::decode(body)?),
            EntryKind::ClosingStatement => Other::Statement(ClosingStatement::decode(body)?),
            EntryKind::PartialDecryption => Other::Pointer(PointerKind::Decryption, Pointer::decode(body)?),
            EntryKind::Publication => Other::Pointer(PointerKind::Publication, Pointer::decode(body)?),
            EntryKind::Ballot | EntryKind::Open | EntryKind::Close => return Ok(()),
        };
        let mut out_of_order = |problem: &str| {
            let place = board.place(index);
            self.findings.fail(CheckId::Order, place, problem);
        };
        if board.pointers.len() + board.roll_signatures.len() + board.statements.len() >= MAX_KEPT {
            out_of_order("more entries of this kind than an election has");
            return Ok(());
        }
        match other {
            // The opening fixes ceremony and roll: what comes later changes no key, and breaks none.
            Other::Pointer(PointerKind::Ceremony, _) if opened => {
                out_of_order("a message of the key ceremony after the opening");
                return Ok(());
            }
            Other::RollSignature(_) if opened => {
                out_of_order("a signature of the roll after the opening");
                return Ok(());
            }
            Other::Statement(_) if !closed => out_of_order("a trustee's statement before the close"),
            Other::Pointer(PointerKind::Decryption, _) if !closed => {
                out_of_order("a partial decryption before the close");
            }
            Other::Pointer(PointerKind::Publication, _) if !closed => {
                out_of_order("a publication of the result before the close");
            }
            _ => {}
        }
        match other {
            Other::Pointer(kind, pointer) => board.pointers.push((index, kind, pointer)),
            Other::RollSignature(signature) => board.roll_signatures.push((index, signature)),
            Other::Statement(statement) => board.statements.push((index, statement)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::FORMAT_VERSION;
    use crate::record::MemoryRecord;

    /// A board may fill its bundles with entries as long as any, and many bundles are scanned at a time.
    #[test]
    fn no_more_is_kept_of_a_long_entry_than_shows_it() {
        let path = TilePath::bundle_of(0, 1).unwrap();
        let mut bundle = u16::MAX.to_be_bytes().to_vec();
        bundle.extend([FORMAT_VERSION[0], FORMAT_VERSION[1], 1]);
        bundle.resize(2 + usize::from(u16::MAX), 0);
        let source = MemoryRecord { files: [(path.to_string(), bundle)].into() };
        let scanned = scan(&source, None, &path).unwrap();
        let [Scanned::Other { kind: EntryKind::Ceremony, body }] = scanned.entries.as_slice() else {
            panic!("one entry of the ceremony");
        };
        assert_eq!(body.capacity(), MAX_OTHER_BYTES);
        assert_eq!(Pointer::decode(body), Err(DecodeError::Trailing { count: MAX_OTHER_BYTES - 38 }));
    }
}
