//! Message files on disk. The library defines their format.
//!
//! See `spec/command-line.md#files`.

use std::io::{self, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
pub(crate) use ballotta::message::{Message as MessageFile, MessageKind as FileKind};
use zeroize::Zeroizing;

use crate::console::{Shown as _, unwritten};
use crate::recognise::not_a_message;
use crate::record::open_regular;

/// Longer than any message in base64.
const MAX_BYTES: u64 = 24 << 20;

/// Reads a file; `-` is the standard input.
pub(crate) fn read(path: &Path) -> Result<MessageFile> {
    read_any(path)?
}

/// Reads a file that may have anything in it. The outer error says that it cannot be read, the inner one that it is not
/// a message file.
pub(crate) fn read_any(path: &Path) -> Result<Result<MessageFile>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    read.with_context(|| format!("{} cannot be read", path.shown()))?;
    let parsed = str::from_utf8(&bytes).context("it is not text").and_then(|text| Ok(MessageFile::parse(text)?));
    Ok(parsed.or_else(|error| not_a_message(&path.shown().to_string(), &bytes, error)))
}

/// Reads a file of one kind.
pub(crate) fn read_kind(path: &Path, kind: FileKind) -> Result<Vec<u8>> {
    let file = read(path)?;
    let (path, found, expected) = (path.shown(), file.kind.name(), kind.name());
    ensure!(file.kind == kind, "{path} is a message file of the kind `{found}`, expected `{expected}`");
    Ok(file.bytes)
}

/// Writes a new file; `-` is the standard output.
pub(crate) fn write(file: &MessageFile, path: &Path) -> Result<()> {
    let text = file.to_text();
    if path == Path::new("-") {
        return io::stdout().write_all(text.as_bytes()).or_else(unwritten);
    }
    ballotta_io::write_new(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))
}

/// Writes a new file that only its owner may read.
pub(crate) fn write_secret(file: &MessageFile, path: &Path) -> Result<()> {
    ballotta_io::write_secret(path, file.to_text().as_bytes())
        .with_context(|| format!("{} cannot be written", path.shown()))
}

/// Opens a file; `-` is the standard input, which may be a pipe.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(open_regular(path)?) })
}
