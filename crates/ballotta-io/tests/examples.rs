//! The examples run, and the code in the README is that of one of them.

#[allow(dead_code, reason = "`main` reads the arguments of the process")]
#[path = "../examples/ballot_box.rs"]
mod ballot_box;
#[allow(dead_code, reason = "`main` reads the arguments of the process")]
#[path = "../examples/embed.rs"]
mod embed;

use std::fs;
use std::path::Path;

use ballotta::hash::Tracker;
use ballotta::rand_core::UnwrapErr;
use ballotta::voter::{BallotStatus, Election};
use ballotta::written::VoterNumber;
use ballotta_io::FolderRecord;
use ballotta_testkit::election::{Election as TestElection, ElectionOptions};
use getrandom::SysRng;

/// Runs an example with these arguments. Arguments that begin with `/` are in the folder.
fn run<E>(example: fn(&[String]) -> Result<(), E>, folder: &Path, arguments: &[&str]) -> Result<(), E> {
    let argument = |argument: &&str| match argument.strip_prefix('/') {
        Some(file) => folder.join(file).display().to_string(),
        None => (*argument).to_owned(),
    };
    example(&arguments.iter().map(argument).collect::<Vec<_>>())
}

#[test]
fn a_voter_casts_two_ballots_and_the_ballot_box_admits_them() {
    let test = TestElection::build(ElectionOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (path, bytes) in test.open_board().record().files {
        ballotta_io::write_atomically(&folder.join("record").join(path), &bytes).unwrap();
    }
    fs::write(folder.join("code"), &test.codes[0]).unwrap();
    fs::write(folder.join("board.key"), format!("the key of the board\n{}\n", hex::encode(test.board_seed))).unwrap();
    fs::write(folder.join("other.key"), format!("another key\n{}\n", hex::encode([1; 32]))).unwrap();
    let record = FolderRecord::new(&folder.join("record"));
    let size = || Election::read(&record, &mut UnwrapErr(SysRng)).unwrap().head().size;

    let begin = size();
    run(embed::run, folder, &["/record", "/code", "c0", "o0", "/first"]).unwrap();
    let refused = run(ballot_box::run, folder, &["/record", "/other.key", "/first"]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the key is not that of the board board.example/log/6d2c075a68e2ac65, which the manifest names"
    );
    run(ballot_box::run, folder, &["/record", "/board.key", "/first", "/first"]).unwrap();
    assert_eq!(size(), begin + 1, "a ballot is admitted once");

    let number = VoterNumber::written(test.credentials[0].public());
    let rng = &mut UnwrapErr(SysRng);
    let trackers = |rng: &mut UnwrapErr<SysRng>| {
        let election = Election::read(&record, rng).unwrap();
        let voter = election.voter(&record, &test.codes[0].parse().unwrap()).unwrap();
        let history = voter.history(&election, &record, rng).unwrap();
        history.ballots().iter().map(|ballot| ballot.tracker).collect::<Vec<_>>()
    };
    let status = |tracker: &Tracker, rng: &mut UnwrapErr<SysRng>| {
        let election = Election::read(&record, rng).unwrap();
        election.find(&record, &(*tracker).into(), &number.parse().unwrap(), rng).unwrap()
    };
    let [first] = trackers(rng)[..] else { panic!("one ballot") };
    assert_eq!(status(&first, rng), BallotStatus::Counted { index: begin });

    // The ballot box begins again, and the voter votes again.
    run(ballot_box::run, folder, &["/record", "/board.key", "/first"]).unwrap();
    run(embed::run, folder, &["/record", "/code", "c0", "o1", "/second"]).unwrap();
    run(ballot_box::run, folder, &["/record", "/board.key", "/second"]).unwrap();
    assert_eq!(size(), begin + 2);
    let [_, second] = trackers(rng)[..] else { panic!("two ballots") };
    assert_eq!(status(&second, rng), BallotStatus::Counted { index: begin + 1 });
    let superseded = BallotStatus::Superseded { index: begin, by: second, by_index: begin + 1 };
    assert_eq!(status(&first, rng), superseded);
    for tracker in [first, second] {
        run(embed::run, folder, &["/record", &tracker.written(), &number]).unwrap();
    }
    let other = VoterNumber::written(test.credentials[1].public());
    run(embed::run, folder, &["/record", &first.written(), &other]).unwrap_err();
}

/// The README has no code of its own: a documentation test compiles it, and it is a part of an example that runs.
#[test]
fn the_code_of_the_readme_is_that_of_the_example() {
    let readme = include_str!("../../../README.md");
    let (_, code) = readme.split_once("```rust\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    let example = include_str!("../examples/embed.rs");
    let function = &code[code.find("/// ").unwrap()..];
    assert!(example.contains(function), "README.md and examples/embed.rs differ");
    assert_eq!(readme.matches("```rust").count(), 1);
}

#[test]
fn a_ballot_box_has_60_lines() {
    let lines = include_str!("../examples/ballot_box.rs").lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(code <= 60, "{code} lines");
}
