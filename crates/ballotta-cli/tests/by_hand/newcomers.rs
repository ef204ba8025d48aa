//! What people who used only the README and the pages for roles did not find, or did not understand.

use std::fs;

use serde_json::{Value, json};

use super::check_commands;
use super::people::People;
use super::signers::at_a_terminal;

/// Runs an election up to the opening: two trustees, a witness, and three voters. `options` are added to its manifest.
fn open_election(people: &People, options: &str) -> String {
    open_election_with(people, options, "--voters 3")
}

/// The same, with these voters.
fn open_election_with(people: &People, options: &str, voters: &str) -> String {
    let key = |command: &str| people.ok(command);
    let organiser = key("organiser new --out organiser/key");
    let authority = key("authority new --out authority/key");
    let board = key("board new --name board.example/new --out board/key");
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
    fs::write(people.path("authority/list.csv"), "all,2\nall,1\nall,5\n").unwrap();
    let fingerprint = people.ok(&format!("credentials issue record {voters} --codes authority/codes.csv"));
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
        "\nschedule: none\n".to_owned(),
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

/// A voter is warned of a copy of the board that may be old, and is not kept from voting.
#[test]
fn a_copy_of_the_board_may_be_old() {
    let people = People::new();
    open_election(&people, "--minimum-ballots 2 --closing statements --witness-age 3600");
    assert_eq!(people.field("inspect record/manifest.json", "largest age of cosignatures"), "3600");
    let warning = "warning: this copy of the board may be old: fewer witnesses than the manifest asks for have cosigned it in \
                   the last 60 minutes (0 of 1; no witness has cosigned it). Check the clock of this device";
    let code = "--choose statute=yes --code-file voters/code1 --out voters";
    let prepared = people.run(&format!("voter prepare record {code}/whole --whole"));
    assert!(prepared.code == 0 && prepared.stderr.contains(warning), "{}", prepared.shown());
    people.ok("board light record");
    let prepared = people.run(&format!("voter prepare record {code}/parts"));
    assert!(prepared.code == 0 && prepared.stderr.contains(warning), "{}", prepared.shown());
    let tracker = vote(&people, 1, "yes");
    let check = |warned: bool| {
        for whole in ["", "--whole"] {
            let ran = people.run(&format!("voter check record {} {whole}", people.asks(1, &tracker)));
            assert!(ran.code == 0 && ran.stderr.contains(warning) == warned, "{}", ran.shown());
            assert_eq!(ran.stderr.contains("may be old"), warned, "{}", ran.shown());
        }
    };
    check(true);
    // A server shows the checkpoint with the cosignature.
    let checkpoint = people.read("record/checkpoint");
    people.ok("witness cosign record --key witness/key --out witness/cosignature");
    let line = people.field("inspect witness/cosignature", "line");
    fs::write(people.path("record/checkpoint"), format!("{checkpoint}{line}\n")).unwrap();
    check(false);
    fs::write(people.path("record/checkpoint"), checkpoint).unwrap();
    check(true);
    // After the close the age says nothing.
    close(&people);
    people.ok("witness cosign record --key witness/key --out witness/closing");
    people.add("witness/closing");
    check(false);
}

#[test]
fn status_lists_every_command_of_an_election_with_witnesses() {
    let people = People::new();
    open_election(&people, "--closing witnesses --minimum-ballots 2");
    let add = "then the board: ballotta board add record --board-key KEY FILE";
    let pins = "--fingerprint FINGERPRINT [--checkpoint FILE]";
    let check = format!("ballotta voter check record --tracker TRACKER --voter-number NUMBER {pins} [--receipt FILE]");
    assert_eq!(
        listed(&people, "voters"),
        [
            "ballotta voter prepare record --fingerprint FINGERPRINT --out BALLOT",
            "which asks for the choices; for a test, add --choose CONTEST=OPTION",
            "ballotta voter cast BALLOT --out FILE",
            "or, to test the device: ballotta voter open BALLOT --out FILE",
            "then the board: ballotta board add record --board-key KEY --receipts FOLDER FILE",
            &check,
        ]
    );
    let follow = "ballotta witness follow record --key KEY --manifest-hash HEX --out FOLDER --until-closed";
    assert_eq!(listed(&people, "witnesses, from now on"), [follow]);
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
    let attend = format!("ballotta trustee attend record --key KEY {pins}");
    let sign = format!("or step by step, if you have not signed it yet: {sign}");
    assert_eq!(listed(&people, trustees), [&attend, &sign, &decrypt, add]);
    assert_eq!(listed(&people, "voters"), [check]);
    // It is needed, although the election closes by witnesses.
    people.fails(1, "`ballotta trustee sign-closing`", &trustee_call(1, "decrypt", "decryption"));
    let said = people.ok(&trustee_call(1, "sign-closing", "statement"));
    let nobody =
        "This election closes by its witnesses, so that nobody awaits trustee1/statement: it only lets you decrypt.";
    assert!(said.starts_with(nobody), "{said}");
    people.ok(&trustee_call(1, "decrypt", "decryption"));
}

/// K4: whoever verifies while the board grows never sees a record that is wrong, or that lacks entries.
#[test]
fn k4_readers_beside_a_growing_board() {
    let people = People::new();
    open_election_with(&people, "--closing statements --witnesses-needed 0 --minimum-ballots 2", "--voters 12");
    for voter in 1..=12 {
        people.ok(&format!(
            "voter prepare record --choose statute=yes --code-file voters/code{voter} --out voters/{voter}"
        ));
        people.ok(&format!("voter cast voters/{voter} --code-file voters/code{voter} --out voters/{voter}.ballot"));
    }
    let mut verified = 0;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=12).for_each(|voter| drop(people.add(&format!("voters/{voter}.ballot")))));
        while !writer.is_finished() {
            let ran = people.run("verify record --stage voting");
            assert_eq!(ran.code, 0, "{}", ran.shown());
            verified += 1;
        }
        writer.join().unwrap();
    });
    assert!(verified > 0);
    close(&people);
    // The closed record has nothing that was kept for readers.
    people.ok("verify record --stage closed");
    let bundles = fs::read_dir(people.path("record/tile/entries/000.p")).unwrap().count();
    assert_eq!(bundles, 1);
}

/// What `voter check` says to voters, who have no other explanation.
#[test]
fn voters_are_told_what_an_answer_means() {
    let people = People::new();
    open_election(&people, "--closing statements --witnesses-needed 0 --minimum-ballots 2");
    let first = vote(&people, 1, "yes");
    fs::rename(people.path("voters/1.ballot"), people.path("voters/first.ballot")).unwrap();
    fs::rename(people.path("voters/1.cast"), people.path("voters/first.cast")).unwrap();
    vote(&people, 1, "no");
    let again = "remedy: if you voted again, this is right; if you did not, somebody else has your voting code";
    people.fails(1, again, &format!("voter check record {}", people.asks(1, &first)));
    let compare = "remedy: compare the tracker with what you wrote down; if it is right, ";
    let missing = format!("voter check record {}", people.asks(1, &"0".repeat(64)));
    people.fails(1, &format!("{compare}send the ballot to the board"), &missing);
    people.fails(1, "Nobody has witnessed this board: ", &missing);
    close(&people);
    people.fails(1, &format!("{compare}get the record from another source"), &missing);
    people.fails(3, "if only your copy lacks files, get the record again", "verify record");
    people.fails(
        1,
        "error: there is no result yet: 2 more partial decryptions are needed, from trustees 1 (One), 2 (Two)\n",
        "result publish record --board-key board/key",
    );
}

/// A file that is given by mistake is named as what it is, with what to do.
#[test]
fn wrong_files_and_keys_are_named() {
    let people = People::new();
    open_election(&people, "--closing statements --minimum-ballots 3");
    people.ok("voter prepare record --choose statute=yes --code-file voters/code1 --out voters/one");
    people.add_fails(
        "voters/one is a prepared ballot, which shows the voter's choices, not a message file; remedy: only its voter may \
         have this file: the voter casts it with `ballotta voter cast FILE --out BALLOT`, and sends the file BALLOT",
        "voters/one",
    );
    people.add_fails("is a key that is encrypted with a passphrase (age), not a message file", "trustee1/seed.age");
    people.add_fails("is the secret key of a board or a witness, not a message file", "board/key");
    people.add_fails("authority/codes.csv is a file with secret voting codes", "authority/codes.csv");
    let close = |key: &str| format!("organiser close record --key {key} --out organiser/closing");
    people.fails(
        2,
        "error: trustee1/seed.age is a key that is encrypted with a passphrase (age), not the secret key of an organiser or \
         a credential authority\nremedy: a trustee's key is for the verbs `ballotta trustee ..`; here, give the file that \
         `ballotta organiser new` or `ballotta authority new` made; if you have encrypted your key yourself, decrypt it",
        &close("trustee1/seed.age"),
    );
    people.fails(2, "board/key is the secret key of a board or a witness, not the secret", &close("board/key"));
    people.fails(
        1,
        "remedy: this is the key of credential authority Office; give that of the organiser\n",
        &close("authority/key"),
    );
    people.ok("organiser new --out organiser/other");
    let other = people.field("inspect organiser/other", "public key");
    people.fails(
        1,
        &format!("remedy: its public key is {other}, which the manifest does not"),
        &close("organiser/other"),
    );
    people.fails(
        1,
        "remedy: this is the key of witness witness.example; give that of the board\n",
        "board add record --board-key witness/key voters/one",
    );
    people.fails(
        1,
        "remedy: this is the key of the board; give that of a witness\n",
        "witness cosign record --key board/key --out witness/line",
    );
    people.fails(
        2,
        "error: board/key is the secret key of a board or a witness, not a trustee's key, which age encrypts: ",
        "trustee ceremony record --key board/key --passphrase-file trustee1/passphrase --out trustee1/x",
    );
    vote(&people, 2, "yes");
    people.fails(
        2,
        "error: voters/2.ballot is a message file of the kind `ballot`, not a prepared ballot\n",
        "voter cast voters/2.ballot --code-file voters/code2 --out voters/x",
    );
    let ran = people.run(&close("organiser/key"));
    let warning =
        "warning: 1 ballot counts, and the manifest asks for 3 in every contest: if the voting closes now, nothing";
    assert!(ran.code == 0 && ran.stderr.contains(warning), "{}", ran.shown());
}

/// A trustee whose decryption is refused has seen nothing that looks like success, and is sent to no verb that sends it
/// back.
#[test]
fn a_refused_decryption_shows_only_the_refusal() {
    let people = People::new();
    open_election(&people, "--closing statements --minimum-ballots 2");
    vote(&people, 1, "yes");
    vote(&people, 2, "no");
    close(&people);
    people.ok(&trustee_call(1, "sign-closing", "statement"));
    let ran = people.run(&trustee_call(1, "decrypt", "decryption"));
    assert!(ran.code == 1 && ran.stderr.starts_with("error: no valid statement"), "{}", ran.shown());
    // Without its state, a trustee makes no statement, and is told when it still decrypts.
    fs::rename(people.path("trustee2/seed.age.state"), people.path("trustee2/aside")).unwrap();
    let ran = people.run(&trustee_call(2, "sign-closing", "lost"));
    let told = "seed.age.state is missing: without it this trustee makes no statement, because another copy of its key may have \
                made one\nremedy: if the file is still on the machine where the key was made, use that machine; otherwise \
                decrypt after";
    assert!(ran.code == 1 && ran.stderr.contains(told) && !ran.stderr.contains("This signs"), "{}", ran.shown());
    fs::rename(people.path("trustee2/aside"), people.path("trustee2/seed.age.state")).unwrap();
    people.fails(1, "remedy: make it with `ballotta trustee sign-closing`", &trustee_call(2, "decrypt", "lost"));
}

/// Of hundreds of equal failures, people see the first.
#[test]
fn many_failures_of_one_check_are_folded() {
    let people = People::new();
    open_election(&people, "--minimum-ballots 2");
    let roll = people.read("record/roll");
    let (header, voter) = (roll.lines().next().unwrap(), roll.lines().nth(1).unwrap());
    fs::write(people.path("record/roll"), format!("{header}\n{}", format!("{voter}\n").repeat(1500))).unwrap();
    let ran = people.run("verify record --stage voting");
    let lines = ran.stdout.lines().filter(|line| line.starts_with("roll.lines: "));
    let [shown @ .., further, more] = &lines.collect::<Vec<_>>()[..] else { panic!("{}", ran.shown()) };
    assert_eq!(shown.len(), 20);
    assert_eq!(
        (*further, *more),
        ("roll.lines: 499 further failures", "roll.lines: and 980 more, which `--json` lists")
    );
    assert!(ran.stderr.contains("the record does not hold: 1"), "{}", ran.shown());
    assert_eq!(ran.stdout, people.run("verify record --stage voting").stdout);
}

/// Three voters with different weights choose one of four options.
#[test]
fn the_winner_stands_first_and_weights_are_named() {
    let people = People::new();
    let options: String = ["a", "b", "c", "d"].map(|id| format!(" --option chair/{id}={id}")).concat();
    let more = format!("--closing statements --max-weight 5 --weight-unit share --contest chair=Who?{options}");
    open_election_with(&people, &more, "--list authority/list.csv");
    for (voter, chair) in [(1, "c"), (2, "d"), (3, "d")] {
        let (code, ballot) = (format!("--code-file voters/code{voter}"), format!("voters/{voter}"));
        if voter == 1 {
            // Only the contests of the voter's ballot are named.
            let unknown = "there is no contest x on this ballot; the contests are statute, chair\n";
            let marks = "--choose statute=yes --choose chair=a --choose x=y";
            people.fails(2, unknown, &format!("voter prepare record {marks} {code} --out {ballot}"));
        }
        people.ok(&format!("voter prepare record --choose statute=yes --choose chair={chair} {code} --out {ballot}"));
        people.ok(&format!("voter cast {ballot} {code} --out {ballot}.ballot"));
        people.add(&format!("{ballot}.ballot"));
    }
    close(&people);
    for verb in ["sign-closing", "decrypt"] {
        for number in [1, 2] {
            people.ok(&trustee_call(number, verb, verb));
        }
        people.add(&format!("trustee1/{verb} trustee2/{verb}"));
    }
    let shown = people.ok("result publish record --board-key board/key");
    let (_, chair) = shown.split_once("Who?\n").unwrap();
    let lines: Vec<&str> = chair.lines().map(str::trim).collect();
    let weights = "The numbers are sums of weights (unit: share), not numbers of ballots\n\n  Do you approve?";
    assert!(shown.trim_start().starts_with(weights), "{shown}");
    assert!(lines[0].starts_with("d ") && lines[0].ends_with("6 (75.00 %)"), "{shown}");
    assert!(lines[1].starts_with("c ") && lines[1].ends_with("2 (25.00 %)"), "{shown}");
}

/// U11: who mistypes a code or a passphrase at a terminal is asked again, up to three times.
#[test]
fn u11_what_is_mistyped_is_asked_again() {
    let people = People::new();
    open_election(&people, "--minimum-ballots 2");
    let code = people.read("voters/code1");
    let prepare = "voter prepare record --choose statute=yes --out voters/one";
    let Some(ran) = at_a_terminal(&people, prepare, "not a code\n\n\n") else { return };
    assert!(ran.code == 2 && ran.stdout.contains("error: this is not a voting code"), "{}", ran.shown());
    let ran = at_a_terminal(&people, prepare, &format!("not a code\n{}\n{code}\n", code.replace('-', ""))).unwrap();
    assert!(ran.code == 0 && ran.stdout.contains("this is not a voting code: a voting code has"), "{}", ran.shown());
    let inspect = "inspect trustee1/seed.age";
    let ran = at_a_terminal(&people, inspect, "wrong\none correct horse\n").unwrap();
    let asked = ran.stdout.matches("Passphrase of trustee1/seed.age: ").count();
    assert!(ran.code == 0 && asked == 2 && ran.stdout.contains("public key: "), "{}", ran.shown());
    let ran = at_a_terminal(&people, inspect, "wrong\nwrong\nwrong\none correct horse\n").unwrap();
    assert!(ran.code == 2 && ran.stdout.contains("error: "), "{}", ran.shown());
    let new = "trustee new --out trustee1/new.age --work-factor 4";
    let typed = "short\naaaaaaaaaaaaaaaa\nthree correct horses\nthree correct horses\n";
    let ran = at_a_terminal(&people, new, typed).unwrap();
    assert!(ran.code == 0 && people.path("trustee1/new.age").exists(), "{}", ran.shown());
}

/// L6: choices that are typed at a terminal are in no history and in no list of processes.
#[test]
fn l6_a_ballot_is_filled_in_at_a_terminal() {
    let people = People::new();
    open_election(
        &people,
        "--minimum-ballots 2 --contest song=Which_song? --option song/1=One --option song/aida=Aida --rule song=pairs",
    );
    let code = people.read("voters/code1");
    let prepare = "voter prepare record --out voters/one";
    let typed = format!("{code}\nmaybe\n1,2\n2\n1\naida>1\n");
    let Some(ran) = at_a_terminal(&people, prepare, &typed) else { return };
    let text = ran.stdout.replace('\r', "");
    assert_eq!(ran.code, 0, "{}", ran.shown());
    for line in [
        "\n1 of 2: Do you approve?\n    1  yes  Yes\n    2  no  No\nType OPTION, or OPTION,OPTION ..; an option by its",
        "contest statute has no option maybe; its options are yes, no\nType it again:\n",
        "\n  Do you approve?: No\n  Which song?: 1. Aida, 2. One\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Who does not finish has no ballot.
    let ran = at_a_terminal(&people, "voter prepare record --out voters/two", &format!("{code}\n1\n\u{4}")).unwrap();
    assert!(ran.code == 2 && ran.stdout.contains("the choices end before every contest is marked"), "{}", ran.shown());
    assert!(!people.path("voters/two").exists());
}

/// U6: the codes are mailed without joining two files by the numbers of their lines.
#[test]
fn u6_further_columns_of_the_list_stand_beside_the_codes() {
    let people = People::new();
    let list = "--list voters/list.csv";
    fs::write(
        people.path("voters/list.csv"),
        "style,weight,name,street\nall,1,Ada,\"Via Po, 1\"\nall,1\nall,1,Emmy,\n",
    )
    .unwrap();
    let fingerprint = open_election_with(&people, "--minimum-ballots 2", list);
    let codes = people.read("authority/codes.csv");
    let lines: Vec<&str> = codes.lines().collect();
    assert_eq!(lines[0], "number,code,voter_number,style,weight,fingerprint,name,street");
    for (line, further) in [(1, ",Ada,\"Via Po, 1\""), (2, ""), (3, ",Emmy,")] {
        assert!(lines[line].ends_with(&format!(",all,1,{fingerprint}{further}")), "{codes}");
    }
    assert_eq!(people.field("inspect authority/codes.csv", "codes"), "3");
    assert!(!people.read("record/roll").contains("Ada"));
    vote(&people, 1, "yes");
}

/// What `status` proposes for a file that is lost or damaged repairs the record, whatever the file is.
#[test]
fn lost_files_are_written_again() {
    let people = People::new();
    fs::write(people.path("organiser/rules.txt"), "The rules.\n").unwrap();
    open_election(&people, "--closing witnesses --minimum-ballots 2 --attachment /=The_rules=organiser/rules.txt");
    vote(&people, 1, "yes");
    vote(&people, 2, "no");
    close(&people);
    people.ok("witness cosign record --key witness/key --out witness/line");
    people.add("witness/line");
    for number in [1, 2] {
        people.ok(&trustee_call(number, "sign-closing", "statement"));
        people.ok(&trustee_call(number, "decrypt", "decryption"));
        people.add(&format!("trustee{number}/decryption"));
    }
    people.ok("result publish record --board-key board/key");
    let copy = people.path("auditor/copy");
    super::copy(&people.path("record"), &copy);
    let mut files = Vec::new();
    super::list(&copy, &mut files);
    let names = files.iter().map(|file| file.strip_prefix(&copy).unwrap().to_str().unwrap().to_owned());
    let not_named = |name: &String| {
        ["tile/", "light/"].iter().any(|folder| name.starts_with(folder))
            || ["manifest.json", "checkpoint"].contains(&name.as_str())
    };
    let names: Vec<String> = names.filter(|name| !not_named(name)).collect();
    // Eight messages, two decryptions, an attachment, the roll, the closing checkpoint, the list, and three files that it names.
    assert_eq!(names.len(), 8 + 2 + 1 + 1 + 1 + 1 + 3, "{names:?}");
    for name in &names {
        let path = people.path(&format!("record/{name}"));
        let (bytes, is_attachment) = (fs::read(&path).unwrap(), name.starts_with("attachments/"));
        for damage in [true, false] {
            if damage {
                fs::write(&path, [&bytes, b"\n".as_slice()].concat()).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            let status = people.run("status record");
            // A record may lack an attachment.
            let is_lost = damage || !is_attachment;
            assert_eq!(status.stdout.contains(&format!("\n    {name}\n")), is_lost, "{name}\n{}", status.shown());
            if is_lost {
                let propose = "\n  ballotta board add record --board-key KEY FILE..\n";
                assert!(status.stdout.contains(propose), "{name}\n{}", status.shown());
                let publishes = status.stdout.contains("ballotta result publish record");
                let is_made =
                    ["README.md", "SHA256SUMS", "result/result.json", "result/chart.svg"].contains(&name.as_str());
                assert_eq!(publishes, is_made, "{name}\n{}", status.shown());
            }
            let again = format!("was lost or damaged; written again as {name}");
            let said = people.add(&format!("auditor/copy/{name}"));
            assert_eq!(said.lines().next().unwrap(), format!("auditor/copy/{name}: {again}"), "{said}");
            assert_eq!(fs::read(&path).unwrap(), bytes);
            people.ok("verify record --strict");
        }
    }
    let said = people.add("auditor/copy/README.md");
    assert_eq!(said, "auditor/copy/README.md: in the record already, as README.md");
    // Message files repair what is binary in the record; the first makes it possible to see that the roll belongs to it.
    for folder in ["ceremony", "decryption"] {
        fs::remove_dir_all(people.path(&format!("record/{folder}"))).unwrap();
    }
    fs::remove_file(people.path("record/roll")).unwrap();
    people.fails(1, "`ballotta status` names the files that are lost", "result publish record --board-key board/key");
    let messages: Vec<String> =
        [1, 2].iter().flat_map(|number| (1..=4).map(move |step| format!("trustee{number}/{step}"))).collect();
    let ran = people.run(&format!("board add record --board-key board/key {}", messages[0]));
    assert!(ran.code != 0 && ran.stderr.contains("was lost or damaged"), "{}", ran.shown());
    let said = people.add(&format!("auditor/copy/roll {} trustee1/decryption trustee2/decryption", messages.join(" ")));
    assert!(said.contains("auditor/copy/roll: was lost or damaged; written again as roll\n"), "{said}");
    assert!(said.contains("trustee1/decryption: on the board already, as entry "), "{said}");
    people.ok("verify record --strict");
    // All files of the result, without a copy.
    fs::remove_dir_all(people.path("record/result")).unwrap();
    for name in ["README.md", "SHA256SUMS"] {
        fs::remove_file(people.path(&format!("record/{name}"))).unwrap();
    }
    people.ok("result publish record --board-key board/key");
    people.ok("verify record --strict");
    people.fails(1, "the result is published already", "result publish record --board-key board/key");
    // Nothing else is written, whatever it is called.
    fs::write(people.path("auditor/README.md"), "another text").unwrap();
    let head = people.read("record/checkpoint");
    people.add_fails("is not a message", "auditor/README.md");
    assert_eq!(
        (people.read("record/checkpoint"), people.read("record/README.md")),
        (head, people.read("auditor/copy/README.md"))
    );
}

/// The options are shown in the order that the manifest asks for, and attachments are named; what is typed is the number that was shown.
#[test]
fn a_ballot_at_a_terminal_has_the_shown_order_and_attachments() {
    let people = People::new();
    for name in ["rules", "statute", "ada"] {
        fs::write(people.path(&format!("organiser/{name}.txt")), format!("{name}\n")).unwrap();
    }
    open_election(
        &people,
        "--minimum-ballots 2 --contest song=Which_song? --option song/tosca=Tosca --option song/aida=Aida \
         --option song/carmen=Carmen --order song=alphabetical --attachment /=The_rules=organiser/rules.txt \
         --attachment statute=The_statute=organiser/statute.txt --attachment song/aida=About_Aida=organiser/ada.txt",
    );
    let manifest: Value = serde_json::from_str(&people.read("organiser/manifest.json")).unwrap();
    let path = |attachments: &Value| format!("attachments/{}", attachments[0]["sha256"].as_str().unwrap());
    let (rules, contests) = (path(&manifest["attachments"]), &manifest["contests"]);
    let (statute, aida) = (path(&contests[0]["attachments"]), path(&contests[1]["options"][1]["attachments"]));
    fs::remove_file(people.path("record").join(&statute)).unwrap();
    let code = people.read("voters/code1");
    let typed = format!("{code}\n1\n1\n");
    let Some(ran) = at_a_terminal(&people, "voter prepare record --out voters/one", &typed) else { return };
    let text = ran.stdout.replace('\r', "");
    assert_eq!(ran.code, 0, "{}", ran.shown());
    for lines in [
        format!("attachment: The rules: {rules}\n"),
        format!(
            "\n1 of 2: Do you approve?\nattachment: The statute: {statute} (not in this record)\n    1  yes  Yes\n    2  no  No\n"
        ),
        format!(
            "\n2 of 2: Which song?\n    1  aida  Aida\n       attachment: About Aida: {aida}\n    2  carmen  Carmen\n    3  tosca  Tosca\n"
        ),
        "\n  Do you approve?: Yes\n  Which song?: Aida\n".to_owned(),
    ] {
        assert!(text.contains(&lines), "{lines}\n{text}");
    }
}

/// A voter learns how many ballots are left, and nothing is prepared if none is, in small parts of a record and in the whole.
#[test]
fn a_voter_learns_how_many_ballots_are_left() {
    let people = People::new();
    open_election(&people, "--minimum-ballots 2 --ballots-per-credential 3");
    let prepare = |reading: &str, out: &str| {
        people.run(&format!(
            "voter prepare record {reading} --choose statute=yes --code-file voters/code1 --out voters/{out} --json"
        ))
    };
    for (cast, parts) in [(0, false), (1, true), (2, true)] {
        for (reading, is_exact) in [("", parts), ("--whole", true)] {
            let ran = prepare(reading, &format!("{cast}{reading}"));
            let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
            assert_eq!(answer["ballots_left"], 3 - cast, "{}", ran.shown());
            assert_eq!(answer["ballots_left_exact"], is_exact, "{}", ran.shown());
        }
        if cast == 1 {
            // A file is lost that the small parts do not need: the voter is not refused, and learns the most that may be left.
            let (there, away) = (people.path("record/ceremony"), people.path("away"));
            fs::rename(&there, &away).unwrap();
            let ran = prepare("", "without-roll");
            fs::rename(&away, &there).unwrap();
            let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
            assert_eq!((&answer["ballots_left"], &answer["ballots_left_exact"]), (&json!(2), &json!(false)));
        }
        people.ok(&format!("voter cast voters/{cast} --code-file voters/code1 --out voters/{cast}.ballot"));
        people.add(&format!("voters/{cast}.ballot"));
    }
    for reading in ["", "--whole"] {
        let ran = prepare(reading, "none");
        assert!(ran.code == 1 && ran.stderr.contains("\"ballot-limit\""), "{}", ran.shown());
        assert!(!people.path("voters/none").exists());
    }
    let said = |voter: u8| {
        people.run(&format!(
            "voter prepare record --whole --choose statute=yes --code-file voters/code{voter} --out voters/said{voter}"
        ))
    };
    let told = said(2);
    assert!(
        told.stderr.contains("After this one, you can cast 2 more ballots with this voting code."),
        "{}",
        told.shown()
    );
}
