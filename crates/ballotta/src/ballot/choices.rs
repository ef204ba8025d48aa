//! Choices by the identifiers of the manifest: what voters' pages and programs write, and what an opening carries.
//!
//! See `spec/ballot.md#choices`.
//!
//! # Security
//!
//! Choices are the secret that a ballot keeps. They are wiped when dropped, and so is what the reader makes on its way;
//! messages name contests, and options only where the contest has none of that name.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::take;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::error::{ChoiceError, ChoiceErrors, ChoiceProblem};
use super::mark::{string_bytes, write_string};
use crate::contest::Mark;
use crate::credential::Entitlement;
use crate::election::{CompiledBallotStyle, ElectionContext};
use crate::form::Bits;
use crate::json::Json;
use crate::limits::{MAX_CHOICES_BYTES, MAX_CONTESTS};

/// A voter's choices by identifiers, not yet checked against any rule. They are secret, and wiped when dropped.
///
/// # Layout
///
/// A JSON object from identifiers of contests to marks: `"blank"`, or an object with one field that is named after what
/// it holds.
///
/// ```text
/// {"chair":{"options":["ada"]},"statute":"blank"}
/// ```
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub struct Choices {
    marks: Vec<(String, Mark)>,
}

impl Choices {
    /// Choices without any mark.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the mark in a contest.
    pub fn mark(&mut self, contest: &str, mark: Mark) {
        self.marks.push((contest.into(), mark));
    }

    /// The contests and what is marked in each, in the order in which they were given.
    pub fn expose_marks(&self) -> impl ExactSizeIterator<Item = (&str, &Mark)> {
        self.marks.iter().map(|(contest, mark)| (contest.as_str(), mark))
    }

    /// Reads choices.
    ///
    /// # Errors
    ///
    /// `Malformed` for what is no such object (no identifier needs an escape, so none is read), `UnknownKind` for a mark
    /// of another kind.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ChoiceError> {
        let malformed = || ChoiceError { contest: None, option: None, problem: ChoiceProblem::Malformed };
        // Text with escapes would pass through a buffer that nobody wipes.
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

    /// The one written form of these choices.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let bytes = self.marks.iter().map(|(contest, mark)| 2 + string_bytes(contest) + mark.written_bytes());
        // Never grown: what is moved is not wiped.
        let mut text = Zeroizing::new(String::with_capacity(2 + bytes.sum::<usize>()));
        text.push('{');
        for (position, (contest, mark)) in self.marks.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            write_string(contest, &mut text);
            text.push(':');
            mark.write(&mut text);
        }
        text.push('}');
        text
    }

    /// Checks the choices against the rules of a voter's ballot style.
    ///
    /// # Errors
    ///
    /// Everything that the rules do not allow, in the order of the choices and then of the style.
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

/// Wipes every text. The reader limits how deep a tree is.
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
