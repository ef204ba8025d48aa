//! Batches: a batch gives the same answer as its claims one by one, and names exactly the claims that are not valid.

use ballotta::SUITE;
use ballotta::group::{Element, Scalar};
use ballotta::proofs::batch::{Batch, BatchError, Claim, SharedBases};
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::ballot::{Style, WEIGHT, small, transcript};
use ballotta_tests::decode_all;
use ballotta_tests::rng::{DeadRng, TestRng};
use ballotta_tests::sigma::{SchnorrParts, decrypt, election, publish, schnorr_challenge, sign};
use merlin::Transcript;
use rand_core::Rng;

/// The valid and the invalid claims of all kinds, alternating.
fn with_claims(test: impl FnOnce(&SharedBases, &[Claim<'_>], &[Claim<'_>])) {
    let style = Style::choose(2, 1, 1);
    let live = transcript(1, Some(7));
    let ballot = style.prove(&live, &[0, 1], &Scalar::from(77_u64), &[5; 32]);
    let ballots: Vec<_> = [None, Some(0), Some(1), Some(2)]
        .into_iter()
        .map(|equation| {
            let mut ballot = ballot.clone();
            match equation {
                Some(0) => ballot.z_B += Scalar::ONE,
                Some(1) => ballot.z_r += Scalar::ONE,
                Some(2) => ballot.C[0] += small(1),
                _ => {}
            }
            ballot.decode(2, 2).unwrap()
        })
        .collect();
    let ballots = ballots.iter().map(|(ciphertext, argument)| {
        Claim::from(
            argument.claim(&mut live.clone(), &style.form, WEIGHT, &style.keys, &style.slots, ciphertext).unwrap(),
        )
    });

    let signature = sign(&election(1), &Scalar::from(42_u64));
    let public = Element::mul_generator(&Scalar::from(42_u64)).into();
    let schnorr = [0, 1].map(|error| {
        let mut signature = signature.clone();
        signature.s += Scalar::from_i64(error);
        Claim::from(signature.proof().claim(&mut election(1), &public))
    });

    let decryption = decrypt(&election(1), &small(9), &[3_u64, 4].map(Scalar::from));
    let equality = [0, 1].map(|error| {
        let mut decryption = decryption.clone();
        decryption.D[1] += small(error);
        let (base, keys, factors) = (decryption.R.into(), publish(&decryption.Y), publish(&decryption.D));
        let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
        let proof = decode_all(&decryption.encode(), EqualityProof::decode).unwrap();
        Claim::from(proof.claim(&mut election(1), &statement).unwrap())
    });

    let ballots: Vec<_> = ballots.collect();
    let honest = [ballots[0].clone(), schnorr[0].clone(), equality[0].clone()];
    let bad = [ballots[1].clone(), schnorr[1].clone(), equality[1].clone(), ballots[2].clone(), ballots[3].clone()];
    test(&style.bases, &honest, &bad);
}

fn in_turn<'c, 'a>(claims: &'c [Claim<'a>], number: usize) -> &'c Claim<'a> {
    &claims[number % claims.len()]
}

#[test]
fn a_batch_is_the_conjunction_of_its_claims() {
    with_claims(|bases, honest, bad| {
        let alone = |claim: &Claim<'_>| {
            let mut batch = Batch::new(bases);
            assert_eq!(batch.push(claim.clone()), 0);
            batch.verify(&mut TestRng(1))
        };
        for claim in honest {
            assert_eq!(alone(claim), Ok(()));
        }
        for claim in bad {
            assert_eq!(alone(claim), Err(BatchError { claims: vec![0] }));
        }

        let check = |size: usize, culprits: &[usize]| {
            for dead in [false, true] {
                let mut batch = Batch::new(bases);
                for number in 0..size {
                    let claims = if culprits.contains(&number) { bad } else { honest };
                    assert_eq!(batch.push(in_turn(claims, number).clone()), number);
                }
                let expected = match culprits {
                    [] => Ok(()),
                    culprits => Err(BatchError { claims: culprits.to_vec() }),
                };
                let verdict = if dead { batch.verify(&mut DeadRng) } else { batch.verify(&mut TestRng(1)) };
                assert_eq!(verdict, expected, "{culprits:?} of {size}");
            }
        };
        // Every set of up to three invalid claims. In larger batches, only some of these sets.
        for size in [0, 1, 2, 3, 5, 7, 9] {
            for culprits in (0_u32..1 << size).filter(|culprits| culprits.count_ones() <= 3) {
                check(size, &(0..size).filter(|number| culprits >> number & 1 == 1).collect::<Vec<_>>());
            }
        }
        let mut rng = TestRng(1);
        for size in [15, 17, 31, 33, 63, 65] {
            check(size, &(0..size).collect::<Vec<_>>());
            for count in [0, 1, 1, 2, 2, 3, 3, 3] {
                let mut culprits: Vec<usize> = (0..count).map(|_| rng.below(size)).collect();
                culprits.sort_unstable();
                culprits.dedup();
                check(size, &culprits);
            }
        }
    });
}

#[test]
fn a_form_larger_than_the_generators_of_the_election() {
    // No commitment contains the last bit, which is -1. Its terms must not be lost, and the other claims of the batch
    // are still valid.
    let (style, mut large) = (Style::choose(2, 1, 1), Style::choose(3, 1, 1));
    large.bases = SharedBases::new(style.bases.generators().clone(), large.bases.keys().to_vec());
    let live = transcript(1, Some(7));
    let mut rng = TestRng(1);
    let bits = [1, 1, -1];
    let forged = large.argue(&live, None, &large.seal(&bits, &mut rng), &bits, &mut rng).decode(3, 3).unwrap();
    let honest = style.prove(&live, &[0, 1], &Scalar::from(77_u64), &[5; 32]).decode(2, 2).unwrap();
    let mut batch = Batch::new(&large.bases);
    for (style, (ciphertext, argument)) in [(&style, &honest), (&large, &forged), (&style, &honest)] {
        batch.push(
            argument.claim(&mut live.clone(), &style.form, WEIGHT, &style.keys, &style.slots, ciphertext).unwrap(),
        );
    }
    assert_eq!(batch.verify(&mut rng), Err(BatchError { claims: vec![1] }));
}

/// The first weight of each of two claims, where a verifier absorbs these parts of the claims and this randomness.
fn weights(claims: &[[Scalar; 2]], randomness: &[u8; 32]) -> [Scalar; 2] {
    let mut transcript = Transcript::new(SUITE.as_bytes());
    transcript.append_message(b"dom-sep", b"batch");
    for [c, s] in claims {
        transcript.append_message(b"schnorr", &[c.to_bytes(), s.to_bytes()].concat());
    }
    transcript.append_message(b"randomness", randomness);
    transcript.append_u64(b"start", 0);
    transcript.append_u64(b"count", 2);
    let mut bytes = [0; 96];
    transcript.challenge_bytes(b"weights", &mut bytes);
    [0, 48].map(|first| Scalar::from(u128::from_le_bytes(bytes[first..][..16].try_into().unwrap())))
}

#[test]
fn weights_that_are_known_before_the_claims() {
    // [T5] The source of randomness always returns zeros. Two errors cancel if the weights depend only on the batch
    // size.
    let weights = weights(&[], &[0; 32]);
    let secret = Scalar::from(42_u64);
    let public = Element::mul_generator(&secret);
    let mut signatures = [sign(&election(1), &secret), sign(&election(2), &secret)];
    signatures[0].s += weights[1];
    signatures[1].s -= weights[0];

    let bases = SharedBases::none();
    let mut batch = Batch::new(&bases);
    let mut sum = Element::identity();
    for ((number, signature), weight) in (1..).zip(&signatures).zip(&weights) {
        let c = schnorr_challenge(&election(number), None, &public, &signature.K);
        sum += &(signature.K + &public * &c - Element::mul_generator(&signature.s)) * weight;
        batch.push(signature.proof().claim(&mut election(number), &public.into()));
    }
    assert!(sum.is_identity(), "such weights would accept");
    assert_eq!(batch.verify(&mut DeadRng), Err(BatchError { claims: vec![0, 1] }));
}

/// [T5] Weights also depend on fresh randomness. A forger who knows this randomness, and has fixed the responses of
/// claims, knows their weights. A verifier without `AbsorbNonce` allows the forger to change a part of a claim without
/// changing its challenge. Two errors of this part can then cancel, but only for this one verifier.
#[test]
fn weights_that_the_forger_knows() {
    let weak = Weaken::without(Check::AbsorbNonce);
    let public = Element::mul_generator(&Scalar::from(42_u64));
    let mut known = [0; 32];
    TestRng(5).fill_bytes(&mut known);
    // Responses first, so that the weights are fixed; then the announcements, each with its error.
    let claims = [1, 2].map(|number| {
        let c = schnorr_challenge(&election(number), Some(Check::AbsorbNonce), &public, &Element::generator());
        [c, Scalar::from(u64::from(number))]
    });
    let [one, other] = weights(&claims, &known);
    let announce = |[c, s]: [Scalar; 2], error: Scalar| SchnorrParts {
        K: Element::mul_generator(&s) - &public * &c + Element::mul_generator(&error),
        s,
    };
    let signatures = [announce(claims[0], other), announce(claims[1], -one)];

    let bases = SharedBases::none();
    let batch = || {
        let mut batch = Batch::new(&bases);
        for (number, signature) in (1..).zip(&signatures) {
            batch.push(signature.proof().claim(&mut election(number), &public.into()));
        }
        batch
    };
    let refused = Err(BatchError { claims: vec![0, 1] });
    assert_eq!(batch().verify(&mut TestRng(5)), Ok(()), "who knows the randomness has forged both");
    assert_eq!(batch().verify(&mut TestRng(6)), refused);
    assert_eq!(batch().verify(&mut DeadRng), refused);
    drop(weak);
    assert_eq!(batch().verify(&mut TestRng(5)), refused);
}
