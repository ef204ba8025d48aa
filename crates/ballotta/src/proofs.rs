//! The proofs: the ballot argument, Schnorr's proof and the equality of logarithms, and the batch that verifies them.
//!
//! Every proof gives a [`Claim`](batch::Claim) that its equations are satisfied. A [`Batch`](batch::Batch) verifies any
//! number of claims with one multiscalar multiplication. To verify a single proof, make a batch of one claim: there is
//! no other way to verify.

pub mod ballot;
pub mod batch;
pub mod equality;
mod equations;
pub mod schnorr;

pub use equations::ProofError;
