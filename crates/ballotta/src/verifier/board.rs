//! The first reading of the board: its tree head, its order, and which ballot of each voter is the last.

use alloc::string::ToString;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::report::Place;
use super::{CheckId, Progress, VerifiedRoll, Verifier, parallel};
use crate::ballot::{AdmissionError, BallotHeader};
use crate::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use crate::board::log::{Frontier, TreeHead, leaf_hash};
use crate::board::tiles::{MAX_BUNDLE_BYTES, TILE_WIDTH, TilePath, bundle_paths, decode_bundle};
use crate::credential::RollSignature;
use crate::decryption::ClosingStatement;
use crate::encoding::DecodeError;
use crate::hash::{FileHash, TreeHash};
use crate::limits::{MAX_ENTRIES, MAX_TRUSTEES};
use crate::manifest::Manifest;
use crate::record::{ReadError, RecordSource, read_file};
use crate::tally::{LastBallots, Selection};
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
    /// The bundles and the hashes of their bytes.
    pub(super) bundles: Vec<(TilePath, FileHash)>,
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
    /// The last ballot of each voter in the window, valid or not.
    pub(super) guess: Selection,
}

impl Board {
    /// Whether a ballot at `index` stands between the opening and the close.
    pub(super) fn in_window(&self, index: u64) -> Result<(), AdmissionError> {
        let opened = self.open.as_ref().is_some_and(|(open, _)| *open < index);
        let closed = self.close.as_ref().is_some_and(|(close, _)| *close < index);
        match (opened, closed) {
            (false, _) => Err(AdmissionError::NotOpen),
            (true, true) if weaken::is_on(Check::CountBeforeClose) => Err(AdmissionError::Closed),
            _ => Ok(()),
        }
    }

    /// The bundle that holds an entry.
    pub(super) fn bundle_of(&self, index: u64) -> Option<&(TilePath, FileHash)> {
        self.bundles.get(usize::try_from(index / u64::from(TILE_WIDTH)).ok()?)
    }

    /// Where an entry stands.
    pub(super) fn place(&self, index: u64) -> Place {
        let file = self.bundle_of(index).map(|(path, _)| path.to_string()).unwrap_or_default();
        Place::Entry { index, file }
    }
}

/// An entry as the first reading keeps it.
enum Scanned {
    Ballot { voter: Option<u32> },
    Other { kind: EntryKind, body: Vec<u8> },
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
    let entries = bundle
        .iter()
        .map(|entry| match Entry::decode(entry) {
            Ok(entry) if entry.kind() == EntryKind::Ballot => {
                let credential = BallotHeader::read(entry.body()).map(|header| header.credential);
                let voter = credential.ok().and_then(|credential| Some(roll?.find(source, &credential).ok()??.voter()));
                Scanned::Ballot { voter }
            }
            Ok(entry) => Scanned::Other { kind: entry.kind(), body: entry.body().to_vec() },
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
            guess: Selection::default(),
        };
        let mut last = LastBallots::new(voters);
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
                board.bundles.push((path, bundle.hash));
                self.findings.saw(CheckId::Entries, bundle.entries.len() as u64);
                for (leaf, entry) in bundle.leaves.into_iter().zip(bundle.entries) {
                    let index = frontier.size();
                    frontier.push(leaf);
                    self.entry(&mut board, &mut last, manifest, index, entry, rng);
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
        board.guess = last.into_selection();
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

    fn entry<R: CryptoRng>(
        &mut self,
        board: &mut Board,
        last: &mut LastBallots,
        manifest: &Manifest,
        index: u64,
        entry: Scanned,
        rng: &mut R,
    ) {
        match entry {
            Scanned::Ballot { voter } => {
                board.ballots += 1;
                if let (Some(voter), Ok(())) = (voter, board.in_window(index)) {
                    last.see(voter, index);
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
