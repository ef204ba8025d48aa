//! The fields of a manifest. See `spec/manifest.md#schema`.

use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::SUITE;
use crate::contest::{Attachment, ContestOption, Outcome, Rule};
use crate::decision::{
    Circumstances, Motion, MotionResult, QuorumRule, SeatsResult, Share, Winners, WinnersResult, seat,
};
use crate::form::Packing;
use crate::group::PublicElement;
use crate::hash::{FileHash, parse_hex32, tagged, write_file_hash};
use crate::problem::{ManifestErrors, ManifestProblem};
use crate::text::{Text, words};
use crate::weaken::{self, Check};

/// The value of the first field of a manifest, `format`.
pub const FORMAT: &str = crate::format_name!("manifest");

/// All fields of a manifest, in the order in which they are written.
///
/// The contents of a [`Manifest`](super::Manifest) satisfy every rule of `spec/manifest.md`. Contents that a program
/// fills in are not checked: write them as JSON with [`to_bytes`](Self::to_bytes), and [parse](super::Manifest::parse)
/// the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestContents {
    /// 32 random bytes that distinguish this election from all others.
    #[serde(serialize_with = "write_hex")]
    pub election_id: [u8; 32],
    /// Whether this is a real election or a rehearsal.
    pub kind: ElectionKind,
    /// The languages of all texts, as tags like `it` or `pt-BR`; at least one.
    pub languages: Vec<String>,
    /// The title of the election, in every language.
    pub title: Text,
    /// A longer description of the election, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The files about the election.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The times at which the election is meant to open and close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The contests; at least one.
    pub contests: Vec<Contest>,
    /// The ballot styles; at least one.
    pub styles: Vec<BallotStyle>,
    /// The unit of weights, and the largest weights.
    pub weights: Weights,
    /// The largest number of ballots of one credential that are admitted; at least one. The last admitted one counts.
    pub ballots_per_credential: u8,
    /// What happens if options tie.
    pub ties: Ties,
    /// The turnout that a valid election needs, if there is a quorum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// The number of ballots that a contest must have before it is decrypted.
    pub privacy: Privacy,
    /// The condition under which trustees decrypt.
    pub closing: Closing,
    /// How much the roll may change while the voting is open. `None`: the opening fixes the roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll_changes: Option<RollChanges>,
    /// The public key that verifies the opening and the closing of the election.
    #[serde(serialize_with = "write_organiser")]
    pub organiser: PublicElement,
    /// The authorities that issue credentials; at least one.
    pub credential_authorities: Vec<Party>,
    /// The trustees, who together make and keep the joint key.
    pub trustees: Trustees,
    /// The name and the key of the board. Its logs have [origins](crate::board::board_origin) that begin with the name.
    pub board: LogKey,
    /// The witnesses, who cosign checkpoints of the board.
    pub witnesses: Witnesses,
    /// The programs that the manifest tells voters to use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_software: Vec<Software>,
}

impl ManifestContents {
    /// Writes the manifest as indented JSON.
    ///
    /// # Errors
    ///
    /// [`ManifestProblem::NotWritten`]. This is a bug, because all contents can be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestErrors> {
        #[derive(Serialize)]
        struct Document<'a> {
            format: &'a str,
            suite: &'a str,
            #[serde(flatten)]
            contents: &'a ManifestContents,
        }
        let document = Document { format: FORMAT, suite: SUITE, contents: self };
        serde_json::to_vec_pretty(&document).map_err(|_| ManifestProblem::NotWritten.into())
    }
}

words! {
    /// Whether an election is real or a rehearsal.
    ElectionKind {
        /// An election whose result is valid.
        Real = "real",
        /// A rehearsal. Every report says so.
        Rehearsal = "rehearsal",
    }
}
words! {
    /// The quantity that a quorum counts: voters or their weights.
    QuorumOf {
        /// The number of voters, whatever their weights.
        Heads = "heads",
        /// The sum of the voters' weights.
        Weight = "weight",
    }
}
words! {
    /// The set of voters to which the fraction of a quorum refers.
    QuorumBase {
        /// All voters who are on the roll.
        Roll = "roll",
        /// All voters whose ballots are counted.
        Cast = "cast",
    }
}
words! {
    /// What happens if options, lists or candidates tie for fewer places than they are.
    Ties {
        /// What depends on the tie stays open, and the result names those that tie.
        Open = "open",
        /// A lot decides that only the trustees together can draw.
        Lot = "lot",
    }
}
words! {
    /// The order in which pages show the options of a contest. Their positions in ballots are always those of the manifest.
    ShownOrder {
        /// By their titles, in the language of the page.
        Alphabetical = "alphabetical",
        /// Another order for every voter: see [`Contest::drawn_order`].
        Random = "random",
    }
}
words! {
    /// The condition under which trustees decrypt.
    Closing {
        /// Enough trustees have signed equal closing statements.
        Statements = "statements",
        /// The quorum of witnesses has cosigned the closing checkpoint.
        Witnesses = "witnesses",
    }
}
words! {
    /// What happens when the key ceremony disqualifies a trustee as a dealer.
    OnDisqualification {
        /// The ceremony starts again without this trustee.
        NewAttempt = "new_attempt",
        /// The ceremony continues with the other trustees. This draft does not support it.
        Continue = "continue",
    }
}

/// The times at which an election is meant to open and close. These texts are only shown to people. The entries of the
/// board decide when the election is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// The time at which voting is meant to open, in any format.
    pub opens: String,
    /// The time at which voting is meant to close, in any format.
    pub closes: String,
}

/// A question on the ballot, with the options that answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contest {
    /// The identifier of the contest, which is unique in the manifest.
    pub id: String,
    /// The title of the contest, in every language.
    pub title: Text,
    /// A longer description of the contest, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The files about the contest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What a voter may choose, and how choices are counted.
    pub rule: Rule,
    /// The options that are elected, if the contest elects any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winners: Option<Winners>,
    /// The motion, if the contest is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes: Option<Motion>,
    /// The order in which pages show the options. `None`: in the order of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<ShownOrder>,
    /// The options, in the order in which they are counted.
    pub options: Vec<ContestOption>,
}

impl Contest {
    /// Returns how the counts of this contest share slots in a manifest with these weights.
    #[must_use]
    pub fn packing(&self, weights: &Weights) -> Packing {
        Packing::new(self.rule.count_bound(), weights.max, weights.total)
    }

    /// Returns the positions of the options in the order in which a page shows them if [`order`](Self::order) is `random`. A page
    /// draws the 32 bytes of `seed` for each voter, and keeps them: the same seed gives the same order. See
    /// `spec/manifest.md#order-of-options`.
    #[must_use]
    pub fn drawn_order(&self, seed: &[u8; 32]) -> Vec<usize> {
        let place = |option: &ContestOption| tagged("shown-order", &[seed, self.id.as_bytes(), option.id.as_bytes()]);
        let places: Vec<[u8; 32]> = self.options.iter().map(place).collect();
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|option| places.get(*option));
        order
    }

    /// Decides who is elected, whether the motion passes, and who takes seats.
    #[must_use]
    pub fn decide(&self, outcome: &Outcome, circumstances: &Circumstances<'_>) -> Decisions {
        let ids: Vec<&str> = self.options.iter().map(|option| option.id.as_str()).collect();
        let option = |id: &str| ids.iter().position(|known| *known == id);
        let seats = match &self.rule {
            Rule::Lists(lists) => lists.seats.map(|seats| {
                seat(seats, &lists.candidates_of_lists(&self.options), outcome, &self.id, &ids, circumstances)
            }),
            _ => None,
        };
        Decisions {
            winners: self.winners.as_ref().map(|winners| winners.decide(outcome, &self.id, &ids, circumstances)),
            motion: self.passes.as_ref().map(|motion| motion.decide(outcome, option, circumstances)),
            seats,
        }
    }
}

/// What follows from the outcome of a contest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decisions {
    /// Who is elected, if the contest elects options.
    pub winners: Option<WinnersResult>,
    /// Whether the motion passes, if the contest is one.
    pub motion: Option<MotionResult>,
    /// Who takes the seats of the lists, if the contest gives any.
    pub seats: Option<SeatsResult>,
}

/// A ballot style: the contests in which a voter may vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BallotStyle {
    /// The identifier of the style. The roll refers to it.
    pub id: String,
    /// The identifiers of the contests, in the order of the manifest.
    pub contests: Vec<String>,
}

/// The unit of voters' weights, and the largest weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Weights {
    /// The unit of weights, such as `votes` or `shares`.
    pub unit: Text,
    /// The largest weight of one voter. 1 means one person, one vote.
    pub max: u64,
    /// The largest sum of the weights of all voters on the roll. It bounds all totals.
    pub total: u64,
}

/// The turnout that a valid election needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quorum {
    /// Whether voters or weights are counted.
    pub of: QuorumOf,
    /// The voters to which the fraction refers.
    pub base: QuorumBase,
    /// Whether the count must be at least the fraction, or more than it.
    pub rule: QuorumRule,
    /// The numerator and the denominator of a fraction above 0 and at most 1.
    pub fraction: [u32; 2],
}

impl Quorum {
    /// Returns whether `counted` out of `base` reaches the quorum. The comparison is exact.
    #[must_use]
    pub fn reached(&self, counted: u64, base: u64) -> bool {
        Share { rule: self.rule, fraction: self.fraction }.reached(counted, base)
    }
}

/// The numbers of ballots that a contest must have before it is decrypted, because the totals of fewer ballots reveal
/// single ballots. See `spec/tally.md#limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Privacy {
    /// The smallest number of counted ballots that a contest must have.
    pub minimum_counted_ballots: u64,
    /// The smallest number of counted ballots for every weight that occurs in a contest.
    pub minimum_ballots_per_weight: u64,
}

/// The bounds of the changes of the roll while the voting is open. See `spec/credential.md#changes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RollChanges {
    /// The largest number of changes.
    pub number: u64,
    /// The largest sum of the weights of all changes. The weight of a change is the larger one of the weight that it revokes
    /// and the weight that it adds.
    pub weight: u64,
}

/// A credential authority or a trustee, with its public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// The name by which people know the party.
    pub name: String,
    /// The public key that verifies the party's signatures. It is not the identity.
    #[serde(serialize_with = "write_element")]
    pub key: PublicElement,
}

/// The trustees, who together make and keep the joint key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trustees {
    /// The number of trustees that are needed to decrypt.
    pub threshold: u16,
    /// The number of trustees that must confirm their backup before the election opens.
    pub minimum_confirmed: u16,
    /// What happens when a trustee is disqualified as a dealer.
    pub on_disqualification: OnDisqualification,
    /// All trustees, by their trustee index, which is counted from 1.
    pub members: Vec<Party>,
}

impl Trustees {
    /// The number of messages of a complete key ceremony: four of each trustee.
    #[must_use]
    pub fn ceremony_messages(&self) -> usize {
        4 * self.members.len()
    }

    /// The number of equal closing statements that the rule of `closing: "statements"` requires: `ceil((T + t) / 2)`.
    /// While fewer than `t` trustees are dishonest, two prefixes of the board cannot both have that many.
    #[must_use]
    pub fn statements_needed(&self) -> usize {
        (self.members.len() + usize::from(self.threshold)).div_ceil(2)
    }
}

/// The name and the Ed25519 key of a log or of a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogKey {
    /// The name of a witness in signed notes, or that of a board.
    pub name: String,
    /// The public key: canonical, and in the subgroup of prime order.
    #[serde(serialize_with = "write_hex")]
    pub key: VerifyingKey,
}

/// The witnesses of the board, and how many must cosign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnesses {
    /// The number of witnesses that must cosign a checkpoint.
    pub quorum: usize,
    /// How old the cosignatures of a checkpoint may be while the voting is open, in seconds, before clients say that their copy of
    /// the board may be old. `None`: they do not look at the age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// The names and keys of all witnesses.
    pub members: Vec<LogKey>,
}

/// A program that the manifest tells voters to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Software {
    /// The name by which people know the program.
    pub name: String,
    /// The SHA-256 digest of the program's file.
    #[serde(serialize_with = "write_file_hash")]
    pub sha256: FileHash,
}

/// Reads the key of an organiser, a credential authority or a trustee from hexadecimal digits.
///
/// # Errors
///
/// If the text is not 64 lower-case hexadecimal digits, does not encode an element, or encodes the identity.
pub fn parse_key(text: &str) -> Result<PublicElement, ManifestProblem> {
    let key = PublicElement::from_canonical(&parse_hex(text)?).ok_or(ManifestProblem::InvalidElement)?;
    if key.is_identity() && weaken::is_on(Check::RefuseIdentity) {
        return Err(ManifestProblem::IdentityElement);
    }
    Ok(key)
}

/// Reads the Ed25519 key of a log or of a witness from hexadecimal digits.
///
/// # Errors
///
/// If the text is not 64 lower-case hexadecimal digits or not the canonical encoding of a point, or if the point is the
/// identity or not in the subgroup of prime order.
pub fn parse_log_key(text: &str) -> Result<VerifyingKey, ManifestProblem> {
    let bytes = parse_hex(text)?;
    // Decompression accepts bytes that are not canonical. One key with two encodings could then be two witnesses.
    let canonical = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == bytes;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(canonical).ok_or(ManifestProblem::InvalidEd25519Key)?;
    if key.is_weak() {
        return Err(ManifestProblem::WeakEd25519Key);
    }
    // Notes refuse such a key, so that a board with it could never sign a checkpoint.
    if !key.to_edwards().is_torsion_free() {
        return Err(ManifestProblem::InvalidEd25519Key);
    }
    Ok(key)
}

/// Reads 32 bytes from hexadecimal digits.
pub(super) fn parse_hex(text: &str) -> Result<[u8; 32], ManifestProblem> {
    parse_hex32(text).map_err(|_| ManifestProblem::BadHex)
}

fn write_hex<T: AsRef<[u8]>, S: Serializer>(bytes: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

fn write_element<S: Serializer>(element: &PublicElement, serializer: S) -> Result<S::Ok, S::Error> {
    write_hex(element.as_bytes(), serializer)
}

/// Writes the organiser as an object with the field `key`.
fn write_organiser<S: Serializer>(key: &PublicElement, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry("key", &hex::encode(key.as_bytes()))?;
    object.end()
}
