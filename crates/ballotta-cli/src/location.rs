//! A record in a folder or on a web server, for the verbs that read both.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use ballotta::manifest::Manifest;
use ballotta::record::{RecordSource, SourceError};
use ballotta_io::{FolderRecord, HttpRecord};

use crate::console::{Console, News, Shown as _, escaped};
use crate::failure::{error_text, is_unread};
use crate::record::{Source, read_manifest};

/// A server that does not answer within this time is asked again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where a record is.
pub(crate) enum Location {
    Folder(PathBuf),
    Web(String),
}

impl Location {
    /// What a person has typed: an address that begins with `http://` or `https://`, or a folder.
    pub(crate) fn of(typed: &Path) -> Result<Self> {
        match typed.to_str().filter(|text| ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))) {
            Some(address) => {
                // An address that is none is a wrong call, before anything is read.
                HttpRecord::new(address, TIMEOUT)?;
                Ok(Self::Web(address.to_owned()))
            }
            None => {
                ensure!(typed.is_dir(), "{} is not a folder, and no address that begins with http://", typed.shown());
                Ok(Self::Folder(typed.to_path_buf()))
            }
        }
    }

    /// The manifest of the record. A server that does not answer is asked again, unless only once; a location without a
    /// manifest is a wrong call.
    pub(crate) fn first_manifest(&self, once: bool, poll: Duration, console: Console) -> Result<Manifest> {
        let mut news = News::default();
        loop {
            match read_manifest(&self.open()?) {
                Err(error) if is_unread(&error) && !once => {
                    news.say(console, format!("{}. It is read again.", error_text(&error)));
                    thread::sleep(poll);
                }
                manifest => return manifest,
            }
        }
    }

    /// The record as it is now. A source keeps parts of what it has read, so every reading begins with a new one.
    pub(crate) fn open(&self) -> Result<AnyRecord> {
        Ok(match self {
            Self::Folder(root) => AnyRecord::Folder(FolderRecord::new(root)),
            Self::Web(address) => {
                AnyRecord::Web(HttpRecord::new(address, TIMEOUT)?, escaped(address.trim_end_matches('/')))
            }
        })
    }
}

/// A record from either place.
pub(crate) enum AnyRecord {
    Folder(FolderRecord),
    Web(HttpRecord, String),
}

impl AnyRecord {
    fn source(&self) -> &dyn RecordSource {
        match self {
            Self::Folder(record) => record,
            Self::Web(record, _) => record,
        }
    }
}

impl Source for AnyRecord {
    fn name(&self) -> String {
        match self {
            Self::Folder(record) => record.name(),
            Self::Web(_, address) => address.clone(),
        }
    }
}

impl RecordSource for AnyRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.source().length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.source().read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.source().list()
    }
}
