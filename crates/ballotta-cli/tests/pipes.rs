//! If the reader of the output stops, as `head` does, this is an error and not a crash.

use std::fs;
use std::process::Command;

/// Runs the command with a standard output that nobody reads.
fn unread(arguments: &[&str]) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = Command::new(env!("CARGO_BIN_EXE_ballotta")).args(arguments).stdout(writer).output().unwrap();
    let error = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{arguments:?}\n{error}");
    assert!(error.contains("error: the standard output is closed"), "{arguments:?}\n{error}");
}

#[test]
fn a_standard_output_that_nobody_reads_is_an_error() {
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
}
