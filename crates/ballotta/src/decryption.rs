//! Decryption: the trustees' statements, their partial decryptions, and the result.
//!
//! See `spec/tally.md#decryption`.
//!
//! # Construction
//!
//! The totals of a contest that would give single votes away, by the manifest's limits, are [withheld]: nobody decrypts
//! them, and the other contests have their result.
//!
//! First every trustee verifies the record up to the close and signs *one statement ever* about what it is going to
//! decrypt ([`ClosingStatement`]). Only when the manifest's closing rule holds ([`ClosedTally`]) it computes its
//! [`PartialDecryption`]: for each contest, `D_s = [x_s]R` for all slots with one proof of equal logarithms. Any `t`
//! valid ones give `[v_s]G = C_s - sum lambda_j D_{j,s}`; bounded discrete logarithms give the totals. An invalid one is
//! named and set aside, and never blocks.
//!
//! Without the closing rule a server could show two trustees two prefixes of the board and learn single votes from the
//! difference of two honest tallies.
//!
//! # Security
//!
//! There is no function that decrypts a ciphertext from outside a closed record.
//!
//! [withheld]: EncryptedContest::withheld

use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use crate::board::note::SignedCheckpoint;
use crate::board::{board_key, witness_keys};
use crate::contest::{Outcome, OutcomeError};
use crate::discrete_log::DiscreteLog;
use crate::election::ElectionContext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::form::Packing;
use crate::group::{Element, PublicElement};
use crate::hash::{Fingerprint, TallyDigest, TreeHash};
use crate::index::TrusteeIndex;
use crate::key_ceremony::{TrusteeShares, lagrange_at_zero};
use crate::manifest::{Closing, Contest, Manifest};
use crate::proofs::equality::{EqualityProof, EqualityStatement};
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::tally::{EncryptedContest, EncryptedTally};
use crate::transcript::{Domain, ProofTranscript};
use crate::weaken::{self, Check};

/// Why a tally is not decrypted, or a part of the decryption not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// There is no tally: the board is not closed, or could not be read.
    #[error("there is no tally: the board is not closed, or could not be read")]
    NoTally,
    /// There is no trustee with this index.
    #[error("there is no trustee {trustee}")]
    UnknownTrustee {
        /// The index.
        trustee: u16,
    },
    /// A statement is not signed by its trustee.
    #[error("the statement of trustee {trustee} is not signed by it")]
    BadStatementSignature {
        /// The trustee.
        trustee: u16,
    },
    /// A statement is about something else than the closed board.
    #[error("the statement of trustee {trustee} differs from the board in: {what}")]
    StatementMismatch {
        /// The trustee.
        trustee: u16,
        /// What differs: fingerprint, size, root or sums.
        what: &'static str,
    },
    /// A trustee made two different statements.
    #[error("trustee {trustee} made two different statements")]
    TwoStatements {
        /// The trustee.
        trustee: u16,
    },
    /// The closing rule asks for more equal statements.
    #[error("{found} trustees stated what they decrypt, the closing rule asks for {needed}")]
    TooFewStatements {
        /// Trustees with a valid statement.
        found: usize,
        /// Trustees needed.
        needed: usize,
    },
    /// The closing rule asks for more witnesses.
    #[error("{found} witnesses cosigned the closing checkpoint, the closing rule asks for {needed}")]
    TooFewWitnesses {
        /// Witnesses with a valid cosignature.
        found: usize,
        /// Witnesses needed.
        needed: usize,
    },
    /// The closing checkpoint is not the board's at the close.
    #[error("the closing checkpoint is not that of the board at the close")]
    ClosingCheckpointMismatch,
    /// The shares are not those of a trustee of this election.
    #[error("the shares do not belong to this election")]
    WrongShares,
    /// A partial decryption has another shape than the tally.
    #[error("the partial decryption of trustee {trustee} has the wrong shape in contest {contest}")]
    WrongShape {
        /// The trustee.
        trustee: u16,
        /// The contest, counted from 0.
        contest: usize,
    },
    /// A partial decryption belongs to another statement.
    #[error("the partial decryption of trustee {trustee} is of another tally")]
    WrongTally {
        /// The trustee.
        trustee: u16,
    },
    /// The proof of a partial decryption does not hold.
    #[error("the partial decryption of trustee {trustee} is not proved in contest {contest}")]
    PartialDecryptionInvalid {
        /// The trustee.
        trustee: u16,
        /// The contest, counted from 0.
        contest: usize,
    },
    /// Two partial decryptions of one trustee.
    #[error("there are two partial decryptions of trustee {trustee}")]
    DuplicateDecryption {
        /// The trustee.
        trustee: u16,
    },
    /// Fewer valid partial decryptions than the threshold.
    #[error("{have} valid partial decryptions, {need} are needed")]
    InsufficientShares {
        /// Valid ones.
        have: usize,
        /// The threshold.
        need: usize,
    },
    /// The totals of a contest are none that valid ballots give.
    #[error("contest {contest}: {error}")]
    ImpossibleTotals {
        /// The contest, counted from 0.
        contest: usize,
        /// Why.
        error: OutcomeError,
    },
    /// A total is larger than rules and roll allow.
    #[error("contest {contest}, slot {slot}: no total up to {bound} fits")]
    TotalOutOfRange {
        /// The contest, counted from 0.
        contest: usize,
        /// The slot of the contest, counted from 0.
        slot: usize,
        /// The largest total that rules and roll allow.
        bound: u64,
    },
}

/// The signing key of a trustee, counted from 1.
fn signing_key(manifest: &Manifest, trustee: u16) -> Option<&PublicElement> {
    TrusteeIndex::find(trustee, &manifest.trustees().members).map(|(_, member)| &member.key)
}

/// A trustee's one statement about what it is going to decrypt.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), fingerprint (32), size of the board up to the close (8), tree head (32), digest of
/// the sums (32), signature (64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingStatement {
    trustee: u16,
    fingerprint: Fingerprint,
    size: u64,
    root: TreeHash,
    sums: TallyDigest,
    signature: SchnorrProof,
}

impl ClosingStatement {
    /// States what `trustee` is going to decrypt. The caller stores the statement durably before it is sent, and never
    /// makes a second one: [`Self::agrees`] says whether a stored one is of the same tally.
    #[must_use]
    pub fn sign<R: CryptoRng>(tally: &EncryptedTally, trustee: u16, key: &KeyPair, rng: &mut R) -> Self {
        let mut transcript =
            statement_transcript(tally.fingerprint(), tally.close().size, &tally.close().root, tally.digest());
        let signature = key.prove(&mut transcript, rng);
        Self {
            trustee,
            fingerprint: *tally.fingerprint(),
            size: tally.close().size,
            root: tally.close().root,
            sums: *tally.digest(),
            signature,
        }
    }

    /// The trustee, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee
    }

    /// Whether another statement says the same of the same tally: it may be signed a second time.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        Self { signature: other.signature.clone(), ..self.clone() } == *other
    }

    /// Whether the statement is about this tally.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn agrees(&self, tally: &EncryptedTally) -> Result<(), DecryptionError> {
        let differences = [
            ("fingerprint", self.fingerprint != *tally.fingerprint()),
            ("size", self.size != tally.close().size),
            ("root", self.root != tally.close().root),
            ("sums", self.sums != *tally.digest()),
        ];
        match differences.into_iter().find(|(_, differs)| *differs) {
            Some((what, _)) => Err(DecryptionError::StatementMismatch { trustee: self.trustee, what }),
            None => Ok(()),
        }
    }

    /// Verifies the trustee's signature.
    ///
    /// # Errors
    ///
    /// If there is no such trustee, or the signature is not its.
    pub fn verify<R: CryptoRng>(&self, manifest: &Manifest, rng: &mut R) -> Result<(), DecryptionError> {
        let trustee = self.trustee;
        let key = signing_key(manifest, trustee).ok_or(DecryptionError::UnknownTrustee { trustee })?;
        let mut transcript = statement_transcript(&self.fingerprint, self.size, &self.root, &self.sums);
        self.signature.verify(&mut transcript, key, rng).map_err(|_| DecryptionError::BadStatementSignature { trustee })
    }

    /// Reads a statement.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let statement = Self {
            trustee: reader.u16("trustee")?,
            fingerprint: Fingerprint::from_bytes(reader.array("fingerprint")?),
            size: reader.u64("size")?,
            root: TreeHash::from_bytes(reader.array("root")?),
            sums: TallyDigest::from_bytes(reader.array("sums")?),
            signature: SchnorrProof::decode(&mut reader)?,
        };
        reader.finish()?;
        Ok(statement)
    }

    /// The bytes of the statement.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u16(self.trustee).put(self.fingerprint.as_bytes()).u64(self.size).put(self.root.as_bytes());
        writer.put(self.sums.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }
}

/// The transcript of a statement: the same for all trustees that state the same, but for who signs.
fn statement_transcript(
    fingerprint: &Fingerprint,
    size: u64,
    root: &TreeHash,
    sums: &TallyDigest,
) -> merlin::Transcript {
    let mut transcript = Domain::ClosingStatement.for_election(fingerprint);
    transcript.absorb_u64(b"size", size);
    transcript.absorb_bytes(b"root", root.as_bytes());
    transcript.absorb_bytes(b"sums", sums.as_bytes());
    transcript
}

/// How many equal statements the closing rule asks for: `ceil((T + t) / 2)`, so that two prefixes of the board cannot
/// both have them while fewer than `t` trustees cheat.
#[must_use]
pub fn statements_needed(trustees: usize, threshold: u16) -> usize {
    (trustees + usize::from(threshold)).div_ceil(2)
}

/// A tally for which the manifest's closing rule holds: what may be decrypted.
#[derive(Clone, Debug)]
pub struct ClosedTally {
    tally: EncryptedTally,
}

impl ClosedTally {
    /// Checks the closing rule: statements of enough trustees, or a closing checkpoint with enough cosignatures. What
    /// the rule does not ask for is not looked at.
    ///
    /// # Errors
    ///
    /// What the rule misses. Statements that are not signed or differ do not count towards it.
    pub fn check<R: CryptoRng>(
        manifest: &Manifest,
        tally: EncryptedTally,
        statements: &[ClosingStatement],
        closing_checkpoint: Option<&SignedCheckpoint>,
        rng: &mut R,
    ) -> Result<Self, DecryptionError> {
        match manifest.closing() {
            Closing::Statements => {
                let trustees = manifest.trustees();
                let needed = statements_needed(trustees.members.len(), trustees.threshold);
                let mut agreeing: Vec<u16> = statements
                    .iter()
                    .filter(|statement| statement.agrees(&tally).is_ok() && statement.verify(manifest, rng).is_ok())
                    .map(ClosingStatement::trustee)
                    .collect();
                agreeing.sort_unstable();
                agreeing.dedup();
                let found = agreeing.len();
                if found < needed {
                    return Err(DecryptionError::TooFewStatements { found, needed });
                }
            }
            Closing::Witnesses => {
                let needed = manifest.witnesses().quorum;
                let Some(signed) = closing_checkpoint else {
                    return Err(DecryptionError::TooFewWitnesses { found: 0, needed });
                };
                let mismatch = DecryptionError::ClosingCheckpointMismatch;
                let board = board_key(manifest).map_err(|_| mismatch.clone())?;
                let checkpoint = signed.verify(&board).map_err(|_| mismatch.clone())?;
                let close = tally.close();
                if checkpoint.size() != close.size || *checkpoint.root() != close.root {
                    return Err(mismatch);
                }
                let cosigned = witness_keys(manifest).and_then(|witnesses| signed.cosigned_by(&witnesses));
                let found = cosigned.map_or(0, |witnesses| witnesses.len());
                if found < needed {
                    return Err(DecryptionError::TooFewWitnesses { found, needed });
                }
            }
        }
        Ok(Self { tally })
    }

    /// The tally.
    #[must_use]
    pub fn tally(&self) -> &EncryptedTally {
        &self.tally
    }
}

/// One contest of a partial decryption.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ContestDecryption {
    factors: Vec<PublicElement>,
    proof: EqualityProof,
}

/// A trustee's part of the decryption of a tally.
///
/// # Layout
///
/// Version (2 bytes), trustee (2), fingerprint (32), digest of the sums (32); then for each contest that
/// [needs decryption](EncryptedContest::needs_decryption): `D_1, D_2, ..` (32 bytes each) and the proof (96).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialDecryption {
    trustee: u16,
    fingerprint: Fingerprint,
    sums: TallyDigest,
    /// `None` for a contest that is not decrypted.
    contests: Vec<Option<ContestDecryption>>,
}

/// The transcript of the proof of one contest.
fn decryption_transcript(tally: &EncryptedTally, trustee: u16, contest: usize) -> merlin::Transcript {
    let mut transcript = Domain::PartialDecryption.for_election(tally.fingerprint());
    if weaken::is_on(Check::StatementBound) {
        transcript.absorb_u64(b"size", tally.close().size);
        transcript.absorb_bytes(b"root", tally.close().root.as_bytes());
        transcript.absorb_bytes(b"sums", tally.digest().as_bytes());
    }
    transcript.absorb_u64(b"trustee", u64::from(trustee));
    transcript.absorb_u64(b"contest", contest as u64);
    transcript
}

impl PartialDecryption {
    /// Decrypts a closed tally with one trustee's shares.
    ///
    /// # Errors
    ///
    /// If the shares do not belong to this election.
    pub fn decrypt<R: CryptoRng>(
        context: &ElectionContext,
        closed: &ClosedTally,
        shares: &TrusteeShares,
        rng: &mut R,
    ) -> Result<Self, DecryptionError> {
        let (tally, trustee) = (closed.tally(), shares.index().get());
        if tally.fingerprint() != context.fingerprint() || shares.check_against(context.joint_key()).is_err() {
            return Err(DecryptionError::WrongShares);
        }
        let keys = shares.verification_keys();
        let mut contests = Vec::with_capacity(tally.contests().len());
        for (contest, sums) in tally.contests().iter().enumerate() {
            let slots = context.manifest().contest_slots(contest);
            let slots = slots.start as usize..slots.end as usize;
            let secrets = shares.expose_secrets().get(slots.clone()).ok_or(DecryptionError::WrongShares)?;
            let keys = keys.get(slots).ok_or(DecryptionError::WrongShares)?;
            if !sums.needs_decryption() {
                contests.push(None);
                continue;
            }
            let factors: Vec<PublicElement> =
                secrets.iter().map(|x| PublicElement::from(sums.r.element() * x.expose_scalar())).collect();
            let statement = EqualityStatement { base: &sums.r, keys, factors: &factors };
            let mut transcript = decryption_transcript(tally, trustee, contest);
            let proof = EqualityProof::prove(&mut transcript, &statement, secrets, rng);
            contests.push(Some(ContestDecryption { factors, proof }));
        }
        Ok(Self { trustee, fingerprint: *tally.fingerprint(), sums: *tally.digest(), contests })
    }

    /// The trustee, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee
    }

    /// Verifies a partial decryption against the recomputed tally.
    ///
    /// # Errors
    ///
    /// The first contest in which it does not hold, or why it does not fit.
    pub fn verify<R: CryptoRng>(
        self,
        context: &ElectionContext,
        tally: &EncryptedTally,
        rng: &mut R,
    ) -> Result<VerifiedDecryption, DecryptionError> {
        let trustee = self.trustee;
        if self.fingerprint != *tally.fingerprint() || self.sums != *tally.digest() {
            return Err(DecryptionError::WrongTally { trustee });
        }
        let (index, keys) = TrusteeIndex::new(trustee)
            .and_then(|index| Some((index, context.joint_key().verification_keys(index).ok()?)))
            .ok_or(DecryptionError::UnknownTrustee { trustee })?;
        let mut factors = Vec::with_capacity(self.contests.len());
        for (contest, (sums, part)) in zip(tally.contests(), self.contests).enumerate() {
            let wrong_shape = DecryptionError::WrongShape { trustee, contest };
            if part.is_some() != sums.needs_decryption() {
                return Err(wrong_shape);
            }
            let Some(part) = part else {
                factors.push(Vec::new());
                continue;
            };
            let slots = context.manifest().contest_slots(contest);
            let keys = keys.get(slots.start as usize..slots.end as usize).ok_or_else(|| wrong_shape.clone())?;
            if part.factors.len() != keys.len() {
                return Err(wrong_shape);
            }
            let statement = EqualityStatement { base: &sums.r, keys, factors: &part.factors };
            let mut transcript = decryption_transcript(tally, trustee, contest);
            part.proof
                .verify(&mut transcript, &statement, rng)
                .map_err(|_| DecryptionError::PartialDecryptionInvalid { trustee, contest })?;
            factors.push(part.factors);
        }
        Ok(VerifiedDecryption { trustee: index, factors })
    }

    /// Reads a partial decryption of the tally of an election: its shape is that of the tally.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(context: &ElectionContext, tally: &EncryptedTally, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let trustee = reader.u16("trustee")?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let sums = TallyDigest::from_bytes(reader.array("sums")?);
        let contests = tally
            .contests()
            .iter()
            .enumerate()
            .map(|(contest, sums)| {
                if !sums.needs_decryption() {
                    return Ok(None);
                }
                let slots = context.contest_keys(contest).len();
                // Of a share that is not zero and a sum that is not the identity.
                let factors = (0..slots).map(|_| reader.element("D")).collect::<Result<_, _>>()?;
                Ok(Some(ContestDecryption { factors, proof: EqualityProof::decode(&mut reader)? }))
            })
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { trustee, fingerprint, sums, contests })
    }

    /// The bytes of the partial decryption.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::versioned();
        writer.u16(self.trustee).put(self.fingerprint.as_bytes()).put(self.sums.as_bytes());
        for ContestDecryption { factors, proof } in self.contests.iter().flatten() {
            for factor in factors {
                writer.element(factor);
            }
            proof.encode(&mut writer);
        }
        writer.finish()
    }
}

/// A partial decryption that was verified. Only [`PartialDecryption::verify`] makes it.
#[derive(Clone, Debug)]
pub struct VerifiedDecryption {
    trustee: TrusteeIndex,
    /// By contest and slot.
    factors: Vec<Vec<PublicElement>>,
}

impl VerifiedDecryption {
    /// The trustee, counted from 1.
    #[must_use]
    pub fn trustee(&self) -> u16 {
        self.trustee.get()
    }
}

/// The totals of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestTotals {
    /// How many ballots.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
    /// The total of each count.
    pub totals: Vec<u64>,
    /// What they mean for the options.
    pub outcome: Outcome,
}

/// The totals of all contests, in the order of the manifest: `None` where they are [withheld](EncryptedContest::withheld).
///
/// # Errors
///
/// Too few or repeated partial decryptions, or a total that rules and roll do not allow.
pub fn combine(
    context: &ElectionContext,
    tally: &EncryptedTally,
    decryptions: &[VerifiedDecryption],
) -> Result<Vec<Option<ContestTotals>>, DecryptionError> {
    let need = usize::from(context.joint_key().threshold());
    let have = decryptions.len();
    let used = decryptions.get(..need).ok_or(DecryptionError::InsufficientShares { have, need })?;
    let indices: Vec<TrusteeIndex> = used.iter().map(|decryption| decryption.trustee).collect();
    let lagrange = lagrange_at_zero(&indices).map_err(|_| DecryptionError::DuplicateDecryption {
        trustee: indices.first().map_or(0, |index| index.get()),
    })?;

    let weights = context.manifest().weights();
    let contests = || zip(context.manifest().contests(), tally.contests()).enumerate();
    let mut results: Vec<Option<ContestTotals>> = contests().map(|_| None).collect();
    for (first, (contest, sums)) in contests() {
        if sums.withheld.is_some() || results.get(first).is_some_and(Option::is_some) {
            continue;
        }
        // Contests of one packing share a table, for the largest of their totals and for all their slots. There is one at a
        // time: a table may be large.
        let packing = contest.packing(weights);
        let is_alike =
            |contest: &Contest, sums: &EncryptedContest| contest.packing(weights) == packing && sums.withheld.is_none();
        let alike = || contests().filter(|(_, (contest, sums))| is_alike(contest, sums));
        let largest = alike().map(|(_, (contest, sums))| bound(contest, sums)).max().unwrap_or(0);
        let slots = alike().map(|(_, (_, sums))| sums.c.len() as u64).sum();
        let table = DiscreteLog::new(packing, largest, slots);
        for (number, (contest, sums)) in alike() {
            let blindings = (0..sums.c.len()).map(|slot| {
                // Where nothing hides the sums there are no factors.
                let factors = used.iter().filter_map(|part| part.factors.get(number)?.get(slot));
                let factors: Vec<&Element> = factors.map(PublicElement::element).collect();
                Element::vartime_multiscalar(lagrange.iter().take(factors.len()), factors.iter().copied())
            });
            let opened = zip(&sums.c, blindings).map(|(c, blinding)| *c.element() - blinding);
            let totals = find_totals(number, contest, packing, bound(contest, sums), opened, &table)?;
            let outcome = contest.rule.outcome(&contest.options, &totals, sums.weight);
            let outcome = outcome.map_err(|error| DecryptionError::ImpossibleTotals { contest: number, error })?;
            if let Some(result) = results.get_mut(number) {
                *result = Some(ContestTotals { ballots: sums.ballots, weight: sums.weight, totals, outcome });
            }
        }
    }
    Ok(results)
}

/// The most that the total of a count can be.
fn bound(contest: &Contest, sums: &EncryptedContest) -> u64 {
    contest.rule.count_bound().saturating_mul(sums.weight)
}

/// The totals of a contest's counts in `[v]G` of its slots.
fn find_totals(
    number: usize,
    contest: &Contest,
    packing: Packing,
    bound: u64,
    slots: impl Iterator<Item = Element>,
    table: &DiscreteLog,
) -> Result<Vec<u64>, DecryptionError> {
    let mut left = contest.rule.counts(contest.options.len());
    let mut totals = Vec::with_capacity(left);
    for (slot, element) in slots.enumerate() {
        let counts = left.min(packing.per_slot());
        left -= counts;
        let found = table.vartime_find(&element, counts, bound);
        totals.extend(found.map_err(|_| DecryptionError::TotalOutOfRange { contest: number, slot, bound })?);
    }
    Ok(totals)
}
