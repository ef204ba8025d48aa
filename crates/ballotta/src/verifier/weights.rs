//! The random numbers that weight the proofs of a batch.

use core::convert::Infallible;

use rand_core::utils::next_word_via_fill;
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use sha2::{Digest, Sha512};

/// The random numbers for the batch weights of one work item. Each item has its own seed. The numbers are SHA-512 of
/// the seed and a counter.
pub(super) struct WeightRng {
    seed: [u8; 32],
    counter: u64,
}

impl WeightRng {
    /// A generator with a fresh seed.
    pub(super) fn fork<R: CryptoRng>(rng: &mut R) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self { seed, counter: 0 }
    }
}

impl TryRng for WeightRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(64) {
            let block = Sha512::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes()).finalize();
            self.counter += 1;
            for (byte, random) in chunk.iter_mut().zip(block) {
                *byte = random;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for WeightRng {}
