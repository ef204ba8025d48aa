//! The verification of the messages of a step. Trustees verify them before the next step, everybody else at the end.
//!
//! See `spec/ceremony.md#verification`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::envelope::{Body, Envelope, Signed};
use super::error::{CeremonyError, Evidence, refuse_if_any};
use super::kind::MessageKind;
use super::parameters::CeremonyParameters;
use crate::encoding::DecodeError;
use crate::hash::RosterHash;
use crate::index::TrusteeIndex;
use crate::proofs::batch::{Claim, verify_claims};

/// Returns the messages of one kind, in their order.
pub(crate) fn of_kind<'a>(envelopes: &[Envelope<'a>], kind: MessageKind) -> Vec<&'a [u8]> {
    envelopes.iter().filter(|envelope| envelope.kind == kind).map(|envelope| envelope.bytes).collect()
}

/// Refuses messages that were published after a message of a later step, because honest trustees begin a step only after
/// the step before is complete.
pub(crate) fn refuse_late_messages(envelopes: &[Envelope<'_>]) -> Result<(), CeremonyError> {
    let (mut latest, mut late) = (MessageKind::Registration, Vec::new());
    for envelope in envelopes {
        if envelope.kind < latest {
            late.push(envelope.unattributed());
        }
        latest = latest.max(envelope.kind);
    }
    refuse_if_any(late, |messages| CeremonyError::OutOfOrder { messages })
}

/// Reads the messages of one step, and returns them in ascending order of their authors. Every author must have signed
/// its message for this roster, and have only one message.
pub(crate) fn read_step<B: Body, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<B>>, CeremonyError> {
    let step = read_messages(parameters, roster, messages, rng)?;
    refuse_second_messages(&step)?;
    Ok(step)
}

/// Reads the messages of one step, sorted by their authors. There may be several of one trustee.
pub(crate) fn read_messages<B: Body, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<B>>, CeremonyError> {
    let envelopes = open_step(parameters, roster, B::KIND, messages, rng)?;
    // From here on the signatures are verified: any error in a message is a fault of its author.
    let mut step: Vec<Signed<B>> = Vec::with_capacity(messages.len());
    let mut unreadable = Vec::new();
    for envelope in envelopes {
        match envelope.read(parameters) {
            Ok(message) => step.push(message),
            Err(error) => unreadable.push((envelope.author, error)),
        }
    }
    refuse_unreadable(unreadable)?;
    Ok(step)
}

/// Refuses messages that cannot be decoded. The error names each trustee once.
fn refuse_unreadable(mut unreadable: Vec<(u16, DecodeError)>) -> Result<(), CeremonyError> {
    unreadable.dedup_by_key(|(trustee, _)| *trustee);
    refuse_if_any(unreadable, |trustees| CeremonyError::Decode { trustees })
}

/// Opens messages that must have this kind and a signature of their author for this roster. Returns their envelopes in
/// ascending order of their authors.
fn open_step<'m, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    expected: MessageKind,
    messages: &'m [M],
    rng: &mut R,
) -> Result<Vec<Envelope<'m>>, CeremonyError> {
    let envelopes = Envelope::open_all(messages)?;
    if let Some(Envelope { kind: found, author: trustee, .. }) =
        envelopes.iter().find(|envelope| envelope.kind != expected)
    {
        return Err(CeremonyError::UnexpectedMessage { trustee: *trustee, found: *found, expected });
    }
    let (mut claims, mut unknown) = (Vec::with_capacity(messages.len()), Vec::new());
    for envelope in &envelopes {
        match envelope.claim(parameters) {
            Some(claim) => claims.push((envelope, claim)),
            None => unknown.push(envelope.unattributed()),
        }
    }
    refuse_if_any(unknown, |messages| CeremonyError::UnknownAuthor { messages })?;
    verify_all(claims, rng).map_err(|failing| CeremonyError::BadSignature {
        messages: failing.into_iter().map(Envelope::unattributed).collect(),
    })?;
    let elsewhere = envelopes.iter().filter(|envelope| envelope.roster.as_ref() != roster);
    refuse_if_any(elsewhere.map(Envelope::unattributed).collect(), |messages| CeremonyError::RosterMismatch {
        messages,
    })?;
    // There are at most a few messages of each trustee, and a call of `sort` would need 3 KB of code.
    let mut sorted: Vec<Envelope<'m>> = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let place = sorted.partition_point(|earlier| earlier.author <= envelope.author);
        sorted.insert(place, envelope);
    }
    Ok(sorted)
}

/// Refuses two messages of one trustee. The messages must be sorted by their authors.
pub(crate) fn refuse_second_messages<B: Body>(step: &[Signed<B>]) -> Result<(), CeremonyError> {
    let (mut evidence, mut copied) = (Vec::new(), None);
    for messages in step.chunk_by(|one, next| one.author() == next.author()) {
        let [first, others @ ..] = messages else { continue };
        let trustee = first.author();
        match others.iter().find(|other| other.as_bytes() != first.as_bytes()) {
            Some(other) => {
                let messages = [first, other].map(|message| message.as_bytes().to_vec());
                evidence.push(Evidence { trustee, messages });
            }
            None if !others.is_empty() => copied = copied.or(Some(trustee)),
            None => {}
        }
    }
    refuse_if_any(evidence, |evidence| CeremonyError::Equivocation { evidence })?;
    copied.map_or(Ok(()), |trustee| Err(CeremonyError::DuplicateMessage { trustee, kind: B::KIND }))
}

/// Reads the messages of one step, which all trustees must have sent, and returns them in index order.
pub(crate) fn read_complete_step<B: Body, M: AsRef<[u8]>, R: CryptoRng>(
    parameters: &CeremonyParameters,
    roster: Option<&RosterHash>,
    messages: &[M],
    rng: &mut R,
) -> Result<Vec<Signed<B>>, CeremonyError> {
    let step = read_step(parameters, roster, messages, rng)?;
    let spoke = |index: &u16| step.iter().any(|message: &Signed<B>| message.author() == *index);
    let absent = parameters.indices().map(TrusteeIndex::get).filter(|index| !spoke(index)).collect();
    refuse_if_any(absent, |absent| CeremonyError::MissingMessage { kind: B::KIND, absent })?;
    Ok(step)
}

/// Verifies claims in one batch. The error contains the labels of the invalid claims.
pub(crate) fn verify_all<L, C: for<'a> Into<Claim<'a>>, R: CryptoRng>(
    claims: impl IntoIterator<Item = (L, C)>,
    rng: &mut R,
) -> Result<(), Vec<L>> {
    let (labels, claims): (Vec<L>, Vec<Claim<'_>>) =
        claims.into_iter().map(|(label, claim)| (label, claim.into())).unzip();
    verify_claims(claims, rng).map_err(|failing| {
        let numbered = labels.into_iter().enumerate();
        numbered.filter(|(number, _)| failing.claims.contains(number)).map(|(_, label)| label).collect()
    })
}
