//! Every kind of contest in a manifest, and everything that can be wrong with its rule.

use super::*;
use crate::limits::{
    MAX_CREDITS, MAX_GRADES, MAX_POINTS, MAX_RANKED_OPTIONS, MAX_SEATS, MAX_TERMS, MAX_TOTAL, MAX_WITNESS_AGE,
};

/// A title with this text.
fn title(text: &str) -> Value {
    json!({ "it": text, "en": text })
}

/// The options `o0`, `o1`, ..
fn options(count: usize) -> Value {
    let option = |number| json!({ "id": format!("o{number}"), "title": title(&format!("{number}")) });
    (0..count).map(option).collect::<Vec<_>>().into()
}

/// A rule of every kind for four options, with every field that it may have.
fn rules() -> Vec<Value> {
    let grade = |id: &str| json!({ "id": id, "title": title(id) });
    let lists = json!([{ "list": "o0", "candidates": ["o1"] }, { "list": "o3", "candidates": ["o2"] }]);
    vec![
        json!({ "kind": "choose", "min": 1, "max": 2, "blank": true }),
        json!({ "kind": "score", "max": 5, "total": { "at_most": 7 }, "blank": false }),
        json!({ "kind": "score", "max": 5, "total": { "exactly": 7 }, "blank": true }),
        json!({ "kind": "cumulative", "points": 10, "max": 4, "exact": false, "blank": true }),
        json!({ "kind": "split", "max": 1000 }),
        json!({ "kind": "quadratic", "credits": 25, "blank": false }),
        json!({
            "kind": "lists", "lists": lists, "preferences": 2, "across": true, "blank": true,
            "groups": [{ "candidates": ["o2", "o1"], "max": 1 }], "seats": { "number": 2, "method": "dhondt", "people": "preferences" },
        }),
        json!({ "kind": "grades", "grades": [grade("good"), grade("bad")], "blank": false }),
        json!({ "kind": "positional", "scores": [3, 0, 1], "truncated": true, "blank": false }),
        json!({ "kind": "pairs", "ties": false, "method": "schulze", "blank": true }),
    ]
}

/// The manifest with this rule for a contest that has `count` options.
fn of_rule(rule: &Value, count: usize) -> Value {
    with(&[("/contests/1/rule", rule.clone()), ("/contests/1/options", options(count))])
}

/// The rule with the value at a JSON pointer replaced or, if there is none, added.
fn changed(rule: &Value, pointer: &str, new: Value) -> Value {
    let mut rule = rule.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match rule.pointer_mut(parent).unwrap() {
        Value::Object(object) => drop(object.insert(field.into(), new)),
        Value::Array(array) => array[field.parse::<usize>().unwrap()] = new,
        _ => unreachable!(),
    }
    rule
}

/// What is wrong with a rule for `count` options. Paths start at the rule.
fn faults_of(rule: &Value, count: usize) -> Vec<(String, ManifestProblem)> {
    let of_rule = |(path, problem): (String, ManifestProblem)| {
        (path.strip_prefix("contests[1].rule").unwrap_or(&path).to_string(), problem)
    };
    faults(&self::of_rule(rule, count)).into_iter().map(of_rule).collect()
}

#[track_caller]
fn assert_refused(rule: &Value, count: usize, path: &str, problem: ManifestProblem) {
    assert_eq!(faults_of(rule, count), [(path.to_string(), problem)], "{rule}");
}

fn kind(name: &str) -> Value {
    rules().into_iter().find(|rule| rule["kind"] == name).unwrap()
}

#[test]
fn every_kind_is_read_and_written() {
    for rule in rules() {
        let manifest = parse(&of_rule(&rule, 4)).unwrap();
        let contest = &manifest.contests()[1];
        assert_eq!(serde_json::to_value(&contest.rule).unwrap(), rule);
        assert_eq!(parse_rule(rule.to_string().as_bytes()).unwrap(), contest.rule);
        let compiled = manifest.compile_style(1).unwrap();
        let statute = &manifest.contests()[2];
        assert_eq!(compiled.form.bits(), contest.rule.bits(4) + statute.rule.bits(2));
        let packing = contest.packing(manifest.weights());
        assert_eq!(packing, Packing::new(contest.rule.count_bound(), 1000, 60_000));
        assert_eq!(manifest.contest_slots(1).len(), packing.slots(contest.rule.counts(4)));
    }
}

#[test]
fn optional_fields_of_rules_may_be_absent() {
    for rule in rules() {
        for field in ["total", "groups", "seats"] {
            let mut without = rule.clone();
            if without.as_object_mut().unwrap().remove(field).is_some() {
                let manifest = parse(&of_rule(&without, 4)).unwrap();
                assert_eq!(serde_json::to_value(&manifest.contests()[1].rule).unwrap(), without);
            }
        }
    }
}

/// All values in a rule, without the rule itself.
fn places_in(rule: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    places(rule, String::new(), String::new(), &mut all);
    all.retain(|(pointer, _)| !pointer.is_empty());
    all.into_iter().map(|(pointer, path)| (pointer, format!(".{path}"))).collect()
}

#[test]
fn fields_of_rules_are_known_and_complete() {
    for rule in rules() {
        for (pointer, path) in places_in(&rule).into_iter().chain([(String::new(), String::new())]) {
            let mut more = rule.clone();
            if let Some(Value::Object(object)) = more.pointer_mut(&pointer) {
                object.insert("zz".into(), json!(1));
                let in_text = path.ends_with("title");
                let problem = if in_text { ManifestProblem::UnknownLanguage } else { ManifestProblem::UnknownField };
                assert_refused(&more, 4, &format!("{path}.zz"), problem);
            }
            let Some((parent, field)) = pointer.rsplit_once('/') else { continue };
            let mut less = rule.clone();
            let Some(Value::Object(object)) = less.pointer_mut(parent) else { continue };
            object.remove(field);
            if ["total", "groups", "seats"].contains(&field) {
                assert_eq!(faults_of(&less, 4), [], "{rule} without {pointer}");
                continue;
            }
            let problem = match parent.ends_with("title") {
                true => ManifestProblem::MissingLanguage,
                false => ManifestProblem::MissingField,
            };
            // A total has one of two fields.
            let path = if field == "exactly" { ".total.at_most".into() } else { path };
            assert!(faults_of(&less, 4).contains(&(path.clone(), problem)), "{rule} without {pointer}");
        }
    }
}

#[test]
fn values_in_rules_have_their_type() {
    let wrong = [
        (json!(null), JsonKind::Null),
        (json!(true), JsonKind::Boolean),
        (json!("x"), JsonKind::String),
        (json!(7), JsonKind::Integer),
        (json!(-1), JsonKind::OtherNumber),
        (json!(1.5), JsonKind::OtherNumber),
        (json!([]), JsonKind::Array),
        (json!({}), JsonKind::Object),
    ];
    for rule in rules() {
        for (pointer, path) in places_in(&rule) {
            let expected = match rule.pointer(&pointer).unwrap() {
                Value::Null => unreachable!(),
                Value::Bool(_) => JsonKind::Boolean,
                Value::Number(_) => JsonKind::Integer,
                Value::String(_) => JsonKind::String,
                Value::Array(_) => JsonKind::Array,
                Value::Object(_) => JsonKind::Object,
            };
            for (new, found) in wrong.iter().filter(|(_, found)| *found != expected) {
                let problem = ManifestProblem::WrongType { expected, found: *found };
                let found = faults_of(&changed(&rule, &pointer, new.clone()), 4);
                assert!(found.contains(&(path.clone(), problem)), "{rule} {pointer}: {found:?}");
            }
        }
    }
}

#[test]
fn numbers_of_rules_stay_within_their_range() {
    let cases = [
        ("choose", "/max", 1, 4),
        ("choose", "/min", 0, 2),
        ("score", "/max", 1, MAX_POINTS),
        ("score", "/total/at_most", 1, 20),
        ("cumulative", "/max", 1, MAX_POINTS),
        ("cumulative", "/points", 1, 16),
        ("split", "/max", 1000, 60_000),
        ("quadratic", "/credits", 1, MAX_CREDITS),
        ("lists", "/preferences", 1, 2),
        ("lists", "/groups/0/max", 1, 1024),
        ("lists", "/seats/number", 1, MAX_SEATS),
        ("positional", "/scores/0", 0, MAX_POINTS),
    ];
    let exactly = [(rules()[2].clone(), "/total/exactly", 1, 20)];
    let cases = cases.into_iter().map(|(name, pointer, min, max)| (kind(name), pointer, min, max));
    for (rule, pointer, min, max) in cases.chain(exactly) {
        let path = pointer.replace("/0", "[0]").replace('/', ".");
        for found in [u64::checked_sub(min, 1), Some(max + 1), Some(u64::MAX)].into_iter().flatten() {
            let faults = faults_of(&changed(&rule, pointer, json!(found)), 4);
            let problem = ManifestProblem::OutOfRange { found, min, max };
            assert!(faults.contains(&(path.clone(), problem)), "{rule} {pointer} {found}: {faults:?}");
        }
        for found in [min, max] {
            let faults = faults_of(&changed(&rule, pointer, json!(found)), 4);
            let of_range =
                |(_, problem): &&(String, ManifestProblem)| matches!(problem, ManifestProblem::OutOfRange { .. });
            // A value that is too large for another field is reported at its own path.
            assert!(faults.iter().find(of_range).is_none_or(|(other, _)| *other != path), "{rule} {pointer} {found}");
        }
    }
}

#[test]
fn lists_in_rules_have_a_limit() {
    for (name, pointer, min, max) in [
        ("lists", "/lists", 1, MAX_OPTIONS),
        ("lists", "/lists/0/candidates", 0, MAX_OPTIONS),
        ("lists", "/groups", 1, MAX_OPTIONS),
        ("lists", "/groups/0/candidates", 1, MAX_OPTIONS),
        ("grades", "/grades", 2, MAX_GRADES),
        ("positional", "/scores", 1, 4),
    ] {
        let path = pointer.replace("/0", "[0]").replace('/', ".");
        for found in [usize::checked_sub(min, 1), Some(max + 1), Some(20_000)].into_iter().flatten() {
            let faults = faults_of(&changed(&kind(name), pointer, vec![0; found].into()), 4);
            let problem = ManifestProblem::WrongCount { found, min, max };
            assert!(faults.contains(&(path.clone(), problem)), "{pointer} {found}: {faults:?}");
        }
    }
}

#[test]
fn words_of_rules_are_known() {
    for (name, pointer) in
        [("choose", "/kind"), ("pairs", "/method"), ("lists", "/seats/method"), ("lists", "/seats/people")]
    {
        for word in ["", "Choose", "dhondt ", "irv"] {
            let rule = changed(&kind(name), pointer, json!(word));
            let faults = faults_of(&rule, 4);
            let expected = (pointer.replace('/', "."), ManifestProblem::UnknownValue);
            assert_eq!(faults, [expected], "{rule}");
        }
    }
    for method in ["schulze", "ranked_pairs", "copeland"] {
        assert_eq!(faults_of(&changed(&kind("pairs"), "/method", json!(method)), 4), []);
    }
    for method in ["dhondt", "sainte_lague", "largest_remainder"] {
        assert_eq!(faults_of(&changed(&kind("lists"), "/seats/method", json!(method)), 4), []);
    }
}

#[test]
fn a_total_is_at_most_or_exactly() {
    let total = |total: Value| changed(&kind("score"), "/total", total);
    assert_refused(&total(json!({})), 4, ".total.at_most", ManifestProblem::MissingField);
    let both = total(json!({ "at_most": 7, "exactly": 7 }));
    assert_refused(&both, 4, ".total.exactly", ManifestProblem::UnknownField);
}

#[test]
fn kinds_without_a_choice_are_refused() {
    let problem = || ManifestProblem::TooFewOptions { options: 1, needed: 2 };
    for rule in [
        json!({ "kind": "score", "max": 9, "total": { "exactly": 7 }, "blank": true }),
        json!({ "kind": "cumulative", "points": 7, "max": 9, "exact": true, "blank": true }),
        kind("split"),
        json!({ "kind": "positional", "scores": [1], "truncated": true, "blank": true }),
        kind("pairs"),
        // One list and no blank vote.
        json!({ "kind": "lists", "lists": [{ "list": "o0", "candidates": [] }], "preferences": 0, "across": false,
                "blank": false }),
    ] {
        assert_refused(&rule, 1, "", problem());
    }
    for rule in [
        json!({ "kind": "score", "max": 9, "total": { "at_most": 7 }, "blank": false }),
        json!({ "kind": "score", "max": 9, "blank": false }),
        json!({ "kind": "cumulative", "points": 7, "max": 9, "exact": false, "blank": false }),
        kind("quadratic"),
        kind("grades"),
        json!({ "kind": "lists", "lists": [{ "list": "o0", "candidates": [] }], "preferences": 0, "across": false,
                "blank": true }),
    ] {
        assert_eq!(faults_of(&rule, 1), [], "{rule}");
    }
}

#[test]
fn pairs_have_at_most_twelve_options() {
    let limit = MAX_RANKED_OPTIONS;
    for ties in [false, true] {
        let rule = changed(&kind("pairs"), "/ties", json!(ties));
        assert_eq!(faults_of(&rule, limit), []);
        let problem = ManifestProblem::TooManyOptions { options: limit + 1, limit };
        assert_refused(&rule, limit + 1, "", problem);
    }
}

#[test]
fn some_place_has_a_score() {
    for (scores, problem) in [
        (json!([0]), Some(ManifestProblem::NothingCounts)),
        (json!([0, 0, 0, 0]), Some(ManifestProblem::NothingCounts)),
        (json!([0, 0, 0, 1]), None),
        (json!([1, 1]), None),
        (json!([1, 2, 3]), None),
    ] {
        let faults = faults_of(&changed(&kind("positional"), "/scores", scores), 4);
        assert_eq!(faults, problem.map(|problem| (".scores".to_string(), problem)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn every_option_is_a_list_or_a_candidate_of_one_list() {
    let lists = |lists: Value| {
        let mut rule = changed(&kind("lists"), "/lists", lists);
        rule.as_object_mut().unwrap().remove("groups");
        rule.as_object_mut().unwrap().remove("seats");
        rule
    };
    let of = |list: &str, candidates: &[&str]| json!({ "list": list, "candidates": candidates });
    let refused = |value: Value, path: &str, problem: ManifestProblem| {
        let faults = faults_of(&lists(value), 4);
        assert!(faults.contains(&(path.into(), problem)), "{faults:?}");
    };
    assert_eq!(faults_of(&lists(json!([of("o3", &["o1"]), of("o0", &["o2"])])), 4), []);
    assert_eq!(faults_of(&lists(json!([of("o3", &["o1", "o0"]), of("o2", &[])])), 4), []);
    let (unknown, twice) = (ManifestProblem::UnknownOption, ManifestProblem::OptionTwice);
    refused(json!([of("o4", &["o1"]), of("o0", &["o2"])]), ".lists[0].list", unknown.clone());
    refused(json!([of("o3", &["nobody"]), of("o0", &["o2"])]), ".lists[0].candidates[0]", unknown.clone());
    refused(json!([of("o3", &["o1"]), of("o3", &["o2"])]), ".lists[1].list", twice.clone());
    refused(json!([of("o3", &["o1"]), of("o1", &["o2"])]), ".lists[1].list", twice.clone());
    refused(json!([of("o3", &["o3"]), of("o0", &["o2"])]), ".lists[0].candidates[0]", twice.clone());
    refused(json!([of("o3", &["o1", "o1"]), of("o0", &["o2"])]), ".lists[0].candidates[1]", twice.clone());
    refused(json!([of("o3", &["o1"]), of("o0", &["o1"])]), ".lists[1].candidates[0]", twice.clone());
    let short = lists(json!([of("o3", &["o1", "o0"]), of("o4", &[])]));
    assert_refused(&short, 6, "", ManifestProblem::OptionWithoutList);

    let group = |candidates: &[&str]| changed(&kind("lists"), "/groups/0/candidates", json!(candidates));
    assert_refused(&group(&["o1", "o4"]), 4, ".groups[0].candidates[1]", unknown.clone());
    // A list is not a candidate.
    assert_refused(&group(&["o0"]), 4, ".groups[0].candidates[0]", unknown);
    assert_refused(&group(&["o1", "o1"]), 4, ".groups[0].candidates[1]", twice);
    assert_eq!(faults_of(&changed(&kind("lists"), "/groups/0/max", json!(1024)), 4), []);
}

#[test]
fn preferences_need_candidates() {
    let lists = json!([{ "list": "o0", "candidates": [] }, { "list": "o1", "candidates": [] }]);
    for across in [false, true] {
        let rule = |preferences: u64| json!({ "kind": "lists", "lists": lists, "preferences": preferences, "across": across, "blank": false });
        assert_eq!(faults_of(&rule(0), 2), []);
        let problem = ManifestProblem::OutOfRange { found: 1, min: 0, max: 0 };
        assert_refused(&rule(1), 2, ".preferences", problem);
    }
}

#[test]
fn grades_are_distinct() {
    let rule = kind("grades");
    let first = |field: &str| format!("contests[1].rule.grades[0].{field}");
    let same_id = changed(&rule, "/grades/1/id", json!("good"));
    assert_refused(&same_id, 4, ".grades[1].id", ManifestProblem::RepeatedId { first: first("id") });
    assert_refused(&changed(&rule, "/grades/1/id", json!("Bad")), 4, ".grades[1].id", ManifestProblem::BadId);
    let same_title = changed(&rule, "/grades/1/title/it", json!(" GOOD"));
    let problem = ManifestProblem::AmbiguousTitle { first: first("title.it") };
    assert_refused(&same_title, 4, ".grades[1].title.it", problem);
    let empty = changed(&rule, "/grades/1/title/en", json!(""));
    assert_refused(&empty, 4, ".grades[1].title.en", ManifestProblem::EmptyText);
    let described = changed(&rule, "/grades/1/description", title("x"));
    assert_refused(&described, 4, ".grades[1].description", ManifestProblem::UnknownField);
    // A grade and an option may have the same identifier.
    assert_eq!(faults_of(&changed(&rule, "/grades/1/id", json!("o1")), 4), []);
}

#[test]
fn totals_stay_within_what_can_be_decrypted() {
    let of_weight = |rule: &Value, total: u64| {
        let mut manifest = of_rule(rule, 4);
        manifest["weights"]["max"] = json!(total.min(MAX_WEIGHT));
        manifest["weights"]["total"] = json!(total);
        faults(&manifest)
    };
    let wide = json!({ "kind": "score", "max": 100, "blank": true });
    let problem = |found: u128| ManifestProblem::TotalTooLarge { found, limit: MAX_TOTAL };
    for (rule, bound) in [
        (wide, 100),
        (json!({ "kind": "cumulative", "points": 100, "max": 100, "exact": true, "blank": true }), 100),
        (json!({ "kind": "quadratic", "credits": 10_000, "blank": true }), 100),
        (json!({ "kind": "positional", "scores": [1, 100], "truncated": false, "blank": true }), 100),
    ] {
        let most = MAX_TOTAL / bound;
        assert_eq!(of_weight(&rule, most), [], "{rule}");
        let expected = problem(u128::from(bound) * u128::from(most + 1));
        // The sum of all weights is what matters, not the largest weight.
        let mut light = of_rule(&rule, 4);
        light["weights"] = json!({ "unit": light["weights"]["unit"], "max": 1, "total": most + 1 });
        assert_eq!(faults(&light), [("contests[1].rule".to_string(), expected.clone())], "{rule}");
        assert_eq!(of_weight(&rule, most + 1), [("contests[1].rule".to_string(), expected)], "{rule}");
    }
    // If a ballot adds at most its weight, every weight is allowed.
    for rule in
        [kind("choose"), json!({ "kind": "split", "max": MAX_WEIGHT }), kind("lists"), kind("grades"), kind("pairs")]
    {
        assert_eq!(of_weight(&rule, MAX_TOTAL), [], "{rule}");
    }
    let problem = ManifestProblem::OutOfRange { found: 1000, min: 1001, max: 1001 };
    assert_eq!(of_weight(&kind("split"), 1001), [("contests[1].rule.max".to_string(), problem)]);
    // Nobody can divide more than the sum of all weights.
    let mut manifest = of_rule(&kind("split"), 4);
    manifest["weights"] = json!({ "unit": manifest["weights"]["unit"], "max": 10, "total": 999 });
    let problem = ManifestProblem::OutOfRange { found: 1000, min: 10, max: 999 };
    assert_eq!(faults(&manifest), [("contests[1].rule.max".to_string(), problem)]);
}

#[test]
fn the_bits_of_a_ballot_have_a_limit() {
    // 500 options of five grades have 2,000 counts and 2,500 bits.
    let grade = |number: usize| json!({ "id": format!("g{number}"), "title": title(&format!("g{number}")) });
    let grades: Vec<Value> = (0..5).map(grade).collect();
    let rule = json!({ "kind": "grades", "grades": grades, "blank": false });
    let found = faults(&of_rule(&rule, 500));
    let too_large = |(path, problem): &(String, ManifestProblem)| {
        path.starts_with("styles[") && matches!(problem, ManifestProblem::BallotTooLarge { limit: MAX_ENTRY_BYTES, .. })
    };
    assert!(found.len() == 2 && found.iter().all(too_large), "{found:?}");
}

#[test]
fn the_terms_of_all_styles_have_a_limit() {
    // A list of 1,000 candidates who are in 100 groups: one term each time that a candidate is named, and terms for the
    // list, its digits and the counts.
    let candidates: Vec<String> = (1..=1000).map(|number| format!("o{number}")).collect();
    let groups: Vec<Value> = (0..100).map(|_| json!({ "candidates": candidates, "max": 1 })).collect();
    let rule = json!({
        "kind": "lists", "lists": [{ "list": "o0", "candidates": candidates }], "preferences": 1, "across": false,
        "groups": groups, "blank": true,
    });
    let terms = 1000 * 101 + 1 + 1 + 100 + 2 + 1002;
    let mut manifest = of_rule(&rule, 1001);
    manifest["weights"]["max"] = json!(1);
    manifest["weights"]["total"] = json!(1);
    let contest = manifest["contests"][1].clone();
    let id = contest["id"].clone();
    manifest["contests"] = json!([contest]);
    let mut of_styles = |count: usize| {
        let style = |number: usize| json!({ "id": format!("s{number}"), "contests": [id] });
        manifest["styles"] = (0..count).map(style).collect();
        manifest.clone()
    };
    let most = MAX_TERMS / terms;
    let form = parse(&of_styles(1)).unwrap().compile_style(0).unwrap().form;
    let all = form.slot_rows().map(<[_]>::len).chain(form.constant_rows(1).map(|(row, _)| row.len()));
    assert_eq!(all.sum::<usize>(), terms);
    assert_eq!(faults(&of_styles(most)), []);
    let found = (most + 1) * terms;
    let problem = ManifestProblem::TooManyTerms { found, limit: MAX_TERMS };
    assert_eq!(faults(&of_styles(most + 1)), [("styles".to_string(), problem)]);
}

#[test]
fn mutations_of_rules_never_panic() {
    let mut rng = TestRng(11);
    let mut below = |bound: usize| usize::try_from(rng.next_u64() % bound as u64).unwrap();
    let valid: Vec<String> = rules().iter().map(ToString::to_string).collect();
    let manifest = with(&[("/contests/1/rule", json!("@@")), ("/contests/1/options", options(4))]).to_string();
    let tokens = ["0", "1", "-1", "true", "null", "[]", "{}", "\"o0\"", "\"o1\"", "1e9", "\"kind\"", ","];
    let mut accepted = 0;
    for _ in 0..3_000 {
        let mut rule = valid[below(valid.len())].clone();
        for _ in 0..=below(2) {
            let digits: Vec<usize> = rule.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
            if below(2) == 0 && !digits.is_empty() {
                let at = digits[below(digits.len())];
                rule.replace_range(at..=at, &below(30).to_string());
                continue;
            }
            let (at, length) = (below(rule.len()), below(12));
            let part = if below(2) == 0 {
                tokens[below(tokens.len())].to_string()
            } else {
                let other = &valid[below(valid.len())];
                let from = below(other.len());
                other[from..(from + length).min(other.len())].to_string()
            };
            let end = (at + below(12)).min(rule.len());
            rule.replace_range(at..end, &part);
        }
        if let Ok(manifest) = Manifest::parse(manifest.replace("\"@@\"", &rule).as_bytes()) {
            accepted += 1;
            assert!(manifest.compile_style(1).is_ok(), "{rule}");
        }
    }
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn names_of_lists_are_compared_up_to_the_limit_of_options() {
    let of_options = |options: Value| {
        let candidates = |list: usize| (0..MAX_OPTIONS / 2).map(move |name| json!(format!("c{list}-{name}")));
        let list =
            |list: usize| json!({ "list": format!("l{list}"), "candidates": candidates(list).collect::<Value>() });
        let lists: Vec<Value> = (0..3).map(list).collect();
        let rule = json!({ "kind": "lists", "lists": lists, "preferences": 1, "across": true, "blank": true });
        faults(&with(&[("/contests/1/rule", rule), ("/contests/1/options", options)]))
    };
    // Names after the largest allowed number are refused, whether or not they are options.
    let limit = MAX_OPTIONS;
    let problem = ManifestProblem::TooManyOptions { options: limit + 1, limit };
    let path = "contests[1].rule.lists[1].candidates[511]".to_string();
    assert!(of_options(json!(1)).contains(&(path, problem)));
}

/// The manifest with these fields beside the rule of a contest with four options.
fn of_contest(rule: &Value, fields: &[(&str, Value)]) -> Value {
    let mut manifest = of_rule(rule, 4);
    for (field, value) in fields {
        manifest["contests"][1][*field] = value.clone();
    }
    manifest
}

/// What is wrong with these fields of a contest. Paths start at the contest.
fn faults_beside(rule: &Value, fields: &[(&str, Value)]) -> Vec<(String, ManifestProblem)> {
    let of_contest = |(path, problem): (String, ManifestProblem)| {
        (path.strip_prefix("contests[1].").unwrap_or(&path).to_string(), problem)
    };
    faults(&self::of_contest(rule, fields)).into_iter().map(of_contest).collect()
}

fn group(id: &str, options: &[&str], at_least: Option<u64>, at_most: Option<u64>) -> Value {
    let mut group = json!({ "id": id, "title": title(&format!("Group {id}")), "options": options });
    at_least.into_iter().for_each(|number| group["at_least"] = number.into());
    at_most.into_iter().for_each(|number| group["at_most"] = number.into());
    group
}

#[test]
fn winners_are_read_and_written() {
    let groups = json!([group("women", &["o0", "o1"], Some(1), None), group("north", &["o0", "o2"], None, Some(1))]);
    for winners in [json!({ "number": 4 }), json!({ "number": 2, "groups": groups })] {
        for rule in rules().into_iter().filter(|rule| rule["kind"] != "lists") {
            let manifest = parse(&of_contest(&rule, &[("winners", winners.clone())])).unwrap();
            assert_eq!(serde_json::to_value(&manifest.contests()[1].winners).unwrap(), winners, "{rule}");
            assert_eq!(
                Manifest::parse(&manifest.contents().to_bytes().unwrap()).unwrap().contents(),
                manifest.contents()
            );
        }
    }
}

#[test]
fn winners_that_cannot_be_are_refused() {
    let refused = |winners: Value, path: &str, problem: ManifestProblem| {
        let found = faults_beside(&kind("choose"), &[("winners", winners.clone())]);
        assert_eq!(found, [(path.to_string(), problem)], "{winners}");
    };
    let of = |number: u64, groups: &[Value]| json!({ "number": number, "groups": groups });
    let range = |found, min, max| ManifestProblem::OutOfRange { found, min, max };
    refused(json!({ "number": 0 }), "winners.number", range(0, 1, 4));
    refused(json!({ "number": 5 }), "winners.number", range(5, 1, 4));
    refused(json!({}), "winners.number", ManifestProblem::MissingField);
    refused(json!({ "number": 1, "x": 1 }), "winners.x", ManifestProblem::UnknownField);
    let none = ManifestProblem::WrongCount { found: 0, min: 1, max: 32 };
    refused(of(1, &[]), "winners.groups", none);
    let (first, options) = ("winners.groups[0]", "winners.groups[0].options");
    refused(of(1, &[group("g", &["o0"], None, None)]), first, ManifestProblem::NoLimit);
    refused(of(1, &[group("g", &["o7"], None, Some(1))]), &format!("{options}[0]"), ManifestProblem::UnknownOption);
    refused(of(1, &[group("g", &["o0", "o0"], None, Some(1))]), &format!("{options}[1]"), ManifestProblem::OptionTwice);
    // A group keeps no more places than it has options, and than there are places.
    refused(of(2, &[group("g", &["o0"], Some(2), None)]), &format!("{first}.at_least"), range(2, 1, 1));
    refused(of(1, &[group("g", &["o0", "o1"], Some(2), None)]), &format!("{first}.at_least"), range(2, 1, 1));
    refused(of(2, &[group("g", &["o0", "o1"], Some(2), Some(1))]), &format!("{first}.at_most"), range(1, 2, 2));
    refused(of(2, &[group("g", &["o0", "o1"], None, Some(3))]), &format!("{first}.at_most"), range(3, 1, 2));
    let two = [group("g", &["o0", "o1"], Some(1), None), group("h", &["o2", "o3"], Some(2), None)];
    refused(of(2, &two), "winners.groups", ManifestProblem::TooManyKeptPlaces { found: 3, places: 2 });
    let shared = [group("g", &["o0", "o1"], Some(1), None), group("h", &["o1", "o3"], Some(1), None)];
    refused(of(2, &shared), "winners.groups[1].options[0]", ManifestProblem::OptionTwice);
    let repeated = [group("g", &["o0"], None, Some(1)), group("g", &["o1"], None, Some(1))];
    let found = faults_beside(&kind("choose"), &[("winners", of(2, &repeated))]);
    let problem = ManifestProblem::RepeatedId { first: "contests[1].winners.groups[0].id".into() };
    assert!(found.contains(&("winners.groups[1].id".into(), problem)), "{found:?}");
    let found = faults_beside(&kind("lists"), &[("winners", json!({ "number": 1 }))]);
    assert_eq!(found, [("winners".to_string(), ManifestProblem::WinnersOfLists)]);
}

#[test]
fn motions_are_read_or_refused() {
    let condition = |of: &str| json!({ "of": of, "rule": "more_than", "fraction": [1, 2] });
    let motion = |conditions: &[Value]| json!({ "for": "o0", "against": "o1", "conditions": conditions });
    let all = motion(&[condition("votes"), condition("ballots"), condition("roll")]);
    let choose = changed(&kind("choose"), "/max", json!(1));
    for rule in [&choose, &kind("split")] {
        let manifest = parse(&of_contest(rule, &[("passes", all.clone())])).unwrap();
        assert_eq!(serde_json::to_value(&manifest.contests()[1].passes).unwrap(), all);
    }
    let refused = |rule: &Value, passes: Value, path: &str, problem: ManifestProblem| {
        let found = faults_beside(rule, &[("passes", passes.clone())]);
        assert_eq!(found, [(path.to_string(), problem)], "{passes}");
    };
    // Of two options on one ballot, one could be for the motion and the other against it.
    refused(&kind("choose"), all.clone(), "passes", ManifestProblem::NotAMotion);
    for rule in rules().into_iter().filter(|rule| rule["kind"] != "choose" && rule["kind"] != "split") {
        refused(&rule, all.clone(), "passes", ManifestProblem::NotAMotion);
    }
    let number = ManifestProblem::WrongCount { found: 0, min: 1, max: 3 };
    refused(&choose, motion(&[]), "passes.conditions", number);
    let twice = motion(&[condition("votes"), condition("votes")]);
    refused(&choose, twice, "passes.conditions[1].of", ManifestProblem::BaseTwice);
    refused(&choose, motion(&[condition("cast")]), "passes.conditions[0].of", ManifestProblem::UnknownValue);
    let same = json!({ "for": "o0", "against": "o0", "conditions": [condition("votes")] });
    refused(&choose, same, "passes.against", ManifestProblem::OptionTwice);
    let unknown = json!({ "for": "o8", "against": "o0", "conditions": [condition("votes")] });
    refused(&choose, unknown, "passes.for", ManifestProblem::UnknownOption);
    let mut above = condition("votes");
    above["fraction"] = json!([3, 2]);
    let problem = ManifestProblem::FractionAboveOne { numerator: 3, denominator: 2 };
    refused(&choose, motion(&[above]), "passes.conditions[0].fraction", problem);
    let both = [("winners", json!({ "number": 1 })), ("passes", all.clone())];
    assert_eq!(faults_beside(&choose, &both), [("passes".to_string(), ManifestProblem::WinnersOfMotion)]);
}

#[test]
fn an_age_of_cosignatures() {
    let of = |age: Value| with(&[("/witnesses/max_age", age)]);
    for age in [1, 3600, MAX_WITNESS_AGE] {
        assert_eq!(parse(&of(json!(age))).unwrap().witnesses().max_age, Some(age));
    }
    for found in [0, MAX_WITNESS_AGE + 1] {
        let problem = ManifestProblem::OutOfRange { found, min: 1, max: MAX_WITNESS_AGE };
        assert_eq!(faults(&of(json!(found))), [("witnesses.max_age".to_string(), problem)]);
    }
    let mut manifest = value();
    manifest["witnesses"].as_object_mut().unwrap().remove("max_age");
    assert_eq!(parse(&manifest).unwrap().witnesses().max_age, None);
    // Without required witnesses there is nothing whose age could be limited.
    let without = |closing: &str| faults(&with(&[("/witnesses/quorum", json!(0)), ("/closing", json!(closing))]));
    let problem = ("witnesses.max_age".to_string(), ManifestProblem::AgeWithoutWitnesses);
    assert_eq!(without("statements"), core::slice::from_ref(&problem));
    assert_eq!(without("witnesses"), [problem, ("closing".to_string(), ManifestProblem::ClosingWithoutWitnesses)]);
}

#[test]
fn an_order_in_which_options_are_shown() {
    for (word, order) in [("alphabetical", ShownOrder::Alphabetical), ("random", ShownOrder::Random)] {
        for rule in rules() {
            let value = of_contest(&rule, &[("order", json!(word))]);
            let manifest = parse(&value).unwrap();
            let contest = &manifest.contests()[1];
            assert_eq!(contest.order, Some(order));
            assert_eq!(serde_json::to_value(contest).unwrap()["order"], word);
        }
        // Where the order of a list says who takes its seats, voters see that order.
        for (people, refused) in [("order", true), ("preferences_then_order", true), ("preferences", false)] {
            let rule = changed(&kind("lists"), "/seats/people", json!(people));
            let expected = refused.then(|| ("order".to_string(), ManifestProblem::OrderOfLists));
            assert_eq!(faults_beside(&rule, &[("order", json!(word))]), Vec::from_iter(expected), "{people}");
        }
    }
    let order = |value: Value| faults_beside(&kind("choose"), &[("order", value)]);
    assert_eq!(order(json!("reversed")), [("order".to_string(), ManifestProblem::UnknownValue)]);
    let expected = ManifestProblem::WrongType { expected: JsonKind::String, found: JsonKind::Boolean };
    assert_eq!(order(json!(true)), [("order".to_string(), expected)]);
    assert_eq!(parse(&value()).unwrap().contests()[1].order, None);
}

#[test]
fn every_seed_draws_an_order() {
    let manifest = parse(&of_rule(&kind("choose"), 4)).unwrap();
    let contest = &manifest.contests()[1];
    let drawn: Vec<Vec<usize>> = (0..200).map(|seed| contest.drawn_order(&[seed; 32])).collect();
    for order in &drawn {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3]);
    }
    // All 24 orders occur, and a seed gives another order in another contest.
    let mut orders = drawn.clone();
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 24);
    let other = Contest { id: "other".into(), ..contest.clone() };
    assert!((0..200).any(|seed| other.drawn_order(&[seed; 32]) != drawn[usize::from(seed)]));
}

#[test]
fn f5_seats_go_to_people() {
    let lists = kind("lists");
    let seats = |number: u64, people: &str| {
        changed(&lists, "/seats", json!({ "number": number, "method": "dhondt", "people": people }))
    };
    assert_eq!(faults_of(&seats(2, "order"), 4), []);
    let problem = ManifestProblem::TooManySeats { seats: 3, candidates: 2 };
    assert_refused(&seats(3, "preferences"), 4, ".seats", problem);
    let without = json!([{ "list": "o0", "candidates": ["o1", "o2"] }, { "list": "o3", "candidates": [] }]);
    let problem = ManifestProblem::ListWithoutCandidates;
    assert_refused(&changed(&seats(2, "order"), "/lists", without), 4, ".seats", problem);
}
