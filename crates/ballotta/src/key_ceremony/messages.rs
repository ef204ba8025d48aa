//! The bodies of the messages of the ceremony.
//!
//! See `spec/ceremony.md#messages`.
//!
//! # Layout
//!
//! ```text
//! 1 registration  encryption key 32, proof of possession 64
//! 2 commitment    SHA-256 of the deal, as it will be published
//! 3 deal          t u16, A_{1,0} .. A_{1,t-1} A_{2,0} .. A_{N,t-1}, proof 64, encrypted shares for receiver 1..T
//! 4               reserved for complaints
//! 5 confirmation  ceremony root 32, factors D_1..D_N, equality proof 96
//! ```

use alloc::vec::Vec;

use merlin::Transcript;

use super::envelope::{Body, Envelope, Signed};
use super::kind::MessageKind;
use super::parameters::CeremonyParameters;
use super::polynomial::Commitments;
use super::seed::TrusteeSeed;
use super::share::EncryptedShares;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{PublicElement, hash_to_group};
use crate::hash::{CeremonyRoot, FileHash, RosterHash};
use crate::index::TrusteeIndex;
use crate::proofs::equality::EqualityProof;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

/// A message that was decoded, but not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeremonyMessage {
    /// The message of the first step.
    Registration(Signed<Registration>),
    /// The message of the second step.
    DealCommitment(Signed<DealCommitment>),
    /// The message of the third step.
    Deal(Signed<Deal>),
    /// The message of the last step.
    Confirmation(Signed<Confirmation>),
}

impl CeremonyMessage {
    /// Decodes a message of any kind. [`JointKey::verify`](super::JointKey::verify) verifies signatures, this does not.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
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

/// Returns the kind and the author that a message names. It checks neither the body nor the signature.
///
/// # Errors
///
/// [`DecodeError`] for the first field that is not canonical.
pub fn message_header(bytes: &[u8]) -> Result<(MessageKind, u16), DecodeError> {
    let envelope = Envelope::open(bytes)?;
    Ok((envelope.kind, envelope.author))
}

/// The registration of a trustee, with its encryption key for this attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub(super) encryption_key: PublicElement,
    pub(super) possession: SchnorrProof,
}

impl Registration {
    /// Returns the key to which other trustees encrypt shares.
    #[must_use]
    pub fn encryption_key(&self) -> &PublicElement {
        &self.encryption_key
    }

    pub(crate) fn new(
        parameters: &CeremonyParameters,
        trustee: TrusteeIndex,
        key: &KeyPair,
        seed: &TrusteeSeed,
    ) -> Self {
        let mut transcript = Self::possession_transcript(parameters, trustee);
        let possession = key.prove_deterministically(&mut transcript, seed.expose_bytes());
        Self { encryption_key: *key.public(), possession }
    }

    /// The claim that the trustee knows the secret of the encryption key.
    pub(crate) fn claim(&self, parameters: &CeremonyParameters, trustee: TrusteeIndex) -> SchnorrClaim {
        self.possession.claim(&mut Self::possession_transcript(parameters, trustee), &self.encryption_key)
    }

    fn possession_transcript(parameters: &CeremonyParameters, trustee: TrusteeIndex) -> Transcript {
        let mut transcript = Domain::EncryptionKeyPossession.for_manifest(parameters.manifest());
        transcript.absorb_u64(b"attempt", parameters.attempt().into());
        transcript.absorb_u64(b"trustee", trustee.get().into());
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

/// The commitment of a dealer to its deal, before it sees the deals of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealCommitment {
    pub(super) deal: FileHash,
}

impl DealCommitment {
    /// Returns the hash of the deal as it will be published. It hides the deal, because the deal contains random keys.
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

/// The deal of a trustee: commitments to its polynomials, and encrypted shares for every trustee and itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub(super) commitments: Commitments,
    pub(super) possession: SchnorrProof,
    pub(super) shares: Vec<EncryptedShares>,
}

impl Deal {
    /// Returns the commitments `A_{s,0}, A_{s,1}, ..` to the coefficients, for each slot `s`.
    #[must_use]
    pub fn commitments(&self) -> &[Vec<PublicElement>] {
        &self.commitments
    }

    /// Returns the encrypted shares, in the order of their receivers.
    #[must_use]
    pub fn shares(&self) -> &[EncryptedShares] {
        &self.shares
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

/// A trustee's confirmation that it has seen this ceremony and has its shares, with a proof that it can decrypt with
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub(super) root: CeremonyRoot,
    pub(super) factors: Vec<PublicElement>,
    pub(super) proof: EqualityProof,
}

impl Confirmation {
    /// Returns the root of the ceremony that the trustee saw.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }

    /// The base of the factors, which are its multiples by the shares. It is hashed to the group from the root, so that
    /// nobody can choose a ciphertext that trustees decrypt.
    pub(crate) fn base(root: &CeremonyRoot, trustee: TrusteeIndex) -> PublicElement {
        hash_to_group("backup-test", &[root.as_bytes(), &trustee.get().to_le_bytes()]).into()
    }

    /// The transcript of the proof that the shares decrypt.
    pub(crate) fn transcript(roster: &RosterHash, root: &CeremonyRoot, trustee: TrusteeIndex) -> Transcript {
        let mut transcript = Domain::BackupDecryption.for_roster(roster);
        transcript.absorb_bytes(b"root", root.as_bytes());
        transcript.absorb_u64(b"trustee", trustee.get().into());
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
