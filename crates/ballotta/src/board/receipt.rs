//! Receipts: the board's signed promise that a ballot is admitted as one entry of its log.
//!
//! See `spec/board.md#receipts`.
//!
//! # Layout
//!
//! A receipt is a signed note (C2SP signed-note) with one signature, that of the board. Its text has seven lines:
//!
//! ```text
//! ballotta/v1-draft.5/receipt
//! <origin>
//! <fingerprint, hexadecimal>
//! <index of the entry, decimal>
//! <leaf hash of the entry, base64>
//! <tracker of the ballot, hexadecimal>
//! <tracker of its predecessor, hexadecimal; - for none>
//! ```
//!
//! # Security
//!
//! A board gives a receipt only after the entry is stored durably. All lines follow from the log and from the entry, so that
//! a board that gives two receipts for one entry gives the same bytes twice. A receipt never is a checkpoint, which has
//! three lines. [Evidence](crate::evidence) shows that a board broke a promise.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::entry::{Entry, EntryKind};
use super::note::{Note, NoteError, NoteKey, NoteSigner, check_name};
use crate::ballot::{BallotHeader, SignedBallot};
use crate::encoding::DecodeError;
use crate::hash::{Fingerprint, Tracker, TreeHash};
use crate::limits::{MAX_ENTRIES, MAX_RECEIPT_BYTES};
use crate::merkle::leaf_hash;
use crate::weaken::{self, Check};

/// The first line of every receipt.
const FORMAT: &str = crate::format_name!("receipt");
/// The last line of the text if the ballot has no predecessor.
const NO_PREDECESSOR: &str = "-";

/// The reason why a receipt is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The receipt is longer than allowed.
    #[error("the receipt has {found} bytes, above the limit of {limit}")]
    TooLong {
        /// The length of the receipt, in bytes.
        found: usize,
        /// The largest length that is allowed, in bytes.
        limit: usize,
    },
    /// The receipt is not a signed note, or the board did not sign it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The first line does not name the format of receipts in the version of this library.
    #[error("the first line is not {FORMAT}")]
    Format,
    /// The text does not have seven lines.
    #[error("the text of a receipt must have seven lines, but this one has {found}")]
    Lines {
        /// The number of lines of the text.
        found: usize,
    },
    /// The receipt does not have exactly one signature.
    #[error("a receipt has one signature, but this one has {found}")]
    Signatures {
        /// The number of signatures.
        found: usize,
    },
    /// A line is not in the one form that it can have.
    #[error("line {line} of the receipt is not in its form: it must be {what}")]
    Line {
        /// The number of the line, counted from 1.
        line: usize,
        /// What the line must be.
        what: &'static str,
    },
    /// The receipt is that of another log.
    #[error("the receipt is of the log {found}, not of {expected}")]
    OtherLog {
        /// The name of the log whose key was given.
        expected: String,
        /// The name of the log in the receipt.
        found: String,
    },
}

/// What a board promises: a ballot is admitted as one entry of its log. This promises no more: a later ballot of the same
/// voter may replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    origin: String,
    fingerprint: Fingerprint,
    index: u64,
    leaf: TreeHash,
    tracker: Tracker,
    previous: Option<Tracker>,
}

impl Receipt {
    /// The origin of the log, which is the name of the key that signs the receipt.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The fingerprint of the election.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The position of the entry on the board, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The hash of the entry as a leaf of the log. It covers the ballot with its signature.
    #[must_use]
    pub fn leaf(&self) -> &TreeHash {
        &self.leaf
    }

    /// The tracker of the ballot.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The tracker of the ballot that this one replaces; `None` for a first ballot.
    #[must_use]
    pub fn previous(&self) -> Option<&Tracker> {
        self.previous.as_ref()
    }

    /// The receipt of an entry, whose ballot is not verified. A receipt that differs from that of its own entry promises what
    /// the board does not have.
    pub(crate) fn of_entry(origin: &str, index: u64, entry: &[u8]) -> Result<Self, DecodeError> {
        let (leaf, entry) = (leaf_hash(entry), Entry::decode(entry)?);
        if entry.kind() != EntryKind::Ballot {
            return Err(DecodeError::UnknownValue { field: "kind", found: entry.kind() as u64 });
        }
        let BallotHeader { fingerprint, previous, .. } = BallotHeader::read(entry.body())?;
        let tracker = SignedBallot::tracker_of(entry.body())?;
        Ok(Self { origin: origin.into(), fingerprint, index, leaf, tracker, previous })
    }

    fn parse(text: &str) -> Result<Self, ReceiptError> {
        let mut lines = text.split_terminator('\n');
        if lines.next() != Some(FORMAT) {
            return Err(ReceiptError::Format);
        }
        let fields = [lines.next(), lines.next(), lines.next(), lines.next(), lines.next(), lines.next()];
        let ([Some(origin), Some(fingerprint), Some(index), Some(leaf), Some(tracker), Some(previous)], None) =
            (fields, lines.next())
        else {
            return Err(ReceiptError::Lines { found: text.split_terminator('\n').count() });
        };
        let refused = |line, what| ReceiptError::Line { line, what };
        let digits = "64 lower-case hexadecimal digits";
        let number = index.parse().ok().filter(|number: &u64| number.to_string() == index && *number < MAX_ENTRIES);
        let hash = BASE64_STANDARD.decode(leaf).ok().and_then(|hash| hash.try_into().ok());
        let previous = match previous {
            NO_PREDECESSOR => None,
            // A ballot without a predecessor has zeros there: its receipt has one form.
            tracker => match tracker.parse().ok().filter(|tracker: &Tracker| *tracker.as_bytes() != [0; 32]) {
                None => return Err(refused(7, "64 lower-case hexadecimal digits, or - for none")),
                tracker => tracker,
            },
        };
        check_name(origin)?;
        Ok(Self {
            origin: origin.into(),
            fingerprint: fingerprint.parse().map_err(|_| refused(3, digits))?,
            index: number.ok_or(refused(4, "a position on a board, without leading zeros"))?,
            leaf: hash.map(TreeHash::from_bytes).ok_or(refused(5, "32 bytes in base64"))?,
            tracker: tracker.parse().map_err(|_| refused(6, digits))?,
            previous,
        })
    }
}

/// The text that the board signs.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, fingerprint, index, leaf, tracker, previous } = self;
        let leaf = BASE64_STANDARD.encode(leaf.as_bytes());
        let previous = previous.map_or_else(|| NO_PREDECESSOR.into(), |previous| previous.to_string());
        writeln!(f, "{FORMAT}\n{origin}\n{fingerprint}\n{index}\n{leaf}\n{tracker}\n{previous}")
    }
}

/// A receipt whose signature is not verified yet. Only [`verify`](Self::verify) returns its content. The text form is that
/// of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    note: Note,
    receipt: Receipt,
}

impl SignedReceipt {
    /// Whether a file is a receipt by its first line, in this version.
    #[must_use]
    pub fn is_receipt(bytes: &[u8]) -> bool {
        bytes.strip_prefix(FORMAT.as_bytes()).is_some_and(|rest| rest.starts_with(b"\n"))
    }

    /// Reads a receipt with its signature. Every receipt has only one form.
    ///
    /// # Errors
    ///
    /// If the receipt is too long, or a part of it is not in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_RECEIPT_BYTES {
            return Err(ReceiptError::TooLong { found: bytes.len(), limit: MAX_RECEIPT_BYTES });
        }
        let note = Note::parse(bytes)?;
        let receipt = Receipt::parse(note.text())?;
        match note.signatures().len() {
            1 => Ok(Self { note, receipt }),
            found => Err(ReceiptError::Signatures { found }),
        }
    }

    /// Verifies the signature of the board with this key, and returns the receipt.
    ///
    /// # Errors
    ///
    /// `OtherLog`, or `Note` with the reason why the signature is not that of the board.
    pub fn verify(&self, board: &NoteKey) -> Result<&Receipt, ReceiptError> {
        let found = &self.receipt.origin;
        if found != board.name() && weaken::is_on(Check::ReceiptOrigin) {
            return Err(ReceiptError::OtherLog { expected: board.name().into(), found: found.clone() });
        }
        self.note.verify(board)?;
        Ok(&self.receipt)
    }

    /// The content of the receipt. It is not verified, and may be what anybody wrote.
    #[must_use]
    pub fn unverified(&self) -> &Receipt {
        &self.receipt
    }

    /// The name of a file for this receipt: its tracker, and `.receipt`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.receipt", self.receipt.tracker)
    }
}

impl fmt::Display for SignedReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

impl FromStr for SignedReceipt {
    type Err = ReceiptError;
    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        Self::parse(text.as_bytes())
    }
}

impl NoteSigner {
    /// Signs the receipt of an entry of this signer's own log. The ballot must be admitted as this entry, and the entry must
    /// be stored durably: with a receipt for any other entry, anybody can convict the board.
    /// [`Admission::logged`](crate::admission::Admission::logged) finds the entry of a ballot.
    ///
    /// # Errors
    ///
    /// If the entry is not a ballot, or too short for one.
    pub fn sign_receipt(&self, index: u64, entry: &[u8]) -> Result<SignedReceipt, DecodeError> {
        let receipt = Receipt::of_entry(self.key().name(), index, entry)?;
        Ok(SignedReceipt { note: self.sign_text(receipt.to_string()), receipt })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::board::note::SignedCheckpoint;
    use crate::merkle::Frontier;

    const LOG: &str = "board.example/0123456789abcdef";

    fn log() -> NoteSigner {
        NoteSigner::from_seed(LOG, &[1; 32]).unwrap()
    }

    /// An entry with a ballot of this predecessor, whose other fields are arbitrary.
    fn entry(previous: [u8; 32]) -> Vec<u8> {
        let header = [&[1, 5][..], &[7; 32], &[0; 2], &[0; 8], &[8; 32], &previous, &[9; 32], &[0; 64]].concat();
        Entry::new(EntryKind::Ballot, &header).unwrap().encode()
    }

    fn signed() -> SignedReceipt {
        log().sign_receipt(42, &entry([3; 32])).unwrap()
    }

    /// A note with this text, signed by the log.
    fn note(text: &str) -> Result<SignedReceipt, ReceiptError> {
        SignedReceipt::parse(log().sign(text).unwrap().to_string().as_bytes())
    }

    #[test]
    fn a_receipt_is_read_back() {
        for previous in [[0; 32], [3; 32]] {
            let entry = entry(previous);
            let signed = log().sign_receipt(42, &entry).unwrap();
            let text = signed.to_string();
            assert!(SignedReceipt::is_receipt(text.as_bytes()) && text.len() <= MAX_RECEIPT_BYTES);
            let read: SignedReceipt = text.parse().unwrap();
            assert_eq!(read, signed);
            let receipt = read.verify(log().key()).unwrap();
            assert_eq!((receipt.origin(), receipt.index(), receipt.leaf()), (LOG, 42, &leaf_hash(&entry)));
            assert_eq!(receipt.fingerprint(), &Fingerprint::from_bytes([7; 32]));
            let body = Entry::decode(&entry).unwrap().body();
            assert_eq!(*receipt.tracker(), SignedBallot::tracker_of(body).unwrap());
            assert_eq!(
                receipt.previous().copied(),
                Some(Tracker::from_bytes(previous)).filter(|_| previous != [0; 32])
            );
            assert_eq!(signed.file_name(), format!("{}.receipt", receipt.tracker()));
            assert_eq!(read.unverified(), receipt);
            // The same entry has the same receipt.
            assert_eq!(log().sign_receipt(42, &entry), Ok(signed));
        }
    }

    #[test]
    fn only_a_ballot_has_a_receipt() {
        let closing = Entry::new(EntryKind::Close, &[0; 200]).unwrap().encode();
        let kind = DecodeError::UnknownValue { field: "kind", found: 4 };
        assert_eq!(log().sign_receipt(0, &closing), Err(kind));
        let short = Entry::new(EntryKind::Ballot, &[1, 5]).unwrap().encode();
        assert_eq!(log().sign_receipt(0, &short), Err(DecodeError::Truncated { field: "fingerprint" }));
    }

    #[test]
    fn a_receipt_has_one_form() {
        let text = signed().unverified().to_string();
        assert_eq!(note(&text), Ok(signed()));
        let changed = |line: usize, to: &str| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines[line - 1] = to;
            note(&format!("{}\n", lines.join("\n")))
        };
        assert_eq!(changed(1, "ballotta/v1-draft.4/receipt"), Err(ReceiptError::Format));
        assert_eq!(note(&format!("{text}more\n")), Err(ReceiptError::Lines { found: 8 }));
        assert_eq!(note(&format!("{text}\n")), Err(ReceiptError::Lines { found: 8 }));
        assert_eq!(note(&format!("{FORMAT}\n")), Err(ReceiptError::Lines { found: 1 }));
        let (upper, zeros) = ("AB".repeat(32), "00".repeat(32));
        let wrong: [(usize, &[&str]); 5] = [
            (3, &["", "-", &upper]),
            (4, &["042", "1073741824", "+1"]),
            (5, &["", "AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="]),
            (6, &["", "-", &upper]),
            (7, &["", "none", &upper, &zeros]),
        ];
        for (line, lines) in wrong {
            for wrong in lines {
                let refused = changed(line, wrong);
                assert!(matches!(refused, Err(ReceiptError::Line { line: found, .. }) if found == line), "{wrong}");
            }
        }
        for origin in ["", "two words", "a+b"] {
            let name = NoteError::KeyName { name: origin.into() };
            assert_eq!(changed(2, origin), Err(ReceiptError::Note(name)));
        }
        assert!(changed(4, "1073741823").is_ok());
        let twice = signed().to_string();
        let twice = format!("{twice}{}\n", twice.lines().last().unwrap());
        assert_eq!(twice.parse::<SignedReceipt>(), Err(ReceiptError::Signatures { found: 2 }));
        let long = std::vec![b'a'; MAX_RECEIPT_BYTES + 1];
        let too_long = ReceiptError::TooLong { found: MAX_RECEIPT_BYTES + 1, limit: MAX_RECEIPT_BYTES };
        assert_eq!(SignedReceipt::parse(&long), Err(too_long));
        assert_eq!(SignedReceipt::parse(&long[1..]), Err(ReceiptError::Note(NoteError::NoSignatures)));
    }

    #[test]
    fn only_the_board_signs_receipts() {
        let name = || String::from(LOG);
        let somebody = NoteSigner::from_seed(LOG, &[2; 32]).unwrap();
        let not_signed = ReceiptError::Note(NoteError::NotSigned { name: name() });
        assert_eq!(signed().verify(somebody.key()), Err(not_signed));
        let changed = signed().to_string().replacen("\n42\n", "\n43\n", 1).parse::<SignedReceipt>().unwrap();
        let bad = ReceiptError::Note(NoteError::BadSignature { name: name() });
        assert_eq!(changed.verify(log().key()), Err(bad));
    }

    /// One key signs the receipts of two logs. Somebody writes the name of the other log into the line of the signature.
    #[test]
    fn a_receipt_of_another_log_is_refused() {
        let other = NoteSigner::from_seed("board.example/fedcba9876543210", &[1; 32]).unwrap();
        let note = log().sign(&other.sign_receipt(42, &entry([0; 32])).unwrap().unverified().to_string()).unwrap();
        let moved: SignedReceipt = note.to_string().parse().unwrap();
        let refused = ReceiptError::OtherLog { expected: LOG.into(), found: other.key().name().into() };
        assert_eq!(moved.verify(log().key()), Err(refused));

        #[cfg(feature = "weaken")]
        {
            let _weaken = weaken::Weaken::without(Check::ReceiptOrigin);
            assert_eq!(moved.verify(log().key()).map(Receipt::index), Ok(42));
        }
    }

    #[test]
    fn a_checkpoint_is_no_receipt_and_a_receipt_is_no_checkpoint() {
        let checkpoint = log().sign_checkpoint(&Frontier::new().head()).to_string();
        assert_eq!(checkpoint.parse::<SignedReceipt>(), Err(ReceiptError::Format));
        let receipt = SignedCheckpoint::parse(signed().to_string().as_bytes());
        assert_eq!(receipt, Err(NoteError::CheckpointLines { found: 7 }));
    }
}
