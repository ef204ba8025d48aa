//! The messages of the ceremony, as they are published.
//!
//! See `spec/ceremony.md#messages`.
//!
//! # Layout
//!
//! ```text
//! message       version 2 bytes, kind u8, author u16, roster 32 bytes (not in a registration), body, signature 64 bytes
//!
//! 1 registration  encryption key 32, proof of possession 64
//! 2 commitment    SHA-256 of the deal, as it will be published
//! 3 deal          t u16, A_{1,0} .. A_{1,t-1} A_{2,0} .. A_{N,t-1}, proof 64, encrypted shares for receiver 1..T
//! 4               reserved for complaints
//! 5 confirmation  ceremony root 32, factors D_1..D_N, equality proof 96
//! ```
//!
//! # Security
//!
//! The signature is over everything before it. It is verified before the body is read, so that whatever is wrong in a
//! body convicts its author.

use alloc::vec::Vec;
use core::fmt;

use merlin::Transcript;

use super::polynomial::Commitments;
use super::share::EncryptedShares;
use super::steps::refuse;
use super::trustee::TrusteeSeed;
use super::{CeremonyError, CeremonyParameters, Unanswered};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{PublicElement, hash_to_group};
use crate::hash::{CeremonyRoot, FileHash, Roster};
use crate::limits::MAX_MESSAGE_BYTES;
use crate::proofs::equality::EqualityProof;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

/// The kinds of messages, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MessageKind {
    /// [`Registration`]
    Registration,
    /// [`DealCommitment`]
    DealCommitment,
    /// [`Deal`]
    Deal,
    /// [`Confirmation`]
    Confirmation,
}

impl MessageKind {
    fn code(self) -> u8 {
        match self {
            Self::Registration => 1,
            Self::DealCommitment => 2,
            Self::Deal => 3,
            Self::Confirmation => 5,
        }
    }

    fn from_code(code: u8) -> Result<Self, DecodeError> {
        [Self::Registration, Self::DealCommitment, Self::Deal, Self::Confirmation]
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or(DecodeError::UnknownValue { field: "kind", found: code.into() })
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registration => "registration",
            Self::DealCommitment => "commitment to a deal",
            Self::Deal => "deal",
            Self::Confirmation => "confirmation",
        })
    }
}

/// The body of a message.
pub(crate) trait Body: Sized {
    const KIND: MessageKind;

    fn decode(reader: &mut Reader<'_>, parameters: &CeremonyParameters) -> Result<Self, DecodeError>;

    fn encode(&self, writer: &mut Writer);
}

/// A body with its author, and the bytes under which it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<B> {
    author: u16,
    body: B,
    bytes: Vec<u8>,
}

impl<B> Signed<B> {
    /// The index of the author.
    #[must_use]
    pub fn author(&self) -> u16 {
        self.author
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The message as published, signature included.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn unanswered(&self) -> Unanswered
    where
        B: Body,
    {
        Unanswered { file: FileHash::of(&self.bytes), kind: B::KIND, author: self.author }
    }
}

impl<B> AsRef<[u8]> for Signed<B> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Signs a body. There is a roster for every kind but a registration.
pub(crate) fn sign<B: Body>(
    body: B,
    author: u16,
    parameters: &CeremonyParameters,
    roster: Option<&Roster>,
    key: &KeyPair,
    seed: &TrusteeSeed,
) -> Signed<B> {
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
    roster: Option<&Roster>,
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

/// A message whose body is not read yet.
pub(crate) struct Envelope<'a> {
    pub(crate) kind: MessageKind,
    pub(crate) author: u16,
    pub(crate) roster: Option<Roster>,
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
        refuse(unreadable, |messages| CeremonyError::Unreadable { messages })?;
        Ok(envelopes)
    }

    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            let (found, limit) = (bytes.len() as u64, MAX_MESSAGE_BYTES as u64);
            return Err(DecodeError::LimitExceeded { field: "message", found, limit });
        }
        let (signed, signature) =
            bytes.split_last_chunk::<{ SchnorrProof::BYTES }>().ok_or(DecodeError::Truncated { field: "signature" })?;
        let mut reader = Reader::new(signed);
        reader.version()?;
        let kind = MessageKind::from_code(reader.u8("kind")?)?;
        let author = reader.u16("author")?;
        let roster = match kind {
            MessageKind::Registration => None,
            _ => Some(Roster::from_bytes(reader.array("roster")?)),
        };
        let body = reader.take("body", reader.remaining())?;
        let signature = SchnorrProof::decode(&mut Reader::new(signature))?;
        Ok(Self { kind, author, roster, bytes, body, signed, signature })
    }

    pub(crate) fn unanswered(&self) -> Unanswered {
        Unanswered { file: FileHash::of(self.bytes), kind: self.kind, author: self.author }
    }

    /// The claim that the author signed this message; `None` if there is no such trustee.
    pub(crate) fn claim(&self, parameters: &CeremonyParameters) -> Option<SchnorrClaim> {
        let key = parameters.signing_key(self.author).ok()?;
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

/// A message that was read, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeremonyMessage {
    /// The first step.
    Registration(Signed<Registration>),
    /// The second.
    DealCommitment(Signed<DealCommitment>),
    /// The third.
    Deal(Signed<Deal>),
    /// The last.
    Confirmation(Signed<Confirmation>),
}

impl CeremonyMessage {
    /// Reads a message of any kind. Its signature is not verified: that is [`JointKey::verify`](super::JointKey::verify).
    ///
    /// # Errors
    ///
    /// The field that is wrong.
    pub fn decode(bytes: &[u8], parameters: &CeremonyParameters) -> Result<Self, DecodeError> {
        let envelope = Envelope::open(bytes)?;
        Ok(match envelope.kind {
            MessageKind::Registration => Self::Registration(envelope.read(parameters)?),
            MessageKind::DealCommitment => Self::DealCommitment(envelope.read(parameters)?),
            MessageKind::Deal => Self::Deal(envelope.read(parameters)?),
            MessageKind::Confirmation => Self::Confirmation(envelope.read(parameters)?),
        })
    }
}

/// The kind and the author that a message names, without reading the rest.
///
/// # Errors
///
/// The field that is wrong.
pub fn peek(bytes: &[u8]) -> Result<(MessageKind, u16), DecodeError> {
    let envelope = Envelope::open(bytes)?;
    Ok((envelope.kind, envelope.author))
}

/// A trustee takes part, under an encryption key of this attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub(super) encryption_key: PublicElement,
    pub(super) possession: SchnorrProof,
}

impl Registration {
    /// The key to which shares are encrypted.
    #[must_use]
    pub fn encryption_key(&self) -> &PublicElement {
        &self.encryption_key
    }

    pub(crate) fn new(parameters: &CeremonyParameters, index: u16, key: &KeyPair, seed: &TrusteeSeed) -> Self {
        let mut transcript = Self::possession_transcript(parameters, index);
        let possession = key.prove_deterministically(&mut transcript, seed.expose_bytes());
        Self { encryption_key: *key.public(), possession }
    }

    /// The claim that the author knows the secret of the encryption key.
    pub(crate) fn claim(&self, parameters: &CeremonyParameters, author: u16) -> SchnorrClaim {
        self.possession.claim(&mut Self::possession_transcript(parameters, author), &self.encryption_key)
    }

    fn possession_transcript(parameters: &CeremonyParameters, author: u16) -> Transcript {
        let mut transcript = Domain::EncryptionKeyPossession.for_manifest(parameters.manifest());
        transcript.absorb_u64(b"attempt", parameters.attempt().into());
        transcript.absorb_u64(b"trustee", author.into());
        transcript
    }
}

impl Body for Registration {
    const KIND: MessageKind = MessageKind::Registration;

    fn decode(reader: &mut Reader<'_>, _: &CeremonyParameters) -> Result<Self, DecodeError> {
        Ok(Self { encryption_key: reader.element("encryption key")?, possession: SchnorrProof::decode(reader)? })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.element(&self.encryption_key);
        self.possession.encode(writer);
    }
}

/// A dealer fixes its deal before it has seen another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealCommitment {
    pub(super) deal: FileHash,
}

impl DealCommitment {
    /// The hash of the deal as it will be published. The ephemeral keys in the deal make it hiding.
    #[must_use]
    pub fn deal(&self) -> &FileHash {
        &self.deal
    }
}

impl Body for DealCommitment {
    const KIND: MessageKind = MessageKind::DealCommitment;

    fn decode(reader: &mut Reader<'_>, _: &CeremonyParameters) -> Result<Self, DecodeError> {
        Ok(Self { deal: FileHash::from_bytes(reader.array("deal")?) })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.put(self.deal.as_bytes());
    }
}

/// A dealer's polynomials in the exponent, and the shares for every trustee, itself included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub(super) commitments: Commitments,
    pub(super) possession: SchnorrProof,
    pub(super) shares: Vec<EncryptedShares>,
}

impl Deal {
    /// The commitments `A_{s,0}, A_{s,1}, ..` to the coefficients, per slot `s`.
    #[must_use]
    pub fn commitments(&self) -> &[Vec<PublicElement>] {
        &self.commitments
    }

    /// The encrypted shares, in the order of their receivers.
    #[must_use]
    pub fn shares(&self) -> &[EncryptedShares] {
        &self.shares
    }

    /// The length of the message.
    pub(crate) const fn bytes(slots: usize, threshold: usize, trustees: usize) -> usize {
        let header = 2 + 1 + 2 + 32 + 2;
        header + 32 * slots * threshold + trustees * EncryptedShares::bytes(slots) + 2 * SchnorrProof::BYTES
    }
}

impl Body for Deal {
    const KIND: MessageKind = MessageKind::Deal;

    fn decode(reader: &mut Reader<'_>, parameters: &CeremonyParameters) -> Result<Self, DecodeError> {
        let coefficients = reader.u16("t")?;
        if coefficients != parameters.threshold() && weaken::is_on(Check::DealLength) {
            return Err(DecodeError::UnknownValue { field: "t", found: coefficients.into() });
        }
        let coefficients = usize::from(coefficients);
        if reader.remaining() < 32 * parameters.slots() * coefficients {
            return Err(DecodeError::Truncated { field: "commitment" });
        }
        let mut slot = || (0..coefficients).map(|_| reader.element("commitment")).collect();
        let commitments = (0..parameters.slots()).map(|_| slot()).collect::<Result<_, _>>()?;
        let possession = SchnorrProof::decode(reader)?;
        let shares = parameters
            .indices()
            .map(|_| EncryptedShares::decode(reader, parameters.slots()))
            .collect::<Result<_, _>>()?;
        Ok(Self { commitments, possession, shares })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.u16(self.commitments.first().map_or(0, Vec::len) as u16);
        for commitment in self.commitments.iter().flatten() {
            writer.element(commitment);
        }
        self.possession.encode(writer);
        for shares in &self.shares {
            shares.encode(writer);
        }
    }
}

/// A trustee has its shares, proves that they decrypt, and signs what it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub(super) root: CeremonyRoot,
    pub(super) factors: Vec<PublicElement>,
    pub(super) proof: EqualityProof,
}

impl Confirmation {
    /// The root of the ceremony that the trustee saw.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }

    /// The base whose multiples by the shares are the factors: hashed to the group from the final root, so that nobody
    /// can choose a ciphertext and have it decrypted.
    pub(crate) fn base(root: &CeremonyRoot, trustee: u16) -> PublicElement {
        hash_to_group("backup-test", &[root.as_bytes(), &trustee.to_le_bytes()]).into()
    }

    /// The transcript of the proof that the shares decrypt.
    pub(crate) fn transcript(roster: &Roster, root: &CeremonyRoot, trustee: u16) -> Transcript {
        let mut transcript = Domain::BackupDecryption.for_roster(roster);
        transcript.absorb_bytes(b"root", root.as_bytes());
        transcript.absorb_u64(b"trustee", trustee.into());
        transcript
    }
}

impl Body for Confirmation {
    const KIND: MessageKind = MessageKind::Confirmation;

    fn decode(reader: &mut Reader<'_>, parameters: &CeremonyParameters) -> Result<Self, DecodeError> {
        let root = CeremonyRoot::from_bytes(reader.array("root")?);
        if reader.remaining() < 32 * parameters.slots() {
            return Err(DecodeError::Truncated { field: "factor" });
        }
        let factors = (0..parameters.slots()).map(|_| reader.element("factor")).collect::<Result<_, _>>()?;
        Ok(Self { root, factors, proof: EqualityProof::decode(reader)? })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.put(self.root.as_bytes());
        for factor in &self.factors {
            writer.element(factor);
        }
        self.proof.encode(writer);
    }
}
