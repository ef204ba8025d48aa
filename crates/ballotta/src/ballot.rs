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
//!
//! # Examples
//!
//! [`voter`](crate::voter) shows how a ballot is cast. To test the device, the voter opens a ballot instead, and a second
//! device, which has read the election by itself, checks it:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let (record, code) = (test.open_board().record(), test.codes[0].as_str());
//! # let letter = VoterNumber::written(test.credentials[0].public());
//! use ballotta::ballot::{BallotOpening, Choices, Mark};
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::voter::Election;
//! use ballotta::written::{VoterNumber, WrittenTracker};
//! use getrandom::SysRng;
//!
//! // The first device. `code` is the voting code that the voter typed.
//! let rng = &mut UnwrapErr(SysRng);
//! let election = Election::read(&record, rng)?;
//! let voter = election.voter(&record, &code.parse()?)?;
//! let previous = voter.predecessor(&election, &record, rng)?;
//! let mut choices = Choices::new();
//! choices.mark("c0", Mark::Options(vec!["o1".into()]));
//! let counter = std::time::UNIX_EPOCH.elapsed()?.as_nanos() as u64;
//! let prepared = voter.prepare(&election.context, choices, previous, counter, rng)?;
//! let shown = prepared.tracker().written(); // the voter writes it down, and only then decides to open the ballot
//! let opening = prepared.open().expose_bytes();
//!
//! // The second device. The voter types the tracker, and the voter number that is in the letter with the code.
//! let (tracker, voter_number): (WrittenTracker, VoterNumber) = (shown.parse()?, letter.parse()?);
//! let election = Election::read(&record, rng)?;
//! let opened = BallotOpening::decode(&election.context, &opening)?.check(&election.context, &tracker, &voter_number)?;
//! let choices = opened.expose_choices().to_json();
//! assert!(choices.contains("o1"), "the voter compares the choices: {}", *choices);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alone;
mod choices;
mod encrypt;
mod error;
mod mark;
mod opening;
mod prepare;
mod signed;
mod verify;

pub(crate) use alone::{verify_form, verify_own_signature};
pub use choices::Choices;
pub use encrypt::BallotSeed;
pub use error::{ChoiceError, ChoiceErrors, ChoiceProblem};
pub use opening::{BallotOpening, OpenedBallot, OpeningError};
pub use prepare::PreparedBallot;
pub use signed::{BallotHeader, BoardBallotInfo, SignedBallot, UnsignedBallot};
pub use verify::{AdmissionError, Candidate, VerifiedBallot, Window, verify_ballots};

pub use crate::contest::Mark;
