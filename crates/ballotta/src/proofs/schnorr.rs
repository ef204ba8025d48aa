//! Schnorr's proof of knowledge of a logarithm. If the transcript has absorbed a message, the proof is a signature.
//!
//! See `spec/suite.md#schnorr`.
//!
//! # Construction
//!
//! ```text
//! statement   P = [p]G
//! prover      K = [k]G
//! absorb P, K ; challenge c
//!             s = k + c p
//! verify      [s]G = K + [c]P
//! ```
//!
//! # Layout
//!
//! `K`, then `s`: 64 bytes.
//!
//! # Security
//!
//! Proving takes constant time. The transcript absorbs the public key. The prover computes the public key from the
//! secret and does not take it as an argument, because a proof under a wrong public key would reveal the secret.

#![allow(non_snake_case)]

use merlin::Transcript;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::equations::WeightedSum;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{PublicElement, Scalar, SecretScalar};
use crate::transcript::{Guarded, ProofTranscript};

/// A Schnorr proof of knowledge, or a Schnorr signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchnorrProof {
    K: PublicElement,
    s: Scalar,
}

/// A key pair that makes Schnorr proofs and signatures.
pub struct KeyPair {
    secret: SecretScalar,
    public: PublicElement,
}

impl KeyPair {
    /// Creates the key pair with this secret.
    #[must_use]
    pub fn new(secret: SecretScalar) -> Self {
        let public = secret.public();
        Self { secret, public }
    }

    /// Draws a new key pair from `rng`.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        Self::new(SecretScalar::random(rng))
    }

    /// Reads a secret key, as [`expose_secret`](Self::expose_secret) returns it. Returns `None` unless it is a scalar other
    /// than zero.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        let secret = SecretScalar::new(Scalar::from_canonical(secret)?);
        (*secret.expose_scalar() != Scalar::ZERO).then(|| Self::new(secret))
    }

    /// Returns the secret key as 32 little-endian bytes.
    #[must_use]
    pub fn expose_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.expose_scalar().to_bytes())
    }

    /// Returns the public key of the pair.
    #[must_use]
    pub fn public(&self) -> &PublicElement {
        &self.public
    }

    /// Returns the secret key of the pair.
    #[must_use]
    pub fn secret(&self) -> &SecretScalar {
        &self.secret
    }

    /// Proves knowledge of the secret. The transcript must have absorbed the context and, for a signature, the message.
    pub fn prove<R: CryptoRng>(&self, transcript: &mut Transcript, rng: &mut R) -> SchnorrProof {
        Guarded::PUBLIC_KEY.absorb_element(transcript, &self.public);
        let k = transcript.nonces(&self.secret, rng).draw(b"k");
        self.respond(transcript, &k)
    }

    /// Proves without randomness, for steps that must give the same bytes when they are repeated.
    pub(crate) fn prove_deterministically(&self, transcript: &mut Transcript, seed: &[u8; 32]) -> SchnorrProof {
        Guarded::PUBLIC_KEY.absorb_element(transcript, &self.public);
        let k = transcript.deterministic_nonces(seed).draw(b"k");
        self.respond(transcript, &k)
    }

    fn respond(&self, transcript: &mut Transcript, k: &SecretScalar) -> SchnorrProof {
        let K = k.public();
        Guarded::NONCE.absorb_element(transcript, &K);
        let c = transcript.challenge_scalar(b"c");
        let s = *k.expose_scalar() + c * *self.secret.expose_scalar();
        SchnorrProof { K, s }
    }
}

impl SchnorrProof {
    /// The length of the encoding in bytes.
    pub const BYTES: usize = 64;

    /// Reads the encoding of a proof.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { K: reader.element("K")?, s: reader.scalar("s")? })
    }

    /// Writes the canonical encoding of the proof.
    pub fn encode(&self, writer: &mut Writer) {
        writer.element(&self.K).scalar(&self.s);
    }

    /// Returns the claim that the proof is valid for the key `public`. The transcript must have absorbed the same
    /// messages as the transcript of the prover.
    #[must_use]
    pub fn claim(&self, transcript: &mut Transcript, public: &PublicElement) -> SchnorrClaim {
        Guarded::PUBLIC_KEY.absorb_element(transcript, public);
        Guarded::NONCE.absorb_element(transcript, &self.K);
        let c = transcript.challenge_scalar(b"c");
        SchnorrClaim { P: *public, K: self.K, s: self.s, c }
    }
}

/// The claim that a Schnorr proof is valid.
#[derive(Clone, Debug)]
pub struct SchnorrClaim {
    P: PublicElement,
    K: PublicElement,
    s: Scalar,
    c: Scalar,
}

impl SchnorrClaim {
    /// Absorbs the challenge, which depends on the statement and the announcement, and the response.
    pub(crate) fn absorb(&self, transcript: &mut Transcript) {
        transcript.absorb_scalars(b"schnorr", &[self.c, self.s]);
    }

    /// Adds the equation `K + [c]P - [s]G = 0`.
    pub(crate) fn accumulate(&self, [w, ..]: [u128; 3], sum: &mut WeightedSum<'_>) {
        let w = Scalar::from(w);
        sum.add(w, &self.K);
        sum.add(w * self.c, &self.P);
        sum.g -= w * self.s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    #[test]
    fn a_secret_key_is_a_scalar_other_than_zero() {
        let key = KeyPair::random(&mut TestRng(1));
        let secret = key.expose_secret();
        assert_eq!(KeyPair::from_secret(&secret).map(|key| *key.public()), Some(*key.public()));
        assert!(KeyPair::from_secret(&[0; 32]).is_none());
        assert!(KeyPair::from_secret(&[0xff; 32]).is_none());
    }
}
