//! Fault H1, in the source: no code of the library, of `ballotta-io` or of the command drops the error of a read. A file
//! that cannot be read is never missing, void or refused.
//!
//! The test reads the source as text. It finds calls that read, and follows what is called on their results: `.ok()`,
//! `.is_ok()`, `.unwrap_or_default()` and others, `let Ok(..)`, and `Err(_) =>` of a `match`. It also finds `.exists()`.

use std::fs;
use std::path::{Path, PathBuf};

/// Where an error of a read may be dropped: file, the text of the line, and why it is right there.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "ballotta-cli/src/restore.rs",
        "Err(_) => return Ok(read_at_most(file, MAX_MESSAGE_BYTES, \"a file of a record\").ok()),",
        "whoever adds the file reads it again, and says what is wrong",
    ),
    (
        "ballotta-cli/src/restore.rs",
        "let bound = bound.get_or_insert_with(|| BoundFiles::read(source, manifest.clone(), &mut system_rng()).ok());",
        "whoever opens the board reads it again, and says what is wrong",
    ),
    (
        "ballotta-cli/src/status.rs",
        "let lost = BoundFiles::read(source, manifest.clone(), rng).ok().and_then(|bound| bound.lost(source, rng).ok());",
        "the report says what cannot be read",
    ),
    (
        "ballotta/src/verifier/select.rs",
        "let read = read_file(self.source, path, limit);",
        "the error is reported before: `not_read`",
    ),
    (
        "ballotta/src/voter/fetch.rs",
        "Some(record::read_head(&self.record, &manifest).ok()?.size)",
        "the record is in memory; a checkpoint that the board did not sign makes nobody fetch more",
    ),
    (
        "ballotta-cli/src/verify.rs",
        "None => read_manifest(&source).ok().map(|manifest| manifest.kind()),",
        "only the mark of a rehearsal; the report has the error, and there is no verdict",
    ),
    (
        "ballotta-cli/src/inspect.rs",
        "Ok(record.and_then(|record| read_manifest(&FolderRecord::new(record)).ok()))",
        "only titles; `inspect` shows one file, of a record that need not be valid, and draws no conclusion",
    ),
    (
        "ballotta-cli/src/trustee.rs",
        "if let Ok(election) = read_election(&record.source) {",
        "only a better message; the verification after it reads the record again and reports the error",
    ),
    (
        "ballotta-cli/src/witness.rs",
        "let election = Record::visit(source, manifest, &self.pins.board, push)?.into_election();",
        "a witness cosigns the history of a board, which was read, also before there is an election",
    ),
    (
        "ballotta-cli/src/reading.rs",
        "let Ok(manifest) = record::read_manifest(&source) else { return Ok(None) };",
        "the whole record is read then, which begins with the manifest and reports the error",
    ),
    (
        "ballotta-cli/src/reading.rs",
        "let read = LightElection::read(&source, kept.as_ref(), &mut system_rng());",
        "small parts that cannot be read or are wrong say nothing; the whole record is read then, and reports what is wrong",
    ),
    (
        "ballotta-cli/src/record.rs",
        "let listed = source.list().ok().flatten()?;",
        "only a better remedy, for a place that has no manifest",
    ),
    (
        "ballotta-cli/src/record.rs",
        "let there = self.record.join(record::CHECKPOINT).exists();",
        "only a better remedy; `BoardFolder::create` looks again, and says that it cannot read",
    ),
    (
        "ballotta-io/src/board.rs",
        "if fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none()) {",
        "an empty folder is removed for tidiness only",
    ),
    (
        "ballotta-io/src/files.rs",
        "if fs::symlink_metadata(part).is_ok() {",
        "an unfinished file is removed for tidiness only; the next write removes it or fails",
    ),
    (
        "ballotta-cli/src/ballot_box.rs",
        "let noted = read_at_most(&path, MAX_CHECKPOINT_BYTES, \"a checkpoint\").ok();",
        "a warning says that nobody knows whether the record is an old copy",
    ),
    (
        "ballotta-io/src/index.rs",
        "let aborted = match fs::symlink_metadata(&mark.0) {",
        "the index is made again from the record, which reads everything and reports what it cannot read",
    ),
];

/// Functions and methods that read. Of a name that others have as well, the text before the call or the arguments must
/// contain the second text.
const READS: &[(&str, Where)] = &[
    ("read_file", Where::Anywhere),
    ("read_checkpoint", Where::Anywhere),
    ("read_parts", Where::Anywhere),
    ("read_exact_at", Where::Anywhere),
    ("read_manifest", Where::Anywhere),
    ("read_head", Where::Anywhere),
    ("read_context", Where::Anywhere),
    ("read_election", Where::Anywhere),
    ("into_election", Where::Anywhere),
    ("read_at_most", Where::Anywhere),
    ("read_to_end", Where::Anywhere),
    ("open_regular", Where::Anywhere),
    ("ballots_backwards", Where::Anywhere),
    ("ballot_info", Where::Anywhere),
    ("read_ballots", Where::Anywhere),
    ("read_info", Where::Anywhere),
    ("ledger_entry", Where::Anywhere),
    ("candidate", Where::Argument("source")),
    ("find", Where::Argument("source")),
    ("entries", Where::Argument("source")),
    ("line", Where::Argument("source")),
    ("length", Where::Argument("path")),
    ("list", Where::Before(")")),
    ("list", Where::Before("source")),
    ("entry", Where::Before("folder")),
    ("read", Where::Before("message_file::")),
    ("read", Where::Before("fs::")),
    ("read", Where::Before("Bundle::")),
    ("read", Where::Before("PublishedRoll::")),
    ("read", Where::Before("PublishedBoard::")),
    ("read", Where::Argument("source")),
    ("read_to_string", Where::Anywhere),
    ("read_dir", Where::Anywhere),
    ("read_link", Where::Anywhere),
    ("metadata", Where::Before("fs::")),
    ("symlink_metadata", Where::Anywhere),
    ("try_exists", Where::Anywhere),
    ("open", Where::Before("File::")),
];

#[derive(Clone, Copy)]
enum Where {
    Anywhere,
    /// The text before the name ends with this, or with it and a dot.
    Before(&'static str),
    /// The arguments contain this.
    Argument(&'static str),
}

/// What drops the error of a `Result` on which it is called.
const DROPS: &[&str] = &[
    "ok",
    "is_ok",
    "is_err",
    "is_ok_and",
    "is_err_and",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "flatten",
    "map_or",
    "map_or_else",
    "into_iter",
    "iter",
];

/// What leaves the error as it is, or adds to it.
const KEEPS: &[&str] =
    &["map", "map_err", "and_then", "with_context", "context", "inspect", "inspect_err", "take", "lock"];

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, files);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "testing.rs" {
            files.push(path);
        }
    }
}

/// The code of a file without its tests. Comments and the content of texts are blanks, so that positions stay the same.
fn code(text: &str) -> Vec<u8> {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let mut code = text.as_bytes()[..end].to_vec();
    let blank = |code: &mut [u8]| code.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    let mut at = 0;
    while at < code.len() {
        if code[at..].starts_with(b"//") {
            let length = code[at..].iter().position(|byte| *byte == b'\n').unwrap_or(code.len() - at);
            blank(&mut code[at..at + length]);
            at += length;
        } else if code[at] == b'"' {
            let mut end = at + 1;
            while end < code.len() && code[end] != b'"' {
                end += if code[end] == b'\\' { 2 } else { 1 };
            }
            blank(&mut code[at + 1..end]);
            at = end + 1;
        } else if code[at..].starts_with(b"'\"'") || code[at..].starts_with(b"'\\''") {
            let length = if code[at + 1] == b'\\' { 4 } else { 3 };
            blank(&mut code[at..at + length]);
            at += length;
        } else {
            at += 1;
        }
    }
    code
}

fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// The position after the bracket that closes the one at `open`.
fn after_bracket(code: &[u8], open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// Follows the methods that are called on the result that ends at `at`. Returns the one that drops the error, and
/// otherwise where the chain ends.
fn follow(code: &[u8], mut at: usize) -> Result<usize, String> {
    loop {
        while code.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if code.get(at) != Some(&b'.') {
            return Ok(at);
        }
        let start = at + 1;
        let mut end = start;
        while code.get(end).copied().is_some_and(is_name) {
            end += 1;
        }
        let name = String::from_utf8_lossy(&code[start..end]).into_owned();
        if DROPS.contains(&name.as_str()) {
            return Err(name);
        }
        if !KEEPS.contains(&name.as_str()) || code.get(end) != Some(&b'(') {
            return Ok(at);
        }
        at = after_bracket(code, end);
    }
}

/// The text of the statement before `at`.
fn before(code: &[u8], at: usize) -> String {
    let start = code[..at].iter().rposition(|byte| [b';', b'{', b'}'].contains(byte)).map_or(0, |start| start + 1);
    String::from_utf8_lossy(&code[start..at]).into_owned()
}

/// How the error of the value from `start` to `end` is dropped, if it is.
fn dropped(code: &[u8], start: usize, end: usize) -> Option<String> {
    let after = match follow(code, end) {
        Ok(after) => after,
        Err(method) => return Some(method),
    };
    let statement = before(code, start);
    // Only what stands directly before the value: its receiver or its path belongs to it.
    let statement = statement.trim_end_matches(|c: char| c.is_alphanumeric() || "_.:&*".contains(c)).trim_end();
    let handles = code.get(after) == Some(&b'?');
    if handles {
        return None;
    }
    if statement.ends_with('=') && statement.contains("let Ok(") {
        return Some("let Ok(..)".into());
    }
    if statement.ends_with("let _ =") {
        return Some("let _".into());
    }
    if statement.ends_with("match") && code.get(after) == Some(&b'{') {
        let arms = String::from_utf8_lossy(&code[after..after_bracket(code, after)]).into_owned();
        return arms.contains("Err(_) =>").then(|| "Err(_) =>".into());
    }
    None
}

/// The reads of a file whose errors are dropped: position, and how.
fn dropped_reads(code: &[u8]) -> Vec<(usize, String)> {
    let text = String::from_utf8_lossy(code).into_owned();
    let mut all = Vec::new();
    for (name, place) in READS {
        for (at, _) in text.match_indices(name) {
            let open = at + name.len();
            if code.get(open) != Some(&b'(') || at > 0 && is_name(code[at - 1]) || text[..at].ends_with("fn ") {
                continue;
            }
            let end = after_bracket(code, open);
            let is_read = match place {
                Where::Anywhere => true,
                Where::Before(prefix) => text[..at].trim_end_matches('.').ends_with(prefix),
                Where::Argument(argument) => text[open..end].contains(argument),
            };
            if !is_read {
                continue;
            }
            if let Some(how) = dropped(code, at, end) {
                all.push((at, how));
                continue;
            }
            // The result has a name: what is done with it in the rest of the function?
            let statement = before(code, at);
            let Some((_, binding)) = statement.rsplit_once("let ") else { continue };
            let Some(variable) = binding.split(['=', ':']).next().map(|name| name.trim().trim_start_matches("mut "))
            else {
                continue;
            };
            let is_result = matches!(follow(code, end), Ok(after) if code.get(after) == Some(&b';'));
            if !is_result || variable.is_empty() || !variable.bytes().all(is_name) {
                continue;
            }
            let rest = &text[end..];
            let rest = &rest[..rest.find("\n    }\n").or(rest.find("\n}\n")).unwrap_or(rest.len())];
            for (offset, _) in rest.match_indices(variable) {
                let (start, stop) = (end + offset, end + offset + variable.len());
                let is_variable = !is_name(code[start - 1]) && code[start - 1] != b'.' && !is_name(code[stop]);
                if let Some(how) = is_variable.then(|| dropped(code, start, stop)).flatten() {
                    all.push((at, how));
                }
            }
        }
    }
    // `Path::exists` returns a `bool`: it takes an error for the answer that there is nothing.
    all.extend(text.match_indices(".exists()").map(|(at, _)| (at, "exists".to_owned())));
    all.sort();
    all.dedup();
    all
}

#[test]
fn h1_no_error_of_a_read_is_dropped() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let (mut found, mut used) = (Vec::new(), vec![false; ALLOWED.len()]);
    for name in ["ballotta", "ballotta-io", "ballotta-cli"] {
        let mut files = Vec::new();
        sources(&crates.join(name).join("src"), &mut files);
        assert!(files.len() > 3, "{name}");
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            let shown = path.strip_prefix(&crates).unwrap().to_str().unwrap().to_owned();
            for (at, how) in dropped_reads(&code(&text)) {
                let number = text[..at].matches('\n').count();
                let line = text.lines().nth(number).unwrap().trim();
                match ALLOWED.iter().position(|(file, allowed, _)| *file == shown && *allowed == line) {
                    Some(place) => used[place] = true,
                    None => found.push(format!("{shown}:{}: {how}: {line}", number + 1)),
                }
            }
        }
    }
    assert!(found.is_empty(), "the error of a read is dropped:\n{}", found.join("\n"));
    for ((file, line, _), used) in ALLOWED.iter().zip(used) {
        assert!(used, "{file} has no such line any more, so that it needs no exception: {line}");
    }
}

/// The test itself: what it must find, and what it must not find.
#[test]
fn h1_the_test_finds_dropped_errors() {
    let find = |text: &str| dropped_reads(&code(text)).into_iter().map(|(_, how)| how).collect::<Vec<_>>();
    for (text, how) in [
        ("fn a() { let line = roll.find(source, &credential).ok()??; }", "ok"),
        ("fn a() { source\n    .length(path)\n    .unwrap_or_default() }", "unwrap_or_default"),
        ("fn a() { if let Ok(bytes) = fs::read(path) { go(); } }", "let Ok(..)"),
        ("fn a() { let Ok(bytes) = read_file(source, path, 3) else { return None }; }", "let Ok(..)"),
        ("fn a() { match read_file(source, path, 3) { Ok(it) => it, Err(_) => return } }", "Err(_) =>"),
        ("fn a() {\n    let read = read_file(source, path, 3).map_err(|error| log(error));\n    read.ok()\n}", "ok"),
        (
            "fn a() {\n    let read = File::open(path);\n    match read { Ok(it) => it, Err(_) => return }\n}",
            "Err(_) =>",
        ),
        ("fn a() { if path.exists() { go() } }", "exists"),
        ("fn a() { fs::read_dir(path).is_ok_and(|files| go(files)) }", "is_ok_and"),
    ] {
        assert_eq!(find(text), [how], "{text}");
    }
    for text in [
        "fn a() { let bytes = read_file(source, path, 3)?; }",
        "fn a() { let read = read_file(source, path, 3).map_err(Error::file(path))?; read.ok() }",
        "fn a() { match read_file(source, path, 3) { Ok(it) => it, Err(error) => return Err(error) } }",
        "fn a() { // fs::read(path).ok()\n }",
        "fn a() { list.iter().find(|line| line.is_new()).ok() }",
        "#[cfg(test)]\nmod tests { fn a() { fs::read(path).ok() } }",
    ] {
        assert!(find(text).is_empty(), "{text}: {:?}", find(text));
    }
}
