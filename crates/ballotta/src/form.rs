//! Forms: what a ballot style compiles to. `m` bits, `n` slots and rows, which are linear equations over the bits.
//!
//! See `spec/ballot.md#form`. A ballot is valid exactly when some bits in `{0, 1}^m` satisfy all rows.
//!
//! # Construction
//!
//! Rows are numbered once: first the `n` slot rows in slot order, then the constant rows. The target of a slot row is
//! the value of its slot, the target of a constant row is a public integer. Every slot is the target of exactly one
//! row, every bit stands in some row, and the coefficients of a row and its constant together stay below `2^62`, so
//! that nothing wraps modulo the order of the group.
//!
//! The constant of a weight row is the weight of the ballot. One form serves voters of all weights: compiling it is not
//! in the way of any ballot, and the length of a ballot says nothing.

mod packing;

use alloc::vec::Vec;
use core::iter::zip;

use subtle::Choice;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use self::packing::Packing;
use crate::encoding::Writer;
use crate::group::{Element, Integer, PublicScalar, Scalar};
use crate::hash::{FormDigest, tagged};
use crate::limits::{MAX_FORM_BITS, MAX_FORM_ROWS, MAX_FORM_SLOTS, MAX_FORM_TERMS, MAX_WEIGHT, ROW_BOUND};
use crate::weaken::{self, Check};

/// A bit of a form, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bit(u32);

impl Bit {
    /// The position of the bit among the bits of its form.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One term of a row: an integer times a bit.
pub type Term = (Bit, i64);

/// Bits at equal distances: a part of a table, or all of it.
#[derive(Clone, Copy, Debug)]
pub struct BitLine {
    next: u32,
    step: u32,
    left: u32,
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
    /// The bit at a position below the length. One behind it is none of the form's.
    #[must_use]
    pub fn at(self, position: usize) -> Bit {
        let offset = u32::try_from(position).ok().filter(|position| *position < self.left);
        offset.map_or(Bit(u32::MAX), |offset| Bit(self.next.saturating_add(offset.saturating_mul(self.step))))
    }
}

/// A table of bits, row behind row.
#[derive(Clone, Copy, Debug)]
pub struct BitTable {
    all: BitLine,
    columns: u32,
}

impl BitTable {
    /// How many rows it has.
    #[must_use]
    pub fn len(self) -> usize {
        self.all.left.checked_div(self.columns).unwrap_or(0) as usize
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How many columns it has.
    #[must_use]
    pub fn columns(self) -> usize {
        self.columns as usize
    }

    /// All bits, row behind row.
    #[must_use]
    pub fn all(self) -> BitLine {
        self.all
    }

    /// A row.
    #[must_use]
    pub fn row(self, row: usize) -> BitLine {
        BitLine { next: self.all.at(row * self.columns()).0, step: 1, left: self.columns }
    }

    /// A column.
    #[must_use]
    pub fn column(self, column: usize) -> BitLine {
        let rows = self.all.left.checked_div(self.columns).unwrap_or(0);
        BitLine { next: self.all.at(column).0, step: self.columns, left: rows }
    }
}

/// The terms of a row as they are written down. Those with coefficient 0 are left out.
#[derive(Clone, Debug, Default)]
pub struct Terms(Vec<Term>);

impl Terms {
    /// No terms yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A bit with its coefficient.
    pub fn bit(&mut self, bit: Bit, coefficient: i64) {
        if coefficient != 0 {
            self.0.push((bit, coefficient));
        }
    }

    /// Bits with the same coefficient.
    pub fn bits(&mut self, bits: BitLine, coefficient: i64) {
        self.steps(bits, coefficient, 0);
    }

    /// Bits with coefficients at equal distances.
    pub fn steps(&mut self, bits: BitLine, mut coefficient: i64, step: i64) {
        for bit in bits {
            self.bit(bit, coefficient);
            coefficient = coefficient.saturating_add(step);
        }
    }

    /// The digits of a range.
    pub fn digits(&mut self, digits: &RangeDigits) {
        self.0.extend_from_slice(digits.terms());
    }

    /// A bit with its coefficient, if there is one.
    pub fn optional(&mut self, bit: Option<Bit>, coefficient: i64) {
        if let Some(bit) = bit {
            self.bit(bit, coefficient);
        }
    }
}

/// The rules of a form that a compiler could break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// More of something than the limit allows.
    #[error("a form of {found} {what}, more than {limit}")]
    TooLarge {
        /// Of what: bits, slots, rows or terms.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A bit stands in no row: it would be free.
    #[error("bit {bit} stands in no row")]
    FreeBit {
        /// The bit.
        bit: usize,
    },
    /// A row without terms.
    #[error("row {row} has no terms")]
    EmptyRow {
        /// The row, counted from 1.
        row: usize,
    },
    /// A slot is not the target of exactly one row.
    #[error("slot {slot} is the target of {rows} rows")]
    SlotRows {
        /// The slot, counted from 0.
        slot: usize,
        /// How many rows have it as their target.
        rows: usize,
    },
    /// A coefficient is zero, or a bit stands twice in a row.
    #[error("row {row}: bit {bit} stands twice or with coefficient 0")]
    BadTerm {
        /// The row, counted from 1.
        row: usize,
        /// The bit.
        bit: usize,
    },
    /// The coefficients of a row could wrap modulo the order of the group.
    #[error("row {row}: the coefficients are too large")]
    RowTooLarge {
        /// The row, counted from 1.
        row: usize,
    },
}

/// The range `0..=max` as a sum of bits: digits of weight 1, 2, 4, .. and a last one that makes the total exactly `max`.
/// Plain binary digits would let `max = 5` admit 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeDigits {
    terms: Vec<Term>,
}

impl RangeDigits {
    /// The weights of the digits, for a `max` below `2^62`.
    fn weights(max: u64) -> impl Iterator<Item = i64> {
        let mut rest = i64::try_from(max).unwrap_or(i64::MAX >> 1);
        let mut weight = 1;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let digit = if weaken::is_on(Check::ExactRange) { weight.min(rest) } else { weight };
            rest = (rest - digit).max(0);
            weight *= 2;
            Some(digit)
        })
    }

    /// How many digits the range `0..=max` has.
    #[must_use]
    pub fn count(max: u64) -> usize {
        (u64::BITS - max.leading_zeros()) as usize
    }

    /// The digits as terms of a row.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Sets the digits to `value`, in constant time; `value` is at most the maximum of the range.
    pub fn assign(&self, value: u64, bits: &mut Bits) {
        // The last digit is the irregular one: it is set when the value reaches it. The others make up the rest.
        let Some(((last, last_weight), others)) = self.terms.split_last() else { return };
        let last_weight = last_weight.unsigned_abs();
        let has_last = 1 ^ (value.wrapping_sub(last_weight) >> 63);
        bits.set(*last, has_last);
        let rest = value.wrapping_sub(has_last.wrapping_mul(last_weight));
        for (position, (bit, _)) in others.iter().enumerate() {
            bits.set(*bit, (rest >> position) & 1);
        }
    }
}

/// The secret bits of one ballot.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Bits {
    bits: Vec<u8>,
}

impl Bits {
    /// `count` bits, all zero.
    #[must_use]
    pub fn zero(count: usize) -> Self {
        Self { bits: alloc::vec![0; count] }
    }

    /// Sets a bit to the lowest bit of `value`, in constant time. A bit of another form is ignored.
    pub fn set(&mut self, bit: Bit, value: u64) {
        if let Some(place) = self.bits.get_mut(bit.index()) {
            *place = u8::from(value & 1 == 1);
        }
    }

    /// The bits, each for constant-time selection.
    pub(crate) fn choices(&self) -> impl ExactSizeIterator<Item = Choice> + '_ {
        self.bits.iter().map(|bit| Choice::from(bit & 1))
    }

    /// Whether the bit at a position is set: a secret.
    #[must_use]
    pub fn expose_bit(&self, position: usize) -> bool {
        self.bits.get(position) == Some(&1)
    }

    fn get(&self, bit: Bit) -> u8 {
        self.bits.get(bit.index()).copied().unwrap_or(0)
    }
}

/// A row without its target.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    terms: Vec<Term>,
}

impl Row {
    fn value(&self, bits: &Bits) -> i64 {
        self.terms.iter().map(|(bit, coefficient)| coefficient * i64::from(bits.get(*bit))).sum()
    }
}

/// What a row has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The value of its slot.
    Slot,
    /// This integer.
    Constant(i64),
    /// The weight of the ballot.
    Weight,
}

impl Target {
    /// The integer, for a ballot of this weight.
    fn constant(self, weight: u64) -> i64 {
        match self {
            Self::Slot => 0,
            Self::Constant(constant) => constant,
            // Weights are at most `MAX_WEIGHT`.
            Self::Weight => i64::try_from(weight).unwrap_or(i64::MAX),
        }
    }

    /// The largest size of the integer.
    fn size(self) -> u64 {
        match self {
            Self::Slot => 0,
            Self::Constant(constant) => constant.unsigned_abs(),
            Self::Weight => MAX_WEIGHT,
        }
    }
}

/// What a ballot style compiles to. See the module.
#[derive(Clone, Debug)]
pub struct Form {
    bits: usize,
    slot_rows: Vec<Row>,
    constant_rows: Vec<(Row, Target)>,
    /// For each term of each slot row, half of `[coefficient]G`: what the bit adds to the half of `[v_i]G`.
    half_multiples: Vec<Vec<Element>>,
    digest: FormDigest,
}

impl Form {
    /// `m`, how many bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// `n`, how many slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slot_rows.len()
    }

    /// `K`, how many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.slot_rows.len() + self.constant_rows.len()
    }

    /// The digest that transcripts absorb for the form.
    #[must_use]
    pub fn digest(&self) -> &FormDigest {
        &self.digest
    }

    /// The encoding of bits, slots and rows, of which the digest is made. See `spec/ballot.md#form`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self.bits, &self.slot_rows, &self.constant_rows)
    }

    /// The bytes of `R, C_1..C_n` and the argument: a function of the style, never of the choices.
    #[must_use]
    pub fn argued_bytes(&self) -> usize {
        32 * (1 + self.slots()) + 192 + 32 * self.bits()
    }

    /// The rows that the bits of a ballot of this weight do not satisfy, counted from 1; of a valid assignment, none.
    #[must_use]
    pub fn violated_rows(&self, bits: &Bits, weight: u64) -> Vec<usize> {
        let first = self.slots() + 1;
        (first..)
            .zip(&self.constant_rows)
            .filter(|(_, (row, target))| row.value(bits) != target.constant(weight))
            .map(|(number, _)| number)
            .collect()
    }

    /// The terms of the slot rows.
    #[cfg(test)]
    pub(crate) fn slot_rows(&self) -> impl Iterator<Item = &[Term]> {
        self.slot_rows.iter().map(|row| row.terms.as_slice())
    }

    /// The terms of the constant rows with what they have to give, for a ballot of this weight.
    #[cfg(test)]
    pub(crate) fn constant_rows(&self, weight: u64) -> impl Iterator<Item = (&[Term], i64)> {
        self.constant_rows.iter().map(move |(row, target)| (row.terms.as_slice(), target.constant(weight)))
    }

    /// The values of the slots. Constant time in the bits.
    #[must_use]
    pub fn values(&self, bits: &Bits) -> Vec<i64> {
        self.slot_rows.iter().map(|row| row.value(bits)).collect()
    }

    /// Half of `[v_i]G` for every slot, in constant time.
    pub(crate) fn half_values(&self, bits: &Bits) -> Vec<Element> {
        zip(&self.slot_rows, &self.half_multiples)
            .map(|(row, halves)| {
                zip(&row.terms, halves)
                    .map(|((bit, _), half)| {
                        Element::select(&Element::identity(), half, Choice::from(bits.get(*bit) & 1))
                    })
                    .sum()
            })
            .collect()
    }

    /// What each row weighs in the random combination of all: row `k` weighs `rho^k`.
    pub(crate) fn row_weights(&self, rho: &Scalar) -> RowWeights {
        let powers = || core::iter::successors(Some(*rho), |power| Some(*power * *rho));
        let mut rest = powers();
        let slots = rest.by_ref().take(self.slot_rows.len()).collect();
        if !weaken::is_on(Check::DistinctRowWeights) {
            rest = powers();
        }
        let constants = rest.take(self.constant_rows.len()).collect();
        RowWeights { slots, constants }
    }

    fn weighed_rows<'a>(&'a self, weights: &'a RowWeights) -> impl Iterator<Item = (&'a Row, &'a Scalar)> {
        let slots = zip(&self.slot_rows, &weights.slots);
        slots.chain(zip(&self.constant_rows, &weights.constants).map(|((row, _), weight)| (row, weight)))
    }

    /// The coefficient of each bit in `L(.) = sum_k rho^k row_k(.)`.
    pub(crate) fn combine(&self, weights: &RowWeights) -> Vec<Scalar> {
        let mut bits = alloc::vec![Scalar::ZERO; self.bits];
        for (row, weight) in self.weighed_rows(weights) {
            for (bit, coefficient) in &row.terms {
                if let Some(sum) = bits.get_mut(bit.index()) {
                    *sum += times(*weight, *coefficient);
                }
            }
        }
        bits
    }

    /// `L(f) = sum_k rho^k row_k(f)`.
    pub(crate) fn vartime_combination(&self, weights: &RowWeights, f: &[PublicScalar]) -> Scalar {
        // Rows are below 2^256 ROW_BOUND < 2^320, and there are fewer than 2^64.
        let mut sum = Integer::<10>::ZERO;
        for (row, weight) in self.weighed_rows(weights) {
            let mut value = Integer::<5>::ZERO;
            for (bit, coefficient) in &row.terms {
                if let Some(f) = f.get(bit.index()) {
                    f.vartime_add_times(*coefficient, &mut value);
                }
            }
            sum.add_product(PublicScalar::from(*weight).integer(), &value);
        }
        sum.reduce()
    }

    /// `c* = sum_k rho^k c_k` over the constant rows, for a ballot of this weight.
    pub(crate) fn constant(&self, weights: &RowWeights, ballot_weight: u64) -> Scalar {
        zip(&self.constant_rows, &weights.constants)
            .map(|((_, target), weight)| times(*weight, target.constant(ballot_weight)))
            .sum()
    }
}

/// What each row of a form weighs.
pub(crate) struct RowWeights {
    /// `rho^k` for the slot rows.
    pub(crate) slots: Vec<Scalar>,
    /// `rho^k` for the constant rows.
    constants: Vec<Scalar>,
}

/// A scalar times a public integer, which mostly is 1 or -1.
fn times(scalar: Scalar, integer: i64) -> Scalar {
    match integer {
        0 => Scalar::ZERO,
        1 => scalar,
        -1 => -scalar,
        _ => scalar * Scalar::from_i64(integer),
    }
}

/// Builds a form row by row.
#[derive(Clone, Debug)]
pub struct FormBuilder {
    bits: u32,
    slots: usize,
    slot_rows: Vec<(usize, Row)>,
    constant_rows: Vec<(Row, Target)>,
    packing: Packing,
    /// How many counts the last slot holds, of those that share slots.
    packed: usize,
}

impl Default for FormBuilder {
    fn default() -> Self {
        Self { bits: 0, slots: 0, slot_rows: Vec::new(), constant_rows: Vec::new(), packing: Packing::NONE, packed: 0 }
    }
}

impl FormBuilder {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A new bit.
    pub fn bit(&mut self) -> Bit {
        let bit = Bit(self.bits);
        self.bits = self.bits.saturating_add(1);
        bit
    }

    /// New bits, one behind the other. Of more than there can be, the form will say so.
    pub fn line(&mut self, count: usize) -> BitLine {
        let line = BitLine { next: self.bits, step: 1, left: u32::try_from(count).unwrap_or(u32::MAX) };
        self.bits = self.bits.saturating_add(line.left);
        line
    }

    /// New bits as a table.
    pub fn table(&mut self, rows: usize, columns: usize) -> BitTable {
        BitTable { all: self.line(rows.saturating_mul(columns)), columns: u32::try_from(columns).unwrap_or(u32::MAX) }
    }

    /// New bits for a number from 0 to `max`, which is below `2^62`.
    pub fn range(&mut self, max: u64) -> RangeDigits {
        let weights: Vec<i64> = RangeDigits::weights(max).collect();
        RangeDigits { terms: weights.into_iter().map(|weight| (self.bit(), weight)).collect() }
    }

    /// Declares a new slot and returns its number.
    pub fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// A row whose target is the value of a declared slot.
    pub fn slot_row(&mut self, slot: usize, terms: &[Term]) {
        self.slot_rows.push((slot, Row { terms: terms.to_vec() }));
    }

    /// Begins a contest whose counts share slots like this, with none of another contest.
    pub fn pack(&mut self, packing: Packing) {
        self.packing = packing;
        self.packed = 0;
    }

    /// A new count, of these terms. Its bits stand behind those of the count before it.
    pub fn count(&mut self, Terms(mut terms): Terms) {
        self.packing.place(&mut terms, self.packed);
        match self.slot_rows.last_mut() {
            Some((_, row)) if self.packed > 0 => row.terms.append(&mut terms),
            _ => {
                let slot = self.slot();
                self.slot_rows.push((slot, Row { terms }));
            }
        }
        self.packed = (self.packed + 1) % self.packing.per_slot();
    }

    /// A new count for each bit.
    pub fn count_bits(&mut self, bits: impl IntoIterator<Item = Bit>) {
        for bit in bits {
            self.count(Terms(alloc::vec![(bit, 1)]));
        }
    }

    /// A row whose target is a public integer.
    pub fn constant_row(&mut self, terms: &[Term], target: i64) {
        self.constant(Terms(terms.to_vec()), target);
    }

    /// A row whose target is a public integer.
    pub fn constant(&mut self, Terms(terms): Terms, target: i64) {
        self.constant_rows.push((Row { terms }, Target::Constant(target)));
    }

    /// A row of bits, and perhaps one more, of which exactly one is set.
    pub fn exactly_one(&mut self, bits: BitLine, other: Option<Bit>) {
        let mut terms = Terms::new();
        terms.bits(bits, 1);
        terms.optional(other, 1);
        self.constant(terms, 1);
    }

    /// A row whose target is the weight of the ballot.
    pub fn weight_row(&mut self, Terms(terms): Terms) {
        self.constant_rows.push((Row { terms }, Target::Weight));
    }

    fn all_rows(&self) -> impl Iterator<Item = &Row> {
        self.slot_rows.iter().map(|(_, row)| row).chain(self.constant_rows.iter().map(|(row, _)| row))
    }

    /// How many terms all rows have together.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.all_rows().map(|row| row.terms.len()).sum()
    }

    /// The form.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn build(self) -> Result<Form, FormError> {
        let bits = self.bits as usize;
        let rows = self.slot_rows.len() + self.constant_rows.len();
        for (what, found, limit) in [
            ("bits", bits, MAX_FORM_BITS),
            ("slots", self.slots, MAX_FORM_SLOTS),
            ("rows", rows, MAX_FORM_ROWS),
            ("terms", self.terms(), MAX_FORM_TERMS),
        ] {
            if found > limit {
                return Err(FormError::TooLarge { what, found, limit });
            }
        }

        let mut targets = alloc::vec![0_usize; self.slots];
        for (slot, _) in &self.slot_rows {
            match targets.get_mut(*slot) {
                Some(count) => *count += 1,
                None => return Err(FormError::SlotRows { slot: *slot, rows: 0 }),
            }
        }
        if let Some((slot, rows)) = targets.iter().copied().enumerate().find(|(_, rows)| *rows != 1) {
            return Err(FormError::SlotRows { slot, rows });
        }

        // One row a slot, in the order of the slots.
        let mut placed: Vec<Option<Row>> = self.slot_rows.iter().map(|_| None).collect();
        for (slot, row) in self.slot_rows {
            if let Some(place) = placed.get_mut(slot) {
                *place = Some(row);
            }
        }
        let slot_rows: Vec<Row> = placed.into_iter().flatten().collect();
        let targets = all_targets(&slot_rows, &self.constant_rows);
        let mut last_row = alloc::vec![0_usize; bits];
        for (number, (row, target)) in (1..).zip(targets) {
            check_row(number, row, target, &mut last_row)?;
        }
        if let Some(bit) = last_row.iter().position(|row| *row == 0) {
            return Err(FormError::FreeBit { bit });
        }

        // Coefficients are public and mostly 1: one multiplication for the form, not one for every term.
        let half = Element::mul_generator(&Scalar::ONE.halve());
        let half_multiple = |(_, coefficient): &Term| {
            let multiple = half.vartime_times(coefficient.unsigned_abs());
            if *coefficient < 0 { -multiple } else { multiple }
        };
        let half_multiples = slot_rows.iter().map(|row| row.terms.iter().map(half_multiple).collect()).collect();
        let encoding = encode(bits, &slot_rows, &self.constant_rows);
        let digest = FormDigest::from_bytes(tagged("form", &[&encoding]));
        Ok(Form { bits, slot_rows, constant_rows: self.constant_rows, half_multiples, digest })
    }
}

/// `last_row[bit]` is the number of the last row in which the bit was seen, 0 for none.
fn check_row(number: usize, row: &Row, target: Target, last_row: &mut [usize]) -> Result<(), FormError> {
    if row.terms.is_empty() {
        return Err(FormError::EmptyRow { row: number });
    }
    let mut size = u128::from(target.size());
    for (bit, coefficient) in &row.terms {
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

/// All rows in their order.
fn all_targets<'a>(
    slot_rows: &'a [Row],
    constant_rows: &'a [(Row, Target)],
) -> impl Iterator<Item = (&'a Row, Target)> {
    let constants = constant_rows.iter().map(|(row, target)| (row, *target));
    slot_rows.iter().map(|row| (row, Target::Slot)).chain(constants)
}

fn encode(bits: usize, slot_rows: &[Row], constant_rows: &[(Row, Target)]) -> Vec<u8> {
    let mut writer = Writer::new();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    writer.u32(count(bits)).u32(count(slot_rows.len())).u32(count(constant_rows.len()));
    for (row, target) in all_targets(slot_rows, constant_rows) {
        let (kind, constant) = match target {
            Target::Slot => (0, 0),
            Target::Constant(constant) => (1, constant),
            Target::Weight => (2, 0_i64),
        };
        writer.u8(kind).put(&constant.to_le_bytes()).u32(count(row.terms.len()));
        for (bit, coefficient) in &row.terms {
            writer.u32(bit.0).put(&coefficient.to_le_bytes());
        }
    }
    writer.finish()
}
