//! A voter's app: reads an election, opens one ballot to test the device, casts another, and finds it on the board.
//!
//! `cargo run --example embed -p ballotta-io -- RECORD CODE-FILE CONTEST OPTION BALLOT`, where the voting of the record
//! is open and the file has a voting code. It prints a tracker and writes a ballot, which the example `ballot_box`
//! admits. The same call with another file for the ballot votes again: the new ballot replaces the first.
//!
//! `cargo run --example embed -p ballotta-io -- RECORD TRACKER VOTER-NUMBER` says what became of a ballot.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use ballotta::ballot::{BallotOpening, Choices, Mark};
use ballotta::rand_core::{CryptoRng, UnwrapErr};
use ballotta::record::RecordSource;
use ballotta::voter::{BallotStatus, Election};
use ballotta::written::VoterNumber;
use ballotta_io::{FolderRecord, write_new};
use getrandom::SysRng;

/// Encrypts a choice. Returns the tracker, and the signed ballot for the ballot box.
fn vote<R: CryptoRng>(
    record: &dyn RecordSource,
    code: &str,
    (contest, option): (&str, &str),
    rng: &mut R,
) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    let election = Election::read(record, rng)?; // checks everything that a voter can check
    println!("Compare the fingerprint with the one in your letter: {}", election.context.fingerprint().written());
    let voter = election.voter(record, &code.parse()?)?;
    let previous = voter.predecessor(&election, record, rng)?; // the ballot that the new one replaces, if there is one
    let mut choices = Choices::new();
    choices.mark(contest, Mark::Options(vec![option.into()]));
    let counter = UNIX_EPOCH.elapsed()?.as_nanos() as u64; // must be different for every ballot of this voter
    let prepared = voter.prepare(&election.context, choices, previous, counter, rng)?; // or says which rule is broken
    let tracker = prepared.tracker().written();
    println!("Write the tracker down: {tracker}"); // before the voter decides to cast the ballot or to open it
    let ballot = prepared.cast(&election.context, voter.credential().key_pair(), rng);
    Ok((tracker, ballot.to_bytes()))
}

/// Says what became of a ballot. The voter types the tracker, and the voter number that is in the letter with the code.
fn check<R: CryptoRng>(
    record: &dyn RecordSource,
    tracker: &str,
    voter_number: &str,
    rng: &mut R,
) -> Result<BallotStatus, Box<dyn Error>> {
    let election = Election::read(record, rng)?;
    Ok(election.find(record, &tracker.parse()?, &voter_number.parse()?, rng)?)
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
    // The credential authority has printed this number beside the voting code.
    let voter_number = VoterNumber::written(voter.credential().public());

    // On the second device, which has read the election by itself. The voter types the tracker and the voter number.
    let (tracker, voter_number) = (tracker.parse()?, voter_number.parse()?);
    let opened =
        BallotOpening::decode(&election.context, &opening)?.check(&election.context, &tracker, &voter_number)?;
    println!("the opened ballot contains {}", *opened.expose_choices().to_json());
    Ok(())
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let rng = &mut UnwrapErr(SysRng);
    match arguments {
        [record, code, contest, option, ballot] => {
            let (record, code) = (FolderRecord::new(Path::new(record)), fs::read_to_string(code)?);
            test_device(&record, code.trim(), (contest, option), rng)?;
            let (_, bytes) = vote(&record, code.trim(), (contest, option), rng)?;
            write_new(Path::new(ballot), &bytes)?;
        }
        [record, tracker, voter_number] => {
            match check(&FolderRecord::new(Path::new(record)), tracker, voter_number, rng)? {
                BallotStatus::Counted { index } => println!("Your ballot is entry {index}, and it counts."),
                BallotStatus::Superseded { by_index, .. } => println!("Your later ballot, entry {by_index}, counts."),
                other => return Err(format!("tell the organiser, and send the tracker: {other:?}").into()),
            }
        }
        _ => return Err("see the first lines of this example for its arguments".into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().skip(1).collect::<Vec<_>>())
}
