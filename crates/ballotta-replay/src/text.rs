//! Reads foreign files, which may be compressed: lines, values with separators, and JSON. Every length is limited.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::de::DeserializeOwned;

use crate::error::{At as _, ReplayError, Result, bail, ensure, problem};

/// The most bytes in a line, and in a record of several lines.
const MAX_LINE_BYTES: usize = 1 << 20;
/// The most bytes in a file that is read line by line, after it is unpacked.
const MAX_TEXT_BYTES: u64 = 4 << 30;
/// The most bytes in a JSON document, after it is unpacked.
const MAX_JSON_BYTES: u64 = 256 << 20;
/// The most values in a line.
const MAX_FIELDS: usize = 4096;

/// An error of the operating system about a file or folder.
fn unreadable(path: &Path) -> impl Fn(io::Error) -> ReplayError {
    |source| ReplayError::Read { place: path.display().to_string(), source }
}

/// Opens a file. If it begins like a gzip file, it is unpacked.
fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(path).map_err(unreadable(path))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    if reader.fill_buf().map_err(unreadable(path))?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))));
    }
    Ok(Box::new(reader))
}

/// The first `limit` bytes of a file, unpacked.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(limit).read_to_end(&mut bytes);
    read.map_err(|source| ReplayError::Unpack { place: path.display().to_string(), source })?;
    Ok(bytes)
}

/// The first bytes of a file, unpacked: enough to see what it is.
pub(crate) fn beginning(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&read(path, 4096)?).trim_start_matches('\u{feff}').to_owned())
}

/// The folder of a source: the source itself if it is a folder, or else the folder that contains it.
pub(crate) fn folder_of(source: &Path) -> &Path {
    let folder = if source.is_dir() { source } else { source.parent().unwrap_or(source) };
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The file of this name in a folder, as it is or with `.gz`.
pub(crate) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [name.to_owned(), format!("{name}.gz")].map(|name| folder.join(name)).into_iter().find(|path| path.is_file())
}

/// The files of a folder whose names, without `.gz`, have this beginning and this end, in the order of their names.
pub(crate) fn list(folder: &Path, begins: &str, ends: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        if name.starts_with(begins) && name.ends_with(ends) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a JSON document. An error names its line.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = read(path, MAX_JSON_BYTES + 1)?;
    ensure!(bytes.len() as u64 <= MAX_JSON_BYTES, "{} is longer than {MAX_JSON_BYTES} bytes", path.display());
    serde_json::from_slice(&bytes).map_err(|source| ReplayError::Json { path: path.to_path_buf(), source })
}

/// Reads the JSON document of this name in a folder, if there is one.
pub(crate) fn json_beside<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>> {
    find(folder, name).map(|path| json(&path)).transpose()
}

/// The lines of a file, counted from 1.
pub(crate) struct Lines {
    reader: Box<dyn BufRead>,
    shown: String,
    number: u64,
    left: u64,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self::new(open(path)?, path.display().to_string()))
    }

    fn new(reader: Box<dyn BufRead>, shown: String) -> Self {
        Self { reader, shown, number: 0, left: MAX_TEXT_BYTES }
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        Self::new(Box::new(io::Cursor::new(text.as_bytes().to_vec())), "sample".to_owned())
    }

    /// The place of line `number`, for errors.
    pub(crate) fn place(&self, number: u64) -> String {
        format!("{}, line {number}", self.shown)
    }

    /// Returns the next line without its end, or `None` after the last one.
    fn read(&mut self) -> Result<Option<String>> {
        let number = self.number + 1;
        let mut bytes = Vec::new();
        let limit = self.left.min(MAX_LINE_BYTES as u64 + 1);
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut bytes);
        let read = read.map_err(|source| ReplayError::Unpack { place: self.place(number), source })?;
        if read == 0 && self.left > 0 {
            return Ok(None);
        }
        self.left -= read as u64;
        self.number = number;
        self.line(bytes).map(Some).at(|| self.place(number))
    }

    fn line(&self, bytes: Vec<u8>) -> Result<String> {
        ensure!(self.left > 0, "the file is longer than {MAX_TEXT_BYTES} bytes");
        ensure!(bytes.len() <= MAX_LINE_BYTES, "longer than {MAX_LINE_BYTES} bytes");
        let mut line = String::from_utf8(bytes).map_err(|error| problem!("not UTF-8: {error}"))?;
        for end in ['\n', '\r'] {
            if line.ends_with(end) {
                line.pop();
            }
        }
        if self.number == 1 && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        Ok(line)
    }
}

/// Values with separators (RFC 4180, perhaps with another separator): a value in quotation marks may contain
/// separators, doubled quotation marks and ends of lines.
pub(crate) struct Records {
    lines: Lines,
    separator: char,
}

/// The values of a line, or of several lines if a value contains the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line in which the record begins.
    pub(crate) line: u64,
    pub(crate) values: Vec<String>,
}

/// The state of a reader of values.
enum State {
    Plain,
    Quoted,
    /// After a quotation mark that ends the value, unless another one follows.
    Quote,
}

impl Records {
    pub(crate) fn new(lines: Lines, separator: char) -> Self {
        Self { lines, separator }
    }

    /// The file, for errors.
    pub(crate) fn file(&self) -> String {
        self.lines.shown.clone()
    }

    /// The place of a line, for errors.
    pub(crate) fn place(&self, line: u64) -> String {
        self.lines.place(line)
    }

    /// Returns the next record, or `None` after the last one. Empty lines are skipped.
    pub(crate) fn read(&mut self) -> Result<Option<Record>> {
        loop {
            let Some(text) = self.lines.read()? else { return Ok(None) };
            if !text.trim().is_empty() {
                let line = self.lines.number;
                let values = self.split(line, text).at(|| self.place(line))?;
                return Ok(Some(Record { line, values }));
            }
        }
    }

    fn split(&mut self, line: u64, mut text: String) -> Result<Vec<String>> {
        let (mut values, mut value, mut state) = (Vec::new(), String::new(), State::Plain);
        let mut length = text.len();
        loop {
            let mut is_start = matches!(state, State::Plain);
            for character in text.chars() {
                match (&state, character) {
                    (State::Plain, '"') if is_start => state = State::Quoted,
                    (State::Quoted, '"') => state = State::Quote,
                    (State::Quote, '"') => {
                        value.push('"');
                        state = State::Quoted;
                    }
                    (State::Plain | State::Quote, other) if other == self.separator => {
                        values.push(std::mem::take(&mut value));
                        ensure!(values.len() < MAX_FIELDS, "more than {MAX_FIELDS} values");
                        state = State::Plain;
                        is_start = true;
                        continue;
                    }
                    (State::Quote, _) => bail!("text after a value in quotation marks"),
                    (_, other) => value.push(other),
                }
                is_start = false;
            }
            if !matches!(state, State::Quoted) {
                values.push(value);
                return Ok(values);
            }
            text = self.lines.read()?.ok_or_else(|| problem!("a quotation mark is never closed"))?;
            length += text.len();
            ensure!(length <= MAX_LINE_BYTES, "a value from line {line} on is longer than {MAX_LINE_BYTES} bytes");
            value.push('\n');
        }
    }
}

/// A whole number in decimal digits, without sign or spaces.
pub(crate) fn number(text: &str) -> Result<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| problem!("{:?} is not a whole number", shortened(text)))
}

/// The beginning of a text, as errors show it.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::error::on_one_line;

    fn records(text: &str, separator: char) -> Result<Vec<Record>> {
        let mut records = Records::new(Lines::of_text(text), separator);
        let mut all = Vec::new();
        while let Some(record) = records.read()? {
            all.push(record);
        }
        Ok(all)
    }

    #[test]
    fn values_with_separators_are_read_as_they_are_quoted() {
        let found = records("\u{feff}a;b\r\n\n\"x;\"\"y\"\"\n z\";it\"s;\n;;\n", ';').unwrap();
        let expected = [(1, vec!["a", "b"]), (3, vec!["x;\"y\"\n z", "it\"s", ""]), (5, vec!["", "", ""])];
        let expected =
            expected.map(|(line, values)| Record { line, values: values.iter().map(ToString::to_string).collect() });
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_lines_are_named() {
        let problem = |text: &str| on_one_line(&records(text, ',').unwrap_err());
        assert_eq!(problem("a\n\"b\"c\n"), "sample, line 2: text after a value in quotation marks");
        assert_eq!(problem("a\n\n\"b\nc"), "sample, line 3: a quotation mark is never closed");
        assert_eq!(problem(&",".repeat(MAX_FIELDS)), format!("sample, line 1: more than {MAX_FIELDS} values"));
        let long = "x".repeat(MAX_LINE_BYTES);
        assert_eq!(problem(&format!("a\n{long}x")), format!("sample, line 2: longer than {MAX_LINE_BYTES} bytes"));
        let over = format!("a\n\"{}\n{}\n", &long[2..], &long[2..]);
        let expected = format!("sample, line 2: a value from line 2 on is longer than {MAX_LINE_BYTES} bytes");
        assert_eq!(problem(&over), expected);
        for (text, shown) in
            [("", ""), ("-1", "-1"), ("+1", "+1"), (" 1", " 1"), ("18446744073709551616", "18446744073709551616")]
        {
            assert_eq!(number(text).unwrap_err().to_string(), format!("{shown:?} is not a whole number"));
        }
        assert_eq!(number("18446744073709551615").unwrap(), u64::MAX);
    }

    #[test]
    fn compressed_files_are_unpacked_and_damaged_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ballots.csv.gz");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all("a,b\nc,d\n".as_bytes()).unwrap();
        let mut bytes = encoder.finish().unwrap();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(find(folder.path(), "ballots.csv"), Some(path.clone()));
        assert_eq!(list(folder.path(), "ball", ".csv").unwrap(), std::slice::from_ref(&path));
        assert_eq!(beginning(&path).unwrap(), "a,b\nc,d\n");
        bytes.truncate(bytes.len() - 6);
        fs::write(&path, &bytes).unwrap();
        let mut records = Records::new(Lines::open(&path).unwrap(), ',');
        let problem = loop {
            match records.read() {
                Ok(Some(_)) => {}
                other => break on_one_line(&other.unwrap_err()),
            }
        };
        assert!(problem.starts_with(&format!("{}, line ", path.display())), "{problem}");
        assert!(problem.contains("cannot be unpacked"), "{problem}");
    }
}
