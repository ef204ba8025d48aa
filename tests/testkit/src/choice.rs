//! What voters choose, of every kind of contest, and the plain count of it.

use std::iter::zip;

use ballotta::ballot::Mark;
use ballotta::contest::{Detail, Multiplier, Rule};
use ballotta::decryption::ContestTotals;
use ballotta::verifier::Verification;

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
    /// The mark of this choice. Options are called `o0`, `o1`, .. and grades `g0`, `g1`, ..
    #[must_use]
    pub fn mark(&self) -> Mark {
        let option = |number: &usize| format!("o{number}");
        let options = |numbers: &[usize]| numbers.iter().map(option).collect::<Vec<_>>();
        match self {
            Self::Options(numbers) => Mark::Options(options(numbers)),
            Self::Blank => Mark::Blank,
            Self::Points(points) => {
                Mark::Points(points.iter().map(|(number, points)| (option(number), *points)).collect())
            }
            Self::Grades(grades) => {
                Mark::Grades(grades.iter().map(|(number, grade)| (option(number), format!("g{grade}"))).collect())
            }
            Self::Ranking(ranking) => Mark::Ranking(ranking.iter().map(|tied| options(tied)).collect()),
            Self::List(list, preferences) => Mark::List { list: option(list), preferences: options(preferences) },
        }
    }
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
        Self { ballots: 0, weight: 0, options: vec![0; totals], blank: rule.has_blank().then_some(0), detail }
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
                let times = if rule.multiplier() == Multiplier::One { 1 } else { weight };
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
    verification.totals.as_ref().map(|result| count(&result.contests))
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
