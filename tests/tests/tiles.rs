//! Tiles of hashes, the proofs out of them, and checkpoints, against a naive tree and against the packages `tlog_tiles` and
//! `signed_note`, which read what we write and write what we read.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ballotta::board::note::{KeyKind, NoteKey, NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{LastTiles, TileError, TilePath, decode_hashes, hash_tile_paths, partial_tiles};
use ballotta::hash::TreeHash;
use ballotta::merkle::{Frontier, LogError, TreeHead, consistency_proof, inclusion_proof, leaf_hash};
use ballotta::record::{MemoryRecord, ReadError, TiledLog, TiledLogError};
use ballotta_tests::base64;
use ballotta_tests::light::hash_tiles;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::checkpoint::Checkpoint;
use tlog_tiles::tile::{Tile, TileHashReader, TileReader};
use tlog_tiles::tlog::{
    Error, Hash, HashReader, check_record, check_tree, prove_record, prove_tree, stored_hash_index, stored_hashes,
};

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(size: u64) -> Vec<TreeHash> {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

fn head(leaves: &[TreeHash]) -> TreeHead {
    leaves.iter().copied().collect::<Frontier>().head()
}

/// The tiles of a log that grew from nothing to these leaves, as files.
fn tiles(leaves: &[TreeHash]) -> MemoryRecord {
    let (files, last) = hash_tiles(leaves.iter().copied());
    assert_eq!(last.head(), head(leaves));
    assert_eq!(last.frontier(), leaves.iter().copied().collect());
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|(path, tile)| (path.to_string(), tile)).collect();
    let paths: Vec<String> = hash_tile_paths(leaves.len() as u64).map(|path| path.to_string()).collect();
    assert!(paths.iter().all(|path| files.contains_key(path)) && files.len() == paths.len(), "{}", leaves.len());
    MemoryRecord { files }
}

/// Sizes of logs: all small ones, and those around the ends of tiles and levels.
fn sizes() -> impl Iterator<Item = u64> {
    (0..=300).chain([511, 512, 513, 767, 768, 1025, 65_535, 65_536, 65_537, 66_000])
}

#[test]
fn proofs_from_tiles_are_those_of_a_naive_tree() {
    let all = leaves(66_000);
    for size in sizes() {
        let log = &all[..size as usize];
        let record = tiles(log);
        let tiled = TiledLog::new(&record, head(log));
        let step = (size / 40).max(1) as usize;
        for index in (0..size).step_by(step).chain(size.checked_sub(1)) {
            let proof = tiled.inclusion(index, &log[index as usize]);
            assert_eq!(proof, Ok(inclusion_proof(log, index).unwrap()), "{index} of {size}");
        }
        for older in (0..=size).step_by(step).chain([size]) {
            let proof = tiled.consistency(&head(&log[..older as usize]));
            assert_eq!(proof, Ok(consistency_proof(log, older).unwrap()), "{older} of {size}");
        }
        let outside = TiledLogError::Log(LogError::OutsideTree { index: size, size });
        assert_eq!(tiled.inclusion(size, &leaf_hash(b"")), Err(outside));
    }
}

#[test]
fn tiles_that_are_wrong_prove_nothing() {
    let all = leaves(70_000);
    let record = tiles(&all);
    let head = head(&all);
    let leaf = &all[300];
    assert!(TiledLog::new(&record, head).inclusion(300, leaf).is_ok());
    let changed = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut record = record.clone();
        change(record.files.get_mut(path).unwrap());
        TiledLog::new(&record, head).inclusion(300, leaf).unwrap_err()
    };
    let not_included = TiledLogError::Log(LogError::NotIncluded { index: 300, size: 70_000 });
    for path in ["tile/0/001", "tile/1/000", "tile/1/001.p/17", "tile/0/273.p/112"] {
        assert_eq!(changed(path, &|tile| tile[0] ^= 1), not_included, "{path}");
        let found = record.files[path].len() - 1;
        let hashes = record.files[path].len() as u64 / 32;
        let short = TiledLogError::Tile { path: path.into(), error: TileError::HashBytes { hashes, found } };
        assert_eq!(changed(path, &|tile| _ = tile.pop()), short);
        let mut record = record.clone();
        record.files.remove(path);
        let missing = TiledLogError::File { path: path.into(), error: ReadError::Missing };
        assert_eq!(TiledLog::new(&record, head).inclusion(300, leaf), Err(missing));
    }
    assert_eq!(TiledLog::new(&record, head).inclusion(301, leaf).unwrap_err(), {
        TiledLogError::Log(LogError::NotIncluded { index: 301, size: 70_000 })
    });
    let other = TreeHead { size: 300, root: head.root };
    let inconsistent = TiledLogError::Log(LogError::InconsistentHeads { older: 300, newer: 70_000 });
    assert_eq!(TiledLog::new(&record, head).consistency(&other), Err(inconsistent));
    let longer = TreeHead { size: 70_001, root: head.root };
    let shrunk = TiledLogError::Log(LogError::Shrunk { older: 70_001, newer: 70_000 });
    assert_eq!(TiledLog::new(&record, head).consistency(&longer), Err(shrunk));
    // A proof needs few tiles, whatever the size.
    let few = ["tile/0/001", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17"];
    let mut only = record.clone();
    only.files.retain(|path, _| few.contains(&path.as_str()));
    assert!(TiledLog::new(&only, head).inclusion(300, leaf).is_ok());
}

/// The last tiles that are read again continue the log.
#[test]
fn the_last_tiles_continue_a_log() {
    let all = leaves(1100);
    for size in [0, 1, 255, 256, 257, 1023, 1024] {
        let (before, after) = all.split_at(size);
        let record = tiles(before);
        let mut read = Vec::new();
        let mut last = LastTiles::read(size as u64, |path| {
            read.push(path);
            decode_hashes(&record.files[&path.to_string()], path.width())
        })
        .unwrap();
        let hashes = |tile: &TilePath| tile.to_string().starts_with("tile/entries/");
        assert_eq!(read, partial_tiles(size as u64).filter(|tile| !hashes(tile)).collect::<Vec<_>>());
        assert_eq!(last.head(), head(before));
        after.iter().for_each(|leaf| drop(last.push(*leaf)));
        assert_eq!(last.head(), head(&all), "{size}");
    }
    assert_eq!(LastTiles::read(5, |_| Err("lost")), Err("lost"));
}

/// Our files, for the other package.
struct Files(MemoryRecord);

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(tiles.iter().map(|tile| self.0.files[&path_of(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The path of a tile of the other package, which writes the height of its tiles into it.
fn path_of(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

/// All hashes that the other package stores for a log.
#[derive(Default)]
struct Stored(RefCell<Vec<Hash>>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        Ok(indexes.iter().map(|index| self.0.borrow()[*index as usize]).collect())
    }
}

#[test]
fn the_package_tlog_tiles_reads_our_tiles_and_writes_the_same() {
    let theirs = Stored::default();
    let mut stored = 0;
    let hash = |hash: &TreeHash| Hash(*hash.as_bytes());
    for size in sizes().filter(|size| (1..=1025).contains(size)) {
        for index in stored..size {
            let hashes = stored_hashes(index, &entry(index), &theirs).unwrap();
            assert_eq!(stored_hash_index(0, index), theirs.0.borrow().len() as u64);
            theirs.0.borrow_mut().extend(hashes);
        }
        stored = size;
        let log = leaves(size);
        let (ours, root) = (Files(tiles(&log)), hash(&head(&log).root));
        for tile in Tile::new_tiles(8, 0, size) {
            assert_eq!(tile.read_data(&theirs).unwrap(), ours.0.files[&path_of(&tile)], "{} of {size}", path_of(&tile));
        }
        let reader = TileHashReader::new(size, root, &ours);
        for index in [0, size / 3, size - 1] {
            let proof = prove_record(size, index, &reader).unwrap();
            let tiled = TiledLog::new(&ours.0, head(&log)).inclusion(index, &log[index as usize]).unwrap();
            assert_eq!(proof, tiled.iter().map(hash).collect::<Vec<_>>());
            check_record(&proof, size, root, index, hash(&log[index as usize])).unwrap();
        }
        for older in [1, size / 2, size - 1, size].into_iter().filter(|older| *older > 0) {
            let proof = prove_tree(size, older, &reader).unwrap();
            let before = head(&log[..older as usize]);
            let tiled = TiledLog::new(&ours.0, head(&log)).consistency(&before).unwrap();
            assert_eq!(proof, tiled.iter().map(hash).collect::<Vec<_>>());
            check_tree(&proof, size, root, older, hash(&before.root)).unwrap();
        }
    }
}

#[test]
fn the_package_signed_note_reads_our_checkpoints_and_writes_the_same() {
    const NAME: &str = "board.example/0123456789abcdef";
    let (skey, vkey) = {
        let signer = NoteSigner::from_seed(NAME, &[7; 32]).unwrap();
        // The secret key of the other package has the same key id.
        let vkey = signer.key().to_string();
        let id = vkey.split('+').nth(1).unwrap().to_owned();
        let secret = base64(&[&[1], [7; 32].as_slice()].concat());
        (format!("PRIVATE+KEY+{NAME}+{id}+{secret}"), vkey)
    };
    let log = leaves(300);
    let ours = NoteSigner::from_seed(NAME, &[7; 32]).unwrap().sign_checkpoint(&head(&log)).to_string();
    let note = Note::from_bytes(ours.as_bytes()).unwrap();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);
    let (verified, unverified) = note.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let read = Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((read.origin(), read.size(), read.hash().0), (NAME, 300, *head(&log).root.as_bytes()));

    let text = Checkpoint::new(NAME, 300, Hash(*head(&log).root.as_bytes()), "").unwrap().to_bytes();
    let mut note = Note::new(&text, &[]).unwrap();
    let signer = StandardSigner::new(&skey).unwrap();
    note.add_sigs(&[&signer as &dyn Signer]).unwrap();
    let theirs = note.to_bytes();
    assert_eq!(String::from_utf8(theirs.clone()).unwrap(), ours);
    let public = NoteSigner::from_seed(NAME, &[7; 32]).unwrap();
    let key = NoteKey::new(NAME, KeyKind::Ed25519, public.key().as_bytes()).unwrap();
    let parsed = SignedCheckpoint::parse(&theirs).unwrap();
    assert_eq!(*parsed.verify(&key).unwrap().head(), head(&log));
}
