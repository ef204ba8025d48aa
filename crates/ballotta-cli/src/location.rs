//! A record in a folder, in a zip archive or on a web server, for every verb that only reads.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ballotta::manifest::Manifest;
use ballotta_io::{AnyRecord, Location, LocationError};

use crate::console::{Console, News, Shown as _, escaped};
use crate::failure::{error_text, is_unread};
use crate::record::{Source, read_manifest};

/// A server that does not answer within this time is asked again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The place that a person has typed. A place without anything is a wrong call, before anything is read.
pub(crate) fn located(typed: &Path) -> Result<Location> {
    Location::of(typed).map_err(|error| match error {
        LocationError::Path { error, .. } => anyhow::Error::new(error).context(format!(
            "{} is neither a folder nor an archive, and no address that begins with http://",
            typed.shown()
        )),
        error => error.into(),
    })
}

/// The record at the place that a person has typed.
pub(crate) fn open(typed: &Path) -> Result<AnyRecord> {
    opened(&located(typed)?)
}

/// The record as it is now. A source keeps parts of what it has read, so every reading begins with a new one.
pub(crate) fn opened(location: &Location) -> Result<AnyRecord> {
    location.open(TIMEOUT).context("the record cannot be opened")
}

/// The same, of which small parts are read.
pub(crate) fn opened_in_parts(location: &Location) -> Result<AnyRecord> {
    location.open_in_parts(TIMEOUT).context("the record cannot be opened")
}

/// The manifest of a record. A server that does not answer is asked again, unless only once; a location without a manifest
/// is a wrong call.
pub(crate) fn first_manifest(location: &Location, once: bool, poll: Duration, console: Console) -> Result<Manifest> {
    let mut news = News::default();
    loop {
        match read_manifest(&opened(location)?) {
            Err(error) if is_unread(&error) && !once => {
                news.say(console, format!("{}. It is read again.", error_text(&error)));
                thread::sleep(poll);
            }
            manifest => return manifest,
        }
    }
}

impl Source for AnyRecord {
    fn name(&self) -> String {
        match self.location() {
            Location::Folder(path) | Location::Archive(path) => path.shown(),
            location => escaped(&location.to_string()),
        }
    }
}
