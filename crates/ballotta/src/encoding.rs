//! The canonical binary encoding of everything that is hashed or signed.
//!
//! See `spec/encoding.md`. Integers are little-endian and of fixed width. Scalars and elements are 32 canonical bytes.
//! Every value has exactly one encoding. A decoder checks a length before it allocates, names the field that it
//! refuses, and refuses bytes after the end.

use alloc::vec::Vec;

use crate::group::{PublicElement, PublicScalar, Scalar};
use crate::weaken::{self, Check};
use crate::words::counted;

/// The version at the beginning of every binary format: major version 1, draft 5. A frozen version has draft 0.
pub const FORMAT_VERSION: [u8; 2] = [1, 5];

/// The bytes are not the canonical encoding of the expected value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{field}: the bytes end too early")]
    Truncated {
        /// The name of the field that is incomplete.
        field: &'static str,
    },
    /// There are bytes after the end of the value.
    #[error("{} after the end", counted(.count, "unexpected byte", "unexpected bytes"))]
    Trailing {
        /// How many bytes there are after the end.
        count: usize,
    },
    /// The bytes have a version that is not `FORMAT_VERSION`.
    #[error("version {}.{} is not supported", found[0], found[1])]
    UnsupportedVersion {
        /// The major version and the draft that were found.
        found: [u8; 2],
    },
    /// A scalar is not reduced modulo the order of the group.
    #[error("{field}: not a canonical scalar")]
    NonCanonicalScalar {
        /// The name of the field with the scalar.
        field: &'static str,
    },
    /// The bytes are not the canonical encoding of an element of the group.
    #[error("{field}: not an element of the group")]
    InvalidElement {
        /// The name of the field with the element.
        field: &'static str,
    },
    /// An element is the identity where the identity is not allowed.
    #[error("{field}: the identity is not allowed here")]
    IdentityElement {
        /// The name of the field with the element.
        field: &'static str,
    },
    /// A text is not UTF-8, or not one line that people can read (`spec/manifest.md#texts`).
    #[error("{field}: not one line of text that people can read")]
    NotALine {
        /// The name of the field with the text.
        field: &'static str,
    },
    /// A number or a length is above its limit.
    #[error("{field}: {found} is above the limit of {limit}")]
    LimitExceeded {
        /// The name of the field with the number.
        field: &'static str,
        /// The number that was found.
        found: u64,
        /// The largest number that is allowed.
        limit: u64,
    },
    /// A number is not one of the values that the format defines.
    #[error("{field}: unknown value {found}")]
    UnknownValue {
        /// The name of the field with the number.
        field: &'static str,
        /// The number that was found.
        found: u64,
    },
}

/// Returns the number, or the error `LimitExceeded` if it is above its limit.
pub(crate) fn at_most(field: &'static str, found: u64, limit: u64) -> Result<u64, DecodeError> {
    if found <= limit { Ok(found) } else { Err(DecodeError::LimitExceeded { field, found, limit }) }
}

/// A decoder that reads a canonical encoding from its beginning.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader at the beginning of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns how many bytes have not been read yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Reads the next `length` bytes of a field.
    ///
    /// # Errors
    ///
    /// `Truncated` if fewer bytes are left.
    pub fn take(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated { field })?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads the next `N` bytes of a field.
    ///
    /// # Errors
    ///
    /// `Truncated` if fewer bytes are left.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads a field of one byte.
    ///
    /// # Errors
    ///
    /// `Truncated` if no byte is left.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// Reads an integer of 2 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if fewer bytes are left.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// Reads an integer of 4 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if fewer bytes are left.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Reads an integer of 8 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if fewer bytes are left.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// Reads the version of the format and checks it.
    ///
    /// # Errors
    ///
    /// `UnsupportedVersion` unless the version is [`FORMAT_VERSION`], and `Truncated`.
    pub fn version(&mut self) -> Result<(), DecodeError> {
        let found = self.array("version")?;
        if found == FORMAT_VERSION { Ok(()) } else { Err(DecodeError::UnsupportedVersion { found }) }
    }

    /// Reads a scalar, which may be a secret.
    ///
    /// # Errors
    ///
    /// `NonCanonicalScalar` unless the integer is smaller than the order of the group, and `Truncated`.
    pub fn scalar(&mut self, field: &'static str) -> Result<Scalar, DecodeError> {
        Scalar::from_canonical(&self.array(field)?).ok_or(DecodeError::NonCanonicalScalar { field })
    }

    /// Reads a scalar that is not a secret, in variable time.
    ///
    /// # Errors
    ///
    /// `NonCanonicalScalar` unless the integer is smaller than the order of the group, and `Truncated`.
    pub fn public_scalar(&mut self, field: &'static str) -> Result<PublicScalar, DecodeError> {
        PublicScalar::from_canonical(&self.array(field)?).ok_or(DecodeError::NonCanonicalScalar { field })
    }

    /// Reads an element that must not be the identity: a key, a commitment or an announcement.
    ///
    /// # Errors
    ///
    /// `InvalidElement`, `IdentityElement` or `Truncated`.
    pub fn element(&mut self, field: &'static str) -> Result<PublicElement, DecodeError> {
        let element = self.element_or_identity(field)?;
        if element.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return Err(DecodeError::IdentityElement { field });
        }
        Ok(element)
    }

    /// Reads an element that may be the identity, as `C_i` of a ciphertext may be by chance.
    ///
    /// # Errors
    ///
    /// `InvalidElement` or `Truncated`, with the name of the field.
    pub fn element_or_identity(&mut self, field: &'static str) -> Result<PublicElement, DecodeError> {
        PublicElement::from_canonical(&self.array(field)?).ok_or(DecodeError::InvalidElement { field })
    }

    /// Checks that all bytes have been read.
    ///
    /// # Errors
    ///
    /// `Trailing` if there are bytes left.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing { count }),
        }
    }
}

/// An encoder that writes a canonical encoding.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Creates a writer without any bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a writer whose bytes begin with [`FORMAT_VERSION`].
    #[must_use]
    pub fn versioned() -> Self {
        Self { bytes: FORMAT_VERSION.to_vec() }
    }

    /// Appends the bytes without a length.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends an integer of one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    /// Appends an integer of 2 bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    /// Appends an integer of 4 bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    /// Appends an integer of 8 bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    /// Appends the 32 canonical bytes of a scalar.
    pub fn scalar(&mut self, value: &Scalar) -> &mut Self {
        self.put(&value.to_bytes())
    }

    /// Appends the 32 canonical bytes of a scalar that is not a secret.
    pub fn public_scalar(&mut self, value: &PublicScalar) -> &mut Self {
        self.put(&value.to_bytes())
    }

    /// Appends the 32 canonical bytes of an element.
    pub fn element(&mut self, value: &PublicElement) -> &mut Self {
        self.put(value.as_bytes())
    }

    /// Returns all bytes that were written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
