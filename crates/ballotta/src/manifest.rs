//! The manifest: the definition of an election, with every key that it trusts.
//!
//! See `spec/manifest.md`. A manifest is a JSON document. The hash of its bytes as published identifies it, so a
//! [`Manifest`] keeps these bytes. [`Manifest::parse`] is the only way to a [`Manifest`]; it checks every rule and
//! reports all that are broken. To make a manifest, fill in [`ManifestContents`], write them with
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
//! let errors = Manifest::parse(&contents.to_bytes()?).unwrap_err().to_string();
//! assert!(errors.contains("contests: ") && errors.contains("styles: "), "{errors}");
//! # Ok::<(), ballotta::manifest::ManifestErrors>(())
//! ```

mod contents;
mod parse;
#[cfg(test)]
pub(crate) mod tests;
mod warnings;

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

pub use self::contents::{
    BallotStyle, Closing, Contest, Decisions, ElectionKind, FORMAT, LogKey, ManifestContents, OnDisqualification,
    Party, Privacy, Quorum, QuorumBase, QuorumOf, RollChanges, Schedule, ShownOrder, Software, Ties, Trustees, Weights,
    Witnesses, parse_key, parse_log_key,
};
pub use self::parse::{parse_contests, parse_rule};
use crate::contest::ContestBits;
pub use crate::contest::{Attachment, AttachmentError, AttachmentType};
pub use crate::decision::QuorumRule;
pub use crate::form::FormError;
use crate::form::{Form, FormBuilder};
use crate::group::PublicElement;
use crate::hash::ManifestHash;
pub use crate::problem::{JsonKind, ManifestError, ManifestErrors, ManifestProblem};
pub use crate::text::Text;

/// A manifest that satisfies every rule of `spec/manifest.md#rules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    bytes: Vec<u8>,
    hash: ManifestHash,
    contents: ManifestContents,
    layout: Layout,
}

/// The positions of slots and contests, computed when the manifest is read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    /// For each contest, its slots among all slots of the election.
    slots: Vec<Range<u32>>,
    /// For each ballot style, the positions of its contests in the manifest, ascending.
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
    /// Every rule that is broken, each with the path of the value that breaks it. If the document is not JSON, the
    /// first position at which it is not.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestErrors> {
        let (contents, layout) = parse::parse(bytes)?;
        Ok(Self { bytes: bytes.to_vec(), hash: ManifestHash::of(bytes), contents, layout })
    }

    /// Returns the bytes of the manifest as they are published.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the hash of the published bytes, which identifies the manifest.
    #[must_use]
    pub fn hash(&self) -> &ManifestHash {
        &self.hash
    }

    /// Returns all fields of the manifest.
    #[must_use]
    pub fn contents(&self) -> &ManifestContents {
        &self.contents
    }

    getters! {
        /// The 32 random bytes that distinguish this election from all others.
        election_id: &[u8; 32] = |it| &it.election_id;
        /// Whether this is a real election or a rehearsal.
        kind: ElectionKind = |it| it.kind;
        /// The languages of all texts; at least one.
        languages: &[String] = |it| &it.languages;
        /// The title of the election, in every language.
        title: &Text = |it| &it.title;
        /// A longer description of the election, if there is one.
        description: Option<&Text> = |it| it.description.as_ref();
        /// The files about the election.
        attachments: &[Attachment] = |it| &it.attachments;
        /// When the election is meant to open and close.
        schedule: Option<&Schedule> = |it| it.schedule.as_ref();
        /// The contests; at least one.
        contests: &[Contest] = |it| &it.contests;
        /// The ballot styles; at least one.
        styles: &[BallotStyle] = |it| &it.styles;
        /// The unit of weights, and the largest weights.
        weights: &Weights = |it| &it.weights;
        /// The largest number of ballots of one credential that are admitted; at least one. The last admitted one counts.
        ballots_per_credential: u8 = |it| it.ballots_per_credential;
        /// What happens if options tie.
        ties: Ties = |it| it.ties;
        /// The turnout that a valid election needs, if there is a quorum.
        quorum: Option<&Quorum> = |it| it.quorum.as_ref();
        /// The number of ballots that a contest must have before it is decrypted.
        privacy: &Privacy = |it| &it.privacy;
        /// The condition under which trustees decrypt.
        closing: Closing = |it| it.closing;
        /// How much the roll may change while the voting is open. `None`: the opening fixes the roll.
        roll_changes: Option<RollChanges> = |it| it.roll_changes;
        /// The public key that verifies the opening and the closing of the election.
        organiser: &PublicElement = |it| &it.organiser;
        /// The authorities that issue credentials; at least one.
        credential_authorities: &[Party] = |it| &it.credential_authorities;
        /// The trustees, who together make and keep the joint key.
        trustees: &Trustees = |it| &it.trustees;
        /// The name and the key of the board.
        board: &LogKey = |it| &it.board;
        /// The witnesses, who cosign checkpoints of the board.
        witnesses: &Witnesses = |it| &it.witnesses;
        /// The programs that the manifest tells voters to use.
        client_software: &[Software] = |it| &it.client_software;
    }

    /// Returns the attachments of the election, of its contests and of their options, in the order of the manifest.
    pub fn all_attachments(&self) -> impl Iterator<Item = &Attachment> {
        let contests = self.contents.contests.iter();
        let of_contests = contests.flat_map(|contest| {
            contest.attachments.iter().chain(contest.options.iter().flat_map(|option| &option.attachments))
        });
        self.contents.attachments.iter().chain(of_contests)
    }

    /// Returns whether the credentials have parts, because there are several credential authorities.
    #[must_use]
    pub fn has_parts(&self) -> bool {
        self.credential_authorities().len() > 1
    }

    /// Returns the slots of the contest at this position of the manifest, counted over all slots of the election. The
    /// range is empty if there is no such contest.
    #[must_use]
    pub fn contest_slots(&self, contest: usize) -> Range<u32> {
        self.layout.slots.get(contest).cloned().unwrap_or(0..0)
    }

    /// Returns the number of slots of the election: those of all contests, and that of the lot. Each slot has a key of its
    /// own.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots_of_contests() + usize::from(self.contents.ties == Ties::Lot)
    }

    /// Returns the slot of the lot, counted over all slots of the election. No ballot uses it. `None` if ties stay open.
    #[must_use]
    pub fn lot_slot(&self) -> Option<usize> {
        (self.contents.ties == Ties::Lot).then(|| self.slots_of_contests())
    }

    fn slots_of_contests(&self) -> usize {
        self.layout.slots.last().map_or(0, |slots| slots.end as usize)
    }

    /// Returns the positions of a ballot style's contests in the manifest, ascending. The slice is empty if there is no
    /// such style.
    #[must_use]
    pub fn style_contests(&self, style: usize) -> &[usize] {
        self.layout.styles.get(style).map_or(&[], Vec::as_slice)
    }

    /// Compiles the ballot style at this position of the manifest.
    ///
    /// # Errors
    ///
    /// `NoSuchStyle` if the manifest has no such style. All styles of a parsed manifest compile.
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

/// The form of a compiled ballot style, and its place in the election.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StyleForm {
    /// The form that every ballot of the style satisfies.
    pub form: Form,
    /// For each slot of the form, its number among all slots of the election.
    pub slots: Vec<u32>,
    /// The position of each contest of the style in the manifest, and the positions of its bits in the form.
    pub contests: Vec<(usize, ContestBits)>,
}

/// Why a ballot style does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StyleError {
    /// The manifest has no style with this number.
    #[error("there is no ballot style {style}: the manifest has {styles}, counted from 0")]
    NoSuchStyle {
        /// The number of the style, counted from 0.
        style: usize,
        /// The number of styles of the manifest.
        styles: usize,
    },
    /// The form breaks one of its own rules. This is a bug, because the rules of the manifest are stricter.
    #[error(transparent)]
    Form(#[from] FormError),
}
