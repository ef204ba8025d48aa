//! A change of the roll while the voting is open: a credential is revoked, a line is added, or both.
//!
//! See `spec/credential.md#changes`. This module has the bytes of a change and the rules for a change by itself. The rules that
//! depend on earlier entries are in the [ledger](crate::tally::LedgerIndex).
//!
//! # Layout
//!
//! ```text
//! change          fingerprint (32), sequence (4), reason (1), revoked credential (32; zeros for none), added (1): 0 or 1,
//!                 if added: credential (32), style (2), weight (8);
//!                 number k of authorities (1), if added and k > 1: for each authority P_a (32), proof of possession (64);
//!                 for each authority a signature (64) of all bytes before the signatures
//! ```
//!
//! # Security
//!
//! All credential authorities sign a change, as they sign the roll. So nobody but all of them together can vote with a line that
//! they have added, or take a line away; and who has voted has voted: a credential with an admitted ballot is never revoked.

mod current;
mod draft;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

pub(crate) use self::current::lines_in_all;
pub use self::current::{EffectiveChange, RollCounts};
pub use self::draft::{ChangeDraft, ChangeDraftError};
use super::{RollLine, combine_public};
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::group::PublicElement;
use crate::hash::Fingerprint;
use crate::index::AuthorityIndex;
use crate::limits::{MAX_AUTHORITIES, MAX_ROLL_CHANGES};
use crate::manifest::{Manifest, RollChanges};
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded, ProofTranscript as _};
use crate::weaken::{self, Check};

/// Why the roll is changed. Reports count the changes of each reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeReason {
    /// A voter has lost the code, or never got it: the line is replaced by one of the same style and weight.
    LostCode = 1,
    /// A voter who is missing on the roll: a line is added.
    LateMember = 2,
    /// An error of the roll is corrected: a line is added, revoked or replaced.
    Error = 3,
    /// A voter has lost the right to vote: a line is revoked.
    Left = 4,
}

impl ChangeReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::LostCode, Self::LateMember, Self::Error, Self::Left];

    /// Returns the word of the reason, such as `lost_code`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::LostCode => "lost_code",
            Self::LateMember => "late_member",
            Self::Error => "error",
            Self::Left => "left",
        }
    }

    /// Whether a change for this reason revokes or adds what it must.
    fn allows(self, revokes: bool, adds: bool) -> bool {
        match self {
            Self::LostCode => revokes && adds,
            Self::LateMember => adds && !revokes,
            Self::Error => revokes || adds,
            Self::Left => revokes && !adds,
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let found = reader.u8("reason")?;
        let reason = Self::ALL.into_iter().find(|reason| *reason as u8 == found);
        reason.ok_or(DecodeError::UnknownValue { field: "reason", found: found.into() })
    }
}

/// How often the roll was changed for each reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeCounts {
    /// Codes that were lost.
    pub lost_code: u64,
    /// Voters who were missing on the roll.
    pub late_member: u64,
    /// Corrected errors.
    pub error: u64,
    /// Voters who lost the right to vote.
    pub left: u64,
}

impl ChangeCounts {
    /// Counts changes that have an effect.
    #[must_use]
    pub fn of(changes: &[EffectiveChange]) -> Self {
        let mut counts = Self::default();
        changes.iter().for_each(|change| counts.count(change.reason));
        counts
    }

    fn count(&mut self, reason: ChangeReason) {
        match reason {
            ChangeReason::LostCode => self.lost_code += 1,
            ChangeReason::LateMember => self.late_member += 1,
            ChangeReason::Error => self.error += 1,
            ChangeReason::Left => self.left += 1,
        }
    }

    /// The number of all changes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lost_code + self.late_member + self.error + self.left
    }
}

/// A line that a change adds to the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddedLine {
    /// The public credential.
    pub credential: PublicElement,
    /// The position of the ballot style in the manifest, counted from 0.
    pub style: u16,
    /// The weight of the voter.
    pub weight: u64,
}

/// An authority's part of an added credential, with the proof that the authority knows its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ChangePart {
    public: PublicElement,
    possession: SchnorrProof,
}

impl ChangePart {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { public: reader.element("P_a")?, possession: SchnorrProof::decode(reader)? })
    }

    fn encode(&self, writer: &mut Writer) {
        self.possession.encode(writer.element(&self.public));
    }
}

/// Why a change of the roll has no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollChangeError {
    /// The manifest allows no changes.
    #[error("the manifest allows no changes of the roll while the voting is open")]
    NotAllowed,
    /// The voting is not open yet.
    #[error("the roll is changed before the voting is open")]
    NotOpen,
    /// The organiser has cut off changes.
    #[error("the roll is changed after the cut-off")]
    AfterCutOff,
    /// The voting is closed.
    #[error("the roll is changed after the close")]
    Closed,
    /// The change is of another election.
    #[error("the change belongs to the election {found}")]
    OtherElection {
        /// The fingerprint in the change.
        found: Fingerprint,
    },
    /// The change does not have as many signatures as the manifest has credential authorities.
    #[error("the change has signatures of {found} credential authorities, but the manifest names {expected}")]
    Authorities {
        /// The number of signatures.
        found: usize,
        /// The number of authorities in the manifest.
        expected: usize,
    },
    /// An authority has not signed the change.
    #[error("credential authority {authority} has not signed the change")]
    Signature {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// An authority has not proved that it knows its part of the added credential.
    #[error("credential authority {authority} has not proved that it knows its part of the added credential")]
    BadPart {
        /// The number of the authority, counted from 1.
        authority: u16,
    },
    /// The parts do not add up to the added credential.
    #[error("the parts of the authorities do not add up to the added credential")]
    BadSum,
    /// The manifest does not have the style of the added line, or does not allow its weight.
    #[error("the manifest has no ballot style {style}, or allows no weight {weight}")]
    StyleOrWeight {
        /// The number of the style, counted from 0.
        style: u16,
        /// The weight.
        weight: u64,
    },
    /// An earlier change adds the same credential with another style or weight.
    #[error("entry {first} adds the same credential with another style or weight")]
    AddedOtherwise {
        /// The position of the earlier change on the board.
        first: u64,
    },
    /// The change does not have the next number.
    #[error("the change has the number {found}, but the next one is {expected}")]
    Sequence {
        /// The number of the change.
        found: u32,
        /// One more than the number of changes before it that have an effect.
        expected: u32,
    },
    /// There are as many changes as there may be.
    #[error("there are {limit} changes already, and no more are allowed")]
    TooManyChanges {
        /// The largest number of changes.
        limit: u64,
    },
    /// The revoked credential is not on the roll.
    #[error("the credential to be revoked is not on the roll")]
    NotOnRoll,
    /// The revoked credential was revoked before.
    #[error("entry {index} has revoked this credential before")]
    AlreadyRevoked {
        /// The position of the earlier change on the board.
        index: u64,
    },
    /// The voter has voted. Who has voted has voted.
    #[error("the credential to be revoked has voted, the last time in entry {first}")]
    AlreadyVoted {
        /// The position of the ballot on the board.
        first: u64,
    },
    /// The added credential is on the roll, or was on it.
    #[error("the credential to be added is on the roll already, or was on it")]
    AlreadyOnRoll,
    /// A line that replaces one with a lost code has another style or weight.
    #[error("the line in place of one with a lost code must have its style and its weight")]
    OtherEntitlement,
    /// The sum of the weights of the changes is too large.
    #[error("the weights of the changes add up to more than {limit}")]
    TooMuchWeight {
        /// The largest sum.
        limit: u64,
    },
    /// The sum of the weights on the roll is too large.
    #[error("the weights on the roll add up to more than {limit}")]
    TotalTooLarge {
        /// The largest sum.
        limit: u64,
    },
    /// The roll has as many lines as a roll may have.
    #[error("the roll has the largest number of lines")]
    TooManyVoters,
}

impl RollChangeError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "change-not-allowed",
            Self::NotOpen => "not-open",
            Self::AfterCutOff => "after-cut-off",
            Self::Closed => "closed",
            Self::OtherElection { .. } => "other-election",
            Self::Authorities { .. } | Self::Signature { .. } => "change-not-signed",
            Self::BadPart { .. } | Self::BadSum => "bad-credential-part",
            Self::StyleOrWeight { .. } | Self::OtherEntitlement => "change-of-rights",
            Self::Sequence { .. } => "change-out-of-sequence",
            Self::TooManyChanges { .. } | Self::TooMuchWeight { .. } => "too-many-changes",
            Self::NotOnRoll => "unknown-credential",
            Self::AlreadyRevoked { .. } => "revoked-credential",
            Self::AlreadyVoted { .. } => "has-voted",
            Self::AddedOtherwise { .. } | Self::AlreadyOnRoll => "credential-on-roll",
            Self::TotalTooLarge { .. } | Self::TooManyVoters => "roll-too-large",
        }
    }
}

/// What all credential authorities sign.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    fingerprint: Fingerprint,
    sequence: u32,
    reason: ChangeReason,
    revoked: Option<[u8; 32]>,
    added: Option<AddedLine>,
    /// The number of authorities, at most `MAX_AUTHORITIES`.
    authorities: usize,
    /// For each authority; none if nothing is added, or if there is one authority.
    parts: Vec<ChangePart>,
}

impl Statement {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let sequence = read_sequence(reader)?;
        let reason = ChangeReason::decode(reader)?;
        // Zeros are the identity, which is no credential.
        let revoked = Some(reader.array("revoked")?).filter(|credential| *credential != [0; 32]);
        let added = match reader.u8("added")? {
            0 => None,
            1 => Some(AddedLine {
                credential: reader.element("credential")?,
                style: reader.u16("style")?,
                weight: reader.u64("weight")?,
            }),
            found => return Err(DecodeError::UnknownValue { field: "added", found: found.into() }),
        };
        if !reason.allows(revoked.is_some(), added.is_some()) {
            return Err(DecodeError::UnknownValue { field: "change", found: reason as u64 });
        }
        let authorities = read_authorities(reader)?;
        let mut parts = Vec::new();
        if added.is_some() && authorities > 1 {
            for _ in 0..authorities {
                parts.push(ChangePart::decode(reader)?);
            }
        }
        Ok(Self { fingerprint, sequence, reason, revoked, added, authorities, parts })
    }

    fn encode(&self) -> Writer {
        let mut writer = Writer::new();
        writer.put(self.fingerprint.as_bytes()).u32(self.sequence).u8(self.reason as u8);
        writer.put(&self.revoked.unwrap_or([0; 32])).u8(self.added.is_some().into());
        if let Some(AddedLine { credential, style, weight }) = &self.added {
            writer.element(credential).u16(*style).u64(*weight);
        }
        writer.u8(self.authorities as u8);
        for part in &self.parts {
            part.encode(&mut writer);
        }
        writer
    }

    /// The transcript of an authority's signature.
    fn transcript(&self, authority: AuthorityIndex) -> Transcript {
        let mut transcript = Domain::RollChange.for_election(&self.fingerprint);
        Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
        transcript.absorb_bytes(b"change", &self.encode().finish());
        transcript
    }

    fn sign<R: CryptoRng>(&self, authority: AuthorityIndex, key: &KeyPair, rng: &mut R) -> SchnorrProof {
        key.prove(&mut self.transcript(authority), rng)
    }

    fn is_signed_by<R: CryptoRng>(
        &self,
        authority: AuthorityIndex,
        key: &PublicElement,
        signature: &SchnorrProof,
        rng: &mut R,
    ) -> bool {
        signature.verify(&mut self.transcript(authority), key, rng).is_ok()
    }
}

/// A change of the roll, signed by all credential authorities. It binds from its position on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollChange {
    statement: Statement,
    signatures: Vec<SchnorrProof>,
}

impl RollChange {
    /// The most bytes of a change.
    pub const MAX_BYTES: usize = 32 + 4 + 1 + 32 + 1 + 42 + 1 + MAX_AUTHORITIES * (96 + 64);

    /// Returns the fingerprint of the election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.statement.fingerprint
    }

    /// Returns the number of the change, counted from 1.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.statement.sequence
    }

    /// Returns why the roll is changed.
    #[must_use]
    pub fn reason(&self) -> ChangeReason {
        self.statement.reason
    }

    /// Returns the credential that is revoked, if there is one.
    #[must_use]
    pub fn revoked(&self) -> Option<&[u8; 32]> {
        self.statement.revoked.as_ref()
    }

    /// Returns the line that is added, if there is one.
    #[must_use]
    pub fn added(&self) -> Option<&AddedLine> {
        self.statement.added.as_ref()
    }

    /// The part of the added credential of this authority, which is the whole credential if there is one authority; `None` if
    /// nothing is added.
    #[must_use]
    pub fn part(&self, authority: AuthorityIndex) -> Option<&PublicElement> {
        let Statement { parts, added, authorities, .. } = &self.statement;
        if *authorities == 1 {
            return added.as_ref().filter(|_| authority.get() == 1).map(|line| &line.credential);
        }
        parts.get(usize::from(authority.get()) - 1).map(|part| &part.public)
    }

    /// Reads the body of an entry of the board.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical. A reason that does not fit what is revoked and added is an
    /// unknown value of `change`.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let statement = Statement::decode(&mut reader)?;
        let mut signatures = Vec::new();
        for _ in 0..statement.authorities {
            signatures.push(SchnorrProof::decode(&mut reader)?);
        }
        reader.finish()?;
        Ok(Self { statement, signatures })
    }

    /// Writes the body of the entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = self.statement.encode();
        for signature in &self.signatures {
            signature.encode(&mut writer);
        }
        writer.finish()
    }
}

fn read_sequence(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    match reader.u32("sequence")? {
        0 => Err(DecodeError::UnknownValue { field: "sequence", found: 0 }),
        sequence => Ok(sequence),
    }
}

fn read_authorities(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let authorities = at_most("authorities", reader.u8("authorities")?.into(), MAX_AUTHORITIES as u64)?;
    if authorities == 0 {
        return Err(DecodeError::UnknownValue { field: "authorities", found: 0 });
    }
    Ok(authorities as usize)
}

/// The transcript of the proof that an authority knows its part of an added credential. It binds the change, so that nobody can
/// use a part of another line again.
fn possession_transcript(fingerprint: &Fingerprint, sequence: u32, authority: AuthorityIndex) -> Transcript {
    let mut transcript = Domain::ChangePossession.for_election(fingerprint);
    transcript.absorb_u64(b"sequence", sequence.into());
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    transcript
}

/// What the manifest says about changes.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRules {
    pub(crate) bounds: Option<RollChanges>,
    authorities: Vec<PublicElement>,
    styles: usize,
    max_weight: u64,
    /// The largest sum of the weights on the roll.
    pub(crate) max_total: u64,
}

impl ChangeRules {
    pub(crate) fn for_manifest(manifest: &Manifest) -> Self {
        Self {
            bounds: manifest.roll_changes(),
            authorities: manifest.credential_authorities().iter().map(|authority| authority.key).collect(),
            styles: manifest.styles().len(),
            max_weight: manifest.weights().max,
            max_total: manifest.weights().total,
        }
    }

    /// Checks the time of a change after the opening.
    pub(crate) fn check_time(&self, is_cut_off: bool, is_closed: bool) -> Result<(), RollChangeError> {
        if is_closed {
            return Err(RollChangeError::Closed);
        }
        if is_cut_off && weaken::is_on(Check::ChangeBeforeCutOff) {
            return Err(RollChangeError::AfterCutOff);
        }
        Ok(())
    }

    /// Checks a change by itself, for the election with this fingerprint.
    pub(crate) fn verify<R: CryptoRng>(
        &self,
        fingerprint: &Fingerprint,
        change: &RollChange,
        rng: &mut R,
    ) -> Result<(), RollChangeError> {
        if self.bounds.is_none() {
            return Err(RollChangeError::NotAllowed);
        }
        let RollChange { statement, signatures } = change;
        let found = statement.fingerprint;
        if found != *fingerprint {
            return Err(RollChangeError::OtherElection { found });
        }
        let (found, expected) = (signatures.len(), self.authorities.len());
        if found != expected {
            return Err(RollChangeError::Authorities { found, expected });
        }
        for ((authority, key), signature) in AuthorityIndex::enumerate(&self.authorities).zip(signatures) {
            if !statement.is_signed_by(authority, key, signature, rng) && weaken::is_on(Check::ChangeSigned) {
                return Err(RollChangeError::Signature { authority: authority.get() });
            }
        }
        let Some(AddedLine { credential, style, weight }) = &statement.added else { return Ok(()) };
        verify_parts(&statement.fingerprint, statement.sequence, statement.parts.iter().map(Some), rng)?;
        let parts: Vec<PublicElement> = statement.parts.iter().map(|part| part.public).collect();
        if !parts.is_empty() && combine_public(&parts) != Ok(*credential) && weaken::is_on(Check::ChangeParts) {
            return Err(RollChangeError::BadSum);
        }
        self.check_rights(*style, *weight)
    }

    /// Checks that the manifest allows a line of this style and weight.
    fn check_rights(&self, style: u16, weight: u64) -> Result<(), RollChangeError> {
        if usize::from(style) >= self.styles || !(1..=self.max_weight).contains(&weight) {
            return Err(RollChangeError::StyleOrWeight { style, weight });
        }
        Ok(())
    }
}

/// Verifies the parts of an added credential that are there.
fn verify_parts<'p, R: CryptoRng>(
    fingerprint: &Fingerprint,
    sequence: u32,
    parts: impl Iterator<Item = Option<&'p ChangePart>>,
    rng: &mut R,
) -> Result<(), RollChangeError> {
    for (number, part) in (1..).zip(parts) {
        let (Some(ChangePart { public, possession }), Some(authority)) = (part, AuthorityIndex::new(number)) else {
            continue;
        };
        let mut transcript = possession_transcript(fingerprint, sequence, authority);
        let is_known = !public.is_identity() && possession.verify(&mut transcript, public, rng).is_ok();
        if !is_known && weaken::is_on(Check::ChangeParts) {
            return Err(RollChangeError::BadPart { authority: number });
        }
    }
    Ok(())
}

/// The lines that changes on a board add, whether the changes have an effect or not: of each credential the style and the weight.
/// Only changes that are valid by themselves are here. Which of them have an effect depends on the ballots before them, whose
/// validity a verifier does not know when it reads a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedLines {
    lines: BTreeMap<[u8; 32], AddedAt>,
    changes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AddedAt {
    index: u64,
    style: u16,
    weight: u64,
}

impl AddedLines {
    /// Checks that a change after those that are here adds no line that one of them adds otherwise.
    pub(crate) fn check(&self, change: &RollChange) -> Result<(), RollChangeError> {
        // Nobody needs more, and each takes memory.
        if self.changes >= MAX_ROLL_CHANGES {
            return Err(RollChangeError::TooManyChanges { limit: MAX_ROLL_CHANGES });
        }
        let Some(AddedLine { credential, style, weight }) = change.statement.added else { return Ok(()) };
        match self.lines.get(credential.as_bytes()) {
            Some(line) if (line.style, line.weight) != (style, weight) => {
                Err(RollChangeError::AddedOtherwise { first: line.index })
            }
            _ => Ok(()),
        }
    }

    /// Notes the change in the entry at `index`, after all changes before it.
    pub(crate) fn push(&mut self, index: u64, change: &RollChange) -> Result<(), RollChangeError> {
        self.check(change)?;
        if let Some(AddedLine { credential, style, weight }) = change.statement.added {
            self.lines.entry(*credential.as_bytes()).or_insert(AddedAt { index, style, weight });
        }
        self.changes += 1;
        Ok(())
    }

    /// The line of a credential for an entry at position `before`: of the first change before it that adds the credential. The
    /// line has no number, because the number depends on which changes have an effect.
    #[must_use]
    pub fn line(&self, credential: &[u8; 32], before: u64) -> Option<RollLine> {
        let AddedAt { style, weight, .. } = self.lines.get(credential).filter(|line| line.index < before)?;
        Some(RollLine { number: 0, credential: *credential, style: usize::from(*style), weight: *weight })
    }

    /// The credentials of the lines, in ascending order.
    pub fn credentials(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.lines.keys()
    }

    /// Writes the lines, in the order of their credentials.
    pub(crate) fn encode(&self, writer: &mut Writer) {
        // At most `MAX_ROLL_CHANGES`.
        writer.u32(self.lines.len() as u32);
        for (credential, AddedAt { index, style, weight }) in &self.lines {
            writer.put(credential).u64(*index).u16(*style).u64(*weight);
        }
    }

    /// Reads the lines of a board of `size` entries.
    pub(crate) fn decode(size: u64, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = at_most("added lines", reader.u32("added lines")?.into(), MAX_ROLL_CHANGES)?;
        let mut lines = BTreeMap::new();
        for _ in 0..count {
            let credential: [u8; 32] = reader.array("credential")?;
            let (index, style, weight) = (reader.u64("index")?, reader.u16("style")?, reader.u64("weight")?);
            if index >= size || lines.last_key_value().is_some_and(|(last, _)| *last >= credential) {
                return Err(DecodeError::UnknownValue { field: "index", found: index });
            }
            lines.insert(credential, AddedAt { index, style, weight });
        }
        Ok(Self { lines, changes: count })
    }
}
