//! An election that its organiser cancels, and entries that are signed in advance: `spec/board.md#cancellation`.

use ballotta::admission::{EntryRefused, EntryRules};
use ballotta::ballot::{AdmissionError, SignedBallot};
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, EntryError, EntryKind, OrganiserEntry};
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::timeline::OrderError;
use ballotta::encoding::DecodeError;
use ballotta::evidence::{Claim, Convicted, ElectionHashes, Evidence, EvidenceError, LoggedEntry, OrganiserProblem};
use ballotta::group::SecretScalar;
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::manifest::{AttachmentError, RollChanges};
use ballotta::merkle::{inclusion_proof, leaf_hash};
use ballotta::proofs::ProofError;
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::{MemoryRecord, light};
use ballotta::trustee::{StatementStore, TrusteeError, TrusteeSession};
use ballotta::verifier::{Cancelled, CheckId, Report, Stage, Status, Verdict, VerifyOptions, verify};
use ballotta::voter::light::LightElection;
use ballotta::voter::{self, VoterError};
use ballotta::weaken::{Check, Weaken};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, attachment, failures};
use ballotta_tests::light::light_record;
use ballotta_tests::rng::TestRng;

const REASON: &str = "The ballot lacks a candidate";

fn election() -> Election {
    Election::build(ElectionOptions {
        roll_changes: Some(RollChanges { number: 3, weight: 3 }),
        ..ElectionOptions::default()
    })
}

fn option(number: usize) -> Choice {
    Choice::Options(vec![number])
}

fn at_stage(board: &Board<'_>, stage: Stage) -> Report {
    let options = VerifyOptions { stage, ..VerifyOptions::default() };
    verify(&board.record(), &options, &|_| (), &mut TestRng(2)).report
}

fn at(board: &Board<'_>, check: CheckId, index: u64, problem: impl ToString) -> (CheckId, String, String) {
    (check, board.place(index).to_string(), problem.to_string())
}

fn found(board: &Board<'_>) -> Vec<(CheckId, String, String)> {
    let found = failures(&board.verify());
    found.into_iter().map(|(check, place, problem)| (check, place.to_string(), problem)).collect()
}

/// The board's promise that the entry at this position is an admitted ballot.
fn receipt(board: &Board<'_>, index: u64) -> SignedReceipt {
    board.election.signer.sign_receipt(index, &board.entries[index as usize]).unwrap()
}

#[test]
fn a_cancelled_election_holds_and_has_no_result() {
    let election = election();
    let mut board = election.open_board();
    board.vote(0, &[option(1)]);
    board.vote(1, &[option(0)]);
    let entry = board.cancel();
    for stage in [Stage::Voting, Stage::Closed, Stage::Complete] {
        let report = at_stage(&board, stage);
        assert_eq!(report.verdict, Some(Verdict::Holds), "{report}");
        assert_eq!(report.cancelled, Some(Cancelled { entry, reason: REASON.into() }));
        assert!(report.result.is_none() && report.awaited().is_empty());
        let text = report.to_string();
        assert!(text.contains(&format!("cancelled: entry {entry}, signed by the organiser: {REASON}\n")), "{text}");
        assert!(text.ends_with("The record holds, and the organiser has cancelled the election: it has no result."));
    }
    let complete = at_stage(&board, Stage::Complete);
    let not_asked =
        |check: &CheckId| complete.checks.iter().any(|it| it.check == *check && it.status == Status::NotAsked);
    let of_complete = [
        CheckId::TallySums,
        CheckId::ClosingRule,
        CheckId::DecryptionProof,
        CheckId::DecryptionThreshold,
        CheckId::Result,
        CheckId::Files,
    ];
    assert!(of_complete.iter().all(not_asked), "{complete}");
}

/// Voters are shown another statement of a candidate: a finding, also if nothing comes after it.
#[test]
fn an_attachment_of_a_cancelled_election_with_other_bytes() {
    const STATEMENT: &str = "I shall mend the roof.";
    let election = Election::build(ElectionOptions { attachments: vec![STATEMENT], ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.cancel();
    let path = attachment(STATEMENT).path();
    let status = |board: &Board<'_>| {
        let report = at_stage(board, Stage::Complete);
        let files = report.checks.iter().find(|check| check.check == CheckId::Files).unwrap();
        (report.verdict, files.status, files.items)
    };
    assert_eq!(status(&board), (Some(Verdict::Holds), Status::Passed, 1));
    let mut without = board.clone();
    without.files.remove(&path).unwrap();
    assert_eq!(status(&without), (Some(Verdict::Holds), Status::NotAsked, 0));
    board.files.insert(path.clone(), b"I shall mend the roof,".to_vec());
    let weak = Weaken::without(Check::Attachment);
    assert_eq!(status(&board), (Some(Verdict::Holds), Status::Passed, 1));
    drop(weak);
    assert_eq!(status(&board), (Some(Verdict::HoldsWithFindings), Status::Findings, 1));
    assert_eq!(found(&board), [(CheckId::Files, path, AttachmentError::Hash.to_string())]);
    // Trustees do not read attachments.
    assert_eq!(at_stage(&board, Stage::Closed).verdict, Some(Verdict::Holds));
}

/// Store of a trustee, which is not reached.
struct Unused;

impl StatementStore for Unused {
    type Error = ();

    fn load(&self) -> Result<Option<Vec<u8>>, ()> {
        Err(())
    }

    fn replace(&mut self, _document: &[u8]) -> Result<(), ()> {
        Err(())
    }
}

#[test]
fn trustees_and_voters_learn_that_it_is_cancelled() {
    let election = election();
    let mut board = election.open_board();
    let ballot = board.vote(0, &[option(1)]);
    let index = board.cancel();
    let (record, rng) = (board.record(), &mut TestRng(1));
    let trustee = TrusteeSession::new(TrusteeSeed::from_bytes(&election.trustee_seeds[0]), Unused);
    match trustee.verify_closed(&record, &|_| (), rng).map(drop) {
        Err(TrusteeError::Cancelled { reason }) => assert_eq!(reason, REASON),
        other => panic!("{other:?}"),
    }

    let cancelled = VoterError::Cancelled { index, reason: REASON.into() };
    assert_eq!(cancelled.code(), "cancelled");
    let tracker = SignedBallot::tracker_of(&board.entries[ballot as usize][3..]).unwrap().written();
    let tracker: WrittenTracker = tracker.parse().unwrap();
    let number: VoterNumber = VoterNumber::written(election.credentials[0].public()).parse().unwrap();
    let whole = voter::Election::read(&record, rng).unwrap();
    assert_eq!(whole.is_open(), Err(cancelled.clone()));
    assert_eq!(whole.find(&record, &tracker, &number, rng), Err(cancelled.clone()));
    let receipt = receipt(&board, ballot);
    assert_eq!(whole.find_promised(&record, &receipt, &tracker, &number, rng), Err(cancelled.clone()));

    let record = light_record(&board);
    let light = LightElection::read(&record, None, rng).unwrap();
    assert_eq!(light.is_open(), Err(cancelled.clone()));
    assert_eq!(light.find(&record, &tracker, &number, rng), Err(cancelled.clone()));
    assert_eq!(light.find_promised(&record, &receipt, &tracker, &number, rng).map(drop), Err(cancelled));
    assert_eq!(light.closing_witnesses(&record), Ok(None));
}

/// The board goes on after the cancellation: nothing of it counts.
#[test]
fn nothing_counts_after_a_cancellation() {
    let election = election();
    let mut board = election.open_board();
    (1..10).for_each(|voter| _ = board.vote(voter, &[option(0)]));
    board.cancel();
    let late = board.push_ballot(&election.ballot(0, &[option(1)]).cast().to_bytes());
    let closing = board.organise(Action::Close);
    let cut_off = board.organise(Action::CutOff);
    let again = board.cancel();
    let honest = board.clone();
    let after = |board: &Board<'_>, index| at(board, CheckId::Order, index, OrderError::AfterCancellation);
    let real = [
        after(&board, closing),
        after(&board, cut_off),
        after(&board, again),
        at(&board, CheckId::BallotWindow, late, AdmissionError::Closed),
    ];
    assert_eq!(found(&board), real);
    assert_eq!(at_stage(&board, Stage::Complete).verdict, Some(Verdict::HoldsWithFindings));

    let weak = Weaken::without(Check::CancelledEnds);
    let mut board = honest;
    board.entries.truncate(closing as usize + 1);
    board.finish_closed();
    let report = board.verify().report;
    assert_eq!(report.result.as_ref().map(|result| result.counted_ballots), Some(10), "{report}");
    drop(weak);
    let report = board.verify().report;
    assert!(report.result.is_none() && report.cancelled.is_some(), "{report}");
}

/// A board that is read again admits no ballot after a cancellation: no head names one.
#[test]
fn a_board_that_is_read_again_stays_cancelled() {
    let election = election();
    let mut board = election.open_board();
    board.cancel();
    let before = light_record(&board).files[light::HEADS].clone();
    board.push_ballot(&election.ballot(0, &[option(1)]).cast().to_bytes());
    assert_eq!(light_record(&board).files[light::HEADS], before);
}

/// A light client is shown a cancellation before the opening, which has no effect.
#[test]
fn an_early_cancellation_ends_nothing_for_a_light_client() {
    let election = election();
    let mut board = election.unopened_board();
    let early = board.cancel();
    board.organise(Action::Open);
    board.vote(0, &[option(1)]);
    let mut record = light_record(&board);
    let read = |record: &MemoryRecord| LightElection::read(record, None, &mut TestRng(1)).map(|it| it.is_open());
    assert_eq!(read(&record), Ok(Ok(())));
    record.files.insert(light::CLOSE.into(), (early + 1).to_le_bytes().to_vec());
    assert_eq!(read(&record), Err(VoterError::CloseNotSigned { index: early }));
    let _weak = Weaken::without(Check::CancelledInTime);
    let cancelled = VoterError::Cancelled { index: early, reason: REASON.into() };
    assert_eq!(read(&record), Ok(Err(cancelled)));
}

/// An organiser who does not like the result cancels the election after the close.
#[test]
fn a_result_cannot_be_cancelled() {
    let election = election();
    let mut board = election.run();
    let result = board.verify().report.result.unwrap();
    let late = board.cancel();
    assert_eq!(found(&board), [at(&board, CheckId::Order, late, OrderError::CancelledAfterClose)]);
    let report = board.verify().report;
    assert_eq!((report.verdict, &report.cancelled), (Some(Verdict::HoldsWithFindings), &None));
    assert_eq!(report.result.unwrap().counted_ballots, result.counted_ballots);
    let _weak = Weaken::without(Check::CancelledInTime);
    assert_eq!(board.verify().report.cancelled, Some(Cancelled { entry: late, reason: REASON.into() }));
}

#[test]
fn an_election_that_was_not_opened_is_not_cancelled() {
    let election = election();
    let mut board = election.unopened_board();
    let early = board.cancel();
    board.organise(Action::Open);
    board.everybody_votes();
    board.finish();
    board.expect_failures(&[(CheckId::Order, board.place(early), OrderError::CancelledBeforeOpening.to_string())]);
}

/// The board cancels an election by itself, or with another reason than the organiser's, or with an entry of another election.
#[test]
fn only_the_organiser_cancels() {
    let election = election();
    let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(8)));
    let fingerprint = election.context.fingerprint();
    let forged = Cancellation::sign(fingerprint, REASON, &somebody, &mut TestRng(9)).unwrap().encode();
    let honest = Cancellation::sign(fingerprint, REASON, &election.organiser, &mut TestRng(9)).unwrap().encode();
    let mut reworded = honest.clone();
    reworded[34] = b'D';
    let mut board = election.open_board();
    let indices = [forged, reworded].map(|body| board.push(EntryKind::Cancellation, &body));
    board.everybody_votes();
    board.finish();
    let problem = "the organiser has not signed this entry";
    assert_eq!(found(&board), indices.map(|index| at(&board, CheckId::Organiser, index, problem)));
    assert!(board.verify().report.holds());
    let _weak = Weaken::without(Check::OrganiserSignature);
    assert!(board.verify().report.cancelled.is_some(), "the board cancelled the election");
}

/// A receipt for a ballot after the cancellation convicts the board.
#[test]
fn a_promise_after_the_cancellation_convicts() {
    let election = election();
    let mut board = election.open_board();
    board.vote(0, &[option(1)]);
    let end = board.cancel();
    let late = board.push_ballot(&election.ballot(1, &[option(1)]).cast().to_bytes());
    let signer = &election.signer;
    let leaves: Vec<_> = board.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let roll = *voter::Election::read(&board.record(), &mut TestRng(1)).unwrap().roll.hash();
    let hashes = ElectionHashes { joint_key: *election.context.joint_key_hash(), roll };
    let claim = |index: u64| Claim::PromisedAfterClosing {
        receipt: receipt(&board, late),
        election: hashes,
        checkpoint: signer.sign_checkpoint(&board.head()),
        closing: LoggedEntry {
            index,
            entry: board.entries[index as usize].clone(),
            proof: inclusion_proof(&leaves, index).unwrap(),
        },
    };
    let judge = |index| {
        let evidence = Evidence::new(election.context.manifest().clone(), claim(index));
        let read = Evidence::decode(&evidence.to_bytes()).unwrap();
        read.verify(&mut TestRng(1)).map(|conviction| conviction.convicted)
    };
    assert_eq!(judge(end), Ok(Convicted::Board));
    let kind = DecodeError::UnknownValue { field: "kind", found: EntryKind::Ballot as u64 };
    let error = OrganiserProblem::Encoding(kind);
    let not_an_end = EvidenceError::NotOfOrganiser { index: end - 1, what: "closing", error };
    assert_eq!(judge(end - 1), Err(not_an_end), "a ballot ends no voting");
}

// Times that the organiser signs.

/// A board takes an entry that was signed in advance only from its time on.
#[test]
fn an_entry_is_not_used_before_its_time() {
    let election = election();
    let (context, rng) = (&election.context, &mut TestRng(1));
    let evening = 1_900_000_000;
    let signed = |action| {
        let fingerprint = context.fingerprint();
        OrganiserEntry::sign_for(action, fingerprint, evening, &election.organiser, &mut TestRng(3)).unwrap().encode()
    };
    let too_early = EntryRefused::TooEarly { not_before: evening, now: evening - 1 };
    assert_eq!(too_early.code(), "too-early");
    let report = at_stage(&election.unopened_board(), Stage::Voting);
    let mut rules = EntryRules::default();
    let opening = signed(Action::Open);
    assert_eq!(rules.add_opening(context, &report, &opening, evening - 1, rng), Err(too_early.clone()));
    assert!(!rules.is_opened());
    {
        let _weak = Weaken::without(Check::SignedTime);
        assert_eq!(rules.clone().add_opening(context, &report, &opening, evening - 1, rng), Ok(()));
    }
    assert_eq!(rules.add_opening(context, &report, &opening, evening, rng), Ok(()));
    let (cut_off, closing) = (signed(Action::CutOff), signed(Action::Close));
    assert_eq!(rules.add_cut_off(context, &cut_off, evening - 1, rng), Err(too_early.clone()));
    assert_eq!(rules.add_cut_off(context, &cut_off, evening, rng), Ok(()));
    assert_eq!(rules.add_closing(context, &closing, evening - 1, rng), Err(too_early));
    // The time is a part of what is signed.
    let mut earlier = closing.clone();
    earlier[32..40].copy_from_slice(&0_u64.to_le_bytes());
    let not_signed = EntryRefused::Organiser(EntryError::Signature(ProofError));
    assert_eq!(rules.add_closing(context, &earlier, evening, rng), Err(not_signed));
    assert_eq!(rules.add_closing(context, &closing, evening + 1, rng), Ok(()));
}

#[test]
fn a_board_takes_one_cancellation_of_an_open_voting() {
    let election = election();
    let (context, rng) = (&election.context, &mut TestRng(1));
    let cancel =
        |key: &KeyPair| Cancellation::sign(context.fingerprint(), REASON, key, &mut TestRng(3)).unwrap().encode();
    let cancellation = cancel(&election.organiser);
    let report = at_stage(&election.unopened_board(), Stage::Voting);
    let entry =
        |action| OrganiserEntry::sign(action, context.fingerprint(), &election.organiser, &mut TestRng(3)).encode();
    let mut rules = EntryRules::default();
    assert_eq!(rules.add_cancellation(context, &cancellation, rng), Err(EntryRefused::NeverOpened));
    assert_eq!(rules.add_opening(context, &report, &entry(Action::Open), 0, rng), Ok(()));
    let mut closed = rules.clone();
    assert_eq!(closed.add_closing(context, &entry(Action::Close), 0, rng), Ok(()));
    assert_eq!(closed.add_cancellation(context, &cancellation, rng), Err(EntryRefused::ClosedAlready));
    let not_signed = EntryRefused::Organiser(EntryError::Signature(ProofError));
    assert_eq!(rules.add_cancellation(context, &cancel(&election.authorities[0]), rng), Err(not_signed));
    assert!(!rules.is_over());
    assert_eq!(rules.add_cancellation(context, &cancellation, rng), Ok(()));
    assert!(rules.is_cancelled() && rules.is_over() && !rules.is_closed());
    for refused in [
        rules.add_cancellation(context, &cancellation, rng),
        rules.add_cut_off(context, &entry(Action::CutOff), 0, rng),
        rules.add_closing(context, &entry(Action::Close), 0, rng),
    ] {
        assert_eq!(refused, Err(EntryRefused::Cancelled));
    }
}
