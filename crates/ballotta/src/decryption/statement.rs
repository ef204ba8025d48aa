//! A trustee's closing statement: it names the tally, and the closed board, that the trustee is going to decrypt.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::DecryptionError;
use super::reference::TallyReference;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::index::TrusteeIndex;
use crate::manifest::Manifest;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::tally::EncryptedTally;
use crate::transcript::Domain;
use crate::weaken::{self, Check};

/// A trustee's one statement about what it is going to decrypt.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), [tally](TallyReference) (136), signature (64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingStatement {
    trustee: u16,
    tally: TallyReference,
    signature: SchnorrProof,
}

impl ClosingStatement {
    /// Signs what `trustee` is going to decrypt. The caller must store the statement durably before it is sent, and must
    /// never sign a second one: [`TrusteeSession`](crate::trustee::TrusteeSession) does both.
    #[must_use]
    pub fn sign<R: CryptoRng>(tally: &EncryptedTally, trustee: u16, key: &KeyPair, rng: &mut R) -> Self {
        let tally = TallyReference::of(tally);
        let signature = key.prove(&mut statement_transcript(&tally), rng);
        Self { trustee, tally, signature }
    }

    /// The trustee that the statement names, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee
    }

    /// The tally that the trustee is going to decrypt.
    #[must_use]
    pub fn tally(&self) -> &TallyReference {
        &self.tally
    }

    /// Whether another statement has the same content; its signature may differ.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        Self { signature: other.signature.clone(), ..self.clone() } == *other
    }

    /// Checks that the statement is about this tally. The signature is not verified.
    ///
    /// # Errors
    ///
    /// `StatementMismatch` with the first field that differs.
    pub fn agrees(&self, tally: &EncryptedTally) -> Result<(), DecryptionError> {
        match self.tally.difference(tally) {
            Some(what) if weaken::is_on(Check::StatementAgrees) => {
                Err(DecryptionError::StatementMismatch { trustee: self.trustee, what })
            }
            _ => Ok(()),
        }
    }

    /// Verifies the trustee's signature.
    ///
    /// # Errors
    ///
    /// `UnknownTrustee` or `BadStatementSignature`.
    pub fn verify<R: CryptoRng>(&self, manifest: &Manifest, rng: &mut R) -> Result<(), DecryptionError> {
        let trustee = self.trustee;
        let (_, member) = TrusteeIndex::find(trustee, &manifest.trustees().members)
            .ok_or(DecryptionError::UnknownTrustee { trustee })?;
        let verified = self.signature.verify(&mut statement_transcript(&self.tally), &member.key, rng);
        if verified.is_err() && weaken::is_on(Check::StatementSignature) {
            return Err(DecryptionError::BadStatementSignature { trustee });
        }
        Ok(())
    }

    /// Decodes a statement. Its signature is not verified.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let statement = Self {
            trustee: reader.u16("trustee")?,
            tally: TallyReference::decode(&mut reader)?,
            signature: SchnorrProof::decode(&mut reader)?,
        };
        reader.finish()?;
        Ok(statement)
    }

    /// The encoding of the statement.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u16(self.trustee);
        self.tally.encode(&mut writer);
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

/// The transcript of a statement. It does not absorb the trustee: trustees that agree sign the same content.
fn statement_transcript(tally: &TallyReference) -> merlin::Transcript {
    let mut transcript = Domain::ClosingStatement.for_election(&tally.fingerprint);
    tally.absorb(&mut transcript);
    transcript
}
