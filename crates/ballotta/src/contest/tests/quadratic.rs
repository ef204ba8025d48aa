//! Votes that cost their squares.

use alloc::vec;
use alloc::vec::Vec;

use super::{Case, check, common_cases, tuples};
use crate::contest::{Quadratic, Rule, Selection, SelectionError};
use crate::testing::numbered_options;

/// All votes up to one more than an option may have, with the counts or the error that the rule gives.
fn cases(options: usize, credits: u64, has_blank: bool) -> Vec<Case> {
    let max = (0..=credits).take_while(|votes| votes * votes <= credits).last().unwrap();
    let judge = |votes: &[usize]| {
        let cost = votes.iter().map(|votes| (votes * votes) as u64).sum();
        if votes.iter().any(|votes| *votes as u64 > max) {
            Err(SelectionError::TooManyForOption { max })
        } else if cost > credits {
            Err(SelectionError::TooManyCredits { cost, credits })
        } else {
            Ok(votes.iter().map(|votes| *votes as i64).chain(has_blank.then_some(0)).collect())
        }
    };
    let mut cases: Vec<Case> = Vec::new();
    for votes in tuples(&vec![max as usize + 2; options]) {
        let named = || votes.iter().map(|votes| *votes as u64).enumerate();
        cases.push((Selection::Points(named().rev().collect()), judge(&votes)));
        cases.push((Selection::Points(named().filter(|(_, votes)| *votes > 0).collect()), judge(&votes)));
    }
    for option in [options, usize::MAX] {
        cases.push((Selection::Points(vec![(option, 1)]), Err(SelectionError::UnknownOption { option, options })));
    }
    cases.push((Selection::Points(vec![(0, 1), (0, 1)]), Err(SelectionError::DuplicateOption)));
    // The square does not fit into 64 bits.
    cases.push((Selection::Points(vec![(0, u64::MAX)]), Err(SelectionError::TooManyForOption { max })));
    let others = vec![
        Selection::Options(vec![0]),
        Selection::Grades(vec![(0, 0)]),
        Selection::Ranking(vec![vec![0]]),
        Selection::List { list: 0, preferences: vec![] },
    ];
    cases.extend(common_cases(options + usize::from(has_blank), has_blank, others));
    cases
}

#[test]
fn votes_are_what_the_credits_buy() {
    for (options, most) in [(1, 30), (2, 18), (3, 12), (4, 5)] {
        for credits in 1..=most {
            for blank in [false, true] {
                let rule = Rule::Quadratic(Quadratic { credits, blank });
                assert_eq!(rule.count_bound(), credits.isqrt());
                check(&rule, &numbered_options(options), 1, cases(options, credits, blank));
            }
        }
    }
}

#[test]
fn more_expensive_units_do_not_help() {
    // The second and the third unit cost 3 + 5 = 8 of 9 credits, and count two votes. The rows allow that, as every
    // choice of the three units: 1, 3, 5 give 0, 1, 3, 4, 5, 6, 8, 9. The first two units count the same and cost less.
    let rule = Rule::Quadratic(Quadratic { credits: 9, blank: false });
    let ways = check(&rule, &numbered_options(1), 1, cases(1, 9, false));
    // The digits 1, 2, 4, 2 of the slack give 9, 8, 6, 5, 4, 3, 1, 0 in this many ways.
    assert_eq!(ways, 1 + 1 + 2 + 2 + 2 + 2 + 1 + 1);
}

#[test]
fn the_bound_of_a_rule_that_nobody_checked() {
    let rule = Rule::Quadratic(Quadratic { credits: u64::MAX, blank: false });
    assert_eq!(rule.count_bound(), u64::from(u32::MAX));
}
