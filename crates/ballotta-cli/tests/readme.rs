//! The commands of the README, as they are there: an election by hand, in an empty folder.

#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// Answers for the trustees, who are asked for passphrases at a terminal. Deriving a key from one takes a second in an
/// election, and less here.
const TRUSTEES: &str = r#"
ballotta() {
  case "$1 $2" in
    "trustee new") "$BALLOTTA" "$@" --passphrase-file passphrase --work-factor 4 ;;
    "trustee "*) "$BALLOTTA" "$@" --passphrase-file passphrase ;;
    *) "$BALLOTTA" "$@" ;;
  esac
}
"#;

/// The first block of commands below a heading.
fn commands<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, section) = text.split_once(&format!("\n{heading}\n")).expect("the heading");
    let (_, block) = section.split_once("\n```sh\n").expect("a block of commands");
    block.split_once("\n```\n").expect("the end of the block").0
}

fn by_hand(folder: &Path, script: &str) -> (bool, String) {
    fs::write(folder.join("passphrase"), "the passphrase of all trustees\n").unwrap();
    fs::write(folder.join("script"), format!("set -eu\n{TRUSTEES}\n{script}\n")).unwrap();
    let ran = Command::new("sh")
        .arg("script")
        .current_dir(folder)
        .env("BALLOTTA", env!("CARGO_BIN_EXE_ballotta"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    (ran.status.success(), shown)
}

#[test]
fn an_election_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let script = commands(include_str!("../../../README.md"), "## An election by hand");
    let (ran, shown) = by_hand(folder.path(), script);
    assert!(ran, "{shown}");
    for line in ["counted: entry 15", "The record holds."] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let result = fs::read_to_string(folder.path().join("record/result/result.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    let totals: Vec<_> = (0..2).map(|option| &result["contests"][0]["options"][option]["total"]).collect();
    assert_eq!((&result["counted_ballots"], totals), (&3.into(), vec![&1.into(), &2.into()]));
    // Nothing warns: this is how an election should be.
    let warned: Vec<&str> = shown.lines().filter(|line| line.contains("warning") || line.contains("note: ")).collect();
    assert!(warned.is_empty(), "{warned:?}");
}

/// The board drops a ballot, and is convicted.
#[test]
fn a_board_that_is_caught() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: python3 is not installed, which serves the record");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../README.md");
    let (before, _) = commands(text, "## An election by hand").split_once("cp record/checkpoint kept\n").unwrap();
    // A port that is free now.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let script = [before, commands(text, "## A board that is caught")].join("\n").replace("8000", &port);
    let (ran, shown) = by_hand(folder.path(), &script);
    assert!(ran, "{shown}");
    for line in ["convicts the board: it promised the ballot ", "two histories", "on the board: entry 14, as promised"]
    {
        assert!(shown.lines().any(|shown| shown.starts_with(line)), "{line}\n{shown}");
    }
}

#[test]
fn a_command_that_fails_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!by_hand(folder.path(), "ballotta verify nothing\necho the end").0);
}
