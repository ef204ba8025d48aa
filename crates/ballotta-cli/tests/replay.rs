//! Elections that run again from published ballots: small samples of every format, and the real ballots of the
//! folder that `BALLOTTA_DATA` names. Whole replays of minutes run with `BALLOTTA_FULL`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballotta")).arg("replay").args(arguments).output().unwrap()
}

/// Replays a source as an election, and returns what the command says.
fn held(source: &Path, arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("election");
    let own = [source.to_str().unwrap(), "--json", "--out", out.to_str().unwrap()];
    let output = replay(&[own.as_slice(), arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{source:?}: {errors}"));
    assert_eq!(output.status.code(), Some(0), "{source:?}: {errors}{summary:#}");
    assert_eq!((&summary["agrees"], &summary["holds"]), (&Value::Bool(true), &Value::Bool(true)), "{source:?}");
    assert!(out.join("record/result/result.json").is_file());
    summary
}

/// Every decrypted number, with its contest and its meaning. Numbers about the file have none.
fn decrypted(summary: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all = Vec::new();
    for contest in summary["contests"].as_array().unwrap() {
        for number in contest["numbers"].as_array().unwrap() {
            if let Some(decrypted) = number["decrypted"].as_u64() {
                all.push((text(&contest["id"]), text(&number["what"]), decrypted));
            }
        }
    }
    all
}

/// How many published numbers there are. They all agree.
fn published(summary: &Value) -> usize {
    let contests = summary["contests"].as_array().unwrap().iter();
    contests
        .flat_map(|contest| contest["numbers"].as_array().unwrap())
        .filter(|one| !one["published"].is_null())
        .count()
}

/// A sample in a folder of its own.
fn sample(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn expect(source: &Path, expected: &[(&str, &str, u64)]) -> Value {
    let summary = held(source, &[]);
    let found = decrypted(&summary);
    let found: Vec<(&str, &str, u64)> =
        found.iter().map(|(one, two, number)| (one.as_str(), two.as_str(), *number)).collect();
    assert_eq!(found, expected);
    summary
}

#[test]
fn cast_vote_records() {
    let folder = sample(&[
        (
            "ContestManifest.json",
            r#"{"List":[{"Description":"Mayor","Id":7,"VoteFor":1},{"Description":"Council","Id":9,"VoteFor":2}]}"#,
        ),
        (
            "CandidateManifest.json",
            r#"{"List":[{"Description":"Ada","Id":21,"ContestId":7},{"Description":"Bob","Id":22,"ContestId":7},
                {"Description":"Eve","Id":31,"ContestId":9},{"Description":"Write-in","Id":40,"ContestId":9,"Type":"WriteIn"}]}"#,
        ),
        ("cards.csv", "counting_group,ballot_type,contests\n1,1,7:21;9:40|40\n1,1,9:31;7:!\n1,2,7:22\n1,2,7:\n"),
        (
            "tally.json",
            r#"{"contests":[{"contest_id":9,"cards":2,"undervotes":1,"overvoted_ballots":0,
                "votes":[{"candidate_id":31,"votes":1},{"candidate_id":40,"votes":2}]}]}"#,
        ),
    ]);
    let summary = expect(
        folder.path(),
        &[
            ("contest-7", "ballots", 4),
            ("contest-7", "Ada", 1),
            ("contest-7", "Bob", 1),
            ("contest-7", "(blank)", 1),
            ("contest-7", "(marks not made)", 1),
            ("contest-9", "ballots", 2),
            ("contest-9", "Eve", 1),
            ("contest-9", "Write-in", 1),
            ("contest-9", "Write-in (2)", 1),
            ("contest-9", "(all lines of 40)", 2),
            ("contest-9", "(blank)", 0),
            ("contest-9", "(marks not made)", 1),
        ],
    );
    assert_eq!(published(&summary), 5);
    let one = held(folder.path(), &["--contest", "contest-9", "--limit", "1"]);
    assert_eq!((one["ballots"].as_u64(), published(&one)), (Some(1), 0));
}

#[test]
fn participatory_budgets() {
    let file = |meta: &str, votes: &str| {
        let projects = "project_id;votes;score;name\nA;2;5;Trees\nB;1;1;Benches\nC;1;3;Lamps\n";
        sample(&[("budget.pb", &format!("META\nkey;value\nnum_votes;2\n{meta}PROJECTS\n{projects}VOTES\n{votes}"))])
    };
    let read = |folder: &tempfile::TempDir, numbers: [u64; 3]| {
        let [trees, benches, lamps] = numbers;
        let expected = [("ballots", 2), ("Trees", trees), ("Benches", benches), ("Lamps", lamps)]
            .map(|(what, number)| ("projects", what, number));
        let summary = held(&folder.path().join("budget.pb"), &[]);
        let found = decrypted(&summary);
        let found: Vec<(&str, &str, u64)> =
            found.iter().map(|(one, two, number)| (one.as_str(), two.as_str(), *number)).take(4).collect();
        assert_eq!(found, expected);
    };
    read(&file("vote_type;approval\nmax_length;2\n", "voter_id;vote\n1;A,B\n2;A,C\n"), [2, 1, 1]);
    let cumulative = "vote_type;cumulative\nmin_sum_points;4\nmax_sum_points;5\n";
    read(&file(cumulative, "voter_id;vote;points\n1;A,B;3,1\n2;A,C;2,3\n"), [5, 1, 3]);
    let exact = "vote_type;cumulative\nmin_sum_points;4\nmax_sum_points;4\n";
    let folder = file(exact, "voter_id;vote;points\n1;A,B;3,1\n2;A,C;2,2\n");
    let path = folder.path().join("budget.pb");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("C;1;3;", "C;1;2;")).unwrap();
    read(&folder, [5, 1, 2]);
    let ordinal = file("vote_type;ordinal\nmin_length;2\nmax_length;2\n", "voter_id;vote\n1;A,B\n2;A,C\n");
    let path = ordinal.path().join("budget.pb");
    let text = fs::read_to_string(&path).unwrap().replace("A;2;5;", "A;2;4;").replace("C;1;3;", "C;1;1;");
    fs::write(&path, text).unwrap();
    read(&ordinal, [4, 1, 1]);
}

#[test]
fn ranked_ballots() {
    let folder = sample(&[("ballots.csv", "mayor_1,mayor_2,mayor_3\n1,2,U\n2,3,1\nO,3,1\nU,U,U\n")]);
    let expected = [("ballots", 4), ("1", 1), ("2", 1), ("3", 1), ("(blank)", 1)]
        .map(|(what, number)| ("mayor-first", what, number));
    let pairs = [("mayor-pairs", "ballots", 4)];
    let summary = expect(folder.path(), &[expected.as_slice(), pairs.as_slice()].concat());
    let pairs = &summary["contests"][1];
    let above: Vec<u64> =
        pairs["pairs"].as_array().unwrap().iter().map(|pair| pair["decrypted"].as_u64().unwrap()).collect();
    // 1 above 2, 1 above 3, 2 above 1, ..
    assert_eq!(above, [2, 1, 1, 2, 2, 1]);
    assert_eq!(pairs["ranking"]["decrypted"], pairs["ranking"]["counted"]);
    let names = r#"{"mayor":{"candidates":{"1":"Ada","2":"Bob","3":"Eve"}}}"#;
    fs::write(folder.path().join("candidates.json"), names).unwrap();
    let shown = String::from_utf8(replay(&[folder.path().to_str().unwrap(), "--plain"]).stdout).unwrap();
    assert!(shown.contains("  Schulze: Ada = Bob = Eve   the same\n"), "{shown}");
    assert!(!shown.contains("decrypted  "), "{shown}");
}

#[test]
fn approval_profiles_and_weights() {
    let profile = r#"{"election":"Mayor","candidates":{"1":"Ada","2":"Bob"},"totals":{"1":3,"2":1},"nonblank_ballots":3,
        "contest_records":4,"ballots":[{"approve":[1],"count":2},{"approve":[2,1],"count":1}]}"#;
    let meetings = r#"{"meetings":[{"company":"C","date":"2024","items":[
        {"item":"pay","votes_for":700,"against":250,"abstain":50,"broker_non_votes":20}]}]}"#;
    let weights = r#"{"source":"s","weights":["2134.07935","0.00011"]}"#;
    let folder = sample(&[("profile.json", profile), ("meetings.json", meetings), ("weights.json", weights)]);
    let numbers = [("ballots", 4), ("Ada", 3), ("Bob", 1), ("(blank)", 1), ("(marks not made)", 2)];
    expect(&folder.path().join("profile.json"), &numbers.map(|(what, number)| ("approval", what, number)));
    let numbers = [("ballots", 4), ("weight", 1020), ("For", 700), ("Against", 250), ("Abstain", 50), ("(blank)", 20)];
    expect(&folder.path().join("meetings.json"), &numbers.map(|(what, number)| ("c-pay", what, number)));
    let numbers = [("ballots", 2), ("weight", 21_340_794), ("Yes", 21_340_794), ("No", 0)];
    expect(&folder.path().join("weights.json"), &numbers.map(|(what, number)| ("proposal", what, number)));
    let manifest = |source: &str| {
        let out = folder.path().join("out");
        let output = replay(&[folder.path().join(source).to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0));
        fs::read_to_string(out.join("record/manifest.json")).unwrap()
    };
    assert!(manifest("weights.json").contains("1/10000 of a token"));
}

#[test]
fn what_differs_ends_with_one_and_what_is_broken_with_two() {
    let profile = r#"{"election":"Mayor","candidates":{"1":"Ada","2":"Bob"},"totals":{"1":3,"2":2},"nonblank_ballots":3,
        "ballots":[{"approve":[1],"count":2},{"approve":[2,1],"count":1}]}"#;
    let budget = "META\nkey;value\nvote_type;choose-1\nPROJECTS\nproject_id\nA\nB\nVOTES\nvoter_id;vote\n1;A\n2;X\n";
    let folder = sample(&[("profile.json", profile), ("budget.pb", budget)]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    for plain in [&["--plain"][..], &["--out", &path("out")]] {
        let output = replay(&[&[path("profile.json").as_str()], plain].concat());
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{shown}");
        let bob = shown.lines().find(|line| line.starts_with("  Bob")).unwrap();
        assert!(bob.ends_with("DIFFERENT"), "{bob}");
        assert!(shown.contains("published    3 of 4 numbers are the same"), "{shown}");
    }
    let output = replay(&[&path("budget.pb"), "--plain"]);
    assert_eq!(output.status.code(), Some(2));
    let problem = format!("error: {}, line 11: there is no project \"X\"\n", path("budget.pb"));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), problem);
    // A replay does not overwrite an election.
    fs::create_dir_all(folder.path().join("taken/secrets/x")).unwrap();
    let output = replay(&[&path("profile.json"), "--out", &path("taken")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("secrets are never overwritten"));
}

/// A format that lists several contests, with ties, and notes about what is left out.
#[test]
fn formats_of_others() {
    let blt = "3 1\n2 1=2 3 0\n1 3 1 0\n1 0\n0\n\"Ada\"\n\"Bob\"\n\"Eve\"\n\"The club\"\n";
    let dominion = "Town,5.11\n,Mayor (Vote For=1),Mayor (Vote For=1),\"Board (Number of positions=1, Number of ranks=2)\",\
        \"Board (Number of positions=1, Number of ranks=2)\"\n,Ada,Bob,Eve(1),Eve(2)\nCvrNumber,,,,\n1,1,0,1,0\n2,1,1,,\n";
    let folder = sample(&[("club.blt", blt), ("export.csv", dominion)]);
    let summary = expect(
        &folder.path().join("club.blt"),
        &[
            ("ranking-first", "ballots", 4),
            ("ranking-first", "Ada", 0),
            ("ranking-first", "Bob", 0),
            ("ranking-first", "Eve", 1),
            ("ranking-first", "(blank)", 3),
            ("ranking-pairs", "ballots", 4),
        ],
    );
    let above: Vec<u64> = summary["contests"][1]["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["decrypted"].as_u64().unwrap())
        .collect();
    // Ada above Bob, Ada above Eve, Bob above Ada, ..
    assert_eq!(above, [1, 2, 0, 2, 1, 1]);
    assert_eq!(summary["format"], "blt");
    assert_eq!(summary["notes"].as_array().unwrap().len(), 2);
    let summary = expect(
        &folder.path().join("export.csv"),
        &[
            ("mayor", "ballots", 2),
            ("mayor", "Ada", 1),
            ("mayor", "Bob", 0),
            ("mayor", "(blank)", 1),
            ("mayor", "(marks not made)", 0),
            ("board-first", "ballots", 1),
            ("board-first", "Eve", 1),
            ("board-first", "(blank)", 0),
        ],
    );
    let note = "1 contest on a ballot is over-voted, and is blank; 2 marks count for nobody";
    assert_eq!(summary["notes"][0], note);
}

/// Fault R14: a wrong published number is a difference, and no fault of the file.
#[test]
fn a_wrong_published_number_is_in_the_table() {
    let budget = "META\nkey;value\nvote_type;ordinal\nmax_length;1\nnum_projects;3\nPROJECTS\nproject_id;votes;score\n\
        A;2;1\nB;0;0\nVOTES\nvoter_id;vote\n1;A\n";
    let folder = sample(&[("budget.pb", budget)]);
    let output = replay(&[folder.path().join("budget.pb").to_str().unwrap(), "--plain"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let differ: Vec<&str> = shown.lines().filter(|line| line.ends_with("DIFFERENT")).collect();
    assert_eq!(differ.len(), 2, "{shown}");
    assert!(differ[0].starts_with("  (projects)") && differ[1].starts_with("  A (ballots that name it)"), "{shown}");
}

/// Fault R12: what cannot be an election leaves nothing that is in the way of the next one.
#[test]
fn what_cannot_be_an_election_leaves_no_secrets() {
    let list = |of: &dyn Fn(u64) -> String| (1..=11).map(of).collect::<Vec<_>>().join(",");
    let contests = list(&|id| format!(r#"{{"Description":"C{id}","Id":{id},"VoteFor":1}}"#));
    let candidates = list(&|id| format!(r#"{{"Description":"A","Id":1,"ContestId":{id}}}"#));
    // More different sets of contests than an election has ballot styles.
    let sheets: Vec<String> = (1_u32..1100)
        .map(|set| {
            let contests = (0..11).filter(|bit| set >> bit & 1 == 1).map(|bit| format!("{}:1", bit + 1));
            format!("1,1,{}", contests.collect::<Vec<_>>().join(";"))
        })
        .collect();
    let folder = sample(&[
        ("ContestManifest.json", &format!(r#"{{"List":[{contests}]}}"#)),
        ("CandidateManifest.json", &format!(r#"{{"List":[{candidates}]}}"#)),
        ("cards.csv", &format!("counting_group,ballot_type,contests\n{}\n", sheets.join("\n"))),
    ]);
    let out = folder.path().join("out");
    let output = replay(&[folder.path().to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!out.join("secrets").exists() && !out.join("record").exists());
    // The same folder takes the next election.
    let output = replay(&[folder.path().to_str().unwrap(), "--limit", "2", "--out", out.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Fault R17.
#[test]
fn what_is_in_no_known_format_is_told_what_to_do() {
    let folder = sample(&[("a.txt", "x"), ("b.csv", "\u{0}")]);
    let path = folder.path().join("a.txt").display().to_string();
    let output = replay(&[&path, "--plain"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = format!(
        "error: {path} is not in a known format\nremedy: give the format with --format: dominion, nist, ess, clearballot, ranked, \
         raire, votekit, preflib, blt, rankings, pabulib, approval, shares\n"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

/// Fault R17: a pipe can be read once only.
#[cfg(unix)]
#[test]
fn a_pipe_is_read() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballotta"));
    command.args(["replay", "/dev/stdin", "--plain", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"3: A > B\nB\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((summary["format"].as_str(), summary["ballots"].as_u64()), (Some("rankings"), Some(4)));
}

/// Faults R18 and F8: what a source says never moves the cursor of a terminal.
#[cfg(unix)]
#[test]
fn escapes_of_sources_do_not_reach_the_terminal() {
    let profile = r#"{"election":"M\u001b[31m","candidates":{"1":"A\u001b]0;x\u0007","2":"B\u009b2J"},"totals":{"1":1},
        "nonblank_ballots":1,"ballots":[{"approve":[1],"count":1}]}"#;
    let budget = "META\nkey;value\nvote_type;\u{1b}[2J\nPROJECTS\nproject_id\nA\nVOTES\nvoter_id;vote\n";
    let ranked = "m_1,\u{1b}[1m x,m_2\nA,1,B\n";
    let folder =
        sample(&[("\u{1b}[7mprofile.json", profile), ("budget.pb", budget), ("ranked.csv", ranked), ("\u{1b}x", "?")]);
    for name in ["\u{1b}[7mprofile.json", "budget.pb", "ranked.csv", "\u{1b}x"] {
        for options in [&["--plain"][..], &["--plain", "--json"], &["--plain", "--contest", "\u{1b}[1m"]] {
            let output = replay(&[&[folder.path().join(name).to_str().unwrap()], options].concat());
            let shown = [output.stdout, output.stderr].concat();
            let text = String::from_utf8(shown).unwrap();
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{name:?} {options:?}: {text:?}");
            assert!(!text.is_empty());
        }
    }
}

/// A source of the real ballots. If it is missing, prints that and returns nothing.
fn real(source: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BALLOTTA_DATA") else {
        eprintln!("skipped: {source}: BALLOTTA_DATA names no folder of published ballots");
        return None;
    };
    let path = Path::new(&folder).join(source);
    if !path.exists() {
        eprintln!("skipped: {} is missing", path.display());
        return None;
    }
    Some(path)
}

/// Real sources: how many ballots they have, how many numbers are published, and an option for whole replays of
/// minutes.
const SOURCES: [(&str, u64, usize); 8] = [
    ("sf_2020_primary_cvr", 588_542, 244),
    ("pabulib/Poland_Lodz_2022.pb.gz", 90_494, 164),
    ("pabulib/Poland_Katowice_2023.pb.gz", 39_828, 54),
    ("pabulib/Worldwide_Mechanical_Turk_Utilities_8.pb.gz", 74, 42),
    ("minneapolis_2017_rcv", 105_928, 21),
    ("stlouis_2025_mayor_approval/profile.json", 34_982, 6),
    ("weighted_votes/sec_8k_meetings.json", 67, 73),
    ("weighted_votes/beanstalk_bip0.json", 26, 4),
];

#[test]
fn all_real_ballots_make_the_published_numbers_when_they_are_counted_plainly() {
    for (source, ballots, numbers) in SOURCES {
        let Some(path) = real(source) else { continue };
        let output = replay(&[path.to_str().unwrap(), "--plain", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{source}: {}", String::from_utf8_lossy(&output.stderr));
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["agrees"], Value::Bool(true), "{source}");
        assert_eq!((summary["ballots"].as_u64(), published(&summary)), (Some(ballots), numbers), "{source}");
    }
}

#[test]
fn the_first_real_ballots_make_the_same_in_an_election() {
    for (source, ballots, numbers) in SOURCES {
        let Some(path) = real(source) else { continue };
        let summary = held(&path, &["--limit", "200"]);
        let published_of_all = if ballots <= 200 { numbers } else { 0 };
        assert_eq!((summary["ballots"].as_u64(), published(&summary)), (Some(ballots.min(200)), published_of_all));
    }
    // One file as the machine exported it.
    if let Some(path) = real("sf_2020_primary_cvr/raw_sample_CvrExport_10.json.gz") {
        assert_eq!(held(&path, &[])["ballots"].as_u64(), Some(106));
    }
}

#[test]
fn whole_elections_make_the_published_numbers() {
    if std::env::var_os("BALLOTTA_FULL").is_none() {
        eprintln!("skipped: whole replays take minutes: BALLOTTA_FULL is not set");
        return;
    }
    let first = ["--contest", "mayor-first"];
    for (source, arguments) in [
        ("stlouis_2025_mayor_approval/profile.json", [].as_slice()),
        ("pabulib/Poland_Katowice_2023.pb.gz", &[]),
        ("pabulib/Poland_Lodz_2022.pb.gz", &[]),
        ("minneapolis_2017_rcv", &first),
    ] {
        let Some(path) = real(source) else { continue };
        let (_, ballots, numbers) = SOURCES.into_iter().find(|(known, ..)| *known == source).unwrap();
        let summary = held(&path, arguments);
        assert_eq!((summary["ballots"].as_u64(), published(&summary)), (Some(ballots), numbers), "{source}");
    }
}
