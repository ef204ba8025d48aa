//! The demo as a user runs it, and the record that it writes as an outsider verifies it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn ballotta(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballotta")).args(arguments).output().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_demo_decrypts_what_was_published_and_leaves_a_valid_record() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("election");
    let out_text = out.to_str().unwrap();
    let demo = ballotta(&["demo", "--voters", "1000", "--out", out_text]);
    let shown = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{shown}{}", String::from_utf8_lossy(&demo.stderr));
    // 60,940, 53,238 and 7,702 of 113,894, scaled to 1,000.
    for line in ["  ballots                 535", "  yes                     467", "  no                       68"] {
        let found = shown.lines().find(|shown| shown.starts_with(line)).unwrap_or_else(|| panic!("{line}\n{shown}"));
        assert!(found.ends_with("the same"), "{found}");
    }
    assert!(shown.contains("53.50 % took part: reached"), "{shown}");

    // Secrets are for their owner, and a second demo does not overwrite them.
    let secrets = out.join("secrets");
    #[cfg(unix)]
    for file in fs::read_dir(&secrets).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        let name = file.file_name().to_string_lossy().into_owned();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert!(mode == 0o600 || name.ends_with(".state"), "{name}: {mode:o}");
    }
    let again = ballotta(&["demo", "--voters", "1000", "--out", out_text]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("secrets are never overwritten"));

    // Verifies only the record, in another folder, in a separate process.
    let record = folder.path().join("elsewhere");
    copy(&out.join("record"), &record);
    fs::remove_dir_all(&out).unwrap();
    let verified = ballotta(&["verify", record.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    let result = fs::read_to_string(record.join("result/result.json")).unwrap();
    fs::write(record.join("result/result.json"), result.replace("467", "468")).unwrap();
    let verified = ballotta(&["verify", record.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(1));
    let report = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(report.contains("result.totals: result/result.json: "), "{report}");
    assert!(report.contains("record.files: result/result.json: "), "{report}");
}
