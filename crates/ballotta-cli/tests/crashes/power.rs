//! A loss of power at every operation, and processes that are killed at any moment.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::bundle_paths;
use ballotta::board::verified_head;
use ballotta::hash::TreeHash;
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::rand_core::{Rng as _, UnwrapErr};
use ballotta::record::{Bundle, TiledLog, read_head, read_manifest};
use ballotta_io::FolderRecord;
use getrandom::SysRng;

use super::{Call, all, call, check_index, election, folder_with, is_full, ok, read, run, shown};

/// The leaf hashes of a record's board, after its head was compared with the one that the board has signed. So there is no
/// checkpoint without its entries.
pub(crate) fn leaves(folder: &Path, what: &str) -> (Vec<TreeHash>, TreeHead) {
    let record = FolderRecord::new(&folder.join("record"));
    let head = read_head(&record, &read_manifest(&record).unwrap()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut leaves = Vec::new();
    for tile in bundle_paths(head.size) {
        let bundle = Bundle::read(&record, tile).unwrap_or_else(|error| panic!("{what}: {error}"));
        leaves.extend(bundle.entries().unwrap().map(|(_, entry)| leaf_hash(entry)));
    }
    assert_eq!(leaves.iter().copied().collect::<Frontier>().head(), head, "{what}");
    (leaves, head)
}

/// The receipts in a folder: of each, the position of its entry and the entry's hash.
fn receipts(folder: &Path) -> Vec<(u64, TreeHash)> {
    let Ok(files) = fs::read_dir(folder.join("receipts")) else { return Vec::new() };
    let files =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "receipt"));
    let read = files.map(|path| SignedReceipt::parse(&fs::read(path).unwrap()).unwrap());
    read.map(|receipt| (receipt.unverified().index(), *receipt.unverified().leaf())).collect()
}

/// Every receipt is kept by the board, and the board continues what it was before.
fn check_history(folder: &Path, before: &[TreeHash], what: &str) -> TreeHead {
    let (leaves, head) = leaves(folder, what);
    assert!(leaves.starts_with(before), "{what}: the board has another history");
    for (index, leaf) in receipts(folder) {
        assert_eq!(leaves.get(index as usize), Some(&leaf), "{what}: a receipt is broken");
    }
    head
}

/// The power fails before an operation of a call that writes to the board; what nobody has waited for is lost. Then another
/// call goes on. Returns false if the call has fewer operations.
fn lose_power(call: &Call, next: &str, kind: &str, operation: usize) -> bool {
    let folder = folder_with(&call.before);
    let folder = folder.path();
    let line = call.line.replace("board add", "board add --receipts receipts");
    let what = format!("{line} with {kind}:{operation}");
    let before = if call.line.starts_with("board add") { leaves(folder, &what).0 } else { Vec::new() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
    command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    command.env("BALLOTTA_FAULT", format!("{kind}:{operation}")).env("BALLOTTA_SEEN", "record/checkpoint:seen");
    let ran = command.output().unwrap();
    let text = shown(&ran);
    assert!(!text.contains("panicked"), "{what}\n{text}");
    if !text.contains("injected: ") {
        assert!(ran.status.success(), "{what}\n{text}");
        return false;
    }
    if !call.line.starts_with("board add") {
        let again = run(folder, &call.line, None);
        let repeated = shown(&again);
        assert!(again.status.success() || repeated.contains("already"), "{what}\n{repeated}");
        check_history(folder, &before, &what);
        return true;
    }
    check_history(folder, &before, &what);
    // The board goes on with other entries first. It still continues the checkpoint that readers have seen.
    let again = run(folder, &next.replace("board add", "board add --receipts receipts"), None);
    let repeated = shown(&again);
    assert!(again.status.success() || repeated.contains("already"), "{what}\n{repeated}");
    let head = check_history(folder, &before, &what);
    check_index(folder, &what);
    let record = FolderRecord::new(&folder.join("record"));
    let seen = verified_head(&read_manifest(&record).unwrap(), &fs::read(folder.join("seen")).unwrap()).unwrap();
    let proof = TiledLog::new(&record, head).consistency(&seen);
    assert!(proof.is_ok(), "{what}: a fork: {proof:?}");
    let kept = read(folder);
    if kept.contains_key("record/light/heads") {
        // The files for light clients are what they are when all are made again.
        ok(folder, "board light record");
        assert!(kept == read(folder), "{what}: files for light clients differ");
    }
    true
}

/// After every operation of `board add` and of `record new`, the power may fail.
#[test]
fn l2_a_loss_of_power_loses_nothing_that_was_acknowledged() {
    let mut operations = 0;
    let writes = |call: &&Call| call.line.starts_with("board add") || call.line.starts_with("record new");
    for call in election().iter().filter(writes) {
        // Two ballots come in the other order after the power is back.
        let next = call.line.replace("signed1 signed2", "signed2 signed1");
        let has_all = is_full() || ["opening", "signed1", "closing"].iter().any(|file| call.line.contains(file));
        let kinds = ["power", "power-bytes", "power-names"];
        for kind in &kinds[..if has_all { 3 } else { 1 }] {
            let found = all(|operation| lose_power(call, &next, kind, operation));
            assert!(found > 0, "{} writes nothing", call.line);
            operations += found;
        }
    }
    println!("the power failed {operations} times");
}

/// A process that is killed at any moment leaves a board that goes on, and keeps every promise.
#[test]
fn l2_killed_at_random_moments() {
    let rounds = if is_full() { 100 } else { 10 };
    let add = call("signed1 signed2");
    // How long the call takes.
    let whole = folder_with(&add.before);
    let started = Instant::now();
    ok(whole.path(), &add.line);
    let whole = started.elapsed();
    for round in 0..rounds {
        let folder = folder_with(&add.before);
        let folder = folder.path();
        let before = leaves(folder, "before").0;
        for (files, part) in [("signed1", 0), ("signed2 signed1", 1)] {
            let moment = UnwrapErr(SysRng).next_u64() % (whole.as_micros() as u64 * 3 / 2);
            let what = format!("round {round}, part {part}, killed after {moment} us");
            let line = format!("board add record --board-key board.key --receipts receipts {files}");
            let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
            command.args(line.split_whitespace()).current_dir(folder).stdin(Stdio::null());
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_micros(moment));
            child.kill().unwrap();
            child.wait().unwrap();
            check_history(folder, &before, &what);
        }
        let line = "board add record --board-key board.key --receipts receipts signed1 signed2";
        let ran = run(folder, line, None);
        assert!(ran.status.success() || shown(&ran).contains("already"), "round {round}: {}", shown(&ran));
        check_history(folder, &before, &format!("round {round}"));
        check_index(folder, &format!("round {round}"));
        assert_eq!(receipts(folder).len(), 2, "round {round}");
        let closing = run(folder, "verify record --stage voting", None);
        assert!(closing.status.success(), "round {round}: {}", shown(&closing));
    }
}
