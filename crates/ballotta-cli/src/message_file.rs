//! Message files, which people send to each other: a line with their kind, and a line of base64.
//!
//! See `spec/command-line.md#files`.

use std::io::{self, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use ballotta::limits::{MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::console::{Shown as _, unwritten};
use crate::recognise::not_a_message;
use crate::record::open_regular;
use crate::secrets::without_mark;

/// The kind of a message file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    CeremonyMessage,
    RollSignature,
    Opening,
    Closing,
    Ballot,
    ClosingStatement,
    PartialDecryption,
    Cosignature,
    BallotOpening,
}

impl FileKind {
    const ALL: [Self; 9] = [
        Self::CeremonyMessage,
        Self::RollSignature,
        Self::Opening,
        Self::Closing,
        Self::Ballot,
        Self::ClosingStatement,
        Self::PartialDecryption,
        Self::Cosignature,
        Self::BallotOpening,
    ];

    /// The kind of message file whose first line this is.
    pub(crate) fn of_header(line: &str) -> Option<Self> {
        let name = line.strip_prefix(PREFIX)?;
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CeremonyMessage => "ceremony-message",
            Self::RollSignature => "roll-signature",
            Self::Opening => "opening",
            Self::Closing => "closing",
            Self::Ballot => "ballot",
            Self::ClosingStatement => "closing-statement",
            Self::PartialDecryption => "partial-decryption",
            Self::Cosignature => "cosignature",
            Self::BallotOpening => "ballot-opening",
        }
    }

    /// The largest number of bytes before base64. It is small, because a board reads many files at once.
    fn max_bytes(self) -> usize {
        match self {
            Self::CeremonyMessage | Self::PartialDecryption | Self::BallotOpening => MAX_MESSAGE_BYTES,
            Self::Cosignature => MAX_CHECKPOINT_BYTES,
            Self::RollSignature | Self::Opening | Self::Closing | Self::Ballot | Self::ClosingStatement => {
                MAX_ENTRY_BYTES
            }
        }
    }
}

const PREFIX: &str = ballotta::format_name!("");
/// Longer than any message in base64.
const MAX_BYTES: u64 = 24 << 20;

/// A message file: its kind, and its bytes, which are in base64 in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageFile {
    pub(crate) kind: FileKind,
    pub(crate) bytes: Vec<u8>,
}

impl MessageFile {
    pub(crate) fn new(kind: FileKind, bytes: Vec<u8>) -> Self {
        Self { kind, bytes }
    }

    /// Reads a message file. Programs that people use to move texts may have added a byte order mark, carriage returns or
    /// empty last lines, or removed the last line feed.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (header, body) = without_mark(text).split_once('\n').context("a message file has two lines")?;
        let (header, body) = (header.trim_end(), body.trim_end());
        ensure!(!body.is_empty(), "a message file has two lines");
        let name = header.strip_prefix(PREFIX);
        let name = name.with_context(|| format!("the first line does not begin with {PREFIX}"))?;
        let Some(kind) = FileKind::ALL.into_iter().find(|kind| kind.name() == name) else {
            bail!("{name} is not a kind of message file");
        };
        let bytes = STANDARD.decode(body).map_err(|_| anyhow!("the second line is not base64"))?;
        let (length, limit) = (bytes.len(), kind.max_bytes());
        ensure!(length <= limit, "a {name} has at most {limit} bytes, but this one has {length}");
        Ok(Self { kind, bytes })
    }

    pub(crate) fn to_text(&self) -> String {
        format!("{PREFIX}{}\n{}\n", self.kind.name(), STANDARD.encode(&self.bytes))
    }

    /// Reads a file; `-` is the standard input.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
        read.with_context(|| format!("{} cannot be read", path.shown()))?;
        let parsed = str::from_utf8(&bytes).context("it is not text").and_then(Self::parse);
        parsed.or_else(|error| not_a_message(&path.shown().to_string(), &bytes, error))
    }

    /// Reads a file of one kind.
    pub(crate) fn read_kind(path: &Path, kind: FileKind) -> Result<Vec<u8>> {
        let file = Self::read(path)?;
        let (path, found, expected) = (path.shown(), file.kind.name(), kind.name());
        ensure!(file.kind == kind, "{path} is a message file of the kind `{found}`, expected `{expected}`");
        Ok(file.bytes)
    }

    /// Writes a new file; `-` is the standard output.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = self.to_text();
        if path == Path::new("-") {
            return io::stdout().write_all(text.as_bytes()).or_else(unwritten);
        }
        ballotta_io::write_new(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))
    }

    /// Writes a new file that only its owner may read.
    pub(crate) fn write_secret(&self, path: &Path) -> Result<()> {
        let text = Zeroizing::new(self.to_text());
        ballotta_io::write_secret(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))
    }
}

/// Opens a file; `-` is the standard input, which may be a pipe.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(open_regular(path)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back() {
        for kind in FileKind::ALL {
            let file = MessageFile::new(kind, vec![0, 1, 2, 255]);
            assert_eq!(MessageFile::parse(&file.to_text()).unwrap(), file);
        }
        for (text, error) in [
            ("", "a message file has two lines"),
            ("ballotta/v1-draft.0/ballot\nAA==\n", "the first line does not begin with ballotta/v1-draft.5/"),
            ("ballotta/v1-draft.5/vote\nAA==\n", "vote is not a kind of message file"),
            ("ballotta/v1-draft.5/ballot\nA\n", "the second line is not base64"),
            ("ballotta/v1-draft.5/ballot\nAA==\nAA==\n", "the second line is not base64"),
            ("ballotta/v1-draft.5/ballot AA==", "a message file has two lines"),
        ] {
            assert_eq!(MessageFile::parse(text).unwrap_err().to_string(), error);
        }
        // F13: what editors and mail programs do to texts.
        let ballot = MessageFile::new(FileKind::Ballot, vec![0]);
        let text = ballot.to_text();
        for edited in
            [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), format!("{text}\r\n\n"), text.trim_end().to_owned()]
        {
            assert_eq!(MessageFile::parse(&edited).unwrap(), ballot, "{edited:?}");
        }
        // This is the largest entry of a board.
        let ballot = |length| MessageFile::parse(&MessageFile::new(FileKind::Ballot, vec![0; length]).to_text());
        assert_eq!(ballot(65_535).unwrap().bytes.len(), 65_535);
        let error = "a ballot has at most 65535 bytes, but this one has 65536";
        assert_eq!(ballot(65_536).unwrap_err().to_string(), error);
    }
}
