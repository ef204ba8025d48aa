//! The verbs of the organiser: opening the voting and closing it.
//!
//! See `spec/command-line.md#organiser`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::election::ElectionContext;
use ballotta::verifier::{CheckId, Stage, VerifyOptions};
use serde_json::json;

use crate::console::{Console, counted};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{FileKind, MessageFile};
use crate::record::{Record, read_election};
use crate::secrets::{read_signing_key, system_rng};

/// The organiser's signature of an opening or a closing.
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
}

impl OrganiserAct {
    pub(crate) fn open(&self, console: Console) -> Result<()> {
        let record = Record::read(&self.record)?;
        let election = read_election(&record.source)?;
        if let Some(index) = election.window.opened {
            return refusal(format!("the voting is open already (entry {index})"))
                .remedy("nothing to do: the opening is on the board");
        }
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
        let voters = verification.roll.as_ref().map_or(0, |roll| roll.totals().voters());
        let of_roll = verification.roll.as_ref().map_or_else(Vec::new, |roll| roll.totals().warnings(&record.manifest));
        of_roll.iter().for_each(|warning| console.say(format!("warning: {warning}")));
        console.say(format!("{} on the roll.", counted(voters, "voter is", "voters are")));
        // The record may have changed since it was first read: what is signed is what was verified.
        let context = verification.context.context("the record has no election")?;
        self.sign(&context, Action::Open, console)
    }

    pub(crate) fn close(&self, console: Console) -> Result<()> {
        let record = Record::read(&self.record)?;
        let election = read_election(&record.source)?;
        if election.window.opened.is_none() {
            return refusal("the voting was never opened");
        }
        if let Some(index) = election.window.closed {
            return refusal(format!("the voting is closed already (entry {index})"))
                .remedy("nothing to do: the closing is on the board");
        }
        self.sign(&election.context, Action::Close, console)
    }

    fn sign(&self, context: &ElectionContext, action: Action, console: Console) -> Result<()> {
        let key = read_signing_key(&self.key)?;
        if key.public() != context.manifest().organiser() {
            return refusal(format!("{} is not the organiser's key in the manifest", self.key.display()));
        }
        let fingerprint = context.fingerprint();
        let entry = OrganiserEntry::sign(action, fingerprint, &key, &mut system_rng());
        let (kind, what) = match action {
            Action::Open => (FileKind::Opening, "opening"),
            Action::Close => (FileKind::Closing, "closing"),
        };
        let written = MessageFile::new(kind, entry.encode()).write(&self.out);
        written.with_context(|| format!("the {what} is not written"))?;
        let (out, fingerprint) = (self.out.display(), fingerprint.to_string());
        console.say(format!("Send {out} to the board.\nIt is the {what} of the election with this fingerprint:"));
        console.answer(&fingerprint, &json!({ "fingerprint": fingerprint }))
    }
}
