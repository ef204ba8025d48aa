//! Elections whose result anybody can check and whose ballots nobody can read.
//!
//! Ballots are encrypted where they are made, proved valid without being opened and added up under encryption; several
//! trustees together open only the total. Everything that is published can be verified by anybody.
//!
//! # Start here
//!
//! - **A voter's app** reads an [`Election`](voter::Election) from its record, which checks everything that a voter can
//!   check. A voting code gives a [`Voter`](voter::Voter), who [prepares](voter::Voter::prepare) a ballot. The
//!   [`PreparedBallot`](ballot::PreparedBallot) shows its tracker and is then [cast](ballot::PreparedBallot::cast), or
//!   [opened](ballot::PreparedBallot::open) to test the device. See [`voter`].
//! - **A ballot box** resumes an [`Admission`](admission::Admission) from the board, and admits ballots one by one.
//!   [`EntryRules`](admission::EntryRules) decides about all other entries. [`BoardEntries`](admission::BoardEntries)
//!   is the storage of the board; `ballotta-io` implements it for a folder. See [`admission`].
//! - **A trustee** has a [`TrusteeSession`](trustee::TrusteeSession), which makes the messages of the key ceremony,
//!   verifies the closed record, signs one closing statement, and decrypts. The app provides the seed and a
//!   [`StatementStore`](trustee::StatementStore). See [`trustee`].
//! - **A witness** has a [`WitnessSession`](witness::WitnessSession), which cosigns a checkpoint if the board continues
//!   the one that the witness has cosigned before. The app provides the key and a [`HeadStore`](witness::HeadStore).
//!   See [`witness`].
//! - **An auditor** calls [`verify`](verifier::verify) with a [`RecordSource`](record::RecordSource). The
//!   [`Report`](verifier::Report) lists every check, what it counted, and every failure with its place. See
//!   [`verifier`].
//!
//! The example `whole_election` of this package runs through an election in memory. The examples `embed` and
//! `ballot_box` of `ballotta-io` are a voter's app and a ballot box for a record in a folder.
//!
//! # Randomness
//!
//! The library has no source of randomness. A function that needs a random number generator takes it as the last
//! parameter, with the trait [`CryptoRng`](rand_core::CryptoRng) of [`rand_core`], which is re-exported here in the
//! right version. Pass the generator of the operating system:
//!
//! ```
//! use ballotta::credential::VotingCode;
//! use ballotta::rand_core::UnwrapErr;
//! use getrandom::SysRng;
//!
//! let rng = &mut UnwrapErr(SysRng);
//! let code = VotingCode::generate(rng);
//! ```
//!
//! This needs the package `getrandom` 0.4 with its feature `sys_rng`; in a browser, also `wasm_js`. `UnwrapErr` panics
//! if the system has no randomness: nothing is made from weak randomness. Do not pass a generator with a fixed seed,
//! because whoever knows the seed can read the ballots and sign in place of voters and trustees. The verifier needs
//! randomness as well: it weights the proofs of a batch with numbers that nobody can predict.
//!
//! # Layers
//!
//! The modules are listed in an order that follows an election; a module imports only from modules before it. A test reads
//! the list and all imports.
//!
//! ```text
//! limits -> message -> weaken -> words -> problem -> json -> text -> symbols
//!   -> group -> hash -> index -> encoding -> transcript -> elgamal -> form -> discrete_log -> proofs -> signing
//!   -> contest -> manifest -> credential -> written -> key_ceremony -> election -> ballot -> board
//!   -> tally -> decryption -> record -> verifier -> voter -> trustee -> witness -> admission
//! ```
//!
//! Inside a module, a file may use what its parent file defines; apart from that, files do not import from each other in a
//! circle.
//!
//! The library has no input or output and no clock. The normative text is `spec/` in the repository.
//!
//! # Hazardous materials
//!
//! The feature `hazmat` makes the low-level modules public: `group`, `encoding`, `transcript`, `elgamal`, `form`,
//! `discrete_log` and `proofs`. It is for tests, benches and research. Clients, services and auditors do not need it.
//!
//! These modules do not enforce the rules of the protocol. Code that uses them can reveal votes or accept wrong results: for
//! example with a transcript that leaves out a part of the statement, or with a nonce that is used twice. They may change
//! in any release.

#![no_std]
#![forbid(unsafe_code)]
// Without `hazmat`, some items that are written `pub` cannot be reached, named or used. Builds of the whole workspace have the
// feature, and there these lints are on.
#![cfg_attr(not(feature = "hazmat"), allow(dead_code, unreachable_pub, unnameable_types, unused_imports))]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(feature = "weaken", not(debug_assertions)))]
compile_error!("the feature `weaken` switches checks off: it is for tests and cannot be part of a release build");

pub use encoding::DecodeError;
pub use rand_core;

pub mod admission;
pub mod ballot;
pub mod board;
pub mod contest;
pub mod credential;
pub mod decryption;
#[cfg(not(feature = "hazmat"))]
mod discrete_log;
#[cfg(feature = "hazmat")]
pub mod discrete_log;
pub mod election;
#[cfg(not(feature = "hazmat"))]
mod elgamal;
#[cfg(feature = "hazmat")]
pub mod elgamal;
#[cfg(not(feature = "hazmat"))]
mod encoding;
#[cfg(feature = "hazmat")]
pub mod encoding;
#[cfg(not(feature = "hazmat"))]
mod form;
#[cfg(feature = "hazmat")]
pub mod form;
#[cfg(not(feature = "hazmat"))]
mod group;
#[cfg(feature = "hazmat")]
pub mod group;
pub mod hash;
pub mod index;
mod json;
pub mod key_ceremony;
pub mod limits;
pub mod manifest;
pub mod manual;
pub mod message;
mod problem;
#[cfg(not(feature = "hazmat"))]
mod proofs;
#[cfg(feature = "hazmat")]
pub mod proofs;
pub mod record;
pub mod signing;
mod symbols;
pub mod tally;
#[cfg(test)]
mod testing;
mod text;
#[cfg(not(feature = "hazmat"))]
mod transcript;
#[cfg(feature = "hazmat")]
pub mod transcript;
pub mod trustee;
pub mod verifier;
pub mod voter;
#[cfg_attr(not(feature = "weaken"), doc(hidden))]
pub mod weaken;
pub mod witness;
mod words;
pub mod written;

/// The name of a format in the version of this library, as a string literal: `format_name!("roll")` is
/// `ballotta/v1-draft.5/roll`. All names with the version in them are made here.
#[macro_export]
macro_rules! format_name {
    ($format:literal) => {
        concat!("ballotta/v1-draft.5/", $format)
    };
}

/// Makes an error out of one that its sentence quotes. The quoted error is no source as well (as with `#[from]`),
/// because a program that prints the sources of an error would print it twice.
macro_rules! from_quoted {
    ($error:ident::$variant:ident($quoted:ty)) => {
        impl From<$quoted> for $error {
            fn from(quoted: $quoted) -> Self {
                Self::$variant(quoted)
            }
        }
    };
}
pub(crate) use from_quoted;

/// The suite: group, hashes, transcripts and formats together. Every transcript absorbs it. A manifest of another suite
/// is refused.
pub const SUITE: &str = format_name!("ristretto255");
