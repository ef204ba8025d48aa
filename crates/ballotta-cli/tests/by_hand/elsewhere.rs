//! A record that is read from a zip archive or from a web server: every verb that only reads says the same as of the folder.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::copy;
use crate::people::People;

/// A server of static files, which fails once it has answered a number of requests.
struct Server {
    address: String,
    answers: Arc<AtomicUsize>,
}

impl Server {
    fn new(root: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(AtomicUsize::new(usize::MAX));
        let left = answers.clone();
        // The thread ends with the process of the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut request = [0; 4096];
                let count = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
                let may = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
                let (status, body) = match fs::read(root.join(path)) {
                    _ if !may => ("503 Busy", Vec::new()),
                    Ok(body) => ("200 OK", body),
                    Err(_) => ("404 Not Found", Vec::new()),
                };
                let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Self { address, answers }
    }
}

/// U7: the record of `record` is verified, inspected and searched, wherever it is.
pub(crate) fn reading_from_elsewhere(people: &People, tracker: &str) {
    ballotta_io::pack(&people.path("record"), &people.path("record.zip")).unwrap();
    let server = Server::new(people.root().to_path_buf());
    let address = &server.address;
    let places = [
        "record.zip".to_owned(),
        format!("{address}/record"),
        format!("{address}/record/"),
        format!("{address}/record.zip"),
    ];
    let asks = people.asks(2, tracker);
    for (code, verb, more) in [
        (0, "verify", "--json"),
        (0, "verify", "--stage closed --checkpoint record/closing-checkpoint --json"),
        (1, "verify", "--checkpoint other/checkpoint --json"),
        (0, "status", "--json"),
        (0, "inspect", "--json"),
        (0, "voter check", &asks),
        (2, "voter check", "--tracker x --voter-number y"),
        (1, "evidence find", "--checkpoint record/checkpoint --out nowhere"),
    ] {
        let of = |place: &str| people.run(&format!("{verb} {place} {more}"));
        let folder = of("record");
        assert_eq!(folder.code, code, "{}", folder.shown());
        for place in &places {
            let ran = of(place);
            assert_eq!(ran.code, code, "{}", ran.shown());
            assert_eq!(without_places(&ran.stdout), without_places(&folder.stdout), "{}", ran.shown());
        }
    }
    in_parts(people, &server, &asks);
    comparing(people, address);
    voting_without_parts(people);
    continuing(people, address);
    // The shown commands name the place where the reader has found the record, and not the folder of the board.
    let status = people.ok(&format!("status {}", places[1]));
    assert!(status.contains(&format!("ballotta verify {address}/record --fingerprint")), "{status}");
    // A server that stops to answer gives no verdict, whenever it stops.
    server.answers.store(usize::MAX, Ordering::SeqCst);
    let before = server.answers.load(Ordering::SeqCst);
    people.ok(&format!("verify {}", places[1]));
    let all = before - server.answers.load(Ordering::SeqCst);
    assert!(all > 10, "{all} requests");
    for answers in (0..all - 1).step_by(3) {
        server.answers.store(answers, Ordering::SeqCst);
        let ran = people.run(&format!("verify {}", places[1]));
        assert_eq!(ran.code, 2, "after {answers} of {all} answers: {}", ran.shown());
    }
    server.answers.store(0, Ordering::SeqCst);
    people.fails(2, "503", &format!("verify {}", places[3]));
    server.answers.store(usize::MAX, Ordering::SeqCst);
    // What is no record.
    people.fails(2, "is neither a folder nor an archive, and no address", "verify nothing");
    people.fails(2, "not a zip archive", "verify record/manifest.json");
    people.fails(2, "neither query nor fragment", &format!("verify {address}/record?x"));
    people.fails(2, "there is no such file", &format!("verify {address}/nothing.zip"));
    people.fails(2, "is not a record", &format!("status {address}/nothing"));
}

/// A voter's check reads small parts of a record that has the files for it, and the whole record otherwise. The answer is the
/// same, where small parts show it.
fn in_parts(people: &People, server: &Server, asks: &str) {
    let counted = |line: &str| {
        let before = server.answers.load(Ordering::SeqCst);
        let ran = people.run(line);
        (before - server.answers.load(Ordering::SeqCst), ran)
    };
    let (address, check) = (&server.address, "voter check");
    let (parts, light) = counted(&format!("{check} {address}/record {asks} --json"));
    let (all, whole) = counted(&format!("{check} {address}/record {asks} --json --whole"));
    assert_eq!((light.code, &light.stdout, &light.stderr), (0, &whole.stdout, &whole.stderr), "{}", light.shown());
    assert!(parts != all, "{parts} and {all} requests");
    // Nothing but small parts is read, and they must be right.
    copy(&people.path("record"), &people.path("parts"));
    fs::remove_dir_all(people.path("parts/ceremony")).unwrap();
    let here = people.run(&format!("{check} parts {asks} --json"));
    assert_eq!((here.code, &here.stdout), (0, &whole.stdout), "{}", here.shown());
    people.fails(1, "ceremony/", &format!("{check} parts {asks} --whole"));
    fs::write(people.path("parts/light/heads"), b"").unwrap();
    people.fails(1, "ceremony/", &format!("{check} parts {asks}"));
    // While nobody has stated a tally, a record in a folder is read as a whole, and one on a server if the voter says so.
    let ask = |place: &str, more: &str| people.run(&format!("{check} {place} {asks} {more}"));
    let open = format!("{address}/before");
    let found = [ask("before", ""), ask(&open, "--whole"), ask(&open, "")].map(|ran| (ran.code, ran.stdout));
    assert_eq!(found[0], found[1]);
    assert!(found[2].1.starts_with("on the board: entry ") || found[2].1.starts_with("another ballot is the last"));
}

/// What an auditor learns from two copies. `before` is of the time when the voting was open, and `other` is another history.
fn comparing(people: &People, address: &str) {
    let archive = format!("{address}/record.zip");
    let grown = people.ok(&format!("board diff before {archive}"));
    assert!(grown.contains("begins with all entries of before: none was removed or changed. Added:"), "{grown}");
    assert!(grown.contains("\n  1 closing of the voting\n"), "{grown}");
    let shown: Value = serde_json::from_str(&people.ok(&format!("board diff {archive} before --json"))).unwrap();
    assert_eq!((&shown["relation"], &shown["added"]["closings"]), (&"older".into(), &1.into()), "{shown}");
    assert!(people.ok("board diff record record.zip").contains("Both boards have the same entries."));
    people.fails(1, "THE BOARD SHOWS TWO HISTORIES", "board diff record other");
    let ran = people.run("board diff other record");
    let remedy = ran.stderr.split('`').nth(1).unwrap().replace("EVIDENCE", "forked").replace("ballotta ", "");
    people.ok(&remedy);
    assert!(people.ok("evidence verify forked").starts_with("convicts the board: "));
    people.fails(2, "is not a record", "board diff record voters");
    // What the board did not sign is named: it is no evidence, and no sign that all is well.
    let checkpoint = people.read("record/checkpoint");
    let size = checkpoint.lines().nth(1).unwrap();
    fs::write(people.path("enlarged"), checkpoint.replacen(&format!("\n{size}\n"), "\n999\n", 1)).unwrap();
    let find = |kept: &str| format!("evidence find other --checkpoint {kept} --out nothing");
    people.fails(1, "enlarged is not a checkpoint of this board", &find("enlarged"));
    // An archive that was made outside of the record.
    let outer = people.path("outer/record");
    copy(&people.path("record"), &outer);
    ballotta_io::pack(&people.path("outer"), &people.path("outer.zip")).unwrap();
    people.fails(2, "the record is in record: name that folder, or make the archive inside of it", "status outer.zip");
    people.fails(3, "the record is in record: name that folder", "verify outer.zip");
    fs::remove_file(people.path("outer.zip")).unwrap();
    fs::remove_dir_all(people.path("outer")).unwrap();
    // A file that is no index is never replaced.
    let key = fs::read(people.path("board/key")).unwrap();
    let line = "board add record --board-key board/key --index board/key trustee1/statement";
    people.fails(2, "the name of an index ends with .index", line);
    assert_eq!(fs::read(people.path("board/key")).unwrap(), key);
}

/// A file for light clients that is missing or wrong refuses no voter: the whole record is read.
fn voting_without_parts(people: &People) {
    for (number, (file, bytes)) in
        [("places", None), ("heads", None), ("lengths", Some("\u{1}"))].into_iter().enumerate()
    {
        let record = format!("parts{number}");
        copy(&people.path("before"), &people.path(&record));
        let path = people.path(&format!("{record}/light/{file}"));
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let choices = "--choose statute=yes --blank board --code-file voters/code1";
        people.ok(&format!("voter prepare {record} {choices} --out voters/{record}"));
        people.ok(&format!("voter cast voters/{record} --code-file voters/code1 --out voters/{record}.ballot"));
    }
}

/// An auditor who verifies again and again verifies only what is new, wherever the record is.
fn continuing(people: &People, address: &str) {
    let ran = people.run("verify before --stage voting --from auditor/state");
    assert!(ran.stderr.contains("auditor/state: a state has whole bundles of 256 entries"), "{}", ran.shown());
    let state = fs::read(people.path("auditor/state")).unwrap();
    let shown = people.ok("inspect auditor/state");
    assert!(shown.contains("the state of a verification") && shown.contains("verified entries"), "{shown}");
    let report = people.ok(&format!("verify {address}/record --from auditor/state --json"));
    let pinned = |report: &str| {
        let report: Value = serde_json::from_str(report).unwrap();
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["check"] == "board.pinned").cloned();
        (report["verdict"].clone(), check.unwrap()["status"].clone())
    };
    assert_eq!(pinned(&report), ("holds".into(), "passed".into()));
    assert_ne!(fs::read(people.path("auditor/state")).unwrap(), state);
    // Another history, and an older copy, do not take its place.
    people.run("verify other --stage voting --from auditor/other");
    for (code, record, state) in [(1, "record", "auditor/other"), (3, "before", "auditor/state")] {
        let kept = fs::read(people.path(state)).unwrap();
        let ran = people.run(&format!("verify {record} --stage voting --from {state}"));
        assert_eq!(ran.code, code, "{}", ran.shown());
        assert!(ran.stderr.contains(&format!("{state} is left as it was")), "{}", ran.shown());
        assert_eq!(fs::read(people.path(state)).unwrap(), kept);
    }
    people.ok("evidence find record --checkpoint auditor/other --out forked-state");
    people.fails(2, "is not the state of a verification", "verify record --from record/manifest.json");
    // A pinned checkpoint is compared as well as that of the state.
    let both = people.run("verify record --from auditor/state --checkpoint other/checkpoint");
    assert!(both.code == 1 && both.stdout.contains("board.pinned: record: "), "{}", both.shown());
}

/// The output without what names the place of the record, and what only a source that lists its files can check.
fn without_places(output: &str) -> String {
    match serde_json::from_str::<Value>(output) {
        Ok(mut report) => {
            report.as_object_mut().unwrap().remove("next");
            if let Some(checks) = report["checks"].as_array_mut() {
                checks.retain(|check| check["check"] != "record.files");
            }
            if let Some(not_checked) = report["not_checked"].as_array_mut() {
                not_checked.retain(|line| !line.as_str().unwrap().ends_with("cannot list its files"));
            }
            report.to_string()
        }
        Err(_) => output.to_owned(),
    }
}
