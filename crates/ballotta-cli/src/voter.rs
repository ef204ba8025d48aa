//! A voter's acts: prepare a ballot, cast it or open it, and look for it on the board.
//!
//! See `spec/command-line.md#voter`. The tracker is shown before the choice between casting and opening. Nothing is asked
//! of the record that the voter could not check: whoever does not know the voting code cannot show a roll with its credential.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Error, Result, ensure};
use ballotta::ballot::{
    AdmissionError, BallotHeader, BallotSeed, Candidate, OpenedBallot, PreparedBallot, SignedBallot, verify_ballots,
};
use ballotta::credential::{Credential, RollLine, VotingCode, short_form};
use ballotta::hash::{Fingerprint, Tracker};
use ballotta::manifest::{ElectionKind, Revoting};
use ballotta::tally::{Ledger, Recorded};
use rand_core::Rng as _;
use serde_json::json;

use crate::console::Console;
use crate::failure::{Advice as _, refusal};
use crate::handover::{Handover, Kind};
use crate::prepared::{BallotSecrets, Choice, Fate, PreparedFile, plaintext};
use crate::record::{Election, Record, Window, text};
use crate::secrets::{system_rng, voting_code_text};

/// `contest=option,option`.
#[derive(Clone, Debug)]
struct ChooseOption(String, Vec<String>);

impl FromStr for ChooseOption {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let (contest, options) = text.split_once('=').context("expected CONTEST=OPTION[,OPTION]")?;
        let options = options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect();
        Ok(Self(contest.to_owned(), options))
    }
}

/// Encrypts a ballot and shows its tracker.
#[derive(clap::Args, Debug)]
pub(crate) struct PrepareBallot {
    /// The record
    record: PathBuf,
    /// What is chosen in a contest, by the identifiers of the manifest
    #[arg(long, value_name = "CONTEST=OPTION[,OPTION]")]
    choose: Vec<ChooseOption>,
    /// A contest in which a blank vote is cast
    #[arg(long, value_name = "CONTEST")]
    blank: Vec<String>,
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
        let record = Record::read(&self.record)?;
        let election = record.election()?;
        let Election { context, .. } = &election;
        let fingerprint = context.fingerprint();
        if let Some(expected) = self.fingerprint.filter(|expected| expected != fingerprint) {
            return refusal(format!("the election has the fingerprint {fingerprint}, not {expected}"))
                .remedy("do not vote: this is not the election that you were told of");
        }
        let window = record.window(context)?;
        match window {
            Window { opened: None, .. } => return refusal("the voting is not open yet"),
            Window { closed: Some(_), .. } => return refusal("the voting is closed"),
            Window { .. } => {}
        }
        let credential = read_credential(self.code_file.as_deref(), &election)?;
        let line = own_line(&record, &election, &credential)?;

        let chosen = self.choose.iter().map(|ChooseOption(contest, options)| (contest, Some(options.clone())));
        let blank = self.blank.iter().map(|contest| (contest, None));
        let choices = chosen.chain(blank).map(|(contest, options)| Choice { contest: contest.clone(), options });
        let choices: Vec<Choice> = choices.collect();
        let plaintext = plaintext(context, line.style, &choices)?;

        let history = History::read(&record, &election, &line)?;
        let previous = history.standing().map(|ballot| ballot.tracker);
        if previous.is_some() && record.manifest().revoting() == Revoting::NotAllowed {
            return refusal("this credential has voted, and the election allows no second ballot");
        }
        // A counter that never repeats, also where the random source does.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
        let counter = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let seed = BallotSeed::derive(credential.key_pair(), counter, &mut system_rng());
        let kept = zeroize::Zeroizing::new(*seed.expose_bytes());
        let prepared = PreparedBallot::prepare(context, credential.public(), previous, plaintext, seed)?;
        let secrets = BallotSecrets::new(&prepared, line.style, &choices, &kept);
        PreparedFile::new(&self.record, context, &prepared, secrets)?.write(&self.out)?;

        let manifest = record.manifest();
        console.say(format!("{}: {}", kind(manifest.kind()), text(manifest, manifest.title())));
        console.say(format!("Fingerprint {fingerprint}: compare it with the one that you were told."));
        console.say(format!("Your credential {}, weight {}.", short_form(credential.public()), line.weight));
        for choice in &choices {
            console.say(format!("  {}", choice.for_people(manifest)));
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
                "credential": short_form(credential.public()),
                "weight": line.weight,
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

fn read_credential(file: Option<&std::path::Path>, election: &Election) -> Result<Credential> {
    let code = voting_code_text(file)?;
    let code: VotingCode =
        code.trim().parse().context("this is not a voting code").remedy("type it again, group by group")?;
    let (manifest, joint_key) = (election.context.manifest(), election.context.joint_key());
    Ok(Credential::derive(&code, manifest.hash(), joint_key.root())?)
}

/// The credential's own line: a record without it is not the voter's election.
fn own_line(record: &Record, election: &Election, credential: &Credential) -> Result<RollLine> {
    election
        .line(record, credential.public().as_bytes())?
        .context("the credential of this voting code does not stand on the roll")
        .refused()
        .remedy("compare code and fingerprint; if both are right, do not vote here: this is not your election")
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
    fn begin(&self, fate: Fate) -> Result<(PreparedFile, Election, PreparedBallot)> {
        ensure!(!self.out.exists(), "{} exists: nothing is overwritten", self.out.display());
        ensure!(
            self.out != fate.path(&self.prepared),
            "{} is where the used ballot is kept, which shows the choices: choose another file for --out",
            self.out.display()
        );
        let file = PreparedFile::before(fate, &self.prepared)?;
        let record = Record::read(self.record.as_ref().unwrap_or(&file.record))
            .remedy("say with --record where the record is")?;
        let election = record.election()?;
        if election.context.fingerprint().to_string() != file.fingerprint {
            return refusal("the record is not that of the election for which the ballot was prepared");
        }
        let prepared = file.prepare_again(&election.context)?;
        Ok((file, election, prepared))
    }

    pub(crate) fn open(&self, console: Console) -> Result<()> {
        let (file, _, prepared) = self.begin(Fate::Opened)?;
        let tracker = prepared.tracker().to_string();
        PreparedFile::consume(Fate::Opened, &self.prepared)?;
        // The library's way of opening: the prepared ballot is gone.
        let _opening = prepared.open();
        Handover::new(Kind::BallotOpening, file.secrets()?.to_json()?.to_vec()).write_secret(&self.out)?;
        file.forget(Fate::Opened, &self.prepared)?;
        console.say(format!("{} shows your choices: it is for your second device alone.", self.out.display()));
        console.say(
            "This ballot can no longer be cast. On the second device, `ballotta voter check-opening` with the tracker:",
        );
        console.answer(&tracker, &json!({ "tracker": tracker }))
    }
}

impl CastBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (file, election, prepared) = self.ballot.begin(Fate::Cast)?;
        let credential = read_credential(self.code_file.as_deref(), &election)?;
        if credential.public() != prepared.unsigned().credential() {
            return refusal("the ballot was prepared with another voting code")
                .remedy("type the code that it was prepared with");
        }
        PreparedFile::consume(Fate::Cast, &self.ballot.prepared)?;
        let signed = prepared.cast(&election.context, credential.key_pair(), &mut system_rng());
        Handover::new(Kind::Ballot, signed.to_bytes()).write(&self.ballot.out)?;
        file.forget(Fate::Cast, &self.ballot.prepared)?;
        console.say(format!(
            "Hand {} to the board. Keep the tracker to look for it after the close:",
            self.ballot.out.display()
        ));
        console.answer(&file_tracker(&signed), &json!({ "tracker": file_tracker(&signed) }))
    }
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
    #[arg(long, value_name = "HEX")]
    tracker: Tracker,
}

impl CheckOpening {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let Election { context, .. } = Record::read(&self.record)?.election()?;
        let opening = zeroize::Zeroizing::new(Handover::read_kind(&self.opening, Kind::BallotOpening)?);
        let secrets = BallotSecrets::from_json(&opening)?;
        let plaintext = secrets.plaintext(&context).refused()?;
        let (ballot, seed) = (secrets.ballot()?, secrets.seed()?);
        let opened = OpenedBallot::check(&context, &self.tracker, &ballot, plaintext, &seed)
            .refused()
            .remedy("do not vote with the first device, and tell the organiser")?;
        let manifest = context.manifest();
        let credential = short_form(opened.credential());
        console.say(format!("Fingerprint {}", context.fingerprint()));
        console.say(format!("Credential {credential}: compare it with the first device."));
        let choices: Vec<String> = secrets.choices().iter().map(|choice| choice.for_people(manifest)).collect();
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
    #[arg(long, value_name = "HEX")]
    tracker: Tracker,
}

impl CheckBallot {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let record = Record::read(&self.record)?;
        let election = record.election()?;
        let window = record.window(&election.context)?;
        console.say(format!("Fingerprint {}", election.context.fingerprint()));
        match window.closed {
            Some(close) => check_witnesses(&record, close, console)?,
            None => console.say("The voting is not closed: check again after the close."),
        }

        let mut found = None;
        record.ballots(|index, body| {
            if found.is_none() && SignedBallot::tracker_of(body).ok() == Some(self.tracker) {
                found = Some((index, BallotHeader::read(body)?.credential));
            }
            Ok(())
        })?;
        let answer = |state: &str, entry: Option<u64>, by: Option<&OwnBallot>, line: String| {
            let by = by.map(|ballot| ballot.tracker.to_string());
            console.answer(&line, &json!({ "state": state, "entry": entry, "superseded_by": by }))
        };
        let Some((index, credential)) = found else {
            answer("missing", None, None, "missing".to_owned())?;
            let remedy = match window.closed {
                None => "hand the ballot to the board, get the record again and look again",
                Some(_) => {
                    "get the record again from another place; if the ballot was handed over in time, tell everybody"
                }
            };
            return refusal("no ballot on this board has this tracker").remedy(remedy);
        };
        let line =
            election.line(&record, &credential)?.context("the credential does not stand on the roll").refused()?;
        let history = History::read(&record, &election, &line)?;
        let own = history.ballots.iter().find(|ballot| ballot.index == index);
        match (own.map(|own| &own.state), history.standing()) {
            (Some(Ok(())), Some(standing)) if standing.index == index => {
                answer("counted", Some(index), None, format!("counted: entry {index}"))
            }
            (Some(Ok(())), Some(standing)) => {
                let by = format!("superseded by {}: entry {}", standing.tracker, standing.index);
                answer("superseded", Some(index), Some(standing), by)?;
                refusal("a later ballot of the same credential counts")
                    .remedy("if you did not cast it, somebody else has your voting code: tell the organiser")
            }
            (Some(Err(error)), _) => {
                answer("void", Some(index), None, format!("void: entry {index}: {error}"))?;
                refusal("the ballot stands on the board and does not count")
            }
            _ => {
                answer("void", Some(index), None, format!("void: entry {index} is not between opening and close"))?;
                refusal("the ballot stands on the board and does not count")
            }
        }
    }
}

/// What a board says that not enough witnesses saw, it says perhaps to this voter alone.
fn check_witnesses(record: &Record, close: u64, console: Console) -> Result<()> {
    let witnesses = record.manifest().witnesses();
    let (members, quorum) = (witnesses.members.len(), witnesses.quorum);
    let found = record.closing_witnesses(close)?.unwrap_or(0);
    if found < quorum {
        return refusal(format!(
            "{found} of {members} witnesses cosigned the board at the close; the manifest asks for {quorum}"
        ))
        .remedy("check again later, and from elsewhere: others may be shown another board");
    }
    if found == 0 {
        console.say("No witness has seen the board: compare its checkpoint with others.");
    } else {
        console.say(format!(
            "{found} of {members} witnesses cosigned the board at the close; the manifest asks for {quorum}."
        ));
    }
    Ok(())
}

/// A ballot of one credential, and whether it is valid where it stands.
struct OwnBallot {
    index: u64,
    tracker: Tracker,
    state: Result<(), AdmissionError>,
}

/// The ballots of one credential between the opening and the close, in the order of the board.
struct History {
    ballots: Vec<OwnBallot>,
}

impl History {
    fn read(record: &Record, election: &Election, line: &RollLine) -> Result<Self> {
        let Election { context, roll } = election;
        let window = record.window(context)?;
        let mut entries: Vec<(u64, Vec<u8>)> = Vec::new();
        record.ballots(|index, body| {
            if window.contains(index)
                && BallotHeader::read(body).is_ok_and(|header| header.credential == line.credential)
            {
                entries.push((index, body.to_vec()));
            }
            Ok(())
        })?;
        let rng = &mut system_rng();
        let candidates: Vec<Candidate<'_>> =
            entries.iter().map(|(index, bytes)| Candidate { index: *index, bytes, voter: Some(*line) }).collect();
        let revoting = record.manifest().revoting() == Revoting::LastCounts;
        let voters = u32::try_from(roll.totals().voters()).context("more voters than there can be")?;
        let mut ledger = Ledger::new(voters, entries.len() as u64, revoting, rng.next_u64());
        let mut ballots = Vec::with_capacity(entries.len());
        for (verified, (index, bytes)) in verify_ballots(context, &candidates, rng).into_iter().zip(&entries) {
            let state = match verified {
                Ok(ballot) => ledger.admit(&ballot, |index| recorded(&entries, index))?,
                Err(error) => Err(error),
            };
            ballots.push(OwnBallot { index: *index, tracker: SignedBallot::tracker_of(bytes)?, state });
        }
        Ok(Self { ballots })
    }

    /// The last valid one: it counts.
    fn standing(&self) -> Option<&OwnBallot> {
        self.ballots.iter().rfind(|ballot| ballot.state.is_ok())
    }
}

fn recorded(entries: &[(u64, Vec<u8>)], index: u64) -> Result<Recorded> {
    let entry = entries.iter().find(|(other, _)| *other == index);
    let (_, bytes) = entry.context("a ballot of this credential was not read")?;
    Ok(Recorded { tracker: SignedBallot::tracker_of(bytes)?, randomness: BallotHeader::read(bytes)?.randomness })
}
