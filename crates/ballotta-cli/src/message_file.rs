//! Message files on disk. The library defines their format.
//!
//! See `spec/command-line.md#files`.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
pub(crate) use ballotta::message::{Message as MessageFile, MessageKind as FileKind};

/// Longer than any message in base64.
const MAX_BYTES: u64 = 24 << 20;

/// Reads a file; `-` is the standard input.
pub(crate) fn read(path: &Path) -> Result<MessageFile> {
    let mut text = String::new();
    let read = open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    read.with_context(|| format!("{} cannot be read", path.display()))?;
    MessageFile::parse(&text).with_context(|| format!("{} is not a message file", path.display()))
}

/// Reads a file of one kind.
pub(crate) fn read_kind(path: &Path, kind: FileKind) -> Result<Vec<u8>> {
    let file = read(path)?;
    let (path, found, expected) = (path.display(), file.kind.name(), kind.name());
    ensure!(file.kind == kind, "{path} is a message file of the kind `{found}`, expected `{expected}`");
    Ok(file.bytes)
}

/// Writes a new file; `-` is the standard output.
pub(crate) fn write(file: &MessageFile, path: &Path) -> Result<()> {
    let text = file.to_text();
    if path == Path::new("-") {
        return io::stdout().write_all(text.as_bytes()).context("the standard output is closed");
    }
    ballotta_io::write_new(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))
}

/// Writes a new file that only its owner may read.
pub(crate) fn write_secret(file: &MessageFile, path: &Path) -> Result<()> {
    ballotta_io::write_secret(path, file.to_text().as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Opens a file; `-` is the standard input.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) })
}
