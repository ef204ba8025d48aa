//! Results from totals: averages, impossible totals, and plain counts of random elections.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::lists::Plan;
use super::{outcome_of, subsets};
use crate::contest::{
    Choose, Cumulative, Detail, Grade, Grades, Method, Multiplier, Outcome, OutcomeError, Pairs, Positional, Quadratic,
    Rule, Score, Selection, Split, Total,
};
use crate::testing::{TestRng, numbered_options};

fn score(max: u64, total: Option<Total>, blank: bool) -> Rule {
    Rule::Score(Score { max, total, blank })
}

fn cumulative(points: u64, max: u64, exact: bool) -> Rule {
    Rule::Cumulative(Cumulative { points, max, exact, blank: true })
}

fn quadratic(credits: u64) -> Rule {
    Rule::Quadratic(Quadratic { credits, blank: true })
}

fn positional(scores: &[u64], truncated: bool) -> Rule {
    Rule::Positional(Positional { scores: scores.to_vec(), truncated, blank: true })
}

#[track_caller]
fn refused(rule: &Rule, options: usize, totals: &[u64], weight: u64) {
    let outcome = rule.outcome(&numbered_options(options), totals, weight);
    assert_eq!(outcome.err(), Some(OutcomeError::Impossible), "{totals:?}: {rule:?}");
}

#[track_caller]
fn accepted(rule: &Rule, options: usize, totals: &[u64], weight: u64) -> Outcome {
    rule.outcome(&numbered_options(options), totals, weight).unwrap()
}

#[test]
fn totals_of_choices_that_no_ballots_give() {
    // Seven ballots; two are blank. The others choose two or three of four options.
    let rule = Rule::Choose(Choose { min: 2, max: 3, blank: true });
    accepted(&rule, 4, &[5, 5, 0, 0, 2], 7);
    accepted(&rule, 4, &[5, 5, 5, 0, 2], 7);
    refused(&rule, 4, &[6, 4, 0, 0, 2], 7);
    refused(&rule, 4, &[5, 4, 0, 0, 2], 7);
    refused(&rule, 4, &[5, 5, 5, 1, 2], 7);
    refused(&rule, 4, &[0, 0, 0, 0, 8], 7);
    refused(&rule, 4, &[u64::MAX, u64::MAX, 5, 5, 2], 7);
    let exact = Rule::Choose(Choose { min: 2, max: 2, blank: true });
    assert_eq!(accepted(&exact, 3, &[5, 3, 2], 7).counts(), Some([5, 3, 2].as_slice()));
    // The last option would have six of five, or less than 0, or another option has.
    refused(&exact, 3, &[2, 2, 2], 7);
    refused(&exact, 3, &[5, 6, 2], 7);
    refused(&exact, 3, &[6, 0, 2], 7);
}

#[test]
fn totals_of_points_that_no_ballots_give() {
    // Seven ballots; two are blank. At most three points for one option, and four for all.
    for rule in [score(3, Some(Total::AtMost(4)), true), cumulative(4, 3, false)] {
        accepted(&rule, 2, &[15, 5, 2], 7);
        refused(&rule, 2, &[16, 0, 2], 7);
        refused(&rule, 2, &[15, 6, 2], 7);
        refused(&rule, 2, &[0, 0, 8], 7);
        refused(&rule, 2, &[u64::MAX, u64::MAX, 2], 7);
    }
    for rule in [score(3, Some(Total::Exactly(4)), true), cumulative(4, 3, true)] {
        assert_eq!(accepted(&rule, 2, &[15, 2], 7).counts(), Some([15, 5].as_slice()));
        assert_eq!(accepted(&rule, 2, &[5, 2], 7).counts(), Some([5, 15].as_slice()));
        refused(&rule, 2, &[16, 2], 7);
        // The last option would have 16, or less than 0.
        refused(&rule, 2, &[4, 2], 7);
        refused(&rule, 2, &[21, 2], 7);
        refused(&rule, 3, &[15, 6, 2], 7);
        refused(&rule, 2, &[0, 8], 7);
    }
    let free = score(3, None, false);
    accepted(&free, 2, &[21, 21], 7);
    refused(&free, 2, &[0, 22], 7);
    let with_blank = score(3, None, true);
    accepted(&with_blank, 2, &[15, 15, 2], 7);
    refused(&with_blank, 2, &[15, 16, 2], 7);
}

#[test]
fn totals_of_divided_weights_that_no_ballots_give() {
    let rule = Rule::Split(Split { max: 100 });
    assert_eq!(rule.multiplier(), Multiplier::One);
    assert_eq!(accepted(&rule, 3, &[70, 20], 100).counts(), Some([70, 20, 10].as_slice()));
    assert_eq!(accepted(&rule, 3, &[0, 0], 100).counts(), Some([0, 0, 100].as_slice()));
    assert_eq!(accepted(&rule, 2, &[0], 0).counts(), Some([0, 0].as_slice()));
    refused(&rule, 3, &[70, 31], 100);
    refused(&rule, 3, &[101, 0], 100);
    refused(&rule, 3, &[u64::MAX, 1], 100);
    let wrong = OutcomeError::WrongNumber { totals: 3, counts: 2 };
    assert_eq!(rule.outcome(&numbered_options(3), &[0; 3], 100).err(), Some(wrong));
}

#[test]
fn totals_of_votes_for_credits_that_no_ballots_give() {
    // Three votes cost nine.
    let rule = quadratic(9);
    accepted(&rule, 2, &[15, 15, 2], 7);
    refused(&rule, 2, &[16, 0, 2], 7);
    refused(&rule, 2, &[0, 16, 2], 7);
    refused(&rule, 2, &[0, 0, 8], 7);
}

#[test]
fn totals_of_places_that_no_ballots_give() {
    let whole = positional(&[3, 1], false);
    accepted(&whole, 3, &[15, 5, 0, 2], 7);
    // A total above the largest score of all voters; not all points; too many points.
    refused(&whole, 3, &[16, 4, 0, 2], 7);
    refused(&whole, 3, &[15, 4, 0, 2], 7);
    refused(&whole, 3, &[15, 5, 1, 2], 7);
    refused(&whole, 3, &[0, 0, 0, 8], 7);
    refused(&whole, 3, &[u64::MAX, u64::MAX, u64::MAX, 0], 7);
    let truncated = positional(&[3, 1], true);
    accepted(&truncated, 3, &[15, 4, 0, 2], 7);
    accepted(&truncated, 3, &[0, 0, 0, 2], 7);
    refused(&truncated, 3, &[15, 5, 1, 2], 7);
    refused(&truncated, 3, &[16, 0, 0, 2], 7);
}

#[test]
fn averages_are_reduced() {
    let averages = |outcome: &Outcome| {
        let Detail::Averages(averages) = outcome.detail() else { panic!() };
        averages.clone()
    };
    let rule = score(10, None, true);
    let outcome = accepted(&rule, 5, &[60, 40, 0, 10, 7, 2], 12);
    assert_eq!(averages(&outcome), [[6, 1], [4, 1], [0, 1], [1, 1], [7, 10]]);
    assert_eq!(outcome.ranking(), [vec![0], vec![1], vec![3], vec![4], vec![2]]);
    // The average is over the ballots that are not blank.
    assert_eq!(averages(&accepted(&rule, 1, &[6, 0], 4)), [[3, 2]]);
    assert_eq!(averages(&accepted(&rule, 1, &[6, 1], 4)), [[2, 1]]);
    assert_eq!(averages(&accepted(&rule, 2, &[0, 0, 4], 4)), [[0, 1]; 2]);
    assert_eq!(averages(&accepted(&rule, 2, &[0, 0, 0], 0)), [[0, 1]; 2]);
    let exact = score(3, Some(Total::Exactly(4)), true);
    assert_eq!(averages(&accepted(&exact, 2, &[6, 0], 4)), [[3, 2], [5, 2]]);
    assert_eq!(cumulative(4, 3, false).outcome(&numbered_options(1), &[3, 0], 1).unwrap().detail(), &Detail::None);
}

#[test]
fn multipliers_are_the_weight_unless_it_is_in_the_slots() {
    for rule in [score(1, None, false), cumulative(1, 1, false), quadratic(1), positional(&[1], true)] {
        assert_eq!(rule.multiplier(), Multiplier::RollWeight);
    }
}

/// A selection that the rule allows, with the number that each option gets.
fn any(rule: &Rule, options: usize, weight: u64, rng: &mut TestRng) -> (Selection, Vec<u64>) {
    let mut below = |bound: u64| rng.next_u64() % bound;
    let has_blank = match rule {
        Rule::Score(Score { blank, .. }) | Rule::Cumulative(Cumulative { blank, .. }) => *blank,
        Rule::Quadratic(Quadratic { blank, .. }) | Rule::Positional(Positional { blank, .. }) => *blank,
        _ => false,
    };
    let nothing = vec![0; options];
    if has_blank && below(4) == 0 {
        return (Selection::Blank, nothing);
    }
    // Gives points one by one to options that can still have one, until there are enough.
    let mut dealt = |least: u64, most: u64, max: u64, cost: fn(u64) -> u64| {
        let mut points = nothing.clone();
        let wanted = least + below(most - least + 1);
        for _ in 0..100 * (1 + most) {
            let given: u64 = points.iter().map(|points| cost(*points)).sum();
            let option = below(options as u64) as usize;
            let more = given - cost(points[option]) + cost(points[option] + 1);
            if points[option] < max && more <= wanted {
                points[option] += 1;
            }
        }
        (Selection::Points(points.iter().copied().enumerate().collect()), points)
    };
    match rule {
        Rule::Score(Score { max, total: Some(Total::Exactly(total)), .. }) => dealt(*total, *total, *max, |it| it),
        Rule::Score(Score { max, total: Some(Total::AtMost(total)), .. }) => dealt(0, *total, *max, |it| it),
        Rule::Score(Score { max, .. }) => dealt(0, *max * options as u64, *max, |it| it),
        Rule::Cumulative(Cumulative { points, max, exact, .. }) => {
            dealt(if *exact { *points } else { 0 }, *points, *max, |it| it)
        }
        Rule::Split(Split { max, .. }) => dealt(weight, weight, *max, |it| it),
        Rule::Quadratic(Quadratic { credits, .. }) => dealt(0, *credits, *credits, |it| it * it),
        Rule::Positional(Positional { scores, truncated, .. }) => {
            let length = if *truncated { below(scores.len() as u64 + 1) as usize } else { scores.len() };
            let mut left: Vec<usize> = (0..options).collect();
            let order: Vec<usize> = (0..length).map(|_| left.swap_remove(below(left.len() as u64) as usize)).collect();
            let place = |option: usize| order.iter().position(|one| *one == option);
            let counts = (0..options).map(|option| place(option).map_or(0, |place| scores[place])).collect();
            (Selection::Ranking(order.iter().map(|option| vec![*option]).collect()), counts)
        }
        _ => unreachable!(),
    }
}

#[test]
fn random_elections_against_a_plain_count() {
    let mut rng = TestRng(9);
    let rules = [
        score(5, None, false),
        score(5, None, true),
        score(4, Some(Total::AtMost(9)), true),
        score(4, Some(Total::Exactly(5)), true),
        cumulative(7, 3, false),
        cumulative(7, 3, true),
        Rule::Split(Split { max: 9 }),
        quadratic(25),
        positional(&[4, 2, 1], false),
        positional(&[4, 2, 1], true),
    ];
    for round in 0..300 {
        let (rule, options) = (&rules[round % rules.len()], 3 + round % 3);
        let (mut ballots, mut counts, mut blank) = (Vec::new(), vec![0_u64; options], 0);
        for _ in 0..rng.next_u64() % 8 {
            let weight = 1 + rng.next_u64() % 9;
            let (selection, given) = any(rule, options, weight, &mut rng);
            let times = if let Rule::Split(_) = rule { 1 } else { weight };
            counts.iter_mut().zip(given).for_each(|(count, given)| *count += times * given);
            blank += if let Selection::Blank = selection { weight } else { 0 };
            ballots.push((selection, weight));
        }
        let outcome = outcome_of(rule, &numbered_options(options), &ballots);
        assert_eq!(outcome.counts(), Some(counts.as_slice()), "{rule:?}");
        assert_eq!(outcome.blank().unwrap_or(0), blank, "{rule:?}");
        let place = |option: usize| outcome.ranking().iter().position(|tied| tied.contains(&option)).unwrap();
        for (i, j) in (0..options).flat_map(|i| (0..options).map(move |j| (i, j))) {
            assert_eq!(place(i).cmp(&place(j)), counts[j].cmp(&counts[i]), "{rule:?}");
        }
    }
}

#[test]
fn random_lists_against_a_plain_count() {
    let mut rng = TestRng(10);
    for round in 0..100 {
        let across = round % 2 == 0;
        let lists = vec![(0, vec![1, 2]), (3, vec![4, 5]), (6, vec![])];
        let groups = vec![(vec![1, 4], 1)];
        let plan = Plan { lists: lists.clone(), groups, preferences: 2, across, blank: true };
        let rule = Rule::Lists(plan.rule());
        // All selections that the rule allows.
        let allowed: Vec<(usize, Vec<usize>)> = lists
            .iter()
            .flat_map(|(list, own)| subsets(7).map(move |set| (*list, own.clone(), set)))
            .filter(|(_, own, set)| {
                let candidates = [1, 2, 4, 5];
                set.len() <= 2
                    && set.iter().all(|one| if across { candidates.contains(one) } else { own.contains(one) })
                    && !(set.contains(&1) && set.contains(&4))
            })
            .map(|(list, _, set)| (list, set))
            .collect();
        let (mut ballots, mut counts, mut blank) = (Vec::new(), vec![0_u64; 7], 0);
        for _ in 0..rng.next_u64() % 8 {
            let weight = 1 + rng.next_u64() % 3;
            if rng.next_u64().is_multiple_of(5) {
                ballots.push((Selection::Blank, weight));
                blank += weight;
                continue;
            }
            let (list, preferences) = allowed[(rng.next_u64() % allowed.len() as u64) as usize].clone();
            preferences.iter().chain([&list]).for_each(|option| counts[*option] += weight);
            ballots.push((Selection::List { list, preferences }, weight));
        }
        let outcome = outcome_of(&rule, &numbered_options(7), &ballots);
        assert_eq!((outcome.counts(), outcome.blank()), (Some(counts.as_slice()), Some(blank)));
    }
}

#[test]
fn results_that_reveal_how_everybody_voted() {
    // As in the verifier: the largest total of an option is the bound of its count times the weight.
    let tells = |rule: &Rule, options: usize, totals: &[u64], weight: u64| {
        accepted(rule, options, totals, weight).is_unanimous(rule.count_bound() * weight, weight)
    };
    let five = score(5, None, true);
    assert!(tells(&five, 2, &[35, 0, 0], 7), "all points of everybody");
    assert!(!tells(&five, 2, &[34, 7, 0], 7), "7 is no more than one point of everybody");
    assert!(tells(&five, 2, &[0, 0, 7], 7), "a blank vote of everybody");
    let grade = |id: &str| Grade { id: id.into(), title: [("en", id)].into() };
    let grades = vec![grade("good"), grade("fair"), grade("bad")];
    let grades = Rule::Grades(Grades { grades, blank: false });
    assert!(tells(&grades, 2, &[3, 2, 7, 0], 7), "one grade of everybody");
    assert!(tells(&grades, 2, &[3, 2, 0, 0], 7), "the last grade, which has no count");
    assert!(!tells(&grades, 2, &[3, 2, 6, 1], 7));
    let pairs = |ties| Rule::Pairs(Pairs { ties, method: Method::Schulze, blank: false });
    assert!(tells(&pairs(false), 3, &[4, 7, 3], 7), "the first above the third");
    assert!(tells(&pairs(false), 3, &[4, 0, 3], 7), "the third above the first, which has no count");
    assert!(!tells(&pairs(false), 3, &[4, 6, 3], 7));
    assert!(!tells(&pairs(true), 2, &[3, 3], 7), "one tie");
}
