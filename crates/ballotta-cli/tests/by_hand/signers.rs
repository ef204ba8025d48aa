//! H3: everybody who signs sees what is signed, refuses another election or board than the pinned one, and confirms at
//! a terminal what cannot be undone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::people::{People, Ran, written};
use super::{copy, list};

const WRONG: &str = "1111111111111111111111111111111111111111111111111111111111111111";
/// How an act shows the fingerprint of its election.
fn row(fingerprint: &str) -> String {
    format!("  fingerprint   {}\n                {fingerprint}", written(fingerprint))
}

const TITLE: &str = "\n  election      A statute  (A REHEARSAL: the result does not count)\n";

#[test]
fn h3_signers_see_pin_and_confirm() {
    let people = People::new();
    h3_ceremony(&people);
    let fingerprint = h3_roll_and_opening(&people);
    h3_voting_and_closing(&people, &fingerprint);
    h3_closing_statement_and_decryption(&people, &fingerprint);
    h3_voters(&people, &fingerprint);
}

fn h3_ceremony(people: &People) {
    let organiser = people.ok("organiser new --out organiser/key");
    let authority = people.ok("authority new --out authority/key");
    let board = people.ok("board new --name board.example/h3 --out board/key");
    let witness = people.ok("witness new --name witness.example --out witness/key");
    let trustee =
        people.ok("trustee new --out trustee1/seed.age --passphrase-file trustee1/passphrase --work-factor 4");
    let manifest = format!(
        "manifest new --title A_statute --rehearsal --contest statute=Do_you_approve? --option statute/yes=Yes \
         --option statute/no=No --organiser {organiser} --authority Office={authority} --trustee One={trustee} \
         --threshold 1 --board board.example/h3={board} --witness witness.example={witness} --witnesses-needed 0 \
         --closing statements --minimum-ballots 2 --out organiser/manifest.json"
    );
    let hash = people.ok(&manifest);
    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    copy(&people.path("record"), &people.path("old"));
    let ceremony = |record: &str, pins: &str, out: &str| {
        format!(
            "trustee ceremony {record} --key trustee1/seed.age --passphrase-file trustee1/passphrase {pins} \
             --out trustee1/{out}"
        )
    };
    refused(
        people,
        &format!(
            "error: the manifest has the hash {hash}, not {WRONG}\nremedy: check the hash; if it is right, do not"
        ),
        &ceremony("record", &format!("--manifest-hash {WRONG}"), "wrong"),
    );
    let shown = people.run(&ceremony("record", &format!("--manifest-hash {hash} --checkpoint old/checkpoint"), "1"));
    let expected = format!(
        "This signs the registration, a message of the key ceremony:{TITLE}  manifest hash {hash}\n  \
         contest       Do you approve?: Yes, No\n  trustees      One\n  \
         threshold     any 1 of these 1 can decrypt together\n"
    );
    assert!(shown.code == 0 && shown.stderr.contains(&expected), "{}", shown.shown());
    people.add("trustee1/1");
    refused(
        people,
        "error: the board does not continue the checkpoint record/checkpoint: it has 0 entries, not 1 entry\n\
         remedy: get the record again: it is older than the checkpoint\n",
        &ceremony("old", "--checkpoint record/checkpoint", "wrong"),
    );
    for step in 2..=4 {
        people.ok(&ceremony("record", "", &step.to_string()));
        people.add(&format!("trustee1/{step}"));
    }
}

fn h3_roll_and_opening(people: &People) -> String {
    let issued = people.ok("credentials issue record --voters 2 --codes authority/codes.csv --json");
    let issued: Value = serde_json::from_str(&issued).unwrap();
    let fingerprint = issued["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(issued["written"], written(&fingerprint).as_str());
    for (number, line) in people.read("authority/codes.csv").lines().skip(1).enumerate() {
        fs::write(people.path(&format!("voters/code{}", number + 1)), line.split(',').nth(1).unwrap()).unwrap();
    }
    let sign =
        |pins: &str, out: &str| format!("authority sign record --key authority/key {pins} --out authority/{out}");
    let shown = people.run(&sign(&format!("--fingerprint {fingerprint}"), "signature"));
    let row = row(&fingerprint);
    let rows = format!("{TITLE}{row}\n  voters        2\n  weight        2 in total\n");
    let expected = format!("This signs the roll, as the one that was issued:{rows}");
    assert!(shown.code == 0 && shown.stderr.contains(&expected), "{}", shown.shown());
    // The answer is what people compare, and says by its letter what it is.
    assert_eq!(shown.stdout.trim_end(), written(&fingerprint));
    // Another history of the same board: it has another signature of the roll.
    copy(&people.path("record"), &people.path("other"));
    people.ok(&sign(&format!("--fingerprint {fingerprint}"), "other"));
    people.ok("board add other --board-key board/key authority/other");
    people.add("authority/signature");
    pins_refuse(people, &fingerprint, &sign("", "wrong"));

    let open =
        |pins: &str, out: &str| format!("organiser open record --key organiser/key {pins} --out organiser/{out}");
    pins_refuse(people, &fingerprint, &open("", "wrong"));
    let pins = format!("--fingerprint {fingerprint} --checkpoint record/checkpoint");
    confirmed(people, &format!("This signs the opening of the voting:{rows}"), &open(&pins, "opening"));
    if let Some(ran) = at_a_terminal(people, &open("--yes", "unasked"), "") {
        assert!(ran.code == 0 && !ran.stdout.contains("Type `yes`"), "{}", ran.shown());
    }
    people.add("organiser/opening");
    fingerprint
}

fn h3_voting_and_closing(people: &People, fingerprint: &str) {
    people.ok("voter prepare record --choose statute=yes --code-file voters/code1 --out voters/one");
    people.ok("voter cast voters/one --code-file voters/code1 --out voters/one.ballot");
    people.add("voters/one.ballot");
    let close =
        |pins: &str, out: &str| format!("organiser close record --key organiser/key {pins} --out organiser/{out}");
    pins_refuse(people, fingerprint, &close("", "wrong"));

    // F10: the board does not take this line, and the witness is told.
    let cosign = |pins: &str, out: &str| format!("witness cosign record --key witness/key {pins} --out witness/{out}");
    pins_refuse(people, fingerprint, &cosign("", "wrong"));
    let shown = people.run(&cosign(&format!("--fingerprint {fingerprint} --checkpoint record/checkpoint"), "early"));
    let manifest = people.read("organiser/manifest.json");
    let (_, election_id) = manifest.split_once("\"election_id\": \"").unwrap();
    let row = row(fingerprint);
    let rows = format!(
        "This signs a cosignature of the checkpoint:{TITLE}{row}\n  \
         origin        board.example/h3/{}\n  size          7 entries\n  root          ",
        &election_id[..16]
    );
    assert!(shown.code == 0 && shown.stderr.contains(&rows), "{}", shown.shown());
    let not_closed = "The voting is not closed: keep witness/early, and cosign again after the close.";
    assert!(shown.stderr.contains(not_closed), "{}", shown.shown());
    people.add_fails("the voting is not closed yet", "witness/early");
    let before_the_roll = people.run("witness cosign old --key witness/key --out witness/old");
    assert!(before_the_roll.code == 1 && before_the_roll.stderr.contains("\n  manifest hash "));

    let expected = format!(
        "This signs the closing of the voting:{TITLE}{row}\n  \
         turnout       1 ballot counts, of 2 voters (50.00 %)\n"
    );
    let pins = format!("--fingerprint {fingerprint} --checkpoint record/checkpoint");
    confirmed(people, &expected, &close(&pins, "closing"));
    people.add("organiser/closing");
}

fn h3_closing_statement_and_decryption(people: &People, fingerprint: &str) {
    let act = |verb: &str, pins: &str, out: &str| {
        format!(
            "trustee {verb} record --key trustee1/seed.age --passphrase-file trustee1/passphrase {pins} \
             --out trustee1/{out}"
        )
    };
    let pins = format!("--fingerprint {fingerprint} --checkpoint record/checkpoint");
    let root = people.ok("inspect record/closing-checkpoint");
    let row = row(fingerprint);
    let rows = |root: &str| format!("{TITLE}{row}\n  size          8 entries\n  root          {root}");
    let withheld = "\n  ballots       1 ballot counts\n  contest       Do you approve?: 1 ballot; WITHHELD, not decrypted: \
                    1 ballot in it, fewer than the 2 that the manifest requires\n";
    // A sitting takes the same pins, and asks the same question.
    let attend =
        "trustee attend record --key trustee1/seed.age --passphrase-file trustee1/passphrase --once --out trustee1";
    pins_refuse(people, fingerprint, attend);
    let before = files(people);
    if let Some(ran) = at_a_terminal(people, attend, "no\n") {
        let text = ran.stdout.replace('\r', "");
        let shown = format!("This signs this trustee's only statement of what it decrypts:{}", rows(""));
        assert!(ran.code == 1 && text.contains(&shown) && text.contains("Type `yes` to sign it:"), "{}", ran.shown());
        assert_eq!(files(people), before);
    }
    for (verb, what, out) in [
        ("sign-closing", "This signs this trustee's only statement of what it decrypts:", "statement"),
        ("decrypt", "This signs this trustee's decryption of the totals:", "decryption"),
    ] {
        pins_refuse(people, fingerprint, &act(verb, "", "wrong"));
        let ran = confirmed(people, &format!("{what}{}", rows("")), &act(verb, &pins, out));
        assert!(ran.contains(withheld), "{ran}");
        let signed = ran.lines().find_map(|line| line.strip_prefix("  root, base64  ")).unwrap();
        assert!(root.contains(&format!("\nroot: {signed}\n")), "{signed}\n{root}");
        people.add(&format!("trustee1/{out}"));
    }
}

fn h3_voters(people: &People, fingerprint: &str) {
    let tracker = people.field("inspect voters/one.ballot", "tracker");
    let check = format!("voter check record {}", people.asks(1, &tracker));
    let not_this = format!(
        "error: the election has the fingerprint {}, not {}\nremedy: check the fingerprint; if it is \
         right, this is not the record of your election: tell the organiser\n",
        written(fingerprint),
        written(WRONG)
    );
    people.fails(1, &not_this, &format!("{check} --fingerprint {WRONG}"));
    people.fails(1, OTHER_BOARD, &format!("{check} --checkpoint other/checkpoint"));
    let shown = people.run(&format!("{check} --fingerprint {fingerprint} --checkpoint record/checkpoint"));
    assert!(shown.code == 0 && shown.stderr.contains("Nobody has witnessed this board: "), "{}", shown.shown());
}

const OTHER_BOARD: &str = "error: the board does not continue the checkpoint other/checkpoint of 5 entries\n\
                           remedy: keep the record and the checkpoint as evidence, and make them public";

/// Every pin that differs refuses the act.
#[track_caller]
fn pins_refuse(people: &People, fingerprint: &str, line: &str) {
    let other_election = format!(
        "error: the election has the fingerprint {}, not {}\n\
         remedy: check the fingerprint; if it is right, do not sign: ",
        written(fingerprint),
        written(WRONG)
    );
    for wrong in [WRONG, &written(WRONG)] {
        refused(people, &other_election, &format!("{line} --fingerprint {wrong}"));
    }
    let own = written(fingerprint).to_lowercase();
    refused(people, OTHER_BOARD, &format!("{line} --fingerprint {own} --checkpoint other/checkpoint"));
}

/// An act that is refused leaves nothing behind.
#[track_caller]
fn refused(people: &People, error: &str, line: &str) {
    let before = files(people);
    people.fails(1, error, line);
    assert_eq!(files(people), before, "{line}");
}

/// At a terminal, only the answer `yes` signs. Without a terminal nobody is asked. Returns what is shown, which
/// contains `expected`.
#[track_caller]
fn confirmed(people: &People, expected: &str, line: &str) -> String {
    let before = files(people);
    for answer in ["no\n", "y\n", "\n", ""] {
        let Some(ran) = at_a_terminal(people, line, answer) else { break };
        let text = ran.stdout.replace('\r', "");
        assert!(ran.code == 1 && text.contains("Type `yes` to sign it:"), "{answer:?}\n{}", ran.shown());
        assert!(text.contains("error: the answer is not `yes`, so nothing is signed\n"), "{answer:?}\n{text}");
        assert_eq!(files(people), before, "{answer:?}");
    }
    // Somebody who redirects the messages, or the input, is there and cannot be asked.
    for elsewhere in ["2>messages", "</dev/null"] {
        let Some(ran) = at_a_terminal(people, &format!("{line} {elsewhere}"), "yes\n") else { break };
        let messages = fs::read_to_string(people.path("messages")).unwrap_or_default() + &ran.stdout;
        assert!(ran.code == 1 && messages.contains("nobody can be asked"), "{elsewhere}\n{messages}");
        let _ = fs::remove_file(people.path("messages"));
        assert_eq!(files(people), before, "{elsewhere}");
    }
    if let Some(ran) = at_a_terminal(people, line, "yes\n") {
        assert_eq!(ran.code, 0, "{}", ran.shown());
        let (_, out) = line.rsplit_once(' ').unwrap();
        fs::remove_file(people.path(out)).unwrap();
    }
    let ran = people.run(line);
    assert!(ran.code == 0 && ran.stderr.contains(expected), "{expected}\n{}", ran.shown());
    assert!(!ran.stderr.contains("Type `yes`"), "{}", ran.shown());
    ran.stderr
}

/// Runs a line at a terminal at which somebody types `answer`; `None` if there is no `script`.
pub(super) fn at_a_terminal(people: &People, line: &str, answer: &str) -> Option<Ran> {
    let command = format!("stty -echo; exec '{}' {line}", env!("CARGO_BIN_EXE_ballotta"));
    let script = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(people.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut script) = script else {
        eprintln!("skipped: what a person at a terminal confirms: there is no `script` of util-linux");
        return None;
    };
    script.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = script.wait_with_output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(Ran { command: line.to_owned(), code: output.status.code().unwrap(), stdout, stderr: String::new() })
}

/// All files of everybody, with their content.
fn files(people: &People) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut paths = Vec::new();
    list(people.root(), &mut paths);
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}
