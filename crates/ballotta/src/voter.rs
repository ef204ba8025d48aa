//! The voter's side: reading an election, preparing a ballot of it, and finding it on the board.
//!
//! See `spec/ballot.md#voter`. Nothing of a record is believed that a voter can check: the entries have the tree head that
//! the board signed, the key ceremony holds, the opening is of this manifest, ceremony and roll, and only ballots that
//! the rules admit stand. Whether the whole record is valid is the [verifier's](crate::verifier) to say.
//!
//! # Security
//!
//! A server that serves a voter another manifest or another roll shows another fingerprint, which the voter compares with
//! the one that was told elsewhere, and a roll without the voter's credential.

mod board;
mod fetch;
mod history;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rand_core::CryptoRng;

use self::board::Board;
pub use self::fetch::{Purpose, RecordFetch, Wanted};
pub use self::history::{Found, History, OwnBallot};
pub use crate::ballot::Window;
use crate::ballot::{BallotSeed, ChoiceErrors, Choices, PreparedBallot};
use crate::board::log::TreeHead;
use crate::board::note::{NoteError, SignedCheckpoint};
use crate::board::tiles::TileError;
use crate::board::{board_key, witness_keys};
use crate::credential::{
    Credential, CredentialError, RollError, RollIndex, RollLine, RollLookupError, RollReader, RollRefused, RollRules,
    VotingCode,
};
use crate::election::{ElectionContext, ElectionError};
use crate::encoding::DecodeError;
use crate::hash::{Fingerprint, Tracker, TreeHash};
use crate::key_ceremony::{CeremonyError, CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES};
use crate::manifest::{Manifest, ManifestErrors, Revoting};
use crate::record::{self, ReadError, RecordSource, SourceError, read_file, read_parts};

/// Why a voter cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VoterError {
    /// A file of the record is missing, too long, or cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: ReadError,
    },
    /// The manifest breaks its rules.
    #[error("the manifest does not hold: {0}")]
    Manifest(ManifestErrors),
    /// A checkpoint is not the board's.
    #[error("{path}: {error}")]
    Checkpoint {
        /// The file.
        path: &'static str,
        /// Why.
        error: NoteError,
    },
    /// A bundle of entries cannot be read.
    #[error("{path}: {error}")]
    Bundle {
        /// The file.
        path: String,
        /// Why.
        error: TileError,
    },
    /// An entry of the board cannot be read.
    #[error("entry {index} of the board cannot be read: {error}")]
    Entry {
        /// Its position.
        index: u64,
        /// Why.
        error: DecodeError,
    },
    /// The board has more entries than one can have.
    #[error("the board has {size} entries, more than there can be")]
    TooManyEntries {
        /// How many.
        size: u64,
    },
    /// The entries are not those that the board signed.
    #[error("the entries have the root {found}, the board signed {signed}")]
    RootMismatch {
        /// The root of the entries.
        found: TreeHash,
        /// The root of the checkpoint.
        signed: TreeHash,
    },
    /// A file is not the one that the entry of the board names.
    #[error("{path}: the file is not the one that the board names")]
    OtherFile {
        /// The file.
        path: String,
    },
    /// A file is not as it was when it was read first.
    #[error("{path}: the file changed while it was read")]
    Changed {
        /// The file.
        path: String,
    },
    /// The key ceremony is not complete, or does not hold.
    #[error("the key ceremony: {0}")]
    Ceremony(CeremonyError),
    /// The roll breaks a rule.
    #[error("the roll does not hold: {0}")]
    Roll(RollRefused),
    /// Manifest, ceremony and roll do not belong together.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// The organiser opened another election than manifest, ceremony and roll are.
    #[error("entry {index} opens the election {opened}, manifest, ceremony and roll are {found}")]
    OpenedAnother {
        /// The entry.
        index: u64,
        /// What was opened.
        opened: Fingerprint,
        /// What was read.
        found: Fingerprint,
    },
    /// The voting was opened with a roll that a credential authority did not sign.
    #[error("the voting was opened with a roll that credential authority {authority} did not sign")]
    RollNotSigned {
        /// The authority, counted from 1.
        authority: u16,
    },
    /// This is not the election that the voter was told of.
    #[error("the election has the fingerprint {found}, not {expected}")]
    OtherElection {
        /// What was read.
        found: Fingerprint,
        /// What was told.
        expected: Fingerprint,
    },
    /// The voting is not open yet.
    #[error("the voting is not open yet")]
    NotOpen,
    /// The voting is closed.
    #[error("the voting is closed")]
    Closed,
    /// The voting code stands for no credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The credential does not stand on the roll: the code is not of this election, or the roll is not the voter's.
    #[error("the credential of this voting code does not stand on the roll")]
    UnknownCredential,
    /// The line of a credential does not hold.
    #[error(transparent)]
    RollLine(#[from] RollError),
    /// The election allows one ballot, and there is one.
    #[error("this credential has voted, and the election allows no second ballot")]
    HasVoted,
    /// The rules do not allow the choices.
    #[error(transparent)]
    Choices(#[from] ChoiceErrors),
    /// The closing checkpoint is of another board: a server that shows two boards has the cosignatures of one.
    #[error("the closing checkpoint is not of this board: it shows two histories")]
    TwoHistories,
}

impl VoterError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { error: ReadError::Missing, .. } => "missing-file",
            Self::File { .. } => "unreadable-file",
            Self::Manifest(_) => "bad-manifest",
            Self::Checkpoint { .. } => "bad-checkpoint",
            Self::Bundle { .. } | Self::Entry { .. } | Self::TooManyEntries { .. } => "bad-entries",
            Self::RootMismatch { .. } => "bad-root",
            Self::OtherFile { .. } => "other-file",
            Self::Changed { .. } => "record-changed",
            Self::Ceremony(_) => "bad-ceremony",
            Self::Roll(_) | Self::RollLine(_) => "bad-roll",
            Self::Election(_) | Self::OpenedAnother { .. } | Self::OtherElection { .. } => "other-election",
            Self::RollNotSigned { .. } => "roll-not-signed",
            Self::NotOpen => "not-open",
            Self::Closed => "closed",
            Self::Credential(_) => "bad-credential",
            Self::UnknownCredential => "unknown-credential",
            Self::HasVoted => "has-voted",
            Self::Choices(_) => "choices-not-allowed",
            Self::TwoHistories => "two-histories",
        }
    }

    fn file(path: &str) -> impl FnOnce(ReadError) -> Self + '_ {
        |error| Self::File { path: path.into(), error }
    }

    fn source(error: SourceError) -> Self {
        Self::File { path: error.path.clone(), error: error.into() }
    }
}

/// An election as a voter reads it from a record: manifest, key ceremony, roll, and the board up to its checkpoint.
pub struct Election {
    /// Manifest, joint key and fingerprint.
    pub context: ElectionContext,
    /// The roll.
    pub roll: RollIndex,
    /// When ballots count.
    pub window: Window,
    board: Board,
}

impl Election {
    /// Reads an election. Key ceremony and roll must be there; the voting need not be open.
    ///
    /// # Errors
    ///
    /// What is missing or does not hold.
    pub fn read<R: CryptoRng>(source: &dyn RecordSource, rng: &mut R) -> Result<Self, VoterError> {
        let manifest = read_file(source, record::MANIFEST, MAX_MANIFEST_BYTES);
        let manifest = manifest.map_err(VoterError::file(record::MANIFEST))?;
        let manifest = Manifest::parse(&manifest).map_err(VoterError::Manifest)?;
        let board = Board::read(source, &manifest, rng)?;
        let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT).map_err(VoterError::Ceremony)?;
        let ceremony = board.ceremony(source)?;
        let messages: Vec<&[u8]> = ceremony.iter().map(Vec::as_slice).collect();
        let joint_key = JointKey::verify(&parameters, &messages, rng).map_err(VoterError::Ceremony)?;
        let roll = read_roll(source, &manifest)?;
        let context = ElectionContext::new(manifest, joint_key, roll.hash())?;
        if let Some((index, opened)) = board.opened.filter(|(_, opened)| opened != context.fingerprint()) {
            return Err(VoterError::OpenedAnother { index, opened, found: *context.fingerprint() });
        }
        if let Some(authority) = board.roll_not_signed_by(&context, rng) {
            return Err(VoterError::RollNotSigned { authority });
        }
        Ok(Self { context, roll, window: board.window(), board })
    }

    /// Whether this is the election that the voter was told of.
    ///
    /// # Errors
    ///
    /// `OtherElection` if it is not.
    pub fn expect(&self, expected: &Fingerprint) -> Result<(), VoterError> {
        let found = *self.context.fingerprint();
        if found == *expected { Ok(()) } else { Err(VoterError::OtherElection { found, expected: *expected }) }
    }

    /// The head of the board as it was read.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.board.head
    }

    /// The entries of a bundle of 256, with their positions, read again; none behind the last bundle.
    ///
    /// # Errors
    ///
    /// If the record cannot be read again as it was.
    pub fn entries(&self, source: &dyn RecordSource, bundle: usize) -> Result<Vec<(u64, Vec<u8>)>, VoterError> {
        self.board.entries(source, bundle)
    }

    /// Whether ballots may be cast.
    ///
    /// # Errors
    ///
    /// `NotOpen` or `Closed`.
    pub fn is_open(&self) -> Result<(), VoterError> {
        match self.window {
            Window { opened: None, .. } => Err(VoterError::NotOpen),
            Window { closed: Some(_), .. } => Err(VoterError::Closed),
            Window { .. } => Ok(()),
        }
    }

    /// The line of a credential on the roll.
    ///
    /// # Errors
    ///
    /// If the roll cannot be read again as it was, or the line does not hold.
    pub fn line(&self, source: &dyn RecordSource, credential: &[u8; 32]) -> Result<Option<RollLine>, VoterError> {
        let read_at = |offset, buffer: &mut [u8]| source.read_exact_at(record::ROLL, offset, buffer);
        let line = self.roll.lookup(credential, read_at).map_err(|error| match error {
            RollLookupError::Source(error) => VoterError::source(error),
            RollLookupError::Changed { .. } => VoterError::Changed { path: record::ROLL.to_string() },
        })?;
        if let Some(line) = &line {
            line.key()?;
        }
        Ok(line)
    }

    /// The voter of a voting code.
    ///
    /// # Errors
    ///
    /// `UnknownCredential` if the roll lacks the credential: then this is not the voter's election.
    pub fn voter(&self, source: &dyn RecordSource, code: &VotingCode) -> Result<Voter, VoterError> {
        let (manifest, joint_key) = (self.context.manifest(), self.context.joint_key());
        let credential = Credential::derive(code, manifest.hash(), joint_key.root())?;
        let line = self.line(source, credential.public().as_bytes())?.ok_or(VoterError::UnknownCredential)?;
        Ok(Voter { credential, line })
    }

    /// How many of the witnesses cosigned the board up to its close; `None` before the close.
    ///
    /// # Errors
    ///
    /// `TwoHistories` if the closing checkpoint is of another board, or why it cannot be read.
    pub fn closing_witnesses(&self, source: &dyn RecordSource) -> Result<Option<ClosingWitnesses>, VoterError> {
        let Some(close_head) = self.board.close_head else { return Ok(None) };
        let manifest = self.context.manifest();
        let path = record::CLOSING_CHECKPOINT;
        let checkpoint_error = |error| VoterError::Checkpoint { path, error };
        let cosigned = match read_file(source, path, MAX_CHECKPOINT_BYTES) {
            Err(ReadError::Missing) => 0,
            Err(error) => return Err(VoterError::file(path)(error)),
            Ok(bytes) => {
                let signed = SignedCheckpoint::parse(&bytes).map_err(checkpoint_error)?;
                let key = board_key(manifest).map_err(checkpoint_error)?;
                if *signed.verify(&key).map_err(checkpoint_error)?.head() != close_head {
                    return Err(VoterError::TwoHistories);
                }
                let witnesses = witness_keys(manifest).map_err(checkpoint_error)?;
                signed.cosigned_by(&witnesses).map_err(checkpoint_error)?.len()
            }
        };
        let witnesses = manifest.witnesses();
        Ok(Some(ClosingWitnesses { cosigned, members: witnesses.members.len(), quorum: witnesses.quorum }))
    }
}

/// Who saw the board at its close besides this voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingWitnesses {
    /// How many cosigned it.
    pub cosigned: usize,
    /// Of how many.
    pub members: usize,
    /// How many the manifest asks for.
    pub quorum: usize,
}

impl ClosingWitnesses {
    /// Whether as many cosigned as the manifest asks for. What a board says that fewer saw, it says perhaps to this voter
    /// alone.
    #[must_use]
    pub fn enough(&self) -> bool {
        self.cosigned >= self.quorum
    }
}

/// A voter whose credential stands on the roll.
pub struct Voter {
    credential: Credential,
    line: RollLine,
}

impl Voter {
    /// The credential.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Its line on the roll: ballot style and weight.
    #[must_use]
    pub fn line(&self) -> &RollLine {
        &self.line
    }

    /// The ballots of this voter on the board.
    ///
    /// # Errors
    ///
    /// If the record cannot be read again as it was.
    pub fn history<R: CryptoRng>(
        &self,
        election: &Election,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<History, VoterError> {
        History::read(election, source, &self.line, rng)
    }

    /// The tracker of the ballot whose place a new one takes.
    ///
    /// # Errors
    ///
    /// `NotOpen`, `Closed`, `HasVoted`, or why the record cannot be read again.
    pub fn predecessor<R: CryptoRng>(
        &self,
        election: &Election,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<Option<Tracker>, VoterError> {
        election.is_open()?;
        let standing = self.history(election, source, rng)?.standing().map(|ballot| ballot.tracker);
        match election.context.manifest().revoting() {
            Revoting::NotAllowed if standing.is_some() => Err(VoterError::HasVoted),
            _ => Ok(standing),
        }
    }

    /// Prepares a ballot. `previous` is the tracker of the ballot whose place it takes, and `counter` a number that this
    /// voter never uses twice: then two ballots differ even where the random source is dead.
    ///
    /// # Errors
    ///
    /// Everything that the rules do not allow.
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

/// Streams the roll.
fn read_roll(source: &dyn RecordSource, manifest: &Manifest) -> Result<RollIndex, VoterError> {
    let mut reader = RollReader::new(RollRules::for_manifest(manifest));
    let read = read_parts(source, record::ROLL, |part, _, _| reader.feed(part, &mut |_| ()));
    read.map_err(VoterError::file(record::ROLL))?;
    reader.finish(&mut |_| ()).map_err(VoterError::Roll)
}
