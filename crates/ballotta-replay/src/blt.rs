//! Ranked ballots as `.blt` files have them (Hill, Wichmann, Woodall, "Algorithm 123", 1987), as OpaVote and others write
//! them.
//!
//! ```text
//! 4 2                 the numbers of candidates and seats
//! -2                  candidate 2 has withdrawn
//! 1 4 3 0             one ballot: candidate 4, then candidate 3
//! 2 1=3 - 4 0         two ballots: 1 and 3 tie, then a rank is skipped
//! 0                   the end of the ballots
//! "Ada"               the names of the candidates, and the title
//! ```

use crate::ballots::{Ballots, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::profile::{Profile, voters};
use crate::source::Source;
use crate::text::{Lines, counted, number, shortened};

/// Whether this is the beginning of such a file.
pub(crate) fn is_blt(beginning: &str) -> bool {
    let mut lines = beginning.lines().map(without_comment).filter(|line| !line.is_empty());
    let numbers = |line: &str| line.split_whitespace().all(|value| number(value.trim_start_matches('-')).is_ok());
    let is_first = lines.next().is_some_and(|line| line.split_whitespace().count() == 2 && numbers(line));
    // A second line is a ballot, or names those who have withdrawn.
    let is_second = |line: &str| line.starts_with('-') || line.split_whitespace().next_back() == Some("0");
    is_first && lines.next().is_some_and(is_second)
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_blt(&crate::format::beginning(file)?)))?;
    interpret(Lines::open(file)?)
}

/// A line without its comment. A text in quotation marks has no comment.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('"') { line } else { line.split('#').next().unwrap_or(line).trim() }
}

/// The next line with content.
fn next(lines: &mut Lines) -> Result<Option<String>> {
    while let Some(line) = lines.read()? {
        let line = without_comment(&line);
        if !line.is_empty() {
            return Ok(Some(line.to_owned()));
        }
    }
    Ok(None)
}

fn interpret(mut lines: Lines) -> Result<Ballots> {
    let first = next(&mut lines)?.ok_or_else(|| problem!("there is no line"))?;
    let values: Vec<&str> = first.split_whitespace().collect();
    let numbers = match values.as_slice() {
        [candidates, seats] => number(candidates).and_then(|candidates| Ok((candidates, number(seats)?))),
        _ => Err(problem!("the line is not <candidates> <seats>")),
    };
    let (count, seats) = numbers.at(|| lines.here())?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let checked = count.checked_sub(1).ok_or_else(|| problem!("there are no candidates"));
    checked.and_then(option_number).at(|| lines.here())?;
    let mut profile = Profile::new("Ranked ballots");
    let mut is_ended = false;
    while let Some(line) = next(&mut lines)? {
        if line == "0" {
            is_ended = true;
            break;
        }
        ballot(&line, count, &mut profile).at(|| lines.here())?;
    }
    ensure!(is_ended, "{}: the line 0 after the ballots is missing", lines.file());
    let mut names = Vec::with_capacity(count);
    while let Some(line) = next(&mut lines)? {
        let inner = line.strip_prefix('"').and_then(|line| line.rsplit_once('"'));
        names.push(inner.map_or(line.as_str(), |(name, _)| name).to_owned());
        ensure!(names.len() <= count + 64, "{}: more texts than names and a title", lines.here());
    }
    ensure!(
        names.len() >= count,
        "{}: {count} candidates, but {}",
        lines.file(),
        counted(names.len() as u64, "name", "names")
    );
    let mut others = names.split_off(count).into_iter();
    if let Some(title) = others.next() {
        profile.title = title;
    }
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        let number = counted(others.len() as u64, "line", "lines");
        profile.notes.push(format!("{number} after the title not read: {}", shortened(&others.join(" "))));
    }
    profile.notes.push(format!("{seats} seats are not assigned: only first preferences and pairs are counted"));
    profile.candidates = (1..).zip(names).map(|(number, name): (u64, String)| (number.to_string(), name)).collect();
    profile.finish().at(|| lines.file())
}

/// Reads a line of a ballot, or of candidates who have withdrawn.
fn ballot(line: &str, count: usize, profile: &mut Profile) -> Result<()> {
    let candidate = |text: &str| {
        let position = number(text)?.checked_sub(1).and_then(|position| usize::try_from(position).ok());
        let known = position.filter(|position| *position < count);
        option_number(known.ok_or_else(|| problem!("there is no candidate {}", shortened(text)))?)
    };
    let values: Vec<&str> = line.split_whitespace().collect();
    if values.iter().all(|value| value.len() > 1 && value.starts_with('-')) {
        ensure!(profile.len() == 0, "candidates withdraw after a ballot");
        for value in values {
            profile.rules.excluded.insert(candidate(value.trim_start_matches('-'))?);
        }
        return Ok(());
    }
    // Some programs write the name of a ballot in brackets before it.
    let values = match values.as_slice() {
        [id, rest @ ..] if id.starts_with('(') && id.ends_with(')') => rest,
        values => values,
    };
    let [weight, places @ .., "0"] = values else { bail!("a ballot does not end with 0") };
    let mut ranking = Vec::with_capacity(places.len());
    for place in places {
        ranking.push(match *place {
            "-" => Vec::new(),
            place => place.split('=').map(candidate).collect::<Result<_>>()?,
        });
    }
    profile.add(&ranking, voters(weight)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(text: &str) -> Result<Ballots> {
        interpret(Lines::of_text(text))
    }

    const NAMES: &str = "0\n\"Ada\"\n\"Bob\"\n\"Eve #1\"\n\"Flo\"\n\"The club\" # the title\n";

    #[test]
    fn ballots_are_read_with_ties_and_withdrawals() {
        let text = format!("4 2 # two seats\n-2\n\n1 4 3 0\n2 2 1=3 - 4 0\n(17) 1 0\n{NAMES}");
        assert!(is_blt(&text) && is_blt("3 1\n1 2 0\n") && !is_blt("3 1\n1 2\n") && !is_blt("a b\n"));
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.title(), ballots.len()), ("The club", 4));
        let titles: Vec<&str> = ballots.contests[0].options.iter().map(|(_, title)| title.as_str()).collect();
        assert_eq!(titles, ["Ada", "Eve #1", "Flo"]);
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([0, 0, 1].as_slice(), 3));
        assert_eq!(counts[1].pairs, [[0, 0, 2], [1, 0, 2], [1, 1, 0]]);
        let expected = [
            "2 seats are not assigned: only first preferences and pairs are counted",
            "The club: 2 ballots without a single first preference are blank among the first preferences",
            "The club: 2 marks for candidates that are excluded do not count",
        ];
        assert_eq!(ballots.notes, expected);
    }

    #[test]
    fn broken_lines_are_named() {
        for (text, expected) in [
            (String::new(), "there is no line"),
            ("4\n".to_owned(), "sample, line 1: the line is not <candidates> <seats>"),
            ("0 1\n".to_owned(), "sample, line 1: there are no candidates"),
            (format!("4 1\n1 2\n{NAMES}"), "sample, line 2: a ballot does not end with 0"),
            (format!("4 1\n1 5 0\n{NAMES}"), "sample, line 2: there is no candidate 5"),
            (format!("4 1\n1 0 0\n{NAMES}"), "sample, line 2: there is no candidate 0"),
            (format!("4 1\nx 1 0\n{NAMES}"), "sample, line 2: \"x\" is not a number of voters"),
            (format!("4 1\n1 1 0\n-2\n{NAMES}"), "sample, line 3: candidates withdraw after a ballot"),
            ("4 1\n1 1 0\n".to_owned(), "sample: the line 0 after the ballots is missing"),
            ("2 1\n1 1 0\n0\n\"Ada\"\n".to_owned(), "sample: 2 candidates, but 1 name"),
        ] {
            assert_eq!(on_one_line(&parse(&text).err().unwrap()), expected, "{text}");
        }
    }
}
