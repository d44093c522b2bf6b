//! Keyboard-wedge scanners and card readers: they type what they read, into whatever has the keyboard.
//!
//! They are told from people by pace and by form. A scanner types a character every few milliseconds, thirty-five at the
//! slowest; a person needs sixty and more. Keys arrive with the moment of the [`Drawing`] that brought them, so the pace is that
//! of the whole text and never of two keys; and where a drawing came late nothing is known of the pace, so only the form counts.
//!
//! What may become a scan is held back until that is known: a person's letter appears a moment later than typed, and a scan
//! appears in no field, presses no key, and is delivered as one text. Held keys come out in their order, unchanged.

use shared::pass::PassText;

mod drawing;
mod form;
mod hand;

pub use drawing::Drawing;
pub use hand::{Hand, Pressed};

use drawing::DRAWING_MS;

/// Silence that ends a text without Enter or Tab.
const SILENCE_MS: u64 = 90;

/// The pace, from key to key, above which nothing is a scan.
const PACE_MS: u64 = 46;

/// The same for a text of no known form: a form is half of the proof.
const STRICT_PACE_MS: u64 = 30;

/// No shorter text of an unknown form is taken for one, unless Enter is typed at once.
const SHORTEST: usize = 8;

/// From the last letter to Enter: thirty-five of a scanner and the drawing that shows it. No hand is there before a hundred.
const ENTER_MS: u64 = 50;

/// From the last letter to the earliest moment of Enter, where the drawing that shows it took longer than most.
const EARLIEST_ENTER_MS: u64 = 20;

/// So many letters at once are no first key that woke a sleeping window: the window stood still.
const AT_ONCE: u64 = 4;

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

/// Holds back what may become a scan. Each drawing is begun, its keys are heard, and it is ended.
#[derive(Debug)]
pub struct Scanner<E> {
    drawing: Drawing,
    held: Vec<E>,
    text: String,
    letters: u64,
    /// Keys that went up: one that is held down repeats its letter without.
    ups: u64,
    first_ms: u64,
    last_ms: u64,
    /// How much of the time until `last_ms` is the last drawing's lateness.
    lateness_ms: u64,
    /// Some of the text came in a late drawing.
    late: bool,
    /// This drawing brought something of the text.
    stirred: bool,
    quiet_since_ms: Option<u64>,
    /// The last letter of all, also of those let go.
    letter_ms: Option<u64>,
    /// The rest of a scan that has been delivered: the Enter behind it, the keys going up.
    swallowing_until_ms: Option<u64>,
}

impl<E> Default for Scanner<E> {
    fn default() -> Self {
        Self {
            drawing: Drawing::default(),
            held: Vec::new(),
            text: String::new(),
            letters: 0,
            ups: 0,
            first_ms: 0,
            last_ms: 0,
            lateness_ms: 0,
            late: false,
            stirred: false,
            quiet_since_ms: None,
            letter_ms: None,
            swallowing_until_ms: None,
        }
    }
}

impl<E> Scanner<E> {
    pub const fn begin(&mut self, drawing: Drawing) {
        self.drawing = drawing;
        self.stirred = false;
    }

    /// The drawing brought `event`; what is certain by now goes to `out`.
    pub fn hear(&mut self, stroke: Stroke, event: E, out: &mut Vec<Heard<E>>) {
        match stroke {
            Stroke::Letter(letter) => {
                self.held.push(event);
                self.note_letter(letter);
                let allowance_ms = self.lateness_ms.max(DRAWING_MS);
                if self.text.len() > LONGEST || self.is_slower_than(PACE_MS, allowance_ms) {
                    self.let_go(out);
                }
            }
            Stroke::End if self.letters > 0 => self.hear_end(event, out),
            // What is left of the scan; some scanners end with both Enter and line feed.
            Stroke::End | Stroke::After
                if self.held.is_empty()
                    && self.swallowing_until_ms.is_some_and(|until_ms| self.drawing.earliest_ms() <= until_ms) => {}
            Stroke::End if self.drawing.is_late() && self.may_be_of_a_scan() => {}
            Stroke::Before => {
                self.stirred = true;
                self.held.push(event);
            }
            Stroke::After if !self.held.is_empty() => {
                self.ups += 1;
                self.held.push(event);
            }
            Stroke::After => out.push(Heard::Event(event)),
            Stroke::End | Stroke::Break => {
                self.let_go(out);
                out.push(Heard::Event(event));
            }
        }
    }

    /// All keys of the drawing have been heard. Silence is time between drawings that brought none; behind a late one it is
    /// counted from the next, since nobody knows when the late one's letters ended.
    pub fn end(&mut self, out: &mut Vec<Heard<E>>) {
        if self.held.is_empty() || self.stirred {
            self.quiet_since_ms = None;
            return;
        }
        let Drawing { before_ms, at_ms } = self.drawing;
        let since_ms = *self.quiet_since_ms.get_or_insert(if self.drawing.is_late() { at_ms } else { before_ms });
        if at_ms.saturating_sub(since_ms) < SILENCE_MS {
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

    /// Whether the window has to go on drawing: silence can be heard in drawings only, and Enter behind a letter needs its moment.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        let recent = |letter_ms| self.drawing.at_ms.saturating_sub(letter_ms) <= ENTER_MS;
        !self.held.is_empty() || self.letter_ms.is_some_and(recent)
    }

    fn note_letter(&mut self, letter: char) {
        let at_ms = self.drawing.at_ms;
        if self.letters == 0 {
            self.first_ms = at_ms;
        }
        self.letters += 1;
        self.text.push(letter);
        self.stirred = true;
        self.last_ms = at_ms;
        self.letter_ms = Some(at_ms);
        // The first drawing after a sleep looks late and is not: its key woke it.
        let woke = at_ms == self.first_ms && self.letters < AT_ONCE;
        self.late |= self.drawing.is_late() && !woke;
        self.lateness_ms = if self.drawing.is_late() { self.drawing.took_ms() } else { 0 };
    }

    fn hear_end(&mut self, event: E, out: &mut Vec<Heard<E>>) {
        let scan = self.scan().or_else(|| self.is_entered_at_once().then(|| self.text.clone()));
        if let Some(scan) = scan {
            self.forget();
            self.swallowing_until_ms = Some(self.drawing.at_ms.saturating_add(SILENCE_MS));
            out.push(Heard::Scan(scan));
            return;
        }
        // In a window that stands still nobody can say whose it is: the letters are harmless, Enter is not.
        let doubtful = (self.late || self.drawing.is_late()) && self.may_be_of_a_scan();
        self.let_go(out);
        if !doubtful {
            out.push(Heard::Event(event));
        }
    }

    fn scan(&self) -> Option<String> {
        let known = form::of(&self.text);
        let pace_ms = if known.is_some() { PACE_MS } else { STRICT_PACE_MS };
        let long_enough = known.is_some() || self.text.chars().count() >= SHORTEST && !self.late;
        (long_enough && !self.is_one_key_held() && !self.is_slower_than(pace_ms, self.lateness_ms))
            .then(|| known.unwrap_or_else(|| self.text.clone()))
    }

    /// However short the text and whatever its form: no hand is so quick on Enter.
    fn is_entered_at_once(&self) -> bool {
        let drawing_ms = self.drawing.took_ms().min(DRAWING_MS);
        let since_ms = self.drawing.at_ms.saturating_sub(self.last_ms);
        let since_at_least_ms = self.drawing.before_ms.saturating_sub(self.last_ms);
        !self.late
            && !self.is_one_key_held()
            && !self.is_slower_than(PACE_MS, drawing_ms)
            && (since_ms <= ENTER_MS || !self.drawing.is_late() && since_at_least_ms <= EARLIEST_ENTER_MS)
    }

    /// Whether a key of this drawing may have come as quickly behind the last letter as a scanner types.
    fn may_be_of_a_scan(&self) -> bool {
        self.letter_ms.is_some_and(|letter_ms| self.drawing.before_ms.saturating_sub(letter_ms) <= ENTER_MS)
    }

    /// A key that is held down repeats itself faster than a hand types.
    fn is_one_key_held(&self) -> bool {
        let mut letters = self.text.chars();
        let first = letters.next();
        self.letters > 1 && self.ups < self.letters && letters.all(|letter| Some(letter) == first)
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
        self.ups = 0;
        self.late = false;
        self.lateness_ms = 0;
        self.quiet_since_ms = None;
    }
}

/// A text that came whole, as an input method commits it: the pass in it, if it is one.
#[must_use]
pub fn whole(text: &str) -> Option<String> {
    form::of(text).filter(|text| PassText::parse(text).is_ok())
}

#[cfg(test)]
mod tests;
