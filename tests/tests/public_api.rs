//! The public API of the library, compared with the recorded one in `crates/ballotta/public-api.txt`.
//!
//! `cargo xtask public-api` makes the JSON of rustdoc and runs this test with its path in `BALLOTTA_RUSTDOC_JSON`. Without
//! the variable, the test passes.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

#[test]
fn the_public_api_is_the_recorded_one() {
    let Some(json) = env::var_os("BALLOTTA_RUSTDOC_JSON") else {
        eprintln!(
            "skipped: BALLOTTA_RUSTDOC_JSON does not name the JSON of rustdoc, which `cargo xtask public-api` makes"
        );
        return;
    };
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap();
    let found: String = api.items().map(|item| format!("{item}\n")).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ballotta/public-api.txt");
    if env::var_os("BALLOTTA_WRITE").is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let recorded = fs::read_to_string(path).unwrap();
    let [old, new] = [&recorded, &found].map(|api| api.lines().collect::<BTreeSet<&str>>());
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    let added = new.difference(&old).map(|line| format!("+ {line}\n"));
    let changes: String = gone.chain(added).collect();
    assert!(
        recorded == found,
        "the public API has changed:\n{changes}If this is intended, accept it with `cargo xtask public-api --write`, commit \
         crates/ballotta/public-api.txt and add a line to CHANGELOG.md."
    );
}
