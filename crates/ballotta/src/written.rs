//! What people copy and compare: trackers, voter numbers and fingerprints. See `spec/encoding.md#written`.
//!
//! 64 hexadecimal digits are more than a voter copies from a screen or a letter, and one wrong digit looks like a ballot that
//! is gone. So people are shown the first bits of a value in the [letters of voting codes](crate::credential::VotingCode),
//! with a letter before them that says what it is, and a checksum:
//!
//! ```text
//! T-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXX    a tracker, 130 bits
//! F-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXX    a fingerprint, 130 bits
//! N-XXXXX-XXXXX-XXXXX                    a voter number, 65 bits of a public credential
//! ```
//!
//! Programs keep the whole value. A reader takes both forms of trackers and fingerprints, and a typing slip is always an
//! error of its own ([`WrittenError`]), never an answer about a ballot.
//!
//! # Security
//!
//! Two ballots with one written tracker cost `2^65` ballots to find. Both would have to name the credential of the voter, whose
//! number is checked with the tracker.
//!
//! # Examples
//!
//! ```
//! use ballotta::hash::Tracker;
//! use ballotta::written::{WrittenError, WrittenTracker};
//!
//! let tracker = Tracker::from_bytes([7; 32]);
//! let written = tracker.written();
//! assert_eq!(written, "T-0W3GE-1R70W-3GE1R-70W3G-E1R70-W8H");
//! let read: WrittenTracker = "t 0w3ge 1r7ow 3gelr 70w3g elr7o w8h".parse()?;
//! assert!(read.is_of(&tracker));
//! let slip = "T-0W3GE-1R70W-3GE1R-70W3G-E1R70-W8J".parse::<WrittenTracker>();
//! assert_eq!(slip, Err(WrittenError::Mistake { what: "tracker", group: Some(6) }));
//! // A voter number is no tracker, and the error says so.
//! let number = "N-008J4-CT4AN-K7FS4".parse::<WrittenTracker>();
//! assert_eq!(number, Err(WrittenError::OtherKind { what: "tracker", found: "voter number" }));
//! # Ok::<(), WrittenError>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::credential::VotingCode;
use crate::group::PublicElement;
use crate::hash::{Fingerprint, Tracker};
use crate::symbols::{GROUP, checksum, is_separator, letter, residue, symbol, vartime_distance_of_mistake};

/// Why a text is not a tracker, a fingerprint or a voter number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrittenError {
    /// The checksum is wrong: the text was copied with a mistake.
    #[error("the {what} has a typing slip{}: compare it letter by letter", in_group(group.as_ref()))]
    Mistake {
        /// What is read.
        what: &'static str,
        /// The group of letters, counted from 1 after the first letter, if there is only one wrong letter.
        group: Option<usize>,
    },
    /// The text contains a character that none of these values contains.
    #[error("character {position} of the {what} is not a letter or digit that it can contain")]
    UnknownSymbol {
        /// What is read.
        what: &'static str,
        /// The position of the character, counted from 1 without spaces and hyphens.
        position: usize,
    },
    /// The text has too few or too many symbols.
    #[error("a {what} has {expected} letters and digits, not {found}")]
    WrongLength {
        /// What is read.
        what: &'static str,
        /// How many symbols it has.
        expected: usize,
        /// How many symbols the text has, without spaces and hyphens.
        found: usize,
    },
    /// The text is a voting code, which nothing but the device that encrypts the ballot may see.
    #[error("this is a voting code, which is secret, not a {what}")]
    SecretCode {
        /// What is read.
        what: &'static str,
    },
    /// The text is a value of another kind.
    #[error("this is a {found}, not a {what}")]
    OtherKind {
        /// What is read.
        what: &'static str,
        /// What the text is.
        found: &'static str,
    },
}

fn in_group(group: Option<&usize>) -> String {
    group.map_or_else(String::new, |group| alloc::format!(" in group {group}"))
}

/// A kind of value that people copy.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    /// The symbol of its first letter, which the checksum includes.
    first: u8,
    /// The number of symbols of the value.
    data: usize,
}

const TRACKER: Kind = Kind { name: "tracker", first: 26, data: 26 };
const FINGERPRINT: Kind = Kind { name: "fingerprint", first: 15, data: 26 };
const VOTER_NUMBER: Kind = Kind { name: "voter number", first: 21, data: 13 };
const KINDS: [Kind; 3] = [TRACKER, FINGERPRINT, VOTER_NUMBER];
const CHECKSUM: usize = 2;

impl Kind {
    /// The first symbols of 32 bytes, from the highest bit of the first byte on.
    fn symbols(self, bytes: &[u8; 32]) -> Vec<u8> {
        let mut bits = 0_u32;
        let mut count = 0;
        let mut symbols = Vec::with_capacity(self.data + CHECKSUM);
        for byte in bytes {
            (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
            while count >= 5 && symbols.len() < self.data {
                count -= 5;
                symbols.push((bits >> count & 31) as u8);
            }
        }
        symbols
    }

    fn write(self, bytes: &[u8; 32]) -> String {
        self.text(self.symbols(bytes))
    }

    /// The written form of these symbols, to which their checksum is added.
    fn text(self, mut symbols: Vec<u8>) -> String {
        symbols.extend([0; CHECKSUM]);
        let (sum, weighted) = residue(self.first, &symbols);
        let (first, second) = checksum(sum, weighted);
        symbols.truncate(self.data);
        symbols.extend([first, second]);
        let mut text = String::from(char::from(letter(self.first)));
        for group in symbols.chunks(GROUP) {
            text.push('-');
            text.extend(group.iter().map(|symbol| char::from(letter(*symbol))));
        }
        text
    }

    /// Reads the symbols of a value, without its checksum. The first letter may be missing.
    fn read(self, text: &str) -> Result<Vec<u8>, WrittenError> {
        let what = self.name;
        let mut symbols = Vec::new();
        for (position, letter) in (1..).zip(text.chars().filter(|letter| !is_separator(*letter))) {
            let value = symbol(letter).into_option().ok_or(WrittenError::UnknownSymbol { what, position })?;
            symbols.push(value);
        }
        let is_of = |kind: &Kind| match symbols.split_first() {
            Some((first, rest)) => {
                *first == kind.first && rest.len() == kind.data + CHECKSUM && residue(kind.first, rest) == (0, 0)
            }
            None => false,
        };
        if let Some(found) = KINDS.into_iter().find(|kind| *kind != self && is_of(kind)) {
            return Err(WrittenError::OtherKind { what, found: found.name });
        }
        if text.parse::<VotingCode>().is_ok() {
            return Err(WrittenError::SecretCode { what });
        }
        let (expected, found) = (1 + self.data + CHECKSUM, symbols.len());
        if found + 1 == expected {
            symbols.insert(0, self.first);
        } else if found != expected {
            return Err(WrittenError::WrongLength { what, expected, found });
        }
        match residue(0, &symbols) {
            // Another first letter with a checksum that is right for it is no value of this kind.
            (0, 0) if symbols.first() == Some(&self.first) => {}
            (sum, weighted) => {
                let position =
                    vartime_distance_of_mistake(sum, weighted).and_then(|it| symbols.len().checked_sub(1 + it));
                let group = position.filter(|position| *position > 0).map(|position| (position - 1) / GROUP + 1);
                return Err(WrittenError::Mistake { what, group });
            }
        }
        symbols.remove(0);
        symbols.truncate(self.data);
        Ok(symbols)
    }
}

/// The 64 hexadecimal digits of a value, which may have spaces, hyphens and capital letters; `None` for another length.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|character| !is_separator(*character)).collect();
    (digits.len() == 64).then(|| digits.to_ascii_lowercase())
}

macro_rules! written_type {
    ($(#[$doc:meta])* $name:ident, $of:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Form<$of>);

        impl $name {
            /// Whether it is that of this value.
            #[must_use]
            pub fn is_of(&self, value: &$of) -> bool {
                match &self.0 {
                    Form::Whole(whole) => whole == value,
                    Form::Short(symbols) => *symbols == $kind.symbols(value.as_bytes()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&match &self.0 {
                    Form::Whole(whole) => whole.written(),
                    Form::Short(symbols) => $kind.text(symbols.clone()),
                })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                Self(Form::Whole(value))
            }
        }

        impl FromStr for $name {
            type Err = WrittenError;

            fn from_str(text: &str) -> Result<Self, WrittenError> {
                if let Some(whole) = digits(text) {
                    let mistake = WrittenError::Mistake { what: $kind.name, group: None };
                    return whole.parse().map(|whole| Self(Form::Whole(whole))).map_err(|_| mistake);
                }
                Ok(Self(Form::Short($kind.read(text)?)))
            }
        }

        impl $of {
            /// The form that people copy and compare. See [`written`](crate::written).
            #[must_use]
            pub fn written(&self) -> String {
                $kind.write(self.as_bytes())
            }
        }
    };
}

/// All bits of a value, or those that its written form has.
#[derive(Clone, PartialEq, Eq)]
enum Form<T> {
    Whole(T),
    Short(Vec<u8>),
}

written_type!(
    /// A tracker as a person wrote it down: the written form, or 64 hexadecimal digits.
    WrittenTracker, Tracker, TRACKER
);
written_type!(
    /// A fingerprint as a person was given it: the written form, or 64 hexadecimal digits.
    WrittenFingerprint, Fingerprint, FINGERPRINT
);

/// The number of a voter: the first 65 bits of the public credential. The credential authority prints it beside the voting
/// code, and the voter compares it on a device that does not know the code. It is not secret.
#[derive(Clone, PartialEq, Eq)]
pub struct VoterNumber(Vec<u8>);

impl VoterNumber {
    /// The number of the voter with this public credential.
    #[must_use]
    pub fn of(credential: &PublicElement) -> Self {
        Self(VOTER_NUMBER.symbols(credential.as_bytes()))
    }

    /// Whether it is the number of the voter with this public credential.
    #[must_use]
    pub fn is_of(&self, credential: &PublicElement) -> bool {
        self.is_of_bytes(credential.as_bytes())
    }

    /// Whether this is the number of the voter with these bytes as the public credential.
    #[must_use]
    pub fn is_of_bytes(&self, credential: &[u8; 32]) -> bool {
        self.0 == VOTER_NUMBER.symbols(credential)
    }

    /// The first 8 bytes of the credential, as a number that ascends with the roll.
    pub(crate) fn first_bytes(&self) -> u64 {
        let bits = self.0.iter().fold(0_u128, |bits, symbol| bits << 5 | u128::from(*symbol));
        // 13 symbols are 65 bits.
        (bits >> 1) as u64
    }

    /// The written form of the number of the voter with this public credential.
    #[must_use]
    pub fn written(credential: &PublicElement) -> String {
        VOTER_NUMBER.write(credential.as_bytes())
    }
}

impl fmt::Display for VoterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&VOTER_NUMBER.text(self.0.clone()))
    }
}

impl fmt::Debug for VoterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoterNumber({self})")
    }
}

impl FromStr for VoterNumber {
    type Err = WrittenError;

    fn from_str(text: &str) -> Result<Self, WrittenError> {
        VOTER_NUMBER.read(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use rand_core::Rng as _;

    use super::*;
    use crate::symbols::ALPHABET;
    use crate::testing::TestRng;

    fn random(rng: &mut TestRng) -> Tracker {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Tracker::from_bytes(bytes)
    }

    #[test]
    fn written_values_have_a_frozen_form() {
        let bytes = core::array::from_fn(|i| 0x11 * (i % 16) as u8);
        assert_eq!(Tracker::from_bytes(bytes).written(), "T-008J4-CT4AN-K7F24-SNAXW-SQFEZ-WEH");
        assert_eq!(Fingerprint::from_bytes(bytes).written(), "F-008J4-CT4AN-K7F24-SNAXW-SQFEZ-WWP");
        assert_eq!(VOTER_NUMBER.write(&bytes), "N-008J4-CT4AN-K7FS4");
    }

    /// The output of a test or a log has the form that people compare, also of a value that is known whole.
    #[test]
    fn debug_has_the_written_form() {
        let bytes = core::array::from_fn(|i| 0x11 * (i % 16) as u8);
        let shown = "WrittenTracker(T-008J4-CT4AN-K7F24-SNAXW-SQFEZ-WEH)";
        let tracker = Tracker::from_bytes(bytes);
        assert_eq!(alloc::format!("{:?}", WrittenTracker::from(tracker)), shown);
        assert_eq!(alloc::format!("{:?}", tracker.written().parse::<WrittenTracker>().unwrap()), shown);
        let fingerprint = WrittenFingerprint::from(Fingerprint::from_bytes(bytes));
        assert_eq!(alloc::format!("{fingerprint:?}"), "WrittenFingerprint(F-008J4-CT4AN-K7F24-SNAXW-SQFEZ-WWP)");
        let number: VoterNumber = "N-008J4-CT4AN-K7FS4".parse().unwrap();
        assert_eq!(alloc::format!("{number:?}"), "VoterNumber(N-008J4-CT4AN-K7FS4)");
    }

    #[test]
    fn what_is_written_is_read() {
        let mut rng = TestRng(1);
        for _ in 0..200 {
            let tracker = random(&mut rng);
            let text = tracker.written();
            let digits = tracker.to_string();
            for typed in [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', ""),
                text.replace('-', " "),
                text.replace('-', "\u{2013}"),
                text.replace('0', "O").replace('1', "l"),
                text[2..].to_string(),
                digits.clone(),
                digits.to_uppercase(),
                alloc::format!(" {} - {}\n", &digits[..32], &digits[32..]),
            ] {
                let read: WrittenTracker = typed.parse().unwrap();
                assert!(read.is_of(&tracker), "{typed}");
                assert!(!read.is_of(&random(&mut rng)), "{typed}");
            }
        }
    }

    /// A typing slip is never another value: it is found, and the group is named.
    #[test]
    fn h2_a_typing_slip_is_found_in_its_group() {
        let text = random(&mut TestRng(3)).written();
        let letters: Vec<char> = text.chars().collect();
        let read = |letters: &[char]| letters.iter().collect::<String>().parse::<WrittenTracker>();
        let mistake = |group| Err(WrittenError::Mistake { what: "tracker", group });
        let mut group = 0;
        for (place, right) in letters.iter().enumerate() {
            if *right == '-' {
                group += 1;
                continue;
            }
            for wrong in ALPHABET.iter().map(|byte| char::from(*byte)).filter(|wrong| wrong != right) {
                let mut typed = letters.clone();
                typed[place] = wrong;
                assert_eq!(read(&typed), mistake((place > 0).then_some(group)), "{typed:?}");
            }
            for other in place + 1..letters.len() {
                if letters[other] != '-' && letters[other] != *right {
                    let mut typed = letters.clone();
                    typed.swap(place, other);
                    assert!(matches!(read(&typed), Err(WrittenError::Mistake { .. })), "{typed:?}");
                }
            }
        }
    }

    #[test]
    fn h2_a_value_in_the_field_of_another_is_named() {
        let tracker = random(&mut TestRng(4));
        let (fingerprint, number) =
            (Fingerprint::from_bytes(*tracker.as_bytes()), VOTER_NUMBER.write(tracker.as_bytes()));
        let other = |what, found| Some(WrittenError::OtherKind { what, found });
        let as_tracker = |text: &str| text.parse::<WrittenTracker>().err();
        assert_eq!(as_tracker(&fingerprint.written()), other("tracker", "fingerprint"));
        assert_eq!(as_tracker(&number), other("tracker", "voter number"));
        assert_eq!(tracker.written().parse::<VoterNumber>().err(), other("voter number", "tracker"));
        assert_eq!(tracker.written().parse::<WrittenFingerprint>().err(), other("fingerprint", "tracker"));
        let code = VotingCode::generate(&mut TestRng(5)).expose_text();
        assert_eq!(as_tracker(&code), Some(WrittenError::SecretCode { what: "tracker" }));
        assert_eq!(code.parse::<VoterNumber>().err(), Some(WrittenError::SecretCode { what: "voter number" }));
    }

    #[test]
    fn texts_that_are_no_value() {
        let read = |text: &str| text.parse::<WrittenTracker>().err().unwrap();
        let (what, expected) = ("tracker", 29);
        assert_eq!(read(""), WrittenError::WrongLength { what, expected, found: 0 });
        assert_eq!(read("T-00000"), WrittenError::WrongLength { what, expected, found: 6 });
        assert_eq!(read("T-0000U"), WrittenError::UnknownSymbol { what, position: 6 });
        assert_eq!(read(&"0".repeat(63)), WrittenError::WrongLength { what, expected, found: 63 });
        assert_eq!(read(&"g".repeat(64)), WrittenError::Mistake { what, group: None });
        assert_eq!(read(&"T".repeat(1 << 20)), WrittenError::WrongLength { what, expected, found: 1 << 20 });
    }

    /// A voter number is the first 65 bits, and no others.
    #[test]
    fn a_voter_number_is_65_bits_of_the_credential() {
        let bytes = *random(&mut TestRng(6)).as_bytes();
        for bit in 0..256 {
            let mut other = bytes;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            assert_eq!(VOTER_NUMBER.symbols(&bytes) == VOTER_NUMBER.symbols(&other), bit >= 65, "bit {bit}");
        }
    }
}
