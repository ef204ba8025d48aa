//! Tests of whole ceremonies, and of attacks on them. Each attack has its own error, which names the culprit.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::Rng;

use super::deals::Deals;
use super::envelope::{Body, sign};
#[cfg(feature = "weaken")]
use super::joint_key::joint_keys;
use super::parameters::deal_bytes;
use super::polynomial::{Commitments, Polynomial};
use super::roster::Roster;
use super::steps::read_complete_step;
use super::trustee::make_deal;
use super::*;
use crate::encoding::{DecodeError, Writer};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::{CeremonyRoot, FileHash, ManifestHash};
use crate::index::TrusteeIndex;
use crate::limits::MAX_MESSAGE_BYTES;
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::proofs::schnorr::KeyPair;
use crate::testing::TestRng;
use crate::transcript::{Domain, ProofTranscript};
#[cfg(feature = "weaken")]
use crate::weaken::{Check, Weaken};

fn index(number: u16) -> TrusteeIndex {
    TrusteeIndex::new(number).unwrap()
}

fn seed(number: u8) -> TrusteeSeed {
    TrusteeSeed::from_bytes(&[number; 32])
}

fn parameters(threshold: u16, seeds: &[u8], slots: usize, attempt: u32) -> CeremonyParameters {
    let keys = seeds.iter().map(|number| *seed(*number).signing_key().public()).collect();
    CeremonyParameters::new(ManifestHash::of(b"manifest"), threshold, keys, slots, attempt).unwrap()
}

/// The messages of a ceremony, which a test can replace. Trustee `i` has the seed at position `i - 1`.
#[derive(Clone)]
struct Ceremony {
    parameters: CeremonyParameters,
    seeds: Vec<u8>,
    registrations: Vec<Vec<u8>>,
    commitments: Vec<Vec<u8>>,
    deals: Vec<Vec<u8>>,
    confirmations: Vec<Vec<u8>>,
}

/// Lets all trustees do one step.
fn step<S, T, B>(
    states: Vec<S>,
    mut next: impl FnMut(S) -> Result<(T, Signed<B>), CeremonyError>,
) -> (Vec<T>, Vec<Vec<u8>>) {
    let advance = |state| next(state).map(|(state, message)| (state, message.as_bytes().to_vec())).unwrap();
    states.into_iter().map(advance).unzip()
}

impl Ceremony {
    fn run(parameters: CeremonyParameters, seeds: &[u8]) -> Self {
        Self::run_with_shares(parameters, seeds, 1).0
    }

    fn run_with_shares(parameters: CeremonyParameters, seeds: &[u8], rng: u64) -> (Self, Vec<TrusteeShares>) {
        let mut rng = TestRng(rng);
        let seats: Vec<u8> = seeds.to_vec();
        let (states, registrations) = step(seats, |number| Trustee::register(parameters.clone(), seed(number)));
        let (states, commitments) = step(states, |state: Registered| state.commit(&registrations, &mut rng));
        let (states, deals) = step(states, |state: Committed| state.deal(&commitments, &mut rng));
        let (shares, confirmations) = step(states, |state: Dealt| state.confirm(&deals, &mut rng));
        (Self { parameters, seeds: seeds.to_vec(), registrations, commitments, deals, confirmations }, shares)
    }

    fn of(threshold: u16, trustees: u8) -> Self {
        let seeds: Vec<u8> = (1..=trustees).collect();
        Self::run(parameters(threshold, &seeds, 3, 1), &seeds)
    }

    fn messages(&self) -> Vec<&[u8]> {
        let steps = [&self.registrations, &self.commitments, &self.deals, &self.confirmations];
        steps.into_iter().flatten().map(Vec::as_slice).collect()
    }

    fn verify(&self) -> Result<JointKey, CeremonyError> {
        JointKey::verify(&self.parameters, &self.messages(), &mut TestRng(2))
    }

    fn recover(&self, index: u16) -> Result<TrusteeShares, CeremonyError> {
        TrusteeShares::recover(self.parameters.clone(), self.seed(index), &self.messages(), &mut TestRng(3))
    }

    /// The error of a verifier, which another trustee must report as well.
    fn rejection(&self, trustee: u16) -> CeremonyError {
        let error = self.verify().unwrap_err();
        assert_eq!(self.recover(trustee).err().as_ref(), Some(&error));
        error
    }

    fn seed(&self, index: u16) -> TrusteeSeed {
        seed(self.seeds[usize::from(index) - 1])
    }

    fn roster(&self) -> Roster {
        Roster::verify(&self.parameters, &self.registrations, &mut TestRng(4)).unwrap()
    }

    /// The joint key of the deals, without confirmations.
    #[cfg(feature = "weaken")]
    fn joint_keys(&self) -> Result<Vec<PublicElement>, CeremonyError> {
        let (parameters, roster, rng) = (&self.parameters, self.roster(), &mut TestRng(9));
        let commitments = read_complete_step(parameters, Some(&roster.hash), &self.commitments, rng)?;
        joint_keys(&Deals::verify(parameters, &roster, &commitments, &self.deals, rng)?)
    }

    fn read_deal(&self, dealer: u16) -> Deal {
        match CeremonyMessage::decode(&self.deals[usize::from(dealer) - 1], &self.parameters).unwrap() {
            CeremonyMessage::Deal(deal) => deal.body().clone(),
            other => panic!("{other:?} is no deal"),
        }
    }

    fn sign<B: Body>(&self, author: u16, body: B) -> Vec<u8> {
        let seed = self.seed(author);
        let roster = match B::KIND {
            MessageKind::Registration => None,
            _ => Some(self.roster().hash),
        };
        sign(body, index(author), &self.parameters, roster.as_ref(), &seed.signing_key(), &seed).as_bytes().to_vec()
    }

    fn register(&mut self, author: u16, registration: Registration) {
        self.registrations[usize::from(author) - 1] = self.sign(author, registration);
    }

    /// Replaces a deal and the commitment to it.
    fn deal(&mut self, dealer: u16, deal: Deal) {
        self.deal_without_commitment(dealer, deal);
        let commitment = DealCommitment { deal: FileHash::of(&self.deals[usize::from(dealer) - 1]) };
        self.commitments[usize::from(dealer) - 1] = self.sign(dealer, commitment);
    }

    fn deal_without_commitment(&mut self, dealer: u16, deal: Deal) {
        self.deals[usize::from(dealer) - 1] = self.sign(dealer, deal);
    }

    /// The deal of other polynomials, with this number of coefficients.
    fn other_deal(&self, dealer: u16, coefficients: u16) -> Deal {
        let mut nonces = Domain::TrusteeSecrets.transcript().deterministic_nonces(&[99; 32]);
        let polynomials: Vec<_> =
            (0..self.parameters.slots()).map(|_| Polynomial::draw(&mut nonces, coefficients)).collect();
        make_deal(&self.roster(), index(dealer), &polynomials, &self.seed(dealer)).unwrap()
    }
}

/// These messages, as messages for which no trustee is responsible.
fn unattributed(messages: &[&[u8]]) -> Vec<UnattributedMessage> {
    let name = |message: &&[u8]| {
        let (kind, author) = message_header(message).unwrap();
        UnattributedMessage { file: FileHash::of(message), kind, author }
    };
    messages.iter().map(name).collect()
}

fn bad_signature(messages: &[&[u8]]) -> CeremonyError {
    CeremonyError::BadSignature { messages: unattributed(messages) }
}

fn confirmed(joint_key: &JointKey) -> Vec<u16> {
    joint_key.confirmed().iter().map(|index| index.get()).collect()
}

/// All ways to choose `count` of the indices `1..=of`.
fn subsets(of: u16, count: usize) -> Vec<Vec<u16>> {
    (0_u32..1 << of)
        .filter(|set| set.count_ones() as usize == count)
        .map(|set| (1..=of).filter(|index| set >> (index - 1) & 1 == 1).collect())
        .collect()
}

fn interpolate(shares: &[TrusteeShares], indices: &[u16], slot: usize) -> PublicElement {
    let indices: Vec<_> = indices.iter().copied().map(index).collect();
    let secret: Scalar = zip(&indices, lagrange_at_zero(&indices).unwrap())
        .map(|(index, weight)| weight * *shares[usize::from(index.get()) - 1].expose_secrets()[slot].expose_scalar())
        .sum();
    SecretScalar::new(secret).public()
}

#[test]
fn every_quorum_can_compute_the_joint_key() {
    for (threshold, trustees) in [(1, 1), (2, 3), (3, 5), (5, 5)] {
        let seeds: Vec<u8> = (1..=trustees).collect();
        let (ceremony, shares) = Ceremony::run_with_shares(parameters(threshold, &seeds, 3, 1), &seeds, 1);
        let joint_key = ceremony.verify().unwrap();
        assert_eq!(confirmed(&joint_key), (1..=u16::from(trustees)).collect::<Vec<_>>());
        assert_eq!((joint_key.threshold(), joint_key.trustees(), joint_key.slots()), (threshold, trustees.into(), 3));
        for (slot, key) in joint_key.keys().iter().enumerate() {
            for quorum in subsets(trustees.into(), threshold.into()) {
                assert_eq!(interpolate(&shares, &quorum, slot), *key, "{quorum:?}");
            }
            for few in subsets(trustees.into(), usize::from(threshold) - 1) {
                assert_ne!(interpolate(&shares, &few, slot), *key, "{few:?}");
            }
        }
        for shares in &shares {
            shares.check_against(&joint_key).unwrap();
            let public: Vec<_> = shares.expose_secrets().iter().map(SecretScalar::public).collect();
            assert_eq!(joint_key.verification_keys(shares.index()), Ok(public));
        }
        let above = u16::from(trustees) + 1;
        let error = joint_key.verification_keys(index(above)).err();
        assert_eq!(error, Some(CeremonyError::IndexOutOfRange { index: above }));
        let bytes = deal_bytes(3, threshold.into(), trustees.into());
        assert!(ceremony.deals.iter().all(|deal| deal.len() == bytes));
    }
}

#[test]
fn a_step_that_is_repeated_gives_the_same_bytes() {
    let seeds = [1, 2, 3];
    let (first, shares) = Ceremony::run_with_shares(parameters(2, &seeds, 3, 1), &seeds, 1);
    let (again, _) = Ceremony::run_with_shares(parameters(2, &seeds, 3, 1), &seeds, 77);
    assert_eq!(first.messages(), again.messages());
    for before in shares {
        // Messages can arrive in any order.
        let mut messages = first.messages();
        messages.reverse();
        let recovered = TrusteeShares::recover(
            first.parameters.clone(),
            first.seed(before.index().get()),
            &messages,
            &mut TestRng(5),
        );
        let recovered = recovered.unwrap();
        assert_eq!(recovered.verification_keys(), before.verification_keys());
        recovered.check_against(&first.verify().unwrap()).unwrap();
        for (recovered, before) in zip(recovered.expose_secrets(), before.expose_secrets()) {
            assert_eq!(recovered.expose_scalar(), before.expose_scalar());
        }
    }
}

/// N3: the same seed with other indices, another threshold, another attempt or another election.
#[test]
fn another_roster_gives_other_polynomials() {
    let seeds = [1, 2, 3];
    let keys = parameters(2, &seeds, 3, 1).signing_keys().to_vec();
    let elsewhere = CeremonyParameters::new(ManifestHash::of(b"another"), 2, keys, 3, 1).unwrap();
    let ceremonies = [
        Ceremony::run(parameters(2, &seeds, 3, 1), &seeds),
        Ceremony::run(parameters(2, &[2, 1, 3], 3, 1), &[2, 1, 3]),
        Ceremony::run(parameters(3, &seeds, 3, 1), &seeds),
        Ceremony::run(parameters(2, &seeds, 2, 1), &seeds),
        Ceremony::run(parameters(2, &[1, 2, 4], 3, 1), &[1, 2, 4]),
        Ceremony::run(parameters(2, &seeds, 3, 2), &seeds),
        Ceremony::run(elsewhere, &seeds),
    ];
    let mut seen = Vec::new();
    for ceremony in &ceremonies {
        for dealer in ceremony.parameters.indices() {
            let deal = ceremony.read_deal(dealer.get());
            seen.extend(deal.commitments.into_iter().flatten().map(|element| *element.as_bytes()));
            seen.extend(deal.shares.iter().map(|shares| *shares.ephemeral().as_bytes()));
        }
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn parameters_have_bounds() {
    let keys = |count: u8| -> Vec<_> { (1..=count).map(|number| *seed(number).signing_key().public()).collect() };
    let new = |threshold, keys, slots| CeremonyParameters::new(ManifestHash::of(b""), threshold, keys, slots, 1).err();
    let parameter = |field, found, least, most| Some(CeremonyError::Parameter { field, found, least, most });
    assert_eq!(new(1, keys(0), 1), parameter("trustees", 0, 1, 64));
    assert_eq!(new(1, keys(65), 1), parameter("trustees", 65, 1, 64));
    assert_eq!(new(0, keys(3), 1), parameter("threshold", 0, 1, 3));
    assert_eq!(new(4, keys(3), 1), parameter("threshold", 4, 1, 3));
    assert_eq!(new(2, keys(3), 0), parameter("slots", 0, 1, 4096));
    assert_eq!(new(2, keys(3), 4097), parameter("slots", 4097, 1, 4096));
    let bytes = deal_bytes(4096, 64, 64);
    assert_eq!(new(64, keys(64), 4096), parameter("bytes of a deal", bytes, 0, MAX_MESSAGE_BYTES));
    let with = |holders| parameters(2, &[1, 2, 3], 1, 1).with_minimum_confirmed(holders).err();
    assert_eq!(with(1), parameter("confirmed trustees", 1, 2, 3));
    assert_eq!(with(4), parameter("confirmed trustees", 4, 2, 3));
    let identity = PublicElement::from(Element::identity());
    let refused = CeremonyError::IdentityElement { field: "signing key", number: 2 };
    assert_eq!(new(1, [keys(1), alloc::vec![identity]].concat(), 1), Some(refused));
    assert_eq!(new(1, [keys(2), keys(1)].concat(), 1), Some(CeremonyError::KeyReuse { trustees: alloc::vec![1, 3] }));
    let stranger = Trustee::register(parameters(1, &[1], 1, 1), seed(2)).err();
    assert_eq!(stranger, Some(CeremonyError::NotATrustee));
}

/// D1: a key whose owner does not know its secret.
#[test]
fn rogue_keys_are_refused() {
    let honest = Ceremony::of(2, 3);
    let refused = CeremonyError::PossessionProofInvalid { trustees: alloc::vec![2] };
    let registration = |ceremony: &Ceremony, number| {
        let seed = ceremony.seed(number);
        Registration::new(&ceremony.parameters, index(number), &seed.encryption_key(&ceremony.parameters), &seed)
    };
    let copied = registration(&honest, 1);
    let elsewhere = registration(&Ceremony::run(parameters(2, &[1, 2, 3], 3, 2), &[1, 2, 3]), 2);
    let others = [1, 3].map(|number| *registration(&honest, number).encryption_key.element());
    let target = SecretScalar::random(&mut TestRng(6)).public();
    let rogue = PublicElement::from(*target.element() - others[0] - others[1]);
    let rogue = Registration { encryption_key: rogue, ..registration(&honest, 2) };
    for forged in [copied, elsewhere, rogue] {
        let mut ceremony = honest.clone();
        ceremony.register(2, forged);
        assert_eq!(ceremony.rejection(1), refused);
        assert_eq!(refused.culprits(), [2]);
    }

    // A whole registration from another attempt.
    let mut ceremony = honest.clone();
    ceremony.registrations[1] = Ceremony::run(parameters(2, &[1, 2, 3], 3, 2), &[1, 2, 3]).registrations[1].clone();
    assert_eq!(ceremony.rejection(1), bad_signature(&[&ceremony.registrations[1]]));

    // The proof of another dealer, and the dealer's own proof for other polynomials.
    for proof in [honest.read_deal(1).possession, honest.other_deal(2, 2).possession] {
        let mut ceremony = honest.clone();
        ceremony.deal(2, Deal { possession: proof, ..honest.read_deal(2) });
        let refused = CeremonyError::DealProofInvalid { dealers: alloc::vec![2] };
        assert_eq!(ceremony.rejection(1), refused);
        assert_eq!(refused.culprits(), [2]);
    }
}

/// D1, the complete attack: the last dealer chooses its deal so that it alone knows the secret of the joint key.
fn take_over_the_joint_key() -> (Ceremony, PublicElement) {
    let mut ceremony = Ceremony::of(2, 2);
    let target = SecretScalar::random(&mut TestRng(7));
    let share = SecretScalar::random(&mut TestRng(8));
    let mut deal = ceremony.read_deal(2);
    // f(0) is the difference from the target. f(1) is known, so that the first trustee finds no error in its shares.
    deal.commitments = ceremony
        .read_deal(1)
        .commitments
        .iter()
        .map(|honest| {
            let constant = *target.public().element() - *honest[0].element();
            alloc::vec![constant.into(), (*share.public().element() - constant).into()]
        })
        .collect::<Commitments>();
    let roster = ceremony.roster();
    let address = roster.share_addresses(index(2)).next().unwrap();
    let shares: Vec<_> = (0..3).map(|_| SecretScalar::new(*share.expose_scalar())).collect();
    deal.shares[0] = EncryptedShares::seal(&address, &shares, ceremony.seed(2).expose_bytes()).unwrap();
    ceremony.deal(2, deal);
    (ceremony, target.public())
}

#[test]
fn nobody_takes_over_the_joint_key() {
    let (ceremony, _) = take_over_the_joint_key();
    assert_eq!(ceremony.rejection(1), CeremonyError::DealProofInvalid { dealers: alloc::vec![2] });
}

#[cfg(feature = "weaken")]
#[test]
fn without_the_proof_of_possession_one_dealer_takes_over_the_joint_key() {
    let (ceremony, target) = take_over_the_joint_key();
    let _weaken = Weaken::without(Check::DealPossession);
    assert!(ceremony.recover(1).is_ok());
    assert_eq!(ceremony.joint_keys(), Ok(alloc::vec![target; 3]));
}

/// D2: a dealer that chooses its deal after it has seen the deals of others.
#[test]
fn a_deal_is_fixed_before_the_others_are_seen() {
    let mut ceremony = Ceremony::of(2, 3);
    ceremony.deal_without_commitment(3, ceremony.other_deal(3, 2));
    let refused = CeremonyError::CommitmentMismatch { dealers: alloc::vec![3] };
    assert_eq!(ceremony.rejection(1), refused);
    assert_eq!(refused.culprits(), [3]);
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::DealCommitment);
        assert!(ceremony.recover(1).is_ok());
    }

    let honest = Ceremony::of(2, 3);
    let mut late = honest.messages();
    let commitment = late.remove(5);
    late.insert(6, commitment);
    let refused = CeremonyError::OutOfOrder { messages: unattributed(&[commitment]) };
    assert_eq!(JointKey::verify(&honest.parameters, &late, &mut TestRng(2)).err(), Some(refused));
    // All late messages are named, even if there are other messages between them.
    let early = late.remove(0);
    late.insert(7, early);
    let refused = CeremonyError::OutOfOrder { messages: unattributed(&[commitment, early]) };
    assert_eq!(refused.files(), [FileHash::of(commitment), FileHash::of(early)]);
    assert_eq!(JointKey::verify(&honest.parameters, &late, &mut TestRng(2)).err(), Some(refused));
    // No trustee publishes its deal before all commitments are there.
    let mut absent = honest;
    absent.commitments.remove(2);
    let refused = CeremonyError::MissingMessage { kind: MessageKind::DealCommitment, absent: alloc::vec![3] };
    assert_eq!(absent.rejection(1), refused);
    assert_eq!(refused.culprits(), [3]);
}

/// D3: polynomials whose degree does not fit the threshold.
#[test]
fn the_degree_must_fit_the_threshold() {
    for got in [0, 1, 3, 4] {
        let mut ceremony = Ceremony::of(2, 3);
        ceremony.deal(3, ceremony.other_deal(3, got));
        let error = DecodeError::UnknownValue { field: "t", found: got.into() };
        let refused = CeremonyError::Decode { trustees: alloc::vec![(3, error)] };
        assert_eq!(ceremony.rejection(1), refused);
        assert_eq!(refused.culprits(), [3]);
    }
}

#[cfg(feature = "weaken")]
#[test]
fn without_the_count_of_commitments_a_dealer_raises_the_threshold() {
    let mut ceremony = Ceremony::of(2, 3);
    ceremony.deal(3, ceremony.other_deal(3, 3));
    let _weaken = Weaken::without(Check::DealLength);
    let shares = [1, 2].map(|index| ceremony.recover(index).unwrap());
    for (slot, key) in ceremony.joint_keys().unwrap().into_iter().enumerate() {
        assert_ne!(interpolate(&shares, &[1, 2], slot), key);
    }
}

/// D4: indices that no trustee has.
#[test]
fn indices_come_from_the_manifest() {
    let honest = Ceremony::of(2, 3);
    for index in [0, 4, u16::MAX] {
        for step in 0..4 {
            let mut ceremony = honest.clone();
            let Ceremony { registrations, commitments, deals, confirmations, .. } = &mut ceremony;
            [registrations, commitments, deals, confirmations][step][1][3..5].copy_from_slice(&index.to_le_bytes());
            let message = ceremony.messages()[3 * step + 1];
            let refused = CeremonyError::UnknownAuthor { messages: unattributed(&[message]) };
            assert_eq!(ceremony.verify().err(), Some(refused));
        }
    }
    // The index of another trustee.
    let mut ceremony = honest;
    ceremony.deals[1][3..5].copy_from_slice(&3_u16.to_le_bytes());
    let refused = bad_signature(&[&ceremony.deals[1]]);
    assert_eq!(ceremony.rejection(1), refused);
    assert!(refused.culprits().is_empty());
    assert_eq!(refused.files(), [FileHash::of(&ceremony.deals[1])]);
}

/// D5: different messages to different receivers.
#[test]
fn two_messages_for_one_step_are_evidence() {
    let honest = Ceremony::of(2, 3);
    let equivocation = |first: &[u8], second: &[u8]| CeremonyError::Equivocation {
        evidence: alloc::vec![Evidence { trustee: 3, messages: [first.to_vec(), second.to_vec()] }],
    };

    let key = KeyPair::new(SecretScalar::random(&mut TestRng(10)));
    let second = honest.sign(3, Registration::new(&honest.parameters, index(3), &key, &honest.seed(3)));
    let mut ceremony = honest.clone();
    ceremony.registrations.push(second.clone());
    assert_eq!(ceremony.rejection(1), equivocation(&honest.registrations[2], &second));
    assert_eq!(ceremony.rejection(1).culprits(), [3]);
    // A trustee recognises a message that it did not send.
    let mut ceremony = honest.clone();
    ceremony.registrations[2] = second.clone();
    assert_eq!(ceremony.recover(3).err(), Some(equivocation(&honest.registrations[2], &second)));
    // A trustee that saw other registrations has another roster.
    let commitments: Vec<&[u8]> = honest.commitments.iter().map(Vec::as_slice).collect();
    let refused = CeremonyError::RosterMismatch { messages: unattributed(&commitments) };
    assert_eq!(ceremony.verify().err(), Some(refused));

    let second = honest.sign(3, DealCommitment { deal: FileHash::of(b"another deal") });
    let mut ceremony = honest.clone();
    ceremony.commitments.push(second.clone());
    assert_eq!(ceremony.rejection(1), equivocation(&honest.commitments[2], &second));

    let second = honest.sign(3, honest.other_deal(3, 2));
    let mut ceremony = honest.clone();
    ceremony.deals.push(second.clone());
    assert_eq!(ceremony.rejection(1), equivocation(&honest.deals[2], &second));

    let mut ceremony = honest.clone();
    ceremony.deals.push(honest.deals[0].clone());
    let refused = CeremonyError::DuplicateMessage { trustee: 1, kind: MessageKind::Deal };
    assert_eq!(ceremony.rejection(2), refused);

    // A forged second message is not evidence.
    let mut forged = honest.commitments[2].clone();
    forged[40] ^= 1;
    let mut ceremony = honest.clone();
    ceremony.commitments.push(forged.clone());
    assert_eq!(ceremony.rejection(1), bad_signature(&[&forged]));

    // A dealer and the board show trustee 1 two deals, one after the other. It confirms both views, and nobody can say that it
    // made two confirmations for one ceremony.
    let other = {
        let mut other = honest.clone();
        other.deal(2, other.other_deal(2, 2));
        other
    };
    let confirm = |view: &Ceremony| {
        let messages = [&view.registrations, &view.commitments, &view.deals].into_iter().flatten().cloned();
        let messages: Vec<_> = messages.collect();
        match Trustee::next_step(view.parameters.clone(), seed(1), &messages, &mut TestRng(8)).unwrap() {
            CeremonyStep::Due { message, .. } => message,
            _ => panic!("trustee 1 confirms"),
        }
    };
    let (first, second) = (confirm(&honest), confirm(&other));
    let mut framed = other;
    framed.confirmations = alloc::vec![second.clone(), first.clone()];
    let refused = framed.verify().unwrap_err();
    assert_eq!(refused, CeremonyError::RootMismatch { messages: unattributed(&[&first]) });
    assert!(refused.culprits().is_empty());
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::ConfirmedRoot);
        assert_eq!(framed.verify().unwrap_err().culprits(), [1]);
    }

    // Two different confirmations.
    let confirmation = confirmation_of(&honest, 3, |confirmation| {
        confirmation.root = CeremonyRoot::from_bytes([1; 32]);
    });
    let mut ceremony = honest;
    ceremony.confirmations[2] = confirmation;
    let refused = CeremonyError::RootMismatch { messages: unattributed(&[&ceremony.confirmations[2]]) };
    assert_eq!(ceremony.verify().err(), Some(refused));
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::ConfirmedRoot);
        assert_eq!(confirmed(&ceremony.verify().unwrap()), [1, 2, 3]);
    }
}

fn confirmation_of(ceremony: &Ceremony, trustee: u16, change: impl FnOnce(&mut Confirmation)) -> Vec<u8> {
    let bytes = &ceremony.confirmations[usize::from(trustee) - 1];
    let CeremonyMessage::Confirmation(message) = CeremonyMessage::decode(bytes, &ceremony.parameters).unwrap() else {
        panic!("no confirmation");
    };
    let mut confirmation = message.body().clone();
    change(&mut confirmation);
    ceremony.sign(trustee, confirmation)
}

/// D7: shares that are changed, or sent to another receiver.
#[test]
fn shares_belong_to_their_dealer_and_receiver() {
    let honest = Ceremony::of(2, 3);
    let with_deal = |change: &dyn Fn(&mut Deal)| {
        let mut ceremony = honest.clone();
        let mut deal = honest.read_deal(2);
        change(&mut deal);
        ceremony.deal(2, deal);
        ceremony
    };
    let failed = |receiver| CeremonyError::ShareDecryptFailed { dealer: 2, receiver };

    // The shares for trustee 1, sent to trustee 3: everything, and only the ciphertext.
    let moved = with_deal(&|deal| deal.shares.swap(0, 2));
    assert_eq!(moved.rejection(1), CeremonyError::ShareProofInvalid { places: alloc::vec![(2, 1), (2, 3)] });
    let moved = with_deal(&|deal| deal.shares[2].ciphertext = deal.shares[0].ciphertext.clone());
    assert!(moved.recover(1).is_ok());
    assert_eq!(moved.recover(3).err(), Some(failed(3)));
    assert_eq!(failed(3).culprits(), [2]);
    // The shares of another dealer.
    let stolen = with_deal(&|deal| deal.shares[0].ciphertext = honest.read_deal(3).shares[0].ciphertext.clone());
    assert_eq!(stolen.recover(1).err(), Some(failed(1)));
    for byte in [0, 31, 32, 95, 96, 111] {
        let flipped = with_deal(&|deal| deal.shares[0].ciphertext[byte] ^= 0x10);
        assert_eq!(flipped.recover(1).err(), Some(failed(1)), "{byte}");
    }
    // A message that names another sender.
    let mut ceremony = honest.clone();
    ceremony.deals[1][3] = 1;
    assert_eq!(ceremony.rejection(1), bad_signature(&[&ceremony.deals[1]]));
}

/// A dealer that gives one receiver shares of another polynomial.
fn inconsistent_shares() -> Ceremony {
    let mut ceremony = Ceremony::of(2, 3);
    let mut deal = ceremony.read_deal(2);
    deal.shares[0] = ceremony.other_deal(2, 2).shares.swap_remove(0);
    ceremony.deal(2, deal);
    ceremony
}

#[test]
fn shares_agree_with_the_commitments() {
    let ceremony = inconsistent_shares();
    let refused = CeremonyError::ShareInconsistent { dealer: 2, receiver: 1, slot: 1 };
    assert_eq!(ceremony.recover(1).err().as_ref(), Some(&refused));
    assert_eq!(refused.culprits(), [2]);
    assert!(ceremony.recover(3).is_ok());
}

#[cfg(feature = "weaken")]
#[test]
fn without_the_consistency_of_shares_a_dealer_spoils_the_shares_of_a_trustee() {
    let ceremony = inconsistent_shares();
    let _weaken = Weaken::without(Check::ShareConsistency);
    let shares = ceremony.recover(1).unwrap();
    for (secret, key) in zip(shares.expose_secrets(), shares.verification_keys()) {
        assert_ne!(secret.public(), *key);
    }
}

/// D9: a trustee without shares cannot confirm, and there is no joint key if too few trustees confirm.
#[test]
fn a_trustee_proves_that_its_shares_decrypt() {
    let honest = Ceremony::of(2, 3);
    let mut ceremony = honest.clone();
    ceremony.confirmations[1] = confirmation_without_shares(&honest, 2);
    let refused = CeremonyError::BackupProofInvalid { trustees: alloc::vec![2] };
    assert_eq!(ceremony.verify().err().as_ref(), Some(&refused));
    assert_eq!(refused.culprits(), [2]);
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::BackupProof);
        assert_eq!(confirmed(&ceremony.verify().unwrap()), [1, 2, 3]);
    }
    // The confirmation of another trustee.
    ceremony.confirmations[1] = {
        let CeremonyMessage::Confirmation(other) =
            CeremonyMessage::decode(&honest.confirmations[0], &honest.parameters).unwrap()
        else {
            panic!("no confirmation");
        };
        honest.sign(2, other.body().clone())
    };
    assert_eq!(ceremony.verify().err(), Some(refused));

    let mut ceremony = honest;
    ceremony.confirmations.remove(1);
    assert_eq!(confirmed(&ceremony.verify().unwrap()), [1, 3]);
    let strict = ceremony.parameters.clone().with_minimum_confirmed(3).unwrap();
    let error = JointKey::verify(&strict, &ceremony.messages(), &mut TestRng(2)).err();
    assert_eq!(error, Some(CeremonyError::TooFewConfirmed { confirmed: 2, required: 3, absent: alloc::vec![2] }));
    ceremony.confirmations.remove(1);
    assert_eq!(
        ceremony.verify().err(),
        Some(CeremonyError::TooFewConfirmed { confirmed: 1, required: 2, absent: alloc::vec![2, 3] })
    );
}

/// A confirmation that proves the decryption of some base by some secrets.
fn prove_backup(ceremony: &Ceremony, trustee: u16, base: &PublicElement, secrets: &[SecretScalar]) -> Vec<u8> {
    let roster = ceremony.roster().hash;
    confirmation_of(ceremony, trustee, |confirmation| {
        let keys: Vec<_> = secrets.iter().map(SecretScalar::public).collect();
        let factors = secrets.iter().map(|secret| (base.element() * secret.expose_scalar()).into());
        confirmation.factors = factors.collect();
        let statement = EqualityStatement { base, keys: &keys, factors: &confirmation.factors };
        let mut transcript = Confirmation::transcript(&roster, &confirmation.root, index(trustee));
        confirmation.proof = EqualityProof::prove(&mut transcript, &statement, secrets, &mut TestRng(11));
    })
}

fn confirmation_without_shares(ceremony: &Ceremony, trustee: u16) -> Vec<u8> {
    let secrets: Vec<_> = (0..3).map(|number| SecretScalar::random(&mut TestRng(number))).collect();
    let base = Confirmation::base(ceremony.verify().unwrap().root(), index(trustee));
    prove_backup(ceremony, trustee, &base, &secrets)
}

/// Shares are compared with the root of their ceremony, not only with its keys: another run of the last steps, with the
/// same polynomials, has the same keys and another root.
#[test]
fn shares_belong_to_one_ceremony() {
    let honest = Ceremony::of(2, 3);
    let mut other = honest.clone();
    // Only trustee 1 can read the shares that dealer 2 encrypts to it.
    let mut deal = honest.read_deal(2);
    deal.shares[0].ciphertext[0] ^= 1;
    other.deal(2, deal);
    let (roster, rng) = (other.roster(), &mut TestRng(16));
    let commitments = read_complete_step(&other.parameters, Some(&roster.hash), &other.commitments, rng).unwrap();
    let root = Deals::verify(&other.parameters, &roster, &commitments, &other.deals, rng).unwrap().root;
    for trustee in [2, 3] {
        let shares = honest.recover(trustee).unwrap();
        let seat = usize::from(trustee) - 1;
        other.confirmations[seat] = confirmation_of(&other, trustee, |confirmation| confirmation.root = root);
        let base = Confirmation::base(&root, index(trustee));
        other.confirmations[seat] = prove_backup(&other, trustee, &base, shares.expose_secrets());
    }
    other.confirmations.remove(0);
    let joint_key = other.verify().unwrap();
    let (ours, theirs) = (honest.recover(3).unwrap(), other.recover(3).unwrap());
    assert_eq!(ours.verification_keys(), theirs.verification_keys());
    assert_eq!(theirs.check_against(&joint_key), Ok(()));
    assert_eq!(ours.check_against(&joint_key), Err(CeremonyError::OtherCeremony { trustee: 3 }));
}

/// N12: a proof that the shares decrypt a ciphertext that somebody has chosen.
#[test]
fn nobody_chooses_what_a_confirmation_decrypts() {
    let honest = Ceremony::of(2, 3);
    let (joint_key, shares) = (honest.verify().unwrap(), honest.recover(2).unwrap());
    let hashed = Confirmation::base(joint_key.root(), index(2));
    let mut ceremony = honest.clone();
    ceremony.confirmations[1] = prove_backup(&honest, 2, &hashed, shares.expose_secrets());
    assert!(ceremony.verify().is_ok());
    let chosen = SecretScalar::random(&mut TestRng(12)).public();
    for base in [chosen, Confirmation::base(joint_key.root(), index(1)), Element::generator().into()] {
        ceremony.confirmations[1] = prove_backup(&honest, 2, &base, shares.expose_secrets());
        let refused = CeremonyError::BackupProofInvalid { trustees: alloc::vec![2] };
        assert_eq!(ceremony.verify().err(), Some(refused));
    }
}

/// G2: the identity, in every field that contains an element.
#[test]
fn the_identity_is_refused() {
    let honest = Ceremony::of(2, 3);
    let identity = PublicElement::from(Element::identity());
    let refused = |field| CeremonyError::Decode { trustees: alloc::vec![(2, DecodeError::IdentityElement { field })] };

    let mut ceremony = honest.clone();
    let seed = honest.seed(2);
    let key = KeyPair::new(SecretScalar::new(Scalar::ZERO));
    ceremony.register(2, Registration::new(&honest.parameters, index(2), &key, &seed));
    assert_eq!(ceremony.rejection(1), refused("encryption key"));
    assert_eq!(refused("encryption key").culprits(), [2]);

    for coefficient in 0..2 {
        let mut ceremony = honest.clone();
        let mut deal = honest.read_deal(2);
        deal.commitments[1][coefficient] = identity;
        ceremony.deal(2, deal);
        assert_eq!(ceremony.rejection(1), refused("commitment"));
    }
    let mut ceremony = honest.clone();
    let mut deal = honest.read_deal(2);
    deal.shares[0].ephemeral = identity;
    ceremony.deal(2, deal);
    assert_eq!(ceremony.rejection(1), refused("ephemeral"));

    let mut ceremony = honest.clone();
    ceremony.confirmations[1] = confirmation_of(&honest, 2, |confirmation| confirmation.factors[2] = identity);
    assert_eq!(ceremony.verify().err(), Some(refused("factor")));
}

/// G2: two dealers whose constant terms have the sum zero.
#[test]
fn the_joint_key_is_not_the_identity() {
    let mut ceremony = Ceremony::of(1, 2);
    let roster = ceremony.roster();
    for (dealer, sign) in [(1, Scalar::ONE), (2, -Scalar::ONE)] {
        let mut nonces = Domain::TrusteeSecrets.transcript().deterministic_nonces(&[5; 32]);
        let polynomials = [Scalar::ONE, sign, Scalar::ONE].map(|sign| {
            Polynomial::of(alloc::vec![SecretScalar::new(sign * *nonces.draw(b"constant").expose_scalar())])
        });
        let seed = ceremony.seed(dealer);
        ceremony.deal(dealer, make_deal(&roster, index(dealer), &polynomials, &seed).unwrap());
    }
    let refused = CeremonyError::IdentityElement { field: "joint key of slot", number: 2 };
    assert_eq!(ceremony.verify().err(), Some(refused));
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::RefuseIdentity);
        assert!(ceremony.joint_keys().unwrap()[1].is_identity());
    }
}

/// G8: one key for two purposes, or for two trustees.
#[test]
fn a_key_has_one_purpose_and_one_owner() {
    let honest = Ceremony::of(2, 3);
    let register = |number, key: &KeyPair| {
        let mut ceremony = honest.clone();
        let registration = Registration::new(&honest.parameters, index(number), key, &honest.seed(number));
        ceremony.register(number, registration);
        #[cfg(feature = "weaken")]
        {
            let _weaken = Weaken::without(Check::KeyReuse);
            assert!(Roster::verify(&honest.parameters, &ceremony.registrations, &mut TestRng(2)).is_ok());
        }
        ceremony.rejection(1)
    };
    let error = register(2, &honest.seed(2).signing_key());
    assert_eq!(error, CeremonyError::KeyReuse { trustees: alloc::vec![2] });
    assert_eq!(error.culprits(), [2]);
    let error = register(2, &honest.seed(3).signing_key());
    assert_eq!(error, CeremonyError::KeyReuse { trustees: alloc::vec![2] });
    let error = register(3, &honest.seed(2).encryption_key(&honest.parameters));
    assert_eq!(error, CeremonyError::KeyReuse { trustees: alloc::vec![2, 3] });
}

/// N5: a dealer copies the ephemeral key of an honest dealer, so that a complaint about its deal reveals honest shares.
#[test]
fn ephemeral_keys_are_not_copied() {
    let honest = Ceremony::of(2, 3);
    let mut deal = honest.read_deal(2);
    deal.shares[0] = honest.read_deal(3).shares[0].clone();
    let mut ceremony = honest.clone();
    ceremony.deal(2, deal);
    let refused = CeremonyError::ShareProofInvalid { places: alloc::vec![(2, 1)] };
    assert_eq!(ceremony.rejection(1), refused);
    assert_eq!(refused.culprits(), [2]);

    // A dealer's own ephemeral key for two receivers, with valid proofs.
    let roster = honest.roster();
    let mut deal = honest.read_deal(2);
    let ephemeral = KeyPair::new(SecretScalar::random(&mut TestRng(13)));
    for (address, shares) in zip(roster.share_addresses(index(2)), &mut deal.shares).take(2) {
        shares.ephemeral = *ephemeral.public();
        shares.proof = ephemeral.prove(&mut address.transcript(Domain::ShareEphemeral), &mut TestRng(14));
    }
    let mut ceremony = honest.clone();
    ceremony.deal(2, deal);
    let refused = CeremonyError::CopiedEphemeral { places: alloc::vec![(2, 1), (2, 2)] };
    assert_eq!(ceremony.rejection(1), refused);
    assert_eq!(refused.culprits(), [2]);
    // Without the check, the trustees to whom the shares are not encrypted go on.
    #[cfg(feature = "weaken")]
    {
        let _weaken = Weaken::without(Check::CopiedEphemeral);
        assert!(ceremony.recover(3).is_ok());
    }
}

/// If several trustees break one rule, all are named. A trustee that is not named would take part in the next attempt.
#[test]
fn every_culprit_is_named() {
    let honest = Ceremony::of(2, 4);
    let two_of = |messages: &[Vec<u8>]| [messages[1].clone(), messages[3].clone()];
    let both = |messages: &[Vec<u8>]| unattributed(&[&messages[1], &messages[3]]);
    let changed = |step: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let mut ceremony = honest.clone();
        let Ceremony { registrations, commitments, deals, confirmations, .. } = &mut ceremony;
        for (number, message) in [registrations, commitments, deals, confirmations][step].iter_mut().enumerate() {
            if number % 2 == 1 {
                change(message);
            }
        }
        ceremony
    };
    let of_step = |ceremony: &Ceremony, step: usize| {
        let Ceremony { registrations, commitments, deals, confirmations, .. } = ceremony;
        [registrations, commitments, deals, confirmations][step].clone()
    };
    for step in 0..4 {
        let ceremony = changed(step, &|message| message[0] = 9);
        let error = DecodeError::UnsupportedVersion { found: [9, 5] };
        let messages = two_of(&of_step(&ceremony, step)).iter().map(|one| (FileHash::of(one), error.clone())).collect();
        assert_eq!(ceremony.verify().err(), Some(CeremonyError::Unreadable { messages }), "{step}");

        let ceremony = changed(step, &|message| message[4] = 9);
        let messages = both(&of_step(&ceremony, step));
        assert_eq!(ceremony.verify().err(), Some(CeremonyError::UnknownAuthor { messages }), "{step}");

        let ceremony = changed(step, &|message| *message.last_mut().unwrap() ^= 1);
        let messages = both(&of_step(&ceremony, step));
        let refused = CeremonyError::BadSignature { messages };
        assert_eq!(refused.files(), two_of(&of_step(&ceremony, step)).map(|message| FileHash::of(&message)), "{step}");
        assert_eq!(ceremony.verify().err(), Some(refused), "{step}");
    }

    // Signed messages that cannot be decoded, such as deals for another threshold.
    let mut ceremony = honest.clone();
    for (dealer, coefficients) in [(4, 1), (2, 3)] {
        ceremony.deal(dealer, honest.other_deal(dealer, coefficients));
    }
    let error = |found| DecodeError::UnknownValue { field: "t", found };
    let refused = CeremonyError::Decode { trustees: alloc::vec![(2, error(3)), (4, error(1))] };
    assert_eq!(refused.culprits(), [2, 4]);
    assert_eq!(ceremony.rejection(1), refused);

    // Two messages for one step.
    let mut ceremony = honest.clone();
    let mut evidence = Vec::new();
    for trustee in [2, 4] {
        let second = honest.sign(trustee, DealCommitment { deal: FileHash::of(b"another deal") });
        let first = honest.commitments[usize::from(trustee) - 1].clone();
        ceremony.commitments.push(second.clone());
        evidence.push(Evidence { trustee, messages: [first, second] });
    }
    let refused = CeremonyError::Equivocation { evidence };
    assert_eq!(refused.culprits(), [2, 4]);
    assert_eq!(ceremony.rejection(1), refused);

    // Keys that are used twice: the encryption key of another trustee, and the signing key of another trustee.
    let mut ceremony = honest.clone();
    let encryption = |number: u16| honest.seed(number).encryption_key(&honest.parameters);
    for (trustee, key) in [(2, encryption(1)), (4, honest.seed(3).signing_key())] {
        let registration = Registration::new(&honest.parameters, index(trustee), &key, &honest.seed(trustee));
        ceremony.register(trustee, registration);
    }
    assert_eq!(ceremony.rejection(3), CeremonyError::KeyReuse { trustees: alloc::vec![1, 2, 4] });

    // Deals that were replaced after the commitment.
    let mut ceremony = honest.clone();
    for dealer in [2, 4] {
        ceremony.deal_without_commitment(dealer, honest.other_deal(dealer, 2));
    }
    let refused = CeremonyError::CommitmentMismatch { dealers: alloc::vec![2, 4] };
    assert_eq!(refused.culprits(), [2, 4]);
    assert_eq!(ceremony.rejection(1), refused);

    // Ephemeral keys without a valid proof.
    let mut ceremony = honest.clone();
    for (dealer, receiver) in [(2, 1), (2, 3), (4, 4)] {
        let mut deal = ceremony.read_deal(dealer);
        deal.shares[receiver - 1].ephemeral = *encryption(1).public();
        ceremony.deal(dealer, deal);
    }
    let refused = CeremonyError::ShareProofInvalid { places: alloc::vec![(2, 1), (2, 3), (4, 4)] };
    assert_eq!(refused.culprits(), [2, 4]);
    assert_eq!(ceremony.rejection(1), refused);

    // Ephemeral keys that several dealers use.
    let mut ceremony = honest.clone();
    let keys = [21, 22].map(|number| KeyPair::new(SecretScalar::random(&mut TestRng(number))));
    for (dealer, receiver, key) in [(4, 1, 0), (3, 1, 1), (2, 1, 0), (3, 4, 1)] {
        let roster = honest.roster();
        let address = roster.share_addresses(index(dealer)).nth(receiver - 1).unwrap();
        let mut deal = ceremony.read_deal(dealer);
        deal.shares[receiver - 1].ephemeral = *keys[key].public();
        let mut transcript = address.transcript(Domain::ShareEphemeral);
        deal.shares[receiver - 1].proof = keys[key].prove(&mut transcript, &mut TestRng(23));
        ceremony.deal(dealer, deal);
    }
    let places = alloc::vec![(2, 1), (3, 1), (3, 4), (4, 1)];
    let refused = CeremonyError::CopiedEphemeral { places };
    assert_eq!(refused.culprits(), [2, 3, 4]);
    assert_eq!(ceremony.rejection(1), refused);

    // Confirmations for other messages, and of trustees without shares.
    let mut ceremony = honest.clone();
    for (seat, trustee) in [(1, 2), (3, 4)] {
        ceremony.confirmations[seat] =
            confirmation_of(&honest, trustee, |confirmation| confirmation.root = CeremonyRoot::from_bytes([1; 32]));
    }
    let refused = CeremonyError::RootMismatch { messages: both(&ceremony.confirmations) };
    assert_eq!(ceremony.verify().err(), Some(refused));
    for (seat, trustee) in [(1, 2), (3, 4)] {
        ceremony.confirmations[seat] = confirmation_without_shares(&honest, trustee);
    }
    let refused = CeremonyError::BackupProofInvalid { trustees: alloc::vec![2, 4] };
    assert_eq!(ceremony.verify().err(), Some(refused));
}

#[test]
fn a_message_must_be_in_its_step() {
    let honest = Ceremony::of(2, 3);
    let (registered, _) = Trustee::register(honest.parameters.clone(), honest.seed(1)).unwrap();
    let (trustee, found, expected) = (1, MessageKind::Deal, MessageKind::Registration);
    let error = registered.commit(&honest.deals, &mut TestRng(1)).err();
    assert_eq!(error, Some(CeremonyError::UnexpectedMessage { trustee, found, expected }));

    // The kind 4 is reserved for complaints.
    let mut message = honest.deals[0].clone();
    message[2] = 4;
    let error = DecodeError::UnknownValue { field: "kind", found: 4 };
    assert_eq!(CeremonyMessage::decode(&message, &honest.parameters), Err(error));
    let error = DecodeError::LimitExceeded { field: "message", found: (16 << 20) + 1, limit: 16 << 20 };
    assert_eq!(CeremonyMessage::decode(&alloc::vec![1; (16 << 20) + 1], &honest.parameters), Err(error));
}

#[test]
fn decoders_survive_mutations() {
    let honest = Ceremony::of(2, 3);
    let body = |message: &CeremonyMessage| {
        let mut writer = Writer::new();
        match message {
            CeremonyMessage::Registration(message) => message.body().encode(&mut writer),
            CeremonyMessage::DealCommitment(message) => message.body().encode(&mut writer),
            CeremonyMessage::Deal(message) => message.body().encode(&mut writer),
            CeremonyMessage::Confirmation(message) => message.body().encode(&mut writer),
        }
        writer.finish()
    };
    let mut rng = TestRng(15);
    let mut below = |bound: usize| rng.next_u32() as usize % bound;
    for original in [&honest.registrations[0], &honest.commitments[0], &honest.deals[0], &honest.confirmations[0]] {
        let header = if original[2] == 1 { 5 } else { 37 };
        for _ in 0..10_000 {
            let mut bytes = original.clone();
            for _ in 0..=below(3) {
                let at = below(bytes.len());
                match below(5) {
                    0 => bytes.truncate(at + 1),
                    1 => bytes.insert(at, below(256) as u8),
                    2 => bytes[at] = below(256) as u8,
                    3 => bytes[at] ^= 1 << below(8),
                    _ => bytes[at..].iter_mut().take(32).for_each(|byte| *byte = 0),
                }
            }
            // Decoded messages have exactly one encoding.
            if let Ok(message) = CeremonyMessage::decode(&bytes, &honest.parameters) {
                assert_eq!(body(&message), bytes[header..bytes.len() - 64]);
            }
        }
    }
}
