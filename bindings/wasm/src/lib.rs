//! The module behind the npm package `ballotta`: types and errors of the library, mapped for JavaScript, and nothing else.
//!
//! What crosses is bytes, text and numbers: data as JSON, secrets as bytes that are wiped here. `js/` makes of it what
//! people call; nobody else calls what stands here. It is built twice: the feature `voter` makes the module that every voter
//! loads, `verifier` the one that is loaded when somebody verifies.
//!
//! # Security
//!
//! Randomness is `crypto.getRandomValues`, of which every call takes 32 bytes and expands them with ChaCha20; without it
//! nothing is done. A panic ends the instance of the module: `js/` discards it with everything in it.
//!
//! # Implementation details
//!
//! There is no standard library in the modules. Nobody reads what a panic says here, and without the machinery that says it,
//! and the places in the source that it names, the modules are a tenth smaller.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod bare;
#[cfg(feature = "voter")]
mod election;
mod error;
mod fetch;
mod random;
#[cfg(feature = "verifier")]
mod verify;

use js_sys::Uint8Array;
use serde::Serialize;

#[cfg(feature = "voter")]
pub use self::election::{RawCredential, RawElection, RawPrepared};
pub use self::fetch::RawFetch;
#[cfg(feature = "verifier")]
pub use self::verify::verify_record;

/// Data for JavaScript, as JSON.
fn json(data: &impl Serialize) -> Result<Uint8Array, serde_json::Error> {
    Ok(bytes(&serde_json::to_vec(data)?))
}

/// Bytes for JavaScript, copied at once: what stays here is wiped by whoever owns it.
fn bytes(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}
