//! The totals that enough partial decryptions give together.

use alloc::vec::Vec;
use core::iter::zip;

use super::{DecryptionError, VerifiedDecryption};
use crate::contest::Outcome;
use crate::decision::LotSeed;
use crate::discrete_log::DiscreteLog;
use crate::election::ElectionContext;
use crate::form::Packing;
use crate::group::{Element, PublicElement};
use crate::index::TrusteeIndex;
use crate::key_ceremony::{DuplicateIndex, lagrange_at_zero};
use crate::manifest::Contest;
use crate::parallel;
use crate::tally::{EncryptedContest, EncryptedTally};
use crate::weaken::{self, Check};

/// The totals of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestTotals {
    /// The number of ballots that count in the contest.
    pub ballots: u64,
    /// The sum of the weights of these ballots.
    pub weight: u64,
    /// The total of each count, in the order of the contest's rule.
    pub totals: Vec<u64>,
    /// What the totals mean for the options.
    pub outcome: Outcome,
}

/// What enough partial decryptions give together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyResult {
    /// The totals of all contests, in the order of the manifest; `None` for a contest whose totals are
    /// [withheld](EncryptedContest::withheld).
    pub contests: Vec<Option<ContestTotals>>,
    /// The seed of the lot; `None` if ties stay open.
    pub lot: Option<LotSeed>,
}

/// Computes the totals of all contests, and the lot.
///
/// # Errors
///
/// `InsufficientShares` or `DuplicateDecryption`; `TotalOutOfRange` or `ImpossibleTotals` for totals that no valid ballots
/// of this roll give.
pub fn combine(
    context: &ElectionContext,
    tally: &EncryptedTally,
    decryptions: &[VerifiedDecryption],
) -> Result<TallyResult, DecryptionError> {
    let need = usize::from(context.manifest().trustees().threshold);
    let have = decryptions.len();
    let need = if weaken::is_on(Check::DecryptionThreshold) { need } else { need.min(have) };
    let used = decryptions.get(..need).ok_or(DecryptionError::InsufficientShares { have, need })?;
    let indices: Vec<TrusteeIndex> = used.iter().map(VerifiedDecryption::index).collect();
    let lagrange = lagrange_at_zero(&indices)
        .map_err(|DuplicateIndex { index }| DecryptionError::DuplicateDecryption { trustee: index.get() })?;
    let weights = context.manifest().weights();
    // A slot with a single count is a number, whatever the radix is: all of them share one table.
    let packing_of = |contest: &Contest| match contest.packing(weights) {
        packing if packing.per_slot() == 1 => Packing::NONE,
        packing => packing,
    };

    let contests = || zip(context.manifest().contests(), tally.contests()).enumerate();
    let mut results: Vec<Option<ContestTotals>> = contests().map(|_| None).collect();
    for (first, (contest, sums)) in contests() {
        if sums.withheld.is_some() || results.get(first).is_some_and(Option::is_some) {
            continue;
        }
        // Contests of one packing share a table, for the largest of their totals and for all their slots. There is one at a
        // time: a table may be large.
        let packing = packing_of(contest);
        let is_alike =
            |contest: &Contest, sums: &EncryptedContest| packing_of(contest) == packing && sums.withheld.is_none();
        let alike = || contests().filter(|(_, (contest, sums))| is_alike(contest, sums));
        let largest = alike().map(|(_, (contest, sums))| bound(contest, sums)).fold(0, u64::max);
        let slots = alike().map(|(_, (_, sums))| sums.c.len() as u64).sum();
        let table = DiscreteLog::new(packing, largest, slots);
        for (number, (contest, sums)) in alike() {
            let opened = sums.c.iter().enumerate().map(|(slot, c)| {
                // There are no factors if `R` is the identity: the sums are not hidden.
                let factors = used.iter().filter_map(|part| part.factor(number, slot));
                let factors: Vec<&Element> = factors.map(PublicElement::element).collect();
                *c.element()
                    - Element::vartime_multiscalar(lagrange.iter().take(factors.len()), factors.iter().copied())
            });
            let totals = find_totals(number, contest, packing, bound(contest, sums), opened.collect(), &table)?;
            let outcome = contest.rule.outcome(&contest.options, &totals, sums.weight);
            let outcome = outcome.map_err(|error| DecryptionError::ImpossibleTotals { contest: number, error })?;
            if let Some(result) = results.get_mut(number) {
                *result = Some(ContestTotals { ballots: sums.ballots, weight: sums.weight, totals, outcome });
            }
        }
    }
    // Any `t` trustees give the same value: the exponent is that of the key of the lot.
    let parts: Vec<&Element> = used.iter().filter_map(|part| part.lot().map(PublicElement::element)).collect();
    let lot = context.manifest().lot_slot().map(|_| {
        let value = Element::vartime_multiscalar(lagrange.iter().take(parts.len()), parts.iter().copied());
        LotSeed::of(tally.fingerprint(), &value.into())
    });
    Ok(TallyResult { contests: results, lot })
}

/// The largest possible total of a count.
fn bound(contest: &Contest, sums: &EncryptedContest) -> u64 {
    contest.rule.count_bound().saturating_mul(sums.weight)
}

/// The totals of a contest's counts in `[v]G` of its slots.
fn find_totals(
    number: usize,
    contest: &Contest,
    packing: Packing,
    bound: u64,
    slots: Vec<Element>,
    table: &DiscreteLog,
) -> Result<Vec<u64>, DecryptionError> {
    let counts = contest.rule.counts(contest.options.len());
    let found = parallel::map(slots.into_iter().enumerate().collect(), |(slot, element)| {
        let before = slot * packing.per_slot();
        let found = table.vartime_find(&element, counts.saturating_sub(before).min(packing.per_slot()), bound);
        found.map_err(|_| DecryptionError::TotalOutOfRange { contest: number, slot, bound })
    });
    found.into_iter().collect::<Result<Vec<_>, _>>().map(|totals| totals.concat())
}
