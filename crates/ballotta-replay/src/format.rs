//! The formats that can be read, and the detection of the format of a source.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use crate::ballots::Ballots;
use crate::error::{ReplayError, Result, bail};
use crate::{approval, dominion, pabulib, ranked, shares, text};

/// A format of published ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Cast vote records of Dominion's Democracy Suite, with their manifests.
    Dominion,
    /// Participatory budgeting: files `.pb` of Pabulib.
    Pabulib,
    /// Ranked ballots as comma-separated values, with the files of RCTab beside them.
    Ranked,
    /// An approval profile: how many ballots approve of the same candidates.
    Approval,
    /// Votes with different weights: totals of shareholders' meetings, weights of tokens.
    Shares,
}

impl Format {
    /// Every format, in the order in which they are listed for people.
    pub const ALL: [Self; 5] = [Self::Dominion, Self::Pabulib, Self::Ranked, Self::Approval, Self::Shares];

    /// The name of the format, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dominion => "dominion",
            Self::Pabulib => "pabulib",
            Self::Ranked => "ranked",
            Self::Approval => "approval",
            Self::Shares => "shares",
        }
    }

    /// Detects the format of a file by its first line, or of a folder by the names of its files.
    ///
    /// # Errors
    ///
    /// [`ReplayError::UnknownFormat`] if a file does not begin like any format, and other errors if the source cannot
    /// be read.
    pub fn detect(source: &Path) -> Result<Self> {
        if source.is_dir() {
            for (name, format) in [("ContestManifest.json", Self::Dominion), ("ballots.csv", Self::Ranked)] {
                if text::find(source, name).is_some() {
                    return Ok(format);
                }
            }
            bail!("{} has neither ContestManifest.json nor ballots.csv: name a file of it", source.display());
        }
        let beginning = text::beginning(source)?;
        let first_line = beginning.lines().next().unwrap_or_default().trim();
        let has = |field: &str| beginning.contains(&format!("\"{field}\""));
        Ok(match first_line {
            "META" => Self::Pabulib,
            dominion::HEADER => Self::Dominion,
            line if ranked::is_header(line) => Self::Ranked,
            line if line.starts_with('{') && has("Sessions") => Self::Dominion,
            line if line.starts_with('{') && (has("meetings") || has("weights")) => Self::Shares,
            line if line.starts_with('{') && has("candidates") => Self::Approval,
            _ => return Err(ReplayError::UnknownFormat { path: source.to_path_buf() }),
        })
    }

    /// Reads a source of this format: its contests, its ballots, and the published numbers.
    ///
    /// # Errors
    ///
    /// The first fault that the reader meets, with its place.
    pub fn read(self, source: &Path) -> Result<Ballots> {
        match self {
            Self::Dominion => dominion::read(source),
            Self::Pabulib => pabulib::read(source),
            Self::Ranked => ranked::read(source),
            Self::Approval => approval::read(source),
            Self::Shares => shares::read(source),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a text that is not the name of a [`Format`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a format")]
pub struct UnknownFormatName(String);

impl FromStr for Format {
    type Err = UnknownFormatName;

    fn from_str(name: &str) -> Result<Self, UnknownFormatName> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownFormatName(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::count::count;

    #[test]
    fn formats_are_told_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let looks = |content: &str| {
            let path = folder.path().join("ballots");
            fs::write(&path, content).unwrap();
            Format::detect(&path)
        };
        for (content, format) in [
            ("META\nkey;value\n", Format::Pabulib),
            ("\u{feff}META\r\n", Format::Pabulib),
            ("counting_group,ballot_type,contests\n", Format::Dominion),
            ("{\"Version\":\"5.10\",\"Sessions\":[]}", Format::Dominion),
            ("mayor_1,mayor_2\n1,2\n", Format::Ranked),
            ("{\n \"meetings\": []}", Format::Shares),
            ("{\"election\":\"x\",\"candidates\":{}}", Format::Approval),
        ] {
            assert_eq!(looks(content).unwrap(), format, "{content}");
        }
        for content in ["", "a,b\n", "{}", "\u{0}"] {
            let problem = format!("{} is not in a known format", folder.path().join("ballots").display());
            assert_eq!(looks(content).unwrap_err().to_string(), problem);
        }
        let problem = Format::detect(folder.path()).unwrap_err().to_string();
        assert!(problem.ends_with("has neither ContestManifest.json nor ballots.csv: name a file of it"), "{problem}");
    }

    /// Each source is damaged: a byte is removed or changed, the file is cut or doubled. The source is then either
    /// refused, or read, counted and converted into an election. Nothing panics.
    #[test]
    fn damaged_sources_are_read_or_refused() {
        let sources: [(&str, Format, &str); 7] = [
            (
                "cards.csv",
                Format::Dominion,
                "counting_group,ballot_type,contests\n1,1,7:21;9:40|40\n1,1,9:31;7:!\n1,2,7:\n",
            ),
            (
                "CvrExport_1.json",
                Format::Dominion,
                r#"{"Sessions":[{"Original":{"IsCurrent":true,"Cards":[{"Contests":[{"Id":9,"Undervotes":1,"Overvotes":0,
                    "Marks":[{"CandidateId":40,"IsVote":true}]}]}]}}]}"#,
            ),
            (
                "budget.pb",
                Format::Pabulib,
                "META\nkey;value\nvote_type;cumulative\nmax_sum_points;5\nPROJECTS\nproject_id;votes;score;name\nA;2;5;\"T;\"\nB;1;1;B\n\
                 VOTES\nvoter_id;vote;points\n1;A,B;3,1\n2;A;2\n",
            ),
            (
                "order.pb",
                Format::Pabulib,
                "META\nkey;value\nvote_type;ordinal\nmax_length;2\nPROJECTS\nproject_id;score\nA;4\nB;1\nVOTES\nvoter_id;vote\n1;A,B\n2;A\n",
            ),
            ("ballots.csv", Format::Ranked, "mayor_1,mayor_2,park_1\n1,2,U\n2,3,1\nO,3,1\n"),
            (
                "profile.json",
                Format::Approval,
                r#"{"election":"M","candidates":{"1":"A","2":"B"},"totals":{"1":3},"nonblank_ballots":3,"contest_records":4,
                    "ballots":[{"approve":[1],"count":2},{"approve":[2,1],"count":1}]}"#,
            ),
            (
                "meetings.json",
                Format::Shares,
                r#"{"meetings":[{"company":"C","date":"2","items":[{"item":"p","votes_for":7,"against":2,"broker_non_votes":1}]}]}"#,
            ),
        ];
        let folder = tempfile::tempdir().unwrap();
        let contests = r#"{"List":[{"Description":"M","Id":7,"VoteFor":1},{"Description":"C","Id":9,"VoteFor":2}]}"#;
        let candidates = r#"{"List":[{"Description":"A","Id":21,"ContestId":7},{"Description":"E","Id":31,"ContestId":9},
            {"Description":"W","Id":40,"ContestId":9,"Type":"WriteIn"}]}"#;
        fs::write(folder.path().join("ContestManifest.json"), contests).unwrap();
        fs::write(folder.path().join("CandidateManifest.json"), candidates).unwrap();
        for (name, format, source) in sources {
            let path = folder.path().join(name);
            let read = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let ballots = format.read(&path)?.part(&[], None)?;
                let _ = count(&ballots);
                Ok::<_, ReplayError>(ballots.questions().voters.len())
            };
            assert!(read(source.as_bytes()).unwrap() > 0, "{name}");
            for position in 0..source.len() {
                let (before, after) = source.as_bytes().split_at(position);
                let _ = read(before);
                let _ = read(&[before, &after[1..]].concat());
                let _ = read(&[before, &after[..1], after].concat());
                for byte in [b'0', b'9', b';', b',', b'"', b'\n', b'|', b'-', 0xff] {
                    let _ = read(&[before, &[byte], &after[1..]].concat());
                }
            }
        }
    }
}
