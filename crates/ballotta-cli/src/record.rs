//! Records as those who act on them read them, and a new one.
//!
//! See `spec/command-line.md#record`. What is read here hangs together and is signed by the board; everything else that
//! must hold, each verb asks for, and `ballotta verify` for all of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::log::{Frontier, leaf_hash};
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::board::{board_key, witness_keys};
use ballotta::credential::{RollIndex, RollLine, RollReader, RollRules};
use ballotta::election::ElectionContext;
use ballotta::group::PublicElement;
use ballotta::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey};
use ballotta::limits::{MAX_CHECKPOINT_BYTES, MAX_MESSAGE_BYTES};
use ballotta::manifest::{Manifest, Text};
use ballotta::record::{self, RecordSource as _, read_file};
use ballotta_io::{BoardFolder, FolderRecord};
use serde_json::json;

use crate::ballot_box::BallotBox;
use crate::console::Console;
use crate::duties;
use crate::failure::{Advice as _, refusal};
use crate::manifest;
use crate::secrets::{KeyFile, system_rng};

/// A new record.
#[derive(clap::Args, Debug)]
pub(crate) struct NewRecord {
    /// The manifest that is published with it
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The new folder
    record: PathBuf,
}

impl NewRecord {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let bytes = manifest::read(&self.manifest)?;
        let manifest = manifest::parse(&bytes)?;
        let there = self.record.join(record::CHECKPOINT).exists();
        let created = BallotBox::create(&self.record, &bytes, board_signer(&manifest, &self.board_key)?);
        if there {
            created.remedy("choose another folder: a record is begun once")?
        } else {
            created?
        };
        let hash = manifest.hash().to_string();
        console
            .say(format!("{} holds the manifest and an empty board. The hash of the manifest:", self.record.display()));
        console.answer(&hash, &json!({ "record": self.record, "manifest": hash }))
    }
}

/// The signer of the board that a manifest names.
pub(crate) fn board_signer(manifest: &Manifest, key: &Path) -> Result<NoteSigner> {
    let signer = NoteSigner::from_seed(&manifest.board().name, &*KeyFile::Note.read(key)?)?;
    if *signer.key() != board_key(manifest)? {
        return refusal(format!("{} is not the key of the board that the manifest names", key.display()));
    }
    Ok(signer)
}

/// Keeps other processes away from a file or a folder of files until it is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    file.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
    Ok(file)
}

/// The same for a record.
pub(crate) fn lock_record(root: &Path) -> Result<File> {
    lock(&root.join(record::MANIFEST)).with_context(|| format!("{} is not a record", root.display()))
}

/// A record whose entries have the tree head that its board signed.
pub(crate) struct Record {
    root: PathBuf,
    source: FolderRecord,
    manifest: Manifest,
    /// All entries but ballots.
    entries: Vec<(u64, EntryKind, Vec<u8>)>,
}

/// What is known once the key ceremony is complete and the roll is there.
pub(crate) struct Election {
    pub(crate) context: ElectionContext,
    pub(crate) roll: RollIndex,
}

/// A voter's or an opening's view: when ballots count.
pub(crate) struct Window {
    pub(crate) opened: Option<u64>,
    pub(crate) closed: Option<u64>,
}

impl Record {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let source = FolderRecord::new(root);
        let manifest = duties::read_manifest(&source).with_context(|| format!("{} is not a record", root.display()))?;
        let mut entries = Vec::new();
        read_board(root, &manifest, |index, entry| {
            if entry.kind() != EntryKind::Ballot {
                entries.push((index, entry.kind(), entry.body().to_vec()));
            }
            Ok(())
        })?;
        Ok(Self { root: root.to_path_buf(), source, manifest, entries })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn source(&self) -> &FolderRecord {
        &self.source
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bodies of the entries of one kind.
    pub(crate) fn entries(&self, kind: EntryKind) -> impl Iterator<Item = (u64, &[u8])> {
        let of_kind = self.entries.iter().filter(move |(_, other, _)| *other == kind);
        of_kind.map(|(index, _, body)| (*index, body.as_slice()))
    }

    /// Whether the result is published.
    pub(crate) fn is_published(&self) -> bool {
        self.entries(EntryKind::Publication).next().is_some()
    }

    /// The ballots, in the order of the board.
    pub(crate) fn ballots(&self, mut visit: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        read_board(&self.root, &self.manifest, |index, entry| match entry.kind() {
            EntryKind::Ballot => visit(index, entry.body()),
            _ => Ok(()),
        })
    }

    /// The messages of the key ceremony, in the order of the board.
    pub(crate) fn ceremony(&self) -> Result<Vec<Vec<u8>>> {
        let messages = self.entries(EntryKind::Ceremony).map(|(index, body)| {
            let pointer = Pointer::decode(body).with_context(|| format!("entry {index} cannot be read"))?;
            let path = record::ceremony_path(pointer.hash());
            let bytes = read_file(&self.source, &path, MAX_MESSAGE_BYTES).with_context(|| path.clone())?;
            pointer.verify_file(&bytes).with_context(|| path)?;
            Ok(bytes)
        });
        messages.collect::<Result<_>>().refused()
    }

    pub(crate) fn parameters(&self) -> Result<CeremonyParameters> {
        CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT).refused()
    }

    /// The joint key of a key ceremony that is complete.
    pub(crate) fn joint_key(&self) -> Result<JointKey> {
        JointKey::verify(&self.parameters()?, &self.ceremony()?, &mut system_rng())
            .map_err(|error| duties::with_names(&self.manifest, error))
            .refused()
            .context("the key ceremony is not complete")
            .remedy("each of them makes the message with `ballotta trustee ceremony`, and the board adds it")
    }

    /// The election: key ceremony and roll must be there.
    pub(crate) fn election(&self) -> Result<Election> {
        let joint_key = self.joint_key()?;
        let roll = self.roll()?;
        let context = ElectionContext::new(self.manifest.clone(), joint_key, roll.hash()).refused()?;
        Ok(Election { context, roll })
    }

    /// The rules of the roll that the manifest makes.
    pub(crate) fn roll_rules(&self) -> RollRules {
        let styles: Vec<&str> = self.manifest.styles().iter().map(|style| style.id.as_str()).collect();
        RollRules::new(*self.manifest.hash(), &styles, self.manifest.weights().max)
    }

    fn roll(&self) -> Result<RollIndex> {
        const PART: u64 = 1 << 20;
        let length = self.source.length(record::ROLL)?;
        let length = length.context("the record has no roll").refused().remedy("issue credentials first")?;
        let mut reader = RollReader::new(self.roll_rules());
        let mut offset = 0;
        while offset < length {
            let mut part = vec![0; usize::try_from(PART.min(length - offset))?];
            self.source.read_exact_at(record::ROLL, offset, &mut part)?;
            reader.feed(&part, &mut |_| ());
            offset += part.len() as u64;
        }
        reader.finish(&mut |_| ()).refused().context("the roll does not hold")
    }

    /// The first opening and the first closing of the election, signed by its organiser.
    pub(crate) fn window(&self, context: &ElectionContext) -> Result<Window> {
        let first = |action: Action| {
            let Some((index, body)) = self.entries(action.kind()).next() else { return Ok(None) };
            let entry =
                OrganiserEntry::decode(action, body).with_context(|| format!("entry {index} cannot be read"))?;
            let verified = entry.verify(context.fingerprint(), self.manifest.organiser(), &mut system_rng());
            verified.refused().with_context(|| format!("entry {index} does not hold"))?;
            Ok::<_, anyhow::Error>(Some(index))
        };
        Ok(Window { opened: first(Action::Open)?, closed: first(Action::Close)? })
    }

    /// How many of the witnesses cosigned the board up to its close, which is entry `close`; `None` if there is no closing
    /// checkpoint. One of another board is refused: a server that shows two boards has the cosignatures of one.
    pub(crate) fn closing_witnesses(&self, close: u64) -> Result<Option<usize>> {
        let Some(signed) = read_checkpoint(&self.source, record::CLOSING_CHECKPOINT)? else { return Ok(None) };
        let head = *signed.verify(&board_key(&self.manifest)?).refused()?.head();
        let mut frontier = Frontier::new();
        BoardFolder::read(&self.root, &board_key(&self.manifest)?, |index, entry| {
            if index <= close {
                frontier.push(leaf_hash(entry));
            }
        })
        .refused()?;
        if head != frontier.head() {
            return refusal("the closing checkpoint is not of this board: it shows two histories")
                .remedy("keep this record and tell everybody");
        }
        Ok(Some(signed.cosigned_by(&witness_keys(&self.manifest)?).refused()?.len()))
    }
}

impl Window {
    /// Whether a ballot at a position counts.
    pub(crate) fn contains(&self, index: u64) -> bool {
        self.opened.is_some_and(|opened| opened < index) && self.closed.is_none_or(|closed| index < closed)
    }
}

impl Election {
    /// The line of a credential.
    pub(crate) fn line(&self, record: &Record, credential: &[u8; 32]) -> Result<Option<RollLine>> {
        let read_at = |offset, buffer: &mut [u8]| record.source.read_exact_at(record::ROLL, offset, buffer);
        let line = self.roll.lookup(credential, read_at)?;
        line.map(|line| line.key().refused().map(|_: PublicElement| line)).transpose()
    }
}

/// Reads the board that its checkpoint covers, and shows every entry.
fn read_board(root: &Path, manifest: &Manifest, mut visit: impl FnMut(u64, Entry<'_>) -> Result<()>) -> Result<()> {
    let mut visited = Ok(());
    let folder = BoardFolder::read(root, &board_key(manifest)?, |index, bytes| {
        if visited.is_ok() {
            let entry = Entry::decode(bytes).with_context(|| format!("entry {index} of the board cannot be read"));
            visited = entry.refused().and_then(|entry| visit(index, entry));
        }
    });
    folder.refused().context("the board does not hold")?;
    visited
}

/// A checkpoint of a record, whose signatures are still to be verified; `None` if there is no such file.
pub(crate) fn read_checkpoint(source: &FolderRecord, path: &str) -> Result<Option<SignedCheckpoint>> {
    if source.length(path)?.is_none() {
        return Ok(None);
    }
    let bytes = read_file(source, path, MAX_CHECKPOINT_BYTES)?;
    SignedCheckpoint::parse(&bytes).refused().with_context(|| path.to_owned()).map(Some)
}

/// A text of a manifest in its first language.
pub(crate) fn text<'a>(manifest: &Manifest, text: &'a Text) -> &'a str {
    manifest.languages().first().and_then(|language| text.get(language)).unwrap_or_default()
}
