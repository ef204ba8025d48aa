//! Why a rule does not allow a selection, and what the checks of all kinds have in common.

use subtle::{Choice, ConstantTimeEq};

/// A selection that the rule does not allow: what a page shows before anything is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The mark is of another kind than the contest.
    #[error("what is marked is not of the kind of this contest")]
    WrongKind,
    /// Too many options.
    #[error("{selected} options are selected, but at most {max} may be")]
    Overvote {
        /// How many are selected.
        selected: usize,
        /// How many may be.
        max: u32,
    },
    /// Too few options.
    #[error("{selected} options are selected, but at least {min} must be")]
    Undervote {
        /// How many are selected.
        selected: usize,
        /// How many must be.
        min: u32,
    },
    /// An option that the contest does not have.
    #[error("there is no option {option}: the contest has {options}")]
    UnknownOption {
        /// The option, counted from 0.
        option: usize,
        /// How many options there are.
        options: usize,
    },
    /// An option is marked twice. Which one is the voter's secret.
    #[error("an option is selected twice")]
    DuplicateOption,
    /// The contest has no blank vote.
    #[error("the contest does not allow a blank vote")]
    BlankNotAllowed,
    /// An option has more points than one may have.
    #[error("an option has more than the {max} that one may have")]
    TooManyForOption {
        /// The most that one may have.
        max: u64,
    },
    /// The points together are too many.
    #[error("{given} points are given, but at most {total} may be")]
    TooManyPoints {
        /// How many are given.
        given: u64,
        /// How many may be.
        total: u64,
    },
    /// The points together are too few, where all have to be given.
    #[error("{given} points are given, but all {total} must be")]
    TooFewPoints {
        /// How many are given.
        given: u64,
        /// How many there are.
        total: u64,
    },
    /// The votes cost more credits than there are.
    #[error("the votes cost {cost} credits, but there are {credits}")]
    TooManyCredits {
        /// What they cost: the sum of the squares.
        cost: u64,
        /// How many there are.
        credits: u64,
    },
    /// What is chosen as a list is a candidate.
    #[error("what is chosen as a list is none")]
    NotAList,
    /// What is preferred is no candidate.
    #[error("what is preferred is no candidate")]
    NotACandidate,
    /// A candidate of another list.
    #[error("a candidate of another list is preferred")]
    OtherList,
    /// Too many preferences.
    #[error("{given} candidates are preferred, but at most {max} may be")]
    TooManyPreferences {
        /// How many are given.
        given: usize,
        /// How many may be.
        max: u32,
    },
    /// Too many preferences of one group.
    #[error("more candidates of one group are preferred than the {max} that may be")]
    TooManyOfGroup {
        /// How many may be.
        max: u32,
    },
    /// An option has no grade.
    #[error("an option has no grade")]
    MissingGrade,
    /// A grade that the contest does not have.
    #[error("there is no such grade: the contest has {grades}")]
    UnknownGrade {
        /// How many grades there are.
        grades: usize,
    },
    /// Options tie where they may not.
    #[error("options share a place, which this contest does not allow")]
    TieNotAllowed,
    /// A tie of no options.
    #[error("a place of the ranking has no option")]
    EmptyPlace,
}

impl SelectionError {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::WrongKind => "wrong-kind",
            Self::Overvote { .. } => "overvote",
            Self::Undervote { .. } => "undervote",
            Self::UnknownOption { .. } => "unknown-option",
            Self::DuplicateOption => "duplicate-option",
            Self::BlankNotAllowed => "blank-not-allowed",
            Self::TooManyForOption { .. } => "too-many-for-option",
            Self::TooManyPoints { .. } => "too-many-points",
            Self::TooFewPoints { .. } => "too-few-points",
            Self::TooManyCredits { .. } => "too-many-credits",
            Self::NotAList => "not-a-list",
            Self::NotACandidate => "not-a-candidate",
            Self::OtherList => "other-list",
            Self::TooManyPreferences { .. } => "too-many-preferences",
            Self::TooManyOfGroup { .. } => "too-many-of-group",
            Self::MissingGrade => "missing-grade",
            Self::UnknownGrade { .. } => "unknown-grade",
            Self::TieNotAllowed => "tie-not-allowed",
            Self::EmptyPlace => "empty-place",
        }
    }
}

/// That all options exist, and none stands twice. The time depends on how many there are, and not on which.
pub(super) fn check_options(selected: &[usize], options: usize) -> Result<(), SelectionError> {
    check_known(selected, options)?;
    check_distinct(selected)
}

/// That all options exist.
pub(super) fn check_known(selected: &[usize], options: usize) -> Result<(), SelectionError> {
    match selected.iter().find(|option| **option >= options) {
        Some(option) => Err(SelectionError::UnknownOption { option: *option, options }),
        None => Ok(()),
    }
}

/// That no option stands twice.
pub(super) fn check_distinct(selected: &[usize]) -> Result<(), SelectionError> {
    let twice = (1_usize..)
        .zip(selected)
        .flat_map(|(next, one)| selected.iter().skip(next).map(|other| one.ct_eq(other)))
        .fold(Choice::from(0), |twice, here| twice | here);
    if bool::from(twice) { Err(SelectionError::DuplicateOption) } else { Ok(()) }
}

/// Whether `option` is among those selected, in constant time.
pub(super) fn is_among(option: usize, selected: impl Iterator<Item = usize>) -> Choice {
    selected.map(|one| one.ct_eq(&option)).fold(Choice::from(0), |found, here| found | here)
}

/// The value of `option` in a list of options and values, 0 if it is not in it, in constant time.
pub(super) fn value_of(option: usize, values: impl Iterator<Item = (usize, u64)>) -> u64 {
    // All ones where the option is the one, else zero.
    let mask = |one: usize| u64::from(one.ct_eq(&option).unwrap_u8()).wrapping_neg();
    values.map(|(one, value)| value & mask(one)).fold(0, |sum, value| sum | value)
}
