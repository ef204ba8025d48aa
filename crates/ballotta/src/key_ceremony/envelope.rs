//! The envelope of all messages of the ceremony: version, kind, author, roster and signature.
//!
//! See `spec/ceremony.md#messages`.
//!
//! # Layout
//!
//! ```text
//! version 2 bytes, kind u8, author u16, roster 32 bytes (not in a registration), body, signature 64 bytes
//! ```
//!
//! # Security
//!
//! The signature covers everything before it. It is verified before the body is read, so that any error in a body
//! proves a fault of its author.

use alloc::vec::Vec;

use merlin::Transcript;

use super::error::{CeremonyError, UnattributedMessage, refuse_if_any};
use super::kind::MessageKind;
use super::parameters::CeremonyParameters;
use super::seed::TrusteeSeed;
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::hash::{FileHash, RosterHash};
use crate::index::TrusteeIndex;
use crate::limits::MAX_MESSAGE_BYTES;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, ProofTranscript};

/// The body of a message of one kind.
pub(crate) trait Body: Sized {
    const KIND: MessageKind;

    fn decode(reader: &mut Reader<'_>, parameters: &CeremonyParameters) -> Result<Self, DecodeError>;

    fn encode(&self, writer: &mut Writer);
}

/// A message of the ceremony: its body, its author and its published bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<B> {
    author: u16,
    body: B,
    bytes: Vec<u8>,
}

impl<B> Signed<B> {
    /// Returns the number of the trustee that the message names as its author.
    #[must_use]
    pub fn author(&self) -> u16 {
        self.author
    }

    /// Returns the body of the message.
    #[must_use]
    pub fn body(&self) -> &B {
        &self.body
    }

    /// Returns the bytes of the message as published, with the signature.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn unattributed(&self) -> UnattributedMessage
    where
        B: Body,
    {
        UnattributedMessage { file: FileHash::of(&self.bytes), kind: B::KIND, author: self.author }
    }
}

impl<B> AsRef<[u8]> for Signed<B> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Signs a body. Every kind of message except a registration needs a roster.
pub(crate) fn sign<B: Body>(
    body: B,
    author: TrusteeIndex,
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    key: &KeyPair,
    seed: &TrusteeSeed,
) -> Signed<B> {
    let author = author.get();
    let mut writer = Writer::versioned();
    writer.u8(B::KIND.code()).u16(author);
    if let Some(roster) = roster {
        writer.put(roster.as_bytes());
    }
    body.encode(&mut writer);
    let mut bytes = writer.finish();
    let mut transcript = signature_transcript(parameters, roster, author, &bytes);
    let mut signature = Writer::new();
    key.prove_deterministically(&mut transcript, seed.expose_bytes()).encode(&mut signature);
    bytes.extend(signature.finish());
    Signed { author, body, bytes }
}

fn signature_transcript(
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    author: u16,
    signed: &[u8],
) -> Transcript {
    let mut transcript = match roster {
        Some(roster) => Domain::CeremonyMessage.for_roster(roster),
        None => {
            let mut transcript = Domain::TrusteeRegistration.for_manifest(parameters.manifest());
            transcript.absorb_u64(b"attempt", parameters.attempt().into());
            transcript
        }
    };
    transcript.absorb_u64(b"trustee", author.into());
    transcript.absorb_bytes(b"message", signed);
    transcript
}

/// A message whose body has not been decoded yet.
pub(crate) struct Envelope<'a> {
    pub(crate) kind: MessageKind,
    pub(crate) author: u16,
    pub(crate) roster: Option<RosterHash>,
    pub(crate) bytes: &'a [u8],
    body: &'a [u8],
    signed: &'a [u8],
    signature: SchnorrProof,
}

impl<'a> Envelope<'a> {
    /// Opens all messages, or names all that cannot be read.
    pub(crate) fn open_all<M: AsRef<[u8]>>(messages: &'a [M]) -> Result<Vec<Self>, CeremonyError> {
        let (mut envelopes, mut unreadable) = (Vec::with_capacity(messages.len()), Vec::new());
        for message in messages.iter().map(AsRef::as_ref) {
            match Self::open(message) {
                Ok(envelope) => envelopes.push(envelope),
                Err(error) => unreadable.push((FileHash::of(message), error)),
            }
        }
        refuse_if_any(unreadable, |messages| CeremonyError::Unreadable { messages })?;
        Ok(envelopes)
    }

    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        at_most("message", bytes.len() as u64, MAX_MESSAGE_BYTES as u64)?;
        let (signed, signature) =
            bytes.split_last_chunk::<{ SchnorrProof::BYTES }>().ok_or(DecodeError::Truncated { field: "signature" })?;
        let mut reader = Reader::new(signed);
        reader.version()?;
        let kind = MessageKind::from_code(reader.u8("kind")?)?;
        let author = reader.u16("author")?;
        let roster = match kind {
            MessageKind::Registration => None,
            _ => Some(RosterHash::from_bytes(reader.array("roster")?)),
        };
        let body = reader.take("body", reader.remaining())?;
        let signature = SchnorrProof::decode(&mut Reader::new(signature))?;
        Ok(Self { kind, author, roster, bytes, body, signed, signature })
    }

    pub(crate) fn unattributed(&self) -> UnattributedMessage {
        UnattributedMessage { file: FileHash::of(self.bytes), kind: self.kind, author: self.author }
    }

    /// The claim that the author signed this message, or `None` if the author is not a trustee.
    pub(crate) fn claim(&self, parameters: &CeremonyParameters) -> Option<SchnorrClaim> {
        let (_, key) = TrusteeIndex::find(self.author, parameters.signing_keys())?;
        let mut transcript = signature_transcript(parameters, self.roster.as_ref(), self.author, self.signed);
        Some(self.signature.claim(&mut transcript, key))
    }

    pub(crate) fn read<B: Body>(&self, parameters: &CeremonyParameters) -> Result<Signed<B>, DecodeError> {
        let mut reader = Reader::new(self.body);
        let body = B::decode(&mut reader, parameters)?;
        reader.finish()?;
        Ok(Signed { author: self.author, body, bytes: self.bytes.to_vec() })
    }
}
