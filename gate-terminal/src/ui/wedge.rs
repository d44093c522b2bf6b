//! Between the window's keys and the scanner's ear: it hears every key before any field does.
//!
//! What a scanner types becomes a scan, and a key that decides something must be a hand's. Shift and its like are neither: they
//! are pressed around a scanner's letters as around a person's.
//!
//! An input method that is on takes the letters away before they arrive here; then nothing can be read, and the guard is told
//! to switch it off instead of finding rubbish in a field.

use egui::{Context, Event, ImeEvent, Key, RawInput};

use super::keys::{self, Down};
use crate::scanner::{self, Drawing, Hand, Heard, Scanner, Stroke};

/// So many changes of an unfinished word, faster than a hand makes them, are a scanner typing into an input method.
const GARBLED_CHANGES: usize = 8;
const GARBLED_WITHIN_MS: u64 = 280;

/// Until the next drawing while keys come: sixty a second.
const NEXT_DRAWING: std::time::Duration = std::time::Duration::from_millis(16);

#[derive(Debug, Default)]
pub(super) struct Wedge {
    drawing: Drawing,
    scanner: Scanner<Event>,
    hand: Hand<Key, Event>,
    down: Down,
    /// The deciding keys of this drawing, and how long ago each went down.
    decided: Vec<(Key, u64)>,
    scans: Vec<String>,
    /// When the input method's unfinished word changed.
    changes_ms: Vec<u64>,
    garbled: bool,
    now_s: f64,
}

impl Wedge {
    /// What has been scanned since the last call.
    pub(super) fn take_scans(&mut self) -> Vec<String> {
        std::mem::take(&mut self.scans)
    }

    /// Whether a scanner has typed into the input method since the last call.
    pub(super) fn take_garbled(&mut self) -> bool {
        std::mem::take(&mut self.garbled)
    }

    /// How long before this drawing the key went down; it had to be held until it counted.
    pub(super) fn held_s(&self, key: Key) -> f64 {
        let held = self.decided.iter().find(|(decided, _)| *decided == key);
        held.map_or(0.0, |(_, ago_ms)| std::time::Duration::from_millis(*ago_ms).as_secs_f64())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "egui has many events, and only what is typed matters here")]
    fn hear(&mut self, event: Event, out: &mut Vec<Heard<Event>>) {
        let Some(event) = self.ask_hand(event) else { return };
        match &event {
            Event::WindowFocused(false) => {
                self.hand.forget();
                self.down.forget();
            }
            Event::Ime(ImeEvent::Preedit { .. }) => self.note_change(self.drawing.at_ms),
            Event::Ime(ImeEvent::Commit(text)) | Event::Text(text) if text.chars().count() > 1 => {
                if let Some(scan) = scanner::whole(text) {
                    out.push(Heard::Scan(scan));
                    return;
                }
            }
            _ => {}
        }
        match stroke(&event) {
            Some(stroke) => self.scanner.hear(stroke, event, out),
            None => out.push(Heard::Event(event)),
        }
    }

    /// `None` when the hand keeps it.
    fn ask_hand(&mut self, event: Event) -> Option<Event> {
        if let Some(key) = keys::deciding(&event) {
            return self.hand.down(key, event);
        }
        if let Event::Key { key, pressed: false, .. } = event {
            return self.hand.up(key, event);
        }
        if keys::is_other(&event) {
            self.hand.other();
        }
        Some(event)
    }

    fn note_change(&mut self, at_ms: u64) {
        self.changes_ms.push(at_ms);
        let surplus = self.changes_ms.len().saturating_sub(GARBLED_CHANGES);
        self.changes_ms.drain(..surplus);
        let first = self.changes_ms.first().copied().unwrap_or(at_ms);
        if self.changes_ms.len() == GARBLED_CHANGES && at_ms.saturating_sub(first) <= GARBLED_WITHIN_MS {
            self.garbled = true;
            self.changes_ms.clear();
        }
    }
}

impl egui::Plugin for Wedge {
    fn debug_name(&self) -> &'static str {
        "wedge"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        // As the window itself counts, when nobody says the time.
        self.now_s = input.time.unwrap_or_else(|| self.now_s + f64::from(input.predicted_dt));
        let at_ms = std::time::Duration::try_from_secs_f64(self.now_s)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        self.drawing = self.drawing.next(at_ms);
        self.scanner.begin(self.drawing);
        self.hand.begin(self.drawing);
        let (mut out, mut decided) = (Vec::new(), Vec::new());
        for event in std::mem::take(&mut input.events) {
            let event = self.down.follow(event);
            self.hear(event, &mut out);
        }
        self.scanner.end(&mut out);
        self.hand.end(&mut decided);
        for heard in out {
            match heard {
                Heard::Event(event) => input.events.push(event),
                Heard::Scan(text) => self.scans.push(text),
            }
        }
        self.decided.clear();
        for pressed in decided {
            if let Event::Key { key, pressed: true, .. } = pressed.event {
                self.decided.push((key, pressed.ago_ms));
            }
            input.events.push(pressed.event);
        }
        if self.scanner.is_listening() || self.hand.is_listening() {
            ctx.request_repaint_after(NEXT_DRAWING);
        }
    }
}

/// `None` for what is not typed at all.
#[expect(clippy::wildcard_enum_match_arm, reason = "egui has many events, and only what is typed matters here")]
fn stroke(event: &Event) -> Option<Stroke> {
    match event {
        Event::Text(text) => {
            let mut letters = text.chars();
            Some(match (letters.next(), letters.next()) {
                (Some(letter), None) => Stroke::Letter(letter),
                _ => Stroke::Break,
            })
        }
        Event::Key { key, .. } if keys::is_around(*key) => None,
        Event::Key { key: Key::Enter | Key::Tab, pressed, modifiers, .. } => {
            Some(match (pressed, modifiers.is_none()) {
                (true, true) => Stroke::End,
                (true, false) => Stroke::Break,
                (false, _) => Stroke::After,
            })
        }
        Event::Key { key, pressed, modifiers, .. } => {
            let writes = keys::writes(*key) && !modifiers.ctrl && !modifiers.alt && !modifiers.command;
            match (writes, pressed) {
                (true, true) => Some(Stroke::Before),
                (true, false) => Some(Stroke::After),
                (false, true) => Some(Stroke::Break),
                (false, false) => None,
            }
        }
        Event::Ime(_) => Some(Stroke::Break),
        _ => None,
    }
}
