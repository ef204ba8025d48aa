//! Rules of every kind, for options that are called `o0`, `o1`, .., and random choices in contests with these rules.

use ballotta::contest::{
    Cumulative, Grade, Grades, Group, List, Lists, Method, Pairs, People, Positional, Quadratic, Rule, Score,
    SeatMethod, Seats, Split, Total,
};

use crate::choice::Choice;
use crate::election::{ElectionOptions, choose};
use crate::rng::TestRng;

/// Points of each option, up to `max`.
#[must_use]
pub fn score(max: u64, total: Option<Total>, blank: bool) -> Rule {
    Rule::Score(Score { max, total, blank })
}

/// A number of points, at most `max` of them for one option, with a blank vote.
#[must_use]
pub fn cumulative(points: u64, max: u64, exact: bool) -> Rule {
    Rule::Cumulative(Cumulative { points, max, exact, blank: true })
}

/// Divide the own weight.
#[must_use]
pub fn split(max: u64) -> Rule {
    Rule::Split(Split { max })
}

/// Votes for credits, with a blank vote.
#[must_use]
pub fn quadratic(credits: u64) -> Rule {
    Rule::Quadratic(Quadratic { credits, blank: true })
}

/// A number of grades, `g0` the best, with a blank vote.
#[must_use]
pub fn grades(count: usize) -> Rule {
    let grade = |number| Grade { id: format!("g{number}"), title: [("en", format!("Grade {number}").as_str())].into() };
    Rule::Grades(Grades { grades: (0..count).map(grade).collect(), blank: true })
}

/// Places with these scores, with a blank vote.
#[must_use]
pub fn positional(scores: &[u64], truncated: bool) -> Rule {
    Rule::Positional(Positional { scores: scores.to_vec(), truncated, blank: true })
}

/// Rankings whose pairs are counted, with a blank vote.
#[must_use]
pub fn pairs(ties: bool) -> Rule {
    Rule::Pairs(Pairs { ties, method: Method::Schulze, blank: true })
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
        // Seats are for people.
        seats: candidates.iter().all(|count| *count > 0).then(|| Seats {
            number: candidates.iter().sum::<usize>().min(5) as u32,
            method: SeatMethod::SainteLague,
            people: People::PreferencesThenOrder,
        }),
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

/// A random choice that the rule allows a voter of this weight.
///
/// # Panics
///
/// If the kind of the rule is not known here.
pub fn any_choice((rule, options): &(Rule, usize), weight: u64, rng: &mut TestRng) -> Choice {
    if rule.has_blank() && rng.below(4) == 0 {
        return Choice::Blank;
    }
    let options = *options;
    match rule {
        Rule::Choose(rule) => {
            let count = rule.min as usize + rng.below((rule.max - rule.min) as usize + 1);
            Choice::Options(draw(options, count, rng))
        }
        Rule::Score(Score { max, total: None, .. }) => {
            Choice::Points((0..options).map(|option| (option, rng.below(*max as usize + 1) as u64)).collect())
        }
        Rule::Score(Score { max, total: Some(Total::AtMost(total)), .. }) => deal(options, 0..=*total, *max, rng),
        Rule::Score(Score { max, total: Some(Total::Exactly(total)), .. }) => deal(options, *total..=*total, *max, rng),
        Rule::Cumulative(rule) => deal(options, if rule.exact { rule.points } else { 0 }..=rule.points, rule.max, rng),
        Rule::Split(Split { max, .. }) => deal(options, weight..=weight, *max, rng),
        Rule::Quadratic(rule) => {
            let mut left = rng.below(rule.credits as usize + 1) as u64;
            let mut votes = |option| {
                let votes = rng.below(left.isqrt() as usize + 1) as u64;
                left -= votes * votes;
                (option, votes)
            };
            Choice::Points((0..options).map(&mut votes).collect())
        }
        Rule::Lists(rule) => any_list(rule, options, rng),
        Rule::Grades(rule) => {
            Choice::Grades((0..options).map(|option| (option, rng.below(rule.grades.len()))).collect())
        }
        Rule::Positional(Positional { scores, truncated, .. }) => {
            let length = if *truncated { rng.below(scores.len() + 1) } else { scores.len() };
            Choice::Ranking(draw(options, length, rng).into_iter().map(|option| vec![option]).collect())
        }
        Rule::Pairs(Pairs { ties: false, .. }) => {
            Choice::Ranking(draw(options, options, rng).into_iter().map(|option| vec![option]).collect())
        }
        Rule::Pairs(Pairs { ties: true, .. }) => {
            let ranked = rng.below(options + 1);
            let mut ranking: Vec<Vec<usize>> = Vec::new();
            for option in draw(options, ranked, rng) {
                match ranking.last_mut() {
                    Some(tied) if rng.below(3) == 0 => tied.push(option),
                    _ => ranking.push(vec![option]),
                }
            }
            Choice::Ranking(ranking)
        }
        _ => panic!("a kind of contest without a random choice"),
    }
}

/// So many of the numbers `0..of`, in any order.
fn draw(of: usize, count: usize, rng: &mut TestRng) -> Vec<usize> {
    let mut left: Vec<usize> = (0..of).collect();
    (0..count).map(|_| left.swap_remove(rng.below(left.len()))).collect()
}

/// Points with a fixed sum, at most `max` for an option.
fn deal(options: usize, together: std::ops::RangeInclusive<u64>, max: u64, rng: &mut TestRng) -> Choice {
    let (least, most) = together.into_inner();
    let mut left = least + rng.below((most - least) as usize + 1) as u64;
    let mut points = vec![0; options];
    for (position, option) in draw(options, options, rng).into_iter().enumerate() {
        // This option must take what the options after it cannot take.
        let others = max * (options - position - 1) as u64;
        let (must, may) = (left.saturating_sub(others), left.min(max));
        points[option] = must + rng.below((may - must) as usize + 1) as u64;
        left -= points[option];
    }
    Choice::Points(points.into_iter().enumerate().collect())
}

fn number(id: &str) -> usize {
    id[1..].parse().expect("an option by its number")
}

fn any_list(rule: &Lists, options: usize, rng: &mut TestRng) -> Choice {
    let list = &rule.lists[rng.below(rule.lists.len())];
    let lists: Vec<usize> = rule.lists.iter().map(|list| number(&list.list)).collect();
    let own: Vec<usize> = list.candidates.iter().map(|id| number(id)).collect();
    let wanted = rng.below(rule.preferences as usize + 1);
    let mut preferences: Vec<usize> = Vec::new();
    for option in draw(options, options, rng) {
        let is_candidate = if rule.across { !lists.contains(&option) } else { own.contains(&option) };
        let fits = rule.groups.iter().all(|group| {
            let of_group = |option: &usize| group.candidates.iter().any(|id| number(id) == *option);
            !of_group(&option) || preferences.iter().filter(|one| of_group(one)).count() < group.max as usize
        });
        if preferences.len() < wanted && is_candidate && fits {
            preferences.push(option);
        }
    }
    Choice::List(number(&list.list), preferences)
}
