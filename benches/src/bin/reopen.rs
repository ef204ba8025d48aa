//! Cuts the record of a demo back to the last entry before its closing, so that `board add` can be measured on a board of
//! many ballots: `reopen DEMO`. The key of the board is in the demo's folder of secrets.

use std::error::Error;
use std::fs;
use std::path::Path;

use ballotta::board::board_signer;
use ballotta::board::entry::{Entry, EntryKind};
use ballotta::board::tiles::{bundle_paths, decode_bundle, encode_bundle};
use ballotta::hash::FileHash;
use ballotta::manifest::Manifest;
use ballotta::merkle::{Frontier, leaf_hash};

fn main() -> Result<(), Box<dyn Error>> {
    let demo = std::env::args().nth(1).ok_or("usage: reopen DEMO")?;
    let (record, key) = (Path::new(&demo).join("record"), Path::new(&demo).join("secrets/board.key"));
    let manifest = Manifest::parse(&fs::read(record.join("manifest.json"))?)?;
    let text = fs::read_to_string(record.join("checkpoint"))?;
    let size: u64 = text.lines().nth(1).ok_or("a checkpoint without a size")?.parse()?;

    let mut entries: Vec<Vec<u8>> = Vec::new();
    for path in bundle_paths(size) {
        let bundle = fs::read(record.join(path.to_string()))?;
        entries.extend(decode_bundle(&bundle, path.width())?.into_iter().map(<[u8]>::to_vec));
    }
    let is_closing = |entry: &Vec<u8>| Entry::decode(entry).is_ok_and(|entry| entry.kind() == EntryKind::Close);
    entries.truncate(entries.iter().position(is_closing).ok_or("the voting is not closed")?);

    fs::remove_dir_all(record.join("tile"))?;
    for path in bundle_paths(entries.len() as u64) {
        let (first, file) = (path.first() as usize, record.join(path.to_string()));
        fs::create_dir_all(file.parent().ok_or("a bundle without a folder")?)?;
        fs::write(file, encode_bundle(&entries[first..first + usize::from(path.width())])?)?;
    }
    // The second line is 32 bytes in hexadecimal, as a hash is.
    let key = fs::read_to_string(key)?;
    let seed: FileHash = key.lines().nth(1).ok_or("a key without a second line")?.parse()?;
    let head = entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
    let signer = board_signer(&manifest, seed.as_bytes())?;
    fs::write(record.join("checkpoint"), signer.sign_checkpoint(&head).to_string())?;
    for file in ["closing-checkpoint", "SHA256SUMS", "README.md"] {
        fs::remove_file(record.join(file))?;
    }
    for folder in ["decryption", "result"] {
        fs::remove_dir_all(record.join(folder))?;
    }
    println!("{} entries", entries.len());
    Ok(())
}
