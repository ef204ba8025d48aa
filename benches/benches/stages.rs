//! What every stage costs, on one thread: `cargo xtask bench [filter]`.
//!
//! One function for each stage, in the order of an election; a new stage adds its function to the list at the end.

mod election;
mod proofs;

use ballotta_benches::backend;
use criterion::{Criterion, criterion_group, criterion_main};

fn backend_in_use(_: &mut Criterion) {
    println!("backend: {}", backend());
}

criterion_group!(
    stages,
    backend_in_use,
    proofs::group,
    proofs::multiscalar,
    proofs::signature,
    proofs::ballot,
    proofs::batch,
    proofs::equality,
    proofs::discrete_log,
    election::manifest,
    election::key_ceremony,
    election::credential,
    election::roll,
    election::vote_to_result,
);
criterion_main!(stages);
