//! The interface: tokens, messages, the change and the recall of a card.

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State as Of},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{Code, State, Taken, message};
use crate::{
    Doubles, Fault, Message,
    caller::{self, From},
    cut,
    hall::person,
    shown::Showing,
};

pub(super) type Asked = Query<HashMap<String, String>>;

/// A card can be changed for so long, a message be taken back.
const CODE_GOOD_S: i64 = 72 * 3600;
const RECALL_S: i64 = 24 * 3600;
/// What one member is delivered.
const PER_MINUTE: usize = 30;
const PER_HOUR: usize = 1000;
const MOST_RECEIVERS: usize = 1000;

pub(super) async fn gettoken(Of(doubles): Of<Doubles>, from: From, Query(asked): Asked) -> Response {
    answer(&doubles, ("wecom.token", ""), |state, _| {
        state.count("gettoken");
        let now = state.now();
        check_address(state, &from)?;
        if state.tokens.is_shut_out(now) {
            return Err(45009);
        }
        let given = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let wrong = if given("corpid") == state.settings.corp_id { 40001 } else { 40013 };
        let app = state.settings.apps.iter().find(|app| app.secret == given("corpsecret")).filter(|_| wrong == 40001);
        let Some(agent_id) = app.map(|app| app.agent_id) else {
            state.tokens.was_wrong(now);
            return Err(wrong);
        };
        if state.tokens.of(agent_id, now).is_none() {
            let token = state.fresh("invented-token");
            state.tokens.give(token, agent_id, now);
        }
        let (token, lasts_s) = state.tokens.of(agent_id, now).ok_or(-1)?;
        Ok(json!({ "access_token": token, "expires_in": lasts_s }))
    })
    .await
}

pub(super) async fn send(Of(doubles): Of<Doubles>, from: From, Query(asked): Asked, body: Bytes) -> Response {
    let to = person(&body, "/touser");
    answer(&doubles, ("wecom", &to), |state, fault| {
        state.count("send");
        let (message, agent_id) = opened(state, &from, &asked, &body, fault)?;
        if message.get("agentid").and_then(Value::as_u64) != Some(u64::from(agent_id)) {
            return Err(wrong_agent(state, &message));
        }
        let look = message::sent(&message, state.settings.callback.is_some())?;
        let to = message.get("touser").and_then(Value::as_str).unwrap_or_default();
        let Receivers { good, invalid, unlicensed } = receivers(state, to)?;
        let refused =
            json!({ "invaliduser": invalid.join("|").to_lowercase(), "unlicenseduser": unlicensed.join("|") });
        if good.is_empty() {
            return if unlicensed.is_empty() { Err(81013) } else { Ok(refused) };
        }
        let now = state.now();
        if let Some(msgid) = duplicate_of(state, &message, now) {
            return Ok(merged(refused, json!({ "msgid": msgid })));
        }
        if let Some(task) = &look.task_id
            && !state.tasks.insert(task.clone())
        {
            return Err(42014);
        }
        let msgid = state.fresh("invented-msg");
        if wants_check(&message) {
            state.duplicates.insert(said(&message), (now, msgid.clone()));
        }
        state.shortened += look.shortened;
        let key = look.key.clone().unwrap_or_else(|| msgid.clone());
        for to in &good {
            let delivered = fault != Some(Fault::SilentDrop) && has_room(state, to, agent_id, now);
            let (to, msgid, key) = (to.clone(), msgid.clone(), key.clone());
            state.taken.push(Taken { to: to.clone(), msgid, key: key.clone(), agent_id, delivered, at: now });
            if delivered {
                let message = Message {
                    double: "wecom".to_owned(),
                    to,
                    key,
                    text: look.text.clone(),
                    link: look.link.clone(),
                    state: "delivered".to_owned(),
                };
                doubles.shown.place(message, Showing::with(fault));
            }
        }
        let mut told = json!({ "msgid": msgid });
        if look.task_id.is_some() {
            let code = state.fresh("invented-code");
            state.codes.insert(code.clone(), Code { to: good, agent_id, key, at: now, used: false });
            told = merged(told, json!({ "response_code": code }));
        }
        Ok(merged(refused, told))
    })
    .await
}

pub(super) async fn update(Of(doubles): Of<Doubles>, from: From, Query(asked): Asked, body: Bytes) -> Response {
    let to = person(&body, "/userids/0");
    answer(&doubles, ("wecom", &to), |state, fault| {
        state.count("update");
        let (message, agent_id) = opened(state, &from, &asked, &body, fault)?;
        if message.get("agentid").and_then(Value::as_u64) != Some(u64::from(agent_id)) {
            return Err(wrong_agent(state, &message));
        }
        let users = message.get("userids").and_then(Value::as_array).ok_or(40058)?;
        let users: Vec<&str> = users.iter().map(Value::as_str).collect::<Option<_>>().ok_or(40058)?;
        let replaced = match (message.get("template_card"), message.get("button")) {
            (Some(card), None) => message::replaced(card)?,
            (None, Some(button)) => {
                let name = button.get("replace_name").and_then(Value::as_str).ok_or(40058)?;
                message::Look { text: name.to_owned(), link: None, key: None, task_id: None, shortened: 0 }
            }
            _ => return Err(40058),
        };
        let now = state.now();
        let code = message.get("response_code").and_then(Value::as_str).unwrap_or_default();
        let code = state.codes.get_mut(code).ok_or(40058)?;
        if code.agent_id != agent_id {
            return Err(42015);
        }
        if code.used {
            return Err(42022);
        }
        if now - code.at > CODE_GOOD_S {
            return Err(40058);
        }
        code.used = true;
        let is_one = |to: &str, users: &[&str]| users.iter().any(|user| user.eq_ignore_ascii_case(to));
        let unknown: Vec<&str> = users
            .iter()
            .filter(|user| !is_one(user, &code.to.iter().map(String::as_str).collect::<Vec<_>>()))
            .copied()
            .collect();
        let key = code.key.clone();
        doubles.shown.change(
            |shown| shown.double == "wecom" && shown.key == key && is_one(&shown.to, &users),
            |shown| {
                shown.state = format!("changed: {}", replaced.text);
                shown.link.clone_from(&replaced.link);
            },
        );
        state.shortened += replaced.shortened;
        Ok(json!({ "invaliduser": unknown }))
    })
    .await
}

pub(super) async fn recall(Of(doubles): Of<Doubles>, from: From, Query(asked): Asked, body: Bytes) -> Response {
    answer(&doubles, ("wecom", ""), |state, fault| {
        state.count("recall");
        let (message, agent_id) = opened(state, &from, &asked, &body, fault)?;
        let msgid = message.get("msgid").and_then(Value::as_str).ok_or(40058)?;
        let now = state.now();
        let of_app = state.taken.iter().filter(|taken| taken.msgid == msgid && taken.agent_id == agent_id);
        let recalled: Vec<&Taken> = of_app.filter(|taken| now - taken.at <= RECALL_S).collect();
        if recalled.is_empty() {
            return Err(40058);
        }
        let is_it = |shown: &Message| recalled.iter().any(|taken| taken.to == shown.to && taken.key == shown.key);
        doubles
            .shown
            .change(|shown| shown.double == "wecom" && is_it(shown), |shown| "recalled".clone_into(&mut shown.state));
        Ok(json!({}))
    })
    .await
}

/// The call's answer, with what the dial makes of it.
pub(super) async fn answer(
    doubles: &Doubles,
    (dial, person): (&str, &str),
    take: impl FnOnce(&mut State, Option<Fault>) -> Result<Value, i64>,
) -> Response {
    let fault = doubles.dials.take_of(dial, person);
    if fault == Some(Fault::Broken) {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let (errcode, told) = match take(&mut doubles.wecom.state(), fault) {
        Ok(told) => (0, told),
        Err(errcode) => (errcode, json!({})),
    };
    match fault {
        Some(Fault::Slow(late)) => tokio::time::sleep(late).await,
        Some(Fault::CutAfterAccept) => return cut::off(),
        _ => {}
    }
    let said = if errcode == 0 { "ok" } else { "made up: judge by errcode" };
    Json(merged(json!({ "errcode": errcode, "errmsg": said }), told)).into_response()
}

/// What every call with a token passes first.
pub(super) fn opened_for(
    state: &mut State,
    from: &From,
    asked: &HashMap<String, String>,
    fault: Option<Fault>,
) -> Result<u32, i64> {
    if let Some(errcode) = state.answers.pop_front().filter(|errcode| *errcode != 0) {
        return Err(errcode);
    }
    check_address(state, from)?;
    if fault == Some(Fault::TokenDies) {
        // The two by turns.
        state.counter += 1;
        let errcode = if state.counter.is_multiple_of(2) { 40014 } else { 42001 };
        state.tokens.die(errcode);
    }
    state.tokens.check(asked.get("access_token").map(String::as_str), state.now())
}

fn opened(
    state: &mut State,
    from: &From,
    asked: &HashMap<String, String>,
    body: &Bytes,
    fault: Option<Fault>,
) -> Result<(Value, u32), i64> {
    let agent_id = opened_for(state, from, asked, fault)?;
    Ok((serde_json::from_slice(body).map_err(|_| 47001)?, agent_id))
}

fn check_address(state: &State, from: &From) -> Result<(), i64> {
    if state.settings.ip_list.contains(&caller::address(from)) { Ok(()) } else { Err(60020) }
}

fn wrong_agent(state: &State, message: &Value) -> i64 {
    let named = message.get("agentid").and_then(Value::as_u64);
    let known = state.settings.apps.iter().any(|app| Some(u64::from(app.agent_id)) == named);
    if known { 301_002 } else { 40056 }
}

struct Receivers {
    good: Vec<String>,
    /// No members.
    invalid: Vec<String>,
    unlicensed: Vec<String>,
}

fn receivers(state: &State, to: &str) -> Result<Receivers, i64> {
    let named: Vec<String> = to.split('|').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    if named.is_empty() || named.len() > MOST_RECEIVERS {
        return Err(40058);
    }
    let within =
        |set: &std::collections::BTreeSet<String>, one: &str| set.iter().any(|other| other.eq_ignore_ascii_case(one));
    let (invalid, members): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|one| within(&state.settings.strangers, one));
    let (unlicensed, good) = members.into_iter().partition(|one| within(&state.settings.unlicensed, one));
    Ok(Receivers { good, invalid, unlicensed })
}

/// The message it repeats, where the sender wants to know.
fn duplicate_of(state: &State, message: &Value, now: i64) -> Option<String> {
    if !wants_check(message) {
        return None;
    }
    let interval = message.get("duplicate_check_interval").and_then(Value::as_i64).unwrap_or(1800).min(4 * 3600);
    let (at, msgid) = state.duplicates.get(&said(message))?;
    (now - at < interval).then(|| msgid.clone())
}

fn wants_check(message: &Value) -> bool {
    message.get("enable_duplicate_check").and_then(Value::as_i64) == Some(1)
}

fn said(message: &Value) -> String {
    message.to_string()
}

fn has_room(state: &State, to: &str, agent_id: u32, now: i64) -> bool {
    let before = |window_s: i64| {
        let mine = state.taken.iter().rev().take_while(|taken| now - taken.at < window_s);
        mine.filter(|taken| taken.delivered && taken.agent_id == agent_id && taken.to.eq_ignore_ascii_case(to)).count()
    };
    before(60) < PER_MINUTE && before(3600) < PER_HOUR
}

fn merged(mut into: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (into.as_object_mut(), more) {
        fields.extend(more);
    }
    into
}
