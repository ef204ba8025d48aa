//! The letters in which people copy values, and their checksum. See `spec/encoding.md#symbols`.
//!
//! A symbol has 5 bits and is written as a digit or a capital letter without I, L, O and U (Crockford's alphabet). The
//! checksum is two symbols of a Reed-Solomon code over `GF(32) = GF(2)[a]/(a^5 + a^2 + 1)`: for symbols `c_0 .. c_n`, the
//! last two of which are the checksum,
//!
//! ```text
//! sum_j c_j = 0      sum_j a^(n-j) c_j = 0      n <= 30
//! ```
//!
//! Any two columns `(1, a^i)` are linearly independent, because `a` has order 31. So the checksum always finds one or
//! two wrong symbols at any place, and any swap of two different symbols. It misses one in 1024 of all other mistakes.

use core::iter::zip;

use subtle::{ConditionallySelectable, ConstantTimeEq, CtOption};

/// The number of symbols in a group. The last group may be shorter.
pub(crate) const GROUP: usize = 5;
/// The letter or digit of every symbol.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters that look like a symbol, and the symbol as which they are read.
const ALIASES: [(u8, u8); 3] = [(b'O', 0), (b'I', 1), (b'L', 1)];

/// Whether a reader skips a character: white space, hyphens, and the dashes that telephones write instead of hyphens.
pub(crate) fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}')
}

/// The letter of a symbol, in constant time.
pub(crate) fn letter(symbol: u8) -> u8 {
    zip(0_u8.., ALPHABET).fold(0, |found, (value, letter)| u8::conditional_select(&found, letter, symbol.ct_eq(&value)))
}

/// The symbol of a letter, in constant time for letters of the alphabet. O is 0; I and L are 1.
pub(crate) fn symbol(letter: char) -> CtOption<u8> {
    let letter = u8::try_from(letter).unwrap_or(0).to_ascii_uppercase();
    zip(ALPHABET.iter().copied(), 0_u8..).chain(ALIASES).fold(CtOption::new(0, 0.into()), |found, (known, value)| {
        CtOption::new(value, letter.ct_eq(&known)).or_else(|| found)
    })
}

/// The product `a x` in `GF(32)`.
fn times_a(x: u8) -> u8 {
    ((x << 1) ^ (0b10_0101 & 0_u8.wrapping_sub(x >> 4))) & 31
}

/// The two sums of the checksum. `first` is the symbol `c_0`, which need not be written. Both are 0 if there is no mistake.
pub(crate) fn residue(first: u8, symbols: &[u8]) -> (u8, u8) {
    symbols.iter().fold((first, first), |(sum, weighted), symbol| (sum ^ symbol, times_a(weighted) ^ symbol))
}

/// The last two symbols, computed from the sums of symbols in which they are zero.
pub(crate) fn checksum(sum: u8, weighted: u8) -> (u8, u8) {
    // first + second = sum and a first + second = weighted, hence (a + 1) first = sum + weighted; 1 / (a + 1) = a^13.
    let first = (0..13).fold(sum ^ weighted, |x, _| times_a(x));
    (first, sum ^ first)
}

/// How far before the last symbol the mistake is, if there is only one; `None` if there are more. In variable time.
pub(crate) fn vartime_distance_of_mistake(sum: u8, weighted: u8) -> Option<usize> {
    let powers = core::iter::successors(Some(sum), |x| Some(times_a(*x))).take(31);
    powers.enumerate().find(|(_, power)| sum != 0 && *power == weighted).map(|(distance, _)| distance)
}
