//! The texts of a manifest that people read, and its identifiers. See `spec/manifest.md#texts`.

mod case;
mod words;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use serde::Serialize;

use self::case::lowercase;
pub(crate) use self::words::words;
use crate::json::{Distinct, Node, Object};
use crate::limits::{MAX_NAME_CHARS, MAX_TEXT_BYTES};
use crate::problem::ManifestProblem;
use crate::words::turns_direction;

/// A text in every language of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(BTreeMap<String, String>);

impl<const N: usize> From<[(&str, &str); N]> for Text {
    /// Creates a text from pairs of a language and the text in that language.
    fn from(texts: [(&str, &str); N]) -> Self {
        Self(texts.into_iter().map(|(language, text)| (language.into(), text.into())).collect())
    }
}

impl Text {
    /// Returns the text in a language, or `None` if the manifest does not have this language.
    #[must_use]
    pub fn get(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// Iterates over the languages, each with its text.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }

    /// Reads a text that must have exactly `languages`. If the list of languages is invalid, any language is accepted.
    pub(crate) fn read(node: &Node<'_>, languages: Option<&[String]>) -> Option<Self> {
        let object = node.object()?;
        let path = object.path().clone();
        let mut texts = Self::default();
        let mut found = Vec::new();
        let mut whole = true;
        for (language, node) in object.entries() {
            if languages.is_none_or(|languages| languages.iter().any(|known| known == language)) {
                // An invalid text must not also be reported as missing.
                found.push(language);
                match read_line(&node) {
                    Some(text) => drop(texts.0.insert(language.into(), text.into())),
                    None => whole = false,
                }
            } else {
                node.path().report(ManifestProblem::UnknownLanguage);
                whole = false;
            }
        }
        for language in languages.unwrap_or_default() {
            if !found.contains(&language.as_str()) {
                path.field(language).report(ManifestProblem::MissingLanguage);
                whole = false;
            }
        }
        whole.then_some(texts)
    }
}

impl<L: Into<String>, T: Into<String>> FromIterator<(L, T)> for Text {
    fn from_iter<I: IntoIterator<Item = (L, T)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(language, text)| (language.into(), text.into())).collect())
    }
}

/// Reads one line of text. It must not be empty or too long, or contain characters that mislead readers.
pub(crate) fn read_line<'a>(node: &Node<'a>) -> Option<&'a str> {
    let text = node.string()?;
    match check_line(text) {
        Ok(()) => Some(text),
        Err(problem) => node.path().fail(problem),
    }
}

/// Checks that a text is one line that people can read: `EmptyText`, `TextTooLong`, `ControlCharacter` or `DirectionOverride`.
pub(crate) fn check_line(text: &str) -> Result<(), ManifestProblem> {
    if text.chars().all(|character| character.is_whitespace() || is_invisible(character)) {
        return Err(ManifestProblem::EmptyText);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(ManifestProblem::TextTooLong { found: text.len(), limit: MAX_TEXT_BYTES });
    }
    if let Some(position) = text.chars().position(char::is_control) {
        return Err(ManifestProblem::ControlCharacter { position });
    }
    if let Some(position) = text.chars().position(turns_direction) {
        return Err(ManifestProblem::DirectionOverride { position });
    }
    Ok(())
}

/// Whether a character is invisible by itself: joiners, fillers, variation selectors (Default_Ignorable_Code_Point of
/// Unicode 17, and some more that are invisible).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{13440}'
            | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The part of a title that people compare: without case and invisible characters, and with one space between words.
///
/// Only Latin, Greek and Cyrillic letters lose their case. Every version of Unicode adds cases to other scripts, and
/// whether a manifest is valid must not depend on the version with which a program was built.
pub(crate) fn fold(title: &str) -> String {
    let mut folded = String::with_capacity(title.len());
    let mut parts = false;
    for character in title.chars().filter(|character| !is_invisible(*character)) {
        if character.is_whitespace() {
            parts = !folded.is_empty();
            continue;
        }
        if core::mem::take(&mut parts) {
            folded.push(' ');
        }
        folded.extend(lowercase(character));
    }
    folded
}

/// Reads an identifier, `[a-z0-9][a-z0-9-]{0,63}`.
pub(crate) fn read_id<'a>(node: &Node<'a>) -> Option<&'a str> {
    let id = node.string()?;
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let begins = id.bytes().next().is_some_and(known);
    if begins && id.len() <= MAX_NAME_CHARS && id.bytes().all(|byte| known(byte) || byte == b'-') {
        Some(id)
    } else {
        node.path().fail(ManifestProblem::BadId)
    }
}

/// Reads the tag of a language, `[a-z]{2,3}(-[A-Za-z0-9]{2,8})*`, of at most 64 characters.
pub(crate) fn read_language<'a>(node: &Node<'a>) -> Option<&'a str> {
    let tag = node.string()?;
    let mut parts = tag.split('-');
    let primary = |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let subtag = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if tag.len() <= MAX_NAME_CHARS && parts.next().is_some_and(primary) && parts.all(subtag) {
        Some(tag)
    } else {
        node.path().fail(ManifestProblem::BadLanguage)
    }
}

/// Reads the name of a log or of a witness, as C2SP signed notes define it.
pub(crate) fn read_key_name<'a>(node: &Node<'a>, most_bytes: usize) -> Option<&'a str> {
    let name = read_line(node)?;
    if name.len() > most_bytes {
        return node.path().fail(ManifestProblem::TextTooLong { found: name.len(), limit: most_bytes });
    }
    if name.contains(|character: char| character.is_whitespace() || character == '+') {
        return node.path().fail(ManifestProblem::BadKeyName);
    }
    Some(name)
}

/// Reads the field `id`, an identifier that must differ from those of all objects before.
pub(crate) fn read_distinct_id<'a>(object: &mut Object<'a>, ids: &mut Distinct) -> Option<&'a str> {
    object.required("id", |node| {
        let id = read_id(&node)?;
        ids.insert(id, node.path(), |first| ManifestProblem::RepeatedId { first });
        Some(id)
    })
}

/// Reads a list of objects that have exactly two fields: a distinct identifier `id` and a distinct text `title`.
pub(crate) fn read_named(
    node: &Node<'_>,
    count: RangeInclusive<usize>,
    languages: Option<&[String]>,
) -> Option<Vec<(String, Text)>> {
    let mut ids = Distinct::default();
    let mut titles = Distinct::default();
    node.list(count, |node| {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, &mut ids);
        let title = object.required("title", |node| read_distinct_title(&node, languages, &mut titles));
        object.finish();
        Some((id?.into(), title?))
    })
}

/// Reads a title that must not read like a title before it.
pub(crate) fn read_distinct_title(
    node: &Node<'_>,
    languages: Option<&[String]>,
    titles: &mut Distinct,
) -> Option<Text> {
    let title = Text::read(node, languages)?;
    for (language, text) in title.iter() {
        // A line feed separates the parts, because no text contains one.
        let key = format!("{language}\n{}", fold(text));
        titles.insert(&key, &node.path().field(language), |first| ManifestProblem::AmbiguousTitle { first });
    }
    Some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_titles_are_recognised() {
        for (one, other) in [
            (" Ada ", "ADA"),
            ("É", "é"),
            ("ΟΔΟΣ", "οδοσ"),
            ("Ж", "ж"),
            ("İ", "i\u{307}"),
            ("Ada  Byron", "ada\u{a0}byron"),
            ("Ada\u{200b}", "A\u{ad}d\u{2060}a\u{fe0f} \u{feff}"),
            ("Ada \u{200d} Byron", "Ada Byron"),
            ("A\u{fff9}d\u{16fe4}a\u{2800}", "A\u{13440}da"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        // Letters that only some versions of Unicode know as a pair, and other letters from their blocks.
        for (one, other) in [
            ("\u{10d50}", "\u{10d70}"),
            ("\u{a7dc}", "\u{19b}"),
            ("\u{a7cb}", "\u{264}"),
            ("\u{1c89}", "\u{1c8a}"),
            ("Ა", "ა"),
            ("Ada Byron", "AdaByron"),
            ("οδος", "οδοσ"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }
}
