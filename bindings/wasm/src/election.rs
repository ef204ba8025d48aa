//! The voter's side: election, credential, prepared ballot.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ballotta::ballot::{BallotOpening, ChoiceError, ChoiceErrors, Choices, PreparedBallot};
use ballotta::credential::{Entitlement, VotingCode};
use ballotta::message::{Message, MessageKind};
use ballotta::record::MemoryRecord;
use ballotta::voter::{BallotStatus, Election, Voter};
use ballotta::written::{VoterNumber, WrittenTracker};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::error::{Outcome, Refused};
use crate::fetch::RawFetch;
use crate::random::system_rng;
use crate::{bytes, json};

/// An election and the record from which it was read.
struct Opened {
    record: MemoryRecord,
    election: Election,
}

impl Opened {
    fn style_of(&self, style: usize) -> &str {
        self.election.context.manifest().styles().get(style).map_or("", |style| style.id.as_str())
    }

    fn style(&self, id: &str) -> Outcome<usize> {
        let styles = self.election.context.manifest().styles();
        let style = styles.iter().position(|style| style.id == id);
        style.ok_or_else(|| Refused::new("invalid-input", "style", "the election has no such ballot style"))
    }
}

/// An election that was read from a record, for JavaScript.
#[wasm_bindgen]
pub struct RawElection {
    opened: Rc<Opened>,
}

#[wasm_bindgen]
impl RawElection {
    /// Reads the election of a record. It must have the given fingerprint, or may have any if that is empty.
    #[wasm_bindgen(constructor)]
    pub fn new(fetch: RawFetch, fingerprint: &str) -> Result<Self, JsValue> {
        Ok(Self::read(fetch, fingerprint)?)
    }

    /// The fingerprint of the election, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        self.opened.election.context.fingerprint().to_string()
    }

    /// The fingerprint in its written form.
    pub fn written_fingerprint(&self) -> String {
        self.opened.election.context.fingerprint().written()
    }

    /// The bytes of the manifest as published.
    pub fn manifest(&self) -> Uint8Array {
        bytes(self.opened.election.context.manifest().bytes())
    }

    /// The state of the board, as JSON: `entries`, `opened`, `closed`.
    pub fn board(&self) -> Result<Uint8Array, JsValue> {
        #[derive(Serialize)]
        struct Board {
            entries: u64,
            root: String,
            opened: Option<u64>,
            closed: Option<u64>,
        }
        let Election { window, .. } = &self.opened.election;
        let head = self.opened.election.head();
        let (opened, closed) = (window.opened, window.closed);
        data(&Board { entries: head.size, root: head.root.to_string(), opened, closed })
    }

    /// All problems of choices that the rules do not allow a voter of this weight.
    pub fn check_choices(&self, choices: Vec<u8>, style: &str, weight: u64) -> Result<Uint8Array, JsValue> {
        #[derive(Serialize)]
        struct Problem {
            field: String,
            contest: Option<String>,
            option: Option<String>,
            rule: &'static str,
            message: String,
        }
        let choices = Zeroizing::new(choices);
        let entitlement = Entitlement { style: self.opened.style(style)?, weight };
        let choices = Choices::from_json(&choices).map_err(ChoiceErrors::from);
        let checked = choices.and_then(|choices| choices.check(&self.opened.election.context, entitlement));
        let errors = checked.err().map(ChoiceErrors::into_errors).unwrap_or_default();
        let problem = |error: ChoiceError| Problem {
            field: error.field(),
            message: error.to_string(),
            rule: error.problem.rule(),
            contest: error.contest,
            option: error.option,
        };
        data(&errors.into_iter().map(problem).collect::<Vec<_>>())
    }

    /// Derives the credential of a voting code, which must be on the roll.
    pub fn credential(&self, code: Vec<u8>) -> Result<RawCredential, JsValue> {
        let code = Zeroizing::new(code);
        let refused = |message: String| Refused::new("bad-voting-code", "code", message);
        let text = str::from_utf8(&code).map_err(|_| refused("this is not a voting code".into()))?;
        let code: VotingCode = text.trim().parse().map_err(|error| refused(format!("{error}")))?;
        let voter = self.opened.election.voter(&self.opened.record, &code).map_err(Refused::from)?;
        Ok(RawCredential { opened: Rc::clone(&self.opened), voter: Rc::new(voter) })
    }

    /// Checks an opening on the second device: `voterNumber`, `style`, `weight` as text, `choices`.
    pub fn check_opening(&self, opening: Vec<u8>, tracker: &str, voter: &str) -> Result<Uint8Array, JsValue> {
        let opening = Zeroizing::new(opening);
        let (tracker, voter) = asked(tracker, voter)?;
        let context = &self.opened.election.context;
        let opened =
            BallotOpening::decode(context, &opening).and_then(|opening| opening.check(context, &tracker, &voter));
        let opened = opened.map_err(Refused::from)?;
        let choices = opened.expose_choices().to_json();
        let Entitlement { style, weight } = opened.entitlement();
        let (number, style) = (VoterNumber::written(opened.credential()), self.opened.style_of(style));
        // The text needs no escape, so no further copy of the choices is made.
        let frame = format!(r#"{{"voterNumber":"{number}","style":"{style}","weight":"{weight}","choices":"#);
        let mut text = Zeroizing::new(String::with_capacity(frame.len() + choices.len() + 1));
        text.push_str(&frame);
        text.push_str(&choices);
        text.push('}');
        Ok(bytes(text.as_bytes()))
    }

    /// The state of a voter's ballot, as JSON: `state`, `entry`, `by`, `byWritten`, `byEntry`, `reason`, `witnesses`.
    pub fn find(&self, tracker: &str, voter: &str) -> Result<Uint8Array, JsValue> {
        #[derive(Serialize)]
        struct Witnesses {
            cosigned: usize,
            members: usize,
            quorum: usize,
            enough: bool,
        }
        #[derive(Default, Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Place {
            state: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            entry: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            by: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            by_written: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            by_entry: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<String>,
            witnesses: Option<Witnesses>,
        }
        let Opened { record, election } = &*self.opened;
        let (tracker, voter) = asked(tracker, voter)?;
        let found = election.find(record, &tracker, &voter, &mut system_rng()?).map_err(Refused::from)?;
        let witnesses = election.closing_witnesses(record).map_err(Refused::from)?;
        let witnesses = witnesses.map(|seen| Witnesses {
            cosigned: seen.cosigned,
            members: seen.members,
            quorum: seen.quorum,
            enough: seen.enough(),
        });
        let place = |state, entry| Place { state, entry: Some(entry), ..Place::default() };
        let place = match found {
            BallotStatus::Counted { index } => place("counted", index),
            BallotStatus::Superseded { index, by, by_index } => Place {
                by: Some(by.to_string()),
                by_written: Some(by.written()),
                by_entry: Some(by_index),
                ..place("superseded", index)
            },
            BallotStatus::Void { index, error } => Place { reason: Some(error.to_string()), ..place("void", index) },
            BallotStatus::OfAnotherVoter { index } => place("of_another_voter", index),
            BallotStatus::Missing => Place { state: "missing", ..Place::default() },
        };
        data(&Place { witnesses, ..place })
    }
}

impl RawElection {
    fn read(fetch: RawFetch, fingerprint: &str) -> Outcome<Self> {
        let expected = match fingerprint {
            "" => None,
            text => Some(text.parse().map_err(|error| Refused::slip("fingerprint", error))?),
        };
        let record = fetch.into_record();
        let election = Election::read(&record, &mut system_rng()?)?;
        if let Some(expected) = expected {
            election.expect(&expected)?;
        }
        Ok(Self { opened: Rc::new(Opened { record, election }) })
    }
}

/// A voter whose credential is on the roll.
#[wasm_bindgen]
pub struct RawCredential {
    opened: Rc<Opened>,
    voter: Rc<Voter>,
}

#[wasm_bindgen]
impl RawCredential {
    /// The voter number, in its written form.
    pub fn voter_number(&self) -> String {
        VoterNumber::written(self.voter.credential().public())
    }

    /// The identifier of the ballot style.
    pub fn style(&self) -> String {
        self.opened.style_of(self.voter.line().style).to_owned()
    }

    /// The weight of the voter's ballots.
    pub fn weight(&self) -> u64 {
        self.voter.line().weight
    }

    /// The tracker of the ballot that a new one replaces; nothing, if there is none.
    pub fn predecessor(&self) -> Result<Option<String>, JsValue> {
        let Opened { record, election } = &*self.opened;
        let previous = self.voter.predecessor(election, record, &mut system_rng()?).map_err(Refused::from)?;
        Ok(previous.map(|tracker| tracker.to_string()))
    }

    /// Prepares a ballot that replaces the one with the tracker `previous`; a first ballot, if that is empty.
    pub fn prepare(&self, choices: Vec<u8>, previous: &str, counter: u64) -> Result<RawPrepared, JsValue> {
        let choices = Zeroizing::new(choices);
        let choices = Choices::from_json(&choices).map_err(|error| Refused::from(ChoiceErrors::from(error)))?;
        let previous = match previous {
            "" => None,
            text => Some(text.parse().map_err(|_| not_digits("previous"))?),
        };
        let election = &self.opened.election;
        election.is_open().map_err(Refused::from)?;
        let context = &election.context;
        let prepared =
            self.voter.prepare(context, choices, previous, counter, &mut system_rng()?).map_err(Refused::from)?;
        let (opened, voter) = (Rc::clone(&self.opened), Rc::clone(&self.voter));
        let (tracker, written) = (prepared.tracker().to_string(), prepared.tracker().written());
        Ok(RawPrepared { tracker, written, prepared: Some(prepared), opened, voter })
    }
}

/// A prepared ballot, which can be cast or opened, once.
#[wasm_bindgen]
pub struct RawPrepared {
    tracker: String,
    written: String,
    prepared: Option<PreparedBallot>,
    opened: Rc<Opened>,
    voter: Rc<Voter>,
}

#[wasm_bindgen]
impl RawPrepared {
    /// The tracker of the ballot, in hexadecimal.
    pub fn tracker(&self) -> String {
        self.tracker.clone()
    }

    /// The tracker in its written form.
    pub fn written_tracker(&self) -> String {
        self.written.clone()
    }

    /// Opens the ballot and returns the bytes for the second device.
    pub fn open(&mut self) -> Result<Uint8Array, JsValue> {
        Ok(bytes(&self.prepared.take().ok_or_else(used)?.open().expose_bytes()))
    }

    /// Casts the ballot and returns the bytes for the board.
    pub fn cast(&mut self) -> Result<Uint8Array, JsValue> {
        let mut rng = system_rng()?;
        let prepared = self.prepared.take().ok_or_else(used)?;
        let key_pair = self.voter.credential().key_pair();
        Ok(bytes(&prepared.cast(&self.opened.election.context, key_pair, &mut rng).to_bytes()))
    }
}

/// Returns the first line of a message file: that of an opening, or that of a ballot. JavaScript writes the second, which is
/// base64: with the code for that, the module would be larger than its limit.
#[wasm_bindgen]
pub fn first_line(opening: bool) -> String {
    message_kind(opening).first_line()
}

/// Returns the content of a message file, which must be an opening or a ballot.
#[wasm_bindgen]
pub fn from_text(opening: bool, text: &str) -> Result<Uint8Array, JsValue> {
    // The reasons in words would make the module larger than its limit.
    let message = Message::parse(text).ok().filter(|message| message.kind == message_kind(opening));
    let message = message.ok_or_else(|| Refused::new("bad-text", "text", "this is not a message file of this kind"))?;
    let content = Zeroizing::new(message.bytes);
    Ok(bytes(&content))
}

fn message_kind(opening: bool) -> MessageKind {
    if opening { MessageKind::BallotOpening } else { MessageKind::Ballot }
}

fn used() -> Refused {
    Refused::new("ballot-used", "", "the ballot was already cast or opened: prepare another one")
}

fn not_digits(field: &str) -> Refused {
    Refused::new("invalid-input", field, "expected 64 lower-case hexadecimal digits")
}

/// Reads what a person typed: the tracker and the voter number of a ballot.
fn asked(tracker: &str, voter: &str) -> Outcome<(WrittenTracker, VoterNumber)> {
    let tracker = tracker.parse().map_err(|error| Refused::slip("tracker", error))?;
    Ok((tracker, voter.parse().map_err(|error| Refused::slip("voterNumber", error))?))
}

fn data(data: &impl Serialize) -> Result<Uint8Array, JsValue> {
    Ok(json(data).map_err(Refused::from)?)
}
