//! Logs that a dishonest board signed: the report names every entry that breaks a rule, with its place and the rule.
//! The tally contains the other ballots. If a check of a ballot can be switched off, the forgery passes without the
//! check.

use std::iter::zip;

use ballotta::ballot::{AdmissionError, Candidate, verify_ballots};
use ballotta::board::board_origin;
use ballotta::board::entry::{Action, EntryKind, OrganiserEntry};
use ballotta::credential::{RollLine, RollProblem, RollSignature, RollSignatureError};
use ballotta::encoding::DecodeError;
use ballotta::group::{Scalar, SecretScalar};
use ballotta::hash::{FileHash, Tracker};
use ballotta::index::AuthorityIndex;
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record;
use ballotta::verifier::{CheckId, Place};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{
    Ballot, Board, Choice, Election, ElectionOptions, YES_OR_NO, counted, failures, verify_record,
};
use ballotta_tests::rng::TestRng;

const SIGNATURE: usize = 64;

/// Eight voters of two styles.
fn options() -> ElectionOptions {
    ElectionOptions {
        contests: vec![(YES_OR_NO, 2), (YES_OR_NO, 3)],
        styles: vec![vec![0], vec![0, 1]],
        voters: (0..8).map(|voter| (voter / 4, 1 + voter as u64 % 2)).collect(),
        trustees: 2,
        threshold: 1,
        ..ElectionOptions::default()
    }
}

fn option(option: usize) -> Choice {
    Choice::Options(vec![option])
}

/// A forgery: what is appended to a board, and its position.
type Forge<'f> = &'f dyn Fn(&mut Board<'_>) -> u64;

fn failure(board: &Board<'_>, (check, index, problem): (CheckId, u64, String)) -> (CheckId, Place, String) {
    (check, board.place(index), problem)
}

/// All voters except voter 0 vote. `forge` adds a ballot between theirs and returns its position. The verifier refuses
/// this ballot with `error`, and finds nothing else that is wrong.
fn refused(election: &Election, check: CheckId, error: &AdmissionError, forge: Forge<'_>) {
    let mut board = election.open_board();
    for voter in 1..4 {
        let choices = election.any_choices(voter, &mut board.rng());
        board.vote(voter, &choices);
    }
    let index = forge(&mut board);
    for voter in 4..8 {
        let choices = election.any_choices(voter, &mut board.rng());
        board.vote(voter, &choices);
    }
    board.finish();
    let expected = failure(&board, (check, index, error.to_string()));
    let report = board.expect_failures(&[expected]).report;
    assert!(report.holds(), "trustees decrypt the tally of the others");
}

/// The same as [`refused`]. In addition, a verifier without the check `off` accepts the record, and counts the forgery.
fn sabotaged(election: &Election, off: Check, check: CheckId, error: &AdmissionError, forge: Forge<'_>) {
    refused(election, check, error, forge);
    let weak = Weaken::without(off);
    let mut board = election.open_board();
    board.everybody_votes();
    board.entries.pop();
    let index = forge(&mut board);
    board.finish();
    assert_eq!(failures(&board.verify()), [], "without {off:?} the forgery passes");
    drop(weak);
    let expected = failure(&board, (check, index, error.to_string()));
    assert!(failures(&board.verify()).contains(&expected), "with {off:?} it is refused");
}

/// The unsigned ballot with some bytes changed, signed again by its own voter.
fn changed(ballot: &Ballot<'_>, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = ballot.prepare().unsigned().as_bytes().to_vec();
    change(&mut bytes);
    ballot.election.sign(&bytes, ballot.election.credentials[ballot.signer].key_pair())
}

/// Attacks B1 (d) and L2: a copy of a ballot, and a copy with another signature.
#[test]
fn a_duplicate() {
    let election = Election::build(options());
    let first = election.first_ballot();
    let error = AdmissionError::DuplicateBallot { first };
    refused(&election, CheckId::BallotDuplicate, &error, &|board| {
        let entry = board.entries[first as usize].clone();
        board.push_bytes(entry)
    });
    refused(&election, CheckId::BallotDuplicate, &error, &|board| {
        let ballot = &board.entries[first as usize][3..];
        let (unsigned, signature) = ballot.split_at(ballot.len() - SIGNATURE);
        let again = election.sign(unsigned, election.credentials[1].key_pair());
        assert_ne!(again, [unsigned, signature].concat());
        board.push_ballot(&again)
    });
}

/// Attack G7: two ballots of one seed.
#[test]
fn repeated_randomness() {
    let election = Election::build(options());
    let first = election.first_ballot() + 3;
    let error = AdmissionError::RepeatedRandomness { first };
    refused(&election, CheckId::BallotRandomness, &error, &|board| {
        let ballot = election.ballot(0, &[option(1)]);
        assert_eq!(board.push_ballot(&ballot.cast().to_bytes()), first);
        board.chosen.insert(0, ballot.choices.clone());
        board.push_ballot(&Ballot { previous: Some(ballot.tracker()), ..ballot }.cast().to_bytes())
    });
    let weak = Weaken::without(Check::RepeatedRandomness);
    let mut board = election.open_board();
    let ballot = election.ballot(0, &[option(1)]);
    let again = Ballot { previous: Some(ballot.tracker()), ..ballot.clone() };
    let indices = [ballot, again].map(|ballot| board.push_ballot(&ballot.cast().to_bytes()));
    board.chosen.insert(0, vec![option(1)]);
    board.finish();
    board.expect_valid();
    drop(weak);
    let error = AdmissionError::RepeatedRandomness { first: indices[0] }.to_string();
    assert!(failures(&board.verify()).contains(&failure(&board, (CheckId::BallotRandomness, indices[1], error))));
}

/// Attack P7: a ballot of another election, and a ballot of this election that names another one.
#[test]
fn another_election() {
    let election = Election::build(options());
    let other = Election::build(ElectionOptions { seed: 2, ..options() });
    let error = AdmissionError::WrongElection;
    refused(&election, CheckId::BallotElection, &error, &|board| {
        board.push_ballot(&other.ballot(0, &[option(0)]).cast().to_bytes())
    });
    sabotaged(&election, Check::BallotFingerprint, CheckId::BallotElection, &error, &|board| {
        let ballot = Ballot { previous: board.heads.get(&0).copied(), ..election.ballot(0, &[option(1)]) };
        board.push_ballot(&changed(&ballot, |bytes| bytes[2] ^= 1))
    });
    // A ballot that names this election, but was made for another.
    let error = AdmissionError::UnknownCredential;
    refused(&election, CheckId::BallotCredential, &error, &|board| {
        let ballot = other.ballot(0, &[option(0)]);
        let ours = election.context.fingerprint().as_bytes();
        board.push_ballot(&changed(&ballot, |bytes| bytes[2..34].copy_from_slice(ours)))
    });
    let error = AdmissionError::ArgumentInvalid;
    refused(&election, CheckId::BallotArgument, &error, &|board| {
        let mut bytes = other.ballot(0, &[option(0)]).prepare().unsigned().as_bytes().to_vec();
        let own = election.ballot(0, &[option(0)]).prepare().unsigned().as_bytes().to_vec();
        bytes[..108].copy_from_slice(&own[..108]);
        board.push_ballot(&election.sign(&bytes, election.credentials[0].key_pair()))
    });
}

/// Attacks B2 and E3: a ballot of somebody who is not on the roll.
#[test]
fn a_credential_that_is_not_on_the_roll() {
    let drop_first = |lines: &mut Vec<RollLine>| {
        lines.remove(0);
    };
    let election = Election::build_with(options(), drop_first, |_| ());
    let stranger = election.ballot(0, &[option(0)]).cast().to_bytes();
    let error = AdmissionError::UnknownCredential;
    refused(&election, CheckId::BallotCredential, &error, &|board| board.push_ballot(&stranger));

    // A ballot is verified with the line of another voter, as by a ballot box that trusts the name of the sender.
    let line = RollLine { number: 2, credential: *election.credentials[1].public().as_bytes(), style: 0, weight: 1 };
    let judge = || {
        let candidate = Candidate::with_line(&stranger, Some(line));
        let mut verified = verify_ballots(&election.context, &[candidate], &mut TestRng(1));
        verified.remove(0).map(|ballot| ballot.voter())
    };
    assert_eq!(judge(), Err(error));
    let _weak = Weaken::without(Check::CredentialOnRoll);
    assert_eq!(judge(), Ok(Some(0)));
}

#[test]
fn another_style() {
    let election = Election::build(options());
    let error = AdmissionError::WrongStyle { found: 1, expected: 0 };
    sabotaged(&election, Check::BallotStyle, CheckId::BallotStyle, &error, &|board| {
        let previous = board.heads.get(&0).copied();
        let ballot = Ballot { style: 1, choices: vec![option(0), option(2)], previous, ..election.ballot(0, &[]) };
        board.push_ballot(&ballot.cast().to_bytes())
    });
    // If only the style in the ballot is changed, the ballot has the wrong length.
    let error = AdmissionError::Encoding(DecodeError::Truncated { field: "argument" });
    refused(&election, CheckId::BallotEncoding, &error, &|board| {
        board.push_ballot(&changed(&election.ballot(0, &[option(0)]), |bytes| bytes[34] = 1))
    });
    let error = AdmissionError::Encoding(DecodeError::UnknownValue { field: "style", found: 2 });
    refused(&election, CheckId::BallotEncoding, &error, &|board| {
        board.push_ballot(&changed(&election.ballot(0, &[option(0)]), |bytes| bytes[34] = 2))
    });
}

/// Attacks B2 and N6: a ballot with a known tracker and an invalid signature.
#[test]
fn a_signature_that_is_not_the_voters() {
    let election = Election::build(options());
    let error = AdmissionError::BadSignature;
    let by_another = |board: &mut Board<'_>| {
        let previous = board.heads.get(&0).copied();
        board.push_ballot(&Ballot { signer: 5, previous, ..election.ballot(0, &[option(0)]) }.cast().to_bytes())
    };
    sabotaged(&election, Check::BallotSignature, CheckId::BallotSignature, &error, &by_another);
    let garbled = |board: &mut Board<'_>| {
        let previous = board.heads.get(&0).copied();
        let mut bytes = Ballot { previous, ..election.ballot(0, &[option(0)]) }.cast().to_bytes();
        let s = bytes.len() - 32;
        bytes[s] ^= 1;
        board.push_ballot(&bytes)
    };
    sabotaged(&election, Check::BallotSignature, CheckId::BallotSignature, &error, &garbled);
    let error = AdmissionError::Encoding(DecodeError::NonCanonicalScalar { field: "s" });
    refused(&election, CheckId::BallotEncoding, &error, &|board| {
        let mut bytes = election.ballot(0, &[option(0)]).cast().to_bytes();
        *bytes.last_mut().unwrap() = 0xff;
        board.push_ballot(&bytes)
    });
}

/// Attacks T4, B1 (a, b) and P12: one invalid ballot among valid ones, a copy of another voter's ballot, and a ballot
/// with a part of another voter's ballot.
#[test]
fn an_argument_that_does_not_hold() {
    let election = Election::build(options());
    let error = AdmissionError::ArgumentInvalid;
    let refused = |forge: Forge<'_>| refused(&election, CheckId::BallotArgument, &error, forge);
    refused(&|board| {
        board.push_ballot(&changed(&election.ballot(0, &[option(0)]), |bytes| {
            *bytes.iter_mut().nth_back(31).unwrap() ^= 1
        }))
    });
    // Voter 0 copies the ballot of voter 1.
    refused(&|board| {
        let own = election.credentials[0].public().as_bytes();
        let weight = election.options.voters[0].1;
        let copy = changed(&Ballot { signer: 0, weight, ..election.ballot(1, &[option(0)]) }, |bytes| {
            bytes[44..76].copy_from_slice(own);
        });
        board.push_ballot(&copy)
    });
    // Voter 0 copies only the ciphertext of voter 1, and adds its own argument.
    refused(&|board| {
        let other = election.ballot(1, &[option(0)]).prepare().unsigned().as_bytes().to_vec();
        let copy =
            changed(&election.ballot(0, &[option(0)]), |bytes| bytes[108..172].copy_from_slice(&other[108..172]));
        board.push_ballot(&copy)
    });
    // The argument does not cover the predecessor. The signed tracker does.
    let mut board = election.open_board();
    let ballot = Ballot { previous: Some(Tracker::from_bytes([9; 32])), ..election.ballot(0, &[option(0)]) };
    let index = board.push_ballot(&changed(&ballot, |bytes| bytes[76..108].fill(0)));
    board.chosen.insert(0, ballot.choices);
    board.finish();
    assert_eq!(board.expect_valid().tally.unwrap().ballots(), 1);
    assert_eq!(index, election.first_ballot());
}

#[test]
fn bytes_that_are_no_ballot() {
    let election = Election::build(options());
    let ballot = election.ballot(0, &[option(0)]).cast().to_bytes();
    let length = ballot.len();
    for (bytes, error) in [
        (ballot[..1].to_vec(), DecodeError::Truncated { field: "version" }),
        (ballot[..90].to_vec(), DecodeError::Truncated { field: "previous" }),
        (ballot[..length - 1].to_vec(), DecodeError::Truncated { field: "argument" }),
        ([&ballot[..], &[0]].concat(), DecodeError::Trailing { count: 1 }),
        ([&[1, 1], &ballot[2..]].concat(), DecodeError::UnsupportedVersion { found: [1, 1] }),
        ([&ballot[..108], &[0; 32], &ballot[140..]].concat(), DecodeError::IdentityElement { field: "R" }),
        ([&ballot[..100], &[0xff; 32], &ballot[132..]].concat(), DecodeError::InvalidElement { field: "R" }),
    ] {
        let error = AdmissionError::Encoding(error);
        refused(&election, CheckId::BallotEncoding, &error, &|board| board.push_ballot(&bytes));
    }
}

/// Attack L6: ballots before the opening and after the closing.
#[test]
fn outside_the_window() {
    let election = Election::build(options());
    let mut board = election.unopened_board();
    let early = board.push_ballot(&election.ballot(0, &[option(0)]).cast().to_bytes());
    board.organise(Action::Open);
    (1..8).for_each(|voter| {
        let choices = election.any_choices(voter, &mut board.rng());
        board.vote(voter, &choices);
    });
    let before = board.clone();
    let late = |board: &mut Board<'_>| {
        board.organise(Action::Close);
        let ballot = Ballot { seed: 77, ..election.ballot(0, &[option(1)]) };
        let late = board.push_ballot(&ballot.cast().to_bytes());
        board.finish_closed();
        late
    };
    let index = late(&mut board);
    let window = |board: &Board<'_>, index, error: AdmissionError| {
        failure(board, (CheckId::BallotWindow, index, error.to_string()))
    };
    let expected = [window(&board, early, AdmissionError::NotOpen), window(&board, index, AdmissionError::Closed)];
    board.expect_failures(&expected);

    let weak = Weaken::without(Check::CountBeforeClose);
    let mut board = before;
    board.entries.remove(early as usize);
    let index = late(&mut board);
    board.chosen.insert(0, vec![option(1)]);
    board.expect_valid();
    drop(weak);
    assert!(failures(&board.verify()).contains(&window(&board, index, AdmissionError::Closed)));
}

/// Attacks L5 and B2: ballots whose predecessor is the wrong one, does not exist, or is missing.
#[test]
fn predecessors() {
    let election = Election::build(options());
    let check = CheckId::BallotPredecessor;
    let first = election.first_ballot();
    // Voter 1 votes, and then casts two ballots that both name the first one. The later one is void.
    let error = AdmissionError::RevoteFork { head: Some(first + 3) };
    refused(&election, check, &error, &|board| {
        let previous = board.heads.get(&1).copied();
        let [one, other] = [5, 6].map(|seed| Ballot { previous, seed, ..election.ballot(1, &[option(1)]) });
        board.push_ballot(&one.cast().to_bytes());
        board.chosen.insert(1, one.choices);
        board.push_ballot(&other.cast().to_bytes())
    });
    // A second ballot that names no predecessor, and a first ballot that names one that does not exist.
    let error = AdmissionError::RevoteFork { head: Some(first) };
    let forgetful = |board: &mut Board<'_>| {
        board.push_ballot(&Ballot { seed: 5, ..election.ballot(1, &[option(1)]) }.cast().to_bytes())
    };
    sabotaged(&election, Check::Predecessor, check, &error, &forgetful);
    let error = AdmissionError::RevoteFork { head: None };
    refused(&election, check, &error, &|board| {
        let previous = Some(Tracker::from_bytes([9; 32]));
        board.push_ballot(&Ballot { previous, ..election.ballot(0, &[option(1)]) }.cast().to_bytes())
    });
    // N7: the first ballot is withheld and appended after the second. The second is void, the first counts.
    let mut board = election.open_board();
    let withheld = election.ballot(0, &[option(0)]);
    let second = Ballot { previous: Some(withheld.tracker()), seed: 5, ..election.ballot(0, &[option(1)]) };
    let index = board.push_ballot(&second.cast().to_bytes());
    board.push_ballot(&withheld.cast().to_bytes());
    board.chosen.insert(0, withheld.choices);
    board.finish();
    let expected = failure(&board, (check, index, AdmissionError::RevoteFork { head: None }.to_string()));
    board.expect_failures(&[expected]);
    // The first ballot is appended after a second one, which the voter made because the first did not appear.
    let mut board = election.open_board();
    board.vote(0, &[option(1)]);
    let index = board.push_ballot(&election.ballot(0, &[option(0)]).cast().to_bytes());
    board.finish();
    let error = AdmissionError::RevoteFork { head: Some(first) };
    let expected = failure(&board, (check, index, error.to_string()));
    board.expect_failures(&[expected]);
}

/// A void ballot cannot be a predecessor: the next ballot names the last valid one.
#[test]
fn a_void_ballot_does_not_break_the_chain() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.vote(0, &[option(0)]);
    let void =
        Ballot { signer: 3, seed: 9, previous: board.heads.get(&0).copied(), ..election.ballot(0, &[option(0)]) };
    let index = board.push_ballot(&void.cast().to_bytes());
    board.vote(0, &[option(1)]);
    board.finish();
    let expected = failure(&board, (CheckId::BallotSignature, index, AdmissionError::BadSignature.to_string()));
    board.expect_failures(&[expected]);
}

/// More ballots of a credential than the manifest allows, in a row. The first ones that the manifest allows are admitted.
#[test]
fn more_ballots_than_the_manifest_allows() {
    for limit in [1, 2, 5] {
        let election = Election::build(ElectionOptions { ballots_per_credential: limit, ..options() });
        let first = election.first_ballot();
        // Voter 1 votes first, and again until the limit, after the ballots of voters 2 and 3.
        let last = if limit == 1 { first } else { first + 1 + u64::from(limit) };
        let error = AdmissionError::BallotLimit { limit, last };
        let to_the_limit = |board: &mut Board<'_>| (1..limit).for_each(|_| _ = board.vote(1, &[option(0)]));
        for follows in [true, false] {
            refused(&election, CheckId::BallotPredecessor, &error, &|board| {
                to_the_limit(board);
                let previous = board.heads.get(&1).copied().filter(|_| follows);
                board.push_ballot(&Ballot { previous, seed: 5, ..election.ballot(1, &[option(1)]) }.cast().to_bytes())
            });
        }
    }
}

/// A voter floods the board with valid ballots, each after the one before. Both verifications are done in one piece and in
/// shards.
#[test]
fn a_flood_of_ballots() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 3, ..options() });
    let mut board = election.open_board();
    board.everybody_votes();
    board.vote(1, &[option(0)]);
    let last = board.vote(1, &[option(1)]);
    let flood = Ballot { previous: board.heads.get(&1).copied(), seed: 5, ..election.ballot(1, &[option(0)]) };
    let index = board.push_ballot(&flood.cast().to_bytes());
    let weak = Weaken::without(Check::BallotLimit);
    let mut forged = board.clone();
    forged.chosen.insert(1, vec![option(0)]);
    forged.finish();
    forged.expect_valid();
    drop(weak);
    board.finish();
    let error = AdmissionError::BallotLimit { limit: 3, last };
    board.expect_failures(&[failure(&board, (CheckId::BallotPredecessor, index, error.to_string()))]);
}

/// Attack L2: the board changes entries and signs again. If it swaps or drops ballots of one voter, a ballot names a
/// predecessor that is not before it.
#[test]
fn swapped_and_dropped_entries() {
    let election = Election::build(options());
    let mut honest = election.open_board();
    honest.vote(1, &[option(1)]);
    let first = honest.vote(0, &[option(0)]);
    let second = honest.vote(0, &[option(1)]);
    let error = AdmissionError::RevoteFork { head: None }.to_string();

    let mut board = honest.clone();
    board.entries.swap(first as usize, second as usize);
    board.chosen.insert(0, vec![option(0)]);
    board.finish();
    let expected = failure(&board, (CheckId::BallotPredecessor, first, error.clone()));
    board.expect_failures(&[expected]);

    let mut board = honest.clone();
    board.entries.remove(first as usize);
    board.chosen.remove(&0);
    board.finish();
    let expected = failure(&board, (CheckId::BallotPredecessor, first, error));
    board.expect_failures(&[expected]);

    // The verifier cannot notice that the last entry was dropped. The voter with the receipt can, and so can an auditor
    // who pinned a tree head.
    let mut board = honest;
    board.entries.pop();
    board.chosen.insert(0, vec![option(0)]);
    board.finish();
    board.expect_valid();
}

fn order(board: &Board<'_>, index: u64, problem: &str) -> (CheckId, Place, String) {
    failure(board, (CheckId::Order, index, problem.into()))
}

/// Attack L6: only the first closing has effect.
#[test]
fn opened_and_closed_twice() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.vote(1, &[option(0)]);
    let open = board.organise(Action::Open);
    board.vote(2, &[option(0)]);
    board.organise(Action::Close);
    let close = board.organise(Action::Close);
    board.finish_closed();
    let expected = [
        order(&board, open, "the voting is opened a second time"),
        order(&board, close, "the voting is closed a second time"),
    ];
    assert!(board.expect_failures(&expected).report.holds(), "anybody can hand in the organiser's entry again");

    let mut board = election.unopened_board();
    let close = board.organise(Action::Close);
    board.organise(Action::Open);
    board.vote(2, &[option(0)]);
    board.finish();
    let expected = [order(&board, close, "the voting is closed before it is opened")];
    board.expect_failures(&expected);
}

/// Only the organiser opens and closes the voting, and an opening does not close it.
#[test]
fn the_organiser_signs() {
    let election = Election::build(options());
    let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(8)));
    let entry = |action| OrganiserEntry::sign(action, election.context.fingerprint(), &somebody, &mut TestRng(9));
    let problem = "the organiser has not signed this entry".to_owned();

    // These entries have no effect: ballots before the organiser's closing count.
    let mut board = election.unopened_board();
    let open = board.push(EntryKind::Open, &entry(Action::Open).encode());
    board.organise(Action::Open);
    board.vote(1, &[option(0)]);
    let close = board.push(EntryKind::Close, &entry(Action::Close).encode());
    board.vote(2, &[option(0)]);
    board.finish();
    let expected = [open, close].map(|index| failure(&board, (CheckId::Organiser, index, problem.clone())));
    assert!(board.expect_failures(&expected).report.holds());
    {
        let _weak = Weaken::without(Check::OrganiserSignature);
        let verification = board.verify();
        assert_eq!(verification.totals, None, "the board closed itself");
    }

    let closed_by_its_opening = || {
        let mut board = election.open_board();
        board.vote(1, &[option(0)]);
        let opening = board.entries[election.first_ballot() as usize - 1][3..].to_vec();
        let close = board.push(EntryKind::Close, &opening);
        (board, close)
    };
    let (mut board, close) = closed_by_its_opening();
    board.finish();
    let expected = failure(&board, (CheckId::Organiser, close, problem));
    board.expect_failures(&[expected]);
    let _weak = Weaken::without(Check::AbsorbAction);
    let (mut board, _) = closed_by_its_opening();
    board.finish_closed();
    board.expect_valid();
}

/// The organiser opens with a roll that no authority signed, for example with one more voter or with another weight.
#[test]
fn the_authority_signs_the_roll() {
    let election = Election::build(options());
    let unsigned = || {
        let mut board = election.unopened_board();
        board.entries.pop();
        board
    };
    let finished = |board: &mut Board<'_>| {
        board.organise(Action::Open);
        board.everybody_votes();
        board.finish();
    };
    let missing = (CheckId::RollSignature, Place::Record, RollSignatureError::Missing { authority: 1 }.to_string());

    let mut board = unsigned();
    finished(&mut board);
    assert!(!board.expect_failures(std::slice::from_ref(&missing)).report.holds(), "such a roll is not decrypted");
    {
        let _weak = Weaken::without(Check::RollSignature);
        board.expect_failures(&[]);
    }

    // Signatures by somebody else, with an unknown number, for another election, and for a smaller roll.
    let smaller = Election::build(ElectionOptions { voters: vec![(0, 1); 3], ..options() });
    let (ours, theirs) = (election.context.fingerprint(), *smaller.context.fingerprint());
    let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(8)));
    let sign = |authority, fingerprint, key| {
        let authority = AuthorityIndex::new(authority).unwrap();
        RollSignature::sign(authority, fingerprint, key, &mut TestRng(9)).encode()
    };
    let of_nobody = [&[0, 0], &sign(1, ours, &election.authorities[0])[2..]].concat();
    for (signature, error) in [
        (sign(1, ours, &somebody), RollSignatureError::Signature { authority: 1 }),
        (sign(2, ours, &election.authorities[0]), RollSignatureError::UnknownAuthority { authority: 2 }),
        (of_nobody, RollSignatureError::UnknownAuthority { authority: 0 }),
        (sign(1, &theirs, &election.authorities[0]), RollSignatureError::OtherElection { authority: 1, found: theirs }),
    ] {
        let mut board = unsigned();
        let index = board.push(EntryKind::RollSignature, &signature);
        finished(&mut board);
        let named = failure(&board, (CheckId::RollSignature, index, error.to_string()));
        board.expect_failures(&[named, missing.clone()]);
    }

    // A signature after the opening has no effect.
    let mut board = unsigned();
    board.organise(Action::Open);
    let index = board.sign_roll(1);
    board.everybody_votes();
    board.finish();
    board.expect_failures(&[order(&board, index, "a signature of the roll appears after the opening"), missing]);
}

/// A signature of one authority with the number of another one.
#[test]
fn an_authority_signs_for_itself() {
    let election = Election::build(options());
    let fingerprint = election.context.fingerprint();
    let second = AuthorityIndex::new(2).unwrap();
    let sign = || RollSignature::sign(second, fingerprint, &election.authorities[0], &mut TestRng(9)).encode();
    let moved = |signature: Vec<u8>| RollSignature::decode(&[&[1, 0], &signature[2..]].concat()).unwrap();
    let verify =
        |signature: &RollSignature| signature.verify(election.context.manifest(), fingerprint, &mut TestRng(1));
    assert_eq!(verify(&moved(sign())), Err(RollSignatureError::Signature { authority: 1 }));
    let _weak = Weaken::without(Check::AbsorbAuthority);
    assert_eq!(verify(&moved(sign())), Ok(()));
}

/// An opening of another election: attack P7.
#[test]
fn an_opening_of_another_election() {
    let election = Election::build(options());
    let other = Election::build(ElectionOptions { seed: 2, ..options() });
    let mut board = election.unopened_board();
    let fingerprint = other.context.fingerprint();
    let entry = OrganiserEntry::sign(Action::Open, fingerprint, &election.organiser, &mut TestRng(9));
    let open = board.push(EntryKind::Open, &entry.encode());
    board.vote(1, &[option(0)]);
    let close = board.organise(Action::Close);
    let ours = election.context.fingerprint();
    let opened = format!("the opening names {fingerprint}, but manifest, ceremony and roll give {ours}");
    let expected = [
        failure(&board, (CheckId::Organiser, close, format!("the entry belongs to the election {ours}"))),
        failure(&board, (CheckId::Fingerprint, open, opened)),
    ];
    let found = failures(&board.verify());
    assert!(expected.iter().all(|failure| found.contains(failure)), "{found:?}");
}

#[test]
fn entries_before_the_close() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.vote(1, &[option(0)]);
    let (statement, decryption, list) = {
        let mut closed = board.clone();
        closed.organise(Action::Close);
        let tally = closed.closed_tally();
        let statement = closed.statement(tally.tally(), 1).to_bytes();
        (statement, closed.partial_decryption(&tally, 2).to_bytes(), b"no list".to_vec())
    };
    let first = board.push(EntryKind::ClosingStatement, &statement);
    board.push_file(EntryKind::PartialDecryption, 2, &decryption);
    board.push_file(EntryKind::Publication, 0, &list);
    board.finish();
    let named = [
        order(&board, first, "a trustee's statement appears before the close"),
        order(&board, first + 1, "a partial decryption appears before the close"),
        order(&board, first + 2, "the result is published before the close"),
    ];
    let verification = board.verify();
    assert_eq!(failures(&verification)[..3], named);
    assert_eq!(counted(&verification), Some(board.expected()));
}

/// The opening fixes the keys. Defect found by this test: if a trustee or the board added a message later, nothing was
/// verified any more.
#[test]
fn messages_of_the_ceremony_after_the_opening() {
    let election = Election::build(options());
    let (author, again) = election.ceremony[0].clone();
    for (message, published) in [(b"no message".to_vec(), false), (again, true)] {
        let mut board = election.open_board();
        board.vote(1, &[option(0)]);
        let index = board.push_file(EntryKind::Ceremony, author, &message);
        board.vote(2, &[option(1)]);
        board.finish();
        let mut expected = vec![order(&board, index, "a message of the key ceremony appears after the opening")];
        if !published {
            let path = record::ceremony_path(&FileHash::of(&message));
            let problem = "the file is not part of the record".to_owned();
            expected.push((CheckId::Files, Place::File(path), problem));
        }
        board.expect_failures(&expected);
    }
}

#[test]
fn entries_that_cannot_be_read() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.vote(1, &[option(0)]);
    let bad: [(&[u8], DecodeError); 7] = [
        (&[1, 5, 0, 5], DecodeError::UnknownValue { field: "kind", found: 0 }),
        (&[1, 5, 10, 5], DecodeError::UnknownValue { field: "kind", found: 10 }),
        (&[1, 5, 255, 5], DecodeError::UnknownValue { field: "kind", found: 255 }),
        (&[1, 5, 3], DecodeError::Truncated { field: "body" }),
        (&[7], DecodeError::Truncated { field: "version" }),
        (&[1, 5, 2, 0, 1], DecodeError::Truncated { field: "fingerprint" }),
        (&[1, 5, 5, 1], DecodeError::Truncated { field: "version" }),
    ];
    let indices = bad.clone().map(|(bytes, _)| board.push_bytes(bytes.to_vec()));
    board.vote(2, &[option(0)]);
    board.finish();
    let expected =
        zip(indices, bad).map(|(index, (_, error))| failure(&board, (CheckId::Entries, index, error.to_string())));
    board.expect_failures(&expected.collect::<Vec<_>>());
}

/// A roll with the identity as a credential, for which everybody can sign, and a ballot whose `R` is the identity.
#[test]
fn the_identity_is_nobody_and_hides_nothing() {
    let weak = Weaken::without(Check::RefuseIdentity);
    let replace = |lines: &mut Vec<RollLine>| lines[0].credential = [0; 32];
    let election = Election::build_with(options(), replace, |_| ());
    let nobody = KeyPair::new(SecretScalar::new(Scalar::ZERO));
    let mut board = election.open_board();
    board.everybody_votes();
    board.entries.remove(election.first_ballot() as usize);
    let ballot = election.ballot_under(Scalar::ZERO, 0, &nobody);
    board.push_ballot(&ballot);
    board.chosen.insert(0, vec![option(0)]);
    board.finish();
    board.expect_valid();
    drop(weak);
    let problem = RollProblem::IdentityCredential.to_string();
    assert_eq!(failures(&board.verify()), [(CheckId::Roll, Place::RollLine(2), problem)]);

    let election = Election::build(options());
    let voter = election.credentials[0].key_pair();
    let error = AdmissionError::Encoding(DecodeError::IdentityElement { field: "R" });
    let forge = |board: &mut Board<'_>| board.push_ballot(&election.ballot_under(Scalar::ZERO, 0, voter));
    refused(&election, CheckId::BallotEncoding, &error, &forge);
    let _weak = Weaken::without(Check::RefuseIdentity);
    let mut board = election.open_board();
    forge(&mut board);
    board.chosen.insert(0, vec![option(0)]);
    board.finish();
    board.expect_valid();
}

/// Attack E1: a voter who is on the roll twice, and a roll of another manifest.
#[test]
fn rolls_that_break_a_rule() {
    let weak = Weaken::without(Check::RollOrder);
    let twice = |lines: &mut Vec<RollLine>| lines.push(RollLine { number: 99, ..lines[3] });
    let election = Election::build_with(options(), twice, |_| ());
    let board = election.run();
    board.expect_valid();
    drop(weak);
    let found = failures(&board.verify());
    let [(CheckId::Roll, Place::RollLine(_), problem)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(*problem, RollProblem::Duplicate.to_string());

    let weak = Weaken::without(Check::RollManifest);
    let header = "ballotta/v1-draft.5/roll ".len();
    let foreign = |roll: &mut Vec<u8>| roll[header] = if roll[header] == b'0' { b'1' } else { b'0' };
    let election = Election::build_with(options(), |_| (), foreign);
    let board = election.run();
    board.expect_valid();
    drop(weak);
    let found = failures(&board.verify());
    let [(CheckId::Roll, Place::RollLine(1), problem)] = found.as_slice() else { panic!("{found:?}") };
    assert!(problem.starts_with("the roll belongs to the manifest "), "{problem}");
}

/// A checkpoint of another log with the key of this one.
#[test]
fn a_checkpoint_of_another_log() {
    let election = Election::build(options());
    let board = election.run();
    let mut record = board.record();
    let checkpoint = String::from_utf8(record.files[record::CHECKPOINT].clone()).unwrap();
    let (text, _) = checkpoint.split_once("\n\n").unwrap();
    let other = format!("{}\n", text.replacen("board.example/log", "board.example/other", 1));
    let signed = election.signer.sign(&other).unwrap().to_string();
    record.files.insert(record::CHECKPOINT.into(), signed.into_bytes());
    let own = board_origin(election.context.manifest());
    let foreign = own.replacen("log", "other", 1);
    let problem = format!("the checkpoint is of the log {foreign}, not of {own}");
    let expected = (CheckId::Checkpoint, Place::File(record::CHECKPOINT.into()), problem);
    assert_eq!(failures(&verify_record(&record)), [expected]);
    let _weak = Weaken::without(Check::CheckpointOrigin);
    assert_eq!(failures(&verify_record(&record)), []);
}

/// Every authority must sign the roll: several signatures of one authority do not replace the others.
#[test]
fn every_authority_signs_the_roll() {
    let election = Election::build(ElectionOptions { authorities: 3, ..options() });
    let mut board = election.open_board();
    board.everybody_votes();
    board.finish();
    board.expect_valid();
    for absent in 1..=3 {
        let mut board = election.unopened_board();
        board.entries.remove(election.ceremony.len() + absent - 1);
        let present = if absent == 1 { 2 } else { 1 };
        board.sign_roll(present);
        board.organise(Action::Open);
        board.everybody_votes();
        board.finish();
        let error = RollSignatureError::Missing { authority: absent as u16 };
        let report = board.expect_failures(&[(CheckId::RollSignature, Place::Record, error.to_string())]).report;
        assert!(!report.holds());
        let counted = report.checks.iter().find(|check| check.check == CheckId::RollSignature).unwrap();
        assert_eq!(counted.items, 3);
    }
}
