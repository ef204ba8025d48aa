//! The trait that a kind of contest implements, and the macro that makes [`Rule`](super::Rule) from the list of kinds.
//!
//! `docs/contest-kinds.md` describes how to add a kind.

use core::fmt::Debug;

use super::Multiplier;
use super::mark::{MarkKind, Selection};
use super::option::{ContestOption, Grade};
use super::outcome::{Outcome, OutcomeError, RankedBy};
use super::read::RuleContext;
use super::selection::SelectionError;
use crate::form::{Bit, Bits, FormBuilder};
use crate::json::Object;

/// A kind of contest. The type that implements this trait contains the parameters of one rule, as they are in the
/// manifest.
pub(super) trait ContestKind: Sized {
    /// The positions of the bits of a contest of this kind in its form.
    type Bits: EncodeSelection;

    /// The kind of mark for such a contest.
    const MARK: MarkKind;

    /// Reads the parameters from the manifest, without the field `kind`. Implementations must read every field, report
    /// everything that is wrong at its path, call [`Object::finish`], and return `None` if something is wrong.
    fn read<'a>(object: Object<'a>, context: &RuleContext<'a>) -> Option<Self>;

    /// Returns the number of counts, which are the totals that are decrypted, of a contest with this many options. The
    /// count of blank votes is the last.
    fn counts(&self, options: usize) -> usize;

    /// Returns the number of bits that [`compile`](Self::compile) appends for this many options.
    fn bits(&self, options: usize) -> usize;

    /// Appends bits, counts and rows to a form. The bits of every allowed selection must satisfy the rows. Bits that
    /// satisfy the rows must give the same counts as some allowed selection. Returns the positions of the bits, and the
    /// bit of the blank vote, if the rule allows one.
    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (Self::Bits, Option<Bit>);

    /// Returns the most that a ballot of weight 1 adds to a count. A ballot of weight `w` adds at most `w` times as
    /// much.
    fn count_bound(&self) -> u64 {
        1
    }

    /// Computes the outcome from the totals of all counts. `weight` is the sum of the weights of all counted ballots.
    ///
    /// # Errors
    ///
    /// [`OutcomeError`] if the number of totals is not the number of counts, or if no ballots of this weight can give
    /// these totals.
    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError>;

    /// Returns whether voters may cast a blank vote, which is counted separately.
    fn has_blank(&self) -> bool;

    /// Returns the factor by which the slots of a ballot are multiplied in the tally.
    fn multiplier(&self) -> Multiplier {
        Multiplier::RollWeight
    }

    /// Returns what ranks the options.
    fn ranked_by(&self) -> RankedBy {
        RankedBy::Totals
    }

    /// Returns the grades, the best first. Empty if the contest is not marked with grades.
    fn grades(&self) -> &[Grade] {
        &[]
    }
}

/// Encodes a selection in the bits of a contest.
pub(super) trait EncodeSelection: Clone + Debug {
    /// Checks a selection and sets all bits of the contest for a voter of this weight, except the bit of the blank vote.
    /// If the selection is refused, the bits are unchanged. Two selections with equally many marks must execute the
    /// same instructions and access the same addresses. A blank vote is only passed on if the rule allows one.
    ///
    /// # Errors
    ///
    /// [`SelectionError`], which names the part of the rule that the selection breaks.
    fn assign(&self, selection: &Selection, weight: u64, bits: &mut Bits) -> Result<(), SelectionError>;
}

/// Defines [`Rule`](super::Rule) and its methods from the list of kinds. An entry of the list is the type of a kind and
/// its name in the manifest. Each method is one `match` instead of a table, so that a program contains only the
/// functions that it calls.
macro_rules! kinds {
    ($($(#[$documentation:meta])* $kind:ident = $name:literal,)+) => {
        /// The rule of a contest: its kind, with the parameters of that kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "kind")]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$documentation])* #[serde(rename = $name)] $kind($kind),)+
        }

        /// The positions of the bits of a contest, by its kind.
        #[derive(Clone, Debug)]
        enum BitsOfKind {
            $($kind(<$kind as ContestKind>::Bits),)+
        }

        type ReadRule = for<'a> fn(Object<'a>, &RuleContext<'a>) -> Option<Rule>;

        /// The names of the kinds in the manifest, each with the function that reads its rule.
        const KINDS: &[(&str, ReadRule)] =
            &[$(($name, |object, context| ContestKind::read(object, context).map(Rule::$kind)),)+];

        impl Rule {
            /// Returns the number of counts, which are the totals that are decrypted, of a contest with this many
            /// options. `form::Packing` gives the number of counts that share a slot.
            #[must_use]
            pub fn counts(&self, options: usize) -> usize {
                match self { $(Self::$kind(kind) => kind.counts(options),)+ }
            }

            /// Returns the number of bits of a contest with this many options.
            #[must_use]
            pub fn bits(&self, options: usize) -> usize {
                match self { $(Self::$kind(kind) => kind.bits(options),)+ }
            }

            /// Appends the bits, the counts and the rows of a contest with these options to a form.
            pub fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> ContestBits {
                match self {
                    $(Self::$kind(kind) => {
                        let (bits, blank) = kind.compile(options, builder);
                        ContestBits { bits: BitsOfKind::$kind(bits), blank }
                    })+
                }
            }

            /// Returns the most that a ballot of weight 1 adds to a count. A ballot of weight `w` adds at most `w`
            /// times as much.
            #[must_use]
            pub fn count_bound(&self) -> u64 {
                match self { $(Self::$kind(kind) => kind.count_bound(),)+ }
            }

            /// Returns whether voters may cast a blank vote.
            #[must_use]
            pub fn has_blank(&self) -> bool {
                match self { $(Self::$kind(kind) => kind.has_blank(),)+ }
            }

            /// Returns the factor by which the slots of a ballot are multiplied in the tally.
            #[must_use]
            pub fn multiplier(&self) -> Multiplier {
                match self { $(Self::$kind(kind) => kind.multiplier(),)+ }
            }

            /// Returns the grades, the best first. Empty if the contest is not marked with grades.
            #[must_use]
            pub fn grades(&self) -> &[Grade] {
                match self { $(Self::$kind(kind) => kind.grades(),)+ }
            }

            /// Returns what ranks the options.
            #[must_use]
            pub fn ranked_by(&self) -> RankedBy {
                match self { $(Self::$kind(kind) => kind.ranked_by(),)+ }
            }

            /// Returns the kind of mark for such a contest, besides the blank vote.
            #[must_use]
            pub fn mark_kind(&self) -> MarkKind {
                match self { $(Self::$kind(_) => $kind::MARK,)+ }
            }

            /// Computes the result of the contest from the totals of all counts. `weight` is the sum of the weights of
            /// all counted ballots. What follows from it, [`Contest::decide`](crate::manifest::Contest::decide) says.
            ///
            /// # Errors
            ///
            /// [`OutcomeError`] if no ballots of this weight can give these totals.
            pub fn outcome(
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
