//! What a voter marks in one contest.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// What a voter marks in one contest: the secret that a ballot keeps. Options and grades are named by their identifiers in
/// the manifest; inside the library, by their numbers. See `spec/ballot.md#choices`.
#[derive(Zeroize, ZeroizeOnDrop)]
#[non_exhaustive]
pub enum Mark<Id: Zeroize = String> {
    /// The blank vote, where the rule allows one.
    Blank,
    /// The options that are chosen, in any order.
    Options(Vec<Id>),
    /// Options with their points or votes. An option that is left out has none.
    Points(Vec<(Id, u64)>),
    /// Options with their grades.
    Grades(Vec<(Id, Id)>),
    /// Options from the first place to the last. Options that tie share a place.
    Ranking(Vec<Vec<Id>>),
    /// A list, and the candidates that are preferred.
    List {
        /// The option that is the list.
        list: Id,
        /// The options that are the candidates, in any order.
        preferences: Vec<Id>,
    },
}

/// A mark by the numbers of options and grades, which are counted from 0.
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
pub type Selection = Mark<usize>;

/// What a contest is marked with, besides the blank vote: the variants of [`Mark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarkKind {
    /// [`Mark::Options`]
    Options,
    /// [`Mark::Points`]
    Points,
    /// [`Mark::Grades`]
    Grades,
    /// [`Mark::Ranking`]
    Ranking,
    /// [`Mark::List`]
    List,
}
