//! How a notice looks in WeCom: a text card, or a card with buttons, cut to what WeCom shows.
//!
//! WeCom cuts what is too long without a word and wherever it falls, so it is cut here, between characters and with an ellipsis that
//! is seen. No button decides: "去审核" leads to the page where the host decides, so that a preview or a stray tap approves nothing, and
//! the other only tells us that the card was seen.
//!
//! No two notices make the same card, even where their words are the same: a text card's link ends in the notice's key, after the `#`
//! that no server is told, and a card with buttons has it for its task. So WeCom's check for duplicates meets only the same notice.

use serde_json::{Value, json};

use crate::{
    notify::plain::plain,
    office::notice::{Fact, NoticeKind},
    store::Notice,
};

/// In characters, as WeCom documents them.
pub(super) const LONGEST_TITLE: usize = 128;
pub(super) const LONGEST_DESCRIPTION: usize = 512;
/// In bytes.
pub(super) const LONGEST_LINK: usize = 2048;
const LONGEST_MAIN_TITLE: usize = 36;
const LONGEST_MAIN_DESC: usize = 44;
const LONGEST_SUB_TITLE: usize = 112;
const LONGEST_KEYNAME: usize = 5;
const LONGEST_VALUE: usize = 30;
const MOST_ROWS: usize = 6;

/// What a click on the button that only tells is called.
const SEEN_KEY: &str = "seen";

/// A notice as a text card. Descriptions are a little HTML, so what would be markup is written in full width.
pub(super) fn text_card(notice: &Notice, link: &str) -> Value {
    let head = format!("<div class=\"gray\">{}</div><div class=\"normal\">", minute(notice));
    let tail = "</div>";
    let room = LONGEST_DESCRIPTION - head.chars().count() - tail.len();
    json!({
        "title": cut(title(notice), LONGEST_TITLE),
        "description": format!("{head}{}{tail}", cut(&plain(&notice.text), room)),
        "url": link,
        "btntxt": if notice.kind == NoticeKind::ApprovalAsked { "去审核" } else { "查看" },
    })
}

/// What a host is asked, with the facts in rows.
pub(super) fn button_card(notice: &Notice, link: &str) -> Value {
    card(
        notice,
        link,
        json!({
            "card_type": "button_interaction",
            "task_id": notice.key().to_string(),
            "button_list": [
                { "type": 1, "text": "去审核", "style": 1, "key": "open", "url": link },
                { "type": 0, "text": "已看到", "style": 2, "key": SEEN_KEY },
            ],
        }),
    )
}

/// What a card with buttons turns into once nothing is asked any more: no button, and how it stands.
pub(super) fn settled_card(notice: &Notice, link: &str) -> Value {
    card(notice, link, json!({ "card_type": "text_notice" }))
}

/// What either says. The rows say all that the notice's text does, so that stands only where there are none.
fn card(notice: &Notice, link: &str, mut card: Value) -> Value {
    let rows = rows(notice);
    let under = if rows.is_empty() { notice.text.clone() } else { beside_rows(notice) };
    let Some(fields) = card.as_object_mut() else { return card };
    let (title, desc) = (cut(title(notice), LONGEST_MAIN_TITLE), cut(&minute(notice), LONGEST_MAIN_DESC));
    fields.insert("main_title".to_owned(), json!({ "title": title, "desc": desc }));
    if !under.is_empty() {
        fields.insert("sub_title_text".to_owned(), cut(&under, LONGEST_SUB_TITLE).into());
    }
    fields.insert("horizontal_content_list".to_owned(), rows.into());
    fields.insert("card_action".to_owned(), json!({ "type": 1, "url": link }));
    card
}

const fn title(notice: &Notice) -> &'static str {
    match notice.kind {
        NoticeKind::SignInCode => "登录验证码",
        NoticeKind::Submitted => "预约已提交",
        NoticeKind::ApprovalAsked => "访客预约待审核",
        NoticeKind::Waiting => "多位访客待审核",
        NoticeKind::Unanswered => "访客预约无人审核",
        NoticeKind::Approved => "预约已通过",
        NoticeKind::Declined => "预约未通过",
        NoticeKind::Revoked => "通行码已撤销",
        NoticeKind::Cancelled => "访客取消了预约",
        NoticeKind::Changed => "访客修改了预约",
        NoticeKind::Deputy => "代为审核",
        NoticeKind::Settled => "访客预约已处理",
    }
}

/// Some facts have two names of a kind; a row's name is five characters at most.
const fn row_name(fact: Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::Visitor => "访客",
        Fact::When => "时间",
        Fact::Party => "随行人数",
        Fact::Reason => "事由",
        Fact::Host => "被访人",
        Fact::Department => "部门",
        Fact::Gate => "校门",
        Fact::Because => "原因",
        Fact::Plates => "车牌",
        Fact::From => "起",
        Fact::Through => "止",
        Fact::By => "处理人",
        Fact::Standing => "结果",
        Fact::Count => "待审核",
        // Never on a card: whoever looks over a shoulder reads them.
        Fact::Code | Fact::Minutes | Fact::ShortCode => return None,
        // Stands above them.
        Fact::Note => return None,
    })
}

/// What has no row: what is no fact of the visit, and what a row would cut.
fn beside_rows(notice: &Notice) -> String {
    let note = notice.fact(Fact::Note).map(str::to_owned);
    let long = named(notice).filter(|(_, value)| is_long(value)).map(|(name, value)| format!("{name}：{value}"));
    note.into_iter().chain(long).collect::<Vec<_>>().join("。")
}

fn named(notice: &Notice) -> impl Iterator<Item = (&'static str, &str)> {
    let shown = notice.facts.iter().filter(|(_, value)| !value.is_empty());
    shown.filter_map(|(fact, value)| Some((row_name(*fact)?, value.as_str())))
}

fn is_long(value: &str) -> bool {
    value.chars().count() > LONGEST_VALUE
}

fn rows(notice: &Notice) -> Vec<Value> {
    named(notice)
        .filter(|(_, value)| !is_long(value))
        .take(MOST_ROWS)
        .map(|(name, value)| json!({ "keyname": cut(name, LONGEST_KEYNAME), "value": value }))
        .collect()
}

fn minute(notice: &Notice) -> String {
    notice.made_at.campus_date_and_clock().chars().take("2026-11-29 08:00".len()).collect()
}

/// At most so many characters, the last an ellipsis where something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::wecom::notices::asked;

    const LINK: &str = "https://visit.example/decide/abc";

    fn length(value: &Value) -> usize {
        value.as_str().unwrap().chars().count()
    }

    #[test]
    fn a_text_card_is_cut_where_it_is_seen_and_holds_no_markup_of_strangers() {
        let mut notice = asked(1, "zhangwei");
        notice.text = "<a href=\"x\">王芳</a> & 事由".to_owned();
        let card = text_card(&notice, LINK);
        assert_eq!(
            card["description"],
            "<div class=\"gray\">2026-11-23 00:00</div><div class=\"normal\">＜a href=\"x\"＞王芳＜/a＞ ＆ 事由</div>"
        );
        assert_eq!(
            (&card["title"], &card["btntxt"], &card["url"]),
            (&json!("访客预约待审核"), &json!("去审核"), &json!(LINK))
        );
        for (letters, cut) in [(400, false), (446, false), (447, true), (2000, true)] {
            notice.text = "事".repeat(letters);
            let card = text_card(&notice, LINK);
            let said = card["description"].as_str().unwrap();
            assert_eq!(said.contains("…</div>"), cut, "{letters}");
            assert!(said.ends_with("</div>") && length(&card["description"]) <= LONGEST_DESCRIPTION, "{letters}");
        }
    }

    #[test]
    fn a_card_with_buttons_decides_nothing_and_keeps_every_limit() {
        let mut notice = asked(1, "zhangwei");
        notice.text = "事由".repeat(300);
        notice.facts = Fact::ALL.into_iter().map(|fact| (fact, "长".repeat(LONGEST_VALUE))).collect();
        notice.facts.push((Fact::Reason, "很长的事由".repeat(30)));
        let card = button_card(&notice, LINK);
        assert_eq!(card["task_id"], notice.key().to_string());
        assert!(length(&card["main_title"]["title"]) <= LONGEST_MAIN_TITLE);
        assert!(length(&card["main_title"]["desc"]) <= LONGEST_MAIN_DESC);
        assert_eq!(length(&card["sub_title_text"]), LONGEST_SUB_TITLE);
        let rows = card["horizontal_content_list"].as_array().unwrap();
        assert_eq!(rows.len(), MOST_ROWS);
        for row in rows {
            assert!(length(&row["keyname"]) <= LONGEST_KEYNAME);
            assert_eq!(length(&row["value"]), LONGEST_VALUE);
        }
        let buttons = card["button_list"].as_array().unwrap();
        assert_eq!(buttons[0]["url"], LINK);
        assert_eq!((&buttons[1]["type"], &buttons[1]["key"]), (&json!(0), &json!(SEEN_KEY)));
        assert!(buttons.iter().all(|button| length(&button["text"]) <= 10));
        let said = card.to_string();
        assert!(!said.contains("通过") && !said.contains("同意"), "{said}");
    }

    #[test]
    fn nothing_is_said_twice_and_what_no_row_holds_stands_above_them() {
        let mut notice = asked(1, "zhangwei");
        let said = |card: &Value| card.get("sub_title_text").and_then(Value::as_str).map(str::to_owned);
        assert_eq!(said(&button_card(&notice, LINK)), None);
        assert_eq!(said(&settled_card(&notice, LINK)), None);
        for (fact, value) in &notice.facts {
            assert_eq!(button_card(&notice, LINK).to_string().matches(value.as_str()).count(), 1, "{fact:?}");
        }
        let long = "商讨联合培养".repeat(6);
        notice.facts.extend([(Fact::Because, long.clone()), (Fact::Note, "提醒：仍在等待审核".to_owned())]);
        let card = button_card(&notice, LINK);
        assert_eq!(said(&card), Some(format!("提醒：仍在等待审核。原因：{long}")));
        assert_eq!(card.to_string().matches("商讨联合培养").count(), 6);
        notice.facts.clear();
        assert_eq!(said(&button_card(&notice, LINK)), Some(notice.text.clone()), "or it would say nothing");
    }

    #[test]
    fn codes_stand_on_no_card() {
        let mut notice = asked(1, "zhangwei");
        notice.facts = vec![
            (Fact::Code, "123456".to_owned()),
            (Fact::ShortCode, "K7Q2".to_owned()),
            (Fact::Plates, String::new()),
        ];
        assert_eq!(button_card(&notice, LINK)["horizontal_content_list"], json!([]));
    }

    #[test]
    fn what_is_settled_has_no_button_and_says_how_it_stands() {
        let mut notice = asked(2, "zhangwei");
        notice.kind = NoticeKind::Settled;
        notice.facts = vec![(Fact::By, "李娜".to_owned()), (Fact::Standing, "已通过".to_owned())];
        let card = settled_card(&notice, LINK);
        assert_eq!(card["card_type"], "text_notice");
        assert_eq!(card.get("button_list"), None);
        assert_eq!(card["horizontal_content_list"][1], json!({ "keyname": "结果", "value": "已通过" }));
    }

    #[test]
    fn cutting_keeps_whole_characters() {
        for (text, most, expected) in [("预约", 2, "预约"), ("预约🚗车", 3, "预约…"), ("", 1, ""), ("ab", 1, "…")]
        {
            assert_eq!(cut(text, most), expected);
        }
    }
}
