//! Changes of the roll while the voting is open: lost codes, late members, errors, members who left.
//!
//! See `spec/command-line.md#changes-of-the-roll`. With one credential authority, a verb writes the finished change. With
//! several it writes a draft, which goes from one authority to the next: each adds its part, then each signs. What the board would
//! refuse is refused before anything is made, by the library's rules on the record at hand.
//!
//! New codes are on the disk, under the name `<codes>.part`, before a change or a draft that names them, and get their name after it.
//! A call that finds such codes, and not the files that name them, uses them again: these files may have been sent on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter::zip;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::admission::{Admission, AdmittedBallots, BoardSize, MemoryIndex};
use ballotta::credential::{
    ChangeCounts, ChangeDraft, ChangeReason, Credential, Entitlement, RollChange, RollLine, RollReader, RollRules,
    VotingCode,
};
use ballotta::election::ElectionContext;
use ballotta::index::AuthorityIndex;
use ballotta::limits::MAX_AUTHORITIES;
use ballotta::manifest::Manifest;
use ballotta::record::{ROLL, read_file};
use ballotta::signing::{KeyPair, PublicElement};
use ballotta::voter::Election;
use ballotta::written::VoterNumber;
use ballotta_io::{AnyRecord, StagedSecret, remove_part, write_secret};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::console::{Console, Shown as _, counted};
use crate::credentials::{List, MAX_LIST_BYTES, read_list};
use crate::failure::{ErrorContext as _, refusal, refused_change};
use crate::location;
use crate::message_file::{self, FileKind, MessageFile};
use crate::recognise::{CODES, other_key};
use crate::record::{Record, exists, read_at_most, read_manifest};
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
    /// If there are several credential authorities: a new file with a line `style,weight,change` for each voter, and the further columns
    /// of --list. Another office gives it to `credentials approve` as --list. It has no codes, but says who is who
    #[arg(long, value_name = "FILE.csv")]
    members: Option<PathBuf>,
    /// The new file for the secret codes; the number of a line is that of the change
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

/// The parts and the signatures of another credential authority.
#[derive(clap::Args, Debug)]
pub(crate) struct ApproveChange {
    #[command(flatten)]
    change: Change,
    /// The drafts that the other authority has sent, in the order of their numbers
    #[arg(required = true, value_name = "DRAFT")]
    drafts: Vec<PathBuf>,
    /// The file that the other authority wrote with --members: a line `style,weight,change` for each added voter. Its further columns
    /// are copied into the file of the codes
    #[arg(long, value_name = "FILE.csv", requires = "codes")]
    list: Option<PathBuf>,
    /// The new file for this authority's part of the secret codes, if changes add voters and the parts are missing; the number of a line
    /// is that of the change
    #[arg(long, value_name = "FILE")]
    codes: Option<PathBuf>,
    /// The new file with the change, or with the draft for the next authority; of several drafts, `FILE-<number of the change>` for each
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

    /// Checks that the board would take these changes next.
    fn check(&self, drafts: &[ChangeDraft]) -> Result<()> {
        self.admission.check_drafts(drafts).map_err(refused_change).refused()
    }

    /// The part of this authority that belongs to a code.
    fn part(&self, code: &VotingCode) -> Result<Credential> {
        part_of(self.admission.context(), code)
    }

    /// Makes the codes that are needed, and writes them, and each draft, or the change if it is complete. `further` are the further
    /// columns of the file of codes, for each draft.
    fn make(
        &mut self,
        drafts: &mut [ChangeDraft],
        files: &Files<'_>,
        further: &Further,
        kept: Option<Kept>,
        console: Console,
    ) -> Result<()> {
        let kept = match kept {
            Some(kept) => Some(self.make_again(drafts, further, kept)?),
            None => None,
        };
        let is_kept = kept.is_some();
        let staged = match (kept, files.codes) {
            (Some(staged), _) => Some(staged),
            (None, None) => {
                self.make_parts(drafts, further)?;
                None
            }
            // The codes are on the disk before anybody can ask the board for their lines.
            (None, Some(path)) => {
                let list = self.make_parts(drafts, further)?;
                let staged = StagedSecret::write(path, list.as_bytes());
                Some(staged.with_context(|| format!("the codes cannot be written to {}", path.shown()))?)
            }
        };
        let mut written: Vec<PathBuf> = Vec::new();
        for draft in &mut *drafts {
            let path = files.path(draft.sequence());
            match self.write(draft, &path, console) {
                Ok(()) => written.push(path),
                // The file may have got its name before the error: then the same call finishes it with the codes.
                Err(error) if written.is_empty() && exists(&path).unwrap_or(true) => return Err(error),
                // Nothing names new codes, so nobody can use them. Those of an interrupted call may be named by what it wrote.
                Err(error) if written.is_empty() => {
                    if let Some(path) = files.codes.filter(|_| !is_kept) {
                        remove_part(path).with_context(|| {
                            format!("the codes in {}.part are void and cannot be removed", path.shown())
                        })?;
                    }
                    return Err(error);
                }
                Err(error) => {
                    let written = written.iter().map(|path| path.shown().to_string()).collect::<Vec<_>>().join(", ");
                    let codes = files.codes.map_or_else(String::new, |path| format!(" and {}.part", path.shown()));
                    return Err(error).remedy(format!(
                        "mend the cause, delete {written}{codes}, which must not be used, and run the same command again"
                    ));
                }
            }
        }
        if let Some(staged) = staged {
            publish(&staged, files)?;
        }
        Ok(())
    }

    /// Makes the codes that are needed, and adds their parts to the drafts. Returns the file of the codes.
    fn make_parts(&self, drafts: &mut [ChangeDraft], further: &Further) -> Result<Zeroizing<String>> {
        let context = self.admission.context();
        let mut codes = Vec::new();
        for (draft, further) in zip(drafts, &further.of_drafts) {
            if draft.needs_part(self.authority) {
                let code = add_part(context, self.authority, draft)?;
                codes.push((code, draft.clone(), further.as_str()));
            }
        }
        codes_of_changes(context, &further.columns, &codes)
    }

    /// Adds the parts of the codes of an interrupted call to the drafts, if its file of codes is the one that this call would make of
    /// them.
    ///
    /// # Errors
    ///
    /// If it is that of another call, whose codes may be the only copy.
    fn make_again(&self, drafts: &mut [ChangeDraft], further: &Further, kept: Kept) -> Result<StagedSecret> {
        let Kept { staged, text, codes } = kept;
        let context = self.admission.context();
        let (mut again, mut left) = (drafts.to_vec(), codes.into_iter());
        let mut listed = Vec::new();
        for (draft, further) in zip(&mut again, &further.of_drafts) {
            if draft.needs_part(self.authority)
                && let Some(StagedCode { code, .. }) = left.next()
            {
                draft.add_part(self.authority, &part_of(context, &code)?, &mut system_rng())?;
                listed.push((code, draft.clone(), further.as_str()));
            }
        }
        let list = codes_of_changes(context, &further.columns, &listed)?;
        if left.next().is_none() && list.as_bytes() == text.as_slice() {
            drafts.clone_from_slice(&again);
            return Ok(staged);
        }
        // The changes or drafts of these codes may have been sent on: nobody here knows.
        let part = staged.part().shown();
        let made = if self.manifest.has_parts() { "drafts" } else { "changes" };
        refusal(format!("{part} has codes of another call, which was interrupted, and the {made} of them are not here"))
            .remedy(format!(
                "run that call again first, as it was; or, if its {made} were sent to nobody, delete {part}"
            ))
    }

    /// Gives the codes of an interrupted call their name. Returns what the call has made; `Codes` if it was interrupted
    /// before it wrote a change or a draft, or these files are away. `is_asked` says whether a change is the one that this call asks for at this position, with
    /// these further columns; the call asks for `count` of them. Codes of another call are neither taken nor removed.
    fn finish(
        &self,
        files: &Files<'_>,
        count: usize,
        is_asked: &dyn Fn(usize, &Answer, &str) -> bool,
    ) -> Result<Before> {
        let Some(path) = files.codes else { return Ok(Before::Nothing) };
        let unreadable = |path: &Path| format!("{} cannot be read", path.shown());
        let staged = StagedSecret::find(path).with_context(|| unreadable(path))?;
        let at = match &staged {
            Some(staged) => staged.part(),
            // The codes have their name, and the list for other offices is missing.
            None if files.is_list_missing()? && exists(path)? => path,
            None => return Ok(Before::Nothing),
        };
        let text = read_at_most(at, MAX_LIST_BYTES, "a file of voting codes").map(Zeroizing::new)?;
        // A torn file was staged before anything named its codes.
        let Some(codes) = str::from_utf8(&text).ok().and_then(parse_codes) else { return Ok(Before::Nothing) };
        let (mut there, mut missing, mut is_other) = (Vec::new(), 0_u64, codes.len() != count);
        for (position, StagedCode { sequence, code, further }) in codes.iter().enumerate() {
            let part = *self.part(code)?.public();
            let path = files.path(*sequence);
            if !exists(&path)? {
                if self.is_on_board(&part) {
                    let (at, codes) = (at.shown(), files.codes.unwrap_or(files.out).shown());
                    return refusal(format!("{at} has the code of a change that is on the board: it is the only copy"))
                        .remedy(format!("rename it to {codes}, then run this command again with another --codes"));
                }
                missing += 1;
                continue;
            }
            let (answer, own) = Answer::read(&path, self.authority)?;
            if own != Some(part) {
                return Ok(Before::Nothing);
            }
            is_other |= !is_asked(position, &answer, further);
            there.push(answer);
        }
        let written: Vec<String> = there.iter().map(|answer| answer.file.shown().to_string()).collect();
        let (written, part) = (written.join(", "), at.shown());
        if there.is_empty() {
            // With several offices, only the files say whether a change on the board has the parts of these codes.
            let is_late = codes.iter().any(|code| code.sequence < self.next());
            if self.manifest.has_parts() && is_late {
                return refusal(format!(
                    "{part} has codes of a call that was interrupted, and the drafts of them are not here"
                ))
                .remedy(format!(
                    "put the drafts back and run that call again; if they were sent to nobody, delete {part}"
                ));
            }
            return Ok(staged.map_or(Before::Nothing, |staged| Before::Codes(Kept { staged, text, codes })));
        }
        if missing > 0 {
            return refusal(format!(
                "an interrupted call has written {written}, and {} not",
                counted(missing, "change was", "changes were")
            ))
            .remedy(format!("delete {written} and {part}, which must not be used, and run the same command again"));
        }
        if is_other {
            return refusal(format!(
                "{part} has codes of another call, which was interrupted: its changes are {written}"
            ))
            .remedy("run that call again first, as it was; then this one, with other file names");
        }
        let is_void = |answer: &&Answer| {
            answer.sequence < self.next() && !answer.credential.is_some_and(|added| self.is_on_board(&added))
        };
        if let Some(void) = there.iter().find(is_void) {
            return refusal(format!("the board has another change with the number {}", void.sequence)).remedy(format!(
                "delete {written} and {part}, which must not be used, and run the same command again"
            ));
        }
        if let Some(staged) = staged {
            publish(&staged, files)?;
        }
        Ok(Before::Finished(there))
    }

    /// The authorities of the manifest.
    fn authorities(&self) -> Vec<AuthorityIndex> {
        AuthorityIndex::enumerate(self.manifest.credential_authorities()).map(|(authority, _)| authority).collect()
    }

    /// Whether a change with an effect has added this credential.
    fn is_on_board(&self, credential: &PublicElement) -> bool {
        let mut added = self.admission.changes().iter().filter_map(|change| change.added);
        added.any(|line| line.credential == *credential.as_bytes())
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
        let board = BoardSize(self.size + u64::from(draft.sequence()));
        let bytes = change.encode();
        self.admission.change(&bytes, &board, &mut system_rng()).map_err(refused_change).refused()?;
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

    fn summary(&self, what: &str, drafts: &[ChangeDraft]) -> Summary {
        let summary = Summary::new(what, &self.manifest).fingerprint(self.admission.context().fingerprint());
        drafts.iter().fold(summary, |summary, draft| summary.roll_change(&self.manifest, draft))
    }
}

/// The part that belongs to a code.
fn part_of(context: &ElectionContext, code: &VotingCode) -> Result<Credential> {
    Ok(Credential::derive(code, context.manifest().hash(), context.joint_key_hash())?)
}

/// Makes a code, and adds its credential to a change as the part of this authority.
pub(crate) fn add_part(
    context: &ElectionContext,
    authority: AuthorityIndex,
    draft: &mut ChangeDraft,
) -> Result<VotingCode> {
    let code = VotingCode::generate(&mut system_rng());
    draft.add_part(authority, &part_of(context, &code)?, &mut system_rng())?;
    Ok(code)
}

/// The lines of a file of codes: of each voter the number of the change, the code, and the voter number if the whole credential is
/// known. The last field of a voter has the further columns, each after a comma, and `columns` their names.
pub(crate) fn codes_of_changes(
    context: &ElectionContext,
    columns: &str,
    voters: &[(VotingCode, ChangeDraft, &str)],
) -> Result<Zeroizing<String>> {
    let further: usize = voters.iter().map(|(_, _, further)| further.len()).sum();
    // The text must not grow, because memory that it leaves is not wiped.
    let mut list = Zeroizing::new(String::with_capacity(further + columns.len() + 192 * (voters.len() + 1)));
    writeln!(list, "{CODES}{columns}")?;
    let fingerprint = context.fingerprint().written();
    for (code, draft, further) in voters {
        let Entitlement { style, weight } = draft.added().context("the change adds nobody")?;
        let style = context.manifest().styles().get(style).context("no such style")?;
        let voter_number = draft.credential().map_or_else(String::new, |public| VoterNumber::written(&public));
        let (number, code) = (draft.sequence(), code.expose_text());
        writeln!(list, "{number},{},{voter_number},{},{weight},{fingerprint}{further}", *code, style.id)?;
    }
    Ok(list)
}

pub(crate) fn write_codes(path: &Path, list: &str) -> Result<()> {
    write_secret(path, list.as_bytes()).with_context(|| format!("the codes cannot be written to {}", path.shown()))
}

/// The files that a call writes.
struct Files<'a> {
    codes: Option<&'a Path>,
    out: &'a Path,
    /// Whether the call makes one change.
    is_one: bool,
    /// The list for the other offices.
    members: Option<&'a Path>,
}

impl Files<'_> {
    /// Whether the list for the other offices was asked for and is not there.
    fn is_list_missing(&self) -> Result<bool> {
        self.members.map_or(Ok(false), |path| Ok(!exists(path)?))
    }

    /// The file of a change.
    fn path(&self, sequence: u32) -> PathBuf {
        let mut path = self.out.as_os_str().to_owned();
        if !self.is_one {
            path.push(format!("-{sequence}"));
        }
        path.into()
    }

    fn check_free(&self, drafts: &[ChangeDraft]) -> Result<()> {
        if let Some(codes) = self.codes {
            check_free(codes)?;
        }
        drafts.iter().try_for_each(|draft| check_free(&self.path(draft.sequence())))
    }
}

/// Further columns of a file of codes, each after a comma.
struct Further {
    /// Their names.
    columns: String,
    /// For each draft.
    of_drafts: Vec<String>,
}

impl Further {
    /// If one of the changes replaces a code, a column with the voter number of the old one.
    fn of_replaced(drafts: &[ChangeDraft]) -> Self {
        let replaced = |draft: &ChangeDraft| draft.added().and(draft.revoked()).and_then(PublicElement::from_canonical);
        let any = drafts.iter().any(|draft| replaced(draft).is_some());
        let cell = |draft| replaced(draft).map_or_else(String::new, |credential| VoterNumber::written(&credential));
        Self {
            columns: if any { ",replaces".to_owned() } else { String::new() },
            of_drafts: drafts
                .iter()
                .map(|draft| if any { format!(",{}", cell(draft)) } else { String::new() })
                .collect(),
        }
    }
}

/// Gives codes their name.
fn publish(staged: &StagedSecret, files: &Files<'_>) -> Result<()> {
    let (part, codes) = (staged.part().shown(), files.codes.unwrap_or(files.out).shown());
    let published =
        staged.publish().with_context(|| format!("the codes are in {part}, and cannot be renamed to {codes}"));
    published.remedy("mend the cause, and run the same command again: it gives the codes their name")
}

/// What an interrupted call has left.
enum Before {
    Nothing,
    /// Its changes or drafts, whose codes have their name now.
    Finished(Vec<Answer>),
    /// Codes that nothing here names.
    Codes(Kept),
}

/// The codes of an interrupted call.
struct Kept {
    staged: StagedSecret,
    /// The content of the file.
    text: Zeroizing<Vec<u8>>,
    codes: Vec<StagedCode>,
}

/// A line of a file of codes.
struct StagedCode {
    /// The number of the change.
    sequence: u32,
    code: VotingCode,
    /// The further columns, each after a comma.
    further: String,
}

/// The lines of a file of codes that this command has written; `None` if it is not such a file.
fn parse_codes(text: &str) -> Option<Vec<StagedCode>> {
    let mut lines = text.strip_suffix('\n')?.lines();
    lines.next().filter(|header| header.starts_with(CODES))?;
    let code = |line: &str| {
        let columns = CODES.split(',').count();
        let mut fields = line.splitn(columns + 1, ',');
        let (sequence, code) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let further = fields.nth(columns - 2).map_or_else(String::new, |further| format!(",{further}"));
        Some(StagedCode { sequence, code, further })
    };
    lines.map(code).collect()
}

fn check_free(path: &Path) -> Result<()> {
    ensure!(!exists(path)?, "{} already exists, and files are never overwritten", path.shown());
    Ok(())
}

/// What a call has made, for programs.
struct Answer {
    sequence: u32,
    file: PathBuf,
    is_complete: bool,
    revoked: Option<[u8; 32]>,
    /// Style and weight of the line that is added.
    added: Option<Entitlement>,
    /// The credential of this line, if it is known.
    credential: Option<PublicElement>,
    /// The parts of this credential that are there.
    parts: BTreeMap<AuthorityIndex, PublicElement>,
}

impl Answer {
    fn of(draft: &ChangeDraft, file: PathBuf) -> Self {
        let authorities = (1..).map_while(AuthorityIndex::new).take(MAX_AUTHORITIES);
        Self {
            parts: authorities.filter_map(|authority| Some((authority, *draft.part(authority)?))).collect(),
            sequence: draft.sequence(),
            file,
            is_complete: draft.change().is_some(),
            revoked: draft.revoked().copied(),
            added: draft.added(),
            credential: draft.credential(),
        }
    }

    /// Reads a change or a draft, with the part of an authority.
    fn read(file: &Path, authority: AuthorityIndex) -> Result<(Self, Option<PublicElement>)> {
        let unreadable = || format!("{} cannot be read", file.shown());
        let message = message_file::read(file)?;
        if message.kind == FileKind::RollChangeDraft {
            let draft = ChangeDraft::decode(&message.bytes).with_context(unreadable)?;
            return Ok((Self::of(&draft, file.to_path_buf()), draft.part(authority).copied()));
        }
        let change = RollChange::decode(&message.bytes).with_context(unreadable)?;
        let authorities = (1..).map_while(AuthorityIndex::new).take(MAX_AUTHORITIES);
        let answer = Self {
            parts: authorities.filter_map(|authority| Some((authority, *change.part(authority)?))).collect(),
            sequence: change.sequence(),
            file: file.to_path_buf(),
            is_complete: true,
            revoked: change.revoked().copied(),
            added: change.added().map(|line| Entitlement { style: line.style.into(), weight: line.weight }),
            credential: change.added().map(|line| line.credential),
        };
        Ok((answer, change.part(authority).copied()))
    }

    fn value(&self) -> Value {
        let Self { sequence, file, is_complete, credential, .. } = self;
        let voter_number = credential.as_ref().map(VoterNumber::written);
        json!({ "change": sequence, "file": file, "complete": is_complete, "voter_number": voter_number })
    }
}

/// The number of a change, and the voter number of the line that it adds, if that is known.
fn numbers(answer: &Answer) -> String {
    let number = answer.credential.as_ref().map(VoterNumber::written);
    let voter = number.map_or_else(String::new, |number| format!(", voter number {number}"));
    format!("change {} of the roll{voter}", answer.sequence)
}

/// Prints the numbers of the changes and of voters.
fn answer(answers: &[Answer], is_one: bool, console: Console) -> Result<()> {
    if let ([answer], true) = (answers, is_one) {
        return console.answer(&numbers(answer), &answer.value());
    }
    let sequences: Vec<u32> = answers.iter().map(|answer| answer.sequence).collect();
    let lines: Vec<String> = answers.iter().map(numbers).collect();
    let files: Vec<Value> = answers.iter().map(Answer::value).collect();
    console.answer(&lines.join("\n"), &json!({ "changes": sequences, "files": files }))
}

/// Says that an interrupted call is complete now.
fn answer_finished(answers: &[Answer], is_one: bool, console: Console) -> Result<()> {
    console.say("The change was made before, and this call has finished what was interrupted.");
    console.say("Hand out a new code only after the board has its change as an entry.");
    answer(answers, is_one, console)
}

fn answers(drafts: &[ChangeDraft], files: &Files<'_>) -> Vec<Answer> {
    drafts.iter().map(|draft| Answer::of(draft, files.path(draft.sequence()))).collect()
}

impl ReplaceCode {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let files = Files { codes: Some(&self.codes), out: &self.out, is_one: true, members: None };
        let mut office = self.change.office()?;
        let is_asked = |_: usize, answer: &Answer, _: &str| {
            answer.added.is_some() && answer.revoked.is_some_and(|revoked| self.voter.is_of_bytes(&revoked))
        };
        let kept = match office.finish(&files, 1, &is_asked)? {
            Before::Finished(answers) => return answer_finished(&answers, true, console),
            Before::Codes(kept) => Some(kept),
            Before::Nothing => None,
        };
        let line = office.line(&self.voter)?;
        let added = Some(line.entitlement());
        let drafts = &mut [office.draft(office.next(), ChangeReason::LostCode, Some(line.credential), added)?];
        files.check_free(drafts)?;
        office.check(drafts)?;
        let what = "a change of the roll: a new code in place of a lost one";
        self.change.confirmation.ask(&office.summary(what, drafts), console)?;
        let further = Further::of_replaced(drafts);
        office.make(drafts, &files, &further, kept, console)?;
        answer(&answers(drafts, &files), true, console)
    }
}

impl AddVoters {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let mut office = self.change.office()?;
        let styles: Vec<&str> = office.manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let (columns, voters, of_drafts): (_, Vec<Entitlement>, Vec<String>) = match (&self.list, &self.style) {
            (Some(path), _) => {
                let list = read_list(path, &styles, office.manifest.weights().max)?;
                (list.columns, list.voters, list.further)
            }
            (None, Some(style)) => {
                let position = styles.iter().position(|known| known == style);
                let known = || format!("the manifest has no such ballot style, only {}", styles.join(", "));
                let voter = Entitlement { style: position.with_context(known)?, weight: self.weight };
                (String::new(), vec![voter], vec![String::new()])
            }
            (None, None) => bail!("give --style or --list"),
        };
        let files = Files {
            codes: Some(&self.codes),
            out: &self.out,
            is_one: voters.len() == 1,
            members: self.members.as_deref(),
        };
        let is_asked = |position: usize, answer: &Answer, further: &str| {
            let is_voter =
                answer.revoked.is_none() && answer.added.is_some() && answer.added == voters.get(position).copied();
            is_voter && of_drafts.get(position).is_some_and(|asked| asked == further)
        };
        let kept = match office.finish(&files, voters.len(), &is_asked)? {
            Before::Finished(answers) => {
                let sequences: Vec<u32> = answers.iter().map(|answer| answer.sequence).collect();
                self.write_members(&office, &sequences, &voters, &columns, &of_drafts, console)?;
                return answer_finished(&answers, files.is_one, console);
            }
            Before::Codes(kept) => Some(kept),
            Before::Nothing => None,
        };
        let reason = match self.reason {
            AddReason::LateMember => ChangeReason::LateMember,
            AddReason::Error => ChangeReason::Error,
        };
        let draft = |(sequence, voter): (u32, &Entitlement)| office.draft(sequence, reason, None, Some(*voter));
        let mut drafts = (office.next()..).zip(&voters).map(draft).collect::<Result<Vec<_>>>()?;
        files.check_free(&drafts)?;
        if let Some(members) = &self.members {
            check_free(members)?;
        }
        office.check(&drafts)?;
        let what = format!("changes of the roll: {} added", counted(voters.len() as u64, "voter is", "voters are"));
        self.change.confirmation.ask(&office.summary(&what, &[]), console)?;
        let further = Further { columns, of_drafts };
        office.make(&mut drafts, &files, &further, kept, console)?;
        let sequences: Vec<u32> = drafts.iter().map(ChangeDraft::sequence).collect();
        self.write_members(&office, &sequences, &voters, &further.columns, &further.of_drafts, console)?;
        answer(&answers(&drafts, &files), files.is_one, console)
    }

    /// Writes the list for the other offices.
    fn write_members(
        &self,
        office: &Office,
        sequences: &[u32],
        voters: &[Entitlement],
        columns: &str,
        further: &[String],
        console: Console,
    ) -> Result<()> {
        let Some(path) = self.members.as_ref() else { return Ok(()) };
        let mut text = Zeroizing::new(format!("style,weight,change{columns}\n"));
        for ((sequence, Entitlement { style, weight }), further) in zip(zip(sequences, voters), further) {
            let style = office.manifest.styles().get(*style).context("no such style")?;
            writeln!(text, "{},{weight},{sequence}{further}", style.id)?;
        }
        if !exists(path)? {
            write_secret(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))?;
        }
        console.say(format!(
            "{} says which change is whose: give it only to an office that sends letters as well, with the drafts.",
            path.shown()
        ));
        Ok(())
    }
}

impl RevokeCode {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let files = Files { codes: None, out: &self.out, is_one: true, members: None };
        let mut office = self.change.office()?;
        let line = office.line(&self.voter)?;
        let reason = match self.reason {
            RevokeReason::Left => ChangeReason::Left,
            RevokeReason::Error => ChangeReason::Error,
        };
        let drafts = &mut [office.draft(office.next(), reason, Some(line.credential), None)?];
        files.check_free(drafts)?;
        office.check(drafts)?;
        let what = "a change of the roll: a voter is taken off it";
        self.change.confirmation.ask(&office.summary(what, drafts), console)?;
        let further = Further::of_replaced(drafts);
        office.make(drafts, &files, &further, None, console)?;
        answer(&answers(drafts, &files), true, console)
    }
}

impl ApproveChange {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let files =
            Files { codes: self.codes.as_deref(), out: &self.out, is_one: self.drafts.len() == 1, members: None };
        let read = |path: &PathBuf| {
            let bytes = message_file::read_kind(path, FileKind::RollChangeDraft)?;
            ChangeDraft::decode(&bytes).with_context(|| format!("{} cannot be read", path.shown()))
        };
        let mut drafts = self.drafts.iter().map(read).collect::<Result<Vec<_>>>()?;
        let mut office = self.change.office()?;
        let authorities = office.authorities();
        let is_asked = |_: usize, answer: &Answer, _: &str| {
            let mut same = drafts.iter().filter(|draft| draft.sequence() == answer.sequence);
            same.any(|draft| {
                let is_same = (draft.revoked().copied(), draft.added()) == (answer.revoked, answer.added);
                // A draft that was made again has other parts, and the codes of the earlier one would not be those of the change.
                let keeps =
                    |authority| draft.part(authority).is_none_or(|part| answer.parts.get(&authority) == Some(part));
                is_same && authorities.iter().copied().all(keeps)
            })
        };
        let count = drafts.iter().filter(|draft| draft.added().is_some()).count();
        let kept = match office.finish(&files, count, &is_asked)? {
            Before::Finished(answers) => return answer_finished(&answers, files.is_one, console),
            Before::Codes(kept) => Some(kept),
            Before::Nothing => None,
        };
        office.check(&drafts)?;
        drafts.iter().try_for_each(|draft| draft.verify(&office.manifest, &mut system_rng()).refused())?;
        files.check_free(&drafts)?;
        match (drafts.iter().any(|draft| draft.needs_part(office.authority)), &self.codes) {
            (true, None) => bail!("a change adds a voter: give --codes for the new code"),
            (false, Some(_)) => bail!("the parts of this authority are there already: leave --codes out"),
            _ => {}
        }
        let further = self.further(&office, &drafts)?;
        let what = if files.is_one { "a change of the roll" } else { "changes of the roll" };
        self.change.confirmation.ask(&office.summary(what, &drafts), console)?;
        office.make(&mut drafts, &files, &further, kept, console)?;
        answer(&answers(&drafts, &files), files.is_one, console)
    }

    /// The further columns: those of the list of the office that began.
    fn further(&self, office: &Office, drafts: &[ChangeDraft]) -> Result<Further> {
        let mut further = Further::of_replaced(drafts);
        let Some(path) = &self.list else { return Ok(further) };
        let styles: Vec<&str> = office.manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let List { voters, columns, further: cells } = read_list(path, &styles, office.manifest.weights().max)?;
        let columns = columns.strip_prefix(",change").filter(|rest| rest.is_empty() || rest.starts_with(','));
        let columns = columns.with_context(|| {
            format!("{} has no column `change`: its first line begins with style,weight,change", path.shown())
        })?;
        let mut members: BTreeMap<u32, (Entitlement, String)> = BTreeMap::new();
        for (voter, cells) in zip(voters, cells) {
            let cells = cells.strip_prefix(',').unwrap_or_default();
            let (change, rest) = cells.find(',').map_or((cells, ""), |comma| cells.split_at(comma));
            let change = change.trim().parse();
            let change =
                change.ok().with_context(|| format!("{} has a line without a number of a change", path.shown()))?;
            if members.insert(change, (voter, rest.to_owned())).is_some() {
                bail!("{} has two lines for the change {change}", path.shown());
            }
        }
        further.columns.push_str(columns);
        for (draft, cells) in zip(drafts, &mut further.of_drafts) {
            let Some(added) = draft.added() else { continue };
            let (number, member) = (draft.sequence(), members.get(&draft.sequence()));
            let member = member.filter(|(voter, _)| *voter == added);
            let Some((_, rest)) = member else {
                return refusal(format!(
                    "{} has no voter with the style and weight of the change {number}",
                    path.shown()
                ))
                .remedy("ask the office that began which of the two is right");
            };
            cells.push_str(rest);
        }
        Ok(further)
    }
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
