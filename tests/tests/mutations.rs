//! Mutations: decoders survive anything, what they accept has one encoding, and nothing changed is ever believed.

use std::iter::repeat_with;

use ballotta::encoding::{DecodeError, Writer};
use ballotta::group::{Element, Scalar};
use ballotta::hash::{Fingerprint, ParseDigestError, Tracker};
use ballotta::proofs::batch::Batch;
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::proofs::schnorr::SchnorrProof;
use ballotta_tests::ballot::{Style, decode_ballot, small, transcript};
use ballotta_tests::decode_all;
use ballotta_tests::rng::TestRng;
use ballotta_tests::sigma::{decrypt, election, publish, sign};

const MUTATIONS: usize = 10_000;

/// What stands for the bytes of a field where something special is wanted: zero, one, `l - 1`, `l`, the largest integers.
fn special() -> [[u8; 32]; 6] {
    let mut l = Scalar::from_i64(-1).to_bytes();
    l[0] += 1;
    let mut largest = [0xff; 32];
    largest[31] = 0x7f;
    [[0; 32], Scalar::ONE.to_bytes(), Scalar::from_i64(-1).to_bytes(), l, largest, [0xff; 32]]
}

/// Changes bytes in one to three places, by bits, bytes and fields.
fn mutate(valid: &[u8], rng: &mut TestRng) -> Vec<u8> {
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

/// Runs a decoder over every flipped bit and 10,000 mutations of `valid`. `recode` decodes and encodes again, `believed`
/// decodes and verifies.
fn survive(valid: &[u8], recode: impl Fn(&[u8]) -> Result<Vec<u8>, DecodeError>, believed: impl Fn(&[u8]) -> bool) {
    assert_eq!(recode(valid).as_deref(), Ok(valid));
    assert!(believed(valid));
    let flips = (0..8 * valid.len()).map(|bit| {
        let mut bytes = valid.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let mut rng = TestRng(1);
    let mutations = repeat_with(|| mutate(valid, &mut rng)).take(MUTATIONS);
    let (mut accepted, mut refused) = (0, 0);
    for bytes in flips.chain(mutations) {
        match recode(&bytes) {
            Ok(again) => {
                assert_eq!(again, bytes, "one encoding");
                assert!(bytes == valid || !believed(&bytes), "{}", hex::encode(&bytes));
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 100 && refused > 1000, "mutations of both kinds: {accepted} decode, {refused} do not");
}

#[test]
fn ballots() {
    let style = Style::choose(3, 0, 2);
    let ballot = style.prove(&transcript(1, Some(7)), &[1, 0, 0, 1, 0], &Scalar::from(77_u64), &[5; 32]);
    let (slots, bits) = (style.form.slots(), style.form.bits());
    let recode = |bytes: &[u8]| {
        decode_ballot(bytes, slots, bits).map(|(ciphertext, argument)| {
            let mut writer = Writer::new();
            ciphertext.encode(&mut writer);
            argument.encode(&mut writer);
            writer.finish()
        })
    };
    let believed = |bytes: &[u8]| {
        let (ciphertext, argument) = decode_ballot(bytes, slots, bits).unwrap();
        let mut batch = Batch::new(&style.bases);
        let transcript = &mut transcript(1, Some(7));
        batch.push(argument.claim(transcript, &style.form, &style.keys, &style.slots, &ciphertext).unwrap());
        batch.verify(&mut TestRng(1)).is_ok()
    };
    survive(&ballot.encode(), recode, believed);
}

#[test]
fn schnorr_proofs() {
    let secret = Scalar::from(42_u64);
    let public = Element::mul_generator(&secret).into();
    let decode = |bytes: &[u8]| decode_all(bytes, SchnorrProof::decode);
    let recode = |bytes: &[u8]| {
        decode(bytes).map(|proof| {
            let mut writer = Writer::new();
            proof.encode(&mut writer);
            writer.finish()
        })
    };
    let believed = |bytes: &[u8]| decode(bytes).unwrap().verify(&mut election(1), &public, &mut TestRng(1)).is_ok();
    survive(&sign(&election(1), &secret).encode(), recode, believed);
}

#[test]
fn equality_proofs() {
    let proof = decrypt(&election(1), &small(9), &[3_u64, 4].map(Scalar::from));
    let (base, keys, factors) = (proof.R.into(), publish(&proof.Y), publish(&proof.D));
    let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
    let decode = |bytes: &[u8]| decode_all(bytes, EqualityProof::decode);
    let recode = |bytes: &[u8]| {
        decode(bytes).map(|proof| {
            let mut writer = Writer::new();
            proof.encode(&mut writer);
            writer.finish()
        })
    };
    let believed = |bytes: &[u8]| decode(bytes).unwrap().verify(&mut election(1), &statement, &mut TestRng(1)).is_ok();
    survive(&proof.encode(), recode, believed);
}

#[test]
fn integers_and_versions() {
    let mut writer = Writer::versioned();
    writer.u8(1).u16(2).u32(3).u64(4);
    let valid = writer.finish();
    let recode = |bytes: &[u8]| {
        decode_all(bytes, |reader| {
            reader.version()?;
            let mut writer = Writer::versioned();
            writer.u8(reader.u8("a")?).u16(reader.u16("b")?).u32(reader.u32("c")?).u64(reader.u64("d")?);
            Ok(writer.finish())
        })
    };
    survive(&valid, recode, |bytes| bytes == valid);
    for found in [[1, 0], [1, 2], [0, 1], [2, 1]] {
        let mut other = valid.clone();
        other[..2].copy_from_slice(&found);
        assert_eq!(recode(&other), Err(DecodeError::UnsupportedVersion { found }));
    }
}

#[test]
fn digests() {
    // Text: a digest has one written form.
    let text = Fingerprint::from_bytes(std::array::from_fn(|place| 7 * place as u8)).to_string();
    let mut rng = TestRng(1);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..MUTATIONS {
        let mutated = String::from_utf8_lossy(&mutate(text.as_bytes(), &mut rng)).into_owned();
        match mutated.parse::<Tracker>() {
            Ok(tracker) => {
                assert_eq!(tracker.to_string(), mutated);
                accepted += 1;
            }
            Err(ParseDigestError) => refused += 1,
        }
    }
    assert!(accepted > 100 && refused > 1000, "mutations of both kinds: {accepted} decode, {refused} do not");
}
