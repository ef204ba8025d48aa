//! What can be wrong with a manifest. See `spec/manifest.md#rules`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How many faults are kept; those beyond are only counted.
const MAX_KEPT: usize = 4096;

/// Everything that is wrong with a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestErrors {
    errors: Vec<ManifestError>,
    omitted: usize,
}

impl ManifestErrors {
    pub(crate) fn push(&mut self, error: ManifestError) {
        if self.errors.len() < MAX_KEPT { self.errors.push(error) } else { self.omitted += 1 }
    }

    /// The faults, in the order in which they were found; of a manifest full of faults, the first thousands.
    #[must_use]
    pub fn errors(&self) -> &[ManifestError] {
        &self.errors
    }

    /// How many more there are.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

/// One fault a line.
impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.errors.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        match self.omitted {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl core::error::Error for ManifestErrors {}

impl From<ManifestProblem> for ManifestErrors {
    /// A problem of the document as a whole.
    fn from(problem: ManifestProblem) -> Self {
        Self { errors: alloc::vec![ManifestError { path: String::new(), problem }], omitted: 0 }
    }
}

/// One fault of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// Where: `contests[2].options[0].title.it`; empty for the document as a whole.
    pub path: String,
    /// What.
    pub problem: ManifestProblem,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => self.problem.fmt(f),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl core::error::Error for ManifestError {}

/// What a value of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// An unsigned integer, written without sign, fraction and exponent.
    Integer,
    /// Any other number.
    OtherNumber,
    /// Text.
    String,
    /// A list.
    Array,
    /// Named fields.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Integer => "an unsigned integer",
            Self::OtherNumber => "a number that is not an unsigned integer",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// The rules that a manifest could break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestProblem {
    /// The document is too long.
    #[error("the manifest has {found} bytes, more than {limit}")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The document is not UTF-8.
    #[error("the manifest is not UTF-8 from byte {at}")]
    NotUtf8 {
        /// The first byte that is wrong, counted from 0.
        at: usize,
    },
    /// The document begins with a byte order mark.
    #[error("the manifest begins with a byte order mark")]
    ByteOrderMark,
    /// The document is not JSON.
    #[error("the manifest is not JSON: line {line}, column {column}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What must stand here.
        expected: JsonKind,
        /// What does.
        found: JsonKind,
    },
    /// A field is missing.
    #[error("the field is missing")]
    MissingField,
    /// A field that is not known.
    #[error("the field is not known")]
    UnknownField,
    /// A field stands twice.
    #[error("the field stands twice")]
    DuplicateKey,
    /// A word that is not known here.
    #[error("the value is not known")]
    UnknownValue,
    /// A known value that this draft does not support.
    #[error("the value is not supported by this draft")]
    Unsupported,
    /// Another format or another version of it.
    #[error("the format is not supported")]
    UnsupportedFormat,
    /// Another suite.
    #[error("the suite is not supported")]
    UnsupportedSuite,
    /// A number outside its range.
    #[error("{found} is not between {min} and {max}")]
    OutOfRange {
        /// The number.
        found: u64,
        /// The smallest that is allowed.
        min: u64,
        /// The largest that is allowed.
        max: u64,
    },
    /// Too few or too many items.
    #[error("{found} items, where between {min} and {max} are allowed")]
    WrongCount {
        /// How many there are.
        found: usize,
        /// The fewest that are allowed.
        min: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A text without anything to read.
    #[error("the text is empty")]
    EmptyText,
    /// A text that is too long.
    #[error("the text has {found} bytes, more than {limit}")]
    TextTooLong {
        /// Its bytes.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A control character, a line break among them.
    #[error("character {position} is a control character")]
    ControlCharacter {
        /// The character, counted from 0.
        position: usize,
    },
    /// A character that changes the direction of what stands around it, so that people read something else.
    #[error("character {position} overrides the direction of the text")]
    DirectionOverride {
        /// The character, counted from 0.
        position: usize,
    },
    /// A text lacks one of the manifest's languages.
    #[error("the text is missing in this language")]
    MissingLanguage,
    /// A text in a language that the manifest does not have.
    #[error("the manifest does not have this language")]
    UnknownLanguage,
    /// Not a tag like `it` or `pt-BR`.
    #[error("not the tag of a language")]
    BadLanguage,
    /// A language stands twice.
    #[error("the language stands at {first} already")]
    RepeatedLanguage {
        /// The path where it stands first.
        first: String,
    },
    /// Not an identifier.
    #[error("an identifier is 1 to 64 of a-z, 0-9 and the hyphen, and does not begin with a hyphen")]
    BadId,
    /// An identifier stands twice.
    #[error("the identifier stands at {first} already")]
    RepeatedId {
        /// The path where it stands first.
        first: String,
    },
    /// Two options of a contest that people cannot tell apart.
    #[error("the title reads like the one at {first}")]
    AmbiguousTitle {
        /// The path where it stands first.
        first: String,
    },
    /// More is to be selected than the contest has options for, or the contest leaves no choice.
    #[error("a contest of {options} options, where at least {needed} are needed")]
    TooFewOptions {
        /// How many there are.
        options: usize,
        /// How many the rule needs.
        needed: usize,
    },
    /// More options than the kind of contest allows.
    #[error("a contest of {options} options, where at most {limit} are allowed")]
    TooManyOptions {
        /// How many there are.
        options: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A rule names an option that the contest does not have, or one that is no candidate where a candidate must stand.
    #[error("there is no such option, or it is no candidate")]
    UnknownOption,
    /// A rule names an option twice.
    #[error("the option stands here already, or in another list")]
    OptionTwice,
    /// An option is neither a list nor a candidate of one.
    #[error("an option is neither a list nor a candidate of one")]
    OptionWithoutList,
    /// Scores that all are 0.
    #[error("no place counts anything")]
    NothingCounts,
    /// The weights of all voters together could make a total that cannot be found.
    #[error("the weights of all voters together could make a total of {found}, more than {limit}")]
    TotalTooLarge {
        /// What the total could be.
        found: u128,
        /// The largest total.
        limit: u64,
    },
    /// The contests have too many slots.
    #[error("the contests have {found} slots, more than {limit}")]
    TooManySlots {
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A signed ballot of the style would not fit an entry of the board.
    #[error("a signed ballot has {found} bytes, more than the {limit} of an entry")]
    BallotTooLarge {
        /// Its bytes.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The forms of all styles together have too many terms: whoever reads the election makes all of them.
    #[error("the forms of all ballot styles together have {found} terms, more than {limit}")]
    TooManyTerms {
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A style names a contest that there is not.
    #[error("there is no contest with this identifier")]
    UnknownContest,
    /// A style names contests in another order than the manifest, or twice.
    #[error("the contests of a style stand once each, in the order of the manifest")]
    ContestOrder,
    /// A contest that nobody can vote in.
    #[error("the contest stands in no style")]
    ContestWithoutStyle,
    /// A fraction above 1.
    #[error("the fraction {numerator}/{denominator} is above 1")]
    FractionAboveOne {
        /// Above the line.
        numerator: u32,
        /// Below the line.
        denominator: u32,
    },
    /// The election closes by its witnesses, but asks for none.
    #[error("closing by witnesses needs a quorum of at least 1 witness")]
    ClosingWithoutWitnesses,
    /// Not 32 bytes in hexadecimal.
    #[error("expected 64 lower-case hexadecimal digits")]
    BadHex,
    /// Not the canonical encoding of an element of the group.
    #[error("not an element of the group")]
    InvalidElement,
    /// The identity is not a key.
    #[error("the identity is not a key")]
    IdentityElement,
    /// Not a canonical Ed25519 public key of the subgroup of prime order.
    #[error("not an Ed25519 public key")]
    InvalidEd25519Key,
    /// An Ed25519 public key of small order, for which anybody can sign.
    #[error("the Ed25519 public key is weak")]
    WeakEd25519Key,
    /// One key for two purposes or two parties.
    #[error("the key stands at {first} already")]
    KeyReuse {
        /// The path where it stands first.
        first: String,
    },
    /// Not the name of a log: C2SP signed notes have no spaces and no plus in it.
    #[error("a name of a log or of a witness has no spaces and no plus")]
    BadOrigin,
}
