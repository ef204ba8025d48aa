//! A change of the roll that not all authorities have signed yet.
//!
//! # Layout
//!
//! ```text
//! draft     version (2), fingerprint (32), sequence (4), reason (1), revoked credential (32; zeros for none), added (1): 0 or 1,
//!           if added: style (2), weight (8); number of authorities (1);
//!           if added: for each authority 0 (1), or 1 (1), P_a (32), proof of possession (64);
//!           for each authority 0 (1), or 1 (1), signature (64)
//! ```

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::super::{Credential, CredentialError, Entitlement, combine_public};
use super::{
    AddedLine, ChangePart, ChangeReason, ChangeRules, RollChange, RollChangeError, Statement, possession_transcript,
    read_authorities, read_sequence, verify_parts,
};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::PublicElement;
use crate::hash::Fingerprint;
use crate::index::AuthorityIndex;
use crate::limits::MAX_AUTHORITIES;
use crate::manifest::Manifest;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};

/// Why an authority cannot add its part or its signature to a draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeDraftError {
    /// The reason does not fit what is revoked and added.
    #[error("a change for the reason {} cannot revoke and add this", .reason.word())]
    Reason {
        /// The reason.
        reason: ChangeReason,
    },
    /// There is no such authority, or too many authorities.
    #[error("there is no credential authority {authority}")]
    UnknownAuthority {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// The change adds nothing, or the authority has added its part before.
    #[error("no part of credential authority {authority} is needed")]
    NoPartNeeded {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// An authority has not added its part yet, so that nobody can sign.
    #[error("credential authority {authority} has not added its part yet")]
    PartMissing {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// The parts add up to no credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// What is in the draft breaks a rule.
    #[error(transparent)]
    Change(#[from] RollChangeError),
}

impl ChangeDraftError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Reason { .. } => "change-of-rights",
            Self::UnknownAuthority { .. } => "unknown-authority",
            Self::NoPartNeeded { .. } => "no-part-needed",
            Self::PartMissing { .. } => "part-missing",
            Self::Credential(_) => "bad-credential-part",
            Self::Change(error) => error.code(),
        }
    }
}

/// A change of the roll that goes from one credential authority to the next: first each adds its part, if a line is added, then
/// each signs. A part that comes later voids no signature, because nobody can sign before all parts are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDraft {
    fingerprint: Fingerprint,
    sequence: u32,
    reason: ChangeReason,
    revoked: Option<[u8; 32]>,
    added: Option<(u16, u64)>,
    /// For each authority; empty if nothing is added.
    parts: Vec<Option<ChangePart>>,
    signatures: Vec<Option<SchnorrProof>>,
}

impl ChangeDraft {
    /// Begins the change with this number, of the election with this manifest and fingerprint.
    ///
    /// # Errors
    ///
    /// `Reason`, or `Change` if the manifest does not allow the change by itself.
    pub fn new(
        manifest: &Manifest,
        fingerprint: &Fingerprint,
        sequence: u32,
        reason: ChangeReason,
        revoked: Option<[u8; 32]>,
        added: Option<Entitlement>,
    ) -> Result<Self, ChangeDraftError> {
        if !reason.allows(revoked.is_some(), added.is_some()) {
            return Err(ChangeDraftError::Reason { reason });
        }
        let rules = ChangeRules::for_manifest(manifest);
        if rules.bounds.is_none() {
            return Err(RollChangeError::NotAllowed.into());
        }
        let authorities = manifest.credential_authorities().len();
        // No style is above `MAX_STYLES`.
        let added = added.map(|Entitlement { style, weight }| (u16::try_from(style).unwrap_or(u16::MAX), weight));
        if let Some((style, weight)) = added {
            rules.check_rights(style, weight)?;
        }
        let parts = if added.is_some() { alloc::vec![None; authorities] } else { Vec::new() };
        let (fingerprint, signatures) = (*fingerprint, alloc::vec![None; authorities]);
        Ok(Self { fingerprint, sequence: sequence.max(1), reason, revoked, added, parts, signatures })
    }

    /// Returns the fingerprint of the election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Returns the number of the change, counted from 1.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Returns why the roll is changed.
    #[must_use]
    pub fn reason(&self) -> ChangeReason {
        self.reason
    }

    /// Returns the credential that is revoked, if there is one.
    #[must_use]
    pub fn revoked(&self) -> Option<&[u8; 32]> {
        self.revoked.as_ref()
    }

    /// Returns style and weight of the line that is added, if there is one.
    #[must_use]
    pub fn added(&self) -> Option<Entitlement> {
        self.added.map(|(style, weight)| Entitlement { style: style.into(), weight })
    }

    /// Whether the part of this authority is needed and not there.
    #[must_use]
    pub fn needs_part(&self, authority: AuthorityIndex) -> bool {
        self.parts.get(place(authority)).is_some_and(Option::is_none)
    }

    /// The part of the added credential of this authority, if it is there.
    #[must_use]
    pub fn part(&self, authority: AuthorityIndex) -> Option<&PublicElement> {
        Some(&self.parts.get(place(authority))?.as_ref()?.public)
    }

    /// The first authority whose part or signature is missing, counted from 1; `None` if the change is complete.
    #[must_use]
    pub fn awaited(&self) -> Option<u16> {
        let missing = |position: usize| position as u16 + 1;
        let part = self.parts.iter().position(Option::is_none);
        part.or_else(|| self.signatures.iter().position(Option::is_none)).map(missing)
    }

    /// The credential of the line that is added, if all parts are there.
    #[must_use]
    pub fn credential(&self) -> Option<PublicElement> {
        Some(self.statement().ok()?.added?.credential)
    }

    /// Adds the part of an authority: the credential that it has derived from its code.
    ///
    /// # Errors
    ///
    /// `NoPartNeeded`.
    pub fn add_part<R: CryptoRng>(
        &mut self,
        authority: AuthorityIndex,
        part: &Credential,
        rng: &mut R,
    ) -> Result<(), ChangeDraftError> {
        let mut transcript = possession_transcript(&self.fingerprint, self.sequence, authority);
        let own = ChangePart { public: *part.public(), possession: part.key_pair().prove(&mut transcript, rng) };
        match self.parts.get_mut(place(authority)) {
            Some(free @ None) => *free = Some(own),
            _ => return Err(ChangeDraftError::NoPartNeeded { authority: authority.get() }),
        }
        Ok(())
    }

    /// Signs the change for an authority, after checking everything that was added.
    ///
    /// # Errors
    ///
    /// `PartMissing`, `Change` or `UnknownAuthority`.
    pub fn sign<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        authority: AuthorityIndex,
        key: &KeyPair,
        rng: &mut R,
    ) -> Result<(), ChangeDraftError> {
        self.verify(manifest, rng)?;
        let signature = self.statement()?.sign(authority, key, rng);
        let own = self.signatures.get_mut(place(authority));
        *own.ok_or(ChangeDraftError::UnknownAuthority { authority: authority.get() })? = Some(signature);
        Ok(())
    }

    /// Checks the parts and the signatures that are there.
    ///
    /// # Errors
    ///
    /// `Change` or `Reason`.
    pub fn verify<R: CryptoRng>(&self, manifest: &Manifest, rng: &mut R) -> Result<(), ChangeDraftError> {
        let authorities = manifest.credential_authorities();
        let (found, expected) = (self.signatures.len(), authorities.len());
        if found != expected {
            return Err(RollChangeError::Authorities { found, expected }.into());
        }
        Self::new(manifest, &self.fingerprint, self.sequence, self.reason, self.revoked, self.added())?;
        verify_parts(&self.fingerprint, self.sequence, self.parts.iter().map(Option::as_ref), rng)?;
        if self.signatures.iter().any(Option::is_some) {
            let statement = self.statement()?;
            for ((authority, party), signature) in AuthorityIndex::enumerate(authorities).zip(&self.signatures) {
                if let Some(signature) = signature
                    && !statement.is_signed_by(authority, &party.key, signature, rng)
                {
                    return Err(RollChangeError::Signature { authority: authority.get() }.into());
                }
            }
        }
        Ok(())
    }

    /// The change, if all authorities have signed it.
    #[must_use]
    pub fn change(&self) -> Option<RollChange> {
        let signatures: Option<Vec<SchnorrProof>> = self.signatures.iter().cloned().collect();
        Some(RollChange { statement: self.statement().ok()?, signatures: signatures? })
    }

    /// What the authorities sign, if all parts are there.
    fn statement(&self) -> Result<Statement, ChangeDraftError> {
        let mut parts = Vec::new();
        for (number, part) in (1..).zip(&self.parts) {
            parts.push(part.clone().ok_or(ChangeDraftError::PartMissing { authority: number })?);
        }
        let publics: Vec<PublicElement> = parts.iter().map(|part| part.public).collect();
        let added = match self.added {
            Some((style, weight)) => Some(AddedLine { credential: combine_public(&publics)?, style, weight }),
            None => None,
        };
        let authorities = self.signatures.len();
        if authorities == 1 {
            parts.clear();
        }
        let Self { fingerprint, sequence, reason, revoked, .. } = *self;
        Ok(Statement { fingerprint, sequence, reason, revoked, added, authorities, parts })
    }

    /// Reads a draft.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let sequence = read_sequence(&mut reader)?;
        let reason = ChangeReason::decode(&mut reader)?;
        let revoked = Some(reader.array("revoked")?).filter(|credential| *credential != [0; 32]);
        let added = flag("added", &mut reader)?.then(|| Ok((reader.u16("style")?, reader.u64("weight")?)));
        let added = added.transpose()?;
        if !reason.allows(revoked.is_some(), added.is_some()) {
            return Err(DecodeError::UnknownValue { field: "change", found: reason as u64 });
        }
        let authorities = read_authorities(&mut reader)?;
        let (mut parts, mut signatures) = (Vec::new(), Vec::new());
        for _ in 0..if added.is_some() { authorities } else { 0 } {
            let is_there = flag("part", &mut reader)?;
            parts.push(if is_there { Some(ChangePart::decode(&mut reader)?) } else { None });
        }
        for _ in 0..authorities {
            let is_there = flag("signature", &mut reader)?;
            signatures.push(if is_there { Some(SchnorrProof::decode(&mut reader)?) } else { None });
        }
        reader.finish()?;
        Ok(Self { fingerprint, sequence, reason, revoked, added, parts, signatures })
    }

    /// Writes the draft.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.put(self.fingerprint.as_bytes()).u32(self.sequence).u8(self.reason as u8);
        writer.put(&self.revoked.unwrap_or([0; 32])).u8(self.added.is_some().into());
        if let Some((style, weight)) = self.added {
            writer.u16(style).u64(weight);
        }
        // At most `MAX_AUTHORITIES`.
        writer.u8(self.signatures.len().min(MAX_AUTHORITIES) as u8);
        for part in &self.parts {
            writer.u8(part.is_some().into());
            if let Some(part) = part {
                part.encode(&mut writer);
            }
        }
        for signature in &self.signatures {
            writer.u8(signature.is_some().into());
            if let Some(signature) = signature {
                signature.encode(&mut writer);
            }
        }
        writer.finish()
    }
}

fn flag(field: &'static str, reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8(field)? {
        0 => Ok(false),
        1 => Ok(true),
        found => Err(DecodeError::UnknownValue { field, found: found.into() }),
    }
}

/// The place of an authority in a list.
fn place(authority: AuthorityIndex) -> usize {
    usize::from(authority.get()) - 1
}
