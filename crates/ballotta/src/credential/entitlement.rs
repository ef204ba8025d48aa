//! The entitlement of a voter, from the roll.

/// The ballot that a voter may cast, according to the roll: its style and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The position of the ballot style in the manifest, counted from 0.
    pub style: usize,
    /// The weight with which the ballot is counted.
    pub weight: u64,
}
