//! Manifests with and without errors, for the vectors of the specification: a manifest that uses everything, and edits of it.

use ballotta::board::note::NoteSigner;
use ballotta::group::Element;
use serde_json::{Map, Value, json};

use crate::election::{ElectionOptions, Parties};
use crate::rng::TestRng;

/// A manifest of two languages with contests of every kind, and every optional field.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn base() -> Value {
    let options = ElectionOptions { authorities: 2, witnesses: (2, 1), ..ElectionOptions::default() };
    let parties = Parties::draw(&options, &mut TestRng(51));
    let mut manifest: Value =
        serde_json::from_slice(&parties.contents(&options, [0x51; 32]).to_bytes().expect("JSON")).expect("JSON");
    let text = |text: &str| json!({ "en": text, "it": format!("{text} (it)") });
    let option = |number: usize| json!({ "id": format!("o{number}"), "title": text(&format!("Option {number}")) });
    let grade = |number: usize| json!({ "id": format!("g{number}"), "title": text(&format!("Grade {number}")) });
    let contests = [
        (json!({ "kind": "choose", "min": 1, "max": 2, "blank": true }), 3),
        (json!({ "kind": "score", "max": 5, "total": { "at_most": 8 }, "blank": false }), 2),
        (json!({ "kind": "cumulative", "points": 5, "max": 3, "exact": false, "blank": false }), 2),
        (json!({ "kind": "split", "max": 10 }), 2),
        (json!({ "kind": "quadratic", "credits": 9, "blank": false }), 2),
        (
            json!({
                "kind": "lists",
                "lists": [{ "list": "o0", "candidates": ["o1", "o2"] }, { "list": "o3", "candidates": ["o4"] }],
                "preferences": 2, "across": false, "groups": [{ "candidates": ["o1", "o4"], "max": 1 }],
                "seats": { "number": 3, "method": "dhondt", "people": "preferences" }, "blank": true,
            }),
            5,
        ),
        (json!({ "kind": "grades", "grades": [grade(0), grade(1), grade(2)], "blank": false }), 2),
        (json!({ "kind": "positional", "scores": [2, 1], "truncated": false, "blank": false }), 3),
        (json!({ "kind": "pairs", "ties": false, "method": "schulze", "blank": false }), 3),
    ];
    let contest = |(number, (rule, options)): (usize, (Value, usize))| {
        json!({
            "id": format!("c{number}"), "title": text(&format!("Contest {number}")), "rule": rule,
            "options": (0..options).map(option).collect::<Vec<_>>(),
        })
    };
    manifest["contests"] = contests.into_iter().enumerate().map(contest).collect();
    manifest["contests"][7]["winners"] = json!({ "number": 2, "groups": [
        { "id": "north", "title": text("North"), "options": ["o0", "o1"], "at_least": 1 },
        { "id": "south", "title": text("South"), "options": ["o1", "o2"], "at_most": 1 },
    ] });
    manifest["contests"][3]["passes"] = json!({ "for": "o1", "against": "o0", "conditions": [
        { "of": "votes", "rule": "more_than", "fraction": [1, 2] },
        { "of": "roll", "rule": "at_least", "fraction": [1, 3] },
    ] });
    manifest["contests"][0]["description"] = text("Explains.");
    manifest["contests"][0]["options"][1]["description"] = text("Explains.");
    manifest["contests"][0]["order"] = "alphabetical".into();
    manifest["contests"][8]["order"] = "random".into();
    manifest["attachments"] = attachments(1);
    manifest["contests"][0]["attachments"] = attachments(2);
    manifest["contests"][0]["options"][1]["attachments"] = attachments(1);
    manifest["languages"] = json!(["en", "it"]);
    manifest["title"] = text("Election");
    manifest["description"] = text("Explains.");
    manifest["schedule"] = json!({ "opens": "on Monday", "closes": "on Friday" });
    manifest["styles"] = json!([
        { "id": "s0", "contests": ["c0", "c1", "c2", "c3", "c4"] },
        { "id": "s1", "contests": ["c4", "c5", "c6", "c7", "c8"] },
    ]);
    manifest["weights"] = json!({ "unit": text("votes"), "max": 5, "total": 100 });
    manifest["quorum"] = json!({ "of": "heads", "base": "roll", "rule": "more_than", "fraction": [1, 2] });
    manifest["roll_changes"] = json!({ "number": 2, "weight": 3 });
    manifest["witnesses"]["max_age"] = 3600.into();
    manifest["client_software"] = json!([{ "name": "page", "sha256": "5c".repeat(32) }]);
    manifest
}

/// Attachments with different hashes, of every type.
fn attachments(count: usize) -> Value {
    let types = ["image/jpeg", "image/png", "image/webp", "application/pdf", "text/plain"];
    let one = |number: usize| {
        json!({
            "title": { "en": "A file", "it": "Un file" }, "type": types[number % types.len()], "length": 1 + number,
            "sha256": format!("{number:02x}").repeat(32),
        })
    };
    (0..count).map(one).collect()
}

/// Sets the value at a path, which is written with `/`. A new item may be added to a list.
fn set(path: &str, value: impl Into<Value>) -> Value {
    json!(["set", path, value.into()])
}

/// Removes the value at a path.
fn unset(path: &str) -> Value {
    json!(["unset", path])
}

/// Sets a string that is repeated.
fn repeat(path: &str, part: &str, times: usize) -> Value {
    json!(["repeat", path, part, times])
}

/// Replaces the first occurrence of a text in the bytes of the base.
fn put(find: &str, text: &str) -> Value {
    json!(["put", find, text])
}

/// Replaces it by bytes.
fn bytes(find: &str, bytes: &[u8]) -> Value {
    json!(["bytes", find, hex::encode(bytes)])
}

/// The value at a path.
fn at<'a>(value: &'a mut Value, path: &str) -> (&'a mut Value, String) {
    let (parents, last) = path.rsplit_once('/').unwrap_or(("", path));
    let mut place = value;
    for part in parents.split('/').filter(|part| !part.is_empty()) {
        place = match part.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[part],
        };
    }
    (place, last.into())
}

/// The bytes of an edited manifest.
///
/// # Panics
///
/// If an edit does not fit.
#[must_use]
pub fn edited(base: &Value, edits: &[Value]) -> Vec<u8> {
    let mut value = base.clone();
    let mut text = None;
    for edit in edits {
        let word = |place: usize| edit[place].as_str().expect("a word");
        let assign = |value: &mut Value, new: Value| match at(value, word(1)) {
            (Value::Array(items), last) => match last.parse::<usize>().expect("an index") {
                index if index == items.len() => items.push(new),
                index => items[index] = new,
            },
            (place, last) => place[last] = new,
        };
        match word(0) {
            "set" => assign(&mut value, edit[2].clone()),
            "repeat" => assign(&mut value, word(2).repeat(edit[3].as_u64().expect("a number") as usize).into()),
            "unset" => {
                let (place, last) = at(&mut value, word(1));
                match place {
                    Value::Array(items) => drop(items.remove(last.parse::<usize>().expect("an index"))),
                    place => assert!(place.as_object_mut().expect("an object").remove(&last).is_some(), "{edit}"),
                }
            }
            kind => {
                let new = if kind == "put" { word(2).into() } else { hex::decode(word(2)).expect("hexadecimal") };
                let text: &mut Vec<u8> = text.get_or_insert_with(|| serialised(base));
                let find = word(1).as_bytes();
                let at = text.windows(find.len().max(1)).position(|part| part.starts_with(find)).expect("the text");
                text.splice(at..at + find.len(), new);
            }
        }
    }
    text.unwrap_or_else(|| serialised(&value))
}

/// The bytes of a manifest.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn serialised(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("JSON")
}

/// A manifest: whether it follows the rules, what is special in it, and the edits of the base that make it.
type Case = (bool, &'static str, Vec<Value>);

/// All manifests.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        json_cases(),
        texts(),
        names(),
        keys(),
        fields(),
        parties(),
        contests(),
        rules(),
        decisions(),
        lists_and_ranks(),
        sizes(),
    ]
    .concat()
}

const YES: bool = true;
const NO: bool = false;

fn json_cases() -> Vec<Case> {
    vec![
        (YES, "the base", vec![]),
        (YES, "white space around the document", vec![put("{", " \t\r\n{"), put("\"weights\"", " \"weights\"")]),
        (YES, "an escape in a name", vec![put("\"title\": {", "\"\\u0074itle\": {")]),
        (YES, "a surrogate pair in a text", vec![put("on Monday", "\\ud83d\\ude00")]),
        (YES, "escapes in a text", vec![put("on Monday", "\\\"\\\\\\/\\u00e9")]),
        (NO, "nothing", vec![put(std::str::from_utf8(&serialised(&base())).expect("UTF-8"), "")]),
        (NO, "a list", vec![put("{", "[{"), put("\"witnesses\"", "\"witnesses\"")]),
        (NO, "a byte order mark", vec![bytes("{", b"\xef\xbb\xbf{")]),
        (NO, "bytes that are not UTF-8", vec![bytes("on Monday", b"\xff")]),
        (NO, "an overlong encoding", vec![bytes("on Monday", b"\xc1\xa1")]),
        (NO, "a surrogate in UTF-8", vec![bytes("on Monday", b"\xed\xa0\x80")]),
        (NO, "a name twice", vec![put("\"closing\"", "\"closing\": \"statements\", \"closing\"")]),
        (
            NO,
            "a name twice, once with an escape",
            vec![put("\"closing\"", "\"\\u0063losing\": \"statements\", \"closing\"")],
        ),
        (NO, "a name of a text twice", vec![put("\"en\"", "\"en\": \"twice\", \"en\"")]),
        (NO, "null for an absent field", vec![set("description", Value::Null)]),
        (NO, "an integer with a fraction", vec![put("\"max\": 2,", "\"max\": 2.0,")]),
        (NO, "an integer with an exponent", vec![put("\"max\": 2,", "\"max\": 2e0,")]),
        (NO, "an integer with a sign", vec![put("\"min\": 1", "\"min\": -0")]),
        (NO, "an integer with a zero in front", vec![put("\"max\": 2,", "\"max\": 02,")]),
        (NO, "an integer of 2^64", vec![put("\"max\": 2,", "\"max\": 18446744073709551616,")]),
        (NO, "a number as a string", vec![set("contests/0/rule/max", "2")]),
        (NO, "a high surrogate alone", vec![put("on Monday", "\\ud83d")]),
        (NO, "a low surrogate alone", vec![put("on Monday", "\\ude00")]),
        (NO, "surrogates in the wrong order", vec![put("on Monday", "\\ude00\\ud83d")]),
        (NO, "an unknown escape", vec![put("on Monday", "\\x41")]),
        (NO, "a line feed in a string", vec![put("on Monday", "on\nMonday")]),
        (NO, "a comma before the end of an object", vec![put("\"opens\": \"on Monday\"", "\"opens\": \"on Monday\",")]),
        (NO, "a comment", vec![put("{", "{ /* comment */")]),
        (NO, "NaN", vec![put("\"max\": 2,", "\"max\": NaN,")]),
        (NO, "a second document", vec![put("{", "{} {")]),
        (NO, "quotes of another kind", vec![put("\"on Monday\"", "'on Monday'")]),
        (NO, "a misspelt field", vec![unset("title"), set("titel", json!({ "en": "a", "it": "b" }))]),
        (NO, "an unknown field deep inside", vec![set("contests/5/rule/seats/quota", "hare")]),
    ]
}

fn texts() -> Vec<Case> {
    let opens = |text: &str| vec![set("schedule/opens", text)];
    vec![
        (YES, "a joiner between visible characters", opens("a\u{200d}b")),
        (YES, "a text of 4096 bytes", vec![repeat("schedule/opens", "a", 4096)]),
        (YES, "a text of 2048 characters of two bytes", vec![repeat("schedule/opens", "\u{e9}", 2048)]),
        (NO, "a text of 4097 bytes", vec![repeat("schedule/opens", "a", 4097)]),
        (NO, "a text of 2049 characters of two bytes", vec![repeat("schedule/opens", "\u{e9}", 2049)]),
        (NO, "an empty text", opens("")),
        (NO, "a text of white space", opens(" \u{a0}\u{3000}")),
        (NO, "a text of invisible characters", opens("\u{200b}\u{3164}\u{ad}\u{feff}")),
        (NO, "a control character", opens("a\u{7}")),
        (NO, "a control character of Latin-1", opens("a\u{85}b")),
        (NO, "a line feed, with an escape", opens("a\nb")),
        (NO, "a delete character", opens("a\u{7f}")),
        (NO, "a character that turns the text around", opens("a\u{202e}b")),
        (NO, "an Arabic letter mark", opens("a\u{61c}")),
        (NO, "a directional isolate", opens("a\u{2066}b\u{2069}")),
        (NO, "a text without one of the languages", vec![unset("title/it")]),
        (NO, "a text in a language that the manifest does not have", vec![set("title/de", "Wahl")]),
        (NO, "a text that is a string", vec![set("title", "Election")]),
        (NO, "no languages", vec![set("languages", json!([]))]),
        (NO, "a language twice", vec![set("languages", json!(["en", "it", "en"]))]),
        (NO, "a language in capital letters", vec![set("languages", json!(["EN", "it"]))]),
        (NO, "a language with an underscore", vec![set("languages", json!(["en", "it_IT"]))]),
        (NO, "two languages that differ in case alone", vec![put("\"en\",\n    \"it\"", "\"en-GB\", \"en-gb\"")]),
        (
            YES,
            "titles of options that differ in an accent",
            vec![set("contests/0/options/0/title/en", "Opti\u{f3}n 1")],
        ),
        (NO, "titles of options that differ in case", vec![set("contests/0/options/0/title/en", "OPTION 1")]),
        (
            NO,
            "titles of options that differ in white space",
            vec![set("contests/0/options/0/title/en", " Option\u{2003} 1 ")],
        ),
        (
            NO,
            "titles of options that differ in an invisible character",
            vec![set("contests/0/options/0/title/en", "Op\u{ad}tion 1")],
        ),
        (
            NO,
            "titles that are equal under the full mapping to lower case",
            vec![set("contests/0/options/0/title/en", "\u{130}"), set("contests/0/options/1/title/en", "i\u{307}")],
        ),
        (
            YES,
            "titles that differ in the case of letters above U+0530",
            vec![set("contests/0/options/0/title/en", "\u{10d0}"), set("contests/0/options/1/title/en", "\u{1c90}")],
        ),
        (
            YES,
            "a Greek word with a final sigma, and one without",
            vec![set("contests/0/options/0/title/en", "\u{3c2}"), set("contests/0/options/1/title/en", "\u{3c3}")],
        ),
        (
            NO,
            "a Greek capital sigma, and the small letter",
            vec![
                set("contests/0/options/0/title/en", "\u{3b1}\u{3a3}"),
                set("contests/0/options/1/title/en", "\u{3b1}\u{3c3}"),
            ],
        ),
        (
            NO,
            "titles of grades that are equal in one language",
            vec![set("contests/6/rule/grades/0/title/it", "Grade 1 (it)")],
        ),
    ]
}

fn names() -> Vec<Case> {
    let id = |id: &str| vec![set("contests/0/options/0/id", id)];
    vec![
        (YES, "an identifier of a digit", id("0")),
        (YES, "an identifier of 64 characters", vec![repeat("contests/0/options/0/id", "a", 64)]),
        (YES, "an identifier that ends in a hyphen", id("a-")),
        (NO, "an identifier of 65 characters", vec![repeat("contests/0/options/0/id", "a", 65)]),
        (NO, "an empty identifier", id("")),
        (NO, "an identifier with a capital letter", id("A")),
        (NO, "an identifier with a hyphen in front", id("-a")),
        (NO, "an identifier with an underscore", id("a_b")),
        (NO, "an identifier with a line feed at its end", id("a\n")),
        (NO, "an identifier of an option twice", id("o1")),
        (NO, "an identifier of a contest twice", vec![set("contests/0/id", "c1")]),
        (NO, "an identifier of a style twice", vec![set("styles/0/id", "s1")]),
        (NO, "an identifier of a grade twice", vec![set("contests/6/rule/grades/0/id", "g1")]),
        (YES, "a name of a board of 238 bytes", vec![repeat("board/name", "b", 238)]),
        (NO, "a name of a board of 239 bytes", vec![repeat("board/name", "b", 239)]),
        (YES, "a name of a witness of 255 bytes", vec![repeat("witnesses/members/0/name", "w", 255)]),
        (NO, "a name of a witness of 256 bytes", vec![repeat("witnesses/members/0/name", "w", 256)]),
        (YES, "a name of a witness outside ASCII", vec![set("witnesses/members/0/name", "\u{e9}")]),
        (NO, "a name of a board with a space", vec![set("board/name", "a b")]),
        (NO, "a name of a board with a space of Unicode", vec![set("board/name", "a\u{a0}b")]),
        (NO, "a name of a board with a plus sign", vec![set("board/name", "a+b")]),
        (YES, "two witnesses with one name", vec![set("witnesses/members/0/name", "witness.example/w2")]),
        (YES, "two trustees with one name", vec![set("trustees/members/0/name", "Trustee 2")]),
    ]
}

/// The encoding of a generator of ristretto255 with the highest bit set.
fn negative() -> String {
    let mut bytes = Element::generator().to_bytes();
    bytes[31] |= 0x80;
    hex::encode(bytes)
}

fn keys() -> Vec<Case> {
    let base = base();
    let key = |path: &str| base.pointer(path).and_then(Value::as_str).expect("a key").to_owned();
    let (organiser, trustee, board) = (key("/organiser/key"), key("/trustees/members/0/key"), key("/board/key"));
    let edwards = |text: &str| vec![set("board/key", text)];
    let other = NoteSigner::from_seed("other", &[9; 32]).expect("a name of a log");
    let zeros = "0".repeat(64);
    vec![
        (YES, "another key of the board", edwards(&hex::encode(other.key().as_bytes()))),
        (NO, "a key in capital letters", vec![set("organiser/key", organiser.to_uppercase())]),
        (NO, "a key of 63 digits", vec![set("organiser/key", &organiser[1..])]),
        (NO, "a key with a letter that is no digit", vec![set("organiser/key", format!("g{}", &organiser[1..]))]),
        (NO, "the identity as a key", vec![set("organiser/key", zeros.as_str())]),
        (NO, "a negative encoding as a key", vec![set("organiser/key", negative())]),
        (NO, "a number above the modulus as a key", vec![set("organiser/key", "f".repeat(64))]),
        (NO, "one key for two trustees", vec![set("trustees/members/1/key", trustee.as_str())]),
        (NO, "one key for the organiser and a trustee", vec![set("trustees/members/1/key", organiser.as_str())]),
        (NO, "one key for an authority and the organiser", vec![set("credential_authorities/1/key", organiser)]),
        (NO, "one key for board and witness", vec![set("witnesses/members/1/key", board.as_str())]),
        (NO, "the neutral point as the key of the board", edwards(&format!("01{}", &zeros[2..]))),
        (NO, "the point of order 2 as the key of the board", edwards(&format!("ec{}7f", "f".repeat(60)))),
        (NO, "a point of order 4 as the key of the board", edwards(&zeros)),
        (
            NO,
            "a point of order 8 as the key of the board",
            edwards("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        ),
        (NO, "the neutral point with another encoding", edwards(&format!("ee{}7f", "f".repeat(60)))),
        (NO, "a number that is no point", edwards(&format!("02{}", &zeros[2..]))),
        (NO, "the key of the board plus the point of order 2", edwards(&plus_order_2(&board))),
    ]
}

/// A point of edwards25519 plus the point `(0, -1)`, which is `(-x, -y)`.
fn plus_order_2(key: &str) -> String {
    let mut bytes = hex::decode(key).expect("hexadecimal");
    let sign = bytes[31] & 0x80;
    bytes[31] &= 0x7f;
    // p - y, with p = 2^255 - 19: no digit of a hashed key borrows from more than the next.
    let mut modulus = [0xff_u8; 32];
    (modulus[0], modulus[31]) = (0xed, 0x7f);
    let mut borrow = 0;
    for (byte, of_modulus) in bytes.iter_mut().zip(modulus) {
        let difference = i16::from(of_modulus) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = difference.rem_euclid(256) as u8;
    }
    bytes[31] |= sign ^ 0x80;
    hex::encode(bytes)
}

fn fields() -> Vec<Case> {
    let one = |path: &str, value: Value| vec![json!(["set", path, value])];
    let changes = |number: u64, weight: u64| one("roll_changes", json!({ "number": number, "weight": weight }));
    let fraction = |one: u64, other: u64| vec![set("quorum/fraction", json!([one, other]))];
    let mut cases: Vec<Case> = vec![
        (NO, "another format", one("format", "ballotta/v1-draft.4/manifest".into())),
        (NO, "another suite", one("suite", "ballotta/v1-draft.5/p256".into())),
        (YES, "a real election", one("kind", "real".into())),
        (NO, "an election that is neither real nor a rehearsal", one("kind", "test".into())),
        (NO, "an election_id of 62 digits", one("election_id", "51".repeat(31).into())),
        (NO, "a schedule without an end", vec![unset("schedule/closes")]),
        (YES, "no schedule", vec![unset("schedule")]),
        (YES, "no description", vec![unset("description")]),
        (NO, "a largest weight of 0", one("weights/max", 0.into())),
        (NO, "a sum of weights below the largest", one("weights/total", 4.into())),
        (YES, "a sum of weights equal to the largest", vec![set("weights/total", 5), set("contests/3/rule/max", 5)]),
        (
            NO,
            "a largest weight above 2^40",
            vec![set("weights/max", (1_u64 << 40) + 1), set("weights/total", 1_u64 << 41)],
        ),
        (NO, "a sum of weights above 2^44", one("weights/total", ((1_u64 << 44) + 1).into())),
        (NO, "a smallest number of ballots of 0", one("privacy/minimum_counted_ballots", 0.into())),
        (YES, "a smallest number of ballots of 2^28", one("privacy/minimum_ballots_per_weight", (1 << 28).into())),
        (
            NO,
            "a smallest number of ballots above 2^28",
            one("privacy/minimum_ballots_per_weight", ((1 << 28) + 1).into()),
        ),
        (YES, "no quorum", vec![unset("quorum")]),
        (NO, "a quorum of something else", one("quorum/of", "members".into())),
        (NO, "a quorum by another rule", one("quorum/rule", "at_most".into())),
        (YES, "a fraction of 1", fraction(7, 7)),
        (NO, "a fraction above 1", fraction(2, 1)),
        (NO, "a fraction of 0", fraction(0, 1)),
        (YES, "a fraction of the largest numbers", fraction((1 << 32) - 1, (1 << 32) - 1)),
        (NO, "a fraction with a number of 2^32", fraction(1, 1 << 32)),
        (NO, "a fraction of three numbers", one("quorum/fraction", json!([1, 2, 3]))),
        (NO, "another closing", one("closing", "organiser".into())),
        (YES, "closing by witnesses", one("closing", "witnesses".into())),
        (
            NO,
            "closing by witnesses without a quorum",
            vec![set("closing", "witnesses"), unset("witnesses/max_age"), set("witnesses/quorum", 0)],
        ),
        (YES, "a roll that the opening fixes", vec![unset("roll_changes")]),
        (YES, "as many changes of the roll as there may be", changes(1 << 16, 1 << 44)),
        (NO, "more changes of the roll than there may be", changes((1 << 16) + 1, 1)),
        (NO, "changes of the roll of a larger weight than there may be", changes(1, (1 << 44) + 1)),
        (NO, "no changes of the roll", changes(0, 1)),
        (NO, "changes of the roll without weight", changes(1, 0)),
        (NO, "changes of the roll until a time", one("roll_changes", "close".into())),
        (NO, "changes of the roll with an unknown field", one("roll_changes/until", "close".into())),
        (YES, "cosignatures of any age", vec![unset("witnesses/max_age")]),
        (YES, "cosignatures of at most a second", one("witnesses/max_age", 1.into())),
        (YES, "cosignatures of at most a year", one("witnesses/max_age", 31_536_000.into())),
        (NO, "cosignatures of more than a year", one("witnesses/max_age", 31_536_001.into())),
        (NO, "cosignatures of no age", one("witnesses/max_age", 0.into())),
        (NO, "an age that is a text", one("witnesses/max_age", "3600".into())),
        (NO, "a limit of the age without required witnesses", one("witnesses/quorum", 0.into())),
        (YES, "the order of the manifest", vec![unset("contests/0/order")]),
        (YES, "the order of another contest", one("contests/1/order", "random".into())),
        (NO, "an unknown order", one("contests/0/order", "reversed".into())),
        (NO, "an order that is null", one("contests/0/order", Value::Null)),
        (YES, "an order of lists whose seats are taken by preferences", one("contests/5/order", "alphabetical".into())),
        (
            NO,
            "an order of lists whose seats are taken by their order",
            vec![set("contests/5/rule/seats/people", "order"), set("contests/5/order", "random")],
        ),
        (
            NO,
            "an order of lists whose order decides between equal preferences",
            vec![
                set("contests/5/rule/seats/people", "preferences_then_order"),
                set("contests/5/order", "alphabetical"),
            ],
        ),
        (
            YES,
            "an order of lists without seats",
            vec![unset("contests/5/rule/seats"), set("contests/5/order", "random")],
        ),
        (YES, "no attachments", one("attachments", json!([]))),
        (YES, "attachments of the election", one("attachments", attachments(16))),
        (NO, "too many attachments", one("attachments", attachments(17))),
        (YES, "attachments of a contest", one("contests/1/attachments", attachments(16))),
        (YES, "attachments of an option", one("contests/0/options/0/attachments", attachments(16))),
        (NO, "a file twice in one place", vec![set("contests/0/attachments/1/sha256", "00".repeat(32))]),
        (
            YES,
            "a file in two places",
            vec![
                set("attachments", attachments(1)),
                set("contests/0/attachments", attachments(1)),
                set("contests/0/options/0/attachments", attachments(1)),
            ],
        ),
        (NO, "an attachment of another type", one("attachments/0/type", "text/html".into())),
        (NO, "an empty attachment", one("attachments/0/length", 0.into())),
        (YES, "the longest attachment", one("attachments/0/length", (1_u64 << 24).into())),
        (NO, "an attachment that is too long", one("attachments/0/length", ((1_u64 << 24) + 1).into())),
        (NO, "an attachment with upper-case digits", one("attachments/0/sha256", "5C".repeat(32).into())),
        (NO, "an attachment with a title in no language", one("attachments/0/title", json!({}))),
        (NO, "an attachment with an unknown field", one("attachments/0/url", "https://example.org".into())),
        (YES, "one ballot of a credential", one("ballots_per_credential", 1.into())),
        (YES, "as many ballots of a credential as possible", one("ballots_per_credential", 255.into())),
        (NO, "no ballot of a credential", one("ballots_per_credential", 0.into())),
        (NO, "too many ballots of a credential", one("ballots_per_credential", 256.into())),
        (NO, "the number of ballots as a text", one("ballots_per_credential", "16".into())),
        (YES, "no software", one("client_software", json!([]))),
        (NO, "software with a hash that is none", one("client_software/0/sha256", "5c".into())),
        (NO, "software with an unknown field", one("client_software/0/url", "https://example.org".into())),
    ];
    const REQUIRED: [&str; 17] = [
        "format",
        "suite",
        "election_id",
        "kind",
        "languages",
        "title",
        "contests",
        "styles",
        "weights",
        "ballots_per_credential",
        "privacy",
        "closing",
        "organiser",
        "credential_authorities",
        "trustees",
        "board",
        "witnesses",
    ];
    cases.extend(REQUIRED.map(|field| (NO, "a field is missing", vec![unset(field)])));
    cases
}

fn parties() -> Vec<Case> {
    let one = |path: &str, value: Value| vec![json!(["set", path, value])];
    vec![
        (NO, "a threshold of 0", one("trustees/threshold", 0.into())),
        (NO, "a threshold above the number of trustees", one("trustees/threshold", 4.into())),
        (NO, "fewer confirmations than the threshold", one("trustees/minimum_confirmed", 1.into())),
        (NO, "more confirmations than trustees", one("trustees/minimum_confirmed", 4.into())),
        (YES, "as many confirmations as the threshold", one("trustees/minimum_confirmed", 2.into())),
        (NO, "continuing without a trustee", one("trustees/on_disqualification", "continue".into())),
        (NO, "no trustees", one("trustees/members", json!([]))),
        (
            YES,
            "one trustee",
            vec![
                unset("trustees/members/2"),
                unset("trustees/members/1"),
                set("trustees/threshold", 1),
                set("trustees/minimum_confirmed", 1),
            ],
        ),
        (NO, "no credential authorities", one("credential_authorities", json!([]))),
        (NO, "a quorum of more witnesses than there are", one("witnesses/quorum", 3.into())),
        (YES, "no witnesses", vec![set("witnesses", json!({ "quorum": 0, "members": [] }))]),
    ]
}

fn contests() -> Vec<Case> {
    let style = |contests: Value| vec![set("styles/0/contests", contests)];
    vec![
        (NO, "no contests", vec![set("contests", json!([]))]),
        (NO, "no styles", vec![set("styles", json!([]))]),
        (NO, "a style without contests", style(json!([]))),
        (NO, "a style with an unknown contest", style(json!(["c0", "c1", "c2", "c3", "c9"]))),
        (NO, "a style with a contest twice", style(json!(["c0", "c1", "c2", "c3", "c3"]))),
        (NO, "a style with contests in another order", style(json!(["c1", "c0", "c2", "c3"]))),
        (
            YES,
            "two equal styles",
            vec![
                set("styles/1/contests", json!(["c0"])),
                set("styles/2", json!({ "id": "s2", "contests": ["c0"] })),
                set("styles/0/contests", json!(["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"])),
            ],
        ),
        (NO, "a contest in no style", style(json!(["c0", "c1", "c2", "c4"]))),
        (NO, "a contest without options", vec![set("contests/1/options", json!([]))]),
        (NO, "an unknown field of an option", vec![set("contests/0/options/0/party", "p")]),
        (NO, "an unknown kind of contest", vec![set("contests/0/rule/kind", "approve")]),
        (NO, "a rule without a kind", vec![unset("contests/0/rule/kind")]),
        (NO, "a field of another kind", vec![set("contests/0/rule/points", 3)]),
        (NO, "a rule without a field", vec![unset("contests/0/rule/blank")]),
        (NO, "a flag that is a number", vec![set("contests/0/rule/blank", 1)]),
    ]
}

fn rules() -> Vec<Case> {
    let rule =
        |contest: usize, field: &str, value: Value| json!(["set", format!("contests/{contest}/rule/{field}"), value]);
    let one = |contest: usize, field: &str, value: Value| vec![rule(contest, field, value)];
    let single = |contest: usize| unset(&format!("contests/{contest}/options/1"));
    vec![
        (NO, "more options than there are", one(0, "max", 4.into())),
        (NO, "at most no option", vec![rule(0, "min", 0.into()), rule(0, "max", 0.into())]),
        (NO, "a minimum above the maximum", one(0, "min", 3.into())),
        (YES, "a minimum of 0", one(0, "min", 0.into())),
        (
            NO,
            "one option that has to be chosen",
            vec![unset("contests/0/options/2"), single(0), rule(0, "max", 1.into()), rule(0, "blank", false.into())],
        ),
        (YES, "one option, or blank", vec![unset("contests/0/options/2"), single(0), rule(0, "max", 1.into())]),
        (YES, "a score without a total", vec![unset("contests/1/rule/total")]),
        (NO, "no points", one(1, "max", 0.into())),
        (NO, "a total of points above all that can be given", one(1, "total", json!({ "at_most": 11 }))),
        (NO, "two totals of points", one(1, "total", json!({ "at_most": 8, "exactly": 8 }))),
        (NO, "a total of points that says nothing", one(1, "total", json!({}))),
        (NO, "a total of points of 0", one(1, "total", json!({ "exactly": 0 }))),
        (YES, "an exact total of points", one(1, "total", json!({ "exactly": 10 }))),
        (NO, "an exact total of one option", vec![single(1), rule(1, "total", json!({ "exactly": 5 }))]),
        (YES, "a largest total of one option", vec![single(1), rule(1, "total", json!({ "at_most": 5 }))]),
        (NO, "points above 1,000,000", vec![unset("contests/1/rule/total"), rule(1, "max", 1_000_001.into())]),
        (NO, "more points than can be given", one(2, "points", 7.into())),
        (NO, "all points for one option", vec![single(2), rule(2, "points", 3.into()), rule(2, "exact", true.into())]),
        (NO, "a division of less than the largest weight", one(3, "max", 4.into())),
        (YES, "a division of the largest weight", one(3, "max", 5.into())),
        (YES, "a division of all weights", one(3, "max", 100.into())),
        (NO, "a division of more than all weights", one(3, "max", 101.into())),
        (NO, "a division with a blank vote", one(3, "blank", false.into())),
        (NO, "a division among one option", vec![single(3)]),
        (NO, "no credits", one(4, "credits", 0.into())),
        (NO, "10,001 credits", one(4, "credits", 10_001.into())),
        (YES, "one credit for one option", vec![single(4), rule(4, "credits", 1.into())]),
    ]
}

fn decisions() -> Vec<Case> {
    let winners = |path: &str, value: Value| vec![set(&format!("contests/7/winners/{path}"), value)];
    let motion = |path: &str, value: Value| vec![set(&format!("contests/3/passes/{path}"), value)];
    let condition = |of: &str| json!({ "of": of, "rule": "at_least", "fraction": [1, 2] });
    let passes = json!({ "for": "o0", "against": "o1", "conditions": [condition("votes")] });
    vec![
        (YES, "no winners", vec![unset("contests/7/winners")]),
        (NO, "no winner", winners("number", 0.into())),
        (NO, "more winners than options", winners("number", 4.into())),
        (YES, "winners without groups", vec![unset("contests/7/winners/groups")]),
        (NO, "an empty list of groups of winners", winners("groups", json!([]))),
        (NO, "a group without limit", vec![unset("contests/7/winners/groups/0/at_least")]),
        (YES, "a group with two limits", winners("groups/0/at_most", 1.into())),
        (
            NO,
            "a group with limits that exclude each other",
            vec![set("contests/7/winners/groups/0/at_least", 2), set("contests/7/winners/groups/0/at_most", 1)],
        ),
        (NO, "a group for which more places are kept than it has options", winners("groups/0/options", json!([]))),
        (NO, "a group for which more places are kept than there are", winners("groups/0/at_least", 3.into())),
        (YES, "a group for which all places are kept", winners("groups/0/at_least", 2.into())),
        (NO, "a group of no place", winners("groups/1/at_most", 0.into())),
        (NO, "a group of more places than there are", winners("groups/1/at_most", 3.into())),
        (NO, "a group with an unknown option", winners("groups/1/options", json!(["o7"]))),
        (NO, "a group with an option twice", winners("groups/1/options", json!(["o1", "o1"]))),
        (NO, "two groups with one name", winners("groups/1/id", "north".into())),
        (NO, "two groups with one title", winners("groups/1/title", json!({ "en": "North", "it": "Sud" }))),
        (NO, "places that are kept for one option in two groups", winners("groups/1/at_least", 1.into())),
        (
            NO,
            "more places kept than there are",
            vec![
                set("contests/7/winners/groups/1/options", json!(["o2"])),
                set("contests/7/winners/groups/1/at_least", 1),
                set("contests/7/winners/groups/0/at_least", 2),
            ],
        ),
        (
            YES,
            "all places kept",
            vec![
                set("contests/7/winners/groups/1/options", json!(["o2"])),
                set("contests/7/winners/groups/1/at_least", 1),
            ],
        ),
        (YES, "no motion", vec![unset("contests/3/passes")]),
        (NO, "a motion without conditions", motion("conditions", json!([]))),
        (NO, "a motion with two conditions of one base", motion("conditions/1/of", "votes".into())),
        (YES, "a motion with a condition of the ballots", motion("conditions/1/of", "ballots".into())),
        (NO, "a motion with a condition of another base", motion("conditions/1/of", "cast".into())),
        (NO, "a motion with a fraction above 1", motion("conditions/1/fraction", json!([2, 1]))),
        (NO, "a motion that is for and against one option", motion("against", "o1".into())),
        (NO, "a motion for an unknown option", motion("for", "o5".into())),
        (NO, "a motion with winners", vec![set("contests/3/winners", json!({ "number": 1 }))]),
        (NO, "a motion in which voters choose two options", vec![set("contests/0/passes", passes.clone())]),
        (
            YES,
            "a motion in which voters choose one option",
            vec![set("contests/0/passes", passes.clone()), set("contests/0/rule/max", 1)],
        ),
        (NO, "a motion by points", vec![set("contests/1/passes", passes)]),
        (YES, "ties by lot", vec![set("ties", "lot")]),
        (NO, "ties without a rule", vec![unset("ties")]),
        (NO, "ties by age", vec![set("ties", "age")]),
    ]
}

fn lists_and_ranks() -> Vec<Case> {
    let rule =
        |contest: usize, field: &str, value: Value| json!(["set", format!("contests/{contest}/rule/{field}"), value]);
    let one = |contest: usize, field: &str, value: Value| vec![rule(contest, field, value)];
    let grades = |count: usize| {
        let grade = |number| json!({ "id": format!("g{number}"), "title": { "en": format!("{number}"), "it": format!("{number}") } });
        one(6, "grades", (0..count).map(grade).collect())
    };
    let options = |contest: usize, count: usize| {
        let option = |number| json!({ "id": format!("o{number}"), "title": { "en": format!("{number}"), "it": format!("{number}") } });
        set(&format!("contests/{contest}/options"), (0..count).map(option).collect::<Value>())
    };
    vec![
        (NO, "a candidate of two lists", one(5, "lists/1/candidates", json!(["o4", "o1"]))),
        (NO, "an option that is neither list nor candidate", one(5, "lists/1/candidates", json!([]))),
        (NO, "a list that is its own candidate", one(5, "lists/1/candidates", json!(["o4", "o3"]))),
        (NO, "a list that is no option", one(5, "lists/1/list", "o9".into())),
        (NO, "more preferences than candidates", one(5, "preferences", 4.into())),
        (NO, "no preferences, although there are candidates", one(5, "preferences", 0.into())),
        (
            YES,
            "lists without candidates",
            vec![
                rule(5, "lists", json!([{ "list": "o0", "candidates": [] }, { "list": "o1", "candidates": [] }])),
                rule(5, "preferences", 0.into()),
                unset("contests/5/rule/seats"),
                unset("contests/5/rule/groups"),
                options(5, 2),
            ],
        ),
        (
            NO,
            "preferences without candidates",
            vec![
                rule(5, "lists", json!([{ "list": "o0", "candidates": [] }, { "list": "o1", "candidates": [] }])),
                rule(5, "preferences", 1.into()),
                unset("contests/5/rule/groups"),
                options(5, 2),
            ],
        ),
        (
            YES,
            "one list, or blank",
            vec![rule(5, "lists", json!([{ "list": "o0", "candidates": ["o1", "o2", "o3", "o4"] }]))],
        ),
        (
            NO,
            "one list that has to be chosen",
            vec![
                rule(5, "lists", json!([{ "list": "o0", "candidates": ["o1", "o2", "o3", "o4"] }])),
                rule(5, "blank", false.into()),
            ],
        ),
        (YES, "preferences across lists", one(5, "across", true.into())),
        (NO, "no groups in a list of groups", one(5, "groups", json!([]))),
        (NO, "a group without candidates", one(5, "groups/0/candidates", json!([]))),
        (NO, "a group with a candidate twice", one(5, "groups/0/candidates", json!(["o1", "o1"]))),
        (NO, "a group with a list", one(5, "groups/0/candidates", json!(["o1", "o3"]))),
        (NO, "a group of which nobody can be preferred", one(5, "groups/0/max", 0.into())),
        (NO, "a group of which 1025 can be preferred", one(5, "groups/0/max", 1025.into())),
        (YES, "a group of which more can be preferred than it has", one(5, "groups/0/max", 1024.into())),
        (NO, "no seats", one(5, "seats/number", 0.into())),
        (NO, "10,001 seats", one(5, "seats/number", 10_001.into())),
        (NO, "seats by another method", one(5, "seats/method", "droop".into())),
        (NO, "seats for nobody in particular", vec![unset("contests/5/rule/seats/people")]),
        (NO, "seats that other people take", one(5, "seats/people", "lot".into())),
        (YES, "seats by the order of the lists", one(5, "seats/people", "order".into())),
        (YES, "seats by preferences and then by order", one(5, "seats/people", "preferences_then_order".into())),
        (
            NO,
            "a list without candidates in a contest with seats",
            vec![rule(
                5,
                "lists",
                json!([{ "list": "o0", "candidates": ["o1", "o2", "o4"] }, { "list": "o3", "candidates": [] }]),
            )],
        ),
        (NO, "more seats than candidates", one(5, "seats/number", 4.into())),
        (NO, "winners in a contest of lists", vec![set("contests/5/winners", json!({ "number": 1 }))]),
        (NO, "one grade", grades(1)),
        (YES, "16 grades", grades(16)),
        (NO, "17 grades", grades(17)),
        (NO, "a grade with a description", one(6, "grades/0/description", json!({ "en": "a", "it": "b" }))),
        (NO, "no places", one(7, "scores", json!([]))),
        (NO, "scores of 0 alone", one(7, "scores", json!([0, 0]))),
        (YES, "scores that rise", one(7, "scores", json!([0, 1]))),
        (NO, "more places than options", one(7, "scores", json!([4, 3, 2, 1]))),
        (NO, "a score above 1,000,000", one(7, "scores", json!([1_000_001]))),
        (NO, "one option that is ranked", vec![options(7, 1), rule(7, "scores", json!([1]))]),
        (NO, "one option in a contest of pairs", vec![options(8, 1)]),
        (YES, "12 options in a contest of pairs", vec![options(8, 12)]),
        (NO, "13 options in a contest of pairs", vec![options(8, 13)]),
        (NO, "another method for pairs", one(8, "method", "kemeny".into())),
    ]
}

/// Totals, forms and ballots that become too large.
fn sizes() -> Vec<Case> {
    let quadratic = |contest: usize, options: usize, credits: u64| {
        let option = |number| json!({ "id": format!("o{number}"), "title": { "en": format!("{number}"), "it": format!("{number}") } });
        [
            set(
                &format!("contests/{contest}/rule"),
                json!({ "kind": "quadratic", "credits": credits, "blank": false }),
            ),
            set(&format!("contests/{contest}/options"), (0..options).map(option).collect::<Value>()),
        ]
    };
    let (most, below) = (1_u64 << 44, (1_u64 << 44) / 5);
    vec![
        (NO, "points of which a total can be above 2^44", vec![set("weights/total", below + 1)]),
        (YES, "points of which a total can be 2^44 at most", vec![set("weights/total", below)]),
        (
            YES,
            "votes of which a total can be 2^44",
            vec![
                set("weights/total", most),
                set("contests", json!([base()["contests"][0]])),
                set("styles", json!([{ "id": "s", "contests": ["c0"] }])),
            ],
        ),
        (YES, "a contest of 1,914 bits", quadratic(0, 19, 10_000).to_vec()),
        (NO, "a contest of 2,014 bits", quadratic(0, 20, 10_000).to_vec()),
        (NO, "two contests that do not fit one ballot", [quadratic(0, 10, 10_000), quadratic(1, 10, 10_000)].concat()),
        (
            YES,
            "two contests that fit two ballots",
            [quadratic(0, 10, 10_000).to_vec(), quadratic(8, 10, 10_000).to_vec()].concat(),
        ),
    ]
}

/// A manifest as the vectors have it, without what is expected of it.
#[must_use]
pub fn vector((valid, name, edits): &Case) -> Map<String, Value> {
    let mut vector = Map::new();
    vector.insert("name".into(), (*name).into());
    vector.insert("edits".into(), edits.clone().into());
    vector.insert("valid".into(), (*valid).into());
    vector
}
