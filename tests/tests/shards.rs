//! Verification in shards finds the same as one process, for all ranges and in every order. (For the records of the
//! other suites, `verify_record` compares both.) Plans and parts that do not belong together are refused.

use std::sync::atomic::{AtomicU64, Ordering};

use ballotta::ballot::{AdmissionError, SignedBallot};
use ballotta::encoding::DecodeError;
use ballotta::record::{self, MemoryRecord, RecordError, RecordSource, SourceError};
use ballotta::verifier::{
    CheckId, PartialVerification, Selected, ShardError, ShardPlan, VerifyOptions, finish, merge_all, select, verify,
    verify_shard,
};
use ballotta_tests::election::{Ballot, Board, Choice, Election, ElectionOptions, failures, summary, verify_in_shards};
use ballotta_tests::mutate::mutate;
use ballotta_tests::rng::TestRng;

fn options() -> ElectionOptions {
    ElectionOptions { trustees: 1, threshold: 1, ..ElectionOptions::default() }
}

/// A board of three bundles: between the ballots are entries that are not ballots.
fn long_board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    for round in 0..3 {
        for voter in 0..4 {
            board.vote(voter, &[Choice::Options(vec![(voter + round) % 2])]);
        }
        // One that nobody could have made, and then copies of it.
        for number in 0..250_u16 {
            board.push_ballot(&number.to_le_bytes());
        }
    }
    board
}

fn first_reading(board: &Board<'_>) -> Selected {
    select(&board.record(), &VerifyOptions::default(), &|_| (), &mut TestRng(1))
}

fn shard(board: &Board<'_>, plan: &ShardPlan, range: core::ops::Range<u64>) -> Result<PartialVerification, ShardError> {
    verify_shard(&board.record(), plan, range, &|_| (), &mut TestRng(2))
}

/// A ballot with a void predecessor, a ballot with the randomness of an earlier void ballot, and a void last ballot of
/// a voter. The first reading assumes that all are valid, so the last reading must correct which ballots count.
#[test]
fn the_first_reading_assumes_that_ballots_are_valid() {
    let election = Election::build(options());
    let mut board = election.open_board();
    let filler = |board: &mut Board<'_>| {
        for _ in 0..300 {
            board.push_ballot(b"void");
        }
    };
    let garbled = |ballot: &Ballot<'_>| {
        let mut bytes = ballot.cast().to_bytes();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    let valid = |voter| election.ballot(voter, &[Choice::Options(vec![1])]);
    let void_first = board.push_ballot(&garbled(&valid(0)));
    filler(&mut board);
    let broken_chain =
        Ballot { previous: Some(valid(0).tracker()), seed: 7, ..election.ballot(0, &[Choice::Options(vec![0])]) };
    let fork = board.push_ballot(&broken_chain.cast().to_bytes());

    let void_copy = board.push_ballot(&garbled(&valid(1)));
    filler(&mut board);
    board.push_ballot(&valid(1).cast().to_bytes());
    board.chosen.insert(1, valid(1).choices.clone());

    board.vote(2, &[Choice::Options(vec![0])]);
    filler(&mut board);
    let after = Ballot { previous: board.heads.get(&2).copied(), seed: 8, ..valid(2) };
    let void_last = board.push_ballot(&garbled(&after));
    board.finish();

    let verification = board.verify();
    let place = |check, index, error: AdmissionError| (check, board.place(index), error.to_string());
    let mut found = failures(&verification);
    found.retain(|(check, ..)| *check != CheckId::BallotEncoding);
    let expected = [
        (CheckId::BallotSignature, void_first, AdmissionError::BadSignature),
        (CheckId::BallotPredecessor, fork, AdmissionError::RevoteFork { head: None }),
        (CheckId::BallotSignature, void_copy, AdmissionError::BadSignature),
        (CheckId::BallotSignature, void_last, AdmissionError::BadSignature),
    ];
    assert_eq!(found, expected.map(|(check, index, error)| place(check, index, error)));
    assert_eq!(ballotta_tests::election::counted(&verification), Some(board.expected()));
    let tally = verification.tally.as_ref().expect("a closed board");
    assert_eq!((tally.ballots(), tally.weight()), (2, 2));
}

#[test]
fn any_number_of_shards() {
    let election = Election::build(options());
    let mut board = long_board(&election);
    board.finish();
    let verification = board.verify();
    assert_eq!(ballotta_tests::election::counted(&verification), Some(board.expected()));
    for count in [3, 4, 64, 10_000] {
        let record = board.record();
        let again = verify_in_shards(&record, &VerifyOptions::default(), count, &mut TestRng(count));
        assert_eq!(summary(&again), summary(&verification), "{count} shards");
    }
}

#[test]
fn ranges_are_the_board() {
    let election = Election::build(options());
    let mut board = long_board(&election);
    board.finish();
    let selected = first_reading(&board);
    let plan = selected.plan().unwrap();
    let size = plan.entries();
    assert_eq!(plan.ranges(0), plan.ranges(1));
    assert_eq!(plan.ranges(2), [0..512, 512..size]);
    for count in [1, 3, 5, 100, size, size + 1] {
        let ranges = plan.ranges(count);
        assert_eq!(ranges.len() as u64, count.min(size));
        assert!(ranges.iter().all(|range| range.start < range.end));
        assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, size));
    }
}

/// Attack N14: parts that overlap, and parts that are missing.
#[test]
fn parts_that_overlap_or_leave_something_out() {
    let election = Election::build(options());
    let mut board = long_board(&election);
    board.finish();
    let selected = first_reading(&board);
    let plan = selected.plan().unwrap();
    let size = plan.entries();
    let part = |range| shard(&board, plan, range).unwrap();
    let merged = |parts: Vec<PartialVerification>| merge_all(parts).map(|part| part.entries());
    let not_adjacent = |found, expected| Err(ShardError::NotAdjacent { found, expected });
    assert_eq!(merged(vec![part(5..size), part(0..5)]), Ok(0..size));
    assert_eq!(merged(vec![part(0..5), part(6..size)]), not_adjacent(6, 5));
    assert_eq!(merged(vec![part(0..6), part(5..size)]), not_adjacent(5, 6));
    assert_eq!(merged(vec![part(0..5), part(0..5), part(5..size)]), not_adjacent(0, 5));
    assert_eq!(merged(vec![]), Err(ShardError::Incomplete { found: 0, expected: 0 }));
    assert_eq!(merged(vec![part(0..3), part(3..3), part(3..size)]), Ok(0..size));

    let refused = |part: Option<PartialVerification>| {
        finish(&board.record(), first_reading(&board), part, &|_| (), &mut TestRng(1)).err()
    };
    let incomplete = |found| Some(ShardError::Incomplete { found, expected: size });
    assert_eq!(refused(None), incomplete(0));
    assert_eq!(refused(Some(part(0..5))), incomplete(5));
    assert_eq!(refused(Some(part(5..size))), Some(ShardError::NotAdjacent { found: 5, expected: 0 }));
    assert_eq!(refused(Some(part(0..size))), None);
    let no_such_range = |start, end| Some(ShardError::NoSuchRange { start, end, size });
    #[allow(clippy::reversed_empty_ranges)]
    let backwards = 5..4;
    assert_eq!(shard(&board, plan, backwards).err(), no_such_range(5, 4));
    assert_eq!(shard(&board, plan, 0..size + 1).err(), no_such_range(0, size + 1));
}

#[test]
fn parts_and_plans_of_another_record() {
    let election = Election::build(options());
    let voted = |option: usize| {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Options(vec![option])]);
        board.vote(1, &[Choice::Options(vec![1])]);
        board.finish();
        board
    };
    let (board, other) = (voted(0), voted(1));
    let (selected, others) = (first_reading(&board), first_reading(&other));
    let (plan, other_plan) = (selected.plan().unwrap(), others.plan().unwrap());
    let part = shard(&board, plan, 0..plan.entries()).unwrap();
    let bytes = part.to_bytes();
    let other_part = shard(&other, other_plan, 3..3).unwrap();
    assert_eq!(PartialVerification::from_bytes(other_plan, &bytes).err(), Some(ShardError::OtherPlan));
    assert_eq!(part.clone().merge(other_part.clone()).err(), Some(ShardError::OtherPlan));
    let finished = finish(&board.record(), first_reading(&other), Some(part), &|_| (), &mut TestRng(1));
    assert_eq!(finished.err(), Some(ShardError::OtherPlan));

    // If a worker has another board than the plan, its part names the bundle that differs.
    let part = shard(&other, plan, 0..plan.entries()).unwrap();
    let verification = finish(&board.record(), first_reading(&board), Some(part), &|_| (), &mut TestRng(1)).unwrap();
    let problem = "the file changed while it was read".to_owned();
    let place = ballotta::verifier::Place::File(bundle(&board));
    assert_eq!(failures(&verification), [(CheckId::Entries, place, problem)]);
    assert!(verification.tally.is_none());

    // A worker that has the record of another election returns an error.
    let stranger = Election::build(ElectionOptions { seed: 2, ..options() });
    let record = stranger.run().record();
    let opened = ShardPlan::open(&record, &plan.to_bytes(), &mut TestRng(1)).err();
    assert!(matches!(opened, Some(ShardError::Record(RecordError::File { .. }))), "{opened:?}");
    let mut record = board.record();
    record.files.insert(record::ROLL.into(), stranger.roll.clone());
    let opened = ShardPlan::open(&record, &plan.to_bytes(), &mut TestRng(1)).err();
    assert!(matches!(opened, Some(ShardError::Record(RecordError::Roll(_)))), "{opened:?}");
}

fn bundle(board: &Board<'_>) -> String {
    match board.place(0) {
        ballotta::verifier::Place::Entry { file, .. } => file,
        place => panic!("{place}"),
    }
}

/// If a part that is read before the ballots is invalid, there is no plan, but there is a report.
#[test]
fn a_record_without_a_plan() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 1, ..options() });
    let board = election.run();
    let mut record = board.record();
    record.files.remove(record::ROLL);
    let select = || select(&record, &VerifyOptions::default(), &|_| (), &mut TestRng(1));
    assert!(select().plan().is_none());
    let verification = finish(&record, select(), None, &|_| (), &mut TestRng(1)).unwrap();
    assert_eq!(verification.report.failures_of(CheckId::Roll).count(), 1);
    let selected = first_reading(&board);
    let plan = selected.plan().unwrap();
    let part = shard(&board, plan, 0..plan.entries()).unwrap();
    assert_eq!(finish(&record, select(), Some(part), &|_| (), &mut TestRng(1)).err(), Some(ShardError::NoPlan));
}

/// Plans and parts come from other machines, so that their bytes may be invalid.
#[test]
fn bytes_that_are_no_plan_and_no_part() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![0])]);
    board.push_ballot(b"void");
    board.finish();
    let selected = first_reading(&board);
    let plan = selected.plan().unwrap();
    let record = board.record();
    let (bytes, part) = (plan.to_bytes(), shard(&board, plan, 0..plan.entries()).unwrap().to_bytes());
    let mut rng = TestRng(1);
    for _ in 0..2000 {
        let changed = mutate(&part, &mut rng);
        if let Ok(read) = PartialVerification::from_bytes(plan, &changed) {
            assert_eq!(read.to_bytes(), changed);
        }
        let changed = mutate(&bytes, &mut rng);
        if rng.below(20) == 0
            && let Ok(read) = ShardPlan::open(&record, &changed, &mut TestRng(1))
        {
            assert_eq!(read.to_bytes(), changed);
        }
    }
    let decode = |bytes: &[u8]| ShardPlan::open(&record, bytes, &mut TestRng(1)).err();
    let version = Some(ShardError::Decode(DecodeError::UnsupportedVersion { found: [2, 5] }));
    assert_eq!(decode(&[&[2], &bytes[1..]].concat()), version);
    assert_eq!(decode(&[&bytes[..], &[0]].concat()), Some(ShardError::Decode(DecodeError::Trailing { count: 1 })));
    let mut long = bytes.clone();
    long[34..42].copy_from_slice(&(1_u64 << 30).to_le_bytes());
    let truncated = Some(ShardError::Decode(DecodeError::Truncated { field: "bundles" }));
    assert_eq!(decode(&long), truncated, "nothing is allocated for bundles that are not there");
    long[34..42].copy_from_slice(&(1_u64 << 31).to_le_bytes());
    let limit = DecodeError::LimitExceeded { field: "size", found: 1 << 31, limit: 1 << 30 };
    assert_eq!(decode(&long), Some(ShardError::Decode(limit)));
    let mut other = bytes.clone();
    other[2] ^= 1;
    assert!(matches!(decode(&other), Some(ShardError::OtherRecord { .. })));
    assert_eq!(decode(&other).map(|error| error.code()), Some("other-election"));
}

/// A record that counts how often it is read, and how often the bundles of its board are.
struct Counted {
    record: MemoryRecord,
    reads: AtomicU64,
    bundles: AtomicU64,
}

impl RecordSource for Counted {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.record.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bundles.fetch_add(path.starts_with("tile/entries/").into(), Ordering::Relaxed);
        self.record.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.record.list()
    }
}

/// Attack S4: void ballots are easy to make, and the first reading assumes that they are valid. In a chain of void
/// ballots whose `R` begin with the same bytes, each ballot causes only a bounded number of reads.
#[test]
fn void_ballots_that_look_alike() {
    let election = Election::build(options());
    let reads = |count: u16| {
        let mut board = election.open_board();
        let mut previous = [0; 32];
        for number in 0..count {
            let credential = election.credentials[0].public().as_bytes();
            let mut randomness = [3; 32];
            randomness[30..].copy_from_slice(&number.to_le_bytes());
            let fingerprint = election.context.fingerprint().as_bytes();
            let ballot = [&[1, 2][..], fingerprint, &[0, 0], credential, &previous, &randomness, &[0; 64]].concat();
            previous = *SignedBallot::tracker_of(&ballot).unwrap().as_bytes();
            board.push_ballot(&ballot);
        }
        let source = Counted { record: board.record(), reads: AtomicU64::new(0), bundles: AtomicU64::new(0) };
        let selected = select(&source, &VerifyOptions::default(), &|_| (), &mut TestRng(1));
        assert!(selected.plan().is_some());
        source.reads.into_inner()
    };
    // Each ballot causes two reads: its line of the roll, and its predecessor.
    let (few, many) = (reads(200), reads(400));
    assert!(many - few <= 2 * 200 + 10, "{few} and {many} reads");
}

/// Fault M1: void ballots that must be compared with a ballot of an earlier bundle. Bundles are read as often as without
/// them.
#[test]
fn m1_void_ballots_behind_a_bundle() {
    let election = Election::build(options());
    let reads = |count: u64| {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Options(vec![1])]);
        while board.entries.len() < 256 {
            board.push_ballot(b"void");
        }
        let first = election.ballot(0, &[Choice::Options(vec![0])]).cast().to_bytes();
        for number in 0..count {
            // One has another predecessor than the voter's ballot, one is a copy of it.
            let copy = number % 2 == 1;
            let ballot =
                if copy { board.entries[election.first_ballot() as usize][3..].to_vec() } else { first.clone() };
            board.push_ballot(&ballot);
        }
        let record = board.record();
        let bundles = record.files.keys().filter(|path| path.starts_with("tile/entries/")).count() as u64;
        let source = Counted { record, reads: AtomicU64::new(0), bundles: AtomicU64::new(0) };
        let verification = verify(&source, &VerifyOptions::default(), &|_| (), &mut TestRng(1));
        let void: u64 = verification
            .report
            .checks
            .iter()
            .filter(|check| check.check.slug().starts_with("ballot."))
            .map(|check| check.failures)
            .sum();
        assert!(void >= count, "{void} void ballots");
        (source.bundles.into_inner(), bundles)
    };
    for count in [30, 300] {
        let (reads, bundles) = reads(count);
        // The first reading, the shard, the last reading and the corrections, and an earlier ballot in two of them.
        assert!(reads <= 6 * bundles, "{count} void ballots: {reads} reads of {bundles} bundles");
    }
}
