//! The board: an append-only log of entries that anybody can copy, follow and compare.
//!
//! See `spec/board.md`. Entries are the leaves of a Merkle tree (RFC 6962) and are published as a folder of static
//! files in the formats of C2SP: entry bundles (tlog-tiles), checkpoints (tlog-checkpoint, signed notes) and the
//! cosignatures of witnesses (tlog-cosignature), so that any web server can serve a board, and existing witnesses and
//! monitors understand it. Order is the position on the log, never a clock.
//!
//! Do not rely on a board before its checkpoint is signed by the board and cosigned by enough witnesses. If a client
//! requires `k` of `w` witnesses, the board cannot show two views while fewer than `2k - w` witnesses are dishonest.
//!
//! # Examples
//!
//! A board appends an entry, writes the bundles that changed, and signs the new tree head. A reader who kept an older
//! checkpoint sees that the board only grew:
//!
//! ```
//! # use ballotta_testkit::election::{Choice, Election, ElectionOptions};
//! # let test = Election::build(ElectionOptions::default());
//! # let (manifest, secret_key) = (test.context.manifest(), &test.board_seed);
//! # let (mut entries, ballot) = (test.open_board().entries, test.ballot(0, &[Choice::Options(vec![1])]).cast().to_bytes());
//! use ballotta::board::entry::{Entry, EntryKind};
//! use ballotta::merkle::{Frontier, consistency_proof, leaf_hash};
//! use ballotta::board::tiles::{bundle_paths, encode_bundle};
//! use ballotta::board::{board_signer, verified_head};
//!
//! // `entries` are the entries of the board, `ballot` is a ballot that the admission has accepted, and `secret_key` is
//! // the key of the board that the manifest names.
//! let signer = board_signer(manifest, secret_key)?;
//! let older = entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
//! entries.push(Entry::new(EntryKind::Ballot, &ballot)?.encode());
//!
//! // The files: bundles of up to 256 entries, and the signed checkpoint. `BoardFolder` of `ballotta-io` writes them.
//! let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
//! let mut files = Vec::new();
//! for path in bundle_paths(entries.len() as u64) {
//!     let first = path.first() as usize;
//!     let bundle = encode_bundle(&entries[first..first + usize::from(path.width())])?;
//!     files.push((path.to_string(), bundle));
//! }
//! let checkpoint = signer.sign_checkpoint(&leaves.iter().copied().collect::<Frontier>().head()).to_string();
//! files.push((ballotta::record::CHECKPOINT.into(), checkpoint.into_bytes()));
//!
//! // A reader: the board has signed this head, and the head continues the older one.
//! let (_, checkpoint) = files.last().expect("the checkpoint");
//! let head = verified_head(manifest, checkpoint)?;
//! assert_eq!(head.size, older.size + 1);
//! head.verify_consistency(&older, &consistency_proof(&leaves, older.size)?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use self::note::{KeyKind, NoteError, NoteKey, NoteSigner, SignedCheckpoint};
use crate::limits::ORIGIN_DIGITS;
use crate::manifest::Manifest;
use crate::merkle::TreeHead;

pub mod cancellation;
pub mod entry;
pub mod note;
pub(crate) mod organiser;
pub mod receipt;
pub(crate) mod signed_entries;
pub mod state;
pub mod tiles;
pub mod timeline;

/// The origin of an election's log: the name of its board, `/`, and the first 16 hexadecimal digits of the election id. So
/// the logs of two elections are two logs, also if one board keeps both. See `spec/board.md#checkpoints`.
#[must_use]
pub fn board_origin(manifest: &Manifest) -> String {
    let mut digits = hex::encode(manifest.election_id());
    digits.truncate(ORIGIN_DIGITS);
    alloc::format!("{}/{digits}", manifest.board().name)
}

/// The key with which the board of an election signs its checkpoints. Its name is the [origin](board_origin).
///
/// # Errors
///
/// If the name of the board is not a valid name of a key.
pub fn board_key(manifest: &Manifest) -> Result<NoteKey, NoteError> {
    NoteKey::new(&board_origin(manifest), KeyKind::Ed25519, manifest.board().key.as_bytes())
}

/// Creates the signer for the board of an election from the secret key of the board.
///
/// # Errors
///
/// `OtherBoard` if the manifest has a different key for the board; `KeyName` if the name of the board is not a valid name
/// of a key.
pub fn board_signer(manifest: &Manifest, seed: &[u8; 32]) -> Result<NoteSigner, NoteError> {
    let origin = board_origin(manifest);
    let signer = NoteSigner::from_seed(&origin, seed)?;
    if *signer.key() == board_key(manifest)? { Ok(signer) } else { Err(NoteError::OtherBoard { name: origin }) }
}

/// Reads a checkpoint, and returns its head if the board of the election signed it.
///
/// # Errors
///
/// If the bytes are not a checkpoint in canonical form, or the board did not sign it.
pub fn verified_head(manifest: &Manifest, checkpoint: &[u8]) -> Result<TreeHead, NoteError> {
    Ok(*SignedCheckpoint::parse(checkpoint)?.verify(&board_key(manifest)?)?.head())
}

/// The keys with which the witnesses of an election cosign.
///
/// # Errors
///
/// If the name of a witness is not a valid name of a key.
pub fn witness_keys(manifest: &Manifest) -> Result<Vec<NoteKey>, NoteError> {
    let keys = manifest.witnesses().members.iter();
    keys.map(|witness| NoteKey::new(&witness.name, KeyKind::Cosignature, witness.key.as_bytes())).collect()
}
