//! One broken rule: where, what, and what to do about it.
//!
//! Whoever meets one of these has usually never read the rule, so the message carries all of it.

use std::fmt;

/// What is held, and what to do when it is not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) says: &'static str,
    pub(crate) remedy: &'static str,
}

#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) found: String,
}

impl Rule {
    pub(crate) fn broken(self, path: &str, line: usize, found: impl Into<String>) -> Violation {
        Violation { rule: self, path: path.to_owned(), line, found: found.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, path, line, found } = self;
        write!(f, "{path}:{line}: {found}\n  rule: {}\n  do:   {}", rule.says, rule.remedy)
    }
}

#[test]
fn a_message_names_the_rule_the_place_and_the_remedy() {
    let rule = Rule { says: "gates close", remedy: "close it" };
    let message = rule.broken("a/b.rs", 7, "open gate").to_string();
    for part in ["a/b.rs:7", "open gate", "gates close", "close it"] {
        assert!(message.contains(part), "{part} is missing from {message}");
    }
}
