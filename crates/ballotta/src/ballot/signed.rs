//! Encrypted ballots and their published bytes.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::elgamal::SlotCiphertext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::form::Form;
use crate::group::PublicElement;
use crate::hash::{Fingerprint, Tracker, tagged};
use crate::proofs::ballot::BallotArgument;
use crate::proofs::schnorr::SchnorrProof;

/// The tracker field of a credential's first ballot.
const NO_PREDECESSOR: Tracker = Tracker::from_bytes([0; 32]);

/// The fields at the beginning of every ballot. Reading them needs no arithmetic.
///
/// # Layout
///
/// Version (2 bytes), fingerprint (32), style (2), weight (8), credential (32), tracker of the credential's previous
/// entry (32, zero if there is none). `R` (32) follows and is read, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotHeader {
    /// The fingerprint of the election.
    pub fingerprint: Fingerprint,
    /// The number of the ballot style, counted from 0.
    pub style: u16,
    /// The weight of the voter.
    pub weight: u64,
    /// The bytes of the public credential.
    pub credential: [u8; 32],
    /// The tracker of the credential's previous entry, if there is one.
    pub previous: Option<Tracker>,
    /// The bytes of `R`, which all slots of the ciphertext share.
    pub randomness: [u8; 32],
}

impl BallotHeader {
    /// The length of the header without `R`, in bytes.
    pub const BYTES: usize = 108;

    /// Reads the header of a ballot.
    ///
    /// # Errors
    ///
    /// If the ballot is cut short or of another version.
    #[inline(never)]
    pub fn read(ballot: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(ballot);
        reader.version()?;
        let fingerprint = Fingerprint::from_bytes(reader.array("fingerprint")?);
        let style = reader.u16("style")?;
        let weight = reader.u64("weight")?;
        let credential = reader.array("credential")?;
        let previous =
            Some(Tracker::from_bytes(reader.array("previous")?)).filter(|tracker| *tracker != NO_PREDECESSOR);
        let randomness = reader.array("R")?;
        Ok(Self { fingerprint, style, weight, credential, previous, randomness })
    }
}

impl BallotHeader {
    /// The error of a ballot whose style does not exist.
    pub(super) fn unknown_style(&self) -> DecodeError {
        DecodeError::UnknownValue { field: "style", found: u64::from(self.style) }
    }
}

/// The parts of a ballot on the board that show whether two ballots are equal or share their randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardBallotInfo {
    /// The tracker of the ballot.
    pub tracker: Tracker,
    /// The bytes of `R`, which all slots of the ciphertext share.
    pub randomness: [u8; 32],
}

impl BoardBallotInfo {
    /// Reads the bytes of a signed ballot, without verifying them.
    ///
    /// # Errors
    ///
    /// If the bytes are too short for a signed ballot, or of another version.
    pub fn read(ballot: &[u8]) -> Result<Self, DecodeError> {
        let BallotHeader { randomness, .. } = BallotHeader::read(ballot)?;
        Ok(Self { tracker: SignedBallot::tracker_of(ballot)?, randomness })
    }
}

/// An encrypted ballot without its signature. The tracker is the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedBallot {
    style: u16,
    weight: u64,
    credential: PublicElement,
    previous: Option<Tracker>,
    ciphertext: SlotCiphertext,
    argument: BallotArgument,
    bytes: Vec<u8>,
    tracker: Tracker,
}

impl UnsignedBallot {
    pub(super) fn new(
        context: &ElectionContext,
        entitlement: Entitlement,
        credential: PublicElement,
        previous: Option<Tracker>,
        ciphertext: SlotCiphertext,
        argument: BallotArgument,
    ) -> Self {
        // A style of a manifest, which has at most `MAX_STYLES`.
        let style = entitlement.style as u16;
        let weight = entitlement.weight;
        let mut writer = Writer::versioned();
        writer.put(context.fingerprint().as_bytes()).u16(style).u64(weight).element(&credential);
        writer.put(previous.unwrap_or(NO_PREDECESSOR).as_bytes());
        ciphertext.encode(&mut writer);
        argument.encode(&mut writer);
        let bytes = writer.finish();
        let tracker = tracker(&bytes);
        Self { style, weight, credential, previous, ciphertext, argument, bytes, tracker }
    }

    /// Returns the bytes of the unsigned ballot, whose hash is the tracker.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the tracker of the ballot.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Returns the ballot style and the weight for which the ballot was made.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: usize::from(self.style), weight: self.weight }
    }

    /// Returns the public credential of the voter.
    #[must_use]
    pub fn credential(&self) -> &PublicElement {
        &self.credential
    }

    /// Returns the tracker of the credential's previous entry, if there is one.
    #[must_use]
    pub fn previous(&self) -> Option<&Tracker> {
        self.previous.as_ref()
    }

    /// Returns the ciphertexts of the ballot's slots.
    #[must_use]
    pub fn ciphertext(&self) -> &SlotCiphertext {
        &self.ciphertext
    }

    pub(super) fn argument(&self) -> &BallotArgument {
        &self.argument
    }

    pub(super) fn into_ciphertext(self) -> SlotCiphertext {
        self.ciphertext
    }

    /// Reads an unsigned ballot: its header, then ciphertext and argument, whose lengths follow from the form of its
    /// style.
    pub(super) fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, DecodeError> {
        let header = BallotHeader::read(bytes)?;
        let form = context.style(usize::from(header.style)).ok_or(header.unknown_style())?.form();
        Self::decode_in_form(header, form, bytes)
    }

    /// Reads an unsigned ballot with this header, whose style has this form.
    pub(super) fn decode_in_form(header: BallotHeader, form: &Form, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.take("header", BallotHeader::BYTES)?;
        let expected = form.ciphertext_and_argument_bytes();
        match reader.remaining().checked_sub(expected) {
            None => return Err(DecodeError::Truncated { field: "argument" }),
            Some(0) => {}
            Some(count) => return Err(DecodeError::Trailing { count }),
        }
        let ciphertext = SlotCiphertext::decode(&mut reader, form.slots())?;
        let argument = BallotArgument::decode(&mut reader, form.bits())?;
        reader.finish()?;
        let credential = Reader::new(&header.credential).element("credential")?;
        Ok(Self {
            style: header.style,
            weight: header.weight,
            credential,
            previous: header.previous,
            ciphertext,
            argument,
            bytes: bytes.to_vec(),
            tracker: tracker(bytes),
        })
    }
}

/// Returns the tracker of an unsigned ballot with these bytes.
pub(super) fn tracker(bytes: &[u8]) -> Tracker {
    Tracker::from_bytes(tagged("tracker", &[bytes]))
}

/// A ballot with the signature of its credential, as the ballot box receives it and the board publishes it.
///
/// # Layout
///
/// The unsigned ballot, then the signature `K`, `s` (64 bytes) of its tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBallot {
    pub(super) unsigned: UnsignedBallot,
    pub(super) signature: SchnorrProof,
}

impl SignedBallot {
    /// Reads a signed ballot in the format of its ballot style. [`verify_ballots`](super::verify_ballots) verifies that
    /// it belongs to this election and is valid.
    ///
    /// # Errors
    ///
    /// If a field is not canonical.
    pub fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, DecodeError> {
        let (unsigned, signature) = split(bytes)?;
        let unsigned = UnsignedBallot::decode(context, unsigned)?;
        let mut reader = Reader::new(signature);
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { unsigned, signature })
    }

    /// Returns the bytes of the signed ballot.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(self.unsigned.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }

    /// Returns the ballot without its signature.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        &self.unsigned
    }

    /// Returns the tracker of the ballot.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        self.unsigned.tracker()
    }

    /// Whether the credential that the ballot with these bytes names has signed it, for this election. Nothing else of the
    /// ballot is verified.
    pub(crate) fn is_signed<R: CryptoRng>(context: &ElectionContext, bytes: &[u8], rng: &mut R) -> bool {
        let mut verify = || {
            let (unsigned, signature) = split(bytes).ok()?;
            let credential = Reader::new(&BallotHeader::read(unsigned).ok()?.credential).element("credential").ok()?;
            let signature = SchnorrProof::decode(&mut Reader::new(signature)).ok()?;
            signature.verify(&mut context.signature_transcript(&tracker(unsigned)), &credential, rng).ok()
        };
        verify().is_some()
    }

    /// Computes the tracker of the signed ballot with these bytes, of any election.
    ///
    /// # Errors
    ///
    /// If the bytes are too short for a signed ballot.
    pub fn tracker_of(bytes: &[u8]) -> Result<Tracker, DecodeError> {
        split(bytes).map(|(unsigned, _)| tracker(unsigned))
    }
}

pub(super) fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let length = bytes.len().checked_sub(SchnorrProof::BYTES);
    length.and_then(|length| bytes.split_at_checked(length)).ok_or(DecodeError::Truncated { field: "signature" })
}
