//! Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
//!
//! See `spec/board.md#checkpoints`.
//!
//! # Layout
//!
//! A note is text, an empty line and a line for every signature. A checkpoint is a note whose text has these three
//! lines. Lines end in U+000A, base64 has padding, and every note has only one form.
//!
//! ```text
//! <origin>
//! <size, decimal>
//! <root, base64>
//!
//! — <origin> <base64 of key id (4, big-endian) || signature (64)>
//! — <witness> <base64 of key id (4, big-endian) || time (8, big-endian) || signature (64)>
//!
//! key id           = SHA-256(name || 0x0A || kind || public key)[..4]
//! the log signs    text
//! a witness signs  "cosignature/v1\ntime <time>\n" || text
//! ```
//!
//! # Security
//!
//! Ed25519 is verified strictly: `s` must be canonical, and the announcement must not have small order. A key that is
//! not in the subgroup of prime order is refused when it is read. All verifiers then agree on every signature.
//!
//! A cosignature does not sign the name of its witness. Anyone can publish it under any name that has the same key.
//! Witnesses are therefore counted by key.

mod checkpoint;
mod error;
mod key;
mod signature;
#[cfg(test)]
mod tests;
mod text;

pub use self::checkpoint::{Checkpoint, Cosigner, SignedCheckpoint};
pub use self::error::NoteError;
pub(super) use self::key::check_name;
pub use self::key::{KeyKind, NoteKey};
pub use self::signature::NoteSignature;
pub use self::text::{Note, NoteSigner};
