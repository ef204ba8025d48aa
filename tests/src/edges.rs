//! Encodings and signatures at the edges of what is accepted, for the vectors of the specification.

#![allow(non_snake_case)]

use ballotta::board::note::{KeyKind, NoteKey, SignedCheckpoint};
use ballotta::board::tiles::TilePath;
use ballotta::group::{Element, Scalar};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar as RawScalar;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

/// `p = 2^255 - 19` or the order `l` of the group, plus a small number: 32 bytes, little-endian.
fn plus(number: [u8; 32], small: u8) -> [u8; 32] {
    let mut sum = number;
    let mut carry = u16::from(small);
    for byte in &mut sum {
        carry += u16::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    sum
}

fn modulus() -> [u8; 32] {
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    p
}

/// The order of the group: the largest scalar, plus one.
fn order() -> [u8; 32] {
    plus((-RawScalar::ONE).to_bytes(), 1)
}

fn small(number: u8) -> [u8; 32] {
    plus([0; 32], number)
}

fn with_high_bit(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[31] |= 0x80;
    bytes
}

/// Encodings of elements: `element`, `identity`, or `refused`.
///
/// # Panics
///
/// If the library decides otherwise.
#[must_use]
pub fn elements() -> Value {
    let p = modulus();
    let mut p_minus_1 = p;
    p_minus_1[0] -= 1;
    let g = Element::generator().to_bytes();
    let cases = [
        ("the base point", g, "element"),
        ("twice the base point", (Element::generator() + Element::generator()).to_bytes(), "element"),
        ("the identity", [0; 32], "identity"),
        ("0 as the number p", p, "refused"),
        ("the base point with the highest bit", with_high_bit(g), "refused"),
        ("the identity with the highest bit", with_high_bit([0; 32]), "refused"),
        ("1: an odd number", small(1), "refused"),
        ("4", small(4), "element"),
        ("2, of which xy is negative", small(2), "refused"),
        ("14, without a square root", small(14), "refused"),
        ("p - 1, of which y is 0", p_minus_1, "refused"),
        ("p + 2", plus(p, 2), "refused"),
        ("2^255 - 1", with_low_bits(0x7f), "refused"),
        ("2^256 - 1", [0xff; 32], "refused"),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, expected)| {
            let found = match Element::from_canonical(&bytes) {
                Some(element) if element.is_identity() => "identity",
                Some(_) => "element",
                None => "refused",
            };
            assert_eq!(found, expected, "{name}");
            json!({ "name": name, "bytes": hex::encode(bytes), "is": found })
        })
        .collect()
}

/// All bits, up to the last byte.
fn with_low_bits(last: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[31] = last;
    bytes
}

/// Encodings of scalars, and whether they are accepted.
///
/// # Panics
///
/// If the library decides otherwise.
#[must_use]
pub fn scalars() -> Value {
    let l = order();
    let mut below = l;
    below[0] -= 1;
    let mut bit_252 = [0; 32];
    bit_252[31] = 0x10;
    let cases = [
        ("0", [0; 32], true),
        ("1", small(1), true),
        ("2^252", bit_252, true),
        ("l - 1", below, true),
        ("l", l, false),
        ("l + 1", plus(l, 1), false),
        ("1 with the highest bit", with_high_bit(small(1)), false),
        ("2^253 - 1", with_low_bits(0x1f), false),
        ("2^255 - 1", with_low_bits(0x7f), false),
        ("2^256 - 1", [0xff; 32], false),
    ];
    cases
        .into_iter()
        .map(|(name, bytes, expected)| {
            let accepted = Scalar::from_canonical(&bytes).is_some();
            assert_eq!(accepted, expected, "{name}");
            json!({ "name": name, "bytes": hex::encode(bytes), "accepted": accepted })
        })
        .collect()
}

/// Wide scalars, with the scalar that they are.
#[must_use]
pub fn wide_scalars() -> Value {
    let wide = |low: [u8; 32], high: [u8; 32]| -> [u8; 64] { [low, high].concat().try_into().expect("64 bytes") };
    [wide([0; 32], [0; 32]), wide(order(), [0; 32]), wide([0; 32], small(1)), [0xff; 64]]
        .into_iter()
        .map(
            |bytes| json!({ "bytes": hex::encode(bytes), "scalar": hex::encode(Scalar::from_wide(&bytes).to_bytes()) }),
        )
        .collect()
}

/// Sizes of logs, with the number of bundles and the path of the last one.
///
/// # Panics
///
/// If a log has more bundles than entries.
#[must_use]
pub fn tiles() -> Value {
    [1, 255, 256, 257, 256_000, 256_001, 256 * 1_234_067 + 1, 1 << 30]
        .into_iter()
        .map(|size: u64| {
            let bundles = size.div_ceil(256);
            let last = TilePath::bundle_of(size - 1, size).expect("an entry of the log");
            assert_eq!(last.index() + 1, bundles);
            json!({ "size": size, "bundles": bundles, "last": last.to_string() })
        })
        .collect()
}

const LOG: &str = "board.example/0123456789abcdef";
const WITNESS: &str = "witness.example/w1";
const TEXT: &str = "board.example/0123456789abcdef\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

/// `s = r + k a` with `k = SHA-512(R || A || M)`: a signature by the equation alone.
fn sign(nonce: &RawScalar, R: [u8; 32], secret: &RawScalar, A: [u8; 32], message: &[u8]) -> [u8; 64] {
    let s = nonce + challenge(R, A, message) * secret;
    [R, s.to_bytes()].concat().try_into().expect("64 bytes")
}

fn challenge(R: [u8; 32], A: [u8; 32], message: &[u8]) -> RawScalar {
    let digest = Sha512::new().chain_update(R).chain_update(A).chain_update(message).finalize();
    RawScalar::from_bytes_mod_order_wide(&digest.into())
}

fn bytes(point: &EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// A checkpoint with one more signature, and whether the library accepts it.
fn verdict(kind: KeyKind, key: [u8; 32], signature: &[u8]) -> (bool, bool) {
    let name = if kind == KeyKind::Ed25519 { LOG } else { WITNESS };
    let Ok(key) = NoteKey::new(name, kind, &key) else { return (false, false) };
    let data = [&key.id().to_be_bytes(), signature].concat();
    let note = format!("{TEXT}\n\u{2014} {name} {}\n", base64(&data));
    let note = SignedCheckpoint::parse(note.as_bytes()).expect("a checkpoint");
    let valid = match kind {
        KeyKind::Ed25519 => note.verify(&key).is_ok(),
        _ => note.cosigned_by(std::slice::from_ref(&key)) == Ok(vec![0]),
    };
    (true, valid)
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(*bytes.get(place).unwrap_or(&0)));
        let letter =
            |place: usize| if place > bytes.len() { '=' } else { ALPHABET[bits >> (18 - 6 * place) & 63].into() };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// A signature, with what is expected: whether the key is accepted, and whether the signature is valid under it.
type Signed = (&'static str, [u8; 32], Vec<u8>, (bool, bool));

/// Signatures of logs under keys of all kinds. `equation` says whether `[s]B = R + [k]A` holds for the encodings as they
/// are, and `cofactored` whether it holds after a multiplication by 8.
///
/// # Panics
///
/// If the library decides otherwise.
#[must_use]
pub fn signatures() -> Value {
    let (a, r) = (RawScalar::from(1_234_567_u64), RawScalar::from(7_654_321_u64));
    let B = ED25519_BASEPOINT_POINT;
    let (A, R) = (B * a, B * r);
    let (key, message) = (bytes(&A), TEXT.as_bytes());
    let good = sign(&r, bytes(&R), &a, key, message);
    let zero = RawScalar::ZERO;
    let with_s = |s: [u8; 32]| [good[..32].to_vec(), s.to_vec()].concat();
    let s: [u8; 32] = good[32..].try_into().expect("32 bytes");
    let above = {
        // s + l, byte by byte.
        let mut sum = [0; 32];
        let mut carry = 0;
        for ((sum, one), other) in sum.iter_mut().zip(s).zip(order()) {
            carry += u16::from(one) + u16::from(other);
            *sum = carry as u8;
            carry >>= 8;
        }
        sum
    };
    let under = |R: [u8; 32], nonce: &RawScalar| sign(nonce, R, &a, key, message).to_vec();
    let mut cases: Vec<Signed> = vec![
        ("a signature", key, good.to_vec(), (true, true)),
        ("another key", bytes(&(B * r)), good.to_vec(), (true, false)),
        ("s + l", key, with_s(above), (true, false)),
        ("s with the highest bit", key, with_s(with_high_bit(s)), (true, false)),
        ("63 bytes", key, good[..63].to_vec(), (true, false)),
        ("65 bytes", key, [&good[..], &[0]].concat(), (true, false)),
        ("R of mixed order", key, under(bytes(&(R + EIGHT_TORSION[1])), &r), (true, false)),
        ("R that is not a point", key, under(small(2), &r), (true, false)),
        ("R with y above p, of a point of large order", key, under(plus(modulus(), large_y()), &r), (true, false)),
        ("R is the neutral point, with y = p + 1", key, under(plus(modulus(), 1), &zero), (true, false)),
        ("R is the neutral point, with the sign of x", key, under(with_high_bit(small(1)), &zero), (true, false)),
    ];
    for (point, of_R, of_A) in [
        (0, "R of order 1", "A of order 1"),
        (4, "R of order 2", "A of order 2"),
        (2, "R of order 4", "A of order 4"),
        (1, "R of order 8", "A of order 8"),
    ] {
        let weak = bytes(&EIGHT_TORSION[point]);
        cases.push((of_R, key, under(weak, &zero), (true, false)));
        // With k divisible by the order, anybody signs with this key.
        let (R, s) = grind(weak, message, &zero);
        cases.push((of_A, weak, [R, s.to_bytes()].concat(), (false, false)));
    }
    let mixed = bytes(&(A + EIGHT_TORSION[1]));
    let (R, s) = grind(mixed, message, &a);
    cases.push(("A of mixed order", mixed, [R, s.to_bytes()].concat(), (false, false)));
    let neutral = plus(modulus(), 1);
    let (R, s) = grind(neutral, message, &zero);
    cases.push(("A is the neutral point, with y = p + 1", neutral, [R, s.to_bytes()].concat(), (false, false)));
    let large = plus(modulus(), large_y());
    cases.push(("A with y above p", large, good.to_vec(), (false, false)));
    cases.push(("A that is not a point", small(2), good.to_vec(), (false, false)));
    let vectors = cases.into_iter().map(|(name, key, signature, expected)| {
        let found = verdict(KeyKind::Ed25519, key, &signature);
        assert_eq!(found, expected, "{name}");
        let (equation, cofactored) = equations(key, &signature, message);
        json!({
            "name": name, "key": hex::encode(key), "signature": hex::encode(signature), "equation": equation,
            "cofactored": cofactored, "key_accepted": found.0, "valid": found.1,
        })
    });
    json!({ "name": LOG, "message": TEXT, "signatures": vectors.collect::<Vec<_>>() })
}

/// The smallest number below 19 that is `y` of a point of large order.
fn large_y() -> u8 {
    let is_large = |y: &u8| CompressedEdwardsY(small(*y)).decompress().is_some_and(|point| !point.is_small_order());
    (2..19).find(is_large).expect("a point")
}

/// `R` and `s` with a challenge that 8 divides.
fn grind(key: [u8; 32], message: &[u8], secret: &RawScalar) -> ([u8; 32], RawScalar) {
    (1_u64..)
        .map(RawScalar::from)
        .find_map(|nonce| {
            let R = bytes(&(ED25519_BASEPOINT_POINT * nonce));
            let k = challenge(R, key, message);
            k.to_bytes()[0].is_multiple_of(8).then(|| (R, nonce + k * secret))
        })
        .expect("a nonce")
}

/// Whether the equation holds, without the cofactor and with it; `false` for what does not decode.
fn equations(key: [u8; 32], signature: &[u8], message: &[u8]) -> (bool, bool) {
    let Some((R, s)) = signature.split_first_chunk::<32>() else { return (false, false) };
    let points = (CompressedEdwardsY(key).decompress(), CompressedEdwardsY(*R).decompress());
    let ((Some(A), Some(point)), Ok(s)) = (points, s.try_into()) else { return (false, false) };
    let s = RawScalar::from_bytes_mod_order(s);
    let difference = ED25519_BASEPOINT_POINT * s - A * challenge(*R, key, message) - point;
    (difference == EIGHT_TORSION[0], difference.is_small_order())
}

/// Cosignatures with times at the edges.
///
/// # Panics
///
/// If the library decides otherwise.
#[must_use]
pub fn cosignatures() -> Value {
    let (a, r) = (RawScalar::from(1_234_567_u64), RawScalar::from(7_654_321_u64));
    let key = bytes(&(ED25519_BASEPOINT_POINT * a));
    let R = bytes(&(ED25519_BASEPOINT_POINT * r));
    let cosign = |time: u64, stated: u64| {
        let message = format!("cosignature/v1\ntime {stated}\n{TEXT}");
        [time.to_be_bytes().to_vec(), sign(&r, R, &a, key, message.as_bytes()).to_vec()].concat()
    };
    let cases = [
        ("a time", cosign(1_800_000_000, 1_800_000_000), true),
        ("the time 0", cosign(0, 0), true),
        ("the time 2^63 - 1", cosign((1 << 63) - 1, (1 << 63) - 1), true),
        ("the time 2^63", cosign(1 << 63, 1 << 63), false),
        ("another time than the one that was signed", cosign(1_800_000_001, 1_800_000_000), false),
        ("without a time", cosign(0, 0)[8..].to_vec(), false),
        (
            "a signature of the text without a time",
            [&[0; 8], &sign(&r, R, &a, key, TEXT.as_bytes())[..]].concat(),
            false,
        ),
    ];
    let vectors = cases.into_iter().map(|(name, signature, expected)| {
        let (accepted, valid) = verdict(KeyKind::Cosignature, key, &signature);
        assert_eq!((accepted, valid), (true, expected), "{name}");
        json!({ "name": name, "signature": hex::encode(signature), "valid": valid })
    });
    json!({ "name": WITNESS, "key": hex::encode(key), "text": TEXT, "cosignatures": vectors.collect::<Vec<_>>() })
}
