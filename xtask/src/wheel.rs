//! `cargo xtask wheel`: builds the Python package, and runs its tests on the wheel.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Command, Failed, Steps};
use crate::wasm::{built_command, shown, target_folder};

const PACKAGE: &str = "bindings/python";
/// The versions of everything that builds and tests the wheel.
const CONSTRAINTS: &str = "constraints.txt";

/// Builds the wheel for users into `wheels` of the target folder.
pub(crate) fn run(steps: &mut Steps) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    build(steps, &target, "release").map(drop)
}

/// The reason why the package cannot be built here, if there is one.
pub(crate) fn missing(steps: &Steps) -> Option<&'static str> {
    let python = steps.succeeds(&Command::new("python3 -c").args(&["import sys; assert sys.version_info >= (3, 10)"]));
    let venv = steps.succeeds(&Command::new("python3 -m venv --help"));
    (!python || !venv).then_some("python3 with venv, 3.10 or later, is not installed")
}

/// Builds a wheel and runs its tests in a fresh environment. The cryptography need not be fully optimised.
pub(crate) fn test(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    let wheel = build(steps, &target, "dev")?;
    let environment = target.join("python-tests");
    let _ = fs::remove_dir_all(&environment);
    steps.run("wheel: fresh environment", Command::new("python3 -m venv").args(&[&shown(&environment)]))?;
    let extras = if full { "test,spark" } else { "test" };
    pip(steps, "wheel: install", &environment, &format!("{}[{extras}]", shown(&wheel)))?;
    // The command makes the records for the tests.
    let command = shown(&built_command(steps));
    let pytest = Command::program(&python(&environment)).args(&["-m", "pytest"]).within(PACKAGE);
    let pytest = pytest.secretly("BALLOTTA_COMMAND", command);
    steps.run("wheel: tests", if full { pytest.env("BALLOTTA_FULL", "1") } else { pytest })
}

/// Builds a wheel, alone in its folder, with maturin in a separate environment.
fn build(steps: &mut Steps, target: &Path, profile: &str) -> Result<PathBuf, Failed> {
    let environment = target.join("python-build");
    if !environment.join("bin/maturin").exists() {
        steps.run("wheel: environment", Command::new("python3 -m venv").args(&[&shown(&environment)]))?;
        pip(steps, "wheel: maturin", &environment, "maturin")?;
    }
    let wheels = target.join("wheels").join(profile);
    let _ = fs::remove_dir_all(&wheels);
    let maturin = environment.join("bin/maturin");
    let arguments = ["build", "--profile", profile, "--out", &shown(&wheels)];
    steps.run(&format!("wheel: {profile}"), Command::program(&shown(&maturin)).args(&arguments).within(PACKAGE))?;
    let mut found = fs::read_dir(&wheels).into_iter().flatten().flatten().map(|entry| entry.path());
    found.next().ok_or(Failed)
}

fn python(environment: &Path) -> String {
    shown(&environment.join("bin/python"))
}

fn pip(steps: &mut Steps, name: &str, environment: &Path, what: &str) -> Result<(), Failed> {
    let arguments =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", CONSTRAINTS, what];
    steps.run_again(name, &|| Command::program(&python(environment)).args(&arguments).within(PACKAGE))
}
