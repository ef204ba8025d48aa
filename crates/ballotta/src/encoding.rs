//! The canonical byte codec of everything that is hashed or signed.
//!
//! See `spec/encoding.md`. Integers are little-endian and of fixed width, scalars and elements are 32 canonical bytes.
//! A decoder names the field it refuses, checks a length before it allocates and refuses bytes that follow the end, so
//! that every value has exactly one encoding.

use alloc::vec::Vec;

use crate::group::{PublicElement, PublicScalar, Scalar};
use crate::weaken::{self, Check};

/// The version that every binary format begins with: major 1, draft 4. A frozen version has draft 0.
pub const FORMAT_VERSION: [u8; 2] = [1, 4];

/// Bytes that are not the canonical encoding of what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{field}: the bytes end too early")]
    Truncated {
        /// The field that is cut short.
        field: &'static str,
    },
    /// Bytes follow the end.
    #[error("{count} bytes follow the end")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// The format is of another version.
    #[error("version {}.{} is not supported", found[0], found[1])]
    UnsupportedVersion {
        /// The version found.
        found: [u8; 2],
    },
    /// A scalar is not reduced modulo the order of the group.
    #[error("{field}: not a canonical scalar")]
    NonCanonicalScalar {
        /// The field.
        field: &'static str,
    },
    /// Bytes are not the canonical encoding of an element of the group.
    #[error("{field}: not an element of the group")]
    InvalidElement {
        /// The field.
        field: &'static str,
    },
    /// An element is the identity where this is not allowed.
    #[error("{field}: the identity is not allowed here")]
    IdentityElement {
        /// The field.
        field: &'static str,
    },
    /// A number or length is above its limit.
    #[error("{field}: {found} is above the limit of {limit}")]
    LimitExceeded {
        /// The field.
        field: &'static str,
        /// The number found.
        found: u64,
        /// The largest that is allowed.
        limit: u64,
    },
    /// A number names nothing that is known.
    #[error("{field}: unknown value {found}")]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// The number found.
        found: u64,
    },
}

/// Refuses a number or length above its limit with `LimitExceeded`, and returns it otherwise.
pub(crate) fn at_most(field: &'static str, found: u64, limit: u64) -> Result<u64, DecodeError> {
    if found <= limit { Ok(found) } else { Err(DecodeError::LimitExceeded { field, found, limit }) }
}

/// Reads a canonical encoding from its beginning.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if there are fewer.
    pub fn take(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated { field })?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if there are fewer.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// `Truncated` if there is none.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// An integer of 2 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if there are fewer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// An integer of 4 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if there are fewer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// An integer of 8 bytes.
    ///
    /// # Errors
    ///
    /// `Truncated` if there are fewer.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// The version of the format.
    ///
    /// # Errors
    ///
    /// `UnsupportedVersion` unless it is [`FORMAT_VERSION`].
    pub fn version(&mut self) -> Result<(), DecodeError> {
        let found = self.array("version")?;
        if found == FORMAT_VERSION { Ok(()) } else { Err(DecodeError::UnsupportedVersion { found }) }
    }

    /// A scalar.
    ///
    /// # Errors
    ///
    /// `NonCanonicalScalar` unless it is smaller than the order of the group.
    pub fn scalar(&mut self, field: &'static str) -> Result<Scalar, DecodeError> {
        Scalar::from_canonical(&self.array(field)?).ok_or(DecodeError::NonCanonicalScalar { field })
    }

    /// An integer modulo `l` that anybody may know, in canonical form. Variable time.
    ///
    /// # Errors
    ///
    /// `NonCanonicalScalar`.
    pub fn public_scalar(&mut self, field: &'static str) -> Result<PublicScalar, DecodeError> {
        PublicScalar::from_canonical(&self.array(field)?).ok_or(DecodeError::NonCanonicalScalar { field })
    }

    /// An element that is not the identity: a key, a commitment, an announcement.
    ///
    /// # Errors
    ///
    /// `InvalidElement` or `IdentityElement`.
    pub fn element(&mut self, field: &'static str) -> Result<PublicElement, DecodeError> {
        let element = self.element_or_identity(field)?;
        if element.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return Err(DecodeError::IdentityElement { field });
        }
        Ok(element)
    }

    /// An element that may be the identity, as a ciphertext's `C_i` may by chance.
    ///
    /// # Errors
    ///
    /// `InvalidElement`.
    pub fn element_or_identity(&mut self, field: &'static str) -> Result<PublicElement, DecodeError> {
        PublicElement::from_canonical(&self.array(field)?).ok_or(DecodeError::InvalidElement { field })
    }

    /// The end of the bytes.
    ///
    /// # Errors
    ///
    /// `Trailing` if bytes are left.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing { count }),
        }
    }
}

/// Writes a canonical encoding.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer that begins with [`FORMAT_VERSION`].
    #[must_use]
    pub fn versioned() -> Self {
        Self { bytes: FORMAT_VERSION.to_vec() }
    }

    /// Appends bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends one byte.
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

    /// Appends a scalar.
    pub fn scalar(&mut self, value: &Scalar) -> &mut Self {
        self.put(&value.to_bytes())
    }

    /// Appends a scalar that anybody may know.
    pub fn public_scalar(&mut self, value: &PublicScalar) -> &mut Self {
        self.put(&value.to_bytes())
    }

    /// Appends an element.
    pub fn element(&mut self, value: &PublicElement) -> &mut Self {
        self.put(value.as_bytes())
    }

    /// The bytes written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
