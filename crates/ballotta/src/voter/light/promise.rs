//! The status of a ballot for which the voter kept a receipt, from small parts of a record.

use alloc::boxed::Box;

use rand_core::CryptoRng;

use super::{LastBallot, LastEntry, LightElection};
use crate::ballot::{BallotHeader, verify_form, verify_own_signature};
use crate::board::entry::Entry;
use crate::board::receipt::{Receipt, SignedReceipt};
use crate::evidence::{Claim, ElectionHashes, Evidence, LoggedEntry};
use crate::hash::Tracker;
use crate::merkle::leaf_hash;
use crate::record::light::proved_entry;
use crate::record::{RecordSource, TiledLog};
use crate::voter::promise::promised;
use crate::voter::{CodeChange, VoterError};
use crate::weaken::{self, Check};
use crate::written::{VoterNumber, WrittenTracker};

/// What a light client knows of a ballot that the board has promised in a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LightPromise {
    /// The ballot is at its position, and enough trustees have signed that it counts.
    Counted {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The ballot is at its position, and enough trustees have signed that a later ballot of the voter counts.
    Superseded {
        /// The position of the ballot on the board.
        index: u64,
        /// The tracker of the ballot that counts.
        by: Tracker,
        /// The position of that ballot.
        by_index: u64,
    },
    /// The ballot is at its position, and enough trustees have signed that no later ballot counts, and not this one. The whole
    /// record shows why.
    NotCounted {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The ballot is at its position. Whether it counts is not confirmed: the voting is open, or too few trustees have signed.
    OnBoard {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The ballot is at its position, and a later ballot of the voter is on the board. Which of them counts is not confirmed.
    LaterIsLast {
        /// The position of the ballot on the board.
        index: u64,
        /// The tracker of the later ballot.
        by: Tracker,
        /// The position of the later ballot.
        by_index: u64,
    },
    /// The ballot is at its position and does not count, though the board has promised that it is admitted.
    Void {
        /// The position of the ballot on the board.
        index: u64,
        /// What convicts the board.
        evidence: Box<Evidence>,
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
    /// The board has another entry at the promised position, or was closed before it.
    Broken {
        /// The promised position.
        index: u64,
        /// What convicts the board.
        evidence: Box<Evidence>,
    },
    /// The board that was read ends before the promised position, and is not closed.
    NotYet {
        /// The promised position.
        index: u64,
        /// The number of entries of the board that was read.
        size: u64,
    },
}

impl LightPromise {
    /// The stable name of the status, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Counted { .. } => "counted",
            Self::Superseded { .. } => "superseded",
            Self::NotCounted { .. } => "not_counted",
            Self::OnBoard { .. } => "on_board",
            Self::LaterIsLast { .. } => "later_is_last",
            Self::Void { .. } => "void",
            Self::OfAnotherVoter { .. } => "of_another_voter",
            Self::OfChangedCode { change, .. } => change.code(),
            Self::Broken { .. } => "promise_broken",
            Self::NotYet { .. } => "not_yet",
        }
    }
}

impl LightElection {
    /// The status of the ballot that a receipt promises. Receipt, tracker and voter number are what the voter kept, and must
    /// belong together. A board that broke its promise is convicted by the evidence in the status.
    ///
    /// # Errors
    ///
    /// `Receipt` if the board did not sign the receipt, `ReceiptOfOther` if it is of another election or another ballot,
    /// `UnknownNumber` if the promised ballot is there and no voter has this number, `Cancelled` if the promise was kept and the organiser has cancelled the
    /// election, or why a part cannot be read. What cannot be read or proved is no
    /// status.
    pub fn find_promised<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        receipt: &SignedReceipt,
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<LightPromise, VoterError> {
        let promised = promised(&self.context, receipt, tracker)?;
        let (index, size) = (promised.index(), self.head.size);
        let log = self.log(source);
        let outside = self.promised_outside(source, &log, receipt)?;
        if index >= size {
            return Ok(match outside {
                Some(evidence) => LightPromise::Broken { index, evidence },
                None => LightPromise::NotYet { index, size },
            });
        }
        // Both are begun before one fails: a source that fetches what is needed learns of both at once.
        let (entry, last) = (proved_entry(source, &log, index), self.last_entry(source, voter, rng));
        let (entry, proof) = entry?;
        let leaf = leaf_hash(&entry);
        if leaf != *promised.leaf() && weaken::is_on(Check::PromisedEntry) {
            let (receipt, checkpoint) = (receipt.clone(), self.checkpoint.clone());
            let evidence = self.evidence(Claim::Omission { receipt, checkpoint, leaf, proof });
            return Ok(LightPromise::Broken { index, evidence });
        }
        if let Some(evidence) = outside {
            return Ok(LightPromise::Void { index, evidence });
        }
        let credential = match self.credential_of_promised(promised, &entry, rng) {
            Some(credential) => credential,
            None => {
                let (receipt, election) = (receipt.clone(), self.hashes());
                let evidence = self.evidence(Claim::VoidThoughPromised { receipt, election, entry });
                return Ok(LightPromise::Void { index, evidence });
            }
        };
        if !voter.is_of_bytes(&credential) {
            let change = self.explained(source, last, voter, &credential, rng)?;
            return Ok(change.map_or(LightPromise::OfAnotherVoter { index }, |change| LightPromise::OfChangedCode {
                index,
                change,
            }));
        }
        let last = last?;
        // The promise to admit the ballot is kept, and no trustee ever states that it counts.
        self.is_not_cancelled()?;
        Ok(match last {
            LastEntry::Ballot(LastBallot { index: by_index, tracker: by, .. }) if by_index > index => match self.stated
            {
                Some(_) => LightPromise::Superseded { index, by, by_index },
                None => LightPromise::LaterIsLast { index, by, by_index },
            },
            _ if self.stated.is_none() => LightPromise::OnBoard { index },
            LastEntry::Ballot(last) if last.index == index => LightPromise::Counted { index },
            _ => LightPromise::NotCounted { index },
        })
    }

    /// The credential of a promised ballot; `None` if it is void by itself: one of the three steps fails with which the
    /// verification of evidence says why. That is not called here, because a browser would load the code for evidence of every
    /// kind.
    fn credential_of_promised<R: CryptoRng>(&self, promised: &Receipt, entry: &[u8], rng: &mut R) -> Option<[u8; 32]> {
        let right = Receipt::of_entry(promised.origin(), promised.index(), entry).ok()?;
        let ballot = Entry::decode(entry).ok()?.body();
        let is_a_ballot = right == *promised
            && verify_own_signature(ballot, rng).is_ok()
            && verify_form(self.context.manifest(), ballot).is_ok();
        is_a_ballot.then_some(BallotHeader::read(ballot).ok()?.credential)
    }

    /// Evidence that the promised position is not between opening and closing, as far as they were read.
    fn promised_outside(
        &self,
        source: &dyn RecordSource,
        log: &TiledLog<'_>,
        receipt: &SignedReceipt,
    ) -> Result<Option<Box<Evidence>>, VoterError> {
        let promised = receipt.unverified().index();
        let closing = self.window.closed.filter(|closing| *closing < promised);
        let opening = self.window.opened.filter(|opening| *opening > promised);
        let Some(index) = closing.or(opening) else { return Ok(None) };
        let (entry, proof) = proved_entry(source, log, index)?;
        let (receipt, election, checkpoint) = (receipt.clone(), self.hashes(), self.checkpoint.clone());
        let logged = LoggedEntry { index, entry, proof };
        Ok(Some(self.evidence(match closing {
            Some(_) => Claim::PromisedAfterClosing { receipt, election, checkpoint, closing: logged },
            None => Claim::PromisedBeforeOpening { receipt, election, checkpoint, opening: logged },
        })))
    }

    fn hashes(&self) -> ElectionHashes {
        ElectionHashes { joint_key: *self.context.joint_key_hash(), roll: self.summary.roll_hash() }
    }

    fn evidence(&self, claim: Claim) -> Box<Evidence> {
        Box::new(Evidence::new(self.context.manifest().clone(), claim))
    }
}
