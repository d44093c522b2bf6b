//! Every file opens by saying what it is for.
//!
//! The first line is what somebody reads who came here by search at seven in the morning with the gate standing still.

use crate::source::Source;
use crate::violation::{Rule, Violation};

/// Shorter than any sentence about a room.
const FEWEST_LETTERS: usize = 12;

const RULE: Rule = Rule {
    says: "every file opens with `//!`: what this room is for, then why it is so",
    remedy: "write that sentence as the very first line",
};

pub(crate) fn missing(source: &Source) -> Option<Violation> {
    let first = source.text.lines().next().unwrap_or_default();
    let said = first.strip_prefix("//!").is_some_and(|words| words.trim().len() >= FEWEST_LETTERS);
    (!said).then(|| RULE.broken(&source.path, 1, format!("opens with \"{first}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_silent_file_is_caught() {
        for text in ["", "use std::fs;", "\n//! Too late, by one line.", "// Not for the docs.", "//!", "//! stub"] {
            assert!(missing(&Source::parse("shared/src/ids.rs", text).unwrap()).is_some(), "{text}");
        }
        assert!(missing(&Source::parse("shared/src/ids.rs", "//! Ids are newtypes.").unwrap()).is_none());
    }
}
