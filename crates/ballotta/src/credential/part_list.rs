//! What the offices of several credential authorities give each other before there is a roll: for every voter a handle, the
//! part of one authority, style and weight.
//!
//! See `spec/credential.md#part-lists`. The list is signed by the key that the manifest names, so that nobody between the
//! offices can exchange a part. No code and no secret is in it. It is not published: handles show which credential belongs to
//! which voter.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::parts::read_part;
use super::roll::{RollLine, RollProblem, RollRules};
use crate::encoding::{Reader, Writer};
use crate::group::{Element, PublicElement};
use crate::hash::{ManifestHash, parse_hex32};
use crate::index::AuthorityIndex;
use crate::limits::{MAX_ROLL_LINE_BYTES, MAX_VOTERS};
use crate::manifest::Manifest;
use crate::parallel;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded, ProofTranscript};

/// The name of the format of part lists, at the beginning of their first line.
pub const PART_LIST_FORMAT: &str = crate::format_name!("part-list");

/// The number of bytes of a handle.
const HANDLE_BYTES: usize = 16;
/// The lines that one core adds up at a time.
const LINES_PER_PIECE: usize = 1024;

/// A random name of a voter that only the offices of the authorities know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle([u8; HANDLE_BYTES]);

impl Handle {
    /// Draws a new handle.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = [0; HANDLE_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl core::fmt::Display for Handle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a handle has 32 lower-case hexadecimal digits")]
pub struct ParseHandleError;

impl core::str::FromStr for Handle {
    type Err = ParseHandleError;

    fn from_str(text: &str) -> Result<Self, ParseHandleError> {
        let mut bytes = [0; HANDLE_BYTES];
        let is_lower = text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !is_lower || hex::decode_to_slice(text, &mut bytes).is_err() {
            return Err(ParseHandleError);
        }
        Ok(Self(bytes))
    }
}

/// One voter of a part list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartListLine {
    /// The handle of the voter.
    pub handle: Handle,
    /// The part of the public credential that the authority made.
    pub part: [u8; 32],
    /// The position of the ballot style in the list of styles.
    pub style: usize,
    /// The weight of the ballot of this voter.
    pub weight: u64,
}

/// A part list is refused, or part lists do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartListError {
    /// The first line is not that of a part list.
    #[error("the first line is not that of a part list")]
    Header,
    /// The list is for another manifest.
    #[error("the list is for the election with the manifest {found}")]
    OtherManifest {
        /// The manifest that the list names.
        found: ManifestHash,
    },
    /// The manifest does not name this authority.
    #[error("the manifest has no credential authority {authority}")]
    UnknownAuthority {
        /// The number that the list names.
        authority: u16,
    },
    /// A line is not a handle, a part, a style and a weight, or handles do not ascend.
    #[error(
        "line {line} is not a handle, a part, a style and a weight that the manifest allows, in ascending order of handles"
    )]
    Line {
        /// The number of the line, counted from 1.
        line: u64,
    },
    /// There are no voters, or more than an election may have.
    #[error("a part list has 1 to {MAX_VOTERS} voters, not {found}")]
    WrongNumber {
        /// The number of voters.
        found: usize,
    },
    /// The signature at the end is not that of the authority.
    #[error("the list is not signed by credential authority {authority}, or has changed since")]
    Signature {
        /// The number of the authority, counted from 1.
        authority: AuthorityIndex,
    },
    /// There must be one list of each authority.
    #[error(
        "there must be one part list of each credential authority: that of authority {authority} is missing or there twice"
    )]
    Authorities {
        /// The first authority with no list, or with two.
        authority: AuthorityIndex,
    },
    /// Two lists have other voters, or give a voter another style or weight.
    #[error("the part lists of authorities {first} and {other} differ in the voter with the handle {handle}")]
    OtherVoter {
        /// The authority of the first list.
        first: AuthorityIndex,
        /// The authority of the other list.
        other: AuthorityIndex,
        /// The first handle that only one of the lists has, or at which style or weight differ.
        handle: Handle,
    },
    /// A part is not an element of the group, or is the identity.
    #[error("credential authority {authority}: the part of the voter with the handle {handle} is not a part")]
    Part {
        /// The authority.
        authority: AuthorityIndex,
        /// The handle of the voter.
        handle: Handle,
    },
    /// An authority has given two voters the same part.
    #[error("credential authority {authority} gave two voters the same code; one has the handle {handle}")]
    RepeatedPart {
        /// The authority.
        authority: AuthorityIndex,
        /// The handle of one of these voters.
        handle: Handle,
    },
}

/// The part list of one authority, with ascending handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartList {
    authority: AuthorityIndex,
    lines: Vec<PartListLine>,
}

impl PartList {
    /// Creates a list. Its lines are sorted by handle, so that the order says nothing about people.
    #[must_use]
    pub fn new(authority: AuthorityIndex, mut lines: Vec<PartListLine>) -> Self {
        lines.sort_unstable_by_key(|line| line.handle);
        Self { authority, lines }
    }

    /// Returns the authority that made the parts.
    #[must_use]
    pub fn authority(&self) -> AuthorityIndex {
        self.authority
    }

    /// Returns the lines, in ascending order of handles.
    #[must_use]
    pub fn lines(&self) -> &[PartListLine] {
        &self.lines
    }

    /// Returns the line with this handle.
    #[must_use]
    pub fn find(&self, handle: &Handle) -> Option<&PartListLine> {
        let place = self.lines.binary_search_by_key(handle, |line| line.handle).ok()?;
        self.lines.get(place)
    }

    /// Returns the text of the list, signed with the key of the authority. `None` if a line has a style that the manifest does
    /// not have.
    #[must_use]
    pub fn sign<R: CryptoRng>(&self, manifest: &Manifest, key: &KeyPair, rng: &mut R) -> Option<String> {
        let mut text = format!("{PART_LIST_FORMAT} {} {}\n", manifest.hash(), self.authority);
        for PartListLine { handle, part, style, weight } in &self.lines {
            let style = &manifest.styles().get(*style)?.id;
            text.push_str(&format!("{handle} {} {style} {weight}\n", hex::encode(part)));
        }
        let mut writer = Writer::new();
        key.prove(&mut transcript(manifest, self.authority, text.as_bytes()), rng).encode(&mut writer);
        text.push_str(&hex::encode(writer.finish()));
        text.push('\n');
        Some(text)
    }

    /// Reads a list and verifies its signature. That parts are elements of the group is checked by [`combine_part_lists`].
    ///
    /// # Errors
    ///
    /// The first rule that the list breaks.
    pub fn read<R: CryptoRng>(manifest: &Manifest, text: &str, rng: &mut R) -> Result<Self, PartListError> {
        let (header, rest) = text.split_once('\n').ok_or(PartListError::Header)?;
        let names = header.strip_prefix(PART_LIST_FORMAT).and_then(|names| names.strip_prefix(' '));
        let (named, number) = names.and_then(|names| names.split_once(' ')).ok_or(PartListError::Header)?;
        let found: ManifestHash = named.parse().map_err(|_| PartListError::Header)?;
        if found != *manifest.hash() {
            return Err(PartListError::OtherManifest { found });
        }
        let number = number.parse().ok().filter(|parsed: &u16| parsed.to_string() == number);
        let number = number.ok_or(PartListError::Header)?;
        let (authority, party) = AuthorityIndex::find(number, manifest.credential_authorities())
            .ok_or(PartListError::UnknownAuthority { authority: number })?;
        let wrong = PartListError::Signature { authority };
        // The last line is the signature.
        let body = rest.strip_suffix('\n').ok_or_else(|| wrong.clone())?;
        let (voters, signature) = body.rsplit_once('\n').ok_or_else(|| wrong.clone())?;
        let signed = text.len() - signature.len() - 1;
        // Digits in lower case: a list has one text.
        let halves = signature.split_at_checked(64).ok_or_else(|| wrong.clone())?;
        let half = |digits| parse_hex32(digits).map_err(|_| wrong.clone());
        let bytes = [half(halves.0)?, half(halves.1)?].concat();
        let signature = SchnorrProof::decode(&mut Reader::new(&bytes)).map_err(|_| wrong.clone())?;
        let signed = text.as_bytes().get(..signed).unwrap_or_default();
        signature.verify(&mut transcript(manifest, authority, signed), &party.key, rng).map_err(|_| wrong)?;

        let rules = RollRules::for_manifest(manifest);
        let mut lines: Vec<PartListLine> = Vec::new();
        for (line, text) in (2..).zip(voters.split('\n')) {
            let read =
                read_line(&rules, manifest.weights().max, line, text).map_err(|_| PartListError::Line { line })?;
            if lines.last().is_some_and(|last| last.handle >= read.handle) {
                return Err(PartListError::Line { line });
            }
            lines.push(read);
        }
        match lines.len() {
            found if found as u64 > MAX_VOTERS => Err(PartListError::WrongNumber { found }),
            _ => Ok(Self { authority, lines }),
        }
    }
}

fn read_line(rules: &RollRules, heaviest: u64, line: u64, text: &str) -> Result<PartListLine, RollProblem> {
    if text.len() >= MAX_ROLL_LINE_BYTES {
        return Err(RollProblem::LineTooLong);
    }
    let (handle, rest) = text.split_once(' ').ok_or(RollProblem::Malformed)?;
    let handle = handle.parse().map_err(|_| RollProblem::Malformed)?;
    let RollLine { credential: part, style, weight, .. } = rules.parse(line, rest.as_bytes())?;
    if !(1..=heaviest).contains(&weight) {
        return Err(RollProblem::WeightOutOfRange { max: heaviest });
    }
    Ok(PartListLine { handle, part, style, weight })
}

fn transcript(manifest: &Manifest, authority: AuthorityIndex, signed: &[u8]) -> merlin::Transcript {
    let mut transcript = Domain::PartList.for_manifest(manifest.hash());
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    transcript.absorb_bytes(b"list", &Sha256::digest(signed));
    transcript
}

/// Adds up the parts of all authorities. Returns the voters of the roll, in the order of their handles: the `number` of a line
/// is its place in the lists, from 1.
///
/// # Errors
///
/// If the lists are not one of each authority, or do not have the same voters, or if a part is not an element of the group or
/// is there twice.
pub fn combine_part_lists(manifest: &Manifest, lists: &[PartList]) -> Result<Vec<RollLine>, PartListError> {
    let mut ordered: Vec<&PartList> = Vec::new();
    for (authority, _) in AuthorityIndex::enumerate(manifest.credential_authorities()) {
        let mut of_authority = lists.iter().filter(|list| list.authority == authority);
        match (of_authority.next(), of_authority.next()) {
            (Some(list), None) => ordered.push(list),
            _ => return Err(PartListError::Authorities { authority }),
        }
    }
    let Some((first, others)) = ordered.split_first() else { return Ok(Vec::new()) };
    for other in others {
        let of_voter = |line: &PartListLine| (line.handle, line.style, line.weight);
        let (mut ours, mut theirs) = (first.lines.iter().map(of_voter), other.lines.iter().map(of_voter));
        loop {
            let handle = match (ours.next(), theirs.next()) {
                (None, None) => break,
                (ours, theirs) if ours == theirs => continue,
                (Some((ours, ..)), Some((theirs, ..))) => ours.min(theirs),
                (Some((handle, ..)), None) | (None, Some((handle, ..))) => handle,
            };
            return Err(PartListError::OtherVoter { first: first.authority, other: other.authority, handle });
        }
    }
    for list in &ordered {
        let mut seen = BTreeSet::new();
        if let Some(line) = list.lines.iter().find(|line| !seen.insert(&line.part)) {
            return Err(PartListError::RepeatedPart { authority: list.authority, handle: line.handle });
        }
    }
    let starts: Vec<usize> = (0..first.lines.len()).step_by(LINES_PER_PIECE).collect();
    let pieces = parallel::map(starts, |start| {
        let places = start..first.lines.len().min(start + LINES_PER_PIECE);
        places.map(|place| add_up(&ordered, place)).collect::<Result<Vec<_>, _>>()
    });
    let mut voters = Vec::new();
    for piece in pieces {
        voters.extend(piece?.into_iter().flatten());
    }
    Ok(voters)
}

/// The line of the roll for the voter at this place of all lists.
fn add_up(lists: &[&PartList], place: usize) -> Result<Option<RollLine>, PartListError> {
    let mut sum = Element::identity();
    let mut voter = None;
    for list in lists {
        let Some(line) = list.lines.get(place) else { return Ok(None) };
        let part = read_part(&line.part);
        let (authority, handle) = (list.authority, line.handle);
        sum += part.ok_or(PartListError::Part { authority, handle })?;
        voter = Some((line.style, line.weight));
    }
    let credential = *PublicElement::from(sum).as_bytes();
    Ok(voter.map(|(style, weight)| RollLine { number: place as u64 + 1, credential, style, weight }))
}
