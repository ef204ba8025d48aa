//! The demo as a user runs it, and the record that it writes as an outsider verifies it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

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
    for (name, figure) in [("on the roll", "1,000"), ("ballots", "535"), ("yes", "467"), ("no", "68")] {
        let line = format!("  {name:<12} {figure:>18} {figure:>18}   the same");
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(shown.contains("\n  The motion PASSES\n"), "{shown}");
    assert!(shown.contains("4 changes during the voting: 3 for a lost code, 1 for a late member, 0 for"), "{shown}");
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
    // Nor does it find out at its end that the minutes are there.
    for folder in ["record", "secrets"] {
        fs::rename(out.join(folder), out.join(format!("{folder}-kept"))).unwrap();
    }
    let again = ballotta(&["demo", "--voters", "1000", "--out", out_text]);
    assert!(!again.status.success() && !secrets.exists());
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("minutes.html exists already, and files are never overwritten\nremedy: remove it"), "{said}");
    for folder in ["record", "secrets"] {
        fs::rename(out.join(format!("{folder}-kept")), out.join(folder)).unwrap();
    }

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

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text between two others, the first of which occurs once.
#[track_caller]
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    assert_eq!(page.matches(before).count(), 1, "{before}");
    page.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap().0
}

/// The statute vote with two offices, changes of the roll and minutes: what they say is what both verifiers say.
#[test]
fn two_offices_change_the_roll_and_the_minutes_say_what_the_verifiers_say() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("small");
    let demo = json_of(&ballotta(&["--json", "demo", "--voters", "2000", "--out", out.to_str().unwrap()]));
    let record = out.join("record");

    let report = json_of(&ballotta(&["--json", "verify", record.to_str().unwrap()]));
    assert_eq!((&report["verdict"], &report["failures"]), (&json!("holds"), &json!([])), "{report}");
    let result = &report["result"];
    let changes = json!({ "lost_code": 3, "late_member": 1, "error": 0, "left": 0 });
    assert_eq!((&result["roll_changes"], &demo["roll_changes"]), (&changes, &changes));
    // 113,894 voters, 60,940 ballots and 53,238 votes for yes, scaled to 2,000.
    let figures = [&result["eligible_voters"], &result["counted_ballots"]].map(|figure| figure.as_u64().unwrap());
    let [yes, no] = [0, 1].map(|option| result["contests"][0]["options"][option]["total"].as_u64().unwrap());
    assert_eq!((figures, yes, no), ([2000, 1070], 935, 135));
    let motion = &result["contests"][0]["passes"];
    assert_eq!((&motion["for"], &motion["against"], &motion["passed"]), (&json!(yes), &json!(no), &json!(true)));
    let check = |id: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["check"] == id).unwrap();
        (check["status"].as_str().unwrap().to_owned(), check["items"].as_u64().unwrap())
    };
    for (id, items) in [
        ("roll.lines", 1999),
        ("roll.signature", 2),
        ("roll.parts", 2),
        ("roll.changes", 4),
        ("organiser.signature", 3),
    ] {
        assert_eq!(check(id), ("passed".to_owned(), items), "{id}");
    }

    two_offices(&out);
    minutes(&out, &report);

    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: python3 is not installed, which runs the second verifier");
        return;
    }
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/reference");
    let second =
        Command::new("python3").args(["-I", "-S"]).arg(reference).arg("verify").arg(&record).arg("--json").output();
    let second = json_of(&second.unwrap());
    for what in ["verdict", "fingerprint", "result"] {
        assert_eq!(second[what], report[what], "{what}");
    }
}

/// Each of the two offices has its own key, and its own file of codes for the same voters.
fn two_offices(out: &Path) {
    let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    let manifest: Value = serde_json::from_str(&read("record/manifest.json")).unwrap();
    let named: Vec<_> = manifest["credential_authorities"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(named, [&json!("Ufficio iscritti"), &json!("Sportello")]);
    let column = |path: &str, position: usize| -> BTreeSet<String> {
        read(path).lines().skip(1).map(|line| line.split(',').nth(position).unwrap().to_owned()).collect()
    };
    let offices = ["ufficio-iscritti", "sportello"];
    assert_ne!(read("secrets/ufficio-iscritti.key"), read("secrets/sportello.key"));
    let [handles, others] = offices.map(|office| column(&format!("secrets/voting-codes-{office}"), 2));
    assert!(handles.len() == 1999 && handles == others);
    let [voters, others] = offices.map(|office| column(&format!("secrets/new-voting-codes-{office}"), 2));
    assert!(voters.len() == 4 && voters == others);
    let codes: BTreeSet<String> = ["voting-codes", "new-voting-codes"]
        .iter()
        .flat_map(|what| offices.map(|office| column(&format!("secrets/{what}-{office}"), 1)))
        .flatten()
        .collect();
    assert_eq!(codes.len(), 2 * (1999 + 4));
}

/// The minutes have the facts of the verifier's report.
fn minutes(out: &Path, report: &Value) {
    let page = fs::read_to_string(out.join("minutes.html")).unwrap();
    assert!(fs::read(out.join("minutes.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    assert!(page.contains("<html lang=\"it\">"));
    let italian = |number: &Value| {
        let number = number.as_u64().unwrap();
        if number < 1000 { number.to_string() } else { format!("{}.{:03}", number / 1000, number % 1000) }
    };
    let fact = |name: &str| between(&page, &format!("<th scope=\"row\">{name}</th><td>"), "</td>");
    let fingerprint = report["fingerprint"].as_str().unwrap();
    assert!(fact("Impronta").contains(&format!("(<code translate=\"no\">{fingerprint}</code>)")));
    let result = &report["result"];
    assert_eq!(fact("Votanti nell’elenco all’apertura"), "1.999");
    assert_eq!(fact("Votanti nell’elenco alla chiusura"), italian(&result["eligible_voters"]));
    assert_eq!(fact("Schede che contano"), format!("{} (53,50 %)", italian(&result["counted_ballots"])));
    assert!(fact("Quorum").ends_with(": raggiunto") && result["quorum"]["reached"] == true);
    for (reason, name) in [
        ("lost_code", "codice smarrito"),
        ("late_member", "votante aggiunto dopo"),
        ("error", "errore"),
        ("left", "votante uscito"),
    ] {
        let count = between(&page, &format!("<tr><td>{name}</td><td class=\"number\">"), "</td>");
        assert_eq!(count, italian(&result["roll_changes"][reason]), "{reason}");
    }
    let contest = &result["contests"][0];
    for (option, name) in ["Sì", "No"].iter().enumerate() {
        let name = format!("<td><bdi translate=\"no\">{name}</bdi></td><td class=\"number\">");
        assert_eq!(between(&page, &name, "</td>"), italian(&contest["options"][option]["total"]));
    }
    let votes = format!(
        "Voti a favore: {}; voti contro: {}.",
        italian(&contest["passes"]["for"]),
        italian(&contest["passes"]["against"])
    );
    assert!(page.contains(&votes), "{votes}");
    assert!(page.contains("LA PROPOSTA È APPROVATA.") && contest["passes"]["passed"] == true);
    for check in report["checks"].as_array().unwrap() {
        let row = between(
            &page,
            &format!("<code translate=\"no\">{}</code></td><td>", check["check"].as_str().unwrap()),
            "</tr>",
        );
        let status = match check["status"].as_str().unwrap() {
            "passed" => "superato</td><td class=\"number\">",
            "not_asked" => "non richiesto</td><td class=\"number\">",
            other => panic!("{other}: {check}"),
        };
        let count = row.strip_prefix(status).unwrap_or_else(|| panic!("{check}: {row}"));
        let items = italian(&check["items"]);
        assert!(count.starts_with(&format!("{items} ")) || check["status"] == "not_asked", "{check}: {row}");
    }
    for (name, file) in
        [("autorità delle credenziali 1", "Ufficio iscritti"), ("autorità delle credenziali 2", "Sportello")]
    {
        let row = format!("<tr><td>{name}</td><td><bdi translate=\"no\">{file}</bdi></td>");
        assert!(page.contains(&row), "{row}");
    }
    assert!(page.contains("per votare servono tutti. Autorità: 2."));
    assert!(page.contains("Cambiamenti dell’elenco a votazione aperta, al massimo: 20."));
    // The organiser ended the changes before the voting was closed.
    let entry = |name: &str| -> u64 {
        let digits: String = fact(name).chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let [opened, ended, closed] = ["Aperta", "Fine dei cambiamenti dell’elenco", "Chiusa"].map(entry);
    // Between them: ballots, four changes and the cut-off.
    assert!(opened < ended && ended < closed && closed == opened + 1070 + 4 + 1 + 1, "{opened} {ended} {closed}");
}
