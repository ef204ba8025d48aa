//! What the unit tests share.

/// A generator that repeats itself: for tests only (splitmix64).
pub(crate) struct TestRng(pub(crate) u64);
impl rand_core::TryRng for TestRng {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| word as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in dst.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for TestRng {}

/// The options `o0`, `o1`, ..
pub(crate) fn numbered_options(count: usize) -> alloc::vec::Vec<crate::contest::ContestOption> {
    let option = |number| crate::contest::ContestOption {
        id: alloc::format!("o{number}"),
        title: [("en", alloc::format!("Option {number}").as_str())].into(),
        description: None,
        attachments: alloc::vec::Vec::new(),
    };
    (0..count).map(option).collect()
}
