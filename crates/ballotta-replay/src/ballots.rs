//! Published ballots, converted into contests of this library. Every reader returns them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use ballotta::ballot::{self, Choices};
use ballotta::contest::{Choose, ContestOption, Rule};
use ballotta::credential::Entitlement;
use ballotta::limits::{MAX_CONTESTS, MAX_NAME_CHARS, MAX_OPTIONS, MAX_TEXT_BYTES};
use ballotta::manifest::{self, BallotStyle, Privacy, Text, Weights};

use crate::error::{ReplayError, Result, ensure};
use crate::source::listed;

/// The language of the manifest. Names of contests and options are not translated.
const LANGUAGE: &str = "en";
/// The most ballots in a source.
pub(crate) const MAX_BALLOTS: usize = 1 << 24;

/// What a ballot marks in a contest, of the kind that the rule of the contest requires. It was published, so it is
/// not secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    Blank,
    Options(Vec<u16>),
    Points(Vec<(u16, u64)>),
    /// The options of each place, the best first. Several options of one place tie.
    Ranking(Vec<Vec<u16>>),
}

impl Mark {
    /// The mark with the identifiers of the options.
    fn named(&self, contest: &Contest) -> ballot::Mark {
        let id = |option: &u16| contest.options[usize::from(*option)].0.clone();
        match self {
            Self::Blank => ballot::Mark::Blank,
            Self::Options(options) => ballot::Mark::Options(options.iter().map(id).collect()),
            Self::Points(points) => {
                ballot::Mark::Points(points.iter().map(|(option, points)| (id(option), *points)).collect())
            }
            Self::Ranking(ranking) => {
                ballot::Mark::Ranking(ranking.iter().map(|place| place.iter().map(id).collect()).collect())
            }
        }
    }
}

/// The published numbers of a contest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) ballots: Option<u64>,
    pub(crate) weight: Option<u64>,
    /// The total of each option, in the order of the options.
    pub(crate) options: Vec<Option<u64>>,
    pub(crate) blank: Option<u64>,
    /// The number of marks that voters could have made but did not make, without those of blank ballots.
    pub(crate) undervotes: Option<u64>,
    /// The sums of several options: what each sum is, its options, and the number.
    pub(crate) sums: Vec<(String, Range<usize>, u64)>,
    /// Numbers that no election decrypts: what each is, the published number, and the one that the reader counted.
    pub(crate) read: Vec<(String, u64, u64)>,
}

/// A contest of a source.
#[derive(Clone, Debug)]
pub(crate) struct Contest {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The identifier and the title of each option.
    pub(crate) options: Vec<(String, String)>,
    pub(crate) rule: Rule,
    pub(crate) published: Published,
}

impl Contest {
    /// The title of an option.
    pub(crate) fn option_title(&self, option: usize) -> &str {
        self.options.get(option).map_or("", |(_, title)| title)
    }
}

/// A rule under which between `min` and `max` options are chosen.
pub(crate) const fn choose(min: u32, max: u32, blank: bool) -> Rule {
    Rule::Choose(Choose { min, max, blank })
}

/// The marks of a ballot, each with the number of its contest, ascending.
type Marks = Arc<[(usize, Mark)]>;

/// The contests and ballots of a source, and the published numbers.
#[derive(Default)]
pub struct Ballots {
    title: String,
    /// The unit of the weights.
    unit: String,
    pub(crate) contests: Vec<Contest>,
    /// Each different set of marks. Many ballots have the same marks, which are stored once.
    distinct: Vec<Marks>,
    numbers: HashMap<Marks, usize>,
    /// For each ballot, the position of its marks in `distinct`, and its weight.
    cast: Vec<(usize, u64)>,
    /// The notes about the source.
    pub(crate) notes: Vec<String>,
    is_part: bool,
}

/// The parts of a manifest that come from the source: contests, ballot styles and weights.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The languages of all texts below.
    pub languages: Vec<String>,
    /// The title of the election.
    pub title: Text,
    /// The contests, in the order of the source.
    pub contests: Vec<manifest::Contest>,
    /// A ballot style for every set of contests that is on a ballot.
    pub styles: Vec<BallotStyle>,
    /// The unit of the weights, the largest weight, and the sum of all weights.
    pub weights: Weights,
    /// The limits of privacy. They withhold no total, because all ballots are public already.
    pub privacy: Privacy,
    /// The style and the weight of every ballot, in the order of the ballots.
    pub voters: Vec<Entitlement>,
}

impl Ballots {
    /// Creates a source without ballots. `unit` is the unit of the weights.
    pub(crate) fn new(title: &str, unit: &str) -> Self {
        Self { title: shown(title), unit: unit.to_owned(), ..Self::default() }
    }

    /// The title of the source, on one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Adds notes about the files before those about the ballots.
    pub(crate) fn with_notes(mut self, before: &[String], after: Option<String>) -> Self {
        self.notes.splice(0..0, before.iter().cloned());
        self.notes.extend(after);
        self
    }

    pub(crate) fn set_title(&mut self, title: &str) {
        self.title = shown(title);
    }

    /// Returns notes about the source, one sentence each. They say what was left out or changed, with the numbers of
    /// ballots and marks, and which ballots were counted although they break the rules of the source.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the number of ballots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cast.len()
    }

    /// Whether there is no ballot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cast.is_empty()
    }

    /// Whether ballots of the source are left out. The numbers are then not compared with the published ones.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.is_part
    }

    /// Adds a ballot.
    pub(crate) fn cast(&mut self, marks: Vec<(usize, Mark)>, weight: u64) -> Result<()> {
        self.cast_often(marks, weight, 1)
    }

    /// Adds a number of ballots that are all alike.
    pub(crate) fn cast_often(&mut self, mut marks: Vec<(usize, Mark)>, weight: u64, count: u64) -> Result<()> {
        let room = (MAX_BALLOTS - self.cast.len()) as u64;
        ensure!(count <= room, "more than {MAX_BALLOTS} ballots");
        marks.sort_by_key(|(contest, _)| *contest);
        ensure!(!marks.is_empty(), "a ballot without contests");
        ensure!(marks.windows(2).all(|pair| pair[0].0 != pair[1].0), "a contest appears twice on a ballot");
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
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&[(usize, Mark)], u64)> {
        self.cast.iter().map(|(number, weight)| (&*self.distinct[*number], *weight))
    }

    /// Whether a voter has another weight than 1.
    pub(crate) fn has_weights(&self) -> bool {
        self.cast.iter().any(|(_, weight)| *weight != 1)
    }

    /// Returns the first `limit` ballots with the contests of these identifiers. Without a limit, returns all ballots;
    /// without identifiers, all contests.
    /// A contest that is on no ballot is left out, with a note.
    ///
    /// # Errors
    ///
    /// [`ReplayError::UnknownContest`] or [`ReplayError::NoBallots`].
    pub fn part(self, contests: &[String], limit: Option<u64>) -> Result<Self> {
        // A contest may be on none of the first ballots.
        self.of_contests(contests)?.limited(limit).of_contests(&[])
    }

    /// Published numbers are about all ballots, so they are removed if ballots are left out.
    fn limited(mut self, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        if limit < self.cast.len() {
            self.cast.truncate(limit);
            self.is_part = true;
            for contest in &mut self.contests {
                contest.published = Published::default();
            }
        }
        self
    }

    fn of_contests(self, ids: &[String]) -> Result<Self> {
        let known = || self.contests.iter().map(|contest| &contest.id);
        if let Some(id) = ids.iter().find(|id| !known().any(|known| known == *id)) {
            return Err(ReplayError::UnknownContest { id: id.clone(), known: known().cloned().collect() });
        }
        let mut is_cast = vec![false; self.distinct.len()];
        for (marks, _) in &self.cast {
            is_cast[*marks] = true;
        }
        let cast = self.distinct.iter().zip(&is_cast).filter(|(_, is_cast)| **is_cast);
        let on_ballots: HashSet<usize> =
            cast.flat_map(|(marks, _)| marks.iter().map(|(contest, _)| *contest)).collect();
        let Self { title, unit, contests, distinct, cast, notes, is_part, .. } = self;
        let mut kept = Self { title, unit, notes, is_part, ..Self::default() };
        let (mut positions, mut on_none) = (BTreeMap::new(), Vec::new());
        for (position, contest) in contests.into_iter().enumerate() {
            if !ids.is_empty() && !ids.contains(&contest.id) {
                continue;
            }
            if on_ballots.contains(&position) {
                positions.insert(position, kept.contests.len());
                kept.contests.push(contest);
            } else {
                on_none.push(format!("{} ({})", contest.id, contest.title));
            }
        }
        match on_none.as_slice() {
            [] => {}
            [contest] => kept.notes.push(format!("contest {contest} is on no ballot, and left out")),
            several => {
                let names = listed(several.iter().map(String::as_str));
                kept.notes.push(format!("{} contests are on no ballot, and left out: {names}", several.len()));
            }
        }
        let moved = |(contest, mark): &(usize, Mark)| Some((*positions.get(contest)?, mark.clone()));
        let mut numbers = Vec::with_capacity(distinct.len());
        for (marks, is_cast) in distinct.iter().zip(is_cast) {
            let marks: Vec<(usize, Mark)> = marks.iter().filter_map(moved).collect();
            numbers.push((is_cast && !marks.is_empty()).then(|| kept.number(marks)));
        }
        kept.cast = cast.iter().filter_map(|(marks, weight)| Some((numbers[*marks]?, *weight))).collect();
        if kept.is_empty() { Err(ReplayError::NoBallots) } else { Ok(kept) }
    }

    /// Returns the contests of an election with these ballots, and the style and weight of each ballot. The contests of
    /// a ballot are its style.
    #[must_use]
    pub fn questions(&self) -> Questions {
        let text = |text: &str| Text::from([(LANGUAGE, text)]);
        let contests_of = |marks: &Marks| -> Vec<usize> { marks.iter().map(|(contest, _)| *contest).collect() };
        let mut styles: BTreeMap<Vec<usize>, usize> =
            self.distinct.iter().map(|marks| (contests_of(marks), 0)).collect();
        for (number, style) in styles.values_mut().enumerate() {
            *style = number;
        }
        let style_of: Vec<usize> = self.distinct.iter().map(|marks| styles[&contests_of(marks)]).collect();
        let voters: Vec<Entitlement> =
            self.cast.iter().map(|(marks, weight)| Entitlement { style: style_of[*marks], weight: *weight }).collect();
        let id = |contest: &usize| self.contests[*contest].id.clone();
        let style = |(contests, number): (&Vec<usize>, &usize)| BallotStyle {
            id: format!("style-{}", number + 1),
            contests: contests.iter().map(id).collect(),
        };
        let option = |(id, title): &(String, String)| ContestOption {
            id: id.clone(),
            title: text(title),
            description: None,
            attachments: Vec::new(),
        };
        let contests = self.contests.iter().map(|contest| manifest::Contest {
            id: contest.id.clone(),
            title: text(&contest.title),
            description: None,
            attachments: Vec::new(),
            rule: contest.rule.clone(),
            winners: None,
            passes: None,
            order: None,
            options: contest.options.iter().map(option).collect(),
        });
        Questions {
            languages: vec![LANGUAGE.to_owned()],
            title: text(&self.title),
            contests: contests.collect(),
            styles: styles.iter().map(style).collect(),
            weights: Weights {
                unit: text(&self.unit),
                max: voters.iter().map(|voter| voter.weight).max().unwrap_or(1),
                total: voters.iter().map(|voter| voter.weight).sum(),
            },
            privacy: Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight: 1 },
            voters,
        }
    }

    /// The choices of ballot `number`, counted from 0, by the identifiers of the [questions](Self::questions).
    ///
    /// # Panics
    ///
    /// If there is no ballot with this number.
    #[must_use]
    pub fn choices(&self, number: usize) -> Choices {
        let mut choices = Choices::new();
        for (contest, mark) in self.distinct[self.cast[number].0].iter() {
            let contest = &self.contests[*contest];
            choices.mark(&contest.id, mark.named(contest));
        }
        choices
    }
}

/// Converts names of a source into identifiers and titles of a manifest. It never returns the same one twice.
#[derive(Default)]
pub(crate) struct Names {
    ids: HashSet<String>,
    titles: HashSet<String>,
}

impl Names {
    /// The identifier and the title of what the source calls `name` and shows as `title`.
    pub(crate) fn add(&mut self, name: &str, title: &str) -> (String, String) {
        let id = identifier(name);
        let title = [title, name].map(one_line).into_iter().find(|text| !text.is_empty());
        let title = title.unwrap_or_else(|| NO_NAME.to_owned());
        (
            numbered(&mut self.ids, &id, |number| format!("-{number}")),
            numbered(&mut self.titles, &title, |number| format!(" ({number})")),
        )
    }

    /// The options of a contest, from names and titles.
    pub(crate) fn of_options<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
        let mut names = Self::default();
        options.into_iter().map(|(name, title)| names.add(name, title)).collect()
    }
}

/// Returns the text, with a number after it if the text is taken already. Texts that differ only in case or in spaces
/// count as the same.
fn numbered(taken: &mut HashSet<String>, text: &str, suffix: impl Fn(u32) -> String) -> String {
    let (mut chosen, mut number) = (text.to_owned(), 2);
    while !taken.insert(chosen.trim().to_lowercase()) {
        chosen = format!("{text}{}", suffix(number));
        number += 1;
    }
    chosen
}

/// Converts a name into lower-case letters, digits and hyphens. The result is short enough that a number may follow.
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

/// The text that is shown if a source has no name.
const NO_NAME: &str = "(no name)";

/// A text of a source in a form for people: one line, which is not empty.
pub(crate) fn shown(text: &str) -> String {
    let line = one_line(text);
    if line.is_empty() { NO_NAME.to_owned() } else { line }
}

/// A text in the form of a manifest: one line without invisible characters.
fn one_line(text: &str) -> String {
    let hidden = |character: char| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let visible: String =
        text.chars().filter(|character| !hidden(*character)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = visible.trim().to_owned();
    // The limit leaves room for a number.
    while line.len() > MAX_TEXT_BYTES - 16 {
        line.pop();
    }
    line
}

/// The number of an option, as marks have it.
pub(crate) fn option_number(position: usize) -> Result<u16> {
    ensure!(position < MAX_OPTIONS, "more than {MAX_OPTIONS} options in a contest");
    Ok(position as u16)
}

/// Refuses more contests than an election has.
pub(crate) fn check_contests(contests: usize) -> Result<()> {
    ensure!(contests <= MAX_CONTESTS, "{contests} contests, more than the {MAX_CONTESTS} of an election");
    Ok(())
}

/// Refuses options that are marked twice.
pub(crate) fn check_distinct(options: &[u16]) -> Result<()> {
    let mut seen = HashSet::new();
    ensure!(options.iter().all(|option| seen.insert(option)), "an option is marked twice");
    Ok(())
}

#[cfg(test)]
mod tests {
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
            rule: choose(0, 1, true),
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
        assert_eq!(twice.to_string(), "a contest appears twice on a ballot");
        assert_eq!(ballots.distinct.len(), 2);

        let kept = ballots.limited(Some(3)).of_contests(&[]).unwrap();
        assert_eq!(kept.notes, ["contest two (two) is on no ballot, and left out"]);
        assert_eq!(kept.contests[1].published.ballots, Some(3));
        assert!(!kept.is_part());
        let questions = kept.questions();
        assert_eq!(questions.styles[0].contests, ["one", "three"]);
        assert_eq!(questions.styles[1].contests, ["three"]);
        assert_eq!(questions.voters.iter().map(|voter| voter.style).collect::<Vec<_>>(), [0, 1, 0]);

        let fewer = kept.part(&[], Some(2)).unwrap();
        assert!(fewer.is_part());
        assert_eq!(fewer.contests[0].published, Published::default());
        let problem = fewer.part(&["four".to_owned()], None).err().unwrap();
        assert_eq!(problem.to_string(), "there is no contest \"four\", only one, three");
    }
}
