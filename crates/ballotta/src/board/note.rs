//! Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
//!
//! See `spec/board.md#checkpoints`.
//!
//! # Layout
//!
//! A note is text, an empty line and a line for every signature; a checkpoint is a note of these three lines. Lines end
//! in U+000A, base64 has its padding, and every note has one written form.
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
//! the log signs    the text
//! a witness signs  "cosignature/v1\ntime <time>\n" || the text
//! ```
//!
//! # Security
//!
//! Ed25519 in its strict form: canonical `s`, no announcement of small order, and a key that is not of the prime-order
//! subgroup is refused when it is read. So all verifiers agree on every signature.
//!
//! A cosignature does not name its witness: whoever has it can publish it under any name that has the same key.
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
pub use self::key::{KeyKind, NoteKey};
pub use self::signature::NoteSignature;
pub use self::text::{Note, NoteSigner};
