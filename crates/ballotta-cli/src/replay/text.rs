//! Files of others: perhaps compressed, in lines, as values with separators, or as JSON. Nothing of them is believed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use flate2::bufread::MultiGzDecoder;
use serde::de::DeserializeOwned;

/// Bytes of a line, and of a record of several.
const MAX_LINE_BYTES: usize = 1 << 20;
/// Bytes of a file that is read line by line, unpacked.
const MAX_TEXT_BYTES: u64 = 4 << 30;
/// Bytes of a JSON document, unpacked.
const MAX_JSON_BYTES: u64 = 256 << 20;
/// Values of a line.
const MAX_FIELDS: usize = 4096;

/// Opens a file; one that begins like gzip is unpacked.
fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let start = reader.fill_buf().with_context(|| format!("{} cannot be read", path.display()))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))));
    }
    Ok(Box::new(reader))
}

/// The first bytes of a file, unpacked: enough to see what it is.
pub(super) fn beginning(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(4096).read_to_end(&mut bytes);
    read.with_context(|| format!("{} cannot be unpacked", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}

/// The file of this name in a folder, as it is or with `.gz`.
pub(super) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [name.to_owned(), format!("{name}.gz")].map(|name| folder.join(name)).into_iter().find(|path| path.is_file())
}

/// The files of a folder whose names, without `.gz`, begin and end like this, in the order of their names.
pub(super) fn list(folder: &Path, begins: &str, ends: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
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
pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(MAX_JSON_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("{} cannot be unpacked", path.display()))?;
    ensure!(bytes.len() as u64 <= MAX_JSON_BYTES, "{} is longer than {MAX_JSON_BYTES} bytes", path.display());
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not of this format", path.display()))
}

/// The lines of a file, counted from 1.
pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    shown: String,
    number: u64,
    left: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self::new(open(path)?, path.display().to_string()))
    }

    fn new(reader: Box<dyn BufRead>, shown: String) -> Self {
        Self { reader, shown, number: 0, left: MAX_TEXT_BYTES }
    }

    #[cfg(test)]
    pub(super) fn of_text(text: &str) -> Self {
        Self::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())), "sample".to_owned())
    }

    /// The place of line `number`, for errors.
    pub(super) fn place(&self, number: u64) -> String {
        format!("{}, line {number}", self.shown)
    }

    /// The next line without its end, or nothing behind the last.
    fn read(&mut self) -> Result<Option<String>> {
        let number = self.number + 1;
        let mut bytes = Vec::new();
        let limit = self.left.min(MAX_LINE_BYTES as u64 + 1);
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut bytes);
        let read = read.with_context(|| format!("{} cannot be unpacked", self.place(number)))?;
        if read == 0 && self.left > 0 {
            return Ok(None);
        }
        self.left -= read as u64;
        ensure!(self.left > 0, "{}: the file is longer than {MAX_TEXT_BYTES} bytes", self.place(number));
        ensure!(bytes.len() <= MAX_LINE_BYTES, "{}: longer than {MAX_LINE_BYTES} bytes", self.place(number));
        self.number = number;
        let mut line = String::from_utf8(bytes).with_context(|| format!("{}: not UTF-8", self.place(number)))?;
        for end in ['\n', '\r'] {
            if line.ends_with(end) {
                line.pop();
            }
        }
        if number == 1 && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        Ok(Some(line))
    }
}

/// Values with separators (RFC 4180, with another separator perhaps): a value in quotation marks may hold separators,
/// doubled quotation marks and ends of lines.
pub(super) struct Records {
    lines: Lines,
    separator: char,
}

/// The values of a line, or of several if one of them goes over its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The line in which it begins.
    pub(super) line: u64,
    pub(super) values: Vec<String>,
}

/// Where a reader stands in a value.
enum State {
    Plain,
    Quoted,
    /// Behind a quotation mark that ends the value, unless another one follows.
    Quote,
}

impl Records {
    pub(super) fn new(lines: Lines, separator: char) -> Self {
        Self { lines, separator }
    }

    /// The file, for errors.
    pub(super) fn file(&self) -> String {
        self.lines.shown.clone()
    }

    /// The place of a line, for errors.
    pub(super) fn place(&self, line: u64) -> String {
        self.lines.place(line)
    }

    /// The next record, or nothing behind the last; empty lines are none.
    pub(super) fn read(&mut self) -> Result<Option<Record>> {
        loop {
            let Some(text) = self.lines.read()? else { return Ok(None) };
            if !text.trim().is_empty() {
                let line = self.lines.number;
                let values = self.split(line, text).with_context(|| self.place(line))?;
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
                    (State::Quote, _) => bail!("text behind a value in quotation marks"),
                    (_, other) => value.push(other),
                }
                is_start = false;
            }
            if !matches!(state, State::Quoted) {
                values.push(value);
                return Ok(values);
            }
            text = self.lines.read()?.context("a quotation mark is never closed")?;
            length += text.len();
            ensure!(length <= MAX_LINE_BYTES, "a value from line {line} on is longer than {MAX_LINE_BYTES} bytes");
            value.push('\n');
        }
    }
}

/// A whole number in decimal digits, without sign or spaces.
pub(super) fn number(text: &str) -> Result<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.with_context(|| format!("{:?} is not a whole number", shortened(text)))
}

/// As much of a text as an error shows.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

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
        let problem = |text: &str| format!("{:#}", records(text, ',').unwrap_err());
        assert_eq!(problem("a\n\"b\"c\n"), "sample, line 2: text behind a value in quotation marks");
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
                other => break format!("{:#}", other.unwrap_err()),
            }
        };
        assert!(problem.starts_with(&format!("{}, line ", path.display())), "{problem}");
        assert!(problem.contains("cannot be unpacked"), "{problem}");
    }
}
