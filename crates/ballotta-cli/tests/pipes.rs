//! If the reader of the output stops, as `head` does, the command ends quietly, and says nothing about success.

use std::fs;
use std::process::Command;

/// Runs the command with a standard output that nobody reads.
fn unread(arguments: &[&str]) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = Command::new(env!("CARGO_BIN_EXE_ballotta")).args(arguments).stdout(writer).output().unwrap();
    let error = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{arguments:?}\n{error}");
    assert!(!error.contains("error: ") && !error.contains("panicked"), "{arguments:?}\n{error}");
}

#[test]
fn a_standard_output_that_nobody_reads_ends_the_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("broken.json"), "{}").unwrap();
    unread(&["manifest", "check", &path("broken.json")]);
    unread(&["demo", "--voters", "40", "--out", &path("demo")]);
    unread(&["verify", &path("demo/record")]);
    unread(&[
        "board",
        "add",
        &path("demo/record"),
        "--board-key",
        &path("demo/secrets/board.key"),
        &path("broken.json"),
    ]);
    // A full disk is an error.
    let Ok(full) = fs::File::options().write(true).open("/dev/full") else { return };
    let ran = Command::new(env!("CARGO_BIN_EXE_ballotta"))
        .args(["verify", &path("demo/record")])
        .stdout(full)
        .output()
        .unwrap();
    let error = String::from_utf8(ran.stderr).unwrap();
    assert!(error.contains("error: the standard output cannot be written: "), "{error}");
    assert_eq!(ran.status.code(), Some(2));
}
