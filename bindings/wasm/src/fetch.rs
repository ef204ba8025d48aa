//! Records that are fetched file by file.

use alloc::string::String;
use alloc::vec::Vec;

use ballotta::record::MemoryRecord;
use ballotta::voter::{Purpose, RecordFetch};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Refused;
use crate::json;

/// A record that is being fetched.
#[wasm_bindgen]
pub struct RawFetch {
    fetch: RecordFetch,
}

#[derive(Serialize)]
struct Wanted {
    path: String,
    limit: u64,
}

#[wasm_bindgen]
impl RawFetch {
    /// Begins to fetch a record, for voting or for verifying.
    #[wasm_bindgen(constructor)]
    pub fn new(whole: bool) -> Self {
        Self { fetch: RecordFetch::new(if whole { Purpose::Verify } else { Purpose::Vote }) }
    }

    /// The files that are needed next, as a JSON list of `path` and `limit`.
    pub fn wanted(&mut self) -> Result<Uint8Array, wasm_bindgen::JsValue> {
        let wanted = self.fetch.wanted().into_iter().map(|wanted| Wanted { path: wanted.path, limit: wanted.limit });
        Ok(json(&wanted.collect::<Vec<_>>()).map_err(Refused::from)?)
    }

    /// Adds a file that was fetched.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.fetch.add(path, bytes);
    }

    /// Notes that the record has no such file.
    pub fn absent(&mut self, path: &str) {
        self.fetch.absent(path);
    }
}

impl RawFetch {
    pub(crate) fn into_record(self) -> MemoryRecord {
        self.fetch.into_record()
    }
}
