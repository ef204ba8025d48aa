//! Records that somebody forged, for the checks that are not checks of one ballot: a verifier without exactly one check
//! accepts the forgery, and the real verifier refuses it and names it.
//!
//! The last part reads the source: no check is without such a pair, except those that are listed with a reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ballotta::ballot::{AdmissionError, Candidate, verify_ballots};
use ballotta::board::entry::{Action, EntryError, EntryKind, OrganiserEntry};
use ballotta::board::timeline::OrderError;
use ballotta::credential::RollSignatureError;
use ballotta::decryption::{ClosingStatement, DecryptionError, TallyDifference, TallyReference};
use ballotta::hash::{FileHash, Fingerprint, TallyDigest, TreeHash};
use ballotta::manifest::{AttachmentError, Closing};
use ballotta::merkle::TreeHead;
use ballotta::record::{self, MemoryRecord, RecordSource, SourceError};
use ballotta::verifier::{CheckId, Effect, Place, Stage, Verdict, Verification, VerifyOptions, verify};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{
    Ballot, Board, Choice, Election, ElectionOptions, attachment, counted, failures, verify_record,
};
use ballotta_tests::rng::TestRng;
use ballotta_tests::statement::statement;

/// What a verifier finds wrong: check, place, problem.
type Found = (CheckId, Place, String);

fn found(check: CheckId, place: Place, problem: impl ToString) -> Found {
    (check, place, problem.to_string())
}

fn option(option: usize) -> Choice {
    Choice::Options(vec![option])
}

/// Two of three trustees decrypt, and all three make a statement.
fn election() -> Election {
    Election::build(ElectionOptions::default())
}

fn open_board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    board.everybody_votes();
    board
}

/// A verifier without the check `off` accepts the record and finds nothing. The real verifier finds exactly `real`, and
/// the record does not hold. Returns what the weakened verifier concludes.
fn sabotage(off: Check, record: &MemoryRecord, real: &[Found]) -> Verification {
    let weak = Weaken::without(off);
    let accepted = verify_record(record);
    assert_eq!(failures(&accepted), [], "without {off:?} the forgery passes");
    assert_eq!(accepted.report.verdict, Some(Verdict::Holds), "{off:?}: {}", accepted.report);
    drop(weak);
    let refused = verify_record(record);
    assert_eq!(failures(&refused), real, "with {off:?} it is refused");
    assert!(!refused.report.holds(), "{off:?}: {}", refused.report);
    accepted
}

/// The same with pinned values, which a verification in shards is not given.
fn sabotage_pinned(off: Check, record: &MemoryRecord, options: &VerifyOptions, real: &Found) {
    let judge = || verify(record, options, &|_| (), &mut TestRng(2));
    let weak = Weaken::without(off);
    assert_eq!(judge().report.verdict, Some(Verdict::Holds), "without {off:?} the forgery passes");
    drop(weak);
    let refused = judge();
    assert_eq!(failures(&refused), std::slice::from_ref(real), "with {off:?} it is refused");
    assert_eq!(refused.report.verdict, Some(Verdict::DoesNotHold));
}

// The board.

/// The board signs a checkpoint, and then exchanges its last entry.
#[test]
fn entries_that_the_board_did_not_sign() {
    let election = election();
    let board = election.run();
    let mut other = board.clone();
    other.entries.pop();
    other.push_bytes(vec![9; 7]);
    assert_eq!(board.head().size, other.head().size);
    let mut record = board.record();
    record.files.insert(record::CHECKPOINT.into(), other.record().files[record::CHECKPOINT].clone());
    let (entries, signed) = (board.head().root, other.head().root);
    let problem = format!("the entries have the root {entries}, but the board signed {signed}");
    sabotage(Check::BoardRoot, &record, &[found(CheckId::Root, Place::Record, problem)]);
}

/// An auditor has kept a checkpoint of another board of the same length.
#[test]
fn a_board_that_was_written_anew() {
    let election = election();
    let board = election.run();
    let size = election.first_ballot() + 3;
    let options = VerifyOptions {
        checkpoints: vec![TreeHead { size, root: TreeHash::from_bytes([3; 32]) }],
        ..VerifyOptions::default()
    };
    let problem = format!("the board does not continue the pinned one of {size} entries");
    let real = found(CheckId::PinnedCheckpoint, Place::Record, problem);
    sabotage_pinned(Check::PinnedCheckpoint, &board.record(), &options, &real);
}

/// A bundle has other ballots when it is read again: those are counted that nobody signed.
#[test]
fn ballots_that_are_exchanged_between_two_readings() {
    /// Every file for the first time as in one record, and bundles after that as in another.
    struct Changing<'a> {
        first: &'a MemoryRecord,
        then: &'a MemoryRecord,
        reads: Mutex<BTreeMap<String, usize>>,
    }

    impl RecordSource for Changing<'_> {
        fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
            self.first.length(path)
        }

        fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
            let mut reads = self.reads.lock().unwrap();
            let reads = reads.entry(path.into()).or_default();
            *reads += 1;
            let is_first = *reads == 1 || !path.starts_with("tile/");
            if is_first { self.first } else { self.then }.read_exact_at(path, offset, buffer)
        }

        fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
            self.first.list()
        }
    }

    let election = election();
    let with = |first: usize| {
        let mut board = election.open_board();
        (0..10).for_each(|voter| {
            board.vote(voter, &[option(if voter == 0 { first } else { 0 })]);
        });
        board.organise(Action::Close);
        board
    };
    let [signed, other] = [0, 1].map(with);
    let (first, then) = (signed.record(), other.record());
    let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
    let judge = || {
        let source = Changing { first: &first, then: &then, reads: Mutex::default() };
        verify(&source, &options, &|_| (), &mut TestRng(2))
    };
    let weak = Weaken::without(Check::RereadBundle);
    let accepted = judge();
    assert!(accepted.report.holds(), "{}", accepted.report);
    let tally = accepted.tally.unwrap();
    assert_eq!(tally.close(), signed.tally().close());
    assert_eq!(tally.digest(), other.tally().digest(), "a tally that is not that of the signed board");
    drop(weak);
    let refused = judge();
    let (Place::File(path) | Place::Entry { file: path, .. }) = signed.place(0) else { panic!("a file") };
    let real = found(CheckId::Entries, Place::File(path), "the file changed while it was read");
    assert_eq!(failures(&refused), [real]);
    assert_eq!((refused.report.verdict, refused.report.failures[0].effect), (None, Effect::Unreadable));
    assert!(refused.tally.is_none());
}

// What the opening fixes.

/// The opening names another election, such as that of a roll before voters were added to it.
#[test]
fn an_opening_of_other_voters() {
    let election = election();
    let opened = Fingerprint::from_bytes([5; 32]);
    let organise = |board: &mut Board<'_>, action: Action| {
        let entry = OrganiserEntry::sign(action, &opened, &election.organiser, &mut TestRng(9));
        board.push(action.kind(), &entry.encode())
    };
    let mut board = election.unopened_board();
    let index = organise(&mut board, Action::Open);
    board.everybody_votes();
    organise(&mut board, Action::Close);
    board.finish_closed();
    let fingerprint = election.context.fingerprint();
    let problem = format!("the opening names {opened}, but manifest, ceremony and roll give {fingerprint}");
    let real = [found(CheckId::Fingerprint, board.place(index), problem)];
    sabotage(Check::OpenedFingerprint, &board.record(), &real);
}

/// An auditor is shown the record of another election than that of which it knows the fingerprint.
#[test]
fn a_record_of_another_election() {
    let election = election();
    let announced = Fingerprint::from_bytes([6; 32]);
    let options = VerifyOptions { fingerprint: Some(announced.into()), ..VerifyOptions::default() };
    let (found_here, announced) = (election.context.fingerprint().written(), announced.written());
    let problem = format!("the election has the fingerprint {found_here}, not the pinned {announced}");
    let real = found(CheckId::PinnedFingerprint, Place::Record, problem);
    sabotage_pinned(Check::PinnedFingerprint, &election.run().record(), &options, &real);
}

/// The voting is opened with a roll that its authority signs afterwards.
#[test]
fn a_roll_that_is_signed_after_the_opening() {
    let election = election();
    let mut board = election.unopened_board();
    board.entries.pop();
    board.organise(Action::Open);
    let late = board.sign_roll(1);
    board.everybody_votes();
    board.finish();
    let too_late = found(CheckId::Order, board.place(late), OrderError::RollSignatureAfterOpening);
    let weak = Weaken::without(Check::SignedBeforeOpening);
    let accepted = board.verify();
    assert_eq!(failures(&accepted), std::slice::from_ref(&too_late));
    assert_eq!(accepted.report.verdict, Some(Verdict::HoldsWithFindings), "without the check it is a finding only");
    drop(weak);
    let missing = found(CheckId::RollSignature, Place::Record, RollSignatureError::Missing { authority: 1 });
    let refused = board.verify();
    assert_eq!(failures(&refused), [too_late, missing]);
    assert_eq!(refused.report.verdict, Some(Verdict::DoesNotHold));
}

/// The board puts a ballot before the opening.
#[test]
fn a_ballot_before_the_opening() {
    let election = election();
    let mut board = election.unopened_board();
    let early = board.push_ballot(&election.ballot(0, &[option(1)]).cast().to_bytes());
    board.organise(Action::Open);
    (1..10).for_each(|voter| {
        board.vote(voter, &[option(0)]);
    });
    let honest = board.clone();
    let weak = Weaken::without(Check::CountAfterOpen);
    board.finish();
    board.chosen.insert(0, vec![option(1)]);
    board.expect_valid();
    drop(weak);
    // The trustees of a verifier with the check decrypt the tally of the others.
    let mut board = honest;
    board.finish();
    board.expect_failures(&[found(CheckId::BallotWindow, board.place(early), AdmissionError::NotOpen)]);
}

/// Attack B1: voter 0 copies a ballot of voter 1, which the board withholds, and signs it.
#[test]
fn a_ballot_of_another_voter() {
    let election = election();
    let copy = || {
        let mut bytes =
            Ballot { signer: 0, ..election.ballot(1, &[option(1)]) }.prepare().unsigned().as_bytes().to_vec();
        bytes[44..76].copy_from_slice(election.credentials[0].public().as_bytes());
        election.sign(&bytes, election.credentials[0].key_pair())
    };
    let judge = |copy: &[u8]| {
        let candidate = Candidate::with_line(copy, Some(election.line(0)));
        verify_ballots(&election.context, &[candidate], &mut TestRng(1)).remove(0).map(|ballot| ballot.voter())
    };
    let refused = Err(AdmissionError::ArgumentInvalid);
    assert_eq!(judge(&copy()), refused);
    let run = || {
        let mut board = election.open_board();
        let index = board.push_ballot(&copy());
        (2..10).for_each(|voter| {
            board.vote(voter, &[option(0)]);
        });
        board.finish();
        (board, index)
    };
    let weak = Weaken::without(Check::AbsorbCredential);
    assert_eq!(judge(&copy()).ok(), Some(Some(election.line(0).voter())), "the copy passes");
    let (mut board, _) = run();
    // Nobody has opened the ballot of voter 1, but its vote counts for voter 0.
    board.chosen.insert(0, vec![option(1)]);
    board.expect_valid();
    let copied = copy();
    drop(weak);
    assert_eq!(judge(&copied), refused);
    let (board, index) = run();
    board.expect_failures(&[found(CheckId::BallotArgument, board.place(index), AdmissionError::ArgumentInvalid)]);
}

/// The board appends a copy of a ballot. It never counts: without its own check, another one refuses it, and blames the
/// program of the voter, which must not use randomness twice.
#[test]
fn a_copy_of_a_ballot() {
    let election = election();
    let mut board = open_board(&election);
    let first = election.first_ballot();
    let copy = board.push_bytes(board.entries[first as usize].clone());
    let honest = board.clone();
    let weak = Weaken::without(Check::DuplicateTracker);
    board.finish();
    let error = AdmissionError::RepeatedRandomness { first };
    board.expect_failures(&[found(CheckId::BallotRandomness, board.place(copy), error)]);
    drop(weak);
    let mut board = honest;
    board.finish();
    let error = AdmissionError::DuplicateBallot { first };
    board.expect_failures(&[found(CheckId::BallotDuplicate, board.place(copy), error)]);
}

// Statements and the closing rule.

/// A closed board, the tally of which was stated by trustees 1 and 2 of three; `last` is the third entry. Two trustees
/// decrypt.
fn stated<'a>(election: &'a Election, last: &dyn Fn(&mut Board<'_>) -> Vec<ClosingStatement>) -> (Board<'a>, u64) {
    let mut board = open_board(election);
    board.organise(Action::Close);
    let closed = board.clone().closed_tally();
    let tally = closed.tally();
    for trustee in [1, 2] {
        let statement = board.statement(tally, trustee);
        board.push(EntryKind::ClosingStatement, &statement.to_bytes());
    }
    let index = board.entries.len() as u64;
    for statement in last(&mut board) {
        board.push(EntryKind::ClosingStatement, &statement.to_bytes());
    }
    board.decrypt(&closed, [1, 2]);
    board.publish();
    (board, index)
}

fn too_few() -> Found {
    let few = DecryptionError::TooFewStatements { found: 2, needed: 3, absent: vec![3] };
    found(CheckId::ClosingRule, Place::Record, few)
}

/// Trustee 1 makes the statement of trustee 3.
#[test]
fn a_statement_in_the_name_of_another_trustee() {
    let election = election();
    let (board, index) =
        stated(&election, &|board| vec![statement(&election, (3, 1), &TallyReference::of(&board.tally()))]);
    let error = DecryptionError::BadStatementSignature { trustee: 3 };
    let real = [found(CheckId::TallySums, board.place(index), error), too_few()];
    let accepted = sabotage(Check::StatementSignature, &board.record(), &real);
    assert!(accepted.closed.is_some());
}

/// Trustee 3 was shown another election, another board, other heads of the voters, or other sums.
#[test]
fn a_statement_about_another_tally() {
    let election = election();
    let tally = open_board(&election);
    let tally = {
        let mut board = tally;
        board.organise(Action::Close);
        board.tally()
    };
    let right = TallyReference::of(&tally);
    let (head, other) = (right.close, TreeHash::from_bytes([2; 32]));
    let forged = [
        (TallyReference { fingerprint: Fingerprint::from_bytes([1; 32]), ..right }, TallyDifference::Fingerprint),
        (TallyReference { close: TreeHead { size: head.size - 1, ..head }, ..right }, TallyDifference::Size),
        (TallyReference { close: TreeHead { root: other, ..head }, ..right }, TallyDifference::Root),
        (TallyReference { heads: other, ..right }, TallyDifference::Heads),
        (TallyReference { sums: TallyDigest::from_bytes([3; 32]), ..right }, TallyDifference::Sums),
    ];
    for (named, what) in forged {
        let (board, index) = stated(&election, &|_| vec![statement(&election, (3, 3), &named)]);
        let error = DecryptionError::StatementMismatch { trustee: 3, what };
        let real = [found(CheckId::TallySums, board.place(index), error), too_few()];
        let accepted = sabotage(Check::StatementAgrees, &board.record(), &real);
        assert!(accepted.closed.is_some());
    }
}

/// Trustee 3 makes a statement about another tally, and then one about this tally.
#[test]
fn two_statements_of_a_trustee() {
    let election = election();
    let (board, index) = stated(&election, &|board| {
        let tally = TallyReference::of(&board.tally());
        let other = TallyDigest::from_bytes([3; 32]);
        [other, tally.sums].map(|sums| statement(&election, (3, 3), &TallyReference { sums, ..tally })).into()
    });
    let error = DecryptionError::StatementMismatch { trustee: 3, what: TallyDifference::Sums };
    let first = found(CheckId::TallySums, board.place(index), error);
    let weak = Weaken::without(Check::OneStatement);
    assert_eq!(
        failures(&board.verify()),
        std::slice::from_ref(&first),
        "without the check the second statement passes"
    );
    drop(weak);
    let error = DecryptionError::TwoStatements { trustee: 3 };
    let second = found(CheckId::TallySums, board.place(index + 1), error);
    assert_eq!(failures(&board.verify()), [first, second]);
}

/// Two of three trustees make a statement, and decrypt.
#[test]
fn too_few_statements() {
    let election = election();
    let (board, _) = stated(&election, &|_| Vec::new());
    let accepted = sabotage(Check::StatementsNeeded, &board.record(), &[too_few()]);
    assert!(accepted.closed.is_some());
}

/// An election that witnesses close: two of three must cosign.
fn witnessed() -> Election {
    Election::build(ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() })
}

/// A complete record, whose closing checkpoint `change` makes of the honest one.
fn closed_by<'a>(election: &'a Election, checkpoint: &dyn Fn(&Board<'_>) -> String) -> Board<'a> {
    let mut board = open_board(election);
    board.organise(Action::Close);
    let closed = board.clone().closed_tally();
    let checkpoint = checkpoint(&board);
    board.files.insert(record::CLOSING_CHECKPOINT.into(), checkpoint.into_bytes());
    board.decrypt(&closed, [1, 2]);
    board.publish();
    board
}

/// One witness cosigns.
#[test]
fn too_few_witnesses() {
    let election = witnessed();
    let board = closed_by(&election, &|board| board.closing_checkpoint(&board.tally(), 1).to_string());
    let few = DecryptionError::TooFewWitnesses { found: 1, needed: 2, absent: vec![2, 3] };
    let real = [found(CheckId::ClosingRule, Place::Record, few)];
    let accepted = sabotage(Check::WitnessQuorum, &board.record(), &real);
    assert!(accepted.closed.is_some());
}

/// The witnesses have cosigned another board, without ballots.
#[test]
fn a_closing_checkpoint_of_another_board() {
    let election = witnessed();
    let board = closed_by(&election, &|_| {
        let mut other = election.open_board();
        other.organise(Action::Close);
        other.closing_checkpoint(&other.tally(), 2).to_string()
    });
    let real = [found(CheckId::ClosingRule, Place::Record, DecryptionError::ClosingCheckpointMismatch)];
    let accepted = sabotage(Check::ClosingHead, &board.record(), &real);
    assert!(accepted.closed.is_some());
}

// Partial decryptions.

fn decryption_file(bytes: &[u8]) -> Place {
    Place::File(record::decryption_path(&FileHash::of(bytes)))
}

fn insufficient(have: usize) -> Found {
    let error = DecryptionError::InsufficientShares { have, need: 2 };
    found(CheckId::DecryptionThreshold, Place::Record, error)
}

/// A trustee decrypts the tally and signs that it decrypted that of another election, or other sums.
#[test]
fn a_decryption_that_names_another_tally() {
    let election = election();
    for (at, what) in [(4, TallyDifference::Fingerprint), (76, TallyDifference::Heads), (108, TallyDifference::Sums)] {
        let mut board = open_board(&election);
        board.organise(Action::Close);
        let closed = board.closed_tally();
        let mut forged = board.partial_decryption(&closed, 1).to_bytes();
        forged[at] ^= 1;
        let forged = election.sign_decryption(&forged, 1);
        board.push_file(EntryKind::PartialDecryption, 1, &forged);
        board.decrypt(&closed, [2]);
        let weak = Weaken::without(Check::DecryptionTally);
        board.publish();
        drop(weak);
        let error = DecryptionError::DecryptionMismatch { trustee: 1, what };
        let real = [found(CheckId::DecryptionProof, decryption_file(&forged), error), insufficient(1)];
        let accepted = sabotage(Check::DecryptionTally, &board.record(), &real);
        assert_eq!(counted(&accepted), Some(board.expected()));
    }
}

/// One of two trustees that are needed publishes a result: nobody voted, so that nothing is encrypted.
#[test]
fn a_result_of_too_few_trustees() {
    let election = election();
    let mut board = election.open_board();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, [1]);
    let weak = Weaken::without(Check::DecryptionThreshold);
    board.publish();
    drop(weak);
    let accepted = sabotage(Check::DecryptionThreshold, &board.record(), &[insufficient(1)]);
    assert!(accepted.report.result.is_some());
}

// Files.

/// A partial decryption is exchanged for another one of the same trustee after the entry.
#[test]
fn a_file_that_its_entry_does_not_name() {
    let election = election();
    let mut board = open_board(&election);
    board.organise(Action::Close);
    let closed = board.closed_tally();
    let [named, other] = [1, 1].map(|trustee| board.partial_decryption(&closed, trustee).to_bytes());
    board.push_file(EntryKind::PartialDecryption, 1, &named);
    board.decrypt(&closed, [2]);
    board.publish();
    let mut record = board.record();
    record.files.insert(record::decryption_path(&FileHash::of(&named)), other.clone());
    let error = EntryError::FileHash { expected: FileHash::of(&named), found: FileHash::of(&other) };
    let real = [found(CheckId::DecryptionProof, decryption_file(&named), error), insufficient(1)];
    sabotage(Check::PointedFile, &record, &real);
}

/// A text for people is exchanged after the publication.
#[test]
fn a_listed_file_with_other_bytes() {
    let election = election();
    let mut record = election.run().record();
    record.files.insert(record::README.into(), b"# Everybody voted for the same\n".to_vec());
    let problem = "the file is not the one that was published";
    let real = [found(CheckId::Files, Place::File(record::README.into()), problem)];
    sabotage(Check::ListedFile, &record, &real);
}

/// Voters are shown another statement of a candidate. The result does not depend on it, so this is a finding; that the record
/// does not have an attachment is none.
#[test]
fn an_attachment_with_other_bytes() {
    const STATEMENT: &str = "I shall mend the roof.";
    let election = Election::build(ElectionOptions { attachments: vec![STATEMENT], ..ElectionOptions::default() });
    let mut record = election.run().record();
    let path = attachment(STATEMENT).path();
    assert!(record.files.contains_key(&path));
    assert_eq!(verify_record(&record).report.verdict, Some(Verdict::Holds));
    for (other, error) in [
        ("I shall mend the roof,", AttachmentError::Hash),
        ("I shall not mend the roof.", AttachmentError::Length { found: 26, expected: 22 }),
    ] {
        record.files.insert(path.clone(), other.as_bytes().to_vec());
        let weak = Weaken::without(Check::Attachment);
        assert_eq!(verify_record(&record).report.verdict, Some(Verdict::Holds));
        drop(weak);
        let report = verify_record(&record).report;
        assert_eq!(report.verdict, Some(Verdict::HoldsWithFindings));
        let [failure] = report.failures.as_slice() else { panic!("{report}") };
        assert_eq!((failure.effect, failure.who.as_slice()), (Effect::None, [].as_slice()));
        let real = found(CheckId::Files, Place::File(path.clone()), error);
        assert_eq!((failure.check, failure.place.clone(), failure.problem.clone()), real);
    }
    record.files.remove(&path);
    assert_eq!(verify_record(&record).report.verdict, Some(Verdict::Holds));
    // One that the manifest does not name does not belong to the record.
    let unknown = attachment("nothing").path();
    record.files.insert(unknown.clone(), b"nothing".to_vec());
    let [(check, place, _)] = failures(&verify_record(&record)).try_into().expect("one finding");
    assert_eq!((check, place), (CheckId::Files, Place::File(unknown)));
}

/// The board publishes other totals, and lists them.
#[test]
fn a_result_that_the_ballots_do_not_give() {
    let election = election();
    let mut board = election.run();
    board.entries.pop();
    let honest = String::from_utf8(board.files[record::RESULT].clone()).unwrap();
    // The two options are exchanged.
    let forged = honest.replace("\"o0\"", "\"x\"").replace("\"o1\"", "\"o0\"").replace("\"x\"", "\"o1\"");
    assert_ne!(forged, honest);
    let mut list = record::FileList::default();
    list.add(record::README, &board.files[record::README]);
    list.add(record::RESULT, forged.as_bytes());
    board.files.insert(record::RESULT.into(), forged.into_bytes());
    board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
    let problem = "the published result is not the one that the ballots give";
    let real = [found(CheckId::Result, Place::File(record::RESULT.into()), problem)];
    sabotage(Check::PublishedResult, &board.record(), &real);
}

// No check is without a pair.

/// For each check of a report, checks that a test switches off so that a forgery passes.
const PAIRS: &[(CheckId, &[Check])] = &[
    (CheckId::Manifest, &[Check::KeyReuse, Check::RefuseIdentity]),
    (CheckId::Checkpoint, &[Check::CheckpointOrigin, Check::StrictSignature]),
    (CheckId::Entries, &[Check::RereadBundle]),
    (CheckId::Root, &[Check::BoardRoot, Check::LeafPrefix]),
    (CheckId::PinnedCheckpoint, &[Check::PinnedCheckpoint]),
    (CheckId::Order, &[Check::SignedBeforeOpening, Check::CancelledEnds, Check::CancelledInTime]),
    (
        CheckId::Ceremony,
        &[
            Check::KeyReuse,
            Check::DealCommitment,
            Check::DealLength,
            Check::DealPossession,
            Check::CopiedEphemeral,
            Check::ConfirmedRoot,
            Check::BackupProof,
        ],
    ),
    (CheckId::Roll, &[Check::RollManifest, Check::RollOrder, Check::RollTotal, Check::RollBlock]),
    (CheckId::RollSignature, &[Check::RollSignature, Check::AbsorbAuthority, Check::SignedParts]),
    (
        CheckId::Parts,
        &[
            Check::PartsProof,
            Check::PartWeights,
            Check::AbsorbParts,
            Check::AbsorbAuthority,
            Check::RefuseIdentity,
            Check::PartsSum,
            Check::PointedFile,
        ],
    ),
    (
        CheckId::RollChanges,
        &[
            Check::ChangeSigned,
            Check::ChangeParts,
            Check::ChangeBeforeCutOff,
            Check::ChangeSequence,
            Check::ChangeBounds,
            Check::ChangeOfVoter,
            Check::RevokedOnce,
            Check::NeverOnRoll,
        ],
    ),
    (CheckId::Fingerprint, &[Check::OpenedFingerprint]),
    (CheckId::PinnedFingerprint, &[Check::PinnedFingerprint]),
    (
        CheckId::Organiser,
        &[Check::OrganiserSignature, Check::AbsorbAction, Check::AbsorbNotBefore, Check::AbsorbReason],
    ),
    (CheckId::BallotEncoding, &[Check::RefuseIdentity]),
    (CheckId::BallotElection, &[Check::BallotFingerprint]),
    (CheckId::BallotCredential, &[Check::CredentialOnRoll]),
    (CheckId::BallotStyle, &[Check::BallotStyle, Check::BallotWeight]),
    (CheckId::BallotSignature, &[Check::BallotSignature]),
    (
        CheckId::BallotArgument,
        &[
            Check::AbsorbCredential,
            Check::AbsorbCiphertext,
            Check::AbsorbBitCommitments,
            Check::AbsorbLinkAnnouncements,
            Check::BitEquation,
            Check::LinkEquation,
            Check::RandomnessEquation,
            Check::DistinctRowWeights,
        ],
    ),
    (CheckId::BallotRandomness, &[Check::RepeatedRandomness]),
    (CheckId::BallotWindow, &[Check::CountAfterOpen, Check::CountBeforeClose]),
    (CheckId::BallotPredecessor, &[Check::Predecessor, Check::BallotLimit]),
    (CheckId::TallySums, &[Check::StatementSignature, Check::StatementAgrees, Check::OneStatement]),
    (
        CheckId::ClosingRule,
        &[Check::StatementsNeeded, Check::WitnessQuorum, Check::DistinctWitnesses, Check::ClosingHead],
    ),
    (
        CheckId::DecryptionProof,
        &[
            Check::DecryptionSignature,
            Check::DecryptionTally,
            Check::LotProof,
            Check::StatementBound,
            Check::AbsorbFactors,
            Check::AbsorbEqualityAnnouncements,
        ],
    ),
    (CheckId::DecryptionThreshold, &[Check::DecryptionThreshold]),
    (CheckId::Result, &[Check::PublishedResult]),
    (CheckId::Files, &[Check::ListedFile, Check::PointedFile, Check::Attachment]),
];

/// The checks of a report without a pair, and why they have none.
const WITHOUT_PAIR: &[(CheckId, &str)] = &[(
    CheckId::BallotDuplicate,
    "a copy has the randomness of its original, so that `ballot.randomness` refuses it as well: `a_copy_of_a_ballot`",
)];

/// All files below a folder that end in `.rs`.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The tests of the repository, file by file.
fn tests(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    ["tests/tests", "crates/ballotta/src"].iter().for_each(|folder| sources(&root.join(folder), &mut files));
    let tests = files.into_iter().filter_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let start = if is_test { 0 } else { text.find("#[cfg(test)]\nmod tests {")? };
        Some(text[start..].to_owned())
    });
    tests.collect()
}

/// Whether a test switches the check off: directly, or through a function of the same file to which it is passed.
fn is_switched_off(tests: &[String], check: &str) -> bool {
    tests.iter().any(|text| {
        let named = format!("Check::{check}");
        let is_whole = |at: usize| {
            let next = text[at + named.len()..].chars().next();
            !next.is_some_and(|next| next.is_alphanumeric())
        };
        let feeds = text.contains("let weak = Weaken::without(off);");
        let table = text.find("const PAIRS:").unwrap_or(text.len());
        text[..table].match_indices(&named).filter(|(at, _)| is_whole(*at)).any(|(at, _)| {
            let before = text[..at].trim_end_matches("weaken::").trim_end_matches("crate::").trim_end();
            ["Weaken::without(", "sabotage(", "argue_falsely("].iter().any(|call| before.ends_with(call)) || feeds
        })
    })
}

/// Every check that can be switched off is switched off in a test, and every check of a report has a forgery that passes
/// without it.
#[test]
fn no_check_is_without_a_pair() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let weaken = fs::read_to_string(root.join("crates/ballotta/src/weaken.rs")).unwrap();
    let variants = weaken.split_once("pub enum Check {").unwrap().1.split_once("\n}").unwrap().0;
    let variants: Vec<&str> = variants.lines().filter_map(|line| line.trim().strip_suffix(',')).collect();
    assert!(variants.len() > 60 && variants.iter().all(|variant| variant.chars().all(char::is_alphanumeric)));
    let tests = tests(&root);
    assert!(!is_switched_off(&tests, "NoSuchCheck") && !is_switched_off(&tests, "Root"));
    let missing: Vec<&&str> = variants.iter().filter(|variant| !is_switched_off(&tests, variant)).collect();
    assert!(missing.is_empty(), "no test switches these checks off: {missing:?}");
    for check in CheckId::ALL {
        let pairs = PAIRS.iter().filter(|(of, _)| of == check).count();
        let reasons = WITHOUT_PAIR.iter().filter(|(of, _)| of == check).count();
        assert_eq!(pairs + reasons, 1, "{check}: it has either pairs or a reason why it has none");
    }
    for (check, pairs) in PAIRS {
        assert!(!pairs.is_empty(), "{check}");
        let known = |pair: &Check| variants.contains(&format!("{pair:?}").as_str());
        assert!(pairs.iter().all(known), "{check}");
    }
}
