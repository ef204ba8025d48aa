//! Bytes that are nearly valid.

use std::iter::repeat_with;

use ballotta::group::{Element, Scalar};

use crate::rng::TestRng;

/// Special values for the bytes of a field: zero, one, `l - 1`, `l`, the largest integers.
fn special() -> [[u8; 32]; 6] {
    let mut l = Scalar::from_i64(-1).to_bytes();
    l[0] += 1;
    let mut largest = [0xff; 32];
    largest[31] = 0x7f;
    [[0; 32], Scalar::ONE.to_bytes(), Scalar::from_i64(-1).to_bytes(), l, largest, [0xff; 32]]
}

/// Changes bytes in one to three places, by bits, bytes and fields.
#[must_use]
pub fn mutate(valid: &[u8], rng: &mut TestRng) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=rng.below(3) {
        let place = rng.below(bytes.len().max(1));
        let field = place / 32 * 32;
        let whole = field + 32 <= bytes.len();
        match rng.below(10) {
            0 => bytes.truncate(place),
            1 => bytes.extend(repeat_with(|| rng.below(256) as u8).take(1 + place % 64).collect::<Vec<_>>()),
            2 | 3 if !bytes.is_empty() => bytes[place] ^= 1 << rng.below(8),
            4 if !bytes.is_empty() => bytes[place] = rng.below(256) as u8,
            5 if whole => bytes[field..][..32].copy_from_slice(&special()[rng.below(6)]),
            6 if whole => {
                let other = rng.below(bytes.len() / 32) * 32;
                bytes.copy_within(other..other + 32, field);
            }
            7 if whole => {
                bytes.drain(field..field + 32);
            }
            8 if whole => {
                let twice = bytes[field..field + 32].to_vec();
                bytes.splice(field..field, twice);
            }
            9 if whole => {
                let scalar = Scalar::random(rng);
                let element = Element::mul_generator(&scalar).to_bytes();
                let replacement = if rng.below(2) == 0 { scalar.to_bytes() } else { element };
                bytes[field..][..32].copy_from_slice(&replacement);
            }
            _ => {}
        }
    }
    bytes
}
