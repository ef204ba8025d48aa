//! A ballot that a person fills in at a terminal, so that the choices are neither in the history of a shell nor in the
//! list of processes.

use std::io::{BufRead as _, Read as _};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::{Choices, Mark};
use ballotta::contest::MarkKind;
use ballotta::credential::Entitlement;
use ballotta::election::ElectionContext;
use ballotta::limits::MAX_CHOICES_BYTES;
use ballotta::manifest::Contest;
use zeroize::{Zeroize as _, Zeroizing};

use super::explain::problems_of;
use super::{grades, identifiers, list, points, ranking};
use crate::console::{isolated, print_to_stderr};
use crate::failure::error_text;
use crate::titles::Titles;

/// Asks for the mark of every contest of a ballot style, until the rule of the contest allows it.
pub(crate) fn ask_for_choices(context: &ElectionContext, language: &str, entitlement: Entitlement) -> Result<Choices> {
    let manifest = context.manifest();
    let contests = manifest.style_contests(entitlement.style).iter();
    let contests: Vec<&Contest> = contests.filter_map(|number| manifest.contests().get(*number)).collect();
    let mut choices = Choices::new();
    for (number, contest) in (1..).zip(&contests) {
        show(number, contests.len(), contest, language);
        loop {
            let typed = line()?;
            let mark = match read(contest, typed.trim()) {
                Ok(mark) => mark,
                Err(error) => {
                    print_to_stderr(format_args!("{}\nType it again:", error_text(&error)));
                    continue;
                }
            };
            let mut tried = Choices::new();
            tried.mark(&contest.id, mark);
            // The other contests are not marked yet.
            let errors = tried.check(context, entitlement).err();
            let problems = errors.map(|errors| problems_of(manifest, contest, &tried, &errors)).unwrap_or_default();
            if problems.is_empty() {
                choices.mark(&contest.id, read(contest, typed.trim())?);
                break;
            }
            problems.iter().for_each(print_to_stderr);
            print_to_stderr("Type it again:");
        }
    }
    Ok(choices)
}

/// Shows a contest, its options, and how its mark is typed.
fn show(number: usize, of: usize, contest: &Contest, language: &str) {
    let titles = Titles { contest, language };
    let title = isolated(contest.title.get(language).unwrap_or(&contest.id));
    print_to_stderr(format_args!("\n{number} of {of}: {title}"));
    for (number, option) in (1..).zip(&contest.options) {
        print_to_stderr(format_args!("  {number:>3}  {}  {}", option.id, titles.option(&option.id)));
    }
    let form = match contest.rule.mark_kind() {
        MarkKind::Points => "OPTION:NUMBER,OPTION:NUMBER .. (others get nothing)",
        MarkKind::List => "LIST, or LIST:CANDIDATE,CANDIDATE ..",
        MarkKind::Grades => "OPTION:GRADE for every option, with commas between",
        MarkKind::Ranking => "OPTION>OPTION=OPTION .., from the first place to the last, with = between equal ones",
        _ => "OPTION, or OPTION,OPTION ..",
    };
    for grade in contest.rule.grades() {
        print_to_stderr(format_args!("  grade {}  {}", grade.id, titles.grade(&grade.id)));
    }
    print_to_stderr(format_args!("Type {form}; an option by its number or its name."));
    if contest.rule.has_blank() {
        print_to_stderr("Type - to cast a blank vote.");
    }
}

/// A line that a person types.
fn line() -> Result<Zeroizing<String>> {
    // The buffer must not grow, because bytes that are moved are not wiped.
    let mut line = Zeroizing::new(String::with_capacity(MAX_CHOICES_BYTES + 1));
    let read = std::io::stdin().lock().take(MAX_CHOICES_BYTES as u64).read_line(&mut line);
    ensure!(read.context("the choices cannot be read")? > 0, "the choices end before every contest is marked");
    Ok(line)
}

/// A mark as it is typed for a contest. Options are named by identifiers or by their numbers.
fn read(contest: &Contest, typed: &str) -> Result<Mark> {
    if typed == "-" {
        return Ok(Mark::Blank);
    }
    let mut mark = match contest.rule.mark_kind() {
        MarkKind::Points => points(typed)?,
        MarkKind::List => list(typed)?,
        MarkKind::Grades => grades(typed)?,
        MarkKind::Ranking => ranking(typed)?,
        _ => Mark::Options(identifiers(typed, ',')?),
    };
    let name = |option: &mut String| {
        let number = option.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let known = number.and_then(|number| contest.options.get(number));
        if let Some(known) = known.filter(|_| contest.options.iter().all(|known| known.id != *option)) {
            option.zeroize();
            option.push_str(&known.id);
        }
    };
    match &mut mark {
        Mark::Options(options) => options.iter_mut().for_each(name),
        Mark::Points(points) => points.iter_mut().for_each(|(option, _)| name(option)),
        Mark::Grades(grades) => grades.iter_mut().for_each(|(option, _)| name(option)),
        Mark::Ranking(places) => places.iter_mut().flatten().for_each(name),
        Mark::List { list, preferences } => {
            name(list);
            preferences.iter_mut().for_each(name);
        }
        _ => {}
    }
    Ok(mark)
}
