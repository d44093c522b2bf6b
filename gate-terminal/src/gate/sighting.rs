//! A sighting: one code seen, however many frames showed it.
//!
//! A phone held before the camera for ten seconds is in hundreds of frames and means one visitor. The same code counts again
//! only after it was away.

use std::collections::HashMap;

/// A hand that trembles, a finger over the symbol or a frame that was not read must not make a second visitor; somebody who
/// comes back has been away longer.
const AWAY_MS: u64 = 2_000;

/// Longer than a trembling hand hides a code: it is still held there.
const STAYS_MS: u64 = 500;

#[derive(Debug, Default)]
pub(super) struct Sightings {
    /// When each code was last seen, by the boot clock.
    last_seen: HashMap<String, u64>,
}

impl Sightings {
    /// The codes of one frame that were not before the camera already. From now on they are.
    pub(super) fn notice(&mut self, codes: Vec<String>, since_boot_ms: u64) -> Vec<String> {
        self.keep_in_sight(&codes, since_boot_ms);
        let mut fresh = Vec::new();
        for code in codes {
            if !self.last_seen.contains_key(&code) {
                self.last_seen.insert(code.clone(), since_boot_ms);
                fresh.push(code);
            }
        }
        fresh
    }

    /// Whether a code that was noticed is still held before the camera.
    pub(super) fn any_stays(&self, since_boot_ms: u64) -> bool {
        self.last_seen.values().any(|last| since_boot_ms.saturating_sub(*last) < STAYS_MS)
    }

    /// Codes that are before the camera stay there; new ones are left for a later frame.
    pub(super) fn keep_in_sight(&mut self, codes: &[String], since_boot_ms: u64) {
        self.last_seen.retain(|_, last| since_boot_ms.saturating_sub(*last) < AWAY_MS);
        for code in codes {
            if let Some(last) = self.last_seen.get_mut(code) {
                *last = since_boot_ms;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(sightings: &mut Sightings, codes: &[&str], at_ms: u64) -> Vec<String> {
        sightings.notice(codes.iter().map(|code| (*code).to_owned()).collect(), at_ms)
    }

    #[test]
    fn hundreds_of_frames_are_one_sighting() {
        let mut sightings = Sightings::default();
        assert_eq!(see(&mut sightings, &["A"], 0), ["A"]);
        for frame in 1..300 {
            assert!(see(&mut sightings, &["A"], frame * 66).is_empty(), "frame {frame}");
        }
    }

    #[test]
    fn it_counts_again_only_after_it_was_away() {
        for (gap_ms, again) in [(66, false), (1_999, false), (2_000, true), (60_000, true)] {
            let mut sightings = Sightings::default();
            see(&mut sightings, &["A"], 1_000);
            assert_eq!(!see(&mut sightings, &["A"], 1_000 + gap_ms).is_empty(), again, "{gap_ms} ms");
        }
    }

    #[test]
    fn it_stays_until_it_is_taken_away() {
        let mut sightings = Sightings::default();
        assert!(!sightings.any_stays(0));
        see(&mut sightings, &["A"], 1_000);
        sightings.keep_in_sight(&["A".into()], 2_500);
        assert!(sightings.any_stays(2_999) && !sightings.any_stays(3_000));
    }

    #[test]
    fn another_code_in_between_changes_nothing() {
        let mut sightings = Sightings::default();
        see(&mut sightings, &["A"], 0);
        assert_eq!(see(&mut sightings, &["B"], 500), ["B"]);
        assert_eq!(see(&mut sightings, &["A", "B", "C", "C"], 1_000), ["C"]);
    }

    #[test]
    fn a_code_that_came_while_the_gate_was_busy_is_not_used_up() {
        let mut sightings = Sightings::default();
        see(&mut sightings, &["A"], 0);
        for frame in 1..100 {
            sightings.keep_in_sight(&["A".into(), "B".into()], frame * 66);
        }
        assert_eq!(see(&mut sightings, &["A", "B"], 6_600), ["B"]);
    }
}
