//! One line of a roll, which describes one voter.

use super::error::{RollError, RollProblem};
use crate::credential::entitlement::Entitlement;
use crate::group::PublicElement;
use crate::weaken::{self, Check};

/// One voter on a roll, with credential, style and weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollLine {
    /// The number of the line, counted from 1. The first voter is on line 2. Lines that changes add follow the last line of the
    /// opening; 0 if it is not known which changes have an effect. For a roll that is written, any number by which errors name
    /// this voter.
    pub number: u64,
    /// The bytes of the public credential, which need not be an element of the group.
    pub credential: [u8; 32],
    /// The position of the ballot style in the list of styles.
    pub style: usize,
    /// The weight of the ballot of this voter.
    pub weight: u64,
}

/// The first 8 bytes of a credential, as a number that ascends with its bytes.
pub(crate) fn first_bytes(credential: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *credential;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The place of a voter on the roll, counted from 0: the first voter is on line 2. A roll has at most 2^28 voters.
pub(super) fn voter_on_line(number: u64) -> u32 {
    number.saturating_sub(2) as u32
}

impl RollLine {
    /// Returns the place of the voter on the roll, counted from 0: the first voter is on line 2.
    #[must_use]
    pub fn voter(&self) -> u32 {
        voter_on_line(self.number)
    }

    /// The place of the voter on the roll, if it is known.
    pub(crate) fn place(&self) -> Option<u32> {
        (self.number >= 2).then(|| self.voter())
    }

    /// The first 8 bytes of the credential, as a number that ascends with the roll.
    pub(crate) fn first_bytes(&self) -> u64 {
        first_bytes(&self.credential)
    }

    /// Returns the style and the weight of the ballot that the voter may cast.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: self.style, weight: self.weight }
    }

    /// Decodes the public credential as an element of the group.
    ///
    /// # Errors
    ///
    /// `BadCredential` if the bytes are not an element of the group, or `IdentityCredential` if they are the identity.
    pub fn key(&self) -> Result<PublicElement, RollError> {
        let refused = |problem| RollError { line: self.number, problem };
        let key = PublicElement::from_canonical(&self.credential).ok_or_else(|| refused(RollProblem::BadCredential))?;
        if key.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return Err(refused(RollProblem::IdentityCredential));
        }
        Ok(key)
    }
}
