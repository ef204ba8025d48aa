//! Rankings whose places have scores.

use alloc::vec;
use alloc::vec::Vec;

use super::{Case, arrangements, check, common_cases};
use crate::contest::{Positional, Rule, Selection, SelectionError};
use crate::testing::numbered_options;

fn ranking(order: &[usize]) -> Selection {
    Selection::Ranking(order.iter().map(|option| vec![*option]).collect())
}

/// All orders of all subsets of the options, with the counts or the error that the rule gives.
fn cases(options: usize, scores: &[u64], truncated: bool, has_blank: bool) -> Vec<Case> {
    let places = scores.len();
    let judge = |order: &[usize]| {
        let selected = order.len();
        if selected > places {
            return Err(SelectionError::Overvote { selected, max: places as u32 });
        }
        if selected < places && !truncated {
            return Err(SelectionError::Undervote { selected, min: places as u32 });
        }
        let place = |option: usize| order.iter().position(|one| *one == option);
        let score = |option| place(option).map_or(0, |place| scores[place] as i64);
        Ok((0..options).map(score).chain(has_blank.then_some(0)).collect())
    };
    let mut cases: Vec<Case> =
        arrangements(options, options).into_iter().map(|order| (ranking(&order), judge(&order))).collect();
    for option in [options, usize::MAX] {
        cases.push((ranking(&[0, option]), Err(SelectionError::UnknownOption { option, options })));
    }
    cases.push((ranking(&[0, 0]), Err(SelectionError::DuplicateOption)));
    cases.push((ranking(&[1, 0, 1]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Ranking(vec![vec![0, 1]]), Err(SelectionError::TieNotAllowed)));
    cases.push((Selection::Ranking(vec![vec![0], vec![]]), Err(SelectionError::EmptyPlace)));
    // An empty place before a filled one.
    cases.push((Selection::Ranking(vec![vec![], vec![0]]), Err(SelectionError::EmptyPlace)));
    let others = vec![
        Selection::Options(vec![0]),
        Selection::Points(vec![(0, 1)]),
        Selection::Grades(vec![(0, 0)]),
        Selection::List { list: 0, preferences: vec![] },
    ];
    cases.extend(common_cases(options + usize::from(has_blank), has_blank, others));
    cases
}

#[test]
fn rankings_fill_the_places_from_the_first() {
    let scores: [(usize, &[u64]); 16] = [
        (2, &[1]),
        (2, &[1, 0]),
        (2, &[2, 1]),
        (2, &[0, 7]),
        (3, &[1]),
        (3, &[2, 1]),
        (3, &[1, 1]),
        (3, &[3, 2, 1]),
        (3, &[0, 0, 1]),
        (3, &[5, 3, 1]),
        (4, &[1]),
        (4, &[1_000_000, 1]),
        (4, &[4, 2, 1]),
        (4, &[4, 3, 2, 1]),
        (5, &[2, 1]),
        (5, &[5, 4, 3, 2, 1]),
    ];
    for (options, scores) in scores {
        for truncated in [false, true] {
            for blank in [false, true] {
                let rule = Positional { scores: scores.to_vec(), truncated, blank };
                let rule = Rule::Positional(rule);
                assert_eq!(rule.count_bound(), *scores.iter().max().unwrap());
                let ways = check(&rule, &numbered_options(options), 1, cases(options, scores, truncated, blank));
                let all = arrangements(options, scores.len());
                let orders = all.iter().filter(|order| truncated || order.len() == scores.len()).count();
                assert_eq!(ways, orders + usize::from(blank), "each order in one way");
            }
        }
    }
}
