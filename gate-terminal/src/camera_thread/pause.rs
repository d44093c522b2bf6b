//! How long to wait before the reading process is started again.
//!
//! The first time hardly at all, because a crash is to cost no visitor's patience; then twice as long each time, because a driver
//! that crashes at every start, or a picture held up that kills every reader, must not heat the machine. Five seconds at the
//! most: that is how soon a camera that is plugged in again is to read.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);

const LONGEST: Duration = Duration::from_secs(5);

/// A process that gave frames for so long was healthy, and what ended it was something new.
const HEALTHY_MS: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) const fn new() -> Self {
        Self(FIRST)
    }

    /// Given how long the process that has just ended had given frames.
    pub(super) fn after(&mut self, frames_for_ms: u64) -> Duration {
        if frames_for_ms >= HEALTHY_MS {
            self.0 = FIRST;
        }
        let pause = self.0;
        self.0 = self.0.saturating_mul(2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_five_seconds_and_begins_anew_after_good_times() {
        let mut pause = Pause::new();
        let pauses: Vec<_> = (0..7).map(|_| pause.after(0).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
        assert_eq!(pause.after(HEALTHY_MS - 1), LONGEST);
        assert_eq!(pause.after(HEALTHY_MS), FIRST);
        assert_eq!(pause.after(0), FIRST * 2);
    }
}
