//! The verifier for JavaScript.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ballotta::board::verified_head;
use ballotta::merkle::TreeHead;
use ballotta::record::{MemoryRecord, RecordSource, SourceError, read_manifest};
use ballotta::verifier::{Progress, Stage, VerifyOptions, verify};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{Outcome, Refused};
use crate::fetch::RawFetch;
use crate::json;
use crate::random::system_rng;

#[wasm_bindgen]
extern "C" {
    /// Receives the progress: `progress` in the JavaScript that `cargo xtask wasm` wraps, one for each instance.
    #[wasm_bindgen(js_namespace = progress, js_name = report)]
    fn show(stage: &str, done: f64, total: f64);
}

/// Verifies a record and returns the report as the command prints it. `listed` says whether all files were given.
#[wasm_bindgen]
pub fn verify_record(
    fetch: RawFetch,
    listed: bool,
    fingerprint: &str,
    checkpoint: Vec<u8>,
    stage: &str,
) -> Result<Uint8Array, JsValue> {
    let record = fetch.into_record();
    let options = options(&record, fingerprint, &checkpoint, stage)?;
    let mut rng = system_rng()?;
    let verification = if listed {
        verify(&record, &options, &report, &mut rng)
    } else {
        verify(&Unlisted(record), &options, &report, &mut rng)
    };
    Ok(json(&verification.report).map_err(Refused::from)?)
}

/// A record from a source that cannot list its files.
struct Unlisted(MemoryRecord);

impl RecordSource for Unlisted {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.0.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.0.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

/// Passes the progress to JavaScript. Counts of bytes and entries of a record in memory are exact in a double.
fn report(seen: Progress) {
    show(seen.stage, seen.done as f64, seen.total as f64);
}

fn options(record: &MemoryRecord, fingerprint: &str, checkpoint: &[u8], stage: &str) -> Outcome<VerifyOptions> {
    let invalid = |field: &str, message: &str| Refused::new("invalid-input", field, message);
    let fingerprint = match fingerprint {
        "" => None,
        text => Some(text.parse().map_err(|error| Refused::slip("fingerprint", error))?),
    };
    let stage = match stage {
        "voting" => Stage::Voting,
        "closed" => Stage::Closed,
        "complete" => Stage::Complete,
        _ => return Err(invalid("stage", "a stage is voting, closed or complete")),
    };
    let checkpoints = if checkpoint.is_empty() { Vec::new() } else { alloc::vec![head(record, checkpoint)?] };
    Ok(VerifyOptions { stage, fingerprint, checkpoints })
}

/// The head of a checkpoint that somebody kept, which the board of the record must have signed.
fn head(record: &MemoryRecord, checkpoint: &[u8]) -> Outcome<TreeHead> {
    let refused = |message: String| Refused::new("bad-checkpoint", "checkpoint", message);
    let manifest = read_manifest(record).map_err(|error| refused(error.to_string()))?;
    verified_head(&manifest, checkpoint).map_err(|error| refused(error.to_string()))
}
