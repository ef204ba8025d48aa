//! The voter's choices, checked against the rules before anything is encrypted.

use alloc::vec::Vec;

use crate::contest::{Selection, SelectionError};
use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::form::Bits;
use crate::hash::FormDigest;

/// Choices that the rules do not allow: what a voting page shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaintextError {
    /// There is no ballot style with this number.
    #[error("there is no ballot style {style}")]
    UnknownStyle {
        /// The style, counted from 0.
        style: usize,
    },
    /// The ballot style does not have this contest.
    #[error("contest {contest} is not on this ballot")]
    UnknownContest {
        /// The contest, counted from 0.
        contest: usize,
    },
    /// A contest of the ballot style has no selection, not even an empty one.
    #[error("contest {contest} has no selection")]
    MissingContest {
        /// The contest, counted from 0.
        contest: usize,
    },
    /// A contest has two selections.
    #[error("contest {contest} has two selections")]
    DuplicateContest {
        /// The contest, counted from 0.
        contest: usize,
    },
    /// A selection breaks the rule of its contest.
    #[error("contest {contest}: {error}")]
    Selection {
        /// The contest, counted from 0.
        contest: usize,
        /// The rule that is broken.
        error: SelectionError,
    },
}

/// A voter's choices in clear, which the rules allow. Secret: wiped when dropped.
pub struct PlaintextBallot {
    entitlement: Entitlement,
    form: FormDigest,
    selections: Vec<(usize, Selection)>,
    bits: Bits,
}

impl PlaintextBallot {
    /// Checks a selection for each contest of the voter's style; contests are named by their number in the manifest.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn new(
        context: &ElectionContext,
        entitlement: Entitlement,
        selections: Vec<(usize, Selection)>,
    ) -> Result<Self, PlaintextError> {
        let Entitlement { style, weight } = entitlement;
        let compiled = context.style(style).ok_or(PlaintextError::UnknownStyle { style })?.compiled();
        let mut bits = Bits::zero(compiled.form.bits());
        for (position, (contest, _)) in selections.iter().enumerate() {
            if !compiled.contests.iter().any(|(of_style, _)| of_style == contest) {
                return Err(PlaintextError::UnknownContest { contest: *contest });
            }
            if selections.iter().take(position).any(|(earlier, _)| earlier == contest) {
                return Err(PlaintextError::DuplicateContest { contest: *contest });
            }
        }
        for (contest, contest_bits) in &compiled.contests {
            let missing = PlaintextError::MissingContest { contest: *contest };
            let (_, selection) = selections.iter().find(|(selected, _)| selected == contest).ok_or(missing)?;
            contest_bits
                .assign(selection, weight, &mut bits)
                .map_err(|error| PlaintextError::Selection { contest: *contest, error })?;
        }
        Ok(Self { entitlement, form: *compiled.form.digest(), selections, bits })
    }

    /// The ballot style and the weight that the choices were checked for.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        self.entitlement
    }

    /// The selections, with the numbers of their contests.
    #[must_use]
    pub fn expose_selections(&self) -> &[(usize, Selection)] {
        &self.selections
    }

    /// The form of which the rules were checked.
    pub(crate) fn form(&self) -> &FormDigest {
        &self.form
    }

    pub(crate) fn bits(&self) -> &Bits {
        &self.bits
    }
}
