//! Explains errors in choices. The library does not name the options of a mark, which are secret, but the voter who
//! typed them needs to know which ones are wrong.

use anyhow::{Result, anyhow};
use ballotta::ballot::{ChoiceError, ChoiceErrors, ChoiceProblem, Choices, Mark};
use ballotta::contest::{List, Lists, MarkKind, Rule, SelectionError};
use ballotta::manifest::{Contest, Manifest};

use crate::console::escaped;
use crate::failure::ErrorContext as _;

/// Fails with a line for each error in the choices, and with remedies.
/// `style` is the position of the voter's ballot style.
pub(crate) fn explain<T>(manifest: &Manifest, style: usize, choices: &Choices, errors: &ChoiceErrors) -> Result<T> {
    let (mut problems, mut remedies) = (Vec::new(), Vec::new());
    for error in errors.errors() {
        let contest = manifest.contests().iter().find(|contest| Some(&contest.id) == error.contest.as_ref());
        let mark = choices.expose_marks().find(|(id, _)| Some(*id) == error.contest.as_deref());
        problems.push(problem(manifest, style, contest, mark.map(|(_, mark)| mark), error));
        remedies.extend(contest.and_then(|contest| remedy(contest, &error.problem)));
    }
    let all = Err(anyhow!(problems.join("\n")));
    if remedies.is_empty() { all } else { all.remedy(remedies.join("; ")) }
}

/// A line for each error in the mark of one contest.
pub(super) fn problems_of(
    manifest: &Manifest,
    contest: &Contest,
    choices: &Choices,
    errors: &ChoiceErrors,
) -> Vec<String> {
    let mark = choices.expose_marks().find(|(id, _)| *id == contest.id).map(|(_, mark)| mark);
    let of_contest = errors.errors().iter().filter(|error| error.contest.as_ref() == Some(&contest.id));
    // The contest is known, so the contests of the style are not named.
    of_contest.map(|error| problem(manifest, 0, Some(contest), mark, error)).collect()
}

/// The option of the command line that marks a contest.
fn how_to_mark(contest: &Contest) -> String {
    let id = &contest.id;
    match contest.rule.mark_kind() {
        MarkKind::Points => format!("--points {id}=OPTION:NUMBER,.."),
        MarkKind::List => format!("--list {id}=LIST:CANDIDATE,.."),
        MarkKind::Grades => format!("--grades {id}=OPTION:GRADE,.."),
        MarkKind::Ranking => format!("--rank '{id}=OPTION>OPTION..'"),
        _ => format!("--choose {id}=OPTION"),
    }
}

/// What to do about a problem, if the message does not already say it.
fn remedy(contest: &Contest, problem: &ChoiceProblem) -> Option<String> {
    let (mark, id) = (how_to_mark(contest), &contest.id);
    match problem {
        ChoiceProblem::MissingContest if contest.rule.has_blank() => Some(format!("add {mark}, or --blank {id}")),
        ChoiceProblem::MissingContest => Some(format!("add {mark}")),
        ChoiceProblem::Selection(SelectionError::WrongKind | SelectionError::BlankNotAllowed) => {
            Some(format!("mark {id} with {mark}"))
        }
        _ => None,
    }
}

/// Describes an error, with the identifiers that cause it or that are allowed.
fn problem(
    manifest: &Manifest,
    style: usize,
    contest: Option<&Contest>,
    mark: Option<&Mark>,
    error: &ChoiceError,
) -> String {
    let more = match (&error.problem, contest, mark) {
        (ChoiceProblem::UnknownContest, ..) => {
            let of_style = manifest.style_contests(style).iter().filter_map(|number| manifest.contests().get(*number));
            Some(format!("; the contests are {}", join(of_style.map(|contest| &contest.id))))
        }
        (ChoiceProblem::UnknownOption, Some(contest), _) => {
            Some(format!("; its options are {}", join(contest.options.iter().map(|option| &option.id))))
        }
        (ChoiceProblem::Selection(problem), Some(contest), Some(mark)) => {
            which(contest, mark, problem).map(|which| format!(": {which}"))
        }
        _ => None,
    };
    format!("{error}{}", more.unwrap_or_default())
}

/// The options of the mark that cause the error.
fn which(contest: &Contest, mark: &Mark, problem: &SelectionError) -> Option<String> {
    match (problem, mark, &contest.rule) {
        (SelectionError::TooManyForOption { max }, Mark::Points(points), _) => {
            let given = points.iter().filter(|(_, points)| points > max);
            Some(join(given.map(|(option, points)| format!("{option} has {points}"))))
        }
        (SelectionError::DuplicateOption, ..) => {
            let options = options(mark);
            let (position, twice) = options
                .iter()
                .enumerate()
                .find(|(position, option)| options.iter().take(*position).any(|one| one == *option))?;
            let is_list = position > 0 && matches!(mark, Mark::List { list, .. } if list == twice);
            Some(if is_list { format!("{twice} is the list") } else { format!("{twice} appears twice") })
        }
        (SelectionError::Undervote { .. }, Mark::Ranking(_), _) => {
            Some(format!("the missing options are {}", join(unmarked(contest, mark))))
        }
        (SelectionError::MissingGrade, ..) => {
            Some(format!("{}; the grades are {}", join(unmarked(contest, mark)), join(grade_ids(contest))))
        }
        (SelectionError::UnknownGrade { .. }, Mark::Grades(grades), _) => {
            let known = |grade: &str| grade_ids(contest).any(|known| known == grade);
            let unknown = grades.iter().filter(|(_, grade)| !known(grade));
            let unknown = join(unknown.map(|(option, grade)| format!("{option}:{}", escaped(grade))));
            Some(format!("{unknown}; the grades are {}", join(grade_ids(contest))))
        }
        (SelectionError::NotAList, Mark::List { list, .. }, Rule::Lists(rule)) => {
            Some(format!("{list}; the lists are {}", join(rule.lists.iter().map(|list| &list.list))))
        }
        (SelectionError::NotACandidate, Mark::List { preferences, .. }, Rule::Lists(rule)) => {
            let are_lists = preferences.iter().filter(|option| rule.lists.iter().any(|list| list.list == **option));
            Some(format!("{} is a list", join(are_lists)))
        }
        (SelectionError::OtherList, Mark::List { list, preferences }, Rule::Lists(rule)) => {
            let others = preferences.iter().filter_map(|option| {
                let of = list_of(rule, option).filter(|of| of.list != *list)?;
                Some(format!("{option} is a candidate of {}", of.list))
            });
            Some(join(others))
        }
        (SelectionError::TooManyOfGroup { .. }, Mark::List { preferences, .. }, Rule::Lists(rule)) => {
            let too_many = rule.groups.iter().find(|group| {
                preferences.iter().filter(|option| group.candidates.contains(option)).count() > group.max as usize
            })?;
            Some(format!("the group is {}", join(too_many.candidates.iter())))
        }
        (
            SelectionError::TooManyPoints { total, .. } | SelectionError::TooFewPoints { total, .. },
            _,
            Rule::Split(_),
        ) => Some(format!("divide the whole weight of this ballot, {total}")),
        _ => None,
    }
}

/// The list of a candidate.
fn list_of<'a>(rule: &'a Lists, candidate: &String) -> Option<&'a List> {
    rule.lists.iter().find(|list| list.candidates.contains(candidate))
}

/// The options that a mark names, in its order.
fn options(mark: &Mark) -> Vec<&str> {
    match mark {
        Mark::Options(options) => options.iter().map(String::as_str).collect(),
        Mark::Points(points) => points.iter().map(|(option, _)| option.as_str()).collect(),
        Mark::Grades(grades) => grades.iter().map(|(option, _)| option.as_str()).collect(),
        Mark::Ranking(ranking) => ranking.iter().flatten().map(String::as_str).collect(),
        Mark::List { list, preferences } => [list].into_iter().chain(preferences).map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The options that a mark does not name.
fn unmarked<'a>(contest: &'a Contest, mark: &'a Mark) -> impl Iterator<Item = &'a str> {
    let marked = options(mark);
    contest.options.iter().map(|option| option.id.as_str()).filter(move |option| !marked.contains(option))
}

fn grade_ids(contest: &Contest) -> impl Iterator<Item = &str> {
    contest.rule.grades().iter().map(|grade| grade.id.as_str())
}

fn join(texts: impl Iterator<Item: AsRef<str>>) -> String {
    texts.map(|text| text.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}
