//! The progress of a ceremony: the message that a trustee must send next, and the messages that may be published next.
//!
//! See `spec/ceremony.md#steps`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::envelope::Envelope;
use super::steps::of_kind;
use super::{CeremonyError, CeremonyParameters, JointKey, MessageKind, Trustee, TrusteeSeed};
use crate::encoding::DecodeError;
use crate::index::TrusteeIndex;
use crate::words;

/// The next step of a trustee in a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeremonyStep {
    /// The trustee must publish a message.
    Due {
        /// The kind of the message that is due.
        kind: MessageKind,
        /// The bytes of the message to publish.
        message: Vec<u8>,
    },
    /// The trustee must wait until other trustees have sent their messages.
    Waiting {
        /// The kind of the messages that are missing.
        kind: MessageKind,
        /// The trustees whose message is missing, in ascending order.
        absent: Vec<u16>,
    },
    /// All trustees have sent all their messages.
    Complete,
}

impl Trustee {
    /// Returns the next step of the trustee with this seed, given all published messages. With the same seed and
    /// messages, it always returns the same step.
    ///
    /// # Errors
    ///
    /// `NotATrustee`, or an error in the messages of the steps that are complete.
    pub fn next_step<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: CeremonyParameters,
        seed: TrusteeSeed,
        messages: &[M],
        rng: &mut R,
    ) -> Result<CeremonyStep, CeremonyError> {
        let indices: Vec<u16> = parameters.indices().map(TrusteeIndex::get).collect();
        let (registered, registration) = Self::register(parameters, seed)?;
        let published = Envelope::open_all(messages)?;
        let bytes = |kind| of_kind(&published, kind);
        let absent = |kind| -> Vec<u16> {
            let is_absent = |index: &u16| published.iter().all(|one| (one.kind, one.author) != (kind, *index));
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
        // The last message is made only if it is due, because this verifies all deals.
        let kind = MessageKind::Confirmation;
        if absent(kind).contains(&registration.author()) {
            let (_, confirmation) = dealt.confirm(&bytes(MessageKind::Deal), rng)?;
            return Ok(CeremonyStep::Due { kind, message: confirmation.as_bytes().to_vec() });
        }
        Ok(step(kind, &[]).unwrap_or(CeremonyStep::Complete))
    }
}

/// The reason why a message of a ceremony must not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NextMessageError {
    /// The bytes are not a message of a ceremony.
    #[error("not a message of a key ceremony: {0}")]
    Unreadable(DecodeError),
    /// Messages of an earlier step are missing.
    #[error("the {kind} of trustee {trustee} is too early: there is no {missing} of {} yet", words::trustees(.absent))]
    TooEarly {
        /// The number of the author of the message.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
        /// The kind of the messages that are missing.
        missing: MessageKind,
        /// The trustees whose message is missing, in ascending order.
        absent: Vec<u16>,
    },
    /// The same message has already been published.
    #[error("the {kind} of trustee {trustee} is already published")]
    AlreadyPublished {
        /// The number of the author of the message.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
    },
    /// The message breaks a rule of the ceremony.
    #[error(transparent)]
    Ceremony(CeremonyError),
}

impl NextMessageError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "bad-ceremony-message",
            Self::TooEarly { .. } => "message-too-early",
            Self::AlreadyPublished { .. } => "message-published-already",
            Self::Ceremony(_) => "bad-ceremony",
        }
    }
}

/// Checks that a message may be published after the messages in `published`: its author signed it, it is the first
/// message of this kind of its author, and all earlier steps are complete. Errors of other trustees are already on the
/// board, and are not a reason to refuse the message.
///
/// # Errors
///
/// [`NextMessageError`] with the reason why the message must not be published.
pub fn check_next_message<M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    published: &[M],
    message: &[u8],
    rng: &mut R,
) -> Result<(), NextMessageError> {
    let Envelope { kind, author, .. } = Envelope::open(message).map_err(NextMessageError::Unreadable)?;
    if published.iter().any(|other| other.as_ref() == message) {
        return Err(NextMessageError::AlreadyPublished { trustee: author, kind });
    }
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
