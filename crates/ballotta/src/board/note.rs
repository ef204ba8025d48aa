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
//! A cosignature does not name its witness: whoever holds it can publish it under any name that has the same key.
//! Witnesses are therefore counted by key.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_KEY_NAME_BYTES};
use crate::weaken::{self, Check};

mod checkpoint;
pub use checkpoint::{Checkpoint, Cosigner, SignedCheckpoint};

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
    /// A signature under a known name and key id does not hold.
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

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// The text of notes: a log's key.
    Ed25519 = 0x01,
    /// Checkpoints with the time at which they were seen: a witness's key.
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

/// A public key that signs notes, and the name that it signs under. Written `<name>+<id>+<kind and key>` ("vkey").
#[derive(Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
    id: u32,
}

impl NoteKey {
    /// The key with these 32 bytes.
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

    /// The name, which the lines of its signatures show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The id, which its signatures begin with: for finding the key, not for trusting it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    fn expect_kind(&self, kind: KeyKind) -> Result<(), NoteError> {
        if self.kind == kind { Ok(()) } else { Err(NoteError::WrongKind { name: self.name.clone() }) }
    }

    fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
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

/// Of the prime-order subgroup without the identity. Then the encoding is canonical too: of the few points that have
/// another one, only the identity is in that subgroup.
fn is_sound(key: &VerifyingKey) -> bool {
    key.to_edwards().is_torsion_free() && !key.is_weak()
}

/// Names have from 1 to 255 bytes and no spaces, plus signs or control characters.
fn check_name(name: &str) -> Result<(), NoteError> {
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
        // The name has no plus sign, the base64 may.
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

/// A signature as a note carries it, of a key that may be unknown. Written as its line, without the newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: u32,
    signature: Vec<u8>,
}

impl NoteSignature {
    fn of(key: &NoteKey, signature: Vec<u8>) -> Self {
        Self { name: key.name.clone(), id: key.id, signature }
    }

    fn is_under(&self, key: &NoteKey) -> bool {
        self.id == key.id && self.name == key.name
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.to_be_bytes().as_slice(), &self.signature].concat();
        write!(f, "— {} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;
    fn from_str(line: &str) -> Result<Self, NoteError> {
        let wrong = NoteError::SignatureLine { line: 1 };
        let (name, base64) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(wrong.clone())?;
        check_name(name)?;
        let bytes = BASE64_STANDARD.decode(base64).map_err(|_| wrong.clone())?;
        match bytes.split_first_chunk() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name: name.into(), id: u32::from_be_bytes(*id), signature: signature.into() })
            }
            _ => Err(wrong),
        }
    }
}

/// Text with signatures: worth nothing until a known key is seen to have signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    ///
    /// What is not in its one written form.
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

    /// The text, if `key` has signed it and every signature under its name and id holds. Others are ignored.
    ///
    /// # Errors
    ///
    /// `NotSigned` or `BadSignature`, `WrongKind` unless it is a key for texts.
    pub fn verify(&self, key: &NoteKey) -> Result<&str, NoteError> {
        key.expect_kind(KeyKind::Ed25519)?;
        if self.is_signed_by(key)? { Ok(&self.text) } else { Err(NoteError::NotSigned { name: key.name.clone() }) }
    }

    fn is_signed_by(&self, key: &NoteKey) -> Result<bool, NoteError> {
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

/// The secret key of a log: signs notes and [checkpoints](Self::sign_checkpoint). It is wiped when dropped.
pub struct NoteSigner {
    secret: SigningKey,
    key: NoteKey,
}

impl NoteSigner {
    /// The signer of this name with this secret seed of 32 random bytes. The caller wipes its own copy.
    ///
    /// # Errors
    ///
    /// `KeyName`.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let secret = SigningKey::from_bytes(seed);
        let key = NoteKey::new(name, KeyKind::Ed25519, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// Signs a text, which ends in a newline.
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

    fn sign_text(&self, text: String) -> Note {
        let signature = self.secret.sign(text.as_bytes()).to_bytes().into();
        Note { text, signatures: [NoteSignature::of(&self.key, signature)].into() }
    }
}

fn is_time(time: u64) -> bool {
    i64::try_from(time).is_ok()
}

fn cosigned_text(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::edwards::CompressedEdwardsY;
    use curve25519_dalek::scalar::Scalar;
    use sha2::Sha512;

    use super::*;

    const LOG: &str = "board.example/2026";

    fn log() -> NoteSigner {
        NoteSigner::from_seed(LOG, &[1; 32]).unwrap()
    }

    fn name(name: &str) -> String {
        name.into()
    }

    fn parse(text: &str) -> Result<Note, NoteError> {
        Note::parse(text.as_bytes())
    }

    #[test]
    fn a_note_has_one_written_form() {
        let line = "— a.example AAAAAQID";
        assert_eq!(parse(&format!("text\n\n{line}\n")).map(|note| note.to_string()), Ok(format!("text\n\n{line}\n")));
        for text in ["", "\n", "text", "text\n", "text\n\n", &format!("text\n\n{line}"), &format!("text\n{line}\n")] {
            assert_eq!(parse(text), Err(NoteError::NoSignatures), "{text:?}");
        }
        for wrong in [
            "",
            "- a.example AAAAAQID",
            "—a.example AAAAAQID",
            "—  AAAAAQID",
            "— a.example",
            "— a.example ",
            "— a.example  AAAAAQID",
            "— a+b AAAAAQID",
            "— a.example AAAAAQ==",
            "— a.example AAAAAQI",
            "— a.example AAAAAQJ=",
            "— a.example AAAAAQID ",
        ] {
            let note = format!("text\n\n{line}\n{wrong}\n");
            assert_eq!(parse(&note), Err(NoteError::SignatureLine { line: 2 }), "{wrong}");
        }
        assert_eq!(parse(&format!("text\r\n\n{line}\n")), Err(NoteError::NotText { at: 4 }));
        assert_eq!(parse(&format!("a\tb\n\n{line}\n")), Err(NoteError::NotText { at: 1 }));
        assert_eq!(Note::parse(b"ab\xff"), Err(NoteError::NotText { at: 2 }));
    }

    #[test]
    fn a_note_has_a_largest_size_and_room_for_signatures() {
        let lines = |count: usize| "— post.quantum AAAAAQID\n".repeat(count);
        assert_eq!(parse(&format!("text\n\n{}", lines(100))).map(|note| note.signatures.len()), Ok(100));
        let found = MAX_CHECKPOINT_BYTES + 1;
        let too_long = NoteError::TooLong { found, limit: MAX_CHECKPOINT_BYTES };
        assert_eq!(parse(&"a".repeat(found)), Err(too_long));
        let signer = log();
        let text = |length: usize| "a".repeat(length) + "\n";
        let overhead = signer.sign("\n").unwrap().to_string().len();
        assert!(signer.sign(&text(MAX_CHECKPOINT_BYTES - overhead)).is_ok());
        let refused = signer.sign(&text(found - overhead));
        assert_eq!(refused, Err(NoteError::TooLong { found, limit: MAX_CHECKPOINT_BYTES }));
        assert_eq!(signer.sign("unfinished"), Err(NoteError::UnfinishedText));
        assert_eq!(signer.sign("a\0\n"), Err(NoteError::NotText { at: 1 }));
        let long = "n".repeat(256);
        let refused = NoteSigner::from_seed(&long, &[1; 32]).map(|_| ());
        assert_eq!(refused, Err(NoteError::KeyName { name: long }));
    }

    #[test]
    fn a_text_cannot_bring_its_own_signatures() {
        let forged = "text\n\n— forged AAAAAQID\n";
        let note = log().sign(forged).unwrap();
        let read = parse(&note.to_string()).unwrap();
        assert_eq!(read, note);
        assert_eq!(read.verify(log().key()), Ok(forged));
    }

    #[test]
    fn a_key_has_one_written_form() {
        let key = log().key().clone();
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key.clone()));
        for wrong in ["", "name", "name+00000000", "name+00000000+", "name+00000000+AQ==", &format!("{text}A")] {
            assert_eq!(wrong.parse::<NoteKey>(), Err(NoteError::KeyText), "{wrong}");
        }
        let id = format!("{:08x}", key.id());
        for other in ["00000000", &id.to_uppercase(), &id[1..], &format!("0{id}")] {
            let wrong = text.replace(&id, other);
            assert_eq!(wrong.parse::<NoteKey>(), Err(NoteError::KeyId { name: name(LOG) }), "{wrong}");
        }
        let unknown = [&[6], key.as_bytes().as_slice()].concat();
        let unknown = format!("{LOG}+{id}+{}", BASE64_STANDARD.encode(unknown));
        assert_eq!(unknown.parse::<NoteKey>(), Err(NoteError::KeyKind { found: 6 }));
        assert_eq!(format!("+{id}+{text}").parse::<NoteKey>(), Err(NoteError::KeyText));
        assert_eq!(text.replacen(LOG, "", 1).parse::<NoteKey>(), Err(NoteError::KeyName { name: name("") }));
    }

    /// `y` as 32 little-endian bytes with a sign.
    fn encoded(low: u8, rest: u8, high: u8) -> [u8; 32] {
        let mut bytes = [rest; 32];
        (bytes[0], bytes[31]) = (low, high);
        bytes
    }

    #[test]
    fn unsound_keys_are_refused() {
        let refused = |key: &[u8; 32]| {
            assert_eq!(
                NoteKey::new("k", KeyKind::Ed25519, key),
                Err(NoteError::UnsoundKey { name: name("k") }),
                "{}",
                hex::encode(key)
            );
        };
        let sound = CompressedEdwardsY(*log().key().as_bytes()).decompress().unwrap();
        for torsion in EIGHT_TORSION {
            refused(&torsion.compress().to_bytes());
            if torsion != EIGHT_TORSION[0] {
                refused(&(sound + torsion).compress().to_bytes());
            }
        }
        // 0, 1 and -1 with the other sign; p, p + 1 and p + 3, which are not canonical; 2, which is on no point.
        for (low, rest, high) in [
            (0x00, 0x00, 0x80),
            (0x01, 0x00, 0x80),
            (0xec, 0xff, 0xff),
            (0xed, 0xff, 0x7f),
            (0xed, 0xff, 0xff),
            (0xee, 0xff, 0x7f),
            (0xee, 0xff, 0xff),
            (0xf0, 0xff, 0x7f),
            (0x02, 0x00, 0x00),
        ] {
            refused(&encoded(low, rest, high));
        }
    }

    /// A signature `(R, h a)` of the log with a `R` that stands for no logarithm.
    fn signed_with(r: [u8; 32], text: &str) -> Note {
        let signer = log();
        let hash = Sha512::new().chain_update(r).chain_update(signer.key.as_bytes()).chain_update(text);
        let h = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let s = h * signer.secret.to_scalar();
        let signature = [r, s.to_bytes()].concat();
        Note { text: text.into(), signatures: [NoteSignature::of(signer.key(), signature)].into() }
    }

    #[test]
    fn signatures_are_strict() {
        let (text, key) = ("text\n", log().key().clone());
        let bad = Err(NoteError::BadSignature { name: name(LOG) });
        let honest = log().sign(text).unwrap();
        let (r, s) = honest.signatures[0].signature.split_at(32);

        let r = CompressedEdwardsY::from_slice(r).unwrap().decompress().unwrap();
        for torsion in EIGHT_TORSION.iter().skip(1) {
            let mut mixed = honest.clone();
            mixed.signatures[0].signature[..32].copy_from_slice((r + torsion).compress().as_bytes());
            assert_eq!(mixed.verify(&key), bad);
        }

        // s + l, with l = -1 + 1 carried by hand.
        let mut order = (-Scalar::ONE).to_bytes();
        order[0] += 1;
        let mut carry = 0;
        let mut unreduced = honest.clone();
        for ((byte, s), l) in unreduced.signatures[0].signature[32..].iter_mut().zip(s).zip(order) {
            carry += u16::from(*s) + u16::from(l);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert_eq!(unreduced.verify(&key), bad);

        let small = signed_with(EIGHT_TORSION[0].compress().to_bytes(), text);
        assert_eq!(small.verify(&key), bad);
        assert_eq!(honest.verify(&key), Ok(text));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::StrictSignature);
            assert_eq!(small.verify(&key), Ok(text));
            // A key of small order signs everything.
            let identity = EIGHT_TORSION[0].compress().to_bytes();
            let nobody = NoteKey::new("nobody", KeyKind::Ed25519, &identity).unwrap();
            let signature = NoteSignature::of(&nobody, [identity, [0; 32]].concat());
            let note = Note { text: text.into(), signatures: [signature].into() };
            assert_eq!(note.verify(&nobody), Ok(text));
        }
    }
}
