//! Whatever is left to chance, drawn from one seed: the same seed throws the same.

use power_cut::lot::Lot;

#[derive(Debug, Clone)]
pub struct Dice(Lot);

impl Dice {
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self(Lot::of(seed))
    }

    /// From 0 up to but not `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0.draw() % if end == 0 { 1 } else { end }
    }

    pub const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// So often of a thousand times.
    pub const fn of_thousand(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(of.len()).unwrap_or(u64::MAX));
        of.get(usize::try_from(at).unwrap_or(usize::MAX))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.0.draw().to_le_bytes()[3];
        }
        bytes
    }
}
