//! Credentials: the voting codes that people type, the secrets that are derived from them, and the roll of voters.
//!
//! See `spec/credential.md`.
//!
//! # Construction
//!
//! ```text
//! secret half      s_k = HKDF-SHA-512(code_k, H(manifest, key ceremony))      k = 1..authorities
//! credential       s = sum_k s_k
//! public           P = [s]G = sum_k P_k
//! ```
//!
//! Usually there is one authority. If there are several, no authority knows a whole credential. Each must prove for
//! its part `P_k` that it knows `s_k`. Otherwise the last authority could choose its part so that it knows the secret
//! of the sum.
//!
//! # Security
//!
//! A code gives a different credential for every manifest and joint key. So an attacker who shows a voter a different
//! election cannot show a roll that contains the credential of the voter.
//!
//! # Examples
//!
//! What a credential authority does after the key ceremony:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let (manifest, joint_key) = (test.context.manifest(), &test.joint_key);
//! use ballotta::credential::{Credential, RollLine, RollRules, VotingCode};
//! use ballotta::rand_core::UnwrapErr;
//! use getrandom::SysRng;
//!
//! // Every voter has the first ballot style and weight 1.
//! let mut voters = Vec::new();
//! for number in 1..=3 {
//!     let code = VotingCode::generate(&mut UnwrapErr(SysRng));
//!     println!("for the envelope of voter {number}: {}", *code.expose_text());
//!     let credential = Credential::derive(&code, manifest.hash(), joint_key.hash())?;
//!     voters.push(RollLine { number, credential: *credential.public().as_bytes(), style: 0, weight: 1 });
//! }
//! let roll: String = RollRules::for_manifest(manifest).write(voters).expect("a roll that keeps the rules").collect();
//! // The first line names the format and the manifest.
//! assert_eq!(roll.lines().count(), 1 + 3);
//! # Ok::<(), ballotta::credential::CredentialError>(())
//! ```

mod change;
mod code;
mod codes;
mod entitlement;
mod part_list;
pub(crate) mod parts;
mod roll;

use hkdf::Hkdf;
use merlin::Transcript;
use rand_core::CryptoRng;
use sha2::Sha512;
use zeroize::Zeroizing;

pub use self::change::{
    AddedLine, AddedLines, ChangeCounts, ChangeDraft, ChangeDraftError, ChangeReason, EffectiveChange, RollChange,
    RollChangeError, RollCounts,
};
pub(crate) use self::change::{ChangeRules, lines_in_all};
pub use self::code::{VotingCode, VotingCodeError};
pub use self::codes::{VotingCodes, VotingCodesError};
pub use self::entitlement::Entitlement;
pub use self::part_list::{
    Handle, PART_LIST_FORMAT, ParseHandleError, PartList, PartListError, PartListLine, combine_part_lists,
};
pub use self::parts::{authority_of_parts_file, parts_file_bytes, write_parts_file};
pub(crate) use self::roll::first_bytes;
pub use self::roll::{
    BLOCK_LINES, MAX_ROLL_BYTES, ROLL_FORMAT, RollError, RollIndex, RollLine, RollLookupError, RollProblem, RollReader,
    RollRefused, RollRules, RollSignature, RollSignatureError, RollTotals, StyleTotals, read_roll_block,
};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::group::{Element, PublicElement, Scalar, SecretScalar};
use crate::hash::{JointKeyHash, ManifestHash, tagged};
use crate::index::AuthorityIndex;
use crate::limits::MAX_AUTHORITIES;
use crate::proofs::schnorr::{KeyPair, SchnorrClaim, SchnorrProof};
use crate::transcript::{Domain, Guarded};
use crate::weaken::{self, Check};
use crate::words::counted;

/// A credential or one of its parts is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There are no parts, or more parts than there can be authorities.
    #[error("a credential has 1 to {MAX_AUTHORITIES} parts, not {found}")]
    WrongNumberOfParts {
        /// How many parts there are.
        found: usize,
    },
    /// The secret is zero, so that anybody could sign.
    #[error("the secret of the credential is zero")]
    ZeroSecret,
    /// The public credential is the identity, so that anybody could sign.
    #[error("the public credential is the identity")]
    Identity,
    /// A voter needs one voting code from each credential authority.
    #[error(
        "{}, one from each credential authority, {} needed, but {found} given",
        counted(.expected, "voting code", "voting codes"), if *.expected == 1 { "is" } else { "are" }
    )]
    WrongNumberOfCodes {
        /// How many codes there must be.
        expected: usize,
        /// How many codes there are.
        found: usize,
    },
    /// The same voting code was given twice, instead of those of two authorities.
    #[error("the same voting code was given twice: give one code from each credential authority")]
    RepeatedCode,
    /// The proof of an authority that it knows its part is invalid.
    #[error("the proof of credential authority {authority} that it knows its part of the credential is invalid")]
    Possession {
        /// The index of the authority.
        authority: AuthorityIndex,
    },
}

/// The credential of a voter in one election, or the part of it that one authority made. The credential signs ballots.
pub struct Credential {
    key_pair: KeyPair,
}

impl Credential {
    /// Derives the credential from a voting code, for the election with this manifest and joint key. Constant time.
    ///
    /// # Errors
    ///
    /// `ZeroSecret`, with a probability of about `2^-252`.
    pub fn derive(
        code: &VotingCode,
        manifest: &ManifestHash,
        joint_key: &JointKeyHash,
    ) -> Result<Self, CredentialError> {
        let salt = tagged("credential", &[manifest.as_bytes(), joint_key.as_bytes()]);
        let mut bytes = Zeroizing::new([0; 64]);
        // The expansion to 64 bytes, which is one block, never fails.
        Hkdf::<Sha512>::new(Some(&salt), code.expose_bytes())
            .expand(b"secret", bytes.as_mut())
            .map_err(|_| CredentialError::ZeroSecret)?;
        Self::new(SecretScalar::new(Scalar::from_wide(&bytes)))
    }

    /// Adds the parts of a credential, one from each authority. Constant time.
    ///
    /// # Errors
    ///
    /// `WrongNumberOfParts`, or `ZeroSecret` if the sum of the parts is zero.
    pub fn combine(parts: &[Self]) -> Result<Self, CredentialError> {
        check_number_of_parts(parts.len())?;
        Self::new(SecretScalar::new(parts.iter().map(|part| *part.key_pair.secret().expose_scalar()).sum()))
    }

    fn new(secret: SecretScalar) -> Result<Self, CredentialError> {
        // This comparison takes variable time only if the secret is zero, and then there is nothing to protect.
        if *secret.expose_scalar() == Scalar::ZERO {
            return Err(CredentialError::ZeroSecret);
        }
        Ok(Self { key_pair: KeyPair::new(secret) })
    }

    /// Returns the public credential, which appears on the roll.
    #[must_use]
    pub fn public(&self) -> &PublicElement {
        self.key_pair.public()
    }

    /// Returns the key pair that signs ballots of the voter.
    #[must_use]
    pub fn key_pair(&self) -> &KeyPair {
        &self.key_pair
    }
}

fn check_number_of_parts(found: usize) -> Result<(), CredentialError> {
    if (1..=MAX_AUTHORITIES).contains(&found) { Ok(()) } else { Err(CredentialError::WrongNumberOfParts { found }) }
}

/// Adds the parts of a public credential, one from each authority. The caller must verify the proof of possession of
/// every part.
///
/// # Errors
///
/// `WrongNumberOfParts`, or `Identity` if the sum of the parts is the identity.
pub fn combine_public(parts: &[PublicElement]) -> Result<PublicElement, CredentialError> {
    check_number_of_parts(parts.len())?;
    let sum = PublicElement::from(parts.iter().map(|part| *part.element()).sum::<Element>());
    refuse_identity(&sum)?;
    Ok(sum)
}

fn refuse_identity(public: &PublicElement) -> Result<(), CredentialError> {
    if public.is_identity() && weaken::is_on(Check::RefuseIdentity) { Err(CredentialError::Identity) } else { Ok(()) }
}

/// The proof of a credential authority that it knows its part of a credential.
///
/// # Security
///
/// The transcript absorbs the index of the authority. So an authority cannot copy a part, with its proof, from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialPossession {
    proof: SchnorrProof,
}

impl CredentialPossession {
    /// The length of the encoding in bytes.
    pub const BYTES: usize = SchnorrProof::BYTES;

    /// Proves that the authority knows this part of a credential.
    #[must_use]
    pub fn prove<R: CryptoRng>(
        manifest: &ManifestHash,
        authority: AuthorityIndex,
        part: &Credential,
        rng: &mut R,
    ) -> Self {
        Self { proof: part.key_pair.prove(&mut possession_transcript(manifest, authority), rng) }
    }

    /// Reads the encoding of a proof.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for the first field that is not canonical.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { proof: SchnorrProof::decode(reader)? })
    }

    /// Writes the canonical encoding of the proof.
    pub fn encode(&self, writer: &mut Writer) {
        self.proof.encode(writer);
    }

    /// Returns the claim that the proof is valid for a part, to be verified in a batch.
    ///
    /// # Errors
    ///
    /// `Identity` if the part is the identity, because everybody knows its secret, which is zero.
    pub fn claim(
        &self,
        manifest: &ManifestHash,
        authority: AuthorityIndex,
        part: &PublicElement,
    ) -> Result<SchnorrClaim, CredentialError> {
        refuse_identity(part)?;
        Ok(self.proof.claim(&mut possession_transcript(manifest, authority), part))
    }

    /// Verifies the proof for a part of an authority.
    ///
    /// # Errors
    ///
    /// `Identity` if the part is the identity, or `Possession` if the proof is invalid.
    pub fn verify<R: CryptoRng>(
        &self,
        manifest: &ManifestHash,
        authority: AuthorityIndex,
        part: &PublicElement,
        rng: &mut R,
    ) -> Result<(), CredentialError> {
        refuse_identity(part)?;
        self.proof
            .verify(&mut possession_transcript(manifest, authority), part, rng)
            .map_err(|_| CredentialError::Possession { authority })
    }
}

fn possession_transcript(manifest: &ManifestHash, authority: AuthorityIndex) -> Transcript {
    let mut transcript = Domain::CredentialPossession.for_manifest(manifest);
    Guarded::AUTHORITY.absorb_u64(&mut transcript, authority.get().into());
    transcript
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    const MANIFEST: ManifestHash = ManifestHash::from_bytes([1; 32]);
    const FIRST: AuthorityIndex = AuthorityIndex::FIRST;
    const SECOND: AuthorityIndex = AuthorityIndex::new(2).unwrap();
    const JOINT_KEY: JointKeyHash = JointKeyHash::from_bytes([2; 32]);

    fn credential(seed: u64) -> Credential {
        Credential::derive(&VotingCode::generate(&mut TestRng(seed)), &MANIFEST, &JOINT_KEY).unwrap()
    }

    fn cancelling(seed: u64) -> [Credential; 2] {
        let one = credential(seed);
        let other = SecretScalar::new(-*one.key_pair.secret().expose_scalar());
        [one, Credential::new(other).unwrap()]
    }

    #[test]
    fn a_credential_has_a_frozen_value() {
        let code: VotingCode = "0024H-36H2N-CSVRH-6DAQF-6DVVQ-ZE6".parse().unwrap();
        let credential = Credential::derive(&code, &MANIFEST, &JOINT_KEY).unwrap();
        assert_eq!(
            hex::encode(credential.public().as_bytes()),
            "66c55befa25d8f87d0bbc069f8a31154bbdad9c081c92f3ce7ff91bf1b25a06a"
        );
    }

    /// Attack E3: the same code in another election.
    #[test]
    fn the_credential_depends_on_code_manifest_and_joint_key() {
        let [code, other] = [1, 2].map(|seed| VotingCode::generate(&mut TestRng(seed)));
        let public = |code, manifest: &ManifestHash, joint_key: &JointKeyHash| {
            *Credential::derive(code, manifest, joint_key).unwrap().public().as_bytes()
        };
        let first = public(&code, &MANIFEST, &JOINT_KEY);
        assert_eq!(first, public(&code, &MANIFEST, &JOINT_KEY));
        assert_ne!(first, public(&other, &MANIFEST, &JOINT_KEY));
        assert_ne!(first, public(&code, &ManifestHash::from_bytes([3; 32]), &JOINT_KEY));
        assert_ne!(first, public(&code, &MANIFEST, &JointKeyHash::from_bytes([3; 32])));
        // Manifest and joint key are not interchangeable.
        let swapped = (ManifestHash::from_bytes([2; 32]), JointKeyHash::from_bytes([1; 32]));
        assert_ne!(first, public(&code, &swapped.0, &swapped.1));
    }

    #[test]
    fn the_sum_of_the_parts_is_the_credential_of_the_sum() {
        for count in 1..=MAX_AUTHORITIES {
            let parts: alloc::vec::Vec<_> = (0..count as u64).map(credential).collect();
            let public: alloc::vec::Vec<_> = parts.iter().map(|part| *part.public()).collect();
            assert_eq!(Credential::combine(&parts).map(|whole| *whole.public()), combine_public(&public));
        }
    }

    #[test]
    fn no_parts_and_too_many_are_refused() {
        for found in [0, MAX_AUTHORITIES + 1] {
            let parts: alloc::vec::Vec<_> = (0..found as u64).map(credential).collect();
            let public: alloc::vec::Vec<_> = parts.iter().map(|part| *part.public()).collect();
            let refused = Some(CredentialError::WrongNumberOfParts { found });
            assert_eq!(Credential::combine(&parts).err(), refused);
            assert_eq!(combine_public(&public).err(), refused);
        }
    }

    /// Attack G2.
    #[test]
    fn zero_secrets_are_refused() {
        assert_eq!(Credential::new(SecretScalar::new(Scalar::ZERO)).err(), Some(CredentialError::ZeroSecret));
        let parts = cancelling(1);
        assert_eq!(Credential::combine(&parts).err(), Some(CredentialError::ZeroSecret));
        assert_eq!(combine_public(&parts.map(|part| *part.public())), Err(CredentialError::Identity));
    }

    fn zero_possession(rng: &mut TestRng) -> (PublicElement, CredentialPossession) {
        let key_pair = KeyPair::new(SecretScalar::new(Scalar::ZERO));
        let proof = key_pair.prove(&mut possession_transcript(&MANIFEST, FIRST), rng);
        (*key_pair.public(), CredentialPossession { proof })
    }

    /// Attack G2: everybody knows the logarithm of the identity.
    #[test]
    fn the_identity_is_refused_as_a_part() {
        let mut rng = TestRng(7);
        let (identity, possession) = zero_possession(&mut rng);
        assert_eq!(possession.verify(&MANIFEST, FIRST, &identity, &mut rng), Err(CredentialError::Identity));
        assert_eq!(possession.claim(&MANIFEST, FIRST, &identity).err(), Some(CredentialError::Identity));
    }

    /// Attack B2, and D1 for credentials: a proof is valid only for its key, its authority and its manifest.
    #[test]
    fn possession_is_bound_to_key_authority_and_manifest() {
        let mut rng = TestRng(8);
        let part = credential(1);
        let possession = CredentialPossession::prove(&MANIFEST, FIRST, &part, &mut rng);
        let mut verify =
            |manifest, authority, part: &PublicElement| possession.verify(manifest, authority, part, &mut rng);
        assert_eq!(verify(&MANIFEST, FIRST, part.public()), Ok(()));
        assert_eq!(verify(&MANIFEST, SECOND, part.public()), Err(CredentialError::Possession { authority: SECOND }));
        let refused = Err(CredentialError::Possession { authority: FIRST });
        assert_eq!(verify(&MANIFEST, FIRST, credential(2).public()), refused);
        assert_eq!(verify(&ManifestHash::from_bytes([9; 32]), FIRST, part.public()), refused);
    }

    #[test]
    fn possession_is_written_and_read() {
        let mut rng = TestRng(9);
        let possession = CredentialPossession::prove(&MANIFEST, FIRST, &credential(1), &mut rng);
        let mut writer = Writer::new();
        possession.encode(&mut writer);
        let bytes = writer.finish();
        assert_eq!(bytes.len(), CredentialPossession::BYTES);
        assert_eq!(CredentialPossession::decode(&mut Reader::new(&bytes)), Ok(possession));
        let short = CredentialPossession::decode(&mut Reader::new(&bytes[..63]));
        assert_eq!(short, Err(DecodeError::Truncated { field: "s" }));
    }

    #[cfg(feature = "weaken")]
    mod weakened {
        use super::*;
        use crate::weaken::Weaken;

        #[test]
        fn without_the_check_the_identity_is_a_part() {
            let mut rng = TestRng(7);
            let (identity, possession) = zero_possession(&mut rng);
            let parts = cancelling(1).map(|part| *part.public());
            let _weaken = Weaken::without(Check::RefuseIdentity);
            assert_eq!(possession.verify(&MANIFEST, FIRST, &identity, &mut rng), Ok(()));
            assert_eq!(combine_public(&parts), Ok(identity));
        }

        #[test]
        fn without_the_authority_in_the_transcript_a_part_is_copied() {
            let mut rng = TestRng(8);
            let part = credential(1);
            let _weaken = Weaken::without(Check::AbsorbAuthority);
            let possession = CredentialPossession::prove(&MANIFEST, FIRST, &part, &mut rng);
            assert_eq!(possession.verify(&MANIFEST, SECOND, part.public(), &mut rng), Ok(()));
        }
    }
}
