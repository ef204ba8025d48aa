//! The problems that a manifest can have. See `spec/manifest.md#rules`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::words::counted;

/// The most problems that are kept. Further problems are only counted.
const MAX_KEPT: usize = 4096;

/// All problems of a manifest, each with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestErrors {
    errors: Vec<ManifestError>,
    omitted: usize,
}

impl ManifestErrors {
    pub(crate) fn push(&mut self, error: ManifestError) {
        if self.errors.len() < MAX_KEPT { self.errors.push(error) } else { self.omitted += 1 }
    }

    /// Returns the problems, in the order in which they were found. There are at most 4096 of them.
    #[must_use]
    pub fn errors(&self) -> &[ManifestError] {
        &self.errors
    }

    /// Returns how many problems were found but not kept.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

/// Shows one problem on each line.
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
    /// Converts a problem of the whole document, which has an empty path.
    fn from(problem: ManifestProblem) -> Self {
        Self { errors: alloc::vec![ManifestError { path: String::new(), problem }], omitted: 0 }
    }
}

/// One problem of a manifest, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The path of the value, like `contests[2].options[0].title.it`. It is empty for the whole document.
    pub path: String,
    /// The problem of the value at this path.
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

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// The JSON value `null`, which no field allows.
    Null,
    /// The JSON value `true` or `false`.
    Boolean,
    /// An unsigned integer, written without a sign, a fraction or an exponent.
    Integer,
    /// A number that is not an unsigned integer.
    OtherNumber,
    /// A string, which is text in double quotes.
    String,
    /// An array, which is a list of values.
    Array,
    /// An object, which has named fields.
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

/// A rule of manifests that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestProblem {
    /// The manifest has too many bytes.
    #[error("the manifest has {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// How many bytes the manifest has.
        found: usize,
        /// How many bytes a manifest may have.
        limit: usize,
    },
    /// The manifest is not valid UTF-8.
    #[error("the manifest is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// The position of the first invalid byte, counted from 0.
        at: usize,
    },
    /// The manifest begins with a byte order mark.
    #[error("the manifest begins with a byte order mark: save it as UTF-8 without one")]
    ByteOrderMark,
    /// The manifest is not valid JSON.
    #[error("the manifest is not JSON: line {line}, column {column}")]
    Syntax {
        /// The line of the error, counted from 1.
        line: usize,
        /// The column of the error, counted from 1.
        column: usize,
    },
    /// The contents of a manifest cannot be written as JSON. This is a bug.
    #[error("the manifest cannot be written as JSON: this is a bug")]
    NotWritten,
    /// The value has another JSON type than the field requires.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// The type that the field requires.
        expected: JsonKind,
        /// The type of the value.
        found: JsonKind,
    },
    /// A field that is required is missing.
    #[error("the field is missing")]
    MissingField,
    /// The field is not known, and unknown fields are refused.
    #[error("the field is not known: remove it or correct its name")]
    UnknownField,
    /// The field appears twice in one object.
    #[error("the field appears twice")]
    DuplicateKey,
    /// The value is not one of the words that the field allows.
    #[error("the value is not known")]
    UnknownValue,
    /// The value is known, but this draft does not support it.
    #[error("this draft does not support the value")]
    Unsupported,
    /// The manifest has another format, or another version of the format.
    #[error("the format is not supported")]
    UnsupportedFormat,
    /// The manifest names another suite of algorithms.
    #[error("the suite is not supported")]
    UnsupportedSuite,
    /// The number is outside its range.
    #[error("{found} is not between {min} and {max}")]
    OutOfRange {
        /// The number that was found.
        found: u64,
        /// The smallest number that is allowed.
        min: u64,
        /// The largest number that is allowed.
        max: u64,
    },
    /// The array has too few or too many items.
    #[error("the list has {}, but must have between {min} and {max}", counted(.found, "item", "items"))]
    WrongCount {
        /// How many items the array has.
        found: usize,
        /// The smallest number of items that is allowed.
        min: usize,
        /// The largest number of items that is allowed.
        max: usize,
    },
    /// The text has no visible characters.
    #[error("the text is empty")]
    EmptyText,
    /// The text has too many bytes.
    #[error("the text has {found} bytes, more than the limit of {limit}")]
    TextTooLong {
        /// How many bytes the text has.
        found: usize,
        /// How many bytes the text may have.
        limit: usize,
    },
    /// The text contains a control character. A line break is one too.
    #[error("character {position} is a control character")]
    ControlCharacter {
        /// The position of the character, counted from 0.
        position: usize,
    },
    /// The text contains a character that changes the direction of the text, so that people read something else.
    #[error("character {position} overrides the direction of the text")]
    DirectionOverride {
        /// The position of the character, counted from 0.
        position: usize,
    },
    /// The text is missing in one of the languages of the manifest.
    #[error("the text is missing in this language")]
    MissingLanguage,
    /// There is a text in a language that the manifest does not have.
    #[error("the manifest does not have this language")]
    UnknownLanguage,
    /// The string is not the tag of a language, like `it` or `pt-BR`.
    #[error("not the tag of a language, like `it` or `pt-BR`")]
    BadLanguage,
    /// The manifest has a language twice.
    #[error("the language is already at {first}")]
    RepeatedLanguage {
        /// The path where the language appears first.
        first: String,
    },
    /// The string is not a valid identifier.
    #[error("an identifier has 1 to 64 characters of a-z, 0-9 and the hyphen, and does not begin with a hyphen")]
    BadId,
    /// The same identifier appears twice.
    #[error("the identifier is already used at {first}")]
    RepeatedId {
        /// The path where the identifier appears first.
        first: String,
    },
    /// Two titles are so similar that people cannot tell them apart.
    #[error("the title is too similar to the title at {first}")]
    AmbiguousTitle {
        /// The path of the first of these titles.
        first: String,
    },
    /// The contest has fewer options than a voter must or may select, or it leaves no choice.
    #[error("the contest has {}, but needs at least {needed}", counted(.options, "option", "options"))]
    TooFewOptions {
        /// How many options the contest has.
        options: usize,
        /// How many options the rule needs.
        needed: usize,
    },
    /// The contest has more options than its kind allows.
    #[error("the contest has {options} options, but may have at most {limit}")]
    TooManyOptions {
        /// How many options the contest has.
        options: usize,
        /// How many options a contest of this kind may have.
        limit: usize,
    },
    /// A rule names an option that the contest does not have, or that is not a candidate although it must be.
    #[error("the contest has no such option, or the option is not a candidate")]
    UnknownOption,
    /// A rule names the same option twice.
    #[error("the option appears twice, here or in another list")]
    OptionTwice,
    /// An option is neither a list nor a candidate of a list.
    #[error("an option is neither a list nor a candidate of a list")]
    OptionWithoutList,
    /// The order of the candidates decides who takes the seats of a list, but pages are told to show another one.
    #[error("the order of a list says who takes its seats: pages show no other order")]
    OrderOfLists,
    /// Two attachments of one place have the same hash.
    #[error("the same file as {first}")]
    RepeatedAttachment {
        /// The path of the first attachment with this hash.
        first: String,
    },
    /// A contest of lists has seats instead of winners.
    #[error("a contest of lists gives seats: only other kinds have winners")]
    WinnersOfLists,
    /// A group of options has no limit.
    #[error("the group has no limit: give at_least, at_most or both")]
    NoLimit,
    /// The groups keep more places than there are.
    #[error("the groups keep {found} places, but only {places} are filled")]
    TooManyKeptPlaces {
        /// How many places the groups keep together.
        found: u64,
        /// How many places are filled.
        places: u64,
    },
    /// A contest has winners, and is a motion.
    #[error("a contest has winners or is a motion, but not both")]
    WinnersOfMotion,
    /// The rule of the contest cannot be that of a motion.
    #[error("only a contest of the kind choose with max 1, or of the kind split, can be a motion")]
    NotAMotion,
    /// Two conditions of a motion have the same base.
    #[error("another condition has the same base")]
    BaseTwice,
    /// A list of a contest with seats has no candidates.
    #[error("every list needs a candidate, because people take the seats")]
    ListWithoutCandidates,
    /// A contest has more seats than candidates.
    #[error("the contest has {}, but only {}", counted(u64::from(*.seats), "seat", "seats"), counted(*.candidates, "candidate", "candidates"))]
    TooManySeats {
        /// How many seats the contest gives.
        seats: u32,
        /// How many candidates all lists have together.
        candidates: u64,
    },
    /// Seats are taken by preferences, but the rule has none.
    #[error("the rule has no preferences: only the order of the list can say who takes its seats")]
    NoPreferences,
    /// All scores of the contest are 0.
    #[error("all scores are 0: at least one place must have a score")]
    NothingCounts,
    /// The total of an option could be so large that a discrete logarithm cannot find it.
    #[error("the weights of all voters together could make a total of {found}, more than the limit of {limit}")]
    TotalTooLarge {
        /// The largest total that is possible.
        found: u128,
        /// The largest total that is allowed.
        limit: u64,
    },
    /// The contests have too many slots.
    #[error("the contests have {found} slots, more than the limit of {limit}")]
    TooManySlots {
        /// How many slots all contests have together.
        found: usize,
        /// How many slots an election may have.
        limit: usize,
    },
    /// The totals of all slots could be so large that it takes too long to find them.
    #[error("finding the largest totals would take {found} steps, more than the limit of {limit}: lower weights.total")]
    TotalsTooFar {
        /// How many steps the largest totals take.
        found: u64,
        /// How many steps they may take.
        limit: u64,
    },
    /// A signed ballot of the style would be longer than an entry of the board may be.
    #[error("a signed ballot would have {found} bytes, but an entry of the board may have at most {limit}")]
    BallotTooLarge {
        /// How many bytes a signed ballot would have.
        found: usize,
        /// How many bytes an entry may have.
        limit: usize,
    },
    /// The forms of all styles together have too many terms. Everybody who reads the election computes all forms.
    #[error("the forms of all ballot styles together have {found} terms, more than the limit of {limit}")]
    TooManyTerms {
        /// How many terms all forms have together.
        found: usize,
        /// How many terms they may have together.
        limit: usize,
    },
    /// A style names a contest that the manifest does not have.
    #[error("there is no contest with this identifier")]
    UnknownContest,
    /// A style names contests in another order than the manifest, or names a contest twice.
    #[error("the contests of a style must appear once each, in the order of the manifest")]
    ContestOrder,
    /// No style contains the contest, so nobody could vote in it.
    #[error("no ballot style contains the contest")]
    ContestWithoutStyle,
    /// The fraction is larger than 1.
    #[error("the fraction {numerator}/{denominator} is above 1")]
    FractionAboveOne {
        /// The numerator of the fraction.
        numerator: u32,
        /// The denominator of the fraction.
        denominator: u32,
    },
    /// The witnesses must close the election, but the manifest requires no witness.
    #[error("closing by witnesses needs a quorum of at least 1 witness")]
    ClosingWithoutWitnesses,
    /// Cosignatures have a limit of their age, but the manifest requires no witness.
    #[error("a limit of the age of cosignatures needs a quorum of at least 1 witness")]
    AgeWithoutWitnesses,
    /// The string is not 32 bytes in hexadecimal.
    #[error("expected 64 lower-case hexadecimal digits")]
    BadHex,
    /// The bytes are not the canonical encoding of an element of the group.
    #[error("not an element of the group")]
    InvalidElement,
    /// The key is the identity, which cannot be a key.
    #[error("the identity is not a key")]
    IdentityElement,
    /// The bytes are not a canonical Ed25519 public key in the subgroup of prime order.
    #[error("not an Ed25519 public key")]
    InvalidEd25519Key,
    /// The Ed25519 public key has small order, so that anybody can sign for it.
    #[error("the Ed25519 public key is weak")]
    WeakEd25519Key,
    /// One key has two purposes or two owners.
    #[error("the key is already used at {first}: every party and purpose needs its own key")]
    KeyReuse {
        /// The path where the key appears first.
        first: String,
    },
    /// The name of a log or of a witness contains a space or a plus, which C2SP signed notes do not allow.
    #[error("the name of a log or of a witness must not contain spaces or `+`")]
    BadKeyName,
}
