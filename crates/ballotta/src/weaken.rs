//! The checks that a test may switch off, one at a time, to show that a forgery passes without them.
//!
//! Without the feature `weaken` (which a release build refuses) every check is on and `is_off` is the constant
//! `false`. With it, a `Weaken` value switches one check off on the thread that owns it, until it is dropped.

/// A check that tests can switch off, named after what it protects from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The election fingerprint enters every transcript (a proof moved to another election).
    AbsorbFingerprint,
    /// The speaker enters the transcript of the ballot argument (a ballot copied by another voter).
    AbsorbCredential,
    /// The ciphertexts enter the transcript of the ballot argument (a mauled or adaptively chosen ciphertext).
    AbsorbCiphertext,
    /// `B` and `A` enter the transcript before `rho` is drawn.
    AbsorbBitCommitments,
    /// `E_R` and `E_C` enter the transcript before `x` is drawn.
    AbsorbLinkAnnouncements,
    /// Rows are weighed by distinct powers of `rho`: slot rows and constant rows are numbered in one sequence.
    DistinctRowWeights,
    /// The bit equation of the ballot argument is verified (bits outside `{0, 1}`).
    BitEquation,
    /// The link equation of the ballot argument is verified (rows that are not satisfied).
    LinkEquation,
    /// The equation that proves the ciphertext's randomness is verified.
    RandomnessEquation,
    /// The public key enters the transcript of a Schnorr proof.
    AbsorbPublicKey,
    /// The announcement enters the transcript of a Schnorr proof.
    AbsorbNonce,
    /// The decryption factors and verification keys enter the transcript before the slots are combined.
    AbsorbFactors,
    /// The announcements enter the transcript of an equality proof.
    AbsorbEqualityAnnouncements,
    /// The base of an equality proof enters its transcript.
    AbsorbEqualityBase,
    /// The weights of a batch depend on what is batched and are not all alike.
    RandomBatchWeights,
    /// The identity is refused where an element must not be it.
    RefuseIdentity,
    /// An opening or closing that the organiser did not sign has no effect.
    OrganiserSignature,
    /// A ballot names the fingerprint of the election.
    BallotFingerprint,
    /// A ballot's style is the one that the roll gives its credential.
    BallotStyle,
    /// A ballot's weight is the one that the roll gives its credential.
    BallotWeight,
    /// A ballot's credential is on the roll.
    CredentialOnRoll,
    /// A ballot is signed by its credential.
    BallotSignature,
    /// Of two valid entries with the same `R`, the second is void.
    RepeatedRandomness,
    /// An entry whose predecessor is not the head of its credential is void.
    Predecessor,
    /// Only entries before the first close entry are counted.
    CountBeforeClose,
    /// A partial decryption belongs to a trustee's one statement.
    StatementBound,
    /// A contest of few ballots, or with a rare weight, is not decrypted.
    PrivacyLimits,
    /// Range digits end in a last weight that makes the total exact.
    ExactRange,
    /// A deal opens the commitment that its dealer made before.
    DealCommitment,
    /// A deal has exactly as many coefficient commitments as the threshold says.
    DealLength,
    /// A dealer proves that it knows its constant terms.
    DealPossession,
    /// A share agrees with the dealer's coefficient commitments.
    ShareConsistency,
    /// A trustee proves that its stored backup decrypts.
    BackupProof,
    /// Leaves and nodes of the log are hashed apart (two nodes offered as an entry).
    LeafPrefix,
    /// The length of a proof follows from the sizes and the index (a node offered as a leaf).
    ProofLength,
    /// Opening or closing enters the transcript of the organiser's signature.
    AbsorbAction,
    /// Ed25519 keys and signatures are of the prime-order subgroup and canonical.
    StrictSignature,
    /// A checkpoint names the log whose key signed it.
    CheckpointOrigin,
    /// A witness counts once, under however many names.
    DistinctWitnesses,
    /// The authority enters the transcripts of its proofs of possession and of its signature of the roll (copied by another).
    AbsorbAuthority,
    /// Every credential authority has signed the roll (voters whom nobody issued).
    RollSignature,
    /// A roll names the manifest of its election.
    RollManifest,
    /// The credentials of a roll ascend strictly (a voter who appears twice).
    RollOrder,
    /// A roll weighs no more than its manifest allows (digits of a slot that carry into the next).
    RollTotal,
    /// A part of the roll that is read again is what was read before.
    RollBlock,
}

#[cfg(feature = "weaken")]
mod switched {
    use core::cell::Cell;
    use core::marker::PhantomData;

    use super::Check;

    std::thread_local! {
        static OFF: Cell<Option<Check>> = const { Cell::new(None) };
    }

    /// Switches one check off on this thread until it is dropped.
    #[derive(Debug)]
    pub struct Weaken {
        before: Option<Check>,
        // What it changes belongs to this thread.
        not_send: PhantomData<*const ()>,
    }

    impl Weaken {
        /// Switches `check` off.
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

    /// What is off on this thread, for threads that work for it.
    #[cfg(feature = "parallel")]
    pub(crate) fn inherited() -> Option<Check> {
        OFF.get()
    }

    /// Switches off on this thread what is off on the one it works for.
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

/// Whether a test has switched `check` off: never, without the feature `weaken`.
#[cfg(not(feature = "weaken"))]
pub(crate) const fn is_off(_check: Check) -> bool {
    false
}

/// What is switched off without the feature `weaken`.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
#[derive(Clone, Copy)]
pub(crate) struct Nothing;

/// Nothing is off.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
pub(crate) const fn inherited() -> Nothing {
    Nothing
}

/// Nothing is off.
#[cfg(all(not(feature = "weaken"), feature = "parallel"))]
pub(crate) const fn inherit(off: Nothing) -> Nothing {
    off
}

/// Whether `check` is on.
#[cfg_attr(not(feature = "weaken"), allow(clippy::inline_always))]
#[cfg_attr(not(feature = "weaken"), inline(always))]
pub(crate) fn is_on(check: Check) -> bool {
    !is_off(check)
}
