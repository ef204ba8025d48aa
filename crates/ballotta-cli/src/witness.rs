//! A witness cosigns what it has seen grow, and nothing that contradicts it.
//!
//! See `spec/command-line.md#witness`. Witnesses that watch many logs use software of their own: any that speaks C2SP
//! tlog-witness.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use ballotta::board::board_key;
use ballotta::board::log::{Frontier, TreeHead};
use ballotta::board::note::Cosigner;
use ballotta::board::timeline::{Observed, Timeline};
use ballotta::hash::TreeHash;
use ballotta::record::{CHECKPOINT, CLOSING_CHECKPOINT, PublishedBoard};
use ballotta_io::write_atomically;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::console::Console;
use crate::duties::state_path;
use crate::failure::{Advice as _, refusal};
use crate::handover::{Handover, Kind};
use crate::record::{Record, lock, read_checkpoint};
use crate::secrets::{KeyFile, system_rng};

/// A witness's cosignature of the closing checkpoint; before the close, of the checkpoint.
#[derive(clap::Args, Debug)]
pub(crate) struct Cosign {
    /// The record
    record: PathBuf,
    /// The secret key of the witness
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The new file, to be handed to the board
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The largest head of every board that the witness has cosigned.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessState {
    format: String,
    /// By origin.
    boards: BTreeMap<String, SeenHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenHead {
    size: u64,
    root: String,
}

const STATE_FORMAT: &str = ballotta::format_name!("witness-state");

impl Cosign {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let _lock = lock(&self.key)?;
        let record = Record::read(&self.record)?;
        let board = board_key(record.manifest())?;
        let cosigner = self.cosigner(&record)?;
        let closing = read_checkpoint(record.source(), CLOSING_CHECKPOINT)?;
        let path = if closing.is_some() { CLOSING_CHECKPOINT } else { CHECKPOINT };
        let signed = match closing {
            Some(closing) => closing,
            None => read_checkpoint(record.source(), CHECKPOINT)?.context("the record has no checkpoint")?,
        };
        let checkpoint = signed.verify(&board).refused().with_context(|| path.to_owned())?;

        let state_path = state_path(&self.key);
        let mut state = WitnessState::read(&state_path)?;
        let seen = state.boards.get(board.name()).map(SeenHead::head).transpose()?;
        check_consistent(&record, checkpoint.head(), seen)?;
        let head = checkpoint.head();
        let now = SeenHead { size: head.size, root: head.root.to_string() };
        state.boards.insert(board.name().to_owned(), now);
        let stored = write_atomically(&state_path, &serde_json::to_vec_pretty(&state)?);
        stored.with_context(|| format!("{} cannot be written", state_path.display()))?;

        let time = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
        let line = cosigner.cosign(checkpoint, time)?.to_string();
        Handover::new(Kind::Cosignature, line.clone().into_bytes()).write(&self.out)?;
        console.say(format!(
            "Cosigned the {path} over {} entries. Hand {} to the board.",
            head.size,
            self.out.display()
        ));
        console.answer(&line, &json!({ "checkpoint": path, "size": head.size, "cosignature": line }))
    }

    /// The witness of the manifest whose key this is.
    fn cosigner(&self, record: &Record) -> Result<Cosigner> {
        let seed = KeyFile::Note.read(&self.key)?;
        let witnesses = &record.manifest().witnesses().members;
        for witness in witnesses {
            let cosigner = Cosigner::from_seed(&witness.name, &seed)?;
            if cosigner.key().as_bytes() == witness.key.as_bytes() {
                return Ok(cosigner);
            }
        }
        refusal(format!("{} is the key of no witness that the manifest names", self.key.display()))
    }
}

/// Checks that a head is one of the board in the record, and continues the one that was cosigned before.
fn check_consistent(record: &Record, head: &TreeHead, seen: Option<TreeHead>) -> Result<()> {
    let mut roots = BTreeMap::from([(0, Frontier::new().root())]);
    let asked = [Some(*head), seen].map(|head| head.map(|head| head.size));
    let mut visit = |_: &Observed<'_>, timeline: &Timeline| {
        if asked.contains(&Some(timeline.size())) {
            roots.insert(timeline.size(), timeline.head().root);
        }
    };
    PublishedBoard::read(record.source(), record.manifest(), &mut visit, &mut system_rng()).refused()?;
    if roots.get(&head.size) != Some(&head.root) {
        return refusal("the checkpoint is not one of the board in this record");
    }
    let Some(seen) = seen else { return Ok(()) };
    if head.size < seen.size {
        return refusal(format!("the checkpoint is of {} entries, cosigned were {} before", head.size, seen.size))
            .remedy("nothing: a witness never goes back");
    }
    if roots.get(&seen.size) != Some(&seen.root) {
        return refusal(format!(
            "this board does not continue the one of {} entries that was cosigned before",
            seen.size
        ))
        .remedy("keep this record and tell everybody: the board shows two histories");
    }
    Ok(())
}

impl WitnessState {
    /// The state beside a key; an empty one, if there is none yet.
    fn read(path: &Path) -> Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { format: STATE_FORMAT.to_owned(), boards: BTreeMap::new() });
            }
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        let damaged =
            || format!("{} is damaged: without it the witness does not know what it cosigned", path.display());
        let state: Self = serde_json::from_slice(&bytes).with_context(damaged)?;
        ensure!(state.format == STATE_FORMAT, damaged());
        Ok(state)
    }
}

impl SeenHead {
    fn head(&self) -> Result<TreeHead> {
        let root: TreeHash = self.root.parse().context("the state of the witness is damaged")?;
        Ok(TreeHead { size: self.size, root })
    }
}
