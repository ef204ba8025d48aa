//! An approval profile: how many ballots approve of the same candidates.
//!
//! ```text
//! {"election":"..","candidates":{"1":"Ada","2":"Bob"},"totals":{"1":3,"2":1},"nonblank_ballots":3,"contest_records":4,
//!  "ballots":[{"approve":[1],"count":2},{"approve":[1,2],"count":1}]}
//! ```
//!
//! Records beyond the ballots with a mark are blank ones.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::contest::{Choose, Rule};
use serde::Deserialize;

use super::ballots::{Ballots, Contest, Mark, Names, Published, check_distinct, option_number};
use super::text::{json, number, shortened};

/// A field that is not known may be one that counts: it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    election: String,
    candidates: BTreeMap<String, String>,
    totals: BTreeMap<String, u64>,
    nonblank_ballots: u64,
    #[serde(default)]
    contest_records: Option<u64>,
    ballots: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    approve: Vec<u64>,
    count: u64,
}

/// Reads a profile.
pub(super) fn read(path: &Path) -> Result<Ballots> {
    interpret(json(path)?).with_context(|| path.display().to_string())
}

fn interpret(profile: Profile) -> Result<Ballots> {
    let mut candidates: Vec<(u64, String)> = Vec::new();
    for (id, name) in profile.candidates {
        candidates.push((number(&id).context("a candidate")?, name));
    }
    candidates.sort();
    let is_known = |id: &&String| candidates.iter().any(|(candidate, _)| candidate.to_string() == **id);
    if let Some(id) = profile.totals.keys().find(|id| !is_known(id)) {
        bail!("totals: there is no candidate {}", shortened(id));
    }
    let max = u32::from(option_number(candidates.len())?);
    ensure!(max > 0, "there are no candidates");
    let mut ballots = Ballots::new(Names::default().add("", &profile.election).1, "ballots");
    for (number, Pattern { approve, count }) in profile.ballots.into_iter().enumerate() {
        let option = |id: &u64| {
            let position = candidates.iter().position(|(candidate, _)| candidate == id);
            option_number(position.with_context(|| format!("there is no candidate {id}"))?)
        };
        let options: Vec<u16> = approve.iter().map(option).collect::<Result<_>>()?;
        let place = || format!("pattern {}", number + 1);
        ensure!(!options.is_empty(), "{}: nobody is approved of", place());
        check_distinct(options.iter().copied()).with_context(place)?;
        ballots.cast_often(vec![(0, Mark::Options(options))], 1, count).with_context(place)?;
    }
    let records = profile.contest_records.unwrap_or(profile.nonblank_ballots);
    let blank = records.checked_sub(profile.nonblank_ballots).context("fewer records than ballots")?;
    ballots.cast_often(vec![(0, Mark::Blank)], 1, blank)?;
    let totals = candidates.iter().map(|(id, _)| profile.totals.get(&id.to_string()).copied()).collect();
    let mut names = Names::default();
    let options = candidates.iter().map(|(id, name)| names.add(&id.to_string(), name)).collect();
    let (id, title) = Names::default().add("approval", "Of whom do you approve?");
    ballots.contests.push(Contest {
        id,
        title,
        options,
        rule: Rule::Choose(Choose { min: 1, max, blank: true, winners: None }),
        published: Published { ballots: Some(records), options: totals, blank: Some(blank), ..Published::default() },
    });
    Ok(ballots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::count::count;

    fn parse(ballots: &str, records: u64) -> Result<Ballots> {
        interpret(serde_json::from_str(&profile(ballots, records))?)
    }

    fn profile(ballots: &str, records: u64) -> String {
        format!(
            r#"{{"election":"Mayor","candidates":{{"10":"Bob","2":"Ada"}},"totals":{{"2":3,"10":1}},"nonblank_ballots":3,
                "contest_records":{records},"ballots":[{ballots}]}}"#
        )
    }

    #[test]
    fn a_profile_is_read_with_its_blank_ballots() {
        let ballots = parse(r#"{"approve":[2],"count":2},{"approve":[10,2],"count":1}"#, 5).unwrap();
        let count = count(&ballots).unwrap().remove(0);
        assert_eq!((count.ballots, count.blank, count.options.as_slice()), (5, 2, [3, 1].as_slice()));
        assert_eq!(ballots.contests[0].published.options, [Some(3), Some(1)]);
    }

    #[test]
    fn broken_profiles_are_refused() {
        for (patterns, records, expected) in [
            (r#"{"approve":[3],"count":1}"#, 3, "there is no candidate 3"),
            (r#"{"approve":[2],"count":1},{"approve":[],"count":1}"#, 3, "pattern 2: nobody is approved of"),
            (r#"{"approve":[2,2],"count":1}"#, 3, "pattern 1: an option is marked twice"),
            (r#"{"approve":[2],"count":18446744073709551615}"#, 3, "pattern 1: more than 16777216 ballots"),
            ("", 2, "fewer records than ballots"),
        ] {
            assert_eq!(format!("{:#}", parse(patterns, records).err().unwrap()), expected);
        }
    }
    #[test]
    fn what_is_not_known_may_be_votes_and_is_refused() {
        let text = profile("", 4);
        let refused = |from: &str, to: &str| {
            let read = serde_json::from_str(&text.replace(from, to)).map_err(anyhow::Error::new).and_then(interpret);
            read.err().unwrap().to_string()
        };
        let known = "`election`, `candidates`, `totals`, `nonblank_ballots`, `contest_records`, `ballots`";
        let expected = format!("unknown field `contest_record`, expected one of {known} at line 2 column 32");
        assert_eq!(refused("contest_records", "contest_record"), expected);
        assert_eq!(refused("\"10\":1", "\"3\":1"), "totals: there is no candidate 3");
        let problem = parse(r#"{"approve":[2],"counts":2}"#, 3).err().unwrap().to_string();
        assert_eq!(problem, "unknown field `counts`, expected `approve` or `count` at line 2 column 70");
    }
}
