//! Receipts and evidence as people use them: the board gives receipts, voters check them, and whoever has what a board
//! signed convicts it. An honest board that was interrupted is never convicted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ballotta::board::board_signer;
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{bundle_paths, decode_bundle, encode_bundle};
use ballotta::hash::Tracker;
use ballotta::manifest::Manifest;
use ballotta::merkle::{Frontier, leaf_hash};
use serde_json::{Value, json};

/// An election whose voting is open, with the signed ballots `first`, `again` (of the same voter), `second` and `third`.
struct Election {
    folder: tempfile::TempDir,
    signer: NoteSigner,
    /// The voter numbers of the first and the second voter.
    numbers: Vec<String>,
}

impl Election {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ok = |line: &str| text(&succeeds(&mut command(folder.path(), line), line).stdout);
        let path = |name: &str| folder.path().join(name);
        fs::write(path("passphrase"), "one correct horse\n").unwrap();
        let organiser = ok("organiser new --out organiser.key");
        let authority = ok("authority new --out authority.key");
        let board = ok("board new --name board.example --out board.key");
        let trustee = ok("trustee new --out t.age --passphrase-file passphrase --work-factor 2");
        ok(&format!(
            "manifest new --title A --rehearsal --language en --contest c=C --option c/yes=Yes --option c/no=No \
             --organiser {organiser} --authority A={authority} --trustee T={trustee} --threshold 1 \
             --board board.example={board} --closing statements --minimum-ballots 2 --out manifest.json"
        ));
        ok("record new --manifest manifest.json --board-key board.key record");
        for step in ["registration", "commitment", "deal", "confirmation"] {
            ok(&format!("trustee ceremony record --key t.age --passphrase-file passphrase --out {step}"));
            ok(&format!("board add record --board-key board.key {step}"));
        }
        let fingerprint = ok("credentials issue record --voters 3 --codes codes");
        ok(&format!("authority sign record --key authority.key --fingerprint {fingerprint} --out roll-signature"));
        ok("board add record --board-key board.key roll-signature");
        ok("organiser open record --key organiser.key --out opening");
        ok("board add record --board-key board.key opening");
        ok("organiser close record --key organiser.key --out closing");
        let codes = fs::read_to_string(path("codes")).unwrap();
        let mut numbers = Vec::new();
        for (name, line) in ["first", "second", "third"].into_iter().zip(codes.lines().skip(1)) {
            let fields: Vec<&str> = line.split(',').collect();
            fs::write(path(&format!("code-{name}")), fields[1]).unwrap();
            numbers.push(fields.iter().find(|field| field.starts_with("N-")).unwrap().to_string());
        }
        let manifest = Manifest::parse(&fs::read(path("manifest.json")).unwrap()).unwrap();
        let key = fs::read_to_string(path("board.key")).unwrap();
        let seed: [u8; 32] = hex::decode(key.lines().nth(1).unwrap()).unwrap().try_into().unwrap();
        let signer = board_signer(&manifest, &seed).unwrap();
        let election = Self { folder, signer, numbers };
        for name in ["first", "second", "third"] {
            election.cast(name, name);
        }
        // The second ballot of the first voter is made on a copy of the board that has the first one.
        election.copy("record", "later");
        election.ok("board add later --board-key board.key first");
        election.cast_on("later", "again", "first");
        election
    }

    fn cast(&self, ballot: &str, voter: &str) {
        self.cast_on("record", ballot, voter);
    }

    fn cast_on(&self, record: &str, ballot: &str, voter: &str) {
        self.ok(&format!("voter prepare {record} --choose c=yes --code-file code-{voter} --out {ballot}-prepared"));
        self.ok(&format!("voter cast {ballot}-prepared --record {record} --code-file code-{voter} --out {ballot}"));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        command(self.folder.path(), line).output().unwrap()
    }

    #[track_caller]
    fn ok(&self, line: &str) -> String {
        text(&succeeds(&mut command(self.folder.path(), line), line).stdout)
    }

    /// Runs a line that must end with this code, and returns its JSON.
    #[track_caller]
    fn json(&self, code: i32, line: &str) -> Value {
        let ran = self.run(&format!("{line} --json"));
        assert_eq!(ran.status.code(), Some(code), "{line}\n{}", shown(&ran));
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{line}: {error}\n{}", shown(&ran)))
    }

    /// Runs a line that must end with this code and say this text.
    #[track_caller]
    fn ends(&self, code: i32, says: &str, line: &str) {
        let ran = self.run(line);
        let shown = shown(&ran);
        assert!(ran.status.code() == Some(code) && shown.contains(says), "{line}: expected {code}, {says:?}\n{shown}");
        assert!(!shown.contains("panicked"), "{shown}");
    }

    /// Adds files to a board, with receipts in a folder.
    fn add(&self, record: &str, receipts: &str, files: &str) {
        self.ok(&format!("board add {record} --board-key board.key --receipts {receipts} {files}"));
    }

    fn copy(&self, from: &str, to: &str) {
        copy(&self.path(from), &self.path(to));
    }

    /// The entries of a board that has fewer than 256.
    fn entries(&self, record: &str) -> Vec<Vec<u8>> {
        let signed = SignedCheckpoint::parse(&fs::read(self.path(record).join("checkpoint")).unwrap()).unwrap();
        let size = signed.unverified().size();
        let bundle = fs::read(self.path(record).join(bundle_of(size))).unwrap();
        decode_bundle(&bundle, size as u16).unwrap().into_iter().map(<[u8]>::to_vec).collect()
    }

    /// Appends an entry to a board, whatever it is, and returns its position.
    fn append(&self, record: &str, entry: Vec<u8>) -> u64 {
        let mut entries = self.entries(record);
        entries.push(entry);
        let size = entries.len() as u64;
        fs::write(self.path(record).join(bundle_of(size)), encode_bundle(&entries).unwrap()).unwrap();
        let head = entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
        fs::write(self.path(record).join("checkpoint"), self.signer.sign_checkpoint(&head).to_string()).unwrap();
        size - 1
    }

    /// The tracker of a signed ballot, as its receipts are named.
    fn tracker(&self, ballot: &str) -> Tracker {
        let inspected = self.json(0, &format!("inspect {ballot}"));
        inspected["tracker"].as_str().unwrap().parse().unwrap()
    }

    /// The path of the receipt of a ballot.
    fn receipt(&self, receipts: &str, ballot: &str) -> String {
        format!("{receipts}/{}.receipt", self.tracker(ballot))
    }

    /// What a voter is told who kept a receipt.
    #[track_caller]
    fn check(&self, code: i32, record: &str, (ballot, voter): (&str, usize), receipt: &str) -> Value {
        let tracker = self.tracker(ballot).written();
        let number = &self.numbers[voter];
        self.json(
            code,
            &format!("voter check {record} --tracker {tracker} --voter-number {number} --receipt {receipt}"),
        )
    }

    #[track_caller]
    fn state(&self, code: i32, record: &str, ballot: (&str, usize), receipt: &str) -> String {
        self.check(code, record, ballot, receipt)["state"].as_str().unwrap().to_owned()
    }

    /// Finds evidence, and verifies the file without a record. Returns its kind.
    #[track_caller]
    fn convicts(&self, record: &str, kept: &str) -> String {
        let _ = fs::remove_file(self.path("evidence"));
        let found = self.json(0, &format!("evidence find {record} {kept} --out evidence"));
        let verified = self.json(0, "evidence verify evidence");
        assert_eq!(found, verified);
        assert_eq!((&found["convicted"], &found["trustee"]), (&json!("board"), &Value::Null));
        let inspected = self.json(0, "inspect evidence");
        assert_eq!(inspected["claim"], found["kind"], "{inspected}");
        let says = inspected["verified"].as_str().unwrap();
        assert!(
            says.starts_with("it convicts the board: ") && says.ends_with(found["proved"].as_str().unwrap()),
            "{says}"
        );
        found["kind"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn finds_nothing(&self, record: &str, kept: &str) {
        self.ends(1, "no evidence", &format!("evidence find {record} {kept} --out nothing"));
        assert!(!self.path("nothing").exists());
    }
}

/// The path of the first bundle of a board of this size.
fn bundle_of(size: u64) -> String {
    bundle_paths(size).next().unwrap().to_string()
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null()).env_remove("BALLOTTA_FAULT");
    command
}

#[track_caller]
fn succeeds(command: &mut Command, line: &str) -> Output {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{line}\n{}", shown(&ran));
    ran
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().trim_end().to_owned()
}

fn shown(ran: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}\n{}", ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_ballot_has_one_receipt() {
    let election = Election::new();
    election.add("record", "receipts", "first second");
    let first = election.receipt("receipts", "first");
    let receipt = fs::read(election.path(&first)).unwrap();
    // What the receipt says.
    let inspected = election.json(0, &format!("inspect {first}"));
    assert_eq!(inspected["tracker"], json!(election.tracker("first").to_string()), "{inspected}");
    assert_eq!(inspected["previous"], Value::Null);
    let index = inspected["entry"].as_u64().unwrap();
    let checked = election.check(0, "record", ("first", 0), &first);
    assert_eq!(checked, json!({ "state": "counted", "entry": index, "superseded_by": null }));

    // The ballot is sent again: at once, after another one has replaced it, and after the close.
    let again = |more: &str, folder: &str| {
        let line = format!("board add record --board-key board.key --receipts {folder} {more}");
        let answer = election.json(0, &line);
        assert_eq!(answer[0]["was_there"], Value::Bool(true));
        let other = fs::read(election.path(&election.receipt(folder, "first"))).unwrap();
        assert!(other == receipt, "{answer}");
    };
    again("first", "receipts");
    again("first", "others");
    election.add("record", "receipts", "again");
    again("first", "after");
    let by = election.tracker("again").to_string();
    let superseded = json!({ "state": "superseded", "entry": index, "superseded_by": by });
    assert_eq!(election.check(1, "record", ("first", 0), &first), superseded);
    let second = election.json(0, &format!("inspect {}", election.receipt("receipts", "again")));
    assert_eq!(second["previous"], json!(election.tracker("first").to_string()));
    election.ok("board add record --board-key board.key closing");
    again("first", "closed");
    assert_eq!(election.check(1, "record", ("first", 0), &first), superseded);
    assert_eq!(election.state(0, "record", ("again", 0), &election.receipt("receipts", "again")), "counted");
    // A late ballot gets none.
    election.json(1, "board add record --board-key board.key --receipts late third");
    assert_eq!(fs::read_dir(election.path("late")).unwrap().count(), 0);

    // A file with other content is not overwritten.
    fs::create_dir(election.path("full")).unwrap();
    let there = election.receipt("full", "first");
    fs::write(election.path(&there), "mine").unwrap();
    election.ends(2, "has other content", "board add record --board-key board.key --receipts full first");
    assert_eq!(fs::read(election.path(&there)).unwrap(), b"mine");
    // Nothing of this convicts the board.
    let kept =
        format!("--receipt {first} --receipt {} --checkpoint record/checkpoint", election.receipt("receipts", "again"));
    election.finds_nothing("record", &kept);
}

#[test]
fn what_became_of_a_promise() {
    let election = Election::new();
    election.copy("record", "empty");
    election.add("record", "receipts", "first second");
    let (first, second) = (election.receipt("receipts", "first"), election.receipt("receipts", "second"));
    assert_eq!(election.state(0, "record", ("second", 1), &second), "counted");
    assert_eq!(election.state(1, "record", ("second", 0), &second), "of_another_voter");
    assert_eq!(election.state(1, "empty", ("first", 0), &first), "not_yet");
    // The receipt of another ballot, of another election, and no receipt.
    let number = &election.numbers[0];
    let check = |ballot: &str, receipt: &str| {
        let tracker = election.tracker(ballot).written();
        format!("voter check record --tracker {tracker} --voter-number {number} --receipt {receipt}")
    };
    election.ends(1, "compare receipt and tracker", &check("second", &first));
    let changed =
        fs::read_to_string(election.path(&first)).unwrap().replacen("\n-\n", &format!("\n{}\n", "11".repeat(32)), 1);
    fs::write(election.path("changed"), changed).unwrap();
    election.ends(1, "compare receipt and tracker", &check("first", "changed"));
    election.ends(2, "is not a receipt", &check("first", "record/checkpoint"));
    election.ends(2, "missing", &check("first", "missing"));

    // The voting is closed before the promised entries. In a folder, a missing file that says so hides nothing.
    election.copy("empty", "shut");
    election.ok("board add shut --board-key board.key closing");
    let is_broken = || {
        assert_eq!(election.state(1, "shut", ("first", 0), &first), "promise_broken");
        assert_eq!(election.state(1, "shut", ("second", 1), &second), "promise_broken");
    };
    is_broken();
    fs::remove_file(election.path("shut/light/close")).unwrap();
    is_broken();
    // The board drops the first ballot.
    election.copy("empty", "hostile");
    election.ok("board add hostile --board-key board.key second");
    assert_eq!(election.state(1, "hostile", ("first", 0), &first), "promise_broken");
    assert_eq!(election.state(1, "hostile", ("second", 1), &second), "not_yet");
    assert_eq!(election.convicts("hostile", &format!("--receipt {first}")), "omission");
    election.finds_nothing("hostile", &format!("--receipt {second}"));
    // The board is closed before the promised entry.
    election.ok("board add hostile --board-key board.key closing");
    election.copy("empty", "closed");
    election.ok("board add closed --board-key board.key closing");
    for closed in ["hostile", "closed"] {
        assert_eq!(election.state(1, closed, ("second", 1), &second), "promise_broken");
    }
    assert_eq!(election.convicts("closed", &format!("--receipt {second}")), "promised-after-closing");
    // The board promises a ballot that it has garbled.
    let promised = election.json(0, &format!("inspect {first}"))["entry"].as_u64().unwrap();
    let mut entry = election.entries("record")[promised as usize].clone();
    let place = entry.len() - 32;
    entry[place] ^= 1;
    let lie = election.signer.sign_receipt(promised, &entry).unwrap().to_string();
    fs::write(election.path("lie"), lie).unwrap();
    assert_eq!(election.append("empty", entry), promised);
    assert_eq!(election.state(1, "empty", ("first", 0), "lie"), "void");
    assert_eq!(election.convicts("empty", "--receipt lie"), "void-though-promised");
    assert_eq!(election.convicts("record", &format!("--receipt lie --receipt {first}")), "double-promise");
    // The board writes the fingerprint of no election into the receipt. No manifest leads to it, and none is needed.
    let receipt = fs::read_to_string(election.path(&first)).unwrap();
    let fingerprint = receipt.lines().nth(2).unwrap();
    let (honest, _) = receipt.split_once("\n\n").unwrap();
    let lie = election.signer.sign(&format!("{}\n", honest.replacen(fingerprint, &"11".repeat(32), 1))).unwrap();
    fs::write(election.path("elsewhere"), lie.to_string()).unwrap();
    assert_eq!(election.convicts("record", "--receipt elsewhere"), "void-though-promised");
}

#[test]
fn evidence_is_found_and_verified() {
    let election = Election::new();
    election.copy("record", "fork");
    fs::copy(election.path("record/checkpoint"), election.path("oldest")).unwrap();
    election.add("record", "receipts", "first");
    fs::copy(election.path("record/checkpoint"), election.path("older")).unwrap();
    election.add("record", "receipts", "second");
    election.add("fork", "others", "second");
    // An honest history.
    election.finds_nothing("record", "--checkpoint oldest --checkpoint older --checkpoint record/checkpoint");
    assert_eq!(election.convicts("fork", "--checkpoint older"), "fork");
    assert_eq!(election.convicts("record", "--checkpoint oldest --checkpoint fork/checkpoint"), "inconsistent");
    let (one, other) = (election.receipt("receipts", "first"), election.receipt("others", "second"));
    let third = election.receipt("receipts", "second");
    assert_eq!(election.convicts("fork", &format!("--receipt {one} --receipt {other}")), "double-promise");
    assert_eq!(election.convicts("record", &format!("--receipt {third} --receipt {other}")), "double-promise");

    // A file is not overwritten, and what is no receipt or no record is said.
    election.ends(2, "already exists", "evidence find fork --checkpoint older --out evidence");
    election.ends(2, "is not a receipt", "evidence find fork --receipt older --out more");
    election.ends(2, "is not a checkpoint", &format!("evidence find fork --checkpoint {one} --out more"));
    election.finds_nothing("fork", "");
    // The exit codes of a verification.
    let evidence = fs::read(election.path("evidence")).unwrap();
    assert_eq!(election.json(0, "evidence verify evidence")["manifest"].as_str().unwrap().len(), 64);
    let (last, changed) = (evidence.len() - 40, "changed");
    let write = |bytes: &[u8]| fs::write(election.path(changed), bytes).unwrap();
    let mut forged = evidence.clone();
    forged[last] = if forged[last] == b'B' { b'C' } else { b'B' };
    write(&forged);
    election.ends(1, "the evidence convicts nobody", "evidence verify changed");
    let inspected = election.json(0, "inspect changed");
    assert!(inspected["verified"].as_str().unwrap().starts_with("it convicts nobody: "), "{inspected}");
    // What cannot be read is no evidence, which one sentence says.
    let unread = |bytes: &[u8], why: &str| {
        write(bytes);
        let ran = election.run("evidence verify changed");
        let said = text(&ran.stderr);
        assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(2), ""), "{said}");
        assert_eq!(said, format!("error: changed cannot be read, so it is not evidence: {why}"));
    };
    unread(&evidence[..evidence.len() - 1], "receipt: the bytes end too early");
    unread(b"", "version: the bytes end too early");
    let manifest = fs::read(election.path("manifest.json")).unwrap();
    let members = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace("\"id\"", "\"iD\"").into_bytes();
    let damaged = [&evidence[..7], &members(&manifest), &evidence[7 + manifest.len()..]].concat();
    unread(&damaged, "the manifest in it breaks the rules of manifests");
    write(&vec![1; (2 << 20) + 1]);
    election.ends(2, "", "evidence verify changed");
    election.ends(2, "cannot be read", "evidence verify missing");
}

/// What a witness has cosigned, and what a trustee has sent, convicts.
#[test]
fn evidence_of_witnesses_and_trustees() {
    let election = Election::new();
    election.copy("record", "fork");
    election.add("record", "receipts", "first second");
    election.add("fork", "others", "second");
    // The state of a witness has the checkpoint, as it is.
    let state = |origin: &str, record: &str| {
        let checkpoint = fs::read_to_string(election.path(record).join("checkpoint")).unwrap();
        let checkpoint = json!(checkpoint.replacen(election.signer.key().name(), origin, 2));
        let boards = format!("{{\n    \"{origin}\": {checkpoint}\n  }}");
        let format = "ballotta/v1-draft.5/witness-state";
        let text = format!("{{\n  \"format\": \"{format}\",\n  \"key\": \"00\",\n  \"boards\": {boards}\n}}");
        fs::write(election.path("witness.state"), text).unwrap();
    };
    state(election.signer.key().name(), "fork");
    assert_eq!(election.convicts("record", "--checkpoint witness.state"), "inconsistent");
    election.finds_nothing("fork", "--checkpoint witness.state");
    state("other.example/0123456789abcdef", "fork");
    election.ends(
        2,
        "has cosigned nothing of this board",
        "evidence find record --checkpoint witness.state --out more",
    );

    // A trustee lets two copies of its machine make its statement. The board shows them two closings.
    for name in ["age", "age.state"] {
        fs::copy(election.path(&format!("t.{name}")), election.path(&format!("copy.{name}"))).unwrap();
    }
    for (record, machine) in [("record", "t.age"), ("fork", "copy.age")] {
        election.ok(&format!("board add {record} --board-key board.key closing"));
        let state = format!("trustee sign-closing {record} --key {machine} --passphrase-file passphrase");
        election.ok(&format!("{state} --out {record}-statement"));
    }
    let convicts = |kept: &str| {
        let found = election.json(0, &format!("evidence find record {kept} --out of-trustee"));
        assert_eq!(found, election.json(0, "evidence verify of-trustee"));
        assert_eq!((&found["kind"], &found["convicted"]), (&json!("two-statements"), &json!("trustee")));
        assert_eq!(found["trustee"], json!(1));
        fs::remove_file(election.path("of-trustee")).unwrap();
    };
    election.finds_nothing("record", "--statement record-statement");
    election.finds_nothing("record", "--statement record-statement --statement record-statement");
    convicts("--statement record-statement --statement fork-statement");
    election.ok("board add record --board-key board.key record-statement");
    convicts("--statement fork-statement");
    election.finds_nothing("record", "--statements-of fork");
    election.ok("board add fork --board-key board.key fork-statement");
    convicts("--statements-of fork");
    election.ends(2, "is not a message file", "evidence find record --statement record/checkpoint --out more");
    // A statement that its trustee did not sign accuses nobody, and is said.
    let statement = fs::read_to_string(election.path("fork-statement")).unwrap();
    let mut message = ballotta::message::Message::parse(&statement).unwrap();
    message.bytes[4] ^= 1;
    fs::write(election.path("forged"), message.to_text()).unwrap();
    election.ends(1, "is not a statement of a trustee", "evidence find record --statement forged --out more");
}

/// The board is interrupted at every file operation, and goes on. Nothing that it gave out convicts it.
#[test]
#[cfg(all(unix, debug_assertions))]
fn an_honest_board_that_was_interrupted_is_not_convicted() {
    let election = Election::new();
    let mut kept = String::from("--checkpoint record/checkpoint");
    let keep = |number: usize, kept: &mut String| {
        let name = format!("kept-{number}");
        if fs::copy(election.path("record/checkpoint"), election.path(&name)).is_ok() {
            kept.push_str(&format!(" --checkpoint {name}"));
        }
    };
    keep(0, &mut kept);
    let mut number = 0;
    // Another order after an interruption: what was lost comes later.
    for files in ["first second", "third first", "again third"] {
        for operation in 1..200 {
            number += 1;
            let line = format!("board add record --board-key board.key --receipts receipts {files}");
            let mut interrupted = command(election.folder.path(), &line);
            let ran = interrupted.env("BALLOTTA_FAULT", format!("abort:{operation}")).output().unwrap();
            keep(number, &mut kept);
            assert!(operation < 199, "an interruption without end");
            if !shown(&ran).contains("injected: ") {
                break;
            }
        }
    }
    for file in fs::read_dir(election.path("receipts")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".receipt") {
            kept.push_str(&format!(" --receipt receipts/{name}"));
        }
    }
    assert_eq!(kept.matches("--receipt ").count(), 4, "{kept}");
    election.finds_nothing("record", &kept);
    election.ok("board add record --board-key board.key closing");
    election.finds_nothing("record", &kept);
}
