//! The specification and the code name the same things: sections, checks, labels, limits.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ballotta::verifier::CheckId;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder with one of these extensions, with their text.
fn files(folder: &str, extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| extensions.iter().any(|known| found == *known)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no such files");
    found
}

/// The library's code without its unit tests.
fn library() -> Vec<String> {
    files("crates/ballotta/src", &["rs"])
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tests.rs") && !path.ends_with("testing.rs"))
        .map(|(_, text)| text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned())
        .collect()
}

fn spec(file: &str) -> String {
    let path = root().join("spec").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("spec/{file}: {error}"))
}

/// The anchors of a file's headings, in the form that GitHub generates.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-').collect::<String>())
        .map(|heading| heading.replace(' ', "-"))
        .collect()
}

#[track_caller]
fn assert_section(reference: &str, place: &Path) {
    let (file, anchor) = reference.split_once('#').unwrap_or((reference, ""));
    let known = anchors(&spec(file));
    assert!(anchor.is_empty() || known.contains(anchor), "{}: spec/{reference}", place.display());
}

/// The texts that follow `prefix` in `text`, as long as the characters satisfy `part`.
fn after<'a>(text: &'a str, prefix: &'a str, part: fn(char) -> bool) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).map(move |(place, _)| {
        let rest = &text[place + prefix.len()..];
        &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())]
    })
}

#[test]
fn sections_that_are_cited() {
    let reference = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '#');
    let mut cited = 0;
    for folder in ["crates", "tests", "benches", "xtask"] {
        for (place, text) in files(folder, &["rs"]) {
            for reference in after(&text, "spec/", reference).filter(|found| found.contains(".md")) {
                assert_section(reference.trim_end_matches(['.', '-']), &place);
                cited += 1;
            }
        }
    }
    assert!(cited > 40, "{cited} citations");
}

#[test]
fn links_between_the_files() {
    let index = spec("README.md");
    for (place, text) in files("spec", &["md"]) {
        let name = place.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "{name} is not in the index");
        for link in after(&text, "](", |c| c != ')').filter(|link| link.contains(".md") || link.starts_with('#')) {
            // From a folder of the specification.
            let link = link.trim_start_matches("../");
            let own = format!("{name}{link}");
            assert_section(if link.starts_with('#') { &own } else { link }, &place);
        }
    }
}

/// Every test that a claim names must exist. Otherwise the claim has no evidence after a test was moved or removed.
#[test]
fn tests_behind_the_claims() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let named = |text: &str| -> BTreeSet<String> {
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.filter(|name| name.contains('/') && !name.contains(' ')).map(str::to_owned).collect()
    };
    let named = named(&text);
    for name in &named {
        let path = root().join(name);
        let whole = if name.ends_with('/') { path.is_dir() } else { name.ends_with(".rs") && path.is_file() };
        assert!(whole, "SECURITY.md names {name}, which does not exist");
    }
    // Every test suite of this package must support a claim.
    for (path, _) in files("tests/tests", &["rs"]) {
        let name = format!("tests/tests/{}", path.file_name().unwrap().to_str().unwrap());
        assert!(named.contains(&name), "{name} supports no claim of SECURITY.md");
    }
    for link in after(&text, "](spec/", |c| c != ')').filter(|link| link.contains(".md")) {
        assert_section(link, Path::new("SECURITY.md"));
    }
}

#[test]
fn checks_of_the_verifier() {
    let text = spec("verification.md");
    let (table, sections) =
        text.split_once("\n### `manifest.valid`").expect("the section after the table of the checks");
    let listed: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|(slug, _)| slug).collect();
    let listed: Vec<&str> = listed.into_iter().filter(|slug| slug.contains('.')).collect();
    let known: Vec<&str> = CheckId::ALL.iter().map(|check| check.slug()).collect();
    assert_eq!(listed, known);
    // Each has a section, in the same order; those of ballots have one together.
    let described = after(sections, "\n### `", |c| c != '`');
    let described: Vec<&str> = core::iter::once("manifest.valid").chain(described).collect();
    let mut expected: Vec<&str> =
        known.iter().map(|slug| if slug.starts_with("ballot.") { "ballot." } else { *slug }).collect();
    expected.dedup();
    assert_eq!(described, expected);
}

#[test]
fn labels_of_transcripts_and_digests() {
    let suite = spec("suite.md");
    let label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut labels = BTreeSet::new();
    for code in library() {
        let code: String = code.split_whitespace().collect();
        const ABSORBS: [&str; 6] =
            ["absorb_element", "absorb_elements", "absorb_scalars", "absorb_bytes", "absorb_u64", "append_message"];
        const DRAWS: [&str; 4] = ["challenge_scalar", "challenge_bytes", "derive_key", "draw"];
        for call in ABSORBS.iter().chain(&DRAWS) {
            labels.extend(after(&code, &format!("{call}(b\""), label).map(str::to_owned));
        }
        for call in ["tagged(", "hash_to_group("] {
            let quoted: Vec<String> = after(&code, &format!("{call}\""), label).map(str::to_owned).collect();
            for tag in quoted {
                let written = [format!("`{tag}`"), format!("{call}\"{tag}\"")];
                assert!(written.iter().any(|form| suite.contains(form)), "{call}\"{tag}\" is not in suite.md");
            }
        }
        if code.contains("pubenumDomain") {
            labels.extend(after(&code, "=>b\"", label).map(str::to_owned));
        }
    }
    assert!(labels.len() > 60, "{labels:?}");
    for label in labels {
        assert!(suite.contains(&format!("`{label}`")), "the label {label} is not in suite.md");
    }
}

/// `65_535`, `1 << 20`
fn evaluate(expression: &str) -> u64 {
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().unwrap();
    match expression.split_once("<<") {
        Some((base, shift)) => number(base) << number(shift),
        None => number(expression),
    }
}

#[test]
fn limits() {
    let code = fs::read_to_string(root().join("crates/ballotta/src/limits.rs")).unwrap();
    let text = spec("encoding.md");
    let mut listed = 0;
    for line in code.lines().filter_map(|line| line.strip_prefix("pub const ")) {
        let (name, rest) = line.split_once(':').unwrap();
        let value = evaluate(rest.split_once('=').unwrap().1.trim_end_matches(';'));
        assert!(text.contains(&format!("| `{name}` | {value} |")), "{name} = {value} is not in encoding.md");
        listed += 1;
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("| `") && !line.starts_with("| constant")).count(), listed);
}

/// The texts in the function `code` of an error, and the number of its arms.
fn codes_of(file: &str) -> (Vec<String>, usize) {
    let source = fs::read_to_string(root().join("crates/ballotta/src").join(file)).unwrap();
    let body = source.split_once("pub fn code(&self) -> &'static str {").expect(file).1;
    let body = body.split_once("\n    }\n").unwrap().0;
    (body.split('"').skip(1).step_by(2).map(str::to_owned).collect(), body.matches("=>").count())
}

const CODES: [(&str, &str); 9] = [
    ("files of a record", "record/published.rs"),
    ("a voter", "voter.rs"),
    ("the opening of a ballot", "ballot/opening.rs"),
    ("a ballot", "ballot/verify.rs"),
    ("a message of the key ceremony", "key_ceremony/progress.rs"),
    ("another entry", "admission/rules.rs"),
    ("parts of credentials", "record/parts.rs"),
    ("statements and decryptions", "decryption.rs"),
    ("a trustee", "trustee.rs"),
];

/// U10: the names of faults, for programs, are unique in each error and listed in `spec/command-line.md`.
#[test]
fn u10_codes_are_unique_and_listed() {
    let spec = fs::read_to_string(root().join("spec/command-line.md")).unwrap();
    for (about, file) in CODES {
        let (found, arms) = codes_of(file);
        let codes: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        assert!(codes.len() == found.len(), "{file}: a code appears twice: {found:?}");
        assert!(arms >= found.len() && !found.is_empty(), "{file}");
        for code in &codes {
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(code.split('-').all(is_word), "{file}: {code}");
        }
        let row = spec.lines().find(|line| line.starts_with(&format!("| {about} |"))).expect(about);
        let listed: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
        assert_eq!(codes, listed, "{file}: the table of spec/command-line.md");
    }
}

/// The names of all fields of a value. Where names are data or are specified elsewhere, they are left out.
fn field_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                match name.as_str() {
                    "rule" | "mark" | "result" | "report" | "base" | "record" | "light" => {}
                    "files" => value.as_object().unwrap().values().for_each(|file| field_names(file, names)),
                    _ => field_names(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| field_names(item, names)),
        _ => {}
    }
}

/// G9: every file of vectors and every field is documented.
#[test]
fn fields_of_the_vectors() {
    let text = fs::read_to_string(root().join("spec/vectors/README.md")).unwrap();
    let mut seen = 0;
    for (path, vectors) in files("spec/vectors", &["json"]) {
        if path.components().any(|part| part.as_os_str() == "records") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap();
        assert!(text.contains(&format!("**`{file}`**")), "{file}");
        let mut names = BTreeSet::new();
        let mut value: Value = serde_json::from_str(&vectors).unwrap();
        // The fields of results, rules and decisions are described in the text.
        if file == "contests.json" || file == "published.json" {
            for vector in value.as_array_mut().unwrap() {
                ["rule", "decision", "expected"].iter().for_each(|field| vector[*field] = Value::Null);
                for outcome in vector["outcomes"].as_array_mut().into_iter().flatten() {
                    ["result", "by_lot", "without_quorum"].iter().for_each(|field| outcome[*field] = Value::Null);
                }
            }
        }
        if file == "records.json" {
            value = value["statements"].take();
        }
        // The place of a failure in an expected report is that of a report.
        if file == "changed-records.json" {
            value.as_array_mut().unwrap().iter_mut().for_each(|vector| vector["expected"]["failures"] = Value::Null);
        }
        if file == "manifests.json" {
            value.as_array_mut().unwrap().iter_mut().skip(1).for_each(|vector| vector["edits"] = Value::Null);
        }
        field_names(&value, &mut names);
        for name in names {
            assert!(text.contains(&format!("`{name}`")), "{file}: {name}");
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}
