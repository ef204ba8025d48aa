//! The key pairs with which the organiser, the credential authorities and the trustees sign.
//!
//! The manifest contains their public keys. The signed data has these types:
//! [`OrganiserEntry`](crate::board::entry::OrganiserEntry), [`RollSignature`](crate::credential::RollSignature) and
//! [`ClosingStatement`](crate::decryption::ClosingStatement). The key pair of a trustee is derived from its
//! [`TrusteeSeed`](crate::key_ceremony::TrusteeSeed).

pub use crate::group::PublicElement;
pub use crate::proofs::ProofError;
pub use crate::proofs::schnorr::KeyPair;
