//! Three hostile boards: one drops a promised ballot, one swaps it for another, one shows two histories to two groups of
//! people. Each alone and with witnesses that cosign whatever it wants.
//!
//! The manifest asks for `k` cosignatures of `w` witnesses. With fewer than `2k - w` of them, no board gets two histories
//! cosigned: the second one is refused, or it is the only one. Whoever kept what the board signed convicts it.

use std::cell::RefCell;
use std::convert::Infallible;

use ballotta::admission::receipt;
use ballotta::board::entry::{Action, Entry, EntryKind};
use ballotta::board::note::SignedCheckpoint;
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::witness_keys;
use ballotta::decryption::{ClosedTally, DecryptionError};
use ballotta::evidence::{Convicted, ElectionHashes, Evidence, Kept, ReadLog};
use ballotta::manifest::Closing;
use ballotta::merkle::{TreeHead, leaf_hash};
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, MemoryRecord, PublishedRoll};
use ballotta::verifier::{CheckId, Place, Verdict};
use ballotta::voter::light::{LightElection, LightStatus};
use ballotta::voter::{self, CheckpointWitnesses, PromisedStatus, VoterError};
use ballotta::witness::{HeadStore, WitnessError, WitnessSession};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::accuse::leaves;
use ballotta_tests::ballot_box::resume;
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, failures, verify_record};
use ballotta_tests::light::light_record;
use ballotta_tests::rng::TestRng;

/// The voter whose ballot the board attacks, and the others.
const VICTIM: usize = 0;
const OTHERS: [usize; 3] = [1, 2, 3];
const TIME: u64 = 1_800_000_000;

/// The number of witnesses, and of those that the manifest asks for.
const WITNESSES: [(usize, usize); 3] = [(3, 2), (4, 3), (5, 4)];

/// How many dishonest witnesses are enough for two histories.
fn bound((members, quorum): (usize, usize)) -> usize {
    2 * quorum - members
}

fn election(witnesses: (usize, usize)) -> Election {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses, ..ElectionOptions::default() };
    Election::build(options)
}

/// The box admits the ballot of a voter, appends it and promises it.
fn cast(board: &mut Board<'_>, voter: usize) -> SignedReceipt {
    let ballot = board.election.ballot(voter, &[Choice::Options(vec![usize::from(voter != VICTIM)])]).cast();
    let entry = resume(board).admit(&ballot.to_bytes(), &board.entries, &mut TestRng(1)).unwrap();
    let index = board.push_bytes(entry);
    receipt(&board.entries, index, &board.election.signer).unwrap()
}

/// The store of a witness.
#[derive(Clone, Default)]
struct Memory(RefCell<Option<Vec<u8>>>);

impl HeadStore for &Memory {
    type Error = Infallible;

    fn load(&self) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.borrow().clone())
    }

    fn replace(&mut self, document: &[u8]) -> Result<(), Infallible> {
        self.0.replace(Some(document.to_vec()));
        Ok(())
    }
}

/// The witnesses of an election. The first ones are dishonest: they cosign everything, and remember nothing.
struct Witnesses<'a> {
    election: &'a Election,
    dishonest: usize,
    stores: Vec<Memory>,
}

impl<'a> Witnesses<'a> {
    fn new(election: &'a Election, dishonest: usize) -> Self {
        Self { election, dishonest, stores: vec![Memory::default(); election.options.witnesses.0] }
    }

    /// All honest witnesses, by their number from 0.
    fn honest(&self) -> std::ops::Range<usize> {
        self.dishonest..self.stores.len()
    }

    /// The board shows a history to all dishonest witnesses, and to these honest ones. Returns its checkpoint with the
    /// cosignatures, and the evidence of those who refuse.
    fn cosign(&self, board: &Board<'_>, shown: impl IntoIterator<Item = usize>) -> (SignedCheckpoint, Vec<Evidence>) {
        let (election, mut refused) = (self.election, Vec::new());
        let mut signed = election.signer.sign_checkpoint(&board.head());
        let checkpoint = signed.verify(election.signer.key()).unwrap().clone();
        for witness in &election.witnesses[..self.dishonest] {
            signed.add_cosignature(witness.cosign(&checkpoint, TIME).unwrap());
        }
        for witness in shown {
            let (seed, store) = (&election.witness_seeds[witness], &self.stores[witness]);
            let mut session = WitnessSession::new(election.context.manifest(), seed, store).unwrap();
            let mut review = session.review(&signed).unwrap();
            board.entries.iter().for_each(|entry| review.push(leaf_hash(entry)));
            match review.cosign(TIME) {
                Ok(cosignature) => signed.add_cosignature(cosignature),
                Err(WitnessError::OtherHistory { evidence, .. }) => refused.push(*evidence.expect("evidence")),
                Err(error) => panic!("{error}"),
            }
        }
        (signed, refused)
    }

    fn cosigned(&self, checkpoint: &SignedCheckpoint) -> usize {
        let keys = witness_keys(self.election.context.manifest()).unwrap();
        checkpoint.cosigned_by(&keys).unwrap().len()
    }

    fn is_enough(&self, checkpoint: &SignedCheckpoint) -> bool {
        self.cosigned(checkpoint) >= self.election.options.witnesses.1
    }
}

/// Anybody who gets the evidence convicts the board, and no witness.
fn convicts(evidence: &Evidence) -> &'static str {
    let read = Evidence::decode(&evidence.to_bytes()).unwrap();
    assert_eq!(read.verify(&mut TestRng(5)).unwrap().convicted, Convicted::Board);
    evidence.claim().code()
}

/// The kind of evidence in what was kept and in a board that is read.
fn find(board: &Board<'_>, receipts: &[&SignedReceipt], checkpoints: &[&SignedCheckpoint]) -> Option<&'static str> {
    let owned = |receipt: &&SignedReceipt| (*receipt).clone();
    let kept = Kept {
        receipts: receipts.iter().map(owned).collect(),
        checkpoints: checkpoints.iter().map(|checkpoint| (*checkpoint).clone()).collect(),
        ..Kept::default()
    };
    let (election, manifest) = (board.election, board.election.context.manifest());
    let place = |kind| {
        let found = board.entries.iter().position(|entry| Entry::decode(entry).is_ok_and(|entry| entry.kind() == kind));
        found.map(|index| (index as u64, board.entries[index].clone()))
    };
    let roll = PublishedRoll::read(&board.record(), manifest).unwrap();
    let log = ReadLog {
        checkpoint: election.signer.sign_checkpoint(&board.head()),
        leaves: leaves(&board.entries),
        opening: place(EntryKind::Open),
        closing: place(EntryKind::Close),
        election: Some(ElectionHashes { joint_key: *election.context.joint_key_hash(), roll: *roll.hash() }),
    };
    let entry = |index: u64| board.entries.get(index as usize).cloned();
    kept.find(manifest, &log, entry, &mut TestRng(1)).as_ref().map(convicts)
}

/// What a light client reads, which has seen this head before.
fn light(
    board: &Board<'_>,
    checkpoint: &SignedCheckpoint,
    kept: Option<&TreeHead>,
) -> Result<LightElection, VoterError> {
    LightElection::read(&light_files(board, checkpoint), kept, &mut TestRng(1))
}

fn light_files(board: &Board<'_>, checkpoint: &SignedCheckpoint) -> MemoryRecord {
    let mut record = light_record(board);
    record.files.insert(CHECKPOINT.into(), checkpoint.to_string().into_bytes());
    record
}

/// What the voter of a promised ballot is told by a program that reads the whole record.
fn promised(board: &Board<'_>, receipt: &SignedReceipt, voter: usize) -> PromisedStatus {
    let (record, rng) = (board.record(), &mut TestRng(1));
    let number: VoterNumber = VoterNumber::written(board.election.credentials[voter].public()).parse().unwrap();
    let tracker: WrittenTracker = receipt.unverified().tracker().written().parse().unwrap();
    let election = voter::Election::read(&record, rng).unwrap();
    election.find_promised(&record, receipt, &tracker, &number, rng).unwrap()
}

/// Trustees decrypt a closed board with this closing checkpoint, if the closing rule is satisfied, and the board publishes
/// the result.
fn complete<'a>(board: &Board<'a>, checkpoint: &SignedCheckpoint) -> Result<Board<'a>, DecryptionError> {
    let (mut board, manifest) = (board.clone(), board.election.context.manifest());
    let closed = ClosedTally::check(manifest, board.tally(), &[], Some(checkpoint), &mut TestRng(1))?;
    board.files.insert(CLOSING_CHECKPOINT.into(), checkpoint.to_string().into_bytes());
    board.decrypt(&closed, 1..=board.election.options.threshold);
    board.publish();
    Ok(board)
}

/// Everybody who asks for the quorum accepts this closed history.
fn is_accepted(board: &Board<'_>, checkpoint: &SignedCheckpoint, witnesses: &Witnesses<'_>) {
    let complete = complete(board, checkpoint).unwrap();
    assert_eq!(verify_record(&complete.record()).report.verdict, Some(Verdict::Holds));
    let light = light(board, checkpoint, None).unwrap();
    assert!(light.witnesses().enough());
    assert_eq!(light.witnesses().cosigned, witnesses.cosigned(checkpoint));
}

/// Trustees, verifiers and light clients refuse this closed history, since too few witnesses have cosigned it.
fn is_refused(board: &Board<'_>, checkpoint: &SignedCheckpoint, witnesses: &Witnesses<'_>) {
    let (members, quorum) = board.election.options.witnesses;
    let keys = witness_keys(board.election.context.manifest()).unwrap();
    let cosigned = checkpoint.cosigned_by(&keys).unwrap();
    let absent: Vec<u16> = (0..members).filter(|it| !cosigned.contains(it)).map(|it| it as u16 + 1).collect();
    let few = DecryptionError::TooFewWitnesses { found: cosigned.len(), needed: quorum, absent };
    assert_eq!(complete(board, checkpoint).err(), Some(few.clone()));
    // Trustees that work together with the board do not help it.
    let mut record = board.clone();
    let enough = board.closing_checkpoint(&board.tally(), quorum);
    let closed =
        ClosedTally::check(board.election.context.manifest(), board.tally(), &[], Some(&enough), &mut TestRng(1));
    record.decrypt(&closed.unwrap(), 1..=board.election.options.threshold);
    record.files.insert(CLOSING_CHECKPOINT.into(), checkpoint.to_string().into_bytes());
    record.publish();
    let verification = verify_record(&record.record());
    assert!(!verification.report.holds());
    assert!(failures(&verification).contains(&(CheckId::ClosingRule, Place::Record, few.to_string())));
    let found = light(board, checkpoint, None).unwrap();
    let expected = CheckpointWitnesses { cosigned: witnesses.cosigned(checkpoint), members, quorum };
    assert!(*found.witnesses() == expected && !expected.enough());
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Attack {
    Drop,
    Swap,
    Fork,
}

const ATTACKS: [Attack; 3] = [Attack::Drop, Attack::Swap, Attack::Fork];

/// The history that the voter was shown, with a promised ballot, and the one that the board shows to the others.
struct Histories<'a> {
    promised: SignedReceipt,
    shown: Board<'a>,
    other: Board<'a>,
}

impl<'a> Histories<'a> {
    fn new(election: &'a Election, attack: Attack) -> Self {
        let before = election.open_board();
        let (mut shown, mut other) = (before.clone(), before);
        let promised = cast(&mut shown, VICTIM);
        match attack {
            Attack::Drop => {}
            Attack::Swap => _ = cast(&mut other, OTHERS[2]),
            Attack::Fork => {
                // Both histories are whole elections, in which people vote.
                cast(&mut shown, OTHERS[0]);
                shown.organise(Action::Close);
            }
        }
        cast(&mut other, OTHERS[1]);
        cast(&mut other, OTHERS[0]);
        other.organise(Action::Close);
        Self { promised, shown, other }
    }
}

/// A voter believes a history only with the quorum, so the board shows it to as many honest witnesses as it needs. The
/// others see only the other history.
#[test]
fn a_cosigned_promise_is_not_taken_back_below_the_bound() {
    for witnesses in WITNESSES {
        let election = election(witnesses);
        for attack in ATTACKS {
            let Histories { promised, shown, other } = Histories::new(&election, attack);
            for dishonest in 0..=bound(witnesses) {
                let case = format!("{attack:?}, {witnesses:?}, {dishonest} dishonest");
                let witnesses = Witnesses::new(&election, dishonest);
                let split = election.options.witnesses.1;
                let (first, refused) = witnesses.cosign(&shown, dishonest..split);
                assert!(refused.is_empty() && witnesses.is_enough(&first), "{case}");
                let read = light(&shown, &first, None).unwrap();
                assert!(read.witnesses().enough(), "{case}");
                let (head, number) = (*read.head(), VoterNumber::written(election.credentials[VICTIM].public()));
                let tracker = promised.unverified().tracker().written().parse().unwrap();
                let files = light_files(&shown, &first);
                let status = read.find(&files, &tracker, &number.parse().unwrap(), &mut TestRng(1));
                assert_eq!(status, Ok(LightStatus::OnBoard { index: election.first_ballot() }), "{case}");

                // The other history is shown to everybody. Who has cosigned the first one refuses, and can prove why.
                let (second, refused) = witnesses.cosign(&other, witnesses.honest());
                assert_eq!(refused.len(), split - dishonest, "{case}");
                refused.iter().for_each(|evidence| _ = convicts(evidence));
                assert_eq!(witnesses.is_enough(&second), dishonest >= bound(election.options.witnesses), "{case}");
                if witnesses.is_enough(&second) {
                    // The documented failure: who has not seen the first history accepts the second one.
                    is_accepted(&other, &second, &witnesses);
                } else {
                    is_refused(&other, &second, &witnesses);
                }

                // Nothing convicts the board while those who kept one history read this one only.
                assert_eq!(find(&shown, &[&promised], &[&first]), None, "{case}");
                assert_eq!(find(&other, &[], &[&second]), None, "{case}");
                // Whoever has seen both convicts it: the voter with the head or the receipt, an auditor with the checkpoint.
                let forked = VoterError::Forked { kept: head.size };
                assert_eq!(light(&other, &second, Some(&head)).err(), Some(forked), "{case}");
                assert_eq!(find(&other, &[&promised], &[]), Some("omission"), "{case}");
                let two = if head.size == other.entries.len() as u64 { "fork" } else { "inconsistent" };
                assert_eq!(find(&other, &[], &[&first]), Some(two), "{case}");
                let index = election.first_ballot();
                assert_eq!(self::promised(&other, &promised, VICTIM), PromisedStatus::Broken { index }, "{case}");
            }
        }
    }
}

/// However the board divides the honest witnesses between two histories, and whichever it shows first.
#[test]
fn two_histories_need_as_many_dishonest_witnesses_as_the_bound() {
    for witnesses in WITNESSES {
        let election = election(witnesses);
        let Histories { shown, other, .. } = Histories::new(&election, Attack::Fork);
        for dishonest in 0..=bound(witnesses) {
            let honest = witnesses.0 - dishonest;
            let mut both = 0;
            for division in 0..1_usize << honest {
                let (with, without): (Vec<usize>, Vec<usize>) =
                    (0..honest).partition(|witness| division >> witness & 1 == 1);
                let of = |group: &[usize]| -> Vec<usize> { group.iter().map(|it| it + dishonest).collect() };
                let session = Witnesses::new(&election, dishonest);
                let (one, refused_one) = session.cosign(&shown, of(&with));
                let (two, refused_two) = session.cosign(&other, of(&without));
                assert!(refused_one.is_empty() && refused_two.is_empty());
                both += usize::from(session.is_enough(&one) && session.is_enough(&two));
                // It tries the ones again that have cosigned the other history.
                let (again, refused) = session.cosign(&other, of(&with));
                assert_eq!(session.cosigned(&again), dishonest);
                assert_eq!(refused.len(), with.len());
                refused.iter().for_each(|evidence| _ = convicts(evidence));
            }
            assert_eq!(both > 0, dishonest >= bound(witnesses), "{witnesses:?}, {dishonest} dishonest");
        }
    }
}

/// Two disjoint groups accept two results, and nobody in either group can know it. When their checkpoints meet, the board is
/// convicted.
#[test]
fn a_fork_at_the_bound_is_convicted_when_the_checkpoints_meet() {
    let election = election((4, 3));
    let Histories { promised, shown, other } = Histories::new(&election, Attack::Fork);
    let witnesses = Witnesses::new(&election, bound((4, 3)));
    let (one, _) = witnesses.cosign(&shown, [2]);
    let (two, refused) = witnesses.cosign(&other, [3]);
    assert!(refused.is_empty());
    is_accepted(&shown, &one, &witnesses);
    is_accepted(&other, &two, &witnesses);
    let results = [(&shown, &one), (&other, &two)].map(|(board, checkpoint)| {
        verify_record(&complete(board, checkpoint).unwrap().record()).report.result.unwrap().to_bytes().unwrap()
    });
    assert_ne!(results[0], results[1]);
    let index = election.first_ballot();
    assert_eq!(self::promised(&shown, &promised, VICTIM), PromisedStatus::Counted { index });
    assert_eq!(find(&shown, &[&promised], &[&one]), None);
    assert_eq!(find(&other, &[], &[&two]), None);
    assert_eq!(find(&shown, &[], &[&two]), Some("fork"));
    assert_eq!(find(&other, &[], &[&one]), Some("fork"));
    assert_eq!(find(&other, &[&promised], &[]), Some("omission"));
}

/// The board gives a receipt, and takes the entry back before any witness has seen it. Its one history is cosigned by all. The
/// receipt convicts it, and needs no witness.
#[test]
fn a_promise_that_no_witness_has_seen_is_kept_or_convicts() {
    let election = election((4, 3));
    for attack in [Attack::Drop, Attack::Swap] {
        let Histories { promised, other, .. } = Histories::new(&election, attack);
        for dishonest in 0..=4 {
            let witnesses = Witnesses::new(&election, dishonest);
            let (checkpoint, refused) = witnesses.cosign(&other, witnesses.honest());
            assert!(refused.is_empty() && witnesses.cosigned(&checkpoint) == 4);
            is_accepted(&other, &checkpoint, &witnesses);
            assert_eq!(find(&other, &[], &[&checkpoint]), None);
            assert_eq!(find(&other, &[&promised], &[]), Some("omission"));
            let index = election.first_ballot();
            assert_eq!(self::promised(&other, &promised, VICTIM), PromisedStatus::Broken { index });
        }
    }
    // The board closes before the promised entry, so that it has none there.
    let Histories { promised, other, .. } = Histories::new(&election, Attack::Drop);
    let mut closed = election.open_board();
    closed.organise(Action::Close);
    assert_eq!(find(&closed, &[&promised], &[]), Some("omission"));
    let late = receipt(&other.entries, election.first_ballot() + 1, &election.signer).unwrap();
    assert_eq!(find(&closed, &[&late], &[]), Some("promised-after-closing"));
    // It swaps the ballot for itself with another signature, and promises what it has: the entry is void.
    let mut garbled = election.open_board();
    let ballot = election.ballot(VICTIM, &[Choice::Options(vec![0])]).cast().to_bytes();
    let index = garbled.push_ballot(&[&ballot[..ballot.len() - 32], &[0; 32]].concat());
    let lie = receipt(&garbled.entries, index, &election.signer).unwrap();
    garbled.organise(Action::Close);
    assert_eq!(find(&garbled, &[&lie], &[]), Some("void-though-promised"));
}

/// A board that drops a ballot for which it gave no receipt, and which nobody has seen on it, has signed nothing that it
/// breaks: nobody is accused. The voter sees that the ballot is missing.
#[test]
fn a_ballot_that_was_never_promised_convicts_nobody() {
    let election = election((4, 3));
    let mut board = election.open_board();
    let ballot = election.ballot(VICTIM, &[Choice::Options(vec![0])]).cast();
    // The ballot is admitted, and not appended.
    resume(&board).admit(&ballot.to_bytes(), &board.entries, &mut TestRng(1)).unwrap();
    let receipts = OTHERS.map(|voter| cast(&mut board, voter));
    board.organise(Action::Close);
    let witnesses = Witnesses::new(&election, 0);
    let (checkpoint, refused) = witnesses.cosign(&board, witnesses.honest());
    assert!(refused.is_empty());
    is_accepted(&board, &checkpoint, &witnesses);
    let of_others: Vec<&SignedReceipt> = receipts.iter().collect();
    assert_eq!(find(&board, &of_others, &[&checkpoint]), None);
    let number: VoterNumber = VoterNumber::written(election.credentials[VICTIM].public()).parse().unwrap();
    let tracker: WrittenTracker = ballot.tracker().written().parse().unwrap();
    let files = light_files(&board, &checkpoint);
    let read = LightElection::read(&files, None, &mut TestRng(1)).unwrap();
    assert_eq!(read.find(&files, &tracker, &number, &mut TestRng(1)), Ok(LightStatus::NotShown));
}
