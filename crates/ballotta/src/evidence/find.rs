//! Evidence out of what people kept, and a board that was read.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{Claim, ElectionHashes, Evidence, LoggedEntry};
use crate::board::note::SignedCheckpoint;
use crate::board::receipt::SignedReceipt;
use crate::decryption::ClosingStatement;
use crate::hash::{Fingerprint, JointKeyHash, RollHash, TreeHash};
use crate::manifest::Manifest;
use crate::merkle::{Frontier, consistency_proof, inclusion_proof};

/// What somebody kept, whose signature need not be verified.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Checkpoints of the board.
    pub checkpoints: Vec<SignedCheckpoint>,
    /// Receipts of the board.
    pub receipts: Vec<SignedReceipt>,
    /// Closing statements of trustees, from files and from the entries of any copies of the board.
    pub statements: SeenStatements,
}

/// Closing statements that their trustees signed. Of each trustee and election at most two are kept, and two only if they
/// differ in what they state, so that a board with many statements costs no more than its entries.
#[derive(Clone, Debug, Default)]
pub struct SeenStatements(BTreeMap<(u16, Fingerprint), (ClosingStatement, Option<ClosingStatement>)>);

impl SeenStatements {
    /// Adds a statement, if its trustee in the manifest signed it. The others accuse nobody.
    pub fn add<R: CryptoRng>(&mut self, statement: ClosingStatement, manifest: &Manifest, rng: &mut R) {
        if statement.verify(manifest, rng).is_err() {
            return;
        }
        match self.0.entry((statement.trustee(), statement.tally().fingerprint)) {
            Entry::Vacant(place) => _ = place.insert((statement, None)),
            Entry::Occupied(mut place) => {
                let (first, second) = place.get_mut();
                if second.is_none() && !first.says_the_same_as(&statement) {
                    *second = Some(statement);
                }
            }
        }
    }

    fn contradictions(&self) -> impl Iterator<Item = Claim> {
        let pairs = self.0.values().filter_map(|(one, other)| Some((one.clone(), other.clone()?)));
        pairs.map(|(one, other)| Claim::TwoStatements { one, other })
    }
}

/// A board that was read up to a checkpoint.
#[derive(Clone, Debug)]
pub struct ReadLog {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// The leaf hashes of all entries that the checkpoint covers.
    pub leaves: Vec<TreeHash>,
    /// The opening and the closing that have effect, with their positions.
    pub opening: Option<(u64, Vec<u8>)>,
    /// See above.
    pub closing: Option<(u64, Vec<u8>)>,
    /// The hashes of the election, if ceremony and roll are there.
    pub election: Option<ElectionHashes>,
}

impl Kept {
    /// The first evidence that convicts somebody, out of what was kept and a board that was read. `entry` reads an entry of
    /// the board; `None` if it cannot be read.
    pub fn find<R: CryptoRng>(
        &self,
        manifest: &Manifest,
        log: &ReadLog,
        entry: impl Fn(u64) -> Option<Vec<u8>>,
        rng: &mut R,
    ) -> Option<Evidence> {
        let mut claims = Vec::new();
        for (place, one) in self.checkpoints.iter().enumerate() {
            let others = self.checkpoints.iter().skip(place + 1).chain([&log.checkpoint]);
            claims.extend(others.map(|other| Claim::Fork { one: one.clone(), other: other.clone() }));
            claims.extend(log.against(one));
        }
        for (place, one) in self.receipts.iter().enumerate() {
            let others = self.receipts.iter().skip(place + 1);
            claims.extend(others.map(|other| Claim::DoublePromise { one: one.clone(), other: other.clone() }));
            claims.extend(log.against_promise(one, &entry));
        }
        claims.extend(self.statements.contradictions());
        let mut evidence = claims.into_iter().map(|claim| Evidence::new(manifest.clone(), claim));
        evidence.find(|evidence| evidence.verify(rng).is_ok())
    }
}

impl ReadLog {
    fn against(&self, older: &SignedCheckpoint) -> Option<Claim> {
        let size = older.unverified().size();
        let first = usize::try_from(size).ok().and_then(|size| self.leaves.get(..size))?;
        let root = first.iter().copied().collect::<Frontier>().root();
        let proof = consistency_proof(&self.leaves, size).ok()?;
        Some(Claim::Inconsistent { older: older.clone(), newer: self.checkpoint.clone(), root, proof })
    }

    fn against_promise(&self, receipt: &SignedReceipt, entry: impl Fn(u64) -> Option<Vec<u8>>) -> Vec<Claim> {
        let (checkpoint, mut claims) = (&self.checkpoint, Vec::new());
        let index = receipt.unverified().index();
        let leaf = usize::try_from(index).ok().and_then(|index| self.leaves.get(index));
        if let (Some(leaf), Ok(proof)) = (leaf, inclusion_proof(&self.leaves, index)) {
            let (receipt, checkpoint) = (receipt.clone(), checkpoint.clone());
            claims.push(Claim::Omission { receipt, checkpoint, leaf: *leaf, proof });
        }
        // What is void by itself depends on the hashes only if the ballot has another form: any others will do.
        let none = ElectionHashes { joint_key: JointKeyHash::from_bytes([0; 32]), roll: RollHash::from_bytes([0; 32]) };
        let void = entry(index).map(|entry| {
            let election = self.election.unwrap_or(none);
            Claim::VoidThoughPromised { receipt: receipt.clone(), election, entry }
        });
        claims.extend(void);
        let Some(election) = self.election else { return claims };
        let logged = |(index, entry): &(u64, Vec<u8>)| {
            let proof = inclusion_proof(&self.leaves, *index).ok()?;
            Some((receipt.clone(), checkpoint.clone(), LoggedEntry { index: *index, entry: entry.clone(), proof }))
        };
        claims.extend(self.closing.as_ref().and_then(logged).map(|(receipt, checkpoint, closing)| {
            Claim::PromisedAfterClosing { receipt, election, checkpoint, closing }
        }));
        claims.extend(self.opening.as_ref().and_then(logged).map(|(receipt, checkpoint, opening)| {
            Claim::PromisedBeforeOpening { receipt, election, checkpoint, opening }
        }));
        claims
    }
}
