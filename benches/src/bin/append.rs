//! A board of many entries, for the section "Appending" of `docs/figures.md`.
//!
//! `append FOLDER [ENTRIES]` makes a record with a roll of as many voters, whose board has as many ballots, and writes
//! `board.key` and the ballots of ten more voters, `ballot0` to `ballot9`, for `ballotta board add`. It prints how many entries a
//! second were appended, as one line of JSON. With a folder of a file system in memory, nothing waits for a disk.
//!
//! To make a million real ballots takes too long. These have the header of a ballot, with credentials of the roll and a random
//! `R`, and the rest of another ballot: a board that is opened again compares headers, and verifies no signature.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use ballotta::ballot::BallotHeader;
use ballotta::board::entry::{Entry, EntryKind};
use ballotta::credential::RollLine;
use ballotta::message::{Message, MessageKind};
use ballotta::record::{CHECKPOINT, MANIFEST};
use ballotta_benches::bench_rng;
use ballotta_io::{BoardFolder, write_atomically};
use ballotta_testkit::election::{Choice, Election, ElectionOptions};
use rand_core::Rng as _;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, entries) = match arguments.as_slice() {
        [folder] => (Path::new(folder), 1_000_000),
        [folder, entries] => (Path::new(folder), entries.parse::<u64>()?),
        _ => return Err("append FOLDER [ENTRIES]".into()),
    };
    let mut rng = bench_rng();
    let mut others = Vec::new();
    let more = |lines: &mut Vec<RollLine>| {
        let first = lines[0];
        others.extend((0..entries).map(|number| {
            let mut credential = [0; 32];
            rng.fill_bytes(&mut credential);
            // As those of real credentials, the first byte is even.
            credential[0] &= 0xfe;
            RollLine { number: number + 100, credential, ..first }
        }));
        lines.extend(&others);
    };
    let options = ElectionOptions { most_weight: Some(entries + 1000), ..ElectionOptions::default() };
    let election = Election::build_with(options, more, |_| ());
    let open = election.open_board();
    let record = folder.join("record");
    let mut board = BoardFolder::create(&record, election.context.manifest().bytes())?;
    for (path, bytes) in open.record().files {
        if path != MANIFEST && path != CHECKPOINT && !path.starts_with("tile/") {
            board.write_file(&path, &bytes)?;
        }
    }
    for entry in &open.entries {
        board.append(entry.clone())?;
    }
    let ballot = |voter| election.ballot(voter, &[Choice::Options(vec![1])]).cast().to_bytes();
    let template = ballot(0);
    let (before, after) = (BallotHeader::BYTES - 64, BallotHeader::BYTES + 32);
    let ballots: Vec<Vec<u8>> = others
        .iter()
        .map(|line| {
            let mut ballot = template.clone();
            ballot[before..before + 32].copy_from_slice(&line.credential);
            rng.fill_bytes(&mut ballot[after - 32..after]);
            Ok(Entry::new(EntryKind::Ballot, &ballot)?.encode())
        })
        .collect::<Result<_, ballotta::encoding::DecodeError>>()?;
    let bytes: usize = ballots.iter().map(Vec::len).sum();
    let started = Instant::now();
    for ballot in ballots {
        board.append(ballot)?;
    }
    board.commit(&election.signer)?;
    let seconds = started.elapsed().as_secs_f64();
    let seed: String = election.board_seed.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.join("board.key"), format!("{}\n{seed}\n", ballotta::format_name!("note-key")))?;
    for voter in 0..10 {
        let file = Message::new(MessageKind::Ballot, ballot(voter)).to_text();
        write_atomically(&folder.join(format!("ballot{voter}")), file.as_bytes())?;
    }
    println!(
        "{}",
        json!({ "entries": entries, "bytes": bytes, "entries_per_second": (entries as f64 / seconds) as u64 })
    );
    Ok(())
}
