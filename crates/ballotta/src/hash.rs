//! Tagged SHA-256 digests. Each kind of digest has its own type.
//!
//! See `spec/suite.md#digests`. A digest is always computed over the published bytes, never over a new encoding.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::Serializer;
use sha2::{Digest as _, Sha256};

use crate::SUITE;

/// SHA-256 over the suite, a tag and parts. The length of each comes before it, as 8 little-endian bytes, so that
/// different lists of parts have different digests.
#[must_use]
pub(crate) fn tagged(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [SUITE.as_bytes(), tag.as_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct ParseDigestError;

/// The value of a lower-case hexadecimal digit; 16 for any other byte.
fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => 16,
    }
}

/// Reads 64 lower-case hexadecimal digits. Upper case is refused, because a digest has exactly one written form.
pub(crate) fn parse_hex32(text: &str) -> Result<[u8; 32], ParseDigestError> {
    let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| ParseDigestError)?;
    let (pairs, _) = digits.as_chunks();
    let mut bytes = [0; 32];
    let mut invalid = 0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (hex_value(*high), hex_value(*low));
        invalid |= high | low;
        *byte = (high << 4) | (low & 15);
    }
    if invalid < 16 { Ok(bytes) } else { Err(ParseDigestError) }
}

macro_rules! digest_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Creates the digest that has these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Returns the 32 bytes of the digest.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseDigestError;
            fn from_str(text: &str) -> Result<Self, ParseDigestError> {
                parse_hex32(text).map(Self)
            }
        }
    };
}

digest_type! {
    /// The hash of a manifest: the tagged digest of its bytes.
    ManifestHash
}
digest_type! {
    /// The hash of the roster of one attempt at the key ceremony: its parameters and all registrations.
    RosterHash
}
digest_type! {
    /// The root of a key ceremony: the hash of its roster and of all deals.
    CeremonyRoot
}
digest_type! {
    /// The hash of a joint key: of the root of its ceremony, and of the public keys of all slots. It identifies the joint
    /// key to those who do not read the messages of the ceremony.
    JointKeyHash
}
digest_type! {
    /// The hash of a roll: of the number of its voters, and of the root of the Merkle tree over its blocks.
    RollHash
}
digest_type! {
    /// The fingerprint of an election: the hash of manifest, joint key and roll. Every later transcript absorbs it.
    Fingerprint
}
digest_type! {
    /// The digest of the encoding of a form.
    FormDigest
}
digest_type! {
    /// The digest of the public keys of the slots of a ballot style.
    KeysDigest
}
digest_type! {
    /// The tracker of a ballot: the digest of the unsigned ballot. The voter keeps it and looks for it on the board.
    Tracker
}
digest_type! {
    /// The root, or another node, of a Merkle tree (RFC 6962), such as the one over the entries of the board.
    TreeHash
}
digest_type! {
    /// The hash of a published file: SHA-256 of its bytes.
    FileHash
}
digest_type! {
    /// The digest of the sums of an encrypted tally.
    TallyDigest
}

impl ManifestHash {
    /// Computes the hash of a manifest from its bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(tagged("manifest", &[bytes]))
    }
}

impl FileHash {
    /// Computes SHA-256 of the bytes of a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl JointKeyHash {
    /// Computes the hash of the joint key of a ceremony. `keys` are the encodings of the public keys of all slots, in their
    /// order.
    #[must_use]
    pub fn of<'k>(ceremony: &CeremonyRoot, keys: impl IntoIterator<Item = &'k [u8; 32]>) -> Self {
        let keys: Vec<u8> = keys.into_iter().flatten().copied().collect();
        Self(tagged("joint-key", &[&ceremony.0, &keys]))
    }
}

impl RollHash {
    /// Computes the hash of a roll of `voters` voters, whose blocks have this root.
    #[must_use]
    pub fn of(voters: u64, blocks: &TreeHash) -> Self {
        Self(tagged("roll", &[&voters.to_le_bytes(), &blocks.0]))
    }
}

impl Fingerprint {
    /// Computes the fingerprint of the election with this manifest, joint key and roll.
    #[must_use]
    pub fn of(manifest: &ManifestHash, joint_key: &JointKeyHash, roll: &RollHash) -> Self {
        Self(tagged("fingerprint", &[&manifest.0, &joint_key.0, &roll.0]))
    }
}

/// Writes the hash of a file as hexadecimal digits.
pub(crate) fn write_file_hash<S: Serializer>(hash: &FileHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_lists_of_parts_have_different_digests() {
        let digests = [
            tagged("t", &[]),
            tagged("t", &[b""]),
            tagged("t", &[b"", b""]),
            tagged("t", &[b"ab", b"c"]),
            tagged("t", &[b"a", b"bc"]),
            tagged("t", &[b"abc"]),
            tagged("t", &[b"0"]),
            tagged("t", &[&[0]]),
            tagged("ta", &[b"bc"]),
            tagged("tabc", &[]),
        ];
        for (i, one) in digests.iter().enumerate() {
            assert!(!digests.iter().skip(i + 1).any(|other| one == other), "digest {i} appears twice");
        }
    }

    #[test]
    fn a_digest_has_one_written_form() {
        let tracker = Tracker::from_bytes([0xab; 32]);
        let text = std::format!("{tracker}");
        assert_eq!(text.parse(), Ok(tracker));
        for wrong in [text.to_uppercase(), text[1..].into(), std::format!("{text}0"), text.replace('a', "g")] {
            assert_eq!(wrong.parse::<Tracker>(), Err(ParseDigestError), "{wrong}");
        }
    }
}
