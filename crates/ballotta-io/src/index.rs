//! The index of the ballots of a board, on disk: what admission looks up, and no rule.
//!
//! See `spec/command-line.md#index`. With it a board is opened without reading its entries, and a ballot costs a few pages
//! whatever the size of the board.
//!
//! # Security
//!
//! The index is bound to the manifest and to a head of the board. Whoever opens it must show that the board continues this
//! head, and admit the later ballots again with [`Admission::replay`](ballotta::admission::Admission::replay). An index that
//! cannot be read, of another version or of another manifest, or with a page that is not as it was written, is no index: it
//! is made again from the record. It is made out of the ballots that were [admitted](MemoryIndex) again by all rules.
//!
//! The checksums of pages find accidents, also a write that a disk has lost: a page that is older than the binding has another
//! checksum. Whoever can write the index on purpose can make the board admit two ballots of one voter, of which every verifier
//! counts one: keep it where only the operator of the board can write, as the key.
//!
//! # Implementation details
//!
//! Changes of the roll are in pages of 64, which are read when the index is opened.
//!
//! Heads are in pages of 256 lines of the roll, 5 bytes each: the head, and the number of admitted ballots. The digests of `R` are in pages of about 64 ballots, chosen by
//! the digest, 12 bytes each. All pages are there from the beginning, so that a page that is missing is noticed, and is not
//! taken for ballots that were never cast.
//!
//! The checksum of a page is 8 bytes of a hash of its place and content. Those of 256 pages are in a page of checksums, and those of
//! these pages are in the binding: two reads for each page, and the binding of a board of a million voters has 700 bytes.
//!
//! A file whose structure is damaged can end the process inside the database, where nothing can be caught. So a mark beside the
//! index counts the processes that have ended without closing it. After two of them, the index is made again.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ballotta::admission::{AdmissionIndex, LedgerIndex, MemoryIndex, randomness_digest};
use ballotta::credential::{ChangeReason, EffectiveChange, RollCounts, RollLine, RollLookupError};
use ballotta::hash::{ManifestHash, TreeHash};
use ballotta::limits::MAX_ROLL_CHANGES;
use ballotta::merkle::TreeHead;
use ballotta::record::light::{PLACES, ProvedRoll};
use ballotta::record::{RecordSource, SourceError};
use ballotta::tally::heads::VoterHead;
use redb::{Database, ReadableDatabase as _, TableDefinition, TableHandle as _, WriteTransaction};
use sha2::{Digest as _, Sha256};

use crate::disk;

/// Pages by their number.
type Pages = TableDefinition<'static, u32, &'static [u8]>;
const BINDING: Pages = TableDefinition::new("binding");
const HEADS: Pages = TableDefinition::new("heads");
const DIGESTS: Pages = TableDefinition::new("digests");
const CHECKSUMS: Pages = TableDefinition::new("checksums");
/// The changes of the roll, in their order.
const CHANGES: Pages = TableDefinition::new("changes");

/// The version of everything in the file. Another version is no index.
const VERSION: u32 = 4;
/// The number of lines of the roll in a page.
const LINES: u64 = 256;
/// The length of a line of the roll in a page: its head, and the number of its ballots.
const LINE_HEAD_BYTES: usize = 5;
/// The number of ballots for which a page of digests is made.
const BALLOTS: u64 = 64;
/// A page of digests with more ballots than this is slow: the index is made again, with more pages.
const MOST_BALLOTS: u64 = 16 * BALLOTS;
/// The length of a digest with its position.
const DIGEST_BYTES: usize = 12;
/// The number of changes of the roll in a page.
const CHANGES_PER_PAGE: u64 = 64;
/// The length of a change of the roll.
const CHANGE_BYTES: usize = 8 + 1 + 2 * LINE_BYTES;
/// The length of a line that a change revokes or adds, or of its absence: number, credential, style, weight.
const LINE_BYTES: usize = 8 + 32 + 2 + 8;
/// The length of a checksum.
const CHECKSUM_BYTES: usize = 8;
/// The number of checksums in a page.
const CHECKSUMS_PER_PAGE: u64 = 256;
/// The number of processes that may end without closing the index, one after the other, before it is made again.
const MOST_ABORTED: u64 = 2;
/// The memory for pages of the file.
const CACHE_BYTES: usize = 16 << 20;

/// Why an index cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The file cannot be read or written.
    #[error("the index {path} cannot be read or written: {error}")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// What has failed.
        error: String,
    },
    /// A page is not as it was written. The index must be removed, and is made again from the record.
    #[error("the index {path} is damaged")]
    Damaged {
        /// The path of the file.
        path: PathBuf,
    },
}

/// What the index is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    manifest: ManifestHash,
    head: TreeHead,
    /// The roll at the opening: heads, lines and weight.
    heads: u64,
    voters: u64,
    weight: u64,
    /// One more than the position of the cut-off; 0 for none.
    cut_off: u64,
    /// The number of pages of digests, a power of two.
    buckets: u32,
    /// The key of the digests of `R`.
    key: u64,
    /// The checksum of each page of checksums.
    checksums: Vec<Checksum>,
}

impl Binding {
    fn encode(&self) -> Vec<u8> {
        let Self { manifest, head, heads, voters, weight, cut_off, buckets, key, checksums } = self;
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.extend(manifest.as_bytes());
        bytes.extend(head.size.to_le_bytes());
        bytes.extend(head.root.as_bytes());
        bytes.extend([heads, voters, weight, cut_off].into_iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(buckets.to_le_bytes());
        bytes.extend(key.to_le_bytes());
        bytes.extend(checksums.as_flattened());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, bytes) = bytes.split_first_chunk()?;
        let (manifest, bytes) = bytes.split_first_chunk()?;
        let (size, bytes) = bytes.split_first_chunk()?;
        let (root, bytes) = bytes.split_first_chunk()?;
        let (heads, bytes) = bytes.split_first_chunk()?;
        let (voters, bytes) = bytes.split_first_chunk()?;
        let (weight, bytes) = bytes.split_first_chunk()?;
        let (cut_off, bytes) = bytes.split_first_chunk()?;
        let (buckets, bytes) = bytes.split_first_chunk()?;
        let (key, bytes) = bytes.split_first_chunk()?;
        let (checksums, rest) = bytes.as_chunks();
        let binding = Self {
            manifest: ManifestHash::from_bytes(*manifest),
            head: TreeHead { size: u64::from_le_bytes(*size), root: TreeHash::from_bytes(*root) },
            heads: u64::from_le_bytes(*heads),
            voters: u64::from_le_bytes(*voters),
            weight: u64::from_le_bytes(*weight),
            cut_off: u64::from_le_bytes(*cut_off),
            buckets: u32::from_le_bytes(*buckets),
            key: u64::from_le_bytes(*key),
            checksums: checksums.to_vec(),
        };
        let has_all = binding.checksums.len() as u64 == binding.pages().div_ceil(CHECKSUMS_PER_PAGE);
        let is_right = u32::from_le_bytes(*version) == VERSION
            && binding.buckets.is_power_of_two()
            && binding.heads >= binding.voters
            && binding.heads - binding.voters <= MAX_ROLL_CHANGES;
        (is_right && has_all && rest.is_empty()).then_some(binding)
    }

    /// The number of pages of heads, of digests and of changes.
    fn pages(&self) -> u64 {
        self.heads.div_ceil(LINES).saturating_add(self.buckets.into()).saturating_add(self.change_pages())
    }

    /// The number of pages of changes.
    fn change_pages(&self) -> u64 {
        (self.heads - self.voters).div_ceil(CHANGES_PER_PAGE)
    }

    /// The place of the checksum of a page: the page of checksums, and the first byte in it.
    fn checksum_place(&self, table: Pages, number: u32) -> (u32, usize) {
        let heads = self.heads.div_ceil(LINES);
        let before = match table.name() {
            name if name == DIGESTS.name() => heads,
            name if name == CHANGES.name() => heads + u64::from(self.buckets),
            _ => 0,
        };
        let place = before + u64::from(number);
        // Fewer than 2^32 pages.
        ((place / CHECKSUMS_PER_PAGE) as u32, CHECKSUM_BYTES * (place % CHECKSUMS_PER_PAGE) as usize)
    }

    fn bucket(&self, digest: u64) -> u32 {
        // Fewer than 2^32 pages.
        (digest & u64::from(self.buckets - 1)) as u32
    }
}

/// The index of the ballots of a board. Ballots are kept in memory until [`Self::commit`].
pub struct BoardIndex {
    path: PathBuf,
    /// Until it is dropped.
    database: Option<Database>,
    binding: Binding,
    /// The heads that are not committed, by the lines of the roll.
    heads: BTreeMap<u32, LineHead>,
    /// The digests and positions that are not committed, by their pages.
    digests: BTreeMap<u32, Vec<(u64, u32)>>,
    /// The changes of the roll, and how many of them are committed.
    changes: Vec<EffectiveChange>,
    committed_changes: usize,
    /// The lines that they add, and the numbers of the roll after them.
    added: BTreeMap<[u8; 32], RollLine>,
    counts: RollCounts,
    /// Removed when the index is closed.
    _mark: OpenMark,
}

/// The file beside an index that is there while the index is open, with a byte for each process that has opened it. It is not
/// durable: after a loss of power there is nothing to say about processes.
struct OpenMark(PathBuf);

impl OpenMark {
    /// Marks the index as open. Returns the number of processes that have not closed it.
    fn new(index: &Path) -> (Self, u64) {
        let mut path = index.as_os_str().to_owned();
        path.push(".open");
        let mark = Self(path.into());
        let aborted = match fs::symlink_metadata(&mark.0) {
            Ok(there) => there.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            // Nobody knows. To make an index again costs only time.
            Err(_) => MOST_ABORTED,
        };
        // Without a mark, a process that is ended by the index is ended again.
        let _ =
            fs::OpenOptions::new().create(true).append(true).open(&mark.0).and_then(|mut file| file.write_all(b"."));
        (mark, aborted)
    }
}

impl Drop for OpenMark {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl BoardIndex {
    /// Opens an index. `None` if there is none that may be used for the board of this manifest: nothing of it is a verdict,
    /// so that it is simply made again.
    #[must_use]
    pub fn open(path: &Path, manifest: &ManifestHash) -> Option<Self> {
        if !path.is_file() {
            return None;
        }
        let (mark, aborted) = OpenMark::new(path);
        if aborted >= MOST_ABORTED {
            return None;
        }
        let read = || -> Result<_, redb::Error> {
            let database = Database::builder().set_cache_size(CACHE_BYTES).open(path)?;
            let page = stored_page(&database, BINDING, 0)?;
            let binding = page.as_deref().and_then(unsealed).and_then(Binding::decode);
            let binding = binding.filter(|binding| binding.manifest == *manifest);
            let is_crowded = |binding: &Binding| binding.head.size > MOST_BALLOTS * u64::from(binding.buckets);
            Ok(binding.filter(|binding| !is_crowded(binding)).map(|binding| (database, binding)))
        };
        let (database, binding) = guarded(path, read).ok()??;
        let mut index = Self::new(path, database, binding, mark);
        index.read_changes().ok()?;
        Some(index)
    }

    /// Reads the changes of the roll. There are few.
    fn read_changes(&mut self) -> Result<(), IndexError> {
        for page in 0..self.binding.change_pages() as u32 {
            let bytes = self.page(CHANGES, page)?;
            let (changes, _) = bytes.as_chunks::<CHANGE_BYTES>();
            for change in changes {
                let change = decode_change(change).ok_or_else(|| self.damaged())?;
                self.note(&change);
            }
            if changes.len() < CHANGES_PER_PAGE as usize {
                break;
            }
        }
        self.committed_changes = self.changes.len();
        Ok(())
    }

    fn note(&mut self, change: &EffectiveChange) {
        self.counts = self.counts.after(change);
        self.added.extend(change.added.map(|line| (line.credential, line)));
        self.changes.push(*change);
    }

    fn new(path: &Path, database: Database, binding: Binding, mark: OpenMark) -> Self {
        let (heads, digests) = (BTreeMap::new(), BTreeMap::new());
        let Binding { heads: all_heads, voters, weight, .. } = binding;
        let counts = RollCounts { heads: all_heads, lines: voters, weight, changes: 0, changed: 0 };
        Self {
            path: path.to_path_buf(),
            database: Some(database),
            binding,
            heads,
            digests,
            changes: Vec::new(),
            committed_changes: 0,
            added: BTreeMap::new(),
            counts,
            _mark: mark,
        }
    }

    /// Makes an index of the ballots that were admitted on a board of this head. A file that exists is replaced.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn create<S>(
        path: &Path,
        manifest: &ManifestHash,
        head: &TreeHead,
        cut_off: Option<u64>,
        admitted: &MemoryIndex<S>,
    ) -> Result<Self, IndexError> {
        Self::remove(path)?;
        let (mark, _) = OpenMark::new(path);
        let heads = admitted.positions().len() as u64;
        let (voters, weight) = (admitted.roll().totals().voters(), admitted.roll().totals().weight());
        let cut_off = cut_off.map_or(0, |index| index + 1);
        let buckets = (voters.max(head.size) / BALLOTS).next_power_of_two() as u32;
        let (manifest, head, key) = (*manifest, *head, admitted.key());
        let mut binding =
            Binding { manifest, head, heads, voters, weight, cut_off, buckets, key, checksums: Vec::new() };
        let mut buckets = vec![Vec::new(); buckets as usize];
        for (digest, position) in admitted.digests() {
            if let Some(bucket) = buckets.get_mut(binding.bucket(digest) as usize) {
                bucket.extend(digest.to_le_bytes().into_iter().chain(position.to_le_bytes()));
            }
        }
        let lines = admitted.positions().iter().zip(admitted.ballots_of_lines());
        let lines: Vec<LineHead> =
            lines.map(|(packed, ballots)| LineHead { packed: *packed, ballots: *ballots }).collect();
        let heads = lines.chunks(LINES as usize);
        let heads = heads.map(|heads| heads.iter().flat_map(|head| head.encode()).collect());
        let mut changes = vec![Vec::new(); binding.change_pages() as usize];
        for (page, some) in changes.iter_mut().zip(admitted.changes().chunks(CHANGES_PER_PAGE as usize)) {
            some.iter().for_each(|change| encode_change(change, page));
        }
        let made = || -> Result<_, redb::Error> {
            let database = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
            let transaction = database.begin_write()?;
            let mut checksums = write_pages(&transaction, HEADS, heads)?;
            checksums.extend(write_pages(&transaction, DIGESTS, buckets)?);
            checksums.extend(write_pages(&transaction, CHANGES, changes)?);
            let pages = checksums.chunks(CHECKSUMS_PER_PAGE as usize).map(|page| page.as_flattened().to_vec());
            binding.checksums = write_pages(&transaction, CHECKSUMS, pages)?;
            transaction.open_table(BINDING)?.insert(0, sealed(binding.encode()).as_slice())?;
            transaction.commit()?;
            Ok((database, binding))
        };
        disk::outside().map_err(|error| file_error(path, error))?;
        let (database, binding) = guarded(path, made)?;
        let mut index = Self::new(path, database, binding, mark);
        admitted.changes().iter().for_each(|change| index.note(change));
        index.committed_changes = index.changes.len();
        Ok(index)
    }

    /// Removes an index, if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn remove(path: &Path) -> Result<(), IndexError> {
        match fs::symlink_metadata(path) {
            Ok(_) => disk::remove(path).map_err(|error| file_error(path, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(file_error(path, error)),
        }
    }

    /// The head of the board to which the index is bound.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.binding.head
    }

    /// The number of lines of the roll at the opening.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.binding.voters
    }

    /// The number of heads.
    #[must_use]
    pub fn heads(&self) -> u64 {
        self.binding.heads
    }

    /// The position of the cut-off, after which the roll does not change.
    #[must_use]
    pub fn cut_off(&self) -> Option<u64> {
        self.binding.cut_off.checked_sub(1)
    }

    /// Notes the cut-off, which is durable with the next [`Self::commit`].
    pub fn note_cut_off(&mut self, index: u64) {
        self.binding.cut_off = index + 1;
    }

    /// The changes of the roll that have an effect.
    #[must_use]
    pub fn changes(&self) -> &[EffectiveChange] {
        &self.changes
    }

    /// Whether there are changes that are not committed yet.
    #[must_use]
    pub fn has_new_changes(&self) -> bool {
        self.committed_changes < self.changes.len()
    }

    /// The heads that are not committed yet: the line of the roll, from 0, and its head.
    pub fn pending(&self) -> impl Iterator<Item = (u32, VoterHead)> {
        self.heads.iter().map(|(voter, head)| (*voter, head.head()))
    }

    /// The [heads](ballotta::tally::heads) of all voters, as the file `light/heads` has them.
    ///
    /// # Errors
    ///
    /// If a page cannot be read, or is damaged.
    pub fn voter_heads(&self) -> Result<Vec<u8>, IndexError> {
        let mut heads = Vec::with_capacity(8 * self.binding.heads as usize);
        for page in 0..self.binding.heads.div_ceil(LINES) as u32 {
            let bytes = self.page(HEADS, page)?;
            for (voter, head) in (page * LINES as u32..).zip(line_heads(&bytes)) {
                let head = self.heads.get(&voter).copied().unwrap_or(head);
                heads.extend(head.head().encode());
            }
        }
        Ok(heads)
    }

    /// Makes the ballots durable, and binds the index to the head of the board that has them. Do this after a checkpoint of
    /// this head is durable: an index that is ahead of its board is of no use.
    ///
    /// # Errors
    ///
    /// If the index cannot be written, or a page is damaged. It must be opened again then.
    pub fn commit(&mut self, head: &TreeHead) -> Result<(), IndexError> {
        let mut binding = Binding { head: *head, ..self.binding.clone() };
        let mut changed = Vec::new();
        let lines = std::mem::take(&mut self.heads);
        let mut pages: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (voter, head) in lines {
            let (page, place) = place_of(voter);
            let bytes = self.kept_page(&mut pages, page, |page| self.page(HEADS, page))?;
            self.put(bytes, place, &head.encode())?;
        }
        changed.extend(pages.into_iter().map(|(number, bytes)| (HEADS, number, bytes)));
        for (number, added) in std::mem::take(&mut self.digests) {
            let mut bytes = self.page(DIGESTS, number)?;
            for (digest, position) in added {
                bytes.extend(digest.to_le_bytes().into_iter().chain(position.to_le_bytes()));
            }
            changed.push((DIGESTS, number, bytes));
        }
        let mut pages: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (position, change) in self.changes.iter().enumerate().skip(self.committed_changes) {
            let number = (position as u64 / CHANGES_PER_PAGE) as u32;
            encode_change(change, self.kept_page(&mut pages, number, |page| self.page(CHANGES, page))?);
        }
        changed.extend(pages.into_iter().map(|(number, bytes)| (CHANGES, number, bytes)));
        let mut pages: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (table, number, bytes) in &changed {
            let (page, place) = binding.checksum_place(*table, *number);
            let checksums = self.kept_page(&mut pages, page, |page| self.checksums(page))?;
            self.put(checksums, place, &checksum(*table, *number, bytes))?;
        }
        for (number, bytes) in pages {
            let place = binding.checksums.get_mut(number as usize).ok_or_else(|| self.damaged())?;
            *place = checksum(CHECKSUMS, number, &bytes);
            changed.push((CHECKSUMS, number, bytes));
        }
        changed.push((BINDING, 0, sealed(binding.encode())));
        let database = self.database()?;
        let write = || -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            for (table, number, bytes) in changed {
                transaction.open_table(table)?.insert(number, bytes.as_slice())?;
            }
            Ok(transaction.commit()?)
        };
        disk::outside().map_err(|error| file_error(&self.path, error))?;
        guarded(&self.path, write)?;
        self.binding = binding;
        self.committed_changes = self.changes.len();
        Ok(())
    }

    /// A page that is changed, which is read the first time.
    fn kept_page<'p>(
        &self,
        pages: &'p mut BTreeMap<u32, Vec<u8>>,
        number: u32,
        read: impl FnOnce(u32) -> Result<Vec<u8>, IndexError>,
    ) -> Result<&'p mut Vec<u8>, IndexError> {
        Ok(match pages.entry(number) {
            Entry::Occupied(page) => page.into_mut(),
            Entry::Vacant(free) => free.insert(read(number)?),
        })
    }

    /// Puts bytes at a place of a page.
    fn put(&self, page: &mut [u8], place: usize, bytes: &[u8]) -> Result<(), IndexError> {
        let old = page.get_mut(place..place + bytes.len());
        old.ok_or_else(|| self.damaged())?.copy_from_slice(bytes);
        Ok(())
    }

    /// A page of heads or of digests, as it was written last.
    fn page(&self, table: Pages, number: u32) -> Result<Vec<u8>, IndexError> {
        let (page, place) = self.binding.checksum_place(table, number);
        let checksums = self.checksums(page)?;
        let expected = checksums.get(place..).and_then(|bytes| bytes.first_chunk());
        self.checked(table, number, expected)
    }

    /// A page of checksums, as it was written last.
    fn checksums(&self, number: u32) -> Result<Vec<u8>, IndexError> {
        self.checked(CHECKSUMS, number, self.binding.checksums.get(number as usize))
    }

    fn checked(&self, table: Pages, number: u32, expected: Option<&Checksum>) -> Result<Vec<u8>, IndexError> {
        let database = self.database()?;
        let page = guarded(&self.path, || stored_page(database, table, number))?;
        let page = page.filter(|bytes| expected == Some(&checksum(table, number, bytes)));
        page.ok_or_else(|| self.damaged())
    }

    fn database(&self) -> Result<&Database, IndexError> {
        self.database.as_ref().ok_or_else(|| self.damaged())
    }

    fn damaged(&self) -> IndexError {
        IndexError::Damaged { path: self.path.clone() }
    }

    fn source_error(&self, error: IndexError) -> SourceError {
        SourceError { path: self.path.display().to_string(), reason: error.to_string() }
    }

    fn line_head(&self, voter: u32) -> Result<LineHead, IndexError> {
        if let Some(head) = self.heads.get(&voter) {
            return Ok(*head);
        }
        let (page, place) = place_of(voter);
        let bytes = self.page(HEADS, page)?;
        let head = bytes.get(place..).and_then(|bytes| bytes.first_chunk());
        head.map(LineHead::decode).ok_or_else(|| self.damaged())
    }
}

/// Appends a change of the roll to a page.
fn encode_change(change: &EffectiveChange, page: &mut Vec<u8>) {
    page.extend(change.index.to_le_bytes());
    page.push(change.reason as u8);
    for line in [change.revoked, change.added] {
        let Some(RollLine { number, credential, style, weight }) = line else {
            page.extend([0; LINE_BYTES]);
            continue;
        };
        page.extend(number.to_le_bytes());
        page.extend(credential);
        // No manifest has more than 1024 styles.
        page.extend((style as u16).to_le_bytes());
        page.extend(weight.to_le_bytes());
    }
}

fn decode_change(bytes: &[u8; CHANGE_BYTES]) -> Option<EffectiveChange> {
    let (index, bytes) = bytes.split_first_chunk()?;
    let (reason, bytes) = bytes.split_first()?;
    let (lines, _) = bytes.as_chunks::<LINE_BYTES>();
    let [revoked, added] = lines else { return None };
    let line = |bytes: &[u8; LINE_BYTES]| {
        let (number, bytes) = bytes.split_first_chunk()?;
        let (credential, bytes) = bytes.split_first_chunk()?;
        let (style, bytes) = bytes.split_first_chunk()?;
        let number = u64::from_le_bytes(*number);
        // The first voter is on line 2.
        (number > 0).then_some(RollLine {
            number,
            credential: *credential,
            style: u16::from_le_bytes(*style).into(),
            weight: u64::from_le_bytes(*bytes.first_chunk()?),
        })
    };
    Some(EffectiveChange {
        index: u64::from_le_bytes(*index),
        reason: ChangeReason::ALL.into_iter().find(|known| *known as u8 == *reason)?,
        revoked: line(revoked),
        added: line(added),
    })
}

/// The page and the place in it of a line of the roll.
fn place_of(voter: u32) -> (u32, usize) {
    let (page, place) = (voter / LINES as u32, voter % LINES as u32);
    (page, LINE_HEAD_BYTES * place as usize)
}

/// What the index knows of a line of the roll.
#[derive(Clone, Copy, Debug)]
struct LineHead {
    /// The head, [packed](VoterHead::packed).
    packed: u32,
    /// The number of admitted ballots.
    ballots: u8,
}

impl LineHead {
    fn head(self) -> VoterHead {
        VoterHead::from_packed(self.packed)
    }

    fn encode(self) -> [u8; LINE_HEAD_BYTES] {
        let [a, b, c, d] = self.packed.to_le_bytes();
        [a, b, c, d, self.ballots]
    }

    fn decode([a, b, c, d, ballots]: &[u8; LINE_HEAD_BYTES]) -> Self {
        Self { packed: u32::from_le_bytes([*a, *b, *c, *d]), ballots: *ballots }
    }
}

fn line_heads(bytes: &[u8]) -> impl Iterator<Item = LineHead> {
    let (heads, _) = bytes.as_chunks();
    heads.iter().map(LineHead::decode)
}

type Checksum = [u8; CHECKSUM_BYTES];

/// The checksum of a page at its place.
fn checksum(table: Pages, number: u32, bytes: &[u8]) -> Checksum {
    let name = table.name().as_bytes();
    let hash: [u8; 32] =
        Sha256::new().chain_update(name).chain_update(number.to_le_bytes()).chain_update(bytes).finalize().into();
    let mut first = [0; CHECKSUM_BYTES];
    first.copy_from_slice(&hash[..CHECKSUM_BYTES]);
    first
}

/// A binding with its own checksum.
fn sealed(mut binding: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(BINDING, 0, &binding);
    binding.extend(checksum);
    binding
}

/// A binding without its checksum; `None` if it is not as it was written.
fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let (binding, found) = bytes.split_last_chunk()?;
    (*found == checksum(BINDING, 0, binding)).then_some(binding)
}

/// Writes the first pages of a table, and returns their checksums.
fn write_pages(
    transaction: &WriteTransaction,
    table: Pages,
    pages: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Vec<Checksum>, redb::Error> {
    let mut written = transaction.open_table(table)?;
    let mut checksums = Vec::new();
    for (number, bytes) in (0..).zip(pages) {
        written.insert(number, bytes.as_slice())?;
        checksums.push(checksum(table, number, &bytes));
    }
    Ok(checksums)
}

fn stored_page(database: &Database, table: Pages, number: u32) -> Result<Option<Vec<u8>>, redb::Error> {
    let page = database.begin_read()?.open_table(table)?.get(number)?;
    Ok(page.map(|page| page.value().to_vec()))
}

/// Runs an operation on the database, which panics if the structure of its file is damaged.
fn guarded<T>(path: &Path, run: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(redb::Error::Corrupted(_) | redb::Error::TableDoesNotExist(_))) | Err(_) => {
            Err(IndexError::Damaged { path: path.to_path_buf() })
        }
        Ok(Err(error)) => Err(file_error(path, error)),
    }
}

fn file_error(path: &Path, error: impl ToString) -> IndexError {
    IndexError::File { path: path.to_path_buf(), error: error.to_string() }
}

impl LedgerIndex for BoardIndex {
    type Error = SourceError;

    fn head(&self, voter: u32) -> Result<VoterHead, SourceError> {
        self.line_head(voter).map(LineHead::head).map_err(|error| self.source_error(error))
    }

    fn ballots(&self, voter: u32) -> Result<u8, SourceError> {
        self.line_head(voter).map(|line| line.ballots).map_err(|error| self.source_error(error))
    }

    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, SourceError> {
        Ok(self.added.get(credential).copied())
    }

    fn roll_counts(&self) -> Result<RollCounts, SourceError> {
        Ok(self.counts)
    }

    fn change(&mut self, change: &EffectiveChange) -> Result<(), SourceError> {
        if let Some(line) = change.revoked {
            let LineHead { ballots, .. } = self.line_head(line.voter()).map_err(|error| self.source_error(error))?;
            let packed = VoterHead::Revoked(change.index).packed();
            self.heads.insert(line.voter(), LineHead { packed, ballots });
        }
        self.note(change);
        Ok(())
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, SourceError> {
        let digest = randomness_digest(self.binding.key, randomness);
        let number = self.binding.bucket(digest);
        let bytes = self.page(DIGESTS, number).map_err(|error| self.source_error(error))?;
        let (stored, _) = bytes.as_chunks::<DIGEST_BYTES>();
        let stored = stored.iter().map(|[a, b, c, d, e, f, g, h, rest @ ..]| {
            (u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), u32::from_le_bytes(*rest))
        });
        let pending = self.digests.get(&number).into_iter().flatten().copied();
        Ok(stored.chain(pending).filter(|(other, _)| *other == digest).map(|(_, index)| index.into()).collect())
    }

    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), SourceError> {
        let LineHead { ballots, .. } = self.line_head(voter).map_err(|error| self.source_error(error))?;
        let digest = randomness_digest(self.binding.key, randomness);
        self.digests.entry(self.binding.bucket(digest)).or_default().push((digest, position));
        let packed = VoterHead::Counted(position.into()).packed();
        self.heads.insert(voter, LineHead { packed, ballots: ballots.saturating_add(1) });
        Ok(())
    }
}

impl Drop for BoardIndex {
    fn drop(&mut self) {
        let database = self.database.take();
        // Nothing is written any more, and the next process looks at the file again.
        let _ = guarded(&self.path, || {
            drop(database);
            Ok(())
        });
    }
}

/// An index on disk, and the roll in a record. Neither is in memory.
pub struct IndexedBallots<S> {
    /// The index of the admitted ballots.
    pub ballots: BoardIndex,
    roll: ProvedRoll,
    source: S,
}

impl<S: RecordSource> IndexedBallots<S> {
    /// What admission looks up in an index, and in the roll of a record that has the files for light clients.
    pub fn new(ballots: BoardIndex, roll: ProvedRoll, source: S) -> Self {
        Self { ballots, roll, source }
    }
}

impl<S> LedgerIndex for IndexedBallots<S> {
    type Error = SourceError;

    fn head(&self, voter: u32) -> Result<VoterHead, SourceError> {
        LedgerIndex::head(&self.ballots, voter)
    }

    fn ballots(&self, voter: u32) -> Result<u8, SourceError> {
        self.ballots.ballots(voter)
    }

    fn added(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, SourceError> {
        self.ballots.added(credential)
    }

    fn roll_counts(&self) -> Result<RollCounts, SourceError> {
        self.ballots.roll_counts()
    }

    fn change(&mut self, change: &EffectiveChange) -> Result<(), SourceError> {
        self.ballots.change(change)
    }

    fn candidates(&self, randomness: &[u8; 32]) -> Result<Vec<u64>, SourceError> {
        self.ballots.candidates(randomness)
    }

    fn insert(&mut self, voter: u32, position: u32, randomness: &[u8; 32]) -> Result<(), SourceError> {
        self.ballots.insert(voter, position, randomness)
    }
}

impl<S: RecordSource> AdmissionIndex for IndexedBallots<S> {
    fn opening_line(&self, credential: &[u8; 32]) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        self.roll.find(&self.source, credential).map_err(|error| {
            let path = error.path().unwrap_or(PLACES).to_owned();
            RollLookupError::Source(SourceError { path, reason: error.to_string() })
        })
    }
}

#[cfg(test)]
mod tests {
    use ballotta::admission::{Admission, AdmittedBallots};
    use ballotta::ballot::Window;
    use ballotta::hash::FileHash;
    use ballotta::record::{MemoryRecord, PublishedBoard, read_manifest};
    use ballotta::voter::Election;
    use ballotta_testkit::election::{Board, Choice, Election as TestElection, ElectionOptions};
    use ballotta_testkit::rng::TestRng;

    use super::*;

    /// What admission knows of a board.
    fn admitted(board: &Board<'_>) -> MemoryIndex<MemoryRecord> {
        let (record, rng) = (board.record(), &mut TestRng(1));
        let manifest = read_manifest(&record).unwrap();
        let mut ballots = AdmittedBallots::default();
        let read = PublishedBoard::read(&record, &manifest, &mut |entry| ballots.observe(entry), rng).unwrap();
        let Election { context, roll, window, .. } = Election::of_board(&record, manifest, read, rng).unwrap();
        assert!(matches!(window, Window { opened: Some(_), closed: None }));
        Admission::resume(context, roll, record, window, ballots, rng).unwrap().admission.into_index()
    }

    /// The bytes of a page in the file.
    fn stored(path: &Path, table: Pages, number: u32) -> Vec<u8> {
        stored_page(&Database::open(path).unwrap(), table, number).unwrap().unwrap()
    }

    fn store(path: &Path, table: Pages, number: u32, bytes: &[u8]) {
        let database = Database::open(path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(table).unwrap().insert(number, bytes).unwrap();
        transaction.commit().unwrap();
    }

    /// A disk that loses a write leaves an older page, which was right before. It is not taken for the newest one: the ballots
    /// that it does not have would be admitted once more.
    #[test]
    fn a_page_that_is_older_than_the_index_is_damage() {
        let election = TestElection::build(ElectionOptions::default());
        let mut board = election.open_board();
        let folder = tempfile::tempdir().unwrap();
        let (path, manifest) = (folder.path().join("board.index"), *election.context.manifest().hash());
        drop(BoardIndex::create(&path, &manifest, &board.head(), None, &admitted(&board)).unwrap());
        let open = || BoardIndex::open(&path, &manifest).expect("an index");
        let randomness = *FileHash::of(b"R of the ballot").as_bytes();
        let binding = open().binding.clone();
        let pages = [(HEADS, 0), (DIGESTS, binding.bucket(randomness_digest(binding.key, &randomness)))];
        let old = pages.map(|(table, number)| stored(&path, table, number));
        let old_checksums = stored(&path, CHECKSUMS, 0);

        let position = board.vote(0, &[Choice::Options(vec![0])]);
        let mut index = open();
        index.insert(0, u32::try_from(position).unwrap(), &randomness).unwrap();
        index.commit(&board.head()).unwrap();
        drop(index);
        let look = || {
            let index = open();
            let ballots = index.ballots(0).map_err(|error| error.reason);
            let head = LedgerIndex::head(&index, 0).map_err(|error| error.reason);
            drop(index);
            (head.and_then(|head| Ok((head, ballots?))), open().candidates(&randomness).map_err(|error| error.reason))
        };
        let right = (Ok((VoterHead::Counted(position), 1)), Ok(vec![position]));
        assert_eq!(look(), right);
        let damaged = IndexError::Damaged { path: path.clone() }.to_string();
        for (number, ((table, page), old)) in pages.into_iter().zip(old).enumerate() {
            let new = stored(&path, table, page);
            assert_ne!(new, old);
            store(&path, table, page, &old);
            let found = look();
            match number {
                0 => assert_eq!(found, (Err(damaged.clone()), right.1.clone())),
                _ => assert_eq!(found, (right.0.clone(), Err(damaged.clone()))),
            }
            store(&path, table, page, &new);
            assert_eq!(look(), right);
        }
        // Nor are its checksums.
        store(&path, CHECKSUMS, 0, &old_checksums);
        assert_eq!(look(), (Err(damaged.clone()), Err(damaged)));
    }

    /// An index that ends the process which opens it is not opened for ever.
    #[test]
    fn an_index_that_two_processes_did_not_close_is_made_again() {
        let election = TestElection::build(ElectionOptions::default());
        let board = election.open_board();
        let folder = tempfile::tempdir().unwrap();
        let (path, manifest) = (folder.path().join("board.index"), *election.context.manifest().hash());
        drop(BoardIndex::create(&path, &manifest, &board.head(), None, &admitted(&board)).unwrap());
        let mark = folder.path().join("board.index.open");
        let open = || BoardIndex::open(&path, &manifest);
        for (aborted, is_opened) in [(0, true), (1, true), (2, false), (0, true)] {
            fs::write(&mark, vec![b'.'; aborted]).unwrap();
            let opened = open();
            assert_eq!(opened.is_some(), is_opened, "{aborted}");
            if is_opened {
                assert_eq!(fs::read(&mark).unwrap().len(), aborted + 1);
            }
            drop(opened);
            assert!(!mark.exists());
        }
    }
}
