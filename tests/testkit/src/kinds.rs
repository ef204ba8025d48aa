//! Rules of every kind, for options that are called `o0`, `o1`, ..

use ballotta::contest::{
    Cumulative, Grade, Grades, Group, List, Lists, Method, Pairs, Positional, Quadratic, Rule, Score, SeatMethod,
    Seats, Split, Total,
};

use crate::election::{ElectionOptions, choose};

/// Points of each option, up to `max`.
#[must_use]
pub fn score(max: u64, total: Option<Total>, blank: bool) -> Rule {
    Rule::Score(Score { max, total, blank, winners: None })
}

/// A number of points, at most `max` of them for one option, with a blank vote.
#[must_use]
pub fn cumulative(points: u64, max: u64, exact: bool) -> Rule {
    Rule::Cumulative(Cumulative { points, max, exact, blank: true, winners: Some(1) })
}

/// Divide the own weight.
#[must_use]
pub fn split(max: u64) -> Rule {
    Rule::Split(Split { max, winners: None })
}

/// Votes for credits, with a blank vote.
#[must_use]
pub fn quadratic(credits: u64) -> Rule {
    Rule::Quadratic(Quadratic { credits, blank: true, winners: None })
}

/// A number of grades, `g0` the best, with a blank vote.
#[must_use]
pub fn grades(count: usize) -> Rule {
    let grade = |number| Grade { id: format!("g{number}"), title: [("en", format!("Grade {number}").as_str())].into() };
    Rule::Grades(Grades { grades: (0..count).map(grade).collect(), blank: true, winners: None })
}

/// Places with these scores, with a blank vote.
#[must_use]
pub fn positional(scores: &[u64], truncated: bool) -> Rule {
    Rule::Positional(Positional { scores: scores.to_vec(), truncated, blank: true, winners: None })
}

/// Rankings of which pairs are counted, with a blank vote.
#[must_use]
pub fn pairs(ties: bool) -> Rule {
    Rule::Pairs(Pairs { ties, method: Method::Schulze, blank: true, winners: Some(1) })
}

/// Lists with these numbers of candidates: the options are the first list, its candidates, the second list, and so
/// on. The first candidates of all lists are a group.
///
/// # Panics
///
/// Never: there are numbers enough.
#[must_use]
pub fn lists(candidates: &[usize], preferences: u32, across: bool) -> Rule {
    let mut ids = (0..).map(|number| format!("o{number}"));
    let mut list = |count: &usize| List { list: ids.next().unwrap(), candidates: ids.by_ref().take(*count).collect() };
    let lists: Vec<List> = candidates.iter().map(&mut list).collect();
    let firsts = lists.iter().filter_map(|list| list.candidates.first().cloned()).collect();
    Rule::Lists(Lists {
        lists,
        preferences,
        across,
        groups: vec![Group { candidates: firsts, max: 1 }],
        seats: Some(Seats { number: 5, method: SeatMethod::SainteLague }),
        blank: true,
    })
}

/// Small contests of every kind.
#[must_use]
pub fn small() -> Vec<(Rule, usize)> {
    vec![
        (choose(1, 2, true), 3),
        (score(3, None, true), 2),
        (score(2, None, false), 2),
        (score(4, Some(Total::AtMost(6)), true), 2),
        (score(3, Some(Total::Exactly(4)), true), 3),
        (cumulative(5, 3, false), 2),
        (cumulative(5, 3, true), 3),
        (split(9), 2),
        (quadratic(12), 2),
        (lists(&[2, 1], 2, false), 5),
        (lists(&[2, 1, 0], 2, true), 6),
        (grades(3), 2),
        (positional(&[3, 2, 1], false), 3),
        (positional(&[2, 1], true), 3),
        (pairs(false), 3),
        (pairs(true), 3),
    ]
}

/// All kinds on one ballot, every second one on another, and one with what divides weights.
#[must_use]
pub fn every_kind() -> ElectionOptions {
    let contests = small();
    let split = contests.iter().position(|(rule, _)| matches!(rule, Rule::Split(_))).unwrap_or(0);
    ElectionOptions {
        styles: vec![(0..contests.len()).collect(), (0..contests.len()).step_by(2).collect(), vec![split]],
        contests,
        voters: (0..15).map(|voter| (voter % 3, 1 + voter as u64 * 4 % 9)).collect(),
        trustees: 2,
        ..ElectionOptions::default()
    }
}
