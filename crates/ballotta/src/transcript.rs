//! Fiat-Shamir transcripts: every domain separator and every way to absorb something.
//!
//! See `spec/suite.md#transcripts`. A challenge comes from a Merlin transcript that has absorbed, in this order: the
//! suite, the proof's own domain, the context (the election fingerprint; in the ceremony, the roster), who speaks, the
//! whole statement and every prover message so far. The caller owns the transcript.

use alloc::vec::Vec;

use merlin::Transcript;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::SUITE;
use crate::group::{PublicElement, Scalar, SecretScalar};
use crate::hash::{Fingerprint, ManifestHash, RosterHash};
use crate::weaken::{self, Check};

/// What a transcript is for. No two kinds of proof or signature share a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// "This ciphertext contains a ballot that the rules allow."
    BallotArgument,
    /// A voter's signature over the tracker of a ballot.
    BallotSignature,
    /// A credential authority proves that it knows its part of a credential.
    CredentialPossession,
    /// A credential authority signs the roll of an election.
    RollSignature,
    /// A signature of the organiser over an entry of the board: opening, closing.
    OrganiserEntry,
    /// A trustee signs its registration for the ceremony.
    TrusteeRegistration,
    /// A trustee proves that it knows the encryption key that it registers.
    EncryptionKeyPossession,
    /// A trustee signs a message of the ceremony.
    CeremonyMessage,
    /// A dealer proves that it knows its constant terms.
    DealPossession,
    /// A dealer proves that it knows the ephemeral key of an encrypted share.
    ShareEphemeral,
    /// The encryption of a share.
    ShareEncryption,
    /// A complaint proves the Diffie-Hellman value that opens a share.
    Complaint,
    /// A trustee proves that its stored backup decrypts.
    BackupDecryption,
    /// A trustee's one statement about what it is going to decrypt.
    ClosingStatement,
    /// A trustee proves its partial decryption.
    PartialDecryption,
    /// What a trustee derives from its seed; no proof.
    TrusteeSecrets,
}

impl Domain {
    /// The domain separator.
    #[must_use]
    pub fn label(self) -> &'static [u8] {
        match self {
            Self::BallotArgument => b"ballot-argument",
            Self::BallotSignature => b"ballot-signature",
            Self::CredentialPossession => b"credential-possession",
            Self::RollSignature => b"roll-signature",
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
            Self::TrusteeSecrets => b"trustee-secrets",
        }
    }

    /// A transcript of this domain without a context yet.
    pub(crate) fn transcript(self) -> Transcript {
        let mut transcript = Transcript::new(SUITE.as_bytes());
        transcript.append_message(b"dom-sep", self.label());
        transcript
    }

    /// A transcript within an election.
    #[must_use]
    pub fn for_election(self, fingerprint: &Fingerprint) -> Transcript {
        let mut transcript = self.transcript();
        Guarded::FINGERPRINT.absorb_bytes(&mut transcript, fingerprint.as_bytes());
        transcript
    }

    /// A transcript within one attempt at the key ceremony.
    #[must_use]
    pub fn for_roster(self, roster: &RosterHash) -> Transcript {
        let mut transcript = self.transcript();
        transcript.append_message(b"roster", roster.as_bytes());
        transcript
    }

    /// A transcript before there is a roster: of registrations and credentials.
    #[must_use]
    pub fn for_manifest(self, manifest: &ManifestHash) -> Transcript {
        let mut transcript = self.transcript();
        transcript.append_message(b"manifest", manifest.as_bytes());
        transcript
    }
}

/// A message that a transcript absorbs unless a test has switched its check off: the forgery that this admits is what
/// the message protects from.
///
/// This is the table of all these messages. No other code asks whether a message is to be absorbed.
#[derive(Clone, Copy)]
pub(crate) struct Guarded {
    label: &'static [u8],
    check: Check,
}

impl Guarded {
    /// The election, in all transcripts within an election.
    pub(crate) const FINGERPRINT: Self = Self::new(b"fingerprint", Check::AbsorbFingerprint);
    /// The speaker of a ballot argument or a ballot signature.
    pub(crate) const CREDENTIAL: Self = Self::new(b"credential", Check::AbsorbCredential);
    /// The speaker of a proof of possession of a credential's part, or of a signature of the roll.
    pub(crate) const AUTHORITY: Self = Self::new(b"authority", Check::AbsorbAuthority);
    /// What the organiser signs: opening or closing.
    pub(crate) const ACTION: Self = Self::new(b"action", Check::AbsorbAction);
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

/// The encodings of elements, one after the other.
fn concatenated(elements: &[PublicElement]) -> Vec<u8> {
    elements.iter().flat_map(PublicElement::as_bytes).copied().collect()
}

/// What a transcript absorbs and gives.
pub trait ProofTranscript {
    /// Absorbs an element.
    fn absorb_element(&mut self, label: &'static [u8], element: &PublicElement);

    /// Absorbs elements as one message, one encoding after the other.
    fn absorb_elements(&mut self, label: &'static [u8], elements: &[PublicElement]);

    /// Absorbs scalars as one message, one encoding after the other.
    fn absorb_scalars(&mut self, label: &'static [u8], scalars: &[Scalar]);

    /// Absorbs bytes.
    fn absorb_bytes(&mut self, label: &'static [u8], bytes: &[u8]);

    /// Absorbs an integer.
    fn absorb_u64(&mut self, label: &'static [u8], value: u64);

    /// A challenge: 64 bytes reduced modulo the order of the group.
    fn challenge_scalar(&mut self, label: &'static [u8]) -> Scalar;

    /// A key of 32 bytes for whoever knows all that was absorbed.
    fn derive_key(&mut self, label: &'static [u8]) -> Zeroizing<[u8; 32]>;

    /// The nonces of a proof: from a clone of this transcript that also absorbs the secret and fresh randomness, so
    /// that neither a dead random source nor a repeated statement gives one nonce to two challenges.
    fn nonces<R: CryptoRng>(&self, secret: &SecretScalar, rng: &mut R) -> Nonces;

    /// The nonces of a proof that is a function of its secret and its transcript: inside a ballot, where the seed
    /// replaces the randomness as well, and in the ceremony, where a step repeated after a crash must give the same
    /// bytes.
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

/// A source of the secret nonces of one proof. It is wiped when dropped.
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

    /// The next nonce.
    pub fn draw(&mut self, label: &'static [u8]) -> SecretScalar {
        let mut bytes = Zeroizing::new([0; 64]);
        self.transcript.challenge_bytes(label, bytes.as_mut());
        SecretScalar::new(Scalar::from_wide(&bytes))
    }
}
