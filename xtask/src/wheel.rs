//! `cargo xtask wheel`: builds the Python package, and runs its tests on the wheel.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Command, Failed, Steps};
use crate::wasm::{built_command, shown, target_folder};

const PACKAGE: &str = "bindings/python";
/// The versions of everything that builds and tests the wheel.
const CONSTRAINTS: &str = "constraints.txt";

/// The oldest systems that the wheel for users must run on: those with glibc 2.28, of 2018. A library that is linked on a
/// newer system needs a newer glibc, so it is linked with the one that zig has.
const OLDEST: &str = "manylinux_2_28";

/// Builds the wheel for users into `wheels` of the target folder.
pub(crate) fn run(steps: &mut Steps) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    build(steps, &target, "release", true).map(drop)
}

/// The reason why the package cannot be built here, if there is one.
pub(crate) fn missing(steps: &Steps) -> Option<&'static str> {
    let python = steps.succeeds(&Command::new("python3 -c").args(&["import sys; assert sys.version_info >= (3, 10)"]));
    let venv = steps.succeeds(&Command::new("python3 -m venv --help"));
    (!python || !venv).then_some("python3 with venv, 3.10 or later, is not installed")
}

/// Builds a wheel and runs its tests in a fresh environment. The cryptography need not be fully optimised.
///
/// With `full`, the wheel is one for old systems. Every dependency is built again for that.
pub(crate) fn test(steps: &mut Steps, full: bool) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    let wheel = build(steps, &target, "dev", full)?;
    let environment = target.join("python-tests");
    let _ = fs::remove_dir_all(&environment);
    steps.run("wheel: fresh environment", Command::new("python3 -m venv").args(&[&shown(&environment)]))?;
    let extras = if full { "test,spark" } else { "test" };
    pip(steps, "wheel: install", &environment, &format!("{}[{extras}]", shown(&wheel)))?;
    // The command makes the records for the tests.
    let command = shown(&built_command(steps));
    let pytest = Command::program(&python(&environment)).args(&["-m", "pytest"]).within(PACKAGE);
    let pytest = pytest.secretly("BALLOTTA_COMMAND", command);
    let complete = |tests: Command| tests.env("BALLOTTA_FULL", "1").env("BALLOTTA_PORTABLE", "1");
    steps.run("wheel: tests", if full { complete(pytest) } else { pytest })
}

/// Builds a wheel, alone in its folder, with maturin in a separate environment. A portable one is for old systems, and
/// maturin fails if it needs a newer glibc.
fn build(steps: &mut Steps, target: &Path, profile: &str, portable: bool) -> Result<PathBuf, Failed> {
    let environment = target.join("python-build");
    if !environment.join("bin/maturin").exists() {
        steps.run("wheel: environment", Command::new("python3 -m venv").args(&[&shown(&environment)]))?;
        pip(steps, "wheel: maturin", &environment, "maturin")?;
    }
    let zig = Command::program(&python(&environment)).args(&["-m", "ziglang", "version"]);
    if portable && !steps.succeeds(&zig) {
        pip(steps, "wheel: zig", &environment, "ziglang")?;
    }
    let wheels = target.join("wheels").join(profile);
    let _ = fs::remove_dir_all(&wheels);
    let maturin = environment.join("bin/maturin");
    let arguments = ["build", "--profile", profile, "--out", &shown(&wheels)];
    let maturin = Command::program(&shown(&maturin)).args(&arguments).within(PACKAGE);
    let maturin = if portable {
        let zig = maturin.args(&["--zig", "--compatibility", OLDEST]);
        zig.secretly("CARGO_ZIGBUILD_PYTHON_PATH", python(&environment))
    } else {
        maturin
    };
    steps.run(&format!("wheel: {profile}"), maturin)?;
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
