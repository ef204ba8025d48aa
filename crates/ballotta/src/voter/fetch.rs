//! Which files of a record are needed next, for clients that fetch them one by one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::board::entry::{Entry, EntryKind, Pointer};
use crate::board::tiles::{MAX_BUNDLE_BYTES, TilePath, bundle_paths, decode_bundle};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES};
use crate::manifest::Manifest;
use crate::record::{self, FileList, MemoryRecord, ResultDocument};

/// The purpose for which a record is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To vote, or to look for the ballot of the voter.
    Vote,
    /// To verify the whole record.
    Verify,
}

/// A file that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// The path of the file in the record.
    pub path: String,
    /// The largest length of the file, in bytes. A longer file must be treated as absent.
    pub limit: u64,
}

/// A record that is fetched file by file, from a place that cannot list its files: a static web server.
///
/// ```text
/// while (wanted = fetch.wanted()) is not empty:
///     for each path: fetch.add(path, bytes), or fetch.absent(path) if there is no such file
/// ```
///
/// A missing or wrong file is not an error here, but when the record is read.
pub struct RecordFetch {
    purpose: Purpose,
    record: MemoryRecord,
    /// The files that do not exist, without bytes. A set would be a second type of map in the voter's module.
    absent: MemoryRecord,
    /// The bundles that were not read yet; `None` until manifest and checkpoint are known.
    bundles: Option<Vec<TilePath>>,
    /// The files that the bundles and the list of files name.
    named: Vec<FileRequest>,
    listed: bool,
}

impl RecordFetch {
    /// The largest roll that is fetched: larger ones do not fit into the memory of a client.
    const MAX_ROLL_BYTES: u64 = 1 << 30;
    /// The most files that are requested at once.
    const AT_ONCE: usize = 256;

    /// Begins to fetch a record.
    #[must_use]
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            record: MemoryRecord::default(),
            absent: MemoryRecord::default(),
            bundles: None,
            named: Vec::new(),
            listed: false,
        }
    }

    /// Adds a file that was fetched.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.record.files.insert(path.to_string(), bytes);
    }

    /// Notes that the server has no file at this path.
    pub fn absent(&mut self, path: &str) {
        self.absent.files.insert(path.to_string(), Vec::new());
    }

    /// The files that were fetched, as a record in memory.
    #[must_use]
    pub fn into_record(self) -> MemoryRecord {
        self.record
    }

    /// The files that are needed next, at most 256. Empty if nothing more is needed.
    pub fn wanted(&mut self) -> Vec<FileRequest> {
        let mut wanted = Vec::new();
        for (path, limit) in [
            (record::MANIFEST, MAX_MANIFEST_BYTES as u64),
            (record::CHECKPOINT, MAX_CHECKPOINT_BYTES as u64),
            (record::ROLL, Self::MAX_ROLL_BYTES),
        ] {
            self.want(&mut wanted, path, limit);
        }
        if !wanted.is_empty() {
            return wanted;
        }
        self.find_bundles();
        self.read_bundles();
        for path in self.bundles.iter().flatten().take(Self::AT_ONCE) {
            self.want(&mut wanted, &path.to_string(), MAX_BUNDLE_BYTES as u64);
        }
        if wanted.is_empty() {
            self.read_list();
            for FileRequest { path, limit } in &self.named {
                if wanted.len() < Self::AT_ONCE {
                    self.want(&mut wanted, path, *limit);
                }
            }
        }
        wanted
    }

    fn want(&self, wanted: &mut Vec<FileRequest>, path: &str, limit: u64) {
        let known = self.record.files.contains_key(path) || self.absent.files.contains_key(path);
        if !known && !wanted.iter().any(|earlier| earlier.path == path) {
            wanted.push(FileRequest { path: path.to_string(), limit });
        }
    }

    /// Finds the bundles of the head that the board signed, so that nobody else can make a voter request more.
    fn find_bundles(&mut self) {
        if self.bundles.is_some() {
            return;
        }
        // Of a manifest or a checkpoint that cannot be read, reading the record says so: no bundle is needed for that.
        let size = || {
            let manifest = Manifest::parse(self.record.files.get(record::MANIFEST)?).ok()?;
            Some(record::read_head(&self.record, &manifest).ok()?.size)
        };
        self.bundles = Some(bundle_paths(size().unwrap_or(0)).collect());
    }

    /// Reads the bundles that were fetched, and removes them and the absent ones from the list.
    fn read_bundles(&mut self) {
        let mut left = Vec::new();
        for path in self.bundles.take().into_iter().flatten() {
            let name = path.to_string();
            match self.record.files.get(&name) {
                Some(bytes) => {
                    let entries: Vec<FileRequest> = decode_bundle(bytes, path.width())
                        .into_iter()
                        .flatten()
                        .filter_map(|entry| self.named_by(Entry::decode(entry).ok()?))
                        .collect();
                    self.named.extend(entries);
                }
                None if self.absent.files.contains_key(&name) => {}
                None => left.push(path),
            }
        }
        self.bundles = Some(left);
    }

    /// The file that an entry names.
    fn named_by(&self, entry: Entry<'_>) -> Option<FileRequest> {
        let (path, limit) = match entry.kind() {
            // May be absent. If it is needed, reading the record reports it.
            EntryKind::Close => (record::CLOSING_CHECKPOINT.to_string(), MAX_CHECKPOINT_BYTES),
            kind if kind == EntryKind::Ceremony || self.purpose == Purpose::Verify => {
                record::pointed_file(kind, Pointer::decode(entry.body()).ok()?.hash())?
            }
            _ => return None,
        };
        Some(FileRequest { path, limit: limit as u64 })
    }

    /// Reads the list of files, once.
    fn read_list(&mut self) {
        let list = self.record.files.get(record::FILE_LIST).and_then(|bytes| FileList::parse(bytes).ok());
        let Some(list) = list.filter(|_| !self.listed && self.purpose == Purpose::Verify) else { return };
        self.listed = true;
        let limit = MAX_MESSAGE_BYTES.max(ResultDocument::MAX_BYTES) as u64;
        self.named.extend(list.iter().map(|(path, _)| FileRequest { path: path.to_string(), limit }));
    }
}
