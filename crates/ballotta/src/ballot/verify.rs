//! The verification of ballots before they count. Ballot box, verifier and trustees use the same function.
//!
//! See `spec/ballot.md#admission`. This module has the checks of a single ballot: bytes, roll, signature, argument. The
//! checks that depend on earlier ballots are in the [ledger](crate::tally::Ledger).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::signed::{BallotHeader, SignedBallot};
use crate::credential::{Entitlement, RollLine};
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::elgamal::SlotCiphertext;
use crate::encoding::DecodeError;
use crate::from_quoted;
use crate::hash::Tracker;
use crate::proofs::batch::Batch;
use crate::weaken::{self, Check};

/// The reason why a ballot does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// The bytes are not a canonical ballot of its style.
    #[error("not a canonical ballot: {0}")]
    Encoding(DecodeError),
    /// The ballot was made for another election.
    #[error("the ballot was made for another election")]
    WrongElection,
    /// The credential is not on the roll.
    #[error("the credential is not on the roll")]
    UnknownCredential,
    /// The credential was revoked before.
    #[error("entry {index} has revoked the credential")]
    Revoked {
        /// The position on the board of the change that revoked it.
        index: u64,
    },
    /// The roll gives the credential another ballot style.
    #[error("the ballot has the style {found}, but the credential has the style {expected} on the roll")]
    WrongStyle {
        /// The number of the ballot's style, counted from 0.
        found: usize,
        /// The number of the style on the roll.
        expected: usize,
    },
    /// The roll gives the credential another weight.
    #[error("the ballot has the weight {found}, but the credential has the weight {expected} on the roll")]
    WrongWeight {
        /// The weight of the ballot.
        found: u64,
        /// The weight on the roll.
        expected: u64,
    },
    /// The credential has not signed this ballot.
    #[error("the credential has not signed this ballot")]
    BadSignature,
    /// The same ballot is already on the board.
    #[error("the same ballot is already on the board, as entry {first}")]
    DuplicateBallot {
        /// The index of the earlier entry.
        first: u64,
    },
    /// Another ballot on the board uses the same randomness `R`.
    #[error("the ballot has the same randomness R as entry {first}")]
    RepeatedRandomness {
        /// The index of the earlier entry.
        first: u64,
    },
    /// The ballot argument is invalid.
    #[error("the ballot argument is invalid: the ballot is malformed, or was made for another voter or election")]
    ArgumentInvalid,
    /// The election has not been opened.
    #[error("voting is not open yet")]
    NotOpen,
    /// The election is already closed.
    #[error("voting is closed")]
    Closed,
    /// The board has [`MAX_ENTRIES`](crate::limits::MAX_ENTRIES) entries.
    #[error("the board is full: it has the largest number of entries")]
    BoardFull,
    /// As many ballots of the credential are admitted as the manifest allows (`ballots_per_credential`).
    #[error("{}", ballot_limit(*.limit, *.last))]
    BallotLimit {
        /// The number of ballots that the manifest allows.
        limit: u8,
        /// The index of the last admitted ballot of the credential.
        last: u64,
    },
    /// The ballot does not name the entry that counts for this credential so far.
    #[error("the ballot does not name the credential's last valid entry as its previous one")]
    RevoteFork {
        /// The index of the entry that counts so far, if there is one.
        head: Option<u64>,
    },
}

impl AdmissionError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding(_) => "bad-ballot",
            Self::WrongElection => "other-election",
            Self::UnknownCredential => "unknown-credential",
            Self::Revoked { .. } => "revoked-credential",
            Self::WrongStyle { .. } => "wrong-style",
            Self::WrongWeight { .. } => "wrong-weight",
            Self::BadSignature => "bad-ballot-signature",
            Self::DuplicateBallot { .. } => "duplicate-ballot",
            Self::RepeatedRandomness { .. } => "repeated-randomness",
            Self::ArgumentInvalid => "bad-ballot-argument",
            Self::NotOpen => "not-open",
            Self::Closed => "closed",
            Self::BoardFull => "board-full",
            Self::BallotLimit { .. } => "ballot-limit",
            Self::RevoteFork { .. } => "revote-fork",
        }
    }
}

from_quoted!(AdmissionError::Encoding(DecodeError));

/// Says that a credential, whose last ballot is in entry `last`, may cast no further ballot.
fn ballot_limit(limit: u8, last: u64) -> String {
    match limit {
        1 => format!("this credential has already voted in entry {last}, and the election allows only one ballot"),
        _ => format!(
            "this credential has cast {limit} ballots, the last one in entry {last}, and the election allows no more"
        ),
    }
}

/// The entries of the board among which ballots are admitted: after the opening, and before the closing or the cancellation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The index of the opening, if there is one.
    pub opened: Option<u64>,
    /// The index of the closing or of the cancellation, if there is one.
    pub closed: Option<u64>,
}

impl Window {
    /// Checks whether a ballot at this index of the board may count.
    ///
    /// # Errors
    ///
    /// `NotOpen` or `Closed`.
    pub fn admits(&self, index: u64) -> Result<(), AdmissionError> {
        let opened = self.opened.is_some_and(|opened| opened < index);
        let closed = self.closed.is_some_and(|closed| closed < index);
        match (opened, closed) {
            (false, _) if weaken::is_on(Check::CountAfterOpen) => Err(AdmissionError::NotOpen),
            (true, true) if weaken::is_on(Check::CountBeforeClose) => Err(AdmissionError::Closed),
            _ => Ok(()),
        }
    }
}

/// A ballot to be verified, with its line of the roll. It is an entry of the board, or may become one.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    bytes: &'a [u8],
    header: Result<BallotHeader, DecodeError>,
    line: Option<RollLine>,
}

impl<'a> Candidate<'a> {
    /// Makes a candidate from the bytes of a signed ballot. `find` looks up the credential on the roll. It is not
    /// called if the header cannot be read.
    ///
    /// # Errors
    ///
    /// The error that `find` returns.
    pub fn new<E>(bytes: &'a [u8], find: impl FnOnce(&[u8; 32]) -> Result<Option<RollLine>, E>) -> Result<Self, E> {
        let header = BallotHeader::read(bytes);
        let line = match &header {
            Ok(header) => find(&header.credential)?,
            Err(_) => None,
        };
        Ok(Self { bytes, header, line })
    }

    /// Makes a candidate with a line of the roll that was looked up before.
    #[must_use]
    pub fn with_line(bytes: &'a [u8], line: Option<RollLine>) -> Self {
        Self { bytes, header: BallotHeader::read(bytes), line }
    }
}

/// A ballot whose bytes, entitlement, signature and argument were verified. Only [`verify_ballots`] makes it.
#[derive(Clone, Debug)]
pub struct VerifiedBallot {
    /// The place on the roll; `None` for a line that a change adds, whose place depends on the changes before it.
    pub(crate) voter: Option<u32>,
    pub(crate) credential: [u8; 32],
    pub(crate) weight: u64,
    pub(crate) style: usize,
    pub(crate) tracker: Tracker,
    pub(crate) previous: Option<Tracker>,
    pub(crate) ciphertext: SlotCiphertext,
}

impl VerifiedBallot {
    /// Returns the line number of the voter on the roll, counted from 0. `None` for a line that a change of the roll adds, whose
    /// number depends on the changes before it.
    #[must_use]
    pub fn voter(&self) -> Option<u32> {
        self.voter
    }

    /// Returns the tracker of the ballot.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Returns the tracker of the credential's previous entry, if there is one.
    #[must_use]
    pub fn previous(&self) -> Option<&Tracker> {
        self.previous.as_ref()
    }

    /// Returns the ciphertexts of the ballot's slots.
    #[must_use]
    pub fn ciphertext(&self) -> &SlotCiphertext {
        &self.ciphertext
    }
}

/// Verifies ballots in one batch. An invalid ballot does not affect the others. The results are in the order of the
/// candidates.
pub fn verify_ballots<R: CryptoRng>(
    context: &ElectionContext,
    candidates: &[Candidate<'_>],
    rng: &mut R,
) -> Vec<Result<VerifiedBallot, AdmissionError>> {
    let decoded: Vec<Result<Decoded<'_>, AdmissionError>> =
        candidates.iter().map(|candidate| decode(context, candidate)).collect();

    let mut batch = Batch::new(context.bases());
    // The claims of each ballot: its signature, and its argument unless the argument does not fit the form.
    let mut claims: Vec<Result<(usize, Option<usize>), AdmissionError>> = Vec::with_capacity(decoded.len());
    for decoded in &decoded {
        claims.push(decoded.as_ref().map(|decoded| decoded.push(context, &mut batch)).map_err(Clone::clone));
    }
    let failing = match batch.verify(rng) {
        Ok(()) => Vec::new(),
        Err(error) => error.claims,
    };

    let holds = |claim: usize| failing.binary_search(&claim).is_err();
    zip(decoded, claims)
        .map(|(decoded, claims)| {
            let (decoded, (signature, argument)) = (decoded?, claims?);
            if !holds(signature) && weaken::is_on(Check::BallotSignature) {
                return Err(AdmissionError::BadSignature);
            }
            if !argument.is_some_and(holds) {
                return Err(AdmissionError::ArgumentInvalid);
            }
            Ok(decoded.verified())
        })
        .collect()
}

/// A ballot whose bytes, election and line of the roll were checked.
struct Decoded<'a> {
    ballot: SignedBallot,
    style: &'a CompiledBallotStyle,
    voter: Option<u32>,
    weight: u64,
}

impl<'a> Decoded<'a> {
    /// Adds the claims of signature and argument to the batch, and returns their numbers.
    fn push<'b>(&'b self, context: &ElectionContext, batch: &mut Batch<'b>) -> (usize, Option<usize>)
    where
        'a: 'b,
    {
        let unsigned = self.ballot.unsigned();
        let mut transcript = context.signature_transcript(unsigned.tracker());
        let signature = batch.push(self.ballot.signature.claim(&mut transcript, unsigned.credential()));
        let mut transcript = context.argument_transcript(unsigned.credential());
        let style = self.style;
        let (form, keys, slots) = (style.form(), style.keys(), style.slots());
        let argument =
            unsigned.argument().claim(&mut transcript, form, self.weight, keys, slots, unsigned.ciphertext());
        (signature, argument.ok().map(|claim| batch.push(claim)))
    }

    fn verified(self) -> VerifiedBallot {
        let Self { ballot: SignedBallot { unsigned, .. }, voter, weight, .. } = self;
        VerifiedBallot {
            voter,
            credential: *unsigned.credential().as_bytes(),
            weight,
            style: unsigned.entitlement().style,
            tracker: *unsigned.tracker(),
            previous: unsigned.previous().copied(),
            ciphertext: unsigned.into_ciphertext(),
        }
    }
}

fn decode<'a>(context: &'a ElectionContext, candidate: &Candidate<'_>) -> Result<Decoded<'a>, AdmissionError> {
    let header = candidate.header.as_ref().map_err(Clone::clone)?;
    if header.fingerprint != *context.fingerprint() && weaken::is_on(Check::BallotFingerprint) {
        return Err(AdmissionError::WrongElection);
    }
    let ballot = SignedBallot::decode(context, candidate.bytes)?;
    let unknown = AdmissionError::UnknownCredential;
    let line = candidate.line.as_ref().ok_or_else(|| unknown.clone())?;
    if line.credential != header.credential && weaken::is_on(Check::CredentialOnRoll) {
        return Err(unknown);
    }
    let Entitlement { style: found, weight } = ballot.unsigned().entitlement();
    if found != line.style && weaken::is_on(Check::BallotStyle) {
        return Err(AdmissionError::WrongStyle { found, expected: line.style });
    }
    if weight != line.weight && weaken::is_on(Check::BallotWeight) {
        return Err(AdmissionError::WrongWeight { found: weight, expected: line.weight });
    }
    let style = context.style(found).ok_or(DecodeError::UnknownValue { field: "style", found: found as u64 })?;
    Ok(Decoded { ballot, style, voter: line.place(), weight })
}
