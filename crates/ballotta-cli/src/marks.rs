//! The choices of a voter: read from the command line or from JSON, shown in the words of the manifest, and explained
//! if they are wrong.
//!
//! See `spec/ballot.md#choices`.

mod ask;
mod explain;
mod order;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::{Choices, Mark};
use ballotta::contest::Rule;
use ballotta::limits::MAX_CHOICES_BYTES;
use ballotta::manifest::Manifest;
use zeroize::Zeroizing;

pub(crate) use self::ask::ask_for_choices;
pub(crate) use self::explain::explain;
use crate::console::{Shown as _, isolated};
use crate::contests::Named;
use crate::failure::ErrorContext as _;
use crate::message_file::open;
use crate::titles::Titles;

/// A function that reads a mark as it was typed.
type ReadMark = fn(&str) -> Result<Mark>;

/// The choices, with the identifiers of the manifest.
#[derive(clap::Args, Debug)]
pub(crate) struct MarkArguments {
    /// The chosen options, such as --choose chair=ada
    #[arg(long, value_name = "CONTEST=OPTION[,..]")]
    choose: Vec<Named>,
    /// Points, votes or parts of your weight for options, such as --points budget=park:3,school:1; other options get
    /// none
    #[arg(long, value_name = "CONTEST=OPTION:NUMBER[,..]")]
    points: Vec<Named>,
    /// A grade for every option, such as --grades mayor=ada:good,bob:bad
    #[arg(long, value_name = "CONTEST=OPTION:GRADE[,..]")]
    grades: Vec<Named>,
    /// Options from the first place to the last, with = between equal ones, such as --rank 'mayor=ada>bob=eve'
    #[arg(long, value_name = "CONTEST=OPTION[>..]")]
    rank: Vec<Named>,
    /// A list and its preferred candidates, such as --list council=north:ada,bob
    #[arg(long, value_name = "CONTEST=LIST[:CANDIDATE,..]")]
    list: Vec<Named>,
    /// A contest in which you cast a blank vote, such as --blank statute
    #[arg(long, value_name = "CONTEST")]
    blank: Vec<String>,
    /// Read choices from a JSON file, such as {"chair":{"options":["ada"]},"statute":"blank"}; `-` is the standard
    /// input
    #[arg(long, value_name = "FILE")]
    pub(crate) choices: Option<PathBuf>,
}

impl MarkArguments {
    /// Whether no choice is given.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { choose, points, grades, rank, list, blank, choices } = self;
        choices.is_none()
            && blank.is_empty()
            && [choose, points, grades, rank, list].iter().all(|marks| marks.is_empty())
    }

    /// The choices, not checked against any rule.
    pub(crate) fn choices(&self) -> Result<Choices> {
        let mut choices = match &self.choices {
            Some(path) => read(path)?,
            None => Choices::new(),
        };
        let each: [(&str, &[Named], ReadMark); 5] = [
            ("choose", &self.choose, |typed| Ok(Mark::Options(identifiers(typed, ',')?))),
            ("points", &self.points, points),
            ("grades", &self.grades, grades),
            ("rank", &self.rank, ranking),
            ("list", &self.list, list),
        ];
        for (option, marks, read) in each {
            for Named { name: contest, value } in marks {
                let mark = read(value).with_context(|| format!("--{option} {contest}={value}"))?;
                choices.mark(contest, mark);
            }
        }
        for contest in &self.blank {
            choices.mark(contest, Mark::Blank);
        }
        Ok(choices)
    }
}

/// Reads choices as JSON.
fn read(path: &Path) -> Result<Choices> {
    // The buffer must not grow, because bytes that are moved are not wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_CHOICES_BYTES + 1));
    let limit = MAX_CHOICES_BYTES as u64 + 1;
    let read = open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.with_context(|| format!("the choices {} cannot be read", path.shown()))?;
    ensure!(bytes.len() <= MAX_CHOICES_BYTES, "the choices are longer than {MAX_CHOICES_BYTES} bytes");
    Choices::from_json(&bytes).with_context(|| path.shown().to_string()).remedy(
        "write them as in {\"chair\":{\"options\":[\"ada\"]},\"statute\":\"blank\"}; \
         see `spec/ballot.md` for every kind",
    )
}

/// Splits names at a separator, and removes spaces around them. An empty text has no names.
fn identifiers(typed: &str, separator: char) -> Result<Vec<String>> {
    if typed.trim().is_empty() {
        return Ok(Vec::new());
    }
    let name = |name: &str| {
        ensure!(!name.trim().is_empty(), "a name is missing next to {separator}");
        Ok(name.trim().to_owned())
    };
    typed.split(separator).map(name).collect()
}

/// `option:value,option:value`.
fn pairs<T>(typed: &str, form: &'static str, value: impl Fn(&str) -> Option<T>) -> Result<Vec<(String, T)>> {
    let pair = |pair: String| {
        let (option, text) = pair.split_once(':').filter(|(option, _)| !option.trim().is_empty())?;
        Some((option.trim().to_owned(), value(text.trim())?))
    };
    identifiers(typed, ',')?.into_iter().map(pair).collect::<Option<_>>().context(form)
}

fn points(typed: &str) -> Result<Mark> {
    let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    pairs(typed, "expected OPTION:NUMBER[,OPTION:NUMBER ..]", number).map(Mark::Points)
}

fn grades(typed: &str) -> Result<Mark> {
    let grade = |text: &str| Some(text.to_owned());
    pairs(typed, "expected OPTION:GRADE[,OPTION:GRADE ..]", grade).map(Mark::Grades)
}

fn ranking(typed: &str) -> Result<Mark> {
    ensure!(!typed.contains(','), "expected OPTION>OPTION .., with > between places and = between equal options");
    let places = identifiers(typed, '>')?.iter().map(|place| identifiers(place, '=')).collect::<Result<_>>()?;
    Ok(Mark::Ranking(places))
}

fn list(typed: &str) -> Result<Mark> {
    let (list, candidates) = typed.split_once(':').unwrap_or((typed, ""));
    let list = list.trim();
    ensure!(!list.is_empty() && !list.contains(','), "expected LIST[:CANDIDATE,CANDIDATE ..]");
    Ok(Mark::List { list: list.to_owned(), preferences: identifiers(candidates, ',')? })
}

/// The choices of a ballot in the words of the manifest, a line for each contest, in the order of the ballot.
pub(crate) fn for_people(manifest: &Manifest, language: &str, choices: &Choices) -> Vec<String> {
    let lines = manifest.contests().iter().filter_map(|contest| {
        let (id, mark) = choices.expose_marks().find(|(id, _)| *id == contest.id)?;
        let title = isolated(contest.title.get(language).unwrap_or(id));
        Some(format!("{title}: {}", shown(&Titles { contest, language }, mark)))
    });
    lines.collect()
}

const NOTHING: &str = "(nothing)";

/// A mark in words.
fn shown(titles: &Titles<'_>, mark: &Mark) -> String {
    match mark {
        Mark::Blank => "(blank)".to_owned(),
        Mark::Options(options) if options.is_empty() => NOTHING.to_owned(),
        Mark::Options(options) => titles.options(options, ", "),
        Mark::Points(points) => shown_points(titles, points),
        Mark::Grades(grades) => shown_grades(titles, grades),
        Mark::Ranking(ranking) => shown_ranking(titles, ranking),
        Mark::List { list, preferences } if preferences.is_empty() => titles.option(list),
        Mark::List { list, preferences } => {
            format!("{}, preferring {}", titles.option(list), titles.options(preferences, ", "))
        }
        _ => "(a mark that this program does not know)".to_owned(),
    }
}

/// The options with points, in the order of the ballot, so that two devices show the same.
fn shown_points(titles: &Titles<'_>, points: &[(String, u64)]) -> String {
    let options = &titles.contest.options;
    let given = options.iter().filter_map(|option| points.iter().find(|(id, points)| *id == option.id && *points > 0));
    let given: Vec<String> = given.map(|(id, points)| format!("{} {points}", titles.option(id))).collect();
    if given.is_empty() {
        return NOTHING.to_owned();
    }
    let others = if given.len() == options.len() { "" } else { "; nothing for others" };
    let credits = match &titles.contest.rule {
        Rule::Quadratic(rule) => {
            let cost: u128 = points.iter().map(|(_, votes)| u128::from(*votes).pow(2)).sum();
            format!("; {cost} of {} credits", rule.credits)
        }
        _ => String::new(),
    };
    format!("{}{others}{credits}", given.join(", "))
}

fn shown_grades(titles: &Titles<'_>, grades: &[(String, String)]) -> String {
    let options = titles.contest.options.iter();
    let given = options.filter_map(|option| grades.iter().find(|(id, _)| *id == option.id));
    let given = given.map(|(id, grade)| format!("{} = {}", titles.option(id), titles.grade(grade)));
    given.collect::<Vec<_>>().join(", ")
}

fn shown_ranking(titles: &Titles<'_>, ranking: &[Vec<String>]) -> String {
    let places = (1..).zip(ranking).map(|(place, tied)| format!("{place}. {}", titles.options(tied, " = ")));
    let mut places: Vec<String> = places.collect();
    let ranked: usize = ranking.iter().map(Vec::len).sum();
    match &titles.contest.rule {
        _ if ranked >= titles.contest.options.len() => {}
        Rule::Positional(_) if places.is_empty() => return NOTHING.to_owned(),
        Rule::Positional(_) => places.push("no place for others".to_owned()),
        _ if places.is_empty() => return "1. all together".to_owned(),
        _ => places.push(format!("{}. all others together", places.len() + 1)),
    }
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(mark: Mark) -> String {
        let mut choices = Choices::new();
        choices.mark("c", mark);
        choices.to_json().to_string()
    }

    #[test]
    fn titles_from_right_to_left_keep_their_places() {
        assert_eq!(isolated("Ada, 東京"), "Ada, 東京");
        assert_eq!(isolated("محمد"), "\u{2068}محمد\u{2069}");
    }

    #[test]
    fn marks_are_read_as_they_are_typed() {
        assert_eq!(json(points("a:3,b:0").unwrap()), r#"{"c":{"points":{"a":3,"b":0}}}"#);
        assert_eq!(json(grades("a:good,b:bad").unwrap()), r#"{"c":{"grades":{"a":"good","b":"bad"}}}"#);
        assert_eq!(json(ranking("a > b=c").unwrap()), r#"{"c":{"ranking":[["a"],["b","c"]]}}"#);
        assert_eq!(json(ranking("").unwrap()), r#"{"c":{"ranking":[]}}"#);
        assert_eq!(identifiers(" a, b", ',').unwrap(), ["a", "b"]);
        assert_eq!(identifiers("", ',').unwrap(), [""; 0]);
        assert_eq!(json(list("n:a,b").unwrap()), r#"{"c":{"list":"n","preferences":["a","b"]}}"#);
        assert_eq!(json(list("n").unwrap()), r#"{"c":{"list":"n","preferences":[]}}"#);
    }

    #[test]
    fn what_is_typed_wrong_is_refused() {
        for typed in ["a", "a:", "a:-1", "a:+1", "a:1.5", "a:18446744073709551616", "a:1,b"] {
            assert_eq!(
                points(typed).err().unwrap().to_string(),
                "expected OPTION:NUMBER[,OPTION:NUMBER ..]",
                "{typed}"
            );
        }
        assert_eq!(grades("a:good,b").err().unwrap().to_string(), "expected OPTION:GRADE[,OPTION:GRADE ..]");
        for typed in ["", ":a", "n,m"] {
            assert_eq!(list(typed).err().unwrap().to_string(), "expected LIST[:CANDIDATE,CANDIDATE ..]", "{typed}");
        }
        for (typed, missing) in [("a>>b", '>'), ("a>", '>'), ("a>b=", '='), ("a==b", '=')] {
            assert_eq!(
                ranking(typed).err().unwrap().to_string(),
                format!("a name is missing next to {missing}"),
                "{typed}"
            );
        }
        for typed in [",", "a,", "a,,b"] {
            assert_eq!(identifiers(typed, ',').err().unwrap().to_string(), "a name is missing next to ,", "{typed}");
        }
        let expected = "expected OPTION>OPTION .., with > between places and = between equal options";
        assert_eq!(ranking("a,b").err().unwrap().to_string(), expected);
    }
}
