//! Verification in shards, for Python.

use std::sync::{Arc, Mutex, PoisonError};

use ballotta::verifier::{self, PartialVerification, Selected, ShardPlan};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::Failure;
use crate::run::{Watch, run, system_rng};
use crate::source::{Source, Watched, open};
use crate::verify::{Asked, Texts, texts};

/// The first reading of a record: the plan for the shards, and the beginning of the report. It can be finished once.
#[pyclass(frozen, module = "ballotta._ballotta")]
pub(crate) struct Selection {
    source: Source,
    selected: Mutex<Option<Selected>>,
}

fn ended() -> Failure {
    Failure::new("ended", "the selection has already returned its report")
}

impl Selection {
    fn with<T>(&self, read: impl FnOnce(&ShardPlan) -> T) -> Result<T, Failure> {
        let selected = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = selected.as_ref().ok_or_else(ended)?.plan();
        plan.map(read).ok_or_else(|| verifier::ShardError::NoPlan.into())
    }
}

#[pymethods]
impl Selection {
    #[new]
    fn new(
        py: Python<'_>,
        location: String,
        asked: Asked,
        progress: Option<&Bound<'_, PyAny>>,
        jobs: Option<usize>,
    ) -> PyResult<Self> {
        run(py, progress, jobs, move |watch| {
            let source = open(&location)?;
            let watched = Watched { source: &source, watch };
            let options = asked.options(&watched)?;
            let selected = verifier::select(&watched, &options, &|progress| watch.show(progress), &mut system_rng());
            let selected = source.whole(selected)?;
            Ok(Self { source, selected: Mutex::new(Some(selected)) })
        })
    }

    fn has_plan(&self) -> PyResult<bool> {
        let selected = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(selected.as_ref().ok_or_else(ended)?.plan().is_some())
    }

    fn entries(&self) -> PyResult<u64> {
        Ok(self.with(ShardPlan::entries)?)
    }

    fn ranges(&self, count: u64) -> PyResult<Vec<(u64, u64)>> {
        let ranges = self.with(|plan| plan.ranges(count))?;
        Ok(ranges.into_iter().map(|range| (range.start, range.end)).collect())
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.with(ShardPlan::to_bytes)?))
    }

    /// Reads the bytes of a part of this plan.
    fn partial(&self, bytes: &[u8]) -> PyResult<Partial> {
        let part = self.with(|plan| PartialVerification::from_bytes(plan, bytes))?.map_err(Failure::from)?;
        Ok(Partial { part })
    }

    /// Ends the verification, and returns the report as `verify` does.
    fn finish(
        &self,
        py: Python<'_>,
        part: Option<&Partial>,
        progress: Option<&Bound<'_, PyAny>>,
        jobs: Option<usize>,
    ) -> PyResult<Texts> {
        let part = part.map(|part| part.part.clone());
        let mut place = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        // The selection is kept if a part is missing, so that the caller can try again.
        place.as_ref().ok_or_else(ended)?.check_part(part.as_ref()).map_err(Failure::from)?;
        let selected = place.take().ok_or_else(ended)?;
        drop(place);
        let source = self.source.clone();
        run(py, progress, jobs, move |watch| {
            let watched = Watched { source: &source, watch };
            let show = |progress| watch.show(progress);
            let found = verifier::finish(&watched, selected, part, &show, &mut system_rng())?;
            texts(&source.whole(found)?)
        })
    }
}

/// The findings of a range of entries.
#[pyclass(frozen, module = "ballotta._ballotta")]
pub(crate) struct Partial {
    part: PartialVerification,
}

#[pymethods]
impl Partial {
    #[getter]
    fn start(&self) -> u64 {
        self.part.entries().start
    }

    #[getter]
    fn stop(&self) -> u64 {
        self.part.entries().end
    }

    #[getter]
    fn failures(&self) -> usize {
        self.part.failures()
    }

    fn merge(&self, following: &Self) -> PyResult<Self> {
        let part = self.part.clone().merge(following.part.clone()).map_err(Failure::from)?;
        Ok(Self { part })
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.part.to_bytes())
    }

    fn __repr__(&self) -> String {
        format!("<Partial of entries {}..{}>", self.start(), self.stop())
    }
}

/// Puts parts together, in any order.
#[pyfunction]
pub(crate) fn merge(parts: Vec<PyRef<'_, Partial>>) -> PyResult<Partial> {
    let part = verifier::merge_all(parts.iter().map(|part| part.part.clone())).map_err(Failure::from)?;
    Ok(Partial { part })
}

/// The plan that this process opened last, since a worker verifies many shards of one record.
struct Opened {
    location: String,
    bytes: Vec<u8>,
    source: Source,
    plan: ShardPlan,
}

static OPENED: Mutex<Option<Arc<Opened>>> = Mutex::new(None);

fn opened(location: &str, bytes: &[u8], watch: &Watch) -> Result<Arc<Opened>, Failure> {
    let last = || OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(opened) = last().as_ref().filter(|opened| opened.location == location && opened.bytes == bytes) {
        return Ok(Arc::clone(opened));
    }
    // The record is read without the lock: other threads read other records, and a fork must not copy a held lock.
    let source = open(location)?;
    let plan = ShardPlan::open(&Watched { source: &source, watch }, bytes, &mut system_rng());
    let plan = source.whole(plan)??;
    let opened = Arc::new(Opened { location: location.to_owned(), bytes: bytes.to_vec(), source, plan });
    *last() = Some(Arc::clone(&opened));
    Ok(opened)
}

/// Verifies the ballots of a range of entries, with the bytes of a plan.
#[pyfunction]
#[pyo3(signature = (location, plan, start, stop, progress, jobs))]
pub(crate) fn verify_shard(
    py: Python<'_>,
    location: String,
    plan: &[u8],
    start: u64,
    stop: u64,
    progress: Option<&Bound<'_, PyAny>>,
    jobs: Option<usize>,
) -> PyResult<Partial> {
    let plan = plan.to_vec();
    run(py, progress, jobs, move |watch| {
        let opened = opened(&location, &plan, watch)?;
        let source = Watched { source: &opened.source, watch };
        let show = |progress| watch.show(progress);
        let part = verifier::verify_shard(&source, &opened.plan, start..stop, &show, &mut system_rng())?;
        Ok(Partial { part: opened.source.whole(part)? })
    })
}
