//! A witness's session: which checkpoints of a board it may cosign.
//!
//! See `spec/board.md#checkpoints` and `spec/command-line.md#witness`. The command and a service run this same code; they
//! bring the key, the entries of the board, the time and a [`HeadStore`].
//!
//! # Security
//!
//! A witness cosigns a checkpoint only if the board signed it, its head is one of the board whose entries the witness has
//! seen, and these entries continue the largest head of this board that it has cosigned. The new head is stored before
//! the cosignature is returned. Only one session at a time may use a store: the caller must lock it.
//!
//! # Examples
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let options = testkit::ElectionOptions { witnesses: (1, 1), ..testkit::ElectionOptions::default() };
//! # let test = testkit::Election::build(options);
//! # let (manifest, key) = (test.context.manifest(), &test.witness_seeds[0]);
//! # let entries = test.open_board().entries;
//! # let checkpoint = test.signer.sign_checkpoint(&test.open_board().head()).to_string().into_bytes();
//! use std::convert::Infallible;
//!
//! use ballotta::merkle::leaf_hash;
//! use ballotta::board::note::SignedCheckpoint;
//! use ballotta::witness::{HeadStore, WitnessSession};
//!
//! /// A store in memory. A real one returns after the document is safe on a disk.
//! #[derive(Default)]
//! struct MemoryStore(Option<Vec<u8>>);
//!
//! impl HeadStore for MemoryStore {
//!     type Error = Infallible;
//!
//!     fn load(&self) -> Result<Option<Vec<u8>>, Infallible> {
//!         Ok(self.0.clone())
//!     }
//!
//!     fn replace(&mut self, document: &[u8]) -> Result<(), Infallible> {
//!         self.0 = Some(document.to_vec());
//!         Ok(())
//!     }
//! }
//!
//! // `key` is the secret key of the witness, `checkpoint` the file of the record, and `entries` are all entries of the
//! // board in their order.
//! let mut witness = WitnessSession::new(manifest, key, MemoryStore::default())?;
//! let mut review = witness.review(&SignedCheckpoint::parse(&checkpoint)?)?;
//! for entry in &entries {
//!     review.push(leaf_hash(entry));
//! }
//! let seconds_since_1970 = std::time::UNIX_EPOCH.elapsed()?.as_secs();
//! let line = review.cosign(seconds_since_1970)?.to_string();
//! // The line goes to the board, which adds it to the closing checkpoint.
//! assert!(line.starts_with("— witness.example/"), "{line}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::board::board_key;
use crate::board::note::{Checkpoint, Cosigner, NoteError, NoteKey, NoteSignature, SignedCheckpoint};
use crate::hash::TreeHash;
use crate::manifest::Manifest;
use crate::merkle::{Frontier, TreeHead};
use crate::words::entries;

/// Where a witness keeps the largest head of each board that it has cosigned.
pub trait HeadStore {
    /// Why the store cannot be read or written.
    type Error;

    /// Reads the stored document; `None` if nothing was ever stored.
    ///
    /// # Errors
    ///
    /// If the store cannot be read. It must not return `None` then: the witness would cosign two histories.
    fn load(&self) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Replaces the document, durably and at once: a crash leaves the old one or the new one.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn replace(&mut self, document: &[u8]) -> Result<(), Self::Error>;
}

/// Why a witness does not cosign a checkpoint. `E` is the error of its [`HeadStore`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError<E> {
    /// The key does not belong to a witness of the manifest.
    #[error("the key does not belong to any witness in the manifest")]
    NotAWitness,
    /// The board did not sign the checkpoint, or the time is out of range.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The store cannot be read.
    #[error("the stored heads that the witness has cosigned cannot be read")]
    Load(#[source] E),
    /// The store cannot be written, so the cosignature is not returned.
    #[error("the head cannot be stored, so the cosignature is not returned")]
    Store(#[source] E),
    /// The stored document is damaged.
    #[error("the store is damaged: without it the witness does not know what it has cosigned")]
    StateDamaged,
    /// The stored document is that of another key.
    #[error("the stored heads are those of another key")]
    StateOfAnotherKey,
    /// The head of the checkpoint is not one of the entries that were read.
    #[error("the board has no checkpoint of {} with this root", entries(.size))]
    NotOnBoard {
        /// The size of the checkpoint.
        size: u64,
    },
    /// The witness has cosigned a larger head of this board.
    #[error(
        "the checkpoint has {}, but this witness has already cosigned a later checkpoint, with {}", entries(.size), entries(.cosigned)
    )]
    GoesBack {
        /// The size of the checkpoint.
        size: u64,
        /// The size of the head that was cosigned before.
        cosigned: u64,
    },
    /// The board does not continue the head that the witness has cosigned: it shows two histories.
    #[error("the board does not continue the board of {} that this witness cosigned before", entries(.cosigned))]
    OtherHistory {
        /// The size of the head that was cosigned before.
        cosigned: u64,
    },
}

/// A witness with its key and its store.
pub struct WitnessSession<S> {
    cosigner: Cosigner,
    board: NoteKey,
    store: S,
}

impl<S: HeadStore> WitnessSession<S> {
    /// Starts a session for the witness in the manifest that has this secret key, an Ed25519 seed. The caller must wipe
    /// its own copy of the key.
    ///
    /// # Errors
    ///
    /// `NotAWitness` if the key belongs to no witness in the manifest; `Note` if the name of the board or of a witness is
    /// not a valid name of a key.
    pub fn new(manifest: &Manifest, key: &[u8; 32], store: S) -> Result<Self, WitnessError<S::Error>> {
        let board = board_key(manifest)?;
        for witness in &manifest.witnesses().members {
            let cosigner = Cosigner::from_seed(&witness.name, key)?;
            if cosigner.key().as_bytes() == witness.key.as_bytes() {
                return Ok(Self { cosigner, board, store });
            }
        }
        Err(WitnessError::NotAWitness)
    }

    /// Begins to compare a checkpoint with the entries of the board and with what was cosigned before.
    ///
    /// # Errors
    ///
    /// `Note` unless the board signed the checkpoint; `Load`, `StateDamaged` or `StateOfAnotherKey`.
    pub fn review(&mut self, signed: &SignedCheckpoint) -> Result<CheckpointReview<'_, S>, WitnessError<S::Error>> {
        let checkpoint = signed.verify(&self.board)?.clone();
        let key = hex::encode(self.cosigner.key().as_bytes());
        let state = match self.store.load().map_err(WitnessError::Load)? {
            Some(document) => WitnessDocument::decode(&document).ok_or(WitnessError::StateDamaged)?,
            None => WitnessDocument::new(&key),
        };
        if state.key != key {
            return Err(WitnessError::StateOfAnotherKey);
        }
        let cosigned = state.boards.get(checkpoint.origin()).map(StoredHead::decode);
        let cosigned = cosigned.map(|head| head.ok_or(WitnessError::StateDamaged)).transpose()?;
        let (head, cosigned) = (ExpectedHead::new(*checkpoint.head()), cosigned.map(ExpectedHead::new));
        Ok(CheckpointReview { session: self, state, checkpoint, head, cosigned, entries: Frontier::new() })
    }
}

/// A checkpoint that is compared with the entries of the board, which are [pushed](Self::push) in their order.
pub struct CheckpointReview<'a, S> {
    session: &'a mut WitnessSession<S>,
    state: WitnessDocument,
    checkpoint: Checkpoint,
    head: ExpectedHead,
    cosigned: Option<ExpectedHead>,
    entries: Frontier,
}

impl<S: HeadStore> CheckpointReview<'_, S> {
    /// The checkpoint, which the board has signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Adds the [leaf hash](crate::merkle::leaf_hash) of the next entry of the board.
    pub fn push(&mut self, leaf: TreeHash) {
        self.entries.push(leaf);
        self.head.compare(&self.entries);
        self.cosigned.iter_mut().for_each(|head| head.compare(&self.entries));
    }

    /// Stores the head of the checkpoint and cosigns it. `time` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// `NotOnBoard`, `GoesBack` or `OtherHistory`; `Note` for a time out of range; `Store`.
    pub fn cosign(self, time: u64) -> Result<NoteSignature, WitnessError<S::Error>> {
        let Self { session, mut state, checkpoint, head, cosigned, .. } = self;
        let size = checkpoint.size();
        if !head.is_on_board {
            return Err(WitnessError::NotOnBoard { size });
        }
        if let Some(ExpectedHead { head: TreeHead { size: cosigned, .. }, is_on_board }) = cosigned {
            if size < cosigned {
                return Err(WitnessError::GoesBack { size, cosigned });
            }
            if !is_on_board {
                return Err(WitnessError::OtherHistory { cosigned });
            }
        }
        let cosignature = session.cosigner.cosign(&checkpoint, time)?;
        let head = StoredHead { size, root: checkpoint.root().to_string() };
        state.boards.insert(checkpoint.origin().to_owned(), head);
        let document = serde_json::to_vec_pretty(&state).map_err(|_| WitnessError::StateDamaged)?;
        session.store.replace(&document).map_err(WitnessError::Store)?;
        Ok(cosignature)
    }
}

/// A head that the entries of the board must have.
struct ExpectedHead {
    head: TreeHead,
    is_on_board: bool,
}

impl ExpectedHead {
    fn new(head: TreeHead) -> Self {
        Self { head, is_on_board: head == Frontier::new().head() }
    }

    fn compare(&mut self, entries: &Frontier) {
        if entries.size() == self.head.size {
            self.is_on_board = entries.root() == self.head.root;
        }
    }
}

/// The document that a store keeps: the largest head of each board that was cosigned. JSON, see
/// `spec/command-line.md#witness`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessDocument {
    format: String,
    /// The public key of the witness, in hexadecimal.
    key: String,
    /// The stored heads, by the origins of the boards.
    boards: BTreeMap<String, StoredHead>,
}

impl WitnessDocument {
    const FORMAT: &str = crate::format_name!("witness-state");

    fn new(key: &str) -> Self {
        Self { format: Self::FORMAT.to_owned(), key: key.to_owned(), boards: BTreeMap::new() }
    }

    fn decode(document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok().filter(|state: &Self| state.format == Self::FORMAT)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredHead {
    size: u64,
    /// The root of the head, in hexadecimal.
    root: String,
}

impl StoredHead {
    fn decode(&self) -> Option<TreeHead> {
        Some(TreeHead { size: self.size, root: self.root.parse().ok()? })
    }
}
