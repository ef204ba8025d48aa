//! The ballot box without storage or network: it decides which entries a board may accept.
//!
//! See `spec/ballot.md#admission`. [`Admission`] decides about ballots, [`EntryRules`] about every other entry. Neither
//! appends: the caller appends what is admitted, makes it durable, and only then acknowledges it.
//!
//! # Implementation details
//!
//! [`Admission::verify`] does the work, needs no exclusive access, and may run on many threads; [`Admission::sequence`]
//! takes the ballots one by one, in the order in which they are appended. [`Admission::admit`] does both for one ballot.
//! Ballots that are already on the board are not verified again: the board's own checkpoint covers them.
//!
//! # Examples
//!
//! `crates/ballotta-io/examples/ballot_box.rs` is a ballot box with a folder, and `docs/ballot-box.md` explains it.
//!
//! ```
//! # use ballotta_testkit::election::{Choice, Election as TestElection, ElectionOptions};
//! # let test = TestElection::build(ElectionOptions::default());
//! # let open_board = test.open_board();
//! # let (record, mut entries) = (open_board.record(), open_board.entries.clone());
//! # let ballot = test.ballot(0, &[Choice::Options(vec![1])]).cast().to_bytes();
//! use ballotta::admission::{Admission, AdmitError, AdmittedBallots, Resumed, receipt};
//! use ballotta::ballot::AdmissionError;
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::record::{PublishedBoard, read_manifest};
//! use ballotta::voter::Election;
//! use getrandom::SysRng;
//!
//! // `record` is a record whose voting is open, `entries` its board as a vector, and `ballot` what a voter sent.
//! let rng = &mut UnwrapErr(SysRng);
//! let manifest = read_manifest(&record)?;
//! let mut ballots = AdmittedBallots::default();
//! let board = PublishedBoard::read(&record, &manifest, &mut |entry| ballots.observe(entry), rng)?;
//! let Election { context, roll, window, .. } = Election::of_board(&record, manifest, board, rng)?;
//! let Resumed { mut admission, void } = Admission::resume(context, roll, record, window, ballots, rng)?;
//! assert!(void.is_empty(), "the board has ballots that no ballot box admits: {void:?}");
//!
//! let before = entries.len();
//! match admission.admit(&ballot, &entries, rng) {
//!     // The voter gets an answer after a signed checkpoint covers the entry.
//!     Ok(entry) => entries.push(entry),
//!     Err(AdmitError::Refused(reason)) => println!("refused: {reason}"),
//!     Err(error) => return Err(error.into()),
//! }
//! assert_eq!(entries.len(), before + 1);
//! // A voter who got no answer sends the same ballot again, and gets the receipt of the entry. `signer` has the board's key.
//! # let signer = &test.signer;
//! let again = admission.admit(&ballot, &entries, rng);
//! assert!(matches!(again, Err(AdmitError::Refused(AdmissionError::DuplicateBallot { .. }))));
//! let index = admission.logged(&ballot, &entries, rng)?.ok_or("the ballot is not on the board")?;
//! println!("{}", receipt(&entries, index, signer)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod index;
mod rules;

use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::CryptoRng;

pub use self::index::{AdmissionIndex, MemoryIndex};
pub use self::rules::{EntryRefused, EntryRules};
use crate::ballot::{
    AdmissionError, BallotHeader, BoardBallotInfo, Candidate, VerifiedBallot, Window, verify_ballots,
    verify_own_signature,
};
use crate::board::entry::{Entry, EntryKind};
use crate::board::note::NoteSigner;
use crate::board::receipt::SignedReceipt;
use crate::board::timeline::{Event, Observed};
use crate::credential::{
    AddedLines, ChangeDraft, ChangeRules, EffectiveChange, RollChange, RollChangeError, RollLookupError,
};
use crate::election::ElectionContext;
use crate::encoding::DecodeError;
use crate::hash::{Fingerprint, Tracker};
use crate::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::merkle::LogError;
use crate::record::light::{
    CHANGES, HEADS, LENGTHS, NamedFile, changes_file, entry_length, files_of_board, files_of_close, files_of_roll,
};
use crate::record::{PublishedBoard, PublishedRoll, RecordError, RecordSource, SourceError, read_manifest};
use crate::tally::{
    ChangeFailure, CountedSet, Ledger, LedgerEntry, LedgerError, RollChangeEntry, admit, change_roll, check_change,
    find,
};
pub use crate::tally::{LedgerIndex, randomness_digest};
use crate::voter::{Election, VoterError};

/// The entries of a board, including entries that are appended but not committed yet.
pub trait BoardEntries {
    /// Why an entry cannot be read.
    type Error;

    /// Returns the number of entries, which is the position of the next entry.
    fn size(&self) -> u64;

    /// Reads an entry again.
    ///
    /// # Errors
    ///
    /// If the entry cannot be read.
    fn entry(&self, index: u64) -> Result<Vec<u8>, Self::Error>;
}

/// A board whose entries are in memory.
impl BoardEntries for Vec<Vec<u8>> {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        let entry = usize::try_from(index).ok().and_then(|index| self.get(index));
        entry.cloned().ok_or(LogError::OutsideTree { index, size: self.size() })
    }
}

/// A board of which only the size is known. A change of the roll needs no entry of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardSize(pub u64);

impl BoardEntries for BoardSize {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.0
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        Err(LogError::OutsideTree { index, size: self.0 })
    }
}

/// Why a ballot is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError<E> {
    /// The ballot breaks a rule.
    #[error(transparent)]
    Refused(AdmissionError),
    /// The roll could not be read, so that the ballot was not checked.
    #[error(transparent)]
    Roll(RollLookupError<SourceError>),
    /// The board could not be read, so that the ballot was not checked.
    #[error(transparent)]
    Board(E),
    /// The index of the admitted ballots could not be read, so that the ballot was not checked.
    #[error(transparent)]
    Index(SourceError),
    /// The ballot that was admitted before is not on the board. Admission must be resumed from the board.
    #[error("the ballot that was admitted as entry {index} was not appended to the board: admission must be resumed")]
    NotAppended {
        /// The position at which the ballot must be.
        index: u64,
    },
    /// An entry of the board that must be a ballot cannot be decoded, so that the ballot was not checked.
    #[error("entry {index} of the board cannot be read: {error}")]
    Entry {
        /// The position of the entry on the board.
        index: u64,
        /// The reason why the entry cannot be decoded.
        error: DecodeError,
    },
}

impl<E> From<AdmissionError> for AdmitError<E> {
    fn from(error: AdmissionError) -> Self {
        Self::Refused(error)
    }
}

/// Why a change of the roll is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefused<E> {
    /// The bytes are not those of a change.
    #[error("not a change of the roll: {0}")]
    Encoding(DecodeError),
    /// The change breaks a rule.
    #[error(transparent)]
    Refused(#[from] RollChangeError),
    /// The roll could not be read, so that the change was not checked.
    #[error(transparent)]
    Roll(RollLookupError<SourceError>),
    /// The index of what was admitted could not be read, so that the change was not checked.
    #[error(transparent)]
    Index(SourceError),
    /// What was admitted before is not on the board. Admission must be resumed from the board.
    #[error(transparent)]
    Board(AdmitError<E>),
}

/// A ballot on the board that a ballot box does not admit. It is void for every verifier, and does not count. A board that
/// works well has none: whoever resumes one should find out why, and say so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ballot in entry {index} of the board breaks a rule, and does not count: {error}")]
pub struct VoidBallot {
    /// The position of the ballot on the board.
    pub index: u64,
    /// The rule that the ballot breaks.
    pub error: AdmissionError,
}

/// An admission that was resumed from the ballots of a board.
pub struct Resumed<S> {
    /// The admission.
    pub admission: Admission<MemoryIndex<S>>,
    /// The ballots of the board that are void by the rules that were checked again, in the order of the board.
    pub void: Vec<VoidBallot>,
}

/// The ballots of a board from which admission is resumed, and the changes of its roll: for each that is in time, what the ledger
/// compares.
#[derive(Debug, Default)]
pub struct AdmittedBallots {
    is_open: bool,
    /// The changes that are valid by themselves, and the lines that they add.
    changes: Vec<(u64, RollChange)>,
    added: AddedLines,
    cut_off: Option<u64>,
    ballots: Vec<AdmittedBallot>,
    /// Those that cannot be read.
    unreadable: Vec<(u64, DecodeError)>,
}

#[derive(Debug)]
struct AdmittedBallot {
    index: u64,
    fingerprint: Fingerprint,
    credential: [u8; 32],
    previous: Option<Tracker>,
    info: BoardBallotInfo,
}

impl AdmittedBallot {
    fn read(index: u64, ballot: &[u8]) -> Result<Self, DecodeError> {
        let BallotHeader { fingerprint, credential, previous, .. } = BallotHeader::read(ballot)?;
        Ok(Self { index, fingerprint, credential, previous, info: BoardBallotInfo::read(ballot)? })
    }
}

impl AdmittedBallots {
    /// Notes an entry of the board, if it is a ballot or a change of the roll between opening and closing. Entries come in the order of the board.
    pub fn observe(&mut self, observed: &Observed<'_>) {
        match observed.event {
            Some(Event::Opening) => self.is_open = true,
            Some(Event::Closing | Event::Cancellation) => self.is_open = false,
            Some(Event::CutOff) => self.cut_off = Some(observed.index),
            Some(Event::RollChange(ref change)) => {
                // The timeline has noted it in the same way.
                let _ = self.added.push(observed.index, change);
                self.changes.push((observed.index, change.as_ref().clone()));
            }
            Some(Event::Ballot(ballot)) if self.is_open => match AdmittedBallot::read(observed.index, ballot) {
                Ok(ballot) => self.ballots.push(ballot),
                Err(error) => self.unreadable.push((observed.index, error)),
            },
            _ => {}
        }
    }
}

/// The admission of ballots to the board of an open election. `I` is where it looks up what it knows of the roll and of the
/// ballots before.
pub struct Admission<I> {
    context: ElectionContext,
    window: Window,
    rules: ChangeRules,
    /// The position of the cut-off, after which the roll does not change.
    cut_off: Option<u64>,
    /// The lines that changes on the board add, also those without an effect.
    added: AddedLines,
    index: I,
    /// The position of the ballot or change that was admitted last.
    last: Option<u64>,
}

impl<S: RecordSource> Admission<MemoryIndex<S>> {
    /// Resumes admission after the ballots that are on the board. `source` is where the lines of the roll are read again,
    /// and `window` says when ballots count. The rules that depend on other ballots are checked again. Signatures and
    /// arguments are not: the board verified them before it signed a checkpoint over the ballots. If somebody else has written
    /// to the board, its verification says so.
    ///
    /// A ballot that breaks a rule is void, as for the verifier, and the admission goes on as if it were not there. A board
    /// that could not be continued would be worse for its voters than one that has made a mistake which everybody sees.
    ///
    /// # Errors
    ///
    /// If the roll cannot be read.
    pub fn resume<R: CryptoRng>(
        context: ElectionContext,
        roll: PublishedRoll,
        source: S,
        window: Window,
        ballots: AdmittedBallots,
        rng: &mut R,
    ) -> Result<Resumed<S>, RollLookupError<SourceError>> {
        let AdmittedBallots { mut ballots, unreadable, changes, added, cut_off, .. } = ballots;
        let void = unreadable.into_iter().map(|(index, error)| VoidBallot { index, error: error.into() });
        let mut void: Vec<VoidBallot> = void.collect();
        // In the order of the roll, each block of the roll is read only once.
        ballots.sort_unstable_by_key(|ballot| ballot.credential);
        let voters = roll.find_all(&source, ballots.iter().map(|ballot| &ballot.credential));
        let mut found: Vec<(AdmittedBallot, Option<u32>)> = ballots.into_iter().zip(voters?).collect();
        found.sort_unstable_by_key(|(ballot, _)| ballot.index);

        let limit = context.manifest().ballots_per_credential();
        let mut ledger = Ledger::new(roll.totals().roll_counts(context.manifest()), limit, roll.totals().voters(), rng);
        let rules = ChangeRules::for_manifest(context.manifest());
        let find_line = |credential: &[u8; 32]| roll.find(&source, credential);
        let mut entries = Vec::with_capacity(changes.len());
        for (index, change) in &changes {
            entries.push((*index, RollChangeEntry::new(change, find_line)?));
        }
        let mut entries = entries.into_iter().peekable();
        // A change without an effect changes nothing, for the box as for the verifier, which names it.
        let mut change_until = |ledger: &mut Ledger, end: u64| {
            while let Some((index, entry)) = entries.next_if(|(index, _)| *index < end) {
                let _ = change_roll(ledger, &rules, index, &entry);
            }
        };
        let info = |index: u64| {
            let place = found.binary_search_by_key(&index, |(ballot, _)| ballot.index).ok();
            let ballot = place.and_then(|place| found.get(place));
            ballot.map(|(ballot, _)| ballot.info).ok_or(AdmissionError::UnknownCredential)
        };
        for (AdmittedBallot { index, fingerprint, credential, previous, info: own }, voter) in &found {
            change_until(&mut ledger, *index);
            let admitted = match voter {
                _ if fingerprint != context.fingerprint() => Err(AdmissionError::WrongElection),
                None if added.line(credential, *index).is_none() => Err(AdmissionError::UnknownCredential),
                voter => {
                    let BoardBallotInfo { tracker, randomness } = *own;
                    let (credential, previous) = (*credential, *previous);
                    let ballot = LedgerEntry { voter: *voter, credential, tracker, previous, randomness };
                    let admitted = ledger.admit(*index, &ballot, info);
                    admitted.map_err(|(LedgerError::Refused(error) | LedgerError::Board(error))| error)
                }
            };
            if let Err(error) = admitted {
                void.push(VoidBallot { index: *index, error });
            }
        }
        change_until(&mut ledger, u64::MAX);
        void.sort_unstable_by_key(|ballot| ballot.index);
        let index = MemoryIndex { roll, source, ledger };
        let admission = Self { context, window, rules, cut_off, added, index, last: None };
        Ok(Resumed { admission, void })
    }

    /// The [heads](crate::tally::heads) of the voters so far, as the file `light/heads` has them.
    #[must_use]
    pub fn heads(&self) -> Vec<u8> {
        self.index.heads()
    }

    /// The changes of the roll that have an effect.
    #[must_use]
    pub fn changes(&self) -> &[EffectiveChange] {
        self.index.changes()
    }

    /// The ballots that count so far.
    #[must_use]
    pub fn into_counted(self) -> CountedSet {
        self.index.ledger.into_selection().counted
    }
}

impl<I: AdmissionIndex> Admission<I> {
    /// Continues admission with an index of all ballots that are on the board. Whoever keeps the index must know that it has
    /// exactly those: [`Admission::resume`] makes one from the record, and [`Admission::replay`] adds to it what the board
    /// has more. `window` says when ballots count, and `cut_off` where the changes of the roll end, if they do.
    #[must_use]
    pub fn with_index(context: ElectionContext, window: Window, cut_off: Option<u64>, index: I) -> Self {
        let (rules, added) = (ChangeRules::for_manifest(context.manifest()), AddedLines::default());
        Self { context, window, rules, cut_off, added, index, last: None }
    }

    /// Admits the entry at this position of the board once more, if it is a ballot or a change of the roll, as
    /// [`Admission::resume`] does: by the rules that depend on earlier entries. Entries come in the order of the board. Returns
    /// false if the entry is neither; nothing has changed then.
    ///
    /// # Errors
    ///
    /// `Refused` if no ballot box admits the ballot; otherwise if the roll, the index or an earlier ballot cannot be read.
    pub fn replay<B: BoardEntries, R: CryptoRng>(
        &mut self,
        index: u64,
        entry: &[u8],
        board: &B,
        rng: &mut R,
    ) -> Result<bool, AdmitError<B::Error>> {
        self.window.admits(index)?;
        let entry = Entry::decode(entry).map_err(|error| AdmitError::Entry { index, error })?;
        match entry.kind() {
            EntryKind::Ballot => {}
            // Whoever replays reads the whole board if a change is not admitted.
            EntryKind::RollChange => return Ok(self.change_at::<B::Error, R>(index, entry.body(), rng).is_ok()),
            _ => return Ok(false),
        }
        let ballot = AdmittedBallot::read(index, entry.body()).map_err(AdmissionError::from)?;
        if ballot.fingerprint != *self.context.fingerprint() {
            return Err(AdmissionError::WrongElection.into());
        }
        let line = self.index.line(&ballot.credential).map_err(AdmitError::Roll)?;
        let voter = line.ok_or(AdmissionError::UnknownCredential)?.place();
        let BoardBallotInfo { tracker, randomness } = ballot.info;
        let AdmittedBallot { credential, previous, .. } = ballot;
        self.admit_at(index, &LedgerEntry { voter, credential, tracker, previous, randomness }, board)?;
        Ok(true)
    }

    fn admit_at<B: BoardEntries>(
        &mut self,
        index: u64,
        ballot: &LedgerEntry,
        board: &B,
    ) -> Result<(), AdmitError<B::Error>> {
        let limit = self.context.manifest().ballots_per_credential();
        let admitted = admit(&mut self.index, limit, index, ballot, |index| recorded(board, index), AdmitError::Index);
        admitted.map_err(|error| match error {
            LedgerError::Refused(error) => AdmitError::Refused(error),
            LedgerError::Board(error) => error,
        })
    }

    /// The same admission, which looks up elsewhere.
    #[must_use]
    pub fn map_index<J>(self, map: impl FnOnce(I) -> J) -> Admission<J> {
        let Self { context, window, rules, cut_off, added, index, last } = self;
        Admission { context, window, rules, cut_off, added, index: map(index), last }
    }

    /// Where admission looks up what it knows, alone.
    #[must_use]
    pub fn into_index(self) -> I {
        self.index
    }

    /// Returns the context of the election.
    #[must_use]
    pub fn context(&self) -> &ElectionContext {
        &self.context
    }

    /// The positions between which ballots count.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Where admission looks up what it knows.
    #[must_use]
    pub fn index(&self) -> &I {
        &self.index
    }

    /// As [`Self::index`], to be written.
    pub fn index_mut(&mut self) -> &mut I {
        &mut self.index
    }

    /// Notes that the entry at this position ends the changes of the roll.
    pub fn cut_off(&mut self, index: u64) {
        self.cut_off = Some(index);
    }

    /// The position of the cut-off, after which the roll does not change.
    #[must_use]
    pub fn cut_off_at(&self) -> Option<u64> {
        self.cut_off
    }

    /// Notes that the entry at this position closes the voting. No ballot is admitted after it.
    pub fn close(&mut self, index: u64) {
        self.window.closed = Some(index);
    }

    /// Verifies ballots by themselves: encoding, election, roll, signature and argument. The results are in their order. An
    /// invalid ballot does not affect the others.
    ///
    /// # Errors
    ///
    /// If the roll cannot be read, so that the ballots were not checked.
    pub fn verify<R: CryptoRng>(
        &self,
        ballots: &[&[u8]],
        rng: &mut R,
    ) -> Result<Vec<Result<VerifiedBallot, AdmissionError>>, RollLookupError<SourceError>> {
        let time = match self.window {
            Window { opened: None, .. } => Some(AdmissionError::NotOpen),
            Window { closed: Some(_), .. } => Some(AdmissionError::Closed),
            Window { .. } => None,
        };
        if let Some(error) = time {
            return Ok(ballots.iter().map(|_| Err(error.clone())).collect());
        }
        let find = |credential: &[u8; 32]| {
            let line = self.index.line(credential)?;
            Ok(line.or_else(|| self.added.line(credential, u64::MAX)))
        };
        let candidates: Result<Vec<Candidate<'_>>, _> =
            ballots.iter().map(|ballot| Candidate::new(ballot, find)).collect();
        Ok(verify_ballots(&self.context, &candidates?, rng))
    }

    /// Checks a change of the roll, and admits it as the next entry of the board. Returns the bytes of the entry and what it
    /// changes. The caller appends the entry before the next call; if that fails, admission must be resumed from the board.
    ///
    /// # Errors
    ///
    /// `Refused` with the rule that the change breaks, or why it cannot be checked. Nothing changes then.
    pub fn change<B: BoardEntries, R: CryptoRng>(
        &mut self,
        body: &[u8],
        board: &B,
        rng: &mut R,
    ) -> Result<(Vec<u8>, EffectiveChange), ChangeRefused<B::Error>> {
        let position = board.size();
        if let Some(index) = self.last.filter(|last| *last >= position) {
            return Err(ChangeRefused::Board(AdmitError::NotAppended { index }));
        }
        let change = self.change_at(position, body, rng)?;
        self.last = Some(position);
        let entry = Entry::new(EntryKind::RollChange, body).map_err(ChangeRefused::Encoding)?;
        Ok((entry.encode(), change))
    }

    /// Checks that the board would take the changes of these drafts as the next ones, as far as the drafts say what they change: the
    /// fingerprint, the time, and the rules that depend on earlier entries. Signatures and parts are checked by
    /// [`ChangeDraft::verify`]. Nothing is admitted. If there are several drafts, each counts as a change before the next one; they
    /// must not be about the same credential.
    ///
    /// # Errors
    ///
    /// `Refused` with the rule that the first of them breaks, or why it cannot be checked.
    pub fn check_drafts(&self, drafts: &[ChangeDraft]) -> Result<(), ChangeRefused<Infallible>> {
        self.check_time_of_change()?;
        let mut counts = self.index.roll_counts().map_err(ChangeRefused::Index)?;
        for draft in drafts {
            let found = *draft.fingerprint();
            if found != *self.context.fingerprint() {
                return Err(RollChangeError::OtherElection { found }.into());
            }
            let find = |credential: &[u8; 32]| self.index.opening_line(credential);
            let entry = RollChangeEntry::of_draft(draft, find).map_err(ChangeRefused::Roll)?;
            match check_change(&self.index, &self.rules, counts, 0, &entry) {
                Ok(change) => counts = counts.after(&change),
                Err(ChangeFailure::Refused(error)) => return Err(error.into()),
                Err(ChangeFailure::Index(error)) => return Err(ChangeRefused::Index(error)),
            }
        }
        Ok(())
    }

    fn check_time_of_change(&self) -> Result<(), RollChangeError> {
        if self.window.opened.is_none() {
            return Err(RollChangeError::NotOpen);
        }
        self.rules.check_time(self.cut_off.is_some(), self.window.closed.is_some())
    }

    fn change_at<E, R: CryptoRng>(
        &mut self,
        index: u64,
        body: &[u8],
        rng: &mut R,
    ) -> Result<EffectiveChange, ChangeRefused<E>> {
        let change = RollChange::decode(body).map_err(ChangeRefused::Encoding)?;
        self.check_time_of_change()?;
        self.rules.verify(self.context.fingerprint(), &change, rng)?;
        let find = |credential: &[u8; 32]| self.index.opening_line(credential);
        let entry = RollChangeEntry::new(&change, find).map_err(ChangeRefused::Roll)?;
        self.added.check(&change)?;
        match change_roll(&mut self.index, &self.rules, index, &entry) {
            Ok(effective) => {
                self.added.push(index, &change)?;
                Ok(effective)
            }
            Err(ChangeFailure::Refused(error)) => Err(error.into()),
            Err(ChangeFailure::Index(error)) => Err(ChangeRefused::Index(error)),
        }
    }

    /// Checks a verified ballot against the rules that depend on earlier ballots, and admits it as the next entry of the
    /// board. Before the next call, the caller must append the [`ballot_entry`] of the ballot's bytes; if that fails,
    /// admission must be resumed from the board.
    ///
    /// # Errors
    ///
    /// `Refused` with the rule that the ballot breaks; `Board`, `Index` or `Entry` if earlier ballots cannot be read. On
    /// an error, the ballot is not admitted and nothing changes.
    pub fn sequence<B: BoardEntries>(
        &mut self,
        ballot: &VerifiedBallot,
        board: &B,
    ) -> Result<(), AdmitError<B::Error>> {
        let position = board.size();
        self.window.admits(position)?;
        if let Some(index) = self.last.filter(|last| *last >= position) {
            return Err(AdmitError::NotAppended { index });
        }
        self.admit_at(position, &ballot.into(), board)?;
        self.last = Some(position);
        Ok(())
    }

    /// Verifies a ballot and admits it as the next entry of the board. Returns the bytes of the entry, which the caller
    /// appends before the next call.
    ///
    /// # Errors
    ///
    /// `Refused` with the rule that the ballot breaks; `Roll`, `Board` or `Entry` if roll or board cannot be read.
    pub fn admit<B: BoardEntries, R: CryptoRng>(
        &mut self,
        ballot: &[u8],
        board: &B,
        rng: &mut R,
    ) -> Result<Vec<u8>, AdmitError<B::Error>> {
        for verified in self.verify(&[ballot], rng).map_err(AdmitError::Roll)? {
            self.sequence(&verified?, board)?;
        }
        Ok(ballot_entry(ballot)?)
    }
}

/// The files for [light clients](crate::record::light) of a record whose voting was opened, and the tiles of hashes of its
/// board: all of them, computed from the record. See `spec/light.md`.
///
/// # Errors
///
/// `Voter` if the record cannot be read or its voting was not opened, `Roll` if the roll cannot be read again.
pub fn light_files<S: RecordSource, R: CryptoRng>(source: &S, rng: &mut R) -> Result<LightRecord, LightFilesError> {
    let manifest = read_manifest(source)?;
    let (mut ballots, mut leaves, mut lengths) = (AdmittedBallots::default(), Vec::new(), Vec::new());
    let mut observe = |observed: &Observed<'_>| {
        ballots.observe(observed);
        leaves.push(observed.leaf);
    };
    let board = PublishedBoard::read(source, &manifest, &mut observe, rng)?;
    for bundle in 0.. {
        let entries = board.entries(source, bundle)?;
        if entries.is_empty() {
            break;
        }
        lengths.extend(entries.iter().flat_map(|(_, entry)| entry_length(entry)));
    }
    let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT).map_err(RecordError::from)?;
    let messages = board.ceremony_messages(source)?;
    let joint_key = JointKey::verify(&parameters, &messages, rng).map_err(RecordError::from)?;
    let Election { context, roll, window, .. } = Election::of_board(source, manifest, board, rng)?;
    window.opened.ok_or(VoterError::NotOpen)?;
    let mut files = files_of_roll(&joint_key, &roll);
    let Resumed { admission, void } = Admission::resume(context, roll, source, window, ballots, rng)?;
    let heads = admission.heads();
    if admission.context().manifest().roll_changes().is_some() {
        files.push((CHANGES.into(), changes_file(admission.changes())));
    }
    if let Some(close) = window.closed {
        files.extend(files_of_close(close + 1, &heads));
    }
    files.extend([(HEADS.into(), heads), (LENGTHS.into(), lengths)]);
    files.extend(files_of_board(leaves));
    Ok(LightRecord { files, void })
}

/// What light clients need of a record.
#[derive(Clone, Debug)]
pub struct LightRecord {
    /// The files.
    pub files: Vec<NamedFile>,
    /// The ballots of the board that are void by the rules of [`Admission::resume`], which no head names.
    pub void: Vec<VoidBallot>,
}

/// Why the files for light clients cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LightFilesError {
    /// The record cannot be read, or its voting was not opened.
    #[error(transparent)]
    Voter(#[from] VoterError),
    /// The roll could not be read.
    #[error(transparent)]
    Roll(#[from] RollLookupError<SourceError>),
}

impl From<RecordError> for LightFilesError {
    fn from(error: RecordError) -> Self {
        Self::Voter(error.into())
    }
}

impl<I: LedgerIndex<Error = SourceError>> Admission<I> {
    /// The position of the admitted ballot with the tracker of this signed ballot; `None` if there is none, or the ballot is
    /// not signed by its credential. The answer to a ballot that is refused is the [`receipt`] of that entry, if there is
    /// one: a voter who got no answer sends the ballot again, and gets the same receipt as the first time. This holds after
    /// another ballot has replaced it, and after the close.
    ///
    /// # Errors
    ///
    /// `Board` or `Entry` if an earlier ballot cannot be read.
    pub fn logged<B: BoardEntries, R: CryptoRng>(
        &self,
        ballot: &[u8],
        board: &B,
        rng: &mut R,
    ) -> Result<Option<u64>, AdmitError<B::Error>> {
        let Ok(header) = BallotHeader::read(ballot) else { return Ok(None) };
        let is_of_election = header.fingerprint == *self.context.fingerprint();
        match BoardBallotInfo::read(ballot) {
            Ok(info) if is_of_election && verify_own_signature(ballot, rng).is_ok() => {
                let found = find(&self.index, &info, |index| recorded(board, index), AdmitError::Index)?;
                let Some(index) = found else { return Ok(None) };
                // The tracker does not cover the signature. Nothing is promised of a ballot that no box has admitted (N6).
                let entry = board.entry(index).map_err(AdmitError::Board)?;
                let entry = Entry::decode(&entry).map_err(|error| AdmitError::Entry { index, error })?;
                Ok(verify_own_signature(entry.body(), rng).is_ok().then_some(index))
            }
            _ => Ok(None),
        }
    }
}

/// The receipt of an admitted ballot: of one that was appended, or of one that was [logged](Admission::logged) before. Make
/// it only after a signed checkpoint with the entry is stored durably: a board that promises an entry and loses it can be
/// convicted by anybody.
///
/// # Errors
///
/// `Board` or `Entry` if the ballot cannot be read.
pub fn receipt<B: BoardEntries>(
    board: &B,
    index: u64,
    signer: &NoteSigner,
) -> Result<SignedReceipt, AdmitError<B::Error>> {
    let entry = board.entry(index).map_err(AdmitError::Board)?;
    signer.sign_receipt(index, &entry).map_err(|error| AdmitError::Entry { index, error })
}

/// Reads what the ledger compares of an earlier ballot of the board.
fn recorded<B: BoardEntries>(board: &B, index: u64) -> Result<BoardBallotInfo, AdmitError<B::Error>> {
    let bytes = board.entry(index).map_err(AdmitError::Board)?;
    let info = Entry::decode(&bytes).and_then(|entry| BoardBallotInfo::read(entry.body()));
    info.map_err(|error| AdmitError::Entry { index, error })
}

/// The bytes of the entry of a signed ballot.
///
/// # Errors
///
/// `Encoding` if the ballot is empty or too long for an entry. A verified ballot is neither.
pub fn ballot_entry(ballot: &[u8]) -> Result<Vec<u8>, AdmissionError> {
    Ok(Entry::new(EntryKind::Ballot, ballot)?.encode())
}
