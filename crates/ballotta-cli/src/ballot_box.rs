//! The board of a record in a folder. Entries that the library admits are appended here, and a checkpoint signs them.

mod lookups;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::admission::{
    Admission, AdmitError, AdmittedBallots, BoardEntries as _, ChangeRefused, EntryRefused, EntryRules, Resumed,
    VoidBallot, light_files, receipt,
};
use ballotta::ballot::{AdmissionError, VerifiedBallot, Window};
use ballotta::board::board_key;
use ballotta::board::entry::{Entry, EntryKind, Pointer};
use ballotta::board::note::{NoteKey, NoteSigner, SignedCheckpoint};
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::bundle_paths;
use ballotta::board::timeline::{Event, Observed, Timeline};
use ballotta::credential::{RollChange, RollChangeError, RollSignature};
use ballotta::decryption::{PartialDecryption, VerifiedDecryption};
use ballotta::election::ElectionContext;
use ballotta::hash::{FileHash, TreeHash};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyMessage, CeremonyParameters, FIRST_ATTEMPT, message_header};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Manifest;
use ballotta::merkle::{TreeHead, leaf_hash};
use ballotta::record::light::{CHANGES, changes_file, entry_length, files_of_close};
use ballotta::record::{
    self, Bundle, PartsFailure, PublishedBoard, PublishedRoll, RecordSource, SignedParts, SourceError, TiledLog,
    TiledLogError, read_checkpoint, read_head, verify_parts,
};
use ballotta::verifier::{Report, Stage, Verification, VerifyOptions, verify};
use ballotta::voter::Election;
use ballotta::voter::light::LightElection;
use ballotta_io::{
    BoardFolder, BoardFolderError, BoardIndex, BoardLock, FolderRecord, IndexError, IndexedBallots, LightFiles,
    NamedFiles,
};
use rayon::prelude::*;

use self::lookups::Lookups;
use crate::clock::now;
use crate::console::{Console, Shown as _, counted};
use crate::failure::{ErrorContext as _, refusal, refused_change};
use crate::record::{read_at_most, read_manifest};
use crate::restore::LOST;
use crate::secrets::system_rng;

/// The number of ballots that are verified in one batch.
const BATCH: usize = 1024;

/// The most entries that an index is behind its board, without being made again.
const MOST_BEHIND: u64 = 1 << 16;

/// A record with a file that is not in it yet.
pub(crate) struct WithFile<'a> {
    pub(crate) record: &'a dyn RecordSource,
    pub(crate) path: &'a str,
    pub(crate) bytes: &'a [u8],
}

impl RecordSource for WithFile<'_> {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        if path == self.path { Ok(Some(self.bytes.len() as u64)) } else { self.record.length(path) }
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        if path != self.path {
            return self.record.read_exact_at(path, offset, buffer);
        }
        let part = usize::try_from(offset).ok().and_then(|first| self.bytes.get(first..)?.get(..buffer.len()));
        let ends = || SourceError { path: path.to_owned(), reason: "the file ends too early".to_owned() };
        buffer.copy_from_slice(part.ok_or_else(ends)?);
        Ok(())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.record.list()
    }
}

/// The board of a record, the key that signs its checkpoints, and the state of the rules for its entries.
pub(crate) struct BallotBox {
    pub(crate) source: FolderRecord,
    pub(crate) manifest: Manifest,
    signer: NoteSigner,
    folder: BoardFolder,
    rules: EntryRules,
    /// The admission of ballots; `None` before the opening.
    admission: Option<Admission<Lookups>>,
    /// The file of the index of the ballots, if the board keeps one.
    index: Option<PathBuf>,
    /// Whether the board has entries of the wrong time, which an index does not have.
    has_late_entries: bool,
    /// The files for light clients, if the record has them.
    light: Option<LightFiles>,
    /// The lengths of the entries that are not committed.
    lengths: Vec<[u8; 2]>,
    /// The ballots on the board that no ballot box admits, if the board was read as a whole.
    void: Vec<VoidBallot>,
    /// The entries that are no ballots, by their hashes.
    others: Others,
    /// What the operator must know.
    warnings: Vec<String>,
}

/// The positions of entries that are no ballots, by their hashes.
type Others = BTreeMap<TreeHash, u64>;

/// The entries of a board that was read as a whole.
struct WholeBoard {
    board: PublishedBoard,
    rules: EntryRules,
    ballots: AdmittedBallots,
    named: NamedFiles,
    others: Others,
    is_published: bool,
    has_late_entries: bool,
    /// The number of changes of the roll that are valid by themselves.
    changes: u64,
}

impl WholeBoard {
    fn read(source: &FolderRecord, manifest: &Manifest) -> Result<Self> {
        let (mut rules, mut ballots) = (EntryRules::default(), AdmittedBallots::default());
        let (mut named, mut others) = (NamedFiles::default(), Others::new());
        let (mut is_published, mut has_late_entries, mut changes) = (false, false, 0);
        let mut observe = |observed: &Observed<'_>| {
            // An index has ballots, changes of the roll and the cut-off.
            let is_indexed = matches!(observed.event, Some(Event::Ballot(_) | Event::RollChange(_) | Event::CutOff));
            has_late_entries |= rules.is_opened() && !is_indexed;
            changes += u64::from(matches!(observed.event, Some(Event::RollChange(_))));
            rules.observe(observed);
            ballots.observe(observed);
            named.observe(observed);
            if !matches!(observed.event, Some(Event::Ballot(_))) {
                others.insert(observed.leaf, observed.index);
            }
            is_published |= matches!(observed.event, Some(Event::Publication(_)));
        };
        let board = PublishedBoard::read(source, manifest, &mut observe, &mut system_rng()).refused()?;
        Ok(Self { board, rules, ballots, named, others, is_published, has_late_entries, changes })
    }
}

/// The file beside an index with the last checkpoint that the board has signed.
fn head_file(index: &Path) -> PathBuf {
    let mut path = index.as_os_str().to_owned();
    path.push(".head");
    path.into()
}

/// Refuses a record that has fewer entries than the board has signed, or others. What the board has signed last is noted after the
/// checkpoint, which is durable by then, so that no crash leaves this: the record was restored from an old copy, or is another
/// history. A board that went on would have two histories. Returns a warning if nobody knows.
fn check_not_restored(
    source: &FolderRecord,
    manifest: &Manifest,
    key: &NoteKey,
    index: &Path,
) -> Result<Option<String>> {
    let path = head_file(index);
    let is_there = |path: &Path| path.try_exists().with_context(|| format!("{} cannot be read", path.shown()));
    if !is_there(&path)? && !is_there(index)? {
        return Ok(None);
    }
    let noted = read_at_most(&path, MAX_CHECKPOINT_BYTES, "a checkpoint").ok();
    let noted = noted.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
    let Some(seen) = noted.and_then(|noted| noted.verify(key).ok().map(|checkpoint| *checkpoint.head())) else {
        return Ok(Some(format!(
            "{} has no checkpoint of this board, so that nobody knows whether the record is an old copy: compare its size with the \
             last checkpoint that people have seen",
            path.shown()
        )));
    };
    let head = read_head(source, manifest).refused()?;
    // Tiles that are missing are made again, and show nothing before.
    let continues = || match TiledLog::new(source, head).consistency(&seen) {
        Err(TiledLogError::Log(_)) => false,
        Ok(_) | Err(_) => true,
    };
    if seen == head || (seen.size < head.size && continues()) {
        return Ok(None);
    }
    let entries = |size| counted(size, "entry", "entries");
    refusal(format!(
        "the record has {}, but {} was bound to {}: the record is an old copy, or another history. Nothing is added",
        entries(head.size),
        path.shown(),
        if seen.size <= head.size { "others".to_owned() } else { entries(seen.size) }
    ))
    .remedy(format!(
        "put the newest copy of the record back. Only if nobody has got a checkpoint or a receipt of the later entries, remove {}: \
         otherwise anybody can convict this board of two histories",
        path.shown()
    ))
}

/// The hash of an entry that is no ballot: `bytes` are those of its body, or of the file to which it points. `None` if there is no such
/// entry.
fn leaf_of(kind: EntryKind, bytes: &[u8]) -> Option<TreeHash> {
    let body = match kind {
        EntryKind::Ceremony => Pointer::to_file(message_header(bytes).ok()?.1, bytes).ok()?.encode(),
        EntryKind::PartialDecryption => {
            Pointer::to_file(PartialDecryption::decode(bytes).ok()?.trustee(), bytes).ok()?.encode()
        }
        _ => bytes.to_vec(),
    };
    Some(leaf_hash(&Entry::new(kind, &body).ok()?.encode()))
}

/// The admission of ballots on a board that was opened, with everything that was read in memory.
fn resume(
    source: &FolderRecord,
    manifest: &Manifest,
    board: PublishedBoard,
    ballots: AdmittedBallots,
) -> Result<(Admission<Lookups>, Vec<VoidBallot>)> {
    let rng = &mut system_rng();
    let Election { context, roll, window, .. } = Election::of_board(source, manifest.clone(), board, rng).refused()?;
    let resumed = Admission::resume(context, roll, FolderRecord::new(source.root()), window, ballots, rng);
    let Resumed { admission, void } = resumed.refused()?;
    Ok((admission.map_index(|index| Lookups::Memory(Box::new(index))), void))
}

/// Says which ballots on a board are void although its ballot box must have admitted them.
pub(crate) fn warn_of_void_ballots(console: Console, void: &[VoidBallot]) {
    /// More than this say nothing more.
    const MOST: usize = 10;
    void.iter().take(MOST).for_each(|ballot| console.say(format!("warning: {ballot}")));
    if void.len() > MOST {
        let more = counted((void.len() - MOST) as u64, "other ballot", "other ballots");
        console.say(format!("warning: {more} on the board do not count: `ballotta verify` names them"));
    }
    if !void.is_empty() {
        console.say(
            "warning: a ballot box admits no such ballot: find out what went wrong (a damaged disk, another program, a \
             person with the key), and tell the voters concerned. Everything else goes on",
        );
    }
}

impl BallotBox {
    /// Begins a record with the manifest and a board without entries. `begin` is called when the folder has the manifest, before
    /// anything is signed.
    pub(crate) fn create(
        root: &Path,
        manifest: &[u8],
        signer: NoteSigner,
        begin: impl FnOnce() -> Result<()>,
    ) -> Result<Self> {
        let parsed = Manifest::parse(manifest).context("the manifest breaks its rules")?;
        ensure!(*signer.key() == board_key(&parsed)?, "this is not the key of the board that the manifest names");
        let mut folder = BoardFolder::create(root, manifest)?;
        begin()?;
        folder.commit(&signer)?;
        Ok(Self::new(FolderRecord::new(root), parsed, signer, folder, EntryRules::default(), None))
    }

    fn new(
        source: FolderRecord,
        manifest: Manifest,
        signer: NoteSigner,
        folder: BoardFolder,
        rules: EntryRules,
        admission: Option<Admission<Lookups>>,
    ) -> Self {
        let (index, light, lengths) = (None, None, Vec::new());
        let (has_late_entries, void, others, warnings) = (false, Vec::new(), Others::new(), Vec::new());
        Self {
            source,
            manifest,
            signer,
            folder,
            rules,
            admission,
            index,
            has_late_entries,
            light,
            lengths,
            void,
            others,
            warnings,
        }
    }

    /// What the operator must know about the record and its index.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The position of an entry with the same bytes, which is no ballot: `bytes` are those of its body, or of the file to which it
    /// points.
    pub(crate) fn repeated(&self, kind: EntryKind, bytes: &[u8]) -> Result<Option<u64>> {
        let Some(leaf) = leaf_of(kind, bytes) else { return Ok(None) };
        if let Some(index) = self.others.get(&leaf) {
            return Ok(Some(*index));
        }
        // A board that was opened by its index has not read these.
        let Some(admission) = &self.admission else { return Ok(None) };
        let index = match kind {
            EntryKind::RollChange => {
                let number = RollChange::decode(bytes).map_or(0, |change| change.sequence() as usize);
                let change = number.checked_sub(1).and_then(|number| admission.index().changes().get(number));
                change.map(|change| change.index)
            }
            EntryKind::CutOff => admission.cut_off_at(),
            _ => None,
        };
        match index {
            Some(index) => Ok((leaf_hash(&self.folder.entry(index)?) == leaf).then_some(index)),
            None => Ok(None),
        }
    }

    /// The ballots on the board that no ballot box admits, as far as the board was read. They do not count.
    pub(crate) fn void(&self) -> &[VoidBallot] {
        &self.void
    }

    /// Opens a record, and reads its board once. `signer` returns the board's signer for the manifest of the record. What
    /// an interrupted process left is removed, and what it had to write after the closing is written.
    pub(crate) fn open(
        root: &Path,
        lock: BoardLock,
        signer: impl FnOnce(&Manifest) -> Result<NoteSigner>,
    ) -> Result<Self> {
        let source = FolderRecord::new(root);
        let manifest = read_manifest(&source)?;
        let signer = signer(&manifest)?;
        BoardFolder::finish_commit(&lock, signer.key())?;
        Self::read_whole(source, manifest, lock, signer)
    }

    /// As [`Self::open`], but while the voting is open the board is not read: what admission looks up is in the file
    /// `index`. If that is not the index of this board, or a file for light clients is missing, the board is read and both are
    /// written again. They are kept up to date then.
    pub(crate) fn open_indexed(
        root: &Path,
        lock: BoardLock,
        index: PathBuf,
        signer: impl FnOnce(&Manifest) -> Result<NoteSigner>,
    ) -> Result<Self> {
        lookups::silence_damage();
        let source = FolderRecord::new(root);
        let manifest = read_manifest(&source)?;
        let signer = signer(&manifest)?;
        BoardFolder::finish_commit(&lock, signer.key())?;
        let warning = check_not_restored(&source, &manifest, signer.key(), &index)?;
        let lock = match Self::by_index(&source, &manifest, lock, signer.key(), &index) {
            Ok((folder, (rules, others), admission, lengths)) => {
                let mut opened = Self::new(source, manifest, signer, folder, rules, Some(admission));
                (opened.index, opened.light) = (Some(index), Some(LightFiles::new(root)));
                (opened.others, opened.warnings) = (others, warning.into_iter().collect());
                // What the index had to catch up with.
                opened.save_light(opened.folder.committed().size - lengths.len() as u64, &lengths)?;
                opened.save_index()?;
                return Ok(opened);
            }
            Err(lock) => lock,
        };
        let mut opened = Self::read_whole(source, manifest, lock, signer)?;
        (opened.index, opened.warnings) = (Some(index), warning.into_iter().collect());
        opened.make_index()?;
        Ok(opened)
    }

    fn read_whole(source: FolderRecord, manifest: Manifest, lock: BoardLock, signer: NoteSigner) -> Result<Self> {
        let WholeBoard { board, rules, ballots, named, others, is_published, has_late_entries, changes } =
            WholeBoard::read(&source, &manifest)?;
        let closing = board.timeline().closing_head();
        let folder = BoardFolder::resume(lock, signer.key(), board.timeline().frontier().clone(), &named)?;
        let resumed =
            if rules.is_opened() { Some(resume(&source, &manifest, board, ballots).remedy(LOST)?) } else { None };
        let (admission, void) = resumed.unzip();
        let mut opened = Self::new(source, manifest, signer, folder, rules, admission);
        (opened.void, opened.others) = (void.unwrap_or_default(), others);
        // A change without an effect is not in an index either.
        let effective = opened.admission.as_ref().map_or(0, |admission| admission.index().changes().len());
        opened.has_late_entries = has_late_entries || changes != effective as u64;
        let light = LightFiles::new(opened.source.root());
        if opened.rules.is_over() && light.are_closed_with(opened.folder.committed().size)? {
            opened.light = Some(light);
        }
        // A published record has its closing checkpoint in the list of its files: there, another one would not help.
        if let Some(head) = closing.filter(|_| !is_published) {
            opened.complete_closing(&head)?;
        }
        Ok(opened)
    }

    /// Opens an open board by its index. The lock is given back if anything is not as it should be: then the board is read,
    /// which says what is wrong with the record, if it is the record.
    #[allow(clippy::type_complexity, reason = "the parts of a board that is opened, for one caller")]
    fn by_index(
        source: &FolderRecord,
        manifest: &Manifest,
        lock: BoardLock,
        key: &NoteKey,
        index: &Path,
    ) -> std::result::Result<(BoardFolder, (EntryRules, Others), Admission<Lookups>, Vec<[u8; 2]>), BoardLock> {
        let rng = &mut system_rng();
        let Some(index) = BoardIndex::open(index, manifest.hash()) else { return Err(lock) };
        let (first, voters, cut_off) = (index.head().size, index.voters(), index.cut_off());
        let mut read = || -> Result<_> {
            ensure!(LightFiles::new(source.root()).reach(first, voters, index.heads())?);
            // The board has signed a checkpoint that continues the head of the index, and an opening of this election.
            let light = LightElection::read(source, Some(index.head()), rng)?;
            let opened = light.window.opened.filter(|_| light.window.closed.is_none()).context("not open")?;
            let size = light.head().size;
            ensure!(light.voters() == voters && size - first <= MOST_BEHIND);
            let (mut rules, mut others) = (EntryRules::default(), Others::new());
            let mut named = NamedFiles::default();
            let (log, mut timeline) = (TiledLog::new(source, *light.head()), Timeline::new(manifest));
            for tile in bundle_paths(size).take_while(|tile| tile.first() <= opened) {
                let bundle = Bundle::read(source, tile)?;
                for (position, entry) in bundle.entries()?.filter(|(position, _)| *position <= opened) {
                    log.inclusion(position, &leaf_hash(entry))?;
                    let observed = timeline.push(entry, &mut system_rng());
                    rules.observe(&observed);
                    named.observe(&observed);
                    others.insert(observed.leaf, observed.index);
                }
            }
            ensure!(rules.is_opened());
            if cut_off.is_some() {
                rules.note_cut_off();
            }
            Ok((light, (rules, others), named))
        };
        let Ok((light, (mut rules, others), named)) = read() else { return Err(lock) };
        let head = *light.head();
        let folder = match BoardFolder::resume_by_tiles(lock, key) {
            Ok(folder) if *folder.committed() == head => folder,
            Ok(folder) => return Err(folder.into_lock()),
            Err((lock, _)) => return Err(lock),
        };
        let lookups = IndexedBallots::new(index, light.roll(), FolderRecord::new(source.root()));
        let mut admission =
            Admission::with_index(light.context, light.window, cut_off, Lookups::Disk(Box::new(lookups)));
        let mut lengths = Vec::new();
        // What the index does not have, by the same rules. An entry that is no ballot is the closing.
        let mut replay = || -> Result<bool> {
            for position in first..head.size {
                let entry = folder.entry(position)?;
                lengths.push(entry_length(&entry));
                if admission.replay(position, &entry, &folder, &mut system_rng())? {
                    continue;
                }
                // A cut-off has an effect only if it is the first one, and the organiser's.
                let Ok(cut_off) = Entry::decode(&entry) else { return Ok(false) };
                let context = admission.context();
                let is_cut_off = cut_off.kind() == EntryKind::CutOff
                    // It is on the board already: its time is not tested again.
                    && rules.add_cut_off(context, cut_off.body(), u64::MAX, &mut system_rng()).is_ok();
                if !is_cut_off {
                    return Ok(false);
                }
                admission.cut_off(position);
                if let Lookups::Disk(disk) = admission.index_mut() {
                    disk.ballots.note_cut_off(position);
                }
            }
            Ok(true)
        };
        // Only now it is known that no later entry points to a file.
        match replay() {
            Ok(true) if folder.remove_leftovers(&named).is_ok() => Ok((folder, (rules, others), admission, lengths)),
            Ok(_) | Err(_) => Err(folder.into_lock()),
        }
    }

    /// Makes the index of an open board and writes the files for light clients, all from the record. After the close there
    /// is no index: no ballot is admitted any more.
    fn make_index(&mut self) -> Result<()> {
        let Some(path) = &self.index else { return Ok(()) };
        if !self.rules.is_opened() {
            return Ok(());
        }
        let (light, committed) = (LightFiles::new(self.source.root()), *self.folder.committed());
        if self.rules.is_over() || self.has_late_entries {
            BoardIndex::remove(path)?;
            if !self.rules.is_over() || light.are_closed_with(committed.size)? {
                return Ok(());
            }
        }
        // The index says that these are written, so that it is written after them.
        light.write(light_files(&self.source, &mut system_rng()).refused()?.files)?;
        self.light = Some(light);
        if !self.rules.is_over() && self.admission.as_ref().is_some_and(|admission| admission.index().is_memory()) {
            // The context is that of the files that were just written. A light client does not find an opening after very many
            // entries: such a board is read as a whole each time.
            let election = LightElection::read(&self.source, None, &mut system_rng()).refused()?;
            let admission = self.admission.take_if(|admission| admission.window() == election.window);
            let Some(admission) = admission else { return Ok(BoardIndex::remove(path)?) };
            let (roll, source) = (election.roll(), FolderRecord::new(self.source.root()));
            let cut_off = admission.cut_off_at();
            let lookups = match admission.into_index() {
                Lookups::Memory(admitted) => {
                    let index = BoardIndex::create(path, self.manifest.hash(), &committed, cut_off, &admitted)?;
                    Lookups::Disk(Box::new(IndexedBallots::new(index, roll, source)))
                }
                disk @ Lookups::Disk(_) => disk,
            };
            self.admission = Some(Admission::with_index(election.context, election.window, cut_off, lookups));
        }
        Ok(())
    }

    /// Reads the board again and makes the index again: the index was damaged. The entries that were appended so far become
    /// part of the board first.
    fn make_index_again(&mut self) -> Result<()> {
        let first = self.folder.committed().size;
        self.folder.commit(&self.signer)?;
        let lengths = std::mem::take(&mut self.lengths);
        self.save_light(first, &lengths)?;
        let WholeBoard { board, ballots, .. } = WholeBoard::read(&self.source, &self.manifest)?;
        let (admission, void) = resume(&self.source, &self.manifest, board, ballots)?;
        (self.admission, self.void) = (Some(admission), void);
        self.make_index()
    }

    /// Writes what light clients read: the lengths of the entries from `first` on, and the heads of the voters whose ballots
    /// the index does not have yet.
    fn save_light(&self, first: u64, lengths: &[[u8; 2]]) -> Result<()> {
        let Some(light) = &self.light else { return Ok(()) };
        light.write_lengths(first, lengths)?;
        light.write_middle(first, first + lengths.len() as u64)?;
        if let Some(Lookups::Disk(disk)) = self.admission.as_ref().map(Admission::index) {
            light.write_heads(disk.ballots.pending())?;
            if disk.ballots.has_new_changes() {
                light.write([(CHANGES.to_owned(), changes_file(disk.ballots.changes()))])?;
            }
        }
        Ok(())
    }

    /// Binds the index to the checkpoint that was signed. After the closing there is none: one that is bound to a board with
    /// the closing would not see it again, and admit ballots.
    fn save_index(&mut self) -> Result<()> {
        if self.rules.is_over() {
            return Ok(());
        }
        let head = *self.folder.committed();
        match self.admission.as_mut().map(Admission::index_mut) {
            Some(Lookups::Disk(disk)) if *disk.ballots.head() != head => match disk.ballots.commit(&head) {
                Err(IndexError::Damaged { .. }) => self.make_index_again(),
                saved => Ok(saved?),
            },
            _ => Ok(()),
        }
    }

    /// Signs a checkpoint of the entries that were appended so far, and keeps light files and index up to date with it.
    fn commit_entries(&mut self) -> Result<SignedCheckpoint> {
        let first = self.folder.committed().size;
        let lengths = std::mem::take(&mut self.lengths);
        if let Some(light) = &self.light {
            // Before the checkpoint, which makes light clients look for them. Too many do no harm.
            light.write_lengths(first, &lengths)?;
            light.write_middle(first, first + lengths.len() as u64)?;
        }
        let checkpoint = self.folder.commit(&self.signer)?;
        self.save_light(first, &[])?;
        self.save_index()?;
        if let Some(index) = &self.index {
            // Not durable: a loss of power may leave an older one, which only refuses less.
            let path = head_file(index);
            fs::write(&path, checkpoint.to_string()).with_context(|| format!("{} cannot be written", path.shown()))?;
        }
        Ok(checkpoint)
    }

    /// Writes the checkpoint at the closing, if the process that appended the closing was interrupted before it did.
    fn complete_closing(&mut self, head: &TreeHead) -> Result<()> {
        let is_missing = self.source.length(record::CLOSING_CHECKPOINT)?.is_none();
        if is_missing { self.write_closing_checkpoint(head) } else { Ok(()) }
    }

    /// Publishes the checkpoint that witnesses cosign, if the manifest names witnesses.
    fn write_closing_checkpoint(&mut self, head: &TreeHead) -> Result<()> {
        if self.manifest.witnesses().members.is_empty() {
            return Ok(());
        }
        let checkpoint = self.signer.sign_checkpoint(head).to_string();
        Ok(self.folder.write_file(record::CLOSING_CHECKPOINT, checkpoint.as_bytes())?)
    }

    /// Commits the appended entries, and verifies the record up to the opening. Fails if the manifest, the key ceremony
    /// or the roll is missing or not valid; all other failures are in the report.
    fn verify_before_opening(&mut self) -> Result<(ElectionContext, PublishedRoll, Report)> {
        self.commit()?;
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        let Verification { report, context, roll, .. } = verify(&self.source, &options, &|_| (), &mut system_rng());
        match (context, roll) {
            (Some(context), Some(roll)) => Ok((context, roll, report)),
            _ => {
                let first = report.failures.first();
                let first = first.map_or(String::new(), |failure| format!(": {}: {}", failure.place, failure.problem));
                Err(anyhow!("the manifest, the key ceremony or the roll is missing or not valid{first}"))
            }
        }
    }

    fn append(&mut self, kind: EntryKind, body: &[u8]) -> Result<u64> {
        let entry = Entry::new(kind, body).map_err(|error| anyhow!("the entry is too long: {error}"))?.encode();
        let leaf = leaf_hash(&entry);
        let index = self.append_bytes(entry)?;
        self.others.insert(leaf, index);
        Ok(index)
    }

    fn append_bytes(&mut self, entry: Vec<u8>) -> Result<u64> {
        self.lengths.push(entry_length(&entry));
        Ok(self.folder.append(entry)?)
    }

    /// Whether the closing checkpoint has this line already.
    pub(crate) fn is_cosigned(&self, line: &str) -> Result<bool> {
        let checkpoint = read_checkpoint(&self.source, record::CLOSING_CHECKPOINT)?;
        Ok(checkpoint.is_some_and(|checkpoint| checkpoint.to_string().lines().any(|there| there == line)))
    }

    /// Publishes a file, and appends an entry that points to it.
    fn append_file(&mut self, kind: EntryKind, author: u16, path: &str, bytes: &[u8]) -> Result<u64> {
        let pointer = Pointer::to_file(author, bytes)?;
        self.folder.write_file(path, bytes)?;
        self.append(kind, &pointer.encode())
    }

    /// Appends a message of the key ceremony. Its content is verified when the ceremony is complete.
    pub(crate) fn add_ceremony_message(&mut self, bytes: &[u8]) -> Result<u64> {
        self.rules.check_ceremony_message()?;
        let parameters = CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT)?;
        CeremonyMessage::decode(bytes, &parameters).context("not a message of this key ceremony")?;
        let (_, author) = message_header(bytes).context("not a message of this key ceremony")?;
        self.append_file(EntryKind::Ceremony, author, &record::ceremony_path(&FileHash::of(bytes)), bytes)
    }

    /// Publishes the roll, which must be checked before.
    pub(crate) fn put_roll(&mut self, bytes: &[u8]) -> Result<()> {
        self.rules.check_ceremony_message().map_err(|_| EntryRefused::RollFixed)?;
        Ok(self.folder.write_file(record::ROLL, bytes)?)
    }

    /// Appends a credential authority's signature of the roll. If there are several authorities, its parts are verified first,
    /// and put into the record.
    pub(crate) fn add_roll_signature(&mut self, body: &[u8], parts: Option<&[u8]>) -> Result<u64> {
        self.rules.check_ceremony_message().map_err(|_| EntryRefused::RollFixed)?;
        let (context, roll, _) = self.verify_before_opening()?;
        let mut rules = self.rules.clone();
        rules.add_roll_signature(&context, body, &mut system_rng())?;
        let signature = RollSignature::decode(body)?;
        if let Some((authority, hash)) = AuthorityIndex::new(signature.authority()).zip(signature.parts().copied()) {
            let remedy = "add the signature and the file `.parts` that was written beside it in one call";
            let missing = || anyhow!("the parts of credential authority {authority} are missing");
            let parts = parts.ok_or_else(missing).coded("missing-parts").remedy(remedy)?;
            self.check_parts(&context, &roll, SignedParts { authority, hash }, parts)?;
            self.folder.write_file(&record::parts_path(authority), parts)?;
        }
        self.rules = rules;
        self.append(EntryKind::RollSignature, body)
    }

    /// Verifies the parts of an authority, together with those that are in the record.
    fn check_parts(
        &self,
        context: &ElectionContext,
        roll: &PublishedRoll,
        signed: SignedParts,
        bytes: &[u8],
    ) -> Result<()> {
        let rng = &mut system_rng();
        let source = WithFile { record: &self.source, path: &record::parts_path(signed.authority), bytes };
        let board = PublishedBoard::read(&source, &self.manifest, &mut |_| (), rng)?;
        let mut all = board.signed_parts(context.manifest(), context.fingerprint(), rng);
        all.push(signed);
        let mut first = None;
        let mut visit = |failure: PartsFailure| _ = first.get_or_insert(failure);
        verify_parts(&source, &self.manifest, roll, &all, &mut visit, &|_| (), rng);
        match first {
            None => Ok(()),
            Some(failure) => {
                let code = failure.error.code();
                refusal(format!("the parts are refused: {failure}")).coded(code)
            }
        }
    }

    /// Opens the voting, if everything before it is valid.
    pub(crate) fn add_opening(&mut self, body: &[u8]) -> Result<u64> {
        if self.rules.is_opened() {
            return Err(EntryRefused::OpenedAlready).refused().remedy("nothing to do: the opening is on the board");
        }
        let rng = &mut system_rng();
        let (context, roll, report) = self.verify_before_opening()?;
        self.rules.add_opening(&context, &report, body, now()?, rng)?;
        let index = self.append(EntryKind::Open, body)?;
        let window = Window { opened: Some(index), closed: None };
        let source = FolderRecord::new(self.source.root());
        let resumed = Admission::resume(context, roll, source, window, AdmittedBallots::default(), rng)?;
        self.admission = Some(resumed.admission.map_index(|index| Lookups::Memory(Box::new(index))));
        Ok(index)
    }

    /// Changes the roll, if the change keeps all rules.
    pub(crate) fn add_roll_change(&mut self, body: &[u8]) -> Result<u64> {
        let change = |this: &mut Self| {
            let Some(admission) = &mut this.admission else { return Err(RollChangeError::NotOpen.into()) };
            admission.change(body, &this.folder, &mut system_rng())
        };
        let changed = match change(self) {
            Err(ChangeRefused::Index(_)) => {
                self.make_index_again()?;
                change(self)
            }
            changed => changed,
        };
        let (entry, _) = changed.map_err(refused_change)?;
        let leaf = leaf_hash(&entry);
        let index = self.append_bytes(entry)?;
        self.others.insert(leaf, index);
        Ok(index)
    }

    /// Ends the changes of the roll.
    pub(crate) fn add_cut_off(&mut self, body: &[u8]) -> Result<u64> {
        let admission = self.admission.as_mut().ok_or(EntryRefused::NoCutOff)?;
        self.rules.add_cut_off(admission.context(), body, now()?, &mut system_rng())?;
        let index = self.folder.size();
        admission.cut_off(index);
        if let Lookups::Disk(disk) = admission.index_mut() {
            disk.ballots.note_cut_off(index);
        }
        self.append(EntryKind::CutOff, body)
    }

    /// Closes the voting, and publishes the checkpoint that witnesses cosign.
    pub(crate) fn add_closing(&mut self, body: &[u8]) -> Result<u64> {
        if self.rules.is_closed() {
            return Err(EntryRefused::ClosedAlready).refused().remedy("nothing to do: the closing is on the board");
        }
        let admission = self.admission.as_mut().ok_or(EntryRefused::NeverOpened)?;
        self.rules.add_closing(admission.context(), body, now()?, &mut system_rng())?;
        admission.close(self.folder.size());
        let index = self.append(EntryKind::Close, body)?;
        // If this is interrupted between the two files, the next process that opens the board writes the second one.
        let checkpoint = self.commit_entries()?;
        let head = *checkpoint.verify(self.signer.key())?.head();
        self.write_closing_checkpoint(&head)?;
        if let Some((light, admission)) = self.light.as_ref().zip(self.admission.as_ref()) {
            light.write(files_of_close(head.size, &admission.index().voter_heads()?))?;
        }
        Ok(index)
    }

    /// Cancels the election: no ballot is admitted any more, and none counts.
    pub(crate) fn add_cancellation(&mut self, body: &[u8]) -> Result<u64> {
        let admission = self.admission.as_mut().ok_or(EntryRefused::NeverOpened)?;
        self.rules.add_cancellation(admission.context(), body, &mut system_rng())?;
        admission.close(self.folder.size());
        let index = self.append(EntryKind::Cancellation, body)?;
        let head = *self.commit_entries()?.verify(self.signer.key())?.head();
        if let Some((light, admission)) = self.light.as_ref().zip(self.admission.as_ref()) {
            light.write(files_of_close(head.size, &admission.index().voter_heads()?))?;
        }
        Ok(index)
    }

    /// Admits ballots in their order. A ballot that is refused does not affect the others.
    pub(crate) fn add_ballots(&mut self, ballots: &[Vec<u8>]) -> Result<Vec<Result<u64, AdmissionError>>> {
        let Some(admission) = &self.admission else {
            return Ok(ballots.iter().map(|_| Err(AdmissionError::NotOpen)).collect());
        };
        let bytes: Vec<&[u8]> = ballots.iter().map(Vec::as_slice).collect();
        let verify = |admission: &Admission<Lookups>| -> Result<Vec<_>, _> {
            let batches = bytes.par_chunks(BATCH).map(|batch| admission.verify(batch, &mut system_rng()));
            batches.collect()
        };
        let batches: Vec<Vec<Result<VerifiedBallot, AdmissionError>>> = match verify(admission) {
            // A file for light clients may say the wrong place. It is written again, once.
            Err(_) if !admission.index().is_memory() => {
                let light = light_files(&self.source, &mut system_rng()).refused()?;
                LightFiles::new(self.source.root()).write(light.files)?;
                verify(admission)?
            }
            verified => verified?,
        };
        let mut outcomes = Vec::with_capacity(ballots.len());
        for (ballot, bytes) in batches.into_iter().flatten().zip(bytes) {
            let ballot = match ballot {
                Ok(ballot) => ballot,
                Err(error) => {
                    outcomes.push(Err(error));
                    continue;
                }
            };
            let sequenced = match self.sequence(&ballot) {
                Err(AdmitError::Index(_)) => {
                    self.make_index_again()?;
                    self.sequence(&ballot)
                }
                sequenced => sequenced,
            };
            outcomes.push(match sequenced {
                Ok(()) => Ok(self.append_bytes(ballotta::admission::ballot_entry(bytes)?)?),
                Err(AdmitError::Refused(error)) => Err(error),
                Err(error) => return Err(error.into()),
            });
        }
        Ok(outcomes)
    }

    fn sequence(&mut self, ballot: &VerifiedBallot) -> Result<(), AdmitError<BoardFolderError>> {
        let Some(admission) = &mut self.admission else { return Err(AdmissionError::NotOpen.into()) };
        admission.sequence(ballot, &self.folder)
    }

    /// The position of the admitted ballot that a ballot repeats; `None` if it repeats none.
    pub(crate) fn logged(&mut self, ballot: &[u8]) -> Result<Option<u64>> {
        let find = |this: &Self| {
            let admission = this.admission.as_ref();
            admission.map(|admission| admission.logged(ballot, &this.folder, &mut system_rng())).transpose()
        };
        let logged = match find(self) {
            Err(AdmitError::Index(_)) => {
                self.make_index_again()?;
                find(self)
            }
            logged => logged,
        };
        Ok(logged?.flatten())
    }

    /// The receipt of an admitted ballot, which a checkpoint on the disk must cover.
    pub(crate) fn receipt(&self, index: u64) -> Result<SignedReceipt> {
        Ok(receipt(&self.folder, index, &self.signer)?)
    }

    /// Appends a trustee's statement of the tally that a verification of the record computed.
    pub(crate) fn add_statement(&mut self, bytes: &[u8], verification: &Verification) -> Result<u64> {
        let tally = verification.tally.as_ref().ok_or(EntryRefused::NotClosed)?;
        self.rules.add_statement(&self.manifest, tally, bytes, &mut system_rng())?;
        self.append(EntryKind::ClosingStatement, bytes)
    }

    /// Appends a partial decryption of the tally that a verification of the record computed.
    pub(crate) fn add_partial_decryption(
        &mut self,
        bytes: &[u8],
        verification: &Verification,
    ) -> Result<(u64, VerifiedDecryption)> {
        let Verification { context: Some(context), joint_key: Some(joint_key), tally: Some(tally), .. } = verification
        else {
            return Err(EntryRefused::NotClosed.into());
        };
        let verified = self.rules.add_partial_decryption(context, joint_key, tally, bytes, &mut system_rng())?;
        let path = record::decryption_path(&FileHash::of(bytes));
        Ok((self.append_file(EntryKind::PartialDecryption, verified.trustee(), &path, bytes)?, verified))
    }

    /// Adds a witness's line to the closing checkpoint.
    pub(crate) fn add_cosignature(&mut self, line: &str) -> Result<()> {
        let checkpoint = read_checkpoint(&self.source, record::CLOSING_CHECKPOINT)?;
        let mut checkpoint = checkpoint.context("there is no closing checkpoint: the voting is not closed yet")?;
        self.rules.add_cosignature(&self.manifest, &mut checkpoint, line)?;
        Ok(self.folder.write_file(record::CLOSING_CHECKPOINT, checkpoint.to_string().as_bytes())?)
    }

    /// Publishes the list of the files that no other entry names, and appends an entry that points to it.
    pub(crate) fn add_publication(&mut self, list: &[u8]) -> Result<u64> {
        self.append_file(EntryKind::Publication, 0, record::FILE_LIST, list)
    }

    /// Writes a file of the record.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        Ok(self.folder.write_file(path, bytes)?)
    }

    /// Signs a checkpoint of the entries that were appended so far. After the closing, nothing is kept for readers of the
    /// checkpoint before: it would not be part of the published record.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.commit_entries()?;
        if self.rules.is_closed() {
            self.folder.remove_outgrown();
        }
        if self.admission.as_ref().is_some_and(|admission| admission.index().is_memory()) && self.light.is_none() {
            // The voting was opened.
            self.make_index()?;
        }
        Ok(())
    }
}
