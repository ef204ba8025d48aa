//! The errors of the command: what is wrong, what to do about it, and the exit code.
//!
//! See `spec/command-line.md#exit-codes`.

use std::fmt;
use std::io;

use anyhow::{Error, Result};
use ballotta::admission::{ChangeRefused, EntryRefused};
use ballotta::ballot::AdmissionError;
use ballotta::credential::{ChangeDraftError, RollChangeError};
use ballotta::decryption::{DecryptionError, TallyDifference};
use ballotta::record::{ReadError, RecordError};
use ballotta::voter::VoterError;
use serde::Serialize;

use crate::console::{json_text, print_to_stderr};

/// What an error means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A check failed, or something was refused.
    Refused,
    /// The command was called wrongly, or a file cannot be read or written.
    CalledWrongly,
    /// A record is not complete.
    NotComplete,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::CalledWrongly => "called-wrongly",
            Self::NotComplete => "not-complete",
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::CalledWrongly => 2,
            Self::NotComplete => 3,
        }
    }
}

/// The reader of the standard output has closed it, as `head` does. There is nobody to whom to say so.
#[derive(Debug)]
pub(crate) struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the standard output")
    }
}

/// An error, what it means for the exit code, and what to do about it.
#[derive(Debug)]
struct Failure {
    error: Error,
    kind: Kind,
    /// The library's name of the fault, for programs.
    code: Option<&'static str>,
    remedy: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&error_text(&self.error))
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// Wraps an error, and keeps what is already known about it.
    fn of(error: Error) -> Self {
        let before = error.downcast_ref::<Self>();
        let (known, code) = (before.map(|known| known.kind), before.and_then(|known| known.code));
        // These errors of the library always mean that a check failed.
        let is_refused = find::<AdmissionError>(&error).is_some()
            || find::<DecryptionError>(&error).is_some()
            || matches!(find(&error), Some(RecordError::Checkpoint { .. }));
        let kind = known.unwrap_or(if is_refused { Kind::Refused } else { Kind::CalledWrongly });
        // A failure has no source, so the remedy is looked up before the error is wrapped.
        Self { kind, code: code.or_else(|| library_code(&error)), remedy: remedy_of(&error), error }
    }
}

/// The library's name of a fault, if it has one.
fn library_code(error: &Error) -> Option<&'static str> {
    find::<VoterError>(error)
        .map(VoterError::code)
        .or_else(|| find::<RecordError>(error).map(RecordError::code))
        .or_else(|| find::<AdmissionError>(error).map(AdmissionError::code))
        .or_else(|| find::<EntryRefused>(error).map(EntryRefused::code))
        .or_else(|| find::<RollChangeError>(error).map(RollChangeError::code))
        .or_else(|| find::<ChangeDraftError>(error).map(ChangeDraftError::code))
        .or_else(|| find::<DecryptionError>(error).map(DecryptionError::code))
}

fn find<E: std::error::Error + 'static>(error: &Error) -> Option<&E> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// The error of the library's reader of records, if it is the cause.
fn record_error(error: &Error) -> Option<&RecordError> {
    find::<RecordError>(error).or_else(|| match find::<VoterError>(error) {
        Some(VoterError::Record(error)) => Some(error),
        _ => None,
    })
}

/// The error of the library's reader of records, also if it is known already what it means.
pub(crate) fn record_fault(error: &Error) -> Option<&RecordError> {
    record_error(error).or_else(|| find::<Failure>(error).and_then(|failure| record_fault(&failure.error)))
}

/// Whether a file of a record cannot be read, or has changed while it was read.
fn is_unreadable(error: &Error) -> bool {
    let of_record = matches!(
        record_error(error),
        Some(RecordError::File { error: ReadError::Source(_), .. } | RecordError::Changed { .. })
    );
    of_record || matches!(find(error), Some(ReadError::Source(_)))
}

/// Whether a file of a record cannot be read, also if it is known already what the error means.
pub(crate) fn is_unread(error: &Error) -> bool {
    is_unreadable(error) || find::<Failure>(error).is_some_and(|failure| is_unread(&failure.error))
}

/// Adds to the error of a result that a check failed, or what to do about it.
pub(crate) trait ErrorContext<T> {
    /// Marks the error as a failed check: the exit code is 1 and not 2.
    fn refused(self) -> Result<T>;

    /// Adds what to do, for the line `remedy:` after the error.
    fn remedy(self, remedy: impl Into<String>) -> Result<T>;

    /// Adds the library's name of the fault, if its error is replaced by one in other words.
    fn coded(self, code: &'static str) -> Result<T>;
}

impl<T, E: Into<Error>> ErrorContext<T> for Result<T, E> {
    fn refused(self) -> Result<T> {
        self.map_err(|error| {
            let failure = Failure::of(error.into());
            // Nothing is refused because of a record that cannot be read: nobody knows what it says.
            let kind = if is_unread(&failure.error) { failure.kind } else { Kind::Refused };
            Failure { kind, ..failure }.into()
        })
    }

    fn remedy(self, remedy: impl Into<String>) -> Result<T> {
        self.map_err(|error| Failure { remedy: Some(remedy.into()), ..Failure::of(error.into()) }.into())
    }

    fn coded(self, code: &'static str) -> Result<T> {
        self.map_err(|error| Failure { code: Some(code), ..Failure::of(error.into()) }.into())
    }
}

/// Returns the error of a failed check, with this message.
pub(crate) fn refusal<T>(problem: impl fmt::Display) -> Result<T> {
    Err(Error::msg(problem.to_string())).refused()
}

/// Returns the error of a record that is not complete, with this message.
pub(crate) fn not_complete<T>(problem: impl fmt::Display) -> Result<T> {
    Err(incompleteness(problem))
}

/// The error of a record that is not complete.
pub(crate) fn incompleteness(problem: impl fmt::Display) -> Error {
    Failure { error: Error::msg(problem.to_string()), kind: Kind::NotComplete, code: None, remedy: None }.into()
}

/// An error for programs.
#[derive(Serialize)]
struct ErrorForPrograms<'a> {
    error: &'a str,
    /// The library's name of the fault or, if it has none, that of the exit code.
    code: &'static str,
    exit_code: u8,
    remedy: Option<&'a str>,
}

/// Prints an error with its remedy, as text or as JSON, and returns the exit code.
pub(crate) fn report(error: Error, is_json: bool) -> u8 {
    if error.downcast_ref::<Unread>().is_some() {
        return Kind::CalledWrongly.exit_code();
    }
    let Failure { error, kind, code, remedy } = Failure::of(error);
    if is_json {
        let (code, text) = (code.unwrap_or(kind.name()), error_text(&error));
        report_json(&text, code, kind.exit_code(), remedy.as_deref());
        return kind.exit_code();
    }
    print_to_stderr(format_args!("error: {}", error_text(&error)));
    if let Some(remedy) = remedy {
        print_to_stderr(format_args!("remedy: {remedy}"));
    }
    kind.exit_code()
}

/// Prints that the command was called wrongly, as JSON, and returns the exit code.
pub(crate) fn report_usage_json(text: &str) -> u8 {
    let kind = Kind::CalledWrongly;
    report_json(text, kind.name(), kind.exit_code(), None);
    kind.exit_code()
}

fn report_json(error: &str, code: &'static str, exit_code: u8, remedy: Option<&str>) {
    // A value of texts and numbers can always be written.
    let json = serde_json::to_string(&ErrorForPrograms { error, code, exit_code, remedy }).unwrap_or_default();
    print_to_stderr(json_text(&json));
}

/// Formats an error with its causes on one line. Common errors of the operating system are in words, without a number.
pub(crate) fn error_text(error: &Error) -> String {
    let cause = |cause: &(dyn std::error::Error + 'static)| {
        let system = cause.downcast_ref::<io::Error>().filter(|error| error.raw_os_error().is_some());
        match system.map(io::Error::kind) {
            Some(io::ErrorKind::AlreadyExists) => "it already exists".to_owned(),
            Some(io::ErrorKind::NotFound) => "there is no such file or folder".to_owned(),
            Some(io::ErrorKind::PermissionDenied) => "you do not have the permission".to_owned(),
            Some(io::ErrorKind::IsADirectory) => "it is a folder".to_owned(),
            _ => cause.to_string(),
        }
    };
    error.chain().map(cause).collect::<Vec<_>>().join(": ")
}

/// The library's name of a fault, if it is known.
pub(crate) fn code_of(error: &Error) -> Option<&'static str> {
    error.downcast_ref::<Failure>().and_then(|failure| failure.code).or_else(|| library_code(error))
}

/// What to do about an error, if that is known.
pub(crate) fn remedy_of(error: &Error) -> Option<String> {
    let given = error.downcast_ref::<Failure>().and_then(|failure| failure.remedy.clone());
    given.or_else(|| known_remedy(error).map(str::to_owned))
}

/// What to do about errors that several verbs return.
fn known_remedy(error: &Error) -> Option<&'static str> {
    if let Some(error) = find::<AdmissionError>(error) {
        return admission_remedy(error);
    }
    if let Some(error) = find::<DecryptionError>(error) {
        return decryption_remedy(error);
    }
    if let Some(remedy) = find::<VoterError>(error).and_then(voter_remedy) {
        return Some(remedy);
    }
    if let Some(remedy) = find::<RollChangeError>(error).and_then(change_remedy) {
        return Some(remedy);
    }
    if matches!(record_error(error), Some(RecordError::Manifest(_))) {
        return Some("`ballotta manifest check` lists every rule that it breaks");
    }
    match find::<io::Error>(error)?.kind() {
        io::ErrorKind::AlreadyExists => Some("choose another file name: files are never overwritten"),
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::InvalidData => Some("check that this is the right file"),
        io::ErrorKind::PermissionDenied => Some("check the owner and the permissions of the file"),
        _ => None,
    }
}

fn change_remedy(error: &RollChangeError) -> Option<&'static str> {
    Some(match error {
        RollChangeError::Sequence { found, expected } if found < expected => {
            "another change has this number: begin this change again with the current record, in all offices; the codes and letters that \
             were made for the first try are void, so destroy them"
        }
        RollChangeError::Sequence { .. } => "add the changes with the numbers before it first, in their order",
        RollChangeError::AlreadyRevoked { .. } | RollChangeError::NotOnRoll => {
            "give the voter number of the newest letter of this voter"
        }
        RollChangeError::AlreadyVoted { .. } => "who has voted has voted: nothing more can be changed for this voter",
        _ => return None,
    })
}

/// The error of a change of the roll, with the rule that it breaks as the cause.
pub(crate) fn refused_change<E: std::error::Error + Send + Sync + 'static>(error: ChangeRefused<E>) -> Error {
    match error {
        ChangeRefused::Refused(error) => error.into(),
        // As for every other entry, with a code.
        ChangeRefused::Encoding(error) => EntryRefused::Encoding { what: "a change of the roll", error }.into(),
        error => error.into(),
    }
}

fn voter_remedy(error: &VoterError) -> Option<&'static str> {
    Some(match error {
        VoterError::UnknownCredential => {
            "check the voting code and the fingerprint; a new code can be used only after the board has the change of the roll with it, \
             so try again later; if all is right and this stays so, do not vote: this is not your election"
        }
        VoterError::UnknownNumber => {
            "compare the voter number with your letter, and the fingerprint; the number of a new letter is known only after the board \
             has the change of the roll, so try again later; if all is right and this stays so, this is not your election"
        }
        VoterError::UnknownCodes => {
            "give codes of the same letters: all old ones, or all new ones, which can be used only after the board has the change of the \
             roll; if all codes are right and of the same letters, compare the fingerprint, and ask the credential authorities"
        }
        VoterError::Revoked { .. } => {
            "if you have got a new code, use it, and with several codes only those of the newer letters; otherwise ask the credential \
             authority"
        }
        _ => return None,
    })
}

fn admission_remedy(error: &AdmissionError) -> Option<&'static str> {
    Some(match error {
        AdmissionError::WrongElection => {
            "the ballot is for another election: compare the fingerprint that the voter saw with that of this record"
        }
        AdmissionError::UnknownCredential => {
            "the voting code is not for this election: prepare the ballot again with a code for this one"
        }
        AdmissionError::Revoked { .. } => "the code was replaced or revoked: use the new code",
        AdmissionError::RevoteFork { .. } => "prepare the ballot again with the current record",
        AdmissionError::DuplicateBallot { .. } => "nothing to do: the ballot is on the board",
        AdmissionError::NotOpen => "add the organiser's opening first",
        _ => return None,
    })
}

fn decryption_remedy(error: &DecryptionError) -> Option<&'static str> {
    Some(match error {
        DecryptionError::TooFewStatements { .. } => "wait until the other trustees' statements are on the board",
        DecryptionError::TooFewWitnesses { .. } => "wait until the witnesses' cosignatures are on the board",
        DecryptionError::StatementMismatch { what: TallyDifference::Fingerprint, .. }
        | DecryptionError::DecryptionMismatch { what: TallyDifference::Fingerprint, .. } => {
            "it was made for another election: ask the trustee for the one of this election"
        }
        DecryptionError::StatementMismatch { .. } | DecryptionError::DecryptionMismatch { .. } => {
            "compare checkpoints with the other trustees: the board shows different people different entries"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use ballotta::record::SourceError;

    use super::*;

    /// K8: a file that cannot be read is no refusal, however the error is marked.
    #[test]
    fn k8_what_cannot_be_read_is_not_refused() {
        let source = || SourceError { path: "roll".into(), reason: "input/output error".into() };
        let file = |error| RecordError::File { path: "roll".into(), error };
        let kind = |error: Error| Failure::of(Err::<(), _>(error).refused().context("outer").unwrap_err()).kind;
        let unreadable = || file(ReadError::Source(source()));
        assert_eq!(kind(unreadable().into()), Kind::CalledWrongly);
        assert_eq!(kind(VoterError::Record(unreadable()).into()), Kind::CalledWrongly);
        assert_eq!(kind(ReadError::Source(source()).into()), Kind::CalledWrongly);
        assert_eq!(kind(RecordError::Changed { path: "roll".into() }.into()), Kind::CalledWrongly);
        // Also after a remedy was added, or after another caller has marked it.
        let with_remedy = Err::<(), _>(unreadable()).remedy("try again").unwrap_err();
        assert!(is_unread(&with_remedy));
        assert_eq!(kind(with_remedy), Kind::CalledWrongly);
        assert_eq!(kind(Err::<(), _>(unreadable()).refused().unwrap_err()), Kind::CalledWrongly);
        assert!(!is_unread(&Err::<(), _>(file(ReadError::Missing)).refused().unwrap_err()));
        assert_eq!(kind(file(ReadError::Missing).into()), Kind::Refused);
        assert_eq!(kind(RecordError::OtherFile { path: "ceremony/00".into() }.into()), Kind::Refused);
    }

    #[test]
    fn what_is_known_about_an_error_survives_context() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let error = Err::<(), _>(missing()).refused().remedy("look again").context("outer").unwrap_err();
        let failure = Failure::of(error);
        assert_eq!(failure.kind, Kind::Refused);
        assert_eq!(failure.remedy.as_deref(), Some("look again"));
        assert_eq!(failure.to_string(), "outer: entity not found");

        let system = |number| error_text(&Error::new(io::Error::from_raw_os_error(number)).context("x cannot be read"));
        if cfg!(unix) {
            assert_eq!(system(2), "x cannot be read: there is no such file or folder");
            assert_eq!(system(13), "x cannot be read: you do not have the permission");
            assert_eq!(system(17), "x cannot be read: it already exists");
            assert!(system(5).ends_with("(os error 5)"));
        }

        let plain = Failure::of(Error::new(missing()).context("outer"));
        assert_eq!(plain.kind, Kind::CalledWrongly);
        assert_eq!(known_remedy(&plain.error), Some("check the path"));
        assert_eq!(Failure::of(AdmissionError::Closed.into()).kind, Kind::Refused);
        let waiting = not_complete::<()>("trustee 2 is awaited").remedy("wait").context("outer").unwrap_err();
        assert_eq!(Failure::of(waiting).kind, Kind::NotComplete);

        let early = || Err::<(), _>(DecryptionError::TooFewStatements { found: 1, needed: 2, absent: vec![2] });
        let wait = "wait until the other trustees' statements are on the board";
        let failure = Failure::of(early().refused().context("outer").unwrap_err());
        assert_eq!(failure.kind, Kind::Refused);
        assert_eq!(failure.remedy.as_deref(), Some(wait));
        assert_eq!(remedy_of(&early().refused().unwrap_err()).as_deref(), Some(wait));
        assert_eq!(remedy_of(&early().remedy("another").unwrap_err()).as_deref(), Some("another"));
    }
}
