//! Outcomes that others published: allocations of seats with the people who took them, majority judgment, Schulze with ties,
//! motions, and boards with limits for groups. The figures and their sources are in `spec/vectors/published.json`; the second
//! verifier computes the same.

use std::fs;
use std::path::Path;

use ballotta::decision::Circumstances;
use ballotta::manifest::Manifest;
use ballotta::record::ContestResult;
use ballotta_tests::election::{Election, ElectionOptions};
use serde_json::{Value, json};

/// Whether a value has everything that is expected. Objects may have more fields.
fn contains(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, value)| contains(found, value))
        }
        _ => found == expected,
    }
}

#[test]
fn outcomes_are_those_that_were_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors/published.json");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(cases.len() >= 15);
    let election = Election::build(ElectionOptions::default());
    for case in cases {
        let mut manifest: Value = serde_json::from_slice(election.context.manifest().bytes()).unwrap();
        let option = |number: u64| json!({ "id": format!("o{number}"), "title": { "en": format!("Option {number}") } });
        let options: Vec<Value> = (0..case["options"].as_u64().unwrap()).map(option).collect();
        let mut contest = json!({ "id": "c", "title": { "en": "C" }, "rule": case["rule"], "options": options });
        for (field, value) in case["decision"].as_object().unwrap() {
            contest[field] = value.clone();
        }
        manifest["contests"] = json!([contest]);
        manifest["styles"] = json!([{ "id": "s", "contests": ["c"] }]);
        manifest["weights"]["total"] = json!(1_000_000);
        let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
        let contest = &manifest.contests()[0];
        let totals: Vec<u64> = serde_json::from_value(case["totals"].clone()).unwrap();
        let number = |field: &str| case[field].as_u64().unwrap();
        let outcome = contest.rule.outcome(&contest.options, &totals, number("weight"));
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", case["name"]));
        let (weight, eligible_weight) = (number("weight"), number("eligible_weight"));
        let circumstances = Circumstances { has_quorum: true, weight, eligible_weight, lot: None };
        let result = ContestResult::new(contest, weight, None, Some(&outcome), &circumstances);
        let found = serde_json::to_value(&result).unwrap();
        assert!(contains(&found, &case["expected"]), "{}: {found}", case["name"]);
    }
}
