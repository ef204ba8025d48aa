//! What voters choose, of every kind of contest, and the plain count of it.

use std::iter::zip;

use ballotta::contest::{Detail, Lists, Pairs, Positional, Rule, Score, Selection, Split, Total};
use ballotta::decryption::ContestTotals;
use ballotta::verifier::Verification;

use crate::rng::TestRng;

/// A voter's choice in one contest, by the numbers of its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// These options.
    Options(Vec<usize>),
    /// The blank vote.
    Blank,
    /// Points or votes of options.
    Points(Vec<(usize, u64)>),
    /// Grades of options.
    Grades(Vec<(usize, usize)>),
    /// Options from the first place to the last.
    Ranking(Vec<Vec<usize>>),
    /// A list and preferences.
    List(usize, Vec<usize>),
}

impl Choice {
    /// What the library calls it.
    #[must_use]
    pub fn selection(&self) -> Selection {
        match self.clone() {
            Self::Options(options) => Selection::Options(options),
            Self::Blank => Selection::Blank,
            Self::Points(points) => Selection::Points(points),
            Self::Grades(grades) => Selection::Grades(grades),
            Self::Ranking(ranking) => Selection::Ranking(ranking),
            Self::List(list, preferences) => Selection::List { list, preferences },
        }
    }

    /// Any choice that the rule allows a voter of this weight. Options are called `o0`, `o1`, ..
    ///
    /// # Panics
    ///
    /// If the kind of the rule is not known here.
    pub fn any((rule, options): &(Rule, usize), weight: u64, rng: &mut TestRng) -> Self {
        if has_blank(rule) && rng.below(4) == 0 {
            return Self::Blank;
        }
        let options = *options;
        match rule {
            Rule::Choose(rule) => {
                let count = rule.min as usize + rng.below((rule.max - rule.min) as usize + 1);
                Self::Options(draw(options, count, rng))
            }
            Rule::Score(Score { max, total: None, .. }) => {
                Self::Points((0..options).map(|option| (option, rng.below(*max as usize + 1) as u64)).collect())
            }
            Rule::Score(Score { max, total: Some(Total::AtMost(total)), .. }) => deal(options, 0..=*total, *max, rng),
            Rule::Score(Score { max, total: Some(Total::Exactly(total)), .. }) => {
                deal(options, *total..=*total, *max, rng)
            }
            Rule::Cumulative(rule) => {
                deal(options, if rule.exact { rule.points } else { 0 }..=rule.points, rule.max, rng)
            }
            Rule::Split(Split { max, .. }) => deal(options, weight..=weight, *max, rng),
            Rule::Quadratic(rule) => {
                let mut left = rng.below(rule.credits as usize + 1) as u64;
                let mut votes = |option| {
                    let votes = rng.below(left.isqrt() as usize + 1) as u64;
                    left -= votes * votes;
                    (option, votes)
                };
                Self::Points((0..options).map(&mut votes).collect())
            }
            Rule::Lists(rule) => any_list(rule, options, rng),
            Rule::Grades(rule) => {
                Self::Grades((0..options).map(|option| (option, rng.below(rule.grades.len()))).collect())
            }
            Rule::Positional(Positional { scores, truncated, .. }) => {
                let length = if *truncated { rng.below(scores.len() + 1) } else { scores.len() };
                Self::Ranking(draw(options, length, rng).into_iter().map(|option| vec![option]).collect())
            }
            Rule::Pairs(Pairs { ties: false, .. }) => {
                Self::Ranking(draw(options, options, rng).into_iter().map(|option| vec![option]).collect())
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
                Self::Ranking(ranking)
            }
            _ => panic!("a kind of contest without a random choice"),
        }
    }
}

fn has_blank(rule: &Rule) -> bool {
    match rule {
        Rule::Choose(rule) => rule.blank,
        Rule::Score(rule) => rule.blank,
        Rule::Cumulative(rule) => rule.blank,
        Rule::Quadratic(rule) => rule.blank,
        Rule::Lists(rule) => rule.blank,
        Rule::Grades(rule) => rule.blank,
        Rule::Positional(rule) => rule.blank,
        Rule::Pairs(rule) => rule.blank,
        _ => false,
    }
}

/// Draws `count` of the numbers `0..of`, in any order.
fn draw(of: usize, count: usize, rng: &mut TestRng) -> Vec<usize> {
    let mut left: Vec<usize> = (0..of).collect();
    (0..count).map(|_| left.swap_remove(rng.below(left.len()))).collect()
}

/// Points for the options, at most `max` for each, whose sum is in a range.
fn deal(options: usize, together: std::ops::RangeInclusive<u64>, max: u64, rng: &mut TestRng) -> Choice {
    let (least, most) = together.into_inner();
    let mut left = least + rng.below((most - least) as usize + 1) as u64;
    let mut points = vec![0; options];
    for (position, option) in draw(options, options, rng).into_iter().enumerate() {
        // The options after this one take no more than their maximum: the rest is for this one.
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

/// The result of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many ballots.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
    /// What the options got, of kinds in which options have totals.
    pub options: Vec<u64>,
    /// The blank votes, where there are any.
    pub blank: Option<u64>,
    /// For each option the totals of its grades, or for each other option the weight that ranks it above.
    pub detail: Vec<Vec<u64>>,
}

impl Count {
    /// Nobody's votes in a contest.
    #[must_use]
    pub fn zero((rule, options): &(Rule, usize)) -> Self {
        let (totals, detail) = match rule {
            Rule::Grades(rule) => (0, vec![vec![0; rule.grades.len()]; *options]),
            Rule::Pairs(_) => (0, vec![vec![0; *options]; *options]),
            _ => (*options, vec![]),
        };
        Self { ballots: 0, weight: 0, options: vec![0; totals], blank: has_blank(rule).then_some(0), detail }
    }

    /// Counts a choice that the rule allows.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn add(&mut self, rule: &Rule, choice: &Choice, weight: u64) {
        self.ballots += 1;
        self.weight += weight;
        match choice {
            Choice::Blank => *self.blank.as_mut().expect("a contest with blank votes") += weight,
            Choice::Options(options) => options.iter().for_each(|option| self.options[*option] += weight),
            Choice::List(list, preferences) => {
                preferences.iter().chain([list]).for_each(|option| self.options[*option] += weight);
            }
            Choice::Points(points) => {
                let times = if let Rule::Split(_) = rule { 1 } else { weight };
                points.iter().for_each(|(option, points)| self.options[*option] += times * points);
            }
            Choice::Grades(grades) => grades.iter().for_each(|(option, grade)| self.detail[*option][*grade] += weight),
            Choice::Ranking(ranking) => {
                if let Rule::Positional(rule) = rule {
                    zip(ranking, &rule.scores).for_each(|(place, score)| self.options[place[0]] += weight * score);
                } else {
                    let place =
                        |option: usize| ranking.iter().position(|tied| tied.contains(&option)).unwrap_or(ranking.len());
                    for i in 0..self.detail.len() {
                        for j in (0..self.detail.len()).filter(|j| place(i) < place(*j)) {
                            self.detail[i][j] += weight;
                        }
                    }
                }
            }
        }
    }
}

/// The result that a verification computed, of contests that are not withheld.
#[must_use]
pub fn counted(verification: &Verification) -> Option<Vec<Count>> {
    verification.totals.as_deref().map(count)
}

/// What decrypted totals say.
#[must_use]
pub fn count(totals: &[Option<ContestTotals>]) -> Vec<Count> {
    let count = |ContestTotals { ballots, weight, outcome, .. }: &ContestTotals| Count {
        ballots: *ballots,
        weight: *weight,
        options: outcome.counts().unwrap_or_default().to_vec(),
        blank: outcome.blank(),
        detail: match outcome.detail() {
            Detail::Grades { totals, .. } => totals.clone(),
            Detail::Pairs(pairs) => pairs.matrix.clone(),
            _ => vec![],
        },
    };
    totals.iter().flatten().map(count).collect()
}
