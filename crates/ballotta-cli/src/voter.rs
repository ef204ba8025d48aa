//! A voter's acts: prepare a ballot, cast it or open it, and look for it on the board.
//!
//! See `spec/command-line.md#voter`. The tracker is shown before the choice between casting and opening. Nothing is asked
//! of the record that the voter could not check: whoever does not know the voting code cannot show a roll with its credential.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::{BallotOpening, PreparedBallot, SignedBallot};
use ballotta::credential::{VotingCode, short_form};
use ballotta::hash::{Fingerprint, Tracker};
use ballotta::manifest::ElectionKind;
use ballotta::voter::{BallotStatus, ClosingWitnesses, Election, Voter};
use ballotta_io::FolderRecord;
use serde_json::json;

use crate::console::Console;
use crate::failure::{ErrorContext as _, refusal};
use crate::marks::{MarkArguments, explain, for_people};
use crate::message_file::{FileKind, MessageFile};
use crate::prepared::{FinalState, PreparedFile};
use crate::record::{language, read_election};
use crate::secrets::{system_rng, voting_code_text};

/// Encrypts a ballot and shows its tracker.
#[derive(clap::Args, Debug)]
pub(crate) struct PrepareBallot {
    /// The record
    record: PathBuf,
    #[command(flatten)]
    marks: MarkArguments,
    /// The language in which the choices are shown back [default: the manifest's first]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Reads the voting code from a file instead of the terminal; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// Goes on only if the election has this fingerprint
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<Fingerprint>,
    /// The new file for the prepared ballot, which shows the choices: keep it to yourself
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl PrepareBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        ensure!(
            !(self.marks.read_standard_input() && self.code_file.as_deref() == Some(Path::new("-"))),
            "the standard input holds the choices or the voting code, not both"
        );
        let choices = self.marks.choices()?;
        let source = FolderRecord::new(&self.record);
        let election = read_election(&source)?;
        let (context, manifest) = (&election.context, election.context.manifest());
        if let Some(expected) = &self.fingerprint {
            let same = election.expect(expected).refused();
            same.remedy("do not vote: this is not the election that you were told of")?;
        }
        let language = language(manifest, self.language.as_deref())?;
        election.is_open().refused()?;
        let voter = read_voter(self.code_file.as_deref(), &source, &election)?;

        // A counter that never repeats, also where the random source does.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
        let counter = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let rng = &mut system_rng();
        let previous = voter.predecessor(&election, &source, rng).refused()?;
        if let Err(errors) = choices.check(context, voter.line().entitlement()) {
            return explain(manifest, &choices, &errors);
        }
        let prepared = voter.prepare(context, choices, previous, counter, rng)?;
        PreparedFile::new(&self.record, context, &prepared)?.write(&self.out)?;

        let (fingerprint, credential) = (context.fingerprint(), short_form(voter.credential().public()));
        console.say(format!("{}: {}", kind(manifest.kind()), manifest.title().get(language).unwrap_or_default()));
        console.say(format!("Fingerprint {fingerprint}: compare it with the one that you were told."));
        console.say(format!("Your credential {credential}, weight {}.", voter.line().weight));
        for choice in for_people(manifest, language, prepared.expose_choices()) {
            console.say(format!("  {choice}"));
        }
        if let Some(previous) = previous {
            console.say(format!("This ballot will take the place of your ballot {previous}."));
        }
        console.say(format!(
            "Write the tracker down. Then `ballotta voter cast {0} --out FILE`, or to test this device `ballotta voter open {0} \
             --out FILE`.",
            self.out.display()
        ));
        let tracker = prepared.tracker().to_string();
        let previous = previous.map(|tracker| tracker.to_string());
        console.answer(
            &tracker,
            &json!({
                "tracker": tracker,
                "fingerprint": fingerprint.to_string(),
                "credential": credential,
                "weight": voter.line().weight,
                "previous": previous,
            }),
        )
    }
}

fn kind(kind: ElectionKind) -> &'static str {
    match kind {
        ElectionKind::Real => "Election",
        ElectionKind::Rehearsal => "Rehearsal, which means nothing",
    }
}

/// The voter of the code that is typed. A record without the credential is not the voter's election.
fn read_voter(file: Option<&Path>, source: &FolderRecord, election: &Election) -> Result<Voter> {
    let code = voting_code_text(file)?;
    let code: VotingCode =
        code.trim().parse().context("this is not a voting code").remedy("type it again, group by group")?;
    let voter = election.voter(source, &code).refused();
    voter.remedy("compare code and fingerprint; if both are right, do not vote here: this is not your election")
}

/// Casts or opens a prepared ballot.
#[derive(clap::Args, Debug)]
pub(crate) struct UseBallot {
    /// The prepared ballot
    prepared: PathBuf,
    /// The record, if it does not lie where the ballot was prepared
    #[arg(long)]
    record: Option<PathBuf>,
    /// The new file to hand on; `PREPARED.cast` and `PREPARED.opened` are taken
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Signs a prepared ballot, to be handed to the board.
#[derive(clap::Args, Debug)]
pub(crate) struct CastBallot {
    #[command(flatten)]
    ballot: UseBallot,
    /// Reads the voting code from a file instead of the terminal; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
}

impl UseBallot {
    /// The prepared ballot, and the election for which it was prepared.
    fn begin(&self, state: FinalState) -> Result<(PreparedFile, FolderRecord, Election, PreparedBallot)> {
        ensure!(!self.out.exists(), "{} exists: nothing is overwritten", self.out.display());
        ensure!(
            self.out != state.path(&self.prepared),
            "{} is where the used ballot is kept, which shows the choices: choose another file for --out",
            self.out.display()
        );
        let file = PreparedFile::read_for(state, &self.prepared)?;
        let record = self.record.as_ref().unwrap_or(&file.record);
        let source = FolderRecord::new(record);
        let election = read_election(&source).remedy("say with --record where the record is")?;
        if election.context.fingerprint().to_string() != file.fingerprint {
            return refusal("the record is not that of the election for which the ballot was prepared");
        }
        let prepared = file.prepare_again(&election.context)?;
        Ok((file, source, election, prepared))
    }

    pub(crate) fn open(&self, console: Console) -> Result<()> {
        let (file, .., prepared) = self.begin(FinalState::Opened)?;
        let tracker = prepared.tracker().to_string();
        PreparedFile::enter(FinalState::Opened, &self.prepared)?;
        let opening = prepared.open().expose_bytes();
        MessageFile::new(FileKind::BallotOpening, opening.to_vec()).write_secret(&self.out)?;
        file.forget(FinalState::Opened, &self.prepared)?;
        console.say(format!("{} shows your choices: it is for your second device alone.", self.out.display()));
        console.say(
            "This ballot can no longer be cast. On the second device, `ballotta voter check-opening` with the tracker:",
        );
        console.answer(&tracker, &json!({ "tracker": tracker }))
    }
}

impl CastBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (file, source, election, prepared) = self.ballot.begin(FinalState::Cast)?;
        let voter = read_voter(self.code_file.as_deref(), &source, &election)?;
        let credential = voter.credential();
        if credential.public() != prepared.unsigned().credential() {
            return refusal("the ballot was prepared with another voting code")
                .remedy("type the code that it was prepared with");
        }
        PreparedFile::enter(FinalState::Cast, &self.ballot.prepared)?;
        let signed = prepared.cast(&election.context, credential.key_pair(), &mut system_rng());
        MessageFile::new(FileKind::Ballot, signed.to_bytes()).write(&self.ballot.out)?;
        file.forget(FinalState::Cast, &self.ballot.prepared)?;
        console.say(format!(
            "Hand {} to the board. Keep the tracker to look for it after the close:",
            self.ballot.out.display()
        ));
        console.answer(&file_tracker(&signed), &json!({ "tracker": file_tracker(&signed) }))
    }
}

/// A tracker as somebody wrote it down: with spaces or hyphens, in capitals or not.
fn written_down(text: &str) -> Result<Tracker, <Tracker as FromStr>::Err> {
    let digits = text.chars().filter(|character| !character.is_whitespace() && *character != '-');
    digits.collect::<String>().to_lowercase().parse()
}

fn file_tracker(signed: &SignedBallot) -> String {
    signed.tracker().to_string()
}

/// Checks, on a second device, that an opened ballot holds what it was said to hold.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckOpening {
    /// The record, which this device has obtained by itself
    record: PathBuf,
    /// The opening
    opening: PathBuf,
    /// The tracker that the first device showed
    #[arg(long, value_name = "HEX", value_parser = written_down)]
    tracker: Tracker,
    /// The language in which the choices are shown [default: the manifest's first]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

impl CheckOpening {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let Election { context, .. } = read_election(&FolderRecord::new(&self.record))?;
        let manifest = context.manifest();
        let language = language(manifest, self.language.as_deref())?;
        let opening = zeroize::Zeroizing::new(MessageFile::read_kind(&self.opening, FileKind::BallotOpening)?);
        let opened = BallotOpening::decode(&context, &opening)
            .and_then(|opening| opening.check(&context, &self.tracker))
            .refused()
            .remedy("do not vote with the first device, and tell the organiser")?;
        let credential = short_form(opened.credential());
        console.say(format!("Fingerprint {}", context.fingerprint()));
        console.say(format!("Credential {credential}: compare it with the first device."));
        let choices = for_people(manifest, language, opened.expose_choices());
        console.say(
            "The ballot with this tracker holds exactly this; if it is what you chose, the device encrypts honestly:",
        );
        console.answer(&choices.join("\n"), &json!({ "credential": credential, "choices": choices }))
    }
}

/// Looks for a cast ballot on the board.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckBallot {
    /// The record
    record: PathBuf,
    /// The tracker that was written down
    #[arg(long, value_name = "HEX", value_parser = written_down)]
    tracker: Tracker,
}

impl CheckBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let source = FolderRecord::new(&self.record);
        let election = read_election(&source)?;
        console.say(format!("Fingerprint {}", election.context.fingerprint()));
        check_witnesses(&source, &election, console)?;
        let answer = |state: &str, entry: Option<u64>, by: Option<Tracker>, line: String| {
            let by = by.map(|tracker| tracker.to_string());
            console.answer(&line, &json!({ "state": state, "entry": entry, "superseded_by": by }))
        };
        match election.find(&source, &self.tracker, &mut system_rng()).refused()? {
            BallotStatus::Counted { index } => answer("counted", Some(index), None, format!("counted: entry {index}")),
            BallotStatus::Superseded { index, by, by_index } => {
                answer("superseded", Some(index), Some(by), format!("superseded by {by}: entry {by_index}"))?;
                refusal("a later ballot of the same credential counts")
                    .remedy("if you did not cast it, somebody else has your voting code: tell the organiser")
            }
            BallotStatus::Void { index, error } => {
                answer("void", Some(index), None, format!("void: entry {index}: {error}"))?;
                refusal("the ballot stands on the board and does not count")
            }
            BallotStatus::Missing => {
                answer("missing", None, None, "missing".to_owned())?;
                let remedy = match election.window.closed {
                    None => "hand the ballot to the board, get the record again and look again",
                    Some(_) => {
                        "get the record again from another place; if the ballot was handed over in time, tell everybody"
                    }
                };
                refusal("no ballot on this board has this tracker").remedy(remedy)
            }
        }
    }
}

/// What a board says that not enough witnesses saw, it says perhaps to this voter alone.
fn check_witnesses(source: &FolderRecord, election: &Election, console: Console) -> Result<()> {
    let Some(witnesses) = election.closing_witnesses(source).refused().remedy("keep this record and tell everybody")?
    else {
        console.say("The voting is not closed: check again after the close.");
        return Ok(());
    };
    let ClosingWitnesses { cosigned, members, quorum } = witnesses;
    let found =
        format!("{cosigned} of {members} witnesses cosigned the board at the close; the manifest asks for {quorum}");
    if !witnesses.enough() {
        return refusal(found).remedy("check again later, and from elsewhere: others may be shown another board");
    }
    if cosigned == 0 {
        console.say("No witness has seen the board: compare its checkpoint with others.");
    } else {
        console.say(format!("{found}."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trackers_are_read_as_people_write_them_down() {
        let written = "8A72 f14b-63 00".to_owned() + &"ab".repeat(25) + "\t\n";
        let digits = "8a72f14b6300".to_owned() + &"ab".repeat(25);
        assert_eq!(written_down(&written).err(), written_down("").err());
        let (written, digits) = (written + "-00", digits + "00");
        assert_eq!(written_down(&written).unwrap().to_string(), digits);
    }
}
