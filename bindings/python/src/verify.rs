//! The function `verify`, and reports as text.

use ballotta::board::verified_head;
use ballotta::merkle::TreeHead;
use ballotta::record::{RecordSource, read_manifest};
use ballotta::verifier::{self, CheckId, Stage, Verification, VerifyOptions};
use ballotta::written::WrittenFingerprint;
use pyo3::prelude::*;

use crate::error::Failure;
use crate::run::{run, system_rng};
use crate::source::{Watched, open};

/// The options of a verification, from Python.
#[derive(FromPyObject)]
pub(crate) struct Asked {
    #[pyo3(item)]
    fingerprint: Option<String>,
    #[pyo3(item)]
    checkpoint: Option<Vec<u8>>,
    #[pyo3(item)]
    stage: String,
}

/// The form of a fingerprint that people compare, from its 64 hexadecimal digits.
#[pyfunction]
pub(crate) fn written_fingerprint(fingerprint: &str) -> PyResult<String> {
    let whole: WrittenFingerprint = fingerprint.parse().map_err(|error| Failure::new("typing-slip", error))?;
    Ok(whole.to_string())
}

impl Asked {
    pub(crate) fn options(&self, source: &dyn RecordSource) -> Result<VerifyOptions, Failure> {
        let stage = match self.stage.as_str() {
            "voting" => Stage::Voting,
            "closed" => Stage::Closed,
            "complete" => Stage::Complete,
            other => return Err(Failure::new("bad-stage", format!("there is no stage {other:?}"))),
        };
        let fingerprint = self.fingerprint.as_deref().map(str::parse::<WrittenFingerprint>).transpose();
        let fingerprint = fingerprint.map_err(|error| Failure::new("typing-slip", error))?;
        let checkpoints = self.checkpoint.iter().map(|bytes| pinned(source, bytes)).collect::<Result<_, _>>()?;
        Ok(VerifyOptions { stage, fingerprint, checkpoints })
    }
}

/// The head of a checkpoint that the auditor kept, which the board of the record must have signed.
fn pinned(source: &dyn RecordSource, bytes: &[u8]) -> Result<TreeHead, Failure> {
    let bad = |error: &dyn std::fmt::Display| {
        Failure::new("bad-checkpoint", format!("the pinned file is not a checkpoint of this board: {error}"))
    };
    let manifest = read_manifest(source).map_err(|error| bad(&error))?;
    verified_head(&manifest, bytes).map_err(|error| bad(&error))
}

/// A report for programs, and as a table; size and root of the board, and the manifest, if there are any.
pub(crate) type Texts = (String, String, Option<(u64, String)>, Option<String>);

pub(crate) fn texts(verification: &Verification) -> Result<Texts, Failure> {
    let report = &verification.report;
    let json = serde_json::to_string(report).map_err(|error| Failure::new("panic", error))?;
    let head = verification.head.map(|head| (head.size, head.root.to_string()));
    // The manifest that was verified, so that nobody reads another one for the titles.
    let manifest = verification.context.as_ref().map(|context| context.manifest().bytes());
    let manifest = manifest.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    Ok((json, report.to_string(), head, manifest))
}

/// Verifies a record. Returns the report as JSON and as a table, with the head of the board and the manifest.
#[pyfunction]
#[pyo3(signature = (location, asked, progress, jobs))]
pub(crate) fn verify(
    py: Python<'_>,
    location: String,
    asked: Asked,
    progress: Option<&Bound<'_, PyAny>>,
    jobs: Option<usize>,
) -> PyResult<Texts> {
    run(py, progress, jobs, move |watch| {
        let source = open(&location)?;
        let watched = Watched { source: &source, watch };
        let options = asked.options(&watched)?;
        let found = verifier::verify(&watched, &options, &|progress| watch.show(progress), &mut system_rng());
        texts(&source.whole(found)?)
    })
}

/// The list of all checks: slug, unit of one item, unit, description.
#[pyfunction]
pub(crate) fn checks() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let check = |check: &CheckId| (check.slug(), check.unit_of_one(), check.unit(), check.description());
    CheckId::ALL.iter().map(check).collect()
}
