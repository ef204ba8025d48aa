//! The parameters of a key ceremony.

use alloc::vec::Vec;

use super::error::CeremonyError;
use super::share::EncryptedShares;
use crate::group::PublicElement;
use crate::hash::ManifestHash;
use crate::index::TrusteeIndex;
use crate::limits::{MAX_MESSAGE_BYTES, MAX_SLOTS, MAX_TRUSTEES};
use crate::manifest::Manifest;
use crate::proofs::schnorr::SchnorrProof;

/// The parameters of a ceremony, which are fixed before it begins: the trustees, the threshold and the slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CeremonyParameters {
    manifest: ManifestHash,
    threshold: u16,
    signing_keys: Vec<PublicElement>,
    slots: usize,
    attempt: u32,
    minimum_confirmed: u16,
}

/// The number of the first attempt at a ceremony. A later attempt will exclude a dealer after a complaint.
pub const FIRST_ATTEMPT: u32 = 1;

impl CeremonyParameters {
    /// Creates the parameters of one attempt. Trustee `i` signs with the key at position `i - 1`. `threshold` trustees
    /// are needed to decrypt, and at least as many must confirm.
    ///
    /// # Errors
    ///
    /// `Parameter` if a number is out of its bounds, `IdentityElement` or `KeyReuse` if signing keys are invalid.
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

    /// Creates the parameters of an attempt at the ceremony of a manifest.
    ///
    /// # Errors
    ///
    /// `Parameter` if a deal for this number of slots and trustees would be longer than a message may be.
    pub fn for_manifest(manifest: &Manifest, attempt: u32) -> Result<Self, CeremonyError> {
        let trustees = manifest.trustees();
        let signing_keys = trustees.members.iter().map(|member| member.key).collect();
        Self::new(*manifest.hash(), trustees.threshold, signing_keys, manifest.slots(), attempt)?
            .with_minimum_confirmed(trustees.minimum_confirmed)
    }

    /// Sets the smallest number of trustees that must confirm.
    ///
    /// # Errors
    ///
    /// `Parameter` unless the number is between the threshold and the number of trustees.
    pub fn with_minimum_confirmed(self, holders: u16) -> Result<Self, CeremonyError> {
        check("confirmed trustees", holders.into(), self.threshold.into(), self.signing_keys.len())?;
        Ok(Self { minimum_confirmed: holders, ..self })
    }

    /// Returns the hash of the manifest of the election.
    #[must_use]
    pub fn manifest(&self) -> &ManifestHash {
        &self.manifest
    }

    /// Returns how many trustees are needed to decrypt: `t`.
    #[must_use]
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// Returns how many trustees there are: `T`.
    #[must_use]
    pub fn trustees(&self) -> u16 {
        // The cast is exact, because there are at most MAX_TRUSTEES trustees.
        self.signing_keys.len() as u16
    }

    /// Returns how many slots there are: `N`. Each slot has its own key.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Returns the number of the attempt. A ceremony that failed is repeated with the next number.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns how many trustees must confirm at least.
    #[must_use]
    pub fn minimum_confirmed(&self) -> u16 {
        self.minimum_confirmed
    }

    /// Returns the signing keys of the trustees, in index order.
    #[must_use]
    pub fn signing_keys(&self) -> &[PublicElement] {
        &self.signing_keys
    }

    /// Returns the index of the trustee with this number.
    ///
    /// # Errors
    ///
    /// `IndexOutOfRange` unless the number is from 1 to `T`.
    pub fn trustee(&self, number: u16) -> Result<TrusteeIndex, CeremonyError> {
        let found = TrusteeIndex::find(number, &self.signing_keys);
        found.map(|(index, _)| index).ok_or(CeremonyError::IndexOutOfRange { index: number })
    }

    /// Iterates over the indices of all trustees, in ascending order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = TrusteeIndex> {
        TrusteeIndex::enumerate(&self.signing_keys).map(|(index, _)| index)
    }
}

/// The length of a published deal in bytes.
pub(super) const fn deal_bytes(slots: usize, threshold: usize, trustees: usize) -> usize {
    let header = 2 + 1 + 2 + 32 + 2;
    header + 32 * slots * threshold + trustees * EncryptedShares::bytes(slots) + 2 * SchnorrProof::BYTES
}

fn check(field: &'static str, found: usize, least: usize, most: usize) -> Result<(), CeremonyError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(CeremonyError::Parameter { field, found, least, most }) }
}
