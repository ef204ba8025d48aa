//! The rules that a roll must obey, line by line, when it is read and when it is written.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::ROLL_FORMAT;
use super::error::{RollError, RollProblem};
use super::line::RollLine;
use super::totals::RollTotals;
use crate::hash::{ManifestHash, parse_hex32};
use crate::limits::{MAX_ROLL_LINE_BYTES, MAX_TOTAL, MAX_VOTERS, MAX_WEIGHT};
use crate::manifest::Manifest;
use crate::weaken::{self, Check};

/// The most bytes of a roll of any election. See `spec/credential.md#roll`.
pub const MAX_ROLL_BYTES: u64 = bytes_of_roll(MAX_VOTERS);

/// The most bytes of a roll with this number of voters, or with [`MAX_VOTERS`].
const fn bytes_of_roll(voters: u64) -> u64 {
    let voters = if voters < MAX_VOTERS { voters } else { MAX_VOTERS };
    (voters + 1) * MAX_ROLL_LINE_BYTES as u64
}

/// The rules that a roll must obey, which come from the manifest.
#[derive(Clone, Debug)]
pub struct RollRules {
    manifest: ManifestHash,
    styles: Vec<String>,
    positions: BTreeMap<String, usize>,
    max_weight: u64,
    max_total: u64,
}

impl RollRules {
    /// Reads the rules for the roll from a manifest.
    #[must_use]
    pub fn for_manifest(manifest: &Manifest) -> Self {
        let styles: Vec<&str> = manifest.styles().iter().map(|style| style.id.as_str()).collect();
        Self::new(*manifest.hash(), &styles, manifest.weights().max, manifest.weights().total)
    }

    /// Creates rules for a manifest with these styles, whose identifiers must not contain spaces or line ends. The
    /// largest weight of a voter is `max_weight`, but not more than [`MAX_WEIGHT`]. The largest sum of all weights is
    /// `max_total`, but not more than [`MAX_TOTAL`].
    #[must_use]
    pub fn new<S: AsRef<str>>(manifest: ManifestHash, styles: &[S], max_weight: u64, max_total: u64) -> Self {
        let styles: Vec<String> = styles.iter().map(|style| style.as_ref().to_string()).collect();
        // One by one: `collect` would add a sort of 5 KB to the module that voters load.
        let mut positions = BTreeMap::new();
        for (position, style) in styles.iter().enumerate() {
            positions.insert(style.clone(), position);
        }
        Self {
            manifest,
            positions,
            styles,
            max_weight: max_weight.min(MAX_WEIGHT),
            max_total: max_total.min(MAX_TOTAL),
        }
    }

    /// Returns the most bytes of a roll. Every voter has a weight of at least 1, so the sum of the weights limits their
    /// number as well.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        bytes_of_roll(self.max_total)
    }

    /// Sorts the voters and returns the lines of their roll, each with its line feed. The concatenated lines are the
    /// bytes to publish.
    ///
    /// # Errors
    ///
    /// An error for each voter that breaks a rule. Its line is the `number` of the [`RollLine`].
    pub fn write(&self, mut voters: Vec<RollLine>) -> Result<impl Iterator<Item = String>, Vec<RollError>> {
        voters.sort_unstable_by_key(|voter| (voter.credential, voter.number));
        let mut checked = LineRules::new(self);
        let mut lines = Vec::with_capacity(voters.len());
        let mut errors = Vec::new();
        for voter in voters {
            let line = voter.number;
            match self.style_name(voter.style).and_then(|style| checked.admit(self, &voter).map(|()| style)) {
                Ok(style) => lines.push((voter, style)),
                Err(problem) => errors.push(RollError { line, problem }),
            }
        }
        if lines.is_empty() && errors.is_empty() {
            errors.push(RollError { line: 2, problem: RollProblem::Empty });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let header = core::iter::once(format!("{ROLL_FORMAT} {}\n", self.manifest));
        Ok(header.chain(
            lines
                .into_iter()
                .map(|(voter, style)| format!("{} {style} {}\n", hex::encode(voter.credential), voter.weight)),
        ))
    }

    fn style_name(&self, position: usize) -> Result<&str, RollProblem> {
        self.styles.get(position).map(String::as_str).ok_or(RollProblem::UnknownStyle)
    }

    /// Checks the first line, without its end.
    pub(super) fn check_header(&self, bytes: &[u8]) -> Result<(), RollProblem> {
        let found: ManifestHash = core::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.strip_prefix(ROLL_FORMAT)?.strip_prefix(' ')?.parse().ok())
            .ok_or(RollProblem::BadHeader)?;
        if found != self.manifest && weaken::is_on(Check::RollManifest) {
            return Err(RollProblem::WrongManifest { found });
        }
        Ok(())
    }

    /// Reads the line of a voter, without its end.
    pub(in crate::credential) fn parse(&self, number: u64, bytes: &[u8]) -> Result<RollLine, RollProblem> {
        let text = core::str::from_utf8(bytes).map_err(|_| RollProblem::Malformed)?;
        let mut fields = text.split(' ');
        let (Some(credential), Some(style), Some(weight), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(RollProblem::Malformed);
        };
        Ok(RollLine {
            number,
            credential: parse_hex32(credential).map_err(|_| RollProblem::BadCredential)?,
            style: *self.positions.get(style).ok_or(RollProblem::UnknownStyle)?,
            weight: parse_weight(weight).ok_or(RollProblem::WeightOutOfRange { max: self.max_weight })?,
        })
    }
}

fn parse_weight(text: &str) -> Option<u64> {
    // `parse` alone would accept a plus sign and leading zeros.
    if text.starts_with(['+', '0']) { None } else { text.parse().ok() }
}

/// Checks the rules for values, and the rules that involve several lines, when a roll is read and when it is written.
pub(super) struct LineRules {
    previous: Option<[u8; 32]>,
    pub(super) totals: RollTotals,
}

impl LineRules {
    pub(super) fn new(rules: &RollRules) -> Self {
        Self { previous: None, totals: RollTotals::new(rules.styles.len()) }
    }

    pub(super) fn admit(&mut self, rules: &RollRules, line: &RollLine) -> Result<(), RollProblem> {
        if !(1..=rules.max_weight).contains(&line.weight) {
            return Err(RollProblem::WeightOutOfRange { max: rules.max_weight });
        }
        let order =
            self.previous.replace(line.credential).map_or(Ordering::Less, |before| before.cmp(&line.credential));
        if line.credential == [0; 32] && weaken::is_on(Check::RefuseIdentity) {
            return Err(RollProblem::IdentityCredential);
        }
        match order {
            Ordering::Equal if weaken::is_on(Check::RollOrder) => Err(RollProblem::Duplicate),
            Ordering::Greater if weaken::is_on(Check::RollOrder) => Err(RollProblem::NotAscending),
            _ => self.totals.add(line, rules.max_total),
        }
    }
}
