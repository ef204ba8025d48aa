//! Schnorr proofs and proofs of equality whose parts are anything, with their transcripts by hand.

#![allow(non_snake_case)]

use std::iter::zip;

use ballotta::encoding::Writer;
use ballotta::group::{Element, PublicElement, Scalar, SecretScalar};
use ballotta::hash::Fingerprint;
use ballotta::proofs::ProofError;
use ballotta::proofs::equality::{EqualityProof, EqualityStatement};
use ballotta::proofs::schnorr::{KeyPair, SchnorrProof};
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta::weaken::Check;
use merlin::Transcript;

use crate::rng::TestRng;
use crate::{decode_all, powers};

/// The transcript of a decryption in the election with this number.
#[must_use]
pub fn election(number: u8) -> Transcript {
    Domain::PartialDecryption.for_election(&Fingerprint::from_bytes([number; 32]))
}

/// A signature of the library's prover.
///
/// # Panics
///
/// If its encoding is none.
#[must_use]
pub fn sign(transcript: &Transcript, secret: &Scalar) -> SchnorrParts {
    let proof = KeyPair::new(SecretScalar::new(*secret)).prove(&mut transcript.clone(), &mut TestRng(2));
    let mut writer = Writer::new();
    proof.encode(&mut writer);
    let read = decode_all(&writer.finish(), |reader| Ok((reader.element("K")?, reader.scalar("s")?)));
    let (K, s) = read.expect("the encoding of a signature");
    SchnorrParts { K: *K.element(), s }
}

/// The decryption of `R` by the library's prover, for slots whose keys have the logarithms `secrets`.
///
/// # Panics
///
/// If its encoding is none.
#[must_use]
pub fn decrypt(transcript: &Transcript, R: &Element, secrets: &[Scalar]) -> EqualityParts {
    let Y: Vec<Element> = secrets.iter().map(Element::mul_generator).collect();
    let D: Vec<Element> = secrets.iter().map(|x| R * x).collect();
    let (base, keys, factors) = ((*R).into(), publish(&Y), publish(&D));
    let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
    let secrets: Vec<SecretScalar> = secrets.iter().copied().map(SecretScalar::new).collect();
    let proof = EqualityProof::prove(&mut transcript.clone(), &statement, &secrets, &mut TestRng(2));
    let mut writer = Writer::new();
    proof.encode(&mut writer);
    let read =
        decode_all(&writer.finish(), |reader| Ok((reader.element("A")?, reader.element("B")?, reader.scalar("z")?)));
    let (A, B, z) = read.expect("the encoding of a proof");
    EqualityParts { R: *R, Y, D, A: *A.element(), B: *B.element(), z }
}

/// A Schnorr proof, taken apart.
#[derive(Clone)]
#[allow(missing_docs)] // The names are those of the proof.
pub struct SchnorrParts {
    pub K: Element,
    pub s: Scalar,
}

impl SchnorrParts {
    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(&self.K.to_bytes()).scalar(&self.s);
        writer.finish()
    }

    /// The proof that the library decodes.
    ///
    /// # Panics
    ///
    /// If it does not decode.
    #[must_use]
    pub fn proof(&self) -> SchnorrProof {
        decode_all(&self.encode(), SchnorrProof::decode).expect("a forgery that decodes")
    }

    /// The library's judgement.
    ///
    /// # Errors
    ///
    /// If the proof is not valid.
    pub fn judge(&self, transcript: &Transcript, P: &Element) -> Result<(), ProofError> {
        self.proof().verify(&mut transcript.clone(), &(*P).into(), &mut TestRng(1))
    }
}

/// The challenge of a Schnorr proof, in a verifier without the check `off`.
#[must_use]
pub fn schnorr_challenge(transcript: &Transcript, off: Option<Check>, P: &Element, K: &Element) -> Scalar {
    let mut transcript = transcript.clone();
    if off != Some(Check::AbsorbPublicKey) {
        transcript.append_message(b"P", &P.to_bytes());
    }
    if off != Some(Check::AbsorbNonce) {
        transcript.append_message(b"K", &K.to_bytes());
    }
    transcript.challenge_scalar(b"c")
}

/// A proof of equality with its statement, taken apart.
#[derive(Clone)]
#[allow(missing_docs)] // The names are those of the proof.
pub struct EqualityParts {
    pub R: Element,
    pub Y: Vec<Element>,
    pub D: Vec<Element>,
    pub A: Element,
    pub B: Element,
    pub z: Scalar,
}

impl EqualityParts {
    /// The encoding of the proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(&self.A.to_bytes()).put(&self.B.to_bytes()).scalar(&self.z);
        writer.finish()
    }

    /// The library's judgement.
    ///
    /// # Errors
    ///
    /// If the proof is not valid.
    ///
    /// # Panics
    ///
    /// If it does not decode.
    pub fn judge(&self, transcript: &Transcript) -> Result<(), ProofError> {
        let proof = decode_all(&self.encode(), EqualityProof::decode).expect("a forgery that decodes");
        let (base, keys, factors) = (self.R.into(), publish(&self.Y), publish(&self.D));
        let statement = EqualityStatement { base: &base, keys: &keys, factors: &factors };
        proof.verify(&mut transcript.clone(), &statement, &mut TestRng(1))
    }

    /// `w` and `c`, in a verifier without the check `off`.
    #[must_use]
    pub fn challenges(&self, transcript: &Transcript, off: Option<Check>) -> (Scalar, Scalar) {
        let mut transcript = transcript.clone();
        if off != Some(Check::AbsorbEqualityBase) {
            transcript.append_message(b"R", &self.R.to_bytes());
        }
        transcript.append_u64(b"n", self.Y.len() as u64);
        if off != Some(Check::AbsorbFactors) {
            for (Y, D) in zip(&self.Y, &self.D) {
                transcript.append_message(b"Y", &Y.to_bytes());
                transcript.append_message(b"D", &D.to_bytes());
            }
        }
        let w = transcript.challenge_scalar(b"w");
        if off != Some(Check::AbsorbEqualityAnnouncements) {
            transcript.append_message(b"A", &self.A.to_bytes());
            transcript.append_message(b"B", &self.B.to_bytes());
        }
        (w, transcript.challenge_scalar(b"c"))
    }
}

/// `sum [w^s]P_s`
#[must_use]
pub fn combine(w: &Scalar, elements: &[Element]) -> Element {
    zip(elements, powers(w)).map(|(element, power)| element * &power).sum()
}

/// Elements with their bytes.
#[must_use]
pub fn publish(elements: &[Element]) -> Vec<PublicElement> {
    elements.iter().copied().map(PublicElement::from).collect()
}
