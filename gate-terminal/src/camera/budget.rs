//! The budget: what looking at one frame may cost, in CPU time of the thread that looks.
//!
//! CPU time and not the clock on the wall: on a busy PC the wall's clock would take away the very looks that the next frame
//! will need again. What a step will cost is not known before it is done; so it is expected from what it did cost, by the pixel.

use std::time::Duration;

use cpu_time::ThreadTime;

/// What is left for a frame.
pub(super) struct Budget {
    /// `None`: as much as it takes.
    limit: Option<Duration>,
    /// `None` where the system does not tell CPU time: then nothing beyond the first look is afforded.
    began: Option<ThreadTime>,
}

impl Budget {
    pub(super) fn begin(limit: Option<Duration>) -> Self {
        Self { limit, began: ThreadTime::try_now().ok() }
    }

    pub(super) fn left(&self) -> Duration {
        self.limit.map_or(Duration::MAX, |limit| limit.saturating_sub(self.spent()))
    }

    pub(super) fn affords(&self, cost: &Cost, pixels: u64) -> bool {
        self.limit.is_none() || cost.expected(pixels) + RESERVE <= self.left()
    }

    /// For what cannot be done without: whether it fits as a rule.
    pub(super) fn usually_affords(&self, cost: &Cost, pixels: u64) -> bool {
        self.limit.is_none() || cost.usual(pixels) <= self.left()
    }

    /// Does the work and lets its cost be remembered.
    pub(super) fn spend<T>(&self, cost: &mut Cost, pixels: u64, work: impl FnOnce() -> T) -> T {
        let before = self.spent();
        let done = work();
        cost.learn(self.spent().saturating_sub(before), pixels);
        done
    }

    fn spent(&self) -> Duration {
        let spent = self.began.and_then(|began| began.try_elapsed().ok());
        spent.unwrap_or(self.limit.unwrap_or_default())
    }
}

/// What a kind of work is expected to cost by the pixel: a running mean, and how far it is off as a rule.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    mean_ns: f64,
    deviation_ns: f64,
}

/// As quickly as TCP learns how long an answer takes, for the same reason: late enough to be steady, soon enough to follow.
const MEAN_GAIN: f64 = 1.0 / 8.0;
const DEVIATION_GAIN: f64 = 1.0 / 4.0;

/// In half a second or so an old fright is half forgotten.
const STALE_GAIN: f64 = 1.0 / 16.0;

/// How many deviations above the mean a cost is expected, so that hardly one in a hundred is dearer.
const CAUTION: f64 = 4.0;

/// Kept for what cannot be foreseen: a tangle of edges that leads a reader astray.
const RESERVE: Duration = Duration::from_millis(3);

/// A picture of a few pixels costs what its call costs, which says nothing about pixels.
const TELLING_PIXELS: u64 = 10_000;

impl Cost {
    /// Before it was ever done.
    pub(super) const fn guessed(ns_per_pixel: f64) -> Self {
        Self { mean_ns: ns_per_pixel, deviation_ns: ns_per_pixel / 8.0 }
    }

    /// Seldom more.
    pub(super) fn expected(&self, pixels: u64) -> Duration {
        duration(self.mean_ns + CAUTION * self.deviation_ns, pixels)
    }

    /// As often more as less.
    fn usual(&self, pixels: u64) -> Duration {
        duration(self.mean_ns, pixels)
    }

    /// Was too dear just now. One that swung once would else be expected to swing for ever.
    pub(super) fn grow_stale(&mut self) {
        self.deviation_ns -= self.deviation_ns * STALE_GAIN;
    }

    fn learn(&mut self, spent: Duration, pixels: u64) {
        if pixels < TELLING_PIXELS {
            return;
        }
        let ns = spent.as_secs_f64() * 1e9 / pixels as f64;
        self.deviation_ns += DEVIATION_GAIN * ((ns - self.mean_ns).abs() - self.deviation_ns);
        self.mean_ns += MEAN_GAIN * (ns - self.mean_ns);
    }
}

fn duration(ns_per_pixel: f64, pixels: u64) -> Duration {
    Duration::try_from_secs_f64(ns_per_pixel * pixels as f64 / 1e9).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEGAPIXEL: u64 = 1_000_000;

    #[test]
    fn a_cost_is_learned_and_followed() {
        let mut cost = Cost::guessed(100.0);
        for _ in 0..60 {
            cost.learn(Duration::from_millis(10), MEGAPIXEL);
        }
        let expected = cost.expected(MEGAPIXEL);
        assert!((10..12).contains(&expected.as_millis()), "{expected:?}");
        assert_eq!(cost.expected(2 * MEGAPIXEL).as_millis() / 2, expected.as_millis());
        cost.learn(Duration::from_millis(40), MEGAPIXEL);
        assert!(cost.expected(MEGAPIXEL) > Duration::from_millis(25), "a dear one makes careful");
    }

    #[test]
    fn a_fright_is_forgotten_and_the_mean_is_not() {
        let mut cost = Cost::guessed(10.0);
        cost.learn(Duration::from_millis(40), MEGAPIXEL);
        let frightened = cost.expected(MEGAPIXEL);
        for _ in 0..100 {
            cost.grow_stale();
        }
        let calm = cost.expected(MEGAPIXEL);
        assert!(
            frightened > Duration::from_millis(35) && (10..15).contains(&calm.as_millis()),
            "{frightened:?} {calm:?}"
        );
    }

    #[test]
    fn what_swings_is_expected_near_its_dear_end() {
        let mut cost = Cost::guessed(10.0);
        for spent_ms in [8, 12, 9, 20].into_iter().cycle().take(80) {
            cost.learn(Duration::from_millis(spent_ms), MEGAPIXEL);
        }
        assert!(cost.expected(MEGAPIXEL) >= Duration::from_millis(20));
    }

    #[test]
    fn only_an_unlimited_budget_affords_everything() {
        let dear = Cost::guessed(1e6);
        assert!(Budget::begin(None).affords(&dear, MEGAPIXEL));
        let budget = Budget::begin(Some(Duration::from_millis(33)));
        assert!(!budget.affords(&dear, MEGAPIXEL));
        assert!(!budget.affords(&Cost::guessed(21.5), MEGAPIXEL), "32 ms leave too little for what cannot be foreseen");
        assert!(budget.affords(&Cost::guessed(1.0), MEGAPIXEL));
        let as_a_rule = Cost::guessed(30.0);
        assert!(budget.usually_affords(&as_a_rule, MEGAPIXEL) && !budget.affords(&as_a_rule, MEGAPIXEL));
        assert!(!budget.usually_affords(&Cost::guessed(34.0), MEGAPIXEL));
    }

    #[test]
    fn work_is_charged_to_its_cost_and_to_the_budget() {
        let budget = Budget::begin(Some(Duration::from_secs(3600)));
        let mut cost = Cost::guessed(1.0);
        let before = budget.left();
        let sum = budget
            .spend(&mut cost, MEGAPIXEL, || (0..3_000_000_u64).fold(1, |sum, part| std::hint::black_box(sum ^ part)));
        assert!(sum > 0 && budget.left() < before);
        assert!(cost.expected(MEGAPIXEL) != Cost::guessed(1.0).expected(MEGAPIXEL));
    }
}
