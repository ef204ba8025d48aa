//! Files and names that somebody else chose: they do nothing on a terminal, and reading them ends soon. Programs get
//! failures as JSON.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use ballotta::signing::PublicElement;
use ballotta::written::VoterNumber;
use serde_json::Value;

fn ballotta(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballotta")).args(arguments).current_dir(folder).output().unwrap()
}

/// Everything that a call writes.
fn shown(folder: &Path, arguments: &[&str]) -> String {
    let Output { stdout, stderr, .. } = ballotta(folder, arguments);
    String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap()
}

const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\nThe record holds.";

/// A voter number that nobody has.
const NUMBER: &str = "N-008J4-CT4AN-K7FS4";

/// F8: names of files, arguments, and texts in files that were handed over.
#[cfg(unix)]
#[test]
fn f8_texts_of_others_do_nothing_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let escaped = |text: &str, what: &str| {
        let is_safe = |character: char| character == '\n' || !(character.is_control() || character == '\u{202e}');
        assert!(text.chars().all(is_safe), "{what}: {text:?}");
        assert!(!text.contains("\nThe record holds.\n"), "{what}: {text}");
    };
    ballotta(folder, &["demo", "--voters", "40", "--out", "demo"]);
    let manifest = fs::read_to_string(folder.join("demo/record/manifest.json")).unwrap();
    let hostile_json = serde_json::to_string(HOSTILE).unwrap();
    let title = serde_json::to_string("Vote on the new statute of the Movimento 5 Stelle").unwrap();
    assert!(manifest.contains(&title));
    // A file whose name and whose text are hostile, of every kind that is handed over.
    let files = [
        format!("ballotta/v1-draft.5/{}\nAA==\n", HOSTILE.replace('\n', "")),
        "ballotta/v1-draft.5/cosignature\n4oCUIGEbWzJKIEFBQUEK\n".to_owned(),
        manifest.replace(&title, &hostile_json),
        manifest.replacen("\"suite\"", &hostile_json, 1),
        format!("{{\"format\":\"ballotta/v1-draft.5/witness-state\",{hostile_json}:{hostile_json}}}"),
        format!("{{\"format\":{hostile_json}}}"),
        format!("style,weight\n{}\u{1b}[2J,1\n", "x"),
    ];
    for text in files {
        fs::write(folder.join(HOSTILE), &text).unwrap();
        for arguments in [
            &["inspect", HOSTILE][..],
            &["inspect", HOSTILE, "--json"],
            &["manifest", "check", HOSTILE],
            &["manifest", "check", HOSTILE, "--json"],
            &["board", "add", "demo/record", "--board-key", "demo/secrets/board.key", HOSTILE],
            &["board", "add", "demo/record", "--board-key", "demo/secrets/board.key", HOSTILE, "--json"],
            &["authority", "sign", "demo/record", "--key", HOSTILE, "--fingerprint", &"0".repeat(64), "--out", "x"],
            &["voter", "cast", HOSTILE, "--code-file", HOSTILE, "--out", "x"],
            &["record", "new", "--manifest", HOSTILE, "--board-key", HOSTILE, "x"],
            &["verify", "demo/record", "--checkpoint", HOSTILE],
        ] {
            escaped(&shown(folder, arguments), &format!("{arguments:?} of {text:?}"));
        }
    }
    for arguments in [&["verify", HOSTILE][..], &["verify", "--stage", HOSTILE], &["verify", "x", "y", HOSTILE]] {
        escaped(&shown(folder, arguments), &format!("{arguments:?}"));
    }
    fs::rename(folder.join(HOSTILE), folder.join("demo/record").join(HOSTILE)).unwrap();
    for arguments in [&["verify", "demo/record"][..], &["verify", "demo/record", "--json"], &["status", "demo/record"]]
    {
        escaped(&shown(folder, arguments), &format!("{arguments:?}"));
    }
    let named = r"record.files: a\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\nThe record holds.: the file is not part";
    assert!(shown(folder, &["verify", "demo/record"]).contains(named));
}

/// U10: with `--json`, a failure is JSON, with a code.
#[test]
fn u10_failures_are_json() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ballotta(folder, &["demo", "--voters", "40", "--out", "demo"]);
    let failure = |arguments: &[&str]| -> (Value, i32) {
        let ran = ballotta(folder, arguments);
        let text = String::from_utf8(ran.stderr).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(value["exit_code"].as_i64(), ran.status.code().map(i64::from), "{text}");
        (value, ran.status.code().unwrap())
    };
    let (wrong, code) = failure(&["--json", "verify"]);
    assert_eq!((wrong["code"].as_str(), code), (Some("called-wrongly"), 2));
    assert_eq!(wrong["error"], "the following required arguments were not provided:");
    let (missing, code) = failure(&["manifest", "check", "nothing", "--json"]);
    assert_eq!((missing["code"].as_str(), code), (Some("called-wrongly"), 2));
    assert_eq!(missing["remedy"], "check the path");
    let tracker = "0".repeat(64);
    let (refused, code) =
        failure(&["--json", "voter", "check", "demo/record", "--tracker", &tracker, "--voter-number", NUMBER]);
    assert_eq!((refused["code"].as_str(), code), (Some("unknown-number"), 1));
    let roll = fs::read_to_string(folder.join("demo/record/roll")).unwrap();
    let credential = hex::decode(roll.lines().nth(1).unwrap().split(' ').next().unwrap()).unwrap();
    let number = VoterNumber::written(&PublicElement::from_canonical(&credential.try_into().unwrap()).unwrap());
    let (refused, code) =
        failure(&["--json", "voter", "check", "demo/record", "--tracker", &tracker, "--voter-number", &number]);
    assert_eq!((refused["code"].as_str(), code), (Some("refused"), 1));
    fs::write(folder.join("code"), "00000-00000-00000-00000-00000-000").unwrap();
    let prepare = ["--json", "voter", "prepare", "demo/record", "--code-file", "code", "--out", "x"];
    assert_eq!(failure(&prepare).0["code"], "closed");
    fs::remove_file(folder.join("demo/record/roll")).unwrap();
    let (incomplete, code) = failure(&["--json", "verify", "demo/record"]);
    assert_eq!((incomplete["code"].as_str(), code), (Some("not-complete"), 3));
}

/// A voting code that is pasted into the field of another value is not repeated.
#[test]
fn h2_a_voting_code_in_the_wrong_field_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ballotta(folder, &["demo", "--voters", "40", "--out", "demo"]);
    let codes = fs::read_to_string(folder.join("demo/secrets/voting-codes-sportello")).unwrap();
    let code = codes.lines().nth(1).and_then(|line| line.split(',').nth(1)).unwrap();
    let tracker = "0".repeat(64);
    for arguments in [
        &["voter", "check", "demo/record", "--tracker", code, "--voter-number", NUMBER][..],
        &["voter", "check", "demo/record", "--tracker", &tracker, "--voter-number", code],
        &["verify", "demo/record", "--fingerprint", code],
        &["verify", "demo/record", "--json", "--fingerprint", code],
    ] {
        let text = shown(folder, arguments);
        assert!(text.contains("this is a voting code, which is secret") && !text.contains("--help"), "{text}");
        assert!(!text.contains(&code[..5]), "{text}");
    }
}

/// K11: what is no file, or is longer than any file of an election, is refused at once, with its name.
#[cfg(target_os = "linux")]
#[test]
fn k11_files_without_an_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ballotta(folder, &["demo", "--voters", "40", "--out", "demo"]);
    let pipe = Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
    assert!(pipe.success());
    File::create(folder.join("sparse")).unwrap().set_len(1 << 40).unwrap();
    let roll = File::create(folder.join("roll")).unwrap();
    std::io::Write::write_all(&mut &roll, b"ballotta/v1-draft.5/roll 00\n").unwrap();
    roll.set_len(1 << 40).unwrap();
    let (secret, json) = ("demo/secrets/board.key", "large.json");
    fs::write(folder.join(json), format!("{{\"format\":[{}0]}}", "0,".repeat(20 << 20))).unwrap();
    for file in ["pipe", "/dev/zero", "sparse", "roll", json] {
        for arguments in [
            &["inspect", file][..],
            &["manifest", "check", file],
            &["board", "add", "demo/record", "--board-key", secret, file],
            &["board", "add", "demo/record", "--board-key", file, file],
            &["authority", "sign", "demo/record", "--key", file, "--fingerprint", &"0".repeat(64), "--out", "x"],
            &["witness", "cosign", "demo/record", "--key", file, "--out", "x"],
            &["trustee", "ceremony", "demo/record", "--key", file, "--passphrase-file", secret, "--out", "x"],
            &["voter", "cast", file, "--code-file", secret, "--out", "x"],
            &["voter", "check-opening", "demo/record", file, "--tracker", &"0".repeat(64), "--voter-number", NUMBER],
            &["verify", "demo/record", "--checkpoint", file],
        ] {
            // A gigabyte of address space is enough, and ten seconds.
            let ran = Command::new("sh")
                .args(["-c", "ulimit -v 1500000; exec timeout 10 \"$@\"", "sh", env!("CARGO_BIN_EXE_ballotta")])
                .args(arguments)
                .current_dir(folder)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
            assert!(matches!(ran.status.code(), Some(1 | 2)) && text.contains(file), "{arguments:?}: {text}");
        }
    }
    for file in ["/dev/zero", "sparse"] {
        let text = shown(folder, &["trustee", "new", "--passphrase-file", file, "--out", "x"]);
        assert!(text.contains(file) && text.contains("too long"), "{text}");
    }
    let path = folder.join("demo/record/roll");
    fs::remove_file(&path).unwrap();
    fs::rename(folder.join("pipe"), &path).unwrap();
    let mut verify = Command::new("timeout");
    verify.args(["10", env!("CARGO_BIN_EXE_ballotta"), "verify", "demo/record"]).current_dir(folder);
    let ran = verify.output().unwrap();
    assert!(matches!(ran.status.code(), Some(1..=3)), "{ran:?}");
}
