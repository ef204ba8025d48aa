//! The rows of a form, and the encoding of a form.
//!
//! See `spec/ballot.md#form`.

use alloc::vec::Vec;

use super::digits::Terms;
use crate::encoding::Writer;
use crate::limits::MAX_WEIGHT;

/// The value that a row must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The value of its slot.
    Slot,
    /// A public integer, the same for all ballots.
    Constant(i64),
    /// The weight of the ballot.
    Weight,
}

impl Target {
    /// The target of a constant row, for a ballot of this weight.
    pub(super) fn constant(self, weight: u64) -> i128 {
        match self {
            Self::Slot => 0,
            Self::Constant(constant) => constant.into(),
            Self::Weight => weight.into(),
        }
    }

    /// The largest absolute value of the target of a constant row.
    pub(super) fn size(self) -> u64 {
        match self {
            Self::Slot => 0,
            Self::Constant(constant) => constant.unsigned_abs(),
            Self::Weight => MAX_WEIGHT,
        }
    }
}

/// All rows with their targets, in order.
pub(super) fn all_targets<'a>(
    slot_rows: &'a [Terms],
    constant_rows: &'a [(Terms, Target)],
) -> impl Iterator<Item = (&'a Terms, Target)> {
    let constants = constant_rows.iter().map(|(row, target)| (row, *target));
    slot_rows.iter().map(|row| (row, Target::Slot)).chain(constants)
}

/// Encodes bits, slots and rows of a form that is within its limits.
pub(super) fn encode(bits: usize, slot_rows: &[Terms], constant_rows: &[(Terms, Target)]) -> Vec<u8> {
    let mut writer = Writer::new();
    // The casts are exact, because all limits of forms are below 2^32.
    writer.u32(bits as u32).u32(slot_rows.len() as u32).u32(constant_rows.len() as u32);
    for (row, target) in all_targets(slot_rows, constant_rows) {
        let (kind, constant) = match target {
            Target::Slot => (0, 0),
            Target::Constant(constant) => (1, constant),
            Target::Weight => (2, 0_i64),
        };
        writer.u8(kind).put(&constant.to_le_bytes()).u32(row.0.len() as u32);
        for (bit, coefficient) in &row.0 {
            writer.u32(bit.0).put(&coefficient.to_le_bytes());
        }
    }
    writer.finish()
}
