//! How long something takes, of many times: the middle, the worst in a hundred, the worst.

use std::{fmt, time::Duration};

/// The middle one of what turns brought.
pub(crate) fn middle(mut turns: Vec<f64>) -> f64 {
    turns.sort_by(f64::total_cmp);
    turns.get(turns.len() / 2).copied().unwrap_or_default()
}

#[derive(Debug, Default)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub(crate) fn note(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Of a hundred, how many take no longer.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or_default()
    }

    pub(crate) const HEADING: &str = "     n      p50      p99      max";
}

impl Extend<Duration> for Spread {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, more: I) {
        self.0.extend(more);
    }
}

/// Under [`Spread::HEADING`], in milliseconds.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [50, 99, 100].map(|percent| self.percentile(percent).as_secs_f64() * 1_000.0);
        write!(f, "{:6} {p50:8.3} {p99:8.3} {max:8.3}", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_in_a_hundred_is_the_second_last() {
        let mut spread = Spread::default();
        assert_eq!(spread.percentile(50), Duration::ZERO);
        spread.extend((1..=100).rev().map(Duration::from_millis));
        assert_eq!([50, 99, 100].map(|percent| spread.percentile(percent).as_millis()), [50, 99, 100]);
        assert_eq!(spread.to_string(), "   100   50.000   99.000  100.000");
    }
}
