//! The parts that each of several credential authorities publishes, with one proof that it knows all of them.
//!
//! See `spec/credential.md#parts`.
//!
//! # Construction
//!
//! ```text
//! statement   P_1 .. P_n                       the parts of authority a, in the order of the roll
//! prover      P_i = [s_i]G
//! absorb a, n, SHA-256(P_1 .. P_n) ; seed
//! weights     w_1 .. w_n of 128 bits from the seed
//!             P* = sum_i [w_i]P_i, and a Schnorr proof for P* on the same transcript
//! ```
//!
//! # Security
//!
//! The weights depend on all parts. If the authority does not know the secret of one part, it knows the secret of `P*` with
//! probability at most about `2^-128` for each attempt. Without this proof, the last authority could choose its part so that it
//! knows the secret of the sum. The transcript absorbs the number of the authority, so another authority cannot copy
//! parts together with their proof.
//!
//! That the parts of an authority are distinct is not checked here. An authority that gives two voters one code weakens
//! nothing but its own part; the offices check it before they sign.
//!
//! # Layout
//!
//! ```text
//! version 2, authority u16, number of lines u64, P_i 32 for each line of the roll, proof 64
//! ```

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256, Sha512};

use super::{Credential, CredentialError};
use crate::SUITE;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::ManifestHash;
use crate::index::AuthorityIndex;
use crate::limits::MAX_VOTERS;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};
use crate::transcript::{Domain, Guarded, ProofTranscript};
use crate::weaken::{self, Check};

/// The number of bytes before the first part.
pub(crate) const PARTS_HEADER_BYTES: usize = 12;
/// The number of bytes of a part.
pub(crate) const PART_BYTES: usize = 32;
/// The number of weights in one digest.
const WEIGHTS_PER_DIGEST: u64 = 4;

/// Returns the length of the file with the parts of an authority for a roll of this many voters, in bytes.
#[must_use]
pub const fn parts_file_bytes(voters: u64) -> u64 {
    (PARTS_HEADER_BYTES + SchnorrProof::BYTES) as u64 + PART_BYTES as u64 * voters
}

/// Returns the authority of a file of parts, from its first 12 bytes and its length; `None` if it is another file. A text is
/// never taken for one, and nothing else is checked.
#[must_use]
pub fn authority_of_parts_file(beginning: &[u8], length: u64) -> Option<AuthorityIndex> {
    let (authority, lines) = read_parts_header(beginning.get(..PARTS_HEADER_BYTES)?).ok()?;
    let has_length = lines <= MAX_VOTERS && parts_file_bytes(lines) == length;
    AuthorityIndex::new(authority).filter(|_| has_length)
}

/// Writes the file with the parts of an authority, which must be in the order of the roll, and proves that the authority
/// knows them. Constant time.
///
/// # Errors
///
/// `ZeroSecret` if the weighted sum of the parts is zero, with a probability of about `2^-128`.
pub fn write_parts_file<R: CryptoRng>(
    manifest: &ManifestHash,
    authority: AuthorityIndex,
    parts: &[&Credential],
    rng: &mut R,
) -> Result<Vec<u8>, CredentialError> {
    let mut writer = Writer::versioned();
    writer.u16(authority.get()).u64(parts.len() as u64);
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.public().as_bytes());
        writer.element(part.public());
    }
    let (mut transcript, weights) = begin_proof(manifest, authority, parts.len() as u64, &digest.finalize().into());
    let secrets = parts.iter().map(|part| part.key_pair().secret());
    let sum = weights.from(0).zip(secrets).map(|(weight, secret)| weight * *secret.expose_scalar()).sum();
    let sum = SecretScalar::new(sum);
    // This comparison takes variable time only if the sum is zero, and then the proof would reveal it.
    if *sum.expose_scalar() == Scalar::ZERO {
        return Err(CredentialError::ZeroSecret);
    }
    KeyPair::new(sum).prove(&mut transcript, rng).encode(&mut writer);
    Ok(writer.finish())
}

/// Starts the proof for parts with this digest, and draws the weights of their sum.
pub(crate) fn begin_proof(
    manifest: &ManifestHash,
    authority: AuthorityIndex,
    lines: u64,
    parts: &[u8; 32],
) -> (Transcript, PartWeights) {
    let mut transcript = Domain::CredentialParts.for_manifest(manifest);
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    transcript.absorb_u64(b"lines", lines);
    Guarded::PARTS.absorb_bytes(&mut transcript, parts);
    let mut seed = [0; 32];
    transcript.challenge_bytes(b"seed", &mut seed);
    (transcript, PartWeights { seed })
}

/// The weights of the parts of an authority in their sum.
#[derive(Clone, Copy)]
pub(crate) struct PartWeights {
    seed: [u8; 32],
}

impl PartWeights {
    /// The weights from this line on, counted from 0.
    pub(crate) fn from(self, line: u64) -> impl Iterator<Item = Scalar> {
        let is_weighted = weaken::is_on(Check::PartWeights);
        let digests = line / WEIGHTS_PER_DIGEST..;
        let weights = digests.flat_map(move |number| self.digest(number));
        let skipped = (line % WEIGHTS_PER_DIGEST) as usize;
        weights.skip(skipped).map(move |weight| Scalar::from(if is_weighted { weight } else { 1 }))
    }

    fn digest(self, number: u64) -> [u128; WEIGHTS_PER_DIGEST as usize] {
        let mut hash = Sha512::new();
        let number = number.to_le_bytes();
        for part in [SUITE.as_bytes(), b"weights", &self.seed, &number] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest: [u8; 64] = hash.finalize().into();
        let (weights, _) = digest.as_chunks::<16>();
        let mut numbers = [0; WEIGHTS_PER_DIGEST as usize];
        for (number, weight) in numbers.iter_mut().zip(weights) {
            *number = u128::from_le_bytes(*weight);
        }
        numbers
    }
}

/// The header of a file of parts: the authority and the number of lines that it names.
pub(crate) fn read_parts_header(header: &[u8]) -> Result<(u16, u64), DecodeError> {
    let mut reader = Reader::new(header);
    reader.version()?;
    let (authority, lines) = (reader.u16("authority")?, reader.u64("lines")?);
    reader.finish()?;
    Ok((authority, lines))
}

/// Decodes a part. The identity is refused, because everybody knows its secret, which is zero.
pub(crate) fn read_part(bytes: &[u8; PART_BYTES]) -> Option<Element> {
    let part = PublicElement::from_canonical(bytes)?;
    if part.is_identity() && weaken::is_on(Check::RefuseIdentity) { None } else { Some(*part.element()) }
}

/// Whether the proof at the end of a file is valid for the weighted sum of its parts.
pub(crate) fn proof_is_valid<R: CryptoRng>(
    mut transcript: Transcript,
    sum: Element,
    proof: &SchnorrProof,
    rng: &mut R,
) -> bool {
    weaken::is_off(Check::PartsProof) || proof.verify(&mut transcript, &PublicElement::from(sum), rng).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The weights of a line do not depend on where the reader begins.
    #[test]
    fn weights_begin_at_any_line() {
        let weights = PartWeights { seed: [7; 32] };
        let all: Vec<Scalar> = weights.from(0).take(20).collect();
        for line in 0..12 {
            let from: Vec<Scalar> = weights.from(line).take(8).collect();
            assert_eq!(from, all[line as usize..][..8], "from line {line}");
        }
        for (place, weight) in all.iter().enumerate() {
            assert!(!all[..place].contains(weight), "weight {place} repeats");
            // A weight has 128 bits.
            assert_eq!(weight.to_bytes()[16..], [0; 16]);
        }
    }

    #[test]
    fn a_file_of_parts_is_known_by_its_header_and_length() {
        let mut header = [1, 5, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9];
        let authority = |header: &[u8], length| authority_of_parts_file(header, length).map(AuthorityIndex::get);
        assert_eq!(authority(&header, 76 + 3 * 32), Some(2));
        assert_eq!(authority(&header, 76 + 4 * 32), None);
        assert_eq!(authority(&header[..11], 76 + 3 * 32), None);
        assert_eq!(authority(b"ballotta/v1-draft.5/", 76 + 3 * 32), None);
        // The length of as many parts cannot be computed.
        header[4..12].fill(0xff);
        assert_eq!(authority(&header, 76), None);
    }

    #[test]
    fn the_header_of_another_format_is_refused() {
        let header = [1, 5, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(read_parts_header(&header), Ok((2, 3)));
        let old = [1, 4, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(read_parts_header(&old), Err(DecodeError::UnsupportedVersion { found: [1, 4] }));
        assert_eq!(read_parts_header(&header[..11]), Err(DecodeError::Truncated { field: "lines" }));
    }
}
