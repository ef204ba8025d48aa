//! The rules of a ballot box: which entries a board accepts, and that a restarted box decides like one that was never
//! stopped.

use ballotta::admission::{
    Admission, AdmitError, AdmittedBallots, BoardEntries, EntryRefused, EntryRules, MemoryIndex, Resumed, VoidBallot,
    ballot_entry, light_files,
};
use ballotta::ballot::AdmissionError;
use ballotta::board::entry::{Action, EntryError, EntryKind, OrganiserEntry};
use ballotta::board::note::NoteSignature;
use ballotta::credential::{RollLookupError, RollSignature, RollSignatureError};
use ballotta::decryption::{DecryptionError, TallyDifference};
use ballotta::encoding::DecodeError;
use ballotta::group::{Scalar, SecretScalar};
use ballotta::hash::FileHash;
use ballotta::index::AuthorityIndex;
use ballotta::manifest::Closing;
use ballotta::merkle::{LogError, leaf_hash};
use ballotta::proofs::schnorr::SchnorrProof;
use ballotta::record::{self, MemoryRecord, PublishedBoard};
use ballotta::signing::{KeyPair, ProofError};
use ballotta::verifier::{Stage, VerifyOptions, verify};
use ballotta::voter;
use ballotta::written::VoterNumber;
use ballotta_tests::ballot_box::{resume, resumed};
use ballotta_tests::election::{Ballot, Board, Choice, Election, ElectionOptions};
use ballotta_tests::rng::TestRng;

fn yes() -> [Choice; 1] {
    [Choice::Options(vec![0])]
}

/// Admits a ballot, appends it, and returns its position.
fn admit(
    admission: &mut Admission<MemoryIndex<MemoryRecord>>,
    board: &mut Board<'_>,
    ballot: &[u8],
) -> Result<u64, AdmitError<LogError>> {
    let entry = admission.admit(ballot, &board.entries, &mut TestRng(2))?;
    assert_eq!(entry, ballot_entry(ballot).unwrap());
    Ok(board.push_bytes(entry))
}

fn refused<T>(error: AdmissionError) -> Result<T, AdmitError<LogError>> {
    Err(AdmitError::Refused(error))
}

/// Every rule of the ledger, for a box that runs all the time and for a box that is restarted before each ballot.
#[test]
fn a_restarted_box_decides_as_one_that_goes_on() {
    let election = Election::build(ElectionOptions::default());
    let ballot = |voter, previous| {
        let mut ballot = election.ballot(voter, &yes());
        (ballot.previous, ballot.seed) = (previous, 7 + voter as u64);
        ballot.cast()
    };
    let other_seed = |voter, previous| {
        let mut ballot = election.ballot(voter, &yes());
        (ballot.previous, ballot.seed) = (previous, 99 + voter as u64);
        ballot.cast()
    };
    let first = ballot(0, None);
    let again = {
        let mut again = election.ballot(0, &yes());
        (again.previous, again.seed) = (Some(*first.tracker()), 50);
        again.cast()
    };
    let nonce = Scalar::from(11_u64);
    let [one, other] = [1, 2].map(|voter| election.ballot_under(nonce, 0, election.credentials[voter].key_pair()));
    let mut restarted = election.open_board();
    let mut running = restarted.clone();
    let mut admission = resume(&running);
    let opened = running.entries.len() as u64;
    let cases = [
        (first.to_bytes(), Ok(opened)),
        (first.to_bytes(), refused(AdmissionError::DuplicateBallot { first: opened })),
        (ballot(0, None).to_bytes(), refused(AdmissionError::DuplicateBallot { first: opened })),
        (again.to_bytes(), Ok(opened + 1)),
        // It names the first ballot, and not the last.
        (
            other_seed(0, Some(*first.tracker())).to_bytes(),
            refused(AdmissionError::RevoteFork { head: Some(opened + 1) }),
        ),
        (ballot(3, Some(*first.tracker())).to_bytes(), refused(AdmissionError::RevoteFork { head: None })),
        (one, Ok(opened + 2)),
        (other, refused(AdmissionError::RepeatedRandomness { first: opened + 2 })),
        (ballot(3, None).to_bytes(), Ok(opened + 3)),
    ];
    for (number, (ballot, expected)) in cases.into_iter().enumerate() {
        assert_eq!(admit(&mut admission, &mut running, &ballot), expected, "case {number}");
        let mut started = resume(&restarted);
        assert_eq!(admit(&mut started, &mut restarted, &ballot), expected, "case {number}, restarted");
        assert_eq!(running.entries, restarted.entries);
    }
    let counted: Vec<u64> = (0..opened + 5).filter(|index| resume(&running).into_counted().contains(*index)).collect();
    assert_eq!(counted, [opened + 1, opened + 2, opened + 3]);
    running.organise(Action::Close);
    assert!(
        verify(
            &running.record(),
            &VerifyOptions { stage: Stage::Closed, ..Default::default() },
            &|_| (),
            &mut TestRng(1)
        )
        .report
        .holds()
    );
}

#[test]
fn one_ballot_where_no_second_one_is_allowed() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 1, ..ElectionOptions::default() });
    let mut board = election.open_board();
    let first = board.vote(0, &yes());
    let mut again = election.ballot(0, &yes());
    (again.previous, again.seed) = (Some(board.heads[&0]), 99);
    let mut admission = resume(&board);
    let error = refused(AdmissionError::BallotLimit { limit: 1, last: first });
    assert_eq!(admit(&mut admission, &mut board, &again.cast().to_bytes()), error);
}

/// The last ballot that the manifest allows is admitted, and the next one is not. Who sends a ballot again gets the receipt of the
/// logged one, at the limit as well. A box that is resumed knows how many there are.
#[test]
fn as_many_ballots_as_the_manifest_allows() {
    let election = Election::build(ElectionOptions { ballots_per_credential: 3, ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.vote(0, &yes());
    let mut admission = resume(&board);
    let next = |board: &Board<'_>, seed| {
        let previous = board.heads.get(&0).copied();
        Ballot { previous, seed, ..election.ballot(0, &yes()) }.cast()
    };
    let mut last = 0;
    for seed in [5, 6] {
        let ballot = next(&board, seed);
        last = admit(&mut admission, &mut board, &ballot.to_bytes()).unwrap();
        board.heads.insert(0, *ballot.tracker());
        let again = admission.logged(&ballot.to_bytes(), &board.entries, &mut TestRng(1));
        assert_eq!(again, Ok(Some(last)));
    }
    let flood = next(&board, 7).to_bytes();
    let error = refused(AdmissionError::BallotLimit { limit: 3, last });
    assert_eq!(admit(&mut admission, &mut board, &flood), error);
    assert_eq!(admit(&mut resume(&board), &mut board, &flood), error);
    // The limit is of one credential.
    let other = election.ballot(1, &yes()).cast().to_bytes();
    assert!(admit(&mut admission, &mut board, &other).is_ok());
}

#[test]
fn nothing_is_admitted_before_the_opening_and_after_the_close() {
    let election = Election::build(ElectionOptions::default());
    let ballot = election.ballot(0, &yes()).cast().to_bytes();
    let mut unopened = election.unopened_board();
    assert_eq!(admit(&mut resume(&unopened), &mut unopened, &ballot), refused(AdmissionError::NotOpen));
    let mut board = election.open_board();
    let mut admission = resume(&board);
    let verified = admission.verify(&[&ballot], &mut TestRng(1)).unwrap().remove(0).unwrap();
    admission.close(board.organise(Action::Close));
    // A ballot that was verified before the close comes too late after it.
    assert_eq!(admission.sequence(&verified, &board.entries), refused(AdmissionError::Closed));
    assert_eq!(admit(&mut admission, &mut board, &ballot), refused(AdmissionError::Closed));
    assert_eq!(admit(&mut resume(&board), &mut board, &ballot), refused(AdmissionError::Closed));
    // After the closing, a box refuses ballots before it verifies them.
    let garbage =
        |admission: &Admission<_>| admission.verify(&[b"no ballot"], &mut TestRng(1)).unwrap().remove(0).err();
    assert_eq!(garbage(&resume(&election.unopened_board())), Some(AdmissionError::NotOpen));
    assert_eq!(garbage(&admission), Some(AdmissionError::Closed));
    // After the close an entry has no effect on the ballots.
    board.push_ballot(b"no ballot");
    assert_eq!(resumed(&board).void, []);
}

#[test]
fn a_ballot_that_no_box_admits_is_void_when_a_board_is_resumed() {
    let election = Election::build(ElectionOptions::default());
    let stranger = Election::build(ElectionOptions { seed: 2, ..ElectionOptions::default() });
    let foreign = stranger.ballot(0, &yes()).cast().to_bytes();
    let unreadable = AdmissionError::Encoding(DecodeError::UnsupportedVersion { found: *b"no" });
    let cases = [(foreign.as_slice(), AdmissionError::WrongElection), (b"no ballot", unreadable)];
    for (ballot, error) in cases {
        let mut board = election.unopened_board();
        board.push_ballot(ballot);
        board.organise(Action::Open);
        assert_eq!(resumed(&board).void, [], "before the opening it has no effect");
        let index = board.push_ballot(ballot);
        assert_eq!(resumed(&board).void, [VoidBallot { index, error }]);
    }
}

/// A void ballot stops nobody: the box that goes on counts what every verifier counts, and the files for light clients do.
#[test]
fn a_board_with_a_void_ballot_is_resumed_without_it() {
    let election = Election::build(ElectionOptions::default());
    let stranger = election.ballot_under(Scalar::from(5_u64), 0, &KeyPair::new(SecretScalar::new(Scalar::from(9_u64))));
    let mut board = election.open_board();
    let first = board.vote(0, &yes());
    let mut fork = election.ballot(0, &yes());
    fork.seed = 99;
    let copy = board.entries[first as usize][3..].to_vec();
    for (ballot, error) in [
        (copy, AdmissionError::DuplicateBallot { first }),
        (fork.cast().to_bytes(), AdmissionError::RevoteFork { head: Some(first) }),
        (stranger, AdmissionError::UnknownCredential),
    ] {
        let mut board = board.clone();
        let index = board.push_ballot(&ballot);
        let Resumed { mut admission, void } = resumed(&board);
        assert_eq!(void, [VoidBallot { index, error }]);
        let files = light_files(&board.record(), &mut TestRng(1)).unwrap();
        assert_eq!(files.void, void);
        assert!(files.files.contains(&(record::light::HEADS.into(), admission.heads())));
        // The voter votes again after the ballot that counts, and another one for the first time.
        let mut second = election.ballot(0, &yes());
        (second.previous, second.seed) = (Some(board.heads[&0]), 98);
        for ballot in [second.cast().to_bytes(), election.ballot(1, &yes()).cast().to_bytes()] {
            let entry = admission.admit(&ballot, &board.entries, &mut TestRng(1)).unwrap();
            board.push_bytes(entry);
        }
        board.organise(Action::Close);
        let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
        let tally = verify(&board.record(), &options, &|_| (), &mut TestRng(1)).tally.unwrap();
        // The voters are few: their heads are one block.
        assert_eq!((tally.ballots(), tally.heads()), (2, &leaf_hash(&resumed(&board).admission.heads())));
    }
}

/// An entry that cannot be read has no effect, for the ballot box and for voters as for the verifier.
#[test]
fn an_entry_that_cannot_be_read_stops_nobody() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    board.push_bytes(b"no entry".to_vec());
    board.push(EntryKind::Ceremony, b"no pointer");
    let first = board.vote(0, &yes());
    assert!(admit(&mut resume(&board), &mut board, &election.ballot(1, &yes()).cast().to_bytes()).is_ok());
    let (record, rng) = (board.record(), &mut TestRng(1));
    let read = voter::Election::read(&record, rng).unwrap();
    let voter = VoterNumber::of(election.credentials[0].public());
    let found = read.find(&record, &board.heads[&0].into(), &voter, rng);
    assert_eq!(found, Ok(voter::BallotStatus::Counted { index: first }));
}

#[test]
fn a_ballot_that_was_not_appended_is_noticed() {
    let election = Election::build(ElectionOptions::default());
    let board = election.open_board();
    let mut admission = resume(&board);
    let [one, other] = [0, 1].map(|voter| election.ballot(voter, &yes()).cast().to_bytes());
    assert!(admission.admit(&one, &board.entries, &mut TestRng(1)).is_ok());
    let index = board.entries.len() as u64;
    let lost = admission.admit(&other, &board.entries, &mut TestRng(1));
    assert_eq!(lost, Err(AdmitError::NotAppended { index }));
}

/// Ballots on the board were verified before the board signed its checkpoint. Only the new ballot is verified.
#[test]
fn ballots_on_the_board_are_not_verified_again() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    let mut ballot = election.ballot(0, &yes()).cast().to_bytes();
    *ballot.last_mut().unwrap() ^= 1;
    board.push_ballot(&ballot);
    let mut admission = resume(&board);
    let verified = admission.verify(&[&ballot], &mut TestRng(1)).unwrap();
    assert_eq!(
        verified.into_iter().map(|ballot| ballot.err()).collect::<Vec<_>>(),
        [Some(AdmissionError::BadSignature)]
    );
    assert!(admit(&mut admission, &mut board, &election.ballot(1, &yes()).cast().to_bytes()).is_ok());
}

/// A board whose entries can no longer be read.
struct Unreadable(u64);

impl BoardEntries for Unreadable {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.0
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        Err(LogError::OutsideTree { index, size: 0 })
    }
}

#[test]
fn what_cannot_be_read_is_no_verdict() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    let first = board.vote(0, &yes());
    let mut again = election.ballot(0, &yes());
    (again.previous, again.seed) = (Some(board.heads[&0]), 99);
    let again = again.cast().to_bytes();
    let rng = &mut TestRng(1);
    let mut admission = resume(&board);
    let size = board.entries.len() as u64;
    let error = AdmitError::Board(LogError::OutsideTree { index: first, size: 0 });
    assert_eq!(admission.admit(&again, &Unreadable(size), rng), Err(error));
    let mut garbled = board.entries.clone();
    garbled[first as usize].truncate(2);
    let error = AdmitError::Entry { index: first, error: DecodeError::Truncated { field: "kind" } };
    assert_eq!(admission.admit(&again, &garbled, rng), Err(error));
    // Nothing has changed.
    assert_eq!(admit(&mut admission, &mut board, &again), Ok(size));

    // The roll was changed after it was read.
    let mut record = board.record();
    let manifest = record::read_manifest(&record).unwrap();
    let published = PublishedBoard::read(&record, &manifest, &mut |_| (), rng).unwrap();
    let voter::Election { context, roll, window, .. } =
        voter::Election::of_board(&record, manifest, published, rng).unwrap();
    let last = record.files.get_mut(record::ROLL).unwrap().last_mut().unwrap();
    *last ^= 1;
    let mut admission =
        Admission::resume(context, roll, record, window, AdmittedBallots::default(), rng).unwrap().admission;
    let error = AdmitError::Roll(RollLookupError::Changed { line: 2 });
    assert_eq!(admission.admit(&election.ballot(1, &yes()).cast().to_bytes(), &board.entries, rng), Err(error));
}

/// The rules of a board, after they have observed all its entries.
fn rules(board: &Board<'_>) -> EntryRules {
    let record = board.record();
    let manifest = record::read_manifest(&record).unwrap();
    let mut rules = EntryRules::default();
    PublishedBoard::read(&record, &manifest, &mut |observed| rules.observe(observed), &mut TestRng(1)).unwrap();
    rules
}

fn organiser_entry(election: &Election, action: Action) -> Vec<u8> {
    OrganiserEntry::sign(action, election.context.fingerprint(), &election.organiser, &mut TestRng(3)).encode()
}

#[test]
fn entries_before_the_close() {
    let election = Election::build(ElectionOptions { authorities: 2, ..ElectionOptions::default() });
    let (context, rng) = (&election.context, &mut TestRng(1));
    let mut board = election.unopened_board();
    board.entries.retain(|entry| entry[2] != EntryKind::RollSignature as u8);
    let valid_so_far = |board: &Board<'_>| {
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        verify(&board.record(), &options, &|_| (), &mut TestRng(1)).report
    };

    // Signatures of the roll.
    let mut at = rules(&board);
    assert_eq!(at.check_ceremony_message(), Ok(()));
    let index = |number| AuthorityIndex::new(number).unwrap();
    let signature = |number, key: usize| {
        let (parts, key) = (FileHash::of(&election.parts_file(number)), &election.authorities[key]);
        RollSignature::sign_with_parts(index(number), context.fingerprint(), &parts, key, &mut TestRng(4)).encode()
    };
    // Each of several authorities signs its parts.
    let alone = RollSignature::sign(index(1), context.fingerprint(), &election.authorities[0], &mut TestRng(4));
    let without_parts = RollSignatureError::Parts { authority: 1, expected: true };
    assert_eq!(at.add_roll_signature(context, &alone.encode(), rng), Err(without_parts.into()));
    let encoding = |what, field| EntryRefused::Encoding { what, error: DecodeError::Truncated { field } };
    assert_eq!(at.add_roll_signature(context, b"", rng), Err(encoding("a signature of a roll", "authority")));
    let wrong = at.add_roll_signature(context, &signature(2, 0), rng);
    assert!(
        matches!(wrong, Err(EntryRefused::RollSignature(RollSignatureError::Signature { authority: 2 }))),
        "{wrong:?}"
    );
    assert_eq!(at.add_roll_signature(context, &signature(1, 0), rng), Ok(()));
    assert_eq!(
        at.add_roll_signature(context, &signature(1, 0), rng),
        Err(EntryRefused::SignedAlready { authority: 1 })
    );

    // The opening is refused if something that must come before it is missing.
    let opening = organiser_entry(&election, Action::Open);
    let report = valid_so_far(&board);
    let missing = report.failures.first().unwrap().clone();
    assert_eq!(at.add_opening(context, &report, &opening, 0, rng), Err(EntryRefused::RecordNotValid(missing)));
    board.sign_roll(1);
    board.sign_roll(2);
    let (mut at, report) = (rules(&board), valid_so_far(&board));
    assert_eq!(
        at.add_roll_signature(context, &signature(2, 1), rng),
        Err(EntryRefused::SignedAlready { authority: 2 })
    );
    assert_eq!(at.add_closing(context, &opening, 0, rng), Err(EntryRefused::NeverOpened));
    let not_signed = EntryRefused::Organiser(EntryError::Signature(ProofError));
    let closing = organiser_entry(&election, Action::Close);
    assert_eq!(at.add_opening(context, &report, &closing, 0, rng), Err(not_signed.clone()));
    assert!(!at.is_opened());
    assert_eq!(at.add_opening(context, &report, &opening, 0, rng), Ok(()));
    assert_eq!(at.add_opening(context, &report, &opening, 0, rng), Err(EntryRefused::OpenedAlready));
    assert_eq!(at.check_ceremony_message(), Err(EntryRefused::CeremonyOver));
    assert_eq!(at.add_roll_signature(context, &signature(2, 1), rng), Err(EntryRefused::RollFixed));

    board.organise(Action::Open);
    let mut at = rules(&board);
    assert!(at.is_opened() && !at.is_closed());
    assert_eq!(at.add_closing(context, &opening, 0, rng), Err(not_signed));
    assert_eq!(at.add_closing(context, &closing, 0, rng), Ok(()));
    assert_eq!(at.add_closing(context, &closing, 0, rng), Err(EntryRefused::ClosedAlready));
}

#[test]
fn entries_after_the_close() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let (context, rng) = (&election.context, &mut TestRng(1));
    let manifest = context.manifest();
    let mut board = election.open_board();
    board.everybody_votes();
    let mut open = rules(&board);
    board.organise(Action::Close);
    let tally = board.tally();
    let statement = board.statement(&tally, 1);
    let closed = board.closed_tally();
    let part = board.partial_decryption(&closed, 1);
    let (body, bytes) = (statement.to_bytes(), part.to_bytes());
    assert_eq!(open.add_statement(manifest, &tally, &body, rng), Err(EntryRefused::NotClosed));
    assert_eq!(
        open.add_partial_decryption(context, &election.joint_key, &tally, &bytes, rng).err(),
        Some(EntryRefused::NotClosed)
    );

    let mut at = rules(&board);
    let mut forged = body.clone();
    *forged.last_mut().unwrap() ^= 1;
    let error = EntryRefused::Decryption(DecryptionError::BadStatementSignature { trustee: 1 });
    assert_eq!(at.add_statement(manifest, &tally, &forged, rng), Err(error));
    assert_eq!(at.add_statement(manifest, &tally, &body, rng), Ok(()));
    assert_eq!(at.add_statement(manifest, &tally, &body, rng), Err(EntryRefused::StatedAlready { trustee: 1 }));
    let mut other = election.open_board();
    other.organise(Action::Close);
    let foreign = other.statement(&other.tally(), 2).to_bytes();
    let error =
        EntryRefused::Decryption(DecryptionError::StatementMismatch { trustee: 2, what: TallyDifference::Size });
    assert_eq!(at.add_statement(manifest, &tally, &foreign, rng), Err(error));

    let mut unsigned = bytes.clone();
    *unsigned.last_mut().unwrap() ^= 1;
    let error = EntryRefused::Decryption(DecryptionError::BadDecryptionSignature { trustee: 1 });
    assert_eq!(at.add_partial_decryption(context, &election.joint_key, &tally, &unsigned, rng).err(), Some(error));
    let mut wrong = bytes.clone();
    let response = bytes.len() - SchnorrProof::BYTES - 1;
    wrong[response] ^= 1;
    let wrong = election.sign_decryption(&wrong, 1);
    let error = EntryRefused::Decryption(DecryptionError::PartialDecryptionInvalid { trustee: 1, contest: 0 });
    assert_eq!(at.add_partial_decryption(context, &election.joint_key, &tally, &wrong, rng).err(), Some(error));
    assert_eq!(at.add_partial_decryption(context, &election.joint_key, &tally, &bytes, rng).unwrap().trustee(), 1);
    let again = at.add_partial_decryption(context, &election.joint_key, &tally, &bytes, rng).err();
    assert_eq!(again, Some(EntryRefused::DecryptedAlready { trustee: 1 }));

    // Entries that are already on the board count like entries that this box has added.
    board.push(EntryKind::ClosingStatement, &body);
    board.push_file(EntryKind::PartialDecryption, 1, &bytes);
    let mut at = rules(&board);
    assert_eq!(at.add_statement(manifest, &tally, &body, rng), Err(EntryRefused::StatedAlready { trustee: 1 }));
    let again = at.add_partial_decryption(context, &election.joint_key, &tally, &bytes, rng).err();
    assert_eq!(again, Some(EntryRefused::DecryptedAlready { trustee: 1 }));

    // Each new cosignature must be of a witness that has not cosigned yet.
    let mut checkpoint = board.closing_checkpoint(&tally, 1);
    let lines: Vec<String> = board.closing_checkpoint(&tally, 2).to_string().lines().map(str::to_owned).collect();
    let second = lines.last().unwrap();
    assert_eq!(at.add_cosignature(manifest, &mut checkpoint, second), Ok(()));
    assert_eq!(at.add_cosignature(manifest, &mut checkpoint, second), Err(EntryRefused::NoFurtherWitness));
    let nonsense = at.add_cosignature(manifest, &mut checkpoint, "nonsense");
    assert_eq!(nonsense, Err(EntryRefused::Cosignature("nonsense".parse::<NoteSignature>().unwrap_err())));
    board.push_file(EntryKind::Publication, 0, b"list");
    assert_eq!(rules(&board).add_cosignature(manifest, &mut checkpoint, second), Err(EntryRefused::Published));
}
