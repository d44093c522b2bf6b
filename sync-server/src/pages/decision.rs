//! The host's yes or no as a form: the same on a link's page and on a booking's page.

use serde::Deserialize;

use super::{language::Language, problem_words, problems::Problems};
use crate::office::{Choice, Reason, ReasonError};

/// The form, as a page shows it.
pub(super) struct Deciding {
    pub(super) address: String,
    pub(super) form_token: String,
    pub(super) reason: String,
    pub(super) problems: Problems,
}

impl Deciding {
    pub(super) fn new(address: String, form_token: String) -> Self {
        Self { address, form_token, reason: String::new(), problems: Problems::default() }
    }
}

/// The form, as it was sent.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Decision {
    choice: String,
    reason: String,
}

/// Why a decision could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// Neither button was pressed.
    Choice,
    Reason(ReasonError),
}

impl Decision {
    /// A reason is welcome, not demanded: a host who has none to give would invent one.
    pub(super) fn read(&self) -> Result<Choice, Unclear> {
        match self.choice.as_str() {
            "approve" => Ok(Choice::Approve),
            "decline" => match Reason::parse(&self.reason) {
                Ok(reason) => Ok(Choice::Decline { reason: Some(reason) }),
                Err(ReasonError::Empty) => Ok(Choice::Decline { reason: None }),
                Err(error) => Err(Unclear::Reason(error)),
            },
            _ => Err(Unclear::Choice),
        }
    }

    /// The form once more, with what was typed and what is wrong with it.
    pub(super) fn again(self, address: String, form_token: String, unclear: Unclear, lang: Language) -> Deciding {
        let (field, said) = match unclear {
            Unclear::Choice => ("choice", lang.say("请选择同意或不同意", "Please approve or decline").to_owned()),
            Unclear::Reason(error) => ("reason", problem_words::reason(error, lang)),
        };
        Deciding { address, form_token, reason: self.reason, problems: Problems::one(field, "", said) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pressed_button_is_a_decision() {
        let read =
            |choice: &str, reason: &str| Decision { choice: choice.to_owned(), reason: reason.to_owned() }.read();
        assert_eq!(read("approve", "ignored\u{202e}"), Ok(Choice::Approve));
        assert_eq!(read("decline", " \n"), Ok(Choice::Decline { reason: None }));
        assert_eq!(read("decline", "当天出差"), Ok(Choice::Decline { reason: Reason::parse("当天出差").ok() }));
        let long = "长".repeat(201);
        assert_eq!(read("decline", &long), Err(Unclear::Reason(ReasonError::TooLong { max: 200 })));
        for nothing in ["", "APPROVE", "yes"] {
            assert_eq!(read(nothing, ""), Err(Unclear::Choice));
        }
    }
}
