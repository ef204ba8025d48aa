//! A light client over HTTP: what it asks a server of static files for.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use ballotta::admission::light_files;
use ballotta::board::entry::Action;
use ballotta::rand_core::UnwrapErr;
use ballotta::record::MemoryRecord;
use ballotta::voter::light::{LightElection, LightStatus};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_io::HttpRecord;
use ballotta_testkit::election::{Election, ElectionOptions};
use getrandom::SysRng;

/// The path of a request, its range, and the number of bytes of the answer.
type Request = (String, Option<(usize, usize)>, usize);

/// Serves the files of a record until the test ends, and tells of every request.
fn serve(record: MemoryRecord) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Some(request) = answer(&mut stream.unwrap(), &record) else { continue };
            if sender.send(request).is_err() {
                break;
            }
        }
    });
    (address, requests)
}

fn answer(stream: &mut TcpStream, record: &MemoryRecord) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let range = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
        name.eq_ignore_ascii_case("range").then(|| (first.parse().unwrap(), last.parse().unwrap()))
    });
    let (status, body) = match (record.files.get(&path), range) {
        (None, _) => ("404 Not Found", Vec::new()),
        (Some(file), None) => ("200 OK", file.clone()),
        (Some(file), Some((first, last))) => match file.get(first..=last) {
            Some(part) => ("206 Partial Content", part.to_vec()),
            None => ("416 Range Not Satisfiable", Vec::new()),
        },
    };
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()?;
    Some((path, range, body.len()))
}

#[test]
fn a_light_client_asks_for_little() {
    let rng = &mut UnwrapErr(SysRng);
    let test = Election::build(ElectionOptions::default());
    let mut board = test.open_board();
    board.everybody_votes();
    let with_light_files = |mut record: MemoryRecord| {
        let light = light_files(&record, &mut UnwrapErr(SysRng)).unwrap();
        record.files.extend(light.files);
        record
    };
    let own = board.entries.len() as u64 - 1;
    let tracker = ballotta::ballot::SignedBallot::tracker_of(&board.entries[own as usize][3..]).unwrap();
    let voter = (0..test.codes.len()).find(|voter| board.heads.get(voter) == Some(&tracker)).unwrap();

    let (address, requests) = serve(with_light_files(board.record()));
    let source = HttpRecord::in_parts(&address, Duration::from_secs(10)).unwrap();
    let election = LightElection::read(&source, None, rng).unwrap();
    let found = election.voter(&source, &test.codes[voter].parse().unwrap(), rng).unwrap();
    assert_eq!(election.predecessor(&source, &found, rng), Ok(Some(tracker)));
    let asked: Vec<Request> = requests.try_iter().collect();
    // Nobody asked for the roll or for a bundle as a whole.
    let whole: Vec<&str> =
        asked.iter().filter(|(_, range, _)| range.is_none()).map(|(path, ..)| path.as_str()).collect();
    assert!(whole.iter().all(|path| *path != "roll" && !path.starts_with("tile/entries/")), "{whole:?}");
    assert!(asked.len() <= 20, "{} requests: {asked:?}", asked.len());
    let bytes: usize = asked.iter().map(|(.., bytes)| bytes).sum();
    assert!(bytes <= 20_000, "{bytes} bytes: {asked:?}");

    board.organise(Action::Close);
    board.finish_closed();
    let (address, _requests) = serve(with_light_files(board.record()));
    let source = HttpRecord::in_parts(&address, Duration::from_secs(10)).unwrap();
    let election = LightElection::read(&source, Some(election.head()), rng).unwrap();
    let number: VoterNumber = VoterNumber::written(test.credentials[voter].public()).parse().unwrap();
    let written: WrittenTracker = tracker.written().parse().unwrap();
    assert_eq!(election.find(&source, &written, &number, rng), Ok(LightStatus::Counted { index: own }));
}
