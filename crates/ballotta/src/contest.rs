//! Contests: the rules of choices, their encoding in bits and rows, and the meaning of the totals.
//!
//! See `spec/contests.md`. Every kind of contest has its own file, which implements the private trait `ContestKind`.
//! The list of kinds below defines [`Rule`]. `docs/contest-kinds.md` describes how to add a kind.

mod attachment;
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

pub use self::attachment::{Attachment, AttachmentError, AttachmentType};
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
pub use self::outcome::{Detail, Outcome, OutcomeError, PairsOutcome, RankedBy};
pub use self::pairs::{Method, Pairs};
pub use self::positional::Positional;
pub use self::quadratic::Quadratic;
pub(crate) use self::read::RuleContext;
pub use self::score::{Score, Total};
pub(crate) use self::seats::allocate;
pub use self::seats::{People, SeatMethod};
pub use self::selection::SelectionError;
pub use self::split::Split;
use crate::form::{Bit, Bits, FormBuilder};
use crate::json::{Node, Object};

// The list of kinds: the type of each kind, and its name in the manifest.
kinds! {
    /// Choose some of the options.
    Choose = "choose",
    /// Give each option a number of points.
    Score = "score",
    /// Distribute points over the options.
    Cumulative = "cumulative",
    /// Divide the voter's weight among the options.
    Split = "split",
    /// Buy votes for options; each vote for an option costs more than the one before.
    Quadratic = "quadratic",
    /// Choose a list, and prefer some of its candidates.
    Lists = "lists",
    /// Give each option a grade.
    Grades = "grades",
    /// Rank options; each place has a score.
    Positional = "positional",
    /// Rank options. For each pair of options, the ballots that rank one above the other are counted.
    Pairs = "pairs",
}

impl Rule {
    /// Reads the rule of a contest from a manifest.
    pub(crate) fn read<'a>(node: &Node<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let mut object = node.object()?;
        let read = object.required("kind", |kind| kind.word(KINDS))?;
        read(object, context)
    }
}

/// The factor by which the slots of a ballot are multiplied in the tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Multiplier {
    /// The weight of the voter on the roll.
    RollWeight,
    /// The factor 1, because the slots already contain the weight.
    One,
}

/// The positions of the bits of one contest in its form.
#[derive(Clone, Debug)]
pub struct ContestBits {
    bits: BitsOfKind,
    blank: Option<Bit>,
}

impl ContestBits {
    /// Checks a selection and sets all bits of the contest for a voter of this weight. If the selection is refused, the
    /// bits are unchanged. The time depends on the number of marks, not on which options are marked.
    ///
    /// # Errors
    ///
    /// [`SelectionError`], which names the part of the rule that the selection breaks.
    #[cfg(any(feature = "hazmat", test))]
    pub fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        self.encode(selection, weight, bits)
    }

    pub(crate) fn encode(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let is_blank = matches!(selection, Selection::Blank);
        if is_blank && self.blank.is_none() {
            return Err(SelectionError::BlankNotAllowed);
        }
        self.bits.assign(selection, weight, bits)?;
        if let Some(blank) = self.blank {
            bits.set(blank, u64::from(is_blank));
        }
        Ok(())
    }
}
