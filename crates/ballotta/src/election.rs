//! An election: its manifest, joint key and roll, to which every later transcript is bound.
//!
//! See `spec/election.md`.
//!
//! # Examples
//!
//! An app never makes an [`ElectionContext`] from its parts: voters get it from [`voter::Election`](crate::voter::Election),
//! everybody else from the [verifier](crate::verifier). An organiser verifies everything before the opening, and signs
//! the fingerprint:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let (record, organiser, announced) = (test.unopened_board().record(), &test.organiser, *test.context.fingerprint());
//! use ballotta::board::entry::{Action, OrganiserEntry};
//! use ballotta::message::{Message, MessageKind};
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::verifier::{Stage, VerifyOptions, verify};
//! use getrandom::SysRng;
//!
//! // `record` has a key ceremony and a signed roll, `organiser` is the key of the organiser, and `announced` the
//! // fingerprint that the credential authority has told.
//! let rng = &mut UnwrapErr(SysRng);
//! let options = VerifyOptions { stage: Stage::Voting, fingerprint: Some(announced.into()), ..VerifyOptions::default() };
//! let verification = verify(&record, &options, &|_| (), rng);
//! if let Some(obstacle) = verification.report.opening_obstacle() {
//!     return Err(format!("do not open the voting: {}", obstacle.problem).into());
//! }
//! let context = verification.context.ok_or("the record has no election")?;
//! let opening = OrganiserEntry::sign(Action::Open, context.fingerprint(), organiser, rng).encode();
//! // The organiser sends this file to the board.
//! let file = Message::new(MessageKind::Opening, opening).to_text();
//! # assert_eq!(context.fingerprint(), &announced);
//! # assert!(file.ends_with('\n'));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;

use merlin::Transcript;

use crate::elgamal::SlotKeys;
use crate::form::Form;
use crate::group::{Generators, PublicElement};
use crate::hash::{CeremonyRoot, Fingerprint, JointKeyHash, RollHash, Tracker};
use crate::key_ceremony::{CeremonyParameters, JointKey};
use crate::manifest::{Manifest, StyleError, StyleForm};
use crate::proofs::batch::SharedBases;
use crate::transcript::{Domain, Guarded, ProofTranscript};

/// The reason why a manifest, a joint key and a roll do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElectionError {
    /// The key ceremony of the joint key is not that of the manifest.
    #[error("the joint key was made for another manifest")]
    OtherManifest,
    /// There are not as many keys as the manifest has slots.
    #[error("there are {found} keys, but the manifest has {expected} slots")]
    WrongNumberOfKeys {
        /// The number of slots.
        expected: usize,
        /// The number of keys.
        found: usize,
    },
    /// A style does not compile. The styles of a parsed manifest all compile.
    #[error("ballot style {style}: {error}")]
    Style {
        /// The number of the style, counted from 0.
        style: usize,
        /// The reason why it does not compile.
        error: StyleError,
    },
}

/// A ballot style with its form and the keys of its slots, ready for proving and verifying.
#[derive(Clone)]
pub struct CompiledBallotStyle {
    compiled: StyleForm,
    keys: SlotKeys,
}

impl CompiledBallotStyle {
    /// Returns the form of the style and its place in the election.
    #[must_use]
    pub fn compiled(&self) -> &StyleForm {
        &self.compiled
    }

    /// Returns the form that every ballot of the style satisfies.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.compiled.form
    }

    /// Returns the keys of the form's slots.
    #[must_use]
    pub fn keys(&self) -> &SlotKeys {
        &self.keys
    }

    /// Returns, for each slot of the form, its number among all slots of the election.
    #[must_use]
    pub fn slots(&self) -> &[u32] {
        &self.compiled.slots
    }
}

/// The manifest, the public keys and the fingerprint of an election, with its compiled ballot styles: what ballots need.
pub struct ElectionContext {
    manifest: Manifest,
    joint_key_hash: JointKeyHash,
    fingerprint: Fingerprint,
    /// The compiled ballot styles. Styles with the same contests share one.
    compiled: Vec<CompiledBallotStyle>,
    /// The place of each style of the manifest in `compiled`.
    styles: Vec<usize>,
    bases: SharedBases,
    /// The transcripts of arguments and signatures up to the fingerprint, which are the same for every ballot.
    argument: Transcript,
    signature: Transcript,
}

impl ElectionContext {
    /// Combines a manifest, its joint key and the hash of a roll to an election.
    ///
    /// # Errors
    ///
    /// [`ElectionError`] if manifest and joint key do not belong together.
    pub fn new(manifest: Manifest, joint_key: &JointKey, roll: &RollHash) -> Result<Self, ElectionError> {
        let made_for = joint_key.parameters();
        if CeremonyParameters::for_manifest(&manifest, made_for.attempt()).as_ref() != Ok(made_for) {
            return Err(ElectionError::OtherManifest);
        }
        Self::of_keys(manifest, joint_key.root(), joint_key.keys(), roll)
    }

    /// As [`Self::new`], for those who do not read the messages of the key ceremony: they know the root of the ceremony and
    /// the public keys of all slots, and compare the fingerprint with one that they trust.
    ///
    /// # Errors
    ///
    /// `WrongNumberOfKeys` if the manifest has another number of slots.
    pub fn of_keys(
        manifest: Manifest,
        ceremony: &CeremonyRoot,
        keys: &[PublicElement],
        roll: &RollHash,
    ) -> Result<Self, ElectionError> {
        let expected = manifest.slots();
        if keys.len() != expected {
            return Err(ElectionError::WrongNumberOfKeys { expected, found: keys.len() });
        }
        let (mut compiled, mut styles): (Vec<CompiledBallotStyle>, Vec<usize>) = Default::default();
        // The first style of each list of contests.
        let mut firsts: Vec<usize> = Vec::new();
        for style in 0..manifest.styles().len() {
            let contests = manifest.style_contests(style);
            let same = firsts.iter().position(|first| manifest.style_contests(*first) == contests);
            styles.push(same.unwrap_or(compiled.len()));
            if same.is_none() {
                let form = manifest.compile_style(style).map_err(|error| ElectionError::Style { style, error })?;
                let slot = |slot: &u32| keys.get(*slot as usize).copied();
                let keys = SlotKeys::new(form.slots.iter().filter_map(slot).collect());
                compiled.push(CompiledBallotStyle { compiled: form, keys });
                firsts.push(style);
            }
        }
        let bits = compiled.iter().map(|style| style.form().bits()).max().unwrap_or(0);
        let bases = SharedBases::new(Generators::new(bits), keys.to_vec());
        let joint_key_hash = JointKeyHash::of(ceremony, keys.iter().map(PublicElement::as_bytes));
        let fingerprint = Fingerprint::of(manifest.hash(), &joint_key_hash, roll);
        let argument = Domain::BallotArgument.for_election(&fingerprint);
        let signature = Domain::BallotSignature.for_election(&fingerprint);
        Ok(Self { manifest, joint_key_hash, fingerprint, compiled, styles, bases, argument, signature })
    }

    /// Returns the manifest of the election.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the hash of the joint key of the election.
    #[must_use]
    pub fn joint_key_hash(&self) -> &JointKeyHash {
        &self.joint_key_hash
    }

    /// Returns the fingerprint, which identifies manifest, joint key and roll.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Returns the ballot style with this number, counted from 0. Styles with the same contests are one.
    #[must_use]
    pub fn style(&self, style: usize) -> Option<&CompiledBallotStyle> {
        self.compiled.get(*self.styles.get(style)?)
    }

    /// Returns the bases that all batches of this election share.
    #[must_use]
    pub fn bases(&self) -> &SharedBases {
        &self.bases
    }

    /// Returns the transcript of a ballot argument, up to the credential.
    pub(crate) fn argument_transcript(&self, credential: &PublicElement) -> Transcript {
        let mut transcript = self.argument.clone();
        Guarded::CREDENTIAL.absorb_element(&mut transcript, credential);
        transcript
    }

    /// Returns the transcript of a ballot's signature, up to the tracker.
    pub(crate) fn signature_transcript(&self, tracker: &Tracker) -> Transcript {
        with_tracker(self.signature.clone(), tracker)
    }
}

/// The transcript of a ballot's signature, up to the tracker, for the election with this fingerprint.
pub(crate) fn ballot_signature_transcript(fingerprint: &Fingerprint, tracker: &Tracker) -> Transcript {
    with_tracker(Domain::BallotSignature.for_election(fingerprint), tracker)
}

fn with_tracker(mut transcript: Transcript, tracker: &Tracker) -> Transcript {
    transcript.absorb_bytes(b"tracker", tracker.as_bytes());
    transcript
}
