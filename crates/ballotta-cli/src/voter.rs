//! The verbs of a voter: prepare a ballot, cast it or open it, and look for it on the board.
//!
//! See `spec/command-line.md#voter`. The tracker is shown before the choice between casting and opening. The voter does
//! not have to trust the record: somebody who does not know the voting code cannot make a roll with its credential.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::{AdmissionError, PreparedBallot, SignedBallot};
use ballotta::credential::VotingCodes;
use ballotta::hash::{Fingerprint, Tracker};
use ballotta::manifest::{ElectionKind, Manifest};
use ballotta::voter::light::{LightPromise, LightStatus};
use ballotta::voter::{
    BallotStatus, BallotsLeft, CheckpointWitnesses, CodeChange, Freshness, NextBallot, PromisedStatus, Voter,
    VoterError,
};
use ballotta::written::{VoterNumber, WrittenFingerprint, WrittenTracker};
use ballotta_io::{AnyRecord, remove_part};
use serde_json::json;
use zeroize::Zeroizing;

use crate::clock;
use crate::console::{Console, Shown as _, counted, escaped, is_at_a_terminal};
use crate::evidence::read_receipt;
use crate::failure::{ErrorContext as _, refusal};
use crate::marks::{MarkArguments, ask_for_choices, explain, for_people};
use crate::message_file::{self, FileKind, MessageFile};
use crate::prepared::{FinalState, PreparedFile};
use crate::reading::{ReadElection, Reading};
use crate::record::{REHEARSAL, Record, exists, language};
use crate::secrets::{ask, system_rng, voting_codes_text};
use crate::signing::{Pins, fingerprint_line};
use crate::state_file::follow_links;

/// Encrypts a ballot and shows its tracker. Without choices, it asks for them at a terminal.
#[derive(clap::Args, Debug)]
pub(crate) struct PrepareBallot {
    /// The record
    record: PathBuf,
    #[command(flatten)]
    marks: MarkArguments,
    /// The language in which the choices are shown [default: the manifest's first]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Read the voting code from a file instead of the terminal; `-` is the standard input. If there is one code for each of
    /// several credential authorities, repeat this, or give a file with a line for each; the order does not matter
    #[arg(long, value_name = "FILE")]
    code_file: Vec<PathBuf>,
    /// The fingerprint that you were given; stop if the election has another one
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<WrittenFingerprint>,
    /// The new file for the prepared ballot; it shows your choices, so keep it secret
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

impl PrepareBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let is_input = |path: &PathBuf| path == Path::new("-");
        let both = self.marks.choices.as_ref().is_some_and(is_input) && self.code_file.iter().any(is_input);
        ensure!(!both, "--choices and --code-file cannot both be `-`: give a file for one of them");
        // What is read from the standard input is read before a code is asked for.
        let given = if self.marks.is_empty() && is_at_a_terminal() { None } else { Some(self.marks.choices()?) };
        let (mut source, mut election) = self.reading.election(&self.record)?;
        if let Some(expected) = &self.fingerprint {
            let same = election.expect(expected).refused();
            same.remedy("do not vote: this record is of another election than yours")?;
        }
        language(election.context().manifest(), self.language.as_deref())?;
        election.is_open(&mut source)?.refused()?;
        warn_if_old(election.freshness(clock::now()?), console);
        let voter = read_voter(&self.code_file, &mut source, &mut election)?;

        // The counter never repeats, even if the random number generator does.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
        let counter = u64::try_from(now.as_nanos()).context("the clock is after 2554")?;
        let rng = &mut system_rng();
        let NextBallot { previous, left } = election.next_ballot(&mut source, &voter)?.refused()?;
        let (context, manifest) = (election.context(), election.context().manifest());
        let language = language(manifest, self.language.as_deref())?;
        let choices = match given {
            Some(choices) => choices,
            None => {
                // The same voter sees the same order again. The seed says nothing of the choice.
                let seed = voter.credential().public().as_bytes();
                ask_for_choices(&source, context, language, voter.line().entitlement(), seed)?
            }
        };
        if let Err(errors) = choices.check(context, voter.line().entitlement()) {
            return explain(manifest, voter.line().style, &choices, &errors);
        }
        let prepared = voter.prepare(context, choices, previous, counter, rng)?;
        PreparedFile::new(&self.record, context, &prepared)?.write(&self.out)?;

        let (fingerprint, number) = (context.fingerprint(), VoterNumber::written(voter.credential().public()));
        let kind = match manifest.kind() {
            ElectionKind::Real => "Election",
            ElectionKind::Rehearsal => "Rehearsal (the result does not count)",
        };
        console.say(format!("{kind}: {}", manifest.title().get(language).unwrap_or_default()));
        console.say(format!("{}: compare it with the one that you were given.", fingerprint_line(fingerprint)));
        let weight = voter.line().weight;
        console.say(format!(
            "Voter number {number}: compare it with the one that came with your voting code. Your weight is {weight}. \
             Your choices:"
        ));
        for choice in for_people(manifest, language, prepared.expose_choices()) {
            console.say(format!("  {choice}"));
        }
        if let Some(previous) = previous {
            console.say(format!("This ballot replaces your earlier ballot {}.", previous.written()));
        }
        console.say(ballots_left(left));
        console.say(format!(
            "To cast this ballot, run `ballotta voter cast {0} --out FILE`.\n\
             To test this device instead, run `ballotta voter open {0} --out FILE`.\n\
             First write down the tracker, which identifies the ballot:",
            self.out.shown()
        ));
        let tracker = prepared.tracker();
        console.answer(
            &tracker.written(),
            &json!({
                "tracker": tracker.to_string(),
                "written": tracker.written(),
                "fingerprint": fingerprint.to_string(),
                "voter_number": number,
                "weight": weight,
                "previous": previous.map(|tracker| tracker.to_string()),
                "ballots_left": left.most(),
                "ballots_left_exact": matches!(left, BallotsLeft::Exactly(_)),
            }),
        )
    }
}

/// What a voter must know of the ballots that the voting code may still cast.
fn ballots_left(left: BallotsLeft) -> String {
    match left {
        BallotsLeft::Exactly(1) | BallotsLeft::AtMost(1) => {
            "This is the last ballot that you can cast with this voting code: none can replace it.".to_owned()
        }
        BallotsLeft::Exactly(left) => {
            let more = counted(u64::from(left) - 1, "more ballot", "more ballots");
            format!("After this one, you can cast {more} with this voting code. The last one counts.")
        }
        BallotsLeft::AtMost(left) => {
            let more = counted(u64::from(left) - 1, "more ballot", "more ballots");
            format!("After this one, you can cast at most {more} with this voting code. The last one counts.")
        }
    }
}

/// Reads the voting codes, one of each credential authority, and finds the voter on the roll.
fn read_voter(files: &[PathBuf], source: &mut AnyRecord, election: &mut ReadElection) -> Result<Voter> {
    let authorities = election.context().manifest().credential_authorities();
    let authorities: Vec<String> = authorities.iter().map(|party| party.name.clone()).collect();
    let once = || {
        let parsed = voting_codes_text(files, &authorities)?.parse();
        parsed.context("this is not a voting code").remedy("type it again, and check each group")
    };
    let codes: VotingCodes = if files.is_empty() { ask(once)? } else { once()? };
    match election.voter(source, &codes)? {
        Err(error @ VoterError::Credential(_)) => {
            let from = authorities.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(", ");
            Err(error).refused().remedy(format!("give one voting code from each of: {from}"))
        }
        voter => voter.refused(),
    }
}

/// Why a file is refused for the output.
const NOT_NEW: &str = "already exists, and files are never overwritten: choose another file for --out";

/// Casts or opens a prepared ballot.
#[derive(clap::Args, Debug)]
pub(crate) struct UseBallot {
    /// The prepared ballot
    prepared: PathBuf,
    /// The folder of the record, if it has moved since the ballot was prepared
    #[arg(long)]
    record: Option<PathBuf>,
    /// The new file to send; its name must not be `PREPARED.cast` or `PREPARED.opened`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

/// Signs a prepared ballot, which the voter then sends to the board.
#[derive(clap::Args, Debug)]
pub(crate) struct CastBallot {
    #[command(flatten)]
    ballot: UseBallot,
    /// Read the voting code from a file instead of the terminal; `-` is the standard input. If there is one code for each of
    /// several credential authorities, repeat this, or give a file with a line for each; the order does not matter
    #[arg(long, value_name = "FILE")]
    code_file: Vec<PathBuf>,
}

impl UseBallot {
    /// The path of the prepared ballot. A link to it could otherwise be cast while the file itself is opened.
    fn path(&self) -> Result<PathBuf> {
        follow_links(&self.prepared)
    }

    /// The prepared ballot, and the election for which it was prepared.
    fn begin(&self, state: FinalState) -> Result<(PreparedFile, AnyRecord, ReadElection, PreparedBallot)> {
        let path = self.path()?;
        let (out, used) = (self.out.shown(), state.path(&path));
        // Only after the ballot has entered its final state, an interrupted call may have written the output.
        ensure!(!exists(&self.out)? || exists(&used)?, "{out} {NOT_NEW}");
        ensure!(self.out != used, "this command keeps the used ballot in {out}: choose another file for --out");
        let file = PreparedFile::read_for(state, &path)?;
        let record = self.record.as_ref().unwrap_or(&file.record);
        let read = self.reading.election(record);
        let (source, election) = read.remedy("give the folder of the record with --record")?;
        if election.context().fingerprint().to_string() != file.fingerprint {
            return refusal("the ballot was prepared for another election than that of this record");
        }
        let prepared = file.prepare_again(election.context())?;
        Ok((file, source, election, prepared))
    }

    /// Whether an interrupted call has written the output already: `is_ours` says whether a message is that of this
    /// ballot. Fails if the file has anything else, because files are never overwritten.
    fn is_written(&self, kind: FileKind, is_ours: impl FnOnce(&[u8]) -> bool) -> Result<bool> {
        if !exists(&self.out)? {
            return Ok(false);
        }
        let out = self.out.shown();
        let there = message_file::read_any(&self.out)?.ok().filter(|file| file.kind == kind);
        let there = there.map(|file| Zeroizing::new(file.bytes)).filter(|bytes| is_ours(bytes));
        ensure!(there.is_some(), "{out} {NOT_NEW}");
        remove_part(&self.out).with_context(|| format!("what is left beside {out} cannot be removed"))?;
        Ok(true)
    }

    pub(crate) fn open(&self, console: Console) -> Result<()> {
        let (file, .., prepared) = self.begin(FinalState::Opened)?;
        let tracker = *prepared.tracker();
        let opening = prepared.open().expose_bytes();
        let is_written = self.is_written(FileKind::BallotOpening, |there| *there == **opening)?;
        let path = self.path()?;
        PreparedFile::enter(FinalState::Opened, &path)?;
        if !is_written {
            message_file::write_secret(&MessageFile::new(FileKind::BallotOpening, opening.to_vec()), &self.out)?;
        }
        file.forget(FinalState::Opened, &path)?;
        console.say(format!("{} shows your choices: give it only to your second device.", self.out.shown()));
        console.say(
            "This ballot can no longer be cast.\n\
             On the second device, run `ballotta voter check-opening` with the voter number that came with your voting code, \
             and with this tracker:",
        );
        console.answer(&tracker.written(), &json!({ "tracker": tracker.to_string(), "written": tracker.written() }))
    }
}

impl CastBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (file, mut source, mut election, prepared) = self.ballot.begin(FinalState::Cast)?;
        let voter = read_voter(&self.code_file, &mut source, &mut election)?;
        let credential = voter.credential();
        if credential.public() != prepared.unsigned().credential() {
            return refusal("the ballot was prepared with another voting code")
                .remedy("type the code with which it was prepared; if a new code came in its place, prepare the ballot again with it");
        }
        let is_written = self.ballot.is_written(FileKind::Ballot, |there| {
            SignedBallot::tracker_of(there).is_ok_and(|tracker| tracker == *prepared.tracker())
        })?;
        if !is_written {
            election.is_not_cancelled(&mut source)?.refused()?;
        }
        let path = self.ballot.path()?;
        PreparedFile::enter(FinalState::Cast, &path)?;
        let signed = prepared.cast(election.context(), credential.key_pair(), &mut system_rng());
        if !is_written {
            message_file::write(&MessageFile::new(FileKind::Ballot, signed.to_bytes()), &self.ballot.out)?;
        }
        file.forget(FinalState::Cast, &path)?;
        let out = self.ballot.out.shown();
        console.say(format!("Send {out} to the board. After the close, look for the ballot with this tracker:"));
        let tracker = signed.tracker();
        console.answer(&tracker.written(), &json!({ "tracker": tracker.to_string(), "written": tracker.written() }))
    }
}

/// Which ballot a voter asks for. Both values come from elsewhere than the device that made the ballot: one from the voter's
/// notes, the other from the letter with the voting code.
#[derive(clap::Args, Debug)]
pub(crate) struct AskedBallot {
    /// The tracker that you wrote down
    #[arg(long)]
    tracker: WrittenTracker,
    /// The voter number that came with your voting code
    #[arg(long, value_name = "NUMBER")]
    voter_number: VoterNumber,
}

/// Checks on a second device that an opened ballot contains the voter's choices.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckOpening {
    /// The record, which the second device must have downloaded itself
    record: PathBuf,
    /// The file that `voter open` wrote
    opening: PathBuf,
    #[command(flatten)]
    ballot: AskedBallot,
    /// The language in which the choices are shown [default: the manifest's first]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

impl CheckOpening {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (mut source, mut election) = self.reading.election(&self.record)?;
        let opening = Zeroizing::new(message_file::read_kind(&self.opening, FileKind::BallotOpening)?);
        let asked = &self.ballot;
        let opened = election.check_opening(&mut source, &opening, &asked.tracker, &asked.voter_number)?;
        let opened = match opened {
            Err(VoterError::OpeningOfChangedCode { change }) => return of_other_letter(change),
            Err(error @ VoterError::Opening(_)) => {
                return Err(error).refused().remedy("do not vote with the first device, and tell the organiser");
            }
            opened => opened.refused()?,
        };
        let context = election.context();
        let manifest = context.manifest();
        let language = language(manifest, self.language.as_deref())?;
        let number = VoterNumber::written(opened.credential());
        say_rehearsal(manifest, console);
        console.say(fingerprint_line(context.fingerprint()));
        console.say(format!("Voter number {number}"));
        let choices = for_people(manifest, language, opened.expose_choices());
        console
            .say("The ballot with this tracker contains these choices. If they are yours, the first device is honest:");
        console.answer(&choices.join("\n"), &json!({ "voter_number": number, "choices": choices }))
    }
}

/// Looks for a cast ballot on the board.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckBallot {
    /// The record
    record: PathBuf,
    #[command(flatten)]
    ballot: AskedBallot,
    /// The receipt that you got for the ballot
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    pins: Pins,
    #[command(flatten)]
    reading: Reading,
}

/// What small parts of a record say of a ballot.
enum Found {
    Tracker(LightStatus),
    Promised(LightPromise),
}

impl Found {
    /// Whether this is all that the whole record would say.
    fn is_complete(&self) -> bool {
        match self {
            Self::Tracker(status) => matches!(status, LightStatus::Counted { .. }),
            Self::Promised(status) => matches!(
                status,
                LightPromise::Counted { .. }
                    | LightPromise::Superseded { .. }
                    | LightPromise::OfAnotherVoter { .. }
                    | LightPromise::OfChangedCode { .. }
                    | LightPromise::Broken { .. }
            ),
        }
    }
}

impl CheckBallot {
    /// Checks the ballot by small parts of the record, if they are there and right. Returns whether there is an answer: for a
    /// record in a folder there is one only if the whole record would not say more.
    fn in_parts(&self, console: Console) -> Result<bool> {
        let Some((source, election)) = self.reading.light(&self.record, &self.pins.board)? else { return Ok(false) };
        self.check_fingerprint(election.context.fingerprint())?;
        let AskedBallot { tracker, voter_number } = &self.ballot;
        let rng = &mut system_rng();
        let found = match &self.receipt {
            Some(path) => {
                let receipt = read_receipt(path)?;
                match election.find_promised(&source, &receipt, tracker, voter_number, rng) {
                    Err(error @ (VoterError::Receipt(_) | VoterError::ReceiptOfOther { .. })) => {
                        return Err(error).refused().remedy(OTHER_RECEIPT);
                    }
                    found => found.map(Found::Promised),
                }
            }
            None => election.find(&source, tracker, voter_number, rng).map(Found::Tracker),
        };
        // What small parts do not show, the whole record may.
        let (Ok(found), Ok(witnesses)) = (found, election.closing_witnesses(&source)) else { return Ok(false) };
        if !found.is_complete() && !source.location().is_on_a_server() {
            return Ok(false);
        }
        let manifest = election.context.manifest();
        say_rehearsal(manifest, console);
        console.say(fingerprint_line(election.context.fingerprint()));
        // A promise that is broken is broken under any witnesses.
        if let Found::Promised(status @ (LightPromise::Broken { .. } | LightPromise::Void { .. })) = &found {
            answer_light_promise(status, manifest, console)?;
        }
        if witnesses.is_none() && election.is_not_cancelled().is_ok() && !manifest.witnesses().members.is_empty() {
            let (seen, quorum) = (election.witnesses(), manifest.witnesses().quorum);
            let by = counted(seen.cosigned as u64, "witness has", "witnesses have");
            console.say(format!("{by} cosigned this checkpoint; at the close {quorum} must."));
        }
        // Nothing comes after a cancellation.
        if election.is_not_cancelled().is_ok() {
            warn_if_old(election.freshness(clock::now()?), console);
            check_witnesses(witnesses, manifest, console)?;
        }
        match found {
            Found::Tracker(status) => answer_status(&status, manifest, console),
            Found::Promised(status) => answer_light_promise(&status, manifest, console),
        }?;
        Ok(true)
    }

    fn check_fingerprint(&self, fingerprint: &Fingerprint) -> Result<()> {
        self.pins.check_fingerprint(fingerprint).remedy(
            "check the fingerprint; if it is right, this is not the record of your election: tell the organiser",
        )
    }

    pub(crate) fn run(&self, console: Console) -> Result<()> {
        if self.in_parts(console)? {
            return Ok(());
        }
        let (source, election) = Record::read_pinned(&self.record, &self.pins.board)?.into_election()?;
        self.check_fingerprint(election.context.fingerprint())?;
        let manifest = election.context.manifest();
        say_rehearsal(manifest, console);
        console.say(fingerprint_line(election.context.fingerprint()));
        let promised = match &self.receipt {
            Some(path) => {
                let (receipt, AskedBallot { tracker, voter_number }) = (read_receipt(path)?, &self.ballot);
                let found = election.find_promised(&source, &receipt, tracker, voter_number, &mut system_rng());
                Some(found.refused().remedy(OTHER_RECEIPT)?)
            }
            None => None,
        };
        // A promise that is broken is broken under any witnesses.
        if let Some(status @ (PromisedStatus::Broken { .. } | PromisedStatus::Void { .. })) = &promised {
            return answer_promise(status, console);
        }
        // Nothing comes after a cancellation.
        if election.is_not_cancelled().is_ok() {
            warn_if_old(election.freshness(clock::now()?), console);
            let witnesses = election.closing_witnesses(&source).refused();
            check_witnesses(witnesses.remedy("keep this record as evidence, and make it public")?, manifest, console)?;
        }
        let answer = |state: &str, entry: Option<u64>, by: Option<Tracker>, line: String| {
            let by = by.map(|tracker| tracker.to_string());
            console.answer(&line, &json!({ "state": state, "entry": entry, "superseded_by": by }))
        };
        let AskedBallot { tracker, voter_number } = &self.ballot;
        if let Some(status) = &promised {
            return answer_promise(status, console);
        }
        match election.find(&source, tracker, voter_number, &mut system_rng()).refused()? {
            BallotStatus::Counted { index } => answer("counted", Some(index), None, format!("counted: entry {index}")),
            BallotStatus::Superseded { index, by, by_index } => {
                let line = format!("superseded by {}: entry {by_index}", by.written());
                answer("superseded", Some(index), Some(by), line)?;
                refusal("a later ballot with the same voting code is counted instead").remedy(
                    "if you voted again, this is right; if you did not, somebody else has your voting code: tell \
                         the organiser",
                )
            }
            BallotStatus::Void { index, error } => {
                answer("void", Some(index), None, format!("void: entry {index}: {error}"))?;
                let refused = refusal("the ballot is on the board, but it is not counted; ask the organiser");
                if matches!(error, AdmissionError::Revoked { .. }) { refused.remedy(NEWER) } else { refused }
            }
            BallotStatus::OfAnotherVoter { index } => {
                answer("of_another_voter", Some(index), None, format!("not a ballot of yours: entry {index}"))?;
                refusal("the ballot with this tracker is that of another voter").remedy(
                    "compare both values with your notes; if they are right, the device that showed you this tracker has not \
                     cast your ballot: keep the device, and tell the organiser",
                )
            }
            BallotStatus::OfChangedCode { index, change } => answer_changed_code(index, change, console),
            BallotStatus::Missing => {
                answer("missing", None, None, "missing".to_owned())?;
                let remedy = match election.window.closed {
                    None => {
                        "compare the tracker with what you wrote down; if it is right, send the ballot to the board, get \
                         the record again, and repeat this check"
                    }
                    Some(_) => {
                        "compare the tracker with what you wrote down; if it is right, get the record from another source \
                         and check again; if you sent the ballot in time, make this public"
                    }
                };
                refusal("no ballot on this board has this tracker").remedy(remedy)
            }
        }
    }
}

/// Says that the ballot was cast with another code of the same voter, as a change of the roll explains.
fn answer_changed_code(index: Option<u64>, change: CodeChange, console: Console) -> Result<()> {
    let line = match change {
        CodeChange::CodeReplaced { change } => format!("cast with a code that was replaced: entry {change}"),
        change => format!("the voter number was revoked: entry {}", change.change()),
    };
    console.answer(
        &line,
        &json!({ "state": change.code(), "entry": index, "superseded_by": null, "change": change.change() }),
    )?;
    of_other_letter(change)
}

/// Nobody has cheated: the voter has an older and a newer letter.
fn of_other_letter(change: CodeChange) -> Result<()> {
    Err(VoterError::OpeningOfChangedCode { change }).refused().remedy(match change {
        CodeChange::CodeReplaced { .. } => {
            "repeat this check with the voter number in the older letter; if that ballot does not count, vote again with the new code"
        }
        _ => NEWER,
    })
}

/// Says what became of the ballot that a receipt promises.
fn answer_promise(status: &PromisedStatus, console: Console) -> Result<()> {
    let answer = |entry: u64, by: Option<Tracker>, line: String| {
        let by = by.map(|tracker| tracker.to_string());
        console.answer(&line, &json!({ "state": status.code(), "entry": entry, "superseded_by": by }))
    };
    match status {
        PromisedStatus::Counted { index } => answer(*index, None, format!("counted: entry {index}, as promised")),
        PromisedStatus::Superseded { index, by, by_index } => {
            answer(*index, Some(*by), format!("superseded by {}: entry {by_index}", by.written()))?;
            refusal("a later ballot with the same voting code is counted instead").remedy(
                "if you voted again, this is right; if you did not, somebody else has your voting code: tell the organiser",
            )
        }
        PromisedStatus::Void { index, error } => {
            answer(*index, None, format!("void: entry {index}: {error}"))?;
            refusal("the board has promised this ballot, and it is not counted").remedy(EVIDENCE)
        }
        PromisedStatus::OfAnotherVoter { index } => {
            answer(*index, None, format!("not a ballot of yours: entry {index}"))?;
            refusal("the receipt is for the ballot of another voter").remedy(
                "compare both values with your notes; if they are right, the device that showed you this tracker has not cast \
                 your ballot: keep the device, and tell the organiser",
            )
        }
        PromisedStatus::OfChangedCode { index, change } => answer_changed_code(Some(*index), *change, console),
        PromisedStatus::Broken { index } => {
            answer(*index, None, format!("missing: promised as entry {index}"))?;
            refusal("the board has promised this ballot, and does not have it at the promised place").remedy(EVIDENCE)
        }
        PromisedStatus::NotYet { index, size } => {
            let entries = counted(*size, "entry", "entries");
            answer(*index, None, format!("not yet: promised as entry {index}, and this board has {entries}"))?;
            refusal("the board that was read ends before the promised entry")
                .remedy("get the record again, and repeat this check; keep the receipt until after the close")
        }
        _ => refusal("the status of the ballot is not known"),
    }
}

/// Says what small parts of a record show of a ballot.
fn answer_status(status: &LightStatus, manifest: &Manifest, console: Console) -> Result<()> {
    let answer = |entry: Option<u64>, by: Option<Tracker>, line: String| {
        let by = by.map(|tracker| tracker.to_string());
        console.answer(&line, &json!({ "state": status.code(), "entry": entry, "superseded_by": by }))
    };
    match status {
        LightStatus::Counted { index } => answer(Some(*index), None, format!("counted: entry {index}")),
        LightStatus::OnBoard { index } => {
            console.say(not_confirmed(manifest));
            answer(Some(*index), None, format!("on the board: entry {index}"))
        }
        LightStatus::AnotherCounts { index, tracker } => {
            answer(None, Some(*tracker), format!("another ballot counts: {}, entry {index}", tracker.written()))?;
            refusal("another ballot with the same voting code is counted").remedy(WHOLE)
        }
        LightStatus::AnotherIsLast { index, tracker } => {
            answer(None, Some(*tracker), format!("another ballot is the last: {}, entry {index}", tracker.written()))?;
            refusal("the board shows another ballot with the same voting code as the last one").remedy(WHOLE)
        }
        LightStatus::NoneCounts => {
            answer(None, None, "no ballot counts".to_owned())?;
            refusal("no ballot with this voting code is counted").remedy(WHOLE)
        }
        LightStatus::Revoked { index } => {
            answer(Some(*index), None, format!("the voting code was revoked: entry {index}"))?;
            refusal("the voting code was revoked, so that no ballot of it is counted").remedy(NEWER)
        }
        LightStatus::RevocationOnBoard { index } => {
            answer(Some(*index), None, format!("the voting code is revoked: entry {index}"))?;
            refusal("a change of the roll on the board revokes the voting code").remedy(NEWER)
        }
        _ => {
            answer(None, None, "not shown".to_owned())?;
            refusal("the board shows no ballot with this voting code, and may hide one").remedy(WHOLE)
        }
    }
}

/// Says what small parts of a record show of a promised ballot.
fn answer_light_promise(status: &LightPromise, manifest: &Manifest, console: Console) -> Result<()> {
    let answer = |entry: u64, by: Option<Tracker>, line: String| {
        let by = by.map(|tracker| tracker.to_string());
        console.answer(&line, &json!({ "state": status.code(), "entry": entry, "superseded_by": by }))
    };
    let as_whole = match *status {
        LightPromise::Counted { index } => PromisedStatus::Counted { index },
        LightPromise::Superseded { index, by, by_index } => PromisedStatus::Superseded { index, by, by_index },
        LightPromise::OfAnotherVoter { index } => PromisedStatus::OfAnotherVoter { index },
        LightPromise::OfChangedCode { index, change } => PromisedStatus::OfChangedCode { index, change },
        LightPromise::Broken { index, .. } => PromisedStatus::Broken { index },
        LightPromise::NotYet { index, size } => PromisedStatus::NotYet { index, size },
        LightPromise::OnBoard { index } => {
            console.say(not_confirmed(manifest));
            return answer(index, None, format!("on the board: entry {index}, as promised"));
        }
        LightPromise::LaterIsLast { index, by, by_index } => {
            answer(index, Some(by), format!("another ballot is the last: {}, entry {by_index}", by.written()))?;
            return refusal("the board shows a later ballot with the same voting code as the last one").remedy(WHOLE);
        }
        LightPromise::NotCounted { index } => {
            answer(index, None, format!("not counted: entry {index}"))?;
            return refusal("the board has promised this ballot, and it is not counted").remedy(WHOLE);
        }
        LightPromise::Void { index, .. } => {
            answer(index, None, format!("void: entry {index}"))?;
            return refusal("the board has promised this ballot, and it is not counted").remedy(EVIDENCE);
        }
        _ => return refusal("the status of the ballot is not known"),
    };
    answer_promise(&as_whole, console)
}

/// What is said of a ballot of which small parts of a record do not show whether it counts.
fn not_confirmed(manifest: &Manifest) -> String {
    let needed = counted(manifest.trustees().statements_needed() as u64, "trustee has", "trustees have");
    format!(
        "That the ballot counts is confirmed after the close, when the statements of {needed} been published. With `--whole` all \
         ballots are read, which needs no statements."
    )
}
/// What to do if small parts of a record do not say enough.
const WHOLE: &str =
    "compare both values with your notes; `--whole` reads the whole record and says what became of the ballot";
/// What to do about a voter number that was revoked.
const NEWER: &str = "if this voter number was replaced by a change of the roll, use the number in the newer letter; if you have got no \
                     newer letter, ask the credential authority why";
/// What to do about a receipt that is not for this ballot.
const OTHER_RECEIPT: &str = "compare receipt and tracker with what you kept";

/// What a voter does whose receipt shows that the board broke a promise.
const EVIDENCE: &str = "keep receipt and record; `ballotta evidence find RECORD --receipt FILE --out EVIDENCE` makes a file \
                        with which anybody can convict the board";

/// Says that the election is a rehearsal, if it is one.
fn say_rehearsal(manifest: &Manifest, console: Console) {
    if manifest.kind() == ElectionKind::Rehearsal {
        console.say(REHEARSAL);
    }
}

/// What a voter must know if no witness is required.
fn nobody_witnessed(members: usize) -> String {
    let why = if members == 0 { "This election has no witnesses" } else { "Nobody has witnessed this board" };
    format!("{why}: the board may show other people other entries. Compare its checkpoint with those of other people.")
}

/// Warns a voter whose copy of the board may be old.
fn warn_if_old(freshness: Freshness, console: Console) {
    if let Freshness::Old { cosigned, quorum, youngest, limit } = freshness {
        console.say(format!("warning: {}", maybe_old(cosigned, quorum, youngest, limit)));
    }
}

/// What a voter must know whose copy of the board may be old. It accuses nobody.
fn maybe_old(cosigned: usize, quorum: usize, youngest: Option<u64>, limit: u64) -> String {
    let written = |seconds: u64| match seconds {
        60.. if seconds.is_multiple_of(60) => counted(seconds / 60, "minute", "minutes"),
        _ => counted(seconds, "second", "seconds"),
    };
    let last = match youngest {
        None => "no witness has cosigned it".to_owned(),
        // Minutes are enough for a person.
        Some(age @ 60..) => format!("the last cosignature is {} old", written(age / 60 * 60)),
        Some(age) => format!("the last cosignature is {} old", written(age)),
    };
    format!(
        "this copy of the board may be old: fewer witnesses than the manifest asks for have cosigned it in the last {} \
         ({cosigned} of {quorum}; {last}). Check the clock of this device, and get the record again, also from another place.",
        written(limit)
    )
}

/// Checks that enough witnesses saw the board at the close. Otherwise the board may show these entries to this voter only.
fn check_witnesses(closing: Option<CheckpointWitnesses>, manifest: &Manifest, console: Console) -> Result<()> {
    let Some(witnesses) = closing else {
        console.say("The board shows no closing: check again after the close.");
        let witnesses = manifest.witnesses();
        if witnesses.quorum == 0 {
            console.say(nobody_witnessed(witnesses.members.len()));
        }
        return Ok(());
    };
    let CheckpointWitnesses { cosigned, members, quorum } = witnesses;
    let found = format!(
        "{cosigned} of {} cosigned the board at the close; the manifest requires {quorum}",
        counted(members as u64, "witness", "witnesses")
    );
    if !witnesses.enough() {
        return refusal(found)
            .remedy("check again later and from another place: the board may show other people other entries");
    }
    if cosigned == 0 {
        console.say(nobody_witnessed(members));
    } else {
        console.say(format!("{found}."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_may_be_old_is_named() {
        let begin = "this copy of the board may be old: fewer witnesses than the manifest asks for have cosigned it in the last ";
        let end = ". Check the clock of this device, and get the record again, also from another place.";
        for (given, middle) in [
            ((0, 1, None, 3600), "60 minutes (0 of 1; no witness has cosigned it)"),
            ((1, 2, Some(1), 60), "1 minute (1 of 2; the last cosignature is 1 second old)"),
            ((0, 2, Some(7384), 90), "90 seconds (0 of 2; the last cosignature is 123 minutes old)"),
        ] {
            let (cosigned, quorum, youngest, limit) = given;
            assert_eq!(maybe_old(cosigned, quorum, youngest, limit), format!("{begin}{middle}{end}"));
        }
    }

    #[test]
    fn an_election_without_witnesses_is_named() {
        assert!(nobody_witnessed(0).starts_with("This election has no witnesses: the board may show"));
        assert!(nobody_witnessed(1).starts_with("Nobody has witnessed this board: the board may show"));
    }
}
