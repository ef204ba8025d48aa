//! The life of a ballot: choices, the prepared ballot, its opening or casting, and its verification.
//!
//! See `spec/ballot.md#life`.
//!
//! ```text
//! Choices --prepare--> PreparedBallot --cast--> SignedBallot --verify--> VerifiedBallot
//!                           \--open--> BallotOpening --check--> OpenedBallot (on a second device, never cast)
//! ```
//!
//! Casting and opening both consume a [`PreparedBallot`], so that one excludes the other. Its tracker is shown before
//! the voter chooses between them.

mod choices;
mod encrypt;
mod error;
mod mark;
mod opening;
mod prepare;
mod signed;
mod verify;

pub use choices::Choices;
pub use encrypt::BallotSeed;
pub use error::{ChoiceError, ChoiceErrors, ChoiceProblem};
pub use opening::{BallotOpening, OpenedBallot, OpeningError};
pub use prepare::PreparedBallot;
pub use signed::{BallotHeader, BoardBallotInfo, SignedBallot, UnsignedBallot};
pub use verify::{AdmissionError, Candidate, VerifiedBallot, Window, verify_ballots};

pub use crate::contest::Mark;
