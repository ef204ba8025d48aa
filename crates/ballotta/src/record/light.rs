//! The files for clients that do not read a whole record: where they look, and the proofs of what they find.
//!
//! See `spec/light.md`.
//!
//! # Layout
//!
//! ```text
//! light/election        version (2), ceremony root (32), number of voters (8), root of the blocks of the roll (32),
//!                       public keys Y_1, Y_2, .. (32 each)
//! light/places          for each block of the roll: the first 8 bytes of its first credential, its offset in the roll (8);
//!                       at last 8 bytes FF and the length of the roll (8)
//! light/heads           the head of each voter (8), in the order of the roll, and one for each change that the manifest allows
//! light/changes         for each change of the roll that has an effect: its position on the board (8), the first 8 bytes of the
//!                       credential that it revokes and of the one that it adds, or zeros
//! light/lengths         the length of each entry of the board (2)
//! light/close           after the close: the number of entries up to it (8)
//! light/roll/tile/..    the tiles of hashes of the log of the blocks of the roll
//! light/middle          for each full tile of level 0 of the board, in order, 16 hashes: each over 16 hashes of the tile
//!                       (32 each)
//! light/roll/middle     the same for the roll, if it has a full tile
//! light/voters/tile/..  after the close: those of the log of the blocks of heads
//! light/voters/middle   as for the roll
//! ```
//!
//! # Security
//!
//! These files follow from the record, and nobody signs them. They say only where something is, or are compared with what is
//! signed: a wrong file makes a client find nothing, and never makes it believe anything.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::tiled_log::MIDDLE_WIDTH;
use super::{PublishedRoll, ReadError, RecordError, RecordSource, SourceError, TiledLog, read_file};
use crate::board::tiles::{LastTiles, Level, TILE_WIDTH, TilePath, decode_bundle};
use crate::credential::{BLOCK_LINES, EffectiveChange, RollLine, RollRules, first_bytes, read_roll_block};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::group::PublicElement;
use crate::hash::{CeremonyRoot, RollHash, TreeHash};
use crate::key_ceremony::JointKey;
use crate::limits::{MAX_ENTRIES, MAX_ROLL_CHANGES, MAX_ROLL_LINE_BYTES, MAX_SLOTS, MAX_VOTERS};
use crate::manifest::Manifest;
use crate::merkle::{Frontier, TreeHead, leaf_hash};
use crate::tally::heads::{HEAD_BYTES, HEADS_PER_BLOCK, VoterHead, head_in_block};
use crate::weaken::{self, Check};

/// The path of the summary of an election.
pub const ELECTION: &str = "light/election";
/// The path of the places of the blocks of the roll.
pub const PLACES: &str = "light/places";
/// The path of the heads of the voters.
pub const HEADS: &str = "light/heads";
/// The path of the changes of the roll.
pub const CHANGES: &str = "light/changes";
/// The path of the lengths of the entries.
pub const LENGTHS: &str = "light/lengths";
/// The path of the number of entries up to the close.
pub const CLOSE: &str = "light/close";
/// What stands before the paths of the tiles of the roll.
pub const ROLL_TILES: &str = "light/roll/";
/// What stands before the paths of the tiles of the heads.
pub const HEAD_TILES: &str = "light/voters/";
/// The path of the hashes in the middle of the full tiles of the board.
pub const MIDDLE: &str = "light/middle";
/// The length of the hashes in the middle of one full tile.
pub const MIDDLE_BYTES: u64 = 32 * TILE_WIDTH as u64 / MIDDLE_WIDTH;
const ROLL_MIDDLE: &str = "light/roll/middle";
const HEAD_MIDDLE: &str = "light/voters/middle";

/// The length of a place of a block.
const PLACE_BYTES: u64 = 16;
/// The most blocks that are read for one credential.
const MOST_BLOCKS: usize = 16;
/// The number of places that are read together. Credentials are nearly uniform, so that one reading is enough for almost
/// every credential on a roll of a million.
const WINDOW: u64 = 128;

/// What a client needs of key ceremony and roll to know the election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectionSummary {
    ceremony: CeremonyRoot,
    voters: u64,
    blocks: TreeHash,
    keys: Vec<PublicElement>,
}

impl ElectionSummary {
    /// The summary of an election with this joint key and roll.
    #[must_use]
    pub fn new(joint_key: &JointKey, roll: &PublishedRoll) -> Self {
        Self {
            ceremony: *joint_key.root(),
            voters: roll.totals().voters(),
            blocks: roll.index().tree().root,
            keys: joint_key.keys().to_vec(),
        }
    }

    /// Reads the summary of a record. Nothing shows yet that it is right: its [`context`](Self::context) has the
    /// fingerprint.
    ///
    /// # Errors
    ///
    /// `File` or `Light`.
    pub fn read(source: &dyn RecordSource) -> Result<Self, RecordError> {
        let limit = 2 + 32 + 8 + 32 + 32 * MAX_SLOTS;
        let bytes = read_file(source, ELECTION, limit).map_err(RecordError::file(ELECTION))?;
        Self::decode(&bytes).map_err(|error| RecordError::Light { path: ELECTION, error })
    }

    /// Decodes a summary.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let ceremony = CeremonyRoot::from_bytes(reader.array("ceremony root")?);
        let voters = at_most("voters", reader.u64("voters")?, MAX_VOTERS)?;
        let blocks = TreeHash::from_bytes(reader.array("blocks")?);
        at_most("keys", (reader.remaining() / 32) as u64, MAX_SLOTS as u64)?;
        let mut keys = Vec::with_capacity(reader.remaining() / 32);
        while reader.remaining() > 0 {
            keys.push(reader.element("key")?);
        }
        reader.finish()?;
        Ok(Self { ceremony, voters, blocks, keys })
    }

    /// The encoding of the summary.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.put(self.ceremony.as_bytes()).u64(self.voters).put(self.blocks.as_bytes());
        for key in &self.keys {
            writer.element(key);
        }
        writer.finish()
    }

    /// The number of voters.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.voters
    }

    /// The election with this manifest.
    ///
    /// # Errors
    ///
    /// `Election` if there are not as many keys as the manifest has slots.
    pub fn context(&self, manifest: Manifest) -> Result<ElectionContext, RecordError> {
        Ok(ElectionContext::of_keys(manifest, &self.ceremony, &self.keys, &self.roll_hash())?)
    }

    /// The hash of the roll.
    pub(crate) fn roll_hash(&self) -> RollHash {
        RollHash::of(self.voters, &self.blocks)
    }

    /// The log of the blocks of the roll.
    fn roll_head(&self) -> TreeHead {
        TreeHead { size: self.voters.div_ceil(BLOCK_LINES), root: self.blocks }
    }
}

/// A file of a record: its path and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// The files that follow from joint key and roll, and never change: all but those of the board.
#[must_use]
pub fn files_of_roll(joint_key: &JointKey, roll: &PublishedRoll) -> Vec<NamedFile> {
    let places = roll.index().places();
    let places = places.flat_map(|(first, offset)| [first.to_be_bytes(), offset.to_le_bytes()]).flatten().collect();
    let summary = ElectionSummary::new(joint_key, roll).to_bytes();
    let mut files: Vec<NamedFile> = alloc::vec![(ELECTION.to_string(), summary), (PLACES.to_string(), places)];
    files.extend(log_files(ROLL_TILES, ROLL_MIDDLE, roll.index().leaves().copied()));
    files
}

/// The length of a change in the file of the changes of the roll.
const CHANGE_BYTES: usize = 24;

/// The file of the changes of the roll that have an effect.
#[must_use]
pub fn changes_file(changes: &[EffectiveChange]) -> Vec<u8> {
    let first_bytes = |line: Option<RollLine>| line.map_or([0; 8], |line| first_bytes(&line.credential).to_be_bytes());
    let change = |change: &EffectiveChange| {
        [change.index.to_le_bytes(), first_bytes(change.revoked), first_bytes(change.added)].into_iter().flatten()
    };
    changes.iter().flat_map(change).collect()
}

/// A change of the roll as the board announces it. Nothing shows that it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AnnouncedChange {
    pub(crate) index: u64,
    pub(crate) revoked: u64,
    pub(crate) added: u64,
}

/// The changes of the roll as the board announces them; none if there is no file of them.
pub(crate) fn announced_changes(source: &dyn RecordSource) -> Result<Vec<AnnouncedChange>, RecordError> {
    let bytes = match read_file(source, CHANGES, CHANGE_BYTES * MAX_ROLL_CHANGES as usize) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return Ok(Vec::new()),
        Err(error) => return Err(RecordError::file(CHANGES)(error)),
    };
    let (changes, rest) = bytes.as_chunks::<8>();
    let (changes, more) = changes.as_chunks::<3>();
    if !rest.is_empty() || !more.is_empty() {
        return Err(light(CHANGES, "change", bytes.len() as u64));
    }
    let change = |[index, revoked, added]: &[[u8; 8]; 3]| AnnouncedChange {
        index: u64::from_le_bytes(*index),
        revoked: u64::from_be_bytes(*revoked),
        added: u64::from_be_bytes(*added),
    };
    Ok(changes.iter().map(change).collect())
}

/// The files that follow from the closing: `size` is the number of entries up to it, and `heads` the file of the heads of the
/// voters at that time.
#[must_use]
pub fn files_of_close(size: u64, heads: &[u8]) -> Vec<NamedFile> {
    let blocks = heads.chunks(HEAD_BYTES * HEADS_PER_BLOCK as usize).map(leaf_hash);
    let mut files: Vec<NamedFile> = alloc::vec![(CLOSE.to_string(), size.to_le_bytes().to_vec())];
    files.extend(log_files(HEAD_TILES, HEAD_MIDDLE, blocks));
    files
}

/// The tiles of hashes of a board with these leaves, and the hashes in the middle of its full tiles.
pub(crate) fn files_of_board(leaves: Vec<TreeHash>) -> Vec<NamedFile> {
    let mut files = alloc::vec![(MIDDLE.to_string(), middle_of(&leaves))];
    files.extend(tiles("", leaves.into_iter()));
    files
}

/// The hashes in the middle of the full tiles of level 0 with these hashes.
#[must_use]
pub fn middle_of(hashes: &[TreeHash]) -> Vec<u8> {
    let full = hashes.len() - hashes.len() % usize::from(TILE_WIDTH);
    let full = hashes.get(..full).unwrap_or_default().chunks(MIDDLE_WIDTH as usize);
    full.flat_map(|some| *some.iter().copied().collect::<Frontier>().root().as_bytes()).collect()
}

/// The tiles of hashes of a log with these leaves, in a folder, and the hashes in the middle of its full tiles.
fn log_files(folder: &str, path: &str, leaves: impl Iterator<Item = TreeHash>) -> Vec<NamedFile> {
    let leaves: Vec<TreeHash> = leaves.collect();
    let middle = middle_of(&leaves);
    let mut files = tiles(folder, leaves.into_iter());
    if !middle.is_empty() {
        files.push((path.to_string(), middle));
    }
    files
}

/// The tiles of hashes of a log with these leaves, in a folder.
pub(crate) fn tiles(folder: &str, leaves: impl Iterator<Item = TreeHash>) -> Vec<NamedFile> {
    let mut last = LastTiles::new();
    let mut tiles = Vec::new();
    for leaf in leaves {
        tiles.extend(last.push(leaf));
    }
    tiles.extend(last.partial());
    tiles.into_iter().map(|(path, tile)| ([folder, &path.to_string()].concat(), tile)).collect()
}

/// The lines of a roll around one credential, each shown to be on the roll.
pub(crate) struct RollLines {
    lines: Vec<RollLine>,
    /// Whether the last line is the last one of the roll.
    has_end: bool,
}

impl RollLines {
    /// Reads the block of the roll that has the credentials with these first 8 bytes, and the block after it if they could be
    /// on both. `reads_middle` saves bytes, and costs one reading more.
    pub(crate) fn read(
        source: &dyn RecordSource,
        rules: &RollRules,
        summary: &ElectionSummary,
        first_bytes: u64,
        reads_middle: bool,
    ) -> Result<Self, RecordError> {
        let head = summary.roll_head();
        let log = TiledLog::in_folder(source, ROLL_TILES, reads_middle.then_some(ROLL_MIDDLE), head);
        let mut lines: Vec<RollLine> = Vec::new();
        let mut place = find_block(source, head.size, first_bytes)?;
        // Many credentials that begin alike are on a roll that somebody made so.
        for _ in 0..MOST_BLOCKS {
            let BlockPlace { position, start, end } = place;
            let bytes = read_range(source, super::ROLL, start, end - start)?;
            log.inclusion(position, &leaf_hash(&bytes))?;
            let read = read_roll_block(rules, position, &bytes);
            lines.extend(read.map_err(|_| RecordError::Changed { path: super::ROLL.into() })?);
            // Credentials ascend: what is not before the last line may be in the next block.
            let is_last = lines.last().is_some_and(|line| line.first_bytes() > first_bytes);
            let has_end = position + 1 >= head.size;
            if is_last || has_end {
                return Ok(Self { lines, has_end });
            }
            place = block_place(source, position + 1)?;
        }
        Err(light(PLACES, "block", place.position))
    }

    /// Shows that a credential with these first 8 bytes that was not found is not on the roll: it would be between two lines
    /// that were read, or outside of them at an end of the roll. The lines of a roll ascend.
    pub(crate) fn shows_absence(&self, first_bytes: u64) -> Result<(), RecordError> {
        let begins = self.lines.first().is_some_and(|line| line.voter() == 0 || line.first_bytes() < first_bytes);
        let ends = self.has_end || self.lines.last().is_some_and(|line| line.first_bytes() > first_bytes);
        if (begins && ends) || weaken::is_off(Check::AbsenceFromRoll) {
            Ok(())
        } else {
            Err(light(PLACES, "block", self.lines.first().map_or(0, |line| line.number)))
        }
    }

    /// The first line that fits.
    pub(crate) fn find(&self, fits: impl Fn(&[u8; 32]) -> bool) -> Option<RollLine> {
        self.lines.iter().find(|line| fits(&line.credential)).copied()
    }
}

/// A roll that is not read as a whole. A line is found by these files, and each answer is proved by the root of the roll,
/// which the fingerprint of the election has.
#[derive(Clone, Debug)]
pub struct ProvedRoll {
    rules: RollRules,
    summary: ElectionSummary,
}

impl ProvedRoll {
    pub(crate) fn new(rules: RollRules, summary: ElectionSummary) -> Self {
        Self { rules, summary }
    }

    /// The number of voters.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.summary.voters()
    }

    /// The line of a credential; `None` if the roll shows that it has none.
    ///
    /// # Errors
    ///
    /// If the roll or one of these files cannot be read, or does not fit the root of the roll.
    pub fn find(&self, source: &dyn RecordSource, credential: &[u8; 32]) -> Result<Option<RollLine>, RecordError> {
        let lines = RollLines::read(source, &self.rules, &self.summary, first_bytes(credential), true)?;
        match lines.find(|line| line == credential) {
            Some(line) => Ok(Some(line)),
            // Nobody is refused because a wrong file says where to look.
            None => lines.shows_absence(first_bytes(credential)).map(|()| None),
        }
    }
}

/// Where a block of the roll is.
#[derive(Clone, Copy)]
struct BlockPlace {
    position: u64,
    start: u64,
    end: u64,
}

impl BlockPlace {
    /// The place of a block that is not longer than a block can be.
    fn new(position: u64, start: u64, end: u64) -> Result<Self, RecordError> {
        const LONGEST: u64 = BLOCK_LINES * MAX_ROLL_LINE_BYTES as u64;
        // No roll is longer: a client does not ask for what is far behind its end.
        let is_of_roll = end <= (MAX_VOTERS + 1).saturating_mul(MAX_ROLL_LINE_BYTES as u64);
        match end.checked_sub(start).filter(|_| is_of_roll) {
            Some(1..=LONGEST) => Ok(Self { position, start, end }),
            _ => Err(light(PLACES, "block", position)),
        }
    }
}

fn light(path: &'static str, field: &'static str, found: u64) -> RecordError {
    RecordError::Light { path, error: DecodeError::UnknownValue { field, found } }
}

fn block_place(source: &dyn RecordSource, position: u64) -> Result<BlockPlace, RecordError> {
    match places(source, position, 2)?.as_slice() {
        [(_, start), (_, end)] => BlockPlace::new(position, *start, *end),
        _ => Err(light(PLACES, "block", position)),
    }
}

/// The first bytes of a credential as a number that is nearly uniform below `2^63`: the lowest bit of the first byte is 0 in
/// the encoding of every element (RFC 9496), so that half of all numbers do not occur.
fn uniform(first_bytes: u64) -> u64 {
    const REST: u64 = u64::MAX >> 8;
    (first_bytes >> 57) << 56 | (first_bytes & REST)
}

/// The last of `count` blocks whose first credential does not have larger first bytes; the first block if all have. If
/// several blocks begin alike, the one before them: the credential may be on it.
fn find_block(source: &dyn RecordSource, count: u64, first_bytes: u64) -> Result<BlockPlace, RecordError> {
    // Blocks before `low` begin below the credential, blocks from `high` on do not. Between them, credentials are nearly
    // uniform from `least` to `most`.
    let (mut low, mut high) = (0, count);
    let (mut least, mut most) = (0, u64::MAX);
    // Halving needs at most 64 readings. A file that does not ascend ends the search.
    for attempt in 0..u64::BITS {
        let span = high - low;
        let into = match (attempt, uniform(most).checked_sub(uniform(least))) {
            (0..4, Some(range @ 1..)) => {
                let part = uniform(first_bytes).saturating_sub(uniform(least)).min(range);
                (u128::from(span) * u128::from(part) / u128::from(range)) as u64
            }
            _ => span / 2,
        };
        let start = (low + into).saturating_sub(WINDOW / 2).clamp(low, high.saturating_sub(WINDOW).max(low));
        let end = (start + WINDOW).min(high);
        let read = places(source, start, end - start + 1)?;
        let below = read.partition_point(|(first, _)| *first < first_bytes);
        if below == 0 && start > low {
            (high, most) = (start, read.first().map_or(most, |(first, _)| *first));
        } else if below as u64 > end - start && end < high {
            (low, least) = (end, read.last().map_or(least, |(first, _)| *first));
        } else {
            let place = below.saturating_sub(1);
            let (Some((_, from)), Some((_, to))) = (read.get(place), read.get(place + 1)) else { break };
            return BlockPlace::new(start + place as u64, *from, *to);
        }
        if low >= high {
            break;
        }
    }
    Err(light(PLACES, "block", low))
}

/// Places of blocks: first bytes and offset.
fn places(source: &dyn RecordSource, first: u64, count: u64) -> Result<Vec<(u64, u64)>, RecordError> {
    let bytes = read_range(source, PLACES, first * PLACE_BYTES, count * PLACE_BYTES)?;
    let (places, _) = bytes.as_chunks::<8>();
    let (places, _) = places.as_chunks::<2>();
    Ok(places.iter().map(|[first, offset]| (u64::from_be_bytes(*first), u64::from_le_bytes(*offset))).collect())
}

/// Reads a part of a file, whose length the caller has limited.
fn read_range(source: &dyn RecordSource, path: &str, offset: u64, length: u64) -> Result<Vec<u8>, RecordError> {
    let mut bytes = alloc::vec![0; length as usize];
    let failed = |error: SourceError| RecordError::file(path)(ReadError::Source(error));
    source.read_exact_at(path, offset, &mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Whether a file of a record follows from others and is none that a verifier reads: a file for light clients. Whether it is
/// right is not checked.
#[must_use]
pub fn is_light_path(path: &str) -> bool {
    let in_folder = || [ROLL_TILES, HEAD_TILES].iter().find_map(|folder| path.strip_prefix(folder));
    [ELECTION, PLACES, HEADS, CHANGES, LENGTHS, CLOSE, MIDDLE, ROLL_MIDDLE, HEAD_MIDDLE].contains(&path)
        || in_folder().is_some_and(is_hash_tile)
}

/// Whether this is the path of a tile of hashes, of a log of any size.
#[must_use]
pub fn is_hash_tile(path: &str) -> bool {
    path.parse().is_ok_and(|tile: TilePath| tile.level() != Level::Entries)
}

/// The length of an entry, as the file of lengths has it.
#[must_use]
pub fn entry_length(entry: &[u8]) -> [u8; 2] {
    // An entry has at most 65,535 bytes.
    (entry.len() as u16).to_le_bytes()
}

/// Reads entries of a board of `size` entries, from `first` on: those of its bundle that fit into `most` bytes, and the first
/// in any case. Nothing shows yet that they are entries of the board.
pub(crate) fn entries_from(
    source: &dyn RecordSource,
    size: u64,
    first: u64,
    most: usize,
) -> Result<Vec<(u64, Vec<u8>)>, RecordError> {
    let Some(bundle) = TilePath::bundle_of(first, size) else { return Ok(Vec::new()) };
    let before = bundle.first();
    let lengths = read_range(source, LENGTHS, 2 * before, 2 * u64::from(bundle.width()))?;
    let (lengths, _) = lengths.as_chunks::<2>();
    let lengths = lengths.iter().map(|length| 2 + u64::from(u16::from_le_bytes(*length)));
    let skipped = (first - before) as usize;
    let start: u64 = lengths.clone().take(skipped).sum();
    let (mut length, mut width) = (0, 0_u16);
    for entry in lengths.skip(skipped) {
        if width > 0 && length + entry > most as u64 {
            break;
        }
        (length, width) = (length + entry, width + 1);
    }
    let path = bundle.to_string();
    let bytes = read_range(source, &path, start, length)?;
    let entries = decode_bundle(&bytes, width).map_err(|_| light(LENGTHS, "length", first))?;
    Ok((first..).zip(entries).map(|(index, entry)| (index, entry.to_vec())).collect())
}

/// Reads one entry of a board, and shows that it is one.
pub(crate) fn entry(source: &dyn RecordSource, log: &TiledLog<'_>, index: u64) -> Result<Vec<u8>, RecordError> {
    proved_entry(source, log, index).map(|(entry, _)| entry)
}

/// Reads one entry of a board, with the proof that it is one.
pub(crate) fn proved_entry(
    source: &dyn RecordSource,
    log: &TiledLog<'_>,
    index: u64,
) -> Result<(Vec<u8>, Vec<TreeHash>), RecordError> {
    proved_entries(source, log, index, 0).map(|(entry, proof, _)| (entry, proof))
}

/// The same, with the entries after it that fit into `most` bytes together with it. Nothing shows yet that those are entries of
/// the board.
#[allow(clippy::type_complexity, reason = "an entry, its proof, and others with their positions")]
pub(crate) fn proved_entries(
    source: &dyn RecordSource,
    log: &TiledLog<'_>,
    index: u64,
    most: usize,
) -> Result<(Vec<u8>, Vec<TreeHash>, Vec<(u64, Vec<u8>)>), RecordError> {
    let size = log.head().size;
    let outside = light(HEADS, "position", index);
    if index >= size {
        return Err(outside);
    }
    // Both are begun before one fails: a source that fetches what is needed learns of both at once.
    let (tiles, entries) = (log.read_for_inclusion(index), entries_from(source, size, index, most));
    let mut entries = entries?.into_iter();
    tiles?;
    let (_, entry) = entries.next().ok_or(outside)?;
    let proof = log.inclusion(index, &leaf_hash(&entry))?;
    Ok((entry, proof, entries.collect()))
}

/// The head of a voter as the board says it during the voting. Nothing shows that it is right. The whole block is read, as after
/// the close, so that the server is not told which of its voters asks.
pub(crate) fn announced_head(source: &dyn RecordSource, voters: u64, voter: u32) -> Result<VoterHead, RecordError> {
    let block = block_of_heads(source, voters, voter)?;
    head_in_block(&block, voter).map_err(|error| RecordError::Light { path: HEADS, error })
}

/// The block of the file of heads with that of a voter.
fn block_of_heads(source: &dyn RecordSource, voters: u64, voter: u32) -> Result<Vec<u8>, RecordError> {
    let first = u64::from(voter) / HEADS_PER_BLOCK * HEADS_PER_BLOCK;
    read_range(source, HEADS, 8 * first, 8 * HEADS_PER_BLOCK.min(voters.saturating_sub(first)))
}

/// The head of a voter that is in the tree with this root, of the heads of `voters` voters.
pub(crate) fn proved_head(
    source: &dyn RecordSource,
    root: &TreeHash,
    voters: u64,
    voter: u32,
) -> Result<VoterHead, RecordError> {
    let position = u64::from(voter) / HEADS_PER_BLOCK;
    let block = block_of_heads(source, voters, voter)?;
    let head = TreeHead { size: voters.div_ceil(HEADS_PER_BLOCK), root: *root };
    TiledLog::in_folder(source, HEAD_TILES, Some(HEAD_MIDDLE), head).inclusion(position, &leaf_hash(&block))?;
    head_in_block(&block, voter).map_err(|error| RecordError::Light { path: HEADS, error })
}

/// The number of entries up to the close, as the board says it; `None` before the close. Nothing shows that it is right.
pub(crate) fn announced_close(source: &dyn RecordSource) -> Result<Option<u64>, RecordError> {
    match read_file(source, CLOSE, 8) {
        Ok(bytes) => {
            let size = Reader::new(&bytes).u64("size").and_then(|size| at_most("size", size, MAX_ENTRIES));
            size.map(Some).map_err(|error| RecordError::Light { path: CLOSE, error })
        }
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(RecordError::file(CLOSE)(error)),
    }
}
