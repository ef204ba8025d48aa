//! The manifest: what an election is, and every key that it trusts.
//!
//! See `spec/manifest.md`. A manifest is a JSON document. The hash of its bytes as published identifies it, so a
//! [`Manifest`] keeps these bytes. [`Manifest::parse`] is the only way to a [`Manifest`]; it checks every rule and reports
//! all that are broken. To make a manifest, fill in [`ManifestContents`], write them with
//! [`to_bytes`](ManifestContents::to_bytes) and parse the result.
//!
//! # Examples
//!
//! The example `whole_election` of this package fills in all [`ManifestContents`] of a small election.
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let bytes = test.context.manifest().bytes();
//! use ballotta::manifest::{Manifest, ManifestContents};
//! use ballotta::rand_core::{Rng, UnwrapErr};
//! use getrandom::SysRng;
//!
//! // `bytes` is a published manifest.
//! let manifest = Manifest::parse(bytes)?;
//! for contest in manifest.contests() {
//!     println!("{}: {}", contest.id, contest.title.get("en").unwrap_or_default());
//! }
//!
//! // Another election with the same contests and the same parties.
//! let mut election_id = [0; 32];
//! UnwrapErr(SysRng).fill_bytes(&mut election_id);
//! let contents = ManifestContents { election_id, ..manifest.contents().clone() };
//! let other = Manifest::parse(&contents.to_bytes()?)?;
//! assert_ne!(other.hash(), manifest.hash());
//!
//! // All rules that are broken are reported together.
//! let contents = ManifestContents { contests: vec![], styles: vec![], ..contents };
//! println!("{}", Manifest::parse(&contents.to_bytes()?).unwrap_err());
//! # Ok::<(), ballotta::manifest::ManifestErrors>(())
//! ```

mod contents;
mod parse;
#[cfg(test)]
pub(crate) mod tests;

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

pub use self::contents::{
    BallotStyle, Closing, Contest, ElectionKind, FORMAT, LogKey, ManifestContents, OnDisqualification, Party, Privacy,
    Quorum, QuorumBase, QuorumOf, QuorumRule, Revoting, RollChanges, Schedule, Software, Trustees, Weights, Witnesses,
    parse_key, parse_log_key,
};
pub use self::parse::{parse_contests, parse_rule};
use crate::contest::ContestBits;
use crate::form::{Form, FormBuilder, FormError};
use crate::group::PublicElement;
use crate::hash::ManifestHash;
pub use crate::problem::{JsonKind, ManifestError, ManifestErrors, ManifestProblem};
pub use crate::text::Text;

/// A manifest that satisfies every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    bytes: Vec<u8>,
    hash: ManifestHash,
    contents: ManifestContents,
    layout: Layout,
}

/// Where the contests of the contents are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    /// Of each contest, its slots among all slots of the election.
    slots: Vec<Range<u32>>,
    /// Of each ballot style, its contests by their position in the manifest, ascending.
    styles: Vec<Vec<usize>>,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $type:ty = |$contents:ident| $value:expr;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> $type {
            let $contents = &self.contents;
            $value
        })+
    };
}

impl Manifest {
    /// Reads a manifest and checks every rule.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with the path of the value that breaks it; of a document that is not JSON, the first
    /// position where it is not.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestErrors> {
        let (contents, layout) = parse::parse(bytes)?;
        Ok(Self { bytes: bytes.to_vec(), hash: ManifestHash::of(bytes), contents, layout })
    }

    /// The bytes of the manifest as they are published.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash of the published bytes, which identifies the manifest.
    #[must_use]
    pub fn hash(&self) -> &ManifestHash {
        &self.hash
    }

    /// Everything that the manifest says.
    #[must_use]
    pub fn contents(&self) -> &ManifestContents {
        &self.contents
    }

    getters! {
        /// The 32 random bytes that give the election a name of its own.
        election_id: &[u8; 32] = |it| &it.election_id;
        /// Whether the result of the election means something.
        kind: ElectionKind = |it| it.kind;
        /// The languages of all texts; at least one.
        languages: &[String] = |it| &it.languages;
        /// The title of the election.
        title: &Text = |it| &it.title;
        /// A longer description of the election.
        description: Option<&Text> = |it| it.description.as_ref();
        /// When the election is meant to open and close.
        schedule: Option<&Schedule> = |it| it.schedule.as_ref();
        /// The contests; at least one.
        contests: &[Contest] = |it| &it.contests;
        /// The ballot styles; at least one.
        styles: &[BallotStyle] = |it| &it.styles;
        /// What a weight counts, and the largest weights.
        weights: &Weights = |it| &it.weights;
        /// What a further ballot of the same credential does.
        revoting: Revoting = |it| it.revoting;
        /// How much must take part in a valid election.
        quorum: Option<&Quorum> = |it| it.quorum.as_ref();
        /// How many ballots a contest must have to be decrypted.
        privacy: &Privacy = |it| &it.privacy;
        /// What trustees wait for before they decrypt.
        closing: Closing = |it| it.closing;
        /// Until when the roll of voters may change.
        roll_changes_until: RollChanges = |it| it.roll_changes_until;
        /// The key that signs the opening and the closing of the election.
        organiser: &PublicElement = |it| &it.organiser;
        /// The authorities that make credentials; at least one.
        credential_authorities: &[Party] = |it| &it.credential_authorities;
        /// The trustees, who hold shares of the key of the election.
        trustees: &Trustees = |it| &it.trustees;
        /// The log of the election.
        board: &LogKey = |it| &it.board;
        /// The witnesses, who cosign checkpoints of the board.
        witnesses: &Witnesses = |it| &it.witnesses;
        /// The programs that voters are told to use.
        client_software: &[Software] = |it| &it.client_software;
    }

    /// The slots of a contest, by its position in the manifest, among all slots of the election. There are none if there is
    /// no such contest.
    #[must_use]
    pub fn contest_slots(&self, contest: usize) -> Range<u32> {
        self.layout.slots.get(contest).cloned().unwrap_or(0..0)
    }

    /// The number of slots of the election, which is the number of its keys.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.layout.slots.last().map_or(0, |slots| slots.end as usize)
    }

    /// The contests of a ballot style, by their position in the manifest, ascending. There are none if there is no such
    /// style.
    #[must_use]
    pub fn style_contests(&self, style: usize) -> &[usize] {
        self.layout.styles.get(style).map_or(&[], Vec::as_slice)
    }

    /// Compiles a ballot style, by its position in the manifest.
    ///
    /// # Errors
    ///
    /// There is no such style. The rules of the manifest ensure that each of its styles compiles.
    pub fn compile_style(&self, style: usize) -> Result<StyleForm, StyleError> {
        let styles = self.layout.styles.len();
        let positions = self.layout.styles.get(style).ok_or(StyleError::NoSuchStyle { style, styles })?;
        let mut builder = FormBuilder::new();
        let mut slots = Vec::new();
        let mut contests = Vec::with_capacity(positions.len());
        for position in positions {
            if let Some(contest) = self.contents.contests.get(*position) {
                builder.pack(contest.packing(&self.contents.weights));
                contests.push((*position, contest.rule.compile(&contest.options, &mut builder)));
                slots.extend(self.contest_slots(*position));
            }
        }
        Ok(StyleForm { form: builder.build()?, slots, contests })
    }
}

/// The form that a ballot style compiles to, and how it belongs to the election.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StyleForm {
    /// The form that every ballot of the style satisfies.
    pub form: Form,
    /// The numbers of the form's slots among all slots of the election, in the order of the form.
    pub slots: Vec<u32>,
    /// The contests of the style, by their position in the manifest, each with the positions of its bits in the form.
    pub contests: Vec<(usize, ContestBits)>,
}

/// Why a ballot style does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StyleError {
    /// The manifest has no such style.
    #[error("there is no style {style}: the manifest has {styles}")]
    NoSuchStyle {
        /// The number of the style, counted from 0.
        style: usize,
        /// How many styles the manifest has.
        styles: usize,
    },
    /// The form breaks a rule. This is a bug, because the rules of the manifest are stricter.
    #[error(transparent)]
    Form(#[from] FormError),
}
