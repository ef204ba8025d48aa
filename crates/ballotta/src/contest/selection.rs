//! The errors of selections that a rule does not allow, and the checks that the kinds share.

use subtle::{Choice, ConstantTimeEq};

use crate::words::counted;

/// The reason why a rule does not allow a selection. A page shows it before anything is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The mark is of another kind than the contest.
    #[error("this contest needs another kind of mark")]
    WrongKind,
    /// More options are selected than the rule allows.
    #[error("{} selected, but at most {max} may be selected", counted(.selected, "option is", "options are"))]
    Overvote {
        /// The number of selected options.
        selected: usize,
        /// The largest number that is allowed.
        max: u32,
    },
    /// Fewer options are selected than the rule requires.
    #[error("{} selected, but at least {min} must be selected", counted(.selected, "option is", "options are"))]
    Undervote {
        /// The number of selected options.
        selected: usize,
        /// The smallest number that is allowed.
        min: u32,
    },
    /// The selection has an option that the contest does not have.
    #[error("there is no option {option}: the contest has {options}")]
    UnknownOption {
        /// The number of the option, counted from 0.
        option: usize,
        /// The number of options of the contest.
        options: usize,
    },
    /// An option is marked twice. The error does not say which, because that is secret.
    #[error("an option is selected twice")]
    DuplicateOption,
    /// The rule does not allow a blank vote.
    #[error("the contest does not allow a blank vote")]
    BlankNotAllowed,
    /// An option has more points than the rule allows for one option.
    #[error("an option may have at most {max}, but one has more")]
    TooManyForOption {
        /// The largest number of points for one option.
        max: u64,
    },
    /// The sum of the points is larger than the rule allows.
    #[error("{} given, but at most {total} may be given", counted(.given, "point is", "points are"))]
    TooManyPoints {
        /// The sum of the given points.
        given: u64,
        /// The largest sum that is allowed.
        total: u64,
    },
    /// The sum of the points is too small: the rule requires an exact sum.
    #[error("{} given, but all {total} must be given", counted(.given, "point is", "points are"))]
    TooFewPoints {
        /// The sum of the given points.
        given: u64,
        /// The sum that is required.
        total: u64,
    },
    /// The votes cost more credits than the voter has.
    #[error("the votes cost {}, but there are {credits}", counted(.cost, "credit", "credits"))]
    TooManyCredits {
        /// The cost of the votes, which is the sum of their squares.
        cost: u64,
        /// The number of credits that the voter has.
        credits: u64,
    },
    /// The option that is chosen as a list is a candidate.
    #[error("the chosen option is not a list")]
    NotAList,
    /// A preferred option is a list, not a candidate.
    #[error("a preferred option is not a candidate")]
    NotACandidate,
    /// A preferred candidate is on a list that is not chosen.
    #[error("a candidate of another list is preferred")]
    OtherList,
    /// More candidates are preferred than the rule allows.
    #[error("{} preferred, but at most {max} may be preferred", counted(.given, "candidate is", "candidates are"))]
    TooManyPreferences {
        /// The number of preferred candidates.
        given: usize,
        /// The largest number that is allowed.
        max: u32,
    },
    /// More candidates of one group are preferred than the rule allows.
    #[error("too many candidates of one group are preferred; at most {max} may be preferred")]
    TooManyOfGroup {
        /// The largest number that is allowed.
        max: u32,
    },
    /// The selection gives an option no grade.
    #[error("an option has no grade")]
    MissingGrade,
    /// The selection has a grade that the contest does not have.
    #[error("there is no such grade: the contest has {grades}")]
    UnknownGrade {
        /// The number of grades of the contest.
        grades: usize,
    },
    /// Options share a place, but the rule does not allow ties.
    #[error("options share a place, which this contest does not allow")]
    TieNotAllowed,
    /// A place of the ranking has no option.
    #[error("a place of the ranking has no option")]
    EmptyPlace,
}

impl SelectionError {
    /// Returns the stable name of the broken rule, for programs.
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

/// Checks that all options exist and that none appears twice. The time depends on the number of options, not on which.
pub(super) fn check_options(
    selected: impl Iterator<Item = usize> + Clone,
    options: usize,
) -> Result<(), SelectionError> {
    check_known(selected.clone(), options)?;
    check_distinct(selected)
}

/// Checks that all options exist.
pub(super) fn check_known(mut selected: impl Iterator<Item = usize>, options: usize) -> Result<(), SelectionError> {
    match selected.find(|option| *option >= options) {
        Some(option) => Err(SelectionError::UnknownOption { option, options }),
        None => Ok(()),
    }
}

/// Checks that no option appears twice.
pub(super) fn check_distinct(selected: impl Iterator<Item = usize> + Clone) -> Result<(), SelectionError> {
    let twice = (1_usize..)
        .zip(selected.clone())
        .flat_map(|(next, one)| selected.clone().skip(next).map(move |other| one.ct_eq(&other)))
        .fold(Choice::from(0), |twice, here| twice | here);
    if bool::from(twice) { Err(SelectionError::DuplicateOption) } else { Ok(()) }
}

/// Returns whether `option` is selected, in constant time.
pub(super) fn is_among(option: usize, selected: impl Iterator<Item = usize>) -> Choice {
    selected.map(|one| one.ct_eq(&option)).fold(Choice::from(0), |found, here| found | here)
}

/// Returns the value of `option` in a list of options and values, or 0 if it is not in the list, in constant time.
pub(super) fn value_of(option: usize, values: impl Iterator<Item = (usize, u64)>) -> u64 {
    // All bits are 1 if the options are equal, else 0.
    let mask = |one: usize| u64::from(one.ct_eq(&option).unwrap_u8()).wrapping_neg();
    values.map(|(one, value)| value & mask(one)).fold(0, |sum, value| sum | value)
}
