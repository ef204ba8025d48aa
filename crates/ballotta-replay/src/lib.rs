//! Reads published ballots in foreign formats, and converts them into contests and ballots of [`ballotta`].
//!
//! A [`Format`] reads a source: cast vote records, participatory budgets, ranked ballots, approval profiles, weighted
//! votes (`spec/command-line.md#replay`). [`count()`] counts its [`Ballots`] plainly, without any code of the library.
//! [`Ballots::questions`] and [`Ballots::choices`] return what an encrypted election with the same ballots needs.
//! [`compare()`] compares three numbers: the published one, the counted one, and the one that the election decrypted.
//!
//! Sources are not trusted: every length is limited, and a reader refuses everything that it does not understand. The
//! error names the file and the line ([`ReplayError`]). The crate reads files and writes none.
//!
//! # Examples
//!
//! ```
//! use std::path::Path;
//!
//! use ballotta_replay::{Comparison, Format, compare, count};
//!
//! let source = Path::new("tests/samples/budget.pb");
//! let ballots = Format::detect(source)?.read(source)?;
//! assert_eq!((ballots.title(), ballots.len()), ("Participatory budget of a small town", 3));
//!
//! let counts = count(&ballots);
//! assert_eq!(counts[0].options, [3, 1, 0]);
//! // No election was held: the plain counts are compared with what was published.
//! assert!(compare(&ballots, &counts, None).iter().all(Comparison::agrees));
//! # Ok::<(), ballotta_replay::ReplayError>(())
//! ```

mod approval;
mod ballots;
mod compare;
mod count;
mod dominion;
mod error;
mod format;
mod pabulib;
mod ranked;
mod shares;
mod text;

pub use ballots::{Ballots, Questions};
pub use compare::{Comparison, Number, Ranking, compare};
pub use count::{Count, count};
pub use error::ReplayError;
pub use format::{Format, UnknownFormatName};
