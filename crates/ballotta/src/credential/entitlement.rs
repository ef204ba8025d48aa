//! What the roll says of a voter.

/// What the roll entitles a voter to: a ballot of this style, with this weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The ballot style, counted from 0.
    pub style: usize,
    /// The weight.
    pub weight: u64,
}
