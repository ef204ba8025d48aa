//! The key ceremony: trustees make the joint key together, and nobody ever holds its secret.
//!
//! See `spec/ceremony.md`.
//!
//! # Construction
//!
//! Pedersen's distributed key generation (EUROCRYPT 1991) with Feldman's commitments, for all `N` slots in one run, `t`
//! trustees needed out of `T`. Trustee `d` draws a polynomial per slot and publishes its coefficients in the exponent:
//!
//! ```text
//! f_{d,s}(X) = a_{d,s,0} + a_{d,s,1} X + .. + a_{d,s,t-1} X^(t-1)      A_{d,s,c} = [a_{d,s,c}]G
//! joint key           Y_s     = sum_d A_{d,s,0}
//! share of trustee j  x_{j,s} = sum_d f_{d,s}(j)
//! verification key    Y_{j,s} = [x_{j,s}]G = sum_c [j^c] sum_d A_{d,s,c}
//! ```
//!
//! | step | message | what it fixes |
//! |---|---|---|
//! | register | [`Registration`]: encryption key, proof of possession | the roster: who deals, under which keys |
//! | commit | [`DealCommitment`]: hash of the deal | every deal, before anybody has seen another's |
//! | deal | [`Deal`]: commitments to coefficients, encrypted shares | the joint key |
//! | confirm | [`Confirmation`]: ceremony root, proof that the shares decrypt | who can take part in the decryption |
//!
//! A trustee's steps are states ([`Registered`], [`Committed`], [`Dealt`], [`TrusteeShares`]): each consumes the one
//! before and all messages of its step. Everybody else recomputes the joint key from the messages: [`JointKey::verify`].
//!
//! # Complaints
//!
//! A receiver whose shares do not decrypt or do not agree with the commitments stops with
//! [`ShareDecryptFailed`](CeremonyError::ShareDecryptFailed) or [`ShareInconsistent`](CeremonyError::ShareInconsistent).
//! A complaint that proves this to everybody stands between deal and confirmation: it publishes the Diffie-Hellman value
//! of the encryption with a proof under [`Domain::Complaint`](crate::transcript::Domain::Complaint), and the wire kind 4
//! is its own. Until then the ceremony is repeated, as a new attempt.
//!
//! # Security
//!
//! What a trustee sends is a function of its seed, the roster and the public messages, so that a process that restarts
//! sends the same bytes again; and never of the seed alone: a restart with the same polynomial at other seats would give
//! the key away. Up to `t - 1` trustees learn nothing about the key. A dealer that sees the others' deals before it
//! commits could choose the joint key, so it cannot; one that stops after having seen them biases the key by its choice
//! to stop (Gennaro, Jarecki, Krawczyk, Rabin, Journal of Cryptology 2007), which names it and harms nothing here: see
//! `spec/ballot.md#privacy`.

use alloc::vec::Vec;

use crate::group::PublicElement;
use crate::hash::ManifestHash;
use crate::limits::{MAX_MESSAGE_BYTES, MAX_SLOTS, MAX_TRUSTEES};
use crate::manifest::Manifest;

mod error;
mod joint_key;
mod messages;
mod polynomial;
mod progress;
mod share;
mod steps;
#[cfg(test)]
mod tests;
mod trustee;

pub use error::{CeremonyError, Evidence, Unanswered};
pub use joint_key::JointKey;
pub use messages::{CeremonyMessage, Confirmation, Deal, DealCommitment, MessageKind, Registration, Signed, peek};
pub use polynomial::lagrange_at_zero;
pub use progress::{CeremonyStep, NextMessageError, check_next_message};
pub use share::EncryptedShares;
pub use trustee::{Committed, Dealt, Registered, Trustee, TrusteeSeed, TrusteeShares};

/// What is fixed before the ceremony begins: who takes part, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CeremonyParameters {
    manifest: ManifestHash,
    threshold: u16,
    signing_keys: Vec<PublicElement>,
    slots: usize,
    attempt: u32,
    minimum_confirmed: u16,
}

/// The first attempt at a ceremony. A further one, without a dealer that was disqualified, comes with complaints.
pub const FIRST_ATTEMPT: u32 = 1;

impl CeremonyParameters {
    /// The parameters of one attempt. Trustee `i` signs with the key at position `i - 1`; `threshold` trustees are needed
    /// to decrypt, and at least as many must confirm.
    ///
    /// # Errors
    ///
    /// `Parameter` for a number out of its bounds, `IdentityElement` and `KeyReuse` for signing keys.
    pub fn new(
        manifest: ManifestHash,
        threshold: u16,
        signing_keys: Vec<PublicElement>,
        slots: usize,
        attempt: u32,
    ) -> Result<Self, CeremonyError> {
        let trustees = signing_keys.len();
        check("trustees", trustees, 1, MAX_TRUSTEES)?;
        check("threshold", threshold.into(), 1, trustees)?;
        check("slots", slots, 1, MAX_SLOTS)?;
        check("bytes of a deal", Deal::bytes(slots, threshold.into(), trustees), 0, MAX_MESSAGE_BYTES)?;
        for (key, trustee) in signing_keys.iter().zip(1..) {
            if key.is_identity() {
                return Err(CeremonyError::IdentityElement { field: "signing key", number: trustee });
            }
            if let Some(before) = signing_keys.iter().take(trustee - 1).position(|other| other == key) {
                return Err(CeremonyError::KeyReuse { trustees: alloc::vec![before as u16 + 1, trustee as u16] });
            }
        }
        Ok(Self { manifest, threshold, signing_keys, slots, attempt, minimum_confirmed: threshold })
    }

    /// The parameters of an attempt that a manifest asks for.
    ///
    /// # Errors
    ///
    /// `Parameter` if the deals of so many slots and trustees are longer than a message may be.
    pub fn for_manifest(manifest: &Manifest, attempt: u32) -> Result<Self, CeremonyError> {
        let trustees = manifest.trustees();
        let signing_keys = trustees.members.iter().map(|member| member.key).collect();
        Self::new(*manifest.hash(), trustees.threshold, signing_keys, manifest.slots(), attempt)?
            .with_minimum_confirmed(trustees.minimum_confirmed)
    }

    /// The same parameters, but at least `holders` trustees must confirm.
    ///
    /// # Errors
    ///
    /// `Parameter` unless the number lies between the threshold and the number of trustees.
    pub fn with_minimum_confirmed(self, holders: u16) -> Result<Self, CeremonyError> {
        check("confirmed holders", holders.into(), self.threshold.into(), self.signing_keys.len())?;
        Ok(Self { minimum_confirmed: holders, ..self })
    }

    /// The manifest of the election.
    #[must_use]
    pub fn manifest(&self) -> &ManifestHash {
        &self.manifest
    }

    /// How many trustees are needed to decrypt: `t`.
    #[must_use]
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// How many trustees there are: `T`.
    #[must_use]
    pub fn trustees(&self) -> u16 {
        // At most MAX_TRUSTEES.
        self.signing_keys.len() as u16
    }

    /// How many slots, and so keys: `N`.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The number of the attempt: a ceremony that failed is repeated under the next.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many trustees must confirm at least.
    #[must_use]
    pub fn minimum_confirmed(&self) -> u16 {
        self.minimum_confirmed
    }

    /// The signing keys, in index order.
    #[must_use]
    pub fn signing_keys(&self) -> &[PublicElement] {
        &self.signing_keys
    }

    /// The signing key of a trustee.
    ///
    /// # Errors
    ///
    /// `IndexOutOfRange` unless the index lies between 1 and `T`.
    pub fn signing_key(&self, index: u16) -> Result<&PublicElement, CeremonyError> {
        usize::from(index)
            .checked_sub(1)
            .and_then(|position| self.signing_keys.get(position))
            .ok_or(CeremonyError::IndexOutOfRange { index })
    }

    /// The indices of the trustees: `1..=T`.
    pub(crate) fn indices(&self) -> core::ops::RangeInclusive<u16> {
        1..=self.trustees()
    }
}

fn check(field: &'static str, found: usize, least: usize, most: usize) -> Result<(), CeremonyError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(CeremonyError::Parameter { field, found, least, most }) }
}
