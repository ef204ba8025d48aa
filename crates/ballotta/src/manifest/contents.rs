//! What a manifest says, field by field. See `spec/manifest.md#schema`.

use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::SUITE;
use crate::contest::{ContestOption, Rule};
use crate::form::Packing;
use crate::group::PublicElement;
use crate::hash::{FileHash, parse_hex32};
use crate::problem::{ManifestErrors, ManifestProblem};
use crate::text::Text;
use crate::weaken::{self, Check};

/// The format of a manifest, which is its first field.
pub const FORMAT: &str = crate::format_name!("manifest");

/// Everything that a manifest says. The fields are in the order in which they are written.
///
/// The contents of a [`Manifest`](super::Manifest) satisfy every rule of `spec/manifest.md`. Contents that a program puts
/// together are not checked: write them [as JSON](Self::to_bytes), and [parse](super::Manifest::parse) that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestContents {
    /// 32 random bytes, which give every election a name of its own.
    #[serde(serialize_with = "write_hex")]
    pub election_id: [u8; 32],
    /// Whether the result of the election means something.
    pub kind: ElectionKind,
    /// The languages of all texts, as tags like `it` or `pt-BR`; at least one.
    pub languages: Vec<String>,
    /// The title of the election.
    pub title: Text,
    /// A longer description of the election.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// When the election is meant to open and close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The contests; at least one.
    pub contests: Vec<Contest>,
    /// The ballot styles; at least one.
    pub styles: Vec<BallotStyle>,
    /// What a weight counts, and the largest weights.
    pub weights: Weights,
    /// What a further ballot of the same credential does.
    pub revoting: Revoting,
    /// How much must take part in a valid election.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// How many ballots a contest must have to be decrypted.
    pub privacy: Privacy,
    /// What trustees wait for before they decrypt.
    pub closing: Closing,
    /// Until when the roll of voters may change.
    pub roll_changes_until: RollChanges,
    /// The key that signs the opening and the closing of the election.
    #[serde(serialize_with = "write_organiser")]
    pub organiser: PublicElement,
    /// The authorities that make credentials; at least one.
    pub credential_authorities: Vec<Party>,
    /// The trustees, who hold shares of the key of the election.
    pub trustees: Trustees,
    /// The log of the election. Its name is the origin of checkpoints.
    #[serde(serialize_with = "write_board")]
    pub board: LogKey,
    /// The witnesses, who cosign checkpoints of the board.
    pub witnesses: Witnesses,
    /// The programs that voters are told to use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_software: Vec<Software>,
}

impl ManifestContents {
    /// The manifest as JSON that people can read.
    ///
    /// # Errors
    ///
    /// [`ManifestProblem::NotWritten`], which is a bug: all contents can be written as JSON.
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

// An enumeration whose variants are words in the manifest. Results repeat some of these words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            pub(super) const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// The value of a word of the manifest, such as `real`; none, if the word is not known.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
            }
        }
    };
}

words! {
    /// Whether the result of an election means something.
    ElectionKind {
        /// An election whose result means something.
        Real = "real",
        /// A rehearsal: every report says so.
        Rehearsal = "rehearsal",
    }
}
words! {
    /// What a further ballot of the same credential does.
    Revoting {
        /// The last valid ballot of a credential counts.
        LastCounts = "last_counts",
        /// Only the first valid ballot of a credential counts.
        NotAllowed = "not_allowed",
    }
}
words! {
    /// What a quorum counts: voters or their weights.
    QuorumOf {
        /// The number of voters.
        Heads = "heads",
        /// The sum of the voters' weights.
        Weight = "weight",
    }
}
words! {
    /// What a quorum is a fraction of.
    QuorumBase {
        /// All voters on the roll.
        Roll = "roll",
        /// All voters whose ballot is counted.
        Cast = "cast",
    }
}
words! {
    /// How a quorum compares what it counts with the fraction.
    QuorumRule {
        /// More than the fraction is needed.
        MoreThan = "more_than",
        /// The fraction itself is enough.
        AtLeast = "at_least",
    }
}
words! {
    /// What trustees wait for before they decrypt.
    Closing {
        /// Equal closing statements of enough trustees.
        Statements = "statements",
        /// Cosignatures of the quorum of witnesses on the closing checkpoint.
        Witnesses = "witnesses",
    }
}
words! {
    /// Until when the roll of voters may change.
    RollChanges {
        /// Until the election opens.
        Open = "open",
        /// Until the election closes; this draft does not support it.
        Close = "close",
    }
}
words! {
    /// What happens when the key ceremony disqualifies a trustee as a dealer.
    OnDisqualification {
        /// The ceremony starts again without this trustee.
        NewAttempt = "new_attempt",
        /// The ceremony continues with the others; this draft does not support it.
        Continue = "continue",
    }
}

/// When an election is meant to open and close. These texts are shown to people and have no other effect: the entries of
/// the board decide when the election is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// When the voting is meant to open, in any format.
    pub opens: String,
    /// When the voting is meant to close, in any format.
    pub closes: String,
}

/// A question on the ballot, with the options that answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contest {
    /// The identifier of the contest, which no other contest of the manifest has.
    pub id: String,
    /// The title of the contest.
    pub title: Text,
    /// A longer description of the contest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// What a voter may choose, and how choices are counted.
    pub rule: Rule,
    /// The options, in the order in which they are shown and counted.
    pub options: Vec<ContestOption>,
}

impl Contest {
    /// How the counts of this contest share slots, if the manifest allows these weights.
    #[must_use]
    pub fn packing(&self, weights: &Weights) -> Packing {
        Packing::new(self.rule.count_bound(), weights.max, weights.total)
    }
}

/// Which contests a voter may vote in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BallotStyle {
    /// The identifier of the style, which the roll uses.
    pub id: String,
    /// The identifiers of its contests, in the order of the manifest.
    pub contests: Vec<String>,
}

/// What the weights of voters count, and how large they may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Weights {
    /// The unit of weights, such as `votes` or `shares`.
    pub unit: Text,
    /// The largest weight of one voter; 1 means one person, one vote.
    pub max: u64,
    /// The largest weight of all voters on the roll together, which bounds all totals.
    pub total: u64,
}

/// How much must take part in a valid election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quorum {
    /// Whether voters or weights are counted.
    pub of: QuorumOf,
    /// Which voters the fraction is of.
    pub base: QuorumBase,
    /// Whether the fraction must be reached or exceeded.
    pub rule: QuorumRule,
    /// The numerator and the denominator of a fraction above 0 and at most 1.
    pub fraction: [u32; 2],
}

impl Quorum {
    /// Whether `counted` is enough of `base`. The comparison is exact.
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

/// How many ballots a contest must have to be decrypted: the totals of fewer ballots reveal single ballots. See
/// `spec/tally.md#limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Privacy {
    /// The smallest number of counted ballots of a contest.
    pub minimum_counted_ballots: u64,
    /// The smallest number of counted ballots of every weight that occurs in a contest.
    pub minimum_ballots_per_weight: u64,
}

/// A credential authority or a trustee, with the key that it signs with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// The name that people know the party by.
    pub name: String,
    /// The public key of the party's signatures; not the identity.
    #[serde(serialize_with = "write_element")]
    pub key: PublicElement,
}

/// The trustees, who hold shares of the key of the election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trustees {
    /// How many trustees are needed to decrypt.
    pub threshold: u16,
    /// How many trustees must have confirmed their backup before the election opens.
    pub minimum_confirmed: u16,
    /// What happens when a trustee is disqualified as a dealer.
    pub on_disqualification: OnDisqualification,
    /// All trustees. Trustee `i` is the `i`-th, counted from 1.
    pub members: Vec<Party>,
}

/// The name and the Ed25519 key of a log or of a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogKey {
    /// The name in signed notes; of a log, its origin.
    pub name: String,
    /// The public key, canonical and of the subgroup of prime order.
    #[serde(serialize_with = "write_hex")]
    pub key: VerifyingKey,
}

/// The witnesses of the board, and how many must cosign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnesses {
    /// How many witnesses must cosign a checkpoint.
    pub quorum: usize,
    /// All witnesses of the board.
    pub members: Vec<LogKey>,
}

/// A program that voters are told to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Software {
    /// The name that people know the program by.
    pub name: String,
    /// The SHA-256 digest of the program's file.
    #[serde(serialize_with = "write_file_hash")]
    pub sha256: FileHash,
}

/// Reads the key of an organiser, a credential authority or a trustee from hexadecimal digits.
///
/// # Errors
///
/// The text is not 64 lower-case hexadecimal digits, not the encoding of an element, or the identity.
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
/// The text is not 64 lower-case hexadecimal digits, not the canonical encoding of a point, or the point is not in the
/// subgroup of prime order or is the identity.
pub fn parse_log_key(text: &str) -> Result<VerifyingKey, ManifestProblem> {
    let bytes = parse_hex(text)?;
    // Decompression accepts bytes that are not canonical, and one key with two encodings could be two witnesses.
    let canonical = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == bytes;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(canonical).ok_or(ManifestProblem::InvalidEd25519Key)?;
    if key.is_weak() {
        return Err(ManifestProblem::WeakEd25519Key);
    }
    // Notes refuse such a key: a board that has it could never sign a checkpoint.
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

fn write_file_hash<S: Serializer>(hash: &FileHash, serializer: S) -> Result<S::Ok, S::Error> {
    write_hex(hash.as_bytes(), serializer)
}

/// Writes the organiser as an object with the field `key`.
fn write_organiser<S: Serializer>(key: &PublicElement, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry("key", &hex::encode(key.as_bytes()))?;
    object.end()
}

/// Writes the board as an object with the fields `origin` and `key`.
fn write_board<S: Serializer>(board: &LogKey, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(2))?;
    object.serialize_entry("origin", &board.name)?;
    object.serialize_entry("key", &hex::encode(board.key.as_bytes()))?;
    object.end()
}
