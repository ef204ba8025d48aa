//! The verifier: everything that can be checked of a record, by anybody.
//!
//! See `spec/verification.md`. Every check has a stable name, counts its items and its failures, reports each failure
//! with its place, and goes on. The report also says what was not checked. Verifying code has no access to secrets, and
//! uses randomness only for the weights of batches.
//!
//! # Implementation details
//!
//! [`verify`] is [`select()`], one shard, [`finish()`]. Many machines can verify many shards ([`verify_shard`]), with
//! the same findings. `select` reads the board once: it computes the tree head, and which ballots count if all are
//! valid by themselves. It decodes the credentials of the roll only if no sums of parts show that they are elements of the
//! group. A shard reads its bundles again, compares them with the hashes of the first reading, verifies
//! every ballot on all cores, and adds up those that count. `finish` corrects the sums where ballots were not valid.
//! The verifier keeps at most 24 bytes for each ballot, 40 more for one that is void, 8 for each line of the roll, 500 for each
//! change of the roll, and 5 MB for bundles with ballots that others refer to. It keeps neither ciphertexts nor proofs.
//!
//! # Examples
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let (record, announced) = (test.run().record(), *test.context.fingerprint());
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::verifier::{VerifyOptions, verify};
//! use getrandom::SysRng;
//!
//! // `record` is a complete record, and `announced` is the fingerprint that the auditor knows from elsewhere.
//! let options = VerifyOptions { fingerprint: Some(announced.into()), ..VerifyOptions::default() };
//! let verification = verify(&record, &options, &|_| (), &mut UnwrapErr(SysRng));
//! println!("{}", verification.report);
//! assert!(verification.report.holds());
//! let result = verification.report.result.expect("a complete record has a result");
//! println!("{}", String::from_utf8_lossy(&result.to_bytes()?));
//! # Ok::<(), ballotta::record::ResultEncodingError>(())
//! ```

mod ballots;
mod board;
mod checks;
mod decryption;
mod finish;
mod refusals;
mod report;
mod select;
mod shards;
mod state;
mod weights;

use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use checks::CheckId;
pub use finish::finish;
pub use report::{Cancelled, CheckReport, Effect, Failure, Place, Report, Role, Stage, Status, Step, Verdict};
pub use select::{Selected, select};
pub use shards::{PartialVerification, ShardError, ShardPlan, merge_all, verify_shard};
pub use state::{VerifierState, verify_from};

use self::report::Findings;
use crate::credential::{ChangeCounts, EffectiveChange, RollTotals};
use crate::decryption::{ClosedTally, ClosingStatement, DecryptionError, TallyResult, VerifiedDecryption, combine};
use crate::election::ElectionContext;
use crate::key_ceremony::JointKey;
use crate::merkle::TreeHead;
use crate::record::{PublishedRoll, RecordSource, ResultDocument};
use crate::tally::EncryptedTally;
use crate::written::WrittenFingerprint;

/// The options of a verification: what the verifier checks.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// How far the election must have come.
    pub stage: Stage,
    /// The fingerprint that the auditor knows from another source. It is the pinned fingerprint of the report.
    pub fingerprint: Option<WrittenFingerprint>,
    /// Tree heads that the auditor has seen before. They are the pinned checkpoints of the report.
    pub checkpoints: Vec<TreeHead>,
}

/// The progress of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The part that is being verified: `roll`, `board`, `parts` or `ballots`.
    pub stage: &'static str,
    /// The number of bytes or entries that have been read or verified.
    pub done: u64,
    /// The number of bytes or entries of the whole part.
    pub total: u64,
}

/// The outcome of a verification.
#[derive(Default)]
pub struct Verification {
    /// The report of what was found.
    pub report: Report,
    /// The election, if manifest, ceremony and roll could be read.
    pub context: Option<ElectionContext>,
    /// The joint key, if the key ceremony is complete.
    pub joint_key: Option<JointKey>,
    /// The roll, if it could be read.
    pub roll: Option<PublishedRoll>,
    /// The tree head of the whole board, if its entries could be read.
    pub head: Option<TreeHead>,
    /// The changes of the roll that have an effect, in the order of the board.
    pub changes: Vec<EffectiveChange>,
    /// The position of the cut-off, after which the roll does not change.
    pub cut_off: Option<u64>,
    /// The number of ballots that count so far, if all ballots could be read.
    pub counted: Option<u64>,
    /// The cancellation that has effect, if there is one. Then there is no tally and no result.
    pub cancellation: Option<Cancelled>,
    /// The tally that was recomputed, if the board is closed.
    pub tally: Option<EncryptedTally>,
    /// The tally, if the closing rule of the manifest is satisfied and nothing in the record is wrong.
    pub closed: Option<ClosedTally>,
    /// The trustees' statements with valid signatures, in the order of the board. They may be about another tally.
    pub statements: Vec<ClosingStatement>,
    /// Valid partial decryptions, in the order of the board.
    pub decryptions: Vec<VerifiedDecryption>,
    /// The totals and the lot that were recomputed, if there are enough decryptions.
    pub totals: Option<TallyResult>,
    /// The messages of the key ceremony, in the order of the board.
    pub ceremony: Vec<Vec<u8>>,
}

impl Verification {
    /// The result that was computed.
    fn document(&self) -> Option<ResultDocument> {
        let context = self.context.as_ref()?;
        let (roll, tally, totals) = (self.current_totals()?, self.tally.as_ref()?, self.totals.as_ref()?);
        Some(ResultDocument {
            roll_changes: self.change_counts(),
            ..ResultDocument::new(context, &roll, tally, totals)
        })
    }

    /// The totals of the current roll: after its changes.
    #[must_use]
    pub fn current_totals(&self) -> Option<RollTotals> {
        Some(self.roll.as_ref()?.totals().after(&self.changes))
    }

    /// How often the roll was changed for each reason; `None` if the manifest allows no changes, or is not known.
    #[must_use]
    pub fn change_counts(&self) -> Option<ChangeCounts> {
        self.context.as_ref()?.manifest().roll_changes().map(|_| ChangeCounts::of(&self.changes))
    }

    /// Computes the result from verified partial decryptions of the tally that was recomputed.
    ///
    /// # Errors
    ///
    /// If there is no tally, too few decryptions, or a total that rules and roll do not allow.
    pub fn result(&self, decryptions: &[VerifiedDecryption]) -> Result<ResultDocument, DecryptionError> {
        let (Some(context), Some(roll), Some(tally)) = (&self.context, self.current_totals(), &self.tally) else {
            return Err(DecryptionError::NoTally);
        };
        let totals = combine(context, tally, decryptions)?;
        Ok(ResultDocument { roll_changes: self.change_counts(), ..ResultDocument::new(context, &roll, tally, &totals) })
    }
}

/// Verifies a record.
///
/// Checks everything that can be checked. Without the manifest there are no keys, and nothing else is checked.
pub fn verify<R: CryptoRng>(
    source: &dyn RecordSource,
    options: &VerifyOptions,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Verification {
    let selected = select(source, options, progress, rng);
    let part = selected.plan().map(|plan| shards::verify_entries(source, plan, 0..plan.entries(), progress, rng));
    finish::finish_with(source, selected, part, progress, rng)
}

struct Verifier<'a> {
    source: &'a dyn RecordSource,
    options: &'a VerifyOptions,
    progress: &'a (dyn Fn(Progress) + Sync),
    findings: Findings,
    /// Whether nothing has shown yet that the credentials of the roll are elements of the group.
    undecoded: bool,
}
