//! Receipts and evidence: what convicts a board or a trustee, and that an honest one is never convicted.

use std::sync::LazyLock;

use ballotta::admission::{Admission, AdmitError, BoardEntries as _, MemoryIndex, receipt};
use ballotta::ballot::AdmissionError;
use ballotta::board::entry::{Action, Entry, EntryError, EntryKind, OrganiserEntry};
use ballotta::board::note::{NoteError, NoteSigner, SignedCheckpoint};
use ballotta::board::receipt::{ReceiptError, SignedReceipt};
use ballotta::credential::BLOCK_LINES;
use ballotta::decryption::{ClosingStatement, DecryptionError, TallyReference};
use ballotta::encoding::DecodeError;
use ballotta::evidence::{
    Claim, Convicted, Conviction, ElectionHashes, Evidence, EvidenceError, EvidenceUnreadable, Kept, LoggedEntry,
    OrganiserProblem, Proved, ReadLog, StatedHead, WrongHead,
};
use ballotta::hash::{Fingerprint, JointKeyHash, RollHash, TallyDigest, Tracker, TreeHash};
use ballotta::manifest::Manifest;
use ballotta::merkle::{LogError, TreeHead, consistency_proof, inclusion_proof, leaf_hash};
use ballotta::record::{self, MemoryRecord};
use ballotta::signing::ProofError;
use ballotta::voter::{self, PromisedStatus};
use ballotta::weaken::{Check, Weaken};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::accuse::{Accuser, head, leaves, logged};
use ballotta_tests::ballot_box::resume;
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, YES_OR_NO};
use ballotta_tests::rng::TestRng;
use ballotta_tests::statement::statement;

static ELECTION: LazyLock<Election> = LazyLock::new(|| {
    // More lines than a block of the roll has.
    Election::build(ElectionOptions { voters: vec![(0, 1); 40], ..ElectionOptions::default() })
});
static OTHER: LazyLock<Election> = LazyLock::new(|| Election::build(ElectionOptions { seed: 2, ..Default::default() }));

/// A closed board on which a voter votes twice.
static BOARD: LazyLock<Board<'static>> = LazyLock::new(|| {
    let mut board = ELECTION.open_board();
    for voter in [0, 1, 2, 0] {
        board.vote(voter, &yes());
    }
    board.organise(Action::Close);
    board
});

fn yes() -> [Choice; 1] {
    [Choice::Options(vec![0])]
}

fn checkpoint(entries: &[Vec<u8>]) -> SignedCheckpoint {
    ELECTION.signer.sign_checkpoint(&head(&leaves(entries)))
}

fn promise(entries: &[Vec<u8>], index: u64) -> SignedReceipt {
    ELECTION.signer.sign_receipt(index, &entries[index as usize]).unwrap()
}

/// What the board signs if it signs anything.
fn signed(text: &str) -> SignedReceipt {
    ELECTION.signer.sign(text).unwrap().to_string().parse().unwrap()
}

/// A receipt in which the board has replaced a text.
fn changed(receipt: &SignedReceipt, from: &str, to: &str) -> SignedReceipt {
    let text = receipt.unverified().to_string();
    assert!(text.contains(from));
    signed(&text.replacen(from, to, 1))
}

fn hashes() -> ElectionHashes {
    let manifest = ELECTION.context.manifest();
    let roll = record::PublishedRoll::read(&BOARD.record(), manifest).unwrap();
    ElectionHashes { joint_key: *ELECTION.context.joint_key_hash(), roll: *roll.hash() }
}

/// Judges evidence after it was written and read.
fn judge_with(manifest: &Manifest, claim: &Claim) -> Result<Conviction, EvidenceError> {
    let bytes = Evidence::new(manifest.clone(), claim.clone()).to_bytes();
    let read = Evidence::decode(&bytes).unwrap();
    assert_eq!((read.claim(), read.to_bytes()), (claim, bytes));
    read.verify(&mut TestRng(5))
}

fn judge(claim: &Claim) -> Result<Conviction, EvidenceError> {
    judge_with(ELECTION.context.manifest(), claim)
}

fn convicts(claim: &Claim, who: Convicted, sentence: &str) {
    let conviction = judge(claim).unwrap();
    assert_eq!(conviction.convicted, who);
    assert!(conviction.proved.contains(sentence), "{}", conviction.proved);
    // The board of another election is not convicted.
    assert!(judge_with(OTHER.context.manifest(), claim).is_err());
}

/// The evidence convicts nobody, but would without the check.
fn sabotage(check: Check, claim: &Claim, refusal: EvidenceError) {
    let weak = Weaken::without(check);
    assert!(judge(claim).is_ok(), "without {check:?} the forged evidence convicts");
    drop(weak);
    assert_eq!(judge(claim), Err(refusal));
}

fn other_board() -> Vec<Vec<u8>> {
    let mut entries = BOARD.entries.clone();
    *entries.last_mut().unwrap() = vec![9; 7];
    entries
}

#[test]
fn l1_two_boards_of_one_size_convict_the_board() {
    let (one, other) = (checkpoint(&BOARD.entries), checkpoint(&other_board()));
    let fork =
        |one: &SignedCheckpoint, other: &SignedCheckpoint| Claim::Fork { one: one.clone(), other: other.clone() };
    convicts(&fork(&one, &other), Convicted::Board, "it signed two boards of");
    let same = EvidenceError::Same { what: "roots" };
    sabotage(Check::EvidenceContradicts, &fork(&one, &one), same);
    let size = BOARD.entries.len() as u64;
    let smaller = checkpoint(&BOARD.entries[1..]);
    let sizes = EvidenceError::DifferentSizes { one: size, other: size - 1 };
    sabotage(Check::EvidenceContradicts, &fork(&one, &smaller), sizes);
    // The other view must be signed by this board, for this log.
    let somebody = NoteSigner::from_seed(ELECTION.signer.key().name(), &[3; 32]).unwrap();
    let unsigned = somebody.sign_checkpoint(&head(&leaves(&other_board())));
    let not_signed = NoteError::NotSigned { name: ELECTION.signer.key().name().into() };
    assert_eq!(judge(&fork(&one, &unsigned)), Err(EvidenceError::Checkpoint(not_signed)));
    let log = NoteSigner::from_seed("other.example/0000000000000000", &ELECTION.board_seed).unwrap();
    let text = log.sign_checkpoint(&head(&leaves(&other_board()))).unverified().to_string();
    let moved = SignedCheckpoint::parse(ELECTION.signer.sign(&text).unwrap().to_string().as_bytes()).unwrap();
    let origin =
        NoteError::WrongOrigin { expected: ELECTION.signer.key().name().into(), found: log.key().name().into() };
    sabotage(Check::CheckpointOrigin, &fork(&one, &moved), EvidenceError::Checkpoint(origin));
}

#[test]
fn l2_a_board_that_was_written_anew_convicts_the_board() {
    let all = leaves(&BOARD.entries);
    let mut before = BOARD.entries[..10].to_vec();
    let honest = checkpoint(&before);
    // Entries were exchanged, removed or put in another order, after they were signed.
    before.swap(8, 9);
    let (older, newer) = (checkpoint(&before), checkpoint(&BOARD.entries));
    let root = head(&all[..10]).root;
    let proof = consistency_proof(&all, 10).unwrap();
    let claim = Claim::Inconsistent { older, newer: newer.clone(), root, proof: proof.clone() };
    convicts(&claim, Convicted::Board, "does not begin with the 10 entries");
    let same = Claim::Inconsistent { older: honest.clone(), newer: newer.clone(), root, proof: proof.clone() };
    sabotage(Check::EvidenceContradicts, &same, EvidenceError::Same { what: "roots" });
    let invented = Claim::Inconsistent { older: honest, newer, root: TreeHash::from_bytes([1; 32]), proof };
    let inconsistent = LogError::InconsistentHeads { older: 10, newer: all.len() as u64 };
    sabotage(Check::EvidenceInclusion, &invented, EvidenceError::Log(inconsistent));
}

#[test]
fn l4_a_dropped_ballot_convicts_the_board() {
    let first = ELECTION.first_ballot();
    let receipt = promise(&BOARD.entries, first);
    // The board has another ballot at the promised place.
    let mut entries = BOARD.entries.clone();
    entries.remove(first as usize);
    let omission = |entries: &[Vec<u8>], leaf: TreeHash| Claim::Omission {
        receipt: receipt.clone(),
        checkpoint: checkpoint(entries),
        leaf,
        proof: inclusion_proof(&leaves(entries), first).unwrap(),
    };
    let leaf = leaf_hash(&entries[first as usize]);
    convicts(&omission(&entries, leaf), Convicted::Board, "has another entry there");
    let honest = omission(&BOARD.entries, *receipt.unverified().leaf());
    sabotage(Check::EvidenceContradicts, &honest, EvidenceError::Same { what: "entries" });
    let invented = omission(&BOARD.entries, leaf);
    let not_included = LogError::NotIncluded { index: first, size: BOARD.entries.len() as u64 };
    sabotage(Check::EvidenceInclusion, &invented, EvidenceError::Log(not_included));
    // The receipt must be the board's.
    let somebody = NoteSigner::from_seed(ELECTION.signer.key().name(), &[3; 32]).unwrap();
    let forged = somebody.sign_receipt(first, &BOARD.entries[first as usize]).unwrap();
    let Claim::Omission { checkpoint, leaf, proof, .. } = omission(&entries, leaf) else { unreachable!() };
    let not_signed = NoteError::NotSigned { name: ELECTION.signer.key().name().into() };
    assert_eq!(
        judge(&Claim::Omission { receipt: forged, checkpoint, leaf, proof }),
        Err(EvidenceError::Receipt(ReceiptError::Note(not_signed)))
    );
}

/// The board ends before the promised position, or the position is before the opening.
#[test]
fn l4_a_promise_outside_the_voting_convicts_the_board() {
    let (open, close) = (ELECTION.first_ballot() - 1, BOARD.entries.len() as u64 - 1);
    let inside = promise(&BOARD.entries, close - 1);
    let after = ELECTION.signer.sign_receipt(close + 3, &BOARD.entries[close as usize - 1]).unwrap();
    let before = ELECTION.signer.sign_receipt(open - 1, &BOARD.entries[close as usize - 1]).unwrap();
    let checkpoint = checkpoint(&BOARD.entries);
    let after_closing = |receipt: &SignedReceipt, election, closing| Claim::PromisedAfterClosing {
        receipt: receipt.clone(),
        election,
        checkpoint: checkpoint.clone(),
        closing,
    };
    let before_opening = |receipt: &SignedReceipt, election, opening| Claim::PromisedBeforeOpening {
        receipt: receipt.clone(),
        election,
        checkpoint: checkpoint.clone(),
        opening,
    };
    let (opening, closing) = (logged(&BOARD.entries, open), logged(&BOARD.entries, close));
    let claim = after_closing(&after, hashes(), closing.clone());
    convicts(&claim, Convicted::Board, "has the closing of the voting before it");
    let claim = before_opening(&before, hashes(), opening.clone());
    convicts(&claim, Convicted::Board, "has the opening of the voting only after it");

    let in_order = |index| EvidenceError::InOrder { index, promised: close - 1 };
    let honest = after_closing(&inside, hashes(), closing.clone());
    sabotage(Check::EvidenceContradicts, &honest, in_order(close));
    let honest = before_opening(&inside, hashes(), opening.clone());
    sabotage(Check::EvidenceContradicts, &honest, in_order(open));
    // Somebody else than the organiser closes.
    let closed_by = |key, entries: &[Vec<u8>]| {
        let body = OrganiserEntry::sign(Action::Close, ELECTION.context.fingerprint(), key, &mut TestRng(1)).encode();
        let entry = Entry::new(EntryKind::Close, &body).unwrap().encode();
        let mut entries = entries.to_vec();
        entries.insert(close as usize - 1, entry);
        entries
    };
    let entries = closed_by(&OTHER.organiser, &BOARD.entries);
    let claim = Claim::PromisedAfterClosing {
        receipt: after.clone(),
        election: hashes(),
        checkpoint: self::checkpoint(&entries),
        closing: logged(&entries, close - 1),
    };
    let error = OrganiserProblem::Entry(EntryError::Signature(ProofError));
    let of_organiser = |what, error| EvidenceError::NotOfOrganiser { index: close - 1, what, error };
    sabotage(Check::OrganiserSignature, &claim, of_organiser("closing", error));
    // A closing that the log does not have there.
    let elsewhere = LoggedEntry { index: close - 2, ..closing.clone() };
    let moved = after_closing(&inside, hashes(), elsewhere);
    let size = BOARD.entries.len() as u64;
    let moved_proof = judge(&moved).unwrap_err();
    assert!(matches!(moved_proof, EvidenceError::Log(LogError::ProofLength { .. } | LogError::NotIncluded { .. })));
    let same_length =
        LoggedEntry { index: close - 2, proof: logged(&BOARD.entries, close - 2).proof, ..closing.clone() };
    let not_included = EvidenceError::Log(LogError::NotIncluded { index: close - 2, size });
    sabotage(Check::EvidenceInclusion, &after_closing(&inside, hashes(), same_length), not_included);
    // An opening is no closing, and a ballot neither.
    let kind = |found| OrganiserProblem::Encoding(DecodeError::UnknownValue { field: "kind", found });
    let not = |index, error| Err(EvidenceError::NotOfOrganiser { index, what: "closing", error });
    assert_eq!(judge(&after_closing(&inside, hashes(), opening)), not(open, kind(2)));
    let ballot = logged(&BOARD.entries, open + 1);
    assert_eq!(judge(&after_closing(&inside, hashes(), ballot)), not(open + 1, kind(3)));
    // The manifest must be that of the election in the receipt.
    let other = ElectionHashes { joint_key: JointKeyHash::from_bytes([1; 32]), ..hashes() };
    let found = Fingerprint::of(ELECTION.context.manifest().hash(), &other.joint_key, &other.roll);
    let refusal = EvidenceError::OtherElection { found, signed: *ELECTION.context.fingerprint() };
    sabotage(Check::EvidenceElection, &after_closing(&after, other, closing), refusal);
}

#[test]
fn l5_a_position_or_a_ballot_that_is_promised_twice_convicts_the_board() {
    let first = ELECTION.first_ballot();
    let [one, two] = [first, first + 3].map(|index| promise(&BOARD.entries, index));
    let twice =
        |one: &SignedReceipt, other: &SignedReceipt| Claim::DoublePromise { one: one.clone(), other: other.clone() };
    let same_place = ELECTION.signer.sign_receipt(first, &BOARD.entries[first as usize + 3]).unwrap();
    convicts(&twice(&one, &same_place), Convicted::Board, "two receipts for entry");
    let moved = ELECTION.signer.sign_receipt(first + 9, &BOARD.entries[first as usize]).unwrap();
    convicts(&twice(&one, &moved), Convicted::Board, "as entry");
    // The predecessor of one receipt is another, so that the ballot counts for one reader and not for the other.
    let other = changed(&two, &two.unverified().previous().unwrap().to_string(), "-");
    convicts(&twice(&two, &other), Convicted::Board, "two receipts for entry");
    for (one, other) in [(&one, &one), (&one, &two)] {
        sabotage(Check::EvidenceContradicts, &twice(one, other), EvidenceError::NoContradiction);
    }
    // Two elections with one election id.
    let fingerprint = ELECTION.context.fingerprint().to_string();
    let elsewhere = changed(&same_place, &fingerprint, &"00".repeat(32));
    sabotage(Check::EvidenceContradicts, &twice(&one, &elsewhere), EvidenceError::NoContradiction);
    // A receipt of another log of the same board.
    let log = NoteSigner::from_seed("other.example/0000000000000000", &ELECTION.board_seed).unwrap();
    let theirs = signed(&log.sign_receipt(first, &BOARD.entries[first as usize + 1]).unwrap().unverified().to_string());
    let refusal =
        ReceiptError::OtherLog { expected: ELECTION.signer.key().name().into(), found: log.key().name().into() };
    sabotage(Check::ReceiptOrigin, &twice(&one, &theirs), EvidenceError::Receipt(refusal));
}

fn void(receipt: SignedReceipt, entry: &[u8]) -> Claim {
    Claim::VoidThoughPromised { receipt, election: hashes(), entry: entry.to_vec() }
}

/// The board appends the right ballot with a garbled signature, which voids it, and gives a receipt for it.
#[test]
fn n6_a_garbled_signature_on_the_log_convicts_the_board() {
    let first = ELECTION.first_ballot();
    let mut garbled = BOARD.entries[first as usize].clone();
    // A scalar stays canonical if only its lowest byte changes from a byte below the largest.
    let place = garbled.len() - 32;
    garbled[place] ^= 1;
    let receipt = ELECTION.signer.sign_receipt(first, &garbled).unwrap();
    assert_eq!(receipt.unverified().tracker(), promise(&BOARD.entries, first).unverified().tracker());
    convicts(&void(receipt, &garbled), Convicted::Board, "its credential has not signed this ballot");
    // If the receipt is for the ballot that the voter sent, the garbled one is another entry.
    let mut entries = BOARD.entries.clone();
    entries[first as usize] = garbled.clone();
    let omission = Claim::Omission {
        receipt: promise(&BOARD.entries, first),
        checkpoint: checkpoint(&entries),
        leaf: leaf_hash(&garbled),
        proof: inclusion_proof(&leaves(&entries), first).unwrap(),
    };
    convicts(&omission, Convicted::Board, "has another entry there");
}

#[test]
fn a_promised_entry_that_is_void_by_itself_convicts_the_board() {
    let first = ELECTION.first_ballot();
    let entry = &BOARD.entries[first as usize];
    let receipt = promise(&BOARD.entries, first);
    let leaf = |entry: &[u8]| {
        let line = |receipt: &SignedReceipt| receipt.unverified().to_string().lines().nth(4).unwrap().to_owned();
        let hash = leaf_hash(entry);
        // The line of the leaf, as a checkpoint writes a root.
        let text = ELECTION.signer.sign_checkpoint(&TreeHead { size: 1, root: hash }).unverified().to_string();
        changed(&receipt, &line(&receipt), text.lines().nth(2).unwrap())
    };
    let closing = BOARD.entries.last().unwrap();
    convicts(&void(leaf(closing), closing), Convicted::Board, "the entry is no ballot");
    convicts(&void(leaf(b"x"), b"x"), Convicted::Board, "the entry cannot be read");
    let short = Entry::new(EntryKind::Ballot, &[1, 5]).unwrap().encode();
    convicts(&void(leaf(&short), &short), Convicted::Board, "the ballot cannot be read");
    let mut elsewhere = entry.clone();
    elsewhere[5] ^= 1;
    convicts(&void(leaf(&elsewhere), &elsewhere), Convicted::Board, "made for another election");
    let another = &BOARD.entries[first as usize + 1];
    convicts(&void(leaf(another), another), Convicted::Board, "the entry is the ballot");
    let second = promise(&BOARD.entries, first + 3);
    let other = changed(&second, &second.unverified().previous().unwrap().to_string(), "-");
    convicts(&void(other, &BOARD.entries[first as usize + 3]), Convicted::Board, "another predecessor");
    // A ballot with a byte too many that its voter has signed: the receipt says what it says, but nobody can read it.
    let accuser = Accuser::new(&BOARD);
    let long = accuser.signed_ballot(&[&entry[3..160], &[0], &entry[160..entry.len() - 64]].concat(), 0);
    let long_receipt = ELECTION.signer.sign_receipt(first, &long).unwrap();
    convicts(&void(long_receipt.clone(), &long), Convicted::Board, "the ballot cannot be read");
    // What the form is, only the manifest of this election tells.
    let claim = Claim::VoidThoughPromised { receipt: long_receipt, election: NOWHERE, entry: long };
    let found = Fingerprint::of(ELECTION.context.manifest().hash(), &NOWHERE.joint_key, &NOWHERE.roll);
    let refusal = EvidenceError::OtherElection { found, signed: *ELECTION.context.fingerprint() };
    sabotage(Check::EvidenceElection, &claim, refusal);
    // An honest board.
    assert_eq!(judge(&void(receipt.clone(), entry)), Err(EvidenceError::NotVoid));
    sabotage(Check::PromisedEntry, &void(receipt.clone(), another), EvidenceError::NotPromised);
}

/// The hashes of no election.
const NOWHERE: ElectionHashes =
    ElectionHashes { joint_key: JointKeyHash::from_bytes([1; 32]), roll: RollHash::from_bytes([1; 32]) };

/// The board writes another fingerprint into the receipt, to which no manifest leads: nobody needs one.
#[test]
fn a_receipt_of_no_election_convicts_the_board() {
    let first = ELECTION.first_ballot();
    let entry = &BOARD.entries[first as usize];
    let fingerprint = ELECTION.context.fingerprint().to_string();
    let lie = changed(&promise(&BOARD.entries, first), &fingerprint, &"11".repeat(32));
    let claim = |receipt: &SignedReceipt, entry: &[u8]| Claim::VoidThoughPromised {
        receipt: receipt.clone(),
        election: NOWHERE,
        entry: entry.to_vec(),
    };
    convicts(&claim(&lie, entry), Convicted::Board, "made for another election");
    // The board changes the ballot as well: its credential has signed the fingerprint.
    let mut moved = entry.clone();
    moved[5..37].fill(0x11);
    let lie_of_moved = ELECTION.signer.sign_receipt(first, &moved).unwrap();
    assert_eq!(lie_of_moved.unverified().fingerprint(), lie.unverified().fingerprint());
    convicts(&claim(&lie_of_moved, &moved), Convicted::Board, "its credential has not signed this ballot");
    // It is found in a record whose ceremony or roll is damaged, too.
    for election in [Some(hashes()), None] {
        let log = read_log(&BOARD, election);
        let find = |receipt: &SignedReceipt| {
            let kept = Kept { receipts: vec![receipt.clone()], ..Kept::default() };
            let found = kept.find(ELECTION.context.manifest(), &log, |index| BOARD.entry_at(index), &mut TestRng(1));
            found.map(|evidence| evidence.claim().code())
        };
        assert_eq!(find(&lie), Some("void-though-promised"));
        assert_eq!(find(&lie_of_moved), Some("omission"));
        assert_eq!(find(&promise(&BOARD.entries, first)), None);
    }
}

/// Somebody accuses an honest board with a manifest of the same board, in which its ballots cannot be read.
#[test]
fn an_honest_board_is_not_convicted_with_another_manifest() {
    let same_board = Election::build(ElectionOptions { contests: vec![(YES_OR_NO, 3)], ..options() });
    let manifest = same_board.context.manifest();
    assert_eq!(same_board.signer.key(), ELECTION.signer.key(), "both have one board and one election id");
    let first = ELECTION.first_ballot();
    let claim = void(promise(&BOARD.entries, first), &BOARD.entries[first as usize]);
    let found = Fingerprint::of(manifest.hash(), &hashes().joint_key, &hashes().roll);
    let refusal = EvidenceError::OtherElection { found, signed: *ELECTION.context.fingerprint() };
    assert_eq!(judge_with(manifest, &claim), Err(refusal));
    // Nor with any hashes, or any other of its entries.
    for (index, entry) in (0..).zip(&BOARD.entries) {
        for election in [hashes(), NOWHERE] {
            let claim =
                Claim::VoidThoughPromised { receipt: promise(&BOARD.entries, first), election, entry: entry.clone() };
            let found = Fingerprint::of(manifest.hash(), &election.joint_key, &election.roll);
            let refusal = match index == first {
                true => EvidenceError::OtherElection { found, signed: *ELECTION.context.fingerprint() },
                false => EvidenceError::NotPromised,
            };
            assert_eq!(judge_with(manifest, &claim), Err(refusal));
        }
    }
    let _weak = Weaken::without(Check::EvidenceElection);
    assert!(judge_with(manifest, &claim).is_ok());
}

fn options() -> ElectionOptions {
    ELECTION.options.clone()
}

/// The blocks of the roll.
fn roll_blocks() -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = ELECTION.roll.split_inclusive(|byte| *byte == b'\n').skip(1).collect();
    lines.chunks(BLOCK_LINES as usize).map(<[&[u8]]>::concat).collect()
}

/// A statement of trustee 1 about heads that name these positions; 0 for none.
fn stated(
    positions: impl Fn(u32) -> Option<u64>,
    voter: u32,
    wrong: impl FnOnce(&TallyReference) -> WrongHead,
) -> Claim {
    let head = |voter| positions(voter).map_or(0, |index| index << 8 | 1).to_le_bytes();
    let block: Vec<u8> = (0..40).flat_map(head).collect();
    let mut tally = TallyReference::of(&BOARD.tally());
    tally.heads = leaf_hash(&block);
    let blocks = leaves(&roll_blocks());
    Claim::WrongHead(StatedHead {
        statement: statement(&ELECTION, (1, 1), &tally),
        joint_key: *ELECTION.context.joint_key_hash(),
        voters: 40,
        roll: self::head(&blocks).root,
        voter,
        heads: Proved { bytes: block, proof: vec![] },
        wrong: wrong(&tally),
    })
}

fn entry_at(index: u64) -> Proved {
    let LoggedEntry { entry, proof, .. } = logged(&BOARD.entries, index);
    Proved { bytes: entry, proof }
}

fn lines_of(voter: u32) -> Proved {
    let (blocks, place) = (roll_blocks(), u64::from(voter) / BLOCK_LINES);
    let proof = inclusion_proof(&leaves(&blocks), place).unwrap();
    Proved { bytes: blocks[place as usize].clone(), proof }
}

/// The position of the ballot that counts for each voter.
fn honest(voter: u32) -> Option<u64> {
    let first = ELECTION.first_ballot();
    (first + 1..first + 4).find(|index| {
        let entry = Entry::decode(&BOARD.entries[*index as usize]).unwrap();
        let line = ELECTION.roll.split(|byte| *byte == b'\n').nth(voter as usize + 1).unwrap();
        let credential = ballotta::ballot::BallotHeader::read(entry.body()).unwrap().credential;
        line.starts_with(hex(&credential).as_bytes())
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn wrong_heads_convict_the_trustee() {
    let (size, first) = (BOARD.entries.len() as u64, ELECTION.first_ballot());
    let voters: Vec<u32> = (0..40).filter(|voter| honest(*voter).is_some()).collect();
    assert_eq!(voters.len(), 3);
    let (voter, nobody) = (voters[0], (0..40).find(|voter| honest(*voter).is_none()).unwrap());
    let trustee = Convicted::Trustee(1);
    let other_credential = |index, voter| WrongHead::OtherCredential { entry: entry_at(index), lines: lines_of(voter) };
    // The honest heads are those that the verifier computes.
    let Claim::WrongHead(heads) = stated(honest, voter, |_| WrongHead::Outside) else { unreachable!() };
    assert_eq!(heads.statement.tally(), &TallyReference::of(&BOARD.tally()));

    let index = honest(voter).unwrap();
    let claim = stated(|_| Some(size), voter, |_| WrongHead::Outside);
    convicts(&claim, trustee, "that the board has");
    let claim = stated(honest, voter, |_| WrongHead::Outside);
    assert_eq!(judge(&claim), Err(EvidenceError::InsideBoard { index, size }));
    // The closing, and the opening, are no ballots.
    for place in [size - 1, first - 1] {
        let claim = stated(|_| Some(place), voter, |_| WrongHead::NoBallot { entry: entry_at(place) });
        convicts(&claim, trustee, "the entry is no ballot of this election");
    }
    let claim = stated(honest, voter, |_| WrongHead::NoBallot { entry: entry_at(index) });
    assert_eq!(judge(&claim), Err(EvidenceError::IsBallot));
    // The ballot of another voter.
    for nobody in [nobody, 39] {
        let claim = stated(|_| Some(index), nobody, |_| other_credential(index, nobody));
        convicts(&claim, trustee, "the entry is a ballot of another voter");
    }
    let same = EvidenceError::Same { what: "credentials" };
    let claim = stated(honest, voter, |_| other_credential(index, voter));
    sabotage(Check::EvidenceContradicts, &claim, same);
    let claim = stated(honest, nobody, |_| other_credential(index, nobody));
    assert_eq!(judge(&claim), Err(EvidenceError::NoneCounts));

    // An honest trustee is accused with another entry, block of heads, or block of lines.
    let change = |claim: &Claim, change: &dyn Fn(&mut StatedHead)| {
        let Claim::WrongHead(mut stated) = claim.clone() else { unreachable!() };
        change(&mut stated);
        Claim::WrongHead(stated)
    };
    let honest_claim = stated(honest, voter, |_| other_credential(index, voter));
    let closing = BOARD.entries.last().unwrap();
    let forged = change(&honest_claim, &|stated| {
        let WrongHead::OtherCredential { entry, .. } = &mut stated.wrong else { unreachable!() };
        entry.bytes.clone_from(closing);
    });
    let not_included = |index, size| EvidenceError::Log(LogError::NotIncluded { index, size });
    sabotage(Check::EvidenceInclusion, &forged, not_included(index, size));
    let forged = change(&honest_claim, &|stated| stated.heads.bytes.fill(0xff));
    assert_eq!(judge(&forged), Err(not_included(0, 1)));
    let forged = change(&honest_claim, &|stated| {
        let WrongHead::OtherCredential { lines, .. } = &mut stated.wrong else { unreachable!() };
        let place = lines.bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
        lines.bytes.truncate(place);
        lines.bytes.rotate_left(5);
    });
    assert_eq!(judge(&forged), Err(not_included(u64::from(voter) / BLOCK_LINES, 2)));
    // Another number of voters, another roll and another joint key are those of another election.
    for forged in [
        change(&honest_claim, &|stated| stated.voters = 300),
        change(&honest_claim, &|stated| stated.roll = TreeHash::from_bytes([1; 32])),
        change(&honest_claim, &|stated| stated.joint_key = JointKeyHash::from_bytes([1; 32])),
    ] {
        assert!(matches!(judge(&forged), Err(EvidenceError::OtherElection { .. })));
    }
    let forged = change(&honest_claim, &|stated| stated.voter = 40);
    assert_eq!(judge(&forged), Err(EvidenceError::NoSuchVoter { voter: 40, voters: 40 }));
    // Somebody signs in the name of the trustee.
    let claim = stated(|_| Some(size), voter, |_| WrongHead::Outside);
    let forged = change(&claim, &|stated| {
        stated.statement = statement(&ELECTION, (1, 2), stated.statement.tally());
    });
    let bad = EvidenceError::Statement(DecryptionError::BadStatementSignature { trustee: 1 });
    sabotage(Check::StatementSignature, &forged, bad);
    let forged = change(&claim, &|stated| {
        stated.statement = statement(&ELECTION, (9, 2), stated.statement.tally());
    });
    assert_eq!(judge(&forged), Err(EvidenceError::Statement(DecryptionError::UnknownTrustee { trustee: 9 })));
}

#[test]
fn two_statements_of_a_trustee_convict_it() {
    let tally = TallyReference::of(&BOARD.tally());
    let root = head(&leaves(&other_board())).root;
    let of_other = TallyReference { close: TreeHead { root, ..tally.close }, ..tally };
    let signed = |trustee, tally: &TallyReference| statement(&ELECTION, (trustee, trustee), tally);
    let twice = |one: &ClosingStatement, other: &ClosingStatement| Claim::TwoStatements {
        one: one.clone(),
        other: other.clone(),
    };
    let (one, other) = (signed(1, &tally), signed(1, &of_other));
    convicts(&twice(&one, &other), Convicted::Trustee(1), "it signed two closing statements of the election");
    let sums = TallyReference { sums: TallyDigest::from_bytes([1; 32]), ..tally };
    convicts(&twice(&one, &signed(1, &sums)), Convicted::Trustee(1), "with other heads or sums");
    // Somebody accuses an honest trustee.
    sabotage(Check::EvidenceContradicts, &twice(&one, &one), EvidenceError::Same { what: "statements" });
    let of_two = EvidenceError::TwoTrustees { one: 1, other: 2 };
    sabotage(Check::EvidenceContradicts, &twice(&one, &signed(2, &of_other)), of_two);
    let elsewhere = TallyReference { fingerprint: Fingerprint::from_bytes([1; 32]), ..of_other };
    let of_two = EvidenceError::TwoElections { one: tally.fingerprint, other: elsewhere.fingerprint };
    sabotage(Check::EvidenceContradicts, &twice(&one, &signed(1, &elsewhere)), of_two);
    let forged = statement(&ELECTION, (1, 2), &of_other);
    let bad = EvidenceError::Statement(DecryptionError::BadStatementSignature { trustee: 1 });
    for claim in [twice(&one, &forged), twice(&forged, &one)] {
        sabotage(Check::StatementSignature, &claim, bad.clone());
    }
    let unknown = EvidenceError::Statement(DecryptionError::UnknownTrustee { trustee: 9 });
    assert_eq!(judge(&twice(&statement(&ELECTION, (9, 1), &tally), &one)), Err(unknown));

    // Two are found, in any order and among others; those of no trustee are not kept.
    let find = |statements: &[&ClosingStatement]| {
        let (mut kept, manifest) = (Kept::default(), ELECTION.context.manifest());
        statements.iter().for_each(|statement| kept.statements.add((*statement).clone(), manifest, &mut TestRng(1)));
        let found = kept.find(manifest, &read_log(&BOARD, None), |_| None, &mut TestRng(1))?;
        Some(found.verify(&mut TestRng(1)).unwrap().convicted)
    };
    let (two, two_sums) = (signed(2, &of_other), signed(2, &sums));
    let (away, again) = (signed(1, &elsewhere), signed(1, &tally));
    assert_eq!(find(&[&one, &two, &away, &again, &forged]), None);
    assert_eq!(find(&[&forged, &other, &two, &again]), Some(Convicted::Trustee(1)));
    assert_eq!(find(&[&two, &one, &two_sums, &forged]), Some(Convicted::Trustee(2)));
}

/// Everything that an honest board signs while it grows, is interrupted and is restarted, in every combination: nothing
/// convicts it.
#[test]
fn an_honest_board_is_never_convicted() {
    let (entries, all) = (&BOARD.entries, leaves(&BOARD.entries));
    let (first, size) = (ELECTION.first_ballot(), all.len() as u64);
    // A checkpoint of every size, and a receipt of every ballot, twice: it was cast again.
    let checkpoints: Vec<SignedCheckpoint> = (0..=all.len()).map(|size| checkpoint(&entries[..size])).collect();
    let receipts: Vec<SignedReceipt> = (first..size - 1).map(|index| promise(entries, index)).collect();
    let mut tried = 0;
    let mut innocent = |claim: Claim| {
        let judged = Evidence::new(ELECTION.context.manifest().clone(), claim).verify(&mut TestRng(1));
        assert!(judged.is_err(), "{judged:?}");
        tried += 1;
    };
    for older in &checkpoints {
        for newer in &checkpoints {
            innocent(Claim::Fork { one: older.clone(), other: newer.clone() });
            let of_newer = &all[..newer.unverified().size() as usize];
            let Ok(proof) = consistency_proof(of_newer, older.unverified().size()) else { continue };
            for root in checkpoints.iter().map(|other| *other.unverified().root()) {
                let (older, newer, proof) = (older.clone(), newer.clone(), proof.clone());
                innocent(Claim::Inconsistent { older, newer, root, proof });
            }
        }
        let known = &all[..older.unverified().size() as usize];
        for receipt in &receipts {
            for index in 0..known.len() as u64 {
                let proof = inclusion_proof(known, index).unwrap();
                for leaf in [all[index as usize], *receipt.unverified().leaf(), known[known.len() - 1]] {
                    let (receipt, checkpoint, proof) = (receipt.clone(), older.clone(), proof.clone());
                    innocent(Claim::Omission { receipt, checkpoint, leaf, proof });
                }
            }
        }
    }
    for receipt in &receipts {
        for other in &receipts {
            innocent(Claim::DoublePromise { one: receipt.clone(), other: other.clone() });
        }
        for (index, entry) in entries.iter().enumerate() {
            innocent(void(receipt.clone(), entry));
            let (checkpoint, entry) = (checkpoints.last().unwrap().clone(), logged(entries, index as u64));
            let (receipt, election) = (receipt.clone(), hashes());
            innocent(Claim::PromisedBeforeOpening {
                receipt: receipt.clone(),
                election,
                checkpoint: checkpoint.clone(),
                opening: entry.clone(),
            });
            innocent(Claim::PromisedAfterClosing { receipt, election, checkpoint, closing: entry });
        }
    }
    assert!(tried > 1000, "{tried}");
}

/// A box that is interrupted loses what it has not committed, and has promised nothing about it.
#[test]
fn a_box_that_crashes_before_the_commit_promises_nothing() {
    let mut board = ELECTION.open_board();
    let committed = board.clone();
    let mut receipts = Vec::new();
    let lost = ELECTION.ballot(0, &yes()).cast().to_bytes();
    board.push_ballot(&lost);
    // The entry is lost. The ballot of somebody else comes first, and then the lost one again.
    let mut board = committed;
    let mut admission = resume(&board);
    let other = ELECTION.ballot(1, &yes()).cast().to_bytes();
    for ballot in [&other, &lost] {
        let entry = admission.admit(ballot, &board.entries, &mut TestRng(1)).unwrap();
        let index = board.push_bytes(entry);
        receipts.push(receipt(&board.entries, index, &ELECTION.signer).unwrap());
    }
    let log = read_log(&board, None);
    let kept = Kept { checkpoints: vec![checkpoint(&board.entries[..9])], receipts, ..Kept::default() };
    let found = kept.find(ELECTION.context.manifest(), &log, |index| board.entry_at(index), &mut TestRng(1));
    assert!(found.is_none());
}

trait EntryAt {
    fn entry_at(&self, index: u64) -> Option<Vec<u8>>;
}

impl EntryAt for Board<'_> {
    fn entry_at(&self, index: u64) -> Option<Vec<u8>> {
        self.entries.entry(index).ok()
    }
}

/// N6: the tracker does not cover the signature. Somebody else has written a ballot with a wrong one to the board: the voter gets
/// no receipt for it, which would convict the board.
#[test]
fn nothing_is_promised_of_a_ballot_whose_logged_signature_is_wrong() {
    let ballot = ELECTION.ballot(0, &yes()).cast().to_bytes();
    let mut garbled = ballot.clone();
    let scalar = garbled.len() - 32;
    garbled[scalar] ^= 1;
    for (logged, found) in [(&ballot, Some(ELECTION.first_ballot())), (&garbled, None)] {
        let mut board = ELECTION.open_board();
        board.push_ballot(logged);
        assert_eq!(resume(&board).logged(&ballot, &board.entries, &mut TestRng(1)), Ok(found));
    }
}

/// Casting is idempotent by tracker, also after another ballot replaced the first one, and after the close.
#[test]
fn a_ballot_that_is_cast_again_gets_the_same_receipt() {
    let mut board = ELECTION.open_board();
    let first = ELECTION.ballot(0, &yes());
    let ballot = first.cast();
    let mut again = ELECTION.ballot(0, &yes());
    (again.previous, again.seed) = (Some(*ballot.tracker()), 50);
    let mut admission = resume(&board);
    let mut receipts = Vec::new();
    for bytes in [ballot.to_bytes(), again.cast().to_bytes()] {
        assert_eq!(admission.logged(&bytes, &board.entries, &mut TestRng(1)), Ok(None));
        let entry = admission.admit(&bytes, &board.entries, &mut TestRng(1)).unwrap();
        let index = board.push_bytes(entry);
        receipts.push(receipt(&board.entries, index, &ELECTION.signer).unwrap());
    }
    let index = ELECTION.first_ballot();
    let expect = |admission: &mut Admission<MemoryIndex<MemoryRecord>>,
                  board: &Board<'_>,
                  ballot: &[u8],
                  error: AdmissionError| {
        let admitted = admission.admit(ballot, &board.entries, &mut TestRng(1));
        assert_eq!(admitted, Err(AdmitError::Refused(error)));
        assert_eq!(admission.logged(ballot, &board.entries, &mut TestRng(1)), Ok(Some(index)));
        assert_eq!(receipt(&board.entries, index, &ELECTION.signer).as_ref(), Ok(&receipts[0]));
    };
    // The same ballot with another signature is the same ballot.
    let signed_anew = first.prepare().cast(&ELECTION.context, ELECTION.credentials[0].key_pair(), &mut TestRng(77));
    assert_ne!(signed_anew.to_bytes(), ballot.to_bytes());
    for bytes in [ballot.to_bytes(), signed_anew.to_bytes()] {
        expect(&mut admission, &board, &bytes, AdmissionError::DuplicateBallot { first: index });
        expect(&mut resume(&board), &board, &bytes, AdmissionError::DuplicateBallot { first: index });
    }
    // Somebody who is not the voter gets nothing: the signature is another's, or the election is.
    let mut garbled = ballot.to_bytes();
    let place = garbled.len() - 32;
    garbled[place] ^= 1;
    for other in [garbled, b"no ballot".to_vec(), OTHER.ballot(0, &yes()).cast().to_bytes()] {
        assert_eq!(admission.logged(&other, &board.entries, &mut TestRng(1)), Ok(None));
    }
    admission.close(board.organise(Action::Close));
    expect(&mut admission, &board, &ballot.to_bytes(), AdmissionError::Closed);
    expect(&mut resume(&board), &board, &ballot.to_bytes(), AdmissionError::Closed);
    let late = ELECTION.ballot(5, &yes()).cast().to_bytes();
    assert_eq!(resume(&board).logged(&late, &board.entries, &mut TestRng(1)), Ok(None));
}

fn read_log(board: &Board<'_>, election: Option<ElectionHashes>) -> ReadLog {
    let place = |kind| {
        let found = board.entries.iter().position(|entry| Entry::decode(entry).is_ok_and(|entry| entry.kind() == kind));
        found.map(|index| (index as u64, board.entries[index].clone()))
    };
    ReadLog {
        checkpoint: checkpoint(&board.entries),
        leaves: leaves(&board.entries),
        opening: place(EntryKind::Open),
        closing: place(EntryKind::Close),
        election,
    }
}

#[test]
fn evidence_is_found_in_what_people_kept() {
    let first = ELECTION.first_ballot();
    let log = read_log(&BOARD, Some(hashes()));
    let find = |kept: &Kept| {
        let found = kept.find(ELECTION.context.manifest(), &log, |index| BOARD.entry_at(index), &mut TestRng(1));
        found.map(|evidence| evidence.claim().code())
    };
    let receipts = |receipts: &[SignedReceipt]| Kept { receipts: receipts.to_vec(), ..Kept::default() };
    let checkpoints = |entries: &[&[Vec<u8>]]| Kept {
        checkpoints: entries.iter().map(|entries| checkpoint(entries)).collect(),
        ..Kept::default()
    };
    let all: Vec<SignedReceipt> = (first..first + 4).map(|index| promise(&BOARD.entries, index)).collect();
    assert_eq!(find(&receipts(&all)), None);
    assert_eq!(find(&checkpoints(&[&BOARD.entries, &BOARD.entries[..5], &[]])), None);
    let other = other_board();
    assert_eq!(find(&checkpoints(&[&other])), Some("fork"));
    let mut swapped = BOARD.entries[..9].to_vec();
    swapped.swap(0, 1);
    assert_eq!(find(&checkpoints(&[&BOARD.entries[..5], &swapped])), Some("inconsistent"));
    let sign = |index, entry: &[u8]| ELECTION.signer.sign_receipt(index, entry).unwrap();
    let ballot = &BOARD.entries[first as usize];
    assert_eq!(find(&receipts(&[sign(first + 1, ballot)])), Some("omission"));
    assert_eq!(find(&receipts(&[sign(first + 40, ballot)])), Some("promised-after-closing"));
    assert_eq!(find(&receipts(&[all[0].clone(), sign(first + 40, ballot)])), Some("double-promise"));
    let other = changed(&all[3], &all[3].unverified().previous().unwrap().to_string(), "-");
    assert_eq!(find(&receipts(&[other])), Some("void-though-promised"));
}

/// What a voter is told who kept a receipt.
#[test]
fn the_status_of_a_promise() {
    let first = ELECTION.first_ballot();
    let status = |board: &Board<'_>, receipt: &SignedReceipt, voter: usize| {
        let record = board.record();
        let election = voter::Election::read(&record, &mut TestRng(1)).unwrap();
        let number: VoterNumber = VoterNumber::written(ELECTION.credentials[voter].public()).parse().unwrap();
        let tracker: WrittenTracker = receipt.unverified().tracker().written().parse().unwrap();
        election.find_promised(&record, receipt, &tracker, &number, &mut TestRng(1))
    };
    let mut cut = ELECTION.open_board();
    let [replaced, counted, _, last] = [first, first + 1, first + 2, first + 3].map(|at| promise(&BOARD.entries, at));
    let by = *last.unverified().tracker();
    let superseded = PromisedStatus::Superseded { index: first, by, by_index: first + 3 };
    assert_eq!(status(&BOARD, &replaced, 0), Ok(superseded));
    assert_eq!(status(&BOARD, &counted, 1), Ok(PromisedStatus::Counted { index: first + 1 }));
    assert_eq!(status(&BOARD, &counted, 2), Ok(PromisedStatus::OfAnotherVoter { index: first + 1 }));
    // The board that was read is smaller than the promise.
    assert_eq!(status(&cut, &replaced, 0), Ok(PromisedStatus::NotYet { index: first, size: first }));
    // The board is past the promise, or was closed before it.
    cut.vote(5, &yes());
    assert_eq!(status(&cut, &replaced, 0), Ok(PromisedStatus::Broken { index: first }));
    cut.organise(Action::Close);
    assert_eq!(status(&cut, &last, 0), Ok(PromisedStatus::Broken { index: first + 3 }));
    // The ballot is on the board, at another place than promised.
    let moved = ELECTION.signer.sign_receipt(first + 1, &BOARD.entries[first as usize]).unwrap();
    assert_eq!(status(&BOARD, &moved, 0), Ok(PromisedStatus::Broken { index: first + 1 }));
    // The board promises a void ballot.
    let mut board = ELECTION.open_board();
    let mut garbled = BOARD.entries[first as usize].clone();
    let place = garbled.len() - 32;
    garbled[place] ^= 1;
    board.push_bytes(garbled);
    let void = PromisedStatus::Void { index: first, error: AdmissionError::BadSignature };
    assert_eq!(status(&board, &promise(&board.entries, first), 0), Ok(void));
    // The receipt must be the board's, of this election, and of this ballot.
    let somebody = NoteSigner::from_seed(ELECTION.signer.key().name(), &[3; 32]).unwrap();
    let forged = somebody.sign_receipt(first, &BOARD.entries[first as usize]).unwrap();
    assert!(matches!(status(&BOARD, &forged, 0), Err(voter::VoterError::Receipt(_))));
    let elsewhere = changed(&replaced, &ELECTION.context.fingerprint().to_string(), &"00".repeat(32));
    assert!(matches!(status(&BOARD, &elsewhere, 0), Err(voter::VoterError::ReceiptOfOther { .. })));
    let (record, election) = (BOARD.record(), voter::Election::read(&BOARD.record(), &mut TestRng(1)).unwrap());
    let number: VoterNumber = VoterNumber::written(ELECTION.credentials[0].public()).parse().unwrap();
    let tracker: WrittenTracker = Tracker::from_bytes([1; 32]).written().parse().unwrap();
    let other = election.find_promised(&record, &replaced, &tracker, &number, &mut TestRng(1));
    assert!(matches!(other, Err(voter::VoterError::ReceiptOfOther { what: "tracker" })));
}

#[test]
fn evidence_has_one_encoding() {
    let claim = Claim::Fork { one: checkpoint(&BOARD.entries), other: checkpoint(&other_board()) };
    let bytes = Evidence::new(ELECTION.context.manifest().clone(), claim).to_bytes();
    let error = |bytes: &[u8]| Evidence::decode(bytes).unwrap_err();
    let encoding = EvidenceUnreadable::Encoding;
    assert_eq!(error(b""), encoding(DecodeError::Truncated { field: "version" }));
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(error(&with(1, 4)), encoding(DecodeError::UnsupportedVersion { found: [1, 4] }));
    for kind in [0, 10, 255] {
        let unknown = DecodeError::UnknownValue { field: "kind", found: kind.into() };
        assert_eq!(error(&with(2, kind)), encoding(unknown));
    }
    assert_eq!(error(&[bytes.as_slice(), &[0]].concat()), encoding(DecodeError::Trailing { count: 1 }));
    assert_eq!(
        error(&with(6, 1)),
        encoding(DecodeError::LimitExceeded {
            field: "manifest",
            found: u64::from(u32::from_le_bytes([bytes[3], bytes[4], bytes[5], 1])),
            limit: 1 << 20
        })
    );
    assert!(matches!(error(&with(7, b'x')), EvidenceUnreadable::Manifest(_)));
    let long = vec![0; (2 << 20) + 1];
    assert!(matches!(error(&long), EvidenceUnreadable::Encoding(DecodeError::LimitExceeded { .. })));
    for end in (0..bytes.len()).step_by(7) {
        assert!(Evidence::decode(&bytes[..end]).is_err(), "{end}");
    }
}
