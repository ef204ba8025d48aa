//! The voter's side: reading an election, preparing a ballot, and finding the ballot on the board.
//!
//! See `spec/ballot.md#voter`. A voter checks that the entries have the tree head that the board signed, that the key
//! ceremony is valid, that the opening is of this manifest, ceremony and roll, and which ballots the rules admit. The
//! [verifier](crate::verifier) decides whether the whole record is valid.
//!
//! # Security
//!
//! If a server sends a voter another manifest or another roll, the fingerprint differs from the one that the voter
//! received from another source, and the roll lacks the voter's credential.
//!
//! # Examples
//!
//! A voter votes, votes again, and looks for the two ballots:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let mut board = test.open_board();
//! # let (code, letter) = (test.codes[0].as_str(), VoterNumber::written(test.credentials[0].public()));
//! # let announced = *test.context.fingerprint();
//! use std::error::Error;
//! use std::time::UNIX_EPOCH;
//!
//! use ballotta::ballot::{Choices, Mark};
//! use ballotta::rand_core::{CryptoRng, UnwrapErr};
//! use ballotta::record::RecordSource;
//! use ballotta::voter::{BallotStatus, Election};
//! use ballotta::written::{VoterNumber, WrittenTracker};
//! use getrandom::SysRng;
//!
//! /// Encrypts a choice. Returns the tracker, and the signed ballot for the ballot box.
//! fn vote<R: CryptoRng>(
//!     record: &dyn RecordSource,
//!     code: &str,
//!     option: &str,
//!     rng: &mut R,
//! ) -> Result<(String, Vec<u8>), Box<dyn Error>> {
//!     let election = Election::read(record, rng)?;
//!     println!("compare the fingerprint with your letter: {}", election.context.fingerprint());
//!     let voter = election.voter(record, &code.parse()?)?;
//!     // The ballot that the new one replaces, if the voter has voted before.
//!     let previous = voter.predecessor(&election, record, rng)?;
//!     let mut choices = Choices::new();
//!     choices.mark("c0", Mark::Options(vec![option.into()]));
//!     // A number that this voter never uses twice: the time in nanoseconds.
//!     let counter = UNIX_EPOCH.elapsed()?.as_nanos() as u64;
//!     let prepared = voter.prepare(&election.context, choices, previous, counter, rng)?;
//!     let tracker = prepared.tracker().written();
//!     println!("write the tracker down: {tracker}");
//!     // Only then the voter decides: to cast the ballot, or to open it with `prepared.open()` as a test.
//!     let ballot = prepared.cast(&election.context, voter.credential().key_pair(), rng);
//!     Ok((tracker, ballot.to_bytes()))
//! }
//!
//! // `board.record()` is the published record of an election that is open, and `code` is the voting code.
//! let rng = &mut UnwrapErr(SysRng);
//! let (first, ballot) = vote(&board.record(), code, "o0", rng)?;
//! board.push_ballot(&ballot); // the ballot box admits it
//! let (second, ballot) = vote(&board.record(), code, "o1", rng)?;
//! board.push_ballot(&ballot);
//!
//! // The voter types the tracker, and the voter number that is in the letter with the code.
//! let record = board.record();
//! let election = Election::read(&record, rng)?;
//! election.expect(&announced.into())?; // if the app knows the fingerprint that was announced
//! let voter_number: VoterNumber = letter.parse()?;
//! let first = election.find(&record, &first.parse::<WrittenTracker>()?, &voter_number, rng)?;
//! let second = election.find(&record, &second.parse::<WrittenTracker>()?, &voter_number, rng)?;
//! assert!(matches!(first, BallotStatus::Superseded { .. }));
//! assert!(matches!(second, BallotStatus::Counted { .. }));
//! # Ok::<(), Box<dyn Error>>(())
//! ```

mod code_change;
mod fetch;
mod freshness;
mod history;
pub mod light;
mod opening;
mod promise;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use self::code_change::CodeChange;
pub use self::fetch::{FileRequest, Purpose, RecordFetch};
pub use self::freshness::Freshness;
pub use self::history::{BallotStatus, History, OwnBallot};
use self::light::LightElection;
pub use self::promise::PromisedStatus;
pub use crate::ballot::Window;
use crate::ballot::{BallotSeed, ChoiceErrors, Choices, OpeningError, PreparedBallot};
use crate::board::cancellation::Cancellation;
use crate::board::note::SignedCheckpoint;
use crate::board::receipt::ReceiptError;
use crate::board::witness_keys;
use crate::credential::{Credential, CredentialError, RollError, RollLine, VotingCodes};
use crate::election::ElectionContext;
use crate::hash::{Fingerprint, Tracker};
use crate::manifest::Manifest;
use crate::merkle::TreeHead;
use crate::record::{
    self, PublishedBoard, PublishedRoll, RecordError, RecordSource, read_context, read_manifest, read_signed_checkpoint,
};
use crate::words::entries;
use crate::written::WrittenFingerprint;

/// Why a voter cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VoterError {
    /// A part of the record cannot be read, or does not fit the rest.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The organiser opened an election with another manifest, ceremony or roll.
    #[error("entry {index} opens the election {opened}, but manifest, ceremony and roll have the fingerprint {found}")]
    OpenedAnother {
        /// The position of the opening on the board.
        index: u64,
        /// The fingerprint that was opened.
        opened: Fingerprint,
        /// The fingerprint of the record.
        found: Fingerprint,
    },
    /// The voting was opened with a roll that a credential authority did not sign.
    #[error("the voting was opened with a roll that credential authority {authority} did not sign")]
    RollNotSigned {
        /// The authority, counted from 1.
        authority: u16,
    },
    /// The fingerprint is not the one that the voter was given.
    #[error("the election has the fingerprint {}, not {expected}", found.written())]
    OtherElection {
        /// The fingerprint of the record.
        found: Fingerprint,
        /// The fingerprint that the voter was given.
        expected: WrittenFingerprint,
    },
    /// The voting is not open yet.
    #[error("the voting is not open yet")]
    NotOpen,
    /// The voting is closed, so no ballot can be cast.
    #[error("the voting is closed")]
    Closed,
    /// The organiser has cancelled the election, so that no ballot counts.
    #[error("the organiser has cancelled the election (entry {index}): {reason}")]
    Cancelled {
        /// The position of the cancellation on the board.
        index: u64,
        /// Why, in the words of the organiser.
        reason: String,
    },
    /// No credential can be derived from the voting code.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The credential is not on the roll: the code or the roll is of another election.
    #[error("the credential of this voting code is not on the roll")]
    UnknownCredential,
    /// No voter on the roll has the voter number, and no change of the roll adds one: the number or the roll is of another election, or
    /// the number is newer than the board.
    #[error("no voter on the roll has this voter number")]
    UnknownNumber,
    /// The codes of several credential authorities do not add up to a credential on the roll: one of them was mistyped or was replaced,
    /// or codes and roll are of different elections.
    #[error(
        "these voting codes together are not those of a voter on the roll: all of them must be the old ones of one voter, or all of \
         them the new ones"
    )]
    UnknownCodes,
    /// A change of the roll has revoked the credential: another code came in its place, or the voter has left.
    #[error("entry {index} of the board has revoked the credential of this voting code")]
    Revoked {
        /// The position of the change on the board.
        index: u64,
    },
    /// The entry that the board shows as a change of the roll is none that all credential authorities have signed, or is not about
    /// this credential.
    #[error(
        "the board says that entry {index} changes the roll for this voter, but the credential authorities have not signed that"
    )]
    ChangeNotShown {
        /// The position of the entry on the board.
        index: u64,
    },
    /// The line of a credential on the roll is invalid.
    #[error(transparent)]
    RollLine(#[from] RollError),
    /// The voter has cast as many ballots as the manifest allows (`ballots_per_credential`). The last one counts.
    #[error("{}", ballot_limit(*.limit))]
    BallotLimit {
        /// The number of ballots that the manifest allows.
        limit: u8,
    },
    /// The rules do not allow the choices.
    #[error(transparent)]
    Choices(#[from] ChoiceErrors),
    /// The closing checkpoint is of another board: the server shows two histories.
    #[error("the closing checkpoint is not of this board: it shows two histories")]
    TwoHistories,
    /// The board does not begin with one that was seen before, or that trustees have stated: the server shows two histories.
    #[error("the board does not begin with the one of {} that was seen before: it shows two histories", entries(.kept))]
    Forked {
        /// The number of entries of the board that was seen before.
        kept: u64,
    },
    /// The board has fewer entries than one that was seen before.
    #[error("the board has {}, but {kept} were seen before: this copy is older", entries(.found))]
    OlderBoard {
        /// The number of entries that were seen before.
        kept: u64,
        /// The number of entries of the board.
        found: u64,
    },
    /// The entry that the board announces as the end of the voting is no closing or cancellation that the organiser signed, or it is
    /// before the opening.
    #[error(
        "the board says that entry {index} ends the voting, but it is nothing that the organiser signed after the opening"
    )]
    CloseNotSigned {
        /// The position of the entry on the board.
        index: u64,
    },
    /// The entry that the board shows as a ballot of the voter is none that the voter's credential signed.
    #[error("the board shows entry {index} as a ballot of this voter, but the voter has not signed it")]
    NotOwnBallot {
        /// The position of the entry on the board.
        index: u64,
    },
    /// The opening of a ballot does not agree with the ballot, the tracker or the voter number: the device that made it has cheated.
    #[error(transparent)]
    Opening(OpeningError),
    /// A change of the roll explains why an opened ballot is not one with this voter number: the voter has an older and a newer code.
    /// Nobody is accused.
    #[error("{}", of_changed_code(*.change))]
    OpeningOfChangedCode {
        /// What explains it.
        change: CodeChange,
    },
    /// An opened ballot is not one with this voter number, and the small parts of the record do not show whether a change of the roll
    /// explains it: that no change has revoked the number is not proved. Nobody is accused.
    #[error(
        "the opened ballot is not one with this voter number; whether a change of the roll explains it, only the whole record shows"
    )]
    OpeningNotExplained,
    /// A receipt is not the board's.
    #[error("the receipt: {0}")]
    Receipt(ReceiptError),
    /// A receipt is of another election, or of another ballot than the voter asks for.
    #[error("the receipt is not for this ballot: it has another {what}")]
    ReceiptOfOther {
        /// In what the receipt differs: `fingerprint` or `tracker`.
        what: &'static str,
    },
}

crate::from_quoted!(VoterError::Receipt(ReceiptError));
crate::from_quoted!(VoterError::Opening(OpeningError));

/// Says that a voter may cast no further ballot.
fn ballot_limit(limit: u8) -> String {
    match limit {
        1 => String::from("this credential has voted, and the election allows only one ballot"),
        _ => format!("this credential has cast {limit} ballots, and the election allows no more: the last one counts"),
    }
}

/// Says that a voter has typed the number of the other letter.
fn of_changed_code(change: CodeChange) -> String {
    match change {
        CodeChange::CodeReplaced { change } => format!(
            "the ballot was made with the older code, which the change of the roll in entry {change} replaces by the code of this \
             voter number"
        ),
        CodeChange::NumberRevoked { change } => format!(
            "the change of the roll in entry {change} has revoked this voter number, and no ballot counts under it"
        ),
    }
}

impl VoterError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Record(error) => error.code(),
            Self::RollLine(_) => "bad-roll",
            Self::OpenedAnother { .. } | Self::OtherElection { .. } => "other-election",
            Self::RollNotSigned { .. } => "roll-not-signed",
            Self::NotOpen => "not-open",
            Self::Closed => "closed",
            Self::Cancelled { .. } => "cancelled",
            Self::Credential(CredentialError::WrongNumberOfCodes { .. }) => "wrong-number-of-codes",
            Self::Credential(CredentialError::RepeatedCode) => "repeated-code",
            Self::Credential(_) => "bad-credential",
            Self::UnknownCredential => "unknown-credential",
            Self::UnknownNumber => "unknown-number",
            Self::UnknownCodes => "unknown-codes",
            Self::Revoked { .. } => "revoked-credential",
            Self::ChangeNotShown { .. } => "change-not-shown",
            Self::BallotLimit { .. } => "ballot-limit",
            Self::Choices(_) => "choices-not-allowed",
            Self::TwoHistories => "two-histories",
            Self::Forked { .. } => "forked-board",
            Self::OlderBoard { .. } => "older-board",
            Self::CloseNotSigned { .. } => "close-not-signed",
            Self::NotOwnBallot { .. } => "not-own-ballot",
            Self::Opening(error) => error.code(),
            Self::OpeningNotExplained => "opening-not-explained",
            Self::OpeningOfChangedCode { change: CodeChange::NumberRevoked { .. } } => "number-revoked",
            Self::OpeningOfChangedCode { change: CodeChange::CodeReplaced { .. } } => "code-replaced",
            Self::Receipt(_) => "bad-receipt",
            Self::ReceiptOfOther { .. } => "receipt-of-other",
        }
    }
}

/// An election that a voter has read from a record: manifest, key ceremony, roll, and the board up to its checkpoint.
pub struct Election {
    /// Manifest, joint key and fingerprint.
    pub context: ElectionContext,
    /// The roll of the election, as it is published.
    pub roll: PublishedRoll,
    /// The positions between which ballots count.
    pub window: Window,
    board: PublishedBoard,
}

impl Election {
    /// Reads an election. Key ceremony and roll must be there; the voting need not be open.
    ///
    /// # Errors
    ///
    /// If a part of the record is missing or invalid.
    pub fn read<R: CryptoRng>(source: &dyn RecordSource, rng: &mut R) -> Result<Self, VoterError> {
        let manifest = read_manifest(source)?;
        let board = PublishedBoard::read(source, &manifest, &mut |_| (), rng)?;
        Self::of_board(source, manifest, board, rng)
    }

    /// Reads an election whose manifest and board were read before.
    ///
    /// # Errors
    ///
    /// If a part of the record is missing or invalid.
    pub fn of_board<R: CryptoRng>(
        source: &dyn RecordSource,
        manifest: Manifest,
        board: PublishedBoard,
        rng: &mut R,
    ) -> Result<Self, VoterError> {
        let (context, roll) = read_context(source, manifest, &board.ceremony_messages(source)?, rng)?;
        let opening = board.timeline().opening().map(|(index, opening)| (*index, *opening.fingerprint()));
        if let Some((index, opened)) = opening.filter(|(_, opened)| opened != context.fingerprint()) {
            return Err(VoterError::OpenedAnother { index, opened, found: *context.fingerprint() });
        }
        if let Some(authority) = board.missing_roll_signature(&context, rng) {
            return Err(VoterError::RollNotSigned { authority });
        }
        Ok(Self { context, roll, window: board.timeline().window(), board })
    }

    /// The position of the cut-off, after which the roll does not change.
    #[must_use]
    pub fn cut_off(&self) -> Option<u64> {
        self.board.timeline().cut_off()
    }

    /// Checks that the election has the fingerprint that the voter was given.
    ///
    /// # Errors
    ///
    /// `OtherElection` if it is not.
    pub fn expect(&self, expected: &WrittenFingerprint) -> Result<(), VoterError> {
        expect(&self.context, expected)
    }

    /// The head of the board as it was read.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.board.timeline().head()
    }

    /// Reads the entries of a bundle of 256 again, with their positions; none after the last bundle.
    ///
    /// # Errors
    ///
    /// If the record cannot be read, or has changed since it was read first.
    pub fn entries(&self, source: &dyn RecordSource, bundle: u64) -> Result<Vec<(u64, Vec<u8>)>, VoterError> {
        Ok(self.board.entries(source, bundle)?)
    }

    /// Checks that ballots may be cast now.
    ///
    /// # Errors
    ///
    /// `NotOpen`, `Closed` or `Cancelled`.
    pub fn is_open(&self) -> Result<(), VoterError> {
        self.is_not_cancelled()?;
        is_open(&self.window)
    }

    /// Checks that the organiser has not cancelled the election.
    ///
    /// # Errors
    ///
    /// `Cancelled`.
    pub fn is_not_cancelled(&self) -> Result<(), VoterError> {
        not_cancelled(self.board.timeline().cancellation())
    }

    /// Whether enough witnesses have cosigned the board lately, by the time `now` in seconds since 1970.
    #[must_use]
    pub fn freshness(&self, now: u64) -> Freshness {
        Freshness::of(self.context.manifest(), self.board.checkpoint(), self.is_open().is_ok(), now)
    }

    /// The line of a credential on the roll. A line that a change of the roll adds has no number here, because the number depends
    /// on the ballots before it; [`Voter::predecessor`] says whether the change has an effect.
    ///
    /// # Errors
    ///
    /// If the roll cannot be read, has changed since it was read first, or the line is invalid.
    pub fn line(&self, source: &dyn RecordSource, credential: &[u8; 32]) -> Result<Option<RollLine>, VoterError> {
        let line = self.roll.find(source, credential).map_err(RecordError::from)?;
        let line = line.or_else(|| self.board.timeline().added_lines().line(credential, u64::MAX));
        if let Some(line) = &line {
            line.key()?;
        }
        Ok(line)
    }

    /// Finds the voter with these voting codes on the roll.
    ///
    /// # Errors
    ///
    /// `Credential` if it is not one code from each credential authority. `UnknownCredential` if the roll lacks the credential:
    /// this is not the voter's election, or no change of the roll has added the code yet. `UnknownCodes` if there are several codes,
    /// which may also be an old and a new one.
    pub fn voter(&self, source: &dyn RecordSource, codes: &VotingCodes) -> Result<Voter, VoterError> {
        let credential = codes.derive(self.context.manifest(), self.context.joint_key_hash())?;
        let line = self.line(source, credential.public().as_bytes())?;
        let line = line.ok_or_else(|| unknown(self.context.manifest()))?;
        Ok(Voter { credential, line })
    }

    /// The number of witnesses that cosigned the board up to its close; `None` before the close.
    ///
    /// # Errors
    ///
    /// `TwoHistories` if the closing checkpoint is of another board, or why it cannot be read.
    pub fn closing_witnesses(&self, source: &dyn RecordSource) -> Result<Option<CheckpointWitnesses>, VoterError> {
        let Some(close_head) = self.board.timeline().closing_head() else { return Ok(None) };
        let manifest = self.context.manifest();
        match read_signed_checkpoint(source, record::CLOSING_CHECKPOINT, manifest)? {
            Some((_, head)) if head != close_head => Err(VoterError::TwoHistories),
            Some((signed, _)) => {
                Ok(Some(CheckpointWitnesses::of(manifest, record::CLOSING_CHECKPOINT, Some(&signed))?))
            }
            None => Ok(Some(CheckpointWitnesses::of(manifest, record::CLOSING_CHECKPOINT, None)?)),
        }
    }
}

/// Checks that an election has the fingerprint that a voter was given.
fn expect(context: &ElectionContext, expected: &WrittenFingerprint) -> Result<(), VoterError> {
    let found = *context.fingerprint();
    if expected.is_of(&found) {
        return Ok(());
    }
    Err(VoterError::OtherElection { found, expected: expected.clone() })
}

fn not_cancelled(cancellation: Option<&(u64, Cancellation)>) -> Result<(), VoterError> {
    match cancellation {
        Some((index, entry)) => Err(VoterError::Cancelled { index: *index, reason: entry.reason().into() }),
        None => Ok(()),
    }
}

/// The error if no voter has the credential of some voting codes.
fn unknown(manifest: &Manifest) -> VoterError {
    if manifest.has_parts() { VoterError::UnknownCodes } else { VoterError::UnknownCredential }
}

/// Checks that ballots may be cast now.
fn is_open(window: &Window) -> Result<(), VoterError> {
    match window {
        // A light client knows of the closing without the opening.
        Window { closed: Some(_), .. } => Err(VoterError::Closed),
        Window { opened: None, .. } => Err(VoterError::NotOpen),
        Window { .. } => Ok(()),
    }
}

/// The witnesses that cosigned a checkpoint, such as the one at the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointWitnesses {
    /// The number of witnesses that cosigned it.
    pub cosigned: usize,
    /// The number of all witnesses.
    pub members: usize,
    /// The number of witnesses that the manifest requires.
    pub quorum: usize,
}

impl CheckpointWitnesses {
    /// The witnesses of a manifest that cosigned a checkpoint; none if there is no checkpoint.
    fn of(manifest: &Manifest, path: &'static str, signed: Option<&SignedCheckpoint>) -> Result<Self, RecordError> {
        let refused = |error| RecordError::Checkpoint { path, error };
        let keys = witness_keys(manifest).map_err(refused)?;
        let cosigned = signed.map_or(Ok(0), |signed| signed.cosigned_by(&keys).map(|witnesses| witnesses.len()));
        let witnesses = manifest.witnesses();
        Ok(Self { cosigned: cosigned.map_err(refused)?, members: witnesses.members.len(), quorum: witnesses.quorum })
    }

    /// Whether as many witnesses cosigned as the manifest requires. If fewer did, the board may show other voters
    /// another history.
    #[must_use]
    pub fn enough(&self) -> bool {
        self.cosigned >= self.quorum
    }
}

/// A voter whose credential is on the roll.
pub struct Voter {
    credential: Credential,
    line: RollLine,
}

/// What a voter's next ballot follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextBallot {
    /// The tracker of the ballot that the next one replaces; `None` for a first ballot.
    pub previous: Option<Tracker>,
    /// How many ballots the credential may still cast.
    pub left: BallotsLeft,
}

/// How many ballots a credential may still cast, the next one among them: at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BallotsLeft {
    /// All ballots of the credential were read.
    Exactly(u8),
    /// Only the last ballot of the credential was read, and there may be more before it, or one that is not shown.
    AtMost(u8),
}

impl BallotsLeft {
    /// The number, or its bound.
    #[must_use]
    pub fn most(self) -> u8 {
        match self {
            Self::Exactly(left) | Self::AtMost(left) => left,
        }
    }
}

/// How many ballots a credential may cast after `cast` ones.
fn ballots_left(manifest: &Manifest, cast: usize) -> Result<u8, VoterError> {
    let limit = manifest.ballots_per_credential();
    let left = usize::from(limit).checked_sub(cast).and_then(|left| u8::try_from(left).ok());
    left.filter(|left| *left > 0).ok_or(VoterError::BallotLimit { limit })
}

impl Voter {
    /// Returns the credential of the voter.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Returns the voter's line on the roll: ballot style and weight.
    #[must_use]
    pub fn line(&self) -> &RollLine {
        &self.line
    }

    /// The ballots of this voter on the board.
    ///
    /// # Errors
    ///
    /// If the record cannot be read, or has changed since it was read first.
    pub fn history<R: CryptoRng>(
        &self,
        election: &Election,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<History, VoterError> {
        History::read(election, source, &self.line, rng)
    }

    /// The tracker of the ballot that a new ballot replaces; `None` for a first ballot.
    ///
    /// # Errors
    ///
    /// `NotOpen`, `Closed`, `Revoked`, `UnknownCredential` or `UnknownCodes`, `BallotLimit`, or why the record cannot be read again.
    pub fn predecessor<R: CryptoRng>(
        &self,
        election: &Election,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<Option<Tracker>, VoterError> {
        Ok(self.next_ballot(election, source, rng)?.previous)
    }

    /// What a new ballot replaces, as [`predecessor`](Self::predecessor) says it, and how many ballots the credential may still
    /// cast.
    ///
    /// # Errors
    ///
    /// The same errors as [`predecessor`](Self::predecessor).
    pub fn next_ballot<R: CryptoRng>(
        &self,
        election: &Election,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<NextBallot, VoterError> {
        election.is_open()?;
        let history = self.history(election, source, rng)?;
        if let Some(index) = history.revoked() {
            return Err(VoterError::Revoked { index });
        }
        if !history.is_on_roll() {
            return Err(unknown(election.context.manifest()));
        }
        let left = ballots_left(election.context.manifest(), history.admitted())?;
        let previous = history.counted().map(|ballot| ballot.tracker);
        Ok(NextBallot { previous, left: BallotsLeft::Exactly(left) })
    }

    /// Prepares a ballot. `previous` is what [`predecessor`](Self::predecessor) returns: the tracker of the ballot that
    /// the new one replaces.
    ///
    /// # Security
    ///
    /// `counter` must be different for every ballot that is ever prepared with this credential, on any device, whether
    /// the ballot is cast, opened or discarded. Do not pass a constant. Pass the time in nanoseconds, as the command
    /// does, or a number that is stored before the ballot is prepared. [`BallotSeed::derive`] explains against
    /// what the counter protects.
    ///
    /// # Errors
    ///
    /// `Choices` with everything that the rules do not allow.
    pub fn prepare<R: CryptoRng>(
        &self,
        context: &ElectionContext,
        choices: Choices,
        previous: Option<Tracker>,
        counter: u64,
        rng: &mut R,
    ) -> Result<PreparedBallot, VoterError> {
        let seed = BallotSeed::derive(self.credential.key_pair(), counter, rng);
        let (credential, entitlement) = (self.credential.public(), self.line.entitlement());
        Ok(PreparedBallot::prepare(context, credential, entitlement, choices, previous, seed)?)
    }
}
