//! The checkout on which the tasks work: the one in which they are run.
//!
//! It is not the one in which this program was compiled. A copied target folder has a program from another checkout.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the checkout, or `None` if there is none.
pub(crate) fn root() -> Option<PathBuf> {
    // `cargo xtask` sets this variable to the folder of the package xtask. Other programs that cargo runs set others.
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let of_cargo = package.as_deref().and_then(Path::parent).filter(|folder| is_checkout(folder));
    of_cargo.map(Path::to_owned).or_else(|| above(&env::current_dir().ok()?))
}

/// The nearest checkout that contains a folder.
fn above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| is_checkout(folder)).map(Path::to_owned)
}

fn is_checkout(folder: &Path) -> bool {
    ["Cargo.toml", "xtask/Cargo.toml", "spec/README.md"].iter().all(|file| folder.join(file).is_file())
}
