//! Closing statements about anything.

use ballotta::decryption::{ClosingStatement, TallyReference};
use ballotta::encoding::Writer;
use ballotta::transcript::{Domain, ProofTranscript};

use crate::election::Election;
use crate::rng::TestRng;

/// A closing statement with any content, in the name of one trustee and signed by another.
///
/// # Panics
///
/// If there is no such signer.
#[must_use]
pub fn statement(election: &Election, (trustee, signer): (u16, u16), tally: &TallyReference) -> ClosingStatement {
    let TallyReference { fingerprint, close, heads, sums } = tally;
    let mut transcript = Domain::ClosingStatement.for_election(fingerprint);
    transcript.absorb_u64(b"size", close.size);
    transcript.absorb_bytes(b"root", close.root.as_bytes());
    transcript.absorb_bytes(b"heads", heads.as_bytes());
    transcript.absorb_bytes(b"sums", sums.as_bytes());
    let mut writer = Writer::versioned();
    writer.u16(trustee).put(fingerprint.as_bytes()).u64(close.size).put(close.root.as_bytes());
    writer.put(heads.as_bytes()).put(sums.as_bytes());
    let key = &election.trustee_keys[usize::from(signer) - 1];
    key.prove(&mut transcript, &mut TestRng(6)).encode(&mut writer);
    ClosingStatement::decode(&writer.finish()).expect("a statement")
}
