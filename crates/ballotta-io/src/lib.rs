//! Election records on disk: [`FolderRecord`] reads one for the verifier, [`BoardFolder`] appends to its board.
//!
//! See `spec/record.md` and `spec/board.md#tiles`. No server and no database: a folder of static files is all that a
//! record is, and any web server can hold it.

mod board;
mod files;
mod folder;

pub use board::{BoardFolder, BoardFolderError};
pub use files::{rename, write_atomically, write_new, write_secret};
pub use folder::FolderRecord;
