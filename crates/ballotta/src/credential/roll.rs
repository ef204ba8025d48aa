//! The roll: the list of all who may vote, with one line of text for each voter and no personal data.
//!
//! See `spec/credential.md#roll`.
//!
//! # Layout
//!
//! ```text
//! ballotta/v1-draft.5/roll <manifest hash>
//! <public credential> <style> <weight>
//! <public credential> <style> <weight>
//! ```
//!
//! The hash and the credentials are 64 lower-case hexadecimal digits. The style is its identifier in the manifest. The
//! weight is a decimal number without leading zeros. Fields are separated by single spaces, and every line ends with a
//! line feed. Credentials ascend strictly by their bytes, so that the order reveals nothing about people and every roll
//! has exactly one form.
//!
//! The lines of the voters are hashed as a [log](crate::merkle) of blocks of 32 lines, so that one block and a proof show
//! that a credential is on the roll. See [`RollHash`](crate::hash::RollHash).
//!
//! # Implementation details
//!
//! A roll is read in pieces and never kept in memory. Its [`RollIndex`] knows where its voters are.
//!
//! Decoding a credential costs far more than reading its line. So [`RollLine::key`] decodes it, and callers can call
//! that for many lines in parallel.

mod error;
mod index;
mod line;
mod reader;
mod rules;
mod signature;
#[cfg(test)]
mod tests;
mod totals;

pub use self::error::{RollError, RollProblem, RollRefused};
pub use self::index::{BLOCK_LINES, RollIndex, RollLookupError, read_roll_block};
pub use self::line::RollLine;
pub(crate) use self::line::first_bytes;
pub use self::reader::RollReader;
pub use self::rules::{MAX_ROLL_BYTES, RollRules};
pub use self::signature::{RollSignature, RollSignatureError};
pub use self::totals::{RollTotals, StyleTotals};

/// The name of the format of rolls, at the beginning of the first line of a roll.
pub const ROLL_FORMAT: &str = crate::format_name!("roll");
