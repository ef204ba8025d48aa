//! The report of a verification.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::checks::CheckId;
use crate::hash::Fingerprint;
use crate::record::{ReadError, ResultDocument};
use crate::words::{Shown, counted};

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

/// Somebody with a role in the election, who answers for a failure or from whom something is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The organiser.
    Organiser,
    /// A credential authority, counted from 1.
    Authority(u16),
    /// A trustee, counted from 1.
    Trustee(u16),
    /// A witness of the board, counted from 1.
    Witness(u16),
    /// The board.
    Board,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organiser => f.write_str("the organiser"),
            Self::Authority(index) => write!(f, "credential authority {index}"),
            Self::Trustee(index) => write!(f, "trustee {index}"),
            Self::Witness(index) => write!(f, "witness {index}"),
            Self::Board => f.write_str("the board"),
        }
    }
}

/// The effect of a failure on the verdict, from the least to the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A rule is broken, but the result is the same as without what breaks it.
    #[default]
    None,
    /// Something that must be there is not there yet.
    Missing,
    /// The record is wrong.
    Invalid,
    /// The record could not be read, or changed while it was read.
    Unreadable,
}

/// One failure of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The check to which the failure belongs.
    pub check: CheckId,
    /// The place of the failure.
    pub place: Place,
    /// The effect of the failure on the verdict.
    pub effect: Effect,
    /// Who answers for the failure, or who is awaited if something is missing. Empty if nobody has signed what is wrong.
    pub who: Vec<Role>,
    /// What is wrong there, as a text for people.
    pub problem: String,
}

/// The outcome of a check. If it has failures, this is the greatest of their effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The check saw items, and all are valid.
    Passed,
    /// Items break the rules of the check, but that changes nothing in the result.
    Findings,
    /// Something that must be there is not there yet.
    Missing,
    /// An item is wrong.
    Failed,
    /// Items could not be read, or changed while they were read.
    Unreadable,
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

/// The organiser has cancelled the election, so that it has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cancelled {
    /// The position of the cancellation on the board, counted from 0.
    pub entry: u64,
    /// Why, in the words of the organiser, who has signed them.
    pub reason: String,
}

/// What a verification concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every requested check passed.
    Holds,
    /// What the record shows is right, although somebody broke a rule in a way that changes nothing.
    HoldsWithFindings,
    /// Nothing wrong was found, but something is missing, so that some checks could not be made. The report names them, and
    /// who is awaited.
    NotComplete,
    /// Something is wrong.
    DoesNotHold,
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

/// The step of an election that is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// A file that must be there from the beginning, or that an entry names, is put into the record.
    Files,
    /// The trustees make the next messages of the key ceremony.
    KeyCeremony,
    /// The credential authorities make the roll and sign it.
    Roll,
    /// The organiser opens the voting.
    Opening,
    /// Voters vote, until the organiser closes the voting.
    Voting,
    /// Trustees sign statements, or witnesses cosign the closing checkpoint.
    Closing,
    /// Trustees decrypt the totals.
    Decryption,
    /// The board publishes the result.
    Publication,
    /// None: everybody verifies the record.
    Verification,
}

impl Step {
    /// The step with which something that is missing comes into the record.
    fn of(failure: &Failure) -> Self {
        match failure.check {
            CheckId::Result | CheckId::Files => Self::Publication,
            // The board has had this file.
            _ if failure.who == [Role::Board] => Self::Files,
            CheckId::Ceremony => Self::KeyCeremony,
            CheckId::Roll | CheckId::RollSignature | CheckId::Parts => Self::Roll,
            CheckId::Fingerprint => Self::Opening,
            CheckId::Order => Self::Voting,
            CheckId::TallySums | CheckId::ClosingRule => Self::Closing,
            CheckId::DecryptionProof | CheckId::DecryptionThreshold => Self::Decryption,
            _ => Self::Files,
        }
    }
}

/// What a verification found: every check with what it counted, and every failure with its place.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The verdict; `None` if the record could not be read, or changed while it was read.
    pub verdict: Option<Verdict>,
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
    /// The cancellation of the election, if there is one. Then the checks of the stage [`Complete`](Stage::Complete) are not asked
    /// for, and there is no result.
    pub cancelled: Option<Cancelled>,
    /// The result that the verifier computed.
    pub result: Option<ResultDocument>,
}

fn hexadecimal<S: serde::Serializer>(fingerprint: &Option<Fingerprint>, serializer: S) -> Result<S::Ok, S::Error> {
    fingerprint.map(|fingerprint| fingerprint.to_string()).serialize(serializer)
}

impl Report {
    /// The number of failures that are shown for one check. Further failures are only counted: otherwise a file with
    /// many small items would fill the memory with messages.
    pub const FAILURES_SHOWN: u64 = 1000;

    /// Whether the record holds, with or without findings. Trustees decrypt if a record holds up to the close. Otherwise
    /// a board could block the result with one void entry.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Holds | Verdict::HoldsWithFindings))
    }

    /// Everybody from whom something is missing, each once.
    #[must_use]
    pub fn awaited(&self) -> Vec<Role> {
        let missing = self.failures.iter().filter(|failure| failure.effect == Effect::Missing);
        let mut awaited: Vec<Role> = missing.flat_map(|failure| failure.who.iter().copied()).collect();
        awaited.sort_unstable();
        awaited.dedup();
        awaited
    }

    /// The step of the election that is next, and who is awaited in it. The report must be for the complete election.
    /// `None` if the record is wrong or could not be read.
    #[must_use]
    pub fn next_step(&self) -> Option<(Step, Vec<Role>)> {
        if !matches!(self.verdict, Some(Verdict::Holds | Verdict::HoldsWithFindings | Verdict::NotComplete)) {
            return None;
        }
        let missing = || self.failures.iter().filter(|failure| failure.effect == Effect::Missing);
        let Some(step) = missing().map(Step::of).min() else {
            return Some((Step::Verification, Vec::new()));
        };
        let of_step = missing().filter(|failure| Step::of(failure) == step);
        let mut roles: Vec<Role> = of_step.flat_map(|failure| failure.who.iter().copied()).collect();
        roles.sort_unstable();
        roles.dedup();
        Some((step, roles))
    }

    /// The first failure because of which the voting must not be opened yet. The report must be for the stage of voting.
    #[must_use]
    pub fn opening_obstacle(&self) -> Option<&Failure> {
        self.failures.iter().find(|failure| match failure.effect {
            Effect::None => false,
            // The opening itself is awaited.
            Effect::Missing => failure.who != [Role::Organiser],
            Effect::Invalid | Effect::Unreadable => true,
        })
    }

    /// The failures of one check.
    pub fn failures_of(&self, check: CheckId) -> impl Iterator<Item = &Failure> {
        self.failures.iter().filter(move |failure| failure.check == check)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CheckReport { check, status, items, failures } in &self.checks {
            let (slug, items) = (check.slug(), counted(items, check.unit_of_one(), check.unit()));
            let word = match status {
                Status::Passed => "ok",
                Status::Findings => "finding",
                Status::Missing => "missing",
                Status::Failed => "FAILED",
                Status::Unreadable => "NOT READ",
                Status::NotChecked | Status::NotAsked => "-",
            };
            write!(f, "{word:<8} {slug:<22} ")?;
            match (status, failures) {
                (Status::NotChecked, _) => writeln!(f, "not checked")?,
                (Status::NotAsked, _) => writeln!(f, "not asked for")?,
                (Status::Passed, _) => writeln!(f, "{items}")?,
                (_, 0) => writeln!(f, "nothing to check")?,
                (_, 1) => writeln!(f, "1 failure, {items}")?,
                _ => writeln!(f, "{failures} failures, {items}")?,
            }
        }
        for Failure { check, place, effect, who, problem } in &self.failures {
            write!(f, "\n{check}: {}: {}", Shown(&place.to_string()), Shown(problem))?;
            match (effect, who.as_slice()) {
                (Effect::Unreadable, _) | (_, []) => writeln!(f)?,
                (Effect::Missing, who) => writeln!(f, " (awaited: {})", Roles(who))?,
                (_, who) => writeln!(f, " (who answers for it: {})", Roles(who))?,
            }
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
        if let Some(Cancelled { entry, reason }) = &self.cancelled {
            writeln!(f, "\ncancelled: entry {entry}, signed by the organiser: {}", Shown(reason))?;
        }
        writeln!(f)?;
        if let Some(fingerprint) = &self.fingerprint {
            writeln!(f, "fingerprint {}\n            {fingerprint}", fingerprint.written())?;
        }
        match self.verdict {
            Some(Verdict::Holds | Verdict::HoldsWithFindings) if self.cancelled.is_some() => {
                f.write_str("The record holds, and the organiser has cancelled the election: it has no result.")
            }
            Some(Verdict::Holds) => f.write_str("The record holds."),
            Some(Verdict::HoldsWithFindings) => {
                f.write_str("The record holds, with findings. They change nothing in the result.")
            }
            Some(Verdict::NotComplete) => {
                f.write_str("THE RECORD IS NOT COMPLETE.")?;
                if self.failures.iter().all(|failure| failure.effect == Effect::Missing) {
                    f.write_str(" Nothing wrong was found.")?;
                }
                let not_made = self.checks.iter().filter(|check| check.status == Status::NotChecked).count();
                if not_made > 0 {
                    let (count, they_are) =
                        (counted(not_made, "check", "checks"), if not_made == 1 { "it is" } else { "they are" });
                    write!(f, " {count} could not be made yet: {they_are} marked \"not checked\".")?;
                }
                match self.awaited().as_slice() {
                    [] => Ok(()),
                    awaited => write!(f, " Awaited: {}.", Roles(awaited)),
                }
            }
            Some(Verdict::DoesNotHold) => f.write_str("THE RECORD DOES NOT HOLD."),
            None => f.write_str("THE RECORD COULD NOT BE READ. There is no verdict."),
        }
    }
}

/// Roles in one line.
struct Roles<'a>(&'a [Role]);

impl fmt::Display for Roles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(number, role)| {
            if number > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{role}")
        })
    }
}

/// Counts what checks see, and keeps what they find.
#[derive(Default)]
pub(super) struct Findings {
    counts: Vec<(CheckId, u64)>,
    /// The number of failures of each check that has any, and the greatest of their effects.
    failed: Vec<(CheckId, u64, Effect)>,
    /// The first failures of each check.
    failures: Vec<Failure>,
    pub(super) not_checked: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) cancelled: Option<Cancelled>,
}

impl Findings {
    /// Says that a check saw `items` more items.
    pub(super) fn saw(&mut self, check: CheckId, items: u64) {
        match self.counts.iter_mut().find(|(counted, _)| *counted == check) {
            Some((_, count)) => *count += items,
            None => self.counts.push((check, items)),
        }
    }

    /// Says that an item breaks a rule, and that the result is the same as without it. `who` answers for it.
    pub(super) fn note(&mut self, check: CheckId, place: Place, who: &[Role], problem: impl ToString) {
        self.add(check, place, Effect::None, who, problem);
    }

    /// Says that something which must be there is not there yet, and who is awaited.
    pub(super) fn missing(&mut self, check: CheckId, place: Place, who: &[Role], problem: impl ToString) {
        self.add(check, place, Effect::Missing, who, problem);
    }

    /// Says that an item is wrong. `who` answers for it: it signed the item.
    pub(super) fn fail(&mut self, check: CheckId, place: Place, who: &[Role], problem: impl ToString) {
        self.add(check, place, Effect::Invalid, who, problem);
    }

    /// Says that a file could not be read, or changed while it was read.
    pub(super) fn unreadable(&mut self, check: CheckId, place: Place, problem: impl ToString) {
        self.add(check, place, Effect::Unreadable, &[], problem);
    }

    /// Says why a file was not read. If the file does not exist, `who` is awaited.
    pub(super) fn not_read(&mut self, check: CheckId, place: Place, who: &[Role], error: &ReadError) {
        match error {
            ReadError::Missing => self.missing(check, place, who, error),
            ReadError::TooLong { .. } => self.fail(check, place, &[], error),
            ReadError::Source(_) => self.unreadable(check, place, error),
        }
    }

    /// Adds a failure.
    pub(super) fn add(&mut self, check: CheckId, place: Place, effect: Effect, who: &[Role], problem: impl ToString) {
        if self.failed(check) < Report::FAILURES_SHOWN {
            self.failures.push(Failure { check, place, effect, who: who.to_vec(), problem: problem.to_string() });
        }
        match self.failed.iter_mut().find(|(failed, ..)| *failed == check) {
            Some((_, count, worst)) => (*count, *worst) = (*count + 1, effect.max(*worst)),
            None => self.failed.push((check, 1, effect)),
        }
    }

    /// Returns the value of a result. If the result is an error, reports that it is wrong, and that nobody has signed it.
    pub(super) fn ok_or_fail<T>(
        &mut self,
        check: CheckId,
        place: Place,
        result: Result<T, impl ToString>,
    ) -> Option<T> {
        result.map_err(|error| self.fail(check, place, &[], error)).ok()
    }

    /// The number of failures of a check.
    pub(super) fn failed(&self, check: CheckId) -> u64 {
        self.failed.iter().find(|(failed, ..)| *failed == check).map_or(0, |(_, count, _)| *count)
    }

    /// The greatest effect of the failures of a check; `None` without failures.
    pub(super) fn effect(&self, check: CheckId) -> Option<Effect> {
        self.failed.iter().find(|(failed, ..)| *failed == check).map(|(.., effect)| *effect)
    }

    /// The greatest effect of the failures of any check; `None` without failures.
    pub(super) fn worst(&self) -> Option<Effect> {
        self.failed.iter().map(|(.., effect)| *effect).max()
    }

    /// The report of an election that must have reached `stage`.
    pub(super) fn report(
        self,
        stage: Stage,
        fingerprint: Option<Fingerprint>,
        result: Option<ResultDocument>,
        asked: impl Fn(CheckId) -> bool,
    ) -> Report {
        // Nothing comes after a cancellation.
        let asked = |check: CheckId| asked(check) && (self.cancelled.is_none() || check.stage() < Stage::Complete);
        let status = |check: CheckId, seen: Option<u64>| match self.failed.iter().find(|(failed, ..)| *failed == check)
        {
            Some((.., Effect::None)) => Status::Findings,
            Some((.., Effect::Missing)) => Status::Missing,
            Some((.., Effect::Invalid)) => Status::Failed,
            Some((.., Effect::Unreadable)) => Status::Unreadable,
            None => match seen {
                Some(0) if check.needs_items() => Status::Missing,
                Some(_) => Status::Passed,
                None if asked(check) => Status::NotChecked,
                None => Status::NotAsked,
            },
        };
        let checks: Vec<CheckReport> = CheckId::ALL
            .iter()
            .filter(|check| check.stage() <= stage)
            .map(|check| {
                let seen = self.counts.iter().find(|(seen, _)| seen == check).map(|(_, items)| *items);
                let (items, failures) = (seen.unwrap_or(0), self.failed(*check));
                CheckReport { check: *check, status: status(*check, seen), items, failures }
            })
            .collect();
        let is_done = |check: &CheckReport| !matches!(check.status, Status::Missing | Status::NotChecked);
        // A failure also counts if this stage does not list its check: if the sums cannot be added up, there is no
        // tally that trustees could decrypt.
        let verdict = match self.worst() {
            Some(Effect::Unreadable) => None,
            Some(Effect::Invalid) => Some(Verdict::DoesNotHold),
            Some(Effect::Missing) => Some(Verdict::NotComplete),
            _ if !checks.iter().all(is_done) => Some(Verdict::NotComplete),
            Some(Effect::None) => Some(Verdict::HoldsWithFindings),
            None => Some(Verdict::Holds),
        };
        // Somebody may have changed this copy of the record. The board answers only for entries that it has signed. What
        // depends on manifest, ceremony or roll counts against nobody, unless they are those that were opened.
        let passed = |check| self.counts.iter().any(|(done, _)| *done == check) && self.failed(check) == 0;
        let (board_signed, is_opened_one) = (passed(CheckId::Root), passed(CheckId::Fingerprint));
        let Self { mut failures, not_checked, warnings, cancelled, .. } = self;
        for Failure { check, who, .. } in failures.iter_mut().filter(|failure| failure.effect != Effect::Missing) {
            let answers = is_opened_one || !check.depends_on_the_election();
            who.retain(|role| answers && (board_signed || *role != Role::Board));
        }
        Report { verdict, stage, fingerprint, checks, failures, not_checked, warnings, cancelled, result }
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

    /// Whether what fails this check depends on manifest, ceremony and roll. The keys of the board and of the trustees, with
    /// which the other checks accuse somebody, sign the manifest that names them.
    fn depends_on_the_election(self) -> bool {
        // Which entries are in order depends on openings and closings, and so on the key of the organiser.
        self == Self::Order || !(self.slug().starts_with("board.") || self == Self::Ceremony)
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
    use alloc::format;

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
        let verdict = |findings: Findings| findings.report(Stage::Closed, None, None, |_| true).verdict;
        assert_eq!(verdict(findings()), Some(Verdict::Holds));
        let mut failing = findings();
        failing.fail(CheckId::TallySums, Place::Record, &[], "the sum of the weights is too large");
        assert_eq!(verdict(failing), Some(Verdict::DoesNotHold));
    }

    /// The greatest effect decides, whatever else was found. What was not done, or saw nothing, is not complete.
    #[test]
    fn the_greatest_effect_gives_the_verdict() {
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
        let report = |findings: Findings| findings.report(Stage::Closed, None, None, |_| true);
        let with = |effects: &[Effect]| {
            let mut findings = seen(&|_| Some(1));
            for effect in effects {
                findings.add(CheckId::Entries, Place::Record, *effect, &[Role::Board], "it is so");
            }
            let report = report(findings);
            let status = report.checks.iter().find(|report| report.check == CheckId::Entries).unwrap().status;
            (report.verdict, status)
        };
        let expected = [
            (Effect::None, Some(Verdict::HoldsWithFindings), Status::Findings),
            (Effect::Missing, Some(Verdict::NotComplete), Status::Missing),
            (Effect::Invalid, Some(Verdict::DoesNotHold), Status::Failed),
            (Effect::Unreadable, None, Status::Unreadable),
        ];
        assert_eq!(with(&[]), (Some(Verdict::Holds), Status::Passed));
        for (place, (effect, verdict, status)) in expected.iter().enumerate() {
            for (lesser, ..) in &expected[..=place] {
                assert_eq!(with(&[*lesser, *effect]), (*verdict, *status), "{lesser:?}, {effect:?}");
                assert_eq!(with(&[*effect, *lesser]), (*verdict, *status), "{effect:?}, {lesser:?}");
            }
        }
        for left_out in up_to_the_close() {
            let not_done = report(seen(&|check| (check != left_out).then_some(1)));
            assert_eq!(not_done.verdict, Some(Verdict::NotComplete), "{left_out} was not done");
            let nobody_voted = left_out.slug().starts_with("ballot.") || left_out == CheckId::RollSignature;
            let saw_nothing = report(seen(&|check| Some(u64::from(check != left_out))));
            assert_eq!(saw_nothing.holds(), nobody_voted, "{left_out} saw nothing");
        }
    }

    /// The effect of a failure counts even if there are too many of its check to show them all.
    #[test]
    fn an_effect_counts_although_it_is_not_shown() {
        let mut findings = Findings::default();
        CheckId::ALL.iter().for_each(|check| findings.saw(*check, 1));
        for line in 0..Report::FAILURES_SHOWN {
            findings.note(CheckId::Files, Place::File(line.to_string()), &[], "not part of the record");
        }
        findings.fail(CheckId::Files, Place::File("roll".into()), &[], "another file");
        let report = findings.report(Stage::Complete, None, None, |_| true);
        assert_eq!(report.verdict, Some(Verdict::DoesNotHold));
        assert!(report.failures.iter().all(|failure| failure.effect == Effect::None));
    }

    /// Without its signature over the entries, the board answers for none of them, and unless the opening names the fingerprint,
    /// nobody answers for what depends on it. But all are still awaited.
    #[test]
    fn who_has_not_signed_is_not_accused() {
        let (board, trustee) = ([Role::Board], [Role::Trustee(2)]);
        // Which entries are in order depends on the key of the organiser, and so on the manifest.
        for (check, is_failed, for_entries, for_order, for_sums) in [
            (None, false, &board[..], &board[..], &trustee[..]),
            (Some(CheckId::Root), true, &[], &[], &trustee),
            (Some(CheckId::Root), false, &[], &[], &trustee),
            (Some(CheckId::Fingerprint), true, &board, &[], &[]),
            (Some(CheckId::Fingerprint), false, &board, &[], &[]),
        ] {
            let mut findings = Findings::default();
            findings.note(CheckId::Entries, Place::Record, &board, "an entry that cannot be read");
            findings.note(CheckId::Order, Place::Record, &board, "closed twice");
            findings.note(CheckId::TallySums, Place::Record, &trustee, "two statements");
            findings.missing(CheckId::Result, Place::Record, &board, "the file is missing");
            findings.note(CheckId::Ceremony, Place::Record, &trustee, "a message that is not right");
            for done in [CheckId::Root, CheckId::Fingerprint] {
                match check == Some(done) {
                    true if is_failed => findings.fail(done, Place::Record, &[], "another one"),
                    true => {}
                    false => findings.saw(done, 1),
                }
            }
            let report = findings.report(Stage::Complete, None, None, |_| true);
            let who: Vec<&[Role]> = report.failures.iter().map(|failure| failure.who.as_slice()).collect();
            assert_eq!(
                who[..5],
                [for_entries, for_order, for_sums, &board, &trustee],
                "{check:?}, failed: {is_failed}"
            );
        }
    }

    #[test]
    fn the_report_says_who_is_awaited() {
        let mut findings = Findings::default();
        findings.saw(CheckId::Manifest, 1);
        let who = [Role::Trustee(3), Role::Witness(1), Role::Authority(2), Role::Trustee(1)];
        findings.missing(CheckId::ClosingRule, Place::Record, &who, "too few");
        findings.missing(CheckId::Result, Place::Record, &[Role::Board, Role::Organiser], "not there");
        findings.note(CheckId::Ceremony, Place::Record, &[Role::Trustee(2)], "twice");
        let text = findings.report(Stage::Complete, None, None, |_| true).to_string();
        for line in [
            "closing.rule: record: too few (awaited: trustee 3, witness 1, credential authority 2, trustee 1)\n",
            "ceremony.messages: record: twice (who answers for it: trustee 2)\n",
            " marked \"not checked\". Awaited: the organiser, credential authority 2, trustee 1, trustee 3, witness 1, the board.",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    /// One item is counted in the singular, whatever the check counts.
    #[test]
    fn u11_items_are_counted_in_the_singular_and_the_plural() {
        let text = |items: u64| {
            let mut findings = Findings::default();
            CheckId::ALL.iter().for_each(|check| findings.saw(*check, items));
            findings.note(CheckId::Files, Place::Record, &[], "more");
            findings.report(Stage::Complete, None, None, |_| true).to_string()
        };
        let (one, two) = (text(1), text(2));
        for (check, shown) in [
            ("manifest.valid", ["1 manifest", "2 manifests"]),
            ("board.entries", ["1 entry", "2 entries"]),
            ("board.root", ["1 tree head", "2 tree heads"]),
            ("roll.signature", ["1 signature", "2 signatures"]),
            ("ballot.argument", ["1 ballot", "2 ballots"]),
            ("decryption.proof", ["1 decryption", "2 decryptions"]),
        ] {
            assert!(one.contains(&format!("{check:<22} {}\n", shown[0])), "{one}");
            assert!(two.contains(&format!("{check:<22} {}\n", shown[1])), "{two}");
        }
        assert!(one.contains("record.files           1 failure, 1 file\n"), "{one}");
    }

    /// Nobody takes the silence of checks that were not made for a good sign.
    #[test]
    fn a_report_that_is_not_complete_says_how_many_checks_were_not_made() {
        let text = |left_out: &[CheckId], is_wrong: bool| {
            let mut findings = Findings::default();
            CheckId::ALL.iter().filter(|check| !left_out.contains(check)).for_each(|check| findings.saw(*check, 1));
            findings.missing(CheckId::Files, Place::Record, &[Role::Board], "not there");
            if is_wrong {
                findings.note(CheckId::Ceremony, Place::Record, &[], "twice");
            }
            let text = findings.report(Stage::Complete, None, None, |_| true).to_string();
            text.lines().last().unwrap().to_string()
        };
        let awaited = "Awaited: the board.";
        let (begin, clean) = ("THE RECORD IS NOT COMPLETE.", "Nothing wrong was found.");
        assert_eq!(text(&[], false), format!("{begin} {clean} {awaited}"));
        let one = "1 check could not be made yet: it is marked \"not checked\".";
        assert_eq!(text(&[CheckId::Result], false), format!("{begin} {clean} {one} {awaited}"));
        let two = "2 checks could not be made yet: they are marked \"not checked\".";
        assert_eq!(text(&[CheckId::Result, CheckId::TallySums], true), format!("{begin} {two} {awaited}"));
    }

    /// Anybody who can put a file into the record chooses its name.
    #[test]
    fn names_write_no_lines_of_their_own() {
        let mut findings = Findings::default();
        let place = Place::File("a\nThe record is valid.\u{1b}[8m\u{202e}\u{9b}2J 'Città' \\".into());
        findings.fail(CheckId::Files, place, &[], "not\rthis");
        let text = findings.report(Stage::Complete, None, None, |_| true).to_string();
        let line = "record.files: a\\nThe record is valid.\\u{1b}[8m\\u{202e}\\u{9b}2J 'Città' \\: not\\rthis\n";
        assert!(text.contains(line), "{text}");
    }

    /// A roll that consists only of line feeds has one failure for each byte.
    #[test]
    fn failures_do_not_fill_the_memory() {
        let mut findings = Findings::default();
        for line in 0..3 * Report::FAILURES_SHOWN {
            findings.fail(CheckId::Roll, Place::RollLine(line), &[], "empty");
        }
        findings.fail(CheckId::Order, Place::Record, &[], "closed twice");
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
