//! Changes of the roll while the voting is open: lost codes, late members, errors, members who left.
//!
//! See `spec/command-line.md#changes-of-the-roll`. With one credential authority, a verb writes the finished change. With
//! several it writes a draft, which goes from one authority to the next: each adds its part, then each signs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::admission::{Admission, AdmittedBallots, BoardEntries, MemoryIndex};
use ballotta::credential::{
    ChangeCounts, ChangeDraft, ChangeReason, Credential, Entitlement, RollLine, RollReader, RollRules, VotingCode,
};
use ballotta::election::ElectionContext;
use ballotta::index::AuthorityIndex;
use ballotta::manifest::Manifest;
use ballotta::merkle::LogError;
use ballotta::record::{ROLL, read_file};
use ballotta::signing::KeyPair;
use ballotta::voter::Election;
use ballotta::written::VoterNumber;
use ballotta_io::{AnyRecord, write_secret};
use serde_json::json;
use zeroize::Zeroizing;

use crate::console::{Console, Shown as _, counted};
use crate::credentials::read_list;
use crate::failure::{ErrorContext as _, refusal};
use crate::location;
use crate::message_file::{self, FileKind, MessageFile};
use crate::recognise::{CODES, other_key};
use crate::record::{Record, exists, read_manifest};
use crate::secrets::{read_signing_key, system_rng};
use crate::signing::{Confirmation, Pins, Summary};

/// What every change of the roll needs.
#[derive(clap::Args, Debug)]
struct Change {
    /// The record
    record: PathBuf,
    /// The secret key of the credential authority
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    pins: Pins,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// A new code in place of a lost one.
#[derive(clap::Args, Debug)]
pub(crate) struct ReplaceCode {
    #[command(flatten)]
    change: Change,
    /// The voter number in the letter with the lost code
    #[arg(long, value_name = "VOTER-NUMBER")]
    voter: VoterNumber,
    /// The new file for the secret new code
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
    /// The new file with the change
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Voters who are added to the roll.
#[derive(clap::Args, Debug)]
pub(crate) struct AddVoters {
    #[command(flatten)]
    change: Change,
    /// The ballot style of the voter
    #[arg(long, value_name = "STYLE", required_unless_present = "list", conflicts_with = "list")]
    style: Option<String>,
    /// The weight of the voter
    #[arg(long, value_name = "WEIGHT", default_value_t = 1, conflicts_with = "list")]
    weight: u64,
    /// A file with a line `style,weight` for each voter, as for `credentials issue`
    #[arg(long, value_name = "FILE.csv")]
    list: Option<PathBuf>,
    /// Why voters are added
    #[arg(long, value_enum, default_value = "late-member")]
    reason: AddReason,
    /// The new file for the secret codes
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
    /// The new file with the change; of several voters, `FILE-<number of the change>` for each
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum AddReason {
    /// The voter was missing on the roll
    LateMember,
    /// The roll has an error
    Error,
}

/// A voter who is taken off the roll.
#[derive(clap::Args, Debug)]
pub(crate) struct RevokeCode {
    #[command(flatten)]
    change: Change,
    /// The voter number in the letter with the code
    #[arg(long, value_name = "VOTER-NUMBER")]
    voter: VoterNumber,
    /// Why the voter is taken off the roll
    #[arg(long, value_enum)]
    reason: RevokeReason,
    /// The new file with the change
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum RevokeReason {
    /// The voter has lost the right to vote
    Left,
    /// The roll has an error
    Error,
}

/// The part and the signature of another credential authority.
#[derive(clap::Args, Debug)]
pub(crate) struct ApproveChange {
    #[command(flatten)]
    change: Change,
    /// The draft that the other authority has sent
    draft: PathBuf,
    /// The new file for this authority's part of the secret code, if the change adds a voter and the part is missing
    #[arg(long, value_name = "FILE")]
    codes: Option<PathBuf>,
    /// The new file with the change, or with the draft for the next authority
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A credential authority with the record of an open voting.
struct Office {
    manifest: Manifest,
    /// The size of the board.
    size: u64,
    source: AnyRecord,
    /// What a ballot box knows of the record.
    admission: Admission<MemoryIndex<AnyRecord>>,
    key: KeyPair,
    authority: AuthorityIndex,
}

/// A board of which nothing but the size is needed.
struct Size(u64);

impl BoardEntries for Size {
    type Error = LogError;

    fn size(&self) -> u64 {
        self.0
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        Err(LogError::OutsideTree { index, size: self.0 })
    }
}

impl Change {
    /// Reads the record, whose voting must be open.
    fn office(&self) -> Result<Office> {
        let source = location::open(&self.record)?;
        let manifest = read_manifest(&source)?;
        let mut ballots = AdmittedBallots::default();
        let record = Record::visit(source, manifest, &self.pins.board, &mut |entry| ballots.observe(entry))?;
        let (source, election) = record.into_election()?;
        self.pins.check_fingerprint(election.context.fingerprint())?;
        election.is_open().refused()?;
        let manifest = election.context.manifest().clone();
        if manifest.roll_changes().is_none() {
            return refusal("the manifest allows no changes of the roll while the voting is open")
                .remedy("`ballotta manifest new --roll-changes N` allows them in another election");
        }
        let key = read_signing_key(&self.key)?;
        let authorities = manifest.credential_authorities();
        let named = AuthorityIndex::enumerate(authorities).find(|(_, authority)| authority.key == *key.public());
        let Some((authority, _)) = named else {
            let problem =
                format!("{} is not the key of a credential authority that the manifest names", self.key.shown());
            let remedy = other_key(&manifest, key.public().as_bytes(), "a credential authority");
            return refusal(problem).remedy(remedy);
        };
        let size = election.head().size;
        let Election { context, roll, window, .. } = election;
        // What a ballot box looks up is read from the same place.
        let lookups = location::open(&self.record)?;
        let resumed = Admission::resume(context, roll, lookups, window, ballots, &mut system_rng()).refused()?;
        Ok(Office { manifest, size, source, admission: resumed.admission, key, authority })
    }
}

impl Office {
    /// The number of the next change.
    fn next(&self) -> u32 {
        // At most 2^16 changes.
        self.admission.changes().len() as u32 + 1
    }

    fn draft(
        &self,
        sequence: u32,
        reason: ChangeReason,
        revoked: Option<[u8; 32]>,
        added: Option<Entitlement>,
    ) -> Result<ChangeDraft> {
        let fingerprint = self.admission.context().fingerprint();
        ChangeDraft::new(&self.manifest, fingerprint, sequence, reason, revoked, added).refused()
    }

    /// The line of the roll with a voter number, also if a change has added it.
    fn line(&self, voter: &VoterNumber) -> Result<RollLine> {
        let added = self.admission.changes().iter().filter_map(|change| change.added);
        let mut found: Vec<RollLine> = added.filter(|line| voter.is_of_bytes(&line.credential)).collect();
        let rules = RollRules::for_manifest(&self.manifest);
        let limit = usize::try_from(rules.max_bytes()).unwrap_or(usize::MAX);
        let bytes = read_file(&self.source, ROLL, limit).refused().context(ROLL)?;
        let mut reader = RollReader::new(rules);
        // What a line breaks is the error of the end: nobody is told that a voter is missing in a roll that cannot be read.
        let mut keep = |line: Result<RollLine, _>| {
            found.extend(line.into_iter().filter(|line| voter.is_of_bytes(&line.credential)));
        };
        reader.feed(&bytes, &mut keep);
        reader.finish(&mut keep).refused().context(ROLL)?;
        found.pop().map_or_else(|| refusal("no voter of the roll has this voter number"), Ok)
    }

    /// Makes a code, and adds its credential as the part of this authority.
    fn add_part(&self, draft: &mut ChangeDraft) -> Result<VotingCode> {
        add_part(self.admission.context(), self.authority, draft)
    }

    /// Signs a draft if all parts are there, and writes it, or the change if it is complete.
    fn write(&mut self, draft: &mut ChangeDraft, out: &Path, console: Console) -> Result<()> {
        let parts_are_there = AuthorityIndex::enumerate(self.manifest.credential_authorities())
            .all(|(authority, _)| !draft.needs_part(authority));
        if parts_are_there {
            draft.sign(&self.manifest, self.authority, &self.key, &mut system_rng()).refused()?;
        }
        let Some(change) = draft.change() else {
            message_file::write(&MessageFile::new(FileKind::RollChangeDraft, draft.encode()), out)?;
            let next = draft.awaited().context("the draft is complete, but is no change")?;
            console.say(format!(
                "Send {} to credential authority {next}, who runs `ballotta credentials approve`.",
                out.shown()
            ));
            return Ok(());
        };
        // A change that the board would refuse is not written.
        let board = Size(self.size + u64::from(draft.sequence()));
        let bytes = change.encode();
        self.admission.change(&bytes, &board, &mut system_rng()).refused()?;
        message_file::write(&MessageFile::new(FileKind::RollChange, bytes), out)?;
        console.say(format!("Send {} to the board.", out.shown()));
        if let Some(public) = draft.credential() {
            // The office that began a change of several authorities does not know the number before.
            let number = VoterNumber::written(&public);
            console.say(format!(
                "Hand out the new code only after the board has the change as an entry. Its letter has the new voter number {number}."
            ));
        }
        Ok(())
    }

    /// The lines of a file of codes.
    fn codes(&self, columns: &str, voters: &[(VotingCode, ChangeDraft, String)]) -> Result<Zeroizing<String>> {
        codes_of_changes(self.admission.context(), columns, voters)
    }

    fn summary(&self, what: &str) -> Summary {
        Summary::new(what, &self.manifest).fingerprint(self.admission.context().fingerprint())
    }
}

/// Makes a code, and adds its credential to a change as the part of this authority.
pub(crate) fn add_part(
    context: &ElectionContext,
    authority: AuthorityIndex,
    draft: &mut ChangeDraft,
) -> Result<VotingCode> {
    let code = VotingCode::generate(&mut system_rng());
    let part = Credential::derive(&code, context.manifest().hash(), context.joint_key_hash())?;
    draft.add_part(authority, &part, &mut system_rng())?;
    Ok(code)
}

/// The lines of a file of codes: of each voter the code, and the voter number if the whole credential is known. The last field of
/// a voter has the further columns, each after a comma, and `columns` their names.
pub(crate) fn codes_of_changes(
    context: &ElectionContext,
    columns: &str,
    voters: &[(VotingCode, ChangeDraft, String)],
) -> Result<Zeroizing<String>> {
    let further: usize = voters.iter().map(|(_, _, further)| further.len()).sum();
    // The text must not grow, because memory that it leaves is not wiped.
    let mut list = Zeroizing::new(String::with_capacity(further + columns.len() + 192 * (voters.len() + 1)));
    writeln!(list, "{CODES}{columns}")?;
    let fingerprint = context.fingerprint().written();
    for (number, (code, draft, further)) in (1..).zip(voters) {
        let Entitlement { style, weight } = draft.added().context("the change adds nobody")?;
        let style = context.manifest().styles().get(style).context("no such style")?;
        let voter_number = draft.credential().map_or_else(String::new, |public| VoterNumber::written(&public));
        let code = code.expose_text();
        writeln!(list, "{number},{},{voter_number},{},{weight},{fingerprint}{further}", *code, style.id)?;
    }
    Ok(list)
}

pub(crate) fn write_codes(path: &Path, list: &str) -> Result<()> {
    write_secret(path, list.as_bytes()).with_context(|| format!("the codes cannot be written to {}", path.shown()))
}

fn check_free(paths: &[&Path]) -> Result<()> {
    for path in paths {
        ensure!(!exists(path)?, "{} already exists, and files are never overwritten", path.shown());
    }
    Ok(())
}

impl ReplaceCode {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        check_free(&[&self.codes, &self.out])?;
        let mut office = self.change.office()?;
        let line = office.line(&self.voter)?;
        let added = Some(line.entitlement());
        let mut draft = office.draft(office.next(), ChangeReason::LostCode, Some(line.credential), added)?;
        self.change
            .confirmation
            .ask(&office.summary("a change of the roll: a new code in place of a lost one"), console)?;
        let code = office.add_part(&mut draft)?;
        let list = office.codes("", &[(code, draft.clone(), String::new())])?;
        // The code is on the disk before anybody can ask the board for its line.
        write_codes(&self.codes, &list)?;
        office.write(&mut draft, &self.out, console)?;
        answer(&draft, &self.out, console)
    }
}

impl AddVoters {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        check_free(&[&self.codes])?;
        let mut office = self.change.office()?;
        let styles: Vec<&str> = office.manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let (columns, voters) = match (&self.list, &self.style) {
            (Some(path), _) => {
                let list = read_list(path, &styles, office.manifest.weights().max)?;
                (list.columns, list.voters.into_iter().zip(list.further).collect())
            }
            (None, Some(style)) => {
                let position = styles.iter().position(|known| known == style);
                let known = || format!("the manifest has no such ballot style, only {}", styles.join(", "));
                let voter = Entitlement { style: position.with_context(known)?, weight: self.weight };
                (String::new(), vec![(voter, String::new())])
            }
            (None, None) => bail!("give --style or --list"),
        };
        let reason = match self.reason {
            AddReason::LateMember => ChangeReason::LateMember,
            AddReason::Error => ChangeReason::Error,
        };
        let what = format!("changes of the roll: {} added", counted(voters.len() as u64, "voter is", "voters are"));
        self.change.confirmation.ask(&office.summary(&what), console)?;
        let first = office.next();
        let mut made = Vec::with_capacity(voters.len());
        for (sequence, (voter, further)) in (first..).zip(voters) {
            let mut draft = office.draft(sequence, reason, None, Some(voter))?;
            made.push((office.add_part(&mut draft)?, draft, further));
        }
        let is_one = made.len() == 1;
        let path = |sequence: u32| {
            let mut path = self.out.as_os_str().to_owned();
            if !is_one {
                path.push(format!("-{sequence}"));
            }
            PathBuf::from(path)
        };
        for (_, draft, _) in &made {
            check_free(&[&path(draft.sequence())])?;
        }
        write_codes(&self.codes, &office.codes(&columns, &made)?)?;
        for (_, draft, _) in &mut made {
            office.write(draft, &path(draft.sequence()), console)?;
        }
        let changes: Vec<_> = made.iter().map(|(_, draft, _)| draft.sequence()).collect();
        let text = changes.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        console.answer(&text, &json!({ "changes": changes }))
    }
}

impl RevokeCode {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        check_free(&[&self.out])?;
        let mut office = self.change.office()?;
        let line = office.line(&self.voter)?;
        let reason = match self.reason {
            RevokeReason::Left => ChangeReason::Left,
            RevokeReason::Error => ChangeReason::Error,
        };
        let mut draft = office.draft(office.next(), reason, Some(line.credential), None)?;
        self.change.confirmation.ask(&office.summary("a change of the roll: a voter is taken off it"), console)?;
        office.write(&mut draft, &self.out, console)?;
        answer(&draft, &self.out, console)
    }
}

impl ApproveChange {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        check_free(&[&self.out])?;
        let bytes = message_file::read_kind(&self.draft, FileKind::RollChangeDraft)?;
        let mut draft =
            ChangeDraft::decode(&bytes).with_context(|| format!("{} cannot be read", self.draft.shown()))?;
        let mut office = self.change.office()?;
        if draft.fingerprint() != office.admission.context().fingerprint() {
            return refusal("the draft is of another election");
        }
        if draft.sequence() < office.next() {
            return refusal(format!("the board has a change {} already", draft.sequence()))
                .remedy("begin the change again, with the current record");
        }
        draft.verify(&office.manifest, &mut system_rng()).refused()?;
        let summary = office.summary("a change of the roll").roll_change(&office.manifest, &draft);
        self.change.confirmation.ask(&summary, console)?;
        if draft.needs_part(office.authority) {
            let codes = self.codes.as_ref().context("the change adds a voter: give --codes for the new code")?;
            check_free(&[codes])?;
            let code = office.add_part(&mut draft)?;
            write_codes(codes, &office.codes("", &[(code, draft.clone(), String::new())])?)?;
        } else {
            ensure!(self.codes.is_none(), "the part of this authority is there already: leave --codes out");
        }
        office.write(&mut draft, &self.out, console)?;
        answer(&draft, &self.out, console)
    }
}

/// Prints the number of the change.
fn answer(draft: &ChangeDraft, out: &Path, console: Console) -> Result<()> {
    let voter_number = draft.credential().map(|public| VoterNumber::written(&public));
    let value = json!({
        "change": draft.sequence(),
        "file": out,
        "complete": draft.change().is_some(),
        "voter_number": voter_number,
    });
    console.answer(&draft.sequence().to_string(), &value)
}

/// The number of changes for each reason, for people.
pub(crate) fn changes_text(counts: &ChangeCounts) -> String {
    let ChangeCounts { lost_code, late_member, error, left } = counts;
    let all = counted(counts.total(), "change", "changes");
    match counts.total() {
        0 => "no changes during the voting".to_owned(),
        _ => format!(
            "{all} during the voting: {lost_code} for a lost code, {late_member} for a late member, {error} for an error, {left} \
             for somebody who left"
        ),
    }
}
