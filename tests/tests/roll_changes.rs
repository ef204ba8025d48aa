//! Changes of the roll while the voting is open: what they do, and forgeries that a verifier without one check accepts.

use std::collections::{BTreeMap, BTreeSet};

use ballotta::admission::{Admission, AdmitError, AdmittedBallots, ChangeRefused, MemoryIndex, Resumed, light_files};
use ballotta::ballot::{AdmissionError, OpeningError};
use ballotta::board::entry::{Action, Entry, EntryKind};
use ballotta::board::timeline::OrderError;
use ballotta::credential::{
    ChangeCounts, ChangeDraft, ChangeDraftError, ChangeReason, Entitlement, RollChange, RollChangeError, VotingCodes,
};
use ballotta::encoding::DecodeError;
use ballotta::index::AuthorityIndex;
use ballotta::manifest::RollChanges;
use ballotta::record::{MemoryRecord, PublishedBoard, read_manifest};
use ballotta::tally::heads::{VoterHead, head_in_block};
use ballotta::verifier::{CheckId, Place, Stage, Status, Verdict, VerifierState, VerifyOptions, verify_from};
use ballotta::voter::light::{LightElection, LightPromise, LightStatus};
use ballotta::voter::{BallotStatus, CodeChange, Election as VotersElection, PromisedStatus, VoterError};
use ballotta::weaken::{Check, Weaken};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::election::{
    Ballot, Board, Choice, Election, ElectionOptions, counted, failures, summary, verify_in_shards, verify_record,
};
use ballotta_tests::rng::TestRng;

/// Eight voters, of whom changes can add four more. Two authorities.
fn options() -> ElectionOptions {
    ElectionOptions {
        voters: (0..8).map(|voter| (0, 1 + voter % 2)).collect(),
        late: vec![(0, 1), (0, 1), (0, 2), (0, 1)],
        authorities: 2,
        trustees: 2,
        threshold: 1,
        roll_changes: Some(RollChanges { number: 5, weight: 7 }),
        ..ElectionOptions::default()
    }
}

fn election() -> Election {
    Election::build(options())
}

fn option(option: usize) -> Choice {
    Choice::Options(vec![option])
}

fn vote(board: &mut Board<'_>, voter: usize) -> u64 {
    let choices = board.election.any_choices(voter, &mut board.rng());
    board.vote(voter, &choices)
}

/// A ballot that is not counted in clear.
fn push_ballot_of(board: &mut Board<'_>, voter: usize) -> u64 {
    let ballot = board.election.ballot(voter, &[option(1)]).cast();
    board.push_ballot(&ballot.to_bytes())
}

fn push_change(board: &mut Board<'_>, change: &RollChange) -> u64 {
    board.push(EntryKind::RollChange, &change.encode())
}

/// The finding at an entry.
fn finding(board: &Board<'_>, check: CheckId, index: u64, problem: impl ToString) -> (CheckId, Place, String) {
    (check, board.place(index), problem.to_string())
}

/// A record with a forgery: the real verifier refuses exactly this entry, a verifier without the check accepts it.
fn sabotage(off: Check, board: &Board<'_>, check: CheckId, index: u64, problem: impl ToString) {
    let weak = Weaken::without(off);
    let mut forged = board.clone();
    forged.finish();
    let accepted = forged.verify();
    assert_eq!(failures(&accepted), [], "without {off:?} the forgery passes");
    assert_eq!(accepted.report.verdict, Some(Verdict::Holds), "{off:?}: {}", accepted.report);
    drop(weak);
    let mut real = board.clone();
    real.finish();
    real.expect_failures(&[finding(&real, check, index, problem)]);
}

#[test]
fn an_election_in_which_the_roll_lives() {
    let election = election();
    let mut board = election.open_board();
    for voter in 1..4 {
        vote(&mut board, voter);
    }
    // Voter 0 has lost the code, voter 10 comes late, voter 4 has left.
    let replaced = board.change(ChangeReason::LostCode, Some(0), Some(8));
    vote(&mut board, 8);
    let late = board.change(ChangeReason::LateMember, None, Some(10));
    let left = board.change(ChangeReason::Left, Some(4), None);
    vote(&mut board, 10);
    vote(&mut board, 10);
    vote(&mut board, 7);
    board.organise(Action::CutOff);
    vote(&mut board, 5);
    board.finish();
    let verification = board.expect_valid();
    let result = verification.report.result.clone().unwrap();
    let counts = ChangeCounts { lost_code: 1, late_member: 1, error: 0, left: 1 };
    assert_eq!(result.roll_changes, Some(counts));
    // 8 voters of 12 weight; one replaced, one of weight 2 more, one of weight 1 less.
    assert_eq!((result.eligible_voters, result.eligible_weight), (8, 13));
    assert_eq!((result.counted_ballots, result.counted_weight), (7, 12));
    let changes: Vec<_> = verification.changes.iter().map(|change| (change.index, change.reason)).collect();
    assert_eq!(
        changes,
        [(replaced, ChangeReason::LostCode), (late, ChangeReason::LateMember), (left, ChangeReason::Left)]
    );
    // Of each voter the head, and after them those of the changes.
    let files: BTreeMap<_, _> = light_files(&board.record(), &mut TestRng(1)).unwrap().files.into_iter().collect();
    let heads = &files["light/heads"];
    assert_eq!(heads.len(), 8 * (8 + 5));
    let head = |line: u32| head_in_block(heads, line).unwrap();
    assert_eq!(head(election.line(0).voter()), VoterHead::Revoked(replaced));
    assert_eq!(head(election.line(4).voter()), VoterHead::Revoked(left));
    assert_eq!(head(8), VoterHead::Counted(replaced + 1), "the line of change 1");
    assert_eq!(head(9), VoterHead::Counted(left + 2), "the line of change 2");
    assert_eq!([10, 11, 12].map(head), [VoterHead::None; 3]);
    let check = verification.report.checks.iter().find(|check| check.check == CheckId::RollChanges).unwrap();
    assert_eq!((check.items, check.status), (3, Status::Passed));
}

/// The number of ballots is that of a credential: the one that replaces a revoked one begins anew, on its own line.
#[test]
fn ballots_per_credential_after_a_change() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 2, ..options() });
    let mut board = election.open_board();
    let revoked = board.change(ChangeReason::LostCode, Some(0), Some(8));
    let old = push_ballot_of(&mut board, 0);
    let mut too_many = Vec::new();
    for voter in [8, 1] {
        vote(&mut board, voter);
        let last = vote(&mut board, voter);
        let ballot =
            Ballot { previous: board.heads.get(&voter).copied(), seed: 5, ..election.ballot(voter, &[option(1)]) };
        let index = board.push_ballot(&ballot.cast().to_bytes());
        too_many.push((index, AdmissionError::BallotLimit { limit: 2, last }));
    }
    board.finish();
    let mut expected =
        vec![finding(&board, CheckId::BallotCredential, old, AdmissionError::Revoked { index: revoked })];
    for (index, error) in too_many {
        expected.push(finding(&board, CheckId::BallotPredecessor, index, error));
    }
    board.expect_failures(&expected);
}

#[test]
fn without_changes_nothing_is_asked() {
    let election = Election::build(ElectionOptions { roll_changes: None, ..options() });
    let mut board = election.open_board();
    let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
    let revoked = Some(*election.credentials[0].public().as_bytes());
    let draft = ChangeDraft::new(manifest, fingerprint, 1, ChangeReason::Left, revoked, None);
    assert_eq!(draft, Err(RollChangeError::NotAllowed.into()));
    board.everybody_votes();
    board.finish();
    let verification = board.expect_valid();
    assert_eq!(verification.report.result.unwrap().roll_changes, None);
    // An authority that signs it nevertheless changes nothing.
    let change = Election::build(options()).open_board().make_change(1, ChangeReason::Left, Some(0), None);
    let mut board = election.open_board();
    let index = board.push(EntryKind::RollChange, &change.encode());
    board.everybody_votes();
    board.finish();
    board.expect_failures(&[finding(&board, CheckId::RollChanges, index, RollChangeError::NotAllowed)]);
}

// Forgeries.

#[test]
fn a_revoked_code_votes() {
    let election = election();
    let mut board = election.open_board();
    let revoked = board.change(ChangeReason::LostCode, Some(0), Some(8));
    vote(&mut board, 8);
    let index = push_ballot_of(&mut board, 0);
    let error = AdmissionError::Revoked { index: revoked };
    sabotage(Check::RevokedVotes, &board, CheckId::BallotCredential, index, error);
}

#[test]
fn a_code_that_is_replaced_twice() {
    let election = election();
    let mut board = election.open_board();
    let first = board.change(ChangeReason::LostCode, Some(0), Some(8));
    let index = board.change(ChangeReason::LostCode, Some(0), Some(9));
    vote(&mut board, 8);
    let error = RollChangeError::AlreadyRevoked { index: first };
    sabotage(Check::RevokedOnce, &board, CheckId::RollChanges, index, error);
}

#[test]
fn a_change_after_the_cut_off() {
    let election = election();
    let mut board = election.open_board();
    board.organise(Action::CutOff);
    let index = board.change(ChangeReason::Left, Some(0), None);
    vote(&mut board, 1);
    sabotage(Check::ChangeBeforeCutOff, &board, CheckId::RollChanges, index, RollChangeError::AfterCutOff);
}

#[test]
fn a_change_that_one_of_two_authorities_signed() {
    let election = election();
    let mut board = election.open_board();
    let mut change = board.make_change(1, ChangeReason::LateMember, None, Some(8)).encode();
    let at = change.len() - 128;
    change.copy_within(at + 64.., at);
    let index = board.push(EntryKind::RollChange, &change);
    vote(&mut board, 1);
    let error = RollChangeError::Signature { authority: 1 };
    sabotage(Check::ChangeSigned, &board, CheckId::RollChanges, index, error);
}

#[test]
fn a_change_of_somebody_who_has_voted() {
    let election = election();
    let mut board = election.open_board();
    vote(&mut board, 1);
    let first = push_ballot_of(&mut board, 0);
    let index = board.change(ChangeReason::Left, Some(0), None);
    let mut real = board.clone();
    // Who has voted has voted: the ballot counts.
    real.chosen.insert(0, vec![option(1)]);
    let error = RollChangeError::AlreadyVoted { first };
    let weak = Weaken::without(Check::ChangeOfVoter);
    board.finish();
    assert_eq!(failures(&board.verify()), []);
    assert_eq!(counted(&board.verify()), Some(board.expected()), "the ballot was taken away");
    drop(weak);
    real.finish();
    real.expect_failures(&[finding(&real, CheckId::RollChanges, index, error)]);
}

#[test]
fn a_sequence_that_skips() {
    let election = election();
    let mut board = election.open_board();
    let change = board.make_change(2, ChangeReason::Left, Some(0), None);
    let index = push_change(&mut board, &change);
    vote(&mut board, 1);
    let error = RollChangeError::Sequence { found: 2, expected: 1 };
    sabotage(Check::ChangeSequence, &board, CheckId::RollChanges, index, error);
}

#[test]
fn more_changes_than_the_manifest_allows() {
    let election =
        Election::build(ElectionOptions { roll_changes: Some(RollChanges { number: 1, weight: 7 }), ..options() });
    let mut board = election.open_board();
    board.change(ChangeReason::Left, Some(0), None);
    let index = board.change(ChangeReason::Left, Some(2), None);
    vote(&mut board, 1);
    let error = RollChangeError::TooManyChanges { limit: 1 };
    sabotage(Check::ChangeBounds, &board, CheckId::RollChanges, index, error);
    // The weights of voters 1 and 3 are 2.
    let election =
        Election::build(ElectionOptions { roll_changes: Some(RollChanges { number: 5, weight: 3 }), ..options() });
    let mut board = election.open_board();
    board.change(ChangeReason::Left, Some(1), None);
    let index = board.change(ChangeReason::Left, Some(3), None);
    vote(&mut board, 2);
    let error = RollChangeError::TooMuchWeight { limit: 3 };
    sabotage(Check::ChangeBounds, &board, CheckId::RollChanges, index, error);
}

#[test]
fn a_revoked_credential_that_comes_back() {
    let election = election();
    let mut board = election.open_board();
    board.change(ChangeReason::LateMember, None, Some(8));
    board.change(ChangeReason::Error, Some(8), None);
    let index = board.change(ChangeReason::LateMember, None, Some(8));
    vote(&mut board, 1);
    sabotage(Check::NeverOnRoll, &board, CheckId::RollChanges, index, RollChangeError::AlreadyOnRoll);
}

#[test]
fn a_credential_whose_parts_nobody_has_proved() {
    let election = election();
    let mut board = election.open_board();
    let (one, other) = (
        board.make_change(1, ChangeReason::LateMember, None, Some(8)),
        board.make_change(2, ChangeReason::LateMember, None, Some(8)),
    );
    // The proof of another change: the last authority could choose its part so that it knows the whole credential.
    let proof = 32 + 4 + 1 + 32 + 1 + 42 + 1 + 32..32 + 4 + 1 + 32 + 1 + 42 + 1 + 96;
    let copied = election.sign_change(&one, |body| body[proof.clone()].copy_from_slice(&other.encode()[proof.clone()]));
    let mut forged = board.clone();
    let index = forged.push(EntryKind::RollChange, &copied);
    vote(&mut forged, 1);
    let error = RollChangeError::BadPart { authority: 1 };
    sabotage(Check::ChangeParts, &forged, CheckId::RollChanges, index, error);
    // A credential that is not the sum of the parts.
    let other = *election.credentials[9].public().as_bytes();
    let at = 32 + 4 + 1 + 32 + 1;
    let copied = election.sign_change(&one, |body| body[at..at + 32].copy_from_slice(&other));
    let index = board.push(EntryKind::RollChange, &copied);
    vote(&mut board, 1);
    sabotage(Check::ChangeParts, &board, CheckId::RollChanges, index, RollChangeError::BadSum);
}

/// Every other rule, with the exact reason.
#[test]
fn changes_without_effect() {
    let election = election();
    let open = election.open_board();
    let refused = |board: &mut Board<'_>, index: u64, error: RollChangeError| {
        vote(board, 7);
        board.finish();
        board.expect_failures(&[finding(board, CheckId::RollChanges, index, error)]);
    };
    let mut board = open.clone();
    let other = {
        let other = Election::build(ElectionOptions { seed: 2, ..options() });
        other.open_board().make_change(1, ChangeReason::Left, Some(0), None)
    };
    let index = push_change(&mut board, &other);
    refused(&mut board, index, RollChangeError::OtherElection { found: *other.fingerprint() });

    let mut board = open.clone();
    let alone = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut bytes = alone.open_board().make_change(1, ChangeReason::Left, Some(0), None).encode();
    bytes[..32].copy_from_slice(election.context.fingerprint().as_bytes());
    let index = board.push(EntryKind::RollChange, &bytes);
    refused(&mut board, index, RollChangeError::Authorities { found: 1, expected: 2 });

    let at = 32 + 4 + 1 + 32 + 1 + 32;
    for (style, weight) in [(1, 1), (0, 0), (0, 3)] {
        let mut board = open.clone();
        let change = board.make_change(1, ChangeReason::LateMember, None, Some(8));
        let changed = election.sign_change(&change, |body| {
            body[at..at + 2].copy_from_slice(&u16::to_le_bytes(style));
            body[at + 2..at + 10].copy_from_slice(&u64::to_le_bytes(weight));
        });
        let index = board.push(EntryKind::RollChange, &changed);
        refused(&mut board, index, RollChangeError::StyleOrWeight { style, weight });
    }

    // Not on the roll: voter 9 was never added.
    let mut board = open.clone();
    let change = board.make_change(1, ChangeReason::Left, Some(9), None);
    let index = push_change(&mut board, &change);
    refused(&mut board, index, RollChangeError::NotOnRoll);

    // Voter 1 has weight 2, the line in place of it weight 1.
    let mut board = open.clone();
    let change = board.make_change(1, ChangeReason::LostCode, Some(1), Some(8));
    let index = push_change(&mut board, &change);
    refused(&mut board, index, RollChangeError::OtherEntitlement);
    let mut board = open.clone();
    board.change(ChangeReason::Error, Some(1), Some(8));
    vote(&mut board, 8);
    board.finish();
    board.expect_valid();

    // The same credential with another weight: the first change fixes what it is, also without an effect.
    let mut board = open.clone();
    let change = board.make_change(2, ChangeReason::LateMember, None, Some(8));
    let first = push_change(&mut board, &change);
    let change = board.make_change(1, ChangeReason::LateMember, None, Some(8));
    let heavier = election.sign_change(&change, |body| body[at + 2] = 2);
    let index = board.push(EntryKind::RollChange, &heavier);
    vote(&mut board, 7);
    board.finish();
    let skipped = RollChangeError::Sequence { found: 2, expected: 1 };
    let otherwise = RollChangeError::AddedOtherwise { first };
    let found = [(index, otherwise.to_string()), (first, skipped.to_string())];
    let mut failed = failures(&board.verify());
    failed.sort_by_key(|(_, place, _)| place.to_string());
    let mut expected = found.map(|(index, problem)| finding(&board, CheckId::RollChanges, index, problem));
    expected.sort_by_key(|(_, place, _)| place.to_string());
    assert_eq!(failed, expected);

    // On the roll already.
    let mut board = open.clone();
    board.change(ChangeReason::LateMember, None, Some(8));
    let index = board.change(ChangeReason::LateMember, None, Some(8));
    refused(&mut board, index, RollChangeError::AlreadyOnRoll);

    // Before the opening and after the close.
    let mut board = election.unopened_board();
    let change = open.clone().make_change(1, ChangeReason::Left, Some(0), None);
    let index = push_change(&mut board, &change);
    board.organise(Action::Open);
    refused(&mut board, index, RollChangeError::NotOpen);
    let mut board = open.clone();
    vote(&mut board, 7);
    board.organise(Action::Close);
    let index = push_change(&mut board, &change);
    board.finish_closed();
    board.expect_failures(&[finding(&board, CheckId::RollChanges, index, RollChangeError::Closed)]);
}

/// The sum of the weights of the current roll is bounded as that of the opening.
#[test]
fn the_roll_as_it_stands_has_a_largest_weight() {
    let election = Election::build(ElectionOptions { most_weight: Some(13), ..options() });
    let mut board = election.open_board();
    board.change(ChangeReason::LateMember, None, Some(8));
    let index = board.change(ChangeReason::LateMember, None, Some(9));
    let mut left = board.clone();
    vote(&mut board, 1);
    board.finish();
    board.expect_failures(&[finding(
        &board,
        CheckId::RollChanges,
        index,
        RollChangeError::TotalTooLarge { limit: 13 },
    )]);
    // There is room again after somebody has left.
    left.entries.pop();
    left.changes -= 1;
    left.change(ChangeReason::Left, Some(0), None);
    left.change(ChangeReason::LateMember, None, Some(9));
    vote(&mut left, 9);
    left.finish();
    left.expect_valid();
}

#[test]
fn cut_offs_out_of_order() {
    let election = election();
    let mut board = election.unopened_board();
    let early = board.organise(Action::CutOff);
    board.organise(Action::Open);
    vote(&mut board, 1);
    board.organise(Action::CutOff);
    let twice = board.organise(Action::CutOff);
    board.organise(Action::Close);
    let late = board.organise(Action::CutOff);
    board.finish_closed();
    board.expect_failures(&[
        finding(&board, CheckId::Order, early, OrderError::CutOffBeforeOpening),
        finding(&board, CheckId::Order, twice, OrderError::CutOffTwice),
        finding(&board, CheckId::Order, late, OrderError::CutOffAfterClose),
    ]);
}

#[test]
fn a_change_has_one_encoding() {
    let election = election();
    let mut board = election.open_board();
    for (revokes, adds, reason) in [
        (Some(0), Some(8), ChangeReason::LostCode),
        (None, Some(8), ChangeReason::LateMember),
        (Some(0), None, ChangeReason::Left),
        (Some(0), Some(8), ChangeReason::Error),
        (Some(0), None, ChangeReason::Error),
    ] {
        let change = board.make_change(3, reason, revokes, adds);
        let bytes = change.encode();
        assert!(bytes.len() <= RollChange::MAX_BYTES);
        assert_eq!(RollChange::decode(&bytes), Ok(change));
        assert_eq!(RollChange::decode(&bytes[..bytes.len() - 1]), Err(DecodeError::Truncated { field: "s" }));
        assert_eq!(RollChange::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Trailing { count: 1 }));
    }
    let left = board.make_change(1, ChangeReason::Left, Some(0), None).encode();
    let changed = |at: usize, byte: u8| {
        let mut bytes = left.clone();
        bytes[at] = byte;
        RollChange::decode(&bytes).map(|_| ())
    };
    let unknown = |field, found| Err(DecodeError::UnknownValue { field, found });
    assert_eq!(changed(32, 0), unknown("sequence", 0));
    assert_eq!(changed(36, 0), unknown("reason", 0));
    assert_eq!(changed(36, 5), unknown("reason", 5));
    assert_eq!(changed(36, 1), unknown("change", 1));
    assert_eq!(changed(36, 2), unknown("change", 2));
    assert_eq!(changed(69, 2), unknown("added", 2));
    assert_eq!(changed(70, 0), unknown("authorities", 0));
    assert_eq!(changed(70, 9), Err(DecodeError::LimitExceeded { field: "authorities", found: 9, limit: 8 }));
}

#[test]
fn a_draft_goes_from_authority_to_authority() {
    let election = election();
    let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
    let rng = &mut TestRng(5);
    let [(first, one), (second, other)]: [_; 2] =
        AuthorityIndex::enumerate(&election.authorities).collect::<Vec<_>>().try_into().ok().unwrap();
    let revoked = Some(*election.credentials[0].public().as_bytes());
    let rights = |weight| Some(Entitlement { style: 0, weight });
    let new = |reason, revoked, added| ChangeDraft::new(manifest, fingerprint, 1, reason, revoked, added);
    let reason = ChangeReason::Left;
    assert_eq!(new(reason, revoked, rights(1)), Err(ChangeDraftError::Reason { reason }));
    let refused = RollChangeError::StyleOrWeight { style: 0, weight: 3 };
    assert_eq!(new(ChangeReason::LostCode, revoked, rights(3)), Err(refused.into()));
    let mut draft = new(ChangeReason::LostCode, revoked, rights(1)).unwrap();
    assert_eq!(draft.awaited(), Some(1));
    assert_eq!(draft.sign(manifest, first, one, rng), Err(ChangeDraftError::PartMissing { authority: 1 }));
    let parts = [&election.parts[0][8], &election.parts[1][8]];
    draft.add_part(first, parts[0], rng).unwrap();
    assert_eq!(draft.add_part(first, parts[0], rng), Err(ChangeDraftError::NoPartNeeded { authority: 1 }));
    assert_eq!((draft.awaited(), draft.credential()), (Some(2), None));
    let mut draft = ChangeDraft::decode(&draft.encode()).unwrap();
    assert!(draft.needs_part(second) && !draft.needs_part(first));
    draft.add_part(second, parts[1], rng).unwrap();
    draft.sign(manifest, second, other, rng).unwrap();
    assert_eq!((draft.awaited(), draft.change()), (Some(1), None));
    assert_eq!(draft.credential(), Some(*election.credentials[8].public()));
    let mut draft = ChangeDraft::decode(&draft.encode()).unwrap();
    draft.sign(manifest, first, one, rng).unwrap();
    assert_eq!(draft.awaited(), None);
    let change = draft.change().unwrap();
    let mut board = election.open_board();
    push_change(&mut board, &change);
    board.changes += 1;
    vote(&mut board, 8);
    board.finish();
    board.expect_valid();
    // A signature of somebody else is noticed before anybody signs.
    let mut forged = new(ChangeReason::Left, revoked, None).unwrap();
    forged.sign(manifest, second, one, rng).unwrap();
    assert_eq!(forged.sign(manifest, first, one, rng), Err(RollChangeError::Signature { authority: 2 }.into()));
}

// The same rules in the ballot box, in shards, and for voters.

/// A ballot box with the record of a board.
fn resume(board: &Board<'_>) -> Resumed<MemoryRecord> {
    let (record, rng) = (board.record(), &mut TestRng(1));
    let manifest = read_manifest(&record).unwrap();
    let mut ballots = AdmittedBallots::default();
    let read = PublishedBoard::read(&record, &manifest, &mut |entry| ballots.observe(entry), rng).unwrap();
    let VotersElection { context, roll, window, .. } = VotersElection::of_board(&record, manifest, read, rng).unwrap();
    Admission::resume(context, roll, record, window, ballots, rng).unwrap()
}

fn box_of(board: &Board<'_>) -> Admission<MemoryIndex<MemoryRecord>> {
    resume(board).admission
}

#[test]
fn a_ballot_box_keeps_the_rules() {
    let election = election();
    let mut board = election.open_board();
    let mut admission = box_of(&board);
    let rng = &mut TestRng(3);
    let ballot = |voter: usize| election.ballot(voter, &[option(0)]).cast().to_bytes();
    // A line is there only after the change.
    let unknown = Err(AdmitError::Refused(AdmissionError::UnknownCredential));
    assert_eq!(admission.admit(&ballot(8), &board.entries, rng), unknown);
    let change = board.make_change(1, ChangeReason::LostCode, Some(0), Some(8)).encode();
    let (entry, effective) = admission.change(&change, &board.entries, rng).unwrap();
    assert_eq!(effective.added.map(|line| line.voter()), Some(8));
    // What was admitted must be appended first.
    let again = admission.change(&change, &board.entries, rng);
    let index = board.entries.len() as u64;
    assert_eq!(again.map(|_| ()), Err(ChangeRefused::Board(AdmitError::NotAppended { index })));
    board.push_bytes(entry);
    let refused = |error: RollChangeError| Err(ChangeRefused::<ballotta::merkle::LogError>::Refused(error));
    let again = admission.change(&change, &board.entries, rng).map(|_| ());
    assert_eq!(again, refused(RollChangeError::Sequence { found: 1, expected: 2 }));
    let revoked = AdmissionError::Revoked { index };
    assert_eq!(admission.admit(&ballot(0), &board.entries, rng), Err(AdmitError::Refused(revoked)));
    let entry = admission.admit(&ballot(8), &board.entries, rng).unwrap();
    board.push_bytes(entry);
    let voted = board.make_change(2, ChangeReason::Left, Some(8), None).encode();
    let refused_now = admission.change(&voted, &board.entries, rng).map(|_| ());
    assert_eq!(refused_now, refused(RollChangeError::AlreadyVoted { first: index + 1 }));
    assert_eq!(
        admission.change(&[1, 2, 3], &board.entries, rng).map(|_| ()),
        Err(ChangeRefused::Encoding(DecodeError::Truncated { field: "fingerprint" }))
    );
    admission.cut_off(board.entries.len() as u64);
    let late = board.make_change(2, ChangeReason::Left, Some(2), None).encode();
    let refused_now = admission.change(&late, &board.entries, rng).map(|_| ());
    assert_eq!(refused_now, refused(RollChangeError::AfterCutOff));
    // Resumed from the board, it is the same.
    assert_eq!(box_of(&board).heads(), admission.heads());
    assert_eq!(box_of(&board).changes(), admission.changes());
}

/// A ballot that is void by itself, or not: the verifier learns it only after it has read the changes.
#[test]
fn a_void_ballot_does_not_keep_a_credential_from_being_revoked() {
    let election = election();
    let mut board = election.open_board();
    let mut bytes = election.ballot(0, &[option(0)]).cast().to_bytes();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    let void = board.push_ballot(&bytes);
    board.change(ChangeReason::LostCode, Some(0), Some(8));
    vote(&mut board, 8);
    vote(&mut board, 1);
    board.finish();
    let found = board.verify();
    let [(_, place, _)] = &failures(&found)[..] else { panic!("one finding: {}", found.report) };
    assert_eq!(place, &board.place(void));
    assert_eq!(counted(&found), Some(board.expected()));
    assert_eq!(found.changes.len(), 1);
    // A client that reads the whole board knows it as well.
    let (record, rng) = (board.record(), &mut TestRng(4));
    let read = VotersElection::read(&record, rng).unwrap();
    let code = |voter: usize| election.codes[voter].parse::<VotingCodes>().unwrap();
    let own = read.voter(&record, &code(0)).unwrap();
    assert_eq!(own.history(&read, &record, rng).unwrap().revoked(), Some(void + 1));
}

/// Random schedules of ballots and changes: verifier, shards, ballot box and voters agree, and a count in clear as well.
#[test]
fn random_schedules() {
    for seed in 0..40 {
        let election = Election::build(ElectionOptions { seed, ..options() });
        let mut board = election.open_board();
        let mut rng = TestRng(1000 + seed);
        // What is true: who is on the roll, who was ever on it, and who has voted.
        let mut on_roll: BTreeSet<usize> = (0..8).collect();
        let mut ever = on_roll.clone();
        let mut voted: BTreeSet<usize> = BTreeSet::new();
        let (mut changes, mut weight, mut total) = (0_u32, 0, 12);
        let mut revoked = BTreeSet::new();
        for _ in 0..24 {
            let voter = rng.below(12);
            match rng.below(4) {
                0 | 1 if on_roll.contains(&voter) => {
                    vote(&mut board, voter);
                    voted.insert(voter);
                }
                0 | 1 if !voted.contains(&voter) => {
                    push_ballot_of(&mut board, voter);
                }
                2 => {
                    // Garbage in the signature.
                    let mut bytes = election.ballot(voter, &[option(0)]).cast().to_bytes();
                    let last = bytes.len() - 3;
                    bytes[last] ^= 1;
                    board.push_ballot(&bytes);
                }
                3 => {
                    let (reason, revokes, adds) = match rng.below(3) {
                        0 => (ChangeReason::Error, Some(voter), Some(8 + rng.below(4))),
                        1 => (ChangeReason::LateMember, None, Some(8 + rng.below(4))),
                        _ => (ChangeReason::Left, Some(voter), None),
                    };
                    let sequence = changes + 1 + u32::from(rng.below(6) == 0);
                    let change = board.make_change(sequence, reason, revokes, adds);
                    push_change(&mut board, &change);
                    let of = |voter: Option<usize>| voter.map_or(0, |voter| election.rights(voter).1);
                    let own = of(revokes).max(of(adds));
                    let is_allowed = sequence == changes + 1
                        && changes < 5
                        && revokes.is_none_or(|voter| on_roll.contains(&voter) && !voted.contains(&voter))
                        && adds.is_none_or(|voter| !ever.contains(&voter))
                        && weight + own <= 7;
                    if is_allowed {
                        (changes, weight) = (changes + 1, weight + own);
                        total = total + of(adds) - of(revokes);
                        if let Some(voter) = revokes {
                            on_roll.remove(&voter);
                            revoked.insert(voter);
                        }
                        if let Some(voter) = adds {
                            on_roll.insert(voter);
                            ever.insert(voter);
                        }
                    }
                }
                _ => {}
            }
        }
        let open = board.clone();
        board.finish();
        let record = board.record();
        let verification = verify_record(&record);
        assert_eq!(counted(&verification), Some(board.expected()), "{seed}: {}", verification.report);
        assert_eq!(verification.changes.len(), changes as usize, "{seed}");
        let current = verification.current_totals().unwrap();
        assert_eq!((current.voters(), current.weight()), (on_roll.len() as u64, total), "{seed}");
        let shards = verify_in_shards(&record, &VerifyOptions::default(), 3, &mut rng);
        assert_eq!((summary(&shards), &shards.changes), (summary(&verification), &verification.changes), "{seed}");

        // What a ballot box would have admitted, one by one.
        let mut clean = election.open_board();
        let mut admission = box_of(&clean);
        for entry in open.entries.iter().skip(clean.entries.len()) {
            let decoded = Entry::decode(entry).unwrap();
            let admitted = match decoded.kind() {
                EntryKind::RollChange => {
                    admission.change(decoded.body(), &clean.entries, &mut rng).map(|(entry, _)| entry).ok()
                }
                _ => admission.admit(decoded.body(), &clean.entries, &mut rng).ok(),
            };
            clean.entries.extend(admitted);
        }
        let heads = admission.heads();
        assert_eq!(admission.changes().len(), changes as usize, "{seed}");
        assert_eq!(box_of(&clean).heads(), heads, "{seed}");
        clean.changes = changes;
        clean.chosen = board.chosen.clone();
        clean.finish();
        let of_box = clean.expect_valid();
        let sums = |verification: &ballotta::verifier::Verification| {
            let tally = verification.tally.as_ref().unwrap();
            (tally.ballots(), tally.weight(), *tally.digest())
        };
        assert_eq!(sums(&of_box), sums(&verification), "{seed}");

        // A voter who reads the whole record.
        let read = VotersElection::read(&record, &mut rng).unwrap();
        for voter in 0..8 {
            let own = read.voter(&record, &election.codes[voter].parse().unwrap()).unwrap();
            let history = own.history(&read, &record, &mut rng).unwrap();
            assert_eq!(history.revoked().is_some(), revoked.contains(&voter), "{seed}: {voter}");
            assert_eq!(history.counted().is_some(), voted.contains(&voter), "{seed}: {voter}");
        }
    }
}

/// An auditor who continues an earlier verification sees the changes since then, also those that depend on what was verified before.
#[test]
fn a_verification_that_is_continued() {
    let election = election();
    let mut board = election.open_board();
    let mut void = election.ballot(0, &[option(0)]).cast().to_bytes();
    let last = void.len() - 40;
    void[last] ^= 1;
    board.push_ballot(&void);
    vote(&mut board, 1);
    board.change(ChangeReason::LateMember, None, Some(8));
    vote(&mut board, 8);
    while board.entries.len() < 300 {
        board.push_bytes(vec![1, 5]);
    }
    let rng = &mut TestRng(6);
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    let (first, state) = verify_from(&board.record(), &options, None, &|_| (), rng).unwrap();
    assert_eq!((first.changes.len(), first.counted), (1, Some(2)));
    let state = VerifierState::decode(&state.unwrap().to_bytes()).unwrap();
    assert_eq!(state.entries(), 256);
    // The voter of the void ballot has not voted.
    board.change(ChangeReason::LostCode, Some(0), Some(9));
    vote(&mut board, 9);
    let refused = board.make_change(3, ChangeReason::Left, Some(8), None);
    push_change(&mut board, &refused);
    vote(&mut board, 8);
    board.finish();
    let whole = board.verify();
    let (again, _) = verify_from(&board.record(), &VerifyOptions::default(), Some(&state), &|_| (), rng).unwrap();
    assert_eq!(failures(&again), failures(&whole));
    assert_eq!((&again.changes, counted(&again)), (&whole.changes, Some(board.expected())));
    assert_eq!(again.changes.len(), 2);
}

// Phones.

/// The record with the files for light clients.
fn light(board: &Board<'_>) -> MemoryRecord {
    let mut record = board.record();
    record.files.extend(light_files(&record, &mut TestRng(1)).unwrap().files);
    record
}

fn number(election: &Election, voter: usize) -> VoterNumber {
    VoterNumber::of(election.credentials[voter].public())
}

#[test]
fn a_phone_sees_changes() {
    // One authority, so that one code is the whole credential.
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    vote(&mut board, 1);
    let change = board.change(ChangeReason::LostCode, Some(0), Some(8));
    let record = light(&board);
    let rng = &mut TestRng(6);
    let read = LightElection::read(&record, None, rng).unwrap();
    let code = |voter: usize| election.codes[voter].parse::<VotingCodes>().unwrap();
    // The new code finds its line in the change, the old one that it is revoked.
    let added = read.voter(&record, &code(8), rng).unwrap();
    assert_eq!((added.line().voter(), added.line().weight), (8, 1));
    assert_eq!(read.predecessor(&record, &added, rng), Ok(None));
    let old = read.voter(&record, &code(0), rng).unwrap();
    assert_eq!(read.predecessor(&record, &old, rng), Err(VoterError::Revoked { index: change }));
    assert_eq!(read.voter(&record, &code(9), rng).err(), Some(VoterError::UnknownCredential));
    let find = |record: &MemoryRecord, voter: usize, tracker: &WrittenTracker| {
        let rng = &mut TestRng(7);
        LightElection::read(record, None, rng).unwrap().find(record, tracker, &number(&election, voter), rng)
    };
    let tracker: WrittenTracker = election.ballot(0, &[option(0)]).tracker().written().parse().unwrap();
    assert_eq!(find(&record, 0, &tracker), Ok(LightStatus::RevocationOnBoard { index: change }));
    let at = vote(&mut board, 8);
    let own: WrittenTracker = board.heads[&8].written().parse().unwrap();
    assert_eq!(find(&light(&board), 8, &own), Ok(LightStatus::OnBoard { index: at }));
    board.finish();
    let closed = light(&board);
    assert_eq!(find(&closed, 8, &own), Ok(LightStatus::Counted { index: at }));
    assert_eq!(find(&closed, 0, &tracker), Ok(LightStatus::Revoked { index: change }));
    assert_eq!(find(&closed, 2, &tracker), Ok(LightStatus::NoneCounts));
    // The voter who reads everything is told the same.
    let whole = VotersElection::read(&light(&board), rng).unwrap();
    assert_eq!(whole.voter(&closed, &code(9)).err(), Some(VoterError::UnknownCredential));
}

/// A server tells a voter that another voter's change is about this voter's code.
#[test]
fn a_server_that_shows_the_revocation_of_somebody_else() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    let change = board.change(ChangeReason::Left, Some(0), None);
    let mut record = light(&board);
    let line = election.line(1).voter() as usize;
    let head = VoterHead::Revoked(change).encode();
    record.files.get_mut("light/heads").unwrap()[8 * line..8 * line + 8].copy_from_slice(&head);
    let rng = &mut TestRng(8);
    let read = LightElection::read(&record, None, rng).unwrap();
    let own = read.voter(&record, &election.codes[1].parse().unwrap(), rng).unwrap();
    let not_shown = VoterError::ChangeNotShown { index: change };
    assert_eq!(read.predecessor(&record, &own, rng), Err(not_shown));
    let weak = Weaken::without(Check::OwnRevocation);
    assert_eq!(read.predecessor(&record, &own, rng), Err(VoterError::Revoked { index: change }));
    drop(weak);
    // A file that says the wrong place shows nothing.
    let mut record = light(&board);
    let mut bytes = record.files["light/changes"].clone();
    bytes[16..24].copy_from_slice(&election.credentials[9].public().as_bytes()[..8]);
    record.files.insert("light/changes".into(), bytes);
    let found = read.voter(&record, &election.codes[9].parse().unwrap(), rng);
    assert_eq!(found.err(), Some(VoterError::UnknownCredential));
}

/// What the whole record and small parts of it say to a voter who types this number and tracker.
struct Said {
    whole: BallotStatus,
    promised: PromisedStatus,
    light: LightPromise,
}

/// The number is that of `voter`, and tracker and receipt are those of the ballot at `index`.
fn said(board: &Board<'_>, voter: usize, index: u64) -> Said {
    let (election, record, rng) = (board.election, light(board), &mut TestRng(9));
    let entry = &board.entries[index as usize];
    let receipt = election.signer.sign_receipt(index, entry).unwrap();
    let tracker: WrittenTracker = receipt.unverified().tracker().written().parse().unwrap();
    let number = number(election, voter);
    let read = VotersElection::read(&record, rng).unwrap();
    Said {
        whole: read.find(&record, &tracker, &number, rng).unwrap(),
        promised: read.find_promised(&record, &receipt, &tracker, &number, rng).unwrap(),
        light: LightElection::read(&record, None, rng)
            .unwrap()
            .find_promised(&record, &receipt, &tracker, &number, rng)
            .unwrap(),
    }
}

#[track_caller]
fn explained(said: &Said, at: u64, by: CodeChange) {
    assert_eq!(said.whole, BallotStatus::OfChangedCode { index: Some(at), change: by });
    assert_eq!(said.promised, PromisedStatus::OfChangedCode { index: at, change: by });
    assert_eq!(said.light, LightPromise::OfChangedCode { index: at, change: by });
    assert_eq!((said.promised.code(), said.light.code()), (by.code(), by.code()));
}

#[track_caller]
fn accused(said: &Said, at: u64) {
    assert_eq!(said.whole, BallotStatus::OfAnotherVoter { index: at });
    assert_eq!(said.promised, PromisedStatus::OfAnotherVoter { index: at });
    assert_eq!(said.light, LightPromise::OfAnotherVoter { index: at });
}

/// A voter with two letters takes the number from one and has cast the ballot with the code of the other: no device has cheated.
#[test]
fn the_number_of_an_older_or_a_newer_letter() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    let other = vote(&mut board, 1);
    let change = board.change(ChangeReason::LostCode, Some(0), Some(8));
    let new = vote(&mut board, 8);
    // What a board has that did not refuse it.
    let old = push_ballot_of(&mut board, 0);
    for is_closed in [false, true] {
        if is_closed {
            board.finish();
        }
        let revoked = CodeChange::NumberRevoked { change };
        explained(&said(&board, 0, new), new, revoked);
        explained(&said(&board, 8, old), old, CodeChange::CodeReplaced { change });
        // Also of somebody else's ballot: no ballot counts under this number.
        explained(&said(&board, 0, other), other, revoked);
        // The change of somebody else excuses nothing.
        accused(&said(&board, 1, new), new);
        accused(&said(&board, 2, old), old);
        accused(&said(&board, 8, other), other);
        // A ballot that the board refused, because its code was replaced.
        let (record, rng) = (board.record(), &mut TestRng(9));
        let read = VotersElection::read(&record, rng).unwrap();
        let refused: WrittenTracker = election.ballot(3, &[option(0)]).tracker().written().parse().unwrap();
        let found = |voter: usize| read.find(&record, &refused, &number(&election, voter), &mut TestRng(9)).unwrap();
        assert_eq!(found(0), BallotStatus::OfChangedCode { index: None, change: revoked });
        assert_eq!(found(8), BallotStatus::Missing);
    }
}

/// A device shows a late member the tracker of another voter, whose code was replaced.
#[test]
fn the_change_of_somebody_else_excuses_no_device() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    board.change(ChangeReason::LostCode, Some(0), Some(8));
    let old = push_ballot_of(&mut board, 0);
    let late = board.change(ChangeReason::LateMember, None, Some(9));
    accused(&said(&board, 9, old), old);
    let _weak = Weaken::without(Check::ChangeOfCode);
    explained(&said(&board, 9, old), old, CodeChange::CodeReplaced { change: late });
}

/// An opening that is checked with the number of another letter, of another voter, and of nobody.
#[test]
fn an_opened_ballot_of_the_other_letter() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    let change = board.change(ChangeReason::LostCode, Some(0), Some(8));
    let (record, rng) = (light(&board), &mut TestRng(9));
    let whole = VotersElection::read(&record, rng).unwrap();
    let light = LightElection::read(&record, None, rng).unwrap();
    let check = |voter: usize, number: &VoterNumber| {
        let prepared = election.ballot(voter, &[option(1)]).prepare();
        let (tracker, bytes) = (prepared.tracker().written().parse().unwrap(), prepared.open().expose_bytes());
        let rng = &mut TestRng(9);
        let found = whole.check_opening(&record, &bytes, &tracker, number, rng).map(|opened| *opened.credential());
        let in_parts = light.check_opening(&record, &bytes, &tracker, number, rng).map(|opened| *opened.credential());
        // Small parts do not prove that the number was not revoked, and accuse no device.
        match &found {
            Err(VoterError::Opening(OpeningError::OtherVoter { .. })) => {
                assert_eq!(in_parts, Err(VoterError::OpeningNotExplained));
            }
            _ => assert_eq!(found, in_parts),
        }
        found
    };
    let number = |voter| number(&election, voter);
    let of_changed_code = |change| Err(VoterError::OpeningOfChangedCode { change });
    let other_voter = |found| Err(VoterError::Opening(OpeningError::OtherVoter { found }));
    // A voter whose code was replaced, and one that a change has added.
    assert_eq!(check(0, &number(0)), Ok(*election.credentials[0].public()));
    assert_eq!(check(8, &number(8)), Ok(*election.credentials[8].public()));
    assert_eq!(check(8, &number(0)), of_changed_code(CodeChange::NumberRevoked { change }));
    assert_eq!(check(0, &number(8)), of_changed_code(CodeChange::CodeReplaced { change }));
    assert_eq!(check(0, &number(1)), other_voter(number(0)));
    assert_eq!(check(1, &number(8)), other_voter(number(1)));
    let stranger = Election::build(ElectionOptions { seed: 99, ..options() });
    let nobody = VoterNumber::of(stranger.credentials[0].public());
    assert_eq!(check(0, &nobody), Err(VoterError::UnknownNumber));
    let codes = [check(8, &number(0)), check(0, &number(8)), check(0, &number(1)), check(0, &nobody)];
    let codes = codes.map(|found| found.unwrap_err().code());
    assert_eq!(codes, ["number-revoked", "code-replaced", "other-voter", "unknown-number"]);
    // A server shows the heads from before the change: a device is not accused for that.
    let older = LightElection::read(&record, None, rng).unwrap();
    let mut hidden = record.clone();
    let before = light_files(&election.open_board().record(), &mut TestRng(1)).unwrap().files;
    let heads = before.iter().filter(|(path, _)| path.starts_with("light/heads") || path.starts_with("light/voters"));
    hidden.files.extend(heads.map(|(path, bytes)| (path.clone(), bytes.clone())));
    let prepared = election.ballot(8, &[option(1)]).prepare();
    let (tracker, bytes) = (prepared.tracker().written().parse().unwrap(), prepared.open().expose_bytes());
    let found = older.check_opening(&hidden, &bytes, &tracker, &number(0), rng).err();
    assert_eq!(found, Some(VoterError::OpeningNotExplained));
    assert_eq!(VoterError::OpeningNotExplained.code(), "opening-not-explained");
    let _weak = Weaken::without(Check::ChangeOfCode);
    assert_eq!(check(1, &number(8)), of_changed_code(CodeChange::CodeReplaced { change }));
}

/// The number of a voter of another election, or one that only a change without an effect adds, is that of nobody: the ballot is not
/// that of another voter, and no device is accused.
#[test]
fn a_number_that_nobody_has() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    let first = vote(&mut board, 0);
    board.change(ChangeReason::LateMember, None, Some(8));
    let refused = board.make_change(2, ChangeReason::LostCode, Some(0), Some(9));
    push_change(&mut board, &refused);
    let receipt = election.signer.sign_receipt(first, &board.entries[first as usize]).unwrap();
    let trackers = [*receipt.unverified().tracker(), election.ballot(3, &[option(0)]).tracker()];
    let stranger = Election::build(ElectionOptions { seed: 99, ..options() });
    for is_closed in [false, true] {
        if is_closed {
            board.finish();
        }
        let (record, rng) = (light(&board), &mut TestRng(9));
        let whole = VotersElection::read(&record, rng).unwrap();
        let light = LightElection::read(&record, None, rng).unwrap();
        for tracker in trackers {
            let tracker: WrittenTracker = tracker.written().parse().unwrap();
            let nobody = number(&stranger, 0);
            assert_eq!(whole.find(&record, &tracker, &nobody, rng), Err(VoterError::UnknownNumber));
            assert_eq!(light.find(&record, &tracker, &nobody, rng), Err(VoterError::UnknownNumber));
        }
        let tracker: WrittenTracker = trackers[0].written().parse().unwrap();
        let nobody = number(&stranger, 0);
        let found = whole.find_promised(&record, &receipt, &tracker, &nobody, rng);
        assert_eq!(found, Err(VoterError::UnknownNumber));
        let found = light.find_promised(&record, &receipt, &tracker, &nobody, rng);
        assert_eq!(found, Err(VoterError::UnknownNumber));
        // A change without an effect has replaced no code: nobody is told to vote with a new one.
        assert_eq!(whole.find(&record, &tracker, &number(&election, 9), rng), Err(VoterError::UnknownNumber));
        assert_eq!(light.find(&record, &tracker, &number(&election, 9), rng), Err(VoterError::UnknownNumber));
        // The ballot of somebody else, with the number of a change without an effect, and of one with an effect.
        let other: WrittenTracker = trackers[1].written().parse().unwrap();
        assert_eq!(whole.find(&record, &other, &number(&election, 9), rng), Err(VoterError::UnknownNumber));
        assert_eq!(light.find(&record, &other, &number(&election, 9), rng), Err(VoterError::UnknownNumber));
        assert_eq!(whole.find(&record, &other, &number(&election, 8), rng), Ok(BallotStatus::Missing));
        accused(&said(&board, 8, first), first);
    }
}

/// A change without an effect does not revoke the number of a voter who has voted.
#[test]
fn a_change_without_an_effect_excuses_no_device() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let mut board = election.open_board();
    vote(&mut board, 0);
    let other = vote(&mut board, 1);
    let refused = board.make_change(1, ChangeReason::LostCode, Some(0), Some(8));
    push_change(&mut board, &refused);
    accused(&said(&board, 0, other), other);
    let _weak = Weaken::without(Check::ChangeOfCode);
    let found = said(&board, 0, other).whole;
    assert!(matches!(found, BallotStatus::OfChangedCode { change: CodeChange::NumberRevoked { .. }, .. }), "{found:?}");
}

/// What the board would refuse is refused before a part or a signature is made, with the same error.
#[test]
fn a_draft_is_checked_by_the_rules_of_the_board() {
    let election = election();
    let mut board = election.open_board();
    let first = vote(&mut board, 0);
    let index = board.change(ChangeReason::LostCode, Some(1), Some(10));
    let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
    let draft = |sequence, reason, revoked: Option<usize>, added: Option<u64>| {
        let revoked = revoked.map(|voter| *election.credentials[voter].public().as_bytes());
        let added = added.map(|weight| Entitlement { style: 0, weight });
        ChangeDraft::new(manifest, fingerprint, sequence, reason, revoked, added).unwrap()
    };
    let late = |sequence| draft(sequence, ChangeReason::LateMember, None, Some(2));
    let admission = box_of(&board);
    let check = |drafts: &[ChangeDraft]| admission.check_drafts(drafts);
    let refused = |error: RollChangeError| Err(ChangeRefused::Refused(error));
    assert_eq!(check(&[late(2), late(3), draft(4, ChangeReason::Left, Some(2), None)]), Ok(()));
    let left = |voter| draft(2, ChangeReason::Left, Some(voter), None);
    assert_eq!(check(&[left(0)]), refused(RollChangeError::AlreadyVoted { first }));
    assert_eq!(check(&[left(1)]), refused(RollChangeError::AlreadyRevoked { index }));
    assert_eq!(check(&[left(9)]), refused(RollChangeError::NotOnRoll));
    assert_eq!(check(&[late(1)]), refused(RollChangeError::Sequence { found: 1, expected: 2 }));
    assert_eq!(check(&[late(2), late(2)]), refused(RollChangeError::Sequence { found: 2, expected: 3 }));
    assert_eq!(
        check(&[draft(2, ChangeReason::LostCode, Some(2), Some(2))]),
        refused(RollChangeError::OtherEntitlement)
    );
    // The changes have a weight of 2 already, and may have 7.
    assert_eq!(check(&[late(2), late(3)]), Ok(()));
    assert_eq!(check(&[late(2), late(3), late(4)]), refused(RollChangeError::TooMuchWeight { limit: 7 }));
    let few: Vec<ChangeDraft> = (2..7).map(|at| draft(at, ChangeReason::LateMember, None, Some(1))).collect();
    assert_eq!(check(&few[..4]), Ok(()));
    assert_eq!(check(&few), refused(RollChangeError::TooManyChanges { limit: 5 }));
    let other = Election::build(ElectionOptions { seed: 77, ..options() });
    let found = *other.context.fingerprint();
    let foreign = ChangeDraft::new(
        manifest,
        &found,
        2,
        ChangeReason::LateMember,
        None,
        Some(Entitlement { style: 0, weight: 1 }),
    );
    assert_eq!(check(&[foreign.unwrap()]), refused(RollChangeError::OtherElection { found }));
    // Nothing was admitted.
    assert_eq!(admission.changes().len(), 1);
    // A complete draft whose credential is on the roll already.
    let mut complete = draft(2, ChangeReason::LateMember, None, Some(1));
    for (authority, parts) in AuthorityIndex::enumerate(&election.parts) {
        complete.add_part(authority, &parts[10], &mut TestRng(3)).unwrap();
        assert_eq!(complete.part(authority), Some(parts[10].public()));
    }
    assert_eq!(check(&[complete]), refused(RollChangeError::AlreadyOnRoll));
    board.organise(Action::CutOff);
    assert_eq!(box_of(&board).check_drafts(&[late(2)]), refused(RollChangeError::AfterCutOff));
}
