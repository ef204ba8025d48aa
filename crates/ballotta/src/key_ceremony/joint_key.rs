//! The joint key, which everybody can compute from the messages of the ceremony.
//!
//! See `spec/ceremony.md#joint-key`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::deals::{Deals, JointCommitments};
use super::envelope::{Envelope, Signed};
use super::error::{CeremonyError, refuse_if_any};
use super::kind::MessageKind;
use super::messages::Confirmation;
use super::parameters::CeremonyParameters;
use super::roster::Roster;
use super::steps::{
    of_kind, read_complete_step, read_messages, refuse_late_messages, refuse_second_messages, verify_all,
};
use crate::group::PublicElement;
use crate::hash::{CeremonyRoot, JointKeyHash};
use crate::index::TrusteeIndex;
use crate::proofs::equality::EqualityStatement;
use crate::weaken::{self, Check};

/// The joint public key of an election: the keys `Y_1..Y_N` of all slots, and the verification keys of the trustees.
#[derive(Clone, Debug)]
pub struct JointKey {
    parameters: CeremonyParameters,
    root: CeremonyRoot,
    hash: JointKeyHash,
    keys: Vec<PublicElement>,
    joint: JointCommitments,
    confirmed: Vec<TrusteeIndex>,
}

impl JointKey {
    /// Verifies a whole ceremony. `messages` must be in the order of their publication.
    ///
    /// If a confirmation is invalid, the error names its author. Without this confirmation, the ceremony is valid if
    /// enough other trustees have confirmed.
    ///
    /// # Errors
    ///
    /// [`CeremonyError`] for the first rule that is broken, with all trustees who broke it.
    pub fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let published = Envelope::open_all(messages)?;
        refuse_late_messages(&published)?;
        let step = |kind| of_kind(&published, kind);
        let roster = Roster::verify(parameters, &step(MessageKind::Registration), rng)?;
        let commitments = step(MessageKind::DealCommitment);
        let commitments = read_complete_step(parameters, Some(&roster.hash), &commitments, rng)?;
        let deals = Deals::verify(parameters, &roster, &commitments, &step(MessageKind::Deal), rng)?;
        let keys = joint_keys(&deals)?;
        let confirmed = verify_confirmations(parameters, &roster, &deals, &step(MessageKind::Confirmation), rng)?;
        let Deals { root, joint, .. } = deals;
        let hash = JointKeyHash::of(&root, keys.iter().map(PublicElement::as_bytes));
        Ok(Self { parameters: parameters.clone(), root, hash, keys, joint, confirmed })
    }

    /// Returns the keys `Y_1..Y_N` of all slots.
    #[must_use]
    pub fn keys(&self) -> &[PublicElement] {
        &self.keys
    }

    /// Returns the verification keys `Y_{j,1}..Y_{j,N}` of trustee `j`.
    ///
    /// # Errors
    ///
    /// `IndexOutOfRange` if the index is above the number of trustees.
    pub fn verification_keys(&self, trustee: TrusteeIndex) -> Result<Vec<PublicElement>, CeremonyError> {
        let trustee = self.parameters.trustee(trustee.get())?;
        Ok(self.joint.vartime_verification_keys(trustee))
    }

    /// Returns the parameters of the ceremony.
    #[must_use]
    pub fn parameters(&self) -> &CeremonyParameters {
        &self.parameters
    }

    /// Returns how many trustees are needed to decrypt.
    #[must_use]
    pub fn threshold(&self) -> u16 {
        self.parameters.threshold()
    }

    /// Returns how many trustees there are.
    #[must_use]
    pub fn trustees(&self) -> u16 {
        self.parameters.trustees()
    }

    /// Returns how many slots the election has.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.parameters.slots()
    }

    /// Returns the indices of the trustees who have proved that their shares decrypt, in ascending order.
    #[must_use]
    pub fn confirmed(&self) -> &[TrusteeIndex] {
        &self.confirmed
    }

    /// Returns the root of the ceremony.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }

    /// Returns the hash, which identifies this key.
    #[must_use]
    pub fn hash(&self) -> &JointKeyHash {
        &self.hash
    }
}

/// Computes the keys `Y_1..Y_N` and checks that none is the identity.
pub(crate) fn joint_keys(deals: &Deals) -> Result<Vec<PublicElement>, CeremonyError> {
    let keys = deals.joint.joint_keys();
    match keys.iter().position(PublicElement::is_identity) {
        Some(slot) if weaken::is_on(Check::RefuseIdentity) => {
            Err(CeremonyError::IdentityElement { field: "joint key of slot", number: slot + 1 })
        }
        _ => Ok(keys),
    }
}

/// Verifies the confirmations and returns the trustees who have confirmed, in index order.
fn verify_confirmations<R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: &Roster,
    deals: &Deals,
    messages: &[&[u8]],
    rng: &mut R,
) -> Result<Vec<TrusteeIndex>, CeremonyError> {
    let (roster, root) = (&roster.hash, &deals.root);
    let confirmations: Vec<Signed<Confirmation>> = read_messages(parameters, Some(roster), messages, rng)?;
    // A trustee that was shown other deals has confirmed them. With the confirmation of these, nobody can say that it made
    // two for one ceremony.
    let elsewhere = confirmations.iter().filter(|confirmation| confirmation.body().root != *root);
    if weaken::is_on(Check::ConfirmedRoot) {
        let elsewhere = elsewhere.map(Signed::unattributed).collect();
        refuse_if_any(elsewhere, |messages| CeremonyError::RootMismatch { messages })?;
    }
    refuse_second_messages(&confirmations)?;
    let (mut claims, mut failing) = (Vec::with_capacity(confirmations.len()), Vec::new());
    let mut confirmed = Vec::with_capacity(confirmations.len());
    for confirmation in &confirmations {
        let Confirmation { factors, proof, .. } = confirmation.body();
        let trustee = parameters.trustee(confirmation.author())?;
        confirmed.push(trustee);
        let base = Confirmation::base(root, trustee);
        let keys = deals.joint.vartime_verification_keys(trustee);
        let statement = EqualityStatement { base: &base, keys: &keys, factors };
        match proof.claim(&mut Confirmation::transcript(roster, root, trustee), &statement) {
            Ok(claim) => claims.push((trustee.get(), claim)),
            Err(_) => failing.push(trustee.get()),
        }
    }
    if weaken::is_on(Check::BackupProof) {
        failing.extend(verify_all(claims, rng).err().into_iter().flatten());
    }
    refuse_if_any(failing, |trustees| CeremonyError::BackupProofInvalid { trustees })?;
    // The cast is exact, because there is at most one confirmation of each trustee.
    let (found, required) = (confirmed.len() as u16, parameters.minimum_confirmed());
    if found < required {
        let is_absent = |trustee: &u16| confirmed.iter().all(|confirmed| confirmed.get() != *trustee);
        let absent = (1..=parameters.trustees()).filter(is_absent).collect();
        return Err(CeremonyError::TooFewConfirmed { confirmed: found, required, absent });
    }
    Ok(confirmed)
}
