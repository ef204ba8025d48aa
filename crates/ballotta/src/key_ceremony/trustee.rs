//! A trustee's steps through the ceremony, as states.
//!
//! See `spec/ceremony.md#steps`.
//!
//! # Security
//!
//! Every message is a function of the seed, the parameters and the messages before it: a process that stopped replays
//! the public messages and goes on. Random numbers serve for nothing but the weights of batch verification. What derives
//! from the seed is drawn from a transcript that has absorbed the roster; the keys alone come before it. Everything that
//! touches the seed is constant time.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::joint_key::{JointKey, Steps, joint_keys};
use super::messages::{Body, Confirmation, Deal, DealCommitment, Registration, Signed, sign};
use super::polynomial::{Polynomial, prove_possession, vartime_evaluate};
use super::share::{EncryptedShares, Route};
use super::steps::{Deals, Parties, verify_commitments};
use super::{CeremonyError, CeremonyParameters, Evidence};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::{CeremonyRoot, FileHash, Roster};
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::proofs::schnorr::KeyPair;
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

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

    /// The key pair that signs: its public half stands in the manifest.
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
    pub(super) fn polynomials(&self, parameters: &CeremonyParameters, roster: &Roster) -> Vec<Polynomial> {
        let mut nonces = Domain::TrusteeSecrets.for_roster(roster).deterministic_nonces(&self.0);
        (0..parameters.slots()).map(|_| Polynomial::draw(&mut nonces, parameters.threshold())).collect()
    }
}

/// A trustee in a ceremony: what all its states have in common.
pub struct Trustee {
    parameters: CeremonyParameters,
    index: u16,
    seed: TrusteeSeed,
    signing: KeyPair,
    encryption: KeyPair,
}

impl Trustee {
    /// The first step: takes the seat of the seed's signing key.
    ///
    /// # Errors
    ///
    /// `NotATrustee` if the parameters do not name that key.
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

    fn sign<B: Body>(&self, body: B, roster: Option<&Roster>) -> Signed<B> {
        sign(body, self.index, &self.parameters, roster, &self.signing, &self.seed)
    }

    /// Among the messages of all trustees, that of this one must be its own.
    fn recognise<B: Body>(&self, own: &Signed<B>, messages: &[Signed<B>]) -> Result<(), CeremonyError> {
        match messages.iter().find(|message| message.author() == self.index) {
            Some(message) if message.as_bytes() != own.as_bytes() => {
                Err(CeremonyError::Equivocation { evidence: alloc::vec![Evidence::of(own, message)] })
            }
            _ => Ok(()),
        }
    }

    fn deal(&self, parties: &Parties) -> Signed<Deal> {
        let polynomials = self.seed.polynomials(&self.parameters, &parties.roster);
        self.sign(make_deal(parties, self.index, &polynomials, &self.seed), Some(&parties.roster))
    }

    /// Opens the shares from one dealer and holds them against its commitments.
    fn receive(&self, parties: &Parties, message: &Signed<Deal>) -> Result<Vec<SecretScalar>, CeremonyError> {
        let (dealer, receiver, deal) = (message.author(), self.index, message.body());
        let shares = zip(parties.routes(dealer), &deal.shares)
            .find(|(route, _)| route.receiver == receiver)
            .and_then(|(route, shares)| shares.open(&route, self.encryption.secret()))
            .ok_or(CeremonyError::ShareDecryptFailed { dealer, receiver })?;
        for (slot, (share, commitments)) in (1..).zip(zip(&shares, &deal.commitments)) {
            let expected = vartime_evaluate(commitments.iter().map(PublicElement::element), receiver);
            if Element::mul_generator(share.expose_scalar()) != expected && weaken::is_on(Check::ShareConsistency) {
                return Err(CeremonyError::ShareInconsistent { dealer, receiver, slot });
            }
        }
        Ok(shares)
    }
}

/// The deal of these polynomials.
pub(super) fn make_deal(parties: &Parties, dealer: u16, polynomials: &[Polynomial], seed: &TrusteeSeed) -> Deal {
    let commitments = polynomials.iter().map(Polynomial::commitments).collect();
    let possession = prove_possession(&parties.roster, dealer, polynomials, &commitments, seed.expose_bytes());
    let seal = |route: Route<'_>| {
        let shares: Vec<_> = polynomials.iter().map(|polynomial| polynomial.evaluate(route.receiver)).collect();
        EncryptedShares::seal(&route, &shares, seed)
    };
    Deal { commitments, possession, shares: parties.routes(dealer).map(seal).collect() }
}

/// A trustee that has registered.
pub struct Registered {
    trustee: Trustee,
    registration: Signed<Registration>,
}

impl Registered {
    /// The second step: given the registrations of all trustees, commits to a deal.
    ///
    /// # Errors
    ///
    /// What is wrong with the registrations.
    pub fn commit<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        registrations: &[M],
        rng: &mut R,
    ) -> Result<(Committed, Signed<DealCommitment>), CeremonyError> {
        let Self { trustee, registration } = self;
        let parties = Parties::verify(&trustee.parameters, registrations, rng)?;
        trustee.recognise(&registration, &parties.registrations)?;
        let deal = trustee.deal(&parties);
        let commitment = DealCommitment { deal: FileHash::of(deal.as_bytes()) };
        let commitment = trustee.sign(commitment, Some(&parties.roster));
        Ok((Committed { trustee, parties, deal, commitment: commitment.clone() }, commitment))
    }
}

/// A trustee that has committed to its deal.
pub struct Committed {
    trustee: Trustee,
    parties: Parties,
    deal: Signed<Deal>,
    commitment: Signed<DealCommitment>,
}

impl Committed {
    /// The roster of this attempt.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.parties.roster
    }

    /// The third step: given the commitments of all trustees, hands out the deal.
    ///
    /// # Errors
    ///
    /// What is wrong with the commitments.
    pub fn deal<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        commitments: &[M],
        rng: &mut R,
    ) -> Result<(Dealt, Signed<Deal>), CeremonyError> {
        let Self { trustee, parties, deal, commitment } = self;
        let commitments = verify_commitments(&trustee.parameters, &parties.roster, commitments, rng)?;
        trustee.recognise(&commitment, &commitments)?;
        Ok((Dealt { trustee, parties, commitments }, deal))
    }
}

/// A trustee that has dealt.
pub struct Dealt {
    trustee: Trustee,
    parties: Parties,
    commitments: Vec<Signed<DealCommitment>>,
}

impl Dealt {
    /// The last step: given the deals of all trustees, takes its shares and proves that they decrypt.
    ///
    /// # Errors
    ///
    /// What is wrong with the deals; `ShareDecryptFailed` and `ShareInconsistent` are what a complaint is about.
    pub fn confirm<M: AsRef<[u8]>, R: CryptoRng>(
        self,
        deals: &[M],
        rng: &mut R,
    ) -> Result<(TrusteeShares, Signed<Confirmation>), CeremonyError> {
        let Self { trustee, parties, commitments } = self;
        let deals = Deals::verify(&trustee.parameters, &parties, &commitments, deals, rng)?;
        joint_keys(&deals)?;
        let mut sums = Zeroizing::new(alloc::vec![Scalar::ZERO; trustee.parameters.slots()]);
        for deal in &deals.deals {
            for (sum, share) in zip(sums.iter_mut(), trustee.receive(&parties, deal)?) {
                *sum += *share.expose_scalar();
            }
        }
        let shares = TrusteeShares {
            index: trustee.index,
            root: deals.root,
            secrets: sums.iter().map(|sum| SecretScalar::new(*sum)).collect(),
            verification_keys: deals.joint.vartime_evaluate(trustee.index),
        };
        let confirmation = shares.confirm(&parties.roster, &trustee.seed);
        let confirmation = trustee.sign(confirmation, Some(&parties.roster));
        Ok((shares, confirmation))
    }
}

/// A trustee's shares `x_{j,1}..x_{j,N}` of the joint secret key.
pub struct TrusteeShares {
    index: u16,
    root: CeremonyRoot,
    secrets: Vec<SecretScalar>,
    verification_keys: Vec<PublicElement>,
}

impl TrusteeShares {
    /// Recovers the shares from the seed and the messages of the ceremony, in any order: for the day of the decryption.
    ///
    /// # Errors
    ///
    /// What is wrong with the messages.
    pub fn recover<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: CeremonyParameters,
        seed: TrusteeSeed,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let steps = Steps::sort(messages, false)?;
        let (registered, _) = Trustee::register(parameters, seed)?;
        let (committed, _) = registered.commit(&steps.registrations, rng)?;
        let (dealt, _) = committed.deal(&steps.commitments, rng)?;
        let (shares, _) = dealt.confirm(&steps.deals, rng)?;
        Ok(shares)
    }

    /// The index of the trustee.
    #[must_use]
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The root of the ceremony to which the shares belong.
    #[must_use]
    pub fn root(&self) -> &CeremonyRoot {
        &self.root
    }

    /// The verification keys `Y_{j,1}..Y_{j,N}`.
    #[must_use]
    pub fn verification_keys(&self) -> &[PublicElement] {
        &self.verification_keys
    }

    /// The shares themselves, one per slot.
    #[must_use]
    pub fn expose_secrets(&self) -> &[SecretScalar] {
        &self.secrets
    }

    /// Holds the shares against a joint key: they belong to its ceremony, and to its verification keys.
    ///
    /// # Errors
    ///
    /// `OtherCeremony` if they are of another ceremony.
    pub fn check_against(&self, joint_key: &JointKey) -> Result<(), CeremonyError> {
        if self.root == *joint_key.root() && self.verification_keys == joint_key.verification_keys(self.index)? {
            Ok(())
        } else {
            Err(CeremonyError::OtherCeremony { trustee: self.index })
        }
    }

    /// Decrypts a test that nobody has chosen, and proves it.
    fn confirm(&self, roster: &Roster, seed: &TrusteeSeed) -> Confirmation {
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
