//! Checks of the verifier that the forgeries of ballots, statements and decryptions do not test: pinned values, the
//! largest board, and the authors that entries name.

use ballotta::board::entry::{Action, Entry, EntryKind, Pointer};
use ballotta::election::{ElectionContext, ElectionError};
use ballotta::hash::RollHash;
use ballotta::key_ceremony::JointKey;
use ballotta::limits::MAX_ENTRIES;
use ballotta::merkle::TreeHead;
use ballotta::record;
use ballotta::verifier::{CheckId, Place, Stage, Status, Verification, VerifyOptions, verify};
use ballotta_tests::election::{Board, Election, ElectionOptions, YES_OR_NO, failures, verify_record};
use ballotta_tests::rng::TestRng;

fn verify_with(board: &Board<'_>, options: &VerifyOptions) -> Verification {
    verify(&board.record(), options, &|_| (), &mut TestRng(2))
}

/// A pinned value is one item of its check.
#[test]
fn what_is_pinned_is_counted() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    board.everybody_votes();
    let seen = board.head();
    board.finish();
    let fingerprint = Some(*election.context.fingerprint());
    let checkpoints = vec![seen];
    for (pinned, other, options) in [
        (
            CheckId::PinnedFingerprint,
            CheckId::PinnedCheckpoint,
            VerifyOptions { fingerprint: fingerprint.map(Into::into), ..VerifyOptions::default() },
        ),
        (
            CheckId::PinnedCheckpoint,
            CheckId::PinnedFingerprint,
            VerifyOptions { checkpoints, ..VerifyOptions::default() },
        ),
    ] {
        let report = verify_with(&board, &options).report;
        let of = |check| {
            let found = report.checks.iter().find(|report| report.check == check).unwrap();
            (found.status, found.items, found.failures)
        };
        assert!(report.holds(), "{report}");
        assert_eq!((of(pinned), of(other)), ((Status::Passed, 1, 0), (Status::NotAsked, 0, 0)));
    }
}

/// A board can sign any size. A size above the limit is refused before entries are read and memory is allocated. With
/// the largest allowed size, the verifier reads, and finds that the first bundle is missing.
#[test]
fn a_board_of_too_many_entries() {
    let election = Election::build(ElectionOptions::default());
    let board = election.run();
    let signed = |size| {
        let mut record = board.record();
        let checkpoint = election.signer.sign_checkpoint(&TreeHead { size, ..board.head() });
        record.files.insert(record::CHECKPOINT.into(), checkpoint.to_string().into_bytes());
        failures(&verify_record(&record))
    };
    for size in [MAX_ENTRIES + 1, u64::MAX] {
        let problem = format!("{size} entries are more than the limit of {MAX_ENTRIES}");
        assert_eq!(signed(size), [(CheckId::Entries, Place::Record, problem)]);
    }
    let first = (CheckId::Entries, Place::File("tile/entries/000".into()), "the file is missing".to_owned());
    assert_eq!(signed(MAX_ENTRIES), [first]);
}

/// Entries that are not ballots are kept in memory, so their number is limited: for each party that signs them.
#[test]
fn m5_a_board_of_too_many_statements() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(Action::Close);
    let (_, stated, _) = board.clone().state();
    let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
    for _ in 0..64 {
        board.push(EntryKind::ClosingStatement, &stated[0].to_bytes());
    }
    assert_eq!(failures(&verify_with(&board, &options)), []);
    let index = board.push(EntryKind::ClosingStatement, &stated[0].to_bytes());
    board.push(EntryKind::ClosingStatement, &stated[1].to_bytes());
    let problem = "more entries of this kind than an election has".to_owned();
    let verification = verify_with(&board, &options);
    assert_eq!(failures(&verification), [(CheckId::Order, board.place(index), problem)]);
    let trustees: Vec<u16> = verification.statements.iter().map(|statement| statement.trustee()).collect();
    assert_eq!((trustees.len(), trustees.last()), (65, Some(&2)));
}

/// Fault M5: entries that nobody signed, and entries of another kind, do not take the place of those that an election
/// needs. Verifier and clients have the same limits.
#[test]
fn m5_junk_displaces_nothing() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.unopened_board();
    let mut signature = Entry::decode(board.entries.last().unwrap()).unwrap().body().to_vec();
    signature[2] ^= 1;
    let junk = Entry::new(EntryKind::RollSignature, &signature).unwrap().encode();
    let before = election.ceremony.len();
    board.entries.splice(before..before, vec![junk; 600]);
    // A ceremony of three trustees has twelve messages. There are no further ones.
    board.push_file(EntryKind::Ceremony, 1, b"junk");
    board.organise(Action::Open);
    board.everybody_votes();
    let client = ballotta::voter::Election::read(&board.record(), &mut TestRng(1));
    assert!(client.is_ok(), "{:?}", client.err());
    board.organise(Action::Close);
    let (_, stated, _) = board.clone().state();
    let mut statement = stated[0].to_bytes();
    statement[4] ^= 1;
    for _ in 0..4100 {
        board.push(EntryKind::ClosingStatement, &statement);
    }
    let pointer = Pointer::to_file(0, b"junk").unwrap().encode();
    for _ in 0..4096 {
        board.push(EntryKind::Publication, &pointer);
    }
    let closed = board.closed_tally();
    board.decrypt(&closed, 1..=election.options.threshold);
    let verification = verify_record(&board.record());
    let of = |check| {
        let found = verification.report.checks.iter().find(|report| report.check == check).unwrap();
        (found.items, found.failures)
    };
    assert_eq!(of(CheckId::RollSignature), (601, 600));
    assert_eq!(of(CheckId::Ceremony).1, 1);
    assert_eq!(of(CheckId::TallySums).1, 4100);
    assert_eq!(of(CheckId::Order).1, 0);
    assert!(verification.closed.is_some() && verification.totals.is_some(), "{}", verification.report);
}

/// Fault L3: styles with the same contests share one form. Each of them had a form and keys of its own.
#[test]
fn l3_equal_styles_share_one_form() {
    let styles: Vec<Vec<usize>> = (0..1024).map(|style| if style % 2 == 0 { vec![0, 1] } else { vec![1] }).collect();
    let contests = vec![(YES_OR_NO, 2), (YES_OR_NO, 3)];
    let voters = vec![(0, 1), (1022, 1), (1023, 1)];
    let election = Election::build(ElectionOptions { contests, styles, voters, ..ElectionOptions::default() });
    let mut forms: Vec<*const _> =
        (0..1024).map(|style| std::ptr::from_ref(election.context.style(style).unwrap())).collect();
    assert!(election.context.style(1024).is_none());
    forms.sort_unstable();
    forms.dedup();
    assert_eq!(forms.len(), 2);
    election.run().expect_valid();
}

/// If an entry names the wrong author of a message, the report blames the entry and not the named trustee, in each
/// step.
#[test]
fn a_message_of_the_ceremony_under_another_name() {
    let election = Election::build(ElectionOptions::default());
    let others = (0..election.ceremony.len()).map(|index| (index, 1 + election.ceremony[index].0 % 3));
    for (index, named) in others.chain([(0, 0), (0, 4)]) {
        let mut board = election.unopened_board();
        let (author, message) = &election.ceremony[index];
        let pointer = Pointer::to_file(named, message).unwrap();
        board.entries[index] = Entry::new(EntryKind::Ceremony, &pointer.encode()).unwrap().encode();
        board.organise(Action::Open);
        board.everybody_votes();
        board.finish();
        let problem = format!("the entry names the author {named}, but the file names trustee {author}");
        board.expect_failures(&[(CheckId::Ceremony, board.place(index as u64), problem)]);
    }
}

/// The order of an entry that cannot be read is not checked: there is one failure, not two.
#[test]
fn an_unreadable_entry_is_not_out_of_order() {
    let election = Election::build(ElectionOptions::default());
    for kind in [
        EntryKind::Ceremony,
        EntryKind::RollSignature,
        EntryKind::ClosingStatement,
        EntryKind::PartialDecryption,
        EntryKind::Publication,
    ] {
        let mut board = election.open_board();
        let index = board.push(kind, &[0]);
        board.everybody_votes();
        board.finish();
        let found = failures(&board.verify());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, &found[0].1), (CheckId::Entries, &board.place(index)), "{kind:?}");
    }
}

/// A list of files has its own limit, which is lower than the limit of other files. All verifiers must use the same
/// one.
#[test]
fn a_list_of_too_many_files() {
    let election = Election::build(ElectionOptions::default());
    let mut finished = election.run();
    let list = finished.files[record::FILE_LIST].clone();
    let publication = finished.entries.pop().unwrap();
    assert_eq!(Entry::decode(&publication).unwrap().kind(), EntryKind::Publication);
    // Lines of files that do not exist. The last line fills the list up to the limit.
    let line = |number: usize, length: usize| format!("{}  z{number:05}{}\n", "0".repeat(64), "z".repeat(length - 73));
    let fill = |length: usize| {
        let mut text = String::from_utf8(list.clone()).unwrap();
        let mut number = 0;
        while length - text.len() >= 400 {
            text += &line(number, 164);
            number += 1;
        }
        let rest = length - text.len();
        text += &line(number, rest);
        assert_eq!(text.len(), length);
        text
    };
    let publish = |length: usize| {
        let mut board = finished.clone();
        board.push_file(EntryKind::Publication, 0, fill(length).as_bytes());
        failures(&board.verify())
    };
    let too_long = "the file has 1048577 bytes, more than 1048576".to_owned();
    let file = Place::File(record::FILE_LIST.into());
    assert_eq!(publish(record::FileList::MAX_BYTES + 1), [(CheckId::Files, file, too_long)]);
    let found = publish(record::FileList::MAX_BYTES);
    assert!(
        found.len() == 1000 && found.iter().all(|(_, _, problem)| problem == "the file is missing"),
        "{:?}",
        found[0]
    );
}

/// A board can publish a picture of another result. The report says that such files were not checked.
#[test]
fn what_files_say_is_not_checked() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.run();
    let text = "the content of pictures, tables and texts for people: no check compares it with the result";
    let said = |board: &Board<'_>| board.expect_valid().report.not_checked.iter().filter(|said| *said == text).count();
    assert_eq!(said(&board), 1);
    board.entries.pop();
    board.files.remove(record::README);
    let mut list = record::FileList::default();
    list.add(record::RESULT, &board.files[record::RESULT]);
    board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
    assert_eq!(said(&board), 0);
}

/// A board can name any number of files. The verifier reads only as many ceremony messages as a ceremony can have.
#[test]
fn messages_of_a_ceremony_without_end() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.unopened_board();
    let indices: Vec<u64> =
        (0..3_u8).map(|number| board.push_file(EntryKind::Ceremony, 1, &[1, 2, 1, 1, 0, number])).collect();
    board.organise(Action::Open);
    board.everybody_votes();
    board.finish();
    assert_eq!(election.ceremony.len(), 4 * 3);
    let problem = "more files of this kind than an election has".to_owned();
    let expected: Vec<_> =
        indices.iter().map(|index| (CheckId::Ceremony, board.place(*index), problem.clone())).collect();
    board.expect_failures(&expected);
}

/// Two elections of one shape: the joint key of the one is refused with the manifest of the other.
#[test]
fn a_joint_key_is_for_one_manifest() {
    let [one, other] = [1, 2].map(|seed| Election::build(ElectionOptions { seed, ..ElectionOptions::default() }));
    let (manifest, roll) = (one.context.manifest(), RollHash::from_bytes([1; 32]));
    let error = |key: &JointKey| ElectionContext::new(manifest.clone(), key, &roll).err();
    assert_eq!(error(&one.joint_key), None);
    assert_eq!(error(&other.joint_key), Some(ElectionError::OtherManifest));
    let keys = one.joint_key.keys();
    let of_keys = |keys| ElectionContext::of_keys(manifest.clone(), one.joint_key.root(), keys, &roll);
    let error = ElectionError::WrongNumberOfKeys { expected: keys.len(), found: keys.len() - 1 };
    assert_eq!(of_keys(&keys[1..]).err(), Some(error));
    let known = ElectionContext::new(manifest.clone(), &one.joint_key, &roll).unwrap();
    assert_eq!(of_keys(keys).unwrap().fingerprint(), known.fingerprint());
}
