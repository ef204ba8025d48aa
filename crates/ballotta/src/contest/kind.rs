//! What a kind of contest must provide, and how the list of kinds becomes [`Rule`](super::Rule).
//!
//! `docs/contest-kinds.md` describes how a kind is added.

use core::fmt::Debug;

use super::Multiplier;
use super::mark::{MarkKind, Selection};
use super::option::{ContestOption, Grade};
use super::outcome::{Outcome, OutcomeError};
use super::read::RuleContext;
use super::selection::SelectionError;
use crate::form::{Bits, FormBuilder};
use crate::json::Object;

/// A kind of contest: the type that implements this holds the parameters of one rule, as they are in the manifest.
pub(super) trait ContestKind: Sized {
    /// Where the bits of a contest of this kind are in its form.
    type Bits: EncodeSelection;

    /// What such a contest is marked with.
    const MARK: MarkKind;

    /// Reads the parameters from the manifest, without the field `kind`. Everything that is wrong is reported at its
    /// place; then the result is `None`. Every field must be read, and [`Object::finish`] called.
    fn read<'a>(object: Object<'a>, context: &RuleContext<'a>) -> Option<Self>;

    /// The number of counts of a contest with this many options: totals that are decrypted. The blank vote is the last.
    fn counts(&self, options: usize) -> usize;

    /// The number of bits that [`compile`](Self::compile) appends for this many options.
    fn bits(&self, options: usize) -> usize;

    /// Appends bits, counts and rows to a form. The rows must be satisfied by the bits of every allowed selection, and by
    /// no bits that give other counts than an allowed selection gives.
    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> Self::Bits;

    /// The most that a ballot of weight 1 adds to a count. A ballot of weight `w` adds at most `w` times as much.
    fn count_bound(&self) -> u64;

    /// Computes the outcome from the totals of all counts, for ballots of this weight together.
    ///
    /// # Errors
    ///
    /// [`OutcomeError`] if there are not as many totals as counts, or no ballots of this weight give these totals.
    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError>;

    /// Whether voters may cast a blank vote, which is counted on its own.
    fn has_blank(&self) -> bool;

    /// The number of options that are elected, if the rule elects any.
    fn winners(&self) -> Option<u32>;

    /// What a ballot's slots are multiplied by in the tally.
    fn multiplier(&self) -> Multiplier {
        Multiplier::RollWeight
    }

    /// The grades that options are given, of a kind that is marked with grades.
    fn grades(&self) -> &[Grade] {
        &[]
    }
}

/// Encodes a selection in the bits of a contest.
pub(super) trait EncodeSelection: Clone + Debug {
    /// Checks a selection and sets all bits of the contest to what it means for a voter of this weight. Two selections of
    /// one shape, with as many marks, must take the same instructions and the same addresses. If the selection is refused,
    /// the bits stay as they are.
    ///
    /// # Errors
    ///
    /// The part of the rule that the selection breaks.
    fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError>;
}

/// Makes the types and the dispatch of all kinds from their list: each has the name of its type, and its `kind` in the
/// manifest. Every call is resolved by one `match`, so that a program keeps only the functions that it calls.
macro_rules! kinds {
    ($($(#[$documentation:meta])* $kind:ident = $name:literal,)+) => {
        /// The rule of a contest: its kind with the parameters of that kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "kind")]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$documentation])* #[serde(rename = $name)] $kind($kind),)+
        }

        /// The bits of a contest of each kind.
        #[derive(Clone, Debug)]
        enum BitsOfKind {
            $($kind(<$kind as ContestKind>::Bits),)+
        }

        type ReadRule = for<'a> fn(Object<'a>, &RuleContext<'a>) -> Option<Rule>;

        /// The kinds that a manifest may name.
        const KINDS: &[(&str, ReadRule)] =
            &[$(($name, |object, context| ContestKind::read(object, context).map(Rule::$kind)),)+];

        impl Rule {
            /// The number of counts of a contest with this many options: the totals that are decrypted. [`Packing`](crate::form::Packing) says
            /// how many of them share a slot.
            #[must_use]
            pub fn counts(&self, options: usize) -> usize {
                match self { $(Self::$kind(kind) => kind.counts(options),)+ }
            }

            /// The number of bits of a contest with this many options.
            #[must_use]
            pub fn bits(&self, options: usize) -> usize {
                match self { $(Self::$kind(kind) => kind.bits(options),)+ }
            }

            /// Appends the bits, the counts and the rows of a contest with these options to a form.
            pub fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> ContestBits {
                ContestBits(match self { $(Self::$kind(kind) => BitsOfKind::$kind(kind.compile(options, builder)),)+ })
            }

            /// The most that a ballot of weight 1 adds to a count. A ballot of weight `w` adds at most `w` times as much.
            #[must_use]
            pub fn count_bound(&self) -> u64 {
                match self { $(Self::$kind(kind) => kind.count_bound(),)+ }
            }

            /// Whether voters may cast a blank vote in such a contest.
            #[must_use]
            pub fn has_blank(&self) -> bool {
                match self { $(Self::$kind(kind) => kind.has_blank(),)+ }
            }

            /// The number of options that are elected, if the rule elects any.
            #[must_use]
            pub fn winners(&self) -> Option<u32> {
                match self { $(Self::$kind(kind) => kind.winners(),)+ }
            }

            /// What a ballot's slots are multiplied by in the tally.
            #[must_use]
            pub fn multiplier(&self) -> Multiplier {
                match self { $(Self::$kind(kind) => kind.multiplier(),)+ }
            }

            /// The grades that options are given, the best first. Empty if the contest is not marked with grades.
            #[must_use]
            pub fn grades(&self) -> &[Grade] {
                match self { $(Self::$kind(kind) => kind.grades(),)+ }
            }

            /// What such a contest is marked with, besides the blank vote.
            #[must_use]
            pub fn mark_kind(&self) -> MarkKind {
                match self { $(Self::$kind(_) => $kind::MARK,)+ }
            }

            fn outcome_of_kind(
                &self,
                options: &[ContestOption],
                totals: &[u64],
                weight: u64,
            ) -> Result<Outcome, OutcomeError> {
                match self { $(Self::$kind(kind) => kind.outcome(options, totals, weight),)+ }
            }
        }

        impl BitsOfKind {
            fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError> {
                match self { $(Self::$kind(contest) => contest.assign(selection, weight, bits),)+ }
            }
        }
    };
}

pub(super) use kinds;
