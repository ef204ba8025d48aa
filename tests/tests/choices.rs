//! Choices by name in every kind of contest: marks are read and written in one form, and the error names every broken
//! rule.

use ballotta::ballot::{BallotOpening, BallotSeed, ChoiceError, ChoiceErrors, ChoiceProblem, Choices, PreparedBallot};
use ballotta::credential::Entitlement;
use ballotta_tests::election::{Election, ElectionOptions};
use ballotta_tests::kinds::every_kind;
use ballotta_tests::rng::TestRng;

/// What the rules allow a voter of weight 7 in [`every_kind`], contest by contest.
const MARKS: [&str; 16] = [
    r#"{"options":["o2","o0"]}"#,
    r#"{"points":{"o1":3,"o0":0}}"#,
    r#"{"points":{}}"#,
    r#"{"points":{"o0":4,"o1":2}}"#,
    r#"{"points":{"o2":3,"o0":1}}"#,
    r#"{"points":{"o1":3}}"#,
    r#"{"points":{"o0":1,"o1":1,"o2":3}}"#,
    r#"{"points":{"o0":5,"o1":2}}"#,
    r#"{"points":{"o0":3,"o1":1}}"#,
    r#"{"list":"o0","preferences":["o2","o1"]}"#,
    r#"{"list":"o5","preferences":["o4"]}"#,
    r#"{"grades":{"o1":"g0","o0":"g2"}}"#,
    r#"{"ranking":[["o2"],["o0"],["o1"]]}"#,
    r#"{"ranking":[["o1"]]}"#,
    r#"{"ranking":[["o1"],["o0"],["o2"]]}"#,
    r#"{"ranking":[["o1","o0"],["o2"]]}"#,
];

const VOTER: Entitlement = Entitlement { style: 0, weight: 7 };

/// An election with the contests of [`MARKS`] on one ballot.
fn election() -> Election {
    let options = every_kind();
    Election::build(ElectionOptions {
        contests: options.contests[..MARKS.len()].to_vec(),
        styles: vec![(0..MARKS.len()).collect()],
        voters: vec![(0, VOTER.weight); 3],
        ..options
    })
}

/// The marks, with another one in one contest.
fn with(contest: usize, mark: &str) -> String {
    let mut marks = MARKS.map(str::to_owned);
    marks[contest] = mark.into();
    let marks: Vec<String> =
        (0..).zip(marks).map(|(number, mark): (usize, _)| format!("\"c{number}\":{mark}")).collect();
    format!("{{{}}}", marks.join(","))
}

fn read(json: &str) -> Choices {
    Choices::from_json(json.as_bytes()).unwrap()
}

/// Everything that the rules do not allow.
fn errors(election: &Election, json: &str) -> Vec<ChoiceError> {
    read(json).check(&election.context, VOTER).err().map(ChoiceErrors::into_errors).unwrap_or_default()
}

#[test]
fn marks_of_every_kind_have_one_written_form() {
    let election = election();
    let public = election.credentials[0].public();
    // The choices that the opening of a ballot carries.
    let kept = |choices| {
        let seed = BallotSeed::from_bytes([1; 32]);
        let prepared = PreparedBallot::prepare(&election.context, public, VOTER, choices, None, seed).unwrap();
        let bytes = prepared.open().expose_bytes();
        BallotOpening::decode(&election.context, &bytes).unwrap()
    };
    for json in [with(0, MARKS[0]), with(0, "\"blank\""), with(15, r#"{"ranking":[]}"#)] {
        let choices = read(&json);
        assert_eq!(*choices.to_json(), json);
        assert_eq!(choices.check(&election.context, VOTER), Ok(()));
        assert_eq!(*kept(choices).expose_choices().to_json(), json, "as it was given");
    }
    // A blank vote in every contest that allows it.
    for contest in (0..MARKS.len()).filter(|contest| ![2, 7].contains(contest)) {
        let json = with(contest, "\"blank\"");
        assert_eq!(*kept(read(&json)).expose_choices().to_json(), json);
    }
    // Forms that the reader accepts but the writer never produces.
    for (other, written) in [
        (r#"{"ranking":["a",["b","c"],"d"]}"#, r#"{"ranking":[["a"],["b","c"],["d"]]}"#),
        ("{ \"points\" :\n{ \"a\": 10 } }", r#"{"points":{"a":10}}"#),
        (r#"{"points":{"a":9007199254740991}}"#, r#"{"points":{"a":9007199254740991}}"#),
    ] {
        let choices = read(&format!("{{\"c\":{other}}}"));
        assert_eq!(*choices.to_json(), format!("{{\"c\":{written}}}"));
    }
}

#[test]
fn random_choices_survive_being_written() {
    let election = Election::build(every_kind());
    for seed in 0..50 {
        let voter = seed as usize % election.options.voters.len();
        let choices = election.any_choices(voter, &mut TestRng(seed));
        let ballot = election.ballot(voter, &choices);
        let json = ballot.choices().to_json();
        let again = read(&json);
        assert_eq!(*again.to_json(), *json);
        assert_eq!(again.check(&election.context, ballot.entitlement()), Ok(()));
    }
}

#[test]
fn marks_of_every_kind_are_read_strictly() {
    use ChoiceProblem::{Malformed, UnknownKind};
    for (mark, problem) in [
        (r#"{"points":[]}"#, Malformed),
        (r#"{"points":1}"#, Malformed),
        (r#"{"points":null}"#, Malformed),
        (r#"{"points":{"a":-1}}"#, Malformed),
        (r#"{"points":{"a":1.0}}"#, Malformed),
        (r#"{"points":{"a":1e0}}"#, Malformed),
        (r#"{"points":{"a":"1"}}"#, Malformed),
        (r#"{"points":{"a":true}}"#, Malformed),
        (r#"{"points":{"a":null}}"#, Malformed),
        (r#"{"points":{"a":[1]}}"#, Malformed),
        (r#"{"points":{"a":9007199254740992}}"#, Malformed),
        (r#"{"points":{"a":18446744073709551616}}"#, Malformed),
        (r#"{"points":{},"options":[]}"#, Malformed),
        (r#"{"grades":["a"]}"#, Malformed),
        (r#"{"grades":{"a":1}}"#, Malformed),
        (r#"{"grades":{"a":["g"]}}"#, Malformed),
        (r#"{"grades":{"a":null}}"#, Malformed),
        (r#"{"ranking":{}}"#, Malformed),
        (r#"{"ranking":"a"}"#, Malformed),
        (r#"{"ranking":[1]}"#, Malformed),
        (r#"{"ranking":[null]}"#, Malformed),
        (r#"{"ranking":[{"a":1}]}"#, Malformed),
        (r#"{"ranking":[[["a"]]]}"#, Malformed),
        (r#"{"ranking":[["a"],[2]]}"#, Malformed),
        (r#"{"list":"a"}"#, Malformed),
        (r#"{"preferences":[]}"#, Malformed),
        (r#"{"list":"a","list":"b"}"#, Malformed),
        (r#"{"preferences":["b"],"list":"a"}"#, Malformed),
        (r#"{"preferences":[],"preferences":[]}"#, Malformed),
        (r#"{"list":"a","preferences":"b"}"#, Malformed),
        (r#"{"list":"a","preferences":[1]}"#, Malformed),
        (r#"{"list":"a","preferences":[["b"]]}"#, Malformed),
        (r#"{"list":["a"],"preferences":[]}"#, Malformed),
        (r#"{"list":null,"preferences":[]}"#, Malformed),
        (r#"{"list":"a","preferences":[],"options":[]}"#, Malformed),
        (r#"{"list":"a","options":[]}"#, Malformed),
        (r#"{"votes":{"a":1}}"#, UnknownKind),
        (r#"{"Points":{"a":1}}"#, UnknownKind),
        (r#"{"rank":["a"]}"#, UnknownKind),
        (r#"{"":[]}"#, UnknownKind),
        (r#""Blank""#, UnknownKind),
    ] {
        let error = Choices::from_json(format!("{{\"c\":{mark}}}").as_bytes()).err().unwrap();
        assert_eq!((error.contest.as_deref(), error.option, error.problem), (Some("c"), None, problem), "{mark}");
    }
    // No text may contain an escape sequence.
    for mark in [
        r#"{"points":{"\u0061":1}}"#,
        r#"{"grades":{"a":"\u0067"}}"#,
        r#"{"ranking":[["\u0061"]]}"#,
        r#"{"list":"\u0061","preferences":[]}"#,
        r#"{"list":"a","preferences":["\/"]}"#,
    ] {
        let error = Choices::from_json(format!("{{\"c\":{mark}}}").as_bytes()).err().unwrap();
        assert_eq!((error.contest, error.problem), (None, Malformed), "{mark}");
    }
}

#[test]
fn what_is_written_of_anything_is_read_or_refused() {
    // Names that no manifest can have are written with an escape sequence, which no reader accepts.
    use ballotta::ballot::Mark;
    for (name, is_read) in [("a", true), ("è", true), ("a\"b", false), ("a\\b", false), ("a\nb", false)] {
        let text = || name.to_owned();
        for mark in [
            Mark::Options(vec![text()]),
            Mark::Points(vec![(text(), 1)]),
            Mark::Grades(vec![(text(), text())]),
            Mark::Ranking(vec![vec![text(), text()], vec![]]),
            Mark::List { list: text(), preferences: vec![text()] },
        ] {
            let mut choices = Choices::new();
            choices.mark("c", mark);
            let json = choices.to_json();
            let again = Choices::from_json(json.as_bytes());
            assert_eq!(again.as_ref().map(|again| again.to_json() == json).unwrap_or(false), is_read, "{}", *json);
        }
    }
}

#[test]
fn every_rule_of_every_kind_is_named() {
    let election = election();
    let kind = "this contest needs another kind of mark";
    for (contest, mark, rule, text) in [
        (0, r#"{"points":{"o0":1}}"#, "wrong-kind", kind),
        (0, r#"{"ranking":["o0"]}"#, "wrong-kind", kind),
        (1, r#"{"options":["o0"]}"#, "wrong-kind", kind),
        (1, r#"{"points":{"o0":4}}"#, "too-many-for-option", "an option may have at most 3, but one has more"),
        (1, r#"{"points":{"o0":1,"o0":1}}"#, "duplicate-option", "an option is selected twice"),
        (2, r#""blank""#, "blank-not-allowed", "the contest does not allow a blank vote"),
        (3, r#"{"points":{"o0":4,"o1":3}}"#, "too-many-points", "7 points are given, but at most 6 may be given"),
        (4, r#"{"points":{"o0":3}}"#, "too-few-points", "3 points are given, but all 4 must be given"),
        (4, r#"{"points":{"o0":3,"o1":2}}"#, "too-many-points", "5 points are given, but at most 4 may be given"),
        (5, r#"{"points":{"o0":3,"o1":3}}"#, "too-many-points", "6 points are given, but at most 5 may be given"),
        (6, r#"{"points":{}}"#, "too-few-points", "0 points are given, but all 5 must be given"),
        (7, r#"{"points":{"o0":6}}"#, "too-few-points", "6 points are given, but all 7 must be given"),
        (7, r#"{"points":{"o0":6,"o1":2}}"#, "too-many-points", "8 points are given, but at most 7 may be given"),
        (7, r#"{"points":{"o0":10}}"#, "too-many-for-option", "an option may have at most 9, but one has more"),
        (7, r#""blank""#, "blank-not-allowed", "the contest does not allow a blank vote"),
        (8, r#"{"points":{"o0":3,"o1":2}}"#, "too-many-credits", "the votes cost 13 credits, but there are 12"),
        (8, r#"{"points":{"o0":4}}"#, "too-many-for-option", "an option may have at most 3, but one has more"),
        (9, r#"{"options":["o0"]}"#, "wrong-kind", kind),
        (9, r#"{"list":"o1","preferences":[]}"#, "not-a-list", "the chosen option is not a list"),
        (9, r#"{"list":"o0","preferences":["o3"]}"#, "not-a-candidate", "a preferred option is not a candidate"),
        (9, r#"{"list":"o0","preferences":["o4"]}"#, "other-list", "a candidate of another list is preferred"),
        (
            9,
            r#"{"list":"o0","preferences":["o1","o2","o4"]}"#,
            "too-many-preferences",
            "3 candidates are preferred, but at most 2 may be preferred",
        ),
        (9, r#"{"list":"o0","preferences":["o1","o1"]}"#, "duplicate-option", "an option is selected twice"),
        (9, r#"{"list":"o0","preferences":["o0"]}"#, "duplicate-option", "an option is selected twice"),
        (
            10,
            r#"{"list":"o5","preferences":["o1","o4"]}"#,
            "too-many-of-group",
            "too many candidates of one group are preferred; at most 1 may be preferred",
        ),
        (11, r#"{"points":{"o0":1,"o1":1}}"#, "wrong-kind", kind),
        (11, r#"{"grades":{"o0":"g0"}}"#, "missing-grade", "an option has no grade"),
        (11, r#"{"grades":{"o0":"g0","o0":"g1"}}"#, "duplicate-option", "an option is selected twice"),
        (12, r#"{"options":["o0"]}"#, "wrong-kind", kind),
        (12, r#"{"ranking":["o0","o1"]}"#, "undervote", "2 options are selected, but at least 3 must be selected"),
        (
            12,
            r#"{"ranking":["o0",["o1","o2"]]}"#,
            "tie-not-allowed",
            "options share a place, which this contest does not allow",
        ),
        (12, r#"{"ranking":["o0",[],"o2"]}"#, "empty-place", "a place of the ranking has no option"),
        (13, r#"{"ranking":["o0","o1","o2"]}"#, "overvote", "3 options are selected, but at most 2 may be selected"),
        (13, r#"{"ranking":["o0","o0"]}"#, "duplicate-option", "an option is selected twice"),
        (
            14,
            r#"{"ranking":["o0",["o1","o2"]]}"#,
            "tie-not-allowed",
            "options share a place, which this contest does not allow",
        ),
        (14, r#"{"ranking":["o0","o1"]}"#, "undervote", "2 options are selected, but at least 3 must be selected"),
        (15, r#"{"ranking":["o0",[]]}"#, "empty-place", "a place of the ranking has no option"),
        (15, r#"{"ranking":[["o0","o0"]]}"#, "duplicate-option", "an option is selected twice"),
        (15, r#"{"list":"o0","preferences":[]}"#, "wrong-kind", kind),
    ] {
        let errors = errors(&election, &with(contest, mark));
        let [error] = errors.as_slice() else { panic!("{mark}: {errors:?}") };
        let expected = (format!("c{contest}"), rule, format!("contest c{contest}: {text}"));
        assert_eq!((error.field(), error.problem.rule(), error.to_string()), expected, "{mark}");
    }
    // An option that does not exist, at any place.
    for (contest, mark) in [
        (1, r#"{"points":{"o9":1}}"#),
        (8, r#"{"points":{"o0":1,"o9":0}}"#),
        (9, r#"{"list":"o9","preferences":[]}"#),
        (9, r#"{"list":"o0","preferences":["o9"]}"#),
        (11, r#"{"grades":{"o9":"g0"}}"#),
        (12, r#"{"ranking":["o9"]}"#),
        (15, r#"{"ranking":[["o0","o9"]]}"#),
    ] {
        let errors = errors(&election, &with(contest, mark));
        let [error] = errors.as_slice() else { panic!("{mark}: {errors:?}") };
        assert_eq!((error.field(), error.problem.rule()), (format!("c{contest}/o9"), "unknown-option"), "{mark}");
        assert_eq!(error.to_string(), format!("contest c{contest} has no option o9"));
    }
    // A grade that the contest does not have.
    let errors = errors(&election, &with(11, r#"{"grades":{"o0":"g0","o1":"g3"}}"#));
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].contest.as_deref(), Some("c11"));
}
