//! People who are not at the machine of the board: `trustee attend` follows a record in a folder or on a web server, in two
//! sittings, with interruptions; and the roll comes from another copy of the record.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No sitting of these tests is longer.
const LONGEST: Duration = Duration::from_secs(120);

/// Everybody's files: each trustee has an outbox `out1`, `out2`, `out3`.
struct Election {
    folder: tempfile::TempDir,
}

impl Election {
    /// An election of 2-of-3 trustees, with a record that has no entries.
    fn new(closing: &str) -> Self {
        let election = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(election.path("passphrase"), "one correct horse\n").unwrap();
        let organiser = election.ok("organiser new --out organiser.key");
        let authority = election.ok("authority new --out authority.key");
        let board = election.ok("board new --name board.example --out board.key");
        let witness = election.ok("witness new --name witness.example --out witness.key");
        let mut trustees = String::new();
        for number in 1..=3 {
            let seed = format!("trustee new --out t{number}.age --passphrase-file passphrase --work-factor 2");
            trustees += &format!(" --trustee T{number}={}", election.ok(&seed));
            fs::create_dir(election.path(&format!("out{number}"))).unwrap();
        }
        election.ok(&format!(
            "manifest new --title A --rehearsal --language en --contest c=C --option c/yes=Yes --option c/no=No \
             --organiser {organiser} --authority A={authority}{trustees} --threshold 2 --board board.example={board} \
             --witness witness.example={witness} --closing {closing} --minimum-ballots 2 --out manifest.json"
        ));
        election.ok("record new --manifest manifest.json --board-key board.key record");
        election
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("BALLOTTA_FAULT");
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    #[track_caller]
    fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert!(ran.status.success(), "{line}\n{}", shown(&ran));
        String::from_utf8(ran.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs a line that must end with this code and say this text.
    #[track_caller]
    fn ends(&self, code: i32, text: &str, line: &str) -> String {
        let ran = self.run(line);
        let shown = shown(&ran);
        assert!(ran.status.code() == Some(code) && shown.contains(text), "{line}: expected {code}, {text:?}\n{shown}");
        assert!(!shown.contains("panicked"), "{shown}");
        shown
    }

    /// The line of a trustee's sitting.
    fn attend(number: u8, more: &str) -> String {
        Self::attend_at("record", number, more)
    }

    fn attend_at(source: &str, number: u8, more: &str) -> String {
        format!(
            "trustee attend {source} --key t{number}.age --passphrase-file passphrase --out out{number} --poll 0.1 {more}"
        )
    }

    /// The files in the outboxes.
    fn outbox(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for number in 1..=3 {
            for file in fs::read_dir(self.path(&format!("out{number}"))).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                if !name.ends_with(".part") {
                    files.insert(format!("out{number}/{name}"));
                }
            }
        }
        files
    }

    /// Adds what is new in the outboxes to the board.
    fn add_new(&self, added: &mut BTreeSet<String>) {
        for file in self.outbox() {
            if !added.contains(&file) {
                self.ok(&format!("board add record --board-key board.key {file}"));
                added.insert(file);
            }
        }
    }

    fn start(&self, number: u8, more: &str) -> Child {
        let mut command = self.command(&Self::attend(number, more));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Makes everything of a key ceremony, without a sitting that waits.
    fn ceremony(&self, added: &mut BTreeSet<String>) {
        for _ in 0..4 {
            for number in 1..=3 {
                self.ends(3, "the board to add", &Self::attend(number, "--once"));
            }
            self.add_new(added);
        }
    }

    /// Roll, opening, two ballots and the closing.
    fn vote_and_close(&self) -> String {
        let fingerprint = self.vote();
        self.ok("organiser close record --key organiser.key --out closing");
        self.ok("board add record --board-key board.key closing");
        fingerprint
    }

    fn vote(&self) -> String {
        let fingerprint = self.ok("credentials issue record --voters 2 --codes codes");
        self.ok(&format!("authority sign record --key authority.key --fingerprint {fingerprint} --out signature"));
        self.ok("board add record --board-key board.key signature");
        self.ok("organiser open record --key organiser.key --out opening");
        self.ok("board add record --board-key board.key opening");
        let codes = fs::read_to_string(self.path("codes")).unwrap();
        for (number, line) in (1..).zip(codes.lines().skip(1)) {
            fs::write(self.path("code"), line.split(',').nth(1).unwrap()).unwrap();
            self.ok(&format!("voter prepare record --choose c=yes --code-file code --out ballot{number}"));
            self.ok(&format!("voter cast ballot{number} --record record --code-file code --out signed{number}"));
        }
        self.ok("board add record --board-key board.key signed1 signed2");
        fingerprint
    }

    fn cosign(&self) {
        self.ok("witness cosign record --key witness.key --out cosignature");
        self.ok("board add record --board-key board.key cosignature");
    }

    fn state(&self, number: u8) -> String {
        fs::read_to_string(self.path(&format!("t{number}.age.state"))).unwrap()
    }
}

fn shown(ran: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}\n{}", ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

/// Three trustees attend at the same time, and `meanwhile` runs until all of them have ended. Returns what they print.
fn sitting(election: &Election, more: &str, mut meanwhile: impl FnMut()) -> Vec<String> {
    let began = Instant::now();
    let mut trustees: Vec<Child> = (1..=3).map(|number| election.start(number, more)).collect();
    while trustees.iter_mut().any(|trustee| trustee.try_wait().unwrap().is_none()) {
        if began.elapsed() > LONGEST {
            trustees.iter_mut().for_each(|trustee| trustee.kill().unwrap());
            let said: Vec<String> =
                trustees.into_iter().map(|trustee| shown(&trustee.wait_with_output().unwrap())).collect();
            panic!("a sitting does not end\n{}", said.join("\n---\n"));
        }
        meanwhile();
        thread::sleep(Duration::from_millis(50));
    }
    let ended = trustees.into_iter().map(|trustee| trustee.wait_with_output().unwrap());
    ended.map(|ran| if ran.status.success() { shown(&ran) } else { panic!("{}", shown(&ran)) }).collect()
}

/// What a sitting says that ends by itself.
fn ended(mut trustee: Child) -> String {
    let began = Instant::now();
    while trustee.try_wait().unwrap().is_none() {
        if began.elapsed() > LONGEST {
            trustee.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(50));
    }
    let ran = trustee.wait_with_output().unwrap();
    assert!(ran.status.success(), "{}", shown(&ran));
    shown(&ran)
}

fn two_sittings(closing: &str) {
    let election = Election::new(closing);
    let mut added = BTreeSet::new();
    let said = sitting(&election, "", || election.add_new(&mut added));
    for said in &said {
        assert!(said.contains("contest       C: Yes, No") && said.contains("The key ceremony is complete."), "{said}");
        assert!(said.contains("run this command with --fingerprint FINGERPRINT"), "{said}");
    }
    assert_eq!(added.len(), 12, "{added:?}");
    let root = |said: &str| said.lines().find(|line| line.len() == 64).unwrap().to_owned();
    assert!(said.iter().all(|other| root(other) == root(&said[0])));
    // A sitting that begins in between waits for the close, and one of the ceremony has nothing to do.
    election.ends(3, "waiting for the organiser to close the voting", &Election::attend(1, "--once"));
    election.ends(0, &root(&said[0]), &Election::attend(1, "--until ceremony"));
    // A sitting that began during the voting goes on beside another one with the same key.
    let early = election.start(1, "");
    let fingerprint = election.vote_and_close();
    let mut is_cosigned = closing == "statements";
    let said = sitting(&election, &format!("--fingerprint {fingerprint}"), || {
        election.add_new(&mut added);
        if !is_cosigned && added.len() >= 14 {
            election.cosign();
            is_cosigned = true;
        }
    });
    for said in &said {
        assert!(said.contains("enough trustees have decrypted"), "{said}");
    }
    assert!(said.iter().any(|said| said.contains("This signs this trustee's only statement")), "{said:?}");
    let early = ended(early);
    assert!(early.contains("Waiting for the organiser to close the voting."), "{early}");
    assert!(early.contains("enough trustees have decrypted"), "{early}");
    // Whoever comes when enough have decrypted is asked for nothing.
    let before = election.outbox();
    election.ends(0, "enough trustees have decrypted", &Election::attend(3, "--once"));
    assert_eq!(election.outbox(), before);
    election.ok("result publish record --board-key board.key");
    election.ends(0, "enough trustees have decrypted", &Election::attend(2, ""));
    election.ok("verify record");
}

#[test]
fn two_sittings_with_statements() {
    two_sittings("statements");
}

#[test]
fn two_sittings_with_witnesses() {
    two_sittings("witnesses");
}

/// Processes that are killed all the time make the same messages, each once.
#[test]
fn a_sitting_is_killed_again_and_again() {
    let election = Election::new("statements");
    let mut added = BTreeSet::new();
    let killed = |added: &mut BTreeSet<String>, goal: usize| {
        let began = Instant::now();
        let mut wait = 40;
        while added.len() < goal {
            assert!(began.elapsed() < LONGEST, "{added:?}");
            let mut trustees: Vec<Child> = (1..=3).map(|number| election.start(number, "")).collect();
            thread::sleep(Duration::from_millis(wait));
            wait = (wait * 7 + 13) % 900;
            for trustee in &mut trustees {
                trustee.kill().unwrap();
                trustee.wait().unwrap();
            }
            election.add_new(added);
        }
    };
    killed(&mut added, 12);
    election.vote_and_close();
    killed(&mut added, 15);
    for number in 1..=3 {
        let statement = fs::read_to_string(election.path(&format!("out{number}/trustee-{number}.statement"))).unwrap();
        let inspected = election.ok(&format!("inspect out{number}/trustee-{number}.statement --json"));
        assert!(!statement.is_empty() && inspected.contains("\"trustee\": "), "{inspected}");
    }
    killed(&mut added, 17);
    election.ok("result publish record --board-key board.key");
    election.ok("verify record");
}

/// Every file operation of a call may be its last. The next call does what is left to do.
#[test]
#[cfg(debug_assertions)]
fn every_operation_of_a_sitting_may_be_the_last() {
    let election = Election::new("statements");
    let mut added = BTreeSet::new();
    let interrupt = |number: u8, file: &str| {
        let path = election.path(&format!("out{number}/{file}"));
        let mut made: Option<Vec<u8>> = None;
        for operation in 1..100 {
            let mut command = election.command(&Election::attend(number, "--once"));
            let ran = command.env("BALLOTTA_FAULT", format!("abort:{operation}")).output().unwrap();
            let shown = shown(&ran);
            assert!(!shown.contains("panicked"), "{shown}");
            if let Ok(bytes) = fs::read(&path) {
                assert!(made.as_ref().is_none_or(|made| *made == bytes), "{file} was made twice");
                made = Some(bytes);
            }
            if !shown.contains("injected: ") {
                assert_eq!(ran.status.code(), Some(3), "{shown}");
                assert!(operation > 1, "nothing was interrupted");
                assert!(made.is_some(), "{file} is missing: {shown}");
                return;
            }
        }
        panic!("an interruption without end");
    };
    for step in ["registration", "commitment", "deal", "confirmation"] {
        for number in 1..=3 {
            interrupt(number, &format!("trustee-{number}.{step}"));
        }
        election.add_new(&mut added);
    }
    election.vote_and_close();
    for number in 1..=3 {
        interrupt(number, &format!("trustee-{number}.statement"));
    }
    election.add_new(&mut added);
    let states: Vec<String> = (1..=3).map(|number| election.state(number)).collect();
    for number in 1..=2 {
        interrupt(number, &format!("trustee-{number}.decryption"));
    }
    election.add_new(&mut added);
    assert_eq!(states, (1..=3).map(|number| election.state(number)).collect::<Vec<_>>());
    election.ok("result publish record --board-key board.key");
    election.ok("verify record");
}

/// F1: a copy of the key without its state makes no statement, and decrypts after the witnesses have closed the board.
#[test]
fn f1_a_sitting_without_the_right_to_state() {
    let election = Election::new("witnesses");
    election.ceremony(&mut BTreeSet::new());
    election.vote_and_close();
    fs::remove_file(election.path("t1.age.state")).unwrap();
    let said = election.ends(3, "1 cosignature of witness 1 (witness.example)", &Election::attend(1, "--once"));
    assert!(said.contains("t1.age.state is missing, so this trustee makes no statement."), "{said}");
    election.cosign();
    election.ends(3, "the board to add out1/trustee-1.decryption", &Election::attend(1, "--once"));
    assert!(!election.outbox().contains("out1/trustee-1.statement") && !election.path("t1.age.state").exists());
    // A file that is not this decryption is not given out.
    fs::write(election.path("out1/trustee-1.decryption"), fs::read(election.path("out1/trustee-1.deal")).unwrap())
        .unwrap();
    election.ends(2, "expected `partial-decryption`", &Election::attend(1, "--once"));
    election.ends(3, "the board to add out2/trustee-2.decryption", &Election::attend(2, "--once"));
    fs::copy(election.path("out2/trustee-2.decryption"), election.path("out1/trustee-1.decryption")).unwrap();
    election.ends(1, "has another content than what is due", &Election::attend(1, "--once"));
}

/// A server of static files.
struct Server {
    address: String,
    fails: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
}

fn serve(root: PathBuf) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (fails, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let server = Server { address, fails: fails.clone(), requests: requests.clone() };
    // The thread ends with the process of the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            requests.fetch_add(1, Ordering::SeqCst);
            let (status, body) = match fs::read(root.join(path)) {
                _ if fails.load(Ordering::SeqCst) => ("503 Busy", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    server
}

/// Waits until a file contains a text.
fn until_it_says(path: &Path, text: &str) {
    let began = Instant::now();
    while !fs::read_to_string(path).is_ok_and(|said| said.contains(text)) {
        assert!(began.elapsed() < LONGEST, "{text:?} is not in {:?}", fs::read_to_string(path));
        thread::sleep(Duration::from_millis(50));
    }
}

/// Starts a sitting whose lines go to a file.
fn start_logged(election: &Election, line: &str, log: &Path) -> Child {
    let log = fs::File::create(log).unwrap();
    election.command(line).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

#[test]
fn a_record_on_a_web_server() {
    let election = Election::new("statements");
    let server = serve(election.path(""));
    let url = format!("{}/record", server.address);
    let mut added = BTreeSet::new();
    let once = |number, more: &str| Election::attend_at(&url, number, &format!("--once {more}"));
    let said = election.ends(3, "the board to add out1/trustee-1.registration", &once(1, ""));
    assert!(said.contains("ballotta board add RECORD --board-key KEY out1/trustee-1.registration"), "{said}");
    // A server that fails gives no verdict, and one that has no record is a wrong call.
    server.fails.store(true, Ordering::SeqCst);
    election.ends(2, "503", &once(1, ""));
    let log = election.path("log");
    let mut waits = start_logged(&election, &Election::attend_at(&url, 2, ""), &log);
    until_it_says(&log, "It is read again.");
    server.fails.store(false, Ordering::SeqCst);
    until_it_says(&log, "Waiting for the board to add out2/trustee-2.registration.");
    server.fails.store(true, Ordering::SeqCst);
    until_it_says(&log, "cannot be read completely at the moment: ");
    server.fails.store(false, Ordering::SeqCst);
    // A board that does not change is not read: each look asks for its two checkpoints.
    thread::sleep(Duration::from_millis(400));
    let (before, began) = (server.requests.load(Ordering::SeqCst), Instant::now());
    thread::sleep(Duration::from_millis(500));
    let asked = server.requests.load(Ordering::SeqCst) - before;
    let looks = began.elapsed().as_millis() as usize / 100 + 2;
    assert!(asked <= 2 * looks, "{asked} requests in {looks} looks");
    election.ok("board add record --board-key board.key out2/trustee-2.registration");
    until_it_says(&log, "Waiting for the registration of trustees 1 (T1), 3 (T3).");
    waits.kill().unwrap();
    waits.wait().unwrap();
    added.insert("out2/trustee-2.registration".to_owned());
    election.ends(2, "is not a record", &Election::attend_at(&format!("{}/nothing", server.address), 1, "--once"));
    election.ends(2, "neither query nor fragment", &Election::attend_at(&format!("{url}?x"), 1, "--once"));
    // The whole election, from the server.
    election.ends(3, "the board to add", &once(3, ""));
    election.add_new(&mut added);
    for _ in 0..3 {
        for number in 1..=3 {
            election.ends(3, "the board to add", &once(number, ""));
        }
        election.add_new(&mut added);
    }
    election.ends(0, "", &once(1, "--until ceremony"));
    let fingerprint = election.vote_and_close();
    for number in 1..=3 {
        election.ends(3, "statement", &once(number, &format!("--fingerprint {fingerprint}")));
    }
    election.add_new(&mut added);
    for number in 1..=2 {
        election.ends(3, "the board to add", &once(number, &format!("--fingerprint {fingerprint}")));
    }
    election.add_new(&mut added);
    election.ends(0, "enough trustees have decrypted", &once(3, ""));
    election.ok("result publish record --board-key board.key");
    election.ok("verify record");
}

#[test]
fn what_differs_from_a_pin_is_not_signed() {
    let election = Election::new("statements");
    let zeros = "0".repeat(64);
    election.ends(1, "the manifest has the hash", &Election::attend(1, &format!("--once --manifest-hash {zeros}")));
    election.ends(2, "is neither a folder nor an archive", &Election::attend_at("nothing", 1, "--once"));
    election.ends(2, "from 0.1 to 3600", "trustee attend record --key t1.age --poll 0");
    // A seed of nobody in the manifest.
    election.ok("trustee new --out t4.age --passphrase-file passphrase --work-factor 2");
    fs::create_dir(election.path("out4")).unwrap();
    election.ends(1, "whose public half is in the manifest", &Election::attend(4, "--once"));
    assert!(election.outbox().is_empty());
    let mut added = BTreeSet::new();
    let hash = election.ok("manifest check manifest.json");
    election.ends(3, "waiting for the board", &Election::attend(1, &format!("--once --manifest-hash {hash}")));
    // A file of another election is not overwritten and not sent.
    fs::rename(election.path("out1/trustee-1.registration"), election.path("out2/trustee-2.registration")).unwrap();
    election.ends(1, "has another content than what is due", &Election::attend(2, "--once"));
    fs::remove_file(election.path("out2/trustee-2.registration")).unwrap();
    election.ceremony(&mut added);
    election.vote_and_close();
    let outbox = election.outbox();
    let states: Vec<String> = (1..=3).map(|number| election.state(number)).collect();
    let refused = format!("--once --fingerprint {zeros}");
    election.ends(1, "the election has the fingerprint", &Election::attend(1, &refused));
    // The checkpoint of another board of the same name and key.
    fs::create_dir(election.path("other")).unwrap();
    fs::remove_file(election.path("board.key.state")).unwrap();
    election.ok("record new --manifest manifest.json --board-key board.key other/record");
    election.ok("trustee ceremony other/record --key t3.age --passphrase-file passphrase --out other/registration");
    election.ok("board add other/record --board-key board.key other/registration");
    let refused = "--once --checkpoint other/record/checkpoint";
    election.ends(1, "does not continue the checkpoint", &Election::attend(1, refused));
    // A record that does not hold.
    let bundle = fs::read_dir(election.path("record/tile/entries/000.p")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&bundle).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&bundle, damaged).unwrap();
    election.ends(1, "error: ", &Election::attend(1, "--once"));
    // A sitting that waits looks twice, and then ends.
    election.ends(1, "Something in the record is wrong: ", &Election::attend(1, ""));
    fs::write(&bundle, &whole).unwrap();
    // A file that is missing is no damage: it may be copied later.
    fs::remove_file(&bundle).unwrap();
    election.ends(3, "remedy: call the command again: nothing was signed", &Election::attend(1, "--once"));
    fs::write(&bundle, &whole).unwrap();
    assert_eq!((election.outbox(), states), (outbox, (1..=3).map(|number| election.state(number)).collect()));
    let json: Value = {
        let ran = election.run(&Election::attend(1, "--once --json"));
        assert_eq!(ran.status.code(), Some(3), "{}", shown(&ran));
        serde_json::from_slice(&ran.stdout).unwrap()
    };
    assert_eq!(json["sitting"], "decryption");
    assert_eq!(json["waiting_for"], "3 statements of trustees 1 (T1), 2 (T2), 3 (T3) on the board");
    assert_eq!(json["files"][0], "out1/trustee-1.statement");
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// What a trustee has seen once is remembered until the sitting ends.
#[test]
fn a_record_that_is_exchanged_while_a_trustee_waits() {
    let election = Election::new("statements");
    for number in 1..=3 {
        election.ends(3, "", &Election::attend(number, "--once"));
    }
    let add = "board add record --board-key board.key";
    copy(&election.path("record"), &election.path("fork"));
    election.ok(&format!("{add} out1/trustee-1.registration"));
    let exchange = |with: &str, text: &str| {
        let log = election.path("log");
        let mut waits = start_logged(&election, &Election::attend(1, ""), &log);
        until_it_says(&log, "Waiting for the registration of trustees 2 (T2), 3 (T3).");
        fs::rename(election.path("record"), election.path("first")).unwrap();
        fs::rename(election.path(with), election.path("record")).unwrap();
        until_it_says(&log, text);
        let ended = waits.wait().unwrap();
        assert_eq!(ended.code(), Some(1), "{}", fs::read_to_string(&log).unwrap());
        fs::rename(election.path("record"), election.path(with)).unwrap();
        fs::rename(election.path("first"), election.path("record")).unwrap();
    };
    election.ok("board add fork --board-key board.key out2/trustee-2.registration out3/trustee-3.registration");
    exchange("fork", "the board shows two histories");
    let other = Election::new("witnesses");
    copy(&other.path("record"), &election.path("other"));
    exchange("other", "the manifest has the hash");
    // An older copy is no other history: the trustee waits until the board is as new again.
    let log = election.path("log");
    copy(&election.path("record"), &election.path("older"));
    election.ok(&format!("{add} out2/trustee-2.registration"));
    let mut waits = start_logged(&election, &Election::attend(1, ""), &log);
    until_it_says(&log, "Waiting for the registration of trustee 3 (T3).");
    fs::rename(election.path("record"), election.path("first")).unwrap();
    fs::rename(election.path("older"), election.path("record")).unwrap();
    until_it_says(&log, "it has 1 entry now, and had 2 entries");
    fs::rename(election.path("record"), election.path("older")).unwrap();
    fs::rename(election.path("first"), election.path("record")).unwrap();
    thread::sleep(Duration::from_millis(500));
    assert!(waits.try_wait().unwrap().is_none(), "{}", fs::read_to_string(&log).unwrap());
    waits.kill().unwrap();
    waits.wait().unwrap();
}

/// U3: the roll comes from a copy of the record at the office, and the board puts it into its own.
#[test]
fn u3_the_board_takes_the_roll_with_its_signature() {
    let election = Election::new("statements");
    let add = "board add record --board-key board.key";
    let mut added = BTreeSet::new();
    copy(&election.path("record"), &election.path("early"));
    election.ceremony(&mut added);
    let office = |name: &str| {
        copy(&election.path("record"), &election.path(name));
        let fingerprint = election.ok(&format!("credentials issue {name} --voters 2 --codes {name}.csv"));
        election.ok(&format!(
            "authority sign {name} --key authority.key --fingerprint {fingerprint} --out {name}.signature"
        ));
        fingerprint
    };
    let (fingerprint, other) = (office("office"), office("other"));
    assert_ne!(fingerprint, other);
    let refused = |text: &str, files: &str| {
        election.ends(1, text, &format!("{add} {files}"));
        assert!(!election.path("record/roll").exists(), "{files}");
    };
    refused("no credential authority has signed this roll", "office/roll");
    refused("no credential authority has signed this roll", "office/roll other.signature");
    let roll = fs::read_to_string(election.path("office/roll")).unwrap();
    for (name, damaged) in [("short", roll[..roll.len() - 1].to_owned()), ("weight", roll.replace(" 1\n", " 7\n"))] {
        assert_ne!(damaged, roll);
        fs::write(election.path(name), damaged).unwrap();
        refused("the roll is not valid", &format!("{name} office.signature"));
    }
    let early = "board add early --board-key board.key office/roll office.signature";
    election.ends(1, "the key ceremony: the registration of trustees 1 (T1), 2 (T2), 3 (T3) is missing", early);
    // Every file operation may be the last: the same call again does the rest.
    #[cfg(debug_assertions)]
    for operation in 1..100 {
        let name = format!("try{operation}");
        copy(&election.path("record"), &election.path(&name));
        let line = format!("board add {name} --board-key board.key office/roll office.signature");
        let ran = election.command(&line).env("BALLOTTA_FAULT", format!("abort:{operation}")).output().unwrap();
        if !shown(&ran).contains("injected: ") {
            assert!(ran.status.success() && operation > 2, "{}", shown(&ran));
            break;
        }
        let again = shown(&election.run(&line));
        assert!(again.contains("the roll of the record"), "{again}");
        assert!(again.contains("signature: entry 12") || again.contains("signature: on the board already"), "{again}");
        assert_eq!(fs::read_to_string(election.path(&name).join("roll")).unwrap(), roll);
    }
    let said = election.ok(&format!("{add} office/roll office.signature"));
    let put =
        format!("office/roll: is now the roll of the record: 2 voters, total weight 2, fingerprint {fingerprint}");
    assert_eq!(said, format!("{put}\noffice.signature: entry 12"));
    assert_eq!(fs::read_to_string(election.path("record/roll")).unwrap(), roll);
    // The same roll is no error, and another one is refused.
    let again = election.ok(&format!("{add} office/roll --json"));
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again[0]["roll"]["was_there"], true);
    assert_eq!(again[0]["roll"]["written"], fingerprint.as_str());
    assert_eq!(again[0]["roll"]["fingerprint"].as_str().unwrap().len(), 64);
    election.ends(1, "the record has another roll already", &format!("{add} other/roll other.signature"));
    assert_eq!(fs::read_to_string(election.path("record/roll")).unwrap(), roll);
    // U10: a refused file has the library's code.
    let sign = format!("authority sign record --key authority.key --fingerprint {fingerprint} --out again.signature");
    election.ok(&sign);
    let ran = election.run(&format!("{add} again.signature --json"));
    let refused: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let failure: Value = serde_json::from_slice(&ran.stderr).unwrap();
    assert_eq!((&refused[0]["code"], &failure["code"]), (&failure["code"], &Value::from("roll-signed-already")));
    election.ok("organiser open record --key organiser.key --out opening");
    election.ok(&format!("{add} opening"));
    // U11: letters of all languages are shown as they are.
    fs::write(
        election.path("code"),
        fs::read_to_string(election.path("office.csv")).unwrap().split(['\n', ',']).nth(7).unwrap(),
    )
    .unwrap();
    election.ends(2, "has no option Sì", "voter prepare record --choose c=Sì --code-file code --out ballot");
    let line = "trustee sign-closing record --key t1.age --passphrase-file passphrase --out x --json";
    let failure: Value = serde_json::from_slice(&election.run(line).stderr).unwrap();
    assert_eq!((&failure["exit_code"], &failure["code"]), (&Value::from(1), &Value::from("not-closed")), "{failure}");
    election.ok("organiser close record --key organiser.key --out closing");
    election.ok(&format!("{add} closing"));
    let line = "trustee decrypt record --key t1.age --passphrase-file passphrase --out x --json";
    let failure: Value = serde_json::from_slice(&election.run(line).stderr).unwrap();
    assert_eq!(failure["code"], "not-stated", "{failure}");
}
