//! Honest elections of every shape: valid, with the totals that were counted in clear.

use std::collections::BTreeSet;
use std::sync::Mutex;

use ballotta::board::entry::{Action, EntryKind};
use ballotta::contest::Rule;
use ballotta::hash::{Fingerprint, TreeHash};
use ballotta::manifest::{Closing, Privacy, Quorum, QuorumBase, QuorumOf, QuorumRule};
use ballotta::record::{BoundFiles, FILE_LIST, FileList, MemoryRecord, ROLL, RecordSource, SourceError};
use ballotta::verifier::{CheckId, Place, Report, Role, Stage, Status, Verdict, VerifyOptions, verify};
use ballotta::written::WrittenFingerprint;
use ballotta_tests::election::{Board, Choice, Count, Election, ElectionOptions, YES_OR_NO, choose, counted, failures};
use ballotta_tests::rng::TestRng;

fn contest(rule: Rule, options: usize) -> ElectionOptions {
    ElectionOptions { contests: vec![(rule, options)], ..ElectionOptions::default() }
}

#[test]
fn every_rule() {
    for (min, max, blank, options) in [
        (1, 1, false, 2), // yes or no
        (1, 1, false, 7),
        (0, 1, false, 1),
        (2, 4, false, 5),
        (0, 6, false, 6), // approval
        (1, 1, true, 2),
        (3, 3, false, 4),
        (2, 2, true, 4),
        (1, 3, true, 4),
    ] {
        let election = Election::build(contest(choose(min, max, blank), options));
        election.run().expect_valid();
    }
}

#[test]
fn contests_and_styles_and_weights() {
    let several = choose(0, 2, true);
    let options = ElectionOptions {
        contests: vec![(YES_OR_NO, 2), (several, 3), (YES_OR_NO, 4), (YES_OR_NO, 2)],
        // Nobody has the last style, so nobody votes in the last contest.
        styles: vec![vec![0, 1], vec![1, 2], vec![3]],
        voters: (0..30).map(|voter| (voter % 2, 1 + voter as u64 % 3 * 500)).collect(),
        ..ElectionOptions::default()
    };
    let election = Election::build(options);
    let verification = election.run().expect_valid();
    let totals = counted(&verification).unwrap();
    assert_eq!(totals.iter().map(|contest| contest.ballots).collect::<Vec<_>>(), [15, 30, 15, 0]);
    assert_eq!(totals[1].weight, 10 * (1 + 501 + 1001));
    assert_eq!(totals[3].options, [0, 0]);
    let result = verification.report.result.unwrap();
    assert_eq!((result.eligible_voters, result.eligible_weight), (30, 15_030));
    assert_eq!((result.counted_ballots, result.counted_weight), (30, 15_030));
}

#[test]
fn the_last_ballot_counts() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    for round in 0..4 {
        for voter in (0..10).filter(|voter| voter % (round + 1) == 0) {
            let choices = election.any_choices(voter, &mut board.rng());
            board.vote(voter, &choices);
        }
    }
    board.finish();
    let verification = board.expect_valid();
    assert_eq!(counted(&verification).unwrap()[0].ballots, 10);
    let result = verification.report.result.unwrap();
    assert_eq!((result.eligible_voters, result.counted_ballots), (10, 10));
}

#[test]
fn every_threshold() {
    for (threshold, trustees) in [(1, 1), (1, 2), (2, 2), (3, 5)] {
        let voters = vec![(0, 1); 4];
        let election = Election::build(ElectionOptions { threshold, trustees, voters, ..ElectionOptions::default() });
        let verification = election.run().expect_valid();
        let alarm = verification.report.warnings.iter().any(|warning| warning.starts_with("all trustees are needed"));
        assert_eq!(alarm, threshold == trustees && trustees > 1);
    }
}

/// Defect found by this test: if there were no statements, their check was never done and the record was never valid.
#[test]
fn witnesses_close_the_board() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let verification = Election::build(options).run().expect_valid();
    assert!(verification.closed.is_some());
}

/// The board has more bundles than one batch. In several ranges, voters have last ballots that do not count.
#[test]
fn a_board_of_several_ranges() {
    let voters = vec![(0, 1); 560];
    let election = Election::build(ElectionOptions { voters, ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.everybody_votes();
    let mut expected = Vec::new();
    for voter in [3, 4, 5] {
        expected.push((voter, board.push_ballot(&garbled(&board, voter))));
    }
    board.everybody_votes();
    for voter in [3, 500, 559] {
        expected.push((voter, board.push_ballot(&garbled(&board, voter))));
    }
    assert!(board.entries.len() > 1024);
    board.finish();
    let error = ballotta::ballot::AdmissionError::BadSignature.to_string();
    let expected = expected.iter().map(|(_, index)| (CheckId::BallotSignature, board.place(*index), error.clone()));
    board.expect_failures(&expected.collect::<Vec<_>>());
}

/// A further ballot of the voter, with a signature that is not valid.
fn garbled(board: &Board<'_>, voter: usize) -> Vec<u8> {
    let mut ballot = board.election.ballot(voter, &[Choice::Options(vec![0])]);
    ballot.previous = board.heads.get(&voter).copied();
    let mut bytes = ballot.cast().to_bytes();
    let s = bytes.len() - 32;
    bytes[s] ^= 1;
    bytes
}

/// The privacy limits do not apply if nobody voted: the election completes like any other.
#[test]
fn nobody_voted() {
    let privacy = Privacy { minimum_counted_ballots: 5, minimum_ballots_per_weight: 5 };
    let election = Election::build(ElectionOptions { privacy, ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.finish();
    let verification = board.expect_valid();
    let tally = verification.tally.as_ref().unwrap();
    assert_eq!((tally.ballots(), tally.weight()), (0, 0));
    let nothing = Count { ballots: 0, weight: 0, options: vec![0, 0], blank: None, detail: vec![] };
    assert_eq!(counted(&verification), Some(vec![nothing]));
    assert_eq!(verification.report.result.unwrap().contests[0].withheld, None);
}

fn at_stage(board: &Board<'_>, stage: Stage) -> Report {
    let options = VerifyOptions { stage, ..VerifyOptions::default() };
    verify(&board.record(), &options, &|_| (), &mut TestRng(2)).report
}

#[test]
fn an_election_on_its_way() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.unopened_board();
    assert!(!at_stage(&board, Stage::Voting).holds());
    board.organise(Action::Open);
    assert!(at_stage(&board, Stage::Voting).holds());
    board.everybody_votes();
    assert!(at_stage(&board, Stage::Voting).holds());
    // Defect found by this test: a board without a closing was accepted as closed.
    let report = at_stage(&board, Stage::Closed);
    assert!(!report.holds());
    let missing = "the voting is not closed".to_owned();
    assert_eq!(
        report.failures.iter().map(|it| (it.check, &it.place, &it.problem)).collect::<Vec<_>>(),
        [(CheckId::Order, &Place::Record, &missing)]
    );
    board.organise(Action::Close);
    assert!(at_stage(&board, Stage::Closed).holds());
    assert!(!at_stage(&board, Stage::Complete).holds());
    board.finish_closed();
    for stage in [Stage::Voting, Stage::Closed, Stage::Complete] {
        assert!(at_stage(&board, stage).holds());
    }
}

/// A check does not pass because it has no items: for an empty record, every check fails or is not done.
#[test]
fn an_empty_record_is_not_valid() {
    let verification = ballotta_tests::election::verify_record(&MemoryRecord::default());
    assert!(!verification.report.holds());
    let missing = (CheckId::Manifest, Place::File("manifest.json".into()), "the file is missing".to_owned());
    assert_eq!(failures(&verification), [missing]);
    assert!(verification.report.checks.iter().all(|check| check.status != Status::Passed));
    assert_eq!(verification.report.checks.len(), CheckId::ALL.len());
}

/// Quorums that are just reached or just missed.
#[test]
fn quorums() {
    use QuorumBase::{Cast, Roll};
    use QuorumOf::{Heads, Weight};
    use QuorumRule::{AtLeast, MoreThan};
    // Voters 0..6 have the weight 1, and the others have the weight 2. The sum is 14.
    let voters: Vec<(usize, u64)> = (0..10).map(|voter| (0, if voter < 6 { 1 } else { 2 })).collect();
    for (voting, of, base, rule, fraction, reached) in [
        (0..5, Heads, Roll, MoreThan, [1, 2], (5, 10, false)),
        (0..5, Heads, Roll, AtLeast, [1, 2], (5, 10, true)),
        (0..6, Heads, Roll, MoreThan, [1, 2], (6, 10, true)),
        (0..4, Heads, Roll, AtLeast, [1, 2], (4, 10, false)),
        (2..7, Weight, Roll, MoreThan, [3, 7], (6, 14, false)),
        (2..7, Weight, Roll, AtLeast, [3, 7], (6, 14, true)),
        (1..7, Weight, Roll, MoreThan, [3, 7], (7, 14, true)),
        (0..3, Heads, Cast, MoreThan, [2, 3], (3, 3, true)),
        (0..3, Heads, Cast, MoreThan, [1, 1], (3, 3, false)),
        (4..8, Weight, Cast, AtLeast, [1, 1], (6, 6, true)),
    ] {
        let quorum = Some(Quorum { of, base, rule, fraction });
        let voters = voters.clone();
        let options = ElectionOptions { voters, trustees: 1, threshold: 1, quorum, ..contest(YES_OR_NO, 2) };
        let election = Election::build(options);
        let mut board = election.open_board();
        for voter in voting {
            board.vote(voter, &[Choice::Options(vec![voter % 2])]);
        }
        board.finish();
        let result = board.expect_valid().report.result.unwrap().quorum.unwrap();
        assert_eq!((result.counted, result.base, result.reached), reached, "{result:?}");
    }
}

#[test]
fn a_second_ballot_where_one_is_allowed() {
    let options = ElectionOptions { ballots_per_credential: 1, ..ElectionOptions::default() };
    Election::build(options).run().expect_valid();
}

#[test]
fn unanimity_is_a_warning() {
    let contests = vec![(choose(1, 1, true), 2)];
    let election = Election::build(ElectionOptions { contests, ..ElectionOptions::default() });
    for (choices, alarm) in [
        ([Choice::Options(vec![1]), Choice::Options(vec![1])], true),
        ([Choice::Blank, Choice::Blank], true),
        ([Choice::Options(vec![1]), Choice::Blank], false),
    ] {
        let mut board = election.open_board();
        for (voter, choice) in choices.into_iter().enumerate() {
            board.vote(voter, &[choice]);
        }
        board.finish();
        let warnings = board.expect_valid().report.warnings;
        assert_eq!(warnings.iter().any(|warning| warning.contains("everybody who voted")), alarm, "{warnings:?}");
    }
}

fn pinned(board: &Board<'_>, options: VerifyOptions) -> Vec<(CheckId, Place, String)> {
    failures(&verify(&board.record(), &options, &|_| (), &mut TestRng(2)))
}

#[test]
fn a_pinned_fingerprint() {
    let election = Election::build(ElectionOptions::default());
    let board = election.run();
    let own = *election.context.fingerprint();
    let pin = |fingerprint| VerifyOptions {
        fingerprint: Some(WrittenFingerprint::from(fingerprint)),
        ..VerifyOptions::default()
    };
    assert_eq!(pinned(&board, pin(own)), []);
    let other = Fingerprint::from_bytes([7; 32]);
    let problem = format!("the election has the fingerprint {}, not the pinned {}", own.written(), other.written());
    let refused = [(CheckId::PinnedFingerprint, Place::Record, problem)];
    assert_eq!(pinned(&board, pin(other)), refused);
    // What a person was given, in the form for people.
    let typed = |text: &str| VerifyOptions { fingerprint: Some(text.parse().unwrap()), ..VerifyOptions::default() };
    assert_eq!(pinned(&board, typed(&own.written().to_lowercase())), []);
    assert_eq!(pinned(&board, typed(&other.written())), refused);
}

/// Attacks L1 and L2: the board must continue a checkpoint that somebody has seen.
#[test]
fn a_pinned_checkpoint() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    board.everybody_votes();
    let seen = board.head();
    let fork = {
        // The board drops the last ballot, after it was seen.
        let mut fork = board.clone();
        fork.entries.pop();
        fork.chosen.remove(&9);
        fork.finish();
        fork
    };
    board.finish();
    fork.expect_valid();
    let pin = |head| VerifyOptions { checkpoints: vec![head], ..VerifyOptions::default() };
    let refused = |size| {
        let problem = format!("the board does not continue the pinned one of {size} entries");
        (CheckId::PinnedCheckpoint, Place::Record, problem)
    };
    assert_eq!(pinned(&board, pin(seen)), []);
    assert_eq!(pinned(&board, pin(board.head())), []);
    assert_eq!(pinned(&fork, pin(fork.head())), []);
    assert_eq!(pinned(&fork, pin(seen)), [refused(seen.size)]);
    // A copy that is older than the pinned board may be that of a board from which entries were removed, but it proves nothing.
    let older = board.head().size;
    let problem = format!(
        "the board does not continue the pinned one of {older} entries: this copy is older, and has {}",
        fork.head().size
    );
    assert_eq!(pinned(&fork, pin(board.head())), [(CheckId::PinnedCheckpoint, Place::Record, problem)]);
    let report = verify(&fork.record(), &pin(board.head()), &|_| (), &mut TestRng(2)).report;
    assert_eq!((report.verdict, report.awaited()), (Some(Verdict::NotComplete), vec![Role::Board]));
    // Each of several heads is compared.
    let both = VerifyOptions { checkpoints: vec![fork.head(), seen], ..VerifyOptions::default() };
    assert_eq!(pinned(&fork, both), [refused(seen.size)]);
    // Two boards of the same size.
    let same_size = ballotta::merkle::TreeHead { root: TreeHash::from_bytes([1; 32]), ..board.head() };
    assert_eq!(pinned(&board, pin(same_size)), [refused(same_size.size)]);
}

/// A source that serves other entries when it is read again.
struct Changing {
    first: MemoryRecord,
    then: MemoryRecord,
    read: Mutex<BTreeSet<String>>,
}

impl RecordSource for Changing {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.first.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let again = path.starts_with("tile/") && !self.read.lock().unwrap().insert(path.into());
        if again { &self.then } else { &self.first }.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.first.list()
    }
}

/// The board is read twice. In the second reading, the source serves another valid ballot, which must not be counted.
#[test]
fn a_board_that_changes_between_the_readings() {
    let election = Election::build(ElectionOptions::default());
    let voted = |option| {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Options(vec![option])]);
        board.vote(1, &[Choice::Options(vec![0])]);
        board.finish();
        board
    };
    let (honest, other) = (voted(0), voted(1));
    let mut swapped = honest.clone();
    let ballot = honest.entries.iter().zip(&other.entries).position(|(one, other)| one != other).unwrap();
    swapped.entries[ballot] = other.entries[ballot].clone();
    let (first, then) = (honest.record(), swapped.record());
    let tile = first.files.keys().find(|path| path.starts_with("tile/entries/")).unwrap().clone();
    assert_eq!(first.files[&tile].len(), then.files[&tile].len());
    assert_ne!(first.files[&tile], then.files[&tile]);
    let source = Changing { first, then, read: Mutex::default() };
    let verification = verify(&source, &VerifyOptions::default(), &|_| (), &mut TestRng(2));
    let problem = "the file changed while it was read".to_owned();
    assert_eq!(failures(&verification), [(CheckId::Entries, Place::File(tile), problem)]);
    assert_eq!((verification.tally.is_none(), verification.report.verdict), (true, None));
    assert!(verification.report.failures[0].who.is_empty(), "nobody knows who changed the file");
}

/// Every file that the manifest or the board names by its bytes is found if it is lost, and a copy of it is given its place.
#[test]
fn files_that_are_lost_are_known_by_their_bytes() {
    let election = Election::build(ElectionOptions {
        authorities: 2,
        attachments: vec!["The rules."],
        ..ElectionOptions::default()
    });
    let board = election.run();
    let whole = board.record();
    let rng = &mut TestRng(3);
    let bound = BoundFiles::read(&whole, election.context.manifest().clone(), rng).unwrap();
    assert_eq!(bound.lost(&whole, rng), Ok(vec![]));
    let is_bound =
        |path: &&String| !path.starts_with("tile/") && !["manifest.json", "checkpoint"].contains(&path.as_str());
    let bound_files: Vec<&String> = whole.files.keys().filter(is_bound).collect();
    for kind in ["ceremony/", "decryption/", "parts/", "attachments/", "result/", ROLL, FILE_LIST] {
        assert!(bound_files.iter().any(|path| path.starts_with(kind)), "{kind}: {bound_files:?}");
    }
    for path in bound_files {
        let bytes = &whole.files[path];
        assert_eq!(bound.paths_of(&whole, bytes, rng).as_deref(), Ok(std::slice::from_ref(path)));
        let mut lost = whole.clone();
        lost.files.remove(path);
        // A record may lack an attachment. Without the list of files, nothing shows which other ones it must have.
        let is_lost = !path.starts_with("attachments/");
        assert_eq!(bound.lost(&lost, rng), Ok(if is_lost { vec![path.clone()] } else { vec![] }));
        assert_eq!(bound.paths_of(&lost, bytes, rng).as_deref(), Ok(std::slice::from_ref(path)));
        let damaged = [bytes.as_slice(), b"\n"].concat();
        assert_eq!(bound.paths_of(&whole, &damaged, rng), Ok(vec![]));
        lost.files.insert(path.clone(), damaged);
        assert_eq!(bound.lost(&lost, rng), Ok(vec![path.clone()]));
    }
    // A signature that the office has not made, and that names other parts, does not take the place of its own.
    let mut board = election.unopened_board();
    let place = board.entries.iter().position(|entry| entry[2] == 8).unwrap();
    let mut forged = board.entries[place][3..].to_vec();
    let parts = forged.len() - 64 - 32;
    forged[parts] ^= 1;
    board.push(EntryKind::RollSignature, &forged);
    let entry = board.entries.pop().unwrap();
    board.entries.insert(place, entry);
    board.organise(Action::Open);
    let record = board.record();
    let bound = BoundFiles::read(&record, election.context.manifest().clone(), rng).unwrap();
    assert_eq!(bound.lost(&record, rng), Ok(vec![]));
    assert_eq!(bound.paths_of(&record, &record.files["parts/1"], rng), Ok(vec!["parts/1".to_owned()]));
    // A list that names them does not make the checkpoint or entries replaceable by older ones.
    let mut board = election.run();
    let old = FileList::parse(&board.files[FILE_LIST]).unwrap();
    let mut list = FileList::default();
    old.iter().for_each(|(path, _)| list.add(path, &board.files[path]));
    let never = ["checkpoint", "manifest.json", "tile/entries/000.p/1", "tile/entries/000"];
    never.iter().for_each(|path| list.add(path, b"an older one"));
    list.add("result/chart.svg", b"an older one");
    board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
    let record = board.record();
    let bound = BoundFiles::read(&record, election.context.manifest().clone(), rng).unwrap();
    assert_eq!(bound.paths_of(&record, b"an older one", rng), Ok(vec!["result/chart.svg".to_owned()]));
    assert_eq!(bound.lost(&record, rng), Ok(vec!["result/chart.svg".to_owned()]));
}
