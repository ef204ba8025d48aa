//! What people who used only the README and the pages for roles did not find, or did not understand.

use std::fs;

use serde_json::Value;

use super::check_commands;
use super::people::People;

/// Runs an election up to the opening: two trustees, a witness, and three voters. `options` are added to its manifest.
fn open_election(people: &People, options: &str) -> String {
    let key = |command: &str| people.ok(command);
    let organiser = key("organiser new --out organiser/key");
    let authority = key("authority new --out authority/key");
    let board = key("board new --origin board.example/new --out board/key");
    let witness = key("witness new --name witness.example --out witness/key");
    let trustee = |number: u8| {
        people.ok(&format!(
            "trustee new --out trustee{number}/seed.age --passphrase-file trustee{number}/passphrase --work-factor 4"
        ))
    };
    let (one, two) = (trustee(1), trustee(2));
    people.ok(&format!(
        "manifest new --title A_statute --contest statute=Do_you_approve? --option statute/yes=Yes \
         --option statute/no=No --organiser {organiser} --authority Office={authority} --trustee One={one} \
         --trustee Two={two} --threshold 2 --board board.example/new={board} --witness witness.example={witness} \
         --out organiser/manifest.json {options}"
    ));
    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    for step in 1..=4 {
        for number in [1, 2] {
            people.ok(&trustee_call(number, "ceremony", &step.to_string()));
            people.add(&format!("trustee{number}/{step}"));
        }
    }
    let fingerprint = people.ok("credentials issue record --voters 3 --codes authority/codes.csv");
    for (number, line) in (1..).zip(people.read("authority/codes.csv").lines().skip(1)) {
        fs::write(people.path(&format!("voters/code{number}")), line.split(',').nth(1).unwrap()).unwrap();
    }
    people.ok(&format!(
        "authority sign record --key authority/key --fingerprint {fingerprint} --out authority/signature"
    ));
    people.ok("board add record --board-key board/key authority/signature");
    people.ok("organiser open record --key organiser/key --out organiser/opening");
    people.add("organiser/opening");
    fingerprint
}

fn trustee_call(number: u8, verb: &str, out: &str) -> String {
    format!(
        "trustee {verb} record --key trustee{number}/seed.age --passphrase-file trustee{number}/passphrase \
         --out trustee{number}/{out}"
    )
}

/// A voter votes, and the board has the ballot. Returns its tracker.
fn vote(people: &People, voter: u8, choice: &str) -> String {
    let (code, ballot) = (format!("--code-file voters/code{voter}"), format!("voters/{voter}"));
    let tracker = people.ok(&format!("voter prepare record --choose statute={choice} {code} --out {ballot}"));
    people.ok(&format!("voter cast {ballot} {code} --out {ballot}.ballot"));
    people.add(&format!("{ballot}.ballot"));
    tracker
}

fn close(people: &People) {
    people.ok("organiser close record --key organiser/key --out organiser/closing");
    people.add("organiser/closing");
}

/// The commands that `status` lists for somebody.
fn listed(people: &People, who: &str) -> Vec<String> {
    check_commands(people, &people.ok("status record"));
    let status: Value = serde_json::from_str(&people.ok("status record --json")).unwrap();
    let next = status["next"].as_array().unwrap().iter().find(|next| next["who"] == who);
    let next = next.unwrap_or_else(|| panic!("nothing for {who}: {status}"));
    next["commands"].as_array().unwrap().iter().map(|command| command.as_str().unwrap().to_owned()).collect()
}

/// Everybody compares keys in the manifest with their own; a trustee's public key is in no file.
#[test]
fn the_manifest_and_a_trustees_key_show_public_keys() {
    let people = People::new();
    open_election(&people, "--weight-unit share --minimum-ballots 2");
    let shown = people.ok("inspect record/manifest.json");
    let own = |line: &str| people.field(&format!("inspect {line}"), "public key");
    let (one, office, witness) =
        (own("trustee1/seed.age --passphrase-file trustee1/passphrase"), own("authority/key"), own("witness/key"));
    for line in [
        format!("\norganiser: {}\n", own("organiser/key")),
        format!("\ncredential authorities:\n  Office: {office}\n"),
        format!("\ntrustees:\n  One: {one}\n  Two: "),
        format!("\nboard: board.example/new: {}\n", own("board/key")),
        format!("\nwitnesses:\n  witness.example: {witness}\n"),
        "\nballot styles:\n  all: statute\n".to_owned(),
        "\nunit of weights: share\n".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line}\n{shown}");
    }
    let hidden = "encrypted; to see it, call this command at a terminal, or with --passphrase-file";
    assert_eq!(own("trustee1/seed.age"), hidden);
    people.fails(
        2,
        "remedy: type it again, as it was when the key was made",
        "inspect trustee1/seed.age --passphrase-file trustee2/passphrase",
    );
}

#[test]
fn status_lists_every_command_of_an_election_with_witnesses() {
    let people = People::new();
    open_election(&people, "--closing witnesses --minimum-ballots 2");
    let add = "then the board: ballotta board add record --board-key KEY FILE";
    let pins = "--fingerprint HEX --checkpoint FILE";
    let check = format!("ballotta voter check record --tracker TRACKER {pins}");
    assert_eq!(
        listed(&people, "voters"),
        [
            "ballotta voter prepare record --choose CONTEST=OPTION --fingerprint HEX --out BALLOT",
            "ballotta voter cast BALLOT --out FILE",
            "or, to test the device: ballotta voter open BALLOT --out FILE",
            add,
            &check,
        ]
    );
    vote(&people, 1, "yes");
    vote(&people, 2, "no");
    close(&people);
    let cosign = format!("ballotta witness cosign record --key KEY {pins} --out FILE");
    assert_eq!(listed(&people, "witness 1 (witness.example)"), [cosign.as_str(), add]);
    assert_eq!(listed(&people, "voters"), [format!("when the closing is confirmed: {check}")]);
    people.ok("witness cosign record --key witness/key --out witness/line");
    people.add("witness/line");
    let trustees = "trustee 1 (One), trustee 2 (Two)";
    let sign = format!("ballotta trustee sign-closing record --key KEY {pins} --out FILE");
    let decrypt = format!("ballotta trustee decrypt record --key KEY {pins} --out FILE");
    assert_eq!(listed(&people, trustees), [&format!("if you have not signed it yet: {sign}"), &decrypt, add]);
    assert_eq!(listed(&people, "voters"), [check]);
    // It is needed, although the election closes by witnesses.
    people.fails(1, "`ballotta trustee sign-closing`", &trustee_call(1, "decrypt", "decryption"));
    people.ok(&trustee_call(1, "sign-closing", "statement"));
    people.ok(&trustee_call(1, "decrypt", "decryption"));
}
