//! Preferences of PrefLib: orders `.soc`, `.soi`, `.toc`, `.toi`, and categories `.cat` (Mattei, Walsh, "PrefLib: A
//! Library for Preferences", 2013).
//!
//! ```text
//! # DATA TYPE: toi
//! # NUMBER VOTERS: 5
//! # ALTERNATIVE NAME 1: Ada
//! # ALTERNATIVE NAME 2: Bob
//! 3: 1,2                         three voters with the same order
//! 2: {1,2}                       alternatives in braces tie
//! ```
//!
//! Files of before 2022 begin with the number of alternatives, a line `<number>,<name>` for each, and the numbers of voters,
//! of their sum and of different orders. Their orders are `<voters>,1,{2,3}`.
//!
//! In `.cat`, the parts of a line are the categories. Every category becomes a contest: the alternatives that are in it.

use std::collections::HashMap;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_contests, choose, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::profile::{Profile, groups, voters};
use crate::sheets::{Entry, RawContest, Sheets};
use crate::source::{Source, SourceFile};
use crate::text::{Lines, number, shortened};

/// Whether this is the beginning of such a file.
pub(crate) fn is_preflib(beginning: &str) -> bool {
    let mut lines = beginning.lines().map(str::trim);
    let mut is_old = || {
        let count = lines.next().and_then(|line| number(line).ok());
        count.is_some() && lines.next().is_some_and(|line| line.starts_with("1,"))
    };
    let keys = ["# ALTERNATIVE NAME ", "# NUMBER ALTERNATIVES:"];
    if beginning.starts_with('#') { keys.iter().any(|key| beginning.contains(key)) } else { is_old() }
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file: &SourceFile = source.only(|file| Ok(is_preflib(&crate::format::beginning(file)?)))?;
    interpret(Lines::open(file)?, file.name().ends_with(".cat"))
}

/// What the lines at the beginning say.
#[derive(Default)]
struct Header {
    values: HashMap<String, String>,
    /// The number of each alternative in the file, and its name, in the order of the numbers.
    alternatives: Vec<(String, String)>,
    categories: Vec<String>,
}

impl Header {
    fn line(&mut self, line: &str) -> Result<()> {
        // Other comments are allowed.
        let Some((key, value)) = line.trim_start_matches('#').split_once(':') else { return Ok(()) };
        let (key, value) = (key.trim().to_uppercase(), value.trim());
        let named = |prefix: &str| key.strip_prefix(prefix).map(str::trim);
        if let Some(number) = named("ALTERNATIVE NAME ") {
            option_number(self.alternatives.len())?;
            ensure!(
                self.alternatives.iter().all(|(known, _)| known != number),
                "alternative {:?} appears twice",
                shortened(number)
            );
            self.alternatives.push((number.to_owned(), value.to_owned()));
        } else if let Some(number_of) = named("CATEGORY NAME ") {
            let position = self.categories.len() as u64 + 1;
            ensure!(number(number_of)? == position, "category {position} is not named before {}", shortened(number_of));
            check_contests(self.categories.len() + 1)?;
            self.categories.push(value.to_owned());
        } else {
            self.values.insert(key, value.to_owned());
        }
        Ok(())
    }

    /// The lines at the beginning of an old file, of which `first` has the number of alternatives.
    fn old(&mut self, first: &str, lines: &mut Lines) -> Result<()> {
        let next = |lines: &mut Lines| {
            lines.read()?.ok_or_else(|| problem!("{}: the lines before the orders are missing", lines.file()))
        };
        for position in 1..=number(first).at(|| lines.here())? {
            let line = next(lines)?;
            let mut named = || {
                let (stated, name) = line.split_once(',').ok_or_else(|| problem!("the line is not <number>,<name>"))?;
                ensure!(number(stated.trim())? == position, "alternative {position} is not in its place");
                option_number(self.alternatives.len())?;
                self.alternatives.push((position.to_string(), name.trim().to_owned()));
                Ok(())
            };
            named().at(|| lines.here())?;
        }
        let line = next(lines)?;
        let values: Vec<&str> = line.split(',').map(str::trim).collect();
        match values.as_slice() {
            [voters, _, different] => {
                self.values.insert("NUMBER VOTERS".to_owned(), (*voters).to_owned());
                self.values.insert("NUMBER UNIQUE ORDERS".to_owned(), (*different).to_owned());
                Ok(())
            }
            _ => Err(problem!("the line is not <voters>,<sum>,<different orders>")),
        }
        .at(|| lines.here())
    }

    fn number(&self, key: &str) -> Result<Option<u64>> {
        self.values.get(key).map(|value| number(value).at(|| key.to_owned())).transpose()
    }

    fn title(&self) -> &str {
        self.values.get("TITLE").map_or("Preferences", String::as_str)
    }
}

fn interpret(mut lines: Lines, is_cat: bool) -> Result<Ballots> {
    let mut header = Header::default();
    let mut is_old = false;
    let mut orders: Vec<(Vec<Vec<u16>>, u64)> = Vec::new();
    while let Some(line) = lines.read()? {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if header.alternatives.is_empty() && !line.starts_with('#') && number(line).is_ok() {
            header.old(line, &mut lines)?;
            is_old = true;
            continue;
        }
        let place = || lines.here();
        if line.starts_with('#') {
            header.line(line).at(place)?;
            continue;
        }
        let parts = line
            .split_once(if is_old { ',' } else { ':' })
            .ok_or_else(|| problem!("{:?} has no number of voters", shortened(line)));
        let (count, order) = parts.at(place)?;
        let count = voters(count.trim()).at(place)?;
        let order = header.order(order).at(place)?;
        orders.push((order, count));
    }
    let file = lines.file();
    ensure!(!header.alternatives.is_empty(), "{file}: no alternative has a name");
    let different = orders.len() as u64;
    let stated = || -> Result<Published> {
        let mut published = Published { ballots: header.number("NUMBER VOTERS")?, ..Published::default() };
        if let Some(stated) = header.number("NUMBER ALTERNATIVES")? {
            published.read.push(("(alternatives)".to_owned(), stated, header.alternatives.len() as u64));
        }
        for key in ["NUMBER UNIQUE ORDERS", "NUMBER UNIQUE PREFERENCES"] {
            if let Some(stated) = header.number(key)? {
                published.read.push(("(different lines)".to_owned(), stated, different));
            }
        }
        Ok(published)
    };
    let kind = header.values.get("DATA TYPE").map_or("", String::as_str);
    if is_cat || kind == "cat" || !header.categories.is_empty() {
        return categories(&header, orders, stated()?).at(|| file);
    }
    let mut profile = Profile::new(header.title());
    profile.published = stated()?;
    profile.candidates = header.alternatives;
    for (order, count) in orders {
        profile.add(&order, count);
    }
    profile.finish().at(|| file)
}

impl Header {
    /// An order, or the categories, as numbers of alternatives.
    fn order(&self, text: &str) -> Result<Vec<Vec<u16>>> {
        let option = |number: &&str| {
            let position = self.alternatives.iter().position(|(known, _)| known == number);
            option_number(position.ok_or_else(|| problem!("there is no alternative {:?}", shortened(number)))?)
        };
        let order: Vec<Vec<u16>> =
            groups(text)?.iter().map(|group| group.iter().map(option).collect()).collect::<Result<_>>()?;
        let mut all: Vec<u16> = order.iter().flatten().copied().collect();
        all.sort_unstable();
        let twice = all.windows(2).any(|pair| matches!(pair, [one, two] if one == two));
        ensure!(!twice, "an alternative appears twice");
        Ok(order)
    }
}

/// A contest for every category.
fn categories(header: &Header, lines: Vec<(Vec<Vec<u16>>, u64)>, published: Published) -> Result<Ballots> {
    const UNITS: u64 = 10_000;
    let most = lines.iter().map(|(parts, _)| parts.len()).max().unwrap_or(0).max(header.categories.len());
    let stated = header.number("NUMBER CATEGORIES")?;
    if stated.is_some_and(|stated| stated != most as u64) {
        bail!("the file has {most} categories, but states {}", stated.unwrap_or_default());
    }
    check_contests(most)?;
    let mut sheets = Sheets::new(header.title(), "ballots");
    let options =
        || Names::of_options(header.alternatives.iter().map(|(number, name)| (number.as_str(), name.as_str())));
    for category in 0..most {
        let unnamed = || format!("Category {}", category + 1);
        let title = header.categories.get(category).cloned().unwrap_or_else(unnamed);
        sheets.add(RawContest::Marks(Contest {
            id: format!("category-{}", category + 1),
            title,
            options: options(),
            rule: choose(0, header.alternatives.len() as u32, false),
            published: if category == 0 {
                published.clone()
            } else {
                Published { ballots: published.ballots, ..Published::default() }
            },
        }));
    }
    for (parts, count) in lines {
        ensure!(count % UNITS == 0, "a number of voters is not whole");
        let entry = |category: usize| {
            let options = parts.get(category).cloned().unwrap_or_default();
            (category, Entry::Mark(Mark::Options(options)))
        };
        sheets.cast((0..most).map(entry).collect(), 1, count / UNITS)?;
    }
    sheets.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::count::count;
    use crate::error::on_one_line;

    const NAMES: &str = "# FILE NAME: x\n# TITLE: Dinner\n# NUMBER ALTERNATIVES: 3\n# NUMBER VOTERS: 6\n# NUMBER UNIQUE ORDERS: 3\n\
        # ALTERNATIVE NAME 1: Ada: the first\n# ALTERNATIVE NAME 2: Bob\n# ALTERNATIVE NAME 3: Eve\n";

    fn parse(text: &str) -> Result<Ballots> {
        interpret(Lines::of_text(text), false)
    }

    #[test]
    fn orders_are_read_with_their_ties() {
        let text = format!("{NAMES}3: 1,2,3\n2: {{1, 2}}, 3\n1: 3\n");
        assert!(is_preflib(&text) && !is_preflib("# x\n1: 2\n"));
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.title(), ballots.contests[0].options[0].1.as_str()), ("Dinner", "Ada: the first"));
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([3, 0, 1].as_slice(), 2));
        assert_eq!(counts[1].pairs, [[0, 3, 5], [0, 0, 5], [1, 1, 0]]);
        assert!(compare(&ballots, &counts, None).iter().all(crate::Comparison::agrees));
        assert_eq!(
            ballots.notes,
            ["Dinner: 2 ballots without a single first preference are blank among the first preferences"]
        );
        // A stated number that is wrong is compared, and not the same.
        let ballots = parse(&text.replace("VOTERS: 6", "VOTERS: 7")).unwrap();
        assert!(!compare(&ballots, &count(&ballots), None)[0].agrees());
        let ballots = parse(&text.replace("ORDERS: 3", "ORDERS: 4")).unwrap();
        assert!(!compare(&ballots, &count(&ballots), None)[0].agrees());
    }

    #[test]
    fn old_files_are_read() {
        let text = "3\n1,Ada\n2,Bob, Jr.\n3,Eve\n6,6,2\n4,2,{1,3}\n2,3\n";
        assert!(is_preflib(text) && !is_preflib("3\nContest,1\n") && !is_preflib("3,1\n1,2\n"));
        let ballots = parse(text).unwrap();
        let counts = count(&ballots);
        assert_eq!(ballots.contests[0].options[1].1, "Bob, Jr.");
        assert_eq!((counts[0].ballots, counts[0].options.as_slice()), (6, [0, 4, 2].as_slice()));
        assert_eq!(counts[1].pairs, [[0, 0, 0], [4, 0, 4], [2, 2, 0]]);
        assert!(compare(&ballots, &counts, None).iter().all(crate::Comparison::agrees));
        for (text, expected) in [
            ("2\n1,A\n3,B\n", "sample, line 3: alternative 2 is not in its place"),
            ("2\n1,A\n", "sample: the lines before the orders are missing"),
            ("1\n1,A\n3,3\n", "sample, line 3: the line is not <voters>,<sum>,<different orders>"),
            ("1\nA\n", "sample, line 2: the line is not <number>,<name>"),
        ] {
            assert_eq!(on_one_line(&parse(text).err().unwrap()), expected);
        }
    }

    #[test]
    fn every_category_is_a_contest() {
        let names = NAMES.replace("UNIQUE ORDERS", "UNIQUE PREFERENCES");
        let text = format!(
            "{names}# NUMBER CATEGORIES: 2\n# CATEGORY NAME 1: Yes\n# CATEGORY NAME 2: No\n3: {{1,2}}, 3\n2: {{}}, {{1,2,3}}\n1: 3, {{}}\n"
        );
        let ballots = parse(&text).unwrap();
        let counts = count(&ballots);
        assert_eq!((ballots.len(), ballots.contests[1].title.as_str()), (6, "No"));
        assert_eq!(
            (counts[0].options.as_slice(), counts[1].options.as_slice()),
            ([3, 3, 1].as_slice(), [2, 2, 5].as_slice())
        );
        assert!(compare(&ballots, &counts, None).iter().all(crate::Comparison::agrees));
        let problem = on_one_line(&parse(&text.replace("CATEGORIES: 2", "CATEGORIES: 3")).err().unwrap());
        assert_eq!(problem, "sample: the file has 2 categories, but states 3");
    }

    #[test]
    fn broken_lines_are_named() {
        for (line, expected) in [
            ("1,2", "sample, line 9: \"1,2\" has no number of voters"),
            ("x: 1", "sample, line 9: \"x\" is not a number of voters"),
            ("1: 4", "sample, line 9: there is no alternative \"4\""),
            ("1: 1,{2,1}", "sample, line 9: an alternative appears twice"),
            ("1: {1", "sample, line 9: a brace is never closed"),
            ("# ALTERNATIVE NAME 1: x", "sample, line 9: alternative \"1\" appears twice"),
            ("", "sample: there are no ballots with contests"),
        ] {
            assert_eq!(on_one_line(&parse(&format!("{NAMES}{line}\n")).err().unwrap()), expected);
        }
        assert_eq!(on_one_line(&parse("# x\n").err().unwrap()), "sample: no alternative has a name");
    }
}
