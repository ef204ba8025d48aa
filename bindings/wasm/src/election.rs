//! The voter's side: election, credential, prepared ballot.

use alloc::borrow::ToOwned as _;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ballotta::election::ElectionContext;
use ballotta::record::MemoryRecord;
use ballotta::voter::{BallotStatus, Election, Voter, VoterError};
use ballotta::written::VoterNumber;
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::ballots::{
    OpenElection, RawPrepared, Witnesses, asked, check_choices, data, drawn_order, freshness, opened_json, voting_codes,
};
use crate::bytes;
use crate::error::{Outcome, Refused};
use crate::fetch::RawFetch;
use crate::random::system_rng;

/// An election and the record from which it was read.
struct Opened {
    record: MemoryRecord,
    election: Election,
}

impl OpenElection for Opened {
    fn context(&self) -> &ElectionContext {
        &self.election.context
    }

    fn is_open(&self) -> Result<(), VoterError> {
        self.election.is_open()
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

    /// How lately witnesses have cosigned the board, at a time in seconds since 1970.
    pub fn freshness(&self, now: f64) -> Result<Uint8Array, JsValue> {
        // A number of seconds is exact in a double.
        freshness(self.opened.election.freshness(now as u64))
    }

    /// The identifiers of a contest's options, in the order that a seed of 32 bytes draws.
    pub fn drawn_order(&self, contest: &str, seed: &[u8]) -> Result<Uint8Array, JsValue> {
        Ok(drawn_order(&*self.opened, contest, seed)?)
    }

    /// All problems of choices that the rules do not allow a voter of this weight.
    pub fn check_choices(&self, choices: Vec<u8>, style: &str, weight: u64) -> Result<Uint8Array, JsValue> {
        Ok(check_choices(&*self.opened, choices, style, weight)?)
    }

    /// Derives the credential of a voting code, which must be on the roll.
    pub fn credential(&self, code: Vec<u8>) -> Result<RawCredential, JsValue> {
        let code = Zeroizing::new(code);
        let code = voting_codes(&code)?;
        let voter = self.opened.election.voter(&self.opened.record, &code).map_err(Refused::from)?;
        Ok(RawCredential { opened: Rc::clone(&self.opened), voter: Rc::new(voter) })
    }

    /// Checks an opening on the second device: `voterNumber`, `style`, `weight` as text, `choices`.
    pub fn check_opening(&self, opening: Vec<u8>, tracker: &str, voter: &str) -> Result<Uint8Array, JsValue> {
        let opening = Zeroizing::new(opening);
        let (tracker, voter) = asked(tracker, voter)?;
        let Opened { record, election } = &*self.opened;
        let opened = election.check_opening(record, &opening, &tracker, &voter, &mut system_rng()?);
        Ok(opened_json(&*self.opened, &opened.map_err(Refused::from)?))
    }

    /// The state of a voter's ballot, as JSON: `state`, `entry`, `by`, `byWritten`, `byEntry`, `reason`, `change`, `witnesses`.
    pub fn find(&self, tracker: &str, voter: &str) -> Result<Uint8Array, JsValue> {
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
            #[serde(skip_serializing_if = "Option::is_none")]
            change: Option<u64>,
            witnesses: Option<Witnesses>,
        }
        let Opened { record, election } = &*self.opened;
        let (tracker, voter) = asked(tracker, voter)?;
        let found = election.find(record, &tracker, &voter, &mut system_rng()?).map_err(Refused::from)?;
        let witnesses = election.closing_witnesses(record).map_err(Refused::from)?;
        let witnesses = witnesses.map(Witnesses::from);
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
            BallotStatus::OfChangedCode { index, change } => {
                Place { state: change.code(), entry: index, change: Some(change.change()), ..Place::default() }
            }
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
        let election = Rc::clone(&self.opened) as Rc<dyn OpenElection>;
        Ok(RawPrepared::new(election, Rc::clone(&self.voter), choices, previous, counter)?)
    }
}
