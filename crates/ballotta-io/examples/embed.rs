//! The library inside an app, in 60 lines: read an election, make a ballot, open one to test the device, admit one.
//!
//! After `cargo run --release -- demo`:
//! `cargo run --release --example embed -p ballotta-io -- demo-election/record demo-election/secrets/voting-codes`

use std::error::Error;
use std::path::Path;

use ballotta::ballot::{BallotSeed, Candidate, OpenedBallot, PlaintextBallot, PreparedBallot, verify_ballots};
use ballotta::contest::Selection;
use ballotta::credential::{Credential, VotingCode, short_form};
use ballotta::verifier::{Stage, VerifyOptions, verify};
use ballotta_io::FolderRecord;
use getrandom::SysRng;
use rand_core::UnwrapErr;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(record), Some(codes)) = (arguments.next(), arguments.next()) else {
        return Err("give the folder of a record, and a file with a voting code".into());
    };
    let rng = &mut UnwrapErr(SysRng);

    // The election, of which nothing is believed that was not checked.
    let source = FolderRecord::new(Path::new(&record));
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let election = verify(&source, &options, &|_| (), rng);
    let (Some(context), Some(roll)) = (&election.context, &election.roll) else {
        return Err(election.report.to_string().into());
    };
    println!("{}  fingerprint {}", context.manifest().title().get("en").unwrap_or_default(), context.fingerprint());

    // The voter, who must stand on the roll that was shown.
    let code: VotingCode = std::fs::read_to_string(codes)?.lines().next().unwrap_or_default().parse()?;
    let credential = Credential::derive(&code, context.manifest().hash(), context.joint_key().root())?;
    let line = roll.find(&source, credential.public().as_bytes())?.ok_or("this code is not of this election")?;
    let prepare = |option: usize, counter: u64, rng: &mut _| -> Result<PreparedBallot, Box<dyn Error>> {
        let plaintext = PlaintextBallot::new(context, line.entitlement(), vec![(0, Selection::Options(vec![option]))])?;
        let seed = BallotSeed::derive(credential.key_pair(), counter, rng);
        Ok(PreparedBallot::prepare(context, credential.public(), None, plaintext, seed)?)
    };

    // A test: the tracker is known before the device learns that this ballot will be opened, by a second device.
    let test = prepare(1, 0, rng)?;
    let tracker = *test.tracker();
    let opening = test.open();
    let shown = PlaintextBallot::new(context, line.entitlement(), vec![(0, Selection::Options(vec![1]))])?;
    OpenedBallot::check(context, &tracker, opening.unsigned().as_bytes(), shown, opening.seed())?;
    println!("{}: the device encrypts what it shows", short_form(credential.public()));

    // The ballot that counts, and what a ballot box says of it.
    let ballot = prepare(0, 1, rng)?.cast(context, credential.key_pair(), rng).to_bytes();
    let candidate = Candidate::new(&ballot, |credential| roll.find(&source, credential))?;
    for outcome in verify_ballots(context, &[candidate], rng) {
        println!("a valid ballot of {} bytes, tracker {}", ballot.len(), outcome?.tracker());
    }
    Ok(())
}
