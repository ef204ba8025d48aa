//! The key ceremony: the trustees make the joint public key together, and nobody ever has its secret key.
//!
//! See `spec/ceremony.md`.
//!
//! # Construction
//!
//! Pedersen's distributed key generation (EUROCRYPT 1991) with Feldman's commitments, for all `N` slots in one run. `t`
//! of `T` trustees are needed to decrypt. Trustee `d` draws a polynomial for each slot and publishes commitments to its
//! coefficients:
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
//! The steps of a trustee are states (`Registered`, `Committed`, `Dealt`, `TrusteeShares`). To get to the next state, a
//! trustee needs its last state and the messages of all trustees in that step. Everybody else recomputes the joint key
//! from the messages: [`JointKey::verify`].
//!
//! # Complaints
//!
//! If its shares do not decrypt or contradict the commitments, a receiver stops with the error
//! [`ShareDecryptFailed`](CeremonyError::ShareDecryptFailed) or
//! [`ShareInconsistent`](CeremonyError::ShareInconsistent). A complaint that proves this to everybody is planned as a
//! message between deal and confirmation: it publishes the Diffie-Hellman value of the encryption with a proof under
//! `Domain::Complaint`. The message kind 4 is reserved for it. Until complaints exist, the ceremony must be repeated as a
//! new attempt.
//!
//! # Security
//!
//! The messages of a trustee depend on its seed, the roster and the public messages, so that a process that restarts
//! sends the same bytes again. They never depend on the seed alone: if a ceremony were repeated with the same
//! polynomials at other indices, the shares would reveal the key. Up to `t - 1` trustees learn nothing about the key.
//!
//! A dealer that saw the deals of others before its own is fixed could choose the joint key. So all dealers commit to
//! their deals first. A dealer that stops after it has seen the deals of others biases the key by its choice to stop
//! (Gennaro, Jarecki, Krawczyk, Rabin, Journal of Cryptology 2007). Everybody sees who stopped, and the bias does no
//! harm here: see `spec/ballot.md#privacy`.
//!
//! # Examples
//!
//! A trustee takes part with a [`TrusteeSession`](crate::trustee::TrusteeSession), which finds the step that is due. The
//! app collects the messages on the board, and sends the new one to it:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # let (manifest, seeds) = (test.context.manifest(), &test.trustee_seeds);
//! use std::convert::Infallible;
//!
//! use ballotta::key_ceremony::{CeremonyParameters, CeremonyStep, FIRST_ATTEMPT, JointKey, TrusteeSeed};
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::trustee::{StatementStore, TrusteeSession, new_state};
//! use getrandom::SysRng;
//!
//! /// A store in memory, as in the example of the module `trustee`.
//! struct MemoryStore(Option<Vec<u8>>);
//! # impl StatementStore for MemoryStore {
//! #     type Error = Infallible;
//! #     fn load(&self) -> Result<Option<Vec<u8>>, Infallible> {
//! #         Ok(self.0.clone())
//! #     }
//! #     fn replace(&mut self, document: &[u8]) -> Result<(), Infallible> {
//! #         self.0 = Some(document.to_vec());
//! #         Ok(())
//! #     }
//! # }
//!
//! // `manifest` names three trustees, and `seeds` has the secret of each. In an election these are three programs.
//! let rng = &mut UnwrapErr(SysRng);
//! let parameters = CeremonyParameters::for_manifest(manifest, FIRST_ATTEMPT)?;
//! let mut messages: Vec<Vec<u8>> = Vec::new();
//! for round in 1..=4 {
//!     for seed in seeds {
//!         let seed = TrusteeSeed::from_bytes(seed);
//!         let store = MemoryStore(Some(new_state(seed.signing_key().public())));
//!         let step = TrusteeSession::new(seed, store).ceremony_step(parameters.clone(), &messages, rng)?;
//!         let CeremonyStep::Due { message, .. } = step else { panic!("a message is due in every round") };
//!         messages.push(message);
//!     }
//! }
//! // Anybody computes the joint key from the messages, and so do the verifier and the voters' apps.
//! let joint_key = JointKey::verify(&parameters, &messages, rng)?;
//! # let _ = joint_key;
//! assert_eq!(messages.len(), 4 * 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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

pub use error::{CeremonyError, Evidence, UnattributedMessage};
pub use joint_key::JointKey;
pub use kind::MessageKind;
pub use messages::{CeremonyMessage, Confirmation, Deal, DealCommitment, Registration, message_header};
pub use parameters::{CeremonyParameters, FIRST_ATTEMPT};
pub use progress::{CeremonyStep, NextMessageError, check_next_message};
pub use seed::TrusteeSeed;

// The steps of a trustee one by one, and what its messages contain, are for tests, benches and research.
// `trustee::TrusteeSession` takes the step that is due.
#[cfg(not(feature = "hazmat"))]
pub(crate) use self::{
    envelope::Signed,
    polynomial::{DuplicateIndex, lagrange_at_zero},
    share::EncryptedShares,
    trustee::{Committed, Dealt, Registered, Trustee, TrusteeShares},
};
#[cfg(feature = "hazmat")]
pub use self::{
    envelope::Signed,
    polynomial::{DuplicateIndex, lagrange_at_zero},
    share::EncryptedShares,
    trustee::{Committed, Dealt, Registered, Trustee, TrusteeShares},
};
