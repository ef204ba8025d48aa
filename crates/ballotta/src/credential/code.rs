//! Voting codes: a credential authority sends a code to each voter, and the voter types it.
//!
//! See `spec/credential.md#code`.
//!
//! # Layout
//!
//! ```text
//! XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXX
//! ```
//!
//! 28 symbols of 5 bits, written as digits and capital letters without I, L, O and U (Crockford's alphabet). The first
//! 26 symbols are two zero bits and 128 random bits, big-endian. The last two symbols are a checksum.
//!
//! # Construction
//!
//! The checksum is that of all values which people copy: `spec/encoding.md#symbols`. The symbol `c_0 = 1` comes first and is
//! not written. Without it, a code of zeros would be valid.
//!
//! # Security
//!
//! Reading and writing take the same time for all well-formed codes. Intermediate values of the arithmetic remain on
//! the stack and are not wiped.

use alloc::string::String;
use core::str::FromStr;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::symbols::{GROUP, checksum, is_separator, letter, residue, symbol};

/// The number of symbols of a code, with its checksum.
const SYMBOLS: usize = 28;
/// The number of symbols that encode the random bits.
const DATA_SYMBOLS: usize = 26;
/// The symbol `c_0`, which is not written.
const FIRST: u8 = 1;

/// The text is not a voting code. The error reveals no symbol of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VotingCodeError {
    /// The text has too few or too many symbols.
    #[error("a voting code has 28 letters and digits, not {found}")]
    WrongLength {
        /// How many symbols the text has, without spaces and hyphens.
        found: usize,
    },
    /// The text contains a character that no voting code contains.
    #[error("character {position} of the voting code is not a letter or digit that voting codes use")]
    UnknownSymbol {
        /// The position of the character, counted from 1 without spaces and hyphens.
        position: usize,
    },
    /// The checksum is wrong, so the code was copied with a mistake.
    #[error("the voting code contains a mistake: compare it letter by letter")]
    Checksum,
}

/// A voting code: 128 secret bits in a form that a person can type.
///
/// Parsing ignores case, spaces and hyphens (and dashes, which telephones write instead of hyphens). It reads O as 0,
/// and I and L as 1.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VotingCode {
    bytes: [u8; 16],
}

impl VotingCode {
    /// Draws a uniformly random code from `rng`.
    #[must_use]
    pub fn generate<R: CryptoRng>(rng: &mut R) -> Self {
        let mut code = Self { bytes: [0; 16] };
        rng.fill_bytes(&mut code.bytes);
        code
    }

    /// Whether the codes are the same. Constant time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }

    /// The 128 secret bits of the code.
    #[must_use]
    pub(crate) fn expose_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Returns the code as it is printed for its voter, in groups with hyphens.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let symbols = self.symbols();
        // The string never grows, because the old buffer of a string that grows is not wiped.
        let mut text = Zeroizing::new(String::with_capacity(SYMBOLS + SYMBOLS / GROUP));
        for (position, symbol) in symbols.iter().enumerate() {
            if position > 0 && position % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(letter(*symbol)));
        }
        text
    }

    fn symbols(&self) -> Zeroizing<[u8; SYMBOLS]> {
        let bits = Zeroizing::new(u128::from_be_bytes(self.bytes));
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        for (position, symbol) in symbols.iter_mut().take(DATA_SYMBOLS).enumerate() {
            *symbol = (*bits >> (5 * (DATA_SYMBOLS - 1 - position))) as u8 & 31;
        }
        // The last two symbols are still zero.
        let (sum, weighted) = residue(FIRST, &*symbols);
        let [.., first, second] = &mut *symbols;
        (*first, *second) = checksum(sum, weighted);
        symbols
    }
}

impl FromStr for VotingCode {
    type Err = VotingCodeError;

    fn from_str(text: &str) -> Result<Self, VotingCodeError> {
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        let mut found = 0;
        for letter in text.chars().filter(|letter| !is_separator(*letter)) {
            let value = symbol(letter).into_option().ok_or(VotingCodeError::UnknownSymbol { position: found + 1 })?;
            if let Some(place) = symbols.get_mut(found) {
                *place = value;
            }
            found += 1;
        }
        if found != SYMBOLS {
            return Err(VotingCodeError::WrongLength { found });
        }
        let [first, ..] = *symbols;
        let (sum, weighted) = residue(FIRST, &*symbols);
        if sum | weighted | (first >> 3) != 0 {
            return Err(VotingCodeError::Checksum);
        }
        let data = symbols.iter().take(DATA_SYMBOLS);
        let bits = Zeroizing::new(data.fold(0_u128, |bits, symbol| bits << 5 | u128::from(*symbol)));
        Ok(Self { bytes: bits.to_be_bytes() })
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;
    use crate::symbols::ALPHABET;
    use crate::testing::TestRng;

    fn read(text: &str) -> Result<[u8; 16], VotingCodeError> {
        text.parse::<VotingCode>().map(|code| *code.expose_bytes())
    }

    #[test]
    fn a_code_has_a_frozen_form() {
        let code = VotingCode { bytes: core::array::from_fn(|i| 0x11 * i as u8) };
        assert_eq!(*code.expose_text(), "0024H-36H2N-CSVRH-6DAQF-6DVVQ-ZE6");
    }

    #[test]
    fn what_is_written_is_read() {
        let mut rng = TestRng(1);
        for _ in 0..500 {
            let code = VotingCode::generate(&mut rng);
            let text = code.expose_text();
            assert_eq!(text.len(), 33);
            assert_eq!(read(&text), Ok(code.bytes));
            assert_eq!(residue(FIRST, &*code.symbols()), (0, 0));
        }
        for bytes in [[0; 16], [0xff; 16]] {
            assert_eq!(read(&VotingCode { bytes }.expose_text()), Ok(bytes));
        }
    }

    #[test]
    fn all_128_bits_are_random() {
        let mut rng = TestRng(2);
        let mut bytes = [0; 16];
        let codes: Vec<_> = (0..64).map(|_| *VotingCode::generate(&mut rng).expose_bytes()).collect();
        for code in &codes {
            bytes = core::array::from_fn(|i| bytes[i] | code[i] ^ codes[0][i]);
        }
        assert_eq!(bytes, [0xff; 16], "every bit must differ between two of the codes");
    }

    #[test]
    fn case_spaces_hyphens_and_similar_letters_do_not_matter() {
        // A code with zeros and ones in it.
        let code = VotingCode { bytes: 0x0842_1084_2108_4210_0000_0000_0000_0001_u128.to_be_bytes() };
        let text = code.expose_text().to_string();
        assert!(text.contains('0') && text.contains('1'));
        let typed = [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " \t"),
            text.replace('-', "\u{2013}"),
            std::format!(" {text}\r\n"),
            text.replace('0', "O"),
            text.replace('0', "o"),
            text.replace('1', "I"),
            text.replace('1', "l"),
        ];
        for text in typed {
            assert_eq!(read(&text), Ok(code.bytes), "{text}");
        }
    }

    #[test]
    fn text_that_is_not_a_code_is_refused_with_the_position() {
        let text = VotingCode::generate(&mut TestRng(3)).expose_text();
        assert_eq!(read(""), Err(VotingCodeError::WrongLength { found: 0 }));
        assert_eq!(read(&text[..32]), Err(VotingCodeError::WrongLength { found: 27 }));
        assert_eq!(read(&std::format!("{}{}", &*text, &*text)), Err(VotingCodeError::WrongLength { found: 56 }));
        for unknown in ["U", "u", "!", "\0", "\u{c9}", "\u{ff11}", "\u{1f5f3}"] {
            let typed = std::format!("{}{unknown}{}", &text[..7], &text[8..]);
            assert_eq!(read(&typed), Err(VotingCodeError::UnknownSymbol { position: 7 }), "{unknown}");
        }
        assert_eq!(read("00000-00000-00000-00000-00000-000"), Err(VotingCodeError::Checksum));
    }

    /// Attack E4. The sums are linear except for a constant, so a test of one code is enough.
    #[test]
    fn every_one_or_two_wrong_symbols_are_found() {
        let symbols = *VotingCode::generate(&mut TestRng(4)).symbols();
        for i in 0..SYMBOLS {
            for wrong in 1..32 {
                let mut one = symbols;
                one[i] ^= wrong;
                assert_ne!(residue(FIRST, &one), (0, 0), "symbol {i}");
                for j in 0..i {
                    for wrong in 1..32 {
                        let mut two = one;
                        two[j] ^= wrong;
                        assert_ne!(residue(FIRST, &two), (0, 0), "symbols {i} and {j}");
                    }
                }
            }
        }
    }

    /// Attack E4, through the reader: wrong letters and swapped neighbours.
    #[test]
    fn a_wrong_letter_or_a_swap_is_a_checksum_error() {
        let text = VotingCode::generate(&mut TestRng(5)).expose_text().replace('-', "").into_bytes();
        let read = |letters: &[u8]| read(core::str::from_utf8(letters).unwrap());
        for i in 0..SYMBOLS {
            for letter in ALPHABET.iter().filter(|letter| **letter != text[i]) {
                let mut wrong = text.clone();
                wrong[i] = *letter;
                assert_eq!(read(&wrong), Err(VotingCodeError::Checksum));
            }
            for j in (0..i).filter(|j| text[*j] != text[i]) {
                let mut wrong = text.clone();
                wrong.swap(i, j);
                assert_eq!(read(&wrong), Err(VotingCodeError::Checksum));
            }
        }
    }

    #[test]
    fn the_spare_bits_are_zero() {
        let code = VotingCode::generate(&mut TestRng(6));
        for spare in [8, 16, 24] {
            let mut symbols = *code.symbols();
            symbols[0] ^= spare;
            symbols[26..].fill(0);
            let (sum, weighted) = residue(FIRST, &symbols);
            (symbols[26], symbols[27]) = checksum(sum, weighted);
            assert_eq!(residue(FIRST, &symbols), (0, 0));
            let text: String = symbols.iter().map(|symbol| char::from(letter(*symbol))).collect();
            assert_eq!(read(&text), Err(VotingCodeError::Checksum));
        }
    }
}
