//! The formats that can be read, and the detection of the format of a source.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::ballots::Ballots;
use crate::error::{ReplayError, Result};
use crate::source::{Source, SourceFile};
use crate::text::is_utf16;
use crate::{approval, blt, columns, dominion, nist, pabulib, preflib, raire, ranked, rankings, shares, votekit};

/// A format of published ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Cast vote records of Dominion's Democracy Suite: JSON with its manifests, or comma-separated values.
    Dominion,
    /// Cast vote records in the common data format of NIST (SP 1500-103), as JSON.
    Nist,
    /// Cast vote records of ES&S as comma-separated values.
    Ess,
    /// Cast vote records of Clear Ballot as comma-separated values.
    ClearBallot,
    /// Ranked ballots as comma-separated values, with the files of RCTab beside them.
    Ranked,
    /// Ranked ballots of RAIRE.
    Raire,
    /// Rankings as comma-separated values that VoteKit reads: its profiles, and elections of Scotland.
    Votekit,
    /// Preferences of PrefLib: orders and categories.
    Preflib,
    /// Ranked ballots in files `.blt`.
    Blt,
    /// Rankings as lines, each with its number of voters.
    Rankings,
    /// Participatory budgeting: files `.pb` of Pabulib.
    Pabulib,
    /// An approval profile: how many ballots approve of the same candidates.
    Approval,
    /// Votes with different weights: totals of shareholders' meetings, weights of tokens.
    Shares,
}

/// The most bytes of a file that are looked at to detect its format.
const BEGINNING: u64 = 1 << 16;

/// The first bytes of a file, unpacked: enough to see what it is.
pub(crate) fn beginning(file: &SourceFile) -> Result<String> {
    let bytes = file.beginning(BEGINNING)?;
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}

impl Format {
    /// Every format, in the order in which they are listed for people.
    pub const ALL: [Self; 13] = [
        Self::Dominion,
        Self::Nist,
        Self::Ess,
        Self::ClearBallot,
        Self::Ranked,
        Self::Raire,
        Self::Votekit,
        Self::Preflib,
        Self::Blt,
        Self::Rankings,
        Self::Pabulib,
        Self::Approval,
        Self::Shares,
    ];

    /// The name of the format, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dominion => "dominion",
            Self::Nist => "nist",
            Self::Ess => "ess",
            Self::ClearBallot => "clearballot",
            Self::Ranked => "ranked",
            Self::Raire => "raire",
            Self::Votekit => "votekit",
            Self::Preflib => "preflib",
            Self::Blt => "blt",
            Self::Rankings => "rankings",
            Self::Pabulib => "pabulib",
            Self::Approval => "approval",
            Self::Shares => "shares",
        }
    }

    /// Detects the format of a source by the beginning of its files.
    ///
    /// # Errors
    ///
    /// [`ReplayError::UnknownFormat`] if no file begins like any format, [`ReplayError::SeveralFormats`] if files begin
    /// like different ones, and other errors if the source cannot be read.
    pub fn detect(source: &Source) -> Result<Self> {
        if let Some(file) = source.main() {
            let bytes = file.beginning(BEGINNING)?;
            let unknown =
                || ReplayError::UnknownFormat { path: source.path().to_path_buf(), looks: looks_like(&bytes) };
            return match Self::of(file)? {
                Some(format) => Ok(format),
                None if file.name().ends_with(".csv") && ranked::has_columns_of_candidates(source)? => Ok(Self::Ranked),
                None => Err(unknown()),
            };
        }
        let mut found: Vec<(Self, &str)> = Vec::new();
        for file in source.files().iter().filter(|file| !is_beside(file.name())) {
            if let Some(format) = Self::of(file)?.filter(|format| found.iter().all(|(known, _)| known != format)) {
                found.push((format, file.name()));
            }
        }
        match found.as_slice() {
            [] if ranked::has_columns_of_candidates(source)? => Ok(Self::Ranked),
            [] => Err(ReplayError::UnknownFormat {
                path: source.path().to_path_buf(),
                looks: Some("no file in it begins like one: name a file of it"),
            }),
            [(format, _)] => Ok(*format),
            several => {
                let files = several.iter().map(|(format, name)| format!("{name} ({format})")).collect();
                Err(ReplayError::SeveralFormats { path: source.path().to_path_buf(), files })
            }
        }
    }

    /// The format of a file, by its beginning.
    fn of(file: &SourceFile) -> Result<Option<Self>> {
        let text = beginning(file)?;
        let text = text.trim_start();
        let first_line = text.lines().next().unwrap_or_default().trim();
        Ok(Some(match () {
            () if pabulib::is_pabulib(text) => Self::Pabulib,
            () if first_line == dominion::HEADER || columns::is_dominion(file)? => Self::Dominion,
            () if ranked::is_ess(first_line) => Self::Ess,
            () if columns::is_clear_ballot(first_line) => Self::ClearBallot,
            () if ranked::is_header(first_line) => Self::Ranked,
            () if text.starts_with('{') && text.contains("\"Sessions\"") => Self::Dominion,
            () if nist::is_report(text) => Self::Nist,
            () if shares::is_shares(text) => Self::Shares,
            () if approval::is_profile(text) => Self::Approval,
            () if preflib::is_preflib(text) => Self::Preflib,
            () if raire::is_raire(text) => Self::Raire,
            () if votekit::is_votekit(text) => Self::Votekit,
            () if blt::is_blt(text) => Self::Blt,
            () if rankings::is_rankings(text) => Self::Rankings,
            () => return Ok(None),
        }))
    }

    /// Reads a source of this format: its contests, its ballots, and the published numbers.
    ///
    /// # Errors
    ///
    /// The first fault that the reader meets, with its place.
    pub fn read(self, source: &Source) -> Result<Ballots> {
        let ballots = match self {
            Self::Dominion => dominion::read(source),
            Self::Nist => nist::read(source),
            Self::Ess => ranked::read(source, ranked::Kind::Ess),
            Self::ClearBallot => columns::clear_ballot(source),
            Self::Ranked => ranked::read(source, ranked::Kind::Ranked),
            Self::Raire => raire::read(source),
            Self::Votekit => votekit::read(source),
            Self::Preflib => preflib::read(source),
            Self::Blt => blt::read(source),
            Self::Rankings => rankings::read(source),
            Self::Pabulib => pabulib::read(source),
            Self::Approval => approval::read(source),
            Self::Shares => shares::read(source),
        }?;
        Ok(ballots.with_notes(&source.notes, source.not_read()))
    }
}

/// Whether a file says something about ballots and has none, by its name.
fn is_beside(name: &str) -> bool {
    ["candidates.json", "tally.json"].contains(&name)
        || ["Manifest.json", "_config.json", "_expected_detailed_report.json", ".md"]
            .iter()
            .any(|end| name.ends_with(end))
        || name.to_lowercase().starts_with("readme")
}

/// What a file that is in no known format seems to be.
fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    match text.trim_start() {
        _ if is_utf16(bytes) => Some("it is UTF-16: save it as UTF-8"),
        _ if bytes.is_empty() => Some("it is empty"),
        _ if bytes.starts_with(b"%PDF") => Some("it is a PDF document"),
        _ if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) => Some("it is a workbook (xls): save its sheet as CSV"),
        _ if bytes.starts_with(b"BZh") || bytes.starts_with(b"\xfd7zXZ") || bytes.starts_with(b"7z") => {
            Some("it is compressed in a way that is not read, only gzip and zip: unpack it")
        }
        text if text.starts_with("<?xml") || text.starts_with('<') => Some("it is XML, which is not read"),
        _ => None,
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
        let looks = |content: &[u8]| {
            let path = folder.path().join("ballots");
            fs::write(&path, content).unwrap();
            Format::detect(&Source::open(&path).unwrap())
        };
        for (content, format) in [
            ("META\nkey;value\n", Format::Pabulib),
            ("\u{feff}META\r\n", Format::Pabulib),
            ("counting_group,ballot_type,contests\n", Format::Dominion),
            ("{\"Version\":\"5.10\",\"Sessions\":[]}", Format::Dominion),
            ("Town,5.1\n,Mayor (Vote For=1)\n,Ada\n\"CvrNumber\",DEM\n", Format::Dominion),
            ("{\"@type\":\"CVR.CastVoteRecordReport\"}", Format::Nist),
            ("Cast Vote Record,Precinct,Ballot Style,Mayor\n", Format::Ess),
            ("RowNumber,\"Choice_1_1:Mayor, A:Vote For 1:Ada:DEM\"\n", Format::ClearBallot),
            ("mayor_1,mayor_2\n1,2\n", Format::Ranked),
            ("CVR ID,Rank 1\n1,2\n", Format::Ranked),
            ("1\nContest,1,2,3,4\n", Format::Raire),
            ("VoteKit RankProfile\n", Format::Votekit),
            ("2,1\n3,1,2\n", Format::Votekit),
            ("# FILE NAME: x.soc\n# ALTERNATIVE NAME 1: A\n", Format::Preflib),
            ("2 1\n1 2 0\n", Format::Blt),
            ("3: A > B\n", Format::Rankings),
            ("{\n \"meetings\": []}", Format::Shares),
            ("{\"election\":\"x\",\"candidates\":{}}", Format::Approval),
        ] {
            assert_eq!(looks(content.as_bytes()).unwrap(), format, "{content}");
        }
        let path = folder.path().join("ballots").display().to_string();
        for (content, looked) in [
            (&b""[..], ": it is empty"),
            (b"a,b\n", ""),
            (b"{}", ""),
            (b"\0", ""),
            (b"\xff\xfeM\0", ": it is UTF-16: save it as UTF-8"),
            (b"<?xml version=\"1.0\"?>", ": it is XML, which is not read"),
            (b"%PDF-1.4", ": it is a PDF document"),
        ] {
            let problem = format!("{path} is not in a known format{looked}");
            assert_eq!(looks(content).unwrap_err().to_string(), problem);
        }
        let problem = Format::detect(&Source::open(folder.path()).unwrap()).unwrap_err().to_string();
        assert!(
            problem.ends_with("is not in a known format: no file in it begins like one: name a file of it"),
            "{problem}"
        );
    }

    #[test]
    fn the_files_of_a_folder_are_of_one_format() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.soc", "# ALTERNATIVE NAME 1: A\n# ALTERNATIVE NAME 2: B\n1: 1,2\n");
        write("notes.txt", "x");
        let open = || Source::open(folder.path()).unwrap();
        assert_eq!(Format::detect(&open()).unwrap(), Format::Preflib);
        let notes = |format: Format| format.read(&open()).map(|ballots| ballots.notes().to_vec());
        assert_eq!(notes(Format::Preflib).unwrap(), ["not read: notes.txt"]);
        write("b.blt", "2 1\n1 2 0\n0\n\"A\"\n\"B\"\n");
        let problem = Format::detect(&open()).unwrap_err().to_string();
        assert!(problem.ends_with("has files of several formats: a.soc (preflib), b.blt (blt)"), "{problem}");
        assert_eq!(notes(Format::Blt).unwrap()[1], "not read: a.soc, notes.txt");
        write("c.soc", "# ALTERNATIVE NAME 1: A\n1: 1\n");
        let problem = notes(Format::Preflib).unwrap_err().to_string();
        assert!(problem.ends_with("has several files with ballots (a.soc, c.soc): name one of them"), "{problem}");
        // An archive is read like a folder.
        let path = folder.path().join("all.zip");
        fs::write(
            &path,
            crate::archive::tests::zip_of(&[("x/a.blt", "2 1\n1 2 0\n0\n\"A\"\n\"B\"\n"), ("x/b.txt", "?")]),
        )
        .unwrap();
        let source = Source::open(&path).unwrap();
        let ballots = Format::detect(&source).unwrap().read(&source).unwrap();
        assert_eq!((ballots.len(), ballots.notes()[1].as_str()), (1, "not read: b.txt"));
    }

    /// Each source is damaged: a byte is removed or changed, the file is cut or doubled. The source is then either
    /// refused, or read, counted and converted into an election. Nothing panics.
    #[test]
    fn damaged_sources_are_read_or_refused() {
        let sources: [(&str, Format, &str); 18] = [
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
                "export.csv",
                Format::Dominion,
                "T,5\n,M (Vote For=1),\"R (Number of positions=1, Number of ranks=2)\"\n,A,B(1)\nCvrNumber,x,y\n1,1,1\n2,,0\n",
            ),
            (
                "report.json",
                Format::Nist,
                r#"{"Election":[{"Contest":[{"@id":"m","VotesAllowed":1,"ContestSelection":[{"@id":"a"},{"@id":"b"}]}]}],
                    "CVR":[{"CurrentSnapshotId":"s","CVRSnapshot":[{"@id":"s","CVRContest":[{"ContestId":"m","CVRContestSelection":
                    [{"ContestSelectionId":"a","SelectionPosition":[{"HasIndication":"yes","NumberVotes":1}]}]}]}]}]}"#,
            ),
            (
                "ess.csv",
                Format::Ess,
                "Cast Vote Record,M,M,G 1st Choice,G 2nd Choice\n1,A,B,X,overvote\n2,overvote,,,Y\n",
            ),
            (
                "clear.csv",
                Format::ClearBallot,
                "RowNumber,Choice_1_1:M:Vote For 1:A:P,Choice_2_2:R:1:Number of Winners 1:B:P\n1,1,0\n2,,1\n",
            ),
            ("x.raire", Format::Raire, "1\nContest,1,2,3,4\n1,a,3,4\n1,b,4\n"),
            (
                "profile.csv",
                Format::Votekit,
                "VoteKit RankProfile\nCandidates\n(A:A),(B:B)\nRanking_1,Ranking_2,&,Weight,&\n{'A'},\"{'B', \"\"A\"\"}\",&,1.5,&\n",
            ),
            ("scottish.csv", Format::Votekit, "2,1,\n3,1,2,\n1,2,\nCandidate 1,A,P,\nCandidate 2,B,P,\nWard\n"),
            (
                "x.toi",
                Format::Preflib,
                "# NUMBER VOTERS: 3\n# ALTERNATIVE NAME 1: A\n# ALTERNATIVE NAME 2: B\n2: {1,2}\n1.5: 2,1\n",
            ),
            ("x.cat", Format::Preflib, "# CATEGORY NAME 1: Y\n# ALTERNATIVE NAME 1: A\n2: {1}\n1: {}\n"),
            ("x.blt", Format::Blt, "2 1\n-2\n1 1=2 - 0\n3 2 1 0\n0\n\"A\"\n\"B\"\n\"T\"\n"),
            ("x.txt", Format::Rankings, "#/Candidates: A; B\n=A:[Ada]\n2: A > B\nt || B = A * 3\n"),
            (
                "meetings.json",
                Format::Shares,
                r#"{"meetings":[{"company":"C","date":"2","items":[{"item":"p","votes_for":7,"against":2,"broker_non_votes":1}]}]}"#,
            ),
        ];
        let contests = r#"{"List":[{"Description":"M","Id":7,"VoteFor":1},{"Description":"C","Id":9,"VoteFor":2}]}"#;
        let candidates = r#"{"List":[{"Description":"A","Id":21,"ContestId":7},{"Description":"E","Id":31,"ContestId":9},
            {"Description":"W","Id":40,"ContestId":9,"Type":"WriteIn"}]}"#;
        for (name, format, source) in sources {
            let read = |bytes: &[u8]| {
                let manifests =
                    [("ContestManifest.json", contests.as_bytes()), ("CandidateManifest.json", candidates.as_bytes())];
                let source = Source::of_memory(&[&[(name, bytes)][..], &manifests].concat());
                let ballots = format.read(&source)?.part(&[], None)?;
                let _ = count(&ballots);
                Ok::<_, ReplayError>(ballots.questions().voters.len())
            };
            assert!(read(source.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}")) > 0, "{name}");
            for position in 0..source.len() {
                let (before, after) = source.as_bytes().split_at(position);
                let _ = read(before);
                let _ = read(&[before, &after[1..]].concat());
                let _ = read(&[before, &after[..1], after].concat());
                for byte in [b'9', b',', b'"', b'\n', 0xff] {
                    let _ = read(&[before, &[byte], &after[1..]].concat());
                }
            }
        }
    }
}
