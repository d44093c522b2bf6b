//! Keys that decide something count only when a hand pressed them.
//!
//! Scanners type function keys for control characters, and digits anyway; a code printed by a stranger must not let the stranger
//! in. A hand holds a key for sixty milliseconds and more, a scanner for a few; and a scanner's key comes among others. So such
//! a key comes out once it has been down for `HELD_MS`, with nothing else typed shortly before it.
//!
//! In a late drawing nothing is known of holding: there a key counts that was alone in it and in the one after.

use super::Drawing;

/// Longer than any scanner holds a key, shorter than a hand can.
const HELD_MS: u64 = 40;

/// Nothing else may have been typed so shortly before.
const ALONE_MS: u64 = 100;

/// What comes out: the event, and how long ago it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed<E> {
    pub event: E,
    pub ago_ms: u64,
}

/// Holds back the deciding keys. Each drawing is begun, its keys are heard, and it is ended.
#[derive(Debug)]
pub struct Hand<K, E> {
    drawing: Drawing,
    keys: Vec<Held<K, E>>,
    last_key: Option<(K, u64)>,
    last_other_ms: Option<u64>,
}

#[derive(Debug)]
struct Held<K, E> {
    key: K,
    at_ms: u64,
    /// Until it has come out.
    down: Option<E>,
    /// From when it is up until both have come out.
    up: Option<(E, u64)>,
    machine: bool,
}

impl<K, E> Held<K, E> {
    /// Whether `drawing` shows that a hand held it.
    const fn is_of_a_hand(&self, drawing: Drawing) -> bool {
        let up_ms = match &self.up {
            // The next drawing is late too: it was slowness and no waking.
            Some((_, up_ms)) if *up_ms == self.at_ms => {
                return !self.machine && drawing.at_ms > self.at_ms && drawing.is_late();
            }
            Some((_, up_ms)) => *up_ms,
            None => drawing.at_ms,
        };
        !self.machine && up_ms.saturating_sub(self.at_ms) >= HELD_MS
    }
}

impl<K, E> Default for Hand<K, E> {
    fn default() -> Self {
        Self { drawing: Drawing::default(), keys: Vec::new(), last_key: None, last_other_ms: None }
    }
}

impl<K: Copy + Eq, E> Hand<K, E> {
    pub const fn begin(&mut self, drawing: Drawing) {
        self.drawing = drawing;
    }

    /// `event` comes back when the key is down already and repeats itself.
    pub fn down(&mut self, key: K, event: E) -> Option<E> {
        if let Some(held) = self.keys.iter().find(|held| held.key == key && held.up.is_none()) {
            return held.down.is_none().then_some(event);
        }
        let at_ms = self.drawing.at_ms;
        let other_key_ms = self.last_key.filter(|(last, _)| *last != key).map(|(_, last_ms)| last_ms);
        let crowded = [self.last_other_ms, other_key_ms].into_iter().flatten().any(|last_ms| self.is_near(last_ms));
        // A hand cannot press the same key twice so soon either.
        let twice = self.keys.iter().any(|held| held.key == key);
        self.reject_near();
        self.keys.push(Held { key, at_ms, down: Some(event), up: None, machine: crowded || twice });
        self.last_key = Some((key, at_ms));
        None
    }

    /// `event` comes back when nothing is known of the key, or it has come out.
    pub fn up(&mut self, key: K, event: E) -> Option<E> {
        let Some(index) = self.keys.iter().position(|held| held.key == key && held.up.is_none()) else {
            return Some(event);
        };
        match self.keys.get_mut(index) {
            Some(held) if held.down.is_some() => {
                held.up = Some((event, self.drawing.at_ms));
                None
            }
            _ => {
                self.keys.remove(index);
                Some(event)
            }
        }
    }

    /// Something else was typed.
    pub fn other(&mut self) {
        self.reject_near();
        self.last_other_ms = Some(self.drawing.at_ms);
    }

    /// All keys of the drawing have been heard.
    pub fn end(&mut self, out: &mut Vec<Pressed<E>>) {
        let drawing = self.drawing;
        self.keys.retain_mut(|held| {
            if held.is_of_a_hand(drawing) {
                let ago_ms = drawing.at_ms.saturating_sub(held.at_ms);
                out.extend(held.down.take().map(|event| Pressed { event, ago_ms }));
                let up = held.up.take();
                let is_up = up.is_some();
                out.extend(up.map(|(event, up_ms)| Pressed { event, ago_ms: drawing.at_ms.saturating_sub(up_ms) }));
                return !is_up;
            }
            // Down and up in one late drawing: the next will tell.
            let untold =
                |up_ms| drawing.is_late() && held.at_ms == drawing.at_ms && up_ms == held.at_ms && !held.machine;
            held.up.as_ref().is_none_or(|(_, up_ms)| untold(*up_ms))
        });
    }

    /// The window lost the keyboard: nobody will say when the keys go up.
    pub fn forget(&mut self) {
        self.keys.clear();
    }

    /// Whether the window has to go on drawing, so that what comes next has its moment.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        let last_ms = self.last_other_ms.max(self.last_key.map(|(_, last_ms)| last_ms));
        let recent = last_ms.is_some_and(|last_ms| self.drawing.at_ms.saturating_sub(last_ms) <= ALONE_MS);
        recent || self.keys.iter().any(|held| held.down.is_some() && !held.machine)
    }

    fn reject_near(&mut self) {
        let earliest_ms = self.drawing.earliest_ms();
        for held in self.keys.iter_mut().filter(|held| held.down.is_some()) {
            held.machine |= earliest_ms.saturating_sub(held.at_ms) < ALONE_MS;
        }
    }

    fn is_near(&self, last_ms: u64) -> bool {
        self.drawing.earliest_ms().saturating_sub(last_ms) < ALONE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `(when, key, goes down)` in drawings of `took_ms` and gives the keys that came out going down, each with its age.
    fn play(keys: &[(u64, char, bool)], took_ms: u64) -> Vec<(char, u64)> {
        let mut hand = Hand::default();
        let mut drawing = Drawing::default();
        let mut keys = keys.to_vec();
        keys.sort_by_key(|(when_ms, ..)| *when_ms);
        let (mut keys, mut shown) = (keys.iter().peekable(), Vec::new());
        for at_ms in (1..=40).map(|count| count * took_ms) {
            drawing = drawing.next(at_ms);
            hand.begin(drawing);
            let mut out = Vec::new();
            while let Some((_, key, down)) = keys.next_if(|(when_ms, ..)| *when_ms <= at_ms) {
                let back = match (key, down) {
                    ('x', _) => {
                        hand.other();
                        None
                    }
                    (_, true) => hand.down(*key, (*key, true)),
                    (_, false) => hand.up(*key, (*key, false)),
                };
                out.extend(back.map(|event| Pressed { event, ago_ms: 0 }));
            }
            hand.end(&mut out);
            shown.extend(out.into_iter().filter(|out| out.event.1).map(|out| (out.event.0, out.ago_ms)));
        }
        shown
    }

    const fn press(when_ms: u64, key: char, for_ms: u64) -> [(u64, char, bool); 2] {
        [(when_ms, key, true), (when_ms + for_ms, key, false)]
    }

    #[test]
    fn a_hand_counts_at_forty_milliseconds_and_once() {
        assert_eq!(play(&press(105, 'F', 80), 10), [('F', 40)]);
        let held: Vec<_> = (0..20).map(|count| (105 + 15 * count, 'F', true)).collect();
        let shown = play(&held, 10);
        assert_eq!((shown[0], shown.len()), (('F', 40), 20 - 3), "repeats go on to where they are known as such");
    }

    #[test]
    fn a_scanner_counts_never() {
        for for_ms in [0, 2, 10, 25] {
            assert_eq!(play(&press(105, 'F', for_ms), 10), [], "{for_ms}");
        }
        for (first_ms, second_ms) in [(105, 145), (105, 195)] {
            let shown = play(&[press(first_ms, 'x', 5), press(second_ms, 'F', 80)].concat(), 10);
            assert_eq!(shown, [], "a letter shortly before");
        }
        assert_eq!(play(&[press(105, 'F', 80), press(125, 'G', 80)].concat(), 10), [], "two keys at once");
        assert_eq!(play(&[press(105, 'F', 80), press(125, 'x', 2)].concat(), 10), [], "a letter behind it");
    }

    #[test]
    fn two_presses_of_a_hand_are_two() {
        assert_eq!(play(&[press(105, 'F', 70), press(225, '1', 70)].concat(), 10).len(), 2);
        assert_eq!(play(&[press(105, '+', 60), press(185, '+', 60), press(265, '+', 60)].concat(), 10).len(), 3);
    }

    #[test]
    fn in_a_slow_window_a_key_counts_that_is_alone() {
        for when_ms in [905, 1_030, 1_150] {
            assert_eq!(play(&press(when_ms, 'F', 80), 300).len(), 1, "{when_ms}");
        }
        for second_ms in [1_000, 1_195, 1_205] {
            let shown = play(&[press(905, 'F', 3), press(second_ms, 'x', 3)].concat(), 300);
            assert_eq!(shown, [], "{second_ms}");
        }
        assert_eq!(play(&[press(905, '1', 3), press(915, '1', 3)].concat(), 300), []);
    }
}
