//! A trustee's duties: the key ceremony, and the decryption of a closed election.
//!
//! See `spec/command-line.md#trustee`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use ballotta::key_ceremony::{MessageKind, TrusteeSeed};
use serde_json::json;

use crate::console::{Console, VerifierBars};
use crate::duties::{CeremonyMessages, TrusteeDay, state_path, trustees_named};
use crate::failure::{Advice as _, refusal};
use crate::handover::{Handover, Kind};
use crate::record::{Record, lock};
use crate::secrets::{passphrase, read_trustee_seed};

/// What every duty of a trustee needs.
#[derive(clap::Args, Debug)]
pub(crate) struct TrusteeDuty {
    /// The record
    record: PathBuf,
    /// The trustee's seed
    #[arg(long, value_name = "FILE.age")]
    key: PathBuf,
    /// Reads the passphrase from a file instead of the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The new file, to be handed to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl TrusteeDuty {
    /// The message of the key ceremony that is due.
    pub(crate) fn ceremony(&self, console: Console) -> Result<()> {
        let record = Record::read(&self.record)?;
        let messages = CeremonyMessages::read(record.source()).refused()?;
        let due = messages.due(self.seed()?).refused().context("the key ceremony cannot go on")?;
        let state = state_path(&self.key);
        if due.is_some() && state.exists() {
            return refusal(format!("{} is of another election: a trustee's key serves one", state.display()))
                .remedy("make a key for this election with `ballotta trustee new`, and a manifest that names it");
        }
        if let Some((kind, bytes)) = due {
            self.hand_over(Kind::CeremonyMessage, bytes)?;
            console.say(format!("The manifest has the hash {}.", record.manifest().hash()));
            console.say(format!("Hand {} to the board. It is this trustee's", self.out.display()));
            return console.answer(&kind.to_string(), &json!({ "step": kind.to_string() }));
        }
        let steps =
            [MessageKind::Registration, MessageKind::DealCommitment, MessageKind::Deal, MessageKind::Confirmation];
        let waiting = steps
            .into_iter()
            .find_map(|kind| Some((kind, messages.missing(kind))).filter(|(_, missing)| !missing.is_empty()));
        match waiting {
            Some((kind, missing)) => {
                let whom = trustees_named(record.manifest(), &missing);
                refusal(format!("nothing is due: waiting for the {kind} of {whom}"))
                    .remedy("try again when what is waited for is on the board")
            }
            None => console.answer("the key ceremony is complete", &json!({ "step": null })),
        }
    }

    /// The one statement of what this trustee is going to decrypt.
    pub(crate) fn state(&self, console: Console) -> Result<()> {
        let (_lock, day, _) = self.begin(console)?;
        let statement = day.state(&state_path(&self.key)).refused()?;
        self.hand_over(Kind::ClosingStatement, statement)?;
        console.say(format!("{} remembers the statement: keep it with the key.", state_path(&self.key).display()));
        console.answer(&format!("Hand {} to the board.", self.out.display()), &json!({ "statement": self.out }))
    }

    /// The partial decryption.
    pub(crate) fn decrypt(&self, console: Console) -> Result<()> {
        let (_lock, day, record) = self.begin(console)?;
        let part = day.decrypt(record.source(), &state_path(&self.key)).refused()?;
        self.hand_over(Kind::PartialDecryption, part)?;
        console.answer(&format!("Hand {} to the board.", self.out.display()), &json!({ "decryption": self.out }))
    }

    /// Verifies the record, alone with the key.
    fn begin(&self, console: Console) -> Result<(std::fs::File, TrusteeDay, Record)> {
        let lock = lock(&self.key)?;
        let record = Record::read(&self.record)?;
        // The commonest mistake deserves a sentence; a record that cannot be read deserves the whole report.
        if let Ok(election) = record.election()
            && election.window.closed.is_none()
        {
            return refusal("the voting is not closed")
                .remedy("wait until the organiser has closed and the board has added the closing");
        }
        let bars = VerifierBars::new(console);
        let day = TrusteeDay::begin(record.source(), self.seed()?, &|progress| bars.show(progress)).refused()?;
        drop(bars);
        for failure in &day.verification().report.failures {
            console.say(format!("Without effect: {}: {}", failure.place, failure.problem));
        }
        Ok((lock, day, record))
    }

    fn seed(&self) -> Result<TrusteeSeed> {
        read_trustee_seed(&self.key, &passphrase(self.passphrase_file.as_deref(), &self.key)?)
    }

    fn hand_over(&self, kind: Kind, bytes: Vec<u8>) -> Result<()> {
        Handover::new(kind, bytes).write(&self.out)
    }
}
