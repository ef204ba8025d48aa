//! The verbs of a trustee: key ceremony, closing statement and decryption. The rules are those of
//! [`ballotta::trustee`].
//!
//! See `spec/command-line.md#trustee`.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use ballotta::admission::EntryRefused;
use ballotta::decryption::{ClosingStatement, DecryptionError, PartialDecryption};
use ballotta::election::ElectionContext;
use ballotta::hash::ManifestHash;
use ballotta::key_ceremony::{CeremonyError, CeremonyStep, JointKey, MessageKind, TrusteeSeed};
use ballotta::manifest::{Closing, Manifest};
use ballotta::record::RecordError;
use ballotta::tally::EncryptedTally;
use ballotta::trustee::{ClosingSession, TrusteeError, TrusteeSession};
use ballotta_io::AnyRecord;
use serde_json::json;

use crate::console::{Console, Shown as _};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{self, FileKind, MessageFile};
use crate::record::{Record, Source, exists, lock, read_election};
use crate::secrets::{open_trustee_seed, system_rng};
use crate::signing::{BoardPin, Confirmation, Pins, Summary, check_manifest_hash};
use crate::state_file::StateFile;
use crate::trustee_names::{trustees_named, with_names};
use crate::verify::shown;

/// The key of a trustee.
#[derive(clap::Args, Debug)]
pub(crate) struct TrusteeKey {
    /// The trustee's secret seed
    #[arg(long, value_name = "FILE.age")]
    key: PathBuf,
    /// Read the passphrase from a file instead of the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// The arguments of every verb with which a trustee makes one message.
#[derive(clap::Args, Debug)]
pub(crate) struct TrusteeArguments {
    /// The record
    record: PathBuf,
    #[command(flatten)]
    key: TrusteeKey,
    /// The new file, which you then send to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The manifest that a trustee knows from another source.
#[derive(clap::Args, Debug)]
pub(crate) struct ManifestPin {
    /// The hash of the manifest that you know from another source; another manifest is refused
    #[arg(long, value_name = "HEX")]
    manifest_hash: Option<ManifestHash>,
}

/// The next message of the key ceremony.
#[derive(clap::Args, Debug)]
pub(crate) struct TakePart {
    #[command(flatten)]
    trustee: TrusteeArguments,
    #[command(flatten)]
    manifest: ManifestPin,
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

impl ManifestPin {
    /// Refuses another manifest.
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<()> {
        self.manifest_hash.as_ref().map_or(Ok(()), |pinned| check_manifest_hash(pinned, manifest.hash()))
    }
}

impl TakePart {
    /// Makes the next message of the key ceremony.
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let TrusteeArguments { record, key, out } = &self.trustee;
        let record = Record::read_pinned(record, &self.board)?;
        self.manifest.check(&record.manifest)?;
        match key.ceremony_step(key.open()?, &record)? {
            CeremonyStep::Due { kind, message } => {
                let summary = ceremony_summary(kind, &record.manifest).ceremony(&record.manifest);
                summary.show(console);
                console.say("All trustees must have the same hash of the manifest.");
                key.warn_without_state(console)?;
                message_file::write(&MessageFile::new(FileKind::CeremonyMessage, message), out)?;
                console.say(format!("Send {} to the board. It is a message of the key ceremony:", out.shown()));
                console.answer(&kind.to_string(), &json!({ "step": kind.to_string() }))
            }
            CeremonyStep::Waiting { kind, absent } => {
                let whom = trustees_named(&record.manifest, &absent);
                refusal(format!("there is nothing to do yet: the {kind} of {whom} is missing"))
                    .remedy("try again after it is on the board")
            }
            _ => console.answer("the key ceremony is complete", &json!({ "step": null })),
        }
    }
}

/// What a message of the key ceremony signs.
pub(crate) fn ceremony_summary(kind: MessageKind, manifest: &Manifest) -> Summary {
    Summary::new(format_args!("the {kind}, a message of the key ceremony"), manifest).manifest_hash(manifest.hash())
}

impl TrusteeAct {
    /// Signs this trustee's only statement of what it will decrypt.
    pub(crate) fn sign_closing(&self, console: Console) -> Result<()> {
        let mut closed = self.verify_closed(console)?;
        let TrusteeArguments { key, out, .. } = &self.trustee;
        let statement = closed.sign_closing(key, &self.confirmation, console)?;
        message_file::write(&MessageFile::new(FileKind::ClosingStatement, statement.to_bytes()), out)?;
        let state = key.state()?.path;
        console.say(format!("The statement is stored in {}: keep this file next to the key.", state.shown()));
        let send = match closed.record.manifest.closing() {
            Closing::Statements => format!("Send {} to the board.", out.shown()),
            // The board takes it, and phones read it.
            Closing::Witnesses => format!(
                "This election closes by its witnesses, so that nobody awaits {0}: it only lets you decrypt. Send {0} to the board if \
                 voters are to read in small parts of the record that their ballots count.",
                out.shown()
            ),
        };
        console.answer(&send, &json!({ "statement": out }))
    }

    /// Makes the partial decryption.
    pub(crate) fn decrypt(&self, console: Console) -> Result<()> {
        let closed = self.verify_closed(console)?;
        let TrusteeArguments { key, out, .. } = &self.trustee;
        // Only what can be decrypted is shown and confirmed. Until then it is only in memory.
        let part = closed.decrypt().or_else(|error| key.explain(&closed.record.manifest, error))?;
        closed.confirm(DECRYPTION, &self.confirmation, console)?;
        message_file::write(&MessageFile::new(FileKind::PartialDecryption, part.to_bytes()), out)?;
        console.answer(&format!("Send {} to the board.", out.shown()), &json!({ "decryption": out }))
    }

    /// Verifies the record up to the close, while no other process uses the key.
    fn verify_closed(&self, console: Console) -> Result<ClosedRecord> {
        let TrusteeArguments { record, key, .. } = &self.trustee;
        let lock = key.lock()?;
        let record = Record::read_pinned(record, &self.pins.board)?;
        // This mistake is common, so it has its own message. If the record cannot be read, the report below says why.
        if let Ok(election) = read_election(&record.source) {
            self.pins.check_fingerprint(election.context.fingerprint())?;
            if election.window.closed.is_none() {
                return refusal("the voting is not closed")
                    .coded(EntryRefused::NotClosed.code())
                    .remedy("wait until the organiser has closed the voting and the board has added the closing");
            }
        }
        let manifest = record.manifest.clone();
        let closed = key.verify_closed(lock, key.open()?, record, &self.pins, console)?;
        let closed = closed.or_else(|error| key.explain(&manifest, error))?;
        closed.without_effect().for_each(|failure| console.say(failure));
        Ok(closed)
    }
}

/// What is asked before a statement is signed.
const STATEMENT: &str = "this trustee's only statement of what it decrypts";
/// What is asked before a decryption is given out.
pub(crate) const DECRYPTION: &str = "this trustee's decryption of the totals";

/// A record that a trustee has verified up to the close, while no other process uses its key.
pub(crate) struct ClosedRecord<S = AnyRecord> {
    _lock: File,
    session: ClosingSession<StateFile>,
    record: Record<S>,
}

impl<S: Source> ClosedRecord<S> {
    pub(crate) fn session(&self) -> &ClosingSession<StateFile> {
        &self.session
    }

    /// What is wrong with the record without an effect on the tally, a line each.
    pub(crate) fn without_effect(&self) -> impl Iterator<Item = String> {
        let failures = &self.session.verification().report.failures;
        failures.iter().map(|failure| format!("Without effect on the tally: {}: {}", failure.place, failure.problem))
    }

    /// Signs the statement, or takes it over, after a person has confirmed it.
    pub(crate) fn sign_closing(
        &mut self,
        key: &TrusteeKey,
        confirmation: &Confirmation,
        console: Console,
    ) -> Result<ClosingStatement> {
        // Only what can be signed is shown and confirmed.
        let own = self.session.own_statement(&mut system_rng());
        own.or_else(|error| key.explain(&self.record.manifest, error))?;
        self.confirm(STATEMENT, confirmation, console)?;
        self.store_statement(key)
    }

    /// Signs the statement, or takes it over. Whoever has not shown what is signed calls `sign_closing`.
    pub(crate) fn store_statement(&mut self, key: &TrusteeKey) -> Result<ClosingStatement> {
        let statement = self.session.sign_closing(&mut system_rng());
        statement.or_else(|error| key.explain(&self.record.manifest, error))
    }

    /// The partial decryption, if the closing rule is satisfied.
    pub(crate) fn decrypt(&self) -> Result<PartialDecryption, TrusteeError<io::Error>> {
        self.session.decrypt(&self.record.source, &mut system_rng())
    }

    /// Shows what is signed, and asks a person to confirm it.
    pub(crate) fn confirm(&self, what: &str, confirmation: &Confirmation, console: Console) -> Result<()> {
        let (context, tally) = self.tally()?;
        let summary = Summary::new(what, context.manifest()).fingerprint(context.fingerprint());
        let changes = self.session.verification().change_counts();
        confirmation.ask(&summary.tally(context.manifest(), tally).roll_changes(changes.as_ref()), console)
    }

    /// The election and the tally that was verified.
    pub(crate) fn tally(&self) -> Result<(&ElectionContext, &EncryptedTally)> {
        let verification = self.session.verification();
        verification.context.as_ref().zip(verification.tally.as_ref()).context("the voting is not closed")
    }

    /// The joint key of the election.
    pub(crate) fn joint_key(&self) -> Result<&JointKey> {
        self.session.verification().joint_key.as_ref().context("the key ceremony is not complete")
    }
}

impl TrusteeKey {
    /// Opens the seed with its passphrase.
    pub(crate) fn open(&self) -> Result<TrusteeSeed> {
        open_trustee_seed(&self.key, self.passphrase_file.as_deref())
    }

    pub(crate) fn state(&self) -> Result<StateFile> {
        StateFile::beside(&self.key)
    }

    /// Locks the key against other processes.
    pub(crate) fn lock(&self) -> Result<File> {
        lock(&self.key)
    }

    /// Says that a trustee without its state makes no statement.
    pub(crate) fn warn_without_state(&self, console: Console) -> Result<()> {
        let state = self.state()?.path;
        if !exists(&state)? {
            console.say(format!(
                "{} is missing: this trustee will make no closing statement. Take part on the machine where the key was \
                 made.",
                state.shown()
            ));
        }
        Ok(())
    }

    /// The step of the key ceremony that is next for this trustee.
    pub(crate) fn ceremony_step<S: Source>(&self, seed: TrusteeSeed, record: &Record<S>) -> Result<CeremonyStep> {
        let (parameters, messages) = (record.parameters()?, record.ceremony()?);
        let session = TrusteeSession::new(seed, self.state()?);
        let step = session.ceremony_step(parameters, &messages, &mut system_rng());
        step.or_else(|error| self.explain(&record.manifest, error)).context("the key ceremony cannot continue")
    }

    /// Verifies a record up to the close. The key is locked as long as the returned value is in use. The inner error is
    /// that of the session; what differs from the pins is the outer one.
    pub(crate) fn verify_closed<S: Source>(
        &self,
        lock: File,
        seed: TrusteeSeed,
        record: Record<S>,
        pins: &Pins,
        console: Console,
    ) -> Result<Result<ClosedRecord<S>, TrusteeError<io::Error>>> {
        let session = TrusteeSession::new(seed, self.state()?);
        let session =
            console.show_progress(|progress| session.verify_closed(&record.source, progress, &mut system_rng()));
        let session = match session {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        // The record may have changed since it was first read: what is signed is what was verified.
        if let Some(context) = &session.verification().context {
            pins.check_fingerprint(context.fingerprint())?;
        }
        pins.board.check_unchanged(record.head(), session.verification().head)?;
        Ok(Ok(ClosedRecord { _lock: lock, session, record }))
    }

    /// Fails with the error of a session, and names the file with its state and the trustees of the manifest.
    pub(crate) fn explain<T>(&self, manifest: &Manifest, error: TrusteeError<io::Error>) -> Result<T> {
        let state = self.state()?;
        let state = state.path.shown();
        let (is_refusal, code) = (is_refusal(&error), error.code());
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
            TrusteeError::Decryption(error) => Err(error.into()),
            error => Err(error.into()),
        };
        let explained = explained.coded(code);
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
