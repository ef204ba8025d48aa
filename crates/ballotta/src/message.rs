//! Message files, which people and programs hand to each other: a line with their kind, and a line of base64.
//!
//! See `spec/command-line.md#files`. The command, the npm package and the Python package read and write this format.
//!
//! # Examples
//!
//! A voter's app writes the file that `ballotta board add` takes, and a ballot box reads it:
//!
//! ```
//! # use ballotta_testkit::election::{Choice, Election, ElectionOptions};
//! # let test = Election::build(ElectionOptions::default());
//! # let ballot = test.ballot(0, &[Choice::Options(vec![1])]).cast().to_bytes();
//! use ballotta::message::{Message, MessageError, MessageKind};
//!
//! // `ballot` is what `SignedBallot::to_bytes` returns.
//! let file = Message::new(MessageKind::Ballot, ballot.clone()).to_text();
//! assert!(file.starts_with(&MessageKind::Ballot.first_line()));
//!
//! // The kind is only a claim, and the content is not checked: `Admission::admit` does that.
//! let message = Message::parse(&file)?;
//! assert_eq!((message.kind, message.bytes), (MessageKind::Ballot, ballot));
//! assert_eq!(Message::parse("a letter\n"), Err(MessageError::Lines));
//! # Ok::<(), MessageError>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES};

/// The beginning of the first line, before the kind.
const PREFIX: &str = crate::format_name!("");

/// The kind of a message file. A further kind is a new version of the format, so every program handles all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A message of a trustee in the key ceremony.
    CeremonyMessage,
    /// The signature of a credential authority under the roll.
    RollSignature,
    /// The organiser's opening of the voting.
    Opening,
    /// The organiser's closing of the voting.
    Closing,
    /// A change of the roll that not all credential authorities have signed yet.
    RollChangeDraft,
    /// A change of the roll during the voting, signed by all credential authorities.
    RollChange,
    /// The organiser's cut-off: the roll changes no more.
    CutOff,
    /// The organiser's cancellation of the election.
    Cancellation,
    /// A signed ballot.
    Ballot,
    /// What a trustee signs before it decrypts.
    ClosingStatement,
    /// A trustee's partial decryption.
    PartialDecryption,
    /// The line of a witness's signature under a checkpoint.
    Cosignature,
    /// The opening of a ballot, which reveals its choices.
    BallotOpening,
}

impl MessageKind {
    /// All kinds, in the order of the specification.
    pub const ALL: [Self; 13] = [
        Self::CeremonyMessage,
        Self::RollSignature,
        Self::Opening,
        Self::Closing,
        Self::RollChangeDraft,
        Self::RollChange,
        Self::CutOff,
        Self::Cancellation,
        Self::Ballot,
        Self::ClosingStatement,
        Self::PartialDecryption,
        Self::Cosignature,
        Self::BallotOpening,
    ];

    /// Returns the name of the kind, as it is in the first line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CeremonyMessage => "ceremony-message",
            Self::RollSignature => "roll-signature",
            Self::Opening => "opening",
            Self::Closing => "closing",
            Self::RollChangeDraft => "roll-change-draft",
            Self::RollChange => "roll-change",
            Self::CutOff => "cut-off",
            Self::Cancellation => "cancellation",
            Self::Ballot => "ballot",
            Self::ClosingStatement => "closing-statement",
            Self::PartialDecryption => "partial-decryption",
            Self::Cosignature => "cosignature",
            Self::BallotOpening => "ballot-opening",
        }
    }

    /// Returns the first line of a message file of this kind, without its line feed. The second line is base64 with
    /// padding (RFC 4648, section 4). Each line ends with a line feed.
    #[must_use]
    pub fn first_line(self) -> String {
        [PREFIX, self.name()].concat()
    }

    /// The largest number of bytes before base64. It is small, because a board reads many files at once.
    const fn max_bytes(self) -> usize {
        match self {
            Self::CeremonyMessage | Self::PartialDecryption | Self::BallotOpening => MAX_MESSAGE_BYTES,
            Self::Cosignature => MAX_CHECKPOINT_BYTES,
            Self::RollSignature
            | Self::Opening
            | Self::Closing
            | Self::RollChangeDraft
            | Self::RollChange
            | Self::CutOff
            | Self::Cancellation
            | Self::Ballot
            | Self::ClosingStatement => MAX_ENTRY_BYTES,
        }
    }
}

/// The reason why a text is not a message file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The text does not have two lines.
    #[error("a message file has two lines")]
    Lines,
    /// The first line does not name the format in the version of this library.
    #[error("the first line does not begin with {PREFIX}")]
    Format,
    /// The first line names an unknown kind.
    #[error("{name} is not a kind of message file")]
    UnknownKind {
        /// The name in the first line.
        name: String,
    },
    /// The second line is not base64 with padding.
    #[error("the second line is not base64")]
    Base64,
    /// The content is longer than any content of this kind.
    #[error("a {} has at most {} bytes, but this one has {found}", .kind.name(), .kind.max_bytes())]
    TooLong {
        /// The kind of the message.
        kind: MessageKind,
        /// The number of bytes of the content.
        found: usize,
    },
}

/// A message file: its kind, and its content, which is in base64 in the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The kind of the message.
    pub kind: MessageKind,
    /// The content. It is not checked, and the content of a ballot opening is secret.
    pub bytes: Vec<u8>,
}

impl Message {
    /// Creates a message from its content.
    #[must_use]
    pub fn new(kind: MessageKind, bytes: Vec<u8>) -> Self {
        Self { kind, bytes }
    }

    /// Reads a message file. Programs that people use to move texts may have added a byte order mark, carriage returns or
    /// empty last lines, or removed the last line feed.
    ///
    /// # Errors
    ///
    /// If the text has another form, or its content is too long for its kind.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (header, body) = text.split_once('\n').ok_or(MessageError::Lines)?;
        let (header, body) = (header.trim_end(), body.trim_end());
        if body.is_empty() {
            return Err(MessageError::Lines);
        }
        let name = header.strip_prefix(PREFIX).ok_or(MessageError::Format)?;
        let kind = MessageKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| MessageError::UnknownKind { name: name.into() })?;
        let bytes = BASE64_STANDARD.decode(body).map_err(|_| MessageError::Base64)?;
        match bytes.len() {
            found if found > kind.max_bytes() => Err(MessageError::TooLong { kind, found }),
            _ => Ok(Self { kind, bytes }),
        }
    }

    /// Returns the text of the file. It is wiped when dropped, because it may reveal choices.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let line = self.kind.first_line();
        // The final capacity is reserved, because memory that a string leaves when it grows is not wiped.
        let length = line.len() + self.bytes.len().div_ceil(3) * 4 + 2;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(&line);
        text.push('\n');
        BASE64_STANDARD.encode_string(&self.bytes, &mut text);
        text.push('\n');
        text
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back() {
        for kind in MessageKind::ALL {
            let message = Message::new(kind, [0, 1, 2, 255].into());
            assert_eq!(Message::parse(&message.to_text()), Ok(message));
        }
        for (text, error) in [
            ("", "a message file has two lines"),
            ("ballotta/v1-draft.0/ballot\nAA==\n", "the first line does not begin with ballotta/v1-draft.5/"),
            ("ballotta/v1-draft.5/vote\nAA==\n", "vote is not a kind of message file"),
            ("ballotta/v1-draft.5/ballot\nA\n", "the second line is not base64"),
            ("ballotta/v1-draft.5/ballot\nAA==\nAA==\n", "the second line is not base64"),
            ("ballotta/v1-draft.5/ballot AA==", "a message file has two lines"),
        ] {
            assert_eq!(std::format!("{}", Message::parse(text).unwrap_err()), error);
        }
    }

    #[test]
    fn what_editors_and_mail_programs_do_is_accepted() {
        let ballot = Message::new(MessageKind::Ballot, [0].into());
        let text: &str = &ballot.to_text();
        for edited in [
            std::format!("\u{feff}{text}"),
            text.replace('\n', "\r\n"),
            std::format!("{text}\r\n\n"),
            text.trim_end().into(),
        ] {
            assert_eq!(Message::parse(&edited).as_ref(), Ok(&ballot), "{edited:?}");
        }
    }

    #[test]
    fn the_largest_entry_is_accepted() {
        let ballot = |length| Message::parse(&Message::new(MessageKind::Ballot, alloc::vec![0; length]).to_text());
        assert_eq!(ballot(65_535).unwrap().bytes.len(), 65_535);
        let error = "a ballot has at most 65535 bytes, but this one has 65536";
        assert_eq!(std::format!("{}", ballot(65_536).unwrap_err()), error);
    }

    #[test]
    fn the_content_is_not_printed() {
        let opening = Message::new(MessageKind::BallotOpening, [7; 4].into());
        assert_eq!(std::format!("{opening:?}"), "Message { kind: BallotOpening, .. }");
        // The text never moved when it grew.
        let text = opening.to_text();
        assert_eq!(text.len(), text.capacity());
    }
}
