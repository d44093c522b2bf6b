//! A stranger's words, as they may be kept and shown: short, on one line, and nothing in them that moves a terminal or misleads the eye.
//!
//! Providers say why a notice failed in words that nobody here chose, and an operator reads them where escapes are obeyed.

use super::reason::is_hidden;

/// A reason is a sentence.
const MOST: usize = 200;

#[must_use]
pub fn harmless(said: &str) -> String {
    visible(said).take(MOST).collect()
}

/// Without controls, what turns the direction of text, and what takes no room.
pub fn visible(said: &str) -> impl Iterator<Item = char> {
    said.chars().filter(|symbol| !is_hidden(*symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_s_moves_the_terminal_or_fills_it() {
        assert_eq!(harmless("停机\u{1b}[2J\r\n\u{9b}31m\u{202e}!\u{2066}"), "停机[2J31m!");
        assert_eq!(harmless(&"长".repeat(300_000)), "长".repeat(200));
    }
}
