//! The errors of notes, checkpoints and their keys.

use alloc::string::String;

use crate::words::Shown;

/// The reason why a note, a checkpoint or a key of notes is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The note is longer than allowed.
    #[error("the note has {found} bytes, above the limit of {limit}")]
    TooLong {
        /// The length of the note, in bytes.
        found: usize,
        /// The largest length that is allowed, in bytes.
        limit: usize,
    },
    /// The note is not UTF-8 or has a control character other than a newline.
    #[error("byte {at} of the note is not UTF-8 or is a control character")]
    NotText {
        /// The position of the byte, counted from 0.
        at: usize,
    },
    /// The note's text does not end in a newline.
    #[error("the text of the note does not end in a newline")]
    UnfinishedText,
    /// The note is not text, an empty line and complete lines of signatures.
    #[error("the note has no signatures: they must be complete lines after the last empty line")]
    NoSignatures,
    /// A line is not a signature.
    #[error("line {line} after the text of the note is not a signature")]
    SignatureLine {
        /// The number of the line after the empty line, counted from 1.
        line: usize,
    },
    /// A name is empty, longer than 255 bytes, or has a space, a plus sign or a control character.
    #[error("\"{}\" cannot be the name of a key", Shown(name))]
    KeyName {
        /// The name that is not allowed.
        name: String,
    },
    /// A key is not in the form `<name>+<id>+<key>`.
    #[error("a key must have the form <name>+<id in 8 hexadecimal digits>+<kind and key in base64>")]
    KeyText,
    /// A key is of a kind that is not supported.
    #[error("keys of kind {found:#04x} are not supported")]
    KeyKind {
        /// The byte of the kind.
        found: u8,
    },
    /// The id of a key is not the one that follows from name, kind and key.
    #[error("the key of {name} has a wrong id: it does not follow from name, kind and key")]
    KeyId {
        /// The name of the key.
        name: String,
    },
    /// A key is not an element of the prime-order subgroup, or it is the identity.
    #[error("the key of {name} is not a valid Ed25519 key")]
    UnsoundKey {
        /// The name of the key.
        name: String,
    },
    /// A key is of the wrong kind. Logs and witnesses have keys of different kinds.
    #[error("the key of {name} is of the wrong kind: logs and witnesses have keys of different kinds")]
    WrongKind {
        /// The name of the key.
        name: String,
    },
    /// A secret key is not that of the board which the manifest names.
    #[error("the key is not that of the board {name}, which the manifest names")]
    OtherBoard {
        /// The name of the board in the manifest.
        name: String,
    },
    /// A signature under a known name and key id is invalid.
    #[error("the signature of {name} is invalid")]
    BadSignature {
        /// The name of the key.
        name: String,
    },
    /// The note has no signature by the key of this name.
    #[error("{name} has not signed")]
    NotSigned {
        /// The name of the key.
        name: String,
    },
    /// A time does not fit into 63 bits.
    #[error("{time} is not a time: it does not fit into 63 bits")]
    Time {
        /// The time, in seconds since 1970.
        time: u64,
    },
    /// The text does not have the three lines origin, size and root.
    #[error("the text of a checkpoint must have three lines, but this one has {found}")]
    CheckpointLines {
        /// The number of lines of the text.
        found: usize,
    },
    /// The size is not a decimal number in canonical form.
    #[error("the size of the checkpoint is not a number, or has leading zeros")]
    CheckpointSize,
    /// The root is not 32 bytes in base64.
    #[error("the root of the checkpoint is not 32 bytes in base64")]
    CheckpointRoot,
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    WrongOrigin {
        /// The name of the log whose key was given.
        expected: String,
        /// The name of the log in the checkpoint.
        found: String,
    },
}
