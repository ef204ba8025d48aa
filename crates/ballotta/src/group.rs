//! The group ristretto255 (RFC 9496). Only this module names the library that implements it.
//!
//! See `spec/suite.md#group`. Arithmetic takes constant time, except in functions whose name begins with `vartime_`.

use alloc::vec::Vec;
use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as DalekScalar;
use curve25519_dalek::traits::{Identity, IsIdentity, MultiscalarMul, VartimeMultiscalarMul};
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::SUITE;

mod public_scalar;

pub(crate) use public_scalar::Integer;
pub use public_scalar::PublicScalar;

/// An integer modulo the order `l` of the group.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Scalar(DalekScalar);

impl Scalar {
    /// The scalar zero, the neutral element of addition.
    pub const ZERO: Self = Self(DalekScalar::ZERO);
    /// The scalar one, the neutral element of multiplication.
    pub const ONE: Self = Self(DalekScalar::ONE);

    /// Reads 32 little-endian bytes. Returns `None` unless the integer is smaller than `l`.
    #[must_use]
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        DalekScalar::from_canonical_bytes(*bytes).into_option().map(Self)
    }

    /// Reduces 64 little-endian bytes modulo `l`. If the bytes are uniform, so is the scalar.
    #[must_use]
    pub fn from_wide(bytes: &[u8; 64]) -> Self {
        Self(DalekScalar::from_bytes_mod_order_wide(bytes))
    }

    /// Draws a uniformly random scalar from `rng`.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        rng.fill_bytes(bytes.as_mut());
        Self::from_wide(&bytes)
    }

    /// Returns the integer modulo `l`. A negative integer `-n` becomes `l - n`.
    #[must_use]
    pub fn from_i64(value: i64) -> Self {
        let size = Self::from(value.unsigned_abs());
        if value < 0 { -size } else { size }
    }

    /// Returns the canonical encoding of 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The endless sequence `x, x^2, x^3, ..` of the powers of this scalar.
    pub(crate) fn powers(self) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(self), move |power| Some(*power * self))
    }

    /// Returns the inverse of this scalar, or zero if the scalar is zero.
    #[must_use]
    pub fn invert(&self) -> Self {
        Self(self.0.invert())
    }

    /// Returns half of this scalar: its double is this scalar again.
    #[must_use]
    pub fn halve(&self) -> Self {
        Self(self.0.div_by_2())
    }

    /// Returns `b` if `choice` is true and `a` otherwise, in constant time.
    #[must_use]
    pub fn select(a: &Self, b: &Self, choice: Choice) -> Self {
        Self(DalekScalar::conditional_select(&a.0, &b.0, choice))
    }

    /// Returns this scalar, negated if `choice` is true, in constant time.
    #[must_use]
    pub fn negate_if(&self, choice: Choice) -> Self {
        Self::select(self, &-*self, choice)
    }
}

/// Does not show the value, because a scalar may be a secret.
impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        Self(DalekScalar::from(value))
    }
}

impl From<u128> for Scalar {
    fn from(value: u128) -> Self {
        Self(DalekScalar::from(value))
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Neg for Scalar {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Add for Scalar {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Scalar {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Scalar {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl AddAssign for Scalar {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Scalar {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl MulAssign for Scalar {
    fn mul_assign(&mut self, other: Self) {
        self.0 *= other.0;
    }
}

impl Sum for Scalar {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

/// A secret scalar. It is wiped when dropped, and cannot be cloned, printed or compared.
///
/// # Security
///
/// Intermediate values of the arithmetic remain on the stack and are not wiped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretScalar(Scalar);

impl SecretScalar {
    /// Stores `scalar` as a secret. The caller must wipe its own copy.
    #[must_use]
    pub fn new(scalar: Scalar) -> Self {
        Self(scalar)
    }

    /// Draws a uniformly random secret from `rng`.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        Self(Scalar::random(rng))
    }

    /// Returns a reference to the secret scalar itself.
    #[must_use]
    pub fn expose_scalar(&self) -> &Scalar {
        &self.0
    }

    /// Returns `[secret]G`, which may be published.
    #[must_use]
    pub fn public(&self) -> PublicElement {
        PublicElement::from(Element::mul_generator(&self.0))
    }
}

/// An element of the group, in the form that arithmetic uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(RistrettoPoint);

impl Element {
    /// Returns the identity element of the group.
    #[must_use]
    pub fn identity() -> Self {
        Self(RistrettoPoint::identity())
    }

    /// Returns the base point `G` of the group.
    #[must_use]
    pub fn generator() -> Self {
        Self(RISTRETTO_BASEPOINT_POINT)
    }

    /// Returns `[scalar]G`, a multiple of the base point.
    #[must_use]
    pub fn mul_generator(scalar: &Scalar) -> Self {
        Self(RistrettoPoint::mul_base(&scalar.0))
    }

    /// Applies the one-way map of RFC 9496 section 4.3.4. For uniform bytes, nobody knows the logarithm of the element.
    #[must_use]
    pub fn from_uniform(bytes: &[u8; 64]) -> Self {
        Self(RistrettoPoint::from_uniform_bytes(bytes))
    }

    /// Decodes 32 bytes. Returns `None` unless they are the canonical encoding of an element. Accepts the identity.
    #[must_use]
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        CompressedRistretto(*bytes).decompress().map(Self)
    }

    /// Returns the canonical encoding of 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.compress().to_bytes()
    }

    /// Returns the canonical encodings of the doubles of all elements, at the cost of one inversion.
    #[must_use]
    pub fn double_and_encode(halves: &[Self]) -> Vec<[u8; 32]> {
        RistrettoPoint::double_and_compress_batch(halves.iter().map(|half| &half.0))
            .into_iter()
            .map(|bytes| bytes.to_bytes())
            .collect()
    }

    /// Returns whether this element is the identity.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.0.is_identity()
    }

    /// Returns `b` if `choice` is true and `a` otherwise, in constant time.
    #[must_use]
    pub fn select(a: &Self, b: &Self, choice: Choice) -> Self {
        Self(RistrettoPoint::conditional_select(&a.0, &b.0, choice))
    }

    /// Returns `[times]element` for a small public integer, which is usually 1, in a time that depends on the integer.
    #[must_use]
    pub fn vartime_times(&self, times: u64) -> Self {
        if times == 1 {
            return *self;
        }
        let bits = u64::BITS - times.leading_zeros();
        (0..bits).rev().fold(Self::identity(), |sum, bit| {
            let doubled = sum + sum;
            if (times >> bit) & 1 == 1 { doubled + *self } else { doubled }
        })
    }

    /// Returns `sum [scalar_i]element_i` in constant time. Both lists must have the same length.
    #[must_use]
    pub fn multiscalar(scalars: &[Scalar], elements: &[Self]) -> Self {
        debug_assert_eq!(scalars.len(), elements.len());
        Self(RistrettoPoint::multiscalar_mul(
            scalars.iter().map(|scalar| &scalar.0),
            elements.iter().map(|element| &element.0),
        ))
    }

    /// Returns `sum [scalar_i]element_i`, in a time that depends on the scalars.
    #[must_use]
    pub fn vartime_multiscalar<'a, S, E>(scalars: S, elements: E) -> Self
    where
        S: IntoIterator<Item = &'a Scalar, IntoIter: ExactSizeIterator>,
        E: IntoIterator<Item = &'a Self, IntoIter: ExactSizeIterator>,
    {
        Self(RistrettoPoint::vartime_multiscalar_mul(
            scalars.into_iter().map(|scalar| &scalar.0),
            elements.into_iter().map(|element| element.0),
        ))
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({})", hex::encode(self.to_bytes()))
    }
}

impl Zeroize for Element {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl ConstantTimeEq for Element {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl Neg for Element {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Add for Element {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Element {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl AddAssign for Element {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Mul<&Scalar> for &Element {
    type Output = Element;
    fn mul(self, scalar: &Scalar) -> Element {
        Element(self.0 * scalar.0)
    }
}

impl Sum for Element {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::identity(), Add::add)
    }
}

/// An element together with its canonical encoding. Transcripts absorb the bytes and equations use the element, and
/// neither is computed twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicElement {
    element: Element,
    bytes: [u8; 32],
}

impl PublicElement {
    /// Decodes 32 bytes. Returns `None` unless they are the canonical encoding of an element. Accepts the identity.
    #[must_use]
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        Element::from_canonical(bytes).map(|element| Self { element, bytes: *bytes })
    }

    /// Returns the doubles of all elements with their encodings, at the cost of one inversion.
    #[must_use]
    pub fn double_all(halves: &[Element]) -> Vec<Self> {
        core::iter::zip(halves, Element::double_and_encode(halves))
            .map(|(half, bytes)| Self { element: *half + *half, bytes })
            .collect()
    }

    /// Returns the element, in the form that arithmetic uses.
    #[must_use]
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// Returns the canonical encoding of the element.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Returns whether this element is the identity.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        // The identity has exactly one encoding.
        self.bytes == [0; 32]
    }
}

impl From<Element> for PublicElement {
    fn from(element: Element) -> Self {
        Self { element, bytes: element.to_bytes() }
    }
}

impl fmt::Debug for PublicElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicElement({})", hex::encode(self.bytes))
    }
}

/// Hashes to the group: applies the one-way map to the SHA-512 digest of the suite, a label and the parts. See
/// `spec/suite.md#generators`.
#[must_use]
pub fn hash_to_group(label: &str, parts: &[&[u8]]) -> Element {
    let mut hash = Sha512::new();
    for part in [SUITE.as_bytes(), b"hash-to-group", label.as_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Element::from_uniform(&hash.finalize().into())
}

/// The generators `U_1..U_m`, `V_1..V_m` and `H` of the commitments in a ballot argument. They are hashed to the group
/// from the suite and their index. Nobody knows a relation between them, and no interface accepts other generators.
///
/// # Layout
///
/// The order is `U_1, V_1, U_2, V_2, ..`: the first `2k` are the generators for a form of `k` bits.
#[derive(Clone)]
pub struct Generators {
    pairs: Vec<Element>,
    h: Element,
}

impl Generators {
    /// Computes the generators for forms of up to `bits` bits.
    #[must_use]
    pub fn new(bits: usize) -> Self {
        let mut pairs = Vec::with_capacity(2 * bits);
        for index in 1..=bits as u64 {
            pairs.push(hash_to_group("U", &[&index.to_le_bytes()]));
            pairs.push(hash_to_group("V", &[&index.to_le_bytes()]));
        }
        Self { pairs, h: hash_to_group("H", &[]) }
    }

    /// Returns how many bits a form may have to use these generators.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.pairs.len() / 2
    }

    /// The generators `U_1, V_1, U_2, V_2, ..`.
    pub(crate) fn pairs(&self) -> &[Element] {
        &self.pairs
    }

    /// The generator `H`, which blinds commitments.
    pub(crate) fn blinding(&self) -> &Element {
        &self.h
    }
}
