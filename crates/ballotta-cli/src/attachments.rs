//! Attachments of a new manifest: files that the command reads, names by their hash, and copies.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, bail, ensure};
use ballotta::hash::FileHash;
use ballotta::limits::MAX_ATTACHMENT_BYTES;
use ballotta::manifest::{Attachment, AttachmentType, Contest, Manifest, Text};

use crate::console::Shown as _;
use crate::recognise::file_of_election;
use crate::record::read_at_most;

/// An attachment as a person names it: `PLACE=TITLE=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct NewAttachment {
    /// `/` for the election, a contest, or a contest and an option with `/` between them.
    place: String,
    title: String,
    file: PathBuf,
}

impl FromStr for NewAttachment {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=').and_then(|(place, rest)| Some((place, rest.rsplit_once('=')?)));
        let (place, (title, file)) = parts.context("expected PLACE=TITLE=FILE")?;
        Ok(Self { place: place.to_owned(), title: title.to_owned(), file: file.into() })
    }
}

impl NewAttachment {
    /// Reads the file, and adds it to the attachments of its place. Returns its path in a record, and its bytes.
    pub(crate) fn add(
        &self,
        language: &str,
        of_election: &mut Vec<Attachment>,
        contests: &mut [Contest],
    ) -> Result<(String, Vec<u8>)> {
        let bytes = read_at_most(&self.file, MAX_ATTACHMENT_BYTES, "an attachment")?;
        if let Some(what) = file_of_election(&bytes) {
            // Everybody can read an attachment.
            bail!("{} is {what}, and attachments are published", self.file.shown());
        }
        let attachment = Attachment {
            title: Text::from_iter([(language, self.title.as_str())]),
            kind: kind_of(&bytes).with_context(|| self.file.shown())?,
            length: bytes.len() as u64,
            sha256: FileHash::of(&bytes),
        };
        let (id, option) = match self.place.split_once('/') {
            Some((id, option)) => (id, Some(option)),
            None => (self.place.as_str(), None),
        };
        let contest = contests.iter_mut().find(|contest| contest.id == id);
        let place = match (contest, option) {
            _ if self.place == "/" => Some(of_election),
            (Some(contest), None) => Some(&mut contest.attachments),
            (Some(contest), Some(option)) => {
                let option = contest.options.iter_mut().find(|known| known.id == option);
                option.map(|option| &mut option.attachments)
            }
            (None, _) => None,
        };
        let Some(place) = place else {
            bail!("--attachment {}: the manifest has no such contest or option; write / for the election", self.place)
        };
        let path = attachment.path();
        place.push(attachment);
        Ok((path, bytes))
    }
}

/// The type of a file, by its first bytes. Everything else must be a text.
fn kind_of(bytes: &[u8]) -> Result<AttachmentType> {
    let is_text = |text: &str| text.chars().all(|it| !it.is_control() || matches!(it, '\n' | '\r' | '\t'));
    Ok(match bytes {
        [0xff, 0xd8, 0xff, ..] => AttachmentType::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => AttachmentType::Png,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => AttachmentType::Webp,
        [b'%', b'P', b'D', b'F', b'-', ..] => AttachmentType::Pdf,
        _ => {
            ensure!(std::str::from_utf8(bytes).is_ok_and(is_text), "expected JPEG, PNG, WebP, PDF or a text in UTF-8");
            AttachmentType::Text
        }
    })
}

/// Copies the attachments of a manifest from beside it into a record. Returns how many are not there: the record may lack them.
pub(crate) fn copy(manifest: &Manifest, beside: &Path, record: &Path) -> Result<usize> {
    let mut missing = 0;
    let mut copied: Vec<String> = Vec::new();
    for attachment in manifest.all_attachments() {
        let path = attachment.path();
        if copied.contains(&path) {
            continue;
        }
        let from = beside.join(&path);
        if from.is_file() {
            let bytes = read_at_most(&from, MAX_ATTACHMENT_BYTES, "an attachment")?;
            attachment.verify(&bytes).with_context(|| from.shown())?;
            write(&record.join(&path), &bytes)?;
        } else {
            missing += 1;
        }
        copied.push(path);
    }
    Ok(missing)
}

/// Writes an attachment. One that is there is replaced: its name is its hash.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        ballotta_io::create_folders(folder).with_context(|| format!("{} cannot be made", folder.shown()))?;
    }
    ballotta_io::write_atomically(path, bytes).with_context(|| format!("{} cannot be written", path.shown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_the_first_bytes() {
        for (bytes, kind) in [
            (b"\xff\xd8\xff\xe0".as_slice(), AttachmentType::Jpeg),
            (b"\x89PNG\r\n\x1a\n", AttachmentType::Png),
            (b"RIFF\x04\0\0\0WEBP", AttachmentType::Webp),
            (b"%PDF-1.7", AttachmentType::Pdf),
            ("È un testo.\r\n".as_bytes(), AttachmentType::Text),
        ] {
            assert_eq!(kind_of(bytes).unwrap(), kind);
        }
        for other in [b"GIF89a\0".as_slice(), b"\xff\xfe", b"a\x1b[0m"] {
            let error = kind_of(other).unwrap_err().to_string();
            assert_eq!(error, "expected JPEG, PNG, WebP, PDF or a text in UTF-8");
        }
    }

    #[test]
    fn a_place_is_the_election_a_contest_or_an_option() {
        let parsed: NewAttachment = "chair/ada=Ada = Lovelace=ada.png".parse().unwrap();
        assert_eq!((parsed.place.as_str(), parsed.title.as_str()), ("chair/ada", "Ada = Lovelace"));
        assert_eq!(parsed.file, Path::new("ada.png"));
        assert!("chair=ada.png".parse::<NewAttachment>().is_err());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        std::fs::write(&file, "Words.").unwrap();
        let (mut election, mut contests) = (Vec::new(), Vec::new());
        let add = |place: &str| NewAttachment { place: place.into(), title: "Text".into(), file: file.clone() };
        let (path, bytes) = add("/").add("en", &mut election, &mut contests).unwrap();
        assert_eq!((path, bytes.as_slice()), (election[0].path(), b"Words.".as_slice()));
        let error = add("chair").add("en", &mut election, &mut contests).unwrap_err().to_string();
        assert!(error.starts_with("--attachment chair: the manifest has no such contest"), "{error}");
        assert_eq!(election.len(), 1);
        // What would be published by mistake.
        let secrets = [
            (format!("{}\n{}\n", ballotta::format_name!("signing-key"), "00".repeat(32)), "the secret key of"),
            (format!("{}\n1,CODE\n", crate::recognise::CODES), "a file with secret voting codes"),
            ("age-encryption.org/v1\n".to_owned(), "a key that is encrypted"),
        ];
        for (text, what) in secrets {
            std::fs::write(&file, text).unwrap();
            let error = add("/").add("en", &mut election, &mut contests).unwrap_err().to_string();
            assert!(error.contains(what) && error.ends_with("attachments are published"), "{error}");
        }
        assert_eq!(election.len(), 1);
    }
}
