//! How well the camera does, for a page that shows it: rates of now, counts since the gate began.
//!
//! Each reading process counts from zero; here their counts are one.

use std::collections::VecDeque;

use crate::camera::wire::{Opened, Tally};

/// Rates are means over this long: a visitor every few seconds is still a rate.
const WINDOW_MS: u64 = 60_000;

/// The frame rate is of the last moments: a camera that slows down is seen to.
const FRAME_WINDOW_MS: u64 = 5_000;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct CameraStats {
    /// The camera that gives pictures, or gave them last.
    pub camera: Option<Opened>,
    pub frames_per_second: f32,
    /// Frames in the last minute in which a code was read.
    pub reads_per_minute: u64,
    /// Of the frames of the last minute that showed a code, the share that was read; `None` while none is shown.
    pub read_rate_percent: Option<u8>,
    /// Since the gate began.
    pub total: Tally,
    /// How often the reading process had to be started again.
    pub restarts: u64,
}

#[derive(Debug, Default)]
pub(super) struct Meter {
    stats: CameraStats,
    /// What the processes before this one counted.
    before: Tally,
    /// (boot clock, total, missed) of the last minute, oldest first.
    past: VecDeque<(u64, Tally, u64)>,
    /// Frames between two that were read, so few that the code cannot have been away.
    missed: u64,
    /// How many frames ago a code was read.
    read_ago: Option<u64>,
}

/// Half a second: who takes a code away and brings it back takes longer.
const SHOWN_GAP_FRAMES: u64 = 15;

impl Meter {
    pub(super) fn opened(&mut self, opened: Opened) {
        self.stats.camera = Some(opened);
    }

    pub(super) fn restarted(&mut self) {
        self.before = self.stats.total;
        self.stats.restarts += 1;
    }

    /// A frame was looked at.
    pub(super) fn looked(&mut self, is_read: bool) {
        self.read_ago = if is_read {
            self.missed += self.read_ago.filter(|frames| *frames <= SHOWN_GAP_FRAMES).unwrap_or_default();
            Some(0)
        } else {
            self.read_ago.map(|frames| frames.saturating_add(1))
        };
    }

    pub(super) fn tally(&mut self, counted: Tally, now_ms: u64) {
        let total = sum(self.before, counted);
        self.stats.total = total;
        self.past.push_back((now_ms, total, self.missed));
        while self.past.front().is_some_and(|(at_ms, ..)| at_ms.saturating_add(WINDOW_MS) < now_ms) {
            self.past.pop_front();
        }
        let (read, missed) = self.past.front().map_or((0, 0), |(_, then, missed)| {
            (total.read.saturating_sub(then.read), self.missed.saturating_sub(*missed))
        });
        self.stats.reads_per_minute = read;
        self.stats.read_rate_percent = percent(read, read.saturating_add(missed));
        let lately = self.past.iter().find(|(at_ms, ..)| at_ms.saturating_add(FRAME_WINDOW_MS) >= now_ms);
        self.stats.frames_per_second = lately.map_or(0.0, |(at_ms, then, _)| {
            rate(total.frames.saturating_sub(then.frames), now_ms.saturating_sub(*at_ms))
        });
    }

    /// No frames come: what was measured is past.
    pub(super) fn stopped(&mut self) {
        self.past.clear();
        self.stats.frames_per_second = 0.0;
        self.stats.reads_per_minute = 0;
        self.stats.read_rate_percent = None;
        self.read_ago = None;
    }

    pub(super) const fn stats(&self) -> &CameraStats {
        &self.stats
    }
}

#[expect(clippy::cast_precision_loss, reason = "frames of five seconds; the screen shows one digit behind the point")]
fn rate(frames: u64, ms: u64) -> f32 {
    if ms == 0 { 0.0 } else { frames as f32 * 1_000.0 / ms as f32 }
}

fn percent(part: u64, whole: u64) -> Option<u8> {
    part.saturating_mul(100).checked_div(whole).and_then(|percent| u8::try_from(percent).ok())
}

/// What a process says of itself is believed for as long as it can be added up.
fn sum(before: Tally, counted: Tally) -> Tally {
    Tally {
        frames: before.frames.saturating_add(counted.frames),
        overlaid: before.overlaid.saturating_add(counted.overlaid),
        corrupt: before.corrupt.saturating_add(counted.corrupt),
        read: before.read.saturating_add(counted.read),
        cpu_ms: before.cpu_ms.saturating_add(counted.cpu_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(frames: u64, read: u64) -> Tally {
        Tally { frames, read, ..Tally::default() }
    }

    #[test]
    fn rates_are_of_now_and_counts_of_always() {
        let mut meter = Meter::default();
        for second in 0..=120 {
            meter.tally(counted(second * 25, second / 3), 7_000 + second * 1_000);
        }
        let stats = meter.stats();
        assert!((stats.frames_per_second - 25.0).abs() < 0.01, "{stats:?}");
        assert_eq!((stats.reads_per_minute, stats.total), (20, counted(3_000, 40)));
        meter.stopped();
        assert_eq!((meter.stats().reads_per_minute, meter.stats().total.frames), (0, 3_000));
    }

    #[test]
    fn a_new_process_goes_on_where_the_last_one_ended() {
        let mut meter = Meter::default();
        meter.tally(counted(100, 5), 1_000);
        meter.restarted();
        meter.tally(counted(10, 1), 3_000);
        meter.tally(counted(30, 2), 4_000);
        let stats = meter.stats();
        assert_eq!((stats.total, stats.restarts, stats.reads_per_minute), (counted(130, 7), 1, 2));
        assert!((stats.frames_per_second - 10.0).abs() < 0.01, "{stats:?}");
    }

    #[test]
    fn the_read_rate_is_of_frames_that_showed_a_code() {
        let mut meter = Meter::default();
        let (mut frames, mut read, mut now_ms) = (0, 0, 0);
        let mut show = |meter: &mut Meter, seen: &[bool]| {
            for is_read in seen {
                (frames, read, now_ms) = (frames + 1, read + u64::from(*is_read), now_ms + 66);
                meter.looked(*is_read);
                meter.tally(counted(frames, read), now_ms);
            }
            meter.stats().read_rate_percent
        };
        assert_eq!(show(&mut meter, &[false; 40]), None, "a wall");
        show(&mut meter, &[true, true, false, true, false, false, true]);
        assert_eq!(show(&mut meter, &[false; 100]), Some(57), "four of seven, however long nobody has come since");
        assert_eq!(show(&mut meter, &[true; 3]), Some(70), "and the wall before the next does not count");
        assert_eq!(show(&mut meter, &[false; 1_000]), None, "a minute later nothing is known");
    }

    #[test]
    fn numbers_that_cannot_be_are_survived() {
        let mut meter = Meter::default();
        meter.tally(counted(u64::MAX, u64::MAX), 5);
        meter.restarted();
        meter.tally(counted(u64::MAX, 0), 5);
        meter.tally(counted(0, 0), 1);
        assert_eq!(meter.stats().total, counted(u64::MAX, u64::MAX));
    }
}
