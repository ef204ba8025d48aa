//! What can be said of a ballot by itself, without the keys of the election and without other ballots.
//!
//! See `spec/evidence.md#void-though-promised`. A ballot that passes may still be void:
//! [`verify_ballots`](super::verify_ballots) and the ledger decide.

use rand_core::CryptoRng;

use super::signed::{BallotHeader, UnsignedBallot, split, tracker};
use super::verify::AdmissionError;
use crate::election::ballot_signature_transcript;
use crate::encoding::{DecodeError, Reader};
use crate::manifest::Manifest;
use crate::proofs::schnorr::SchnorrProof;

/// Verifies the encoding of a signed ballot, without that of its signature, for this manifest.
///
/// # Errors
///
/// If the style does not exist, the length is not that of its form, or a field is not canonical.
pub(crate) fn verify_form(manifest: &Manifest, ballot: &[u8]) -> Result<(), DecodeError> {
    let header = BallotHeader::read(ballot)?;
    let style = manifest.compile_style(header.style.into()).map_err(|_| header.unknown_style())?;
    let (unsigned, _) = split(ballot)?;
    UnsignedBallot::decode_in_form(header, &style.form, unsigned)?;
    Ok(())
}

/// Verifies that the credential that a signed ballot names has signed it for the election that it names. Nothing else of the
/// ballot is verified, and no manifest is needed.
///
/// # Errors
///
/// `Encoding` if the ballot is too short, or credential or signature are not canonical; `BadSignature`.
pub(crate) fn verify_own_signature<R: CryptoRng>(ballot: &[u8], rng: &mut R) -> Result<(), AdmissionError> {
    let BallotHeader { fingerprint, credential, .. } = BallotHeader::read(ballot)?;
    let (unsigned, signature) = split(ballot)?;
    let credential = Reader::new(&credential).element("credential")?;
    let mut reader = Reader::new(signature);
    let signature = SchnorrProof::decode(&mut reader)?;
    reader.finish()?;
    let mut transcript = ballot_signature_transcript(&fingerprint, &tracker(unsigned));
    signature.verify(&mut transcript, &credential, rng).map_err(|_| AdmissionError::BadSignature)
}
