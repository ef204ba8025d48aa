//! The choices of a voter: read from the command line or from JSON, shown in the words of the manifest, and explained
//! if they are wrong.
//!
//! See `spec/ballot.md#choices`.

mod explain;

use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, ensure};
use ballotta::ballot::{Choices, Mark};
use ballotta::contest::Rule;
use ballotta::limits::MAX_CHOICES_BYTES;
use ballotta::manifest::{Contest, Manifest, Text};
use zeroize::Zeroizing;

pub(crate) use self::explain::explain;
use crate::console::isolated;
use crate::failure::ErrorContext as _;

/// A contest and the mark in it, as it was typed: `contest=..`.
#[derive(Clone, Debug)]
struct InContest {
    contest: String,
    typed: String,
}

impl FromStr for InContest {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let (contest, typed) = text.split_once('=').context("expected CONTEST=..")?;
        Ok(Self { contest: contest.to_owned(), typed: typed.to_owned() })
    }
}

/// A function that reads a mark as it was typed.
type ReadMark = fn(&str) -> Result<Mark>;

/// The choices, with the identifiers of the manifest.
#[derive(clap::Args, Debug)]
pub(crate) struct MarkArguments {
    /// The chosen options, such as --choose chair=ada
    #[arg(long, value_name = "CONTEST=OPTION[,..]")]
    choose: Vec<InContest>,
    /// Points, votes or parts of your weight for options, such as --points budget=park:3,school:1; other options get
    /// none
    #[arg(long, value_name = "CONTEST=OPTION:NUMBER[,..]")]
    points: Vec<InContest>,
    /// A grade for every option, such as --grades mayor=ada:good,bob:bad
    #[arg(long, value_name = "CONTEST=OPTION:GRADE[,..]")]
    grades: Vec<InContest>,
    /// Options from the first place to the last, with = between equal ones, such as --rank 'mayor=ada>bob=eve'
    #[arg(long, value_name = "CONTEST=OPTION[>..]")]
    rank: Vec<InContest>,
    /// A list and its preferred candidates, such as --list council=north:ada,bob
    #[arg(long, value_name = "CONTEST=LIST[:CANDIDATE,..]")]
    list: Vec<InContest>,
    /// A contest in which you cast a blank vote, such as --blank statute
    #[arg(long, value_name = "CONTEST")]
    blank: Vec<String>,
    /// Read choices from a JSON file, such as {"chair":{"options":["ada"]},"statute":"blank"}; `-` is the standard
    /// input
    #[arg(long, value_name = "FILE")]
    choices: Option<PathBuf>,
}

impl MarkArguments {
    /// Whether the choices are read from the standard input.
    pub(crate) fn read_standard_input(&self) -> bool {
        self.choices.as_deref() == Some(Path::new("-"))
    }

    /// The choices, not checked against any rule.
    pub(crate) fn choices(&self) -> Result<Choices> {
        let mut choices = match &self.choices {
            Some(path) => read(path)?,
            None => Choices::new(),
        };
        let each: [(&str, &[InContest], ReadMark); 5] = [
            ("choose", &self.choose, |typed| Ok(Mark::Options(identifiers(typed, ',')?))),
            ("points", &self.points, points),
            ("grades", &self.grades, grades),
            ("rank", &self.rank, ranking),
            ("list", &self.list, list),
        ];
        for (option, marks, read) in each {
            for InContest { contest, typed } in marks {
                let mark = read(typed).with_context(|| format!("--{option} {contest}={typed}"))?;
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
    let read = if path == Path::new("-") {
        stdin().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("the choices {} cannot be read", path.display()))?;
    ensure!(bytes.len() <= MAX_CHOICES_BYTES, "the choices are longer than {MAX_CHOICES_BYTES} bytes");
    Choices::from_json(&bytes).with_context(|| path.display().to_string()).remedy(
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
        Some(format!("{title}: {}", Shown { contest, language }.mark(mark)))
    });
    lines.collect()
}

/// A contest in the language of a voter.
struct Shown<'a> {
    contest: &'a Contest,
    language: &'a str,
}

const NOTHING: &str = "(nothing)";

impl Shown<'_> {
    fn text(&self, text: &Text, id: &str) -> String {
        isolated(text.get(self.language).unwrap_or(id))
    }

    fn title(&self, id: &String) -> String {
        let option = self.contest.options.iter().find(|option| option.id == *id);
        option.map_or(id.clone(), |option| self.text(&option.title, id))
    }

    fn titles(&self, ids: &[String], separator: &str) -> String {
        ids.iter().map(|id| self.title(id)).collect::<Vec<_>>().join(separator)
    }

    fn mark(&self, mark: &Mark) -> String {
        match mark {
            Mark::Blank => "(blank)".to_owned(),
            Mark::Options(options) if options.is_empty() => NOTHING.to_owned(),
            Mark::Options(options) => self.titles(options, ", "),
            Mark::Points(points) => self.points(points),
            Mark::Grades(grades) => self.grades(grades),
            Mark::Ranking(ranking) => self.ranking(ranking),
            Mark::List { list, preferences } if preferences.is_empty() => self.title(list),
            Mark::List { list, preferences } => {
                format!("{}, preferring {}", self.title(list), self.titles(preferences, ", "))
            }
            _ => "(a mark that this program does not know)".to_owned(),
        }
    }

    /// The options with points, in the order of the ballot, so that two devices show the same.
    fn points(&self, points: &[(String, u64)]) -> String {
        let given = |id: &str| points.iter().find(|(option, _)| option == id).map_or(0, |(_, points)| *points);
        let options = self.contest.options.iter();
        let with_points: Vec<String> = options
            .filter(|option| given(&option.id) > 0)
            .map(|option| format!("{} {}", self.text(&option.title, &option.id), given(&option.id)))
            .collect();
        let others = if with_points.len() == self.contest.options.len() { "" } else { "; nothing for others" };
        let credits = match &self.contest.rule {
            Rule::Quadratic(rule) => {
                let cost: u128 = points.iter().map(|(_, votes)| u128::from(*votes).pow(2)).sum();
                format!("; {cost} of {} credits", rule.credits)
            }
            _ => String::new(),
        };
        if with_points.is_empty() {
            return NOTHING.to_owned();
        }
        format!("{}{others}{credits}", with_points.join(", "))
    }

    fn grades(&self, grades: &[(String, String)]) -> String {
        let title = |id: &String| {
            let grade = self.contest.rule.grades().iter().find(|grade| grade.id == *id);
            grade.map_or(id.clone(), |grade| self.text(&grade.title, id))
        };
        let options = self.contest.options.iter().filter_map(|option| {
            let (_, grade) = grades.iter().find(|(id, _)| *id == option.id)?;
            Some(format!("{} = {}", self.text(&option.title, &option.id), title(grade)))
        });
        options.collect::<Vec<_>>().join(", ")
    }

    fn ranking(&self, ranking: &[Vec<String>]) -> String {
        let places = (1..).zip(ranking).map(|(place, tied)| format!("{place}. {}", self.titles(tied, " = ")));
        let mut places: Vec<String> = places.collect();
        let ranked: usize = ranking.iter().map(Vec::len).sum();
        match &self.contest.rule {
            _ if ranked >= self.contest.options.len() => {}
            Rule::Positional(_) if places.is_empty() => return NOTHING.to_owned(),
            Rule::Positional(_) => places.push("no place for others".to_owned()),
            _ if places.is_empty() => return "1. all together".to_owned(),
            _ => places.push(format!("{}. all others together", places.len() + 1)),
        }
        places.join(", ")
    }
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
        assert_eq!("chair".parse::<InContest>().unwrap_err().to_string(), "expected CONTEST=..");
    }
}
