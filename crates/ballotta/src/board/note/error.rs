//! What can be wrong with notes, checkpoints and their keys.

use alloc::string::String;

/// What is wrong with a note, a checkpoint or a key of notes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The note is longer than allowed.
    #[error("the note has {found} bytes, above the limit of {limit}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The largest that is allowed.
        limit: usize,
    },
    /// The note is not UTF-8, or has a control character.
    #[error("byte {at} of the note is not text")]
    NotText {
        /// Where.
        at: usize,
    },
    /// The note's text does not end in a newline.
    #[error("the text of the note does not end in a newline")]
    UnfinishedText,
    /// The note is not text, an empty line and complete lines of signatures.
    #[error("the note has no signatures: they stand in complete lines below the last empty line")]
    NoSignatures,
    /// A line is not a signature.
    #[error("line {line} below the text is not a signature")]
    SignatureLine {
        /// Which line below the empty one, from 1.
        line: usize,
    },
    /// A name is empty, longer than 255 bytes, or has a space, a plus sign or a control character.
    #[error("\"{}\" cannot be the name of a key", name.escape_default())]
    KeyName {
        /// The name.
        name: String,
    },
    /// A key is not written as `<name>+<id>+<key>`.
    #[error("a key is written <name>+<id in 8 hexadecimal digits>+<kind and key in base64>")]
    KeyText,
    /// A key is of a kind that is not known.
    #[error("keys of kind {found:#04x} are not supported")]
    KeyKind {
        /// The kind found.
        found: u8,
    },
    /// A key's id is not the one that follows from name, kind and key.
    #[error("the id of the key of {name} does not belong to it")]
    KeyId {
        /// Whose key.
        name: String,
    },
    /// A key is not an element of the prime-order subgroup, or it is the identity.
    #[error("the key of {name} is not a sound Ed25519 key")]
    UnsoundKey {
        /// Whose key.
        name: String,
    },
    /// A key signs something else: logs and witnesses have keys of different kinds.
    #[error("the key of {name} is of a kind that does not sign this")]
    WrongKind {
        /// Whose key.
        name: String,
    },
    /// A secret key is not that of the board which the manifest names.
    #[error("the key is not that of the board {name}, which the manifest names")]
    OtherBoard {
        /// The name of the board in the manifest.
        name: String,
    },
    /// A signature under a known name and key id is invalid.
    #[error("the signature of {name} does not hold")]
    BadSignature {
        /// Whose signature.
        name: String,
    },
    /// There is no signature of a key.
    #[error("{name} has not signed")]
    NotSigned {
        /// Whose signature is missing.
        name: String,
    },
    /// A time does not fit into 63 bits.
    #[error("{time} is not a time: it does not fit into 63 bits")]
    Time {
        /// The time.
        time: u64,
    },
    /// The text is not origin, size and root.
    #[error("a checkpoint has three lines, this one has {found}")]
    CheckpointLines {
        /// How many lines.
        found: usize,
    },
    /// The size is not a decimal number in its one written form.
    #[error("the size of the checkpoint is not a number, or has leading zeros")]
    CheckpointSize,
    /// The root is not 32 bytes in base64.
    #[error("the root of the checkpoint is not 32 bytes in base64")]
    CheckpointRoot,
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    WrongOrigin {
        /// The log whose key it is.
        expected: String,
        /// The log that the checkpoint names.
        found: String,
    },
    /// Fewer witnesses have cosigned than must.
    #[error("{found} witnesses have cosigned the checkpoint where {needed} must")]
    NotEnoughWitnesses {
        /// How many must.
        needed: usize,
        /// How many have.
        found: usize,
    },
}
