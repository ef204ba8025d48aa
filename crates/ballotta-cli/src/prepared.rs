//! A prepared ballot on disk, until it is cast or opened: one excludes the other.
//!
//! See `spec/command-line.md#prepared`. The file is renamed before anything is handed out, and the folder is synchronised:
//! who finds `.cast` never opens, who finds `.opened` never casts, also after a crash. When the output is written, seed and
//! choices are removed from what remains.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::ballot::PreparedBallot;
use ballotta::election::ElectionContext;
use ballotta_io::{rename, write_atomically, write_secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::failure::{ErrorContext as _, refusal};

const FORMAT: &str = ballotta::format_name!("prepared-ballot");

/// The file of a prepared ballot.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreparedFile {
    format: String,
    /// The folder of the record for which it was prepared.
    pub(crate) record: PathBuf,
    pub(crate) fingerprint: String,
    pub(crate) tracker: String,
    /// `None` once the ballot is cast or opened.
    secrets: Option<BallotSecrets>,
}

/// What the library keeps of a prepared ballot, in base64.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct BallotSecrets(String);

/// The state in which a prepared ballot ends: one of the two, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalState {
    Cast,
    Opened,
}

impl FinalState {
    /// Where the ballot is kept afterwards.
    pub(crate) fn path(self, prepared: &Path) -> PathBuf {
        let mut path = prepared.as_os_str().to_owned();
        path.push(match self {
            Self::Cast => ".cast",
            Self::Opened => ".opened",
        });
        path.into()
    }

    fn past(self) -> &'static str {
        match self {
            Self::Cast => "cast",
            Self::Opened => "opened",
        }
    }
}

impl PreparedFile {
    pub(crate) fn new(record: &Path, context: &ElectionContext, prepared: &PreparedBallot) -> Result<Self> {
        let secrets = prepared.expose_bytes();
        Ok(Self {
            format: FORMAT.to_owned(),
            record: fs::canonicalize(record).context("the record has no path")?,
            fingerprint: context.fingerprint().to_string(),
            tracker: prepared.tracker().to_string(),
            secrets: Some(BallotSecrets(STANDARD.encode(&*secrets))),
        })
    }

    /// Writes a new file that only its owner may read.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        for state in [FinalState::Cast, FinalState::Opened] {
            let used = state.path(path);
            ensure!(
                !used.exists(),
                "{} is of a ballot that was {} before: choose another file",
                used.display(),
                state.past()
            );
        }
        let text = Zeroizing::new(serde_json::to_string_pretty(self)?);
        write_secret(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
        let not_prepared = || format!("{} is not a prepared ballot", path.display());
        // What the parser complains about it quotes: perhaps a voting code that was given as the wrong file.
        let file: Self = serde_json::from_str(&text).ok().with_context(not_prepared)?;
        ensure!(file.format == FORMAT, not_prepared());
        Ok(file)
    }

    /// Reads a prepared ballot that is about to be cast or opened; again, if a crash interrupted the same act before.
    pub(crate) fn read_for(state: FinalState, path: &Path) -> Result<Self> {
        for other in [FinalState::Cast, FinalState::Opened] {
            let used = other.path(path);
            if !used.exists() {
                continue;
            }
            let file = Self::read(&used)?;
            if other == state && file.secrets.is_some() {
                return Ok(file);
            }
            return refusal(format!("{} was {} already", path.display(), other.past()))
                .remedy("prepare another ballot: a ballot is either cast or opened, and once");
        }
        Self::read(path)
    }

    /// Renames the file, before anything of the ballot is handed out: the state is final.
    pub(crate) fn enter(state: FinalState, path: &Path) -> Result<()> {
        let consumed = state.path(path);
        if consumed.exists() {
            return Ok(());
        }
        rename(path, &consumed).with_context(|| format!("{} cannot be renamed, and is not used", path.display()))
    }

    /// Removes seed and choices from what remains of a ballot that was handed out.
    pub(crate) fn forget(mut self, state: FinalState, path: &Path) -> Result<()> {
        self.secrets = None;
        let consumed = state.path(path);
        write_atomically(&consumed, &serde_json::to_vec_pretty(&self)?)
            .with_context(|| format!("{} cannot be written", consumed.display()))
    }

    pub(crate) fn is_used(&self) -> bool {
        self.secrets.is_none()
    }

    /// The ballot, encrypted again: the same bytes.
    pub(crate) fn prepare_again(&self, context: &ElectionContext) -> Result<PreparedBallot> {
        const DAMAGED: &str = "the prepared ballot is damaged";
        let secrets = self.secrets.as_ref().context("the ballot was used already")?;
        let secrets = Zeroizing::new(STANDARD.decode(&secrets.0).map_err(|_| anyhow!(DAMAGED))?);
        PreparedBallot::from_bytes(context, &secrets).context(DAMAGED)
    }
}
