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
use core::fmt;
use core::mem::take;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::mark::{Mark, string_bytes, write_string};
use super::plaintext::PlaintextBallot;
use crate::contest::{Selection, SelectionError};
use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::form::Bits;
use crate::json::Json;
use crate::limits::{MAX_CHOICES_BYTES, MAX_CONTESTS};
use crate::manifest::{Contest, Manifest};

/// A voter's choices, not checked against any rule yet. Secret: wiped when dropped.
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

    /// The choices of a ballot.
    #[must_use]
    pub fn of(manifest: &Manifest, ballot: &PlaintextBallot) -> Self {
        let mut choices = Self { marks: Vec::with_capacity(ballot.expose_selections().len()) };
        for (number, selection) in ballot.expose_selections() {
            if let Some(contest) = manifest.contests().get(*number) {
                choices.mark(&contest.id, Mark::of(selection, contest));
            }
        }
        choices
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

    /// Everything that the rules of a ballot style do not allow, in the order of the choices and then of the style.
    #[must_use]
    pub fn check(&self, context: &ElectionContext, entitlement: Entitlement) -> Vec<ChoiceError> {
        self.selections(context, entitlement).err().map(|errors| errors.errors).unwrap_or_default()
    }

    /// The ballot of these choices.
    ///
    /// # Errors
    ///
    /// Everything that the rules of the style do not allow.
    pub fn plaintext(
        &self,
        context: &ElectionContext,
        entitlement: Entitlement,
    ) -> Result<PlaintextBallot, ChoiceErrors> {
        let selections = self.selections(context, entitlement)?;
        // What was checked one by one holds together.
        PlaintextBallot::new(context, entitlement, selections)
            .map_err(|_| ChoiceErrors::one(ChoiceProblem::UnknownStyle))
    }

    fn selections(
        &self,
        context: &ElectionContext,
        entitlement: Entitlement,
    ) -> Result<Vec<(usize, Selection)>, ChoiceErrors> {
        let Entitlement { style, weight } = entitlement;
        let contests = context.manifest().contests();
        let compiled = context.style(style).ok_or_else(|| ChoiceErrors::one(ChoiceProblem::UnknownStyle))?.compiled();
        let mut bits = Bits::zero(compiled.form.bits());
        let mut selections: Vec<(usize, Selection)> = Vec::with_capacity(self.marks.len());
        let mut errors = Vec::new();
        for (position, (id, mark)) in self.marks.iter().enumerate() {
            let of_style = compiled.contests.iter().find_map(|(number, contest_bits)| {
                contests
                    .get(*number)
                    .filter(|contest| contest.id == *id)
                    .map(|contest| (*number, contest, contest_bits))
            });
            let Some((number, contest, contest_bits)) = of_style else {
                errors.push(ChoiceError::named(id, ChoiceProblem::UnknownContest));
                continue;
            };
            if self.marks.iter().take(position).any(|(earlier, _)| earlier == id) {
                errors.push(ChoiceError::of(contest, ChoiceProblem::DuplicateContest));
                continue;
            }
            match mark.selection(contest) {
                Ok(selection) => match contest_bits.assign(&selection, weight, &mut bits) {
                    Ok(()) => selections.push((number, selection)),
                    Err(error) => errors.push(ChoiceError::of(contest, ChoiceProblem::Selection(error))),
                },
                Err(error) => errors.push(error),
            }
        }
        for contest in compiled.contests.iter().filter_map(|(number, _)| contests.get(*number)) {
            if !self.marks.iter().any(|(id, _)| *id == contest.id) {
                errors.push(ChoiceError::of(contest, ChoiceProblem::MissingContest));
            }
        }
        if errors.is_empty() { Ok(selections) } else { Err(ChoiceErrors { errors }) }
    }
}

/// What is wrong with choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceProblem {
    /// They are not JSON of the form that choices have.
    #[error("the choices cannot be read")]
    Malformed,
    /// A mark is of a kind that is not known.
    #[error("what is marked is of no kind that is known")]
    UnknownKind,
    /// The ballot has no such contest.
    #[error("there is no contest of this name on this ballot")]
    UnknownContest,
    /// A contest of the ballot has no mark.
    #[error("nothing is chosen")]
    MissingContest,
    /// A contest stands twice in the choices.
    #[error("the contest stands twice in the choices")]
    DuplicateContest,
    /// The contest has no such option.
    #[error("there is no such option")]
    UnknownOption,
    /// There is no such ballot style.
    #[error("there is no such ballot style")]
    UnknownStyle,
    /// The rule of the contest does not allow it.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

impl ChoiceProblem {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownContest => "unknown-contest",
            Self::MissingContest => "missing-contest",
            Self::DuplicateContest => "duplicate-contest",
            Self::UnknownOption => "unknown-option",
            Self::UnknownStyle => "unknown-style",
            Self::Selection(error) => error.rule(),
        }
    }
}

/// One thing that is wrong with choices, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceError {
    /// The contest, if it is about one.
    pub contest: Option<String>,
    /// The option, if it is about one that the contest does not have.
    pub option: Option<String>,
    /// What is wrong.
    pub problem: ChoiceProblem,
}

impl ChoiceError {
    pub(super) fn of(contest: &Contest, problem: ChoiceProblem) -> Self {
        Self::named(&contest.id, problem)
    }

    fn named(contest: &str, problem: ChoiceProblem) -> Self {
        Self { contest: Some(contest.into()), option: None, problem }
    }

    /// Where, for a form: the contest, or `contest/option`; nothing if it is about the choices as a whole.
    #[must_use]
    pub fn field(&self) -> String {
        let contest = self.contest.as_deref().unwrap_or_default();
        match &self.option {
            Some(option) => alloc::format!("{contest}/{option}"),
            None => contest.into(),
        }
    }
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names that nobody checked are shown with their escapes.
        let contest = self.contest.as_deref().unwrap_or_default().escape_default();
        match (&self.problem, &self.option) {
            (ChoiceProblem::UnknownContest, _) => write!(f, "there is no contest {contest} on this ballot"),
            (ChoiceProblem::MissingContest, _) => write!(f, "contest {contest} has no choice"),
            (ChoiceProblem::UnknownOption, Some(option)) => {
                write!(f, "contest {contest} has no option {}", option.escape_default())
            }
            (problem, _) if self.contest.is_some() => write!(f, "contest {contest}: {problem}"),
            (problem, _) => problem.fmt(f),
        }
    }
}

impl core::error::Error for ChoiceError {}

/// Everything that is wrong with choices: at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceErrors {
    errors: Vec<ChoiceError>,
}

impl ChoiceErrors {
    pub(super) fn one(problem: ChoiceProblem) -> Self {
        ChoiceError { contest: None, option: None, problem }.into()
    }

    /// All of it.
    #[must_use]
    pub fn errors(&self) -> &[ChoiceError] {
        &self.errors
    }
}

impl From<ChoiceError> for ChoiceErrors {
    fn from(error: ChoiceError) -> Self {
        Self { errors: alloc::vec![error] }
    }
}

impl fmt::Display for ChoiceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.errors.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl core::error::Error for ChoiceErrors {}

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
