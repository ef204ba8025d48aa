//! Links between the documents lead somewhere, and the index of `docs/` is complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents of the repository, with their paths from its root.
fn documents() -> Vec<PathBuf> {
    const GENERATED: [&str; 4] = ["target", "node_modules", "dist", "record"];
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let (name, path) = (entry.file_name().into_string().unwrap(), folder.join(entry.file_name()));
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && !GENERATED.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found
}

fn text(document: &Path) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

/// The document without its blocks of code.
fn prose(document: &Path) -> String {
    let text = text(document);
    text.split("\n```").step_by(2).collect()
}

/// The anchors of the headings, in the form that GitHub generates.
fn anchors(document: &Path) -> BTreeSet<String> {
    let text = prose(document);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept: String = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// The path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leaves the repository", path.display()),
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for document in documents() {
        let text = prose(&document);
        for (place, _) in text.match_indices("](") {
            let link = &text[place + 2..];
            let link: String = link[..link.find(')').unwrap()].split_whitespace().collect();
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => plain(&document.parent().unwrap().join(path)),
            };
            assert!(root().join(&target).exists(), "{}: {link}", document.display());
            assert!(anchor.is_empty() || anchors(&target).contains(anchor), "{}: {link}", document.display());
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed} links");
}

#[test]
fn the_index_lists_every_document() {
    let index = text(Path::new("docs/README.md"));
    for document in documents() {
        let Ok(inside) = document.strip_prefix("docs") else { continue };
        let link = format!("({})", inside.display());
        assert!(inside == Path::new("README.md") || index.contains(&link), "docs/README.md lacks {link}");
    }
}

/// Somebody with a role finds the same four parts on every page; the board's page has them for the board and its
/// witnesses together.
#[test]
fn the_page_of_a_role_has_four_parts() {
    let mut pages = 0;
    for document in documents().iter().filter(|document| document.starts_with("docs/roles")) {
        let text = text(document);
        let parts: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        let expected = ["## What you need", "## What you do", "## What you must keep", "## What you must never do"];
        assert_eq!(parts, expected, "{}", document.display());
        pages += 1;
    }
    assert_eq!(pages, 6);
}

/// The first page of the library sends every embedder to modules, and each of these has an example that runs.
#[test]
fn modules_to_start_from_have_an_example() {
    let first = text(Path::new("crates/ballotta/src/lib.rs"));
    let table = first.lines().filter(|line| line.starts_with("//! | a") && line.contains("[`"));
    let modules: BTreeSet<&str> = table.flat_map(|line| line.rsplit('|').nth(1).unwrap().split('`')).collect();
    let modules = modules.into_iter().filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let mut found = 0;
    for module in modules.filter(|name| !name.is_empty()) {
        let source = text(&Path::new("crates/ballotta/src").join(module).with_extension("rs"));
        let page: Vec<&str> = source.lines().take_while(|line| line.starts_with("//!")).collect();
        let examples = page.iter().position(|line| *line == "//! # Examples");
        let block = examples.is_some_and(|begin| page[begin..].contains(&"//! ```"));
        assert!(block, "the documentation of {module} has no example");
        found += 1;
    }
    assert!(found >= 12, "{found} modules");
}
