//! Votes with different weights. Only their totals or their weights are published.
//!
//! ```text
//! {"meetings":[{"company":"..","date":"..","shares_voting":120,"broker_non_votes":20,
//!               "items":[{"item":"say on pay","votes_for":70,"against":25,"abstain":5}]}]}
//! {"source":"..","weights":["7526.9811523992","73446.8943013686"]}
//! ```
//!
//! *Meetings* (SEC Form 8-K, item 5.07): every item is a contest. Every total becomes one invented voter with this
//! number of shares. Broker non-votes are blank. *Weights* belong to voters who all voted yes. Decimals after the
//! fourth are cut off, so that the weights are whole numbers of the unit `1/10000`, which the manifest names.

use ballotta::limits::{MAX_TOTAL, MAX_WEIGHT};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_contests, choose, shown};
use crate::error::{At as _, Result, bail, ensure};
use crate::source::Source;
use crate::text::{counted, json, number, shortened};

/// The number of decimals of a weight that are kept.
const DECIMALS: usize = 4;

/// Either meetings, or weights with their source. An unknown field is refused, because it could change the count.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    meetings: Option<Vec<Meeting>>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    weights: Option<Vec<String>>,
    /// A known field that does not change the count.
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meeting {
    company: String,
    date: String,
    #[serde(default)]
    shares_voting: Option<u64>,
    #[serde(default)]
    broker_non_votes: Option<u64>,
    items: Vec<Item>,
    /// Known fields that do not change the count: the source, and the number of shares that were entitled to vote.
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    #[serde(default, rename = "shares_entitled")]
    _shares_entitled: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    item: String,
    votes_for: u64,
    #[serde(default)]
    against: Option<u64>,
    #[serde(default)]
    withheld: Option<u64>,
    #[serde(default)]
    against_and_withheld: Option<u64>,
    #[serde(default)]
    abstain: Option<u64>,
    #[serde(default)]
    broker_non_votes: Option<u64>,
}

/// Whether this is the beginning of such a document.
pub(crate) fn is_shares(beginning: &str) -> bool {
    beginning.starts_with('{') && ["\"meetings\"", "\"weights\""].iter().any(|field| beginning.contains(field))
}

/// Reads meetings or weights.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_shares(&crate::format::beginning(file)?)))?;
    interpret(json(file)?).at(|| file.shown())
}

fn interpret(document: Document) -> Result<Ballots> {
    match document {
        Document { meetings: Some(meetings), weights: None, .. } => of_meetings(meetings),
        Document { meetings: None, weights: Some(weights), source: Some(source), .. } => of_weights(&source, &weights),
        _ => bail!("the file must have either meetings with items, or weights with a source"),
    }
}

fn of_meetings(meetings: Vec<Meeting>) -> Result<Ballots> {
    let mut ballots = Ballots::new("Meetings of shareholders", "shares");
    check_contests(meetings.iter().map(|meeting| meeting.items.len()).sum())?;
    let (mut names, mut all) = (Names::default(), 0_u64);
    for Meeting { company, date, shares_voting, broker_non_votes, items, .. } in meetings {
        for item in items {
            let place = format!("{company}, {}", item.item);
            let blank = item.broker_non_votes.or(broker_non_votes);
            let totals: Vec<(&str, u64)> = [
                ("For", Some(item.votes_for)),
                ("Against", item.against),
                ("Withheld", item.withheld),
                ("Against or withheld", item.against_and_withheld),
                ("Abstain", item.abstain),
            ]
            .into_iter()
            .filter_map(|(name, total)| Some((name, total?)))
            .collect();
            ensure!(totals.len() > 1, "{place}: the item has votes for it, but no other total");
            let contest = ballots.contests.len();
            let mut weight = 0_u64;
            let marks = (0..).zip(&totals).map(|(option, (_, total))| (Mark::Options(vec![option]), *total));
            for (mark, total) in marks.chain(blank.map(|total| (Mark::Blank, total))) {
                ensure!(total <= MAX_WEIGHT, "{place}: a total of {total} is above the limit of {MAX_WEIGHT} shares");
                // A total of 0 shares has no voter.
                if total > 0 {
                    ballots.cast(vec![(contest, mark)], total)?;
                    weight += total;
                }
            }
            all += weight;
            ensure!(all <= MAX_TOTAL, "{place}: more than {MAX_TOTAL} shares");
            let (id, title) =
                names.add(&format!("{company} {}", item.item), &format!("{company}, {date}: {}", item.item));
            ballots.contests.push(Contest {
                id,
                title,
                options: Names::of_options(totals.iter().map(|(name, _)| (*name, *name))),
                rule: choose(1, 1, blank.is_some()),
                published: Published {
                    weight: shares_voting,
                    options: totals.iter().map(|(_, total)| Some(*total)).collect(),
                    blank,
                    ..Published::default()
                },
            });
        }
    }
    Ok(ballots)
}

fn of_weights(source: &str, weights: &[String]) -> Result<Ballots> {
    let mut ballots = Ballots::new("A vote by tokens", "1/10000 of a token");
    ballots.notes.push(format!("source: {}", shown(source)));
    let is_cut = |weight: &&String| {
        weight.split_once('.').is_some_and(|(_, decimals)| decimals.bytes().skip(DECIMALS).any(|digit| digit != b'0'))
    };
    let cut = weights.iter().filter(is_cut).count() as u64;
    if cut > 0 {
        let have = if cut == 1 { "has" } else { "have" };
        let weights = counted(cut, "weight", "weights");
        ballots.notes.push(format!("{weights} {have} more than {DECIMALS} decimals: the others are cut off"));
    }
    let mut sum = 0_u64;
    for (position, weight) in weights.iter().enumerate() {
        let mut cast = || {
            let units = units(weight)?;
            ensure!((1..=MAX_WEIGHT).contains(&units), "{units} units are not between 1 and {MAX_WEIGHT}");
            ballots.cast(vec![(0, Mark::Options(vec![0]))], units)?;
            sum += units;
            ensure!(sum <= MAX_TOTAL, "more than {MAX_TOTAL} units together");
            Ok(())
        };
        cast().at(|| format!("weight {}", position + 1))?;
    }
    ballots.contests.push(Contest {
        id: "proposal".to_owned(),
        title: "Is the proposal accepted?".to_owned(),
        options: Names::of_options([("Yes", "Yes"), ("No", "No")]),
        rule: choose(1, 1, false),
        published: Published {
            ballots: Some(weights.len() as u64),
            weight: Some(sum),
            options: vec![Some(sum), Some(0)],
            ..Published::default()
        },
    });
    Ok(ballots)
}

/// A decimal number in units of its fourth decimal. Further decimals are cut off.
fn units(text: &str) -> Result<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let known = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(known(whole) && known(decimals), "{:?} is not a decimal number", shortened(text));
    number(&whole.chars().chain(decimals.chars().chain(std::iter::repeat('0')).take(DECIMALS)).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;

    #[test]
    fn weights_are_cut_after_four_decimals() {
        for (text, expected) in
            [("1", 10_000), ("0.00019", 1), ("2134.07935", 21_340_793), ("7526.9811523992", 75_269_811)]
        {
            assert_eq!(units(text).unwrap(), expected);
        }
        for text in ["", ".", "1.", ".5", "-1", "1e3", "1.2.3", "x"] {
            assert_eq!(units(text).unwrap_err().to_string(), format!("{text:?} is not a decimal number"));
        }
        let cut = of_weights("s", &["2134.07935".to_owned(), "1.5".to_owned()]).unwrap();
        assert_eq!(cut.notes, ["source: s", "1 weight has more than 4 decimals: the others are cut off"]);
        let problem = of_weights("s", &["1".to_owned(), "0.00001".to_owned()]).err().unwrap().to_string();
        assert_eq!(problem, "weight 2: 0 units are not between 1 and 1099511627776");
    }

    #[test]
    fn a_total_of_a_meeting_is_a_voter() {
        let meeting = |items: &str| {
            let text = format!(
                r#"{{"meetings":[{{"company":"C","date":"2024","shares_voting":100,"broker_non_votes":20,"items":[{items}]}}]}}"#
            );
            interpret(serde_json::from_str(&text).unwrap())
        };
        let ballots = meeting(r#"{"item":"pay","votes_for":70,"against":10,"abstain":0}"#).unwrap();
        assert_eq!(ballots.len(), 3);
        let count = count(&ballots).remove(0);
        assert_eq!((count.ballots, count.weight, count.blank, count.options), (3, 100, 20, vec![70, 10, 0]));
        let problem = meeting(r#"{"item":"pay","votes_for":70}"#).err().unwrap().to_string();
        assert_eq!(problem, "C, pay: the item has votes for it, but no other total");
        let problem = meeting(r#"{"item":"pay","votes_for":1099511627777,"against":1}"#).err().unwrap().to_string();
        assert_eq!(problem, "C, pay: a total of 1099511627777 is above the limit of 1099511627776 shares");
    }

    #[test]
    fn what_is_not_known_may_be_votes_and_is_refused() {
        let refused = |text: &str| {
            let document = serde_json::from_str(text).map_err(|error| error.to_string());
            document.and_then(|document| interpret(document).map_err(|error| error.to_string())).err().unwrap()
        };
        let known = "`company`, `date`, `shares_voting`, `broker_non_votes`, `items`, `source`, `shares_entitled`";
        let of_items =
            "`item`, `votes_for`, `against`, `withheld`, `against_and_withheld`, `abstain`, `broker_non_votes`";
        let either = "the file must have either meetings with items, or weights with a source";
        for (text, expected) in [
            (
                r#"{"meetings":[{"company":"C","date":"D","items":[{"item":"I","votes_for":10,"votes_against":3}]}]}"#,
                format!("unknown field `votes_against`, expected one of {of_items} at line 1 column 90"),
            ),
            (
                r#"{"meetings":[{"company":"C","date":"D","items":[],"total":3}]}"#,
                format!("unknown field `total`, expected one of {known} at line 1 column 57"),
            ),
            (
                r#"{"source":"s","weights":["1"],"against":["2"]}"#,
                "unknown field `against`, expected one of `meetings`, `source`, `weights`, `note` at line 1 column 39"
                    .to_owned(),
            ),
            (r#"{"source":"s","weights":["1"],"meetings":[]}"#, either.to_owned()),
            (r#"{"weights":["1"]}"#, either.to_owned()),
            (r#"{"note":"n"}"#, either.to_owned()),
        ] {
            assert_eq!(refused(text), expected);
        }
    }
}
