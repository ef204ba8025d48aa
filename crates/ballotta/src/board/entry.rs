//! The entries of the board. An entry is a kind and a body, whose format depends on the kind.
//!
//! See `spec/board.md#entries`.
//!
//! # Layout
//!
//! ```text
//! entry                    version (2), kind (1), body (at least 1)         at most 65,535 bytes
//! body of a pointer        author (2), length of the file (4), SHA-256 of the file (32)
//! body of opening, cut-off, closing
//!                          fingerprint (32), not before (8), signature of the organiser (64)
//! body of a cancellation   see `Cancellation`
//! ```
//!
//! | kind | | body |
//! |---|---|---|
//! | 1 | a message of the key ceremony | pointer |
//! | 2 | opening | the organiser's signature |
//! | 3 | a ballot | signed ballot |
//! | 4 | closing | the organiser's signature |
//! | 5 | a trustee's statement of the tally that it will decrypt | closing statement |
//! | 6 | a partial decryption | pointer |
//! | 7 | the publication of the result: the list of its files | pointer |
//! | 8 | a credential authority signs the roll | the authority's signature |
//! | 9 | a change of the roll while the voting is open | the authorities' signatures |
//! | 10, 11 | not used | |
//! | 12 | cut-off: the roll changes no more | the organiser's signature |
//! | 13 | cancellation: no ballot counts | the organiser's reason and signature |
//!
//! # Security
//!
//! The organiser signs fingerprint and action, so that an opening cannot be used as a closing or a cut-off, nor in another
//! election. A signed time allows the organiser to sign in advance: a board that uses the entry earlier breaks its word.

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;

use crate::encoding::{DecodeError, Reader, Writer, at_most};
use crate::group::PublicElement;
use crate::hash::{FileHash, Fingerprint};
use crate::limits::{MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES, MAX_TIME};
use crate::proofs::ProofError;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded};
use crate::weaken::{self, Check};
use crate::words::counted;

/// The reason why an entry that can be read is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The entry belongs to another election.
    #[error("the entry belongs to the election {found}")]
    OtherElection {
        /// The fingerprint in the entry.
        found: Fingerprint,
    },
    /// The organiser has not signed the entry.
    #[error("the organiser has not signed this entry")]
    Signature(#[from] ProofError),
    /// The length of a file differs from the length in its entry.
    #[error("the file has {}, but its entry on the board says {expected}", counted(.found, "byte", "bytes"))]
    FileLength {
        /// The length in the entry, in bytes.
        expected: u32,
        /// The length of the file, in bytes.
        found: usize,
    },
    /// The hash of a file differs from the hash in its entry.
    #[error("the file has the hash {found}, but its entry on the board says {expected}")]
    FileHash {
        /// The hash in the entry.
        expected: FileHash,
        /// The hash of the file.
        found: FileHash,
    },
}

/// The kind of an entry, which says how its body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EntryKind {
    /// A message of the key ceremony: a [`Pointer`].
    Ceremony = 1,
    /// The organiser opens the election: an [`OrganiserEntry`].
    Open = 2,
    /// A voter casts a ballot: a [`SignedBallot`](crate::ballot::SignedBallot).
    Ballot = 3,
    /// The organiser closes the election: an [`OrganiserEntry`].
    Close = 4,
    /// A trustee's closing statement of the tally that it will decrypt.
    ClosingStatement = 5,
    /// A trustee's partial decryption: a [`Pointer`].
    PartialDecryption = 6,
    /// The list of the files of the result: a [`Pointer`].
    Publication = 7,
    /// A credential authority's signature of the roll, before the opening.
    RollSignature = 8,
    /// All credential authorities change the roll: a [`RollChange`](crate::credential::RollChange).
    RollChange = 9,
    /// The organiser ends the changes of the roll: an [`OrganiserEntry`].
    CutOff = 12,
    /// The organiser cancels the election: a [`Cancellation`](super::cancellation::Cancellation).
    Cancellation = 13,
}

impl EntryKind {
    /// The kinds with which the organiser ends the voting.
    pub const ENDS_OF_VOTING: [Self; 2] = [Self::Close, Self::Cancellation];

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("kind")? {
            1 => Ok(Self::Ceremony),
            2 => Ok(Self::Open),
            3 => Ok(Self::Ballot),
            4 => Ok(Self::Close),
            5 => Ok(Self::ClosingStatement),
            6 => Ok(Self::PartialDecryption),
            7 => Ok(Self::Publication),
            8 => Ok(Self::RollSignature),
            9 => Ok(Self::RollChange),
            12 => Ok(Self::CutOff),
            13 => Ok(Self::Cancellation),
            found => Err(DecodeError::UnknownValue { field: "kind", found: found.into() }),
        }
    }
}

/// An entry of the board, with a borrowed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    kind: EntryKind,
    body: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The number of bytes before the body.
    const HEADER_BYTES: usize = 3;

    /// Makes an entry of this kind with this body.
    ///
    /// # Errors
    ///
    /// `Truncated` if the body is empty, `LimitExceeded` if the entry would be longer than 65,535 bytes.
    pub fn new(kind: EntryKind, body: &'a [u8]) -> Result<Self, DecodeError> {
        if body.is_empty() {
            return Err(DecodeError::Truncated { field: "body" });
        }
        at_most("entry", Self::HEADER_BYTES.saturating_add(body.len()) as u64, MAX_ENTRY_BYTES as u64)?;
        Ok(Self { kind, body })
    }

    /// Returns the kind of the entry.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Returns the body, which is not checked.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Reads an entry. The body is borrowed and not checked.
    ///
    /// # Errors
    ///
    /// `UnknownValue` if the kind is unknown, and the errors of the other fields.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let kind = EntryKind::decode(&mut reader)?;
        Self::new(kind, reader.take("body", reader.remaining())?)
    }

    /// Writes the bytes of the entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u8(self.kind as u8).put(self.body);
        writer.finish()
    }
}

/// The body of an entry that names a file of the record, for content that is too long for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    author: u16,
    length: u32,
    hash: FileHash,
}

impl Pointer {
    /// Makes a pointer to `file` by the author with this number.
    ///
    /// # Errors
    ///
    /// `LimitExceeded` if the file is longer than [`MAX_MESSAGE_BYTES`].
    pub fn to_file(author: u16, file: &[u8]) -> Result<Self, DecodeError> {
        at_most("length", file.len() as u64, MAX_MESSAGE_BYTES as u64)?;
        Ok(Self { author, length: file.len() as u32, hash: FileHash::of(file) })
    }

    /// Returns the number of the author. For a trustee, this is its trustee index.
    #[must_use]
    pub fn author(&self) -> u16 {
        self.author
    }

    /// Returns the length of the file, in bytes.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Returns the hash of the file.
    #[must_use]
    pub fn hash(&self) -> &FileHash {
        &self.hash
    }

    /// Verifies that `file` has the length and the hash of this pointer.
    ///
    /// # Errors
    ///
    /// `FileLength` or `FileHash`.
    pub fn verify_file(&self, file: &[u8]) -> Result<(), EntryError> {
        if usize::try_from(self.length) != Ok(file.len()) {
            return Err(EntryError::FileLength { expected: self.length, found: file.len() });
        }
        let found = FileHash::of(file);
        if found != self.hash && weaken::is_on(Check::PointedFile) {
            return Err(EntryError::FileHash { expected: self.hash, found });
        }
        Ok(())
    }

    /// Reads a pointer from the body of an entry.
    ///
    /// # Errors
    ///
    /// `LimitExceeded` if the length is above [`MAX_MESSAGE_BYTES`], and the errors of the other fields.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let author = reader.u16("author")?;
        let length = reader.u32("length")?;
        at_most("length", length.into(), MAX_MESSAGE_BYTES as u64)?;
        let hash = FileHash::from_bytes(reader.array("hash")?);
        reader.finish()?;
        Ok(Self { author, length, hash })
    }

    /// Writes the body of the entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u16(self.author).u32(self.length).put(self.hash.as_bytes());
        writer.finish()
    }
}

/// An action of the organiser: opening or closing the election, or ending the changes of the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the election. Ballots count after this entry.
    Open,
    /// Closes the election. Ballots after the first closing do not count.
    Close,
    /// Ends the changes of the roll. Changes after the first cut-off have no effect.
    CutOff,
}

impl Action {
    /// Returns the kind of the entry for this action.
    #[must_use]
    pub fn kind(self) -> EntryKind {
        match self {
            Self::Open => EntryKind::Open,
            Self::Close => EntryKind::Close,
            Self::CutOff => EntryKind::CutOff,
        }
    }
}

/// The body of an entry with which the organiser opens or closes an election, or ends the changes of its roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganiserEntry {
    action: Action,
    fingerprint: Fingerprint,
    not_before: u64,
    signature: SchnorrProof,
}

impl OrganiserEntry {
    /// Signs an action for the election with this fingerprint, which the board may use at once.
    #[must_use]
    pub fn sign<R: CryptoRng>(action: Action, fingerprint: &Fingerprint, organiser: &KeyPair, rng: &mut R) -> Self {
        Self::signed(action, fingerprint, 0, organiser, rng)
    }

    /// Signs an action in advance. The board must not use it before the time `not_before`, in seconds since 1970 (UTC).
    ///
    /// # Errors
    ///
    /// `LimitExceeded` if the time is after the year 9999.
    pub fn sign_for<R: CryptoRng>(
        action: Action,
        fingerprint: &Fingerprint,
        not_before: u64,
        organiser: &KeyPair,
        rng: &mut R,
    ) -> Result<Self, DecodeError> {
        let not_before = at_most("not before", not_before, MAX_TIME)?;
        Ok(Self::signed(action, fingerprint, not_before, organiser, rng))
    }

    fn signed<R: CryptoRng>(
        action: Action,
        fingerprint: &Fingerprint,
        not_before: u64,
        organiser: &KeyPair,
        rng: &mut R,
    ) -> Self {
        let signature = organiser.prove(&mut transcript(action, fingerprint, not_before), rng);
        Self { action, fingerprint: *fingerprint, not_before, signature }
    }

    /// The time before which the board must not use the entry, in seconds since 1970 (UTC); 0 for at once. A verifier judges by
    /// position and has no clock: the board tests the time.
    #[must_use]
    pub fn not_before(&self) -> u64 {
        self.not_before
    }

    /// Returns the fingerprint of the election that the entry names.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Verifies that the organiser signed the entry for the election with this fingerprint.
    ///
    /// # Errors
    ///
    /// `OtherElection` or `Signature`.
    pub fn verify<R: CryptoRng>(
        &self,
        fingerprint: &Fingerprint,
        organiser: &PublicElement,
        rng: &mut R,
    ) -> Result<(), EntryError> {
        if self.fingerprint != *fingerprint {
            return Err(EntryError::OtherElection { found: self.fingerprint });
        }
        Ok(self.signature.verify(&mut transcript(self.action, fingerprint, self.not_before), organiser, rng)?)
    }

    /// Reads the body of an entry whose kind is that of `action`.
    ///
    /// # Errors
    ///
    /// `LimitExceeded` if the time is after the year 9999, and the errors of the other fields.
    pub fn decode(action: Action, body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let not_before = at_most("not before", reader.u64("not before")?, MAX_TIME)?;
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { action, fingerprint, not_before, signature })
    }

    /// Writes the body of the entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(self.fingerprint.as_bytes()).u64(self.not_before);
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

fn transcript(action: Action, fingerprint: &Fingerprint, not_before: u64) -> Transcript {
    let mut transcript = Domain::OrganiserEntry.for_election(fingerprint);
    Guarded::ACTION.absorb_u64(&mut transcript, action.kind() as u64);
    Guarded::NOT_BEFORE.absorb_u64(&mut transcript, not_before);
    transcript
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::SecretScalar;
    use crate::testing::TestRng;

    const ELECTION: Fingerprint = Fingerprint::from_bytes([7; 32]);
    const OTHER_ELECTION: Fingerprint = Fingerprint::from_bytes([8; 32]);

    fn organiser() -> KeyPair {
        KeyPair::new(SecretScalar::random(&mut TestRng(1)))
    }

    fn opening() -> OrganiserEntry {
        OrganiserEntry::sign(Action::Open, &ELECTION, &organiser(), &mut TestRng(2))
    }

    fn verify(entry: &OrganiserEntry, fingerprint: &Fingerprint) -> Result<(), EntryError> {
        entry.verify(fingerprint, organiser().public(), &mut TestRng(3))
    }

    #[test]
    fn an_entry_has_one_encoding() {
        let entry = Entry::new(EntryKind::Ballot, b"ballot").unwrap();
        let bytes = entry.encode();
        assert_eq!(bytes, b"\x01\x05\x03ballot");
        assert_eq!(Entry::decode(&bytes), Ok(entry));
        assert_eq!(Entry::decode(b""), Err(DecodeError::Truncated { field: "version" }));
        assert_eq!(Entry::decode(b"\x01\x01\x03b"), Err(DecodeError::UnsupportedVersion { found: [1, 1] }));
        assert_eq!(Entry::decode(b"\x01\x05"), Err(DecodeError::Truncated { field: "kind" }));
        assert_eq!(Entry::decode(b"\x01\x05\x03"), Err(DecodeError::Truncated { field: "body" }));
    }

    #[test]
    fn every_kind_of_entry_is_known_or_refused() {
        for byte in 0..=u8::MAX {
            let entry = [1, 5, byte, 0];
            match Entry::decode(&entry) {
                Ok(entry) => assert!(matches!(byte, 1..=9 | 12 | 13) && entry.kind() as u8 == byte),
                Err(error) => {
                    assert!(!matches!(byte, 1..=9 | 12 | 13));
                    assert_eq!(error, DecodeError::UnknownValue { field: "kind", found: byte.into() });
                }
            }
        }
    }

    #[test]
    fn an_entry_fits_into_a_bundle() {
        let body = std::vec![0; MAX_ENTRY_BYTES - 2];
        let largest = Entry::new(EntryKind::Ballot, &body[1..]).unwrap().encode();
        assert_eq!(largest.len(), MAX_ENTRY_BYTES);
        let too_long = Err(DecodeError::LimitExceeded { field: "entry", found: 65_536, limit: 65_535 });
        assert_eq!(Entry::new(EntryKind::Ballot, &body), too_long);
        assert_eq!(Entry::decode(&[largest, [0].into()].concat()), too_long);
    }

    #[test]
    fn a_pointer_names_one_file() {
        let pointer = Pointer::to_file(3, b"deal").unwrap();
        assert_eq!(Pointer::decode(&pointer.encode()), Ok(pointer));
        assert_eq!(pointer.verify_file(b"deal"), Ok(()));
        assert_eq!(pointer.verify_file(b"deals"), Err(EntryError::FileLength { expected: 4, found: 5 }));
        let (expected, found) = (FileHash::of(b"deal"), FileHash::of(b"dear"));
        assert_eq!(pointer.verify_file(b"dear"), Err(EntryError::FileHash { expected, found }));

        let mut long = pointer.encode();
        long[2..6].copy_from_slice(&u32::MAX.to_le_bytes());
        let limit = MAX_MESSAGE_BYTES as u64;
        let refused = DecodeError::LimitExceeded { field: "length", found: u32::MAX.into(), limit };
        assert_eq!(Pointer::decode(&long), Err(refused));
        assert_eq!(Pointer::decode(&[pointer.encode(), [0].into()].concat()), Err(DecodeError::Trailing { count: 1 }));
    }

    #[test]
    fn the_organiser_signs_one_action_of_one_election() {
        let opening = opening();
        assert_eq!(verify(&opening, &ELECTION), Ok(()));
        assert_eq!(OrganiserEntry::decode(Action::Open, &opening.encode()), Ok(opening.clone()));
        assert_eq!(verify(&opening, &OTHER_ELECTION), Err(EntryError::OtherElection { found: ELECTION }));
        let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(4)));
        let refused = opening.verify(&ELECTION, somebody.public(), &mut TestRng(5));
        assert_eq!(refused, Err(EntryError::Signature(ProofError)));
    }

    #[test]
    fn an_opening_is_signed_for_one_time() {
        let (key, rng) = (organiser(), &mut TestRng(2));
        let evening = 1_893_456_000;
        let opening = OrganiserEntry::sign_for(Action::Open, &ELECTION, evening, &key, rng).unwrap();
        assert_eq!((opening.not_before(), verify(&opening, &ELECTION)), (evening, Ok(())));
        assert_eq!(OrganiserEntry::decode(Action::Open, &opening.encode()), Ok(opening.clone()));
        let earlier = OrganiserEntry { not_before: 0, ..opening };
        assert_eq!(verify(&earlier, &ELECTION), Err(EntryError::Signature(ProofError)));

        let too_late = DecodeError::LimitExceeded { field: "not before", found: MAX_TIME + 1, limit: MAX_TIME };
        let signed = OrganiserEntry::sign_for(Action::Open, &ELECTION, MAX_TIME + 1, &key, rng);
        assert_eq!(signed, Err(too_late.clone()));
        let mut bytes = earlier.encode();
        bytes[32..40].copy_from_slice(&(MAX_TIME + 1).to_le_bytes());
        assert_eq!(OrganiserEntry::decode(Action::Open, &bytes), Err(too_late));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::AbsorbNotBefore);
            let opening = OrganiserEntry::sign_for(Action::Open, &ELECTION, evening, &key, rng).unwrap();
            assert_eq!(verify(&OrganiserEntry { not_before: 0, ..opening }, &ELECTION), Ok(()));
        }
    }

    #[test]
    fn an_opening_is_not_a_closing() {
        let closing = OrganiserEntry { action: Action::Close, ..opening() };
        assert_eq!(verify(&closing, &ELECTION), Err(EntryError::Signature(ProofError)));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::AbsorbAction);
            let closing = OrganiserEntry { action: Action::Close, ..opening() };
            assert_eq!(verify(&closing, &ELECTION), Ok(()));
        }
    }

    #[test]
    fn an_opening_does_not_move_to_another_election() {
        let moved = OrganiserEntry { fingerprint: OTHER_ELECTION, ..opening() };
        assert_eq!(verify(&moved, &OTHER_ELECTION), Err(EntryError::Signature(ProofError)));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::AbsorbFingerprint);
            let moved = OrganiserEntry { fingerprint: OTHER_ELECTION, ..opening() };
            assert_eq!(verify(&moved, &OTHER_ELECTION), Ok(()));
        }
    }
}
