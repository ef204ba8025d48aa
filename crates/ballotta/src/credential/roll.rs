//! The roll: who may vote, one line of text per voter, and nothing personal.
//!
//! See `spec/credential.md#roll`.
//!
//! # Layout
//!
//! ```text
//! ballotta/v1-draft.4/roll <manifest hash>
//! <public credential> <style> <weight>
//! <public credential> <style> <weight>
//! ```
//!
//! Hash and credentials are 64 lower-case hexadecimal digits, the style is its identifier in the manifest, the weight
//! is a decimal number without leading zeros. Fields are separated by single spaces, every line ends in a line feed, and
//! credentials ascend strictly by their bytes, so that order says nothing about people and every roll has one form.
//!
//! # Implementation details
//!
//! A roll is read in pieces and never held in memory; its [`RollIndex`] says where its voters stand.
//!
//! Decoding a credential costs far more than reading its line: it is left to [`RollLine::key`], which callers call for
//! many lines in parallel.

mod index;
mod signature;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::cmp::Ordering;
use core::mem::take;

use sha2::{Digest as _, Sha256};

use self::index::Blocks;
pub use self::index::{RollIndex, RollLookupError};
pub use self::signature::{RollSignature, RollSignatureError};
use super::entitlement::Entitlement;
use crate::group::PublicElement;
use crate::hash::{ManifestHash, RollHash, parse_hex32};
use crate::limits::{MAX_ROLL_LINE_BYTES, MAX_TOTAL, MAX_VOTERS, MAX_WEIGHT};
use crate::manifest::Manifest;
use crate::weaken::{self, Check};

/// What the first line begins with.
const HEADER: &str = "ballotta/v1-draft.4/roll";
/// At most how many different weights are counted one by one.
const MAX_DISTINCT_WEIGHTS: usize = 1 << 16;

/// A line of a roll that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the roll: {problem}")]
pub struct RollError {
    /// The line, counted from 1.
    pub line: u64,
    /// The rule.
    pub problem: RollProblem,
}

/// The rules that a line of a roll can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollProblem {
    /// The first line is not that of a roll of this version.
    #[error("expected `{HEADER}` and a manifest hash")]
    BadHeader,
    /// The roll belongs to another manifest.
    #[error("the roll belongs to the manifest {found}, and manifest.json is another one")]
    WrongManifest {
        /// The manifest that it names.
        found: ManifestHash,
    },
    /// A line is longer than any can be.
    #[error("longer than {MAX_ROLL_LINE_BYTES} bytes")]
    LineTooLong,
    /// A line is not three fields separated by single spaces.
    #[error("expected a credential, a style and a weight, separated by single spaces")]
    Malformed,
    /// A credential has another form, or is no element of the group.
    #[error("the credential is not an element of the group in 64 lower-case hexadecimal digits")]
    BadCredential,
    /// A credential is the identity: anybody could sign in its place.
    #[error("the credential is the identity")]
    IdentityCredential,
    /// A credential is smaller than the one before.
    #[error("the credential is smaller than the one before")]
    NotAscending,
    /// A credential is that of the line before.
    #[error("the credential stands on the roll twice")]
    Duplicate,
    /// A style that the manifest does not have.
    #[error("the manifest has no such ballot style")]
    UnknownStyle,
    /// A weight has another form, or is none that the manifest allows.
    #[error("the weight is not a decimal number from 1 to {max} without leading zeros")]
    WeightOutOfRange {
        /// The largest that is allowed.
        max: u64,
    },
    /// The weights of all voters together are more than the manifest allows.
    #[error("the weights up to here add up to more than the {limit} of the manifest's `weights.total`")]
    TotalTooLarge {
        /// The most that they may be.
        limit: u64,
    },
    /// More voters than an election can have.
    #[error("more than {MAX_VOTERS} voters")]
    TooManyVoters,
    /// The last line has no end.
    #[error("the last line does not end in a line feed")]
    TrailingBytes,
    /// There are no voters.
    #[error("the roll has no voters")]
    Empty,
}

/// A roll that breaks a rule, after all of it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{errors} lines of the roll break a rule; {first}")]
pub struct RollRefused {
    /// How many errors were found.
    pub errors: u64,
    /// The first of them.
    pub first: RollError,
    /// SHA-256 of the bytes all the same.
    pub hash: RollHash,
}

/// One voter of a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollLine {
    /// The number of the line, counted from 1; the first voter stands on line 2. Of a voter who is to be written: a
    /// number by which an error shall name that voter.
    pub number: u64,
    /// The bytes of the public credential, which need not be an element of the group.
    pub credential: [u8; 32],
    /// The position of the ballot style in the list of styles.
    pub style: usize,
    /// The weight.
    pub weight: u64,
}

impl RollLine {
    /// The voter's place on the roll, counted from 0: the first voter stands on line 2.
    #[must_use]
    pub fn voter(&self) -> u32 {
        // A roll has fewer lines than that.
        u32::try_from(self.number.saturating_sub(2)).unwrap_or(u32::MAX)
    }

    /// What the line entitles the voter to.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: self.style, weight: self.weight }
    }

    /// The public credential.
    ///
    /// # Errors
    ///
    /// `BadCredential` unless it is an element of the group, `IdentityCredential` if it is the identity.
    pub fn key(&self) -> Result<PublicElement, RollError> {
        let refused = |problem| RollError { line: self.number, problem };
        let key = PublicElement::from_canonical(&self.credential).ok_or_else(|| refused(RollProblem::BadCredential))?;
        if key.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return Err(refused(RollProblem::IdentityCredential));
        }
        Ok(key)
    }
}

/// What a roll must agree with; all of it comes from the manifest.
#[derive(Clone, Debug)]
pub struct RollRules {
    manifest: ManifestHash,
    styles: Vec<String>,
    positions: BTreeMap<String, usize>,
    max_weight: u64,
    max_total: u64,
}

impl RollRules {
    /// The rules of the election of a manifest.
    #[must_use]
    pub fn for_manifest(manifest: &Manifest) -> Self {
        let styles: Vec<&str> = manifest.styles().iter().map(|style| style.id.as_str()).collect();
        Self::new(*manifest.hash(), &styles, manifest.weights().max, manifest.weights().total)
    }

    /// The rules of the election of a manifest with these styles, whose identifiers contain neither spaces nor line
    /// ends. A voter weighs at most `max_weight`, which is capped at [`MAX_WEIGHT`], and all together at most `max_total`,
    /// which is capped at [`MAX_TOTAL`].
    #[must_use]
    pub fn new<S: AsRef<str>>(manifest: ManifestHash, styles: &[S], max_weight: u64, max_total: u64) -> Self {
        let styles: Vec<String> = styles.iter().map(|style| style.as_ref().to_string()).collect();
        let mut positions = BTreeMap::new();
        for (position, style) in styles.iter().enumerate() {
            positions.insert(style.clone(), position);
        }
        Self {
            manifest,
            styles,
            positions,
            max_weight: max_weight.min(MAX_WEIGHT),
            max_total: max_total.min(MAX_TOTAL),
        }
    }

    /// The lines of the roll of these voters, in ascending order and with their ends: one after the other, they are the
    /// bytes to publish.
    ///
    /// # Errors
    ///
    /// Every voter who breaks a rule, by the `number` of its [`RollLine`].
    pub fn write(&self, mut voters: Vec<RollLine>) -> Result<impl Iterator<Item = String>, Vec<RollError>> {
        voters.sort_unstable_by_key(|voter| (voter.credential, voter.number));
        let mut admission = Admission::new(self);
        let mut lines = Vec::with_capacity(voters.len());
        let mut errors = Vec::new();
        for voter in voters {
            let line = voter.number;
            match self.style_name(voter.style).and_then(|style| admission.admit(self, &voter).map(|()| style)) {
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
        let header = core::iter::once(format!("{HEADER} {}\n", self.manifest));
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
    fn check_header(&self, bytes: &[u8]) -> Result<(), RollProblem> {
        let found: ManifestHash = core::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.strip_prefix(HEADER)?.strip_prefix(' ')?.parse().ok())
            .ok_or(RollProblem::BadHeader)?;
        if found != self.manifest && weaken::is_on(Check::RollManifest) {
            return Err(RollProblem::WrongManifest { found });
        }
        Ok(())
    }

    /// Reads the line of a voter, without its end.
    fn parse(&self, number: u64, bytes: &[u8]) -> Result<RollLine, RollProblem> {
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
    // `parse` alone would take a plus sign and leading zeros.
    if text.starts_with(['+', '0']) { None } else { text.parse().ok() }
}

/// What is counted of the voters of one style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StyleTotals {
    /// How many voters.
    pub voters: u64,
    /// Their weights together.
    pub weight: u64,
}

/// What is counted while a roll is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollTotals {
    voters: u64,
    weight: u64,
    styles: Vec<StyleTotals>,
    weights: Option<BTreeMap<u64, u64>>,
}

impl RollTotals {
    fn new(styles: usize) -> Self {
        Self { voters: 0, weight: 0, styles: vec![StyleTotals::default(); styles], weights: Some(BTreeMap::new()) }
    }

    /// How many voters.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.voters
    }

    /// The weights of all voters together, at most [`MAX_TOTAL`].
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The same for every style, in the order of the styles.
    #[must_use]
    pub fn styles(&self) -> &[StyleTotals] {
        &self.styles
    }

    /// How many voters have which weight; `None` if there are more than 65 536 different weights.
    #[must_use]
    pub fn weights(&self) -> Option<&BTreeMap<u64, u64>> {
        self.weights.as_ref()
    }

    fn add(&mut self, line: &RollLine, limit: u64) -> Result<(), RollProblem> {
        if self.voters >= MAX_VOTERS {
            return Err(RollProblem::TooManyVoters);
        }
        // What is too much stays: every line behind it is one at which the weights are too large.
        self.weight = self.weight.saturating_add(line.weight);
        if self.weight > limit && weaken::is_on(Check::RollTotal) {
            return Err(RollProblem::TotalTooLarge { limit });
        }
        self.voters += 1;
        if let Some(style) = self.styles.get_mut(line.style) {
            style.voters += 1;
            style.weight += line.weight;
        }
        if let Some(weights) = &mut self.weights {
            *weights.entry(line.weight).or_default() += 1;
            if weights.len() > MAX_DISTINCT_WEIGHTS {
                self.weights = None;
            }
        }
        Ok(())
    }
}

/// The rules for values and between lines, for a roll that is read as for one that is written.
struct Admission {
    previous: Option<[u8; 32]>,
    totals: RollTotals,
}

impl Admission {
    fn new(rules: &RollRules) -> Self {
        Self { previous: None, totals: RollTotals::new(rules.styles.len()) }
    }

    fn admit(&mut self, rules: &RollRules, line: &RollLine) -> Result<(), RollProblem> {
        if line.credential == [0; 32] && weaken::is_on(Check::RefuseIdentity) {
            return Err(RollProblem::IdentityCredential);
        }
        if !(1..=rules.max_weight).contains(&line.weight) {
            return Err(RollProblem::WeightOutOfRange { max: rules.max_weight });
        }
        let order =
            self.previous.replace(line.credential).map_or(Ordering::Less, |before| before.cmp(&line.credential));
        match order {
            Ordering::Equal if weaken::is_on(Check::RollOrder) => Err(RollProblem::Duplicate),
            Ordering::Greater if weaken::is_on(Check::RollOrder) => Err(RollProblem::NotAscending),
            _ => self.totals.add(line, rules.max_total),
        }
    }
}

/// Reads a roll piece by piece. It goes on after a line that breaks a rule and reports them all.
pub struct RollReader {
    rules: RollRules,
    hash: Sha256,
    /// The beginning of a line whose end has not come yet; of a line that is too long, no more than shows it.
    partial: Vec<u8>,
    /// Lines that have ended.
    lines: u64,
    admission: Admission,
    blocks: Blocks,
    errors: u64,
    first: Option<RollError>,
}

impl RollReader {
    /// A reader of a roll that has to agree with `rules`.
    #[must_use]
    pub fn new(rules: RollRules) -> Self {
        Self {
            hash: Sha256::new(),
            partial: Vec::with_capacity(MAX_ROLL_LINE_BYTES),
            lines: 0,
            admission: Admission::new(&rules),
            blocks: Blocks::default(),
            errors: 0,
            first: None,
            rules,
        }
    }

    /// Reads the next piece, of any length. `visit` is called once for every voter and every error, in their order.
    pub fn feed(&mut self, piece: &[u8], visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        self.hash.update(piece);
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(line) if self.partial.is_empty() => self.line(line, visit),
                Some(end) => {
                    self.keep(end);
                    let mut line = take(&mut self.partial);
                    self.line(&line, visit);
                    line.clear();
                    self.partial = line;
                }
                None => self.keep(part),
            }
        }
    }

    /// Ends the roll; `visit` is called once more if it ended too early.
    ///
    /// # Errors
    ///
    /// [`RollRefused`] if anything was wrong, here or before.
    pub fn finish(mut self, visit: &mut impl FnMut(Result<RollLine, RollError>)) -> Result<RollIndex, RollRefused> {
        if !self.partial.is_empty() {
            self.refuse(self.lines + 1, RollProblem::TrailingBytes, visit);
        } else if self.lines < 2 {
            self.refuse(self.lines + 1, RollProblem::Empty, visit);
        }
        let hash = RollHash::from_bytes(self.hash.finalize().into());
        match self.first {
            Some(first) => Err(RollRefused { errors: self.errors, first, hash }),
            None => Ok(self.blocks.into_index(self.rules, hash, self.admission.totals)),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_ROLL_LINE_BYTES.saturating_sub(self.partial.len());
        self.partial.extend(bytes.iter().take(room));
    }

    /// Reads a line without its end.
    fn line(&mut self, bytes: &[u8], visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        self.lines += 1;
        match self.read(bytes) {
            Ok(Some(line)) => visit(Ok(line)),
            Ok(None) => {}
            Err(problem) => self.refuse(self.lines, problem, visit),
        }
    }

    /// The voter of a line, none of the first line.
    fn read(&mut self, bytes: &[u8]) -> Result<Option<RollLine>, RollProblem> {
        if bytes.len() >= MAX_ROLL_LINE_BYTES {
            return Err(RollProblem::LineTooLong);
        }
        if self.lines == 1 {
            self.rules.check_header(bytes)?;
            self.blocks.skip(bytes);
            return Ok(None);
        }
        let line = self.rules.parse(self.lines, bytes)?;
        self.admission.admit(&self.rules, &line)?;
        // After an error there will be no index.
        if self.first.is_none() {
            self.blocks.push(&line.credential, bytes);
        }
        Ok(Some(line))
    }

    fn refuse(&mut self, line: u64, problem: RollProblem, visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        let error = RollError { line, problem };
        self.errors += 1;
        self.first.get_or_insert(error);
        visit(Err(error));
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::*;
    use crate::SUITE;
    use crate::group::{Element, Scalar};
    use crate::limits::MAX_NAME_CHARS;
    use crate::testing::TestRng;

    pub(super) const MANIFEST: ManifestHash = ManifestHash::from_bytes([0xab; 32]);
    const MAX: u64 = 1000;

    pub(super) fn rules() -> RollRules {
        RollRules::new(MANIFEST, &["town", "district-2"], MAX, MAX_TOTAL)
    }

    pub(super) fn line(number: u64, credential: [u8; 32]) -> RollLine {
        RollLine { number, credential, style: number as usize % 2, weight: number % MAX + 1 }
    }

    pub(super) fn voters(count: u64, seed: u64) -> Vec<RollLine> {
        let mut rng = TestRng(seed);
        (0..count)
            .map(|number| {
                let mut credential = [0; 32];
                rng.fill_bytes(&mut credential);
                line(number, credential)
            })
            .collect()
    }

    pub(super) fn write(voters: Vec<RollLine>) -> Vec<u8> {
        rules().write(voters).unwrap().collect::<String>().into_bytes()
    }

    /// Reads a roll in pieces of `size` bytes: the lines and errors, and how it ended.
    pub(super) fn read_in(
        bytes: &[u8],
        size: usize,
    ) -> (Vec<Result<RollLine, RollError>>, Result<RollIndex, RollRefused>) {
        let mut seen = Vec::new();
        let mut reader = RollReader::new(rules());
        for piece in bytes.chunks(size) {
            reader.feed(piece, &mut |line| seen.push(line));
        }
        let end = reader.finish(&mut |line| seen.push(line));
        (seen, end)
    }

    fn errors(bytes: &[u8]) -> Vec<(u64, RollProblem)> {
        let (seen, end) = read_in(bytes, 1 << 20);
        let errors: Vec<_> = seen.into_iter().filter_map(Result::err).collect();
        assert_eq!(end.err().map(|end| (end.errors, end.first)), errors.first().map(|e| (errors.len() as u64, *e)));
        errors.into_iter().map(|error| (error.line, error.problem)).collect()
    }

    pub(super) fn index(bytes: &[u8]) -> RollIndex {
        read_in(bytes, 1 << 20).1.unwrap()
    }

    /// Three voters whose credentials are `11..`, `22..` and `33..`.
    pub(super) fn sample() -> String {
        let [a, b, c] = ["11", "22", "33"].map(|pair| pair.repeat(32));
        format!("{HEADER} {MANIFEST}\n{a} town 1\n{b} district-2 20\n{c} town 1000\n")
    }

    #[test]
    fn a_roll_has_a_frozen_form() {
        assert!(HEADER.starts_with(SUITE.rsplit_once('/').unwrap().0), "the version is that of the suite");
        let voters = vec![
            RollLine { number: 1, credential: [0x33; 32], style: 0, weight: 1000 },
            RollLine { number: 2, credential: [0x11; 32], style: 0, weight: 1 },
            RollLine { number: 3, credential: [0x22; 32], style: 1, weight: 20 },
        ];
        assert_eq!(write(voters), sample().into_bytes());
        let index = index(sample().as_bytes());
        assert_eq!(index.hash().to_string(), "9503ae66c4b78c48bd07aebe99a2fa6d94e8c9bb2d3011455105ff42b7419fcd");
        assert_eq!((index.totals().voters(), index.totals().weight()), (3, 1021));
        let styles = [StyleTotals { voters: 2, weight: 1001 }, StyleTotals { voters: 1, weight: 20 }];
        assert_eq!(index.totals().styles(), styles);
        assert_eq!(index.totals().weights(), Some(&BTreeMap::from([(1, 1), (20, 1), (1000, 1)])));
    }

    #[test]
    fn the_longest_line_is_within_its_limit() {
        // Identifiers are ASCII.
        let line = format!("{MANIFEST} {} {MAX_WEIGHT}\n", "s".repeat(MAX_NAME_CHARS));
        assert!(line.len() <= MAX_ROLL_LINE_BYTES);
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        let mut bytes = write(voters(100, 1));
        bytes.splice(900..900, [b'x'; 700]);
        bytes.extend(b"no end");
        let (whole, end) = read_in(&bytes, bytes.len());
        assert_eq!(whole.iter().filter(|line| line.is_err()).count(), 2);
        for size in [1, 2, 3, 7, 64, 77, 255, 256, 257, 1000] {
            let (seen, other) = read_in(&bytes, size);
            assert_eq!(seen, whole, "{size}");
            assert_eq!(other.err(), end.as_ref().err().copied(), "{size}");
        }
    }

    /// Attack E6: neither the order of the input nor anything else of it shows.
    #[test]
    fn the_order_of_the_voters_does_not_show() {
        let voters = voters(70, 2);
        let bytes = write(voters.clone());
        assert_eq!(write(voters.into_iter().rev().collect()), bytes);
    }

    /// Attack S1: what is read, written again, is the same bytes.
    #[test]
    fn a_roll_that_is_read_and_written_is_the_same() {
        let bytes = write(voters(300, 3));
        let lines = read_in(&bytes, 100).0.into_iter().map(Result::unwrap).collect();
        assert_eq!(write(lines), bytes);
    }

    /// Attacks E1 and S1: every rule, with the line that breaks it; the lines after it are read.
    #[test]
    fn every_broken_rule_is_named_with_its_line() {
        use RollProblem::*;
        let roll = sample();
        let [a, b, c] = ["11", "22", "33"].map(|pair| pair.repeat(32));
        let range = WeightOutOfRange { max: MAX };
        let other = ManifestHash::from_bytes([0xcd; 32]);
        let change = |from: &str, to: &str| {
            assert!(roll.contains(from), "{from}");
            roll.replacen(from, to, 1)
        };
        let cases = [
            (change("draft.4", "draft.5"), 1, BadHeader),
            (change("ballotta", "\u{feff}ballotta"), 1, BadHeader),
            (change("abab", "ABAB"), 1, BadHeader),
            (change("roll ", "roll"), 1, BadHeader),
            (change("ab\n", "ab\r\n"), 1, BadHeader),
            (change(&MANIFEST.to_string(), &other.to_string()), 1, WrongManifest { found: other }),
            (change("district-2", &"d".repeat(200)), 3, LineTooLong),
            (change("town 1\n", "town\n"), 2, Malformed),
            (change("town 1\n", "town 1 \n"), 2, Malformed),
            (change("town 1\n", "town  1\n"), 2, Malformed),
            (change("town 1\n", "town 1 Ada\n"), 2, Malformed),
            (change("town 1\n", "town 1\n\n"), 3, Malformed),
            (change("town 1\n", "town\t1\n"), 2, Malformed),
            (change(&a, &a[1..]), 2, BadCredential),
            (change(&a, &format!("{a}1")), 2, BadCredential),
            (change(&a, &a.replacen('1', "A", 1)), 2, BadCredential),
            (change(&a, &format!("0x{}", &a[2..])), 2, BadCredential),
            (change(&a, &format!(" {a}")), 2, Malformed),
            (change("district-2", "district-3"), 3, UnknownStyle),
            (change("district-2", "District-2"), 3, UnknownStyle),
            (change("district-2", ""), 3, UnknownStyle),
            (change(&a, &"00".repeat(32)), 2, IdentityCredential),
            (change(&b, &a), 3, Duplicate),
            (change(&c, &"21".repeat(32)), 4, NotAscending),
            (change("1000", "1001"), 4, range),
            (change("1000", "18446744073709551617"), 4, range),
            (change(" 20\n", " 0\n"), 3, range),
            (change(" 20\n", " \n"), 3, range),
            (change(" 20\n", " 020\n"), 3, range),
            (change(" 20\n", " +20\n"), 3, range),
            (change(" 20\n", " -0\n"), 3, range),
            (change(" 20\n", " 20.0\n"), 3, range),
            (change(" 20\n", " 2e1\n"), 3, range),
            (change(" 20\n", " 20\r\n"), 3, range),
            (change(" 20\n", " \u{662}\u{660}\n"), 3, range),
            (change(" 20\n", " 20\0\n"), 3, range),
            (roll.trim_end().to_string(), 4, TrailingBytes),
            (format!("{roll} "), 5, TrailingBytes),
            (format!("{HEADER} {MANIFEST}\n"), 2, Empty),
            (String::new(), 1, Empty),
        ];
        for (bytes, line, problem) in cases {
            assert_eq!(errors(bytes.as_bytes()), [(line, problem)], "{bytes}");
        }
        assert_eq!(errors(&roll.replace("town", "t\u{0}wn").into_bytes()), [(2, UnknownStyle), (4, UnknownStyle)]);
        let mut no_text = roll.clone().into_bytes();
        *no_text.iter_mut().rfind(|byte| **byte == b'w').unwrap() = 0xff;
        assert_eq!(errors(&no_text), [(4, Malformed)]);
        assert_eq!(errors(roll.as_bytes()), []);
    }

    #[test]
    fn reading_goes_on_and_reports_everything() {
        use RollProblem::*;
        let [a, b] = ["11", "22"].map(|pair| pair.repeat(32));
        let bytes = format!("roll\n{b} town 1\n{a} town 1\n{a} town 2\nx y z\n{b} town 0\n{b} town 3\nmore");
        let (seen, end) = read_in(bytes.as_bytes(), 50);
        let expected = [
            Err((1, BadHeader)),
            Ok((2, 1)),
            Err((3, NotAscending)),
            Err((4, Duplicate)),
            Err((5, BadCredential)),
            Err((6, WeightOutOfRange { max: MAX })),
            Ok((7, 3)),
            Err((8, TrailingBytes)),
        ]
        .map(|line| line.map_err(|(line, problem)| RollError { line, problem }));
        assert_eq!(
            seen.into_iter().map(|line| line.map(|line| (line.number, line.weight))).collect::<Vec<_>>(),
            expected
        );
        let refused = end.err().unwrap();
        assert_eq!((refused.errors, refused.first), (6, RollError { line: 1, problem: BadHeader }));
        assert_eq!(refused.hash, RollHash::from_bytes(Sha256::digest(&bytes).into()));
    }

    #[test]
    fn a_writer_obeys_the_same_rules() {
        use RollProblem::*;
        let voter =
            |number, credential, style, weight| RollLine { number, credential: [credential; 32], style, weight };
        let bad = vec![
            voter(1, 5, 0, 1),
            voter(2, 0, 0, 1),
            voter(3, 4, 2, 1),
            voter(4, 3, 0, 0),
            voter(5, 2, 0, MAX + 1),
            voter(6, 5, 1, 1),
        ];
        let mut errors = rules().write(bad).err().unwrap();
        errors.sort_by_key(|error| error.line);
        let range = WeightOutOfRange { max: MAX };
        let expected = [(2, IdentityCredential), (3, UnknownStyle), (4, range), (5, range), (6, Duplicate)];
        assert_eq!(errors, expected.map(|(line, problem)| RollError { line, problem }));
        assert_eq!(rules().write(vec![]).err(), Some(vec![RollError { line: 2, problem: Empty }]));
    }

    #[test]
    fn totals_stay_within_their_bounds() {
        let rules = RollRules::new(MANIFEST, &["town"], u64::MAX, u64::MAX);
        let voters: Vec<_> = (1..=17)
            .map(|number| RollLine { number, credential: [number as u8; 32], style: 0, weight: MAX_WEIGHT })
            .collect();
        assert!(rules.write(voters[..16].to_vec()).is_ok(), "2^44 together");
        let error = RollError { line: 17, problem: RollProblem::TotalTooLarge { limit: MAX_TOTAL } };
        assert_eq!(rules.write(voters.clone()).err(), Some(vec![error]));
        let heavy = vec![RollLine { weight: MAX_WEIGHT + 1, ..voters[0] }];
        let error = RollError { line: 1, problem: RollProblem::WeightOutOfRange { max: MAX_WEIGHT } };
        assert_eq!(rules.write(heavy).err(), Some(vec![error]));
        // The manifest says how large the roll may be.
        let mut draft = crate::manifest::tests::draft();
        draft.weights.total = 3000;
        let rules = RollRules::for_manifest(&Manifest::parse(&draft.to_bytes()).unwrap());
        let voters: Vec<_> = voters.iter().map(|voter| RollLine { weight: 1000, ..*voter }).collect();
        assert!(rules.write(voters[..3].to_vec()).is_ok());
        let error = RollError { line: 4, problem: RollProblem::TotalTooLarge { limit: 3000 } };
        assert_eq!(rules.write(voters[..4].to_vec()).err(), Some(vec![error]));
        let mut full = RollTotals { voters: MAX_VOTERS, ..RollTotals::new(1) };
        assert_eq!(full.add(&RollLine { weight: 1, ..voters[0] }, MAX_TOTAL), Err(RollProblem::TooManyVoters));
    }

    /// Whatever they weigh themselves.
    #[test]
    fn every_line_behind_the_largest_total_is_named() {
        let voter = |number: u64, weight| RollLine { number, credential: [number as u8; 32], style: 0, weight };
        let lines: Vec<RollLine> = [(2, 4), (3, 3), (4, 1)].map(|(number, weight)| voter(number, weight)).into();
        let rules = RollRules::new(MANIFEST, &["town"], MAX, 5);
        let expected = [3, 4].map(|line| RollError { line, problem: RollProblem::TotalTooLarge { limit: 5 } });
        assert_eq!(rules.write(lines).err(), Some(expected.to_vec()));
    }

    #[test]
    fn too_many_different_weights_are_no_longer_counted_one_by_one() {
        let mut totals = RollTotals::new(2);
        for weight in 1..=MAX_DISTINCT_WEIGHTS as u64 {
            totals.add(&RollLine { weight, ..line(0, [1; 32]) }, MAX_TOTAL).unwrap();
        }
        assert_eq!(totals.weights().map(BTreeMap::len), Some(MAX_DISTINCT_WEIGHTS));
        totals.add(&RollLine { weight: MAX_WEIGHT, ..line(0, [1; 32]) }, MAX_TOTAL).unwrap();
        assert_eq!(totals.weights(), None);
    }

    /// Attacks G1 and G2: a line's credential becomes a key by a checked decoding only.
    #[test]
    fn a_key_is_an_element_and_not_the_identity() {
        let public = PublicElement::from(Element::mul_generator(&Scalar::from(7_u64)));
        assert_eq!(line(5, *public.as_bytes()).key(), Ok(public));
        let refused = |problem| Err(RollError { line: 5, problem });
        assert_eq!(line(5, [0; 32]).key(), refused(RollProblem::IdentityCredential));
        let mut negative = *public.as_bytes();
        negative[0] ^= 1;
        let mut high_bit = *public.as_bytes();
        high_bit[31] |= 0x80;
        for bytes in [negative, high_bit, [0xff; 32]] {
            assert_eq!(line(5, bytes).key(), refused(RollProblem::BadCredential));
        }
    }

    /// Attack E1: a roll with a voter missing, added or changed has another hash, and so has its election.
    #[test]
    fn mutated_rolls_are_refused_or_are_other_rolls() {
        let bytes = write(voters(40, 6));
        let hash = *index(&bytes).hash();
        let mut rng = TestRng(7);
        for _ in 0..10_000 {
            let mut mutated = bytes.clone();
            for _ in 0..=rng.next_u32() % 3 {
                let at = rng.next_u32() as usize % mutated.len();
                let byte = rng.next_u32() as u8;
                match rng.next_u32() % 6 {
                    0 => mutated[at] = byte,
                    1 => mutated[at] ^= 1 << (byte % 8),
                    2 => mutated.insert(at, byte),
                    3 => drop(mutated.remove(at)),
                    4 => mutated.truncate(at.max(1)),
                    _ => {
                        drop(mutated.splice(at..at, bytes[at.min(bytes.len() - 1)..].iter().copied().take(byte.into())))
                    }
                }
            }
            let (seen, end) = read_in(&mutated, 1 + rng.next_u32() as usize % 300);
            match end {
                Ok(index) => {
                    assert_eq!(*index.hash() == hash, mutated == bytes);
                    assert_eq!(write(seen.into_iter().map(Result::unwrap).collect()), mutated);
                }
                Err(refused) => {
                    assert_ne!(refused.hash, hash);
                    assert_eq!(refused.errors, seen.iter().filter(|line| line.is_err()).count() as u64);
                }
            }
        }
    }

    #[cfg(feature = "weaken")]
    mod weakened {
        use super::*;
        use crate::weaken::Weaken;

        #[test]
        fn without_the_order_a_voter_stands_on_the_roll_twice() {
            let voter = line(1, [1; 32]);
            let _weaken = Weaken::without(Check::RollOrder);
            let bytes = write(vec![voter, voter]);
            assert_eq!(index(&bytes).totals().voters(), 2);
        }

        #[test]
        fn without_the_manifest_the_roll_of_another_election_is_read() {
            let other = RollRules::new(ManifestHash::from_bytes([0xcd; 32]), &["town", "district-2"], MAX, MAX_TOTAL);
            let bytes: String = other.write(voters(3, 9)).unwrap().collect();
            let _weaken = Weaken::without(Check::RollManifest);
            assert_eq!(index(bytes.as_bytes()).totals().voters(), 3);
        }

        #[test]
        fn without_the_check_the_identity_is_a_key() {
            let _weaken = Weaken::without(Check::RefuseIdentity);
            assert_eq!(line(1, [0; 32]).key(), Ok(PublicElement::from(Element::identity())));
        }
    }
}
