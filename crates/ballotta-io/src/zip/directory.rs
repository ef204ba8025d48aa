//! The directory at the end of an archive.

use std::collections::BTreeMap;
use std::fs::File;

use ballotta::board::tiles::MAX_BUNDLE_BYTES;
use ballotta::limits::{MAX_ENTRIES, MAX_MESSAGE_BYTES};
use ballotta::record::{is_path, long_file_limit};

use super::ZipError;
use crate::folder::read_exact_at;

pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(super) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(super) const END64_SIGNATURE: u32 = 0x0606_4b50;
pub(super) const LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
pub(super) const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: u64 = 22;
const END64_BYTES: u64 = 56;
const LOCATOR_BYTES: u64 = 20;
/// The extra field with the numbers that do not fit into 32 bits.
pub(super) const EXTRA64: u16 = 1;
/// The flag of a member that is encrypted.
const ENCRYPTED: u16 = 1;
/// The most files in an archive. It is larger than the number of bundles and other files of any record.
const MAX_FILES: u64 = MAX_ENTRIES / 256 + (1 << 16);
/// The most bytes in a name. No file of a record has a longer one.
const MAX_NAME_BYTES: usize = 255;
/// The most bytes that one deflated byte can contain.
const MAX_RATIO: u64 = 1032;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// A file of an archive.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) method: Method,
    pub(super) packed: u64,
    pub(super) length: u64,
    /// The position of the bytes of the file.
    pub(super) start: u64,
}

impl Member {
    /// The largest length of a file with this name.
    fn longest(name: &str) -> u64 {
        long_file_limit(name).unwrap_or(MAX_BUNDLE_BYTES.max(MAX_MESSAGE_BYTES) as u64)
    }
}

/// Reads integers, little-endian.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ZipError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(ZipError::Directory("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ZipError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16, ZipError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, ZipError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ZipError> {
        self.array().map(u64::from_le_bytes)
    }
}

/// The place of the directory, and the number of files that it names.
struct Place {
    files: u64,
    start: u64,
    bytes: u64,
}

fn place(file: &File) -> Result<Place, ZipError> {
    let length = file.metadata()?.len();
    let end = length.checked_sub(END_BYTES).ok_or(ZipError::NoDirectory)?;
    let mut bytes = [0; END_BYTES as usize];
    read_exact_at(file, &mut bytes, end)?;
    let mut fields = Fields { rest: &bytes };
    if fields.u32()? != END_SIGNATURE {
        return Err(ZipError::NoDirectory);
    }
    let disks = fields.u32()?;
    let (here, files) = (fields.u16()?, fields.u16()?);
    let (bytes, start) = (fields.u32()?, fields.u32()?);
    if fields.u16()? != 0 {
        return Err(ZipError::NoDirectory);
    }
    if disks != 0 || here != files {
        return Err(ZipError::Directory("it is in several parts"));
    }
    let long = files == u16::MAX || bytes == u32::MAX || start == u32::MAX;
    let (place, ends) = match long.then(|| long_place(file, end)).transpose()?.flatten() {
        Some(place) => place,
        None => (Place { files: files.into(), start: start.into(), bytes: bytes.into() }, end),
    };
    if place.files > MAX_FILES {
        return Err(ZipError::Directory("it names more files than a record has"));
    }
    if place.start.checked_add(place.bytes) != Some(ends) {
        return Err(ZipError::Directory("it is not at the stated position"));
    }
    let longest = place.files * (CENTRAL_BYTES + MAX_NAME_BYTES + 255) as u64;
    if place.bytes > longest {
        return Err(ZipError::Directory("it is longer than its files"));
    }
    Ok(place)
}

/// Reads the place of a directory with fields of 64 bits, and returns the place and where the directory must end.
/// Returns `None` if the archive has no such fields.
fn long_place(file: &File, end: u64) -> Result<Option<(Place, u64)>, ZipError> {
    let Some(locator) = end.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
    let mut bytes = [0; LOCATOR_BYTES as usize];
    read_exact_at(file, &mut bytes, locator)?;
    let mut fields = Fields { rest: &bytes };
    if fields.u32()? != LOCATOR_SIGNATURE {
        return Ok(None);
    }
    fields.u32()?;
    let start = fields.u64()?;
    if start.checked_add(END64_BYTES) != Some(locator) {
        return Err(ZipError::Directory("it is not at the stated position"));
    }
    let mut bytes = [0; END64_BYTES as usize];
    read_exact_at(file, &mut bytes, start)?;
    let mut fields = Fields { rest: &bytes };
    if (fields.u32()?, fields.u64()?) != (END64_SIGNATURE, END64_BYTES - 12) {
        return Err(ZipError::Directory("it is not at its place"));
    }
    fields.take(4)?;
    let disks = fields.u64()?;
    let (here, files) = (fields.u64()?, fields.u64()?);
    let (bytes, first) = (fields.u64()?, fields.u64()?);
    if disks != 0 || here != files {
        return Err(ZipError::Directory("it is in several parts"));
    }
    Ok(Some((Place { files, start: first, bytes }, start)))
}

/// Reads the directory of an archive.
pub(super) fn read_directory(file: &File) -> Result<BTreeMap<String, Member>, ZipError> {
    let Place { files, start, bytes } = place(file)?;
    // The directory is inside the archive.
    let mut directory = vec![0; usize::try_from(bytes).map_err(|_| ZipError::Directory("it is too long"))?];
    read_exact_at(file, &mut directory, start)?;
    let mut fields = Fields { rest: &directory };
    let mut members = BTreeMap::new();
    let mut extents = Vec::new();
    for _ in 0..files {
        let Entry { name, method, packed, length, header } = read_entry(&mut fields)?;
        // The header of a file, its name, and its bytes belong to this file alone.
        let first = first_byte(file, &name, header, start)?;
        let end = first.checked_add(packed).filter(|end| *end <= start).ok_or(BEYOND)?;
        extents.push((header, end));
        if name.ends_with('/') {
            // Nothing reads the bytes of a folder, so it must not have any.
            match (packed, length) {
                (0, 0) => continue,
                _ => return Err(ZipError::Directory("a folder has bytes")),
            }
        }
        let most = match method {
            Method::Stored => packed,
            Method::Deflated => packed.saturating_mul(MAX_RATIO),
        };
        let stored_otherwise = method == Method::Stored && packed != length;
        if length > most.min(Member::longest(&name)) || stored_otherwise {
            return Err(ZipError::TooLong { name, length, packed });
        }
        if members.contains_key(&name) {
            return Err(ZipError::Duplicate(name));
        }
        members.insert(name, Member { method, packed, length, start: first });
    }
    if !fields.rest.is_empty() {
        return Err(ZipError::Directory("bytes follow its last file"));
    }
    extents.sort_unstable();
    match extents.windows(2).any(|pair| matches!(pair, [(_, end), (next, _)] if next < end)) {
        true => Err(ZipError::Directory("two files share bytes")),
        false => Ok(members),
    }
}

const BEYOND: ZipError = ZipError::Directory("a file does not end before it");

/// Returns the position of the first byte of a file. It follows the header of the file, which must name the file. Its
/// length is not in the directory.
fn first_byte(file: &File, name: &str, header: u64, end: u64) -> Result<u64, ZipError> {
    let name_bytes = name.len() as u64;
    let fixed = header.checked_add(LOCAL_BYTES + name_bytes).filter(|fixed| *fixed <= end).ok_or(BEYOND)?;
    let mut bytes = vec![0; LOCAL_BYTES as usize + name.len()];
    read_exact_at(file, &mut bytes, header)?;
    let mut fields = Fields { rest: &bytes };
    let signature = fields.u32()?;
    fields.take(22)?;
    let (own_bytes, extra) = (fields.u16()?, fields.u16()?);
    if signature != LOCAL_SIGNATURE || u64::from(own_bytes) != name_bytes || fields.rest != name.as_bytes() {
        return Err(ZipError::Header(name.into()));
    }
    Ok(fixed + u64::from(extra))
}

/// What the directory says of a file.
struct Entry {
    name: String,
    method: Method,
    packed: u64,
    length: u64,
    /// The position of the file's own header.
    header: u64,
}

fn read_entry(fields: &mut Fields<'_>) -> Result<Entry, ZipError> {
    if fields.u32()? != CENTRAL_SIGNATURE {
        return Err(ZipError::Directory("an entry has the wrong signature"));
    }
    fields.take(4)?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.take(8)?;
    let (packed, length) = (fields.u32()?, fields.u32()?);
    let (name, extra) = (fields.u16()?, fields.u16()?);
    let comment = fields.u16()?;
    fields.take(8)?;
    let header = fields.u32()?;
    let name = fields.take(name.into())?;
    let extra = fields.take(extra.into())?;
    fields.take(comment.into())?;
    let name = String::from_utf8_lossy(name).into_owned();
    if !is_name(&name) {
        return Err(ZipError::Name(name));
    }
    let method = match method {
        0 if flags & ENCRYPTED == 0 => Method::Stored,
        8 if flags & ENCRYPTED == 0 => Method::Deflated,
        _ => return Err(ZipError::Method(name)),
    };
    let mut long = long_fields(extra);
    let mut widen = |field: u32| if field == u32::MAX { long.u64() } else { Ok(field.into()) };
    // The fields of 64 bits are in this order.
    let (length, packed, header) = (widen(length)?, widen(packed)?, widen(header)?);
    Ok(Entry { name, method, packed, length, header })
}

/// The fields of 64 bits among the extra ones.
fn long_fields(extra: &[u8]) -> Fields<'_> {
    let mut fields = Fields { rest: extra };
    while let (Ok(kind), Ok(length)) = (fields.u16(), fields.u16())
        && let Ok(rest) = fields.take(length.into())
    {
        if kind == EXTRA64 {
            return Fields { rest };
        }
    }
    Fields { rest: &[] }
}

/// Whether a name is the path of a file or a folder in a record.
fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && is_path(name.strip_suffix('/').unwrap_or(name))
}
