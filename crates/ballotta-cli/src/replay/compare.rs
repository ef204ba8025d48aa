//! What was published, what is counted plainly, and what an election decrypts, number beside number.

use std::collections::BTreeMap;
use std::fmt;

use ballotta::contest::Rule;
use ballotta::record::{ContestResult, ResultDocument};
use serde::Serialize;

use super::ballots::{Ballots, Contest};
use super::count::{Count, schulze};
use crate::console::{grouped, isolated};

/// A contest with all its numbers.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    id: String,
    title: String,
    numbers: Vec<Number>,
    /// Who stands above whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranking: Option<Ranking>,
}

/// One number. What is not published is not compared; of an election that is held, every number is.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Number {
    what: String,
    published: Option<u64>,
    counted: Option<u64>,
    decrypted: Option<u64>,
    same: bool,
}

/// The order of the options, those that tie together.
#[derive(Debug, Serialize)]
struct Ranking {
    counted: Vec<Vec<String>>,
    decrypted: Option<Vec<Vec<String>>>,
    same: bool,
    /// The titles of the options, by their identifiers.
    #[serde(skip)]
    titles: BTreeMap<String, String>,
}

/// Compares the contests of a source with their plain counts and with the result of the election, if one was held.
pub(super) fn compare(ballots: &Ballots, counts: &[Count], result: Option<&ResultDocument>) -> Vec<Comparison> {
    let has_weights = ballots.has_weights();
    let compared = ballots.contests.iter().zip(counts).enumerate();
    compared
        .map(|(position, (contest, count))| {
            // A result that is missing has no numbers, and differs.
            let nothing = result.map(|_| None);
            let result = result.and_then(|result| result.contests.get(position)).map(Some).or(nothing);
            Comparison::new(contest, count, has_weights, result)
        })
        .collect()
}

impl Comparison {
    /// `result` is of the election, if one was held, and there nothing if it has no such contest.
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
            let title = contest.options.get(position).map_or("", |(_, title)| title.as_str());
            let published = published.options.get(position).copied().flatten();
            let total_of = |result: &ContestResult| result.options.get(position)?.total;
            numbers.push(number(title, published, Some(*total), &total_of));
        }
        for (what, options, sum) in &published.sums {
            let counted = count.options.get(options.clone()).map(|options| options.iter().sum());
            let sum_of =
                |result: &ContestResult| result.options.get(options.clone())?.iter().map(|one| one.total).sum();
            numbers.push(number(what, Some(*sum), counted, &sum_of));
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
                let title = |option: usize| contest.options.get(option).map_or("", |(_, title)| title.as_str());
                let cell = |result: &ContestResult| result.pairs.as_ref()?.matrix.get(i)?.get(j).copied();
                pairs.push(number(&format!("{} above {}", title(i), title(j)), None, Some(*total), &cell));
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

    /// Whether every number is the same.
    pub(super) fn agrees(&self) -> bool {
        self.all().all(|number| number.same) && self.ranking.as_ref().is_none_or(|ranking| ranking.same)
    }

    fn all(&self) -> impl Iterator<Item = &Number> {
        self.numbers.iter().chain(&self.pairs)
    }
}

/// Characters of what a number is.
const WIDTH: usize = 44;

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |number: Option<u64>| number.map_or("-".to_owned(), grouped);
        let what: String = match self.what.chars().count() {
            ..=WIDTH => self.what.clone(),
            _ => self.what.chars().take(WIDTH - 1).chain(['…']).collect(),
        };
        let same = if self.same { "the same" } else { "DIFFERENT" };
        let (published, counted, decrypted) = (shown(self.published), shown(self.counted), shown(self.decrypted));
        writeln!(f, "  {what:<WIDTH$} {published:>15} {counted:>15} {decrypted:>15}   {same}")
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.title, self.id)?;
        writeln!(f, "  {:WIDTH$} {:>15} {:>15} {:>15}", "", "published", "counted", "decrypted")?;
        self.numbers.iter().try_for_each(|number| number.fmt(f))?;
        if !self.pairs.is_empty() {
            let same = self.pairs.iter().filter(|pair| pair.same).count();
            writeln!(f, "  {same} of {} pairs are the same", self.pairs.len())?;
            self.pairs.iter().filter(|pair| !pair.same).try_for_each(|pair| pair.fmt(f))?;
        }
        let Some(Ranking { counted, decrypted, same, titles }) = &self.ranking else { return Ok(()) };
        let title = |id: &String| isolated(titles.get(id).unwrap_or(id));
        let tied = |ids: &Vec<String>| ids.iter().map(title).collect::<Vec<_>>().join(" = ");
        let shown = |ranking: &[Vec<String>]| ranking.iter().map(tied).collect::<Vec<_>>().join(" > ");
        writeln!(f, "  Schulze: {}   {}", shown(counted), if *same { "the same" } else { "DIFFERENT" })?;
        match decrypted {
            Some(decrypted) if !same => writeln!(f, "  decrypted: {}", shown(decrypted)),
            _ => Ok(()),
        }
    }
}

/// How many numbers there are, and how many agree. `part` is the number of ballots that took part, if it was not all.
pub(super) fn total(contests: &[Comparison], part: Option<usize>) -> String {
    let all = || contests.iter().flat_map(Comparison::all);
    let count = |wanted: &dyn Fn(&Number) -> bool| all().filter(|number| wanted(number)).count() as u64;
    let same = |same: u64, of: u64| {
        let are = if of == 1 { "number is" } else { "numbers are" };
        format!("{} of {} {are} the same", grouped(same), grouped(of))
    };
    let published = match (count(&|number| number.published.is_some()), part) {
        (0, Some(1)) => "not compared: only the first ballot took part".to_owned(),
        (0, Some(part)) => format!("not compared: only the first {} ballots took part", grouped(part as u64)),
        (0, None) => "not compared: the source has no numbers of these contests".to_owned(),
        (of, _) => same(count(&|number| number.published.is_some() && number.published == number.counted), of),
    };
    let decrypted = match count(&|number| number.decrypted.is_some()) {
        // Then no election was held, or its result is missing and every number differs.
        0 => String::new(),
        of => {
            let same = same(count(&|number| number.decrypted.is_some() && number.decrypted == number.counted), of);
            format!("\ndecrypted    {same} as the plain count")
        }
    };
    format!("published    {published}{decrypted}")
}

#[cfg(test)]
mod tests {
    use ballotta::contest::Choose;

    use super::*;
    use crate::replay::ballots::{Mark, Published};
    use crate::replay::count::count;

    #[test]
    fn a_number_that_differs_is_shown_and_nothing_missing_passes() {
        let mut ballots = Ballots::new("t", "votes");
        ballots.contests.push(Contest {
            id: "c".to_owned(),
            title: "C".to_owned(),
            options: vec![("a".to_owned(), "A".to_owned()), ("b".to_owned(), "B".to_owned())],
            rule: Rule::Choose(Choose { min: 1, max: 1, blank: false, winners: None }),
            published: Published { options: vec![Some(1), Some(2)], ..Published::default() },
        });
        for option in [0, 1, 1] {
            ballots.cast(vec![(0, Mark::Options(vec![option]))], 1).unwrap();
        }
        let counts = count(&ballots).unwrap();
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
                r#"{{"id":"c","ballots":3,"weight":3,"withheld":null,"options":[{options}],"blank":null,"ranking":[]}}"#
            ))
        };
        let right = contest(r#"{"id":"a","total":1},{"id":"b","total":2}"#);
        let compared = compare(&ballots, &counts, Some(&right));
        assert!(compared[0].agrees());
        let expected =
            "published    2 of 2 numbers are the same\ndecrypted    3 of 3 numbers are the same as the plain count";
        assert_eq!(total(&compared, None), expected);
        assert_eq!(total(&compare(&ballots, &counts, None), None), "published    2 of 2 numbers are the same");
        let wrong = compare(&ballots, &counts, Some(&contest(r#"{"id":"a","total":1},{"id":"b","total":1}"#)));
        assert!(!wrong[0].agrees());
        assert!(
            wrong[0].to_string().lines().any(|line| line.ends_with("2               2               1   DIFFERENT"))
        );
        for missing in [contest(r#"{"id":"a","total":1}"#), contest(r#"{"id":"a"},{"id":"b","total":2}"#), result("")] {
            assert!(!compare(&ballots, &counts, Some(&missing))[0].agrees());
        }
        let mut part = Ballots::new("t", "votes");
        part.contests.push(Contest { published: Published::default(), ..ballots.contests.pop().unwrap() });
        let compared = compare(&part, &counts, None);
        assert_eq!(total(&compared, Some(1_500)), "published    not compared: only the first 1,500 ballots took part");
        assert_eq!(total(&compared, Some(1)), "published    not compared: only the first ballot took part");
        let nothing = "published    not compared: the source has no numbers of these contests";
        assert_eq!(total(&compared, None), nothing);
        ballots.contests.append(&mut part.contests);
        ballots.contests[0].published.options = vec![Some(1), Some(3)];
        assert!(!compare(&ballots, &counts, Some(&right))[0].agrees());
    }
}
