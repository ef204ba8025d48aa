//! What the benches share: the ballots of one contest as arguments and bytes, and a whole election around a contest.

mod rehearsal;

use ballotta::contest::{ContestBits, Rule, Selection};
use ballotta::elgamal::{SlotCiphertext, SlotKeys};
use ballotta::encoding::{DecodeError, Reader, Writer};
use ballotta::form::{Bits, Form, FormBuilder, Packing};
use ballotta::group::{Generators, PublicElement, SecretScalar};
use ballotta::hash::{FileHash, Fingerprint};
use ballotta::proofs::ballot::{BallotArgument, BallotClaim};
use ballotta::proofs::batch::{Batch, BatchError, SharedBases};
use ballotta::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta_testkit::election::numbered_options;
use chacha20::ChaCha12Rng;
use merlin::Transcript;
use rand_core::{CryptoRng, SeedableRng};

pub use self::rehearsal::{Rehearsal, one_of};

/// The election of all benches.
const FINGERPRINT: Fingerprint = Fingerprint::from_bytes([7; 32]);

/// The generator of everything random here. It repeats itself: a run measures the same ballots as the one before.
#[must_use]
pub fn bench_rng() -> ChaCha12Rng {
    ChaCha12Rng::from_seed([0xba; 32])
}

/// An election with one contest.
pub struct Election {
    /// What the contest compiles to.
    pub form: Form,
    /// The generators and the keys of all slots, with tables for single ballots.
    pub bases: SharedBases,
    /// The keys of the contest's slots: all of them.
    pub keys: SlotKeys,
    contest: ContestBits,
    slots: Vec<u32>,
    argument: Transcript,
    signature: Transcript,
}

/// The weight of every ballot.
const WEIGHT: u64 = 1;
/// The most voters that there may be, where nothing else is said: two counts share a slot.
pub const TOTAL_WEIGHT: u64 = 100_000;

/// Marks for `count` options, one after the other from a random one on.
pub fn draw_marks<R: CryptoRng>(options: usize, count: usize, rng: &mut R) -> Vec<bool> {
    let first = rng.next_u32() as usize;
    let mut marks = vec![false; options];
    for place in 0..count {
        marks[(first + place) % options] = true;
    }
    marks
}

/// The options that are marked.
#[must_use]
pub fn marked(marks: &[bool]) -> Selection {
    Selection::Options((0..).zip(marks).filter(|(_, marked)| **marked).map(|(option, _)| option).collect())
}

impl Election {
    /// A contest of `options` options and new keys for its slots.
    ///
    /// # Panics
    ///
    /// Unless the rule fits the options and the form stays within the library's limits.
    #[must_use]
    pub fn new<R: CryptoRng>(rule: &Rule, options: u32, rng: &mut R) -> Self {
        Self::of_roll(rule, options, TOTAL_WEIGHT, rng)
    }

    /// The same, with the counts that share slots on a roll of up to this weight.
    ///
    /// # Panics
    ///
    /// Unless the rule fits the options and the form stays within the library's limits.
    #[must_use]
    pub fn of_roll<R: CryptoRng>(rule: &Rule, options: u32, total_weight: u64, rng: &mut R) -> Self {
        let mut builder = FormBuilder::new();
        builder.pack(Packing::new(rule.count_bound(), WEIGHT, total_weight));
        let contest = rule.compile(&numbered_options(options as usize), &mut builder);
        let form = builder.build().expect("a form within the limits");
        let keys: Vec<PublicElement> = (0..form.slots()).map(|_| SecretScalar::random(rng).public()).collect();
        Self {
            bases: SharedBases::new(Generators::new(form.bits()), keys.clone()),
            keys: SlotKeys::new(keys),
            slots: (0..form.slots() as u32).collect(),
            form,
            contest,
            argument: Domain::BallotArgument.for_election(&FINGERPRINT),
            signature: Domain::BallotSignature.for_election(&FINGERPRINT),
        }
    }

    /// The bits of a selection.
    ///
    /// # Panics
    ///
    /// If the contest does not allow it.
    #[must_use]
    pub fn bits(&self, selection: &Selection) -> Bits {
        let mut bits = Bits::zero(self.form.bits());
        self.contest.assign(selection, WEIGHT, &mut bits).expect("a selection that the contest allows");
        bits
    }

    /// Encrypts and proves, without a signature.
    pub fn prove<R: CryptoRng>(
        &self,
        credential: &PublicElement,
        selection: &Selection,
        rng: &mut R,
    ) -> (SlotCiphertext, BallotArgument) {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        BallotArgument::prove(
            &mut self.argument_transcript(credential),
            self.bases.generators(),
            &self.form,
            WEIGHT,
            &self.keys,
            &self.bits(selection),
            &SecretScalar::random(rng),
            &seed,
        )
    }

    /// A ballot as bytes: the credential, `R, C_1..C_n` and the argument, and the signature over their hash.
    pub fn cast<R: CryptoRng>(&self, voter: &KeyPair, selection: &Selection, rng: &mut R) -> Vec<u8> {
        let (ciphertext, argument) = self.prove(voter.public(), selection, rng);
        let mut writer = Writer::new();
        writer.element(voter.public());
        ciphertext.encode(&mut writer);
        argument.encode(&mut writer);
        let mut bytes = writer.finish();
        let signature = voter.prove(&mut self.signature_transcript(&FileHash::of(&bytes)), rng);
        let mut writer = Writer::new();
        signature.encode(&mut writer);
        bytes.extend(writer.finish());
        bytes
    }

    /// As many ballots, each of a voter of its own.
    pub fn cast_many<R: CryptoRng>(
        &self,
        count: usize,
        draw: impl Fn(&mut R) -> Selection,
        rng: &mut R,
    ) -> Vec<Vec<u8>> {
        (0..count)
            .map(|_| {
                let voter = KeyPair::new(SecretScalar::random(rng));
                let selection = draw(rng);
                self.cast(&voter, &selection, rng)
            })
            .collect()
    }

    /// Reads a ballot.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(&self, bytes: &[u8]) -> Result<Ballot, DecodeError> {
        let mut reader = Reader::new(bytes);
        let credential = reader.element("credential")?;
        let ciphertext = SlotCiphertext::decode(&mut reader, self.form.slots())?;
        let argument = BallotArgument::decode(&mut reader, self.form.bits())?;
        let unsigned = &bytes[..bytes.len() - reader.remaining()];
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Ballot { tracker: FileHash::of(unsigned), credential, ciphertext, argument, signature })
    }

    /// What a ballot claims: the transcripts of argument and signature are replayed.
    #[must_use]
    pub fn claims<'a>(&'a self, ballot: &'a Ballot) -> (BallotClaim<'a>, SchnorrClaim) {
        let mut transcript = self.argument_transcript(&ballot.credential);
        let argument = ballot
            .argument
            .claim(&mut transcript, &self.form, WEIGHT, &self.keys, &self.slots, &ballot.ciphertext)
            .expect("a ballot of this form");
        let signature = ballot.signature.claim(&mut self.signature_transcript(&ballot.tracker), &ballot.credential);
        (argument, signature)
    }

    /// Verifies ballots from their bytes, all in one batch.
    ///
    /// # Errors
    ///
    /// The claims that are not valid.
    ///
    /// # Panics
    ///
    /// If a ballot cannot be decoded.
    pub fn verify<B: AsRef<[u8]>, R: CryptoRng>(&self, ballots: &[B], rng: &mut R) -> Result<(), BatchError> {
        let decoded: Vec<Ballot> =
            ballots.iter().map(|bytes| self.decode(bytes.as_ref()).expect("a ballot that was made here")).collect();
        self.batch(&decoded).verify(rng)
    }

    /// The batch of all claims of some ballots.
    #[must_use]
    pub fn batch<'a>(&'a self, ballots: &'a [Ballot]) -> Batch<'a> {
        let mut batch = Batch::new(&self.bases);
        for ballot in ballots {
            let (argument, signature) = self.claims(ballot);
            batch.push(argument);
            batch.push(signature);
        }
        batch
    }

    fn argument_transcript(&self, credential: &PublicElement) -> Transcript {
        // As `ElectionContext` does: what all ballots share is absorbed once.
        let mut transcript = self.argument.clone();
        transcript.absorb_element(b"credential", credential);
        transcript
    }

    fn signature_transcript(&self, tracker: &FileHash) -> Transcript {
        let mut transcript = self.signature.clone();
        transcript.absorb_bytes(b"tracker", tracker.as_bytes());
        transcript
    }
}

/// A ballot that was decoded and not yet verified.
pub struct Ballot {
    credential: PublicElement,
    ciphertext: SlotCiphertext,
    argument: BallotArgument,
    signature: SchnorrProof,
    tracker: FileHash,
}

/// The backend of the group that really runs in this build on this processor.
#[must_use]
pub fn backend() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        let (avx512ifma, avx512vl) = (is_x86_feature_detected!("avx512ifma"), is_x86_feature_detected!("avx512vl"));
        if cfg!(curve25519_dalek_backend = "avx512") && avx512ifma && avx512vl {
            return "avx512";
        }
        if !cfg!(any(curve25519_dalek_backend = "serial", curve25519_dalek_backend = "fiat"))
            && is_x86_feature_detected!("avx2")
        {
            return "avx2";
        }
    }
    "serial"
}
