//! The ballot argument. It proves that the bits of a ballot are 0 or 1 and satisfy all rows of its form.
//!
//! One argument covers the whole ballot, with contests of every kind. See `spec/ballot.md#argument`.
//!
//! # Construction
//!
//! The proof for the bits follows Bootle, Cerulli, Chaidos, Ghadafi, Groth, Petit (ESORICS 2015), with both commitments
//! combined into one over `2m + 1` generators. The proof for the rows is about a random combination of all rows.
//!
//! ```text
//! statement   form, fingerprint, credential, weight, Y_1..Y_n, R, C_1..C_n
//! prover      a_j, s_B, s_A, s random
//!             B = sum [b_j]U_j + sum [a_j(1-2b_j)]V_j + [s_B]H
//!             A = sum [a_j]U_j - sum [a_j^2]V_j       + [s_A]H
//! absorb B, A ; challenge rho ; row k weighs rho^k, k = 1..K
//!             Y* = sum_{k<=n} rho^k Y_k     C* = sum_{k<=n} rho^k C_k
//!             c* = sum_{k>n} rho^k c_k      L(.) = sum_k rho^k row_k(.)
//!             E_R = [s]G      E_C = [s]Y* + [L(a)]G
//! absorb E_R, E_C ; challenge x
//!             f_j = b_j x + a_j      z_B = s_B x + s_A      z_r = r x + s
//! verify      [x]B + A              = sum [f_j]U_j + sum [f_j(x-f_j)]V_j + [z_B]H
//!             [x]R + E_R            = [z_r]G
//!             [x](C* + [c*]G) + E_C = [z_r]Y* + [L(f)]G
//! ```
//!
//! # Layout
//!
//! `B`, `A`, `E_R`, `E_C`, `z_B`, `z_r`, `f_1..f_m`: `192 + 32m` bytes. The length depends only on the form.
//!
//! # Security
//!
//! Proving takes constant time in the bits and the nonces. Verification takes variable time, because its inputs are
//! public. Integrity does not depend on any trustee: the ciphertext fixes the value of every slot, even for a prover
//! who knows the secret keys.

#![allow(non_snake_case)]

use alloc::vec::Vec;
use core::iter::zip;

use merlin::Transcript;
use zeroize::Zeroizing;

use super::equations::{ProofError, WeightedSum};
use crate::elgamal::{SlotCiphertext, SlotKeys};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::form::{Bits, Form};
use crate::group::{Element, Generators, PublicElement, PublicScalar, Scalar, SecretScalar};
use crate::hash::tagged;
use crate::transcript::{Guarded, ProofTranscript};
use crate::weaken::{self, Check};

/// A proof that a ciphertext contains a ballot that its form allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotArgument {
    B: PublicElement,
    A: PublicElement,
    E_R: PublicElement,
    E_C: PublicElement,
    z_B: Scalar,
    z_r: Scalar,
    f: Vec<PublicScalar>,
}

fn absorb_statement(
    transcript: &mut Transcript,
    form: &Form,
    weight: u64,
    keys: &SlotKeys,
    ciphertext: &SlotCiphertext,
) {
    transcript.absorb_bytes(b"form", form.digest().as_bytes());
    transcript.absorb_u64(b"weight", weight);
    transcript.absorb_bytes(b"Y", keys.digest().as_bytes());
    Guarded::R.absorb_element(transcript, ciphertext.r());
    Guarded::C.absorb_elements(transcript, ciphertext.c());
}

fn draw_rho(transcript: &mut Transcript, B: &PublicElement, A: &PublicElement) -> Scalar {
    Guarded::B.absorb_element(transcript, B);
    Guarded::A.absorb_element(transcript, A);
    transcript.challenge_scalar(b"rho")
}

fn draw_x(transcript: &mut Transcript, E_R: &PublicElement, E_C: &PublicElement) -> Scalar {
    Guarded::E_R.absorb_element(transcript, E_R);
    Guarded::E_C.absorb_element(transcript, E_C);
    transcript.challenge_scalar(b"x")
}

impl BallotArgument {
    /// Encrypts the values of the slots of a form and proves that they are valid. The transcript must have absorbed the
    /// fingerprint and the credential.
    ///
    /// `bits` must satisfy the form for a ballot of this weight. There must be one key for each slot of the form, and
    /// generators for all its bits. `nonce` is the ballot nonce `r`. All other secrets come from a clone of the
    /// transcript that also absorbs `seed`, so that a different statement gives different secrets.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "the statement, the witness and the context are what they are")]
    pub fn prove(
        transcript: &mut Transcript,
        generators: &Generators,
        form: &Form,
        weight: u64,
        keys: &SlotKeys,
        bits: &Bits,
        nonce: &SecretScalar,
        seed: &[u8; 32],
    ) -> (SlotCiphertext, Self) {
        let ciphertext = SlotCiphertext::encrypt(keys, nonce, &form.half_values(bits));
        absorb_statement(transcript, form, weight, keys, &ciphertext);

        // The nonces also depend on the bits: two assignments of bits under one seed must not share an `s`.
        let mut witness = transcript.clone();
        let chosen: Zeroizing<Vec<u8>> = Zeroizing::new(bits.choices().map(|bit| bit.unwrap_u8()).collect());
        witness.absorb_bytes(b"b", &chosen);
        let mut nonces = witness.deterministic_nonces(seed);
        let (s_B, s_A, s) = (nonces.draw(b"s_B"), nonces.draw(b"s_A"), nonces.draw(b"s"));
        let a = Zeroizing::new((0..form.bits()).map(|_| *nonces.draw(b"a").expose_scalar()).collect::<Vec<_>>());

        let (B, A) = commit(generators, bits, &a, &s_B, &s_A);
        let rho = draw_rho(transcript, &B, &A);

        let weights = form.row_weights(&rho);
        let Y = Element::vartime_multiscalar(&weights.slots, keys.keys().iter().map(PublicElement::element));
        let rows = form.combine(&weights);
        let L = Zeroizing::new(zip(&rows, a.iter()).map(|(weight, a)| *weight * *a).sum::<Scalar>());
        let E_R = s.public();
        let E_C = PublicElement::from(Element::multiscalar(&[*s.expose_scalar(), *L], &[Y, Element::generator()]));
        let x = draw_x(transcript, &E_R, &E_C);

        let f =
            zip(bits.choices(), a.iter()).map(|(b, a)| (Scalar::select(&Scalar::ZERO, &x, b) + *a).into()).collect();
        let z_B = *s_B.expose_scalar() * x + *s_A.expose_scalar();
        let z_r = *nonce.expose_scalar() * x + *s.expose_scalar();
        (ciphertext, Self { B, A, E_R, E_C, z_B, z_r, f })
    }

    /// Reads the argument for a form of `bits` bits.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(reader: &mut Reader<'_>, bits: usize) -> Result<Self, DecodeError> {
        Ok(Self {
            B: reader.element("B")?,
            A: reader.element("A")?,
            E_R: reader.element("E_R")?,
            E_C: reader.element("E_C")?,
            z_B: reader.scalar("z_B")?,
            z_r: reader.scalar("z_r")?,
            f: (0..bits).map(|_| reader.public_scalar("f")).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the canonical encoding of the argument.
    pub fn encode(&self, writer: &mut Writer) {
        for element in [&self.B, &self.A, &self.E_R, &self.E_C] {
            writer.element(element);
        }
        writer.scalar(&self.z_B).scalar(&self.z_r);
        for f in &self.f {
            writer.public_scalar(f);
        }
    }

    /// Returns the claim that the argument is valid. The transcript must have absorbed the fingerprint and the
    /// credential. `slots` are the numbers of the slots of the form among all slots of the election, counted from 0.
    ///
    /// # Errors
    ///
    /// [`ProofError`] unless argument, ciphertext, keys and slots have the lengths that the form requires: a slot that
    /// no row binds could contain any value.
    pub fn claim<'a>(
        &'a self,
        transcript: &mut Transcript,
        form: &'a Form,
        weight: u64,
        keys: &'a SlotKeys,
        slots: &'a [u32],
        ciphertext: &'a SlotCiphertext,
    ) -> Result<BallotClaim<'a>, ProofError> {
        let slots_fit = [ciphertext.c().len(), keys.len(), slots.len()] == [form.slots(); 3];
        if !slots_fit || self.f.len() != form.bits() {
            return Err(ProofError);
        }
        absorb_statement(transcript, form, weight, keys, ciphertext);
        let rho = draw_rho(transcript, &self.B, &self.A);
        let x = draw_x(transcript, &self.E_R, &self.E_C);
        Ok(BallotClaim { argument: self, form, weight, slots, ciphertext, rho, x })
    }
}

/// Computes the commitments `B` and `A`, in constant time.
fn commit(
    generators: &Generators,
    bits: &Bits,
    a: &[Scalar],
    s_B: &SecretScalar,
    s_A: &SecretScalar,
) -> (PublicElement, PublicElement) {
    let (pairs, _) = generators.pairs().as_chunks::<2>();
    debug_assert!(pairs.len() >= a.len());
    let mut B_scalars = Zeroizing::new(Vec::with_capacity(a.len() + 1));
    let mut B_elements = Vec::with_capacity(a.len() + 1);
    let mut A_scalars = Zeroizing::new(Vec::with_capacity(2 * a.len() + 1));
    let mut A_elements = Vec::with_capacity(2 * a.len() + 1);
    let mut chosen = Element::identity();
    for ((b, a), [U, V]) in zip(zip(bits.choices(), a), pairs) {
        chosen += Element::select(&Element::identity(), U, b);
        B_scalars.push(a.negate_if(b));
        B_elements.push(*V);
        A_scalars.extend([*a, -(*a * *a)]);
        A_elements.extend([*U, *V]);
    }
    B_scalars.push(*s_B.expose_scalar());
    B_elements.push(*generators.blinding());
    A_scalars.push(*s_A.expose_scalar());
    A_elements.push(*generators.blinding());
    let B = Element::multiscalar(&B_scalars, &B_elements) + chosen;
    let A = Element::multiscalar(&A_scalars, &A_elements);
    (B.into(), A.into())
}

/// The claim that a ballot argument is valid.
#[derive(Clone, Debug)]
pub struct BallotClaim<'a> {
    argument: &'a BallotArgument,
    form: &'a Form,
    weight: u64,
    slots: &'a [u32],
    ciphertext: &'a SlotCiphertext,
    rho: Scalar,
    x: Scalar,
}

impl BallotClaim<'_> {
    /// Absorbs the last challenge, which depends on the statement and all earlier messages, and the responses. It
    /// absorbs them as a digest, which is faster because the responses are long.
    pub(crate) fn absorb(&self, transcript: &mut Transcript) {
        let BallotArgument { z_B, z_r, f, .. } = self.argument;
        let mut responses = Writer::new();
        responses.scalar(&self.x).scalar(z_B).scalar(z_r);
        for f in f {
            responses.public_scalar(f);
        }
        transcript.absorb_bytes(b"ballot", &tagged("batch-responses", &[&responses.finish()]));
    }

    /// Adds the three equations under `verify` in the documentation of the module.
    pub(crate) fn accumulate(&self, [w1, w2, w3]: [u128; 3], sum: &mut WeightedSum<'_>) {
        let BallotArgument { B, A, E_R, E_C, z_B, z_r, f } = self.argument;
        let x = self.x;
        if weaken::is_on(Check::BitEquation) {
            sum.add_bits(w1, f, &x.into());
            let w1 = Scalar::from(w1);
            sum.add(w1 * x, B);
            sum.add(w1, A);
            sum.h -= w1 * *z_B;
        }
        if weaken::is_on(Check::RandomnessEquation) {
            let w2 = Scalar::from(w2);
            sum.add(w2 * x, self.ciphertext.r());
            sum.add(w2, E_R);
            sum.g -= w2 * *z_r;
        }
        if weaken::is_on(Check::LinkEquation) {
            let w3 = Scalar::from(w3);
            let weights = self.form.row_weights(&self.rho);
            let weighed_x = w3 * x;
            let weighed_z = w3 * *z_r;
            for ((power, C), slot) in zip(zip(&weights.slots, self.ciphertext.c()), self.slots) {
                sum.add(weighed_x * *power, C);
                if let Some(key) = sum.keys.get_mut(*slot as usize) {
                    *key -= weighed_z * *power;
                }
            }
            sum.add(w3, E_C);
            let constant = self.form.constant(&weights, self.weight);
            sum.g += weighed_x * constant - w3 * self.form.vartime_combination(&weights, f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{FormBuilder, RangeDigits, Terms};
    use crate::hash::Fingerprint;
    use crate::proofs::batch::{Batch, BatchError, SharedBases};
    use crate::testing::TestRng;
    use crate::transcript::Domain;

    fn choose(q: usize, min: u32, max: u32) -> (Form, Vec<crate::form::Bit>, RangeDigits) {
        let mut builder = FormBuilder::new();
        let marks = builder.line(q);
        let slack = builder.range(u64::from(max - min));
        builder.count_bits(marks);
        let mut terms = Terms::new();
        terms.bits(marks, 1);
        terms.digits(&slack);
        builder.constant(terms, i64::from(max));
        (builder.build().unwrap(), marks.collect(), slack)
    }

    #[test]
    fn a_valid_ballot_is_accepted_and_an_invalid_one_is_refused() {
        let mut rng = TestRng(1);
        for (q, min, max) in [(2, 1, 1), (10, 0, 3), (5, 2, 5)] {
            let (form, marks, slack) = choose(q, min, max);
            let keys: Vec<_> = (0..q).map(|_| SecretScalar::random(&mut rng).public()).collect();
            let bases = SharedBases::new(Generators::new(form.bits()), keys.clone());
            let keys = SlotKeys::new(keys);
            let slots: Vec<u32> = (0..q as u32).collect();
            let transcript = Domain::BallotArgument.for_election(&Fingerprint::from_bytes([7; 32]));
            let mut ballots = Vec::new();
            for over in [0, 0, 1, 0] {
                let mut bits = Bits::zero(form.bits());
                for bit in &marks[..(min + over) as usize] {
                    bits.set(*bit, 1);
                }
                slack.assign(u64::from(max - min), &mut bits);
                assert_eq!(form.violated_rows(&bits, 1).is_empty(), over == 0);
                let nonce = SecretScalar::random(&mut rng);
                ballots.push(BallotArgument::prove(
                    &mut transcript.clone(),
                    bases.generators(),
                    &form,
                    1,
                    &keys,
                    &bits,
                    &nonce,
                    &[9; 32],
                ));
            }
            for (_, argument) in &ballots {
                let mut writer = Writer::new();
                argument.encode(&mut writer);
                let bytes = writer.finish();
                assert_eq!(bytes.len(), 192 + 32 * form.bits());
                assert_eq!(BallotArgument::decode(&mut Reader::new(&bytes), form.bits()).as_ref(), Ok(argument));
            }
            let mut batch = Batch::new(&bases);
            for (ciphertext, argument) in &ballots {
                batch.push(argument.claim(&mut transcript.clone(), &form, 1, &keys, &slots, ciphertext).unwrap());
            }
            assert_eq!(batch.verify(&mut rng), Err(BatchError { claims: alloc::vec![2] }));
        }
    }

    /// The weights of a batch must depend on the responses, which come after the last challenge.
    #[test]
    fn every_response_is_absorbed() {
        let mut rng = TestRng(2);
        let (form, marks, _) = choose(3, 1, 1);
        let keys = SlotKeys::new((0..3).map(|_| SecretScalar::random(&mut rng).public()).collect());
        let mut bits = Bits::zero(form.bits());
        bits.set(marks[0], 1);
        let transcript = Domain::BallotArgument.for_election(&Fingerprint::from_bytes([7; 32]));
        let (generators, nonce) = (Generators::new(form.bits()), SecretScalar::random(&mut rng));
        let (ciphertext, argument) =
            BallotArgument::prove(&mut transcript.clone(), &generators, &form, 1, &keys, &bits, &nonce, &[9; 32]);
        let mut changed = alloc::vec![argument.clone(); 6];
        changed[1].z_B += Scalar::ONE;
        changed[2].z_r += Scalar::ONE;
        for (argument, place) in zip(&mut changed[3..], 0..) {
            argument.f[place] = Scalar::ONE.into();
        }
        let mut states: Vec<Scalar> = changed
            .iter()
            .map(|argument| {
                let claim = argument.claim(&mut transcript.clone(), &form, 1, &keys, &[0, 1, 2], &ciphertext).unwrap();
                let mut batch = Transcript::new(b"a batch");
                claim.absorb(&mut batch);
                batch.challenge_scalar(b"x")
            })
            .collect();
        states.sort_unstable_by_key(Scalar::to_bytes);
        states.dedup();
        assert_eq!(states.len(), changed.len());
    }
}
