//! Notes and keys: their text forms, and signatures that are refused.

use alloc::format;
use alloc::string::{String, ToString};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest as _, Sha512};

use super::*;
use crate::limits::MAX_CHECKPOINT_BYTES;

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
fn a_note_has_one_form() {
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
fn a_text_cannot_contain_its_own_signatures() {
    let forged = "text\n\n— forged AAAAAQID\n";
    let note = log().sign(forged).unwrap();
    let read = parse(&note.to_string()).unwrap();
    assert_eq!(read, note);
    assert_eq!(read.verify(log().key()), Ok(forged));
}

#[test]
fn a_key_has_one_form() {
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
fn invalid_keys_are_refused() {
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
    // 0, 1 and -1 with the other sign; p, p + 1 and p + 3, which are not canonical; 2, which belongs to no point.
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

/// A signature `(R, h a)` of the log, for which no logarithm of `R` is needed.
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

    // s + l, where l is computed as (-1) + 1 without reduction.
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
        let _weaken = crate::weaken::Weaken::without(crate::weaken::Check::StrictSignature);
        assert_eq!(small.verify(&key), Ok(text));
        // With a key of small order, one signature verifies for every text.
        let identity = EIGHT_TORSION[0].compress().to_bytes();
        let nobody = NoteKey::new("nobody", KeyKind::Ed25519, &identity).unwrap();
        let signature = NoteSignature::of(&nobody, [identity, [0; 32]].concat());
        let note = Note { text: text.into(), signatures: [signature].into() };
        assert_eq!(note.verify(&nobody), Ok(text));
    }
}
