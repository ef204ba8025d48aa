//! Rankings as lines, each with its number of voters, as the formats ABIF and CEF and many papers write them.
//!
//! ```text
//! # a comment
//! #/Candidates: A ; B ; C        CEF: all candidates
//! =A:[Ada]                       ABIF: the name of a candidate
//! 27: A > B = C                  27 voters: A, then B and C, which tie
//! C > A * 3                      3 voters
//! tag || B > C                   one voter; what is before || is not read
//! ```

use crate::ballots::Ballots;
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::profile::{Profile, voters};
use crate::sheets::Found;
use crate::source::Source;
use crate::text::{Lines, counted, shortened};

/// A ballot that ranks nobody.
const EMPTY: &str = "/EMPTY_RANKING/";
/// The line of CEF with all candidates.
const CANDIDATES: &str = "#/candidates:";

/// Whether this is the beginning of such a file.
pub(crate) fn is_rankings(beginning: &str) -> bool {
    let mut lines = beginning.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_ballot = |line: &&str| !line.starts_with(['#', '=', '{', '[', '<']);
    beginning.to_lowercase().starts_with(CANDIDATES)
        || lines.find(is_ballot).is_some_and(|line| line.contains('>') && !line.contains([',', '<', '"', '{']))
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_rankings(&crate::format::beginning(file)?)))?;
    interpret(Lines::open(file)?)
}

struct Reader {
    profile: Profile,
    found: Found,
    /// The names of candidates, by what the lines call them.
    names: Vec<(String, String)>,
    /// Whether the file lists all candidates.
    is_closed: bool,
    /// The number of lines with a text before `||`.
    tags: u64,
}

fn interpret(mut lines: Lines) -> Result<Ballots> {
    let mut reader = Reader {
        profile: Profile::new("Ranked ballots"),
        found: Found::default(),
        names: Vec::new(),
        is_closed: false,
        tags: 0,
    };
    while let Some(line) = lines.read()? {
        reader.line(line.trim()).at(|| lines.here())?;
    }
    let Reader { mut profile, found, names, tags, .. } = reader;
    if tags > 0 {
        let text = counted(tags, "line has a text before ||, which is", "lines have a text before ||, which are");
        profile.notes.push(format!("{text} not read"));
    }
    let named = |code: String| {
        let name =
            names.iter().find(|(known, _)| *known == code).map_or_else(|| code.clone(), |(_, name)| name.clone());
        (code, name)
    };
    profile.candidates = found.names.into_iter().map(named).collect();
    profile.finish().at(|| lines.file())
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<()> {
        let lower = line.to_lowercase();
        if lower.starts_with(CANDIDATES) {
            let names = line.get(CANDIDATES.len()..).unwrap_or_default();
            for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
                self.found.number(name)?;
            }
            self.is_closed = true;
            return Ok(());
        }
        if lower.starts_with("#/weight allowed: true") {
            bail!("weights of single voters are not read");
        }
        if let Some(definition) = line.strip_prefix('=') {
            let broken = || problem!("the line is not =<candidate>:[<name>]");
            let (code, name) = definition.split_once(':').ok_or_else(broken)?;
            let name = name.trim().strip_prefix('[').and_then(|name| name.strip_suffix(']')).ok_or_else(broken)?;
            let code = plain(code);
            self.found.number(code)?;
            self.names.push((code.to_owned(), name.to_owned()));
            return Ok(());
        }
        // A comment may follow a ballot.
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            return Ok(());
        }
        let line = match line.split_once("||") {
            Some((_, ranking)) => {
                self.tags += 1;
                ranking.trim()
            }
            None => line,
        };
        ensure!(!line.contains('^'), "weights of single voters are not read");
        let (before, line) = match line.split_once(':') {
            Some((count, ranking)) => (Some(voters(count.trim())?), ranking.trim()),
            None => (None, line),
        };
        let (line, after) = match line.rsplit_once('*') {
            Some((ranking, count)) => (ranking.trim(), Some(voters(count.trim())?)),
            None => (line, None),
        };
        ensure!(before.is_none() || after.is_none(), "the line has two numbers of voters");
        let one = voters("1")?;
        let mut places: Vec<Vec<u16>> = Vec::new();
        if line != EMPTY {
            let mut seen = Vec::new();
            for place in line.split('>') {
                let mut candidates = Vec::new();
                for name in place.split('=').map(plain) {
                    ensure!(!name.is_empty(), "a place names nobody");
                    ensure!(!name.contains('/'), "{:?} has a score, and scores are not read", shortened(name));
                    let is_known = !self.is_closed || self.found.get(name).is_some();
                    ensure!(is_known, "{:?} is not among the candidates", shortened(name));
                    let candidate = self.found.number(name)?;
                    ensure!(!seen.contains(&candidate), "{:?} appears twice", shortened(name));
                    seen.push(candidate);
                    candidates.push(candidate);
                }
                places.push(candidates);
            }
        }
        self.profile.add(&places, before.or(after).unwrap_or(one));
        Ok(())
    }
}

/// What a line calls a candidate, without the brackets of names with spaces.
fn plain(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(text: &str) -> Result<Ballots> {
        interpret(Lines::of_text(text))
    }

    #[test]
    fn lines_are_read_with_their_numbers_of_voters() {
        let text = "# x\n=A:[Ada]\n27: A>B = [Eve X] # ties\nB > A * 3\nt || [Eve X]\n/EMPTY_RANKING/ * 2\n";
        assert!(is_rankings(text) && is_rankings("A > B\n") && !is_rankings("a,b > c\n") && !is_rankings("<a>\n"));
        let ballots = parse(text).unwrap();
        let counts = count(&ballots);
        let titles: Vec<&str> = ballots.contests[0].options.iter().map(|(_, title)| title.as_str()).collect();
        assert_eq!((ballots.len(), titles.as_slice()), (33, ["Ada", "B", "Eve X"].as_slice()));
        assert_eq!((counts[0].options.as_slice(), counts[0].blank), ([27, 3, 1].as_slice(), 2));
        assert_eq!(counts[1].pairs, [[0, 27, 30], [3, 0, 3], [1, 1, 0]]);
        assert_eq!(ballots.notes, ["1 line has a text before ||, which is not read"]);
        let listed = "#/Candidates: C; A ;B\nA > B\n";
        assert_eq!(count(&parse(listed).unwrap())[0].options, [0, 1, 0]);
    }

    #[test]
    fn broken_lines_are_named() {
        for (line, expected) in [
            ("A > X", "sample, line 2: \"X\" is not among the candidates"),
            ("x: A", "sample, line 2: \"x\" is not a number of voters"),
            ("2: A * 3", "sample, line 2: the line has two numbers of voters"),
            ("A > B > A", "sample, line 2: \"A\" appears twice"),
            ("A > ", "sample, line 2: a place names nobody"),
            ("A/5 > B", "sample, line 2: \"A/5\" has a score, and scores are not read"),
            ("A > B ^3", "sample, line 2: weights of single voters are not read"),
            ("=A", "sample, line 2: the line is not =<candidate>:[<name>]"),
            ("", "sample: there are no ballots with contests"),
        ] {
            let text = format!("#/Candidates: A;B\n{line}\n");
            assert_eq!(on_one_line(&parse(&text).err().unwrap()), expected);
        }
    }
}
