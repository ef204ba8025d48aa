//! One line of a roll: a voter.

use super::error::{RollError, RollProblem};
use crate::credential::entitlement::Entitlement;
use crate::group::PublicElement;
use crate::weaken::{self, Check};

/// One voter of a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollLine {
    /// The number of the line, counted from 1; the first voter is on line 2. Of a voter who is to be written: a
    /// number by which an error shall name that voter.
    pub number: u64,
    /// The bytes of the public credential, which need not be an element of the group.
    pub credential: [u8; 32],
    /// The position of the ballot style in the list of styles.
    pub style: usize,
    /// The weight.
    pub weight: u64,
}

/// The place of a voter on the roll, from 0: the first voter is on line 2. A roll has at most 2^28 voters.
pub(super) fn voter_on_line(number: u64) -> u32 {
    number.saturating_sub(2) as u32
}

impl RollLine {
    /// The voter's place on the roll, counted from 0: the first voter is on line 2.
    #[must_use]
    pub fn voter(&self) -> u32 {
        voter_on_line(self.number)
    }

    /// What the line entitles the voter to.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: self.style, weight: self.weight }
    }

    /// The public credential.
    ///
    /// # Errors
    ///
    /// `BadCredential` unless it is an element of the group, `IdentityCredential` if it is the identity.
    pub fn key(&self) -> Result<PublicElement, RollError> {
        let refused = |problem| RollError { line: self.number, problem };
        let key = PublicElement::from_canonical(&self.credential).ok_or_else(|| refused(RollProblem::BadCredential))?;
        if key.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return Err(refused(RollProblem::IdentityCredential));
        }
        Ok(key)
    }
}
