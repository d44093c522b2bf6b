//! The kinds of keys: those that decide something, those that write, and those that are pressed around others.

use egui::{Event, Key, Modifiers};

/// The key, when it goes down and something may hang on it: a hand must have pressed it.
pub(super) fn deciding(event: &Event) -> Option<Key> {
    let Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
    let plain = modifiers.is_none();
    let counts_up = matches!(key, Key::Plus | Key::Equals) && (plain || *modifiers == Modifiers::SHIFT);
    let decides = plain && (digit(*key) || matches!(key, Key::Minus | Key::Escape) || is_function(*key));
    (counts_up || decides).then_some(*key)
}

/// Whether something else was typed than a deciding key. The text of such a key comes with it and is not something else.
#[expect(clippy::wildcard_enum_match_arm, reason = "egui has many events, and only what is typed matters here")]
pub(super) fn is_other(event: &Event) -> bool {
    match event {
        Event::Key { key, pressed: true, modifiers, .. } => {
            let command = modifiers.ctrl || modifiers.alt || modifiers.command;
            matches!(key, Key::Enter | Key::Tab) || writes(*key) && !command
        }
        Event::Text(text) => !text.chars().all(|letter| letter.is_ascii_digit() || "+-=".contains(letter)),
        _ => false,
    }
}

/// Whether a letter comes with the key.
pub(super) fn writes(key: Key) -> bool {
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
            | Key::IntlBackslash
    );
    key.name().len() == 1 || sign
}

/// Modifiers and locks: held or struck around other keys, they are typed by nobody.
pub(super) const fn is_around(key: Key) -> bool {
    matches!(
        key,
        Key::ShiftLeft
            | Key::ShiftRight
            | Key::ControlLeft
            | Key::ControlRight
            | Key::AltLeft
            | Key::AltRight
            | Key::SuperLeft
            | Key::SuperRight
            | Key::CapsLock
            | Key::NumLock
            | Key::ScrollLock
            | Key::Fn
    )
}

fn digit(key: Key) -> bool {
    matches!(key.name().as_bytes(), [b'0'..=b'9'])
}

fn is_function(key: Key) -> bool {
    matches!(key.name().as_bytes(), [b'F', b'1'..=b'9', ..])
}

/// The keys that are down. Shift let go before its letter makes another key of it, and the window would believe the first one
/// down for ever: so a key goes up as the key it went down as.
#[derive(Debug, Default)]
pub(super) struct Down(Vec<(Key, Key)>);

impl Down {
    pub(super) fn follow(&mut self, mut event: Event) -> Event {
        if let Event::Key { key, physical_key: Some(place), pressed, .. } = &mut event {
            let known = self.0.iter().position(|(held, _)| held == place);
            match (known.and_then(|index| self.0.get(index)), *pressed) {
                (Some((_, as_pressed)), _) => *key = *as_pressed,
                (None, true) => self.0.push((*place, *key)),
                (None, false) => {}
            }
            if let (Some(index), false) = (known, *pressed) {
                self.0.remove(index);
            }
        }
        event
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
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

    #[test]
    fn every_key_is_of_one_kind() {
        for key in Key::ALL.iter().copied() {
            assert!(!(is_around(key) && (writes(key) || is_function(key))), "{key:?}");
            assert!(!(writes(key) && is_function(key)), "{key:?}");
        }
        let functions = Key::ALL.iter().filter(|key| is_function(**key)).count();
        assert_eq!((functions, Key::ALL.iter().filter(|key| digit(**key)).count()), (35, 10));
        let around = Key::ALL.iter().filter(|key| is_around(**key)).count();
        assert_eq!(around, 12, "of eight modifiers and four locks none is left out");
    }
}
