//! The lot: any trustees that are enough give the same one, nobody can change it, and it decides what ties.

use ballotta::board::entry::{Action, EntryKind};
use ballotta::decision::{Elected, ElectedBy, Winners};
use ballotta::decryption::{ClosedTally, DecryptionError, VerifiedDecryption, combine};
use ballotta::encoding::DecodeError;
use ballotta::group::Element;
use ballotta::hash::FileHash;
use ballotta::manifest::{Quorum, QuorumBase, QuorumOf, QuorumRule, Ties};
use ballotta::record;
use ballotta::verifier::{CheckId, Place, Role, Verdict};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, choose, failures};
use ballotta_tests::rng::TestRng;

/// Five trustees of whom three decrypt, and three options that tie for two places.
fn options() -> ElectionOptions {
    ElectionOptions {
        contests: vec![(choose(1, 1, false), 4)],
        styles: vec![vec![0]],
        voters: vec![(0, 1); 7],
        winners: vec![(0, Winners { number: 2, groups: vec![] })],
        ties: Ties::Lot,
        trustees: 5,
        threshold: 3,
        ..ElectionOptions::default()
    }
}

fn closed(election: &Election) -> (Board<'_>, ClosedTally) {
    let mut board = election.open_board();
    for (voter, option) in [0, 1, 2, 0, 1, 2].into_iter().enumerate() {
        board.vote(voter, &[Choice::Options(vec![option])]);
    }
    board.organise(Action::Close);
    let closed = board.closed_tally();
    (board, closed)
}

fn verified(board: &mut Board<'_>, closed: &ClosedTally, trustee: u16) -> VerifiedDecryption {
    let part = board.partial_decryption(closed, trustee);
    let (context, joint_key) = (&board.election.context, &board.election.joint_key);
    part.verify(context, joint_key, closed.tally(), &mut TestRng(1)).unwrap()
}

#[test]
fn no_choice_of_trustees_changes_the_lot() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    let context = &election.context;
    let parts: Vec<_> = (1..=5).map(|trustee| verified(&mut board, &closed, trustee)).collect();
    let all = combine(context, closed.tally(), &parts[..3]).unwrap();
    let seed = all.lot.unwrap();
    let mut subsets = 0;
    for subset in (0_u32..32).filter(|subset| subset.count_ones() == 3) {
        // In both orders of the board.
        let mut chosen: Vec<_> =
            (0..5).filter(|place| subset >> place & 1 == 1).map(|place| parts[place].clone()).collect();
        for _ in 0..2 {
            let result = combine(context, closed.tally(), &chosen).unwrap();
            assert_eq!((result.lot, &result.contests), (Some(seed), &all.contests));
            chosen.reverse();
        }
        subsets += 1;
    }
    assert_eq!(subsets, 10);
    let too_few = combine(context, closed.tally(), &parts[..2]);
    assert_eq!(too_few, Err(DecryptionError::InsufficientShares { have: 2, need: 3 }));
}

#[test]
fn the_lot_decides_who_of_those_that_tie_is_elected() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    board.decrypt(&closed, [5, 2, 4]);
    board.publish();
    let verification = board.verify();
    assert_eq!(verification.report.verdict, Some(Verdict::Holds), "{}", verification.report);
    let seed = verification.totals.as_ref().unwrap().lot.unwrap();
    let mut order = ["o0", "o1", "o2"];
    order.sort_by_key(|option| seed.lot("c0", option));
    let result = verification.report.result.as_ref().unwrap();
    assert_eq!(result.lot, Some(seed.to_string()));
    let winners = result.contests[0].winners.as_ref().unwrap();
    let by_lot = |id: &&str| Elected { id: (*id).into(), by: ElectedBy::Lot };
    assert_eq!(winners.elected, order[..2].iter().map(by_lot).collect::<Vec<_>>());
    assert_eq!(winners.reserves, [[order[2]]]);
}

#[test]
fn without_quorum_there_is_a_lot_and_nobody_is_elected() {
    let (of, base) = (QuorumOf::Heads, QuorumBase::Roll);
    let quorum = Some(Quorum { of, base, rule: QuorumRule::MoreThan, fraction: [6, 7] });
    let election = Election::build(ElectionOptions { quorum, ..options() });
    let (mut board, closed) = closed(&election);
    board.decrypt(&closed, 1..=3);
    board.publish();
    let result = board.verify().report.result.unwrap();
    assert!(result.lot.is_some());
    assert_eq!(result.contests[0].winners.as_ref().unwrap().elected, []);
}

/// The lot is drawn also if no contest is decrypted.
#[test]
fn a_lot_without_a_ballot() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, 1..=3);
    board.publish();
    let verification = board.verify();
    assert_eq!(verification.report.verdict, Some(Verdict::Holds), "{}", verification.report);
    assert!(verification.report.result.unwrap().lot.is_some());
}

/// The lots of two closed boards of one election have nothing to do with each other.
#[test]
fn another_board_has_another_lot() {
    let election = Election::build(options());
    let seed = |last: usize| {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Options(vec![last])]);
        board.organise(Action::Close);
        let closed = board.closed_tally();
        let parts: Vec<_> = (1..=3).map(|trustee| verified(&mut board, &closed, trustee)).collect();
        combine(&election.context, closed.tally(), &parts).unwrap().lot.unwrap()
    };
    assert_eq!(seed(0), seed(0));
    assert_ne!(seed(0), seed(1));
}

/// The length of the trustee's part of the lot, and of its proof.
const LOT: usize = 32 + 96;
const SIGNATURE: usize = 64;

/// A trustee signs another part of the lot, so that another option is elected: without its proof it would pass.
#[test]
fn a_part_of_the_lot_that_is_not_proved() {
    let election = Election::build(options());
    let (mut honest, closed) = closed(&election);
    let own = honest.partial_decryption(&closed, 1).to_bytes();
    let mut forged = own.clone();
    let place = forged.len() - SIGNATURE - LOT;
    forged[place..place + 32].copy_from_slice(&Element::generator().to_bytes());
    let forged = election.sign_decryption(&forged, 1);
    let with = |first: &[u8]| {
        let mut board = honest.clone();
        board.push_file(EntryKind::PartialDecryption, 1, first);
        board.decrypt(&closed, [2, 3]);
        board
    };
    let right = {
        let mut board = with(&own);
        board.publish();
        board.verify().report.result.unwrap().lot
    };
    let mut board = with(&forged);
    let weak = Weaken::without(Check::LotProof);
    let accepted = board.verify().report.result.unwrap();
    assert!(accepted.lot.is_some() && accepted.lot != right, "without the check the trustee has another lot");
    drop(weak);
    // The real verifier names the trustee, and goes on with the next one.
    let place = Place::File(record::decryption_path(&FileHash::of(&forged)));
    let error = DecryptionError::LotInvalid { trustee: 1 };
    let refused = board.verify();
    assert!(refused.report.result.is_none());
    let finding = refused.report.failures.iter().find(|failure| failure.check == CheckId::DecryptionProof).unwrap();
    assert_eq!((&finding.place, &finding.problem, &finding.who), (&place, &error.to_string(), &vec![Role::Trustee(1)]));
    board.decrypt(&closed, [4]);
    board.publish();
    let verification = board.verify();
    assert_eq!(failures(&verification), [(CheckId::DecryptionProof, place, error.to_string())]);
    assert_eq!(verification.report.verdict, Some(Verdict::HoldsWithFindings));
    assert_eq!(verification.report.result.unwrap().lot, right);
}

#[test]
fn a_part_of_the_lot_that_cannot_be_read() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    let (context, joint_key) = (&election.context, &election.joint_key);
    let honest = board.partial_decryption(&closed, 2).to_bytes();
    let place = honest.len() - SIGNATURE - LOT;
    let judge = |bytes: Vec<u8>| {
        let part = ballotta::decryption::PartialDecryption::decode(&election.sign_decryption(&bytes, 2)).unwrap();
        part.verify(context, joint_key, closed.tally(), &mut TestRng(1)).err()
    };
    let malformed = |error| Some(DecryptionError::MalformedDecryption { trustee: 2, error });
    // Without the part of the lot, with one too many, and with the identity in its place.
    let without = [&honest[..place], &honest[honest.len() - SIGNATURE..]].concat();
    assert_eq!(judge(without), malformed(DecodeError::Truncated { field: "lot" }));
    let twice = [&honest[..place + LOT], &honest[place..]].concat();
    assert_eq!(judge(twice), malformed(DecodeError::Trailing { count: LOT }));
    let mut identity = honest.clone();
    identity[place..place + 32].fill(0);
    assert_eq!(judge(identity), malformed(DecodeError::IdentityElement { field: "lot" }));
    // The part of another trustee.
    let mut other = honest.clone();
    let of_other = board.partial_decryption(&closed, 3).to_bytes();
    other[place..place + LOT].copy_from_slice(&of_other[place..place + LOT]);
    assert_eq!(judge(other), Some(DecryptionError::LotInvalid { trustee: 2 }));
    assert_eq!(judge(honest), None);
}
