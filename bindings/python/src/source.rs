//! The source of a record: a folder, an archive or a web server.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballotta::record::{MANIFEST, RecordSource, SourceError};
use ballotta_io::{AnyRecord, Location, LocationError};

use crate::error::Failure;
use crate::run::Watch;

/// The time that a web server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A record in a folder, an archive, or on a server.
#[derive(Clone)]
pub(crate) struct Source {
    record: Arc<AnyRecord>,
    /// The error of a server, other than the answer that a file does not exist.
    outage: Option<Arc<Mutex<Option<SourceError>>>>,
}

impl Source {
    /// Returns the findings, unless a server failed meanwhile, which is not a verdict on the record.
    pub(crate) fn whole<T>(&self, found: T) -> Result<T, Failure> {
        let outage =
            self.outage.as_ref().and_then(|outage| outage.lock().unwrap_or_else(PoisonError::into_inner).take());
        outage.map_or(Ok(found), |error| Err(unreadable(error)))
    }

    fn note<T>(&self, outcome: Result<T, SourceError>) -> Result<T, SourceError> {
        if let (Err(error), Some(outage)) = (&outcome, &self.outage) {
            outage.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.clone());
        }
        outcome
    }
}

impl RecordSource for Source {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.note(self.record.length(path))
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.note(self.record.read_exact_at(path, offset, buffer))
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.note(self.record.list())
    }
}

fn unreadable(error: SourceError) -> Failure {
    Failure::new("unreadable-record", error)
}

/// Opens a record: the address of a web server, the address of an archive, the path of a folder or of an archive.
pub(crate) fn open(location: &str) -> Result<Source, Failure> {
    let source = open_any(location)?;
    // A path that is wrong by one folder is not a broken election.
    if source.length(MANIFEST).map_err(unreadable)?.is_none() {
        let below = format!("/{MANIFEST}");
        let listed = source.list().ok().flatten().unwrap_or_default();
        let remedy = match listed.iter().find_map(|path| path.strip_suffix(&below)) {
            Some(folder) => format!("the record is in {folder:?}, one level too deep"),
            None => "name the folder of the record".to_owned(),
        };
        return Err(Failure::new("no-record", format!("{location:?}: there is no {MANIFEST} here: {remedy}")));
    }
    Ok(source)
}

fn open_any(location: &str) -> Result<Source, Failure> {
    let place = Location::of(Path::new(location)).map_err(|error| failure(location, error))?;
    let record = place.open(TIMEOUT).map_err(|error| failure(location, error))?;
    // An archive is fetched by now.
    let outage = matches!(place, Location::Web(_)).then(Arc::default);
    Ok(Source { record: Arc::new(record), outage })
}

fn failure(location: &str, error: LocationError) -> Failure {
    match error {
        LocationError::Archive { error, .. } => Failure::new("bad-archive", error),
        LocationError::Server(error) => unreadable(error),
        LocationError::Path { error, .. } => {
            let remedy = if location.contains(":/") { "; an address begins with http:// or https://" } else { "" };
            Failure::new("no-record", format!("{location:?}: {error}{remedy}"))
        }
        error => Failure::new("no-record", error),
    }
}

/// A record that returns errors after the caller has cancelled, so that the verification ends.
pub(crate) struct Watched<'a> {
    pub(crate) source: &'a dyn RecordSource,
    pub(crate) watch: &'a Watch,
}

impl Watched<'_> {
    fn goes_on(&self, path: &str) -> Result<(), SourceError> {
        if self.watch.is_cancelled() {
            return Err(SourceError { path: path.to_owned(), reason: "interrupted".to_owned() });
        }
        Ok(())
    }
}

impl RecordSource for Watched<'_> {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.goes_on(path)?;
        self.source.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.goes_on(path)?;
        self.source.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.source.list()
    }
}
