//! The signature lines of a note.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::error::NoteError;
use super::key::{NoteKey, check_name};

/// A signature of a note. Its key may be unknown. The text form is its line, without the newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    pub(super) name: String,
    pub(super) id: u32,
    pub(super) signature: Vec<u8>,
}

impl NoteSignature {
    pub(super) fn of(key: &NoteKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().into(), id: key.id(), signature }
    }

    pub(super) fn is_under(&self, key: &NoteKey) -> bool {
        self.id == key.id() && self.name == key.name()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.to_be_bytes().as_slice(), &self.signature].concat();
        write!(f, "— {} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;
    fn from_str(line: &str) -> Result<Self, NoteError> {
        let wrong = NoteError::SignatureLine { line: 1 };
        let (name, base64) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(wrong.clone())?;
        check_name(name)?;
        let bytes = BASE64_STANDARD.decode(base64).map_err(|_| wrong.clone())?;
        match bytes.split_first_chunk() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name: name.into(), id: u32::from_be_bytes(*id), signature: signature.into() })
            }
            _ => Err(wrong),
        }
    }
}
