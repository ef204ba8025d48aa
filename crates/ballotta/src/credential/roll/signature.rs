//! The signature of a credential authority over its roll.
//!
//! See `spec/credential.md#signature`. Without it, the organiser could open the voting with voters whom no authority
//! registered.
//!
//! # Layout
//!
//! Authority (2 bytes), fingerprint (32), the hash of the file with the parts of the authority if there are several
//! authorities (32), signature (64).

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;

use crate::encoding::{DecodeError, Reader, Writer};
use crate::hash::{FileHash, Fingerprint};
use crate::index::AuthorityIndex;
use crate::manifest::Manifest;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded};

/// A signature of a roll is invalid or missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollSignatureError {
    /// The manifest does not have this credential authority.
    #[error("the manifest has no credential authority {authority}")]
    UnknownAuthority {
        /// The number that the signature names.
        authority: u16,
    },
    /// The signature is for the roll of another election.
    #[error("credential authority {authority} signed the roll of another election, {found}")]
    OtherElection {
        /// The number of the authority, counted from 1.
        authority: u16,
        /// The fingerprint of the election whose roll is signed.
        found: Fingerprint,
    },
    /// If there are several authorities, each signs the hash of its parts of the credentials. A single authority does not.
    #[error("the signature of credential authority {authority} must {}name a file of parts", if *.expected { "" } else { "not " })]
    Parts {
        /// The number of the authority, counted from 1.
        authority: u16,
        /// Whether there are several authorities.
        expected: bool,
    },
    /// The signature is not a signature of this authority over this roll.
    #[error("the signature of credential authority {authority} is invalid")]
    Signature {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// An authority has not signed the roll.
    #[error("credential authority {authority} has not signed the roll")]
    Missing {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
}

/// The signature of a credential authority over the fingerprint of the election whose roll it made. If there are several
/// authorities, it also signs the file with its parts of the credentials: a file that nobody signed accuses nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollSignature {
    authority: u16,
    fingerprint: Fingerprint,
    parts: Option<FileHash>,
    signature: SchnorrProof,
}

impl RollSignature {
    /// Signs with the key of the only authority.
    #[must_use]
    pub fn sign<R: CryptoRng>(
        authority: AuthorityIndex,
        fingerprint: &Fingerprint,
        key: &KeyPair,
        rng: &mut R,
    ) -> Self {
        Self::sign_all(authority, fingerprint, None, key, rng)
    }

    /// Signs with the key of one of several authorities, whose parts are in the file with this hash.
    #[must_use]
    pub fn sign_with_parts<R: CryptoRng>(
        authority: AuthorityIndex,
        fingerprint: &Fingerprint,
        parts: &FileHash,
        key: &KeyPair,
        rng: &mut R,
    ) -> Self {
        Self::sign_all(authority, fingerprint, Some(*parts), key, rng)
    }

    fn sign_all<R: CryptoRng>(
        authority: AuthorityIndex,
        fingerprint: &Fingerprint,
        parts: Option<FileHash>,
        key: &KeyPair,
        rng: &mut R,
    ) -> Self {
        let signature = key.prove(&mut transcript(authority, fingerprint, parts.as_ref()), rng);
        Self { authority: authority.get(), fingerprint: *fingerprint, parts, signature }
    }

    /// Returns the number of the authority that the signature names.
    #[must_use]
    pub fn authority(&self) -> u16 {
        self.authority
    }

    /// Returns the fingerprint of the election whose roll is signed.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Returns the hash of the file with the parts of the authority, if there are several authorities.
    #[must_use]
    pub fn parts(&self) -> Option<&FileHash> {
        self.parts.as_ref()
    }

    /// Verifies that the authority signed the roll of the election with this fingerprint.
    ///
    /// # Errors
    ///
    /// `UnknownAuthority`, `Parts`, `OtherElection` or `Signature`.
    pub fn verify<R: CryptoRng>(
        &self,
        manifest: &Manifest,
        fingerprint: &Fingerprint,
        rng: &mut R,
    ) -> Result<(), RollSignatureError> {
        let Self { authority, fingerprint: found, parts, signature } = self;
        let authority = *authority;
        let (index, party) = AuthorityIndex::find(authority, manifest.credential_authorities())
            .ok_or(RollSignatureError::UnknownAuthority { authority })?;
        let expected = manifest.has_parts();
        if parts.is_some() != expected {
            return Err(RollSignatureError::Parts { authority, expected });
        }
        let verified = signature.verify(&mut transcript(index, found, parts.as_ref()), &party.key, rng);
        verified.map_err(|_| RollSignatureError::Signature { authority })?;
        if found != fingerprint {
            return Err(RollSignatureError::OtherElection { authority, found: *found });
        }
        Ok(())
    }

    /// Reads the body of an entry of the board.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let authority = reader.u16("authority")?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        // The length says whether there is a file of parts. Which of the two the manifest requires is verified later.
        let has_parts = reader.remaining() == 32 + SchnorrProof::BYTES;
        let parts = if has_parts { Some(FileHash::from_bytes(reader.array("parts")?)) } else { None };
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { authority, fingerprint, parts, signature })
    }

    /// Returns the body of an entry of the board.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u16(self.authority).put(self.fingerprint.as_bytes());
        if let Some(parts) = &self.parts {
            writer.put(parts.as_bytes());
        }
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

fn transcript(authority: AuthorityIndex, fingerprint: &Fingerprint, parts: Option<&FileHash>) -> Transcript {
    let mut transcript = Domain::RollSignature.for_election(fingerprint);
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    if let Some(parts) = parts {
        Guarded::PARTS_FILE.absorb_bytes(&mut transcript, parts.as_bytes());
    }
    transcript
}
