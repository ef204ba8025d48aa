//! The keys with which the organiser, the credential authorities and the trustees sign.
//!
//! The public half of each is in the manifest. What is signed has types of its own:
//! [`OrganiserEntry`](crate::board::entry::OrganiserEntry), [`RollSignature`](crate::credential::RollSignature) and
//! [`ClosingStatement`](crate::decryption::ClosingStatement). The keys of a trustee derive from its
//! [`TrusteeSeed`](crate::key_ceremony::TrusteeSeed).

pub use crate::proofs::schnorr::KeyPair;
