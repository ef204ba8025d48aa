//! A verification that continues an earlier one finds the same as one from the beginning, and verifies only what is new.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use ballotta::board::board_key;
use ballotta::board::entry::{Action, EntryKind};
use ballotta::encoding::DecodeError;
use ballotta::record::{CHECKPOINT, MemoryRecord, RecordSource, SourceError};
use ballotta::verifier::{
    CheckId, Progress, ShardError, Stage, Verification, VerifierState, VerifyOptions, verify, verify_from,
};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, summary};
use ballotta_tests::rng::TestRng;

fn election(seed: u64) -> Election {
    let voters = vec![(0, 1), (0, 3), (0, 1), (0, 2)];
    Election::build(ElectionOptions { seed, voters, trustees: 1, threshold: 1, ..ElectionOptions::default() })
}

/// A closed board of more than four bundles, on which voters vote again and again, with ballots that are void.
fn board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    for round in 0..4 {
        for voter in 0..4 {
            board.vote(voter, &[Choice::Options(vec![(voter + round) % 2])]);
        }
        let mut garbled = election.ballot(round, &[Choice::Options(vec![0])]).cast().to_bytes();
        *garbled.last_mut().unwrap() ^= 1;
        board.push_ballot(&garbled);
        for number in 0..250_u16 {
            board.push(EntryKind::Ballot, &number.to_le_bytes());
        }
    }
    board.finish();
    board
}

fn record(board: &Board<'_>, size: usize) -> MemoryRecord {
    let mut prefix = board.clone();
    prefix.entries.truncate(size);
    prefix.record()
}

/// A continued verification, and how many entries its shards went through.
fn continued(
    record: &MemoryRecord,
    options: &VerifyOptions,
    state: Option<&VerifierState>,
) -> Result<(Verification, Option<VerifierState>, u64), ShardError> {
    let seen = Mutex::new(0);
    let progress = |Progress { stage, total, .. }: Progress| {
        if stage == "ballots" {
            // A range reports its size with each of its waves.
            let mut seen = seen.lock().unwrap();
            *seen = total.max(*seen);
        }
    };
    let (verification, state) = verify_from(record, options, state, &progress, &mut TestRng(1))?;
    Ok((verification, state, seen.into_inner().unwrap()))
}

/// What was found, without what only a continued verification says.
fn comparable(mut verification: Verification) -> String {
    let report = &mut verification.report;
    report
        .not_checked
        .retain(|line| !line.starts_with("the ballots before entry") && !line.contains("pin a checkpoint"));
    report.checks.retain(|check| check.check != CheckId::PinnedCheckpoint);
    summary(&verification)
}

#[test]
fn every_way_to_continue_finds_the_same() {
    let election = election(1);
    let board = board(&election);
    let all = board.entries.len();
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let opened = board.entries.iter().position(|entry| entry[2] == EntryKind::Open as u8).unwrap_or(10) + 1;
    for steps in [vec![opened, 255, 256, 257, 600, all], vec![700, 701, all], vec![all - 4, all, all], vec![all]] {
        let (mut state, mut before) = (None, 0);
        for size in steps.iter().copied() {
            let record = record(&board, size);
            let (found, next, seen) = continued(&record, &options, state.as_ref()).unwrap();
            let fresh = verify(&record, &options, &|_| (), &mut TestRng(2));
            let taken = format!("the ballots before entry {before}: ");
            assert_eq!(found.report.not_checked.iter().any(|line| line.starts_with(&taken)), before > 0, "{size}");
            assert_eq!(found.counted, fresh.counted, "{steps:?} {size}");
            assert_eq!(comparable(found), comparable(fresh), "{steps:?} {size}");
            assert!(seen <= size as u64 - before, "{seen} of {size} entries, after {before}");
            let next = next.unwrap();
            assert_eq!(next.entries(), size as u64 / 256 * 256);
            assert_eq!(VerifierState::decode(&next.to_bytes()).as_ref(), Ok(&next));
            before = next.entries();
            state = Some(next);
        }
    }
    // The whole record, after the state of an open board.
    let (_, state, _) = continued(&record(&board, 600), &options, None).unwrap();
    let (complete, ..) = continued(&board.record(), &VerifyOptions::default(), state.as_ref()).unwrap();
    assert!(complete.report.holds(), "{}", complete.report);
    assert_eq!(
        complete.report.result,
        verify(&board.record(), &VerifyOptions::default(), &|_| (), &mut TestRng(1)).report.result
    );
}

/// A board that changes what was verified before is convicted by the checkpoint in the state, and verified from the
/// beginning.
#[test]
fn a_changed_board_is_not_continued() {
    let election = election(1);
    let board = board(&election);
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let (_, state, _) = continued(&record(&board, 600), &options, None).unwrap();
    let mut forked = board.clone();
    let place = 300;
    forked.entries[place] = forked.entries[place + 1].clone();
    let forked = record(&forked, 700);
    let (found, _, seen) = continued(&forked, &options, state.as_ref()).unwrap();
    let failed: Vec<CheckId> = found.report.failures.iter().map(|failure| failure.check).collect();
    assert!(failed.contains(&CheckId::PinnedCheckpoint), "{failed:?}");
    assert!(seen > 256, "{seen}");
    assert!(!found.report.not_checked.iter().any(|line| line.starts_with("the ballots before entry")));
    let mut first = board.clone();
    first.entries.truncate(200);
    // Another pinned checkpoint does not take the place of the one in the state.
    let options = VerifyOptions { checkpoints: vec![first.head()], ..options.clone() };
    let (found, ..) = continued(&forked, &options, state.as_ref()).unwrap();
    let pinned = found.report.checks.iter().find(|report| report.check == CheckId::PinnedCheckpoint).unwrap();
    assert_eq!((pinned.items, pinned.failures), (2, 1));
    // An older copy: it does not have what was verified.
    let (found, ..) = continued(&record(&board, 400), &options, state.as_ref()).unwrap();
    assert!(!found.report.holds(), "{}", found.report);
    assert!(!found.report.not_checked.iter().any(|line| line.starts_with("the ballots before entry")));
}

/// A record of which the checkpoint is another one from the n-th reading on.
struct Changing {
    record: MemoryRecord,
    other: Vec<u8>,
    left: AtomicU64,
}

impl RecordSource for Changing {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.record.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        if path == CHECKPOINT && self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
            buffer.copy_from_slice(&self.other);
            return Ok(());
        }
        self.record.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.record.list()
    }
}

/// The checkpoint of a state is signed by the board, also if a server answers with another one later: it must convict a board
/// that changes what was verified.
#[test]
fn the_checkpoint_of_a_state_is_signed() {
    let election = election(1);
    let board = board(&election);
    let record = record(&board, 600);
    // Another signature, in its form.
    let text = String::from_utf8(record.files[CHECKPOINT].clone()).unwrap();
    let end = text.len() - 10;
    let letter = if text.as_bytes()[end] == b'A' { "B" } else { "A" };
    let other = [&text[..end], letter, &text[end + 1..]].concat().into_bytes();
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let key = board_key(election.context.manifest()).unwrap();
    let mut refused = 0;
    for left in 0..4 {
        let source = Changing { record: record.clone(), other: other.clone(), left: AtomicU64::new(left) };
        match verify_from(&source, &options, None, &|_| (), &mut TestRng(1)) {
            Ok((verification, Some(state))) => {
                assert!(state.checkpoint().verify(&key).is_ok(), "{left}");
                assert!(verification.report.holds(), "{left}");
            }
            Ok((verification, None)) => assert!(!verification.report.holds(), "{left}"),
            Err(error) => {
                assert_eq!(error.code(), "bad-checkpoint", "{left}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}

#[test]
fn what_is_no_state_of_the_election_is_refused() {
    let (one, other) = (election(1), election(2));
    let (board, elsewhere) = (board(&one), board(&other));
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let (_, state, _) = continued(&record(&board, 600), &options, None).unwrap();
    let state = state.unwrap();
    let refused = continued(&record(&elsewhere, 600), &options, Some(&state)).err();
    let (found, expected) = (*other.context.fingerprint(), *one.context.fingerprint());
    assert_eq!(refused, Some(ShardError::OtherRecord { found, expected }));
    // Each prefix of the bytes, and each changed byte, is refused or is another state; nothing panics.
    let bytes = state.to_bytes();
    for end in (0..bytes.len()).step_by(bytes.len() / 40) {
        if let Ok(short) = VerifierState::decode(&bytes[..end]) {
            let refused = continued(&record(&board, 600), &options, Some(&short)).err();
            assert!(matches!(refused, Some(ShardError::Decode(_))), "{end}: {refused:?}");
        }
    }
    let long = VerifierState::decode(&[&bytes[..], &[0]].concat()).unwrap();
    let refused = continued(&record(&board, 600), &options, Some(&long)).err();
    assert_eq!(refused, Some(ShardError::Decode(DecodeError::Trailing { count: 1 })));
    let mut unaligned = bytes.clone();
    let at = 2 + 32 + 4 + u32::from_le_bytes(bytes[34..38].try_into().unwrap()) as usize;
    unaligned[at] = 1;
    let unknown = DecodeError::UnknownValue { field: "entries", found: 513 };
    assert_eq!(VerifierState::decode(&unaligned), Err(unknown));
    // A checkpoint that the board did not sign accuses nobody.
    let text = state.checkpoint().to_string();
    let root = text.lines().nth(2).unwrap();
    let other = format!("A{}", &root[1..]).replace("AA", "BA");
    let changed = bytes.windows(root.len()).position(|part| part == root.as_bytes()).unwrap();
    let mut unsigned = bytes.clone();
    unsigned[changed..changed + root.len()].copy_from_slice(other.as_bytes());
    let unsigned = VerifierState::decode(&unsigned).unwrap();
    let refused = continued(&record(&board, 700), &options, Some(&unsigned)).err();
    let not_signed = DecodeError::UnknownValue { field: "checkpoint", found: 600 };
    assert_eq!(refused, Some(ShardError::Decode(not_signed)));
    let weak = Weaken::without(Check::StateCheckpoint);
    let (found, ..) = continued(&record(&board, 700), &options, Some(&unsigned)).unwrap();
    assert!(found.report.failures.iter().any(|failure| failure.check == CheckId::PinnedCheckpoint));
    drop(weak);
    // The state of a board that was open is not used for one that was closed before its end.
    let mut closed = board.clone();
    closed.entries.truncate(300);
    closed.organise(Action::Close);
    for number in 0..400_u16 {
        closed.push(EntryKind::Ballot, &number.to_le_bytes());
    }
    let (found, ..) = continued(&closed.record(), &options, Some(&state)).unwrap();
    assert!(found.report.failures.iter().any(|failure| failure.check == CheckId::PinnedCheckpoint));
}
