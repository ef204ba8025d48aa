//! The file of a prepared ballot, until it is cast or opened: it cannot be both.
//!
//! See `spec/command-line.md#prepared`. The file is renamed before any output is written, and the folder is
//! synchronised. If `.cast` exists, the ballot is never opened; if `.opened` exists, it is never cast, also after a
//! crash. After the output is written, the seed and the choices are removed from the renamed file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::ballot::PreparedBallot;
use ballotta::election::ElectionContext;
use ballotta_io::Location;
use ballotta_io::{rename, write_atomically, write_secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::console::Shown as _;
use crate::failure::{ErrorContext as _, refusal};
use crate::location::located;
use crate::recognise::is_not;
use crate::record::{exists, read_at_most};

const FORMAT: &str = ballotta::format_name!("prepared-ballot");

/// Longer than any prepared ballot, which contains the choices.
const MAX_BYTES: usize = 4 << 20;

/// The file of a prepared ballot.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreparedFile {
    format: String,
    /// Where the record is for which it was prepared: a path or an address.
    pub(crate) record: PathBuf,
    pub(crate) fingerprint: String,
    pub(crate) tracker: String,
    /// `None` once the ballot is cast or opened.
    secrets: Option<BallotSecrets>,
}

/// The bytes of the library's prepared ballot, in base64.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct BallotSecrets(String);

/// The final state of a prepared ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalState {
    Cast,
    Opened,
}

impl FinalState {
    /// The path of the ballot in this state.
    pub(crate) fn path(self, prepared: &Path) -> PathBuf {
        let mut path = prepared.as_os_str().to_owned();
        path.push(".");
        path.push(self.past());
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
            record: match located(record)? {
                Location::Folder(_) | Location::Archive(_) => {
                    fs::canonicalize(record).context("the path of the record cannot be found")?
                }
                address => address.to_string().into(),
            },
            fingerprint: context.fingerprint().to_string(),
            tracker: prepared.tracker().to_string(),
            secrets: Some(BallotSecrets(STANDARD.encode(&*secrets))),
        })
    }

    /// Writes a new file that only its owner may read.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        for state in [FinalState::Cast, FinalState::Opened] {
            let used = state.path(path);
            let (is_new, file, past) = (!exists(&used)?, used.shown(), state.past());
            ensure!(is_new, "{file} belongs to a ballot that was already {past}: choose another file for --out");
        }
        let text = Zeroizing::new(serde_json::to_string_pretty(self)?);
        write_secret(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))
    }

    fn read(path: &Path) -> Result<Self> {
        let bytes = Zeroizing::new(read_at_most(path, MAX_BYTES, "a prepared ballot")?);
        let not_prepared = || is_not(&path.shown(), &bytes, "a prepared ballot");
        let text = str::from_utf8(&bytes).ok().with_context(not_prepared)?;
        // The parser's error quotes the file, which may be a voting code given by mistake, so it is not shown.
        let file: Self = serde_json::from_str(text).ok().with_context(not_prepared)?;
        ensure!(file.format == FORMAT, not_prepared());
        Ok(file)
    }

    /// Reads a prepared ballot that is about to be cast or opened. After a crash, the same act can be repeated.
    pub(crate) fn read_for(state: FinalState, path: &Path) -> Result<Self> {
        for other in [FinalState::Cast, FinalState::Opened] {
            let used = other.path(path);
            if !exists(&used)? {
                continue;
            }
            let file = Self::read(&used)?;
            if other == state && file.secrets.is_some() {
                return Ok(file);
            }
            return refusal(format!("{} was {} already", path.shown(), other.past()))
                .remedy("prepare another ballot: a ballot can be cast or opened only once, and not both");
        }
        Self::read(path)
    }

    /// Renames the file before any output is written. The state is then final.
    pub(crate) fn enter(state: FinalState, path: &Path) -> Result<()> {
        let consumed = state.path(path);
        if exists(&consumed)? {
            return Ok(());
        }
        rename(path, &consumed)
            .with_context(|| format!("{} cannot be renamed, so the ballot is not used", path.shown()))
    }

    /// Removes the seed and the choices from the file of a used ballot.
    pub(crate) fn forget(mut self, state: FinalState, path: &Path) -> Result<()> {
        self.secrets = None;
        let consumed = state.path(path);
        write_atomically(&consumed, &serde_json::to_vec_pretty(&self)?)
            .with_context(|| format!("{} cannot be written", consumed.shown()))
    }

    pub(crate) fn is_used(&self) -> bool {
        self.secrets.is_none()
    }

    /// Encrypts the ballot again, which gives the same bytes.
    pub(crate) fn prepare_again(&self, context: &ElectionContext) -> Result<PreparedBallot> {
        const DAMAGED: &str = "the prepared ballot is damaged";
        let secrets = self.secrets.as_ref().context("the ballot was used already")?;
        let secrets = Zeroizing::new(STANDARD.decode(&secrets.0).map_err(|_| anyhow!(DAMAGED))?);
        PreparedBallot::from_bytes(context, &secrets).context(DAMAGED)
    }
}
