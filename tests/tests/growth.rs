//! What has changed between two copies of a record.

use ballotta::board::entry::{Action, EntryKind};
use ballotta::record::{self, Growth, MemoryRecord, RecordError, Relation, Snapshot};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions};
use ballotta_tests::rng::TestRng;

fn compare(one: &MemoryRecord, other: &MemoryRecord) -> Result<Growth, RecordError> {
    let rng = &mut TestRng(1);
    let (one, other) = (Snapshot::read(one, rng)?, Snapshot::read(other, rng)?);
    one.compare(&other, rng)
}

fn vote(board: &mut Board<'_>, voter: usize) {
    board.vote(voter, &[Choice::Options(vec![0])]);
}

#[test]
fn what_was_added_is_counted() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    vote(&mut board, 0);
    let before = board.record();
    vote(&mut board, 0);
    vote(&mut board, 1);
    vote(&mut board, 1);
    board.push(EntryKind::Ballot, b"no ballot");
    board.push(EntryKind::Close, b"no closing");
    board.organise(Action::Close);
    let after = board.record();
    let growth = compare(&before, &after).unwrap();
    assert_eq!(growth.relation, Relation::Grown);
    assert_eq!((growth.added.first_ballots, growth.added.later_ballots, growth.added.void), (1, 2, 2));
    assert_eq!(growth.added.others.into_iter().collect::<Vec<_>>(), [(EntryKind::Close, 1)]);
    assert_eq!((growth.one.size + 6, growth.only_one.len(), growth.different.len()), (growth.other.size, 0, 0));
    let back = compare(&after, &before).unwrap();
    assert_eq!((back.relation, back.added.later_ballots), (Relation::Older, 2));
    let same = compare(&after, &after).unwrap();
    assert_eq!((same.relation, same.added), (Relation::Same, record::Added::default()));
}

#[test]
fn two_histories_and_two_elections_are_told_apart() {
    // More than one bundle of entries.
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    for number in 0..300_u32 {
        board.push(EntryKind::Ballot, &number.to_le_bytes());
    }
    let mut fork = board.clone();
    vote(&mut board, 0);
    vote(&mut fork, 1);
    let first = board.entries.len() as u64 - 1;
    for _ in 0..2 {
        let growth = compare(&board.record(), &fork.record()).unwrap();
        assert_eq!(growth.relation, Relation::TwoHistories { first });
        assert_eq!(growth.added, record::Added::default());
        vote(&mut fork, 0);
    }
    let other = Election::build(ElectionOptions { seed: 2, ..ElectionOptions::default() });
    let growth = compare(&board.record(), &other.open_board().record()).unwrap();
    let hash = |election: &Election| *election.context.manifest().hash();
    assert_eq!(growth.relation, Relation::OtherElection { one: hash(&election), other: hash(&other) });
    // A copy whose entries are not those of its checkpoint is no copy.
    let mut damaged = board.record();
    damaged.files.insert(record::CHECKPOINT.into(), fork.record().files[record::CHECKPOINT].clone());
    assert!(compare(&damaged, &board.record()).is_err());
}

#[test]
fn files_that_were_dropped_or_changed_are_named() {
    let election = Election::build(ElectionOptions::default());
    let board = election.open_board();
    let (before, mut after) = (board.record(), board.record());
    let ceremony =
        |record: &MemoryRecord| record.files.keys().find(|path| path.starts_with("ceremony/")).cloned().unwrap();
    let dropped = ceremony(&after);
    after.files.remove(&dropped);
    let roll = after.files.get_mut(record::ROLL).unwrap();
    *roll.last_mut().unwrap() ^= 1;
    after.files.insert("notes".into(), Vec::new());
    // Files that follow from others, and grow, are not compared.
    after.files.insert("tile/0/000.p/7".into(), Vec::new());
    after.files.insert("light/heads".into(), vec![1]);
    let growth = compare(&before, &after).unwrap();
    assert_eq!(
        (growth.relation, growth.only_one, growth.only_other),
        (Relation::Same, vec![dropped], vec!["notes".into()])
    );
    assert_eq!(growth.different, [record::ROLL]);
}
