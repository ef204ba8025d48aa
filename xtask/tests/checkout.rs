//! The tasks work on the checkout in which they are run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that looks like another clone of the repository. It is removed at the end.
struct Clone(PathBuf);

impl Clone {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        for file in ["Cargo.toml", "xtask/Cargo.toml", "xtask/src/main.rs", "spec/README.md"] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        Self(folder.canonicalize().unwrap())
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs this program in a folder, with the package that cargo names.
fn root(folder: &Path, package: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("root").current_dir(folder).env_remove("CARGO_MANIFEST_DIR");
    if let Some(package) = package {
        command.env("CARGO_MANIFEST_DIR", package);
    }
    command.output().unwrap()
}

fn printed(output: &Output) -> PathBuf {
    assert!(output.status.success(), "{output:?}");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end())
}

#[test]
fn another_clone_is_not_the_one_that_was_compiled() {
    let other = Clone::new("other-clone");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // `cargo xtask` in the other clone, and its program in a folder of it.
    assert_eq!(printed(&root(here, Some(&other.0.join("xtask")))), other.0);
    assert_eq!(printed(&root(&other.0.join("xtask/src"), None)), other.0);
    assert_eq!(printed(&root(here, None)), here);
    // Another package that cargo runs names itself.
    assert_eq!(printed(&root(&other.0, Some(&here.join("crates/ballotta")))), other.0);
}

#[test]
fn outside_a_clone_nothing_is_done() {
    let output = root(Path::new("/"), None);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("this is no checkout of the repository"));
}
