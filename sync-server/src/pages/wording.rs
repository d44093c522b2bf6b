//! Words for what the office knows: documents, standings, who decided and how, and a booking's facts as a list.

use std::borrow::Cow;

use chrono::{Datelike as _, Weekday};
use shared::{
    identity::{DocumentKind, LastFour},
    ids::CampusId,
    time::{CampusDay, Moment},
};

use super::language::Language;
use crate::{
    office::{Channel, Facts, Staff, Standing},
    state::AppState,
    store::{Background, BookingView, GivenUp, NoticeState, NoticeStatus, Receipt},
};

/// One line of a list of facts.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) weight: Weight,
}

/// How soon somebody who decides wants to know it: who, when and why come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    First,
    /// Who is visited, which the host knows and a deputy does not.
    FirstToDeputies,
    Detail,
}

/// Something to choose in a form.
pub(super) struct Choosable {
    pub(super) value: Cow<'static, str>,
    pub(super) label: Cow<'static, str>,
}

pub(super) fn campus(state: &AppState, id: CampusId, lang: Language) -> String {
    // A campus that was since taken out of the settings keeps its number.
    state.config.campus(id).map_or_else(|| id.to_string(), |campus| lang.say(&campus.name, &campus.name_en).to_owned())
}

pub(super) fn campuses(state: &AppState, lang: Language) -> Vec<Choosable> {
    let campuses = state.config.campus.iter();
    campuses
        .map(|campus| Choosable {
            value: campus.id.to_string().into(),
            label: lang.say(&campus.name, &campus.name_en).to_owned().into(),
        })
        .collect()
}

pub(super) fn document_kinds(lang: Language) -> Vec<Choosable> {
    let kinds = DocumentKind::ALL.into_iter();
    kinds.map(|kind| Choosable { value: kind.name().into(), label: document_kind(kind, lang).into() }).collect()
}

pub(super) fn document_kind(kind: DocumentKind, lang: Language) -> &'static str {
    match kind {
        DocumentKind::ResidentId => lang.say("居民身份证", "Resident identity card (居民身份证)"),
        DocumentKind::HkMacaoResidence => {
            lang.say("港澳台居民居住证", "Residence permit for Hong Kong, Macao and Taiwan residents")
        }
        DocumentKind::HkMacaoPermit => {
            lang.say("港澳居民来往内地通行证", "Mainland travel permit for Hong Kong and Macao residents")
        }
        DocumentKind::HkMacaoPermitNonChinese => lang.say(
            "港澳居民来往内地通行证（非中国籍）",
            "Mainland travel permit for Hong Kong and Macao residents (non-Chinese citizens)",
        ),
        DocumentKind::TaiwanPermit => lang.say("台湾居民来往大陆通行证", "Mainland travel permit for Taiwan residents"),
        DocumentKind::Passport => lang.say("护照", "Passport"),
        DocumentKind::ForeignPermanentResidence => {
            lang.say("外国人永久居留身份证", "Foreign permanent resident ID card")
        }
        DocumentKind::ForeignPermanentResidenceOld => {
            lang.say("外国人永久居留身份证（旧版，15 位）", "Foreign permanent resident ID card (older, 15 characters)")
        }
    }
}

/// `11月23日 星期一`: bookings reach a fortnight ahead, so the year goes without saying.
pub(super) fn day(day: CampusDay, lang: Language) -> String {
    let date = day.date();
    let (chinese, english) = match date.weekday() {
        Weekday::Mon => ("星期一", "Mon"),
        Weekday::Tue => ("星期二", "Tue"),
        Weekday::Wed => ("星期三", "Wed"),
        Weekday::Thu => ("星期四", "Thu"),
        Weekday::Fri => ("星期五", "Fri"),
        Weekday::Sat => ("星期六", "Sat"),
        Weekday::Sun => ("星期日", "Sun"),
    };
    match lang {
        Language::Chinese => format!("{}月{}日 {chinese}", date.month(), date.day()),
        Language::English => format!("{english} {day}"),
    }
}

/// The same, with a word for today.
pub(super) fn day_from(today: CampusDay, which: CampusDay, lang: Language) -> String {
    let said = day(which, lang);
    if which == today { format!("{}{said}", lang.say("今天 ", "Today, ")) } else { said }
}

/// When something was done, to the minute: `11月23日 14:03`.
pub(super) fn clock(at: Moment, lang: Language) -> String {
    let (day, clock) = (CampusDay::of(at), at.campus_clock());
    match lang {
        Language::Chinese => format!("{}月{}日 {clock}", day.date().month(), day.date().day()),
        Language::English => format!("{day} {clock}"),
    }
}

/// How a booking stands, in a word; the class gives it its colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chip {
    pub(super) class: &'static str,
    pub(super) said: &'static str,
}

/// `over`: the day of the visit is.
pub(super) fn chip(standing: &Standing, over: bool, lang: Language) -> Chip {
    let (class, said) = match standing {
        Standing::Waiting if over => ("over", lang.say("已过期，没有审核", "Over, not decided")),
        Standing::Approved { .. } if over => ("over", lang.say("已过期", "Over")),
        Standing::Waiting => (standing.name(), lang.say("等待审核", "Waiting for the host")),
        Standing::Approved { .. } => (standing.name(), lang.say("已通过", "Approved")),
        Standing::Declined { .. } => (standing.name(), lang.say("未通过", "Declined")),
        Standing::Cancelled { .. } => (standing.name(), lang.say("已取消", "Cancelled")),
        Standing::Revoked { .. } => (standing.name(), lang.say("已撤销", "Revoked")),
    };
    Chip { class, said }
}

pub(super) fn when(facts: &Facts, lang: Language) -> String {
    format!("{} {}", day(facts.day, lang), hours(facts))
}

pub(super) fn hours(facts: &Facts) -> String {
    format!("{}–{}", facts.from, facts.until)
}

/// The facts that host and visitor may both see; the document only by its last four.
pub(super) fn facts(state: &AppState, facts: &Facts, host: &Staff, lang: Language) -> Vec<Fact> {
    let weighed = |weight, chinese, english, value| Fact { name: lang.say(chinese, english), value, weight };
    let fact = |chinese, english, value| weighed(Weight::First, chinese, english, value);
    let mut list = vec![
        fact("访客", "Visitor", facts.visitor.to_string()),
        weighed(Weight::Detail, "手机号", "Phone", facts.phone.masked()),
        weighed(
            Weight::Detail,
            "证件",
            "Document",
            format!(
                "{} {}{}",
                document_kind(facts.document_kind, lang),
                lang.say("后四位 ", "ending in "),
                last_four(facts.last_four, lang)
            ),
        ),
        fact("时间", "When", when(facts, lang)),
        fact("校区", "Campus", campus(state, facts.campus, lang)),
        weighed(Weight::FirstToDeputies, "被访人", "Host", format!("{} · {}", host.name, host.department)),
        fact("事由", "Reason", facts.reason.to_string()),
    ];
    if facts.unnamed > 0 {
        list.push(fact("未登记姓名的随行人数", "Companions not named", facts.unnamed.to_string()));
    }
    if !facts.companions.is_empty() {
        list.push(fact("随行人员", "Companions", one_a_line(&facts.companions)));
    }
    if !facts.plates.is_empty() {
        list.push(fact("随行车辆", "Vehicles", one_a_line(&facts.plates)));
    }
    list
}

/// That somebody else booked, for whoever decides: the visitor's own phone has proven nothing.
pub(super) fn booker(view: &BookingView, lang: Language) -> Option<Fact> {
    let by = view.booker()?;
    let said = lang.say("{}；访客的手机号未经本人验证", "{}; the visitor has not confirmed the phone number");
    Some(Fact {
        name: lang.say("代约人", "Booked by"),
        value: said.replacen("{}", &by.masked(), 1),
        weight: Weight::First,
    })
}

/// What is read before deciding, and what may be read after it.
pub(super) fn weighed(facts: Vec<Fact>, is_host: bool) -> (Vec<Fact>, Vec<Fact>) {
    facts.into_iter().partition(|fact| match fact.weight {
        Weight::First => true,
        Weight::FirstToDeputies => !is_host,
        Weight::Detail => false,
    })
}

/// What a host should know before they decide.
pub(super) fn background(background: &Background, is_host: bool, lang: Language) -> Option<Fact> {
    let Background { earlier, last, .. } = background;
    let name = if is_host {
        lang.say("此前来访您", "Earlier visits to you")
    } else {
        lang.say("此前来访被访人", "Earlier visits to the host")
    };
    last.map(|last| {
        let said = lang.say("{} 次，最近 {}", "{}, the last on {}");
        let said = said.replacen("{}", &earlier.to_string(), 1).replacen("{}", &day(last, lang), 1);
        Fact { name, value: said, weight: Weight::First }
    })
}

/// Passes have room for digits and X; what else stands in a passport's number is a star on them.
fn last_four(last_four: LastFour, lang: Language) -> String {
    let shown = last_four.to_string();
    let has_letter = shown.contains('*');
    shown + if has_letter { lang.say("（* 是字母）", " (* is a letter)") } else { "" }
}

fn one_a_line(things: &[impl ToString]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// How a notice has fared.
pub(super) fn notice(notice: &NoticeStatus, lang: Language) -> String {
    let channel = match notice.channel {
        Channel::Sms => lang.say("短信", "Text message"),
        Channel::Hall => lang.say("网办大厅", "Online service hall"),
        Channel::Wecom => lang.say("企业微信", "WeCom"),
    };
    let state = match notice.state {
        NoticeState::Waiting { failed: 0 } => lang.say("等待发送", "waiting to be sent").to_owned(),
        NoticeState::Waiting { .. } => lang.say("尚未送出，正在重试", "not sent yet, being tried again").to_owned(),
        NoticeState::Sent { at } => {
            let sent = format!("{} {}", lang.say("已发送", "sent"), at.campus_clock());
            let since = notice.receipt.as_ref().map(|(receipt, at)| {
                let became = match receipt {
                    Receipt::Failed(_) => lang.say("未能送达", "could not be delivered"),
                    Receipt::Delivered => lang.say("已送达", "delivered"),
                    Receipt::Read => lang.say("已读", "read"),
                };
                format!("{}{became} {}", lang.say("，", ", "), at.campus_clock())
            });
            sent + &since.unwrap_or_default()
        }
        NoticeState::GivenUp(GivenUp::Refused) => lang.say("未能送出", "could not be sent").to_owned(),
        NoticeState::GivenUp(GivenUp::Aged) => lang.say("超时未能送出", "could not be sent in time").to_owned(),
        NoticeState::GivenUp(GivenUp::Needless) => lang.say("无需再发送", "needless by now").to_owned(),
        NoticeState::GivenUp(GivenUp::Together) => {
            lang.say("与其他预约一并通知", "told together with other bookings").to_owned()
        }
    };
    format!("{channel}{}{state}", lang.say("：", ": "))
}
