//! A roll that has changed, for the section "Changes of the roll" of `docs/figures.md`.
//!
//! `changes FOLDER VOTERS CHANGES` makes a record with a roll of so many voters, whose board has so many changes, each of which adds
//! a voter. It writes `board.key`, `office.key`, `voter` with a voter number for `ballotta credentials replace`, and `change0` to
//! `change8` for `ballotta board add`. It prints as one line of JSON what a ballot box in memory needs: to resume, and to
//! admit one more change.
//!
//! Most lines of the roll have random bytes for a credential: nobody decodes them before there is a ballot.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use ballotta::admission::{Admission, AdmittedBallots, BoardSize};
use ballotta::credential::{ChangeReason, RollLine};
use ballotta::manifest::RollChanges;
use ballotta::message::{Message, MessageKind};
use ballotta::record::{CHECKPOINT, MANIFEST, PublishedBoard, read_manifest};
use ballotta::voter::Election as Read;
use ballotta::written::VoterNumber;
use ballotta_benches::bench_rng;
use ballotta_io::{BoardFolder, write_atomically};
use ballotta_testkit::election::{Election, ElectionOptions};
use rand_core::Rng as _;
use serde_json::json;

/// How many changes are measured.
const MEASURED: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, voters, changes] = arguments.as_slice() else { return Err("changes FOLDER VOTERS CHANGES".into()) };
    let (folder, voters, changes) = (Path::new(folder), voters.parse::<usize>()?, changes.parse::<usize>()?);
    let real = MEASURED + 1;
    let mut rng = bench_rng();
    let more = |lines: &mut Vec<RollLine>| {
        let first = lines[0];
        lines.extend((real..voters).map(|number| {
            let mut credential = [0; 32];
            rng.fill_bytes(&mut credential);
            // As those of real credentials, the first byte is even.
            credential[0] &= 0xfe;
            RollLine { number: number as u64 + 1, credential, ..first }
        }));
    };
    let most = (changes + real) as u64;
    let options = ElectionOptions {
        voters: vec![(0, 1); real],
        late: vec![(0, 1); changes + MEASURED],
        most_weight: Some(voters as u64 + most),
        roll_changes: Some(RollChanges { number: most, weight: most }),
        ..ElectionOptions::default()
    };
    let election = Election::build_with(options, more, |_| ());
    let mut open = election.open_board();
    for late in 0..changes {
        open.change(ChangeReason::LateMember, None, Some(real + late));
    }
    let next: Vec<Vec<u8>> = (0..MEASURED)
        .map(|voter| {
            let (sequence, added) = ((changes + voter + 1) as u32, real + changes + voter);
            open.make_change(sequence, ChangeReason::LostCode, Some(voter), Some(added)).encode()
        })
        .collect();
    let in_memory = open.record();

    let mut board = BoardFolder::create(&folder.join("record"), election.context.manifest().bytes())?;
    for (path, bytes) in &in_memory.files {
        if path != MANIFEST && path != CHECKPOINT && !path.starts_with("tile/") {
            board.write_file(path, bytes)?;
        }
    }
    for entry in &open.entries {
        board.append(entry.clone())?;
    }
    board.commit(&election.signer)?;
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let key = |name: &str, format: &str, secret: &[u8]| {
        fs::write(folder.join(name), format!("{format}\n{}\n", digits(secret)))
    };
    key("board.key", ballotta::format_name!("note-key"), &election.board_seed)?;
    key("office.key", ballotta::format_name!("signing-key"), &*election.authorities[0].expose_secret())?;
    // The voter of the last credential that is real, whom no measured change replaces.
    fs::write(folder.join("voter"), VoterNumber::written(election.credentials[MEASURED].public()))?;
    for (number, change) in next.iter().enumerate() {
        let file = Message::new(MessageKind::RollChange, change.clone()).to_text();
        write_atomically(&folder.join(format!("change{number}")), file.as_bytes())?;
    }

    let manifest = read_manifest(&in_memory)?;
    let mut ballots = AdmittedBallots::default();
    let read = PublishedBoard::read(&in_memory, &manifest, &mut |entry| ballots.observe(entry), &mut rng)?;
    let Read { context, roll, window, .. } = Read::of_board(&in_memory, manifest, read, &mut rng)?;
    let started = Instant::now();
    let mut admission = Admission::resume(context, roll, &in_memory, window, ballots, &mut rng)?.admission;
    let resume = started.elapsed();
    let mut times = Vec::new();
    for (position, change) in (open.entries.len() as u64..).zip(&next) {
        let started = Instant::now();
        admission.change(change, &BoardSize(position), &mut rng).map_err(|error| error.to_string())?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!(
        "{}",
        json!({
            "voters": voters,
            "changes": changes,
            "resume_ms": resume.as_secs_f64() * 1e3,
            "admit_us": times[MEASURED / 2].as_secs_f64() * 1e6,
        })
    );
    Ok(())
}
