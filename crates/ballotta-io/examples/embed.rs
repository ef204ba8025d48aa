//! The library inside an app, in 60 lines: read an election, make a ballot, open one to test the device, admit one.
//!
//! After `cargo run --release -- demo`:
//! `cargo run --release --example embed -p ballotta-io -- demo-election/record demo-election/secrets/voting-codes`

use std::error::Error;
use std::path::Path;

use ballotta::ballot::{BallotOpening, BallotSeed, Candidate, Choices, Mark, PreparedBallot, verify_ballots};
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
    let prepare = |option: &str, counter: u64, rng: &mut _| -> Result<PreparedBallot, Box<dyn Error>> {
        let mut choices = Choices::new();
        choices.mark("statuto", Mark::Options(vec![option.into()]));
        let seed = BallotSeed::derive(credential.key_pair(), counter, rng);
        Ok(PreparedBallot::prepare(context, credential.public(), line.entitlement(), choices, None, seed)?)
    };

    // A test: the tracker is known before the device learns that this ballot will be opened, by a second device.
    let test = prepare("no", 0, rng)?;
    let tracker = *test.tracker();
    let opening = test.open().expose_bytes();
    let opened = BallotOpening::decode(context, &opening)?.check(context, &tracker)?;
    println!("{}: the ballot contains {}", short_form(opened.credential()), *opened.expose_choices().to_json());

    // The ballot that counts, and what a ballot box says of it.
    let ballot = prepare("si", 1, rng)?.cast(context, credential.key_pair(), rng).to_bytes();
    let candidate = Candidate::new(&ballot, |credential| roll.find(&source, credential))?;
    for outcome in verify_ballots(context, &[candidate], rng) {
        println!("a valid ballot of {} bytes, tracker {}", ballot.len(), outcome?.tracker());
    }
    Ok(())
}
