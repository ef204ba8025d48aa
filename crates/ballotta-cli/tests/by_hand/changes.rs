//! A roll that changes while the voting is open: a lost code, a late member, somebody who leaves.

use std::fs;

use serde_json::{Value, json};

use super::people::People;

/// The code and the voter number on a line of a file of codes, counted from 1.
pub(super) fn letter(people: &People, file: &str, line: usize) -> (String, String) {
    let codes = people.read(file);
    let fields: Vec<&str> = codes.lines().nth(line).unwrap().split(',').collect();
    (fields[1].to_owned(), fields[2].to_owned())
}

pub(super) fn open_election(people: &People) {
    let organiser = people.ok("organiser new --out organiser/key");
    let authority = people.ok("authority new --out authority/key");
    let board = people.ok("board new --name board.example/changes --out board/key");
    let trustee =
        people.ok("trustee new --out trustee1/seed.age --passphrase-file trustee1/passphrase --work-factor 4");
    people.ok(&format!(
        "manifest new --title A_statute --rehearsal --contest statute=Do_you_approve? --option statute/yes=Yes \
         --option statute/no=No --organiser {organiser} --authority Office={authority} --trustee One={trustee} \
         --threshold 1 --board board.example/changes={board} --minimum-ballots 2 --roll-changes 4 --total-weight 10 \
         --out organiser/manifest.json"
    ));
    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    for step in 1..=4 {
        people.ok(&format!(
            "trustee ceremony record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{step}"
        ));
        people.add(&format!("trustee1/{step}"));
    }
    let fingerprint = people.ok("credentials issue record --voters 4 --codes authority/codes.csv");
    people.ok(&format!(
        "authority sign record --key authority/key --fingerprint {fingerprint} --out authority/signature"
    ));
    people.add("authority/signature");
    let early =
        "credentials add record --key authority/key --style all --codes authority/early.csv --out authority/early";
    people.fails(1, "the voting is not open yet", early);
    people.ok("organiser open record --key organiser/key --out organiser/opening");
    people.add("organiser/opening");
}

fn prepare(people: &People, name: &str) -> super::people::Ran {
    people.run(&format!(
        "voter prepare record --choose statute=yes --code-file voters/{name} --out voters/{name}.prepared"
    ))
}

pub(super) fn vote(people: &People, name: &str) {
    let prepared = prepare(people, name);
    assert_eq!(prepared.code, 0, "{}", prepared.shown());
    people.ok(&format!("voter cast voters/{name}.prepared --code-file voters/{name} --out voters/{name}.ballot"));
}

#[test]
fn a_roll_that_changes_during_the_voting() {
    let people = People::new();
    open_election(&people);
    for voter in 1..=4 {
        let (code, _) = letter(&people, "authority/codes.csv", voter);
        fs::write(people.path(&format!("voters/{voter}")), format!("{code}\n")).unwrap();
    }
    // A ballot that was prepared before its code is replaced.
    vote(&people, "1");
    vote(&people, "2");
    people.add("voters/2.ballot");
    let (_, lost) = letter(&people, "authority/codes.csv", 1);
    let replace = "credentials replace record --key authority/key --voter";
    let out = "--codes authority/new.csv --out authority/replace";
    people.fails(
        1,
        "not the key of a credential authority",
        &replace.replace("authority/key", "organiser/key").replace("--voter", &format!("--voter {lost} {out}")),
    );
    // Who has voted has voted.
    let (_, voted) = letter(&people, "authority/codes.csv", 2);
    people.fails(
        1,
        "has voted, the last time in entry ",
        &format!("{replace} {voted} --codes authority/a --out authority/b"),
    );
    let status = people.ok("status record");
    assert!(
        status.contains("0 of 4 changes used\n") && status.contains("credentials replace record --key KEY"),
        "{status}"
    );
    let begun = people.run(&format!("{replace} {lost} {out}"));
    assert!(begun.code == 0 && begun.stdout.starts_with("change 1 of the roll, voter number N-"), "{}", begun.shown());
    assert!(
        begun.stderr.contains(&format!("revokes       {lost}\n")),
        "what is signed has the number: {}",
        begun.shown()
    );
    // Begun from the same copy of the record.
    people.ok(&format!("{replace} {lost} --codes authority/twice.csv --out authority/twice"));
    assert!(people.read("authority/new.csv").lines().nth(1).unwrap().ends_with(&format!(",{lost}")));
    let (code, number) = letter(&people, "authority/new.csv", 1);
    assert_ne!(number, lost);
    fs::write(people.path("voters/new"), format!("{code}\n")).unwrap();
    // The new code is of use only when the board has the change.
    let early = prepare(&people, "new");
    assert!(early.code == 1 && early.stderr.contains("is not on the roll"), "{}", early.shown());
    let inspected = people.ok("inspect authority/replace");
    assert!(inspected.contains("lost_code") && inspected.contains(&number), "{inspected}");
    people.add("authority/replace");
    people.add_again("authority/replace");
    people.add_fails(
        "the change has the number 1, but the next one is 2; remedy: another change has this number: begin this change again",
        "authority/twice",
    );
    people.fails(
        1,
        "has revoked this credential before\nremedy: give the voter number of the newest letter",
        &format!("{replace} {lost} --codes authority/a --out authority/b"),
    );
    people.add_fails("has revoked the credential", "voters/1.ballot");
    let revoked = people.run("voter prepare record --choose statute=yes --code-file voters/1 --out voters/again");
    assert!(revoked.code == 1 && revoked.stderr.contains("has revoked the credential"), "{}", revoked.shown());
    people.ok("voter prepare record --choose statute=yes --code-file voters/new --out voters/test");
    let tested = people.ok("voter open voters/test --out voters/opening");
    vote(&people, "new");
    people.add("voters/new.ballot");
    // The number of the old letter, or the old ballot, accuses no device.
    let tracker = |ballot: &str| people.field(&format!("inspect voters/{ballot}.ballot"), "tracker");
    let check = |number: &str, tracker: &str, code: i32, error: &str| {
        people.fails(code, error, &format!("voter check record --tracker {tracker} --voter-number {number}"));
    };
    let revoked = "has revoked this voter number, and no ballot counts under it\nremedy: if this voter number was replaced by a change \
                   of the roll, use the number in the newer letter";
    check(&lost, &tracker("new"), 1, revoked);
    check(&lost, &tracker("1"), 1, revoked);
    check(&voted, &tracker("new"), 1, "the ballot with this tracker is that of another voter\nremedy: ");
    check(&number, &tracker("1"), 1, "no ballot on this board has this tracker");
    people.fails(
        1,
        revoked,
        &format!("voter check-opening record voters/opening --tracker {tested} --voter-number {lost}"),
    );

    // Two late members at once.
    fs::write(people.path("authority/nameless.csv"), "all,1,Ada\n").unwrap();
    people.fails(
        2,
        "authority/nameless.csv has further columns without names\nremedy: begin the list with a line that names them",
        "credentials add record --key authority/key --list authority/nameless.csv --codes authority/a --out authority/b",
    );
    fs::write(people.path("authority/late.csv"), "style,weight,name\nall,1,Ada\nall,1,Emmy\n").unwrap();
    let added = "credentials add record --key authority/key --list authority/late.csv --codes authority/late-codes.csv \
                 --out authority/late";
    let shown = people.ok(added);
    for (number, line) in (2..).zip(shown.lines()) {
        assert!(line.starts_with(&format!("change {number} of the roll, voter number N-")), "{shown}");
    }
    assert_eq!(shown.lines().count(), 2);
    // Out of order.
    people.add_fails("the change has the number 3, but the next one is 2", "authority/late-3");
    people.add("authority/late-2 authority/late-3");
    let (code, ada) = letter(&people, "authority/late-codes.csv", 1);
    assert!(people.read("authority/late-codes.csv").lines().nth(1).unwrap().ends_with(",Ada"));
    fs::write(people.path("voters/ada"), format!("{code}\n")).unwrap();
    vote(&people, "ada");
    people.add("voters/ada.ballot");

    // A voter has left.
    let (_, left) = letter(&people, "authority/codes.csv", 3);
    let revoke =
        format!("credentials revoke record --key authority/key --voter {left} --reason left --out authority/left");
    people.ok(&revoke);
    people.add("authority/left");
    let again = people.run(&revoke.replace("authority/left", "authority/left2"));
    assert!(again.code == 1 && again.stderr.contains("there are 4 changes already"), "{}", again.shown());
    people.ok("organiser cut-off record --key organiser/key --out organiser/cut-off");
    people.add("organiser/cut-off");
    people.add_again("organiser/cut-off");
    people.fails(
        1,
        "the roll is changed after the cut-off",
        &format!("{replace} {voted} --codes authority/a --out authority/b"),
    );
    people.fails(1, "the roll changes no more", "organiser cut-off record --key organiser/key --out organiser/again");

    // The index is made again from the record, and opened again.
    fs::remove_file(people.path("record.index")).unwrap();
    people.add_fails("has revoked the credential", "voters/1.ballot");
    people.add_fails("has revoked the credential", "voters/1.ballot");

    let status: Value = serde_json::from_str(&people.ok("status record --json")).unwrap();
    assert_eq!(status["turnout"], json!({ "counted": 3, "voters": 5 }));
    let counts = json!({ "lost_code": 1, "late_member": 2, "error": 0, "left": 1 });
    assert_eq!(status["roll_changes"], counts);
    assert_eq!((&status["roll_changes_allowed"], status["cut_off"].is_u64()), (&json!(4), true));
    let shown = people.ok("status record");
    assert!(shown.contains("4 of 4 changes used; entry ") && !shown.contains("credentials replace"), "{shown}");
    assert!(shown.contains("4 changes during the voting: 1 for a lost code, 2 for a late member"), "{shown}");

    people.ok("organiser close record --key organiser/key --out organiser/closing");
    people.add("organiser/closing");
    for (duty, out) in [("sign-closing", "statement"), ("decrypt", "decryption")] {
        let signed = people.run(&format!(
            "trustee {duty} record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{out}"
        ));
        assert!(signed.code == 0 && signed.stderr.contains("4 changes during the voting: 1 for"), "{}", signed.shown());
        people.add(&format!("trustee1/{out}"));
    }
    people.ok("result publish record --board-key board/key");
    let report: Value = serde_json::from_str(&people.ok("verify record --json")).unwrap();
    assert_eq!(report["verdict"], "holds");
    assert_eq!(report["result"]["roll_changes"], counts);
    assert_eq!((&report["result"]["eligible_voters"], &report["result"]["counted_ballots"]), (&json!(5), &json!(3)));
    // Each voter finds the own ballot, also who was added.
    let tracker = people.field("inspect voters/ada.ballot", "tracker");
    let found = people.ok(&format!("voter check record --tracker {tracker} --voter-number {ada}"));
    assert!(found.contains("counted") || found.contains("counts"), "{found}");
    // The second copy of the light files is the same.
    let light = |folder: &str| fs::read(people.path(&format!("{folder}/light/changes"))).unwrap();
    let before = light("record");
    assert_eq!(before.len(), 4 * 24);
    people.ok("board light record");
    assert_eq!(light("record"), before);
}

/// A call that was interrupted before the codes got their name is finished by the same call, and by no other one; codes that are on the
/// board are never removed, and void ones are never given out.
#[test]
fn an_interrupted_replacement_is_finished_by_the_same_call_only() {
    let people = People::new();
    open_election(&people);
    let numbers: Vec<String> = (1..=4).map(|voter| letter(&people, "authority/codes.csv", voter).1).collect();
    let replace = |voter: usize, codes: &str, out: &str| {
        format!(
            "credentials replace record --key authority/key --voter {} --codes authority/{codes} --out authority/{out}",
            numbers[voter]
        )
    };
    let interrupted = |codes: &str| {
        let path = people.path(&format!("authority/{codes}"));
        fs::rename(&path, people.path(&format!("authority/{codes}.part"))).unwrap();
    };
    people.ok(&replace(0, "new.csv", "one"));
    let code = people.read("authority/new.csv");
    interrupted("new.csv");
    people.fails(1, "has codes of another call, which was interrupted", &replace(1, "new.csv", "one"));
    let done = people.ok(&replace(0, "new.csv", "one"));
    assert!(done.starts_with("change 1 of the roll, voter number N-"), "{done}");
    assert_eq!(people.read("authority/new.csv"), code);

    // The change is on the board, and its file is somewhere else: the codes are the only copy.
    interrupted("new.csv");
    people.add("authority/one");
    fs::rename(people.path("authority/one"), people.path("authority/sent")).unwrap();
    people.fails(1, "has the code of a change that is on the board", &replace(1, "new.csv", "two"));
    assert_eq!(people.read("authority/new.csv.part"), code);

    // Another change has taken the number in the meantime: the codes are void.
    people.ok(&replace(1, "void.csv", "void"));
    interrupted("void.csv");
    people.ok(&replace(2, "third.csv", "third"));
    people.add("authority/third");
    people.fails(1, "the board has another change with the number 2", &replace(1, "void.csv", "void"));
    assert!(!people.path("authority/void.csv").exists());

    // The change was sent on before its codes had their name, and the copy of the record is older: they may be the only copy.
    people.ok(&replace(3, "lost.csv", "lost"));
    let code = people.read("authority/lost.csv");
    interrupted("lost.csv");
    fs::rename(people.path("authority/lost"), people.path("authority/sent on")).unwrap();
    let refused = "has codes of another call, which was interrupted, and the changes of them are not here";
    people.fails(1, refused, &replace(1, "lost.csv", "lost"));
    assert_eq!(people.read("authority/lost.csv.part"), code);
    people.ok(&replace(3, "lost.csv", "lost"));
    assert_eq!(people.read("authority/lost.csv"), code);
}
