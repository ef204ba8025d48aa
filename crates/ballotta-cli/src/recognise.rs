//! What a file is that was given by mistake, and what to do with it.

use anyhow::Result;
use ballotta::credential::PART_LIST_FORMAT;
use ballotta::manifest::Manifest;

use crate::failure::ErrorContext as _;
use crate::message_file::FileKind;
use crate::secrets::{KeyFile, without_mark};

/// The first bytes of a file that is encrypted with age.
pub(crate) const AGE: &[u8] = b"age-encryption.org/";
/// The first line of a file with voting codes.
pub(crate) const CODES: &str = "number,code,voter_number,style,weight,fingerprint";

/// The first line of a file with the voting codes of one of several credential authorities.
pub(crate) const PART_CODES: &str = "number,code,handle,style,weight";

/// A file of an election that is not a message file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    PreparedBallot,
    EncryptedKey,
    Key(KeyFile),
    Codes,
    PartList,
    Manifest,
    State,
    Message(FileKind),
}

impl Known {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(AGE) {
            return Some(Self::EncryptedKey);
        }
        let text = without_mark(str::from_utf8(bytes).ok()?);
        let first = text.lines().next().unwrap_or_default().trim_end();
        if let Some(kind) = KeyFile::of_header(first) {
            return Some(Self::Key(kind));
        }
        if let Some(kind) = FileKind::ALL.into_iter().find(|kind| kind.first_line() == first) {
            return Some(Self::Message(kind));
        }
        if first.starts_with(CODES) || first.starts_with(PART_CODES) {
            return Some(Self::Codes);
        }
        if first.starts_with(PART_LIST_FORMAT) {
            return Some(Self::PartList);
        }
        // The files of the command are JSON with a field `format`.
        let format = text.split_once("\"format\"")?.1.trim_start().strip_prefix(':')?.trim_start();
        match format.strip_prefix('"')?.split('"').next()?.strip_prefix(ballotta::format_name!(""))? {
            "prepared-ballot" => Some(Self::PreparedBallot),
            "manifest" => Some(Self::Manifest),
            "trustee-state" | "witness-state" | "board-state" => Some(Self::State),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::PreparedBallot => "a prepared ballot, which shows the voter's choices".to_owned(),
            Self::EncryptedKey => "a key that is encrypted with a passphrase (age)".to_owned(),
            Self::Key(kind) => format!("the secret key of {}", kind.holder()),
            Self::Codes => "a file with secret voting codes".to_owned(),
            Self::PartList => "a part list, which is for the offices of the credential authorities".to_owned(),
            Self::Manifest => "a manifest".to_owned(),
            Self::State => "the state of a trustee, a witness or a board".to_owned(),
            Self::Message(kind) => format!("a message file of the kind `{}`", kind.name()),
        }
    }
}

/// What a file of an election is, if it is one that must not be published as an attachment: all that a program of the election writes.
pub(crate) fn file_of_election(bytes: &[u8]) -> Option<String> {
    Known::of(bytes).map(Known::name)
}

/// Adds to the error of a reader of message files what the file is instead.
pub(crate) fn not_a_message<T>(path: &str, bytes: &[u8], damaged: anyhow::Error) -> Result<T> {
    let Some(known) = Known::of(bytes) else {
        return Err(damaged.context(format!("{path} is not a message file")));
    };
    let error = Err(anyhow::anyhow!("{path} is {}, not a message file", known.name()));
    match known {
        Known::PreparedBallot => error.remedy(
            "only its voter may have this file: the voter casts it with `ballotta voter cast FILE --out BALLOT`, and sends \
             the file BALLOT",
        ),
        Known::EncryptedKey | Known::Key(_) | Known::Codes => {
            error.remedy("give the file that the command wrote with --out; this one is secret, so send it to nobody")
        }
        // A message file that cannot be read is damaged.
        Known::Message(_) => Err(damaged.context(format!("{path} is not a message file"))),
        Known::PartList => error.remedy("send it to no board; the offices add up their lists with `ballotta credentials combine`"),
        Known::Manifest | Known::State => error.remedy("give the file that the command wrote with --out"),
    }
}

/// Fails, because a file is not a key of this kind. Says what it is instead, and how a key of the kind is used.
pub(crate) fn not_a_key<T>(path: &str, bytes: &[u8], expected: KeyFile) -> Result<T> {
    let holder = expected.holder();
    let Some(known) = Known::of(bytes) else {
        return Err(anyhow::anyhow!("{path} is not the secret key of {holder}")).remedy(expected.made_by());
    };
    let error = Err(anyhow::anyhow!("{path} is {}, not the secret key of {holder}", known.name()));
    match known {
        Known::EncryptedKey => error.remedy(format!(
            "a trustee's key is for the verbs `ballotta trustee ..`; here, {}; if you have encrypted your key yourself, \
             decrypt it first with `age --decrypt --output KEY {path}`",
            expected.made_by()
        )),
        _ => error.remedy(expected.made_by()),
    }
}

/// What is wrong with a file that is not what was expected: what it is instead, if that is known.
pub(crate) fn is_not(path: &str, bytes: &[u8], expected: &str) -> String {
    match Known::of(bytes) {
        Some(known) => format!("{path} is {}, not {expected}", known.name()),
        None => format!("{path} is not {expected}"),
    }
}

/// Whose key in a manifest this is, in hexadecimal.
pub(crate) fn whose_key(manifest: &Manifest, public: &str) -> Option<String> {
    let is = |bytes: &[u8]| hex::encode(bytes) == public;
    if is(manifest.organiser().as_bytes()) {
        return Some("the organiser".to_owned());
    }
    if is(manifest.board().key.as_bytes()) {
        return Some("the board".to_owned());
    }
    let authorities = manifest.credential_authorities().iter();
    let authorities = authorities.map(|party| ("credential authority", &party.name, is(party.key.as_bytes())));
    let witnesses = manifest.witnesses().members.iter();
    let witnesses = witnesses.map(|witness| ("witness", &witness.name, is(witness.key.as_bytes())));
    let found = authorities.chain(witnesses).find(|(.., is_it)| *is_it);
    found.map(|(role, name, _)| format!("{role} {name}"))
}

/// What to do about a key that is not the one of the manifest that was expected.
pub(crate) fn other_key(manifest: &Manifest, public: &[u8], expected: &str) -> String {
    let public = hex::encode(public);
    match whose_key(manifest, &public) {
        Some(whose) => format!("this is the key of {whose}; give that of {expected}"),
        None => format!(
            "its public key is {public}, which the manifest does not have; `ballotta inspect RECORD/manifest.json` shows the \
             keys of {expected}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognised() {
        let prepared = concat!("\u{feff}{\n  \"format\" : \"", ballotta::format_name!("prepared-ballot"), "\"}");
        for (bytes, known) in [
            (prepared.as_bytes(), Some(Known::PreparedBallot)),
            (b"age-encryption.org/v1\n\xff", Some(Known::EncryptedKey)),
            (concat!(ballotta::format_name!("note-key"), "\r\n00").as_bytes(), Some(Known::Key(KeyFile::Note))),
            (b"number,code,voter_number,style,weight,fingerprint\n1,", Some(Known::Codes)),
            (concat!(ballotta::format_name!("ballot"), "\nAA==").as_bytes(), Some(Known::Message(FileKind::Ballot))),
            (b"{\"format\":\"ballotta/v1-draft.0/manifest\"}", None),
            (b"\xff", None),
            (b"", None),
        ] {
            assert_eq!(Known::of(bytes), known);
        }
    }
}
