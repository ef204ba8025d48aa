//! The one secret of a trustee, and everything that derives from it.
//!
//! See `spec/ceremony.md#steps`.
//!
//! # Security
//!
//! Constant time. What derives from the seed is drawn from a transcript that has absorbed the roster; only the keys, which
//! make the roster, are drawn before there is one.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::parameters::CeremonyParameters;
use super::polynomial::Polynomial;
use crate::hash::RosterHash;
use crate::proofs::schnorr::KeyPair;
use crate::transcript::{Domain, ProofTranscript};

/// The one secret that a trustee keeps.
#[derive(ZeroizeOnDrop)]
pub struct TrusteeSeed([u8; 32]);

impl TrusteeSeed {
    /// Draws a seed.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(*bytes)
    }

    /// The seed with these bytes. The caller wipes its own copy.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// The seed itself, to be stored where nobody else reads it.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key pair that signs: its public half is in the manifest.
    #[must_use]
    pub fn signing_key(&self) -> KeyPair {
        let mut nonces = Domain::TrusteeSecrets.transcript().deterministic_nonces(&self.0);
        KeyPair::new(nonces.draw(b"signing-key"))
    }

    /// The key pair to which shares are encrypted: one for each attempt.
    pub(super) fn encryption_key(&self, parameters: &CeremonyParameters) -> KeyPair {
        let mut transcript = Domain::TrusteeSecrets.for_manifest(parameters.manifest());
        transcript.absorb_u64(b"attempt", parameters.attempt().into());
        KeyPair::new(transcript.deterministic_nonces(&self.0).draw(b"encryption-key"))
    }

    /// The polynomials of all slots: others for every roster.
    pub(super) fn polynomials(&self, parameters: &CeremonyParameters, roster: &RosterHash) -> Vec<Polynomial> {
        let mut nonces = Domain::TrusteeSecrets.for_roster(roster).deterministic_nonces(&self.0);
        (0..parameters.slots()).map(|_| Polynomial::draw(&mut nonces, parameters.threshold())).collect()
    }
}
