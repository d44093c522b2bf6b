//! A keyboard as a real window hears it: Shift is a key of its own around each letter that needs it, and every key goes up.

use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;

use super::super::Desk;

/// Milliseconds from the beginning, and what happens then.
pub(super) type Played = Vec<(u64, Event)>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Keyboard {
    pub pace_ms: u64,
    pub caps_lock: bool,
}

impl Keyboard {
    pub(super) fn types(self, text: &str, entered: bool) -> Played {
        let mut played = Played::new();
        let mut at_ms = 0;
        for letter in text.chars() {
            self.types_letter(letter, at_ms, &mut played);
            at_ms += self.pace_ms;
        }
        if entered {
            played.extend(strike(Key::Enter, self.pace_ms / 2).into_iter().map(|(then, event)| (at_ms + then, event)));
        }
        played
    }

    fn types_letter(self, letter: char, at_ms: u64, played: &mut Played) {
        let place = place_of(letter);
        let shifted = letter.is_ascii_uppercase() || "$%*+:".contains(letter);
        let written = match (self.caps_lock, letter.is_ascii_uppercase()) {
            (false, _) => letter,
            (true, true) => letter.to_ascii_lowercase(),
            (true, false) => letter.to_ascii_uppercase(),
        };
        let logical = Key::from_name(&letter.to_string()).unwrap_or(place);
        let modifiers = if shifted { Modifiers::SHIFT } else { Modifiers::NONE };
        let up_ms = at_ms + self.pace_ms / 2;
        if shifted {
            played.push((at_ms, key(Key::ShiftLeft, Key::ShiftLeft, true, Modifiers::NONE)));
            played.push((at_ms, Event::ModifiersChanged(modifiers)));
        }
        played.push((at_ms, key(logical, place, true, modifiers)));
        played.push((at_ms, Event::Text(written.to_string())));
        played.push((up_ms, key(logical, place, false, modifiers)));
        if shifted {
            played.push((up_ms, key(Key::ShiftLeft, Key::ShiftLeft, false, modifiers)));
            played.push((up_ms, Event::ModifiersChanged(Modifiers::NONE)));
        }
    }
}

/// One key without Shift; a digit writes itself.
pub(super) fn strike(struck: Key, held_ms: u64) -> Played {
    let mut played = vec![(0, key(struck, struck, true, Modifiers::NONE))];
    if struck.name().parse::<u8>().is_ok() {
        played.push((0, Event::Text(struck.name().to_owned())));
    }
    played.push((held_ms, key(struck, struck, false, Modifiers::NONE)));
    played
}

/// The key of the equals sign goes up as what it is without Shift.
pub(super) fn plus_with_shift_up_first() -> Played {
    vec![
        (0, key(Key::ShiftLeft, Key::ShiftLeft, true, Modifiers::NONE)),
        (30, key(Key::Plus, Key::Equals, true, Modifiers::SHIFT)),
        (30, Event::Text("+".to_owned())),
        (90, key(Key::ShiftLeft, Key::ShiftLeft, false, Modifiers::SHIFT)),
        (110, key(Key::Equals, Key::Equals, false, Modifiers::NONE)),
    ]
}

/// Plays it in a window whose drawings take so long, and on until everything is certain.
pub(super) fn play(harness: &mut Harness<'_, Desk>, played: &[(u64, Event)], drawing_ms: u64) {
    let begun_s = harness.ctx.input(|input| input.time);
    let mut left = played.iter().peekable();
    let until_ms = played.last().map_or(0, |(at_ms, _)| *at_ms) + 200 + 3 * drawing_ms;
    let mut now_ms = 1;
    while now_ms < until_ms {
        let input = harness.input_mut();
        input.time = Some(begun_s + std::time::Duration::from_millis(now_ms).as_secs_f64());
        while let Some((_, event)) = left.next_if(|(at_ms, _)| *at_ms < now_ms) {
            input.events.push(event.clone());
        }
        harness.step();
        now_ms += drawing_ms;
    }
    harness.input_mut().time = None;
}

fn key(logical: Key, place: Key, pressed: bool, modifiers: Modifiers) -> Event {
    Event::Key { key: logical, physical_key: Some(place), pressed, repeat: false, modifiers }
}

/// On a keyboard of the United States.
fn place_of(letter: char) -> Key {
    match letter {
        '$' => Key::Num4,
        '%' => Key::Num5,
        '*' => Key::Num8,
        '+' => Key::Equals,
        ':' => Key::Semicolon,
        ' ' => Key::Space,
        _ => Key::from_name(&letter.to_ascii_uppercase().to_string()).unwrap(),
    }
}
