//! Between the window's keys and the scanner's ear: it hears every key before any field does.
//!
//! An input method that is on takes the letters away before they arrive here; then nothing can be read, and the guard is told
//! to switch it off instead of finding rubbish in a field.

use egui::{Context, Event, ImeEvent, Key, RawInput};

use crate::scanner::{self, Heard, Scanner, Stroke};

/// So many changes of an unfinished word, faster than a hand makes them, are a scanner typing into an input method.
const GARBLED_CHANGES: usize = 8;
const GARBLED_WITHIN_MS: u64 = 280;

#[derive(Debug, Default)]
pub(super) struct Wedge {
    scanner: Scanner<Event>,
    scans: Vec<String>,
    /// When the input method's unfinished word changed.
    changes_ms: Vec<u64>,
    garbled: bool,
    /// Of a window that does not say the time.
    counted_s: f64,
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

    #[expect(clippy::wildcard_enum_match_arm, reason = "egui has many events, and only what is typed matters here")]
    fn hear(&mut self, at_ms: u64, event: Event, out: &mut Vec<Heard<Event>>) {
        match &event {
            Event::Ime(ImeEvent::Preedit { .. }) => self.note_change(at_ms),
            Event::Ime(ImeEvent::Commit(text)) | Event::Text(text) if text.chars().count() > 1 => {
                if let Some(scan) = scanner::whole(text) {
                    out.push(Heard::Scan(scan));
                    return;
                }
            }
            _ => {}
        }
        match stroke(&event) {
            Some(stroke) => self.scanner.hear(at_ms, stroke, event, out),
            None => out.push(Heard::Event(event)),
        }
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
        self.counted_s += f64::from(input.predicted_dt);
        let now_s = input.time.unwrap_or(self.counted_s);
        let at_ms = std::time::Duration::try_from_secs_f64(now_s)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let mut out = Vec::new();
        self.scanner.pass_time(at_ms, &mut out);
        for event in std::mem::take(&mut input.events) {
            self.hear(at_ms, event, &mut out);
        }
        for heard in out {
            match heard {
                Heard::Event(event) => input.events.push(event),
                Heard::Scan(text) => self.scans.push(text),
            }
        }
        if let Some(wakes_ms) = self.scanner.wakes_at_ms() {
            ctx.request_repaint_after(std::time::Duration::from_millis(wakes_ms.saturating_sub(at_ms).max(1)));
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
        Event::Key { key: Key::Enter | Key::Tab, pressed, modifiers, .. } => {
            Some(match (pressed, modifiers.is_none()) {
                (true, true) => Stroke::End,
                (true, false) => Stroke::Break,
                (false, _) => Stroke::After,
            })
        }
        Event::Key { key, pressed, modifiers, .. } => {
            let writes = writes(*key) && !modifiers.ctrl && !modifiers.alt && !modifiers.command;
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

/// Whether a letter comes with the key.
fn writes(key: Key) -> bool {
    let name = key.name();
    let sign = matches!(
        key,
        Key::Space
            | Key::Colon
            | Key::Comma
            | Key::Backslash
            | Key::Slash
            | Key::Pipe
            | Key::Questionmark
            | Key::Exclamationmark
            | Key::OpenBracket
            | Key::CloseBracket
            | Key::OpenCurlyBracket
            | Key::CloseCurlyBracket
            | Key::Backtick
            | Key::Minus
            | Key::Period
            | Key::Plus
            | Key::Equals
            | Key::Semicolon
            | Key::Quote
    );
    name.len() == 1 || sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_write_and_function_keys_do_not() {
        for key in [Key::A, Key::Num7, Key::Space, Key::Colon, Key::Slash, Key::Minus, Key::Plus, Key::Period] {
            assert!(writes(key), "{key:?}");
        }
        for key in [Key::F1, Key::F10, Key::Escape, Key::ArrowUp, Key::Backspace, Key::Enter, Key::Tab, Key::PageDown] {
            assert!(!writes(key), "{key:?}");
        }
    }
}
