//! A record for an auditor to explore.

use std::path::PathBuf;
use std::sync::Arc;

use ballotta::ballot::{BallotHeader, SignedBallot};
use ballotta::board::entry::{Entry, EntryKind};
use ballotta::credential::Entitlement;
use ballotta::message::{Message, MessageKind};
use ballotta::voter::{BallotStatus, Election, History};
use ballotta::written::{VoterNumber, WrittenError, WrittenTracker};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::run::{run, system_rng};
use crate::source::{Source, Watched, open};

/// An entry of the board: position, kind, body.
type PyEntry<'py> = (u64, &'static str, Bound<'py, PyBytes>);
/// The header of a ballot: style number, credential, previous tracker, tracker.
type Header = (u16, String, Option<String>, String);
/// A ballot of a credential: position, tracker, and the reason if it is void.
type Own = (u64, String, Option<String>);
/// The board: entries, root, opening, closing.
type Board = (u64, String, Option<u64>, Option<u64>);
/// An opened ballot: voter number, style number, weight, choices.
type Opened = (String, usize, u64, String);
/// The state of a ballot: state, position, tracker and position of the ballot that counts instead, reason if void.
type FoundAs = (&'static str, Option<u64>, Option<String>, Option<u64>, Option<String>);

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Ceremony => "ceremony",
        EntryKind::Open => "open",
        EntryKind::Ballot => "ballot",
        EntryKind::Close => "close",
        EntryKind::ClosingStatement => "statement",
        EntryKind::PartialDecryption => "decryption",
        EntryKind::Publication => "publication",
        EntryKind::RollSignature => "roll-signature",
        EntryKind::RollChange => "roll-change",
        EntryKind::CutOff => "cut-off",
        EntryKind::Cancellation => "cancellation",
        _ => "unknown",
    }
}

/// What a voter typed: the tracker from notes, and the voter number of the letter.
fn asked(tracker: &str, voter_number: &str) -> Result<(WrittenTracker, VoterNumber), Failure> {
    let slip = |error: WrittenError| Failure::new("typing-slip", error);
    Ok((tracker.parse().map_err(slip)?, voter_number.parse().map_err(slip)?))
}

/// The tracker of the signed ballot with these bytes.
#[pyfunction]
pub(crate) fn tracker_of(ballot: &[u8]) -> PyResult<String> {
    let tracker = SignedBallot::tracker_of(ballot).map_err(|error| Failure::new("bad-encoding", error))?;
    Ok(tracker.to_string())
}

/// Writes the record in a folder as a zip archive.
#[pyfunction]
pub(crate) fn pack(py: Python<'_>, record: PathBuf, archive: PathBuf) -> PyResult<()> {
    let packed = py.detach(|| ballotta_io::pack(&record, &archive));
    packed.map_err(|error| Failure::new("not-packed", error).into())
}

/// A record whose manifest, ceremony, roll and board are consistent.
#[pyclass(frozen, module = "ballotta._ballotta")]
pub(crate) struct Record {
    source: Source,
    election: Arc<Election>,
}

#[pymethods]
impl Record {
    #[new]
    fn new(py: Python<'_>, location: String) -> PyResult<Self> {
        run(py, None, None, move |watch| {
            let source = open(&location)?;
            let watched = Watched { source: &source, watch };
            let election = Arc::new(Election::read(&watched, &mut system_rng())?);
            Ok(Self { source, election })
        })
    }

    fn manifest(&self) -> &str {
        // A manifest that was parsed is valid UTF-8.
        std::str::from_utf8(self.election.context.manifest().bytes()).unwrap_or_default()
    }

    fn fingerprint(&self) -> String {
        self.election.context.fingerprint().to_string()
    }

    fn board(&self) -> Board {
        let (head, window) = (self.election.head(), &self.election.window);
        (head.size, head.root.to_string(), window.opened, window.closed)
    }

    /// The number of voters and their weight, together and by style.
    fn roll(&self) -> (u64, u64, Vec<(u64, u64)>) {
        let totals = self.election.roll.totals();
        (totals.voters(), totals.weight(), totals.styles().iter().map(|style| (style.voters, style.weight)).collect())
    }

    /// The entries of a bundle of the board.
    fn entries<'py>(&self, py: Python<'py>, bundle: u64) -> PyResult<Vec<PyEntry<'py>>> {
        let entries = py.detach(|| self.election.entries(&self.source, bundle)).map_err(Failure::from)?;
        let entry = |(index, bytes): (u64, Vec<u8>)| {
            let entry = Entry::decode(&bytes).map_err(|error| Failure::new("bad-entries", error))?;
            Ok((index, kind(entry.kind()), PyBytes::new(py, entry.body())))
        };
        entries.into_iter().map(entry).collect()
    }

    /// Reads the header of a ballot; `None` if it is too short.
    #[staticmethod]
    fn header(ballot: &[u8]) -> Option<Header> {
        let header = BallotHeader::read(ballot).ok()?;
        let tracker = SignedBallot::tracker_of(ballot).ok()?;
        let previous = header.previous.map(|tracker| tracker.to_string());
        Some((header.style, hex::encode(header.credential), previous, tracker.to_string()))
    }

    /// Number, style number and weight of a voter; `None` if the credential is not on the roll.
    fn line(&self, py: Python<'_>, credential: &str) -> PyResult<Option<(u64, usize, u64)>> {
        let credential = credential_bytes(credential)?;
        let line = py.detach(|| self.election.line(&self.source, &credential)).map_err(Failure::from)?;
        Ok(line.map(|line| (line.number, line.style, line.weight)))
    }

    /// Verifies all ballots that name a credential.
    fn follow(&self, py: Python<'_>, credential: &str) -> PyResult<Vec<Own>> {
        let credential = credential_bytes(credential)?;
        let (source, election) = (self.source.clone(), Arc::clone(&self.election));
        run(py, None, None, move |watch| {
            let source = Watched { source: &source, watch };
            let line = election.line(&source, &credential)?;
            let line = line.ok_or_else(|| Failure::new("unknown-credential", "the credential is not on the roll"))?;
            let history = History::read(&election, &source, &line, &mut system_rng())?;
            let own = history.ballots().iter().map(|ballot| {
                let void = ballot.state.as_ref().err().map(ToString::to_string);
                (ballot.index, ballot.tracker.to_string(), void)
            });
            Ok(own.collect())
        })
    }

    /// The state of a voter's ballot.
    fn find(&self, py: Python<'_>, of: &str, voter_number: &str) -> PyResult<FoundAs> {
        let (tracker, voter) = asked(of, voter_number)?;
        let (source, election) = (self.source.clone(), Arc::clone(&self.election));
        run(py, None, None, move |watch| {
            let source = Watched { source: &source, watch };
            Ok(match election.find(&source, &tracker, &voter, &mut system_rng())? {
                BallotStatus::Counted { index } => ("counted", Some(index), None, None, None),
                BallotStatus::Superseded { index, by, by_index } => {
                    ("superseded", Some(index), Some(by.to_string()), Some(by_index), None)
                }
                BallotStatus::Void { index, error } => ("void", Some(index), None, None, Some(error.to_string())),
                BallotStatus::OfAnotherVoter { index } => ("of_another_voter", Some(index), None, None, None),
                BallotStatus::OfChangedCode { index, change } => {
                    (change.code(), index, None, None, Some(format!("entry {} changes the roll", change.change())))
                }
                BallotStatus::Missing => ("missing", None, None, None, None),
            })
        })
    }

    /// Encrypts the choices of an opening again, which is given as bytes or as a message file with them. Returns voter
    /// number, style number, weight, and the choices as JSON.
    fn check_opening(&self, py: Python<'_>, opening: &[u8], of: &str, voter_number: &str) -> PyResult<Opened> {
        let (tracker, voter) = asked(of, voter_number)?;
        // Bytes of an opening begin with the version of the format, which is no text.
        let bad = |problem: &dyn std::fmt::Display| Failure::new("bad-encoding", format!("the opening: {problem}"));
        let file =
            str::from_utf8(opening).ok().filter(|text| text.trim_start_matches('\u{feff}').starts_with("ballotta/"));
        let file = file.map(Message::parse).transpose().map_err(|error| bad(&error))?;
        let bytes = Zeroizing::new(match file {
            Some(Message { kind: MessageKind::BallotOpening, bytes }) => bytes,
            Some(Message { kind, .. }) => return Err(bad(&format!("this is a {}", kind.name())).into()),
            None => opening.to_vec(),
        });
        let (source, election) = (self.source.clone(), Arc::clone(&self.election));
        run(py, None, None, move |watch| {
            let source = Watched { source: &source, watch };
            let opened = election.check_opening(&source, &bytes, &tracker, &voter, &mut system_rng())?;
            let choices = opened.expose_choices().to_json();
            let Entitlement { style, weight } = opened.entitlement();
            Ok((VoterNumber::written(opened.credential()), style, weight, choices.to_string()))
        })
    }
}

fn credential_bytes(text: &str) -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    let read = hex::decode_to_slice(text, &mut bytes);
    read.map_err(|_| Failure::new("bad-credential", "a credential is 64 hexadecimal digits"))?;
    Ok(bytes)
}
