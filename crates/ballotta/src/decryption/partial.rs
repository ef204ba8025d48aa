//! A trustee's partial decryption of a tally, and its verification.

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::{ClosedTally, DecryptionError};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::PublicElement;
use crate::hash::{Fingerprint, TallyDigest};
use crate::index::TrusteeIndex;
use crate::key_ceremony::TrusteeShares;
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::tally::EncryptedTally;
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

/// One contest of a partial decryption.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ContestDecryption {
    factors: Vec<PublicElement>,
    proof: EqualityProof,
}

/// A trustee's part of the decryption of a tally.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), fingerprint (32), digest of the sums (32); then for each contest that
/// [needs decryption](crate::tally::EncryptedContest::needs_decryption): `D_1, D_2, ..` (32 bytes each) and the proof (96).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialDecryption {
    header: PartialDecryptionHeader,
    /// `None` for a contest that is not decrypted.
    contests: Vec<Option<ContestDecryption>>,
}

/// The first fields of a partial decryption, which are read without knowing the tally. Nothing of it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialDecryptionHeader {
    /// The trustee that it names, counted from 1.
    pub trustee: u16,
    /// The fingerprint of the election.
    pub fingerprint: Fingerprint,
    /// The digest of the encrypted sums that are decrypted.
    pub tally_digest: TallyDigest,
}

impl PartialDecryptionHeader {
    /// Reads the header of a partial decryption.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if a field is missing, or if the version is unknown.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(&mut Reader::new(bytes))
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.version()?;
        Ok(Self {
            trustee: reader.u16("trustee")?,
            fingerprint: Fingerprint::from_bytes(reader.array("fingerprint")?),
            tally_digest: TallyDigest::from_bytes(reader.array("sums")?),
        })
    }
}

/// The transcript of the proof of one contest.
fn decryption_transcript(tally: &EncryptedTally, trustee: u16, contest: usize) -> merlin::Transcript {
    let mut transcript = Domain::PartialDecryption.for_election(tally.fingerprint());
    if weaken::is_on(Check::StatementBound) {
        transcript.absorb_u64(b"size", tally.close().size);
        transcript.absorb_bytes(b"root", tally.close().root.as_bytes());
        transcript.absorb_bytes(b"sums", tally.digest().as_bytes());
    }
    transcript.absorb_u64(b"trustee", u64::from(trustee));
    transcript.absorb_u64(b"contest", contest as u64);
    transcript
}

impl PartialDecryption {
    /// Decrypts a closed tally with one trustee's shares.
    ///
    /// # Errors
    ///
    /// `WrongShares` if the shares or the tally are of another election.
    pub fn decrypt<R: CryptoRng>(
        context: &ElectionContext,
        closed: &ClosedTally,
        shares: &TrusteeShares,
        rng: &mut R,
    ) -> Result<Self, DecryptionError> {
        let (tally, trustee) = (closed.tally(), shares.index().get());
        if tally.fingerprint() != context.fingerprint() || shares.check_against(context.joint_key()).is_err() {
            return Err(DecryptionError::WrongShares);
        }
        let keys = shares.verification_keys();
        let mut contests = Vec::with_capacity(tally.contests().len());
        for (contest, sums) in tally.contests().iter().enumerate() {
            let slots = context.manifest().contest_slots(contest);
            let slots = slots.start as usize..slots.end as usize;
            let secrets = shares.expose_secrets().get(slots.clone()).ok_or(DecryptionError::WrongShares)?;
            let keys = keys.get(slots).ok_or(DecryptionError::WrongShares)?;
            if !sums.needs_decryption() {
                contests.push(None);
                continue;
            }
            let factors: Vec<PublicElement> =
                secrets.iter().map(|x| PublicElement::from(sums.r.element() * x.expose_scalar())).collect();
            let statement = EqualityStatement { base: &sums.r, keys, factors: &factors };
            let mut transcript = decryption_transcript(tally, trustee, contest);
            let proof = EqualityProof::prove(&mut transcript, &statement, secrets, rng);
            contests.push(Some(ContestDecryption { factors, proof }));
        }
        let (fingerprint, tally_digest) = (*tally.fingerprint(), *tally.digest());
        Ok(Self { header: PartialDecryptionHeader { trustee, fingerprint, tally_digest }, contests })
    }

    /// The trustee that it names, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.header.trustee
    }

    /// Verifies a partial decryption against the recomputed tally.
    ///
    /// # Errors
    ///
    /// `PartialDecryptionInvalid` for the first contest whose proof fails; `WrongTally`, `UnknownTrustee` or `WrongShape`.
    pub fn verify<R: CryptoRng>(
        self,
        context: &ElectionContext,
        tally: &EncryptedTally,
        rng: &mut R,
    ) -> Result<VerifiedDecryption, DecryptionError> {
        let PartialDecryptionHeader { trustee, fingerprint, tally_digest } = self.header;
        if fingerprint != *tally.fingerprint() || tally_digest != *tally.digest() {
            return Err(DecryptionError::WrongTally { trustee });
        }
        let (index, keys) = TrusteeIndex::new(trustee)
            .and_then(|index| Some((index, context.joint_key().verification_keys(index).ok()?)))
            .ok_or(DecryptionError::UnknownTrustee { trustee })?;
        let mut factors = Vec::with_capacity(self.contests.len());
        for (contest, (sums, part)) in zip(tally.contests(), self.contests).enumerate() {
            let wrong_shape = DecryptionError::WrongShape { trustee, contest };
            if part.is_some() != sums.needs_decryption() {
                return Err(wrong_shape);
            }
            let Some(part) = part else {
                factors.push(Vec::new());
                continue;
            };
            let slots = context.manifest().contest_slots(contest);
            let keys = keys.get(slots.start as usize..slots.end as usize).ok_or_else(|| wrong_shape.clone())?;
            if part.factors.len() != keys.len() {
                return Err(wrong_shape);
            }
            let statement = EqualityStatement { base: &sums.r, keys, factors: &part.factors };
            let mut transcript = decryption_transcript(tally, trustee, contest);
            part.proof
                .verify(&mut transcript, &statement, rng)
                .map_err(|_| DecryptionError::PartialDecryptionInvalid { trustee, contest })?;
            factors.push(part.factors);
        }
        Ok(VerifiedDecryption { trustee: index, factors })
    }

    /// Reads a partial decryption of the tally of an election: its shape is that of the tally.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the field that is not canonical.
    pub fn decode(context: &ElectionContext, tally: &EncryptedTally, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let header = PartialDecryptionHeader::decode(&mut reader)?;
        let contests = tally
            .contests()
            .iter()
            .enumerate()
            .map(|(contest, sums)| {
                if !sums.needs_decryption() {
                    return Ok(None);
                }
                let slots = context.manifest().contest_slots(contest).len();
                // Not the identity: neither the share is zero nor the sum the identity.
                let factors = (0..slots).map(|_| reader.element("D")).collect::<Result<_, _>>()?;
                Ok(Some(ContestDecryption { factors, proof: EqualityProof::decode(&mut reader)? }))
            })
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { header, contests })
    }

    /// The encoding of the partial decryption.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        let PartialDecryptionHeader { trustee, fingerprint, tally_digest } = &self.header;
        writer.u16(*trustee).put(fingerprint.as_bytes()).put(tally_digest.as_bytes());
        for ContestDecryption { factors, proof } in self.contests.iter().flatten() {
            for factor in factors {
                writer.element(factor);
            }
            proof.encode(&mut writer);
        }
        writer.finish()
    }
}

/// A verified partial decryption. Only [`PartialDecryption::verify`] creates it.
#[derive(Clone, Debug)]
pub struct VerifiedDecryption {
    trustee: TrusteeIndex,
    /// The factor of each slot of each contest.
    factors: Vec<Vec<PublicElement>>,
}

impl VerifiedDecryption {
    /// The trustee that made it, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee.get()
    }

    pub(super) fn index(&self) -> TrusteeIndex {
        self.trustee
    }

    /// The factor of a slot of a contest, both counted from 0; `None` if the contest was not decrypted.
    pub(super) fn factor(&self, contest: usize, slot: usize) -> Option<&PublicElement> {
        self.factors.get(contest)?.get(slot)
    }
}
