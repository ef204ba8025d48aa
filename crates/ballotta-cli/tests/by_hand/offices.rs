//! Two credential authorities on two machines: neither sees a code of the other, and a voter needs a code of each.

use std::fs;

use serde_json::Value;

use super::copy;
use super::people::People;

/// The manifest and the key ceremony of one trustee, with the keys of two offices.
fn begin(people: &People) {
    let organiser = people.ok("organiser new --out organiser/key");
    fs::create_dir(people.path("office1")).unwrap();
    fs::create_dir(people.path("office2")).unwrap();
    let one = people.ok("authority new --out office1/key");
    let two = people.ok("authority new --out office2/key");
    let board = people.ok("board new --name board.example/parts --out board/key");
    let trustee =
        people.ok("trustee new --out trustee1/seed.age --passphrase-file trustee1/passphrase --work-factor 4");
    people.ok(&format!(
        "manifest new --title A_statute --rehearsal --contest statute=Do_you_approve? --option statute/yes=Yes \
         --option statute/no=No --organiser {organiser} --authority Registry={one} --authority Desk={two} \
         --trustee One={trustee} --threshold 1 --board board.example/parts={board} --closing statements \
         --minimum-ballots 1 --max-weight 2 --roll-changes 4 --out organiser/manifest.json"
    ));
    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    for step in 1..=4 {
        people.ok(&format!(
            "trustee ceremony record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{step}"
        ));
        people.add(&format!("trustee1/{step}"));
    }
    // Each office has its own copy of the record.
    copy(&people.path("record"), &people.path("office1/record"));
    copy(&people.path("record"), &people.path("office2/record"));
}

const PART_1: &str = "credentials part office1/record --key office1/key";
const PART_2: &str = "credentials part office2/record --key office2/key";

/// The codes of both offices, their part lists, and the fingerprint.
fn codes(people: &People) -> String {
    people.fails(
        1,
        "the manifest names 2 credential authorities, but this command makes the codes of only one\n\
         remedy: each of them makes its codes with `ballotta credentials part`",
        "credentials issue office1/record --voters 4 --codes office1/all.csv",
    );
    fs::write(
        people.path("office1/list.csv"),
        "style,weight,address\nall,1,1_Lane\nall,1,2_Lane\nall,2,3_Lane\nall,2,4_Lane\n",
    )
    .unwrap();
    let first = format!(
        "{PART_1} --list office1/list.csv --codes office1/codes.csv --members office1/members.csv --out office1/part"
    );
    let said = people.run(&first);
    assert_eq!((said.code, said.stdout.trim_end()), (0, "office1/part"), "{}", said.shown());
    assert!(said.stderr.contains("A voter needs one voting code of each credential authority"), "{}", said.shown());
    people.fails(1, "office1/part exists already: the parts of an election are made only once", &first);

    // The other office gets the part list and the list of members, and nothing else.
    let made = people.read("office1/codes.csv");
    assert_eq!(made.lines().next(), Some("number,code,handle,style,weight,address"));
    let members = people.read("office1/members.csv");
    assert_eq!(members.lines().next(), Some("style,weight,handle,address"));
    for (line, member) in made.lines().zip(members.lines()).skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(member, format!("{},{},{},{}", fields[3], fields[4], fields[2], fields[5]));
        assert!(!people.read("office1/part").contains(fields[1]), "a code is in the part list");
    }
    fs::copy(people.path("office1/part"), people.path("office2/from1")).unwrap();
    let handles: Vec<&str> = members.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();

    // A list that does not agree with that of the first office.
    let second = |list: &str| {
        fs::write(people.path("office2/list.csv"), list).unwrap();
        format!("{PART_2} --from office2/from1 --list office2/list.csv --codes office2/codes.csv --out office2/part")
    };
    let other = second(&members.replacen("all,1,", "all,2,", 1));
    people.fails(2, "list.csv, line 2: style or weight differ from the other office's list", &other);
    let twice = second(&members.replace(handles[1], handles[0]));
    people.fails(2, "list.csv, line 3: the handle is that of line 2 as well", &twice);
    let short: Vec<&str> = members.lines().take(4).collect();
    people.fails(1, "list.csv has 3 voters, but office2/from1 has 4", &second(&(short.join("\n") + "\n")));
    people.fails(2, "has no column `handle`", &second("style,weight\nall,1\n"));
    let unknown = second(&members.replace(handles[2], &"0".repeat(32)));
    people.fails(2, "line 4: the other office's list does not have this handle", &unknown);
    let text = people.read("office2/from1");
    fs::write(people.path("office2/from1"), text.replacen(" all 1\n", " all 2\n", 1)).unwrap();
    people.fails(1, "is not signed by credential authority 1, or has changed since", &second(&members));
    fs::write(people.path("office2/from1"), text).unwrap();
    people.fails(
        1,
        "office1/part is the part list of this authority itself",
        &format!("{PART_1} --from office1/part --codes office1/more.csv --out office1/more"),
    );
    assert!(!people.path("office2/codes.csv").exists() && !people.path("office2/codes.csv.part").exists());
    people.ok(&second(&members));

    // Nothing is made twice after a crash: the codes have no name yet, and the list is written.
    fs::rename(people.path("office2/codes.csv"), people.path("office2/codes.csv.part")).unwrap();
    let before = people.read("office2/codes.csv.part");
    let finished = people.run(&second(&members));
    assert!(finished.stderr.contains("this call has finished what was interrupted"), "{}", finished.shown());
    assert_eq!(people.read("office2/codes.csv"), before);

    // Either office adds up.
    fs::copy(people.path("office2/part"), people.path("office1/from2")).unwrap();
    people.fails(
        1,
        "that of authority 1 is missing or there twice",
        "credentials combine office1/record office1/part office1/part",
    );
    let fingerprint = people.ok("credentials combine office1/record office1/part office1/from2");
    assert_eq!(people.ok("credentials combine office1/record office1/from2 office1/part"), fingerprint);
    assert_eq!(people.ok("credentials combine office2/record office2/from1 office2/part"), fingerprint);
    assert_eq!(people.read("office1/record/roll"), people.read("office2/record/roll"));
    assert!(handles.iter().all(|handle| !people.read("office1/record/roll").contains(handle)));
    fingerprint
}

/// Each office signs what it has checked.
fn sign(people: &People, fingerprint: &str) {
    let sign = |office: u8, lists: &str, more: &str| {
        format!(
            "authority sign office{office}/record --key office{office}/key --fingerprint {fingerprint} --codes \
             office{office}/codes.csv --parts {lists} {more} --out office{office}/signature"
        )
    };
    people.fails(
        1,
        "remedy: give the codes of this office with --codes, and the part lists of all offices with --parts",
        &format!("authority sign office1/record --key office1/key --fingerprint {fingerprint} --out office1/signature"),
    );
    people.fails(
        1,
        "the part list of this office is not that of the codes in office2/codes.csv",
        &sign(1, "office1/part office1/from2", "").replace("office1/codes.csv", "office2/codes.csv"),
    );
    // A list of other codes: its sum is another roll.
    people.ok(&format!("{PART_2} --from office2/from1 --codes office2/other.csv --out office2/other"));
    people.fails(
        1,
        "the roll of the record is not the sum of these part lists\nremedy: do not sign",
        &sign(1, "office1/part office2/other", ""),
    );
    for (office, lists) in [(1, "office1/part office1/from2"), (2, "office2/part office2/from1")] {
        let letters = format!("--letters office{office}/letters.csv");
        assert_eq!(people.ok(&sign(office, lists, &letters)), fingerprint);
        let letters = people.read(&format!("office{office}/letters.csv"));
        assert_eq!(letters.lines().next(), Some("number,code,voter_number,style,weight,fingerprint,address"));
        assert!(letters.lines().skip(1).all(|line| line.contains(fingerprint)), "{letters}");
    }
    let numbers = |office: u8| -> Vec<String> {
        let letters = people.read(&format!("office{office}/letters.csv"));
        letters.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().to_owned()).collect()
    };
    assert_eq!(numbers(1), numbers(2), "both offices print the same voter numbers");
}

/// The board takes the signatures with their parts.
fn publish(people: &People) {
    people.add_fails("the parts of credential authority 1 are missing", "office1/record/roll office1/signature");
    // The parts of an office that somebody has changed on the way.
    let mut parts = fs::read(people.path("office2/signature.parts")).unwrap();
    parts[20] ^= 1;
    fs::write(people.path("office2/changed.parts"), &parts).unwrap();
    people.add_fails("no signature of a credential authority in the files of this call names", "office2/changed.parts");
    let added = people.add("office1/signature.parts office1/signature");
    assert!(added.contains("signature.parts: the parts that the signature of credential authority 1 names"), "{added}");
    // One office alone cannot open the voting.
    people.fails(
        1,
        "roll.signature: record: credential authority 2 has not signed the roll",
        "organiser open record --key organiser/key --out organiser/opening",
    );
    people.add("office2/signature office2/signature.parts");
    people.add_again("office2/signature.parts office2/signature");
    assert_eq!(
        fs::read(people.path("record/parts/2")).unwrap(),
        fs::read(people.path("office2/signature.parts")).unwrap()
    );
    people.ok("organiser open record --key organiser/key --out organiser/opening");
    people.add("organiser/opening");
}

fn vote(people: &People) {
    let code = |office: u8, voter: usize| {
        let letters = people.read(&format!("office{office}/letters.csv"));
        letters.lines().nth(voter).unwrap().split(',').nth(1).unwrap().to_owned()
    };
    for voter in 1..=4 {
        for office in [1, 2] {
            fs::write(people.path(&format!("voters/{voter}.{office}")), code(office, voter) + "\n").unwrap();
        }
    }
    fs::write(people.path("voters/both"), format!("{}\n{}\n", code(2, 2), code(1, 2))).unwrap();
    let prepare =
        |codes: &str, out: &str| format!("voter prepare record --choose statute=yes {codes} --out voters/{out}");
    people.fails(
        1,
        "2 voting codes, one from each credential authority, are needed, but 1 given\n\
         remedy: give one voting code from each of: Registry, Desk",
        &prepare("--code-file voters/1.1", "one"),
    );
    people.fails(
        1,
        "the same voting code was given twice: give one code from each credential authority",
        &prepare("--code-file voters/1.1 --code-file voters/1.1", "one"),
    );
    people.fails(
        1,
        "these voting codes together are not those of a voter on the roll: all of them must be the old ones of one voter, or all of \
         them the new ones\nremedy: give codes of the same letters",
        &prepare("--code-file voters/1.1 --code-file voters/2.2", "one"),
    );
    // The order of the codes says nothing, and a file may have both.
    for (codes, voter) in [
        ("--code-file voters/1.1 --code-file voters/1.2", 1),
        ("--code-file voters/both", 2),
        ("--code-file voters/3.2 --code-file voters/3.1", 3),
    ] {
        people.ok(&prepare(codes, &voter.to_string()));
        people.ok(&format!("voter cast voters/{voter} {codes} --out voters/{voter}.ballot"));
        people.add(&format!("voters/{voter}.ballot"));
    }
}

/// Changes go from one office to the other, who knows for whom each new code is.
fn change(people: &People) {
    let status = people.ok("status record");
    for line in [
        "ballotta credentials add record --key KEY (--style STYLE | --list FILE [--members MEMBERS]) --codes FILE --out FILE",
        "then the other authorities: ballotta credentials approve record --key KEY DRAFT.. [--codes FILE] [--list MEMBERS] --out FILE",
        "then, if somebody is added, every authority but the last one again: ballotta credentials approve record --key KEY DRAFT.. --out FILE",
    ] {
        assert!(status.contains(&format!("\n  {line}\n")), "{line}\n{status}");
    }
    let letters = people.read("office1/letters.csv");
    let number = |voter: usize| letters.lines().nth(voter).unwrap().split(',').nth(2).unwrap().to_owned();
    let replace = |voter: usize, name: &str| {
        format!(
            "credentials replace record --key office1/key --voter {} --codes office1/{name}.csv --out office1/{name}",
            number(voter)
        )
    };
    // Who has voted has voted: refused before there is a code.
    people.fails(1, "has voted, the last time in entry ", &replace(1, "voted"));
    assert!(!people.path("office1/voted.csv").exists() && !people.path("office1/voted.csv.part").exists());
    people.ok(&replace(4, "lost"));
    // Begun from the same copy of the record.
    people.ok(&replace(4, "twice"));
    let approve = |office: u8, drafts: &str, more: &str, out: &str| {
        format!("credentials approve record {drafts} --key office{office}/key {more} --out office{office}/{out}")
    };
    people.ok(&approve(2, "office1/lost", "--codes office2/lost.csv", "lost"));
    people.ok(&approve(1, "office2/lost", "", "lost-done"));
    for office in [1, 2] {
        let codes = people.read(&format!("office{office}/lost.csv"));
        let mut lines = codes.lines();
        assert_eq!(lines.next(), Some("number,code,voter_number,style,weight,fingerprint,replaces"));
        let line = lines.next().unwrap();
        assert!(line.starts_with("1,") && line.ends_with(&format!(",{}", number(4))), "{line}");
    }
    people.add("office1/lost-done");
    people.fails(
        1,
        "the change has the number 1, but the next one is 2\nremedy: another change has this number: begin this change again with the \
         current record, in all offices; the codes and letters that were made for the first try are void, so destroy them",
        &approve(2, "office1/twice", "--codes office2/twice.csv", "twice"),
    );
    assert!(!people.path("office2/twice.csv").exists() && !people.path("office2/twice.csv.part").exists());
    // An old and a new code together, and both new ones.
    let code = |file: &str| people.read(file).lines().nth(1).unwrap().split(',').nth(1).unwrap().to_owned();
    fs::write(people.path("voters/new.1"), code("office1/lost.csv") + "\n").unwrap();
    fs::write(people.path("voters/new.2"), code("office2/lost.csv") + "\n").unwrap();
    let prepare = |one: &str, two: &str| {
        format!(
            "voter prepare record --choose statute=yes --code-file voters/{one} --code-file voters/{two} --out voters/new"
        )
    };
    people.fails(
        1,
        "all of them must be the old ones of one voter, or all of them the new ones",
        &prepare("new.1", "4.2"),
    );
    people.fails(
        1,
        "has revoked the credential of this voting code\nremedy: if you have got a new code",
        &prepare("4.1", "4.2"),
    );
    people.ok(&prepare("new.1", "new.2"));

    // Two late members at once: the second office gets the addresses with the numbers of the changes.
    fs::write(people.path("office1/late.csv"), "style,weight,address\nall,1,Via Po\nall,1,Via Arno\n").unwrap();
    assert_eq!(
        people.ok(
            "credentials add record --key office1/key --list office1/late.csv --members office1/late-members.csv --codes \
             office1/late-codes.csv --out office1/late"
        ),
        "change 2 of the roll\nchange 3 of the roll"
    );
    assert_eq!(
        people.read("office1/late-members.csv"),
        "style,weight,change,address\nall,1,2,Via Po\nall,1,3,Via Arno\n"
    );
    people.fails(
        1,
        "the change has the number 3, but the next one is 2\nremedy: add the changes with the numbers before it first",
        &approve(2, "office1/late-3", "--codes office2/late.csv", "late"),
    );
    let list = "--list office1/late-members.csv --codes office2/late.csv";
    let approved = people.ok(&approve(2, "office1/late-2 office1/late-3", list, "late"));
    let numbers = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        format!("change {} of the roll, voter number {}", fields[0], fields[2])
    };
    let expected: Vec<String> = people.read("office2/late.csv").lines().skip(1).map(numbers).collect();
    assert_eq!(approved, expected.join("\n"));
    let codes = people.read("office2/late.csv");
    let lines: Vec<&str> = codes.lines().collect();
    assert_eq!(lines[0], "number,code,voter_number,style,weight,fingerprint,address");
    assert!(lines[1].starts_with("2,") && lines[1].ends_with(",Via Po"), "{codes}");
    assert!(lines[2].starts_with("3,") && lines[2].ends_with(",Via Arno"), "{codes}");
    people.ok(&approve(1, "office2/late-2 office2/late-3", "", "added"));
    people.add("office1/added-2 office1/added-3");
}

#[test]
fn two_offices_hold_an_election() {
    let people = People::new();
    begin(&people);
    let fingerprint = codes(&people);
    sign(&people, &fingerprint);
    publish(&people);
    vote(&people);
    change(&people);
    people.ok("organiser close record --key organiser/key --out organiser/closing");
    people.add("organiser/closing");
    for verb in ["sign-closing", "decrypt"] {
        people.ok(&format!(
            "trustee {verb} record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{verb}"
        ));
        people.add(&format!("trustee1/{verb}"));
    }
    people.ok("result publish record --board-key board/key");
    let verify = format!("verify record --fingerprint {fingerprint} --json");
    let report: Value = serde_json::from_str(&people.ok(&verify)).unwrap();
    assert_eq!(report["verdict"], "holds", "{report}");
    let parts = report["checks"].as_array().unwrap().iter().find(|check| check["check"] == "roll.parts").unwrap();
    assert_eq!((&parts["status"], &parts["items"]), (&"passed".into(), &2.into()));
    assert_eq!(report["result"]["counted_weight"], 4);

    // Archives have the parts as well.
    ballotta_io::pack(&people.path("record"), &people.path("record.zip")).unwrap();
    let packed: Value =
        serde_json::from_str(&people.ok(&verify.replace("verify record ", "verify record.zip "))).unwrap();
    assert_eq!(packed["verdict"], "holds", "{packed}");
    let mut parts = fs::read(people.path("record/parts/1")).unwrap();
    parts[20] ^= 1;
    fs::write(people.path("record/parts/1"), parts).unwrap();
    let changed = people.run("verify record");
    assert!(
        changed.code == 1 && changed.stdout.contains("roll.parts: parts/1: this is not the file"),
        "{}",
        changed.shown()
    );
}
