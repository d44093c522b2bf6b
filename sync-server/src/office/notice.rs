//! What the office writes to people, in Chinese, ready to be sent.
//!
//! The texts hold no address: where a notice leads somewhere, its path travels beside it and the sender puts the site before it, so
//! that a text can be kept after the link has been forgotten. What a text says is given once more as facts, for channels that
//! send no text of ours but fill in a template of theirs, or lay the facts out on a card.

use shared::{identity::PersonName, pass::ShortCode, time::CampusDay};

use super::{Facts, Reason, RevokedBy, Staff, Standing};

/// Why a notice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    SignInCode,
    /// To the visitor: it has been sent in.
    Submitted,
    /// To the host: somebody asks to come, or still does.
    ApprovalAsked,
    /// To a host whom many wait for: how many they are, in place of a notice for each.
    Waiting,
    /// To the duty office: nobody has decided.
    Unanswered,
    /// To the visitor.
    Approved,
    Declined,
    Revoked,
    /// To the host: the visitor withdrew.
    Cancelled,
    /// To host and visitor: something small is different, and nothing need be decided.
    Changed,
    /// To a member of staff: a colleague asks them to decide in their place, or no longer does.
    Deputy,
    /// To the channels that keep a to-do or a card of what was asked: nothing is asked any more.
    Settled,
}

/// One thing that a message says, as templates and cards name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    Code,
    Minutes,
    Visitor,
    /// Day and hours of the visit.
    When,
    /// How many come along.
    Party,
    /// How many bookings wait.
    Count,
    Reason,
    Host,
    /// The department of the host.
    Department,
    /// Where somebody waits.
    Gate,
    /// What can be told at the gate instead of showing the pass.
    ShortCode,
    /// Why not.
    Because,
    Plates,
    /// Of a deputy's days.
    From,
    Through,
    /// Who decided or revoked, and how it stands now.
    By,
    Standing,
    /// What is said besides, and by no other fact.
    Note,
}

impl Fact {
    pub const ALL: [Self; 18] = [
        Self::Code,
        Self::Minutes,
        Self::Visitor,
        Self::When,
        Self::Party,
        Self::Count,
        Self::Reason,
        Self::Host,
        Self::Department,
        Self::Gate,
        Self::ShortCode,
        Self::Because,
        Self::Plates,
        Self::From,
        Self::Through,
        Self::By,
        Self::Standing,
        Self::Note,
    ];

    /// The name in the database and in the settings' templates.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Minutes => "minutes",
            Self::Visitor => "visitor",
            Self::When => "when",
            Self::Party => "party",
            Self::Count => "count",
            Self::Reason => "reason",
            Self::Host => "host",
            Self::Department => "department",
            Self::Gate => "gate",
            Self::ShortCode => "short_code",
            Self::Because => "because",
            Self::Plates => "plates",
            Self::From => "from",
            Self::Through => "through",
            Self::By => "by",
            Self::Standing => "standing",
            Self::Note => "note",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }
}

/// What is written to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: NoticeKind,
    pub text: String,
    /// What the text says, in its order.
    pub facts: Vec<(Fact, String)>,
}

impl Message {
    fn new<const N: usize>(kind: NoticeKind, text: String, facts: [(Fact, String); N]) -> Self {
        Self { kind, text, facts: facts.into() }
    }

    fn noting(mut self, note: &str) -> Self {
        self.facts.push((Fact::Note, note.to_owned()));
        self
    }
}

impl NoticeKind {
    pub const ALL: [Self; 12] = [
        Self::SignInCode,
        Self::Submitted,
        Self::ApprovalAsked,
        Self::Waiting,
        Self::Unanswered,
        Self::Approved,
        Self::Declined,
        Self::Revoked,
        Self::Cancelled,
        Self::Changed,
        Self::Deputy,
        Self::Settled,
    ];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInCode => "sign_in_code",
            Self::Submitted => "submitted",
            Self::ApprovalAsked => "approval_asked",
            Self::Waiting => "waiting",
            Self::Unanswered => "unanswered",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::Deputy => "deputy",
            Self::Settled => "settled",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[must_use]
pub fn sign_in_code(code: &str, minutes: u16) -> Message {
    let text = format!("您的登录验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人。");
    Message::new(NoticeKind::SignInCode, text, [(Fact::Code, code.to_owned()), (Fact::Minutes, minutes.to_string())])
}

#[must_use]
pub fn approval_asked(facts: &Facts, by_another: bool) -> Message {
    let text = format!(
        "访客 {}{} 预约 {} 来访{}，事由：{}。请打开链接审核。",
        facts.visitor,
        if by_another { BY_ANOTHER_SHORT } else { "" },
        when(facts),
        others(facts),
        facts.reason
    );
    let asked = asked(text, facts, None);
    if by_another { asked.noting(BY_ANOTHER) } else { asked }
}

/// The visitor's own phone has proven nothing.
const BY_ANOTHER: &str = "由他人代约，访客的手机号未经本人验证";
const BY_ANOTHER_SHORT: &str = "（他人代约）";

/// An approved booking is to be another one; until the host agrees, the old one stands.
#[must_use]
pub fn change_asked(facts: &Facts) -> Message {
    let text = format!(
        "访客 {} 修改了已通过的预约，现为 {} 来访{}，事由：{}。请打开链接重新审核，通过之前原预约仍然有效。",
        facts.visitor,
        when(facts),
        others(facts),
        facts.reason
    );
    asked(text, facts, None).noting("修改了已通过的预约，通过之前原预约仍然有效")
}

/// Somebody waits while the host reads this.
#[must_use]
pub fn walk_in_asked(facts: &Facts, gate: &str) -> Message {
    let text = format!(
        "访客 {} 正在{gate}等候，没有预约，现在来访{}，事由：{}。请尽快打开链接审核。",
        facts.visitor,
        others(facts),
        facts.reason
    );
    asked(text, facts, Some(gate))
}

/// Of what was asked before.
#[must_use]
pub fn asked_again(facts: &Facts, by_another: bool) -> Message {
    let text = format!(
        "【提醒】访客 {}{} 预约 {} 来访{}，事由：{}，仍在等待审核。请打开链接审核。",
        facts.visitor,
        if by_another { BY_ANOTHER_SHORT } else { "" },
        when(facts),
        others(facts),
        facts.reason
    );
    let reminded = "提醒：仍在等待审核";
    let note = if by_another { format!("{reminded}；{BY_ANOTHER}") } else { reminded.to_owned() };
    asked(text, facts, None).noting(&note)
}

/// In place of a notice for each.
#[must_use]
pub fn waiting(count: u32) -> Message {
    let text = format!("有 {count} 个访客预约等待您审核。请登录后一并处理。");
    Message::new(NoticeKind::Waiting, text, [(Fact::Count, count.to_string())])
}

/// To those who can reach the host otherwise.
#[must_use]
pub fn unanswered(facts: &Facts, host: &Staff) -> Message {
    let text = format!(
        "访客 {} 预约 {} 拜访 {}（{}），至今无人审核，请值班人员联系被访人。",
        facts.visitor,
        when(facts),
        host.name,
        host.department
    );
    let ([visitor, when], [name, department]) = (of_visitor(facts), of_host(host));
    Message::new(NoticeKind::Unanswered, text, [visitor, when, name, department])
}

#[must_use]
pub fn submitted(facts: &Facts, host: &Staff) -> Message {
    let text = format!("您预约 {} 拜访 {}，已提交，等待审核。结果会以短信通知您。", when(facts), host.name);
    Message::new(NoticeKind::Submitted, text, of_visit(facts, host))
}

/// What is asked of a host, to who stands in for them.
#[must_use]
pub fn for_deputy(asked: &Message, host: &Staff) -> Message {
    let mut facts = asked.facts.clone();
    facts.extend([(Fact::Host, host.name.to_string()), (Fact::Department, host.department.clone())]);
    Message { kind: asked.kind, text: format!("【代 {} 审核】{}", host.name, asked.text), facts }
}

#[must_use]
pub fn deputy_named(host: &Staff, from: CampusDay, through: CampusDay) -> Message {
    let text = format!(
        "{}（{}）请您在 {from} 至 {through} 期间代为审核访客预约。期间的新预约会发给您，已在等候的请登录后查看。",
        host.name, host.department
    );
    let [name, department] = of_host(host);
    let days = [(Fact::From, from.to_string()), (Fact::Through, through.to_string())];
    let [from, through] = days;
    Message::new(NoticeKind::Deputy, text, [name, department, from, through])
}

#[must_use]
pub fn deputy_ended(host: &Staff) -> Message {
    let text = format!("{}（{}）不再请您代为审核访客预约。", host.name, host.department);
    Message::new(NoticeKind::Deputy, text, of_host(host))
}

#[must_use]
pub fn approved(facts: &Facts, host: &Staff, code: ShortCode) -> Message {
    let text = format!(
        "您预约 {} 拜访 {}，已通过审核。请打开链接查看通行码，入校时出示并携带证件。不便出示时可报短码 {code}。",
        when(facts),
        host.name
    );
    let [when, name] = of_visit(facts, host);
    Message::new(NoticeKind::Approved, text, [when, name, (Fact::ShortCode, code.to_string())])
}

#[must_use]
pub fn declined(facts: &Facts, host: &Staff, reason: Option<&Reason>) -> Message {
    let because = reason.map(|reason| format!("原因：{reason}。")).unwrap_or_default();
    let text = format!("您预约 {} 拜访 {}，未通过审核。{because}", when(facts), host.name);
    let because = reason.map_or_else(|| "未说明".to_owned(), ToString::to_string);
    let [when, name] = of_visit(facts, host);
    Message::new(NoticeKind::Declined, text, [when, name, (Fact::Because, because)])
}

#[must_use]
pub fn revoked(facts: &Facts, host: &Staff) -> Message {
    let text = format!("您预约 {} 拜访 {} 的通行码已撤销，不能再用于入校。", when(facts), host.name);
    Message::new(NoticeKind::Revoked, text, of_visit(facts, host))
}

/// To the host, whom the visitor has not been waiting for alone.
#[must_use]
pub fn revoked_by_deputy(facts: &Facts, deputy: &PersonName, visitor_is_told: bool) -> Message {
    let told =
        if visitor_is_told { "已通知访客。" } else { "访客没有可用的短信号码，请您告知。" };
    let text = format!("{deputy} 代您撤销了访客 {} {} 的通行码。{told}", facts.visitor, when(facts));
    let [visitor, when] = of_visitor(facts);
    Message::new(NoticeKind::Revoked, text, [visitor, when, (Fact::By, deputy.to_string())])
}

#[must_use]
pub fn cancelled(facts: &Facts) -> Message {
    let text = format!("访客 {} 已取消 {} 的来访预约。", facts.visitor, when(facts));
    Message::new(NoticeKind::Cancelled, text, of_visitor(facts))
}

#[must_use]
pub fn changed(facts: &Facts) -> Message {
    let plates = facts.plates.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    let by_car = if plates.is_empty() { String::new() } else { format!("，车牌 {plates}") };
    let text =
        format!("访客 {} 修改了来访预约，现为 {}{}{by_car}。无需重新审核。", facts.visitor, when(facts), others(facts));
    let [visitor, when] = of_visitor(facts);
    Message::new(NoticeKind::Changed, text, [visitor, when, party(facts), (Fact::Plates, plates)])
}

/// To the visitor, of the same change.
#[must_use]
pub fn changed_for_visitor(facts: &Facts, host: &Staff) -> Message {
    let Message { kind, facts: mut said, .. } = changed(facts);
    said.extend([(Fact::Host, host.name.to_string())]);
    let text = format!("您拜访 {} 的预约已修改，现为 {}{}。通行码不变。", host.name, when(facts), others(facts));
    Message { kind, text, facts: said }
}

/// To the to-do or the card that asked, once nothing is asked any more: how the booking stands, or that its day is over.
#[must_use]
pub fn settled(facts: &Facts, standing: &Standing) -> Message {
    let (by, stands) = match standing {
        Standing::Waiting => (None, "已过期，没有审核"),
        Standing::Approved { by, .. } => (Some(&by.name), "已通过"),
        Standing::Declined { by, .. } => (Some(&by.name), "未通过"),
        Standing::Cancelled { .. } => (Some(&facts.visitor), "访客已取消"),
        Standing::Revoked { by: RevokedBy::Host { name, .. }, .. } => (Some(name), "已撤销"),
        Standing::Revoked { by: RevokedBy::Visitor | RevokedBy::Officer { .. }, .. } => (None, "已撤销"),
    };
    let who = by.map(|name| format!("（{name}）")).unwrap_or_default();
    let text = format!("访客 {} {} 的来访预约：{stands}{who}，无需再处理。", facts.visitor, when(facts));
    let [visitor, when] = of_visitor(facts);
    let mut settled = Message::new(NoticeKind::Settled, text, [visitor, when, (Fact::Standing, stands.to_owned())]);
    settled.facts.extend(by.map(|name| (Fact::By, name.to_string())));
    settled
}

/// The same of a booking that has been forgotten since: without who asked.
#[must_use]
pub fn settled_of_nobody(stands: &str) -> Message {
    let text = format!("来访预约：{stands}，无需再处理。访客的资料已删除。");
    Message::new(NoticeKind::Settled, text, [(Fact::Standing, stands.to_owned())]).noting("访客的资料已删除")
}

/// To the to-do or the card of who was a deputy: of a visit that is theirs no more it says nothing.
#[must_use]
pub fn settled_for_former_deputy() -> Message {
    let stands = "不再由您代为审核";
    let text = format!("来访预约：{stands}，无需再处理。");
    Message::new(NoticeKind::Settled, text, [(Fact::Standing, stands.to_owned())])
}

/// To see whether a channel works; where it asks, nothing is to be done.
#[must_use]
pub fn channel_test(when: &str) -> Message {
    let text = format!("【测试】{when} 发出的通知通道测试，请忽略，无需处理。");
    let said = |text: &str| text.to_owned();
    Message::new(
        NoticeKind::ApprovalAsked,
        text,
        [
            (Fact::Visitor, said("测试")),
            (Fact::When, said(when)),
            (Fact::Party, said("0")),
            (Fact::Reason, said("通知通道测试，请忽略")),
        ],
    )
}

/// And that it can be told that all is over.
#[must_use]
pub fn channel_test_over(when: &str) -> Message {
    let text = format!("【测试】{when} 的通知通道测试已结束。");
    let facts =
        [(Fact::Visitor, "测试".to_owned()), (Fact::When, when.to_owned()), (Fact::Standing, "测试结束".to_owned())];
    Message::new(NoticeKind::Settled, text, facts)
}

fn asked(text: String, facts: &Facts, gate: Option<&str>) -> Message {
    let [visitor, when] = of_visitor(facts);
    let reason = (Fact::Reason, facts.reason.to_string());
    let mut asked = Message::new(NoticeKind::ApprovalAsked, text, [visitor, when, party(facts), reason]);
    asked.facts.extend(gate.map(|gate| (Fact::Gate, gate.to_owned())));
    asked
}

fn of_visitor(facts: &Facts) -> [(Fact, String); 2] {
    [(Fact::Visitor, facts.visitor.to_string()), (Fact::When, when(facts))]
}

fn of_visit(facts: &Facts, host: &Staff) -> [(Fact, String); 2] {
    [(Fact::When, when(facts)), (Fact::Host, host.name.to_string())]
}

fn of_host(host: &Staff) -> [(Fact, String); 2] {
    [(Fact::Host, host.name.to_string()), (Fact::Department, host.department.clone())]
}

fn party(facts: &Facts) -> (Fact, String) {
    (Fact::Party, facts.others().to_string())
}

fn others(facts: &Facts) -> String {
    match facts.others() {
        0 => String::new(),
        count => format!("，随行 {count} 人"),
    }
}

fn when(facts: &Facts) -> String {
    format!("{} {}-{}", facts.day, facts.from, facts.until)
}
