//! The credential authorities' word that a roll is theirs.
//!
//! See `spec/credential.md#signature`. Without it whoever opens the voting could open it with a roll of voters that nobody
//! issued.
//!
//! # Layout
//!
//! Authority (2 bytes), fingerprint (32), signature (64).

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;

use crate::encoding::{DecodeError, Reader, Writer};
use crate::hash::Fingerprint;
use crate::index::AuthorityIndex;
use crate::manifest::Manifest;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded};

/// What is wrong with the authorities' signatures of a roll.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollSignatureError {
    /// The manifest names no such authority.
    #[error("there is no credential authority {authority}")]
    UnknownAuthority {
        /// The number.
        authority: u16,
    },
    /// The roll of another election is signed.
    #[error("credential authority {authority} signed the roll of the election {found}")]
    OtherElection {
        /// The authority.
        authority: u16,
        /// The fingerprint of that election.
        found: Fingerprint,
    },
    /// The authority did not sign this.
    #[error("the signature of credential authority {authority} does not hold")]
    Signature {
        /// The authority.
        authority: u16,
    },
    /// An authority has not signed.
    #[error("credential authority {authority} has not signed the roll")]
    Missing {
        /// The authority.
        authority: u16,
    },
}

/// A credential authority signs the fingerprint of the election whose roll it issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollSignature {
    authority: u16,
    fingerprint: Fingerprint,
    signature: SchnorrProof,
}

impl RollSignature {
    /// Signs in the name of an authority, whose key this is.
    #[must_use]
    pub fn sign<R: CryptoRng>(
        authority: AuthorityIndex,
        fingerprint: &Fingerprint,
        key: &KeyPair,
        rng: &mut R,
    ) -> Self {
        let signature = key.prove(&mut transcript(authority, fingerprint), rng);
        Self { authority: authority.get(), fingerprint: *fingerprint, signature }
    }

    /// The number of the authority that the signature names.
    #[must_use]
    pub fn authority(&self) -> u16 {
        self.authority
    }

    /// The election whose roll is signed.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Verifies that the authority signed the roll of the election of this fingerprint.
    ///
    /// # Errors
    ///
    /// `UnknownAuthority`, `OtherElection` or `Signature`.
    pub fn verify<R: CryptoRng>(
        &self,
        manifest: &Manifest,
        fingerprint: &Fingerprint,
        rng: &mut R,
    ) -> Result<(), RollSignatureError> {
        let Self { authority, fingerprint: found, signature } = self;
        let authority = *authority;
        let (index, party) = AuthorityIndex::find(authority, manifest.credential_authorities())
            .ok_or(RollSignatureError::UnknownAuthority { authority })?;
        if found != fingerprint {
            return Err(RollSignatureError::OtherElection { authority, found: *found });
        }
        let verified = signature.verify(&mut transcript(index, fingerprint), &party.key, rng);
        verified.map_err(|_| RollSignatureError::Signature { authority })
    }

    /// Reads the body of an entry.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let authority = reader.u16("authority")?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { authority, fingerprint, signature })
    }

    /// The body of an entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u16(self.authority).put(self.fingerprint.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

fn transcript(authority: AuthorityIndex, fingerprint: &Fingerprint) -> Transcript {
    let mut transcript = Domain::RollSignature.for_election(fingerprint);
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    transcript
}
