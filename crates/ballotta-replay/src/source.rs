//! The files of a source: a file with those beside it, the files of a folder, or the files of an archive.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use tempfile::TempDir;

use crate::archive;
use crate::error::{ReplayError, Result, bail, ensure};
use crate::text::shortened;

/// The most files in a folder or an archive.
pub(crate) const MAX_FILES: usize = 1 << 17;
/// The most bytes that are unpacked from an archive, or read from a pipe.
pub(crate) const MAX_UNPACKED_BYTES: u64 = 4 << 30;
/// The most names in a note. The others are counted.
const MAX_NAMES: usize = 8;

/// A source of published ballots: a file, a folder or an archive. The files of an archive are unpacked into a temporary
/// folder, which is removed together with this value. So is what comes from a pipe, which can be read once only.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    /// The position of the file that the source is. `None` if it is a folder or an archive.
    main: Option<usize>,
    files: Vec<SourceFile>,
    /// What is said about the files.
    pub(crate) notes: Vec<String>,
    _unpacked: Option<TempDir>,
}

/// A file of a source, which may be compressed with gzip.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// The name in the folder or the archive, without `.gz`.
    name: String,
    content: Content,
    /// The file as errors name it.
    shown: String,
    /// Whether the reader of a format has opened it.
    is_read: Cell<bool>,
}

/// Where the bytes of a file are.
#[derive(Debug)]
enum Content {
    Disk(PathBuf),
    #[cfg(test)]
    Memory(std::sync::Arc<[u8]>),
}

/// An error of the operating system about a file or folder.
pub(crate) fn unreadable(path: &Path) -> impl Fn(io::Error) -> ReplayError {
    |source| ReplayError::Read { place: path.display().to_string(), source }
}

impl Source {
    /// Opens a file, a folder or an archive (zip, or tar, which may be compressed with gzip).
    ///
    /// # Errors
    ///
    /// If the source cannot be read or unpacked, or has too many files or bytes.
    pub fn open(path: &Path) -> Result<Self> {
        let kind = fs::metadata(path).map_err(unreadable(path))?;
        if kind.is_dir() {
            return Ok(Self::new(path, None, files_of(path)?));
        }
        let unpacked = |path: &Path| tempfile::tempdir().map_err(unreadable(path));
        if kind.is_file() {
            let Some(archive) = archive::Kind::of(path)? else { return Self::of_file(path) };
            let folder = unpacked(path)?;
            let (members, notes) = archive.unpack(path, folder.path())?;
            let source = Self::new(path, None, named(path, members)?);
            return Ok(Self { notes, _unpacked: Some(folder), ..source });
        }
        // A pipe or a device: its bytes come once.
        let folder = unpacked(path)?;
        let copy = folder.path().join("source");
        let from = File::open(path).map_err(unreadable(path))?;
        let mut to = File::create(&copy).map_err(unreadable(&copy))?;
        let length = io::copy(&mut from.take(MAX_UNPACKED_BYTES + 1), &mut to).map_err(unreadable(path))?;
        ensure!(length <= MAX_UNPACKED_BYTES, "{} has more than {MAX_UNPACKED_BYTES} bytes", path.display());
        let source = match archive::Kind::of(&copy)? {
            Some(archive) => {
                let (members, notes) = archive.unpack(&copy, folder.path())?;
                Self { notes, ..Self::new(path, None, named(path, members)?) }
            }
            None => Self::new(path, Some(0), vec![SourceFile::new(&path.display().to_string(), copy, path)]),
        };
        Ok(Self { _unpacked: Some(folder), ..source })
    }

    fn new(path: &Path, main: Option<usize>, files: Vec<SourceFile>) -> Self {
        Self { path: path.to_owned(), main, files, notes: Vec::new(), _unpacked: None }
    }

    /// A file, and the files of its folder, which may say what it means.
    fn of_file(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut files = files_of(folder)?;
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let is_main = |file: &SourceFile| file.path().and_then(Path::file_name) == Some(name.as_os_str());
        let main = files.iter().position(is_main);
        let main = main.unwrap_or_else(|| {
            // A hidden file is not among the files of its folder.
            files.push(SourceFile::new(&name.display().to_string(), path.to_owned(), path));
            files.len() - 1
        });
        if let Some(file) = files.get_mut(main) {
            file.shown = path.display().to_string();
        }
        Ok(Self::new(path, Some(main), files))
    }

    /// Files in memory. The first one is the source.
    #[cfg(test)]
    pub(crate) fn of_memory(files: &[(&str, &[u8])]) -> Self {
        let file = |(name, bytes): &(&str, &[u8])| SourceFile {
            name: (*name).to_owned(),
            content: Content::Memory((*bytes).into()),
            shown: (*name).to_owned(),
            is_read: Cell::new(false),
        };
        Self::new(Path::new("source"), Some(0), files.iter().map(file).collect())
    }

    /// The source as errors name it.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// The path of the source.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the source is, unless it is a folder or an archive.
    pub(crate) fn main(&self) -> Option<&SourceFile> {
        self.files.get(self.main?)
    }

    /// All files, in the order of their names.
    pub(crate) fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file of this name, as it is or with `.gz`.
    pub(crate) fn find(&self, name: &str) -> Result<Option<&SourceFile>> {
        let mut found = self.files.iter().filter(|file| file.name == name);
        match (found.next(), found.next()) {
            (Some(one), Some(two)) => bail!("both {} and {} are {name}", one.shown, two.shown),
            (found, _) => Ok(found),
        }
    }

    /// The files whose names, without `.gz`, have this beginning and this end, in the order of their names.
    pub(crate) fn list<'a>(&'a self, begins: &'a str, ends: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.name.starts_with(begins) && file.name.ends_with(ends))
    }

    /// The file with the ballots: the source itself, or its only file for which `is_format` is true.
    pub(crate) fn only(&self, is_format: impl Fn(&SourceFile) -> Result<bool>) -> Result<&SourceFile> {
        if let Some(main) = self.main() {
            return Ok(main);
        }
        let mut found = Vec::new();
        for file in &self.files {
            if is_format(file)? {
                found.push(file);
            }
        }
        match found.as_slice() {
            [] => bail!("{} has no file of this format", self.shown()),
            [file] => Ok(file),
            several => {
                let names = listed(several.iter().map(|file| file.name.as_str()));
                bail!("{} has several files with ballots ({names}): name one of them", self.shown())
            }
        }
    }

    /// A note about the files of a folder or an archive that no reader has opened.
    pub(crate) fn not_read(&self) -> Option<String> {
        if self.main.is_some() {
            return None;
        }
        let unread: Vec<&str> =
            self.files.iter().filter(|file| !file.is_read.get()).map(|file| file.name.as_str()).collect();
        (!unread.is_empty()).then(|| format!("not read: {}", listed(unread.into_iter())))
    }
}

/// The first names, and how many more there are.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MAX_NAMES);
    let first: Vec<String> = names.take(MAX_NAMES).map(shortened).collect();
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}

/// The files of a folder that are not hidden, in the order of their names.
fn files_of(folder: &Path) -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_shown(&name) && path.is_file() {
            ensure!(found.len() < MAX_FILES, "{} has more than {MAX_FILES} files", folder.display());
            let shown = path.clone();
            found.push(SourceFile::new(&name, path, &shown));
        }
    }
    found.sort_by(|one, two| one.path().cmp(&two.path()));
    Ok(found)
}

/// Whether a file is neither hidden nor made by a program that packs files.
fn is_shown(name: &str) -> bool {
    name.split('/').all(|part| part == ".." || (!part.starts_with('.') && part != "__MACOSX"))
}

/// The files of an archive. Folders in which there is only one name are left out of the names.
fn named(archive: &Path, members: Vec<(String, PathBuf)>) -> Result<Vec<SourceFile>> {
    let mut members: Vec<(String, PathBuf)> = members
        .into_iter()
        .map(|(name, path)| (name.trim_start_matches("./").to_owned(), path))
        .filter(|(name, _)| is_shown(name))
        .collect();
    members.sort();
    let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let bases: HashSet<String> = members.iter().map(|(name, _)| base(name)).collect();
    let has_unique_names = bases.len() == members.len();
    let mut seen = HashSet::new();
    let mut files = Vec::with_capacity(members.len());
    for (name, path) in members {
        ensure!(seen.insert(name.clone()), "{}: the file {name} appears twice", archive.display());
        let shown = archive.join(&name);
        files.push(SourceFile::new(&if has_unique_names { base(&name) } else { name }, path, &shown));
    }
    Ok(files)
}

impl SourceFile {
    fn new(name: &str, path: PathBuf, shown: &Path) -> Self {
        let name = name.strip_suffix(".gz").unwrap_or(name).to_owned();
        Self { name, content: Content::Disk(path), shown: shown.display().to_string(), is_read: Cell::new(false) }
    }

    fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::Disk(path) => Some(path),
            #[cfg(test)]
            Content::Memory(_) => None,
        }
    }

    /// The name in the folder or the archive, without `.gz`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file as errors name it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Opens the file for the reader of a format. If it begins like a gzip file, it is unpacked.
    pub(crate) fn open(&self) -> Result<Box<dyn BufRead>> {
        self.is_read.set(true);
        self.unpacked()
    }

    fn unpacked(&self) -> Result<Box<dyn BufRead>> {
        let unreadable = |source| ReplayError::Read { place: self.shown.clone(), source };
        #[cfg(test)]
        if let Content::Memory(bytes) = &self.content {
            return Ok(Box::new(io::Cursor::new(std::sync::Arc::clone(bytes))));
        }
        let path = self.path().ok_or(io::ErrorKind::NotFound.into()).map_err(unreadable)?;
        let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
        if reader.fill_buf().map_err(unreadable)?.starts_with(&archive::GZIP) {
            return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))));
        }
        Ok(Box::new(reader))
    }

    /// The first `limit` bytes of the file, unpacked.
    pub(crate) fn read(&self, limit: u64) -> Result<Vec<u8>> {
        self.is_read.set(true);
        self.beginning(limit)
    }

    /// The first `limit` bytes of the file, unpacked. This does not count as reading it.
    pub(crate) fn beginning(&self, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self.unpacked()?.take(limit).read_to_end(&mut bytes);
        read.map_err(|source| ReplayError::Unpack { place: self.shown.clone(), source })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::error::on_one_line;
    use crate::text::{Lines, Records};

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_files_are_unpacked_and_damaged_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ballots.csv.gz");
        let mut bytes = packed("a,b\nc,d\n");
        fs::write(&path, &bytes).unwrap();
        fs::write(folder.path().join(".DS_Store"), "x").unwrap();
        let source = Source::open(folder.path()).unwrap();
        let file = source.find("ballots.csv").unwrap().unwrap();
        assert_eq!((file.shown(), source.list("ball", ".csv").count()), (path.to_str().unwrap(), 1));
        assert_eq!(file.beginning(100).unwrap(), b"a,b\nc,d\n");
        assert_eq!(source.not_read().unwrap(), "not read: ballots.csv");
        file.open().unwrap();
        assert_eq!(source.not_read(), None);
        bytes.truncate(bytes.len() - 6);
        fs::write(&path, &bytes).unwrap();
        let source = Source::open(&path).unwrap();
        let mut records = Records::new(Lines::open(source.main().unwrap()).unwrap(), ',');
        let problem = loop {
            match records.read() {
                Ok(Some(_)) => {}
                other => break on_one_line(&other.unwrap_err()),
            }
        };
        assert!(problem.starts_with(&format!("{}, line ", path.display())), "{problem}");
        assert!(problem.contains("cannot be unpacked"), "{problem}");
    }

    /// Fault R3: one file, plain and compressed.
    #[test]
    fn one_file_plain_and_compressed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tally.json"), "{}").unwrap();
        fs::write(folder.path().join("tally.json.gz"), packed("{}")).unwrap();
        let problem = Source::open(folder.path()).unwrap().find("tally.json").unwrap_err().to_string();
        let shown = folder.path().join("tally.json").display().to_string();
        assert_eq!(problem, format!("both {shown} and {shown}.gz are tally.json"));
    }

    #[test]
    fn many_names_are_counted() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert_eq!(listed(names.iter().map(String::as_str)), "0, 1, 2, 3, 4, 5, 6, 7 and 4 more");
    }
}
