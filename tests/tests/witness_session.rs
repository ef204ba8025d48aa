//! The rules for a witness: it cosigns only checkpoints that continue the one that it has cosigned before, by all entries
//! or by a proof, and it stores a checkpoint before it cosigns it. Two histories leave evidence.

use std::cell::{Cell, RefCell};

use ballotta::board::entry::EntryKind;
use ballotta::board::note::{NoteError, NoteSignature, NoteSigner, SignedCheckpoint};
use ballotta::board::{board_key, board_origin, board_signer, witness_keys};
use ballotta::evidence::{Claim, Convicted, Evidence};
use ballotta::hash::TreeHash;
use ballotta::manifest::{Closing, Manifest};
use ballotta::merkle::{Frontier, LogError, TreeHead, consistency_proof, leaf_hash};
use ballotta::witness::{AddCheckpoint, AddCheckpointError, HeadStore, WitnessError, WitnessSession};
use ballotta_tests::base64;
use ballotta_tests::election::{Board, Election, ElectionOptions};
use ballotta_tests::rng::TestRng;
use sha2::{Digest as _, Sha256};
use signed_note::{Note, Signature, StandardSigner};
use tlog_tiles::tlog::{Hash, HashReader, check_tree, prove_tree, stored_hashes};

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
        // F9: the whole checkpoint is kept, with the signature of the board, and without the cosignatures.
        let kept = checkpoint(&board, size).to_string();
        let document = format!(
            "{{\n  \"format\": \"ballotta/v1-draft.5/witness-state\",\n  \"key\": \"{}\",\n  \"boards\": {{\n    \
             \"{}\": {}\n  }}\n}}",
            hex::encode(key.as_bytes()),
            board_origin(election.context.manifest()),
            serde_json::to_string(&kept).unwrap()
        );
        assert_eq!(String::from_utf8(store.document.borrow().clone().unwrap()).unwrap(), document);
    }
    // Another board is followed beside it.
    let text = String::from_utf8(store.document.take().unwrap()).unwrap();
    let other = text.replace("board.example/log", "another.example/log");
    store.document.replace(Some(other.into_bytes()));
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
        let shown = checkpoint(&other, entries);
        let refused = cosign(&other, entries, &shown, &store, TIME);
        let evidence = evidence(refused);
        let (Claim::Fork { one, other } | Claim::Inconsistent { older: one, newer: other, .. }) = evidence.claim()
        else {
            panic!("{}", evidence.claim().code())
        };
        assert_eq!((one, other), (&checkpoint(&board, last), &shown), "{entries}");
        assert_eq!(convicted(&evidence), Some(Convicted::Board));
        assert_eq!(Evidence::decode(&evidence.to_bytes()).as_ref(), Ok(&evidence));
    }
    assert_eq!(*store.document.borrow(), kept);
}

/// The evidence of a refusal.
fn evidence<T: std::fmt::Debug>(refused: Result<T, WitnessError<Broken>>) -> Evidence {
    match refused {
        Err(WitnessError::OtherHistory { evidence: Some(evidence), .. }) => *evidence,
        other => panic!("no evidence: {other:?}"),
    }
}

fn convicted(evidence: &Evidence) -> Option<Convicted> {
    evidence.verify(&mut TestRng(1)).ok().map(|proved| proved.convicted)
}

fn leaves(board: &Board<'_>, size: usize) -> Vec<TreeHash> {
    board.entries[..size].iter().map(|entry| leaf_hash(entry)).collect()
}

/// A proof is enough to cosign: no entry is read.
#[test]
fn a_witness_cosigns_by_proof() {
    let election = election();
    let mut board = election.open_board();
    board.everybody_votes();
    let (last, store) = (board.entries.len(), Memory::default());
    let manifest = election.context.manifest();
    let mut session = WitnessSession::new(manifest, &election.witness_seeds[1], &store).unwrap();
    assert_eq!(session.kept(), Ok(None));
    // The first checkpoint has nothing to continue, and a proof of nothing has no hashes.
    let first = checkpoint(&board, 3);
    let superfluous = session.cosign(&first, &leaves(&board, 1), TIME);
    let error = LogError::ProofLength { expected: 0, found: 1 };
    assert_eq!(superfluous, Err(WitnessError::Proof { cosigned: 0, error }));
    let root = TreeHash::from_bytes([1; 32]);
    let false_empty = election.signer.sign_checkpoint(&TreeHead { size: 0, root });
    let refused = Err(WitnessError::OtherHistory { cosigned: 0, evidence: None });
    assert_eq!(session.cosign(&false_empty, &[], TIME), refused);
    session.cosign(&first, &[], TIME).unwrap();
    assert_eq!(session.kept(), Ok(Some(first.clone())));
    // The same again, and all entries.
    session.cosign(&first, &[], TIME).unwrap();
    let proof = consistency_proof(&leaves(&board, last), 3).unwrap();
    let signed = checkpoint(&board, last);
    for wrong in [&proof[1..], &[&proof[..], &proof[..1]].concat()] {
        let error = LogError::ProofLength { expected: proof.len(), found: wrong.len() };
        assert_eq!(session.cosign(&signed, wrong, TIME), Err(WitnessError::Proof { cosigned: 3, error }));
    }
    let mut wrong = proof.clone();
    wrong[0] = root;
    let error = LogError::InconsistentHeads { older: 3, newer: last as u64 };
    assert_eq!(session.cosign(&signed, &wrong, TIME), Err(WitnessError::Proof { cosigned: 3, error }));
    assert_eq!(session.kept(), Ok(Some(first.clone())), "nothing is remembered of what was refused");
    let mut cosigned = signed.clone();
    cosigned.add_cosignature(session.cosign(&signed, &proof, TIME).unwrap());
    assert_eq!(cosigned.cosigned_by(&witness_keys(manifest).unwrap()), Ok(vec![1]));
    // What others have cosigned is not kept.
    session.cosign(&cosigned, &[], TIME).unwrap();
    assert_eq!(session.kept(), Ok(Some(signed)));
    let back = session.cosign(&first, &[], TIME);
    assert_eq!(back, Err(WitnessError::GoesBack { size: 3, cosigned: last as u64 }));
    // Two checkpoints of one size are evidence by themselves, whatever proof is given.
    let fork = election.signer.sign_checkpoint(&TreeHead { size: last as u64, root });
    let fork = session.cosign(&fork, &proof, TIME);
    let fork = evidence(fork);
    assert!(matches!(fork.claim(), Claim::Fork { .. }));
    assert_eq!(convicted(&fork), Some(Convicted::Board));
}

fn board_head(board: &Board<'_>, size: usize) -> TreeHead {
    leaves(board, size).into_iter().collect::<Frontier>().head()
}

/// The kept checkpoint must be that of the board of the manifest, with its signature.
#[test]
fn f9_the_kept_checkpoint_is_signed_by_the_board() {
    let election = election();
    let board = election.open_board();
    let store = Memory::default();
    let mut session = WitnessSession::new(election.context.manifest(), &election.witness_seeds[1], &store).unwrap();
    session.cosign(&checkpoint(&board, 2), &[], TIME).unwrap();
    let text = String::from_utf8(store.document.borrow().clone().unwrap()).unwrap();
    store.document.replace(Some(text.replace("\\n2\\n", "\\n1\\n").into_bytes()));
    let error = NoteError::BadSignature { name: board_origin(election.context.manifest()) };
    assert_eq!(session.kept().err(), Some(WitnessError::Kept(error.clone())));
    let refused = session.cosign(&checkpoint(&board, 2), &[], TIME);
    assert_eq!(refused.err(), Some(WitnessError::Kept(error)));
}

/// C2SP tlog-witness: the order of the checks, and the body of a request.
#[test]
fn requests_for_a_cosignature() {
    let election = election();
    let mut board = election.open_board();
    board.everybody_votes();
    let (last, store) = (board.entries.len(), Memory::default());
    let mut session = WitnessSession::new(election.context.manifest(), &election.witness_seeds[1], &store).unwrap();
    let request = |old: u64, proof: &[TreeHash], size: usize| {
        AddCheckpoint::new(old, proof.to_vec(), checkpoint(&board, size)).unwrap()
    };
    let proof = consistency_proof(&leaves(&board, last), 3).unwrap();
    let other_size = |old, cosigned| Err(WitnessError::OtherSize { old, cosigned });
    assert_eq!(session.add_checkpoint(&request(3, &proof, last), TIME), other_size(3, 0));
    session.add_checkpoint(&request(0, &[], 3), TIME).unwrap();
    assert_eq!(session.add_checkpoint(&request(0, &[], last), TIME), other_size(0, 3));
    session.add_checkpoint(&request(3, &proof, last), TIME).unwrap();
    assert_eq!(session.add_checkpoint(&request(3, &proof, last), TIME), other_size(3, last as u64));
    // Who is not the board learns nothing.
    let key = board_key(election.context.manifest()).unwrap();
    let stranger = NoteSigner::from_seed(key.name(), &[9; 32]).unwrap().sign_checkpoint(&board_head(&board, last));
    let refused = session.add_checkpoint(&AddCheckpoint::new(0, Vec::new(), stranger).unwrap(), TIME);
    assert_eq!(refused, Err(WitnessError::Note(NoteError::NotSigned { name: key.name().into() })));

    let written = request(3, &proof, last).to_string();
    assert_eq!(AddCheckpoint::parse(written.as_bytes()), Ok(request(3, &proof, last)));
    let hashes = proof.len();
    let (head, note) = written.split_once("\n\n").unwrap();
    assert_eq!((head.lines().count(), note), (1 + hashes, checkpoint(&board, last).to_string().as_str()));
    let parse = |text: &str| AddCheckpoint::parse(text.as_bytes()).err();
    for old in ["", "old", "old ", "old 03", "old +3", "old 3 ", "Old 3", "old 18446744073709551616", "3"] {
        assert_eq!(parse(&written.replacen("old 3", old, 1)), Some(AddCheckpointError::OldSize), "{old:?}");
    }
    let line = head.lines().nth(1).unwrap();
    for hash in ["AAAA", &line[..43], &format!("{line}="), &format!(" {line}"), &format!("{line}\r")] {
        let refused = Some(AddCheckpointError::ProofLine { line: 2 });
        assert_eq!(parse(&written.replacen(line, hash, 1)), refused, "{hash:?}");
    }
    assert_eq!(parse("old 3\nAAAA\n"), Some(AddCheckpointError::Lines));
    assert_eq!(parse(&format!("old 3\n\n{}", &note[1..])), None, "another origin is for the witness to refuse");
    let cut = Some(AddCheckpointError::Checkpoint(NoteError::NoSignatures));
    assert_eq!(parse(&format!("old 3\n\n{}", &note[..note.len() - 1])), cut);
    let (old, size) = (last as u64 + 1, last as u64);
    assert_eq!(parse(&format!("old {old}\n\n{note}")), Some(AddCheckpointError::OldAboveSize { old, size }));
    let long = format!("old 3\n{}\n{note}", format!("{line}\n").repeat(64));
    assert_eq!(parse(&long), Some(AddCheckpointError::ProofTooLong { found: 64 }));
    let found = AddCheckpoint::MAX_BYTES + 1;
    assert_eq!(parse(&"a".repeat(found)), Some(AddCheckpointError::TooLong { found }));
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
        text.replace("\\n\\n", "\\n"),
        text.replace("board.example/log/", "board.example/other/").replacen("other", "log", 1),
        text.replace("{\n  \"format\"", "{\n  \"more\": 1,\n  \"format\""),
        text.replace("\n  \"key\"", "\n \"key\""),
        format!("{text}\n"),
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

/// The packages `tlog_tiles` and `signed_note` as the board: their checkpoint and their proof are a request that the witness
/// accepts. And as the witness: they read and verify what we ask. The cosignature is verified by hand.
#[test]
fn c2sp_requests_of_other_programs() {
    let election = election();
    let mut board = election.open_board();
    board.everybody_votes();
    let last = board.entries.len();
    let (old, size) = (3_u64, last as u64);
    let mut nodes: Vec<Hash> = Vec::new();
    for (index, entry) in (0..).zip(&board.entries) {
        let new = stored_hashes(index, entry, &Nodes(&nodes)).unwrap();
        nodes.extend(new);
    }
    let origin = board_origin(election.context.manifest());
    let root = tlog_tiles::tlog::tree_hash(size, &Nodes(&nodes)).unwrap();
    let text = tlog_tiles::checkpoint::Checkpoint::new(&origin, size, root, "").unwrap().to_bytes();
    let skey = {
        let key = [&[1][..], &election.board_seed].concat();
        format!("PRIVATE+KEY+{origin}+{:08x}+{}", election.signer.key().id(), base64(&key))
    };
    let mut note = Note::new(&text, &[]).unwrap();
    note.add_sigs(&[&StandardSigner::new(&skey).unwrap()]).unwrap();
    let proof = prove_tree(size, old, &Nodes(&nodes)).unwrap();
    let lines: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    let theirs = format!("old {old}\n{lines}\n{}", String::from_utf8(note.to_bytes()).unwrap());

    let store = Memory::default();
    let mut session = WitnessSession::new(election.context.manifest(), &election.witness_seeds[1], &store).unwrap();
    session.cosign(&checkpoint(&board, 3), &[], TIME).unwrap();
    let request = AddCheckpoint::parse(theirs.as_bytes()).unwrap();
    let line = session.add_checkpoint(&request, TIME).unwrap();

    // Our request has the same bytes.
    let ours = consistency_proof(&leaves(&board, last), old).unwrap();
    let ours = AddCheckpoint::new(old, ours, checkpoint(&board, last)).unwrap().to_string();
    assert_eq!(ours, theirs);
    let older = tlog_tiles::tlog::tree_hash(old, &Nodes(&nodes)).unwrap();
    assert_eq!(older.0, *board_head(&board, 3).root.as_bytes());
    check_tree(&proof, size, root, old, older).unwrap();

    // C2SP tlog-cosignature: key id, time and Ed25519 signature.
    let signature = Signature::from_bytes(line.to_string().as_bytes()).unwrap();
    let witness = &election.context.manifest().witnesses().members[1];
    assert_eq!(signature.name(), witness.name);
    let key = [witness.name.as_bytes(), b"\n", &[4], witness.key.as_bytes()].concat();
    assert_eq!(signature.id().to_be_bytes(), Sha256::digest(&key)[..4]);
    let bytes = signature.signature();
    assert_eq!((bytes.len(), &bytes[..8]), (72, TIME.to_be_bytes().as_slice()));
}

/// The stored hashes of a log.
struct Nodes<'a>(&'a [Hash]);

impl HashReader for Nodes<'_> {
    fn read_hashes(&self, indices: &[u64]) -> Result<Vec<Hash>, tlog_tiles::tlog::Error> {
        Ok(indices.iter().map(|index| self.0[*index as usize]).collect())
    }
}
