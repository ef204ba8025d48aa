//! The published numbers, the plain counts and the decrypted totals, side by side.

use std::collections::BTreeMap;

use ballotta::contest::Rule;
use ballotta::record::{ContestResult, ResultDocument};
use serde::Serialize;

use crate::ballots::{Ballots, Contest};
use crate::count::{Count, schulze};

/// All numbers of a contest, side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The identifier of the contest in the manifest.
    pub id: String,
    /// The title of the contest in the manifest.
    pub title: String,
    /// The numbers of ballots, weight, blank ballots and marks that were not made, and the total of each option.
    pub numbers: Vec<Number>,
    /// The number of ballots that rank one option above another, for every two options. Empty unless the contest counts
    /// pairs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Number>,
    /// The order that follows from the pairs, if the contest counts pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
}

/// The same number from three origins. The published number is compared if there is one. If an election was held, its
/// number is compared, unless no election decrypts such a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Number {
    /// What is counted: the title of an option, or a word such as `ballots`.
    pub what: String,
    /// The published number, if there is one.
    pub published: Option<u64>,
    /// The plain count. `None` if the ballots cannot have such a number; then `same` is false.
    pub counted: Option<u64>,
    /// The number that the election decrypted. `None` if no election was held, or none decrypts such a number. Also
    /// `None` if the result lacks the number; then `same` is false.
    pub decrypted: Option<u64>,
    /// Whether all numbers that are compared are equal.
    pub same: bool,
}

/// The order of the options of a contest that counts pairs, as layers of identifiers. Options that tie share a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ranking {
    /// The order that follows from the plain count. It is computed without code of the library.
    pub counted: Vec<Vec<String>>,
    /// The order in the result of the election, if one was held.
    pub decrypted: Option<Vec<Vec<String>>>,
    /// Whether both orders are the same.
    pub same: bool,
    /// The titles of the options, by their identifiers.
    #[serde(skip)]
    pub titles: BTreeMap<String, String>,
}

/// Compares the contests of a source with their plain counts and with the result of the election, if one was held. A
/// number that the result lacks counts as different.
#[must_use]
pub fn compare(ballots: &Ballots, counts: &[Count], result: Option<&ResultDocument>) -> Vec<Comparison> {
    let has_weights = ballots.has_weights();
    let contests = ballots.contests.iter().zip(counts).enumerate();
    contests
        .map(|(position, (contest, count))| {
            let result = result.map(|result| result.contests.get(position));
            Comparison::new(contest, count, has_weights, result)
        })
        .collect()
}

impl Comparison {
    /// `result` is `None` if no election was held, and `Some(None)` if its result lacks the contest.
    fn new(contest: &Contest, count: &Count, has_weights: bool, result: Option<Option<&ContestResult>>) -> Self {
        let number =
            |what: &str, published: Option<u64>, counted: Option<u64>, of: &dyn Fn(&ContestResult) -> Option<u64>| {
                let decrypted = result.map(|result| result.and_then(of));
                Number {
                    what: what.to_owned(),
                    published,
                    counted,
                    decrypted: decrypted.flatten(),
                    same: counted.is_some()
                        && published.is_none_or(|published| Some(published) == counted)
                        && decrypted.is_none_or(|decrypted| decrypted == counted),
                }
            };
        let published = &contest.published;
        let mut numbers =
            vec![number("ballots", published.ballots, Some(count.ballots), &|result| Some(result.ballots))];
        if has_weights {
            numbers.push(number("weight", published.weight, Some(count.weight), &|result| Some(result.weight)));
        }
        for (position, total) in count.options.iter().enumerate() {
            let published = published.options.get(position).copied().flatten();
            let total_of = |result: &ContestResult| result.options.get(position)?.total;
            numbers.push(number(contest.option_title(position), published, Some(*total), &total_of));
        }
        for (what, options, sum) in &published.sums {
            let counted = count.options.get(options.clone()).map(|options| options.iter().sum());
            let sum_of =
                |result: &ContestResult| result.options.get(options.clone())?.iter().map(|one| one.total).sum();
            numbers.push(number(what, Some(*sum), counted, &sum_of));
        }
        for (what, published, counted) in &published.read {
            numbers.push(Number {
                what: what.clone(),
                published: Some(*published),
                counted: Some(*counted),
                decrypted: None,
                same: published == counted,
            });
        }
        if let Rule::Choose(rule) = &contest.rule {
            if rule.blank {
                numbers.push(number("(blank)", published.blank, Some(count.blank), &|result| result.blank));
            }
            if rule.min < rule.max {
                let counted = Count::undervotes(count.weight, count.blank, &count.options, rule.max);
                let decrypted = |result: &ContestResult| {
                    let totals: Vec<u64> = result.options.iter().map(|option| option.total).collect::<Option<_>>()?;
                    Count::undervotes(result.weight, result.blank.unwrap_or(0), &totals, rule.max)
                };
                numbers.push(number("(marks not made)", published.undervotes, counted, &decrypted));
            }
        }
        let mut pairs = Vec::new();
        for (i, row) in count.pairs.iter().enumerate() {
            for (j, total) in row.iter().enumerate().filter(|(j, _)| i != *j) {
                let what = format!("{} above {}", contest.option_title(i), contest.option_title(j));
                let cell = |result: &ContestResult| result.pairs.as_ref()?.matrix.get(i)?.get(j).copied();
                pairs.push(number(&what, None, Some(*total), &cell));
            }
        }
        let ranking = (!count.pairs.is_empty()).then(|| {
            let id = |option: &usize| contest.options.get(*option).map(|(id, _)| id.clone()).unwrap_or_default();
            let counted: Vec<Vec<String>> =
                schulze(&count.pairs).iter().map(|tied| tied.iter().map(id).collect()).collect();
            let decrypted = result.map(|result| result.map(|result| result.ranking.clone()).unwrap_or_default());
            let same = decrypted.as_ref().is_none_or(|decrypted| *decrypted == counted);
            Ranking { counted, decrypted, same, titles: contest.options.iter().cloned().collect() }
        });
        Self { id: contest.id.clone(), title: contest.title.clone(), numbers, pairs, ranking }
    }

    /// Whether every number is the same in all origins, and the order as well.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.all().all(|number| number.same) && self.ranking.as_ref().is_none_or(|ranking| ranking.same)
    }

    /// Returns all numbers, including those of pairs.
    pub fn all(&self) -> impl Iterator<Item = &Number> {
        self.numbers.iter().chain(&self.pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballots::{Mark, Published, choose};
    use crate::count::count;

    #[test]
    fn a_number_that_differs_is_found_and_nothing_missing_passes() {
        let mut ballots = Ballots::new("t", "votes");
        ballots.contests.push(Contest {
            id: "c".to_owned(),
            title: "C".to_owned(),
            options: vec![("a".to_owned(), "A".to_owned()), ("b".to_owned(), "B".to_owned())],
            rule: choose(1, 1, false),
            published: Published { options: vec![Some(1), Some(2)], ..Published::default() },
        });
        for option in [0, 1, 1] {
            ballots.cast(vec![(0, Mark::Options(vec![option]))], 1).unwrap();
        }
        let counts = count(&ballots);
        assert!(compare(&ballots, &counts, None)[0].agrees());

        let result = |json: &str| -> ResultDocument {
            let text = format!(
                r#"{{"format":"f","fingerprint":"0","eligible_voters":3,"eligible_weight":3,"counted_ballots":3,
                    "counted_weight":3,"quorum":null,"contests":[{json}]}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let contest = |options: &str| {
            result(&format!(
                r#"{{"id":"c","ballots":3,"weight":3,"withheld":null,"options":[{options}],"blank":null,"ranked_by":"totals","ranking":[]}}"#
            ))
        };
        let right = contest(r#"{"id":"a","total":1},{"id":"b","total":2}"#);
        assert!(compare(&ballots, &counts, Some(&right))[0].agrees());
        let wrong = compare(&ballots, &counts, Some(&contest(r#"{"id":"a","total":1},{"id":"b","total":1}"#)));
        assert!(!wrong[0].agrees());
        let differs: Vec<&Number> = wrong[0].all().filter(|number| !number.same).collect();
        let expected =
            Number { what: "B".to_owned(), published: Some(2), counted: Some(2), decrypted: Some(1), same: false };
        assert_eq!(differs, [&expected]);
        for missing in [contest(r#"{"id":"a","total":1}"#), contest(r#"{"id":"a"},{"id":"b","total":2}"#), result("")] {
            assert!(!compare(&ballots, &counts, Some(&missing))[0].agrees());
        }
        ballots.contests[0].published.options = vec![Some(1), Some(3)];
        assert!(!compare(&ballots, &counts, Some(&right))[0].agrees());
    }
}
