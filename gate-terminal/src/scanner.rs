//! Keyboard-wedge scanners and card readers: they type what they read, into whatever has the keyboard.
//!
//! They are told from people by pace and by form. A scanner types a character every few milliseconds, thirty-five at the
//! slowest; a person needs sixty and more. Keys arrive with the moment of the drawing that brought them, which may lie up to
//! `DRAWING_MS` off, so the pace is that of the whole text and never of two keys.
//!
//! What may become a scan is held back until that is known: a person's letter appears a moment later than typed, and a scan
//! appears in no field, presses no key, and is delivered as one text. Held keys come out in their order, unchanged.

use shared::pass::PassText;

mod form;

/// Silence that ends a text without Enter or Tab.
const SILENCE_MS: u64 = 90;

/// How far the moment of a key may be off, because a drawing took that long.
const DRAWING_MS: u64 = 60;

/// The pace, from key to key, above which nothing is a scan.
const PACE_MS: u64 = 46;

/// The same for a text of no known form: a form is half of the proof.
const STRICT_PACE_MS: u64 = 30;

/// No shorter text of an unknown form is taken for one.
const SHORTEST: usize = 8;

/// Longer than any pass; a machine that types without end must not fill the memory.
const LONGEST: usize = 1_024;

/// What a key or a text does to a text that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    Letter(char),
    /// Enter or Tab.
    End,
    /// Comes before its letter: the key under it goes down.
    Before,
    /// Comes after its letter: the key goes up.
    After,
    /// No scanner types it.
    Break,
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard<E> {
    /// A person's, or not known to be anything else.
    Event(E),
    Scan(String),
}

/// Holds back what may become a scan.
#[derive(Debug)]
pub struct Scanner<E> {
    held: Vec<E>,
    text: String,
    letters: u64,
    first_ms: u64,
    last_ms: u64,
    /// The rest of a scan that has been delivered: the Enter behind it, the keys going up.
    swallowing_until_ms: Option<u64>,
}

impl<E> Default for Scanner<E> {
    fn default() -> Self {
        Self { held: Vec::new(), text: String::new(), letters: 0, first_ms: 0, last_ms: 0, swallowing_until_ms: None }
    }
}

impl<E> Scanner<E> {
    /// `event` happened at `at_ms`; what is certain by now goes to `out`.
    pub fn hear(&mut self, at_ms: u64, stroke: Stroke, event: E, out: &mut Vec<Heard<E>>) {
        self.pass_time(at_ms, out);
        match stroke {
            Stroke::Letter(letter) => {
                if self.letters == 0 {
                    self.first_ms = at_ms;
                }
                self.last_ms = at_ms;
                self.letters += 1;
                self.text.push(letter);
                self.held.push(event);
                if self.text.len() > LONGEST || self.is_slower_than(PACE_MS, DRAWING_MS) {
                    self.let_go(out);
                }
            }
            Stroke::End if self.letters > 0 => match self.scan() {
                Some(scan) => {
                    self.forget();
                    self.swallowing_until_ms = Some(at_ms.saturating_add(SILENCE_MS));
                    out.push(Heard::Scan(scan));
                }
                None => {
                    self.let_go(out);
                    out.push(Heard::Event(event));
                }
            },
            // What is left of the scan; some scanners end with both Enter and line feed.
            Stroke::End | Stroke::After
                if self.held.is_empty() && self.swallowing_until_ms.is_some_and(|until_ms| at_ms <= until_ms) => {}
            Stroke::Before => {
                if self.held.is_empty() {
                    self.last_ms = at_ms;
                }
                self.held.push(event);
            }
            Stroke::After if !self.held.is_empty() => self.held.push(event),
            Stroke::After => out.push(Heard::Event(event)),
            Stroke::End | Stroke::Break => {
                self.let_go(out);
                out.push(Heard::Event(event));
            }
        }
    }

    /// Nothing happened until `at_ms`.
    pub fn pass_time(&mut self, at_ms: u64, out: &mut Vec<Heard<E>>) {
        if self.held.is_empty() || at_ms.saturating_sub(self.last_ms) < SILENCE_MS {
            return;
        }
        match self.scan() {
            Some(scan) => {
                self.forget();
                out.push(Heard::Scan(scan));
            }
            None => self.let_go(out),
        }
    }

    /// When [`pass_time`](Self::pass_time) has to be called at the latest.
    #[must_use]
    pub fn wakes_at_ms(&self) -> Option<u64> {
        (!self.held.is_empty()).then(|| self.last_ms.saturating_add(SILENCE_MS))
    }

    fn scan(&self) -> Option<String> {
        let known = form::of(&self.text);
        let pace_ms = if known.is_some() { PACE_MS } else { STRICT_PACE_MS };
        let long_enough = known.is_some() || self.text.chars().count() >= SHORTEST;
        // A key that is held down repeats itself faster than a hand types.
        let mut letters = self.text.chars();
        let first = letters.next();
        let one_key = letters.all(|letter| Some(letter) == first);
        (long_enough && !one_key && !self.is_slower_than(pace_ms, 0))
            .then(|| known.unwrap_or_else(|| self.text.clone()))
    }

    fn is_slower_than(&self, pace_ms: u64, allowance_ms: u64) -> bool {
        let took_ms = self.last_ms.saturating_sub(self.first_ms);
        took_ms > self.letters.saturating_sub(1).saturating_mul(pace_ms).saturating_add(allowance_ms)
    }

    fn let_go(&mut self, out: &mut Vec<Heard<E>>) {
        out.extend(self.held.drain(..).map(Heard::Event));
        self.forget();
    }

    fn forget(&mut self) {
        self.held.clear();
        self.text.clear();
        self.letters = 0;
    }
}

/// A text that came whole, as an input method commits it: the pass in it, if it is one.
#[must_use]
pub fn whole(text: &str) -> Option<String> {
    form::of(text).filter(|text| PassText::parse(text).is_ok())
}

#[cfg(test)]
mod tests;
