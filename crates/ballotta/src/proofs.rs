//! The proofs, one file each: the ballot argument, Schnorr's proof, equality of logarithms, and the batch that verifies
//! them all.
//!
//! Every proof turns into a [`Claim`](batch::Claim) that its equations are satisfied; a [`Batch`](batch::Batch) verifies any
//! number of claims by one multiscalar multiplication. A single verification is a batch of one: there is no other way
//! to verify.

pub mod ballot;
pub mod batch;
pub mod equality;
mod equations;
pub mod schnorr;

pub use equations::ProofError;
