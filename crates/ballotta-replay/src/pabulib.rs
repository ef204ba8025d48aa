//! Participatory budgeting: files `.pb` (Stolicki, Szufa, Talmon, "Pabulib: A Participatory Budgeting Library",
//! arXiv:2012.06539; <http://pabulib.org/format>).
//!
//! ```text
//! META         key;value                       vote_type, min_length, max_length, max_sum_points ..
//! PROJECTS     project_id;cost;votes;score ..  with what was published of each
//! VOTES        voter_id;vote;points ..          `vote` and `points` with commas
//! ```
//!
//! `approval` and `choose-1` become the rule `choose`, and `cumulative` becomes `cumulative`. `ordinal` becomes
//! `positional`, with `max_length` points for the first place, one less for the second, and so on. If published ballots
//! have fewer marks or points than the file requires, they were counted nevertheless. The rule then allows fewer, and a
//! note says so. No rule of a contest has a limit of costs. A note says how many ballots are above `max_sum_cost`.
//!
//! If the file states which projects are selected, and by a greedy rule, the rule is computed and compared. The greedy
//! rule takes the projects in the order of their votes or points, as long as the budget is sufficient.

use std::collections::{HashMap, HashSet};

use ballotta::contest::{Cumulative, Positional, Rule};
use ballotta::limits::MAX_POINTS;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_distinct, choose, option_number};
use crate::count::count;
use crate::error::{At as _, ReplayError, Result, bail, ensure, problem};
use crate::source::Source;
use crate::text::{Lines, Record, Records, counted, number, shortened, whole};

/// Whether this is the beginning of such a file.
pub(crate) fn is_pabulib(beginning: &str) -> bool {
    beginning.lines().next().is_some_and(|line| line.trim().trim_end_matches(';') == "META")
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_pabulib(&crate::format::beginning(file)?)))?;
    Reader::new(Records::new(Lines::open(file)?, ';')).read()
}

#[derive(Clone, Copy)]
enum Section {
    Start,
    Meta,
    Projects,
    Votes(Form),
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

/// The form of the votes, from the section META.
#[derive(Clone, Copy)]
struct Form {
    kind: VoteType,
    /// The least and the most projects that a ballot may name.
    min: usize,
    max: usize,
    points: Option<Points>,
    /// The published number of ballots.
    ballots: Option<u64>,
    /// The most that the projects on a ballot may cost together.
    max_cost: Option<u64>,
}

/// The points that a ballot may give.
#[derive(Clone, Copy)]
struct Points {
    /// The most points for one project.
    one: u64,
    /// The least and the most points for all projects together.
    least: u64,
    all: u64,
}

struct Reader {
    records: Records,
    section: Section,
    /// The columns of the section, once their line is read.
    columns: Option<Columns>,
    /// The values of META and their lines.
    meta: HashMap<String, (String, u64)>,
    /// The number of the line `META`.
    meta_line: u64,
    projects: Vec<Project>,
    /// The option of each project, by its identifier.
    numbers: HashMap<String, u16>,
    /// The voters whose ballots were read.
    voters: HashSet<String>,
    ballots: Ballots,
    /// The fewest projects that a ballot names, and the fewest points that one gives.
    fewest: usize,
    least: u64,
    /// The number of ballots with fewer projects or points than the file requires.
    below: u64,
    /// The number of ballots with projects that cost more than the file allows.
    above: u64,
}

struct Project {
    id: String,
    name: String,
    /// The published number of ballots that name the project, and its published score.
    votes: Option<u64>,
    score: Option<u64>,
    /// The number of ballots that name the project.
    named: u64,
    /// The cost, if it is a whole number.
    cost: Option<u64>,
    /// Whether the file says that the project is selected, and that it is not.
    selected: Option<bool>,
}

/// The columns of a section.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn new(record: &Record, needed: &[&str]) -> Result<Self> {
        let mut columns = Self(HashMap::new());
        for (position, name) in record.values.iter().enumerate() {
            ensure!(columns.0.insert(name.trim().to_lowercase(), position).is_none(), "a column appears twice");
        }
        for name in needed {
            columns.position(name)?;
        }
        Ok(columns)
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.0.get(name).copied().ok_or_else(|| problem!("there is no column {name}"))
    }

    /// The value of a column that must be there.
    fn need<'a>(&self, record: &'a Record, name: &str) -> Result<&'a str> {
        let value = record.values.get(self.position(name)?);
        value.map(|value| value.trim()).ok_or_else(|| problem!("there is no value of {name}"))
    }

    /// The value of a column, if the column is there and the value is not empty.
    fn get<'a>(&self, record: &'a Record, name: &str) -> Result<Option<&'a str>> {
        let value = self.0.contains_key(name).then(|| self.need(record, name)).transpose()?;
        Ok(value.filter(|value| !value.is_empty()))
    }
}

impl Reader {
    fn new(records: Records) -> Self {
        Self {
            records,
            section: Section::Start,
            columns: None,
            meta: HashMap::new(),
            meta_line: 0,
            projects: Vec::new(),
            numbers: HashMap::new(),
            voters: HashSet::new(),
            ballots: Ballots::new("", "votes"),
            fewest: usize::MAX,
            least: u64::MAX,
            below: 0,
            above: 0,
        }
    }

    fn read(mut self) -> Result<Ballots> {
        while let Some(record) = self.records.read()? {
            if let Some(name) = section_name(&record) {
                self.section = self.begin(name, record.line)?;
                self.columns = None;
            } else {
                self.take(&record).at(|| self.records.place(record.line))?;
            }
        }
        let file = self.records.file();
        self.finish().at(|| file)
    }

    fn begin(&mut self, name: &str, line: u64) -> Result<Section> {
        let problem = match (self.section, name) {
            (Section::Start, "META") => {
                self.meta_line = line;
                return Ok(Section::Meta);
            }
            (Section::Meta, "PROJECTS") => return Ok(Section::Projects),
            (Section::Projects, "VOTES") if !self.projects.is_empty() => return self.form().map(Section::Votes),
            (Section::Projects, "VOTES") => "there are no projects",
            (Section::Votes(_), _) => "a section after VOTES",
            _ => "the sections are META, PROJECTS, VOTES",
        };
        Err(ReplayError::Content { place: Some(self.records.place(line)), problem: problem.to_owned() })
    }

    /// Takes over a line that does not begin a section.
    fn take(&mut self, record: &Record) -> Result<()> {
        let needed: &[&str] = match self.section {
            Section::Start => bail!("the first line is not META"),
            Section::Meta => &[],
            Section::Projects => &["project_id"],
            Section::Votes(Form { points: None, .. }) => &["vote"],
            Section::Votes(Form { points: Some(_), .. }) => &["vote", "points"],
        };
        let Some(columns) = self.columns.take() else {
            self.columns = Some(Columns::new(record, needed)?);
            return Ok(());
        };
        match self.section {
            Section::Start | Section::Meta => self.meta(record)?,
            Section::Projects => self.project(&columns, record)?,
            Section::Votes(form) => self.vote(form, &columns, record)?,
        }
        self.columns = Some(columns);
        Ok(())
    }

    fn meta(&mut self, record: &Record) -> Result<()> {
        let [key, value, ..] = record.values.as_slice() else { bail!("no value") };
        let value = (value.trim().to_owned(), record.line);
        ensure!(self.meta.insert(key.trim().to_lowercase(), value).is_none(), "{:?} appears twice", shortened(key));
        Ok(())
    }

    fn meta_text(&self, key: &str) -> Option<&str> {
        self.meta.get(key).map(|(value, _)| value.as_str())
    }

    /// The number of META, if it is there.
    fn meta_number(&self, key: &str) -> Result<Option<u64>> {
        let Some((value, line)) = self.meta.get(key) else { return Ok(None) };
        number(value).map(Some).at(|| format!("{}: {key}", self.records.place(*line)))
    }

    /// A fault of META: in the line of the first of these keys that is there, or else in the line META itself.
    fn refused(&self, keys: &[&str], problem: impl Into<String>) -> ReplayError {
        let line = keys.iter().find_map(|key| self.meta.get(*key)).map_or(self.meta_line, |(_, line)| *line);
        ReplayError::Content { place: Some(self.records.place(line)), problem: problem.into() }
    }

    fn form(&self) -> Result<Form> {
        let kind = self.meta_text("vote_type").ok_or_else(|| self.refused(&[], "META has no vote_type"))?;
        let Some((_, kind)) = VOTE_TYPES.into_iter().find(|(name, _)| *name == kind) else {
            let known = VOTE_TYPES.map(|(name, _)| name).join(", ");
            let problem = format!("votes of the type {:?} are not read, only {known}", shortened(kind));
            return Err(self.refused(&["vote_type"], problem));
        };
        let projects = self.projects.len();
        let length = |key: &str, default: usize| -> Result<usize> {
            Ok(self.meta_number(key)?.map_or(default, |length| length.min(projects as u64) as usize))
        };
        let (min, max) = match kind {
            VoteType::Choose1 => (1, 1),
            _ => (length("min_length", 1)?, length("max_length", projects)?),
        };
        if max == 0 || min > max {
            let keys = ["max_length", "min_length"];
            return Err(self.refused(&keys, "min_length and max_length contradict each other"));
        }
        let points = (kind == VoteType::Cumulative).then(|| self.points()).transpose()?;
        let scoring = self.meta_text("scoring_fn").unwrap_or("Borda");
        if kind == VoteType::Ordinal && scoring != "Borda" {
            let problem = format!("the scores of {:?} are not known, only Borda", shortened(scoring));
            return Err(self.refused(&["scoring_fn"], problem));
        }
        let max_cost = self.meta_number("max_sum_cost")?;
        if let Some(project) =
            self.projects.iter().find(|project| project.cost.is_none()).filter(|_| max_cost.is_some())
        {
            let problem =
                format!("project {} has no whole cost, so the limit cannot be checked", shortened(&project.id));
            return Err(self.refused(&["max_sum_cost"], problem));
        }
        Ok(Form { kind, min, max, points, ballots: self.meta_number("num_votes")?, max_cost })
    }

    fn points(&self) -> Result<Points> {
        let all = self.meta_number("max_sum_points")?;
        let all = all.ok_or_else(|| self.refused(&[], "META has no max_sum_points"))?;
        let least = self.meta_number("min_sum_points")?.unwrap_or(0);
        let one = self.meta_number("max_points")?.unwrap_or(all).min(all);
        // The limit of a rule. Sums of such numbers do not overflow.
        let most = MAX_POINTS * self.projects.len() as u64;
        let too_many = || format!("more than {MAX_POINTS} points for a project");
        Err(if all == 0 {
            self.refused(&["max_sum_points"], "voters have no points")
        } else if one == 0 {
            self.refused(&["max_points"], "projects may have no points")
        } else if least > all {
            self.refused(&["min_sum_points"], "min_sum_points is larger than max_sum_points")
        } else if one > MAX_POINTS {
            self.refused(&["max_points", "max_sum_points"], too_many())
        } else if all > most {
            self.refused(&["max_sum_points"], too_many())
        } else {
            return Ok(Points { one, least, all });
        })
    }

    fn project(&mut self, columns: &Columns, record: &Record) -> Result<()> {
        let option = option_number(self.projects.len())?;
        let id = columns.need(record, "project_id")?;
        ensure!(!id.is_empty(), "a project without project_id");
        ensure!(self.numbers.insert(id.to_owned(), option).is_none(), "project {:?} appears twice", shortened(id));
        let name = columns.get(record, "name")?.unwrap_or(id).to_owned();
        let published =
            |column: &'static str| columns.get(record, column)?.map(|value| number(value).at(|| column)).transpose();
        let (votes, score) = (published("votes")?, published("score")?);
        let cost = columns.get(record, "cost")?.and_then(|cost| whole(cost).ok());
        let selected = match columns.get(record, "selected")? {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        self.projects.push(Project { id: id.to_owned(), name, votes, score, named: 0, cost, selected });
        Ok(())
    }

    fn vote(&mut self, form: Form, columns: &Columns, record: &Record) -> Result<()> {
        let (values, names) = (record.values.len(), columns.0.len());
        ensure!(values <= names, "the line has {values} values, but there are {names} columns");
        if let Some(voter) = columns.get(record, "voter_id")? {
            ensure!(self.voters.insert(voter.to_owned()), "voter {:?} appears twice", shortened(voter));
        }
        let list = |text: &'static str| -> Result<Vec<&str>> {
            let text = columns.need(record, text)?;
            Ok(text.split(',').filter(|_| !text.is_empty()).map(str::trim).collect())
        };
        let ids = list("vote")?;
        ensure!(ids.len() <= form.max, "{} projects are named, but at most {} may be named", ids.len(), form.max);
        let option = |id: &&str| {
            let option = self.numbers.get(*id).copied();
            option.ok_or_else(|| problem!("there is no project {:?}", shortened(id)))
        };
        let options: Vec<u16> = ids.iter().map(option).collect::<Result<_>>()?;
        check_distinct(&options)?;
        for option in &options {
            self.projects[usize::from(*option)].named += 1;
        }
        let cost = options.iter().filter_map(|option| self.projects[usize::from(*option)].cost);
        let cost = cost.fold(0_u64, u64::saturating_add);
        self.above += u64::from(form.max_cost.is_some_and(|most| cost > most));
        self.fewest = self.fewest.min(options.len());
        let mut is_below = options.len() < form.min;
        let mark = if let Some(Points { one, least, all }) = form.points {
            let points: Vec<u64> = list("points")?.into_iter().map(number).collect::<Result<_>>()?;
            ensure!(
                points.len() == options.len(),
                "projects: {}, but numbers of points: {}",
                options.len(),
                points.len()
            );
            ensure!(points.iter().all(|points| *points <= one), "more points than a project may have, which is {one}");
            let sum: u64 = points.iter().sum();
            ensure!(sum <= all, "{sum} points are given, but at most {all} may be given");
            self.least = self.least.min(sum);
            is_below |= sum < least;
            Mark::Points(options.into_iter().zip(points).collect())
        } else if form.kind == VoteType::Ordinal {
            Mark::Ranking(options.into_iter().map(|option| vec![option]).collect())
        } else {
            Mark::Options(options)
        };
        self.below += u64::from(is_below);
        self.ballots.cast(vec![(0, mark)], 1)
    }

    fn finish(self) -> Result<Ballots> {
        let Section::Votes(form) = self.section else { bail!("there is no section VOTES") };
        let description = self.meta_text("description").filter(|text| !text.is_empty()).unwrap_or("Votes");
        let mut title = description.to_owned();
        if let Some(instance) = self.meta_text("instance").filter(|instance| !title.contains(instance)) {
            title = format!("{title}, {instance}");
        }
        let stated = self.meta_number("num_projects")?;
        let outcome = self.outcome();
        let Self { mut ballots, projects, fewest, least, below, above, .. } = self;
        ballots.set_title(&title);
        ensure!(!ballots.is_empty(), "there are no votes");
        if below > 0 {
            let have = if below == 1 { "has" } else { "have" };
            ballots.notes.push(format!(
                "{below} of {} ballots {have} fewer marks or points than the file asks for; they were counted, and the rule allows them",
                ballots.len()
            ));
        }
        if let Some(most) = form.max_cost {
            let name = if above == 1 { "names" } else { "name" };
            ballots.notes.push(format!(
                "the rule of the contest has no limit of costs: {} {name} projects that cost more than {most} together (max_sum_cost), and all were counted",
                counted(above, "ballot", "ballots")
            ));
        }
        let mut read = Vec::new();
        if let Some(stated) = stated {
            read.push(("(projects)".to_owned(), stated, projects.len() as u64));
        }
        // The published number of voters is the count of a project if each ballot counts once. Otherwise it is compared
        // with the number of ballots that name the project.
        let is_counted = form.kind == VoteType::Approval || form.kind == VoteType::Choose1;
        if !is_counted {
            for Project { name, votes, named, .. } in &projects {
                if let Some(votes) = votes {
                    read.push((format!("{} (ballots that name it)", shortened(name)), *votes, *named));
                }
            }
        }
        let published = |project: &Project| if is_counted { project.votes } else { project.score };
        ballots.contests.push(Contest {
            id: "projects".to_owned(),
            title: "Which projects?".to_owned(),
            options: Names::of_options(projects.iter().map(|project| (&*project.id, &*project.name))),
            rule: form.rule(projects.len(), fewest, least),
            published: Published {
                ballots: form.ballots,
                options: projects.iter().map(published).collect(),
                read,
                ..Published::default()
            },
        });
        if let Some(outcome) = outcome {
            let totals = count(&ballots).into_iter().next().map(|count| count.options).unwrap_or_default();
            match outcome.and_then(|rule| rule.compared(&projects, &totals)) {
                Ok(compared) => ballots.contests[0].published.read.extend(compared),
                Err(why) => ballots.notes.push(format!("the outcome that the file states is not computed: {why}")),
            }
        }
        Ok(ballots)
    }

    /// The rule of the outcome, or why it is not computed. `None` if the file does not say which projects are selected.
    fn outcome(&self) -> Option<Result<Greedy, String>> {
        self.projects.iter().any(|project| project.selected.is_some()).then_some(())?;
        let rule = self.meta_text("rule").unwrap_or("unknown");
        let number =
            |key: &str| self.meta_text(key).map(|value| whole(value).map_err(|error| format!("{key}: {error}")));
        let greedy = || {
            let skips = match rule {
                "greedy" | "greedy-threshold" => true,
                "greedy-no-skip" => false,
                other => return Err(format!("its rule is {:?}", shortened(other))),
            };
            let budget = number("budget").ok_or("META has no budget")??;
            let threshold = number("min_project_score_threshold").transpose()?.unwrap_or(0);
            Ok(Greedy { budget, threshold, skips })
        };
        Some(greedy())
    }
}

/// A greedy rule of an outcome.
struct Greedy {
    budget: u64,
    /// Projects with fewer votes or points are not selected.
    threshold: u64,
    /// Whether projects that cost too much are passed over. Otherwise, the first one ends the selection.
    skips: bool,
}

impl Greedy {
    /// The published numbers about the outcome, and those that the rule gives. If the order of projects with equal totals
    /// matters, the rule gives no outcome.
    fn compared(&self, projects: &[Project], totals: &[u64]) -> Result<Vec<(String, u64, u64)>, String> {
        let mut costs = Vec::with_capacity(projects.len());
        for Project { id, cost, selected, .. } in projects {
            selected.ok_or_else(|| format!("it does not say of project {} whether it is selected", shortened(id)))?;
            costs.push(cost.ok_or_else(|| format!("project {} has no whole cost", shortened(id)))?);
        }
        let mut order: Vec<usize> = (0..projects.len()).collect();
        order.sort_by_key(|project| std::cmp::Reverse(totals[*project]));
        let selected = self.selected(&order, &costs, totals);
        order.sort_by_key(|project| (std::cmp::Reverse(totals[*project]), std::cmp::Reverse(*project)));
        if selected != self.selected(&order, &costs, totals) {
            return Err("projects with equal totals decide it".to_owned());
        }
        let stated: HashSet<usize> = (0..projects.len()).filter(|at| projects[*at].selected == Some(true)).collect();
        let both = stated.intersection(&selected).count() as u64;
        let number = stated.len() as u64;
        Ok(vec![
            ("(selected projects)".to_owned(), number, selected.len() as u64),
            ("(selected by the rule as well)".to_owned(), number, both),
        ])
    }

    fn selected(&self, order: &[usize], costs: &[u64], totals: &[u64]) -> HashSet<usize> {
        let (mut left, mut selected) = (self.budget, HashSet::new());
        for project in order.iter().filter(|project| totals[**project] >= self.threshold) {
            match left.checked_sub(costs[*project]) {
                Some(rest) => {
                    left = rest;
                    selected.insert(*project);
                }
                None if self.skips => {}
                None => break,
            }
        }
        selected
    }
}

impl Form {
    /// The rule of these votes. The vote with the fewest projects names `fewest`, the vote with the fewest points gives
    /// `least`.
    fn rule(&self, projects: usize, fewest: usize, least: u64) -> Rule {
        let min = self.min.min(fewest);
        match (self.kind, self.points) {
            (VoteType::Ordinal, _) => Rule::Positional(Positional {
                scores: (1..=self.max as u64).rev().collect(),
                truncated: min < self.max,
                blank: false,
            }),
            (_, Some(points)) => Rule::Cumulative(Cumulative {
                points: points.all,
                max: points.one,
                exact: points.least == points.all && least == points.all,
                blank: false,
            }),
            // With only one project, a voter must be able to leave it out. Otherwise there is no choice.
            _ => choose(if projects == 1 { 0 } else { min as u32 }, self.max as u32, false),
        }
    }
}

/// The name of a section, if the only value of a line is such a name. Other lines never have this form.
fn section_name(record: &Record) -> Option<&str> {
    let [name, rest @ ..] = record.values.as_slice() else { return None };
    let name = Some(name.trim()).filter(|name| ["META", "PROJECTS", "VOTES"].contains(name));
    name.filter(|_| rest.iter().all(|value| value.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(text: &str) -> Result<Ballots> {
        Reader::new(Records::new(Lines::of_text(text), ';')).read()
    }

    fn file(meta: &str, projects: &str, votes: &str) -> String {
        format!("META\nkey;value\ndescription;Budget\n{meta}PROJECTS\n{projects}VOTES\n{votes}")
    }

    const APPROVED: &str = "project_id;cost;votes;name\nA/1;5;2;\"Trees; more\"\nB;6;1;Benches\n";
    const SCORED: &str = "project_id;votes;score\nA;2;5\nB;1;1\nC;1;3\n";

    fn rule_and_options(text: &str) -> (Rule, Vec<u64>) {
        let ballots = parse(text).unwrap();
        let counts = count(&ballots);
        assert!(
            ballots.contests[0].published.options.iter().zip(&counts[0].options).all(|(one, two)| *one == Some(*two))
        );
        (ballots.contests[0].rule.clone(), counts[0].options.clone())
    }

    #[test]
    fn every_type_of_vote_becomes_its_rule() {
        let text = file("vote_type;approval\nmax_length;2\n", APPROVED, "voter_id;vote\n1;A/1,B\n2;A/1\n");
        assert_eq!(rule_and_options(&text), (choose(1, 2, false), vec![2, 1]));
        let ballots = parse(&text).unwrap();
        assert_eq!(ballots.contests[0].options[0], ("a-1".to_owned(), "Trees; more".to_owned()));
        let text = file("vote_type;choose-1\n", APPROVED, "voter_id;vote\r\n1;A/1\r\n2;A/1\r\n3;B\r\n");
        assert_eq!(rule_and_options(&text), (choose(1, 1, false), vec![2, 1]));

        let cumulative = |exact| Rule::Cumulative(Cumulative { points: 5, max: 5, exact, blank: false });
        let meta = "vote_type;cumulative\nmin_sum_points;5\nmax_sum_points;5\n";
        let text = file(meta, SCORED, "voter_id;vote;points\n1;A,B;3,1\n2;A,C;2,3\n");
        assert_eq!(rule_and_options(&text), (cumulative(false), vec![5, 1, 3]));
        assert_eq!(parse(&text).unwrap().notes.len(), 1);
        let text = file(meta, "project_id\nA\nB\n", "voter_id;vote;points\n1;A,B;4,1\n");
        assert_eq!(parse(&text).unwrap().contests[0].rule, cumulative(true));

        let meta = "vote_type;ordinal\nmin_length;2\nmax_length;2\n";
        let text = file(meta, "project_id;score\nA;4\nB;1\nC;1\n", "voter_id;vote\n1;A,B\n2;A,C\n");
        let positional = |truncated| Rule::Positional(Positional { scores: vec![2, 1], truncated, blank: false });
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
            (
                approval("voter_id;vote\n1;A/1\n2;A/1,B\n"),
                "sample, line 13: 2 projects are named, but at most 1 may be named",
            ),
            (approval("voter_id;vote\n1;X\n"), "sample, line 12: there is no project \"X\""),
            (approval("voter_id;vote\n1\n"), "sample, line 12: there is no value of vote"),
            (approval("voter_id;votes\n1;B\n"), "sample, line 11: there is no column vote"),
            (approval("voter_id;vote\n1;B;A/1\n"), "sample, line 12: the line has 3 values, but there are 2 columns"),
            (approval("voter_id;vote\n1;B\n2;B\n1;B\n"), "sample, line 14: voter \"1\" appears twice"),
            (approval("voter_id;vote;vote\n"), "sample, line 11: a column appears twice"),
            (approval("voter_id;vote\n"), "sample: there are no votes"),
            (approval("voter_id;vote\n1;B\nMETA\n"), "sample, line 13: a section after VOTES"),
            (points("1;A,A;1,1"), "sample, line 13: an option is marked twice"),
            (points("1;A,B;1"), "sample, line 13: projects: 2, but numbers of points: 1"),
            (points("1;A;3"), "sample, line 13: more points than a project may have, which is 2"),
            (points("1;A,B;2,2"), "sample, line 13: 4 points are given, but at most 3 may be given"),
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
                "sample, line 8: project \"A\" appears twice",
            ),
            (file("vote_type;ordinal\nvote_type;x\n", APPROVED, ""), "sample, line 5: \"vote_type\" appears twice"),
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
            (
                cumulative("min_sum_points;6\nmax_sum_points;5"),
                "sample, line 5: min_sum_points is larger than max_sum_points",
            ),
            (
                file("vote_type;cumulative\nmax_sum_points;5\n", APPROVED, "voter_id;vote\n"),
                "sample, line 11: there is no column points",
            ),
            (file("vote_type;ordinal\n", "project_id\n", ""), "sample, line 7: there are no projects"),
            (file("vote_type;ordinal\n", "project;votes\n", ""), "sample, line 6: there is no column project_id"),
            (file("", "project_id;votes\nA;many\n", ""), "sample, line 6: votes: \"many\" is not a whole number"),
            (
                file("vote_type;approval\nmax_sum_cost;5\n", "project_id;cost\nA;2.5\nB;1\n", ""),
                "sample, line 5: project A has no whole cost, so the limit cannot be checked",
            ),
        ] {
            assert_eq!(on_one_line(&parse(&text).err().unwrap()), expected, "{text}");
        }
    }

    fn differences(text: &str) -> Vec<String> {
        let ballots = parse(text).unwrap();
        let all = crate::compare::compare(&ballots, &count(&ballots), None);
        all[0].all().filter(|number| !number.same).map(|number| number.what.clone()).collect()
    }

    /// Fault R6.
    #[test]
    fn limits_of_costs_and_the_number_of_projects_are_not_passed_over() {
        let text =
            file("vote_type;approval\nmax_sum_cost;10\nnum_projects;2\n", APPROVED, "voter_id;vote\n1;A/1,B\n2;A/1\n");
        let expected = "the rule of the contest has no limit of costs: 1 ballot names projects that cost more than 10 together (max_sum_cost), and all were counted";
        assert_eq!(parse(&text).unwrap().notes, [expected]);
        assert_eq!(differences(&text), Vec::<String>::new());
        assert_eq!(differences(&text.replace("num_projects;2", "num_projects;3")), ["(projects)"]);
    }

    /// Fault R14.
    #[test]
    fn a_wrong_published_number_is_compared() {
        let text =
            file("vote_type;ordinal\nmax_length;1\n", "project_id;votes;score\nA;2;1\nB;0;0\n", "voter_id;vote\n1;A\n");
        assert_eq!(differences(&text), ["A (ballots that name it)"]);
        assert_eq!(differences(&text.replace("A;2;1", "A;1;1")), Vec::<String>::new());
    }

    #[test]
    fn a_greedy_outcome_is_computed_and_compared() {
        let outcome = |rule: &str, selected: [u8; 3]| {
            let [a, b, c] = selected;
            let projects = format!("project_id;cost;selected\nA;6;{a}\nB;5;{b}\nC;3;{c}\n");
            file(&format!("vote_type;approval\nbudget;10\n{rule}"), &projects, "voter_id;vote\n1;A,B,C\n2;A,B\n3;A\n")
        };
        let none = Vec::<String>::new();
        assert_eq!(differences(&outcome("rule;greedy\n", [1, 0, 1])), none);
        let both = ["(selected by the rule as well)"];
        assert_eq!(differences(&outcome("rule;greedy\n", [1, 1, 0])), both);
        assert_eq!(differences(&outcome("rule;greedy-no-skip\n", [1, 0, 0])), none);
        assert_eq!(differences(&outcome("rule;greedy-threshold\nmin_project_score_threshold;2\n", [1, 0, 0])), none);
        let note = |text: &str| parse(text).unwrap().notes.remove(0);
        let not_computed = "the outcome that the file states is not computed:";
        assert_eq!(
            note(&outcome("rule;equalshares\n", [1, 0, 1])),
            format!("{not_computed} its rule is \"equalshares\"")
        );
        let text = outcome("rule;greedy\n", [1, 0, 1]);
        assert_eq!(note(&text.replace("budget;10\n", "")), format!("{not_computed} META has no budget"));
        assert_eq!(
            note(&text.replace("B;5;0", "B;5;2")),
            format!("{not_computed} it does not say of project B whether it is selected")
        );
        assert_eq!(note(&text.replace("C;3", "C;3.5")), format!("{not_computed} project C has no whole cost"));
        let tied = text
            .replace("C;3;1", "C;4;1")
            .replace("budget;10", "budget;6")
            .replace("2;A,B", "2;C,A,B")
            .replace("3;A\n", "3;B\n");
        let tied = tied.replace("1;A,B,C", "1;A");
        assert_eq!(note(&tied), format!("{not_computed} projects with equal totals decide it"));
    }
}
