//! The status of a ballot for which the voter kept a receipt.

use rand_core::CryptoRng;

use super::{BallotStatus, CodeChange, Election, History, VoterError};
use crate::ballot::{AdmissionError, BallotHeader};
use crate::board::board_key;
use crate::board::entry::{Entry, EntryKind};
use crate::board::receipt::{Receipt, ReceiptError, SignedReceipt};
use crate::board::tiles::TILE_WIDTH;
use crate::election::ElectionContext;
use crate::encoding::DecodeError;
use crate::hash::Tracker;
use crate::merkle::leaf_hash;
use crate::record::RecordSource;
use crate::written::{VoterNumber, WrittenTracker};

/// The status of a ballot that the board has promised in a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PromisedStatus {
    /// The ballot counts, unless a later ballot replaces it.
    Counted {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The ballot is valid, but a later ballot of the same credential replaced it.
    Superseded {
        /// The position of the ballot on the board.
        index: u64,
        /// The tracker of the ballot that counts.
        by: Tracker,
        /// The position of that ballot.
        by_index: u64,
    },
    /// The ballot is at its position and does not count, though the board has promised that it is admitted.
    Void {
        /// The position of the ballot on the board.
        index: u64,
        /// The rule that the ballot breaks.
        error: AdmissionError,
    },
    /// The promised entry is the ballot of another voter.
    OfAnotherVoter {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// A change of the roll explains why the promised entry is not a ballot with this voter number: the voter has an older and a newer
    /// code. Nobody is accused.
    OfChangedCode {
        /// The position of the ballot on the board.
        index: u64,
        /// What explains it.
        change: CodeChange,
    },
    /// The ballot is missing: the board has another entry at the promised position, or was closed before it. The receipt
    /// and this board convict the board.
    Broken {
        /// The promised position.
        index: u64,
    },
    /// The board that was read ends before the promised position, and is not closed.
    NotYet {
        /// The promised position.
        index: u64,
        /// The number of entries of the board that was read.
        size: u64,
    },
}

impl PromisedStatus {
    /// The stable name of the status, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Counted { .. } => "counted",
            Self::Superseded { .. } => "superseded",
            Self::Void { .. } => "void",
            Self::OfAnotherVoter { .. } => "of_another_voter",
            Self::OfChangedCode { change, .. } => change.code(),
            Self::Broken { .. } => "promise_broken",
            Self::NotYet { .. } => "not_yet",
        }
    }
}

impl Election {
    /// The status of the ballot that a receipt promises. Receipt, tracker and voter number are what the voter kept, and must
    /// belong together. Nothing is taken from the server except the board, which the receipt is compared with.
    ///
    /// # Errors
    ///
    /// `Receipt` if the board did not sign the receipt, `ReceiptOfOther` if it is of another election or another ballot,
    /// `UnknownNumber` if the promised ballot is there and no voter has this number, `Cancelled` if the promise was kept and the organiser
    /// has cancelled the election, and the errors of a record that cannot be read.
    pub fn find_promised<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        receipt: &SignedReceipt,
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<PromisedStatus, VoterError> {
        let receipt = promised(&self.context, receipt, tracker)?;
        let (index, size) = (receipt.index(), self.head().size);
        if index >= size && self.window.closed.is_none() {
            return Ok(PromisedStatus::NotYet { index, size });
        }
        let entries = self.entries(source, index / u64::from(TILE_WIDTH))?;
        let promised = entries.into_iter().find(|(at, entry)| *at == index && leaf_hash(entry) == *receipt.leaf());
        let Some((_, entry)) = promised else { return Ok(PromisedStatus::Broken { index }) };
        let void = |error| Ok(PromisedStatus::Void { index, error });
        let credential = match read_credential(&entry) {
            Ok(credential) => credential,
            Err(error) => return void(error.into()),
        };
        if !voter.is_of_bytes(&credential) {
            let change = self.code_change(source, voter, Some(&credential), rng)?;
            return Ok(change.map_or(PromisedStatus::OfAnotherVoter { index }, |change| {
                PromisedStatus::OfChangedCode { index, change }
            }));
        }
        let Some(line) = self.line(source, &credential)? else { return void(AdmissionError::UnknownCredential) };
        let history = History::read(self, source, &line, rng)?;
        match history.ballots().iter().find(|ballot| ballot.index == index).map(|ballot| &ballot.state) {
            Some(Err(error)) => void(error.clone()),
            // The promise to admit the ballot is kept. Nothing else is said of it if the election is cancelled.
            _ => self.is_not_cancelled().map(|()| match history.find(receipt.tracker()) {
                BallotStatus::Superseded { index, by, by_index } => PromisedStatus::Superseded { index, by, by_index },
                BallotStatus::Void { index, error } => PromisedStatus::Void { index, error },
                BallotStatus::OfAnotherVoter { index } => PromisedStatus::OfAnotherVoter { index },
                // The history of a credential says nothing of other numbers.
                BallotStatus::OfChangedCode { .. } | BallotStatus::Missing => PromisedStatus::Broken { index },
                BallotStatus::Counted { index } => PromisedStatus::Counted { index },
            }),
        }
    }
}

/// The content of a receipt that the board signed for this election and the ballot with this tracker.
pub(super) fn promised<'r>(
    context: &ElectionContext,
    receipt: &'r SignedReceipt,
    tracker: &WrittenTracker,
) -> Result<&'r Receipt, VoterError> {
    let receipt = signed_receipt(context, receipt)?;
    if !tracker.is_of(receipt.tracker()) {
        return Err(VoterError::ReceiptOfOther { what: "tracker" });
    }
    Ok(receipt)
}

/// The content of a receipt that the board signed for this election.
pub(super) fn signed_receipt<'r>(
    context: &ElectionContext,
    receipt: &'r SignedReceipt,
) -> Result<&'r Receipt, VoterError> {
    let board = board_key(context.manifest()).map_err(ReceiptError::Note)?;
    let receipt = receipt.verify(&board)?;
    if receipt.fingerprint() != context.fingerprint() {
        return Err(VoterError::ReceiptOfOther { what: "fingerprint" });
    }
    Ok(receipt)
}

/// The credential of the ballot in an entry.
fn read_credential(entry: &[u8]) -> Result<[u8; 32], DecodeError> {
    let entry = Entry::decode(entry)?;
    match entry.kind() {
        EntryKind::Ballot => Ok(BallotHeader::read(entry.body())?.credential),
        other => Err(DecodeError::UnknownValue { field: "kind", found: other as u64 }),
    }
}
