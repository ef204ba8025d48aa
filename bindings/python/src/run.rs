//! Long work without Python's lock, on separate threads. The caller's thread checks for signals and reports progress.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ballotta::verifier::Progress;
use getrandom::SysRng;
use pyo3::prelude::*;
use rand_core::UnwrapErr;

use crate::error::Failure;

/// The interval at which the caller's thread checks for signals.
const LOOK: Duration = Duration::from_millis(50);

/// The state that the working and the waiting thread share.
#[derive(Default)]
pub(crate) struct Watch {
    cancelled: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    progress: Option<Progress>,
    done: bool,
}

impl Watch {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn show(&self, progress: Progress) {
        self.state().progress = Some(progress);
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.state().done = true;
        self.changed.notify_one();
    }

    /// Waits for new progress or the end, and takes it.
    fn wait(&self) -> (Option<Progress>, bool) {
        let quiet = |state: &mut State| state.progress.is_none() && !state.done;
        let waited = self.changed.wait_timeout_while(self.state(), LOOK, quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.progress.take(), state.done)
    }
}

/// Signals that the work is done when it is dropped, also after a panic.
struct Done(Arc<Watch>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A random number generator, seeded by the system.
pub(crate) fn system_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Does `work` on `jobs` threads (by default one for each core). `progress` is called on the caller's thread. If it
/// raises, or on `KeyboardInterrupt`, the caller returns at once, and the threads end at their next check.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    jobs: Option<usize>,
    work: impl FnOnce(&Watch) -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Failure::new("no-threads", error))?;
    let watch = Arc::new(Watch::default());
    let done = Done(Arc::clone(&watch));
    let worker = thread::spawn(move || {
        let outcome = pool.install(|| work(&done.0));
        drop(done);
        outcome
    });
    loop {
        let (news, done) = py.detach(|| watch.wait());
        let told = match (progress, news) {
            (Some(progress), Some(Progress { stage, done, total })) => progress.call1((stage, done, total)).map(|_| ()),
            _ => Ok(()),
        };
        if let Err(error) = told.and_then(|()| py.check_signals()) {
            watch.cancelled.store(true, Ordering::Relaxed);
            return Err(error);
        }
        if done {
            break;
        }
    }
    match py.detach(|| worker.join()) {
        Ok(outcome) => Ok(outcome?),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            match text.or_else(|| panic.downcast_ref::<String>().cloned()) {
                Some(text) => Err(Failure::new("panic", format!("an error inside the library: {text}")).into()),
                None => resume_unwind(panic),
            }
        }
    }
}

/// Panics inside the library, so that a test can show that Python gets an exception.
#[pyfunction(name = "_panic")]
pub(crate) fn panic_for_tests(py: Python<'_>) -> PyResult<()> {
    run(py, None, Some(1), |_| panic!("on purpose"))
}
