//! A witness's session: which checkpoints of a board it may cosign.
//!
//! See `spec/board.md#checkpoints` and `spec/command-line.md#witness`. The command and a service run this same code; they
//! bring the key, the entries of the board or a proof, the time and a [`HeadStore`].
//!
//! # Security
//!
//! A witness cosigns a checkpoint only if the board signed it and it continues the checkpoint of this board that the
//! witness has cosigned last. There are two ways to see that. With [`WitnessSession::review`], the witness reads all
//! entries of the board, and knows that they have the head of the checkpoint. With [`WitnessSession::cosign`], it verifies
//! a proof of consistency, and reads no entry. Both ways end in one decision.
//!
//! The first checkpoint of a board has nothing to continue. By proof, it is cosigned without further checks, as C2SP
//! tlog-witness has it; a witness that wants more reads the entries.
//!
//! The whole checkpoint, with the signature of the board, is stored before the cosignature is returned. If the board later
//! signs a checkpoint that does not continue it, the two are [evidence](Evidence) against the board. Only one session
//! at a time may use a store: the caller must lock it.
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

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::board::board_key;
use crate::board::note::{Checkpoint, Cosigner, NoteKey, NoteSignature, SignedCheckpoint};
use crate::evidence::{Claim, Evidence};
use crate::hash::TreeHash;
use crate::manifest::Manifest;
use crate::merkle::{ConsistencyReader, Frontier, LogError, TreeHead};

mod error;
mod request;
mod state;

pub use self::error::WitnessError;
pub use self::request::{AddCheckpoint, AddCheckpointError};
use self::state::WitnessState;

/// Where a witness keeps the checkpoints that it has cosigned last, one for each board.
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

/// The checkpoints in a document that a [`HeadStore`] keeps, which a witness has cosigned last: one of each board. Their
/// signatures are not verified. `None` if it is no such document, or if a byte is not as it was written.
#[must_use]
pub fn kept_checkpoints(document: &[u8]) -> Option<Vec<SignedCheckpoint>> {
    Some(WitnessState::decode(document)?.into_checkpoints())
}

/// A witness with its key and its store, for one board.
pub struct WitnessSession<S> {
    cosigner: Cosigner,
    manifest: Manifest,
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
                return Ok(Self { cosigner, manifest: manifest.clone(), board, store });
            }
        }
        Err(WitnessError::NotAWitness)
    }

    /// The public key of the witness.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        self.cosigner.key()
    }

    /// The checkpoint of this board that the witness has cosigned last, with the signature of the board. `None` if it has
    /// cosigned none.
    ///
    /// # Errors
    ///
    /// `Load`, `StateDamaged`, `StateOfAnotherKey` or `Kept`.
    pub fn kept(&self) -> Result<Option<SignedCheckpoint>, WitnessError<S::Error>> {
        Ok(self.load()?.1)
    }

    /// Begins to compare a checkpoint with the entries of the board and with what was cosigned before.
    ///
    /// # Errors
    ///
    /// `Note` unless the board signed the checkpoint; `Load`, `StateDamaged`, `StateOfAnotherKey` or `Kept`.
    pub fn review(&mut self, signed: &SignedCheckpoint) -> Result<CheckpointReview<'_, S>, WitnessError<S::Error>> {
        let shown = self.begin(signed)?;
        let (size, kept) = (shown.signed.claimed().size(), shown.kept_head().size);
        Ok(CheckpointReview {
            session: self,
            shown,
            is_on_board: false,
            older: None,
            entries: Frontier::new(),
            proof: ConsistencyReader::new(kept, size),
        }
        .compared())
    }

    /// Cosigns a checkpoint that continues the one that was cosigned last, by a proof of that. If none was cosigned, the
    /// proof has no hashes, and nothing but the signature of the board is verified. `time` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Self::review`], and `GoesBack`, `OtherHistory` or `Proof`; `Note` for a time out of range; `Store`.
    pub fn cosign(
        &mut self,
        signed: &SignedCheckpoint,
        proof: &[TreeHash],
        time: u64,
    ) -> Result<NoteSignature, WitnessError<S::Error>> {
        let shown = self.begin(signed)?;
        self.finish(shown, proof, None, time)
    }

    /// Answers a request of C2SP tlog-witness. `time` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Self::cosign`], and `OtherSize` if the proof is not from the checkpoint that was cosigned last.
    pub fn add_checkpoint(
        &mut self,
        request: &AddCheckpoint,
        time: u64,
    ) -> Result<NoteSignature, WitnessError<S::Error>> {
        let shown = self.begin(request.checkpoint())?;
        let cosigned = shown.kept_head().size;
        if request.old_size() != cosigned {
            return Err(WitnessError::OtherSize { old: request.old_size(), cosigned });
        }
        self.finish(shown, request.proof(), None, time)
    }

    /// Verifies the signature of the board, and finds what was cosigned before.
    fn begin(&self, signed: &SignedCheckpoint) -> Result<Shown, WitnessError<S::Error>> {
        let signed = signed.without_cosignatures(&self.board)?;
        let (state, kept) = self.load()?;
        Ok(Shown { state, kept, signed })
    }

    fn load(&self) -> Result<(WitnessState, Option<SignedCheckpoint>), WitnessError<S::Error>> {
        let key = hex::encode(self.cosigner.key().as_bytes());
        let state = match self.store.load().map_err(WitnessError::Load)? {
            Some(document) => WitnessState::decode(&document).ok_or(WitnessError::StateDamaged)?,
            None => WitnessState::new(&key),
        };
        if state.key() != key {
            return Err(WitnessError::StateOfAnotherKey);
        }
        let kept = state.checkpoint(self.board.name()).cloned();
        // A file system may give back other bytes than were written, and a manifest may name another key for its board.
        kept.as_ref().map_or(Ok(()), |kept| kept.verify(&self.board).map(|_| ())).map_err(WitnessError::Kept)?;
        Ok((state, kept))
    }

    /// Decides whether the checkpoint may be cosigned, stores it and cosigns it. `older` is the root of as many entries as
    /// the kept checkpoint has, if the entries were read.
    fn finish(
        &mut self,
        shown: Shown,
        proof: &[TreeHash],
        older: Option<TreeHash>,
        time: u64,
    ) -> Result<NoteSignature, WitnessError<S::Error>> {
        let checkpoint = shown.signed.claimed();
        let (kept, head) = (shown.kept_head(), checkpoint.head());
        decide(&kept, head, older, proof).map_err(|refused| refused.explain(&self.manifest, &shown, proof))?;
        let cosignature = self.cosigner.cosign(checkpoint, time)?;
        let mut state = shown.state;
        state.keep(&shown.signed);
        let document = state.encode().ok_or(WitnessError::StateDamaged)?;
        self.store.replace(&document).map_err(WitnessError::Store)?;
        Ok(cosignature)
    }
}

/// A checkpoint that the board has signed, and what the witness has cosigned before.
struct Shown {
    state: WitnessState,
    kept: Option<SignedCheckpoint>,
    /// With the signature of the board only.
    signed: SignedCheckpoint,
}

impl Shown {
    /// The head of the kept checkpoint. Every log begins with the empty one.
    fn kept_head(&self) -> TreeHead {
        self.kept.as_ref().map_or_else(|| Frontier::new().head(), |kept| *kept.claimed().head())
    }
}

/// Decides whether a checkpoint may be cosigned: this is the one place. `older` is the root of as many entries as the kept
/// head has, for a witness that has read all entries of the new head.
fn decide(kept: &TreeHead, head: &TreeHead, older: Option<TreeHash>, proof: &[TreeHash]) -> Result<(), Refused> {
    if head.size < kept.size {
        return Err(Refused::GoesBack);
    }
    let known = if head.size == kept.size { Some(head.root) } else { older };
    match known {
        Some(root) if root != kept.root => Err(Refused::OtherHistory { root }),
        _ => head.verify_consistency(kept, proof).map_err(Refused::Proof),
    }
}

/// Why a checkpoint may not be cosigned.
enum Refused {
    GoesBack,
    /// The first entries of the board have this root, and not the kept one.
    OtherHistory {
        root: TreeHash,
    },
    Proof(LogError),
}

impl Refused {
    fn explain<E>(self, manifest: &Manifest, shown: &Shown, proof: &[TreeHash]) -> WitnessError<E> {
        let (size, cosigned) = (shown.signed.claimed().size(), shown.kept_head().size);
        match self {
            Self::GoesBack => WitnessError::GoesBack { size, cosigned },
            Self::Proof(error) => WitnessError::Proof { cosigned, error },
            Self::OtherHistory { root } => {
                let newer = shown.signed.clone();
                let claim = shown.kept.clone().map(|older| match size == cosigned {
                    // Two checkpoints of one size need no proof, whatever was given.
                    true => Claim::Fork { one: older, other: newer },
                    false => Claim::Inconsistent { older, newer, root, proof: proof.to_vec() },
                });
                let evidence = claim.map(|claim| Box::new(Evidence::new(manifest.clone(), claim)));
                WitnessError::OtherHistory { cosigned, evidence }
            }
        }
    }
}

/// A checkpoint that is compared with the entries of the board, which are [pushed](Self::push) in their order.
pub struct CheckpointReview<'a, S> {
    session: &'a mut WitnessSession<S>,
    shown: Shown,
    is_on_board: bool,
    /// The root of as many entries as the kept checkpoint has, once they are read.
    older: Option<TreeHash>,
    entries: Frontier,
    proof: ConsistencyReader,
}

impl<S: HeadStore> CheckpointReview<'_, S> {
    /// The checkpoint, which the board has signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.shown.signed.claimed()
    }

    /// Adds the [leaf hash](crate::merkle::leaf_hash) of the next entry of the board.
    pub fn push(&mut self, leaf: TreeHash) {
        self.entries.push(leaf);
        self.proof.push(leaf);
        self.compare();
    }

    fn compare(&mut self) {
        let (head, size) = (self.shown.signed.claimed().head(), self.entries.size());
        if size == head.size {
            self.is_on_board = self.entries.root() == head.root;
        }
        if size == self.shown.kept_head().size {
            self.older = Some(self.entries.root());
        }
    }

    fn compared(mut self) -> Self {
        self.compare();
        self
    }

    /// Stores the checkpoint and cosigns it. `time` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// `NotOnBoard`, `GoesBack` or `OtherHistory`; `Note` for a time out of range; `Store`.
    pub fn cosign(self, time: u64) -> Result<NoteSignature, WitnessError<S::Error>> {
        let Self { session, shown, is_on_board, older, proof, .. } = self;
        if !is_on_board {
            return Err(WitnessError::NotOnBoard { size: shown.signed.claimed().size() });
        }
        session.finish(shown, &proof.proof(), older, time)
    }
}
