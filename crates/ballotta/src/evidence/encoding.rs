//! The binary encoding of evidence.
//!
//! See `spec/evidence.md#layout`.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Claim, ElectionHashes, Evidence, EvidenceUnreadable, LoggedEntry, Proved, StatedHead, WrongHead};
use crate::board::note::SignedCheckpoint;
use crate::board::receipt::SignedReceipt;
use crate::credential::BLOCK_LINES;
use crate::decryption::ClosingStatement;
use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::hash::{JointKeyHash, RollHash, TreeHash};
use crate::limits::{
    MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MAX_EVIDENCE_BYTES, MAX_MANIFEST_BYTES, MAX_RECEIPT_BYTES,
    MAX_ROLL_LINE_BYTES,
};
use crate::manifest::Manifest;
use crate::tally::heads::{HEAD_BYTES, HEADS_PER_BLOCK};

/// The most hashes in a proof: a log has fewer than 2^64 entries.
const MAX_PROOF: u8 = 64;
/// The most bytes of a block of heads, and of a block of lines of the roll.
const MAX_HEADS: usize = HEADS_PER_BLOCK as usize * HEAD_BYTES;
const MAX_LINES: usize = BLOCK_LINES as usize * MAX_ROLL_LINE_BYTES;

impl Evidence {
    /// Reads evidence. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`EvidenceUnreadable`] if a part is not canonical, or too long.
    pub fn decode(bytes: &[u8]) -> Result<Self, EvidenceUnreadable> {
        at_most("evidence", bytes.len() as u64, MAX_EVIDENCE_BYTES as u64)?;
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let kind = reader.u8("kind")?;
        if !(1..=9).contains(&kind) {
            return Err(DecodeError::UnknownValue { field: "kind", found: kind.into() }.into());
        }
        let manifest = Manifest::parse(part(&mut reader, "manifest", MAX_MANIFEST_BYTES)?)?;
        let reader = &mut reader;
        let claim = match kind {
            1 => Claim::Fork { one: checkpoint(reader)?, other: checkpoint(reader)? },
            2 => Claim::Inconsistent {
                older: checkpoint(reader)?,
                newer: checkpoint(reader)?,
                root: hash(reader, "root")?,
                proof: proof(reader)?,
            },
            3 => Claim::Omission {
                receipt: receipt(reader)?,
                checkpoint: checkpoint(reader)?,
                leaf: hash(reader, "leaf")?,
                proof: proof(reader)?,
            },
            4 => Claim::PromisedAfterClosing {
                receipt: receipt(reader)?,
                election: election(reader)?,
                checkpoint: checkpoint(reader)?,
                closing: logged(reader)?,
            },
            5 => Claim::PromisedBeforeOpening {
                receipt: receipt(reader)?,
                election: election(reader)?,
                checkpoint: checkpoint(reader)?,
                opening: logged(reader)?,
            },
            6 => Claim::DoublePromise { one: receipt(reader)?, other: receipt(reader)? },
            7 => Claim::VoidThoughPromised {
                receipt: receipt(reader)?,
                election: election(reader)?,
                entry: part(reader, "entry", MAX_ENTRY_BYTES)?.to_vec(),
            },
            8 => Claim::WrongHead(stated(reader)?),
            _ => Claim::TwoStatements { one: statement(reader)?, other: statement(reader)? },
        };
        match reader.remaining() {
            0 => Ok(Self { manifest, claim }),
            count => Err(DecodeError::Trailing { count }.into()),
        }
    }

    /// The bytes of the evidence.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        let kind = match &self.claim {
            Claim::Fork { .. } => 1,
            Claim::Inconsistent { .. } => 2,
            Claim::Omission { .. } => 3,
            Claim::PromisedAfterClosing { .. } => 4,
            Claim::PromisedBeforeOpening { .. } => 5,
            Claim::DoublePromise { .. } => 6,
            Claim::VoidThoughPromised { .. } => 7,
            Claim::WrongHead(_) => 8,
            Claim::TwoStatements { .. } => 9,
        };
        writer.u8(kind);
        put_part(&mut writer, self.manifest.bytes());
        let writer_ = &mut writer;
        match &self.claim {
            Claim::Fork { one, other } => {
                put_text(writer_, one);
                put_text(writer_, other);
            }
            Claim::Inconsistent { older, newer, root, proof } => {
                put_text(writer_, older);
                put_text(writer_, newer);
                writer_.put(root.as_bytes());
                put_proof(writer_, proof);
            }
            Claim::Omission { receipt, checkpoint, leaf, proof } => {
                put_text(writer_, receipt);
                put_text(writer_, checkpoint);
                writer_.put(leaf.as_bytes());
                put_proof(writer_, proof);
            }
            Claim::PromisedAfterClosing { receipt, election, checkpoint, closing: entry }
            | Claim::PromisedBeforeOpening { receipt, election, checkpoint, opening: entry } => {
                put_text(writer_, receipt);
                put_election(writer_, election);
                put_text(writer_, checkpoint);
                writer_.u64(entry.index);
                put_part(writer_, &entry.entry);
                put_proof(writer_, &entry.proof);
            }
            Claim::DoublePromise { one, other } => {
                put_text(writer_, one);
                put_text(writer_, other);
            }
            Claim::VoidThoughPromised { receipt, election, entry } => {
                put_text(writer_, receipt);
                put_election(writer_, election);
                put_part(writer_, entry);
            }
            Claim::WrongHead(stated) => put_stated(writer_, stated),
            Claim::TwoStatements { one, other } => {
                put_part(writer_, &one.to_bytes());
                put_part(writer_, &other.to_bytes());
            }
        }
        writer.finish()
    }
}

/// A part with its length.
fn part<'a>(reader: &mut Reader<'a>, field: &'static str, limit: usize) -> Result<&'a [u8], DecodeError> {
    let length = at_most(field, reader.u32(field)?.into(), limit as u64)?;
    reader.take(field, length as usize)
}

fn hash(reader: &mut Reader<'_>, field: &'static str) -> Result<TreeHash, DecodeError> {
    Ok(TreeHash::from_bytes(reader.array(field)?))
}

fn proof(reader: &mut Reader<'_>) -> Result<Vec<TreeHash>, DecodeError> {
    let count = at_most("proof", reader.u8("proof")?.into(), MAX_PROOF.into())?;
    (0..count).map(|_| hash(reader, "proof")).collect()
}

fn checkpoint(reader: &mut Reader<'_>) -> Result<SignedCheckpoint, EvidenceUnreadable> {
    Ok(SignedCheckpoint::parse(part(reader, "checkpoint", MAX_CHECKPOINT_BYTES)?)?)
}

fn receipt(reader: &mut Reader<'_>) -> Result<SignedReceipt, EvidenceUnreadable> {
    Ok(SignedReceipt::parse(part(reader, "receipt", MAX_RECEIPT_BYTES)?)?)
}

fn election(reader: &mut Reader<'_>) -> Result<ElectionHashes, DecodeError> {
    Ok(ElectionHashes {
        joint_key: JointKeyHash::from_bytes(reader.array("joint key")?),
        roll: RollHash::from_bytes(reader.array("roll")?),
    })
}

fn logged(reader: &mut Reader<'_>) -> Result<LoggedEntry, DecodeError> {
    Ok(LoggedEntry {
        index: reader.u64("index")?,
        entry: part(reader, "entry", MAX_ENTRY_BYTES)?.to_vec(),
        proof: proof(reader)?,
    })
}

fn block(reader: &mut Reader<'_>, field: &'static str, limit: usize) -> Result<Proved, DecodeError> {
    Ok(Proved { bytes: part(reader, field, limit)?.to_vec(), proof: proof(reader)? })
}

fn statement(reader: &mut Reader<'_>) -> Result<ClosingStatement, DecodeError> {
    ClosingStatement::decode(part(reader, "statement", MAX_ENTRY_BYTES)?)
}

fn stated(reader: &mut Reader<'_>) -> Result<StatedHead, DecodeError> {
    Ok(StatedHead {
        statement: statement(reader)?,
        joint_key: JointKeyHash::from_bytes(reader.array("joint key")?),
        voters: reader.u64("voters")?,
        roll: hash(reader, "roll")?,
        voter: reader.u32("voter")?,
        heads: block(reader, "heads", MAX_HEADS)?,
        wrong: match reader.u8("what is wrong")? {
            0 => WrongHead::Outside,
            1 => WrongHead::NoBallot { entry: block(reader, "entry", MAX_ENTRY_BYTES)? },
            2 => WrongHead::OtherCredential {
                entry: block(reader, "entry", MAX_ENTRY_BYTES)?,
                lines: block(reader, "lines", MAX_LINES)?,
            },
            found => return Err(DecodeError::UnknownValue { field: "what is wrong", found: found.into() }),
        },
    })
}

fn put_part(writer: &mut Writer, bytes: &[u8]) {
    // All parts are far below 2^32 bytes.
    writer.u32(bytes.len() as u32).put(bytes);
}

fn put_text(writer: &mut Writer, text: &impl ToString) {
    put_part(writer, text.to_string().as_bytes());
}

fn put_proof(writer: &mut Writer, proof: &[TreeHash]) {
    // A proof for a log of fewer than 2^64 entries.
    writer.u8(proof.len() as u8);
    proof.iter().for_each(|hash| _ = writer.put(hash.as_bytes()));
}

fn put_election(writer: &mut Writer, ElectionHashes { joint_key, roll }: &ElectionHashes) {
    writer.put(joint_key.as_bytes()).put(roll.as_bytes());
}

fn put_block(writer: &mut Writer, Proved { bytes, proof }: &Proved) {
    put_part(writer, bytes);
    put_proof(writer, proof);
}

fn put_stated(writer: &mut Writer, stated: &StatedHead) {
    let StatedHead { statement, joint_key, voters, roll, voter, heads, wrong } = stated;
    put_part(writer, &statement.to_bytes());
    writer.put(joint_key.as_bytes()).u64(*voters).put(roll.as_bytes()).u32(*voter);
    put_block(writer, heads);
    match wrong {
        WrongHead::Outside => _ = writer.u8(0),
        WrongHead::NoBallot { entry } => {
            writer.u8(1);
            put_block(writer, entry);
        }
        WrongHead::OtherCredential { entry, lines } => {
            writer.u8(2);
            put_block(writer, entry);
            put_block(writer, lines);
        }
    }
}
