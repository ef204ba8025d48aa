//! Shows what a file of this project is and what it contains, without secrets.
//!
//! See `spec/command-line.md#inspect`. The content is read, not verified, unless the output says so.

use std::fs;
use std::io::{self, BufRead as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail, ensure};
use ballotta::ballot::{BallotHeader, BallotOpening, SignedBallot};
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::SignedCheckpoint;
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::{Level, TILE_WIDTH, TilePath, decode_bundle, decode_hashes};
use ballotta::board::{board_key, witness_keys};
use ballotta::contest::ContestOption;
use ballotta::credential::{ChangeDraft, PART_LIST_FORMAT, RollChange, RollSignature, authority_of_parts_file};
use ballotta::decryption::{ClosingStatement, PartialDecryption, TallyReference};
use ballotta::evidence::{Conviction, Evidence};
use ballotta::hash::{FileHash, Fingerprint, Tracker};
use ballotta::key_ceremony::{CeremonyMessage, CeremonyParameters, FIRST_ATTEMPT, message_header};
use ballotta::limits::{MAX_ROLL_LINE_BYTES, MAX_VOTERS};
use ballotta::manifest::{Attachment, BallotStyle, Contest, ElectionKind, LogKey, Manifest, Party};
use ballotta::record::{FileList, MANIFEST, ResultDocument};
use ballotta::signing::PublicElement;
use ballotta::verifier::VerifierState;
use ballotta::written::VoterNumber;
use ballotta_io::{FolderRecord, Location};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::chart;
use crate::clock;
use crate::console::{Console, Shown as _, counted, escaped, is_at_a_terminal, print};
use crate::failure::{ErrorContext as _, remedy_of};
use crate::location::{self, located};
use crate::message_file::{FileKind, MessageFile};
use crate::prepared::PreparedFile;
use crate::recognise::{AGE, CODES, PART_CODES};
use crate::record::{open_regular, read_at_most, read_manifest, text};
use crate::secrets::{KeyFile, note_key, open_trustee_seed, read_signing_key, system_rng};
use crate::status;

/// Shows what a file is, and its fields.
#[derive(clap::Args, Debug)]
pub(crate) struct InspectFile {
    /// The file; or a record: a folder, a zip archive, or an address of one of these
    file: PathBuf,
    /// The record to which the file belongs, if the file is not in its folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// Read the passphrase of a trustee's key from a file instead of the terminal, to show its public key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// The first bytes of a zip archive that contains a file.
const ZIP: &[u8; 4] = b"PK\x03\x04";
/// Longer than any file of an election except rolls and codes, which are read line by line.
const MAX_BYTES: usize = 24 << 20;
/// The bytes that show whether a file has the parts of an authority.
const PARTS_HEADER: u64 = 12;
/// Longer than any document in JSON. A parsed document takes up to thirty times its length in memory.
const MAX_JSON_BYTES: usize = 4 << 20;

/// The fields of a roll, of a part list or of voting codes, which may be too long for the memory; `None` if the file is none of them.
fn lines_of(path: &Path, length: u64) -> Result<Option<Fields>> {
    let mut file = io::BufReader::new(open_regular(path)?);
    let begins = |line: &[u8], with: &str| line.starts_with(with.as_bytes());
    // The buffers have parts of secret codes.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_ROLL_LINE_BYTES + 1));
    let mut next = |line: &mut Vec<u8>| -> Result<usize> {
        line.clear();
        Ok((&mut file).take(MAX_ROLL_LINE_BYTES as u64 + 1).read_until(b'\n', line)?)
    };
    next(&mut line)?;
    let is_roll = begins(&line, concat!(ballotta::format_name!("roll"), " "));
    let is_part_list = begins(&line, PART_LIST_FORMAT);
    if !is_roll && !is_part_list && !begins(&line, CODES) && !begins(&line, PART_CODES) {
        return Ok(None);
    }
    ensure!(length <= MAX_VOTERS * MAX_ROLL_LINE_BYTES as u64, "it is longer than a line for each of the most voters");
    let header = String::from_utf8_lossy(&line).trim_end().to_owned();
    let mut hash = Sha256::new_with_prefix(&*line);
    let (mut count, mut weight) = (0_u64, 0_u64);
    while next(&mut line)? > 0 {
        ensure!(line.len() <= MAX_ROLL_LINE_BYTES, "line {} is too long", count + 2);
        hash.update(&*line);
        count += 1;
        if is_roll {
            let last = str::from_utf8(&line).ok().and_then(|line| line.trim_end().rsplit_once(' ')?.1.parse().ok());
            let last: u64 = last.with_context(|| format!("line {} has no weight", count + 1))?;
            weight = weight.checked_add(last).context("the sum of the weights is too large")?;
        }
    }
    if is_part_list {
        let mut names = header.rsplit(' ');
        let (Some(authority), Some(manifest), Some(_)) = (names.next(), names.next(), names.next()) else {
            bail!("its first line is not that of a part list: it names no manifest or no authority");
        };
        let fields =
            Fields::of("a part list: for the offices of credential authorities only").with("manifest", manifest);
        // The last line is the signature.
        return Ok(Some(fields.with("authority", authority).with("voters", count.saturating_sub(1))));
    }
    if !is_roll {
        return Ok(Some(Fields::of("voting codes: secret").with("codes", count)));
    }
    let Some((_, manifest)) = header.rsplit_once(' ') else {
        bail!("its first line is not that of a roll: it names no manifest");
    };
    let fields = Fields::of("a credential roll").with("manifest", manifest);
    Ok(Some(fields.with("hash", hex::encode(hash.finalize())).with("voters", count).with("weight", weight)))
}

/// Whether a person has named a whole record, and not a file of one.
fn is_record(typed: &Path) -> Result<bool> {
    match located(typed)? {
        Location::Archive(path) => {
            let mut first = [0; ZIP.len()];
            Ok(open_regular(&path)?.read_exact(&mut first).is_ok() && first == *ZIP)
        }
        _ => Ok(true),
    }
}

impl InspectFile {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let cannot_read = || format!("{} cannot be read", self.file.shown());
        if is_record(&self.file).with_context(cannot_read)? {
            return status::show(&self.file, console);
        }
        let metadata = fs::metadata(&self.file).with_context(cannot_read)?;
        let mut first = Vec::new();
        open_regular(&self.file)
            .and_then(|file| file.take(PARTS_HEADER).read_to_end(&mut first))
            .with_context(cannot_read)?;
        if let Some(authority) = authority_of_parts_file(&first, metadata.len()) {
            let fields = Fields::of("the parts of a credential authority").with("authority", authority.get());
            return fields.show(console);
        }
        if let Some(fields) = lines_of(&self.file, metadata.len()).with_context(cannot_read)? {
            return fields.show(console);
        }
        let bytes = Zeroizing::new(read_at_most(&self.file, MAX_BYTES, "a file of an election")?);
        let manifest = self.manifest()?;
        let inspection = Inspection {
            path: &self.file,
            manifest: manifest.as_ref(),
            passphrase_file: self.passphrase_file.as_deref(),
            for_people: !console.is_json,
        };
        let fields = inspection
            .file(&bytes)
            .with_context(|| format!("{} cannot be shown", self.file.shown()))
            .or_else(|error| match remedy_of(&error) {
                Some(_) => Err(error),
                None => Err(error).remedy("give a file of a record, a message file or a key"),
            })?;
        fields.show(console)
    }

    /// The manifest of the record that was given, or that contains the file.
    fn manifest(&self) -> Result<Option<Manifest>> {
        if let Some(record) = &self.record {
            return read_manifest(&location::open(record)?).map(Some);
        }
        let path = fs::canonicalize(&self.file)?;
        let record = path.ancestors().skip(1).find(|folder| folder.join(MANIFEST).is_file());
        Ok(record.and_then(|record| read_manifest(&FolderRecord::new(record)).ok()))
    }
}

/// Names and values, in the order in which they are printed.
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn of(what: &str) -> Self {
        Self(vec![("what", json!(what))])
    }

    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds the fingerprint of an election, in the form that people compare and whole.
    fn fingerprint(self, fingerprint: &Fingerprint) -> Self {
        self.with("written fingerprint", fingerprint.written()).with("fingerprint", fingerprint.to_string())
    }

    /// Adds the tracker of a ballot, in the form that people compare and whole.
    fn tracker(self, tracker: &Tracker) -> Self {
        self.with("written tracker", tracker.written()).with("tracker", tracker.to_string())
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0.into_iter().filter(|(name, _)| *name != "what"));
        self
    }

    fn show(self, console: Console) -> Result<()> {
        if console.is_json {
            return console.json(&self.0.into_iter().collect::<Value>());
        }
        self.0.iter().try_for_each(|(name, value)| print_value(name, value, 0))
    }
}

fn print_value(name: &str, value: &Value, indent: usize) -> Result<()> {
    // The names of fields may be those of a file.
    let (space, name) = (" ".repeat(indent), escaped(name));
    match value {
        Value::Array(items) if !items.iter().all(Value::is_number) => {
            print(format_args!("{space}{name}:"))?;
            (1..).zip(items).try_for_each(|(number, item)| match item {
                Value::String(text) => print(format_args!("{space}  {}", escaped(text))),
                Value::Array(parts) if parts.iter().all(|part| part.is_string() || part.is_number()) => {
                    print(format_args!("{space}  {}", on_a_line(item)))
                }
                item => print_item(number, item, indent + 2),
            })
        }
        Value::Object(fields) => {
            print(format_args!("{space}{name}:"))?;
            fields.iter().try_for_each(|(name, value)| print_value(name, value, indent + 2))
        }
        value => print(format_args!("{space}{name}: {}", on_a_line(value))),
    }
}

/// Prints an item of a list under its identifier or, if it has none, its number.
fn print_item(number: usize, item: &Value, indent: usize) -> Result<()> {
    let Some(id) = item.get("id").and_then(Value::as_str) else {
        return print_value(&number.to_string(), item, indent);
    };
    let fields = item.as_object().into_iter().flatten().filter(|(name, _)| *name != "id");
    print_value(id, &fields.map(|(name, value)| (name.clone(), value.clone())).collect(), indent)
}

fn on_a_line(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(on_a_line).collect::<Vec<_>>().join(", "),
        Value::String(text) => escaped(text),
        value => escaped(&value.to_string()),
    }
}

/// A file, and the manifest that says how long its parts are.
struct Inspection<'a> {
    path: &'a Path,
    manifest: Option<&'a Manifest>,
    passphrase_file: Option<&'a Path>,
    /// Whether the output is for people, not for programs.
    for_people: bool,
}

impl Inspection<'_> {
    fn file(&self, bytes: &[u8]) -> Result<Fields> {
        if bytes.starts_with(AGE) {
            return self.encrypted_key();
        }
        match str::from_utf8(bytes) {
            Ok(text) => self.text(text),
            Err(_) => self.binary(bytes),
        }
    }

    fn text(&self, text: &str) -> Result<Fields> {
        // An empty file has no line.
        let first = text.lines().next().unwrap_or_default();
        if let Some(kind) = KeyFile::of_header(first) {
            return self.key(kind);
        }
        if SignedReceipt::is_receipt(text.as_bytes()) {
            return self.receipt(&text.parse()?);
        }
        if first.starts_with("ballotta/") {
            return self.message_file(text);
        }
        if text.trim_start().starts_with('{') {
            return self.json(text);
        }
        if let Ok(signed) = SignedCheckpoint::parse(text.as_bytes()) {
            return self.checkpoint(&signed, text);
        }
        match FileList::parse(text.as_bytes()) {
            Ok(list) if list.iter().next().is_some() => {
                let files: Vec<String> = list.iter().map(|(path, hash)| format!("{hash}  {path}")).collect();
                Ok(Fields::of("the hashes of files of a record").with("files", files))
            }
            // The bytes of a message can be valid text by chance.
            _ => self.binary(text.as_bytes()),
        }
    }

    /// The key of a trustee. Its file has no public part, so the public key is computed from the seed.
    fn encrypted_key(&self) -> Result<Fields> {
        let fields = Fields::of("a trustee's key, encrypted with a passphrase (age)");
        if self.passphrase_file.is_none() && !is_at_a_terminal() {
            let hidden = "encrypted; to see it, call this command at a terminal, or with --passphrase-file";
            return Ok(fields.with("public key", hidden));
        }
        let seed = open_trustee_seed(self.path, self.passphrase_file)?;
        Ok(fields.with("public key", hex::encode(seed.signing_key().public().as_bytes())))
    }

    fn key(&self, kind: KeyFile) -> Result<Fields> {
        let public = match kind {
            KeyFile::Schnorr => hex::encode(read_signing_key(self.path)?.public().as_bytes()),
            KeyFile::Note => hex::encode(note_key(self.path)?),
        };
        Ok(Fields::of(&format!("the secret key of {}", kind.holder())).with("public key", public))
    }

    fn json(&self, text: &str) -> Result<Fields> {
        ensure!(text.len() <= MAX_JSON_BYTES, "it is longer than any JSON of an election");
        let value: Value = serde_json::from_str(text).context("the JSON cannot be read")?;
        let format = value.get("format").and_then(Value::as_str).context("the JSON has no field `format`")?;
        if format == ResultDocument::FORMAT {
            return self.result(serde_json::from_value(value)?);
        }
        match format.strip_prefix(ballotta::format_name!("")) {
            Some("manifest") => manifest(text.as_bytes()),
            Some("prepared-ballot") => {
                let file: PreparedFile = serde_json::from_value(value)?;
                let state = if file.is_used() { "used" } else { "not used yet: secret" };
                Ok(Fields::of("a prepared ballot")
                    .with("state", state)
                    .fingerprint(&file.fingerprint.parse().context("the fingerprint")?)
                    .tracker(&file.tracker.parse().context("the tracker")?))
            }
            Some("trustee-state") => Ok(Fields::of("the state of a trustee").with("state", value)),
            Some("witness-state") => Ok(Fields::of("the state of a witness").with("state", value)),
            Some("board-state") => Ok(Fields::of("the state of a board").with("state", value)),
            _ => bail!("the format {format} is not known"),
        }
    }

    /// A result. If the manifest is known and has the same contests, people see the chart of the result.
    fn result(&self, result: ResultDocument) -> Result<Fields> {
        let fields = Fields::of("the result of an election");
        let contests = |manifest: &&Manifest| {
            let ids = result.contests.iter().map(|contest| &contest.id);
            manifest.contests().iter().map(|contest| &contest.id).eq(ids)
        };
        match self.manifest.filter(contests) {
            Some(manifest) if self.for_people => {
                let shown = chart::terminal(manifest, &result, 40);
                let lines: Vec<&str> = shown.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
                let checked =
                    "nothing: this is only the content of the file; `ballotta verify` checks it against the ballots";
                let fields = fields
                    .fingerprint(&result.fingerprint.parse().context("the fingerprint")?)
                    .with("checked", checked);
                Ok(fields.with("result", lines))
            }
            _ => {
                let rehearsal = self.manifest.map(|manifest| manifest.kind() == ElectionKind::Rehearsal);
                Ok(fields.with("rehearsal", rehearsal).with("result", serde_json::to_value(result)?))
            }
        }
    }

    fn checkpoint(&self, signed: &SignedCheckpoint, text: &str) -> Result<Fields> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            bail!("a checkpoint has three lines: origin, size and root");
        };
        let fields = Fields::of("a checkpoint of a board").with("origin", origin).with("size", size).with("root", root);
        let signatures: Vec<&str> = text.lines().filter(|line| line.starts_with('—')).collect();
        let fields = fields.with("signatures", signatures);
        let Some(manifest) = self.manifest else {
            return Ok(fields.with("verified", "no: give the record with --record"));
        };
        let verified = match signed.verify(&board_key(manifest)?) {
            Ok(_) => "signed by the board of the manifest".to_owned(),
            Err(error) => format!("no: {error}"),
        };
        let witnesses = match signed.cosigned_by(&witness_keys(manifest)?) {
            Ok(witnesses) => format!("{} of {}", witnesses.len(), manifest.witnesses().members.len()),
            Err(error) => error.to_string(),
        };
        Ok(fields.with("verified", verified).with("witnesses", witnesses))
    }

    fn receipt(&self, signed: &SignedReceipt) -> Result<Fields> {
        let receipt = signed.unverified();
        let verified = match self.manifest.map(|manifest| Ok::<_, Error>(signed.verify(&board_key(manifest)?).err())) {
            None => "no: give the record with --record".to_owned(),
            Some(verified) => match verified? {
                None => "signed by the board of the manifest".to_owned(),
                Some(error) => format!("no: {error}"),
            },
        };
        Ok(Fields::of("a receipt of a board")
            .with("origin", receipt.origin())
            .with("fingerprint", receipt.fingerprint().to_string())
            .with("entry", receipt.index())
            .with("leaf", receipt.leaf().to_string())
            .with("tracker", receipt.tracker().to_string())
            .with("written", receipt.tracker().written())
            .with("previous", receipt.previous().map(|tracker| tracker.to_string()))
            .with("verified", verified))
    }

    fn message_file(&self, text: &str) -> Result<Fields> {
        let MessageFile { kind, bytes } = MessageFile::parse(text)?;
        let fields = match kind {
            FileKind::CeremonyMessage => self.ceremony_message(&bytes)?,
            FileKind::RollSignature => {
                let signature = RollSignature::decode(&bytes)?;
                let fields = Fields::of("").with("authority", signature.authority());
                let fields = fields.fingerprint(signature.fingerprint());
                match signature.parts() {
                    Some(parts) => fields.with("parts", parts.to_string()),
                    None => fields,
                }
            }
            FileKind::Opening => organiser_entry(Action::Open, &bytes)?,
            FileKind::Closing => organiser_entry(Action::Close, &bytes)?,
            FileKind::CutOff => organiser_entry(Action::CutOff, &bytes)?,
            FileKind::Cancellation => {
                let entry = Cancellation::decode(&bytes)?;
                Fields::of("").fingerprint(entry.fingerprint()).with("reason", entry.reason())
            }
            FileKind::RollChange => {
                let change = RollChange::decode(&bytes)?;
                let added = change.added();
                Fields::of("")
                    .fingerprint(change.fingerprint())
                    .with("number", change.sequence())
                    .with("reason", change.reason().word())
                    .with(
                        "revokes",
                        change.revoked().and_then(PublicElement::from_canonical).map(|it| VoterNumber::written(&it)),
                    )
                    .with("adds", added.map(|line| VoterNumber::written(&line.credential)))
                    .with("style", added.map(|line| line.style))
                    .with("weight", added.map(|line| line.weight))
            }
            FileKind::RollChangeDraft => {
                let draft = ChangeDraft::decode(&bytes)?;
                Fields::of("")
                    .fingerprint(draft.fingerprint())
                    .with("number", draft.sequence())
                    .with("reason", draft.reason().word())
                    .with(
                        "revokes",
                        draft.revoked().and_then(PublicElement::from_canonical).map(|it| VoterNumber::written(&it)),
                    )
                    .with("style", draft.added().map(|line| line.style))
                    .with("weight", draft.added().map(|line| line.weight))
                    .with("awaits authority", draft.awaited())
            }
            FileKind::Ballot => Fields::of("").tracker(&SignedBallot::tracker_of(&bytes)?).and(header(&bytes)?),
            FileKind::ClosingStatement => {
                let statement = ClosingStatement::decode(&bytes)?;
                Fields::of("")
                    .with("trustee", statement.trustee())
                    .fingerprint(&statement.tally().fingerprint)
                    .with("size", statement.tally().close.size)
                    .with("root", statement.tally().close.root.to_string())
                    .with("heads", statement.tally().heads.to_string())
                    .with("sums", statement.tally().sums.to_string())
            }
            FileKind::PartialDecryption => decryption(&bytes)?,
            FileKind::Cosignature => Fields::of("").with("line", str::from_utf8(&bytes)?.trim_end()),
            FileKind::BallotOpening => header(BallotOpening::ballot_of(&bytes)?)?
                .with("choices", "secret: `ballotta voter check-opening` shows them"),
        };
        Ok(Fields::of(&format!("message file: {}", kind.name())).and(fields))
    }

    fn binary(&self, bytes: &[u8]) -> Result<Fields> {
        let parts: Vec<&str> = self.path.iter().filter_map(|part| part.to_str()).collect();
        if let Some(tile) = parts.iter().rposition(|part| *part == "tile")
            && let Ok(path) = parts[tile..].join("/").parse::<TilePath>()
        {
            return match path.level() {
                Level::Entries => bundle(bytes, path.first(), path.width()),
                Level::Hashes(level) => hashes(bytes, level, &path),
            };
        }
        if parts.iter().rev().nth(1) == Some(&"decryption") {
            return decryption(bytes);
        }
        if let Ok(evidence) = Evidence::decode(bytes) {
            return evidence_fields(&evidence);
        }
        if let Ok(state) = VerifierState::decode(bytes) {
            let checkpoint = state.checkpoint().to_string();
            return Ok(Fields::of("the state of a verification")
                .with("verified entries", state.entries())
                .with("checkpoint", checkpoint.lines().collect::<Vec<_>>()));
        }
        if message_header(bytes).is_ok() {
            return self.ceremony_message(bytes);
        }
        bundle(bytes, 0, TILE_WIDTH).ok().context("the format is not known")
    }

    fn ceremony_message(&self, bytes: &[u8]) -> Result<Fields> {
        let (kind, author) = message_header(bytes)?;
        let fields = Fields::of("a message of the key ceremony")
            .with("step", kind.to_string())
            .with("trustee", author)
            .with("bytes", bytes.len())
            .with("sha256", FileHash::of(bytes).to_string());
        let Some(manifest) = self.manifest else { return Ok(fields) };
        let parameters = CeremonyParameters::for_manifest(manifest, FIRST_ATTEMPT)?;
        Ok(match CeremonyMessage::decode(bytes, &parameters)? {
            CeremonyMessage::Registration(message) => {
                fields.with("encryption key", hex::encode(message.body().encryption_key().as_bytes()))
            }
            CeremonyMessage::DealCommitment(message) => fields.with("deal", message.body().deal().to_string()),
            CeremonyMessage::Deal(message) => {
                let deal = message.body();
                fields.with("slots", deal.commitments().len()).with("receivers", deal.shares().len())
            }
            CeremonyMessage::Confirmation(message) => fields.with("ceremony root", message.body().root().to_string()),
            _ => fields,
        })
    }
}

/// Evidence has all that is needed to verify it.
fn evidence_fields(evidence: &Evidence) -> Result<Fields> {
    let fields = Fields::of("evidence against a board or a trustee")
        .with("claim", evidence.claim().code())
        .with("manifest", evidence.manifest().hash().to_string());
    Ok(match evidence.verify(&mut system_rng()) {
        Ok(Conviction { convicted, proved }) => fields.with("verified", format!("it convicts {convicted}: {proved}")),
        Err(error) => fields.with("verified", format!("it convicts nobody: {error}")),
    })
}

fn bundle(bytes: &[u8], first: u64, width: u16) -> Result<Fields> {
    let entries = decode_bundle(bytes, width)?;
    let lines: Vec<String> =
        (first..).zip(entries).map(|(index, entry)| format!("{index}: {}", entry_line(entry))).collect();
    Ok(Fields::of("entries of a board").with("count", lines.len()).with("entries", lines))
}

fn hashes(bytes: &[u8], level: u8, path: &TilePath) -> Result<Fields> {
    let hashes = decode_hashes(bytes, path.width())?;
    let lines: Vec<String> = (path.first()..).zip(hashes).map(|(index, hash)| format!("{index}: {hash}")).collect();
    Ok(Fields::of("a tile of hashes of a board").with("level", level).with("count", lines.len()).with("hashes", lines))
}

fn manifest(bytes: &[u8]) -> Result<Fields> {
    let manifest = Manifest::parse(bytes).context("the manifest breaks its rules")?;
    let option = |option: &ContestOption| format!("{}: {}", option.id, text(&manifest, &option.title));
    let contest = |contest: &Contest| {
        let options: Vec<String> = contest.options.iter().map(option).collect();
        json!({ "id": contest.id, "title": text(&manifest, &contest.title), "rule": contest.rule, "order": contest.order, "options": options })
    };
    let contests: Vec<Value> = manifest.contests().iter().map(contest).collect();
    let attachment =
        |file: &Attachment| format!("{}: {}, {} bytes", file.path(), text(&manifest, &file.title), file.length);
    let attachments: Vec<String> = manifest.all_attachments().map(attachment).collect();
    let style = |style: &BallotStyle| format!("{}: {}", style.id, style.contests.join(", "));
    let styles: Vec<String> = manifest.styles().iter().map(style).collect();
    let parties = |parties: &[Party]| -> Vec<String> {
        parties.iter().map(|Party { name, key }| format!("{name}: {}", hex::encode(key.as_bytes()))).collect()
    };
    let log = |LogKey { name, key }: &LogKey| format!("{name}: {}", hex::encode(key.as_bytes()));
    let witnesses: Vec<String> = manifest.witnesses().members.iter().map(log).collect();
    let trustees = manifest.trustees();
    Ok(Fields::of("a manifest")
        .with("hash", manifest.hash().to_string())
        .with("election id", hex::encode(manifest.election_id()))
        .with("kind", json!(manifest.kind()))
        .with("title", text(&manifest, manifest.title()))
        .with("languages", json!(manifest.languages()))
        .with("schedule", json!(manifest.schedule()))
        .with("attachments", attachments)
        .with("contests", contests)
        .with("ballot styles", styles)
        .with("unit of weights", text(&manifest, &manifest.weights().unit))
        .with("largest weight", manifest.weights().max)
        .with("largest total weight", manifest.weights().total)
        .with("ballots per credential", manifest.ballots_per_credential())
        .with("changes of the roll", json!(manifest.roll_changes()))
        .with("quorum", json!(manifest.quorum()))
        .with("privacy", json!(manifest.privacy()))
        .with("organiser", hex::encode(manifest.organiser().as_bytes()))
        .with("credential authorities", parties(manifest.credential_authorities()))
        .with("trustees", parties(&trustees.members))
        .with("threshold", trustees.threshold)
        .with("trustees that must confirm", trustees.minimum_confirmed)
        .with("closing", json!(manifest.closing()))
        .with("board", log(manifest.board()))
        .with("witnesses", witnesses)
        .with("witnesses needed", manifest.witnesses().quorum)
        .with("largest age of cosignatures", json!(manifest.witnesses().max_age)))
}

fn organiser_entry(action: Action, body: &[u8]) -> Result<Fields> {
    let entry = OrganiserEntry::decode(action, body)?;
    let fields = Fields::of("").fingerprint(entry.fingerprint());
    Ok(match entry.not_before() {
        0 => fields,
        time => fields.with("not before", clock::written(time)),
    })
}

/// The public fields of a ballot, signed or not.
fn header(ballot: &[u8]) -> Result<Fields> {
    let BallotHeader { fingerprint, style, credential, previous, .. } = BallotHeader::read(ballot)?;
    Ok(Fields::of("")
        .fingerprint(&fingerprint)
        .with("style", style)
        .with(
            "voter number",
            PublicElement::from_canonical(&credential).map(|credential| VoterNumber::written(&credential)),
        )
        .with("credential", hex::encode(credential))
        .with("written previous", previous.map(|tracker| tracker.written()))
        .with("previous", previous.map(|tracker| tracker.to_string())))
}

fn decryption(bytes: &[u8]) -> Result<Fields> {
    let part = PartialDecryption::decode(bytes)?;
    let TallyReference { fingerprint, close, heads, sums } = part.tally();
    Ok(Fields::of("a partial decryption")
        .with("trustee", part.trustee())
        .fingerprint(fingerprint)
        .with("size", close.size)
        .with("root", close.root.to_string())
        .with("heads", heads.to_string())
        .with("sums", sums.to_string())
        .with("bytes", bytes.len())
        .with("sha256", FileHash::of(bytes).to_string()))
}

/// An entry of a board on one line.
fn entry_line(bytes: &[u8]) -> String {
    let line = Entry::decode(bytes).map_err(Into::into).and_then(|entry| {
        let body = entry.body();
        let pointer = |what: &str| -> Result<String> {
            let pointer = Pointer::decode(body)?;
            let author = match pointer.author() {
                0 => String::new(),
                trustee => format!(" of trustee {trustee}"),
            };
            Ok(format!("{what}{author}: {}, {}", counted(pointer.length().into(), "byte", "bytes"), pointer.hash()))
        };
        let opening = |action, what: &str| {
            OrganiserEntry::decode(action, body).map(|entry| {
                let time = match entry.not_before() {
                    0 => String::new(),
                    time => format!(", not before {}", clock::written(time)),
                };
                format!("{what} of {}{time}", entry.fingerprint().written())
            })
        };
        Ok(match entry.kind() {
            EntryKind::Ceremony => pointer("message of the key ceremony")?,
            EntryKind::RollSignature => {
                let signature = RollSignature::decode(body)?;
                format!("roll of {}, signed by authority {}", signature.fingerprint().written(), signature.authority())
            }
            EntryKind::Open => opening(Action::Open, "opening")?,
            EntryKind::Close => opening(Action::Close, "closing")?,
            EntryKind::CutOff => opening(Action::CutOff, "cut-off of changes of the roll")?,
            EntryKind::Cancellation => {
                let entry = Cancellation::decode(body)?;
                format!("cancellation of {}: {}", entry.fingerprint().written(), entry.reason())
            }
            EntryKind::RollChange => {
                let change = RollChange::decode(body)?;
                format!("change {} of the roll: {}", change.sequence(), change.reason().word())
            }
            EntryKind::Ballot => format!("ballot {}", SignedBallot::tracker_of(body)?.written()),
            EntryKind::ClosingStatement => {
                format!("statement of trustee {}", ClosingStatement::decode(body)?.trustee())
            }
            EntryKind::PartialDecryption => pointer("partial decryption")?,
            EntryKind::Publication => pointer("publication of the result")?,
            _ => "another entry".to_owned(),
        })
    });
    line.unwrap_or_else(|error: Error| format!("cannot be read: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cannot be read of a file of lines is named, and is not shown as nothing.
    #[test]
    fn lines_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let problem = |text: &str| {
            fs::write(&path, text).unwrap();
            let error = lines_of(&path, text.len() as u64).map(|_| ()).unwrap_err();
            crate::failure::error_text(&error)
        };
        let roll = concat!(ballotta::format_name!("roll"), " ");
        assert_eq!(problem(&format!("{roll}\n")), "its first line is not that of a roll: it names no manifest");
        assert_eq!(problem(&format!("{roll}ab\ncd s 1\ncd s x\n")), "line 3 has no weight");
        assert_eq!(problem(&format!("{roll}ab\n1\n")), "line 2 has no weight");
        let most = u64::MAX;
        assert_eq!(problem(&format!("{roll}ab\ncd s {most}\ncd s 1\n")), "the sum of the weights is too large");
        for list in ["", " ab"] {
            assert_eq!(
                problem(&format!("{PART_LIST_FORMAT}{list}\n")),
                "its first line is not that of a part list: it names no manifest or no authority"
            );
        }
    }
}
