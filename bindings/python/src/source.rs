//! Where a record is read from.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use ballotta::record::{RecordSource, SourceError};
use ballotta_io::{FolderRecord, HttpRecord, ZipRecord, fetch_archive};

use crate::error::Failure;
use crate::run::Watch;

/// How long a web server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A record in a folder, an archive, or on a server.
pub(crate) type Source = Box<dyn RecordSource + Send + Sync>;

/// Opens a record: the address of a web server, the address of an archive, the path of a folder or of an archive.
pub(crate) fn open(location: &str) -> Result<Source, Failure> {
    let unreadable = |error: SourceError| Failure::new("unreadable-record", error);
    let archive = |file: File| ZipRecord::new(file).map_err(|error| Failure::new("bad-archive", error));
    if location.starts_with("http://") || location.starts_with("https://") {
        return Ok(if location.ends_with(".zip") {
            Box::new(archive(fetch_archive(location, TIMEOUT).map_err(unreadable)?)?)
        } else {
            Box::new(HttpRecord::new(location, TIMEOUT).map_err(unreadable)?)
        });
    }
    let path = Path::new(location);
    if path.is_dir() {
        return Ok(Box::new(FolderRecord::new(path)));
    }
    let file = File::open(path).map_err(|error| Failure::new("no-record", format!("{location}: {error}")))?;
    Ok(Box::new(archive(file)?))
}

/// A record that can no longer be read when the caller does not want to wait: then the verification ends.
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
