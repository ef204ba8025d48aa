//! What everybody who signs sees, pins and confirms.
//!
//! See `spec/command-line.md#signing`. Every verb that signs shows in words what it signs, refuses another election or
//! another board than the pinned one, and lets a person at a terminal confirm what cannot be undone. All of it is done
//! before anything is signed or stored.

use std::fmt::{Display, Write as _};
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use ballotta::board::board_key;
use ballotta::board::note::SignedCheckpoint;
use ballotta::credential::{ChangeCounts, ChangeDraft, Entitlement, RollTotals};
use ballotta::hash::{Fingerprint, ManifestHash};
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::Manifest;
use ballotta::merkle::{PinnedHead, TreeHead};
use ballotta::signing::PublicElement;
use ballotta::tally::EncryptedTally;
use ballotta::written::{VoterNumber, WrittenFingerprint};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::console::{
    Console, Shown as _, counted, grouped, is_at_a_terminal, is_half_at_a_terminal, isolated, percent, print_to_stderr,
};
use crate::failure::{ErrorContext as _, refusal};
use crate::record::{headline, read_at_most, text};
use crate::roll_changes::changes_text;

/// The election and the board that somebody knows from another source.
#[derive(clap::Args, Debug)]
pub(crate) struct Pins {
    /// The fingerprint that you know from another source; an election with another one is refused
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<WrittenFingerprint>,
    #[command(flatten)]
    pub(crate) board: BoardPin,
}

/// A checkpoint of the board that somebody has kept.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct BoardPin {
    /// A checkpoint of the board that you kept before; a board that does not continue it is refused
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

impl Pins {
    /// Refuses an election with another fingerprint.
    pub(crate) fn check_fingerprint(&self, found: &Fingerprint) -> Result<()> {
        self.fingerprint.as_ref().map_or(Ok(()), |pinned| check_fingerprint(pinned, found))
    }
}

/// Answers with the fingerprint of an election: the form that people compare, and for programs also the whole value.
pub(crate) fn answer_fingerprint(fingerprint: &Fingerprint, console: Console) -> Result<()> {
    let written = fingerprint.written();
    console.answer(&written, &json!({ "fingerprint": fingerprint.to_string(), "written": written }))
}

/// The fingerprint of an election, in the form for people and whole.
pub(crate) fn fingerprint_line(fingerprint: &Fingerprint) -> String {
    format!("Fingerprint {} ({fingerprint})", fingerprint.written())
}

/// Refuses an election with another fingerprint than this one.
pub(crate) fn check_fingerprint(pinned: &WrittenFingerprint, found: &Fingerprint) -> Result<()> {
    if pinned.is_of(found) {
        return Ok(());
    }
    refusal(format!("the election has the fingerprint {}, not {pinned}", found.written())).remedy(
        "check the fingerprint; if it is right, do not sign: the record was changed, or it is that of another election",
    )
}

/// Refuses a manifest with another hash than this one.
pub(crate) fn check_manifest_hash(pinned: &ManifestHash, found: &ManifestHash) -> Result<()> {
    if found == pinned {
        return Ok(());
    }
    refusal(format!("the manifest has the hash {found}, not {pinned}"))
        .remedy("check the hash; if it is right, do not sign: this is the manifest of another election")
}

impl BoardPin {
    /// Reads the checkpoint, which the board of the manifest must have signed.
    pub(crate) fn read(&self, manifest: &Manifest) -> Result<Option<PinnedHead>> {
        Ok(self.head(manifest)?.map(PinnedHead::new))
    }

    /// The head of the checkpoint, which the board of the manifest must have signed.
    pub(crate) fn head(&self, manifest: &Manifest) -> Result<Option<TreeHead>> {
        self.checkpoint.as_deref().map(|path| kept_head(manifest, path)).transpose()
    }

    /// Refuses a board of `size` entries that does not continue the checkpoint.
    pub(crate) fn check(&self, pinned: Option<&PinnedHead>, size: u64) -> Result<()> {
        let (Some(pinned), Some(path)) = (pinned.filter(|pinned| !pinned.is_continued()), &self.checkpoint) else {
            return Ok(());
        };
        let path = path.shown();
        let kept = counted(pinned.head().size, "entry", "entries");
        if pinned.head().size > size {
            let has = counted(size, "entry", "entries");
            return refusal(format!("the board does not continue the checkpoint {path}: it has {has}, not {kept}"))
                .remedy("get the record again: it is older than the checkpoint");
        }
        refusal(format!("the board does not continue the checkpoint {path} of {kept}")).remedy(
            "keep the record and the checkpoint as evidence, and make them public: the board shows two histories",
        )
    }

    /// Checks that the board that was verified is the one that was compared with the checkpoint.
    pub(crate) fn check_unchanged(&self, compared: TreeHead, verified: Option<TreeHead>) -> Result<()> {
        if self.checkpoint.is_none() || verified == Some(compared) {
            return Ok(());
        }
        Err(anyhow!("the board changed while it was read")).remedy("try again")
    }
}

/// The head of a checkpoint that somebody kept, which the board of the manifest must have signed.
pub(crate) fn kept_head(manifest: &Manifest, path: &Path) -> Result<TreeHead> {
    let bytes = read_at_most(path, MAX_CHECKPOINT_BYTES, "a checkpoint")?;
    let not_of_this_board = || format!("{} is not a checkpoint of this board", path.shown());
    let signed = SignedCheckpoint::parse(&bytes).with_context(not_of_this_board)?;
    Ok(*signed.verify(&board_key(manifest)?).refused().with_context(not_of_this_board)?.head())
}

/// What is signed, in words.
pub(crate) struct Summary {
    text: String,
}

impl Summary {
    /// Begins with what is signed and the title of the election.
    pub(crate) fn new(what: impl Display, manifest: &Manifest) -> Self {
        Self { text: format!("This signs {what}:") }.row("election", headline(manifest))
    }

    /// Begins with whose sitting it is and the title of the election.
    pub(crate) fn sitting(trustee: &str, manifest: &Manifest) -> Self {
        Self { text: format!("This is the sitting of {trustee}:") }.row("election", headline(manifest))
    }

    fn row(mut self, name: &str, value: impl Display) -> Self {
        // Writing to a string never fails.
        let _ = write!(self.text, "\n  {name:<13} {value}");
        self
    }

    /// A further line.
    pub(crate) fn line(self, name: &str, value: impl Display) -> Self {
        self.row(name, isolated(&value.to_string()))
    }

    pub(crate) fn fingerprint(self, fingerprint: &Fingerprint) -> Self {
        self.row("fingerprint", fingerprint.written()).row("", fingerprint)
    }

    pub(crate) fn manifest_hash(self, manifest: &ManifestHash) -> Self {
        self.row("manifest hash", manifest)
    }

    /// The questions, and who can decrypt the answers.
    pub(crate) fn ceremony(mut self, manifest: &Manifest) -> Self {
        /// The options of a contest with more than these are counted, and not named.
        const OPTIONS: usize = 12;
        for contest in manifest.contests() {
            let title = isolated(text(manifest, &contest.title));
            let options = contest.options.iter().map(|option| isolated(text(manifest, &option.title)));
            let options = match contest.options.len() {
                ..=OPTIONS => options.collect::<Vec<_>>().join(", "),
                many => format!("{many} options"),
            };
            self = self.row("contest", format_args!("{title}: {options}"));
        }
        let members = &manifest.trustees().members;
        let names: Vec<String> = members.iter().map(|member| isolated(&member.name)).collect();
        self.row("trustees", names.join(", ")).row(
            "threshold",
            format_args!("any {} of these {} can decrypt together", manifest.trustees().threshold, members.len()),
        )
    }

    /// The head of a board. Statements have its root in hexadecimal, checkpoints in base64.
    pub(crate) fn board(self, head: &TreeHead) -> Self {
        let base64 = STANDARD.encode(head.root.as_bytes());
        self.row("size", counted(head.size, "entry", "entries")).row("root", head.root).row("root, base64", base64)
    }

    /// The name of a board.
    pub(crate) fn origin(self, origin: &str) -> Self {
        self.row("origin", origin)
    }

    /// The voters of a roll.
    pub(crate) fn roll(self, roll: &RollTotals) -> Self {
        self.row("voters", grouped(roll.voters())).row("weight", format_args!("{} in total", grouped(roll.weight())))
    }

    /// A change of the roll.
    pub(crate) fn roll_change(self, manifest: &Manifest, draft: &ChangeDraft) -> Self {
        let number = |credential: &PublicElement| VoterNumber::written(credential);
        let mut summary = self.row("number", draft.sequence()).row("reason", draft.reason().word());
        if let Some(revoked) = draft.revoked().and_then(PublicElement::from_canonical) {
            summary = summary.row("revokes", number(&revoked));
        }
        if let Some(Entitlement { style, weight }) = draft.added() {
            let style = manifest.styles().get(style).map_or("", |style| style.id.as_str());
            summary = summary.row("adds", format_args!("a voter of the style {style} and the weight {weight}"));
        }
        summary
    }

    /// The ballots that count so far. `ballots` is `None` if they cannot be counted.
    pub(crate) fn turnout(self, ballots: Option<u64>, voters: u64) -> Self {
        let Some(ballots) = ballots else { return self.row("turnout", "not known: the ballots cannot be read") };
        let (count, part) = (counted(ballots, "ballot counts", "ballots count"), percent(ballots, voters));
        self.row("turnout", format_args!("{count}, of {} ({part})", counted(voters, "voter", "voters")))
    }

    /// The closed board, and for every contest the ballots in it and whether its totals are withheld.
    pub(crate) fn tally(mut self, manifest: &Manifest, tally: &EncryptedTally) -> Self {
        self = self.board(tally.close()).row("ballots", counted(tally.ballots(), "ballot counts", "ballots count"));
        for (contest, sums) in manifest.contests().iter().zip(tally.contests()) {
            let title = isolated(text(manifest, &contest.title));
            let ballots = counted(sums.ballots, "ballot", "ballots");
            let withheld = sums.withheld.map_or_else(String::new, |why| format!("; WITHHELD, not decrypted: {why}"));
            self = self.row("contest", format_args!("{title}: {ballots}{withheld}"));
        }
        self
    }

    /// How often the roll was changed, if the manifest allows changes.
    pub(crate) fn roll_changes(self, counts: Option<&ChangeCounts>) -> Self {
        match counts {
            Some(counts) => self.row("roll", changes_text(counts)),
            None => self,
        }
    }

    /// Shows what is signed.
    pub(crate) fn show(&self, console: Console) {
        console.say(&self.text);
    }
}

/// Whether a person is asked.
#[derive(clap::Args, Debug)]
pub(crate) struct Confirmation {
    /// Do not ask for a confirmation on the terminal
    #[arg(long)]
    yes: bool,
}

impl Confirmation {
    /// Shows what is signed. Asks a person at a terminal to confirm it; without a terminal, nothing is asked. A person who is
    /// there and cannot be asked, because the input or the messages go elsewhere, signs nothing.
    pub(crate) fn ask(&self, summary: &Summary, console: Console) -> Result<()> {
        /// No answer is longer. The rest of a longer line is not read.
        const LONGEST: u64 = 64;
        if !self.yes && is_half_at_a_terminal() {
            let problem = "this cannot be undone, and nobody can be asked: the standard input or the standard error is not a \
                           terminal, so nothing is signed";
            return refusal(problem).remedy("do not redirect them, or give --yes");
        }
        if self.yes || !is_at_a_terminal() {
            summary.show(console);
            return Ok(());
        }
        print_to_stderr(&summary.text);
        print_to_stderr("This cannot be undone. Type `yes` to sign it:");
        let mut answer = String::new();
        let read = std::io::stdin().lock().take(LONGEST).read_line(&mut answer);
        if read.is_ok() && answer.trim() == "yes" {
            return Ok(());
        }
        refusal("the answer is not `yes`, so nothing is signed").remedy("to sign it, call the command again")
    }
}
