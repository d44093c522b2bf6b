//! What a message must be, and how it looks to who gets it: too long is cut without a word, wrong is refused.

use serde_json::Value;

/// A message as it is shown.
pub(super) struct Look {
    pub(super) text: String,
    pub(super) link: Option<String>,
    /// What the sender calls it.
    pub(super) key: Option<String>,
    pub(super) task_id: Option<String>,
    /// Texts that were cut.
    pub(super) shortened: usize,
}

const LONGEST_LINK: usize = 2048;
const LONGEST_TASK: usize = 128;
const LONGEST_KEY: usize = 1024;

/// The look of a message as it is sent; the error is WeCom's code.
pub(super) fn sent(message: &Value, has_callback: bool) -> Result<Look, i64> {
    let mut look = match word(message, "msgtype").ok_or(40008)? {
        "textcard" => text_card(message.get("textcard").ok_or(40058)?),
        "text" => plain(message.get("text").ok_or(40058)?),
        "template_card" if !has_callback => Err(43012),
        "template_card" => button_card(message.get("template_card").ok_or(40058)?),
        _ => Err(40008),
    }?;
    if look.key.is_none() {
        // Where a link says for itself which message it is of.
        look.key = look.link.as_ref().and_then(|link| link.split_once('#')).map(|(_, key)| key.to_owned());
    }
    Ok(look)
}

/// The look of a card that takes the place of another.
pub(super) fn replaced(card: &Value) -> Result<Look, i64> {
    match word(card, "card_type").ok_or(40058)? {
        "text_notice" => {
            let action = card.get("card_action").filter(|action| number(action, "type") == Some(1)).ok_or(40058)?;
            let mut look = of_card(card)?;
            look.link = Some(link(action)?);
            Ok(look)
        }
        "button_interaction" => button_card(card),
        _ => Err(40058),
    }
}

fn plain(text: &Value) -> Result<Look, i64> {
    let content = word(text, "content").filter(|content| !content.is_empty()).ok_or(44004)?;
    if content.len() > 2048 {
        return Err(45002);
    }
    Ok(Look { text: content.to_owned(), link: None, key: None, task_id: None, shortened: 0 })
}

fn text_card(card: &Value) -> Result<Look, i64> {
    let mut shortened = 0;
    let title = cut(word(card, "title").ok_or(40058)?, 128, &mut shortened);
    let description = cut(word(card, "description").ok_or(40058)?, 512, &mut shortened);
    let button = cut(word(card, "btntxt").unwrap_or("详情"), 4, &mut shortened);
    let link = Some(link(card)?);
    let description = without_markup(&description);
    Ok(Look { text: format!("{title}\n{description}\n[{button}]"), link, key: None, task_id: None, shortened })
}

fn button_card(card: &Value) -> Result<Look, i64> {
    if word(card, "card_type") != Some("button_interaction") {
        return Err(40058);
    }
    let task = word(card, "task_id").ok_or(42014)?;
    if task.is_empty()
        || task.len() > LONGEST_TASK
        || !task.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-@".contains(&b))
    {
        return Err(42014);
    }
    let buttons = card.get("button_list").and_then(Value::as_array).ok_or(42019)?;
    if !(1..=6).contains(&buttons.len()) {
        return Err(40058);
    }
    let mut look = of_card(card)?;
    let mut keys = Vec::new();
    for button in buttons {
        let text = word(button, "text").filter(|text| !text.is_empty()).ok_or(42020)?;
        let text = cut(text, 10, &mut look.shortened);
        match number(button, "type").unwrap_or(0) {
            0 => {
                let key = word(button, "key").filter(|key| !key.is_empty()).ok_or(42019)?;
                if key.len() > LONGEST_KEY || keys.contains(&key) {
                    return Err(42018);
                }
                keys.push(key);
            }
            1 => {
                let link = link(button)?;
                look.link.get_or_insert(link);
            }
            _ => return Err(40058),
        }
        if !(1..=4).contains(&number(button, "style").unwrap_or(1)) {
            return Err(40058);
        }
        look.text.push_str(&format!("\n[{text}]"));
    }
    look.task_id = Some(task.to_owned());
    look.key = Some(task.to_owned());
    Ok(look)
}

/// What cards have in common.
fn of_card(card: &Value) -> Result<Look, i64> {
    let mut shortened = 0;
    let main = card.get("main_title").ok_or(40058)?;
    let mut text = cut(word(main, "title").unwrap_or_default(), 36, &mut shortened);
    for (line, most) in [(word(main, "desc"), 44), (word(card, "sub_title_text"), 112)] {
        if let Some(line) = line {
            text.push('\n');
            text.push_str(&cut(line, most, &mut shortened));
        }
    }
    let rows = card.get("horizontal_content_list").and_then(Value::as_array);
    if rows.is_some_and(|rows| rows.len() > 6) {
        return Err(40058);
    }
    for row in rows.into_iter().flatten() {
        let name = cut(word(row, "keyname").ok_or(40058)?, 5, &mut shortened);
        let value = cut(word(row, "value").unwrap_or_default(), 30, &mut shortened);
        text.push_str(&format!("\n{name} {value}"));
    }
    Ok(Look { text, link: None, key: None, task_id: None, shortened })
}

fn link(of: &Value) -> Result<String, i64> {
    let link = word(of, "url").ok_or(40058)?;
    if !(link.starts_with("https://") || link.starts_with("http://")) {
        return Err(45034);
    }
    if link.len() > LONGEST_LINK { Err(40058) } else { Ok(link.to_owned()) }
}

fn cut(text: &str, most: usize, shortened: &mut usize) -> String {
    *shortened += usize::from(text.chars().count() > most);
    text.chars().take(most).collect()
}

/// A `<div>` is a line of its own.
fn without_markup(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.replace("</div><div", "</div>\n<div").chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text
}

fn word<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

fn number(of: &Value, name: &str) -> Option<i64> {
    of.get(name).and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(change: impl FnOnce(&mut Value)) -> i64 {
        let mut card = json!({
            "card_type": "button_interaction", "task_id": "1-1", "main_title": { "title": "t" },
            "button_list": [{ "type": 0, "text": "a", "key": "a" }],
        });
        change(&mut card);
        sent(&json!({ "msgtype": "template_card", "template_card": card }), true).err().unwrap_or(0)
    }

    #[test]
    fn a_card_is_checked_as_documented() {
        assert_eq!(refused(|_| {}), 0);
        assert_eq!(refused(|card| card["task_id"] = json!("a b")), 42014);
        assert_eq!(refused(|card| card["task_id"] = json!("a".repeat(129))), 42014);
        assert_eq!(refused(|card| card["button_list"] = json!([])), 40058);
        assert_eq!(refused(|card| card["button_list"][0]["key"] = json!("")), 42019);
        assert_eq!(refused(|card| card["button_list"] = json!(vec![json!({ "text": "a", "key": "a" }); 2])), 42018);
        assert_eq!(refused(|card| card["button_list"][0]["text"] = json!("")), 42020);
        assert_eq!(
            refused(|card| card["button_list"] = json!([{ "type": 1, "text": "a", "url": "visit.example" }])),
            45034
        );
        let rows = vec![json!({ "keyname": "k", "value": "v" }); 7];
        assert_eq!(refused(|card| card["horizontal_content_list"] = json!(rows)), 40058);
        let message = json!({ "msgtype": "template_card", "template_card": {} });
        assert_eq!(sent(&message, false).err(), Some(43012));
        assert_eq!(
            sent(&json!({ "msgtype": "text", "text": { "content": "长".repeat(683) } }), true).err(),
            Some(45002)
        );
        assert_eq!(sent(&json!({ "msgtype": "text", "text": { "content": "" } }), true).err(), Some(44004));
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        let card = json!({ "title": "长".repeat(129), "description": "<div>a</div><div>b</div>", "url": "https://x.example/a#7", "btntxt": "五个字太长" });
        let look = sent(&json!({ "msgtype": "textcard", "textcard": card }), false).unwrap();
        assert_eq!((look.shortened, look.key.as_deref()), (2, Some("7")));
        assert!(look.text.ends_with("\na\nb\n[五个字太]"), "{}", look.text);
    }
}
