//! A manifest with all fields, and everything that can be wrong with one.

mod rules;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::SigningKey;
use rand_core::Rng;
use serde_json::{Value, json};

use super::*;
use crate::SUITE;
use crate::contest::{Choose, ContestOption, Rule};
use crate::form::Packing;
use crate::group::{Element, Scalar};
use crate::hash::FileHash;
use crate::limits::{
    MAX_AUTHORITIES, MAX_BABY_STEPS, MAX_BOARD_NAME_BYTES, MAX_CONTESTS, MAX_ENTRY_BYTES, MAX_GIANT_STEPS,
    MAX_KEY_NAME_BYTES, MAX_LANGUAGES, MAX_MANIFEST_BYTES, MAX_OPTIONS, MAX_STYLES, MAX_TEXT_BYTES, MAX_TOTAL,
    MAX_TRUSTEES, MAX_VOTERS, MAX_WEIGHT, MAX_WITNESSES,
};
use crate::testing::TestRng;

/// The public key whose secret is `secret`.
pub(crate) fn key(secret: u64) -> String {
    hex::encode(Element::mul_generator(&Scalar::from(secret)).to_bytes())
}

/// The Ed25519 public key of the seed that repeats `seed`.
pub(crate) fn ed25519_key(seed: u8) -> String {
    hex::encode(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

fn text(it: &str, en: &str) -> Text {
    [("it", it), ("en", en)].into_iter().collect()
}

fn option(id: &str) -> ContestOption {
    ContestOption {
        id: id.into(),
        title: text(&format!("Scelta {id}"), &format!("Option {id}")),
        description: None,
        attachments: Vec::new(),
    }
}

fn contest(id: &str, rule: Choose, options: &[&str]) -> Contest {
    Contest {
        id: id.into(),
        title: text(&format!("Quesito {id}"), &format!("Question {id}")),
        description: Some(text("Più in dettaglio", "In detail")),
        attachments: vec![],
        rule: Rule::Choose(rule),
        winners: None,
        passes: None,
        order: None,
        options: options.iter().map(|id| option(id)).collect(),
    }
}

pub(crate) fn party(name: &str, secret: u64) -> Party {
    Party { name: name.into(), key: Element::mul_generator(&Scalar::from(secret)).into() }
}

fn log_key(name: &str, seed: u8) -> LogKey {
    LogKey { name: name.into(), key: SigningKey::from_bytes(&[seed; 32]).verifying_key() }
}

/// A manifest with every field: three contests of 4, 4 and 2 slots, two styles, two of three trustees. The secrets of
/// its keys are 1 for the organiser, 2 for the credential authority and 3, 4, 5 for the trustees; Ed25519 seeds repeat
/// 1 for the board and 2, 3 for the witnesses.
pub(crate) fn contents() -> ManifestContents {
    let style = |id: &str, contests: &[&str]| BallotStyle {
        id: id.into(),
        contests: contests.iter().map(|id| (*id).into()).collect(),
    };
    ManifestContents {
        election_id: [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].repeat(4).try_into().unwrap(),
        kind: ElectionKind::Rehearsal,
        languages: vec!["it".into(), "en".into()],
        title: text("Elezione", "Election"),
        description: Some(text("Una prova", "A rehearsal")),
        attachments: vec![],
        schedule: Some(Schedule { opens: "2027-03-01 08:00".into(), closes: "2027-03-02 20:00".into() }),
        contests: vec![
            contest("board", Choose { min: 1, max: 2, blank: true }, &["ada", "bob", "cy"]),
            contest("audit", Choose { min: 0, max: 3, blank: false }, &["dan", "eve", "fay", "gus"]),
            contest("statute", Choose { min: 1, max: 1, blank: false }, &["yes", "no"]),
        ],
        styles: vec![style("member", &["board", "audit", "statute"]), style("guest", &["audit", "statute"])],
        weights: Weights { unit: text("quote", "shares"), max: 1000, total: 60_000 },
        ballots_per_credential: 16,
        ties: Ties::Open,
        quorum: Some(Quorum {
            of: QuorumOf::Weight,
            base: QuorumBase::Roll,
            rule: QuorumRule::MoreThan,
            fraction: [1, 2],
        }),
        privacy: Privacy { minimum_counted_ballots: 5, minimum_ballots_per_weight: 1 },
        closing: Closing::Witnesses,
        roll_changes: Some(RollChanges { number: 20, weight: 2000 }),
        organiser: Element::mul_generator(&Scalar::from(1_u64)).into(),
        credential_authorities: vec![party("Office", 2)],
        trustees: Trustees {
            threshold: 2,
            minimum_confirmed: 3,
            on_disqualification: OnDisqualification::NewAttempt,
            members: vec![party("Tea", 3), party("Tom", 4), party("Tim", 5)],
        },
        board: log_key("example.org/board", 1),
        witnesses: Witnesses {
            quorum: 1,
            max_age: Some(7200),
            members: vec![log_key("w1.example", 2), log_key("w2.example", 3)],
        },
        client_software: vec![Software { name: "booth".into(), sha256: FileHash::from_bytes([0xab; 32]) }],
    }
}

fn value() -> Value {
    serde_json::from_slice(&contents().to_bytes().unwrap()).unwrap()
}

fn parse(value: &Value) -> Result<Manifest, ManifestErrors> {
    Manifest::parse(value.to_string().as_bytes())
}

/// The valid manifest with the value at a JSON pointer replaced or, if there is none, added.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut manifest = value();
    for (pointer, new) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match manifest.pointer_mut(parent).unwrap() {
            Value::Object(object) => drop(object.insert(field.into(), new.clone())),
            Value::Array(array) => array[field.parse::<usize>().unwrap()] = new.clone(),
            _ => unreachable!(),
        }
    }
    manifest
}

fn faults(value: &Value) -> Vec<(String, ManifestProblem)> {
    document_faults(value.to_string().as_bytes())
}

fn document_faults(bytes: &[u8]) -> Vec<(String, ManifestProblem)> {
    let Err(errors) = Manifest::parse(bytes) else { return Vec::new() };
    assert!(!errors.errors().is_empty());
    errors.errors().iter().map(|error| (error.path.clone(), error.problem.clone())).collect()
}

#[track_caller]
fn assert_fault(changes: &[(&str, Value)], path: &str, problem: ManifestProblem) {
    assert_eq!(faults(&with(changes)), [(path.to_string(), problem)]);
}

#[test]
fn contents_are_written_and_read_back() {
    let bytes = contents().to_bytes().unwrap();
    let manifest = Manifest::parse(&bytes).unwrap();
    assert_eq!(manifest.bytes(), bytes);
    assert_eq!(manifest.hash(), &ManifestHash::of(&bytes));
    assert_eq!(manifest.contents(), &contents());
    assert_eq!((manifest.title().get("it"), manifest.title().get("fr")), (Some("Elezione"), None));
    assert_eq!((manifest.style_contests(1), manifest.style_contests(2)), ([1, 2].as_slice(), [].as_slice()));
    let written: Value = serde_json::from_slice(&bytes).unwrap();
    for (pointer, text) in [
        ("/format", FORMAT.into()),
        ("/suite", SUITE.into()),
        ("/election_id", "0123456789abcdef".repeat(4)),
        ("/organiser/key", key(1)),
        ("/trustees/members/2/key", key(5)),
        ("/board/name", "example.org/board".into()),
        ("/board/key", ed25519_key(1)),
        ("/witnesses/members/1/name", "w2.example".into()),
        ("/client_software/0/sha256", "ab".repeat(32)),
    ] {
        assert_eq!(written.pointer(pointer), Some(&json!(text)), "{pointer}");
    }
    assert!(bytes.starts_with(b"{\n  \"format\": \""));
}

#[test]
fn other_white_space_gives_another_manifest() {
    let pretty = Manifest::parse(&contents().to_bytes().unwrap()).unwrap();
    let compact = parse(&value()).unwrap();
    assert_eq!(pretty.contents(), compact.contents());
    assert_ne!(pretty.hash(), compact.hash());
}

#[test]
fn optional_fields_may_be_absent() {
    let mut contents = contents();
    (contents.description, contents.schedule, contents.quorum) = (None, None, None);
    contents.client_software.clear();
    contents.contests.iter_mut().for_each(|contest| contest.description = None);
    contents.witnesses = Witnesses { quorum: 0, max_age: None, members: Vec::new() };
    contents.closing = Closing::Statements;
    let bytes = contents.to_bytes().unwrap();
    let written: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(written.as_object().unwrap().len(), value().as_object().unwrap().len() - 4);
    assert_eq!(Manifest::parse(&bytes).unwrap().contents(), &contents);
}

#[test]
fn styles_compile_to_forms_over_the_slots_of_the_election() {
    let manifest = Manifest::parse(&contents().to_bytes().unwrap()).unwrap();
    let ranges: Vec<_> = (0..4).map(|contest| manifest.contest_slots(contest)).collect();
    // Two counts share a slot, but never counts of two contests.
    assert_eq!(ranges, [0..2, 2..4, 4..5, 0..0]);
    assert_eq!(manifest.slots(), 5);
    for (style, (contests, slots)) in [(vec![0, 1, 2], 0..5), (vec![1, 2], 2..5)].into_iter().enumerate() {
        let compiled = manifest.compile_style(style).unwrap();
        assert_eq!(compiled.slots, slots.collect::<Vec<u32>>());
        assert_eq!(compiled.form.slots(), compiled.slots.len());
        assert_eq!(compiled.contests.iter().map(|(contest, _)| *contest).collect::<Vec<_>>(), contests);
        let bits: usize = contests
            .iter()
            .map(|contest| &manifest.contests()[*contest])
            .map(|contest| contest.rule.bits(contest.options.len()))
            .sum();
        assert_eq!(compiled.form.bits(), bits);
    }
    assert_eq!(manifest.compile_style(2).map(|_| ()), Err(StyleError::NoSuchStyle { style: 2, styles: 2 }));
}

/// A manifest with one contest that has `count` options.
fn with_options(count: usize) -> Value {
    let title = |number: usize| json!({ "it": format!("{number}"), "en": format!("{number}") });
    let options: Vec<_> =
        (0..count).map(|number| json!({ "id": format!("o{number}"), "title": title(number) })).collect();
    let mut contest = value()["contests"][2].clone();
    contest["options"] = options.into();
    let alone = ("/weights/total", json!(1_u64 << 30));
    with(&[alone, ("/contests", json!([contest])), ("/styles", json!([{ "id": "all", "contests": ["statute"] }]))])
}

#[test]
fn the_largest_ballot_fills_an_entry_and_one_more_option_is_refused() {
    let frame = (2 + 32 + 2 + 8 + 32 + 32) + 64 + (2 + 1);
    let largest = (0..=MAX_OPTIONS).rev().find(|count| faults(&with_options(*count)).is_empty()).unwrap();
    let form = parse(&with_options(largest)).unwrap().compile_style(0).unwrap().form;
    assert!(form.ciphertext_and_argument_bytes() + frame <= MAX_ENTRY_BYTES);
    let found = form.ciphertext_and_argument_bytes() + frame + 64;
    let problem = ManifestProblem::BallotTooLarge { found, limit: MAX_ENTRY_BYTES };
    assert_eq!(faults(&with_options(largest + 1)), [("styles[0]".into(), problem)]);
}

#[test]
fn documents_that_are_not_json_are_refused() {
    let valid = contents().to_bytes().unwrap();
    let refused = |bytes: &[u8]| {
        let [(path, problem)] = document_faults(bytes).try_into().unwrap();
        assert_eq!(path, "");
        problem
    };
    let limit = MAX_MANIFEST_BYTES;
    assert_eq!(refused(&vec![b' '; limit + 1]), ManifestProblem::TooLong { found: limit + 1, limit });
    assert_eq!(refused(&vec![b' '; limit]), ManifestProblem::Syntax { line: 1, column: limit });
    assert_eq!(refused(b"{\"\xff"), ManifestProblem::NotUtf8 { at: 2 });
    assert_eq!(refused(&[b"\xef\xbb\xbf", valid.as_slice()].concat()), ManifestProblem::ByteOrderMark);
    assert_eq!(refused(b"{\n  \"format\": x}"), ManifestProblem::Syntax { line: 2, column: 13 });
    assert_eq!(refused(b""), ManifestProblem::Syntax { line: 1, column: 0 });
    assert_eq!(refused(b"{}{}"), ManifestProblem::Syntax { line: 1, column: 3 });
    assert_eq!(refused(br#""\ud800""#), ManifestProblem::Syntax { line: 1, column: 8 });
    assert_eq!(refused(&[b'['; 100_000]), ManifestProblem::Syntax { line: 1, column: 128 });
    let wrong = ManifestProblem::WrongType { expected: JsonKind::Object, found: JsonKind::Array };
    assert_eq!(refused(b"[]"), wrong);
}

/// The paths of all values, as a JSON pointer and as errors write them, parents first.
fn places(value: &Value, pointer: String, path: String, places: &mut Vec<(String, String)>) {
    places.push((pointer.clone(), path.clone()));
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let dot = if path.is_empty() { "" } else { "." };
                self::places(inner, format!("{pointer}/{name}"), format!("{path}{dot}{name}"), places);
            }
        }
        Value::Array(array) => {
            for (index, inner) in array.iter().enumerate() {
                self::places(inner, format!("{pointer}/{index}"), format!("{path}[{index}]"), places);
            }
        }
        _ => {}
    }
}

fn all_places() -> Vec<(String, String)> {
    let mut all = Vec::new();
    places(&value(), String::new(), String::new(), &mut all);
    all
}

/// Whether the fields of the object at this path are languages.
fn is_text(path: &str) -> bool {
    ["title", "description", "unit"].iter().any(|field| path.ends_with(field))
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    for (pointer, path) in all_places() {
        let mut manifest = value();
        let Some(Value::Object(object)) = manifest.pointer_mut(&pointer) else { continue };
        object.insert("zz".into(), json!("x"));
        let problem = if is_text(&path) { ManifestProblem::UnknownLanguage } else { ManifestProblem::UnknownField };
        let dot = if path.is_empty() { "" } else { "." };
        assert_eq!(faults(&manifest), [(format!("{path}{dot}zz"), problem)]);
    }
    let problem = ManifestProblem::UnknownField;
    assert_eq!(faults(&with(&[("/a\u{202e}\nb", json!(1))])), [("a\\u{202e}\\nb".into(), problem)]);
}

#[test]
fn missing_fields_are_refused_at_every_depth() {
    let optional = ["/schedule", "/quorum", "/roll_changes", "/witnesses/max_age", "/client_software"];
    for (pointer, path) in all_places() {
        let Some((parent, field)) = pointer.rsplit_once('/') else { continue };
        let mut manifest = value();
        let Some(Value::Object(object)) = manifest.pointer_mut(parent) else { continue };
        object.remove(field);
        if field == "description" || optional.contains(&pointer.as_str()) {
            assert_eq!(faults(&manifest), []);
            continue;
        }
        let in_text = path.rsplit_once('.').is_some_and(|(parent, _)| is_text(parent));
        let problem = if in_text { ManifestProblem::MissingLanguage } else { ManifestProblem::MissingField };
        assert!(faults(&manifest).contains(&(path, problem)), "{pointer}: {:?}", faults(&manifest));
    }
}

#[test]
fn duplicate_keys_are_refused_at_every_depth() {
    for (pointer, path) in all_places() {
        let Some((parent, field)) = pointer.rsplit_once('/') else { continue };
        let mut manifest = value();
        let Some(Value::Object(object)) = manifest.pointer_mut(parent) else { continue };
        let inner = object.get(field).unwrap().to_string();
        // Adds the same value under another name, and renames it in the bytes.
        object.insert("@@".into(), json!("##"));
        let text = manifest.to_string().replace("\"@@\":\"##\"", &format!("\"{field}\":{inner}"));
        assert_eq!(document_faults(text.as_bytes()), [(path, ManifestProblem::DuplicateKey)]);
    }
}

#[test]
fn values_of_another_type_are_refused_at_every_depth() {
    // Types that serde would accept: an array for a struct, an object for a word, null for an absent option.
    let wrong = [
        (json!(null), JsonKind::Null),
        (json!(true), JsonKind::Boolean),
        (json!("x"), JsonKind::String),
        (json!(7), JsonKind::Integer),
        (json!([]), JsonKind::Array),
        (json!({}), JsonKind::Object),
    ];
    for (pointer, path) in all_places() {
        let expected = match value().pointer(&pointer).unwrap() {
            Value::Null => unreachable!(),
            Value::Bool(_) => JsonKind::Boolean,
            Value::Number(_) => JsonKind::Integer,
            Value::String(_) => JsonKind::String,
            Value::Array(_) => JsonKind::Array,
            Value::Object(_) => JsonKind::Object,
        };
        for (new, found) in wrong.iter().filter(|(_, found)| *found != expected) {
            let mut manifest = value();
            *manifest.pointer_mut(&pointer).unwrap() = new.clone();
            let problem = ManifestProblem::WrongType { expected, found: *found };
            assert!(faults(&manifest).contains(&(path.clone(), problem)), "{pointer}: {:?}", faults(&manifest));
        }
    }
}

#[test]
fn numbers_are_unsigned_integers() {
    let text = with(&[("/weights/max", json!("@@"))]).to_string();
    let problem = ManifestProblem::WrongType { expected: JsonKind::Integer, found: JsonKind::OtherNumber };
    for number in ["1.0", "1e0", "1E2", "-0", "-1", "0.5", "18446744073709551616", "-9223372036854775809", "1e-5"] {
        let text = text.replace("\"@@\"", number);
        assert_eq!(document_faults(text.as_bytes()), [("weights.max".into(), problem.clone())], "{number}");
    }
    for number in ["01", "+1", "1.", ".5", "0x1", "NaN", "1_0", "1e400"] {
        let text = text.replace("\"@@\"", number);
        let [(path, problem)] = document_faults(text.as_bytes()).try_into().unwrap();
        assert_eq!(path, "", "{number}");
        assert!(matches!(problem, ManifestProblem::Syntax { line: 1, .. }), "{number}: {problem:?}");
    }
}

#[test]
fn words_are_known_or_refused() {
    for pointer in ["/kind", "/ties", "/quorum/of", "/quorum/base", "/quorum/rule", "/closing", "/contests/1/rule/kind"]
    {
        let path = pointer[1..].replace("/1/", "[1].").replace('/', ".");
        assert_fault(&[(pointer, json!("Real"))], &path, ManifestProblem::UnknownValue);
    }
    let path = "trustees.on_disqualification";
    assert_fault(&[("/trustees/on_disqualification", json!(""))], path, ManifestProblem::UnknownValue);
    assert_fault(&[("/trustees/on_disqualification", json!("continue"))], path, ManifestProblem::Unsupported);
    let another = json!("ballotta/v1-draft.6/manifest");
    assert_fault(&[("/format", another)], "format", ManifestProblem::UnsupportedFormat);
    let another = json!("ballotta/v1-draft.6/ristretto255");
    assert_fault(&[("/suite", another)], "suite", ManifestProblem::UnsupportedSuite);
}

#[test]
fn numbers_stay_within_their_range() {
    let cases = [
        ("/weights/max", "weights.max", 1, MAX_WEIGHT),
        ("/weights/total", "weights.total", 1000, MAX_TOTAL),
        ("/privacy/minimum_counted_ballots", "privacy.minimum_counted_ballots", 1, MAX_VOTERS),
        ("/privacy/minimum_ballots_per_weight", "privacy.minimum_ballots_per_weight", 1, MAX_VOTERS),
        ("/trustees/threshold", "trustees.threshold", 1, 3),
        ("/trustees/minimum_confirmed", "trustees.minimum_confirmed", 2, 3),
        ("/witnesses/quorum", "witnesses.quorum", 0, 2),
        ("/contests/0/rule/max", "contests[0].rule.max", 1, 3),
        ("/contests/0/rule/min", "contests[0].rule.min", 0, 2),
        ("/quorum/fraction/0", "quorum.fraction[0]", 1, u32::MAX.into()),
        ("/quorum/fraction/1", "quorum.fraction[1]", 1, u32::MAX.into()),
    ];
    for (pointer, path, min, max) in cases {
        for found in [u64::checked_sub(min, 1), Some(max + 1), Some(u64::MAX)].into_iter().flatten() {
            let found_at = faults(&with(&[(pointer, json!(found))]));
            assert!(found_at.contains(&(path.into(), ManifestProblem::OutOfRange { found, min, max })), "{found_at:?}");
        }
        let problem = |found| ManifestProblem::OutOfRange { found, min, max };
        for found in [min, max] {
            let found_at = faults(&with(&[(pointer, json!(found))]));
            assert!(!found_at.contains(&(path.into(), problem(found))), "{found_at:?}");
        }
    }
    let problem = ManifestProblem::FractionAboveOne { numerator: 3, denominator: 2 };
    assert_fault(&[("/quorum/fraction", json!([3, 2]))], "quorum.fraction", problem);
    assert_eq!(faults(&with(&[("/quorum/fraction", json!([2, 2]))])), []);
}

#[test]
fn lists_have_a_limit() {
    let cases = [
        ("/languages", 1, MAX_LANGUAGES),
        ("/contests", 1, MAX_CONTESTS),
        ("/contests/0/options", 1, MAX_OPTIONS),
        ("/styles", 1, MAX_STYLES),
        ("/styles/0/contests", 1, MAX_CONTESTS),
        ("/credential_authorities", 1, MAX_AUTHORITIES),
        ("/trustees/members", 1, MAX_TRUSTEES),
        ("/witnesses/members", 0, MAX_WITNESSES),
        ("/quorum/fraction", 2, 2),
    ];
    for (pointer, min, max) in cases {
        let path = pointer[1..].replace("/0/", "[0].").replace('/', ".");
        for found in [usize::checked_sub(min, 1), Some(max + 1), Some(100_000)].into_iter().flatten() {
            let faults = faults(&with(&[(pointer, vec![0; found].into())]));
            let problem = ManifestProblem::WrongCount { found, min, max };
            assert!(faults.contains(&(path.clone(), problem)), "{path}: {faults:?}");
        }
    }
}

#[test]
fn texts_are_not_empty_long_or_misleading() {
    let title = |text: &str, problem| assert_fault(&[("/title/it", json!(text))], "title.it", problem);
    title("", ManifestProblem::EmptyText);
    title(" \u{a0}\n", ManifestProblem::EmptyText);
    title("\u{200b} \u{feff}", ManifestProblem::EmptyText);
    let (found, limit) = (MAX_TEXT_BYTES + 1, MAX_TEXT_BYTES);
    title(&"x".repeat(found), ManifestProblem::TextTooLong { found, limit });
    assert_eq!(faults(&with(&[("/title/it", json!("è".repeat(limit / 2)))])), []);
    for control in ['\0', '\n', '\t', '\u{1b}', '\u{7f}', '\u{85}'] {
        title(&format!("è{control}b"), ManifestProblem::ControlCharacter { position: 1 });
    }
    let overrides =
        ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter().chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
    for character in overrides {
        title(&format!("è{character}b"), ManifestProblem::DirectionOverride { position: 1 });
    }
    // The same is true for every text of the manifest.
    for (pointer, path) in all_places() {
        if path.rsplit_once('.').is_some_and(|(parent, field)| is_text(parent) || field == "name" || field == "opens") {
            assert_fault(&[(&pointer, json!("a\u{1}"))], &path, ManifestProblem::ControlCharacter { position: 1 });
        }
    }
}

#[test]
fn titles_of_options_are_distinct() {
    let titles = |first: &str, second: &str| {
        faults(&with(&[
            ("/contests/1/options/0/title/it", json!(first)),
            ("/contests/1/options/3/title/it", json!(second)),
        ]))
    };
    let first = "contests[1].options[0].title.it".to_string();
    let ambiguous = [("contests[1].options[3].title.it".to_string(), ManifestProblem::AmbiguousTitle { first })];
    for (one, other) in [
        ("Sì", "Sì"),
        ("Sì", " sÌ\u{a0}"),
        ("ΣΊΓΜΑ", "σίγμα"),
        ("ÀB", "àb"),
        ("A B", "a\u{2009} b"),
        ("Sì", "S\u{200d}ì"),
    ] {
        assert_eq!(titles(one, other), ambiguous, "{one} {other}");
    }
    assert_eq!(titles("Sì", "Si"), []);
    // The same title is allowed in another language and in another contest.
    assert_eq!(titles("Option eve", "Quesito"), []);
    assert_eq!(titles("Scelta yes", "Scelta no"), []);
}

#[test]
fn languages_are_tags_and_distinct() {
    for tag in ["", "i", "IT", "ital", "it-", "it-x", "it--it", "it_IT", "it-123456789", "-it", "ìt", " it"] {
        let faults = faults(&with(&[("/languages/0", json!(tag))]));
        assert_eq!(faults, [("languages[0]".into(), ManifestProblem::BadLanguage)], "{tag}");
    }
    let long = format!("it{}", "-abcdefgh".repeat(8));
    assert_fault(&[("/languages/0", json!(long))], "languages[0]", ManifestProblem::BadLanguage);
    let first = "languages[0]".to_string();
    for tag in ["zh-hant", "zh-Hant"] {
        let repeated = ManifestProblem::RepeatedLanguage { first: first.clone() };
        let found = faults(&with(&[("/languages", json!(["zh-Hant", tag]))]));
        assert_eq!(found[0], ("languages[1]".into(), repeated));
    }
    for tag in ["pt-BR", "zh-Hant", "sr-Latn-RS", "fil", "de-1996"] {
        let renamed = value().to_string().replace("\"it\"", &format!("\"{tag}\""));
        assert_eq!(document_faults(renamed.as_bytes()), []);
    }
}

#[test]
fn ids_are_plain_and_distinct() {
    for pointer in ["/contests/1/id", "/contests/1/options/1/id", "/styles/1/id"] {
        let path = pointer[1..].replace("/1/", "[1].");
        for id in ["", "-a", "A", "a b", "a_b", "à", &"a".repeat(65)] {
            assert!(faults(&with(&[(pointer, json!(id))])).contains(&(path.clone(), ManifestProblem::BadId)), "{id}");
        }
        for id in ["a", "0", "a-", "a--1", &"a".repeat(64)] {
            assert!(!faults(&with(&[(pointer, json!(id))])).contains(&(path.clone(), ManifestProblem::BadId)), "{id}");
        }
    }
    let repeated = |first: &str| ManifestProblem::RepeatedId { first: first.into() };
    assert_fault(&[("/styles/1/id", json!("member"))], "styles[1].id", repeated("styles[0].id"));
    let path = "contests[0].options[2].id";
    assert_fault(&[("/contests/0/options/2/id", json!("bob"))], path, repeated("contests[0].options[1].id"));
    let faults = faults(&with(&[("/contests/2/id", json!("board"))]));
    assert_eq!(faults[0], ("contests[2].id".into(), repeated("contests[0].id")));
}

#[test]
fn rules_without_a_choice_are_refused() {
    let options = json!([value()["contests"][2]["options"][0]]);
    let problem = ManifestProblem::TooFewOptions { options: 1, needed: 2 };
    assert_fault(&[("/contests/2/options", options.clone())], "contests[2].rule", problem);
    for (field, new) in [("/contests/2/rule/min", json!(0)), ("/contests/2/rule/blank", json!(true))] {
        assert_eq!(faults(&with(&[("/contests/2/options", options.clone()), (field, new)])), []);
    }
}

#[test]
fn slots_have_a_limit() {
    // Each contest fits into a ballot, but all together have too many slots.
    let contest = |number: usize| {
        let mut contest = with_options(900)["contests"][0].clone();
        contest["id"] = json!(format!("c{number}"));
        contest
    };
    let contests: Vec<_> = (0..5).map(contest).collect();
    let styles: Vec<_> =
        (0..5).map(|number| json!({ "id": format!("s{number}"), "contests": [format!("c{number}")] })).collect();
    let problem = ManifestProblem::TooManySlots { found: 4495, limit: 4096 };
    let changes = [("/contests", contests.into()), ("/styles", styles.into())];
    // Two counts share a slot, unless the largest roll is too large for that.
    assert_eq!(faults(&with(&changes)), []);
    let alone = ("/weights/total", json!(1_u64 << 30));
    assert_fault(&[changes.as_slice(), &[alone]].concat(), "contests", problem);
}

/// Fault L2: the work to find the largest totals is limited before anybody votes.
#[test]
fn the_largest_totals_can_be_found() {
    // The weight of the last option is what the others leave.
    let manifest = |slots: usize, total: u64| {
        let mut contest = with_options(slots + 1)["contests"][0].clone();
        contest["id"] = json!("c");
        contest["rule"] = json!({ "kind": "split", "max": 1 });
        let styles = json!([{ "id": "s", "contests": ["c"] }]);
        let weights = json!({ "unit": value()["weights"]["unit"], "max": 1, "total": total });
        [("/contests", json!([contest])), ("/styles", styles), ("/weights", weights)]
    };
    // A slot takes 2^22 steps: 31 slots are below the limit, and 32 are above it by the last step of each slot.
    assert_eq!(faults(&with(&manifest(31, MAX_TOTAL))), []);
    let problem = |found| ManifestProblem::TotalsTooFar { found, limit: MAX_GIANT_STEPS };
    assert_fault(&manifest(32, MAX_TOTAL), "contests", problem(MAX_GIANT_STEPS + 32));
    let total = MAX_TOTAL - MAX_BABY_STEPS;
    assert_eq!(faults(&with(&manifest(32, total))), []);
    assert_fault(&manifest(33, total), "contests", problem(33 << 22));
    // Slots with several counts are found faster.
    assert_eq!(faults(&with(&manifest(900, 1 << 16))), []);
}

#[test]
fn styles_contain_every_contest_in_order() {
    let style = |contests: Value, path: &str, problem| {
        assert_fault(&[("/styles/0/contests", contests)], path, problem);
    };
    style(json!(["board", "nobody"]), "styles[0].contests[1]", ManifestProblem::UnknownContest);
    style(json!(["audit", "board"]), "styles[0].contests[1]", ManifestProblem::ContestOrder);
    style(json!(["board", "board"]), "styles[0].contests[1]", ManifestProblem::ContestOrder);
    style(json!(["audit"]), "contests[0]", ManifestProblem::ContestWithoutStyle);
}

#[test]
fn keys_are_canonical_and_serve_one_purpose() {
    let organiser = |key: &str, problem| assert_fault(&[("/organiser/key", json!(key))], "organiser.key", problem);
    for wrong in ["", &key(1)[1..], &key(1).to_uppercase(), &format!("{}00", key(1)), &"g".repeat(64)] {
        organiser(wrong, ManifestProblem::BadHex);
        assert_fault(&[("/board/key", json!(wrong))], "board.key", ManifestProblem::BadHex);
        assert_fault(&[("/election_id", json!(wrong))], "election_id", ManifestProblem::BadHex);
        let (pointer, path) = ("/client_software/0/sha256", "client_software[0].sha256");
        assert_fault(&[(pointer, json!(wrong))], path, ManifestProblem::BadHex);
    }
    organiser(&"f".repeat(64), ManifestProblem::InvalidElement);
    organiser(&format!("01{}", "0".repeat(62)), ManifestProblem::InvalidElement);
    organiser(&"0".repeat(64), ManifestProblem::IdentityElement);
    let board = |key: &str, problem| assert_fault(&[("/board/key", json!(key))], "board.key", problem);
    // Not on the curve; the identity; the identity again, with y + p; a point of order 2.
    board(&format!("02{}", "0".repeat(62)), ManifestProblem::InvalidEd25519Key);
    board(&format!("01{}", "0".repeat(62)), ManifestProblem::WeakEd25519Key);
    board(&format!("ee{}7f", "f".repeat(60)), ManifestProblem::InvalidEd25519Key);
    board(&format!("ec{}7f", "f".repeat(60)), ManifestProblem::WeakEd25519Key);
    // A sound key and a point of small order together.
    let sound = SigningKey::from_bytes(&[1; 32]).verifying_key().to_edwards();
    for torsion in EIGHT_TORSION.iter().skip(1) {
        board(&hex::encode((sound + torsion).compress().to_bytes()), ManifestProblem::InvalidEd25519Key);
    }

    let reuse = |pointer: &str, key: String, path: &str, first: &str| {
        assert_fault(&[(pointer, json!(key))], path, ManifestProblem::KeyReuse { first: first.into() });
    };
    let first = "organiser.key";
    reuse("/credential_authorities/0/key", key(1), "credential_authorities[0].key", first);
    reuse("/trustees/members/2/key", key(1), "trustees.members[2].key", first);
    reuse("/trustees/members/2/key", key(3), "trustees.members[2].key", "trustees.members[0].key");
    reuse("/trustees/members/2/key", key(2), "trustees.members[2].key", "credential_authorities[0].key");
    reuse("/witnesses/members/1/key", ed25519_key(2), "witnesses.members[1].key", "witnesses.members[0].key");
    reuse("/witnesses/members/1/key", ed25519_key(1), "witnesses.members[1].key", "board.key");
}

#[cfg(feature = "weaken")]
#[test]
fn one_key_for_two_purposes() {
    use crate::weaken::{Check, Weaken};

    // The organiser is also a trustee.
    let manifest = with(&[("/trustees/members/2/key", json!(key(1)))]);
    let weaken = Weaken::without(Check::KeyReuse);
    assert_eq!(faults(&manifest), []);
    drop(weaken);
    let problem = ManifestProblem::KeyReuse { first: "organiser.key".into() };
    assert_eq!(faults(&manifest), [("trustees.members[2].key".into(), problem)]);
}

#[cfg(feature = "weaken")]
#[test]
fn the_identity_is_an_element_and_refused_as_a_key_alone() {
    use crate::weaken::{Check, Weaken};

    let identity = with(&[("/organiser/key", json!("0".repeat(64)))]);
    let weaken = Weaken::without(Check::RefuseIdentity);
    assert_eq!(faults(&identity), []);
    drop(weaken);
    assert_eq!(faults(&identity), [("organiser.key".into(), ManifestProblem::IdentityElement)]);
}

#[test]
fn names_of_logs_fit_signed_notes() {
    for (pointer, limit) in [("/board/name", MAX_BOARD_NAME_BYTES), ("/witnesses/members/1/name", MAX_KEY_NAME_BYTES)] {
        let path = pointer[1..].replace("/1/", "[1].").replace('/', ".");
        for name in ["a b", "a+b", "a\u{a0}b", "a\u{2028}b"] {
            assert_fault(&[(pointer, json!(name))], &path, ManifestProblem::BadKeyName);
        }
        let found = limit + 1;
        let problem = ManifestProblem::TextTooLong { found, limit };
        assert_fault(&[(pointer, json!("x".repeat(found)))], &path, problem);
        assert_fault(&[(pointer, json!(""))], &path, ManifestProblem::EmptyText);
    }
}

#[test]
fn closing_by_witnesses_needs_witnesses() {
    let of = |closing: &str| {
        let mut manifest = with(&[("/witnesses/quorum", json!(0)), ("/closing", json!(closing))]);
        manifest["witnesses"].as_object_mut().unwrap().remove("max_age");
        faults(&manifest)
    };
    assert_eq!(of("witnesses"), [("closing".to_string(), ManifestProblem::ClosingWithoutWitnesses)]);
    assert_eq!(of("statements"), []);
}

#[test]
fn every_fault_is_reported_up_to_a_limit() {
    let changes = [
        ("/format", json!("x")),
        ("/title/it", json!("")),
        ("/contests/0/options/1/title/en", json!("\u{202e}")),
        ("/contests/1/rule/max", json!(9)),
        ("/styles/1/contests/0", json!("x")),
        ("/organiser/key", json!("0")),
        ("/zz", json!(1)),
    ];
    let errors = parse(&with(&changes)).unwrap_err();
    let paths: Vec<_> = errors.errors().iter().map(|error| error.path.as_str()).collect();
    let expected = [
        "format",
        "title.it",
        "contests[0].options[1].title.en",
        "contests[1].rule.max",
        "styles[1].contests[0]",
        "organiser.key",
        "zz",
    ];
    assert_eq!(paths, expected);
    assert_eq!(errors.to_string().lines().count(), expected.len());
    assert_eq!(errors.to_string().lines().nth(3), Some("contests[1].rule.max: 9 is not between 1 and 4"));

    let flood = vec![json!({ "options": vec![0; 1000] }); 250];
    let errors = parse(&with(&[("/contests", flood.into())])).unwrap_err();
    assert_eq!(errors.errors().len(), 4096);
    assert!(errors.omitted() > 240_000);
    assert_eq!(errors.to_string().lines().last(), Some(format!("and {} more", errors.omitted()).as_str()));
}

#[test]
fn ten_thousand_mutations_never_panic() {
    let mut rng = TestRng(7);
    let valid = contents().to_bytes().unwrap();
    let tokens: [&[u8]; 12] = [b"{", b"}", b"[", b"]", b"\"", b",", b":", b"0", b"-", b"null", b"\\u202e", b"1e9"];
    let mut below = |bound: usize| usize::try_from(rng.next_u64() % bound as u64).unwrap();
    for _ in 0..10_000 {
        let mut bytes = valid.clone();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => drop(bytes.drain(at..(at + below(40)).min(bytes.len()))),
                2 => drop(bytes.splice(at..at, tokens[below(tokens.len())].iter().copied())),
                _ => {
                    let from = below(bytes.len());
                    let copy = bytes[from..(from + below(80)).min(bytes.len())].to_vec();
                    drop(bytes.splice(at..at, copy));
                }
            }
        }
        // An accepted manifest has exactly these bytes, and all its styles compile.
        if let Ok(manifest) = Manifest::parse(&bytes) {
            assert_eq!(manifest.bytes(), bytes);
            for style in 0..manifest.styles().len() {
                assert!(manifest.compile_style(style).is_ok());
            }
        }
    }
}

/// F17, U4: what an organiser should know before the key ceremony.
#[test]
fn f17_warnings() {
    let warnings = |edit: &dyn Fn(&mut ManifestContents)| {
        let mut contents = contents();
        edit(&mut contents);
        Manifest::parse(&contents.to_bytes().unwrap()).unwrap().warnings()
    };
    let of_trustees = |trustees: usize, threshold: u16, closing: Closing| {
        move |contents: &mut ManifestContents| {
            contents.trustees.members =
                (0..trustees).map(|number| party(&format!("T{number}"), number as u64 + 50)).collect();
            (contents.trustees.threshold, contents.trustees.minimum_confirmed) = (threshold, threshold);
            contents.closing = closing;
        }
    };
    use Closing::{Statements, Witnesses};
    let alone = "one trustee alone can decrypt every ballot";
    assert_eq!(warnings(&of_trustees(3, 1, Witnesses)), [alone]);
    let all = "all 3 trustees are needed to decrypt: one lost key loses the result";
    assert_eq!(warnings(&of_trustees(3, 3, Witnesses)), [all]);
    let must_sign = "all 3 trustees must sign a statement before any 2 of them can decrypt: one lost key loses the result; \
                     name witnesses or more trustees to avoid that";
    assert_eq!(warnings(&of_trustees(3, 2, Statements)), [must_sign]);
    assert_eq!(warnings(&of_trustees(3, 2, Witnesses)), [""; 0]);
    assert_eq!(warnings(&of_trustees(5, 3, Statements)), [""; 0]);
    let namesakes = |contents: &mut ManifestContents| {
        of_trustees(5, 3, Statements)(contents);
        contents.trustees.members[4].name = contents.trustees.members[1].name.clone();
    };
    assert_eq!(warnings(&namesakes), ["several trustees have the name T1"]);
}
