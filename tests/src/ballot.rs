//! Ballots whose parts are anything: a small style, its argument taken apart, and a second implementation of the
//! argument's transcript and equations, written from `spec/ballot.md#argument`.

#![allow(non_snake_case)]

use std::iter::zip;

use ballotta::contest::Rule;
use ballotta::elgamal::{SlotCiphertext, SlotKeys};
use ballotta::encoding::{DecodeError, Reader, Writer};
use ballotta::form::{Bits, Form, FormBuilder, Packing, Term, Terms};
use ballotta::group::{Element, Generators, PublicElement, Scalar, SecretScalar, hash_to_group};
use ballotta::hash::Fingerprint;
use ballotta::proofs::ballot::BallotArgument;
use ballotta::proofs::batch::{Batch, BatchError, SharedBases};
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta::weaken::Check;
use merlin::Transcript;

use crate::election::numbered_options;
use crate::rng::TestRng;
use crate::search::search;
use crate::{decode_all, powers, sabotage};

/// The transcript of a ballot of the election and the voter with these numbers; without a voter, no credential is
/// absorbed.
#[must_use]
pub fn transcript(election: u8, voter: Option<u64>) -> Transcript {
    let mut transcript = Domain::BallotArgument.for_election(&Fingerprint::from_bytes([election; 32]));
    if let Some(voter) = voter {
        transcript.absorb_element(b"credential", &Element::mul_generator(&Scalar::from(voter)).into());
    }
    transcript
}

/// A ballot style with all that its verifier needs, its rows as they were meant, and the keys that trustees would
/// share.
pub struct Style {
    /// The form.
    pub form: Form,
    /// The logarithms of the slot keys.
    pub secrets: Vec<Scalar>,
    /// The slot keys.
    pub keys: SlotKeys,
    /// The numbers of the slots.
    pub slots: Vec<u32>,
    /// The bases of the election.
    pub bases: SharedBases,
    /// The weight of its ballots.
    pub weight: u64,
    /// The terms of the slot rows.
    pub slot_rows: Vec<Vec<Term>>,
    /// The terms and the targets of the constant rows.
    pub constant_rows: Vec<(Vec<Term>, i64)>,
}

/// The weight of the ballots of styles that do not say another.
pub const WEIGHT: u64 = 1;

impl Style {
    /// Choose `min` to `max` of `options`: a bit per option, then the slack.
    #[must_use]
    pub fn choose(options: usize, min: u32, max: u32) -> Self {
        let mut builder = FormBuilder::new();
        let marks: Vec<Term> = (0..options).map(|_| (builder.bit(), 1)).collect();
        let slack = builder.range(u64::from(max - min));
        let all = [&marks, slack.terms()].concat();
        Self::compile(builder, marks.iter().map(|mark| vec![*mark]).collect(), vec![(all, i64::from(max))])
    }

    /// Mark any of `options`: a bit per option and no constant row.
    #[must_use]
    pub fn approve(options: usize) -> Self {
        let mut builder = FormBuilder::new();
        let rows = (0..options).map(|_| vec![(builder.bit(), 1)]).collect();
        Self::compile(builder, rows, Vec::new())
    }

    /// One option with a score from 0 to `max`: its digits.
    #[must_use]
    pub fn score(max: u32) -> Self {
        let mut builder = FormBuilder::new();
        let digits = builder.range(max.into());
        Self::compile(builder, vec![digits.terms().to_vec()], Vec::new())
    }

    /// One contest of this rule, with the options `o0`, `o1`, .., for a ballot of this weight, on a roll of up to
    /// `total_weight`.
    ///
    /// # Panics
    ///
    /// If the rule and the options are those of no contest.
    #[must_use]
    pub fn of(rule: &Rule, options: usize, weight: u64, total_weight: u64) -> Self {
        let mut builder = FormBuilder::new();
        builder.pack(Packing::new(rule.count_bound(), weight, total_weight));
        rule.compile(&numbered_options(options), &mut builder);
        let form = builder.build().expect("a form that obeys the rules of forms");
        let (slot_rows, constant_rows) = rows(&form, weight).expect("the encoding of a form");
        Self::with(form, weight, slot_rows, constant_rows)
    }

    fn compile(mut builder: FormBuilder, slot_rows: Vec<Vec<Term>>, constant_rows: Vec<(Vec<Term>, i64)>) -> Self {
        for terms in &slot_rows {
            builder.count(row(terms));
        }
        for (terms, target) in &constant_rows {
            builder.constant(row(terms), *target);
        }
        let form = builder.build().expect("a form that obeys the rules of forms");
        Self::with(form, WEIGHT, slot_rows, constant_rows)
    }

    fn with(form: Form, weight: u64, slot_rows: Vec<Vec<Term>>, constant_rows: Vec<(Vec<Term>, i64)>) -> Self {
        let mut rng = TestRng(0x5e17);
        let secrets: Vec<Scalar> = slot_rows.iter().map(|_| Scalar::random(&mut rng)).collect();
        let keys: Vec<PublicElement> = secrets.iter().map(|secret| Element::mul_generator(secret).into()).collect();
        Self {
            bases: SharedBases::new(Generators::new(form.bits()), keys.clone()),
            slots: (0..).take(keys.len()).collect(),
            keys: SlotKeys::new(keys),
            form,
            secrets,
            weight,
            slot_rows,
            constant_rows,
        }
    }

    /// The same style under the keys of an election, whose form it must have; nobody knows their secrets.
    ///
    /// # Panics
    ///
    /// If the forms differ.
    #[must_use]
    pub fn under(self, style: &ballotta::election::CompiledBallotStyle, bases: &SharedBases) -> Self {
        assert_eq!(self.form.digest(), style.form().digest());
        let bases = SharedBases::new(Generators::new(bases.generators().bits()), bases.keys().to_vec());
        Self { secrets: Vec::new(), keys: style.keys().clone(), slots: style.slots().to_vec(), bases, ..self }
    }

    /// The values of the slots that the bits give.
    #[must_use]
    pub fn values(&self, bits: &[i64]) -> Vec<i64> {
        let value = |row: &Vec<Term>| row.iter().map(|(bit, coefficient)| bits[bit.index()] * coefficient).sum();
        self.slot_rows.iter().map(value).collect()
    }

    /// The bits as the library's prover takes them.
    #[must_use]
    pub fn bits(&self, bits: &[i64]) -> Bits {
        let mut secret = Bits::zero(self.form.bits());
        let places = self.slot_rows.iter().chain(self.constant_rows.iter().map(|(row, _)| row)).flatten();
        for (bit, _) in places {
            secret.set(*bit, u64::from(bits[bit.index()] == 1));
        }
        secret
    }

    /// A ballot of the library's prover.
    #[must_use]
    pub fn prove(&self, transcript: &Transcript, bits: &[i64], nonce: &Scalar, seed: &[u8; 32]) -> BallotParts {
        let nonce = SecretScalar::new(*nonce);
        let generators = self.bases.generators();
        let transcript = &mut transcript.clone();
        let (ciphertext, argument) = BallotArgument::prove(
            transcript,
            generators,
            &self.form,
            self.weight,
            &self.keys,
            &self.bits(bits),
            &nonce,
            seed,
        );
        let mut writer = Writer::new();
        ciphertext.encode(&mut writer);
        argument.encode(&mut writer);
        BallotParts::read(&writer.finish(), self.form.slots(), self.form.bits())
    }

    /// Encrypts any integers.
    #[must_use]
    pub fn seal(&self, values: &[i64], rng: &mut TestRng) -> Sealed {
        let r = Scalar::random(rng);
        let C = zip(self.keys.keys(), values).map(|(Y, value)| Y.element() * &r + small(*value)).collect();
        Sealed { r, R: Element::mul_generator(&r), C }
    }

    /// Decrypts a slot: `[v]G`.
    #[must_use]
    pub fn open(&self, ballot: &BallotParts, slot: usize) -> Element {
        ballot.C[slot] - &ballot.R * &self.secrets[slot]
    }

    /// Argues about any ciphertext with any integers for bits, to a verifier without the check `off`: the algebra of
    /// the honest prover, without its honesty. Bits beyond the generators of the election are in no commitment.
    #[must_use]
    pub fn argue(
        &self,
        transcript: &Transcript,
        off: Option<Check>,
        sealed: &Sealed,
        bits: &[i64],
        rng: &mut TestRng,
    ) -> BallotParts {
        let mut script = Script::new(self, transcript, off);
        script.statement(&sealed.R, &sealed.C);
        let b: Vec<Scalar> = bits.iter().map(|bit| Scalar::from_i64(*bit)).collect();
        let a: Vec<Scalar> = b.iter().map(|_| Scalar::random(rng)).collect();
        let [s_B, s_A, s] = [(); 3].map(|()| Scalar::random(rng));
        let two = Scalar::from(2_u64);
        let pairs = self.bases.generators().bits().min(b.len());
        let B = commit(&b[..pairs], &zip(&a, &b).map(|(a, b)| *a * (Scalar::ONE - two * *b)).collect::<Vec<_>>(), &s_B);
        let A = commit(&a[..pairs], &a.iter().map(|a| -(*a * *a)).collect::<Vec<_>>(), &s_A);
        let rows = self.combine(&script.rho(&B, &A), off);
        let E_R = Element::mul_generator(&s);
        let E_C = &rows.Y * &s + Element::mul_generator(&rows.apply(&a));
        let x = script.x(&E_R, &E_C);
        let f = zip(&b, &a).map(|(b, a)| *b * x + *a).collect();
        let Sealed { r, R, C } = sealed.clone();
        BallotParts { R, C, B, A, E_R, E_C, z_B: s_B * x + s_A, z_r: r * x + s, f }
    }

    /// The random combination of all rows, in a verifier without the check `off`.
    #[must_use]
    pub fn combine(&self, rho: &Scalar, off: Option<Check>) -> Rows {
        let mut weights = powers(rho);
        let slots: Vec<Scalar> = weights.by_ref().take(self.slot_rows.len()).collect();
        if off == Some(Check::DistinctRowWeights) {
            weights = powers(rho);
        }
        let constants: Vec<Scalar> = weights.take(self.constant_rows.len()).collect();
        let mut bits = vec![Scalar::ZERO; self.form.bits()];
        let rows = self.slot_rows.iter().chain(self.constant_rows.iter().map(|(row, _)| row));
        for (row, weight) in zip(rows, slots.iter().chain(&constants)) {
            for (bit, coefficient) in row {
                bits[bit.index()] += Scalar::from_i64(*coefficient) * *weight;
            }
        }
        let targets = self.constant_rows.iter().map(|(_, target)| Scalar::from_i64(*target));
        Rows {
            constant: zip(&constants, targets).map(|(weight, target)| *weight * target).sum(),
            Y: zip(self.keys.keys(), &slots).map(|(Y, weight)| Y.element() * weight).sum(),
            slots,
            bits,
        }
    }

    /// `rho` and `x` of a ballot, in a verifier without the check `off`.
    #[must_use]
    pub fn challenges(&self, transcript: &Transcript, off: Option<Check>, ballot: &BallotParts) -> (Scalar, Scalar) {
        let mut script = Script::new(self, transcript, off);
        script.statement(&ballot.R, &ballot.C);
        let rho = script.rho(&ballot.B, &ballot.A);
        (rho, script.x(&ballot.E_R, &ballot.E_C))
    }

    /// Which of the three equations are satisfied (bits, randomness, link), one at a time and without weights.
    #[must_use]
    pub fn equations(&self, transcript: &Transcript, ballot: &BallotParts) -> [bool; 3] {
        let (rho, x) = self.challenges(transcript, None, ballot);
        let rows = self.combine(&rho, None);
        let BallotParts { R, C, B, A, E_R, E_C, z_B, z_r, f } = ballot;
        [
            B * &x + *A == committed(f, &x, z_B),
            R * &x + *E_R == Element::mul_generator(z_r),
            &rows.sum(C) * &x + *E_C == &rows.Y * z_r + Element::mul_generator(&rows.apply(f)),
        ]
    }

    /// The library's judgement of a ballot between two honest ones: the forgery is claim 1.
    ///
    /// # Errors
    ///
    /// The claims that are not valid.
    ///
    /// # Panics
    ///
    /// If the ballot does not even decode.
    pub fn judge(&self, transcript: &Transcript, ballot: &BallotParts) -> Result<(), BatchError> {
        let honest = self.prove(transcript, &self.honest_bits(), &Scalar::from(11_u64), &[3; 32]);
        let decoded = [&honest, ballot, &honest]
            .map(|ballot| ballot.decode(self.form.slots(), self.form.bits()).expect("a forgery that decodes"));
        let mut batch = Batch::new(&self.bases);
        for (ciphertext, argument) in &decoded {
            let transcript = &mut transcript.clone();
            batch.push(
                argument.claim(transcript, &self.form, self.weight, &self.keys, &self.slots, ciphertext).unwrap(),
            );
        }
        batch.verify(&mut TestRng(1))
    }

    /// Some bits that satisfy all rows: the first in counting order.
    ///
    /// # Panics
    ///
    /// If there are none.
    #[must_use]
    pub fn honest_bits(&self) -> Vec<i64> {
        let bits = search(&self.constant_rows, &vec![vec![0, 1]; self.form.bits()], |_| true);
        bits.expect("a form that some bits satisfy")
    }

    /// Shows that an argument for `values` with any integers for bits passes without `check`, and not with it; and
    /// names the equations that must not be satisfied.
    ///
    /// # Panics
    ///
    /// If it is otherwise.
    pub fn argue_falsely(&self, check: Check, bits: &[i64], values: &[i64], holding: [bool; 3]) {
        let forge = |off| {
            let mut rng = TestRng(1);
            let sealed = self.seal(values, &mut rng);
            self.argue(&transcript(1, Some(7)), off, &sealed, bits, &mut rng)
        };
        assert_eq!(self.equations(&transcript(1, Some(7)), &forge(None)), holding, "bits {bits:?} for {values:?}");
        let judge = |ballot: &BallotParts| self.judge(&transcript(1, Some(7)), ballot);
        sabotage(check, &forgery_refused(), forge, judge);
    }
}

/// What [`Style::judge`] says of a forgery that is judged between two honest claims.
#[must_use]
pub fn forgery_refused() -> BatchError {
    BatchError { claims: vec![1] }
}

/// The row with these terms.
fn row(terms: &[Term]) -> Terms {
    let mut row = Terms::new();
    terms.iter().for_each(|(bit, coefficient)| row.bit(*bit, *coefficient));
    row
}

/// Terms of slot rows, and terms and targets of constant rows.
type AllRows = (Vec<Vec<Term>>, Vec<(Vec<Term>, i64)>);

/// The rows of a form for a ballot of this weight, as its encoding says.
fn rows(form: &Form, weight: u64) -> Result<AllRows, DecodeError> {
    let mut builder = FormBuilder::new();
    let bits: Vec<_> = (0..form.bits()).map(|_| builder.bit()).collect();
    decode_all(&form.encode(), |reader| {
        let integer = |reader: &mut Reader<'_>| reader.array("integer").map(i64::from_le_bytes);
        let [_, _, count] = [reader.u32("bits")?, reader.u32("slots")?, reader.u32("rows")?];
        let (mut slot_rows, mut constant_rows) = (Vec::new(), Vec::new());
        for _ in 0..form.slots() + count as usize {
            let (kind, constant) = (reader.u8("kind")?, integer(reader)?);
            let mut terms: Vec<Term> = Vec::new();
            for _ in 0..reader.u32("terms")? {
                terms.push((bits[reader.u32("bit")? as usize], integer(reader)?));
            }
            match kind {
                0 => slot_rows.push(terms),
                1 => constant_rows.push((terms, constant)),
                _ => constant_rows.push((terms, weight as i64)),
            }
        }
        Ok((slot_rows, constant_rows))
    })
}

/// A ciphertext and the randomness that it was made with.
#[derive(Clone)]
pub struct Sealed {
    /// The randomness.
    pub r: Scalar,
    /// `R`
    pub R: Element,
    /// `C_1..C_n`
    pub C: Vec<Element>,
}

/// All rows, weighed by the powers of `rho`.
pub struct Rows {
    /// The weights of the slot rows.
    pub slots: Vec<Scalar>,
    /// The coefficients of the bits.
    pub bits: Vec<Scalar>,
    /// `c*`
    pub constant: Scalar,
    /// `Y*`
    pub Y: Element,
}

impl Rows {
    /// `L(.)`
    #[must_use]
    pub fn apply(&self, values: &[Scalar]) -> Scalar {
        zip(&self.bits, values).map(|(coefficient, value)| *coefficient * *value).sum()
    }

    /// `C* + [c*]G`
    #[must_use]
    pub fn sum(&self, C: &[Element]) -> Element {
        zip(C, &self.slots).map(|(C, weight)| C * weight).sum::<Element>() + Element::mul_generator(&self.constant)
    }
}

/// The transcript of the ballot argument, step by step and by hand, as a verifier without the check `off` runs it.
pub struct Script<'a> {
    style: &'a Style,
    transcript: Transcript,
    off: Option<Check>,
}

impl<'a> Script<'a> {
    /// A script that goes on from `transcript`.
    #[must_use]
    pub fn new(style: &'a Style, transcript: &Transcript, off: Option<Check>) -> Self {
        Self { style, transcript: transcript.clone(), off }
    }

    /// Absorbs the statement.
    pub fn statement(&mut self, R: &Element, C: &[Element]) {
        self.transcript.append_message(b"form", self.style.form.digest().as_bytes());
        self.transcript.append_message(b"weight", &self.style.weight.to_le_bytes());
        self.transcript.append_message(b"Y", self.style.keys.digest().as_bytes());
        if self.off != Some(Check::AbsorbCiphertext) {
            self.absorb(b"R", R);
            let bytes: Vec<u8> = C.iter().flat_map(Element::to_bytes).collect();
            self.transcript.append_message(b"C", &bytes);
        }
    }

    /// Absorbs `B` and `A` and draws `rho`.
    pub fn rho(&mut self, B: &Element, A: &Element) -> Scalar {
        if self.off != Some(Check::AbsorbBitCommitments) {
            self.absorb(b"B", B);
            self.absorb(b"A", A);
        }
        self.transcript.challenge_scalar(b"rho")
    }

    /// Absorbs `E_R` and `E_C` and draws `x`.
    pub fn x(&mut self, E_R: &Element, E_C: &Element) -> Scalar {
        if self.off != Some(Check::AbsorbLinkAnnouncements) {
            self.absorb(b"E_R", E_R);
            self.absorb(b"E_C", E_C);
        }
        self.transcript.challenge_scalar(b"x")
    }

    fn absorb(&mut self, label: &'static [u8], element: &Element) {
        self.transcript.append_message(label, &element.to_bytes());
    }
}

/// A ciphertext and its argument, taken apart.
#[derive(Clone)]
#[allow(missing_docs)] // The names are those of the argument.
pub struct BallotParts {
    pub R: Element,
    pub C: Vec<Element>,
    pub B: Element,
    pub A: Element,
    pub E_R: Element,
    pub E_C: Element,
    pub z_B: Scalar,
    pub z_r: Scalar,
    pub f: Vec<Scalar>,
}

impl BallotParts {
    /// The encoding: ciphertext, then argument.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        for element in [&self.R].into_iter().chain(&self.C).chain([&self.B, &self.A, &self.E_R, &self.E_C]) {
            writer.put(&element.to_bytes());
        }
        for scalar in [&self.z_B, &self.z_r].into_iter().chain(&self.f) {
            writer.scalar(scalar);
        }
        writer.finish()
    }

    /// Takes apart an encoding of `slots` slots and `bits` bits.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn read(bytes: &[u8], slots: usize, bits: usize) -> Self {
        let element = |reader: &mut Reader<'_>| reader.element_or_identity("element").map(|read| *read.element());
        decode_all(bytes, |reader| {
            Ok(Self {
                R: element(reader)?,
                C: (0..slots).map(|_| element(reader)).collect::<Result<_, _>>()?,
                B: element(reader)?,
                A: element(reader)?,
                E_R: element(reader)?,
                E_C: element(reader)?,
                z_B: reader.scalar("z_B")?,
                z_r: reader.scalar("z_r")?,
                f: (0..bits).map(|_| reader.scalar("f")).collect::<Result<_, _>>()?,
            })
        })
        .expect("the encoding of a ballot")
    }

    /// What the library decodes from the encoding.
    ///
    /// # Errors
    ///
    /// What the library refuses.
    pub fn decode(&self, slots: usize, bits: usize) -> Result<(SlotCiphertext, BallotArgument), DecodeError> {
        decode_ballot(&self.encode(), slots, bits)
    }
}

/// Decodes a ciphertext and its argument.
///
/// # Errors
///
/// What the library refuses.
pub fn decode_ballot(bytes: &[u8], slots: usize, bits: usize) -> Result<(SlotCiphertext, BallotArgument), DecodeError> {
    decode_all(bytes, |reader| Ok((SlotCiphertext::decode(reader, slots)?, BallotArgument::decode(reader, bits)?)))
}

/// `[value]G`
#[must_use]
pub fn small(value: i64) -> Element {
    Element::mul_generator(&Scalar::from_i64(value))
}

/// `sum [u_j]U_j + sum [v_j]V_j + [h]H`
#[must_use]
pub fn commit(u: &[Scalar], v: &[Scalar], h: &Scalar) -> Element {
    let generator = |label, index: u64| hash_to_group(label, &[&index.to_le_bytes()]);
    let pairs = zip(1.., zip(u, v)).map(|(index, (u, v))| &generator("U", index) * u + &generator("V", index) * v);
    pairs.sum::<Element>() + &hash_to_group("H", &[]) * h
}

/// What the responses say that `[x]B + A` is.
#[must_use]
pub fn committed(f: &[Scalar], x: &Scalar, z_B: &Scalar) -> Element {
    commit(f, &f.iter().map(|f| *f * (*x - *f)).collect::<Vec<_>>(), z_B)
}
