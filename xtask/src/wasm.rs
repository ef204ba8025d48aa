//! `cargo xtask wasm`: builds the npm package, with the same bytes on every machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Command, Failed, Steps};

const PACKAGE: &str = "bindings/wasm";
const DIST: &str = "bindings/wasm/dist";
/// A WebAssembly module of the package.
struct Module {
    /// The feature of the crate with which it is built.
    feature: &'static str,
    /// The name of the module and of the JavaScript that calls it.
    file: &'static str,
    glue: &'static str,
    /// The names that this JavaScript exports to `js/`.
    gives: &'static str,
    /// The size limits, uncompressed and with the best brotli. Lower them when the module shrinks; whoever raises one says why.
    max_bytes: u64,
    max_brotli_bytes: u64,
}

/// The modules. A voter loads one of the first two; the third is loaded only for a verification.
const MODULES: [Module; 3] = [
    Module {
        feature: "light",
        file: "light.wasm",
        glue: "raw-light.js",
        gives: "RawLight, first_line, from_text",
        // Raised when it began to read receipts, the witnesses of the close, and to make evidence against a board that broke its
        // promise; and for changes of the roll, one code of each authority, and what a manifest says of decisions; and for older
        // and newer letters, cancellations, the age of a copy, attachments and the order of options.
        max_bytes: 433_000,
        max_brotli_bytes: 164_000,
    },
    Module {
        feature: "voter",
        file: "ballotta.wasm",
        glue: "raw.js",
        gives: "RawFetch, RawElection, first_line, from_text",
        // Raised when it began to share its code with the module of the light client, which is what telephones load, and for
        // changes of the roll, codes in parts and what contests decide; as the module before it since then; for the number of
        // nobody and openings with the number of another letter.
        max_bytes: 452_500,
        max_brotli_bytes: 172_500,
    },
    Module {
        feature: "verifier",
        file: "verify.wasm",
        glue: "raw-verifier.js",
        gives: "RawFetch, verify_record, progress",
        // Raised when eight kinds of contests and their results were added, for the verdicts and the limits of what void
        // entries cost, and for the heads of the voters; for changes of the roll, codes in parts, decisions and the lot; for the
        // bound of ballots, attachments and cancellations; for lines of the roll that sums of parts show.
        max_bytes: 586_500,
        max_brotli_bytes: 218_500,
    },
];
/// `--all-features` writes a module that browsers refuse.
const WASM_OPT: &str = "node_modules/.bin/wasm-opt -Oz -Oz --enable-bulk-memory --enable-bulk-memory-opt \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals --enable-reference-types \
    --enable-multivalue --strip-debug --strip-producers";

/// Builds the package into `bindings/wasm/dist`, and prints its hash and its sizes.
pub(crate) fn run(steps: &mut Steps, again: bool) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    build(steps, &target)?;
    if again {
        build_again(steps, &target.join("wasm-again"))?;
    }
    steps.run("wasm: sizes and hash", node("scripts/summary.mjs"))
}

/// Measures a voter's waiting times in a browser, and natively.
pub(crate) fn bench(steps: &mut Steps) -> Result<(), Failed> {
    let target = target_folder(steps.root());
    steps.run("wasm: the command", Command::cargo("build --package ballotta-cli"))?;
    steps.run("wasm: natively", Command::cargo("build --release --package ballotta-benches --bin voter"))?;
    let bench = Command::new("node scripts/bench.mjs").within("examples/booth-mini");
    let bench = bench.secretly("BALLOTTA", shown(&target.join("debug/ballotta")));
    steps.run("wasm: in Chromium", bench.secretly("VOTER", shown(&target.join("release/voter"))))
}

/// The reason why the package cannot be built here, if there is one.
pub(crate) fn missing(steps: &Steps) -> Option<&'static str> {
    let install = Command::new("rustup target add wasm32-unknown-unknown");
    if !steps.succeeds(&Command::new("node --version")) || !steps.succeeds(&Command::new("npm --version")) {
        return Some("node and npm are not installed");
    }
    // The second try is for a network that fails once.
    let target = steps.succeeds(&install) || steps.succeeds(&install);
    (!target).then_some("the target wasm32-unknown-unknown is missing and cannot be installed")
}

/// Builds the package with a target folder of its own.
pub(crate) fn build(steps: &mut Steps, target: &Path) -> Result<(), Failed> {
    let install = || Command::new("npm ci --ignore-scripts --no-audit --no-fund").within(PACKAGE);
    steps.run_again("wasm: npm packages", &install)?;
    let dist = steps.root().join(DIST);
    steps.act("wasm: folder", || {
        let _ = fs::remove_dir_all(&dist);
        fs::create_dir_all(&dist).map_err(|error| error.to_string())?;
        for (from, to) in [
            ("bindings/wasm/js/raw.d.ts", "raw.d.ts"),
            ("bindings/wasm/js/raw-light.d.ts", "raw-light.d.ts"),
            ("bindings/wasm/js/raw-verifier.d.ts", "raw-verifier.d.ts"),
            ("bindings/wasm/README.md", "README.md"),
            ("LICENSE-MIT", "LICENSE-MIT"),
            ("LICENSE-APACHE", "LICENSE-APACHE"),
        ] {
            fs::copy(steps_root(&dist).join(from), dist.join(to)).map_err(|error| format!("{from}: {error}"))?;
        }
        Ok(())
    })?;
    for module in &MODULES {
        module.build(steps, target, &dist)?;
    }
    steps.run("wasm: TypeScript", Command::new("node_modules/.bin/tsc -p .").within(PACKAGE))?;
    steps.run("wasm: package.json", node("scripts/package.mjs"))?;
    let limits = MODULES.iter().fold(node("scripts/limits.mjs"), |command, module| {
        command.args(&[module.file, &module.max_bytes.to_string(), &module.max_brotli_bytes.to_string()])
    });
    steps.run("wasm: limits", limits)
}

/// Builds the package a second time, from nothing, and compares the bytes.
pub(crate) fn build_again(steps: &mut Steps, target: &Path) -> Result<(), Failed> {
    let hash = |steps: &mut Steps, name: &str, expected: Option<&str>| {
        let mut found = String::new();
        steps.inspect(name, node("scripts/summary.mjs --hash"), |printed| {
            found = printed.trim().to_owned();
            match expected {
                Some(expected) if expected != found => Err(format!("{found}, and {expected} before")),
                _ => Ok(()),
            }
        })?;
        Ok(found)
    };
    let first = hash(steps, "wasm: hash", None)?;
    let _ = fs::remove_dir_all(target);
    build(steps, target)?;
    hash(steps, "wasm: the same bytes again", Some(&first)).map(drop)
}

impl Module {
    /// Writes the module, and the JavaScript that calls it.
    fn build(&self, steps: &mut Steps, target: &Path, dist: &Path) -> Result<(), Failed> {
        let compiled = compile(steps, target, self.feature)?;
        let bindgen = shown(&target.join("bindgen"));
        let manifest = format!("{PACKAGE}/bindgen/Cargo.toml");
        let bound = target.join("wasm-bound");
        let bind = Command::cargo("run --quiet").args(&["--manifest-path", &manifest, "--target-dir", &bindgen, "--"]);
        steps.run("wasm: bind", bind.args(&[&shown(&compiled), &shown(&bound)]))?;
        steps.act("wasm: wrap", || {
            let glue = fs::read_to_string(bound.join("raw.js")).map_err(|error| error.to_string())?;
            fs::write(dist.join(self.glue), wrap(&glue, self.gives)?).map_err(|error| error.to_string())
        })?;
        let optimise = Command::new(WASM_OPT).within(PACKAGE);
        let module = shown(&bound.join("raw_bg.wasm"));
        steps.run("wasm: optimise", optimise.args(&[&module, "-o", &format!("dist/{}", self.file)]))
    }
}

/// Compiles a module. Paths of this machine are replaced by names, because they would be in the messages of panics.
fn compile(steps: &mut Steps, target: &Path, feature: &str) -> Result<PathBuf, Failed> {
    let home = |variable: &str, folder: &str| {
        std::env::var(variable).unwrap_or_else(|_| format!("{}/{folder}", std::env::var("HOME").unwrap_or_default()))
    };
    let rustc = |argument: &str| {
        let output = std::process::Command::new("rustc").arg(argument).current_dir(steps.root()).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cargo = home("CARGO_HOME", ".cargo");
    let mut renamed = vec![
        (shown(steps.root()), "ballotta".to_owned()),
        (cargo.clone(), "cargo".to_owned()),
        (home("RUSTUP_HOME", ".rustup"), "rustup".to_owned()),
    ];
    // The last prefix that matches is used. The folder of a registry has its address in its name.
    let registries = fs::read_dir(format!("{cargo}/registry/src")).into_iter().flatten().flatten();
    renamed.extend(registries.map(|registry| (shown(&registry.path()), "registry".to_owned())));
    // Paths of the standard library, as they are if its source is not installed.
    let version = rustc("-vV");
    if let Some(commit) = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")) {
        let source = rustc("--print=sysroot") + "/lib/rustlib/src/rust";
        renamed.push((source, format!("/rustc/{commit}")));
    }
    let mut flags: Vec<String> = renamed.iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}")).collect();
    // SHA-2 uses loops, since unrolled rounds take 19 KB.
    flags.extend(["--cfg", "sha2_backend_soft=\"compact\""].map(str::to_owned));
    let build = Command::cargo("build --locked --package ballotta-wasm --profile wasm --target wasm32-unknown-unknown")
        .args(&["--no-default-features", "--features", feature]);
    // The flags of .cargo/config.toml are for other processors.
    let build = build.args(&["--target-dir", &shown(target)]).secretly("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    steps.run("wasm: compile", build)?;
    Ok(target.join("wasm32-unknown-unknown/wasm/ballotta_wasm.wasm"))
}

/// Wraps the output of wasm-bindgen in a function, so that every call has its own variables and its own module.
///
/// `js/` wipes an instance at once, and a later finalizer would free memory that no longer exists. So there are none.
fn wrap(glue: &str, gives: &str) -> Result<String, String> {
    let mut body = String::new();
    let mut ends = 0;
    for line in glue.lines() {
        let line = match line {
            "export { initSync, __wbg_init as default };" => {
                ends += 1;
                continue;
            }
            line if line.starts_with("/* @ts-self-types") => continue,
            line => line.strip_prefix("export ").unwrap_or(line),
        };
        if !line.is_empty() {
            body.push_str("  ");
            body.push_str(line);
        }
        body.push('\n');
    }
    let foreign = |line: &str| line.starts_with("  export ") || line.starts_with("  import ");
    if ends != 1 || body.contains("import.meta") || body.lines().any(foreign) {
        return Err("wasm-bindgen writes other JavaScript than this function knows".to_owned());
    }
    // The receiver of the verifier's progress, which the caller sets.
    let progress = if gives.contains("progress") { "  const progress = { report() {} };\n" } else { "" };
    Ok(format!(
        "export function instantiate() {{\n  const FinalizationRegistry = undefined;\n{progress}{body}  return {{ init: __wbg_init, {gives} }};\n}}\n"
    ))
}

fn node(line: &str) -> Command {
    Command::new("node").args(&line.split(' ').collect::<Vec<_>>()).within(PACKAGE)
}

pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn steps_root(dist: &Path) -> &Path {
    dist.ancestors().nth(3).unwrap_or(dist)
}

/// The target folder of cargo.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root.join(folder)
}

/// The command that the tests have built. Building its package alone would build everything again, with other features.
pub(crate) fn built_command(steps: &Steps) -> PathBuf {
    target_folder(steps.root()).join("debug/ballotta")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_becomes_a_function() {
        let glue = "/* @ts-self-types=\"./raw.d.ts\" */\nexport class RawFetch {}\nlet wasm;\nexport { initSync, __wbg_init as default };\n";
        let wrapped = wrap(glue, "RawFetch").unwrap();
        assert!(!wrapped.contains("progress"));
        assert!(wrap(glue, "RawFetch, progress").unwrap().contains("\n  const progress = { report() {} };\n"));
        assert!(wrapped.starts_with("export function instantiate() {\n"));
        assert!(wrapped.contains("\n  class RawFetch {}\n  let wasm;\n"));
        assert!(wrapped.ends_with("  return { init: __wbg_init, RawFetch };\n}\n"));
        let refused = Err("wasm-bindgen writes other JavaScript than this function knows".to_owned());
        assert_eq!(wrap("export class RawFetch {}\n", "RawFetch"), refused);
        assert_eq!(wrap(&format!("import x from 'y';\n{glue}"), "RawFetch"), refused);
    }
}
