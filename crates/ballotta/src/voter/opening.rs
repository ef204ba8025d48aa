//! The check of an opened ballot by the record: a voter with an older and a newer letter accuses no device.

use rand_core::CryptoRng;

use super::{CodeChange, Election, LightElection, VoterError};
use crate::ballot::{BallotOpening, OpenedBallot, OpeningError};
use crate::election::ElectionContext;
use crate::record::RecordSource;
use crate::written::{VoterNumber, WrittenTracker};

impl Election {
    /// Checks an opening on the second device, as [`BallotOpening::check`] does. If the ballot is not that of the voter with this
    /// number, the changes of the roll say whether the voter has got another letter.
    ///
    /// # Errors
    ///
    /// `Opening` if the opening does not agree with the ballot, the tracker or the voter number. `OpeningOfChangedCode` if a change of
    /// the roll explains that the ballot has another number, and `UnknownNumber` if no voter has the number: then no device is accused.
    /// Otherwise why the record cannot be read.
    pub fn check_opening<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        opening: &[u8],
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<OpenedBallot, VoterError> {
        check(&self.context, opening, tracker, voter, |credential| {
            self.code_change(source, voter, Some(credential), rng)
        })
    }
}

impl LightElection {
    /// Checks an opening on the second device, as [`Election::check_opening`] does.
    ///
    /// # Errors
    ///
    /// The same errors; `OpeningNotExplained` where `Opening` would accuse the device that made the ballot, if the roll may change: small
    /// parts of a record do not prove that a number was not revoked. `UnknownNumber` may also mean that the board does not announce the change yet which adds the number.
    pub fn check_opening<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        opening: &[u8],
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<OpenedBallot, VoterError> {
        let explain = |credential: &[u8; 32]| self.code_change(source, voter, credential, rng);
        let opened = check(&self.context, opening, tracker, voter, explain);
        match opened {
            Err(VoterError::Opening(OpeningError::OtherVoter { .. }))
                if self.context.manifest().roll_changes().is_some() =>
            {
                Err(VoterError::OpeningNotExplained)
            }
            opened => opened,
        }
    }
}

/// Checks an opening. `explain` looks for the change of the roll that explains the credential of the ballot.
fn check(
    context: &ElectionContext,
    opening: &[u8],
    tracker: &WrittenTracker,
    voter: &VoterNumber,
    explain: impl FnOnce(&[u8; 32]) -> Result<Option<CodeChange>, VoterError>,
) -> Result<OpenedBallot, VoterError> {
    let opening = BallotOpening::decode(context, opening).map_err(VoterError::Opening)?;
    let credential = *opening.unsigned().credential().as_bytes();
    match opening.check(context, tracker, voter) {
        Ok(opened) => Ok(opened),
        Err(error @ OpeningError::OtherVoter { .. }) => match explain(&credential)? {
            Some(change) => Err(VoterError::OpeningOfChangedCode { change }),
            None => Err(VoterError::Opening(error)),
        },
        Err(error) => Err(VoterError::Opening(error)),
    }
}
