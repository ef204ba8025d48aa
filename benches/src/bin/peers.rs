//! Ballotta against its nearest peer, elastic-elgamal, in the same run: `cargo xtask bench-peers [rounds]`.
//!
//! Both sides use the same group with the same backend and the same generator of randomness, on one thread. They take
//! turns within every round, so that a noisy machine disturbs both alike, and the medians over all rounds are compared.
//!
//! What they do is not quite the same, each time to the peer's advantage:
//!
//! - verifying a ballot of ballotta includes the voter's signature and decoding the credential; the peer has no
//!   signature;
//! - ballotta has a key of its own for every slot, the peer one key for all;
//! - ballotta's approval contest proves that the marks are within bounds, the peer's multiple choice has no bounds.
//!
//! Where exactly one option is chosen, ballotta encrypts all but the last, whose total is what the others leave; the peer
//! encrypts every option. The peer has no batch verification: among many, its ballots cost what one costs.
//!
//! Bytes are those of ciphertexts and proofs: of ballotta without credential and signature, which `signed_bytes` adds, and
//! without what says on the board to which election, style and predecessor a ballot belongs; of the peer without the
//! lengths that its binary form puts before every field.
//!
//! One line of JSON per case goes to the standard output, a table for people to the standard error.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ballotta::group::{Element, Scalar, SecretScalar};
use ballotta::proofs::schnorr::KeyPair;
use ballotta_benches::{Election, backend, bench_rng};
use chacha20::ChaCha12Rng;
use elastic_elgamal::Keypair;
use elastic_elgamal::app::{ChoiceParams, EncryptedChoice, ProveSum};
use elastic_elgamal::group::Ristretto;
use serde_json::json;

const DEFAULT_ROUNDS: usize = 15;
/// A sample repeats what it measures for at least so long.
const SAMPLE: Duration = Duration::from_millis(10);
/// Ballots in a batch.
const BATCH: usize = 512;
/// Bytes of the credential and its signature, which the peer does not have.
const SIGNATURE_BYTES: usize = 32 + 64;

fn main() {
    let rounds = match std::env::args().nth(1).map(|text| text.parse()) {
        None => DEFAULT_ROUNDS,
        Some(Ok(rounds)) if rounds > 0 => rounds,
        Some(_) => {
            eprintln!("usage: peers [rounds], at least one");
            std::process::exit(2);
        }
    };
    let mut rng = bench_rng();
    let yardstick = yardstick(rounds, &mut rng);
    eprintln!("backend {}, {rounds} rounds, batches of {BATCH}", backend());
    eprintln!("Y = one constant-time multiplication = {yardstick:.1} us; times in us, ratios are peer / ballotta\n");
    eprintln!(
        "{:15}{:>9}{:>9}{:>9}{:>7}{:>12}{:>12}{:>12}   ratios:{:>7}{:>7}{:>7}{:>7}",
        "case",
        "prove",
        "verify",
        "in batch",
        "bytes",
        "peer prove",
        "verify",
        "bytes",
        "prove",
        "verify",
        "batch",
        "bytes",
    );
    for options in [2, 5, 10, 100] {
        let election = Election::choose(options, 1, 1, &mut rng);
        let peer = ChoiceParams::single(peer_key(&mut rng), options as usize);
        compare(&format!("1-of-{options}"), &election, &peer, rounds, &mut rng).print(yardstick);
    }
    let election = Election::choose(10, 0, 10, &mut rng);
    let peer = ChoiceParams::multi(peer_key(&mut rng), 10);
    compare("approval-of-10", &election, &peer, rounds, &mut rng).print(yardstick);
}

fn peer_key(rng: &mut ChaCha12Rng) -> elastic_elgamal::PublicKey<Ristretto> {
    Keypair::generate(rng).public().clone()
}

/// The median time of one constant-time multiplication of a variable base.
fn yardstick(rounds: usize, rng: &mut ChaCha12Rng) -> f64 {
    let scalar = Scalar::random(rng);
    let mut element = Element::mul_generator(&Scalar::random(rng));
    let samples = (0..rounds).map(|_| sample(|| element = black_box(&element) * black_box(&scalar))).collect();
    median(samples)
}

/// The medians of one case, in microseconds and bytes.
struct Comparison {
    case: String,
    prove: f64,
    verify_one: f64,
    verify_batch: f64,
    bytes: usize,
    peer_prove: f64,
    peer_verify: f64,
    peer_verify_in_memory: f64,
    peer_bytes: usize,
}

fn compare<S: ProveSum<Ristretto>>(
    case: &str,
    election: &Election,
    peer: &ChoiceParams<Ristretto, S>,
    rounds: usize,
    rng: &mut ChaCha12Rng,
) -> Comparison {
    let ballots = election.cast_many(BATCH, rng);
    let [mut prove, mut verify_one, mut verify_batch, mut peer_prove, mut peer_verify, mut peer_verify_in_memory] =
        [const { Vec::new() }; 6];
    let mut peer_bytes = 0;
    for ballot in ballots.iter().cycle().take(rounds) {
        let voter = KeyPair::new(SecretScalar::random(rng));
        let marks = election.draw_marks(rng);
        let peer_ballot = EncryptedChoice::new(peer, &marks, rng);
        let peer_ballot_bytes = postcard::to_allocvec(&peer_ballot).expect("a ballot has a binary form");
        // A byte of length before each scalar and element, and fewer bytes than one such for the lengths of lists.
        peer_bytes = peer_ballot_bytes.len() / 33 * 32;

        prove.push(sample(|| drop(black_box(election.prove(voter.public(), &marks, rng)))));
        peer_prove.push(sample(|| drop(black_box(EncryptedChoice::new(peer, &marks, rng)))));
        verify_one.push(sample(|| election.verify(&[black_box(ballot)], rng).expect("a valid ballot")));
        peer_verify.push(sample(|| {
            let ballot: EncryptedChoice<Ristretto, S> =
                postcard::from_bytes(black_box(&peer_ballot_bytes)).expect("a ballot of the peer");
            ballot.verify(peer).expect("a valid ballot of the peer");
        }));
        verify_batch.push(sample(|| election.verify(black_box(&ballots), rng).expect("valid ballots")) / BATCH as f64);
        peer_verify_in_memory.push(sample(|| {
            black_box(&peer_ballot).verify(peer).expect("a valid ballot of the peer");
        }));
    }
    Comparison {
        case: case.to_owned(),
        prove: median(prove),
        verify_one: median(verify_one),
        verify_batch: median(verify_batch),
        bytes: ballots[0].len() - SIGNATURE_BYTES,
        peer_prove: median(peer_prove),
        peer_verify: median(peer_verify),
        peer_verify_in_memory: median(peer_verify_in_memory),
        peer_bytes,
    }
}

impl Comparison {
    fn print(&self, yardstick: f64) {
        let Self { case, prove, verify_one, verify_batch, bytes, peer_prove, peer_verify, peer_bytes, .. } = self;
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        let line = json!({
            "case": case,
            "prove_us": tenth(*prove),
            "verify_one_us": tenth(*verify_one),
            "verify_batch_us": tenth(*verify_batch),
            "bytes": bytes,
            "signed_bytes": bytes + SIGNATURE_BYTES,
            "peer_prove_us": tenth(*peer_prove),
            "peer_verify_us": tenth(*peer_verify),
            "peer_verify_in_memory_us": tenth(self.peer_verify_in_memory),
            "peer_bytes": peer_bytes,
            "yardstick_us": tenth(yardstick),
            "backend": backend(),
        });
        println!("{line}");
        eprintln!(
            "{case:15}{prove:9.1}{verify_one:9.1}{verify_batch:9.1}{bytes:7}{peer_prove:12.1}{peer_verify:12.1}\
             {peer_bytes:12}          {:7.2}{:7.2}{:7.2}{:7.2}",
            peer_prove / prove,
            peer_verify / verify_one,
            peer_verify / verify_batch,
            *peer_bytes as f64 / *bytes as f64,
        );
    }
}

/// Microseconds of one call of `work`: the mean over as many calls as fill [`SAMPLE`].
fn sample(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u32;
    while calls == 0 || start.elapsed() < SAMPLE {
        work();
        calls += 1;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
