//! A whole election by hand: every step is a separate process, and people share only the record and the message files.

use std::fs;
use std::path::{Path, PathBuf};

use ballotta::hash::Tracker;
use serde_json::{Value, json};

mod changes;
mod elsewhere;
mod ends;
mod kinds;
mod newcomers;
mod offices;
mod people;
mod signers;
mod terminal;

use self::people::{People, run};

#[test]
fn an_election_by_hand() {
    let people = People::new();
    keys_and_manifest(&people);
    expect_status(&people, "key_ceremony", &["trustee 1 (One), trustee 2 (Two)"], None);
    key_ceremony(&people);
    expect_status(&people, "roll", &["credential authority 1 (Office)"], None);
    credentials_and_opening(&people);
    expect_status(&people, "voting", &["voters", "witnesses, from now on", "the organiser"], Some((0, 5)));
    voting(&people);
    expect_status(&people, "voting", &["voters", "witnesses, from now on", "the organiser"], Some((3, 5)));
    copy(&people.path("record"), &people.path("before"));
    closing_and_decryption(&people);
    expect_status(&people, "publication", &["the board", "voters"], Some((3, 5)));
    let record = publication(&people);
    expect_status(&people, "verification", &["anybody", "voters"], Some((3, 5)));
    auditing(&people, &record);
    let tracker = people.field("inspect voters/again.ballot", "tracker");
    elsewhere::reading_from_elsewhere(&people, &tracker);
    tampering(&people, &record);
    inspecting(&people);
    secrets_stay_secret(&people);
}

/// U2: shows that the election has reached this step, and who is awaited, each with a command to type. Also `inspect`
/// shows it.
fn expect_status(people: &People, step: &str, who: &[&str], turnout: Option<(u64, u64)>) {
    let status: Value = serde_json::from_str(&people.ok("status record --json")).unwrap();
    let awaited: Vec<&str> =
        status["next"].as_array().unwrap().iter().map(|next| next["who"].as_str().unwrap()).collect();
    assert_eq!((status["step"].as_str(), awaited.as_slice()), (Some(step), who), "{status}");
    let counted = turnout.map(|(counted, voters)| json!({ "counted": counted, "voters": voters }));
    assert_eq!((&status["turnout"], &status["rehearsal"]), (&json!(counted), &json!(true)));
    let shown = people.ok("inspect record");
    assert_eq!(shown, people.ok("status record"));
    assert!(shown.starts_with("A statute  (A REHEARSAL: the result does not count)\n"), "{shown}");
    assert!(who.iter().all(|who| shown.contains(&format!("\n{who}:\n  "))), "{shown}");
    check_commands(people, &shown);
}

/// Every command that `status` lists is one.
fn check_commands(people: &People, shown: &str) {
    let commands: Vec<&str> =
        shown.lines().filter_map(|line| line.split_once("ballotta ").map(|(_, verb)| verb)).collect();
    assert!(!commands.is_empty(), "{shown}");
    for command in commands {
        let verbs: Vec<&str> = command.split(' ').take_while(|word| *word != "record").collect();
        assert_eq!(people.run(&format!("{} --help", verbs.join(" "))).code, 0, "there is no {command}");
    }
}

fn keys_and_manifest(people: &People) {
    let organiser = people.ok("organiser new --out organiser/key");
    let authority = people.ok("authority new --out authority/key");
    let board = people.ok("board new --name board.example/test --out board/key");
    let witness = people.ok("witness new --name witness.example --out witness/key");
    let trustee = |number| {
        people.ok(&format!(
            "trustee new --out trustee{number}/seed.age --passphrase-file trustee{number}/passphrase --work-factor 4"
        ))
    };
    let (one, two) = (trustee(1), trustee(2));
    let there = "organiser/key: it already exists\nremedy: choose another file name: files are never overwritten\n";
    people.fails(2, there, "organiser new --out organiser/key");
    fs::write(people.path("voters/short"), "fourteen chars\n").unwrap();
    people.fails(
        2,
        "error: the passphrase is shorter than 15 characters\nremedy: take several words",
        "trustee new --out trustee1/short.age --passphrase-file voters/short --work-factor 4",
    );
    assert!(!people.path("trustee1/short.age").exists());
    fs::remove_file(people.path("voters/short")).unwrap();

    let manifest = format!(
        "manifest new --title A_statute --rehearsal --language en \
        --contest statute=Do_you_approve_the_new_statute? --option statute/yes=Yes --option statute/no=No \
        --contest board=Who_shall_sit_on_the_board? --option board/ada=Ada --option board/emmy=Emmy --blank \
        --organiser {organiser} --authority Office={authority} --trustee One={one} --trustee Two={two} --threshold 2 \
        --board board.example/test={board} --witness witness.example={witness} --closing statements \
        --quorum more_than_1/2_of_heads_on_roll --minimum-ballots 2"
    )
    .replace("more_than_1", "more\u{1}than_1");
    // The only underscore that must stay.
    let arguments: Vec<String> = manifest
        .split_whitespace()
        .map(|argument| argument.replace('_', " ").replace('\u{1}', "_"))
        .chain(["--out".to_owned(), "organiser/manifest.json".to_owned()])
        .collect();
    let made = run(people.root(), "manifest new ..", arguments.clone().into_iter());
    assert_eq!(made.code, 0, "{}", made.shown());
    assert!(made.stderr.starts_with("warning: all 2 trustees are needed to decrypt"), "{}", made.shown());
    assert_eq!(people.ok("manifest check organiser/manifest.json"), made.stdout.trim_end());

    // One key for two trustees, and a threshold that cannot be reached.
    let broken = arguments.iter().map(|argument| match argument.as_str() {
        "organiser/manifest.json" => "organiser/broken.json".to_owned(),
        other => other.replace(&two, &one),
    });
    let broken = run(people.root(), "manifest new ..", broken);
    assert_eq!(broken.code, 1, "{}", broken.shown());
    assert!(broken.stderr.contains("trustees.members[1].key"), "{}", broken.shown());
    fs::write(
        people.path("organiser/broken.json"),
        people.read("organiser/manifest.json").replace("\"threshold\": 2", "\"threshold\": 3, \"x\": 1"),
    )
    .unwrap();
    people.fails(1, "breaks 2 rules", "manifest check organiser/broken.json");
    people.fails(2, "cannot be read", "manifest check organiser/nothing.json");
    people.fails(
        1,
        "the manifest breaks these rules",
        "record new --manifest organiser/broken.json --board-key board/key other",
    );

    people.fails(
        1,
        "is not the key of the board",
        "record new --manifest organiser/manifest.json --board-key witness/key other",
    );
    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    people.fails(
        2,
        "already contains a board",
        "record new --manifest organiser/manifest.json --board-key board/key record",
    );
}

fn ceremony(number: u8, step: &str) -> String {
    format!(
        "trustee ceremony record --key trustee{number}/seed.age --passphrase-file trustee{number}/passphrase \
        --out trustee{number}/{step}"
    )
}

fn key_ceremony(people: &People) {
    people.fails(
        1,
        "the key ceremony: the registration of trustees 1 (One), 2 (Two) is missing",
        "credentials issue record --voters 5 --codes authority/codes.csv",
    );
    let state = people.path("trustee1/seed.age.state");
    let unused = fs::read(&state).unwrap();
    fs::write(&state, "what a trustee remembers").unwrap();
    people.fails(1, "seed.age.state is damaged\nremedy: move it away", &ceremony(1, "registration"));
    fs::copy(people.path("trustee2/seed.age.state"), &state).unwrap();
    people.fails(1, "seed.age.state is the state of another key", &ceremony(1, "registration"));
    // Without it a trustee takes part in the ceremony, and is told.
    fs::remove_file(&state).unwrap();
    let told = people.run(&ceremony(1, "registration"));
    let missing = "seed.age.state is missing: this trustee will make no closing statement.";
    assert!(told.code == 0 && told.stderr.contains(missing), "{}", told.shown());
    // The state of an older key is not replaced, and no key is made beside it.
    fs::write(people.path("trustee1/other.age.state"), &unused).unwrap();
    people.fails(
        2,
        "if it exists already, it belongs to an older key",
        "trustee new --out trustee1/other.age --passphrase-file trustee1/passphrase --work-factor 4",
    );
    assert!(!people.path("trustee1/other.age").exists());
    fs::remove_file(people.path("trustee1/other.age.state")).unwrap();
    fs::remove_file(people.path("trustee1/registration")).unwrap();
    fs::write(state, unused).unwrap();
    for step in ["registration", "commitment", "deal", "confirmation"] {
        for number in [1, 2] {
            let made = people.ok(&ceremony(number, step));
            assert!(made.contains(step), "{made}");
            // A step that is repeated gives the same bytes.
            people.ok(&ceremony(number, "again"));
            assert_eq!(people.read(&format!("trustee{number}/{step}")), people.read(&format!("trustee{number}/again")));
            fs::remove_file(people.path(&format!("trustee{number}/again"))).unwrap();
            people.add(&format!("trustee{number}/{step}"));
            people.add_again(&format!("trustee{number}/{step}"));
            if number == 1 {
                if step == "registration" {
                    forged_registration(people);
                }
                people.fails(1, "of trustee 2 (Two)", &ceremony(1, "early"));
                assert!(!people.path("trustee1/early").exists());
            }
        }
    }
    assert_eq!(people.ok(&ceremony(1, "more")), "the key ceremony is complete");
    people.fails(
        2,
        "remedy: type it again, as it was when the key was made",
        "trustee ceremony record --key trustee1/seed.age --passphrase-file trustee2/passphrase --out x",
    );
}

/// A message that somebody else made in the name of a trustee does not stop the ceremony.
fn forged_registration(people: &People) {
    let registration = people.read("trustee1/registration");
    // Version, kind and author are 01 05 01 01 00; the author becomes 2.
    let forged = registration.replacen("\nAQUBAQ", "\nAQUBAg", 1);
    assert_ne!(forged, registration);
    fs::write(people.path("board/forged"), forged).unwrap();
    people.add_fails(
        "not signed by that trustee, or for another ceremony: registration in the name of trustee 2",
        "board/forged",
    );
}

fn credentials_and_opening(people: &People) {
    people.fails(1, "the record has no roll", "organiser open record --key organiser/key --out organiser/opening");
    fs::write(people.path("authority/list.csv"), "style,weight\nall,1\nall,1\nnone,1\n").unwrap();
    people.fails(
        2,
        "line 4: the manifest has no ballot style \"none\", only all\n",
        "credentials issue record --list authority/list.csv --codes authority/codes.csv",
    );
    fs::write(people.path("authority/list.csv"), "style,weight\nall,1\nall,2\n").unwrap();
    people.fails(
        2,
        "list.csv, line 3: the weight is 2, but the manifest allows 1 to 1\n",
        "credentials issue record --list authority/list.csv --codes authority/codes.csv",
    );
    people.fails(
        1,
        "the sum of all weights is 1,000,001, but the manifest allows only 1,000,000 (`weights.total`)",
        "credentials issue record --voters 1000001 --codes authority/codes.csv",
    );
    let fingerprint = people.ok("credentials issue record --voters 5 --codes authority/codes.csv");
    people.fails(
        1,
        "issued only once\nremedy: hand out the codes that were made with it; if they are lost, begin the election",
        "credentials issue record --voters 5 --codes authority/more.csv",
    );
    let codes = people.read("authority/codes.csv");
    for (number, line) in codes.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields[0], fields[3], fields[4]), ((number + 1).to_string().as_str(), "all", "1"));
        assert!(fields[2].starts_with("N-") && fields[5] == fingerprint && fingerprint.starts_with("F-"), "{line}");
        fs::write(people.path(&format!("voters/code{}", number + 1)), fields[1]).unwrap();
    }
    assert_eq!(codes.lines().count(), 6);

    // The voting cannot be opened with a roll that the authority did not sign.
    people.fails(
        1,
        "roll.signature: record: credential authority 1 has not signed the roll",
        "organiser open record --key organiser/key --out organiser/opening",
    );
    people.fails(
        1,
        "organiser/key is not the key of a credential authority",
        &format!("authority sign record --key organiser/key --fingerprint {fingerprint} --out authority/signature"),
    );
    people.fails(
        1,
        "remedy: check the fingerprint; if it is right, do not sign",
        &format!("authority sign record --key authority/key --fingerprint {} --out authority/none", "0".repeat(64)),
    );
    let sign =
        format!("authority sign record --key authority/key --fingerprint {fingerprint} --out authority/signature");
    let signed = people.ok(&sign);
    assert_eq!(signed, fingerprint);
    // The board refuses it too, whatever the organiser signs: a signature of the roll after the opening has no effect.
    copy(&people.path("record"), &people.path("early"));
    people.ok("board add early --board-key board/key authority/signature");
    people.ok("organiser open early --key organiser/key --out organiser/early");
    people.add_fails("credential authority 1 has not signed the roll", "organiser/early");
    terminal::bars_leave_what_is_said(people, &fingerprint);
    people.add_again("authority/signature");

    people.fails(
        1,
        "the voting is not open",
        "voter prepare record --choose statute=yes --blank board --code-file voters/code1 --out voters/early",
    );
    people.fails(1, "not the organiser's key", "organiser open record --key authority/key --out organiser/opening");
    people.fails(1, "never opened", "organiser close record --key organiser/key --out organiser/closing");
    assert_eq!(people.ok("organiser open record --key organiser/key --out organiser/opening"), fingerprint);
    people.add("organiser/opening");
    people.fails(1, "open already", "organiser open record --key organiser/key --out organiser/again");
    people.add_again("organiser/opening");
    people.add_again("trustee1/deal");
    people.fails(3, "verify with --stage voting", "verify record");
    people.ok(&format!("verify record --stage voting --fingerprint {fingerprint}"));
}

fn prepare(people: &People, voter: u8, name: &str, statute: &str, board: &str) -> String {
    people.ok(&format!(
        "voter prepare record --choose statute={statute} {board} --code-file voters/code{voter} --out voters/{name}"
    ))
}

fn cast(people: &People, voter: u8, name: &str) {
    people.ok(&format!("voter cast voters/{name} --code-file voters/code{voter} --out voters/{name}.ballot"));
}

fn voting(people: &People) {
    let voter = |line: &str| format!("voter prepare record {line} --code-file voters/code1 --out voters/wrong");
    people.fails(2, "contest board has no choice", &voter("--choose statute=yes"));
    people.fails(2, "no option maybe; its options are yes, no", &voter("--choose statute=maybe --blank board"));
    people.fails(2, "there is no contest statutes", &voter("--choose statutes=yes --blank board"));
    people.fails(2, "at most 1 may be selected", &voter("--choose statute=yes,no --blank board"));
    fs::write(people.path("voters/code9"), "0024H-36H2N-CSVRH-6DAQF-6DVVQ-ZE6").unwrap();
    people.fails(
        1,
        "is not on the roll",
        "voter prepare record --choose statute=yes --blank board --code-file voters/code9 --out voters/wrong",
    );
    fs::write(people.path("voters/typo"), people.read("voters/code1").replacen(['0', '1', '2', '3'], "Z", 1) + "Z")
        .unwrap();
    people.fails(
        2,
        "not a voting code",
        "voter prepare record --choose statute=yes --blank board --code-file voters/typo --out voters/wrong",
    );
    assert!(!people.path("voters/wrong").exists());

    // Voter 1 tests the device with other choices first, and then casts.
    let opened = prepare(people, 1, "test", "no", "--choose board=ada");
    people.ok("voter open voters/test --out voters/opening");
    let other = "0".repeat(64);
    people.fails(
        1,
        "not the one that was shown",
        &format!("voter check-opening record voters/opening {}", people.asks(1, &other)),
    );
    // H2: the device shows the ballot of another voter.
    people.fails(
        1,
        "the ballot is not that of this voter: its voter number is N-",
        &format!("voter check-opening record voters/opening {}", people.asks(2, &opened)),
    );
    let slip = opened.replace(&opened[4..5], if &opened[4..5] == "7" { "8" } else { "7" });
    people.fails(
        2,
        "the tracker has a typing slip",
        &format!("voter check-opening record voters/opening {}", people.asks(1, &slip)),
    );
    let shown = people.ok(&format!("voter check-opening record voters/opening {}", people.asks(1, &opened)));
    assert_eq!(shown, "Do you approve the new statute?: No\nWho shall sit on the board?: Ada");
    people.fails(1, "was opened already", "voter cast voters/test --code-file voters/code1 --out voters/test.ballot");
    people.fails(1, "was opened already", "voter open voters/test --out voters/opening2");
    people.add_fails("second device", "voters/opening");
    prepare(people, 1, "one", "yes", "--choose board=emmy");
    people.fails(1, "another voting code", "voter cast voters/one --code-file voters/code2 --out voters/one.ballot");
    people.fails(
        2,
        "files are never overwritten",
        "voter cast voters/one --code-file voters/code1 --out voters/opening",
    );
    let kept = "this command keeps the used ballot in";
    people.fails(2, kept, "voter cast voters/one --code-file voters/code1 --out voters/one.cast");
    people.fails(2, kept, "voter open voters/one --out voters/one.opened");
    cast(people, 1, "one");
    people.fails(1, "was cast already", "voter cast voters/one --code-file voters/code1 --out voters/one2.ballot");
    people.fails(1, "was cast already", "voter open voters/one --out voters/opening2");
    let left = people.read("voters/one.cast") + &people.read("voters/test.opened");
    assert!(!left.contains("seed") && !left.contains("choices"), "{left}");

    prepare(people, 5, "unused", "no", "--blank board");

    // A crash after the renaming: the same act can be repeated, the other is excluded.
    prepare(people, 5, "crash", "no", "--blank board");
    fs::rename(people.path("voters/crash"), people.path("voters/crash.cast")).unwrap();
    people.fails(1, "was cast already", "voter open voters/crash --out voters/opening2");
    cast(people, 5, "crash");
    people.fails(1, "was cast already", "voter cast voters/crash --code-file voters/code5 --out voters/crash2.ballot");

    // Voter 2 votes twice; two ballots with the same predecessor are a fork.
    prepare(people, 2, "two", "no", "--blank board");
    prepare(people, 2, "fork", "yes", "--blank board");
    cast(people, 2, "two");
    cast(people, 2, "fork");
    people.add("voters/one.ballot voters/two.ballot");
    people.add_fails(
        "the credential's last valid entry as its previous one; remedy: prepare the ballot again",
        "voters/fork.ballot",
    );
    people.add_again("voters/one.ballot");
    prepare(people, 2, "again", "yes", "--choose board=ada");
    cast(people, 2, "again");
    prepare(people, 3, "three", "yes", "--choose board=ada");
    cast(people, 3, "three");
    prepare(people, 4, "four", "no", "--choose board=emmy");
    cast(people, 4, "four");
    // A refused file does not affect the others.
    fs::write(people.path("board/noise"), "noise\n").unwrap();
    let mixed = "voters/three.ballot board/noise board/nothing voters/three.ballot voters/again.ballot";
    let ran = people.run(&format!("board add record --board-key board/key --json {mixed}"));
    assert_eq!(ran.code, 1, "{}", ran.shown());
    let outcomes: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let refused: Vec<bool> = outcomes.iter().map(|outcome| outcome["entry"].is_null()).collect();
    assert_eq!(refused, [false, true, true, false, false]);
}

fn trustee(number: u8, duty: &str, out: &str) -> String {
    format!(
        "trustee {duty} record --key trustee{number}/seed.age --passphrase-file trustee{number}/passphrase \
        --out trustee{number}/{out}"
    )
}

fn closing_and_decryption(people: &People) {
    people.fails(1, "not closed", &trustee(1, "sign-closing", "statement"));
    people.fails(1, "no result yet: the voting is not closed", "result publish record --board-key board/key");
    people.ok("witness cosign record --key witness/key --out witness/line0");
    // A copy of the record becomes the beginning of another history.
    copy(&people.path("record"), &people.path("other"));
    people.ok("organiser close record --key organiser/key --out organiser/closing");
    people.add("organiser/closing");
    people.add_fails("voting is closed", "voters/four.ballot");

    people.fails(
        1,
        "this trustee has not made its closing statement yet\nremedy: make it with `ballotta trustee sign-closing`",
        &trustee(1, "decrypt", "decryption"),
    );
    people.ok(&trustee(1, "sign-closing", "statement"));
    // The trustee repeats the same statement; `state` is an older name of the verb.
    people.ok(&trustee(1, "state", "again"));
    assert_eq!(people.read("trustee1/statement"), people.read("trustee1/again"));
    people.add("trustee1/statement");
    people.add_again("trustee1/statement");
    let waiting = "error: no valid statement of trustee 2 (Two) about this tally is on the board: 1 trustee stated what is decrypted, \
                   but the closing rule requires 2\nremedy: wait until the other trustees' statements are on the board";
    people.fails(1, waiting, &trustee(1, "decrypt", "decryption"));
    people.fails(
        1,
        "error: there is no result yet: 2 more partial decryptions are needed, from trustees 1 (One), 2 (Two)\nremedy: ",
        "result publish record --board-key board/key",
    );

    // Another history: one ballot more before the close.
    people.ok("board add other --board-key board/key voters/four.ballot");
    people.ok("organiser close other --key organiser/key --out organiser/other");
    people.ok("board add other --board-key board/key organiser/other");
    let elsewhere = |line: String| line.replace(" record ", " other ");
    people.fails(
        1,
        "the only statement of this trustee is about another board: ",
        &elsewhere(trustee(1, "sign-closing", "other")),
    );
    people.fails(1, "differs from the board", &elsewhere(trustee(1, "decrypt", "other")));
    assert!(!people.path("trustee1/other").exists());
    // A witness cosigns one history.
    people.ok("witness cosign record --key witness/key --out witness/line");
    people.fails(1, "does not continue", "witness cosign other --key witness/key --out witness/other");
    people.fails(1, "is not the key of a witness", "witness cosign record --key board/key --out witness/other");
    // This test can copy the right to make one statement; a real trustee must not.
    let state = people.path("trustee2/seed.age.state");
    let unused = fs::read(&state).unwrap();
    people.ok(&elsewhere(trustee(2, "sign-closing", "other")));
    people.add_fails("differs from the board", "trustee2/other");
    fs::write(&state, &unused).unwrap();

    // Without it, a copy of the key makes no statement.
    fs::remove_file(&state).unwrap();
    people.fails(
        1,
        "seed.age.state is missing: without it this trustee makes no statement",
        &trustee(2, "sign-closing", "third"),
    );
    fs::write(&state, &unused).unwrap();
    people.ok(&trustee(2, "sign-closing", "statement"));
    copy(&people.path("record"), &people.path("unstated"));
    people.add("trustee2/statement witness/line");
    assert_eq!(people.add("witness/line"), "witness/line: the closing checkpoint has it already");
    // F1: a trustee that has lost its statement takes it over from the board.
    fs::remove_file(&state).unwrap();
    people.ok(&trustee(2, "sign-closing", "adopted"));
    assert_eq!(people.read("trustee2/adopted"), people.read("trustee2/statement"));
    assert!(state.exists());
    // A file that cannot be read is no refusal.
    fs::rename(&state, people.path("trustee2/state")).unwrap();
    fs::create_dir(&state).unwrap();
    people.fails(2, "cannot be read", &trustee(2, "sign-closing", "third"));
    fs::remove_dir(&state).unwrap();
    fs::rename(people.path("trustee2/state"), &state).unwrap();
    for number in [1, 2] {
        people.ok(&trustee(number, "decrypt", "decryption"));
        people.ok("verify record --stage closed");
        people.add(&format!("trustee{number}/decryption"));
        people.add_again(&format!("trustee{number}/decryption"));
    }
    // Totals that two trustees decrypt before the closing rule is met are not a result.
    people.ok("board add unstated --board-key board/key trustee1/decryption trustee2/decryption");
    people.fails(1, "the closing rule is not met yet", "result publish unstated --board-key board/key");
    assert!(!people.path("unstated/result").exists());
}

/// Publishes the result, and gives only the record to an auditor.
fn publication(people: &People) -> PathBuf {
    people.fails(3, "the record is not complete", "verify record");
    assert!(people.run("verify record").stdout.starts_with("A REHEARSAL: the result does not count\n\n"));
    people.fails(1, "is not the key of the board", "result publish record --board-key witness/key");
    // A closing checkpoint that cannot be read is not one that is missing: nothing is published without it.
    let (checkpoint, aside) = (people.path("record/closing-checkpoint"), people.path("aside"));
    fs::rename(&checkpoint, &aside).unwrap();
    fs::write(&checkpoint, vec![b'x'; 100_000]).unwrap();
    let unreadable = "closing-checkpoint: the file has 100000 bytes";
    people.fails(2, unreadable, "result publish record --board-key board/key");
    people.fails(2, unreadable, "witness cosign record --key witness/key --out witness/unreadable");
    fs::write(&checkpoint, "no checkpoint").unwrap();
    let invalid = "closing-checkpoint: the note has no signatures";
    people.fails(1, invalid, "witness cosign record --key witness/key --out witness/unreadable");
    fs::rename(&aside, &checkpoint).unwrap();
    let shown = people.ok("result publish record --board-key board/key");
    assert!(shown.contains("Yes") && shown.contains("Emmy"), "{shown}");
    // F4: everything that shows the result says that it is that of a rehearsal.
    let rehearsal = "A REHEARSAL: the result does not count";
    assert!(shown.trim_start().starts_with(rehearsal), "{shown}");
    for file in ["README.md", "result/chart.svg"] {
        assert!(people.read(&format!("record/{file}")).contains(rehearsal), "{file}");
    }
    for line in ["verify record", "inspect record/result/result.json", "status record"] {
        assert!(people.ok(line).contains(rehearsal), "{line}");
    }
    for line in ["verify record --json", "inspect record/result/result.json --json", "status record --json"] {
        assert_eq!(serde_json::from_str::<Value>(&people.ok(line)).unwrap()["rehearsal"], true, "{line}");
    }
    let quorum = "Quorum: more than 1/2 of the voters on the roll; 60.00 % took part: reached";
    assert!(shown.contains(quorum) && people.read("record/result/chart.svg").contains(quorum), "{shown}");
    people.fails(1, "published already", "result publish record --board-key board/key");
    assert_eq!(people.add("witness/line"), "witness/line: the closing checkpoint has it already");
    let record = people.path("auditor/record");
    copy(&people.path("record"), &record);
    record
}

fn auditing(people: &People, record: &Path) {
    let ran = people.run("verify auditor/record --json");
    assert_eq!(ran.code, 0, "{}", ran.shown());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let result = &report["result"];
    assert_eq!(report["verdict"], "holds");
    assert_eq!((&result["eligible_voters"], &result["counted_ballots"]), (&Value::from(5), &Value::from(3)));
    assert_eq!(result["quorum"]["reached"], true);
    let totals = |contest: usize| -> Vec<u64> {
        let options = result["contests"][contest]["options"].as_array().unwrap();
        options.iter().map(|option| option["total"].as_u64().unwrap()).collect()
    };
    // Voters 1, 2 (again) and 3: voter 4 came after the close.
    assert_eq!((totals(0), totals(1)), (vec![3, 0], vec![2, 1]));

    let fingerprint = result["fingerprint"].as_str().unwrap();
    people.ok(&format!("verify auditor/record --fingerprint {fingerprint} --checkpoint record/closing-checkpoint"));
    let other = fingerprint.replace(['0', '1', '2'], "3");
    people.fails(1, "does not hold: one failure", &format!("verify auditor/record --fingerprint {other}"));
    people.fails(1, "does not hold: one failure", "verify auditor/record --checkpoint other/checkpoint");
    people.fails(2, "is not a checkpoint", "verify auditor/record --checkpoint record/roll");
    people.fails(2, "required arguments were not provided", "verify");
    people.fails(2, "is neither a folder nor an archive", "verify nothing");

    // The voters look for their ballots on the board.
    let tracker = |name: &str| people.field(&format!("inspect voters/{name}"), "tracker");
    let again: Tracker = tracker("again.ballot").parse().unwrap();
    for (name, voter, code, state) in [
        ("one.ballot", 1, 0, "counted: entry 10".to_owned()),
        ("one.ballot", 2, 1, "not a ballot of yours: entry 10".to_owned()),
        ("two.ballot", 2, 1, format!("superseded by {}: entry 13", again.written())),
        ("again.ballot", 2, 0, "counted: entry 13".to_owned()),
        ("three.ballot", 3, 0, "counted: entry 12".to_owned()),
        ("fork.ballot", 2, 1, "missing".to_owned()),
        ("four.ballot", 4, 1, "missing".to_owned()),
    ] {
        let ran = people.run(&format!("voter check auditor/record {}", people.asks(voter, &tracker(name))));
        assert_eq!((ran.code, ran.stdout.trim_end()), (code, state.as_str()), "{}", ran.shown());
        assert!(
            ran.stderr.starts_with("A REHEARSAL: ") && ran.stderr.contains("1 of 1 witness cosigned"),
            "{}",
            ran.shown()
        );
    }
    assert!(record.join("SHA256SUMS").exists());

    // The other history counts the ballot that came too late here. No witness saw it, and cosignatures do not move.
    let four = format!("voter check other {}", people.asks(4, &tracker("four.ballot")));
    people.fails(1, "0 of 1 witness cosigned", &four);
    fs::copy(people.path("record/closing-checkpoint"), people.path("other/closing-checkpoint")).unwrap();
    people.fails(1, "the closing checkpoint is not of this board", &four);
    fs::remove_file(people.path("other/closing-checkpoint")).unwrap();
    people.fails(1, "0 of 1 witness cosigned", &four);
}

/// A change of one byte in any file that a verifier reads is found. Nothing depends on a tile of hashes, or on a file for
/// light clients.
fn tampering(people: &People, record: &Path) {
    let mut files = Vec::new();
    list(record, &mut files);
    for folder in ["tile/0", "light"] {
        let folder = record.join(folder);
        files.retain(|path| !path.starts_with(&folder));
        fs::remove_dir_all(folder).unwrap();
    }
    assert_eq!(files.len(), 8 + 1 + 8 + 2, "{files:?}");
    people.ok("verify auditor/record --strict");
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let name = path.strip_prefix(record).unwrap().to_str().unwrap().to_owned();
        for position in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            fs::write(&path, flipped).unwrap();
            let ran = people.run("verify auditor/record --json");
            // Both partial decryptions are needed: one that is not valid is awaited.
            let code = if name.starts_with("decryption/") { 3 } else { 1 };
            assert_eq!(ran.code, code, "byte {position} of {name}\n{}", ran.shown());
            let report: Value = serde_json::from_str(&ran.stdout).unwrap();
            let failures = report["failures"].to_string();
            // A changed manifest is another manifest, and nothing else belongs to it. If the entries can still be read,
            // the tree head shows that one was changed.
            let named = match name.as_str() {
                "manifest.json" => failures.contains("manifest"),
                tile if tile.starts_with("tile/") => failures.contains(tile) || failures.contains("board.root"),
                other => failures.contains(other),
            };
            assert!(named, "byte {position} of {name}\n{}", ran.shown());
        }
        fs::remove_file(&path).unwrap();
        people.fails(3, "the record is not complete", "verify auditor/record");
        fs::write(&path, bytes).unwrap();
    }
    fs::write(record.join("more"), "").unwrap();
    // The file changes nothing. An auditor who accepts no findings says so.
    let shown = people.ok("verify auditor/record");
    assert!(shown.contains("record.files: more: the file is not part of the record\n"), "{shown}");
    assert!(shown.ends_with("The record holds, with findings. They change nothing in the result."), "{shown}");
    people.fails(1, "the record has one finding, and --strict accepts none", "verify auditor/record --strict");
    fs::remove_file(record.join("more")).unwrap();
    people.ok("verify auditor/record --strict");
    people.ok("verify auditor/record");
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

/// Every file of an election can be inspected, and no secret is shown.
fn inspecting(people: &People) {
    let mut files = Vec::new();
    list(people.root(), &mut files);
    let secrets: Vec<String> = ["organiser/key", "authority/key", "board/key", "witness/key"]
        .iter()
        .map(|name| people.read(name).lines().nth(1).unwrap().to_owned())
        .chain(
            people.read("authority/codes.csv").lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()),
        )
        .collect();
    // Files without a format of this project: codes, passphrases, lists of voters, noise.
    let foreign = ["code", "typo", "passphrase", "list.csv", "noise", "README.md", "chart.svg"];
    for path in files {
        let name = path.strip_prefix(people.root()).unwrap().to_str().unwrap();
        let ran = people.run(&format!("inspect {name} --json"));
        let file_name = path.file_name().unwrap().to_str().unwrap();
        // Files for light clients and the index of the board have no first line that says what they are.
        let is_foreign = foreign.iter().any(|prefix| file_name.starts_with(prefix)) && file_name != "codes.csv"
            || name.contains("/light/") && !name.contains("/tile/")
            || name.ends_with(".index");
        let broken = name == "organiser/broken.json";
        assert_eq!(ran.code, if is_foreign || broken { 2 } else { 0 }, "{}", ran.shown());
        for secret in &secrets {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{}", ran.shown());
        }
    }
    let what = |line: &str| people.field(line, "what");
    assert_eq!(what("inspect organiser/key"), "the secret key of an organiser or a credential authority");
    let shown = people.ok("inspect record/manifest.json");
    assert!(shown.contains("\n  statute:\n    options:\n      yes: Yes\n      no: No\n"), "{shown}");
    assert_eq!(people.field("inspect record/manifest.json", "largest total weight"), "1000000");
    assert_eq!(what("inspect record/roll"), "a credential roll");
    assert_eq!(what("inspect record/closing-checkpoint"), "a checkpoint of a board");
    assert_eq!(people.field("inspect record/closing-checkpoint", "witnesses"), "1 of 1");
    assert_eq!(what("inspect trustee1/deal --record record"), "message file: ceremony-message");
    assert_eq!(people.field("inspect trustee1/deal --record record", "slots"), "2");
    assert_eq!(people.field("inspect voters/one.cast", "state"), "used");
    // What people compare is shown in the form that they have, beside the whole value.
    let whole: Tracker = people.field("inspect voters/one.ballot", "tracker").parse().unwrap();
    for file in ["voters/one.ballot", "voters/one.cast"] {
        assert_eq!(people.field(&format!("inspect {file}"), "written tracker"), whole.written());
    }
    let number = people.read("authority/codes.csv").lines().nth(1).unwrap().split(',').nth(2).unwrap().to_owned();
    assert_eq!(people.field("inspect voters/one.ballot", "voter number"), number);
    for file in ["voters/one.ballot", "organiser/opening", "authority/signature", "record/result/result.json"] {
        let shown = format!("inspect {file}");
        let fingerprint = people.field(&shown, "fingerprint");
        assert_eq!(people.field(&shown, "written fingerprint"), people::written(&fingerprint), "{file}");
    }
    let mut tiles = Vec::new();
    list(&people.path("record/tile/entries"), &mut tiles);
    assert!(tiles.iter().any(|tile| {
        let tile = tile.strip_prefix(people.root()).unwrap().to_str().unwrap();
        people.ok(&format!("inspect {tile}")).contains(&format!(": ballot {}\n", whole.written()))
    }));
}

#[cfg(unix)]
fn secrets_stay_secret(people: &People) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |name: &str| fs::metadata(people.path(name)).unwrap().permissions().mode() & 0o777;
    for name in [
        "organiser/key",
        "authority/key",
        "board/key",
        "witness/key",
        "trustee1/seed.age",
        "trustee2/seed.age",
        "authority/codes.csv",
        "voters/unused",
        "voters/opening",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[cfg(not(unix))]
fn secrets_stay_secret(_: &People) {}

pub(crate) fn copy(from: &Path, to: &Path) {
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
