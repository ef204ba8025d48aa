//! A trustee's closing statement: it names the tally, and the closed board, that the trustee is going to decrypt.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::DecryptionError;
use crate::board::log::TreeHead;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::hash::{Fingerprint, TallyDigest, TreeHash};
use crate::index::TrusteeIndex;
use crate::manifest::Manifest;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::tally::EncryptedTally;
use crate::transcript::{Domain, ProofTranscript};

/// A trustee's one statement about what it is going to decrypt.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), fingerprint (32), size of the board up to the close (8), tree head (32), digest of
/// the sums (32), signature (64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingStatement {
    trustee: u16,
    fingerprint: Fingerprint,
    close: TreeHead,
    sums: TallyDigest,
    signature: SchnorrProof,
}

impl ClosingStatement {
    /// Signs what `trustee` is going to decrypt. The caller must store the statement durably before it is sent, and must
    /// never sign a second one: [`TrusteeSession`](crate::trustee::TrusteeSession) does both.
    #[must_use]
    pub fn sign<R: CryptoRng>(tally: &EncryptedTally, trustee: u16, key: &KeyPair, rng: &mut R) -> Self {
        let (fingerprint, close, sums) = (*tally.fingerprint(), *tally.close(), *tally.digest());
        let signature = key.prove(&mut statement_transcript(&fingerprint, &close, &sums), rng);
        Self { trustee, fingerprint, close, sums, signature }
    }

    /// The trustee that the statement names, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee
    }

    /// The fingerprint of the election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The number of entries of the board up to the close, the closing included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.close.size
    }

    /// The tree head over these entries.
    #[must_use]
    pub fn root(&self) -> &TreeHash {
        &self.close.root
    }

    /// The digest of the encrypted sums that the trustee is going to decrypt.
    #[must_use]
    pub fn tally_digest(&self) -> &TallyDigest {
        &self.sums
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
        let differences = [
            ("fingerprint", self.fingerprint != *tally.fingerprint()),
            ("size", self.close.size != tally.close().size),
            ("root", self.close.root != tally.close().root),
            ("sums", self.sums != *tally.digest()),
        ];
        match differences.into_iter().find(|(_, differs)| *differs) {
            Some((what, _)) => Err(DecryptionError::StatementMismatch { trustee: self.trustee, what }),
            None => Ok(()),
        }
    }

    /// Whether the statement names the election and the closed board of this tally.
    #[must_use]
    pub fn is_about_board(&self, tally: &EncryptedTally) -> bool {
        (&self.fingerprint, &self.close) == (tally.fingerprint(), tally.close())
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
        let mut transcript = statement_transcript(&self.fingerprint, &self.close, &self.sums);
        let verified = self.signature.verify(&mut transcript, &member.key, rng);
        verified.map_err(|_| DecryptionError::BadStatementSignature { trustee })
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
            fingerprint: Fingerprint::from_bytes(reader.array("fingerprint")?),
            close: TreeHead { size: reader.u64("size")?, root: TreeHash::from_bytes(reader.array("root")?) },
            sums: TallyDigest::from_bytes(reader.array("sums")?),
            signature: SchnorrProof::decode(&mut reader)?,
        };
        reader.finish()?;
        Ok(statement)
    }

    /// The encoding of the statement.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u16(self.trustee).put(self.fingerprint.as_bytes()).u64(self.close.size).put(self.close.root.as_bytes());
        writer.put(self.sums.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

/// The transcript of a statement. It does not absorb the trustee: trustees that agree sign the same content.
fn statement_transcript(fingerprint: &Fingerprint, close: &TreeHead, sums: &TallyDigest) -> merlin::Transcript {
    let mut transcript = Domain::ClosingStatement.for_election(fingerprint);
    transcript.absorb_u64(b"size", close.size);
    transcript.absorb_bytes(b"root", close.root.as_bytes());
    transcript.absorb_bytes(b"sums", sums.as_bytes());
    transcript
}
