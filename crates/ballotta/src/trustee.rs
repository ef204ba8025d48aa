//! A trustee's session: the message of the key ceremony that is due, the one closing statement, the partial decryption.
//!
//! See `spec/ceremony.md#steps` and `spec/tally.md#decryption`. The command, a service and a page for trustees run this
//! same code; they bring the seed, the record and a [`StatementStore`].
//!
//! # Security
//!
//! A trustee signs only *one* closing statement. [`ClosingSession::sign_closing`] stores it before it returns it,
//! returns a stored one again, and refuses to sign about any other tally. A trustee that has lost its store takes no
//! part any more if the board has a statement of it. Only one session at a time may use a store: the caller must lock it.
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
//! use std::io::{Error, ErrorKind};
//!
//! use ballotta::key_ceremony::TrusteeSeed;
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::trustee::{StatementStore, TrusteeSession};
//! use getrandom::SysRng;
//!
//! /// A store in memory. A real one returns after the document is safe on a disk.
//! #[derive(Default)]
//! struct MemoryStore(Option<Vec<u8>>);
//!
//! impl StatementStore for MemoryStore {
//!     type Error = Error;
//!
//!     fn load(&self) -> Result<Option<Vec<u8>>, Error> {
//!         Ok(self.0.clone())
//!     }
//!
//!     fn store_new(&mut self, document: &[u8]) -> Result<(), Error> {
//!         if self.0.is_some() {
//!             return Err(ErrorKind::AlreadyExists.into());
//!         }
//!         self.0 = Some(document.to_vec());
//!         Ok(())
//!     }
//! }
//!
//! // `record` is a record whose voting is closed, and `seed` is the trustee's secret.
//! let rng = &mut UnwrapErr(SysRng);
//! let mut closing = TrusteeSession::new(seed, MemoryStore::default()).verify_closed(&record, &|_| (), rng)?;
//! let statement = closing.sign_closing(rng)?.to_bytes();
//! // The statement goes to the board. After enough statements are there, a session with the same seed and store verifies
//! // a newer copy of the record, and returns the partial decryption with `closing.decrypt(&record, rng)`.
//! # use ballotta::{decryption::DecryptionError::TooFewStatements, trustee::TrusteeError};
//! # let too_few = closing.decrypt(&record, rng).err();
//! # assert!(matches!(too_few, Some(TrusteeError::Decryption(TooFewStatements { found: 0, needed: 3, .. }))));
//! # assert_eq!(closing.sign_closing(rng)?.to_bytes(), statement);
//! # Ok::<(), ballotta::trustee::TrusteeError<Error>>(())
//! ```

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use serde::Deserialize;

use crate::decryption::{ClosedTally, ClosingStatement, DecryptionError, PartialDecryption};
use crate::election::ElectionContext;
use crate::key_ceremony::{CeremonyError, CeremonyParameters, CeremonyStep, Trustee, TrusteeSeed, TrusteeShares};
use crate::manifest::{Closing, Manifest};
use crate::proofs::schnorr::KeyPair;
use crate::record::{CLOSING_CHECKPOINT, RecordError, RecordSource, read_checkpoint};
use crate::tally::EncryptedTally;
use crate::verifier::{Progress, Report, Stage, Verification, VerifyOptions, verify};

/// Where a trustee keeps its one closing statement: a file beside its key, a row of a database, the storage of a browser.
pub trait StatementStore {
    /// Why the store cannot be read or written.
    type Error;

    /// Reads the stored document; `None` if nothing was ever stored.
    ///
    /// # Errors
    ///
    /// If the store cannot be read. It must not return `None` then: the trustee would sign a second statement.
    fn load(&self) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Stores the document durably: after this has returned, no crash loses it.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or if there is a document already, which must not be replaced.
    fn store_new(&mut self, document: &[u8]) -> Result<(), Self::Error>;
}

/// Why a trustee does not sign, decrypt or take part. `E` is the error of its [`StatementStore`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrusteeError<E> {
    /// The messages of the key ceremony break a rule, or the seed is not that of a trustee of this election.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The store has a closing statement, but the key ceremony is not complete: the seed was used in another election.
    #[error("the seed has signed the closing statement of another election: a seed is for one election only")]
    SeedUsed,
    /// The store cannot be read.
    #[error("the stored closing statement cannot be read")]
    Load(#[source] E),
    /// The store cannot be written, so that the statement is not given out.
    #[error("the closing statement cannot be stored, so it is not given out")]
    Store(#[source] E),
    /// The stored document is damaged.
    #[error("the stored closing statement is damaged: a trustee that has lost its statement cannot take part")]
    StatementDamaged,
    /// The stored statement names another trustee.
    #[error("the stored closing statement is that of trustee {trustee}")]
    StatementOfAnotherTrustee {
        /// The trustee that it names, counted from 1.
        trustee: u16,
    },
    /// The stored statement names this trustee, and this key did not sign it: it belongs to another key.
    #[error("the key of this trustee did not sign the stored closing statement")]
    StatementOfAnotherKey,
    /// The stored statement is about another tally: the trustee was shown two boards.
    #[error("the stored closing statement is about another tally")]
    OtherTally(#[source] DecryptionError),
    /// The board has a statement of this trustee and the store has none.
    #[error(
        "the board has a closing statement of this trustee, but the trustee has not stored it: a trustee that has lost its statement cannot take part"
    )]
    StatementLost,
    /// Nothing is decrypted before the trustee has signed its closing statement.
    #[error("no closing statement is stored: a trustee decrypts only the tally about which it has signed a statement")]
    NotSigned,
    /// The record is not valid up to the close.
    #[error("the record does not hold up to the close, so nothing is signed or decrypted")]
    InvalidRecord(Box<Report>),
    /// The record has no tally, because the voting is not closed.
    #[error("the record has no tally: the voting is not closed")]
    NotClosed,
    /// The closing checkpoint cannot be read, so it is not known whether the closing rule is satisfied.
    #[error("the closing checkpoint cannot be read")]
    ClosingCheckpoint(#[source] RecordError),
    /// The closing rule is not satisfied, or the shares are not those of this election.
    #[error(transparent)]
    Decryption(#[from] DecryptionError),
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
    /// `SeedUsed` if a message is due and the store has a closing statement; `Ceremony` or `Load`.
    pub fn ceremony_step<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        parameters: CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<CeremonyStep, TrusteeError<S::Error>> {
        let step = Trustee::next_step(parameters, self.seed, messages, rng)?;
        let is_due = matches!(step, CeremonyStep::Due { .. });
        if is_due && self.store.load().map_err(TrusteeError::Load)?.is_some() {
            return Err(TrusteeError::SeedUsed);
        }
        Ok(step)
    }

    /// Verifies a record up to the close, as anybody does, and recovers the trustee's shares.
    ///
    /// # Errors
    ///
    /// `InvalidRecord` or `NotClosed`; `Ceremony` if the shares are not those of this election.
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
        let (context, _) = closed(&verification)?;
        let joint_key = context.joint_key();
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

    /// The trustee's one closing statement about this record, if it is stored already. `None` if
    /// [`sign_closing`](Self::sign_closing) would sign it now. Whoever shows what will be signed asks this first.
    ///
    /// # Errors
    ///
    /// Those of `sign_closing`.
    pub fn stored_statement<R: CryptoRng>(
        &self,
        rng: &mut R,
    ) -> Result<Option<ClosingStatement>, TrusteeError<S::Error>> {
        let (context, tally) = closed(&self.verification)?;
        let stored = self.stored(tally, rng)?;
        if stored.is_none() && self.has_stated(context.manifest(), rng) {
            return Err(TrusteeError::StatementLost);
        }
        Ok(stored)
    }

    /// Returns the trustee's one closing statement about this record. It is signed and stored the first time, and read
    /// from the store each time after.
    ///
    /// # Errors
    ///
    /// `OtherTally` if the stored statement is about another tally; `StatementLost` if the store is empty and the board
    /// has a statement of this trustee; otherwise what is wrong with the store.
    pub fn sign_closing<R: CryptoRng>(&mut self, rng: &mut R) -> Result<ClosingStatement, TrusteeError<S::Error>> {
        if let Some(stored) = self.stored_statement(rng)? {
            return Ok(stored);
        }
        let (_, tally) = closed(&self.verification)?;
        let statement = ClosingStatement::sign(tally, self.shares.index().get(), &self.signing, rng);
        self.store.store_new(StatementDocument::encode(&statement).as_bytes()).map_err(TrusteeError::Store)?;
        Ok(statement)
    }

    /// Returns the trustee's partial decryption, if the closing rule is satisfied by the statements that were on the
    /// board when the record was verified, or by the closing checkpoint that `source` has now.
    ///
    /// # Errors
    ///
    /// `NotSigned`, `StatementLost` or `OtherTally` unless the store has the statement about this tally; `Decryption` if
    /// the closing rule is not satisfied; `ClosingCheckpoint` if that cannot be known.
    pub fn decrypt<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        rng: &mut R,
    ) -> Result<PartialDecryption, TrusteeError<S::Error>> {
        let (context, tally) = closed(&self.verification)?;
        self.stored_statement(rng)?.ok_or(TrusteeError::NotSigned)?;
        let checkpoint = match context.manifest().closing() {
            Closing::Statements => None,
            Closing::Witnesses => {
                read_checkpoint(source, CLOSING_CHECKPOINT).map_err(TrusteeError::ClosingCheckpoint)?
            }
        };
        let statements = &self.verification.statements;
        let closed = ClosedTally::check(context.manifest(), tally.clone(), statements, checkpoint.as_ref(), rng)?;
        Ok(PartialDecryption::decrypt(context, &closed, &self.shares, rng)?)
    }

    /// Whether the board has a statement of this trustee. Anybody can put one under this trustee's name on the board: only
    /// a signed one is its own.
    fn has_stated<R: CryptoRng>(&self, manifest: &Manifest, rng: &mut R) -> bool {
        let mut statements = self.verification.statements.iter();
        let trustee = self.shares.index().get();
        statements.any(|statement| statement.trustee() == trustee && statement.verify(manifest, rng).is_ok())
    }

    /// The stored statement, which must be about this tally, and signed by this trustee's key.
    fn stored<R: CryptoRng>(
        &self,
        tally: &EncryptedTally,
        rng: &mut R,
    ) -> Result<Option<ClosingStatement>, TrusteeError<S::Error>> {
        let Some(document) = self.store.load().map_err(TrusteeError::Load)? else { return Ok(None) };
        let statement = StatementDocument::decode(&document).ok_or(TrusteeError::StatementDamaged)?;
        let trustee = statement.trustee();
        if trustee != self.shares.index().get() {
            return Err(TrusteeError::StatementOfAnotherTrustee { trustee });
        }
        statement.agrees(tally).map_err(TrusteeError::OtherTally)?;
        let (context, _) = closed(&self.verification)?;
        if statement.verify(context.manifest(), rng).is_err() {
            return Err(TrusteeError::StatementOfAnotherKey);
        }
        Ok(Some(statement))
    }
}

/// The election and the tally of a record that is closed.
fn closed<E>(verification: &Verification) -> Result<(&ElectionContext, &EncryptedTally), TrusteeError<E>> {
    verification.context.as_ref().zip(verification.tally.as_ref()).ok_or(TrusteeError::NotClosed)
}

/// The document that a store keeps of a closing statement: JSON, see `spec/command-line.md#trustee`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementDocument {
    format: String,
    #[expect(dead_code, reason = "for people, who compare it")]
    fingerprint: String,
    /// The statement in hexadecimal.
    statement: String,
}

impl StatementDocument {
    const FORMAT: &str = crate::format_name!("trustee-state");

    fn encode(statement: &ClosingStatement) -> String {
        let (format, fingerprint) = (Self::FORMAT, statement.fingerprint());
        let statement = hex::encode(statement.to_bytes());
        // No text has a character that JSON escapes.
        format!(
            "{{\n  \"format\": \"{format}\",\n  \"fingerprint\": \"{fingerprint}\",\n  \"statement\": \"{statement}\"\n}}"
        )
    }

    fn decode(document: &[u8]) -> Option<ClosingStatement> {
        let Self { format, statement, .. } = serde_json::from_slice(document).ok()?;
        let statement = hex::decode(statement).ok().filter(|_| format == Self::FORMAT)?;
        ClosingStatement::decode(&statement).ok()
    }
}
