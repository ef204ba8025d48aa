//! The side of the voter: choices by name, the encoding of openings, reading an election, and the status of a ballot.

use ballotta::ballot::{
    AdmissionError, BallotOpening, BallotSeed, ChoiceError, ChoiceErrors, ChoiceProblem, Choices, Mark, OpeningError,
    PreparedBallot, SignedBallot,
};
use ballotta::board::entry::{Action, EntryKind, OrganiserEntry};
use ballotta::contest::SelectionError;
use ballotta::encoding::DecodeError;
use ballotta::group::Scalar;
use ballotta::hash::{Fingerprint, Tracker};
use ballotta::manifest::Closing;
use ballotta::record::{self, MemoryRecord, PublishedBoard, ReadError, RecordError};
use ballotta::voter::{
    self, BallotStatus, BallotsLeft, CheckpointWitnesses, NextBallot, Purpose, RecordFetch, VoterError, Window,
};
use ballotta::weaken::{Check, Weaken};
use ballotta::written::{VoterNumber, WrittenFingerprint, WrittenTracker};
use ballotta_tests::election::{
    Ballot, Board, Choice, Election, ElectionOptions, YES_OR_NO, choose, of_style, verify_record,
};
use ballotta_tests::rng::TestRng;

fn choices(json: &str) -> Choices {
    Choices::from_json(json.as_bytes()).unwrap()
}

fn two_contests() -> Election {
    Election::build(ElectionOptions {
        contests: vec![(choose(1, 2, true), 3), (YES_OR_NO, 2), (YES_OR_NO, 2)],
        styles: vec![vec![0, 1], vec![2]],
        voters: vec![(0, 1), (0, 1), (1, 1)],
        ..ElectionOptions::default()
    })
}

#[test]
fn choices_are_read_strictly() {
    for valid in ["{}", r#"{"a":"blank"}"#, r#"{"a":{"options":[]},"b":{"options":["x","y"]}}"#] {
        assert_eq!(*choices(valid).to_json(), valid);
    }
    assert_eq!(*choices(" { \"a\" :\n{\"options\": [ \"x\" ] } } ").to_json(), r#"{"a":{"options":["x"]}}"#);
    let malformed = |contest: Option<&str>| (contest.map(str::to_owned), ChoiceProblem::Malformed);
    let unknown = |contest: &str| (Some(contest.to_owned()), ChoiceProblem::UnknownKind);
    for (json, expected) in [
        ("", malformed(None)),
        ("[]", malformed(None)),
        ("{} {}", malformed(None)),
        (r#"{"a":"blank",}"#, malformed(None)),
        (r#"{"a":null}"#, malformed(Some("a"))),
        (r#"{"a":1}"#, malformed(Some("a"))),
        (r#"{"a":["x"]}"#, malformed(Some("a"))),
        (r#"{"a":{}}"#, malformed(Some("a"))),
        (r#"{"a":{"options":"x"}}"#, malformed(Some("a"))),
        (r#"{"a":{"options":[1]}}"#, malformed(Some("a"))),
        (r#"{"a":{"options":[["x"]]}}"#, malformed(Some("a"))),
        (r#"{"a":{"options":["x"],"options":["y"]}}"#, malformed(Some("a"))),
        (r#"{"a":{"options":["x"],"more":1}}"#, malformed(Some("a"))),
        (r#"{"\u0061":"blank"}"#, malformed(None)),
        (r#"{"a":"none"}"#, unknown("a")),
        (r#"{"a":{"scores":{"x":1}}}"#, unknown("a")),
        (r#"{"a":{"blank":null}}"#, unknown("a")),
    ] {
        let error = Choices::from_json(json.as_bytes()).err().unwrap();
        assert_eq!((error.contest, error.problem), expected, "{json}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Choices::from_json(deep.as_bytes()).err().unwrap().problem, ChoiceProblem::Malformed);
    let many: Vec<String> = (0..257).map(|contest| format!(r#""c{contest}":"blank""#)).collect();
    let many = format!("{{{}}}", many.join(","));
    assert_eq!(Choices::from_json(many.as_bytes()).err().unwrap().problem, ChoiceProblem::Malformed);
    let long = format!(r#"{{"a":{{"options":["{}"]}}}}"#, "x".repeat(1 << 18));
    assert_eq!(Choices::from_json(long.as_bytes()).err().unwrap().problem, ChoiceProblem::Malformed);
}

#[test]
fn every_rule_that_choices_break_is_named() {
    let election = two_contests();
    let check = |json: &str| -> Vec<(String, &'static str, String)> {
        let named = |error: ChoiceError| (error.field(), error.problem.rule(), error.to_string());
        let checked = choices(json).check(&election.context, of_style(0));
        checked.err().map(ChoiceErrors::into_errors).unwrap_or_default().into_iter().map(named).collect()
    };
    let fault = |field: &str, rule, text: &str| (field.to_owned(), rule, text.to_owned());
    assert_eq!(check(r#"{"c0":{"options":["o0","o2"]},"c1":{"options":["o1"]}}"#), []);
    assert_eq!(check(r#"{"c1":{"options":["o1"]},"c0":"blank"}"#), []);
    assert_eq!(
        check(r#"{"c0":{"options":["o0","o1","o2"]},"c1":"blank","c2":"blank"}"#),
        [
            fault("c0", "overvote", "contest c0: 3 options are selected, but at most 2 may be selected"),
            fault("c1", "blank-not-allowed", "contest c1: the contest does not allow a blank vote"),
            fault("c2", "unknown-contest", "there is no contest c2 on this ballot"),
        ]
    );
    assert_eq!(
        check(r#"{"c0":{"options":[]},"c0":{"options":["o1"]}}"#),
        [
            fault("c0", "undervote", "contest c0: 0 options are selected, but at least 1 must be selected"),
            fault("c0", "duplicate-contest", "contest c0: the contest appears twice in the choices"),
            fault("c1", "missing-contest", "contest c1 has no choice"),
        ]
    );
    assert_eq!(
        check(r#"{"c0":{"options":["o1","o1"]},"c1":{"options":["<b>"]}}"#),
        [
            fault("c0", "duplicate-option", "contest c0: an option is selected twice"),
            fault("c1/<b>", "unknown-option", "contest c1 has no option <b>"),
        ]
    );
    let errors = choices("{}").check(&election.context, of_style(7)).err().unwrap();
    assert_eq!(errors.errors()[0].problem, ChoiceProblem::UnknownStyle);
    let errors = choices(r#"{"c2":"blank"}"#).check(&election.context, of_style(1)).err().unwrap();
    assert_eq!(errors.errors()[0].problem, ChoiceProblem::Selection(SelectionError::BlankNotAllowed));
}

/// Choices by name and by number give the same ballot, and the ballot gives them back.
#[test]
fn names_and_numbers_are_the_same_choices() {
    let election = two_contests();
    let json = r#"{"c0":{"options":["o2","o0"]},"c1":{"options":["o1"]}}"#;
    assert_eq!(*choices(json).to_json(), json);
    let by_number = election.ballot(0, &[Choice::Options(vec![2, 0]), Choice::Options(vec![1])]);
    let expected = by_number.prepare();
    let mut built = Choices::new();
    built.mark("c0", Mark::Options(vec!["o2".into(), "o0".into()]));
    built.mark("c1", Mark::Options(vec!["o1".into()]));
    assert_eq!(*built.to_json(), json);
    let credential = expected.unsigned().credential();
    for choices in [choices(json), built] {
        let seed = seed(&expected);
        let again = PreparedBallot::prepare(&election.context, credential, of_style(0), choices, None, seed).unwrap();
        assert_eq!(again.unsigned(), expected.unsigned());
        assert_eq!(*again.expose_choices().to_json(), json);
    }
}

/// The seed of a ballot, from the bytes of its opening.
fn seed(ballot: &PreparedBallot) -> BallotSeed {
    let bytes = ballot.expose_bytes();
    BallotSeed::from_bytes(*bytes[2..].first_chunk().unwrap())
}

#[test]
fn an_opening_has_one_encoding() {
    let election = two_contests();
    let context = &election.context;
    let ballot = election.ballot(0, &[Choice::Options(vec![0, 2]), Choice::Options(vec![1])]);
    let tracker = ballot.tracker();
    let bytes = ballot.prepare().open().expose_bytes();
    let opening = BallotOpening::decode(context, &bytes).unwrap();
    assert_eq!(*opening.expose_bytes(), *bytes);
    let voter = VoterNumber::of(ballot.prepare().unsigned().credential());
    let opened = opening.check(context, &tracker.into(), &voter).unwrap();
    assert_eq!(opened.credential(), election.credentials[0].public());
    let json = r#"{"c0":{"options":["o0","o2"]},"c1":{"options":["o1"]}}"#;
    assert_eq!(*opened.expose_choices().to_json(), json);
    // The bytes that a device keeps until the voter casts or opens the ballot.
    assert_eq!(*ballot.prepare().expose_bytes(), *bytes);
    assert_eq!(*PreparedBallot::from_bytes(context, &bytes).unwrap().tracker(), tracker);

    let decode = |bytes: &[u8]| BallotOpening::decode(context, bytes).err().unwrap();
    let check = |bytes: &[u8]| {
        let opening = BallotOpening::decode(context, bytes);
        opening.and_then(|opening| opening.check(context, &tracker.into(), &voter)).err()
    };
    let frame = &bytes[..bytes.len() - json.len()];
    let other = |json: &str| [frame, json.as_bytes()].concat();
    assert_eq!(other(json), *bytes);
    // Choices that the ballot does not contain, another seed, another tracker.
    let lie = other(r#"{"c0":{"options":["o0","o1"]},"c1":{"options":["o1"]}}"#);
    assert_eq!(check(&lie), Some(OpeningError::BallotMismatch));
    assert_eq!(PreparedBallot::from_bytes(context, &lie).err(), Some(OpeningError::BallotMismatch));
    let mut seed = bytes.to_vec();
    seed[5] ^= 1;
    assert_eq!(check(&seed), Some(OpeningError::BallotMismatch));
    let shown =
        BallotOpening::decode(context, &bytes).unwrap().check(context, &Tracker::from_bytes([7; 32]).into(), &voter);
    assert_eq!(shown.err(), Some(OpeningError::TrackerMismatch { found: tracker }));
    // The choices are not in canonical form, or are not allowed.
    let malformed = |error: OpeningError| match error {
        OpeningError::Choices(errors) => errors.errors()[0].problem.clone(),
        error => panic!("{error}"),
    };
    assert_eq!(malformed(decode(&other(&format!("{json} ")))), ChoiceProblem::Malformed);
    assert_eq!(malformed(decode(&other(r#"{"c0":"blank"}"#))), ChoiceProblem::MissingContest);
    // Cut short, too long, of another version or election.
    for length in 0..frame.len() {
        assert!(
            matches!(decode(&bytes[..length]), OpeningError::Encoding(DecodeError::Truncated { .. })),
            "{length} bytes"
        );
    }
    let field = |field, found, limit| OpeningError::Encoding(DecodeError::LimitExceeded { field, found, limit });
    let mut long = bytes.to_vec();
    long[34..38].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode(&long), field("ballot", u64::from(u32::MAX), 65_535));
    assert_eq!(decode(&other(&"x".repeat((1 << 18) + 1))), field("choices", (1 << 18) + 1, 1 << 18));
    let mut version = bytes.to_vec();
    version[1] = 0;
    assert_eq!(decode(&version), OpeningError::Encoding(DecodeError::UnsupportedVersion { found: [1, 0] }));
    let elsewhere = Election::build(ElectionOptions { seed: 2, ..election.options.clone() });
    assert_eq!(BallotOpening::decode(&elsewhere.context, &bytes).err(), Some(OpeningError::WrongElection));
}

fn read(record: &MemoryRecord) -> Result<voter::Election, VoterError> {
    voter::Election::read(record, &mut TestRng(5))
}

/// The status of the ballot that a voter of the election, counted from 0, finds under a tracker as people write it.
fn find(election: &Election, record: &MemoryRecord, voter: usize, tracker: &Tracker) -> BallotStatus {
    let number = VoterNumber::of(election.credentials[voter].public());
    let found =
        |tracker: &WrittenTracker| read(record).unwrap().find(record, tracker, &number, &mut TestRng(6)).unwrap();
    let status = found(&tracker.written().parse().unwrap());
    assert_eq!(found(&(*tracker).into()), status, "the digits and the written form name one ballot");
    status
}

#[test]
fn entries_that_the_organiser_did_not_sign_neither_open_nor_close() {
    let election = Election::build(ElectionOptions::default());
    let stranger = &election.trustee_keys[0];
    let forged =
        |action| OrganiserEntry::sign(action, election.context.fingerprint(), stranger, &mut TestRng(9)).encode();
    let mut board = election.unopened_board();
    board.push(EntryKind::Open, &forged(Action::Open));
    assert_eq!(read(&board.record()).unwrap().window, Window { opened: None, closed: None });
    assert_eq!(read(&board.record()).unwrap().is_open(), Err(VoterError::NotOpen));
    let opened = board.organise(Action::Open);
    board.vote(0, &[Choice::Options(vec![0])]);
    board.push(EntryKind::Close, &forged(Action::Close));
    let other = Fingerprint::from_bytes([3; 32]);
    board.push(
        EntryKind::Close,
        &OrganiserEntry::sign(Action::Close, &other, &election.organiser, &mut TestRng(9)).encode(),
    );
    board.push(EntryKind::Close, b"noise");
    assert_eq!(read(&board.record()).unwrap().window, Window { opened: Some(opened), closed: None });
    assert_eq!(read(&board.record()).unwrap().is_open(), Ok(()));
    let ballot = board.vote(1, &[Choice::Options(vec![1])]);
    let closed = board.organise(Action::Close);
    let record = board.record();
    let election_read = read(&record).unwrap();
    assert_eq!(election_read.window, Window { opened: Some(opened), closed: Some(closed) });
    assert_eq!(find(&election, &record, 1, &board.heads[&1]), BallotStatus::Counted { index: ballot });
    // The verifier counts the same ballots.
    assert_eq!(verify_record(&record).tally.map(|tally| tally.ballots()), Some(2));
}

#[test]
fn what_became_of_a_ballot() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    let choice = |option| [Choice::Options(vec![option])];
    let first = board.vote(0, &choice(0));
    let first_tracker = board.heads[&0];
    // A copy with an invalid signature comes before the copied ballot. The ballot is still found.
    let other = election.ballot(2, &choice(1));
    let copied = other.cast();
    let mut garbled = copied.to_bytes();
    *garbled.last_mut().unwrap() ^= 1;
    board.push_ballot(&garbled);
    let genuine = board.push_ballot(&copied.to_bytes());
    let second = board.vote(0, &choice(1));
    let second_tracker = board.heads[&0];
    let fork = election.ballot(0, &choice(0)).cast();
    let fork_at = board.push_ballot(&fork.to_bytes());
    board.organise(Action::Close);
    let late = election.ballot(3, &choice(0)).cast();
    let late_at = board.push_ballot(&late.to_bytes());

    let record = board.record();
    assert_eq!(
        find(&election, &record, 0, &first_tracker),
        BallotStatus::Superseded { index: first, by: second_tracker, by_index: second }
    );
    assert_eq!(find(&election, &record, 0, &second_tracker), BallotStatus::Counted { index: second });
    assert_eq!(find(&election, &record, 2, copied.tracker()), BallotStatus::Counted { index: genuine });
    let error = AdmissionError::RevoteFork { head: Some(second) };
    assert_eq!(find(&election, &record, 0, fork.tracker()), BallotStatus::Void { index: fork_at, error });
    assert_eq!(
        find(&election, &record, 3, late.tracker()),
        BallotStatus::Void { index: late_at, error: AdmissionError::Closed }
    );
    assert_eq!(find(&election, &record, 0, &Tracker::from_bytes([1; 32])), BallotStatus::Missing);
    // H2, clash: the tracker of another voter's ballot is that of no ballot of this voter.
    assert_eq!(find(&election, &record, 3, copied.tracker()), BallotStatus::OfAnotherVoter { index: genuine - 1 });
    let _weak = Weaken::without(Check::VoterNumber);
    assert_eq!(find(&election, &record, 3, copied.tracker()), BallotStatus::Counted { index: genuine });
}

/// If two ballots have the same `R`, only the first is valid, even if they have different credentials.
#[test]
fn a_ballot_with_the_randomness_of_somebody_else() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    let cast = |board: &mut Board<'_>, voter: usize, nonce: u64| {
        let key_pair = election.credentials[voter].key_pair();
        let ballot = election.ballot_under(Scalar::from(nonce), 0, key_pair);
        (board.push_ballot(&ballot), SignedBallot::tracker_of(&ballot).unwrap())
    };
    let (first, first_tracker) = cast(&mut board, 0, 5);
    let (second, second_tracker) = cast(&mut board, 1, 5);
    // The second ballot is void, so this is the first valid ballot of its voter. To know this, a voter must read the
    // ballots of other credentials.
    let (third, third_tracker) = cast(&mut board, 1, 6);
    let (fourth, fourth_tracker) = cast(&mut board, 2, 6);
    board.organise(Action::Close);
    let record = board.record();
    let repeated = |index, first| BallotStatus::Void { index, error: AdmissionError::RepeatedRandomness { first } };
    assert_eq!(find(&election, &record, 0, &first_tracker), BallotStatus::Counted { index: first });
    assert_eq!(find(&election, &record, 1, &second_tracker), repeated(second, first));
    assert_eq!(find(&election, &record, 1, &third_tracker), BallotStatus::Counted { index: third });
    assert_eq!(find(&election, &record, 2, &fourth_tracker), repeated(fourth, third));
    // The verifier says the same.
    let verification = verify_record(&record);
    assert_eq!(verification.tally.map(|tally| tally.ballots()), Some(2));
    // A ballot that does not count cannot be a predecessor.
    let read = read(&record).unwrap();
    let line = read.line(&record, election.credentials[2].public().as_bytes()).unwrap().unwrap();
    let history = voter::History::read(&read, &record, &line, &mut TestRng(7)).unwrap();
    assert_eq!((history.ballots().len(), history.counted()), (1, None));
}

/// A voter learns that no further ballot is admitted before it is prepared.
#[test]
fn a_voter_who_has_cast_all_ballots() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 2, ..ElectionOptions::default() });
    let mut board = election.open_board();
    let code = election.codes[0].parse().unwrap();
    let predecessor = |board: &Board<'_>| {
        let record = board.record();
        let read = read(&record).unwrap();
        let own = read.voter(&record, &code).unwrap();
        let next = own.next_ballot(&read, &record, &mut TestRng(7));
        assert_eq!(own.predecessor(&read, &record, &mut TestRng(7)), next.clone().map(|next| next.previous));
        next
    };
    let next = |previous, left| Ok(NextBallot { previous, left: BallotsLeft::Exactly(left) });
    assert_eq!(predecessor(&board), next(None, 2));
    board.vote(0, &[Choice::Options(vec![0])]);
    assert_eq!(predecessor(&board), next(Some(board.heads[&0]), 1));
    // A void ballot is not counted.
    board.push_ballot(&Ballot { seed: 3, ..election.ballot(0, &[Choice::Options(vec![0])]) }.cast().to_bytes());
    assert_eq!(predecessor(&board), next(Some(board.heads[&0]), 1));
    board.vote(0, &[Choice::Options(vec![1])]);
    assert_eq!(predecessor(&board), Err(VoterError::BallotLimit { limit: 2 }));
}

#[test]
fn a_voter_prepares_after_the_ballot_that_counts() {
    for ballots_per_credential in [16, 1] {
        let election = Election::build(ElectionOptions { ballots_per_credential, ..ElectionOptions::default() });
        let mut board = election.open_board();
        board.vote(0, &[Choice::Options(vec![0])]);
        let record = board.record();
        let read = read(&record).unwrap();
        let line = read.line(&record, election.credentials[0].public().as_bytes()).unwrap().unwrap();
        let history = voter::History::read(&read, &record, &line, &mut TestRng(7)).unwrap();
        assert_eq!(history.counted().map(|ballot| ballot.tracker), Some(board.heads[&0]));
        assert_eq!(read.line(&record, &[9; 32]).unwrap(), None);
        let (found, other) = (*election.context.fingerprint(), Fingerprint::from_bytes([3; 32]));
        for own in [WrittenFingerprint::from(found), found.written().parse().unwrap()] {
            assert_eq!(read.expect(&own), Ok(()));
        }
        for expected in [WrittenFingerprint::from(other), other.written().parse().unwrap()] {
            let refused = VoterError::OtherElection { found, expected: expected.clone() };
            assert_eq!(refused.to_string().matches(" F-").count(), 2, "{refused}");
            assert_eq!(read.expect(&expected), Err(refused));
        }
    }
}

#[test]
fn a_server_that_swaps_files_is_refused() {
    let election = two_contests();
    let other = Election::build(ElectionOptions { seed: 2, ..election.options.clone() });
    let (board, other) = (election.open_board().record(), other.open_board().record());
    let swapped = |path: &str| {
        let mut record = board.clone();
        record.files.insert(path.into(), other.files[path].clone());
        read(&record).err().unwrap()
    };
    assert_eq!(swapped(record::MANIFEST).code(), "bad-checkpoint");
    assert_eq!(swapped(record::CHECKPOINT).code(), "bad-checkpoint");
    assert_eq!(swapped(record::ROLL).code(), "bad-roll");
    let bundle = board.files.keys().find(|path| path.starts_with("tile/")).unwrap().clone();
    assert_eq!(swapped(&bundle).code(), "bad-root");
    for path in board.files.keys() {
        let mut record = board.clone();
        record.files.remove(path);
        let missing = RecordError::File { path: path.clone(), error: ReadError::Missing };
        assert_eq!(read(&record).err(), Some(missing.into()));
        if path.starts_with("ceremony/") {
            let mut record = board.clone();
            record.files.get_mut(path).unwrap()[0] ^= 1;
            assert_eq!(read(&record).err(), Some(RecordError::OtherFile { path: path.clone() }.into()));
        }
    }
    // A roll with another weight is a valid roll, but its fingerprint is not the one that was opened.
    let mut record = board.clone();
    let roll = String::from_utf8(board.files[record::ROLL].clone()).unwrap();
    let lines: Vec<&str> = roll.lines().collect();
    let shorter = lines[..lines.len() - 1].join("\n") + "\n";
    record.files.insert(record::ROLL.into(), shorter.into_bytes());
    assert!(matches!(read(&record), Err(VoterError::OpenedAnother { .. })));
    // A roll that changes after it was read.
    let mut record = board.clone();
    let read = read(&record).unwrap();
    let roll = record.files.get_mut(record::ROLL).unwrap();
    let end = roll.len() - 2;
    roll[end] ^= 1;
    let line = read.line(&record, election.credentials[0].public().as_bytes());
    assert_eq!(line, Err(RecordError::Changed { path: record::ROLL.into() }.into()));
}

#[test]
fn the_witnesses_of_the_close() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = election.open_board();
    board.everybody_votes();
    let witnesses = |board: &Board<'_>| {
        let record = board.record();
        read(&record).unwrap().closing_witnesses(&record)
    };
    assert_eq!(witnesses(&board), Ok(None));
    board.organise(Action::Close);
    let expected = |cosigned| Ok(Some(CheckpointWitnesses { cosigned, members: 3, quorum: 2 }));
    assert_eq!(witnesses(&board), expected(0));
    let tally = board.tally();
    for cosigned in [1, 2] {
        let checkpoint = board.closing_checkpoint(&tally, cosigned).to_string().into_bytes();
        board.files.insert(record::CLOSING_CHECKPOINT.into(), checkpoint);
        assert_eq!(witnesses(&board), expected(cosigned));
        assert_eq!(witnesses(&board).unwrap().unwrap().enough(), cosigned == 2);
    }
    // Another board with the same cosignatures.
    let mut other = election.open_board();
    other.vote(0, &[Choice::Options(vec![1])]);
    other.organise(Action::Close);
    other.files.insert(record::CLOSING_CHECKPOINT.into(), board.files[record::CLOSING_CHECKPOINT].clone());
    assert_eq!(witnesses(&other), Err(VoterError::TwoHistories));
}

/// Fetches a record as a static web server serves it.
fn fetch(record: &MemoryRecord, purpose: Purpose) -> (MemoryRecord, usize) {
    let mut fetch = RecordFetch::new(purpose);
    for round in 0..100 {
        let wanted = fetch.wanted();
        if wanted.is_empty() {
            return (fetch.into_record(), round);
        }
        for wanted in wanted {
            match record.files.get(&wanted.path) {
                Some(bytes) => {
                    assert!(bytes.len() as u64 <= wanted.limit, "{}", wanted.path);
                    fetch.add(&wanted.path, bytes.clone());
                }
                None => fetch.absent(&wanted.path),
            }
        }
    }
    panic!("the fetching does not end");
}

#[test]
fn files_are_fetched_that_are_needed_and_no_others() {
    let election = Election::build(ElectionOptions { voters: vec![(0, 1); 300], ..ElectionOptions::default() });
    let mut board = election.open_board();
    let empty = MemoryRecord::default();
    assert_eq!(fetch(&empty, Purpose::Vote), (empty, 1));
    let open = board.record();
    assert_eq!(fetch(&open, Purpose::Vote), (open.clone(), 3));
    board.everybody_votes();
    board.finish();
    let complete = board.record();
    let (whole, _) = fetch(&complete, Purpose::Verify);
    assert_eq!(whole, complete);
    let (voting, _) = fetch(&complete, Purpose::Vote);
    assert!(voting.files.keys().all(|path| !path.starts_with("decryption/") && !path.starts_with("result/")));
    let found = |record| find(&election, record, 7, &board.heads[&7]);
    assert_eq!(found(&voting), found(&complete));
    // Fetching ends, whichever file is missing or damaged.
    for path in complete.files.keys() {
        for bytes in [None, Some(b"noise".to_vec())] {
            let mut record = complete.clone();
            match bytes {
                None => record.files.remove(path),
                Some(bytes) => record.files.insert(path.clone(), bytes),
            };
            fetch(&record, Purpose::Verify);
        }
    }
}

/// No voter casts a ballot if the organiser opened with a roll that no authority signed.
#[test]
fn a_roll_that_the_authority_did_not_sign() {
    let election = Election::build(ElectionOptions::default());
    let read = |board: &Board<'_>| voter::Election::read(&board.record(), &mut TestRng(1)).map(|_| ());
    let mut board = election.unopened_board();
    let signature = board.entries.pop().unwrap();
    assert_eq!(read(&board), Ok(()), "before the opening nobody has to sign");
    let refused = Err(VoterError::RollNotSigned { authority: 1 });
    let mut opened = board.clone();
    opened.organise(Action::Open);
    assert_eq!(read(&opened), refused);
    opened.sign_roll(1);
    assert_eq!(read(&opened), refused, "too late");
    // An invalid signature before or after the valid one changes nothing.
    let mut junk = signature.clone();
    *junk.last_mut().unwrap() ^= 1;
    for entries in [vec![junk.clone()], vec![junk.clone(), signature.clone()], vec![signature, junk]] {
        let mut board = board.clone();
        board.entries.extend(entries.clone());
        board.organise(Action::Open);
        assert_eq!(read(&board), if entries.len() == 1 { refused.clone() } else { Ok(()) });
    }
}

/// A board may repeat messages of the ceremony without end: clients keep as many as a ceremony has, four of each trustee, as
/// verifiers do.
#[test]
fn messages_of_the_ceremony_are_kept_up_to_a_limit() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.unopened_board();
    let whole = board.clone();
    for number in 0..50_u32 {
        board.push_file(EntryKind::Ceremony, 1, &number.to_le_bytes());
    }
    let (record, manifest) = (board.record(), election.context.manifest());
    let messages = |record: &MemoryRecord| {
        let read = PublishedBoard::read(record, manifest, &mut |_| (), &mut TestRng(1)).unwrap();
        read.ceremony_messages(record).unwrap()
    };
    assert_eq!(messages(&record).len(), 4 * 3);
    assert_eq!(messages(&record), messages(&whole.record()));
}
