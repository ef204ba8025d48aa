//! Reads the text of foreign files: lines, values with separators, and JSON. Every length is limited.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Read as _};
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{At as _, ReplayError, Result, bail, ensure, problem};
use crate::source::SourceFile;

/// The most bytes in a line, and in a record of several lines.
const MAX_LINE_BYTES: usize = 1 << 20;
/// The most bytes in a file that is read line by line, after it is unpacked.
const MAX_TEXT_BYTES: u64 = 4 << 30;
/// The most bytes in a JSON document, after it is unpacked.
const MAX_JSON_BYTES: u64 = 256 << 20;
/// The most values in a line.
const MAX_FIELDS: usize = 4096;

/// Reads a JSON document. An error names its line. A mark of the byte order before the document is no part of it.
pub(crate) fn json<T: DeserializeOwned>(file: &SourceFile) -> Result<T> {
    let bytes = file.read(MAX_JSON_BYTES + 1)?;
    ensure!(bytes.len() as u64 <= MAX_JSON_BYTES, "{} is longer than {MAX_JSON_BYTES} bytes", file.shown());
    ensure!(!is_utf16(&bytes), "{} is UTF-16: save it as UTF-8", file.shown());
    let document = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    serde_json::from_slice(document).map_err(|source| ReplayError::Json { path: file.shown().into(), source })
}

/// The mark of the byte order in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether bytes begin with the mark of the byte order in UTF-16.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Reads a JSON object with keys that are not known. A key that appears twice is refused, since one of the values would
/// be lost.
pub(crate) fn unique_keys<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    struct Keys<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Keys<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(key) = object.next_key::<String>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format_args!("the key {:?} appears twice", shortened(&key))));
                }
                map.insert(key, object.next_value()?);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Keys(PhantomData))
}

/// The lines of a file, counted from 1.
pub(crate) struct Lines {
    reader: Box<dyn BufRead>,
    shown: String,
    number: u64,
    left: u64,
}

impl Lines {
    pub(crate) fn open(file: &SourceFile) -> Result<Self> {
        Ok(Self::new(file.open()?, file.shown().to_owned()))
    }

    fn new(reader: Box<dyn BufRead>, shown: String) -> Self {
        Self { reader, shown, number: 0, left: MAX_TEXT_BYTES }
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        Self::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())), "sample".to_owned())
    }

    /// The place of line `number`, for errors.
    pub(crate) fn place(&self, number: u64) -> String {
        format!("{}, line {number}", self.shown)
    }

    /// The file, for errors.
    pub(crate) fn file(&self) -> String {
        self.shown.clone()
    }

    /// The place of the line that was read last, for errors.
    pub(crate) fn here(&self) -> String {
        self.place(self.number)
    }

    /// Returns the next line without its end, or `None` after the last one.
    pub(crate) fn read(&mut self) -> Result<Option<String>> {
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
        ensure!(self.number > 1 || !is_utf16(&bytes), "UTF-16: save the file as UTF-8");
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
    /// Whether an empty line is a record with one empty value.
    empty_lines: bool,
    /// The number of empty lines that were skipped.
    skipped: u64,
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
        Self { lines, separator, empty_lines: false, skipped: 0 }
    }

    /// From now on, an empty line is a record. Otherwise, a ballot without a mark is lost where a line has one value.
    pub(crate) fn keep_empty_lines(&mut self) {
        self.empty_lines = true;
    }

    /// A note about the empty lines that were skipped, if there are any.
    pub(crate) fn skipped(&self) -> Option<String> {
        let are = if self.skipped == 1 { "is" } else { "are" };
        let lines = counted(self.skipped, "empty line", "empty lines");
        (self.skipped > 0).then(|| format!("{lines} {are} not read"))
    }

    /// The file, for errors.
    pub(crate) fn file(&self) -> String {
        self.lines.file()
    }

    /// The place of a line, for errors.
    pub(crate) fn place(&self, line: u64) -> String {
        self.lines.place(line)
    }

    /// Returns the next record, or `None` after the last one. Empty lines are skipped, unless they are kept.
    pub(crate) fn read(&mut self) -> Result<Option<Record>> {
        loop {
            let Some(text) = self.lines.read()? else { return Ok(None) };
            if self.empty_lines || !text.trim().is_empty() {
                let line = self.lines.number;
                let values = self.split(line, text).at(|| self.place(line))?;
                return Ok(Some(Record { line, values }));
            }
            self.skipped += 1;
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

/// The separator of values: the one of these that the first line has most often.
pub(crate) fn separator(line: &str) -> char {
    let mut separators = [',', ';', '\t'];
    // The sort is stable, so that a line without separators has the first one.
    separators.sort_by_key(|separator| std::cmp::Reverse(line.matches(*separator).count()));
    separators[0]
}

/// A whole number in decimal digits, without sign or spaces.
pub(crate) fn number(text: &str) -> Result<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| problem!("{:?} is not a whole number", shortened(text)))
}

/// A whole number, which may have decimals that are all 0.
pub(crate) fn whole(text: &str) -> Result<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_whole = !decimals.is_empty() && decimals.bytes().all(|digit| digit == b'0');
    ensure!(is_whole, "{:?} is not a whole number", shortened(text));
    number(whole).map_err(|_| problem!("{:?} is not a whole number", shortened(text)))
}

/// A number and what it counts, in the singular or the plural.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The beginning of a text, as errors show it.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
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
    fn a_line_shows_its_separator() {
        for (line, expected) in [("a,b", ','), ("a;b;c, d", ';'), ("a\tb", '\t'), ("a", ','), ("a,b;c", ',')] {
            assert_eq!(separator(line), expected, "{line}");
        }
    }

    #[test]
    fn a_key_that_appears_twice_is_refused() {
        #[derive(Debug, Deserialize)]
        struct Names(#[serde(deserialize_with = "unique_keys")] BTreeMap<String, u64>);
        let read = |text: &str| serde_json::from_str::<Names>(text).map_err(|error| error.to_string());
        assert_eq!(read(r#"{"1":5,"01":6}"#).unwrap().0.len(), 2);
        assert_eq!(read(r#"{"1":5,"1":6}"#).unwrap_err(), "the key \"1\" appears twice at line 1 column 10");
    }

    #[test]
    fn numbers_may_have_decimals_that_are_0() {
        assert_eq!((whole("12").unwrap(), whole("12.0000").unwrap()), (12, 12));
        for text in ["12.5", "12.", ".0", "", "1.0.0"] {
            assert_eq!(whole(text).unwrap_err().to_string(), format!("{text:?} is not a whole number"));
        }
    }
}
