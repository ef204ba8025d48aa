//! Cast vote records as comma-separated values with a column for every choice: exports of Dominion's Democracy Suite and
//! of Clear Ballot.
//!
//! ```text
//! Town,5.11.3.1
//! ,,,Mayor (Vote For=1),Mayor (Vote For=1),Board (Number of positions=1, Number of ranks=2),..
//! ,,,Ada,Bob,Eve(1),..
//! CvrNumber,RecordId,BallotType,DEM,REP,,..
//! 1,17,DS-01,1,0,,..                                                 empty: the contest is not on the ballot
//!
//! RowNumber,BallotID,Choice_1_1:Mayor:Vote For 1:Ada:DEM,Choice_7_2:Board:1:Number of Winners 2:Eve:NON,..
//! 1,a-17,1,,..
//! ```
//!
//! A line is a ballot. A contest with more marks than allowed is over-voted, and counts as blank. In a ranked contest, the
//! number in the name of the choice is the rank.

use std::collections::{HashMap, HashSet};

use ballotta::limits::MAX_OPTIONS;

use crate::ballots::{Ballots, Contest, Names, Published, check_contests, choose, option_number};
use crate::dominion::MAX_RANKS;
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::sheets::{Entry, Found, Race, Rank, RawContest, Rules, Sheets};
use crate::source::{Source, SourceFile};
use crate::text::{Lines, Record, Records, number, shortened};

/// The first column of the lines of ballots.
const DOMINION_FIRST: &str = "CvrNumber";
const CLEAR_BALLOT_FIRST: &str = "RowNumber";
/// The most bytes before the line of the columns.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// Whether a file is an export of Dominion as comma-separated values.
pub(crate) fn is_dominion(file: &SourceFile) -> Result<bool> {
    let text = file.beginning(512)?;
    let text = String::from_utf8_lossy(&text);
    // The second line begins with the columns that have no contest. That is a reason to look at the fourth line.
    if !text.lines().nth(1).is_some_and(|line| line.starts_with([',', '"'])) {
        return Ok(false);
    }
    let text = file.beginning(MAX_HEADER_BYTES)?;
    let text = String::from_utf8_lossy(&text);
    let fourth = text.lines().nth(3).unwrap_or_default();
    Ok(plain(fourth.split(',').next().unwrap_or_default().trim_matches('"')) == DOMINION_FIRST)
}

/// Whether this is the first line of an export of Clear Ballot.
pub(crate) fn is_clear_ballot(line: &str) -> bool {
    let begins = line.starts_with("Choice_") || line.contains(",Choice_") || line.contains("\"Choice_");
    begins && (line.contains(":Vote For ") || line.contains(":Number of Winners "))
}

/// A value without the marks that keep a spreadsheet from changing it: `="1-1-1"`.
fn plain(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix("=\"").and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// What the heading of a column says.
#[derive(Debug, PartialEq, Eq)]
struct Choice {
    contest: String,
    name: String,
    /// The number of choices that a voter may mark, if the heading states it.
    votes: Option<u32>,
    rank: Option<usize>,
}

fn limited(text: &str, most: usize) -> Option<u32> {
    number(text.trim()).ok().filter(|number| (1..=most as u64).contains(number)).map(|number| number as u32)
}

/// The last brackets of a text, and the text before them.
fn brackets(text: &str) -> Option<(&str, &str)> {
    text.trim_end().strip_suffix(')')?.rsplit_once('(')
}

impl Choice {
    /// The contest and the choice of a column in an export of Dominion.
    fn of_dominion(contest: &str, choice: &str) -> Result<Self> {
        let (contest, choice) = (contest.trim(), choice.trim());
        let rules = brackets(contest).map(|(name, rules)| (name.trim(), rules));
        if let Some((name, rules)) = rules {
            if let Some(votes) = rules.strip_prefix("Vote For=") {
                let votes = limited(votes, MAX_OPTIONS);
                let votes = votes.ok_or_else(|| problem!("{:?} allows no number of votes", shortened(contest)))?;
                return Ok(Self { contest: name.to_owned(), name: choice.to_owned(), votes: Some(votes), rank: None });
            }
            if rules.contains("Number of ranks=") {
                let rank = brackets(choice).and_then(|(name, rank)| Some((name.trim(), limited(rank, MAX_RANKS)?)));
                let (choice, rank) = rank.ok_or_else(|| problem!("{:?} has no rank", shortened(choice)))?;
                let rank = Some(rank as usize);
                return Ok(Self { contest: name.to_owned(), name: choice.to_owned(), votes: None, rank });
            }
        }
        Ok(Self { contest: contest.to_owned(), name: choice.to_owned(), votes: None, rank: None })
    }

    /// The contest and the choice of a column of Clear Ballot. Names may contain colons.
    fn of_clear_ballot(column: &str) -> Result<Self> {
        let unknown = || problem!("{:?} is not the column of a choice", shortened(column));
        let parts: Vec<&str> = column.split(':').collect();
        let is_choice = column.starts_with("Choice_");
        let rules = parts
            .iter()
            .position(|part| ["Vote For ", "Number of Winners "].iter().any(|rules| part.starts_with(rules)));
        let Some((before, [rules, after @ ..])) = rules.filter(|_| is_choice).and_then(|at| parts.split_at_checked(at))
        else {
            return Err(unknown());
        };
        // The last part is the party.
        let name = match after {
            [] => return Err(unknown()),
            [name] => (*name).to_owned(),
            [name @ .., _] => name.join(":"),
        };
        let votes = rules.strip_prefix("Vote For ");
        let (contest, votes, rank) = match (before, votes) {
            // A number between the contest and the number of votes is a rank as well.
            ([_, contest @ .., rank], _) if !contest.is_empty() && limited(rank, MAX_RANKS).is_some() => {
                (contest, None, limited(rank, MAX_RANKS).map(|rank| rank as usize))
            }
            ([_, contest @ ..], Some(votes)) => (contest, Some(limited(votes, MAX_OPTIONS).ok_or_else(unknown)?), None),
            _ => return Err(unknown()),
        };
        ensure!(!contest.is_empty(), "{:?} names no contest", shortened(column));
        Ok(Self { contest: contest.join(":"), name, votes, rank })
    }
}

/// A contest, and the columns of its choices.
struct Group {
    name: String,
    votes: Option<u32>,
    is_ranked: bool,
    options: Found,
    /// Each column, with its option and its rank, which is 0 unless the contest is ranked.
    columns: Vec<(usize, u16, usize)>,
}

struct Reader {
    sheets: Sheets,
    groups: Vec<Group>,
    by_name: HashMap<String, usize>,
    /// The numbers of the ballots.
    seen: HashSet<String>,
}

/// Reads an export of Dominion.
pub(crate) fn dominion(file: &SourceFile) -> Result<Ballots> {
    read_dominion(Records::new(Lines::open(file)?, ','))
}

/// Reads an export of Clear Ballot.
pub(crate) fn clear_ballot(source: &Source) -> Result<Ballots> {
    let is_format =
        |file: &SourceFile| Ok(is_clear_ballot(crate::format::beginning(file)?.lines().next().unwrap_or_default()));
    read_clear_ballot(Records::new(Lines::open(source.only(is_format)?)?, ','))
}

fn read_dominion(mut records: Records) -> Result<Ballots> {
    let mut next = || records.read()?.ok_or_else(|| problem!("the four lines before the ballots are missing"));
    let (title, contests, choices, columns) = (next()?, next()?, next()?, next()?);
    // A line may end before its empty cells.
    let of = |record: &Record, column: usize| record.values.get(column).cloned().unwrap_or_default();
    let mut reader = Reader::new(plain(&of(&title, 0)));
    let width = contests.values.len().max(columns.values.len());
    for column in 0..width {
        let contest = of(&contests, column);
        if !contest.trim().is_empty() {
            let choice = Choice::of_dominion(&contest, &of(&choices, column));
            choice.and_then(|choice| reader.column(column, choice)).at(|| records.place(contests.line))?;
        }
    }
    reader.read(records, &columns, DOMINION_FIRST, width)
}

fn read_clear_ballot(mut records: Records) -> Result<Ballots> {
    let header = records.read()?.ok_or_else(|| problem!("there is no line"))?;
    let mut reader = Reader::new("Cast vote records");
    for (column, name) in header.values.iter().enumerate() {
        if name.starts_with("Choice_") {
            let choice = Choice::of_clear_ballot(name);
            choice.and_then(|choice| reader.column(column, choice)).at(|| records.place(header.line))?;
        }
    }
    let width = header.values.len();
    reader.read(records, &header, CLEAR_BALLOT_FIRST, width)
}

impl Reader {
    fn new(title: &str) -> Self {
        let sheets = Sheets::new(title, "ballots");
        Self { sheets, groups: Vec::new(), by_name: HashMap::new(), seen: HashSet::new() }
    }

    /// Adds the column of a choice.
    fn column(&mut self, column: usize, choice: Choice) -> Result<()> {
        let Choice { contest, name, votes, rank } = choice;
        let new = self.groups.len();
        let group = *self.by_name.entry(contest.clone()).or_insert(new);
        if group == new {
            check_contests(new + 1)?;
            let is_ranked = rank.is_some();
            self.groups.push(Group { name: contest, votes, is_ranked, options: Found::default(), columns: Vec::new() });
        }
        let group = &mut self.groups[group];
        let is_same = group.votes == votes && group.is_ranked == rank.is_some();
        ensure!(is_same, "the columns of {:?} have different rules", shortened(&group.name));
        let option = if let Some(rank) = rank {
            let option = group.options.number(&name)?;
            let is_new = group.columns.iter().all(|(_, other, at)| (*other, *at) != (option, rank));
            ensure!(is_new, "rank {rank} of {:?} appears twice", shortened(&name));
            option
        } else {
            // Two choices may have one name, such as two lines for names that voters write.
            let option = option_number(group.options.names.len())?;
            group.options.names.push(name);
            option
        };
        group.columns.push((column, option, rank.unwrap_or(0)));
        Ok(())
    }

    /// Reads the ballots. `first` is the column with their numbers.
    fn read(mut self, mut records: Records, columns: &Record, first: &str, width: usize) -> Result<Ballots> {
        ensure!(!self.groups.is_empty(), "{}: there is no column of a choice", records.place(columns.line));
        let number = columns.values.iter().position(|column| plain(column) == first);
        for group in &self.groups {
            let named = |name: &String| (name.clone(), name.clone());
            let (name, title) = (group.name.clone(), group.name.clone());
            if group.is_ranked {
                self.sheets.add(RawContest::Ranked(Race {
                    name,
                    title,
                    candidates: group.options.names.iter().map(named).collect(),
                    is_sorted: false,
                    has_ties: false,
                    rules: Rules::default(),
                    published: Published::default(),
                }));
            } else {
                if group.votes.is_none() {
                    let note = format!("contest {name} does not state how many choices a voter has: it is 1");
                    self.sheets.notes.push(note);
                }
                let options = Names::of_options(group.options.names.iter().map(|name| (name.as_str(), name.as_str())));
                let rule = choose(0, group.votes().min(options.len()) as u32, true);
                let published = Published::default();
                self.sheets.add(RawContest::Marks(Contest { id: name, title, options, rule, published }));
            }
        }
        while let Some(record) = records.read()? {
            self.ballot(&record, number, width).at(|| records.place(record.line))?;
        }
        self.sheets.notes.extend(records.skipped());
        self.sheets.finish()
    }

    fn ballot(&mut self, record: &Record, number: Option<usize>, width: usize) -> Result<()> {
        let values = record.values.len();
        ensure!(values <= width, "the line has {values} values, but there are {width} columns");
        let number = number.and_then(|column| record.values.get(column)).map(|number| plain(number));
        if let Some(number) = number.filter(|number| !number.is_empty()) {
            ensure!(self.seen.insert(number.to_owned()), "ballot {:?} was read before", shortened(number));
        }
        let mut entries = Vec::new();
        for (position, group) in self.groups.iter().enumerate() {
            let mut marks = Vec::new();
            let mut is_on_ballot = false;
            for (column, option, rank) in &group.columns {
                let value = plain(record.values.get(*column).map_or("", String::as_str));
                is_on_ballot |= !value.is_empty();
                match value {
                    "" | "0" => {}
                    "1" => marks.push((*rank, *option)),
                    other => bail!("{:?} in contest {:?} is neither 0 nor 1", shortened(other), shortened(&group.name)),
                }
            }
            if is_on_ballot {
                let entry = if group.is_ranked {
                    group.ranks(&marks)
                } else {
                    let options = marks.into_iter().map(|(_, option)| option).collect();
                    self.sheets.marked(options, group.votes())
                };
                entries.push((position, entry));
            }
        }
        self.sheets.cast(entries, 1, 1)
    }
}

impl Group {
    /// The number of choices that a voter may mark.
    fn votes(&self) -> usize {
        self.votes.unwrap_or(1) as usize
    }

    fn ranks(&self, marks: &[(usize, u16)]) -> Entry {
        let ranks = self.columns.iter().map(|(_, _, rank)| *rank).max().unwrap_or(0);
        let at = |rank: usize| {
            let candidates: Vec<u16> = marks.iter().filter(|(at, _)| *at == rank).map(|(_, option)| *option).collect();
            Rank::of(&candidates)
        };
        Entry::Ranks((1..=ranks).map(at).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn dominion(text: &str) -> Result<Ballots> {
        read_dominion(Records::new(Lines::of_text(text), ','))
    }

    fn clear_ballot(text: &str) -> Result<Ballots> {
        read_clear_ballot(Records::new(Lines::of_text(text), ','))
    }

    const DOMINION: &str = "\"Town\",5.11.3.1,,,,,,,,\n\
        ,,,Mayor (Vote For=1),Mayor (Vote For=1),Council (Ward 2) (Vote For=2),Council (Ward 2) (Vote For=2),\
        Council (Ward 2) (Vote For=2),\"Board (Number of positions=1, Number of ranks=2)\",\"Board (Number of positions=1, Number of ranks=2)\",\
        \"Board (Number of positions=1, Number of ranks=2)\",\"Board (Number of positions=1, Number of ranks=2)\"\n\
        ,,,Ada,Bob,Eve,Write-in,Write-in,Flo(1),Gus(1),Flo(2),Gus(2)\n\
        CvrNumber,RecordId,BallotType,DEM,REP,,,,,,,\n";

    #[test]
    fn an_export_of_dominion_is_read_with_its_ranks() {
        let text = format!(
            "{DOMINION}1,=\"1-1\",T,1,0,0,1,1,1,0,0,1\n2,=\"1-2\",T,1,1,1,0,0,0,0,0,1\n3,=\"1-3\",T,,,,,,1,1,0,1\n4,=\"1-4\",T,,,,,,,,,\n"
        );
        let ballots = dominion(&text).unwrap();
        assert_eq!((ballots.title(), ballots.len()), ("Town", 3));
        let titles: Vec<&str> = ballots.contests.iter().map(|contest| contest.title.as_str()).collect();
        assert_eq!(titles, ["Mayor", "Council (Ward 2)", "Board: first preferences", "Board: pairs"]);
        assert_eq!(ballots.contests[1].options[2], ("write-in-2".to_owned(), "Write-in (2)".to_owned()));
        let counts = count(&ballots);
        assert_eq!((counts[0].ballots, counts[0].blank, counts[0].options.as_slice()), (2, 1, [1, 0].as_slice()));
        assert_eq!((counts[1].ballots, counts[1].options.as_slice()), (2, [1, 1, 1].as_slice()));
        assert_eq!((counts[2].options.as_slice(), counts[2].blank), ([1, 2].as_slice(), 0));
        assert_eq!(counts[3].pairs, [[0, 1], [2, 0]]);
        let expected = [
            "Board: 1 over-voted rank counts for nobody",
            "1 contest on a ballot is over-voted, and is blank; 2 marks count for nobody",
            "1 ballot has no contest, and is not counted",
        ];
        assert_eq!(ballots.notes, expected);
    }

    #[test]
    fn an_export_of_clear_ballot_is_read_with_its_ranks() {
        let header = "RowNumber,BallotID,Status,Choice_1_1:Mayor: Town:Vote For 1:Ada:DEM,Choice_2_1:Mayor: Town:Vote For 1:Bob:REP,\
            Choice_9_2:Board:1:Number of Winners 2:Eve:NON,Choice_9_2:Board:2:Number of Winners 2:Eve:NON,\
            Choice_8_2:Board:1:Number of Winners 2:Flo:NON,Choice_8_2:Board:2:Number of Winners 2:Flo:NON\n";
        assert!(is_clear_ballot(header) && !is_clear_ballot("RowNumber,BallotID"));
        let ballots = clear_ballot(&format!("{header}1,a,0,1,0,,,,\n2,b,0,0,0,0,1,1,0\n")).unwrap();
        let titles: Vec<&str> = ballots.contests.iter().map(|contest| contest.title.as_str()).collect();
        assert_eq!(titles, ["Mayor: Town", "Board: first preferences", "Board: pairs"]);
        let counts = count(&ballots);
        assert_eq!((counts[0].ballots, counts[0].options.as_slice()), (2, [1, 0].as_slice()));
        assert_eq!((counts[1].ballots, counts[1].options.as_slice()), (1, [0, 1].as_slice()));
        assert_eq!(counts[2].pairs, [[0, 0], [1, 0]]);
        assert_eq!(ballots.notes, Vec::<String>::new());
    }

    #[test]
    fn a_number_before_the_votes_is_a_rank() {
        let ballots = clear_ballot(
            "RowNumber,Choice_1_1:Board:1:Vote For 1:Ada:A,Choice_1_1:Board:2:Vote For 1:Ada:A,Choice_2_1:Board:1:Vote For 1:Bob:B,\
             Choice_2_1:Board:2:Vote For 1:Bob:B\n1,0,1,1,0\n",
        );
        let counts = count(&ballots.unwrap());
        assert_eq!(
            (counts[0].options.as_slice(), counts[1].pairs[1].as_slice()),
            ([0, 1].as_slice(), [1, 0].as_slice())
        );
    }

    #[test]
    fn broken_lines_are_named() {
        let ballot = |line: &str| on_one_line(&dominion(&format!("{DOMINION}{line}\n")).err().unwrap());
        assert_eq!(ballot("1,a,T,0 (0%),1"), "sample, line 5: \"0 (0%)\" in contest \"Mayor\" is neither 0 nor 1");
        assert_eq!(ballot("1,a,T,0,1\n1,b,T,0,1"), "sample, line 6: ballot \"1\" was read before");
        assert_eq!(
            ballot("1,a,T,0,1,0,0,0,0,0,0,0,0"),
            "sample, line 5: the line has 13 values, but there are 12 columns"
        );
        assert_eq!(ballot(""), "there are no ballots with contests");
        let problem = |text: &str| on_one_line(&dominion(text).err().unwrap());
        assert_eq!(problem("Town,5\n"), "the four lines before the ballots are missing");
        assert_eq!(
            problem("T,5\n,A (Vote For=0)\n,x\nCvrNumber,\n"),
            "sample, line 2: \"A (Vote For=0)\" allows no number of votes"
        );
        assert_eq!(
            problem("T,5\n,A (Vote For=1),A (Vote For=2)\n,x,y\nCvrNumber,,\n"),
            "sample, line 2: the columns of \"A\" have different rules"
        );
        let ranked = "A (Number of ranks=2)";
        assert_eq!(problem(&format!("T,5\n,{ranked}\n,x\nCvrNumber,\n")), "sample, line 2: \"x\" has no rank");
        assert_eq!(
            problem(&format!("T,5\n,{ranked},{ranked}\n,x(1),x(1)\nCvrNumber,,\n")),
            "sample, line 2: rank 1 of \"x\" appears twice"
        );
        assert_eq!(problem("T,5\n,,\n,,\nCvrNumber,a,b\n"), "sample, line 4: there is no column of a choice");
        let column = on_one_line(&clear_ballot("RowNumber,Choice_1_1:Mayor:Ada\n").err().unwrap());
        assert_eq!(column, "sample, line 1: \"Choice_1_1:Mayor:Ada\" is not the column of a choice");
        // Without the number of votes, it is 1, and a note says so.
        let ballots = dominion("T,5\n,A,A\n,x,y\nCvrNumber,,\n1,1,0\n").unwrap();
        assert_eq!(ballots.notes, ["contest A does not state how many choices a voter has: it is 1"]);
    }
}
