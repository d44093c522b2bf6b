//! The host's yes or no as a form: the same on a link's page and on a booking's page.

use serde::Deserialize;

use super::{language::Language, problem_words, problems::Problems};
use crate::office::{Choice, Reason, ReasonError, Revision, Word};

/// Reasons that most hosts would give, each a button of its own; the visitor reads the Chinese words.
const REASONS: [(&str, &str, &str); 4] = [
    ("decline-0", "当天不在校，请另约时间", "I am away that day: please choose another"),
    ("decline-1", "请先打电话联系我", "Please call me first"),
    ("decline-2", "事由不清楚，请补充后重新预约", "The reason is unclear: please say more and book again"),
    ("decline-3", "我不认识这位访客", "I do not know this visitor"),
];

/// A button that declines with a reason.
pub(super) struct Usual {
    pub(super) value: &'static str,
    pub(super) said: &'static str,
}

pub(super) fn usual_reasons(lang: Language) -> [Usual; 4] {
    REASONS.map(|(value, chinese, english)| Usual { value, said: lang.say(chinese, english) })
}

/// The form, as a page shows it.
pub(super) struct Deciding {
    pub(super) address: String,
    pub(super) form_token: String,
    /// What is shown beside it, so that nobody decides on something else.
    pub(super) revision: u32,
    pub(super) reason: String,
    pub(super) problems: Problems,
    /// Somebody of the party is on the watchlist.
    pub(super) ask_security: bool,
}

impl Deciding {
    pub(super) fn new(address: String, form_token: String, revision: Revision) -> Self {
        Self {
            address,
            form_token,
            revision: revision.get(),
            reason: String::new(),
            problems: Problems::default(),
            ask_security: false,
        }
    }

    /// With what was typed into it when it could not be taken.
    pub(super) fn with(self, decision: Decision) -> Self {
        Self { reason: decision.reason, ..self }
    }

    pub(super) fn unclear(self, unclear: Unclear, lang: Language) -> Self {
        let (field, said) = match unclear {
            Unclear::Choice => ("choice", lang.say("请选择同意或谢绝", "Please approve or decline").to_owned()),
            Unclear::Reason(error) => ("reason", problem_words::reason(error, lang)),
        };
        Self { problems: Problems::one(field, "", said), ..self }
    }
}

/// Said above a decision that was not taken because the booking is not what was looked at.
pub(super) fn changed(lang: Language) -> &'static str {
    lang.say(
        "访客刚修改了预约，请重新核对后再审核。",
        "The visitor has just changed this booking: please look again, then decide.",
    )
}

/// Said above a form whose page had been open for too long.
pub(super) fn out_of_date(lang: Language) -> &'static str {
    lang.say("页面已过期，请核对后再按一次。", "This page was out of date: please look again and press once more.")
}

/// The form, as it was sent.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Decision {
    choice: String,
    reason: String,
    revision: String,
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
    pub(super) fn read(&self) -> Result<Word, Unclear> {
        let choice = match self.choice.as_str() {
            "decline" => match Reason::parse(&self.reason) {
                Ok(reason) => Ok(Choice::Decline { reason: Some(reason) }),
                Err(ReasonError::Empty) => Ok(Choice::Decline { reason: None }),
                Err(error) => Err(Unclear::Reason(error)),
            },
            choice => pressed(choice).ok_or(Unclear::Choice),
        };
        // A form that does not say what it showed has shown nothing.
        Ok(choice?.on(Revision::new(self.revision.parse().unwrap_or_default())))
    }
}

/// A button that says all by itself.
pub(super) fn pressed(choice: &str) -> Option<Choice> {
    if choice == "approve" {
        return Some(Choice::Approve);
    }
    let (_, said, _) = REASONS.iter().find(|(value, ..)| *value == choice)?;
    Some(Choice::Decline { reason: Some(Reason::parse(said).ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pressed_button_is_a_decision() {
        let read = |choice: &str, reason: &str| {
            let decision = Decision { choice: choice.to_owned(), reason: reason.to_owned(), revision: "3".to_owned() };
            let read = decision.read();
            assert!(read.as_ref().is_ok_and(|word| word.seen == Revision::new(3)) || read.is_err());
            read.map(|word| word.choice)
        };
        assert_eq!(read("approve", "ignored\u{202e}"), Ok(Choice::Approve));
        assert_eq!(read("decline", " \n"), Ok(Choice::Decline { reason: None }));
        assert_eq!(read("decline", "当天出差"), Ok(Choice::Decline { reason: Reason::parse("当天出差").ok() }));
        for (number, (_, said, _)) in REASONS.iter().enumerate() {
            let reason = Some(Reason::parse(said).unwrap());
            assert_eq!(read(&format!("decline-{number}"), "也许"), Ok(Choice::Decline { reason }));
        }
        let long = "长".repeat(201);
        assert_eq!(read("decline", &long), Err(Unclear::Reason(ReasonError::TooLong { max: 200 })));
        for nothing in ["", "APPROVE", "yes", "decline-", "decline-4", "decline--1"] {
            assert_eq!(read(nothing, ""), Err(Unclear::Choice));
        }
    }
}
