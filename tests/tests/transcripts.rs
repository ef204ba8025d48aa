//! Transcripts absorb every public input of every proof, with fixed labels and in a fixed order.

#![allow(non_snake_case)]

use ballotta::SUITE;
use ballotta::elgamal::SlotKeys;
use ballotta::form::{Form, FormBuilder, Terms};
use ballotta::group::{Element, Scalar};
use ballotta::hash::{Fingerprint, ManifestHash, RosterHash};
use ballotta::proofs::ProofError;
use ballotta::proofs::batch::{Batch, BatchError};
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta_tests::ballot::{BallotParts, Style, WEIGHT, small, transcript};
use ballotta_tests::decode_all;
use ballotta_tests::rng::TestRng;
use ballotta_tests::sigma::{EqualityParts, decrypt, election, publish, sign};
use merlin::Transcript;

const DOMAINS: [(Domain, &str); 14] = [
    (Domain::BallotArgument, "ballot-argument"),
    (Domain::BallotSignature, "ballot-signature"),
    (Domain::CredentialPossession, "credential-possession"),
    (Domain::OrganiserEntry, "organiser-entry"),
    (Domain::TrusteeRegistration, "trustee-registration"),
    (Domain::EncryptionKeyPossession, "encryption-key-possession"),
    (Domain::CeremonyMessage, "ceremony-message"),
    (Domain::DealPossession, "deal-possession"),
    (Domain::ShareEphemeral, "share-ephemeral"),
    (Domain::ShareEncryption, "share-encryption"),
    (Domain::Complaint, "complaint"),
    (Domain::BackupDecryption, "backup-decryption"),
    (Domain::ClosingStatement, "closing-statement"),
    (Domain::PartialDecryption, "partial-decryption"),
];

/// A change of one part, and its name.
type Change<P> = (&'static str, fn(&mut P));

/// A digest of everything that a transcript has absorbed.
fn state(mut transcript: Transcript) -> [u8; 32] {
    transcript.challenge_scalar(b"probe").to_bytes()
}

fn assert_distinct(states: &[[u8; 32]]) {
    for (number, one) in states.iter().enumerate() {
        assert!(!states[number + 1..].contains(one), "state {number} appears twice");
    }
}

#[test]
fn how_transcripts_begin() {
    let mut states = Vec::new();
    for (domain, label) in DOMAINS {
        let contexts = [
            (domain.for_election(&Fingerprint::from_bytes([1; 32])), b"fingerprint".as_slice()),
            (domain.for_roster(&RosterHash::from_bytes([1; 32])), b"roster"),
            (domain.for_manifest(&ManifestHash::from_bytes([1; 32])), b"manifest"),
        ];
        for (transcript, context) in contexts {
            let mut by_hand = Transcript::new(SUITE.as_bytes());
            by_hand.append_message(b"dom-sep", label.as_bytes());
            by_hand.append_message(context.to_vec().leak(), &[1; 32]);
            states.push(state(transcript));
            assert_eq!(states.last(), Some(&state(by_hand)));
        }
        states.push(state(domain.for_election(&Fingerprint::from_bytes([2; 32]))));
    }
    assert_distinct(&states);
}

#[test]
fn messages_are_framed() {
    let mut states = Vec::new();
    let lists: [&[&[u8]]; 7] = [&[], &[b""], &[b"", b""], &[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"c", b"ab"]];
    for list in lists {
        let mut transcript = election(1);
        list.iter().for_each(|message| transcript.absorb_bytes(b"m", message));
        states.push(state(transcript));
    }
    let (mut number, mut bytes, mut label) = (election(1), election(1), election(1));
    number.absorb_u64(b"m", 7);
    bytes.absorb_bytes(b"m", &[7]);
    label.absorb_bytes(b"n", b"abc");
    states.extend([number, bytes, label].map(state));
    assert_distinct(&states);
}

#[test]
fn no_domain_takes_the_proofs_of_another() {
    let p = Scalar::from(42_u64);
    let context = Fingerprint::from_bytes([1; 32]);
    let (secrets, R) = ([Scalar::from(3_u64)], small(9));
    for (made, _) in DOMAINS {
        let signature = sign(&made.for_election(&context), &p);
        let proof = decrypt(&made.for_election(&context), &R, &secrets);
        for (used, _) in DOMAINS {
            let expected = if made == used { Ok(()) } else { Err(ProofError) };
            assert_eq!(signature.judge(&used.for_election(&context), &small(42)), expected, "{made:?} as {used:?}");
            assert_eq!(proof.judge(&used.for_election(&context)), expected, "{made:?} as {used:?}");
        }
        assert_eq!(signature.judge(&made.for_roster(&RosterHash::from_bytes([1; 32])), &small(42)), Err(ProofError));
        assert_eq!(
            signature.judge(&made.for_manifest(&ManifestHash::from_bytes([1; 32])), &small(42)),
            Err(ProofError)
        );
    }
}

#[test]
fn every_input_of_schnorr() {
    let secret = Scalar::from(42_u64);
    let message = |text: &[u8]| {
        let mut transcript = election(1);
        transcript.absorb_bytes(b"m", text);
        transcript
    };
    let proof = sign(&message(b"yes"), &secret);
    let P = Element::mul_generator(&secret);
    let mut states = Vec::new();
    let mut judge = |transcript: Transcript, P: &Element, proof: &ballotta_tests::sigma::SchnorrParts| {
        let mut absorbed = transcript.clone();
        let _ = proof.proof().claim(&mut absorbed, &(*P).into());
        states.push(state(absorbed));
        proof.judge(&transcript, P)
    };
    assert_eq!(judge(message(b"yes"), &P, &proof), Ok(()));

    let (mut K, mut s) = (proof.clone(), proof.clone());
    K.K += small(1);
    s.s += Scalar::ONE;
    let mut other_label = election(1);
    other_label.absorb_bytes(b"n", b"yes");
    assert_eq!(judge(message(b"no"), &P, &proof), Err(ProofError), "message");
    assert_eq!(judge(other_label, &P, &proof), Err(ProofError), "label");
    assert_eq!(judge(election(1), &P, &proof), Err(ProofError), "no message");
    assert_eq!(judge(message(b"yes"), &small(43), &proof), Err(ProofError), "P");
    assert_eq!(judge(message(b"yes"), &-P, &proof), Err(ProofError), "-P");
    assert_eq!(judge(message(b"yes"), &P, &K), Err(ProofError), "K");
    assert_eq!(judge(message(b"yes"), &P, &s), Err(ProofError), "s");
    // The response comes after the last challenge of the transcript: the batch absorbs it.
    assert_eq!(states.pop(), states.first().copied(), "s");
    assert_distinct(&states);
}

#[test]
fn every_input_of_equality() {
    let secrets = [3_u64, 4, 4].map(Scalar::from);
    let proof = decrypt(&election(1), &small(9), &secrets);
    let mut states = Vec::new();
    let mut judge = |transcript: &Transcript, parts: &EqualityParts| {
        let mut absorbed = transcript.clone();
        let (base, keys, factors) = (parts.R.into(), publish(&parts.Y), publish(&parts.D));
        let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
        decode_all(&parts.encode(), EqualityProof::decode).unwrap().claim(&mut absorbed, &statement).unwrap();
        states.push(state(absorbed));
        parts.judge(transcript)
    };
    assert_eq!(judge(&election(1), &proof), Ok(()));
    assert_eq!(judge(&election(2), &proof), Err(ProofError), "context");

    let changes: [Change<EqualityParts>; 12] = [
        ("R", |parts| parts.R += small(1)),
        ("Y_1", |parts| parts.Y[0] += small(1)),
        ("Y_3", |parts| parts.Y[2] += small(1)),
        ("D_1", |parts| parts.D[0] += small(1)),
        ("D_3", |parts| parts.D[2] += small(1)),
        ("A", |parts| parts.A += small(1)),
        ("B", |parts| parts.B += small(1)),
        ("z", |parts| parts.z += Scalar::ONE),
        ("two slots swapped", |parts| {
            parts.Y.swap(0, 1);
            parts.D.swap(0, 1);
        }),
        ("Y and D swapped", |parts| std::mem::swap(&mut parts.Y, &mut parts.D)),
        ("a slot less", |parts| {
            parts.Y.pop();
            parts.D.pop();
        }),
        // One more pair whose logarithms are equal: both are zero.
        ("a slot more", |parts| {
            parts.Y.push(Element::identity());
            parts.D.push(Element::identity());
        }),
    ];
    for (name, change) in changes {
        let mut changed = proof.clone();
        change(&mut changed);
        assert_eq!(judge(&election(1), &changed), Err(ProofError), "{name}");
    }
    let response = changes.iter().position(|(name, _)| *name == "z").unwrap();
    assert_eq!(states.remove(2 + response), states[0], "the batch absorbs the response");
    assert_distinct(&states);
}

/// The form of choose 1 of 2, with the terms of its last row the other way round: the same equations.
fn reordered() -> Form {
    let mut builder = FormBuilder::new();
    let bits = [builder.bit(), builder.bit()];
    builder.count_bits(bits);
    let mut reversed = Terms::new();
    for bit in [bits[1], bits[0]] {
        reversed.bit(bit, 1);
    }
    builder.constant(reversed, 1);
    builder.build().unwrap()
}

#[test]
fn every_input_of_the_ballot_argument() {
    let style = Style::choose(2, 1, 1);
    let live = transcript(1, Some(7));
    let ballot = style.prove(&live, &[1, 0], &Scalar::from(77_u64), &[5; 32]);
    let mut states = Vec::new();
    let mut judge = |transcript: &Transcript, form: &Form, weight: u64, keys: &SlotKeys, ballot: &BallotParts| {
        let (ciphertext, argument) = ballot.decode(2, 2).unwrap();
        let mut absorbed = transcript.clone();
        let mut batch = Batch::new(&style.bases);
        let claim = argument.claim(&mut absorbed, form, weight, keys, &style.slots, &ciphertext);
        let claim = claim.map_err(|ProofError| BatchError { claims: vec![] })?;
        batch.push(claim);
        states.push(state(absorbed));
        batch.verify(&mut TestRng(1))
    };
    let refused = Err(BatchError { claims: vec![0] });
    assert_eq!(judge(&live, &style.form, WEIGHT, &style.keys, &ballot), Ok(()));

    // The context and the speaker.
    assert_eq!(judge(&transcript(2, Some(7)), &style.form, WEIGHT, &style.keys, &ballot), refused, "fingerprint");
    assert_eq!(judge(&transcript(1, Some(8)), &style.form, WEIGHT, &style.keys, &ballot), refused, "credential");
    assert_eq!(judge(&transcript(1, None), &style.form, WEIGHT, &style.keys, &ballot), refused, "no credential");
    assert_eq!(judge(&live, &style.form, WEIGHT + 1, &style.keys, &ballot), refused, "weight");
    // The equations do not use these digests. Only the transcript makes the proofs invalid.
    assert_eq!(judge(&live, &reordered(), WEIGHT, &style.keys, &ballot), refused, "form");
    let keys = style.keys.keys();
    for other in [vec![keys[1], keys[0]], vec![keys[0], small(5).into()]] {
        assert_eq!(judge(&live, &style.form, WEIGHT, &SlotKeys::new(other), &ballot), refused, "Y");
    }
    // Too few keys: there is no claim.
    for other in [vec![keys[0]], vec![]] {
        let none = Err(BatchError { claims: vec![] });
        assert_eq!(judge(&live, &style.form, WEIGHT, &SlotKeys::new(other), &ballot), none, "Y");
    }

    let changes: [Change<BallotParts>; 15] = [
        ("R", |parts| parts.R += small(1)),
        ("C_1", |parts| parts.C[0] += small(1)),
        ("C_2", |parts| parts.C[1] += small(1)),
        ("C swapped", |parts| parts.C.swap(0, 1)),
        ("B", |parts| parts.B += small(1)),
        ("A", |parts| parts.A += small(1)),
        ("B and A swapped", |parts| std::mem::swap(&mut parts.B, &mut parts.A)),
        ("E_R", |parts| parts.E_R += small(1)),
        ("E_C", |parts| parts.E_C += small(1)),
        ("E swapped", |parts| std::mem::swap(&mut parts.E_R, &mut parts.E_C)),
        ("z_B", |parts| parts.z_B += Scalar::ONE),
        ("z_r", |parts| parts.z_r += Scalar::ONE),
        ("f_1", |parts| parts.f[0] += Scalar::ONE),
        ("f_2", |parts| parts.f[1] += Scalar::ONE),
        ("f swapped", |parts| parts.f.swap(0, 1)),
    ];
    for (name, change) in changes {
        let mut changed = ballot.clone();
        change(&mut changed);
        assert_eq!(judge(&live, &style.form, WEIGHT, &style.keys, &changed), refused, "{name}");
    }
    // The responses come last.
    let responses = changes.iter().filter(|(name, _)| name.starts_with(['z', 'f'])).count();
    for response in states.split_off(states.len() - responses) {
        assert_eq!(response, states[0], "the batch absorbs the responses");
    }
    assert_distinct(&states);
}
