//! What a voter's device does, natively, for the table beside Chromium's: `cargo xtask bench-wasm` runs it.
//!
//! `voter RECORD CODE..` opens the election of a record and prepares and signs a ballot for each voting code, which marks the
//! first option of every contest, or ranks all. Medians in milliseconds, as one line of JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ballotta::ballot::{ChoiceErrors, Choices};
use ballotta::contest::Rule;
use ballotta::credential::VotingCodes;
use ballotta::record::MemoryRecord;
use ballotta::voter::Election;
use ballotta_benches::bench_rng;
use serde_json::json;

const ROUNDS: u64 = 51;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, codes) = arguments.split_first().ok_or("voter RECORD CODE..")?;
    let mut record = MemoryRecord::default();
    read(Path::new(folder), "", &mut record.files)?;
    let mut rng = bench_rng();
    let open = median(|_| Election::read(&record, &mut rng).map(drop))?;
    let election = Election::read(&record, &mut rng)?;
    let mut ballots = Vec::new();
    for code in codes {
        let voter = election.voter(&record, &code.parse::<VotingCodes>()?)?;
        let marks = marks(&election, voter.line().style)?;
        ballots.push(median(|counter| {
            let choices = Choices::from_json(marks.as_bytes()).map_err(ChoiceErrors::from)?;
            let prepared = voter.prepare(&election.context, choices, None, counter, &mut rng)?;
            black_box(prepared.cast(&election.context, voter.credential().key_pair(), &mut rng).to_bytes());
            Ok::<(), ballotta::voter::VoterError>(())
        })?);
    }
    println!("{}", json!({ "open": open, "ballots": ballots }));
    Ok(())
}

/// The first option of every contest of a style; of pairs a ranking in which two tie at a time.
fn marks(election: &Election, style: usize) -> Result<String, Box<dyn Error>> {
    let manifest = election.context.manifest();
    let contests = manifest.style_contests(style).iter().filter_map(|contest| manifest.contests().get(*contest));
    let marks = contests.map(|contest| {
        let ids: Vec<&str> = contest.options.iter().map(|option| option.id.as_str()).collect();
        let mark = match &contest.rule {
            Rule::Pairs(_) => json!({ "ranking": ids.chunks(2).collect::<Vec<_>>() }),
            _ => json!({ "options": [ids.first()] }),
        };
        (contest.id.to_string(), mark)
    });
    Ok(serde_json::Value::Object(marks.collect()).to_string())
}

fn median<E>(mut work: impl FnMut(u64) -> Result<(), E>) -> Result<f64, E> {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let start = Instant::now();
        work(round)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_str().ok_or("a name that is no text")?);
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
