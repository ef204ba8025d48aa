//! The manifest: what an election is, and every key that it trusts. Parsing is validation.
//!
//! See `spec/manifest.md`. A manifest is a JSON document. It is named by the hash of its bytes as published, so it is
//! kept with them. [`Manifest::parse`] is the only way to a [`Manifest`], and reports every rule that is broken; a
//! [`ManifestDraft`] writes one.

mod draft;
mod read;
#[cfg(test)]
pub(crate) mod tests;

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

pub use self::draft::{
    BoardDraft, ContestDraft, KeyDraft, ManifestDraft, PartyDraft, SoftwareDraft, StyleDraft, TrusteesDraft,
    WitnessesDraft,
};
use crate::contest::{ContestBits, ContestOption, Rule};
use crate::form::{Form, FormBuilder, FormError, Packing};
use crate::group::PublicElement;
use crate::hash::{FileHash, ManifestHash};
pub use crate::problem::{JsonKind, ManifestError, ManifestErrors, ManifestProblem};
pub use crate::text::Text;

/// The format of a manifest.
pub const FORMAT: &str = crate::format_name!("manifest");

// Words of the manifest that decide something.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
        }
    };
}

words! {
    /// Whether the result means something.
    ElectionKind {
        /// An election.
        Real = "real",
        /// A rehearsal: every report says so.
        Rehearsal = "rehearsal",
    }
}
words! {
    /// What a further ballot of a credential does.
    Revoting {
        /// The last valid ballot counts.
        LastCounts = "last_counts",
        /// The first valid ballot stands.
        NotAllowed = "not_allowed",
    }
}
words! {
    /// What a quorum counts.
    QuorumOf {
        /// Voters.
        Heads = "heads",
        /// Their weights.
        Weight = "weight",
    }
}
words! {
    /// What a quorum is a fraction of.
    QuorumBase {
        /// Everybody on the roll.
        Roll = "roll",
        /// Everybody whose ballot is counted.
        Cast = "cast",
    }
}
words! {
    /// How a quorum compares.
    QuorumRule {
        /// More than the fraction.
        MoreThan = "more_than",
        /// The fraction or more.
        AtLeast = "at_least",
    }
}
words! {
    /// What trustees wait for before they decrypt.
    Closing {
        /// Equal statements of enough trustees.
        Statements = "statements",
        /// The quorum of the witnesses on the closing checkpoint.
        Witnesses = "witnesses",
    }
}
words! {
    /// Until when the roll may change.
    RollChanges {
        /// Until the election opens.
        Open = "open",
        /// Until the election closes; this draft does not support it.
        Close = "close",
    }
}
words! {
    /// What follows when the key ceremony disqualifies a dealer.
    OnDisqualification {
        /// A new attempt without it.
        NewAttempt = "new_attempt",
        /// The ceremony goes on with the others.
        Continue = "continue",
    }
}

/// When an election is meant to open and close: for people, and nothing else. The order of the log rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When it opens.
    pub opens: String,
    /// When it closes.
    pub closes: String,
}

/// A question on the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contest {
    /// Its name for machines.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// More about it.
    pub description: Option<Text>,
    /// What may be chosen, and what that does.
    pub rule: Rule,
    /// What can be chosen.
    pub options: Vec<ContestOption>,
    /// How its counts share slots.
    pub packing: Packing,
    /// Its slots among all slots of the election.
    pub slots: Range<u32>,
}

/// Which contests a voter gets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// Its name on the roll.
    pub id: String,
    /// Its contests, by their position in the manifest, ascending.
    pub contests: Vec<usize>,
}

/// What a weight counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The unit, as people call it.
    pub unit: Text,
    /// The largest weight of a voter; 1 means one person, one vote.
    pub max: u64,
    /// The largest weight of the roll: of all voters together. Totals stay below what it allows.
    pub total: u64,
}

/// How much takes part in a valid election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// What is counted.
    pub of: QuorumOf,
    /// What it is a fraction of.
    pub base: QuorumBase,
    /// How it compares.
    pub rule: QuorumRule,
    /// Numerator and denominator, above 0 and at most 1.
    pub fraction: [u32; 2],
}

impl Quorum {
    /// Whether `counted` reaches the fraction of `base`, in exact integers.
    #[must_use]
    pub fn reached(&self, counted: u64, base: u64) -> bool {
        let [numerator, denominator] = self.fraction.map(u128::from);
        let (counted, needed) = (u128::from(counted) * denominator, u128::from(base) * numerator);
        match self.rule {
            QuorumRule::MoreThan => counted > needed,
            QuorumRule::AtLeast => counted >= needed,
        }
    }
}

/// Contests below these are not decrypted: their totals would give ballots away. See `spec/tally.md#limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// At least so many counted ballots in the contest.
    pub minimum_counted_ballots: u64,
    /// At least so many counted ballots of every weight that occurs in the contest.
    pub minimum_ballots_per_weight: u64,
}

/// Somebody with a signing key: a credential authority, a trustee.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party {
    /// What people call it.
    pub name: String,
    /// The key that it signs with, not the identity.
    pub key: PublicElement,
}

/// Who holds the key of the election.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trustees {
    /// `t`, how many are needed to decrypt.
    pub threshold: u16,
    /// How many must have confirmed their backup before the election opens.
    pub minimum_confirmed: u16,
    /// What follows when a dealer is disqualified.
    pub on_disqualification: OnDisqualification,
    /// All `T` of them; trustee `i` is the `i`-th, counted from 1.
    pub members: Vec<Party>,
}

/// A log or a witness of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogKey {
    /// The name in signed notes: the origin of the log.
    pub name: String,
    /// The Ed25519 key, canonical and not weak.
    pub key: VerifyingKey,
}

/// Who watches the board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Witnesses {
    /// How many must cosign.
    pub quorum: usize,
    /// All of them.
    pub members: Vec<LogKey>,
}

/// A program that voters are told to use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Software {
    /// What people call it.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: FileHash,
}

/// A manifest all of whose rules hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    bytes: Vec<u8>,
    hash: ManifestHash,
    contents: Contents,
}

/// What [`read`] reads: every field but the format and the suite, which have one value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contents {
    election_id: [u8; 32],
    kind: ElectionKind,
    languages: Vec<String>,
    title: Text,
    description: Option<Text>,
    schedule: Option<Schedule>,
    contests: Vec<Contest>,
    styles: Vec<Style>,
    weights: Weights,
    revoting: Revoting,
    quorum: Option<Quorum>,
    privacy: Privacy,
    closing: Closing,
    roll_changes_until: RollChanges,
    organiser: PublicElement,
    credential_authorities: Vec<Party>,
    trustees: Trustees,
    board: LogKey,
    witnesses: Witnesses,
    client_software: Vec<Software>,
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
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its path. Of a document that is not JSON, the first place where it is not.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestErrors> {
        Ok(Self { contents: read::read(bytes)?, hash: ManifestHash::of(bytes), bytes: bytes.to_vec() })
    }

    /// The bytes as published.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash of the bytes as published.
    #[must_use]
    pub fn hash(&self) -> &ManifestHash {
        &self.hash
    }

    getters! {
        /// The random name of the election.
        election_id: &[u8; 32] = |it| &it.election_id;
        /// Whether the result means something.
        kind: ElectionKind = |it| it.kind;
        /// The languages of all texts, at least one.
        languages: &[String] = |it| &it.languages;
        /// What the election is called.
        title: &Text = |it| &it.title;
        /// More about it.
        description: Option<&Text> = |it| it.description.as_ref();
        /// When it is meant to open and close.
        schedule: Option<&Schedule> = |it| it.schedule.as_ref();
        /// The contests, at least one.
        contests: &[Contest] = |it| &it.contests;
        /// The ballot styles, at least one.
        styles: &[Style] = |it| &it.styles;
        /// What a weight counts.
        weights: &Weights = |it| &it.weights;
        /// What a further ballot of a credential does.
        revoting: Revoting = |it| it.revoting;
        /// How much takes part in a valid election.
        quorum: Option<&Quorum> = |it| it.quorum.as_ref();
        /// Below what a contest is not decrypted.
        privacy: &Privacy = |it| &it.privacy;
        /// What trustees wait for before they decrypt.
        closing: Closing = |it| it.closing;
        /// Until when the roll may change.
        roll_changes_until: RollChanges = |it| it.roll_changes_until;
        /// The key that opens and closes the election.
        organiser: &PublicElement = |it| &it.organiser;
        /// Who makes credentials, at least one.
        credential_authorities: &[Party] = |it| &it.credential_authorities;
        /// Who holds the key of the election.
        trustees: &Trustees = |it| &it.trustees;
        /// The log of the election.
        board: &LogKey = |it| &it.board;
        /// Who watches the board.
        witnesses: &Witnesses = |it| &it.witnesses;
        /// The programs that voters are told to use.
        client_software: &[Software] = |it| &it.client_software;
    }

    /// The slots of a contest among all slots of the election; none, if there is no such contest.
    #[must_use]
    pub fn contest_slots(&self, contest: usize) -> Range<u32> {
        self.contents.contests.get(contest).map_or(0..0, |contest| contest.slots.clone())
    }

    /// `N`, how many slots the election has, and with them keys.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.contents.contests.last().map_or(0, |contest| contest.slots.end as usize)
    }

    /// Compiles a ballot style, by its position in the manifest.
    ///
    /// # Errors
    ///
    /// There is no such style. Of the styles that there are, the rules of the manifest ensure that they compile.
    pub fn compile_style(&self, style: usize) -> Result<CompiledStyle, StyleError> {
        let styles = self.contents.styles.len();
        let style = self.contents.styles.get(style).ok_or(StyleError::NoSuchStyle { style, styles })?;
        let mut builder = FormBuilder::new();
        let mut slots = Vec::new();
        let mut contests = Vec::with_capacity(style.contests.len());
        for position in &style.contests {
            if let Some(contest) = self.contents.contests.get(*position) {
                builder.pack(contest.packing);
                contests.push((*position, contest.rule.compile(&contest.options, &mut builder)));
                slots.extend(contest.slots.clone());
            }
        }
        Ok(CompiledStyle { form: builder.build()?, slots, contests })
    }
}

/// What a ballot style compiles to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompiledStyle {
    /// The form.
    pub form: Form,
    /// The numbers of the form's slots among all slots of the election, in the order of the form.
    pub slots: Vec<u32>,
    /// The contests, by their position in the manifest, and where the bits of each stand.
    pub contests: Vec<(usize, ContestBits)>,
}

/// A style that does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StyleError {
    /// There is no such style.
    #[error("there is no style {style}: the manifest has {styles}")]
    NoSuchStyle {
        /// The style, counted from 0.
        style: usize,
        /// How many there are.
        styles: usize,
    },
    /// The form breaks a rule: a bug, since the rules of the manifest are stricter.
    #[error(transparent)]
    Form(#[from] FormError),
}
