//! Election records on disk: [`FolderRecord`] reads one for the verifier, [`BoardFolder`] appends to its board.
//!
//! See `spec/record.md` and `spec/board.md#tiles`. A record is a folder of static files and needs neither a server
//! program nor a database. Any web server can serve it: `HttpRecord` reads a record from there (feature `http`), and
//! `ZipRecord` reads one from an archive (feature `zip`).

mod board;
mod files;
mod folder;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "zip")]
mod zip;

pub use board::{BoardFolder, BoardFolderError};
pub use files::{rename, write_atomically, write_new, write_secret};
pub use folder::FolderRecord;
#[cfg(feature = "http")]
pub use http::{HttpRecord, fetch_archive};
#[cfg(feature = "zip")]
pub use zip::{ZipError, ZipRecord, pack};
