//! Runs every target over its valid bytes and 10,000 mutations of them, without libFuzzer; over a million with
//! `BALLOTTA_FULL`. `BALLOTTA_TARGET` names one target that is run alone.

use std::panic::catch_unwind;

use ballotta_fuzz::{TARGETS, Target};
use ballotta_tests::mutate::mutate;
use ballotta_tests::rng::TestRng;

const MUTATIONS: usize = 10_000;

/// Changes text as people and programs do: copies a slice of another text; adds, removes or moves a line or digit.
fn splice(valid: &[u8], other: &[u8], rng: &mut TestRng) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    let (from, to) = (rng.below(other.len()), rng.below(other.len()));
    let part = &other[from.min(to)..from.max(to)];
    let part = &part[..part.len().min(200)];
    let start = rng.below(bytes.len());
    let end = match rng.below(3) {
        0 => start,
        1 => (start + part.len()).min(bytes.len()),
        _ => start + rng.below(bytes.len() - start),
    };
    bytes.splice(start..end, part.iter().copied());
    bytes
}

#[test]
fn targets() {
    let mutations = if std::env::var_os("BALLOTTA_FULL").is_some() { 100 * MUTATIONS } else { MUTATIONS };
    let only = std::env::var("BALLOTTA_TARGET").ok();
    let named = |target: &&Target| only.as_deref().is_none_or(|name| name == target.name);
    assert!(TARGETS.iter().any(|target| named(&target)), "no target has the name {only:?}");
    for target in TARGETS.iter().filter(named) {
        let valid = (target.valid)();
        assert!(!valid.is_empty(), "{}", target.name);
        valid.iter().for_each(|bytes| (target.run)(bytes));
        (target.run)(&[]);
        let mut rng = TestRng(1);
        for _ in 0..mutations {
            let [one, other] = [(); 2].map(|()| &valid[rng.below(valid.len())]);
            let bytes = if rng.below(3) == 0 { splice(one, other, &mut rng) } else { mutate(one, &mut rng) };
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                panic!("{}: {:?}", target.name, String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// Checks that every target has a program for libFuzzer.
#[test]
fn every_target_has_a_file() {
    for target in TARGETS {
        let path = format!("{}/fuzz_targets/{}.rs", env!("CARGO_MANIFEST_DIR"), target.name);
        let file = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(file.contains(&format!("target(\"{}\")", target.name)), "{path}");
    }
}
