//! Signed notes: a text followed by its signatures.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use super::error::NoteError;
use super::key::{KeyKind, NoteKey};
use super::signature::NoteSignature;
use crate::limits::MAX_CHECKPOINT_BYTES;

/// A text with signatures. The text cannot be trusted before the signature of a known key is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub(super) text: String,
    pub(super) signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note with its signatures.
    ///
    /// # Errors
    ///
    /// If a part of the note is not in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_CHECKPOINT_BYTES {
            return Err(NoteError::TooLong { found: bytes.len(), limit: MAX_CHECKPOINT_BYTES });
        }
        let note = core::str::from_utf8(bytes).map_err(|error| NoteError::NotText { at: error.valid_up_to() })?;
        check_characters(note)?;
        let (text, signatures) =
            note.strip_suffix('\n').and_then(|note| note.rsplit_once("\n\n")).ok_or(NoteError::NoSignatures)?;
        let parse = |(line, text): (usize, &str)| text.parse().map_err(|_| NoteError::SignatureLine { line });
        let signatures = (1..).zip(signatures.split('\n')).map(parse).collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// Returns the text if there is a signature of `key`, and every signature with its name and id is valid. Signatures
    /// of other keys are ignored.
    ///
    /// # Errors
    ///
    /// `NotSigned` or `BadSignature`, and `WrongKind` if the key is not that of a log.
    pub fn verify(&self, key: &NoteKey) -> Result<&str, NoteError> {
        key.expect_kind(KeyKind::Ed25519)?;
        if self.is_signed_by(key)? { Ok(&self.text) } else { Err(NoteError::NotSigned { name: key.name().into() }) }
    }

    /// The text, which nobody may have signed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, which are not verified.
    pub(crate) fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    pub(super) fn is_signed_by(&self, key: &NoteKey) -> Result<bool, NoteError> {
        let mut signatures = self.signatures.iter().filter(|signature| signature.is_under(key)).peekable();
        let is_signed = signatures.peek().is_some();
        signatures.try_for_each(|signature| key.verify(&self.text, &signature.signature))?;
        Ok(is_signed)
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    let control = |byte: u8| byte < b' ' && byte != b'\n';
    text.bytes().position(control).map_or(Ok(()), |at| Err(NoteError::NotText { at }))
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// The secret key with which a log signs notes and [checkpoints](Self::sign_checkpoint). It is wiped when dropped.
pub struct NoteSigner {
    pub(super) secret: SigningKey,
    pub(super) key: NoteKey,
}

impl NoteSigner {
    /// Makes the key of the log with this name from a secret seed of 32 random bytes. The caller must wipe its own
    /// copy.
    ///
    /// # Errors
    ///
    /// `KeyName` if the name is not allowed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let secret = SigningKey::from_bytes(seed);
        let key = NoteKey::new(name, KeyKind::Ed25519, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// Returns the public key of the log.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// Signs a text, which must end in a newline.
    ///
    /// # Errors
    ///
    /// `UnfinishedText`, `NotText` or `TooLong`.
    pub fn sign(&self, text: &str) -> Result<Note, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::UnfinishedText);
        }
        check_characters(text)?;
        let note = self.sign_text(text.into());
        match note.to_string().len() {
            found if found > MAX_CHECKPOINT_BYTES => Err(NoteError::TooLong { found, limit: MAX_CHECKPOINT_BYTES }),
            _ => Ok(note),
        }
    }

    pub(in crate::board) fn sign_text(&self, text: String) -> Note {
        let signature = self.secret.sign(text.as_bytes()).to_bytes().into();
        Note { text, signatures: [NoteSignature::of(&self.key, signature)].into() }
    }
}
