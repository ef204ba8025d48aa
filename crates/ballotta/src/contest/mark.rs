//! Marks: the choice of a voter in one contest.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The choice of a voter in one contest, which is secret. Options and grades are named by their identifiers in the
/// manifest or, inside the library, by their numbers. See `spec/ballot.md#choices`.
#[derive(Zeroize, ZeroizeOnDrop)]
#[non_exhaustive]
pub enum Mark<Id: Zeroize = String> {
    /// The blank vote, if the rule allows one.
    Blank,
    /// The options that are chosen, in any order.
    Options(Vec<Id>),
    /// Options with their points or votes. An option that is left out has 0.
    Points(Vec<(Id, u64)>),
    /// All options, each with its grade.
    Grades(Vec<(Id, Id)>),
    /// Options from the first place to the last. Options that tie share a place.
    Ranking(Vec<Vec<Id>>),
    /// A list, and the candidates that are preferred.
    List {
        /// The option that is the chosen list.
        list: Id,
        /// The options that are the preferred candidates, in any order.
        preferences: Vec<Id>,
    },
}

/// A mark that names options and grades by their numbers, which are counted from 0.
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
pub type Selection = Mark<usize>;

/// The kind of mark for a contest, besides the blank vote. The variants are those of [`Mark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarkKind {
    /// The contest is marked with [`Mark::Options`].
    Options,
    /// The contest is marked with [`Mark::Points`].
    Points,
    /// The contest is marked with [`Mark::Grades`].
    Grades,
    /// The contest is marked with [`Mark::Ranking`].
    Ranking,
    /// The contest is marked with [`Mark::List`].
    List,
}
