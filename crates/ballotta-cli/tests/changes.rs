//! `board add --json` of changes of the roll: the code of each refusal.

use std::fs;
use std::path::Path;
use std::process::Command;

use ballotta::board::entry::{Action, EntryKind};
use ballotta::credential::{ChangeReason, RollChange, RollChangeError};
use ballotta::encoding::DecodeError;
use ballotta::hash::Fingerprint;
use ballotta::manifest::RollChanges;
use ballotta::message::{Message, MessageKind};
use ballotta::record::{CHECKPOINT, MANIFEST};
use ballotta_io::BoardFolder;
use ballotta_testkit::election::{Board, Choice, Election, ElectionOptions};
use serde_json::Value;

/// Eight voters, of whom changes can add five more. Two authorities.
fn options() -> ElectionOptions {
    ElectionOptions {
        voters: (0..8).map(|voter| (0, 1 + voter % 2)).collect(),
        late: vec![(0, 1), (0, 1), (0, 2), (0, 2), (0, 2)],
        authorities: 2,
        trustees: 2,
        threshold: 1,
        roll_changes: Some(RollChanges { number: 4, weight: 5 }),
        ..ElectionOptions::default()
    }
}

/// Writes a board and its key to a folder.
fn write(board: &Board<'_>, folder: &Path) {
    let (election, files) = (board.election, board.record().files);
    let mut record = BoardFolder::create(&folder.join("record"), election.context.manifest().bytes()).unwrap();
    for (path, bytes) in &files {
        if path != MANIFEST && path != CHECKPOINT && !path.starts_with("tile/") {
            record.write_file(path, bytes).unwrap();
        }
    }
    for entry in &board.entries {
        record.append(entry.clone()).unwrap();
    }
    record.commit(&election.signer).unwrap();
    let key = format!("{}\n{}\n", ballotta::format_name!("note-key"), hex::encode(election.board_seed));
    fs::write(folder.join("board.key"), key).unwrap();
}

/// Checks that a board refuses a change, with the sentence and the code of the library.
#[track_caller]
fn refused(board: &Board<'_>, change: &[u8], code: &str, error: &RollChangeError) {
    assert_eq!(error.code(), code);
    refused_as(board, change, code, &error.to_string());
}

#[track_caller]
fn refused_as(board: &Board<'_>, change: &[u8], code: &str, error: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(board, folder.path());
    let file = Message::new(MessageKind::RollChange, change.to_vec()).to_text();
    fs::write(folder.path().join("change"), file).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_ballotta"))
        .args(["board", "add", "record", "--board-key", "board.key", "change", "--json"])
        .current_dir(folder.path())
        .env_remove("BALLOTTA_FAULT")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    let outcomes: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{said}"));
    let outcome = &outcomes[0];
    assert_eq!(outcome["code"], code, "{outcomes} {said}");
    let sentence = outcome["error"].as_str().unwrap().split("; remedy: ").next().unwrap();
    assert_eq!(sentence, error, "{outcomes}");
    assert_eq!((&outcome["entry"], ran.status.code()), (&Value::Null, Some(1)), "{outcomes}");
}

fn vote(board: &mut Board<'_>, voter: usize) -> u64 {
    board.vote(voter, &[Choice::Options(vec![1])])
}

/// The place of style and weight in the body of a change that adds a line.
const RIGHTS: usize = 32 + 4 + 1 + 32 + 1 + 32;

/// A change that revokes a credential has no line.
fn left(board: &mut Board<'_>, sequence: u32, voter: usize) -> RollChange {
    board.make_change(sequence, ChangeReason::Left, Some(voter), None)
}

fn late(board: &mut Board<'_>, sequence: u32, voter: usize) -> RollChange {
    board.make_change(sequence, ChangeReason::LateMember, None, Some(voter))
}

#[test]
fn changes_at_the_wrong_time() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let change = left(&mut open, 1, 0).encode();
    refused(&election.unopened_board(), &change, "not-open", &RollChangeError::NotOpen);
    let mut cut_off = open.clone();
    cut_off.organise(Action::CutOff);
    refused(&cut_off, &change, "after-cut-off", &RollChangeError::AfterCutOff);
    let mut closed = open.clone();
    closed.organise(Action::Close);
    refused(&closed, &change, "closed", &RollChangeError::Closed);
    let never = Election::build(ElectionOptions { roll_changes: None, late: Vec::new(), ..options() });
    let mut of_this = open.make_change(1, ChangeReason::Left, Some(0), None).encode();
    of_this[..32].copy_from_slice(never.context.fingerprint().as_bytes());
    refused(&never.open_board(), &of_this, "change-not-allowed", &RollChangeError::NotAllowed);
}

#[test]
fn changes_that_are_not_signed() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let own = left(&mut open, 1, 0).encode();
    let mut of_other = own.clone();
    of_other[..32].copy_from_slice(&[7; 32]);
    let found = Fingerprint::from_bytes([7; 32]);
    refused(&open, &of_other, "other-election", &RollChangeError::OtherElection { found });
    let alone = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut of_one = left(&mut alone.open_board(), 1, 0).encode();
    of_one[..32].copy_from_slice(election.context.fingerprint().as_bytes());
    let authorities = RollChangeError::Authorities { found: 1, expected: 2 };
    refused(&open, &of_one, "change-not-signed", &authorities);
    let mut unsigned = own;
    let reason = 32 + 4;
    unsigned[reason] = ChangeReason::Error as u8;
    refused(&open, &unsigned, "change-not-signed", &RollChangeError::Signature { authority: 1 });
}

#[test]
fn changes_of_lines_that_they_must_not_have() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let added = late(&mut open, 1, 8);
    let heavy = election.sign_change(&added, |body| body[RIGHTS + 2] = 3);
    refused(&open, &heavy, "change-of-rights", &RollChangeError::StyleOrWeight { style: 0, weight: 3 });
    // Voter 1 has the weight 2.
    let other = open.make_change(1, ChangeReason::LostCode, Some(1), Some(8)).encode();
    refused(&open, &other, "change-of-rights", &RollChangeError::OtherEntitlement);
    let unknown = left(&mut open, 1, 9).encode();
    refused(&open, &unknown, "unknown-credential", &RollChangeError::NotOnRoll);
    let mut board = open.clone();
    let first = vote(&mut board, 0);
    let voted = left(&mut board, 1, 0).encode();
    refused(&board, &voted, "has-voted", &RollChangeError::AlreadyVoted { first });
    let mut board = open.clone();
    let index = board.change(ChangeReason::Left, Some(0), None);
    let again = left(&mut board, 2, 0).encode();
    refused(&board, &again, "revoked-credential", &RollChangeError::AlreadyRevoked { index });
    let mut board = open.clone();
    board.change(ChangeReason::LateMember, None, Some(8));
    let again = late(&mut board, 2, 8).encode();
    refused(&board, &again, "credential-on-roll", &RollChangeError::AlreadyOnRoll);
    // A change without an effect fixes what the credential is.
    let mut board = open.clone();
    let skipped = late(&mut board, 2, 8).encode();
    let first = board.push(EntryKind::RollChange, &skipped);
    let heavier = election.sign_change(&late(&mut board, 1, 8), |body| body[RIGHTS + 2] = 2);
    refused(&board, &heavier, "credential-on-roll", &RollChangeError::AddedOtherwise { first });
}

#[test]
fn changes_above_a_bound() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let skipped = left(&mut open, 2, 0).encode();
    refused(&open, &skipped, "change-out-of-sequence", &RollChangeError::Sequence { found: 2, expected: 1 });
    let mut board = open.clone();
    for voter in [0, 2, 4, 6] {
        board.change(ChangeReason::Left, Some(voter), None);
    }
    let fifth = left(&mut board, 5, 1).encode();
    refused(&board, &fifth, "too-many-changes", &RollChangeError::TooManyChanges { limit: 4 });
    let mut board = open.clone();
    board.change(ChangeReason::LateMember, None, Some(10));
    board.change(ChangeReason::LateMember, None, Some(11));
    let heavy = late(&mut board, 3, 12).encode();
    refused(&board, &heavy, "too-many-changes", &RollChangeError::TooMuchWeight { limit: 5 });
    // The roll of the opening has the weight 12.
    let bounded = Election::build(ElectionOptions { most_weight: Some(12), ..options() });
    let mut board = bounded.open_board();
    let more = late(&mut board, 1, 8).encode();
    refused(&board, &more, "roll-too-large", &RollChangeError::TotalTooLarge { limit: 12 });
}

#[test]
fn changes_with_other_parts() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let change = late(&mut open, 1, 8);
    // The proof of the first authority, from another change.
    let other = late(&mut open, 2, 8).encode();
    let proof = RIGHTS + 10 + 1 + 32..RIGHTS + 10 + 1 + 96;
    let forged = election.sign_change(&change, |body| body[proof.clone()].copy_from_slice(&other[proof.clone()]));
    refused(&open, &forged, "bad-credential-part", &RollChangeError::BadPart { authority: 1 });
    // Another credential than the sum of the parts.
    let other = *election.credentials[9].public().as_bytes();
    let forged = election.sign_change(&change, |body| body[RIGHTS - 32..RIGHTS].copy_from_slice(&other));
    refused(&open, &forged, "bad-credential-part", &RollChangeError::BadSum);
}

#[test]
fn changes_that_cannot_be_read() {
    let election = Election::build(options());
    let mut open = election.open_board();
    let change = left(&mut open, 1, 0).encode();
    let longer = [&change[..], &[0]].concat();
    for (bytes, error) in [
        (&longer[..], DecodeError::Trailing { count: 1 }),
        (&change[..31], DecodeError::Truncated { field: "fingerprint" }),
    ] {
        refused_as(&open, bytes, "bad-entry", &format!("not a change of the roll: {error}"));
    }
}
