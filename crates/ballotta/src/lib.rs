//! Elections whose result anybody can check and whose ballots nobody can read.
//!
//! Ballots are encrypted where they are made, proved valid without being opened and added up under encryption; several
//! trustees together open only the total. Everything that is published can be verified by anybody.
//!
//! # Layers
//!
//! The modules are listed in an order that follows an election; a module imports only from modules before it. A test reads
//! the list and all imports.
//!
//! ```text
//! limits -> weaken -> problem -> json -> text
//!   -> group -> hash -> index -> encoding -> transcript -> elgamal -> form -> discrete_log -> proofs -> signing
//!   -> contest -> manifest -> credential -> key_ceremony -> election -> ballot -> board
//!   -> tally -> decryption -> record -> verifier -> voter -> trustee -> witness -> admission
//! ```
//!
//! Inside a module, a file may use what its parent file defines; apart from that, files do not import from each other in a
//! circle.
//!
//! The library has no input or output, no clock and no randomness of its own: random number generators are the last
//! parameter of the functions that need them. The normative text is `spec/` in the repository.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(feature = "weaken", not(debug_assertions)))]
compile_error!("the feature `weaken` switches checks off: it is for tests and cannot be part of a release build");

pub mod admission;
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
pub mod index;
mod json;
pub mod key_ceremony;
pub mod limits;
pub mod manifest;
pub mod manual;
mod problem;
pub mod proofs;
pub mod record;
pub mod signing;
pub mod tally;
#[cfg(test)]
mod testing;
mod text;
pub mod transcript;
pub mod trustee;
pub mod verifier;
pub mod voter;
#[cfg_attr(not(feature = "weaken"), doc(hidden))]
pub mod weaken;
pub mod witness;

/// The name of a format in the version of this library, as a string literal: `format_name!("roll")` is
/// `ballotta/v1-draft.4/roll`. All names with the version in them are made here.
#[macro_export]
macro_rules! format_name {
    ($format:literal) => {
        concat!("ballotta/v1-draft.4/", $format)
    };
}

/// The suite: group, hashes, transcripts and formats together. Every transcript absorbs it. A manifest of another suite
/// is refused.
pub const SUITE: &str = format_name!("ristretto255");
