//! A trustee's session: the message of the key ceremony that is due, the one closing statement, the partial decryption.
//!
//! See `spec/ceremony.md#steps` and `spec/tally.md#decryption`. The command, a service and a page for trustees run this
//! same code; they bring the seed, the record and a [`StatementStore`].
//!
//! # Security
//!
//! A trustee signs only *one* closing statement, ever. The right to sign it is a document of its own, [`new_state`], which
//! is stored once, when the seed is made, and is never copied: a second or restored copy of the seed has no such right.
//! [`ClosingSession::sign_closing`] stores the statement in place of the right before it returns it, returns a stored one
//! again, and refuses to sign about any other tally. A trustee without the document takes over its own statement if the
//! board has one, and otherwise decrypts only what the statements of others, or witnesses, have closed. Only one session at
//! a time may use a store: the caller must lock it.
//!
//! # Examples
//!
//! ```
//! # use ballotta::board::entry::Action;
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let mut board = test.open_board();
//! # board.everybody_votes();
//! # board.organise(Action::Close);
//! # let (record, seed) = (board.record(), TrusteeSeed::from_bytes(&test.trustee_seeds[0]));
//! use std::convert::Infallible;
//!
//! use ballotta::key_ceremony::TrusteeSeed;
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::trustee::{StatementStore, TrusteeSession, new_state};
//! use getrandom::SysRng;
//!
//! /// A store in memory. A real one returns after the document is safe on a disk.
//! struct MemoryStore(Option<Vec<u8>>);
//!
//! impl StatementStore for MemoryStore {
//!     type Error = Infallible;
//!
//!     fn load(&self) -> Result<Option<Vec<u8>>, Infallible> {
//!         Ok(self.0.clone())
//!     }
//!
//!     fn replace(&mut self, document: &[u8]) -> Result<(), Infallible> {
//!         self.0 = Some(document.to_vec());
//!         Ok(())
//!     }
//! }
//!
//! // The right to make one statement is stored when the seed is made.
//! let store = MemoryStore(Some(new_state(seed.signing_key().public())));
//! // `record` is a record whose voting is closed, and `seed` is the trustee's secret.
//! let rng = &mut UnwrapErr(SysRng);
//! let mut closing = TrusteeSession::new(seed, store).verify_closed(&record, &|_| (), rng)?;
//! let statement = closing.sign_closing(rng)?.to_bytes();
//! // The statement goes to the board. After enough statements are there, a session with the same seed and store verifies
//! // a newer copy of the record, and returns the partial decryption with `closing.decrypt(&record, rng)`.
//! assert_eq!(closing.sign_closing(rng)?.to_bytes(), statement, "a stored statement is returned again");
//! # use ballotta::{decryption::DecryptionError::TooFewStatements, trustee::TrusteeError};
//! # let too_few = closing.decrypt(&record, rng).err();
//! # assert!(matches!(too_few, Some(TrusteeError::Decryption(TooFewStatements { found: 0, needed: 3, .. }))));
//! # Ok::<(), ballotta::trustee::TrusteeError<Infallible>>(())
//! ```

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use serde::Deserialize;

use crate::decryption::{ClosedTally, ClosingStatement, DecryptionError, PartialDecryption};
use crate::election::ElectionContext;
use crate::group::PublicElement;
use crate::key_ceremony::{CeremonyError, CeremonyParameters, CeremonyStep, Trustee, TrusteeSeed, TrusteeShares};
use crate::manifest::Closing;
use crate::proofs::schnorr::KeyPair;
use crate::record::{CLOSING_CHECKPOINT, RecordError, RecordSource, read_checkpoint};
use crate::tally::EncryptedTally;
use crate::verifier::{Cancelled, Progress, Report, Stage, Verification, VerifyOptions, verify};

/// Where a trustee keeps its right to make one closing statement, and then the statement: a file beside its key, a row of a
/// database, the storage of a browser. It is no part of a backup.
pub trait StatementStore {
    /// Why the store cannot be read or written.
    type Error;

    /// Reads the stored document; `None` if nothing was ever stored.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    fn load(&self) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Replaces the document, durably and at once: a crash leaves the old one or the new one.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn replace(&mut self, document: &[u8]) -> Result<(), Self::Error>;
}

/// Why a trustee does not sign, decrypt or take part. `E` is the error of its [`StatementStore`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrusteeError<E> {
    /// The messages of the key ceremony break a rule, or the seed is not that of a trustee of this election.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The store has a closing statement, but the key ceremony is not complete: the seed was used in another election.
    #[error("the key has signed the closing statement of another election: a key is for one election only")]
    SeedUsed,
    /// The store cannot be read.
    #[error("the stored state of the trustee cannot be read")]
    Load(#[source] E),
    /// The store cannot be written, so that the statement is not given out.
    #[error("the closing statement cannot be stored, so it is not given out")]
    Store(#[source] E),
    /// The stored document is damaged, or its statement is not signed by this trustee.
    #[error("the stored state of the trustee is damaged")]
    StateDamaged,
    /// The stored document is that of another key.
    #[error("the stored state is that of another key")]
    StateOfAnotherKey,
    /// The statement of this trustee, stored or on the board, is about another tally: it was shown two boards.
    #[error("the only closing statement of this trustee is about another tally")]
    OtherTally(#[source] DecryptionError),
    /// Nothing is stored, and the board has no statement of this trustee that could be taken over.
    #[error("the right to make this trustee's one closing statement is not stored here")]
    NoRightToState,
    /// A trustee that may make its closing statement makes it before it decrypts.
    #[error("this trustee has not made its closing statement yet")]
    NotSigned,
    /// The record is not valid up to the close.
    #[error("the record does not hold up to the close, so nothing is signed or decrypted")]
    InvalidRecord(Box<Report>),
    /// The record has no tally, because the voting is not closed.
    #[error("the record has no tally: the voting is not closed")]
    NotClosed,
    /// The organiser has cancelled the election, so that nothing is decrypted.
    #[error("the organiser has cancelled the election: {reason}")]
    Cancelled {
        /// Why, in the words of the organiser.
        reason: String,
    },
    /// The closing checkpoint cannot be read, so it is not known whether the closing rule is satisfied.
    #[error("the closing checkpoint cannot be read")]
    ClosingCheckpoint(#[source] RecordError),
    /// The closing rule is not satisfied, or the shares are not those of this election.
    #[error(transparent)]
    Decryption(#[from] DecryptionError),
}

impl<E> TrusteeError<E> {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ceremony(CeremonyError::NotATrustee) => "not-a-trustee",
            Self::Ceremony(_) => "bad-ceremony",
            Self::SeedUsed => "seed-used",
            Self::Load(_) => "state-unreadable",
            Self::Store(_) => "state-not-written",
            Self::StateDamaged => "state-damaged",
            Self::StateOfAnotherKey => "state-of-another-key",
            Self::OtherTally(_) => "stated-other-tally",
            Self::NoRightToState => "no-right-to-state",
            Self::NotSigned => "not-stated",
            Self::InvalidRecord(_) => "record-not-valid",
            Self::NotClosed => "not-closed",
            Self::Cancelled { .. } => "cancelled",
            Self::ClosingCheckpoint(error) => error.code(),
            Self::Decryption(error) => error.code(),
        }
    }
}

/// A trustee with its seed and its store.
pub struct TrusteeSession<S> {
    seed: TrusteeSeed,
    store: S,
}

impl<S: StatementStore> TrusteeSession<S> {
    /// A session of the trustee with this seed.
    #[must_use]
    pub fn new(seed: TrusteeSeed, store: S) -> Self {
        Self { seed, store }
    }

    /// The next step of the key ceremony, given all of its messages that are on the board.
    ///
    /// # Errors
    ///
    /// `SeedUsed` if a message is due and the store has a closing statement; `Ceremony`; or what is wrong with the store.
    pub fn ceremony_step<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        parameters: CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<CeremonyStep, TrusteeError<S::Error>> {
        let key = *self.seed.signing_key().public();
        let step = Trustee::next_step(parameters, self.seed, messages, rng)?;
        let is_due = matches!(step, CeremonyStep::Due { .. });
        match is_due.then(|| State::load(&self.store, &key)).transpose()?.flatten() {
            Some(State { statement: Some(_), .. }) => Err(TrusteeError::SeedUsed),
            _ => Ok(step),
        }
    }

    /// Verifies a record up to the close, as anybody does, and recovers the trustee's shares.
    ///
    /// # Errors
    ///
    /// `InvalidRecord`, `Cancelled` or `NotClosed`; `Ceremony` if the shares are not those of this election.
    pub fn verify_closed<R: CryptoRng>(
        self,
        source: &dyn RecordSource,
        progress: &(dyn Fn(Progress) + Sync),
        rng: &mut R,
    ) -> Result<ClosingSession<S>, TrusteeError<S::Error>> {
        let Self { seed, store } = self;
        let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
        let verification = verify(source, &options, progress, rng);
        if !verification.report.holds() {
            return Err(TrusteeError::InvalidRecord(Box::new(verification.report)));
        }
        if let Some(Cancelled { reason, .. }) = verification.cancellation {
            return Err(TrusteeError::Cancelled { reason });
        }
        closed(&verification)?;
        let joint_key = verification.joint_key.as_ref().ok_or(TrusteeError::NotClosed)?;
        let signing = seed.signing_key();
        let shares = TrusteeShares::recover(joint_key.parameters().clone(), seed, &verification.ceremony, rng)?;
        Ok(ClosingSession { verification, signing, shares, store })
    }
}

/// The session of a trustee that has verified a record whose voting is closed.
pub struct ClosingSession<S> {
    verification: Verification,
    signing: KeyPair,
    shares: TrusteeShares,
    store: S,
}

impl<S: StatementStore> ClosingSession<S> {
    /// The verification of the record by the trustee.
    #[must_use]
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// The trustee's one closing statement about this record, if it is stored or on the board. `None` if
    /// [`sign_closing`](Self::sign_closing) would sign it now. Whoever shows what will be signed asks this first.
    ///
    /// # Errors
    ///
    /// Those of `sign_closing`.
    pub fn own_statement<R: CryptoRng>(&self, rng: &mut R) -> Result<Option<ClosingStatement>, TrusteeError<S::Error>> {
        match self.stated(rng)? {
            Stated::Stored(own) | Stated::OnBoard(own) => Ok(Some(own)),
            Stated::NotYet => Ok(None),
            Stated::NoRight => Err(TrusteeError::NoRightToState),
        }
    }

    /// Returns the trustee's one closing statement about this record. It is signed, or taken over from the board, and stored
    /// the first time, and read from the store each time after.
    ///
    /// # Errors
    ///
    /// `OtherTally` if the trustee's statement is about another tally; `NoRightToState` if there is no statement, and the
    /// store is empty; otherwise what is wrong with the store.
    pub fn sign_closing<R: CryptoRng>(&mut self, rng: &mut R) -> Result<ClosingStatement, TrusteeError<S::Error>> {
        let statement = match self.stated(rng)? {
            Stated::Stored(own) => return Ok(own),
            Stated::OnBoard(own) => own,
            Stated::NotYet => {
                let (_, tally) = closed(&self.verification)?;
                ClosingStatement::sign(tally, self.shares.index().get(), &self.signing, rng)
            }
            Stated::NoRight => return Err(TrusteeError::NoRightToState),
        };
        let state = State { key: *self.signing.public(), statement: Some(statement.clone()) };
        self.store.replace(&state.to_bytes()).map_err(TrusteeError::Store)?;
        Ok(statement)
    }

    /// Returns the trustee's partial decryption, if the closing rule is satisfied by the statements that were on the
    /// board when the record was verified, or by the closing checkpoint that `source` has now.
    ///
    /// # Errors
    ///
    /// `NotSigned` if the trustee may make a statement and has not made it; `OtherTally` if its statement is about another
    /// tally; `Decryption` if the closing rule is not satisfied; `ClosingCheckpoint` if that cannot be known.
    pub fn decrypt<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<PartialDecryption, TrusteeError<S::Error>> {
        let (context, tally) = closed(&self.verification)?;
        let joint_key = self.verification.joint_key.as_ref().ok_or(TrusteeError::NotClosed)?;
        if let Stated::NotYet = self.stated(rng)? {
            return Err(TrusteeError::NotSigned);
        }
        let checkpoint = match context.manifest().closing() {
            Closing::Statements => None,
            Closing::Witnesses => {
                read_checkpoint(source, CLOSING_CHECKPOINT).map_err(TrusteeError::ClosingCheckpoint)?
            }
        };
        let statements = &self.verification.statements;
        let closed = ClosedTally::check(context.manifest(), tally.clone(), statements, checkpoint.as_ref(), rng)?;
        Ok(PartialDecryption::decrypt(context, joint_key, &closed, &self.shares, &self.signing, rng)?)
    }

    /// What this trustee has stated. Every statement of it, stored or on the board, must be about this tally.
    fn stated<R: CryptoRng>(&self, rng: &mut R) -> Result<Stated, TrusteeError<S::Error>> {
        let (context, tally) = closed(&self.verification)?;
        let trustee = self.shares.index().get();
        let state = State::load(&self.store, self.signing.public())?;
        let is_allowed = state.is_some();
        let stored = state.and_then(|state| state.statement);
        if let Some(statement) = &stored {
            statement.agrees(tally).map_err(TrusteeError::OtherTally)?;
            if statement.trustee() != trustee || statement.verify(context.manifest(), rng).is_err() {
                return Err(TrusteeError::StateDamaged);
            }
        }
        // The verifier has kept only statements with a valid signature.
        let mut on_board = self.verification.statements.iter().filter(|statement| statement.trustee() == trustee);
        on_board.clone().try_for_each(|statement| statement.agrees(tally)).map_err(TrusteeError::OtherTally)?;
        Ok(match (stored, on_board.next()) {
            (Some(own), _) => Stated::Stored(own),
            (None, Some(own)) => Stated::OnBoard(own.clone()),
            (None, None) if is_allowed => Stated::NotYet,
            (None, None) => Stated::NoRight,
        })
    }
}

/// What a trustee has stated about a closed board.
enum Stated {
    /// The stored statement.
    Stored(ClosingStatement),
    /// Nothing is stored: another copy of the key has made the statement that is on the board.
    OnBoard(ClosingStatement),
    /// Nothing, and the right to make a statement is stored.
    NotYet,
    /// Nothing, and another copy of the key may have made a statement that is not on the board.
    NoRight,
}

/// The election and the tally of a record that is closed.
fn closed<E>(verification: &Verification) -> Result<(&ElectionContext, &EncryptedTally), TrusteeError<E>> {
    verification.context.as_ref().zip(verification.tally.as_ref()).ok_or(TrusteeError::NotClosed)
}

/// The right to make one closing statement with this key, as a [`StatementStore`] keeps it. It is stored once, when the key is
/// made, on the machine that takes part in the ceremony.
#[must_use]
pub fn new_state(key: &PublicElement) -> Vec<u8> {
    State { key: *key, statement: None }.to_bytes()
}

/// What a store keeps: the right to make one statement, or the statement. JSON, see `spec/command-line.md#trustee`.
struct State {
    key: PublicElement,
    statement: Option<ClosingStatement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateDocument {
    format: String,
    /// The public key of the trustee, in hexadecimal.
    key: String,
    /// The statement in hexadecimal; `null` before it is made.
    statement: Option<String>,
}

impl State {
    const FORMAT: &str = crate::format_name!("trustee-state");

    /// Reads the state of this key.
    fn load<S: StatementStore>(store: &S, key: &PublicElement) -> Result<Option<Self>, TrusteeError<S::Error>> {
        let Some(document) = store.load().map_err(TrusteeError::Load)? else { return Ok(None) };
        let document: StateDocument = serde_json::from_slice(&document)
            .ok()
            .filter(|document: &StateDocument| document.format == Self::FORMAT)
            .ok_or(TrusteeError::StateDamaged)?;
        if document.key != hex::encode(key.as_bytes()) {
            return Err(TrusteeError::StateOfAnotherKey);
        }
        let decode = |text: String| hex::decode(text).ok().and_then(|bytes| ClosingStatement::decode(&bytes).ok());
        let statement = document.statement.map(|text| decode(text).ok_or(TrusteeError::StateDamaged)).transpose()?;
        Ok(Some(Self { key: *key, statement }))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (format, key) = (Self::FORMAT, hex::encode(self.key.as_bytes()));
        let statement = self
            .statement
            .as_ref()
            .map_or_else(|| String::from("null"), |statement| format!("\"{}\"", hex::encode(statement.to_bytes())));
        // No text has a character that JSON escapes.
        let text = format!("{{\n  \"format\": \"{format}\",\n  \"key\": \"{key}\",\n  \"statement\": {statement}\n}}");
        text.into_bytes()
    }
}
