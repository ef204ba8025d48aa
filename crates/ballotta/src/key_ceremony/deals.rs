//! The deals of all trustees, and the joint commitments that everybody computes from them.
//!
//! See `spec/ceremony.md#verification`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::envelope::Signed;
use super::error::{CeremonyError, refuse_if_any};
use super::messages::{Deal, DealCommitment};
use super::parameters::CeremonyParameters;
use super::polynomial::{possession_claim, vartime_evaluate};
use super::roster::Roster;
use super::share::ShareAddress;
use super::steps::{read_complete_step, verify_all};
use crate::group::{Element, PublicElement};
use crate::hash::{CeremonyRoot, FileHash, tagged};
use crate::index::TrusteeIndex;
use crate::weaken::{self, Check};

/// All deals, verified, with the ceremony root and the joint commitments.
pub(crate) struct Deals {
    pub(crate) root: CeremonyRoot,
    pub(crate) joint: JointCommitments,
    /// One deal of each trustee, in index order.
    pub(crate) deals: Vec<Signed<Deal>>,
}

impl Deals {
    pub(crate) fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        roster: &Roster,
        commitments: &[Signed<DealCommitment>],
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let deals: Vec<Signed<Deal>> = read_complete_step(parameters, Some(&roster.hash), messages, rng)?;
        let hashes: Vec<FileHash> = deals.iter().map(|deal| FileHash::of(deal.as_bytes())).collect();
        if weaken::is_on(Check::DealCommitment) {
            let exchanged = zip(zip(&deals, &hashes), commitments)
                .filter(|((_, hash), commitment)| **hash != commitment.body().deal)
                .map(|((deal, _), _)| deal.author());
            refuse_if_any(exchanged.collect(), |dealers| CeremonyError::CommitmentMismatch { dealers })?;
        }
        if weaken::is_on(Check::DealPossession) {
            let claims = TrusteeIndex::enumerate(&deals).map(|(dealer, message)| {
                let Deal { commitments, possession, .. } = message.body();
                (dealer.get(), possession_claim(&roster.hash, dealer, commitments, possession))
            });
            verify_all(claims, rng).map_err(|dealers| CeremonyError::DealProofInvalid { dealers })?;
        }
        verify_ephemerals(roster, &deals, rng)?;

        let mut parts: Vec<&[u8]> = alloc::vec![roster.hash.as_bytes()];
        parts.extend(hashes.iter().map(|hash| hash.as_bytes().as_slice()));
        let root = CeremonyRoot::from_bytes(tagged("ceremony", &parts));
        Ok(Self { root, joint: JointCommitments::sum(parameters.slots(), &deals), deals })
    }
}

/// Verifies that every dealer knows the secrets of its ephemeral keys, and that every ephemeral key appears only once.
fn verify_ephemerals<R: CryptoRng>(roster: &Roster, deals: &[Signed<Deal>], rng: &mut R) -> Result<(), CeremonyError> {
    let all_shares = || {
        TrusteeIndex::enumerate(deals)
            .flat_map(|(dealer, deal)| zip(roster.share_addresses(dealer), &deal.body().shares))
    };
    let place = |address: &ShareAddress<'_>| (address.dealer.get(), address.receiver.get());
    verify_all(all_shares().map(|(address, shares)| (place(&address), shares.claim(&address))), rng)
        .map_err(|places| CeremonyError::ShareProofInvalid { places })?;
    let mut seen: BTreeMap<&[u8; 32], u32> = BTreeMap::new();
    for (_, shares) in all_shares() {
        *seen.entry(shares.ephemeral.as_bytes()).or_default() += 1;
    }
    let copied =
        all_shares().filter(|(_, shares)| seen.get(shares.ephemeral.as_bytes()).is_some_and(|count| *count > 1));
    if weaken::is_off(Check::CopiedEphemeral) {
        return Ok(());
    }
    refuse_if_any(copied.map(|(address, _)| place(&address)).collect(), |places| CeremonyError::CopiedEphemeral {
        places,
    })
}

/// The commitments to the coefficients of the joint polynomials, for each slot: the sums over all dealers.
#[derive(Clone, Debug)]
pub(crate) struct JointCommitments {
    slots: Vec<Vec<Element>>,
}

impl JointCommitments {
    fn sum(slots: usize, deals: &[Signed<Deal>]) -> Self {
        let mut sums = alloc::vec![Vec::new(); slots];
        for deal in deals {
            for (sum, commitments) in zip(&mut sums, &deal.body().commitments) {
                if sum.len() < commitments.len() {
                    sum.resize(commitments.len(), Element::identity());
                }
                for (sum, commitment) in zip(sum, commitments) {
                    *sum += *commitment.element();
                }
            }
        }
        Self { slots: sums }
    }

    /// The joint key: the values at 0 of the polynomials of all slots, which are their constant terms.
    pub(crate) fn joint_keys(&self) -> Vec<PublicElement> {
        self.slots.iter().map(|slot| slot.first().copied().unwrap_or(Element::identity()).into()).collect()
    }

    /// The verification keys of a trustee: the values at its index of the polynomials of all slots.
    pub(crate) fn vartime_verification_keys(&self, trustee: TrusteeIndex) -> Vec<PublicElement> {
        self.slots.iter().map(|slot| vartime_evaluate(slot, trustee).into()).collect()
    }
}
