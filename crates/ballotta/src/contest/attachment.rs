//! Files about an election, a contest or an option: photos, statements of candidates, the text of a motion.
//!
//! See `spec/manifest.md#attachments`. The manifest has the hash of each, and the record may have the file, in
//! [`path`](Attachment::path). Nothing of the result depends on it.

use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::hash::{FileHash, write_file_hash};
use crate::text::{Text, words};

words! {
    /// The type of an attachment.
    AttachmentType {
        /// A photo or a drawing.
        Jpeg = "image/jpeg",
        /// A photo or a drawing.
        Png = "image/png",
        /// A photo or a drawing.
        Webp = "image/webp",
        /// A document.
        Pdf = "application/pdf",
        /// A text in UTF-8.
        Text = "text/plain",
    }
}

/// A file about an election, a contest or an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// The title of the file, in every language.
    pub title: Text,
    /// The type of the file.
    #[serde(rename = "type")]
    pub kind: AttachmentType,
    /// The length of the file, in bytes.
    pub length: u64,
    /// The SHA-256 digest of the file.
    #[serde(serialize_with = "write_file_hash")]
    pub sha256: FileHash,
}

impl Attachment {
    /// The path of the file in a record. [`read_attachment`](crate::record::read_attachment) reads it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("attachments/{}", self.sha256)
    }

    /// Checks that these are the bytes of the file.
    ///
    /// # Errors
    ///
    /// If length or hash differ.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), AttachmentError> {
        let found = bytes.len() as u64;
        if found != self.length {
            return Err(AttachmentError::Length { found, expected: self.length });
        }
        if FileHash::of(bytes) != self.sha256 {
            return Err(AttachmentError::Hash);
        }
        Ok(())
    }
}

/// Why bytes are not those of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// The length is not the one in the manifest.
    #[error("the file has {found} bytes, but the manifest names one of {expected} bytes")]
    Length {
        /// The length of the file, in bytes.
        found: u64,
        /// The length in the manifest.
        expected: u64,
    },
    /// The hash is not the one in the manifest.
    #[error("the file is not the one that the manifest names: its hash differs")]
    Hash,
}
