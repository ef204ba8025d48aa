//! The WebAssembly modules of the npm package `ballotta`. They only map types and errors of the library for JavaScript.
//!
//! Bytes, text and numbers are exchanged: data as JSON, secrets as bytes that are wiped here. Only `js/` calls these
//! functions; users call `js/`. The crate is built three times: the feature `light` makes the module that reads an
//! election in small parts, `voter` the one that reads all of it, `verifier` the one that is loaded for a verification.
//!
//! # Security
//!
//! Randomness is `crypto.getRandomValues`: every call takes 32 bytes and expands them with ChaCha20. Without it, the
//! call fails. A panic ends the instance of the module: `js/` discards it with everything in it.
//!
//! # Implementation details
//!
//! The modules do not contain the standard library. Nobody reads panic messages here. Without the code that formats
//! them, and the source locations in them, the modules are a tenth smaller.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(any(feature = "voter", feature = "light"))]
mod ballots;
#[cfg(target_arch = "wasm32")]
mod bare;
#[cfg(feature = "voter")]
mod election;
mod error;
#[cfg(any(feature = "voter", feature = "verifier"))]
mod fetch;
#[cfg(feature = "light")]
mod light;
#[cfg(feature = "light")]
mod parts;
mod random;
#[cfg(feature = "verifier")]
mod verify;

use js_sys::Uint8Array;
use serde::Serialize;

#[cfg(any(feature = "voter", feature = "light"))]
pub use self::ballots::{RawPrepared, first_line, from_text};
#[cfg(feature = "voter")]
pub use self::election::{RawCredential, RawElection};
#[cfg(any(feature = "voter", feature = "verifier"))]
pub use self::fetch::RawFetch;
#[cfg(feature = "light")]
pub use self::light::{RawLight, RawLightCredential};
#[cfg(feature = "verifier")]
pub use self::verify::verify_record;

/// Writes data for JavaScript as JSON.
fn json(data: &impl Serialize) -> Result<Uint8Array, serde_json::Error> {
    Ok(bytes(&serde_json::to_vec(data)?))
}

/// Copies bytes for JavaScript. The owner of the bytes wipes the original.
fn bytes(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}
