//! Majority judgment: grades, gauges, ranking.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::{grades, outcome_of};
use crate::contest::{Detail, Outcome, OutcomeError, Selection};
use crate::testing::{TestRng, numbered_options};

/// The outcome for options with these totals of their grades, the best first.
fn judge(totals: &[&[u64]]) -> Outcome {
    let voted = totals[0].iter().sum();
    let slots: Vec<u64> = totals.iter().flat_map(|of_option| of_option[..of_option.len() - 1].to_vec()).collect();
    let rule = grades::rule(totals[0].len(), false);
    let outcome = rule.outcome(&numbered_options(totals.len()), &slots, voted).unwrap();
    let Detail::Grades { totals: found, .. } = outcome.detail() else { panic!() };
    assert_eq!(found, totals);
    assert_eq!(outcome.counts(), None);
    outcome
}

fn majority(outcome: &Outcome) -> &[usize] {
    let Detail::Grades { majority: Some(majority), .. } = outcome.detail() else { panic!() };
    majority
}

#[test]
fn the_majority_grade_has_more_than_half_at_or_above() {
    // Ten voters. Exactly half is not enough, but one more is.
    let outcome = judge(&[&[5, 5, 0], &[6, 4, 0], &[0, 5, 5], &[4, 1, 5], &[4, 2, 4], &[0, 0, 10]]);
    assert_eq!(majority(&outcome), [1, 0, 2, 2, 1, 2]);
}

#[test]
fn gauges_rank_options_of_one_grade() {
    // All options have the second of three grades. The gauge of each, out of a weight of 20:
    let outcome = judge(&[
        &[8, 6, 6],  // 8+
        &[9, 3, 8],  // 9+
        &[7, 6, 7],  // equal: 7-
        &[6, 6, 8],  // 8-
        &[8, 7, 5],  // 8+
        &[6, 7, 7],  // 7-
        &[0, 20, 0], // 0-
    ]);
    assert_eq!(majority(&outcome), [1; 7]);
    assert_eq!(outcome.ranking(), [vec![1], vec![0, 4], vec![6], vec![2, 5], vec![3]]);
}

#[test]
fn the_best_and_the_worst_grade_have_one_side() {
    // No grade is better than the best: among options with it, fewer worse grades rank first.
    let outcome = judge(&[&[6, 0, 4], &[6, 4, 0], &[7, 0, 3], &[10, 0, 0], &[3, 2, 5], &[0, 0, 10], &[5, 0, 5]]);
    assert_eq!(majority(&outcome), [0, 0, 0, 0, 2, 2, 2]);
    // Among options with the worst grade, more better grades rank first. An option with none better and none worse is
    // last.
    assert_eq!(outcome.ranking(), [vec![3], vec![2], vec![0, 1], vec![4, 6], vec![5]]);
}

#[test]
fn nobody_voted() {
    let rule = grades::rule(3, true);
    for (totals, weight, blank) in [([0, 0, 0, 0, 0], 0, 0), ([0, 0, 0, 0, 7], 7, 7)] {
        let outcome = rule.outcome(&numbered_options(2), &totals, weight).unwrap();
        assert_eq!(outcome.ranking(), [vec![0, 1]]);
        assert_eq!(outcome.blank(), Some(blank));
        assert_eq!(outcome.detail(), &Detail::Grades { totals: vec![vec![0; 3]; 2], majority: None });
    }
}

#[test]
fn totals_of_grades_that_no_ballots_give() {
    let (rule, options) = (grades::rule(3, true), numbered_options(2));
    // The last total is the blank votes.
    assert!(rule.outcome(&options, &[4, 1, 2, 3, 2], 7).is_ok());
    for totals in [[4, 2, 0, 0, 2], [0, 0, 6, 0, 2], [0, 0, 0, 0, 8], [u64::MAX, 1, 0, 0, 0], [u64::MAX; 5]] {
        assert_eq!(rule.outcome(&options, &totals, 7), Err(OutcomeError::Impossible), "{totals:?}");
    }
    let wrong = Err(OutcomeError::WrongNumber { totals: 4, counts: 5 });
    assert_eq!(rule.outcome(&options, &[0; 4], 7), wrong);
}

/// The definition by all grades in a row, the best first: the majority grade is the one in the middle, or the worse of
/// the two. Better and worse grades break ties.
fn plainly(grades: &[(usize, u64)]) -> (usize, bool, u64) {
    let mut row: Vec<usize> = Vec::new();
    grades.iter().for_each(|(grade, weight)| row.extend(vec![*grade; *weight as usize]));
    row.sort_unstable();
    let middle = row[row.len() / 2];
    let better = row.iter().filter(|grade| **grade < middle).count() as u64;
    let worse = row.iter().filter(|grade| **grade > middle).count() as u64;
    (middle, better > worse, if better > worse { better } else { worse })
}

#[test]
fn random_elections_against_a_plain_count() {
    let mut rng = TestRng(5);
    let mut below = |bound: usize| (rng.next_u64() % bound as u64) as usize;
    for _ in 0..300 {
        let (options, grades) = (1 + below(5), 2 + below(4));
        let rule = grades::rule(grades, true);
        let voters = 1 + below(9);
        let ballots: Vec<(Option<Vec<usize>>, u64)> = (0..voters)
            .map(|_| {
                let of_options = (0..options).map(|_| below(grades)).collect();
                ((below(5) > 0).then_some(of_options), 1 + below(3) as u64)
            })
            .collect();
        let selections: Vec<(Selection, u64)> = ballots
            .iter()
            .map(|(ballot, weight)| match ballot {
                Some(of_options) => (Selection::Grades(of_options.iter().copied().enumerate().collect()), *weight),
                None => (Selection::Blank, *weight),
            })
            .collect();
        let outcome = outcome_of(&rule, &numbered_options(options), &selections);
        let of_option = |option: usize| -> Vec<(usize, u64)> {
            ballots.iter().filter_map(|(ballot, weight)| ballot.as_ref().map(|all| (all[option], *weight))).collect()
        };
        let blank = ballots.iter().filter(|(ballot, _)| ballot.is_none()).map(|(_, weight)| weight).sum();
        assert_eq!(outcome.blank(), Some(blank));
        if of_option(0).is_empty() {
            assert_eq!(outcome.ranking(), [(0..options).collect::<Vec<_>>()]);
            continue;
        }
        let gauges: Vec<_> = (0..options).map(|option| plainly(&of_option(option))).collect();
        assert_eq!(majority(&outcome), gauges.iter().map(|(grade, _, _)| *grade).collect::<Vec<_>>());
        // The order of each pair of options.
        let place = |option: usize| outcome.ranking().iter().position(|tied| tied.contains(&option)).unwrap();
        for (i, one) in gauges.iter().enumerate() {
            for (j, other) in gauges.iter().enumerate() {
                let before = match (one, other) {
                    ((a, _, _), (b, _, _)) if a != b => a < b,
                    ((_, plus, _), (_, other, _)) if plus != other => *plus,
                    ((_, true, p), (_, _, other)) => p > other,
                    ((_, false, w), (_, _, other)) => w < other,
                };
                assert_eq!(place(i) < place(j), before, "{gauges:?}");
            }
        }
    }
}
