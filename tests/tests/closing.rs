//! The closing of the board: the statements that trustees sign before they decrypt, and the rules that prevent the
//! decryption of anything else.

use ballotta::board::entry::{Action, EntryKind};
use ballotta::board::note::SignedCheckpoint;
use ballotta::contest::Rule;
use ballotta::decryption::{
    ClosedTally, ClosingStatement, DecryptionError, PartialDecryption, TallyDifference, TallyReference,
};
use ballotta::encoding::DecodeError;
use ballotta::hash::{Fingerprint, TallyDigest, TreeHash};
use ballotta::manifest::{Closing, Privacy};
use ballotta::merkle::TreeHead;
use ballotta::record::{self, WithheldReason};
use ballotta::tally::{EncryptedTally, Withheld};
use ballotta::verifier::{CheckId, Place, Verification};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, choose, counted, failures};
use ballotta_tests::rng::TestRng;
use ballotta_tests::statement::statement;

/// Any of the options: each has a slot.
const APPROVAL: Rule = choose(0, 2, false);

fn closed_board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(Action::Close);
    board
}

fn check(board: &Board<'_>, tally: &EncryptedTally, statements: &[ClosingStatement]) -> Result<(), DecryptionError> {
    let manifest = board.election.context.manifest();
    ClosedTally::check(manifest, tally.clone(), statements, None, &mut TestRng(1)).map(|_| ())
}

#[test]
fn how_many_statements() {
    for (trustees, threshold, needed) in [(1, 1, 1), (2, 1, 2), (2, 2, 2), (3, 2, 3), (3, 3, 3), (5, 3, 4), (7, 3, 5)] {
        let election = Election::build(ElectionOptions { trustees, threshold, ..ElectionOptions::default() });
        assert_eq!(election.context.manifest().trustees().statements_needed(), needed);
    }
}

/// Attacks D11 and N4: a board that shows different prefixes to different trustees gets neither of them decrypted.
#[test]
fn two_prefixes() {
    let options = ElectionOptions { trustees: 5, threshold: 3, ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = election.open_board();
    board.everybody_votes();
    let mut shorter = board.clone();
    shorter.entries.pop();
    let tallies = [&mut board, &mut shorter].map(|board| {
        board.organise(Action::Close);
        board.tally()
    });
    // Two honest trustees see each prefix, and a dishonest one signs both. Each has three statements, but needs four.
    let mut found = |tally: &EncryptedTally, trustees: [u16; 3]| {
        let statements = trustees.map(|trustee| board.statement(tally, trustee));
        check(&board, tally, &statements)
    };
    let few = |absent: [u16; 2]| Err(DecryptionError::TooFewStatements { found: 3, needed: 4, absent: absent.into() });
    assert_eq!(found(&tallies[0], [1, 2, 5]), few([3, 4]));
    assert_eq!(found(&tallies[1], [3, 4, 5]), few([1, 2]));
    // Statements about one prefix do not count for the other.
    let statements: Vec<_> = (1..=5).map(|trustee| board.statement(&tallies[1], trustee)).collect();
    let none = DecryptionError::TooFewStatements { found: 0, needed: 4, absent: vec![1, 2, 3, 4, 5] };
    assert_eq!(check(&board, &tallies[0], &statements), Err(none));
    assert_eq!(check(&board, &tallies[1], &statements), Ok(()));
    // A trustee makes only one statement: the stored one does not agree with the other tally.
    let what = TallyDifference::Size;
    assert_eq!(statements[2].agrees(&tallies[0]), Err(DecryptionError::StatementMismatch { trustee: 3, what }));
}

#[test]
fn a_statement_counts_once_and_only_of_its_trustee() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let tally = board.tally();
    let one = board.statement(&tally, 1);
    let again = board.statement(&tally, 1);
    let right = TallyReference::of(&tally);
    let stolen = statement(&election, (2, 1), &right);
    let nobody = statement(&election, (4, 1), &right);
    let few = Err(DecryptionError::TooFewStatements { found: 1, needed: 3, absent: vec![2, 3] });
    assert_eq!(check(&board, &tally, &[one, again, stolen.clone(), nobody.clone()]), few);
    let manifest = election.context.manifest();
    let refused = |statement: &ClosingStatement| statement.verify(manifest, &mut TestRng(1));
    assert_eq!(refused(&stolen), Err(DecryptionError::BadStatementSignature { trustee: 2 }));
    assert_eq!(refused(&nobody), Err(DecryptionError::UnknownTrustee { trustee: 4 }));
    let zero = statement(&election, (0, 1), &right);
    assert_eq!(refused(&zero), Err(DecryptionError::UnknownTrustee { trustee: 0 }));
}

/// Attack T1: statements that differ from the tally of the board in one part, a second statement of a trustee, and a
/// statement of no trustee. The honest statements after them are enough.
#[test]
fn statements_that_do_not_hold() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let tally = board.tally();
    let right = TallyReference::of(&tally);
    let (head, root) = (right.close, TreeHash::from_bytes([2; 32]));
    let sums = {
        // The sums without one ballot.
        let mut dropped = election.open_board();
        dropped.vote(0, &[Choice::Options(vec![0])]);
        dropped.organise(Action::Close);
        *dropped.tally().digest()
    };
    let mismatch = |trustee, what| DecryptionError::StatementMismatch { trustee, what };
    let forged = [
        (
            statement(&election, (1, 1), &TallyReference { fingerprint: Fingerprint::from_bytes([1; 32]), ..right }),
            mismatch(1, TallyDifference::Fingerprint),
        ),
        (
            statement(&election, (2, 2), &TallyReference { close: TreeHead { size: head.size - 1, ..head }, ..right }),
            mismatch(2, TallyDifference::Size),
        ),
        (
            statement(&election, (3, 3), &TallyReference { close: TreeHead { root, ..head }, ..right }),
            mismatch(3, TallyDifference::Root),
        ),
        (
            statement(&election, (3, 3), &TallyReference { sums, ..right }),
            DecryptionError::TwoStatements { trustee: 3 },
        ),
        (statement(&election, (2, 1), &right), DecryptionError::BadStatementSignature { trustee: 2 }),
        (statement(&election, (9, 1), &right), DecryptionError::UnknownTrustee { trustee: 9 }),
    ];
    let indices: Vec<u64> =
        forged.iter().map(|(statement, _)| board.push(EntryKind::ClosingStatement, &statement.to_bytes())).collect();
    let first_honest = board.entries.len() as u64;
    board.finish_closed();
    let mut expected: Vec<_> = indices
        .iter()
        .zip(&forged)
        .map(|(index, (_, error))| (CheckId::TallySums, board.place(*index), error.to_string()))
        .collect();
    // For a trustee that made another statement before, the honest statement is the second one.
    for (trustee, index) in (1..=3).zip(first_honest..) {
        let error = DecryptionError::TwoStatements { trustee };
        expected.push((CheckId::TallySums, board.place(index), error.to_string()));
    }
    board.expect_failures(&expected);
}

/// If a trustee repeats its statement, this is not a second statement. Signatures are not compared, only contents.
#[test]
fn a_statement_again() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let tally = board.tally();
    let one = board.statement(&tally, 1);
    board.push(EntryKind::ClosingStatement, &one.to_bytes());
    board.push(EntryKind::ClosingStatement, &one.to_bytes());
    let signed_again = board.statement(&tally, 1);
    assert_ne!(one, signed_again);
    board.finish_closed();
    board.expect_valid();
}

#[test]
fn a_board_without_enough_statements() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let mut honest = board.clone();
    let closed = honest.closed_tally();
    let tally = board.tally();
    for trustee in 1..=2 {
        let statement = board.statement(&tally, trustee);
        board.push(EntryKind::ClosingStatement, &statement.to_bytes());
    }
    board.decrypt(&closed, [1, 2]);
    board.publish();
    let problem = DecryptionError::TooFewStatements { found: 2, needed: 3, absent: vec![3] }.to_string();
    board.expect_failures(&[(CheckId::ClosingRule, Place::Record, problem)]);
}

/// The result of a verification, by contest: why it is withheld, and how many options have a total.
fn shown(verification: &Verification) -> Vec<(Option<WithheldReason>, usize)> {
    let result = verification.report.result.as_ref().unwrap();
    result.contests.iter().map(|contest| (contest.withheld, contest.options.len())).collect()
}

/// A board whose trustees decrypt what the manifest withholds is refused; without the limits it would be valid.
fn expect_sealed(closed: &Board<'_>, contest: usize) {
    let weak = Weaken::without(Check::PrivacyLimits);
    let mut forged = closed.clone();
    let part = {
        let tally = forged.closed_tally();
        forged.partial_decryption(&tally, 1).to_bytes()
    };
    forged.finish_closed();
    let verification = forged.verify();
    assert!(verification.report.holds(), "without the limits: {}", verification.report);
    assert_eq!(shown(&verification)[contest], (None, 2));
    drop(weak);
    // The factors of a withheld contest are trailing bytes, or are read as those of the next contest.
    let context = &closed.election.context;
    let tally = closed.tally();
    assert!(tally.contests()[contest].withheld.is_some() && !tally.contests()[contest].needs_decryption());
    let part =
        PartialDecryption::decode(&part).unwrap().verify(context, &closed.election.joint_key, &tally, &mut TestRng(1));
    let Err(DecryptionError::MalformedDecryption { trustee: 1, error: DecodeError::Trailing { .. } }) = part else {
        panic!("{part:?}")
    };
    let found = failures(&forged.verify());
    let short = DecryptionError::InsufficientShares { have: 0, need: 2 }.to_string();
    assert!(found.contains(&(CheckId::DecryptionThreshold, Place::Record, short)), "{found:?}");
}

/// Attack T7: a contest with too few ballots stays encrypted, and the other contests have their result. The limit
/// applies to each contest: if only one voter has a contest, its total would show this voter's vote.
#[test]
fn too_few_ballots() {
    let privacy = Privacy { minimum_counted_ballots: 4, minimum_ballots_per_weight: 1 };
    let options = ElectionOptions {
        privacy,
        contests: vec![(APPROVAL, 2), (APPROVAL, 2)],
        styles: vec![vec![0], vec![0, 1]],
        voters: vec![(0, 1), (0, 1), (1, 1), (1, 1), (1, 1), (1, 1)],
        ..ElectionOptions::default()
    };
    let election = Election::build(options);
    let mut board = election.open_board();
    let vote = |board: &mut Board<'_>, voter: usize| {
        let contests = if voter < 2 { 1 } else { 2 };
        board.vote(voter, &vec![Choice::Options(vec![voter % 2]); contests]);
    };
    (0..5).for_each(|voter| vote(&mut board, voter));
    let mut more = board.clone();
    // A ballot that does not count does not count for the limit.
    let invalid = board.push_ballot(&election.ballot(5, &vec![Choice::Options(vec![0]); 2]).cast().to_bytes()[1..]);
    let mut unfinished = board.clone();
    board.organise(Action::Close);
    let withheld = Withheld::TooFewBallots { found: 3, minimum: 4 };
    let found: Vec<_> = board.tally().contests().iter().map(|contest| contest.withheld).collect();
    assert_eq!(found, [None, Some(withheld)]);
    board.finish_closed();
    let verification = board.verify();
    assert_eq!(verification.report.failures.len(), 1);
    assert_eq!(verification.report.failures[0].place, board.place(invalid));
    assert_eq!(shown(&verification), [(None, 2), (Some(WithheldReason::TooFewBallots), 0)]);
    assert_eq!(counted(&verification), Some(board.expected()));
    assert_eq!((verification.totals.as_ref().unwrap().contests[1].is_none(), board.expected().len()), (true, 1));
    assert_eq!(
        verification.report.warnings,
        ["contest c1: the totals stay encrypted: 3 ballots in it, fewer than the 4 that the manifest requires"]
    );
    unfinished.entries.pop();
    unfinished.organise(Action::Close);
    expect_sealed(&unfinished, 1);
    // With a fourth voter, the contest is decrypted.
    vote(&mut more, 5);
    more.finish();
    assert_eq!(shown(&more.expect_valid()), [(None, 2), (None, 2)]);
}

/// Attack T8: a weight that only one voter of a contest has shows how this voter voted, however many have it elsewhere.
#[test]
fn a_weight_that_singles_somebody_out() {
    let privacy = Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight: 2 };
    let options = ElectionOptions {
        privacy,
        contests: vec![(APPROVAL, 2), (APPROVAL, 2)],
        styles: vec![vec![0], vec![0, 1]],
        voters: vec![(0, 5), (0, 1), (1, 1), (1, 1), (1, 5), (1, 5)],
        ..ElectionOptions::default()
    };
    let election = Election::build(options);
    let mut board = election.open_board();
    for voter in 0..5 {
        let contests = if voter < 2 { 1 } else { 2 };
        board.vote(voter, &vec![Choice::Options(vec![voter % 2]); contests]);
    }
    let mut all = board.clone();
    board.organise(Action::Close);
    let withheld = Withheld::RareWeight { found: 1, minimum: 2 };
    let found: Vec<_> = board.tally().contests().iter().map(|contest| contest.withheld).collect();
    assert_eq!(found, [None, Some(withheld)]);
    let mut honest = board.clone();
    honest.finish_closed();
    let verification = honest.expect_valid();
    assert_eq!(shown(&verification), [(None, 2), (Some(WithheldReason::RareWeight), 0)]);
    assert_eq!(
        verification.report.warnings,
        [
            "contest c1: the totals stay encrypted: 1 ballot of one weight in it, fewer than the 2 that the manifest requires"
        ]
    );
    expect_sealed(&board, 1);
    all.vote(5, &[Choice::Options(vec![0]), Choice::Options(vec![0])]);
    all.finish();
    assert_eq!(shown(&all.expect_valid()), [(None, 2), (None, 2)]);
}

/// Attack L1: too few witnesses, a checkpoint of another size, a checkpoint of another board, and no checkpoint.
#[test]
fn closing_checkpoints() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = closed_board(&election);
    let (tally, _, honest) = board.state();
    let (manifest, context) = (election.context.manifest(), &election.context);
    let judge = |checkpoint: Option<&SignedCheckpoint>| {
        ClosedTally::check(manifest, tally.clone(), &[], checkpoint, &mut TestRng(1))
            .map(|closed| *closed.tally().digest())
    };
    assert_eq!(judge(honest.as_ref()), Ok(*tally.digest()));
    assert_eq!(judge(Some(&board.closing_checkpoint(&tally, 3))), Ok(*tally.digest()));
    let few = |found: u16| {
        let absent = (found + 1..=3).collect();
        Err(DecryptionError::TooFewWitnesses { found: found.into(), needed: 2, absent })
    };
    assert_eq!(judge(Some(&board.closing_checkpoint(&tally, 1))), few(1));
    assert_eq!(judge(Some(&board.closing_checkpoint(&tally, 0))), few(0));
    assert_eq!(judge(None), few(0));
    let mismatch = Err(DecryptionError::ClosingCheckpointMismatch);
    let cosigned = |head: TreeHead, signer: &Election| {
        let mut signed = signer.signer.sign_checkpoint(&head);
        let checkpoint = signed.verify(signer.signer.key()).unwrap().clone();
        for witness in &election.witnesses {
            signed.add_cosignature(witness.cosign(&checkpoint, 1).unwrap());
        }
        signed
    };
    let head = TreeHead { size: tally.close().size, root: tally.close().root };
    assert_eq!(judge(Some(&cosigned(TreeHead { size: head.size - 1, ..head }, &election))), mismatch);
    assert_eq!(judge(Some(&cosigned(TreeHead { root: TreeHash::from_bytes([1; 32]), ..head }, &election))), mismatch);
    let other = Election::build(ElectionOptions { seed: 2, ..election.options.clone() });
    assert_eq!(judge(Some(&cosigned(head, &other))), mismatch);
    // A checkpoint with cosignatures of another checkpoint.
    let text = cosigned(TreeHead { root: TreeHash::from_bytes([1; 32]), ..head }, &election).to_string();
    let lines = board.closing_checkpoint(&tally, 0).to_string();
    let stolen: String = text.lines().skip(5).map(|line| format!("{line}\n")).collect();
    let stolen = SignedCheckpoint::parse(format!("{lines}{stolen}").as_bytes()).unwrap();
    assert_eq!(judge(Some(&stolen)), few(0));

    // On the record: too few cosignatures, and no checkpoint at all.
    let closed = board.closed_tally();
    board.decrypt(&closed, [1, 2]);
    let short = board.closing_checkpoint(&tally, 1).to_string();
    board.files.insert(record::CLOSING_CHECKPOINT.into(), short.into_bytes());
    board.publish();
    let problem = DecryptionError::TooFewWitnesses { found: 1, needed: 2, absent: vec![2, 3] }.to_string();
    board.expect_failures(&[(CheckId::ClosingRule, Place::Record, problem)]);
    board.files.remove(record::CLOSING_CHECKPOINT);
    let file = Place::File(record::CLOSING_CHECKPOINT.into());
    let problem = DecryptionError::TooFewWitnesses { found: 0, needed: 2, absent: vec![1, 2, 3] }.to_string();
    board.expect_failures(&[
        (CheckId::ClosingRule, Place::Record, problem),
        (CheckId::Files, file, "the file is missing".to_owned()),
    ]);
    assert_eq!(context.fingerprint(), tally.fingerprint());
}

/// If witnesses close the board, statements are not required. A statement on the board must still be valid.
#[test]
fn statements_beside_witnesses() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (1, 1), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = closed_board(&election);
    let other = TreeHash::from_bytes([1; 32]);
    let forged = TallyReference {
        fingerprint: *election.context.fingerprint(),
        close: TreeHead { size: 1, root: other },
        heads: other,
        sums: TallyDigest::from_bytes([1; 32]),
    };
    let forged = statement(&election, (1, 1), &forged);
    let index = board.push(EntryKind::ClosingStatement, &forged.to_bytes());
    board.finish_closed();
    let problem = DecryptionError::StatementMismatch { trustee: 1, what: TallyDifference::Size }.to_string();
    board.expect_failures(&[(CheckId::TallySums, board.place(index), problem)]);
}

#[test]
fn a_statement_has_one_encoding() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let tally = board.tally();
    let statement = board.statement(&tally, 1);
    let bytes = statement.to_bytes();
    assert_eq!(ClosingStatement::decode(&bytes), Ok(statement));
    for length in 0..bytes.len() {
        assert!(matches!(ClosingStatement::decode(&bytes[..length]), Err(DecodeError::Truncated { .. })));
    }
    let long = [&bytes[..], &[0]].concat();
    assert_eq!(ClosingStatement::decode(&long), Err(DecodeError::Trailing { count: 1 }));
    let identity = [&bytes[..140], &[0; 32], &bytes[172..]].concat();
    assert_eq!(ClosingStatement::decode(&identity), Err(DecodeError::IdentityElement { field: "K" }));
}
