//! Tests of all decoders with arbitrary bytes. A decoder must refuse the bytes, or read them so that writing gives the
//! same bytes again. Nothing may panic.
//!
//! [`TARGETS`] are run by libFuzzer (`fuzz_targets/`) and over mutations of valid bytes by an ordinary test.

use std::collections::BTreeSet;
use std::str::from_utf8;
use std::sync::LazyLock;

use ballotta::ballot::{BallotHeader, BallotOpening, Candidate, Choices, SignedBallot, verify_ballots};
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::{Note, NoteKey, NoteSignature, SignedCheckpoint};
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::{
    TILE_WIDTH, TilePath, bundle_paths, decode_bundle, decode_hashes, encode_bundle, hash_tile_paths,
};
use ballotta::credential::{
    ChangeDraft, ChangeReason, Credential, Entitlement, Handle, PartList, PartListLine, RollChange, RollReader,
    RollRules, RollSignature, VotingCode, VotingCodes,
};
use ballotta::decryption::{ClosingStatement, PartialDecryption};
use ballotta::evidence::Evidence;
use ballotta::hash::{FileHash, TreeHash};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::CeremonyMessage;
use ballotta::manifest::{Manifest, RollChanges};
use ballotta::merkle::{consistency_proof, leaf_hash};
use ballotta::record::light::{self, ElectionSummary};
use ballotta::record::{self, FileList, MemoryRecord, PublishedRoll, ResultDocument, SignedParts, verify_parts};
use ballotta::tally::EncryptedTally;
use ballotta::tally::heads::head_in_block;
use ballotta::verifier::{
    PartialVerification, ShardPlan, VerifierState, VerifyOptions, select, verify_from, verify_shard,
};
use ballotta::witness::AddCheckpoint;
use ballotta_replay::{Count, Format, Source, compare, count};
use ballotta_tests::accuse::Accuser;
use ballotta_tests::election::{Choice, Election, ElectionOptions, YES_OR_NO, choose};
use ballotta_tests::kinds::every_kind;
use ballotta_tests::light::light_record;
use ballotta_tests::rng::TestRng;

/// A decoder and the property that it must have.
pub struct Target {
    /// The name of the target for libFuzzer.
    pub name: &'static str,
    /// Panics if the decoder does not have the property for these bytes.
    pub run: fn(&[u8]),
    /// Valid bytes that the decoder reads.
    pub valid: fn() -> Vec<Vec<u8>>,
}

/// All targets, one for each decoder.
pub const TARGETS: &[Target] = &[
    Target { name: "manifest", run: manifest, valid: manifests },
    Target { name: "roll", run: roll, valid: || vec![of_record(record::ROLL)] },
    Target { name: "parts", run: parts, valid: || vec![HONEST_PARTS.clone()] },
    Target { name: "part_list", run: part_list, valid: || vec![HONEST_PART_LIST.clone().into_bytes()] },
    Target { name: "ceremony_message", run: ceremony_message, valid: || ELECTION.election_messages() },
    Target { name: "entry", run: entry, valid: || [ELECTION.entries.clone(), PARTS.entries.clone()].concat() },
    Target { name: "roll_change", run: roll_change, valid: roll_changes },
    Target { name: "change_draft", run: change_draft, valid: change_drafts },
    Target { name: "bundle", run: bundle, valid: bundles },
    Target { name: "tile_path", run: tile_path, valid: tile_paths },
    Target { name: "note", run: note, valid: notes },
    Target { name: "receipt", run: receipt, valid: receipts },
    Target { name: "evidence", run: evidence, valid: honest_evidence },
    Target { name: "add_checkpoint", run: add_checkpoint, valid: add_checkpoints },
    Target { name: "signed_ballot", run: signed_ballot, valid: || ELECTION.bodies(EntryKind::Ballot) },
    Target { name: "ballot_header", run: ballot_header, valid: || ELECTION.bodies(EntryKind::Ballot) },
    Target { name: "choices", run: choices, valid: all_choices },
    Target { name: "ballot_opening", run: ballot_opening, valid: || vec![OPENING.clone()] },
    Target {
        name: "closing_statement",
        run: closing_statement,
        valid: || ELECTION.bodies(EntryKind::ClosingStatement),
    },
    Target { name: "partial_decryption", run: partial_decryption, valid: || under("decryption/") },
    Target { name: "file_list", run: file_list, valid: || vec![of_record(record::FILE_LIST)] },
    Target { name: "election_summary", run: election_summary, valid: || vec![light_file(light::ELECTION)] },
    Target { name: "heads", run: heads, valid: || vec![light_file(light::HEADS)] },
    Target { name: "hash_tile", run: hash_tile, valid: || vec![light_file("light/roll/tile/0/000.p/1")] },
    Target { name: "voting_code", run: voting_code, valid: voting_codes },
    Target { name: "shard_plan", run: shard_plan, valid: || vec![SHARDS.0.to_bytes()] },
    Target { name: "shard_part", run: shard_part, valid: || vec![SHARDS.1.clone()] },
    Target { name: "verifier_state", run: verifier_state, valid: verifier_states },
    Target { name: "replay", run: replay, valid: published_ballots },
    Target { name: "result_document", run: result_document, valid: results },
];

/// Returns the target with this name.
///
/// # Panics
///
/// If there is no such target.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target")
}

/// A finished election, whose formats the decoders read.
struct Finished {
    election: Election,
    entries: Vec<Vec<u8>>,
    record: MemoryRecord,
    tally: EncryptedTally,
}

static ELECTION: LazyLock<Finished> = LazyLock::new(|| {
    let election = Election::build(ElectionOptions {
        contests: vec![(choose(1, 2, true), 3), (YES_OR_NO, 2)],
        styles: vec![vec![0, 1], vec![1]],
        voters: vec![(0, 3), (0, 1), (1, 20)],
        trustees: 2,
        threshold: 2,
        ..ElectionOptions::default()
    });
    let (entries, record, tally) = {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Blank, Choice::Options(vec![0])]);
        board.vote(1, &[Choice::Options(vec![0, 2]), Choice::Options(vec![1])]);
        board.vote(2, &[Choice::Options(vec![1])]);
        board.vote(2, &[Choice::Options(vec![0])]);
        board.finish();
        let tally = board.verify().tally.expect("a closed board");
        (board.entries.clone(), board.record(), tally)
    };
    Finished { election, entries, record, tally }
});

/// An election of two credential authorities, whose voting is open.
struct OfTwo {
    election: Election,
    entries: Vec<Vec<u8>>,
    record: MemoryRecord,
    roll: PublishedRoll,
}

static PARTS: LazyLock<OfTwo> = LazyLock::new(|| {
    let options = ElectionOptions { authorities: 2, voters: vec![(0, 1); 5], ..ElectionOptions::default() };
    let election = Election::build(options);
    let board = election.open_board();
    let (entries, record) = (board.entries.clone(), board.record());
    let roll = PublishedRoll::read(&record, election.context.manifest()).expect("a roll");
    OfTwo { election, entries, record, roll }
});

/// The file that the second authority has really made.
static HONEST_PARTS: LazyLock<Vec<u8>> = LazyLock::new(|| PARTS.election.parts_file(2));

/// The parts of the second authority, which has signed any file. It knows no other parts of the roll.
fn parts(bytes: &[u8]) {
    let OfTwo { election, record, roll, .. } = &*PARTS;
    let authority = AuthorityIndex::new(2).expect("a number");
    let mut record = record.clone();
    record.files.insert(record::parts_path(authority), bytes.to_vec());
    let signed = [SignedParts { authority, hash: FileHash::of(bytes) }];
    let mut failures = 0;
    let mut visit = |_| failures += 1;
    let manifest = election.context.manifest();
    verify_parts(&record, manifest, roll, &signed, &mut visit, &|_| (), &mut TestRng(1));
    assert_eq!(failures == 0, bytes == *HONEST_PARTS);
}

/// What the second authority gives to the first.
static HONEST_PART_LIST: LazyLock<String> = LazyLock::new(|| {
    let (election, authority) = (&PARTS.election, AuthorityIndex::new(2).expect("a number"));
    let line = |part: &Credential| PartListLine {
        handle: Handle::random(&mut TestRng(u64::from(part.public().as_bytes()[0]))),
        part: *part.public().as_bytes(),
        style: 0,
        weight: 1,
    };
    let list = PartList::new(authority, election.parts[1].iter().map(line).collect());
    let signed = list.sign(election.context.manifest(), &election.authorities[1], &mut TestRng(3));
    signed.expect("styles of the manifest")
});

/// A list that is read is one that its authority has signed.
fn part_list(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    if PartList::read(PARTS.election.context.manifest(), text, &mut TestRng(1)).is_ok() {
        assert_eq!(text, *HONEST_PART_LIST);
    }
}

/// An election with every kind of contest.
static KINDS: LazyLock<Election> = LazyLock::new(|| Election::build(every_kind()));

impl Finished {
    fn election_messages(&self) -> Vec<Vec<u8>> {
        self.election.ceremony.iter().map(|(_, message)| message.clone()).collect()
    }

    fn bodies(&self, kind: EntryKind) -> Vec<Vec<u8>> {
        let entries = self.entries.iter().filter_map(|entry| Entry::decode(entry).ok());
        entries.filter(|entry| entry.kind() == kind).map(|entry| entry.body().to_vec()).collect()
    }
}

fn of_record(path: &str) -> Vec<u8> {
    ELECTION.record.files[path].clone()
}

fn under(folder: &str) -> Vec<Vec<u8>> {
    ELECTION.record.files.iter().filter(|(path, _)| path.starts_with(folder)).map(|(_, file)| file.clone()).collect()
}

fn manifests() -> Vec<Vec<u8>> {
    vec![of_record(record::MANIFEST), KINDS.context.manifest().bytes().to_vec()]
}

fn manifest(bytes: &[u8]) {
    match Manifest::parse(bytes) {
        Ok(manifest) => {
            assert_eq!(manifest.bytes(), bytes);
            for style in 0..manifest.styles().len() {
                let compiled = manifest.compile_style(style).expect("a style of a manifest compiles");
                assert_eq!(compiled.form.slots(), compiled.slots.len());
            }
        }
        Err(errors) => assert!(!errors.errors().is_empty() && !errors.to_string().is_empty()),
    }
}

/// Reading in one piece and in many gives the same voters and errors. A roll without errors is written as it was read.
fn roll(bytes: &[u8]) {
    let manifest = ELECTION.election.context.manifest();
    let rules = RollRules::for_manifest(manifest);
    let read = |piece: usize| {
        let mut lines = Vec::new();
        let mut reader = RollReader::new(rules.clone());
        bytes.chunks(piece).for_each(|piece| reader.feed(piece, &mut |line| lines.push(line)));
        let end = reader.finish(&mut |line| lines.push(line)).map(|index| *index.hash());
        (lines, end)
    };
    let whole = read(bytes.len().max(1));
    assert_eq!(whole, read(7));
    let (lines, end) = whole;
    assert_eq!(end.is_ok(), lines.iter().all(Result::is_ok));
    if end.is_ok() {
        let voters = lines.into_iter().filter_map(Result::ok).collect();
        let again: String = rules.write(voters).expect("what was read can be written").collect();
        assert_eq!(again.as_bytes(), bytes);
    }
}

const CHOICES: &[u8] = br#"{"c0":{"options":["o0","o2"]},"c1":{"options":["o1"]}}"#;

static OPENING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let ballot = ELECTION.election.ballot(1, &[Choice::Options(vec![0, 2]), Choice::Options(vec![1])]);
    ballot.prepare().open().expose_bytes().to_vec()
});

/// Choices that are read are written in their canonical text, which is read again.
fn choices(bytes: &[u8]) {
    if let Ok(choices) = Choices::from_json(bytes) {
        let written = choices.to_json();
        let again = Choices::from_json(written.as_bytes()).expect("what was written is read");
        assert_eq!(again.to_json(), written);
        for election in [&ELECTION.election, &KINDS] {
            let (style, weight) = election.options.voters[0];
            let entitlement = Entitlement { style, weight };
            if let Err(errors) = choices.check(&election.context, entitlement) {
                assert!(!errors.errors().is_empty());
                for error in errors.errors() {
                    assert!(!error.to_string().is_empty() && !error.problem.rule().is_empty());
                }
            }
        }
    }
}

/// Choices of the two elections, with all kinds of marks.
fn all_choices() -> Vec<Vec<u8>> {
    let of_kinds = (0..5).map(|seed| {
        let choices = KINDS.any_choices(0, &mut TestRng(seed));
        KINDS.ballot(0, &choices).choices().to_json().as_bytes().to_vec()
    });
    of_kinds.chain([CHOICES.to_vec(), b"{}".to_vec()]).collect()
}

fn ballot_opening(bytes: &[u8]) {
    let context = &ELECTION.election.context;
    let _ = BallotOpening::ballot_of(bytes);
    if let Ok(opening) = BallotOpening::decode(context, bytes) {
        assert_eq!(opening.expose_bytes().as_slice(), bytes);
    }
}

fn ceremony_message(bytes: &[u8]) {
    let parameters = ELECTION.election.joint_key.parameters();
    if let Ok(message) = CeremonyMessage::decode(bytes, parameters) {
        let read = match &message {
            CeremonyMessage::Registration(message) => message.as_bytes(),
            CeremonyMessage::DealCommitment(message) => message.as_bytes(),
            CeremonyMessage::Deal(message) => message.as_bytes(),
            CeremonyMessage::Confirmation(message) => message.as_bytes(),
            _ => unreachable!("a kind of message without a target"),
        };
        assert_eq!(read, bytes);
    }
}

fn entry(bytes: &[u8]) {
    let Ok(entry) = Entry::decode(bytes) else { return };
    assert_eq!(entry.encode(), bytes);
    let body = entry.body();
    let again = match entry.kind() {
        EntryKind::Ceremony | EntryKind::PartialDecryption | EntryKind::Publication => {
            Pointer::decode(body).map(|pointer| pointer.encode())
        }
        EntryKind::RollSignature => RollSignature::decode(body).map(|signature| signature.encode()),
        EntryKind::RollChange => RollChange::decode(body).map(|change| change.encode()),
        EntryKind::CutOff => OrganiserEntry::decode(Action::CutOff, body).map(|entry| entry.encode()),
        EntryKind::Cancellation => Cancellation::decode(body).map(|entry| entry.encode()),
        EntryKind::Open => OrganiserEntry::decode(Action::Open, body).map(|entry| entry.encode()),
        EntryKind::Close => OrganiserEntry::decode(Action::Close, body).map(|entry| entry.encode()),
        EntryKind::ClosingStatement => ClosingStatement::decode(body).map(|statement| statement.to_bytes()),
        _ => return,
    };
    if let Ok(again) = again {
        assert_eq!(again, body);
    }
}

/// An election whose roll changes, and its authorities, of whom there are two.
static CHANGES: LazyLock<Election> = LazyLock::new(|| {
    Election::build(ElectionOptions {
        late: vec![(0, 1)],
        authorities: 2,
        roll_changes: Some(RollChanges { number: 3, weight: 3 }),
        ..ElectionOptions::default()
    })
});

fn roll_changes() -> Vec<Vec<u8>> {
    let mut board = CHANGES.open_board();
    let mut change = |reason, revokes, adds| board.make_change(1, reason, revokes, adds).encode();
    vec![
        change(ChangeReason::LostCode, Some(0), Some(10)),
        change(ChangeReason::LateMember, None, Some(10)),
        change(ChangeReason::Left, Some(0), None),
    ]
}

fn roll_change(bytes: &[u8]) {
    if let Ok(change) = RollChange::decode(bytes) {
        assert_eq!(change.encode(), bytes);
    }
}

fn change_drafts() -> Vec<Vec<u8>> {
    let (manifest, fingerprint) = (CHANGES.context.manifest(), CHANGES.context.fingerprint());
    let added = Some(Entitlement { style: 0, weight: 1 });
    let draft = ChangeDraft::new(manifest, fingerprint, 1, ChangeReason::LateMember, None, added);
    let mut draft = draft.expect("a draft");
    let mut stages = vec![draft.encode()];
    for (authority, parts) in AuthorityIndex::enumerate(&CHANGES.parts) {
        let part = parts.last().expect("a voter who can be added");
        draft.add_part(authority, part, &mut TestRng(1)).expect("a part");
        stages.push(draft.encode());
    }
    for (authority, key) in AuthorityIndex::enumerate(&CHANGES.authorities) {
        draft.sign(manifest, authority, key, &mut TestRng(1)).expect("a signature");
        stages.push(draft.encode());
    }
    stages
}

fn change_draft(bytes: &[u8]) {
    if let Ok(draft) = ChangeDraft::decode(bytes) {
        assert_eq!(draft.encode(), bytes);
        let _ = draft.verify(CHANGES.context.manifest(), &mut TestRng(1));
        if let Some(change) = draft.change() {
            assert_eq!(RollChange::decode(&change.encode()), Ok(change));
        }
    }
}

/// The first byte is the number of entries minus one.
fn bundle(bytes: &[u8]) {
    let Some((width, bundle)) = bytes.split_first() else { return };
    if let Ok(entries) = decode_bundle(bundle, u16::from(*width) + 1) {
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(bundle));
    }
}

fn bundles() -> Vec<Vec<u8>> {
    let of = |entries: &[Vec<u8>]| {
        [&[(entries.len() - 1) as u8], encode_bundle(entries).expect("a bundle").as_slice()].concat()
    };
    vec![of(&ELECTION.entries), of(&ELECTION.entries[..1]), of(&vec![vec![7]; TILE_WIDTH.into()])]
}

fn tile_path(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    if let Ok(path) = text.parse::<TilePath>() {
        assert_eq!(path.to_string(), text);
        assert!((1..=TILE_WIDTH).contains(&path.width()));
        assert_eq!(path.first() / u64::from(TILE_WIDTH), path.index());
    }
}

fn tile_paths() -> Vec<Vec<u8>> {
    let paths = bundle_paths(300_000).chain(hash_tile_paths(300_000));
    paths.step_by(97).map(|path| path.to_string().into_bytes()).collect()
}

fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
    }
    if let Ok(checkpoint) = SignedCheckpoint::parse(bytes) {
        assert_eq!(checkpoint.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = checkpoint.verify(ELECTION.election.signer.key()) {
            assert!(of_record(record::CHECKPOINT).starts_with(checkpoint.to_string().as_bytes()));
        }
    }
    let Ok(text) = from_utf8(bytes) else { return };
    if let Ok(signature) = text.parse::<NoteSignature>() {
        assert_eq!(signature.to_string(), text);
    }
    if let Ok(key) = text.parse::<NoteKey>() {
        assert_eq!(key.to_string(), text);
    }
}

fn notes() -> Vec<Vec<u8>> {
    let checkpoint = of_record(record::CHECKPOINT);
    let text = from_utf8(&checkpoint).expect("text");
    let signature = text.lines().last().expect("a signature").as_bytes().to_vec();
    vec![checkpoint.clone(), signature, ELECTION.election.signer.key().to_string().into_bytes()]
}

/// The receipts that the board gives for its ballots.
fn receipts() -> Vec<Vec<u8>> {
    let signer = &ELECTION.election.signer;
    let signed = (0..).zip(&ELECTION.entries).filter_map(|(index, entry)| signer.sign_receipt(index, entry).ok());
    signed.map(|receipt| receipt.to_string().into_bytes()).collect()
}

/// A receipt has one form, and the board has signed no other ones.
fn receipt(bytes: &[u8]) {
    let Ok(receipt) = SignedReceipt::parse(bytes) else { return };
    assert_eq!(receipt.to_string().as_bytes(), bytes);
    assert!(SignedReceipt::is_receipt(bytes));
    if receipt.verify(ELECTION.election.signer.key()).is_ok() {
        assert!(receipts().iter().any(|honest| honest == bytes));
    }
}

/// An election in which somebody did not vote, so that every claim can be made.
static ACCUSED: LazyLock<Election> = LazyLock::new(|| Election::build(ElectionOptions::default()));

/// Evidence has one form. The board and the trustees are honest: nothing convicts them.
fn evidence(bytes: &[u8]) {
    let Ok(evidence) = Evidence::decode(bytes) else { return };
    assert_eq!(evidence.to_bytes(), bytes);
    let judged = evidence.verify(&mut TestRng(1));
    assert!(judged.is_err(), "{judged:?}");
}

/// Evidence of every kind, made of what an honest board and an honest trustee have signed.
fn honest_evidence() -> Vec<Vec<u8>> {
    let mut board = ACCUSED.open_board();
    for voter in [0, 1, 2, 0] {
        board.vote(voter, &[Choice::Options(vec![0])]);
    }
    board.organise(Action::Close);
    let honest = Accuser::new(&board).accusations().into_iter().filter(|accusation| accusation.is_honest);
    let manifest = ACCUSED.context.manifest();
    let evidence: Vec<_> = honest.map(|accusation| Evidence::new(manifest.clone(), accusation.claim)).collect();
    let kinds: BTreeSet<_> = evidence.iter().map(|evidence| evidence.claim().code()).collect();
    assert_eq!(kinds.len(), 9);
    evidence.iter().map(Evidence::to_bytes).collect()
}

/// What is read is written as it was.
fn add_checkpoint(bytes: &[u8]) {
    match AddCheckpoint::parse(bytes) {
        Ok(request) => {
            assert_eq!(request.to_string().as_bytes(), bytes);
            assert!(request.proof().len() <= AddCheckpoint::MAX_HASHES);
            assert!(bytes.ends_with(request.checkpoint().to_string().as_bytes()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The hashes of the entries, and a proof that the board begins with the first of them.
fn leaves_and_proof(older: u64) -> (Vec<TreeHash>, Vec<TreeHash>) {
    let leaves: Vec<TreeHash> = ELECTION.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let proof = consistency_proof(&leaves, older).expect("a proof");
    (leaves, proof)
}

fn newest() -> SignedCheckpoint {
    SignedCheckpoint::parse(&of_record(record::CHECKPOINT)).expect("a checkpoint")
}

fn add_checkpoints() -> Vec<Vec<u8>> {
    let request = |old| {
        let request = AddCheckpoint::new(old, leaves_and_proof(old).1, newest());
        request.expect("a request").to_string().into_bytes()
    };
    [0, 1, 3, 5].map(request).into()
}

/// No ballot is accepted except those that were cast.
fn signed_ballot(bytes: &[u8]) {
    let context = &ELECTION.election.context;
    let decoded = SignedBallot::decode(context, bytes);
    if let Ok(ballot) = &decoded {
        assert_eq!(ballot.to_bytes(), bytes);
        assert_eq!(SignedBallot::tracker_of(bytes).as_ref(), Ok(ballot.tracker()));
        let header = BallotHeader::read(bytes).expect("the header of a ballot");
        assert_eq!(&header.credential, ballot.unsigned().credential().as_bytes());
        assert_eq!(header.previous.as_ref(), ballot.unsigned().previous());
        let entitlement = Entitlement { style: header.style.into(), weight: header.weight };
        assert_eq!(entitlement, ballot.unsigned().entitlement());
        assert_eq!(&header.randomness, ballot.unsigned().ciphertext().r().as_bytes());
    }
    let voter = ELECTION.election.credentials.iter().position(|credential| {
        decoded.as_ref().is_ok_and(|ballot| ballot.unsigned().credential() == credential.public())
    });
    let line = voter.map(|voter| {
        let (style, weight) = ELECTION.election.options.voters[voter];
        let credential = *ELECTION.election.credentials[voter].public().as_bytes();
        ballotta::credential::RollLine { number: voter as u64 + 2, credential, style, weight }
    });
    let candidate = Candidate::with_line(bytes, line);
    let verified = verify_ballots(context, &[candidate], &mut TestRng(1));
    if verified.iter().any(Result::is_ok) {
        assert!(ELECTION.bodies(EntryKind::Ballot).iter().any(|ballot| ballot == bytes));
    }
}

fn ballot_header(bytes: &[u8]) {
    match BallotHeader::read(bytes) {
        Ok(header) => {
            let previous = header.previous.map_or([0; 32], |tracker| *tracker.as_bytes());
            let (style, weight) = (header.style.to_le_bytes(), header.weight.to_le_bytes());
            let parts: [&[u8]; 6] =
                [header.fingerprint.as_bytes(), &style, &weight, &header.credential, &previous, &header.randomness];
            assert_eq!(bytes[2..BallotHeader::BYTES + 32], parts.concat());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let _ = SignedBallot::tracker_of(bytes);
}

fn closing_statement(bytes: &[u8]) {
    let Ok(statement) = ClosingStatement::decode(bytes) else { return };
    assert_eq!(statement.to_bytes(), bytes);
    let context = &ELECTION.election.context;
    if statement.verify(context.manifest(), &mut TestRng(1)).is_ok() {
        assert!(ELECTION.bodies(EntryKind::ClosingStatement).iter().any(|honest| honest == bytes));
    }
}

fn partial_decryption(bytes: &[u8]) {
    let (context, tally) = (&ELECTION.election.context, &ELECTION.tally);
    let Ok(part) = PartialDecryption::decode(bytes) else { return };
    assert_eq!(part.to_bytes(), bytes);
    if part.verify(context, &ELECTION.election.joint_key, tally, &mut TestRng(1)).is_ok() {
        assert!(under("decryption/").iter().any(|honest| honest == bytes));
    }
}

fn election_summary(bytes: &[u8]) {
    if let Ok(summary) = ElectionSummary::decode(bytes) {
        assert_eq!(summary.to_bytes(), bytes);
    }
}

fn heads(bytes: &[u8]) {
    for voter in 0..=(bytes.len() / 8) as u32 {
        if let Ok(head) = head_in_block(bytes, voter) {
            let at = voter as usize % 256 * 8;
            assert_eq!(head.encode(), bytes[at..at + 8]);
        }
    }
}

fn hash_tile(bytes: &[u8]) {
    for width in [1, 2, 255, 256] {
        if let Ok(hashes) = decode_hashes(bytes, width) {
            let again: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
            assert_eq!((again.as_slice(), hashes.len()), (bytes, usize::from(width)));
        }
    }
}

/// A file for light clients.
fn light_file(path: &str) -> Vec<u8> {
    let election = Election::build(ElectionOptions::default());
    light_record(&election.open_board()).files[path].clone()
}

fn file_list(bytes: &[u8]) {
    if let Ok(list) = FileList::parse(bytes) {
        assert_eq!(list.to_string().as_bytes(), bytes);
    }
}

/// People type codes in many ways, and all of them give the same code.
fn voting_code(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    // A line without a code in it is not counted.
    let is_one = text.trim().lines().nth(1).is_none();
    assert!(!is_one || text.trim().parse::<VotingCode>().is_ok() == text.parse::<VotingCodes>().is_ok());
    if let Ok(code) = text.parse::<VotingCode>() {
        let written = code.expose_text();
        let again = written.parse::<VotingCode>().expect("what is written is read");
        assert_eq!(*again.expose_text(), *written);
        assert_eq!(written.len(), 33);
    }
}

fn voting_codes() -> Vec<Vec<u8>> {
    let code = |seed| VotingCode::generate(&mut TestRng(seed)).expose_text().as_bytes().to_vec();
    (0..5).map(code).chain([b"0024h36h2ncsvrh6daqf6dvvqze6".to_vec()]).collect()
}

/// The samples of the reader of published ballots, plain and in archives.
fn published_ballots() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/ballotta-replay/tests/samples");
    let files = std::fs::read_dir(folder).expect("the samples");
    let mut samples: Vec<Vec<u8>> =
        files.map(|file| std::fs::read(file.expect("a sample").path()).expect("a sample")).collect();
    samples.sort_unstable();
    let archives: Vec<Vec<u8>> = samples.iter().map(|sample| tar_of(sample)).collect();
    [samples, archives].concat()
}

/// A tar archive of one file.
fn tar_of(file: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..6].copy_from_slice(b"source");
    header[124..135].copy_from_slice(format!("{:011o}", file.len()).as_bytes());
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut archive = [&header, file].concat();
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// What a reader finds in published ballots.
#[derive(PartialEq)]
struct Read {
    title: String,
    ballots: usize,
    counts: Vec<Count>,
    notes: Vec<String>,
}

/// Reads published ballots; `None` for a source that the reader refuses.
fn read_published(bytes: &[u8]) -> Option<(Format, Read)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("source");
    std::fs::write(&path, bytes).expect("a file");
    let source = Source::open(&path).ok()?;
    let format = Format::detect(&source).ok()?;
    let ballots = format.read(&source).ok()?;
    let (counts, length) = (count(&ballots), ballots.len());
    for comparison in compare(&ballots, &counts, None) {
        let _ = (comparison.agrees(), comparison.all().count());
    }
    // A plain count has every ballot at most once in each contest, and every ballot has a contest.
    assert!(counts.iter().all(|count| count.ballots <= length as u64));
    assert!(counts.iter().map(|count| count.ballots).sum::<u64>() >= length as u64, "a ballot is in no contest");
    assert!(counts.iter().all(|count| count.blank <= count.weight
        && count.options.iter().all(|one| *one <= count.weight.saturating_mul(1 << 32))));
    let questions = ballots.questions();
    assert_eq!(questions.contests.len(), counts.len());
    (0..length.min(20)).for_each(|ballot| drop(ballots.choices(ballot)));
    let (title, notes) = (ballots.title().to_owned(), ballots.notes().to_vec());
    Some((format, Read { title, ballots: length, counts, notes }))
}

/// A reader refuses bytes or counts their ballots. If the last line of a text is there once more, the reader refuses it, or what
/// it finds is another thing: no ballot is left out in silence.
fn replay(bytes: &[u8]) {
    let Some((format, read)) = read_published(bytes) else { return };
    let Ok(text) = from_utf8(bytes) else { return };
    let last = text.trim_end_matches(['\n', '\r']).rsplit('\n').next().unwrap_or_default();
    // Empty lines, comments and lines of 0 voters are no ballots.
    let mut words = last.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    if words.any(|word| !word.is_empty() && word.chars().all(|digit| matches!(digit, '0' | '.'))) {
        return;
    }
    let is_line = last.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !last.trim_start().starts_with('#');
    if !is_line || text.contains('\0') {
        return;
    }
    let again = format!("{}\n{last}\n", text.trim_end_matches(['\n', '\r']));
    if let Some((again_format, more)) = read_published(again.as_bytes()) {
        assert_eq!(format, again_format);
        assert!(more.ballots >= read.ballots, "{format}: {last:?} again takes ballots away");
        assert!(more != read, "{format}: {last:?} again changes nothing");
    }
}

fn results() -> Vec<Vec<u8>> {
    vec![of_record(record::RESULT), KINDS.run().record().files[record::RESULT].clone()]
}

/// JSON has many forms: a result that is read is written in one form, which is read again.
fn result_document(bytes: &[u8]) {
    if let Ok(result) = serde_json::from_slice::<ResultDocument>(bytes) {
        let written = result.to_bytes().expect("a result that was read can be written");
        assert_eq!(serde_json::from_slice::<ResultDocument>(&written).ok().as_ref(), Some(&result));
    }
}

/// The plan of the election, and a part with a failure.
static SHARDS: LazyLock<(ShardPlan, Vec<u8>)> = LazyLock::new(|| {
    let mut board = ELECTION.election.open_board();
    board.vote(0, &[Choice::Blank, Choice::Options(vec![0])]);
    board.push_ballot(b"void");
    let record = board.record();
    let mut rng = TestRng(1);
    let selected = select(&record, &VerifyOptions::default(), &|_| (), &mut rng);
    let bytes = selected.plan().expect("a plan").to_bytes();
    let plan = ShardPlan::open(&record, &bytes, &mut rng).expect("a plan");
    let part = verify_shard(&record, &plan, 0..plan.entries(), &|_| (), &mut rng).expect("a range").to_bytes();
    (plan, part)
});

/// Plans for the record of the election. A plan that names other files is refused when they are not found.
fn shard_plan(bytes: &[u8]) {
    if let Ok(plan) = ShardPlan::open(&ELECTION.record, bytes, &mut TestRng(1)) {
        assert_eq!(plan.to_bytes(), bytes);
    }
}

/// What a state says of ballots is read like a part, when a record is verified.
fn verifier_state(bytes: &[u8]) {
    if let Ok(state) = VerifierState::decode(bytes) {
        assert_eq!(state.to_bytes(), bytes);
    }
}

fn verifier_states() -> Vec<Vec<u8>> {
    let state = verify_from(&ELECTION.record, &VerifyOptions::default(), None, &|_| (), &mut TestRng(1));
    vec![state.expect("a verification").1.expect("a state").to_bytes()]
}

fn shard_part(bytes: &[u8]) {
    if let Ok(part) = PartialVerification::from_bytes(&SHARDS.0, bytes) {
        assert_eq!(part.to_bytes(), bytes);
    }
}
