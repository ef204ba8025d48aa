//! The tasks of this repository. `cargo xtask` lists them.
//!
//! Every check of continuous integration is a step of `cargo xtask test`, so that it can be repeated anywhere.

mod api;
mod checkout;
mod step;
mod test;
mod wasm;
mod wheel;

use std::path::Path;
use std::process::ExitCode;

use step::{Command, Steps};

const USAGE: &str = "\
usage: cargo xtask <task>

  test [--full]          everything that must pass before a merge; --full adds the slow suites
  public-api [--write]   compares the public API of the library with crates/ballotta/public-api.txt; --write accepts it
  bench [filter]         measures every stage (criterion)
  bench-peers [rounds]   measures ballotta and elastic-elgamal in the same run
  wasm [--again]         builds the npm package in bindings/wasm/dist, and prints its hash and sizes; --again builds it
                         a second time from nothing and compares every byte
  bench-wasm             measures a voter's waiting times in headless Chromium and natively, after `wasm` and `test`
  traffic                prints, as one line of JSON, what a light client reads of the record of a million voters
  wheel                  builds the Python package in the folder wheels/release of the target folder
  root                   prints the folder of the checkout on which the tasks work";

fn main() -> ExitCode {
    let Some(root) = checkout::root() else {
        eprintln!("this is no checkout of the repository: run `cargo xtask` in one");
        return ExitCode::from(2);
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if arguments == ["root"] {
        println!("{}", root.display());
        return ExitCode::SUCCESS;
    }
    if arguments == ["traffic"] {
        return traffic(&root);
    }
    let mut steps = Steps::new(&root);
    let outcome = match arguments.as_slice() {
        ["test"] => test::run(&mut steps, false),
        ["test", "--full"] => test::run(&mut steps, true),
        ["public-api"] => api::run(&mut steps, false),
        ["public-api", "--write"] => api::run(&mut steps, true),
        ["bench", filter @ ..] => {
            let cargo = Command::cargo("bench --package ballotta-benches --bench stages --").args(filter);
            steps.run("stages", cargo)
        }
        ["bench-peers", rounds @ ..] => {
            let cargo = Command::cargo("run --release --package ballotta-benches --bin peers --").args(rounds);
            steps.run("peers", cargo)
        }
        ["wasm"] => wasm::run(&mut steps, false),
        ["wasm", "--again"] => wasm::run(&mut steps, true),
        ["bench-wasm"] => wasm::bench(&mut steps),
        ["wheel"] => wheel::run(&mut steps),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    steps.print_summary();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(step::Failed) => ExitCode::FAILURE,
    }
}

/// Runs the test that counts requests and bytes, and prints the line of JSON in its output.
fn traffic(root: &Path) -> ExitCode {
    let arguments = "test --quiet --package ballotta-tests --test light a_million_voters -- --nocapture";
    let ran = std::process::Command::new("cargo").args(arguments.split(' ')).current_dir(root).output();
    let Ok(ran) = ran else {
        eprintln!("cargo cannot be run");
        return ExitCode::FAILURE;
    };
    let output = String::from_utf8_lossy(&ran.stdout);
    match output.lines().find(|line| line.starts_with('{')) {
        Some(line) if ran.status.success() => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{output}{}", String::from_utf8_lossy(&ran.stderr));
            ExitCode::FAILURE
        }
    }
}
