//! The joint key, as everybody recomputes it from the messages of the ceremony.
//!
//! See `spec/ceremony.md#joint-key`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::messages::{Confirmation, Envelope, MessageKind, Signed};
use super::steps::{Deals, JointCommitments, Parties, read_step, refuse, verify_all, verify_commitments};
use super::{CeremonyError, CeremonyParameters};
use crate::group::PublicElement;
use crate::hash::CeremonyRoot;
use crate::proofs::equality::EqualityStatement;
use crate::weaken::{self, Check};

/// The keys `Y_1..Y_N` of all slots, and what a verifier needs to know about those who hold their secrets.
#[derive(Clone, Debug)]
pub struct JointKey {
    parameters: CeremonyParameters,
    root: CeremonyRoot,
    keys: Vec<PublicElement>,
    joint: JointCommitments,
    confirmed: Vec<u16>,
}

impl JointKey {
    /// Verifies a whole ceremony, whose messages stand in the order of their publication.
    ///
    /// Whoever publishes a confirmation that does not hold is named; without it the ceremony stands if enough others
    /// confirmed.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and all who broke it.
    pub fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let steps = Steps::sort(messages, true)?;
        let parties = Parties::verify(parameters, &steps.registrations, rng)?;
        let commitments = verify_commitments(parameters, &parties.roster, &steps.commitments, rng)?;
        let deals = Deals::verify(parameters, &parties, &commitments, &steps.deals, rng)?;
        let keys = joint_keys(&deals)?;
        let confirmed = verify_confirmations(parameters, &parties, &deals, &steps.confirmations, rng)?;
        Ok(Self { parameters: parameters.clone(), root: deals.root, keys, joint: deals.joint, confirmed })
    }

    /// The keys `Y_1..Y_N`.
    #[must_use]
    pub fn keys(&self) -> &[PublicElement] {
        &self.keys
    }

    /// The verification keys `Y_{j,1}..Y_{j,N}` of trustee `j`.
    ///
    /// # Errors
    ///
    /// `IndexOutOfRange` unless the index lies between 1 and `T`: at 0 stands the joint key itself.
    pub fn verification_keys(&self, trustee: u16) -> Result<Vec<PublicElement>, CeremonyError> {
        self.parameters.signing_key(trustee)?;
        Ok(self.joint.vartime_evaluate(trustee))
    }

    /// What the ceremony was for.
    #[must_use]
    pub fn parameters(&self) -> &CeremonyParameters {
        &self.parameters
    }

    /// How many trustees are needed to decrypt.
    #[must_use]
    pub fn threshold(&self) -> u16 {
        self.parameters.threshold()
    }

    /// How many trustees there are.
    #[must_use]
    pub fn trustees(&self) -> u16 {
        self.parameters.trustees()
    }

    /// How many slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.parameters.slots()
    }

    /// The indices of the trustees that proved that their shares decrypt.
    #[must_use]
    pub fn confirmed(&self) -> &[u16] {
        &self.confirmed
    }

    /// The root of the ceremony, which names this key.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }
}

/// `Y_1..Y_N`: none is the identity.
pub(crate) fn joint_keys(deals: &Deals) -> Result<Vec<PublicElement>, CeremonyError> {
    let keys = deals.joint.vartime_evaluate(0);
    match keys.iter().position(PublicElement::is_identity) {
        Some(slot) if weaken::is_on(Check::RefuseIdentity) => {
            Err(CeremonyError::IdentityElement { field: "joint key of slot", number: slot + 1 })
        }
        _ => Ok(keys),
    }
}

/// Who confirmed.
fn verify_confirmations<R: CryptoRng>(
    parameters: &CeremonyParameters,
    parties: &Parties,
    deals: &Deals,
    messages: &[&[u8]],
    rng: &mut R,
) -> Result<Vec<u16>, CeremonyError> {
    let (roster, root) = (&parties.roster, &deals.root);
    let confirmations: Vec<Signed<Confirmation>> = read_step(parameters, Some(roster), messages, rng)?;
    let elsewhere = confirmations.iter().filter(|confirmation| confirmation.body().root != *root);
    refuse(elsewhere.map(Signed::unanswered).collect(), |messages| CeremonyError::RootMismatch { messages })?;
    let (mut claims, mut failing) = (Vec::with_capacity(confirmations.len()), Vec::new());
    for confirmation in &confirmations {
        let (trustee, Confirmation { factors, proof, .. }) = (confirmation.author(), confirmation.body());
        let base = Confirmation::base(root, trustee);
        let keys = deals.joint.vartime_evaluate(trustee);
        let statement = EqualityStatement { base: &base, keys: &keys, factors };
        match proof.claim(&mut Confirmation::transcript(roster, root, trustee), &statement) {
            Ok(claim) => claims.push((trustee, claim)),
            Err(_) => failing.push(trustee),
        }
    }
    if weaken::is_on(Check::BackupProof) {
        failing.extend(verify_all(claims, rng).err().into_iter().flatten());
    }
    refuse(failing, |trustees| CeremonyError::BackupProofInvalid { trustees })?;
    let (confirmed, required) = (confirmations.len() as u16, parameters.minimum_confirmed());
    if confirmed < required {
        return Err(CeremonyError::TooFewConfirmed { confirmed, required });
    }
    Ok(confirmations.iter().map(Signed::author).collect())
}

/// The messages of a ceremony by step.
#[derive(Default)]
pub(crate) struct Steps<'a> {
    pub(crate) registrations: Vec<&'a [u8]>,
    pub(crate) commitments: Vec<&'a [u8]>,
    pub(crate) deals: Vec<&'a [u8]>,
    pub(crate) confirmations: Vec<&'a [u8]>,
}

impl<'a> Steps<'a> {
    /// Sorts messages by step; `in_order` refuses one that was published after another of a later step. Honest trustees
    /// begin a step when the one before is complete.
    pub(crate) fn sort<M: AsRef<[u8]>>(messages: &'a [M], in_order: bool) -> Result<Self, CeremonyError> {
        let mut steps = Self::default();
        let (mut latest, mut late) = (MessageKind::Registration, Vec::new());
        for envelope in Envelope::open_all(messages)? {
            let Envelope { kind, bytes, .. } = envelope;
            if in_order && kind < latest {
                late.push(envelope.unanswered());
            }
            latest = latest.max(kind);
            match kind {
                MessageKind::Registration => steps.registrations.push(bytes),
                MessageKind::DealCommitment => steps.commitments.push(bytes),
                MessageKind::Deal => steps.deals.push(bytes),
                MessageKind::Confirmation => steps.confirmations.push(bytes),
            }
        }
        refuse(late, |messages| CeremonyError::OutOfOrder { messages })?;
        Ok(steps)
    }
}
