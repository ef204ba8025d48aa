//! What is fixed before a key ceremony begins.

use alloc::vec::Vec;

use super::error::CeremonyError;
use super::share::EncryptedShares;
use crate::group::PublicElement;
use crate::hash::ManifestHash;
use crate::index::TrusteeIndex;
use crate::limits::{MAX_MESSAGE_BYTES, MAX_SLOTS, MAX_TRUSTEES};
use crate::manifest::Manifest;
use crate::proofs::schnorr::SchnorrProof;

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
        check("bytes of a deal", deal_bytes(slots, threshold.into(), trustees), 0, MAX_MESSAGE_BYTES)?;
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

    /// The index of the trustee with this number.
    ///
    /// # Errors
    ///
    /// `IndexOutOfRange` unless the number is from 1 to `T`.
    pub fn trustee(&self, number: u16) -> Result<TrusteeIndex, CeremonyError> {
        let found = TrusteeIndex::find(number, &self.signing_keys);
        found.map(|(index, _)| index).ok_or(CeremonyError::IndexOutOfRange { index: number })
    }

    /// The indices of all trustees, in ascending order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = TrusteeIndex> {
        TrusteeIndex::enumerate(&self.signing_keys).map(|(index, _)| index)
    }
}

/// The length of a deal as it is published.
pub(super) const fn deal_bytes(slots: usize, threshold: usize, trustees: usize) -> usize {
    let header = 2 + 1 + 2 + 32 + 2;
    header + 32 * slots * threshold + trustees * EncryptedShares::bytes(slots) + 2 * SchnorrProof::BYTES
}

fn check(field: &'static str, found: usize, least: usize, most: usize) -> Result<(), CeremonyError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(CeremonyError::Parameter { field, found, least, most }) }
}
