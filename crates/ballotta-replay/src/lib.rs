//! Reads published ballots in foreign formats, and converts them into contests and ballots of [`ballotta`].
//!
//! A [`Source`] is a file, a folder or an archive. A [`Format`] reads it: cast vote records, participatory budgets, ranked
//! ballots, approval profiles, weighted votes (`spec/command-line.md#replay`). [`count()`] counts its [`Ballots`] plainly, without any code of the library.
//! [`Ballots::questions`] and [`Ballots::choices`] return what an encrypted election with the same ballots needs.
//! [`compare()`] compares three numbers: the published one, the counted one, and the one that the election decrypted.
//!
//! Sources are not trusted: every length is limited, and a reader refuses everything that it does not understand. The
//! error names the file and the line ([`ReplayError`]). What a reader leaves out or changes is in [`Ballots::notes`]. The
//! crate writes no files but those of an archive, into a temporary folder.
//!
//! # Examples
//!
//! ```
//! use std::path::Path;
//!
//! use ballotta_replay::{Comparison, Format, Source, compare, count};
//!
//! let source = Source::open(Path::new("tests/samples/budget.pb"))?;
//! let ballots = Format::detect(&source)?.read(&source)?;
//! assert_eq!((ballots.title(), ballots.len()), ("Participatory budget of a small town", 3));
//!
//! let counts = count(&ballots);
//! assert_eq!(counts[0].options, [3, 1, 0]);
//! // No election was held: the plain counts are compared with what was published.
//! assert!(compare(&ballots, &counts, None).iter().all(Comparison::agrees));
//! # Ok::<(), ballotta_replay::ReplayError>(())
//! ```

mod approval;
mod archive;
mod ballots;
mod blt;
mod columns;
mod compare;
mod count;
mod dominion;
mod error;
mod format;
mod nist;
mod pabulib;
mod preflib;
mod profile;
mod raire;
mod ranked;
mod rankings;
mod rctab;
mod shares;
mod sheets;
mod source;
mod text;
mod votekit;

pub use ballots::{Ballots, Questions};
pub use compare::{Comparison, Number, Ranking, compare};
pub use count::{Count, count};
pub use error::ReplayError;
pub use format::{Format, UnknownFormatName};
pub use source::Source;
