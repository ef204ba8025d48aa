//! Every file operation of every verb that writes is interrupted: the process ends there, or the disk is full. The same
//! call again must then do what is left to do, and lose nothing.
//!
//! The election is small and closes by witnesses. The switch is `BALLOTTA_FAULT`, see `ballotta-io`, feature `faults`.

#![cfg(all(unix, debug_assertions))]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ballotta::rand_core::UnwrapErr;
use ballotta::record::{read_head, read_manifest};
use ballotta::voter::Election;
use ballotta_io::{BoardIndex, FolderRecord};
use getrandom::SysRng;

mod index;
mod offices;
mod power;

/// The index of the record.
const INDEX: &str = "record.index";

/// The files of all people, by their paths.
type Files = BTreeMap<String, Vec<u8>>;

/// A call of the command.
struct Call {
    line: String,
    /// The files before the call and after it.
    before: Files,
    after: Files,
    /// Whether the files that the call writes are the same each time. Others have signatures with randomness, a time or
    /// new secrets; their lengths are the same.
    is_deterministic: bool,
}

/// An election in which nothing fails. It is made once.
fn election() -> &'static [Call] {
    static ELECTION: OnceLock<Vec<Call>> = OnceLock::new();
    ELECTION.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut calls = Vec::new();
        for (line, is_deterministic) in prepare(folder.path(), "") {
            let line = complete(folder.path(), &line);
            let before = read(folder.path());
            ok(folder.path(), &line);
            calls.push(Call { line, before, after: read(folder.path()), is_deterministic });
        }
        ok(folder.path(), "verify record");
        calls
    })
}

/// Makes keys and a manifest, and returns the calls that follow, each with whether it is deterministic.
fn prepare(folder: &Path, changes: &str) -> Vec<(String, bool)> {
    fs::write(folder.join("passphrase"), "one correct horse\n").unwrap();
    let organiser = ok(folder, "organiser new --out organiser.key");
    let authority = ok(folder, "authority new --out authority.key");
    let board = ok(folder, "board new --name board.example --out board.key");
    let witness = ok(folder, "witness new --name witness.example --out witness.key");
    let trustee = |number| {
        let seed = format!("trustee new --out seed{number}.age --passphrase-file passphrase --work-factor 2");
        format!("--trustee T{number}={}", ok(folder, &seed))
    };
    let (one, two) = (trustee(1), trustee(2));
    ok(
        folder,
        &format!(
            "manifest new --title A --rehearsal --language en --contest c=C --option c/yes=Yes --option c/no=No \
             --organiser {organiser} --authority A={authority} {one} {two} --threshold 2 --board board.example={board} \
             --witness witness.example={witness} --closing witnesses --minimum-ballots 2{changes} --out manifest.json"
        ),
    );
    let (same, random) = (true, false);
    let add = |files: &str| (format!("board add record --board-key board.key {files}"), same);
    let trustee = |verb: &str, number: u8, out: &str| {
        format!("trustee {verb} record --key seed{number}.age --passphrase-file passphrase --out {out}{number}")
    };
    let mut calls = vec![("record new --manifest manifest.json --board-key board.key record".to_owned(), same)];
    for step in ["registration", "commitment", "deal", "confirmation"] {
        calls.push((trustee("ceremony", 1, step), same));
        calls.push((trustee("ceremony", 2, step), same));
        calls.push(add(&format!("{step}1 {step}2")));
    }
    calls.push(("credentials issue record --voters 2 --codes codes".to_owned(), random));
    calls.push((
        "authority sign record --key authority.key --fingerprint FINGERPRINT --out roll-signature".to_owned(),
        random,
    ));
    calls.push(add("roll-signature"));
    calls.push(("organiser open record --key organiser.key --out opening".to_owned(), random));
    calls.push(add("opening"));
    calls.push(("voter prepare record --choose c=no --code-file code1 --out test".to_owned(), random));
    calls.push(("voter open test --record record --out opened".to_owned(), same));
    for voter in [1, 2] {
        calls
            .push((format!("voter prepare record --choose c=yes --code-file code{voter} --out ballot{voter}"), random));
        calls.push((
            format!("voter cast ballot{voter} --record record --code-file code{voter} --out signed{voter}"),
            random,
        ));
    }
    calls.push(add("signed1 signed2"));
    calls.push(("organiser close record --key organiser.key --out closing".to_owned(), random));
    calls.push(add("closing"));
    calls.push(("witness cosign record --key witness.key --out cosignature".to_owned(), random));
    calls.push(add("cosignature"));
    calls.push((trustee("sign-closing", 1, "statement"), random));
    calls.push((trustee("sign-closing", 2, "statement"), random));
    calls.push(add("statement1"));
    calls.push((trustee("decrypt", 1, "decryption"), random));
    calls.push((trustee("decrypt", 2, "decryption"), random));
    calls.push(add("decryption1 decryption2"));
    calls.push(("result publish record --board-key board.key".to_owned(), same));
    calls
}

/// Completes a call with what is known only now: the fingerprint, and the codes in a file for each voter.
fn complete(folder: &Path, line: &str) -> String {
    if line.starts_with("voter prepare") {
        for (number, code) in codes(folder).iter().enumerate() {
            fs::write(folder.join(format!("code{}", number + 1)), code).unwrap();
        }
    }
    if line.contains("LOST") {
        let codes = fs::read_to_string(folder.join("codes")).unwrap();
        let last = codes.lines().last().unwrap().split(',').nth(2).unwrap();
        return line.replace("LOST", last);
    }
    if !line.contains("FINGERPRINT") {
        return line.to_owned();
    }
    let election = Election::read(&FolderRecord::new(&folder.join("record")), &mut UnwrapErr(SysRng)).unwrap();
    line.replace("FINGERPRINT", &election.context.fingerprint().to_string())
}

fn codes(folder: &Path) -> Vec<String> {
    let codes = fs::read_to_string(folder.join("codes")).unwrap();
    codes.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}

/// An index is there as long as the voting is open, and is bound to the checkpoint.
fn check_index(folder: &Path, what: &str) {
    let record = FolderRecord::new(&folder.join("record"));
    let manifest = read_manifest(&record).unwrap();
    let head = read_head(&record, &manifest).unwrap();
    let window = Election::read(&record, &mut UnwrapErr(SysRng)).map(|election| election.window);
    let is_open = window.is_ok_and(|window| window.opened.is_some() && window.closed.is_none());
    if is_open {
        let index = BoardIndex::open(&folder.join(INDEX), manifest.hash());
        assert_eq!(index.map(|index| *index.head()), Some(head), "{what}");
    }
}

/// Runs the command.
fn run(folder: &Path, line: &str, fault: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    match fault {
        Some(fault) => command.env("BALLOTTA_FAULT", fault),
        None => command.env_remove("BALLOTTA_FAULT"),
    };
    command.output().unwrap()
}

fn ok(folder: &Path, line: &str) -> String {
    let ran = run(folder, line, None);
    assert!(ran.status.success(), "{line}\n{}", shown(&ran));
    String::from_utf8(ran.stdout).unwrap().trim_end().to_owned()
}

fn shown(ran: &Output) -> String {
    let [out, error] = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    format!("{:?}\n{out}{error}", ran.status)
}

/// The files in a folder and in the folders below it.
fn read(folder: &Path) -> Files {
    fn walk(root: &Path, folder: &Path, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    walk(folder, folder, &mut files);
    // The bundle of the checkpoint before may still be there, for readers (K4): only the last one is compared.
    let is_bundle = |path: &str| path.starts_with("record/tile/") && !path.ends_with(".part");
    let bundles = files.keys().filter(|path| is_bundle(path)).cloned();
    let last = bundles.max_by_key(|path| (path.len(), path.clone()));
    files.retain(|path, _| !is_bundle(path) || Some(path) == last.as_ref());
    files
}

/// The files without the second names of message files: a call that was interrupted may leave them outside the record.
fn without_second_names(files: &Files) -> Files {
    let is_second = |name: &str, bytes: &Vec<u8>| {
        let is_message = bytes.starts_with(b"ballotta/v1-draft.5/") && !name.starts_with("record/");
        is_message && name.strip_suffix(".part").is_some_and(|file| files.get(file) == Some(bytes))
    };
    let mut rest = files.clone();
    rest.retain(|name, bytes| !is_second(name, bytes));
    rest
}

fn write(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A new folder with these files.
fn folder_with(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// Interrupts a call at an operation, and repeats it. Returns false if the call has fewer operations.
fn interrupt(call: &Call, kind: &str, operation: usize) -> bool {
    let folder = folder_with(&call.before);
    let what = format!("{} with {kind}:{operation}", call.line);
    let ran = run(folder.path(), &call.line, Some(&format!("{kind}:{operation}")));
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!error.contains("panicked"), "{what}\n{error}");
    if !error.contains("injected: ") {
        assert!(ran.status.success(), "{what}\n{}", shown(&ran));
        return false;
    }
    // A disk that is full is not a refusal: the code is 2, or 0 if the operation only tidied up. A publication that could
    // not tidy up says that something in the record is wrong.
    if kind != "abort" {
        let is_untidy =
            error.contains("the result is published, but something in the record is wrong: record.files: tile/");
        assert!(matches!(ran.status.code(), Some(0 | 2)) || is_untidy, "{what}\n{}", shown(&ran));
        assert!(!error.contains("nothing to do"), "{what}\n{error}");
    }
    let again = run(folder.path(), &call.line, None);
    let repeated = shown(&again);
    // What was finished before the interruption is named as such.
    let finished = ["already", "not a cosignature of a further witness", "issued only once"];
    assert!(again.status.success() || finished.iter().any(|text| repeated.contains(text)), "{what}\n{repeated}");
    if call.line.starts_with("board add") {
        check_index(folder.path(), &what);
    }
    let mut after = without_second_names(&read(folder.path()));
    let mut expected = call.after.clone();
    for files in [&mut after, &mut expected] {
        // It has a random key, and `check_index` has looked at it.
        files.remove(INDEX);
    }
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&expected), "{what}\n{repeated}");
    if call.line.starts_with("credentials issue") {
        let (source, rng) = (FolderRecord::new(&folder.path().join("record")), &mut UnwrapErr(SysRng));
        let election = Election::read(&source, rng).unwrap();
        for code in codes(folder.path()) {
            assert!(election.voter(&source, &code.parse().unwrap()).is_ok(), "{what}: the roll lacks a code");
        }
    }
    if call.line.starts_with("credentials replace") {
        let codes = fs::read_to_string(folder.path().join("new-codes")).unwrap();
        let number = codes.lines().last().unwrap().split(',').nth(2).unwrap().to_owned();
        let change = ok(folder.path(), "inspect change");
        assert!(change.contains(&number), "{what}: the change is not of the code\n{change}");
    }
    if call.line.starts_with("credentials approve") && call.line.contains("--codes") {
        offices::check_draft(folder.path(), &what);
    }
    for (name, expected) in &expected {
        let found = after.remove(name).unwrap();
        let is_changed = call.before.get(name) != Some(expected);
        if call.is_deterministic || !is_changed {
            assert!(found == *expected, "{what}: {name} differs\n{repeated}");
        } else {
            assert_eq!(found.len(), expected.len(), "{what}: {name}\n{repeated}");
        }
    }
    true
}

/// Calls a function for each number from 1 on until it returns false, on two threads. Returns the number.
fn all(each: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, end) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= end.load(Ordering::SeqCst) {
                        break;
                    }
                    if !each(number) {
                        end.fetch_min(number, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    end.into_inner() - 1
}

/// A code is replaced while the voting is open: nothing is lost, and a code has its name only if a change names it.
#[test]
fn a_change_of_the_roll_that_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut calls = prepare(folder, " --roll-changes 2");
    let opening = calls.iter().position(|(line, _)| line.ends_with(" opening") && line.starts_with("board")).unwrap();
    calls.truncate(opening + 1);
    for (line, _) in &calls {
        ok(folder, &complete(folder, line));
    }
    for line in [
        "credentials replace record --key authority.key --voter LOST --codes new-codes --out change",
        "board add record --board-key board.key change",
    ] {
        let line = complete(folder, line);
        let before = read(folder);
        ok(folder, &line);
        let call = Call { is_deterministic: line.starts_with("board"), line, before, after: read(folder) };
        for kind in ["abort", "fail", "full"] {
            let found = all(|operation| interrupt(&call, kind, operation));
            assert!(found > 0, "{} writes nothing", call.line);
        }
    }
    ok(folder, "verify record --stage voting");
}

/// Whether the slow tests run as well.
fn is_full() -> bool {
    std::env::var_os("BALLOTTA_FULL").is_some()
}

/// Each call of the election is interrupted at each of its operations, and repeated once. Then everything must be as if
/// nothing had happened.
#[test]
fn every_operation_of_every_call_may_be_the_last() {
    let kinds: &[&str] = if is_full() { &["abort", "fail", "full"] } else { &["abort", "fail"] };
    let mut operations = 0;
    for call in election() {
        for kind in kinds {
            let found = all(|operation| interrupt(call, kind, operation));
            assert!(found > 0, "{} writes nothing", call.line);
            operations += found;
        }
    }
    println!("{operations} operations were interrupted");
}

/// One election goes on from one interruption to the next, in every call, and its record must hold.
#[test]
fn an_election_that_is_interrupted_all_the_time_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let kinds: &[&str] = if is_full() { &["abort", "fail", "full"] } else { &["abort"] };
    for (line, _) in prepare(folder, "") {
        let line = complete(folder, &line);
        for kind in kinds {
            for operation in 1.. {
                let ran = run(folder, &line, Some(&format!("{kind}:{operation}")));
                let error = shown(&ran);
                assert!(!error.contains("panicked"), "{line}: {error}");
                if !error.contains("injected: ") {
                    assert!(ran.status.success() || error.contains("already") || error.contains("further"), "{error}");
                    break;
                }
            }
        }
    }
    let shown = ok(folder, "verify record");
    assert!(shown.contains("Yes") && shown.contains("100.00 %"), "{shown}");
    let left: Vec<_> = without_second_names(&read(folder)).into_keys().filter(|name| name.ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The call whose line contains a text.
fn call(text: &str) -> &'static Call {
    election().iter().find(|call| call.line.contains(text)).unwrap()
}

/// An election that closes by witnesses cannot go on without the closing checkpoint.
#[test]
fn k2_a_closing_without_its_checkpoint_is_completed() {
    let closing = call("board.key closing");
    let mut files = closing.after.clone();
    let checkpoint = files.remove("record/closing-checkpoint").unwrap();
    let folder = folder_with(&files);
    // The same call is no refusal, and any other call of the board does it as well.
    assert!(ok(folder.path(), &closing.line).starts_with("closing: on the board already, as entry "));
    assert_eq!(fs::read(folder.path().join("record/closing-checkpoint")).unwrap(), checkpoint);
    assert!(ok(folder.path(), &closing.line).starts_with("closing: on the board already, as entry "));
    let folder = folder_with(&files);
    ok(folder.path(), &closing.line.replace("key closing", "key opening"));
    assert_eq!(fs::read(folder.path().join("record/closing-checkpoint")).unwrap(), checkpoint);
    // Another closing than the one on the board is refused.
    let folder = folder_with(&files);
    ok(folder_with(&closing.before).path(), "inspect closing");
    let other = folder_with(&closing.before);
    ok(other.path(), "organiser close record --key organiser.key --out other");
    fs::copy(other.path().join("other"), folder.path().join("other")).unwrap();
    let ran = run(folder.path(), &closing.line.replace("key closing", "key other"), None);
    assert!(shown(&ran).contains("other: refused: the voting is closed already"), "{}", shown(&ran));
    // After later entries, the checkpoint is still that of the closing.
    let mut later = call("board.key statement1").after.clone();
    later.remove("record/closing-checkpoint");
    let folder = folder_with(&later);
    ok(folder.path(), &format!("{} {}", "board add record --board-key board.key", "cosignature"));
    let cosigned = fs::read(folder.path().join("record/closing-checkpoint")).unwrap();
    assert!(cosigned.starts_with(&checkpoint) && cosigned.len() > checkpoint.len());
}

/// A roll without its codes would end the election.
#[test]
fn k3_codes_that_have_no_name_yet_get_it() {
    let issue = call("credentials issue");
    let mut files = issue.after.clone();
    let codes = files.remove("codes").unwrap();
    files.insert("codes.part".into(), codes.clone());
    let folder = folder_with(&files);
    let fingerprint = ok(folder.path(), &issue.line);
    assert_eq!((&fingerprint[..2], read(folder.path())), ("F-", issue.after.clone()));
    // Codes of another roll are not given out.
    let text =
        String::from_utf8(codes).unwrap().replace("\n1,", "\n3,").replace("\n2,", "\n1,").replace("\n3,", "\n2,");
    let lines: Vec<&str> = text.lines().collect();
    let torn = format!("{}\n{}\n", lines[0], lines[1]);
    for other in [torn, text.replace(",all,", ",none,"), String::new()] {
        files.insert("codes.part".into(), other.into_bytes());
        let folder = folder_with(&files);
        let ran = run(folder.path(), &issue.line, None);
        assert!(ran.status.code() == Some(1) && shown(&ran).contains("issued only once"), "{}", shown(&ran));
        assert!(!folder.path().join("codes").exists());
    }
}

/// Something else in the folder of the record is a file too many, and the publication says so.
#[test]
fn k5_a_publication_verifies_the_record_and_says_what_is_wrong() {
    let publish = call("result publish");
    let folder = folder_with(&publish.before);
    fs::write(folder.path().join("record/notes"), "left by somebody").unwrap();
    let ran = run(folder.path(), &publish.line, None);
    let shown = shown(&ran);
    assert_eq!(ran.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("the result is published, but something in the record is wrong: record.files: notes: "),
        "{shown}"
    );
}

/// Whatever path leads to a key, the key has one state.
#[test]
fn k6_a_link_to_a_key_leads_to_its_state() {
    let sign = call("sign-closing record --key seed1");
    let folder = folder_with(&sign.after);
    let folder = folder.path();
    fs::create_dir(folder.join("elsewhere")).unwrap();
    for key in ["seed1.age", "witness.key"] {
        std::os::unix::fs::symlink(folder.join(key), folder.join("elsewhere").join(key)).unwrap();
    }
    let through_the_link = |line: &str| line.replace("--key ", "--key elsewhere/");
    let repeated = through_the_link(&sign.line).replace("--out statement1", "--out again");
    ok(folder, &repeated);
    assert_eq!(fs::read(folder.join("again")).unwrap(), fs::read(folder.join("statement1")).unwrap());
    ok(folder, &through_the_link("witness cosign record --key witness.key --out second"));
    assert_eq!(fs::read_dir(folder.join("elsewhere")).unwrap().count(), 2);
    // A state that an older version put next to the link is not passed over.
    fs::rename(folder.join("seed1.age.state"), folder.join("elsewhere/seed1.age.state")).unwrap();
    let ran = run(folder, &repeated.replace("again", "third"), None);
    assert!(ran.status.code() == Some(1) && shown(&ran).contains("is next to the link"), "{}", shown(&ran));
    assert!(!folder.join("third").exists() && !folder.join("seed1.age.state").exists());
}

/// A ballot is cast or opened, not both, whatever path leads to it.
#[test]
fn k6_a_link_to_a_prepared_ballot_is_that_ballot() {
    let cast = call("voter cast ballot1");
    let folder = folder_with(&cast.before);
    let folder = folder.path();
    fs::create_dir(folder.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../ballot1", folder.join("elsewhere/link")).unwrap();
    std::os::unix::fs::symlink("circle", folder.join("circle")).unwrap();
    ok(folder, &cast.line.replace("cast ballot1", "cast elsewhere/link"));
    for name in ["ballot1", "elsewhere/link"] {
        let ran = run(folder, &format!("voter open {name} --record record --out both"), None);
        assert!(ran.status.code() == Some(1) && shown(&ran).contains("was cast already"), "{}", shown(&ran));
    }
    assert!(folder.join("ballot1.cast").exists() && !folder.join("ballot1").exists());
    let ran = run(folder, "voter open circle --record record --out both", None);
    assert!(ran.status.code() == Some(2) && shown(&ran).contains("leads to itself"), "{}", shown(&ran));
}

/// What is said to people never decides: nobody reads the standard error, and the files are added all the same.
#[test]
fn k7_a_standard_error_that_nobody_reads_stops_nothing() {
    for text in ["board.key closing", "credentials issue", "sign-closing record --key seed1", "result publish"] {
        let call = call(text);
        let folder = folder_with(&call.before);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
        command.args(call.line.split_whitespace()).current_dir(folder.path()).stdin(Stdio::null()).stderr(writer);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}\n{}", call.line, shown(&ran));
        assert!(read(folder.path()).keys().eq(call.after.keys()), "{}", call.line);
        // An answer that nobody reads is an error, and what was written stays.
        let folder = folder_with(&call.before);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
        command.args(call.line.split_whitespace()).current_dir(folder.path()).stdin(Stdio::null()).stdout(writer);
        assert_eq!(command.output().unwrap().status.code(), Some(2), "{}", call.line);
        assert!(read(folder.path()).keys().eq(call.after.keys()), "{}", call.line);
        // Also after an error: the code is that of the error.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
        command.args(["verify", "nothing"]).current_dir(folder.path()).stderr(writer);
        assert_eq!(command.status().unwrap().code(), Some(2));
    }
}
