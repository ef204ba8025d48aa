//! Ranked ballots in the format of RAIRE (Blom, Stuckey, Teague, "RAIRE: Risk-Limiting Audits for IRV Elections",
//! arXiv:1903.08804).
//!
//! ```text
//! 1                              the number of contests
//! Contest,339,4,15,16,17,18      a contest, the number of its candidates, and the candidates
//! 339,99813_1_1,17               a contest, a ballot, and the candidates on it, the best first
//! ```

use std::collections::HashMap;

use crate::ballots::{Ballots, Published, check_contests, option_number};
use crate::error::{At as _, Result, ensure, problem};
use crate::sheets::{Entry, Race, Rank, RawContest, Rules, Sheets};
use crate::source::Source;
use crate::text::{Lines, Record, Records, number, shortened};

/// Whether this is the beginning of such a file.
pub(crate) fn is_raire(beginning: &str) -> bool {
    let mut lines = beginning.lines();
    let count = lines.next().is_some_and(|line| number(line.trim()).is_ok());
    count && lines.next().is_some_and(|line| line.starts_with("Contest,"))
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_raire(&crate::format::beginning(file)?)))?;
    interpret(Records::new(Lines::open(file)?, ','))
}

/// The number of each candidate of a contest, by the name in the file.
type Candidates = HashMap<String, u16>;

fn interpret(mut records: Records) -> Result<Ballots> {
    let first = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let count = match first.values.as_slice() {
        [count] => number(count.trim()),
        values => Err(problem!("{} values, expected the number of contests", values.len())),
    };
    let count = count.at(|| records.place(first.line))?;
    let mut sheets = Sheets::new("Ranked ballots", "ballots");
    let mut contests: HashMap<String, (usize, Candidates)> = HashMap::new();
    for _ in 0..count {
        let record = records.read()?.ok_or_else(|| problem!("there are fewer contests than stated"))?;
        contest(&record, &mut sheets, &mut contests).at(|| records.place(record.line))?;
    }
    // The lines of a ballot are next to each other or apart, one for each of its contests.
    let mut ballots: HashMap<String, usize> = HashMap::new();
    let mut entries: Vec<Vec<(usize, Entry)>> = Vec::new();
    while let Some(record) = records.read()? {
        let (id, entry) = ballot(&record, &contests).at(|| records.place(record.line))?;
        let number = *ballots.entry(id).or_insert(entries.len());
        if number == entries.len() {
            entries.push(Vec::new());
        }
        let is_new = entries[number].iter().all(|(contest, _)| *contest != entry.0);
        let twice = || problem!("the ballot was read before with this contest");
        is_new.then_some(()).ok_or_else(twice).at(|| records.place(record.line))?;
        entries[number].push(entry);
    }
    let file = records.file();
    sheets.notes.extend(records.skipped());
    for ballot in entries {
        sheets.cast(ballot, 1, 1)?;
    }
    sheets.finish().at(|| file)
}

fn contest(record: &Record, sheets: &mut Sheets, contests: &mut HashMap<String, (usize, Candidates)>) -> Result<()> {
    let values: Vec<&str> = record.values.iter().map(|value| value.trim()).collect();
    let ["Contest", id, count, rest @ ..] = values.as_slice() else {
        return Err(problem!("the line is not Contest,<contest>,<number>,<candidates>"));
    };
    let count = number(count)?;
    let split = usize::try_from(count).ok().and_then(|count| rest.split_at_checked(count));
    let (names, after) = split.ok_or_else(|| problem!("there are fewer candidates than stated"))?;
    check_contests(contests.len() + 1)?;
    let mut candidates = Candidates::new();
    for name in names {
        let number = option_number(candidates.len())?;
        ensure!(
            candidates.insert((*name).to_owned(), number).is_none(),
            "candidate {:?} appears twice",
            shortened(name)
        );
    }
    if !after.is_empty() {
        sheets.notes.push(format!("contest {id}: not read: {}", shortened(&after.join(","))));
    }
    let named = |name: &&str| ((*name).to_owned(), (*name).to_owned());
    let position = sheets.add(RawContest::Ranked(Race {
        name: format!("contest-{id}"),
        title: format!("Contest {id}"),
        candidates: names.iter().map(named).collect(),
        is_sorted: false,
        has_ties: false,
        rules: Rules::default(),
        published: Published::default(),
    }));
    let is_new = contests.insert((*id).to_owned(), (position, candidates)).is_none();
    ensure!(is_new, "contest {:?} appears twice", shortened(id));
    Ok(())
}

/// The name of a ballot, and its ranks in a contest.
fn ballot(record: &Record, contests: &HashMap<String, (usize, Candidates)>) -> Result<(String, (usize, Entry))> {
    let values: Vec<&str> = record.values.iter().map(|value| value.trim()).collect();
    let [contest, id, names @ ..] = values.as_slice() else {
        return Err(problem!("the line is not <contest>,<ballot>,<candidates>"));
    };
    let known = contests.get(*contest).ok_or_else(|| problem!("there is no contest {:?}", shortened(contest)))?;
    let rank = |name: &&str| {
        let candidate = known.1.get(*name).copied();
        candidate.map(Rank::One).ok_or_else(|| problem!("contest {contest} has no candidate {:?}", shortened(name)))
    };
    let ranks = names.iter().filter(|name| !name.is_empty()).map(rank).collect::<Result<_>>()?;
    Ok(((*id).to_owned(), (known.0, Entry::Ranks(ranks))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(text: &str) -> Result<Ballots> {
        interpret(Records::new(Lines::of_text(text), ','))
    }

    const CONTESTS: &str = "2\nContest,339,3,15,16,17,winner,16\nContest,7,2,1,2\n";

    #[test]
    fn ballots_with_several_contests_are_read() {
        let text = format!("{CONTESTS}339,a,17\n339,b,16,15\n7,a,2\n339,c\n");
        assert!(is_raire(&text) && !is_raire("2\n3\n"));
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.len(), ballots.contests[0].title.as_str()), (3, "Contest 339: first preferences"));
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([0, 1, 1].as_slice(), 1));
        assert_eq!(counts[1].pairs, [[0, 0, 1], [1, 0, 1], [1, 1, 0]]);
        assert_eq!((counts[2].ballots, counts[2].options.as_slice()), (1, [0, 1].as_slice()));
        assert_eq!(ballots.notes, ["contest 339: not read: winner,16"]);
    }

    #[test]
    fn broken_lines_are_named() {
        let after = |line: &str| format!("{CONTESTS}339,a,17\n{line}\n");
        for (text, expected) in [
            ("x\n".to_owned(), "sample, line 1: \"x\" is not a whole number"),
            ("2\nContest,1,1,1\n".to_owned(), "there are fewer contests than stated"),
            ("1\nContest,1,2,1\n".to_owned(), "sample, line 2: there are fewer candidates than stated"),
            ("1\nContest,1,2,1,1\n".to_owned(), "sample, line 2: candidate \"1\" appears twice"),
            ("2\nContest,1,1,1\nContest,1,1,1\n".to_owned(), "sample, line 3: contest \"1\" appears twice"),
            ("1\n339,a,1\n".to_owned(), "sample, line 2: the line is not Contest,<contest>,<number>,<candidates>"),
            (after("339"), "sample, line 5: the line is not <contest>,<ballot>,<candidates>"),
            (after("8,a,1"), "sample, line 5: there is no contest \"8\""),
            (after("339,b,1"), "sample, line 5: contest 339 has no candidate \"1\""),
            (after("339,a,15"), "sample, line 5: the ballot was read before with this contest"),
            (CONTESTS.to_owned(), "sample: there are no ballots with contests"),
        ] {
            assert_eq!(on_one_line(&parse(&text).err().unwrap()), expected);
        }
    }
}
