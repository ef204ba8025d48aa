//! A voter's app: reads an election, opens one ballot to test the device, and casts another.
//!
//! `cargo run --example embed -p ballotta-io -- RECORD CODE-FILE CONTEST OPTION BALLOT`, where the voting of the record
//! is open and the file has a voting code. The example `ballot_box` admits the ballot.

use std::error::Error;
use std::path::Path;
use std::time::UNIX_EPOCH;

use ballotta::ballot::{BallotOpening, Choices, Mark};
use ballotta::rand_core::{CryptoRng, UnwrapErr};
use ballotta::record::RecordSource;
use ballotta::voter::Election;
use ballotta::written::VoterNumber;
use ballotta_io::{FolderRecord, write_new};
use getrandom::SysRng;

/// Encrypts a choice, and returns the signed ballot for the ballot box.
fn vote<R: CryptoRng>(
    record: &dyn RecordSource,
    code: &str,
    (contest, option): (&str, &str),
    rng: &mut R,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let election = Election::read(record, rng)?; // checks everything that a voter can check
    println!("Compare the fingerprint with the announced one: {}", election.context.fingerprint());
    let voter = election.voter(record, &code.parse()?)?;
    let previous = voter.predecessor(&election, record, rng)?; // the ballot that the new one replaces
    let mut choices = Choices::new();
    choices.mark(contest, Mark::Options(vec![option.into()]));
    let counter = UNIX_EPOCH.elapsed()?.as_nanos() as u64; // different for every ballot of this voter
    let prepared = voter.prepare(&election.context, choices, previous, counter, rng)?; // or says which rule is broken
    println!("Write the tracker down: {}", prepared.tracker().written()); // before the voter chooses to cast or to open
    Ok(prepared.cast(&election.context, voter.credential().key_pair(), rng).to_bytes())
}

/// Opens a ballot instead of casting it. A second device encrypts the choice again and compares all bytes.
fn test_device<R: CryptoRng>(
    record: &dyn RecordSource,
    code: &str,
    (contest, option): (&str, &str),
    rng: &mut R,
) -> Result<(), Box<dyn Error>> {
    let election = Election::read(record, rng)?;
    let voter = election.voter(record, &code.parse()?)?;
    let previous = voter.predecessor(&election, record, rng)?;
    let mut choices = Choices::new();
    choices.mark(contest, Mark::Options(vec![option.into()]));
    let counter = UNIX_EPOCH.elapsed()?.as_nanos() as u64;
    let prepared = voter.prepare(&election.context, choices, previous, counter, rng)?;
    let (tracker, opening) = (prepared.tracker().written(), prepared.open().expose_bytes());
    // The credential authority has printed it beside the voting code.
    let voter_number = VoterNumber::written(voter.credential().public());

    // On the second device, which has read the election by itself. The voter types the tracker and the voter number.
    let (tracker, voter_number) = (tracker.parse()?, voter_number.parse()?);
    let opened =
        BallotOpening::decode(&election.context, &opening)?.check(&election.context, &tracker, &voter_number)?;
    println!("the opened ballot contains {}", *opened.expose_choices().to_json());
    Ok(())
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [record, code, contest, option, ballot] = arguments else {
        return Err("give a record, a file with a voting code, a contest, an option, and a new file".into());
    };
    let (record, rng) = (FolderRecord::new(Path::new(record)), &mut UnwrapErr(SysRng));
    let code = std::fs::read_to_string(code)?;
    let choice = (contest.as_str(), option.as_str());
    test_device(&record, code.trim(), choice, rng)?;
    write_new(Path::new(ballot), &vote(&record, code.trim(), choice, rng)?)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().skip(1).collect::<Vec<_>>())
}
