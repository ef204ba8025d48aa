//! The verb that compares two copies of a record. The rules are those of [`ballotta::record::Snapshot`].
//!
//! See `spec/command-line.md#compare`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use ballotta::board::entry::EntryKind;
use ballotta::record::{Added, CHECKPOINT, Growth, Relation, Snapshot};
use ballotta_io::{AnyRecord, Location};
use serde_json::{Value, json};

use crate::console::{Console, Shown as _, counted, escaped};
use crate::failure::{ErrorContext as _, refusal};
use crate::location;
use crate::record::{Source as _, read_manifest};
use crate::secrets::system_rng;

/// The number of files that people see of each kind.
const SHOWN: usize = 20;

/// Says what has changed between two copies of a record.
#[derive(clap::Args, Debug)]
pub(crate) struct CompareBoards {
    /// One copy: a folder, a zip archive, or an address of one of these
    one: PathBuf,
    /// Another copy, usually a newer one
    other: PathBuf,
}

impl CompareBoards {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let (one, other) = (location::open(&self.one)?, location::open(&self.other)?);
        // A place without a manifest is a wrong call.
        read_manifest(&one)?;
        read_manifest(&other)?;
        let rng = &mut system_rng();
        let growth = {
            let one = Snapshot::read(&one, rng).refused().with_context(|| one.name())?;
            let other = Snapshot::read(&other, rng).refused().with_context(|| other.name())?;
            one.compare(&other, rng).refused()?
        };
        let text = lines(&growth, &one, &other);
        console.answer(&text.join("\n"), &in_json(&growth))?;
        match growth.relation {
            Relation::OtherElection { .. } => refusal("the two records are of different elections"),
            Relation::TwoHistories { .. } => {
                let (smaller, larger) =
                    if growth.one.size <= growth.other.size { (&one, &other) } else { (&other, &one) };
                refusal("THE BOARD SHOWS TWO HISTORIES").coded("two-histories").remedy(evidence_of(smaller, larger))
            }
            _ if !growth.different.is_empty() => refusal("files that must not change have changed"),
            _ => Ok(()),
        }
    }
}

/// How to convict a board of two histories.
fn evidence_of(smaller: &AnyRecord, larger: &AnyRecord) -> String {
    let kept = match smaller.location() {
        Location::Folder(root) => root.join(CHECKPOINT).shown(),
        _ => "CHECKPOINT".to_owned(),
    };
    format!(
        "keep both copies; `ballotta evidence find {} --checkpoint {kept} --out EVIDENCE` makes a file with which anybody can \
         convict the board",
        larger.name()
    )
}

fn lines(growth: &Growth, one: &AnyRecord, other: &AnyRecord) -> Vec<String> {
    let entries = |size| counted(size, "entry", "entries");
    let (one, other) = (one.name(), other.name());
    let mut lines =
        vec![format!("{one}: {}", entries(growth.one.size)), format!("{other}: {}", entries(growth.other.size))];
    let (older, newer) = match &growth.relation {
        Relation::OtherElection { one, other } => {
            lines.push(format!("The manifests are {one} and {other}: these are two elections."));
            return lines;
        }
        Relation::TwoHistories { first } => {
            lines.push(format!("Entry {first} is not the same, and the board has signed both copies."));
            (&one, &other)
        }
        Relation::Same => {
            lines.push("Both boards have the same entries.".to_owned());
            (&one, &other)
        }
        Relation::Older => (&other, &one),
        _ => (&one, &other),
    };
    if matches!(growth.relation, Relation::Grown | Relation::Older) {
        lines.push(format!("{newer} begins with all entries of {older}: none was removed or changed. Added:"));
        lines.extend(added_lines(&growth.added));
        lines.push(format!("Whether they are valid, `ballotta verify {newer}` says."));
        if growth.relation == Relation::Older {
            lines.push(format!(
                "{older} is the older copy. If it was read later than {newer}, the board has gone back: keep both copies."
            ));
        }
    }
    for (what, files) in [
        (format!("only in {one}"), &growth.only_one),
        (format!("only in {other}"), &growth.only_other),
        ("with different contents".to_owned(), &growth.different),
    ] {
        let shown = files.iter().take(SHOWN).map(|path| format!("  {}", escaped(path)));
        if !files.is_empty() {
            lines.push(format!("{} {what}:", counted(files.len() as u64, "file", "files")));
            lines.extend(shown);
        }
        if files.len() > SHOWN {
            lines.push(format!("  and {} more, which `--json` lists", files.len() - SHOWN));
        }
    }
    lines
}

fn added_lines(added: &Added) -> Vec<String> {
    let Added { first_ballots, later_ballots, others, void, .. } = added;
    let ballots = |number, which| format!("{} {which}", counted(number, "ballot", "ballots"));
    let mut lines = vec![
        (*first_ballots, ballots(*first_ballots, "of voters who had none")),
        (*later_ballots, ballots(*later_ballots, "of voters who had another one before")),
    ];
    lines.extend(others.iter().map(|(kind, number)| {
        let (one, many) = match kind {
            EntryKind::Ceremony => ("message of the key ceremony", "messages of the key ceremony"),
            EntryKind::RollSignature => ("signature of the roll", "signatures of the roll"),
            EntryKind::Open => ("opening of the voting", "openings of the voting"),
            EntryKind::Close => ("closing of the voting", "closings of the voting"),
            EntryKind::RollChange => ("change of the roll", "changes of the roll"),
            EntryKind::Cancellation => ("cancellation", "cancellations"),
            EntryKind::CutOff => ("cut-off of changes of the roll", "cut-offs of changes of the roll"),
            EntryKind::ClosingStatement => ("statement of a trustee", "statements of trustees"),
            EntryKind::PartialDecryption => ("partial decryption", "partial decryptions"),
            EntryKind::Publication => ("publication of the result", "publications of the result"),
            _ => ("other entry", "other entries"),
        };
        (*number, counted(*number, one, many))
    }));
    lines.push((*void, counted(*void, "entry without effect", "entries without effect")));
    lines.into_iter().filter(|(number, _)| *number > 0).map(|(_, line)| format!("  {line}")).collect()
}

fn in_json(growth: &Growth) -> Value {
    let (relation, first) = match &growth.relation {
        Relation::OtherElection { .. } => ("other_election", None),
        Relation::Same => ("same", None),
        Relation::Grown => ("grown", None),
        Relation::Older => ("older", None),
        Relation::TwoHistories { first } => ("two_histories", Some(first)),
        _ => ("unknown", None),
    };
    let Growth { one, other, added, only_one, only_other, different, .. } = growth;
    let of = |kind| added.others.get(&kind).copied().unwrap_or_default();
    json!({
        "relation": relation,
        "first_difference": first,
        "one": { "size": one.size, "root": one.root.to_string() },
        "other": { "size": other.size, "root": other.root.to_string() },
        "added": {
            "first_ballots": added.first_ballots,
            "later_ballots": added.later_ballots,
            "ceremony_messages": of(EntryKind::Ceremony),
            "roll_signatures": of(EntryKind::RollSignature),
            "openings": of(EntryKind::Open),
            "closings": of(EntryKind::Close),
            "roll_changes": of(EntryKind::RollChange),
            "cut_offs": of(EntryKind::CutOff),
            "cancellations": of(EntryKind::Cancellation),
            "statements": of(EntryKind::ClosingStatement),
            "partial_decryptions": of(EntryKind::PartialDecryption),
            "publications": of(EntryKind::Publication),
            "void": added.void,
        },
        "files": { "only_one": only_one, "only_other": only_other, "different": different },
    })
}
