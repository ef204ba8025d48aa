//! Building a form row by row, and the rules that it must satisfy.

use alloc::vec::Vec;

use super::Form;
use super::bits::{Bit, BitLine, BitTable, Term};
use super::digits::{RangeDigits, Terms};
use super::packing::Packing;
use super::rows::{Target, all_targets, encode};
use crate::group::{Element, Scalar};
use crate::hash::{FormDigest, tagged};
use crate::limits::{MAX_FORM_BITS, MAX_FORM_ROWS, MAX_FORM_SLOTS, MAX_FORM_TERMS, ROW_BOUND};

/// A form breaks a rule, because of a bug in the compiler of a ballot style.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The form has too many bits, slots, rows or terms.
    #[error("the form has {found} {what}, more than the limit of {limit}")]
    TooLarge {
        /// The word `bits`, `slots`, `rows` or `terms`.
        what: &'static str,
        /// How many the form has.
        found: usize,
        /// How many a form may have.
        limit: usize,
    },
    /// A bit appears in no row, so nothing would bind its value.
    #[error("bit {bit} appears in no row")]
    FreeBit {
        /// The position of the bit, counted from 0.
        bit: usize,
    },
    /// A row does not have any terms.
    #[error("row {row} has no terms")]
    EmptyRow {
        /// The number of the row, counted from 1.
        row: usize,
    },
    /// A coefficient is zero, or a bit appears twice in a row, or the form does not have the bit.
    #[error("row {row}: bit {bit} appears twice, or has the coefficient 0, or is not a bit of the form")]
    BadTerm {
        /// The number of the row, counted from 1.
        row: usize,
        /// The position of the bit, counted from 0.
        bit: usize,
    },
    /// The value of a row could wrap modulo the order of the group.
    #[error("row {row}: the coefficients and the constant are too large")]
    RowTooLarge {
        /// The number of the row, counted from 1.
        row: usize,
    },
}

/// A builder that makes a form row by row.
#[derive(Clone, Debug)]
pub struct FormBuilder {
    bits: u32,
    slot_rows: Vec<Terms>,
    constant_rows: Vec<(Terms, Target)>,
    packing: Packing,
    /// How many counts the last slot contains. It is 0 if the next count begins a new slot.
    packed: usize,
}

impl Default for FormBuilder {
    fn default() -> Self {
        Self { bits: 0, slot_rows: Vec::new(), constant_rows: Vec::new(), packing: Packing::NONE, packed: 0 }
    }
}

/// A number of bits. A form with more bits than a `u32` can count is refused when it is built.
fn saturated(count: usize) -> u32 {
    count.min(u32::MAX as usize) as u32
}

impl FormBuilder {
    /// Creates a builder of a form without bits and rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a new bit to the form.
    pub fn bit(&mut self) -> Bit {
        let bit = Bit(self.bits);
        self.bits = self.bits.saturating_add(1);
        bit
    }

    /// Adds `count` new bits in a sequence. If there are too many, [`Self::build`] refuses the form.
    pub fn line(&mut self, count: usize) -> BitLine {
        let line = BitLine { next: self.bits, step: 1, left: saturated(count) };
        self.bits = self.bits.saturating_add(line.left);
        line
    }

    /// Adds new bits as a table with this many rows and columns.
    pub fn table(&mut self, rows: usize, columns: usize) -> BitTable {
        BitTable { all: self.line(rows.saturating_mul(columns)), columns: saturated(columns) }
    }

    /// Adds new bits for a number from 0 to `max`, which must be below `2^62`.
    pub fn range(&mut self, max: u64) -> RangeDigits {
        RangeDigits::new(max, || self.bit())
    }

    /// Begins a contest whose counts share slots as `packing` says. They do not share slots with another contest.
    pub fn pack(&mut self, packing: Packing) {
        self.packing = packing;
        self.packed = 0;
    }

    /// Adds a new count with these terms. Its bits must come after the bits of the count before it.
    pub fn count(&mut self, mut terms: Terms) {
        self.packing.place(&mut terms.0, self.packed);
        match self.slot_rows.last_mut() {
            Some(row) if self.packed > 0 => row.0.append(&mut terms.0),
            _ => self.slot_rows.push(terms),
        }
        self.packed = (self.packed + 1) % self.packing.per_slot();
    }

    /// Adds a new count for each of these bits.
    pub fn count_bits(&mut self, bits: impl IntoIterator<Item = Bit>) {
        for bit in bits {
            self.count(Terms(alloc::vec![(bit, 1)]));
        }
    }

    /// Adds a row whose target is a public integer.
    pub fn constant(&mut self, terms: Terms, target: i64) {
        self.constant_rows.push((terms, Target::Constant(target)));
    }

    /// Adds a row that requires exactly one set bit among `bits` and, if there is one, `other`.
    pub fn exactly_one(&mut self, bits: BitLine, other: Option<Bit>) {
        let mut terms = Terms::new();
        terms.bits(bits, 1);
        terms.optional(other, 1);
        self.constant(terms, 1);
    }

    /// Adds a row whose target is the weight of the ballot.
    pub fn weight_row(&mut self, terms: Terms) {
        self.constant_rows.push((terms, Target::Weight));
    }

    /// Returns how many terms all rows have together.
    #[must_use]
    pub fn terms(&self) -> usize {
        all_targets(&self.slot_rows, &self.constant_rows).map(|(row, _)| row.0.len()).sum()
    }

    /// Checks all rules and builds the form.
    ///
    /// # Errors
    ///
    /// [`FormError`] for the first rule that is broken.
    pub fn build(self) -> Result<Form, FormError> {
        let bits = self.bits as usize;
        let rows = self.slot_rows.len() + self.constant_rows.len();
        for (what, found, limit) in [
            ("bits", bits, MAX_FORM_BITS),
            ("slots", self.slot_rows.len(), MAX_FORM_SLOTS),
            ("rows", rows, MAX_FORM_ROWS),
            ("terms", self.terms(), MAX_FORM_TERMS),
        ] {
            if found > limit {
                return Err(FormError::TooLarge { what, found, limit });
            }
        }

        let Self { slot_rows, constant_rows, .. } = self;
        let mut last_row = alloc::vec![0_usize; bits];
        for (number, (row, target)) in (1..).zip(all_targets(&slot_rows, &constant_rows)) {
            check_row(number, row, target, &mut last_row)?;
        }
        if let Some(bit) = last_row.iter().position(|row| *row == 0) {
            return Err(FormError::FreeBit { bit });
        }

        // Coefficients are public and usually 1, so there is one multiplication for the form, not one for every term.
        let half = Element::mul_generator(&Scalar::ONE.halve());
        let half_multiple = |(_, coefficient): &Term| {
            let multiple = half.vartime_times(coefficient.unsigned_abs());
            if *coefficient < 0 { -multiple } else { multiple }
        };
        let half_multiples = slot_rows.iter().map(|row| row.0.iter().map(half_multiple).collect()).collect();
        let encoding = encode(bits, &slot_rows, &constant_rows);
        let digest = FormDigest::from_bytes(tagged("form", &[&encoding]));
        Ok(Form { bits, slot_rows, constant_rows, half_multiples, digest })
    }
}

/// Checks one row. `last_row[bit]` is the number of the last row that contains the bit, or 0 if there is none.
fn check_row(number: usize, Terms(terms): &Terms, target: Target, last_row: &mut [usize]) -> Result<(), FormError> {
    if terms.is_empty() {
        return Err(FormError::EmptyRow { row: number });
    }
    let mut size = u128::from(target.size());
    for (bit, coefficient) in terms {
        let bad = FormError::BadTerm { row: number, bit: bit.index() };
        match last_row.get_mut(bit.index()) {
            Some(last) if *last != number && *coefficient != 0 => *last = number,
            _ => return Err(bad),
        }
        size += u128::from(coefficient.unsigned_abs());
    }
    if size >= u128::from(ROW_BOUND) {
        return Err(FormError::RowTooLarge { row: number });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Bit;

    /// A form of two bits with one row of these terms. Both bits also appear in another row.
    fn build(terms: &[(Bit, i64)], target: i64) -> Result<(), FormError> {
        let mut form = FormBuilder::new();
        form.exactly_one(form.clone().line(2), None);
        form.line(2);
        form.constant(Terms(terms.to_vec()), target);
        form.build().map(|_| ())
    }

    #[test]
    fn rows_that_would_not_bind_their_bits() {
        let (first, second, none) = (Bit(0), Bit(1), Bit(2));
        assert_eq!(build(&[(first, 1), (second, -1)], 0), Ok(()));
        assert_eq!(build(&[], 0), Err(FormError::EmptyRow { row: 2 }));
        assert_eq!(build(&[(first, 1), (first, 1)], 0), Err(FormError::BadTerm { row: 2, bit: 0 }));
        assert_eq!(build(&[(first, 1), (second, 0)], 0), Err(FormError::BadTerm { row: 2, bit: 1 }));
        assert_eq!(build(&[(first, 1), (none, 1)], 0), Err(FormError::BadTerm { row: 2, bit: 2 }));
        let mut free = FormBuilder::new();
        let bit = free.bit();
        free.bit();
        free.count_bits([bit]);
        assert_eq!(free.build().err(), Some(FormError::FreeBit { bit: 1 }));
    }

    #[test]
    fn rows_that_could_wrap() {
        let bound = ROW_BOUND as i64;
        assert_eq!(build(&[(Bit(0), bound - 1)], 0), Ok(()));
        assert_eq!(build(&[(Bit(0), bound)], 0), Err(FormError::RowTooLarge { row: 2 }));
        assert_eq!(build(&[(Bit(0), bound - 2), (Bit(1), -1)], 0), Ok(()));
        assert_eq!(build(&[(Bit(0), bound - 2), (Bit(1), -1)], -1), Err(FormError::RowTooLarge { row: 2 }));
    }
}
