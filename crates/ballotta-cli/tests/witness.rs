//! Witnesses that watch a board: `witness follow` at a folder or a web server, and `witness serve`, which boards ask. The
//! boards of these tests have entries without meaning: a witness cosigns that a board only grew.

#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ballotta::admission::BoardEntries as _;
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry};
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::board::{board_key, board_origin, board_signer, witness_keys};
use ballotta::evidence::{Claim, Evidence};
use ballotta::hash::Fingerprint;
use ballotta::manifest::Manifest;
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::rand_core::UnwrapErr;
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, TiledLog};
use ballotta::signing::KeyPair;
use ballotta::witness::AddCheckpoint;
use ballotta_io::{BoardFolder, FolderRecord};
use getrandom::SysRng;
use serde_json::Value;

/// No command of these tests runs longer.
const LONGEST: Duration = Duration::from_secs(120);

/// An election with a board and one witness.
struct Election {
    folder: tempfile::TempDir,
    manifest: Manifest,
    signer: NoteSigner,
}

impl Election {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ok = |line: &str| {
            let ran = command(folder.path(), line).output().unwrap();
            assert!(ran.status.success(), "{line}\n{}", shown(&ran));
            String::from_utf8(ran.stdout).unwrap().trim_end().to_owned()
        };
        fs::write(folder.path().join("passphrase"), "one correct horse\n").unwrap();
        let organiser = ok("organiser new --out organiser.key");
        let authority = ok("authority new --out authority.key");
        let board = ok("board new --name board.example --out board.key");
        let witness = ok("witness new --name witness.example --out witness.key");
        let trustee = ok("trustee new --out t.age --passphrase-file passphrase --work-factor 2");
        ok(&format!(
            "manifest new --title A --rehearsal --language en --contest c=C --option c/yes=Yes --option c/no=No \
             --organiser {organiser} --authority A={authority} --trustee T={trustee} --threshold 1 \
             --board board.example={board} --witness witness.example={witness} --closing witnesses --minimum-ballots 2 \
             --out manifest.json"
        ));
        fs::create_dir(folder.path().join("out")).unwrap();
        let manifest = Manifest::parse(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
        let key = fs::read_to_string(folder.path().join("board.key")).unwrap();
        let seed: [u8; 32] = hex::decode(key.lines().nth(1).unwrap()).unwrap().try_into().unwrap();
        let signer = board_signer(&manifest, &seed).unwrap();
        Self { folder, manifest, signer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        command(self.folder.path(), line).output().unwrap()
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

    /// A board without entries in a new folder.
    fn board(&self, name: &str) -> BoardFolder {
        let mut board = BoardFolder::create(&self.path(name), self.manifest.bytes()).unwrap();
        board.commit(&self.signer).unwrap();
        board
    }

    /// Appends entries to a board until it has `size`, and signs the checkpoint.
    fn grow(&self, board: &mut BoardFolder, size: u64, what: &str) {
        for index in board.size()..size {
            board.append(format!("{what} {index}").into_bytes()).unwrap();
        }
        board.commit(&self.signer).unwrap();
    }

    /// The checkpoint in the outbox that the witness has cosigned.
    fn cosigned(&self) -> TreeHead {
        let signed = SignedCheckpoint::parse(&fs::read(self.path("out/witness-1.checkpoint")).unwrap()).unwrap();
        assert_eq!(signed.cosigned_by(&witness_keys(&self.manifest).unwrap()), Ok(vec![0]));
        *signed.verify(&board_key(&self.manifest).unwrap()).unwrap().head()
    }

    fn state(&self) -> String {
        fs::read_to_string(self.path("witness.key.state")).unwrap()
    }

    /// The files with evidence against the board, which anybody can verify.
    fn evidence(&self) -> Vec<Evidence> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names = names.filter(|name| name.starts_with("witness.key.state.two-histories-"));
        let verified = names.map(|name| {
            self.ends(0, "convicts the board: it signed", &format!("evidence verify {name}"));
            Evidence::decode(&fs::read(self.path(&name)).unwrap()).unwrap()
        });
        verified.collect()
    }

    fn start(&self, line: &str) -> Child {
        let mut command = command(self.folder.path(), line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null()).env_remove("BALLOTTA_FAULT");
    command
}

fn shown(ran: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}\n{}", ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

/// What a command says that ends by itself.
fn ended(mut child: Child) -> String {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > LONGEST {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(20));
    }
    shown(&child.wait_with_output().unwrap())
}

fn follow(source: &str, more: &str) -> String {
    format!("witness follow {source} --key witness.key --out out --poll 0.1 {more}")
}

/// The head of the first entries of the boards of [`Election::grow`].
fn head(size: u64) -> TreeHead {
    (0..size).map(|index| leaf_hash(format!("entry {index}").as_bytes())).collect::<Frontier>().head()
}

fn write_closing(election: &Election, root: &Path, size: u64) -> SignedCheckpoint {
    let closing = election.signer.sign_checkpoint(&head(size));
    fs::write(root.join(CLOSING_CHECKPOINT), closing.to_string()).unwrap();
    closing
}

#[test]
fn a_witness_follows_a_board_by_proofs() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    for size in [0, 3, 300, 700] {
        election.grow(&mut board, size, "entry");
        let said = election.ends(0, "Cosigned the checkpoint", &follow("record", "--once"));
        assert!(said.contains("\n— witness.example "), "{said}");
        assert_eq!(election.cosigned(), head(size));
        // F9: the state has the whole checkpoint.
        let state: Value = serde_json::from_str(&election.state()).unwrap();
        let kept = fs::read_to_string(root.join(CHECKPOINT)).unwrap();
        assert_eq!(state["boards"][board_origin(&election.manifest)], Value::from(kept));
        // What is cosigned is not cosigned again.
        let before = fs::read(election.path("out/witness-1.checkpoint")).unwrap();
        let said = election.ends(0, "", &follow("record", "--once"));
        assert!(!said.contains("Cosigned"), "{said}");
        assert_eq!(fs::read(election.path("out/witness-1.checkpoint")).unwrap(), before);
    }
    // Entries that the witness has cosigned are not read again.
    fs::rename(root.join("tile/entries/000"), root.join("away")).unwrap();
    election.grow(&mut board, 800, "entry");
    let said = election.run(&follow("record", "--once --json"));
    let event: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{}", shown(&said)));
    assert_eq!((event["event"].as_str(), event["size"].as_u64()), (Some("cosigned"), Some(800)));
    assert_eq!(String::from_utf8(said.stdout).unwrap().lines().count(), 1);
    assert_eq!(election.cosigned(), head(800));
    fs::rename(root.join("away"), root.join("tile/entries/000")).unwrap();

    // After the close, the closing checkpoint is first, also if the board has gone on and its own tiles are gone.
    election.ends(3, "the voting is neither closed nor cancelled", &follow("record", "--once --until-closed"));
    election.grow(&mut board, 900, "entry");
    let mut closing = write_closing(&election, &root, 900);
    for size in [950, 1000, 1050] {
        election.grow(&mut board, size, "entry");
    }
    let said = election.ends(0, "Send out/witness-1.cosignature to the board", &follow("record", "--once"));
    assert!(said.contains("Cosigned the closing-checkpoint over 900 entries"), "{said}");
    assert_eq!(election.cosigned(), head(1050));
    let file = fs::read_to_string(election.path("out/witness-1.cosignature")).unwrap();
    let line = ballotta::message::Message::parse(&file).unwrap().bytes;
    closing.add_cosignature(std::str::from_utf8(&line).unwrap().parse().unwrap());
    assert_eq!(closing.cosigned_by(&witness_keys(&election.manifest).unwrap()), Ok(vec![0]));
    election.ends(0, "the work of this witness is done", &follow("record", "--until-closed"));
    // The board adds the line.
    drop(board);
    election.ends(
        0,
        "added to the closing checkpoint",
        "board add record --board-key board.key out/witness-1.cosignature",
    );
    // Whoever has cosigned a later checkpoint cannot cosign the closing one any more.
    fs::remove_file(election.path("out/witness-1.cosignature")).unwrap();
    election.ends(1, "already cosigned a later checkpoint", &follow("record", "--once"));
    // A file of somebody else is not taken for the cosignature.
    fs::copy(election.path("out/witness-1.checkpoint"), election.path("out/witness-1.cosignature")).unwrap();
    election.ends(2, "is not a message file", &follow("record", "--once"));
}

/// A closing on the board without a closing checkpoint: nothing later is cosigned.
#[test]
fn a_witness_waits_for_the_closing_checkpoint() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    election.grow(&mut board, 2, "entry");
    election.ends(0, "Cosigned", &follow("record", "--once"));
    // The signature is zeros: it is not verified.
    board.append(Entry::new(EntryKind::Close, &[0; 96]).unwrap().encode()).unwrap();
    board.commit(&election.signer).unwrap();
    election.ends(3, "the closing checkpoint is missing", &follow("record", "--once"));
    assert_eq!(election.cosigned(), head(2));
    let closing = fs::read(root.join(CHECKPOINT)).unwrap();
    fs::write(root.join(CLOSING_CHECKPOINT), closing).unwrap();
    election.ends(0, "Cosigned the closing-checkpoint over 3 entries", &follow("record", "--once"));
}

/// A cancelled election has no closing checkpoint: the witness ends after it has cosigned the cancellation, also if it was interrupted
/// before it ended. A cancellation that has no effect ends nothing.
#[test]
fn a_witness_ends_at_a_cancellation() {
    let election = Election::new();
    let key = fs::read_to_string(election.path("organiser.key")).unwrap();
    let seed: [u8; 32] = hex::decode(key.lines().nth(1).unwrap()).unwrap().try_into().unwrap();
    let (organiser, rng) = (KeyPair::from_secret(&seed).unwrap(), &mut UnwrapErr(SysRng));
    let fingerprint = Fingerprint::from_bytes([7; 32]);
    let mut board = election.board("record");
    let mut add = |kind: EntryKind, body: &[u8]| {
        board.append(Entry::new(kind, body).unwrap().encode()).unwrap();
        board.commit(&election.signer).unwrap();
    };
    let cancellation = Cancellation::sign(&fingerprint, "A candidate is missing", &organiser, rng).unwrap().encode();
    let somebody = KeyPair::random(rng);
    let forged = Cancellation::sign(&fingerprint, "A candidate is missing", &somebody, rng).unwrap().encode();
    // Before the opening, and by somebody else.
    add(EntryKind::Cancellation, &cancellation);
    election.ends(3, "the voting is neither closed nor cancelled", &follow("record", "--once --until-closed"));
    add(EntryKind::Open, &OrganiserEntry::sign(Action::Open, &fingerprint, &organiser, rng).encode());
    add(EntryKind::Cancellation, &forged);
    election.ends(3, "the voting is neither closed nor cancelled", &follow("record", "--once --until-closed"));
    let waits = election.start(&follow("record", "--until-closed"));
    thread::sleep(Duration::from_millis(300));
    add(EntryKind::Cancellation, &cancellation);
    let said = ended(waits);
    let done = "The organiser has cancelled the election: the work of this witness is done.";
    assert!(said.starts_with("Some(0)") && said.contains(done), "{said}");
    assert_eq!(election.cosigned().size, 4);
    // Called again after all is cosigned.
    election.ends(0, done, &follow("record", "--until-closed"));
    election.ends(0, done, &follow("record", "--once --until-closed"));
}

/// Older copies, wrong tiles and files of another record are no verdict about the board, and nothing is cosigned for them.
#[test]
fn copies_that_are_wrong() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    election.grow(&mut board, 300, "entry");
    let mut old = election.board("old");
    election.grow(&mut old, 200, "entry");
    election.ends(0, "Cosigned", &follow("record", "--once"));
    let state = election.state();
    election.ends(1, "already cosigned a later checkpoint, with 300 entries", &follow("old", "--once"));
    // A follower goes on when the copy is newer.
    let waits = election.start(&follow("old", "--until-closed"));
    thread::sleep(Duration::from_millis(500));
    election.grow(&mut old, 310, "entry");
    write_closing(&election, &election.path("old"), 310);
    let said = ended(waits);
    assert!(
        said.starts_with("Some(0)") && said.contains("Nothing is cosigned, and the record is read again."),
        "{said}"
    );
    fs::remove_file(election.path("out/witness-1.cosignature")).unwrap();
    fs::write(election.path("witness.key.state"), &state).unwrap();

    // Wrong tiles, or none: all entries are read.
    for (size, tile) in [(600, "tile/0/001"), (900, "tile/0/002")] {
        election.grow(&mut board, size, "entry");
        let tile = root.join(tile);
        let right = fs::read(&tile).unwrap();
        if size == 600 {
            fs::write(&tile, vec![7; 8192]).unwrap()
        } else {
            fs::remove_file(&tile).unwrap()
        }
        election.ends(0, "all entries are read", &follow("record", "--once"));
        assert_eq!(election.cosigned(), head(size));
        fs::write(&tile, right).unwrap();
    }
    let state = election.state();
    // Wrong tiles and wrong entries.
    election.grow(&mut board, 1100, "entry");
    let saved: Vec<(PathBuf, Vec<u8>)> = ["tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003", "tile/entries/001"]
        .map(|name| (root.join(name), fs::read(root.join(name)).unwrap()))
        .into();
    for (tile, right) in &saved {
        let mut wrong = right.clone();
        *wrong.last_mut().unwrap() ^= 1;
        fs::write(tile, wrong).unwrap();
    }
    election.ends(1, "the board has no checkpoint of 1100 entries with this root", &follow("record", "--once"));
    for (tile, right) in &saved {
        fs::write(tile, right).unwrap();
    }
    // Checkpoints that are not those of the board.
    let path = root.join(CHECKPOINT);
    let right = fs::read(&path).unwrap();
    let stranger = NoteSigner::from_seed(election.signer.key().name(), &[9; 32]).unwrap();
    for (wrong, code, text) in [
        (stranger.sign_checkpoint(&head(1100)).to_string(), 1, "has not signed"),
        ("<html>".to_owned(), 1, "has no signatures"),
        (election.signer.sign_checkpoint(&TreeHead { size: 1 << 40, ..head(1) }).to_string(), 2, "more than a board"),
    ] {
        fs::write(&path, wrong).unwrap();
        election.ends(code, text, &follow("record", "--once"));
    }
    fs::remove_file(&path).unwrap();
    election.ends(2, "checkpoint: the file is missing", &follow("record", "--once"));
    fs::write(&path, right).unwrap();
    assert_eq!(election.state(), state);
    assert_eq!(election.evidence(), []);
    election.ends(0, "Cosigned", &follow("record", "--once"));
    // Another manifest than the pinned one, and another key of the board for the same election.
    let hash = "00".repeat(32);
    election.ends(1, "manifest", &follow("record", &format!("--once --manifest-hash {hash}")));
    let mut other = election.manifest.contents().clone();
    other.board.key = other.witnesses.members[0].key;
    fs::write(root.join("manifest.json"), other.to_bytes().unwrap()).unwrap();
    election.ends(1, "", &follow("record", "--once"));
}

/// A board that signs two histories: both checkpoints are kept, once, and nothing is cosigned.
#[test]
fn two_histories_are_kept_as_evidence() {
    let election = Election::new();
    let mut board = election.board("record");
    election.grow(&mut board, 300, "entry");
    election.ends(0, "Cosigned", &follow("record", "--once"));
    let state = election.state();
    for (name, size) in [("same", 300), ("longer", 700)] {
        let mut fork = election.board(name);
        election.grow(&mut fork, 100, "entry");
        election.grow(&mut fork, size, "another");
        for _ in 0..2 {
            let said = election.ends(1, "THE BOARD SHOWS TWO HISTORIES", &follow(name, ""));
            assert!(said.contains("remedy: make witness.key.state.two-histories-"), "{said}");
        }
    }
    // By all entries, too.
    election.ends(1, "THE BOARD SHOWS TWO HISTORIES", "witness cosign longer --key witness.key --out line");
    election.ends(1, "\"code\":\"two-histories\"", &follow("longer", "--json"));
    let mut sizes: Vec<u64> = Vec::new();
    for evidence in election.evidence() {
        let key = board_key(&election.manifest).unwrap();
        let (Claim::Fork { one: kept, other: shown } | Claim::Inconsistent { older: kept, newer: shown, .. }) =
            evidence.claim()
        else {
            panic!("{}", evidence.claim().code())
        };
        assert_eq!(kept.verify(&key).unwrap().head(), &head(300));
        sizes.push(shown.verify(&key).unwrap().size());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [300, 700]);
    assert_eq!(election.state(), state);
    let file =
        fs::read_dir(election.folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let file = file.filter(|name| name.contains("two-histories")).min().unwrap();
    election.ends(0, "it convicts the board: it signed", &format!("inspect {file}"));
    // A board that forks again and again does not fill the disk.
    for number in 0..20_u64 {
        let head = TreeHead { size: 300, root: leaf_hash(&number.to_le_bytes()) };
        let signed = election.signer.sign_checkpoint(&head).to_string();
        fs::write(election.path("same/checkpoint"), signed).unwrap();
        election.ends(1, "TWO HISTORIES", &follow("same", "--once"));
    }
    assert_eq!(election.evidence().len(), 16);
}

/// Processes that are killed at any moment cosign one history, and lose no cosignature.
#[test]
fn a_follower_is_killed_again_and_again() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    let mut size = 0;
    for round in 0..12_u64 {
        let mut follower = election.start(&follow("record", ""));
        for _ in 0..3 {
            size += 37;
            election.grow(&mut board, size, "entry");
            thread::sleep(Duration::from_millis((round * 53) % 160));
        }
        follower.kill().unwrap();
        follower.wait().unwrap();
        // The state is never behind the outbox.
        if election.path("out/witness-1.checkpoint").exists() {
            let (cosigned, state) = (election.cosigned(), election.state());
            assert_eq!(cosigned, head(cosigned.size));
            let kept: u64 = state.split("\\n").nth(1).unwrap().parse().unwrap();
            assert!(kept >= cosigned.size, "{kept} {}", cosigned.size);
        }
    }
    write_closing(&election, &root, size);
    election.grow(&mut board, size + 5, "entry");
    let said = election.ends(0, "the work of this witness is done", &follow("record", "--until-closed"));
    assert!(said.contains("Cosigned the closing-checkpoint"), "{said}");
}

/// Every file operation of a call may be its last. The next call does what is left to do.
#[test]
#[cfg(debug_assertions)]
fn every_operation_of_a_follower_may_be_the_last() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    election.grow(&mut board, 300, "entry");
    write_closing(&election, &root, 300);
    election.grow(&mut board, 310, "entry");
    for operation in 1..100 {
        let mut command = command(election.folder.path(), &follow("record", "--once"));
        let ran = command.env("BALLOTTA_FAULT", format!("abort:{operation}")).output().unwrap();
        let shown = shown(&ran);
        assert!(!shown.contains("panicked"), "{shown}");
        let cosignature = election.path("out/witness-1.cosignature").exists();
        // The checkpoint after the close is cosigned only after the closing checkpoint.
        assert!(cosignature || !election.path("out/witness-1.checkpoint").exists(), "{shown}");
        if !shown.contains("injected: ") {
            assert!(operation > 4 && ran.status.success(), "{shown}");
            assert!(cosignature && election.cosigned() == head(310), "{shown}");
            return;
        }
    }
    panic!("an interruption without end");
}

/// A server of static files that can fail.
fn serve_files(root: PathBuf) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let fails = Arc::new(AtomicBool::new(false));
    let failing = fails.clone();
    // The thread ends with the process of the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let (status, body) = match fs::read(root.join(path)) {
                _ if failing.load(Ordering::SeqCst) => ("503 Busy", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    (address, fails)
}

#[test]
fn a_board_on_a_web_server_that_fails() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    election.grow(&mut board, 300, "entry");
    let (address, fails) = serve_files(root.clone());
    fails.store(true, Ordering::SeqCst);
    election.ends(2, "503", &follow(&address, "--once"));
    let waits = election.start(&follow(&address, "--until-closed"));
    thread::sleep(Duration::from_millis(400));
    fails.store(false, Ordering::SeqCst);
    let began = Instant::now();
    while !election.path("out/witness-1.checkpoint").exists() {
        assert!(began.elapsed() < LONGEST);
        thread::sleep(Duration::from_millis(50));
    }
    fails.store(true, Ordering::SeqCst);
    election.grow(&mut board, 600, "entry");
    write_closing(&election, &root, 600);
    thread::sleep(Duration::from_millis(400));
    fails.store(false, Ordering::SeqCst);
    let said = ended(waits);
    assert!(said.starts_with("Some(0)") && said.contains("503"), "{said}");
    assert!(said.contains("ballotta board add RECORD --board-key KEY out/witness-1.cosignature"), "{said}");
    assert_eq!(election.evidence(), []);
}

/// A witness that answers requests, and ends with the test.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(election: &Election) -> Self {
        let line = "witness serve --key witness.key --manifest manifest.json --json";
        let log = fs::File::create(election.path("serve.log")).unwrap();
        let mut command = command(election.folder.path(), line);
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut first = Vec::new();
        let output = process.stdout.as_mut().unwrap();
        while first.last() != Some(&b'\n') {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            first.push(byte[0]);
        }
        let event: Value = serde_json::from_slice(&first).unwrap();
        assert_eq!(event["event"], "listening");
        assert_eq!(event["origins"][0], Value::from(board_origin(&election.manifest)));
        Self { process, address: event["address"].as_str().unwrap().to_owned() }
    }

    /// Sends bytes, and returns the whole answer.
    fn send(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address.trim_start_matches("http://")).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Sends a request, and returns the status and the body of the answer.
    fn add_checkpoint(&self, body: &str) -> (u16, String) {
        let request =
            format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = self.send(request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(head.contains("\r\nContent-Type: text/x.tlog.size\r\n"), status == 409, "{head}");
        (status, body.to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A request for the cosignature of the checkpoint of a board, with the proof from its first `old` entries.
fn request(root: &Path, old: u64, size: u64, checkpoint: &str) -> String {
    let source = FolderRecord::new(root);
    let proof = TiledLog::new(&source, head(size)).consistency(&head(old)).unwrap();
    AddCheckpoint::new(old, proof, SignedCheckpoint::parse(checkpoint.as_bytes()).unwrap()).unwrap().to_string()
}

#[test]
fn a_witness_answers_boards() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    let witness = Serving::start(&election);
    let checkpoint = || fs::read_to_string(root.join(CHECKPOINT)).unwrap();
    election.grow(&mut board, 300, "entry");
    let first = request(&root, 0, 300, &checkpoint());
    let (status, line) = witness.add_checkpoint(&first);
    assert_eq!(status, 200, "{line}");
    let mut signed = SignedCheckpoint::parse(checkpoint().as_bytes()).unwrap();
    signed.add_cosignature(line.strip_suffix('\n').unwrap().parse().unwrap());
    assert_eq!(signed.cosigned_by(&witness_keys(&election.manifest).unwrap()), Ok(vec![0]));
    // The old size is another one: the answer says which.
    assert_eq!(witness.add_checkpoint(&first), (409, "300\n".to_owned()));
    election.grow(&mut board, 700, "entry");
    let next = request(&root, 300, 700, &checkpoint());
    // A wrong proof, or one that is too short.
    let line = next.lines().nth(1).unwrap();
    let wrong = format!("{}{}", if line.starts_with('A') { "B" } else { "A" }, &line[1..]);
    assert_eq!(witness.add_checkpoint(&next.replacen(line, &wrong, 1)).0, 422);
    assert_eq!(witness.add_checkpoint(&next.replacen(&format!("{line}\n"), "", 1)).0, 422);
    // No signature of the board, another origin, and bytes that are no request.
    let stranger = NoteSigner::from_seed(election.signer.key().name(), &[9; 32]).unwrap();
    let unsigned = request(&root, 300, 700, &stranger.sign_checkpoint(&head(700)).to_string());
    assert_eq!(witness.add_checkpoint(&unsigned).0, 403);
    let elsewhere = NoteSigner::from_seed("elsewhere.example", &[9; 32]).unwrap().sign_checkpoint(&head(700));
    assert_eq!(witness.add_checkpoint(&request(&root, 300, 700, &elsewhere.to_string())).0, 404);
    for malformed in ["", "old 1\n", "old 701\n\n", "hello"] {
        let malformed = malformed.replace("old 701\n\n", &format!("old 701\n\n{}", checkpoint()));
        assert_eq!(witness.add_checkpoint(&malformed).0, 400, "{malformed:?}");
    }
    assert!(witness.send(b"GET /add-checkpoint HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(witness.send(b"POST /else HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(witness.send(b"nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let long = format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n\r\n", AddCheckpoint::MAX_BYTES + 1);
    assert!(witness.send(long.as_bytes()).starts_with("HTTP/1.1 413 "));
    // Nothing of this has changed what was cosigned. Of many requests at the same time, one is the first.
    let answers: Vec<u16> = thread::scope(|scope| {
        let requests: Vec<_> = (0..8).map(|_| scope.spawn(|| witness.add_checkpoint(&next).0)).collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 7, "{answers:?}");
    // A client that says nothing keeps nobody out.
    let _silent: Vec<TcpStream> =
        (0..8).map(|_| TcpStream::connect(witness.address.trim_start_matches("http://")).unwrap()).collect();
    assert_eq!(witness.add_checkpoint(&next), (409, "700\n".to_owned()));
    // Two checkpoints of one size.
    let fork = election.signer.sign_checkpoint(&TreeHead { size: 700, ..head(1) }).to_string();
    assert_eq!(witness.add_checkpoint(&format!("old 700\n\n{fork}")), (409, "700\n".to_owned()));
    assert_eq!(election.evidence().len(), 1);
    assert!(fs::read_to_string(election.path("serve.log")).unwrap().contains("THE BOARD SHOWS TWO HISTORIES"));
    // `follow` uses the same state.
    election.ends(0, "Cosigned", &follow("record", "--once"));
    assert_eq!(election.cosigned(), head(700));
}

#[test]
fn a_board_asks_a_witness() {
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    election.grow(&mut board, 300, "entry");
    let witness = Serving::start(&election);
    let ask = format!("board cosign record --board-key board.key --witness {}", witness.address);
    election.ends(0, "The voting is not closed", &ask);
    election.grow(&mut board, 500, "entry");
    write_closing(&election, &root, 500);
    for size in [600, 700] {
        election.grow(&mut board, size, "entry");
    }
    drop(board);
    election.ends(0, "one more cosignature", &ask);
    let closing = SignedCheckpoint::parse(&fs::read(root.join(CLOSING_CHECKPOINT)).unwrap()).unwrap();
    assert_eq!(closing.cosigned_by(&witness_keys(&election.manifest).unwrap()), Ok(vec![0]));
    election.ends(1, "", &ask);
    // A witness that has cosigned a later checkpoint.
    fs::write(root.join(CLOSING_CHECKPOINT), election.signer.sign_checkpoint(&head(400)).to_string()).unwrap();
    election.ends(1, "the witness has cosigned a checkpoint of 500 entries already", &ask);
    drop(witness);
    let ran = election.run(&ask);
    assert_eq!(ran.status.code(), Some(2), "{}", shown(&ran));
}

/// A board of the other implementation asks our witness: the growth of a log, and a size that it must learn first.
const THEIR_BOARD: &str = r#"
import sys
from aics_tlog import MerkleTree
from aics_witness import WitnessClient
url, vkey, *checkpoints = sys.argv[1:]
for checkpoint in checkpoints:
    note = open(checkpoint, "rb").read()
    tree = MerkleTree()
    for index in range(int(note.split(b"\n")[1])):
        tree.append(b"entry %d" % index)
    with WitnessClient(url, vkey) as client:
        print(client.submit(note, tree.consistency_proof), end="")
"#;

/// An independent implementation of C2SP tlog-witness, both sides: the package `aics-witness` 0.1.0 for Python. The variable
/// `BALLOTTA_AICS_WITNESS` names a Python (3.12 or later) that has it; without the variable, the test passes.
#[test]
fn another_implementation_of_tlog_witness() {
    let Some(python) = std::env::var_os("BALLOTTA_AICS_WITNESS") else {
        eprintln!("skipped: BALLOTTA_AICS_WITNESS does not name a Python with the package aics-witness");
        return;
    };
    let election = Election::new();
    let (mut board, root) = (election.board("record"), election.path("record"));
    let seed = fs::read_to_string(election.path("witness.key")).unwrap().lines().nth(1).unwrap().to_owned();
    let theirs = |line: &str| {
        let mut command = Command::new(&python);
        command.args(["-m", "aics_witness"]).args(line.split_whitespace()).args(["--config", "theirs.json"]);
        command.current_dir(election.folder.path()).env("WITNESS_SEED_HEX", &seed);
        command
    };
    let ok = |mut command: Command| {
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}", shown(&ran));
        String::from_utf8(ran.stdout).unwrap()
    };
    let vkey = ok(theirs("init --new-database --name witness.example"));
    assert_eq!(vkey.trim(), witness_keys(&election.manifest).unwrap()[0].to_string());
    let key = board_key(&election.manifest).unwrap();
    ok(theirs(&format!("add-log --origin {} --vkey {key}", key.name())));

    // Their witness cosigns our board. It grows, and its closing checkpoint is older than its newest tiles.
    let mut process = theirs("serve --listen 127.0.0.1:0").stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let address = loop {
        let mut byte = [0];
        process.stderr.as_mut().unwrap().read_exact(&mut byte).unwrap();
        said.push(char::from(byte[0]));
        if let Some((_, rest)) = said.split_once("listening on ")
            && let Some((address, _)) = rest.split_once(' ')
        {
            break address.to_owned();
        }
    };
    let ask = format!("board cosign record --board-key board.key --witness {address}");
    for size in [3, 300, 700] {
        election.grow(&mut board, size, "entry");
        election.ends(0, "The voting is not closed", &ask);
    }
    election.grow(&mut board, 800, "entry");
    write_closing(&election, &root, 800);
    for size in [900, 1000] {
        election.grow(&mut board, size, "entry");
    }
    drop(board);
    election.ends(0, "one more cosignature", &ask);
    let closing = SignedCheckpoint::parse(&fs::read(root.join(CLOSING_CHECKPOINT)).unwrap()).unwrap();
    assert_eq!(closing.cosigned_by(&witness_keys(&election.manifest).unwrap()), Ok(vec![0]));
    fs::write(root.join(CLOSING_CHECKPOINT), election.signer.sign_checkpoint(&head(400)).to_string()).unwrap();
    election.ends(1, "the witness has cosigned a checkpoint of 800 entries already", &ask);
    process.kill().unwrap();
    process.wait().unwrap();

    // Our witness cosigns for their board.
    let witness = Serving::start(&election);
    let mut client = Command::new(&python);
    client.args(["-c", THEIR_BOARD, &witness.address, vkey.trim()]);
    for size in [1, 5, 300, 700] {
        let path = election.path(&format!("checkpoint-{size}"));
        fs::write(&path, election.signer.sign_checkpoint(&head(size)).to_string()).unwrap();
        client.arg(path);
    }
    let lines = ok(client);
    assert_eq!(lines.lines().count(), 4, "{lines}");
    let mut last = election.signer.sign_checkpoint(&head(700));
    last.add_cosignature(lines.lines().last().unwrap().parse().unwrap());
    assert_eq!(last.cosigned_by(&witness_keys(&election.manifest).unwrap()), Ok(vec![0]));
}
