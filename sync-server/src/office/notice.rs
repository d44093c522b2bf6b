//! What the office writes to people, in Chinese, ready to be sent.
//!
//! The texts hold no address: where a notice leads somewhere, its path travels beside it and the sender puts the site before it, so
//! that a text can be kept after the link has been forgotten.

use shared::{identity::PersonName, pass::ShortCode, time::CampusDay};

use super::{Facts, Reason, Staff};

/// Why a notice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    SignInCode,
    /// To the host: somebody asks to come.
    ApprovalAsked,
    /// To the visitor.
    Approved,
    Declined,
    Revoked,
    /// To the host: the visitor withdrew.
    Cancelled,
    /// To the host: something small is different, and nothing need be decided.
    Changed,
    /// To a member of staff: a colleague asks them to decide in their place, or no longer does.
    Deputy,
}

impl NoticeKind {
    pub const ALL: [Self; 8] = [
        Self::SignInCode,
        Self::ApprovalAsked,
        Self::Approved,
        Self::Declined,
        Self::Revoked,
        Self::Cancelled,
        Self::Changed,
        Self::Deputy,
    ];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInCode => "sign_in_code",
            Self::ApprovalAsked => "approval_asked",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::Deputy => "deputy",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[must_use]
pub fn sign_in_code(code: &str, minutes: u16) -> String {
    format!("您的登录验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人。")
}

#[must_use]
pub fn approval_asked(facts: &Facts) -> String {
    format!(
        "访客 {} 预约 {} 来访{}，事由：{}。请打开链接审核。",
        facts.visitor,
        when(facts),
        others(facts),
        facts.reason
    )
}

/// An approved booking is to be another one; until the host agrees, the old one stands.
#[must_use]
pub fn change_asked(facts: &Facts) -> String {
    format!(
        "访客 {} 修改了已通过的预约，现为 {} 来访{}，事由：{}。请打开链接重新审核，通过之前原预约仍然有效。",
        facts.visitor,
        when(facts),
        others(facts),
        facts.reason
    )
}

/// Somebody waits while the host reads this.
#[must_use]
pub fn walk_in_asked(facts: &Facts, gate: &str) -> String {
    format!(
        "访客 {} 正在{gate}等候，没有预约，现在来访{}，事由：{}。请尽快打开链接审核。",
        facts.visitor,
        others(facts),
        facts.reason
    )
}

/// What is asked of a host, to who stands in for them.
#[must_use]
pub fn for_deputy(asked: &str, host: &Staff) -> String {
    format!("【代 {} 审核】{asked}", host.name)
}

#[must_use]
pub fn deputy_named(host: &Staff, from: CampusDay, through: CampusDay) -> String {
    format!(
        "{}（{}）请您在 {from} 至 {through} 期间代为审核访客预约。期间的新预约会发给您，已在等候的请登录后查看。",
        host.name, host.department
    )
}

#[must_use]
pub fn deputy_ended(host: &Staff) -> String {
    format!("{}（{}）不再请您代为审核访客预约。", host.name, host.department)
}

fn others(facts: &Facts) -> String {
    match facts.others() {
        0 => String::new(),
        count => format!("，随行 {count} 人"),
    }
}

#[must_use]
pub fn approved(facts: &Facts, host: &Staff, code: ShortCode) -> String {
    format!(
        "您预约 {} 拜访 {}，已通过审核。请打开链接查看通行码，入校时出示并携带证件。不便出示时可报短码 {code}。",
        when(facts),
        host.name
    )
}

#[must_use]
pub fn declined(facts: &Facts, host: &Staff, reason: Option<&Reason>) -> String {
    let because = reason.map(|reason| format!("原因：{reason}。")).unwrap_or_default();
    format!("您预约 {} 拜访 {}，未通过审核。{because}", when(facts), host.name)
}

#[must_use]
pub fn revoked(facts: &Facts, host: &Staff) -> String {
    format!("您预约 {} 拜访 {} 的通行码已撤销，不能再用于入校。", when(facts), host.name)
}

/// To the host, whom the visitor has not been waiting for alone.
#[must_use]
pub fn revoked_by_deputy(facts: &Facts, deputy: &PersonName, visitor_is_told: bool) -> String {
    let told =
        if visitor_is_told { "已通知访客。" } else { "访客没有可用的短信号码，请您告知。" };
    format!("{deputy} 代您撤销了访客 {} {} 的通行码。{told}", facts.visitor, when(facts))
}

#[must_use]
pub fn cancelled(facts: &Facts) -> String {
    format!("访客 {} 已取消 {} 的来访预约。", facts.visitor, when(facts))
}

#[must_use]
pub fn changed(facts: &Facts) -> String {
    let plates = facts.plates.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    let by_car = if plates.is_empty() { String::new() } else { format!("，车牌 {plates}") };
    format!("访客 {} 修改了来访预约，现为 {}{}{by_car}。无需重新审核。", facts.visitor, when(facts), others(facts))
}

fn when(facts: &Facts) -> String {
    format!("{} {}-{}", facts.day, facts.from, facts.until)
}
