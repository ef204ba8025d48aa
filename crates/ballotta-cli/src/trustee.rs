//! The verbs of a trustee: key ceremony, closing statement and decryption. The rules are those of
//! [`ballotta::trustee`].
//!
//! See `spec/command-line.md#trustee`.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use ballotta::decryption::DecryptionError;
use ballotta::hash::ManifestHash;
use ballotta::key_ceremony::{CeremonyError, CeremonyStep};
use ballotta::manifest::Manifest;
use ballotta::record::RecordError;
use ballotta::trustee::{ClosingSession, TrusteeError, TrusteeSession};
use serde_json::json;

use crate::console::{Console, Shown as _};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{Record, exists, lock, read_election};
use crate::secrets::{open_trustee_seed, system_rng};
use crate::signing::{BoardPin, Confirmation, Pins, Summary, check_manifest_hash};
use crate::state_file::StateFile;
use crate::trustee_names::{trustees_named, with_names};
use crate::verify::shown;

/// The arguments of every verb of a trustee.
#[derive(clap::Args, Debug)]
pub(crate) struct TrusteeArguments {
    /// The record
    record: PathBuf,
    /// The trustee's secret seed
    #[arg(long, value_name = "FILE.age")]
    key: PathBuf,
    /// Read the passphrase from a file instead of the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The new file, which you then send to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The next message of the key ceremony.
#[derive(clap::Args, Debug)]
pub(crate) struct TakePart {
    #[command(flatten)]
    trustee: TrusteeArguments,
    /// The hash of the manifest that you know from another source; another manifest is refused
    #[arg(long, value_name = "HEX")]
    manifest_hash: Option<ManifestHash>,
    #[command(flatten)]
    board: BoardPin,
}

/// A closing statement or a partial decryption.
#[derive(clap::Args, Debug)]
pub(crate) struct TrusteeAct {
    #[command(flatten)]
    trustee: TrusteeArguments,
    #[command(flatten)]
    pins: Pins,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl TakePart {
    /// Makes the next message of the key ceremony.
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let trustee = &self.trustee;
        let record = Record::read_pinned(&trustee.record, &self.board)?;
        let (manifest, messages) = (&record.manifest, record.ceremony()?);
        let hash = manifest.hash();
        self.manifest_hash.as_ref().map_or(Ok(()), |pinned| check_manifest_hash(pinned, hash))?;
        let step = trustee.session()?.ceremony_step(record.parameters()?, &messages, &mut system_rng());
        match step.or_else(|error| trustee.explain(manifest, error)).context("the key ceremony cannot continue")? {
            CeremonyStep::Due { kind, message } => {
                let summary = Summary::new(format_args!("the {kind}, a message of the key ceremony"), manifest);
                summary.manifest_hash(hash).ceremony(manifest).show(console);
                console.say("All trustees must have the same hash of the manifest.");
                let state = trustee.state()?.path;
                if !exists(&state)? {
                    console.say(format!(
                        "{} is missing: this trustee will make no closing statement. Take part on the machine where the \
                         key was made.",
                        state.shown()
                    ));
                }
                let out = &trustee.out;
                message_file::write(&MessageFile::new(FileKind::CeremonyMessage, message), out)?;
                console.say(format!("Send {} to the board. It is a message of the key ceremony:", out.shown()));
                console.answer(&kind.to_string(), &json!({ "step": kind.to_string() }))
            }
            CeremonyStep::Waiting { kind, absent } => {
                let whom = trustees_named(manifest, &absent);
                refusal(format!("there is nothing to do yet: the {kind} of {whom} is missing"))
                    .remedy("try again after it is on the board")
            }
            _ => console.answer("the key ceremony is complete", &json!({ "step": null })),
        }
    }
}

impl TrusteeAct {
    /// Signs this trustee's only statement of what it will decrypt.
    pub(crate) fn sign_closing(&self, console: Console) -> Result<()> {
        let (_lock, mut session, record) = self.verify_closed(console)?;
        let (trustee, out) = (&self.trustee, &self.trustee.out);
        // Only what can be signed is shown and confirmed.
        let own = session.own_statement(&mut system_rng());
        own.or_else(|error| trustee.explain(&record.manifest, error))?;
        self.confirm("this trustee's only statement of what it decrypts", &session, console)?;
        let statement = session.sign_closing(&mut system_rng());
        let statement = statement.or_else(|error| trustee.explain(&record.manifest, error))?;
        message_file::write(&MessageFile::new(FileKind::ClosingStatement, statement.to_bytes()), out)?;
        let state = trustee.state()?.path;
        console.say(format!("The statement is stored in {}: keep this file next to the key.", state.shown()));
        console.answer(&format!("Send {} to the board.", out.shown()), &json!({ "statement": out }))
    }

    /// Makes the partial decryption.
    pub(crate) fn decrypt(&self, console: Console) -> Result<()> {
        let (_lock, session, record) = self.verify_closed(console)?;
        let out = &self.trustee.out;
        // Only what can be decrypted is shown and confirmed. Until then it is only in memory.
        let part = session.decrypt(&record.source, &mut system_rng());
        let part = part.or_else(|error| self.trustee.explain(&record.manifest, error))?;
        self.confirm("this trustee's decryption of the totals", &session, console)?;
        message_file::write(&MessageFile::new(FileKind::PartialDecryption, part.to_bytes()), out)?;
        console.answer(&format!("Send {} to the board.", out.shown()), &json!({ "decryption": out }))
    }

    /// Shows what is signed, and asks a person to confirm it.
    fn confirm(&self, what: &str, session: &ClosingSession<StateFile>, console: Console) -> Result<()> {
        let verification = session.verification();
        let closed = verification.context.as_ref().zip(verification.tally.as_ref());
        let (context, tally) = closed.context("the voting is not closed")?;
        let summary = Summary::new(what, context.manifest()).fingerprint(context.fingerprint());
        self.confirmation.ask(&summary.tally(context.manifest(), tally), console)
    }

    /// Verifies the record up to the close, while no other process uses the key.
    fn verify_closed(&self, console: Console) -> Result<(File, ClosingSession<StateFile>, Record)> {
        let trustee = &self.trustee;
        let lock = lock(&trustee.key)?;
        let record = Record::read_pinned(&trustee.record, &self.pins.board)?;
        // This mistake is common, so it has its own message. If the record cannot be read, the report below says why.
        if let Ok(election) = read_election(&record.source) {
            self.pins.check_fingerprint(election.context.fingerprint())?;
            if election.window.closed.is_none() {
                return refusal("the voting is not closed")
                    .remedy("wait until the organiser has closed the voting and the board has added the closing");
            }
        }
        let session = trustee.session()?;
        let session =
            console.show_progress(|progress| session.verify_closed(&record.source, progress, &mut system_rng()));
        let session = session.or_else(|error| trustee.explain(&record.manifest, error))?;
        // The record may have changed since it was first read: what is signed is what was verified.
        if let Some(context) = &session.verification().context {
            self.pins.check_fingerprint(context.fingerprint())?;
        }
        self.pins.board.check_unchanged(record.head(), session.verification().head)?;
        for failure in &session.verification().report.failures {
            console.say(format!("Without effect on the tally: {}: {}", failure.place, failure.problem));
        }
        Ok((lock, session, record))
    }
}

impl TrusteeArguments {
    fn session(&self) -> Result<TrusteeSession<StateFile>> {
        let seed = open_trustee_seed(&self.key, self.passphrase_file.as_deref())?;
        Ok(TrusteeSession::new(seed, self.state()?))
    }

    fn state(&self) -> Result<StateFile> {
        StateFile::beside(&self.key)
    }

    /// Fails with the error of a session, and names the file with its state and the trustees of the manifest.
    fn explain<T>(&self, manifest: &Manifest, error: TrusteeError<io::Error>) -> Result<T> {
        let state = self.state()?;
        let state = state.path.shown();
        let is_refusal = is_refusal(&error);
        let explained = match error {
            TrusteeError::Ceremony(CeremonyError::NotATrustee) => {
                Err(CeremonyError::NotATrustee).remedy(
                    "give the key whose public half is in the manifest: `ballotta inspect` shows that of a key, and those of \
                     the manifest",
                )
            }
            TrusteeError::Ceremony(error) => Err(with_names(manifest, error)),
            TrusteeError::SeedUsed => Err(anyhow!(
                "{state} is of another election: a trustee's key is for one election only"
            ))
            .remedy("make a new key with `ballotta trustee new`, and ask the organiser for a manifest that names it"),
            TrusteeError::Load(error) => Err(error).with_context(|| format!("{state} cannot be read")),
            TrusteeError::Store(error) => {
                Err(error).with_context(|| format!("the statement cannot be stored in {state}, so it is not published"))
            }
            TrusteeError::StateDamaged => Err(anyhow!("{state} is damaged")).remedy(
                "move it away: without it this trustee makes no statement, and still decrypts after the others have closed",
            ),
            TrusteeError::StateOfAnotherKey => {
                Err(anyhow!("{state} is the state of another key")).remedy("put it next to the key that it belongs to")
            }
            TrusteeError::OtherTally(error) => {
                Err(error).context("the only statement of this trustee is about another board")
            }
            TrusteeError::NoRightToState => Err(anyhow!(
                "{state} is missing: without it this trustee makes no statement, because another copy of its key may \
                 have made one"
            ))
            .remedy(
                "if the file is still on the machine where the key was made, use that machine; otherwise decrypt after the \
                 statements of the others, or the witnesses, have closed the board",
            ),
            TrusteeError::NotSigned => Err(anyhow!("this trustee has not made its closing statement yet"))
                .remedy("make it with `ballotta trustee sign-closing`"),
            TrusteeError::InvalidRecord(report) => {
                Err(anyhow!("{}\n\nOnly a record that holds up to the close is signed or decrypted", shown(&report)))
            }
            TrusteeError::Decryption(DecryptionError::TooFewStatements { found, needed, absent }) => {
                let names = trustees_named(manifest, &absent);
                Err(DecryptionError::TooFewStatements { found, needed, absent })
                    .with_context(|| format!("no valid statement of {names} about this tally is on the board"))
            }
            error => Err(error.into()),
        };
        if is_refusal { explained.refused() } else { explained }
    }
}

/// Whether an error means that a check failed, and not that a file cannot be read or written.
fn is_refusal<E>(error: &TrusteeError<E>) -> bool {
    match error {
        TrusteeError::Load(_) | TrusteeError::Store(_) | TrusteeError::ClosingCheckpoint(RecordError::File { .. }) => {
            false
        }
        // Without a verdict, the record could not be read.
        TrusteeError::InvalidRecord(report) => report.verdict.is_some(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use ballotta::board::note::NoteError;
    use ballotta::record::{CLOSING_CHECKPOINT, ReadError};
    use ballotta::verifier::{Report, Verdict};

    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_no_refusal() {
        let unreadable = RecordError::File { path: CLOSING_CHECKPOINT.into(), error: ReadError::Missing };
        let invalid = RecordError::Checkpoint { path: CLOSING_CHECKPOINT, error: NoteError::NoSignatures };
        assert!(!is_refusal(&TrusteeError::Load(())));
        assert!(!is_refusal(&TrusteeError::Store(())));
        assert!(!is_refusal::<()>(&TrusteeError::ClosingCheckpoint(unreadable)));
        assert!(is_refusal::<()>(&TrusteeError::ClosingCheckpoint(invalid)));
        assert!(is_refusal::<()>(&TrusteeError::NotSigned));
        let verdict = |verdict| TrusteeError::InvalidRecord(Box::new(Report { verdict, ..Report::default() }));
        assert!(!is_refusal::<()>(&verdict(None)));
        assert!(is_refusal::<()>(&verdict(Some(Verdict::DoesNotHold))));
    }
}
