//! An error whose sentence quotes another error does not return it as its source as well: a program that prints the
//! sources would print it twice.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The variants that are both quoted and a source.
fn printed_twice(text: &str) -> Vec<&str> {
    let variants = text.split("#[error(").skip(1);
    let bad = variants.filter_map(|rest| {
        let (sentence, variant) = rest.split_once(")]")?;
        let variant = variant.trim_start().lines().next()?;
        (sentence.contains("{0}") && (variant.contains("(#[from]") || variant.contains("(#[source]")))
            .then_some(variant)
    });
    bad.collect()
}

#[test]
fn no_error_is_printed_twice() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates"), &mut files);
    assert!(files.iter().any(|file| file.ends_with("record/published.rs")), "the sources are not found");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(printed_twice(&text), [""; 0], "{}", file.display());
    }
}

#[test]
fn a_quoted_source_is_found() {
    let bad = "#[error(\"not a ballot: {0}\")]\n    Encoding(#[from] DecodeError),\n";
    assert_eq!(printed_twice(bad), ["Encoding(#[from] DecodeError),"]);
    assert_eq!(printed_twice(&bad.replace("#[from] ", "")), [""; 0]);
    assert_eq!(printed_twice("#[error(transparent)]\n    Encoding(#[from] DecodeError),\n"), [""; 0]);
}
