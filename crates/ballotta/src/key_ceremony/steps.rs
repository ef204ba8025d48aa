//! What anybody can verify about the messages of a step: trustees before they go on, everybody else at the end.
//!
//! See `spec/ceremony.md#verification`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::messages::{Body, Deal, DealCommitment, Envelope, MessageKind, Registration, Signed};
use super::polynomial::{possession_claim, vartime_evaluate};
use super::share::Route;
use super::{CeremonyError, CeremonyParameters, Evidence};
use crate::encoding::DecodeError;
use crate::group::{Element, PublicElement};
use crate::hash::{CeremonyRoot, FileHash, Roster, tagged};
use crate::proofs::batch::{Batch, BatchError, Claim, SharedBases};
use crate::weaken::{self, Check};

/// The messages of one step, in ascending order of their authors: signed by them, for this roster, and one of each.
pub(crate) fn read_step<B: Body, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&Roster>,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<B>>, CeremonyError> {
    let envelopes = open_step(parameters, roster, B::KIND, messages, rng)?;
    // From here on, what is wrong in a message convicts its author.
    let mut step: Vec<Signed<B>> = Vec::with_capacity(messages.len());
    let mut unreadable = Vec::new();
    for envelope in envelopes {
        match envelope.read(parameters) {
            Ok(message) => step.push(message),
            Err(error) => unreadable.push((envelope.author, error)),
        }
    }
    refuse_unreadable(unreadable)?;
    let written: Vec<(u16, &[u8])> = step.iter().map(|message| (message.author(), message.as_bytes())).collect();
    refuse_second_messages(B::KIND, &written)?;
    Ok(step)
}

/// Refuses messages that cannot be read; each trustee is named once.
fn refuse_unreadable(mut unreadable: Vec<(u16, DecodeError)>) -> Result<(), CeremonyError> {
    unreadable.dedup_by_key(|(trustee, _)| *trustee);
    refuse(unreadable, |trustees| CeremonyError::Decode { trustees })
}

/// The envelopes of messages of this kind, which their authors signed for this roster, in ascending order of their authors.
fn open_step<'m, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&Roster>,
    expected: MessageKind,
    messages: &'m [M],
    rng: &mut R,
) -> Result<Vec<Envelope<'m>>, CeremonyError> {
    let mut envelopes = Envelope::open_all(messages)?;
    if let Some(Envelope { kind: found, author: trustee, .. }) =
        envelopes.iter().find(|envelope| envelope.kind != expected)
    {
        return Err(CeremonyError::UnexpectedMessage { trustee: *trustee, found: *found, expected });
    }
    let (mut claims, mut unknown) = (Vec::with_capacity(messages.len()), Vec::new());
    for envelope in &envelopes {
        match envelope.claim(parameters) {
            Some(claim) => claims.push((envelope, claim)),
            None => unknown.push(envelope.unanswered()),
        }
    }
    refuse(unknown, |messages| CeremonyError::UnknownAuthor { messages })?;
    verify_all(claims, rng).map_err(|failing| CeremonyError::BadSignature {
        messages: failing.into_iter().map(Envelope::unanswered).collect(),
    })?;
    let elsewhere = envelopes.iter().filter(|envelope| envelope.roster.as_ref() != roster);
    refuse(elsewhere.map(Envelope::unanswered).collect(), |messages| CeremonyError::RosterMismatch { messages })?;
    // Here, where messages of all steps are of one type: sorting is 3 KB of code for each that is sorted.
    envelopes.sort_by_key(|envelope| envelope.author);
    Ok(envelopes)
}

/// An error of everything that breaks a rule, if anything does.
pub(crate) fn refuse<T>(broken: Vec<T>, error: impl FnOnce(Vec<T>) -> CeremonyError) -> Result<(), CeremonyError> {
    if broken.is_empty() { Ok(()) } else { Err(error(broken)) }
}

/// Refuses what trustees sent twice; the messages of a step are sorted by their authors.
fn refuse_second_messages(kind: MessageKind, step: &[(u16, &[u8])]) -> Result<(), CeremonyError> {
    let (mut evidence, mut copied) = (Vec::new(), None);
    for messages in step.chunk_by(|(one, _), (next, _)| one == next) {
        let [(trustee, first), others @ ..] = messages else { continue };
        match others.iter().find(|(_, other)| other != first) {
            Some((_, other)) => {
                evidence.push(Evidence { trustee: *trustee, messages: [first.to_vec(), other.to_vec()] });
            }
            None if !others.is_empty() => copied = copied.or(Some(*trustee)),
            None => {}
        }
    }
    refuse(evidence, |evidence| CeremonyError::Equivocation { evidence })?;
    copied.map_or(Ok(()), |trustee| Err(CeremonyError::DuplicateMessage { trustee, kind }))
}

impl Evidence {
    /// Two different messages of one author.
    pub(crate) fn of<B: Body>(first: &Signed<B>, second: &Signed<B>) -> Self {
        Self { trustee: first.author(), messages: [first.as_bytes().to_vec(), second.as_bytes().to_vec()] }
    }
}

/// The messages of one step, of all trustees, in index order.
fn read_complete_step<B: Body, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&Roster>,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<B>>, CeremonyError> {
    let step = read_step(parameters, roster, messages, rng)?;
    let spoke = |index: &u16| step.iter().any(|message: &Signed<B>| message.author() == *index);
    let absent = parameters.indices().filter(|index| !spoke(index)).collect();
    refuse(absent, |absent| CeremonyError::MissingMessage { kind: B::KIND, absent })?;
    Ok(step)
}

/// Verifies claims in one batch; the labels of those that do not hold.
pub(crate) fn verify_all<L, C: for<'a> Into<Claim<'a>>, R: CryptoRng>(
    claims: impl IntoIterator<Item = (L, C)>,
    rng: &mut R,
) -> Result<(), Vec<L>> {
    let (labels, claims): (Vec<L>, Vec<Claim<'_>>) =
        claims.into_iter().map(|(label, claim)| (label, claim.into())).unzip();
    verify_batch(claims, rng).map_err(|failing| {
        let numbered = labels.into_iter().enumerate();
        numbered.filter(|(number, _)| failing.claims.contains(number)).map(|(_, label)| label).collect()
    })
}

fn verify_batch<R: CryptoRng>(claims: Vec<Claim<'_>>, rng: &mut R) -> Result<(), BatchError> {
    let bases = SharedBases::none();
    let mut batch = Batch::new(&bases);
    for claim in claims {
        batch.push(claim);
    }
    batch.verify(rng)
}

/// Who takes part: the registrations, closed.
pub(crate) struct Parties {
    pub(crate) roster: Roster,
    pub(crate) registrations: Vec<Signed<Registration>>,
}

impl Parties {
    pub(crate) fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let registrations: Vec<Signed<Registration>> = read_complete_step(parameters, None, messages, rng)?;
        let claims = registrations.iter().map(|message| {
            let author = message.author();
            (author, message.body().claim(parameters, author))
        });
        verify_all(claims, rng).map_err(|trustees| CeremonyError::PossessionProofInvalid { trustees })?;
        refuse_key_reuse(parameters, &registrations)?;
        Ok(Self { roster: close_registration(parameters, &registrations), registrations })
    }

    /// The route from a dealer to every receiver, in index order.
    pub(crate) fn routes(&self, dealer: u16) -> impl Iterator<Item = Route<'_>> {
        self.registrations.iter().map(move |registration| Route {
            roster: &self.roster,
            dealer,
            receiver: registration.author(),
            receiver_key: &registration.body().encryption_key,
        })
    }
}

/// A key that signs does not encrypt, and no two trustees share one. Whoever registers a key has proved that it knows it.
fn refuse_key_reuse(
    parameters: &CeremonyParameters,
    registrations: &[Signed<Registration>],
) -> Result<(), CeremonyError> {
    let key = |registration: &Signed<Registration>| registration.body().encryption_key;
    let reused = registrations.iter().filter(|registration| {
        let taken = registrations.iter().filter(|other| key(other) == key(registration)).count() > 1;
        taken || parameters.signing_keys().contains(&key(registration))
    });
    refuse(reused.map(Signed::author).collect(), |trustees| CeremonyError::KeyReuse { trustees })
}

/// The roster: everything that is fixed when registration closes.
fn close_registration(parameters: &CeremonyParameters, registrations: &[Signed<Registration>]) -> Roster {
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
    Roster::from_bytes(tagged("roster", &parts))
}

/// The commitments to all deals, in index order.
pub(crate) fn verify_commitments<M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: &Roster,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<DealCommitment>>, CeremonyError> {
    read_complete_step(parameters, Some(roster), messages, rng)
}

/// All deals, and what follows from them for everybody.
pub(crate) struct Deals {
    pub(crate) root: CeremonyRoot,
    pub(crate) joint: JointCommitments,
    /// In index order.
    pub(crate) deals: Vec<Signed<Deal>>,
}

impl Deals {
    pub(crate) fn verify<M: AsRef<[u8]>, R: CryptoRng>(
        parameters: &CeremonyParameters,
        parties: &Parties,
        commitments: &[Signed<DealCommitment>],
        messages: &[M],
        rng: &mut R,
    ) -> Result<Self, CeremonyError> {
        let roster = &parties.roster;
        let deals: Vec<Signed<Deal>> = read_complete_step(parameters, Some(roster), messages, rng)?;
        let hashes: Vec<FileHash> = deals.iter().map(|deal| FileHash::of(deal.as_bytes())).collect();
        if weaken::is_on(Check::DealCommitment) {
            let exchanged = zip(zip(&deals, &hashes), commitments)
                .filter(|((_, hash), commitment)| **hash != commitment.body().deal)
                .map(|((deal, _), _)| deal.author());
            refuse(exchanged.collect(), |dealers| CeremonyError::CommitmentMismatch { dealers })?;
        }
        if weaken::is_on(Check::DealPossession) {
            let claims = deals.iter().map(|message| {
                let (dealer, Deal { commitments, possession, .. }) = (message.author(), message.body());
                (dealer, possession_claim(roster, dealer, commitments, possession))
            });
            verify_all(claims, rng).map_err(|dealers| CeremonyError::DealProofInvalid { dealers })?;
        }
        verify_ephemerals(parties, &deals, rng)?;

        let mut parts: Vec<&[u8]> = alloc::vec![roster.as_bytes()];
        parts.extend(hashes.iter().map(|hash| hash.as_bytes().as_slice()));
        let root = CeremonyRoot::from_bytes(tagged("ceremony", &parts));
        Ok(Self { root, joint: JointCommitments::sum(parameters.slots(), &deals), deals })
    }
}

/// Every ephemeral key is known to its dealer, and stands in one place only.
fn verify_ephemerals<R: CryptoRng>(
    parties: &Parties,
    deals: &[Signed<Deal>],
    rng: &mut R,
) -> Result<(), CeremonyError> {
    let places = || {
        deals.iter().flat_map(|deal| {
            let routes = parties.routes(deal.author());
            zip(routes, &deal.body().shares).map(|(route, shares)| ((route.dealer, route.receiver), route, shares))
        })
    };
    verify_all(places().map(|(place, route, shares)| (place, shares.claim(&route))), rng)
        .map_err(|places| CeremonyError::ShareProofInvalid { places })?;
    let mut seen: BTreeMap<&[u8; 32], u32> = BTreeMap::new();
    for (_, _, shares) in places() {
        *seen.entry(shares.ephemeral.as_bytes()).or_default() += 1;
    }
    let copied =
        places().filter(|(_, _, shares)| seen.get(shares.ephemeral.as_bytes()).is_some_and(|count| *count > 1));
    refuse(copied.map(|(place, _, _)| place).collect(), |places| CeremonyError::CopiedEphemeral { places })
}

/// The coefficients of the joint polynomials in the exponent, per slot: the sums over all dealers.
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

    /// The polynomials of all slots at `index`: the verification keys of a trustee; at 0, the joint key.
    pub(crate) fn vartime_evaluate(&self, index: u16) -> Vec<PublicElement> {
        self.slots.iter().map(|slot| vartime_evaluate(slot, index).into()).collect()
    }
}
