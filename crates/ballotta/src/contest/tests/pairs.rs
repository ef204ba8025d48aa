//! Rankings whose pairs are counted.

use alloc::vec;
use alloc::vec::Vec;

use super::{Case, arrangements, check, common_cases, rankings};
use crate::contest::{Method, Pairs, Rule, Selection, SelectionError};
use crate::testing::numbered_options;

/// The counts of a ranking: for each pair, whether the first option is above the second.
fn above(options: usize, ties: bool, ranking: &[Vec<usize>]) -> Vec<i64> {
    // Options that are left out come after all others.
    let place = |option: usize| ranking.iter().position(|tied| tied.contains(&option)).unwrap_or(ranking.len());
    let pairs = (0..options).flat_map(|i| (0..options).map(move |j| (i, j)));
    let counted = pairs.filter(|(i, j)| if ties { i != j } else { i < j });
    counted.map(|(i, j)| i64::from(place(i) < place(j))).collect()
}

/// All rankings with ties, also without some of the options, with the counts or the error that the rule gives.
fn cases(options: usize, ties: bool, has_blank: bool) -> Vec<Case> {
    let judge = |ranking: &[Vec<usize>]| {
        let selected = ranking.concat().len();
        if !ties && ranking.iter().any(|tied| tied.len() > 1) {
            return Err(SelectionError::TieNotAllowed);
        }
        if !ties && selected < options {
            return Err(SelectionError::Undervote { selected, min: options as u32 });
        }
        Ok(above(options, ties, ranking).into_iter().chain(has_blank.then_some(0)).collect())
    };
    let mut cases: Vec<Case> = Vec::new();
    for ranking in rankings(options) {
        // The whole ranking, without its last place, and without its first.
        for ranked in [&ranking[..], &ranking[..ranking.len() - 1], &ranking[1..]] {
            cases.push((Selection::Ranking(ranked.to_vec()), judge(ranked)));
        }
        // The options of a tie may be in any order.
        let backwards: Vec<Vec<usize>> = ranking.iter().map(|tied| tied.iter().rev().copied().collect()).collect();
        cases.push((Selection::Ranking(backwards), judge(&ranking)));
    }
    for option in [options, usize::MAX] {
        let ranking = Selection::Ranking(vec![vec![0], vec![option]]);
        cases.push((ranking, Err(SelectionError::UnknownOption { option, options })));
    }
    cases.push((Selection::Ranking(vec![vec![0], vec![0]]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Ranking(vec![vec![0, 0]]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Ranking(vec![vec![0], vec![], vec![1]]), Err(SelectionError::EmptyPlace)));
    cases.push((Selection::Ranking(vec![vec![]]), Err(SelectionError::EmptyPlace)));
    let others = vec![
        Selection::Options(vec![0]),
        Selection::Points(vec![(0, 1)]),
        Selection::Grades(vec![(0, 0)]),
        Selection::List { list: 0, preferences: vec![] },
    ];
    let slots = above(options, ties, &[]).len() + usize::from(has_blank);
    cases.extend(common_cases(slots, has_blank, others));
    cases
}

pub(super) fn rule(ties: bool, method: Method, blank: bool) -> Rule {
    Rule::Pairs(Pairs { ties, method, blank })
}

/// Shows that all other bits follow from those of the pairs, so that each ranking has one solution.
fn in_one_way(options: usize, ties: bool) {
    for blank in [false, true] {
        let rule = rule(ties, Method::Schulze, blank);
        assert_eq!(rule.count_bound(), 1);
        let ways = check(&rule, &numbered_options(options), 1, cases(options, ties, blank));
        let orders = if ties { rankings(options).len() } else { arrangements(options, options).len() };
        let whole = arrangements(options, options).iter().filter(|order| order.len() == options).count();
        assert_eq!(ways, if ties { orders } else { whole } + usize::from(blank));
    }
}

#[test]
fn pairs_are_those_of_one_order() {
    (2..=5).for_each(|options| in_one_way(options, false));
}

#[test]
fn pairs_with_ties_are_those_of_one_ranking() {
    assert_eq!([2, 3, 4].map(|options| rankings(options).len()), [3, 13, 75]);
    (2..=4).for_each(|options| in_one_way(options, true));
}

#[test]
fn the_largest_rankings_satisfy_their_rows() {
    // 12 options are too many to try all rankings, but every kind of tie can be tested.
    for ties in [false, true] {
        let (form, contest) = super::compile(&rule(ties, Method::Schulze, true), &numbered_options(12));
        let mut bits = crate::form::Bits::zero(form.bits());
        let order = [7, 3, 11, 0, 5, 2, 10, 1, 9, 4, 8, 6];
        for size in 1..=12 {
            let ranking: Vec<Vec<usize>> = order.chunks(if ties { size } else { 1 }).map(<[usize]>::to_vec).collect();
            let expected: Vec<i64> = above(12, ties, &ranking).into_iter().chain([0]).collect();
            contest.assign(&Selection::Ranking(ranking), 1, &mut bits).unwrap();
            assert_eq!(form.violated_rows(&bits, 1), [0; 0]);
            assert_eq!(form.values(&bits), expected);
        }
        if ties {
            contest.assign(&Selection::Ranking(vec![]), 1, &mut bits).unwrap();
            assert_eq!(form.violated_rows(&bits, 1), [0; 0]);
            assert!(form.values(&bits).iter().all(|value| *value == 0), "all tie");
        }
    }
}
