//! Points: `score`, `cumulative` and `split`.

use alloc::vec;
use alloc::vec::Vec;

use super::{Case, blank, check, common_cases, tuples};
use crate::contest::{Cumulative, Rule, Score, Selection, SelectionError, Split, Total};
use crate::testing::numbered_options;

/// The limit on the sum of all points.
#[derive(Clone, Copy)]
enum Limit {
    None,
    AtMost(u64),
    Exactly(u64),
}

/// All points up to one more than an option may have, with the counts or the error that the rule gives.
fn cases(options: usize, max: u64, limit: Limit, has_blank: bool) -> Vec<Case> {
    let is_exact = matches!(limit, Limit::Exactly(_));
    let counted = options - usize::from(is_exact);
    let slots = counted + usize::from(has_blank);
    let judge = |points: &[usize]| -> Result<Vec<i64>, SelectionError> {
        let given: u64 = points.iter().map(|points| *points as u64).sum();
        if points.iter().any(|points| *points as u64 > max) {
            return Err(SelectionError::TooManyForOption { max });
        }
        match limit {
            Limit::AtMost(total) | Limit::Exactly(total) if given > total => {
                return Err(SelectionError::TooManyPoints { given, total });
            }
            Limit::Exactly(total) if given < total => return Err(SelectionError::TooFewPoints { given, total }),
            _ => {}
        }
        Ok(points.iter().take(counted).map(|points| *points as i64).chain(has_blank.then_some(0)).collect())
    };
    let mut cases: Vec<Case> = Vec::new();
    for points in tuples(&vec![max as usize + 2; options]) {
        let named = || points.iter().map(|points| *points as u64).enumerate();
        // The same in reverse order, and without the options that have 0.
        cases.push((Selection::Points(named().rev().collect()), judge(&points)));
        cases.push((Selection::Points(named().filter(|(_, points)| *points > 0).collect()), judge(&points)));
    }
    for option in [options, usize::MAX] {
        cases.push((Selection::Points(vec![(option, 1)]), Err(SelectionError::UnknownOption { option, options })));
    }
    cases.push((Selection::Points(vec![(0, 1), (0, 1)]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Points(vec![(0, 0), (0, 0)]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Points(vec![(0, u64::MAX), (0, 0)]), Err(SelectionError::DuplicateOption)));
    cases.push((Selection::Points(vec![(0, u64::MAX)]), Err(SelectionError::TooManyForOption { max })));
    let others = vec![
        Selection::Options(vec![0]),
        Selection::Grades(vec![(0, 0)]),
        Selection::Ranking(vec![vec![0]]),
        Selection::List { list: 0, preferences: vec![] },
    ];
    cases.extend(common_cases(slots, has_blank, others));
    cases
}

/// Every limit that a manifest allows.
fn limits(options: usize, max: u64) -> impl Iterator<Item = Limit> {
    let most = options as u64 * max;
    let exactly = (1..=most).filter(move |_| options > 1).map(Limit::Exactly);
    (1..=most).map(Limit::AtMost).chain(exactly)
}

const SIZES: [(usize, u64); 10] = [(1, 1), (1, 2), (1, 5), (1, 9), (2, 1), (2, 2), (2, 3), (2, 5), (3, 1), (3, 3)];

#[test]
fn scores_are_what_the_rule_allows() {
    for (options, max) in SIZES {
        for limit in limits(options, max).chain([Limit::None]) {
            for blank in [false, true] {
                let total = match limit {
                    Limit::None => None,
                    Limit::AtMost(total) => Some(Total::AtMost(total)),
                    Limit::Exactly(total) => Some(Total::Exactly(total)),
                };
                let rule = Rule::Score(Score { max, total, blank });
                assert_eq!(rule.count_bound(), max);
                check(&rule, &numbered_options(options), 1, cases(options, max, limit, blank));
            }
        }
    }
}

#[test]
fn cumulative_points_are_what_the_rule_allows() {
    for (options, max) in SIZES {
        for limit in limits(options, max) {
            for blank in [false, true] {
                let (points, exact) = match limit {
                    Limit::None => unreachable!(),
                    Limit::AtMost(total) => (total, false),
                    Limit::Exactly(total) => (total, true),
                };
                let rule = Rule::Cumulative(Cumulative { points, max, exact, blank });
                assert_eq!(rule.count_bound(), max);
                check(&rule, &numbered_options(options), 1, cases(options, max, limit, blank));
            }
        }
    }
}

#[test]
fn cumulative_is_score_with_a_limit() {
    // The forms are equal, so that both rules allow the same.
    for (total, exact) in [(Total::AtMost(7), false), (Total::Exactly(7), true)] {
        let score = Rule::Score(Score { max: 3, total: Some(total), blank: true });
        let cumulative = Rule::Cumulative(Cumulative { points: 7, max: 3, exact, blank: true });
        let [score, cumulative] = [score, cumulative].map(|rule| super::compile(&rule, &numbered_options(4)).0);
        assert_eq!(score.digest(), cumulative.digest());
    }
}

#[test]
fn the_whole_weight_is_divided() {
    for options in 2..=3 {
        for max in 1..=6 {
            let rule = Rule::Split(Split { max });
            assert_eq!(rule.count_bound(), 1);
            // The manifest's largest weight is at most `max`. With a larger one, no option can have more than `max`.
            for weight in 0..=max {
                let cases = cases(options, max, Limit::Exactly(weight), false);
                check(&rule, &numbered_options(options), weight, cases);
            }
            let beyond = options as u64 * max;
            check(&rule, &numbered_options(options), beyond, cases(options, max, Limit::Exactly(beyond), false));
            let form = super::compile(&rule, &numbered_options(options)).0;
            assert_eq!(super::satisfiable(&form, beyond + 1).len(), 0);
        }
    }
}

#[test]
fn the_form_of_a_divided_weight_is_the_same_for_all_weights() {
    let rule = Rule::Split(Split { max: 500 });
    let (form, contest) = super::compile(&rule, &numbered_options(3));
    let mut bits = crate::form::Bits::zero(form.bits());
    for weight in [1, 70, 100, 499, 500] {
        for yes in [0, 1, weight / 2, weight] {
            let points = vec![(0, yes), (2, weight - yes)];
            assert_eq!(contest.assign(&Selection::Points(points), weight, &mut bits), Ok(()));
            assert_eq!(form.violated_rows(&bits, weight), [0; 0]);
            assert_eq!(form.violated_rows(&bits, weight + 1), [form.rows()]);
            assert_eq!(form.violated_rows(&bits, weight - 1), [form.rows()]);
            assert_eq!(form.values(&bits), [yes as i64, 0]);
        }
    }
}

#[test]
fn an_empty_selection_is_not_blank() {
    let rule = Rule::Score(Score { max: 2, total: None, blank: true });
    let (form, contest) = super::compile(&rule, &numbered_options(2));
    let mut bits = crate::form::Bits::zero(form.bits());
    contest.assign(&Selection::Points(vec![]), 1, &mut bits).unwrap();
    assert_eq!(form.values(&bits), [0, 0, 0]);
    contest.assign(&Selection::Blank, 1, &mut bits).unwrap();
    assert_eq!(form.values(&bits), blank(3));
}
