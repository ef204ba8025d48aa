//! The key ceremony: trustees make the joint key together, and nobody ever has its secret.
//!
//! See `spec/ceremony.md`.
//!
//! # Construction
//!
//! Pedersen's distributed key generation (EUROCRYPT 1991) with Feldman's commitments, for all `N` slots in one run, `t`
//! trustees needed out of `T`. Trustee `d` draws a polynomial per slot and publishes its coefficients in the exponent:
//!
//! ```text
//! f_{d,s}(X) = a_{d,s,0} + a_{d,s,1} X + .. + a_{d,s,t-1} X^(t-1)      A_{d,s,c} = [a_{d,s,c}]G
//! joint key           Y_s     = sum_d A_{d,s,0}
//! share of trustee j  x_{j,s} = sum_d f_{d,s}(j)
//! verification key    Y_{j,s} = [x_{j,s}]G = sum_c [j^c] sum_d A_{d,s,c}
//! ```
//!
//! | step | message | what it fixes |
//! |---|---|---|
//! | register | [`Registration`]: encryption key, proof of possession | the roster: who deals, under which keys |
//! | commit | [`DealCommitment`]: hash of the deal | every deal, before anybody has seen another's |
//! | deal | [`Deal`]: commitments to coefficients, encrypted shares | the joint key |
//! | confirm | [`Confirmation`]: ceremony root, proof that the shares decrypt | who can take part in the decryption |
//!
//! A trustee's steps are states ([`Registered`], [`Committed`], [`Dealt`], [`TrusteeShares`]): each consumes the one
//! before and all messages of its step. Everybody else recomputes the joint key from the messages: [`JointKey::verify`].
//!
//! # Complaints
//!
//! A receiver whose shares do not decrypt or do not agree with the commitments stops with
//! [`ShareDecryptFailed`](CeremonyError::ShareDecryptFailed) or [`ShareInconsistent`](CeremonyError::ShareInconsistent).
//! A complaint that proves this to everybody comes between deal and confirmation: it publishes the Diffie-Hellman value
//! of the encryption with a proof under [`Domain::Complaint`](crate::transcript::Domain::Complaint), and the wire kind 4
//! is its own. Until then the ceremony is repeated, as a new attempt.
//!
//! # Security
//!
//! What a trustee sends is a function of its seed, the roster and the public messages, so that a process that restarts
//! sends the same bytes again; and never of the seed alone: a restart with the same polynomial at other seats would give
//! the key away. Up to `t - 1` trustees learn nothing about the key. A dealer that sees the others' deals before it
//! commits could choose the joint key, so it cannot; one that stops after having seen them biases the key by its choice
//! to stop (Gennaro, Jarecki, Krawczyk, Rabin, Journal of Cryptology 2007), which names it and harms nothing here: see
//! `spec/ballot.md#privacy`.

mod deals;
mod envelope;
mod error;
mod joint_key;
mod kind;
mod messages;
mod parameters;
mod polynomial;
mod progress;
mod roster;
mod seed;
mod share;
mod steps;
#[cfg(test)]
mod tests;
mod trustee;

pub use envelope::Signed;
pub use error::{CeremonyError, Evidence, UnattributedMessage};
pub use joint_key::JointKey;
pub use kind::MessageKind;
pub use messages::{CeremonyMessage, Confirmation, Deal, DealCommitment, Registration, message_header};
pub use parameters::{CeremonyParameters, FIRST_ATTEMPT};
pub use polynomial::{DuplicateIndex, lagrange_at_zero};
pub use progress::{CeremonyStep, NextMessageError, check_next_message};
pub use seed::TrusteeSeed;
pub use share::EncryptedShares;
pub use trustee::{Committed, Dealt, Registered, Trustee, TrusteeShares};
