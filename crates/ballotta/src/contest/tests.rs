//! Tests of all kinds: in small contests, all bits that satisfy the rows, and all selections.
//!
//! A kind is tested against its rule, written without bits and rows: the allowed selections with their counts, and the
//! others with their errors. [`check`] shows that the bits that satisfy the rows give exactly the counts of the allowed
//! selections, and that [`ContestBits::assign`] finds such bits.

mod grades;
mod lists;
mod majority;
mod pairs;
mod points;
mod positional;
mod quadratic;
mod ranking;
mod seats;
mod totals;

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use super::{ContestBits, ContestOption, Multiplier, Outcome, Rule, Selection, SelectionError};
use crate::form::{Bit, Bits, Form, FormBuilder};

/// A selection, with the value of each slot or the error that refuses it.
pub(super) type Case = (Selection, Result<Vec<i64>, SelectionError>);

/// The form of a ballot with one contest.
pub(super) fn compile(rule: &Rule, options: &[ContestOption]) -> (Form, ContestBits) {
    let mut builder = FormBuilder::new();
    let bits = rule.compile(options, &mut builder);
    (builder.build().unwrap(), bits)
}

/// All subsets of `0..count`, ascending.
pub(super) fn subsets(count: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_usize << count).map(move |set| (0..count).filter(|place| set >> place & 1 == 1).collect())
}

/// All lists of numbers in which number `i` is below `bounds[i]`.
fn tuples(bounds: &[usize]) -> Vec<Vec<usize>> {
    bounds.iter().fold(vec![Vec::new()], |tuples, bound| {
        tuples.iter().flat_map(|tuple| (0..*bound).map(|next| [tuple.as_slice(), &[next]].concat())).collect()
    })
}

/// All lists without repetition of at most `most` of the numbers `0..count`.
fn arrangements(count: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    let mut longest = all.clone();
    for _ in 0..most {
        let further =
            |list: &Vec<usize>, next: usize| (!list.contains(&next)).then(|| [list.as_slice(), &[next]].concat());
        longest = longest.iter().flat_map(|list| (0..count).filter_map(|next| further(list, next))).collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// All rankings with ties of the numbers `0..count`.
fn rankings(count: usize) -> Vec<Vec<Vec<usize>>> {
    let of_levels = |levels: Vec<usize>| -> Option<Vec<Vec<usize>>> {
        let places = (0..count).map(|place| (0..count).filter(|option| levels[*option] == place).collect::<Vec<_>>());
        let ranking: Vec<Vec<usize>> = places.collect();
        let used = ranking.iter().take_while(|tied| !tied.is_empty()).count();
        ranking[used..].iter().all(Vec::is_empty).then(|| ranking[..used].to_vec())
    };
    tuples(&vec![count; count]).into_iter().filter_map(of_levels).collect()
}

/// The values of the slots of a blank vote.
fn blank(slots: usize) -> Vec<i64> {
    let mut values = vec![0; slots];
    values[slots - 1] = 1;
    values
}

/// The bits with these values.
fn bits_of(values: &[u8]) -> Bits {
    let mut builder = FormBuilder::new();
    let mut bits = Bits::zero(values.len());
    values.iter().for_each(|value| bits.set(builder.bit(), u64::from(*value)));
    bits
}

fn read(bits: &Bits) -> Vec<u8> {
    bits.choices().map(|bit| bit.unwrap_u8()).collect()
}

/// The values of the slots for all bits that satisfy all rows.
pub(super) fn satisfiable(form: &Form, weight: u64) -> BTreeSet<Vec<i64>> {
    solutions(form, weight).iter().map(|bits| form.values(&bits_of(bits))).collect()
}

/// All bits that satisfy all rows.
fn solutions(form: &Form, weight: u64) -> Vec<Vec<u8>> {
    let mut search = Search::new(form, weight);
    search.run(0);
    if form.bits() <= 18 {
        assert_eq!(search.found.iter().cloned().collect::<BTreeSet<_>>(), tried(form, weight), "nothing is overlooked");
    }
    search.found
}

/// The same by trying all of `{0, 1}^m` in an order in which one bit changes at a time.
fn tried(form: &Form, weight: u64) -> BTreeSet<Vec<u8>> {
    let mut builder = FormBuilder::new();
    let places: Vec<Bit> = (0..form.bits()).map(|_| builder.bit()).collect();
    let (mut bits, mut code) = (Bits::zero(form.bits()), 0_u32);
    let mut found = BTreeSet::new();
    for number in 0_u32..1 << form.bits() {
        if number > 0 {
            let changed = number.trailing_zeros();
            code ^= 1 << changed;
            bits.set(places[changed as usize], u64::from(code >> changed & 1));
        }
        if form.violated_rows(&bits, weight).is_empty() {
            found.insert(read(&bits));
        }
    }
    found
}

/// A search bit by bit that turns back only if no further bits can satisfy a row.
struct Search {
    /// For each bit, its rows with its coefficients.
    rows_of: Vec<Vec<(usize, i64)>>,
    /// For each row, the missing sum, and the smallest and the largest sum of the bits that follow.
    rows: Vec<(i64, i64, i64)>,
    bits: Vec<u8>,
    found: Vec<Vec<u8>>,
}

impl Search {
    fn new(form: &Form, weight: u64) -> Self {
        let mut search =
            Self { rows_of: vec![Vec::new(); form.bits()], rows: Vec::new(), bits: Vec::new(), found: Vec::new() };
        for (number, (terms, target)) in form.constant_rows(weight).enumerate() {
            let (mut least, mut most) = (0, 0);
            for (bit, coefficient) in terms {
                least += (*coefficient).min(0);
                most += (*coefficient).max(0);
                search.rows_of[bit.index()].push((number, *coefficient));
            }
            search.rows.push((target, least, most));
        }
        search
    }

    fn run(&mut self, bit: usize) {
        let Some(rows) = self.rows_of.get(bit).cloned() else {
            if self.rows.iter().all(|(wanted, _, _)| *wanted == 0) {
                self.found.push(self.bits.clone());
            }
            return;
        };
        for value in [0, 1] {
            let mut possible = true;
            for (row, coefficient) in &rows {
                let (wanted, least, most) = &mut self.rows[*row];
                *least -= (*coefficient).min(0);
                *most -= (*coefficient).max(0);
                *wanted -= coefficient * i64::from(value);
                possible &= (*least..=*most).contains(wanted);
            }
            self.bits.push(value);
            if possible {
                self.run(bit + 1);
            }
            self.bits.pop();
            for (row, coefficient) in &rows {
                let (wanted, least, most) = &mut self.rows[*row];
                *least += (*coefficient).min(0);
                *most += (*coefficient).max(0);
                *wanted += coefficient * i64::from(value);
            }
        }
    }
}

/// Shows that the rows of a contest allow exactly what the cases allow, and that every case is assigned or refused as
/// it says. Returns the number of solutions of the rows.
pub(super) fn check(rule: &Rule, options: &[ContestOption], weight: u64, cases: Vec<Case>) -> usize {
    let (form, contest) = compile(rule, options);
    assert_eq!(form.slots(), rule.counts(options.len()), "{rule:?}");
    assert_eq!(form.bits(), rule.bits(options.len()), "{rule:?}");
    let allowed: BTreeSet<Vec<i64>> = cases.iter().filter_map(|(_, expected)| expected.clone().ok()).collect();
    let solutions = solutions(&form, weight);
    let reached: BTreeSet<Vec<i64>> = solutions.iter().map(|bits| form.values(&bits_of(bits))).collect();
    assert_eq!(reached, allowed, "{} options, weight {weight}: {rule:?}", options.len());

    // Counts that share a slot rely on this bound.
    let times = if rule.multiplier() == Multiplier::One { weight } else { 1 };
    let most = i64::try_from(rule.count_bound() * times).unwrap();
    assert!(reached.iter().flatten().all(|count| (0..=most).contains(count)), "{rule:?}");

    // Earlier values of the bits do not matter.
    let mut bits = bits_of(&vec![1; form.bits()]);
    for (selection, expected) in cases {
        let before = read(&bits);
        let assigned = contest.assign(&selection, weight, &mut bits);
        match &expected {
            Ok(_) => assert_eq!(form.violated_rows(&bits, weight), [0; 0], "{rule:?}"),
            Err(_) => assert_eq!(read(&bits), before, "a refused selection leaves the bits alone: {rule:?}"),
        }
        assert_eq!(assigned.map(|()| form.values(&bits)), expected, "{rule:?}");
    }
    solutions.len()
}

/// The cases of every kind: the blank vote, and selections of other kinds.
pub(super) fn common_cases(slots: usize, has_blank: bool, others: Vec<Selection>) -> Vec<Case> {
    let blank = if has_blank { Ok(blank(slots)) } else { Err(SelectionError::BlankNotAllowed) };
    let others = others.into_iter().map(|selection| (selection, Err(SelectionError::WrongKind)));
    [(Selection::Blank, blank)].into_iter().chain(others).collect()
}

/// The outcome of these selections, each with the weight of its voter. Assigns and adds up as for ballots.
pub(super) fn outcome_of(rule: &Rule, options: &[ContestOption], ballots: &[(Selection, u64)]) -> Outcome {
    let (form, contest) = compile(rule, options);
    let mut totals = vec![0_u64; form.slots()];
    let mut bits = Bits::zero(form.bits());
    for (selection, weight) in ballots {
        contest.assign(selection, *weight, &mut bits).unwrap();
        assert_eq!(form.violated_rows(&bits, *weight), [0; 0]);
        let times = if rule.multiplier() == Multiplier::One { 1 } else { *weight };
        let values = form.values(&bits);
        totals.iter_mut().zip(values).for_each(|(total, value)| *total += times * u64::try_from(value).unwrap());
        let bound = rule.count_bound() * weight;
        assert!(form.values(&bits).iter().all(|value| times * value.unsigned_abs() <= bound), "no more than the bound");
    }
    let weight = ballots.iter().map(|(_, weight)| weight).sum();
    rule.outcome(options, &totals, weight).unwrap()
}
