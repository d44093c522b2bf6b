//! How far a booking has come, in steps: sent in, host told, decided, pass.
//!
//! A visitor who waits wants to know whose turn it is; so each step says when it was taken and, of the notices, how they fared.

use shared::time::Moment;

use super::{language::Language, wording};
use crate::{
    office::{Channel, Standing, notice::NoticeKind},
    store::{BookingView, GivenUp, NoticeState, NoticeStatus, Receipt},
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
    let at = |at: &Moment| vec![wording::clock(*at, lang)];
    let mut steps = vec![step(Stage::Done, "已提交", "Sent in", at(&view.made_at))];
    // A host who books for a visitor is asked nothing.
    let asked: Vec<_> = notices.iter().filter(|notice| notice.kind == NoticeKind::ApprovalAsked).collect();
    if !asked.is_empty() {
        let told = asked.iter().any(|notice| is_told(notice));
        let told = if told || view.standing != Standing::Waiting { Stage::Done } else { Stage::Now };
        let lines = by_channel(&asked).map(|notice| wording::notice(notice, lang)).collect();
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
                let mut lines: Vec<_> = to_visitor.map(|notice| wording::notice(notice, lang)).collect();
                if !view.reaches_the_visitor() {
                    let said = lang.say(
                        "没有通知访客：对方的手机号收不到短信，请把通行码转发给访客",
                        "The visitor was not told: their number receives no text messages. Please forward the pass",
                    );
                    lines.push(said.to_owned());
                }
                steps.push(step(Stage::Done, "通行码已生成", "Pass made", lines));
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

/// To a visitor who waits: whether their host knows of it. What was not sent is not said to have been.
pub(super) fn telling(notices: &[NoticeStatus], lang: Language) -> &'static str {
    let asked: Vec<_> = notices.iter().filter(|notice| notice.kind == NoticeKind::ApprovalAsked).collect();
    if asked.iter().any(|notice| is_told(notice)) {
        lang.say("已通知被访人，请等待审核。", "The host has been told and will decide.")
    } else if asked.iter().any(|notice| notice.state == NoticeState::Waiting { failed: 0 }) {
        lang.say("正在通知被访人，请稍候。", "The host is being told; please wait a moment.")
    } else {
        lang.say(
            "还没能通知到被访人，请直接联系被访人；对方登录本系统就可以审核。",
            "The host could not be told so far. Please contact them yourself: they can sign in here and decide.",
        )
    }
}

fn is_told(notice: &NoticeStatus) -> bool {
    let failed = matches!(notice.receipt, Some((Receipt::Failed(_), _)));
    match notice.state {
        NoticeState::Sent { .. } => !failed,
        NoticeState::GivenUp(GivenUp::Together) => true,
        NoticeState::Waiting { .. } | NoticeState::GivenUp(GivenUp::Refused | GivenUp::Aged | GivenUp::Needless) => {
            false
        }
    }
}

/// Hosts are asked again, and deputies are asked, too: of each channel what came furthest, and of that the first.
fn by_channel<'a>(asked: &[&'a NoticeStatus]) -> impl Iterator<Item = &'a NoticeStatus> {
    Channel::ALL.into_iter().filter_map(|channel| {
        asked.iter().copied().filter(|notice| notice.channel == channel).rev().max_by_key(|notice| far(notice))
    })
}

fn far(notice: &NoticeStatus) -> u8 {
    let receipt = notice.receipt.as_ref().map(|(receipt, _)| receipt);
    match (&notice.state, receipt) {
        (NoticeState::Sent { .. }, Some(Receipt::Read)) => 7,
        (NoticeState::Sent { .. }, Some(Receipt::Delivered)) => 6,
        (NoticeState::Sent { .. }, None) => 5,
        (NoticeState::GivenUp(GivenUp::Together), _) => 4,
        (NoticeState::Waiting { .. }, _) => 3,
        (NoticeState::Sent { .. }, Some(Receipt::Failed(_))) => 2,
        (NoticeState::GivenUp(GivenUp::Refused | GivenUp::Aged), _) => 1,
        (NoticeState::GivenUp(GivenUp::Needless), _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EIGHT: Moment = Moment::from_unix_s(1_795_392_000);

    #[test]
    fn nobody_is_said_to_be_told_before_a_notice_went_out() {
        let notice = |state, receipt: Option<Receipt>| NoticeStatus {
            channel: Channel::Sms,
            kind: NoticeKind::ApprovalAsked,
            state,
            receipt: receipt.map(|receipt| (receipt, EIGHT)),
        };
        let fresh = || notice(NoticeState::Waiting { failed: 0 }, None);
        let failing = || notice(NoticeState::Waiting { failed: 3 }, None);
        let given_up = || notice(NoticeState::GivenUp(GivenUp::Refused), None);
        let sent = |receipt| notice(NoticeState::Sent { at: EIGHT }, receipt);
        for (notices, begins) in [
            (vec![fresh(), fresh()], "正在通知被访人"),
            (vec![failing(), fresh(), given_up()], "正在通知被访人"),
            (vec![failing(), failing(), given_up()], "还没能通知到被访人，请直接联系被访人"),
            (vec![failing(), sent(Some(Receipt::Failed("停机".to_owned())))], "还没能通知到被访人"),
            (vec![failing(), sent(None)], "已通知被访人"),
            (vec![sent(Some(Receipt::Read)), failing()], "已通知被访人"),
        ] {
            let said = telling(&notices, Language::Chinese);
            assert!(said.starts_with(begins), "{notices:?}: {said}");
        }
    }

    #[test]
    fn each_channel_says_once_how_far_it_came() {
        let notice = |channel, state, receipt: Option<Receipt>| NoticeStatus {
            channel,
            kind: NoticeKind::ApprovalAsked,
            state,
            receipt: receipt.map(|receipt| (receipt, EIGHT)),
        };
        let sent = NoticeState::Sent { at: EIGHT };
        let notices = [
            notice(Channel::Sms, sent, Some(Receipt::Failed("停机".to_owned()))),
            notice(Channel::Hall, NoticeState::GivenUp(GivenUp::Aged), None),
            notice(Channel::Wecom, sent, None),
            notice(Channel::Sms, sent, Some(Receipt::Delivered)),
            notice(Channel::Wecom, NoticeState::Waiting { failed: 3 }, None),
        ];
        let asked: Vec<_> = notices.iter().collect();
        let said = |lang| by_channel(&asked).map(|notice| wording::notice(notice, lang)).collect::<Vec<_>>();
        let clock = EIGHT.campus_clock();
        assert_eq!(
            said(Language::Chinese),
            [
                format!("短信：已发送 {clock}，已送达 {clock}"),
                "网办大厅：超时未能送出".to_owned(),
                format!("企业微信：已发送 {clock}")
            ]
        );
        assert!(!said(Language::English).concat().contains("停机"));
    }
}
