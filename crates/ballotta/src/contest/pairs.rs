//! Rank options. Only pairs are counted: which option a voter ranks above which. No ranking is revealed.
//!
//! See `spec/contests.md#pairs`, which proves that the pairs of a ballot always come from one ranking.
//!
//! # Construction
//!
//! Without ties, the pairs are a tournament. If its scores are a permutation, it is transitive (Landau, 1953).
//!
//! ```text
//! bits    b_i1..b_iq for each option: its place ; p_ij for i < j ; beta if there is a blank vote
//! rows    count_ij = p_ij ; the last count = beta
//!         sum_k b_ik + beta = 1                        for each option
//!         sum_i b_ik + beta = 1                        for each place
//!         sum_{j>i} p_ij - sum_{j<i} p_ji - sum_k (q-k)*b_ik - (i-1)*beta = -(i-1)      for each option
//! ```
//!
//! With ties, the places `s` to `k` form a tie. The numbers of options above and below an option follow from its tie.
//!
//! ```text
//! bits    p_ij for i != j ; a_i0.. for each option: how many are above it ; e_i0..: the last place of its tie ;
//!         h_sk for s <= k: the places s to k are a tie ; beta if there is a blank vote
//! rows    count_ij = p_ij ; the last count = beta
//!         sum_s a_is + beta = 1 ;  sum_k e_ik + beta = 1                                for each option
//!         sum_j p_ji - sum_s s*a_is = 0 ;  sum_j p_ij - sum_k (q-1-k)*e_ik = 0          for each option
//!         sum_k h_0k + beta = 1 ;  sum_k h_sk - sum_j h_j,s-1 = 0                       a path through the places
//!         sum_i a_is - sum_k (k-s+1)*h_sk = 0 ;  sum_i e_ik - sum_s (k-s+1)*h_sk = 0    for each place
//! ```
//!
//! For ten options these are 345 bits. Proving each comparison separately takes more than twice as many.

use alloc::vec::Vec;

use serde::Serialize;
use subtle::{Choice, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::ContestOption;
use super::outcome::{Counts, Detail, Outcome, OutcomeError, PairsOutcome, RankedBy, rank_by, require_possible};
use super::read::{RuleContext, read_end, require_options};
use super::selection::{SelectionError, check_options, is_among, value_of};
use crate::form::{Bit, BitLine, BitTable, Bits, FormBuilder, Terms};
use crate::json::Object;
use crate::limits::MAX_RANKED_OPTIONS;
use crate::problem::ManifestProblem;

/// Rank options, and count for each pair which one is above the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pairs {
    /// Whether options may share a place or be left out.
    pub ties: bool,
    /// The method of the ranking of the result.
    pub method: Method,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

/// The method that ranks options by their pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Rank by the strongest paths (Schulze, Social Choice and Welfare 2011).
    Schulze,
    /// Lock the largest defeats first (Tideman, Social Choice and Welfare 1987).
    RankedPairs,
    /// Rank by the number of options that an option beats.
    Copeland,
}

impl Method {
    const WORDS: &'static [(&'static str, Self)] =
        &[("schulze", Self::Schulze), ("ranked_pairs", Self::RankedPairs), ("copeland", Self::Copeland)];
}

/// Returns the pairs `(i, j)` of different options, or only those with `i < j`, ordered by `i`, then `j`.
fn pairs(options: usize, both: bool) -> impl Iterator<Item = (usize, usize)> {
    (0..options)
        .flat_map(move |i| (0..options).filter(move |j| if both { i != *j } else { i < *j }).map(move |j| (i, j)))
}

impl ContestKind for Pairs {
    type Bits = PairsBits;

    const MARK: MarkKind = MarkKind::Ranking;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let ties = object.boolean("ties");
        let method = object.required("method", |node| node.word(Method::WORDS));
        let (blank, path) = read_end(object);
        let rule = Self { ties: ties?, method: method?, blank: blank? };
        require_options(2, context, &path)?;
        match context.option_count() {
            Some(options) if options > MAX_RANKED_OPTIONS => {
                path.fail(ManifestProblem::TooManyOptions { options, limit: MAX_RANKED_OPTIONS })
            }
            _ => Some(rule),
        }
    }

    fn counts(&self, options: usize) -> usize {
        pair_count(options, self.ties) + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        let others = if self.ties { 2 * options * options + options * (options + 1) / 2 } else { options * options };
        pair_count(options, self.ties) + others + usize::from(self.blank)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (PairsBits, Option<Bit>) {
        let options = options.len();
        let (bits, blank) =
            if self.ties { with_ties(options, self.blank, builder) } else { strict(options, self.blank, builder) };
        builder.count_bits(bits.pairs);
        builder.count_bits(blank);
        (bits, blank)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let options = options.len();
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options), self.blank, weight)?;
        let mut matrix = alloc::vec![alloc::vec![0_u64; options]; options];
        let mut set = |(i, j): (usize, usize), total: u64| {
            if let Some(cell) = matrix.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = total;
            }
        };
        for ((i, j), total) in pairs(options, self.ties).zip(totals) {
            set((i, j), *total);
            if !self.ties {
                set((j, i), voted.checked_sub(*total).ok_or(OutcomeError::Impossible)?);
            }
        }
        let matrix = Matrix(matrix);
        let fits =
            |(i, j): (usize, usize)| matrix.above(i, j).checked_add(matrix.above(j, i)).is_some_and(|sum| sum <= voted);
        require_possible(pairs(options, false).all(fits))?;
        let pairs = matrix.outcome();
        let ranking = match self.method {
            Method::Schulze => pairs.schulze.clone(),
            Method::RankedPairs => pairs.ranked_pairs.clone(),
            Method::Copeland => pairs.copeland.clone(),
        };
        Ok(Outcome { counts: None, blank, ranking, detail: Detail::Pairs(pairs) })
    }

    fn has_blank(&self) -> bool {
        self.blank
    }

    fn ranked_by(&self) -> RankedBy {
        match self.method {
            Method::Schulze => RankedBy::Schulze,
            Method::RankedPairs => RankedBy::RankedPairs,
            Method::Copeland => RankedBy::Copeland,
        }
    }
}

fn pair_count(options: usize, both: bool) -> usize {
    options * options.saturating_sub(1) / if both { 1 } else { 2 }
}

/// Adds the rows by which each option has one number of its table row, or none has one if the vote is blank.
fn one_each(table: BitTable, blank: Option<Bit>, builder: &mut FormBuilder) {
    for row in 0..table.rows() {
        builder.exactly_one(table.row(row), blank);
    }
}

fn strict(options: usize, has_blank: bool, builder: &mut FormBuilder) -> (PairsBits, Option<Bit>) {
    let places = builder.table(options, options);
    let bits = builder.line(pair_count(options, false));
    let blank = has_blank.then(|| builder.bit());
    one_each(places, blank, builder);
    for place in 0..options {
        builder.exactly_one(places.column(place), blank);
    }
    for option in 0..options {
        let before = -(option as i64);
        let mut terms = Terms::new();
        terms.steps(places.row(option), 1 - options as i64, 1);
        for ((i, j), bit) in pairs(options, false).zip(bits) {
            terms.bit(bit, i64::from(option == i) - i64::from(option == j));
        }
        terms.optional(blank, before);
        builder.constant(terms, before);
    }
    (PairsBits { options, pairs: bits, ranks: Ranks::Places(places) }, blank)
}

/// Returns the possible ties `(s, k)` of the places `s` to `k`, ordered by `s`, then `k`.
fn ties(places: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..places).flat_map(move |s| (s..places).map(move |k| (s, k)))
}

fn with_ties(options: usize, has_blank: bool, builder: &mut FormBuilder) -> (PairsBits, Option<Bit>) {
    let bits = builder.line(pair_count(options, true));
    let above = builder.table(options, options);
    let ends = builder.table(options, options);
    let tie_bits = builder.line(options * (options + 1) / 2);
    let blank = has_blank.then(|| builder.bit());
    one_each(above, blank, builder);
    one_each(ends, blank, builder);
    // The numbers of options above and below an option: the first coefficient of a table row, and the step to the next.
    for (table, is_above, first, step) in [(above, true, 0, -1), (ends, false, 1 - options as i64, 1)] {
        for option in 0..options {
            let mut terms = Terms::new();
            for ((i, j), bit) in pairs(options, true).zip(bits) {
                terms.bit(bit, i64::from(option == if is_above { j } else { i }));
            }
            terms.steps(table.row(option), first, step);
            builder.constant(terms, 0);
        }
    }
    for place in 0..options {
        let mut terms = Terms::new();
        for ((s, k), bit) in ties(options).zip(tie_bits) {
            terms.bit(bit, i64::from(s == place) - i64::from(k + 1 == place));
        }
        let is_first = place == 0;
        terms.optional(blank.filter(|_| is_first), 1);
        builder.constant(terms, i64::from(is_first));
    }
    for (table, of_start) in [(above, true), (ends, false)] {
        for place in 0..options {
            let mut terms = Terms::new();
            terms.bits(table.column(place), 1);
            for ((s, k), bit) in ties(options).zip(tie_bits) {
                let size = (k - s + 1) as i64;
                terms.bit(bit, if place == if of_start { s } else { k } { -size } else { 0 });
            }
            builder.constant(terms, 0);
        }
    }
    (PairsBits { options, pairs: bits, ranks: Ranks::Ties { above, ends, ties: tie_bits } }, blank)
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct PairsBits {
    options: usize,
    pairs: BitLine,
    ranks: Ranks,
}

/// The bits that prove that the pairs come from a ranking.
#[derive(Clone, Debug)]
enum Ranks {
    Places(BitTable),
    Ties { above: BitTable, ends: BitTable, ties: BitLine },
}

impl EncodeSelection for PairsBits {
    /// The time depends on how many options each place of the ranking has, and not on which options these are.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (ranking, is_blank) = match selection {
            Selection::Ranking(ranking) => (ranking.as_slice(), false),
            Selection::Blank => (&[][..], true),
            _ => return Err(SelectionError::WrongKind),
        };
        if !is_blank {
            self.check(ranking)?;
        }
        let present = Choice::from(u8::from(!is_blank));
        let set = |bits: &mut Bits, bit: Bit, choice: Choice| bits.set(bit, u64::from((choice & present).unwrap_u8()));

        // The place of every option. Options that are left out come after the last place.
        let placed =
            || (0_u64..).zip(ranking).flat_map(|(place, tied)| tied.iter().map(move |option| (*option, place)));
        let level = |option: usize| {
            let left_out = !is_among(option, placed().map(|(option, _)| option));
            value_of(option, placed()) + u64::from(left_out.unwrap_u8()) * ranking.len() as u64
        };
        let levels: Zeroizing<Vec<u64>> = Zeroizing::new((0..self.options).map(level).collect());
        let is_above = |i: usize, j: usize| match (levels.get(i), levels.get(j)) {
            (Some(one), Some(other)) => one.ct_lt(other),
            _ => Choice::from(0),
        };
        let has_ties = matches!(self.ranks, Ranks::Ties { .. });
        for ((i, j), bit) in pairs(self.options, has_ties).zip(self.pairs) {
            set(bits, bit, is_above(i, j));
        }
        // For each option, the number of options above it, or below it.
        let counts = |above: bool| -> Zeroizing<Vec<u64>> {
            let mut counts = Zeroizing::new(alloc::vec![0; self.options]);
            for (option, count) in counts.iter_mut().enumerate() {
                for other in 0..self.options {
                    let here = if above { is_above(other, option) } else { is_above(option, other) };
                    *count += u64::from(here.unwrap_u8());
                }
            }
            counts
        };
        let one_hot = |bits: &mut Bits, table: BitTable, numbers: &[u64]| {
            for (row, number) in numbers.iter().enumerate() {
                for (value, bit) in (0_u64..).zip(table.row(row)) {
                    set(bits, bit, number.ct_eq(&value));
                }
            }
        };
        let numbers = counts(true);
        match &self.ranks {
            Ranks::Places(places) => one_hot(bits, *places, &numbers),
            Ranks::Ties { above, ends, ties: tie_bits } => {
                let mut last_places = counts(false);
                for place in last_places.iter_mut() {
                    *place = (self.options as u64).saturating_sub(1 + *place);
                }
                one_hot(bits, *above, &numbers);
                one_hot(bits, *ends, &last_places);
                for ((s, k), bit) in ties(self.options).zip(*tie_bits) {
                    let mut is_tie = Choice::from(0);
                    for (start, end) in numbers.iter().zip(last_places.iter()) {
                        is_tie |= start.ct_eq(&(s as u64)) & end.ct_eq(&(k as u64));
                    }
                    set(bits, bit, is_tie);
                }
            }
        }
        Ok(())
    }
}

impl PairsBits {
    fn check(&self, ranking: &[Vec<usize>]) -> Result<(), SelectionError> {
        let named = ranking.iter().flatten().copied();
        check_options(named.clone(), self.options)?;
        if ranking.iter().any(Vec::is_empty) {
            return Err(SelectionError::EmptyPlace);
        }
        if let Ranks::Places(_) = self.ranks {
            if ranking.iter().any(|tied| tied.len() > 1) {
                return Err(SelectionError::TieNotAllowed);
            }
            let selected = named.count();
            if selected < self.options {
                // `ranking.len()` is at most `MAX_RANKED_OPTIONS`.
                return Err(SelectionError::Undervote { selected, min: self.options as u32 });
            }
        }
        Ok(())
    }
}

/// For each pair of options, the weight of the ballots that rank the first above the second.
struct Matrix(Vec<Vec<u64>>);

impl Matrix {
    fn options(&self) -> usize {
        self.0.len()
    }

    fn above(&self, i: usize, j: usize) -> u64 {
        self.0.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    }

    fn beats(&self, i: usize, j: usize) -> bool {
        self.above(i, j) > self.above(j, i)
    }

    fn outcome(self) -> PairsOutcome {
        let others = |option: usize| (0..self.options()).filter(move |other| *other != option);
        let condorcet_winner =
            (0..self.options()).find(|option| others(*option).all(|other| self.beats(*option, other)));
        let copeland = rank_by(self.options(), |option| -> usize {
            // The score is counted in halves: a win is 2, and an equal pair is 1.
            others(option)
                .map(|other| usize::from(self.beats(option, other)) + usize::from(!self.beats(other, option)))
                .sum()
        });
        let (schulze, ranked_pairs) = (self.schulze(), self.ranked_pairs());
        PairsOutcome { matrix: self.0, condorcet_winner, schulze, ranked_pairs, copeland }
    }

    /// Ranks by the strongest paths, with winning votes.
    fn schulze(&self) -> Vec<Vec<usize>> {
        let size = self.options();
        let at = |strengths: &[u64], i: usize, j: usize| strengths.get(i * size + j).copied().unwrap_or(0);
        let defeat = |i, j| if self.beats(i, j) { self.above(i, j) } else { 0 };
        let mut strengths: Vec<u64> =
            (0..size).flat_map(|i| (0..size).map(move |j| (i, j))).map(|(i, j)| defeat(i, j)).collect();
        for through in 0..size {
            for (i, j) in pairs(size, true) {
                let path = at(&strengths, i, through).min(at(&strengths, through, j));
                if let Some(strength) = strengths.get_mut(i * size + j) {
                    *strength = path.max(*strength);
                }
            }
        }
        layers(size, |i, j| at(&strengths, i, j) > at(&strengths, j, i))
    }

    /// Ranks by locking the largest defeats first. Equal defeats are taken together, so that no order of the options
    /// decides between them: of those that no locked defeats contradict, the ones that are on no cycle of locked and
    /// equal defeats are locked.
    fn ranked_pairs(&self) -> Vec<Vec<usize>> {
        let size = self.options();
        let defeats: Vec<(usize, usize)> = pairs(size, true).filter(|(i, j)| self.beats(*i, *j)).collect();
        let order = rank_by(defeats.len(), |defeat| {
            defeats.get(defeat).map(|(i, j)| (self.above(*i, *j), core::cmp::Reverse(self.above(*j, *i))))
        });
        let mut locked = Leads::new(size);
        for equal in order {
            let equal = equal.iter().filter_map(|defeat| defeats.get(*defeat).copied());
            let equal: Vec<(usize, usize)> = equal.filter(|(winner, loser)| !locked.leads(*loser, *winner)).collect();
            let mut with_equal = locked.clone();
            equal.iter().for_each(|(winner, loser)| with_equal.add(*winner, *loser));
            for (winner, loser) in equal {
                if !with_equal.leads(loser, winner) {
                    locked.add(winner, loser);
                }
            }
        }
        layers(size, |i, j| locked.leads(i, j))
    }
}

/// Which options lead to which, by a chain of defeats.
#[derive(Clone)]
struct Leads {
    size: usize,
    leads: Vec<bool>,
}

impl Leads {
    fn new(size: usize) -> Self {
        Self { size, leads: alloc::vec![false; size * size] }
    }

    fn leads(&self, i: usize, j: usize) -> bool {
        self.leads.get(i * self.size + j) == Some(&true)
    }

    /// Adds a defeat, and every chain that it completes.
    fn add(&mut self, winner: usize, loser: usize) {
        let before: Vec<usize> = (0..self.size).filter(|i| *i == winner || self.leads(*i, winner)).collect();
        let after: Vec<usize> = (0..self.size).filter(|j| *j == loser || self.leads(loser, *j)).collect();
        for (i, j) in before.iter().flat_map(|i| after.iter().map(move |j| (*i, *j))) {
            if let Some(place) = self.leads.get_mut(i * self.size + j) {
                *place = true;
            }
        }
    }
}

/// Ranks by a relation without cycles. The first place is all options before which there is no other; the next places
/// are found in the same way among the rest.
fn layers(options: usize, before: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut rest: Vec<usize> = (0..options).collect();
    let mut layers = Vec::new();
    while !rest.is_empty() {
        let is_first = |option: &usize| !rest.iter().any(|other| before(*other, *option));
        let (first, others): (Vec<usize>, Vec<usize>) = rest.iter().partition(|option| is_first(option));
        if first.is_empty() {
            // This does not happen without cycles. The rest ties.
            layers.push(others);
            break;
        }
        layers.push(first);
        rest = others;
    }
    layers
}
