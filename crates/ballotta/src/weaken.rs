//! The checks that a test can switch off, one at a time, to show that a forgery passes without the check.
//!
//! Without the feature `weaken` (which a release build refuses) every check is on and `is_off` is the constant
//! `false`. With the feature, a `Weaken` value switches one check off on its own thread until it is dropped.

/// A check that a test can switch off. For some checks, parentheses name an attack that is possible without the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// Every transcript absorbs the election fingerprint (attack: a proof is moved to another election).
    AbsorbFingerprint,
    /// The transcript of the ballot argument absorbs the credential (attack: another voter copies a ballot).
    AbsorbCredential,
    /// The transcript of the ballot argument absorbs the ciphertexts (attack: a ciphertext is changed afterwards).
    AbsorbCiphertext,
    /// The transcript absorbs `B` and `A` before `rho` is drawn.
    AbsorbBitCommitments,
    /// The transcript absorbs `E_R` and `E_C` before `x` is drawn.
    AbsorbLinkAnnouncements,
    /// Each row has its own power of `rho` as its weight: slot rows and constant rows are numbered in one sequence.
    DistinctRowWeights,
    /// The bit equation of the ballot argument is verified (attack: bits outside `{0, 1}`).
    BitEquation,
    /// The link equation of the ballot argument is verified (attack: rows that are not satisfied).
    LinkEquation,
    /// The equation that proves knowledge of the ballot nonce is verified.
    RandomnessEquation,
    /// The transcript of a Schnorr proof absorbs the public key.
    AbsorbPublicKey,
    /// The transcript of a Schnorr proof absorbs the announcement.
    AbsorbNonce,
    /// The transcript absorbs the decryption factors and verification keys before the slots are combined.
    AbsorbFactors,
    /// The transcript of an equality proof absorbs the announcements.
    AbsorbEqualityAnnouncements,
    /// The transcript of an equality proof absorbs its base.
    AbsorbEqualityBase,
    /// The weights of a batch depend on all claims in the batch, and they differ.
    RandomBatchWeights,
    /// The identity is refused where an element must not be the identity.
    RefuseIdentity,
    /// An opening or closing that the organiser did not sign has no effect.
    OrganiserSignature,
    /// A ballot contains the fingerprint of the election.
    BallotFingerprint,
    /// The style of a ballot is the style that the roll gives its credential.
    BallotStyle,
    /// The weight of a ballot is the weight that the roll gives its credential.
    BallotWeight,
    /// A ballot's credential is on the roll.
    CredentialOnRoll,
    /// A ballot is signed by its credential.
    BallotSignature,
    /// If two valid entries have the same `R`, the second is void.
    RepeatedRandomness,
    /// A ballot is void if as many ballots of its credential are admitted as the manifest allows (attack: one voter floods the board).
    BallotLimit,
    /// A ballot is void if its predecessor is not the last valid ballot of its credential.
    Predecessor,
    /// Only entries before the first signed closing are counted.
    CountBeforeClose,
    /// A partial decryption is of the closed board that it names.
    StatementBound,
    /// A trustee's part of the lot is proved (attack: a trustee chooses who is elected where options tie).
    LotProof,
    /// A partial decryption is signed by its trustee (attack: anybody decrypts a tally that contains no vote).
    DecryptionSignature,
    /// A ballot that a voter looks for or has opened has the voter's number (attack: several voters are shown one ballot).
    VoterNumber,
    /// A contest with few ballots, or with a rare weight, is not decrypted.
    PrivacyLimits,
    /// The last digit of a range has the weight that makes the total exact.
    ExactRange,
    /// A deal is the one to which its dealer committed before.
    DealCommitment,
    /// The number of coefficient commitments of a deal is the threshold.
    DealLength,
    /// A dealer proves that it knows its constant terms.
    DealPossession,
    /// A share agrees with the dealer's coefficient commitments.
    ShareConsistency,
    /// A trustee proves that it can decrypt with its stored shares.
    BackupProof,
    /// Leaves and nodes of the log have different hash prefixes (attack: two nodes are presented as an entry).
    LeafPrefix,
    /// The length of a proof must follow from the sizes and the index (attack: a node is presented as a leaf).
    ProofLength,
    /// The transcript of the organiser's signature absorbs the action: opening, cut-off, closing or cancellation.
    AbsorbAction,
    /// The transcript of the organiser's signature absorbs the time (attack: a board opens or closes earlier than was signed).
    AbsorbNotBefore,
    /// The transcript of a cancellation absorbs the reason (attack: a board gives another reason).
    AbsorbReason,
    /// No ballot counts after the election is cancelled, and it cannot be closed (attack: a board goes on).
    CancelledEnds,
    /// An election is not cancelled after the close (attack: an organiser who has seen the result cancels it).
    CancelledInTime,
    /// A board does not use an entry of the organiser before the time that was signed.
    SignedTime,
    /// Ed25519 keys and signatures are canonical and in the subgroup of prime order.
    StrictSignature,
    /// A checkpoint names the log whose key signed it.
    CheckpointOrigin,
    /// A receipt names the log whose key signed it (attack: a receipt of another log of the same board is used).
    ReceiptOrigin,
    /// The manifest in evidence is that of the election that was signed for (attack: an honest board is accused with a manifest
    /// in which its ballots cannot be read).
    EvidenceElection,
    /// What evidence compares differs (attack: two receipts of an honest board are shown as a contradiction).
    EvidenceContradicts,
    /// A log contains what evidence says (attack: an honest board is accused of an entry that it does not have).
    EvidenceInclusion,
    /// The entry in evidence is the one that the receipt promises (attack: an honest board is accused with another entry).
    PromisedEntry,
    /// A witness is counted once, even if it has several names.
    DistinctWitnesses,
    /// Proofs of possession and roll signatures absorb the authority (attack: another authority copies them).
    AbsorbAuthority,
    /// A credential authority proves that it knows its parts (attack: it chooses its part so that it knows the secret of the
    /// sum).
    PartsProof,
    /// The parts of an authority are absorbed before the weights of their sum are drawn (attack: it chooses a part so that what
    /// it does not know cancels in the sum).
    AbsorbParts,
    /// Each part of an authority has a random weight in their sum (attack: parts that the authority does not know cancel).
    PartWeights,
    /// The parts of a line add up to its credential (attack: the credential of a line belongs to one authority alone).
    PartsSum,
    /// The signature of an authority absorbs the hash of its parts (attack: who knows a credential splits it anew, and the
    /// authority seems to have signed that).
    SignedParts,
    /// Every credential authority has signed the roll (attack: the roll contains voters whom no authority registered).
    RollSignature,
    /// All credential authorities have signed a change of the roll (attack: one of two authorities adds a voter).
    ChangeSigned,
    /// An authority knows its part of a credential that a change adds (attack: the last one chooses its part so that it knows
    /// the whole credential).
    ChangeParts,
    /// The roll is changed before the cut-off.
    ChangeBeforeCutOff,
    /// The changes of the roll have the numbers 1, 2, .. (attack: the board leaves a change out).
    ChangeSequence,
    /// The changes of the roll keep the bounds of the manifest.
    ChangeBounds,
    /// A credential that has voted is not revoked (attack: the ballot of somebody who voted is taken away).
    ChangeOfVoter,
    /// A credential is revoked once (attack: two lines come in place of one).
    RevokedOnce,
    /// A credential that was on the roll is never added to it (attack: a code that was stolen becomes valid again).
    NeverOnRoll,
    /// The change that a server shows to a voter revokes the credential of this voter (attack: a server tells a voter that the code
    /// was revoked).
    OwnRevocation,
    /// A change that explains why a ballot is not of a voter number has revoked this number, or replaces the code of this ballot by that
    /// of the number (attack: a device shows the tracker of another voter, and the change of somebody else excuses it).
    ChangeOfCode,
    /// A credential that was revoked casts no ballot (attack: two ballots of one voter count).
    RevokedVotes,
    /// The hash of the manifest in a roll is that of the election (attack: the roll of another election is used).
    RollManifest,
    /// The credentials of a roll ascend strictly (attack: a voter appears twice).
    RollOrder,
    /// The total weight of a roll is at most what its manifest allows (attack: a digit of a slot carries over).
    RollTotal,
    /// If a part of the roll is read again, its bytes are the same as before.
    RollBlock,
    /// The entries have the root that the board signed (attack: entries are exchanged after the signature).
    BoardRoot,
    /// The board continues a head that an auditor has seen before (attack: the board is written anew).
    PinnedCheckpoint,
    /// A credential that was not found is shown to be on no block of the roll (attack: a server says that a voter is not on
    /// the roll).
    AbsenceFromRoll,
    /// The board has signed the checkpoint of a verifier's state (attack: a damaged state accuses the board).
    StateCheckpoint,
    /// The board that a voter is shown continues the one that the voter has seen before (attack: two histories).
    KeptHead,
    /// A ballot that a voter is shown as its own is signed by its credential (attack: the next ballot follows another one).
    OwnBallot,
    /// The opening names the fingerprint of manifest, joint key and roll (attack: the roll is exchanged after the opening).
    OpenedFingerprint,
    /// The fingerprint is the one that an auditor pinned (attack: the record of another election is shown).
    PinnedFingerprint,
    /// The authorities sign the roll before the opening (attack: the voting is opened with a roll that nobody signed).
    SignedBeforeOpening,
    /// Only entries after the opening are counted (attack: ballots that nobody could see before the election began).
    CountAfterOpen,
    /// A ballot appears once (attack: the board appends a copy of a ballot, for which the voter's program is blamed).
    DuplicateTracker,
    /// A file is the one that its entry names (attack: a file is exchanged after the entry).
    PointedFile,
    /// A listed file is the one that was published (attack: a file is exchanged after the publication).
    ListedFile,
    /// An attachment is the file that the manifest names (attack: voters are shown another statement of a candidate).
    Attachment,
    /// The published result is the computed one (attack: other totals are published).
    PublishedResult,
    /// A closing statement is signed by its trustee (attack: one trustee states in the name of the others).
    StatementSignature,
    /// A closing statement is about the tally of the record (attack: trustees are shown different boards).
    StatementAgrees,
    /// A trustee makes one statement only (attack: a trustee decrypts two tallies, which differ in one ballot).
    OneStatement,
    /// Enough trustees made a statement (attack: a few trustees decrypt a board that the others have not seen).
    StatementsNeeded,
    /// Enough witnesses cosigned the closing checkpoint (attack: the board shows the trustees a board of their own).
    WitnessQuorum,
    /// The closing checkpoint is that of the closed board (attack: a cosigned checkpoint of another board is used).
    ClosingHead,
    /// A partial decryption names the election and the sums of the tally (attack: a trustee disowns what it decrypted).
    DecryptionTally,
    /// As many trustees as the threshold decrypt (attack: fewer of them publish a result).
    DecryptionThreshold,
    /// If a bundle of the board is read again, its bytes are the same as before (attack: other ballots are counted than
    /// those that were signed).
    RereadBundle,
    /// A confirmation names the root of the ceremony (attack: a trustee confirms another key).
    ConfirmedRoot,
    /// No key has two purposes or two owners (attack: the organiser is also a trustee).
    KeyReuse,
    /// Every ephemeral key of the ceremony appears once (attack: a complaint about a deal reveals the shares of another).
    CopiedEphemeral,
}

#[cfg(feature = "weaken")]
mod switched {
    use core::cell::Cell;
    use core::marker::PhantomData;

    use super::Check;

    std::thread_local! {
        static OFF: Cell<Option<Check>> = const { Cell::new(None) };
    }

    /// A guard that switches one check off on this thread until it is dropped.
    #[derive(Debug)]
    pub struct Weaken {
        before: Option<Check>,
        // It changes a thread-local variable, so it must be dropped on the same thread.
        not_send: PhantomData<*const ()>,
    }

    impl Weaken {
        /// Switches `check` off until the returned guard is dropped.
        #[must_use]
        pub fn without(check: Check) -> Self {
            Self { before: OFF.replace(Some(check)), not_send: PhantomData }
        }
    }

    impl Drop for Weaken {
        fn drop(&mut self) {
            OFF.set(self.before);
        }
    }

    pub(crate) fn is_off(check: Check) -> bool {
        OFF.get() == Some(check)
    }

    /// The check that is off on this thread, to be passed to worker threads.
    #[cfg(feature = "parallel")]
    pub(crate) fn inherited() -> Option<Check> {
        OFF.get()
    }

    /// Switches off on this worker thread the check that is off on the thread that started it.
    #[cfg(feature = "parallel")]
    pub(crate) fn inherit(off: Option<Check>) -> Weaken {
        Weaken { before: OFF.replace(off), not_send: PhantomData }
    }
}

#[cfg(feature = "weaken")]
pub use switched::Weaken;
#[cfg(feature = "weaken")]
pub(crate) use switched::is_off;
#[cfg(all(feature = "weaken", feature = "parallel"))]
pub(crate) use switched::{inherit, inherited};

/// Whether a test has switched `check` off. Without the feature `weaken` this is never the case.
#[cfg(not(feature = "weaken"))]
pub(crate) const fn is_off(_check: Check) -> bool {
    false
}

/// Represents the check that is off. Without the feature `weaken`, no check is off.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
#[derive(Clone, Copy)]
pub(crate) struct Nothing;

/// Without the feature `weaken`, no check is off.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
pub(crate) const fn inherited() -> Nothing {
    Nothing
}

/// Without the feature `weaken`, no check is off.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
pub(crate) const fn inherit(off: Nothing) -> Nothing {
    off
}

/// Whether `check` is on. Without the feature `weaken` it always is.
#[cfg_attr(not(feature = "weaken"), allow(clippy::inline_always))]
#[cfg_attr(not(feature = "weaken"), inline(always))]
pub(crate) fn is_on(check: Check) -> bool {
    !is_off(check)
}
