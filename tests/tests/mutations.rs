//! Mutations: decoders never panic, every value has only one encoding, and changed bytes never verify.

use std::iter::repeat_with;

use ballotta::encoding::{DecodeError, Writer};
use ballotta::group::{Element, Scalar};
use ballotta::hash::{Fingerprint, ParseDigestError, Tracker};
use ballotta::proofs::batch::Batch;
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::proofs::schnorr::SchnorrProof;
use ballotta_tests::ballot::{Style, WEIGHT, decode_ballot, small, transcript};
use ballotta_tests::decode_all;
use ballotta_tests::mutate::mutate;
use ballotta_tests::rng::TestRng;
use ballotta_tests::sigma::{decrypt, election, publish, sign};

const MUTATIONS: usize = 10_000;

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
        batch.push(argument.claim(transcript, &style.form, WEIGHT, &style.keys, &style.slots, &ciphertext).unwrap());
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
    for found in [[1, 0], [1, 1], [0, 1], [2, 1]] {
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
