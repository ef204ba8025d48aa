//! An approval profile: how many ballots approve of the same candidates.
//!
//! ```text
//! {"election":"..","candidates":{"1":"Ada","2":"Bob"},"totals":{"1":3,"2":1},"nonblank_ballots":3,"contest_records":4,
//!  "ballots":[{"approve":[1],"count":2},{"approve":[1,2],"count":1}]}
//! ```
//!
//! `contest_records` counts all ballots. Those without a mark are blank.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ballots::{Ballots, Contest, Mark, Names, Published, check_distinct, choose, option_number};
use crate::error::{At as _, Result, bail, ensure, problem};
use crate::source::Source;
use crate::text::{json, number, shortened, unique_keys};

/// An unknown field is refused, since it may change the count.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    election: String,
    #[serde(deserialize_with = "unique_keys")]
    candidates: BTreeMap<String, String>,
    #[serde(deserialize_with = "unique_keys")]
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

/// Whether this is the beginning of a profile.
pub(crate) fn is_profile(beginning: &str) -> bool {
    beginning.starts_with('{') && ["\"election\"", "\"candidates\""].iter().all(|field| beginning.contains(field))
}

/// Reads an approval profile.
pub(crate) fn read(source: &Source) -> Result<Ballots> {
    let file = source.only(|file| Ok(is_profile(&crate::format::beginning(file)?)))?;
    interpret(json(file)?).at(|| file.shown())
}

fn interpret(profile: Profile) -> Result<Ballots> {
    let mut candidates: Vec<(u64, String)> = Vec::new();
    for (id, name) in profile.candidates {
        let candidate = number(&id).at(|| "a candidate")?;
        // `1` and `01` are one number, so a ballot would not say who is meant.
        ensure!(candidate.to_string() == id, "candidate {:?} has zeros before its number", shortened(&id));
        candidates.push((candidate, name));
    }
    candidates.sort();
    let is_known = |id: &&String| candidates.iter().any(|(candidate, _)| candidate.to_string() == **id);
    if let Some(id) = profile.totals.keys().find(|id| !is_known(id)) {
        bail!("totals: there is no candidate {}", shortened(id));
    }
    let max = u32::from(option_number(candidates.len())?);
    ensure!(max > 0, "there are no candidates");
    let mut ballots = Ballots::new(&profile.election, "ballots");
    for (number, Pattern { approve, count }) in profile.ballots.into_iter().enumerate() {
        let option = |id: &u64| {
            let position = candidates.iter().position(|(candidate, _)| candidate == id);
            option_number(position.ok_or_else(|| problem!("there is no candidate {id}"))?)
        };
        let options: Vec<u16> = approve.iter().map(option).collect::<Result<_>>()?;
        let cast = || {
            ensure!(!options.is_empty(), "nobody is approved of");
            check_distinct(&options)?;
            ballots.cast_often(vec![(0, Mark::Options(options))], 1, count)
        };
        cast().at(|| format!("pattern {}", number + 1))?;
    }
    let records = profile.contest_records.unwrap_or(profile.nonblank_ballots);
    let blank = records.checked_sub(profile.nonblank_ballots);
    let blank = blank.ok_or_else(|| problem!("contest_records is smaller than nonblank_ballots"))?;
    ballots.cast_often(vec![(0, Mark::Blank)], 1, blank)?;
    let ids: Vec<String> = candidates.iter().map(|(id, _)| id.to_string()).collect();
    let names = candidates.iter().map(|(_, name)| name.as_str());
    ballots.contests.push(Contest {
        id: "approval".to_owned(),
        title: "Of whom do you approve?".to_owned(),
        options: Names::of_options(ids.iter().map(String::as_str).zip(names)),
        rule: choose(1, max, true),
        published: Published {
            ballots: Some(records),
            options: ids.iter().map(|id| profile.totals.get(id).copied()).collect(),
            blank: Some(blank),
            ..Published::default()
        },
    });
    Ok(ballots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::count;
    use crate::error::on_one_line;

    fn parse(ballots: &str, records: u64) -> Result<Ballots> {
        interpret(serde_json::from_str(&profile(ballots, records)).unwrap())
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
        let count = count(&ballots).remove(0);
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
            ("", 2, "contest_records is smaller than nonblank_ballots"),
        ] {
            assert_eq!(on_one_line(&parse(patterns, records).err().unwrap()), expected);
        }
    }

    /// Fault R15.
    #[test]
    fn two_candidates_are_never_one() {
        let text = profile("", 3);
        let problem = |text: &str| {
            let read = serde_json::from_str(text).map_err(|error| error.to_string());
            read.and_then(|profile| interpret(profile).map_err(|error| error.to_string())).err().unwrap()
        };
        let zeros = problem(&text.replace("\"10\":\"Bob\"", "\"02\":\"Bob\""));
        assert_eq!(zeros, "candidate \"02\" has zeros before its number");
        let twice = problem(&text.replace("\"10\":\"Bob\"", "\"2\":\"Bob\""));
        assert!(twice.starts_with("the key \"2\" appears twice at line 1"), "{twice}");
        let twice = problem(&text.replace("\"10\":1", "\"2\":1"));
        assert!(twice.starts_with("the key \"2\" appears twice at line 1"), "{twice}");
    }

    #[test]
    fn what_is_not_known_may_be_votes_and_is_refused() {
        let refused = |text: &str| serde_json::from_str::<Profile>(text).err().unwrap().to_string();
        let text = profile("", 4);
        let known = "`election`, `candidates`, `totals`, `nonblank_ballots`, `contest_records`, `ballots`";
        let expected = format!("unknown field `contest_record`, expected one of {known} at line 2 column 32");
        assert_eq!(refused(&text.replace("contest_records", "contest_record")), expected);
        let unknown = serde_json::from_str(&text.replace("\"10\":1", "\"3\":1")).unwrap();
        assert_eq!(interpret(unknown).err().unwrap().to_string(), "totals: there is no candidate 3");
        let expected = "unknown field `counts`, expected `approve` or `count` at line 2 column 70";
        assert_eq!(refused(&profile(r#"{"approve":[2],"counts":2}"#, 3)), expected);
    }
}
