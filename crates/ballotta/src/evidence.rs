//! Evidence: proof for a third party that a board or a trustee broke the rules, without the record of the election.
//!
//! See `spec/evidence.md`. Evidence contains the manifest, in which the keys of the accused are, and what the accused signed.
//! It shows that two things that the accused signed contradict each other, or that what it signed cannot be true. Whether
//! the manifest is that of an election that matters is for the reader to decide: compare its hash.
//!
//! # Security
//!
//! An honest party is never convicted. The argument for each kind of evidence is with its variant of [`Claim`]. All of them
//! rest on the rules that an honest board follows, whatever its clients send and whenever it crashes:
//!
//! 1. It begins one log for one origin, and appends to it. It never removes an entry that a signed checkpoint covers.
//! 2. It signs a checkpoint only after the entries are stored durably, and it gives a receipt only after such a checkpoint
//!    is stored durably.
//! 3. It appends a ballot only if [admission](crate::admission) admits it, so one that is valid at its position. It
//!    appends an opening or a closing only if the organiser signed it for this election, and at most one of each, the
//!    opening first.
//! 4. A receipt follows from the position and the bytes of an entry of the log, which must be an admitted ballot.
//!
//! An honest trustee computes what it states from a record that it has verified, and follows the rules of
//! [`trustee`](crate::trustee): it makes one closing statement ever, and stores it durably before anybody gets it. The right
//! to make it is no part of a backup. Whoever copies a running machine together with this right can make two statements, and
//! will be convicted.
//!
//! A board that crashes before a commit has promised nothing about the entries that it lost. A board whose disk loses what
//! was stored durably must not go on signing: it cannot be told from one that cheats, and will be convicted. The same is
//! true for a board that begins the logs of two manifests with the same election id: both have one origin.
//!
//! Everything else follows from SHA-256 and the signatures. A proof of inclusion has one length, so for a root over the
//! leaves of a log it leads from the position to the leaf of the log there and to nothing else, except with a collision of
//! SHA-256. A manifest cannot be replaced: where more than the key of the accused is taken from it, it must have, with the
//! hashes of joint key and roll, the fingerprint that the accused signed.
//!
//! # Implementation details
//!
//! Evidence is small (a manifest, and some hundred hashes at most) and is verified in milliseconds. What only the whole
//! record shows is no kind of evidence: a promised ballot whose argument is invalid, whose credential is not on the roll or
//! has another style or weight, whose randomness is repeated, or whose predecessor is not the last valid ballot. For these,
//! publish the receipt with the record: [`verify`](crate::verifier::verify) reports the entry.
//!
//! # Examples
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let manifest = test.context.manifest().clone();
//! # let (mut one, mut other) = (test.open_board(), test.open_board());
//! # one.vote(0, &[testkit::Choice::Options(vec![0])]);
//! # other.vote(1, &[testkit::Choice::Options(vec![0])]);
//! # let (one, other) = (test.signer.sign_checkpoint(&one.head()), test.signer.sign_checkpoint(&other.head()));
//! use ballotta::evidence::{Claim, Convicted, Evidence};
//! use ballotta::rand_core::UnwrapErr;
//! use getrandom::SysRng;
//!
//! // `one` and `other` are checkpoints of one size, which two people kept, and `manifest` is that of the election.
//! let evidence = Evidence::new(manifest, Claim::Fork { one, other }).to_bytes();
//! // Anybody who gets the bytes verifies them, without the record.
//! let evidence = Evidence::decode(&evidence)?;
//! let conviction = evidence.verify(&mut UnwrapErr(SysRng))?;
//! assert_eq!(conviction.convicted, Convicted::Board);
//! println!("{} convicts {}: {}", evidence.manifest().hash(), conviction.convicted, conviction.proved);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoding;
mod error;
mod find;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

pub use self::error::{EvidenceError, EvidenceUnreadable};
pub use self::find::{Kept, ReadLog, SeenStatements};
use crate::ballot::{AdmissionError, BallotHeader, SignedBallot, verify_form, verify_own_signature};
use crate::board::board_key;
use crate::board::entry::{Action, Entry, EntryKind};
use crate::board::note::{NoteError, SignedCheckpoint};
pub use crate::board::organiser::OrganiserProblem;
use crate::board::organiser::check_organiser_entry;
use crate::board::receipt::{Receipt, SignedReceipt};
use crate::credential::BLOCK_LINES;
use crate::decryption::ClosingStatement;
use crate::hash::{Fingerprint, JointKeyHash, RollHash, TreeHash, parse_hex32};
use crate::manifest::Manifest;
use crate::merkle::{TreeHead, leaf_hash};
use crate::tally::heads::{HEAD_BYTES, HEADS_PER_BLOCK, VoterHead, head_in_block, number_of_heads};
use crate::weaken::{self, Check};
use crate::words::entries;

/// Who is convicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Convicted {
    /// The board of the manifest.
    Board,
    /// The trustee of the manifest with this number, counted from 1.
    Trustee(u16),
}

impl fmt::Display for Convicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board => f.write_str("the board"),
            Self::Trustee(trustee) => write!(f, "trustee {trustee}"),
        }
    }
}

/// What verified evidence proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conviction {
    /// Who broke the rules.
    pub convicted: Convicted,
    /// What was proved, as a sentence without its full stop.
    pub proved: String,
}

/// The hashes that, with the manifest, give the fingerprint of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElectionHashes {
    /// The hash of the joint key.
    pub joint_key: JointKeyHash,
    /// The hash of the roll.
    pub roll: RollHash,
}

/// An entry of the board, with the proof that it is at its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEntry {
    /// The position of the entry, from 0.
    pub index: u64,
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// The proof of inclusion.
    pub proof: Vec<TreeHash>,
}

/// A block of a log of blocks, or an entry whose position is known, with the proof that it is at its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The bytes of the block or entry.
    pub bytes: Vec<u8>,
    /// The proof of inclusion.
    pub proof: Vec<TreeHash>,
}

/// What is wrong with the head of a voter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongHead {
    /// The head names a position after the end of the board that the statement signs, or it cannot be read.
    Outside,
    /// The entry that the head names is no ballot, or one of another election.
    NoBallot {
        /// The entry.
        entry: Proved,
    },
    /// The entry that the head names is a ballot of another credential than that of the voter's line.
    OtherCredential {
        /// The entry.
        entry: Proved,
        /// The block of the roll with the line of the voter.
        lines: Proved,
    },
}

/// A trustee's closing statement, and the head of one voter in it, which is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedHead {
    /// The statement of the trustee.
    pub statement: ClosingStatement,
    /// The hash of the joint key.
    pub joint_key: JointKeyHash,
    /// The number of voters on the roll.
    pub voters: u64,
    /// The root over the blocks of the roll.
    pub roll: TreeHash,
    /// The voter, by the place on the roll, counted from 0.
    pub voter: u32,
    /// The block of heads with that of the voter.
    pub heads: Proved,
    /// What is wrong with the head.
    pub wrong: WrongHead,
}

/// What evidence claims. Each kind says why an honest party is never convicted by it; the numbers are those of the rules in
/// the documentation of the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Two checkpoints of the board have one size and two roots.
    ///
    /// An honest board has one log, whose first entries never change (rules 1 and 2), so one root for each size.
    Fork {
        /// One of the checkpoints.
        one: SignedCheckpoint,
        /// The other one.
        other: SignedCheckpoint,
    },
    /// The log of a newer checkpoint begins with other entries than those of an older checkpoint.
    ///
    /// A proof of consistency leads to one root of the first entries, that of the log itself. For an honest board this is
    /// the root that it signed for this size (rules 1 and 2).
    Inconsistent {
        /// The checkpoint with the smaller size.
        older: SignedCheckpoint,
        /// The checkpoint with the larger size.
        newer: SignedCheckpoint,
        /// The root of the first entries of the newer log, which is not that of the older checkpoint.
        root: TreeHash,
        /// The proof of consistency from this root to that of the newer checkpoint.
        proof: Vec<TreeHash>,
    },
    /// The log has another entry at the position that a receipt promises.
    ///
    /// An honest board gives a receipt after the entry is stored (rule 2), for the entry of its log at this position (rule
    /// 4), and never changes it (rule 1).
    Omission {
        /// The receipt.
        receipt: SignedReceipt,
        /// A checkpoint that covers the promised position.
        checkpoint: SignedCheckpoint,
        /// The hash of the entry that the log has there.
        leaf: TreeHash,
        /// The proof of inclusion.
        proof: Vec<TreeHash>,
    },
    /// The log has the organiser's closing before the entry that a receipt promises. This covers a board that ends before
    /// the promised position.
    ///
    /// An honest board appends one closing that the organiser signed, and admits no ballot after it (rule 3). Nobody else
    /// can make one, because the organiser's key comes from the manifest of the fingerprint in the receipt.
    PromisedAfterClosing {
        /// The receipt.
        receipt: SignedReceipt,
        /// The hashes of the election.
        election: ElectionHashes,
        /// A checkpoint that covers the closing.
        checkpoint: SignedCheckpoint,
        /// The closing.
        closing: LoggedEntry,
    },
    /// The log has the organiser's opening after the entry that a receipt promises.
    ///
    /// An honest board appends one opening, and admits ballots only after it (rule 3).
    PromisedBeforeOpening {
        /// The receipt.
        receipt: SignedReceipt,
        /// The hashes of the election.
        election: ElectionHashes,
        /// A checkpoint that covers the opening.
        checkpoint: SignedCheckpoint,
        /// The opening.
        opening: LoggedEntry,
    },
    /// Two receipts of one election contradict each other: they promise one position and differ, or they promise one
    /// tracker at two positions.
    ///
    /// An honest board makes every line of a receipt from the entry at its position (rule 4). It admits a tracker once, and
    /// gives the receipt of this entry to everybody who casts the ballot again (rule 3). Receipts of two elections with one
    /// origin are refused, because a board cannot prevent an organiser from writing two manifests with one election id.
    DoublePromise {
        /// One of the receipts.
        one: SignedReceipt,
        /// The other one.
        other: SignedReceipt,
    },
    /// The entry that a receipt promises is void by itself: it is no ballot that can be read, it differs from the receipt in
    /// election, tracker or predecessor, or its own credential did not sign it. No checkpoint is needed: the receipt signs
    /// the hash of the entry, and says that it is admitted.
    ///
    /// An honest board admits no such ballot (rule 3), and makes the lines of the receipt from the entry (rule 4). Nearly all
    /// of this follows from receipt and entry, whatever the manifest says: so a board that writes the fingerprint of no
    /// election into a receipt is convicted as well. Only the form of a ballot comes from the manifest, which then must be
    /// that of the fingerprint in the receipt.
    VoidThoughPromised {
        /// The receipt.
        receipt: SignedReceipt,
        /// The hashes of the election; any others, if nothing depends on the manifest.
        election: ElectionHashes,
        /// The bytes of the entry.
        entry: Vec<u8>,
    },
    /// A trustee signed a head of a voter that cannot be right.
    ///
    /// An honest trustee computes the heads from a board and a roll that it has verified, and signs the roots of all three:
    /// the head of the board, the root of the heads, and the roll in the fingerprint. There, each head can be read, and is none
    /// or the position of an admitted ballot of the voter's line, whatever the board did.
    WrongHead(StatedHead),
    /// A trustee signed two closing statements of one election that differ in what they state. Another signature of the same
    /// content is the same statement.
    ///
    /// An honest trustee makes one statement ever, for one election. It stores it before it sends it, and returns the stored
    /// one ever after, so that a crash loses only a statement that nobody has seen. A second or restored copy of its key has no
    /// right to make a statement: it takes over the one on the board, or makes none. The key is that of the trustee in the
    /// manifest. Both statements name one election, so that no manifest can make two elections one.
    TwoStatements {
        /// One of the statements.
        one: ClosingStatement,
        /// The other one.
        other: ClosingStatement,
    },
}

impl Claim {
    /// The stable name of the kind, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fork { .. } => "fork",
            Self::Inconsistent { .. } => "inconsistent",
            Self::Omission { .. } => "omission",
            Self::PromisedAfterClosing { .. } => "promised-after-closing",
            Self::PromisedBeforeOpening { .. } => "promised-before-opening",
            Self::DoublePromise { .. } => "double-promise",
            Self::VoidThoughPromised { .. } => "void-though-promised",
            Self::WrongHead(_) => "wrong-head",
            Self::TwoStatements { .. } => "two-statements",
        }
    }
}

/// Evidence against the board or a trustee of an election. Only [`verify`](Self::verify) says whether it convicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    manifest: Manifest,
    claim: Claim,
}

impl Evidence {
    /// Makes evidence from what it contains, without verifying it.
    #[must_use]
    pub fn new(manifest: Manifest, claim: Claim) -> Self {
        Self { manifest, claim }
    }

    /// The manifest of the election.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the evidence claims.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Verifies the evidence, and returns who is convicted of what. `rng` draws the weights with which signatures are
    /// verified.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`] with the first reason why it convicts nobody.
    pub fn verify<R: CryptoRng>(&self, rng: &mut R) -> Result<Conviction, EvidenceError> {
        let proved = match &self.claim {
            Claim::Fork { one, other } => self.fork(one, other),
            Claim::Inconsistent { older, newer, root, proof } => self.inconsistent(older, newer, root, proof),
            Claim::Omission { receipt, checkpoint, leaf, proof } => self.omission(receipt, checkpoint, leaf, proof),
            Claim::PromisedAfterClosing { receipt, election, checkpoint, closing } => {
                self.outside(receipt, election, checkpoint, (Action::Close, closing), rng)
            }
            Claim::PromisedBeforeOpening { receipt, election, checkpoint, opening } => {
                self.outside(receipt, election, checkpoint, (Action::Open, opening), rng)
            }
            Claim::DoublePromise { one, other } => self.double_promise(one, other),
            Claim::VoidThoughPromised { receipt, election, entry } => self.void(receipt, election, entry, rng),
            Claim::WrongHead(stated) => {
                let proved = self.wrong_head(stated, rng)?;
                return Ok(Conviction { convicted: Convicted::Trustee(stated.statement.trustee()), proved });
            }
            Claim::TwoStatements { one, other } => {
                let proved = self.two_statements(one, other, rng)?;
                return Ok(Conviction { convicted: Convicted::Trustee(one.trustee()), proved });
            }
        };
        Ok(Conviction { convicted: Convicted::Board, proved: proved? })
    }

    /// The head of a checkpoint that the board signed.
    fn head(&self, checkpoint: &SignedCheckpoint) -> Result<TreeHead, NoteError> {
        Ok(*checkpoint.verify(&board_key(&self.manifest)?)?.head())
    }

    fn receipt<'r>(&self, receipt: &'r SignedReceipt) -> Result<&'r Receipt, EvidenceError> {
        Ok(receipt.verify(&board_key(&self.manifest)?)?)
    }

    /// Checks that the manifest is that of the election that was signed for. Otherwise somebody could accuse an honest board
    /// with a manifest in which ballots have another form, or another organiser.
    fn expect_election(&self, hashes: &ElectionHashes, signed: &Fingerprint) -> Result<(), EvidenceError> {
        let found = Fingerprint::of(self.manifest.hash(), &hashes.joint_key, &hashes.roll);
        if found != *signed && weaken::is_on(Check::EvidenceElection) {
            return Err(EvidenceError::OtherElection { found, signed: *signed });
        }
        Ok(())
    }

    fn fork(&self, one: &SignedCheckpoint, other: &SignedCheckpoint) -> Result<String, EvidenceError> {
        let (one, other) = (self.head(one)?, self.head(other)?);
        if one.size != other.size && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::DifferentSizes { one: one.size, other: other.size });
        }
        differ("roots", &one.root, &other.root)?;
        Ok(format!("it signed two boards of {} entries, with the roots {} and {}", one.size, one.root, other.root))
    }

    fn inconsistent(
        &self,
        older: &SignedCheckpoint,
        newer: &SignedCheckpoint,
        root: &TreeHash,
        proof: &[TreeHash],
    ) -> Result<String, EvidenceError> {
        let (older, newer) = (self.head(older)?, self.head(newer)?);
        differ("roots", &older.root, root)?;
        proved(newer.verify_consistency(&TreeHead { size: older.size, root: *root }, proof))?;
        Ok(format!(
            "it signed a board of {} entries that does not begin with the {} entries that it had signed before: those have \
             the root {root}, and the root {} was signed",
            newer.size, older.size, older.root
        ))
    }

    fn omission(
        &self,
        receipt: &SignedReceipt,
        checkpoint: &SignedCheckpoint,
        leaf: &TreeHash,
        proof: &[TreeHash],
    ) -> Result<String, EvidenceError> {
        let (receipt, head) = (self.receipt(receipt)?, self.head(checkpoint)?);
        differ("entries", receipt.leaf(), leaf)?;
        proved(head.verify_inclusion(receipt.index(), leaf, proof))?;
        Ok(format!(
            "it promised the ballot {} as entry {}, and its board of {} entries has another entry there",
            receipt.tracker(),
            receipt.index(),
            head.size
        ))
    }

    fn outside<R: CryptoRng>(
        &self,
        receipt: &SignedReceipt,
        election: &ElectionHashes,
        checkpoint: &SignedCheckpoint,
        (action, LoggedEntry { index, entry, proof }): (Action, &LoggedEntry),
        rng: &mut R,
    ) -> Result<String, EvidenceError> {
        let (receipt, head) = (self.receipt(receipt)?, self.head(checkpoint)?);
        self.expect_election(election, receipt.fingerprint())?;
        let (what, is_outside, side) = match action {
            Action::Open => ("opening", receipt.index() < *index, "only after it"),
            Action::Close => ("closing", *index < receipt.index(), "before it"),
            // Ballots are admitted before and after it.
            Action::CutOff => return Err(EvidenceError::NoContradiction),
        };
        if !is_outside && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::InOrder { index: *index, promised: receipt.index() });
        }
        let cancellation = check_organiser_entry(action, entry, receipt.fingerprint(), self.manifest.organiser(), rng)
            .map_err(|error| EvidenceError::NotOfOrganiser { index: *index, what, error })?;
        proved(head.verify_inclusion(*index, &leaf_hash(entry), proof))?;
        let what = cancellation.map_or(what, |_| "cancellation");
        Ok(format!(
            "it promised the ballot {} as entry {}, and its board has the {what} of the voting {side}, as entry {index}",
            receipt.tracker(),
            receipt.index()
        ))
    }

    fn double_promise(&self, one: &SignedReceipt, other: &SignedReceipt) -> Result<String, EvidenceError> {
        let (one, other) = (self.receipt(one)?, self.receipt(other)?);
        let is_one_election = one.fingerprint() == other.fingerprint();
        let is_one_index = one.index() == other.index() && one != other;
        let is_one_tracker = one.tracker() == other.tracker() && one.index() != other.index();
        if !(is_one_election && (is_one_index || is_one_tracker)) && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::NoContradiction);
        }
        Ok(if is_one_index {
            format!("it gave two receipts for entry {} that differ", one.index())
        } else {
            format!("it promised the ballot {} as entry {} and as entry {}", one.tracker(), one.index(), other.index())
        })
    }

    fn void<R: CryptoRng>(
        &self,
        receipt: &SignedReceipt,
        election: &ElectionHashes,
        entry: &[u8],
        rng: &mut R,
    ) -> Result<String, EvidenceError> {
        let receipt = self.receipt(receipt)?;
        if leaf_hash(entry) != *receipt.leaf() && weaken::is_on(Check::PromisedEntry) {
            return Err(EvidenceError::NotPromised);
        }
        let why = match ballot_as_promised(receipt, entry, rng) {
            Err(why) => why,
            Ok(ballot) => {
                self.expect_election(election, receipt.fingerprint())?;
                unreadable_ballot(verify_form(&self.manifest, ballot).err().ok_or(EvidenceError::NotVoid)?)
            }
        };
        Ok(format!("it promised entry {} as the ballot {}, and {why}", receipt.index(), receipt.tracker()))
    }

    fn wrong_head<R: CryptoRng>(&self, stated: &StatedHead, rng: &mut R) -> Result<String, EvidenceError> {
        let StatedHead { statement, joint_key, voters, roll, voter, heads, wrong } = stated;
        statement.verify(&self.manifest, rng)?;
        let signed = statement.tally();
        let election = ElectionHashes { joint_key: *joint_key, roll: RollHash::of(*voters, roll) };
        self.expect_election(&election, &signed.fingerprint)?;
        let (voter, place) = (*voter, u64::from(*voter));
        if place >= *voters {
            return Err(EvidenceError::NoSuchVoter { voter, voters: *voters });
        }
        let log = |size: u64, root: &TreeHash| TreeHead { size, root: *root };
        let all_heads = number_of_heads(&self.manifest, *voters);
        heads.verify(&log(all_heads.div_ceil(HEADS_PER_BLOCK), &signed.heads), place / HEADS_PER_BLOCK)?;
        let heads_in_block = all_heads.saturating_sub(place - place % HEADS_PER_BLOCK).min(HEADS_PER_BLOCK);
        if heads.bytes.len() as u64 != heads_in_block * HEAD_BYTES as u64 {
            let found = heads.bytes.len();
            return Ok(format!(
                "it signed a block of {found} bytes as the heads of {heads_in_block} voters, that of voter {voter} (counted from \
                 0) among them"
            ));
        }
        let index = match head_in_block(&heads.bytes, voter) {
            Ok(VoterHead::Counted(index)) => index,
            Ok(VoterHead::None) => return Err(EvidenceError::NoneCounts),
            Ok(VoterHead::Revoked(_)) if self.manifest.roll_changes().is_some() => {
                return Err(EvidenceError::NoneCounts);
            }
            Ok(VoterHead::Revoked(_)) => {
                return Ok(format!(
                    "it signed that voter {voter} (counted from 0) was revoked, in an election whose roll does not change"
                ));
            }
            Err(error) => {
                return Ok(format!("it signed a head of voter {voter} (counted from 0) that cannot be read: {error}"));
            }
        };
        let said = format!("it signed that entry {index} is the ballot that counts for voter {voter} (counted from 0)");
        let size = signed.close.size;
        let entry = match wrong {
            WrongHead::Outside if index < size => return Err(EvidenceError::InsideBoard { index, size }),
            WrongHead::Outside => return Ok(format!("{said}, and that the board has {size} entries")),
            WrongHead::NoBallot { entry } | WrongHead::OtherCredential { entry, .. } => entry,
        };
        entry.verify(&signed.close, index)?;
        match (ballot_of(&entry.bytes).filter(|header| header.fingerprint == signed.fingerprint), wrong) {
            (None, _) => Ok(format!("{said}, and the entry is no ballot of this election")),
            (Some(header), WrongHead::OtherCredential { lines, .. }) => {
                lines.verify(&log(voters.div_ceil(BLOCK_LINES), roll), place / BLOCK_LINES)?;
                if Some(header.credential) == credential_of(&lines.bytes, place % BLOCK_LINES)
                    && weaken::is_on(Check::EvidenceContradicts)
                {
                    return Err(EvidenceError::Same { what: "credentials" });
                }
                Ok(format!("{said}, and the entry is a ballot of another voter"))
            }
            (Some(_), _) => Err(EvidenceError::IsBallot),
        }
    }

    fn two_statements<R: CryptoRng>(
        &self,
        one: &ClosingStatement,
        other: &ClosingStatement,
        rng: &mut R,
    ) -> Result<String, EvidenceError> {
        one.verify(&self.manifest, rng)?;
        other.verify(&self.manifest, rng)?;
        let (of_one, of_other) = (one.trustee(), other.trustee());
        if of_one != of_other && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::TwoTrustees { one: of_one, other: of_other });
        }
        let (stated, again) = (one.tally(), other.tally());
        if stated.fingerprint != again.fingerprint && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::TwoElections { one: stated.fingerprint, other: again.fingerprint });
        }
        if stated == again && weaken::is_on(Check::EvidenceContradicts) {
            return Err(EvidenceError::Same { what: "statements" });
        }
        Ok(format!(
            "it signed two closing statements of the election {}: about {} with the root {}, and about {} with the root {}{}",
            stated.fingerprint,
            entries(stated.close.size),
            stated.close.root,
            entries(again.close.size),
            again.close.root,
            if stated.close == again.close { ", with other heads or sums" } else { "" },
        ))
    }
}

/// The ballot that a receipt promises, which its own credential has signed. Otherwise why it is void, as a part of a
/// sentence. Nothing here comes from a manifest, so that no manifest can be chosen with which an honest board is convicted.
fn ballot_as_promised<'a, R: CryptoRng>(receipt: &Receipt, entry: &'a [u8], rng: &mut R) -> Result<&'a [u8], String> {
    let decoded = Entry::decode(entry).map_err(|error| format!("the entry cannot be read: {error}"))?;
    if decoded.kind() != EntryKind::Ballot {
        return Err("the entry is no ballot".into());
    }
    let right = Receipt::of_entry(receipt.origin(), receipt.index(), entry).map_err(unreadable_ballot)?;
    if right.fingerprint() != receipt.fingerprint() {
        return Err("the ballot was made for another election".into());
    }
    if right.tracker() != receipt.tracker() {
        return Err(format!("the entry is the ballot {}", right.tracker()));
    }
    if right.previous() != receipt.previous() {
        return Err("the ballot names another predecessor than the receipt".into());
    }
    let ballot = decoded.body();
    verify_own_signature(ballot, rng).map_err(|error| match error {
        AdmissionError::BadSignature => "its credential has not signed this ballot".into(),
        error => unreadable_ballot(error),
    })?;
    Ok(ballot)
}

fn unreadable_ballot(error: impl fmt::Display) -> String {
    format!("the ballot cannot be read: {error}")
}

impl Proved {
    /// Verifies that a log has these bytes as its entry `index`.
    fn verify(&self, log: &TreeHead, index: u64) -> Result<(), EvidenceError> {
        proved(log.verify_inclusion(index, &leaf_hash(&self.bytes), &self.proof))
    }
}

/// Whether a log contains what it must contain for the evidence.
fn proved(verified: Result<(), crate::merkle::LogError>) -> Result<(), EvidenceError> {
    match verified {
        Err(error) if weaken::is_on(Check::EvidenceInclusion) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Two hashes contradict each other only if they differ.
fn differ(what: &'static str, one: &TreeHash, other: &TreeHash) -> Result<(), EvidenceError> {
    if one == other && weaken::is_on(Check::EvidenceContradicts) { Err(EvidenceError::Same { what }) } else { Ok(()) }
}

/// The header of the ballot in an entry; `None` if the entry is no ballot that is long enough for one.
fn ballot_of(entry: &[u8]) -> Option<BallotHeader> {
    let entry = Entry::decode(entry).ok().filter(|entry| entry.kind() == EntryKind::Ballot)?;
    SignedBallot::tracker_of(entry.body()).ok()?;
    BallotHeader::read(entry.body()).ok()
}

/// The credential on a line of a block of the roll, counted from 0; `None` if there is none.
fn credential_of(block: &[u8], line: u64) -> Option<[u8; 32]> {
    let line = block.split(|byte| *byte == b'\n').nth(usize::try_from(line).ok()?)?;
    let digits = line.split(|byte| *byte == b' ').next()?;
    parse_hex32(core::str::from_utf8(digits).ok()?).ok()
}
