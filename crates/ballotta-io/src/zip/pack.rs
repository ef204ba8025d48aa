//! Writing a record as an archive.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ballotta::record::RecordSource as _;
use ballotta::record::light::{is_hash_tile, is_light_path};
use crc32fast::Hasher;

use super::ZipError;
use super::directory::{
    CENTRAL_SIGNATURE, END_SIGNATURE, END64_SIGNATURE, EXTRA64, LOCAL_SIGNATURE, LOCATOR_SIGNATURE,
};
use crate::FolderRecord;

/// The version that is needed to read stored files, and the version that is needed for files of more than 4 GB.
const VERSIONS: [u16; 2] = [10, 45];
/// The first day that an archive can name. The date is always the same, so that the same record gives the same bytes.
const DATE: u32 = 0x0021_0000;

struct Packed {
    name: String,
    length: u64,
    crc: u32,
    header: u64,
}

/// Writes the record in a folder as a zip archive, which must not exist yet. Files for light clients and tiles of hashes are
/// left out: auditors do not need them. Files are stored as they are: ballots cannot
/// be compressed. The same record gives the same bytes.
///
/// # Errors
///
/// If a file cannot be read, or if the archive cannot be written.
pub fn pack(record: &Path, archive: &Path) -> Result<(), ZipError> {
    let mut paths = FolderRecord::new(record).list().map_err(io::Error::other)?.unwrap_or_default();
    paths.retain(|path| !is_light_path(path) && !is_hash_tile(path));
    let mut zip = BufWriter::new(File::options().write(true).create_new(true).open(archive)?);
    let mut packed = Vec::with_capacity(paths.len());
    for name in paths {
        let file = pack_file(&record.join(&name), name, &mut zip)?;
        packed.push(file);
    }
    let start = zip.stream_position()?;
    for file in &packed {
        write_header(file, Some(file.header), &mut zip)?;
    }
    let end = zip.stream_position()?;
    write_end(packed.len() as u64, start, end, &mut zip)?;
    zip.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(())
}

fn pack_file(path: &Path, name: String, zip: &mut BufWriter<File>) -> Result<Packed, ZipError> {
    const PART: usize = 1 << 16;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let header = zip.stream_position()?;
    let mut packed = Packed { name, length, crc: 0, header };
    write_header(&packed, None, zip)?;
    let mut crc = Hasher::new();
    let (mut part, mut written) = (vec![0; PART], 0);
    loop {
        let count = file.read(&mut part)?;
        let Some(bytes) = part.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        crc.update(bytes);
        zip.write_all(bytes)?;
        written += count as u64;
    }
    if written != length {
        return Err(io::Error::other(format!("{} changed while it was read", packed.name)).into());
    }
    packed.crc = crc.finalize();
    let end = zip.stream_position()?;
    zip.seek(SeekFrom::Start(header))?;
    write_header(&packed, None, zip)?;
    zip.seek(SeekFrom::Start(end))?;
    Ok(packed)
}

/// A value in 32 bits, or the mark that the value is in the extra fields.
fn short(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn is_long(value: u64) -> bool {
    short(value) == u32::MAX
}

/// The length of a name or an extra field. Names in a record are short, so it fits into 16 bits.
fn short_length(bytes: &[u8]) -> io::Result<[u8; 2]> {
    u16::try_from(bytes.len()).map(u16::to_le_bytes).map_err(|_| io::ErrorKind::InvalidFilename.into())
}

fn extra(values: &[u64]) -> io::Result<Vec<u8>> {
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    if values.is_empty() {
        return Ok(values);
    }
    Ok([&EXTRA64.to_le_bytes(), &short_length(&values)?, values.as_slice()].concat())
}

/// Writes a header of a file: the one before its bytes, or, with the place of that header, the one in the directory.
fn write_header(file: &Packed, place: Option<u64>, zip: &mut impl Write) -> io::Result<()> {
    let mut long = Vec::new();
    if is_long(file.length) {
        long.extend([file.length, file.length]);
    }
    long.extend(place.filter(|place| is_long(*place)));
    let version = VERSIONS[usize::from(!long.is_empty())].to_le_bytes();
    let extra = extra(&long)?;
    match place {
        None => zip.write_all(&LOCAL_SIGNATURE.to_le_bytes())?,
        Some(_) => zip.write_all(&[&CENTRAL_SIGNATURE.to_le_bytes(), version.as_slice()].concat())?,
    }
    zip.write_all(&version)?;
    // No flags, stored.
    zip.write_all(&[0; 4])?;
    zip.write_all(&DATE.to_le_bytes())?;
    zip.write_all(&file.crc.to_le_bytes())?;
    zip.write_all(&short(file.length).to_le_bytes())?;
    zip.write_all(&short(file.length).to_le_bytes())?;
    zip.write_all(&short_length(file.name.as_bytes())?)?;
    zip.write_all(&short_length(&extra)?)?;
    if let Some(place) = place {
        // No comment, one part, no attributes.
        zip.write_all(&[0; 10])?;
        zip.write_all(&short(place).to_le_bytes())?;
    }
    zip.write_all(file.name.as_bytes())?;
    zip.write_all(&extra)
}

fn write_end(files: u64, start: u64, end: u64, zip: &mut impl Write) -> io::Result<()> {
    let bytes = end - start;
    let few = u16::try_from(files).unwrap_or(u16::MAX);
    if few == u16::MAX || is_long(start) || is_long(bytes) {
        zip.write_all(&END64_SIGNATURE.to_le_bytes())?;
        zip.write_all(&44_u64.to_le_bytes())?;
        zip.write_all(&VERSIONS[1].to_le_bytes())?;
        zip.write_all(&VERSIONS[1].to_le_bytes())?;
        zip.write_all(&[0; 8])?;
        for value in [files, files, bytes, start] {
            zip.write_all(&value.to_le_bytes())?;
        }
        zip.write_all(&LOCATOR_SIGNATURE.to_le_bytes())?;
        zip.write_all(&[0; 4])?;
        zip.write_all(&end.to_le_bytes())?;
        zip.write_all(&1_u32.to_le_bytes())?;
    }
    zip.write_all(&END_SIGNATURE.to_le_bytes())?;
    zip.write_all(&[0; 4])?;
    zip.write_all(&few.to_le_bytes())?;
    zip.write_all(&few.to_le_bytes())?;
    zip.write_all(&short(bytes).to_le_bytes())?;
    zip.write_all(&short(start).to_le_bytes())?;
    zip.write_all(&[0; 2])?;
    zip.flush()
}
