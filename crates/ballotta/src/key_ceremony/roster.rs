//! The roster: the trustees of an attempt with their keys. It is fixed after all trustees have registered.
//!
//! See `spec/ceremony.md#verification`.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::envelope::Signed;
use super::error::{CeremonyError, refuse_if_any};
use super::messages::Registration;
use super::parameters::CeremonyParameters;
use super::share::ShareAddress;
use super::steps::{read_complete_step, verify_all};
use crate::hash::{RosterHash, tagged};
use crate::index::TrusteeIndex;
use crate::weaken::{self, Check};

/// The verified registrations of all trustees, and their hash.
pub(crate) struct Roster {
    pub(crate) hash: RosterHash,
    /// One registration of each trustee, in index order.
    pub(crate) registrations: Vec<Signed<Registration>>,
}

impl Roster {
    /// Verifies the registrations of all trustees.
    pub(crate) fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let registrations: Vec<Signed<Registration>> = read_complete_step(parameters, None, messages, rng)?;
        let claims = TrusteeIndex::enumerate(&registrations)
            .map(|(trustee, message)| (trustee.get(), message.body().claim(parameters, trustee)));
        verify_all(claims, rng).map_err(|trustees| CeremonyError::PossessionProofInvalid { trustees })?;
        refuse_key_reuse(parameters, &registrations)?;
        Ok(Self { hash: roster_hash(parameters, &registrations), registrations })
    }

    /// The addresses of the shares from a dealer to every receiver, in index order.
    pub(crate) fn share_addresses(&self, dealer: TrusteeIndex) -> impl Iterator<Item = ShareAddress<'_>> {
        TrusteeIndex::enumerate(&self.registrations).map(move |(receiver, registration)| ShareAddress {
            roster: &self.hash,
            dealer,
            receiver,
            receiver_key: &registration.body().encryption_key,
        })
    }
}

/// Refuses an encryption key that is also a signing key, or that two trustees have registered. The proofs of possession
/// were verified before, so all trustees with such a key know its secret.
fn refuse_key_reuse(
    parameters: &CeremonyParameters,
    registrations: &[Signed<Registration>],
) -> Result<(), CeremonyError> {
    let key = |registration: &Signed<Registration>| registration.body().encryption_key;
    let reused = registrations.iter().filter(|registration| {
        let taken = registrations.iter().filter(|other| key(other) == key(registration)).count() > 1;
        taken || parameters.signing_keys().contains(&key(registration))
    });
    if weaken::is_off(Check::KeyReuse) {
        return Ok(());
    }
    refuse_if_any(reused.map(Signed::author).collect(), |trustees| CeremonyError::KeyReuse { trustees })
}

/// The hash of everything that is fixed after all trustees have registered.
fn roster_hash(parameters: &CeremonyParameters, registrations: &[Signed<Registration>]) -> RosterHash {
    let sizes = [u64::from(parameters.trustees()), parameters.threshold().into(), parameters.slots() as u64];
    let sizes = sizes.map(u64::to_le_bytes);
    let attempt = parameters.attempt().to_le_bytes();
    let mut parts: Vec<&[u8]> = alloc::vec![parameters.manifest().as_bytes()];
    parts.extend(sizes.iter().map(<[u8; 8]>::as_slice));
    parts.push(&attempt);
    for (key, registration) in zip(parameters.signing_keys(), registrations) {
        parts.push(key.as_bytes());
        parts.push(registration.as_bytes());
    }
    RosterHash::from_bytes(tagged("roster", &parts))
}
