//! The report of a verification.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::checks::CheckId;
use crate::hash::Fingerprint;
use crate::record::ResultDocument;

/// The place in a record where something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// A file of the record.
    File(String),
    /// An entry of the board.
    Entry {
        /// The position of the entry on the board, counted from 0.
        index: u64,
        /// The file that contains the entry.
        file: String,
    },
    /// A line of the roll, counted from 1.
    RollLine(u64),
    /// A trustee, counted from 1.
    Trustee(u16),
    /// The record as a whole.
    Record,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Entry { index, file } => write!(f, "entry {index} ({file})"),
            Self::RollLine(line) => write!(f, "roll, line {line}"),
            Self::Trustee(index) => write!(f, "trustee {index}"),
            Self::Record => f.write_str("record"),
        }
    }
}

/// One failure of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The check to which the failure belongs.
    pub check: CheckId,
    /// The place of the failure.
    pub place: Place,
    /// What is wrong there, as a text for people.
    pub problem: String,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The check saw items, and all are valid.
    Passed,
    /// An item is invalid, or there are no items although there must be some.
    Failed,
    /// The check could not be done, because something before it failed or is missing.
    NotChecked,
    /// The check was not requested: the auditor pinned nothing, or the closing rule does not require statements.
    NotAsked,
}

/// One check of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The check to which this report belongs.
    pub check: CheckId,
    /// The outcome of the check.
    pub status: Status,
    /// The number of items that were checked.
    pub items: u64,
    /// The number of items that failed.
    pub failures: u64,
}

/// The stage that an election has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Voting is open, or was never opened.
    Voting,
    /// The voting is closed. Trustees verify a record of this stage before they decrypt.
    Closed,
    /// The result of the election is published.
    #[default]
    Complete,
}

/// What a verification found: every check with what it counted, and every failure with its place.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Whether every requested check passed.
    pub valid: bool,
    /// The stage that the election must have reached.
    pub stage: Stage,
    /// The fingerprint of the election, computed from manifest, ceremony and roll.
    #[serde(serialize_with = "hexadecimal")]
    pub fingerprint: Option<Fingerprint>,
    /// All checks, in the order of an election.
    pub checks: Vec<CheckReport>,
    /// The first [`Self::FAILURES_SHOWN`] failures of each check, in the order in which they were found.
    pub failures: Vec<Failure>,
    /// What the verifier could not check, as texts for people.
    pub not_checked: Vec<String>,
    /// Facts about a valid record that people should know, such as a unanimous contest or a threshold without
    /// redundancy.
    pub warnings: Vec<String>,
    /// The result that the verifier computed.
    pub result: Option<ResultDocument>,
    #[serde(skip)]
    tally_holds: bool,
}

fn hexadecimal<S: serde::Serializer>(fingerprint: &Option<Fingerprint>, serializer: S) -> Result<S::Ok, S::Error> {
    fingerprint.map(|fingerprint| fingerprint.to_string()).serialize(serializer)
}

impl Report {
    /// The number of failures that are shown for one check. Further failures are only counted: otherwise a file with
    /// many small items would fill the memory with messages.
    pub const FAILURES_SHOWN: u64 = 1000;

    /// Whether the tally is correct: all failures are of single entries that do not change the tally. Trustees decrypt
    /// such a tally. Otherwise a board could block the result with one void entry.
    #[must_use]
    pub fn tally_holds(&self) -> bool {
        self.tally_holds
    }

    /// The failures of one check.
    pub fn failures_of(&self, check: CheckId) -> impl Iterator<Item = &Failure> {
        self.failures.iter().filter(move |failure| failure.check == check)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CheckReport { check, status, items, failures } in &self.checks {
            let (slug, unit) = (check.slug(), check.unit());
            match (status, failures) {
                (Status::Passed, _) => writeln!(f, "ok      {slug:<22} {items} {unit}")?,
                (Status::Failed, 0) => writeln!(f, "FAILED  {slug:<22} nothing to check")?,
                (Status::Failed, 1) => writeln!(f, "FAILED  {slug:<22} 1 failure, {items} {unit}")?,
                (Status::Failed, _) => writeln!(f, "FAILED  {slug:<22} {failures} failures, {items} {unit}")?,
                (Status::NotChecked, _) => writeln!(f, "-       {slug:<22} not checked")?,
                (Status::NotAsked, _) => writeln!(f, "-       {slug:<22} not asked for")?,
            }
        }
        for Failure { check, place, problem } in &self.failures {
            writeln!(f, "\n{check}: {}: {}", Shown(&place.to_string()), Shown(problem))?;
        }
        for CheckReport { check, failures, .. } in &self.checks {
            match failures.saturating_sub(Self::FAILURES_SHOWN) {
                0 => {}
                1 => writeln!(f, "\n{check}: 1 further failure")?,
                further => writeln!(f, "\n{check}: {further} further failures")?,
            }
        }
        if !self.not_checked.is_empty() {
            writeln!(f)?;
        }
        for text in &self.not_checked {
            writeln!(f, "not checked: {text}")?;
        }
        for text in &self.warnings {
            writeln!(f, "\nnote: {text}")?;
        }
        writeln!(f)?;
        if let Some(fingerprint) = &self.fingerprint {
            writeln!(f, "fingerprint {fingerprint}")?;
        }
        f.write_str(if self.valid { "The record is valid." } else { "THE RECORD IS NOT VALID." })
    }
}

/// A text that may contain a name that an attacker chose. It is shown with escapes, so that it cannot write further
/// lines on a terminal or hide others.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '"' | '\'' | '\\' => write!(f, "{character}"),
            _ => write!(f, "{}", character.escape_debug()),
        })
    }
}

/// Counts what checks see, and keeps what they find.
#[derive(Default)]
pub(super) struct Findings {
    counts: Vec<(CheckId, u64)>,
    /// The number of failures of each check that has any.
    failed: Vec<(CheckId, u64)>,
    /// The first failures of each check.
    failures: Vec<Failure>,
    /// Whether there is a failure other than those of single entries that do not change the tally.
    broken: bool,
    pub(super) not_checked: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Findings {
    /// Says that a check saw `items` more items.
    pub(super) fn saw(&mut self, check: CheckId, items: u64) {
        count(&mut self.counts, check, items);
    }

    /// Says that an item is invalid.
    pub(super) fn fail(&mut self, check: CheckId, place: Place, problem: impl ToString) {
        self.broken |= !(matches!(place, Place::Entry { .. }) && check.voids_entries());
        if self.failed(check) < Report::FAILURES_SHOWN {
            self.failures.push(Failure { check, place, problem: problem.to_string() });
        }
        count(&mut self.failed, check, 1);
    }

    /// Returns the value of a result. If the result is an error, reports it as a failure of the check at this place.
    pub(super) fn ok_or_fail<T>(
        &mut self,
        check: CheckId,
        place: Place,
        result: Result<T, impl ToString>,
    ) -> Option<T> {
        result.map_err(|error| self.fail(check, place, error)).ok()
    }

    /// The number of failures of a check.
    pub(super) fn failed(&self, check: CheckId) -> u64 {
        self.failed.iter().find(|(failed, _)| *failed == check).map_or(0, |(_, count)| *count)
    }

    /// The report of an election that must have reached `stage`.
    pub(super) fn report(
        self,
        stage: Stage,
        fingerprint: Option<Fingerprint>,
        result: Option<ResultDocument>,
        asked: impl Fn(CheckId) -> bool,
    ) -> Report {
        let checks: Vec<CheckReport> = CheckId::ALL
            .iter()
            .filter(|check| check.stage() <= stage)
            .map(|check| {
                let seen = self.counts.iter().find(|(seen, _)| seen == check);
                let items = seen.map_or(0, |(_, count)| *count);
                let failures = self.failed(*check);
                let status = match (seen, failures) {
                    (_, 1..) => Status::Failed,
                    (Some((_, 0)), 0) if check.needs_items() => Status::Failed,
                    (Some(_), 0) => Status::Passed,
                    (None, 0) if !asked(*check) => Status::NotAsked,
                    (None, 0) => Status::NotChecked,
                };
                CheckReport { check: *check, status, items, failures }
            })
            .collect();
        let passed = checks.iter().all(|check| matches!(check.status, Status::Passed | Status::NotAsked));
        // A check that was not done, or that found no items, is not done although it has no failures.
        let done = |check: &CheckReport| match check.status {
            Status::Passed | Status::NotAsked => true,
            Status::Failed => check.failures > 0,
            Status::NotChecked => false,
        };
        let tally_holds = !self.broken && checks.iter().all(done);
        let Self { failures, not_checked, warnings, .. } = self;
        // A failure also counts if this stage does not list its check: if the sums cannot be added up, there is no
        // tally that trustees could decrypt.
        let valid = passed && failures.is_empty();
        Report { valid, stage, fingerprint, checks, failures, not_checked, warnings, result, tally_holds }
    }
}

fn count(counts: &mut Vec<(CheckId, u64)>, check: CheckId, more: u64) {
    match counts.iter_mut().find(|(counted, _)| *counted == check) {
        Some((_, count)) => *count += more,
        None => counts.push((check, more)),
    }
}

impl CheckId {
    /// Whether every ballot goes through the check.
    pub(super) fn is_of_ballots(self) -> bool {
        self.slug().starts_with("ballot.")
    }

    /// Whether a check without items has failed. There may be no ballots, if nobody voted.
    fn needs_items(self) -> bool {
        // An authority that has not signed is a failure of its own.
        !self.is_of_ballots() && self != Self::RollSignature
    }

    /// Whether an entry that fails this check has no effect on the tally.
    fn voids_entries(self) -> bool {
        self.is_of_ballots() || matches!(self, Self::Entries | Self::Order | Self::RollSignature | Self::Organiser)
    }

    /// The first stage of an election at which the check applies.
    fn stage(self) -> Stage {
        match self {
            Self::TallySums | Self::ClosingRule => Stage::Complete,
            Self::DecryptionProof | Self::DecryptionThreshold | Self::Result | Self::Files => Stage::Complete,
            _ => Stage::Voting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_a_later_stage_is_a_failure() {
        let findings = || {
            let mut findings = Findings::default();
            for check in CheckId::ALL.iter().filter(|check| check.stage() <= Stage::Closed) {
                findings.saw(*check, 1);
            }
            findings
        };
        assert!(findings().report(Stage::Closed, None, None, |_| true).valid);
        let mut failing = findings();
        failing.fail(CheckId::TallySums, Place::Record, "the sum of the weights is too large");
        assert!(!failing.report(Stage::Closed, None, None, |_| true).valid);
    }

    /// Trustees decrypt if entries are void, but not if any other check fails, at any stage, or was not done, or saw
    /// nothing.
    #[test]
    fn what_holds_up_the_decryption() {
        let up_to_the_close = || CheckId::ALL.iter().copied().filter(|check| check.stage() <= Stage::Closed);
        let seen = |items: &dyn Fn(CheckId) -> Option<u64>| {
            let mut findings = Findings::default();
            for check in up_to_the_close() {
                if let Some(items) = items(check) {
                    findings.saw(check, items);
                }
            }
            findings
        };
        let holds = |findings: Findings| findings.report(Stage::Closed, None, None, |_| true).tally_holds();
        assert!(holds(seen(&|_| Some(1))));
        let mut void = Vec::new();
        for check in CheckId::ALL {
            let failing = |place| {
                let mut findings = seen(&|_| Some(1));
                findings.fail(*check, place, "it does not hold");
                findings
            };
            let places = [Place::Record, Place::File("roll".into()), Place::RollLine(2), Place::Trustee(1)];
            for place in places {
                assert!(!holds(failing(place.clone())), "{check} at {place}");
            }
            if holds(failing(Place::Entry { index: 7, file: String::new() })) {
                void.push(check.slug());
            }
        }
        let expected = [
            "board.entries",
            "board.order",
            "roll.signature",
            "organiser.signature",
            "ballot.encoding",
            "ballot.election",
            "ballot.credential",
            "ballot.style",
            "ballot.signature",
            "ballot.argument",
            "ballot.duplicate",
            "ballot.randomness",
            "ballot.window",
            "ballot.predecessor",
        ];
        assert_eq!(void, expected);
        for left_out in up_to_the_close() {
            assert!(!holds(seen(&|check| (check != left_out).then_some(1))), "{left_out} was not done");
            let nobody_voted = left_out.slug().starts_with("ballot.") || left_out == CheckId::RollSignature;
            assert_eq!(
                holds(seen(&|check| Some(u64::from(check != left_out)))),
                nobody_voted,
                "{left_out} saw nothing"
            );
        }
    }

    /// Anybody who can put a file into the record chooses its name.
    #[test]
    fn names_write_no_lines_of_their_own() {
        let mut findings = Findings::default();
        let place = Place::File("a\nThe record is valid.\u{1b}[8m\u{202e}\u{9b}2J 'Città' \\".into());
        findings.fail(CheckId::Files, place, "not\rthis");
        let text = findings.report(Stage::Complete, None, None, |_| true).to_string();
        let line = "record.files: a\\nThe record is valid.\\u{1b}[8m\\u{202e}\\u{9b}2J 'Città' \\: not\\rthis\n";
        assert!(text.contains(line), "{text}");
    }

    /// A roll that consists only of line feeds has one failure for each byte.
    #[test]
    fn failures_do_not_fill_the_memory() {
        let mut findings = Findings::default();
        for line in 0..3 * Report::FAILURES_SHOWN {
            findings.fail(CheckId::Roll, Place::RollLine(line), "empty");
        }
        findings.fail(CheckId::Order, Place::Record, "closed twice");
        let report = findings.report(Stage::Closed, None, None, |_| true);
        let of = |check| {
            let counted = report.checks.iter().find(|report| report.check == check).unwrap();
            (counted.status, counted.failures, report.failures_of(check).count() as u64)
        };
        assert_eq!(of(CheckId::Roll), (Status::Failed, 3 * Report::FAILURES_SHOWN, Report::FAILURES_SHOWN));
        assert_eq!(of(CheckId::Order), (Status::Failed, 1, 1));
        let text = report.to_string();
        assert!(text.contains("\nroll.lines: 2000 further failures\n"), "{text}");
        assert!(!text.contains("board.order: 0 further"), "{text}");
    }
}
