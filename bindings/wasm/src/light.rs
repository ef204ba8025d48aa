//! The voter's side of a light client: an election that is read in small parts.
//!
//! A call that needs a part which is not there yet returns nothing. JavaScript then fetches what `wanted` names and calls
//! again, with the same arguments.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use ballotta::board::receipt::SignedReceipt;
use ballotta::election::ElectionContext;
use ballotta::hash::Tracker;
use ballotta::merkle::TreeHead;
use ballotta::voter::light::{LightElection, LightPromise, LightStatus, OpeningShown};
use ballotta::voter::{Voter, VoterError};
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
use crate::parts::Parts;
use crate::random::system_rng;

impl OpenElection for LightElection {
    fn context(&self) -> &ElectionContext {
        &self.context
    }

    fn is_open(&self) -> Result<(), VoterError> {
        self.is_open()
    }
}

/// The place of a ballot, for JavaScript.
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
    entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    witnesses: Option<Witnesses>,
}

impl Place {
    /// A ballot, and another one of the voter.
    fn other(state: &'static str, entry: u64, by: Tracker) -> Self {
        let (by, by_written) = (Some(by.to_string()), Some(by.written()));
        Self { state, entry: Some(entry), by, by_written, ..Self::default() }
    }
}

/// Reads a receipt, without verifying it.
fn signed_receipt(text: &str) -> Outcome<SignedReceipt> {
    SignedReceipt::parse(text.as_bytes()).map_err(|error| Refused::new("bad-receipt", "receipt", error))
}

/// An election that is read in parts, for JavaScript.
#[wasm_bindgen]
pub struct RawLight {
    parts: Parts,
    election: Option<Rc<LightElection>>,
}

#[wasm_bindgen]
impl RawLight {
    /// An election of which nothing was read.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self { parts: Parts::new(), election: None }
    }

    /// The parts that are needed, as a JSON list of `path`, `offset`, `length` (null for the whole file) and `limit`.
    pub fn wanted(&self) -> Result<Uint8Array, JsValue> {
        data(&self.parts.take_wanted())
    }

    /// Adds a whole file.
    pub fn add_whole(&mut self, path: &str, bytes: Vec<u8>) {
        self.parts.add_whole(path, bytes);
    }

    /// Adds the bytes of a file from `offset` on.
    pub fn add(&mut self, path: &str, offset: f64, bytes: Vec<u8>) {
        // Offsets are those that `wanted` named, and exact in a double.
        self.parts.add(path, offset as u64, bytes);
    }

    /// Notes that the record has no such file.
    pub fn absent(&mut self, path: &str) {
        self.parts.absent(path);
    }

    /// Forgets what changes as a board grows, to read it again; or everything.
    pub fn forget(&mut self, everything: bool) {
        self.parts.forget(everything);
    }

    /// Reads the election. It must have the given fingerprint, or may have any if that is empty, and its board must continue
    /// the one with `size` entries and this root, if that is not empty. Returns whether it was read.
    pub fn open(&mut self, fingerprint: &str, size: u64, root: &str) -> Result<bool, JsValue> {
        Ok(self.read(fingerprint, size, root)?)
    }

    /// The fingerprint of the election, in hexadecimal.
    pub fn fingerprint(&self) -> Result<String, JsValue> {
        Ok(self.opened()?.context.fingerprint().to_string())
    }

    /// The fingerprint in its written form.
    pub fn written_fingerprint(&self) -> Result<String, JsValue> {
        Ok(self.opened()?.context.fingerprint().written())
    }

    /// The bytes of the manifest as published.
    pub fn manifest(&self) -> Result<Uint8Array, JsValue> {
        Ok(bytes(self.opened()?.context.manifest().bytes()))
    }

    /// The state of the board, as JSON: `entries`, `root`, `opened`, `closed`, `stated`, `voters`, `witnesses`.
    pub fn board(&self) -> Result<Uint8Array, JsValue> {
        #[derive(Serialize)]
        struct Board {
            entries: u64,
            root: String,
            opened: Option<u64>,
            closed: Option<u64>,
            stated: bool,
            voters: u64,
            witnesses: Witnesses,
        }
        let election = self.opened()?;
        data(&Board {
            entries: election.head().size,
            root: election.head().root.to_string(),
            opened: election.window.opened,
            closed: election.window.closed,
            stated: election.opening_shown() == OpeningShown::Stated,
            voters: election.voters(),
            witnesses: (*election.witnesses()).into(),
        })
    }

    /// How lately witnesses have cosigned the board, at a time in seconds since 1970.
    pub fn freshness(&self, now: f64) -> Result<Uint8Array, JsValue> {
        // A number of seconds is exact in a double.
        freshness(self.opened()?.freshness(now as u64))
    }

    /// The identifiers of a contest's options, in the order that a seed of 32 bytes draws.
    pub fn drawn_order(&self, contest: &str, seed: &[u8]) -> Result<Uint8Array, JsValue> {
        Ok(drawn_order(&**self.opened()?, contest, seed)?)
    }

    /// All problems of choices that the rules do not allow a voter of this weight.
    pub fn check_choices(&self, choices: Vec<u8>, style: &str, weight: u64) -> Result<Uint8Array, JsValue> {
        Ok(check_choices(&**self.opened()?, choices, style, weight)?)
    }

    /// Checks an opening on the second device: `voterNumber`, `style`, `weight` as text, `choices`. Returns nothing if parts are
    /// needed.
    pub fn check_opening(&self, opening: Vec<u8>, tracker: &str, voter: &str) -> Result<Option<Uint8Array>, JsValue> {
        let opening = Zeroizing::new(opening);
        let (tracker, voter) = asked(tracker, voter)?;
        let election = self.opened()?;
        let opened = election.check_opening(&self.parts, &opening, &tracker, &voter, &mut system_rng()?);
        Ok(self.awaiting(opened)?.map(|opened| opened_json(&**election, &opened)))
    }

    /// Derives the credential of a voting code, which must be on the roll. Returns nothing if parts are needed.
    pub fn credential(&self, code: Vec<u8>) -> Result<Option<RawLightCredential>, JsValue> {
        let code = voting_codes(&Zeroizing::new(code))?;
        let election = self.opened()?;
        let voter = self.awaiting(election.voter(&self.parts, &code, &mut system_rng()?))?;
        Ok(voter.map(|voter| RawLightCredential { election: Rc::clone(election), voter: Rc::new(voter) }))
    }

    /// The content of a receipt, which the board must have signed, as JSON: `entry`, `tracker`, `writtenTracker`, `previous`.
    pub fn receipt(&self, receipt: &str) -> Result<Uint8Array, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Content {
            entry: u64,
            tracker: String,
            written_tracker: String,
            previous: Option<String>,
        }
        let signed = signed_receipt(receipt)?;
        let receipt = self.opened()?.receipt(&signed).map_err(Refused::from)?;
        data(&Content {
            entry: receipt.index(),
            tracker: receipt.tracker().to_string(),
            written_tracker: receipt.tracker().written(),
            previous: receipt.previous().map(|tracker| tracker.to_string()),
        })
    }

    /// The state of a promised ballot, as JSON: `state`, `entry`, `by`, `byWritten`, `byEntry`, `entries`, `change`, `witnesses`,
    /// `evidence` in hexadecimal. Returns nothing if parts are needed.
    pub fn promised(&self, receipt: &str, tracker: &str, voter: &str) -> Result<Option<Uint8Array>, JsValue> {
        let (tracker, voter) = asked(tracker, voter)?;
        let signed = signed_receipt(receipt)?;
        let rng = &mut system_rng()?;
        let election = self.opened()?;
        let found = election.find_promised(&self.parts, &signed, &tracker, &voter, rng);
        let Some((found, witnesses)) = self.with_witnesses(election, found)? else { return Ok(None) };
        let state = found.code();
        let own = |entry| Place { state, entry: Some(entry), ..Place::default() };
        let place = match found {
            LightPromise::Counted { index }
            | LightPromise::NotCounted { index }
            | LightPromise::OnBoard { index }
            | LightPromise::OfAnotherVoter { index } => own(index),
            LightPromise::Superseded { index, by, by_index } | LightPromise::LaterIsLast { index, by, by_index } => {
                Place { by_entry: Some(by_index), ..Place::other(state, index, by) }
            }
            LightPromise::Void { index, evidence } | LightPromise::Broken { index, evidence } => Place {
                evidence: Some(evidence.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()),
                ..own(index)
            },
            LightPromise::OfChangedCode { index, change } => Place { change: Some(change.change()), ..own(index) },
            LightPromise::NotYet { index, size } => Place { entries: Some(size), ..own(index) },
            _ => Place { state, ..Place::default() },
        };
        Ok(Some(data(&Place { witnesses, ..place })?))
    }

    /// The state of a voter's ballot, as JSON: `state`, `entry`, `by`, `byWritten`, `witnesses`. Returns nothing if parts are needed.
    pub fn find(&self, tracker: &str, voter: &str) -> Result<Option<Uint8Array>, JsValue> {
        let (tracker, voter) = asked(tracker, voter)?;
        let election = self.opened()?;
        let found = election.find(&self.parts, &tracker, &voter, &mut system_rng()?);
        let Some((found, witnesses)) = self.with_witnesses(election, found)? else { return Ok(None) };
        let state = found.code();
        let own = |entry| Place { state, entry: Some(entry), ..Place::default() };
        let place = match found {
            LightStatus::Counted { index }
            | LightStatus::OnBoard { index }
            | LightStatus::Revoked { index }
            | LightStatus::RevocationOnBoard { index } => own(index),
            LightStatus::AnotherCounts { index, tracker } | LightStatus::AnotherIsLast { index, tracker } => {
                Place::other(state, index, tracker)
            }
            _ => Place { state, ..Place::default() },
        };
        Ok(Some(data(&Place { witnesses, ..place })?))
    }
}

impl RawLight {
    fn opened(&self) -> Outcome<&Rc<LightElection>> {
        self.election.as_ref().ok_or_else(|| Refused::new("internal", "", "the election was not read"))
    }

    /// What was read; nothing if parts are needed for it.
    fn awaiting<T>(&self, read: Result<T, VoterError>) -> Outcome<Option<T>> {
        match read {
            Err(_) if self.parts.is_waiting() => Ok(None),
            read => Ok(Some(read?)),
        }
    }

    /// What was found, with the witnesses of the close; nothing if parts are needed for one of them.
    fn with_witnesses<T>(
        &self,
        election: &LightElection,
        found: Result<T, VoterError>,
    ) -> Outcome<Option<(T, Option<Witnesses>)>> {
        // Both are begun before one fails, so that all parts are fetched at once.
        let witnesses = election.closing_witnesses(&self.parts);
        let Some(found) = self.awaiting(found)? else { return Ok(None) };
        let witnesses = self.awaiting(witnesses)?;
        Ok(witnesses.map(|witnesses| (found, witnesses.map(Witnesses::from))))
    }

    fn read(&mut self, fingerprint: &str, size: u64, root: &str) -> Outcome<bool> {
        let expected = match fingerprint {
            "" => None,
            text => Some(text.parse().map_err(|error| Refused::slip("fingerprint", error))?),
        };
        let kept = match root {
            "" => None,
            root => Some(TreeHead {
                size,
                root: root.parse().map_err(|_| {
                    Refused::new("invalid-input", "kept", "expected the root of a board: 64 hexadecimal digits")
                })?,
            }),
        };
        // The first parts are fetched before anything is tried.
        if self.parts.is_waiting() {
            return Ok(false);
        }
        let read = LightElection::read(&self.parts, kept.as_ref(), &mut system_rng()?);
        let Some(election) = self.awaiting(read)? else { return Ok(false) };
        if let Some(expected) = expected {
            election.expect(&expected)?;
        }
        self.election = Some(Rc::new(election));
        Ok(true)
    }
}

impl Default for RawLight {
    fn default() -> Self {
        Self::new()
    }
}

/// A voter whose credential is on the roll.
#[wasm_bindgen]
pub struct RawLightCredential {
    election: Rc<LightElection>,
    voter: Rc<Voter>,
}

#[wasm_bindgen]
impl RawLightCredential {
    /// The voter number, in its written form.
    pub fn voter_number(&self) -> String {
        VoterNumber::written(self.voter.credential().public())
    }

    /// The identifier of the ballot style.
    pub fn style(&self) -> String {
        self.election.style_of(self.voter.line().style).to_owned()
    }

    /// The weight of the voter's ballots.
    pub fn weight(&self) -> u64 {
        self.voter.line().weight
    }

    /// The tracker of the ballot that a new one replaces; empty if there is none. Returns nothing if parts are needed.
    pub fn predecessor(&self, from: &RawLight) -> Result<Option<String>, JsValue> {
        let election = from.opened()?;
        let previous = from.awaiting(election.predecessor(&from.parts, &self.voter, &mut system_rng()?))?;
        Ok(previous.map(|previous| previous.map(|tracker| tracker.to_string()).unwrap_or_default()))
    }

    /// Prepares a ballot that replaces the one with the tracker `previous`; a first ballot, if that is empty.
    pub fn prepare(
        &self,
        from: &RawLight,
        choices: Vec<u8>,
        previous: &str,
        counter: u64,
    ) -> Result<RawPrepared, JsValue> {
        let election = Rc::clone(from.opened()?) as Rc<dyn OpenElection>;
        Ok(RawPrepared::new(election, Rc::clone(&self.voter), choices, previous, counter)?)
    }
}
