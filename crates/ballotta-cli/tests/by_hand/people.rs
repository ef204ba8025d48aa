//! People who run an election with the command, each in a separate folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ballotta::written::WrittenFingerprint;

/// The form of a fingerprint that people compare.
pub(crate) fn written(fingerprint: &str) -> String {
    fingerprint.parse::<WrittenFingerprint>().unwrap().to_string()
}

/// A folder with a separate folder for each person.
pub(crate) struct People {
    root: tempfile::TempDir,
}

/// The exit code and the output of a process.
pub(crate) struct Ran {
    pub(crate) command: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl People {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["organiser", "authority", "trustee1", "trustee2", "board", "witness", "voters", "auditor"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("trustee1/passphrase"), "one correct horse\n").unwrap();
        fs::write(root.path().join("trustee2/passphrase"), "two correct horses\n").unwrap();
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What a voter, counted from 1, types to look for a ballot: a tracker, and the voter number of the letter.
    pub(crate) fn asks(&self, voter: usize, tracker: &str) -> String {
        let codes = self.read("authority/codes.csv");
        let line = codes.lines().nth(voter).unwrap();
        format!("--tracker {tracker} --voter-number {}", line.split(',').nth(2).unwrap())
    }

    /// Runs a line of arguments, separated by spaces; `_` means a space inside one.
    pub(crate) fn run(&self, line: &str) -> Ran {
        let arguments = line.split_whitespace().map(|argument| argument.replace('_', " "));
        run(self.root.path(), line, arguments)
    }

    /// Runs a line that must succeed, and returns the standard output without its last end of line.
    pub(crate) fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{}", ran.shown());
        ran.stdout.trim_end().to_owned()
    }

    /// Runs a line that must fail with this code and an error that contains this text.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, error: &str, line: &str) {
        let ran = self.run(line);
        assert!(ran.code == code && ran.stderr.contains(error), "expected code {code}, {error:?}\n{}", ran.shown());
        assert!(!ran.stderr.contains("panicked"), "{}", ran.shown());
    }

    /// Runs a line, and returns the field that it prints as `name: value`.
    pub(crate) fn field(&self, line: &str, name: &str) -> String {
        let shown = self.ok(line);
        let field = shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        field.unwrap_or_else(|| panic!("no {name} in\n{shown}")).to_owned()
    }

    /// Adds files to the board, which must accept all of them.
    #[track_caller]
    pub(crate) fn add(&self, files: &str) -> String {
        self.ok(&format!("board add record --board-key board/key {files}"))
    }

    /// Hands in again what the board has: nothing is added, and nothing is refused.
    #[track_caller]
    pub(crate) fn add_again(&self, files: &str) {
        let head = self.read("record/checkpoint");
        let said = self.add(files);
        assert!(said.contains("on the board already, as entry ") && self.read("record/checkpoint") == head, "{said}");
    }

    #[track_caller]
    pub(crate) fn add_fails(&self, error: &str, files: &str) {
        let ran = self.run(&format!("board add record --board-key board/key {files}"));
        assert!(ran.code == 1 && ran.stdout.contains(error), "expected {error:?}\n{}", ran.shown());
    }
}

impl Ran {
    pub(crate) fn shown(&self) -> String {
        format!("ballotta {}\ncode {}\n{}\n{}", self.command, self.code, self.stdout, self.stderr)
    }
}

pub(crate) fn run(folder: &Path, line: &str, arguments: impl Iterator<Item = String>) -> Ran {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ballotta"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    Ran { command: line.to_owned(), code: output.status.code().unwrap(), stdout, stderr }
}
