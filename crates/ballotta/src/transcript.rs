//! Fiat-Shamir transcripts: all domain separators, and all ways to absorb a message.
//!
//! See `spec/suite.md#transcripts`. A challenge comes from a Merlin transcript that has absorbed, in this order: the
//! suite, the domain of the proof, the context (the election fingerprint or, in the ceremony, the roster), the prover,
//! the whole statement and all earlier messages of the prover. The caller owns the transcript.

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::SUITE;
use crate::group::{PublicElement, Scalar, SecretScalar};
use crate::hash::{Fingerprint, ManifestHash, RosterHash};
use crate::weaken::{self, Check};

/// The purpose of a transcript. Each kind of proof or signature has its own domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// The proof that a ciphertext contains a ballot that the rules allow.
    BallotArgument,
    /// A voter's signature over the tracker of a ballot.
    BallotSignature,
    /// The proof of a credential authority that it knows its part of a credential.
    CredentialPossession,
    /// The proof of a credential authority that it knows its parts of all credentials of a roll.
    CredentialParts,
    /// The signature of a credential authority over the list that it gives to the others.
    PartList,
    /// The signature of a credential authority over the roll of an election.
    RollSignature,
    /// The signature of a credential authority over a change of the roll while the voting is open.
    RollChange,
    /// The proof of a credential authority that it knows its part of a credential that a change adds.
    ChangePossession,
    /// The signature of the organiser over an entry of the board: the opening, the cut-off, the closing or the cancellation.
    OrganiserEntry,
    /// The signature of a trustee over its registration for the ceremony.
    TrusteeRegistration,
    /// The proof of a trustee that it knows the secret of the encryption key that it registers.
    EncryptionKeyPossession,
    /// The signature of a trustee over a message of the ceremony, except a registration.
    CeremonyMessage,
    /// The proof of a dealer that it knows its constant terms.
    DealPossession,
    /// The proof of a dealer that it knows the secret of the ephemeral key of encrypted shares.
    ShareEphemeral,
    /// The key that encrypts the shares from one dealer to one receiver. No proof uses it.
    ShareEncryption,
    /// The proof in a complaint that a Diffie-Hellman value opens a share.
    Complaint,
    /// The proof of a trustee that it can decrypt with its stored shares.
    BackupDecryption,
    /// The signature of a trustee over its only statement about the ballots that it will decrypt.
    ClosingStatement,
    /// The proof of a trustee that its partial decryption is correct.
    PartialDecryption,
    /// The proof of a trustee that its part of the lot is correct.
    LotShare,
    /// The signature of a trustee over its partial decryption.
    DecryptionSignature,
    /// The secrets that a trustee derives from its seed. No proof uses it.
    TrusteeSecrets,
}

impl Domain {
    /// Returns the domain separator, which the transcript absorbs first.
    #[must_use]
    pub fn label(self) -> &'static [u8] {
        match self {
            Self::BallotArgument => b"ballot-argument",
            Self::BallotSignature => b"ballot-signature",
            Self::CredentialPossession => b"credential-possession",
            Self::CredentialParts => b"credential-parts",
            Self::PartList => b"part-list",
            Self::RollSignature => b"roll-signature",
            Self::RollChange => b"roll-change",
            Self::ChangePossession => b"change-possession",
            Self::OrganiserEntry => b"organiser-entry",
            Self::TrusteeRegistration => b"trustee-registration",
            Self::EncryptionKeyPossession => b"encryption-key-possession",
            Self::CeremonyMessage => b"ceremony-message",
            Self::DealPossession => b"deal-possession",
            Self::ShareEphemeral => b"share-ephemeral",
            Self::ShareEncryption => b"share-encryption",
            Self::Complaint => b"complaint",
            Self::BackupDecryption => b"backup-decryption",
            Self::ClosingStatement => b"closing-statement",
            Self::PartialDecryption => b"partial-decryption",
            Self::LotShare => b"lot-share",
            Self::DecryptionSignature => b"decryption-signature",
            Self::TrusteeSecrets => b"trustee-secrets",
        }
    }

    /// Starts a transcript of this domain that has no context yet.
    pub(crate) fn transcript(self) -> Transcript {
        let mut transcript = Transcript::new(SUITE.as_bytes());
        transcript.append_message(b"dom-sep", self.label());
        transcript
    }

    /// Starts a transcript whose context is an election.
    #[must_use]
    pub fn for_election(self, fingerprint: &Fingerprint) -> Transcript {
        let mut transcript = self.transcript();
        Guarded::FINGERPRINT.absorb_bytes(&mut transcript, fingerprint.as_bytes());
        transcript
    }

    /// Starts a transcript whose context is one attempt at the key ceremony.
    #[must_use]
    pub fn for_roster(self, roster: &RosterHash) -> Transcript {
        let mut transcript = self.transcript();
        transcript.append_message(b"roster", roster.as_bytes());
        transcript
    }

    /// Starts a transcript for registrations and credentials, which are made before there is a roster.
    #[must_use]
    pub fn for_manifest(self, manifest: &ManifestHash) -> Transcript {
        let mut transcript = self.transcript();
        transcript.append_message(b"manifest", manifest.as_bytes());
        transcript
    }
}

/// A message that a transcript absorbs unless a test has switched its check off. Without the message, a forgery is
/// possible, and the test shows it.
///
/// This is the table of all such messages. No other code decides whether a message is absorbed.
#[derive(Clone, Copy)]
pub(crate) struct Guarded {
    label: &'static [u8],
    check: Check,
}

impl Guarded {
    /// The fingerprint of the election, in all transcripts whose context is an election.
    pub(crate) const FINGERPRINT: Self = Self::new(b"fingerprint", Check::AbsorbFingerprint);
    /// The voter's credential, in a ballot argument or a ballot signature.
    pub(crate) const CREDENTIAL: Self = Self::new(b"credential", Check::AbsorbCredential);
    /// The authority that proves that it knows its part of a credential, or that signs the roll.
    pub(crate) const AUTHORITY: Self = Self::new(b"authority", Check::AbsorbAuthority);
    /// The parts of a credential authority, before the weights of their sum are drawn.
    pub(crate) const PARTS: Self = Self::new(b"parts", Check::AbsorbParts);
    /// The file with the parts of a credential authority, in its signature of the roll.
    pub(crate) const PARTS_FILE: Self = Self::new(b"parts", Check::SignedParts);
    /// The action that the organiser signs: opening, cut-off, closing or cancellation.
    pub(crate) const ACTION: Self = Self::new(b"action", Check::AbsorbAction);
    /// The time before which a board must not use an entry of the organiser.
    pub(crate) const NOT_BEFORE: Self = Self::new(b"not-before", Check::AbsorbNotBefore);
    /// Why the organiser cancels an election.
    pub(crate) const REASON: Self = Self::new(b"reason", Check::AbsorbReason);
    /// The ciphertext of a ballot argument.
    pub(crate) const R: Self = Self::new(b"R", Check::AbsorbCiphertext);
    /// The ciphertext of a ballot argument.
    pub(crate) const C: Self = Self::new(b"C", Check::AbsorbCiphertext);
    /// The commitments of a ballot argument, before `rho` is drawn.
    pub(crate) const B: Self = Self::new(b"B", Check::AbsorbBitCommitments);
    /// The commitments of a ballot argument, before `rho` is drawn.
    pub(crate) const A: Self = Self::new(b"A", Check::AbsorbBitCommitments);
    /// The announcements of a ballot argument, before `x` is drawn.
    pub(crate) const E_R: Self = Self::new(b"E_R", Check::AbsorbLinkAnnouncements);
    /// The announcements of a ballot argument, before `x` is drawn.
    pub(crate) const E_C: Self = Self::new(b"E_C", Check::AbsorbLinkAnnouncements);
    /// The public key of a Schnorr proof.
    pub(crate) const PUBLIC_KEY: Self = Self::new(b"P", Check::AbsorbPublicKey);
    /// The announcement of a Schnorr proof.
    pub(crate) const NONCE: Self = Self::new(b"K", Check::AbsorbNonce);
    /// The base of an equality proof.
    pub(crate) const EQUALITY_BASE: Self = Self::new(b"R", Check::AbsorbEqualityBase);
    /// The keys of an equality proof, each followed by its factor.
    pub(crate) const EQUALITY_KEY: Self = Self::new(b"Y", Check::AbsorbFactors);
    /// The factors of an equality proof.
    pub(crate) const EQUALITY_FACTOR: Self = Self::new(b"D", Check::AbsorbFactors);
    /// The announcements of an equality proof.
    pub(crate) const EQUALITY_A: Self = Self::new(b"A", Check::AbsorbEqualityAnnouncements);
    /// The announcements of an equality proof.
    pub(crate) const EQUALITY_B: Self = Self::new(b"B", Check::AbsorbEqualityAnnouncements);

    const fn new(label: &'static [u8], check: Check) -> Self {
        Self { label, check }
    }

    pub(crate) fn absorb_bytes(self, transcript: &mut Transcript, bytes: &[u8]) {
        if weaken::is_on(self.check) {
            transcript.append_message(self.label, bytes);
        }
    }

    pub(crate) fn absorb_element(self, transcript: &mut Transcript, element: &PublicElement) {
        self.absorb_bytes(transcript, element.as_bytes());
    }

    pub(crate) fn absorb_elements(self, transcript: &mut Transcript, elements: &[PublicElement]) {
        self.absorb_bytes(transcript, &concatenated(elements));
    }

    pub(crate) fn absorb_u64(self, transcript: &mut Transcript, value: u64) {
        self.absorb_bytes(transcript, &value.to_le_bytes());
    }
}

/// Concatenates the encodings of elements.
fn concatenated(elements: &[PublicElement]) -> Vec<u8> {
    elements.iter().flat_map(PublicElement::as_bytes).copied().collect()
}

/// The messages that a transcript absorbs, and the challenges and nonces that it produces.
pub trait ProofTranscript {
    /// Absorbs the encoding of an element.
    fn absorb_element(&mut self, label: &'static [u8], element: &PublicElement);

    /// Absorbs the concatenated encodings of elements as one message.
    fn absorb_elements(&mut self, label: &'static [u8], elements: &[PublicElement]);

    /// Absorbs the concatenated encodings of scalars as one message.
    fn absorb_scalars(&mut self, label: &'static [u8], scalars: &[Scalar]);

    /// Absorbs bytes as one message.
    fn absorb_bytes(&mut self, label: &'static [u8], bytes: &[u8]);

    /// Absorbs an integer as 8 little-endian bytes.
    fn absorb_u64(&mut self, label: &'static [u8], value: u64);

    /// Draws a challenge: 64 bytes reduced modulo the order of the group.
    fn challenge_scalar(&mut self, label: &'static [u8]) -> Scalar;

    /// Derives a key of 32 bytes from everything that was absorbed.
    fn derive_key(&mut self, label: &'static [u8]) -> Zeroizing<[u8; 32]>;

    /// Returns the source of the nonces of a proof: a clone of this transcript that also absorbs the secret and fresh
    /// randomness. So two challenges never have the same nonce, even if the random source fails or a statement is
    /// repeated.
    fn nonces<R: CryptoRng>(&self, secret: &SecretScalar, rng: &mut R) -> Nonces;

    /// Returns the source of the nonces of a proof that depends on nothing but its secret and its transcript. A ballot
    /// uses it because its seed also replaces the randomness. The ceremony uses it because a step that is repeated
    /// after a crash must give the same bytes.
    fn deterministic_nonces(&self, secret: &[u8; 32]) -> Nonces;
}

impl ProofTranscript for Transcript {
    fn absorb_element(&mut self, label: &'static [u8], element: &PublicElement) {
        self.append_message(label, element.as_bytes());
    }

    fn absorb_elements(&mut self, label: &'static [u8], elements: &[PublicElement]) {
        self.append_message(label, &concatenated(elements));
    }

    fn absorb_scalars(&mut self, label: &'static [u8], scalars: &[Scalar]) {
        let bytes: Vec<u8> = scalars.iter().flat_map(Scalar::to_bytes).collect();
        self.append_message(label, &bytes);
    }

    fn absorb_bytes(&mut self, label: &'static [u8], bytes: &[u8]) {
        self.append_message(label, bytes);
    }

    fn absorb_u64(&mut self, label: &'static [u8], value: u64) {
        self.append_u64(label, value);
    }

    fn challenge_scalar(&mut self, label: &'static [u8]) -> Scalar {
        let mut bytes = [0; 64];
        self.challenge_bytes(label, &mut bytes);
        Scalar::from_wide(&bytes)
    }

    fn derive_key(&mut self, label: &'static [u8]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        self.challenge_bytes(label, key.as_mut());
        key
    }

    fn nonces<R: CryptoRng>(&self, secret: &SecretScalar, rng: &mut R) -> Nonces {
        let mut randomness = Zeroizing::new([0; 32]);
        rng.fill_bytes(randomness.as_mut());
        let secret = Zeroizing::new(secret.expose_scalar().to_bytes());
        Nonces::new(self, &secret, &randomness)
    }

    fn deterministic_nonces(&self, secret: &[u8; 32]) -> Nonces {
        Nonces::new(self, secret, &[0; 32])
    }
}

/// A source of the secret nonces of one proof, which is wiped when dropped.
pub struct Nonces {
    transcript: Transcript,
}

impl Nonces {
    fn new(transcript: &Transcript, secret: &[u8; 32], randomness: &[u8; 32]) -> Self {
        let mut transcript = transcript.clone();
        transcript.append_message(b"nonce-secret", secret);
        transcript.append_message(b"nonce-randomness", randomness);
        Self { transcript }
    }

    /// Draws the next nonce, with a label that names it.
    pub fn draw(&mut self, label: &'static [u8]) -> SecretScalar {
        let mut bytes = Zeroizing::new([0; 64]);
        self.transcript.challenge_bytes(label, bytes.as_mut());
        SecretScalar::new(Scalar::from_wide(&bytes))
    }
}
