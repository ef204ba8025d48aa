//! What the stages are made of: arithmetic, proofs, batches.

use std::hint::black_box;

use ballotta::discrete_log::DiscreteLog;
use ballotta::form::Packing;
use ballotta::group::{Element, Generators, PublicElement, Scalar, SecretScalar};
use ballotta::hash::Fingerprint;
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta_benches::{Ballot, Election, bench_rng, draw_marks, marked};
use ballotta_testkit::election::choose;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use merlin::Transcript;
use rand_core::CryptoRng;

pub(crate) fn group(c: &mut Criterion) {
    let mut rng = bench_rng();
    let element = random_element(&mut rng);
    let scalar = Scalar::random(&mut rng);
    let bytes = element.to_bytes();
    let mut c = c.benchmark_group("group");
    c.bench_function("decode", |b| b.iter(|| Element::from_canonical(black_box(&bytes))));
    c.bench_function("encode", |b| b.iter(|| black_box(&element).to_bytes()));
    c.bench_function("decode scalar", |b| b.iter(|| Scalar::from_canonical(black_box(&scalar.to_bytes()))));
    c.bench_function("multiply", |b| b.iter(|| black_box(&element) * black_box(&scalar)));
    c.bench_function("multiply the base point", |b| b.iter(|| Element::mul_generator(black_box(&scalar))));
    c.bench_function("hash generators of 100 bits", |b| b.iter(|| Generators::new(black_box(100))));
    for count in [16, 100] {
        let elements: Vec<Element> = (0..count).map(|_| random_element(&mut rng)).collect();
        c.throughput(Throughput::Elements(count));
        c.bench_function(BenchmarkId::new("encode doubles", count), |b| {
            b.iter(|| Element::double_and_encode(&elements))
        });
    }
}

pub(crate) fn multiscalar(c: &mut Criterion) {
    let mut rng = bench_rng();
    let mut c = c.benchmark_group("multiscalar");
    for count in [16, 128, 1024, 4096, 16_384] {
        let scalars: Vec<Scalar> = (0..count).map(|_| Scalar::random(&mut rng)).collect();
        let elements: Vec<Element> = (0..count).map(|_| random_element(&mut rng)).collect();
        c.throughput(Throughput::Elements(count));
        c.bench_function(BenchmarkId::new("vartime", count), |b| {
            b.iter(|| Element::vartime_multiscalar(&scalars, &elements));
        });
        if count <= 1024 {
            c.bench_function(BenchmarkId::new("constant time", count), |b| {
                b.iter(|| Element::multiscalar(&scalars, &elements));
            });
        }
    }
}

pub(crate) fn signature(c: &mut Criterion) {
    let mut rng = bench_rng();
    let voter = KeyPair::new(SecretScalar::random(&mut rng));
    let transcript = election_transcript(Domain::BallotSignature);
    let signature = voter.prove(&mut transcript.clone(), &mut rng);
    let mut c = c.benchmark_group("schnorr");
    c.bench_function("prove", |b| b.iter(|| voter.prove(&mut transcript.clone(), &mut rng)));
    c.bench_function("verify", |b| {
        b.iter(|| signature.verify(&mut transcript.clone(), voter.public(), &mut rng).expect("a valid signature"));
    });
}

pub(crate) fn ballot(c: &mut Criterion) {
    let mut rng = bench_rng();
    for (name, options, min, max) in
        [("1-of-2", 2, 1, 1), ("1-of-10", 10, 1, 1), ("1-of-100", 100, 1, 1), ("approval-of-10", 10, 0, 10)]
    {
        let election = Election::new(&choose(min, max, false), options, &mut rng);
        let voter = KeyPair::new(SecretScalar::random(&mut rng));
        let marks = marked(&draw_marks(options as usize, u32::div_ceil(min + max, 2) as usize, &mut rng));
        let bytes = election.cast(&voter, &marks, &mut rng);
        let decode = || election.decode(black_box(&bytes)).expect("a ballot that was made here");
        let decoded = decode();
        let mut c = c.benchmark_group(format!("ballot {name}"));
        c.bench_function("prove", |b| b.iter(|| election.prove(voter.public(), &marks, &mut rng)));
        c.bench_function("cast", |b| b.iter(|| election.cast(&voter, &marks, &mut rng)));
        c.bench_function("decode", |b| b.iter(decode));
        c.bench_function("replay transcripts", |b| b.iter(|| election.claims(&decoded)));
    }
}

/// From bytes to a verdict, and of that the part that is left once ballots are decoded and claimed.
pub(crate) fn batch(c: &mut Criterion) {
    let mut rng = bench_rng();
    let election = Election::new(&choose(1, 1, false), 10, &mut rng);
    let ballots = election.cast_many(1024, |rng| marked(&draw_marks(10, 1, rng)), &mut rng);
    let mut c = c.benchmark_group("batch 1-of-10");
    for size in [1, 16, 256, 1024] {
        let ballots = &ballots[..size];
        let decoded: Vec<Ballot> =
            ballots.iter().map(|bytes| election.decode(bytes).expect("a ballot that was made here")).collect();
        c.throughput(Throughput::Elements(size as u64));
        c.bench_function(BenchmarkId::new("verify", size), |b| {
            b.iter(|| election.verify(ballots, &mut rng).expect("valid ballots"));
        });
        c.bench_function(BenchmarkId::new("equations", size), |b| {
            b.iter_batched(
                || election.batch(&decoded),
                |batch| batch.verify(&mut rng).expect("valid ballots"),
                BatchSize::LargeInput,
            );
        });
    }
}

pub(crate) fn equality(c: &mut Criterion) {
    let mut rng = bench_rng();
    let base = PublicElement::from(random_element(&mut rng));
    let transcript = election_transcript(Domain::PartialDecryption);
    let mut c = c.benchmark_group("equality");
    for slots in [1, 100] {
        let secrets: Vec<SecretScalar> = (0..slots).map(|_| SecretScalar::random(&mut rng)).collect();
        let keys: Vec<PublicElement> = secrets.iter().map(SecretScalar::public).collect();
        let factors: Vec<PublicElement> =
            secrets.iter().map(|secret| PublicElement::from(base.element() * secret.expose_scalar())).collect();
        let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
        let proof = EqualityProof::prove(&mut transcript.clone(), &statement, &secrets, &mut rng);
        c.bench_function(BenchmarkId::new("prove", slots), |b| {
            b.iter(|| EqualityProof::prove(&mut transcript.clone(), &statement, &secrets, &mut rng));
        });
        c.bench_function(BenchmarkId::new("verify", slots), |b| {
            b.iter(|| proof.verify(&mut transcript.clone(), &statement, &mut rng).expect("a valid proof"));
        });
    }
}

pub(crate) fn discrete_log(c: &mut Criterion) {
    let mut c = c.benchmark_group("discrete log");
    c.sample_size(10);
    for (name, packing, counts, bound) in [
        ("1e6", Packing::NONE, 1, 1_000_000_u64),
        ("2^32", Packing::NONE, 1, 1 << 32),
        ("2^40", Packing::NONE, 1, 1 << 40),
        ("2^44", Packing::NONE, 1, 1 << 44),
        ("2 of 100,000", Packing::new(1, 1, 100_000), 2, 100_000),
        ("3 of 1,000", Packing::new(1, 1, 1000), 3, 1000),
    ] {
        let table = DiscreteLog::new(packing, bound, 1);
        // The last giant step: nothing takes longer.
        let number = (0..counts).map(|place| bound * packing.unit(place)).sum::<u64>();
        let element = Element::mul_generator(&Scalar::from(number));
        c.bench_function(BenchmarkId::new("prepare", name), |b| {
            b.iter(|| DiscreteLog::new(packing, black_box(bound), 1));
        });
        c.bench_function(BenchmarkId::new("find", name), |b| {
            b.iter(|| table.vartime_find(&element, counts, bound).expect("a total within the bound"));
        });
    }
}

fn random_element<R: CryptoRng>(rng: &mut R) -> Element {
    Element::mul_generator(&Scalar::random(rng))
}

fn election_transcript(domain: Domain) -> Transcript {
    let mut transcript = domain.for_election(&Fingerprint::from_bytes([7; 32]));
    transcript.absorb_bytes(b"message", b"what a proof is about");
    transcript
}
