//! The vectors in `tests/vectors`.

use serde_json::Value;

/// RFC 9496, appendix A.
///
/// # Panics
///
/// If the file is not JSON.
#[must_use]
pub fn ristretto() -> Value {
    serde_json::from_str(include_str!("../vectors/rfc9496_ristretto255.json")).expect("JSON")
}

/// Merlin's transcripts.
///
/// # Panics
///
/// If the file is not JSON.
#[must_use]
pub fn merlin() -> Value {
    serde_json::from_str(include_str!("../vectors/merlin.json")).expect("JSON")
}

/// RFC 6962: leaves, roots, proofs.
///
/// # Panics
///
/// If the file is not JSON.
#[must_use]
pub fn merkle() -> Value {
    serde_json::from_str(include_str!("../vectors/rfc6962_merkle.json")).expect("JSON")
}

/// The bytes of a text of hexadecimal digits.
///
/// # Panics
///
/// If it is none, or not of `N` bytes.
#[must_use]
pub fn bytes<const N: usize>(text: &Value) -> [u8; N] {
    let bytes = hex::decode(text.as_str().expect("a text")).expect("hexadecimal digits");
    bytes.try_into().expect("as many bytes as expected")
}

/// The encodings that RFC 9496 refuses (appendix A.2).
///
/// # Panics
///
/// If the file has another shape.
#[must_use]
pub fn invalid_elements() -> Vec<[u8; 32]> {
    ristretto()["invalid_encodings"].as_array().expect("a list").iter().map(bytes).collect()
}
