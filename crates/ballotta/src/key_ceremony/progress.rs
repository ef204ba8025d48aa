//! How far a ceremony has come: the message that a trustee must send next, and the messages that may be published next.
//!
//! See `spec/ceremony.md#steps`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::envelope::Envelope;
use super::{CeremonyError, CeremonyParameters, JointKey, MessageKind, Trustee, TrusteeSeed};
use crate::encoding::DecodeError;
use crate::index::TrusteeIndex;

/// What a trustee has to do in a ceremony that has come so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeremonyStep {
    /// A message of the trustee is due.
    Due {
        /// The kind of the message.
        kind: MessageKind,
        /// The message to publish.
        message: Vec<u8>,
    },
    /// Nothing is due until other trustees have sent their messages.
    Waiting {
        /// The kind of the messages that are missing.
        kind: MessageKind,
        /// The trustees whose message is missing, in ascending order.
        absent: Vec<u16>,
    },
    /// All messages of all trustees are there.
    Complete,
}

impl Trustee {
    /// The next step of the trustee with this seed, given all messages that are published. It is a function of the seed
    /// and the messages: asked again, it is the same message.
    ///
    /// # Errors
    ///
    /// `NotATrustee`, or what is wrong with the messages of the steps that are complete.
    pub fn next_step<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: CeremonyParameters,
        seed: TrusteeSeed,
        messages: &[M],
        rng: &mut R,
    ) -> Result<CeremonyStep, CeremonyError> {
        let indices: Vec<u16> = parameters.indices().map(TrusteeIndex::get).collect();
        let (registered, registration) = Self::register(parameters, seed)?;
        let published = Envelope::open_all(messages)?;
        let of_kind = |kind| published.iter().filter(move |message| message.kind == kind);
        let bytes = |kind| of_kind(kind).map(|message| message.bytes).collect::<Vec<_>>();
        let absent = |kind| -> Vec<u16> {
            let is_absent = |index: &u16| of_kind(kind).all(|message| message.author != *index);
            indices.iter().copied().filter(is_absent).collect()
        };
        let step = |kind, message: &[u8]| match absent(kind) {
            absent if absent.contains(&registration.author()) => {
                Some(CeremonyStep::Due { kind, message: message.to_vec() })
            }
            absent if !absent.is_empty() => Some(CeremonyStep::Waiting { kind, absent }),
            _ => None,
        };

        if let Some(step) = step(MessageKind::Registration, registration.as_bytes()) {
            return Ok(step);
        }
        let (committed, commitment) = registered.commit(&bytes(MessageKind::Registration), rng)?;
        if let Some(step) = step(MessageKind::DealCommitment, commitment.as_bytes()) {
            return Ok(step);
        }
        let (dealt, deal) = committed.deal(&bytes(MessageKind::DealCommitment), rng)?;
        if let Some(step) = step(MessageKind::Deal, deal.as_bytes()) {
            return Ok(step);
        }
        // Only if it is due: making the last message verifies all deals.
        let kind = MessageKind::Confirmation;
        if absent(kind).contains(&registration.author()) {
            let (_, confirmation) = dealt.confirm(&bytes(MessageKind::Deal), rng)?;
            return Ok(CeremonyStep::Due { kind, message: confirmation.as_bytes().to_vec() });
        }
        Ok(step(kind, &[]).unwrap_or(CeremonyStep::Complete))
    }
}

/// Why a further message of a ceremony must not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NextMessageError {
    /// The bytes are not a message of a ceremony.
    #[error("not a message of a key ceremony: {0}")]
    Unreadable(DecodeError),
    /// Messages of an earlier step are missing.
    #[error("the {kind} of trustee {trustee} is too early: no {missing} of trustees {absent:?}")]
    TooEarly {
        /// The author of the message.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
        /// The kind of the messages that are missing.
        missing: MessageKind,
        /// The trustees whose message is missing, in ascending order.
        absent: Vec<u16>,
    },
    /// The same message is published already.
    #[error("the {kind} of trustee {trustee} is published already")]
    AlreadyPublished {
        /// The author of the message.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
    },
    /// The message breaks a rule of the ceremony.
    #[error(transparent)]
    Ceremony(CeremonyError),
}

/// Checks that a message may be published after others: its author signed it, it is the author's first of its kind, and
/// the steps before are complete. What other trustees did wrong is on the board already and is no reason to refuse it.
///
/// # Errors
///
/// Why the message would spoil the ceremony.
pub fn check_next_message<M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    published: &[M],
    message: &[u8],
    rng: &mut R,
) -> Result<(), NextMessageError> {
    let Envelope { kind, author, .. } = Envelope::open(message).map_err(NextMessageError::Unreadable)?;
    let messages: Vec<&[u8]> = published.iter().map(AsRef::as_ref).chain([message]).collect();
    match JointKey::verify(parameters, &messages, rng) {
        Ok(_) | Err(CeremonyError::TooFewConfirmed { .. }) => Ok(()),
        Err(CeremonyError::MissingMessage { kind: missing, .. }) if missing >= kind => Ok(()),
        Err(CeremonyError::MissingMessage { kind: missing, absent }) => {
            Err(NextMessageError::TooEarly { trustee: author, kind, missing, absent })
        }
        Err(CeremonyError::DuplicateMessage { trustee, kind }) => {
            Err(NextMessageError::AlreadyPublished { trustee, kind })
        }
        Err(error) if !error.culprits().is_empty() && !error.culprits().contains(&author) => Ok(()),
        Err(error) => Err(NextMessageError::Ceremony(error)),
    }
}
