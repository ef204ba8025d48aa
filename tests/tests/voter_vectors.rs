//! A whole record, voting codes, choices and the ballots they become, so that every client makes the same bytes and refuses
//! the same things: `spec/vectors/voter.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ballotta::admission::light_files;
use ballotta::ballot::{BallotOpening, ChoiceErrors, Choices, OpeningError};
use ballotta::board::entry::Action;
use ballotta::contest::{Rule, Total};
use ballotta::credential::Entitlement;
use ballotta::hash::Tracker;
use ballotta::limits::MAX_WEIGHT;
use ballotta::record::MemoryRecord;
use ballotta::voter::light::{LightElection, LightPromise};
use ballotta::voter::{Election, VoterError};
use ballotta::written::VoterNumber;
use ballotta_tests::election::{Board, Choice, Election as Made, ElectionOptions, YES_OR_NO, choose};
use ballotta_tests::kinds::{cumulative, grades, lists, pairs, positional, quadratic, score, split};
use ballotta_tests::rng::TestRng;
use chacha20::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};

/// The first bytes of the source of randomness in every call.
const RANDOM: [u8; 32] = [0x2a; 32];

fn random() -> ChaCha20Rng {
    ChaCha20Rng::from_seed(RANDOM)
}

fn files(record: &MemoryRecord) -> BTreeMap<&String, String> {
    record.files.iter().map(|(path, bytes)| (path, hex::encode(bytes))).collect()
}

/// A contest of every other kind: `c2`, `c3`, ..
fn other_kinds() -> Vec<(Rule, usize)> {
    vec![
        (score(4, Some(Total::AtMost(6)), true), 3),
        (cumulative(5, 3, true), 3),
        (split(MAX_WEIGHT), 2),
        (quadratic(12), 2),
        (lists(&[2, 1], 2, false), 5),
        (grades(3), 2),
        (positional(&[2, 1], true), 3),
        (pairs(false), 3),
        (pairs(true), 3),
    ]
}

/// The record of an election of few voters, so that counts share slots: kinds with other fields than above.
fn few() -> (Made, MemoryRecord) {
    let election = Made::build(ElectionOptions {
        contests: vec![
            (choose(2, 2, false), 4),
            (score(3, None, false), 3),
            (score(3, Some(Total::Exactly(4)), true), 3),
            (lists(&[2, 1, 0], 2, true), 6),
            (positional(&[3, 2, 1], false), 3),
            (pairs(true), 4),
        ],
        styles: vec![(0..6).collect()],
        voters: vec![(0, 1), (0, 3)],
        seed: 3,
        ..ElectionOptions::default()
    });
    let record = election.open_board().record();
    (election, record)
}

const FEW_MARKS: [&str; 6] = [
    r#"{"options":["o1","o3"]}"#,
    r#"{"points":{"o0":3,"o1":3,"o2":2}}"#,
    r#"{"points":{"o1":3,"o2":1}}"#,
    r#"{"list":"o3","preferences":["o1","o2"]}"#,
    r#"{"ranking":[["o2"],["o0"],["o1"]]}"#,
    r#"{"ranking":[["o3"],["o0","o1"],["o2"]]}"#,
];
const FEW_TOO_MUCH: [&str; 6] = [
    r#"{"options":["o1"]}"#,
    r#"{"points":{"o0":4}}"#,
    r#"{"points":{"o1":3}}"#,
    r#"{"list":"o3","preferences":["o1","o4"]}"#,
    r#"{"ranking":[["o2"],["o0"],["o1"],["o0"]]}"#,
    r#"{"ranking":[["o4"]]}"#,
];

/// The record of an election that is open, in which voter 0 has voted, and the receipts of that ballot.
fn made() -> (Made, MemoryRecord, Tracker, Value) {
    let contests = [vec![(choose(0, 2, true), 3), (YES_OR_NO, 2)], other_kinds()].concat();
    let election = Made::build(ElectionOptions {
        styles: vec![vec![0, 1], vec![1], (2..contests.len()).collect()],
        contests,
        voters: vec![(0, 1), (0, 3), (1, MAX_WEIGHT), (2, 9)],
        most_weight: Some(MAX_WEIGHT + 13),
        ..ElectionOptions::default()
    });
    let (record, tracker, receipts) = {
        let mut board = election.open_board();
        board.vote(0, &[Choice::Blank, Choice::Options(vec![0])]);
        let receipts = receipts(&board);
        (board.record(), board.heads[&0], receipts)
    };
    (election, record, tracker, receipts)
}

/// Receipts for the ballot that is the last entry of a board: the one that the board gives, one for another place where there
/// is another entry, with the evidence that it makes, and one for a later place.
fn receipts(board: &Board<'_>) -> Value {
    let index = board.entries.len() as u64 - 1;
    let sign = |at| board.election.signer.sign_receipt(at, &board.entries[index as usize]).unwrap();
    let (given, broken, later) = (sign(index), sign(index - 1), sign(index + 1));
    let mut record = board.record();
    record.files.extend(light_files(&record, &mut TestRng(1)).unwrap().files);
    let light = LightElection::read(&record, None, &mut TestRng(1)).unwrap();
    let tracker = board.heads[&0].written().parse().unwrap();
    let number = VoterNumber::written(board.election.credentials[0].public()).parse().unwrap();
    let found = light.find_promised(&record, &broken, &tracker, &number, &mut TestRng(1));
    let Ok(LightPromise::Broken { evidence, .. }) = found else { panic!("{found:?}") };
    json!({
        "given": given.to_string(),
        "later": later.to_string(),
        "broken": broken.to_string(),
        "evidence": hex::encode(evidence.to_bytes()),
    })
}

/// What is marked in the contests of other kinds, and what is marked instead where there may be a blank vote.
const OTHER_MARKS: [&str; 9] = [
    r#"{"points":{"o0":4,"o2":1}}"#,
    r#"{"points":{"o0":2,"o1":3}}"#,
    r#"{"points":{"o0":7,"o1":2}}"#,
    r#"{"points":{"o0":1,"o1":3}}"#,
    r#"{"list":"o0","preferences":["o1","o2"]}"#,
    r#"{"grades":{"o0":"g2","o1":"g0"}}"#,
    r#"{"ranking":[["o2"]]}"#,
    r#"{"ranking":[["o1"],["o2"],["o0"]]}"#,
    r#"{"ranking":[["o1"],["o0","o2"]]}"#,
];
const BLANK: &str = r#""blank""#;
const BLANK_MARKS: [&str; 9] =
    [BLANK, BLANK, r#"{"points":{"o1":9}}"#, BLANK, BLANK, BLANK, r#"{"ranking":[]}"#, BLANK, r#"{"ranking":[]}"#];

/// Marks that are more than each rule allows, and marks that are fewer.
const TOO_MUCH: [&str; 9] = [
    r#"{"points":{"o0":4,"o1":3}}"#,
    r#"{"points":{"o0":4,"o1":1}}"#,
    r#"{"points":{"o0":9,"o1":1}}"#,
    r#"{"points":{"o0":3,"o1":2}}"#,
    r#"{"list":"o0","preferences":["o1","o4"]}"#,
    r#"{"grades":{"o0":"g2","o1":"g3"}}"#,
    r#"{"ranking":[["o2"],["o1"],["o0"]]}"#,
    r#"{"ranking":[["o1","o2"],["o0"]]}"#,
    r#"{"ranking":[["o1"],["o0","o1"]]}"#,
];
const TOO_LITTLE: [&str; 9] = [
    r#"{"points":{"o3":1}}"#,
    r#"{"points":{"o0":2,"o1":2}}"#,
    r#"{"points":{"o0":7}}"#,
    r#"{"points":{"o9":1}}"#,
    r#"{"list":"o1","preferences":[]}"#,
    r#"{"grades":{"o0":"g2"}}"#,
    r#"{"ranking":[[]]}"#,
    r#"{"ranking":[["o1"],["o2"]]}"#,
    r#"{"ranking":[["o1"],[]]}"#,
];

fn of_other_kinds(marks: [&str; 9]) -> String {
    in_contests(2, &marks)
}

/// Marks in the contests from one on.
fn in_contests(first: usize, marks: &[&str]) -> String {
    let fields: Vec<String> = (first..).zip(marks).map(|(contest, mark)| format!(r#""c{contest}":{mark}"#)).collect();
    format!("{{{}}}", fields.join(","))
}

fn ballot(election: &Election, record: &MemoryRecord, code: &str, choices: &str) -> Value {
    let rng = &mut random();
    let voter = election.voter(record, &code.parse().unwrap()).unwrap();
    let previous = voter.predecessor(election, record, rng).unwrap();
    let read = || Choices::from_json(choices.as_bytes()).unwrap();
    let prepare = || voter.prepare(&election.context, read(), previous, 0, &mut random()).unwrap();
    let prepared = prepare();
    let tracker = *prepared.tracker();
    let opening = prepared.open().expose_bytes().to_vec();
    let number = VoterNumber::written(voter.credential().public());
    let read = (tracker.written().parse().unwrap(), number.parse().unwrap());
    let opened = BallotOpening::decode(&election.context, &opening).unwrap().check(&election.context, &read.0, &read.1);
    assert_eq!(*opened.unwrap().expose_choices().to_json(), choices);
    let key_pair = voter.credential().key_pair();
    let signed = prepare().cast(&election.context, key_pair, &mut random());
    json!({
        "code": code,
        "voter_number": number,
        "style": election.context.manifest().styles()[voter.line().style].id,
        "weight": voter.line().weight.to_string(),
        "choices": choices,
        "previous": previous.map(|tracker| tracker.to_string()),
        "tracker": tracker.to_string(),
        "written_tracker": tracker.written(),
        "opening": hex::encode(opening),
        "ballot": hex::encode(signed.to_bytes()),
    })
}

/// An election with two credential authorities: a voter has a code of each, and one of them is no code of the voter.
fn two_authorities() -> Value {
    let made = Made::build(ElectionOptions {
        voters: vec![(0, 1), (0, 2)],
        authorities: 2,
        seed: 4,
        ..ElectionOptions::default()
    });
    let record = made.open_board().record();
    let election = Election::read(&record, &mut TestRng(1)).unwrap();
    let codes = |voter: usize| -> Vec<&str> { made.codes[voter].lines().collect() };
    let with_codes = |voter: usize| {
        let mut ballot = ballot(&election, &record, &made.codes[voter], r#"{"c0":{"options":["o1"]}}"#);
        ballot.as_object_mut().unwrap().remove("code");
        ballot["codes"] = json!(codes(voter));
        ballot
    };
    let (first, second) = (codes(0), codes(1));
    let refused_codes = [
        vec![first[0]],
        vec![first[1]],
        vec![first[0], first[0]],
        vec![first[0], first[1], second[0]],
        // One code of each of two voters.
        vec![first[0], second[1]],
        vec![first[1], second[0]],
    ];
    let refused_codes = refused_codes.map(|codes| {
        let error = election.voter(&record, &codes.join("\n").parse().unwrap()).err().unwrap();
        json!({ "codes": codes, "code": error.code(), "message": error.to_string() })
    });
    json!({
        "fingerprint": election.context.fingerprint().to_string(),
        "record": files(&record),
        "light": light(&record),
        "ballots": [with_codes(0), with_codes(1)],
        "refused_codes": refused_codes,
    })
}

fn refused_choices(election: &Election, style: usize, choices: &str) -> Value {
    let weight = if style == 2 { 9 } else { 1 };
    let read = Choices::from_json(choices.as_bytes()).map_err(ChoiceErrors::from);
    let checked = read.and_then(|choices| choices.check(&election.context, Entitlement { style, weight }));
    let errors = checked.err().map(ChoiceErrors::into_errors).unwrap_or_default();
    assert!(!errors.is_empty(), "{choices}");
    let errors: Vec<Value> = errors
        .iter()
        .map(|error| json!({ "field": error.field(), "rule": error.problem.rule(), "message": error.to_string() }))
        .collect();
    let style = format!("s{style}");
    json!({ "style": style, "weight": weight.to_string(), "choices": choices, "problems": errors })
}

fn refused(election: &Election, ballot: &Value, opening: &[u8], tracker: &str, code: &str) -> Value {
    let (context, number) = (&election.context, ballot["voter_number"].as_str().unwrap());
    let error = BallotOpening::decode(context, opening)
        .and_then(|opening| opening.check(context, &tracker.parse().unwrap(), &number.parse().unwrap()))
        .err()
        .unwrap();
    let named = match &error {
        OpeningError::TrackerMismatch { .. } => "other-tracker",
        OpeningError::OtherVoter { .. } => "other-voter",
        OpeningError::BallotMismatch => "ballot-mismatch",
        OpeningError::WrongElection => "other-election",
        _ => "bad-opening",
    };
    assert_eq!(named, code, "{error} of {ballot}");
    json!({
        "opening": hex::encode(opening),
        "tracker": tracker,
        "voter_number": number,
        "code": code,
        "message": error.to_string(),
    })
}

fn refused_record(record: &MemoryRecord, path: &str, bytes: Option<Vec<u8>>) -> Value {
    let mut changed = record.clone();
    match &bytes {
        Some(bytes) => changed.files.insert(path.into(), bytes.clone()),
        None => changed.files.remove(path),
    };
    let error: VoterError = Election::read(&changed, &mut random()).err().unwrap();
    json!({ "path": path, "bytes": bytes.map(hex::encode), "code": error.code(), "message": error.to_string() })
}

/// The files for light clients of a record.
fn light(record: &MemoryRecord) -> Value {
    let files = light_files(record, &mut TestRng(1)).unwrap().files;
    files.into_iter().map(|(path, bytes)| (path, Value::from(hex::encode(bytes)))).collect::<Map<_, _>>().into()
}

#[test]
fn voter() {
    let (made, record, voted, receipts) = made();
    let election = Election::read(&record, &mut TestRng(1)).unwrap();
    let other = Made::build(ElectionOptions { seed: 2, ..made.options.clone() });
    let other_record = other.open_board().record();
    let ballots: Vec<Value> = [
        (0, r#"{"c0":{"options":["o0","o2"]},"c1":{"options":["o1"]}}"#),
        (1, r#"{"c0":{"options":[]},"c1":{"options":["o0"]}}"#),
        (1, r#"{"c0":"blank","c1":{"options":["o0"]}}"#),
        (2, r#"{"c1":{"options":["o1"]}}"#),
        (3, &of_other_kinds(OTHER_MARKS)),
        (3, &of_other_kinds(BLANK_MARKS)),
    ]
    .into_iter()
    .map(|(voter, choices)| ballot(&election, &record, &made.codes[voter], choices))
    .collect();
    assert_eq!(ballots[0]["previous"], voted.to_string());

    let opening = hex::decode(ballots[0]["opening"].as_str().unwrap()).unwrap();
    let tracker = ballots[0]["tracker"].as_str().unwrap();
    let flipped = |place: usize| {
        let mut bytes = opening.clone();
        bytes[place] ^= 1;
        bytes
    };
    let lie = {
        let end = opening.len() - "o1\"]}}".len();
        [&opening[..end], b"o0\"]}}"].concat()
    };
    let refused_opening =
        |bytes: &[u8], tracker: &str, code: &str| refused(&election, &ballots[0], bytes, tracker, code);
    let others: &dyn Fn(&str) -> Option<Vec<u8>> = &|path| Some(other_record.files[path].clone());
    let bundle = record.files.keys().find(|path| path.starts_with("tile/")).unwrap();
    let message = record.files.keys().find(|path| path.starts_with("ceremony/")).unwrap();
    let shorter = record.files[bundle][..record.files[bundle].len() - 1].to_vec();
    let mut noise = record.files[message].clone();
    noise[0] ^= 1;
    let mut weight = String::from_utf8(record.files["roll"].clone()).unwrap();
    weight = weight.replacen(" 3\n", " 2\n", 1);
    let (few, few_record) = few();
    let of_few = Election::read(&few_record, &mut TestRng(1)).unwrap();
    let manifest = of_few.context.manifest();
    assert!(manifest.contests().iter().all(|contest| contest.packing(manifest.weights()).per_slot() > 1));
    let vectors = json!({
        "random": hex::encode(RANDOM),
        "counter": 0,
        "fingerprint": election.context.fingerprint().to_string(),
        "record": files(&record),
        "light": light(&record),
        "ballots": ballots,
        "receipts": receipts,
        "voted": { "tracker": voted.to_string(), "entry": election.window.opened.unwrap() + 1 },
        "other_election": {
            "fingerprint": other.context.fingerprint().to_string(),
            "code": other.codes[0],
            "voter_number": VoterNumber::written(other.credentials[0].public()),
        },
        "refused_choices": [
            refused_choices(&election, 0, r#"{"c0":{"options":["o0","o1","o2"]}}"#),
            refused_choices(&election, 0, r#"{"c0":{"options":["o0","o0"]},"c1":"blank"}"#),
            refused_choices(&election, 0, r#"{"c0":{"options":["x"]},"c1":{"options":[]},"c2":"blank"}"#),
            refused_choices(&election, 0, r#"{"c0":"none","c1":{"options":["o0"]}}"#),
            refused_choices(&election, 0, r#"{"c0":{"scores":{"o0":1}},"c1":{"options":["o0"]}}"#),
            refused_choices(&election, 0, r#"{"c0":{"options":["o0"],"blank":"o1"},"c1":{"options":["o0"]}}"#),
            refused_choices(&election, 2, &of_other_kinds([r#"{"options":["o0"]}"#; 9])),
            refused_choices(&election, 2, &of_other_kinds([BLANK; 9])),
            refused_choices(&election, 2, &of_other_kinds(TOO_MUCH)),
            refused_choices(&election, 2, &of_other_kinds(TOO_LITTLE)),
            refused_choices(&election, 2, r#"{"c6":{"list":"o0","preferences":["o3"]}}"#),
            refused_choices(&election, 2, r#"{"c6":{"list":"o0","preferences":["o1","o2","o4"]}}"#),
        ],
        "few_voters": {
            "fingerprint": of_few.context.fingerprint().to_string(),
            "record": files(&few_record),
            "ballots": [
                ballot(&of_few, &few_record, &few.codes[0], &in_contests(0, &FEW_MARKS)),
                ballot(&of_few, &few_record, &few.codes[1], &in_contests(0, &FEW_MARKS)),
            ],
            "refused_choices": [
                refused_choices(&of_few, 0, &in_contests(0, &FEW_TOO_MUCH)),
            ],
        },
        "two_authorities": two_authorities(),
        "refused_openings": [
            refused_opening(&opening, voted.to_string().as_str(), "other-tracker"),
            refused(&election, &ballots[1], &opening, tracker, "other-voter"),
            refused_opening(&flipped(10), tracker, "ballot-mismatch"),
            refused_opening(&lie, tracker, "ballot-mismatch"),
            refused_opening(&flipped(50), tracker, "other-election"),
            refused_opening(&flipped(1), tracker, "bad-opening"),
            refused_opening(&opening[..opening.len() - 1], tracker, "bad-opening"),
            refused_opening(&[], tracker, "bad-opening"),
        ],
        "refused_records": [
            refused_record(&record, "manifest.json", others("manifest.json")),
            refused_record(&record, "checkpoint", others("checkpoint")),
            refused_record(&record, "roll", others("roll")),
            refused_record(&record, "roll", Some(weight.into_bytes())),
            refused_record(&record, bundle, Some(shorter)),
            refused_record(&record, message, Some(noise)),
            refused_record(&record, "manifest.json", Some(b"{}".to_vec())),
            refused_record(&record, "roll", None),
            refused_record(&record, message, None),
        ],
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors/voter.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&vectors).unwrap());
    if std::env::var_os("BALLOTTA_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "voter.json has changed: clients make other bytes");
    let mut board = made.open_board();
    board.organise(Action::Close);
    assert_eq!(Election::read(&board.record(), &mut TestRng(1)).unwrap().is_open(), Err(VoterError::Closed));
}
