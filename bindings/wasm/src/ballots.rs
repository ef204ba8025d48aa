//! What the voter's modules have in common: choices, prepared ballots, openings, message files.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ballotta::ballot::{ChoiceError, ChoiceErrors, Choices, OpenedBallot, PreparedBallot};
use ballotta::credential::{Entitlement, VotingCodes};
use ballotta::election::ElectionContext;
use ballotta::message::{Message, MessageKind};
use ballotta::voter::{CheckpointWitnesses, Freshness, Voter, VoterError};
use ballotta::written::{VoterNumber, WrittenTracker};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::error::{Outcome, Refused};
use crate::random::system_rng;
use crate::{bytes, json};

/// An election that was read.
pub(crate) trait OpenElection {
    fn context(&self) -> &ElectionContext;

    /// Whether ballots may be cast now.
    fn is_open(&self) -> Result<(), VoterError>;

    fn style_of(&self, style: usize) -> &str {
        self.context().manifest().styles().get(style).map_or("", |style| style.id.as_str())
    }

    fn style(&self, id: &str) -> Outcome<usize> {
        let style = self.context().manifest().styles().iter().position(|style| style.id == id);
        style.ok_or_else(|| Refused::new("invalid-input", "style", "the election has no such ballot style"))
    }
}

/// The witnesses that have cosigned a checkpoint.
#[derive(Serialize)]
pub(crate) struct Witnesses {
    cosigned: usize,
    members: usize,
    quorum: usize,
    enough: bool,
}

impl From<CheckpointWitnesses> for Witnesses {
    fn from(seen: CheckpointWitnesses) -> Self {
        Self { cosigned: seen.cosigned, members: seen.members, quorum: seen.quorum, enough: seen.enough() }
    }
}

/// All problems of choices that the rules do not allow a voter of this weight.
pub(crate) fn check_choices(
    election: &dyn OpenElection,
    choices: Vec<u8>,
    style: &str,
    weight: u64,
) -> Outcome<Uint8Array> {
    #[derive(Serialize)]
    struct Problem {
        field: String,
        contest: Option<String>,
        option: Option<String>,
        rule: &'static str,
        message: String,
    }
    let choices = Zeroizing::new(choices);
    let entitlement = Entitlement { style: election.style(style)?, weight };
    let choices = Choices::from_json(&choices).map_err(ChoiceErrors::from);
    let checked = choices.and_then(|choices| choices.check(election.context(), entitlement));
    let errors = checked.err().map(ChoiceErrors::into_errors).unwrap_or_default();
    let problem = |error: ChoiceError| Problem {
        field: error.field(),
        message: error.to_string(),
        rule: error.problem.rule(),
        contest: error.contest,
        option: error.option,
    };
    Ok(json(&errors.into_iter().map(problem).collect::<Vec<_>>())?)
}

/// How lately witnesses have cosigned the board, as JSON: `state`, `cosigned`, `quorum`, `youngest`, `limit`.
pub(crate) fn freshness(freshness: Freshness) -> Result<Uint8Array, JsValue> {
    #[derive(Default, Serialize)]
    struct Age {
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cosigned: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        quorum: Option<usize>,
        /// Inside, `None` is `null`: nobody has cosigned.
        #[serde(skip_serializing_if = "Option::is_none")]
        youngest: Option<Option<u64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
    }
    let state = freshness.code();
    data(&match freshness {
        Freshness::Fresh { cosigned, quorum } => {
            Age { state, cosigned: Some(cosigned), quorum: Some(quorum), ..Age::default() }
        }
        Freshness::Old { cosigned, quorum, youngest, limit } => {
            Age { state, cosigned: Some(cosigned), quorum: Some(quorum), youngest: Some(youngest), limit: Some(limit) }
        }
        _ => Age { state, ..Age::default() },
    })
}

/// The identifiers of a contest's options, in the order that a seed of 32 bytes draws.
pub(crate) fn drawn_order(election: &dyn OpenElection, contest: &str, seed: &[u8]) -> Outcome<Uint8Array> {
    let contest = election.context().manifest().contests().iter().find(|known| known.id == contest);
    let contest =
        contest.ok_or_else(|| Refused::new("invalid-input", "contest", "the election has no such contest"))?;
    let seed = seed.try_into().map_err(|_| Refused::new("invalid-input", "seed", "expected 32 bytes"))?;
    let options = contest.drawn_order(seed).into_iter().filter_map(|option| contest.options.get(option));
    Ok(json(&options.map(|option| option.id.as_str()).collect::<Vec<_>>())?)
}

/// What a checked opening contains, as JSON: `voterNumber`, `style`, `weight` as text, `choices`.
pub(crate) fn opened_json(election: &dyn OpenElection, opened: &OpenedBallot) -> Uint8Array {
    let choices = opened.expose_choices().to_json();
    let Entitlement { style, weight } = opened.entitlement();
    let (number, style) = (VoterNumber::written(opened.credential()), election.style_of(style));
    // The text needs no escape, so no further copy of the choices is made.
    let frame = format!(r#"{{"voterNumber":"{number}","style":"{style}","weight":"{weight}","choices":"#);
    let mut text = Zeroizing::new(String::with_capacity(frame.len() + choices.len() + 1));
    text.push_str(&frame);
    text.push_str(&choices);
    text.push('}');
    bytes(text.as_bytes())
}

/// Reads the voting codes of a voter, one on each line.
pub(crate) fn voting_codes(codes: &[u8]) -> Outcome<VotingCodes> {
    let refused = |message: String| Refused::new("bad-voting-code", "code", message);
    let text = str::from_utf8(codes).map_err(|_| refused("this is not a voting code".into()))?;
    text.parse().map_err(|error| refused(format!("{error}")))
}

/// A prepared ballot, which can be cast or opened, once.
#[wasm_bindgen]
pub struct RawPrepared {
    tracker: String,
    written: String,
    prepared: Option<PreparedBallot>,
    election: Rc<dyn OpenElection>,
    voter: Rc<Voter>,
}

impl RawPrepared {
    /// Prepares a ballot that replaces the one with the tracker `previous`; a first ballot, if that is empty.
    pub(crate) fn new(
        election: Rc<dyn OpenElection>,
        voter: Rc<Voter>,
        choices: Vec<u8>,
        previous: &str,
        counter: u64,
    ) -> Outcome<Self> {
        let choices = Zeroizing::new(choices);
        let choices = Choices::from_json(&choices).map_err(|error| Refused::from(ChoiceErrors::from(error)))?;
        let previous = match previous {
            "" => None,
            text => Some(text.parse().map_err(|_| not_digits("previous"))?),
        };
        election.is_open()?;
        let prepared = voter.prepare(election.context(), choices, previous, counter, &mut system_rng()?)?;
        let (tracker, written) = (prepared.tracker().to_string(), prepared.tracker().written());
        Ok(Self { tracker, written, prepared: Some(prepared), election, voter })
    }
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
        Ok(bytes(&prepared.cast(self.election.context(), key_pair, &mut rng).to_bytes()))
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
pub(crate) fn asked(tracker: &str, voter: &str) -> Outcome<(WrittenTracker, VoterNumber)> {
    let tracker = tracker.parse().map_err(|error| Refused::slip("tracker", error))?;
    Ok((tracker, voter.parse().map_err(|error| Refused::slip("voterNumber", error))?))
}

pub(crate) fn data(data: &impl Serialize) -> Result<Uint8Array, JsValue> {
    Ok(json(data).map_err(Refused::from)?)
}
