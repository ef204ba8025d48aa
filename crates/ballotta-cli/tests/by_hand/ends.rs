//! How an election ends that is not decrypted: entries that are signed in advance, and a cancellation.

use serde_json::Value;

use super::changes::{letter, open_election, vote};
use super::people::People;

#[test]
fn an_election_that_is_cancelled() {
    let people = People::new();
    open_election(&people);
    let (code, number) = letter(&people, "authority/codes.csv", 1);
    std::fs::write(people.path("voters/1"), format!("{code}\n")).unwrap();
    vote(&people, "1");
    people.add("voters/1.ballot");
    let tracker = people.field("inspect voters/1.ballot", "tracker");

    // A closing that was signed in advance is not used before its time.
    let close = "organiser close record --key organiser/key --not-before";
    people.fails(2, "with its time zone", &format!("{close} 2199-01-01 --out organiser/closing"));
    people.ok(&format!("{close} 2199-01-01T20:00+01:00 --out organiser/closing"));
    assert_eq!(people.field("inspect organiser/closing", "not before"), "2199-01-01T19:00:00Z");
    let refuses = |problem: &str| {
        let added = people.run("board add record --board-key board/key organiser/closing");
        assert!(added.code == 1 && added.stdout.contains(problem), "{}", added.shown());
    };
    refuses("it cannot be used before 2199-01-01T19:00:00Z");

    // Prepared while the voting was open.
    std::fs::write(people.path("voters/3"), format!("{}\n", letter(&people, "authority/codes.csv", 3).0)).unwrap();
    people.ok("voter prepare record --choose statute=yes --code-file voters/3 --out voters/3.prepared");
    let cancel = "organiser cancel record --key";
    let reason = "--reason The_ballot_lacks_a_candidate --out organiser/cancellation";
    people.fails(1, "is not the organiser's key", &format!("{cancel} authority/key {reason}"));
    people.ok(&format!("{cancel} organiser/key {reason}"));
    assert_eq!(people.field("inspect organiser/cancellation", "reason"), "The ballot lacks a candidate");
    people.add("organiser/cancellation");
    people.add("organiser/cancellation");

    let report: Value = serde_json::from_str(&people.ok("verify record --json")).unwrap();
    assert_eq!((&report["verdict"], &report["result"]), (&"holds".into(), &Value::Null));
    assert_eq!(report["cancelled"]["reason"], "The ballot lacks a candidate");
    let cancelled = "the organiser has cancelled the election";
    let status = people.ok("status record");
    assert!(!status.contains("turnout"), "no ballot counts: {status}");
    people.fails(1, "the organiser has cancelled the election", "result publish record --board-key board/key");
    assert!(status.contains("state        the organiser has cancelled the election: there is no result\n"), "{status}");
    assert!(status.contains("reason       The ballot lacks a candidate\n"), "{status}");
    std::fs::write(people.path("voters/2"), format!("{}\n", letter(&people, "authority/codes.csv", 2).0)).unwrap();
    for verb in [
        "voter prepare record --choose statute=yes --code-file voters/2 --out voters/2.prepared".to_owned(),
        "voter prepare record --whole --choose statute=yes --code-file voters/2 --out voters/2.prepared".to_owned(),
        "voter cast voters/3.prepared --code-file voters/3 --out voters/3.ballot".to_owned(),
        format!("voter check record --tracker {tracker} --voter-number {number}"),
        "trustee sign-closing record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/s"
            .to_owned(),
        "trustee attend record --key trustee1/seed.age --passphrase-file trustee1/passphrase --once".to_owned(),
        "organiser close record --key organiser/key --out organiser/closing2".to_owned(),
        format!("{cancel} organiser/key {reason}2"),
    ] {
        people.fails(1, cancelled, &verb);
    }
    // Nothing comes after a cancellation.
    for whole in ["", "--whole"] {
        let check = people.run(&format!("voter check record {whole} --tracker {tracker} --voter-number {number}"));
        assert!(!check.stderr.contains("after the close") && check.stderr.contains(cancelled), "{}", check.shown());
    }
    let status: Value = serde_json::from_str(&people.ok("status record --json")).unwrap();
    assert_eq!(status["cancelled"]["reason"], "The ballot lacks a candidate");
    assert_eq!(status["cancelled"]["entry"], report["cancelled"]["entry"]);
    // What a board that cheats would append has no effect; this one refuses it.
    refuses("the election is cancelled");
    people.ok("result minutes record --language it --out organiser/minutes.html");
    let minutes = people.read("organiser/minutes.html");
    assert!(minutes.contains("HA ANNULLATO") && minutes.contains("The ballot lacks a candidate"), "{minutes}");
}
