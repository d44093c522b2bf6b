//! Chance that repeats itself: SplitMix64.

#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn of(seed: u64) -> Self {
        Self(seed ^ 0x6A09_E667_F3BC_C908)
    }

    pub(super) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(bound.max(1))).unwrap_or(0)
    }

    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low)
    }

    /// So many times of a hundred.
    pub(super) fn percent(&mut self, of: u32) -> bool {
        self.below(100) < of
    }

    /// What a browser keeps secret.
    pub(super) fn secret(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.roll().to_le_bytes());
        }
        bytes
    }

    pub(super) fn code(&mut self) -> String {
        format!("{:06}", self.below(1_000_000))
    }
}
