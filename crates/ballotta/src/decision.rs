//! What follows from the outcome of a contest: who is elected, whether a motion passes, and who takes the seats of lists.
//!
//! See `spec/contests.md#decisions`. An [`Outcome`](crate::contest::Outcome) has totals and a ranking. A decision is made from
//! it by a rule of the manifest, in exact integers, and names the part of the rule that made it. Ties are decided by
//! [lot](LotSeed) where the manifest says so; otherwise what depends on a tie stays open.

mod lot;
mod motion;
mod seats;
mod share;
#[cfg(test)]
mod tests;
mod winners;

use serde::{Deserialize, Serialize};

pub use self::lot::LotSeed;
pub(crate) use self::lot::lot_base;
pub use self::motion::{Condition, ConditionResult, Motion, MotionBase, MotionBecause, MotionResult};
pub(crate) use self::seats::seat;
pub use self::seats::{ListBecause, ListSeats, Seated, SeatedBy, SeatsResult};
pub use self::share::{QuorumRule, Share};
pub use self::winners::{Elected, ElectedBy, PassedOver, Winners, WinnersGroup, WinnersResult};

/// What decisions depend on besides the outcome of the contest.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Whether the quorum is reached, if the manifest requires one. Without quorum nothing is decided.
    pub has_quorum: bool,
    /// The sum of the weights of the ballots that count in the contest.
    pub weight: u64,
    /// The sum of the weights of the voters who have the contest on their ballot.
    pub eligible_weight: u64,
    /// The lot that decides ties. `None` if ties stay open.
    pub lot: Option<&'a LotSeed>,
}

/// Why places or seats stay open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenBecause {
    /// The quorum is not reached: nobody is elected.
    NoQuorum,
    /// More options tie than there are places, and the manifest leaves ties open.
    Tie,
    /// The limits of groups keep other options from the places.
    Groups,
    /// No other option has a vote.
    NoVotes,
}
