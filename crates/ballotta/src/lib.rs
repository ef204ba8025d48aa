//! Elections whose result anybody can check and whose ballots nobody can read.
//!
//! Ballots are encrypted where they are made, proved valid without being opened and added up under encryption; several
//! trustees together open only the total. Everything that is published can be verified by anybody.
//!
//! # Start here
//!
//! Each of these has a module with an example that runs. Most programs need one or two of them.
//!
//! | you write | begin with | and read |
//! |---|---|---|
//! | an app or a page with which people vote | [`voter::Election`] | [`voter`], [`written`] |
//! | a ballot box, or a service with a board | [`admission::Admission`] | [`admission`], [`board`] |
//! | a program for a trustee | [`trustee::TrusteeSession`] | [`trustee`], [`key_ceremony`] |
//! | a program for a witness | [`witness::WitnessSession`] | [`witness`] |
//! | a tool for an auditor | [`verifier::verify`] | [`verifier`], [`record`] |
//! | a page for complaints, or a judge's tool | [`evidence::Evidence`] | [`evidence`] |
//! | a tool for an organiser | [`manifest::ManifestContents`] | [`manifest`], [`election`] |
//! | a tool for a credential authority | [`credential::VotingCode`] | [`credential`] |
//! | anything that hands messages to people | [`message::Message`] | [`message`] |
//!
//! - **A voter's app** reads an [`Election`](voter::Election) from its record, which checks everything that a voter can
//!   check. A voting code gives a [`Voter`](voter::Voter), who [prepares](voter::Voter::prepare) a ballot. The
//!   [`PreparedBallot`](ballot::PreparedBallot) shows its tracker and is then [cast](ballot::PreparedBallot::cast), or
//!   [opened](ballot::PreparedBallot::open) to test the device.
//! - **A ballot box** resumes an [`Admission`](admission::Admission) from the board, and admits ballots one by one.
//!   [`EntryRules`](admission::EntryRules) decides about all other entries. [`BoardEntries`](admission::BoardEntries)
//!   is the storage of the board; `ballotta-io` implements it for a folder.
//! - **A trustee** has a [`TrusteeSession`](trustee::TrusteeSession), which makes the messages of the key ceremony,
//!   verifies the closed record, signs one closing statement, and decrypts. The app provides the seed and a
//!   [`StatementStore`](trustee::StatementStore).
//! - **A witness** has a [`WitnessSession`](witness::WitnessSession), which cosigns a checkpoint if the board continues
//!   the one that the witness has cosigned before. The app provides the key and a [`HeadStore`](witness::HeadStore).
//! - **An auditor** calls [`verify`](verifier::verify) with a [`RecordSource`](record::RecordSource). The
//!   [`Report`](verifier::Report) lists every check, what it counted, and every failure with its place.
//! - **Whoever accuses a board or a trustee** makes [`Evidence`](evidence::Evidence) out of what was
//!   [kept](evidence::Kept), such as [receipts](board::receipt) and checkpoints. Anybody else verifies it without the record.
//! - **An organiser** fills in [`ManifestContents`](manifest::ManifestContents), and later signs the opening and the
//!   closing with [`OrganiserEntry`](board::entry::OrganiserEntry). See [`election`].
//!
//! The example `whole_election` of this package runs through an election in memory. The examples `embed` and
//! `ballot_box` of `ballotta-io` are a voter's app and a ballot box for a record in a folder. The [`manual`] gives the
//! reasons for the defaults.
//!
//! # Randomness
//!
//! The library has no source of randomness. A function that needs a random number generator takes it as the last
//! parameter, with the trait [`CryptoRng`](rand_core::CryptoRng) of [`rand_core`], which is re-exported here in the
//! right version. The generator of the operating system is in another package, `getrandom`, which is not re-exported:
//! an app for a browser or a small device chooses its features.
//!
//! ```toml
//! [dependencies]
//! ballotta = "0.1"
//! getrandom = { version = "0.4", features = ["sys_rng"] } # in a browser also "wasm_js"
//! ```
//!
//! ```
//! use ballotta::credential::VotingCode;
//! use ballotta::rand_core::UnwrapErr;
//! use getrandom::SysRng;
//!
//! // One generator for the whole program, which hands it to every call.
//! let rng = &mut UnwrapErr(SysRng);
//! let (one, other) = (VotingCode::generate(rng), VotingCode::generate(rng));
//! assert_ne!(*one.expose_text(), *other.expose_text());
//! ```
//!
//! `UnwrapErr` panics if the system has no randomness: nothing is made from weak randomness. Do not pass a generator with
//! a fixed seed, because whoever knows the seed can read the ballots and sign in place of voters and trustees. The
//! verifier needs randomness as well: it weights the proofs of a batch with numbers that nobody can predict.
//!
//! One more number comes from the app: the `counter` of [`Voter::prepare`](voter::Voter::prepare), which must be
//! different for every ballot of a voter. Pass the time in nanoseconds. It protects voters if the generator repeats
//! itself, for example because a virtual machine was restored.
//!
//! # Results
//!
//! Each stage has one enum of errors, and the text of an error is a sentence for the person who meets it. A `Result`
//! inside another one separates two questions: whether the work could be done, and what came of one item.
//! [`Admission::verify`](admission::Admission::verify) fails as a whole if the roll cannot be read; otherwise it returns
//! a `Result` for each ballot, because an invalid ballot does not concern the others.
//! [`Admission::admit`](admission::Admission::admit) has both in one enum: after
//! [`AdmitError::Refused`](admission::AdmitError::Refused) the ballot box goes on, after any other error it must be
//! resumed. [`verify`](verifier::verify) returns no `Result`: what is wrong with a record is in its report.
//!
//! # Layers
//!
//! The modules are listed in an order that follows an election; a module imports only from modules before it. A test reads
//! the list and all imports.
//!
//! ```text
//! limits -> message -> weaken -> parallel -> words -> problem -> json -> text -> symbols
//!   -> group -> hash -> merkle -> index -> encoding -> transcript -> elgamal -> form -> discrete_log -> proofs -> signing
//!   -> contest -> decision -> manifest -> credential -> written -> key_ceremony -> election -> ballot -> board
//!   -> tally -> decryption -> evidence -> record -> verifier -> voter -> trustee -> witness -> admission
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
pub mod decision;
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
pub mod evidence;
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
pub mod merkle;
pub mod message;
mod parallel;
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
