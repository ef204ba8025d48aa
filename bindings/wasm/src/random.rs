//! Randomness from `crypto.getRandomValues`, which is the only source.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng as _;
use zeroize::Zeroizing;

use crate::error::{Outcome, Refused};

/// A generator for one call, from a fresh seed of 32 bytes that ChaCha20 expands. So a call can fail for lack of
/// randomness only before it begins.
pub(crate) fn system_rng() -> Outcome<ChaCha20Rng> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice())
        .map_err(|_| Refused::new("no-randomness", "", "crypto.getRandomValues is missing or fails"))?;
    Ok(ChaCha20Rng::from_seed(*seed))
}
