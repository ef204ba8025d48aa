//! The verbs of the organiser: opening the voting, ending the changes of the roll, closing the voting, and cancelling the election.
//!
//! See `spec/command-line.md#organiser`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::hash::Fingerprint;
use ballotta::manifest::Manifest;
use ballotta::signing::KeyPair;
use ballotta::verifier::{CheckId, Stage, VerifyOptions};

use crate::clock;
use crate::console::{Console, Shown as _, counted};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{self, FileKind, MessageFile};
use crate::recognise::other_key;
use crate::record::{Record, read_election};
use crate::secrets::{read_signing_key, system_rng};
use crate::signing::{Confirmation, Pins, Summary, answer_fingerprint};

/// The organiser's signature of an opening, a cut-off or a closing.
#[derive(clap::Args, Debug)]
pub(crate) struct OrganiserAct {
    /// The record
    record: PathBuf,
    /// The organiser's secret key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The new file, which you then send to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    pins: Pins,
    /// Sign in advance: the board takes the file only from this time on, such as 2026-12-01T08:00+01:00
    #[arg(long, value_name = "TIME", value_parser = clock::parse)]
    not_before: Option<u64>,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// The organiser's signature of a cancellation.
#[derive(clap::Args, Debug)]
pub(crate) struct CancelElection {
    /// The record
    record: PathBuf,
    /// The organiser's secret key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Why, in one line that everybody reads; without names of people
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The new file, which you then send to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    pins: Pins,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl OrganiserAct {
    pub(crate) fn open(&self, console: Console) -> Result<()> {
        let record = Record::read_pinned(&self.record, &self.pins.board)?;
        let election = read_election(&record.source)?;
        self.pins.check_fingerprint(election.context.fingerprint())?;
        if let Some(index) = election.window.opened {
            return refusal(format!("the voting is open already (entry {index})"))
                .remedy("nothing to do: the opening is on the board");
        }
        let key = organiser_key(&self.key, &record.manifest)?;
        // Everything before the voting must be valid, including every line of the roll.
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        let verification = console.verify(&record.source, &options);
        if let Some(failure) = verification.report.opening_obstacle() {
            let refused = refusal(format!("{}: {}: {}", failure.check, failure.place, failure.problem));
            return match failure.check {
                CheckId::RollSignature => refused
                    .remedy("each authority must sign with `ballotta authority sign`; then add the files with `ballotta board add`"),
                _ => refused,
            };
        }
        for warning in &verification.report.warnings {
            console.say(format!("note: {warning}"));
        }
        // The record may have changed since it was first read: what is signed is what was verified.
        let (context, roll) = verification.context.zip(verification.roll).context("the record has no election")?;
        self.pins.check_fingerprint(context.fingerprint())?;
        self.pins.board.check_unchanged(record.head(), verification.head)?;
        for warning in roll.totals().warnings(context.manifest()) {
            console.say(format!("warning: {warning}"));
        }
        let summary = Summary::new("the opening of the voting", context.manifest());
        let summary = self.time(summary.fingerprint(context.fingerprint())).roll(roll.totals());
        self.confirmation.ask(&summary, console)?;
        self.sign(context.fingerprint(), &key, Action::Open, console)
    }

    pub(crate) fn close(&self, console: Console) -> Result<()> {
        let (source, election) = Record::read_pinned(&self.record, &self.pins.board)?.into_election()?;
        let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
        self.pins.check_fingerprint(fingerprint)?;
        election.is_not_cancelled().refused()?;
        if election.window.opened.is_none() {
            return refusal("the voting was never opened");
        }
        if let Some(index) = election.window.closed {
            return refusal(format!("the voting is closed already (entry {index})"))
                .remedy("nothing to do: the closing is on the board");
        }
        let key = organiser_key(&self.key, manifest)?;
        // A record that does not hold can be closed. But the turnout is that of the ballots that are verified.
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        let verification = console.verify(&source, &options);
        self.pins.board.check_unchanged(election.head(), verification.head)?;
        if !verification.report.holds() {
            console.say("warning: the record does not hold: `ballotta verify --stage voting` says why");
        }
        let minimum = manifest.privacy().minimum_counted_ballots;
        if let Some(ballots) = verification.counted.filter(|counted| *counted < minimum) {
            let ballots = counted(ballots, "ballot counts", "ballots count");
            console.say(format!(
                "warning: {ballots}, and the manifest asks for {minimum} in every contest: if the voting closes now, nothing \
                 is ever decrypted"
            ));
        }
        let summary = self.time(Summary::new("the closing of the voting", manifest).fingerprint(fingerprint));
        let summary =
            summary.turnout(verification.counted, verification.current_totals().map_or(0, |roll| roll.voters()));
        self.confirmation.ask(&summary, console)?;
        self.sign(fingerprint, &key, Action::Close, console)
    }

    pub(crate) fn cut_off(&self, console: Console) -> Result<()> {
        let (_, election) = Record::read_pinned(&self.record, &self.pins.board)?.into_election()?;
        let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
        self.pins.check_fingerprint(fingerprint)?;
        election.is_open().refused()?;
        if let Some(index) = election.cut_off() {
            return refusal(format!("the roll changes no more since entry {index}"))
                .remedy("nothing to do: the cut-off is on the board");
        }
        let key = organiser_key(&self.key, manifest)?;
        let summary = Summary::new("the cut-off of changes of the roll", manifest).fingerprint(fingerprint);
        let summary = self.time(summary);
        self.confirmation.ask(&summary, console)?;
        self.sign(fingerprint, &key, Action::CutOff, console)
    }

    /// Shows the time for which the entry is signed.
    fn time(&self, summary: Summary) -> Summary {
        match self.not_before {
            Some(time) => summary.line("not before", clock::written(time)),
            None => summary,
        }
    }

    fn sign(&self, fingerprint: &Fingerprint, key: &KeyPair, action: Action, console: Console) -> Result<()> {
        let not_before = self.not_before.unwrap_or(0);
        let entry = OrganiserEntry::sign_for(action, fingerprint, not_before, key, &mut system_rng()).refused()?;
        let (kind, what) = match action {
            Action::Open => (FileKind::Opening, "opening"),
            Action::Close => (FileKind::Closing, "closing"),
            Action::CutOff => (FileKind::CutOff, "cut-off"),
        };
        if let Some(time) = self.not_before {
            let written = clock::written(time);
            let past = if time <= clock::now()? { ", which is past: it can be used at once" } else { "" };
            console.say(format!("The board takes the {what} from {written} on{past}."));
        }
        write(kind, what, entry.encode(), &self.out, console)?;
        answer_fingerprint(fingerprint, console)
    }
}

impl CancelElection {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (_, election) = Record::read_pinned(&self.record, &self.pins.board)?.into_election()?;
        let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
        self.pins.check_fingerprint(fingerprint)?;
        election.is_open().refused()?;
        let key = organiser_key(&self.key, manifest)?;
        let rng = &mut system_rng();
        let entry = Cancellation::sign(fingerprint, &self.reason, &key, rng).context("the reason cannot be used")?;
        let summary =
            Summary::new("the CANCELLATION of the election: no ballot counts, and there is no result", manifest);
        let summary = summary.fingerprint(fingerprint).line("reason", entry.reason());
        self.confirmation.ask(&summary, console)?;
        write(FileKind::Cancellation, "cancellation", entry.encode(), &self.out, console)?;
        answer_fingerprint(fingerprint, console)
    }
}

/// The organiser's key.
fn organiser_key(path: &Path, manifest: &Manifest) -> Result<KeyPair> {
    let key = read_signing_key(path)?;
    if key.public() != manifest.organiser() {
        let problem = format!("{} is not the organiser's key in the manifest", path.shown());
        return refusal(problem).remedy(other_key(manifest, key.public().as_bytes(), "the organiser"));
    }
    Ok(key)
}

/// Writes a signed entry for the board.
fn write(kind: FileKind, what: &str, bytes: Vec<u8>, out: &Path, console: Console) -> Result<()> {
    let written = message_file::write(&MessageFile::new(kind, bytes), out);
    written.with_context(|| format!("the {what} is not written"))?;
    let out = out.shown();
    console.say(format!("Send {out} to the board.\nIt is the {what} of the election with this fingerprint:"));
    Ok(())
}
