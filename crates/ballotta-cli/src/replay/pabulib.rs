//! Participatory budgeting: files `.pb` (Stolicki, Szufa, Talmon, "Pabulib: A Participatory Budgeting Library",
//! arXiv:2012.06539; <http://pabulib.org/format>).
//!
//! ```text
//! META         key;value                       vote_type, min_length, max_length, max_sum_points ..
//! PROJECTS     project_id;cost;votes;score ..   with what was published of each
//! VOTES        voter_id;vote;points ..          `vote` and `points` with commas
//! ```
//!
//! `approval` and `choose-1` are `choose`, `cumulative` is `cumulative`, `ordinal` is `positional` with `max_length` for the
//! first place, one less for the second. Where published ballots have fewer marks or points than the file asks for, the
//! rule allows fewer, and a note says so: they were counted.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::contest::{Choose, Cumulative, Positional, Rule};
use ballotta::limits::MAX_POINTS;

use super::ballots::{Ballots, Contest, Mark, Names, Published, check_distinct, option_number};
use super::text::{Lines, Record, Records, number, shortened};
use crate::console::counted;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Ballots> {
    Reader::default().read(Records::new(Lines::open(path)?, ';'))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Meta,
    Projects,
    Votes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VoteType {
    Approval,
    Choose1,
    Cumulative,
    Ordinal,
}

const VOTE_TYPES: [(&str, VoteType); 4] = [
    ("approval", VoteType::Approval),
    ("choose-1", VoteType::Choose1),
    ("cumulative", VoteType::Cumulative),
    ("ordinal", VoteType::Ordinal),
];

#[derive(Default)]
struct Reader {
    /// The keys of META.
    meta: HashMap<String, MetaValue>,
    /// The line META itself.
    meta_place: String,
    /// By the names of projects.
    projects: HashMap<String, u16>,
    options: Vec<(String, String)>,
    /// What was published: voters of each project, and its score.
    votes: Vec<Option<u64>>,
    scores: Vec<Option<u64>>,
    /// How many ballots name a project.
    named: Vec<u64>,
    /// Who has voted.
    voters: HashSet<String>,
}

/// The value of a key, and the line where it stands, for errors.
struct MetaValue {
    value: String,
    place: String,
}

/// The columns of a section.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn new(record: &Record) -> Result<Self> {
        let mut columns = HashMap::new();
        for (position, name) in record.values.iter().enumerate() {
            let name = name.trim().to_lowercase();
            ensure!(columns.insert(name, position).is_none(), "a column stands twice");
        }
        Ok(Self(columns))
    }

    fn has(&self, name: &str) -> Result<()> {
        ensure!(self.0.contains_key(name), "there is no column {name}");
        Ok(())
    }

    fn get<'a>(&self, record: &'a Record, name: &str) -> Result<Option<&'a str>> {
        let Some(position) = self.0.get(name) else { return Ok(None) };
        let value = record.values.get(*position).with_context(|| format!("there is no value of {name}"))?;
        Ok(Some(value.trim()))
    }

    fn need<'a>(&self, record: &'a Record, name: &str) -> Result<&'a str> {
        self.get(record, name)?.with_context(|| format!("there is no column {name}"))
    }
}

/// What the votes are, as the section META has it.
struct Form {
    kind: VoteType,
    min: usize,
    max: usize,
    points: Option<(u64, u64, u64)>,
    /// How many ballots were published.
    ballots: Option<u64>,
}

impl Reader {
    fn read(mut self, mut records: Records) -> Result<Ballots> {
        let mut section = None;
        let mut columns: Option<Columns> = None;
        let mut form: Option<Form> = None;
        let mut ballots = Ballots::new("", "votes");
        let (mut fewest, mut least) = (usize::MAX, u64::MAX);
        let mut below = 0_u64;
        while let Some(record) = records.read()? {
            let place = || records.place(record.line);
            if let Some(next) = section_of(&record) {
                let expected = match section {
                    None => Section::Meta,
                    Some(Section::Meta) => Section::Projects,
                    Some(Section::Projects) => Section::Votes,
                    Some(Section::Votes) => bail!("{}: a section behind VOTES", place()),
                };
                ensure!(next == expected, "{}: the sections are META, PROJECTS, VOTES", place());
                section = Some(next);
                columns = None;
                match next {
                    Section::Meta => self.meta_place = place(),
                    Section::Projects => {}
                    Section::Votes => {
                        ensure!(!self.options.is_empty(), "{}: there are no projects", place());
                        form = Some(self.form()?);
                    }
                }
                continue;
            }
            let Some(known) = &columns else {
                ensure!(section.is_some(), "{}: the first line is not META", place());
                let found = Columns::new(&record).with_context(place)?;
                for name in needed(section, form.as_ref()) {
                    found.has(name).with_context(place)?;
                }
                columns = Some(found);
                continue;
            };
            match (section, &form) {
                (Some(Section::Meta), _) => {
                    let [key, value, ..] = record.values.as_slice() else { bail!("{}: no value", place()) };
                    let value = MetaValue { value: value.trim().to_owned(), place: place() };
                    let is_new = self.meta.insert(key.trim().to_lowercase(), value).is_none();
                    ensure!(is_new, "{}: {:?} stands twice", place(), shortened(key));
                }
                (Some(Section::Projects), _) => self.project(known, &record).with_context(place)?,
                (_, Some(form)) => {
                    let mark = self.vote(form, known, &record).with_context(place)?;
                    let (marked, points) = size(&mark);
                    let is_below = marked < form.min || form.points.is_some_and(|(_, least, _)| points < least);
                    below += u64::from(is_below);
                    (fewest, least) = (fewest.min(marked), least.min(points));
                    ballots.cast(vec![(0, mark)], 1).with_context(place)?;
                }
                _ => bail!("{}: a line outside of all sections", place()),
            }
        }
        let form = form.context("there is no section VOTES").with_context(|| records.file())?;
        ensure!(ballots.len() > 0, "{}: there are no votes", records.file());
        if below > 0 {
            ballots.notes.push(format!(
                "{below} of {} ballots have fewer marks or points than the file asks for; they were counted, and the rule allows them",
                ballots.len()
            ));
        }
        let rule = form.rule(self.options.len(), fewest, least)?;
        self.finish(ballots, &form, rule).with_context(|| records.file())
    }

    fn meta(&self, key: &str) -> Option<&str> {
        self.meta.get(key).map(|meta| meta.value.as_str())
    }

    /// The number of META, if it is there.
    fn meta_number(&self, key: &str) -> Result<Option<u64>> {
        let Some(MetaValue { value, place }) = self.meta.get(key) else { return Ok(None) };
        number(value).map(Some).with_context(|| format!("{place}: {key}"))
    }

    /// Where the first of these keys stands that is there, or META.
    fn meta_place(&self, keys: &[&str]) -> &str {
        let found = keys.iter().find_map(|key| self.meta.get(*key));
        found.map_or(&self.meta_place, |meta| &meta.place)
    }

    fn form(&self) -> Result<Form> {
        let place = |keys: &[&str]| self.meta_place(keys).to_owned();
        let kind = self.meta("vote_type").with_context(|| format!("{}: META has no vote_type", self.meta_place))?;
        let Some((_, kind)) = VOTE_TYPES.into_iter().find(|(name, _)| *name == kind) else {
            let known = VOTE_TYPES.map(|(name, _)| name).join(", ");
            bail!("{}: votes of the type {:?} are not read, only {known}", place(&["vote_type"]), shortened(kind))
        };
        let projects = self.options.len();
        let length = |key: &str, default: usize| -> Result<usize> {
            Ok(self
                .meta_number(key)?
                .map_or(default, |length| usize::try_from(length).unwrap_or(projects).min(projects)))
        };
        let (min, max) = match kind {
            VoteType::Choose1 => (1, 1),
            _ => (length("min_length", 1)?, length("max_length", projects)?),
        };
        ensure!(
            max > 0 && min <= max,
            "{}: min_length and max_length contradict each other",
            place(&["max_length", "min_length"])
        );
        let points = (kind == VoteType::Cumulative).then(|| -> Result<_> {
            let all = self.meta_number("max_sum_points")?;
            let all = all.with_context(|| format!("{}: META has no max_sum_points", self.meta_place))?;
            let least = self.meta_number("min_sum_points")?.unwrap_or(0);
            let one = self.meta_number("max_points")?.unwrap_or(all).min(all);
            ensure!(all > 0, "{}: voters have no points", place(&["max_sum_points"]));
            ensure!(one > 0, "{}: projects may have no points", place(&["max_points"]));
            ensure!(least <= all, "{}: more points than max_sum_points", place(&["min_sum_points"]));
            // What a rule allows; sums of these never overflow.
            ensure!(
                one <= MAX_POINTS && all <= MAX_POINTS * projects as u64,
                "{}: more than {MAX_POINTS} points for a project",
                place(&[if one > MAX_POINTS { "max_points" } else { "max_sum_points" }, "max_sum_points"])
            );
            Ok((one, least, all))
        });
        if kind == VoteType::Ordinal {
            let scoring = self.meta("scoring_fn").unwrap_or("Borda");
            ensure!(
                scoring == "Borda",
                "{}: the scores of {:?} are not known, only Borda",
                place(&["scoring_fn"]),
                shortened(scoring)
            );
        }
        Ok(Form { kind, min, max, points: points.transpose()?, ballots: self.meta_number("num_votes")? })
    }

    fn project(&mut self, columns: &Columns, record: &Record) -> Result<()> {
        let option = option_number(self.options.len())?;
        let id = columns.need(record, "project_id")?;
        ensure!(!id.is_empty(), "a project without project_id");
        ensure!(self.projects.insert(id.to_owned(), option).is_none(), "project {:?} stands twice", shortened(id));
        self.options.push((id.to_owned(), columns.get(record, "name")?.unwrap_or(id).to_owned()));
        let published = |column: &str| -> Result<Option<u64>> {
            let value = columns.get(record, column)?.filter(|value| !value.is_empty());
            value.map(|value| number(value).with_context(|| column.to_owned())).transpose()
        };
        self.votes.push(published("votes")?);
        self.scores.push(published("score")?);
        self.named.push(0);
        Ok(())
    }

    fn vote(&mut self, form: &Form, columns: &Columns, record: &Record) -> Result<Mark> {
        let (values, names) = (record.values.len(), columns.0.len());
        ensure!(values <= names, "{values} values, and {names} columns");
        if let Some(voter) = columns.get(record, "voter_id")?.filter(|voter| !voter.is_empty()) {
            ensure!(self.voters.insert(voter.to_owned()), "voter {:?} stands twice", shortened(voter));
        }
        let vote = columns.need(record, "vote")?;
        let ids = || vote.split(',').filter(|_| !vote.is_empty());
        let count = ids().count();
        ensure!(count <= form.max, "{count} projects, at most {} may be named", form.max);
        let option = |id: &str| {
            let option = self.projects.get(id.trim()).copied();
            option.with_context(|| format!("there is no project {:?}", shortened(id)))
        };
        let options: Vec<u16> = ids().map(option).collect::<Result<_>>()?;
        check_distinct(options.iter().copied())?;
        for option in &options {
            self.named[usize::from(*option)] += 1;
        }
        let Some((one, _, all)) = form.points else {
            return Ok(match form.kind {
                VoteType::Ordinal => Mark::Ranking(options),
                _ => Mark::Options(options),
            });
        };
        let text = columns.need(record, "points")?;
        let points: Vec<u64> =
            text.split(',').filter(|_| !text.is_empty()).map(|points| number(points.trim())).collect::<Result<_>>()?;
        ensure!(points.len() == options.len(), "{} projects and {} numbers of points", options.len(), points.len());
        ensure!(points.iter().all(|points| *points <= one), "more than the {one} points that a project may have");
        let sum: u64 = points.iter().sum();
        ensure!(sum <= all, "{sum} points, at most {all} may be given");
        Ok(Mark::Points(options.into_iter().zip(points).collect()))
    }

    fn finish(mut self, mut ballots: Ballots, form: &Form, rule: Rule) -> Result<Ballots> {
        // A ballot counts a project once; so what is published of its voters is what is counted, or checked here.
        let is_counted = form.kind == VoteType::Approval || form.kind == VoteType::Choose1;
        for ((id, _), (published, named)) in self.options.iter().zip(self.votes.iter().zip(&self.named)) {
            let agrees = is_counted || published.is_none_or(|published| published == *named);
            let published = published.unwrap_or_default();
            let named = counted(*named, "ballot", "ballots");
            ensure!(agrees, "project {id} is named on {named}, but {published} were published");
        }
        let voters = self.votes.iter().flatten().count();
        if !is_counted && voters > 0 {
            ballots.notes.push(format!(
                "how many ballots name each of {voters} projects is as published; the election counts what they give"
            ));
        }
        let published = Published {
            ballots: form.ballots,
            options: if is_counted { std::mem::take(&mut self.votes) } else { std::mem::take(&mut self.scores) },
            ..Published::default()
        };
        ballots.title = self.meta("description").filter(|text| !text.is_empty()).unwrap_or("Votes").to_owned();
        if let Some(instance) = self.meta("instance").filter(|instance| !ballots.title.contains(instance)) {
            ballots.title = format!("{}, {instance}", ballots.title);
        }
        let mut names = Names::default();
        let options = self.options.iter().map(|(id, name)| names.add(id, name)).collect();
        let (id, title) = Names::default().add("projects", "Which projects?");
        ballots.title = Names::default().add("", &ballots.title).1;
        ballots.contests = vec![Contest { id, title, options, rule, published }];
        Ok(ballots)
    }
}

/// How much a ballot marks, and its points.
fn size(mark: &Mark) -> (usize, u64) {
    match mark {
        Mark::Options(options) | Mark::Ranking(options) => (options.len(), 0),
        Mark::Points(points) => (points.len(), points.iter().map(|(_, points)| points).sum()),
        Mark::Blank => (0, 0),
    }
}

impl Form {
    /// The rule of these votes, of which one names `fewest` projects and one gives `least` points.
    fn rule(&self, projects: usize, fewest: usize, least: u64) -> Result<Rule> {
        let min = self.min.min(fewest);
        Ok(match (self.kind, self.points) {
            (VoteType::Ordinal, _) => Rule::Positional(Positional {
                scores: (1..=self.max as u64).rev().collect(),
                truncated: min < self.max,
                blank: false,
                winners: None,
            }),
            (_, Some((max, asked, points))) => Rule::Cumulative(Cumulative {
                points,
                max,
                exact: asked == points && least == points,
                blank: false,
                winners: None,
            }),
            _ => {
                // Of one option there is nothing to choose unless it may be left out.
                let min = if projects == 1 { 0 } else { u32::try_from(min)? };
                Rule::Choose(Choose { min, max: u32::try_from(self.max)?, blank: false, winners: None })
            }
        })
    }
}

/// The columns without which a section cannot be read.
fn needed(section: Option<Section>, form: Option<&Form>) -> &'static [&'static str] {
    match (section, form.map(|form| form.kind)) {
        (Some(Section::Projects), _) => &["project_id"],
        (Some(Section::Votes), Some(VoteType::Cumulative)) => &["vote", "points"],
        (Some(Section::Votes), _) => &["vote"],
        _ => &[],
    }
}

fn section_of(record: &Record) -> Option<Section> {
    // A line of one value, as no other line of these sections is.
    let [name, rest @ ..] = record.values.as_slice() else { return None };
    if rest.iter().any(|value| !value.trim().is_empty()) {
        return None;
    }
    match name.trim() {
        "META" => Some(Section::Meta),
        "PROJECTS" => Some(Section::Projects),
        "VOTES" => Some(Section::Votes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::count::count;

    fn parse(text: &str) -> Result<Ballots> {
        Reader::default().read(Records::new(Lines::of_text(text), ';'))
    }

    fn file(meta: &str, projects: &str, votes: &str) -> String {
        format!("META\nkey;value\ndescription;Budget\n{meta}PROJECTS\n{projects}VOTES\n{votes}")
    }

    const APPROVED: &str = "project_id;cost;votes;name\nA/1;5;2;\"Trees; more\"\nB;6;1;Benches\n";
    const SCORED: &str = "project_id;votes;score\nA;2;5\nB;1;1\nC;1;3\n";

    fn rule_and_options(text: &str) -> (Rule, Vec<u64>) {
        let ballots = parse(text).unwrap();
        let counts = count(&ballots).unwrap();
        assert!(
            ballots.contests[0].published.options.iter().zip(&counts[0].options).all(|(one, two)| *one == Some(*two))
        );
        (ballots.contests[0].rule.clone(), counts[0].options.clone())
    }

    #[test]
    fn every_type_of_vote_becomes_its_rule() {
        let text = file("vote_type;approval\nmax_length;2\n", APPROVED, "voter_id;vote\n1;A/1,B\n2;A/1\n");
        let choose = |min, max| Rule::Choose(Choose { min, max, blank: false, winners: None });
        assert_eq!(rule_and_options(&text), (choose(1, 2), vec![2, 1]));
        let ballots = parse(&text).unwrap();
        assert_eq!(ballots.contests[0].options[0], ("a-1".to_owned(), "Trees; more".to_owned()));
        let text = file("vote_type;choose-1\n", APPROVED, "voter_id;vote\r\n1;A/1\r\n2;A/1\r\n3;B\r\n");
        assert_eq!(rule_and_options(&text), (choose(1, 1), vec![2, 1]));

        let cumulative = |exact| Rule::Cumulative(Cumulative { points: 5, max: 5, exact, blank: false, winners: None });
        let meta = "vote_type;cumulative\nmin_sum_points;5\nmax_sum_points;5\n";
        let text = file(meta, SCORED, "voter_id;vote;points\n1;A,B;3,1\n2;A,C;2,3\n");
        assert_eq!(rule_and_options(&text), (cumulative(false), vec![5, 1, 3]));
        assert_eq!(parse(&text).unwrap().notes.len(), 2);
        let text = file(meta, "project_id\nA\nB\n", "voter_id;vote;points\n1;A,B;4,1\n");
        assert_eq!(parse(&text).unwrap().contests[0].rule, cumulative(true));

        let meta = "vote_type;ordinal\nmin_length;2\nmax_length;2\n";
        let text = file(meta, "project_id;score\nA;4\nB;1\nC;1\n", "voter_id;vote\n1;A,B\n2;A,C\n");
        let positional =
            |truncated| Rule::Positional(Positional { scores: vec![2, 1], truncated, blank: false, winners: None });
        assert_eq!(rule_and_options(&text), (positional(false), vec![4, 1, 1]));
        let text = file(meta, "project_id;score\nA;4\nB;1\nC;0\n", "voter_id;vote\n1;A,B\n2;A\n");
        assert_eq!(rule_and_options(&text), (positional(true), vec![4, 1, 0]));
    }

    #[test]
    fn broken_files_are_named_by_their_line() {
        let approval = |votes: &str| file("vote_type;approval\nmax_length;1\n", APPROVED, votes);
        let points = |vote: &str| {
            let meta = "vote_type;cumulative\nmax_sum_points;3\nmax_points;2\n";
            file(meta, "project_id\nA\nB\n", &format!("voter_id;vote;points\n{vote}\n"))
        };
        let cumulative = |meta: &str| file(&format!("vote_type;cumulative\n{meta}\n"), APPROVED, "");
        for (text, expected) in [
            (approval("voter_id;vote\n1;A/1\n2;A/1,B\n"), "sample, line 13: 2 projects, at most 1 may be named"),
            (approval("voter_id;vote\n1;X\n"), "sample, line 12: there is no project \"X\""),
            (approval("voter_id;vote\n1\n"), "sample, line 12: there is no value of vote"),
            (approval("voter_id;votes\n1;B\n"), "sample, line 11: there is no column vote"),
            (approval("voter_id;vote\n1;B;A/1\n"), "sample, line 12: 3 values, and 2 columns"),
            (approval("voter_id;vote\n1;B\n2;B\n1;B\n"), "sample, line 14: voter \"1\" stands twice"),
            (approval("voter_id;vote;vote\n"), "sample, line 11: a column stands twice"),
            (approval("voter_id;vote\n"), "sample: there are no votes"),
            (approval("voter_id;vote\n1;B\nMETA\n"), "sample, line 13: a section behind VOTES"),
            (points("1;A,A;1,1"), "sample, line 13: an option is marked twice"),
            (points("1;A,B;1"), "sample, line 13: 2 projects and 1 numbers of points"),
            (points("1;A;3"), "sample, line 13: more than the 2 points that a project may have"),
            (points("1;A,B;2,2"), "sample, line 13: 4 points, at most 3 may be given"),
            (points("1;A;-1"), "sample, line 13: \"-1\" is not a whole number"),
            ("PROJECTS\n".to_owned(), "sample, line 1: the sections are META, PROJECTS, VOTES"),
            ("key;value\n".to_owned(), "sample, line 1: the first line is not META"),
            ("META\nkey;value\n".to_owned(), "sample: there is no section VOTES"),
            (
                file("vote_type;scoring\n", APPROVED, ""),
                "sample, line 4: votes of the type \"scoring\" are not read, only approval, choose-1, cumulative, ordinal",
            ),
            (file("", APPROVED, ""), "sample, line 1: META has no vote_type"),
            (file("vote_type;cumulative\n", APPROVED, ""), "sample, line 1: META has no max_sum_points"),
            (
                file("vote_type;approval\nmin_length;2\nmax_length;1\n", APPROVED, ""),
                "sample, line 6: min_length and max_length contradict each other",
            ),
            (
                file("vote_type;ordinal\n", "project_id;votes\nA;1\nA;1\n", ""),
                "sample, line 8: project \"A\" stands twice",
            ),
            (file("vote_type;ordinal\nvote_type;x\n", APPROVED, ""), "sample, line 5: \"vote_type\" stands twice"),
            (
                file("vote_type;approval\nmax_length;two\n", APPROVED, ""),
                "sample, line 5: max_length: \"two\" is not a whole number",
            ),
            (
                file("num_votes;x\nvote_type;approval\n", APPROVED, ""),
                "sample, line 4: num_votes: \"x\" is not a whole number",
            ),
            (
                file("vote_type;ordinal\nscoring_fn;x\n", APPROVED, ""),
                "sample, line 5: the scores of \"x\" are not known, only Borda",
            ),
            (cumulative("max_sum_points;0"), "sample, line 5: voters have no points"),
            (cumulative("max_sum_points;5\nmax_points;0"), "sample, line 6: projects may have no points"),
            (cumulative("min_sum_points;6\nmax_sum_points;5"), "sample, line 5: more points than max_sum_points"),
            (
                file("vote_type;cumulative\nmax_sum_points;5\n", APPROVED, "voter_id;vote\n"),
                "sample, line 11: there is no column points",
            ),
            (file("vote_type;ordinal\n", "project_id\n", ""), "sample, line 7: there are no projects"),
            (file("vote_type;ordinal\n", "project;votes\n", ""), "sample, line 6: there is no column project_id"),
            (file("", "project_id;votes\nA;many\n", ""), "sample, line 6: votes: \"many\" is not a whole number"),
            (
                file("vote_type;ordinal\n", "project_id;votes\nA;2\nB;1\n", "voter_id;vote\n1;A\n"),
                "sample: project A is named on 1 ballot, but 2 were published",
            ),
        ] {
            assert_eq!(format!("{:#}", parse(&text).err().unwrap()), expected, "{text}");
        }
    }
}
