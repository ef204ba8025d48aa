//! Forgeries: each is accepted by a verifier without one check, and refused by the real one.
//!
//! The numbers in brackets are those of the catalogue of known attacks.

#![allow(non_snake_case)]

use std::iter::zip;

use ballotta::discrete_log::{DiscreteLog, OutOfRange};
use ballotta::encoding::{DecodeError, Reader, Writer};
use ballotta::form::Packing;
use ballotta::group::{Element, Scalar, SecretScalar};
use ballotta::proofs::ProofError;
use ballotta::proofs::batch::{Batch, BatchError, SharedBases};
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::proofs::schnorr::{KeyPair, SchnorrProof};
use ballotta::transcript::ProofTranscript;
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::ballot::{
    BallotParts, Script, Style, WEIGHT, commit, committed, decode_ballot, forgery_refused, small, transcript,
};
use ballotta_tests::rng::{DeadRng, TestRng};
use ballotta_tests::sigma::{
    EqualityParts, SchnorrParts, combine, decrypt, election, publish, schnorr_challenge, sign,
};
use ballotta_tests::{decode_all, sabotage};

fn random_element(rng: &mut TestRng) -> Element {
    Element::mul_generator(&Scalar::random(rng))
}

/// `[x]P` for the combined logarithm: `sum w^s x_s`.
fn combined_secret(w: &Scalar, secrets: &[Scalar]) -> Scalar {
    zip(ballotta_tests::powers(w), secrets).map(|(weight, x)| weight * *x).sum()
}

#[test]
fn the_forger_is_well_versed() {
    // The forger's honest proofs are accepted, and the library's proofs satisfy the forger's equations. So a refusal
    // below is never caused by a wrong encoding or transcript.
    for (style, bits) in [
        (Style::choose(2, 1, 1), vec![0, 1]),
        (Style::choose(4, 0, 3), vec![1, 0, 0, 1, 1, 0]),
        (Style::approve(3), vec![1, 1, 1]),
        (Style::score(5), vec![1, 0, 1]),
    ] {
        let transcript = transcript(1, Some(7));
        let mut rng = TestRng(1);
        let sealed = style.seal(&style.values(&bits), &mut rng);
        let forged = style.argue(&transcript, None, &sealed, &bits, &mut rng);
        assert_eq!(style.judge(&transcript, &forged), Ok(()));
        let honest = style.prove(&transcript, &bits, &sealed.r, &[5; 32]);
        for ballot in [forged, honest] {
            assert_eq!(style.equations(&transcript, &ballot), [true; 3]);
            for (slot, value) in style.values(&bits).into_iter().enumerate() {
                assert_eq!(style.open(&ballot, slot), small(value));
            }
        }
    }

    let p = Scalar::from(42_u64);
    let P = Element::mul_generator(&p);
    let signature = sign(&election(1), &p);
    let c = schnorr_challenge(&election(1), None, &P, &signature.K);
    assert_eq!(Element::mul_generator(&signature.s), signature.K + &P * &c);
    assert_eq!(signature.judge(&election(1), &P), Ok(()));

    let proof = decrypt(&election(1), &small(9), &[3_u64, 4].map(Scalar::from));
    let (w, c) = proof.challenges(&election(1), None);
    assert_eq!(Element::mul_generator(&proof.z), proof.A + &combine(&w, &proof.Y) * &c);
    assert_eq!(&proof.R * &proof.z, proof.B + &combine(&w, &proof.D) * &c);
    assert_eq!(proof.judge(&election(1)), Ok(()));
}

// The ballot argument: its transcript.

#[test]
fn a_ciphertext_chosen_after_the_challenges() {
    // [P1] Slot 1 is shifted by 5, and slot 2 by a value that balances it. Nobody could decrypt such a total.
    let style = Style::choose(2, 1, 1);
    let forge = |off| {
        let transcript = transcript(1, Some(7));
        let mut rng = TestRng(1);
        let sealed = style.seal(&[1, 0], &mut rng);
        let mut ballot = style.argue(&transcript, off, &sealed, &[1, 0], &mut rng);
        let (rho, _) = style.challenges(&transcript, off, &ballot);
        ballot.C[0] += small(5);
        ballot.C[1] += -(&small(5) * &rho.invert());
        assert_eq!(style.open(&ballot, 0), small(6));
        let unreadable = DiscreteLog::new(Packing::NONE, 1 << 20, 1).vartime_find(&style.open(&ballot, 1), 1, 1 << 20);
        assert_eq!(unreadable, Err(OutOfRange { bound: 1 << 20 }));
        ballot
    };
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::AbsorbCiphertext, &forgery_refused(), forge, judge);
}

#[test]
fn a_copy_that_looks_like_another_ballot() {
    // [P12] A server makes a second ballot from the ballot of a voter. It has the same choices, but another ciphertext.
    let style = Style::choose(3, 1, 1);
    let forge = |off| {
        let transcript = transcript(1, Some(7));
        let victim = style.prove(&transcript, &[0, 1, 0], &Scalar::from(77_u64), &[5; 32]);
        let (_, x) = style.challenges(&transcript, off, &victim);
        let shift = Scalar::random(&mut TestRng(1));
        let mut copy = victim.clone();
        copy.R += Element::mul_generator(&shift);
        for (C, Y) in zip(&mut copy.C, style.keys.keys()) {
            *C += Y.element() * &shift;
        }
        copy.z_r += shift * x;
        assert_eq!(style.open(&copy, 1), style.open(&victim, 1));
        copy
    };
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::AbsorbCiphertext, &forgery_refused(), forge, judge);
}

#[test]
fn a_ballot_copied_by_another_voter() {
    // [B1] The caller absorbs the credential; a caller that does not is built by hand.
    let style = Style::choose(3, 1, 1);
    let copied = |voter: Option<u64>, thief: Option<u64>| {
        let victim = style.prove(&transcript(1, voter), &[0, 1, 0], &Scalar::from(77_u64), &[5; 32]);
        style.judge(&transcript(1, thief), &victim)
    };
    assert_eq!(copied(None, None), Ok(()), "without the credential in the transcript the copy passes");
    assert_eq!(copied(Some(7), Some(7)), Ok(()));
    for (voter, thief) in [(Some(7), Some(8)), (Some(7), None), (None, Some(8))] {
        assert_eq!(copied(voter, thief), Err(forgery_refused()));
    }
}

#[test]
fn a_proof_moved_to_another_election() {
    // [P7] A ballot of one election is used in another one.
    let style = Style::choose(3, 1, 1);
    let forge = |_| style.prove(&transcript(1, Some(7)), &[0, 1, 0], &Scalar::from(77_u64), &[5; 32]);
    let judge = |ballot: &BallotParts| style.judge(&transcript(2, Some(7)), ballot);
    sabotage(Check::AbsorbFingerprint, &forgery_refused(), forge, judge);

    let secrets = [3_u64, 4].map(Scalar::from);
    let forge = |_| decrypt(&election(1), &small(9), &secrets);
    sabotage(Check::AbsorbFingerprint, &ProofError, forge, |proof| proof.judge(&election(2)));

    let forge = |_| sign(&election(1), &secrets[0]);
    sabotage(Check::AbsorbFingerprint, &ProofError, forge, |proof| proof.judge(&election(2), &small(3)));
}

#[test]
fn commitments_chosen_after_rho() {
    // [P5, P13] The votes are 1000 and -7; `f` solves the link equation, and `A` then solves the bit equation.
    let style = Style::choose(2, 1, 1);
    let values = [1000, -7];
    let forge = |off| {
        let mut rng = TestRng(1);
        let sealed = style.seal(&values, &mut rng);
        let mut script = Script::new(&style, &transcript(1, Some(7)), off);
        script.statement(&sealed.R, &sealed.C);
        let B = random_element(&mut rng);
        let rho = script.rho(&B, &random_element(&mut rng));
        let rows = style.combine(&rho, off);
        let s = Scalar::random(&mut rng);
        let (E_R, E_C) = (Element::mul_generator(&s), &rows.Y * &s);
        let x = script.x(&E_R, &E_C);
        let votes: Scalar = zip(&rows.slots, values).map(|(weight, value)| *weight * Scalar::from_i64(value)).sum();
        let mut f = vec![Scalar::ZERO, Scalar::random(&mut rng)];
        f[0] = (x * (votes + rows.constant) - rows.apply(&f)) * rows.bits[0].invert();
        let z_B = Scalar::random(&mut rng);
        let A = committed(&f, &x, &z_B) - &B * &x;
        BallotParts { R: sealed.R, C: sealed.C, B, A, E_R, E_C, z_B, z_r: sealed.r * x + s, f }
    };
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::AbsorbBitCommitments, &forgery_refused(), forge, judge);
}

#[test]
fn announcements_chosen_after_x() {
    // [P5, P13] Nobody knows the content or the randomness of this ciphertext: `E_R` and `E_C` compensate for both.
    let style = Style::choose(2, 1, 1);
    let forge = |off| {
        let mut rng = TestRng(1);
        let R = random_element(&mut rng);
        let C = vec![random_element(&mut rng), random_element(&mut rng)];
        let b = [Scalar::ONE, Scalar::ZERO];
        let a = [(); 2].map(|()| Scalar::random(&mut rng));
        let [s_B, s_A, z_r] = [(); 3].map(|()| Scalar::random(&mut rng));
        let mut script = Script::new(&style, &transcript(1, Some(7)), off);
        script.statement(&R, &C);
        let B = commit(&b, &[-a[0], a[1]], &s_B);
        let A = commit(&a, &a.map(|a| -(a * a)), &s_A);
        let rows = style.combine(&script.rho(&B, &A), off);
        let x = script.x(&random_element(&mut rng), &random_element(&mut rng));
        let f: Vec<Scalar> = zip(b, a).map(|(b, a)| b * x + a).collect();
        let E_R = Element::mul_generator(&z_r) - &R * &x;
        let E_C = &rows.Y * &z_r + Element::mul_generator(&rows.apply(&f)) - &rows.sum(&C) * &x;
        BallotParts { R, C, B, A, E_R, E_C, z_B: s_B * x + s_A, z_r, f }
    };
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::AbsorbLinkAnnouncements, &forgery_refused(), forge, judge);
}

// The ballot argument: its equations.

#[test]
fn bits_that_are_no_bits() {
    // [B3] -1 is the scalar l - 1. The rows are satisfied: only the bit equation limits a bit.
    let style = Style::choose(2, 1, 1);
    for bits in [[2, -1], [-1, 2], [1_000_000, -999_999]] {
        style.argue_falsely(Check::BitEquation, &bits, &bits, [false, true, true]);
    }
    let style = Style::choose(3, 0, 2);
    for bits in [[2, 0, 0, 0, 0], [0, 0, 3, -1, 0], [1, 1, 1, -1, 0], [-1, 1, 1, 1, 0]] {
        style.argue_falsely(Check::BitEquation, &bits, &bits[..3], [false, true, true]);
    }
}

#[test]
fn rows_that_do_not_hold() {
    // [B3] Too many marks, too few, marks that are not those of the ciphertext, slack beyond its range.
    let style = Style::choose(2, 1, 1);
    for (bits, values) in
        [([1, 1], [1, 1]), ([0, 0], [0, 0]), ([1, 0], [0, 1]), ([1, 0], [2, -1]), ([1, 0], [7, 0]), ([0, 1], [-1, 1])]
    {
        style.argue_falsely(Check::LinkEquation, &bits, &values, [true, true, false]);
    }
    let style = Style::choose(4, 1, 2);
    for bits in [[1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 1]] {
        style.argue_falsely(Check::LinkEquation, &bits, &bits[..4], [true, true, false]);
    }
}

#[test]
fn randomness_that_is_not_that_of_r() {
    // [B3] A forger who knows the key of the slot changes the vote to 100 with `R` alone. The result must be correct
    // even if all trustees are dishonest.
    let style = Style::choose(1, 0, 1);
    let forge = |off| {
        let mut rng = TestRng(1);
        let mut sealed = style.seal(&[1], &mut rng);
        sealed.R += -(&small(99) * &style.secrets[0].invert());
        let ballot = style.argue(&transcript(1, Some(7)), off, &sealed, &[1, 0], &mut rng);
        assert_eq!(style.open(&ballot, 0), small(100));
        ballot
    };
    assert_eq!(style.equations(&transcript(1, Some(7)), &forge(None)), [true, false, true]);
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::RandomnessEquation, &forgery_refused(), forge, judge);
}

#[test]
fn row_weights_that_collide() {
    // [N1] If the numbers of the constant rows begin at 1 again, an error in the sum cancels with an error in slot 1.
    Style::choose(2, 1, 1).argue_falsely(Check::DistinctRowWeights, &[1, 1], &[2, 1], [true, true, false]);
}

#[test]
fn plain_binary_digits() {
    // [N11] Digits of weight 1, 2, 4 for 0..5 let 7 pass. The verifier compiles the form.
    let forge = |off| {
        let style = Style::score(5);
        let mut rng = TestRng(1);
        let sealed = style.seal(&[7], &mut rng);
        style.argue(&transcript(1, Some(7)), off, &sealed, &[1, 1, 1], &mut rng)
    };
    let judge = |ballot: &BallotParts| Style::score(5).judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::ExactRange, &forgery_refused(), forge, judge);

    for max in 1..40 {
        let style = Style::score(max);
        let values = (0_u32..1 << style.form.bits()).map(|number| {
            let bits: Vec<i64> = (0..style.form.bits()).map(|place| i64::from(number >> place & 1)).collect();
            style.values(&bits)[0]
        });
        let values: std::collections::BTreeSet<i64> = values.collect();
        assert!(values.into_iter().eq(0..=i64::from(max)), "the digits of 0..={max} reach exactly that");
    }
}

#[test]
fn equations_of_one_ballot_that_cancel() {
    // [T5] If the weights are equal, a forger who knows a trustee's key chooses `z_r` so that two errors cancel.
    let style = Style::choose(2, 1, 1);
    let forge = |off| {
        let transcript = transcript(1, Some(7));
        let mut rng = TestRng(1);
        let sealed = style.seal(&[51, 0], &mut rng);
        let mut ballot = style.argue(&transcript, off, &sealed, &[1, 0], &mut rng);
        let (rho, x) = style.challenges(&transcript, off, &ballot);
        let y: Scalar = zip(ballotta_tests::powers(&rho), &style.secrets).map(|(weight, y)| weight * *y).sum();
        ballot.z_r += x * rho * Scalar::from(50_u64) * (Scalar::ONE + y).invert();
        ballot
    };
    assert_eq!(style.equations(&transcript(1, Some(7)), &forge(None)), [true, false, false]);
    let judge = |ballot: &BallotParts| style.judge(&transcript(1, Some(7)), ballot);
    sabotage(Check::RandomBatchWeights, &forgery_refused(), forge, judge);
}

#[test]
fn proofs_whose_errors_cancel() {
    // [T5] The weights depend on every response, even if the verifier's source of randomness always returns zeros.
    let p = Scalar::from(42_u64);
    let P = Element::mul_generator(&p).into();
    let forge = |_| {
        let mut signatures: Vec<SchnorrParts> = (0..4).map(|number| sign(&election(number), &p)).collect();
        signatures[1].s += Scalar::ONE;
        signatures[2].s -= Scalar::ONE;
        signatures
    };
    let batch = |signatures: &[SchnorrParts], verify: &dyn Fn(Batch<'_>) -> Result<(), BatchError>| {
        let bases = SharedBases::none();
        let mut batch = Batch::new(&bases);
        for (number, signature) in zip(0.., signatures) {
            batch.push(signature.proof().claim(&mut election(number), &P));
        }
        verify(batch)
    };
    let refused = BatchError { claims: vec![1, 2] };
    let judge = |signatures: &Vec<SchnorrParts>| batch(signatures, &|batch| batch.verify(&mut TestRng(1)));
    sabotage(Check::RandomBatchWeights, &refused, forge, judge);
    let judge = |signatures: &Vec<SchnorrParts>| batch(signatures, &|batch| batch.verify(&mut DeadRng));
    sabotage(Check::RandomBatchWeights, &refused, forge, judge);
}

// Schnorr's proof.

#[test]
fn a_key_chosen_after_the_challenge() {
    // [F4, P4] Nobody knows the logarithm of this key.
    let forge = |off| {
        let mut rng = TestRng(1);
        let (K, s) = (random_element(&mut rng), Scalar::random(&mut rng));
        let c = schnorr_challenge(&election(1), off, &random_element(&mut rng), &K);
        let P = &(Element::mul_generator(&s) - K) * &c.invert();
        (P, SchnorrParts { K, s })
    };
    sabotage(Check::AbsorbPublicKey, &ProofError, forge, |(P, proof)| proof.judge(&election(1), P));
}

#[test]
fn a_nonce_chosen_after_the_challenge() {
    // [P13] Without this check, anybody can sign for anybody else.
    let forge = |off| {
        let mut rng = TestRng(1);
        let victim = Element::mul_generator(&Scalar::from(42_u64));
        let c = schnorr_challenge(&election(1), off, &victim, &random_element(&mut rng));
        let s = Scalar::random(&mut rng);
        SchnorrParts { K: Element::mul_generator(&s) - &victim * &c, s }
    };
    let victim = Element::mul_generator(&Scalar::from(42_u64));
    sabotage(Check::AbsorbNonce, &ProofError, forge, |proof| proof.judge(&election(1), &victim));
}

// Decryption: equality of logarithms.

#[test]
fn a_total_shifted_by_choice() {
    // [P2] The trustee chooses the announcements after the challenge, and shifts only the total of slot 1, by 5.
    let forge = |off| {
        let mut rng = TestRng(1);
        let secrets = [3_u64, 4].map(Scalar::from);
        let mut proof = decrypt(&election(1), &random_element(&mut rng), &secrets);
        proof.D[0] += small(5);
        let (w, c) = proof.challenges(&election(1), off);
        proof.A = Element::mul_generator(&proof.z) - &combine(&w, &proof.Y) * &c;
        proof.B = &proof.R * &proof.z - &combine(&w, &proof.D) * &c;
        proof
    };
    sabotage(Check::AbsorbEqualityAnnouncements, &ProofError, forge, |proof| proof.judge(&election(1)));
}

#[test]
fn a_factor_that_turns_votes_into_nonsense() {
    // [P3] The trustee announces a wrong `B`, and the factor that fits comes after the challenge.
    let forge = |off| {
        let mut rng = TestRng(1);
        let x = Scalar::from(3_u64);
        let mut proof = decrypt(&election(1), &random_element(&mut rng), &[x]);
        let (a, u) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
        proof.A = Element::mul_generator(&a);
        proof.B = &proof.R * &a - Element::mul_generator(&u);
        let (w, c) = proof.challenges(&election(1), off);
        proof.z = a + c * w * x;
        proof.D[0] += Element::mul_generator(&(u * (c * w).invert()));
        proof
    };
    sabotage(Check::AbsorbFactors, &ProofError, forge, |proof| proof.judge(&election(1)));
}

#[test]
fn slots_that_balance_each_other() {
    // [N10] Slot 1 is shifted by 5, and slot 2 by a value that depends on the weight. The proof is the honest one.
    let forge = |off| {
        let mut proof = decrypt(&election(1), &random_element(&mut TestRng(1)), &[3_u64, 4].map(Scalar::from));
        let (w, _) = proof.challenges(&election(1), off);
        proof.D[0] += small(5);
        proof.D[1] += -(&small(5) * &w.invert());
        proof
    };
    sabotage(Check::AbsorbFactors, &ProofError, forge, |proof| proof.judge(&election(1)));
}

#[test]
fn a_base_chosen_after_the_challenge() {
    // [P4] For any factor there is a base that fits.
    let forge = |off| {
        let mut rng = TestRng(1);
        let x = Scalar::from(3_u64);
        let (a, b) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
        let mut proof = EqualityParts {
            R: random_element(&mut rng),
            Y: vec![Element::mul_generator(&x)],
            D: vec![random_element(&mut rng)],
            A: Element::mul_generator(&a),
            B: Element::mul_generator(&b),
            z: Scalar::ZERO,
        };
        let (w, c) = proof.challenges(&election(1), off);
        proof.z = a + c * combined_secret(&w, &[x]);
        proof.R = &(proof.B + &combine(&w, &proof.D) * &c) * &proof.z.invert();
        assert_ne!(&proof.R * &x, proof.D[0]);
        proof
    };
    sabotage(Check::AbsorbEqualityBase, &ProofError, forge, |proof| proof.judge(&election(1)));
}

#[test]
fn keys_and_factors_of_other_lengths() {
    // [B4] The numbers of keys and factors differ.
    let honest = decrypt(&election(1), &small(9), &[3_u64, 4, 5].map(Scalar::from));
    for (keys, factors) in [(2, 3), (3, 2), (0, 3), (3, 0), (0, 0), (2, 2), (1, 1)] {
        let mut proof = honest.clone();
        proof.Y.truncate(keys);
        proof.D.truncate(factors);
        assert_eq!(proof.judge(&election(1)), Err(ProofError), "{keys} keys, {factors} factors");
    }
    let mut proof = honest.clone();
    proof.Y.push(small(6));
    proof.D.push(&proof.R * &Scalar::from(6_u64));
    assert_eq!(proof.judge(&election(1)), Err(ProofError), "a slot more, with its right factor");
    let vacuous = decrypt(&election(1), &small(9), &[]);
    assert_eq!(vacuous.judge(&election(1)), Err(ProofError), "an honest proof about no slots");
    // With the identity as the base, every proof would be valid. In such a proof, `B` is the identity too, which the
    // decoder refuses. Without this check of the decoder, the base is still refused.
    let _weak = Weaken::without(Check::RefuseIdentity);
    let empty = decrypt(&election(1), &Element::identity(), &[Scalar::from(3_u64)]);
    assert_eq!(empty.judge(&election(1)), Err(ProofError), "the identity as a base");
}

// Elements and scalars.

/// What a field of 32 bytes contains: an element that must not be the identity, one that may be, or a scalar.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Element,
    ElementOrIdentity,
    Scalar,
}
use Kind::{Element as E, ElementOrIdentity as I, Scalar as S};

type Decode = fn(&[u8]) -> Result<(), DecodeError>;

/// The fields of a proof type, a valid encoding and the decoder.
type Encoding = (Vec<(&'static str, Kind)>, Vec<u8>, Decode);

fn encodings() -> Vec<Encoding> {
    let ballot = Style::approve(2).prove(&transcript(1, Some(7)), &[1, 0], &Scalar::from(77_u64), &[5; 32]);
    let elements = [("R", E), ("C", I), ("C", I), ("B", E), ("A", E), ("E_R", E), ("E_C", E)];
    let fields = [elements.as_slice(), &[("z_B", S), ("z_r", S), ("f", S), ("f", S)]].concat();
    let signature = sign(&election(1), &Scalar::from(3_u64));
    let proof = decrypt(&election(1), &small(9), &[Scalar::from(3_u64)]);
    vec![
        (fields, ballot.encode(), |bytes| decode_ballot(bytes, 2, 2).map(drop)),
        (vec![("K", E), ("s", S)], signature.encode(), |bytes| decode_all(bytes, SchnorrProof::decode).map(drop)),
        (vec![("A", E), ("B", E), ("z", S)], proof.encode(), |bytes| {
            decode_all(bytes, EqualityProof::decode).map(drop)
        }),
    ]
}

fn replace(bytes: &[u8], place: usize, field: &[u8; 32]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[32 * place..][..32].copy_from_slice(field);
    bytes
}

#[test]
fn the_identity_in_every_field() {
    // [G2] The identity is refused.
    for (fields, bytes, decode) in encodings() {
        assert_eq!(decode(&bytes), Ok(()));
        for (place, (field, kind)) in fields.into_iter().enumerate() {
            let changed = replace(&bytes, place, &[0; 32]);
            let expected = if kind == E { Err(DecodeError::IdentityElement { field }) } else { Ok(()) };
            assert_eq!(decode(&changed), expected);
            let _weak = Weaken::without(Check::RefuseIdentity);
            assert_eq!(decode(&changed), Ok(()));
        }
    }
}

#[test]
fn proofs_of_nothing_but_zeros() {
    // [G2] If the identity passed, zeros would be a ballot without votes that needs no prover, a signature of the
    // identity, and a proof about keys that are the identity.
    let zeros = |_| ();
    let style = Style::approve(2);
    let judge = |(): &()| {
        let (ciphertext, argument) = decode_ballot(&vec![0; style.form.ciphertext_and_argument_bytes()], 2, 2)?;
        let mut batch = Batch::new(&style.bases);
        let transcript = &mut transcript(1, Some(7));
        batch.push(argument.claim(transcript, &style.form, WEIGHT, &style.keys, &style.slots, &ciphertext).unwrap());
        assert_eq!(batch.verify(&mut TestRng(1)), Ok(()));
        Ok(())
    };
    sabotage(Check::RefuseIdentity, &DecodeError::IdentityElement { field: "R" }, zeros, judge);

    let judge = |(): &()| {
        let public = decode_all(&[0; 32], |reader| reader.element("credential"))?;
        let proof = decode_all(&[0; 64], SchnorrProof::decode)?;
        assert_eq!(proof.verify(&mut election(1), &public, &mut TestRng(1)), Ok(()));
        Ok(())
    };
    sabotage(Check::RefuseIdentity, &DecodeError::IdentityElement { field: "credential" }, zeros, judge);

    let judge = |(): &()| {
        let proof = decode_all(&[0; 96], EqualityProof::decode)?;
        let identity = [Element::identity().into()];
        let base = small(9).into();
        let statement = EqualityStatement { base: &base, keys: &identity, factors: &identity };
        assert_eq!(proof.verify(&mut election(1), &statement, &mut TestRng(1)), Ok(()));
        Ok(())
    };
    sabotage(Check::RefuseIdentity, &DecodeError::IdentityElement { field: "A" }, zeros, judge);
}

#[test]
fn scalars_and_elements_with_a_second_encoding() {
    // [G1, G3, P13] `l` itself, `s + l` and the largest integers; what RFC 9496 refuses, and `p`, and a set high bit.
    let l: [u8; 32] =
        hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap().try_into().unwrap();
    let mut invalid: Vec<[u8; 32]> = ballotta_tests::vectors::invalid_elements();
    invalid.push([0xff; 32]);
    for (fields, bytes, decode) in encodings() {
        for (place, (field, kind)) in fields.into_iter().enumerate() {
            let valid: [u8; 32] = bytes[32 * place..][..32].try_into().unwrap();
            let mut refused = if kind == S { vec![l, add(&valid, &l)] } else { invalid.clone() };
            let mut largest = [0xff; 32];
            largest[31] = 0x7f;
            refused.extend([largest, [0xff; 32]]);
            let mut high = valid;
            high[31] |= 0x80;
            refused.push(high);
            for encoding in refused {
                let expected = match kind {
                    S => DecodeError::NonCanonicalScalar { field },
                    E | I => DecodeError::InvalidElement { field },
                };
                assert_eq!(decode(&replace(&bytes, place, &encoding)), Err(expected), "{}", hex::encode(encoding));
            }
        }
    }
}

/// The sum of two integers of 32 bytes that does not reach `2^256`.
fn add(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    std::array::from_fn(|place| {
        carry = (carry >> 8) + u16::from(a[place]) + u16::from(b[place]);
        carry as u8
    })
}

#[test]
fn fields_too_few_or_too_many() {
    // [B4] Every prefix ends inside a field, and nothing follows the end.
    for (fields, bytes, decode) in encodings() {
        for (place, (field, _)) in fields.iter().enumerate() {
            for length in [32 * place, 32 * place + 1, 32 * place + 31] {
                assert_eq!(decode(&bytes[..length]), Err(DecodeError::Truncated { field }));
            }
        }
        for count in [1, 32, 64] {
            let longer = [bytes.as_slice(), &vec![0; count]].concat();
            assert_eq!(decode(&longer), Err(DecodeError::Trailing { count }));
        }
    }
}

#[test]
fn a_ballot_of_another_style() {
    // [B4] A ballot for 3 bits, read as one for 2 or 4, ends elsewhere.
    let ballot = Style::approve(3).prove(&transcript(1, Some(7)), &[1, 0, 1], &Scalar::from(77_u64), &[5; 32]);
    assert_eq!(ballot.decode(3, 3).map(drop), Ok(()));
    assert_eq!(ballot.decode(3, 2).map(drop), Err(DecodeError::Trailing { count: 32 }));
    assert_eq!(ballot.decode(3, 4).map(drop), Err(DecodeError::Truncated { field: "f" }));
}

#[test]
fn a_claim_about_another_shape() {
    // [B4] The caller does not check the numbers of slots and bits. With more slots than the form has, no row binds a
    // slot. With fewer bits, a bit has no response.
    let style = Style::choose(2, 1, 1);
    let transcript = transcript(1, Some(7));
    let mut rng = TestRng(1);
    let exact = style.seal(&[1, 0], &mut rng);
    let mut longer = exact.clone();
    longer.C.push(random_element(&mut rng));
    for (sealed, bits, what) in [(longer, [1, 0].as_slice(), "a slot more"), (exact, &[1], "a bit less")] {
        let ballot = style.argue(&transcript, None, &sealed, bits, &mut rng);
        let (ciphertext, argument) = ballot.decode(sealed.C.len(), bits.len()).unwrap();
        let transcript = &mut transcript.clone();
        let claim = argument.claim(transcript, &style.form, WEIGHT, &style.keys, &style.slots, &ciphertext);
        assert_eq!(claim.map(drop), Err(ProofError), "{what}");
    }
}

// Randomness.

/// The announcement of a Schnorr proof.
fn K(proof: &SchnorrProof) -> Element {
    let mut writer = Writer::new();
    proof.encode(&mut writer);
    *Reader::new(&writer.finish()).element("K").unwrap().element()
}

/// The first announcement of a proof of equality.
fn A(proof: &EqualityProof) -> Element {
    let mut writer = Writer::new();
    proof.encode(&mut writer);
    *Reader::new(&writer.finish()).element("A").unwrap().element()
}

#[test]
fn a_dead_random_source_repeats_no_nonce() {
    // [C2] Two statements under one key, or one statement under two keys: no two challenges share a nonce.
    let secrets = [Scalar::from(42_u64), Scalar::from(43_u64)];
    let mut nonces = Vec::new();
    for secret in &secrets {
        let pair = KeyPair::new(SecretScalar::new(*secret));
        for number in 0..4 {
            let proof = pair.prove(&mut election(number), &mut DeadRng);
            assert_eq!(proof.verify(&mut election(number), pair.public(), &mut DeadRng), Ok(()));
            nonces.push(K(&proof).to_bytes());
        }
    }
    for number in 0..4 {
        for base in [7, 8] {
            let (R, Y) = (small(base), secrets.map(|x| Element::mul_generator(&x)));
            let (base, keys, factors) = (R.into(), publish(&Y), publish(&secrets.map(|x| &R * &x)));
            let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
            let proof =
                EqualityProof::prove(&mut election(number), &statement, &secrets.map(SecretScalar::new), &mut DeadRng);
            assert_eq!(proof.verify(&mut election(number), &statement, &mut DeadRng), Ok(()));
            nonces.push(A(&proof).to_bytes());
        }
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count);
}

#[test]
fn nonces_that_somebody_else_can_draw() {
    // [C2] If the source of randomness always returns the same bytes, the nonce still depends on the secret. Otherwise,
    // no two proofs have the same nonce.
    let secret = Scalar::from(42_u64);
    let pair = KeyPair::new(SecretScalar::new(secret));
    let guess = |secret: Option<[u8; 32]>| {
        let mut transcript = election(1);
        transcript.append_message(b"P", pair.public().as_bytes());
        if let Some(secret) = secret {
            transcript.append_message(b"nonce-secret", &secret);
        }
        transcript.append_message(b"nonce-randomness", &[0; 32]);
        Element::mul_generator(&transcript.challenge_scalar(b"k"))
    };
    let dead = K(&pair.prove(&mut election(1), &mut DeadRng));
    assert_eq!(dead, guess(Some(secret.to_bytes())), "who knows the secret can draw it");
    assert_ne!(dead, guess(None));
    assert_ne!(dead, guess(Some([0; 32])));
    let live = [2, 3].map(|seed| K(&pair.prove(&mut election(1), &mut TestRng(seed))));
    assert!(live[0] != live[1] && !live.contains(&dead));
}

#[test]
fn one_seed_and_two_transcripts() {
    // [N13] With the same seed and nonce, another election, voter or choice gives other masks. Two equal masks would
    // reveal `r`.
    let style = Style::choose(3, 1, 1);
    let r = Scalar::from(77_u64);
    let cases = [((1, 7), [0, 1, 0]), ((2, 7), [0, 1, 0]), ((1, 8), [0, 1, 0]), ((1, 7), [1, 0, 0])];
    let ballots = cases.map(|((election, voter), bits)| {
        let transcript = transcript(election, Some(voter));
        let ballot = style.prove(&transcript, &bits, &r, &[5; 32]);
        let (_, x) = style.challenges(&transcript, None, &ballot);
        assert_eq!(ballot.encode(), style.prove(&transcript, &bits, &r, &[5; 32]).encode(), "a function of its input");
        let s = ballot.z_r - r * x;
        assert_eq!(Element::mul_generator(&s), ballot.E_R);
        (ballot, x)
    });
    for (number, (one, x)) in ballots.iter().enumerate() {
        for (other, y) in &ballots[number + 1..] {
            assert_ne!(one.E_R, other.E_R);
            assert_ne!(one.A, other.A);
            assert!((one.z_r - other.z_r) * (*x - *y).invert() != r);
        }
    }
}

#[test]
fn one_seed_and_two_sets_of_bits() {
    // [N13] The slack of 1 has two encodings, with the same ciphertext. The same `E_R` must not appear with two
    // different challenges.
    let style = Style::choose(2, 0, 2);
    let transcript = transcript(1, Some(7));
    let r = Scalar::from(77_u64);
    let [(one, x), (other, y)] = [[1, 0, 1, 0], [1, 0, 0, 1]].map(|bits| {
        let ballot = style.prove(&transcript, &bits, &r, &[5; 32]);
        let (_, x) = style.challenges(&transcript, None, &ballot);
        (ballot, x)
    });
    assert!(x != y);
    assert!((one.z_r - other.z_r) * (x - y).invert() != r, "r is solved");
}
