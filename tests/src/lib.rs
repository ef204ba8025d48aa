//! What the tests across crates share: the test election (`ballotta-testkit`), and proofs whose parts are anything.
//!
//! A forgery is made of bytes: the modules [`ballot`] and [`sigma`] take proofs apart, replay their transcripts by hand
//! and encode whatever somebody puts together. They have an argument and equations of their own, and the library's
//! provers only where a forgery begins with something honest, so that a forgery that is refused is refused for what it
//! claims and not for how it is written; [`sabotage`] shows that with every one.

pub mod accuse;
pub mod ballot;
pub mod ballot_box;
pub mod edges;
pub mod light;
pub mod manifests;
pub mod mutate;
pub mod mutations;
pub mod records;
pub mod search;
pub mod sigma;
pub mod statement;
pub mod vectors;

pub use ballotta_testkit::{choice, election, kinds, rng};

use std::fmt::Debug;
use std::iter::successors;

use ballotta::SUITE;
use ballotta::encoding::{DecodeError, Reader};
use ballotta::group::Scalar;
use ballotta::weaken::{Check, Weaken};
use sha2::{Digest as _, Sha256};

/// Shows that `check`, and nothing else, keeps a forgery from being accepted.
///
/// `forge` makes the forgery against a verifier without the check that it is given, or against the real one. Three
/// judgements follow: the verifier without `check` accepts; the real one refuses the same forgery with `refusal`; and
/// it refuses as well what the same recipe gives when it is aimed at the real one.
///
/// # Panics
///
/// If one of the three is otherwise.
pub fn sabotage<F, E>(
    check: Check,
    refusal: &E,
    forge: impl Fn(Option<Check>) -> F,
    judge: impl Fn(&F) -> Result<(), E>,
) where
    E: Clone + Debug + PartialEq,
{
    let weak = Weaken::without(check);
    let forgery = forge(Some(check));
    assert_eq!(judge(&forgery), Ok(()), "without {check:?} the forgery passes");
    drop(weak);
    assert_eq!(judge(&forgery), Err(refusal.clone()), "with {check:?} the forgery is refused");
    assert_eq!(judge(&forge(None)), Err(refusal.clone()), "so is the same recipe against the real verifier");
}

/// Decodes all of `bytes`.
///
/// # Errors
///
/// What `decode` refuses, or bytes that it leaves.
pub fn decode_all<T>(
    bytes: &[u8],
    decode: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = decode(&mut reader)?;
    reader.finish().map(|()| value)
}

/// `base, base^2, base^3, ..`
pub fn powers(base: &Scalar) -> impl Iterator<Item = Scalar> + use<> {
    let base = *base;
    successors(Some(base), move |power| Some(*power * base))
}

/// Parts, each after its length: the input of tagged digests and of the hash to the group.
#[must_use]
pub fn framed(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_le_bytes(), *part].concat()).collect()
}

/// A tagged digest, by hand: `spec/suite.md#digests`.
#[must_use]
pub fn tagged(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(framed(&[&[SUITE.as_bytes(), tag.as_bytes()], parts].concat())).into()
}

/// Base64 of bytes whose number is a multiple of three, so that there is no padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[number >> shift & 63]))
    };
    bytes.chunks(3).flat_map(digits).collect()
}
