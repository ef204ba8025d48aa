//! The part of a verification that covers a range of the board.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use super::super::CheckId;
use super::super::ballots::Unreadable;
use super::super::refusals::{Refusal, Refusals};
use super::super::report::Effect;
use super::{ShardError, ShardPlan};
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::tally::PartialTally;

/// The verification of a range of entries: the ballots that are invalid by themselves, and the sums
/// of the ballots that count if all others are valid.
#[derive(Clone, Debug)]
pub struct PartialVerification {
    plan: [u8; 32],
    pub(super) entries: Range<u64>,
    pub(in super::super) failures: Refusals,
    /// The first bundle that could not be read. Nothing is known about the bundles after it.
    pub(in super::super) unreadable: Option<Unreadable>,
    pub(in super::super) tally: PartialTally,
}

impl PartialVerification {
    /// A part in which nothing was found yet.
    pub(super) fn empty(plan: &ShardPlan, entries: Range<u64>) -> Self {
        let tally = PartialTally::zero(&plan.context);
        Self { plan: plan.digest, entries, failures: Refusals::default(), unreadable: None, tally }
    }

    /// The entries of the range.
    #[must_use]
    pub fn entries(&self) -> Range<u64> {
        self.entries.clone()
    }

    /// The number of ballots that are invalid by themselves.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.failures.len()
    }

    /// Whether the part belongs to this plan.
    pub(in super::super) fn is_of(&self, plan: &ShardPlan) -> bool {
        self.plan == plan.digest
    }

    /// Merges this part with the part of the next range.
    ///
    /// # Errors
    ///
    /// `OtherPlan` or `NotAdjacent`.
    pub fn merge(mut self, next: Self) -> Result<Self, ShardError> {
        if next.plan != self.plan {
            return Err(ShardError::OtherPlan);
        }
        if next.entries.start != self.entries.end {
            return Err(ShardError::NotAdjacent { found: next.entries.start, expected: self.entries.end });
        }
        self.append(next);
        Ok(self)
    }

    /// Appends the part of the next range. Nothing is known about entries after a bundle that cannot be read.
    pub(in super::super) fn append(&mut self, next: Self) {
        self.entries.end = next.entries.end;
        if self.unreadable.is_none() {
            self.failures.append(&next.failures);
            self.unreadable = next.unreadable;
            self.tally.append(&next.tally);
        }
    }

    /// The encoding of the part, for the machine that merges the parts.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.put(&self.plan).u64(self.entries.start).u64(self.entries.end);
        self.encode_findings(&mut writer);
        writer.finish()
    }

    /// Writes everything but the plan and the range.
    pub(in super::super) fn encode_findings(&self, writer: &mut Writer) {
        writer.u8(self.unreadable.is_some().into());
        if let Some(Unreadable { bundle, path, problem, .. }) = &self.unreadable {
            writer.u64(*bundle);
            put_text(writer, path);
            put_text(writer, problem);
        }
        // A ballot has at most one failure, and a board has at most `MAX_ENTRIES` entries, so the number fits.
        writer.u32(self.failures.len() as u32);
        for Refusal { index, check, problem } in self.failures.iter() {
            writer.u64(index);
            put_text(writer, check.slug());
            put_text(writer, problem);
        }
        self.tally.encode(writer);
    }

    /// Decodes a part of this plan.
    ///
    /// # Errors
    ///
    /// `OtherPlan`, or `Decode` with the field that is not canonical.
    pub fn from_bytes(plan: &ShardPlan, bytes: &[u8]) -> Result<Self, ShardError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        if reader.array("plan")? != plan.digest {
            return Err(ShardError::OtherPlan);
        }
        let start = reader.u64("start")?;
        let end = at_most("end", reader.u64("end")?, plan.entries())?;
        let part = Self::decode_findings(plan, at_most("start", start, end)?..end, &mut reader)?;
        reader.finish()?;
        Ok(part)
    }

    /// Reads what [`encode_findings`](Self::encode_findings) has written for a range of the plan.
    pub(in super::super) fn decode_findings(
        plan: &ShardPlan,
        entries: Range<u64>,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let mut part = Self::empty(plan, entries.clone());
        let Range { start, end } = entries;
        part.unreadable = match reader.u8("unreadable")? {
            0 => None,
            1 => {
                let bundle = reader.u64("bundle")?;
                if bundle >= plan.bundles.len() {
                    return Err(DecodeError::UnknownValue { field: "bundle", found: bundle });
                }
                let (path, problem) = (text("path", reader)?, text("problem", reader)?);
                Some(Unreadable { bundle, path, problem, effect: Effect::Unreadable })
            }
            found => return Err(DecodeError::UnknownValue { field: "unreadable", found: found.into() }),
        };
        let mut next = start;
        for _ in 0..reader.u32("failures")? {
            let index = reader.u64("index")?;
            if !(next..end).contains(&index) {
                return Err(DecodeError::UnknownValue { field: "index", found: index });
            }
            next = index + 1;
            let slug = text("check", reader)?;
            let check = CheckId::ALL.iter().find(|check| check.is_of_ballots() && check.slug() == slug);
            let check = *check.ok_or(DecodeError::UnknownValue { field: "check", found: slug.len() as u64 })?;
            let problem = text("problem", reader)?;
            let length = problem.len() as u64;
            if !part.failures.add(index, check, problem) && length > 0 {
                return Err(DecodeError::UnknownValue { field: "problem", found: length });
            }
        }
        part.tally = PartialTally::decode(&plan.context, end - start, reader)?;
        Ok(part)
    }
}

/// Merges parts, which may be in any order.
///
/// # Errors
///
/// `OtherPlan`; `NotAdjacent` if a range is missing or appears twice; `Incomplete` if there are no parts.
pub fn merge_all(parts: impl IntoIterator<Item = PartialVerification>) -> Result<PartialVerification, ShardError> {
    let mut parts: Vec<PartialVerification> = parts.into_iter().collect();
    parts.sort_by_key(|part| (part.entries.start, part.entries.end));
    let none = ShardError::Incomplete { found: 0, expected: 0 };
    parts.into_iter().map(Ok).reduce(|sum, next| sum?.merge(next?)).ok_or(none)?
}

/// Writes at most the first 65,535 bytes of a text, without a part of a character. The error of a source may be longer.
fn put_text(writer: &mut Writer, text: &str) {
    let mut characters = text.chars();
    while characters.as_str().len() > u16::MAX.into() {
        characters.next_back();
    }
    let text = characters.as_str();
    writer.u16(text.len() as u16).put(text.as_bytes());
}

fn text(field: &'static str, reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let length = reader.u16(field)?;
    let bytes = reader.take(field, length.into())?;
    let text = core::str::from_utf8(bytes);
    text.map(str::to_string).map_err(|_| DecodeError::UnknownValue { field, found: length.into() })
}
