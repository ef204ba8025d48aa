//! Publishing the result: its files in the record.

use std::iter;

use anyhow::{Context as _, Result};
use ballotta::hash::Fingerprint;
use ballotta::limits::MAX_CHECKPOINT_BYTES;
use ballotta::manifest::{ElectionKind, Manifest};
use ballotta::record::{self, FileList, ReadError, ResultDocument, read_file};
use ballotta::verifier::{CheckId, Effect, Failure, Verification};
use ballotta_io::FolderRecord;

use crate::ballot_box::BallotBox;
use crate::chart;
use crate::failure::{ErrorContext as _, refusal};
use crate::record::{REHEARSAL, text};
use crate::restore::Restorer;

/// The picture of the result.
const CHART: &str = "result/chart.svg";

/// Publishes the result, and completes the record with the list of its files.
pub(crate) fn publish(ballot_box: &mut BallotBox, result: &ResultDocument) -> Result<()> {
    let (files, list) = files_of(&ballot_box.source, &ballot_box.manifest, result)?;
    for (path, bytes) in &files {
        ballot_box.write(path, bytes)?;
    }
    ballot_box.add_publication(&list)?;
    ballot_box.commit()
}

/// Writes the files of a published result again that are lost or damaged, as far as this version makes the same bytes.
/// Returns their paths.
pub(crate) fn publish_again(ballot_box: &BallotBox, result: &ResultDocument) -> Result<Vec<String>> {
    let BallotBox { source, manifest, .. } = ballot_box;
    let (files, list) = files_of(source, manifest, result)?;
    let (mut restorer, mut restored) = (Restorer::new(source.root(), manifest.clone()), Vec::new());
    // The list first: it names the others.
    for bytes in iter::once(&list).chain(files.iter().map(|(_, bytes)| bytes)) {
        restored.extend(restorer.restore(bytes)?.into_iter().flat_map(|bound| bound.restored));
    }
    Ok(restored)
}

/// Whether the command makes this file when it publishes a result.
pub(crate) fn makes(path: &str) -> bool {
    [record::README, record::RESULT, CHART, record::FILE_LIST].contains(&path)
}

/// A file of a result: its path and its bytes.
type ResultFile = (&'static str, Vec<u8>);

/// The files of a result, and the list of them.
fn files_of(source: &FolderRecord, manifest: &Manifest, result: &ResultDocument) -> Result<(Vec<ResultFile>, Vec<u8>)> {
    let mut files = vec![
        (record::README, readme(manifest, result)?.into_bytes()),
        (record::RESULT, result.to_bytes()?),
        (CHART, chart::svg(manifest, result).into_bytes()),
    ];
    match read_file(source, record::CLOSING_CHECKPOINT, MAX_CHECKPOINT_BYTES) {
        Ok(checkpoint) => files.push((record::CLOSING_CHECKPOINT, checkpoint)),
        Err(ReadError::Missing) => {}
        // A record with a file that its list does not name is not valid.
        Err(error) => return Err(error).context(record::CLOSING_CHECKPOINT),
    }
    let mut list = FileList::default();
    for (path, bytes) in &files {
        list.add(path, bytes);
    }
    Ok((files, list.to_string().into_bytes()))
}

/// Checks a record whose result has just been published. Something else in the folder may be wrong, and files that do not
/// belong to the record must not be handed on with it.
pub(crate) fn check_published(verification: &Verification) -> Result<()> {
    let report = &verification.report;
    let is_wrong = |failure: &&Failure| failure.effect != Effect::None || failure.check == CheckId::Files;
    let Some(Failure { check, place, problem, .. }) = report.failures.iter().find(is_wrong) else { return Ok(()) };
    refusal(format!("the result is published, but something in the record is wrong: {check}: {place}: {problem}")).remedy(
        "do not announce the result yet: run this command again, which removes what an interrupted call has left, and mend \
         what `ballotta verify` names then",
    )
}

/// The text that explains the files of the record and how to verify it.
fn readme(manifest: &Manifest, result: &ResultDocument) -> Result<String> {
    let title = text(manifest, manifest.title());
    let fingerprint = &result.fingerprint;
    let written = fingerprint.parse::<Fingerprint>().context("the fingerprint of the result")?.written();
    let rehearsal = match manifest.kind() {
        ElectionKind::Real => "",
        ElectionKind::Rehearsal => &format!("\n**{REHEARSAL}.**\n"),
    };
    // A record with one credential authority has no such folder.
    let parts = if manifest.has_parts() {
        "| `parts/` | for each credential authority, its parts of the credentials on the roll, and the proof that it knows them |\n"
    } else {
        ""
    };
    Ok(format!(
        "# {title}: the record
{rehearsal}
This folder contains everything that the election published. You do not have to trust anybody: with these files you can
check that only voters on the roll voted, that every ballot is valid, that the result is the sum of the ballots, and
that nothing was dropped or changed after the checkpoint that voters and witnesses saw. The command of the project
Ballotta does this:

    ballotta verify .

Compare the fingerprint that it prints with the one that the voters saw:

    {written}
    {fingerprint}

| file | what it is |
|---|---|
| `manifest.json` | the question, the rules, and every key that is trusted |
| `ceremony/` | the trustees' messages that made the joint key, named by their SHA-256 |
| `roll` | one line for each voter at the opening: public credential, ballot style, weight |
{parts}| `tile/entries/` | the board: signed roll, opening, encrypted ballots, closing, statements, in their order (C2SP tlog-tiles) |
| `checkpoint` | the tree head of the board, with the board's signature (C2SP tlog-checkpoint) |
| `closing-checkpoint` | the same at the close, with the witnesses' cosignatures, if the manifest names witnesses |
| `decryption/` | the trustees' partial decryptions with their proofs, named by their SHA-256 |
| `result/result.json` | the result |
| `result/chart.svg` | the same as a picture |
| `SHA256SUMS` | the hashes of the files that no other entry of the board names: `sha256sum -c SHA256SUMS` |
"
    ))
}
