//! The minutes of an election: what a commission signs, as a page and as a PDF.
//!
//! See `spec/command-line.md#minutes`. The verb verifies the record, and writes nothing else than what the verifier
//! established and what the manifest says.

mod content;
mod contests;
mod html;
mod model;
mod pdf;
#[cfg(test)]
mod tests;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use ballotta::board::{board_key, witness_keys};
use ballotta::manifest::{Closing, ElectionKind, Manifest};
use ballotta::merkle::TreeHead;
use ballotta::record::{CLOSING_CHECKPOINT, MANIFEST, PublishedBoard, RecordSource, read_checkpoint};
use ballotta::verifier::{Stage, Verdict, Verification, VerifyOptions};
use ballotta::written::WrittenFingerprint;
use ballotta_io::{Location, write_new};
use serde::Serialize;

use self::content::Facts;
pub(crate) use self::words::Language;
use crate::console::{Console, Shown as _};
use crate::failure::{ErrorContext as _, is_unread, not_complete, refusal};
use crate::location;
use crate::record::{REHEARSAL, folder_below, read_manifest};
use crate::secrets::system_rng;
use crate::signing::kept_head;

/// Writes the minutes of an election.
#[derive(clap::Args, Debug)]
pub(crate) struct WriteMinutes {
    /// The record: a folder, a zip archive, or an address of one of these
    record: PathBuf,
    /// The new file for the minutes as a page (HTML)
    #[arg(long, value_name = "FILE", required_unless_present = "pdf")]
    out: Option<PathBuf>,
    /// The new file for the minutes as a PDF
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// The language of the minutes [default: the first one of the manifest that is known here, or English]
    #[arg(long, value_enum)]
    language: Option<Language>,
    /// The fingerprint that the voters were shown
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<WrittenFingerprint>,
    /// A checkpoint of the board that you kept before. The option can be given several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

/// Where the minutes are, and what they say first.
#[derive(Serialize)]
struct Written<'a> {
    rehearsal: bool,
    verdict: Verdict,
    fingerprint: Option<String>,
    language: &'a str,
    html: Option<&'a Path>,
    pdf: Option<&'a Path>,
}

impl WriteMinutes {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let source = location::open(&self.record)?;
        if let Location::Folder(folder) = source.location() {
            self.check_places(folder)?;
        }
        let checkpoints = self.checkpoint.iter().map(|path| kept_head(&read_manifest(&source)?, path));
        let checkpoints = checkpoints.collect::<Result<_>>()?;
        let options = VerifyOptions { stage: Stage::Complete, fingerprint: self.fingerprint.clone(), checkpoints };
        let verification = console.verify(&source, &options);
        let Some(verdict) = verification.report.verdict else {
            // Nobody signs what could not be read.
            let problem = "the record could not be read, or changed while it was read: no minutes are written";
            return Err(anyhow!(problem)).remedy("try again");
        };
        if verdict == Verdict::NotComplete && source.length(MANIFEST).refused()?.is_none() {
            let usual = "give the folder of the record, which contains manifest.json";
            return not_complete("there is no manifest, so there is nothing to write minutes of")
                .remedy(folder_below(&source).unwrap_or_else(|| usual.to_owned()));
        }
        // Without keys and roll there is no election yet, but its manifest was verified.
        let read = match (&verification.context, read_manifest(&source)) {
            (Some(_), _) => None,
            (None, Ok(manifest)) => Some(manifest),
            (None, Err(error)) if is_unread(&error) => return Err(error),
            // The report says what is wrong with it.
            (None, Err(_)) => None,
        };
        let manifest = verification.context.as_ref().map(|context| context.manifest()).or(read.as_ref());
        let language = self.language.unwrap_or_else(|| first_language(manifest));
        let files = MinutesFiles { page: self.out.as_deref(), pdf: self.pdf.as_deref() };
        files.write(&source, manifest, &verification, language)?;
        let rehearsal = manifest.is_some_and(|manifest| manifest.kind() == ElectionKind::Rehearsal);
        if rehearsal {
            console.say(REHEARSAL);
        }
        let written = Written {
            rehearsal,
            verdict,
            fingerprint: verification.report.fingerprint.map(|fingerprint| fingerprint.written()),
            language: language.tag(),
            html: self.out.as_deref(),
            pdf: self.pdf.as_deref(),
        };
        let files: Vec<String> = [&self.out, &self.pdf].into_iter().flatten().map(|path| path.shown()).collect();
        console.answer(&files.join("\n"), &written)?;
        match verdict {
            Verdict::Holds | Verdict::HoldsWithFindings => Ok(()),
            Verdict::NotComplete => {
                not_complete("the record is not complete: the minutes say so, and contain no result")
                    .remedy("`ballotta status` shows what each role does next")
            }
            Verdict::DoesNotHold => refusal("the record does not hold: the minutes say so, and contain no result")
                .remedy("`ballotta verify` says what is wrong"),
        }
    }

    /// Minutes in the folder of the record would be a file that nobody published.
    fn check_places(&self, record: &Path) -> Result<()> {
        let Ok(record) = record.canonicalize() else { return Ok(()) };
        for path in [&self.out, &self.pdf].into_iter().flatten() {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if folder.canonicalize().is_ok_and(|folder| folder.starts_with(&record)) {
                return refusal(format!("{} is in the folder of the record", path.shown()))
                    .remedy("keep the minutes elsewhere: a record contains only what its board published");
            }
        }
        Ok(())
    }
}

/// The new files of minutes.
pub(crate) struct MinutesFiles<'a> {
    /// The page (HTML).
    pub(crate) page: Option<&'a Path>,
    pub(crate) pdf: Option<&'a Path>,
}

impl MinutesFiles<'_> {
    /// Writes the minutes of a record that was verified as a whole.
    pub(crate) fn write(
        &self,
        source: &dyn RecordSource,
        manifest: Option<&Manifest>,
        verification: &Verification,
        language: Language,
    ) -> Result<()> {
        let facts = facts(source, manifest, verification)?;
        let minutes = content::minutes(&facts, language);
        // Both are made before one is written: a PDF may lack a letter.
        let page = self.page.map(|path| (path, html::page(&minutes).into_bytes()));
        let pdf = self.pdf.map(|path| Ok::<_, anyhow::Error>((path, pdf::file(&minutes)?))).transpose()?;
        for (path, bytes) in page.iter().chain(&pdf) {
            write_new(path, bytes).with_context(|| format!("{} cannot be written", path.shown()))?;
        }
        Ok(())
    }
}

/// The first language of the manifest that minutes have, or English.
fn first_language(manifest: Option<&Manifest>) -> Language {
    let languages = manifest.map_or(&[] as &[String], |manifest| manifest.languages());
    languages.iter().find_map(|tag| Language::of(tag)).unwrap_or(Language::En)
}

/// What a verification established.
fn facts<'a>(
    source: &dyn RecordSource,
    manifest: Option<&'a Manifest>,
    verification: &'a Verification,
) -> Result<Facts<'a>> {
    let Verification { report, roll, head, tally, closed, statements, decryptions, .. } = verification;
    // The board is read again. What it says counts only if it is what the verifier has read.
    let (mut window, mut cut_off) = (None, None);
    if let Some(manifest) = manifest {
        match PublishedBoard::read(source, manifest, &mut |_| (), &mut system_rng()).refused() {
            Ok(board) if Some(board.timeline().head()) == *head => {
                window = Some(board.timeline().window());
                cut_off = board.timeline().cut_off();
            }
            Err(error) if report.holds() || is_unread(&error) => return Err(error),
            // The report says what is wrong.
            Ok(_) | Err(_) => {}
        }
    }
    let agreeing =
        statements.iter().filter(|statement| tally.as_ref().is_some_and(|tally| statement.agrees(tally).is_ok()));
    let mut statements: Vec<u16> = agreeing.map(|statement| statement.trustee()).collect();
    let mut decryptions: Vec<u16> = decryptions.iter().map(|decryption| decryption.trustee()).collect();
    for trustees in [&mut statements, &mut decryptions] {
        trustees.sort_unstable();
        trustees.dedup();
    }
    let close = tally.as_ref().map(|tally| *tally.close());
    let cosigners = match (manifest, closed, &close) {
        (Some(manifest), Some(_), Some(close)) if manifest.closing() == Closing::Witnesses => {
            cosigners(source, manifest, close)?
        }
        _ => Vec::new(),
    };
    let opening_roll = roll.as_ref().map(|roll| roll.totals());
    Ok(Facts {
        manifest,
        report,
        window,
        cut_off,
        opening_roll,
        head: *head,
        close,
        statements,
        cosigners,
        decryptions,
    })
}

/// The witnesses, counted from 1, who cosigned this head of the board at the close.
fn cosigners(source: &dyn RecordSource, manifest: &Manifest, close: &TreeHead) -> Result<Vec<u16>> {
    let Some(signed) = read_checkpoint(source, CLOSING_CHECKPOINT).refused()? else { return Ok(Vec::new()) };
    let checkpoint = signed.verify(&board_key(manifest)?).refused()?;
    if checkpoint.size() != close.size || *checkpoint.root() != close.root {
        return Ok(Vec::new());
    }
    let positions = signed.cosigned_by(&witness_keys(manifest)?).refused()?;
    Ok((1..)
        .zip(0..manifest.witnesses().members.len())
        .filter(|(_, seat)| positions.contains(seat))
        .map(|(number, _)| number)
        .collect())
}
