//! Records that somebody changed: if any byte differs, the record is not valid, and the report says where.
//!
//! The files change, but not the checkpoint that the board signed: only the board can sign another one.

use std::collections::BTreeSet;

use ballotta::record::{self, FileList, MemoryRecord};
use ballotta::verifier::{CheckId, Failure, Place, Verdict, Verification};
use ballotta_tests::election::{Choice, Election, ElectionOptions, counted, failures, verify_record};
use ballotta_tests::rng::TestRng;

/// The number of positions that are changed in a file with more bytes.
const SAMPLES: usize = 200;

/// A small record with every kind of file.
fn small() -> MemoryRecord {
    let options = ElectionOptions {
        voters: vec![(0, 1); 3],
        trustees: 1,
        threshold: 1,
        closing: ballotta::manifest::Closing::Witnesses,
        witnesses: (1, 1),
        ..ElectionOptions::default()
    };
    let election = Election::build(options);
    let mut board = election.open_board();
    for voter in 0..3 {
        board.vote(voter, &[Choice::Options(vec![voter % 2])]);
    }
    board.finish();
    board.expect_valid();
    board.record()
}

/// Whether a failure tells where to look when `path` was changed.
///
/// The report names the checkpoint, and every file whose hash is recorded. For an entry of the board it names the
/// bundle and, if all entries can be read, says that they do not have the signed root. Only the fingerprint covers
/// manifest and roll: the report names them if they break a rule, and otherwise everything that no longer agrees with
/// them.
fn points_to(failure: &Failure, path: &str) -> bool {
    let named = match &failure.place {
        Place::File(file) | Place::Entry { file, .. } => file == path,
        _ => false,
    };
    named
        || match path {
            record::MANIFEST => matches!(failure.check, CheckId::Roll | CheckId::Ceremony | CheckId::Checkpoint),
            // An older checkpoint of the same board has other bundles.
            record::CHECKPOINT => failure.check == CheckId::Entries,
            record::ROLL => matches!(failure.check, CheckId::Roll | CheckId::Fingerprint),
            _ => path.starts_with("tile/") && failure.check == CheckId::Root,
        }
}

/// Changes a file of the record, and checks that the record is not valid and that the report points to the file.
fn noticed(record: &MemoryRecord, path: &str, what: &str, change: impl FnOnce(&mut MemoryRecord)) -> Verification {
    noticed_in(record, &[path], what, change)
}

/// The same for a change of several files: the report points to one of them.
fn noticed_in(
    record: &MemoryRecord,
    paths: &[&str],
    what: &str,
    change: impl FnOnce(&mut MemoryRecord),
) -> Verification {
    let mut changed = record.clone();
    change(&mut changed);
    assert_ne!(changed, *record, "{paths:?}: {what} changes nothing");
    let verification = verify_record(&changed);
    let report = &verification.report;
    assert!(!report.holds(), "{paths:?}: {what} is not noticed");
    let pointed = report.failures.iter().any(|failure| paths.iter().any(|path| points_to(failure, path)));
    assert!(pointed, "{paths:?}: {what}\n{report}");
    verification
}

fn bytes_of<'a>(record: &'a mut MemoryRecord, path: &str) -> &'a mut Vec<u8> {
    record.files.get_mut(path).expect("a file")
}

/// Attack R4: one bit is changed in every byte.
#[test]
fn every_byte() {
    let record = small();
    let mut rng = TestRng(1);
    for (path, bytes) in &record.files {
        let positions: BTreeSet<usize> = if bytes.len() <= SAMPLES || std::env::var_os("BALLOTTA_FULL").is_some() {
            (0..bytes.len()).collect()
        } else {
            (0..SAMPLES).map(|_| rng.below(bytes.len())).collect()
        };
        for position in positions {
            let bit = 1 << rng.below(8);
            let what = format!("bit {bit} of byte {position}");
            noticed(&record, path, &what, |record| bytes_of(record, path)[position] ^= bit);
        }
    }
}

#[test]
fn files_that_are_shorter_longer_empty_or_missing() {
    let record = small();
    for (path, bytes) in &record.files {
        noticed(&record, path, "without its last byte", |record| bytes_of(record, path).truncate(bytes.len() - 1));
        noticed(&record, path, "without its first byte", |record| {
            bytes_of(record, path).remove(0);
        });
        for byte in [0, b'\n', b'x'] {
            noticed(&record, path, "with a byte more", |record| bytes_of(record, path).push(byte));
        }
        noticed(&record, path, "half of it", |record| {
            let half = bytes_of(record, path).len() / 2;
            bytes_of(record, path).truncate(half);
        });
        noticed(&record, path, "twice of it", |record| {
            let bytes = bytes_of(record, path).clone();
            bytes_of(record, path).extend(bytes);
        });
        noticed(&record, path, "nothing of it", |record| bytes_of(record, path).clear());
        let missing = noticed(&record, path, "missing", |record| drop(record.files.remove(path)));
        let named = failures(&missing)
            .iter()
            .any(|(_, place, problem)| *place == Place::File(path.clone()) && problem.contains("missing"));
        assert!(named, "{path}: {}", missing.report);
    }
}

/// Each file is replaced by each other file.
#[test]
fn files_that_are_exchanged() {
    let record = small();
    let paths: Vec<&String> = record.files.keys().collect();
    for (number, one) in paths.iter().enumerate() {
        for another in &paths[number + 1..] {
            let exchange = |record: &mut MemoryRecord| {
                let bytes = record.files[*one].clone();
                let other = record.files.insert((*another).clone(), bytes).expect("a file");
                record.files.insert((*one).clone(), other);
            };
            noticed_in(&record, &[one, another], "exchanged", exchange);
        }
    }
}

/// Files in the record that nobody published.
#[test]
fn files_that_do_not_belong_to_it() {
    let record = small();
    for path in ["notes.txt", "result/other.json", "ceremony/00", "tile/entries/001.p/1", "tile/0/000", "roll~", "Roll"]
    {
        let mut more = record.clone();
        more.files.insert(path.into(), b"more".to_vec());
        let verification = verify_record(&more);
        let problem = "the file is not part of the record".to_owned();
        assert_eq!(failures(&verification), [(CheckId::Files, Place::File(path.into()), problem)]);
        assert_eq!(verification.report.verdict, Some(Verdict::HoldsWithFindings));
    }
}

/// Each file is replaced by the same file of another election.
#[test]
fn files_of_another_election() {
    let record = small();
    let other = Election::build(ElectionOptions {
        voters: vec![(0, 1); 3],
        trustees: 1,
        threshold: 1,
        closing: ballotta::manifest::Closing::Witnesses,
        witnesses: (1, 1),
        seed: 2,
        ..ElectionOptions::default()
    });
    let other = other.run().record();
    for path in
        record.files.keys().filter(|path| other.files.get(*path).is_some_and(|file| *file != record.files[*path]))
    {
        noticed(&record, path, "of another election", |record| {
            record.files.insert(path.clone(), other.files[path].clone());
        });
    }
}

/// A bundle that changed without a new signature: two entries are exchanged, one appears twice, or one is missing.
#[test]
fn entries_without_a_signature() {
    let record = small();
    let (path, bytes) = record.files.iter().find(|(path, _)| path.starts_with("tile/")).unwrap();
    let width = path.rsplit('/').next().unwrap().parse().unwrap();
    let entries: Vec<Vec<u8>> =
        ballotta::board::tiles::decode_bundle(bytes, width).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    let encode = |entries: &[Vec<u8>]| ballotta::board::tiles::encode_bundle(entries).unwrap();
    for index in 0..entries.len() {
        let mut changed = entries.clone();
        if index > 0 {
            changed.swap(index - 1, index);
            let verification = noticed(&record, path, "exchanged entries", |record| {
                record.files.insert(path.clone(), encode(&changed));
            });
            assert_eq!(verification.report.failures_of(CheckId::Root).count(), 1);
        }
        let mut twice = entries.clone();
        twice.insert(index, entries[index].clone());
        twice.pop();
        if twice != entries {
            let verification = noticed(&record, path, "an entry twice", |record| {
                record.files.insert(path.clone(), encode(&twice));
            });
            assert_eq!(verification.report.failures_of(CheckId::Root).count(), 1);
        }
        let mut without = entries.clone();
        without.remove(index);
        let verification = noticed(&record, path, "without an entry", |record| {
            record.files.insert(path.clone(), encode(&without));
        });
        let named = |check, place: &Place| (check, place) == (CheckId::Entries, &Place::File(path.clone()));
        let found = failures(&verification);
        assert!(found.iter().any(|(check, place, _)| named(*check, place)), "{found:?}");
    }
}

/// A list of files that names a file that it must not name, or does not name a file that it must name.
#[test]
fn lists_of_files() {
    let election = Election::build(ElectionOptions { trustees: 1, threshold: 1, ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(ballotta::board::entry::Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, [1]);
    board.publish();
    board.entries.pop();
    let publish = |list: &FileList| {
        let mut board = board.clone();
        board.push_file(ballotta::board::entry::EntryKind::Publication, 0, list.to_string().as_bytes());
        board
    };
    let result = board.files[record::RESULT].clone();
    let mut list = FileList::default();
    list.add(record::README, b"something else");
    list.add(record::RESULT, &result);
    let problem = "the file is not the one that was published".to_owned();
    publish(&list).expect_failures(&[(CheckId::Files, Place::File(record::README.into()), problem)]);

    let mut list = FileList::default();
    list.add(record::RESULT, &result);
    let problem = "the file is not part of the record".to_owned();
    publish(&list).expect_failures(&[(CheckId::Files, Place::File(record::README.into()), problem)]);

    list.add(record::README, &board.files[record::README]);
    list.add("result/chart.svg", b"<svg/>");
    let missing = (CheckId::Files, Place::File("result/chart.svg".into()), "the file is missing".to_owned());
    publish(&list).expect_failures(&[missing]);

    // A list that cannot be read: everything else is still checked.
    let mut broken = board.clone();
    broken.push_file(ballotta::board::entry::EntryKind::Publication, 0, b"no list\n");
    let problem = "line 1 is not a hash, two spaces and a path, or the paths are not in ascending order".to_owned();
    broken.expect_failures(&[(CheckId::Files, Place::File(record::FILE_LIST.into()), problem)]);
    // A record without a publication is not complete.
    let verification = board.verify();
    assert!(!verification.report.holds() && counted(&verification) == Some(board.expected()));
}
