//! The seed, which is the only secret of a trustee, and the secrets that are derived from it.
//!
//! See `spec/ceremony.md#steps`.
//!
//! # Security
//!
//! Constant time. Secrets come from a transcript that has absorbed the seed and the roster. Only the keys do not depend
//! on the roster, because they are part of it.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::parameters::CeremonyParameters;
use super::polynomial::Polynomial;
use crate::hash::RosterHash;
use crate::proofs::schnorr::KeyPair;
use crate::transcript::{Domain, ProofTranscript};

/// The only secret that a trustee must keep. It is wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct TrusteeSeed([u8; 32]);

impl TrusteeSeed {
    /// Draws a uniformly random seed from `rng`.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(*bytes)
    }

    /// Creates the seed with these bytes. The caller must wipe its own copy.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// Returns the bytes of the seed, to store them where nobody else can read them.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Derives the key pair that signs. Its public key is in the manifest.
    #[must_use]
    pub fn signing_key(&self) -> KeyPair {
        let mut nonces = Domain::TrusteeSecrets.transcript().deterministic_nonces(&self.0);
        KeyPair::new(nonces.draw(b"signing-key"))
    }

    /// The key pair to which shares are encrypted. Each attempt has its own.
    pub(super) fn encryption_key(&self, parameters: &CeremonyParameters) -> KeyPair {
        let mut transcript = Domain::TrusteeSecrets.for_manifest(parameters.manifest());
        transcript.absorb_u64(b"attempt", parameters.attempt().into());
        KeyPair::new(transcript.deterministic_nonces(&self.0).draw(b"encryption-key"))
    }

    /// The polynomials of all slots. Every roster gives different ones.
    pub(super) fn polynomials(&self, parameters: &CeremonyParameters, roster: &RosterHash) -> Vec<Polynomial> {
        let mut nonces = Domain::TrusteeSecrets.for_roster(roster).deterministic_nonces(&self.0);
        (0..parameters.slots()).map(|_| Polynomial::draw(&mut nonces, parameters.threshold())).collect()
    }
}
