//! Dice that fall alike in every run, for pictures.

use gatehouse::chance;

#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Different parts, different dice: a frame keeps its looks when others are added before it.
    pub(crate) fn of(parts: &[u64]) -> Self {
        let mut dice = Self(0x6A09_E667_F3BC_C908);
        for part in parts {
            dice.0 ^= part.wrapping_mul(0xD6E8_FEB8_6659_FD93);
            dice.0 = dice.roll();
        }
        dice
    }

    pub(crate) fn roll(&mut self) -> u64 {
        let (rolled, state) = chance::next(self.0);
        self.0 = state;
        rolled
    }

    /// From 0 to just below 1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.roll() >> 40) as f32 / 16_777_216.0
    }

    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    pub(crate) fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Near enough to a normal distribution of deviation 1 for grain: four uniform parts of one roll.
    pub(crate) fn grain(&mut self) -> f32 {
        let rolled = self.roll();
        let sum: u64 = [0, 16, 32, 48].into_iter().map(|shift| (rolled >> shift) & 0xFFFF).sum();
        (sum as f32 / 65_536.0 - 2.0) * 1.732
    }
}
