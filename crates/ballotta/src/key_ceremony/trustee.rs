//! The steps of a trustee in the ceremony, as states.
//!
//! See `spec/ceremony.md#steps`.
//!
//! # Security
//!
//! Every message depends only on the seed, the parameters and the messages before it. So a process that has stopped can
//! replay the public messages and continue. Random numbers are used only for the weights of batch verification. Secrets
//! come from a transcript that has absorbed the seed and the roster, except the keys, which are part of the roster.
//! Everything that uses the seed takes constant time.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::deals::Deals;
use super::envelope::{Body, Envelope, Signed, sign};
use super::error::{CeremonyError, Evidence};
use super::joint_key::{JointKey, joint_keys};
use super::kind::MessageKind;
use super::messages::{Confirmation, Deal, DealCommitment, Registration};
use super::parameters::CeremonyParameters;
use super::polynomial::{Polynomial, prove_possession, vartime_evaluate};
use super::roster::Roster;
use super::seed::TrusteeSeed;
use super::share::{EncryptedShares, ShareAddress};
use super::steps::{of_kind, read_complete_step};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::{CeremonyRoot, FileHash, RosterHash};
use crate::index::TrusteeIndex;
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::proofs::schnorr::KeyPair;
use crate::weaken::{self, Check};

/// A trustee in a ceremony, with the data that all its states share.
pub struct Trustee {
    parameters: CeremonyParameters,
    index: TrusteeIndex,
    seed: TrusteeSeed,
    signing: KeyPair,
    encryption: KeyPair,
}

impl Trustee {
    /// Does the first step: registers the trustee that has the signing key of the seed.
    ///
    /// # Errors
    ///
    /// `NotATrustee` if the parameters do not contain this signing key.
    pub fn register(
        parameters: CeremonyParameters,
        seed: TrusteeSeed,
    ) -> Result<(Registered, Signed<Registration>), CeremonyError> {
        let signing = seed.signing_key();
        let seat = zip(parameters.indices(), parameters.signing_keys()).find(|(_, key)| *key == signing.public());
        let (index, _) = seat.ok_or(CeremonyError::NotATrustee)?;
        let encryption = seed.encryption_key(&parameters);
        let registration = Registration::new(&parameters, index, &encryption, &seed);
        let trustee = Self { parameters, index, seed, signing, encryption };
        let registration = trustee.sign(registration, None);
        Ok((Registered { trustee, registration: registration.clone() }, registration))
    }

    fn sign<B: Body>(&self, body: B, roster: Option<&RosterHash>) -> Signed<B> {
        sign(body, self.index, &self.parameters, roster, &self.signing, &self.seed)
    }

    /// Checks that the messages of all trustees contain the message that this trustee made.
    fn recognise<B: Body>(&self, own: &Signed<B>, messages: &[Signed<B>]) -> Result<(), CeremonyError> {
        match messages.iter().find(|message| message.author() == self.index.get()) {
            Some(message) if message.as_bytes() != own.as_bytes() => {
                let messages = [own, message].map(|message| message.as_bytes().to_vec());
                let evidence = alloc::vec![Evidence { trustee: self.index.get(), messages }];
                Err(CeremonyError::Equivocation { evidence })
            }
            _ => Ok(()),
        }
    }

    fn deal(&self, roster: &Roster) -> Result<Signed<Deal>, CeremonyError> {
        let polynomials = self.seed.polynomials(&self.parameters, &roster.hash);
        let deal = make_deal(roster, self.index, &polynomials, &self.seed)?;
        Ok(self.sign(deal, Some(&roster.hash)))
    }

    /// Opens the shares of this trustee in one deal and checks them against the commitments of the dealer.
    fn receive(&self, roster: &Roster, dealer: TrusteeIndex, deal: &Deal) -> Result<Vec<SecretScalar>, CeremonyError> {
        let receiver = self.index;
        let shares = zip(roster.share_addresses(dealer), &deal.shares)
            .find(|(address, _)| address.receiver == receiver)
            .and_then(|(address, shares)| shares.open(&address, self.encryption.secret()))
            .ok_or(CeremonyError::ShareDecryptFailed { dealer: dealer.get(), receiver: receiver.get() })?;
        for (slot, (share, commitments)) in (1..).zip(zip(&shares, &deal.commitments)) {
            let expected = vartime_evaluate(commitments.iter().map(PublicElement::element), receiver);
            if Element::mul_generator(share.expose_scalar()) != expected && weaken::is_on(Check::ShareConsistency) {
                let (dealer, receiver) = (dealer.get(), receiver.get());
                return Err(CeremonyError::ShareInconsistent { dealer, receiver, slot });
            }
        }
        Ok(shares)
    }
}

/// The deal of these polynomials.
pub(super) fn make_deal(
    roster: &Roster,
    dealer: TrusteeIndex,
    polynomials: &[Polynomial],
    seed: &TrusteeSeed,
) -> Result<Deal, CeremonyError> {
    let commitments = polynomials.iter().map(Polynomial::commitments).collect();
    let possession = prove_possession(&roster.hash, dealer, polynomials, &commitments, seed.expose_bytes());
    let seal = |address: ShareAddress<'_>| {
        let shares: Vec<_> = polynomials.iter().map(|polynomial| polynomial.evaluate(address.receiver)).collect();
        EncryptedShares::seal(&address, &shares, seed.expose_bytes())
    };
    let shares = roster.share_addresses(dealer).map(seal).collect::<Result<_, _>>()?;
    Ok(Deal { commitments, possession, shares })
}

/// The state of a trustee that has registered.
pub struct Registered {
    trustee: Trustee,
    registration: Signed<Registration>,
}

impl Registered {
    /// Does the second step: commits to a deal, given the registrations of all trustees.
    ///
    /// # Errors
    ///
    /// [`CeremonyError`] if registrations are invalid or missing.
    pub fn commit<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        registrations: &[M],
        rng: &mut R,
    ) -> Result<(Committed, Signed<DealCommitment>), CeremonyError> {
        let Self { trustee, registration } = self;
        let roster = Roster::verify(&trustee.parameters, registrations, rng)?;
        trustee.recognise(&registration, &roster.registrations)?;
        let deal = trustee.deal(&roster)?;
        let commitment = DealCommitment { deal: FileHash::of(deal.as_bytes()) };
        let commitment = trustee.sign(commitment, Some(&roster.hash));
        Ok((Committed { trustee, roster, deal, commitment: commitment.clone() }, commitment))
    }
}

/// The state of a trustee that has committed to its deal.
pub struct Committed {
    trustee: Trustee,
    roster: Roster,
    deal: Signed<Deal>,
    commitment: Signed<DealCommitment>,
}

impl Committed {
    /// Does the third step: returns the deal, given the commitments of all trustees.
    ///
    /// # Errors
    ///
    /// [`CeremonyError`] if commitments are invalid or missing.
    pub fn deal<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        commitments: &[M],
        rng: &mut R,
    ) -> Result<(Dealt, Signed<Deal>), CeremonyError> {
        let Self { trustee, roster, deal, commitment } = self;
        let commitments = read_complete_step(&trustee.parameters, Some(&roster.hash), commitments, rng)?;
        trustee.recognise(&commitment, &commitments)?;
        Ok((Dealt { trustee, roster, commitments }, deal))
    }
}

/// The state of a trustee that has published its deal.
pub struct Dealt {
    trustee: Trustee,
    roster: Roster,
    commitments: Vec<Signed<DealCommitment>>,
}

impl Dealt {
    /// Does the last step: reads the shares from the deals of all trustees, and proves that the shares decrypt.
    ///
    /// # Errors
    ///
    /// [`CeremonyError`] if deals are invalid or missing. `ShareDecryptFailed` and `ShareInconsistent` are reasons for
    /// a complaint.
    pub fn confirm<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        deals: &[M],
        rng: &mut R,
    ) -> Result<(TrusteeShares, Signed<Confirmation>), CeremonyError> {
        let Self { trustee, roster, commitments } = self;
        let deals = Deals::verify(&trustee.parameters, &roster, &commitments, deals, rng)?;
        joint_keys(&deals)?;
        let mut sums = Zeroizing::new(alloc::vec![Scalar::ZERO; trustee.parameters.slots()]);
        for (dealer, deal) in TrusteeIndex::enumerate(&deals.deals) {
            for (sum, share) in zip(sums.iter_mut(), trustee.receive(&roster, dealer, deal.body())?) {
                *sum += *share.expose_scalar();
            }
        }
        let shares = TrusteeShares {
            index: trustee.index,
            root: deals.root,
            secrets: sums.iter().map(|sum| SecretScalar::new(*sum)).collect(),
            verification_keys: deals.joint.vartime_verification_keys(trustee.index),
        };
        let confirmation = shares.confirm(&roster.hash, &trustee.seed);
        let confirmation = trustee.sign(confirmation, Some(&roster.hash));
        Ok((shares, confirmation))
    }
}

/// The shares `x_{j,1}..x_{j,N}` of a trustee in the joint secret key, which are wiped when dropped.
pub struct TrusteeShares {
    index: TrusteeIndex,
    root: CeremonyRoot,
    secrets: Vec<SecretScalar>,
    verification_keys: Vec<PublicElement>,
}

impl TrusteeShares {
    /// Recovers the shares from the seed and the messages of the ceremony, which may be in any order. A trustee needs
    /// them for decryption.
    ///
    /// # Errors
    ///
    /// `NotATrustee`, or another [`CeremonyError`] if messages are invalid or missing.
    pub fn recover<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: CeremonyParameters,
        seed: TrusteeSeed,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let published = Envelope::open_all(messages)?;
        let step = |kind| of_kind(&published, kind);
        let (registered, _) = Trustee::register(parameters, seed)?;
        let (committed, _) = registered.commit(&step(MessageKind::Registration), rng)?;
        let (dealt, _) = committed.deal(&step(MessageKind::DealCommitment), rng)?;
        let (shares, _) = dealt.confirm(&step(MessageKind::Deal), rng)?;
        Ok(shares)
    }

    /// Returns the index of the trustee.
    #[must_use]
    pub fn index(&self) -> TrusteeIndex {
        self.index
    }

    /// Returns the root of the ceremony to which the shares belong.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }

    /// Returns the verification keys `Y_{j,1}..Y_{j,N}` of the trustee.
    #[must_use]
    pub fn verification_keys(&self) -> &[PublicElement] {
        &self.verification_keys
    }

    /// Returns the secret shares, one for each slot.
    #[must_use]
    pub fn expose_secrets(&self) -> &[SecretScalar] {
        &self.secrets
    }

    /// Checks that the shares belong to the ceremony and the verification keys of a joint key.
    ///
    /// # Errors
    ///
    /// `OtherCeremony` if the shares are from another ceremony.
    pub fn check_against(&self, joint_key: &JointKey) -> Result<(), CeremonyError> {
        if self.root == *joint_key.root() && self.verification_keys == joint_key.verification_keys(self.index)? {
            Ok(())
        } else {
            Err(CeremonyError::OtherCeremony { trustee: self.index.get() })
        }
    }

    /// Decrypts a test ciphertext that nobody can choose, and proves that the decryption is correct.
    fn confirm(&self, roster: &RosterHash, seed: &TrusteeSeed) -> Confirmation {
        let (root, keys) = (self.root, &self.verification_keys);
        let base = Confirmation::base(&root, self.index);
        let factors: Vec<PublicElement> =
            self.secrets.iter().map(|secret| (base.element() * secret.expose_scalar()).into()).collect();
        let statement = EqualityStatement { base: &base, keys, factors: &factors };
        let mut transcript = Confirmation::transcript(roster, &root, self.index);
        let seed = seed.expose_bytes();
        let proof = EqualityProof::prove_deterministically(&mut transcript, &statement, &self.secrets, seed);
        Confirmation { root, factors, proof }
    }
}
