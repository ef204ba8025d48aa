//! The public keys of logs and witnesses.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::error::NoteError;
use crate::limits::MAX_KEY_NAME_BYTES;
use crate::weaken::{self, Check};

/// The kind of a key, which says what its signatures cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// The key of a log, which signs the text of notes.
    Ed25519 = 0x01,
    /// The key of a witness, which signs checkpoints with a time.
    Cosignature = 0x04,
}

impl KeyKind {
    fn from_byte(byte: u8) -> Result<Self, NoteError> {
        match byte {
            0x01 => Ok(Self::Ed25519),
            0x04 => Ok(Self::Cosignature),
            found => Err(NoteError::KeyKind { found }),
        }
    }
}

/// A public key that verifies signatures of notes, with its name. Its text form is `<name>+<id>+<kind and key>`
/// ("vkey").
#[derive(Clone, PartialEq, Eq)]
pub struct NoteKey {
    pub(super) name: String,
    kind: KeyKind,
    pub(super) key: VerifyingKey,
    id: u32,
}

impl NoteKey {
    /// Makes a key with this name from its 32 bytes.
    ///
    /// # Errors
    ///
    /// `KeyName` or `UnsoundKey`.
    pub fn new(name: &str, kind: KeyKind, key: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        let unsound = || NoteError::UnsoundKey { name: name.into() };
        let key = VerifyingKey::from_bytes(key).map_err(|_| unsound())?;
        if !is_sound(&key) && weaken::is_on(Check::StrictSignature) {
            return Err(unsound());
        }
        let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind as u8]).chain_update(key.as_bytes());
        let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
        Ok(Self { name: name.into(), kind, key, id: u32::from_be_bytes([a, b, c, d]) })
    }

    /// Returns the name, which also appears in the lines of its signatures.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Returns the id of the key. Signatures of the key begin with it. It helps to find the key, but proves nothing.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Returns the 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(super) fn expect_kind(&self, kind: KeyKind) -> Result<(), NoteError> {
        if self.kind == kind { Ok(()) } else { Err(NoteError::WrongKind { name: self.name.clone() }) }
    }

    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let bad = || NoteError::BadSignature { name: self.name.clone() };
        match self.kind {
            KeyKind::Ed25519 => self.verify_message(text, signature),
            KeyKind::Cosignature => signature
                .split_first_chunk()
                .map(|(time, signature)| (u64::from_be_bytes(*time), signature))
                .filter(|(time, _)| is_time(*time))
                .and_then(|(time, signature)| self.verify_message(&cosigned_text(time, text), signature)),
        }
        .ok_or_else(bad)
    }

    fn verify_message(&self, message: &str, signature: &[u8]) -> Option<()> {
        let signature = Signature::from_slice(signature).ok()?;
        let verified = if weaken::is_on(Check::StrictSignature) {
            self.key.verify_strict(message.as_bytes(), &signature)
        } else {
            self.key.verify(message.as_bytes(), &signature)
        };
        verified.ok()
    }
}

/// Whether the key is in the subgroup of prime order and not the identity. Its encoding is then canonical, because the
/// identity is the only point of that subgroup with a second encoding.
fn is_sound(key: &VerifyingKey) -> bool {
    key.to_edwards().is_torsion_free() && !key.is_weak()
}

/// Checks that a name has from 1 to 255 bytes and no spaces, plus signs or control characters.
pub(in crate::board) fn check_name(name: &str) -> Result<(), NoteError> {
    let refused = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    if (1..=MAX_KEY_NAME_BYTES).contains(&name.len()) && !name.contains(refused) {
        Ok(())
    } else {
        Err(NoteError::KeyName { name: name.into() })
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind as u8], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, BASE64_STANDARD.encode(key))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKey({self})")
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        // The name has no plus sign, but the base64 may have some.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::KeyText);
        };
        let bytes = BASE64_STANDARD.decode(key).map_err(|_| NoteError::KeyText)?;
        let (kind, key) = bytes.split_first().ok_or(NoteError::KeyText)?;
        let kind = KeyKind::from_byte(*kind)?;
        let key = Self::new(name, kind, key.try_into().map_err(|_| NoteError::KeyText)?)?;
        if format!("{:08x}", key.id) == id { Ok(key) } else { Err(NoteError::KeyId { name: key.name }) }
    }
}

/// Whether a time fits into 63 bits.
pub(super) fn is_time(time: u64) -> bool {
    i64::try_from(time).is_ok()
}

/// The message that a witness signs for the text of a checkpoint.
pub(super) fn cosigned_text(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}
