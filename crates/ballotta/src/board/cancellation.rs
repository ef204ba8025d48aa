//! The entry with which the organiser cancels an election. See `spec/board.md#cancellation`.

use alloc::string::String;
use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;

use super::entry::{EntryError, EntryKind};
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::group::PublicElement;
use crate::hash::Fingerprint;
use crate::limits::MAX_REASON_BYTES;
use crate::problem::ManifestProblem;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::text::check_line;
use crate::transcript::{Domain, Guarded};

/// The body of an entry with which the organiser cancels an election while its voting is open: no ballot counts.
///
/// # Layout
///
/// ```text
/// fingerprint (32), length of the reason (2), reason (UTF-8, a line of at most MAX_REASON_BYTES), signature of the organiser (64)
/// ```
///
/// # Security
///
/// After the close a cancellation has no effect: an organiser who has seen a result cannot cancel it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    fingerprint: Fingerprint,
    reason: String,
    signature: SchnorrProof,
}

impl Cancellation {
    /// The longest body, in bytes.
    pub(crate) const MAX_BYTES: usize = 32 + 2 + MAX_REASON_BYTES + 64;

    /// Signs the cancellation of the election with this fingerprint. Everybody reads the reason: it names no person.
    ///
    /// # Errors
    ///
    /// `EmptyText`, `TextTooLong`, `ControlCharacter` or `DirectionOverride` if the reason is not one line that people can read.
    pub fn sign<R: CryptoRng>(
        fingerprint: &Fingerprint,
        reason: &str,
        organiser: &KeyPair,
        rng: &mut R,
    ) -> Result<Self, ManifestProblem> {
        check_reason(reason)?;
        let signature = organiser.prove(&mut transcript(fingerprint, reason), rng);
        Ok(Self { fingerprint: *fingerprint, reason: reason.into(), signature })
    }

    /// Returns the fingerprint of the election that is cancelled.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Returns why the election is cancelled, in the words of the organiser.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Verifies that the organiser cancelled the election with this fingerprint.
    ///
    /// # Errors
    ///
    /// `OtherElection` or `Signature`.
    pub fn verify<R: CryptoRng>(
        &self,
        fingerprint: &Fingerprint,
        organiser: &PublicElement,
        rng: &mut R,
    ) -> Result<(), EntryError> {
        if self.fingerprint != *fingerprint {
            return Err(EntryError::OtherElection { found: self.fingerprint });
        }
        Ok(self.signature.verify(&mut transcript(fingerprint, &self.reason), organiser, rng)?)
    }

    /// Reads the body of an entry.
    ///
    /// # Errors
    ///
    /// `NotALine` if the reason is not one line that people can read, and the errors of the other fields.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let length = at_most("reason", reader.u16("reason")?.into(), MAX_REASON_BYTES as u64)?;
        let reason = core::str::from_utf8(reader.take("reason", length as usize)?).ok();
        let reason =
            reason.filter(|reason| check_line(reason).is_ok()).ok_or(DecodeError::NotALine { field: "reason" })?;
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { fingerprint, reason: reason.into(), signature })
    }

    /// Writes the body of the entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        // A reason has at most `MAX_REASON_BYTES`.
        writer.put(self.fingerprint.as_bytes()).u16(self.reason.len() as u16).put(self.reason.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

fn check_reason(reason: &str) -> Result<(), ManifestProblem> {
    match reason.len() {
        found if found > MAX_REASON_BYTES => Err(ManifestProblem::TextTooLong { found, limit: MAX_REASON_BYTES }),
        _ => check_line(reason),
    }
}

fn transcript(fingerprint: &Fingerprint, reason: &str) -> Transcript {
    let mut transcript = Domain::OrganiserEntry.for_election(fingerprint);
    Guarded::ACTION.absorb_u64(&mut transcript, EntryKind::Cancellation as u64);
    Guarded::REASON.absorb_bytes(&mut transcript, reason.as_bytes());
    transcript
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::SecretScalar;
    use crate::proofs::ProofError;
    use crate::testing::TestRng;

    const ELECTION: Fingerprint = Fingerprint::from_bytes([7; 32]);
    const REASON: &str = "Manca un candidato sulla scheda";

    fn organiser() -> KeyPair {
        KeyPair::new(SecretScalar::random(&mut TestRng(1)))
    }

    fn cancelled() -> Cancellation {
        Cancellation::sign(&ELECTION, REASON, &organiser(), &mut TestRng(2)).unwrap()
    }

    fn verify(entry: &Cancellation, fingerprint: &Fingerprint) -> Result<(), EntryError> {
        entry.verify(fingerprint, organiser().public(), &mut TestRng(3))
    }

    #[test]
    fn the_organiser_cancels_one_election_for_one_reason() {
        let entry = cancelled();
        assert_eq!(verify(&entry, &ELECTION), Ok(()));
        assert_eq!((entry.reason(), entry.fingerprint()), (REASON, &ELECTION));
        assert_eq!(Cancellation::decode(&entry.encode()), Ok(entry.clone()));
        let other = Fingerprint::from_bytes([8; 32]);
        assert_eq!(verify(&entry, &other), Err(EntryError::OtherElection { found: ELECTION }));
        let moved = Cancellation { fingerprint: other, ..cancelled() };
        assert_eq!(verify(&moved, &other), Err(EntryError::Signature(ProofError)));
        let reworded = Cancellation { reason: "Il quorum non sarà raggiunto".into(), ..cancelled() };
        assert_eq!(verify(&reworded, &ELECTION), Err(EntryError::Signature(ProofError)));

        #[cfg(feature = "weaken")]
        {
            use crate::weaken::{Check, Weaken};
            let _weaken = Weaken::without(Check::AbsorbReason);
            let entry = Cancellation::sign(&ELECTION, REASON, &organiser(), &mut TestRng(2)).unwrap();
            let reworded = Cancellation { reason: "Il quorum non sarà raggiunto".into(), ..entry };
            assert_eq!(verify(&reworded, &ELECTION), Ok(()));
        }
    }

    #[test]
    fn a_reason_is_one_line_that_people_can_read() {
        let sign = |reason: &str| Cancellation::sign(&ELECTION, reason, &organiser(), &mut TestRng(2)).map(drop);
        assert_eq!(sign(" "), Err(ManifestProblem::EmptyText));
        assert_eq!(sign("one\ntwo"), Err(ManifestProblem::ControlCharacter { position: 3 }));
        assert_eq!(sign("a\u{202e}b"), Err(ManifestProblem::DirectionOverride { position: 1 }));
        let long = "x".repeat(MAX_REASON_BYTES + 1);
        assert_eq!(sign(&long), Err(ManifestProblem::TextTooLong { found: 1025, limit: 1024 }));

        let with = |reason: &[u8]| {
            let entry = cancelled().encode();
            let length = (reason.len() as u16).to_le_bytes();
            Cancellation::decode(&[&entry[..32], &length, reason, &entry[34 + REASON.len()..]].concat())
        };
        assert_eq!(with(REASON.as_bytes()), Ok(cancelled()));
        let not_a_line = Err(DecodeError::NotALine { field: "reason" });
        for reason in [b"".as_slice(), b"one\ntwo", b"\xff", "\u{2066}x".as_bytes()] {
            assert_eq!(with(reason), not_a_line);
        }
        let too_long = DecodeError::LimitExceeded { field: "reason", found: 1025, limit: 1024 };
        assert_eq!(with(long.as_bytes()), Err(too_long));
        let body = cancelled().encode();
        assert_eq!(Cancellation::decode(&body[..33]), Err(DecodeError::Truncated { field: "reason" }));
        assert_eq!(Cancellation::decode(&body[..40]), Err(DecodeError::Truncated { field: "reason" }));
        assert_eq!(Cancellation::decode(&[&body[..], &[0]].concat()), Err(DecodeError::Trailing { count: 1 }));
    }
}
