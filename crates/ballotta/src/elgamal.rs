//! Multi-recipient exponential ElGamal: all slots of a ballot share one nonce, and each slot has its own key.
//!
//! See `spec/ballot.md#encryption`.
//!
//! # Construction
//!
//! ```text
//! R = [r]G      C_i = [r]Y_i + [v_i]G      i = 1..n
//! ```
//!
//! IND-CPA under the decisional Diffie-Hellman assumption (Kurosawa, PKC 2002; Bellare, Boldyreva, Staddon, PKC 2003).
//! Ciphertexts are added slot by slot. A decrypted slot is `[v]G`, and a bounded discrete logarithm gives `v`.

use alloc::vec::Vec;
use core::iter::zip;

use zeroize::Zeroizing;

use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement, SecretScalar};
use crate::hash::{KeysDigest, tagged};

/// The public keys of the slots of a ballot style, in slot order.
#[derive(Clone, Debug)]
pub struct SlotKeys {
    keys: Vec<PublicElement>,
    digest: KeysDigest,
}

impl SlotKeys {
    /// Creates the list from its keys. No key may be the identity: keys come from a decoder that refuses the identity,
    /// or from the ceremony.
    #[must_use]
    pub fn new(keys: Vec<PublicElement>) -> Self {
        let parts: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
        let digest = KeysDigest::from_bytes(tagged("slot-keys", &parts));
        Self { keys, digest }
    }

    /// Returns the keys `Y_1..Y_n` of the slots.
    #[must_use]
    pub fn keys(&self) -> &[PublicElement] {
        &self.keys
    }

    /// Returns how many slots there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns whether there are no slots.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the digest of all keys, which transcripts absorb.
    #[must_use]
    pub fn digest(&self) -> &KeysDigest {
        &self.digest
    }
}

/// The encrypted slots of one ballot: `R, C_1..C_n`.
///
/// # Layout
///
/// `R`, then `C_1..C_n`, 32 bytes each. `R` is not the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotCiphertext {
    pub(crate) r: PublicElement,
    pub(crate) c: Vec<PublicElement>,
}

impl SlotCiphertext {
    /// Encrypts with the ballot nonce, in constant time. `halves[i]` is the half of `[v_i]G`.
    ///
    /// It takes halves because encoding the doubles of all elements costs one inversion in total, but encoding the
    /// elements themselves costs one square root for each.
    #[must_use]
    pub(crate) fn encrypt(keys: &SlotKeys, nonce: &SecretScalar, halves: &[Element]) -> Self {
        debug_assert_eq!(keys.len(), halves.len());
        let half = Zeroizing::new(nonce.expose_scalar().halve());
        let mut elements = Vec::with_capacity(1 + halves.len());
        elements.push(Element::mul_generator(&half));
        elements.extend(zip(keys.keys(), halves).map(|(key, value)| key.element() * &half + *value));
        let mut c = PublicElement::double_all(&elements);
        // There is one for each element. The first is `R`.
        let r = c.remove(0);
        Self { r, c }
    }

    /// Reads the ciphertext of a ballot with `slots` slots.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if a field is not canonical, or `R` is the identity.
    pub fn decode(reader: &mut Reader<'_>, slots: usize) -> Result<Self, DecodeError> {
        let r = reader.element("R")?;
        let c = (0..slots).map(|_| reader.element_or_identity("C")).collect::<Result<_, _>>()?;
        Ok(Self { r, c })
    }

    /// Writes the elements `R, C_1..C_n`.
    pub fn encode(&self, writer: &mut Writer) {
        writer.element(&self.r);
        for c in &self.c {
            writer.element(c);
        }
    }

    /// Returns `R`, which all slots share.
    #[must_use]
    pub fn r(&self) -> &PublicElement {
        &self.r
    }

    /// Returns `C_1..C_n`, one element for each slot.
    #[must_use]
    pub fn c(&self) -> &[PublicElement] {
        &self.c
    }
}
