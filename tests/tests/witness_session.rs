//! The rules for a witness: it cosigns only heads of the board whose entries it has read and which continue the head
//! that it has cosigned before, and it stores a head before it cosigns it.

use std::cell::{Cell, RefCell};

use ballotta::board::entry::EntryKind;
use ballotta::board::note::{NoteError, NoteSignature, NoteSigner, SignedCheckpoint};
use ballotta::board::{board_key, board_origin, board_signer, witness_keys};
use ballotta::hash::TreeHash;
use ballotta::manifest::{Closing, Manifest};
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::witness::{HeadStore, WitnessError, WitnessSession};
use ballotta_tests::election::{Board, Election, ElectionOptions};

const TIME: u64 = 1_800_000_000;

/// A store in memory that can be made to fail.
#[derive(Default)]
struct Memory {
    document: RefCell<Option<Vec<u8>>>,
    cannot_read: Cell<bool>,
    cannot_write: Cell<bool>,
}

#[derive(Debug, PartialEq)]
struct Broken;

impl HeadStore for &Memory {
    type Error = Broken;

    fn load(&self) -> Result<Option<Vec<u8>>, Broken> {
        if self.cannot_read.get() { Err(Broken) } else { Ok(self.document.borrow().clone()) }
    }

    fn replace(&mut self, document: &[u8]) -> Result<(), Broken> {
        if self.cannot_write.get() {
            return Err(Broken);
        }
        self.document.replace(Some(document.to_vec()));
        Ok(())
    }
}

fn election() -> Election {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (2, 1), ..ElectionOptions::default() };
    Election::build(options)
}

/// The checkpoint of the first entries of a board.
fn checkpoint(board: &Board<'_>, size: usize) -> SignedCheckpoint {
    let mut prefix = board.clone();
    prefix.entries.truncate(size);
    board.election.signer.sign_checkpoint(&prefix.head())
}

/// A witness that is shown a checkpoint and the first entries of a board.
fn cosign(
    board: &Board<'_>,
    entries: usize,
    checkpoint: &SignedCheckpoint,
    store: &Memory,
    time: u64,
) -> Result<NoteSignature, WitnessError<Broken>> {
    let election = board.election;
    let mut session = WitnessSession::new(election.context.manifest(), &election.witness_seeds[1], store)?;
    let mut review = session.review(checkpoint)?;
    board.entries[..entries].iter().for_each(|entry| review.push(leaf_hash(entry)));
    review.cosign(time)
}

#[test]
fn a_witness_follows_a_board() {
    let election = election();
    let mut board = election.open_board();
    board.everybody_votes();
    let store = Memory::default();
    let last = board.entries.len();
    // The empty board, some entries, the same entries again, and all entries. The board may have entries after the
    // checkpoint.
    for (size, entries) in [(0, 0), (3, 3), (3, last), (last, last)] {
        let mut signed = checkpoint(&board, size);
        signed.add_cosignature(cosign(&board, entries, &signed, &store, TIME).unwrap());
        let witnesses = witness_keys(election.context.manifest()).unwrap();
        assert_eq!(signed.cosigned_by(&witnesses), Ok(vec![1]));
        let key = &election.context.manifest().witnesses().members[1].key;
        let head = signed.verify(&board_key(election.context.manifest()).unwrap()).unwrap().head();
        let document = format!(
            "{{\n  \"format\": \"ballotta/v1-draft.5/witness-state\",\n  \"key\": \"{}\",\n  \"boards\": {{\n    \
             \"{}\": {{\n      \"size\": {size},\n      \"root\": \"{}\"\n    }}\n  }}\n}}",
            hex::encode(key.as_bytes()),
            board_origin(election.context.manifest()),
            head.root
        );
        assert_eq!(String::from_utf8(store.document.borrow().clone().unwrap()).unwrap(), document);
    }
    // Another board is followed beside it.
    let text = String::from_utf8(store.document.take().unwrap()).unwrap();
    let other = text.replace("board.example/log", "another.example/log");
    store.document.replace(Some(other.clone().into_bytes()));
    cosign(&board, 2, &checkpoint(&board, 2), &store, TIME).unwrap();
    let both = String::from_utf8(store.document.borrow().clone().unwrap()).unwrap();
    assert!(both.contains("another.example/log") && both.contains("board.example/log"), "{both}");
}

#[test]
fn heads_that_are_not_of_the_board() {
    let election = election();
    let board = election.open_board();
    let last = board.entries.len();
    let store = Memory::default();
    let refused = |entries, checkpoint: &SignedCheckpoint| cosign(&board, entries, checkpoint, &store, TIME).err();
    let size = last as u64;
    // The witness has seen fewer entries, or other ones.
    assert_eq!(refused(last - 1, &checkpoint(&board, last)), Some(WitnessError::NotOnBoard { size }));
    let root = TreeHash::from_bytes([1; 32]);
    let forged = |size| election.signer.sign_checkpoint(&TreeHead { size, root });
    assert_eq!(refused(last, &forged(size)), Some(WitnessError::NotOnBoard { size }));
    assert_eq!(refused(last, &forged(0)), Some(WitnessError::NotOnBoard { size: 0 }));
    // The checkpoint of another board: under its own name, and under the name of this one.
    let other = Election::build(ElectionOptions { seed: 2, ..election.options.clone() });
    let foreign = other.signer.sign_checkpoint(&board.head());
    let [expected, found] = [&election, &other].map(|election| board_origin(election.context.manifest()));
    let error = NoteError::WrongOrigin { expected: expected.clone(), found };
    assert_eq!(refused(last, &foreign), Some(WitnessError::Note(error)));
    let impostor = NoteSigner::from_seed(&expected, &other.board_seed).unwrap().sign_checkpoint(&board.head());
    let error = NoteError::NotSigned { name: expected };
    assert_eq!(refused(last, &impostor), Some(WitnessError::Note(error)));
    assert_eq!(*store.document.borrow(), None, "nothing is remembered of what was refused");
}

/// F2: the same board and the same witness in the next election. Its log is another one, and not a history that goes back.
#[test]
fn f2_another_election_is_another_log() {
    let election = election();
    let board = election.open_board();
    let (store, last) = (Memory::default(), board.entries.len());
    cosign(&board, last, &checkpoint(&board, last), &store, TIME).unwrap();

    let manifest = election.context.manifest();
    let mut next = manifest.contents().clone();
    next.election_id = [7; 32];
    let next = Manifest::parse(&next.to_bytes().unwrap()).unwrap();
    let [old, new] = [manifest, &next].map(board_origin);
    assert_eq!(new, "board.example/log/0707070707070707");
    assert_ne!(old, new);
    let signer = board_signer(&next, &election.board_seed).unwrap();
    let entry = b"the first entry of the next election";
    let head = [leaf_hash(entry)].into_iter().collect::<Frontier>().head();
    let mut witness = WitnessSession::new(&next, &election.witness_seeds[1], &store).unwrap();
    let mut review = witness.review(&signer.sign_checkpoint(&head)).unwrap();
    review.push(leaf_hash(entry));
    assert!(review.cosign(TIME).is_ok());
    // Both are remembered.
    let document = String::from_utf8(store.document.borrow().clone().unwrap()).unwrap();
    assert!(document.contains(&old) && document.contains(&new), "{document}");
    // A board does not take the checkpoint of one election for that of another.
    let foreign = signer.sign_checkpoint(&head);
    assert!(matches!(foreign.verify(&board_key(manifest).unwrap()), Err(NoteError::WrongOrigin { .. })));
}

#[test]
fn a_witness_never_goes_back_and_sees_one_history() {
    let election = election();
    let mut board = election.open_board();
    let mut other = board.clone();
    board.everybody_votes();
    other.push(EntryKind::Ballot, b"another entry");
    other.entries.extend_from_slice(&board.entries[other.entries.len()..]);
    other.push(EntryKind::Ballot, b"one more");
    let last = board.entries.len();
    let store = Memory::default();
    cosign(&board, last, &checkpoint(&board, last), &store, TIME).unwrap();
    let kept = store.document.borrow().clone();

    let (size, cosigned) = (last as u64 - 1, last as u64);
    let back = cosign(&board, last, &checkpoint(&board, last - 1), &store, TIME);
    assert_eq!(back.err(), Some(WitnessError::GoesBack { size, cosigned }));
    for entries in [last, last + 1] {
        let refused = cosign(&other, entries, &checkpoint(&other, entries), &store, TIME);
        assert_eq!(refused.err(), Some(WitnessError::OtherHistory { cosigned }), "{entries}");
    }
    assert_eq!(*store.document.borrow(), kept);
}

#[test]
fn nothing_is_given_out_that_is_not_stored() {
    let election = election();
    let board = election.open_board();
    let (store, last) = (Memory::default(), board.entries.len());
    let signed = checkpoint(&board, last);
    let refused = |time| cosign(&board, last, &signed, &store, time).err();
    store.cannot_read.set(true);
    assert_eq!(refused(TIME), Some(WitnessError::Load(Broken)));
    store.cannot_read.set(false);
    store.cannot_write.set(true);
    assert_eq!(refused(TIME), Some(WitnessError::Store(Broken)));
    store.cannot_write.set(false);
    assert_eq!(refused(u64::MAX), Some(WitnessError::Note(NoteError::Time { time: u64::MAX })));
    assert_eq!(refused(TIME), None);

    let text = String::from_utf8(store.document.borrow().clone().unwrap()).unwrap();
    for damaged in [
        String::new(),
        text[..text.len() - 1].to_owned(),
        text.replace("draft.5", "draft.4"),
        text.replace("\"root\": \"", "\"root\": \"0"),
        text.replace("\"size\"", "\"sizes\""),
        text.replace("{\n  \"format\"", "{\n  \"more\": 1,\n  \"format\""),
    ] {
        assert_ne!(damaged, text);
        store.document.replace(Some(damaged.into_bytes()));
        assert_eq!(refused(TIME), Some(WitnessError::StateDamaged));
    }
}

#[test]
fn only_witnesses_of_the_manifest_cosign() {
    let election = election();
    let store = Memory::default();
    let session = |key: &[u8; 32]| WitnessSession::new(election.context.manifest(), key, &store).err();
    assert_eq!(session(&election.witness_seeds[0]), None);
    assert_eq!(session(&[9; 32]), Some(WitnessError::NotAWitness));
}

/// A state that was copied beside another key would make this key forget what it has cosigned.
#[test]
fn k6_the_state_of_a_witness_belongs_to_its_key() {
    let election = election();
    let board = election.open_board();
    let (store, last) = (Memory::default(), board.entries.len());
    cosign(&board, last, &checkpoint(&board, last), &store, TIME).unwrap();
    let document = store.document.borrow().clone().unwrap();
    let mut other = WitnessSession::new(election.context.manifest(), &election.witness_seeds[0], &store).unwrap();
    let refused = other.review(&checkpoint(&board, last)).err();
    assert_eq!(refused, Some(WitnessError::StateOfAnotherKey));
    assert_eq!(store.document.borrow().clone().unwrap(), document);
    // A document without a key belongs to nobody.
    let key = hex::encode(election.context.manifest().witnesses().members[1].key.as_bytes());
    let text = String::from_utf8(document).unwrap();
    let without = text.replace(&format!("  \"key\": \"{key}\",\n"), "");
    assert_ne!(without, text);
    store.document.replace(Some(without.into_bytes()));
    let refused = cosign(&board, last, &checkpoint(&board, last), &store, TIME);
    assert_eq!(refused.err(), Some(WitnessError::StateDamaged));
}
