//! The bits of a form: their positions, and their secret values in one ballot.

use alloc::vec::Vec;

use subtle::Choice;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// One bit of a form, identified by its position from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bit(pub(super) u32);

impl Bit {
    /// Returns the position of the bit among the bits of its form, counted from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One term of a row: an integer times a bit.
pub type Term = (Bit, i64);

/// A sequence of bits at equal distances: a row, a column or all bits of a table.
#[derive(Clone, Copy, Debug)]
pub struct BitLine {
    pub(super) next: u32,
    pub(super) step: u32,
    pub(super) left: u32,
}

impl Iterator for BitLine {
    type Item = Bit;

    fn next(&mut self) -> Option<Bit> {
        self.left = self.left.checked_sub(1)?;
        let bit = Bit(self.next);
        self.next = self.next.saturating_add(self.step);
        Some(bit)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for BitLine {}

impl BitLine {
    /// Returns the bit at a position. Past the end, returns an invalid bit:
    /// [`FormBuilder::build`](super::FormBuilder::build) refuses a row that contains it.
    #[must_use]
    pub fn at(self, position: usize) -> Bit {
        let offset = u32::try_from(position).ok().filter(|position| *position < self.left);
        offset.map_or(Bit(u32::MAX), |offset| Bit(self.next.saturating_add(offset.saturating_mul(self.step))))
    }
}

/// A table of bits with rows and columns.
#[derive(Clone, Copy, Debug)]
pub struct BitTable {
    pub(super) all: BitLine,
    pub(super) columns: u32,
}

impl BitTable {
    /// Returns how many rows the table has.
    #[must_use]
    pub fn rows(self) -> usize {
        self.all.left.checked_div(self.columns).unwrap_or(0) as usize
    }

    /// Returns how many columns the table has.
    #[must_use]
    pub fn columns(self) -> usize {
        self.columns as usize
    }

    /// Returns the bits of one row of the table. Rows are counted from 0.
    #[must_use]
    pub fn row(self, row: usize) -> BitLine {
        BitLine { next: self.all.at(row * self.columns()).0, step: 1, left: self.columns }
    }

    /// Returns the bits of one column, which is counted from 0.
    #[must_use]
    pub fn column(self, column: usize) -> BitLine {
        let rows = self.all.left.checked_div(self.columns).unwrap_or(0);
        BitLine { next: self.all.at(column).0, step: self.columns, left: rows }
    }
}

/// The secret values of the bits in one ballot, which are wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Bits {
    bits: Vec<u8>,
}

impl Bits {
    /// Creates `count` bits that are all zero.
    #[must_use]
    pub fn zero(count: usize) -> Self {
        Self { bits: alloc::vec![0; count] }
    }

    /// Sets a bit to the lowest bit of `value`, in constant time. Ignores a bit past the end.
    pub fn set(&mut self, bit: Bit, value: u64) {
        if let Some(place) = self.bits.get_mut(bit.index()) {
            *place = u8::from(value & 1 == 1);
        }
    }

    /// The bits as choices, for selection in constant time.
    pub(crate) fn choices(&self) -> impl ExactSizeIterator<Item = Choice> + '_ {
        self.bits.iter().map(|bit| Choice::from(bit & 1))
    }

    /// Returns whether the bit at a position is set. The answer is a secret.
    #[must_use]
    pub fn expose_bit(&self, position: usize) -> bool {
        self.bits.get(position) == Some(&1)
    }

    pub(super) fn get(&self, bit: Bit) -> u8 {
        self.bits.get(bit.index()).copied().unwrap_or(0)
    }
}
