//! The encryption of shares to their receivers.
//!
//! See `spec/ceremony.md#shares`.
//!
//! # Construction
//!
//! ```text
//! E = [e]G       a proof of knowledge of e, bound to roster, dealer and receiver
//! K = [e]Y       Y the encryption key of the receiver
//! key = transcript of the share encryption over roster, dealer, receiver, E, Y, K
//! ciphertext = ChaCha20-Poly1305(key, nonce 0, f_1(j), .., f_N(j))
//! ```
//!
//! # Layout
//!
//! `E` 32 bytes, the proof 64 bytes, the ciphertext `32N + 16` bytes.
//!
//! # Security
//!
//! The nonce of the cipher is zero. This is safe because `e` is derived from the seed, the roster, the receiver and the
//! shares, so that one key never encrypts two plaintexts. The key depends on roster, dealer and receiver, so that
//! shares cannot be sent to another receiver. Without the proof, a dealer could copy the ephemeral key of an honest
//! dealer. A complaint about the copy would then reveal the honest shares.

#![allow(non_snake_case)]

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use merlin::Transcript;
use zeroize::Zeroizing;

use super::error::CeremonyError;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::RosterHash;
use crate::index::TrusteeIndex;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, ProofTranscript};

/// The address of encrypted shares: the attempt, the dealer and the receiver. Their key depends on all three.
#[derive(Clone, Copy)]
pub(crate) struct ShareAddress<'a> {
    pub(crate) roster: &'a RosterHash,
    pub(crate) dealer: TrusteeIndex,
    pub(crate) receiver: TrusteeIndex,
    /// The encryption key of the receiver.
    pub(crate) receiver_key: &'a PublicElement,
}

impl ShareAddress<'_> {
    pub(super) fn transcript(&self, domain: Domain) -> Transcript {
        let mut transcript = domain.for_roster(self.roster);
        transcript.absorb_u64(b"trustee", self.dealer.get().into());
        transcript.absorb_u64(b"receiver", self.receiver.get().into());
        transcript
    }

    fn cipher(&self, E: &PublicElement, K: &Element) -> ChaCha20Poly1305 {
        let mut transcript = self.transcript(Domain::ShareEncryption);
        transcript.absorb_element(b"E", E);
        transcript.absorb_element(b"Y", self.receiver_key);
        transcript.absorb_bytes(b"K", Zeroizing::new(K.to_bytes()).as_ref());
        let key = transcript.derive_key(b"key");
        ChaCha20Poly1305::new((&*key).into())
    }
}

/// The encrypted shares of all slots for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedShares {
    pub(super) ephemeral: PublicElement,
    pub(super) proof: SchnorrProof,
    pub(super) ciphertext: Vec<u8>,
}

impl EncryptedShares {
    /// Returns the ephemeral key `E` of the encryption.
    #[must_use]
    pub fn ephemeral(&self) -> &PublicElement {
        &self.ephemeral
    }

    /// The length of the encoding for this many slots.
    pub(crate) const fn bytes(slots: usize) -> usize {
        32 + SchnorrProof::BYTES + Self::ciphertext_bytes(slots)
    }

    const fn ciphertext_bytes(slots: usize) -> usize {
        32 * slots + 16
    }

    /// Encrypts the shares of all slots.
    ///
    /// # Errors
    ///
    /// `ShareEncryptFailed` if the shares are too long for the cipher.
    pub(crate) fn seal(
        address: &ShareAddress<'_>,
        shares: &[SecretScalar],
        seed: &[u8; 32],
    ) -> Result<Self, CeremonyError> {
        let mut plaintext = Zeroizing::new(Vec::with_capacity(32 * shares.len()));
        for share in shares {
            plaintext.extend_from_slice(Zeroizing::new(share.expose_scalar().to_bytes()).as_ref());
        }
        let mut transcript = address.transcript(Domain::TrusteeSecrets);
        transcript.absorb_bytes(b"shares", &plaintext);
        let ephemeral = KeyPair::new(transcript.deterministic_nonces(seed).draw(b"ephemeral"));
        let E = *ephemeral.public();
        let K = Zeroizing::new(address.receiver_key.element() * ephemeral.secret().expose_scalar());
        let (dealer, receiver) = (address.dealer.get(), address.receiver.get());
        let ciphertext = address
            .cipher(&E, &K)
            .encrypt(&Nonce::default(), plaintext.as_slice())
            .map_err(|_| CeremonyError::ShareEncryptFailed { dealer, receiver })?;
        let mut transcript = address.transcript(Domain::ShareEphemeral);
        let proof = ephemeral.prove_deterministically(&mut transcript, seed);
        Ok(Self { ephemeral: E, proof, ciphertext })
    }

    /// Decrypts the shares. Returns `None` unless the ciphertext was made for this address and contains canonical
    /// scalars.
    pub(crate) fn open(&self, address: &ShareAddress<'_>, receiver: &SecretScalar) -> Option<Vec<SecretScalar>> {
        let K = Zeroizing::new(self.ephemeral.element() * receiver.expose_scalar());
        let cipher = address.cipher(&self.ephemeral, &K);
        let plaintext = Zeroizing::new(cipher.decrypt(&Nonce::default(), self.ciphertext.as_slice()).ok()?);
        let (shares, _) = plaintext.as_chunks::<32>();
        shares.iter().map(|share| Scalar::from_canonical(share).map(SecretScalar::new)).collect()
    }

    /// The claim that the dealer knows the secret of the ephemeral key.
    pub(crate) fn claim(&self, address: &ShareAddress<'_>) -> SchnorrClaim {
        self.proof.claim(&mut address.transcript(Domain::ShareEphemeral), &self.ephemeral)
    }

    pub(crate) fn decode(reader: &mut Reader<'_>, slots: usize) -> Result<Self, DecodeError> {
        Ok(Self {
            ephemeral: reader.element("ephemeral")?,
            proof: SchnorrProof::decode(reader)?,
            ciphertext: reader.take("ciphertext", Self::ciphertext_bytes(slots))?.to_vec(),
        })
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.element(&self.ephemeral);
        self.proof.encode(writer);
        writer.put(&self.ciphertext);
    }
}
