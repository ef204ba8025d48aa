//! Ballotta against its nearest peer, elastic-elgamal, in the same run: `cargo xtask bench-peers [rounds]`.
//!
//! Both sides use the same group with the same backend and the same generator of randomness, on one thread. They take
//! turns within every round, so that a noisy machine disturbs both alike, and the medians over all rounds are compared.
//!
//! What they do is not quite the same, each time to the peer's advantage:
//!
//! - verifying a ballot of ballotta includes the voter's signature and decoding the credential; the peer has no
//!   signature;
//! - ballotta has a key of its own for every slot, the peer one key for all; two options share a slot, since there are at
//!   most 100,000 voters, and the peer has a ciphertext for each;
//! - ballotta's approval contest proves that the marks are within bounds, the peer's multiple choice has no bounds.
//!
//! Where exactly one option is chosen, ballotta encrypts all but the last, whose total is what the others leave; the peer
//! encrypts every option. The peer's quadratic ballot is verified in memory, without decoding. The peer has no batch verification: among many, its ballots cost what one costs.
//!
//! Bytes are those of ciphertexts and proofs: of ballotta without credential and signature, which `signed_bytes` adds, and
//! without what says on the board to which election, style and predecessor a ballot belongs; of the peer without the
//! lengths that its binary form puts before every field.
//!
//! One line of JSON per case goes to the standard output, a table for people to the standard error.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ballotta::contest::{Grade, Grades, Method, Pairs, Quadratic, Rule, Score, Selection};
use ballotta::group::{Element, Scalar, SecretScalar};
use ballotta::proofs::schnorr::KeyPair;
use ballotta_benches::{Election, backend, bench_rng, draw_marks, marked};
use ballotta_testkit::election::choose;
use chacha20::ChaCha12Rng;
use elastic_elgamal::Keypair;
use elastic_elgamal::app::{ChoiceParams, EncryptedChoice, ProveSum, QuadraticVotingBallot, QuadraticVotingParams};
use elastic_elgamal::group::Ristretto;
use rand_core::Rng as _;
use serde_json::{Value, json};

const DEFAULT_ROUNDS: usize = 15;
/// A sample repeats what it measures for at least so long.
const SAMPLE: Duration = Duration::from_millis(10);
/// Ballots in a batch.
const BATCH: usize = 512;
/// Voters of a small election.
const FEW: u64 = 1000;
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
    let of = Election::new::<ChaCha12Rng>;
    eprintln!("backend {}, {rounds} rounds, batches of {BATCH}", backend());
    eprintln!("Y = one constant-time multiplication = {yardstick:.1} us; times in us, ratios are peer / ballotta\n");
    eprintln!(
        "{:20}{:>9}{:>9}{:>9}{:>7}{:>12}{:>12}{:>12}   ratios:{:>7}{:>7}{:>7}{:>7}",
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
        let peer = ChoiceParams::single(peer_key(&mut rng), options as usize);
        let peer = Choices { params: &peer, marks: |rng: &mut ChaCha12Rng| draw_marks(options as usize, 1, rng) };
        compare(&format!("1-of-{options}"), &of(&choose(1, 1, false), options, &mut rng), peer, rounds, &mut rng)
            .print(yardstick);
    }
    let peer = ChoiceParams::multi(peer_key(&mut rng), 10);
    let peer = Choices { params: &peer, marks: |rng: &mut ChaCha12Rng| draw_marks(10, 5, rng) };
    compare("approval-of-10", &of(&choose(0, 10, false), 10, &mut rng), peer, rounds, &mut rng).print(yardstick);
    let params = QuadraticVotingParams::new(peer_key(&mut rng), 5, 25);
    let quadratic = Rule::Quadratic(Quadratic { credits: 25, blank: false });
    let election = of(&quadratic, 5, &mut rng);
    compare("quadratic-5-25", &election, Votes { params: &params }, rounds, &mut rng).print(yardstick);
    for (case, rule, options, draw) in kinds() {
        compare(case, &of(&rule, options, &mut rng), Nobody { draw }, rounds, &mut rng).print(yardstick);
    }
    // Three counts share a slot where there are few voters.
    for (case, rule, options, draw) in kinds().into_iter().filter(|(case, ..)| case.starts_with("pairs")) {
        let election = Election::of_roll(&rule, options, FEW, &mut rng);
        compare(&format!("{case}, few"), &election, Nobody { draw }, rounds, &mut rng).print(yardstick);
    }
}

/// A rule, its number of options, and how a selection is drawn.
type Kind = (&'static str, Rule, u32, fn(&mut ChaCha12Rng) -> Selection);

/// Kinds of contests that the peer does not have.
fn kinds() -> Vec<Kind> {
    let grade = |number| Grade { id: format!("g{number}"), title: [("en", format!("Grade {number}").as_str())].into() };
    let grades = Rule::Grades(Grades { grades: (0..6).map(grade).collect(), blank: false });
    let score = Rule::Score(Score { max: 5, total: None, blank: false });
    let pairs = |ties| Rule::Pairs(Pairs { ties, method: Method::Schulze, blank: false });
    vec![
        ("5-of-160", choose(0, 5, false), 160, |rng| marked(&draw_marks(160, 3, rng))),
        ("score-20-of-5", score, 20, |rng| Selection::Points((0..20).map(|option| (option, below(6, rng))).collect())),
        ("grades-10-of-6", grades, 10, |rng| {
            Selection::Grades((0..10).map(|option| (option, below(6, rng) as usize)).collect())
        }),
        ("pairs-10", pairs(false), 10, |rng| Selection::Ranking(shuffled(rng).map(|option| vec![option]).collect())),
        ("pairs-10-ties", pairs(true), 10, |rng| {
            // Some tie, and some are left out.
            let options: Vec<usize> = shuffled(rng).take(8).collect();
            Selection::Ranking(options.chunks(2).map(<[usize]>::to_vec).collect())
        }),
    ]
}

fn below(bound: u32, rng: &mut ChaCha12Rng) -> u64 {
    (rng.next_u32() % bound).into()
}

/// Ten options, in a random order.
fn shuffled(rng: &mut ChaCha12Rng) -> impl Iterator<Item = usize> + use<> {
    let mut keyed: Vec<(u32, usize)> = (0..10).map(|option| (rng.next_u32(), option)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, option)| option)
}

/// What the peer does with the same selections.
trait Peer {
    /// A selection for both sides.
    type Drawn;

    fn draw(&self, rng: &mut ChaCha12Rng) -> Self::Drawn;

    fn selection(&self, drawn: &Self::Drawn) -> Selection;

    /// Times of proving, verifying from bytes, and verifying in memory, and the bytes; none of a peer that lacks the kind.
    fn measure(&self, drawn: &Self::Drawn, rng: &mut ChaCha12Rng) -> Option<([f64; 3], usize)>;
}

/// Contests of choices.
struct Choices<'a, S: ProveSum<Ristretto>, M> {
    params: &'a ChoiceParams<Ristretto, S>,
    marks: M,
}

impl<S: ProveSum<Ristretto>, M: Fn(&mut ChaCha12Rng) -> Vec<bool>> Peer for Choices<'_, S, M> {
    type Drawn = Vec<bool>;

    fn draw(&self, rng: &mut ChaCha12Rng) -> Vec<bool> {
        (self.marks)(rng)
    }

    fn selection(&self, marks: &Vec<bool>) -> Selection {
        marked(marks)
    }

    fn measure(&self, marks: &Vec<bool>, rng: &mut ChaCha12Rng) -> Option<([f64; 3], usize)> {
        let ballot = EncryptedChoice::new(self.params, marks, rng);
        let bytes = postcard::to_allocvec(&ballot).expect("a ballot has a binary form");
        let prove = sample(|| drop(black_box(EncryptedChoice::new(self.params, marks, rng))));
        let verify = sample(|| {
            let ballot: EncryptedChoice<Ristretto, S> =
                postcard::from_bytes(black_box(&bytes)).expect("a ballot of the peer");
            ballot.verify(self.params).expect("a valid ballot of the peer");
        });
        let in_memory = sample(|| {
            black_box(&ballot).verify(self.params).expect("a valid ballot of the peer");
        });
        Some(([prove, verify, in_memory], peer_bytes(&bytes)))
    }
}

/// Quadratic contests.
struct Votes<'a> {
    params: &'a QuadraticVotingParams<Ristretto>,
}

impl Peer for Votes<'_> {
    type Drawn = [u64; 5];

    fn draw(&self, rng: &mut ChaCha12Rng) -> [u64; 5] {
        let mut votes = [4, 2, 2, 1, 0];
        votes.rotate_left(rng.next_u32() as usize % 5);
        votes
    }

    fn selection(&self, votes: &[u64; 5]) -> Selection {
        Selection::Points((0..).zip(votes).map(|(option, votes)| (option, *votes)).collect())
    }

    fn measure(&self, votes: &[u64; 5], rng: &mut ChaCha12Rng) -> Option<([f64; 3], usize)> {
        let ballot = QuadraticVotingBallot::new(self.params, votes, rng);
        let prove = sample(|| drop(black_box(QuadraticVotingBallot::new(self.params, votes, rng))));
        // The binary form that is used above cannot contain it, so it is verified in memory.
        let verify = sample(|| {
            let verified = black_box(&ballot).verify(self.params).expect("a valid ballot of the peer");
            black_box(verified.count());
        });
        let json = serde_json::to_value(&ballot).expect("a ballot has a text form");
        Some(([prove, verify, verify], 32 * strings(&json)))
    }
}

/// How many scalars and elements: each is a string.
fn strings(json: &Value) -> usize {
    match json {
        Value::String(_) => 1,
        Value::Array(items) => items.iter().map(strings).sum(),
        Value::Object(fields) => fields.values().map(strings).sum(),
        _ => 0,
    }
}

/// A byte of length before each scalar and element, and fewer bytes than one such for the lengths of lists.
fn peer_bytes(bytes: &[u8]) -> usize {
    bytes.len() / 33 * 32
}

/// No peer.
struct Nobody {
    draw: fn(&mut ChaCha12Rng) -> Selection,
}

impl Peer for Nobody {
    type Drawn = Selection;

    fn draw(&self, rng: &mut ChaCha12Rng) -> Selection {
        (self.draw)(rng)
    }

    fn selection(&self, drawn: &Selection) -> Selection {
        // A selection is a secret of voters and has no copy.
        match drawn {
            Selection::Options(options) => Selection::Options(options.clone()),
            Selection::Points(points) => Selection::Points(points.clone()),
            Selection::Grades(grades) => Selection::Grades(grades.clone()),
            Selection::Ranking(ranking) => Selection::Ranking(ranking.clone()),
            _ => Selection::Blank,
        }
    }

    fn measure(&self, _: &Selection, _: &mut ChaCha12Rng) -> Option<([f64; 3], usize)> {
        None
    }
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

fn compare<P: Peer>(case: &str, election: &Election, peer: P, rounds: usize, rng: &mut ChaCha12Rng) -> Comparison {
    let ballots = election.cast_many(BATCH, |rng| peer.selection(&peer.draw(rng)), rng);
    let [mut prove, mut verify_one, mut verify_batch] = [const { Vec::new() }; 3];
    let (mut of_peer, mut bytes_of_peer) = ([const { Vec::new() }; 3], 0);
    for ballot in ballots.iter().cycle().take(rounds) {
        let voter = KeyPair::new(SecretScalar::random(rng));
        let drawn = peer.draw(rng);
        let selection = peer.selection(&drawn);
        prove.push(sample(|| drop(black_box(election.prove(voter.public(), &selection, rng)))));
        verify_one.push(sample(|| election.verify(&[black_box(ballot)], rng).expect("a valid ballot")));
        verify_batch.push(sample(|| election.verify(black_box(&ballots), rng).expect("valid ballots")) / BATCH as f64);
        if let Some((times, bytes)) = peer.measure(&drawn, rng) {
            of_peer.iter_mut().zip(times).for_each(|(list, time)| list.push(time));
            bytes_of_peer = bytes;
        }
    }
    let [peer_prove, peer_verify, peer_verify_in_memory] = of_peer.map(median);
    Comparison {
        case: case.to_owned(),
        prove: median(prove),
        verify_one: median(verify_one),
        verify_batch: median(verify_batch),
        bytes: ballots[0].len() - SIGNATURE_BYTES,
        peer_prove,
        peer_verify,
        peer_verify_in_memory,
        peer_bytes: bytes_of_peer,
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
        eprint!("{case:20}{prove:9.1}{verify_one:9.1}{verify_batch:9.1}{bytes:7}");
        if peer_prove.is_nan() {
            let [one, batch] = [verify_one, verify_batch].map(|time| time / yardstick);
            return eprintln!("   verified in {one:.1} Y, in a batch {batch:.1} Y");
        }
        eprintln!(
            "{peer_prove:12.1}{peer_verify:12.1}{peer_bytes:12}          {:7.2}{:7.2}{:7.2}{:7.2}",
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
