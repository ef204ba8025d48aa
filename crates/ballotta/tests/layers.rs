//! The layers of the library: which module may import from which.
//!
//! The list in the documentation of `lib.rs` is the order. A module imports only from modules before it. Inside a module, a
//! file may use what its parent file defines, and a parent file may use its children; apart from that, no files import from
//! each other in a circle. A name that a file re-exports counts as an import from the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module that is a file, or a name in one: `["contest", "choose"]`. The root of the crate is empty.
type Name = Vec<String>;

/// An imported name, as it is written and with the name that the importing file gives to it.
struct Import {
    path: Name,
    alias: String,
}

/// All files of the library and what each imports from others.
struct Library {
    files: BTreeMap<Name, Vec<Import>>,
}

impl Library {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut paths = Vec::new();
        list_files(&root, &mut paths);
        let mut files = BTreeMap::new();
        for path in paths {
            let module = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Name = module.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if module == ["lib"] {
                module.clear();
            }
            let source = fs::read_to_string(&path).unwrap();
            files.insert(module.clone(), imports(&tokens(&source), &module));
        }
        Self { files }
    }

    /// The file that a path leads to, as it is written.
    fn file_of(&self, path: &[String]) -> Name {
        let known = (0..=path.len()).rev().map(|length| &path[..length]).find(|name| self.files.contains_key(*name));
        known.unwrap_or_default().to_vec()
    }

    /// The file that defines the name at the end of a path: re-exports are followed.
    fn definition(&self, path: &[String]) -> Name {
        let file = self.file_of(path);
        let Some(name) = path.get(file.len()) else { return file };
        match self.files[&file].iter().find(|import| import.alias == *name) {
            Some(import) if self.file_of(&import.path) != file => self.definition(&import.path),
            _ => file,
        }
    }

    /// For each file, the files that define what it imports. Parents and their children are not listed.
    fn graph(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        let related = |one: &Name, other: &Name| one.starts_with(other) || other.starts_with(one);
        let edges = |(file, imports): (_, &Vec<Import>)| {
            let found = imports.iter().map(|import| self.definition(&import.path));
            (file, found.filter(|found| !related(file, found)).collect())
        };
        self.files.iter().map(edges).collect()
    }
}

fn list_files(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if ["tests", "testing"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            list_files(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// The words and signs of a source file, without comments, literals and what is compiled for tests only.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            literal(rest, '"')
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").unwrap() + 5
        } else if first == '\'' {
            // A lifetime has no closing quote after its first character.
            let closed = rest[1..].starts_with('\\') || rest[1..].chars().nth(1) == Some('\'');
            if closed { literal(rest, '\'') } else { 1 }
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let length = match rest.find(|character| !is_word(character)) {
                Some(0) if rest.starts_with("::") => 2,
                Some(0) => first.len_utf8(),
                found => found.unwrap_or(rest.len()),
            };
            tokens.push(rest[..length].to_owned());
            length
        };
        rest = &rest[length..];
    }
    without_tests(&tokens)
}

/// How long a literal is that begins and ends with this quote.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let is_end = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped;
        is_end
    });
    end.unwrap().0 + 1
}

/// The tokens without the items that have the attribute `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let [first, others @ ..] = rest {
        if !rest.starts_with(&ATTRIBUTE.map(str::to_owned)) {
            kept.push(first.clone());
            rest = others;
            continue;
        }
        let mut depth = 0_usize;
        let end = rest.iter().skip(ATTRIBUTE.len()).position(|token| {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            depth == 0 && [";", "}"].contains(&token.as_str())
        });
        rest = &rest[ATTRIBUTE.len() + end.unwrap() + 1..];
    }
    kept
}

/// All paths of a file that begin with `crate`, `self` or `super`, from the root of the crate.
fn imports(tokens: &[String], module: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let [first, others @ ..] = rest {
        let is_path = others.first().is_some_and(|next| next == "::");
        rest = match first.as_str() {
            "crate" | "self" | "super" if is_path => tree(rest, &[], module, &mut found),
            _ => others,
        };
    }
    found
}

/// Reads a path or a tree of paths in braces after `prefix`, and returns what follows it.
fn tree<'t>(mut rest: &'t [String], prefix: &[String], module: &[String], found: &mut Vec<Import>) -> &'t [String] {
    let mut path = prefix.to_vec();
    let mut is_relative = prefix.is_empty();
    let mut alias = None;
    while let [first, others @ ..] = rest {
        rest = others;
        match first.as_str() {
            "{" => {
                while rest[0] != "}" {
                    rest = tree(rest, &path, module, found);
                    rest = if rest[0] == "," { &rest[1..] } else { rest };
                }
                return &rest[1..];
            }
            "crate" => {}
            "self" if is_relative => path = module.to_vec(),
            // `self` in braces is the module before them.
            "self" => {}
            "super" => {
                if is_relative {
                    path = module.to_vec();
                }
                path.pop();
            }
            name => path.push(name.to_owned()),
        }
        is_relative = false;
        match rest {
            [next, others @ ..] if next == "::" => rest = others,
            [next, name, others @ ..] if next == "as" => {
                alias = Some(name.clone());
                rest = others;
                break;
            }
            _ => break,
        }
    }
    let alias = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    found.push(Import { path, alias });
    rest
}

/// The modules in their order, from the documentation of `lib.rs`.
fn order() -> Vec<String> {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut lines = lib.lines().skip_while(|line| *line != "//! ```text").skip(1);
    let list: String = lines.by_ref().take_while(|line| *line != "//! ```").map(|line| &line[3..]).collect();
    list.split("->").map(|module| module.trim().to_owned()).collect()
}

#[test]
fn modules_import_only_from_those_before_them() {
    let order = order();
    let library = Library::read();
    // The manual is documentation and nothing else.
    let modules: BTreeSet<&String> =
        library.files.keys().filter_map(|file| file.first()).filter(|name| *name != "manual").collect();
    let listed: BTreeSet<&String> = order.iter().collect();
    assert_eq!(modules, listed, "the list in the documentation of lib.rs does not name every module once");
    assert_eq!(order.len(), listed.len(), "the list in the documentation of lib.rs names a module twice");
    let position = |module: &str| order.iter().position(|name| name == module);
    let mut faults = Vec::new();
    for (file, imports) in &library.files {
        for import in imports {
            if let (Some(from), Some(to)) = (file.first(), import.path.first())
                && modules.contains(to)
                && position(to) > position(from)
            {
                let (file, path) = (file.join("::"), import.path.join("::"));
                faults.push(format!("{file} imports crate::{path}, but {to} comes after {from} in lib.rs"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    let library = Library::read();
    let graph = library.graph();
    let reachable = |start: &Name| {
        let mut reached: BTreeSet<&Name> = BTreeSet::new();
        let mut next: Vec<&Name> = graph[start].iter().collect();
        while let Some(file) = next.pop() {
            if reached.insert(file) {
                next.extend(&graph[file]);
            }
        }
        reached
    };
    let reachable: BTreeMap<&Name, BTreeSet<&Name>> = graph.keys().map(|file| (*file, reachable(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in &reachable {
        if reached.contains(*file) {
            let circle = reached.iter().filter(|other| reachable[**other].contains(*file));
            circles.insert(circle.map(|file| file.join("::")).collect::<Vec<String>>());
        }
    }
    let imports = |circle: &Vec<String>| {
        let is_of_circle = |file: &Name| circle.contains(&file.join("::"));
        let files = graph.iter().filter(|(file, _)| is_of_circle(file));
        let edges = files.flat_map(|(file, found)| found.iter().map(move |found| (*file, found)));
        let edges = edges.filter(|(_, found)| is_of_circle(found));
        edges.map(|(file, found)| format!("{} imports from {}\n", file.join("::"), found.join("::"))).collect()
    };
    assert!(
        circles.is_empty(),
        "files import from each other in a circle:\n{}",
        circles.iter().map(imports).collect::<Vec<String>>().join("\n")
    );
}

#[test]
fn paths_are_found_wherever_they_are() {
    let source = "
        // use crate::comment::No;
        use crate::{a::{self, B as C}, d::*};
        pub(in super::super) use super::e::{F, g::H};
        fn f() -> crate::i::J { \"crate::k::L\"; '\"'; self::m::n(); super::super::o() }
        #[cfg(test)]
        mod tests { use crate::p::Q; }
        use crate::SUITE;
    ";
    let module = ["x", "y"].map(str::to_owned);
    let found = imports(&tokens(source), &module);
    let found: Vec<(String, &str)> =
        found.iter().map(|import| (import.path.join("::"), import.alias.as_str())).collect();
    let expected =
        ["a a", "a::B C", "d::* *", " ", "x::e::F F", "x::e::g::H H", "i::J J", "x::y::m::n n", "o o", "SUITE SUITE"];
    assert_eq!(found.iter().map(|(path, alias)| format!("{path} {alias}")).collect::<Vec<_>>(), expected);
}
