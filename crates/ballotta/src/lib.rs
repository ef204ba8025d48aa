//! Elections whose result anybody can check and whose ballots nobody can read.
//!
//! Ballots are encrypted where they are made, proved valid without being opened and added up under encryption; several
//! trustees together open only the total. Everything that is published can be verified by anybody.
//!
//! The modules stand in the order of an election; a module imports only from those before it:
//!
//! ```text
//! group -> encoding, hash, transcript -> elgamal, discrete_log, form -> proofs
//!   -> manifest, contest, credential, key_ceremony -> election -> ballot -> board
//!   -> tally -> decryption -> record -> verifier -> voter, trustee, witness
//! ```
//!
//! The library has no input or output, no clock and no randomness of its own: random number generators are the last
//! parameter of what needs them. The normative text is `spec/` in the repository.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(feature = "weaken", not(debug_assertions)))]
compile_error!("the feature `weaken` switches checks off: it is for tests and cannot be part of a release build");

pub mod ballot;
pub mod board;
pub mod contest;
pub mod credential;
pub mod decryption;
pub mod discrete_log;
pub mod election;
pub mod elgamal;
pub mod encoding;
pub mod form;
pub mod group;
pub mod hash;
pub mod key_ceremony;
pub mod limits;
pub mod manifest;
pub mod manual;
pub mod proofs;
pub mod record;
pub mod tally;
#[cfg(test)]
mod testing;
pub mod transcript;
pub mod trustee;
pub mod verifier;
pub mod voter;
pub mod weaken;
pub mod witness;

/// The suite: group, hashes, transcripts and formats together. It is absorbed by every transcript; any other is refused.
pub const SUITE: &str = "ballotta/v1-draft.4/ristretto255";
