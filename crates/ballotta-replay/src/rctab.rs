//! The files of RCTab (Bright Spots) beside ranked ballots: configurations `*_config.json`, whose rules say which rank is
//! the first that counts, and reports `*_expected_detailed_report.json`, whose first round is compared.
//!
//! A file is applied to the contest with its candidates, and to no other one. What is about no contest is named.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ballots::Published;
use crate::error::{At as _, Result, bail, ensure};
use crate::sheets::{Overvotes, Rules};
use crate::source::Source;
use crate::text::{json, number, shortened, unique_keys, whole};

/// The name of reports for write-ins that are not candidates.
const UNDECLARED: &str = "Undeclared Write-ins";

/// The providers of files with a column for each candidate.
const GENERIC: [&str; 2] = ["genericCsv", "CSV"];

/// The parts of a configuration that determine the first preference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    output_settings: OutputSettings,
    #[serde(default)]
    cvr_file_sources: Vec<CvrSource>,
    #[serde(default)]
    candidates: Vec<Candidate>,
    rules: ConfigRules,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputSettings {
    contest_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CvrSource {
    file_path: String,
    provider: String,
    first_vote_column_index: String,
    first_vote_row_index: String,
    overvote_label: String,
    skipped_rank_label: String,
    undeclared_write_in_label: String,
    overvote_delimiter: String,
    treat_blank_as_undeclared_write_in: bool,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    excluded: bool,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigRules {
    overvote_rule: String,
    max_skipped_ranks_allowed: String,
    #[serde(default)]
    max_rankings_allowed: Option<String>,
    #[serde(default)]
    treat_blank_as_undeclared_write_in: bool,
}

/// A detailed report.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    #[serde(default)]
    config: ReportConfig,
    results: Vec<Round>,
    #[serde(default)]
    summary: Option<Summary>,
}

#[derive(Debug, Default, Deserialize)]
struct ReportConfig {
    #[serde(default)]
    contest: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Round {
    round: u32,
    #[serde(deserialize_with = "unique_keys")]
    tally: BTreeMap<String, Total>,
    #[serde(default)]
    inactive_ballots: BTreeMap<String, Total>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    total_num_ballots: Total,
    undervotes: Total,
}

/// A number, or a text with a number, which may have decimals.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Total {
    Number(u64),
    Text(String),
}

impl Total {
    fn read(&self) -> Result<u64> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) => whole(text),
        }
    }
}

/// All configurations and reports beside the ballots, by the names of their files.
#[derive(Default)]
pub(crate) struct Rctab {
    pub(crate) configs: Vec<(String, Config)>,
    pub(crate) reports: Vec<(String, Report)>,
    pub(crate) notes: Vec<String>,
}

/// What a cell of a ballot says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    None,
    Overvote,
    /// The names of candidates with this rank.
    Candidates(Vec<String>),
}

impl Rctab {
    /// Reads the files of a source.
    pub(crate) fn read(source: &Source) -> Result<Self> {
        let mut rctab = Self::default();
        rctab.configs = rctab.files(source, "_config.json", &["outputSettings", "rules"])?;
        rctab.reports = rctab.files(source, "_expected_detailed_report.json", &["results"])?;
        Ok(rctab)
    }

    /// The files whose names have this end. Files of other programs, which lack these fields, are named.
    fn files<T: DeserializeOwned>(&mut self, source: &Source, ends: &str, fields: &[&str]) -> Result<Vec<(String, T)>> {
        let mut read = Vec::new();
        for file in source.list("", ends) {
            let document: Value = json(file)?;
            if fields.iter().all(|field| document.get(field).is_some()) {
                // Read again, since a value has no lines.
                read.push((file.name().to_owned(), json(file)?));
            } else {
                self.notes.push(format!("{} is not of RCTab, and not applied", file.name()));
            }
        }
        Ok(read)
    }

    /// Determines the configuration of each contest. `names` has the names of the candidates on ballots, for each contest.
    pub(crate) fn configs_of(&mut self, names: &[Vec<&str>]) -> Result<Vec<Option<usize>>> {
        let mut of: Vec<Option<usize>> = vec![None; names.len()];
        for (number, (file, config)) in self.configs.iter().enumerate() {
            let mut is_applied = false;
            for (contest, names) in names.iter().enumerate() {
                let is_about = match config.candidates.is_empty() {
                    true => of.len() == 1,
                    false => !names.is_empty() && names.iter().all(|name| config.cell(name).is_some()),
                };
                if is_about {
                    if let Some(other) = of[contest].and_then(|other: usize| self.configs.get(other)) {
                        bail!("{} and {file} are both about one contest", other.0);
                    }
                    of[contest] = Some(number);
                    is_applied = true;
                }
            }
            if !is_applied {
                self.notes.push(format!("{file} is about other candidates, and not applied"));
            }
        }
        Ok(of)
    }

    /// The published first preferences of each contest. A contest has the names of its candidates, in their order, and
    /// its configuration.
    pub(crate) fn published(&mut self, contests: &[(Vec<&str>, Option<usize>)]) -> Result<Vec<Published>> {
        let mut published = vec![Published::default(); contests.len()];
        let mut of: Vec<Option<&str>> = vec![None; contests.len()];
        for (file, report) in &self.reports {
            let Some(first) = report.results.iter().find(|round| round.round == 1) else {
                self.notes.push(format!("{file} has no first round, and is not compared"));
                continue;
            };
            let config = |number: &Option<usize>| number.and_then(|number| self.configs.get(number));
            let has_name = |(_, number): &(Vec<&str>, Option<usize>)| {
                config(number).is_some_and(|(_, config)| config.output_settings.contest_name == report.config.contest)
            };
            let is_named =
                |(names, _): &(Vec<&str>, Option<usize>)| names.iter().any(|name| first.tally.contains_key(*name));
            let mut about: Vec<usize> = (0..contests.len()).filter(|contest| has_name(&contests[*contest])).collect();
            if about.is_empty() {
                about = (0..contests.len()).filter(|contest| is_named(&contests[*contest])).collect();
            }
            let [contest] = about.as_slice() else {
                let about = if about.is_empty() { "no contest" } else { "more than one contest" };
                self.notes.push(format!("{file} has the candidates of {about}, and is not compared"));
                continue;
            };
            if let Some(other) = of[*contest].replace(file) {
                bail!("{other} and {file} are both about one contest");
            }
            let (names, number) = &contests[*contest];
            let config = config(number).map(|(_, config)| config);
            published[*contest] = report.published(first, names, config).at(|| file.clone())?;
        }
        Ok(published)
    }
}

impl Report {
    /// The numbers of the first round. A candidate who is not in the report has 0 votes in it. A candidate who is only in
    /// the report has 0 votes on the ballots.
    fn published(&self, first: &Round, names: &[&str], config: Option<&Config>) -> Result<Published> {
        let is_label = |name: &str| config.is_some_and(|config| config.is_undeclared(name));
        let names: Vec<&str> = names.iter().map(|name| if is_label(name) { UNDECLARED } else { name }).collect();
        let mut published = Published::default();
        for name in &names {
            published.options.push(Some(first.tally.get(*name).map_or(Ok(0), Total::read)?));
        }
        for (name, votes) in first.tally.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            let votes = votes.read()?;
            if votes > 0 {
                published.read.push((format!("{} (on no ballot)", shortened(name)), votes, 0));
            }
        }
        if let Some(Summary { total_num_ballots, undervotes }) = &self.summary {
            published.ballots = Some(total_num_ballots.read()?);
            let inactive: u64 = first.inactive_ballots.values().map(Total::read).sum::<Result<u64>>()?;
            published.blank = Some(inactive.saturating_add(undervotes.read()?));
        }
        Ok(published)
    }
}

impl Config {
    pub(crate) fn title(&self) -> &str {
        &self.output_settings.contest_name
    }

    /// The candidate whom the ballots call so.
    fn candidate(&self, name: &str) -> Option<&Candidate> {
        let is_called = |candidate: &&Candidate| {
            candidate.name == name || candidate.code == name || candidate.aliases.iter().any(|alias| alias == name)
        };
        self.candidates.iter().find(is_called)
    }

    fn is_undeclared(&self, name: &str) -> bool {
        name == UNDECLARED || self.cvr_file_sources.iter().any(|source| source.undeclared_write_in_label == name)
    }

    fn is_known(&self, name: &str) -> bool {
        self.candidate(name).is_some() || self.is_undeclared(name)
    }

    /// The file with a column for each candidate and ranks in its cells, if the configuration names one: the name, and the
    /// first column of candidates, counted from 1.
    pub(crate) fn columns_of_candidates(&self) -> Result<Option<(&str, usize)>> {
        let is_generic = |source: &&CvrSource| GENERIC.contains(&source.provider.as_str());
        let Some(source) = self.cvr_file_sources.iter().find(is_generic) else { return Ok(None) };
        let file = source.file_path.rsplit(['/', '\\']).next().unwrap_or_default();
        ensure!(source.first_vote_row_index == "2", "the first ballot is not in line 2 (firstVoteRowIndex)");
        let column = number(&source.first_vote_column_index).at(|| "firstVoteColumnIndex")?;
        ensure!(column > 0, "firstVoteColumnIndex is 0");
        Ok(Some((file, usize::try_from(column).unwrap_or(usize::MAX))))
    }

    /// What a cell says, if the configuration says it.
    pub(crate) fn cell(&self, text: &str) -> Option<Cell> {
        let named = |name: &str| self.candidate(name).map_or(name, |candidate| candidate.name.as_str()).to_owned();
        // The exports of RCTab have the candidates of an over-vote on lines of their own.
        if text.contains('\n') {
            return Some(Cell::Candidates(text.lines().map(|name| named(name.trim())).collect()));
        }
        if self.is_known(text) && !text.is_empty() {
            return Some(Cell::Candidates(vec![named(text)]));
        }
        for source in &self.cvr_file_sources {
            let is_label = |label: &str| !label.is_empty() && label == text;
            if is_label(&source.overvote_label) {
                return Some(Cell::Overvote);
            } else if is_label(&source.skipped_rank_label) {
                return Some(Cell::None);
            }
            let delimiter = source.overvote_delimiter.as_str();
            if !delimiter.is_empty() && text.contains(delimiter) {
                return Some(Cell::Candidates(text.split(delimiter).map(|name| named(name.trim())).collect()));
            }
            if text.is_empty()
                && (source.treat_blank_as_undeclared_write_in || self.rules.treat_blank_as_undeclared_write_in)
            {
                let label = Some(source.undeclared_write_in_label.as_str()).filter(|label| !label.is_empty());
                return Some(Cell::Candidates(vec![label.unwrap_or(UNDECLARED).to_owned()]));
            }
        }
        None
    }

    /// The rules for candidates with these names.
    pub(crate) fn rules(&self, names: &[&str]) -> Result<Rules> {
        let skipped = match self.rules.max_skipped_ranks_allowed.as_str() {
            "unlimited" => usize::MAX,
            skipped => usize::try_from(number(skipped).at(|| "maxSkippedRanksAllowed")?).unwrap_or(usize::MAX),
        };
        let overvotes = match self.rules.overvote_rule.as_str() {
            "alwaysSkipToNextRank" => Overvotes::Skip,
            "exhaustImmediately" => Overvotes::End,
            "exhaustIfMultipleContinuing" => Overvotes::EndIfSeveral,
            other => bail!("the rule {:?} for over-votes is not known", shortened(other)),
        };
        let is_excluded = |name: &str| self.candidate(name).is_some_and(|candidate| candidate.excluded);
        let excluded: BTreeSet<u16> =
            (0..).zip(names).filter(|(_, name)| is_excluded(name)).map(|(candidate, _)| candidate).collect();
        Ok(Rules { skipped, overvotes, excluded })
    }

    /// The most ranks of a ballot that count.
    pub(crate) fn most_ranks(&self) -> Result<usize> {
        match self.rules.max_rankings_allowed.as_deref() {
            None | Some("" | "max") => Ok(usize::MAX),
            Some(most) => {
                let most = number(most).at(|| "maxRankingsAllowed")?;
                ensure!(most > 0, "maxRankingsAllowed is 0");
                Ok(usize::try_from(most).unwrap_or(usize::MAX))
            }
        }
    }
}
