//! The verb `status`: how far an election has come, and what each role does next.
//!
//! See `spec/command-line.md#status`. The record is verified; the library says which step is next and who is awaited.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use ballotta::credential::ChangeCounts;
use ballotta::index::AuthorityIndex;
use ballotta::manifest::{ElectionKind, Manifest};
use ballotta::record::{BoundFiles, ROLL, RecordSource as _};
use ballotta::verifier::{
    Cancelled, CheckId, Effect, Failure, Place as VerifiedPlace, Report, Role, Step, Verdict, Verification,
    VerifyOptions,
};
use ballotta_io::{AnyRecord, Location};
use serde::Serialize;

use crate::console::{Console, counted, escaped, grouped, isolated, percent, print};
use crate::failure::{ErrorContext as _, refusal};
use crate::location;
use crate::publish;
use crate::record::{Source as _, headline, read_manifest, text};
use crate::roll_changes::changes_text;
use crate::secrets::system_rng;
use crate::verify;

/// The state of an election.
#[derive(clap::Args, Debug)]
pub(crate) struct ShowStatus {
    /// The record: a folder, a zip archive, or an address of one of these
    record: PathBuf,
}

/// What is shown of an election.
#[derive(Serialize)]
struct Status<'a> {
    title: &'a str,
    rehearsal: bool,
    fingerprint: Option<String>,
    /// The verdict of the report for the complete election.
    verdict: Option<Verdict>,
    /// The step that is next.
    step: Option<Step>,
    /// Who can do something now, and with which commands: those who are awaited, and voters.
    next: Vec<Next>,
    turnout: Option<Turnout>,
    /// The cancellation of the election.
    cancelled: Option<&'a Cancelled>,
    /// How often the roll was changed, if the manifest allows changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_changes: Option<ChangeCounts>,
    /// The most changes of the roll that the manifest allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_changes_allowed: Option<u64>,
    /// The entry that cuts off the changes of the roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off: Option<u64>,
    warnings: Vec<String>,
    findings: usize,
    /// The files that the record must have with certain bytes, and has not.
    lost: Vec<String>,
    /// Whether the result was published, although a file of it is missing.
    #[serde(skip)]
    is_published: bool,
}

#[derive(Serialize)]
struct Next {
    who: String,
    commands: Vec<String>,
}

#[derive(Serialize)]
struct Turnout {
    counted: u64,
    voters: u64,
}

impl ShowStatus {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        show(&self.record, console)
    }
}

/// Verifies a record, and shows the state of its election.
pub(crate) fn show(record: &Path, console: Console) -> Result<()> {
    let source = location::open(record)?;
    let manifest = read_manifest(&source)?;
    let verification = console.verify(&source, &VerifyOptions::default());
    let has_roll = source.length(ROLL).refused()?.is_some();
    // Those who write to the board type the name of its folder, which only the operator has.
    let place = match source.location() {
        Location::Folder(_) => Place { read: source.name(), written: source.name(), has_roll },
        _ => Place { read: source.name(), written: "RECORD".to_owned(), has_roll },
    };
    let lost = lost_files(&source, &manifest, &verification.report);
    let status = Status::of(&manifest, &verification, &place, lost);
    if console.is_json {
        console.json(&status)?;
    } else {
        status.print(&manifest, &verification.report)?;
    }
    match verification.report.verdict {
        Some(Verdict::DoesNotHold) => refusal("something in the record is wrong").remedy(match status.lost.as_slice() {
            [] => "`ballotta verify` says what",
            _ => "write the files again that are lost or damaged, as shown; `ballotta verify` says what else is wrong",
        }),
        None => Err(anyhow!("the record could not be read, or changed while it was read")).remedy("try again"),
        Some(_) => Ok(()),
    }
}

impl<'a> Status<'a> {
    fn of(manifest: &'a Manifest, verification: &'a Verification, place: &Place, lost: Vec<String>) -> Self {
        let Verification { report, context, counted, cut_off, .. } = verification;
        let allowed = manifest.roll_changes().map(|changes| changes.number);
        let roll_changes = verification.change_counts();
        let changes_left =
            roll_changes.zip(allowed).is_some_and(|(used, most)| cut_off.is_none() && used.total() < most);
        let (step, roles) = report.next_step().map_or((None, Vec::new()), |(step, roles)| (Some(step), roles));
        let mut warnings = manifest.warnings();
        let current = verification.current_totals();
        if let Some(roll) = &current {
            warnings.extend(roll.warnings(manifest));
        }
        if step == Some(Step::Verification) {
            // The trustees have decrypted: what could have stopped them does not matter any more.
            warnings.clear();
            warnings.extend(report.warnings.iter().cloned());
        }
        let roll = current.filter(|_| step >= Some(Step::Voting));
        // No ballot of a cancelled election counts.
        let roll = roll.filter(|_| report.cancelled.is_none());
        let turnout = counted.zip(roll).map(|(counted, roll)| Turnout { counted, voters: roll.voters() });
        let mut next = step.map_or_else(Vec::new, |step| next(step, &roles, manifest, place, changes_left));
        let is_listed = !report
            .failures_of(CheckId::Files)
            .any(|failure| (failure.effect, &failure.place) == (Effect::Missing, &VerifiedPlace::Record));
        let is_published = step == Some(Step::Publication) && is_listed;
        if step == Some(Step::Files) && !lost.is_empty() || is_published {
            // Only what is lost is awaited.
            next.retain(|next| next.who != Role::Board.to_string());
        }
        if !lost.is_empty() {
            next.insert(0, Next { who: Role::Board.to_string(), commands: write_again(&lost, &place.written) });
        }
        if report.cancelled.is_some() {
            // No ballot counts: there is nothing to look for.
            next.retain(|next| next.who != VOTERS);
        }
        Self {
            title: text(manifest, manifest.title()),
            rehearsal: manifest.kind() == ElectionKind::Rehearsal,
            fingerprint: context.as_ref().map(|context| context.fingerprint().to_string()),
            verdict: report.verdict,
            step,
            next,
            turnout,
            cancelled: report.cancelled.as_ref(),
            roll_changes,
            roll_changes_allowed: allowed,
            cut_off: *cut_off,
            warnings,
            findings: report.failures.iter().filter(|failure| failure.effect == Effect::None).count(),
            lost,
            is_published,
        }
    }

    fn print(&self, manifest: &Manifest, report: &Report) -> Result<()> {
        print(headline(manifest))?;
        if let Some(fingerprint) = &report.fingerprint {
            print(format_args!("fingerprint  {}\n             {fingerprint}", fingerprint.written()))?;
        }
        let state = match self.step {
            Some(Step::Files) => "files of the record are missing",
            Some(Step::KeyCeremony) => "the trustees make the keys",
            Some(Step::Roll) => "the keys are made; the credential authorities make and sign the roll",
            Some(Step::Opening) => "everything is ready for the opening",
            Some(Step::Voting) => "the voting is open",
            Some(Step::Closing) => "the voting is closed; the closing is not confirmed yet",
            Some(Step::Decryption) => "the closing is confirmed; the totals are not decrypted yet",
            Some(Step::Publication) if self.is_published => "the result is published; files of the record are missing",
            Some(Step::Publication) => "the totals are decrypted; the result is not published yet",
            Some(Step::Verification) if report.cancelled.is_some() => {
                "the organiser has cancelled the election: there is no result"
            }
            Some(Step::Verification) => "the result is published, and the record holds",
            Some(_) | None => "something in the record is wrong, or it could not be read",
        };
        print(format_args!("state        {state}"))?;
        if let Some(Cancelled { reason, .. }) = &report.cancelled {
            print(format_args!("reason       {}", isolated(reason)))?;
        }
        if let Some(Turnout { counted, voters }) = self.turnout {
            let (votes, share) = (grouped(counted), percent(counted, voters));
            let (have, all) = (if counted == 1 { "has" } else { "have" }, self::counted(voters, "voter", "voters"));
            print(format_args!("turnout      {votes} of {all} {have} a ballot that counts ({share})"))?;
        }
        if let (Some(changes), Some(allowed)) = (self.roll_changes, self.roll_changes_allowed) {
            let (used, cut_off) =
                (changes.total(), self.cut_off.map(|entry| format!("; entry {entry} has cut them off")));
            let cut_off = cut_off.unwrap_or_default();
            print(format_args!("roll         {used} of {} used{cut_off}", counted(allowed, "change", "changes")))?;
            if used > 0 {
                print(format_args!("             {}", changes_text(&changes)))?;
            }
        }
        if self.findings > 0 {
            let findings = counted(self.findings as u64, "entry or file that changes", "entries and files that change");
            print(format_args!("findings     {findings} nothing: `ballotta verify` lists them"))?;
        }
        for Next { who, commands } in &self.next {
            print(format_args!("\n{who}:"))?;
            commands.iter().try_for_each(|command| print(format_args!("  {command}")))?;
        }
        for warning in &self.warnings {
            print(format_args!("\nwarning: {warning}"))?;
        }
        if self.step.is_none() {
            print(format_args!("\n{}", verify::shown(report)))?;
        }
        Ok(())
    }
}

/// The files that are lost or damaged, and that a copy of the same bytes repairs. The board is read again only if a file
/// is at fault.
fn lost_files(source: &AnyRecord, manifest: &Manifest, report: &Report) -> Vec<String> {
    let of_file = |failure: &Failure| matches!(failure.place, VerifiedPlace::File(_) | VerifiedPlace::RollLine(_));
    if !report.failures.iter().any(of_file) {
        return Vec::new();
    }
    let rng = &mut system_rng();
    let lost = BoundFiles::read(source, manifest.clone(), rng).ok().and_then(|bound| bound.lost(source, rng).ok());
    lost.unwrap_or_default()
}

/// The commands that write lost files again.
fn write_again(lost: &[String], written: &str) -> Vec<String> {
    /// More than this say nothing more.
    const MOST: usize = 10;
    let mut commands = vec!["these files of the record are lost or damaged:".to_owned()];
    commands.extend(lost.iter().take(MOST).map(|path| format!("  {}", escaped(path))));
    if lost.len() > MOST {
        commands.push(format!("  and {}", counted((lost.len() - MOST) as u64, "other", "others")));
    }
    commands.push(
        "take them from another copy of the record, or from those who sent them, and write them again:".to_owned(),
    );
    commands.push(format!("ballotta board add {written} --board-key KEY FILE.."));
    if lost.iter().any(|path| publish::makes(path)) {
        commands.push(format!(
            "or, for the files of the result, without a copy: ballotta result publish {written} --board-key KEY"
        ));
    }
    commands
}

/// How `status` calls voters.
const VOTERS: &str = "voters";

/// How the commands name the record.
struct Place {
    /// For those who read it.
    read: String,
    /// For those who write to its folder.
    written: String,
    has_roll: bool,
}

/// What the roles that are awaited in a step do, with the commands to type.
fn next(step: Step, roles: &[Role], manifest: &Manifest, place: &Place, changes_left: bool) -> Vec<Next> {
    let Place { read: record, written, has_roll } = place;
    // What is awaited is signed by people, who know the fingerprint and a checkpoint from another source.
    let pins = "--fingerprint FINGERPRINT [--checkpoint FILE]";
    let send = format!("then the board: ballotta board add {written} --board-key KEY FILE");
    let with_file = |command: String| vec![command, send.clone()];
    let check =
        format!("ballotta voter check {record} --tracker TRACKER --voter-number NUMBER {pins} [--receipt FILE]");
    let attend = |pins: &str| format!("ballotta trustee attend {record} --key KEY {pins}");
    let commands = |role: &Role| match (step, role) {
        (Step::KeyCeremony, Role::Trustee(_)) => {
            let message = format!("ballotta trustee ceremony {record} --key KEY --manifest-hash HEX --out FILE");
            vec![attend("--manifest-hash HEX"), format!("or step by step: {message}"), send.clone()]
        }
        (Step::Roll, Role::Authority(_)) => {
            let sign = format!("ballotta authority sign {record} --key KEY --fingerprint FINGERPRINT --out FILE");
            if manifest.has_parts() {
                let make = format!(
                    "ballotta credentials part {record} --key KEY [--list FILE] [--from PART] --codes FILE --out PART"
                );
                let add_up = format!("ballotta credentials combine {written} PART PART");
                let sign = sign.replace("--out FILE", "--codes FILE --parts PART PART --letters FILE --out FILE");
                let mut commands = if *has_roll { Vec::new() } else { vec![make, add_up] };
                commands.push(sign);
                commands.push(format!("{send} FILE.parts"));
                return commands;
            }
            let mut commands = with_file(sign);
            if !*has_roll {
                commands.insert(
                    0,
                    format!("once, for all authorities: ballotta credentials issue {written} --voters N --codes FILE"),
                );
            }
            commands
        }
        (Step::Opening, Role::Organiser) => {
            with_file(format!("ballotta organiser open {record} --key KEY {pins} --out FILE"))
        }
        (Step::Voting, Role::Organiser) => {
            let mut commands = with_file(format!("ballotta organiser close {record} --key KEY {pins} --out FILE"));
            commands.insert(0, "when the voting is over:".to_owned());
            if changes_left {
                commands.insert(0, format!("ballotta organiser cut-off {record} --key KEY {pins} --out FILE"));
                commands.insert(0, "when the roll must not change any more:".to_owned());
            }
            commands
        }
        (Step::Closing, Role::Trustee(_)) => {
            let statement = format!("ballotta trustee sign-closing {record} --key KEY {pins} --out FILE");
            vec![attend(pins), format!("or step by step: {statement}"), send.clone()]
        }
        (Step::Closing, Role::Witness(_)) => {
            with_file(format!("ballotta witness cosign {record} --key KEY {pins} --out FILE"))
        }
        // Whatever the closing rule is, a trustee decrypts only what it has stated. The record does not show whether it
        // has, because only the rule of statements needs them on the board.
        (Step::Decryption, Role::Trustee(_)) => vec![
            attend(pins),
            format!(
                "or step by step, if you have not signed it yet: ballotta trustee sign-closing {record} --key KEY {pins} --out FILE"
            ),
            format!("ballotta trustee decrypt {record} --key KEY {pins} --out FILE"),
            send.clone(),
        ],
        (Step::Publication, Role::Board) => vec![format!("ballotta result publish {written} --board-key KEY")],
        _ => vec![
            "copy the missing files, which `ballotta verify` names, from another copy of the record".to_owned(),
            "the tiles of hashes and the files in light/ are made again: ballotta board light ".to_owned() + written,
        ],
    };
    let mut next: Vec<Next> = Vec::new();
    if step == Step::Voting {
        let vote = vec![
            format!("ballotta voter prepare {record} --fingerprint FINGERPRINT --out BALLOT"),
            "which asks for the choices; for a test, add --choose CONTEST=OPTION".to_owned(),
            "ballotta voter cast BALLOT --out FILE".to_owned(),
            "or, to test the device: ballotta voter open BALLOT --out FILE".to_owned(),
            format!("then the board: ballotta board add {written} --board-key KEY --receipts FOLDER FILE"),
            check.clone(),
        ];
        next.push(Next { who: VOTERS.to_owned(), commands: vote });
        if !manifest.witnesses().members.is_empty() {
            let follow =
                format!("ballotta witness follow {record} --key KEY --manifest-hash HEX --out FOLDER --until-closed");
            next.push(Next { who: "witnesses, from now on".to_owned(), commands: vec![follow] });
        }
    }
    if step == Step::Voting && changes_left {
        // Further offices learn from the list whose letter goes where.
        let add = match manifest.has_parts() {
            true => "(--style STYLE | --list FILE [--members MEMBERS]) --codes FILE",
            false => "(--style STYLE | --list FILE) --codes FILE",
        };
        let verb = |verb: &str, more: &str| format!("ballotta credentials {verb} {record} --key KEY {more} --out FILE");
        let mut commands = vec![
            "for a lost code, a late member, or somebody who has left:".to_owned(),
            verb("replace", "--voter NUMBER --codes FILE"),
            verb("add", add),
            verb("revoke", "--voter NUMBER --reason (left | error)"),
        ];
        if manifest.has_parts() {
            commands.push(format!(
                "then the other authorities: {}",
                verb("approve", "DRAFT.. [--codes FILE] [--list MEMBERS]")
            ));
            // They sign only when all parts are there.
            commands.push(format!(
                "then, if somebody is added, every authority but the last one again: {}",
                verb("approve", "DRAFT..")
            ));
        }
        commands.push(send.clone());
        let offices: Vec<String> = AuthorityIndex::enumerate(manifest.credential_authorities())
            .map(|(authority, _)| name(Role::Authority(authority.get()), manifest))
            .collect();
        next.push(Next { who: offices.join(", "), commands });
    }
    for role in roles {
        let (who, commands) = (name(*role, manifest), commands(role));
        match next.iter_mut().find(|next| next.commands == commands) {
            Some(next) => next.who = format!("{}, {who}", next.who),
            None => next.push(Next { who, commands }),
        }
    }
    match step {
        Step::Closing => {
            let check = format!("when the closing is confirmed: {check}");
            next.push(Next { who: VOTERS.to_owned(), commands: vec![check] });
        }
        Step::Decryption | Step::Publication => next.push(Next { who: VOTERS.to_owned(), commands: vec![check] }),
        Step::Verification => {
            let verify = vec![format!("ballotta verify {record} {pins}")];
            next.push(Next { who: "anybody".to_owned(), commands: verify });
            next.push(Next { who: VOTERS.to_owned(), commands: vec![check] });
        }
        _ => {}
    }
    next
}

/// A role with the name that the manifest gives to it.
fn name(role: Role, manifest: &Manifest) -> String {
    let seat = |index: u16| usize::from(index).checked_sub(1);
    let name = match role {
        Role::Trustee(index) => seat(index).and_then(|seat| manifest.trustees().members.get(seat)).map(|it| &it.name),
        Role::Authority(index) => {
            seat(index).and_then(|seat| manifest.credential_authorities().get(seat)).map(|it| &it.name)
        }
        Role::Witness(index) => seat(index).and_then(|seat| manifest.witnesses().members.get(seat)).map(|it| &it.name),
        _ => None,
    };
    name.map_or_else(|| role.to_string(), |name| format!("{role} ({})", isolated(name)))
}
