//! A line of free text that other people will read: why somebody comes, or why they may not.

use std::fmt;

use thiserror::Error;

/// 1 to 200 characters on one line; nothing in it can hide or reorder the text around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub const MAX_CHARACTERS: usize = 200;

    pub fn parse(typed: &str) -> Result<Self, ReasonError> {
        let line = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(symbol) = line.chars().find(|symbol| is_hidden(*symbol)) {
            return Err(ReasonError::Character(symbol));
        }
        match line.chars().count() {
            0 => Err(ReasonError::Empty),
            1..=Self::MAX_CHARACTERS => Ok(Self(line)),
            _ => Err(ReasonError::TooLong { max: Self::MAX_CHARACTERS }),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReasonError {
    #[error("no reason")]
    Empty,
    #[error("a reason has at most {max} characters")]
    TooLong { max: usize },
    #[error("{0:?} cannot be seen, so it cannot stand in a reason")]
    Character(char),
}

/// Controls, and what turns the direction of text. Joiners stay: they belong to how some scripts and emoji are written.
fn is_hidden(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_visible_line() {
        assert_eq!(Reason::parse("  学术\r\n 报告 ").unwrap().as_str(), "学术 报告");
        assert_eq!(Reason::parse("<script>alert(1)</script>").unwrap().as_str(), "<script>alert(1)</script>");
        assert_eq!(Reason::parse(" \n"), Err(ReasonError::Empty));
        assert_eq!(Reason::parse("a\u{202e}b"), Err(ReasonError::Character('\u{202e}')));
        assert_eq!(Reason::parse("a\0b"), Err(ReasonError::Character('\0')));
        assert!(Reason::parse(&"访".repeat(200)).is_ok());
        assert_eq!(Reason::parse(&"访".repeat(201)), Err(ReasonError::TooLong { max: 200 }));
    }
}
