//! What is verified of a ballot before it may count: the one function for ballot box, verifier and trustees.
//!
//! See `spec/ballot.md#admission`. Here stands what can be said of a ballot alone: bytes, roll, signature, argument. What
//! depends on the ballots before it is the [ledger's](crate::tally::Ledger).

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::signed::{BallotHeader, SignedBallot};
use crate::credential::{Entitlement, RollLine};
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::elgamal::SlotCiphertext;
use crate::encoding::DecodeError;
use crate::hash::Tracker;
use crate::proofs::batch::Batch;
use crate::weaken::{self, Check};

/// Why a ballot does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// The bytes are not a canonical ballot of its style.
    #[error("not a canonical ballot: {0}")]
    Encoding(#[from] DecodeError),
    /// The ballot was made for another election.
    #[error("the ballot was made for another election")]
    WrongElection,
    /// The credential does not stand on the roll.
    #[error("the credential does not stand on the roll")]
    UnknownCredential,
    /// The roll gives the credential another ballot style.
    #[error("the ballot is of style {found}, the roll gives this credential style {expected}")]
    WrongStyle {
        /// The style of the ballot, counted from 0.
        found: usize,
        /// The style on the roll.
        expected: usize,
    },
    /// The roll gives the credential another weight.
    #[error("the ballot is of weight {found}, the roll gives this credential {expected}")]
    WrongWeight {
        /// The weight of the ballot.
        found: u64,
        /// The weight on the roll.
        expected: u64,
    },
    /// The signature is not the credential's over this ballot.
    #[error("the signature is not the credential's over this ballot")]
    BadSignature,
    /// The same ballot stands on the board already.
    #[error("the same ballot is entry {first} already")]
    DuplicateBallot {
        /// The entry that stands.
        first: u64,
    },
    /// Another ballot on the board uses the same randomness `R`.
    #[error("entry {first} uses the same randomness R")]
    RepeatedRandomness {
        /// The entry that stands.
        first: u64,
    },
    /// The argument does not hold.
    #[error("the ballot argument does not hold: the ballot is malformed, or was made for another voter or election")]
    ArgumentInvalid,
    /// The voting has not been opened.
    #[error("voting is not open yet")]
    NotOpen,
    /// The voting is closed.
    #[error("voting is closed")]
    Closed,
    /// The board has [`MAX_ENTRIES`](crate::limits::MAX_ENTRIES) entries.
    #[error("the board has as many entries as a board can have")]
    BoardFull,
    /// The election allows one ballot a voter.
    #[error("this credential has voted, and the election allows no second ballot")]
    RevoteNotAllowed {
        /// The entry that stands.
        first: u64,
    },
    /// The predecessor is not the entry that counts for this credential so far.
    #[error("the ballot's predecessor is not the credential's last valid entry")]
    RevoteFork {
        /// The entry that counts so far, if there is one.
        head: Option<u64>,
    },
}

/// When ballots count: behind the opening and before the close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The entry that opens the voting.
    pub opened: Option<u64>,
    /// The entry that closes it.
    pub closed: Option<u64>,
}

impl Window {
    /// Whether a ballot may stand at this position.
    ///
    /// # Errors
    ///
    /// `NotOpen` or `Closed`.
    pub fn admits(&self, index: u64) -> Result<(), AdmissionError> {
        let opened = self.opened.is_some_and(|opened| opened < index);
        let closed = self.closed.is_some_and(|closed| closed < index);
        match (opened, closed) {
            (false, _) => Err(AdmissionError::NotOpen),
            (true, true) if weaken::is_on(Check::CountBeforeClose) => Err(AdmissionError::Closed),
            _ => Ok(()),
        }
    }
}

/// A ballot to be verified, with its line of the roll: an entry of the board, or one that asks to become it.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    bytes: &'a [u8],
    header: Result<BallotHeader, DecodeError>,
    line: Option<RollLine>,
}

impl<'a> Candidate<'a> {
    /// The candidate of these bytes of a signed ballot. `find` looks the ballot's credential up on the roll; it is not asked
    /// if the header cannot be read.
    ///
    /// # Errors
    ///
    /// The error of `find`.
    pub fn new<E>(bytes: &'a [u8], find: impl FnOnce(&[u8; 32]) -> Result<Option<RollLine>, E>) -> Result<Self, E> {
        let header = BallotHeader::read(bytes);
        let line = match &header {
            Ok(header) => find(&header.credential)?,
            Err(_) => None,
        };
        Ok(Self { bytes, header, line })
    }

    /// The same, with a line that was looked up before.
    #[must_use]
    pub fn with_line(bytes: &'a [u8], line: Option<RollLine>) -> Self {
        Self { bytes, header: BallotHeader::read(bytes), line }
    }
}

/// A ballot whose bytes, eligibility, signature and argument were verified. Only [`verify_ballots`] makes it.
#[derive(Clone, Debug)]
pub struct VerifiedBallot {
    pub(crate) voter: u32,
    pub(crate) weight: u64,
    pub(crate) style: usize,
    pub(crate) tracker: Tracker,
    pub(crate) previous: Option<Tracker>,
    pub(crate) ciphertext: SlotCiphertext,
}

impl VerifiedBallot {
    /// The voter's place on the roll, counted from 0.
    #[must_use]
    pub fn voter(&self) -> u32 {
        self.voter
    }

    /// The tracker.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The tracker of the credential's previous entry.
    #[must_use]
    pub fn previous(&self) -> Option<&Tracker> {
        self.previous.as_ref()
    }

    /// The encrypted slots.
    #[must_use]
    pub fn ciphertext(&self) -> &SlotCiphertext {
        &self.ciphertext
    }
}

/// Verifies ballots together; an invalid one does not hold up the others. The results stand in the order of the
/// candidates.
pub fn verify_ballots<R: CryptoRng>(
    context: &ElectionContext,
    candidates: &[Candidate<'_>],
    rng: &mut R,
) -> Vec<Result<VerifiedBallot, AdmissionError>> {
    let decoded: Vec<Result<Decoded<'_>, AdmissionError>> =
        candidates.iter().map(|candidate| decode(context, candidate)).collect();

    let mut batch = Batch::new(context.bases());
    // The claims of each ballot: its signature, and its argument unless that has another shape than its form.
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

/// A ballot of which bytes, election and place on the roll were checked.
struct Decoded<'a> {
    ballot: SignedBallot,
    style: &'a CompiledBallotStyle,
    voter: u32,
    weight: u64,
}

impl<'a> Decoded<'a> {
    /// Pushes the claims of signature and argument, and returns their numbers.
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
    let ballot = SignedBallot::decode_after(header, context, candidate.bytes)?;
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
    Ok(Decoded { ballot, style, voter: line.voter(), weight })
}
