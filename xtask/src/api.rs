//! `cargo xtask public-api`: the public API of the library, compared with the recorded one.

use std::fs;

use crate::step::{Command, Failed, Steps};
use crate::wasm;

/// The JSON format of rustdoc that the version of `public-api` in `tests/Cargo.toml` reads.
const FORMAT: &str = "\"format_version\":57";

/// Compares the public API with the recorded one, or records it.
///
/// The API is that of builds without the feature `hazmat`.
pub(crate) fn run(steps: &mut Steps, write: bool) -> Result<(), Failed> {
    // A folder of its own, because RUSTC_BOOTSTRAP makes cargo build every dependency again.
    let target = wasm::target_folder(steps.root()).join("public-api");
    let json = target.join("doc/ballotta.json");
    // The JSON is unstable, and the variable allows it on a stable compiler. Optimised macros would take longer to build than
    // they save.
    let rustdoc = Command::cargo("rustdoc --package ballotta --lib --no-default-features --features std")
        .args(&["--config", "profile.dev.package.\"*\".opt-level=0"])
        .args(&["--", "-Zunstable-options", "--output-format=json"])
        .env("RUSTC_BOOTSTRAP", "1")
        .secretly("CARGO_TARGET_DIR", target.display().to_string());
    steps.run("public API: JSON", rustdoc)?;
    let name = "public API: comparison";
    if !fs::read_to_string(&json).is_ok_and(|text| text.contains(FORMAT)) {
        steps.skip(name, &format!("rustdoc of this compiler does not write {FORMAT}"));
        return Ok(());
    }
    // The same build as that of the other tests.
    let test = Command::cargo("test --workspace --test public_api")
        .secretly("BALLOTTA_RUSTDOC_JSON", json.display().to_string());
    steps.run(name, if write { test.env("BALLOTTA_WRITE", "1") } else { test })
}
