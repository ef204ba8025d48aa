//! Fault H1: a source that fails is never a verdict. Every read of a verification, of its shards, and of what a trustee and
//! a voter do fails once, or fails from then on, or returns other bytes. Each time the outcome is a refusal, or is that
//! of the same record without the fault.

use std::sync::atomic::{AtomicU64, Ordering};

use ballotta::board::entry::Action;
use ballotta::decryption::ClosingStatement;
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::manifest::Closing;
use ballotta::record::{CLOSING_CHECKPOINT, MemoryRecord, RecordSource, SourceError};
use ballotta::trustee::{StatementStore, TrusteeSession, new_state};
use ballotta::verifier::{
    PartialVerification, ShardPlan, Verification, VerifyOptions, finish, select, verify, verify_shard,
};
use ballotta::voter;
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, summary};
use ballotta_tests::rng::TestRng;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The read fails.
    Error,
    /// The file is one byte shorter than it was.
    Short,
    /// One bit of the bytes is another.
    Altered,
}

/// A record whose read with the number `at` has a fault, and if `lasting` every read after it.
struct Faulting<'a> {
    record: &'a MemoryRecord,
    fault: Fault,
    at: u64,
    lasting: bool,
    reads: AtomicU64,
}

impl<'a> Faulting<'a> {
    fn new(record: &'a MemoryRecord, fault: Fault, at: u64, lasting: bool) -> Self {
        Self { record, fault, at, lasting, reads: AtomicU64::new(0) }
    }

    fn is_faulty(&self) -> bool {
        let read = self.reads.fetch_add(1, Ordering::Relaxed);
        read == self.at || self.lasting && read > self.at
    }

    fn error(path: &str) -> SourceError {
        SourceError { path: path.into(), reason: "the disk fails".into() }
    }
}

impl RecordSource for Faulting<'_> {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        let length = self.record.length(path)?;
        match self.fault {
            _ if !self.is_faulty() => Ok(length),
            Fault::Error => Err(Self::error(path)),
            Fault::Short => Ok(length.map(|length| length.saturating_sub(1))),
            Fault::Altered => Ok(length),
        }
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.record.read_exact_at(path, offset, buffer)?;
        if !self.is_faulty() {
            return Ok(());
        }
        if self.fault != Fault::Altered {
            return Err(Self::error(path));
        }
        // The place depends on the number of the read, so that different parts of the files are altered.
        let place = (self.at as usize * 131) % buffer.len().max(1);
        if let Some(byte) = buffer.get_mut(place) {
            *byte ^= 1;
        }
        Ok(())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        if self.is_faulty() && self.fault == Fault::Error {
            return Err(Self::error("."));
        }
        self.record.list()
    }
}

/// Runs a task with every fault at every read of it, and compares what it returns with what it returns without a fault.
/// Returns how many runs were refused.
///
/// # Panics
///
/// If a run returns something else.
fn fail_every_read<T: PartialEq + std::fmt::Debug>(
    record: &MemoryRecord,
    task: impl Fn(&dyn RecordSource) -> Option<T>,
) -> usize {
    let honest = Faulting::new(record, Fault::Error, u64::MAX, false);
    let expected = task(&honest).expect("an outcome without a fault");
    let reads = honest.reads.into_inner();
    assert!(reads > 5, "{reads} reads");
    let mut refused = 0;
    for fault in [Fault::Error, Fault::Short, Fault::Altered] {
        for (at, lasting) in (0..reads).flat_map(|at| [(at, false), (at, true)]) {
            match task(&Faulting::new(record, fault, at, lasting)) {
                None => refused += 1,
                Some(outcome) => assert_eq!(outcome, expected, "{fault:?} at read {at} of {reads}, lasting: {lasting}"),
            }
        }
    }
    // A lasting error refuses at every read.
    assert!(refused >= reads as usize, "{refused} of {reads} reads");
    refused
}

/// A board on which five voters vote, two of them twice, and which has a copy of a ballot, which is void.
fn board(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    for voter in [0, 1, 2, 3, 0, 4, 1] {
        board.vote(voter, &[Choice::Options(vec![voter % 2])]);
    }
    let again = board.entries.last().unwrap().clone();
    board.push_bytes(again);
    board
}

/// Everything that a verification reports; `None` if the record is not valid.
fn verdict(verification: &Verification) -> Option<String> {
    verification.report.holds().then(|| summary(verification))
}

fn honest_record(closing: Closing) -> MemoryRecord {
    let witnesses = if closing == Closing::Witnesses { (1, 1) } else { (0, 0) };
    let election = Election::build(ElectionOptions { closing, witnesses, ..ElectionOptions::default() });
    let mut board = election.open_board();
    board.everybody_votes();
    board.vote(0, &[Choice::Options(vec![1])]);
    board.finish();
    board.record()
}

#[test]
fn verification() {
    for closing in [Closing::Statements, Closing::Witnesses] {
        let record = honest_record(closing);
        let options = VerifyOptions::default();
        fail_every_read(&record, |source| verdict(&verify(source, &options, &|_| (), &mut TestRng(1))));
    }
}

/// Selection, plan, shards and finish, with the fault in any of them.
#[test]
fn verification_in_shards() {
    let record = honest_record(Closing::Statements);
    fail_every_read(&record, |source| {
        let rng = &mut TestRng(1);
        let selected = select(source, &VerifyOptions::default(), &|_| (), rng);
        let part = match selected.plan() {
            None => None,
            Some(plan) => {
                let worker = ShardPlan::open(source, &plan.to_bytes(), rng).ok()?;
                let range = plan.ranges(1).remove(0);
                let part = verify_shard(source, &worker, range, &|_| (), rng).ok()?.to_bytes();
                Some(PartialVerification::from_bytes(plan, &part).ok()?)
            }
        };
        verdict(&finish(source, selected, part, &|_| (), rng).ok()?)
    });
}

/// A store that has the right to make a statement, or the statement.
struct Stored(Vec<u8>);

impl StatementStore for &mut Stored {
    type Error = std::convert::Infallible;

    fn load(&self) -> Result<Option<Vec<u8>>, Self::Error> {
        Ok(Some(self.0.clone()))
    }

    fn replace(&mut self, document: &[u8]) -> Result<(), Self::Error> {
        self.0 = document.to_vec();
        Ok(())
    }
}

/// A trustee that has signed a statement about another tally can never take part again.
#[test]
fn a_trustee_signs_what_the_board_says_or_nothing() {
    let election = Election::build(ElectionOptions::default());
    let mut board = board(&election);
    board.organise(Action::Close);
    let record = board.record();
    let seed = || TrusteeSeed::from_bytes(&election.trustee_seeds[0]);
    fail_every_read(&record, |source| {
        let mut store = Stored(new_state(seed().signing_key().public()));
        let session = TrusteeSession::new(seed(), &mut store);
        let mut closing = session.verify_closed(source, &|_| (), &mut TestRng(1)).ok()?;
        // Signatures are random: what is compared is what is signed.
        let statement: ClosingStatement = closing.sign_closing(&mut TestRng(2)).ok()?;
        Some(*statement.tally())
    });
}

#[test]
fn a_trustee_decrypts_what_the_board_says_or_nothing() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (1, 1), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = board(&election);
    board.organise(Action::Close);
    let checkpoint = board.closing_checkpoint(&board.tally(), 1).to_string();
    board.files.insert(CLOSING_CHECKPOINT.into(), checkpoint.into_bytes());
    let record = board.record();
    let seed = || TrusteeSeed::from_bytes(&election.trustee_seeds[0]);
    let mut stored = Stored(new_state(seed().signing_key().public()));
    let session = TrusteeSession::new(seed(), &mut stored);
    session.verify_closed(&record, &|_| (), &mut TestRng(1)).unwrap().sign_closing(&mut TestRng(2)).unwrap();
    fail_every_read(&record, |source| {
        let mut stored = Stored(stored.0.clone());
        let session = TrusteeSession::new(seed(), &mut stored);
        let closing = session.verify_closed(source, &|_| (), &mut TestRng(1)).ok()?;
        let part = closing.decrypt(source, &mut TestRng(2)).ok()?;
        part.verify(&election.context, &election.joint_key, &board.tally(), &mut TestRng(1))
            .expect("a decryption of the tally of the board");
        Some(())
    });
}

/// What became of a ballot, and which ballot the next one replaces.
#[test]
fn a_voter_is_told_what_the_board_says_or_nothing() {
    let election = Election::build(ElectionOptions::default());
    let board = board(&election);
    let record = board.record();
    let code = election.codes[0].parse().unwrap();
    fail_every_read(&record, |source| {
        let rng = &mut TestRng(1);
        let read = voter::Election::read(source, rng).ok()?;
        let voter = read.voter(source, &code).ok()?;
        let history = voter.history(&read, source, rng).ok()?;
        let ballots: Vec<_> = history.ballots().iter().map(|ballot| (ballot.index, ballot.tracker)).collect();
        let found = ballots.iter().map(|(_, tracker)| format!("{:?}", history.find(tracker))).collect::<Vec<_>>();
        Some((ballots, found, voter.predecessor(&read, source, rng).ok()?))
    });
}
