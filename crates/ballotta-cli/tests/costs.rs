//! What files of others can cost: the table "What hostile input can cost" of SECURITY.md. Every command of this file runs
//! in a process with little memory, which ends it if it wants more.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Runs the command with an address space of so many kilobytes, and returns its exit code and what it writes. A minute is
/// enough for a debug build.
fn limited(folder: &Path, kilobytes: u64, arguments: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit -v {kilobytes}; exec timeout 60 \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_ballotta")]).args(arguments).current_dir(folder);
    let ran = command.output().unwrap();
    (ran.status.code(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
}

/// K11: files of a record that have no end, or none that a reader lives to see.
#[test]
fn k11_records_with_files_of_a_tebibyte() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let demo = limited(folder, 1_500_000, &["demo", "--voters", "40", "--out", "demo"]);
    assert_eq!(demo.0, Some(0), "{}", demo.1);
    let record = folder.join("demo/record");
    let first_of = |of: &str| {
        let file = fs::read_dir(record.join(of)).unwrap().next().unwrap().unwrap();
        format!("{of}/{}", file.file_name().to_str().unwrap())
    };
    let (ceremony, bundle) = (first_of("ceremony"), first_of("tile/entries/000.p"));
    let files = ["manifest.json", "roll", "checkpoint", "SHA256SUMS", "result/result.json", &ceremony, &bundle];
    for file in files {
        let path = record.join(file);
        let bytes = fs::read(&path).unwrap();
        // The first bytes are right, so that only the length tells.
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        for arguments in [&["verify", "demo/record"][..], &["status", "demo/record"], &["inspect", "demo/record"]] {
            let (code, text) = limited(folder, 600_000, arguments);
            assert!(matches!(code, Some(0..=3)) && !text.contains("panicked"), "{file} {arguments:?}: {code:?} {text}");
            if arguments == ["verify", "demo/record"] {
                assert_eq!(code, Some(1), "{file}: {text}");
                assert!(text.contains(file) && text.contains("1099511627776 bytes, more than"), "{file}: {text}");
            }
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(limited(folder, 600_000, &["verify", "demo/record"]).0, Some(0));
}

/// L3: a manifest whose 1,024 styles have as many terms in their forms as the rules allow.
#[test]
fn l3_the_largest_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let demo = limited(folder, 1_500_000, &["demo", "--voters", "40", "--out", "demo"]);
    assert_eq!(demo.0, Some(0), "{}", demo.1);
    let mut manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("demo/record/manifest.json")).unwrap()).unwrap();
    let text = |text: &str| json!({ "it": text });
    manifest["languages"] = json!(["it"]);
    manifest["title"] = text("a");
    manifest["weights"]["unit"] = text("votes");
    if let Some(fields) = manifest.as_object_mut() {
        fields.remove("description");
    }
    let options: Vec<Value> =
        (0..12).map(|number| json!({ "id": format!("{number}"), "title": text(&format!("{number}")) })).collect();
    let contests: Vec<Value> = (0..256)
        .map(|number| {
            let rule = json!({ "kind": "pairs", "ties": false, "method": "schulze", "blank": false });
            json!({ "id": format!("c{number}"), "title": text("c"), "rule": rule, "options": options })
        })
        .collect();
    manifest["contests"] = contests.into();
    // Styles are different sets of contests. The forms of all together have just too many terms, or just not.
    let with_styles = |count: usize, each: usize| {
        let styles = (0..count).map(|style| {
            let contests: BTreeSet<usize> = (0..each).map(|of| (style + of * (1 + style / 256)) % 256).collect();
            let contests: Vec<String> = contests.into_iter().map(|number| format!("c{number}")).collect();
            json!({ "id": format!("s{style}"), "contests": contests })
        });
        let mut manifest = manifest.clone();
        manifest["styles"] = styles.collect();
        let path = folder.join("m.json");
        fs::write(path, manifest.to_string()).unwrap();
        limited(folder, 900_000, &["manifest", "check", "m.json"])
    };
    let (code, shown) = with_styles(256, 1);
    assert_eq!(code, Some(0), "{shown}");
    let (code, shown) = with_styles(1024, 10);
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("more than the limit of 4194304"), "{shown}");
}
