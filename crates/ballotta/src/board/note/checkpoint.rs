//! Checkpoints: heads of a log that the log signs and witnesses cosign.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signer as _, SigningKey};

use super::error::NoteError;
use super::key::{KeyKind, NoteKey, check_name, cosigned_text, is_time};
use super::signature::NoteSignature;
use super::text::{Note, NoteSigner};
use crate::hash::TreeHash;
use crate::merkle::TreeHead;
use crate::weaken::{self, Check};

/// The name and the head of a log, as the log signed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
}

impl Checkpoint {
    /// Returns the origin, which is the name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the head of the log: size and root.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// Returns the number of entries of the log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// Returns the root over all entries.
    #[must_use]
    pub fn root(&self) -> &TreeHash {
        &self.head.root
    }

    /// Reads exactly three lines. Extension lines are refused, because no monitor can check their content.
    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::CheckpointLines { found: text.split_terminator('\n').count() });
        };
        check_name(origin)?;
        let is_canonical = |number: &u64| number.to_string() == size;
        let size = size.parse().ok().filter(is_canonical).ok_or(NoteError::CheckpointSize)?;
        let root = BASE64_STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        let root = root.map(TreeHash::from_bytes).ok_or(NoteError::CheckpointRoot)?;
        Ok(Self { origin: origin.into(), head: TreeHead { size, root } })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64_STANDARD.encode(self.head.root.as_bytes());
        writeln!(f, "{}\n{}\n{root}", self.origin, self.head.size)
    }
}

/// A checkpoint with signatures that are not verified yet. Only [`verify`](Self::verify) returns its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    note: Note,
    checkpoint: Checkpoint,
}

impl SignedCheckpoint {
    /// Reads a checkpoint with its signatures.
    ///
    /// # Errors
    ///
    /// If a part of the checkpoint is not in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        Ok(Self { note, checkpoint })
    }

    /// Verifies the signature of the log with this key, and returns the checkpoint.
    ///
    /// # Errors
    ///
    /// `WrongKind`, `WrongOrigin`, `NotSigned` or `BadSignature`.
    pub fn verify(&self, log: &NoteKey) -> Result<&Checkpoint, NoteError> {
        let found = &self.checkpoint.origin;
        if *found != log.name && weaken::is_on(Check::CheckpointOrigin) {
            return Err(NoteError::WrongOrigin { expected: log.name.clone(), found: found.clone() });
        }
        self.note.verify(log).map(|_| &self.checkpoint)
    }

    /// The checkpoint, which nobody may have signed.
    #[must_use]
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns the positions of those `witnesses` that have cosigned. A witness with several names counts once.
    ///
    /// # Errors
    ///
    /// `BadSignature` if a cosignature of one of them is invalid, and `WrongKind` if a key is not that of a witness.
    pub fn cosigned_by(&self, witnesses: &[NoteKey]) -> Result<Vec<usize>, NoteError> {
        Ok(self.cosigned_at(witnesses)?.into_iter().map(|(position, _)| position).collect())
    }

    /// The same, each with the last time at which the witness has cosigned, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`cosigned_by`](Self::cosigned_by).
    pub fn cosigned_at(&self, witnesses: &[NoteKey]) -> Result<Vec<(usize, u64)>, NoteError> {
        let mut cosigned: Vec<(usize, &NoteKey)> = Vec::new();
        for (position, witness) in witnesses.iter().enumerate() {
            witness.expect_kind(KeyKind::Cosignature)?;
            let is_new = cosigned.iter().all(|(_, other)| other.key != witness.key);
            if self.note.is_signed_by(witness)? && (is_new || weaken::is_off(Check::DistinctWitnesses)) {
                cosigned.push((position, witness));
            }
        }
        Ok(cosigned.into_iter().map(|(position, witness)| (position, self.last_time(witness))).collect())
    }

    /// The last time in the cosignatures of a witness, which are verified.
    fn last_time(&self, witness: &NoteKey) -> u64 {
        let signatures = self.note.signatures.iter().filter(|signature| signature.is_under(witness));
        let time = |signature: &NoteSignature| signature.signature.first_chunk().map(|time| u64::from_be_bytes(*time));
        signatures.filter_map(time).max().unwrap_or_default()
    }

    /// The origin that the checkpoint has. Anybody can write it: it says which key to verify the checkpoint with.
    #[must_use]
    pub fn claimed_origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// The checkpoint, which nobody may have signed.
    pub(crate) fn claimed(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint with the log's signature, and without all others.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn without_cosignatures(&self, log: &NoteKey) -> Result<Self, NoteError> {
        self.verify(log)?;
        let signature = self.note.signatures.iter().find(|signature| signature.is_under(log)).cloned();
        let note = Note { text: self.note.text.clone(), signatures: signature.into_iter().collect() };
        Ok(Self { note, checkpoint: self.checkpoint.clone() })
    }

    /// Adds the cosignature of a witness, without verifying it.
    pub fn add_cosignature(&mut self, cosignature: NoteSignature) {
        self.note.signatures.push(cosignature);
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

impl NoteSigner {
    /// Signs the head of this signer's own log. A log must never sign two inconsistent heads.
    #[must_use]
    pub fn sign_checkpoint(&self, head: &TreeHead) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: self.key.name.clone(), head: *head };
        SignedCheckpoint { note: self.sign_text(checkpoint.to_string()), checkpoint }
    }
}

/// The secret key with which a witness cosigns checkpoints. It is wiped when dropped.
pub struct Cosigner {
    secret: SigningKey,
    key: NoteKey,
}

impl Cosigner {
    /// Makes the key of the witness with this name from a secret seed of 32 random bytes. The caller must wipe its own
    /// copy.
    ///
    /// # Errors
    ///
    /// `KeyName` if the name is not allowed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let secret = SigningKey::from_bytes(seed);
        let key = NoteKey::new(name, KeyKind::Cosignature, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// Returns the public key of the witness.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// Cosigns a checkpoint. This states that at `time`, in seconds since 1970, it was the largest head of its log that
    /// the witness had seen, and that it was consistent with all earlier ones.
    ///
    /// # Errors
    ///
    /// `Time` if the time does not fit into 63 bits.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<NoteSignature, NoteError> {
        if !is_time(time) {
            return Err(NoteError::Time { time });
        }
        let signature = self.secret.sign(cosigned_text(time, &checkpoint.to_string()).as_bytes());
        let signature = [time.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
        Ok(NoteSignature::of(&self.key, signature))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const LOG: &str = "board.example/2026";
    const HEAD: TreeHead = TreeHead { size: 42, root: TreeHash::from_bytes([0x5a; 32]) };

    fn log() -> NoteSigner {
        NoteSigner::from_seed(LOG, &[1; 32]).unwrap()
    }

    fn name(name: &str) -> String {
        name.into()
    }

    fn witness(number: u8) -> Cosigner {
        Cosigner::from_seed(&format!("witness.example/w{number}"), &[100 + number; 32]).unwrap()
    }

    /// A checkpoint that is signed by the log and cosigned by the witnesses with these numbers.
    fn cosigned(witnesses: &[u8]) -> SignedCheckpoint {
        let mut signed = log().sign_checkpoint(&HEAD);
        let checkpoint = signed.verify(log().key()).unwrap().clone();
        for number in witnesses {
            signed.add_cosignature(witness(*number).cosign(&checkpoint, 1_679_315_147).unwrap());
        }
        SignedCheckpoint::parse(signed.to_string().as_bytes()).unwrap()
    }

    /// The checkpoint with this text, signed by the log.
    fn checkpoint(text: &str) -> Result<SignedCheckpoint, NoteError> {
        SignedCheckpoint::parse(log().sign_text(text.into()).to_string().as_bytes())
    }

    #[test]
    fn a_signed_checkpoint_is_read() {
        let signed = cosigned(&[]);
        let checkpoint = signed.verify(log().key()).unwrap();
        assert_eq!((checkpoint.origin(), checkpoint.head()), (LOG, &HEAD));
        assert_eq!(
            signed.verify(witness(1).key()),
            Err(NoteError::WrongOrigin { expected: name("witness.example/w1"), found: name(LOG) })
        );
        let other = NoteSigner::from_seed(LOG, &[2; 32]).unwrap();
        assert_eq!(signed.verify(other.key()), Err(NoteError::NotSigned { name: name(LOG) }));
        let same_key = NoteKey::new(LOG, KeyKind::Cosignature, log().key().as_bytes()).unwrap();
        assert_eq!(signed.verify(&same_key), Err(NoteError::WrongKind { name: name(LOG) }));
    }

    #[test]
    fn only_the_signature_of_the_log_is_kept() {
        let signed = cosigned(&[1, 2]);
        let mut twice = signed.clone();
        twice.note.signatures.push(signed.note.signatures[0].clone());
        for signed in [signed, twice] {
            let alone = signed.without_cosignatures(log().key()).unwrap();
            assert_eq!(alone.to_string(), log().sign_checkpoint(&HEAD).to_string());
            assert_eq!(alone.claimed_origin(), LOG);
        }
        let other = NoteSigner::from_seed(LOG, &[2; 32]).unwrap();
        let refused = cosigned(&[1]).without_cosignatures(other.key());
        assert_eq!(refused, Err(NoteError::NotSigned { name: name(LOG) }));
    }

    #[test]
    fn a_checkpoint_of_another_log_is_refused() {
        let foreign = checkpoint("other.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").unwrap();
        let wrong_origin = NoteError::WrongOrigin { expected: name(LOG), found: name("other.example") };
        assert_eq!(foreign.verify(log().key()), Err(wrong_origin));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::CheckpointOrigin);
            assert_eq!(foreign.verify(log().key()).map(Checkpoint::size), Ok(0));
        }
    }

    #[test]
    fn a_checkpoint_has_one_form() {
        let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(
            checkpoint(&format!("o\n18446744073709551615\n{root}\n")).map(|c| c.checkpoint.size()),
            Ok(u64::MAX)
        );
        for (lines, text) in [(1, "o\n"), (2, "o\n1\n"), (4, &format!("o\n1\n{root}\nextension\n"))] {
            assert_eq!(checkpoint(text), Err(NoteError::CheckpointLines { found: lines }), "{text}");
        }
        for size in ["", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "18446744073709551616"] {
            assert_eq!(checkpoint(&format!("o\n{size}\n{root}\n")), Err(NoteError::CheckpointSize), "{size}");
        }
        for root in [
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
        ] {
            assert_eq!(checkpoint(&format!("o\n1\n{root}\n")), Err(NoteError::CheckpointRoot), "{root}");
        }
        for origin in ["", "a b", "a+b", "a\u{a0}b"] {
            let refused = NoteError::KeyName { name: name(origin) };
            assert_eq!(checkpoint(&format!("{origin}\n1\n{root}\n")), Err(refused));
        }
    }

    #[test]
    fn unknown_keys_are_ignored_and_known_ones_must_verify() {
        let signed = cosigned(&[1]);
        let text = signed.to_string();
        let with = |line: &str| SignedCheckpoint::parse(format!("{text}{line}\n").as_bytes()).unwrap();
        let good = &signed.note.signatures[0];
        let garbled = NoteSignature { signature: [9; 64].into(), ..good.clone() };
        for ignored in [
            NoteSignature { name: name("somebody"), ..garbled.clone() },
            NoteSignature { id: good.id ^ 1, ..garbled.clone() },
        ] {
            assert_eq!(with(&ignored.to_string()).verify(log().key()).map(Checkpoint::head), Ok(&HEAD));
        }
        let bad = Err(NoteError::BadSignature { name: name(LOG) });
        assert_eq!(with(&garbled.to_string()).verify(log().key()), bad);
        for length in [1, 63, 65, 72] {
            let resized = NoteSignature { signature: alloc::vec![9; length], ..good.clone() };
            assert_eq!(with(&resized.to_string()).verify(log().key()), bad);
        }
        let mut moved = signed.clone();
        moved.note.text = text.replace("\n42\n", "\n43\n");
        assert_eq!(moved.verify(log().key()), bad);
    }

    #[test]
    fn witnesses_that_cosigned_are_distinct() {
        let keys: Vec<NoteKey> = [1, 2, 3].map(|number| witness(number).key.clone()).into();
        assert_eq!(cosigned(&[3, 1]).cosigned_by(&keys), Ok([0, 2].into()));
        for twice in [[1, 1], [1, 4]] {
            assert_eq!(cosigned(&twice).cosigned_by(&keys), Ok([0].into()));
        }
        let log_as_witness = [log().key().clone()];
        assert_eq!(cosigned(&[]).cosigned_by(&log_as_witness), Err(NoteError::WrongKind { name: name(LOG) }));
    }

    #[test]
    fn a_witness_under_two_names_counts_once() {
        let mut signed = cosigned(&[1]);
        let alias = NoteKey::new("alias.example", KeyKind::Cosignature, witness(1).key.as_bytes()).unwrap();
        let cosignature = signed.note.signatures[1].signature.clone();
        signed.add_cosignature(NoteSignature::of(&alias, cosignature));
        let keys = [witness(1).key.clone(), alias];
        assert_eq!(signed.cosigned_by(&keys), Ok([0].into()));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::DistinctWitnesses);
            assert_eq!(signed.cosigned_by(&keys), Ok([0, 1].into()));
        }
    }

    #[test]
    fn a_cosignature_binds_its_time() {
        let signed = cosigned(&[1]);
        let keys = [witness(1).key.clone()];
        let bad = Err(NoteError::BadSignature { name: name("witness.example/w1") });
        for (at, mask) in [(0, 0x80), (7, 1), (8, 1), (71, 1)] {
            let mut changed = signed.clone();
            changed.note.signatures[1].signature[at] ^= mask;
            assert_eq!(changed.cosigned_by(&keys), bad);
        }
        let too_late = witness(1).cosign(&signed.checkpoint, 1 << 63);
        assert_eq!(too_late, Err(NoteError::Time { time: 1 << 63 }));
        assert!(witness(1).cosign(&signed.checkpoint, (1 << 63) - 1).is_ok());
    }
}
