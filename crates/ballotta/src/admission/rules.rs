//! The rules for the entries of a board that are not ballots.
//!
//! An entry that would invalidate the record is refused before it is appended: an entry that comes too early or too
//! late, that its author did not sign, or that is a second one of the same author.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::board::cancellation::Cancellation;
use crate::board::entry::{Action, EntryError, OrganiserEntry};
use crate::board::note::{NoteError, SignedCheckpoint};
use crate::board::timeline::{Event, Observed};
use crate::board::witness_keys;
use crate::credential::{RollSignature, RollSignatureError};
use crate::decryption::{ClosingStatement, DecryptionError, PartialDecryption, VerifiedDecryption};
use crate::election::ElectionContext;
use crate::encoding::DecodeError;
use crate::key_ceremony::JointKey;
use crate::manifest::Manifest;
use crate::tally::EncryptedTally;
use crate::verifier::{Failure, Report};
use crate::weaken::{self, Check};

/// Why an entry that is not a ballot is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryRefused {
    /// The bytes are not those of an entry of this kind.
    #[error("not {what}: {error}")]
    Encoding {
        /// What the bytes must be.
        what: &'static str,
        /// Why the bytes are not that.
        error: DecodeError,
    },
    /// A message of the key ceremony after the opening.
    #[error("the voting is open: the key ceremony is over")]
    CeremonyOver,
    /// A signature of the roll after the opening.
    #[error("the voting is open: the roll is fixed")]
    RollFixed,
    /// A signature of the roll that is not its authority's.
    #[error(transparent)]
    RollSignature(#[from] RollSignatureError),
    /// A second signature of a credential authority.
    #[error("credential authority {authority} has signed the roll already")]
    SignedAlready {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// An opening of a voting that is open already.
    #[error("the voting is open already")]
    OpenedAlready,
    /// An opening of a record that is not valid so far. What is missing at the opening can never be added.
    #[error("the record is not valid before the opening: {}: {}: {}", .0.check, .0.place, .0.problem)]
    RecordNotValid(Failure),
    /// An opening, a cut-off, a closing or a cancellation that the organiser did not sign.
    #[error(transparent)]
    Organiser(#[from] EntryError),
    /// A cut-off of changes of the roll before the opening or after the close, or a second one.
    #[error("changes of the roll can be cut off once, while the voting is open")]
    NoCutOff,
    /// A closing before the opening.
    #[error("the voting was never opened")]
    NeverOpened,
    /// A closing of a voting that is closed already.
    #[error("the voting is closed already")]
    ClosedAlready,
    /// An entry of the organiser after the cancellation, which is the last one.
    #[error("the election is cancelled")]
    Cancelled,
    /// An entry of the organiser that was signed for a later time.
    #[error("the organiser has signed this for a later time")]
    TooEarly {
        /// The time before which the board must not use the entry, in seconds since 1970.
        not_before: u64,
        /// The time now.
        now: u64,
    },
    /// An entry that must come after the closing, but comes before it.
    #[error("the voting is not closed yet")]
    NotClosed,
    /// A statement or a partial decryption that is not from its trustee, or is about another tally.
    #[error(transparent)]
    Decryption(#[from] DecryptionError),
    /// A second statement of a trustee.
    #[error("the statement of trustee {trustee} is on the board already")]
    StatedAlready {
        /// The number of the trustee, counted from 1.
        trustee: u16,
    },
    /// A second partial decryption of a trustee.
    #[error("the partial decryption of trustee {trustee} is on the board already")]
    DecryptedAlready {
        /// The number of the trustee, counted from 1.
        trustee: u16,
    },
    /// A statement, a decryption or a cosignature after the result was published. The result names those from which it follows.
    #[error("the result is published: nothing can be added to the record")]
    Published,
    /// A line that is not the cosignature of a checkpoint.
    #[error(transparent)]
    Cosignature(#[from] NoteError),
    /// A cosignature that adds no witness. It is refused because such lines would only make the file grow.
    #[error("not a cosignature of a further witness: the manifest does not name it, or it has cosigned already")]
    NoFurtherWitness,
}

impl EntryRefused {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding { .. } => "bad-entry",
            Self::CeremonyOver => "ceremony-over",
            Self::RollFixed => "roll-fixed",
            Self::RollSignature(_) => "bad-roll-signature",
            Self::SignedAlready { .. } => "roll-signed-already",
            Self::OpenedAlready => "opened-already",
            Self::RecordNotValid(_) => "record-not-valid",
            Self::Organiser(_) => "not-of-organiser",
            Self::NoCutOff => "no-cut-off",
            Self::NeverOpened => "never-opened",
            Self::ClosedAlready => "closed-already",
            Self::Cancelled => "cancelled",
            Self::TooEarly { .. } => "too-early",
            Self::NotClosed => "not-closed",
            Self::Decryption(error) => error.code(),
            Self::StatedAlready { .. } => "stated-already",
            Self::DecryptedAlready { .. } => "decrypted-already",
            Self::Published => "published-already",
            Self::Cosignature(_) => "bad-cosignature",
            Self::NoFurtherWitness => "no-further-witness",
        }
    }
}

/// The state of a board. It decides which entries that are not ballots may come next.
#[derive(Clone, Debug, Default)]
pub struct EntryRules {
    opened: bool,
    cut_off: bool,
    closed: bool,
    cancelled: bool,
    published: bool,
    /// The authorities that signed the roll, and the trustees that stated and decrypted.
    signed: Vec<u16>,
    stated: Vec<u16>,
    decrypted: Vec<u16>,
}

impl EntryRules {
    /// Takes note of an entry. The caller passes the entries of the board in their order.
    pub fn observe(&mut self, observed: &Observed<'_>) {
        match &observed.event {
            Some(Event::Opening) => self.opened = true,
            Some(Event::CutOff) => self.cut_off = true,
            Some(Event::Closing) => self.closed = true,
            Some(Event::Cancellation) => self.cancelled = true,
            Some(Event::RollSignature(signature)) => self.signed.push(signature.authority()),
            Some(Event::ClosingStatement(body)) => {
                self.stated.extend(ClosingStatement::decode(body).map(|statement| statement.trustee()));
            }
            Some(Event::PartialDecryption(pointer)) => self.decrypted.push(pointer.author()),
            Some(Event::Publication(_)) => self.published = true,
            Some(Event::Ballot(_) | Event::RollChange(_) | Event::CeremonyMessage(_)) | None => {}
        }
    }

    /// Whether the voting was opened.
    #[must_use]
    pub fn is_opened(&self) -> bool {
        self.opened
    }

    /// Whether the voting was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the election was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Whether the voting was ended, by a closing or a cancellation.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closed || self.cancelled
    }

    /// Checks that the key ceremony may go on. The rules of the ceremony check the messages themselves.
    ///
    /// # Errors
    ///
    /// `CeremonyOver` after the opening.
    pub fn check_ceremony_message(&self) -> Result<(), EntryRefused> {
        if self.opened { Err(EntryRefused::CeremonyOver) } else { Ok(()) }
    }

    /// Checks a credential authority's signature of the roll, and records it.
    ///
    /// # Errors
    ///
    /// `RollFixed`, `Encoding`, `RollSignature` or `SignedAlready`.
    pub fn add_roll_signature<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        if self.opened {
            return Err(EntryRefused::RollFixed);
        }
        let signature = RollSignature::decode(body).map_err(not("a signature of a roll"))?;
        signature.verify(context.manifest(), context.fingerprint(), rng)?;
        // Anybody can hand in again what is on the board, and a verifier looks at a limited number of entries.
        let authority = signature.authority();
        if self.signed.contains(&authority) {
            return Err(EntryRefused::SignedAlready { authority });
        }
        self.signed.push(authority);
        Ok(())
    }

    /// Checks the organiser's opening of a record, and records it. `report` is the verification of the record for the
    /// stage of voting, and `now` the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// `OpenedAlready`, `RecordNotValid`, `Encoding`, `Organiser` or `TooEarly`.
    pub fn add_opening<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        report: &Report,
        body: &[u8],
        now: u64,
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        if self.opened {
            return Err(EntryRefused::OpenedAlready);
        }
        if let Some(failure) = report.opening_obstacle() {
            return Err(EntryRefused::RecordNotValid(failure.clone()));
        }
        check_organiser(context, Action::Open, body, now, rng)?;
        self.opened = true;
        Ok(())
    }

    /// Notes that the roll changes no more, on a board whose cut-off was not observed.
    pub fn note_cut_off(&mut self) {
        self.cut_off = true;
    }

    /// Checks the organiser's cut-off of changes of the roll, and records it. `now` is the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// `Cancelled`, `NoCutOff`, `Encoding`, `Organiser` or `TooEarly`.
    pub fn add_cut_off<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        body: &[u8],
        now: u64,
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        self.is_going_on()?;
        if !self.opened || self.cut_off || self.closed {
            return Err(EntryRefused::NoCutOff);
        }
        check_organiser(context, Action::CutOff, body, now, rng)?;
        self.cut_off = true;
        Ok(())
    }

    /// Checks the organiser's closing, and records it. `now` is the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// `Cancelled`, `NeverOpened`, `ClosedAlready`, `Encoding`, `Organiser` or `TooEarly`.
    pub fn add_closing<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        body: &[u8],
        now: u64,
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        self.is_open()?;
        check_organiser(context, Action::Close, body, now, rng)?;
        self.closed = true;
        Ok(())
    }

    /// Checks the organiser's cancellation, and records it.
    ///
    /// # Errors
    ///
    /// `Cancelled`, `NeverOpened`, `ClosedAlready`, `Encoding` or `Organiser`.
    pub fn add_cancellation<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        self.is_open()?;
        let entry = Cancellation::decode(body).map_err(not("an organiser's entry"))?;
        entry.verify(context.fingerprint(), context.manifest().organiser(), rng)?;
        self.cancelled = true;
        Ok(())
    }

    fn is_going_on(&self) -> Result<(), EntryRefused> {
        if self.cancelled { Err(EntryRefused::Cancelled) } else { Ok(()) }
    }

    fn is_open(&self) -> Result<(), EntryRefused> {
        self.is_going_on()?;
        match (self.opened, self.closed) {
            (false, _) => Err(EntryRefused::NeverOpened),
            (true, true) => Err(EntryRefused::ClosedAlready),
            (true, false) => Ok(()),
        }
    }

    /// Checks a trustee's closing statement, and records it. `tally` is the tally from a verification of the closed board.
    ///
    /// # Errors
    ///
    /// `NotClosed`, `Published`, `Encoding`, `Decryption` or `StatedAlready`.
    pub fn add_statement<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        tally: &EncryptedTally,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(), EntryRefused> {
        if !self.closed {
            return Err(EntryRefused::NotClosed);
        }
        self.is_unpublished()?;
        let statement = ClosingStatement::decode(body).map_err(not("a statement"))?;
        statement.agrees(tally)?;
        statement.verify(manifest, rng)?;
        let trustee = statement.trustee();
        if self.stated.contains(&trustee) {
            return Err(EntryRefused::StatedAlready { trustee });
        }
        self.stated.push(trustee);
        Ok(())
    }

    /// Checks a partial decryption, and records it. `tally` is the tally from a verification of the closed board.
    ///
    /// # Errors
    ///
    /// `NotClosed`, `Published`, `Encoding`, `DecryptedAlready` or `Decryption`.
    pub fn add_partial_decryption<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        joint_key: &JointKey,
        tally: &EncryptedTally,
        bytes: &[u8],
        rng: &mut R,
    ) -> Result<VerifiedDecryption, EntryRefused> {
        if !self.closed {
            return Err(EntryRefused::NotClosed);
        }
        self.is_unpublished()?;
        let part = PartialDecryption::decode(bytes).map_err(not("a partial decryption"))?;
        let trustee = part.trustee();
        if self.decrypted.contains(&trustee) {
            return Err(EntryRefused::DecryptedAlready { trustee });
        }
        let verified = part.verify(context, joint_key, tally, rng)?;
        self.decrypted.push(trustee);
        Ok(verified)
    }

    fn is_unpublished(&self) -> Result<(), EntryRefused> {
        if self.published { Err(EntryRefused::Published) } else { Ok(()) }
    }

    /// Adds a witness's line to the closing checkpoint.
    ///
    /// # Errors
    ///
    /// `Published`, `Cosignature`, or `NoFurtherWitness` if the line adds no witness. Then the
    /// checkpoint is not to be used.
    pub fn add_cosignature(
        &self,
        manifest: &Manifest,
        closing_checkpoint: &mut SignedCheckpoint,
        line: &str,
    ) -> Result<(), EntryRefused> {
        self.is_unpublished()?;
        let witnesses = witness_keys(manifest)?;
        let before = closing_checkpoint.cosigned_by(&witnesses)?.len();
        closing_checkpoint.add_cosignature(line.parse()?);
        if closing_checkpoint.cosigned_by(&witnesses)?.len() == before {
            return Err(EntryRefused::NoFurtherWitness);
        }
        Ok(())
    }
}

fn not(what: &'static str) -> impl FnOnce(DecodeError) -> EntryRefused {
    move |error| EntryRefused::Encoding { what, error }
}

fn check_organiser<R: CryptoRng>(
    context: &ElectionContext,
    action: Action,
    body: &[u8],
    now: u64,
    rng: &mut R,
) -> Result<(), EntryRefused> {
    let entry = OrganiserEntry::decode(action, body).map_err(not("an organiser's entry"))?;
    entry.verify(context.fingerprint(), context.manifest().organiser(), rng)?;
    let not_before = entry.not_before();
    if now < not_before && weaken::is_on(Check::SignedTime) {
        return Err(EntryRefused::TooEarly { not_before, now });
    }
    Ok(())
}
