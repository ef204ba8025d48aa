//! Election records on disk: [`FolderRecord`] reads one for the verifier, [`BoardFolder`] appends to its board.
//!
//! See `spec/record.md` and `spec/board.md#tiles`. No server and no database: a folder of static files is all that a
//! record is, and any web server can hold it: `HttpRecord` reads one from there (feature `http`), and `ZipRecord` one in
//! an archive (feature `zip`).

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
