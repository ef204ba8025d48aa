//! Choices with the identifiers of the manifest. Voters' pages and programs write them, and openings contain them.
//!
//! See `spec/ballot.md#choices`.
//!
//! # Security
//!
//! Choices are secret. They are wiped when dropped, and so are the intermediate values of the reader. Error messages
//! name contests, and name an option only if the contest does not have it.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::take;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::error::{ChoiceError, ChoiceErrors, ChoiceProblem};
use super::mark::{string_bytes, write_all, write_string};
use crate::contest::Mark;
use crate::credential::Entitlement;
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::form::Bits;
use crate::json::Json;
use crate::limits::{MAX_CHOICES_BYTES, MAX_CONTESTS};

/// The choices of a voter, with identifiers. They may break rules until they are checked. They are secret and wiped
/// when dropped.
///
/// # Layout
///
/// A JSON object from the identifiers of contests to marks. A mark is `"blank"` or an object whose first field names
/// the kind of mark.
///
/// ```text
/// {"chair":{"options":["ada"]},"statute":"blank"}
/// ```
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub struct Choices {
    marks: Vec<(String, Mark)>,
}

impl Choices {
    /// Returns choices without any marks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a mark for the contest with this identifier.
    pub fn mark(&mut self, contest: &str, mark: Mark) {
        self.marks.push((contest.into(), mark));
    }

    /// Returns the identifiers of the contests with their marks, in the order in which they were added.
    pub fn expose_marks(&self) -> impl ExactSizeIterator<Item = (&str, &Mark)> {
        self.marks.iter().map(|(contest, mark)| (contest.as_str(), mark))
    }

    /// Reads choices from JSON.
    ///
    /// # Errors
    ///
    /// `Malformed` if the bytes are not such an object or contain an escape, which no identifier needs. `UnknownKind`
    /// if a mark is of an unknown kind.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ChoiceError> {
        let malformed = || ChoiceError { contest: None, option: None, problem: ChoiceProblem::Malformed };
        // The parser copies text with escapes to a buffer that is not wiped.
        if bytes.len() > MAX_CHOICES_BYTES || bytes.contains(&b'\\') {
            return Err(malformed());
        }
        let text = str::from_utf8(bytes).map_err(|_| malformed())?;
        let mut tree = Wiped(serde_json::from_str(text).map_err(|_| malformed())?);
        let Json::Object(fields) = &mut tree.0 else { return Err(malformed()) };
        if fields.len() > MAX_CONTESTS {
            return Err(malformed());
        }
        let mut choices = Self { marks: Vec::with_capacity(fields.len()) };
        for (contest, json) in fields {
            let mark = Mark::read(json);
            let contest = take(contest);
            match mark {
                Ok(mark) => choices.marks.push((contest, mark)),
                Err(problem) => return Err(ChoiceError { contest: Some(contest), option: None, problem }),
            }
        }
        Ok(choices)
    }

    /// Writes the choices in canonical form. The order of the contests is that of [`expose_marks`](Self::expose_marks).
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let bytes = self.marks.iter().map(|(contest, mark)| 2 + string_bytes(contest) + mark.written_bytes());
        // The text must not grow, because memory that it leaves is not wiped.
        let mut text = Zeroizing::new(String::with_capacity(2 + bytes.sum::<usize>()));
        text.push('{');
        write_all(&self.marks, &mut text, |(contest, mark), text| {
            write_string(contest, text);
            text.push(':');
            mark.write(text);
        });
        text.push('}');
        text
    }

    /// Checks the choices against the rules of a voter's ballot style.
    ///
    /// # Errors
    ///
    /// All rules that the choices break, in the order of the choices and then of the style.
    pub fn check(&self, context: &ElectionContext, entitlement: Entitlement) -> Result<(), ChoiceErrors> {
        self.encode(context, entitlement).map(drop)
    }

    /// Checks the choices and encodes them in the bits of the voter's ballot style.
    pub(super) fn encode<'a>(
        &self,
        context: &'a ElectionContext,
        entitlement: Entitlement,
    ) -> Result<(&'a CompiledBallotStyle, Bits), ChoiceErrors> {
        let Entitlement { style, weight } = entitlement;
        let contests = context.manifest().contests();
        let style = context.style(style).ok_or_else(|| ChoiceErrors::whole(ChoiceProblem::UnknownStyle))?;
        let of_style = || {
            let numbered = style.compiled().contests.iter();
            numbered.filter_map(|(number, bits)| Some((contests.get(*number)?, bits)))
        };
        let mut bits = Bits::zero(style.form().bits());
        let mut errors = Vec::new();
        for (position, (id, mark)) in self.marks.iter().enumerate() {
            let is_twice = self.marks.iter().take(position).any(|(earlier, _)| earlier == id);
            let checked = match of_style().find(|(contest, _)| contest.id == *id) {
                None => Err(ChoiceError::in_contest(id, ChoiceProblem::UnknownContest)),
                Some(_) if is_twice => Err(ChoiceError::in_contest(id, ChoiceProblem::DuplicateContest)),
                Some((contest, contest_bits)) => mark.numbered(contest).and_then(|selection| {
                    let assigned = contest_bits.encode(&selection, weight, &mut bits);
                    assigned.map_err(|error| ChoiceError::in_contest(id, error.into()))
                }),
            };
            errors.extend(checked.err());
        }
        for (contest, _) in of_style().filter(|(contest, _)| !self.marks.iter().any(|(id, _)| *id == contest.id)) {
            errors.push(ChoiceError::in_contest(&contest.id, ChoiceProblem::MissingContest));
        }
        if errors.is_empty() { Ok((style, bits)) } else { Err(ChoiceErrors { errors }) }
    }
}

/// A tree of JSON whose texts are secret.
struct Wiped(Json);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Wipes every text. The recursion is bounded, because the parser limits the depth of a tree.
fn wipe(json: &mut Json) {
    match json {
        Json::String(text) => text.zeroize(),
        Json::Array(items) => items.iter_mut().for_each(wipe),
        Json::Object(fields) => {
            for (name, value) in fields {
                name.zeroize();
                wipe(value);
            }
        }
        Json::Null | Json::Boolean(_) | Json::Integer(_) | Json::OtherNumber => {}
    }
}
