//! What trustees and witnesses do with a record: the functions behind their verbs and behind the demo.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Error, Result, anyhow, bail, ensure};
use ballotta::board::board_key;
use ballotta::board::entry::{Entry, EntryKind, Pointer};
use ballotta::board::note::{Cosigner, SignedCheckpoint};
use ballotta::board::tiles::{MAX_BUNDLE_BYTES, bundle_paths, decode_bundle};
use ballotta::decryption::{ClosedTally, ClosingStatement, DecryptionError, PartialDecryption};
use ballotta::index::TrusteeIndex;
use ballotta::key_ceremony::{
    CeremonyError, CeremonyParameters, FIRST_ATTEMPT, JointKey, MessageKind, Trustee, TrusteeSeed, TrusteeShares,
};
use ballotta::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES};
use ballotta::manifest::Manifest;
use ballotta::record::{self, RecordSource, read_file};
use ballotta::signing::KeyPair;
use ballotta::verifier::{Progress, Stage, Verification, VerifyOptions, verify};
use ballotta_io::write_new;
use serde::{Deserialize, Serialize};

use crate::failure::Advice as _;
use crate::secrets::system_rng;

/// The manifest of a record.
pub(crate) fn read_manifest(source: &dyn RecordSource) -> Result<Manifest> {
    let bytes = read_file(source, record::MANIFEST, MAX_MANIFEST_BYTES).context(record::MANIFEST)?;
    Manifest::parse(&bytes).context("the manifest breaks its rules: `ballotta manifest check` lists them")
}

/// Trustees as people know them: `trustee 2 (Bruno)`, `trustees 2 (Bruno), 3 (Carla)`.
pub(crate) fn trustees_named(manifest: &Manifest, indices: &[u16]) -> String {
    let names: Vec<String> = indices
        .iter()
        .map(|&index| {
            let found = TrusteeIndex::find(index, &manifest.trustees().members);
            found.map_or(index.to_string(), |(_, member)| format!("{index} ({})", member.name))
        })
        .collect();
    format!("{} {}", if names.len() == 1 { "trustee" } else { "trustees" }, names.join(", "))
}

/// An error of the key ceremony with the names of the trustees that it blames or waits for.
pub(crate) fn with_names(manifest: &Manifest, error: CeremonyError) -> Error {
    match (&error, error.culprits()) {
        (CeremonyError::MissingMessage { kind, absent }, _) => {
            anyhow!("no {kind} of {}", trustees_named(manifest, absent))
        }
        (_, culprits) if culprits.is_empty() => error.into(),
        (_, culprits) => anyhow!("{error}: {}", trustees_named(manifest, &culprits)),
    }
}

/// The messages of the key ceremony, in the order of the board, each with its kind and its author.
pub(crate) struct CeremonyMessages {
    parameters: CeremonyParameters,
    messages: Vec<(MessageKind, u16, Vec<u8>)>,
}

impl CeremonyMessages {
    /// Reads the ceremony of a record, as far as it has come.
    pub(crate) fn read(source: &dyn RecordSource) -> Result<Self> {
        let manifest = read_manifest(source)?;
        let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT)?;
        let checkpoint = read_file(source, record::CHECKPOINT, MAX_CHECKPOINT_BYTES)?;
        let size = SignedCheckpoint::parse(&checkpoint)?.verify(&board_key(&manifest)?)?.size();
        let mut messages = Vec::new();
        // The ceremony stands at the beginning of the board, before the opening.
        'board: for path in bundle_paths(size) {
            let bytes = read_file(source, &path.to_string(), MAX_BUNDLE_BYTES)?;
            for entry in decode_bundle(&bytes, path.width())? {
                let entry =
                    Entry::decode(entry).map_err(|error| anyhow!("the board holds an unreadable entry: {error}"))?;
                match entry.kind() {
                    EntryKind::Ceremony => {}
                    EntryKind::Open => break 'board,
                    _ => continue,
                }
                let pointer =
                    Pointer::decode(entry.body()).map_err(|error| anyhow!("a pointer of the board: {error}"))?;
                let path = record::ceremony_path(pointer.hash());
                let bytes = read_file(source, &path, MAX_MESSAGE_BYTES).with_context(|| path.clone())?;
                pointer.verify_file(&bytes).with_context(|| path)?;
                let (kind, author) = ballotta::key_ceremony::message_header(&bytes)?;
                messages.push((kind, author, bytes));
            }
        }
        Ok(Self { parameters, messages })
    }

    fn of(&self, kind: MessageKind) -> Vec<&[u8]> {
        let of_kind = self.messages.iter().filter(|(other, ..)| *other == kind);
        of_kind.map(|(.., bytes)| bytes.as_slice()).collect()
    }

    fn all(&self) -> Vec<&[u8]> {
        self.messages.iter().map(|(.., bytes)| bytes.as_slice()).collect()
    }

    /// The trustees whose message of a kind is missing.
    pub(crate) fn missing(&self, kind: MessageKind) -> Vec<u16> {
        let seen = |index: &u16| self.messages.iter().any(|(other, author, _)| *other == kind && author == index);
        (1..=self.parameters.trustees()).filter(|index| !seen(index)).collect()
    }

    /// The joint key of a completed ceremony.
    pub(crate) fn joint_key(&self) -> Result<JointKey> {
        JointKey::verify(&self.parameters, &self.all(), &mut system_rng()).context("the key ceremony")
    }

    /// The message of a trustee that is due, if one is: it is a function of its seed and the board.
    pub(crate) fn due(&self, seed: TrusteeSeed) -> Result<Option<(MessageKind, Vec<u8>)>> {
        let rng = &mut system_rng();
        let signing = seed.signing_key();
        let seat = self.parameters.signing_keys().iter().position(|key| key == signing.public());
        let seat = seat
            .context("the manifest names no trustee with this key")
            .remedy("give the seed whose public key was handed to the organiser")?;
        let index = u16::try_from(seat + 1)?;
        let due = |kind: MessageKind| self.missing(kind).contains(&index);
        let (registered, registration) = Trustee::register(self.parameters.clone(), seed)?;
        if due(MessageKind::Registration) {
            return Ok(Some((MessageKind::Registration, registration.as_bytes().to_vec())));
        }
        if !self.missing(MessageKind::Registration).is_empty() {
            return Ok(None);
        }
        let (committed, commitment) = registered.commit(&self.of(MessageKind::Registration), rng)?;
        if due(MessageKind::DealCommitment) {
            return Ok(Some((MessageKind::DealCommitment, commitment.as_bytes().to_vec())));
        }
        if !self.missing(MessageKind::DealCommitment).is_empty() {
            return Ok(None);
        }
        let (dealt, deal) = committed.deal(&self.of(MessageKind::DealCommitment), rng)?;
        if due(MessageKind::Deal) {
            return Ok(Some((MessageKind::Deal, deal.as_bytes().to_vec())));
        }
        if !self.missing(MessageKind::Deal).is_empty() || !due(MessageKind::Confirmation) {
            return Ok(None);
        }
        let (_, confirmation) = dealt.confirm(&self.of(MessageKind::Deal), rng)?;
        Ok(Some((MessageKind::Confirmation, confirmation.as_bytes().to_vec())))
    }
}

/// The message of a trustee that is due, if one is.
pub(crate) fn due_message(source: &dyn RecordSource, seed: TrusteeSeed) -> Result<Option<Vec<u8>>> {
    Ok(CeremonyMessages::read(source)?.due(seed)?.map(|(_, bytes)| bytes))
}

/// The joint key of a record.
pub(crate) fn joint_key(source: &dyn RecordSource) -> Result<JointKey> {
    CeremonyMessages::read(source)?.joint_key()
}

/// What a trustee must not forget: the one statement that it made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrusteeState {
    format: String,
    fingerprint: String,
    /// In hexadecimal.
    statement: String,
}

const STATE_FORMAT: &str = ballotta::format_name!("trustee-state");

/// The file in which a trustee remembers what it stated: beside its key.
pub(crate) fn state_path(key: &Path) -> PathBuf {
    let mut path = key.as_os_str().to_owned();
    path.push(".state");
    path.into()
}

fn read_state(path: &Path) -> Result<Option<ClosingStatement>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let damaged = || format!("{} is damaged: a trustee that lost its state takes no part", path.display());
    let state: TrusteeState = serde_json::from_slice(&bytes).with_context(damaged)?;
    ensure!(state.format == STATE_FORMAT, damaged());
    let statement = hex::decode(&state.statement).with_context(damaged)?;
    Ok(Some(ClosingStatement::decode(&statement).with_context(damaged)?))
}

/// A trustee that has verified the record up to the close.
pub(crate) struct TrusteeDay {
    verification: Verification,
    signing: KeyPair,
    shares: TrusteeShares,
}

impl TrusteeDay {
    /// Verifies a record as a stranger would, and recovers the trustee's shares.
    pub(crate) fn begin(
        source: &dyn RecordSource,
        seed: TrusteeSeed,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self> {
        let rng = &mut system_rng();
        let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
        let verification = verify(source, &options, progress, rng);
        if !verification.report.tally_holds() {
            bail!("the record does not hold, and is not decrypted:\n{}", verification.report);
        }
        let context = verification.context.as_ref().context("the record has no joint key")?;
        let signing = seed.signing_key();
        let parameters = context.joint_key().parameters().clone();
        let shares = TrusteeShares::recover(parameters, seed, &verification.ceremony, rng)?;
        shares.check_against(context.joint_key())?;
        Ok(Self { verification, signing, shares })
    }

    /// What the trustee found.
    pub(crate) fn verification(&self) -> &Verification {
        &self.verification
    }

    /// The trustee's one statement. It is stored before it is given out; asked again, the trustee gives the same one, and
    /// it makes no other.
    pub(crate) fn state(&self, state: &Path) -> Result<Vec<u8>> {
        let Verification { context: Some(context), tally: Some(tally), .. } = &self.verification else {
            bail!("the voting is not closed yet");
        };
        if let Some(stored) = read_state(state)? {
            stored.agrees(tally).with_context(|| {
                format!("{} holds the one statement of this trustee, and it is of another board", state.display())
            })?;
            return Ok(stored.to_bytes());
        }
        let (index, manifest) = (self.shares.index().get(), context.manifest());
        let is_own = |statement: &&ClosingStatement| statement.trustee() == index;
        let own = self.verification.statements.iter().find(is_own);
        if own.is_some_and(|statement| statement.verify(manifest, &mut system_rng()).is_ok()) {
            bail!(
                "{} is lost: the board has a statement of this trustee, which takes no part any more",
                state.display()
            );
        }
        let statement = ClosingStatement::sign(tally, index, &self.signing, &mut system_rng());
        let document = TrusteeState {
            format: STATE_FORMAT.to_owned(),
            fingerprint: context.fingerprint().to_string(),
            statement: hex::encode(statement.to_bytes()),
        };
        write_new(state, &serde_json::to_vec_pretty(&document)?)
            .with_context(|| format!("the statement cannot be stored in {}, and is not made", state.display()))?;
        Ok(statement.to_bytes())
    }

    /// The trustee's partial decryption, once the closing rule holds.
    pub(crate) fn decrypt(&self, source: &dyn RecordSource, state: &Path) -> Result<Vec<u8>> {
        let Verification { context: Some(context), tally: Some(tally), statements, .. } = &self.verification else {
            bail!("the voting is not closed yet");
        };
        let stored = read_state(state)?.with_context(|| {
            format!("{} is missing: a trustee decrypts what it stated before, and nothing else", state.display())
        });
        let stored =
            stored.remedy("state first, with `ballotta trustee state`, or bring the file back beside the key")?;
        stored.agrees(tally)?;
        let checkpoint = read_file(source, record::CLOSING_CHECKPOINT, MAX_CHECKPOINT_BYTES).ok();
        let checkpoint = checkpoint.map(|bytes| SignedCheckpoint::parse(&bytes)).transpose()?;
        let rng = &mut system_rng();
        let manifest = context.manifest();
        let closed = match ClosedTally::check(manifest, tally.clone(), statements, checkpoint.as_ref(), rng) {
            Err(error @ DecryptionError::TooFewStatements { .. }) => {
                let stated = |index: &u16| statements.iter().any(|statement| statement.trustee() == *index);
                let silent: Vec<u16> = (1..=context.joint_key().trustees()).filter(|index| !stated(index)).collect();
                let missing = format!("no statement of {} is on the board", trustees_named(manifest, &silent));
                return Err(error).context(missing);
            }
            closed => closed?,
        };
        Ok(PartialDecryption::decrypt(context, &closed, &self.shares, rng)?.to_bytes())
    }
}

/// A witness's line under the closing checkpoint of a record. Witnesses that watch the board itself use software of their
/// own: any that speaks C2SP tlog-witness.
pub(crate) fn cosign(source: &dyn RecordSource, witness: &Cosigner) -> Result<String> {
    let manifest = read_manifest(source)?;
    let bytes = read_file(source, record::CLOSING_CHECKPOINT, MAX_CHECKPOINT_BYTES)
        .context("there is no closing checkpoint: the voting is not closed yet")?;
    let signed = SignedCheckpoint::parse(&bytes)?;
    let checkpoint = signed.verify(&board_key(&manifest)?)?;
    let time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(witness.cosign(checkpoint, time)?.to_string())
}
