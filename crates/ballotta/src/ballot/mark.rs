//! Marks with the identifiers of the manifest: reading, writing, and conversion to numbers. See
//! `spec/ballot.md#choices`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::mem::take;

use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

use super::error::{ChoiceError, ChoiceProblem};
use crate::contest::{Mark, Selection, SelectionError};
use crate::json::Json;
use crate::manifest::Contest;

/// Returns the position of an identifier among distinct identifiers. The time depends on the lengths of the
/// identifiers, not on the position.
fn position<'a>(known: impl Iterator<Item = &'a str>, id: &str) -> Option<usize> {
    // Positions are counted from 1 here, because 0 means that the identifier was not found.
    let found = (1_u64..).zip(known).fold(0, |found, (number, known)| {
        u64::conditional_select(&found, &number, known.as_bytes().ct_eq(id.as_bytes()))
    });
    usize::try_from(found).ok()?.checked_sub(1)
}

/// Returns the number of an option.
///
/// # Errors
///
/// `UnknownOption` with the identifier if the contest has no such option.
fn option_number(contest: &Contest, id: &str) -> Result<usize, ChoiceError> {
    position(contest.options.iter().map(|option| option.id.as_str()), id).ok_or_else(|| {
        let error = ChoiceError::in_contest(&contest.id, ChoiceProblem::UnknownOption);
        ChoiceError { option: Some(id.into()), ..error }
    })
}

/// Returns the number of a grade.
///
/// # Errors
///
/// `UnknownGrade` if the contest has no such grade, and `WrongKind` if it has no grades at all.
fn grade_number(contest: &Contest, id: &str) -> Result<usize, ChoiceError> {
    let grades = contest.rule.grades();
    position(grades.iter().map(|grade| grade.id.as_str()), id).ok_or_else(|| {
        let error = match grades.len() {
            0 => SelectionError::WrongKind,
            grades => SelectionError::UnknownGrade { grades },
        };
        ChoiceError::in_contest(&contest.id, error.into())
    })
}

/// Collects items. If one cannot be made, the items before it are wiped. The final capacity is reserved, because memory
/// that a vector leaves when it grows is not wiped.
fn collect_or_wipe<T, E>(items: impl ExactSizeIterator<Item = Result<T, E>>) -> Result<Vec<T>, E>
where
    Vec<T>: Zeroize,
{
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Ok(item) => list.push(item),
            Err(error) => {
                list.zeroize();
                return Err(error);
            }
        }
    }
    Ok(list)
}

impl Mark {
    /// Returns the same mark with the numbers of options and grades.
    ///
    /// # Errors
    ///
    /// `UnknownOption`, `UnknownGrade` or `WrongKind`, if the contest does not have an identifier.
    pub(super) fn numbered(&self, contest: &Contest) -> Result<Selection, ChoiceError> {
        let option = |id: &String| option_number(contest, id);
        Ok(match self {
            Self::Blank => Selection::Blank,
            Self::Options(options) => Selection::Options(collect_or_wipe(options.iter().map(option))?),
            Self::Points(points) => {
                Selection::Points(collect_or_wipe(points.iter().map(|(id, points)| Ok((option(id)?, *points))))?)
            }
            Self::Grades(of_options) => Selection::Grades(collect_or_wipe(
                of_options.iter().map(|(id, grade)| Ok((option(id)?, grade_number(contest, grade)?))),
            )?),
            Self::Ranking(ranking) => Selection::Ranking(collect_or_wipe(
                ranking.iter().map(|tied| collect_or_wipe(tied.iter().map(option))),
            )?),
            Self::List { list, preferences } => {
                Selection::List { list: option(list)?, preferences: collect_or_wipe(preferences.iter().map(option))? }
            }
        })
    }

    pub(super) fn read(json: &mut Json) -> Result<Self, ChoiceProblem> {
        let fields = match json {
            Json::String(word) if word == "blank" => return Ok(Self::Blank),
            Json::String(_) => return Err(ChoiceProblem::UnknownKind),
            Json::Object(fields) => fields.as_mut_slice(),
            _ => return Err(ChoiceProblem::Malformed),
        };
        match fields {
            [(kind, items)] => match kind.as_str() {
                "options" => strings(items).map(Self::Options),
                "points" => entries(items, |points| match points {
                    Json::Integer(points) if *points < 1 << 53 => Ok(*points),
                    _ => Err(ChoiceProblem::Malformed),
                })
                .map(Self::Points),
                "grades" => entries(items, string).map(Self::Grades),
                "ranking" => ranking(items).map(Self::Ranking),
                "list" | "preferences" => Err(ChoiceProblem::Malformed),
                _ => Err(ChoiceProblem::UnknownKind),
            },
            [(one, list), (other, preferences)] if one == "list" && other == "preferences" => {
                Self::read_list(list, preferences)
            }
            _ => Err(ChoiceProblem::Malformed),
        }
    }

    fn read_list(list: &mut Json, preferences: &mut Json) -> Result<Self, ChoiceProblem> {
        let preferences = strings(preferences)?;
        // The preferences are put into a mark first, so that they are wiped even if the list cannot be read.
        let mut mark = Self::List { list: String::new(), preferences };
        if let Self::List { list: place, .. } = &mut mark {
            *place = string(list)?;
        }
        Ok(mark)
    }

    pub(super) fn write(&self, text: &mut String) {
        match self {
            Self::Blank => text.push_str("\"blank\""),
            Self::Options(options) => {
                text.push_str("{\"options\":");
                write_strings(options, text);
                text.push('}');
            }
            Self::Points(points) => {
                write_entries("points", points, text, |points, text| {
                    // Writing to a string does not fail.
                    let _ = write!(text, "{points}");
                });
            }
            Self::Grades(of_options) => {
                write_entries("grades", of_options, text, |grade, text| write_string(grade, text))
            }
            Self::Ranking(ranking) => {
                text.push_str("{\"ranking\":[");
                write_all(ranking, text, |tied, text| write_strings(tied, text));
                text.push_str("]}");
            }
            Self::List { list, preferences } => {
                text.push_str("{\"list\":");
                write_string(list, text);
                text.push_str(",\"preferences\":");
                write_strings(preferences, text);
                text.push('}');
            }
        }
    }

    /// Returns an upper bound of the number of bytes that [`write`](Self::write) appends.
    pub(super) fn written_bytes(&self) -> usize {
        const FRAME: usize = "{\"list\":,\"preferences\":}".len();
        const DIGITS: usize = "18446744073709551615".len();
        let strings = |strings: &[String]| 2 + strings.iter().map(|text| 1 + string_bytes(text)).sum::<usize>();
        FRAME
            + match self {
                Self::Blank => 0,
                Self::Options(options) => strings(options),
                Self::Points(points) => points.iter().map(|(id, _)| 2 + string_bytes(id) + DIGITS).sum(),
                Self::Grades(grades) => {
                    grades.iter().map(|(id, grade)| 2 + string_bytes(id) + string_bytes(grade)).sum()
                }
                Self::Ranking(ranking) => ranking.iter().map(|tied| 1 + strings(tied)).sum(),
                Self::List { list, preferences } => string_bytes(list) + strings(preferences),
            }
    }
}

fn string(json: &mut Json) -> Result<String, ChoiceProblem> {
    if let Json::String(text) = json { Ok(take(text)) } else { Err(ChoiceProblem::Malformed) }
}

fn strings(json: &mut Json) -> Result<Vec<String>, ChoiceProblem> {
    if let Json::Array(items) = json {
        collect_or_wipe(items.iter_mut().map(string))
    } else {
        Err(ChoiceProblem::Malformed)
    }
}

fn entries<T>(
    json: &mut Json,
    value: impl Fn(&mut Json) -> Result<T, ChoiceProblem>,
) -> Result<Vec<(String, T)>, ChoiceProblem>
where
    Vec<(String, T)>: Zeroize,
{
    let Json::Object(fields) = json else { return Err(ChoiceProblem::Malformed) };
    collect_or_wipe(fields.iter_mut().map(|(id, json)| {
        // If the value is refused, the identifier stays in the tree, which is wiped.
        let value = value(json)?;
        Ok((take(id), value))
    }))
}

/// Reads the places of a ranking. A place is a list of options or one option.
fn ranking(json: &mut Json) -> Result<Vec<Vec<String>>, ChoiceProblem> {
    let Json::Array(places) = json else { return Err(ChoiceProblem::Malformed) };
    collect_or_wipe(places.iter_mut().map(|place| match place {
        Json::String(option) => Ok(alloc::vec![take(option)]),
        _ => strings(place),
    }))
}

/// Writes items with commas between them.
pub(super) fn write_all<T>(items: &[T], text: &mut String, write: impl Fn(&T, &mut String)) {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write(item, text);
    }
}

fn write_strings(strings: &[String], text: &mut String) {
    text.push('[');
    write_all(strings, text, |string, text| write_string(string, text));
    text.push(']');
}

fn write_entries<T>(name: &str, entries: &[(String, T)], text: &mut String, write: impl Fn(&T, &mut String)) {
    text.push_str("{\"");
    text.push_str(name);
    text.push_str("\":{");
    write_all(entries, text, |(id, value), text| {
        write_string(id, text);
        text.push(':');
        write(value, text);
    });
    text.push_str("}}");
}

/// Returns an upper bound of the number of bytes that [`write_string`] appends.
pub(super) fn string_bytes(text: &str) -> usize {
    2 + 6 * text.len()
}

/// Writes a text as a JSON string. Identifiers need no escapes. Other texts get escapes, which the reader refuses.
pub(super) fn write_string(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' || c < ' ' {
            // Writing to a string does not fail.
            let _ = write!(json, "\\u{:04x}", u32::from(c));
        } else {
            json.push(c);
        }
    }
    json.push('"');
}
