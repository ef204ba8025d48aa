//! A prepared ballot on disk, until it is cast or opened: one excludes the other.
//!
//! See `spec/command-line.md#prepared`. The file is renamed before anything is handed out, and the folder is synchronised:
//! who finds `.cast` never opens, who finds `.opened` never casts, also after a crash. When the output is written, seed and
//! choices are removed from what remains.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::ballot::{BallotSeed, PlaintextBallot, PreparedBallot};
use ballotta::contest::Selection;
use ballotta::election::ElectionContext;
use ballotta::group::PublicElement;
use ballotta::hash::Tracker;
use ballotta::manifest::{Contest, Manifest};
use ballotta_io::{rename, write_atomically, write_secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::failure::{Advice as _, refusal};
use crate::record::text;

/// What a voter marks in one contest, by the names of the manifest.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// The contest.
    pub(crate) contest: String,
    /// The options; `None` is the blank vote.
    pub(crate) options: Option<Vec<String>>,
}

impl Choice {
    /// The contest's number in the manifest, and the selection.
    fn selection(&self, manifest: &Manifest) -> Result<(usize, Selection)> {
        let named = manifest.contests().iter().enumerate().find(|(_, contest)| contest.id == self.contest);
        let known = || names(manifest.contests().iter().map(|contest| contest.id.as_str()));
        let (number, contest) =
            named.with_context(|| format!("there is no contest {}; there is {}", self.contest, known()))?;
        let Some(options) = &self.options else { return Ok((number, Selection::Blank)) };
        let position = |id: &String| {
            let known = || names(contest.options.iter().map(|option| option.id.as_str()));
            let position = contest.options.iter().position(|option| option.id == *id);
            position.with_context(|| format!("contest {} has no option {id}; it has {}", contest.id, known()))
        };
        Ok((number, Selection::Options(options.iter().map(position).collect::<Result<_>>()?)))
    }

    /// What the choice says in the words of the ballot.
    pub(crate) fn for_people(&self, manifest: &Manifest) -> String {
        let contest = manifest.contests().iter().find(|contest| contest.id == self.contest);
        let title = |contest: &Contest, id: &str| {
            let option = contest.options.iter().find(|option| option.id == id);
            option.map_or(id.to_owned(), |option| text(manifest, &option.title).to_owned())
        };
        let Some(contest) = contest else { return self.contest.clone() };
        let chosen = match &self.options {
            None => "(blank)".to_owned(),
            Some(options) if options.is_empty() => "(nothing)".to_owned(),
            Some(options) => {
                names(options.iter().map(|id| title(contest, id)).collect::<Vec<_>>().iter().map(String::as_str))
            }
        };
        format!("{}: {chosen}", text(manifest, &contest.title))
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Checks choices against the rules of a ballot style.
pub(crate) fn plaintext(context: &ElectionContext, style: usize, choices: &[Choice]) -> Result<PlaintextBallot> {
    let manifest = context.manifest();
    let selections = choices.iter().map(|choice| choice.selection(manifest)).collect::<Result<Vec<_>>>()?;
    for contest in manifest.styles().get(style).map_or(&[][..], |style| &style.contests) {
        if !selections.iter().any(|(number, _)| number == contest) {
            let id = &manifest.contests()[*contest].id;
            return Err(anyhow!("contest {id} has no choice"))
                .remedy(format!("add --choose {id}=OPTION, or --blank {id} where the contest allows it"));
        }
    }
    PlaintextBallot::new(context, style, selections)
        .context("the rules do not allow these choices (contests count from 0)")
}

/// A ballot with its seed and its choices: what the opening shows to the second device, and what a prepared ballot keeps.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(crate) struct BallotSecrets {
    /// The ballot style, counted from 0.
    style: usize,
    choices: Vec<Choice>,
    /// In hexadecimal.
    seed: String,
    /// The unsigned ballot in base64.
    ballot: String,
}

impl BallotSecrets {
    pub(crate) fn new(prepared: &PreparedBallot, style: usize, choices: &[Choice], seed: &[u8; 32]) -> Self {
        let ballot = STANDARD.encode(prepared.unsigned().as_bytes());
        Self { style, choices: choices.to_vec(), seed: hex::encode(seed), ballot }
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).context("not the opening of a ballot")
    }

    pub(crate) fn to_json(&self) -> Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(serde_json::to_vec(self)?))
    }

    pub(crate) fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The bytes of the ballot.
    pub(crate) fn ballot(&self) -> Result<Vec<u8>> {
        STANDARD.decode(&self.ballot).map_err(|_| anyhow!("the ballot is not base64"))
    }

    pub(crate) fn seed(&self) -> Result<BallotSeed> {
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&self.seed, seed.as_mut_slice()).context("the seed is damaged")?;
        Ok(BallotSeed::from_bytes(*seed))
    }

    pub(crate) fn plaintext(&self, context: &ElectionContext) -> Result<PlaintextBallot> {
        plaintext(context, self.style, &self.choices)
    }
}

const FORMAT: &str = "ballotta/v1-draft.1/prepared-ballot";

/// The file of a prepared ballot.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreparedFile {
    format: String,
    /// The folder of the record for which it was prepared.
    pub(crate) record: PathBuf,
    pub(crate) fingerprint: String,
    pub(crate) tracker: String,
    /// In hexadecimal.
    credential: String,
    previous: Option<String>,
    /// `None` once the ballot is cast or opened.
    secrets: Option<BallotSecrets>,
}

/// What becomes of a prepared ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Cast,
    Opened,
}

impl Fate {
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
    pub(crate) fn new(
        record: &Path,
        context: &ElectionContext,
        prepared: &PreparedBallot,
        secrets: BallotSecrets,
    ) -> Result<Self> {
        let unsigned = prepared.unsigned();
        Ok(Self {
            format: FORMAT.to_owned(),
            record: fs::canonicalize(record).context("the record has no path")?,
            fingerprint: context.fingerprint().to_string(),
            tracker: unsigned.tracker().to_string(),
            credential: hex::encode(unsigned.credential().as_bytes()),
            previous: unsigned.previous().map(Tracker::to_string),
            secrets: Some(secrets),
        })
    }

    /// Writes a new file that only its owner may read.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        for fate in [Fate::Cast, Fate::Opened] {
            let used = fate.path(path);
            ensure!(
                !used.exists(),
                "{} is of a ballot that was {} before: choose another file",
                used.display(),
                fate.past()
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

    /// Reads a prepared ballot that is about to meet its fate; again, if a crash came between the two.
    pub(crate) fn before(fate: Fate, path: &Path) -> Result<Self> {
        for other in [Fate::Cast, Fate::Opened] {
            let used = other.path(path);
            if !used.exists() {
                continue;
            }
            let file = Self::read(&used)?;
            if other == fate && file.secrets.is_some() {
                return Ok(file);
            }
            return refusal(format!("{} was {} already", path.display(), other.past()))
                .remedy("prepare another ballot: a ballot is either cast or opened, and once");
        }
        Self::read(path)
    }

    /// Makes the fate of the ballot final, before anything of it is handed out.
    pub(crate) fn consume(fate: Fate, path: &Path) -> Result<()> {
        let consumed = fate.path(path);
        if consumed.exists() {
            return Ok(());
        }
        rename(path, &consumed).with_context(|| format!("{} cannot be renamed, and is not used", path.display()))
    }

    /// Removes seed and choices from what remains of a ballot that was handed out.
    pub(crate) fn forget(mut self, fate: Fate, path: &Path) -> Result<()> {
        self.secrets = None;
        let consumed = fate.path(path);
        write_atomically(&consumed, &serde_json::to_vec_pretty(&self)?)
            .with_context(|| format!("{} cannot be written", consumed.display()))
    }

    pub(crate) fn secrets(&self) -> Result<&BallotSecrets> {
        self.secrets.as_ref().context("the ballot was used already")
    }

    /// The ballot, encrypted again: the same bytes.
    pub(crate) fn prepare_again(&self, context: &ElectionContext) -> Result<PreparedBallot> {
        const DAMAGED: &str = "the prepared ballot is damaged";
        let secrets = self.secrets()?;
        let mut credential = [0; 32];
        hex::decode_to_slice(&self.credential, &mut credential).context(DAMAGED)?;
        let credential = PublicElement::from_canonical(&credential).context(DAMAGED)?;
        let previous = self.previous.as_ref().map(|tracker| tracker.parse()).transpose().context(DAMAGED)?;
        let plaintext = secrets.plaintext(context).context(DAMAGED)?;
        let prepared = PreparedBallot::prepare(context, &credential, previous, plaintext, secrets.seed()?)?;
        ensure!(prepared.unsigned().as_bytes() == secrets.ballot()?, DAMAGED);
        Ok(prepared)
    }
}
