//! Chance that repeats itself: SplitMix64, which any later version of this project can draw again.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Chance(u64);

/// The next number, and the state that the one after it comes from.
#[must_use]
pub const fn next(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31), state)
}

impl Chance {
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self(seed ^ 0x6A09_E667_F3BC_C908)
    }

    pub const fn roll(&mut self) -> u64 {
        let (rolled, state) = next(self.0);
        self.0 = state;
        rolled
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(bound.max(1))).unwrap_or(0)
    }

    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low)
    }

    /// Shorter than `limit`.
    pub fn moment(&mut self, limit: Duration) -> Duration {
        let limit_us = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(self.roll() % limit_us)
    }

    /// One of them.
    pub fn of_these<T: Copy>(&mut self, these: &[T]) -> Option<T> {
        let count = u64::try_from(these.len()).unwrap_or(u64::MAX).max(1);
        these.get(usize::try_from(self.roll() % count).unwrap_or(0)).copied()
    }

    /// So many times of a hundred.
    pub fn percent(&mut self, of: u32) -> bool {
        self.below(100) < of
    }

    /// What a browser keeps secret.
    pub fn secret(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.roll().to_le_bytes());
        }
        bytes
    }

    pub fn code(&mut self) -> String {
        format!("{:06}", self.below(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the published algorithm gives them for the seed 1234567.
    #[test]
    fn the_numbers_are_those_of_the_algorithm() {
        let (mut state, mut rolled) = (1_234_567, Vec::new());
        for _ in 0..3 {
            let (number, after) = next(state);
            rolled.push(number);
            state = after;
        }
        assert_eq!(rolled, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
