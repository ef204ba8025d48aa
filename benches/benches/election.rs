//! The stages of an election, as the parties go through them.

use std::cell::LazyCell;
use std::convert::Infallible;
use std::hint::black_box;

use ballotta::admission::{Admission, AdmittedBallots, BoardEntries, MemoryIndex};
use ballotta::ballot::{BallotOpening, BallotSeed, Candidate, PreparedBallot, VerifiedBallot, Window, verify_ballots};
use ballotta::credential::{Credential, RollIndex, RollLine, RollReader, RollRules, VotingCode};
use ballotta::decryption::{ClosedTally, ClosingStatement, PartialDecryption, VerifiedDecryption, combine};
use ballotta::group::SecretScalar;
use ballotta::hash::{JointKeyHash, ManifestHash};
use ballotta::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey, Trustee, TrusteeSeed, TrusteeShares};
use ballotta::limits::MAX_TOTAL;
use ballotta::manifest::Manifest;
use ballotta::record::{self, MemoryRecord, RecordSource};
use ballotta::tally::PartialTally;
use ballotta::verifier::{VerifyOptions, verify};
use ballotta::voter;
use ballotta::written::VoterNumber;
use ballotta_benches::{Rehearsal, bench_rng, one_of};
use ballotta_testkit::ceremony::Ceremony;
use ballotta_testkit::election::{Choice, Election, Parties, of_style};
use ballotta_testkit::rng::TestRng;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};

/// Ballots on the board of a rehearsal.
const BALLOTS: usize = 1000;
/// Lines of the roll that is measured on its own.
const ROLL_LINES: usize = 10_000;
const MANIFEST: ManifestHash = ManifestHash::from_bytes([7; 32]);

/// Everything that is made once, and only if a requested bench needs it.
type Lazy<'a> = LazyCell<Rehearsal, Box<dyn FnOnce() -> Rehearsal + 'a>>;

pub(crate) fn manifest(c: &mut Criterion) {
    for options in [2, 10, 100] {
        let (options_of_election, rng) = (one_of(options, 1), &mut TestRng(1));
        let bytes = Parties::draw(&options_of_election, rng)
            .contents(&options_of_election, [7; 32])
            .to_bytes()
            .expect("a manifest");
        let manifest = Manifest::parse(&bytes).expect("a manifest");
        let mut c = c.benchmark_group(format!("manifest 1-of-{options}"));
        c.bench_function("parse", |b| b.iter(|| Manifest::parse(black_box(&bytes)).expect("a manifest")));
        c.bench_function("compile a style", |b| b.iter(|| manifest.compile_style(black_box(0)).expect("a style")));
    }
}

/// What the first of three trustees does, and everybody in the end.
pub(crate) fn key_ceremony(c: &mut Criterion) {
    const HONEST: &str = "honest trustees";
    let mut rng = bench_rng();
    let mut c = c.benchmark_group("key ceremony 2-of-3");
    for slots in [1, 100] {
        let seeds = [[1; 32], [2; 32], [3; 32]];
        let signing = seeds.map(|seed| *TrusteeSeed::from_bytes(&seed).signing_key().public()).to_vec();
        let parameters = CeremonyParameters::new(MANIFEST, 2, signing, slots, FIRST_ATTEMPT);
        let parameters = &parameters.expect("slots of an election");
        let ceremony = Ceremony::hold(parameters, &seeds, &mut TestRng(1));
        let Ceremony { registrations, commitments, deals, .. } = &ceremony;
        let messages: Vec<&[u8]> = ceremony.messages().into_iter().map(|(_, message)| message).collect();

        // The first trustee, at every step.
        let seed = || TrusteeSeed::from_bytes(&seeds[0]);
        let registered = || Trustee::register(parameters.clone(), seed()).expect(HONEST).0;
        let committed = || registered().commit(registrations, &mut bench_rng()).expect(HONEST).0;
        let dealt = || committed().deal(commitments, &mut bench_rng()).expect(HONEST).0;
        let size = BatchSize::LargeInput;
        c.bench_function(BenchmarkId::new("register", slots), |b| {
            let input = || (parameters.clone(), seed());
            b.iter_batched(input, |(parameters, seed)| Trustee::register(parameters, seed).expect(HONEST), size);
        });
        c.bench_function(BenchmarkId::new("commit", slots), |b| {
            b.iter_batched(registered, |state| state.commit(registrations, &mut rng).expect(HONEST), size);
        });
        c.bench_function(BenchmarkId::new("deal", slots), |b| {
            b.iter_batched(committed, |state| state.deal(commitments, &mut rng).expect(HONEST), size);
        });
        c.bench_function(BenchmarkId::new("confirm", slots), |b| {
            b.iter_batched(dealt, |state| state.confirm(deals, &mut rng).expect(HONEST), size);
        });
        c.bench_function(BenchmarkId::new("verify", slots), |b| {
            b.iter(|| JointKey::verify(parameters, &messages, &mut rng).expect(HONEST));
        });
        c.bench_function(BenchmarkId::new("recover shares", slots), |b| {
            let input = || (parameters.clone(), seed());
            b.iter_batched(
                input,
                |(parameters, seed)| TrusteeShares::recover(parameters, seed, &messages, &mut rng).expect(HONEST),
                size,
            );
        });
    }
}

pub(crate) fn credential(c: &mut Criterion) {
    let mut rng = bench_rng();
    let joint_key = JointKeyHash::from_bytes([7; 32]);
    let code = VotingCode::generate(&mut rng);
    let mut c = c.benchmark_group("credential");
    c.bench_function("generate a voting code", |b| b.iter(|| VotingCode::generate(&mut rng)));
    c.bench_function("derive", |b| {
        b.iter(|| Credential::derive(black_box(&code), &MANIFEST, &joint_key).expect("a credential"));
    });
}

pub(crate) fn roll(c: &mut Criterion) {
    let rules = RollRules::new(MANIFEST, &["all"], 1, MAX_TOTAL);
    let read = |roll: &[u8]| -> RollIndex {
        let mut reader = RollReader::new(rules.clone());
        reader.feed(roll, &mut |_| ());
        reader.finish(&mut |_| ()).expect("a roll within its rules")
    };
    let write = |lines| -> String { rules.write(lines).expect("a roll within its rules").collect() };
    let written = LazyCell::new(|| {
        let mut rng = bench_rng();
        let credential = |_| *SecretScalar::random(&mut rng).public().as_bytes();
        let line = |credential| RollLine { number: 0, credential, style: 0, weight: 1 };
        let lines: Vec<RollLine> = (0..ROLL_LINES).map(credential).map(line).collect();
        let roll = write(lines.clone()).into_bytes();
        (lines, MemoryRecord { files: [(record::ROLL.to_owned(), roll)].into() })
    });
    let mut c = c.benchmark_group("roll");
    c.throughput(Throughput::Elements(ROLL_LINES as u64));
    c.bench_function(BenchmarkId::new("write", ROLL_LINES), |b| {
        let (lines, _) = &*written;
        b.iter_batched(|| lines.clone(), write, BatchSize::LargeInput);
    });
    c.bench_function(BenchmarkId::new("read", ROLL_LINES), |b| {
        let (_, record) = &*written;
        b.iter(|| read(&record.files[record::ROLL]));
    });
    c.bench_function(BenchmarkId::new("decode credentials", ROLL_LINES), |b| {
        let (lines, _) = &*written;
        b.iter(|| lines.iter().filter(|line| line.key().is_ok()).count());
    });
    c.throughput(Throughput::Elements(1));
    c.bench_function(BenchmarkId::new("look up", ROLL_LINES), |b| {
        let (lines, record) = &*written;
        let index = read(&record.files[record::ROLL]);
        let mut lines = lines.iter().cycle();
        b.iter(|| {
            let credential = &lines.next().expect("a roll with voters").credential;
            let line = index.lookup(credential, |offset, buffer| record.read_exact_at(record::ROLL, offset, buffer));
            line.expect("a record in memory").expect("a voter of the roll")
        });
    });
}

/// From the voter's choice to the verification of the record: elections of [`BALLOTS`] ballots.
pub(crate) fn vote_to_result(c: &mut Criterion) {
    for options in [2, 10] {
        let hold = move || Rehearsal::hold(options, BALLOTS);
        let rehearsal: Lazy<'_> = LazyCell::new(Box::new(hold));
        let name = |stage: &str| format!("{stage} 1-of-{options}");
        vote(c, &name("vote"), &rehearsal);
        admission(c, &name("admission"), &rehearsal);
        decryption(c, &name("decryption"), &rehearsal);
        verification(c, &name("record"), &rehearsal);
    }
}

fn vote(c: &mut Criterion, name: &str, rehearsal: &Lazy<'_>) {
    let mut rng = bench_rng();
    let choose = || rehearsal.election.ballot(0, &[Choice::Options(vec![1])]).choices();
    let seed = || BallotSeed::from_bytes([7; 32]);
    let prepare = |(choices, seed)| {
        let Election { context, credentials, .. } = &rehearsal.election;
        let voter = of_style(0);
        PreparedBallot::prepare(context, credentials[0].public(), voter, choices, None, seed).expect("a ballot")
    };
    let prepared = || prepare((choose(), seed()));
    let mut c = c.benchmark_group(name);
    c.bench_function("prepare", |b| b.iter_batched(|| (choose(), seed()), prepare, BatchSize::SmallInput));
    c.bench_function("cast", |b| {
        let Election { context, credentials, .. } = &rehearsal.election;
        b.iter_batched(
            prepared,
            |ballot| ballot.cast(context, credentials[0].key_pair(), &mut rng).to_bytes(),
            BatchSize::SmallInput,
        );
    });
    c.bench_function("open and check", |b| {
        let Election { context, credentials, .. } = &rehearsal.election;
        let voter = VoterNumber::of(credentials[0].public());
        let check = |ballot: PreparedBallot| {
            let tracker = (*ballot.tracker()).into();
            let bytes = ballot.open().expose_bytes();
            let opening = BallotOpening::decode(context, &bytes).expect("an opening");
            opening.check(context, &tracker, &voter).expect("an honest device")
        };
        b.iter_batched(prepared, check, BatchSize::SmallInput);
    });
}

fn candidates(rehearsal: &Rehearsal) -> Vec<Candidate<'_>> {
    let ballots = rehearsal.ballots.iter().zip(&rehearsal.lines);
    ballots.map(|(bytes, line)| Candidate::with_line(bytes, Some(*line))).collect()
}

/// A board on which every voter votes once: no entry is read again.
struct OncePerVoter(u64);

impl BoardEntries for OncePerVoter {
    type Error = Infallible;

    fn size(&self) -> u64 {
        self.0
    }

    fn entry(&self, _: u64) -> Result<Vec<u8>, Infallible> {
        unreachable!("every voter votes once")
    }
}

/// What the ballot box does with a ballot, and every verifier again.
fn admission(c: &mut Criterion, name: &str, rehearsal: &Lazy<'_>) {
    let mut rng = bench_rng();
    let window = Window { opened: Some(0), closed: None };
    let begin = || {
        let record = &rehearsal.record;
        let voter::Election { context, roll, .. } = voter::Election::read(record, &mut bench_rng()).expect("a record");
        Admission::resume(context, roll, record.clone(), window, AdmittedBallots::default(), &mut bench_rng())
            .expect("a board without ballots")
            .admission
    };
    let admit = |mut admission: Admission<MemoryIndex<MemoryRecord>>, ballots: &[VerifiedBallot]| {
        for (index, ballot) in (1..).zip(ballots) {
            admission.sequence(ballot, &OncePerVoter(index)).expect("a ballot that counts");
        }
        admission
    };
    let verified = LazyCell::new(|| -> Vec<VerifiedBallot> {
        let outcomes = verify_ballots(&rehearsal.election.context, &candidates(rehearsal), &mut bench_rng());
        outcomes.into_iter().collect::<Result<_, _>>().expect("valid ballots")
    });
    let mut c = c.benchmark_group(name);
    for size in [1, 256] {
        c.throughput(Throughput::Elements(size as u64));
        c.bench_function(BenchmarkId::new("verify ballots", size), |b| {
            let candidates = &candidates(rehearsal)[..size];
            b.iter(|| verify_ballots(&rehearsal.election.context, candidates, &mut rng));
        });
    }
    c.throughput(Throughput::Elements(BALLOTS as u64));
    c.bench_function(BenchmarkId::new("admit to the ledger", BALLOTS), |b| {
        let ballots = &*verified;
        b.iter_batched(begin, |admission| admit(admission, ballots), BatchSize::LargeInput);
    });
    c.bench_function(BenchmarkId::new("add to the tally", BALLOTS), |b| {
        let counts = admit(begin(), &verified).into_counted();
        let counted: Vec<&VerifiedBallot> =
            (1..).zip(&*verified).filter_map(|(index, ballot)| counts.contains(index).then_some(ballot)).collect();
        assert_eq!(counted.len(), BALLOTS);
        b.iter(|| {
            let mut tally = PartialTally::zero(&rehearsal.election.context);
            for ballot in &counted {
                tally.add(&rehearsal.election.context, ballot);
            }
            tally
        });
    });
}

fn decryption(c: &mut Criterion, name: &str, rehearsal: &Lazy<'_>) {
    let mut rng = bench_rng();
    let mut c = c.benchmark_group(name);
    c.bench_function("sign a closing statement", |b| {
        let Rehearsal { election, tally, .. } = &**rehearsal;
        b.iter(|| ClosingStatement::sign(tally, 1, &election.trustee_keys[0], &mut rng));
    });
    c.bench_function("check the closing rule", |b| {
        let Rehearsal { election, tally, statements, .. } = &**rehearsal;
        let manifest = election.context.manifest();
        let mut check = |tally| ClosedTally::check(manifest, tally, statements, None, &mut rng);
        b.iter_batched(|| tally.clone(), |tally| check(tally).expect("statements of all"), BatchSize::SmallInput);
    });
    c.bench_function("decrypt", |b| {
        let Rehearsal { election: Election { context, joint_key, shares, trustee_keys, .. }, closed, .. } =
            &**rehearsal;
        let mut decrypt =
            || PartialDecryption::decrypt(context, joint_key, closed, &shares[0], &trustee_keys[0], &mut rng);
        b.iter(|| decrypt().expect("shares of this election"));
    });
    c.bench_function("verify a partial decryption", |b| {
        let Rehearsal { election: Election { context, joint_key, .. }, tally, decryptions, .. } = &**rehearsal;
        let verify =
            |part: PartialDecryption| part.verify(context, joint_key, tally, &mut rng).expect("an honest trustee");
        b.iter_batched(|| decryptions[0].clone(), verify, BatchSize::SmallInput);
    });
    c.bench_function("combine", |b| {
        let Rehearsal { election: Election { context, joint_key, .. }, tally, decryptions, .. } = &**rehearsal;
        let verified = decryptions.iter().map(|part| part.clone().verify(context, joint_key, tally, &mut bench_rng()));
        let verified: Vec<VerifiedDecryption> = verified.collect::<Result<_, _>>().expect("honest trustees");
        b.iter(|| combine(context, tally, &verified).expect("totals of valid ballots"));
    });
}

/// What an auditor does.
fn verification(c: &mut Criterion, name: &str, rehearsal: &Lazy<'_>) {
    let mut rng = bench_rng();
    let options = VerifyOptions::default();
    let mut c = c.benchmark_group(name);
    c.sample_size(10);
    c.throughput(Throughput::Elements(BALLOTS as u64));
    c.bench_function(BenchmarkId::new("verify", BALLOTS), |b| {
        let record = &rehearsal.record;
        let report = verify(record, &options, &|_| (), &mut rng).report;
        assert!(report.holds(), "{report}");
        b.iter(|| verify(record, &options, &|_| (), &mut rng));
    });
}
