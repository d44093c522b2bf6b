//! Numbers drawn from a seed, the same in every run.

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Lot(u64);

impl Lot {
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub const fn heads(&mut self) -> bool {
        self.draw() & 1 == 1
    }
}
