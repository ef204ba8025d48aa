//! A trustee's partial decryption of a tally, and its verification.

use alloc::vec::Vec;
use core::iter::zip;
use core::slice;

use rand_core::CryptoRng;

use super::reference::{TallyDifference, TallyReference};
use super::{ClosedTally, DecryptionError};
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::PublicElement;
use crate::hash::Fingerprint;
use crate::index::TrusteeIndex;
use crate::key_ceremony::{JointKey, TrusteeShares};
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::tally::EncryptedTally;
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

/// A trustee's part of the decryption of a tally, signed by the trustee.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), [tally](TallyReference) (136); then for each contest that
/// [needs decryption](crate::tally::EncryptedContest::needs_decryption): `D_1, D_2, ..` (32 bytes each) and the proof (96);
/// if the manifest decides ties by lot, `D_lot` (32) and its proof (96); signature (64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialDecryption {
    trustee: u16,
    tally: TallyReference,
    /// Factors and proofs, encoded: how many there are depends on the tally and the manifest.
    contests: Vec<u8>,
    signature: SchnorrProof,
}

/// The transcript of the signature over all bytes before it.
fn signature_transcript(fingerprint: &Fingerprint, signed: &[u8]) -> merlin::Transcript {
    let mut transcript = Domain::DecryptionSignature.for_election(fingerprint);
    transcript.absorb_bytes(b"decryption", signed);
    transcript
}

/// The transcript of the proof of one contest.
fn proof_transcript(tally: &EncryptedTally, trustee: u16, contest: usize) -> merlin::Transcript {
    let mut transcript = Domain::PartialDecryption.for_election(tally.fingerprint());
    if weaken::is_on(Check::StatementBound) {
        TallyReference::of(tally).absorb(&mut transcript);
    }
    transcript.absorb_u64(b"trustee", u64::from(trustee));
    transcript.absorb_u64(b"contest", contest as u64);
    transcript
}

/// The transcript of the proof of a part of the lot.
fn lot_transcript(tally: &EncryptedTally, trustee: u16) -> merlin::Transcript {
    let mut transcript = Domain::LotShare.for_election(tally.fingerprint());
    TallyReference::of(tally).absorb(&mut transcript);
    transcript.absorb_u64(b"trustee", u64::from(trustee));
    transcript
}

impl PartialDecryption {
    /// Decrypts a closed tally with one trustee's shares, and signs with its key.
    ///
    /// # Errors
    ///
    /// `WrongShares` if the shares, the key or the tally are of another election.
    pub fn decrypt<R: CryptoRng>(
        context: &ElectionContext,
        joint_key: &JointKey,
        closed: &ClosedTally,
        shares: &TrusteeShares,
        key: &KeyPair,
        rng: &mut R,
    ) -> Result<Self, DecryptionError> {
        let (tally, trustee) = (closed.tally(), shares.index().get());
        let member = TrusteeIndex::find(trustee, &context.manifest().trustees().members);
        let is_own_key = member.is_some_and(|(_, member)| member.key == *key.public());
        let are_own_shares = shares.check_against(joint_key).is_ok();
        if tally.fingerprint() != context.fingerprint()
            || joint_key.hash() != context.joint_key_hash()
            || !are_own_shares
            || !is_own_key
        {
            return Err(DecryptionError::WrongShares);
        }
        let keys = shares.verification_keys();
        let mut writer = Writer::new();
        for (contest, sums) in tally.contests().iter().enumerate() {
            if !sums.needs_decryption() {
                continue;
            }
            let slots = context.manifest().contest_slots(contest);
            let slots = slots.start as usize..slots.end as usize;
            let secrets = shares.expose_secrets().get(slots.clone()).ok_or(DecryptionError::WrongShares)?;
            let keys = keys.get(slots).ok_or(DecryptionError::WrongShares)?;
            let factors: Vec<PublicElement> =
                secrets.iter().map(|x| PublicElement::from(sums.r.element() * x.expose_scalar())).collect();
            let statement = EqualityStatement { base: &sums.r, keys, factors: &factors };
            let mut transcript = proof_transcript(tally, trustee, contest);
            let proof = EqualityProof::prove(&mut transcript, &statement, secrets, rng);
            for factor in &factors {
                writer.element(factor);
            }
            proof.encode(&mut writer);
        }
        if let Some(slot) = context.manifest().lot_slot() {
            let (Some(secret), Some(verification_key)) = (shares.expose_secrets().get(slot), keys.get(slot)) else {
                return Err(DecryptionError::WrongShares);
            };
            let base = TallyReference::of(tally).lot_base();
            let factor = PublicElement::from(base.element() * secret.expose_scalar());
            let (keys, factors) = (slice::from_ref(verification_key), slice::from_ref(&factor));
            let statement = EqualityStatement { base: &base, keys, factors };
            let mut transcript = lot_transcript(tally, trustee);
            let proof = EqualityProof::prove(&mut transcript, &statement, slice::from_ref(secret), rng);
            writer.element(&factor);
            proof.encode(&mut writer);
        }
        let (tally, contests) = (TallyReference::of(tally), writer.finish());
        let signed = signed_bytes(trustee, &tally, &contests);
        let signature = key.prove(&mut signature_transcript(&tally.fingerprint, &signed), rng);
        Ok(Self { trustee, tally, contests, signature })
    }

    /// The trustee that it names, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee
    }

    /// The tally that it names.
    #[must_use]
    pub fn tally(&self) -> &TallyReference {
        &self.tally
    }

    /// Verifies the signature, and the content against the recomputed tally.
    ///
    /// # Errors
    ///
    /// `UnknownTrustee` or `BadDecryptionSignature`: anybody may have made it. If the trustee has signed it,
    /// `DecryptionMismatch`, `MalformedDecryption`, `PartialDecryptionInvalid` for the first contest whose proof fails, or
    /// `LotInvalid`.
    pub fn verify<R: CryptoRng>(
        self,
        context: &ElectionContext,
        joint_key: &JointKey,
        tally: &EncryptedTally,
        rng: &mut R,
    ) -> Result<VerifiedDecryption, DecryptionError> {
        let Self { trustee, tally: reference, contests, signature } = self;
        let (index, member) = TrusteeIndex::find(trustee, &context.manifest().trustees().members)
            .ok_or(DecryptionError::UnknownTrustee { trustee })?;
        let mut transcript =
            signature_transcript(&reference.fingerprint, &signed_bytes(trustee, &reference, &contests));
        if signature.verify(&mut transcript, &member.key, rng).is_err() && weaken::is_on(Check::DecryptionSignature) {
            return Err(DecryptionError::BadDecryptionSignature { trustee });
        }
        match reference.difference(tally) {
            None => {}
            Some(TallyDifference::Size | TallyDifference::Root) if weaken::is_off(Check::StatementBound) => {}
            Some(TallyDifference::Fingerprint | TallyDifference::Heads | TallyDifference::Sums)
                if weaken::is_off(Check::DecryptionTally) => {}
            Some(what) => return Err(DecryptionError::DecryptionMismatch { trustee, what }),
        }
        let all_keys = joint_key.verification_keys(index).map_err(|_| DecryptionError::UnknownTrustee { trustee })?;
        let malformed = |error| DecryptionError::MalformedDecryption { trustee, error };
        let mut reader = Reader::new(&contests);
        let mut decoded = Vec::with_capacity(tally.contests().len());
        for (contest, sums) in tally.contests().iter().enumerate() {
            if !sums.needs_decryption() {
                decoded.push((Vec::new(), None));
                continue;
            }
            // Not the identity: neither the share is zero nor the sum the identity.
            let slots = context.manifest().contest_slots(contest);
            let factors = slots.map(|_| reader.element("D")).collect::<Result<_, _>>().map_err(malformed)?;
            decoded.push((factors, Some(EqualityProof::decode(&mut reader).map_err(malformed)?)));
        }
        let lot = match context.manifest().lot_slot() {
            None => None,
            Some(slot) => {
                let factor = reader.element("lot").map_err(malformed)?;
                Some((slot, factor, EqualityProof::decode(&mut reader).map_err(malformed)?))
            }
        };
        reader.finish().map_err(malformed)?;
        let mut verified = Vec::with_capacity(decoded.len());
        for (contest, (sums, (factors, proof))) in zip(tally.contests(), decoded).enumerate() {
            let slots = context.manifest().contest_slots(contest);
            let invalid = DecryptionError::PartialDecryptionInvalid { trustee, contest };
            if let Some(proof) = proof {
                let keys = all_keys.get(slots.start as usize..slots.end as usize).ok_or(invalid.clone())?;
                let statement = EqualityStatement { base: &sums.r, keys, factors: &factors };
                let mut transcript = proof_transcript(tally, trustee, contest);
                proof.verify(&mut transcript, &statement, rng).map_err(|_| invalid)?;
            }
            verified.push(factors);
        }
        let lot = match lot {
            None => None,
            Some((slot, factor, proof)) => {
                let invalid = || DecryptionError::LotInvalid { trustee };
                let base = reference.lot_base();
                let keys = slice::from_ref(all_keys.get(slot).ok_or_else(invalid)?);
                let statement = EqualityStatement { base: &base, keys, factors: slice::from_ref(&factor) };
                let verified = proof.verify(&mut lot_transcript(tally, trustee), &statement, rng);
                if verified.is_err() && weaken::is_on(Check::LotProof) {
                    return Err(invalid());
                }
                Some(factor)
            }
        };
        Ok(VerifiedDecryption { trustee: index, factors: verified, lot })
    }

    /// Reads a partial decryption. Its signature, its factors and its proofs are not verified.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let (trustee, tally) = (reader.u16("trustee")?, TallyReference::decode(&mut reader)?);
        let length = reader.remaining().checked_sub(SchnorrProof::BYTES);
        let contests = reader.take("contests", length.ok_or(DecodeError::Truncated { field: "signature" })?)?.to_vec();
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { trustee, tally, contests, signature })
    }

    /// The encoding of the partial decryption.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(&signed_bytes(self.trustee, &self.tally, &self.contests));
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

/// The bytes of a partial decryption before the signature.
fn signed_bytes(trustee: u16, tally: &TallyReference, contests: &[u8]) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.u16(trustee);
    tally.encode(&mut writer);
    writer.put(contests);
    writer.finish()
}

/// A verified partial decryption. Only [`PartialDecryption::verify`] creates it.
#[derive(Clone, Debug)]
pub struct VerifiedDecryption {
    trustee: TrusteeIndex,
    /// The factor of each slot of each contest.
    factors: Vec<Vec<PublicElement>>,
    /// The trustee's part of the lot, if ties are decided by lot.
    lot: Option<PublicElement>,
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

    /// The trustee's part of the lot; `None` if ties stay open.
    pub(super) fn lot(&self) -> Option<&PublicElement> {
        self.lot.as_ref()
    }

    /// The factor of a slot of a contest, both counted from 0; `None` if the contest was not decrypted.
    pub(super) fn factor(&self, contest: usize, slot: usize) -> Option<&PublicElement> {
        self.factors.get(contest)?.get(slot)
    }
}
