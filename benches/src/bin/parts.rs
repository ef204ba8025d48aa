//! What the parts of the credentials of several authorities cost, on one core: `parts [VOTERS] [AUTHORITIES]`.
//!
//! Medians in microseconds for each line and authority: writing a file of parts with its proof, and verifying all files with the
//! sums, from bytes in memory.

use std::error::Error;
use std::time::Instant;

use ballotta::credential::write_parts_file;
use ballotta::index::AuthorityIndex;
use ballotta::record::{PublishedRoll, SignedParts, parts_path, verify_parts};
use ballotta_benches::bench_rng;
use ballotta_testkit::election::{Election, ElectionOptions};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let voters: usize = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let authorities: u16 = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let election = Election::build(ElectionOptions { authorities, voters: vec![(0, 1); voters], ..Default::default() });
    let record = election.unopened_board().record();
    let (manifest, rng) = (election.context.manifest(), &mut bench_rng());
    let roll = PublishedRoll::read(&record, manifest)?;
    let first = election.in_roll_order(election.parts[0].iter().collect());
    let written = median(|| drop(write_parts_file(manifest.hash(), AuthorityIndex::FIRST, &first, rng)));
    let signed: Vec<SignedParts> = AuthorityIndex::enumerate(manifest.credential_authorities())
        .map(|(authority, _)| {
            let hash = ballotta::hash::FileHash::of(&record.files[&parts_path(authority)]);
            SignedParts { authority, hash }
        })
        .collect();
    let verified = median(|| {
        let mut failures = 0;
        verify_parts(&record, manifest, &roll, &signed, &mut |_| failures += 1, &|_| (), rng);
        assert_eq!(failures, 0);
    });
    let lines = voters as f64;
    let of_all = lines * f64::from(authorities);
    println!("{voters} voters, {authorities} authorities");
    println!("write   {:.2} us for each line", written / lines);
    println!("verify  {:.2} us for each line and authority, {:.2} s in all", verified / of_all, verified / 1e6);
    Ok(())
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
