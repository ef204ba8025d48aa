//! The test election: a whole one in memory, from the manifest to the published result, whose every step can be
//! altered.
//!
//! All randomness comes from one seed, so that vectors, failures and measurements repeat themselves. The package does
//! not ask for the feature `weaken` of the library: benches build it for release.
//!
//! # Examples
//!
//! ```
//! use ballotta_testkit::election::{Choice, Election, ElectionOptions};
//!
//! // Ten voters, a question with two options, two of three trustees.
//! let election = Election::build(ElectionOptions::default());
//! let mut board = election.open_board();
//! board.vote(0, &[Choice::Options(vec![1])]);
//! board.vote(1, &[Choice::Options(vec![0])]);
//! // The last ballot of a voter counts.
//! board.vote(1, &[Choice::Options(vec![1])]);
//! board.finish();
//! board.expect_valid();
//! assert_eq!(board.expected()[0].ballots, 2);
//!
//! // A dishonest board: it signs a log in which a ballot is missing.
//! board.entries.remove(election.first_ballot() as usize);
//! assert!(!board.verify().report.holds());
//! ```

pub mod ceremony;
pub mod choice;
pub mod election;
pub mod kinds;
pub mod rng;
