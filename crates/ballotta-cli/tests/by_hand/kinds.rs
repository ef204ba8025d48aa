//! An election with a contest of every kind, by hand: what voters type, how it is shown, and the result.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::people::{People, run};

const KINDS: [&str; 9] =
    ["choose", "score", "cumulative", "split", "quadratic", "lists", "grades", "positional", "pairs"];

/// The worked example of a kind.
fn example(kind: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "examples", "contests", &format!("{kind}.json")].iter().collect()
}

/// Weights of the voters.
const WEIGHTS: [u64; 5] = [1, 1, 2, 1, 4];

/// The marks of each voter; `_` means a space.
const MARKS: [&str; 5] = [
    "--choose board=ada,bob --points places=park:5,school:3 --points budget=park:6,school:4 --points motion=yes:1 \
     --points projects=park:4,school:3 --list council=north:ada,bob --grades mayor=ada:excellent,bob:fair,eve:poor \
     --rank song=tosca>carmen --rank chair=ada>bob=eve",
    "--choose board=ada,eve --blank places --points budget=park:5,road:5 --points motion=no:1 \
     --points projects=road:5 --list council=south:eve --grades mayor=ada:good,bob:good,eve:good \
     --rank song=carmen>tosca>aida --rank chair=bob>eve>zoe>ada",
    "--blank board --points places=road:5,park:5 --points budget=road:6,school:4 --points motion=yes:1,no:1 \
     --points projects=park:1 --list council=west --grades mayor=ada:fair,bob:excellent,eve:good \
     --blank song --rank chair=eve>ada>bob>zoe",
    "--choose board= --points places= --points budget=park:4,school:3,road:3 --points motion=no:1 --blank projects \
     --blank council --grades mayor=ada:poor,bob:fair,eve:excellent --rank song= --rank chair=",
    "--choices voters/five.json",
];

const FIVE: &str = r#"{
  "board": {"options": ["bob", "eve"]},
  "places": {"points": {"park": 4}},
  "budget": {"points": {"park": 5, "school": 5}},
  "motion": {"points": {"yes": 3, "no": 1}},
  "projects": {"points": {"school": 2, "road": 2}},
  "council": {"list": "north", "preferences": ["carl"]},
  "mayor": {"grades": {"ada": "good", "bob": "fair", "eve": "fair"}},
  "song": {"ranking": ["aida", "norma", "tosca"]},
  "chair": {"ranking": ["zoe", ["ada", "bob"]]}
}"#;

const SHOWN_BACK: [&str; 2] = [
    "Who shall sit on the board?: Ada, Bob
How useful are these places?: A park 5, A school 3; nothing for others
What shall the money go to?: A park 6, A school 4; nothing for others
Shall the federation buy the house?: Yes 1; nothing for others
Which projects matter most?: A park 4, A school 3; nothing for others; 25 of 25 credits
Which list for the council?: Northern list, preferring Ada, Bob
How good a mayor would they be?: Ada = Excellent, Bob = Fair, Eve = Poor
Which songs are the best?: 1. Tosca, 2. Carmen, no place for others
Who chairs the club?: 1. Ada, 2. Bob = Eve, 3. all others together",
    "Who shall sit on the board?: (nothing)
How useful are these places?: (nothing)
What shall the money go to?: A park 4, A school 3, A road 3
Shall the federation buy the house?: No 1; nothing for others
Which projects matter most?: (blank)
Which list for the council?: (blank)
How good a mayor would they be?: Ada = Poor, Bob = Fair, Eve = Excellent
Which songs are the best?: (nothing)
Who chairs the club?: 1. all together",
];

const IN_ITALIAN: &str = "Who shall sit on the board?!: Ada!, Bob!
How useful are these places?!: A park! 5, A school! 3; nothing for others
What shall the money go to?!: A park! 6, A school! 4; nothing for others
Shall the federation buy the house?!: Yes! 1; nothing for others
Which projects matter most?!: A park! 4, A school! 3; nothing for others; 25 of 25 credits
Which list for the council?!: Northern list!, preferring Ada!, Bob!
How good a mayor would they be?!: Ada! = Excellent!, Bob! = Fair!, Eve! = Poor!
Which songs are the best?!: 1. Tosca!, 2. Carmen!, no place for others
Who chairs the club?!: 1. Ada!, 2. Bob! = Eve!, 3. all others together";

#[test]
fn an_election_with_every_kind_of_contest() {
    let people = People::new();
    open_the_voting(&people);
    voters_type_it_wrong(&people);
    vote(&people);
    publish(&people);
}

fn open_the_voting(people: &People) {
    let organiser = people.ok("organiser new --out organiser/key");
    let authority = people.ok("authority new --out authority/key");
    let board = people.ok("board new --name board.example/kinds --out board/key");
    let trustee =
        people.ok("trustee new --out trustee1/seed.age --passphrase-file trustee1/passphrase --work-factor 4");
    let arguments: Vec<String> = format!(
        "manifest new --title All_kinds --rehearsal --organiser {organiser} --authority Office={authority} \
        --trustee One={trustee} --threshold 1 --board board.example/kinds={board} --max-weight 500"
    )
    .split_whitespace()
    .map(|argument| argument.replace('_', " "))
    .collect();
    let new = |more: &[String]| run(people.root(), "manifest new ..", arguments.iter().cloned().chain(more.to_vec()));

    // Rules on one line, and their errors.
    let line = |rule: &str, out: &str| {
        let more = ["--contest", "a=Which?", "--option", "a/x=X", "--option", "a/y=Y", "--rule", rule, "--out", out];
        new(&more.map(str::to_owned))
    };
    for (rule, error) in [
        ("a=score", "error: --rule a: score needs max=..\n"),
        ("b=split", "error: --rule b: expected CONTEST=RULE, and --contest CONTEST=..\n"),
        ("a=lists", "error: --rule a: rules for lists do not fit on one line\nremedy: write the contest into a file"),
        ("a=cumulative points=9 max=4", "contests[0] (a).rule.points: "),
        ("a=split max=499", "error: --rule a: split has no field max; its fields are winners, passes\n"),
    ] {
        let ran = line(rule, "organiser/none");
        assert!(ran.code != 0 && ran.stderr.contains(error), "{rule}: {}", ran.shown());
    }
    let made = line("a=pairs ties winners=1", "organiser/pairs.json");
    assert_eq!(made.code, 0, "{}", made.shown());
    assert_eq!(people.ok("manifest check organiser/pairs.json"), made.stdout.trim_end());

    // Each example by itself, and all together.
    let mut all = Vec::new();
    for kind in KINDS {
        let file = example(kind).display().to_string();
        let out = format!("organiser/{kind}.json");
        let made = new(&["--contests".to_owned(), file.clone(), "--out".to_owned(), out.clone()]);
        if kind == "pairs" {
            assert!(made.code == 2 && made.stderr.contains("files are never overwritten"), "{}", made.shown());
        } else {
            assert_eq!(made.code, 0, "{}", made.shown());
            assert_eq!(people.ok(&format!("manifest check {out}")), made.stdout.trim_end());
        }
        all.extend(["--contests".to_owned(), file]);
    }
    all.extend(["--out".to_owned(), "organiser/manifest.json".to_owned()]);
    let made = new(&all);
    assert_eq!(made.code, 0, "{}", made.shown());

    // A second language, which options cannot say, is written into the manifest.
    let mut manifest: Value = serde_json::from_str(&people.read("organiser/manifest.json")).unwrap();
    add_language(&mut manifest);
    fs::write(people.path("organiser/manifest.json"), manifest.to_string()).unwrap();

    people.ok("record new --manifest organiser/manifest.json --board-key board/key record");
    for step in 1..=4 {
        people.ok(&format!(
            "trustee ceremony record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{step}"
        ));
        people.add(&format!("trustee1/{step}"));
    }
    let list: String = WEIGHTS.iter().map(|weight| format!("all,{weight}\n")).collect();
    fs::write(people.path("authority/list.csv"), format!("style,weight\n{list}")).unwrap();
    let fingerprint = people.ok("credentials issue record --list authority/list.csv --codes authority/codes.csv");
    for (voter, line) in people.read("authority/codes.csv").lines().skip(1).enumerate() {
        fs::write(people.path(&format!("voters/code{voter}")), line.split(',').nth(1).unwrap()).unwrap();
    }
    people.ok(&format!(
        "authority sign record --key authority/key --fingerprint {fingerprint} --out authority/signature"
    ));
    people.add("authority/signature");
    people.ok("organiser open record --key organiser/key --out organiser/opening");
    people.add("organiser/opening");
    fs::write(people.path("voters/five.json"), FIVE).unwrap();
}

/// Gives every text a second language.
fn add_language(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(english) = fields.get("en").and_then(Value::as_str).map(str::to_owned) {
                fields.insert("it".to_owned(), Value::from(format!("{english}!")));
            }
            for (name, value) in fields {
                if name == "languages" {
                    *value = Value::from(vec!["en", "it"]);
                }
                add_language(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(add_language),
        _ => {}
    }
}

fn voters_type_it_wrong(people: &People) {
    for (right, wrong, error) in [
        (
            "--choose board=ada,bob",
            "--points board=ada:1",
            "error: contest board: this contest needs another kind of mark\n\
             remedy: mark board with --choose board=OPTION\n",
        ),
        (
            "--points places=park:5,school:3",
            "",
            "error: contest places has no choice\nremedy: add --points places=OPTION:NUMBER,.., or --blank places\n",
        ),
        (
            "places=park:5,school:3",
            "places=park:6",
            "error: contest places: an option may have at most 5, but one has more: park has 6\n",
        ),
        // All of it at once.
        (
            "--points places=park:5,school:3",
            "--points places=park:6 --points nowhere=a:1",
            "error: contest places: an option may have at most 5, but one has more: park has 6\n\
             there is no contest nowhere on this ballot; the contests are ",
        ),
        (
            "places=park:5,school:3",
            "places=park",
            "error: --points places=park: expected OPTION:NUMBER[,OPTION:NUMBER ..]\n",
        ),
        (
            "budget=park:6,school:4",
            "budget=park:6",
            "error: contest budget: 6 points are given, but all 10 must be given\n",
        ),
        ("motion=yes:1", "motion=yes:2", "error: contest motion: 2 points are given, but "),
        (
            "projects=park:4,school:3",
            "projects=park:4,school:4",
            "error: contest projects: the votes cost 32 credits, but there are 25\n",
        ),
        (
            "council=north:ada,bob",
            "council=north:eve",
            "error: contest council: a candidate of another list is preferred: eve is a candidate of south\n",
        ),
        (
            "council=north:ada,bob",
            "council=north:bob,carl",
            "error: contest council: too many candidates of one group are preferred; at most 1 may be preferred: the group is ",
        ),
        (
            "ada:excellent,",
            "ada:superb,",
            "error: contest mayor: there is no such grade: the contest has 4: ada:superb; \
             the grades are excellent, good, fair, poor\n",
        ),
        (
            "ada:excellent,",
            "",
            "error: contest mayor: an option has no grade: ada; the grades are excellent, good, fair, poor\n",
        ),
        (
            "song=tosca>carmen",
            "song=tosca=carmen",
            "error: contest song: options share a place, which this contest does not allow\n",
        ),
        (
            "chair=ada>bob=eve",
            "chair=ada>ada",
            "error: contest chair: an option is selected twice: ada appears twice\n",
        ),
        ("chair=ada>bob=eve", "chair=ada>>eve", "error: --rank chair=ada>>eve: a name is missing next to >\n"),
        (
            "council=north:ada,bob",
            "council=ada",
            "error: contest council: the chosen option is not a list: ada; the lists are north, ",
        ),
        (
            "budget=park:6,school:4",
            "budget=park:9,school:1",
            "error: contest budget: an option may have at most 6, but one has more: park has 9\n",
        ),
        (
            "--rank chair=ada>bob=eve",
            "--rank chair=ada --blank chair",
            "error: contest chair: the contest appears twice in the choices\n",
        ),
        (
            "--rank chair=ada>bob=eve",
            "--rank chair=ada --language fr",
            "error: the election has no texts in fr, only in en, it\n",
        ),
        (
            "--rank chair=ada>bob=eve",
            "--choices voters/code0",
            "error: voters/code0: the choices cannot be read\nremedy: write them as in",
        ),
        (
            "--rank chair=ada>bob=eve",
            "--choices - --code-file -",
            "error: --choices and --code-file cannot both be `-`: give a file for one of them\n",
        ),
    ] {
        let marks = MARKS[0].replacen(right, wrong, 1);
        assert_ne!(marks, MARKS[0], "{right}");
        let code = if wrong.contains("code-file") { "" } else { "--code-file voters/code0" };
        people.fails(2, error, &format!("voter prepare record {marks} {code} --out voters/wrong"));
        assert!(!people.path("voters/wrong").exists());
    }
}

fn vote(people: &People) {
    for (voter, marks) in MARKS.iter().enumerate() {
        let prepare = |out: &str| {
            people
                .run(&format!("voter prepare record {marks} --code-file voters/code{voter} --out voters/{out}{voter}"))
        };
        let test = prepare("test");
        assert_eq!(test.code, 0, "{}", test.shown());
        // The second device shows the same as the first one.
        people.ok(&format!("voter open voters/test{voter} --out voters/opening{voter}"));
        let tracker = test.stdout.trim_end();
        let shown =
            people.ok(&format!("voter check-opening record voters/opening{voter} {}", people.asks(voter + 1, tracker)));
        for line in shown.lines() {
            assert!(test.stderr.contains(&format!("\n  {line}\n")), "{line}\n{}", test.shown());
        }
        match voter {
            0 => assert_eq!(shown, SHOWN_BACK[0]),
            3 => assert_eq!(shown, SHOWN_BACK[1]),
            _ => assert_eq!(shown.lines().count(), KINDS.len()),
        }
        if voter == 0 {
            let check = format!("voter check-opening record voters/opening0 {} --language IT", people.asks(1, tracker));
            assert_eq!(people.ok(&check), IN_ITALIAN);
        }
        let cast = prepare("ballot");
        assert_eq!(cast.code, 0, "{}", cast.shown());
        people.ok(&format!("voter cast voters/ballot{voter} --code-file voters/code{voter} --out voters/cast{voter}"));
        people.add(&format!("voters/cast{voter}"));
    }
}

fn publish(people: &People) {
    people.ok("organiser close record --key organiser/key --out organiser/closing");
    people.add("organiser/closing");
    for (duty, out) in [("sign-closing", "statement"), ("decrypt", "decryption")] {
        people.ok(&format!(
            "trustee {duty} record --key trustee1/seed.age --passphrase-file trustee1/passphrase --out trustee1/{out}"
        ));
        people.add(&format!("trustee1/{out}"));
    }
    let shown = people.ok("result publish record --board-key board/key");
    assert_eq!(format!("\n{shown}\n"), RESULT);
    assert!(people.ok("verify record").starts_with(shown.trim_end()));

    // The picture and `inspect` show the same, and programs get the numbers.
    let inspected = people.ok("inspect record/result/result.json");
    for line in shown.lines() {
        assert!(inspected.contains(line.trim_start()), "{line}\n{inspected}");
    }
    let svg = people.read("record/result/chart.svg");
    for text in [
        "Elected: Bob, Eve",
        "average 31/8 = 3.875",
        "there is no Condorcet winner",
        "5 seats, by D&#39;Hondt",
        "Excellent",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    let inspected: Value = serde_json::from_str(&people.ok("inspect record/result/result.json --json")).unwrap();
    let published: Value = serde_json::from_str(&people.read("record/result/result.json")).unwrap();
    assert_eq!(inspected["result"], published);
}

/// The result as it is shown.
const RESULT: &str = "
  A REHEARSAL: the result does not count
  The numbers are sums of weights (unit: voter), not numbers of ballots

  Who shall sit on the board?
  Bob      ██████████████████████▏ 5 (55.56 %)
  Eve      ██████████████████████▏ 5 (55.56 %)
  Ada      ████████▉ 2 (22.22 %)
  Zoe       0 (0.00 %)
  (blank)  ████████▉ 2 (22.22 %)
  Elected: Bob, Eve

  How useful are these places?
  A park    ███████████████████████████████ 31 points, average 31/8 = 3.875
  A road    ██████████ 10 points, average 5/4 = 1.25
  A school  ███ 3 points, average 3/8 = 0.375
  1 blank vote (11.11 %)

  What shall the money go to?
  A park    ███████████████▌ 35 points (38.89 %)
  A school  ███████████████▌ 35 points (38.89 %)
  A road    ████████▉ 20 points (22.22 %)

  Shall the federation buy the house?
  Yes  ██████████████████████▏ 5 (55.56 %)
  No   █████████████████▊ 4 (44.44 %)

  Which projects matter most?
  A road    █████████████████▎ 13 votes (43.33 %)
  A school  ██████████████▋ 11 votes (36.67 %)
  A park    ████████ 6 votes (20.00 %)
  1 blank vote (11.11 %)

  Which list for the council?
  Northern list  ██████████████████████▏ 5 (55.56 %)
  · Carl         █████████████████▊ 4 preferences
  · Ada          ████▍ 1 preference
  · Bob          ████▍ 1 preference
  Western list   ████████▉ 2 (22.22 %)
  · Gina          0 preferences
  Southern list  ████▍ 1 (11.11 %)
  · Eve          ████▍ 1 preference
  · Fred          0 preferences
  (blank)        ████▍ 1 (11.11 %)
  5 seats, by D'Hondt
  Northern list  ████████████████████████████████ 4 seats
  Western list   ████████ 1 seat
  Southern list   0 seats
  Northern list: Carl, Ada, Bob; 1 seat open: no more candidates
  Western list: Gina

  How good a mayor would they be?
       Excellent  Good  Fair  Poor  Majority grade
  Ada          1     5     2     1            Good
  Eve          1     3     4     1            Fair
  Bob          2     1     6     0            Fair
  Majority judgment: Ada > Eve > Bob
  Elected: Ada

  Which songs are the best?
  Aida    ████████████████████████ 21 points
  Tosca   █████████████▋ 12 points
  Norma   █████████████▋ 12 points
  Carmen  █████████▏ 8 points
  2 blank votes (22.22 %)

  Who chairs the club?
  How many rank the option of the row above that of the column; * if more than the other way round
         1   2   3   4
  1 Zoe  –   5*  4   4
  2 Ada  3   –   3*  5*
  3 Bob  4   1   –   5*
  4 Eve  4   3   2   –
  No option beats all others: there is no Condorcet winner
  Schulze (the method of this contest): Zoe > Ada > Bob > Eve
  Ranked pairs: Zoe > Ada > Bob > Eve
  Copeland: Ada = Zoe > Bob > Eve
  Elected: Zoe
  0 blank votes (0.00 %)

  5 of 5 voters took part (100.00 %)
  9 of 9 units of weight (voter) took part (100.00 %)
";
