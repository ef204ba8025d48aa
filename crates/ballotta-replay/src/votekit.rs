//! Rankings as comma-separated values that VoteKit (MGGG) reads: its own profiles, and elections of Scotland.
//!
//! ```text
//! VoteKit RankProfile
//! Candidates
//! (Ada:A),(Bob:B)
//! Max Ranking Length
//! 2
//! Includes Voter Set
//! False
//! =,=,=,=,=,=,=,=,=,=
//! Ranking_1,Ranking_2,&,Weight,&
//! {'A'},{'B'},&,3.0,&
//!
//! 2,1,                             the numbers of candidates and seats
//! 3,2,1,                           three ballots: candidate 2, then candidate 1
//! "Candidate 1","Ada","Party",
//! "Candidate 2","Bob","Party",
//! "The ward"
//! ```

use crate::ballots::{Ballots, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::profile::{Profile, voters};
use crate::source::Source;
use crate::text::{Lines, Record, Records, number, shortened};

/// The first lines of profiles.
const PROFILES: [&str; 2] = ["VoteKit RankProfile", "VoteKit PreferenceProfile"];

/// Whether this is the beginning of such a file.
pub(crate) fn is_votekit(beginning: &str) -> bool {
    let mut lines = beginning.lines().map(|line| line.trim().trim_end_matches(','));
    let first = lines.next().unwrap_or_default();
    let numbers = |line: &str| line.split(',').all(|value| number(value.trim()).is_ok());
    PROFILES.contains(&first)
        || (first.split(',').count() == 2
            && numbers(first)
            && lines.next().is_some_and(|line| line.contains(',') && numbers(line)))
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_votekit(&crate::format::beginning(file)?)))?;
    interpret(Records::new(Lines::open(file)?, ','))
}

fn interpret(mut records: Records) -> Result<Ballots> {
    let first = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let file = records.file();
    if first.values.first().is_some_and(|value| PROFILES.contains(&value.trim())) {
        profile(records).at(|| file)
    } else {
        scottish(&first, records).at(|| file)
    }
}

/// Reads a profile, after its first line.
fn profile(mut records: Records) -> Result<Ballots> {
    let mut next = || records.read()?.ok_or_else(|| problem!("the lines before the ballots are missing"));
    let (_, candidates, ..) = (next()?, next()?);
    // The lines about the length of rankings and the sets of voters say nothing that the columns do not say.
    let mut columns = next()?;
    while columns.values.iter().all(|value| value.trim() != "Weight") {
        columns = next()?;
    }
    let mut profile = Profile::new("Ranked ballots");
    let mut labels = Vec::new();
    for candidate in &candidates.values {
        let inner = candidate.trim().strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let named = inner.and_then(|text| text.rsplit_once(':'));
        let (name, label) = named.ok_or_else(|| problem!("{:?} is not (<name>:<label>)", shortened(candidate)))?;
        option_number(labels.len())?;
        labels.push(label.to_owned());
        profile.candidates.push((label.to_owned(), name.to_owned()));
    }
    let (mut rankings, mut weight) = (Vec::new(), None);
    for (position, column) in columns.values.iter().enumerate() {
        match column.trim() {
            "Weight" => weight = Some(position),
            "&" | "Voter Set" | "" => {}
            column if column.strip_prefix("Ranking_").is_some_and(|rank| number(rank).is_ok()) => {
                rankings.push(position)
            }
            other => bail!("line {}: the column {:?} is not read, only rankings", columns.line, shortened(other)),
        }
    }
    ensure!(!rankings.is_empty(), "line {}: there is no column Ranking_1", columns.line);
    let weight = weight.ok_or_else(|| problem!("there is no column Weight"))?;
    while let Some(record) = records.read()? {
        let line = || format!("line {}", record.line);
        let value = |position: usize| record.values.get(position).map_or("", |value| value.trim());
        let mut places = Vec::with_capacity(rankings.len());
        for position in &rankings {
            let place = labels_of(value(*position)).and_then(|place| {
                let option = |label: &String| {
                    let position = labels.iter().position(|known| known == label);
                    option_number(position.ok_or_else(|| problem!("there is no candidate {:?}", shortened(label)))?)
                };
                place.iter().map(option).collect::<Result<Vec<u16>>>()
            });
            places.push(place.at(line)?);
        }
        profile.add(&places, voters(value(weight)).at(line)?);
    }
    profile.finish()
}

/// The labels in a cell, which Python has written as a set of texts: `{'A', "O'B"}`.
fn labels_of(cell: &str) -> Result<Vec<String>> {
    let broken = || problem!("{:?} is not a set of labels", shortened(cell));
    if cell.is_empty() || cell == "set()" {
        return Ok(Vec::new());
    }
    let mut rest = cell.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(broken)?.trim();
    let mut labels = Vec::new();
    while let Some(quote) = rest.chars().next() {
        ensure!(quote == '\'' || quote == '"', "{}", broken());
        let (mut label, mut is_escaped, mut end) = (String::new(), false, None);
        for (at, character) in rest.char_indices().skip(1) {
            match character {
                _ if is_escaped => {
                    label.push(character);
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                character if character == quote => {
                    end = Some(at + 1);
                    break;
                }
                character => label.push(character),
            }
        }
        let after = end.and_then(|end| rest.get(end..)).ok_or_else(broken)?.trim_start();
        labels.push(label);
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.is_empty() => after,
            None => return Err(broken()),
        };
    }
    Ok(labels)
}

/// The values of a line that are not empty. Lines of this kind end with separators.
fn filled(record: &Record) -> Vec<&str> {
    record.values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
}

/// Reads an election of Scotland.
fn scottish(first: &Record, mut records: Records) -> Result<Ballots> {
    let line = |record: &Record| format!("line {}", record.line);
    let numbers = match filled(first).as_slice() {
        [candidates, seats] => number(candidates).and_then(|candidates| Ok((candidates, number(seats)?))),
        _ => Err(problem!("the line is not <candidates>,<seats>")),
    };
    let (count, seats) = numbers.at(|| line(first))?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let checked = count.checked_sub(1).ok_or_else(|| problem!("there are no candidates"));
    checked.and_then(option_number).at(|| line(first))?;
    let mut profile = Profile::new("Ranked ballots");
    let mut titles = Vec::new();
    while let Some(record) = records.read()? {
        let values = filled(&record);
        let mut read = || {
            match values.as_slice() {
                [] => {}
                [candidate, name, ..] if candidate.starts_with("Candidate ") => {
                    ensure!(profile.candidates.len() < count, "there are more than {count} candidates");
                    let position = profile.candidates.len() + 1;
                    let stated = number(candidate.trim_start_matches("Candidate ").trim())?;
                    ensure!(stated == position as u64, "candidate {position} is not named before candidate {stated}");
                    let party = values.get(2).map_or(String::new(), |party| format!(", {party}"));
                    profile.candidates.push((position.to_string(), format!("{name}{party}")));
                }
                [weight, candidates @ ..] if profile.candidates.is_empty() => {
                    let place = |text: &&str| {
                        let position = number(text)?.checked_sub(1).filter(|position| (*position as usize) < count);
                        let position = position.ok_or_else(|| problem!("there is no candidate {}", shortened(text)))?;
                        Ok(vec![option_number(position as usize)?])
                    };
                    let places = candidates.iter().map(place).collect::<Result<Vec<_>>>()?;
                    profile.add(&places, voters(weight)?);
                }
                texts => {
                    let is_ballot = texts.iter().all(|text| number(text).is_ok());
                    ensure!(!is_ballot, "a ballot after the names of the candidates");
                    titles.push(texts.join(", "));
                }
            }
            Ok(())
        };
        read().at(|| line(&record))?;
    }
    ensure!(profile.candidates.len() == count, "{count} candidates, but {} names", profile.candidates.len());
    if !titles.is_empty() {
        profile.title = titles.join(", ");
    }
    profile.notes.push(format!("{seats} seats are not assigned: only first preferences and pairs are counted"));
    profile.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(text: &str) -> Result<Ballots> {
        interpret(Records::new(Lines::of_text(text), ','))
    }

    const PROFILE: &str = "VoteKit RankProfile\nCandidates\n(Ada:A),(O'Brien:O'),(Eve:E)\nMax Ranking Length\n2\n\
        Includes Voter Set\nFalse\n=,=,=,=,=,=,=,=,=,=\nRanking_1,Ranking_2,&,Weight,&\n";

    #[test]
    fn a_profile_is_read() {
        let text = format!("{PROFILE}{{'A'}},\"{{'E', \"\"O'\"\"}}\",&,3.0,&\n{{}},{{'E'}},&,2,&\n,,&,1.00,&\n");
        assert!(is_votekit(&text) && !is_votekit("a,b\n"));
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.len(), ballots.contests[0].options[1].1.as_str()), (6, "O'Brien"));
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([3, 0, 2].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 3, 3], [0, 0, 0], [2, 2, 0]]);
        for (line, expected) in [
            ("{'X'},,&,1,&", "sample: line 10: there is no candidate \"X\""),
            ("{A},,&,1,&", "sample: line 10: \"{A}\" is not a set of labels"),
            ("{'A},,&,1,&", "sample: line 10: \"{'A}\" is not a set of labels"),
            ("{'A'},,&,x,&", "sample: line 10: \"x\" is not a number of voters"),
        ] {
            assert_eq!(on_one_line(&parse(&format!("{PROFILE}{line}\n")).err().unwrap()), expected);
        }
        let scores = PROFILE.replace("Ranking_2", "Scores");
        let problem = on_one_line(&parse(&scores).err().unwrap());
        assert_eq!(problem, "sample: line 9: the column \"Scores\" is not read, only rankings");
    }

    #[test]
    fn an_election_of_scotland_is_read() {
        let names =
            "\"Candidate 1\",\"Ada\",\"Green (G)\",\"\"\n\"Candidate 2\",\"Bob\",\"Labour\",\"\"\n\"Ward 7\",\n";
        let text = format!("2,1,\n3,2,1,\n2,1,\n{names}");
        assert!(is_votekit(&text));
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.title(), ballots.contests[0].options[0].1.as_str()), ("Ward 7", "Ada, Green (G)"));
        assert_eq!(
            (counts[0].options.as_slice(), counts[1].pairs[1].as_slice()),
            ([2, 3].as_slice(), [3, 0].as_slice())
        );
        for (text, expected) in [
            (format!("2,1\n3,3\n{names}"), "sample: line 2: there is no candidate 3"),
            (format!("3,1\n3,2\n{names}"), "sample: 3 candidates, but 2 names"),
            (format!("1,1\n3,1\n{names}"), "sample: line 4: there are more than 1 candidates"),
            (format!("2,1\n3,1\n{names}2,1\n"), "sample: line 6: a ballot after the names of the candidates"),
            (format!("2\n3,1\n{names}"), "sample: line 1: the line is not <candidates>,<seats>"),
        ] {
            assert_eq!(on_one_line(&parse(&text).err().unwrap()), expected);
        }
    }
}
