//! A grade for every option.

use alloc::vec;
use alloc::vec::Vec;

use super::{Case, check, common_cases, tuples};
use crate::contest::{Grade, Grades, Rule, Selection, SelectionError};
use crate::testing::numbered_options;

/// A rule with this number of grades.
pub(super) fn rule(grades: usize, blank: bool) -> Rule {
    let grade = |number| Grade {
        id: alloc::format!("g{number}"),
        title: [("en", alloc::format!("Grade {number}").as_str())].into(),
    };
    Rule::Grades(Grades { grades: (0..grades).map(grade).collect(), blank })
}

/// All grades of all options, and of all options but one, with the counts or the error that the rule gives.
fn cases(options: usize, grades: usize, has_blank: bool) -> Vec<Case> {
    let slots = options * (grades - 1) + usize::from(has_blank);
    let mut cases: Vec<Case> = Vec::new();
    for of_options in tuples(&vec![grades + 1; options]) {
        let unknown = of_options.contains(&grades);
        let mut values = vec![0; slots];
        for (option, grade) in of_options.iter().enumerate().filter(|(_, grade)| **grade + 1 < grades) {
            values[option * (grades - 1) + grade] = 1;
        }
        let expected = if unknown { Err(SelectionError::UnknownGrade { grades }) } else { Ok(values) };
        let named: Vec<(usize, usize)> = of_options.into_iter().enumerate().collect();
        for left_out in 0..options {
            let mut fewer = named.clone();
            fewer.remove(left_out);
            let unknown = fewer.iter().any(|(_, grade)| *grade == grades);
            let error = if unknown { SelectionError::UnknownGrade { grades } } else { SelectionError::MissingGrade };
            cases.push((Selection::Grades(fewer), Err(error)));
        }
        let backwards = named.iter().rev().copied().collect();
        cases.push((Selection::Grades(named), expected.clone()));
        cases.push((Selection::Grades(backwards), expected));
    }
    for option in [options, usize::MAX] {
        cases.push((Selection::Grades(vec![(option, 0)]), Err(SelectionError::UnknownOption { option, options })));
    }
    for second in 0..grades {
        cases.push((Selection::Grades(vec![(0, 0), (0, second)]), Err(SelectionError::DuplicateOption)));
    }
    let far = (0..options).map(|option| (option, usize::MAX)).collect();
    cases.push((Selection::Grades(far), Err(SelectionError::UnknownGrade { grades })));
    let others = vec![
        Selection::Options(vec![0]),
        Selection::Points(vec![(0, 1)]),
        Selection::Ranking(vec![vec![0]]),
        Selection::List { list: 0, preferences: vec![] },
    ];
    cases.extend(common_cases(slots, has_blank, others));
    cases
}

#[test]
fn every_option_has_one_grade() {
    for (options, grades) in [(1, 2), (1, 3), (1, 6), (2, 2), (2, 3), (2, 7), (3, 2), (3, 5), (4, 2), (4, 4), (5, 3)] {
        for blank in [false, true] {
            let rule = rule(grades, blank);
            assert_eq!(rule.count_bound(), 1);
            let ways = check(&rule, &numbered_options(options), 1, cases(options, grades, blank));
            assert_eq!(ways, grades.pow(options as u32) + usize::from(blank), "each in one way");
        }
    }
}
