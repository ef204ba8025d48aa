//! Contests: what may be chosen, how a choice becomes bits and rows, and what the totals mean.
//!
//! See `spec/contests.md`. Every kind of contest has a file of its own; the methods of [`Rule`] and [`ContestBits`] are
//! the only place that tells kinds apart. A further kind is a variant of both and a file.

pub mod choose;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use self::choose::{Choose, ChooseBits};
use crate::form::{Bits, FormBuilder};
use crate::manifest::json::Node;

/// The rule of a contest: a kind, and what the kind wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Choose some of the options.
    Choose(Choose),
}

impl Rule {
    /// Reads the rule of a contest of `options` options from a manifest; `None`, if nothing can be said of them.
    pub(crate) fn read(node: &Node<'_>, options: Option<usize>) -> Option<Self> {
        let mut object = node.object()?;
        match object.required("kind", |kind| kind.word(&[("choose", Kind::Choose)]))? {
            Kind::Choose => Choose::read(object, options).map(Self::Choose),
        }
    }

    /// How many slots a contest of `options` options has.
    #[must_use]
    pub fn slots(&self, options: usize) -> usize {
        match self {
            Self::Choose(rule) => rule.slots(options),
        }
    }

    /// How many bits a contest of `options` options has.
    #[must_use]
    pub fn bits(&self, options: usize) -> usize {
        match self {
            Self::Choose(rule) => rule.bits(options),
        }
    }

    /// Appends the bits, the slots and the rows of a contest of `options` options to a form.
    pub fn compile(&self, options: usize, builder: &mut FormBuilder) -> ContestBits {
        match self {
            Self::Choose(rule) => ContestBits::Choose(rule.compile(options, builder)),
        }
    }

    /// What a ballot's slots are multiplied by when they are added up.
    #[must_use]
    pub fn multiplier(&self) -> Multiplier {
        match self {
            Self::Choose(_) => Multiplier::RollWeight,
        }
    }

    /// The most that one ballot adds to a slot, before it is multiplied.
    #[must_use]
    pub fn slot_bound(&self) -> u64 {
        match self {
            Self::Choose(_) => 1,
        }
    }

    /// What the totals of the slots mean for the options, for ballots of this weight together.
    ///
    /// # Errors
    ///
    /// [`OutcomeError`] if no such ballots give these totals.
    pub fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        match self {
            Self::Choose(rule) => rule.outcome(options, totals, weight),
        }
    }
}

/// The kinds that a manifest may name.
#[derive(Clone, Copy)]
enum Kind {
    Choose,
}

/// What a ballot's slots are multiplied by when they are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Multiplier {
    /// The voter's weight on the roll.
    RollWeight,
    /// One: the weight is already in the slots.
    One,
}

/// Where the bits of one contest stand in its form.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ContestBits {
    /// Of a contest of the kind `choose`.
    Choose(ChooseBits),
}

impl ContestBits {
    /// Sets all bits of the contest to what `selection` means, in constant time in which options are selected. A
    /// selection that is refused leaves the bits as they are.
    ///
    /// # Errors
    ///
    /// The rule that the selection breaks.
    pub fn assign(&self, selection: &Selection, bits: &mut Bits) -> Result<(), SelectionError> {
        match self {
            Self::Choose(contest) => contest.assign(selection, bits),
        }
    }
}

/// What a voter marks in one contest. It is the secret that a ballot keeps.
#[derive(Zeroize, ZeroizeOnDrop)]
#[non_exhaustive]
pub enum Selection {
    /// These options, counted from 0, in any order.
    Options(Vec<usize>),
    /// The blank vote, where the rule has one.
    Blank,
}

/// A selection that the rule does not allow: what a page shows before anything is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
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
    /// An option is selected twice. Which one is the voter's secret.
    #[error("an option is selected twice")]
    DuplicateOption,
    /// The contest has no blank vote.
    #[error("the contest does not allow a blank vote")]
    BlankNotAllowed,
}

impl SelectionError {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Overvote { .. } => "overvote",
            Self::Undervote { .. } => "undervote",
            Self::UnknownOption { .. } => "unknown-option",
            Self::DuplicateOption => "duplicate-option",
            Self::BlankNotAllowed => "blank-not-allowed",
        }
    }
}

/// Totals that no ballots of the contest give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeError {
    /// There are not as many totals as slots.
    #[error("{totals} totals for {slots} slots")]
    WrongNumber {
        /// How many totals.
        totals: usize,
        /// How many slots.
        slots: usize,
    },
    /// The totals are more than the ballots could select.
    #[error("the totals are not what so many ballots can select")]
    TooLarge,
}

/// The result of a contest, in exact integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    counts: Vec<u64>,
    blank: Option<u64>,
    ranking: Vec<Vec<usize>>,
}

impl Outcome {
    /// The outcome with these counts.
    fn new(counts: Vec<u64>, blank: Option<u64>) -> Self {
        let mut order: Vec<(usize, u64)> = counts.iter().copied().enumerate().collect();
        // Stable: options that tie stay in their own order.
        order.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        let ranking = order
            .chunk_by(|(_, one), (_, next)| one == next)
            .map(|tied| tied.iter().map(|(option, _)| *option).collect())
            .collect();
        Self { counts, blank, ranking }
    }

    /// What each option counts, in option order.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The blank votes, where the rule has them.
    #[must_use]
    pub fn blank(&self) -> Option<u64> {
        self.blank
    }

    /// The options from the highest count to the lowest; options that tie stand together, in option order.
    #[must_use]
    pub fn ranking(&self) -> &[Vec<usize>] {
        &self.ranking
    }
}
