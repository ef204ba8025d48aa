//! The words of sentences for people: nouns that are counted, members of a group by their numbers, and names that nobody
//! has checked.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::{self, Display, Write as _};

/// A number and the noun for what it counts, in the singular or the plural: `1 trustee`, `2 trustees`.
pub(crate) fn counted(number: impl Display, one: &str, many: &str) -> String {
    let number = number.to_string();
    let noun = if number == "1" { one } else { many };
    format!("{number} {noun}")
}

/// The number of entries of a board or a log.
pub(crate) fn entries(number: impl Display) -> String {
    counted(number, "entry", "entries")
}

/// Trustees by their numbers: `trustee 2`, `trustees 2 and 3`, `trustees 1, 2 and 3`.
pub(crate) fn trustees(numbers: &[u16]) -> String {
    let noun = if numbers.len() == 1 { "trustee" } else { "trustees" };
    let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
    format!("{noun} {}", in_a_row(&numbers))
}

/// Texts in a row: `a`, `a and b`, `a, b and c`.
pub(crate) fn in_a_row(texts: &[String]) -> String {
    match texts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        texts => texts.concat(),
    }
}

/// Whether a character turns the direction in which other characters are shown.
pub(crate) fn turns_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that may contain a name that an attacker chose. It is shown with escapes for characters that could write
/// further lines on a terminal, or hide or turn others. Letters of all languages are shown as they are.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\u{2028}' | '\u{2029}' => write!(f, "{}", character.escape_unicode()),
            _ if turns_direction(character) => write!(f, "{}", character.escape_unicode()),
            _ if character.is_control() => write!(f, "{}", character.escape_default()),
            _ => f.write_char(character),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u11_nouns_and_lists() {
        assert_eq!(counted(1, "trustee", "trustees"), "1 trustee");
        assert_eq!(counted(0, "trustee", "trustees"), "0 trustees");
        assert_eq!(counted(11, "trustee", "trustees"), "11 trustees");
        assert_eq!(trustees(&[2]), "trustee 2");
        assert_eq!(trustees(&[2, 3]), "trustees 2 and 3");
        assert_eq!(trustees(&[1, 2, 3]), "trustees 1, 2 and 3");
    }

    #[test]
    fn u11_letters_are_shown_and_what_moves_a_terminal_is_escaped() {
        assert_eq!(Shown("Sì, e\u{300} 'no' \"א\"").to_string(), "Sì, e\u{300} 'no' \"א\"");
        assert_eq!(Shown("a\u{1b}[2J\n\u{202e}b\u{85}").to_string(), "a\\u{1b}[2J\\n\\u{202e}b\\u{85}");
    }
}
