//! A ballot that a person fills in at a terminal, so that the choices are neither in the history of a shell nor in the
//! list of processes.

use std::io::{BufRead as _, Read as _};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::{Choices, Mark};
use ballotta::contest::ContestOption;
use ballotta::contest::MarkKind;
use ballotta::credential::Entitlement;
use ballotta::election::ElectionContext;
use ballotta::limits::MAX_CHOICES_BYTES;
use ballotta::manifest::{Attachment, Contest};
use ballotta::record::RecordSource;
use zeroize::{Zeroize as _, Zeroizing};

use super::explain::problems_of;
use super::{grades, identifiers, list, order, points, ranking};
use crate::console::{isolated, print_to_stderr};
use crate::failure::error_text;
use crate::titles::Titles;

/// Asks for the mark of every contest of a ballot style, until the rule of the contest allows it. `seed` draws the order of
/// options that the manifest shows in another order to every voter; `source` is the record.
pub(crate) fn ask_for_choices(
    source: &dyn RecordSource,
    context: &ElectionContext,
    language: &str,
    entitlement: Entitlement,
    seed: &[u8; 32],
) -> Result<Choices> {
    let manifest = context.manifest();
    show_attachments(source, &manifest.contents().attachments, language, "");
    let contests = manifest.style_contests(entitlement.style).iter();
    let contests: Vec<&Contest> = contests.filter_map(|number| manifest.contests().get(*number)).collect();
    let mut choices = Choices::new();
    for (number, contest) in (1..).zip(&contests) {
        let options = order::shown(contest, language, seed);
        show(source, number, contests.len(), contest, &options, language);
        loop {
            let typed = line()?;
            let mark = match read(contest, &options, typed.trim()) {
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
                choices.mark(&contest.id, read(contest, &options, typed.trim())?);
                break;
            }
            problems.iter().for_each(print_to_stderr);
            print_to_stderr("Type it again:");
        }
    }
    Ok(choices)
}

/// Names the files that the manifest attaches to something.
fn show_attachments(source: &dyn RecordSource, attachments: &[Attachment], language: &str, indent: &str) {
    for attachment in attachments {
        let path = attachment.path();
        let title = isolated(attachment.title.get(language).unwrap_or_default());
        // A record may lack an attachment. One that cannot be asked for is named as well.
        let is_missing = source.length(&path) == Ok(None);
        let missing = if is_missing { " (not in this record)" } else { "" };
        print_to_stderr(format_args!("{indent}attachment: {title}: {path}{missing}"));
    }
}

/// Shows a contest, its options in this order, and how its mark is typed.
fn show(
    source: &dyn RecordSource,
    number: usize,
    of: usize,
    contest: &Contest,
    options: &[&ContestOption],
    language: &str,
) {
    let titles = Titles { contest, language };
    let title = isolated(contest.title.get(language).unwrap_or(&contest.id));
    print_to_stderr(format_args!("\n{number} of {of}: {title}"));
    show_attachments(source, &contest.attachments, language, "");
    for (number, option) in (1..).zip(options) {
        print_to_stderr(format_args!("  {number:>3}  {}  {}", option.id, titles.option(&option.id)));
        show_attachments(source, &option.attachments, language, "       ");
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

/// A mark as it is typed for a contest. Options are named by identifiers, or by the numbers with which they were shown.
fn read(contest: &Contest, options: &[&ContestOption], typed: &str) -> Result<Mark> {
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
    let shown = options;
    let name = |option: &mut String| {
        let number = option.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let known = number.and_then(|number| shown.get(number));
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
