//! An index, files for light clients and a state of the board that are not as they should be.

use std::fs;
use std::path::Path;

use ballotta::admission::BoardEntries as _;
use ballotta::board::board_signer;
use ballotta::record::read_manifest;
use ballotta_io::{BoardFolder, FolderRecord};

use super::{Call, INDEX, call, check_index, folder_with, ok, run, shown};

/// The checkpoint that the board has signed last.
const HEAD: &str = "record.index.head";
const ADD: &str = "board add record --board-key board.key";

/// After the first ballot was added.
fn one_ballot() -> tempfile::TempDir {
    let folder = folder_with(&call("signed1 signed2").before);
    ok(folder.path(), &format!("{ADD} signed1"));
    folder
}

/// The board has the first ballot already, adds the second, and has an index again.
fn goes_on(folder: &Path, what: &str) {
    let ran = run(folder, &format!("{ADD} signed1 signed2"), None);
    let text = shown(&ran);
    assert!(ran.status.success() && text.contains("signed1: on the board already, as entry 10"), "{what}: {text}");
    assert!(text.contains("signed2: entry 11"), "{what}: {text}");
    check_index(folder, what);
    let verified = run(folder, "verify record --stage voting --strict", None);
    assert!(verified.status.success(), "{what}: {}", shown(&verified));
}

/// An index that is missing, damaged anywhere, or about something else is made again, and decides nothing.
#[test]
fn l2_a_wrong_index_is_made_again() {
    let folder = one_ballot();
    let index = fs::read(folder.path().join(INDEX)).unwrap();
    goes_on(folder.path(), "as it is");
    let with = |index: &[u8], what: &str| {
        let folder = one_ballot();
        fs::write(folder.path().join(INDEX), index).unwrap();
        goes_on(folder.path(), what);
    };
    with(b"", "empty");
    with(b"no index", "something else");
    with(&index[..index.len() / 2], "the first half");
    let none = one_ballot();
    fs::remove_file(none.path().join(INDEX)).unwrap();
    goes_on(none.path(), "missing");
    let older = call("signed1 signed2").before[INDEX].clone();
    with(&older, "behind");
    // Bytes of the file, over all its parts.
    for place in (0..index.len()).step_by(index.len() / 40).chain([9, 12, 64, 200]) {
        let mut damaged = index.clone();
        let end = damaged.len().min(place + 700);
        damaged[place..end].iter_mut().for_each(|byte| *byte ^= 0x5a);
        with(&damaged, &format!("with other bytes from {place} on"));
    }
}

/// The index of another board of the same manifest says that the board has two histories.
#[test]
fn l2_an_index_of_another_history_stops_the_board() {
    let folder = folder_with(&call("signed1 signed2").before);
    ok(folder.path(), &format!("{ADD} signed2"));
    let other = fs::read(folder.path().join(HEAD)).unwrap();
    let folder = one_ballot();
    let of_this = fs::read(folder.path().join(HEAD)).unwrap();
    fs::write(folder.path().join(HEAD), &other).unwrap();
    refused(folder.path(), "was bound to others");
    fs::write(folder.path().join(HEAD), of_this).unwrap();
    goes_on(folder.path(), "of another history");
    // The board has grown, and does not continue it.
    fs::write(folder.path().join(HEAD), &other).unwrap();
    refused(folder.path(), "was bound to others");
    // A file that says nothing is a warning.
    fs::write(folder.path().join(HEAD), "nothing").unwrap();
    let ran = run(folder.path(), &format!("{ADD} signed2"), None);
    let text = shown(&ran);
    assert!(ran.status.success() && text.contains("record.index.head has no checkpoint of this board"), "{text}");
}

/// A record that was restored from an old copy is not continued: its board would have two histories.
#[test]
fn l2_an_old_copy_of_the_record_is_not_continued() {
    let folder = one_ballot();
    goes_on(folder.path(), "as it is");
    let later = [INDEX, HEAD].map(|file| fs::read(folder.path().join(file)).unwrap());
    let folder = one_ballot();
    [INDEX, HEAD].iter().zip(later).for_each(|(file, bytes)| fs::write(folder.path().join(file), bytes).unwrap());
    refused(folder.path(), "was bound to 12 entries");
    // An index that is damaged, missing, or not opened any more does not change this.
    fs::write(folder.path().join("record.index.open"), "..").unwrap();
    refused(folder.path(), "was bound to 12 entries");
    fs::write(folder.path().join(INDEX), "no index").unwrap();
    refused(folder.path(), "was bound to 12 entries");
    fs::remove_file(folder.path().join(INDEX)).unwrap();
    refused(folder.path(), "was bound to 12 entries");
    // The operator knows that nobody has seen the later entries.
    fs::remove_file(folder.path().join(HEAD)).unwrap();
    goes_on(folder.path(), "without the head");
}

/// The board adds nothing to the record. (A database that is opened is written, also if nothing in it changes.)
fn refused(folder: &Path, says: &str) {
    let kept = fs::read_to_string(folder.join("record/checkpoint")).unwrap();
    let ran = run(folder, &format!("{ADD} signed2"), None);
    let text = shown(&ran);
    assert!(ran.status.code() == Some(1) && text.contains(says), "{text}");
    assert_eq!(fs::read_to_string(folder.join("record/checkpoint")).unwrap(), kept);
}

/// Files for light clients that are missing, cut or wrong are written again, and refuse nobody.
#[test]
fn l2_wrong_files_for_light_clients_are_written_again() {
    for (path, change) in [
        ("light/election", None),
        ("light/lengths", None),
        ("light/heads", None),
        ("light/places", None),
        ("light/roll/tile/0/000.p/1", None),
        ("light/lengths", Some(3)),
        ("light/heads", Some(3)),
        ("light/places", Some(0)),
        ("light/election", Some(40)),
        ("light/roll/tile/0/000.p/1", Some(1)),
    ] {
        let what = format!("{path} {change:?}");
        let folder = one_ballot();
        let file = folder.path().join("record").join(path);
        match change {
            None => fs::remove_file(&file).unwrap(),
            Some(length) => {
                let mut bytes = fs::read(&file).unwrap();
                bytes.truncate(length);
                bytes.resize(length + 16, 0xff);
                fs::write(&file, bytes).unwrap();
            }
        }
        goes_on(folder.path(), &what);
        let kept = super::read(folder.path());
        ok(folder.path(), "board light record");
        assert!(kept == super::read(folder.path()), "{what}");
    }
}

/// An entry of the board that somebody has changed is found when a rule compares it, and is never signed again.
#[test]
fn l2_a_changed_entry_is_not_compared() {
    let folder = one_ballot();
    let bundle = folder.path().join("record/tile/entries/000.p/11");
    let mut bytes = fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let ran = run(folder.path(), &format!("{ADD} signed2"), None);
    assert!(ran.status.code() == Some(1) && shown(&ran).contains("but the board signed"), "{}", shown(&ran));
}

/// A ballot that the box of the board would not have admitted is void and named. It stops neither the ballots after it, nor the
/// files for light clients, nor the closing and the decryption.
#[test]
fn l5_a_void_ballot_stops_nobody() {
    let folder = one_ballot();
    let record = folder.path().join("record");
    let key = fs::read_to_string(folder.path().join("board.key")).unwrap();
    let digits: Vec<u8> = key.lines().nth(1).unwrap().bytes().collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let seed: Vec<u8> = digits.chunks(2).map(byte).collect();
    let source = FolderRecord::new(&record);
    let signer = board_signer(&read_manifest(&source).unwrap(), seed.as_slice().try_into().unwrap()).unwrap();
    let mut board = BoardFolder::open(BoardFolder::lock(&record).unwrap(), signer.key()).unwrap();
    let repeated = board.entry(10).unwrap();
    assert_eq!(board.append(repeated).unwrap(), 11);
    board.commit(&signer).unwrap();
    drop(board);

    let void = "warning: the ballot in entry 11 of the board breaks a rule, and does not count: the same ballot is already on the \
                board, as entry 10";
    let added = run(folder.path(), &format!("{ADD} signed2"), None);
    let text = shown(&added);
    assert!(added.status.success() && text.contains(void) && text.contains("signed2: entry 12"), "{text}");
    check_index(folder.path(), "with a void ballot");
    let light = run(folder.path(), "board light record", None);
    assert!(light.status.success() && shown(&light).contains(void), "{}", shown(&light));
    let sign = |verb: &str| format!("trustee {verb}1 --passphrase-file passphrase");
    ok(folder.path(), "organiser close record --key organiser.key --out closing");
    for (call, file) in [
        (String::new(), "closing"),
        ("witness cosign record --key witness.key --out cosignature".to_owned(), "cosignature"),
        (sign("sign-closing record --key seed1.age --out statement"), "statement1"),
        (sign("decrypt record --key seed1.age --out decryption"), "decryption1"),
    ] {
        if !call.is_empty() {
            ok(folder.path(), &call);
        }
        ok(folder.path(), &format!("{ADD} {file}"));
    }
    ok(folder.path(), "trustee sign-closing record --key seed2.age --passphrase-file passphrase --out statement2");
    ok(folder.path(), "trustee decrypt record --key seed2.age --passphrase-file passphrase --out decryption2");
    ok(folder.path(), &format!("{ADD} decryption2"));
    ok(folder.path(), "result publish record --board-key board.key");
    let verified = run(folder.path(), "verify record", None);
    let text = shown(&verified);
    assert!(verified.status.success() && text.contains("entry 11"), "{text}");
    // The result names those who have confirmed it, so nothing is added after it.
    let late = run(folder.path(), &format!("{ADD} statement2"), None);
    let text = shown(&late);
    assert!(late.status.code() == Some(1) && text.contains("the result is published: nothing can be added"), "{text}");
}

/// The file of an index that ends the process is not opened for ever.
#[test]
fn l2_an_index_that_ends_processes_is_made_again() {
    let folder = one_ballot();
    fs::write(folder.path().join("record.index.open"), "..").unwrap();
    // It stays open here, so that no new file has its number.
    let old = fs::File::open(folder.path().join(INDEX)).unwrap();
    goes_on(folder.path(), "after two processes that ended");
    assert!(!folder.path().join("record.index.open").exists());
    let number = |metadata: fs::Metadata| std::os::unix::fs::MetadataExt::ino(&metadata);
    assert_ne!(number(fs::metadata(folder.path().join(INDEX)).unwrap()), number(old.metadata().unwrap()));
}

/// A file that only a link names belongs to somebody else.
#[test]
fn l2_nothing_is_written_through_a_link() {
    let folder = one_ballot();
    let heads = folder.path().join("record/light/heads");
    fs::rename(&heads, folder.path().join("outside")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("outside"), &heads).unwrap();
    let before = fs::read(folder.path().join("outside")).unwrap();
    goes_on(folder.path(), "with a link");
    assert_eq!(fs::read(folder.path().join("outside")).unwrap(), before);
    assert!(fs::symlink_metadata(&heads).unwrap().is_file());
}

/// What a crash left is removed only when it is known that no entry points to it.
#[test]
fn l2_a_replay_that_stops_removes_nothing() {
    let add = call("decryption1 decryption2");
    let folder = folder_with(&add.after);
    // An index of the open board, from before the closing.
    fs::write(folder.path().join(INDEX), &call("board.key closing").before[INDEX]).unwrap();
    let ran = run(folder.path(), &format!("{ADD} decryption1"), None);
    assert!(shown(&ran).contains("on the board already"), "{}", shown(&ran));
    let verified = run(folder.path(), "verify record --stage closed", None);
    assert!(verified.status.success(), "{}", shown(&verified));
    let decryptions = |files: &super::Files| files.keys().filter(|path| path.starts_with("record/decryption/")).count();
    assert_eq!(decryptions(&super::read(folder.path())), decryptions(&add.after));
}

/// One key begins one log of an origin: another manifest with the same election id is refused, and one with another id, or the
/// same manifest, is not.
#[test]
fn l8_a_board_begins_one_log_of_an_origin() {
    let new: &Call = call("record new");
    let folder = folder_with(&new.after);
    let folder = folder.path();
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let changed = |from: &str, to: &str, name: &str| {
        let other = manifest.replace(from, to);
        assert_ne!(other, manifest);
        fs::write(folder.join(name), other).unwrap();
    };
    changed("\"Yes\"", "\"Yea\"", "renamed.json");
    let begin = |name: &str, record: &str| {
        run(folder, &format!("record new --manifest {name} --board-key board.key {record}"), None)
    };
    let refused = begin("renamed.json", "other");
    let text = shown(&refused);
    assert_eq!(refused.status.code(), Some(1), "{text}");
    let problem = "for the manifest ";
    assert!(text.contains("this board has begun the log board.example/") && text.contains(problem), "{text}");
    assert!(text.contains("remedy: make a new manifest, which has another election id"), "{text}");
    assert!(!folder.join("other").exists(), "nothing is written");
    // A second record of the same manifest is refused, unless an interrupted call has begun it in this folder.
    let again = begin("manifest.json", "again");
    let problem = "this board has begun the log of this manifest already: a second record of it would be a fork";
    assert!(again.status.code() == Some(1) && shown(&again).contains(problem), "{}", shown(&again));
    assert!(!folder.join("again").exists(), "nothing is written");
    fs::create_dir(folder.join("begun")).unwrap();
    fs::copy(folder.join("manifest.json"), folder.join("begun/manifest.json")).unwrap();
    assert!(begin("manifest.json", "begun").status.success());
    // Another election is another log.
    let id = manifest.split("\"election_id\"").nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    changed(&id, &"0123456789abcdef".repeat(4), "another.json");
    let another = begin("another.json", "another");
    assert!(another.status.success(), "{}", shown(&another));
    // A board whose state is lost notes the log again, before it signs anything.
    fs::remove_file(folder.join("board.key.state")).unwrap();
    assert_eq!(run(folder, &format!("{ADD} manifest.json"), None).status.code(), Some(1));
    assert!(folder.join("board.key.state").exists());
    assert_eq!(begin("renamed.json", "third").status.code(), Some(1));
    // A state that is damaged, or that of another key, is not passed over.
    let state = fs::read_to_string(folder.join("board.key.state")).unwrap();
    fs::write(folder.join("board.key.state"), &state[1..]).unwrap();
    let damaged = begin("another.json", "fourth");
    assert!(shown(&damaged).contains("the state of the board is damaged"), "{}", shown(&damaged));
    fs::copy(folder.join("witness.key"), folder.join("kept")).unwrap();
    let key = state.split("\"key\": \"").nth(1).unwrap()[..64].to_owned();
    fs::write(folder.join("board.key.state"), state.replace(&key, &"0".repeat(64))).unwrap();
    let strange = begin("another.json", "fifth");
    assert!(shown(&strange).contains("the state belongs to another key: 00"), "{}", shown(&strange));
}
