//! The list of the record's files, as the command `sha256sum` reads and writes it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::fmt;

use crate::hash::FileHash;

/// The list of files has a line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a hash, two spaces and a path, or the paths are not in ascending order")]
pub struct FileListError {
    /// The line, counted from 1.
    pub line: usize,
}

/// Files and their hashes.
///
/// # Layout
///
/// A line for each file, in ascending order of paths: 64 lower-case hexadecimal digits, two spaces, the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    files: BTreeMap<String, FileHash>,
}

impl FileList {
    /// The largest length of a list in bytes.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Adds a file with the hash of its bytes.
    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(path.to_string(), FileHash::of(bytes));
    }

    /// The files and their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FileHash)> {
        self.files.iter().map(|(path, hash)| (path.as_str(), hash))
    }

    /// Whether the list contains a file.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Reads a list of files.
    ///
    /// # Errors
    ///
    /// The first line that is not canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileListError> {
        let text = core::str::from_utf8(bytes).map_err(|_| FileListError { line: 1 })?;
        let mut files: BTreeMap<String, FileHash> = BTreeMap::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let error = FileListError { line: number + 1 };
            let line = line.strip_suffix('\n').ok_or(error)?;
            let (hash, path) = line.split_once("  ").ok_or(error)?;
            let hash = hash.parse().map_err(|_| error)?;
            let ascending = files.last_key_value().is_none_or(|(last, _)| last.as_str() < path);
            if !is_path(path) || !ascending {
                return Err(error);
            }
            files.insert(path.to_string(), hash);
        }
        Ok(Self { files })
    }
}

/// Whether a text is the path of a file in a record, on every system: parts of visible ASCII characters with `/` between
/// them. No part is empty, `.` or `..`, and none contains a backslash or a colon.
#[must_use]
pub fn is_path(text: &str) -> bool {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b':');
    is_visible && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl fmt::Display for FileList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, hash) in &self.files {
            writeln!(f, "{hash}  {path}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_and_has_one_form() {
        let mut list = FileList::default();
        list.add("result/result.json", b"{}");
        list.add("README.md", b"# Record");
        let text = list.to_string();
        assert_eq!(FileList::parse(text.as_bytes()), Ok(list));
        let lines: alloc::vec::Vec<&str> = text.lines().collect();
        let (first, second) = (lines[0], lines[1]);
        for (wrong, line) in [
            (std::format!("{second}\n{first}\n"), 2),
            (std::format!("{first}\n{first}\n"), 2),
            (std::format!("{first}\n{second}"), 2),
            (first.replace("  ", " ") + "\n", 1),
            (first.to_uppercase() + "\n", 1),
            (first.replace("README", "../x") + "\n", 1),
            (first.replace("README", "/x") + "\n", 1),
        ] {
            assert_eq!(FileList::parse(wrong.as_bytes()), Err(FileListError { line }), "{wrong}");
        }
    }

    /// Fault L1: a path must mean the same file on every system, and must not lead out of the record.
    #[test]
    fn l1_paths_that_leave_the_record() {
        let paths = |path: &str| FileList::parse(std::format!("{}  {path}\n", "0".repeat(64)).as_bytes()).is_ok();
        for path in ["a", "a/b", "README.md", "a..b", ".hidden", "result/x..y.svg"] {
            assert!(paths(path), "{path}");
        }
        let outside = ["", "/", "/a", "a/", "a//b", ".", "./x", "a/.", "..", "../x", "a/../b"];
        for path in outside.into_iter().chain(["C:\\..", "C:x", "\\\\host\\share", "a\\b", "a b", "a\u{e9}", "a\u{7f}"])
        {
            assert!(!paths(path), "{path}");
        }
    }
}
