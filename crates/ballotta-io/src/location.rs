//! Where a record is: a folder, an archive, or an address of one of these.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ballotta::record::{RecordSource, SourceError};

use crate::folder::FolderRecord;
use crate::http::{HttpRecord, fetch_archive};
use crate::zip::{ZipError, ZipRecord};

/// How addresses of servers begin.
const SCHEMES: [&str; 2] = ["http://", "https://"];

/// Where a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A folder.
    Folder(PathBuf),
    /// A zip archive.
    Archive(PathBuf),
    /// The address of a folder of static files.
    Web(String),
    /// The address of a zip archive, which is fetched whole.
    WebArchive(String),
}

/// Why there is no record that can be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// There is nothing at the path, or it cannot be read.
    #[error("{path:?}: {error}")]
    Path {
        /// The path.
        path: PathBuf,
        /// Why it cannot be read.
        error: io::Error,
    },
    /// The path leads to something else.
    #[error("{0:?}: neither a folder nor an archive")]
    Neither(PathBuf),
    /// The file is not an archive of a record.
    #[error("{name:?}: {error}")]
    Archive {
        /// The path or address.
        name: String,
        /// Why it cannot be read.
        error: ZipError,
    },
    /// The address is invalid, or its archive cannot be fetched.
    #[error(transparent)]
    Server(#[from] SourceError),
}

impl Location {
    /// What a person has typed: an address that begins with `http://` or `https://`, of an archive if it ends in `.zip`; or
    /// the path of a folder or of an archive.
    ///
    /// # Errors
    ///
    /// `Path` or `Neither` for a path, `Server` for an invalid address.
    pub fn of(typed: &Path) -> Result<Self, LocationError> {
        let is_address = |text: &&str| SCHEMES.iter().any(|scheme| text.starts_with(scheme));
        if let Some(address) = typed.to_str().filter(is_address) {
            // A wrong address is found before anything is asked for.
            HttpRecord::new(address, Duration::ZERO)?;
            let address = address.to_owned();
            return Ok(if address.ends_with(".zip") { Self::WebArchive(address) } else { Self::Web(address) });
        }
        let path = typed.to_path_buf();
        // This is asked before opening, because a pipe might never end.
        match fs::metadata(typed) {
            Ok(metadata) if metadata.is_dir() => Ok(Self::Folder(path)),
            Ok(metadata) if metadata.is_file() => Ok(Self::Archive(path)),
            Ok(_) => Err(LocationError::Neither(path)),
            Err(error) => Err(LocationError::Path { path, error }),
        }
    }

    /// The record as it is now. A source keeps parts of what it has read, so every reading begins with a new one. A server
    /// must answer within `timeout`.
    ///
    /// # Errors
    ///
    /// `Path`, `Archive` or `Server`. A folder or a server is read only when a file is asked for.
    pub fn open(&self, timeout: Duration) -> Result<AnyRecord, LocationError> {
        self.open_as(timeout, HttpRecord::new)
    }

    /// As [`Self::open`], for a light client, which reads small parts of files.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_in_parts(&self, timeout: Duration) -> Result<AnyRecord, LocationError> {
        self.open_as(timeout, HttpRecord::in_parts)
    }

    fn open_as(
        &self,
        timeout: Duration,
        web: fn(&str, Duration) -> Result<HttpRecord, SourceError>,
    ) -> Result<AnyRecord, LocationError> {
        let archive =
            |file| ZipRecord::new(file).map_err(|error| LocationError::Archive { name: self.to_string(), error });
        let source = match self {
            Self::Folder(root) => Box::new(FolderRecord::new(root)) as Box<dyn RecordSource + Send>,
            Self::Archive(path) => {
                let file = File::open(path).map_err(|error| LocationError::Path { path: path.clone(), error })?;
                Box::new(archive(file)?)
            }
            Self::Web(address) => Box::new(web(address, timeout)?),
            Self::WebArchive(address) => Box::new(archive(fetch_archive(address, timeout)?)?),
        };
        Ok(AnyRecord { source, location: self.clone() })
    }

    /// Whether the record is on a server, which may not answer for a while.
    #[must_use]
    pub fn is_on_a_server(&self) -> bool {
        matches!(self, Self::Web(_) | Self::WebArchive(_))
    }
}

/// The path, or the address without a slash at its end.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::Archive(path) => path.display().fmt(f),
            Self::Web(address) | Self::WebArchive(address) => f.write_str(address.trim_end_matches('/')),
        }
    }
}

/// A record from any location.
pub struct AnyRecord {
    source: Box<dyn RecordSource + Send>,
    location: Location,
}

impl AnyRecord {
    /// Where the record is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl RecordSource for AnyRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.source.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.source.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.source.list()
    }
}
