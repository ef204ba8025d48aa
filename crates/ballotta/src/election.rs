//! An election: manifest, joint key and roll together, from which every later transcript starts.
//!
//! See `spec/election.md`.

use alloc::vec::Vec;

use merlin::Transcript;

use crate::elgamal::SlotKeys;
use crate::form::Form;
use crate::group::{Generators, PublicElement};
use crate::hash::{Fingerprint, RollHash, Tracker};
use crate::key_ceremony::JointKey;
use crate::manifest::{Manifest, StyleError, StyleForm};
use crate::proofs::batch::SharedBases;
use crate::transcript::{Domain, Guarded, ProofTranscript};

/// Manifest, joint key and roll that do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElectionError {
    /// The joint key has another number of slots than the manifest.
    #[error("the joint key has {found} slots, the manifest {expected}")]
    SlotMismatch {
        /// Slots of the joint key.
        found: usize,
        /// Slots of the manifest.
        expected: usize,
    },
    /// The joint key was made for another number of trustees or another threshold.
    #[error(
        "the joint key is of {found_threshold} of {found_trustees} trustees, the manifest names {threshold} of {trustees}"
    )]
    TrusteeMismatch {
        /// Threshold of the joint key.
        found_threshold: u16,
        /// Trustees of the joint key.
        found_trustees: u16,
        /// Threshold of the manifest.
        threshold: u16,
        /// Trustees of the manifest.
        trustees: usize,
    },
    /// A style does not compile. A parsed manifest has none.
    #[error("style {style}: {error}")]
    Style {
        /// The style, counted from 0.
        style: usize,
        /// Why.
        error: StyleError,
    },
}

/// A ballot style with its form and the keys of its slots: what proving and verifying need.
#[derive(Clone)]
pub struct CompiledBallotStyle {
    compiled: StyleForm,
    keys: SlotKeys,
}

impl CompiledBallotStyle {
    /// The form of the style and its place in the election.
    #[must_use]
    pub fn compiled(&self) -> &StyleForm {
        &self.compiled
    }

    /// The form.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.compiled.form
    }

    /// The keys of the form's slots.
    #[must_use]
    pub fn keys(&self) -> &SlotKeys {
        &self.keys
    }

    /// The numbers of the form's slots among all slots of the election.
    #[must_use]
    pub fn slots(&self) -> &[u32] {
        &self.compiled.slots
    }
}

/// Manifest, joint key and fingerprint of an election, with what they compile to.
pub struct ElectionContext {
    manifest: Manifest,
    joint_key: JointKey,
    fingerprint: Fingerprint,
    styles: Vec<CompiledBallotStyle>,
    bases: SharedBases,
    /// The transcripts of arguments and signatures up to the fingerprint: the same for every ballot.
    argument: Transcript,
    signature: Transcript,
}

impl ElectionContext {
    /// Puts an election together.
    ///
    /// # Errors
    ///
    /// If the three do not belong together.
    pub fn new(manifest: Manifest, joint_key: JointKey, roll: &RollHash) -> Result<Self, ElectionError> {
        let keys = joint_key.keys();
        if keys.len() != manifest.slots() {
            return Err(ElectionError::SlotMismatch { found: keys.len(), expected: manifest.slots() });
        }
        let (threshold, trustees) = (manifest.trustees().threshold, manifest.trustees().members.len());
        if joint_key.threshold() != threshold || usize::from(joint_key.trustees()) != trustees {
            return Err(ElectionError::TrusteeMismatch {
                found_threshold: joint_key.threshold(),
                found_trustees: joint_key.trustees(),
                threshold,
                trustees,
            });
        }
        let styles = (0..manifest.styles().len())
            .map(|style| {
                let compiled = manifest.compile_style(style).map_err(|error| ElectionError::Style { style, error })?;
                let slot = |slot: &u32| keys.get(*slot as usize).copied();
                let keys = SlotKeys::new(compiled.slots.iter().filter_map(slot).collect());
                Ok(CompiledBallotStyle { compiled, keys })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let bits = styles.iter().map(|style| style.form().bits()).max().unwrap_or(0);
        let bases = SharedBases::new(Generators::new(bits), keys.to_vec());
        let fingerprint = Fingerprint::of(manifest.hash(), joint_key.root(), roll);
        let argument = Domain::BallotArgument.for_election(&fingerprint);
        let signature = Domain::BallotSignature.for_election(&fingerprint);
        Ok(Self { manifest, joint_key, fingerprint, styles, bases, argument, signature })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The joint key.
    #[must_use]
    pub fn joint_key(&self) -> &JointKey {
        &self.joint_key
    }

    /// The fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The ballot styles, in the order of the manifest.
    #[must_use]
    pub fn styles(&self) -> &[CompiledBallotStyle] {
        &self.styles
    }

    /// The ballot style with this number.
    #[must_use]
    pub fn style(&self, style: usize) -> Option<&CompiledBallotStyle> {
        self.styles.get(style)
    }

    /// The bases that batches of this election share.
    #[must_use]
    pub fn bases(&self) -> &SharedBases {
        &self.bases
    }

    /// The transcript of a ballot argument, up to who speaks.
    pub(crate) fn argument_transcript(&self, credential: &PublicElement) -> Transcript {
        let mut transcript = self.argument.clone();
        Guarded::CREDENTIAL.absorb_element(&mut transcript, credential);
        transcript
    }

    /// The transcript of a ballot's signature.
    pub(crate) fn signature_transcript(&self, tracker: &Tracker) -> Transcript {
        let mut transcript = self.signature.clone();
        transcript.absorb_bytes(b"tracker", tracker.as_bytes());
        transcript
    }
}
