//! The rules for a trustee: which message it publishes next, that it makes only one closing statement, and what it
//! decrypts.

use std::cell::{Cell, RefCell};

use ballotta::board::entry::{Action, EntryKind};
use ballotta::decryption::{ClosedTally, ClosingStatement, DecryptionError, TallyDifference, TallyReference};
use ballotta::encoding::{DecodeError, Writer};
use ballotta::evidence::{Claim, Convicted, Evidence, EvidenceError};
use ballotta::key_ceremony::{
    CeremonyError, CeremonyParameters, CeremonyStep, FIRST_ATTEMPT, MessageKind, NextMessageError, TrusteeSeed,
    check_next_message,
};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Closing;
use ballotta::proofs::schnorr::SchnorrProof;
use ballotta::record::{CLOSING_CHECKPOINT, ReadError, RecordError};
use ballotta::transcript::{Domain, ProofTranscript as _};
use ballotta::trustee::{ClosingSession, StatementStore, TrusteeError, TrusteeSession, new_state};
use ballotta::verifier::{CheckId, Effect, Report};
use ballotta::voter;
use ballotta::written::VoterNumber;
use ballotta_tests::election::{Board, Election, ElectionOptions};
use ballotta_tests::rng::TestRng;

/// A store in memory that can be made to fail. As the default it is empty: that of a second or restored copy of a key.
#[derive(Default)]
struct Memory {
    document: RefCell<Option<Vec<u8>>>,
    is_broken: Cell<bool>,
}

#[derive(Debug, PartialEq)]
struct Broken;

impl Memory {
    fn check(&self) -> Result<(), Broken> {
        if self.is_broken.get() { Err(Broken) } else { Ok(()) }
    }

    fn text(&self) -> String {
        String::from_utf8(self.document.borrow().clone().unwrap()).unwrap()
    }

    /// The store of a trustee that may make its one statement.
    fn new(election: &Election, trustee: u16) -> Self {
        Self::of(String::from_utf8(new_state(seed(election, trustee).signing_key().public())).unwrap())
    }

    fn of(text: String) -> Self {
        Self { document: RefCell::new(Some(text.into_bytes())), ..Self::default() }
    }
}

impl StatementStore for &Memory {
    type Error = Broken;

    fn load(&self) -> Result<Option<Vec<u8>>, Broken> {
        self.check()?;
        Ok(self.document.borrow().clone())
    }

    fn replace(&mut self, document: &[u8]) -> Result<(), Broken> {
        self.check()?;
        assert!(
            !self.document.borrow().as_ref().is_some_and(|old| old.ends_with(b"\"\n}")),
            "no statement is replaced"
        );
        self.document.replace(Some(document.to_vec()));
        Ok(())
    }
}

type Refused = TrusteeError<Broken>;

/// The seed of a trustee, counted from 1.
fn seed(election: &Election, trustee: u16) -> TrusteeSeed {
    TrusteeSeed::from_bytes(&election.trustee_seeds[usize::from(trustee) - 1])
}

fn session<'a>(election: &Election, trustee: u16, store: &'a Memory) -> TrusteeSession<&'a Memory> {
    TrusteeSession::new(seed(election, trustee), store)
}

fn closing<'a>(board: &Board<'_>, trustee: u16, store: &'a Memory) -> Result<ClosingSession<&'a Memory>, Refused> {
    session(board.election, trustee, store).verify_closed(&board.record(), &|_| (), &mut TestRng(1))
}

/// What a session on this board signs.
fn sign(board: &Board<'_>, trustee: u16, store: &Memory) -> Result<ClosingStatement, Refused> {
    closing(board, trustee, store)?.sign_closing(&mut TestRng(2))
}

fn closed_board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(Action::Close);
    board
}

/// Makes a signature at the end of bytes invalid.
fn flip_signature(bytes: &mut [u8]) {
    let response = bytes.len() - 32;
    bytes[response] ^= 1;
}

fn parameters(election: &Election) -> CeremonyParameters {
    CeremonyParameters::for_manifest(election.context.manifest(), FIRST_ATTEMPT).unwrap()
}

#[test]
fn every_trustee_sends_the_message_that_is_due() {
    let election = Election::build(ElectionOptions::default());
    let store = Memory::default();
    let step = |trustee, published: &[Vec<u8>]| {
        session(&election, trustee, &store).ceremony_step(parameters(&election), published, &mut TestRng(1)).unwrap()
    };
    let kinds = [MessageKind::Registration, MessageKind::DealCommitment, MessageKind::Deal, MessageKind::Confirmation];
    let mut published: Vec<Vec<u8>> = Vec::new();
    for (position, (author, message)) in election.ceremony.iter().enumerate() {
        let (kind, trustee) = (kinds[position / 3], *author);
        assert_eq!(step(trustee, &published), CeremonyStep::Due { kind, message: message.clone() });
        if trustee > 1 {
            let absent = (trustee..=3).collect();
            assert_eq!(step(1, &published), CeremonyStep::Waiting { kind, absent });
        }
        published.push(message.clone());
    }
    assert_eq!(step(1, &published), CeremonyStep::Complete);
    assert_eq!(step(3, &published), CeremonyStep::Complete);
}

/// Whatever board a trustee is shown, and whenever it is interrupted: no two statements that it lets out convict it.
#[test]
fn an_honest_trustee_is_not_convicted() {
    let election = Election::build(ElectionOptions::default());
    let one = closed_board(&election);
    let mut other = election.open_board();
    other.vote(0, &election.any_choices(0, &mut TestRng(3)));
    other.organise(Action::Close);
    let mut stated = one.clone();
    let (first, copy, lost) = (Memory::new(&election, 1), Memory::default(), Memory::new(&election, 2));
    let mut seen = Vec::new();
    // The machine fails before the statement is stored: nobody gets it, and the next one may be about another board.
    let mut interrupted = closing(&one, 2, &lost).unwrap();
    lost.is_broken.set(true);
    assert!(matches!(interrupted.sign_closing(&mut TestRng(4)), Err(TrusteeError::Load(Broken))));
    lost.is_broken.set(false);
    seen.push(sign(&other, 2, &lost).unwrap());
    // It is stored, and then sent again.
    seen.extend([sign(&one, 1, &first).unwrap(), sign(&one, 1, &first).unwrap()]);
    let differs = |refused: Result<ClosingStatement, Refused>| matches!(refused, Err(TrusteeError::OtherTally(_)));
    assert!(differs(sign(&other, 1, &first)) && differs(sign(&one, 2, &lost)));
    // A restored copy of the key takes over what is on the board, and signs nothing else.
    assert!(matches!(sign(&other, 1, &copy), Err(TrusteeError::NoRightToState)));
    stated.push(EntryKind::ClosingStatement, &seen[1].to_bytes());
    seen.push(sign(&stated, 1, &copy).unwrap());
    assert!(differs(sign(&other, 1, &copy)));

    let manifest = election.context.manifest();
    for one in &seen {
        for other in &seen {
            let claim = Claim::TwoStatements { one: one.clone(), other: other.clone() };
            let judged = Evidence::new(manifest.clone(), claim).verify(&mut TestRng(1));
            let (one, other) = (one.trustee(), other.trustee());
            let innocent = match one == other {
                true => EvidenceError::Same { what: "statements" },
                false => EvidenceError::TwoTrustees { one, other },
            };
            assert_eq!(judged, Err(innocent));
        }
    }
    // A trustee with a copy of the machine, and its right to state, is convicted.
    let restored = sign(&other, 1, &Memory::new(&election, 1)).unwrap();
    let claim = Claim::TwoStatements { one: seen[1].clone(), other: restored };
    let convicted = Evidence::new(manifest.clone(), claim).verify(&mut TestRng(1)).unwrap().convicted;
    assert_eq!(convicted, Convicted::Trustee(1));
}

#[test]
fn a_seed_serves_one_election() {
    let election = Election::build(ElectionOptions::default());
    let store = Memory::new(&election, 1);
    sign(&closed_board(&election), 1, &store).unwrap();
    let step = |published: &[Vec<u8>]| {
        session(&election, 1, &store).ceremony_step(parameters(&election), published, &mut TestRng(1))
    };
    assert!(matches!(step(&[]), Err(TrusteeError::SeedUsed)));
    let unused = Memory::new(&election, 1);
    let due = session(&election, 1, &unused).ceremony_step::<Vec<u8>, _>(parameters(&election), &[], &mut TestRng(1));
    assert!(matches!(due, Ok(CeremonyStep::Due { .. })));
    let damaged = Memory::of("any document".into());
    let due = session(&election, 1, &damaged).ceremony_step::<Vec<u8>, _>(parameters(&election), &[], &mut TestRng(1));
    assert!(matches!(due, Err(TrusteeError::StateDamaged)));
    // After the ceremony, a stored statement is not an error: it is the statement of this election.
    let all: Vec<Vec<u8>> = election.ceremony.iter().map(|(_, message)| message.clone()).collect();
    assert!(matches!(step(&all), Ok(CeremonyStep::Complete)));
    store.is_broken.set(true);
    assert!(matches!(step(&[]), Err(TrusteeError::Load(Broken))));

    let stranger = TrusteeSession::new(TrusteeSeed::from_bytes(&[9; 32]), &store);
    let step = stranger.ceremony_step::<Vec<u8>, _>(parameters(&election), &[], &mut TestRng(1));
    assert!(matches!(step, Err(TrusteeError::Ceremony(CeremonyError::NotATrustee))));
}

/// A message that would make a ceremony fail is refused before it is on the board.
#[test]
fn messages_that_may_be_published_next() {
    let election = Election::build(ElectionOptions::default());
    let messages: Vec<Vec<u8>> = election.ceremony.iter().map(|(_, message)| message.clone()).collect();
    let check = |published: &[Vec<u8>], message: &[u8]| {
        check_next_message(&parameters(&election), published, message, &mut TestRng(1))
    };
    for (position, message) in messages.iter().enumerate() {
        assert_eq!(check(&messages[..position], message), Ok(()));
    }
    // Messages of one step may come in any order.
    assert_eq!(check(&messages[..3], &messages[5]), Ok(()));

    let unreadable = NextMessageError::Unreadable(DecodeError::Truncated { field: "signature" });
    assert_eq!(check(&[], b"noise"), Err(unreadable));
    let (kind, missing) = (MessageKind::Deal, MessageKind::DealCommitment);
    let early = NextMessageError::TooEarly { trustee: 1, kind, missing, absent: vec![2, 3] };
    assert_eq!(check(&messages[..4], &messages[6]), Err(early));
    let again = NextMessageError::AlreadyPublished { trustee: 2, kind: MessageKind::Registration };
    // The same message again is named as one, also after those of later steps.
    for published in [2, messages.len()] {
        assert_eq!(check(&messages[..published], &messages[1]), Err(again.clone()));
    }
    let mut forged = messages[0].clone();
    flip_signature(&mut forged);
    let refused = check(&[], &forged);
    assert!(matches!(refused, Err(NextMessageError::Ceremony(CeremonyError::BadSignature { .. }))), "{refused:?}");
    // A message of an earlier step.
    let before = [&messages[..2], &messages[3..4]].concat();
    let late = check(&before, &messages[2]);
    assert!(matches!(late, Err(NextMessageError::Ceremony(CeremonyError::OutOfOrder { .. }))), "{late:?}");
    // A signed message that cannot be decoded is refused. If it is on the board nevertheless, the messages of other
    // trustees are not refused.
    let mut writer = Writer::new();
    writer.put(&messages[0][..messages[0].len() - SchnorrProof::BYTES]).u8(0);
    let mut signed = writer.finish();
    let mut transcript = Domain::TrusteeRegistration.for_manifest(election.context.manifest().hash());
    transcript.absorb_u64(b"attempt", FIRST_ATTEMPT.into());
    transcript.absorb_u64(b"trustee", 1);
    transcript.absorb_bytes(b"message", &signed);
    let mut signature = Writer::new();
    election.trustee_keys[0].prove(&mut transcript, &mut TestRng(1)).encode(&mut signature);
    signed.extend(signature.finish());
    let error = CeremonyError::Decode { trustees: vec![(1, DecodeError::Trailing { count: 1 })] };
    assert_eq!(check(&[], &signed), Err(NextMessageError::Ceremony(error)));
    assert_eq!(check(&[signed], &messages[1]), Ok(()));
}

#[test]
fn the_statement_is_stored_before_it_is_given_out_and_only_ever_repeated() {
    let election = Election::build(ElectionOptions::default());
    let board = closed_board(&election);
    let store = Memory::new(&election, 1);
    store.is_broken.set(true);
    assert!(matches!(sign(&board, 1, &store), Err(TrusteeError::Load(Broken))));
    store.is_broken.set(false);
    let mut trustee = closing(&board, 1, &store).unwrap();
    let statement = trustee.sign_closing(&mut TestRng(5)).unwrap();
    assert_eq!(statement.verify(election.context.manifest(), &mut TestRng(1)), Ok(()));
    assert_eq!(statement.agrees(&board.tally()), Ok(()));
    assert_eq!((statement.trustee(), *statement.tally()), (1, TallyReference::of(&board.tally())));
    assert_eq!(
        (statement.tally().close, &statement.tally().fingerprint),
        (board.head(), election.context.fingerprint())
    );
    assert_eq!(
        store.text(),
        format!(
            "{{\n  \"format\": \"ballotta/v1-draft.5/trustee-state\",\n  \"key\": \"{}\",\n  \"statement\": \"{}\"\n}}",
            hex::encode(election.trustee_keys[0].public().as_bytes()),
            hex::encode(statement.to_bytes())
        )
    );
    // With other randomness, in the same session and in another one.
    assert_eq!(trustee.sign_closing(&mut TestRng(6)).unwrap(), statement);
    assert_eq!(sign(&board, 1, &store).unwrap(), statement);
    // Also after it is on the board.
    let mut published = board.clone();
    published.push(EntryKind::ClosingStatement, &statement.to_bytes());
    assert_eq!(sign(&published, 1, &store).unwrap(), statement);
}

/// A state that was copied beside another key, or altered, is not the state of this key.
#[test]
fn k6_the_state_of_a_trustee_belongs_to_its_key() {
    let election = Election::build(ElectionOptions::default());
    let board = closed_board(&election);
    let store = Memory::new(&election, 1);
    let statement = hex::encode(sign(&board, 1, &store).unwrap().to_bytes());
    let mut forged = hex::decode(&statement).unwrap();
    // The last byte of the signature is the most significant one of a scalar, so it is still a scalar.
    let last = forged.len() - 2;
    forged[last] ^= 1;
    let forged = Memory::of(store.text().replace(&statement, &hex::encode(forged)));
    assert!(matches!(sign(&board, 1, &forged), Err(TrusteeError::StateDamaged)));
    assert!(matches!(
        closing(&board, 1, &forged).unwrap().decrypt(&board.record(), &mut TestRng(1)),
        Err(TrusteeError::StateDamaged)
    ));
    assert!(matches!(sign(&board, 2, &store), Err(TrusteeError::StateOfAnotherKey)));
    assert!(matches!(sign(&board, 2, &Memory::new(&election, 1)), Err(TrusteeError::StateOfAnotherKey)));
    // A statement of this trustee in the state of another key.
    let key = |trustee: usize| hex::encode(election.trustee_keys[trustee - 1].public().as_bytes());
    let moved = Memory::of(store.text().replace(&key(1), &key(2)));
    assert!(matches!(sign(&board, 2, &moved), Err(TrusteeError::StateDamaged)));
}

/// A store that can be read but not written.
struct ReadOnly(Vec<u8>);

impl StatementStore for ReadOnly {
    type Error = Broken;

    fn load(&self) -> Result<Option<Vec<u8>>, Broken> {
        Ok(Some(self.0.clone()))
    }

    fn replace(&mut self, _: &[u8]) -> Result<(), Broken> {
        Err(Broken)
    }
}

#[test]
fn no_statement_without_a_store() {
    let election = Election::build(ElectionOptions::default());
    let board = closed_board(&election);
    let session = TrusteeSession::new(seed(&election, 1), ReadOnly(new_state(election.trustee_keys[0].public())));
    let mut session = session.verify_closed(&board.record(), &|_| (), &mut TestRng(1)).unwrap();
    assert!(matches!(session.sign_closing(&mut TestRng(2)), Err(TrusteeError::Store(Broken))));
}

/// Attacks D11 and N4: a trustee is shown two boards.
#[test]
fn no_second_statement() {
    let election = Election::build(ElectionOptions::default());
    let mut longer = election.open_board();
    longer.everybody_votes();
    let mut board = longer.clone();
    board.organise(Action::Close);
    let choices = election.any_choices(0, &mut TestRng(3));
    longer.vote(0, &choices);
    longer.organise(Action::Close);
    let store = Memory::new(&election, 1);
    let stored = |board: &_| closing(board, 1, &store).unwrap().own_statement(&mut TestRng(2));
    assert!(matches!(stored(&board), Ok(None)));
    let statement = sign(&board, 1, &store).unwrap();
    assert_eq!(stored(&board).unwrap().map(|stored| stored.to_bytes()), Some(statement.to_bytes()));
    assert!(matches!(stored(&longer), Err(TrusteeError::OtherTally(_))));

    let mismatch = |refused: Option<Refused>| match refused {
        Some(TrusteeError::OtherTally(error)) => error,
        other => panic!("{other:?}"),
    };
    let size = DecryptionError::StatementMismatch { trustee: 1, what: TallyDifference::Size };
    assert_eq!(mismatch(sign(&longer, 1, &store).err()), size);
    let session = closing(&longer, 1, &store).unwrap();
    assert_eq!(mismatch(session.decrypt(&longer.record(), &mut TestRng(1)).err()), size);

    // A copy of the key, on another board: the statement of this trustee on that board is of another tally.
    longer.push(EntryKind::ClosingStatement, &statement.to_bytes());
    for store in [Memory::default(), Memory::new(&election, 1)] {
        assert_eq!(mismatch(sign(&longer, 1, &store).err()), size);
        let session = closing(&longer, 1, &store).unwrap();
        assert_eq!(mismatch(session.decrypt(&longer.record(), &mut TestRng(1)).err()), size);
    }
}

/// F1: the right to make a statement is stored apart from the key, and exists once. A copy of the key without it takes over the
/// statement that is on the board, and otherwise makes none.
#[test]
fn f1_a_copy_of_the_key_makes_no_statement() {
    let election = Election::build(ElectionOptions::default());
    let board = closed_board(&election);
    let original = sign(&board, 1, &Memory::new(&election, 1)).unwrap();
    let copy = Memory::default();
    assert!(matches!(sign(&board, 1, &copy), Err(TrusteeError::NoRightToState)));
    assert_eq!(*copy.document.borrow(), None);

    // A statement that the trustee did not sign has no effect: it is not taken over, and does not hide the true one.
    let mut published = board.clone();
    let mut forged = original.to_bytes();
    flip_signature(&mut forged);
    published.push(EntryKind::ClosingStatement, &forged);
    assert!(matches!(sign(&published, 1, &copy), Err(TrusteeError::NoRightToState)));
    published.push(EntryKind::ClosingStatement, &original.to_bytes());
    // An old copy of the state has a right that was used: the statement on the board comes first.
    for store in [copy, Memory::new(&election, 1)] {
        assert_eq!(sign(&published, 1, &store).unwrap(), original);
        assert_eq!(sign(&board, 1, &store).unwrap(), original, "it is stored");
    }
    // The statements of others are not taken over.
    assert!(matches!(sign(&published, 2, &Memory::default()), Err(TrusteeError::NoRightToState)));
    assert!(sign(&published, 2, &Memory::new(&election, 2)).is_ok());
}

/// M3: an entry that cannot be read, which anybody may have handed in, stops no trustee and no voter. It is named.
#[test]
fn m3_an_unreadable_entry_stops_nobody() {
    let election = Election::build(ElectionOptions::default());
    let mut board = election.open_board();
    board.push_bytes(vec![1, 5, 77, 0]);
    board.everybody_votes();
    board.push_bytes(b"noise".to_vec());
    let ballot = board.heads[&3];
    board.organise(Action::Close);
    board.push_bytes(vec![0; 40]);
    let stores = [1, 2, 3].map(|trustee| Memory::new(&election, trustee));
    for (trustee, store) in (1..).zip(&stores) {
        let statement = sign(&board, trustee, store).unwrap();
        board.push(EntryKind::ClosingStatement, &statement.to_bytes());
    }
    let session = closing(&board, 1, &stores[0]).unwrap();
    let failures = &session.verification().report.failures;
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(failures.iter().all(|failure| (failure.check, failure.effect) == (CheckId::Entries, Effect::None)));
    assert!(session.decrypt(&board.record(), &mut TestRng(1)).is_ok());
    let record = board.record();
    let read = voter::Election::read(&record, &mut TestRng(1)).unwrap();
    let number = VoterNumber::of(election.credentials[3].public());
    let found = read.find(&record, &ballot.into(), &number, &mut TestRng(1));
    assert!(matches!(found, Ok(voter::BallotStatus::Counted { .. })), "{found:?}");
}

#[test]
fn stores_that_are_damaged() {
    let election = Election::build(ElectionOptions::default());
    let board = closed_board(&election);
    let store = Memory::new(&election, 1);
    sign(&board, 1, &store).unwrap();
    let text = store.text();
    for damaged in [
        String::new(),
        text[..text.len() - 1].to_owned(),
        text.replace("draft.5", "draft.4"),
        text.replace("\"statement\": \"", "\"statement\": \"0"),
        text.replace("\"statement\": \"01", "\"statement\": \"02"),
        text.replace("{\n", "{\n  \"more\": 1,\n"),
    ] {
        assert_ne!(damaged, text);
        assert!(matches!(sign(&board, 1, &Memory::of(damaged)), Err(TrusteeError::StateDamaged)));
    }
    assert!(matches!(sign(&board, 2, &Memory::of(text)), Err(TrusteeError::StateOfAnotherKey)));
}

#[test]
fn nothing_is_decrypted_before_the_closing_rule() {
    let election = Election::build(ElectionOptions::default());
    let mut board = closed_board(&election);
    let stores = [1, 2, 3].map(|trustee| Memory::new(&election, trustee));
    let decrypt = |board: &Board<'_>, trustee: u16| {
        let session = closing(board, trustee, &stores[usize::from(trustee) - 1])?;
        session.decrypt(&board.record(), &mut TestRng(4))
    };
    assert!(matches!(decrypt(&board, 1), Err(TrusteeError::NotSigned)));
    let statements: Vec<_> = (1..=3).map(|trustee| sign(&board, trustee, &stores[usize::from(trustee) - 1])).collect();
    // A statement that trustee 3 did not sign does not make it present.
    let mut forged = statements[2].as_ref().unwrap().to_bytes();
    flip_signature(&mut forged);
    board.push(EntryKind::ClosingStatement, &forged);
    for (number, statement) in statements.into_iter().enumerate() {
        match decrypt(&board, 1) {
            Err(TrusteeError::Decryption(DecryptionError::TooFewStatements { found, needed: 3, absent })) => {
                assert_eq!((found, absent), (number, (number as u16 + 1..=3).collect::<Vec<u16>>()));
            }
            other => panic!("{:?}", other.err()),
        }
        board.push(EntryKind::ClosingStatement, &statement.unwrap().to_bytes());
    }
    let part = decrypt(&board, 1).unwrap();
    assert_eq!(
        part.verify(&election.context, &election.joint_key, &board.tally(), &mut TestRng(1)).map(|part| part.trustee()),
        Ok(1)
    );
    // The statement on the board is that of the trustee, also if its store has none.
    for store in [Memory::default(), Memory::new(&election, 2)] {
        assert!(closing(&board, 2, &store).unwrap().decrypt(&board.record(), &mut TestRng(1)).is_ok());
    }
}

#[test]
fn witnesses_close_the_board() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (2, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = closed_board(&election);
    let store = Memory::new(&election, 1);
    sign(&board, 1, &store).unwrap();
    let tally = board.tally();
    let decrypt = |board: &Board<'_>| closing(board, 1, &store)?.decrypt(&board.record(), &mut TestRng(4));
    let refused = |board: &Board<'_>| match decrypt(board).err() {
        Some(TrusteeError::Decryption(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&board), DecryptionError::TooFewWitnesses { found: 0, needed: 2, absent: vec![1, 2] });
    let few = board.closing_checkpoint(&tally, 1).to_string();
    board.files.insert(CLOSING_CHECKPOINT.into(), few.into_bytes());
    assert_eq!(refused(&board), DecryptionError::TooFewWitnesses { found: 1, needed: 2, absent: vec![2] });
    board.files.insert(CLOSING_CHECKPOINT.into(), b"noise".to_vec());
    let noise = decrypt(&board).err();
    assert!(matches!(noise, Some(TrusteeError::ClosingCheckpoint(RecordError::Checkpoint { .. }))));
    // A file that cannot be read is not a file that is missing.
    board.files.insert(CLOSING_CHECKPOINT.into(), vec![0; MAX_CHECKPOINT_BYTES + 1]);
    let (length, limit) = (MAX_CHECKPOINT_BYTES as u64 + 1, MAX_CHECKPOINT_BYTES as u64);
    let too_long = ReadError::TooLong { length, limit };
    match decrypt(&board).err() {
        Some(TrusteeError::ClosingCheckpoint(RecordError::File { error, .. })) => assert_eq!(error, too_long),
        other => panic!("{other:?}"),
    }
    let enough = board.closing_checkpoint(&tally, 2);
    board.files.insert(CLOSING_CHECKPOINT.into(), enough.to_string().into_bytes());
    let manifest = election.context.manifest();
    assert!(ClosedTally::check(manifest, tally.clone(), &[], Some(&enough), &mut TestRng(1)).is_ok());
    assert!(decrypt(&board).unwrap().verify(&election.context, &election.joint_key, &tally, &mut TestRng(1)).is_ok());
    // A trustee that may make its statement makes it first. A copy of its key makes none, and decrypts what is closed.
    let decrypted = |store: &Memory| closing(&board, 2, store).unwrap().decrypt(&board.record(), &mut TestRng(1));
    assert!(matches!(decrypted(&Memory::new(&election, 2)), Err(TrusteeError::NotSigned)));
    assert!(
        decrypted(&Memory::default())
            .unwrap()
            .verify(&election.context, &election.joint_key, &tally, &mut TestRng(1))
            .is_ok()
    );
}

#[test]
fn only_a_valid_record_is_decrypted() {
    let election = Election::build(ElectionOptions::default());
    let report = |board: &Board<'_>| -> Report {
        match closing(board, 1, &Memory::default()).err() {
            Some(TrusteeError::InvalidRecord(report)) => *report,
            other => panic!("{other:?}"),
        }
    };
    let mut board = election.open_board();
    board.everybody_votes();
    assert!(!report(&board).holds(), "the voting is not closed");
    board.organise(Action::Close);
    assert!(closing(&board, 1, &Memory::default()).is_ok());
    let message = board.files.keys().find(|path| path.starts_with("ceremony/")).unwrap().clone();
    board.files.remove(&message);
    assert!(!report(&board).holds());

    // The seed does not belong to a trustee of this election.
    let store = Memory::default();
    let stranger = TrusteeSession::new(TrusteeSeed::from_bytes(&[9; 32]), &store);
    let refused = stranger.verify_closed(&closed_board(&election).record(), &|_| (), &mut TestRng(1));
    assert!(matches!(refused.err(), Some(TrusteeError::Ceremony(CeremonyError::NotATrustee))));
}
