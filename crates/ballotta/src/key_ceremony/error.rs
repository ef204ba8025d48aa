//! What can be wrong in a ceremony, and whose fault it is.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::messages::MessageKind;
use crate::encoding::DecodeError;

/// Why a ceremony cannot go on.
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
    /// An index stands twice among those that are to be combined.
    #[error("the index {index} stands twice")]
    DuplicateIndex {
        /// The index.
        index: u16,
    },
    /// A message cannot be read.
    #[error("a message{} cannot be read: {error}", SignedBy(*.trustee))]
    Decode {
        /// Who signed it; `None` if it could not be read far enough to know.
        trustee: Option<u16>,
        /// What is wrong with the bytes.
        error: DecodeError,
    },
    /// A message of another step stands among those of this one.
    #[error("expected a {expected} but found a {found} of trustee {trustee}")]
    UnexpectedMessage {
        /// The author that the message names.
        trustee: u16,
        /// The kind of the message.
        found: MessageKind,
        /// The kind of this step.
        expected: MessageKind,
    },
    /// A message was published after one of a later step.
    #[error("the {kind} of trustee {trustee} was published after a message of a later step")]
    OutOfOrder {
        /// The author that the late message names.
        trustee: u16,
        /// The kind of the late message.
        kind: MessageKind,
    },
    /// Messages are not signed by the trustees whose index they carry.
    #[error("messages in the name of trustees {trustees:?} are not signed by them, or for another ceremony")]
    BadSignature {
        /// The authors that the messages name.
        trustees: Vec<u16>,
    },
    /// The same message stands twice.
    #[error("the {kind} of trustee {trustee} stands twice")]
    DuplicateMessage {
        /// The author.
        trustee: u16,
        /// The kind of the message.
        kind: MessageKind,
    },
    /// A trustee signed two different messages for one step.
    #[error("trustee {trustee} signed two different messages for one step")]
    Equivocation {
        /// The trustee.
        trustee: u16,
        /// The evidence: both messages as they were signed.
        messages: Box<[Vec<u8>; 2]>,
    },
    /// Messages of this step are missing.
    #[error("no {kind} of trustees {absent:?}")]
    MissingMessage {
        /// The kind of message.
        kind: MessageKind,
        /// Whose messages are missing.
        absent: Vec<u16>,
    },
    /// A trustee signed for a roster other than the registrations give.
    #[error("trustee {trustee} signed for another roster: it saw other registrations")]
    RosterMismatch {
        /// The trustee.
        trustee: u16,
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
    /// A deal is not the one that its dealer committed to.
    #[error("the deal of trustee {dealer} is not the one that it committed to")]
    CommitmentMismatch {
        /// The dealer.
        dealer: u16,
    },
    /// A dealer's polynomials do not have the degree that the threshold demands.
    #[error("the deal of trustee {dealer} has {got} commitments per slot instead of {want}")]
    WrongCommitmentCount {
        /// The dealer.
        dealer: u16,
        /// Coefficient commitments per slot found.
        got: usize,
        /// Coefficient commitments per slot demanded: the threshold.
        want: usize,
    },
    /// Dealers do not prove that they know their constant terms.
    #[error("trustees {dealers:?} do not prove that they know the constant terms of their polynomials")]
    DealProofInvalid {
        /// The dealers.
        dealers: Vec<u16>,
    },
    /// A dealer does not prove that it knows the ephemeral key of encrypted shares.
    #[error("trustee {dealer} does not prove that it made the encryption of the shares for trustee {receiver}")]
    ShareProofInvalid {
        /// The dealer.
        dealer: u16,
        /// The receiver.
        receiver: u16,
    },
    /// An ephemeral key stands in two places, of which only those who made both know it.
    #[error("one ephemeral key encrypts shares twice (dealer, receiver): {places:?}")]
    CopiedEphemeral {
        /// Dealer and receiver of both places.
        places: [(u16, u16); 2],
    },
    /// A key is the identity.
    #[error("{field} {number} is the identity")]
    IdentityElement {
        /// What key.
        field: &'static str,
        /// Which one, counted from 1.
        number: usize,
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
    /// A trustee's root is not that of the messages.
    #[error("trustee {trustee} has another ceremony root: it saw other messages")]
    RootMismatch {
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
    /// The trustees at fault, as far as this process can know it.
    ///
    /// Nobody is named for bytes that anybody could have sent, or where two views of the messages differ: showing the
    /// messages to each other then leads to the `Equivocation` that caused it.
    #[must_use]
    pub fn culprits(&self) -> Vec<u16> {
        match self {
            Self::Parameter { .. }
            | Self::NotATrustee
            | Self::IndexOutOfRange { .. }
            | Self::DuplicateIndex { .. }
            | Self::UnexpectedMessage { .. }
            | Self::OutOfOrder { .. }
            | Self::BadSignature { .. }
            | Self::DuplicateMessage { .. }
            | Self::RosterMismatch { .. }
            | Self::IdentityElement { .. }
            | Self::RootMismatch { .. }
            | Self::TooFewConfirmed { .. } => Vec::new(),
            Self::Decode { trustee, .. } => trustee.iter().copied().collect(),
            Self::Equivocation { trustee, .. } => alloc::vec![*trustee],
            Self::MissingMessage { absent: trustees, .. }
            | Self::PossessionProofInvalid { trustees }
            | Self::KeyReuse { trustees }
            | Self::DealProofInvalid { dealers: trustees }
            | Self::BackupProofInvalid { trustees } => trustees.clone(),
            Self::CommitmentMismatch { dealer }
            | Self::WrongCommitmentCount { dealer, .. }
            | Self::ShareProofInvalid { dealer, .. }
            | Self::ShareDecryptFailed { dealer, .. }
            | Self::ShareInconsistent { dealer, .. } => alloc::vec![*dealer],
            Self::CopiedEphemeral { places: [(first, _), (second, _)] } => {
                let mut dealers = alloc::vec![*first, *second];
                dealers.dedup();
                dealers
            }
        }
    }
}

/// " signed by trustee 3", or nothing.
struct SignedBy(Option<u16>);

impl core::fmt::Display for SignedBy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |trustee| write!(f, " signed by trustee {trustee}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_error_says_who_signed() {
        let error = DecodeError::IdentityElement { field: "commitment" };
        let decode = |trustee| CeremonyError::Decode { trustee, error: error.clone() }.to_string();
        assert_eq!(
            decode(Some(3)),
            "a message signed by trustee 3 cannot be read: commitment: the identity is not allowed here"
        );
        assert_eq!(decode(None), "a message cannot be read: commitment: the identity is not allowed here");
        let absent = CeremonyError::MissingMessage { kind: MessageKind::Deal, absent: alloc::vec![2, 5] };
        assert_eq!(absent.to_string(), "no deal of trustees [2, 5]");
    }
}
