//! The roll: who may vote, one line of text per voter, and nothing personal.
//!
//! See `spec/credential.md#roll`.
//!
//! # Layout
//!
//! ```text
//! ballotta/v1-draft.4/roll <manifest hash>
//! <public credential> <style> <weight>
//! <public credential> <style> <weight>
//! ```
//!
//! Hash and credentials are 64 lower-case hexadecimal digits, the style is its identifier in the manifest, the weight
//! is a decimal number without leading zeros. Fields are separated by single spaces, every line ends in a line feed, and
//! credentials ascend strictly by their bytes, so that order says nothing about people and every roll has one form.
//!
//! # Implementation details
//!
//! A roll is read in pieces and never kept in memory; its [`RollIndex`] says where its voters are.
//!
//! Decoding a credential costs far more than reading its line: it is left to [`RollLine::key`], which callers call for
//! many lines in parallel.

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
pub use self::index::{RollIndex, RollLookupError};
pub use self::line::RollLine;
pub use self::reader::RollReader;
pub use self::rules::RollRules;
pub use self::signature::{RollSignature, RollSignatureError};
pub use self::totals::{RollTotals, StyleTotals};

/// The name of the format of rolls, with which the first line of a roll begins.
pub const ROLL_FORMAT: &str = crate::format_name!("roll");
