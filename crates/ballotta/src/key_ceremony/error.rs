//! The errors of a ceremony, and the trustees who are at fault.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::kind::MessageKind;
use crate::encoding::DecodeError;
use crate::hash::FileHash;
use crate::words::{self, counted};

/// A message for which no trustee is responsible: the trustee that it names did not sign it, or saw other messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnattributedMessage {
    /// The hash of the bytes of the message.
    pub file: FileHash,
    /// The kind that the message names.
    pub kind: MessageKind,
    /// The number of the author that the message names.
    pub author: u16,
}

impl fmt::Display for UnattributedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the name of trustee {}", self.kind, self.author)
    }
}

/// The evidence that a trustee signed two different messages for one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The number of the trustee who signed both messages.
    pub trustee: u16,
    /// Both messages, with their signatures.
    pub messages: [Vec<u8>; 2],
}

/// The reason why a ceremony cannot continue. If several trustees broke the same rule, the error names all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// A parameter of the ceremony is not within its bounds.
    #[error("{field}: {found} is not between {least} and {most}")]
    Parameter {
        /// The name of the parameter.
        field: &'static str,
        /// The value that was found.
        found: usize,
        /// The smallest value that is allowed.
        least: usize,
        /// The largest value that is allowed.
        most: usize,
    },
    /// The signing key of the seed is not the key of any trustee.
    #[error("the signing key of this seed is not the key of any trustee of the manifest")]
    NotATrustee,
    /// There is no trustee with this index.
    #[error("no trustee has the index {index}")]
    IndexOutOfRange {
        /// The index that was found.
        index: u16,
    },
    /// Messages cannot be read, not even far enough to know who signed them.
    #[error("messages cannot be read: {}", list(.messages.iter().map(|(_, error)| error)))]
    Unreadable {
        /// The hash of each message, and the error in its bytes.
        messages: Vec<(FileHash, DecodeError)>,
    },
    /// Trustees signed messages that cannot be decoded.
    #[error("messages signed by trustees cannot be read: {}", list(.trustees.iter().map(|(trustee, error)| format!("{trustee}: {error}"))))]
    Decode {
        /// The trustees who signed them, and the error in the bytes.
        trustees: Vec<(u16, DecodeError)>,
    },
    /// A message of another step is among the messages of this step.
    #[error("expected a {expected}, but found a {found} of trustee {trustee}")]
    UnexpectedMessage {
        /// The number of the author that the message names.
        trustee: u16,
        /// The kind of the message that was found.
        found: MessageKind,
        /// The kind of the messages of this step.
        expected: MessageKind,
    },
    /// Messages were published after a message of a later step.
    #[error("messages were published after a message of a later step: {}", list(.messages))]
    OutOfOrder {
        /// The messages that were published too late.
        messages: Vec<UnattributedMessage>,
    },
    /// Messages name authors that are not trustees of the manifest.
    #[error("the author is not a trustee of the manifest: {}", list(.messages))]
    UnknownAuthor {
        /// The messages with these authors.
        messages: Vec<UnattributedMessage>,
    },
    /// Messages are not signed by the trustees that they name as authors, or were signed for another ceremony.
    #[error("not signed by that trustee, or for another ceremony: {}", list(.messages))]
    BadSignature {
        /// The messages with an invalid signature.
        messages: Vec<UnattributedMessage>,
    },
    /// The same message appears twice, with identical bytes.
    #[error("the {kind} of trustee {trustee} appears twice")]
    DuplicateMessage {
        /// The number of the author.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
    },
    /// Trustees signed two different messages for one step.
    #[error("{} signed two different messages for one step", words::trustees(&authors(.evidence)))]
    Equivocation {
        /// The first two different messages of each of these trustees.
        evidence: Vec<Evidence>,
    },
    /// Trustees have not sent their messages of this step.
    #[error("the {kind} of {} is missing", words::trustees(.absent))]
    MissingMessage {
        /// The kind of the missing messages.
        kind: MessageKind,
        /// The trustees whose messages are missing.
        absent: Vec<u16>,
    },
    /// Messages are signed for another roster than that of the registrations.
    #[error("these messages are for a different roster, because their authors saw different registrations: {}", list(.messages))]
    RosterMismatch {
        /// The messages for the other roster.
        messages: Vec<UnattributedMessage>,
    },
    /// Trustees have not proved that they know the secrets of their encryption keys.
    #[error("the proof of the secret encryption key of {} is invalid", words::trustees(.trustees))]
    PossessionProofInvalid {
        /// The trustees whose proof is invalid.
        trustees: Vec<u16>,
    },
    /// A key is used for two purposes or by two trustees.
    #[error("a key of {} is also used for another purpose or by another trustee", words::trustees(.trustees))]
    KeyReuse {
        /// The trustees with such a key.
        trustees: Vec<u16>,
    },
    /// Deals differ from the deals to which their dealers committed.
    #[error("the deal of {} is not the one of the commitment", words::trustees(.dealers))]
    CommitmentMismatch {
        /// The dealers of these deals.
        dealers: Vec<u16>,
    },
    /// Dealers have not proved that they know their constant terms.
    #[error("the proof of the constant terms in the deal of {} is invalid", words::trustees(.dealers))]
    DealProofInvalid {
        /// The dealers whose proof is invalid.
        dealers: Vec<u16>,
    },
    /// Dealers have not proved that they know the secrets of the ephemeral keys of encrypted shares.
    #[error("the dealer has not proved that it encrypted the shares itself: {}", shares(.places))]
    ShareProofInvalid {
        /// The dealer and the receiver of each of these shares.
        places: Vec<(u16, u16)>,
    },
    /// An ephemeral key appears in two places, with a valid proof in each.
    #[error("one ephemeral key encrypts several shares: {}", shares(.places))]
    CopiedEphemeral {
        /// The dealer and the receiver of each of these shares.
        places: Vec<(u16, u16)>,
    },
    /// A key is the identity, which is not allowed.
    #[error("{field} {number} is the identity, which is not allowed")]
    IdentityElement {
        /// The name of the key.
        field: &'static str,
        /// The number of the trustee or slot, counted from 1.
        number: usize,
    },
    /// Shares cannot be encrypted, because they are too long for the cipher. The limits of an election prevent this.
    #[error("the shares from trustee {dealer} for trustee {receiver} cannot be encrypted")]
    ShareEncryptFailed {
        /// The trustee who made the shares.
        dealer: u16,
        /// The trustee for whom the shares are.
        receiver: u16,
    },
    /// Encrypted shares do not decrypt, or not to shares.
    #[error("the shares from trustee {dealer} for trustee {receiver} do not decrypt")]
    ShareDecryptFailed {
        /// The trustee who made the shares.
        dealer: u16,
        /// The trustee who must receive them.
        receiver: u16,
    },
    /// A share contradicts the commitments of its dealer.
    #[error(
        "the share of slot {slot} from trustee {dealer} for trustee {receiver} contradicts the dealer's commitments"
    )]
    ShareInconsistent {
        /// The trustee who made the share.
        dealer: u16,
        /// The trustee who must receive it.
        receiver: u16,
        /// The number of the slot, counted from 1.
        slot: usize,
    },
    /// Confirmations name a ceremony root that does not follow from these messages.
    #[error("these confirmations name a different ceremony root, because their authors saw different messages: {}", list(.messages))]
    RootMismatch {
        /// The confirmations with another root.
        messages: Vec<UnattributedMessage>,
    },
    /// The shares of a trustee are from another ceremony.
    #[error("the shares of trustee {trustee} are from another ceremony")]
    OtherCeremony {
        /// The trustee with these shares.
        trustee: u16,
    },
    /// Trustees have not proved that their stored shares decrypt.
    #[error("the proof that the shares of {} can decrypt is invalid", words::trustees(.trustees))]
    BackupProofInvalid {
        /// The trustees whose proof is invalid.
        trustees: Vec<u16>,
    },
    /// Too few trustees have confirmed that they have their shares.
    #[error("{} confirmed, but at least {required} must confirm", counted(.confirmed, "trustee has", "trustees have"))]
    TooFewConfirmed {
        /// How many trustees have confirmed.
        confirmed: u16,
        /// How many trustees must confirm.
        required: u16,
        /// The trustees who have not confirmed.
        absent: Vec<u16>,
    },
}

impl CeremonyError {
    /// Returns the trustees who are certainly at fault, in ascending order.
    ///
    /// The list is empty if anybody could have sent the bytes, or if trustees saw different messages. In the second
    /// case the trustees should compare all messages: they then find the `Equivocation` that caused the difference.
    #[must_use]
    pub fn culprits(&self) -> Vec<u16> {
        let mut culprits: Vec<u16> = match self {
            Self::Parameter { .. }
            | Self::NotATrustee
            | Self::IndexOutOfRange { .. }
            | Self::ShareEncryptFailed { .. }
            | Self::Unreadable { .. }
            | Self::UnexpectedMessage { .. }
            | Self::OutOfOrder { .. }
            | Self::UnknownAuthor { .. }
            | Self::BadSignature { .. }
            | Self::DuplicateMessage { .. }
            | Self::RosterMismatch { .. }
            | Self::IdentityElement { .. }
            | Self::RootMismatch { .. }
            | Self::OtherCeremony { .. }
            | Self::TooFewConfirmed { .. } => Vec::new(),
            Self::Decode { trustees } => trustees.iter().map(|(trustee, _)| *trustee).collect(),
            Self::Equivocation { evidence } => evidence.iter().map(|evidence| evidence.trustee).collect(),
            Self::MissingMessage { absent: trustees, .. }
            | Self::PossessionProofInvalid { trustees }
            | Self::KeyReuse { trustees }
            | Self::CommitmentMismatch { dealers: trustees }
            | Self::DealProofInvalid { dealers: trustees }
            | Self::BackupProofInvalid { trustees } => trustees.clone(),
            Self::ShareProofInvalid { places } | Self::CopiedEphemeral { places } => {
                places.iter().map(|(dealer, _)| *dealer).collect()
            }
            Self::ShareDecryptFailed { dealer, .. } | Self::ShareInconsistent { dealer, .. } => alloc::vec![*dealer],
        };
        culprits.sort_unstable();
        culprits.dedup();
        culprits
    }

    /// Returns the trustees whose messages are awaited. The list is empty if anything else is wrong.
    #[must_use]
    pub fn absent(&self) -> &[u16] {
        match self {
            Self::MissingMessage { absent, .. } | Self::TooFewConfirmed { absent, .. } => absent,
            _ => &[],
        }
    }

    /// Returns the hashes of the messages that break a rule and for which no trustee is responsible, in order.
    #[must_use]
    pub fn files(&self) -> Vec<FileHash> {
        match self {
            Self::Unreadable { messages } => messages.iter().map(|(file, _)| *file).collect(),
            Self::OutOfOrder { messages }
            | Self::UnknownAuthor { messages }
            | Self::BadSignature { messages }
            | Self::RosterMismatch { messages }
            | Self::RootMismatch { messages } => messages.iter().map(|message| message.file).collect(),
            _ => Vec::new(),
        }
    }
}

/// Returns an error that names all items of `broken`, if there are any.
pub(super) fn refuse_if_any<T>(
    broken: Vec<T>,
    error: impl FnOnce(Vec<T>) -> CeremonyError,
) -> Result<(), CeremonyError> {
    if broken.is_empty() { Ok(()) } else { Err(error(broken)) }
}

/// The trustees whose messages are evidence.
fn authors(evidence: &[Evidence]) -> Vec<u16> {
    evidence.iter().map(|evidence| evidence.trustee).collect()
}

/// The dealer and the receiver of shares, in words.
fn shares(places: &[(u16, u16)]) -> String {
    list(places.iter().map(|(dealer, receiver)| format!("from trustee {dealer} for trustee {receiver}")))
}

fn list(items: impl IntoIterator<Item: ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_who_signed() {
        let error = DecodeError::IdentityElement { field: "commitment" };
        let trustees = alloc::vec![(3, error.clone()), (5, error.clone())];
        assert_eq!(
            CeremonyError::Decode { trustees }.to_string(),
            "messages signed by trustees cannot be read: 3: commitment: the identity is not allowed here; \
             5: commitment: the identity is not allowed here"
        );
        let file = FileHash::of(b"a message");
        assert_eq!(
            CeremonyError::Unreadable { messages: alloc::vec![(file, error)] }.to_string(),
            "messages cannot be read: commitment: the identity is not allowed here"
        );
        let unattributed = |author| UnattributedMessage { file, kind: MessageKind::Deal, author };
        assert_eq!(
            CeremonyError::BadSignature { messages: alloc::vec![unattributed(2), unattributed(5)] }.to_string(),
            "not signed by that trustee, or for another ceremony: \
             deal in the name of trustee 2; deal in the name of trustee 5"
        );
        let absent = CeremonyError::MissingMessage { kind: MessageKind::Deal, absent: alloc::vec![2, 5] };
        assert_eq!(absent.to_string(), "the deal of trustees 2 and 5 is missing");
    }
}
