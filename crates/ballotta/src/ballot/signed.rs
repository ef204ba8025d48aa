//! Encrypted ballots as they are published.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::credential::Entitlement;
use crate::election::ElectionContext;
use crate::elgamal::SlotCiphertext;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::PublicElement;
use crate::hash::{Fingerprint, Tracker, tagged};
use crate::proofs::ballot::BallotArgument;
use crate::proofs::schnorr::{KeyPair, SchnorrProof};

/// The tracker field of a credential's first ballot.
const NO_PREDECESSOR: Tracker = Tracker::from_bytes([0; 32]);

/// What stands at the beginning of every ballot, read without any arithmetic.
///
/// # Layout
///
/// Version (2 bytes), fingerprint (32), style (2), weight (8), credential (32), tracker of the credential's previous entry (32, zero
/// if there is none); then `R` (32), which is also read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotHeader {
    /// The election.
    pub fingerprint: Fingerprint,
    /// The ballot style, counted from 0.
    pub style: u16,
    /// The weight.
    pub weight: u64,
    /// The bytes of the public credential.
    pub credential: [u8; 32],
    /// The tracker of the credential's previous entry.
    pub previous: Option<Tracker>,
    /// The bytes of `R`.
    pub randomness: [u8; 32],
}

impl BallotHeader {
    /// The length of the header without `R`.
    pub const BYTES: usize = 108;

    /// Reads the header of a ballot.
    ///
    /// # Errors
    ///
    /// If it is cut short or of another version.
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

/// What decides whether two ballots of a board are the same, or share their randomness: read again from the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardBallotInfo {
    /// The tracker.
    pub tracker: Tracker,
    /// The bytes of `R`.
    pub randomness: [u8; 32],
}

impl BoardBallotInfo {
    /// Reads the bytes of a signed ballot. Nothing of it is verified.
    ///
    /// # Errors
    ///
    /// If the bytes are too short for a signed ballot, or of another version.
    pub fn read(ballot: &[u8]) -> Result<Self, DecodeError> {
        let BallotHeader { randomness, .. } = BallotHeader::read(ballot)?;
        Ok(Self { tracker: SignedBallot::tracker_of(ballot)?, randomness })
    }
}

/// An encrypted ballot without its signature. Its tracker names it.
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

    /// The bytes that the tracker names.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tracker.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The ballot style and the weight that the ballot was made for.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: usize::from(self.style), weight: self.weight }
    }

    /// The public credential.
    #[must_use]
    pub fn credential(&self) -> &PublicElement {
        &self.credential
    }

    /// The tracker of the credential's previous entry.
    #[must_use]
    pub fn previous(&self) -> Option<&Tracker> {
        self.previous.as_ref()
    }

    /// The encrypted slots.
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

    /// Reads an unsigned ballot: its header, then what the form of its style prescribes.
    pub(super) fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_after(&BallotHeader::read(bytes)?, context, bytes)
    }

    /// Reads an unsigned ballot whose header was read before.
    fn decode_after(header: &BallotHeader, context: &ElectionContext, bytes: &[u8]) -> Result<Self, DecodeError> {
        let unknown = DecodeError::UnknownValue { field: "style", found: u64::from(header.style) };
        let form = context.style(usize::from(header.style)).ok_or(unknown)?.form();
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

/// The tracker of an unsigned ballot with these bytes.
fn tracker(bytes: &[u8]) -> Tracker {
    Tracker::from_bytes(tagged("tracker", &[bytes]))
}

/// A ballot with the signature of its credential: what the ballot box receives and the board shows.
///
/// # Layout
///
/// The unsigned ballot, then the signature `K`, `s` (64 bytes) over its tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBallot {
    pub(super) unsigned: UnsignedBallot,
    pub(super) signature: SchnorrProof,
}

impl SignedBallot {
    /// Reads a signed ballot of this election's formats. Whether it is of this election, and valid, is
    /// [`verify_ballots`](super::verify_ballots)'s to say.
    ///
    /// # Errors
    ///
    /// The field that is not canonical.
    pub fn decode(context: &ElectionContext, bytes: &[u8]) -> Result<Self, DecodeError> {
        let (unsigned, _) = split(bytes)?;
        Self::decode_after(&BallotHeader::read(unsigned)?, context, bytes)
    }

    /// Reads a signed ballot whose header was read before.
    pub(super) fn decode_after(
        header: &BallotHeader,
        context: &ElectionContext,
        bytes: &[u8],
    ) -> Result<Self, DecodeError> {
        let (unsigned, signature) = split(bytes)?;
        let unsigned = UnsignedBallot::decode_after(header, context, unsigned)?;
        let mut reader = Reader::new(signature);
        let signature = SchnorrProof::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { unsigned, signature })
    }

    /// The bytes of the signed ballot.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.put(self.unsigned.as_bytes());
        self.signature.encode(&mut writer);
        writer.finish()
    }

    /// The ballot that is signed.
    #[must_use]
    pub fn unsigned(&self) -> &UnsignedBallot {
        &self.unsigned
    }

    /// The tracker.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        self.unsigned.tracker()
    }

    /// The tracker of the signed ballot with these bytes, of whatever election.
    ///
    /// # Errors
    ///
    /// If they are too short for a signed ballot.
    pub fn tracker_of(bytes: &[u8]) -> Result<Tracker, DecodeError> {
        split(bytes).map(|(unsigned, _)| tracker(unsigned))
    }
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let length = bytes.len().checked_sub(SchnorrProof::BYTES);
    length.and_then(|length| bytes.split_at_checked(length)).ok_or(DecodeError::Truncated { field: "signature" })
}

pub(super) fn sign<R: CryptoRng>(
    context: &ElectionContext,
    unsigned: UnsignedBallot,
    credential: &KeyPair,
    rng: &mut R,
) -> SignedBallot {
    let mut transcript = context.signature_transcript(unsigned.tracker());
    let signature = credential.prove(&mut transcript, rng);
    SignedBallot { unsigned, signature }
}
