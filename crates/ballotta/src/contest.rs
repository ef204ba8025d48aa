//! Contests: what may be chosen, how a choice becomes bits and rows, and what the totals mean.
//!
//! See `spec/contests.md`. Every kind of contest has a file of its own; the methods of [`Rule`] and [`ContestBits`] are
//! the only place that tells kinds apart. A further kind is a variant of both and a file.

pub mod choose;
pub mod cumulative;
pub mod grades;
pub mod lists;
mod option;
mod outcome;
pub mod pairs;
mod points;
pub mod positional;
pub mod quadratic;
pub mod score;
mod seats;
mod selection;
pub mod split;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::choose::{Choose, ChooseBits};
pub use self::cumulative::Cumulative;
pub use self::grades::{Grade, Grades, GradesBits};
pub use self::lists::{Group, List, Lists, ListsBits, Seats};
pub use self::option::ContestOption;
pub use self::outcome::{Detail, Outcome, OutcomeError, PairsOutcome, SeatsOutcome, Winners};
pub use self::pairs::{Method, Pairs, PairsBits};
pub use self::points::PointsBits;
pub use self::positional::{Positional, PositionalBits};
pub use self::quadratic::{Quadratic, QuadraticBits};
pub use self::score::{Score, Total};
pub use self::seats::SeatMethod;
pub use self::selection::{Selection, SelectionError};
pub use self::split::Split;
use crate::form::{Bits, FormBuilder};
use crate::json::{JsonPath, Node, Object};
use crate::problem::ManifestProblem;

/// The rule of a contest: a kind, and what the kind wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Choose some of the options.
    Choose(Choose),
    /// Give each option points.
    Score(Score),
    /// Distribute points over the options.
    Cumulative(Cumulative),
    /// Divide the own weight among the options.
    Split(Split),
    /// Buy votes for options, each dearer than the one before.
    Quadratic(Quadratic),
    /// Choose a list, and prefer some of its candidates.
    Lists(Lists),
    /// Give each option a grade.
    Grades(Grades),
    /// Rank options; each place has a score.
    Positional(Positional),
    /// Rank options; what is counted is who stands above whom.
    Pairs(Pairs),
}

/// The kinds that a manifest may name.
#[derive(Clone, Copy)]
enum Kind {
    Choose,
    Score,
    Cumulative,
    Split,
    Quadratic,
    Lists,
    Grades,
    Positional,
    Pairs,
}

const KINDS: &[(&str, Kind)] = &[
    ("choose", Kind::Choose),
    ("score", Kind::Score),
    ("cumulative", Kind::Cumulative),
    ("split", Kind::Split),
    ("quadratic", Kind::Quadratic),
    ("lists", Kind::Lists),
    ("grades", Kind::Grades),
    ("positional", Kind::Positional),
    ("pairs", Kind::Pairs),
];

/// What the manifest says besides a rule, as far as it could be read.
pub(crate) struct Surroundings<'a> {
    /// The identifiers of the contest's options, in their order; of one that could not be read, nothing.
    pub(crate) options: Option<&'a [Option<&'a str>]>,
    /// The largest weight of a voter.
    pub(crate) max_weight: Option<u64>,
    /// The largest weight of the roll.
    pub(crate) total_weight: Option<u64>,
    /// The languages of all texts.
    pub(crate) languages: Option<&'a [alloc::string::String]>,
}

impl Surroundings<'_> {
    /// How many options there are.
    fn count(&self) -> Option<usize> {
        self.options.map(<[_]>::len)
    }
}

/// One expression for whatever kind the rule is of.
macro_rules! of_kind {
    ($rule:expr, $kind:ident => $value:expr) => {
        match $rule {
            Rule::Choose($kind) => $value,
            Rule::Score($kind) => $value,
            Rule::Cumulative($kind) => $value,
            Rule::Split($kind) => $value,
            Rule::Quadratic($kind) => $value,
            Rule::Lists($kind) => $value,
            Rule::Grades($kind) => $value,
            Rule::Positional($kind) => $value,
            Rule::Pairs($kind) => $value,
        }
    };
}

impl Rule {
    /// Reads the rule of a contest from a manifest.
    pub(crate) fn read(node: &Node<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let mut object = node.object()?;
        match object.required("kind", |kind| kind.word(KINDS))? {
            Kind::Choose => Choose::read(object, known).map(Self::Choose),
            Kind::Score => Score::read(object, known).map(Self::Score),
            Kind::Cumulative => Cumulative::read(object, known).map(Self::Cumulative),
            Kind::Split => Split::read(object, known).map(Self::Split),
            Kind::Quadratic => Quadratic::read(object, known).map(Self::Quadratic),
            Kind::Lists => Lists::read(object, known).map(Self::Lists),
            Kind::Grades => Grades::read(object, known).map(Self::Grades),
            Kind::Positional => Positional::read(object, known).map(Self::Positional),
            Kind::Pairs => Pairs::read(object, known).map(Self::Pairs),
        }
    }

    /// How many counts a contest of `options` options has. [`Packing`](crate::form::Packing) says how many of them share a slot.
    #[must_use]
    pub fn counts(&self, options: usize) -> usize {
        of_kind!(self, rule => rule.counts(options))
    }

    /// How many bits a contest of `options` options has.
    #[must_use]
    pub fn bits(&self, options: usize) -> usize {
        of_kind!(self, rule => rule.bits(options))
    }

    /// Appends the bits, the counts and the rows of a contest with these options to a form.
    pub fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> ContestBits {
        let count = options.len();
        match self {
            Self::Choose(rule) => ContestBits::Choose(rule.compile(count, builder)),
            Self::Score(rule) => ContestBits::Points(rule.compile(count, builder)),
            Self::Cumulative(rule) => ContestBits::Points(rule.compile(count, builder)),
            Self::Split(rule) => ContestBits::Points(rule.compile(count, builder)),
            Self::Quadratic(rule) => ContestBits::Quadratic(rule.compile(count, builder)),
            Self::Lists(rule) => ContestBits::Lists(rule.compile(options, builder)),
            Self::Grades(rule) => ContestBits::Grades(rule.compile(count, builder)),
            Self::Positional(rule) => ContestBits::Positional(rule.compile(count, builder)),
            Self::Pairs(rule) => ContestBits::Pairs(rule.compile(count, builder)),
        }
    }

    /// What a ballot's slots are multiplied by when they are added up.
    #[must_use]
    pub fn multiplier(&self) -> Multiplier {
        match self {
            Self::Split(_) => Multiplier::One,
            _ => Multiplier::RollWeight,
        }
    }

    /// The most that a ballot of weight 1 adds to a total; a ballot adds its weight times as much.
    #[must_use]
    pub fn count_bound(&self) -> u64 {
        of_kind!(self, rule => rule.count_bound())
    }

    /// How many options are elected, where the rule says so.
    #[must_use]
    pub fn winners(&self) -> Option<u32> {
        match self {
            Self::Lists(_) => None,
            Self::Choose(rule) => rule.winners,
            Self::Score(rule) => rule.winners,
            Self::Cumulative(rule) => rule.winners,
            Self::Split(rule) => rule.winners,
            Self::Quadratic(rule) => rule.winners,
            Self::Grades(rule) => rule.winners,
            Self::Positional(rule) => rule.winners,
            Self::Pairs(rule) => rule.winners,
        }
    }

    /// Whether there is a blank vote.
    #[must_use]
    pub fn has_blank(&self) -> bool {
        match self {
            Self::Split(_) => false,
            Self::Choose(rule) => rule.blank,
            Self::Score(rule) => rule.blank,
            Self::Cumulative(rule) => rule.blank,
            Self::Quadratic(rule) => rule.blank,
            Self::Lists(rule) => rule.blank,
            Self::Grades(rule) => rule.blank,
            Self::Positional(rule) => rule.blank,
            Self::Pairs(rule) => rule.blank,
        }
    }

    /// What the totals mean for the options, for ballots of this weight together.
    ///
    /// # Errors
    ///
    /// [`OutcomeError`] if no such ballots give these totals.
    pub fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let count = options.len();
        let outcome = match self {
            Self::Choose(rule) => rule.outcome(count, totals, weight),
            Self::Score(rule) => rule.outcome(count, totals, weight),
            Self::Cumulative(rule) => rule.outcome(count, totals, weight),
            Self::Split(rule) => rule.outcome(count, totals, weight),
            Self::Quadratic(rule) => rule.outcome(count, totals, weight),
            Self::Lists(rule) => rule.outcome(options, totals, weight),
            Self::Grades(rule) => rule.outcome(count, totals, weight),
            Self::Positional(rule) => rule.outcome(count, totals, weight),
            Self::Pairs(rule) => rule.outcome(count, totals, weight),
        }?;
        Ok(match self.winners() {
            Some(number) => outcome.elect(number),
            None => outcome,
        })
    }
}

/// Reads how many of `options` options are elected: absent, `None`; broken, no value.
fn read_winners(object: &mut Object<'_>, known: &Surroundings<'_>) -> Option<Option<u32>> {
    let most = known.count().unwrap_or(crate::limits::MAX_OPTIONS).max(1) as u64;
    object.optional("winners", |node| node.integer(1..=most))
}

/// Reads what most rules end with, `blank` and `winners`, and that there is nothing else.
fn read_end<'a>(mut object: Object<'a>, known: &Surroundings<'_>) -> (Option<bool>, Option<Option<u32>>, JsonPath<'a>) {
    let blank = object.boolean("blank");
    let winners = read_winners(&mut object, known);
    let path = object.path().clone();
    object.finish();
    (blank, winners, path)
}

/// Refuses a contest with fewer options.
fn at_least(needed: usize, known: &Surroundings<'_>, path: &JsonPath<'_>) -> Option<()> {
    match known.count().filter(|count| *count < needed) {
        Some(options) => path.fail(ManifestProblem::TooFewOptions { options, needed }),
        None => Some(()),
    }
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
    /// Of one of the kinds `score`, `cumulative` and `split`.
    Points(PointsBits),
    /// Of one of the kind `quadratic`.
    Quadratic(QuadraticBits),
    /// Of one of the kind `lists`.
    Lists(ListsBits),
    /// Of one of the kind `grades`.
    Grades(GradesBits),
    /// Of one of the kind `positional`.
    Positional(PositionalBits),
    /// Of one of the kind `pairs`.
    Pairs(PairsBits),
}

impl ContestBits {
    /// Sets all bits of the contest to what `selection` means for a voter of this weight. The time depends on how much is
    /// marked, not on what. A selection that is refused leaves the bits as they are.
    ///
    /// # Errors
    ///
    /// The rule that the selection breaks.
    pub fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        match self {
            Self::Choose(contest) => contest.assign(selection, bits),
            Self::Points(contest) => contest.assign(selection, weight, bits),
            Self::Quadratic(contest) => contest.assign(selection, bits),
            Self::Lists(contest) => contest.assign(selection, bits),
            Self::Grades(contest) => contest.assign(selection, bits),
            Self::Positional(contest) => contest.assign(selection, bits),
            Self::Pairs(contest) => contest.assign(selection, bits),
        }
    }
}
