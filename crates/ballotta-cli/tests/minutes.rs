//! The minutes of an election, as a process writes them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn ballotta(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballotta")).args(line.split_whitespace()).current_dir(folder).output().unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32, error: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(error) && !said.contains("panicked"), "{said}");
}

#[test]
fn a_commission_gets_its_minutes() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    ends(&ballotta(folder, "demo --voters 40 --out demo"), 0, "");
    let written = ballotta(folder, "--json result minutes demo/record --language it --out m.html --pdf m.pdf");
    ends(&written, 0, "");
    let written: Value = serde_json::from_slice(&written.stdout).unwrap();
    let fingerprint = written["fingerprint"].as_str().unwrap();
    let expected = serde_json::json!({
        "rehearsal": true, "verdict": "holds", "fingerprint": fingerprint, "language": "it", "html": "m.html", "pdf": "m.pdf",
    });
    assert_eq!(written, expected);
    let (page, pdf) = (fs::read_to_string(folder.join("m.html")).unwrap(), fs::read(folder.join("m.pdf")).unwrap());
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"it\">") && page.contains(fingerprint), "{page}");
    assert!(page.contains("UNA PROVA: il risultato non vale") && page.contains("LA PROPOSTA"), "{page}");
    assert!(pdf.starts_with(b"%PDF-1.7"));
    // The fingerprint that the voters were shown is compared.
    ends(
        &ballotta(folder, &format!("result minutes demo/record --fingerprint {fingerprint} --out pinned.html")),
        0,
        "",
    );
    let pinned = fs::read_to_string(folder.join("pinned.html")).unwrap();
    assert!(pinned.contains("It is the one with which") || pinned.contains("È quella con cui"), "{pinned}");
    // The record is as it was.
    ends(&ballotta(folder, "verify demo/record --strict"), 0, "");

    refusals(folder);
    another_verdict(folder);
}

fn refusals(folder: &Path) {
    let minutes = |line: &str| ballotta(folder, &format!("result minutes {line}"));
    ends(&minutes("demo/record"), 2, "required");
    ends(&minutes("demo/record --out x.html --language de"), 2, "[possible values: en, it]");
    ends(&minutes("demo/record --out m.html"), 2, "m.html cannot be written: it already exists");
    for file in ["demo/record/m.html", "demo/record/result/m.pdf"] {
        ends(&minutes(&format!("demo/record --pdf {file}")), 1, "is in the folder of the record");
        assert!(!folder.join(file).exists());
    }
    ends(&minutes("demo --out x.html"), 3, "there is no manifest, so there is nothing to write minutes of");
    assert!(!folder.join("x.html").exists());
}

/// Minutes of a record that does not hold are written, and say so. Nobody takes the exit code for that of a result.
fn another_verdict(folder: &Path) {
    let result = folder.join("demo/record/result/result.json");
    let kept = fs::read_to_string(&result).unwrap();
    fs::write(&result, kept.replacen("\"eligible_voters\": 40", "\"eligible_voters\": 41", 1)).unwrap();
    let refused = ballotta(folder, "result minutes demo/record --language en --out wrong.html --pdf wrong.pdf");
    ends(&refused, 1, "the record does not hold: the minutes say so, and contain no result");
    let page = fs::read_to_string(folder.join("wrong.html")).unwrap();
    assert!(page.contains("THE RECORD DOES NOT HOLD.") && !page.contains("THE MOTION") && !page.contains("Turnout"));
    assert!(folder.join("wrong.pdf").exists());
    fs::remove_file(&result).unwrap();
    let refused = ballotta(folder, "result minutes demo/record --language en --out missing.html");
    ends(&refused, 3, "the record is not complete: the minutes say so, and contain no result");
    let page = fs::read_to_string(folder.join("missing.html")).unwrap();
    assert!(page.contains("THE RECORD IS NOT COMPLETE.") && !page.contains("THE MOTION"));
    fs::write(&result, kept).unwrap();
}
