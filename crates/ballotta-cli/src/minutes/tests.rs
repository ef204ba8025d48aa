//! The minutes of whole elections.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ballotta::board::entry::Action;
use ballotta::contest::{Lists, Rule};
use ballotta::credential::{ChangeCounts, ChangeReason};
use ballotta::decision::{Condition, Motion, MotionBase, Winners, WinnersGroup};
use ballotta::manifest::{
    Closing, Manifest, ManifestContents, Quorum, QuorumBase, QuorumOf, QuorumRule, RollChanges, Ties, Weights,
};
use ballotta::verifier::{Report, Verification};
use ballotta_testkit::election::{Board, Choice, Election, ElectionOptions, YES_OR_NO, choose, verify_record};
use ballotta_testkit::kinds;
use ballotta_testkit::rng::TestRng;
use serde_json::{Value, json};

use super::content::{Facts, Writer, minutes};
use super::model::{Block, Minutes, plain};
use super::words::Language;
use super::{cosigners, facts};
use super::{html, pdf};

const LANGUAGES: [Language; 2] = [Language::En, Language::It];

/// Two of four options with a group, a motion, lists with seats, grades, pairs and points; ties by lot.
fn election() -> Election {
    let group = WinnersGroup {
        id: "north".into(),
        title: [("en", "North".to_owned())].into_iter().collect(),
        options: vec!["o0".into(), "o1".into()],
        at_least: None,
        at_most: Some(1),
    };
    let condition = |of, rule, fraction| Condition { of, rule, fraction };
    let motion = Motion {
        in_favour: "o0".into(),
        against: "o1".into(),
        conditions: vec![
            condition(MotionBase::Votes, QuorumRule::AtLeast, [2, 3]),
            condition(MotionBase::Roll, QuorumRule::MoreThan, [3, 4]),
        ],
    };
    Election::build(ElectionOptions {
        contests: vec![
            (choose(0, 2, true), 5),
            (YES_OR_NO, 2),
            (kinds::lists(&[3, 2], 2, false), 7),
            (kinds::grades(3), 2),
            (kinds::pairs(true), 3),
            (kinds::score(5, None, false), 2),
        ],
        styles: vec![(0..6).collect()],
        voters: vec![(0, 1), (0, 2), (0, 1), (0, 3), (0, 1), (0, 1)],
        winners: vec![(0, Winners { number: 2, groups: vec![group] })],
        motions: vec![(1, motion)],
        ties: Ties::Lot,
        quorum: Some(Quorum {
            of: QuorumOf::Heads,
            base: QuorumBase::Roll,
            rule: QuorumRule::MoreThan,
            fraction: [1, 2],
        }),
        ..ElectionOptions::default()
    })
}

/// Five of six voters vote.
fn voted(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    for (voter, first) in [vec![0, 1], vec![0], vec![1, 2], vec![3, 4], vec![0, 1]].into_iter().enumerate() {
        let choices = [
            Choice::Options(first),
            Choice::Options(vec![usize::from(voter == 1)]),
            match voter % 2 {
                0 => Choice::List(0, vec![1, 2]),
                _ => Choice::List(4, vec![5]),
            },
            Choice::Grades(vec![(0, voter % 3), (1, 1)]),
            Choice::Ranking(vec![vec![0], vec![1, 2]]),
            Choice::Points(vec![(0, 5), (1, voter as u64)]),
        ];
        board.vote(voter, &choices);
    }
    board
}

/// The same manifest with other titles, in two languages.
fn retitled(manifest: &Manifest) -> Manifest {
    let mut value: Value = serde_json::from_slice(manifest.bytes()).unwrap();
    value["languages"] = json!(["en", "it"]);
    translate(&mut value);
    let options = |value: &mut Value, titles: &[(&str, &str)]| {
        for (option, (en, it)) in value["options"].as_array_mut().unwrap().iter_mut().zip(titles) {
            option["title"] = json!({ "en": en, "it": it });
        }
    };
    value["title"] = json!({ "en": "Members’ assembly 2026", "it": "Assemblea dei soci 2026" });
    value["description"] = json!({ "en": "Board, statute and council.", "it": "Direttivo, statuto e consiglio." });
    value["schedule"] = json!({ "opens": "2026-05-02 08:00", "closes": "2026-05-03 20:00" });
    let contests = value["contests"].as_array_mut().unwrap();
    contests[0]["title"] = json!({ "en": "Who sits on the board?", "it": "Chi siede nel direttivo?" });
    let people = ["Ada Łukasiewicz", "Бела Иванова", "שרה כהן", "ليلى حداد", "Ενρίκο"];
    options(&mut contests[0], &people.map(|name| (name, name)));
    contests[1]["title"] = json!({ "en": "Is the new statute approved?", "it": "È approvato il nuovo statuto?" });
    options(&mut contests[1], &[("Yes", "Sì"), ("No", "No")]);
    contests[2]["title"] = json!({ "en": "Which list for the council?", "it": "Quale lista per il consiglio?" });
    options(
        &mut contests[2],
        &[("Northern list", "Lista nord"), ("Carla", "Carla"), ("Dino", "Dino"), ("Elsa", "Elsa")],
    );
    value["trustees"]["members"][0]["name"] = json!("<b>Anna & \"Co\"</b>");
    Manifest::parse(value.to_string().as_bytes()).unwrap()
}

/// Gives every text an Italian form.
fn translate(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(english) = fields.get("en").and_then(Value::as_str) {
                let italian =
                    english.replace("Option", "Opzione").replace("Question", "Quesito").replace("Grade", "Giudizio");
                fields.insert("it".into(), Value::from(italian));
            }
            fields.values_mut().for_each(translate);
        }
        Value::Array(values) => values.iter_mut().for_each(translate),
        _ => {}
    }
}

/// An election that is over, with titles that people might write.
struct Over {
    manifest: Manifest,
    board: ballotta::record::MemoryRecord,
    verification: Verification,
}

impl Over {
    fn new() -> Self {
        let election = election();
        let mut board = voted(&election);
        board.finish();
        let record = board.record();
        let verification = verify_record(&record);
        assert!(verification.report.holds(), "{}", verification.report);
        Self { manifest: retitled(election.context.manifest()), board: record, verification }
    }

    fn facts(&self) -> Facts<'_> {
        let context = self.verification.context.as_ref().unwrap();
        let facts = facts(&self.board, Some(context.manifest()), &self.verification).unwrap();
        Facts { manifest: Some(&self.manifest), ..facts }
    }

    fn minutes(&self, language: Language) -> Minutes {
        minutes(&self.facts(), language)
    }
}

/// A cancelled election has minutes without a result, which say first that it is cancelled, and why.
#[test]
fn a_cancelled_election_has_no_result() {
    // The manifest allows changes of the roll, which nobody cut off.
    let election = Election::build(ElectionOptions {
        roll_changes: Some(RollChanges { number: 3, weight: 3 }),
        ..ElectionOptions::default()
    });
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![0])]);
    let entry = board.cancel();
    let (record, manifest) = (board.record(), election.context.manifest());
    let verification = verify_record(&record);
    assert_eq!(verification.report.verdict, Some(ballotta::verifier::Verdict::Holds), "{}", verification.report);
    let facts = facts(&record, Some(manifest), &verification).unwrap();
    for (language, first, reason, at, result, signed, never) in [
        (
            Language::En,
            "THE ORGANISER HAS CANCELLED THE ELECTION. No ballot counts, and there is no result.",
            "The reason, signed by the organiser: The ballot lacks a candidate.",
            format!("Cancelled: with entry {entry} of the board"),
            "## Result",
            "Election cancelled (date and time)",
            ["cut-off", "nobody yet", "Decrypted by", "no result yet", "Awaited", "Voting closed", "closed when"],
        ),
        (
            Language::It,
            "L’ORGANIZZATORE HA ANNULLATO L’ELEZIONE. Nessuna scheda conta, e non c’è un risultato.",
            "Il motivo, firmato dall’organizzatore: The ballot lacks a candidate.",
            format!("Annullata: con la voce {entry} della bacheca"),
            "## Risultat",
            "Elezione annullata (data e ora)",
            [
                "anticipata",
                "ancora nessuno",
                "Decifrato da",
                "ancora un risultato",
                "Si attende",
                "Votazione chiusa",
                "chiuso lo",
            ],
        ),
    ] {
        let minutes = minutes(&facts, language);
        let lines = minutes.lines();
        assert!(lines.iter().take(3).any(|line| line.contains(&format!("{first} {reason}"))), "{lines:#?}");
        assert!(lines.contains(&at), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.starts_with(result)), "{lines:#?}");
        let page = html::page(&minutes);
        assert!(page.contains(first) && page.contains(signed), "{page}");
        for never in never {
            assert!(!page.contains(never), "{never}: {lines:#?}");
        }
    }
}

/// `BALLOTTA_WRITE_MINUTES=1 cargo test -p ballotta-cli minutes` writes the pages anew, and the PDF files beside them for
/// people to look at.
#[test]
fn the_pages_are_as_they_were() {
    let over = Over::new();
    for language in LANGUAGES {
        let page = html::page(&over.minutes(language));
        let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "minutes"].iter().collect();
        let path = folder.join(format!("{}.html", language.tag()));
        if std::env::var_os("BALLOTTA_WRITE_MINUTES").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &page).unwrap();
            continue;
        }
        let kept = fs::read_to_string(&path).unwrap();
        let different = page.lines().zip(kept.lines()).find(|(line, kept)| line != kept);
        assert_eq!(different, None, "{} differs: write it anew, and look at it", path.display());
        assert_eq!(page.lines().count(), kept.lines().count());
    }
}

#[test]
fn everything_that_was_decided_is_said() {
    let over = Over::new();
    let result = over.verification.report.result.as_ref().unwrap();
    for language in LANGUAGES {
        let minutes = over.minutes(language);
        let heading = language.word(super::words::RESULT);
        let section = minutes.sections.iter().find(|section| section.heading == heading).unwrap();
        // What is said of each contest begins with its title.
        let mut said: Vec<String> = Vec::new();
        for block in &section.blocks {
            if matches!(block, Block::Heading(_)) {
                said.push(String::new());
            }
            let alone = Minutes {
                before: vec![block.clone()],
                sections: vec![],
                after: vec![],
                title: vec![],
                ..minutes.clone()
            };
            said.last_mut().unwrap().extend(alone.lines().into_iter().map(|line| line + "\n"));
        }
        assert_eq!(said.len(), result.contests.len());
        for ((contest, result), said) in over.manifest.contests().iter().zip(&result.contests).zip(&said) {
            let title = |id: &str| {
                let option = contest.options.iter().find(|option| option.id == id);
                let grade = contest.rule.grades().iter().find(|grade| grade.id == id).map(|grade| &grade.title);
                let text = option.map(|option| &option.title).or(grade);
                text.map(|text| text.get(language.tag()).unwrap().to_owned())
            };
            let json = serde_json::to_value(result).unwrap();
            let mut found = Vec::new();
            leaves(&json, &mut found);
            assert!(found.len() > 5, "{json}");
            for leaf in found {
                match leaf {
                    Value::String(id) => {
                        if let Some(title) = title(&id) {
                            assert!(said.contains(&title), "{title}\n{said}");
                        }
                    }
                    Value::Number(number) => {
                        let number = language.number(number.as_u64().unwrap());
                        assert!(said.contains(&number), "{number}\n{said}");
                    }
                    _ => {}
                }
            }
        }
    }
    // What the election is meant to show.
    let lines = over.minutes(Language::En).lines().join("\n");
    for text in [
        "Places taken: 2 of 2.",
        "Passed over: Бела Иванова, because of the group North.",
        "THE MOTION DOES NOT PASS.",
        "more than 3/4 of the weight of all voters who have the contest | 9 | 6 (66.67 %) | NOT REACHED",
        "at least 2/3 of the votes for and against | 8 | 6 (75.00 %) | reached",
        "Ballots that count: 5 (83.33 %)",
        "Quorum: more than 1/2 of the voters on the roll: 5 of 6 count: reached",
        "(by lot)",
        "Lot (first digits)",
        "Seed of the lot: ",
        "Planned opening: 2026-05-02 08:00",
    ] {
        assert!(lines.contains(text), "{text}\n{lines}");
    }
}

#[test]
fn changes_of_the_roll_are_shown_for_each_reason() {
    let over = Over::new();
    let facts = over.facts();
    let changes = ChangeCounts { lost_code: 3, late_member: 1, error: 0, left: 2 };
    let [_, Block::Table(table)] = Writer::new(&facts, Language::It).roll_changes(&changes) else {
        panic!("a table of the changes")
    };
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let expected = [["codice smarrito", "3"], ["votante aggiunto dopo", "1"], ["errore", "0"], ["votante uscito", "2"]];
    assert_eq!(rows, expected);
}

/// Where changes of the roll end, and its two sizes: with and without a cut-off, with and without weights.
#[test]
fn the_cut_off_and_both_sizes_of_the_roll_are_said() {
    for (weights, cut_off) in [(true, true), (false, false)] {
        let weight = |weight| if weights { weight } else { 1 };
        let election = Election::build(ElectionOptions {
            voters: vec![(0, 1), (0, weight(2)), (0, weight(3)), (0, 1)],
            late: vec![(0, weight(3)), (0, 1)],
            roll_changes: Some(RollChanges { number: 3, weight: 9 }),
            ..ElectionOptions::default()
        });
        let mut board = election.open_board();
        board.change(ChangeReason::LateMember, None, Some(4));
        board.change(ChangeReason::Left, Some(3), None);
        board.change(ChangeReason::LateMember, None, Some(5));
        let cut = cut_off.then(|| board.organise(Action::CutOff));
        for voter in [0, 1] {
            let choices = election.any_choices(voter, &mut board.rng());
            board.vote(voter, &choices);
        }
        board.finish();
        let (record, manifest) = (board.record(), election.context.manifest());
        let verification = verify_record(&record);
        assert!(verification.report.holds(), "{}", verification.report);
        let facts = facts(&record, Some(manifest), &verification).unwrap();
        assert_eq!(facts.cut_off, cut);
        for (language, ended, entry, none, sizes, weighed) in [
            (
                Language::En,
                "Changes of the roll ended",
                "with entry",
                "at the close: there was no cut-off before it",
                ["Voters on the roll at the opening: 4", "Voters on the roll at the close: 5"],
                ["Weight on the roll at the opening: 7", "Weight on the roll at the close: 10"],
            ),
            (
                Language::It,
                "Fine dei cambiamenti dell’elenco",
                "con la voce",
                "alla chiusura: non è stata anticipata",
                ["Votanti nell’elenco all’apertura: 4", "Votanti nell’elenco alla chiusura: 5"],
                ["Peso nell’elenco all’apertura: 7", "Peso nell’elenco alla chiusura: 10"],
            ),
        ] {
            let minutes = minutes(&facts, language);
            let lines = minutes.lines();
            let said = lines.iter().find_map(|line| line.strip_prefix(ended)).unwrap();
            match cut {
                Some(index) => assert!(said.starts_with(&format!(": {entry} {index} ")), "{said}"),
                None => assert_eq!(said, format!(": {none}")),
            }
            let has = |text: &str| lines.iter().any(|line| line == text);
            assert!(sizes.into_iter().all(has), "{lines:#?}");
            assert!(weighed.into_iter().all(|text| has(text) == weights), "{lines:#?}");
            // Cells of the PDF break words over lines.
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert!(html::page(&minutes).contains(ended));
            let text = text_of(&pdf::file(&minutes).unwrap());
            assert!(text.is_none_or(|text| bare(&text).contains(&bare(ended))));
        }
    }
}

/// A roll that the opening fixes has one size and no cut-off, and a manifest without times has no planned ones.
#[test]
fn what_the_manifest_does_not_have_is_not_said() {
    let over = Over::new();
    let mut value: Value = serde_json::from_slice(over.manifest.bytes()).unwrap();
    assert!(value.as_object_mut().unwrap().remove("schedule").is_some());
    let timeless = Manifest::parse(value.to_string().as_bytes()).unwrap();
    for (language, [planned, cut_off, opening]) in [
        (Language::En, ["lanned", "Changes of the roll ended", "at the opening"]),
        (Language::It, ["previst", "Fine dei cambiamenti", "all’apertura"]),
    ] {
        for (manifest, has_times) in [(&over.manifest, true), (&timeless, false)] {
            let lines = minutes(&Facts { manifest: Some(manifest), ..over.facts() }, language).lines();
            let said = |text: &str| lines.iter().any(|line| line.contains(text));
            let election: Vec<_> = lines
                .iter()
                .skip_while(|line| !line.starts_with("## "))
                .skip(1)
                .take_while(|line| !line.starts_with("## "))
                .collect();
            assert_eq!(election.iter().any(|line| line.contains(planned)), has_times, "{election:#?}");
            assert!(!said(cut_off) && !said(opening), "{lines:#?}");
        }
    }
}

#[test]
fn how_much_the_roll_may_change_is_a_rule() {
    let over = Over::new();
    let lines_with = |roll_changes, max| {
        let contents = over.manifest.contents();
        let weights = Weights { max, ..contents.weights.clone() };
        let contents = ManifestContents { roll_changes, weights, ..contents.clone() };
        let manifest = Manifest::parse(&contents.to_bytes().unwrap()).unwrap();
        minutes(&Facts { manifest: Some(&manifest), ..over.facts() }, Language::It).lines()
    };
    let fixed = "Dopo l’apertura l’elenco non cambia.";
    let signed = "Li firmano tutte le autorità delle credenziali.";
    let has = |lines: &[String], line: &str| lines.iter().any(|found| found == line);
    assert!(has(&lines_with(None, 3), fixed));
    let changes = Some(RollChanges { number: 7, weight: 1234 });
    let lines = lines_with(changes, 3);
    assert!(!has(&lines, fixed));
    let rule = "Cambiamenti dell’elenco a votazione aperta, al massimo: 7, con peso 1.234 in tutto.";
    assert!(has(&lines, &format!("{rule} {signed}")), "{lines:?}");
    // With equal weights, the smaller bound is the one that counts.
    for changes in [RollChanges { number: 7, weight: 1234 }, RollChanges { number: 20, weight: 7 }] {
        let rule = "Cambiamenti dell’elenco a votazione aperta, al massimo: 7.";
        let lines = lines_with(Some(changes), 1);
        assert!(has(&lines, &format!("{rule} {signed}")), "{lines:?}");
    }
}

/// The strings and numbers of a result, without fractions of rules.
fn leaves(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .filter(|(name, _)| *name != "fraction" && *name != "id")
                .for_each(|(_, value)| leaves(value, found));
            found.extend(fields.get("id").cloned());
        }
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        // Nothing is said of what is not there.
        Value::Number(number) if number.as_u64() == Some(0) => {}
        value => found.push(value.clone()),
    }
}

fn numbers_of(report: &Report) -> Vec<String> {
    report.result.iter().flat_map(|result| &result.contests).map(|contest| contest.weight.to_string()).collect()
}

#[test]
fn what_does_not_hold_has_no_result() {
    let election = election();
    let mut board = voted(&election);
    board.finish();
    let mut record = board.record();
    // Somebody changes a published number.
    let result = record.files.get_mut(ballotta::record::RESULT).unwrap();
    let text = String::from_utf8(result.clone()).unwrap();
    *result = text.replacen("\"counted_ballots\": 5", "\"counted_ballots\": 6", 1).into_bytes();
    let verification = verify_record(&record);
    assert!(!verification.report.holds() && !numbers_of(&verification.report).is_empty());
    let manifest = verification.context.as_ref().unwrap().manifest();
    let facts = facts(&record, Some(manifest), &verification).unwrap();
    for (language, first) in [(Language::En, "THE RECORD DOES NOT HOLD."), (Language::It, "GLI ATTI NON SONO VALIDI.")]
    {
        let minutes = minutes(&facts, language);
        assert!(minutes.lines()[0].starts_with(first), "{:?}", minutes.lines());
        assert!(minutes.foot.contains(&language.word(super::words::FOOT_DOES_NOT_HOLD)));
        for heading in [super::words::RESULT, super::words::TURNOUT, super::words::LOT] {
            let heading = language.word(heading);
            assert!(minutes.sections.iter().all(|section| section.heading != heading), "{heading}");
        }
        let page = html::page(&minutes);
        assert!(page.contains("result.totals") && !page.contains("83.33 %") && !page.contains("83,33 %"));
        pdf::file(&minutes).unwrap();
    }
}

#[test]
fn what_is_not_complete_says_who_is_awaited() {
    let election = election();
    let mut board = voted(&election);
    for (closed, awaited) in [(false, "the organiser"), (true, "trustee 1 (Trustee 1), trustee 2 (Trustee 2)")] {
        if closed {
            board.organise(Action::Close);
        }
        let record = board.record();
        let verification = verify_record(&record);
        let manifest = verification.context.as_ref().unwrap().manifest();
        let minutes = minutes(&facts(&record, Some(manifest), &verification).unwrap(), Language::En);
        let lines = minutes.lines();
        assert!(lines[0].starts_with("THE RECORD IS NOT COMPLETE. There is no result yet. Awaited: "), "{lines:?}");
        assert!(lines[0].contains(awaited), "{}", lines[0]);
        assert_eq!(lines.iter().any(|line| line.starts_with("Closed: ")), closed);
        assert!(minutes.sections.iter().all(|section| section.heading != "The result"));
    }
}

#[test]
fn no_text_of_a_manifest_is_markup() {
    let over = Over::new();
    let mut value: Value = serde_json::from_slice(over.manifest.bytes()).unwrap();
    let hostile = "</style></title><script>alert('1')</script><img src=x onerror=\"x\">&amp;";
    fn spoil(value: &mut Value, hostile: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match (name.as_str(), value.as_str().map(str::to_owned)) {
                        // Titles of one contest differ.
                        ("en" | "it" | "name" | "opens" | "closes", Some(text)) if !text.contains(".example") => {
                            *value = Value::from(format!("{text} {hostile}"));
                        }
                        _ => spoil(value, hostile),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| spoil(value, hostile)),
            _ => {}
        }
    }
    spoil(&mut value, hostile);
    let manifest = Manifest::parse(value.to_string().as_bytes()).unwrap();
    for language in LANGUAGES {
        let minutes = minutes(&Facts { manifest: Some(&manifest), ..over.facts() }, language);
        let page = html::page(&minutes);
        assert!(page.matches("&lt;script&gt;").count() > 30);
        for forbidden in ["<script", "<img", "onerror=\"", "</style></title>"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!((page.matches("<title>").count(), page.matches("</style>").count()), (1, 1));
    }
}

/// The text of a PDF in the order of its contents, if the program is installed that reads it.
fn text_of(pdf: &[u8]) -> Option<String> {
    let child = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: pdftotext of poppler is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_pdf_says_the_same_and_is_the_same() {
    let over = Over::new();
    let is_rtl = |text: &str| text.contains(|letter| ('\u{590}'..'\u{700}').contains(&letter));
    for language in LANGUAGES {
        let minutes = over.minutes(language);
        let file = pdf::file(&minutes).unwrap();
        assert_eq!(file, pdf::file(&over.minutes(language)).unwrap(), "the same bytes");
        assert!(file.len() < 400_000, "{} bytes", file.len());
        if std::env::var_os("BALLOTTA_WRITE_MINUTES").is_some() {
            let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "target"].iter().collect();
            fs::write(folder.join(format!("minutes-{}.pdf", language.tag())), &file).unwrap();
        }
        let Some(text) = text_of(&file) else { continue };
        let fingerprint = over.verification.report.fingerprint.unwrap();
        // The foot of a page is between parts of what goes on there.
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        let (mut missing, text) = (Vec::new(), bare(&text));
        assert!(text.contains(&bare(&fingerprint.written())) && text.contains(&fingerprint.to_string()));
        for line in minutes.lines() {
            let parts = line
                .trim_start_matches("## ")
                .split(" | ")
                .flat_map(|cell| cell.split(": "))
                .filter(|part| !is_rtl(part));
            missing.extend(parts.filter(|part| !text.contains(&bare(part))).map(str::to_owned));
        }
        // A text that goes on on the next page is found in two parts.
        assert!(missing.len() <= 4, "{missing:#?}");
    }
}

/// Readers that do not see the PDF hear its headings, lists and tables.
#[test]
fn the_pdf_is_tagged() {
    let over = Over::new();
    let minutes = over.minutes(Language::It);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.pdf");
    fs::write(&path, pdf::file(&minutes).unwrap()).unwrap();
    let Ok(output) = Command::new("pdfinfo").arg("-struct-text").arg(&path).output() else {
        println!("skipped: pdfinfo of poppler is not installed");
        return;
    };
    let (tags, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && said.is_empty(), "{said}");
    let count = |tag: &str| tags.lines().filter(|line| line.split_whitespace().next() == Some(tag)).count();
    assert_eq!((count("Document"), count("H1"), count("H2")), (1, 1, minutes.sections.len()));
    let blocks = || minutes.sections.iter().flat_map(|section| &section.blocks);
    let tables = blocks().filter(|block| matches!(block, Block::Facts(_) | Block::Table(_))).count();
    let lists = blocks().filter(|block| matches!(block, Block::Items(_))).count();
    let headings = blocks().filter(|block| matches!(block, Block::Heading(_))).count();
    assert_eq!((count("Table"), count("L"), count("H3")), (tables, lists, headings));
    for text in ["\"Firme\"", "\"Impronta\"", "/Scope /Column", "/Scope /Row"] {
        assert!(tags.contains(text), "{text}\n{tags}");
    }
}

#[test]
fn a_letter_that_no_font_has_is_named() {
    let over = Over::new();
    let text = String::from_utf8(over.manifest.bytes().to_vec()).unwrap();
    for (letter, code) in [("日", "U+65E5"), ("अ", "U+0905"), ("🗳", "U+1F5F3")] {
        let manifest = Manifest::parse(text.replace("Ενρίκο", &format!("Enrico {letter}")).as_bytes()).unwrap();
        let facts = Facts { manifest: Some(&manifest), ..over.facts() };
        let error = pdf::file(&minutes(&facts, Language::It)).unwrap_err();
        let expected = format!("the fonts of the PDF have no letter {letter} ({code}), which is in: Enrico {letter}");
        assert_eq!(crate::failure::error_text(&error), expected);
        assert!(crate::failure::remedy_of(&error).unwrap().starts_with("write the minutes as a page with --out"));
    }
}

/// Titles as long as a manifest may have them, on pages and in cells.
#[test]
fn long_titles_fit() {
    let over = Over::new();
    let text = String::from_utf8(over.manifest.bytes().to_vec()).unwrap();
    for long in ["word ".repeat(150), "x".repeat(800), "שלום ".repeat(80)] {
        let manifest = Manifest::parse(text.replace("Ενρίκο", long.trim()).as_bytes()).unwrap();
        let facts = Facts { manifest: Some(&manifest), ..over.facts() };
        let file = pdf::file(&minutes(&facts, Language::It)).unwrap();
        let Some(text) = text_of(&file) else { continue };
        assert!(text.len() > long.len());
    }
}

/// The testkit counts seats, as this election does.
#[test]
fn the_lists_have_seats() {
    let election = election();
    let rules: Vec<&Rule> = election.context.manifest().contests().iter().map(|contest| &contest.rule).collect();
    assert!(rules.iter().any(|rule| matches!(rule, Rule::Lists(Lists { seats: Some(_), .. }))));
    assert!(!plain(&Over::new().minutes(Language::En).title).is_empty());
}

/// Positions and statements are those of the board and of the sums that the verifier has read.
#[test]
fn what_the_verifier_has_not_read_is_not_said() {
    let election = election();
    let mut board = voted(&election);
    board.finish();
    let verification = verify_record(&board.record());
    let manifest = verification.context.as_ref().map(|context| context.manifest());
    let now = facts(&board.record(), manifest, &verification).unwrap();
    assert_eq!(now.window.map(|window| (window.opened, window.closed)), Some((Some(13), Some(19))));
    assert_eq!((now.statements.as_slice(), now.decryptions.as_slice()), ([1, 2, 3].as_slice(), [1, 2].as_slice()));
    // The board has grown since.
    board.vote(5, &election.any_choices(5, &mut TestRng(4)));
    assert_eq!(facts(&board.record(), manifest, &verification).unwrap().window, None);
    // The statements are about other sums.
    let other = Election::build(ElectionOptions { seed: 2, ..election.options.clone() });
    let mut other_board = voted(&other);
    other_board.finish();
    let tally = verify_record(&other_board.record()).tally;
    let mut verification = verify_record(&board.record());
    verification.tally = tally;
    let manifest = verification.context.as_ref().map(|context| context.manifest());
    assert!(facts(&board.record(), manifest, &verification).unwrap().statements.is_empty());
}

#[test]
fn witnesses_who_cosigned_the_close_are_named() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let (record, manifest) = (election.run().record(), election.context.manifest());
    let verification = verify_record(&record);
    let facts = facts(&record, Some(manifest), &verification).unwrap();
    let lines = minutes(&facts, Language::En).lines();
    let cosigned =
        "Checkpoint at the close cosigned by: witness 1 (witness.example/w1), witness 2 (witness.example/w2)";
    assert!(lines.iter().any(|line| line == cosigned), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.starts_with("Closing statements")), "{lines:#?}");
    // They cosigned no other head.
    assert!(cosigners(&record, manifest, &verification.head.unwrap()).unwrap().is_empty());
}

/// Without roll and keys there is no election yet; its manifest was verified nevertheless.
#[test]
fn before_the_roll_the_minutes_have_no_fingerprint() {
    let election = election();
    let mut record = election.unopened_board().record();
    record.files.remove(ballotta::record::ROLL);
    let verification = verify_record(&record);
    assert!(verification.context.is_none());
    let manifest = retitled(election.context.manifest());
    let facts = facts(&record, Some(election.context.manifest()), &verification).unwrap();
    let minutes = minutes(&Facts { manifest: Some(&manifest), ..facts }, Language::It);
    let lines = minutes.lines();
    assert!(lines[0].starts_with("GLI ATTI NON SONO COMPLETI."), "{lines:?}");
    assert!(
        lines.iter().any(|line| line == "Impronta: non ancora stabilita: mancano le chiavi o l’elenco"),
        "{lines:?}"
    );
    assert!(lines.contains(&"ballotta verify RECORD".to_owned()));
    assert!(!html::page(&minutes).contains("F-"));
    pdf::file(&minutes).unwrap();
}

/// Why a place, a seat or a contest has no result.
#[test]
fn what_stays_open_says_why() {
    let mut over = Over::new();
    let kept = serde_json::to_value(over.verification.report.result.as_ref().unwrap()).unwrap();
    let mut said = |change: &dyn Fn(&mut Value)| {
        let mut value = kept.clone();
        change(&mut value);
        over.verification.report.result = Some(serde_json::from_value(value).unwrap());
        LANGUAGES.map(|language| over.minutes(language).lines().join("\n"))
    };
    for (because, en, it) in [
        ("no_quorum", "because there is no quorum", "perché manca il quorum"),
        ("tie", "because of a tie", "per una parità"),
        (
            "groups",
            "because the limits of groups keep everybody else from them",
            "perché i limiti dei gruppi escludono tutti gli altri",
        ),
        ("no_votes", "because nobody else has a vote", "perché nessun altro ha voti"),
    ] {
        let lines = said(&|value| {
            let contests = value["contests"].as_array_mut().unwrap();
            for (contest, field) in [(0, "winners"), (2, "seats")] {
                contests[contest][field]["open"] = 1.into();
                contests[contest][field]["because"] = because.into();
            }
            contests[0]["winners"]["tied"] = json!(["o3", "o4"]);
        });
        for (lines, because, [place, seat, tie]) in [
            (
                &lines[0],
                en,
                ["Places that stay open: 1, ", "Seats that stay open: 1, ", "These tie: ليلى حداد, Ενρίκο."],
            ),
            (
                &lines[1],
                it,
                ["Posti non assegnati: 1, ", "Seggi non assegnati: 1, ", "Sono alla pari: ليلى حداد, Ενρίκο."],
            ),
        ] {
            let open = [place, seat].iter().filter(|open| lines.contains(&format!("{open}{because}"))).count();
            assert_eq!(open, 2, "{because}\n{lines}");
            assert!(lines.contains(tie), "{lines}");
        }
    }
    for (because, en, it) in [
        ("no_quorum", "THE MOTION DOES NOT PASS: there is no quorum.", "LA PROPOSTA NON È APPROVATA: manca il quorum."),
        (
            "no_votes",
            "THE MOTION DOES NOT PASS: nobody voted for it.",
            "LA PROPOSTA NON È APPROVATA: nessuno ha votato a favore.",
        ),
    ] {
        let lines = said(&|value| value["contests"][1]["passes"]["because"] = because.into());
        assert!(lines[0].contains(en) && lines[1].contains(it), "{}", lines[1]);
    }
    let lines = said(&|value| {
        let motion = &mut value["contests"][1]["passes"];
        (motion["passed"], motion["because"]) = (true.into(), Value::Null);
    });
    assert!(lines[0].contains("THE MOTION PASSES.") && lines[1].contains("LA PROPOSTA È APPROVATA."));
    for (because, en, it) in [
        (
            "too_few_ballots",
            "Ballots that count here: 5; required by the manifest: 1.",
            "Schede che contano qui: 5; richieste dal manifesto: 1.",
        ),
        ("rare_weight", "too few ballots have the same weight", "troppo poche schede hanno lo stesso peso"),
    ] {
        let lines = said(&|value| value["contests"][3]["withheld"] = because.into());
        assert!(lines[0].contains(en) && lines[1].contains(it) && !lines[0].contains("Majority grade"), "{}", lines[0]);
    }
    for (because, en, it) in [
        ("tie", "Seats that stay open: 2, because of a tie.", "Seggi non assegnati: 2, per una parità."),
        ("no_candidates", "2, because the list has no more candidates.", "2, perché la lista non ha altri candidati."),
    ] {
        let lines = said(&|value| {
            let list = &mut value["contests"][2]["seats"]["lists"][0];
            (list["open"], list["because"]) = (2.into(), because.into());
        });
        assert!(lines[0].contains(en) && lines[1].contains(it), "{}", lines[0]);
    }
}
