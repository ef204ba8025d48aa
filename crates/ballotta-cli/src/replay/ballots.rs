//! Ballots that somebody else collected, as contests of this library: what every reader makes of its source.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use ballotta::contest::{ContestOption, Rule, Selection};
use ballotta::credential::Entitlement;
use ballotta::limits::{MAX_CONTESTS, MAX_NAME_CHARS, MAX_OPTIONS, MAX_TEXT_BYTES};
use ballotta::manifest::{ContestDraft, Privacy, StyleDraft, Text, Weights};

use crate::rehearsal::Question;

/// The language of the manifest: names of contests and options stay as they are.
pub(super) const LANGUAGE: &str = "en";
/// Ballots of a source.
pub(super) const MAX_BALLOTS: usize = 1 << 24;

/// What a ballot marks in a contest. It was published: it is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mark {
    Blank,
    Options(Vec<u16>),
    Points(Vec<(u16, u64)>),
    /// One option a place.
    Ranking(Vec<u16>),
}

impl Mark {
    fn selection(&self) -> Selection {
        match self {
            Self::Blank => Selection::Blank,
            Self::Options(options) => Selection::Options(options.iter().map(|option| (*option).into()).collect()),
            Self::Points(points) => {
                Selection::Points(points.iter().map(|(option, points)| ((*option).into(), *points)).collect())
            }
            Self::Ranking(ranking) => Selection::Ranking(ranking.iter().map(|option| vec![(*option).into()]).collect()),
        }
    }
}

/// What is published of a contest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) ballots: Option<u64>,
    pub(super) weight: Option<u64>,
    /// In the order of the options.
    pub(super) options: Vec<Option<u64>>,
    pub(super) blank: Option<u64>,
    /// Marks that could have been made and were not, blank ballots apart.
    pub(super) undervotes: Option<u64>,
    /// What several options have together.
    pub(super) sums: Vec<(String, Range<usize>, u64)>,
}

/// A contest of a source.
#[derive(Clone, Debug)]
pub(super) struct Contest {
    pub(super) id: String,
    pub(super) title: String,
    /// Identifiers and titles.
    pub(super) options: Vec<(String, String)>,
    pub(super) rule: Rule,
    pub(super) published: Published,
}

/// The marks of a ballot, each with the number of its contest, ascending.
type Marks = Arc<[(usize, Mark)]>;

/// Everything that a source says.
#[derive(Default)]
pub(super) struct Ballots {
    pub(super) title: String,
    /// What a weight counts.
    pub(super) unit: String,
    pub(super) contests: Vec<Contest>,
    /// Different marks: most ballots are like others.
    distinct: Vec<Marks>,
    numbers: HashMap<Marks, usize>,
    /// Every ballot: its marks, by their number, and its weight.
    cast: Vec<(usize, u64)>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

impl Ballots {
    pub(super) fn new(title: impl Into<String>, unit: &str) -> Self {
        Self { title: title.into(), unit: unit.to_owned(), ..Self::default() }
    }

    /// Adds a ballot.
    pub(super) fn cast(&mut self, marks: Vec<(usize, Mark)>, weight: u64) -> Result<()> {
        self.cast_often(marks, weight, 1)
    }

    /// Adds so many ballots that are all alike.
    pub(super) fn cast_often(&mut self, mut marks: Vec<(usize, Mark)>, weight: u64, count: u64) -> Result<()> {
        let room = (MAX_BALLOTS - self.cast.len()) as u64;
        ensure!(count <= room, "more than {MAX_BALLOTS} ballots");
        marks.sort_by_key(|(contest, _)| *contest);
        ensure!(!marks.is_empty(), "a ballot without contests");
        ensure!(marks.windows(2).all(|pair| pair[0].0 != pair[1].0), "a contest stands twice on a ballot");
        let number = self.number(marks);
        self.cast.extend((0..count).map(|_| (number, weight)));
        Ok(())
    }

    /// The number of these marks among the different ones.
    fn number(&mut self, marks: Vec<(usize, Mark)>) -> usize {
        let marks: Marks = marks.into();
        *self.numbers.entry(marks).or_insert_with_key(|marks| {
            self.distinct.push(Arc::clone(marks));
            self.distinct.len() - 1
        })
    }

    /// Every ballot: its marks and its weight.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&[(usize, Mark)], u64)> {
        self.cast.iter().map(|(number, weight)| (&*self.distinct[*number], *weight))
    }

    pub(super) fn len(&self) -> usize {
        self.cast.len()
    }

    /// Whether voters have different weights.
    pub(super) fn has_weights(&self) -> bool {
        self.cast.iter().any(|(_, weight)| *weight != 1)
    }

    /// The first `limit` ballots. What is published is of all of them, and left out if these are fewer.
    pub(super) fn limited(mut self, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        if limit < self.cast.len() {
            self.cast.truncate(limit);
            for contest in &mut self.contests {
                contest.published = Published::default();
            }
        }
        self
    }

    /// Only the contests with these identifiers, all if there are none; never one that is on no ballot.
    pub(super) fn of_contests(self, ids: &[String]) -> Result<Self> {
        let known: Vec<&str> = self.contests.iter().map(|contest| contest.id.as_str()).collect();
        for id in ids {
            ensure!(known.contains(&id.as_str()), "there is no contest {id:?}, only {}", known.join(", "));
        }
        let mut is_cast = vec![false; self.distinct.len()];
        for (marks, _) in &self.cast {
            is_cast[*marks] = true;
        }
        let is_cast = |number: usize| is_cast.get(number) == Some(&true);
        let cast = (0..).zip(&self.distinct).filter(|(number, _)| is_cast(*number));
        let on_ballots: HashSet<usize> =
            cast.flat_map(|(_, marks)| marks.iter().map(|(contest, _)| *contest)).collect();
        let mut kept = Self::new(self.title.clone(), &self.unit);
        kept.notes.clone_from(&self.notes);
        let mut positions = BTreeMap::new();
        for (position, contest) in self.contests.iter().enumerate() {
            let wanted = ids.is_empty() || ids.contains(&contest.id);
            if wanted && on_ballots.contains(&position) {
                positions.insert(position, kept.contests.len());
                kept.contests.push(contest.clone());
            } else if wanted {
                kept.notes.push(format!("contest {} ({}) is on no ballot, and left out", contest.id, contest.title));
            }
        }
        let moved = |(contest, mark): &(usize, Mark)| Some((*positions.get(contest)?, mark.clone()));
        let mut numbers = Vec::with_capacity(self.distinct.len());
        for (number, marks) in self.distinct.iter().enumerate() {
            let marks: Vec<(usize, Mark)> = marks.iter().filter_map(moved).collect();
            numbers.push((is_cast(number) && !marks.is_empty()).then(|| kept.number(marks)));
        }
        kept.cast = self.cast.iter().filter_map(|(marks, weight)| Some((numbers[*marks]?, *weight))).collect();
        ensure!(kept.len() > 0, "there are no ballots");
        Ok(kept)
    }

    /// The question that these ballots answer, and what each of them is entitled to. The contests of a ballot are its style.
    pub(super) fn election(&self) -> Result<(Question, Vec<Entitlement>)> {
        let text = |text: &str| Text::from([(LANGUAGE, text)]);
        let contests_of = |marks: &Marks| -> Vec<usize> { marks.iter().map(|(contest, _)| *contest).collect() };
        let mut styles: Vec<Vec<usize>> = self.distinct.iter().map(contests_of).collect();
        styles.sort();
        styles.dedup();
        let style_of: Vec<usize> = self
            .distinct
            .iter()
            .map(|marks| styles.binary_search(&contests_of(marks)).ok().context("every ballot has a style"))
            .collect::<Result<_>>()?;
        let voters: Vec<Entitlement> =
            self.cast.iter().map(|(marks, weight)| Entitlement { style: style_of[*marks], weight: *weight }).collect();
        let id = |contest: &usize| self.contests[*contest].id.clone();
        let style = |(number, contests): (usize, &Vec<usize>)| StyleDraft {
            id: format!("style-{}", number + 1),
            contests: contests.iter().map(id).collect(),
        };
        let option =
            |(id, title): &(String, String)| ContestOption { id: id.clone(), title: text(title), description: None };
        let contests = self.contests.iter().map(|contest| ContestDraft {
            id: contest.id.clone(),
            title: text(&contest.title),
            description: None,
            rule: contest.rule.clone(),
            options: contest.options.iter().map(option).collect(),
        });
        let question = Question {
            languages: vec![LANGUAGE.to_owned()],
            title: text(&self.title),
            schedule: None,
            contests: contests.collect(),
            styles: styles.iter().enumerate().map(style).collect(),
            weights: Weights {
                unit: text(&self.unit),
                max: voters.iter().map(|voter| voter.weight).max().unwrap_or(1),
                total: voters.iter().map(|voter| voter.weight).sum(),
            },
            quorum: None,
            // The ballots are published already: every total is wanted.
            privacy: Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight: 1 },
        };
        Ok((question, voters))
    }

    /// What ballot `number` selects.
    pub(super) fn selections(&self, number: usize) -> Vec<(usize, Selection)> {
        let marks = &self.distinct[self.cast[number].0];
        marks.iter().map(|(contest, mark)| (*contest, mark.selection())).collect()
    }
}

/// Names of a source as identifiers and titles of a manifest: never two alike.
#[derive(Default)]
pub(super) struct Names {
    ids: HashSet<String>,
    titles: HashSet<String>,
}

impl Names {
    /// The identifier and the title of what the source calls `name` and shows as `title`.
    pub(super) fn add(&mut self, name: &str, title: &str) -> (String, String) {
        let id = distinct(&mut self.ids, identifier(name), |id, number| format!("{id}-{number}"));
        let title = one_line(title);
        let title = if title.is_empty() { name_shown(name) } else { title };
        // Titles that differ in case or spaces only read alike.
        let mut shown = title.clone();
        let mut number = 2;
        while !self.titles.insert(shown.trim().to_lowercase()) {
            shown = format!("{title} ({number})");
            number += 1;
        }
        (id, shown)
    }
}

fn distinct(taken: &mut HashSet<String>, wanted: String, other: impl Fn(&str, u32) -> String) -> String {
    let mut chosen = wanted.clone();
    let mut number = 2;
    while !taken.insert(chosen.clone()) {
        chosen = other(&wanted, number);
        number += 1;
    }
    chosen
}

/// Lower case, digits and hyphens, short enough for a number behind it.
fn identifier(name: &str) -> String {
    let mut id = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            id.push(character);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(MAX_NAME_CHARS - 10);
    let id = id.trim_end_matches('-');
    if id.is_empty() { "x".to_owned() } else { id.to_owned() }
}

fn name_shown(name: &str) -> String {
    let name = one_line(name);
    if name.is_empty() { "(no name)".to_owned() } else { name }
}

/// A text as a manifest has it: one line, nothing that people cannot see.
fn one_line(text: &str) -> String {
    let hidden = |character: char| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let visible: String =
        text.chars().filter(|character| !hidden(*character)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = visible.trim().to_owned();
    // A number may follow.
    while line.len() > MAX_TEXT_BYTES - 16 {
        line.pop();
    }
    line
}

/// The number of an option, as marks have it.
pub(super) fn option_number(position: usize) -> Result<u16> {
    ensure!(position < MAX_OPTIONS, "more than {MAX_OPTIONS} options in a contest");
    Ok(u16::try_from(position)?)
}

/// Refuses more contests than an election has.
pub(super) fn check_contests(contests: usize) -> Result<()> {
    ensure!(contests <= MAX_CONTESTS, "{contests} contests, more than the {MAX_CONTESTS} of an election");
    Ok(())
}

/// Options that are marked twice.
pub(super) fn check_distinct(options: impl IntoIterator<Item = u16>) -> Result<()> {
    let mut seen = HashSet::new();
    ensure!(options.into_iter().all(|option| seen.insert(option)), "an option is marked twice");
    Ok(())
}

#[cfg(test)]
mod tests {
    use ballotta::contest::Choose;

    use super::*;

    #[test]
    fn names_become_identifiers_and_titles_that_a_manifest_takes() {
        let mut names = Names::default();
        assert_eq!(names.add("M/01/X", "Brynów"), ("m-01-x".to_owned(), "Brynów".to_owned()));
        assert_eq!(names.add("m 01 x", " BRYNÓW\u{202e}"), ("m-01-x-2".to_owned(), "BRYNÓW (2)".to_owned()));
        assert_eq!(names.add("ŻÓŁĆ", "\t\n"), ("x".to_owned(), "ŻÓŁĆ".to_owned()));
        assert_eq!(names.add("", ""), ("x-2".to_owned(), "(no name)".to_owned()));
        let (id, title) = names.add(&"a".repeat(100), &"ż".repeat(4000));
        assert!(id.len() <= MAX_NAME_CHARS && title.len() <= MAX_TEXT_BYTES);
    }

    fn contest(id: &str) -> Contest {
        Contest {
            id: id.to_owned(),
            title: id.to_owned(),
            options: vec![("a".to_owned(), "A".to_owned()), ("b".to_owned(), "B".to_owned())],
            rule: Rule::Choose(Choose { min: 0, max: 1, blank: true, winners: None }),
            published: Published { ballots: Some(3), ..Published::default() },
        }
    }

    #[test]
    fn contests_of_a_ballot_are_its_style_and_what_is_on_no_ballot_is_left_out() {
        let mut ballots = Ballots::new("t", "votes");
        ballots.contests = vec![contest("one"), contest("two"), contest("three")];
        ballots.cast(vec![(2, Mark::Blank), (0, Mark::Options(vec![1]))], 1).unwrap();
        ballots.cast(vec![(2, Mark::Options(vec![]))], 1).unwrap();
        ballots.cast(vec![(0, Mark::Options(vec![1])), (2, Mark::Blank)], 1).unwrap();
        let twice = ballots.cast(vec![(0, Mark::Blank), (0, Mark::Blank)], 1).unwrap_err();
        assert_eq!(twice.to_string(), "a contest stands twice on a ballot");
        assert_eq!(ballots.distinct.len(), 2);

        let kept = ballots.limited(Some(3)).of_contests(&[]).unwrap();
        assert_eq!(kept.notes, ["contest two (two) is on no ballot, and left out"]);
        assert_eq!(kept.contests[1].published.ballots, Some(3));
        let (question, voters) = kept.election().unwrap();
        assert_eq!(question.styles[0].contests, ["one", "three"]);
        assert_eq!(question.styles[1].contests, ["three"]);
        assert_eq!(voters.iter().map(|voter| voter.style).collect::<Vec<_>>(), [0, 1, 0]);

        let fewer = kept.limited(Some(2));
        assert_eq!(fewer.contests[0].published, Published::default());
        let problem = fewer.of_contests(&["four".to_owned()]).err().unwrap();
        assert_eq!(problem.to_string(), "there is no contest \"four\", only one, three");
    }
}
