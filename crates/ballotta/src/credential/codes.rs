//! All voting codes of a voter: one from each credential authority.
//!
//! See `spec/credential.md#derivation`.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::code::{VotingCode, VotingCodeError};
use super::{Credential, CredentialError};
use crate::hash::JointKeyHash;
use crate::manifest::Manifest;

/// The voting codes of a voter, one from each credential authority, in any order. Usually there is one.
///
/// Parsing reads one code on each line that is not empty.
pub struct VotingCodes {
    codes: Vec<VotingCode>,
}

/// A text does not contain voting codes only. The error reveals no symbol of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VotingCodesError {
    /// The number of the code that cannot be read, counted from 1; `None` if the text has only one code.
    pub number: Option<usize>,
    /// What is wrong with the code.
    pub error: VotingCodeError,
}

impl fmt::Display for VotingCodesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "code {number}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl core::error::Error for VotingCodesError {}

impl VotingCodes {
    /// Derives the credential of the voter, whose secret is the sum of the secrets of all codes. Constant time.
    ///
    /// # Errors
    ///
    /// `WrongNumberOfCodes` unless there is one code for each credential authority of the manifest, `RepeatedCode`, or
    /// `ZeroSecret` with a probability of about `2^-252`.
    pub fn derive(&self, manifest: &Manifest, joint_key: &JointKeyHash) -> Result<Credential, CredentialError> {
        let (expected, found) = (manifest.credential_authorities().len(), self.codes.len());
        if found != expected {
            return Err(CredentialError::WrongNumberOfCodes { expected, found });
        }
        let is_repeated = |(place, code): (usize, &VotingCode)| self.codes.iter().take(place).any(|it| it.is(code));
        if self.codes.iter().enumerate().any(is_repeated) {
            return Err(CredentialError::RepeatedCode);
        }
        let parts = self.codes.iter().map(|code| Credential::derive(code, manifest.hash(), joint_key));
        Credential::combine(&parts.collect::<Result<Vec<_>, _>>()?)
    }
}

impl From<VotingCode> for VotingCodes {
    fn from(code: VotingCode) -> Self {
        Self { codes: Vec::from([code]) }
    }
}

impl From<Vec<VotingCode>> for VotingCodes {
    fn from(codes: Vec<VotingCode>) -> Self {
        Self { codes }
    }
}

impl FromStr for VotingCodes {
    type Err = VotingCodesError;

    fn from_str(text: &str) -> Result<Self, VotingCodesError> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let is_one = lines().nth(1).is_none();
        // An empty text is a code that is too short.
        let nothing = if lines().next().is_none() { Some("") } else { None };
        let read = |(number, line): (usize, &str)| {
            let number = if is_one { None } else { Some(number) };
            line.parse().map_err(|error| VotingCodesError { number, error })
        };
        (1..).zip(lines().chain(nothing)).map(read).collect::<Result<Vec<_>, _>>().map(|codes| Self { codes })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    const FIRST: &str = "0024H-36H2N-CSVRH-6DAQF-6DVVQ-ZE6";

    #[test]
    fn each_line_is_a_code() {
        let count = |text: &str| text.parse::<VotingCodes>().map(|codes| codes.codes.len());
        assert_eq!(count(FIRST), Ok(1));
        assert_eq!(count(&std::format!("\n {FIRST} \r\n\n{FIRST}\n")), Ok(2));
        let error = VotingCodeError::WrongLength { found: 0 };
        assert_eq!(count(" \n"), Err(VotingCodesError { number: None, error }));
        let error = VotingCodeError::Checksum;
        let wrong = FIRST.replace("E6", "E7");
        assert_eq!(count(&wrong), Err(VotingCodesError { number: None, error }));
        let second = VotingCodesError { number: Some(2), error };
        assert_eq!(count(&std::format!("{FIRST}\n{wrong}")), Err(second));
        assert_eq!(second.to_string(), "code 2: the voting code contains a mistake: compare it letter by letter");
    }
}
