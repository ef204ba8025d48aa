//! Contests with lists and preferences.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Case, arrangements, check, common_cases, subsets};
use crate::contest::{Group, List, Lists, Rule, Selection, SelectionError};
use crate::testing::numbered_options;

/// The rule by the numbers of the options: lists with their candidates, groups with their limits.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) lists: Vec<(usize, Vec<usize>)>,
    pub(super) groups: Vec<(Vec<usize>, u32)>,
    pub(super) preferences: u32,
    pub(super) across: bool,
    pub(super) blank: bool,
}

impl Plan {
    pub(super) fn rule(&self) -> Lists {
        let id = |option: &usize| alloc::format!("o{option}");
        let ids = |options: &[usize]| -> Vec<String> { options.iter().map(id).collect() };
        let list = |(list, candidates): &(usize, Vec<usize>)| List { list: id(list), candidates: ids(candidates) };
        let group = |(candidates, max): &(Vec<usize>, u32)| Group { candidates: ids(candidates), max: *max };
        Lists {
            lists: self.lists.iter().map(list).collect(),
            preferences: self.preferences,
            across: self.across,
            groups: self.groups.iter().map(group).collect(),
            seats: None,
            blank: self.blank,
        }
    }

    fn options(&self) -> usize {
        self.lists.iter().map(|(_, candidates)| 1 + candidates.len()).sum()
    }

    fn candidates(&self) -> Vec<usize> {
        self.lists.iter().flat_map(|(_, candidates)| candidates.clone()).collect()
    }

    /// The counts or the error that the rule gives for a list and distinct preferences that exist.
    fn judge(&self, list: usize, preferences: &[usize]) -> Result<Vec<i64>, SelectionError> {
        let Some((_, own)) = self.lists.iter().find(|(one, _)| *one == list) else {
            return Err(SelectionError::NotAList);
        };
        let candidates = self.candidates();
        if !preferences.iter().all(|one| candidates.contains(one)) {
            return Err(SelectionError::NotACandidate);
        }
        let given = preferences.len();
        if given > self.preferences as usize {
            return Err(SelectionError::TooManyPreferences { given, max: self.preferences });
        }
        if !self.across && !preferences.iter().all(|one| own.contains(one)) {
            return Err(SelectionError::OtherList);
        }
        for (group, max) in &self.groups {
            if preferences.iter().filter(|one| group.contains(one)).count() > *max as usize {
                return Err(SelectionError::TooManyOfGroup { max: *max });
            }
        }
        let mut values = vec![0; self.options() + usize::from(self.blank)];
        values[list] = 1;
        preferences.iter().for_each(|one| values[*one] = 1);
        Ok(values)
    }

    fn cases(&self) -> Vec<Case> {
        let options = self.options();
        let mut cases: Vec<Case> = Vec::new();
        for list in 0..options {
            for preferences in arrangements(options, options.min(4)) {
                let expected = match preferences.contains(&list) {
                    true => Err(SelectionError::DuplicateOption),
                    false => self.judge(list, &preferences),
                };
                cases.push((Selection::List { list, preferences }, expected));
            }
        }
        let unknown = |option| Err(SelectionError::UnknownOption { option, options });
        let first = self.lists[0].0;
        for option in [options, usize::MAX] {
            cases.push((Selection::List { list: option, preferences: vec![] }, unknown(option)));
            cases.push((Selection::List { list: first, preferences: vec![option] }, unknown(option)));
        }
        if let Some(one) = self.candidates().first() {
            let twice = Selection::List { list: first, preferences: vec![*one, *one] };
            cases.push((twice, Err(SelectionError::DuplicateOption)));
        }
        let others = vec![
            Selection::Options(vec![first]),
            Selection::Points(vec![(first, 1)]),
            Selection::Grades(vec![(first, 0)]),
            Selection::Ranking(vec![vec![first]]),
        ];
        cases.extend(common_cases(options + usize::from(self.blank), self.blank, others));
        cases
    }

    fn check(&self) {
        let rule = Rule::Lists(self.rule());
        assert_eq!(rule.count_bound(), 1);
        check(&rule, &numbered_options(self.options()), 1, self.cases());
    }
}

/// The same lists with every number of preferences, within the lists and across them, with a blank vote and without.
fn plans(lists: &[(usize, Vec<usize>)], groups: &[(Vec<usize>, u32)]) -> Vec<Plan> {
    let candidates: usize = lists.iter().map(|(_, candidates)| candidates.len()).sum();
    let mut plans = Vec::new();
    for preferences in u32::from(candidates > 0)..=candidates as u32 {
        for (across, blank) in [(false, false), (false, true), (true, false), (true, true)] {
            if lists.len() > 1 || blank {
                let (lists, groups) = (lists.to_vec(), groups.to_vec());
                plans.push(Plan { lists, groups, preferences, across, blank });
            }
        }
    }
    plans
}

#[test]
fn a_list_and_preferences_are_what_the_rule_allows() {
    // The lists need not be first, nor together, nor in the order of the options.
    let shapes: [&[(usize, Vec<usize>)]; 8] = [
        &[(0, vec![])],
        &[(0, vec![]), (1, vec![])],
        &[(0, vec![1]), (2, vec![])],
        &[(0, vec![1, 2, 3])],
        &[(0, vec![1, 2]), (3, vec![4])],
        &[(4, vec![0, 2]), (1, vec![3])],
        &[(2, vec![]), (0, vec![1, 3]), (4, vec![])],
        &[(0, vec![1, 2]), (3, vec![4, 5])],
    ];
    for lists in shapes {
        plans(lists, &[]).iter().for_each(Plan::check);
    }
}

#[test]
fn groups_limit_preferences() {
    let lists = [(0, vec![1, 2]), (3, vec![4, 5])];
    // By gender; one within one list; groups that overlap; the same group twice.
    let shapes: [&[(Vec<usize>, u32)]; 5] = [
        &[(vec![1, 4], 1), (vec![2, 5], 1)],
        &[(vec![5, 4], 1)],
        &[(vec![1, 2, 4], 2), (vec![2, 4, 5], 1)],
        &[(vec![1, 2], 1), (vec![1, 2], 1)],
        &[(vec![1, 2, 4, 5], 3), (vec![1], 1024)],
    ];
    for groups in shapes {
        for plan in plans(&lists, groups).into_iter().filter(|plan| plan.preferences >= 2) {
            // A limit of 1,024 has too many digits for a search that tries all bits.
            if plan.groups.iter().all(|(_, max)| *max < 1024) || plan.preferences == 2 {
                plan.check();
            }
        }
    }
}

#[test]
fn two_preferences_are_for_different_genders() {
    let lists = vec![(0, vec![1, 2, 3])];
    let groups = vec![(vec![1, 3], 1), (vec![2], 1)];
    let plan = Plan { lists, groups, preferences: 2, across: false, blank: true };
    plan.check();
    let allowed: Vec<Vec<usize>> = subsets(4).filter(|set| !set.contains(&0) && plan.judge(0, set).is_ok()).collect();
    assert_eq!(allowed, [vec![], vec![1], vec![2], vec![1, 2], vec![3], vec![2, 3]]);
}
