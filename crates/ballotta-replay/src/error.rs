//! Why a source is refused, and how the readers say where.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

/// Why published ballots cannot be read. The sources of an error have more details, such as the error of the operating
/// system.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A file or folder of the source cannot be opened or read.
    #[error("{place} cannot be read")]
    Read {
        /// The file or folder, and the line in it if one was reached.
        place: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file begins like gzip, but ends too early or is damaged.
    #[error("{place} cannot be unpacked")]
    Unpack {
        /// The file, and the line in it if one was reached.
        place: String,
        /// What is wrong with the compressed bytes.
        source: io::Error,
    },
    /// A document is not JSON, or does not have the fields of its format.
    #[error("{path} is not of this format", path = path.display())]
    Json {
        /// The path of the file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The source does not begin like any known format. The caller may know the format and name it.
    #[error("{path} is not in a known format{}", looks.map_or_else(String::new, |looks| format!(": {looks}")), path = path.display())]
    UnknownFormat {
        /// The path of the file or folder.
        path: PathBuf,
        /// What the source seems to be instead, and what to do.
        looks: Option<&'static str>,
    },
    /// The files of a folder or an archive are in several formats.
    #[error("{path} has files of several formats: {}", files.join(", "), path = path.display())]
    SeveralFormats {
        /// The path of the folder or archive.
        path: PathBuf,
        /// The first file of each format, with the format.
        files: Vec<String>,
    },
    /// The content of a source breaks the rules of its format, or goes beyond what an election can have.
    #[error("{}{problem}", place.as_ref().map_or_else(String::new, |place| format!("{place}: ")))]
    Content {
        /// The file and the line, session or entry in it, if the fault is in one place.
        place: Option<String>,
        /// What is wrong, in words.
        problem: String,
    },
    /// The source does not have a requested contest.
    #[error("there is no contest {id:?}, only {}", known.join(", "))]
    UnknownContest {
        /// The identifier that was requested.
        id: String,
        /// The identifiers of all contests of the source.
        known: Vec<String>,
    },
    /// No ballot has any of the requested contests.
    #[error("there are no ballots")]
    NoBallots,
}

pub(crate) type Result<T, E = ReplayError> = std::result::Result<T, E>;

/// Adds the place of a fault to an error. Each caller puts the outer place before the inner one.
pub(crate) trait At<T> {
    fn at<P: Display>(self, outer: impl FnOnce() -> P) -> Result<T>;
}

impl<T> At<T> for Result<T> {
    fn at<P: Display>(self, outer: impl FnOnce() -> P) -> Self {
        self.map_err(|error| match error {
            ReplayError::Content { place, problem } => {
                let place = place.map_or_else(String::new, |inner| format!(": {inner}"));
                ReplayError::Content { place: Some(format!("{}{place}", outer())), problem }
            }
            other => other,
        })
    }
}

/// Creates an error about the content. Its place is not known yet.
macro_rules! problem {
    ($($text:tt)*) => { $crate::error::ReplayError::Content { place: None, problem: format!($($text)*) } };
}

/// Returns an error about the content from the function.
macro_rules! bail {
    ($($text:tt)*) => { return Err($crate::error::problem!($($text)*)) };
}

/// Returns an error about the content from the function unless a condition is true.
macro_rules! ensure {
    ($condition:expr, $($text:tt)*) => {
        if !$condition {
            $crate::error::bail!($($text)*);
        }
    };
}

pub(crate) use {bail, ensure, problem};

/// An error with its sources on one line, as tests compare it.
#[cfg(test)]
pub(crate) fn on_one_line(error: &ReplayError) -> String {
    let (mut text, mut error) = (error.to_string(), std::error::Error::source(error));
    while let Some(source) = error {
        text = format!("{text}: {source}");
        error = source.source();
    }
    text
}
