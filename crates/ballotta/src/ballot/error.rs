//! The errors of a voter's choices.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::contest::SelectionError;
use crate::words::Shown;

/// A rule that choices can break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceProblem {
    /// The choices are not JSON of the form that choices have.
    #[error("the choices cannot be read")]
    Malformed,
    /// A mark is of an unknown kind.
    #[error("the mark is of an unknown kind")]
    UnknownKind,
    /// The ballot style has no contest with this identifier.
    #[error("there is no contest of this name on this ballot")]
    UnknownContest,
    /// A contest of the ballot has no mark.
    #[error("nothing is chosen")]
    MissingContest,
    /// A contest has two marks.
    #[error("the contest appears twice in the choices")]
    DuplicateContest,
    /// The contest has no option with this identifier.
    #[error("there is no such option")]
    UnknownOption,
    /// The election has no such ballot style.
    #[error("there is no such ballot style")]
    UnknownStyle,
    /// The rule of the contest does not allow the mark.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

impl ChoiceProblem {
    /// Returns the stable name of the broken rule, for programs.
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

/// One error in the choices of a voter, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceError {
    /// The identifier of the contest, if the error is about one.
    pub contest: Option<String>,
    /// The identifier of the option, if the error is about an option that the contest does not have.
    pub option: Option<String>,
    /// The rule that the mark or the choices break.
    pub problem: ChoiceProblem,
}

impl ChoiceError {
    pub(super) fn in_contest(contest: &str, problem: ChoiceProblem) -> Self {
        Self { contest: Some(contest.into()), option: None, problem }
    }

    /// Returns the place of the error as `contest` or `contest/option`, for a form on a page. Empty if the error is
    /// about the choices as a whole.
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
        // The names were not checked, so that special characters are escaped.
        let contest = Shown(self.contest.as_deref().unwrap_or_default());
        match (&self.problem, &self.option) {
            (ChoiceProblem::UnknownContest, _) => write!(f, "there is no contest {contest} on this ballot"),
            (ChoiceProblem::MissingContest, _) => write!(f, "contest {contest} has no choice"),
            (ChoiceProblem::UnknownOption, Some(option)) => {
                write!(f, "contest {contest} has no option {}", Shown(option))
            }
            (problem, _) if self.contest.is_some() => write!(f, "contest {contest}: {problem}"),
            (problem, _) => problem.fmt(f),
        }
    }
}

impl core::error::Error for ChoiceError {}

/// All errors in the choices of a voter. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceErrors {
    pub(super) errors: Vec<ChoiceError>,
}

impl ChoiceErrors {
    /// One error about the choices as a whole.
    pub(super) fn whole(problem: ChoiceProblem) -> Self {
        ChoiceError { contest: None, option: None, problem }.into()
    }

    /// Returns all errors, in the order of the choices and then of the ballot style.
    #[must_use]
    pub fn errors(&self) -> &[ChoiceError] {
        &self.errors
    }

    /// Returns all errors by value, in the same order.
    #[must_use]
    pub fn into_errors(self) -> Vec<ChoiceError> {
        self.errors
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
