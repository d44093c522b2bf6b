//! A line of free text that other people will read: why somebody comes, or why they may not.

use std::fmt;

use thiserror::Error;

use super::web_address::holds_web_address;

/// 1 to 200 characters on one line; nothing in it can hide or reorder the text around it, and nothing in it is a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub const MAX_CHARACTERS: usize = 200;

    pub fn parse(typed: &str) -> Result<Self, ReasonError> {
        let line = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(symbol) = line.chars().find(|symbol| is_hidden(*symbol)) {
            return Err(ReasonError::Character(symbol));
        }
        if holds_web_address(&line) {
            return Err(ReasonError::WebAddress);
        }
        match line.chars().count() {
            0 => Err(ReasonError::Empty),
            1..=Self::MAX_CHARACTERS => Ok(Self(line)),
            _ => Err(ReasonError::TooLong { max: Self::MAX_CHARACTERS }),
        }
    }

    /// One that was parsed before, perhaps when more was let through: what is stored stays readable.
    #[must_use]
    pub const fn from_store(stored: String) -> Self {
        Self(stored)
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
    #[error("没有写原因。No reason")]
    Empty,
    #[error("原因最多 {max} 个字。A reason has at most {max} characters")]
    TooLong { max: usize },
    #[error("原因里不能有看不见的字符 {0:?}。It cannot be seen, so it cannot stand in a reason")]
    Character(char),
    #[error("原因里不能写网址。A web address cannot stand in a reason")]
    WebAddress,
}

/// Controls, what turns the direction of text, and what takes no room: joiners, marks of order and fillers would hide a number
/// from every check and from the eye.
pub(super) fn is_hidden(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol,
            '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}'
            | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
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
        for hidden in ['\u{200b}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{3164}', '\u{e0001}'] {
            assert_eq!(Reason::parse(&format!("110105{hidden}1949")), Err(ReasonError::Character(hidden)));
        }
        assert!(Reason::parse("送 ❤️ 与葛󠄀的字形").is_ok(), "how a character looks is no secret");
        assert_eq!(Reason::parse("请上 evil.com 登录"), Err(ReasonError::WebAddress));
        assert!(Reason::parse(&"访".repeat(200)).is_ok());
        assert_eq!(Reason::parse(&"访".repeat(201)), Err(ReasonError::TooLong { max: 200 }));
    }
}
