//! Contests: what may be chosen, how a choice becomes bits and rows, and what the totals mean.
//!
//! See `spec/contests.md`. Every kind of contest has a file of its own, which implements the private trait `ContestKind`;
//! [`Rule`] is made from the one list of kinds below. `docs/contest-kinds.md` describes how a kind is added.

mod choose;
mod cumulative;
mod grades;
mod kind;
mod lists;
mod mark;
mod option;
mod outcome;
mod pairs;
mod points;
mod positional;
mod quadratic;
mod read;
mod score;
mod seats;
mod selection;
mod split;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use self::choose::Choose;
pub use self::cumulative::Cumulative;
pub use self::grades::Grades;
use self::kind::{ContestKind, EncodeSelection, kinds};
pub use self::lists::{Group, List, Lists, Seats};
#[cfg(not(feature = "hazmat"))]
pub(crate) use self::mark::Selection;
#[cfg(feature = "hazmat")]
pub use self::mark::Selection;
pub use self::mark::{Mark, MarkKind};
pub use self::option::{ContestOption, Grade};
pub use self::outcome::{Detail, Outcome, OutcomeError, PairsOutcome, SeatsOutcome, Winners};
pub use self::pairs::{Method, Pairs};
pub use self::positional::Positional;
pub use self::quadratic::Quadratic;
pub(crate) use self::read::RuleContext;
pub use self::score::{Score, Total};
pub use self::seats::SeatMethod;
pub use self::selection::SelectionError;
pub use self::split::Split;
use crate::form::{Bits, FormBuilder};
use crate::json::{Node, Object};

// The list of kinds: the type of each, and its name in the manifest.
kinds! {
    /// Choose some of the options.
    Choose = "choose",
    /// Give each option points.
    Score = "score",
    /// Distribute points over the options.
    Cumulative = "cumulative",
    /// Divide the own weight among the options.
    Split = "split",
    /// Buy votes for options; each vote for an option costs more than the one before.
    Quadratic = "quadratic",
    /// Choose a list, and prefer some of its candidates.
    Lists = "lists",
    /// Give each option a grade.
    Grades = "grades",
    /// Rank options; each place has a score.
    Positional = "positional",
    /// Rank options; for each pair of options, the ballots that rank one above the other are counted.
    Pairs = "pairs",
}

impl Rule {
    /// Reads the rule of a contest from a manifest.
    pub(crate) fn read<'a>(node: &Node<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let mut object = node.object()?;
        let read = object.required("kind", |kind| kind.word(KINDS))?;
        read(object, context)
    }

    /// Computes what the totals mean for the options, for ballots of this weight together, and who is elected.
    ///
    /// # Errors
    ///
    /// [`OutcomeError`] if no ballots of this weight give these totals.
    pub fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let outcome = self.outcome_of_kind(options, totals, weight)?;
        Ok(match self.winners() {
            Some(number) => outcome.elect(number),
            None => outcome,
        })
    }
}

/// What a ballot's slots are multiplied by when they are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Multiplier {
    /// The voter's weight on the roll.
    RollWeight,
    /// One, because the slots contain the weight already.
    One,
}

/// Where the bits of one contest are in its form.
#[derive(Clone, Debug)]
pub struct ContestBits(BitsOfKind);

impl ContestBits {
    /// Checks a selection and sets all bits of the contest to what it means for a voter of this weight. The time depends on
    /// how much is marked, not on what. If the selection is refused, the bits stay as they are.
    ///
    /// # Errors
    ///
    /// The part of the rule that the selection breaks.
    #[cfg(any(feature = "hazmat", test))]
    pub fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        self.encode(selection, weight, bits)
    }

    pub(crate) fn encode(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        self.0.assign(selection, weight, bits)
    }
}
