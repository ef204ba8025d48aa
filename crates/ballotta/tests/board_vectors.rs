//! The board against what others wrote: vectors, a tree built naively, and bytes changed at random.

use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::{Cosigner, KeyKind, Note, NoteKey, NoteSignature, NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{Level, TilePath, bundle_paths, decode_bundle, encode_bundle, hash_tile_paths};
use ballotta::hash::TreeHash;
use ballotta::merkle::{Frontier, LogError, TreeHead, consistency_proof, inclusion_proof, leaf_hash, node_hash};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

#[derive(Deserialize)]
struct Merkle {
    leaves: Vec<String>,
    roots: Vec<String>,
    inclusion: Vec<Inclusion>,
    consistency: Vec<Consistency>,
}

#[derive(Deserialize)]
struct Inclusion {
    tree_size: u64,
    index: u64,
    proof: Vec<String>,
}

#[derive(Deserialize)]
struct Consistency {
    size1: u64,
    size2: u64,
    proof: Vec<String>,
}

#[derive(Deserialize)]
struct C2sp {
    note: VerifiableNote,
    note_of_an_unknown_key: String,
    checkpoint: String,
    cosigned_checkpoint: String,
    tiles: Tiles,
}

#[derive(Deserialize)]
struct VerifiableNote {
    vkey: String,
    note: String,
}

#[derive(Deserialize)]
struct Tiles {
    index: u64,
    written_index: String,
    sizes: Vec<TreeTiles>,
}

#[derive(Deserialize)]
struct TreeTiles {
    size: u64,
    levels: Vec<LevelTiles>,
}

#[derive(Deserialize)]
struct LevelTiles {
    full: usize,
    partial: u16,
}

fn merkle() -> Merkle {
    serde_json::from_str(include_str!("vectors/rfc6962_merkle.json")).unwrap()
}

fn c2sp() -> C2sp {
    serde_json::from_str(include_str!("vectors/c2sp_notes_and_tiles.json")).unwrap()
}

fn hashes(hex: &[String]) -> Vec<TreeHash> {
    hex.iter().map(|hash| hash.parse().unwrap()).collect()
}

#[test]
fn the_tree_of_rfc_6962() {
    let Merkle { leaves, roots, inclusion, consistency } = merkle();
    let leaves: Vec<TreeHash> = leaves.iter().map(|leaf| leaf_hash(&hex::decode(leaf).unwrap())).collect();
    let roots = hashes(&roots);
    let head = |size: u64| TreeHead { size, root: roots[size as usize] };

    let mut frontier = Frontier::new();
    assert_eq!(frontier.head(), head(0));
    for leaf in &leaves {
        frontier.push(*leaf);
        assert_eq!(frontier.head(), head(frontier.size()));
    }
    for Inclusion { tree_size, index, proof } in inclusion {
        let proof = hashes(&proof);
        assert_eq!(inclusion_proof(&leaves[..tree_size as usize], index).as_ref(), Ok(&proof));
        assert_eq!(head(tree_size).verify_inclusion(index, &leaves[index as usize], &proof), Ok(()));
    }
    for Consistency { size1, size2, proof } in consistency {
        let proof = hashes(&proof);
        assert_eq!(consistency_proof(&leaves[..size2 as usize], size1).as_ref(), Ok(&proof));
        assert_eq!(head(size2).verify_consistency(&head(size1), &proof), Ok(()));
    }
}

/// The definitions of RFC 6962 section 2.1, letter by letter, with the roots of all ranges remembered.
struct NaiveTree {
    leaves: Vec<[u8; 32]>,
    roots: std::collections::HashMap<(usize, usize), [u8; 32]>,
}

impl NaiveTree {
    fn split(n: usize) -> usize {
        let mut k = 1;
        while 2 * k < n {
            k *= 2;
        }
        k
    }

    fn root(&mut self, from: usize, to: usize) -> TreeHash {
        TreeHash::from_bytes(self.mth(from, to))
    }

    fn mth(&mut self, from: usize, to: usize) -> [u8; 32] {
        match to - from {
            0 => Sha256::digest(b"").into(),
            1 => self.leaves[from],
            n => {
                if let Some(root) = self.roots.get(&(from, to)) {
                    return *root;
                }
                let middle = from + Self::split(n);
                let (left, right) = (self.mth(from, middle), self.mth(middle, to));
                let root = Sha256::digest([&[1], left.as_slice(), &right].concat()).into();
                self.roots.insert((from, to), root);
                root
            }
        }
    }

    fn path(&mut self, m: usize, from: usize, to: usize) -> Vec<TreeHash> {
        if to - from == 1 {
            return Vec::new();
        }
        let k = Self::split(to - from);
        let (mut path, sibling) = if m < k {
            (self.path(m, from, from + k), self.root(from + k, to))
        } else {
            (self.path(m - k, from + k, to), self.root(from, from + k))
        };
        path.push(sibling);
        path
    }

    fn proof(&mut self, m: usize, from: usize, to: usize, complete: bool) -> Vec<TreeHash> {
        let n = to - from;
        if m == n {
            return if complete { Vec::new() } else { vec![self.root(from, to)] };
        }
        let k = Self::split(n);
        let (mut proof, sibling) = if m <= k {
            (self.proof(m, from, from + k, complete), self.root(from + k, to))
        } else {
            (self.proof(m - k, from + k, to, false), self.root(from, from + k))
        };
        proof.push(sibling);
        proof
    }
}

#[test]
fn every_proof_is_that_of_a_naive_tree() {
    const LARGEST: usize = 300;
    let leaves: Vec<TreeHash> = (0..LARGEST).map(|n| leaf_hash(&n.to_le_bytes())).collect();
    let bytes = leaves.iter().map(|leaf| *leaf.as_bytes()).collect();
    let mut naive = NaiveTree { leaves: bytes, roots: std::collections::HashMap::new() };
    let heads: Vec<TreeHead> =
        (0..=LARGEST).map(|size| TreeHead { size: size as u64, root: naive.root(0, size) }).collect();

    let mut frontier = Frontier::new();
    for (size, head) in heads.iter().enumerate() {
        assert_eq!(frontier.head(), *head);
        leaves.get(size).into_iter().for_each(|leaf| frontier.push(*leaf));

        // Proofs are made from the leaves for some sizes, and verified for all.
        let log = &leaves[..size];
        let makes = size <= 70 || size % 32 <= 1 || size == LARGEST;
        for (index, leaf) in log.iter().enumerate() {
            let proof = naive.path(index, 0, size);
            assert_eq!(head.verify_inclusion(index as u64, leaf, &proof), Ok(()), "{index} of {size}");
            assert!(!makes || inclusion_proof(log, index as u64).as_ref() == Ok(&proof), "{index} of {size}");
        }
        for older in &heads[1..=size] {
            let proof = naive.proof(older.size as usize, 0, size, true);
            assert_eq!(head.verify_consistency(older, &proof), Ok(()), "{} to {size}", older.size);
            assert!(!makes || consistency_proof(log, older.size).as_ref() == Ok(&proof), "{} to {size}", older.size);
        }
    }
}

#[test]
fn every_part_of_a_proof_counts() {
    let leaves: Vec<TreeHash> = (0..40_u8).map(|n| leaf_hash(&[n])).collect();
    let wrong = leaf_hash(b"wrong");
    for size in 1..=leaves.len() {
        let log = &leaves[..size];
        let head = log.iter().copied().collect::<Frontier>().head();
        for index in 0..size {
            let proof = inclusion_proof(log, index as u64).unwrap();
            let refused = |at: usize, leaf: usize, proof: &[TreeHash]| {
                let expected = inclusion_proof(log, at as u64).unwrap().len();
                let (at, found) = (at as u64, proof.len());
                let error = match expected == found {
                    true => LogError::NotIncluded { index: at, size: size as u64 },
                    false => LogError::ProofLength { expected, found },
                };
                assert_eq!(head.verify_inclusion(at, &leaves[leaf], proof), Err(error));
            };
            for changed in changes(&proof, wrong) {
                refused(index, index, &changed);
            }
            for other in (0..size).filter(|other| *other != index) {
                refused(other, index, &proof);
                refused(index, other, &proof);
            }
        }
        for older in 1..=size {
            let proof = consistency_proof(log, older as u64).unwrap();
            let old_head = leaves[..older].iter().copied().collect::<Frontier>().head();
            let refused = |old: TreeHead, new: TreeHead, changed: &[TreeHash]| {
                let (expected, found) = (proof.len(), changed.len());
                let error = match expected == found {
                    true => LogError::InconsistentHeads { older: old.size, newer: new.size },
                    false => LogError::ProofLength { expected, found },
                };
                assert_eq!(new.verify_consistency(&old, changed), Err(error));
            };
            for changed in changes(&proof, wrong) {
                refused(old_head, head, &changed);
            }
            refused(TreeHead { root: wrong, ..old_head }, head, &proof);
            refused(old_head, TreeHead { root: wrong, ..head }, &proof);
        }
    }
}

/// The proof with every one of its hashes changed, dropped, doubled and swapped with the next.
fn changes(proof: &[TreeHash], wrong: TreeHash) -> Vec<Vec<TreeHash>> {
    let mut changes = vec![[proof, &[wrong]].concat()];
    for at in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[at] = wrong;
        changes.push(changed);
        let mut dropped = proof.to_vec();
        dropped.remove(at);
        changes.push(dropped);
        let mut doubled = proof.to_vec();
        doubled.insert(at, proof[at]);
        changes.push(doubled);
        if at + 1 < proof.len() {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at + 1);
            changes.push(swapped);
        }
    }
    changes
}

#[test]
fn the_notes_of_c2sp() {
    let C2sp { note: VerifiableNote { vkey, note: text }, note_of_an_unknown_key, .. } = c2sp();
    let key: NoteKey = vkey.parse().unwrap();
    assert_eq!((key.name(), key.kind(), key.id()), ("example.com/foo", KeyKind::Ed25519, 0x530d_903a));
    assert_eq!(key.to_string(), vkey);
    let note = Note::parse(text.as_bytes()).unwrap();
    assert_eq!(note.verify(&key), Ok("This is an example message.\n"));
    assert_eq!(note.to_string(), text);

    let poem = Note::parse(note_of_an_unknown_key.as_bytes()).unwrap();
    assert_eq!(poem.to_string(), note_of_an_unknown_key);
}

#[test]
fn the_checkpoints_of_c2sp() {
    let C2sp { checkpoint, cosigned_checkpoint, .. } = c2sp();
    for text in [&checkpoint, &cosigned_checkpoint] {
        assert_eq!(SignedCheckpoint::parse(text.as_bytes()).unwrap().to_string(), *text);
    }
    // The same head, signed and cosigned by keys that we have, is written alike but for the signatures.
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let (text, _) = checkpoint.split_once(root).unwrap();
    let log = NoteSigner::from_seed("example.com/behind-the-sofa", &[1; 32]).unwrap();
    let signed = log.sign(&format!("{text}{root}")).unwrap().to_string();
    let signed = SignedCheckpoint::parse(signed.as_bytes()).unwrap();
    assert_eq!(signed.verify(log.key()).unwrap().to_string(), format!("{text}{root}"));
}

#[test]
fn the_tiles_of_c2sp() {
    let Tiles { index, written_index, sizes } = c2sp().tiles;
    let last = bundle_paths((index + 1) * 256).last().unwrap();
    assert_eq!(last.to_string(), format!("tile/entries/{written_index}"));
    assert_eq!(last.to_string().parse(), Ok(last));
    for TreeTiles { size, levels } in sizes {
        let tiles: Vec<TilePath> = hash_tile_paths(size).collect();
        let (full, partial): (Vec<TilePath>, Vec<TilePath>) = tiles.iter().partition(|tile| tile.width() == 256);
        for (level, expected) in (0..).zip(&levels) {
            let of = |tiles: &[TilePath]| -> Vec<u16> {
                tiles.iter().filter(|tile| tile.level() == Level::Hashes(level)).map(TilePath::width).collect()
            };
            let partial_widths = Vec::from_iter((expected.partial > 0).then_some(expected.partial));
            assert_eq!((of(&full).len(), of(&partial)), (expected.full, partial_widths), "level {level} of {size}");
        }
        assert!(tiles.iter().all(|tile| tile.level() < Level::Hashes(levels.len() as u8)));
    }
}

/// Splitmix64, for changing bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    /// Bits flipped, bytes set, parts dropped and doubled.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len().max(1));
            match (self.below(5), bytes.get_mut(at)) {
                (0, Some(byte)) => *byte ^= 1 << self.below(8),
                (1, Some(byte)) => *byte = [0, 1, 0xff, b'\n', b'+', b' ', b'x', b'0'][self.below(8)],
                (2, _) => bytes.truncate(at),
                (3, Some(_)) => drop(bytes.remove(at)),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    }
}

/// Whatever is accepted of changed bytes is written as it was read.
fn survives<T>(what: &str, valid: &[u8], decode: impl Fn(&[u8]) -> Option<T>, encode: impl Fn(&T) -> Vec<u8>) {
    let value = decode(valid).unwrap_or_else(|| panic!("{what}: the unchanged bytes are not read"));
    assert_eq!(encode(&value), valid, "{what}");
    let mut random = Random(7);
    for _ in 0..10_000 {
        let bytes = random.change(valid);
        if let Some(value) = decode(&bytes) {
            assert_eq!(encode(&value), bytes, "{what}: {}", hex::encode(&bytes));
        }
    }
}

fn text<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn written<T: ToString>(value: &T) -> Vec<u8> {
    value.to_string().into_bytes()
}

#[test]
fn changed_bytes_are_refused_or_another_value() {
    let log = NoteSigner::from_seed("board.example", &[1; 32]).unwrap();
    let witness = Cosigner::from_seed("witness.example", &[2; 32]).unwrap();
    let mut signed = log.sign_checkpoint(&TreeHead { size: 1_000_000, root: leaf_hash(b"root") });
    let cosignature = witness.cosign(&signed.verify(log.key()).unwrap().clone(), 1_700_000_000).unwrap();
    signed.add_cosignature(cosignature.clone());

    survives("note", &written(&signed), |bytes| Note::parse(bytes).ok(), written);
    survives("checkpoint", &written(&signed), |bytes| SignedCheckpoint::parse(bytes).ok(), written);
    survives("key", &written(log.key()), text::<NoteKey>, written);
    survives("signature", &written(&cosignature), text::<NoteSignature>, written);
    survives("path", b"tile/entries/x001/x234/067.p/12", text::<TilePath>, written);

    let bundle = encode_bundle(&[b"one".as_slice(), b"two", b"three"]).unwrap();
    let entries = |bytes: &[u8]| -> Option<Vec<Vec<u8>>> {
        Some(decode_bundle(bytes, 3).ok()?.into_iter().map(<[u8]>::to_vec).collect())
    };
    survives("bundle", &bundle, entries, |entries| encode_bundle(entries).unwrap());

    let pointer = Pointer::to_file(2, b"deal").unwrap().encode();
    let entry = Entry::new(EntryKind::Ceremony, &pointer).unwrap().encode();
    survives("entry", &entry, |bytes| Entry::decode(bytes).ok().map(|entry| entry.encode()), Vec::clone);
    survives("pointer", &pointer, |bytes| Pointer::decode(bytes).ok(), Pointer::encode);

    // A fingerprint, a time, the base point and zero: read, though it does not verify.
    let base = hex::decode("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76").unwrap();
    let opening = [[7; 32].as_slice(), &[1, 0, 0, 0, 0, 0, 0, 0], &base, &[0; 32]].concat();
    let decode = |bytes: &[u8]| OrganiserEntry::decode(Action::Open, bytes).ok();
    survives("organiser's entry", &opening, decode, OrganiserEntry::encode);
}

#[test]
fn changed_signatures_do_not_verify() {
    let log = NoteSigner::from_seed("board.example", &[1; 32]).unwrap();
    let witness = Cosigner::from_seed("witness.example", &[2; 32]).unwrap();
    let mut signed = log.sign_checkpoint(&TreeHead { size: 1_000_000, root: leaf_hash(b"root") });
    let checkpoint = signed.verify(log.key()).unwrap().clone();
    signed.add_cosignature(witness.cosign(&checkpoint, 1_700_000_000).unwrap());
    let (bytes, mut random) = (written(&signed), Random(8));
    for _ in 0..2_000 {
        let changed = random.change(&bytes);
        let Ok(changed) = SignedCheckpoint::parse(&changed) else { continue };
        if let Ok(found) = changed.verify(log.key()) {
            assert_eq!(*found, checkpoint);
        }
        if changed.cosigned_by(&[witness.key().clone()]) == Ok(vec![0]) {
            assert!(changed.to_string().starts_with(&checkpoint.to_string()));
        }
    }
}

#[test]
fn nodes_are_hashed_behind_their_prefix() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    let expected: [u8; 32] = Sha256::digest([&[1], left.as_bytes().as_slice(), right.as_bytes()].concat()).into();
    assert_eq!(*node_hash(&left, &right).as_bytes(), expected);
}
