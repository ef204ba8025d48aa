//! The life of a ballot: choices, the prepared ballot, its opening or casting, and what is verified before it counts.
//!
//! See `spec/ballot.md#life`.
//!
//! ```text
//! Choices --check--> PlaintextBallot --prepare--> PreparedBallot --cast--> SignedBallot --verify--> VerifiedBallot
//!                                                         \--open--> BallotOpening (checked on a second device, never cast)
//! ```
//!
//! A [`PreparedBallot`] is consumed by casting and by opening: one path excludes the other. Its tracker is shown before
//! the choice between them.

mod choices;
mod mark;
mod opening;
mod plaintext;
mod prepare;
mod signed;
mod verify;

pub use choices::{ChoiceError, ChoiceErrors, ChoiceProblem, Choices};
pub use mark::Mark;
pub use opening::{BallotOpening, OpenedBallot, OpeningError};
pub use plaintext::{PlaintextBallot, PlaintextError};
pub use prepare::{BallotSeed, PreparedBallot};
pub use signed::{BallotHeader, SignedBallot, UnsignedBallot};
pub use verify::{AdmissionError, Candidate, VerifiedBallot, Window, verify_ballots};
