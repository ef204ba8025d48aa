//! `cargo xtask test`: everything that must hold before a change is merged.

use crate::step::{Command, Failed, Steps};

/// Where the library must build without the standard library: a browser, and a processor without an operating system.
const BARE_TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "thumbv7em-none-eabi"];
/// The features of the library, each of which must build alone. `weaken` is for tests, which run with it.
const FEATURES: [&str; 3] = ["std", "parallel", "precomputed-tables"];

/// The quick checks come first.
pub(crate) fn run(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    steps.run("format", Command::cargo("fmt --all --check"))?;
    steps.run("lints", Command::cargo("clippy --workspace --all-targets"))?;
    steps.inspect(
        "dependencies",
        Command::cargo("tree --package ballotta --no-default-features --edges normal"),
        dependencies,
    )?;
    licences(steps)?;
    builds(steps)?;
    // Private items too: whoever reads the code reads those.
    let documentation = Command::cargo("doc --workspace --no-deps --document-private-items");
    steps.run("documentation", documentation.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    tests(steps, full)
}

/// The library's own dependencies: one generation of the group, and no source of randomness.
fn dependencies(tree: &str) -> Result<(), String> {
    let packages = |name: &str| {
        let mut found: Vec<&str> = tree
            .lines()
            .map(|line| line.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches(" (*)"))
            .filter(|package| package.split(' ').next() == Some(name))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    match packages("curve25519-dalek").as_slice() {
        [_] => {}
        found => return Err(format!("expected one curve25519-dalek, found {found:?}")),
    }
    match packages("getrandom").as_slice() {
        [] => Ok(()),
        found => Err(format!("the library must not draw randomness from the system, but depends on {found:?}")),
    }
}

fn licences(steps: &mut Steps) -> Result<(), Failed> {
    let name = "licences";
    if !steps.has("deny.toml") {
        steps.skip(name, "there is no deny.toml");
    } else if !steps.succeeds(&Command::cargo("deny --version")) {
        steps.skip(name, "cargo-deny is not installed");
    } else {
        steps.run(name, Command::cargo("deny check licenses bans sources"))?;
    }
    Ok(())
}

fn builds(steps: &mut Steps) -> Result<(), Failed> {
    // Checked, not built: the tests build the library, and other features would build every dependency again.
    steps.run("features: none", Command::cargo("check --package ballotta --no-default-features"))?;
    for feature in FEATURES {
        let check = Command::cargo("check --package ballotta --no-default-features --features").args(&[feature]);
        steps.run(&format!("features: {feature}"), check)?;
    }
    for target in BARE_TARGETS {
        let name = format!("build: {target}");
        let install = Command::new("rustup target add").args(&[target]);
        // The second try is for a network that fails once.
        if steps.succeeds(&install) || steps.succeeds(&install) {
            let build = Command::cargo("build --package ballotta --no-default-features --target").args(&[target]);
            steps.run(&name, build)?;
        } else {
            steps.skip(&name, &format!("the target is missing and `{install}` fails"));
        }
    }
    Ok(())
}

fn tests(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    // Suites that take minutes look for the variable; tests that take longer still are ignored otherwise.
    let tests = |line: &str| {
        let command = Command::cargo(line);
        if full { command.env("BALLOTTA_FULL", "1").args(&["--", "--include-ignored"]) } else { command }
    };
    steps.run("tests", tests("test --workspace"))?;
    steps.run("tests: weakened", tests("test --package ballotta --features weaken"))?;
    // The targets are also ordinary tests over a corpus and its mutations: no nightly compiler is needed.
    if steps.has("fuzz/Cargo.toml") {
        steps.run("tests: fuzz targets", tests("test --manifest-path fuzz/Cargo.toml"))?;
    } else {
        steps.skip("tests: fuzz targets", "there is no fuzz/Cargo.toml");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_generation_of_the_group_and_system_randomness_are_refused() {
        let good = "ballotta v0.1.0\n├── curve25519-dalek v5.0.0\n└── ed25519-dalek v3.0.0\n    └── curve25519-dalek v5.0.0 (*)";
        assert_eq!(dependencies(good), Ok(()));
        let two = format!("{good}\n└── merlin v3.0.0\n    └── curve25519-dalek v4.1.3");
        let found = r#"expected one curve25519-dalek, found ["curve25519-dalek v4.1.3", "curve25519-dalek v5.0.0"]"#;
        assert_eq!(dependencies(&two), Err(found.to_owned()));
        let random = format!("{good}\n└── getrandom v0.4.1");
        let found = r#"the library must not draw randomness from the system, but depends on ["getrandom v0.4.1"]"#;
        assert_eq!(dependencies(&random), Err(found.to_owned()));
    }
}
