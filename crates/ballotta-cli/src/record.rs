//! Reading a record for the other verbs, and beginning a new one.
//!
//! See `spec/command-line.md#record`. Reading checks the entries against the tree head that the board signed. Each verb
//! checks what else it needs, and `ballotta verify` checks everything.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ballotta::ballot::Window;
use ballotta::board;
use ballotta::board::cancellation::Cancellation;
use ballotta::board::note::{NoteError, NoteSigner};
use ballotta::board::timeline::{Event, Observed};
use ballotta::key_ceremony::{CeremonyError, CeremonyParameters, FIRST_ATTEMPT, JointKey};
use ballotta::manifest::{ElectionKind, Manifest, Text};
use ballotta::merkle::{Frontier, TreeHead};
use ballotta::record::{self, PublishedBoard, ReadError, RecordError, RecordSource};
use ballotta::voter::{Election, VoterError};
use ballotta_io::{AnyRecord, BoardFolder, BoardLock, FolderRecord, Location};
use serde_json::json;

use crate::attachments;
use crate::ballot_box::BallotBox;
use crate::console::{Console, Shown as _, counted, isolated};
use crate::failure::{ErrorContext as _, refusal};
use crate::location;
use crate::manifest;
use crate::recognise::other_key;
use crate::secrets::{KeyFile, note_key, system_rng};
use crate::signing::BoardPin;
use crate::state_file::{begin_log, has_begun_log};
use crate::trustee_names::with_names;

/// A new record.
#[derive(clap::Args, Debug)]
pub(crate) struct NewRecord {
    /// The manifest of the election
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The secret key of the board
    #[arg(long, value_name = "FILE")]
    board_key: PathBuf,
    /// The new folder for the record
    record: PathBuf,
}

impl NewRecord {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let bytes = manifest::read(&self.manifest)?;
        let manifest = manifest::parse(&bytes)?;
        let there = self.record.join(record::CHECKPOINT).exists();
        let signer = board_signer(&manifest, &self.board_key)?;
        // An interrupted call has left the manifest, and may be repeated. In another folder the log would begin once more.
        if !exists(&self.record.join(record::MANIFEST))? && has_begun_log(&manifest, &self.board_key)? {
            return refusal("this board has begun the log of this manifest already: a second record of it would be a fork")
                .remedy(format!(
                    "continue the record that was begun. If it is lost, make a new manifest, which has another election id. \
                     Only if nothing was ever added to that record, and the key keeps no other, remove {}.state",
                    self.board_key.shown()
                ));
        }
        let begin = || begin_log(&manifest, &self.board_key, false);
        let created = BallotBox::create(&self.record, &bytes, signer, begin);
        if there {
            created.remedy("choose another folder: this one already has a record")?
        } else {
            created?
        };
        let beside = self.manifest.parent().unwrap_or_else(|| Path::new(""));
        let missing = attachments::copy(&manifest, beside, &self.record)?;
        if missing > 0 {
            let files = counted(missing as u64, "attachment of the manifest is", "attachments of the manifest are");
            console.say(format!("warning: {files} not beside it: copy them into the record, to attachments/"));
        }
        let hash = manifest.hash().to_string();
        let record = self.record.shown();
        console.say(format!("{record} contains the manifest and an empty board. The hash of the manifest:"));
        console.answer(&hash, &json!({ "record": self.record, "manifest": hash }))
    }
}

/// A place with a record, and its name for people.
pub(crate) trait Source: RecordSource {
    /// The folder or the address, on one line.
    fn name(&self) -> String;
}

impl Source for FolderRecord {
    fn name(&self) -> String {
        self.root().shown()
    }
}

/// The manifest of a record. A place whose manifest cannot be read has no record.
pub(crate) fn read_manifest(source: &impl Source) -> Result<Manifest> {
    match record::read_manifest(source) {
        Err(RecordError::File { path, error }) => not_a_record(source, path, error),
        manifest => manifest.refused(),
    }
}

fn not_a_record<T>(source: &impl Source, path: String, error: ReadError) -> Result<T> {
    let is_missing = matches!(error, ReadError::Missing);
    let failed = Err(error).context(path).with_context(|| format!("{} is not a record", source.name()));
    match folder_below(source).filter(|_| is_missing) {
        Some(folder) => failed.remedy(folder),
        None => failed,
    }
}

/// What to do if the record is in a folder of the place that was named, as in an archive that was made outside of the record.
pub(crate) fn folder_below(source: &impl RecordSource) -> Option<String> {
    let listed = source.list().ok().flatten()?;
    let below = format!("/{}", record::MANIFEST);
    let folder = listed.iter().find_map(|path| path.strip_suffix(&below))?;
    Some(format!("the record is in {folder}: name that folder, or make the archive inside of it"))
}

/// The signer of the board that a manifest names.
pub(crate) fn board_signer(manifest: &Manifest, key: &Path) -> Result<NoteSigner> {
    match board::board_signer(manifest, &*KeyFile::Note.read(key)?) {
        Err(NoteError::OtherBoard { .. }) => {
            let problem = format!("{} is not the key of the board that the manifest names", key.shown());
            refusal(problem).remedy(other_key(manifest, &note_key(key)?, "the board"))
        }
        signer => Ok(signer?),
    }
}

/// Locks a file against other processes until the returned value is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = open_regular(path).with_context(|| format!("{} cannot be read", path.shown()))?;
    file.lock().with_context(|| format!("{} cannot be locked", path.shown()))?;
    Ok(file)
}

/// Locks the board of a record. Nobody else writes to the record until the returned value is dropped.
pub(crate) fn lock_record(root: &Path) -> Result<BoardLock> {
    let locked = BoardFolder::lock(root).with_context(|| format!("{} is not a record", root.shown()));
    match Location::of(root) {
        Ok(Location::Folder(_)) | Err(_) => locked,
        Ok(_) => locked.remedy("a record is written in its folder, on the machine of the board: give the folder"),
    }
}

/// A record with entries that match the tree head that its board signed.
pub(crate) struct Record<S = AnyRecord> {
    pub(crate) source: S,
    pub(crate) manifest: Manifest,
    board: PublishedBoard,
    /// Whether the result is published.
    pub(crate) is_published: bool,
}

impl Record {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        Self::read_pinned(root, &BoardPin::default())
    }

    /// Reads a record whose board must continue the pinned checkpoint.
    pub(crate) fn read_pinned(root: &Path, pin: &BoardPin) -> Result<Self> {
        Self::of(location::open(root)?, pin)
    }
}

impl<S: Source> Record<S> {
    /// Reads a record, whose board must continue the pinned checkpoint, from any source.
    pub(crate) fn of(source: S, pin: &BoardPin) -> Result<Self> {
        let manifest = read_manifest(&source)?;
        Self::visit(source, manifest, pin, &mut |_| ())
    }

    /// Reads the board of a record, which must continue the pinned checkpoint, and shows every entry to `visit`.
    pub(crate) fn visit(
        source: S,
        manifest: Manifest,
        pin: &BoardPin,
        visit: &mut dyn FnMut(&Observed<'_>),
    ) -> Result<Self> {
        let mut is_published = false;
        let (mut pinned, mut entries) = (pin.read(&manifest)?, Frontier::new());
        let mut visit = |observed: &Observed<'_>| {
            is_published |= matches!(observed.event, Some(Event::Publication(_)));
            if let Some(pinned) = &mut pinned {
                entries.push(observed.leaf);
                pinned.compare(&entries);
            }
            visit(observed);
        };
        let board = PublishedBoard::read(&source, &manifest, &mut visit, &mut system_rng()).refused()?;
        pin.check(pinned.as_ref(), board.timeline().size())?;
        Ok(Self { source, manifest, board, is_published })
    }

    /// The head of the board as it was read.
    pub(crate) fn head(&self) -> TreeHead {
        self.board.timeline().head()
    }

    /// Where the board was opened and closed.
    /// The cancellation of the election, with its position on the board.
    pub(crate) fn cancellation(&self) -> Option<&(u64, Cancellation)> {
        self.board.timeline().cancellation()
    }

    pub(crate) fn window(&self) -> Window {
        self.board.timeline().window()
    }

    /// The election of the record, from the board that was read. Fails if the key ceremony or the roll is missing.
    pub(crate) fn into_election(self) -> Result<(S, Election)> {
        let Self { source, manifest, board, .. } = self;
        let election = Election::of_board(&source, manifest, board, &mut system_rng());
        let election = explain(&source, election)?;
        Ok((source, election))
    }

    /// The messages of the key ceremony, in the order of the board. Messages after the opening have no effect.
    pub(crate) fn ceremony(&self) -> Result<Vec<Vec<u8>>> {
        self.board.ceremony_messages(&self.source).refused()
    }

    pub(crate) fn parameters(&self) -> Result<CeremonyParameters> {
        CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT).refused()
    }

    /// The joint key of a key ceremony that is complete.
    pub(crate) fn joint_key(&self) -> Result<JointKey> {
        let joint_key = JointKey::verify(&self.parameters()?, &self.ceremony()?, &mut system_rng());
        joint_key.or_else(|error| incomplete(&self.manifest, error))
    }
}

/// Reads the election of a record as voters do. Fails if the key ceremony or the roll is missing.
pub(crate) fn read_election(source: &impl Source) -> Result<Election> {
    explain(source, settled(source, Result::is_ok, || Election::read(source, &mut system_rng())))
}

/// Reads a record, and again, up to three times, if what was read is not right and the board has grown meanwhile: its last
/// entries may have been moved while they were read.
pub(crate) fn settled<T>(source: &dyn RecordSource, is_right: impl Fn(&T) -> bool, mut read: impl FnMut() -> T) -> T {
    let checkpoint = || record::read_checkpoint(source, record::CHECKPOINT);
    let mut before = checkpoint();
    let mut left = 3;
    loop {
        let value = read();
        let after = checkpoint();
        left -= 1;
        if is_right(&value) || before == after || left == 0 {
            return value;
        }
        before = after;
    }
}

/// Says what to do about the part of an election that is missing.
fn explain(source: &impl Source, read: Result<Election, VoterError>) -> Result<Election> {
    match read {
        Err(VoterError::Record(RecordError::File { path, error })) if path == record::MANIFEST => {
            not_a_record(source, path, error)
        }
        Err(VoterError::Record(RecordError::File { path, error: ReadError::Missing })) if path == record::ROLL => {
            refusal("the record has no roll").remedy("issue credentials first, with `ballotta credentials issue`")
        }
        Err(VoterError::Record(RecordError::Ceremony(error))) => incomplete(&read_manifest(source)?, error),
        read => read.refused(),
    }
}

fn incomplete<T>(manifest: &Manifest, error: CeremonyError) -> Result<T> {
    let is_missing = matches!(error, CeremonyError::MissingMessage { .. } | CeremonyError::TooFewConfirmed { .. });
    // The prefix is that of the library's error.
    let error = Err(with_names(manifest, error)).refused().context("the key ceremony");
    if is_missing {
        error.remedy(
            "each of these trustees must make the message with `ballotta trustee ceremony`; then add it with `ballotta board add`",
        )
    } else {
        error
    }
}

/// The requested language, or the manifest's first. Fails if the manifest does not have it.
pub(crate) fn language<'a>(manifest: &'a Manifest, asked: Option<&str>) -> Result<&'a str> {
    let Some(asked) = asked else { return Ok(first_language(manifest)) };
    let languages = manifest.languages();
    let found = languages.iter().find(|language| language.eq_ignore_ascii_case(asked));
    found
        .map(String::as_str)
        .with_context(|| format!("the election has no texts in {asked}, only in {}", languages.join(", ")))
}

/// The language in which results and inspected files are shown: the manifest's first.
pub(crate) fn first_language(manifest: &Manifest) -> &str {
    manifest.languages().first().map_or("", String::as_str)
}

/// The title of an election in its first language. A rehearsal is called one.
pub(crate) fn headline(manifest: &Manifest) -> String {
    let title = isolated(text(manifest, manifest.title()));
    if manifest.kind() == ElectionKind::Rehearsal {
        return format!("{title}  ({REHEARSAL})");
    }
    title
}

/// What everybody is told of a rehearsal.
pub(crate) const REHEARSAL: &str = "A REHEARSAL: the result does not count";

/// A text of a manifest in its first language.
pub(crate) fn text<'a>(manifest: &Manifest, text: &'a Text) -> &'a str {
    text.get(first_language(manifest)).unwrap_or_default()
}

/// Reads a file of at most `limit` bytes, which is expected to be `what`.
pub(crate) fn read_at_most(path: &Path, limit: usize, what: &str) -> Result<Vec<u8>> {
    let cannot_read = || format!("{} cannot be read", path.shown());
    let too_long = || format!("{} is too long for {what}", path.shown());
    let file = open_regular(path).with_context(cannot_read)?;
    // The length is a hint: the file may grow.
    let length = file.metadata().with_context(cannot_read)?.len();
    ensure!(length <= limit as u64, too_long());
    // Secrets must not be moved, because bytes that are moved are not wiped.
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.take(limit as u64 + 1).read_to_end(&mut bytes).with_context(cannot_read)?;
    ensure!(bytes.len() <= limit, too_long());
    Ok(bytes)
}

/// Whether there is a file, a folder or a link at this path. An error says that nobody knows.
pub(crate) fn exists(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.shown())),
    }
}

/// Opens a file. A pipe or a device is refused: reading it might never end.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::other("it is not a file, but a pipe or a device"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// K4: what was read beside a board that grew is read again, and only then.
    #[test]
    fn k4_a_record_that_has_grown_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let signer = NoteSigner::from_seed("board.example", &[1; 32]).unwrap();
        let mut tree = Frontier::new();
        let mut grow = || {
            tree.push(ballotta::merkle::leaf_hash(b"entry"));
            fs::write(folder.path().join(record::CHECKPOINT), signer.sign_checkpoint(&tree.head()).to_string())
                .unwrap();
        };
        grow();
        let source = FolderRecord::new(folder.path());
        let mut readings = |grows: usize, right: usize| {
            let mut count = 0;
            settled(
                &source,
                |read| *read == right,
                || {
                    count += 1;
                    if count <= grows {
                        grow();
                    }
                    count
                },
            )
        };
        assert_eq!(readings(0, 1), 1);
        assert_eq!(readings(5, 1), 1, "what is right is not read again");
        assert_eq!(readings(0, 2), 1, "what has not changed is not read again");
        assert_eq!(readings(1, 2), 2);
        assert_eq!(readings(9, 9), 3, "a board that always grows is read three times");
    }
}
