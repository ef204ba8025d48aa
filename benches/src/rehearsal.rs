//! A whole election in memory, held once: every part of it for benches to repeat.

use ballotta::board::entry::{Action, EntryKind};
use ballotta::credential::RollLine;
use ballotta::decryption::{ClosedTally, ClosingStatement, PartialDecryption};
use ballotta::record::MemoryRecord;
use ballotta::tally::EncryptedTally;
use ballotta_testkit::election::{Choice, Election, ElectionOptions, YES_OR_NO};
use ballotta_testkit::rng::TestRng;

/// The options of an election in which one of `options` is chosen.
#[must_use]
pub fn one_of(options: usize, voters: usize) -> ElectionOptions {
    ElectionOptions {
        contests: vec![(YES_OR_NO, options)],
        voters: vec![(0, 1); voters],
        most_weight: Some(1_000_000),
        ..ElectionOptions::default()
    }
}

/// An election in which one of some options was chosen, from the manifest to the result.
pub struct Rehearsal {
    /// The election with everybody's keys.
    pub election: Election,
    /// The lines of the roll, in the order of the voters.
    pub lines: Vec<RollLine>,
    /// The signed ballots, in the order of the voters, all of whom voted.
    pub ballots: Vec<Vec<u8>>,
    /// The sums of the ballots.
    pub tally: EncryptedTally,
    /// The statements of all trustees.
    pub statements: Vec<ClosingStatement>,
    /// The sums, to be decrypted.
    pub closed: ClosedTally,
    /// The partial decryptions of as many trustees as are needed.
    pub decryptions: Vec<PartialDecryption>,
    /// Everything that is published.
    pub record: MemoryRecord,
}

impl Rehearsal {
    /// Holds an election with this number of options and voters.
    ///
    /// # Panics
    ///
    /// If an election cannot have this number.
    #[must_use]
    pub fn hold(options: usize, voters: usize) -> Self {
        let election = Election::build(one_of(options, voters));
        let mut board = election.open_board();
        let mut ballots = Vec::with_capacity(voters);
        for voter in 0..voters {
            let ballot = election.ballot(voter, &[Choice::Options(vec![voter % options])]).cast().to_bytes();
            board.push_ballot(&ballot);
            ballots.push(ballot);
        }
        board.organise(Action::Close);
        let tally = board.tally();
        let statements: Vec<ClosingStatement> =
            (1..=election.options.trustees).map(|trustee| board.statement(&tally, trustee)).collect();
        for statement in &statements {
            board.push(EntryKind::ClosingStatement, &statement.to_bytes());
        }
        let closed = ClosedTally::check(election.context.manifest(), tally.clone(), &statements, None, &mut TestRng(1));
        let closed = closed.expect("statements of all trustees");
        let decryptions: Vec<PartialDecryption> =
            (1..=election.options.threshold).map(|trustee| board.partial_decryption(&closed, trustee)).collect();
        for (part, trustee) in decryptions.iter().zip(1..) {
            board.push_file(EntryKind::PartialDecryption, trustee, &part.to_bytes());
        }
        board.publish();
        let record = board.record();
        let lines = (0..voters).map(|voter| election.line(voter)).collect();
        Self { lines, ballots, tally, statements, closed, decryptions, record, election }
    }
}
