//! What can be wrong in a ceremony, and whose fault it is.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::kind::MessageKind;
use crate::encoding::DecodeError;
use crate::hash::FileHash;

/// A message by what it says of itself. Nobody answers for it: its author did not sign it, or was shown other messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnattributedMessage {
    /// The file of the message.
    pub file: FileHash,
    /// Its kind.
    pub kind: MessageKind,
    /// The author that it names.
    pub author: u16,
}

impl fmt::Display for UnattributedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the name of trustee {}", self.kind, self.author)
    }
}

/// Two different messages that one trustee signed for one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The trustee.
    pub trustee: u16,
    /// Both messages as they were signed.
    pub messages: [Vec<u8>; 2],
}

/// Why a ceremony cannot go on. Of a rule that several broke, all are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// A parameter lies outside its bounds.
    #[error("{field}: {found} is not between {least} and {most}")]
    Parameter {
        /// The parameter.
        field: &'static str,
        /// Its value.
        found: usize,
        /// The least value allowed.
        least: usize,
        /// The greatest value allowed.
        most: usize,
    },
    /// The seed's signing key is not among the trustees'.
    #[error("the signing key of this seed is not the key of any trustee of the manifest")]
    NotATrustee,
    /// An index names no trustee.
    #[error("no trustee has the index {index}")]
    IndexOutOfRange {
        /// The index found.
        index: u16,
    },
    /// Messages cannot be read, not even far enough to know who signed them.
    #[error("messages cannot be read: {}", list(.messages.iter().map(|(_, error)| error)))]
    Unreadable {
        /// Their files, and what is wrong with the bytes.
        messages: Vec<(FileHash, DecodeError)>,
    },
    /// Trustees signed messages that cannot be read.
    #[error("messages signed by trustees cannot be read: {}", list(.trustees.iter().map(|(trustee, error)| format!("{trustee}: {error}"))))]
    Decode {
        /// Who signed, and what is wrong with the bytes.
        trustees: Vec<(u16, DecodeError)>,
    },
    /// A message of another step is among those of this one.
    #[error("expected a {expected} but found a {found} of trustee {trustee}")]
    UnexpectedMessage {
        /// The author that the message names.
        trustee: u16,
        /// The kind of the message.
        found: MessageKind,
        /// The kind of this step.
        expected: MessageKind,
    },
    /// Messages were published after one of a later step.
    #[error("published after a message of a later step: {}", list(.messages))]
    OutOfOrder {
        /// The late messages.
        messages: Vec<UnattributedMessage>,
    },
    /// Messages carry indices that no trustee has.
    #[error("there is no such trustee: {}", list(.messages))]
    UnknownAuthor {
        /// The messages.
        messages: Vec<UnattributedMessage>,
    },
    /// Messages are not signed by the trustees whose index they carry.
    #[error("not signed by that trustee, or for another ceremony: {}", list(.messages))]
    BadSignature {
        /// The messages.
        messages: Vec<UnattributedMessage>,
    },
    /// The same message appears twice.
    #[error("the {kind} of trustee {trustee} stands twice")]
    DuplicateMessage {
        /// The author.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
    },
    /// Trustees signed two different messages for one step.
    #[error("two different messages for one step, signed by trustees {:?}", .evidence.iter().map(|evidence| evidence.trustee).collect::<Vec<_>>())]
    Equivocation {
        /// The first two of each of them.
        evidence: Vec<Evidence>,
    },
    /// Messages of this step are missing.
    #[error("no {kind} of trustees {absent:?}")]
    MissingMessage {
        /// The kind of message.
        kind: MessageKind,
        /// Whose messages are missing.
        absent: Vec<u16>,
    },
    /// Messages are signed for a roster other than the registrations give.
    #[error("signed for another roster, by somebody who saw other registrations: {}", list(.messages))]
    RosterMismatch {
        /// The messages.
        messages: Vec<UnattributedMessage>,
    },
    /// Trustees do not prove that they know their encryption keys.
    #[error("trustees {trustees:?} do not prove that they know their encryption keys")]
    PossessionProofInvalid {
        /// The trustees.
        trustees: Vec<u16>,
    },
    /// A key serves two purposes or two trustees.
    #[error("trustees {trustees:?} use a key that serves another purpose or another trustee")]
    KeyReuse {
        /// Who registered the key.
        trustees: Vec<u16>,
    },
    /// Deals are not those that their dealers committed to.
    #[error("the deals of trustees {dealers:?} are not those that they committed to")]
    CommitmentMismatch {
        /// The dealers.
        dealers: Vec<u16>,
    },
    /// Dealers do not prove that they know their constant terms.
    #[error("trustees {dealers:?} do not prove that they know the constant terms of their polynomials")]
    DealProofInvalid {
        /// The dealers.
        dealers: Vec<u16>,
    },
    /// Dealers do not prove that they know the ephemeral keys of encrypted shares.
    #[error("a dealer does not prove that it made the encryption of the shares (dealer, receiver): {places:?}")]
    ShareProofInvalid {
        /// Dealer and receiver of the shares.
        places: Vec<(u16, u16)>,
    },
    /// An ephemeral key appears in two places: whoever made both knows its secret.
    #[error("an ephemeral key encrypts shares twice (dealer, receiver): {places:?}")]
    CopiedEphemeral {
        /// Dealer and receiver of all these places.
        places: Vec<(u16, u16)>,
    },
    /// A key is the identity.
    #[error("{field} {number} is the identity")]
    IdentityElement {
        /// What key.
        field: &'static str,
        /// Which one, counted from 1.
        number: usize,
    },
    /// Shares cannot be encrypted. Only more shares than an election can have are too long for the cipher.
    #[error("the shares from trustee {dealer} for trustee {receiver} cannot be encrypted")]
    ShareEncryptFailed {
        /// The dealer.
        dealer: u16,
        /// The receiver.
        receiver: u16,
    },
    /// Encrypted shares do not decrypt, or not to shares.
    #[error("the shares from trustee {dealer} for trustee {receiver} do not decrypt")]
    ShareDecryptFailed {
        /// The dealer.
        dealer: u16,
        /// The receiver.
        receiver: u16,
    },
    /// A share does not agree with its dealer's commitments.
    #[error(
        "the share of slot {slot} from trustee {dealer} for trustee {receiver} contradicts the dealer's commitments"
    )]
    ShareInconsistent {
        /// The dealer.
        dealer: u16,
        /// The receiver.
        receiver: u16,
        /// The slot, counted from 1.
        slot: usize,
    },
    /// Confirmations of another root than the messages have.
    #[error("of another ceremony root, by somebody who saw other messages: {}", list(.messages))]
    RootMismatch {
        /// The confirmations.
        messages: Vec<UnattributedMessage>,
    },
    /// A trustee's shares are of another ceremony.
    #[error("the shares of trustee {trustee} are of another ceremony")]
    OtherCeremony {
        /// The trustee.
        trustee: u16,
    },
    /// Trustees do not prove that their shares decrypt.
    #[error("trustees {trustees:?} do not prove that their shares decrypt")]
    BackupProofInvalid {
        /// The trustees.
        trustees: Vec<u16>,
    },
    /// Too few trustees confirmed.
    #[error("{confirmed} trustees confirmed, {required} are required")]
    TooFewConfirmed {
        /// How many did.
        confirmed: u16,
        /// How many must.
        required: u16,
    },
}

impl CeremonyError {
    /// The trustees at fault, as far as this process can know it, in ascending order.
    ///
    /// Nobody is named for bytes that anybody could have sent, or where two views of the messages differ: showing the
    /// messages to each other then leads to the `Equivocation` that caused it.
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

    /// The files of messages that break a rule and for which nobody answers, in the order in which they were given.
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

/// An error of everything that breaks a rule, if anything does.
pub(super) fn refuse_if_any<T>(
    broken: Vec<T>,
    error: impl FnOnce(Vec<T>) -> CeremonyError,
) -> Result<(), CeremonyError> {
    if broken.is_empty() { Ok(()) } else { Err(error(broken)) }
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
        assert_eq!(absent.to_string(), "no deal of trustees [2, 5]");
    }
}
