//! How far a booking has come, in steps: sent in, host told, decided, pass.
//!
//! A visitor who waits wants to know whose turn it is; so each step says when it was taken and, of the notices, how they fared.

use shared::time::Moment;

use super::{language::Language, wording};
use crate::{
    office::{Standing, notice::NoticeKind},
    store::{BookingView, NoticeState, NoticeStatus},
};

pub(super) struct Step {
    pub(super) stage: Stage,
    pub(super) said: &'static str,
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Done,
    Now,
    Next,
    /// It went no further.
    Ended,
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Next => "next",
            Self::Ended => "ended",
        }
    }

    pub(super) fn is_now(self) -> bool {
        self == Self::Now
    }
}

pub(super) fn steps(view: &BookingView, notices: &[NoticeStatus], over: bool, lang: Language) -> Vec<Step> {
    let step = |stage, chinese, english, lines| Step { stage, said: lang.say(chinese, english), lines };
    let at = |at: &Moment| vec![at.campus_date_and_clock()];
    let mut steps = vec![step(Stage::Done, "已提交", "Sent in", at(&view.made_at))];
    // A host who books for a visitor is asked nothing.
    let asked: Vec<_> = notices.iter().filter(|notice| notice.kind == NoticeKind::ApprovalAsked).collect();
    if !asked.is_empty() {
        let told = asked.iter().any(|notice| matches!(notice.state, NoticeState::Sent { .. }));
        let told = if told || view.standing != Standing::Waiting { Stage::Done } else { Stage::Now };
        let lines = asked.into_iter().map(|notice| wording::notice(notice, lang)).collect();
        steps.push(step(told, "通知被访人", "Host told", lines));
    }
    let to_visitor = notices.iter().filter(|notice| notice.kind == NoticeKind::Approved);
    match &view.standing {
        Standing::Waiting if over => steps.push(step(Stage::Ended, "没有审核", "Not decided", Vec::new())),
        Standing::Waiting => {
            steps.push(step(Stage::Now, "等待审核", "Waiting for the decision", Vec::new()));
            steps.push(step(Stage::Next, "通行码", "Pass", Vec::new()));
        }
        Standing::Approved { at: decided, .. } => {
            steps.push(step(Stage::Done, "审核通过", "Approved", at(decided)));
            if over {
                steps.push(step(Stage::Ended, "通行码已过期", "Pass expired", Vec::new()));
            } else {
                steps.push(step(
                    Stage::Done,
                    "通行码已生成",
                    "Pass made",
                    to_visitor.map(|notice| wording::notice(notice, lang)).collect(),
                ));
            }
        }
        Standing::Declined { at: decided, .. } => steps.push(step(Stage::Ended, "审核未通过", "Declined", at(decided))),
        Standing::Cancelled { at: ended } => steps.push(step(Stage::Ended, "访客已取消", "Cancelled", at(ended))),
        Standing::Revoked { at: ended, .. } => {
            steps.push(step(Stage::Ended, "通行码已撤销", "Pass revoked", at(ended)))
        }
    }
    steps
}
