//! `cargo xtask test`: everything that must pass before a merge.

use crate::step::{Command, Failed, Steps};
use crate::{api, wasm, wheel};

/// The targets for which the library must build without the standard library: a browser, and bare metal.
const BARE_TARGETS: [&str; 2] = ["thumbv7em-none-eabi", "wasm32-unknown-unknown"];
/// The features of the library. Each must build alone (with `--full`). `weaken` is for tests, which run with it.
const FEATURES: [&str; 4] = ["std", "parallel", "precomputed-tables", "hazmat"];

/// Runs all steps, the quick checks first.
pub(crate) fn run(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    steps.run("format", Command::cargo("fmt --all --check"))?;
    let tracked = Command::new("git ls-files *.pyc");
    if steps.succeeds(&tracked) {
        steps.inspect("compiled Python", tracked, no_files)?;
    } else {
        steps.skip("compiled Python", "this is no clone of the repository");
    }
    steps.run("lints", Command::cargo("clippy --workspace --all-targets"))?;
    steps.inspect(
        "dependencies",
        Command::cargo("tree --package ballotta --no-default-features --edges normal"),
        dependencies,
    )?;
    licences(steps)?;
    builds(steps, full)?;
    // Private items are included, because readers of the code read their documentation.
    let documentation = Command::cargo("doc --workspace --no-deps --document-private-items");
    steps.run("documentation", documentation.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    // Users of the library see neither private items nor those of `hazmat`, so nothing may link to them.
    let documentation = Command::cargo("doc --package ballotta --no-deps");
    steps.run("documentation for users", documentation.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    tests(steps, full)?;
    clients(steps, full)?;
    auditors(steps, full)
}

/// The packages of this name in the output of `cargo tree`, each version once.
fn packages<'a>(tree: &'a str, name: &str) -> Vec<&'a str> {
    let mut found: Vec<&str> = tree
        .lines()
        .map(|line| line.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches(" (*)"))
        .filter(|package| package.split(' ').next() == Some(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Checks that the library depends on one version of the group, and on no source of randomness.
fn dependencies(tree: &str) -> Result<(), String> {
    match packages(tree, "curve25519-dalek").as_slice() {
        [_] => {}
        found => return Err(format!("expected one curve25519-dalek, found {found:?}")),
    }
    match packages(tree, "getrandom").as_slice() {
        [] => Ok(()),
        found => Err(format!("the library must not draw randomness from the system, but depends on {found:?}")),
    }
}

/// Checks that no compiled Python is tracked, because Python would run it instead of the text that an auditor reads.
fn no_files(listed: &str) -> Result<(), String> {
    if listed.trim().is_empty() {
        Ok(())
    } else {
        Err(format!("compiled files must not be tracked: {}", listed.trim()))
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

/// Checks the library without building it, because other features would build every dependency again. A bare target
/// has no features, and the modules for browsers are built later.
fn builds(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    for feature in FEATURES.iter().filter(|_| full) {
        let check = Command::cargo("check --package ballotta --no-default-features --features").args(&[feature]);
        steps.run(&format!("features: {feature}"), check)?;
    }
    if full {
        // The tests and the benches enable `hazmat`, so a build of the whole workspace does not show that these need it.
        let check =
            Command::cargo("check --package ballotta-cli --package ballotta-io --package ballotta-replay --examples");
        steps.run("features: no hazmat", check.args(&["--bins", "--lib"]))?;
    }
    for target in BARE_TARGETS {
        let name = format!("target: {target}");
        let install = Command::new("rustup target add").args(&[target]);
        let is_built = !full && target.starts_with("wasm32");
        // The second try is for a network that fails once.
        if steps.succeeds(&install) || steps.succeeds(&install) {
            let check = Command::cargo("check --package ballotta --no-default-features --target").args(&[target]);
            if !is_built {
                steps.run(&name, check)?;
            }
        } else {
            steps.skip(&name, &format!("the target is missing and `{install}` fails"));
        }
    }
    Ok(())
}

fn tests(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    // Suites that take minutes test for this variable. Tests that take even longer are ignored without `--full`.
    let tests = |line: &str| {
        let command = Command::cargo(line);
        if full { command.env("BALLOTTA_FULL", "1").args(&["--", "--include-ignored"]) } else { command }
    };
    // `tests/` enables `weaken`, so all packages are built with it, and the library's weakened tests run here as well.
    steps.run("tests", tests("test --workspace"))?;
    api::run(steps, false)?;
    if std::env::var_os("BALLOTTA_DATA").is_none() {
        steps.skip("tests: replays of real ballots", "BALLOTTA_DATA names no folder of published ballots");
    }
    // The tests have built the example. Building it alone would build everything again.
    let example = wasm::target_folder(steps.root()).join("debug/examples/whole_election").display().to_string();
    steps.run("tests: an example", Command::program(&example))?;
    // The fuzz targets are also ordinary tests over a corpus and its mutations, which need no nightly compiler.
    if steps.has("fuzz/Cargo.toml") {
        // This is a separate workspace with the same profiles, so that common dependencies are built once.
        let target = wasm::target_folder(steps.root()).display().to_string();
        let targets = tests("test --manifest-path fuzz/Cargo.toml").secretly("CARGO_TARGET_DIR", target);
        steps.run("tests: fuzz targets", targets)?;
    } else {
        steps.skip("tests: fuzz targets", "there is no fuzz/Cargo.toml");
    }
    if full { constant_time(steps) } else { Ok(()) }
}

/// Measures the encoding of choices in the machine code of a release build.
fn constant_time(steps: &mut Steps) -> Result<(), Failed> {
    if !steps.succeeds(&Command::new("valgrind --version")) {
        steps.skip("constant time", "valgrind is not installed");
        return Ok(());
    }
    steps.run("constant time", Command::cargo("run --release --package ballotta-benches --bin traces"))
}

/// Tests the Python package on its wheel.
fn auditors(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    second_verifier(steps, full)?;
    match wheel::missing(steps) {
        Some(missing) => {
            steps.skip("wheel", missing);
            Ok(())
        }
        None => wheel::test(steps, full),
    }
}

/// Tests the second verifier in Python: always the vectors, changed records and some changed bytes; with `--full` whole
/// elections and the complete comparison with the command, which take minutes.
fn second_verifier(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    if !steps.succeeds(&Command::new("python3 --version")) {
        steps.skip("second verifier", "python3 is not installed");
        return Ok(());
    }
    let tests = |line: &str| Command::new(line).within("spec/reference/tests");
    let short = "python3 -B -m unittest test_vectors test_forms test_outcomes test_records.ClosedRecords test_records.Manifests \
                 test_records.Edges test_evidence";
    steps.run("second verifier: vectors and forms", tests(short))?;
    let command = wasm::built_command(steps).display().to_string();
    let against = |line: &str| tests(line).secretly("BALLOTTA_COMMAND", command.clone());
    if full {
        let all = against("python3 -B -m unittest test_verifier test_kinds test_records test_evidence")
            .env("BALLOTTA_FULL", "1");
        steps.run("second verifier: elections", all)
    } else {
        let changed = "python3 -B -m unittest test_verifier.Bytes test_records.ChangedRecords test_records.Unreadable \
                       test_evidence.Evidence.test_the_command";
        steps.run("second verifier: changed records", against(changed))
    }
}

/// Tests the npm package, in Node and in a real browser.
fn clients(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    let tree = "tree --package ballotta-wasm --target wasm32-unknown-unknown --edges normal";
    steps.inspect("wasm: dependencies", Command::cargo(tree), one_source_of_randomness)?;
    if let Some(missing) = wasm::missing(steps) {
        steps.skip("wasm", missing);
        return Ok(());
    }
    let target = wasm::target_folder(steps.root());
    wasm::build(steps, &target)?;
    if full {
        wasm::build_again(steps, &target.join("wasm-again"))?;
    }
    // First try as root, then once more after updating the list of packages.
    let chromium = Command::new("test -x /usr/bin/chromium");
    let install = Command::new("apt-get install -y --no-install-recommends chromium");
    let ready = [&chromium, &install, &chromium].map(|command| steps.succeeds(command));
    if !ready[2] {
        let _ = steps.succeeds(&Command::new("apt-get update")) && steps.succeeds(&install);
    }
    if !steps.succeeds(&chromium) {
        steps.skip("wasm: browser", "/usr/bin/chromium is missing and cannot be installed");
    }
    let shown = |path: std::path::PathBuf| path.display().to_string();
    let command = shown(wasm::built_command(steps));
    let packaged = Command::new("node --test tests/").within("bindings/wasm").secretly("BALLOTTA", command.clone());
    steps.run("wasm: tests in Node and of the package", packaged)?;

    let booth = |line: &str| Command::new(line).within("examples/booth-mini");
    steps.run_again("booth-mini: npm packages", &|| booth("npm ci --ignore-scripts --no-audit --no-fund"))?;
    steps.run("booth-mini: types", booth("node_modules/.bin/tsc --noEmit"))?;
    steps.run("booth-mini: build", booth("node_modules/.bin/vite build"))?;
    let test = booth("node --test tests/")
        .secretly("BALLOTTA", command)
        .secretly("SCREENSHOTS", shown(target.join("screenshots")));
    steps.run("booth-mini: twenty voters", test)
}

/// Checks that there is one version of `getrandom`. A second one would be a second source of randomness.
fn one_source_of_randomness(tree: &str) -> Result<(), String> {
    match packages(tree, "getrandom").as_slice() {
        [_] => Ok(()),
        found => Err(format!("expected one getrandom, found {found:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_be_there_is_refused() {
        let good = "ballotta v0.1.0\n├── curve25519-dalek v5.0.0\n└── ed25519-dalek v3.0.0\n    └── curve25519-dalek v5.0.0 (*)";
        assert_eq!(dependencies(good), Ok(()));
        let two = format!("{good}\n└── merlin v3.0.0\n    └── curve25519-dalek v4.1.3");
        let found = r#"expected one curve25519-dalek, found ["curve25519-dalek v4.1.3", "curve25519-dalek v5.0.0"]"#;
        assert_eq!(dependencies(&two), Err(found.to_owned()));
        let random = format!("{good}\n└── getrandom v0.4.1");
        let found = r#"the library must not draw randomness from the system, but depends on ["getrandom v0.4.1"]"#;
        assert_eq!(dependencies(&random), Err(found.to_owned()));
        assert_eq!(one_source_of_randomness(&random), Ok(()));
        let found = r#"expected one getrandom, found ["getrandom v0.2.17", "getrandom v0.4.1"]"#;
        assert_eq!(one_source_of_randomness(&format!("{random}\n└── getrandom v0.2.17")), Err(found.to_owned()));
        assert_eq!(no_files("\n"), Ok(()));
        let found = "compiled files must not be tracked: a/__pycache__/b.pyc";
        assert_eq!(no_files("a/__pycache__/b.pyc\n"), Err(found.to_owned()));
        assert_eq!(one_source_of_randomness(good), Err("expected one getrandom, found []".to_owned()));
    }
}
