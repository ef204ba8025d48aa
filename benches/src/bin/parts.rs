//! What the parts of the credentials of several authorities cost, on one core: `parts [VOTERS] [AUTHORITIES]`.
//!
//! Medians in microseconds for each line and authority: writing a file of parts with its proof, and verifying all files with the
//! sums, from bytes in memory; what each authority adds to the verification of a record without ballots, compared with the same
//! voters under one authority, which publishes no parts. Then what the pieces of this cost for each element.

use std::error::Error;
use std::time::Instant;

use ballotta::credential::write_parts_file;
use ballotta::group::{Element, Scalar};
use ballotta::hash::FileHash;
use ballotta::index::AuthorityIndex;
use ballotta::record::{MemoryRecord, PublishedRoll, SignedParts, parts_path, verify_parts};
use ballotta::verifier::{Stage, VerifyOptions, verify};
use ballotta_benches::bench_rng;
use ballotta_testkit::election::{Election, ElectionOptions};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let voters: usize = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let authorities: u16 = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let build = |authorities| {
        Election::build(ElectionOptions { authorities, voters: vec![(0, 1); voters], ..Default::default() })
    };
    let election = build(authorities);
    let record = election.open_board().record();
    let (manifest, rng) = (election.context.manifest(), &mut bench_rng());
    let roll = PublishedRoll::read(&record, manifest)?;
    let first = election.in_roll_order(election.parts[0].iter().collect());
    let written = median(|| drop(write_parts_file(manifest.hash(), AuthorityIndex::FIRST, &first, rng)));
    let signed: Vec<SignedParts> = AuthorityIndex::enumerate(manifest.credential_authorities())
        .map(|(authority, _)| {
            let hash = FileHash::of(&record.files[&parts_path(authority)]);
            SignedParts { authority, hash }
        })
        .collect();
    let verified = median(|| {
        let mut failures = 0;
        verify_parts(&record, manifest, &roll, &signed, &mut |_| failures += 1, &|_| (), rng);
        assert_eq!(failures, 0);
    });
    let mut whole = |record: &MemoryRecord| {
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        median(|| assert!(verify(record, &options, &|_| (), rng).report.holds()))
    };
    let added = whole(&record) - whole(&build(1).open_board().record());
    let lines = voters as f64;
    let of_all = lines * f64::from(authorities);
    println!("{voters} voters, {authorities} authorities");
    println!("write   {:.2} us for each line", written / lines);
    println!("verify  {:.2} us for each line and authority, {:.2} s in all", verified / of_all, verified / 1e6);
    println!("adds    {:.2} us for each line and authority to a verification", added / of_all);
    pieces(&first.iter().map(|part| *part.public().as_bytes()).collect::<Vec<_>>());
    Ok(())
}

/// What the pieces of a verification cost, for each of these elements.
fn pieces(encodings: &[[u8; 32]]) {
    let each = |name: &str, time: f64| println!("{name:24} {:.2} us", time / encodings.len() as f64);
    let decoded = || encodings.iter().filter_map(Element::from_canonical);
    each("decode", median(|| assert_eq!(decoded().count(), encodings.len())));
    let elements: Vec<Element> = decoded().collect();
    each("encode", median(|| assert!(elements.iter().zip(encodings).all(|(one, other)| one.to_bytes() == *other))));
    each("double and encode", median(|| drop(Element::double_and_encode(&elements))));
    each("add", median(|| assert!(!elements.iter().fold(Element::identity(), |sum, one| sum + *one).is_identity())));
    // Weights of 128 bits.
    let weights = encodings.iter().map(|bytes| bytes.first_chunk().map_or(0, |first| u128::from_le_bytes(*first)));
    let weights: Vec<Scalar> = weights.map(Scalar::from).collect();
    for count in [1 << 10, 1 << 12, 1 << 14, 1 << 16] {
        let time = median(|| {
            for (weights, elements) in weights.chunks(count).zip(elements.chunks(count)) {
                assert!(!Element::vartime_multiscalar(weights, elements).is_identity());
            }
        });
        each(&format!("multiscalar of {count}"), time);
    }
    let hash = || FileHash::of(encodings.as_flattened());
    each("hash twice", median(|| assert_eq!(hash(), hash())));
}

/// The time of this thread on a processor in microseconds, where Linux says it; otherwise the time that has gone by.
fn now(start: &Instant) -> f64 {
    let of_thread = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = of_thread.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64() * 1e6, |time| time as f64 / 1e3)
}

/// The median of some rounds, in microseconds.
fn median(mut round: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = now(&start);
            round();
            now(&start) - before
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[ROUNDS / 2]
}
