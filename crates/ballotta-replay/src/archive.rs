//! Archives: zip, and tar, which may be compressed with gzip.
//!
//! The files of an archive are written into a folder under numbers. A name in an archive never becomes a path. The number
//! of files and of unpacked bytes is limited, whatever the archive says about its sizes.
//!
//! The archives of records (`ballotta_io::ZipRecord`) are another matter: they have the files of a record only, of limited
//! lengths, and no byte besides. Archives of others have comments, folders and files of any length.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write};
use std::mem::take;
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use flate2::read::MultiGzDecoder;

use crate::error::{At as _, ReplayError, Result, bail, ensure, problem};
use crate::source::{MAX_FILES, MAX_UNPACKED_BYTES, listed, unreadable};
use crate::text::shortened;

/// The first bytes of a gzip file.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The length of a block of a tar archive.
const BLOCK: usize = 512;
/// The most bytes of a name, and of the fields before a file of a tar archive.
const MAX_NAME_BYTES: u64 = 1 << 16;

/// The kind of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    TarGz,
}

/// The files of an archive: their names, and where they were unpacked. After them, notes about what was not unpacked.
type Unpacked = (Vec<(String, PathBuf)>, Vec<String>);

impl Kind {
    /// The kind of the archive, if the file is one.
    pub(crate) fn of(path: &Path) -> Result<Option<Self>> {
        let mut file = File::open(path).map_err(unreadable(path))?;
        let mut bytes = Vec::new();
        (&mut file).take(BLOCK as u64).read_to_end(&mut bytes).map_err(unreadable(path))?;
        let is_tar = |block: &[u8]| block.get(257..262) == Some(b"ustar");
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            return Ok(Some(Self::Zip));
        }
        if bytes.starts_with(&GZIP) {
            file.rewind().map_err(unreadable(path))?;
            let mut block = Vec::new();
            // A damaged file is no archive here. Whoever reads it says what is wrong with it.
            let read = MultiGzDecoder::new(file).take(BLOCK as u64).read_to_end(&mut block);
            return Ok((read.is_ok() && is_tar(&block)).then_some(Self::TarGz));
        }
        Ok(is_tar(&bytes).then_some(Self::Tar))
    }

    /// Unpacks an archive into an empty folder.
    pub(crate) fn unpack(self, path: &Path, folder: &Path) -> Result<Unpacked> {
        let file = File::open(path).map_err(unreadable(path))?;
        let writer = Writer { folder, files: Vec::new(), skipped: BTreeMap::new(), left: MAX_UNPACKED_BYTES };
        let writer = match self {
            Self::Zip => zip(file, writer),
            Self::Tar => tar(BufReader::new(file), writer),
            Self::TarGz => tar(BufReader::new(MultiGzDecoder::new(BufReader::new(file))), writer),
        };
        let Writer { files, skipped, .. } = writer.at(|| path.display())?;
        let is_workbook = files.iter().any(|(name, _)| name == "xl/workbook.xml");
        ensure!(!is_workbook, "{} is a workbook (xlsx): save its sheet as CSV", path.display());
        let note = |(why, names): (&str, Vec<String>)| {
            format!("not read ({why}): {}", listed(names.iter().map(String::as_str)))
        };
        Ok((files, skipped.into_iter().map(note).collect()))
    }
}

/// The folder into which an archive is unpacked.
struct Writer<'a> {
    folder: &'a Path,
    files: Vec<(String, PathBuf)>,
    /// The files that are not unpacked, by the reason.
    skipped: BTreeMap<&'static str, Vec<String>>,
    /// The number of bytes that may still be unpacked.
    left: u64,
}

/// A reader of foreign bytes whose errors name what is damaged.
fn damaged(name: &str) -> impl Fn(io::Error) -> ReplayError {
    move |source| ReplayError::Unpack { place: name.to_owned(), source }
}

impl Writer<'_> {
    fn skip(&mut self, why: &'static str, name: String) {
        self.skipped.entry(why).or_default().push(name);
    }

    /// Unpacks a file, and returns its length and its checksum.
    fn write(&mut self, name: String, from: impl Read) -> Result<(u64, u32)> {
        ensure!(self.files.len() < MAX_FILES, "more than {MAX_FILES} files");
        let path = self.folder.join(self.files.len().to_string());
        let mut to = Summed { file: File::create(&path).map_err(unreadable(&path))?, sum: Crc::new() };
        let length = io::copy(&mut from.take(self.left + 1), &mut to).map_err(damaged(&name))?;
        ensure!(length <= self.left, "more than {MAX_UNPACKED_BYTES} bytes when it is unpacked");
        self.left -= length;
        self.files.push((name, path));
        Ok((length, to.sum.sum()))
    }
}

/// A file, with the checksum of what was written to it.
struct Summed {
    file: File,
    sum: Crc,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let done = bytes.get(..written).ok_or_else(|| io::Error::other("more bytes were written than there are"))?;
        self.sum.update(done);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Integers, little-endian.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields from a position on.
    fn at(bytes: &'a [u8], position: usize) -> Result<Self> {
        let mut fields = Self(bytes);
        fields.take(position)?;
        Ok(fields)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| problem!("its directory ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<u64> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The record at the end of a zip archive: its signature, its fixed length, and the longest comment after it.
const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: u64 = 22;
const MAX_COMMENT_BYTES: u64 = 65_535;
/// The record before it, if the archive has numbers of 64 bits.
const LOCATOR_BYTES: u64 = 20;
/// The most bytes of a directory.
const MAX_DIRECTORY_BYTES: u64 = 64 << 20;

/// The bytes of a file from a position on.
fn read_at(file: &mut File, position: u64, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut read = || {
        file.seek(SeekFrom::Start(position))?;
        file.take(length).read_to_end(&mut bytes)
    };
    read().map_err(damaged("the archive"))?;
    ensure!(bytes.len() as u64 == length, "the archive ends too early");
    Ok(bytes)
}

/// The directory of a zip archive.
fn directory(file: &mut File) -> Result<Vec<u8>> {
    let length = file.seek(SeekFrom::End(0)).map_err(damaged("the archive"))?;
    let from = length.saturating_sub(END_BYTES + MAX_COMMENT_BYTES);
    let tail = read_at(file, from, length - from)?;
    let end = (0..tail.len()).rev().find(|at| tail.get(*at..at + 4) == Some(&END));
    let end = end.ok_or_else(|| problem!("a zip archive without a directory"))?;
    let mut fields = Fields::at(&tail, end + 12)?;
    let (mut bytes, mut start) = (fields.number(4)?, fields.number(4)?);
    if bytes == u64::from(u32::MAX) || start == u64::from(u32::MAX) {
        let end = from + end as u64;
        let locator = read_at(file, end.saturating_sub(LOCATOR_BYTES), LOCATOR_BYTES)?;
        ensure!(locator.starts_with(b"PK\x06\x07"), "its directory has no position");
        let record = Fields::at(&locator, 8)?.number(8)?;
        let record = read_at(file, record, 56)?;
        ensure!(record.starts_with(b"PK\x06\x06"), "its directory has no position");
        let mut fields = Fields::at(&record, 40)?;
        (bytes, start) = (fields.number(8)?, fields.number(8)?);
    }
    ensure!(bytes <= MAX_DIRECTORY_BYTES, "its directory has more than {MAX_DIRECTORY_BYTES} bytes");
    read_at(file, start, bytes)
}

/// What the directory of a zip archive says about a file.
struct ZipMember {
    name: String,
    is_encrypted: bool,
    method: u64,
    sum: u64,
    packed: u64,
    length: u64,
    header: u64,
}

fn zip_member(fields: &mut Fields<'_>) -> Result<ZipMember> {
    ensure!(fields.take(4)? == b"PK\x01\x02", "its directory is damaged");
    fields.take(4)?;
    let (flags, method) = (fields.number(2)?, fields.number(2)?);
    fields.take(4)?;
    let (sum, mut packed, mut length) = (fields.number(4)?, fields.number(4)?, fields.number(4)?);
    let (name, extra, comment) = (fields.number(2)?, fields.number(2)?, fields.number(2)?);
    fields.take(8)?;
    let mut header = fields.number(4)?;
    let name = String::from_utf8_lossy(fields.take(name as usize)?).into_owned();
    let mut extra = Fields(fields.take(extra as usize)?);
    fields.take(comment as usize)?;
    // Some programs fill up to a multiple of four bytes, which is too short for another field.
    while extra.0.len() >= 4 {
        let (kind, bytes) = (extra.number(2)?, extra.number(2)?);
        let mut long = Fields(extra.take(bytes as usize)?);
        // The numbers of 64 bits are in this order, each only if its field of 32 bits is full.
        for field in [&mut length, &mut packed, &mut header] {
            if kind == 1 && *field == u64::from(u32::MAX) {
                *field = long.number(8)?;
            }
        }
    }
    for (field, number) in [("length", length), ("packed length", packed), ("position", header)] {
        ensure!(number != u64::from(u32::MAX), "{}: its directory has no {field} of 64 bits", shortened(&name));
    }
    Ok(ZipMember { name, is_encrypted: flags & 1 != 0, method, sum, packed, length, header })
}

fn zip(mut file: File, mut writer: Writer<'_>) -> Result<Writer<'_>> {
    let directory = directory(&mut file)?;
    let mut fields = Fields(&directory);
    while !fields.0.is_empty() {
        let ZipMember { name, is_encrypted, method, sum, packed, length, header } = zip_member(&mut fields)?;
        if name.ends_with('/') {
            continue;
        }
        if is_encrypted || !matches!(method, 0 | 8) {
            writer.skip(if is_encrypted { "encrypted" } else { "not compressed by deflate" }, name);
            continue;
        }
        let local = read_at(&mut file, header, 30)?;
        ensure!(local.starts_with(b"PK\x03\x04"), "{}: its header is damaged", shortened(&name));
        let mut lengths = Fields::at(&local, 26)?;
        let start = header + 30 + lengths.number(2)? + lengths.number(2)?;
        file.seek(SeekFrom::Start(start)).map_err(damaged(&name))?;
        let bytes = BufReader::new((&mut file).take(packed));
        let written = match method {
            0 => writer.write(name.clone(), bytes)?,
            _ => writer.write(name.clone(), DeflateDecoder::new(bytes))?,
        };
        ensure!(written.0 == length && u64::from(written.1) == sum, "{}: its bytes are damaged", shortened(&name));
    }
    Ok(writer)
}

/// A field of a tar header.
fn tar_field(header: &[u8; BLOCK], range: Range<usize>) -> Result<&[u8]> {
    header.get(range).ok_or_else(|| problem!("a field is not in the header"))
}

/// A number of a tar header: octal digits, or bytes if the first bit is set.
fn tar_number(name: &str, field: &[u8]) -> Result<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let too_large = || problem!("{name} in a header is too large");
        let digits = [&[first & 0x7f], rest].concat();
        let mut number = 0_u64;
        for digit in digits {
            number = number.checked_mul(256).ok_or_else(too_large)? + u64::from(digit);
        }
        return Ok(number);
    }
    let text = String::from_utf8_lossy(field);
    let digits = text.trim_matches([' ', '\0']);
    // `from_str_radix` alone would accept a plus sign.
    let number = if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 8).ok() };
    number.ok_or_else(|| problem!("{name} in a header is not a number: {:?}", shortened(digits)))
}

/// A text of a tar header. It ends before the first zero.
fn tar_text(field: &[u8]) -> String {
    // There is always a part before the first zero, and it may be empty.
    String::from_utf8_lossy(field.split(|byte| *byte == 0).next().unwrap_or(field)).into_owned()
}

/// The next block of a tar archive, or `None` at its end.
fn block(from: &mut impl Read) -> Result<Option<[u8; BLOCK]>> {
    let mut block = [0; BLOCK];
    match from.read_exact(&mut block) {
        Ok(()) => Ok(block.iter().any(|byte| *byte != 0).then_some(block)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => bail!("the archive ends too early"),
        Err(error) => Err(damaged("the archive")(error)),
    }
}

fn tar(mut from: impl Read, mut writer: Writer<'_>) -> Result<Writer<'_>> {
    // The name and the length that a header before the header of a file states.
    let (mut long_name, mut long_length, mut has_holes) = (None, None, false);
    while let Some(header) = block(&mut from)? {
        let (before, rest) = header.split_at(148);
        let (sum, after) = rest.split_at(8);
        let total: u64 = before.iter().chain(b"        ").chain(after).map(|byte| u64::from(*byte)).sum();
        ensure!(tar_number("the checksum", sum)? == total, "the header of a file is damaged");
        let kind = tar_field(&header, 156..157)?;
        let [kind] = *kind else { bail!("a header has no kind") };
        let length = tar_field(&header, 124..136)?;
        // Some programs leave it empty where there are no bytes: in folders and links.
        let has_length = !matches!(kind, b'1'..=b'6') || length.iter().any(|byte| !matches!(byte, b' ' | 0));
        let length = if has_length { tar_number("the length of a file", length)? } else { 0 };
        let is_extended = matches!(kind, b'L' | b'x' | b'g' | b'K');
        let length = if is_extended { length } else { long_length.take().unwrap_or(length) };
        let padding = (BLOCK as u64 - length % BLOCK as u64) % BLOCK as u64;
        if is_extended {
            ensure!(length <= MAX_NAME_BYTES, "a name is longer than {MAX_NAME_BYTES} bytes");
            let mut bytes = Vec::new();
            (&mut from).take(length).read_to_end(&mut bytes).map_err(damaged("the archive"))?;
            ensure!(bytes.len() as u64 == length, "the archive ends too early");
            match kind {
                b'L' => long_name = Some(tar_text(&bytes)),
                b'x' => {
                    for (key, value) in pax(&bytes)? {
                        match key.as_str() {
                            "path" => long_name = Some(value),
                            "size" => long_length = Some(crate::text::number(&value).at(|| "size")?),
                            key => has_holes |= key.starts_with("GNU.sparse."),
                        }
                    }
                }
                // Of all files after it: no program writes names or lengths there.
                b'g' => {
                    let has_values = pax(&bytes)?.iter().any(|(key, _)| matches!(key.as_str(), "path" | "size"));
                    ensure!(!has_values, "a header for all files has a path or a size");
                }
                // The name of a link, which is not read.
                _ => {}
            }
        } else {
            let name = tar_text(tar_field(&header, 0..100)?);
            let prefix = tar_text(tar_field(&header, 345..500)?);
            let is_ustar = tar_field(&header, 257..263)? == b"ustar\0" && !prefix.is_empty();
            let name = long_name.take().unwrap_or(if is_ustar { format!("{prefix}/{name}") } else { name });
            let bytes = (&mut from).take(length);
            match kind {
                0 | b'0' | b'7' if !name.ends_with('/') && !take(&mut has_holes) => {
                    let (written, _) = writer.write(name.clone(), bytes)?;
                    ensure!(written == length, "{}: the archive ends too early", shortened(&name));
                }
                _ => {
                    // Folders have no bytes. Links and files with holes are named.
                    if kind != b'5' && !name.ends_with('/') {
                        writer.skip("no plain file", name.clone());
                    }
                    let skipped = io::copy(&mut { bytes }, &mut io::sink()).map_err(damaged(&name))?;
                    ensure!(skipped == length, "{}: the archive ends too early", shortened(&name));
                }
            }
        }
        let skipped = io::copy(&mut (&mut from).take(padding), &mut io::sink()).map_err(damaged("the archive"))?;
        ensure!(skipped == padding, "the archive ends too early");
    }
    Ok(writer)
}

/// The fields before a file: `<length> <key>=<value>` and a line feed, where the length counts all of it.
fn pax(mut bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let field = || {
            let space = bytes.iter().position(|byte| *byte == b' ')?;
            let length: usize = std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok()?;
            let (field, rest) = bytes.split_at_checked(length)?;
            let text = String::from_utf8_lossy(field.get(space + 1..)?).into_owned();
            let (key, value) = text.strip_suffix('\n')?.split_once('=')?;
            Some((key.to_owned(), value.to_owned(), rest))
        };
        let (key, value, rest) = field().ok_or_else(|| problem!("the fields before a file are damaged"))?;
        fields.push((key, value));
        bytes = rest;
    }
    Ok(fields)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;
    use crate::error::on_one_line;
    use crate::source::Source;

    fn sum(bytes: &[u8]) -> u32 {
        let mut sum = Crc::new();
        sum.update(bytes);
        sum.sum()
    }

    /// A zip archive of deflated files, with a comment at its end.
    pub(crate) fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
        let (mut archive, mut directory) = (Vec::new(), Vec::new());
        for (name, text) in files {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            let packed = encoder.finish().unwrap();
            let mut about = vec![0, 0, 8, 0, 0, 0, 0, 0];
            for number in [sum(text.as_bytes()), packed.len() as u32, text.len() as u32] {
                about.extend(number.to_le_bytes());
            }
            about.extend((name.len() as u16).to_le_bytes());
            about.extend([0, 0]);
            directory.extend([b"PK\x01\x02\x14\x00\x14\x00", about.as_slice(), &[0; 10]].concat());
            directory.extend((archive.len() as u32).to_le_bytes());
            directory.extend(name.as_bytes());
            archive.extend([b"PK\x03\x04\x14\x00", about.as_slice(), name.as_bytes(), &packed].concat());
        }
        let (start, length) = (archive.len() as u32, directory.len() as u32);
        archive.extend(&directory);
        archive.extend([&END[..], &[0; 4], &[files.len() as u8, 0, files.len() as u8, 0]].concat());
        archive.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
        archive.extend([3, 0, b'e', b'n', b'd']);
        archive
    }

    fn tar_header(name: &str, kind: u8, length: usize) -> [u8; BLOCK] {
        let mut header = [0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{length:011o}").as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header
    }

    /// A tar archive. A name of more than 99 bytes is in the fields before its file.
    pub(crate) fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = Vec::new();
        let mut put = |name: &str, kind: u8, bytes: &[u8]| {
            archive.extend(tar_header(name, kind, bytes.len()));
            archive.extend(bytes);
            archive.resize(archive.len().next_multiple_of(BLOCK), 0);
        };
        put("folder/", b'5', b"");
        for (name, text) in files {
            if name.len() > 99 {
                let field = format!(" path={name}\n");
                put("before", b'x', format!("{}{field}", field.len() + 3).as_bytes());
                put("x", b'0', text.as_bytes());
            } else {
                put(name, b'0', text.as_bytes());
            }
        }
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn opened(bytes: &[u8]) -> Result<Source> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        fs::write(&path, bytes).unwrap();
        Source::open(&path)
    }

    fn content(source: &Source) -> Vec<(String, String)> {
        let text = |file: &crate::source::SourceFile| String::from_utf8(file.read(1 << 20).unwrap()).unwrap();
        source.files().iter().map(|file| (file.name().to_owned(), text(file))).collect()
    }

    #[test]
    fn archives_are_unpacked() {
        let long = format!("export/{}.csv", "x".repeat(120));
        let files = [("export/b.csv", "1,2\n"), ("../a.json", "{}"), ("__MACOSX/b.csv", "?"), (&long, "3")];
        let expected: Vec<(String, String)> = [("a.json", "{}"), ("b.csv", "1,2\n"), (&long["export/".len()..], "3")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .to_vec();
        let tar = tar_of(&files);
        for archive in [zip_of(&files), gzip(&tar), tar] {
            assert_eq!(content(&opened(&archive).unwrap()), expected);
        }
        // Names that are not unique keep their folders.
        let source = opened(&zip_of(&[("a/x.pb", "1"), ("b/x.pb", "2")])).unwrap();
        assert_eq!(content(&source).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a/x.pb", "b/x.pb"]);
    }

    #[test]
    fn damaged_archives_are_refused() {
        let problem = |bytes: &[u8]| {
            let text = on_one_line(&opened(bytes).unwrap_err());
            text.split_once("archive: ").unwrap_or(("", &text)).1.to_owned()
        };
        let zip = zip_of(&[("a", "some text")]);
        let mut damaged = zip.clone();
        // The checksum in the directory.
        let at = damaged.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        damaged[at + 16] ^= 1;
        assert_eq!(problem(&damaged), "a: its bytes are damaged");
        assert_eq!(problem(b"PK\x03\x04and nothing more"), "a zip archive without a directory");
        assert_eq!(problem(&zip_of(&[("a", "1"), ("a", "2")])), "the file a appears twice");
        let tar = tar_of(&[("a", "some text")]);
        assert_eq!(problem(&tar[..3 * BLOCK]), "the archive ends too early");
        let mut damaged = tar.clone();
        damaged[BLOCK] ^= 1;
        assert_eq!(problem(&damaged), "the header of a file is damaged");
        // The header of the file, after that of the folder, whose checksum is right.
        let with_field = |at: usize, text: &[u8], kind: u8| {
            let mut header = tar_header("a", kind, 9);
            header[at..at + text.len()].copy_from_slice(text);
            header[148..156].copy_from_slice(b"        ");
            let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            let mut changed = tar.clone();
            changed[BLOCK..2 * BLOCK].copy_from_slice(&header);
            changed
        };
        let length = |text: &[u8]| problem(&with_field(124, text, b'0'));
        assert_eq!(length(&[0; 12]), "the length of a file in a header is not a number: \"\"");
        assert_eq!(length(b"+0000000011\0"), "the length of a file in a header is not a number: \"+0000000011\"");
        assert_eq!(length(b"00000000019\0"), "the length of a file in a header is not a number: \"00000000019\"");
        assert_eq!(length(&[0xff; 12]), "the length of a file in a header is too large");
        let mut damaged = tar.clone();
        damaged[BLOCK + 148..BLOCK + 156].fill(0);
        assert_eq!(problem(&damaged), "the checksum in a header is not a number: \"\"");
        // Fields before a file, in its place.
        let fields = |kind: u8, text: &str| {
            let mut changed = with_field(124, format!("{:011o}\0", text.len()).as_bytes(), kind);
            changed[2 * BLOCK..2 * BLOCK + text.len()].copy_from_slice(text.as_bytes());
            changed.splice(3 * BLOCK.., tar_of(&[("b", "text")])[BLOCK..].iter().copied());
            changed
        };
        assert_eq!(problem(&fields(b'x', "10 size=x\n")), "size: \"x\" is not a whole number");
        assert_eq!(problem(&fields(b'x', "11 size=x\n")), "the fields before a file are damaged");
        assert_eq!(problem(&fields(b'g', "10 size=4\n")), "a header for all files has a path or a size");
        let sparse = opened(&fields(b'x', "22 GNU.sparse.major=1\n")).unwrap();
        assert_eq!(sparse.notes, ["not read (no plain file): b"]);
        let mut long = zip.clone();
        let at = long.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        long[at + 24..at + 28].fill(0xff);
        assert_eq!(problem(&long), "a: its directory has no length of 64 bits");
        let workbook = opened(&zip_of(&[("xl/workbook.xml", "<x/>")])).unwrap_err().to_string();
        assert!(workbook.ends_with("archive is a workbook (xlsx): save its sheet as CSV"), "{workbook}");
        for (archive, step) in [(zip, 3), (tar, 41)] {
            for position in (0..archive.len()).step_by(step) {
                for byte in [0, 0xff, b'7', archive[position] ^ 1] {
                    let mut changed = archive.clone();
                    changed[position] = byte;
                    let _ = opened(&changed);
                }
                let _ = opened(&archive[..position]);
            }
        }
    }

    #[test]
    fn what_is_unpacked_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer { folder: folder.path(), files: Vec::new(), skipped: BTreeMap::new(), left: 10 };
        assert_eq!(writer.write("a".to_owned(), &b"1234"[..]).unwrap().0, 4);
        let problem = writer.write("b".to_owned(), io::repeat(0)).unwrap_err().to_string();
        assert_eq!(problem, format!("more than {MAX_UNPACKED_BYTES} bytes when it is unpacked"));
        let mut zip = zip_of(&[("a", "text")]);
        let at = zip.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        zip[at + 8] = 1;
        assert_eq!(opened(&zip).unwrap().notes, ["not read (encrypted): a"]);
    }
}
